"""The CycloneDX reader: what the format states, what is concluded from it, and what it leaves open."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph.answer import assess
from licgraph.errors import StackError
from licgraph.expression import render
from licgraph.inputs import cyclonedx, reader_of
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.cyclonedx_parts import purl_parts
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge

from .conftest import AS_OF, ROOT

CORPORA = os.environ.get("LICGRAPH_CORPORA", "")
FILES = sorted((Path(CORPORA) / "cyclonedx").glob("*.json")) if CORPORA else []
MODEL: dict[str, Any] = {"type": "machine-learning-model", "name": "tuned", "bom-ref": "m"}


def source(text: str | bytes, name: str = "bom.json") -> Source:
    return Source(name, None, text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)


def bom(**parts: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", **parts}


def about(component: dict[str, Any], *others: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return bom(metadata={"component": component}, components=list(others), **parts)


def read(document: Any, knowledge: Knowledge, result: str = "") -> Draft:
    return cyclonedx.read(source(json.dumps(document)), knowledge, result)


def steps(draft: Draft) -> set[tuple[str, str, str]]:
    return {(s.result, s.relation, s.source) for s in draft.steps.values()}


def noticed(draft: Draft) -> set[str]:
    return {n.id for n in draft.notices}


def test_types_are_kinds(knowledge: Knowledge) -> None:
    kinds = {"machine-learning-model": "weights", "data": "dataset", "library": "code", "framework": "code", "application": "code", "file": "code", "container": "code", "operating-system": "code"}
    found = read(bom(components=[{"type": t, "name": t} for t in kinds], services=[{"name": "api"}]), knowledge)
    assert {p.id: p.kind for p in found.parts.values()} == {**kinds, "api": "service"}
    assert str(found.parts["library"].evidence) == "bom.json#/components/2"


def test_files_and_data_by_what_they_hold(knowledge: Knowledge) -> None:
    rows = [{"type": "file", "name": "a.safetensors"}, {"type": "file", "name": "b.py"}, {"type": "data", "name": "c", "data": [{"type": "source-code"}]}, {"type": "data", "name": "d", "data": [{"type": "configuration"}]}]
    found = read(bom(components=rows), knowledge)
    assert [p.kind for p in found.parts.values()] == ["weights", "code", "code", "document"]
    assert "kind-by-name" in noticed(found)


@pytest.mark.parametrize("word", ["widget", "", 7, None])
def test_unknown_type_is_a_gap(word: Any, knowledge: Knowledge) -> None:
    found = read(bom(components=[{"type": word, "name": "x"}]), knowledge)
    assert any("component type" in u.why or "without a type" in u.why for u in found.unread)


def test_what_is_no_work_is_left_out_aloud(knowledge: Knowledge) -> None:
    found = read(about(MODEL, {"type": "cryptographic-asset", "name": "key", "bom-ref": "k"}, dependencies=[{"ref": "m", "dependsOn": ["k"]}]), knowledge)
    assert set(found.parts) == {"tuned"}
    assert noticed(found) == {"not-a-work"}
    assert not found.unread


LICENSES: list[tuple[list[Any], list[tuple[str, str]], str]] = [
    ([{"license": {"id": "MIT"}}], [("tag", "MIT")], ""),
    ([{"license": {"name": "llama3.1", "acknowledgement": "declared"}}], [("tag", "llama3.1")], ""),
    ([{"expression": "MIT OR Apache-2.0"}], [("tag", "MIT OR Apache-2.0")], ""),
    ([{"license": {"id": "MIT"}}, {"license": {"name": "Zlib"}}], [("tag", "MIT, Zlib")], ""),
    ([{"license": {"id": "MIT", "acknowledgement": "concluded"}}], [], "MIT"),
    ([{"expression": "MIT", "acknowledgement": "declared"}, {"expression": "ISC", "acknowledgement": "concluded"}], [("tag", "MIT")], "ISC"),
    ([{"license": {"name": "unknown", "url": "https://opensource.org/licenses/MIT"}}], [("tag", "https://opensource.org/licenses/MIT")], ""),
    ([{"license": {"name": "NOASSERTION"}}], [], ""),
    ([{"license": {"name": "Our own words"}}], [("tag", "Our own words")], ""),
    (["MIT"], [("tag", "MIT")], ""),
]


@pytest.mark.parametrize(("entries", "said", "concluded"), LICENSES)
def test_licenses(entries: list[Any], said: list[tuple[str, str]], concluded: str, knowledge: Knowledge) -> None:
    part = read(bom(components=[{"type": "library", "name": "x", "licenses": entries}]), knowledge).parts["x"]
    assert [(s.where, s.written) for s in part.said] == said
    assert part.concluded == concluded
    assert not part.looked
    assert all(s.evidence.pointer.startswith("/components/0/licenses/0") for s in part.said)


def test_choices_that_all_apply_keep_their_brackets(knowledge: Knowledge) -> None:
    part = read(bom(components=[{"type": "library", "name": "x", "licenses": [{"expression": "MIT OR ISC"}, {"license": {"id": "Zlib"}}]}]), knowledge).parts["x"]
    assert part.said[0].written == "(MIT OR ISC) AND Zlib"


def test_no_licence_is_unknown_and_not_none(knowledge: Knowledge) -> None:
    stack = stack_of(read(about(MODEL, {"type": "data", "name": "d"}), knowledge), knowledge)
    assert stack.components["d"].license is not None
    assert render(stack.components["d"].license) == "NOASSERTION"


def test_texts_are_recognised(knowledge: Knowledge) -> None:
    apache = (ROOT / "LICENSE").read_text("utf-8")
    coded = base64.b64encode(apache.encode()).decode()
    rows = [{"license": {"name": "unknown", "text": {"content": apache}}}, {"license": {"id": "Apache-2.0", "text": {"content": coded, "encoding": "base64"}}}, {"license": {"id": "MIT", "text": {"content": apache}}}, {"license": {"id": "MIT", "text": {"content": "You may look."}}}, {"license": {"id": "MIT", "text": {"content": "!", "encoding": "base64"}}}]
    found = read(bom(components=[{"type": "library", "name": f"x{n}", "licenses": [row]} for n, row in enumerate(rows)]), knowledge)
    assert [(s.where, s.written) for s in found.parts["x0"].said] == [("licence-file", "Apache-2.0")]
    assert {(s.where, s.written) for s in found.parts["x1"].said} == {("licence-file", "Apache-2.0"), ("tag", "Apache-2.0")}
    assert {s.written for s in found.parts["x2"].said} == {"Apache-2.0", "MIT"}
    assert any(s.written.startswith("terms written in") for s in found.parts["x3"].said)
    assert [u.component for u in found.unread if "base64" in u.why] == ["x4"]


def test_observed_licences(knowledge: Knowledge) -> None:
    seen = {"evidence": {"licenses": [{"license": {"id": "GPL-2.0-only"}}]}}
    found = read(bom(components=[{"type": "library", "name": "bare", **seen}, {"type": "library", "name": "told", "licenses": [{"license": {"id": "MIT"}}], **seen}]), knowledge)
    assert [(s.where, s.written) for s in found.parts["bare"].said] == [("licence-file", "GPL-2.0-only")]
    assert [s.written for s in found.parts["told"].said] == ["MIT"]
    assert noticed(found) == {"observed-license"}


def test_bought_licences_are_noticed(knowledge: Knowledge) -> None:
    found = read(bom(components=[{"type": "library", "name": "x", "licenses": [{"license": {"name": "Paid", "licensing": {"expiration": "2030-01-01T00:00:00Z"}}}]}]), knowledge)
    assert "2030-01-01" in found.notices[0].why


@pytest.mark.parametrize(
    ("component", "part", "revision"),
    [
        ({"purl": "pkg:huggingface/org/name@abc"}, "org/name", "abc"),
        ({"purl": "pkg:huggingface/or%67/name@a%2Fb"}, "org/name", "a/b"),
        ({"type": "data", "purl": "pkg:huggingface/org/name"}, "datasets/org/name", ""),
        ({"type": "data", "purl": "pkg:huggingface/datasets/org/name@1"}, "datasets/org/name", "1"),
        ({"externalReferences": [{"type": "model-card", "url": "https://huggingface.co/org/name"}]}, "org/name", ""),
        ({"name": "name", "externalReferences": [{"type": "website", "url": "https://huggingface.co/org/name"}]}, "org/name", ""),
    ],
)
def test_hub_names(component: dict[str, Any], part: str, revision: str, knowledge: Knowledge) -> None:
    found = read(bom(components=[{"type": "machine-learning-model", "name": "n", **component}]), knowledge)
    assert [(p.id, p.source, p.revision) for p in found.parts.values()] == [(part, f"hf:{part}", revision)]


@pytest.mark.parametrize(
    "component",
    [
        {"type": "machine-learning-model", "name": "mine", "externalReferences": [{"type": "website", "url": "https://huggingface.co/org/base"}]},
        {"type": "library", "name": "transformers", "externalReferences": [{"type": "website", "url": "https://huggingface.co/docs/transformers"}]},
        {"type": "machine-learning-model", "name": "x", "purl": "pkg:huggingface/org/x?repository_url=https://models.example.com"},
    ],
)
def test_other_addresses_name_no_repository(component: dict[str, Any], knowledge: Knowledge) -> None:
    assert not next(iter(read(bom(components=[component]), knowledge).parts.values())).source.startswith("hf:")


def test_package_urls() -> None:
    assert purl_parts("pkg:pypi/num%70y@1.0?x=y#z") == ("pypi", "numpy", "1.0", "x=y")
    assert purl_parts("nothing") == ("", "", "", "")


def test_same_package_is_one_part_and_same_names_are_two(knowledge: Knowledge) -> None:
    found = read(bom(components=[{"type": "library", "name": "a", "purl": "pkg:pypi/a@1"}, {"type": "library", "name": "a", "purl": "pkg:pypi/a@1"}, {"type": "library", "name": "a", "purl": "pkg:pypi/a@2"}, {"type": "library", "name": "a"}]), knowledge)
    assert {p.id: p.revision for p in found.parts.values()} == {"a": "1", "a-2": "2", "a-3": ""}


def test_what_it_is_about_is_the_release_and_ours(knowledge: Knowledge) -> None:
    found = read(about({**MODEL, "licenses": [{"license": {"id": "MIT"}}]}, {"type": "data", "name": "d"}), knowledge)
    assert found.release == "tuned"
    assert [p.id for p in found.parts.values() if p.ours] == ["tuned"]
    stack = stack_of(found, knowledge)
    assert stack.release is not None
    assert stack.release.written == "MIT"


def test_a_folder_names_the_release(knowledge: Knowledge) -> None:
    assert read(about(MODEL), knowledge, "org/x").release == "org/x"
    bare = read(bom(components=[MODEL, {"type": "data", "name": "d", "bom-ref": "d"}], dependencies=[{"ref": "m", "dependsOn": ["d"]}]), knowledge, "org/x")
    assert bare.release == "org/x"
    assert set(bare.parts) == {"org/x", "d"}
    assert steps(bare) == {("org/x", "trained-on", "d")}
    several = read(bom(components=[MODEL, {**MODEL, "bom-ref": "n", "name": "other"}]), knowledge, "org/x")
    assert {s.source for s in several.steps.values()} == {"tuned", "other"}


def test_nothing_says_that_a_lone_component_is_ours(knowledge: Knowledge) -> None:
    found = read(bom(components=[{"type": "machine-learning-model", "name": "Llama-2-7b", "licenses": [{"license": {"id": "MIT"}}]}]), knowledge)
    assert [u.component for u in found.unread] == ["Llama-2-7b"]
    stack = stack_of(found, knowledge)
    assert stack.release is None or assess(stack, knowledge, as_of=AS_OF).answer == "unknown"


def test_nested_components_are_contained(knowledge: Knowledge) -> None:
    found = read(about({**MODEL, "components": [{"type": "library", "name": "inner", "components": [{"type": "data", "name": "deep"}]}]}), knowledge)
    assert steps(found) == {("tuned", "contains", "inner"), ("inner", "contains", "deep")}


def test_pedigree(knowledge: Knowledge) -> None:
    base, data = {"type": "machine-learning-model", "name": "base", "version": "1"}, {"type": "data", "name": "other"}
    found = read(about({**MODEL, "pedigree": {"ancestors": [base, data], "descendants": [{"type": "machine-learning-model", "name": "child"}]}}, {**base, "bom-ref": "b"}), knowledge)
    assert steps(found) == {("tuned", "derived-from", "base"), ("tuned", "derived-from", "other"), ("child", "derived-from", "tuned")}
    assert all(s.confidence == 1 and not s.inferred for s in found.steps.values())
    assert {str(s.evidence) for s in found.steps.values()} >= {"bom.json#/metadata/component/pedigree/ancestors/0"}


def test_a_pedigree_may_use_the_reference_of_what_is_listed(knowledge: Knowledge) -> None:
    base = {"type": "machine-learning-model", "name": "base", "version": "1", "bom-ref": "b"}
    found = read(about({**MODEL, "pedigree": {"ancestors": [{**base, "version": "1.0"}]}}, base), knowledge)
    assert steps(found) == {("tuned", "derived-from", "base")}
    assert not found.unread
    assert "listed-twice" not in noticed(found)


@pytest.mark.parametrize(("notes", "relation", "sure"), [("Fine-tuned on chats", "finetune", 0.6), ("GGUF quantization", "quantize", 0.6), ("merged from LoRA", "derived-from", 1.0), ("see paper", "derived-from", 1.0)])
def test_notes_of_a_pedigree(notes: str, relation: str, sure: float, knowledge: Knowledge) -> None:
    found = read(about({**MODEL, "pedigree": {"ancestors": [{"type": "machine-learning-model", "name": "base"}], "notes": notes}}), knowledge)
    step = found.steps[("tuned", relation, "base")]
    assert step.confidence == sure
    assert bool(step.inferred) == (sure < 1)


def test_variants_are_a_guess_and_no_circle(knowledge: Knowledge) -> None:
    one = {"type": "machine-learning-model", "name": "a", "bom-ref": "a", "pedigree": {"variants": [{"type": "machine-learning-model", "name": "b"}]}}
    other = {"type": "machine-learning-model", "name": "b", "bom-ref": "b", "pedigree": {"variants": [{"type": "machine-learning-model", "name": "a"}]}}
    found = read(bom(components=[one, other]), knowledge)
    assert steps(found) == {("a", "derived-from", "b")}
    assert next(iter(found.steps.values())).confidence == 0.3


def test_data_of_a_model_card(knowledge: Knowledge) -> None:
    rows = [{"ref": "d"}, {"ref": "gone"}, {"type": "dataset", "name": "Chats", "contents": {"url": "https://example.com/c"}}, {"type": "dataset", "name": "org/set"}, {"type": "dataset", "contents": {"url": "https://huggingface.co/datasets/o/p"}}, {"type": "dataset"}, {"type": "dataset", "name": "Bench", "description": "evaluation only"}]
    found = read(about({**MODEL, "modelCard": {"modelParameters": {"datasets": rows}}}, {"type": "data", "name": "d", "bom-ref": "d"}), knowledge)
    assert steps(found) == {("tuned", "trained-on", s) for s in ("d", "Chats", "datasets/org/set", "datasets/o/p", "Bench")}
    assert found.parts["Chats"].source == "https://example.com/c"
    assert sorted(u.why.split(" ")[0] for u in found.unread) == ["a", "it"]
    assert all(u.component == "tuned" for u in found.unread)
    assert "trained-or-evaluated" in noticed(found)


DEPENDENCIES = [
    ("machine-learning-model", "data", "trained-on", 0.6), ("machine-learning-model", "library", "runs-with", 0.6), ("application", "library", "links-dynamic", 0.6), ("library", "container", "runs-with", 0.6),
    ("application", "machine-learning-model", "runs-with", 0.6), ("data", "machine-learning-model", "generated-by", 0.3), ("data", "data", "derived-from", 0.3), ("application", "data", "contains", 0.3),
]  # fmt: skip


@pytest.mark.parametrize(("made", "needed", "relation", "sure"), DEPENDENCIES)
def test_dependencies_are_needs(made: str, needed: str, relation: str, sure: float, knowledge: Knowledge) -> None:
    found = read(about({"type": made, "name": "m", "bom-ref": "m"}, {"type": needed, "name": "n", "bom-ref": "n"}, dependencies=[{"ref": "m", "dependsOn": ["n"]}]), knowledge)
    step = found.steps[("m", relation, "n")]
    assert step.confidence == sure
    assert "dependency" in step.inferred
    assert f"taken as {relation}" in step.inferred
    assert step.evidence.pointer == "/dependencies/0/dependsOn/0"
    assert not found.unread


def test_a_model_that_needs_a_model_may_be_made_from_it(knowledge: Knowledge) -> None:
    document = about(MODEL, {"type": "machine-learning-model", "name": "base", "bom-ref": "b", "licenses": [{"license": {"id": "MIT"}}]}, dependencies=[{"ref": "m", "dependsOn": ["b"]}])
    found = read(document, knowledge)
    assert steps(found) == {("tuned", "runs-with", "base")}
    assert [u.component for u in found.unread] == ["tuned"]
    assert assess(stack_of(found, knowledge), knowledge, as_of=AS_OF).answer == "unknown"
    stated = {**MODEL, "pedigree": {"ancestors": [{"type": "machine-learning-model", "name": "base"}]}}
    told = read({**document, "metadata": {"component": stated}}, knowledge)
    assert steps(told) == {("tuned", "derived-from", "base")}
    assert not told.unread


def test_excluded_is_a_tool(knowledge: Knowledge) -> None:
    found = read(about(MODEL, {"type": "library", "name": "pytest", "bom-ref": "p", "scope": "excluded"}, dependencies=[{"ref": "m", "dependsOn": ["p"]}]), knowledge)
    assert steps(found) == {("tuned", "built-with", "pytest")}


def test_circles_of_needs_are_cut_and_all_stays_reached(knowledge: Knowledge) -> None:
    libs = [{"type": "library", "name": n, "bom-ref": n} for n in "abc"]
    found = read(about({**MODEL, "type": "application"}, *libs, dependencies=[{"ref": "c", "dependsOn": ["a"]}, {"ref": "m", "dependsOn": ["a", "m"]}, {"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["c"]}]), knowledge)
    assert {(s.result, s.source) for s in found.steps.values()} == {("tuned", "a"), ("a", "b"), ("b", "c")}
    assert noticed(found) == {"needs-in-a-circle", "needs-itself"}
    assert not stack_of(found, knowledge).unread


def test_dangling_references(knowledge: Knowledge) -> None:
    found = read(about(MODEL, dependencies=[{"ref": "gone", "dependsOn": ["m"]}, {"ref": "m", "dependsOn": ["nowhere", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#x"]}]), knowledge)
    assert [(u.component, "another document" in u.why) for u in found.unread] == [("tuned", False), ("tuned", True)]
    assert noticed(found) == {"dangling-reference"}


def test_links_into_the_same_document(knowledge: Knowledge) -> None:
    serial = "3e671687-395b-41f5-a30f-a58921a69b79"
    found = read(about(MODEL, {"type": "data", "name": "d", "bom-ref": "d"}, serialNumber=f"urn:uuid:{serial}", dependencies=[{"ref": "m", "dependsOn": [f"urn:cdx:{serial}/1#d"]}]), knowledge)
    assert steps(found) == {("tuned", "trained-on", "d")}


def test_one_reference_for_two_is_a_gap_and_twice_the_same_is_one(knowledge: Knowledge) -> None:
    two = read(bom(components=[{"type": "library", "name": "a", "bom-ref": "r"}, {"type": "library", "name": "b", "bom-ref": "r"}]), knowledge)
    assert any("names two components" in u.why for u in two.unread)
    same = read(about(MODEL, MODEL), knowledge)
    assert set(same.parts) == {"tuned"}
    assert noticed(same) == {"listed-twice"}
    assert not same.steps


def test_what_is_listed_belongs_to_the_release(knowledge: Knowledge) -> None:
    found = read(about({**MODEL, "type": "application"}, {"type": "library", "name": "a", "bom-ref": "a"}, {"type": "library", "name": "b", "bom-ref": "b"}, dependencies=[{"ref": "a", "dependsOn": ["b"]}]), knowledge)
    assert {(s.result, s.source, s.confidence) for s in found.steps.values()} == {("a", "b", 0.6), ("tuned", "a", 0.3)}
    assert "inventory" in found.steps[("tuned", "links-dynamic", "a")].inferred


def test_what_is_made_from_the_release_is_no_part_of_it(knowledge: Knowledge) -> None:
    found = read(about(MODEL, {"type": "application", "name": "app", "bom-ref": "app"}, dependencies=[{"ref": "app", "dependsOn": ["m"]}]), knowledge)
    assert steps(found) == {("app", "runs-with", "tuned")}


def test_training_runs(knowledge: Knowledge) -> None:
    def at(ref: str) -> dict[str, Any]:
        return {"resource": {"ref": ref}}

    task = {"name": "fine-tuning run", "inputs": [at("base"), at("d"), at("code"), at("lost"), {"parameters": []}], "outputs": [{**at("m"), "type": "artifact"}, {**at("log"), "type": "log"}]}
    make = {"name": "synthesis", "inputs": [at("api")], "outputs": [at("d")]}
    others = [{"type": "machine-learning-model", "name": "base", "bom-ref": "base"}, {"type": "data", "name": "d", "bom-ref": "d"}]
    found = read(about(MODEL, *others, services=[{"name": "api", "bom-ref": "api"}], formulation=[{"components": [{"type": "library", "name": "code", "bom-ref": "code"}, {"type": "platform", "name": "cluster"}], "workflows": [{"tasks": [task, make]}]}]), knowledge)
    assert steps(found) == {("tuned", "finetune", "base"), ("tuned", "trained-on", "d"), ("tuned", "trained-with", "code"), ("d", "generated-by", "api"), ("tuned", "built-with", "cluster")}
    assert {s.confidence for s in found.steps.values()} == {0.6, 0.3}
    assert [(u.component, "`lost`" in u.why) for u in found.unread] == [("tuned", True)]


def test_completeness_that_the_document_denies(knowledge: Knowledge) -> None:
    found = read(about(MODEL, {"type": "data", "name": "d", "bom-ref": "d"}, compositions=[{"aggregate": "incomplete", "assemblies": ["d"]}, {"aggregate": "incomplete_third_party_only"}, {"aggregate": "unknown"}, {"aggregate": "complete"}]), knowledge)
    assert [u.component for u in found.unread] == ["d", ""]
    assert noticed(found) == {"completeness-unknown"}


@pytest.mark.parametrize(("version", "gaps", "notices"), [("1.4", 0, set()), ("1.7", 0, set()), ("1.3", 0, {"older-version"}), ("2.0", 1, set()), ("", 1, set()), (7, 1, set())])
def test_versions(version: Any, gaps: int, notices: set[str], knowledge: Knowledge) -> None:
    found = read({**about(MODEL), "specVersion": version}, knowledge)
    assert (len(found.unread), noticed(found)) == (gaps, notices)


def test_sections_that_say_nothing_of_this_are_named(knowledge: Knowledge) -> None:
    found = read(about(MODEL, vulnerabilities=[{"id": "x"}], annotations=[{"text": "t"}]), knowledge)
    assert [n.id for n in found.notices] == ["section-not-read"] * 2


@pytest.mark.parametrize("document", [bom(), bom(components=[]), bom(components=[None, 5]), bom(components="x"), [], bom(components=[{"type": "device", "name": "d"}])])
def test_nothing_listed_is_refused(document: Any, knowledge: Knowledge) -> None:
    with pytest.raises(StackError):
        read(document, knowledge)


# XML


def as_xml(body: str, head: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1">\n{body}\n</bom>'


XML = as_xml(
    """<metadata><component type="machine-learning-model" bom-ref="m"><name>tuned</name>
<licenses><expression acknowledgement="declared">MIT OR ISC</expression></licenses>
<pedigree><ancestors><component type="machine-learning-model"><group>org</group><name>base</name><purl>pkg:huggingface/org/base@1</purl></component></ancestors></pedigree>
<modelCard><modelParameters><datasets><ref>d</ref><dataset><type>dataset</type><name>Chats</name><contents><url>https://example.com/c</url></contents></dataset></datasets></modelParameters></modelCard>
<properties><property name="licgraph:role">model-architecture</property></properties></component></metadata>
<components><component type="data" bom-ref="d"><name>d</name><licenses><license acknowledgement="declared"><id>CC0-1.0</id></license><license acknowledgement="concluded"><name>llama2</name></license></licenses></component>
<component type="library" bom-ref="l"><name>lib</name><components><component type="library" bom-ref="in"><name>inner</name></component></components></component></components>
<services><service bom-ref="s"><name>api</name></service></services>
<dependencies><dependency ref="m"><dependency ref="l"><dependency ref="s"/></dependency></dependency></dependencies>
<compositions><composition><aggregate>incomplete</aggregate><assemblies><assembly ref="d"/></assemblies></composition></compositions>"""
)
SAME = about(
    {
        **MODEL, "licenses": [{"expression": "MIT OR ISC", "acknowledgement": "declared"}], "properties": [{"name": "licgraph:role", "value": "model-architecture"}],
        "pedigree": {"ancestors": [{"type": "machine-learning-model", "group": "org", "name": "base", "purl": "pkg:huggingface/org/base@1"}]},
        "modelCard": {"modelParameters": {"datasets": [{"ref": "d"}, {"type": "dataset", "name": "Chats", "contents": {"url": "https://example.com/c"}}]}},
    },
    {"type": "data", "name": "d", "bom-ref": "d", "licenses": [{"license": {"id": "CC0-1.0", "acknowledgement": "declared"}}, {"license": {"name": "llama2", "acknowledgement": "concluded"}}]},
    {"type": "library", "name": "lib", "bom-ref": "l", "components": [{"type": "library", "name": "inner", "bom-ref": "in"}]},
    services=[{"name": "api", "bom-ref": "s"}],
    dependencies=[{"ref": "m", "dependsOn": ["l"]}, {"ref": "l", "dependsOn": ["s"]}],
    compositions=[{"aggregate": "incomplete", "assemblies": ["d"]}],
)  # fmt: skip


def test_xml_says_the_same_as_json(knowledge: Knowledge) -> None:
    one, other = cyclonedx.read(source(XML, "bom.xml"), knowledge), read(SAME, knowledge)
    assert steps(one) == steps(other)
    assert len(one.steps) == 6
    assert {(p.id, p.kind, p.source, p.concluded, p.role, tuple((s.where, s.written) for s in p.said)) for p in one.parts.values()} == {(p.id, p.kind, p.source, p.concluded, p.role, tuple((s.where, s.written) for s in p.said)) for p in other.parts.values()}
    assert [u.component for u in one.unread] == [u.component for u in other.unread] == ["d"]
    assert str(one.parts["d"].evidence) == "bom.xml:8"


@pytest.mark.parametrize(
    "text",
    [
        as_xml("<components/>", '<!DOCTYPE bom [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]>\n'),
        as_xml("<components>&b;</components>", '<!DOCTYPE bom SYSTEM "file:///etc/passwd">\n'),
        as_xml("<components>" + "<component>" * 200 + "</component>" * 200 + "</components>"),
        as_xml("<components/>"),
        "<bom xmlns='http://cyclonedx.org/schema/bom/1.6'><components>",
        as_xml("<components>&undefined;</components>"),
        "<",
    ],
)
def test_xml_that_is_refused(text: str, knowledge: Knowledge) -> None:
    with pytest.raises(StackError):
        cyclonedx.read(source(text, "bom.xml"), knowledge)


def test_document_types_are_refused_before_entities_are_read(knowledge: Knowledge) -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises(StackError, match="DOCTYPE"):
        cyclonedx.read(source(as_xml("<components>&a11;</components>", f'<!DOCTYPE bom [<!ENTITY a0 "ha">{levels}]>'), "bom.xml"), knowledge)


# Finding, hostile input, the corpus


def test_sniffed_by_content() -> None:
    assert cyclonedx.sniff(source(json.dumps(bom()), "anything")) == 95
    assert cyclonedx.sniff(source(XML, "anything")) == 95
    assert cyclonedx.sniff(source(json.dumps(bom()).encode("utf-16"), "x")) == 95
    for text in ('{"spdxVersion": "SPDX-2.3"}', "---\nlicense: mit\n---\n# uses CycloneDX bomFormat", "base_model: x", "<html><body/></html>", "", "{}", '{"licgraph": 1, "components": {}}'):
        assert cyclonedx.sniff(source(text, "bom.txt")) == 0, text


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"bomFormat": "CycloneDX"', "[" * 10_000 + "]" * 10_000, '{"bomFormat":"CycloneDX","components":' + "[" * 500 + "]" * 500 + "}", "\0"])
def test_broken_files_are_refused(text: str, knowledge: Knowledge) -> None:
    with pytest.raises(StackError):
        cyclonedx.read(source(text), knowledge)


def test_properties_of_ours_that_are_hostile(knowledge: Knowledge) -> None:
    rows = [("relation:finetune", "nobody"), ("relation:nonsense", "tuned"), ("relation:merge", '{"component": ["x"]}'), ("label", "{"), ("label", '{"where": 1, "says": 2}'), ("fact:x", "1"), ("fact:annual-revenue-usd", "NaN"), ("fact:annual-revenue-usd", "[" * 5000), ("kind", "sorcery"), ("source", "hf:")]
    component = {**MODEL, "properties": [{"name": f"licgraph:{k}", "value": v} for k, v in rows]}
    found = read({**about(component), "metadata": {"component": component, "properties": [{"name": "licgraph:unread", "value": "x"}, {"name": "licgraph:stack", "value": "1"}]}}, knowledge)
    assert not found.steps
    assert len(found.unread) >= 9
    stack_of(found, knowledge)


_plain = st.recursive(st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "m", "d", "MIT", "pkg:huggingface/a/b", "urn:cdx:x", "\ud800", "https://huggingface.co/a"]), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["ref", "name", "type", "license", "components", "bom-ref", "resource", "content"]), inner, max_size=3), max_leaves=6)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for k, v in below for p in _paths(v, (*path, k)))]


RICH = {**SAME, "formulation": [{"components": [{"type": "library", "name": "t", "bom-ref": "t"}], "workflows": [{"inputs": [{"resource": {"ref": "d"}}], "outputs": [{"resource": {"ref": "m"}}], "tasks": [{"inputs": [{"resource": {"ref": "t"}}]}]}]}]}
PATHS = _paths(RICH)[1:]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, len(PATHS) - 1), _plain), min_size=1, max_size=4))
def test_whatever_is_changed_it_is_read_or_refused(changes: list[tuple[int, Any]], knowledge: Knowledge) -> None:
    document = json.loads(json.dumps(RICH))
    for number, value in changes:
        spot = document
        try:
            for key in PATHS[number][:-1]:
                spot = spot[key]
            spot[PATHS[number][-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    with contextlib.suppress(StackError):
        stack_of(read(document, knowledge), knowledge)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(XML)), where=st.integers(0, len(XML)), what=st.binary(max_size=6))
def test_damaged_xml_is_read_or_refused(cut: int, where: int, what: bytes, knowledge: Knowledge) -> None:
    raw = XML.encode()
    for damaged in (raw[:cut], raw[:where] + what + raw[where:]):
        with contextlib.suppress(StackError):
            stack_of(cyclonedx.read(source(damaged, "bom.xml"), knowledge), knowledge)


def _counted(document: dict[str, Any]) -> tuple[int, int, int, int]:
    """Components, training steps, components with a declared and with a concluded licence, by a plain walk of the JSON."""
    listed, data, declared, concluded = 0, 0, 0, 0
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.get("type") in ("library", "machine-learning-model", "data", "platform", "application") and "name" in value and "contents" not in value and "uid" not in value:
                listed += 1
                marks = {(e.get("license") or e).get("acknowledgement", "declared") for e in value.get("licenses", ())}
                declared += "declared" in marks
                concluded += "concluded" in marks
            data += len(value.get("datasets", ()))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return listed + data, data, declared, concluded


@pytest.mark.skipif(not FILES, reason="LICGRAPH_CORPORA is not set: the official samples of CycloneDX are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_official_samples(path: Path, knowledge: Knowledge) -> None:
    document = json.loads(path.read_text("utf-8"))
    one = Source(path.name, path)
    assert reader_of(one) is cyclonedx
    found = cyclonedx.read(one, knowledge)
    listed, data, declared, concluded = _counted(document)
    assert len(found.parts) == listed
    assert len([s for s in found.steps.values() if s.relation == "trained-on"]) == len(found.steps) == data
    assert sum(any(s.where == "tag" for s in p.said) for p in found.parts.values()) == declared
    assert sum(bool(p.concluded) for p in found.parts.values()) == concluded
    runs = [r for f in document.get("formulation", ()) for w in f["workflows"] for t in (w, *w["tasks"], w["trigger"]) for r in (*t.get("inputs", ()), *t.get("outputs", ())) if "resource" in r]
    lone = listed - data == 1
    assert len(found.unread) == len(runs) + lone, [u.why for u in found.unread]


@pytest.mark.skipif(not FILES, reason="LICGRAPH_CORPORA is not set: the official samples of CycloneDX are not here")
def test_there_are_thirteen_samples() -> None:
    assert len(FILES) == 13
