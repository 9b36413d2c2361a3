"""SPDX 2.x documents: packages, files and snippets with their licences, and how they relate.

Source: SPDX 2.2 and 2.3. SPDX 2 has no word for models and data: what a package is, is read off its purpose, its
place (`pkg:huggingface/…`, huggingface.co) and its name; what is left is taken as code, and said to be.
"""

from __future__ import annotations

import re

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.loose import Node, Source, refuse
from licgraph.inputs.spdx_forms import form_of, tree
from licgraph.inputs.spdx_parts import Element, Reading, kind_by_name, notes
from licgraph.inputs.spdx_relations import SPDX2
from licgraph.inputs.spdx_texts import Licenses, Text
from licgraph.knowledge import Knowledge

FORMAT = "spdx-2"
TITLE = "SPDX 2.2 or 2.3 (JSON, YAML, XML, tag-value, RDF/XML)"
_MARK = re.compile(rb"""(?m)["']spdxVersion["']\s*:\s*["']SPDX-|^spdxVersion\s*:\s*["']?SPDX-|^[ \t]*SPDXVersion\s*:\s*SPDX-|<(?:\w+:)?(?:spdxVersion|specVersion)>\s*SPDX-""")
_LATE = re.compile(rb"""["']SPDXID["']\s*:\s*["']SPDXRef-|^SPDXID\s*:\s*["']?SPDXRef-|\A\s*<(?s:.{0,4000})spdx\.org/rdf/terms#""", re.MULTILINE)
_PURPOSE = {"APPLICATION": "code", "FRAMEWORK": "code", "LIBRARY": "code", "CONTAINER": "code", "OPERATING-SYSTEM": "code", "OPERATING_SYSTEM": "code", "DEVICE": "code", "FIRMWARE": "code", "SOURCE": "code", "INSTALL": "code"}
_FILE_TYPES = {"SOURCE": "code", "BINARY": "code", "APPLICATION": "code", "AUDIO": "dataset", "IMAGE": "dataset", "VIDEO": "dataset", "DOCUMENTATION": "document", "SPDX": "document"}
_LISTS = ("packages", "files", "snippets", "relationships", "hasExtractedLicensingInfos", "annotations", "externalDocumentRefs")


def sniff(source: Source) -> int:
    """The version line of SPDX 2, or ids that only SPDX 2 has."""
    head = source.head
    if b"spdx.org/rdf/3" in head or re.search(rb"(?m)^[ \t]*[\"']?(?:licgraph|bomFormat)[\"']?\s*:", head):
        return 0
    return 95 if _MARK.search(head) else 70 if _LATE.search(head) else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The stack that a document describes. Raises StackError when it cannot be read, or describes nothing."""
    text = source.text()
    if re.search(r"spdx\.org/rdf/3\.", text[:20_000]):
        raise refuse(source.shown, 0, "this is SPDX 3, which has another shape than SPDX 2", "Name it to licgraph as it is: the reader for SPDX 3 takes it by its @context")
    top = tree(text, source.shown, form_of(text[:65_536]))
    if top.get("sbom", "spdxVersion"):  # how GitHub's interface hands documents out
        top = top.get("sbom")
    version = top.get("spdxVersion").text
    if not re.match(r"SPDX-2\.\d", version):
        raise refuse(source.shown, top.get("spdxVersion").line, f"`{version[:40]}` is no version 2 of SPDX" if version else "it does not state its SPDX version", "SPDX 2.x says spdxVersion: SPDX-2.3; SPDX 3 is a JSON-LD document with an @context")
    found = Reading(Draft(), knowledge)
    _shapes(found, top)
    licenses = Licenses(found.draft, knowledge, _texts(top))
    _elements(found, licenses, top, result)
    if not found.parts:
        raise refuse(source.shown, 0, "the document describes no package, no file and no snippet", "Name an inventory that lists what the release is made of")
    _external(found, top)
    described = _relationships(found, top)
    for node in _each(top, "snippets"):
        file = node.get("snippetFromFile").text
        if file:
            _inside(found, file, node)
    found.publish(described, result, top.get("documentDescribes").place if top.get("documentDescribes") else top.place)
    found.finish()
    _annotations(found, top)
    return found.draft


def _each(top: Node, key: str) -> list[Node]:
    return [n for n in top.get(key).listed() if n.is_map]


def _shapes(found: Reading, top: Node) -> None:
    """Lists that are none, and entries that have no keys, are said."""
    for key in _LISTS:
        wrong = [n for n in top.get(key).listed() if not n.is_map]
        if wrong:
            found.miss(wrong[0].place, f"{len(wrong)} entries of {key} have no keys, so they were not read")


def _texts(top: Node) -> dict[str, Text]:
    texts: dict[str, Text] = {}
    for node in _each(top, "hasExtractedLicensingInfos"):
        ref = node.get("licenseId").text
        names = (node.get("name").text, *(t for t, _ in node.get("seeAlsos").texts()), *(c.get("url").text for c in node.get("crossRefs").listed()))
        if ref:
            texts.setdefault(ref, Text(ref, node.get("extractedText").text, tuple(n for n in names if n and n != "NOASSERTION"), node.place))
    return texts


def _elements(found: Reading, licenses: Licenses, top: Node, result: str) -> None:
    described = {t for t, _ in top.get("documentDescribes").texts()} | {n.get("relatedSpdxElement").text for n in _each(top, "relationships") if n.get("relationshipType").text == "DESCRIBES"}
    described |= {n.get("spdxElementId").text for n in _each(top, "relationships") if n.get("relationshipType").text == "DESCRIBED_BY"}
    data = {n.get("spdxElementId").text for n in _each(top, "relationships") if n.get("relationshipType").text in ("DATA_FILE_OF", "TEST_CASE_OF")}
    for key in ("packages", "files", "snippets"):
        for number, node in enumerate(_each(top, key)):
            spdx_id = node.get("SPDXID").text
            twice = spdx_id in found.parts
            name = node.get("name").text if key == "packages" else node.get("fileName").text or node.get("name").text
            kind = _kind(node, name, key, spdx_id in data)
            locations = (*(r.get("referenceLocator").text for r in node.get("externalRefs").listed() if r.is_map), node.get("downloadLocation").text)
            element = Element(
                spdx_id if spdx_id and not twice else f"{key}/{number}", re.sub(r"^\./", "", name) or spdx_id.removeprefix("SPDXRef-"), kind, node.place, tuple(loc for loc in locations if loc and loc not in ("NONE", "NOASSERTION")), node.get("versionInfo").text,
                "" if node.get("copyrightText").text in ("NONE", "NOASSERTION") else node.get("copyrightText").text, node.get("originator").text, f"{node.get('comment').text}\n{node.get('licenseComments').text}", key != "packages",
            )  # fmt: skip
            part = found.add(element, result if result and spdx_id in described and len(described) == 1 and not twice else "")
            if twice or not spdx_id:
                found.miss(node.place, f"{spdx_id} stands for two elements, so what is said of it may be about either" if spdx_id else "an element without an SPDXID, so nothing can be said of it elsewhere", part.id)
            _licenses(licenses, part, node, key)
    for tag, node in top.get("unknownTags").texts() if found.parts else ():
        found.draft.notice("unknown-tag", next(iter(found.draft.parts)), f"{node.place}: the tag {tag[:40]} is not known")


def _kind(node: Node, name: str, key: str, data: bool) -> str:
    """What an element is; empty if nothing tells."""
    types = [_FILE_TYPES[t] for t, _ in node.get("fileTypes").texts() if t in _FILE_TYPES]
    by_name = kind_by_name(name)
    if key != "packages":
        return (by_name if by_name in ("weights", "document") else "") or (types[0] if types else "") or by_name or ("dataset" if data else "")
    return _PURPOSE.get(node.get("primaryPackagePurpose").text, "") or ("dataset" if data else "") or (by_name if by_name != "document" else "")


def _licenses(licenses: Licenses, part: Part, node: Node, key: str) -> None:
    licenses.declare(part, node.get("licenseDeclared"))
    licenses.conclude(part, node.get("licenseConcluded"))
    listed = {"packages": "licenseInfoFromFiles", "files": "licenseInfoInFiles", "snippets": "licenseInfoInSnippets"}[key]
    inside = [(t, n) for t, n in node.get(listed).texts() if t not in ("NONE", "NOASSERTION")]
    if inside and not part.concluded:  # a conclusion has weighed them
        many = len(dict.fromkeys(t for t, _ in inside)) > 1
        joined = " AND ".join(f"({t})" if many and re.search(r"\s(?:OR|AND)\s", t) else t for t in dict.fromkeys(t for t, _ in inside))
        licenses.declare(part, inside[0][1], "licence-file", joined)
    elif not inside and key != "packages" and any(t == "NONE" for t, _ in node.get(listed).texts()) and not part.said:
        part.looked = True


def _external(found: Reading, top: Node) -> None:
    """Elements of other documents: parts of whose terms this document says nothing."""
    known = {n.get("externalDocumentId").text: n.get("spdxDocument").text for n in _each(top, "externalDocumentRefs")}
    for node in _each(top, "relationships"):
        if node.get("relationshipType").text in ("AMENDS", "DESCRIBES", "DESCRIBED_BY"):
            continue
        for end in ("spdxElementId", "relatedSpdxElement"):
            name = node.get(end).text
            document, _, element = name.partition(":")
            if name in found.parts or not name.startswith("DocumentRef-") or not element:
                continue
            part = found.add(Element(name, f"{document.removeprefix('DocumentRef-')}/{element.removeprefix('SPDXRef-')}", "", node.get(end).place))
            part.inferred = f"it is described in another document ({known.get(document) or document}), which was not read"
            found.miss(node.get(end).place, part.inferred, part.id)


def _relationships(found: Reading, top: Node) -> list[str]:
    """The steps; returned is what the document is about."""
    described = [t for t, _ in top.get("documentDescribes").texts()]
    for node in _each(top, "packages"):
        for file, place in node.get("hasFiles").texts():
            found.relate("CONTAINS", SPDX2["CONTAINS"], node.get("SPDXID").text, file, place.place)
    for node in _each(top, "relationships"):
        name = node.get("relationshipType").text.upper().replace("-", "_")
        left, right = node.get("spdxElementId").text, node.get("relatedSpdxElement").text
        word = SPDX2.get(name)
        if not name or not left or not right:
            found.miss(node.place, "a relationship without its type or one of its ends", found.parts.get(left, found.parts.get(right, "")))
        elif word is not None and word.meaning == "describe":
            about = right if word.forward else left
            described += [about] if about not in (*described, "NONE", "NOASSERTION") else []
        elif word is not None and word.meaning == "amend":
            found.miss(node.place, f"the document amends {right[:80]}, which was not read")
        else:
            found.relate(name, word, left, right, node.place, node.get("comment").text)
    return described


def _inside(found: Reading, file: str, node: Node) -> None:
    """A snippet is some lines of a file, and so inside it."""
    snippet = found.parts.get(node.get("SPDXID").text, "")
    holder = found.parts.get(file, "")
    if snippet and holder:
        found.step(holder, "contains-modified", snippet, node.get("snippetFromFile").place, "a snippet is some lines of the file's own text", confidence=0.9)
    else:
        found.miss(node.place, f"a snippet of {file[:80]}, which the document does not describe", snippet)


def _annotations(found: Reading, top: Node) -> None:
    """What our own exporters noted as not read stays so."""
    for node in (top, *_each(top, "packages"), *_each(top, "files"), *_each(top, "snippets")):
        for entry in node.get("annotations").listed():
            noted = notes(entry.get("comment").text) if entry.is_map else {}
            if isinstance(noted.get("unread"), str):
                about = noted.get("component")
                source = noted.get("source")
                found.miss(source if isinstance(source, str) else str(entry.place), noted["unread"], about if isinstance(about, str) and about in found.draft.parts else "")


