"""Registries read as stacks: Data Provenance records and mteb's lists, many data sets and models in one file."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph.errors import StackError
from licgraph.expression import Leaf, Unsettled, render
from licgraph.inputs import croissant, dpi, mof, mteb, reader_of, readers
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.inputs.naming import ID, free, slug
from licgraph.knowledge import Knowledge

from .conftest import ROOT

CORPORA = os.environ.get("LICGRAPH_CORPORA", "")
needs_corpora = pytest.mark.skipif(not CORPORA, reason="LICGRAPH_CORPORA is not set: the real files are not at hand")


def source(data: Any, name: str = "x.json") -> Source:
    """A file of this content, handed over."""
    return Source(name, None, data if isinstance(data, bytes) else json.dumps(data).encode())


def record(**more: Any) -> dict[str, Any]:
    """A record of the initiative with nothing in it."""
    empty: dict[str, Any] = {"Unique Dataset Identifier": "x", "Dataset Name": "", "Licenses": [], "Model Generated": [], "Derived from Datasets": [], "Text Sources": [], "Creators": [], "License Notes": "", "Inferred Metadata": {}}
    return {**empty, **more}


def licences(*words: str) -> dict[str, Any]:
    return {"Licenses": [{"License": w, "License URL": f"https://example.org/{n}"} for n, w in enumerate(words)]}


def steps(draft: Draft) -> set[tuple[str, str, str]]:
    return set(draft.steps)


def said(draft: Draft, part: str) -> list[tuple[str, str]]:
    return [(s.where, s.written) for s in draft.parts[part].said]


# ---------- Data Provenance records


def test_each_record_is_a_component_and_none_is_released(knowledge: Knowledge) -> None:
    file = {"chat one": record(**licences("CC BY-NC 4.0")), "chat/two": record(**{"Dataset Name": "Two", "Creators": ["A Lab", "B Lab"], "Hugging Face URL": "https://huggingface.co/datasets/org/two"})}
    found = dpi.read(source(file), knowledge)
    assert list(found.parts) == ["chat-one", "chat-two"]
    assert found.release == ""
    assert found.parts["chat-two"].source == "hf:datasets/org/two"
    assert found.parts["chat-two"].author == "A Lab, B Lab"
    assert not any(p.ours for p in found.parts.values())
    assert str(found.parts["chat-two"].evidence) == "x.json#/chat~1two"


def test_ids_that_fall_together_are_kept_apart(knowledge: Knowledge) -> None:
    assert list(dpi.read(source({"a b": record(), "a-b": record(), "a/b": record()}), knowledge).parts) == ["a-b", "a-b-2", "a-b-3"]


def test_licences_of_a_record_all_apply_and_registries_are_statements_of_their_own(knowledge: Knowledge) -> None:
    inferred = {"GitHub License": "Apache License 2.0", "HF Yaml License": "MIT License", "HF Config License": "", "PwC License Name": "Unspecified"}
    found = dpi.read(source({"a": record(**licences("MIT License", "CC BY-SA 4.0"), **{"Inferred Metadata": inferred}), "b": record()}), knowledge)
    assert said(found, "a") == [("card", "MIT License, CC BY-SA 4.0"), ("registry", "Apache License 2.0"), ("registry", "MIT License")]
    assert [str(s.evidence) for s in found.parts["a"].said] == ["x.json#/a/Licenses/0/License", "x.json#/a/Inferred Metadata/GitHub License", "x.json#/a/Inferred Metadata/HF Yaml License"]
    labels = stack_of(found, knowledge).components["a"].labels
    assert [(x.where, render(x.says)) for x in labels] == [("card", "MIT AND CC-BY-SA-4.0"), ("registry", "Apache-2.0"), ("registry", "MIT")]


@pytest.mark.parametrize(("words", "license_id", "misses"), [(("Unspecified",), "NONE", 0), (("No License",), "NONE", 0), ((), "NONE", 0), (("Custom",), "NOASSERTION", 0), (("Various",), "NOASSERTION", 0), (("MIT License", "Unspecified"), "MIT", 1), (("MIT License", "Custom", "Various"), "MIT", 2)])
def test_words_that_name_no_licence(words: tuple[str, ...], license_id: str, misses: int, knowledge: Knowledge) -> None:
    """None found grants nothing; terms without a name are unknown; beside a named licence both are a gap, never dropped."""
    found = dpi.read(source({"a": record(**licences(*words)), "b": record()}), knowledge)
    assert stack_of(found, knowledge).components["a"].license == Leaf(license_id, *(["MIT License"] if license_id == "MIT" else [license_id]))
    assert len(found.unread) == misses
    assert all(u.component == "a" for u in found.unread)


def test_a_licence_that_no_rule_reads_stays_unknown_and_takes_the_others_with_it(knowledge: Knowledge) -> None:
    found = dpi.read(source({"a": record(**licences("MIT License", "Non Commercial")), "b": record()}), knowledge)
    tree = stack_of(found, knowledge).components["a"].license
    assert isinstance(tree, Leaf)
    assert knowledge.license(tree.id).state == "unknown"


def test_vendor_names_are_the_terms_of_the_service_that_generated(knowledge: Knowledge) -> None:
    found = dpi.read(source({"a": record(**licences("OpenAI", "CC BY-NC 4.0"), **{"Model Generated": ["OpenAI ChatGPT", "OpenAI GPT-4"]})}), knowledge)
    assert said(found, "a") == [("card", "CC BY-NC 4.0")]
    assert steps(found) == {("a", "generated-by", "services/OpenAI-ChatGPT"), ("a", "generated-by", "services/OpenAI-GPT-4")}
    for service in ("services/OpenAI-ChatGPT", "services/OpenAI-GPT-4"):
        assert found.parts[service].kind == "service"
        assert said(found, service) == [("registry", "OpenAI")]
        assert str(found.parts[service].said[0].evidence) == "x.json#/a/Licenses/0/License"
    tree = stack_of(found, knowledge).components["services/OpenAI-GPT-4"].license
    assert isinstance(tree, Unsettled)
    assert all("OpenAI" in leaf.id for leaf in tree.parts)


def test_a_vendor_without_a_model_and_a_model_without_a_vendor(knowledge: Knowledge) -> None:
    found = dpi.read(source({"a": record(**licences("Anthropic")), "b": record(**{"Model Generated": ["Claude 2.1"]})}), knowledge)
    only = found.steps[("a", "generated-by", "services/Anthropic")]
    assert "no model of it is named" in only.inferred
    assert only.confidence == 0.9
    assert stack_of(found, knowledge).components["a"].license == Leaf("NOASSERTION", "NOASSERTION")
    assert found.steps[("b", "generated-by", "services/Claude-2.1")].confidence == 1
    assert said(found, "services/Claude-2.1") == [("registry", "Anthropic")]
    assert "concluded" in found.parts["services/Claude-2.1"].inferred


@pytest.mark.parametrize(("written", "part", "kind", "terms"), [("OpenAI GPT-2", "named/weights/OpenAI-GPT-2", "weights", []), ("gpt2", "openai-community/gpt2", "weights", []), ("Anthropic Internal Models", "services/Anthropic-Internal-Models", "service", []), ("DeepL", "services/DeepL", "service", []),
                                                                ("Google Translate", "services/Google-Translate", "service", [("registry", "Google Cloud Translation API")]), ("01-ai/Yi-34B-Chat", "01-ai/Yi-34B-Chat", "weights", []), ("BART", "named/weights/BART", "weights", [])])  # fmt: skip
def test_generators(written: str, part: str, kind: str, terms: list[tuple[str, str]], knowledge: Knowledge) -> None:
    found = dpi.read(source({"a": record(**{"Model Generated": [written]})}), knowledge)
    assert steps(found) == {("a", "generated-by", part)}
    assert found.parts[part].kind == kind
    assert said(found, part) == terms


def test_templates_are_no_model_and_other_is_a_gap(knowledge: Knowledge) -> None:
    found = dpi.read(source({"a": record(**{"Model Generated": ["templates", "Other"]})}), knowledge)
    assert list(found.parts) == ["a"]
    assert [n.id for n in found.notices] == ["filled-in-templates"]
    assert [(u.source, u.component) for u in found.unread] == [("x.json#/a/Model Generated/1", "a")]


def test_sources_of_the_data(knowledge: Knowledge) -> None:
    file = {"a": record(**{"Derived from Datasets": ["b", "SNLI", "Some Web Corpus", "a", "https://example.org/data?id=1", ""]}), "b": record()}
    found = dpi.read(source(file), knowledge)
    assert steps(found) == {("a", "derived-from", t) for t in ("b", "datasets/stanfordnlp/snli", "named/dataset/Some-Web-Corpus", "named/dataset/a", "example.org_data-id-1")}
    assert found.parts["example.org_data-id-1"].source == "https://example.org/data?id=1"
    assert "could be looked up" in found.parts["named/dataset/Some-Web-Corpus"].inferred
    assert all(s.confidence == 1 and not s.inferred for s in found.steps.values())
    assert str(found.steps[("a", "derived-from", "b")].evidence) == "x.json#/a/Derived from Datasets/0"


def test_notes_and_text_sources_are_shown(knowledge: Knowledge) -> None:
    found = dpi.read(source({"a": record(**{"License Notes": "asked by\n mail", "Text Sources": ["wiki", "web"]})}), knowledge)
    assert [(n.id, n.component) for n in found.notices] == [("license-notes", "a"), ("text-sources", "a")]
    assert "asked by mail" in found.notices[0].why
    assert "wiki, web" in found.notices[1].why


def test_the_template_and_empty_files_are_refused(knowledge: Knowledge) -> None:
    for data in ({"t": record(**{"Unique Dataset Identifier": "string: the name"})}, {}, {"a": 1}):
        with pytest.raises(StackError, match="no record"):
            dpi.read(source(data), knowledge)


def test_records_of_the_wrong_type_are_gaps(knowledge: Knowledge) -> None:
    found = dpi.read(source({"a": record(), "b": ["x"], "c": record(**{"Licenses": "MIT License", "Derived from Datasets": 7, "Model Generated": {"x": 1}, "Inferred Metadata": []})}), knowledge)
    assert [u.source for u in found.unread] == ["x.json#/b"]
    assert said(found, "c") == [("card", "MIT License")]
    assert steps(found) == {("c", "derived-from", "named/dataset/7")}


# ---------- mteb


def models(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"models": [{"open_weights": True, "training_datasets": [], "adapted_from": None, **e} for e in entries]}


def test_models_and_tasks_become_one_stack(knowledge: Knowledge) -> None:
    listed = models(
        {"name": "org/base", "license": "mit", "revision": "a" * 40}, {"name": "org/tuned", "license": "apache-2.0", "adapted_from": "org/base", "training_datasets": ["NQ", "TED Talks"], "superseded_by": "org/new", "revision": "1"}
    )
    listed["tasks"] = [{"name": "NQ", "license": "cc-by-nc-sa-3.0", "dataset": {"path": "mteb/nq", "revision": "b" * 40}, "adapted_from": None}, {"name": "NQ-PL", "license": "not specified", "dataset": {"path": "aggregate tasks have none"}, "adapted_from": ["NQ"], "sample_creation": "machine-translated"}]
    found = mteb.read(source(listed), knowledge)
    assert found.release == ""
    assert steps(found) == {("org/tuned", "derived-from", "org/base"), ("org/tuned", "trained-on", "data/NQ"), ("org/tuned", "trained-on", "data/TED-Talks"), ("data/NQ-PL", "derived-from", "data/NQ")}
    assert said(found, "org/tuned") == [("registry", "apache-2.0")]
    assert found.parts["org/base"].revision == "a" * 40
    assert found.parts["org/tuned"].revision == ""
    assert found.parts["data/NQ"].source == "hf:datasets/mteb/nq"
    assert found.parts["data/NQ-PL"].source == ""
    stack = stack_of(found, knowledge)
    assert stack.release is None
    assert stack.components["data/NQ"].license == Leaf("CC-BY-NC-SA-3.0", "cc-by-nc-sa-3.0")
    assert stack.components["data/NQ-PL"].license == Leaf("NOASSERTION", "NOASSERTION")
    assert stack.components["data/TED-Talks"].license == Leaf("NOASSERTION", "NOASSERTION")
    assert sorted(n.id for n in found.notices) == ["machine-generated-data", "superseded"]
    assert str(found.steps[("org/tuned", "trained-on", "data/NQ")].evidence) == "x.json#/models/1/training_datasets/0"


def test_models_and_tasks_in_two_files_meet(knowledge: Knowledge) -> None:
    left = mteb.read(source(models({"name": "org/m", "training_datasets": ["NQ x"]}), "m.json"), knowledge)
    left.absorb(mteb.read(source({"tasks": [{"name": "NQ x", "license": "mit", "adapted_from": None, "sample_creation": "found"}]}, "t.json"), knowledge))
    assert stack_of(left, knowledge).components["data/NQ-x"].license == Leaf("MIT", "mit")


def test_what_a_model_was_made_from(knowledge: Knowledge) -> None:
    names = ("org/a (dim=2)", "https://huggingface.co/jhu-clsp/x", "/root/.cache/some_model", "gpt2", "own-words")
    found = mteb.read(source(models({"name": "org/a (dim=2)"}, *({"name": f"org/{n}", "adapted_from": w} for n, w in enumerate(names)))), knowledge)
    assert [s.source for s in found.steps.values()] == ["org_a-dim-2", "jhu-clsp/x", "named/weights/root-.cache-some_model", "openai-community/gpt2", "named/weights/own-words"]
    assert {s.relation for s in found.steps.values()} == {"derived-from"}


def test_what_is_only_served_is_a_service(knowledge: Knowledge) -> None:
    found = mteb.read(source(models({"name": "org/a", "open_weights": False}, {"name": "org/b", "framework": ["API"]}, {"name": "org/c", "framework": ["PyTorch"]})), knowledge)
    assert [(p.kind, p.source) for p in found.parts.values()] == [("service", ""), ("service", ""), ("weights", "hf:org/c")]


def test_published_training_data_counts_and_the_rest_is_said(knowledge: Knowledge) -> None:
    found = mteb.read(source(models({"name": "org/a", "public_training_data": "https://huggingface.co/datasets/o/x, https://huggingface.co/datasets/o/y"}, {"name": "org/b", "public_training_data": "https://example.org/blog"}, {"name": "org/c", "public_training_data": True},
                                    {"name": "org/d", "training_datasets": None}, {"name": "org/e", "public_training_data": "https://huggingface.co/org/model#data"})), knowledge)  # fmt: skip
    assert steps(found) == {("org/a", "trained-on", "datasets/o/x"), ("org/a", "trained-on", "datasets/o/y")}
    assert [(n.id, n.component) for n in found.notices] == [("training-data-elsewhere", "org/b"), ("training-data-not-stated", "org/d"), ("training-data-elsewhere", "org/e")]


def test_a_name_taken_apart_into_letters_is_a_gap(knowledge: Knowledge) -> None:
    found = mteb.read(source(models({"name": "org/a", "training_datasets": sorted(set("Training"))}, {"name": "org/b", "training_datasets": ["X", "Y"]})), knowledge)
    assert [(u.source, u.component) for u in found.unread] == [("x.json#/models/0/training_datasets", "org/a")]
    assert steps(found) == {("org/b", "trained-on", "data/X"), ("org/b", "trained-on", "data/Y")}


def test_names_that_fall_together(knowledge: Knowledge) -> None:
    found = mteb.read(source(models({"name": "org/a", "training_datasets": ["A B", "A-B"], "license": "mit"}, {"name": "org/a", "license": "apache-2.0"})), knowledge)
    assert list(found.parts)[:2] == ["org/a", "org/a-2"]
    assert said(found, "org/a") == [("registry", "mit")]
    assert said(found, "org/a-2") == [("registry", "apache-2.0")]
    assert len(found.parts) == 4
    assert {s.result for s in found.steps.values()} == {"org/a"}
    assert [n.id for n in found.notices] == ["name-twice"]


def test_entries_without_a_name_and_files_without_entries(knowledge: Knowledge) -> None:
    found = mteb.read(source({"models": [{"license": "mit"}, 7, None, {"name": ["x"]}], "tasks": [{}, {"name": "T", "dataset": 3}]}), knowledge)
    assert list(found.parts) == ["data/T"]
    assert {u.source for u in found.unread} == {f"x.json#/models/{n}" for n in (0, 1, 2, 3)} | {"x.json#/tasks/0"}
    with pytest.raises(StackError, match="no models and no tasks"):
        mteb.read(source({"models": []}), knowledge)


# ---------- ids, recognition, hostile input


@given(st.text(max_size=300))
def test_every_name_gives_an_id(name: str) -> None:
    assert ID.fullmatch(slug(name))
    assert ID.fullmatch(free(slug(name), {slug(name)}))


def test_each_format_is_known_by_its_reader_alone() -> None:
    samples = {
        "dpi": source({"a": record()}), "mteb": source(models({"name": "a"})), "croissant": source({"@context": {"cr": "http://mlcommons.org/croissant/"}, "@type": "sc:Dataset"}),
        "mof": Source("x.yml", None, b"framework:\n  name: 'Model Openness Framework'\nrelease:\n  name: x\n"), "citation": Source("CITATION.cff", None, b"cff-version: 1.2.0\ntitle: x\n"),
    }  # fmt: skip
    for name, sample in samples.items():
        assert {m.FORMAT: m.sniff(sample) for m in readers() if m.FORMAT in samples and m.sniff(sample)}.keys() == {name}
        assert name == reader_of(sample).FORMAT  # type: ignore[union-attr]
    for other in (b"", b"{}", b"[]", b'{"models": [{"name": "x"}]}', b'{"@type": "Dataset"}', b"name: Model Openness Framework", b"\xff\xfe\x00"):
        assert not any(m.sniff(Source("x.json", None, other)) for m in (dpi, mteb, croissant, mof))


SEEDS: list[tuple[Any, bytes]] = [
    (dpi, json.dumps({"a": record(**licences("MIT License", "OpenAI"), **{"Model Generated": ["OpenAI ChatGPT"], "Derived from Datasets": ["b"]}), "b": record()}).encode()),
    (mteb, json.dumps({**models({"name": "o/a", "adapted_from": "o/b", "training_datasets": ["NQ"], "license": "mit"}), "tasks": [{"name": "NQ", "dataset": {"path": "mteb/nq"}, "adapted_from": ["x"]}]}).encode()),
    (croissant, json.dumps({"@type": "sc:Dataset", "name": "x", "license": ["mit", {"url": "https://example.org"}], "prov:wasDerivedFrom": {"@id": "y"}, "distribution": [{"@id": "f", "license": "mit"}]}).encode()),
    (mof, b"release:\n  name: x\n  origin: y\n  license: {distribution: {name: MIT}}\n  components:\n    - {name: Datasets, license: unlicensed}\n    - {name: 'Model parameters (Final)'}\n"),
]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damaged_files_never_crash(data: st.DataObject, knowledge: Knowledge) -> None:
    reader, raw = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        put = data.draw(st.one_of(st.binary(max_size=4), st.sampled_from([b'"', b"{", b"}", b"[", b"]", b",", b"null", b"1e999", b"@id", b"\\u0000", b"[[[[", b"&a *a"])))
        raw = raw[:at] + put + raw[at + data.draw(st.integers(0, 12)) :]
    file = Source("x.yml" if reader is mof else "x.json", None, raw)
    reader.sniff(file)
    try:
        found = reader.read(file, knowledge)
    except StackError:
        return
    assert all(s.result in found.parts and s.source in found.parts for s in found.steps.values())
    assert all(ID.fullmatch(p) for p in found.parts)
    assert not found.release or found.release in found.parts


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=12), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "license", "License", "@id", "@type", "url", "path", "dataset", "components", "distribution"]), inner, max_size=4), max_leaves=12)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_wrong_types_never_crash(data: st.DataObject, knowledge: Knowledge) -> None:
    keys = {"dpi": ["Licenses", "Model Generated", "Derived from Datasets", "Inferred Metadata", "Text Sources", "Creators"], "mteb": ["name", "license", "adapted_from", "training_datasets", "public_training_data", "dataset", "framework"],
            "croissant": ["name", "license", "url", "usageInfo", "isBasedOn", "prov:wasGeneratedBy", "distribution", "recordSet", "creator", "hasPart"], "mof": ["name", "license", "components", "origin", "huggingface"]}  # fmt: skip
    reader = data.draw(st.sampled_from([dpi, mteb, croissant, mof]))
    entry = data.draw(st.dictionaries(st.sampled_from(keys[reader.FORMAT]), VALUES))
    whole: Any = {"dpi": {"a": {**record(), **entry}}, "mteb": {"models": [entry, 3], "tasks": [entry]}, "croissant": {"@type": "sc:Dataset", **entry}, "mof": {"release": entry}}[reader.FORMAT]
    try:
        found = reader.read(source(whole), knowledge)
        stack_of(found, knowledge)
    except StackError:
        return
    assert all(ID.fullmatch(p) for p in found.parts)


def test_deep_and_looping_files(knowledge: Knowledge) -> None:
    deep = b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    for reader in (dpi, mteb, croissant, mof):
        with pytest.raises(StackError):
            reader.read(Source("x.json", None, deep), knowledge)
    many = models(*({"name": f"o/{n}", "adapted_from": f"o/{(n + 1) % 500}"} for n in range(500)))
    stack = stack_of(mteb.read(source(many), knowledge), knowledge)
    assert len(stack.components) == 500
    assert stack.edges == ()
    assert len(stack.unread) == 500


# ---------- the corpora, counted without the readers

_NO_WORD = {"", "none", "null", "undefined", "n/a", "na", "nan", "-"}
_WITHOUT_NAME = {"not specified", "multiple", "unspecified", "no license", "custom", "various"}


def _tables() -> tuple[dict[str, str], dict[str, str]]:
    """Other names of Hub repositories, read from the data file itself."""
    names = yaml.safe_load((ROOT / "data" / "hub-names.yaml").read_text("utf-8"))
    known = [str(i) for f in (ROOT / "data" / "components").glob("*.yaml") for i in yaml.safe_load(f.read_text("utf-8"))]
    own = {i.casefold(): i for i in (*known, *(names.get("copies") or {}))}
    return {**own, **{k.casefold(): v for k, v in names["models"].items()}}, {**{k.removeprefix("datasets/"): v.removeprefix("datasets/") for k, v in own.items() if k.startswith("datasets/")}, **{k.casefold(): v for k, v in names["datasets"].items()}}


def _key(name: str, table: dict[str, str], kind: str) -> str:
    """What a name is the name of, as far as the tables and its own spelling go."""
    text = name.strip()
    if text.casefold() in table:
        return "hub " + table[text.casefold()]
    hub = re.fullmatch(r"https?://(?:www\.)?(?:huggingface|hf)\.co/(?:datasets/)?([\w.-]+/[\w.-]+)/?(?:tree/\w+/?)?(?:#.*)?", text)
    if hub:
        return "hub " + table.get(hub.group(1).casefold(), hub.group(1))
    if re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", text):
        return "hub " + text
    return f"{kind} " + (re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-._+") or text)


@needs_corpora
@pytest.mark.parametrize("path", sorted(Path(CORPORA, "dpi", "data_summaries").glob("[!_]*.json")) if CORPORA else [], ids=lambda p: p.stem)
def test_every_data_provenance_record_is_counted(path: Path, knowledge: Knowledge) -> None:
    data = json.loads(path.read_text("utf-8"))
    model_table, data_table = _tables()
    edges: set[tuple[str, str]] = set()
    named_parts: set[str] = set()
    words, vendor_words, silent, inferred = 0, set(), 0, Counter[str]()
    for key, row in data.items():
        vendors = {e["License"] for e in row["Licenses"] if e["License"] in ("OpenAI", "Anthropic", "Google Cloud Translation API")}
        stated = {e["License"] for e in row["Licenses"] if e["License"].casefold() not in _WITHOUT_NAME} - vendors
        words += len(stated)
        silent += bool(stated) * sum(e["License"].casefold() in _WITHOUT_NAME for e in row["Licenses"])
        for k in ("GitHub License", "HF Yaml License", "HF Config License", "PwC License Name"):
            value = (row.get("Inferred Metadata") or {}).get(k)
            if value and value.casefold() not in _WITHOUT_NAME:
                inferred[f"{key} {value}"] = 1
        for name in filter(None, (n.strip() for n in row["Derived from Datasets"])):
            target = f"record {name}" if name in data and name != key else _key(name, data_table, "data")
            edges.add((key, target))
            named_parts.add(target)
        served = set()
        for name in row["Model Generated"]:
            if name.casefold() in ("templates", "other"):
                continue
            low = name.casefold()
            if "internal" in low or "in-house" in low or low.startswith(("deepl", "bing chat", "character ai", "gretel")):
                target = f"service {name}"
            elif (low.startswith("openai") and not low.endswith(("gpt-1", "gpt-2"))) or low.startswith(("claude", "google ")):
                vendor = "OpenAI" if low.startswith("openai") else "Anthropic" if low.startswith("claude") else "Google Cloud Translation API"
                served.add(vendor)
                target = f"service {name}"
                vendor_words.add((target, vendor))
            else:
                target = _key(name, model_table, "model")
            edges.add((key, target))
            named_parts.add(target)
        for vendor in vendors - served:
            edges.add((key, f"service {vendor}"))
            named_parts.add(f"service {vendor}")
            vendor_words.add((f"service {vendor}", vendor))
    found = dpi.read(Source(path.name, path), knowledge)
    assert len(found.parts) == len(data) + len({n for n in named_parts if not n.startswith("record ")})
    assert len(found.steps) == len(edges)
    assert sum(len(s.written.split(", ")) for p in found.parts.values() for s in p.said if s.where == "card") == words
    assert sum(s.where == "registry" for p in found.parts.values() for s in p.said if p.kind != "service") == len(inferred)
    assert sum(len(p.said) for p in found.parts.values() if p.kind == "service") == len(vendor_words)
    assert sum("beside licences" in u.why for u in found.unread) <= silent
    assert (silent == 0) == (not any("beside licences" in u.why for u in found.unread))
    assert sum("not named" in u.why for u in found.unread) == sum("Other" in row["Model Generated"] for row in data.values())


@needs_corpora
def test_the_whole_mteb_registry_is_counted(knowledge: Knowledge) -> None:
    folder = Path(CORPORA) / "mteb"
    listed, tasks = json.loads((folder / "mteb_models.json").read_text("utf-8"))["models"], json.loads((folder / "mteb_tasks.json").read_text("utf-8"))["tasks"]
    table, data_table = _tables()
    own = {m["name"] for m in listed}
    letters = [m for m in listed if len(m["training_datasets"] or []) > 2 and all(len(t) == 1 for t in m["training_datasets"])]
    trained = {(m["name"], t) for m in listed if m not in letters for t in m["training_datasets"] or []}
    published = {(m["name"], a) for m in listed if isinstance(m["public_training_data"], str) for a in re.findall(r"https://huggingface\.co/datasets/[\w.-]+/[\w.-]+(?=[/,\s#?]|$)", m["public_training_data"])}
    published = {(n, _key(a, data_table, "data")) for n, a in published}
    based = {(m["name"], m["adapted_from"]) for m in listed if m["adapted_from"] and m["adapted_from"] != m["name"]}
    adapted = {(t["name"], a) for t in tasks for a in t["adapted_from"] or [] if a != t["name"]}
    outside = {_key(b, table, "model") for _, b in based if b not in own}
    outside -= {f"hub {n}" for n in own}
    found = mteb.read(Source("m", folder / "mteb_models.json"), knowledge)
    assert Counter(s.relation for s in found.steps.values()) == {"trained-on": len(trained) + len(published), "derived-from": len(based)}
    assert len(found.parts) == len(own) + len({t for _, t in trained}) + len({d for _, d in published}) + len(outside)
    assert sum(len(p.said) for p in found.parts.values()) == sum((m["license"] or "").casefold() not in {*_NO_WORD, *_WITHOUT_NAME} for m in listed)
    assert len(found.unread) == len(letters)
    assert sum(len(m["training_datasets"] or []) for m in listed) == 9_620 == len(trained) + sum(len(m["training_datasets"]) for m in letters)
    assert len(own) == len(listed) == 969
    other = mteb.read(Source("t", folder / "mteb_tasks.json"), knowledge)
    assert len(other.parts) == len({t["name"] for t in tasks} | {a for _, a in adapted})
    assert len(other.steps) == len(adapted)
    assert sum(len(p.said) for p in other.parts.values()) == sum(t["license"].casefold() not in {*_NO_WORD, *_WITHOUT_NAME} for t in tasks)
    assert len(other.unread) == sum(t["name"] in (t["adapted_from"] or []) for t in tasks)
