"""SPDX 2.x in its five forms, as one tree with the keys of its JSON form: JSON, YAML, XML, tag-value and RDF/XML.

Sources: SPDX 2.3, chapters 6 to 12 (the tags) and its JSON schema (the keys). All forms but RDF are read here, so that
every value knows its line and one odd field does not lose the rest; RDF/XML goes through spdx-tools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from licgraph.inputs.loose import MAX_DEPTH, MAX_NODES, Node, read_json, read_yaml, refuse

RDF_BYTES = 2_000_000
_VALUE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\s*:[ \t]*(.*)", re.DOTALL)
_DOCUMENT = {"SPDXVersion": "spdxVersion", "DataLicense": "dataLicense", "DocumentName": "name", "DocumentNamespace": "documentNamespace", "DocumentComment": "comment"}
_IGNORED = {
    "Creator", "Created", "CreatorComment", "LicenseListVersion", "Reviewer", "ReviewDate", "ReviewComment", "ArtifactOfProjectName", "ArtifactOfProjectHomePage", "ArtifactOfProjectURI", "FileDependency",
    "FileChecksum", "PackageChecksum", "PackageVerificationCode", "PackageFileName", "PackageHomePage", "PackageSourceInfo", "PackageSummary", "PackageDescription", "FilesAnalyzed", "BuiltDate", "ReleaseDate",
    "ValidUntilDate", "ExternalRefComment", "FileNotice", "FileContributor", "FileAttributionText", "PackageAttributionText", "SnippetByteRange", "SnippetLineRange", "SnippetName", "SnippetAttributionText",
    "LicenseComment", "AnnotationDate", "AnnotationType", "Annotator", "SPDXREF", "FileCopyrightText", "PackageSupplier",
}  # fmt: skip
"""Tags that say nothing about terms or about what was made from what."""
_KEYS: dict[str, dict[str, str]] = {
    "packages": {
        "PackageName": "name", "SPDXID": "SPDXID", "PackageVersion": "versionInfo", "PackageDownloadLocation": "downloadLocation", "PackageLicenseDeclared": "licenseDeclared", "PackageLicenseConcluded": "licenseConcluded",
        "PackageLicenseComments": "licenseComments", "PackageCopyrightText": "copyrightText", "PackageComment": "comment", "PrimaryPackagePurpose": "primaryPackagePurpose", "PackageOriginator": "originator",
    },
    "files": {"FileName": "fileName", "SPDXID": "SPDXID", "LicenseConcluded": "licenseConcluded", "LicenseComments": "licenseComments", "FileComment": "comment", "FileCopyrightText": "copyrightText"},
    "snippets": {
        "SnippetSPDXID": "SPDXID", "SPDXID": "SPDXID", "SnippetFromFileSPDXID": "snippetFromFile", "SnippetLicenseConcluded": "licenseConcluded", "SnippetLicenseComments": "licenseComments", "SnippetComment": "comment", "SnippetCopyrightText": "copyrightText",
    },
    "hasExtractedLicensingInfos": {"LicenseID": "licenseId", "ExtractedText": "extractedText", "LicenseName": "name"},
}  # fmt: skip
_LISTS = {"PackageLicenseInfoFromFiles": "licenseInfoFromFiles", "LicenseInfoInFile": "licenseInfoInFiles", "SnippetLicenseInfo": "licenseInfoInSnippets", "SnippetLicenseInfoInSnippet": "licenseInfoInSnippets", "FileType": "fileTypes", "LicenseCrossReference": "seeAlsos"}
_OPENS = {"PackageName": "packages", "FileName": "files", "SnippetSPDXID": "snippets", "LicenseID": "hasExtractedLicensingInfos"}


def tree(text: str, shown: str, form: str) -> Node:
    """The document as a tree. Raises StackError."""
    if form == "json":
        return read_json(text, shown)
    if form == "yaml":
        documents = [d for d in read_yaml(text, shown) if d]
        return documents[0] if documents else Node(None, shown, 1)
    return {"xml": _xml, "rdf": _rdf, "tag-value": _tag_value}[form](text, shown)


def form_of(head: str) -> str:
    """Which form a text has, by how it begins."""
    start = head.lstrip("\ufeff \t\r\n")
    if start.startswith(("{", "[")):
        return "json"
    if start.startswith("<"):
        return "rdf" if re.search(r"<(?:\w+:)?RDF\b|22-rdf-syntax-ns", start[:4000]) else "xml"
    return "tag-value" if re.search(r"(?m)^[ \t]*SPDXVersion\s*:", head) else "yaml"


def _lines(text: str, shown: str) -> Iterator[tuple[str, str, int]]:
    """Tag, value and line; a value in `<text>` may go over many lines."""
    rows = text.splitlines()
    at = 0
    while at < len(rows):
        line, row = at + 1, rows[at].strip()
        at += 1
        if not row or row.startswith("#"):
            continue
        found = _VALUE.fullmatch(row)
        if found is None:
            raise refuse(shown, line, f"`{row[:60]}` is no `Tag: value`", "Correct the line, or put a text of several lines between <text> and </text>")
        tag, value = found.group(1), found.group(2)
        if "<text>" in value and "</text>" not in value:
            parts = [value]
            while at < len(rows) and "</text>" not in rows[at]:
                parts.append(rows[at])
                at += 1
            if at >= len(rows):
                raise refuse(shown, line, f"{tag} opens a <text> that is never closed", "Add </text>")
            parts.append(rows[at])
            at += 1
            value = "\n".join(parts)
        yield tag, re.sub(r"\s*<text>(.*)</text>.*", r"\1", value, count=1, flags=re.DOTALL).strip(), line


def _tag_value(text: str, shown: str) -> Node:
    top: dict[str, Any] = {key: [] for key in (*_KEYS, "relationships", "annotations", "externalDocumentRefs", "unknownTags")}
    now: dict[str, Any] | None = None
    section = package = ""
    for tag, value, line in _lines(text, shown):
        node = Node(value, shown, line)
        if tag in _OPENS:
            section = _OPENS[tag]
            now = {"": line}
            top[section].append(now)
        if now is not None and section and tag in _KEYS[section]:
            key = _KEYS[section][tag]
            now.setdefault(key, node)
            if section == "packages" and key == "SPDXID":
                package = value
            elif section == "files" and key == "SPDXID" and package:  # files that follow a package are its own
                top["relationships"].append({"": line, "spdxElementId": Node(package, shown, line), "relationshipType": Node("CONTAINS", shown, line), "relatedSpdxElement": node})
        elif now is not None and tag in _LISTS:
            now.setdefault(_LISTS[tag], []).append(node)
        elif tag == "ExternalRef" and now is not None:
            words = value.split(None, 2)
            now.setdefault("externalRefs", []).append({"": line, "referenceLocator": Node(words[-1] if words else "", shown, line)})
        elif tag == "Relationship":
            words = value.split()
            names = ("spdxElementId", "relationshipType", "relatedSpdxElement")
            top["relationships"].append({"": line, **{n: Node(w, shown, line) for n, w in zip(names, words, strict=False)}})
        elif tag == "RelationshipComment" and top["relationships"]:
            top["relationships"][-1]["comment"] = node
        elif tag == "AnnotationComment":
            top["annotations"].append({"": line, "comment": node})
        elif tag == "ExternalDocumentRef":
            words = value.split()
            top["externalDocumentRefs"].append({"": line, "externalDocumentId": Node(words[0] if words else "", shown, line), "spdxDocument": Node(words[1] if len(words) > 1 else "", shown, line)})
        elif tag in _DOCUMENT or (tag == "SPDXID" and now is None):
            top[_DOCUMENT.get(tag, tag)] = node
        elif tag not in _IGNORED:
            top["unknownTags"].append(Node(tag, shown, line))
    return _nodes(top, shown)


def _nodes(value: Any, shown: str, line: int = 1) -> Node:
    """Plain dicts and lists with nodes at the leaves as one tree; the key `""` holds the line of a dict."""
    if isinstance(value, Node):
        return value
    if isinstance(value, dict):
        line = value.get("", line)
        return Node({k: _nodes(v, shown, line) for k, v in value.items() if k}, shown, line)
    if isinstance(value, list):
        return Node(tuple(_nodes(v, shown, line) for v in value), shown, line)
    return Node(value if value is None or isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value), shown, 0)


def _xml(text: str, shown: str) -> Node:
    from xml.parsers import expat

    parser = expat.ParserCreate()
    opened: list[tuple[int, dict[str, list[Node]], list[str]]] = []
    roots: list[Node] = []
    count = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(opened) >= MAX_DEPTH or count > MAX_NODES:
            raise refuse(shown, parser.CurrentLineNumber, f"nested deeper than {MAX_DEPTH} levels, or more than {MAX_NODES} elements", "Split it")
        opened.append((parser.CurrentLineNumber, {}, []))

    def end(name: str) -> None:
        line, below, words = opened.pop()
        if below:
            node = Node({k: v[0] if len(v) == 1 else Node(tuple(v), shown, v[0].line) for k, v in below.items()}, shown, line)
        else:
            node = Node("".join(words).strip() or None, shown, line)
        if opened:
            opened[-1][1].setdefault(name.rpartition(":")[2], []).append(node)
        else:
            roots.append(node)

    def words(data: str) -> None:
        if opened:
            opened[-1][2].append(data)

    def doctype(*_: Any) -> None:
        raise refuse(shown, parser.CurrentLineNumber, "it has a DOCTYPE, which can make a small file large", "Remove the DOCTYPE")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = start, end, words, doctype
    try:
        parser.Parse(re.sub(r"\A\s*<\?xml[^>]*\?>", "", text), True)
    except expat.ExpatError as problem:
        raise refuse(shown, problem.lineno, f"not valid XML: {expat.errors.messages[problem.code]}", "Correct the syntax at or just before this line") from None
    return roots[0] if roots else Node(None, shown, 1)


def _rdf(text: str, shown: str) -> Node:
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise refuse(shown, 0, "it has a DOCTYPE, which can make a small file large", "Remove the DOCTYPE")
    if len(text) > RDF_BYTES:
        raise refuse(shown, 0, f"RDF larger than {RDF_BYTES // 1_000_000} MB", "Convert it to JSON with the SPDX tools")
    try:
        import logging

        from rdflib import Graph
        from spdx_tools.spdx.jsonschema.document_converter import DocumentConverter
        from spdx_tools.spdx.parser.rdf.rdf_parser import translate_graph_to_document
    except ImportError:
        raise refuse(shown, 0, "reading RDF needs spdx-tools: pip install spdx-tools", "Install it, or convert the file to JSON") from None
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # both libraries report to the root logger what is raised here
    try:
        graph = Graph()
        graph.parse(data=re.sub(r"\A\s*<\?xml[^>]*\?>", "", text), format="xml")
        converter: Any = DocumentConverter
        found = converter().convert(translate_graph_to_document(graph))
    except RecursionError:
        raise refuse(shown, 0, "nested deeper than can be read", "Flatten it") from None
    except SystemExit:  # how spdx-tools says that there is not exactly one SpdxDocument with an id
        raise refuse(shown, 0, "not readable as SPDX in RDF/XML: it has no SpdxDocument, several, or one whose address lacks #SPDXRef-DOCUMENT", "Correct it, or convert it to JSON with the SPDX tools") from None
    except Exception as problem:  # rdflib and spdx-tools raise whatever a wrong value runs into, and shorten nothing
        first = next((m for m in getattr(problem, "get_messages", list)() or [str(problem)] if m), "")
        raise refuse(shown, 0, f"not readable as SPDX in RDF/XML: {' '.join(str(first).split())[:200]}", "Correct it, or convert it to JSON with the SPDX tools") from None
    finally:
        logging.disable(before)
    return _nodes(found, shown, 0)
