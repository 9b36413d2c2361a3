"""SPDX exports: valid by other people's validators, deterministic, honest about what is not held, and read back as they were."""

from __future__ import annotations

import importlib.util
import json
import os
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph import inputs
from licgraph.answer import assess
from licgraph.exports import spdx2, spdx3
from licgraph.exports.spdx_common import Terms
from licgraph.expression import AllOf, Leaf, OneOf, Unsettled, parse, render
from licgraph.inputs import draft_of
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.loose import Source
from licgraph.inputs.spdx_texts import POINTER
from licgraph.knowledge import Knowledge
from licgraph.stack import Notice, Permission, Stack, Unread
from licgraph.verdict import Verdict

from .conftest import AS_OF, ROOT
from .conftest import stack_of as from_data

CORPORA = os.environ.get("LICGRAPH_CORPORA")
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
BOTH = [pytest.param(spdx2, id="2.3"), pytest.param(spdx3, id="3.0.1")]
DAY = "2026-11-22"

RICH: dict[str, Any] = {
    "licgraph": 1,
    "components": {
        "base": {"kind": "weights", "name": "Base 7B", "source": "hf:acme/base-7b", "revision": "0e9e39f", "license": "llama3.1"},
        "tool": {"kind": "code", "source": "https://example.org/tool", "revision": "1.2", "license": "GPL-2.0-only WITH Classpath-exception-2.0"},
        "chats": {"kind": "dataset", "source": "hf:datasets/acme/chats", "labels": [{"where": "card", "says": "MIT"}, {"where": "tag", "says": "CC-BY-NC-4.0"}], "contents": "CC-BY-SA-4.0"},
        "vague": {"kind": "dataset", "license": "gpl-3.0"}, "none": {"kind": "document", "license": "NONE"}, "unsaid": {"kind": "code", "license": "NOASSERTION"}, "free": {"kind": "outputs", "license": "NO-CLAIM", "from": {"generated-by": "base"}},
        "closed": {"kind": "service", "license": "LicenseRef-Proprietary"}, "twice": {"kind": "code", "license": "MIT OR (Apache-2.0 AND LicenseRef-Llama-3.1-Community)"}, "judged": {"kind": "code", "license": "MIT", "concluded": "GPL-3.0-only"},
        "extra": {"kind": "weights", "license": "Apache-2.0", "additional-terms": ["LicenseRef-Gemma-Terms-2024-04-01"], "copyright": "Copyright 2026 Acme"}, "odd": {"kind": "code", "license": "LicenseRef-house-9"},
        "mine": {"kind": "dataset", "ours": True, "license": "CC-BY-4.0", "from": {"contains": ["free", "vague"]}},
        "tuned": {"kind": "weights", "ours": True, "name": "Llama-Tuned 7B", "from": {"finetune": "base", "trained-on": [{"component": "chats", "purpose": "narrow-classifier"}, "mine"], "built-with": "tool", "evaluated-on": "vague", "merge": "extra", "distill-outputs": "closed"}},
        "app": {"kind": "code", "from": {"contains": "tuned", "links-static": ["twice"], "links-dynamic": [{"component": "judged", "inferred": "an import of it", "confidence": 0.9}, "odd"], "runs-with": "closed", "contains-modified": "none", "same-architecture-as": "base"}},
    },
    "release": {"component": "app", "license": "Apache-2.0", "form": "source", "use": "any"},
}  # fmt: skip


def export(module: ModuleType, stack: Stack, verdict: Verdict | None, knowledge: Knowledge) -> str:
    text: str = module.render(stack, verdict, knowledge, module.FORMATS[0], DAY)
    return text


def again(text: str, knowledge: Knowledge) -> Stack:
    return inputs.read("again.spdx.json", knowledge, text.encode())


def shape(stack: Stack, knowledge: Knowledge) -> dict[str, Any]:
    """What both formats hold of a stack."""
    terms = Terms(knowledge)

    def said(tree: Any) -> str:  # as SPDX can say it
        return terms.of(tree) if tree is not None else ""

    return {
        "parts": {c.id: (c.kind, c.name, c.source, c.revision, c.ours, said(c.license), said(c.declared), tuple(sorted((n.where, said(n.says), n.date) for n in c.labels)), tuple(sorted({said(t) for t in c.additional})), said(c.contents), c.role, c.available, c.copyright) for c in stack.components.values()},
        "steps": sorted((e.result, e.relation, e.source, e.purpose, e.inferred, e.confidence) for e in stack.edges),
        "release": (stack.release.component, said(stack.release.license)) if stack.release else None,
        "unread": sorted((u.source, u.why, u.component) for u in stack.unread),
    }  # fmt: skip


def rich(knowledge: Knowledge) -> tuple[Stack, Verdict]:
    stack = from_data(RICH, knowledge)
    return stack, assess(stack, knowledge, as_of=AS_OF)


# ---- valid


def errors2(text: str, path: Path) -> list[str]:
    """What spdx-tools says of a document, in a few words each."""
    from spdx_tools.spdx.parser.json import json_parser
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    path.write_text(text, "utf-8")
    return [m.validation_message[:200] for m in validate_full_spdx_document(json_parser.parse_from_file(str(path)))]


def elements3(text: str) -> Any:
    """The document through the official model, which refuses what its shapes refuse; then written and read once more."""
    from io import BytesIO

    from spdx_python_model import v3_0_1 as model

    found = model.SHACLObjectSet()
    model.JSONLDDeserializer().read(BytesIO(text.encode()), found)
    written = BytesIO()
    model.JSONLDSerializer().write(found, written)
    written.seek(0)
    model.JSONLDDeserializer().read(written, model.SHACLObjectSet())
    return found


def conforms(text: str) -> None:
    """The AI and Dataset profiles, checked by plain JSON: one declared and one concluded licence for every AI package, a type for every data set, no dangling id."""
    elements = json.loads(text)["@graph"]
    ids = [e.get("spdxId", e.get("@id")) for e in elements]
    assert len(ids) == len(set(ids))
    known = {*ids, "expandedlicensing_NoneLicense", "expandedlicensing_NoAssertionLicense"}
    rows = [e for e in elements if e["type"] == "Relationship"]
    for e in rows:
        assert e["from"] in known
        assert set(e["to"]) <= known
        assert e["to"]
    for e in elements:
        if e["type"].startswith(("ai_", "dataset_", "software_Package")):
            for word in ("hasDeclaredLicense", "hasConcludedLicense"):
                assert sum(r["relationshipType"] == word and r["from"] == e["spdxId"] for r in rows) == 1, (e["spdxId"], word)
        if e["type"] == "dataset_DatasetPackage":
            assert e["dataset_datasetType"]
        for entry in e.get("simplelicensing_customIdToUri", ()):
            assert entry["value"] in known
        if e["type"] == "simplelicensing_SimpleLicensingText":
            assert e["simplelicensing_licenseText"].startswith(POINTER)
        if e["type"] == "simplelicensing_LicenseExpression":
            refs = {w for w in e["simplelicensing_licenseExpression"].replace("(", " ").replace(")", " ").split() if w.startswith("LicenseRef-")}
            assert refs == {entry["key"] for entry in e.get("simplelicensing_customIdToUri", ())}
    everything = next(e for e in elements if e["type"] == "SpdxDocument")["element"]
    assert set(everything) | {next(e for e in elements if e["type"] == "SpdxDocument")["spdxId"], "_:creation"} == set(ids)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_are_valid_23(path: Path, tmp_path: Path, knowledge: Knowledge) -> None:
    pytest.importorskip("spdx_tools", reason="spdx-tools is not installed: 2.3 is not validated")
    stack = inputs.read(str(path), knowledge)
    assert errors2(export(spdx2, stack, assess(stack, knowledge, as_of=AS_OF), knowledge), tmp_path / "a.spdx.json") == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_are_valid_301(path: Path, knowledge: Knowledge) -> None:
    stack = inputs.read(str(path), knowledge)
    text = export(spdx3, stack, assess(stack, knowledge, as_of=AS_OF), knowledge)
    conforms(text)
    pytest.importorskip("spdx_python_model", reason="spdx-python-model is not installed: 3.0.1 is not validated")
    found = elements3(text)
    assert len(list(found.foreach_type("ai_AIPackage"))) == sum(c.kind in ("weights", "adapter") for c in stack.components.values())


def test_all_at_once_is_valid(tmp_path: Path, knowledge: Knowledge) -> None:
    stack, verdict = rich(knowledge)
    stack = stack._replace(unread=(Unread("a.yaml:3", "a thing\nof two lines", "base"), Unread("b", "the rest", "")))
    conforms(export(spdx3, stack, verdict, knowledge))
    if importlib.util.find_spec("spdx_python_model"):
        elements3(export(spdx3, stack, verdict, knowledge))
    if importlib.util.find_spec("spdx_tools"):
        assert errors2(export(spdx2, stack, verdict, knowledge), tmp_path / "a.spdx.json") == []


def test_the_validators_find_what_is_wrong(tmp_path: Path, knowledge: Knowledge) -> None:
    stack, verdict = rich(knowledge)
    if importlib.util.find_spec("spdx_tools"):
        broken = json.loads(export(spdx2, stack, verdict, knowledge))
        del broken["hasExtractedLicensingInfos"]
        assert errors2(json.dumps(broken), tmp_path / "a.spdx.json")
    if importlib.util.find_spec("spdx_python_model"):
        with pytest.raises((ValueError, TypeError, KeyError)):
            elements3(export(spdx3, stack, verdict, knowledge).replace('"specVersion"', '"versionOfSpec"').replace("descendantOf", "grandchildOf"))
    wrong = json.loads(export(spdx3, stack, verdict, knowledge))
    wrong["@graph"] = [e for e in wrong["@graph"] if e.get("relationshipType") != "hasConcludedLicense"]
    with pytest.raises(AssertionError):
        conforms(json.dumps(wrong))


# ---- what stands in the licence fields


def fields2(text: str) -> dict[str, tuple[str, str, str]]:
    return {p["SPDXID"].removeprefix("SPDXRef-"): (p["licenseDeclared"], p["licenseConcluded"], p.get("licenseComments", "")) for p in json.loads(text)["packages"]}


def fields3(text: str) -> dict[str, tuple[str, str, str]]:
    elements = json.loads(text)["@graph"]
    word = {e["spdxId"]: e["simplelicensing_licenseExpression"] for e in elements if e["type"] == "simplelicensing_LicenseExpression"} | {"expandedlicensing_NoneLicense": "NONE", "expandedlicensing_NoAssertionLicense": "NOASSERTION"}
    found: dict[str, dict[str, str]] = {}
    for e in elements:
        if e.get("relationshipType") in ("hasDeclaredLicense", "hasConcludedLicense"):
            found.setdefault(e["from"].rpartition("#component-")[2], {})[e["relationshipType"]] = word[e["to"][0]]
            if e["relationshipType"] == "hasConcludedLicense":
                found[e["from"].rpartition("#component-")[2]]["comment"] = e.get("comment", "")
    return {k: (v["hasDeclaredLicense"], v["hasConcludedLicense"], v["comment"]) for k, v in found.items()}


def test_declared_and_concluded(knowledge: Knowledge) -> None:
    stack, verdict = rich(knowledge)
    two, three = fields2(export(spdx2, stack, verdict, knowledge)), fields3(export(spdx3, stack, verdict, knowledge))
    assert two == three
    assert {k: v[:2] for k, v in two.items()} == {
        "base": ("LicenseRef-Llama-3.1-Community", "NOASSERTION"), "tool": ("GPL-2.0-only WITH Classpath-exception-2.0", "NOASSERTION"), "chats": ("NOASSERTION", "NOASSERTION"), "vague": ("LicenseRef-ambiguous-gpl-3.0", "NOASSERTION"), "none": ("NONE", "NOASSERTION"),
        "unsaid": ("NOASSERTION", "NOASSERTION"), "free": ("LicenseRef-NO-CLAIM", "NOASSERTION"), "closed": ("LicenseRef-Proprietary", "NOASSERTION"), "twice": ("MIT OR (Apache-2.0 AND LicenseRef-Llama-3.1-Community)", "NOASSERTION"), "judged": ("MIT", "GPL-3.0-only"),
        "extra": ("Apache-2.0 AND LicenseRef-Gemma-Terms-2024-04-01", "NOASSERTION"), "odd": ("LicenseRef-house-9", "NOASSERTION"), "mine": ("CC-BY-4.0", "NOASSERTION"), "tuned": ("NOASSERTION", "NOASSERTION"), "app": ("Apache-2.0", "NOASSERTION"),
    }  # fmt: skip
    assert "card: MIT; tag: CC-BY-NC-4.0" in two["chats"][2]
    assert "applies besides" in two["extra"][2]
    assert verdict.answer != "yes"
    assert two["app"][2].startswith(f"Not concluded: the answer for Apache-2.0 is {verdict.answer}: ")
    assert verdict.blockers[0].ref in two["app"][2]


@pytest.mark.parametrize(("module", "fields"), [(spdx2, fields2), (spdx3, fields3)], ids=["2.3", "3.0.1"])
def test_the_release_is_concluded_only_on_a_yes(module: ModuleType, fields: Any, knowledge: Knowledge) -> None:
    def of(license_id: str | None, base: str) -> tuple[str, str, str]:
        data = {"licgraph": 1, "components": {"base": {"kind": "weights", "license": base}, "ours": {"kind": "weights", "from": {"finetune": "base"}}}, "release": {"component": "ours", **({"license": license_id} if license_id else {})}}
        stack = from_data(data, knowledge)
        found: tuple[str, str, str] = fields(export(module, stack, assess(stack, knowledge, as_of=AS_OF), knowledge))["ours"]
        return found

    yes, no, unknown, unasked = of("MIT", "MIT"), of("MIT", "LicenseRef-Llama-3.1-Community"), of("MIT", "NOASSERTION"), of(None, "MIT")
    assert yes[:2] == ("MIT", "MIT")
    assert AS_OF in yes[2]
    assert no[:2] == ("MIT", "NOASSERTION")
    assert "is no: LicenseRef-Llama-3.1-Community/" in no[2]
    assert unknown[:2] == ("MIT", "NOASSERTION")
    assert "is unknown" in unknown[2]
    assert unasked[:2] == ("NOASSERTION", "NOASSERTION")
    assert "no terms are proposed" in unasked[2]


@pytest.mark.parametrize("module", BOTH)
def test_a_forgotten_licence_comes_back_as_none(module: ModuleType, knowledge: Knowledge) -> None:
    data = {"licgraph": 1, "components": {"base": {"kind": "weights"}, "ours": {"kind": "weights", "from": {"finetune": "base"}}}, "release": {"component": "ours", "license": "MIT"}}
    stack = from_data(data, knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    back = again(export(module, stack, verdict, knowledge), knowledge)
    assert back.components["base"].license == Leaf("NONE", "NONE")
    assert assess(back, knowledge, as_of=AS_OF).answer == verdict.answer


@pytest.mark.parametrize("module", BOTH)
def test_without_a_verdict_nothing_is_concluded(module: ModuleType, knowledge: Knowledge) -> None:
    stack, _ = rich(knowledge)
    fields = fields2 if module is spdx2 else fields3
    assert fields(export(module, stack, None, knowledge))["app"] == ("Apache-2.0", "NOASSERTION", "Not concluded: the question was not asked.")
    nothing = stack._replace(release=None)
    assert again(export(module, nothing, None, knowledge), knowledge).components


def test_license_refs_say_where_the_text_is(knowledge: Knowledge) -> None:
    stack, verdict = rich(knowledge)
    infos = {i["licenseId"]: i for i in json.loads(export(spdx2, stack, verdict, knowledge))["hasExtractedLicensingInfos"]}
    llama = knowledge.raw("LicenseRef-Llama-3.1-Community")["text"]
    assert llama["sha256"] in infos["LicenseRef-Llama-3.1-Community"]["extractedText"]
    assert llama["source"] in infos["LicenseRef-Llama-3.1-Community"]["extractedText"]
    assert infos["LicenseRef-ambiguous-gpl-3.0"]["name"] == "gpl-3.0"
    assert "GPL-3.0-only, GPL-3.0-or-later" in infos["LicenseRef-ambiguous-gpl-3.0"]["extractedText"]
    assert "not known" in infos["LicenseRef-house-9"]["extractedText"]
    assert all(i["extractedText"].startswith(POINTER) and len(i["extractedText"]) > len(POINTER) + 10 for i in infos.values())


def test_relations_have_the_nearest_word_and_the_right_direction(knowledge: Knowledge) -> None:
    stack, verdict = rich(knowledge)
    two = {(r["spdxElementId"].removeprefix("SPDXRef-"), r["relationshipType"], r["relatedSpdxElement"].removeprefix("SPDXRef-")) for r in json.loads(export(spdx2, stack, verdict, knowledge))["relationships"]}
    assert two == {
        ("DOCUMENT", "DESCRIBES", "app"), ("free", "GENERATED_FROM", "base"), ("mine", "CONTAINS", "free"), ("mine", "CONTAINS", "vague"), ("tuned", "DESCENDANT_OF", "base"), ("chats", "DATA_FILE_OF", "tuned"), ("mine", "DATA_FILE_OF", "tuned"), ("tool", "BUILD_TOOL_OF", "tuned"), ("vague", "TEST_CASE_OF", "tuned"),
        ("tuned", "DESCENDANT_OF", "extra"), ("tuned", "GENERATED_FROM", "closed"), ("app", "CONTAINS", "tuned"), ("app", "STATIC_LINK", "twice"), ("app", "DEPENDS_ON", "judged"), ("app", "DYNAMIC_LINK", "odd"), ("app", "DEPENDS_ON", "closed"), ("app", "CONTAINS", "none"), ("app", "OTHER", "base"),
    }  # fmt: skip
    three = {(r["from"].rpartition("#component-")[2], r["relationshipType"], t.rpartition("#component-")[2]) for r in json.loads(export(spdx3, stack, verdict, knowledge))["@graph"] if "relationshipType" in r for t in r["to"] if "License" not in r["relationshipType"]}
    assert three == {
        ("base", "generates", "free"), ("mine", "contains", "free"), ("mine", "contains", "vague"), ("tuned", "descendantOf", "base"), ("tuned", "trainedOn", "chats"), ("tuned", "trainedOn", "mine"), ("tuned", "usesTool", "tool"), ("tuned", "testedOn", "vague"), ("tuned", "descendantOf", "extra"),
        ("tuned", "descendantOf", "closed"), ("app", "contains", "tuned"), ("app", "hasStaticLink", "twice"), ("app", "dependsOn", "judged"), ("app", "hasDynamicLink", "odd"), ("app", "dependsOn", "closed"), ("app", "contains", "none"), ("app", "other", "base"),
    }  # fmt: skip


def test_every_relation_has_a_word_that_others_read(knowledge: Knowledge) -> None:
    assert set(spdx2.WORDS) == set(spdx3.WORDS) == set(knowledge.relations)


def test_places_and_kinds(knowledge: Knowledge) -> None:
    stack, verdict = rich(knowledge)
    packages = {p["SPDXID"]: p for p in json.loads(export(spdx2, stack, verdict, knowledge))["packages"]}
    assert packages["SPDXRef-base"]["downloadLocation"] == "https://huggingface.co/acme/base-7b/tree/0e9e39f"
    assert packages["SPDXRef-base"]["externalRefs"][0]["referenceLocator"] == "pkg:huggingface/acme/base-7b@0e9e39f"
    assert packages["SPDXRef-tool"]["downloadLocation"] == "https://example.org/tool"
    assert packages["SPDXRef-extra"]["copyrightText"] == "Copyright 2026 Acme"
    assert packages["SPDXRef-vague"]["downloadLocation"] == "NOASSERTION"
    kinds = Counter(e["type"] for e in json.loads(export(spdx3, stack, verdict, knowledge))["@graph"])
    assert (kinds["ai_AIPackage"], kinds["dataset_DatasetPackage"], kinds["software_Package"]) == (3, 4, 8)


def test_without_our_comments_others_read_the_same_direction(knowledge: Knowledge) -> None:
    """What another tool makes of the files: our notes taken out, a fine-tune is still made from its base, and data is still what it was trained on."""
    stack, verdict = rich(knowledge)
    for module in (spdx2, spdx3):
        data = json.loads(export(module, stack, verdict, knowledge))
        for row in (*data.get("packages", ()), *data.get("relationships", ()), *data.get("@graph", ())):
            row.pop("comment", None)
        draft = draft_of("x.json", knowledge, Source("x.json", None, json.dumps(data).encode()))
        names = {c.id: c.name or c.id for c in stack.components.values()}
        found = {(draft.parts[a].name, r, draft.parts[b].name) for a, r, b in draft.steps}
        assert (names["tuned"], "derived-from", names["base"]) in found
        assert ("app", "contains", names["tuned"]) in found
        assert ("app", "links-static", "twice") in found
        assert (names["tuned"], "built-with", "tool") in found
        assert (names["tuned"], "trained-on" if module is spdx3 else "contains", "chats") in found  # 2.3 does not tell that it is a model
        assert draft.parts[draft.release].name == "app"


# ---- deterministic, and read back


@pytest.mark.parametrize("module", BOTH)
def test_same_input_same_bytes(module: ModuleType, knowledge: Knowledge) -> None:
    stack, verdict = rich(knowledge)
    text = export(module, stack, verdict, knowledge)
    assert text == export(module, stack, verdict, knowledge)
    assert DAY in text
    changed = stack._replace(components={**stack.components, "odd": stack.components["odd"]._replace(name="another")})
    assert space(export(module, changed, verdict, knowledge)) != space(text)


def space(text: str) -> str:
    data = json.loads(text)
    return str(data.get("documentNamespace") or next(e["spdxId"] for e in data["@graph"] if e["type"] == "SpdxDocument"))


@pytest.mark.parametrize("module", BOTH)
def test_a_stack_file_comes_back(module: ModuleType, knowledge: Knowledge) -> None:
    stack, verdict = rich(knowledge)
    stack = stack._replace(unread=(Unread("a.yaml:3", "not read", "base"), Unread("b", "the rest", "")))
    before, after = shape(stack, knowledge), shape(again(export(module, stack, verdict, knowledge), knowledge), knowledge)
    for name, part in before["parts"].items():
        assert after["parts"][name] == part, name
    assert after == before


@pytest.mark.parametrize("module", BOTH)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_come_back_with_the_same_answer(module: ModuleType, path: Path, knowledge: Knowledge) -> None:
    stack = inputs.read(str(path), knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    back = again(export(module, stack, verdict, knowledge), knowledge)
    assert shape(back, knowledge) == shape(stack, knowledge)
    if stack.release is not None and back.release is not None and back.release.license is not None:  # the rest of the question is not held
        asked = back._replace(release=stack.release._replace(license=back.release.license), facts=stack.facts)
        assert assess(asked, knowledge, as_of=AS_OF).answer == verdict.answer


@pytest.mark.skipif(not CORPORA, reason="LICGRAPH_CORPORA is not set: the SPDX examples are not sent round")
@pytest.mark.parametrize("module", BOTH)
@pytest.mark.parametrize("name", ["example01.spdx3.json", "sbom.spdx3.json", "simplehtr-example.json"])
def test_corpus_import_export_import(module: ModuleType, name: str, knowledge: Knowledge, tmp_path: Path) -> None:
    stack = inputs.read(str(Path(CORPORA or "") / "spdx_examples" / name), knowledge)
    text = export(module, stack, assess(stack, knowledge, as_of=AS_OF), knowledge)
    back = again(text, knowledge)
    assert shape(back, knowledge) == shape(stack, knowledge)
    assert export(module, back, assess(back, knowledge, as_of=AS_OF), knowledge) == text
    if module is spdx3:
        conforms(text)
        if importlib.util.find_spec("spdx_python_model"):
            elements3(text)
    elif importlib.util.find_spec("spdx_tools"):
        assert errors2(text, tmp_path / "a.spdx.json") == []


NAMES = st.text(min_size=1, max_size=12).filter(lambda t: t.strip() == t and t.isprintable())
TREES = st.recursive(
    st.sampled_from(["MIT", "GPL-2.0-only", "CC-BY-SA-4.0", "LicenseRef-Llama-3.1-Community", "LicenseRef-house", "GPL-2.0-only WITH Classpath-exception-2.0"]).map(lambda i: Leaf(i, i)),
    lambda below: st.tuples(st.sampled_from([AllOf, OneOf]), st.lists(below, min_size=2, max_size=3)).map(lambda p: p[0](tuple(p[1]))), max_leaves=5,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(NAMES, TREES, st.sampled_from(["weights", "adapter", "code", "dataset", "outputs", "service", "document"]), st.sampled_from(["finetune", "contains", "trained-on", "same-architecture-as", "labelled-by", "quantize"])), min_size=1, max_size=4), st.sampled_from([spdx2, spdx3]))
def test_any_stack_comes_back(knowledge: Knowledge, rows: list[tuple[str, Any, str, str]], module: ModuleType) -> None:
    """Names with anything in them, nested expressions, every kind and direction."""
    from licgraph.stack import Component, Edge, Release

    parts = {f"p{n}": Component(f"p{n}", kind, name, parse(render(tree), knowledge), parse(render(tree), knowledge)) for n, (name, tree, kind, _) in enumerate(rows)}
    edges = tuple(Edge("ours", relation, f"p{n}") for n, (_, _, _, relation) in enumerate(rows))
    stack = Stack({**parts, "ours": Component("ours", "weights", ours=True)}, edges, Release("ours", Leaf("MIT", "MIT"), "MIT"))
    text = export(module, stack, None, knowledge)
    assert shape(again(text, knowledge), knowledge) == shape(stack, knowledge)
    assert export(module, again(text, knowledge), None, knowledge) == text


# ---- what is lost


def test_what_is_lost_is_said(knowledge: Knowledge) -> None:
    stack, _ = rich(knowledge)
    plain = from_data({"licgraph": 1, "components": {"a": {"kind": "code", "license": "MIT"}, "b": {"kind": "code", "from": {"links-static": "a"}}}}, knowledge)._replace(release=None)
    for module in (spdx2, spdx3):
        assert module.lost(plain, module.FORMATS[0]) == []
        said = "; ".join(module.lost(stack._replace(facts={"domicile": "EU"}, permissions=(Permission("base", "Meta", ("commercial-use",)),), notices=(Notice("x", "base", "y"),), unread=(Unread("a", "b"),)), module.FORMATS[0]))
        for word in ("several statements", "besides the licence", "data set's items", "facts about us", "ambiguous", "kind of a derivation", "purpose of a step", "concluded and not stated", "permissions", "form, use, recipients", "not read", "noticed"):
            assert word in said, word
    assert "no models" in spdx2.lost(stack, "spdx-2.3")[0]
    assert "outputs, service" in spdx3.lost(stack, "spdx-3.0.1")[0]


def test_trees_become_expressions(knowledge: Knowledge) -> None:
    terms = Terms(knowledge)
    mit, llama = Leaf("MIT", "MIT"), Leaf("LicenseRef-Llama-3.1-Community", "llama3.1")
    assert terms.of(None) == "NOASSERTION"
    assert terms.of(Leaf("NONE", "NONE")) == "NONE"
    assert terms.of(AllOf((mit, OneOf((mit, llama))))) == "MIT AND (MIT OR LicenseRef-Llama-3.1-Community)"
    assert terms.of(AllOf((mit, Leaf("NONE", "NONE")))) == "MIT AND LicenseRef-NONE"
    assert terms.of(Unsettled("c c", (mit, llama), "?")) == "LicenseRef-ambiguous-c-c"
    assert terms.of(Unsettled("c.c", (mit, llama), "?")) == "LicenseRef-ambiguous-c.c"
    assert terms.of(Leaf("my own (c)", "my own (c)")) == "LicenseRef-my-own-c"
    assert terms.of(Leaf("my own: c", "my own: c")) == "LicenseRef-my-own-c-2"
    assert terms.of(Leaf("MIT WITH Foo-exception", "x")) == "LicenseRef-MIT-WITH-Foo-exception"
    assert len(terms.customs) == 7


def test_hub_names_that_are_no_address(knowledge: Knowledge) -> None:
    data = {"licgraph": 1, "components": {"a": {"kind": "weights", "source": "hf:acme/a b?c", "revision": "refs/pr/1", "license": "MIT"}, "b": {"kind": "weights", "from": {"finetune": "a"}}}, "release": {"component": "b"}}
    stack = from_data(data, knowledge)
    for module in (spdx2, spdx3):
        back = again(export(module, stack, None, knowledge), knowledge)
        assert (back.components["a"].source, back.components["a"].revision) == ("hf:acme/a b?c", "refs/pr/1")
    assert json.loads(export(spdx2, stack, None, knowledge))["packages"][0]["downloadLocation"] == "NOASSERTION"


def test_stack_of_is_used(knowledge: Knowledge) -> None:
    """The reader's draft and the stack agree on what was not read."""
    stack, verdict = rich(knowledge)
    text = export(spdx2, stack._replace(unread=(Unread("x", "y", "base"),)), verdict, knowledge)
    draft = draft_of("x.json", knowledge, Source("x.json", None, text.encode()))
    assert [tuple(u) for u in draft.unread] == [("x", "y", "base")]
    assert [tuple(u) for u in stack_of(draft, knowledge).unread] == [("x", "y", "base")]
