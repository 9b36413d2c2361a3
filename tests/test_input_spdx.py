"""SPDX 2.x and 3.x as stacks: kinds, relations and their direction, licences, texts, what is missing, hostile files."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph.errors import StackError
from licgraph.expression import render
from licgraph.inputs import draft_of, readers, spdx2, spdx3
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.inputs.spdx_relations import SPDX2, SPDX3
from licgraph.knowledge import Knowledge

CORPORA = os.environ.get("LICGRAPH_CORPORA")
TEXTS = os.environ.get("LICGRAPH_TEXTS")
HAS_TOOLS = importlib.util.find_spec("spdx_tools") is not None


def package(name: str, **more: Any) -> dict[str, Any]:
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "downloadLocation": "NOASSERTION", **more}


def document(*packages: dict[str, Any], relations: list[tuple[str, str, str]] | None = None, **more: Any) -> dict[str, Any]:
    """A small SPDX 2.3 document; the ends of relations are names of packages."""
    end = {"DOC": "SPDXRef-DOCUMENT"}
    rows = [{"spdxElementId": end.get(a, a if a.startswith(("Doc", "SPDXRef", "NO")) else f"SPDXRef-{a}"), "relationshipType": t, "relatedSpdxElement": end.get(b, b if b.startswith(("Doc", "SPDXRef", "NO")) else f"SPDXRef-{b}")} for a, t, b in relations or ()]
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "doc", "documentNamespace": "https://example.org/d", "packages": list(packages), "relationships": rows, **more}


def read2(data: Any, knowledge: Knowledge, name: str = "sbom.spdx.json", result: str = "") -> Draft:
    raw = data if isinstance(data, bytes) else data.encode() if isinstance(data, str) else json.dumps(data).encode()
    return spdx2.read(Source(name, None, raw), knowledge, result)


def graph(*elements: dict[str, Any], context: str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld") -> dict[str, Any]:
    return {"@context": context, "@graph": [{"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z", "createdBy": ["urn:me"]}, *elements]}


def element(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "spdxId": f"urn:{name}", "creationInfo": "_:c", "name": name, **more}


def link(kind: str, left: str, *right: str, **more: Any) -> dict[str, Any]:
    found = {"type": more.pop("type", "Relationship"), "spdxId": f"urn:r-{kind}-{left}-{'-'.join(right)}", "creationInfo": "_:c", "relationshipType": kind, "from": left if ":" in left else f"urn:{left}", "to": [r if ":" in r or r.startswith("expanded") else f"urn:{r}" for r in right]}
    return {**found, **more}


def read3(data: Any, knowledge: Knowledge, result: str = "") -> Draft:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return spdx3.read(Source("bom.spdx3.json", None, raw), knowledge, result)


def steps(draft: Draft) -> set[tuple[str, str, str]]:
    return set(draft.steps)


def unread(draft: Draft) -> str:
    return "; ".join(f"{u.component}: {u.why}" for u in draft.unread)


# ---- SPDX 2


def test_packages_become_parts_with_their_licences_and_places(knowledge: Knowledge) -> None:
    draft = read2(
        document(
            package("app", licenseDeclared="MIT", primaryPackagePurpose="APPLICATION", versionInfo="1.2", copyrightText="Copyright A"), package("lib", licenseDeclared="GPL-2.0-only", licenseConcluded="GPL-2.0-or-later"), package("odd", licenseDeclared="NOASSERTION", licenseConcluded="NOASSERTION"),
            package("bare", licenseDeclared="NONE"), package("void", licenseDeclared="Apache-2.0", licenseConcluded="NONE"), relations=[("DOC", "DESCRIBES", "app"), ("app", "STATIC_LINK", "lib"), ("app", "CONTAINS", "bare")],
        ),
        knowledge,
    )  # fmt: skip
    app, lib, odd, bare, void = (draft.parts[n] for n in ("app", "lib", "odd", "bare", "void"))
    assert draft.release == "app"
    assert [p.ours for p in draft.parts.values()] == [True, False, False, False, False]
    assert (app.kind, app.revision, app.copyright) == ("code", "1.2", "Copyright A")
    assert [(s.where, s.written, str(s.evidence)) for s in lib.said] == [("tag", "GPL-2.0-only", "sbom.spdx.json#/packages/1/licenseDeclared")]
    assert lib.concluded == "GPL-2.0-or-later"
    assert (odd.said, odd.concluded, odd.looked) == ([], "", False)
    assert (bare.said, bare.looked) == ([], True)
    assert void.concluded == "NONE"
    assert steps(draft) == {("app", "links-static", "lib"), ("app", "contains", "bare")}
    assert str(draft.steps[("app", "links-static", "lib")].evidence) == "sbom.spdx.json#/relationships/1"
    licenses = {c.id: render(c.license) for c in stack_of(draft, knowledge).components.values() if c.license}
    assert licenses == {"lib": "GPL-2.0-or-later", "odd": "NOASSERTION", "bare": "NONE", "void": "NONE"}


HUB = {"externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:huggingface/acme/model@abc123"}]}
DATA = {"downloadLocation": "https://huggingface.co/datasets/acme/chats/tree/v2"}


def test_what_a_package_is_and_where_it_comes_from(knowledge: Knowledge) -> None:
    draft = read2(
        document(package("m", primaryPackagePurpose="APPLICATION", **HUB), package("d", **DATA), package("w.safetensors"), package("t.csv"), package("x"), package("n", externalRefs=[{"referenceLocator": "pkg:pypi/numpy@2.1"}], versionInfo="2.1"), package("g", downloadLocation="git+https://huggingface.co/acme/other.git@ff00"), relations=[("DOC", "DESCRIBES", "m")]),
        knowledge,
    )  # fmt: skip
    found = {p.id: (p.kind, p.source, p.revision) for p in draft.parts.values()}
    assert found == {
        "acme/model": ("weights", "hf:acme/model", "abc123"), "datasets/acme/chats": ("dataset", "hf:datasets/acme/chats", "v2"), "w.safetensors": ("weights", "", ""), "t.csv": ("dataset", "", ""), "x": ("code", "", ""),
        "n": ("code", "pkg:pypi/numpy@2.1", "2.1"), "acme/other": ("weights", "hf:acme/other", "ff00"),
    }  # fmt: skip
    said = next(n.why for n in draft.notices if n.id == "kind-not-stated")
    assert "x, n" in said
    assert "w.safetensors" not in said


# (word, relation of the first to the second, or of the second to the first), between programs
DIRECTIONS = [
    ("CONTAINS", "contains", True), ("CONTAINED_BY", "contains", False), ("PACKAGE_OF", "contains", False), ("FILE_ADDED", "contains", False), ("EXPANDED_FROM_ARCHIVE", "contains", False), ("OPTIONAL_COMPONENT_OF", "contains", False),
    ("DISTRIBUTION_ARTIFACT", "contains", True), ("DEPENDS_ON", "links-dynamic", True), ("DEPENDENCY_OF", "links-dynamic", False), ("RUNTIME_DEPENDENCY_OF", "links-dynamic", False), ("PROVIDED_DEPENDENCY_OF", "links-dynamic", False),
    ("OPTIONAL_DEPENDENCY_OF", "links-dynamic", False), ("HAS_PREREQUISITE", "links-dynamic", True), ("PREREQUISITE_FOR", "links-dynamic", False), ("BUILD_DEPENDENCY_OF", "built-with", False), ("DEV_DEPENDENCY_OF", "built-with", False),
    ("TEST_DEPENDENCY_OF", "built-with", False), ("BUILD_TOOL_OF", "built-with", False), ("DEV_TOOL_OF", "built-with", False), ("TEST_TOOL_OF", "built-with", False), ("STATIC_LINK", "links-static", True), ("DYNAMIC_LINK", "links-dynamic", True),
    ("DESCENDANT_OF", "derived-from", True), ("ANCESTOR_OF", "derived-from", False), ("VARIANT_OF", "derived-from", True), ("COPY_OF", "convert", True), ("GENERATED_FROM", "convert", True), ("GENERATES", "convert", False), ("DATA_FILE_OF", "contains", False),
    ("FILE_MODIFIED", "modifies", True), ("PATCH_FOR", "modifies", True), ("PATCH_APPLIED", "contains-modified", False), ("TEST_CASE_OF", "evaluated-on", False),
]  # fmt: skip
NOTHING = ["TEST_OF", "EXAMPLE_OF", "DOCUMENTATION_OF", "METAFILE_OF", "DEPENDENCY_MANIFEST_OF", "REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR", "FILE_DELETED"]


@pytest.mark.parametrize(("word", "relation", "forward"), DIRECTIONS, ids=[d[0] for d in DIRECTIONS])
def test_direction_of_each_word_between_programs(word: str, relation: str, forward: bool, knowledge: Knowledge) -> None:
    draft = read2(document(package("a", primaryPackagePurpose="LIBRARY"), package("b", primaryPackagePurpose="LIBRARY"), relations=[("a", word, "b")]), knowledge)
    if word == "TEST_CASE_OF":  # what tests is data
        assert draft.parts["a"].kind == "code"
    assert steps(draft) == {("a", relation, "b") if forward else ("b", relation, "a")}
    assert not draft.unread


@pytest.mark.parametrize("word", NOTHING)
def test_words_that_carry_nothing_are_counted(word: str, knowledge: Knowledge) -> None:
    draft = read2(document(package("a"), package("b"), relations=[("a", word, "b"), ("b", word, "a")]), knowledge)
    assert not draft.steps
    assert not draft.unread
    assert f"{word} (2)" in next(n.why for n in draft.notices if n.id == "relationship-carries-nothing")


def test_every_word_of_the_format_is_in_the_table() -> None:
    assert set(SPDX2) == {d[0] for d in DIRECTIONS} | set(NOTHING) | {"DESCRIBES", "DESCRIBED_BY", "AMENDS", "OTHER"}
    if HAS_TOOLS:
        from spdx_tools.spdx.model import RelationshipType

        assert set(SPDX2) == {r.name for r in RelationshipType}
    assert all(w.why for w in (*SPDX2.values(), *SPDX3.values()))


MODEL = {"downloadLocation": "https://huggingface.co/acme/m"}
BASE = {"downloadLocation": "https://huggingface.co/acme/base"}


@pytest.mark.parametrize(
    ("word", "left", "right", "relation"),
    [
        ("GENERATED_FROM", MODEL, DATA, ("acme/m", "trained-on", "datasets/acme/chats")), ("DATA_FILE_OF", DATA, MODEL, ("acme/m", "trained-on", "datasets/acme/chats")), ("DEPENDS_ON", MODEL, BASE, ("acme/m", "derived-from", "acme/base")),
        ("DEPENDS_ON", MODEL, DATA, ("acme/m", "trained-on", "datasets/acme/chats")), ("GENERATED_FROM", DATA, MODEL, ("datasets/acme/chats", "generated-by", "acme/m")), ("GENERATES", MODEL, DATA, ("datasets/acme/chats", "generated-by", "acme/m")),
        ("DEPENDS_ON", {}, MODEL, ("a", "contains", "acme/m")), ("DEPENDS_ON", MODEL, {}, ("acme/m", "runs-with", "b")), ("GENERATED_FROM", MODEL, {}, ("acme/m", "trained-with", "b")), ("DESCENDANT_OF", MODEL, BASE, ("acme/m", "derived-from", "acme/base")),
        ("TEST_CASE_OF", DATA, MODEL, ("acme/m", "evaluated-on", "datasets/acme/chats")),
    ],
)  # fmt: skip
def test_one_word_means_other_things_between_models_and_data(word: str, left: dict[str, Any], right: dict[str, Any], relation: tuple[str, str, str], knowledge: Knowledge) -> None:
    draft = read2(document(package("a", **left), package("b", **right), relations=[("a", word, "b")]), knowledge)
    assert steps(draft) == {relation}
    step = next(iter(draft.steps.values()))
    assert (step.confidence == 1) == (not step.inferred)


def test_unknown_words_other_and_gaps_are_said(knowledge: Knowledge) -> None:
    draft = read2(
        document(package("a"), package("b"), relations=[("a", "SINGS_WITH", "b"), ("a", "OTHER", "b"), ("a", "DEPENDS_ON", "NOASSERTION"), ("a", "CONTAINS", "NONE"), ("a", "CONTAINS", "SPDXRef-gone"), ("b", "CONTAINS", "b"), ("SPDXRef-DOCUMENT", "AMENDS", "DocumentRef-x"), ("SPDXRef-DOCUMENT", "DESCRIBES", "a")]),
        knowledge,
    )  # fmt: skip
    why = unread(draft)
    for part in ("a: the relationship SINGS_WITH is not known", "b: the relationship SINGS_WITH", "a: a relationship OTHER", "b: a relationship OTHER", "a: DEPENDS_ON: the document says that it does not know", "a: CONTAINS names SPDXRef-gone", "b: b is said to be made from itself", "amends DocumentRef-x"):
        assert part in why, part
    assert len(draft.unread) == 8
    assert not draft.steps


def test_files_and_snippets(knowledge: Knowledge) -> None:
    data = document(
        package("lib", licenseDeclared="MIT", licenseInfoFromFiles=["MIT", "GPL-2.0-only OR BSD-3-Clause", "NOASSERTION"], hasFiles=["SPDXRef-f2"]), package("done", licenseDeclared="MIT", licenseConcluded="MIT", licenseInfoFromFiles=["GPL-2.0-only"]),
        relations=[("DOC", "DESCRIBES", "app"), ("app", "CONTAINS", "own"), ("lib", "CONTAINS", "f1"), ("app", "STATIC_LINK", "lib")],
        files=[
            {"SPDXID": "SPDXRef-f1", "fileName": "./a/x.py", "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["Zlib"]}, {"SPDXID": "SPDXRef-f2", "fileName": "model.bin", "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"]},
            {"SPDXID": "SPDXRef-own", "fileName": "y.c", "licenseConcluded": "NOASSERTION"}, {"SPDXID": "SPDXRef-alone", "fileName": "z.c", "licenseInfoInFiles": ["NONE"]},
        ],
        snippets=[{"SPDXID": "SPDXRef-s", "snippetFromFile": "SPDXRef-f1", "licenseConcluded": "CC-BY-SA-4.0", "name": "loop"}, {"SPDXID": "SPDXRef-s2", "snippetFromFile": "SPDXRef-nofile"}],
    )  # fmt: skip
    data["packages"].insert(0, package("app"))
    draft = read2(data, knowledge)
    assert [(s.where, s.written) for s in draft.parts["lib"].said] == [("tag", "MIT"), ("licence-file", "MIT AND (GPL-2.0-only OR BSD-3-Clause)")]
    assert [(s.where, s.written) for s in draft.parts["done"].said] == [("tag", "MIT")]
    assert [(s.where, s.written) for s in draft.parts["a/x.py"].said] == [("licence-file", "Zlib")]
    inherits = draft.parts["model.bin"]
    assert inherits.kind == "weights"
    assert [s.written for s in inherits.said] == ["MIT", "MIT AND (GPL-2.0-only OR BSD-3-Clause)"]
    assert "that of lib" in inherits.inferred
    assert draft.parts["y.c"].ours
    assert not draft.parts["y.c"].said
    assert draft.parts["z.c"].looked
    assert draft.parts["loop"].concluded == "CC-BY-SA-4.0"
    assert steps(draft) == {("app", "contains", "y.c"), ("lib", "contains", "a/x.py"), ("app", "links-static", "lib"), ("lib", "contains", "model.bin"), ("a/x.py", "contains-modified", "loop")}
    assert "snippet of SPDXRef-nofile" in unread(draft)


def license_text(name: str) -> str:
    if not TEXTS:
        pytest.skip("LICGRAPH_TEXTS is not set: no licence texts to look at")
    return next(Path(TEXTS).glob(f"{name}.*")).read_text("utf-8")


def test_texts_decide_what_a_license_ref_is(knowledge: Knowledge) -> None:
    llama = license_text("LicenseRef-Llama-3.1-Community")
    infos = [
        {"licenseId": "LicenseRef-1", "extractedText": llama, "name": "something else"}, {"licenseId": "LicenseRef-2", "extractedText": llama + "\nYou may not use it on Sundays, nor may you permit others to use it then.", "name": "Llama 3.1 Community License"},
        {"licenseId": "LicenseRef-Llama-3.1-Community", "extractedText": "You owe us one tenth of all you earn with this model, to be paid on the first day of every month.", "name": "x"},
        {"licenseId": "LicenseRef-4", "extractedText": "llama3.1", "name": "NOASSERTION"}, {"licenseId": "LicenseRef-5", "name": "Apache License, Version 2.0"}, {"licenseId": "LicenseRef-6", "extractedText": "our own terms"},
    ]  # fmt: skip
    draft = read2(document(*(package(f"p{n}", licenseDeclared=ref) for n, ref in enumerate(["LicenseRef-1", "LicenseRef-2 AND MIT", "LicenseRef-Llama-3.1-Community", "LicenseRef-4", "LicenseRef-5 OR MIT", "LicenseRef-6", "LicenseRef-7"])), hasExtractedLicensingInfos=infos), knowledge)
    said = [draft.parts[f"p{n}"].said[0].written for n in range(7)]
    assert said == ["LicenseRef-Llama-3.1-Community", "LicenseRef-2 AND MIT", "LicenseRef-unread-Llama-3.1-Community", "LicenseRef-Llama-3.1-Community", "Apache-2.0 OR MIT", "LicenseRef-6", "LicenseRef-7"]
    notices = Counter(n.id for n in draft.notices)
    assert notices["license-text-identified"] == 1
    assert notices["license-text-differs"] == 1
    assert notices["license-text-unknown"] == 1
    assert notices["license-text-missing"] == 2
    stack = stack_of(draft, knowledge)
    states = {n: [knowledge.license(leaf).state for leaf in re.findall(r"[\w.-]+-[\w.-]+|MIT", render(stack.components[n].license))] for n in ("p1", "p2", "p5")}  # type: ignore[arg-type]
    assert states == {"p1": ["unknown", "known"], "p2": ["unknown"], "p5": ["unknown"]} or all("unknown" in s for s in states.values())


def test_a_document_as_github_wraps_it(knowledge: Knowledge) -> None:
    raw = json.dumps({"sbom": document(package("a", licenseDeclared="MIT"), documentDescribes=["SPDXRef-a"])}).encode()
    assert spdx2.sniff(Source("sbom.json", None, raw)) >= 90
    draft = read2(raw, knowledge)
    assert draft.release == "a"
    assert str(draft.parts["a"].said[0].evidence) == "sbom.spdx.json#/sbom/packages/0/licenseDeclared"


def test_an_ambiguous_name_stays_ambiguous(knowledge: Knowledge) -> None:
    draft = read2(document(package("a", licenseDeclared="LicenseRef-x"), hasExtractedLicensingInfos=[{"licenseId": "LicenseRef-x", "extractedText": "gpl-3.0"}]), knowledge)
    assert [s.written for s in draft.parts["a"].said] == ["gpl-3.0"]


def test_which_part_is_released(knowledge: Knowledge) -> None:
    two = read2(document(package("a"), package("b"), relations=[("DOC", "DESCRIBES", "a"), ("DOC", "DESCRIBES", "b"), ("a", "STATIC_LINK", "b")]), knowledge)
    assert two.release == "a"
    assert [p.ours for p in two.parts.values()] == [True, False]
    assert any(n.id == "several-described" for n in two.notices)
    apart = read2(document(package("a"), package("b"), relations=[("DOC", "DESCRIBES", "a"), ("DOC", "DESCRIBES", "b")]), knowledge)
    assert apart.release == ""
    assert not any(p.ours for p in apart.parts.values())
    assert any(n.id == "several-described" for n in apart.notices)
    by = read2(document(package("a"), package("b"), relations=[("b", "DESCRIBED_BY", "DOC")]), knowledge)
    assert by.release == "b"
    listed = read2(document(package("a"), package("b"), documentDescribes=["SPDXRef-b"]), knowledge, result="acme/thing")
    assert (listed.release, set(listed.parts)) == ("acme/thing", {"a", "acme/thing"})
    gone = read2(document(package("a"), documentDescribes=["SPDXRef-z"]), knowledge)
    assert "about SPDXRef-z" in unread(gone)
    nothing = read2(document(package("a"), package("b")), knowledge)
    assert nothing.release == ""
    assert any(n.id == "nothing-described" for n in nothing.notices)


def test_other_documents_are_parts_of_which_nothing_is_known(knowledge: Knowledge) -> None:
    draft = read2(document(package("a"), relations=[("a", "STATIC_LINK", "DocumentRef-zlib:SPDXRef-z")], externalDocumentRefs=[{"externalDocumentId": "DocumentRef-zlib", "spdxDocument": "https://example.org/zlib"}]), knowledge)
    assert steps(draft) == {("a", "links-static", "zlib/z")}
    assert "zlib/z: it is described in another document (https://example.org/zlib)" in unread(draft)
    assert render(stack_of(draft, knowledge).components["zlib/z"].license) == "NOASSERTION"  # type: ignore[arg-type]


def test_ids_that_stand_twice_and_names_that_clash(knowledge: Knowledge) -> None:
    data = document(package("a", licenseDeclared="MIT"), package("a", licenseDeclared="GPL-3.0-only"), {"name": "no id"}, {**package("b"), "name": "a"})
    draft = read2(data, knowledge)
    assert list(draft.parts) == ["a", "a-2", "no-id", "a-3"]
    assert "a-2: SPDXRef-a stands for two elements" in unread(draft)
    assert "no-id: an element without an SPDXID" in unread(draft)


TAG_VALUE = """\
SPDXVersion: SPDX-2.2
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: d
# a comment
PackageName: alpha
SPDXID: SPDXRef-A
PackageLicenseDeclared: LicenseRef-1
PackageLicenseConcluded: NOASSERTION
PackageComment: <text>two
lines: of text</text>
FileName: ./b.py
SPDXID: SPDXRef-B
LicenseInfoInFile: MIT
Novelty: 3
LicenseID: LicenseRef-1
ExtractedText: <text>apache-2.0</text>
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-A
"""


def test_tag_value(knowledge: Knowledge) -> None:
    draft = read2(TAG_VALUE, knowledge, "a.spdx")
    assert draft.release == "alpha"
    assert [(s.written, str(s.evidence)) for s in draft.parts["alpha"].said] == [("Apache-2.0", "a.spdx:8")]
    assert [(s.written, str(s.evidence)) for s in draft.parts["b.py"].said] == [("MIT", "a.spdx:14")]
    assert str(draft.steps[("alpha", "contains", "b.py")].evidence) == "a.spdx:13"
    assert any("Novelty" in n.why for n in draft.notices)
    with pytest.raises(StackError, match="never closed"):
        read2(TAG_VALUE.replace("</text>", "", 2), knowledge, "a.spdx")
    with pytest.raises(StackError, match="no `Tag: value`"):
        read2(TAG_VALUE + "\nwhat is this\n", knowledge, "a.spdx")


@pytest.mark.skipif(not HAS_TOOLS, reason="spdx-tools is not installed: four forms have no writer")
def test_five_forms_say_the_same(tmp_path: Path, knowledge: Knowledge) -> None:
    """One document, written in all five forms by spdx-tools, gives one draft."""
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.writer.write_anything import write_file

    data = document(
        package("app", licenseDeclared="MIT", licenseConcluded="NOASSERTION", copyrightText="NOASSERTION", filesAnalyzed=False, comment="many\nlines: <b>"), package("m", licenseDeclared="LicenseRef-1 AND MIT", licenseConcluded="NONE", filesAnalyzed=False, versionInfo="7", **HUB),
        relations=[("DOC", "DESCRIBES", "app"), ("app", "DEPENDS_ON", "m"), ("m", "DESCENDANT_OF", "NOASSERTION")], creationInfo={"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t-1"]},
        files=[{"SPDXID": "SPDXRef-f", "fileName": "./f.py", "checksums": [{"algorithm": "SHA1", "checksumValue": "0" * 40}], "licenseConcluded": "ISC", "licenseInfoInFiles": ["Zlib"], "fileTypes": ["SOURCE"]}],
        hasExtractedLicensingInfos=[{"licenseId": "LicenseRef-1", "extractedText": "llama3.1", "name": "x"}],
    )  # fmt: skip
    start = tmp_path / "a.spdx.json"
    start.write_text(json.dumps(data))
    parsed = parse_file(str(start))
    drafts = {}
    for ending in ("spdx.json", "spdx.yaml", "spdx.xml", "spdx.rdf.xml", "spdx"):
        path = tmp_path / f"b.{ending}"
        write_file(parsed, str(path), validate=False)
        draft = draft_of(str(path), knowledge)
        parts = {p.id: (p.kind, p.name, p.source, p.revision, sorted(" AND ".join(sorted(s.written.split(" AND "))) for s in p.said), p.concluded, p.ours, p.looked) for p in draft.parts.values()}
        drafts[ending] = (draft.release, parts, steps(draft), sorted(u.why for u in draft.unread))
    first = drafts["spdx.json"]
    assert first[0] == "app"
    assert set(first[1]) == {"app", "acme/model", "f.py"}
    assert first[2] == {("app", "contains", "acme/model")}
    assert len(first[3]) == 1
    for ending, found in drafts.items():
        assert found == first, ending


def test_wrong_documents_are_refused_aloud(knowledge: Knowledge) -> None:
    for bad, why in (
        (document(), "describes no package"), ({**document(package("a")), "spdxVersion": "SPDX-1.2"}, "no version 2"), ({"packages": [package("a")]}, "does not state its SPDX version"), (graph(element("ai_AIPackage", "m")), "this is SPDX 3"),
        ("{" + '"spdxVersion": "SPDX-2.3", ', "not valid JSON"), ("<Document><a></Document>", "not valid XML"), ('<!DOCTYPE x [<!ENTITY a "b">]><Document>&a;</Document>', "DOCTYPE"), ("SPDXVersion: SPDX-2.3\n", "describes no package"),
        ('<!DOCTYPE r><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "DOCTYPE"), ("[" * 100_000, "deeper"), ("", "does not state"),
    ):  # fmt: skip
        with pytest.raises(StackError) as caught:
            read2(bad, knowledge)
        assert why in str(caught.value), bad if isinstance(bad, str) else list(bad)
    with pytest.raises(StackError, match="this is SPDX 2"):
        read3(document(package("a")), knowledge)
    with pytest.raises(StackError, match="no AI package"):
        read3(graph(element("Person", "p")), knowledge)
    with pytest.raises(StackError, match="no JSON"):
        read3(b"hello", knowledge)


@pytest.mark.skipif(not HAS_TOOLS, reason="spdx-tools is not installed")
def test_unreadable_rdf_is_refused_in_a_few_words(knowledge: Knowledge) -> None:
    for body in ("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>", "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:spdx='http://spdx.org/rdf/terms#'><spdx:SpdxDocument rdf:about='x'/></rdf:RDF>"):
        with pytest.raises(StackError) as caught:
            read2(body, knowledge, "x.rdf")
        assert "not readable as SPDX in RDF/XML" in str(caught.value)
        assert len(str(caught.value)) < 500


def test_sniffing() -> None:
    def scores(name: str, raw: bytes) -> tuple[int, int]:
        return spdx2.sniff(Source(name, None, raw)), spdx3.sniff(Source(name, None, raw))

    two, three = json.dumps(document(package("a"))).encode(), json.dumps(graph(element("ai_AIPackage", "m"))).encode()
    assert scores("x.json", two)[0] >= 90 > scores("x.json", two)[1] == 0
    assert scores("x.json", three)[1] >= 90 > scores("x.json", three)[0] == 0
    assert scores("x.spdx", TAG_VALUE.encode())[0] >= 90
    assert scores("x.xml", b"<?xml version='1.0'?><Document><spdxVersion>SPDX-2.3</spdxVersion></Document>")[0] >= 90
    assert scores("x.yml", b"name: x\nspdxVersion: SPDX-2.3\n")[0] >= 90
    for name, raw in (
        ("bom.json", b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}'), ("README.md", b"---\nlicense: mit\n---\nSPDX-License-Identifier: MIT. See spdxVersion.\n"), ("croissant.json", b'{"@context": {"@vocab": "https://schema.org/"}, "@type": "sc:Dataset", "@graph": []}'),
        ("licgraph.yaml", b"licgraph: 1\ncomponents: {a: {kind: code}}\n"), ("a.py", b"# SPDX-License-Identifier: MIT\n"), ("config.json", b'{"architectures": ["X"]}'), ("x.html", b"<html>spdx.org/rdf/term</html>"),
    ):  # fmt: skip
        assert scores(name, raw) == (0, 0), name


def test_other_readers_leave_it_alone() -> None:
    for raw, form in ((json.dumps(document(package("a"))).encode(), "spdx-2"), (json.dumps(graph(element("ai_AIPackage", "m"))).encode(), "spdx-3"), (TAG_VALUE.encode(), "spdx-2")):
        source = Source("x.spdx.json", None, raw)
        best = max(readers(), key=lambda m: m.sniff(source))
        assert form == best.FORMAT


# ---- SPDX 3


def license_of(part: str, *expressions: str, kind: str = "hasDeclaredLicense") -> list[dict[str, Any]]:
    return [*({"type": "simplelicensing_LicenseExpression", "spdxId": f"urn:l-{part}-{kind}-{n}", "creationInfo": "_:c", "simplelicensing_licenseExpression": e} for n, e in enumerate(expressions)), link(kind, part, *(f"l-{part}-{kind}-{n}" for n in range(len(expressions))))]


def test_elements_become_parts(knowledge: Knowledge) -> None:
    draft = read3(
        graph(
            element("ai_AIPackage", "m", software_packageUrl="pkg:huggingface/acme/m@f00", software_copyrightText="Copyright B"), element("dataset_DatasetPackage", "d", software_downloadLocation="https://huggingface.co/datasets/acme/d"),
            element("software_Package", "lib", software_primaryPurpose="library", software_packageVersion="2"), element("software_File", "/net.py", software_primaryPurpose="model"), element("software_File", "w.bin", software_primaryPurpose="model"),
            element("software_File", "README", software_primaryPurpose="documentation"), element("software_File", "rows", contentType="text/csv"), element("SpdxDocument", "doc", rootElement=["urn:bom"]), element("software_Sbom", "bom", rootElement=["urn:m"]),
            element("Person", "p"), *license_of("m", "MIT"), *license_of("m", "Apache-2.0", kind="hasConcludedLicense"), *license_of("d", "CC-BY-4.0", "ODbL-1.0"),
        ),
        knowledge,
    )  # fmt: skip
    assert {p.id: (p.kind, p.source, p.revision) for p in draft.parts.values()} == {
        "acme/m": ("weights", "hf:acme/m", "f00"), "datasets/acme/d": ("dataset", "hf:datasets/acme/d", ""), "lib": ("code", "", "2"), "net.py": ("code", "", ""), "w.bin": ("weights", "", ""), "README": ("document", "", ""), "rows": ("dataset", "", ""),
    }  # fmt: skip
    assert draft.release == "acme/m"
    assert draft.parts["acme/m"].ours
    assert draft.parts["acme/m"].copyright == "Copyright B"
    assert draft.parts["acme/m"].concluded == "Apache-2.0"
    assert [(s.where, s.written) for s in draft.parts["acme/m"].said] == [("tag", "MIT")]
    assert str(draft.parts["acme/m"].said[0].evidence).startswith("bom.spdx3.json#/@graph/")
    assert [s.written for s in draft.parts["datasets/acme/d"].said] == ["CC-BY-4.0 AND ODbL-1.0"]
    assert not draft.unread


ELEMENTS = (element("ai_AIPackage", "m"), element("ai_AIPackage", "n"), element("dataset_DatasetPackage", "d"), element("software_Package", "p", software_primaryPurpose="library"), element("software_Package", "q", software_primaryPurpose="library"))


@pytest.mark.parametrize(
    ("word", "left", "right", "step"),
    [
        ("trainedOn", "m", "d", ("m", "trained-on", "d")), ("pretrainedOn", "m", "d", ("m", "trained-on", "d")), ("finetunedOn", "m", "d", ("m", "trained-on", "d")), ("finetunedOn", "m", "n", ("m", "finetune", "n")), ("testedOn", "m", "d", ("m", "evaluated-on", "d")),
        ("evaluatedOn", "m", "d", ("m", "evaluated-on", "d")), ("validatedOn", "m", "d", ("m", "evaluated-on", "d")), ("descendantOf", "m", "n", ("m", "derived-from", "n")), ("ancestorOf", "m", "n", ("n", "derived-from", "m")), ("hasVariant", "m", "n", ("n", "derived-from", "m")),
        ("generates", "m", "d", ("d", "generated-by", "m")), ("generates", "p", "q", ("q", "convert", "p")), ("dependsOn", "m", "n", ("m", "derived-from", "n")), ("dependsOn", "p", "q", ("p", "links-dynamic", "q")), ("dependsOn", "p", "m", ("p", "contains", "m")),
        ("contains", "p", "q", ("p", "contains", "q")), ("copiedTo", "p", "q", ("q", "convert", "p")), ("expandsTo", "p", "q", ("p", "contains", "q")), ("packagedBy", "p", "q", ("q", "contains", "p")), ("hasDistributionArtifact", "p", "q", ("q", "contains", "p")),
        ("hasStaticLink", "p", "q", ("p", "links-static", "q")), ("hasDynamicLink", "p", "q", ("p", "links-dynamic", "q")), ("hasDataFile", "p", "m", ("p", "contains", "m")), ("hasDataFile", "m", "d", ("m", "trained-on", "d")), ("usesTool", "m", "p", ("m", "built-with", "p")),
        ("patchedBy", "p", "q", ("q", "modifies", "p")), ("modifiedBy", "p", "q", ("p", "contains-modified", "q")), ("hasAddedFile", "p", "q", ("p", "contains", "q")), ("hasPrerequisite", "p", "q", ("p", "links-dynamic", "q")), ("hasOptionalComponent", "p", "q", ("p", "contains", "q")),
    ],
)  # fmt: skip
def test_direction_of_each_word_of_3(word: str, left: str, right: str, step: tuple[str, str, str], knowledge: Knowledge) -> None:
    draft = read3(graph(*ELEMENTS, link(word, left, right)), knowledge)
    assert steps(draft) == {step}
    assert not draft.unread


def test_words_of_the_model_are_all_in_the_table() -> None:
    model = pytest.importorskip("spdx_python_model", reason="spdx-python-model is not installed")
    words = set(model.v3_0_1.RelationshipType.NAMED_INDIVIDUALS)
    assert words - set(SPDX3) == {"hasInput", "hasOutput", "hasDeclaredLicense", "hasConcludedLicense"}
    assert set(SPDX3) - words >= {"finetunedOn", "pretrainedOn", "evaluatedOn"}


def test_scopes_builds_and_words_about_others(knowledge: Knowledge) -> None:
    draft = read3(
        graph(
            *ELEMENTS, element("build_Build", "b"), element("Person", "who"), link("dependsOn", "p", "q", type="LifecycleScopedRelationship", scope="build"), link("hasInput", "b", "d", "p"), link("hasOutput", "b", "m"), link("invokedBy", "b", "who"), link("hasDocumentation", "p", "q"),
            link("usesTool", "n", "who"),
        ),
        knowledge,
    )  # fmt: skip
    assert steps(draft) == {("p", "built-with", "q"), ("m", "trained-on", "d"), ("m", "trained-with", "p")}
    assert not draft.unread
    why = " ".join(n.why for n in draft.notices)
    assert all(word in why for word in ("invokedBy (1)", "hasDocumentation (1)", "usesTool (1)"))


def test_gaps_in_3_are_said(knowledge: Knowledge) -> None:
    draft = read3(
        graph(
            *ELEMENTS, element("ai_Oracle", "o"), link("swallows", "m", "n"), link("trainedOn", "m", "gone"), link("contains", "p", "https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement"), link("contains", "q", "https://spdx.org/rdf/3.0.1/terms/Core/NoneElement"), link("other", "p", "q"),
            link("dependsOn", "n", "p", completeness="incomplete"), {**link("contains", "q"), "to": []}, element("dataset_DatasetPackage", "d", comment="another"), element("build_Build", "b"), link("hasOutput", "b", "n"), link("hasDeclaredLicense", "p", "nothing"), link("hasDeclaredLicense", "nobody", "https://spdx.org/licenses/MIT"),
        ),
        knowledge,
    )  # fmt: skip
    why = unread(draft)
    for part in (
        "kind ai_Oracle", "m: the relationship swallows", "n: the relationship swallows", "m: trainedOn names urn:gone", "p: contains: the document says that it does not know", "p: a relationship other", "n: the document says that dependsOn is not complete", "q: a relationship without", "urn:d stands for two",
        "n: a build whose inputs", "p: a declared licence that cannot be read", "a licence of urn:nobody",
    ):  # fmt: skip
        assert part in why, part


def test_the_licensing_profiles(knowledge: Knowledge) -> None:
    listed = "https://spdx.org/licenses/"
    own = {"type": "simplelicensing_SimpleLicensingText", "spdxId": "urn:own", "creationInfo": "_:c", "simplelicensing_licenseText": "llama3.1"}
    other = {"type": "expandedlicensing_CustomLicense", "spdxId": "urn:x/custom-7", "creationInfo": "_:c", "name": "House rules", "simplelicensing_licenseText": "You may look at this on working days and must send us a postcard whenever you do so."}
    both = {"type": "expandedlicensing_ConjunctiveLicenseSet", "spdxId": "urn:both", "creationInfo": "_:c", "expandedlicensing_member": [f"{listed}MIT", "urn:either"]}
    either = {"type": "expandedlicensing_DisjunctiveLicenseSet", "spdxId": "urn:either", "creationInfo": "_:c", "expandedlicensing_member": [f"{listed}Zlib", "urn:own"]}
    later = {"type": "expandedlicensing_OrLaterOperator", "spdxId": "urn:later", "creationInfo": "_:c", "expandedlicensing_subjectLicense": f"{listed}GPL-2.0-only"}
    with_ = {"type": "expandedlicensing_WithAdditionOperator", "spdxId": "urn:with", "creationInfo": "_:c", "expandedlicensing_subjectExtendableLicense": "urn:later", "expandedlicensing_subjectAddition": f"{listed}Classpath-exception-2.0"}
    mapped = {"type": "simplelicensing_LicenseExpression", "spdxId": "urn:mapped", "creationInfo": "_:c", "simplelicensing_licenseExpression": "LicenseRef-a AND LicenseRef-ab", "simplelicensing_customIdToUri": [{"type": "DictionaryEntry", "key": "LicenseRef-a", "value": "urn:own"}, {"type": "DictionaryEntry", "key": "LicenseRef-ab", "value": "urn:x/custom-7"}]}
    loop = {"type": "expandedlicensing_ConjunctiveLicenseSet", "spdxId": "urn:loop", "creationInfo": "_:c", "expandedlicensing_member": ["urn:loop", "urn:loop"]}
    names = ["urn:both", "urn:with", "urn:mapped", "urn:x/custom-7", "expandedlicensing_NoneLicense", "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense", "urn:loop", f"{listed}MIT"]
    draft = read3(graph(own, other, both, either, later, with_, mapped, loop, *(element("software_Package", f"p{n}") for n in range(8)), *(link("hasDeclaredLicense", f"p{n}", name) for n, name in enumerate(names))), knowledge)
    said = [[s.written for s in draft.parts[f"p{n}"].said] for n in range(8)]
    house = said[3][0]
    assert house.startswith("LicenseRef-")
    assert not knowledge.resolve(house).ids
    assert said == [["MIT AND (Zlib OR LicenseRef-Llama-3.1-Community)"], ["GPL-2.0-or-later WITH Classpath-exception-2.0"], [f"LicenseRef-Llama-3.1-Community AND {house}"], [house], [], [], [], ["MIT"]]
    assert draft.parts["p4"].looked
    assert not draft.parts["p5"].looked
    assert "p6: a declared licence that cannot be read" in unread(draft)


def test_full_addresses_and_a_single_element(knowledge: Knowledge) -> None:
    terms = "https://spdx.org/rdf/3.0.1/terms/"
    draft = read3(graph({"@type": f"{terms}AI/AIPackage", "@id": "urn:m", "name": "m"}, {"@type": f"{terms}Dataset/DatasetPackage", "@id": "urn:d", "name": "d"}, {"@type": f"{terms}Core/Relationship", "@id": "urn:r", "relationshipType": f"{terms}Core/RelationshipType/trainedOn", "from": "urn:m", "to": "urn:d"}), knowledge)
    assert steps(draft) == {("m", "trained-on", "d")}
    alone = read3({"@context": "https://spdx.org/rdf/3.1/spdx-context.jsonld", **element("ai_AIPackage", "m")}, knowledge, result="acme/m")
    assert list(alone.parts) == ["m"]


def test_files_take_the_terms_of_what_holds_them(knowledge: Knowledge) -> None:
    draft = read3(graph(element("software_Package", "p"), element("software_File", "dir"), element("software_File", "f.py"), element("software_File", "free.py"), link("contains", "p", "dir"), link("contains", "dir", "f.py"), *license_of("p", "MPL-2.0")), knowledge)
    assert [s.written for s in draft.parts["f.py"].said] == ["MPL-2.0"]
    assert "that of p" in draft.parts["f.py"].inferred
    assert not draft.parts["free.py"].said
    inner = read3(graph(element("software_Package", "p"), element("software_Package", "q"), link("contains", "p", "q"), *license_of("p", "MPL-2.0")), knowledge)
    assert not inner.parts["q"].said  # a package is no file: what holds it does not speak for it
    assert render(stack_of(inner, knowledge).components["q"].license) == "NOASSERTION"  # type: ignore[arg-type]


# ---- hostile




WHOLE2 = document(
    package("a", licenseDeclared="LicenseRef-1", comment='licgraph: {"id": "q", "labels": [{"where": "tag", "says": "MIT"}]}', hasFiles=["SPDXRef-f"], **HUB), package("b", licenseConcluded="MIT"), relations=[("DOC", "DESCRIBES", "a"), ("a", "DESCENDANT_OF", "b"), ("a", "CONTAINS", "f")],
    files=[{"SPDXID": "SPDXRef-f", "fileName": "f", "fileTypes": ["SOURCE"]}], snippets=[{"SPDXID": "SPDXRef-s", "snippetFromFile": "SPDXRef-f"}], hasExtractedLicensingInfos=[{"licenseId": "LicenseRef-1", "extractedText": "mit", "seeAlsos": ["https://x"], "crossRefs": [{"url": "u"}]}],
    annotations=[{"comment": 'licgraph: {"unread": "x", "source": "y", "component": "a"}'}], externalDocumentRefs=[{"externalDocumentId": "DocumentRef-x", "spdxDocument": "u"}],
)  # fmt: skip
WHOLE3 = graph(
    *ELEMENTS, element("SpdxDocument", "doc", rootElement=["urn:m"], **{"import": [{"type": "ExternalMap", "externalSpdxId": "urn:far"}]}), link("trainedOn", "m", "d"), link("contains", "p", "far"), *license_of("m", "MIT"), element("build_Build", "b"), link("hasInput", "b", "d"), link("hasOutput", "b", "m"),
    {"type": "expandedlicensing_ConjunctiveLicenseSet", "spdxId": "urn:set", "expandedlicensing_member": ["https://spdx.org/licenses/MIT", "urn:set2"]}, {"type": "expandedlicensing_OrLaterOperator", "spdxId": "urn:set2", "expandedlicensing_subjectLicense": "urn:set"}, link("hasConcludedLicense", "d", "set"),
    {"type": "Annotation", "spdxId": "urn:n", "statement": 'licgraph: {"unread": "x"}', "subject": "urn:m", "annotationType": "other"}, {"type": "software_Snippet", "spdxId": "urn:s", "software_snippetFromFile": "urn:p"},
)  # fmt: skip


@pytest.mark.parametrize(("read", "whole"), [(read2, WHOLE2), (read3, WHOLE3)], ids=["2", "3"])
def test_mutated_input_never_crashes(read: Callable[..., Draft], whole: dict[str, Any], knowledge: Knowledge) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        mutated = data.draw(_mutate(whole))
        with contextlib.suppress(StackError):
            stack_of(read(mutated, knowledge), knowledge)

    check()


def _mutate(whole: dict[str, Any]) -> st.SearchStrategy[Any]:
    junk = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2))

    @st.composite
    def mutated(draw: st.DrawFn) -> Any:
        found = json.loads(json.dumps(whole))
        for _ in range(draw(st.integers(1, 4))):
            node: Any = found
            while isinstance(node, dict | list) and node:
                key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
                if not isinstance(node[key], dict | list) or not node[key] or draw(st.booleans()):
                    if draw(st.booleans()):
                        node[key] = draw(junk)
                    else:
                        del node[key]
                    break
                node = node[key]
        return found

    return mutated()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([TAG_VALUE, json.dumps(WHOLE2), "<Document><spdxVersion>SPDX-2.3</spdxVersion><packages><name>a</name><SPDXID>SPDXRef-a</SPDXID></packages></Document>", "spdxVersion: SPDX-2.3\npackages:\n  - {name: a, SPDXID: SPDXRef-a}\n"]), st.integers(0, 400), st.integers(0, 30), st.text(max_size=5))
def test_cut_and_spoilt_texts_never_crash(knowledge: Knowledge, text: str, at: int, gone: int, put: str) -> None:
    at = min(at, len(text))
    with contextlib.suppress(StackError):
        read2(text[:at] + put + text[at + gone :], knowledge, "x")


def _many(count: int) -> list[tuple[str, bytes, Callable[[bytes, Knowledge], Draft]]]:
    files = [{"SPDXID": f"SPDXRef-f{n}", "fileName": "same"} for n in range(count)]
    chain = [(f"SPDXRef-f{n}", "CONTAINS", f"SPDXRef-f{n + 1}") for n in range(count - 1)]
    made = [(f"SPDXRef-f{n}", "GENERATED_FROM", f"SPDXRef-f{(n * 7 + 1) % count}") for n in range(count)]
    gone = [(f"SPDXRef-f{n}", "DEPENDS_ON", f"SPDXRef-gone{n}") for n in range(count)]
    refs = [package(f"p{n}", licenseDeclared=f"LicenseRef-{n}") for n in range(count)]
    infos = [{"licenseId": f"LicenseRef-{n}", "extractedText": f"You may use number {n} of these things only when it rains in the town you were born in."} for n in range(count)]
    sets = [{"type": "expandedlicensing_ConjunctiveLicenseSet", "spdxId": f"urn:s{n}", "expandedlicensing_member": [f"urn:s{n + 1}", f"urn:s{n + 1}"]} for n in range(35)] + [{"type": "simplelicensing_LicenseExpression", "spdxId": "urn:s35", "simplelicensing_licenseExpression": "MIT"}]
    texts = [{"type": "simplelicensing_SimpleLicensingText", "spdxId": f"urn:{n}/same", "simplelicensing_licenseText": "mit"} for n in range(count)]

    def whole(**more: Any) -> bytes:
        return json.dumps(document(**more)).encode()

    return [
        ("a chain of files", whole(files=files, relations=chain), read2), ("made from each other", whole(files=files, relations=made), read2), ("dangling", whole(files=files, relations=gone), read2), ("texts", json.dumps(document(*refs, hasExtractedLicensingInfos=infos)).encode(), read2), ("refs", json.dumps(document(*refs)).encode(), read2),
        ("sets of sets", json.dumps(graph(element("ai_AIPackage", "m"), *sets, link("hasDeclaredLicense", "m", "s0"))).encode(), read3), ("texts of one name", json.dumps(graph(*(element("ai_AIPackage", f"m{n}") for n in range(count)), *texts, *(link("hasDeclaredLicense", f"m{n}", f"{n}/same") for n in range(count)))).encode(), read3),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(7), ids=["chain", "made", "dangling", "texts", "refs", "sets", "names"])
def test_large_files_are_read_to_the_end(number: int, knowledge: Knowledge) -> None:
    _, raw, read = _many(8_000)[number]
    draft = read(raw, knowledge)
    assert len(draft.unread) <= 3_000


def test_deep_and_odd_json(knowledge: Knowledge) -> None:
    for raw in (b'{"spdxVersion": "SPDX-2.3", "packages": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", b'{"spdxVersion": "SPDX-2.3", "packages": ' + b"9" * 10_000 + b"}", b"\xff\xfe\x00", b'{"spdxVersion": ["SPDX-2.3"]}', b"\x00" * 100):
        with pytest.raises(StackError):
            read2(raw, knowledge)
    for raw in (b'{"@graph": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", b'{"@graph": 7}', b"[]", b'{"@graph": [[["x"]]]}'):
        with pytest.raises(StackError):
            read3(raw, knowledge)


# ---- the corpus, counted by other means

PARTS3 = {"ai_AIPackage", "dataset_DatasetPackage", "software_Package", "software_File", "software_Snippet"}
STEPS3 = {"contains", "dependsOn", "trainedOn", "testedOn", "hasDataFile", "generates"}


@pytest.mark.skipif(not CORPORA, reason="LICGRAPH_CORPORA is not set: the SPDX examples are not counted")
@pytest.mark.parametrize("name", ["example01.spdx3.json", "sbom.spdx3.json", "simplehtr-example.json"])
def test_corpus_counts(name: str, knowledge: Knowledge) -> None:
    """Plain json: every artefact is a part, every pair of a carrying relationship a step, every licence a statement."""
    path = Path(CORPORA or "") / "spdx_examples" / name
    elements = json.loads(path.read_text("utf-8"))["@graph"]
    artefacts = {e["spdxId"] for e in elements if e["type"] in PARTS3}
    rows = [e for e in elements if "relationshipType" in e]
    pairs = {(e["relationshipType"], e["from"], t) for e in rows for t in e["to"] if e["relationshipType"] in STEPS3}
    declared = {(e["from"], t) for e in rows for t in e["to"] if e["relationshipType"] == "hasDeclaredLicense"}
    concluded = {e["from"] for e in rows if e["relationshipType"] == "hasConcludedLicense"}
    text = {e["spdxId"]: e.get("simplelicensing_licenseExpression") for e in elements if "spdxId" in e}
    rest = Counter(e["relationshipType"] for e in rows for _ in e["to"] if e["relationshipType"] not in STEPS3 | {"hasDeclaredLicense", "hasConcludedLicense"})

    draft = draft_of(str(path), knowledge)
    assert len(draft.parts) == len(artefacts)
    assert len(draft.steps) == len(pairs)
    own = [p for p in draft.parts.values() if not p.inferred]
    assert sum(len(p.said) for p in own) == len(declared)
    assert sum(bool(p.concluded) for p in own) == len(concluded)
    assert Counter(s.written for p in own for s in p.said if not s.written.startswith("LicenseRef")) == Counter(text[t] for _, t in declared if text[t])
    assert sum(s.written.startswith("LicenseRef") for p in own for s in p.said) == sum(text[t] is None for _, t in declared)
    said = " ".join(n.why for n in draft.notices)
    for word, count in rest.items():
        assert word == "describes" or f"{word} ({count})" in said
    assert not draft.unread
    root = next(e["rootElement"][0] for e in elements if e["type"] == "software_Sbom")
    assert draft.parts[draft.release].name == re.sub(r"^/", "", next(e["name"] for e in elements if e.get("spdxId") == root))
