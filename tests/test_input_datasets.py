"""Descriptions of one release each: Croissant data sets, Model Openness Framework files, CITATION.cff."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from licgraph.errors import StackError
from licgraph.expression import Leaf, render
from licgraph.inputs import citation, croissant, mof, reader_of
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.inputs.stackfile import ROLES
from licgraph.knowledge import Knowledge

CORPORA = os.environ.get("LICGRAPH_CORPORA", "")
needs_corpora = pytest.mark.skipif(not CORPORA, reason="LICGRAPH_CORPORA is not set: the real files are not at hand")
CONTEXT = {"@context": {"cr": "http://mlcommons.org/croissant/", "@vocab": "https://schema.org/"}, "@type": "sc:Dataset", "name": "Set One"}


def crumbs(knowledge: Knowledge, result: str = "", **keys: Any) -> Draft:
    """What is read from a Croissant file with these keys."""
    return croissant.read(Source("c.json", None, json.dumps({**CONTEXT, **keys}).encode()), knowledge, result)


def openness(text: str, knowledge: Knowledge, result: str = "") -> Draft:
    """What is read from a framework file with this release."""
    return mof.read(Source("m.yml", None, f"framework:\n  name: Model Openness Framework\nrelease:\n{text}".encode()), knowledge, result)


def said(found: Draft, part: str) -> list[tuple[str, str]]:
    return [(s.where, s.written) for s in found.parts[part].said]


# ---------- Croissant


@pytest.mark.parametrize(("licence", "words", "proposed"), [
    ("cc-by-sa-4.0", ["cc-by-sa-4.0"], "CC-BY-SA-4.0"), ("https://creativecommons.org/licenses/by/4.0/", ["https://creativecommons.org/licenses/by/4.0/"], "CC-BY-4.0"),
    ("https://choosealicense.com/licenses/odc-by/", ["https://choosealicense.com/licenses/odc-by/"], "ODC-By-1.0"), (["mit", "https://creativecommons.org/licenses/by-nc/4.0/"], ["mit, CC-BY-NC-4.0"], "MIT AND CC-BY-NC-4.0"),
    ({"@type": "CreativeWork", "name": "My terms", "url": "https://spdx.org/licenses/MIT.html"}, ["https://spdx.org/licenses/MIT.html"], "MIT"), ({"@id": "https://spdx.org/licenses/MIT.html"}, ["https://spdx.org/licenses/MIT.html"], "MIT"),
    ({"@value": "mit"}, ["mit"], "MIT"), ({"@list": ["mit", "apache-2.0"]}, ["mit, apache-2.0"], "MIT AND Apache-2.0"),
])  # fmt: skip
def test_licence_of_a_data_set(licence: Any, words: list[str], proposed: str, knowledge: Knowledge) -> None:
    found = crumbs(knowledge, license=licence)
    assert said(found, "Set-One") == [("tag", w) for w in words]
    stack = stack_of(found, knowledge)
    assert stack.release is not None
    assert stack.release.license is not None
    assert render(stack.release.license) == proposed
    assert stack.release.form == "dataset"


@pytest.mark.parametrize(("key", "value"), [("sc:license", "mit"), ("https://schema.org/license", "mit"), ("dct:license", "mit"), ("licence", "mit")])
def test_prefixes_do_not_matter(key: str, value: str, knowledge: Knowledge) -> None:
    found = crumbs(knowledge, **{key: value})
    assert said(found, "Set-One") == [("tag", "mit")]
    assert str(found.parts["Set-One"].said[0].evidence) == "c.json#/" + key.replace("/", "~1")


@pytest.mark.parametrize(("value", "unnamed"), [("None", False), ("", False), (None, False), ("https://choosealicense.com/licenses/undefined/", False), ("other", True), ("unknown", True), ("Public", True)])
def test_no_licence_and_one_without_a_name(value: Any, unnamed: bool, knowledge: Knowledge) -> None:
    part = crumbs(knowledge, license=value).parts["Set-One"]
    assert part.said == []
    assert part.looked
    assert bool(part.unnamed) == unnamed


def test_a_licence_that_cannot_be_read_is_a_gap(knowledge: Knowledge) -> None:
    assert [u.source for u in crumbs(knowledge, license={"@type": "CreativeWork"}).unread] == ["c.json#/license"]
    assert [u.source for u in crumbs(knowledge, license=["mit", "other"]).unread] == ["c.json#/license/1"]


def test_name_and_address_of_a_licence_that_disagree_are_both_kept(knowledge: Knowledge) -> None:
    found = crumbs(knowledge, license={"name": "Apache-2.0", "url": "https://spdx.org/licenses/MIT.html"})
    assert sorted(said(found, "Set-One")) == [("card", "Apache-2.0"), ("tag", "https://spdx.org/licenses/MIT.html")]
    assert "labels-disagree" in {n.id for n in stack_of(found, knowledge).notices}


def test_who_and_where(knowledge: Knowledge) -> None:
    found = crumbs(knowledge, url="https://huggingface.co/datasets/org/one", creator=[{"name": "A"}, {"@type": "Person", "sc:name": "B"}, "C"], sdLicense="cc0-1.0")
    assert found.release == "datasets/org/one"
    part = found.parts[found.release]
    assert (part.source, part.author, part.ours, part.said) == ("hf:datasets/org/one", "A, B, C", True, [])
    assert [n.id for n in found.notices] == ["metadata-license"]
    assert crumbs(knowledge, "folder", url="https://huggingface.co/datasets/org/one").release == "folder"
    assert crumbs(knowledge, url="https://example.org/x").parts["Set-One"].source == "https://example.org/x"


def test_what_it_was_derived_from(knowledge: Knowledge) -> None:
    found = crumbs(knowledge, **{
        "isBasedOn": ["https://huggingface.co/datasets/org/base", {"@type": "Dataset", "name": "Named", "license": "cc-by-4.0"}, {"@type": "ScholarlyArticle", "name": "A Paper"}],
        "prov:wasDerivedFrom": {"@id": "squad1", "prov:label": "SQuAD", "prov:atLocation": "https://huggingface.co/datasets/rajpurkar/squad"},
        "sc:hasPart": {"@id": "#part"}, "@graph": [{"@id": "#part", "@type": "sc:DataDownload", "url": "https://huggingface.co/datasets/org/part"}],
    })  # fmt: skip
    assert {(s.relation, s.source) for s in found.steps.values()} == {
        ("derived-from", "datasets/org/base"), ("derived-from", "named/dataset/Named"), ("derived-from", "named/document/A-Paper"), ("derived-from", "datasets/rajpurkar/squad"), ("contains", "datasets/org/part"),
    }  # fmt: skip
    assert said(found, "named/dataset/Named") == [("tag", "cc-by-4.0")]
    assert found.parts["datasets/rajpurkar/squad"].name == "SQuAD"
    assert all(s.confidence == 1 for s in found.steps.values())
    assert str(found.steps[("Set-One", "derived-from", "datasets/rajpurkar/squad")].evidence) == "c.json#/prov:wasDerivedFrom"


def test_a_source_without_a_name_or_equal_to_itself_is_a_gap(knowledge: Knowledge) -> None:
    found = crumbs(knowledge, url="https://huggingface.co/datasets/org/one", isBasedOn=[{"@type": "Dataset"}, "https://huggingface.co/datasets/org/one"])
    assert [u.source for u in found.unread] == ["c.json#/isBasedOn/0", "c.json#/isBasedOn/1"]
    assert not found.steps


def test_software_that_took_part_is_a_component_and_people_are_not(knowledge: Knowledge) -> None:
    def program(name: str) -> dict[str, str]:
        return {"@type": "prov:SoftwareAgent", "name": name}

    found = crumbs(knowledge, **{
        "prov:wasGeneratedBy": [{"description": "Toxic texts were removed", "prov:wasAssociatedWith": [program("Sieve"), {"@type": "prov:Person", "name": "P"}], "prov:used": "https://huggingface.co/datasets/org/base"}, {"name": "Writing", "prov:wasAssociatedWith": program("Writer")}, "someRun"],
        "prov:wasAssociatedWith": [program("Sieve"), {"@type": "prov:Agent", "prov:label": "Who"}], "rai:machineAnnotationTools": ["Labeller"], "rai:dataCollectionType": ["Synthetic data"],
    })  # fmt: skip
    assert {(s.relation, s.source, s.confidence) for s in found.steps.values()} == {("filtered-by", "agents/Sieve", 0.6), ("derived-from", "datasets/org/base", 1.0), ("generated-by", "agents/Writer", 0.3), ("labelled-by", "agents/Labeller", 1.0)}
    assert {p.kind for p in found.parts.values() if p.id.startswith("agents/")} == {"service"}
    assert sorted(n.id for n in found.notices) == ["activity-not-described", "agent-not-classified", "machine-generated-data"]


def test_files_and_fields_have_licences_and_sources_of_their_own(knowledge: Knowledge) -> None:
    found = crumbs(
        knowledge,
        distribution=[{"@type": "cr:FileObject", "@id": "a.csv", "license": "cc-by-nc-4.0"}, {"@type": "cr:FileObject", "@id": "b.csv", "license": "None"}, {"@type": "cr:FileObject", "@id": "c.csv", "license": "other"}],
        recordSet=[{"@id": "r", "data": [{"license": "mit", "isBasedOn": "x/y"}], "examples": {"license": "mit"}, "field": [{"@id": "r/f", "prov:wasDerivedFrom": "org/upstream"}]}],
    )
    assert {(s.relation, s.source) for s in found.steps.values()} == {("contains", "Set-One/a.csv"), ("contains", "Set-One/c.csv"), ("derived-from", "datasets/org/upstream")}
    assert said(found, "Set-One/a.csv") == [("tag", "cc-by-nc-4.0")]
    assert set(found.parts) == {"Set-One", "Set-One/a.csv", "Set-One/c.csv", "datasets/org/upstream"}
    assert stack_of(found, knowledge).components["Set-One/c.csv"].license == Leaf("NOASSERTION", "NOASSERTION")


def test_terms_of_use_besides_the_licence(knowledge: Knowledge) -> None:
    found = crumbs(knowledge, license="mit", usageInfo=["https://creativecommons.org/licenses/by-nc/4.0/", {"@type": "DefinedTerm", "name": "General Research Use", "termCode": "DUO_0000042"}], conditionsOfAccess="sign first")
    assert [w for w, _ in found.parts["Set-One"].additional] == ["https://creativecommons.org/licenses/by-nc/4.0/"]
    assert [(u.source, u.component) for u in found.unread] == [("c.json#/usageInfo/1", "Set-One")]
    assert "General Research Use" in found.unread[0].why
    assert [n.id for n in found.notices] == ["gate-terms"]


def test_several_data_sets_in_a_file(knowledge: Knowledge) -> None:
    file = {"@context": "https://schema.org", "@graph": [{"@type": ["Dataset"], "name": "A", "license": "mit"}, {"@type": "schema:Dataset", "name": "A"}, {"@type": "Person", "name": "P"}]}
    found = croissant.read(Source("c.json", None, json.dumps(file).encode()), knowledge)
    assert list(found.parts) == ["A", "A-2"]
    assert found.release == ""
    with pytest.raises(StackError, match="no data set"):
        croissant.read(Source("c.json", None, b'{"@type": "Person"}'), knowledge)


def test_neighbours_are_not_taken_for_croissant() -> None:
    for text in (b'{"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [{"@type": "Dataset", "conformsTo": "mlcommons.org/"}]}', b'{"@type": "SoftwareSourceCode", "@context": "https://schema.org"}', b'{"a": "@type Dataset mlcommons.org/"}'):
        assert croissant.sniff(Source("c.json", None, text)) == 0
    assert croissant.sniff(Source("c.json", None, json.dumps(CONTEXT).encode())) == 95


@needs_corpora
@pytest.mark.parametrize("path", sorted(Path(CORPORA, "croissant").glob("*.json")) if CORPORA else [], ids=lambda p: p.stem[10:-10])
def test_every_croissant_sample_is_counted(path: Path, knowledge: Knowledge) -> None:
    data = json.loads(path.read_text("utf-8"))
    text = json.dumps(data)
    stated = data.get("license") if data.get("license") not in (None, "None", "https://choosealicense.com/licenses/undefined/") else ""
    unnamed = stated in ("other", "unknown", "Public")
    bases = set(re.findall(r'"prov:(?:locatedAt|atLocation)": "https://huggingface\.co/datasets/([^"]+)"', text))
    programs = {m or n for m, n in re.findall(r'"@type": "prov:SoftwareAgent", "(?:name": "([^"]+)|id": "[^"]+", "name": "([^"]+))"', text)}
    assert reader_of(Source(str(path), path)) is croissant
    found = croissant.read(Source(path.name, path), knowledge)
    assert len(found.parts) == 1 + len(bases) + len(programs)
    assert len(found.steps) == len(bases) + len(programs)
    assert [s.written for p in found.parts.values() for s in p.said] == ([stated] if stated and not unnamed else [])
    assert bool(found.parts[found.release].unnamed) == unnamed
    assert not found.unread


# ---------- Model Openness Framework

FULL = """
  name: Model A
  producer: Lab
  huggingface: https://huggingface.co/lab/model-a
  license:
    distribution: {name: Apache-2.0, path: ''}
    data: {name: CC-BY-4.0}
    document: {name: ''}
  components:
    - {name: Training code, component_path: 'https://example.org/code'}
    - {name: Inference code, license: MIT}
    - {name: Datasets}
    - {name: Evaluation data, license: unlicensed}
    - {name: 'Model parameters (Final)', license: ''}
    - {name: Model card}
    - {name: Data card, license: Undisclosed}
    - {name: Technical report, license: Component not included}
"""


def test_licence_of_a_component_then_of_its_type_then_of_all(knowledge: Knowledge) -> None:
    found = openness(FULL, knowledge)
    assert found.release == "Model-A"
    assert (found.parts["Model-A"].author, found.parts["Model-A"].source, said(found, "Model-A")) == ("Lab", "hf:lab/model-a", [("tag", "Apache-2.0")])
    stack = stack_of(found, knowledge)
    shown = {c.role: (c.kind, render(c.license), c.available) for c in stack.components.values() if c.role and c.license}
    assert shown == {
        "training-code": ("code", "Apache-2.0", "released"), "inference-code": ("code", "MIT", "released"), "datasets": ("dataset", "CC-BY-4.0", "released"), "evaluation-data": ("dataset", "NONE", "released"), "model-parameters-final": ("weights", "CC-BY-4.0", "released"),
        "model-card": ("document", "Apache-2.0", "released"), "data-card": ("document", "NOASSERTION", "released"), "technical-report": ("document", "NOASSERTION", "withheld"),
    }  # fmt: skip
    assert {(s.result, s.relation, s.source) for s in found.steps.values() if s.relation != "contains"} == {("Model-A/model-parameters-final", "trained-on", "Model-A/datasets")}
    assert {s.source for s in found.steps.values() if s.relation == "contains"} == set(found.parts) - {"Model-A", "Model-A/technical-report"}
    assert found.parts["Model-A/training-code"].source == "https://example.org/code"


def test_places_are_lines(knowledge: Knowledge) -> None:
    found = openness(FULL, knowledge)
    lines = f"framework:\n  name: Model Openness Framework\nrelease:\n{FULL}".split("\n")
    for part, text in (("Model-A", "distribution"), ("Model-A/inference-code", "Inference"), ("Model-A/datasets", "data:"), ("Model-A/model-card", "distribution")):
        assert text in lines[found.parts[part].said[0].evidence.line - 1]
    assert "Evaluation data" in lines[found.steps[("Model-A", "contains", "Model-A/evaluation-data")].evidence.line - 1]


def test_where_nothing_is_filled_in_nothing_is_known(knowledge: Knowledge) -> None:
    found = openness("  name: x\n  components:\n    - name: Datasets\n    - {name: Datasets, license_path: LICENSE.data}\n    - {name: Poem, license: MIT}\n    - Model card\n    - {license: MIT}\n", knowledge)
    stack = stack_of(found, knowledge)
    assert list(stack.components) == ["x", "x/datasets", "x/datasets-2", "x/poem", "x/model-card"]
    assert [render(c.license) for c in stack.components.values() if c.license] == ["NOASSERTION", "NOASSERTION", "MIT", "NOASSERTION"]
    assert sorted((n.id, n.component) for n in found.notices) == [("license-text-not-read", "x/datasets-2"), ("unknown-component", "x/poem")]
    assert [(u.source, u.component) for u in found.unread] == [("m.yml:10", "x")]
    assert stack.release is not None
    assert stack.release.license is None


def test_older_ways_to_state_the_licence(knowledge: Knowledge) -> None:
    found = openness("  name: x\n  license: MIT\n  components:\n    - {name: Model card}\n    - {name: Data card, license: {name: '', path: 'https://spdx.org/licenses/Apache-2.0.html'}}\n", knowledge, "given/id")
    assert {p: said(found, p) for p in found.parts} == {"given/id": [("tag", "MIT")], "given/id/model-card": [("tag", "MIT")], "given/id/data-card": [("tag", "https://spdx.org/licenses/Apache-2.0.html")]}


@pytest.mark.parametrize(("origin", "base"), [("Some Base, changed", "origin/Some-Base-changed"), ("GPT2", "openai-community/gpt2"), ("Gemma", "origin/Gemma"), ("org/base", "org/base"), ("Apache-2.0", None), ("Other License", None), ("", None), ("x", None)])
def test_origin_is_a_guess(origin: str, base: str | None, knowledge: Knowledge) -> None:
    found = openness(f"  name: X\n  origin: '{origin}'\n  components: []\n", knowledge)
    step = next(iter(found.steps.values()), None)
    assert (step and step.source) == base
    if step:
        assert (step.relation, step.confidence, bool(step.inferred)) == ("derived-from", 0.3, True)
    assert len(found.unread) == (origin in ("Apache-2.0", "Other License"))
    assert [n.id for n in found.notices] == (["origin-is-itself"] if origin == "x" else [])


def test_a_file_without_a_release_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(StackError, match="no release"):
        mof.read(Source("m.yml", None, b"framework: {name: Model Openness Framework}\nrelease: [1]\n"), knowledge)


def test_the_roles_are_those_of_the_stack_file() -> None:
    assert set(mof.KINDS) == set(ROLES)


@needs_corpora
@pytest.mark.parametrize("path", sorted(Path(CORPORA, "mof", "models").glob("*.yml")) if CORPORA else [], ids=lambda p: p.stem)
def test_every_openness_file_is_counted(path: Path, knowledge: Knowledge) -> None:
    release = yaml.safe_load(path.read_text("utf-8"))["release"]
    globals_ = {k: (v or {}).get("name") for k, v in (release["license"] or {}).items()}
    groups = {"code": ("architecture", "code", "libraries"), "document": ("card", "report", "paper", "results"), "data": ("data", "parameters", "outputs")}
    silent = {"unlicensed", "undisclosed", "other license", "license"}
    stated = [c.get("license") or next((globals_[g] for g, words in groups.items() if any(w in c["name"].casefold() for w in words) and globals_.get(g)), None) or globals_.get("distribution") for c in release["components"]]
    names = [c["name"] for c in release["components"]]
    origin = str(release.get("origin") or "").strip()
    same = re.sub(r"\W", "", origin.casefold()) in {re.sub(r"\W", "", str(n).casefold()) for n in (release["name"], (release.get("huggingface") or "").split(" ")[0].rpartition("/")[2])}
    based = bool(origin) and not same and origin not in ("Apache-2.0", "MIT", "Other License") and origin != "None"
    assert reader_of(Source(str(path), path)) is mof
    found = mof.read(Source(path.name, path), knowledge)
    assert len(found.parts) == 1 + len(names) + based
    absent = [("not includ" in str(c.get("license")).casefold()) for c in release["components"]]
    assert len(found.steps) == len(names) - sum(absent) + based + ("Datasets" in names) * sum(n.startswith("Model parameters") for n in names)
    stated = [None if out else word for word, out in zip(stated, absent, strict=True)]
    words = [s.written for p in found.parts.values() for s in p.said if p.id != found.release]
    assert words == [s.strip() for s in stated if s and s.strip().casefold() not in silent]
    assert len(said(found, found.release)) == bool(globals_.get("distribution"))
    assert sum(p.looked for p in found.parts.values() if p.id != found.release) == stated.count("unlicensed")
    assert [p.available == "withheld" for p in found.parts.values() if p.role] == absent
    assert all(p.role for p in found.parts.values() if p.id.startswith(f"{found.release}/"))


# ---------- CITATION.cff


@pytest.mark.parametrize(("text", "kind", "words"), [
    ("title: Some Tool\nlicense: Apache-2.0\n", "code", [("card", "Apache-2.0")]),
    ("title: Some Tool\ntype: dataset\nlicense:\n  - MIT\n  - GPL-3.0-only\n", "dataset", [("card", "MIT OR GPL-3.0-only")]),
    ("title: Some Tool\nlicense-url: https://spdx.org/licenses/MIT.html\n", "code", [("card", "https://spdx.org/licenses/MIT.html")]),
    ("title: Some Tool\nlicense: MIT\nlicense-url: https://example.org/mine\nreferences:\n  - {type: software, license: GPL-3.0-only}\n", "code", [("card", "MIT")]),
    ("title: Some Tool\nlicense: other\n", "code", []),
])  # fmt: skip
def test_licence_of_a_citation_file(text: str, kind: str, words: list[tuple[str, str]], knowledge: Knowledge) -> None:
    file = Source("CITATION.cff", None, b"cff-version: 1.2.0\nrepository-code: https://example.org/repo\ncommit: abc\n" + text.encode())
    assert reader_of(file) is citation
    found = citation.read(file, knowledge)
    part = found.parts["Some-Tool"]
    assert (list(found.parts), found.release, part.kind, said(found, "Some-Tool"), part.source, part.revision) == (["Some-Tool"], "Some-Tool", kind, words, "https://example.org/repo", "abc")
    assert bool(part.unnamed) == ("other" in text)
    assert not found.steps


def test_several_licences_of_a_citation_file_are_a_choice(knowledge: Knowledge) -> None:
    found = citation.read(Source("CITATION.cff", None, b"cff-version: 1.2.0\nlicense: [MIT, Apache-2.0]\n"), knowledge)
    stack = stack_of(found, knowledge)
    assert stack.release is not None
    assert stack.release.license is not None
    assert render(stack.release.license) == "MIT OR Apache-2.0"


def test_a_citation_file_of_the_wrong_shape(knowledge: Knowledge) -> None:
    with pytest.raises(StackError):
        citation.read(Source("CITATION.cff", None, b"- cff-version: 1.2.0\n"), knowledge)
    found = citation.read(Source("CITATION.cff", None, b"cff-version: 1.2.0\nlicense: {a: b}\n"), knowledge)
    assert [u.component for u in found.unread] == ["work"]
