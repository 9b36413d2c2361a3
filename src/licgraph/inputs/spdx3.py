"""SPDX 3 documents (JSON-LD): AI packages, data sets, software, their licences, and how they relate.

Source: the SPDX 3.0.1 model (profiles Core, Software, AI, Dataset, SimpleLicensing, ExpandedLicensing, Build) and the
words that 3.1-RC1 adds. The graph is walked as it lies in `@graph`; names may be short (`ai_AIPackage`) or addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Node, Source, read_json, refuse
from licgraph.inputs.spdx_licenses3 import Expressions
from licgraph.inputs.spdx_parts import Element, Reading, kind_by_name, notes
from licgraph.inputs.spdx_relations import BUILD_INPUT, BUILD_OUTPUT, LICENSES, SPDX3, Word
from licgraph.inputs.spdx_texts import Licenses
from licgraph.knowledge import Knowledge

FORMAT = "spdx-3"
TITLE = "SPDX 3 (JSON-LD)"
_CONTEXT = re.compile(rb"""["']?https?://spdx\.(?:org|github\.io)/[^"'\s]*3\.\d[^"'\s]*context""")
_PARTS = ("ai_AIPackage", "ai_AIAgent", "dataset_DatasetPackage", "software_Package", "software_File", "software_Snippet")
_COLLECTIONS = ("SpdxDocument", "software_Sbom", "Bom", "Bundle")
_BESIDE = re.compile(r"^(?:(?:simplelicensing|expandedlicensing|security|extension|hardware|operations|supplychain|service|functionalsafety)_\w+|Person|Organization|Agent|SoftwareAgent|Tool|CreationInfo|Annotation|\w*Relationship|ExternalMap|NamespaceMap|Hash|ExternalIdentifier|ExternalRef|IndividualElement|build_Build|DictionaryEntry|PositiveIntegerRange|ContentIdentifier|PackageVerificationCode)$")
_PURPOSE = {
    "model": "weights", "data": "dataset", "documentation": "document", "evidence": "document", "manifest": "document", "requirement": "document", "specification": "document", "bom": "document", "test": "code",
    **dict.fromkeys(("application", "configuration", "container", "device", "deviceDriver", "executable", "firmware", "framework", "install", "library", "module", "operatingSystem", "patch", "platform", "source", "diskImage", "filesystemImage"), "code"),
}  # fmt: skip


def sniff(source: Source) -> int:
    """The context of SPDX 3, or its ids in a graph."""
    head = source.head
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return 0
    if _CONTEXT.search(head) or b"spdx.org/rdf/3." in head:
        return 96
    return 75 if b'"spdxId"' in head and b'"creationInfo"' in head and b'"SPDXID"' not in head else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The stack that a document describes. Raises StackError when it cannot be read, or describes nothing."""
    text = source.text()
    if re.search(r"""["']?spdxVersion["']?\s*:\s*["']?SPDX-2""", text[:65_536], re.IGNORECASE):
        raise refuse(source.shown, 0, "this is SPDX 2, which has another shape than SPDX 3", "Name it to licgraph as it is: the reader for SPDX 2 takes it by its spdxVersion")
    if not text.lstrip().startswith(("{", "[")):
        raise refuse(source.shown, 1, "SPDX 3 is read as JSON-LD, and this is no JSON", "Convert it to JSON-LD")
    top = read_json(text, source.shown)
    found = Reading(Draft(), knowledge)
    elements = _graph(found, top)
    expressions = Expressions(elements, Licenses(found.draft, knowledge))
    _parts(found, elements, result)
    if not found.parts:
        raise refuse(source.shown, 0, "the document describes no AI package, no data set and no software", "Name an inventory that lists what the release is made of")
    described = _roots(elements)
    relations = [n for n in elements.values() if "relationshipType" in (n.value or {})]
    relations.sort(key=lambda n: short(n.get("relationshipType").text) not in LICENSES)
    licensed(found, relations, expressions)
    described += _relate(found, elements, relations)
    _builds(found, elements, relations)
    for node in elements.values():
        if kind_of(node) == "software_Snippet" and node.get("software_snippetFromFile"):
            _inside(found, node)
    found.publish(list(dict.fromkeys(described)), result, top.place)
    found.finish()
    _annotations(found, elements)
    return found.draft


def short(name: str) -> str:
    """A class or word without its address: `https://…/AI/AIPackage` is `ai_AIPackage`, `…/Core/…/trainedOn` is `trainedOn`."""
    if "://" not in name:
        return name.removeprefix("spdx:").removeprefix("core_")
    parts = name.rstrip("/").rsplit("/", 2)
    profile = parts[-2].casefold() if len(parts) > 2 else ""
    return f"{profile}_{parts[-1]}" if profile in ("ai", "dataset", "software", "build", "security", "simplelicensing", "expandedlicensing", "extension") and parts[-1][:1].isupper() else parts[-1]


def kind_of(node: Node) -> str:
    """The class of an element."""
    names = [t for t, _ in (node.get("type") or node.get("@type")).texts()]
    return short(names[0]) if names else ""


def id_of(node: Node) -> str:
    """The id of an element."""
    return node.get("spdxId").text or node.get("@id").text


def _graph(found: Reading, top: Node) -> dict[str, Node]:
    """Every element by its id, those that stand inside others too; a second one of an id is said."""
    begin = top.get("@graph") if top.is_map and top.get("@graph") else top
    elements: dict[str, Node] = {}
    for entry in begin.listed():
        if not entry.is_map:
            found.miss(entry.place, "an entry of the graph that has no keys, so it was not read")
            continue
        for node in entry.walk():
            if not (node.is_map and (node.get("type") or node.get("@type"))):
                continue
            name = id_of(node) or node.pointer
            if name in elements and "relationshipType" in node.value:  # what either says is said
                elements[f"{name} {node.pointer}"] = node
            elif name in elements and len(node.value) > 2 and _plain_value(node) != _plain_value(elements[name]):
                found.miss(node.place, f"{name[-100:]} stands for two elements, of which the first was read")
            else:
                elements.setdefault(name, node)
    return elements


def _plain_value(node: Node) -> object:
    """A value without its places, to compare two."""
    if isinstance(node.value, dict):
        return {k: _plain_value(v) for k, v in node.value.items()}
    return [_plain_value(v) for v in node.value] if isinstance(node.value, tuple) else node.value


def _parts(found: Reading, elements: dict[str, Node], result: str) -> None:
    roots = [r for r in _roots(elements) if r in elements and kind_of(elements[r]) in _PARTS]
    for name, node in elements.items():
        kind = kind_of(node)
        if kind in _PARTS:
            locations = (node.get("software_packageUrl").text, *(i.get("identifier").text for i in node.get("externalIdentifier").listed() if short(i.get("externalIdentifierType").text) == "packageUrl"), node.get("software_downloadLocation").text, node.get("software_homePage").text)
            authors = ", ".join(dict.fromkeys(elements[t].get("name").text for t, _ in node.get("originatedBy").texts() if t in elements))
            element = Element(
                name, _name(node, name), _kind(node, kind), node.place, tuple(t for t in locations if t and t not in ("NONE", "NOASSERTION")), node.get("software_packageVersion").text,
                "" if node.get("software_copyrightText").text in ("NONE", "NOASSERTION") else node.get("software_copyrightText").text, authors, node.get("comment").text, kind in ("software_File", "software_Snippet"),
            )  # fmt: skip
            found.add(element, result if result and roots == [name] else "")
            if not id_of(node):
                found.miss(node.place, "an element without an id, so nothing can be said of it elsewhere", found.parts[name])
        elif id_of(node) and kind not in _COLLECTIONS and not _BESIDE.match(kind):
            found.miss(node.place, f"an element of the kind {kind[:60]}, which is not known")
    for node in elements.values():
        if kind_of(node) != "SpdxDocument":
            continue
        for entry in node.get("import").listed():
            name = entry.get("externalSpdxId").text
            if name and name not in found.parts and any(t == name for n in elements.values() if "relationshipType" in (n.value or {}) for key in ("from", "to") for t, _ in n.get(key).texts()):
                part = found.add(Element(name, name.rpartition("/")[2] or name, "", entry.place))
                part.inferred = "it is described in another document, which was not read"
                found.miss(entry.place, part.inferred, part.id)


def _name(node: Node, name: str) -> str:
    written = node.get("name").text
    return re.sub(r"^\.?/+", "", written) or re.sub(r"^.*[/#]", "", name) or "part"


def _kind(node: Node, kind: str) -> str:
    """weights, dataset, code or document; empty if nothing tells."""
    if kind in ("ai_AIPackage", "ai_AIAgent"):
        return "service" if kind == "ai_AIAgent" else "weights"
    if kind == "dataset_DatasetPackage":
        return "dataset"
    name = node.get("name").text
    by_name = kind_by_name(name) if kind != "software_Package" else ""
    purpose = short(node.get("software_primaryPurpose").text)
    found = _PURPOSE.get(purpose, "")
    if purpose == "model" and by_name == "code":  # the source of a model's architecture
        return "code"
    if not found:
        found = by_name or next((_PURPOSE[p] for t, _ in node.get("software_additionalPurpose").texts() if (p := short(t)) in _PURPOSE), "")
    content = node.get("contentType").text
    return found or ("dataset" if content.startswith(("image/", "audio/", "video/", "text/csv")) else "")


def _roots(elements: dict[str, Node]) -> list[str]:
    """What the document, or the inventory that is its root, is about."""
    below = {t for n in elements.values() if kind_of(n) in _COLLECTIONS for t, _ in n.get("rootElement").texts()}
    waiting = [i for i, n in elements.items() if kind_of(n) in _COLLECTIONS and (kind_of(n) == "SpdxDocument" or i not in below)]
    if any(kind_of(elements[i]) == "SpdxDocument" for i in waiting):
        waiting = [i for i in waiting if kind_of(elements[i]) == "SpdxDocument"]
    found: list[str] = []
    seen = set(waiting)
    while waiting:
        for text, _ in elements[waiting.pop(0)].get("rootElement").texts():
            if text in elements and kind_of(elements[text]) in _COLLECTIONS:
                if text not in seen:
                    seen.add(text)
                    waiting.append(text)
            elif text not in found:
                found.append(text)
    return found


def _ends(node: Node) -> Iterable[tuple[str, str]]:
    """Each pair of a relationship's ends."""
    for left, _ in node.get("from").texts():
        for right, _ in node.get("to").texts():
            yield left, right


def licensed(found: Reading, relations: Iterable[Node], expressions: Expressions) -> None:
    """The licence relationships, each with all it names as applying together."""
    for node in relations:
        what = LICENSES.get(short(node.get("relationshipType").text))
        if what is None:
            continue
        for holder, _ in node.get("from").texts():
            part_id = found.parts.get(holder)
            if part_id is None:
                if holder not in expressions.elements:
                    found.miss(node.place, f"a licence of {holder[-100:]}, which the document does not describe")
                continue
            expressions.state(found.draft.parts[part_id], what, node)


def _relate(found: Reading, elements: dict[str, Node], relations: Iterable[Node]) -> list[str]:
    described: list[str] = []
    for node in relations:
        name = short(node.get("relationshipType").text)
        kind = kind_of(node)
        if name in LICENSES or name in (BUILD_INPUT, BUILD_OUTPUT):
            continue
        if kind.startswith("security_"):
            found.nothing[name] += 1
            continue
        pairs = list(_ends(node))
        if not name or not pairs:
            left = node.get("from").text
            found.miss(node.place, "a relationship without its type or one of its ends", found.parts.get(left, ""))
            continue
        if short(node.get("completeness").text) == "incomplete":
            found.miss(node.place, f"the document says that {name} is not complete there", found.parts.get(pairs[0][0], ""))
        for left, right in pairs:
            word = SPDX3.get(name)
            if word is not None and word.meaning == "describe":
                described += [right] if kind_of(elements.get(left, node)) in _COLLECTIONS else []
            elif word is not None and word.meaning == "amend":
                found.miss(node.place, f"{name}: {word.why}", found.parts.get(left, ""))
            elif word is not None and not _about_parts(elements, left, right):
                found.nothing[name] += 1
            else:
                found.relate(name, word, _plain(left), _plain(right), node.place, node.get("comment").text, short(node.get("scope").text))
    return described


def _plain(name: str) -> str:
    return short(name) if name.endswith(("/NoneElement", "/NoAssertionElement")) else name


def _about_parts(elements: dict[str, Node], left: str, right: str) -> bool:
    """Whether both ends could be parts: persons, tools and builds that the document describes as such are none."""
    return all(kind_of(elements[e]) in _PARTS for e in (left, right) if e in elements)


def _builds(found: Reading, elements: dict[str, Node], relations: Iterable[Node]) -> None:
    """A build joins what went in to what came out."""
    inputs: dict[str, list[tuple[str, Node]]] = {}
    outputs: dict[str, list[str]] = {}
    for node in relations:
        name = short(node.get("relationshipType").text)
        for build, other in _ends(node) if name in (BUILD_INPUT, BUILD_OUTPUT) else ():
            inputs.setdefault(build, []).append((other, node)) if name == BUILD_INPUT else outputs.setdefault(build, []).append(other)
    for build in sorted({*inputs, *outputs}):
        if not inputs.get(build) or not outputs.get(build):
            place = str(elements[build].place if build in elements else inputs[build][0][1].place if build in inputs else build)
            for made in outputs.get(build, ()):
                found.miss(place, "a build whose inputs are not stated made it", found.parts.get(made, ""))
            continue
        for made in outputs[build]:
            for origin, node in inputs[build]:
                if not _about_parts(elements, made, origin):
                    found.nothing[BUILD_INPUT] += 1
                    continue
                found.relate(BUILD_INPUT, Word("make", True, "what went into the build"), made, origin, node.place)


def _inside(found: Reading, node: Node) -> None:
    """A snippet is some lines of a file, and so inside it."""
    snippet, holder = found.parts.get(id_of(node) or node.pointer, ""), found.parts.get(node.get("software_snippetFromFile").text, "")
    if snippet and holder:
        found.step(holder, "contains-modified", snippet, node.get("software_snippetFromFile").place, "a snippet is some lines of the file's own text", confidence=0.9)
    else:
        found.miss(node.place, "a snippet of a file that the document does not describe", snippet)


def _annotations(found: Reading, elements: dict[str, Node]) -> None:
    """What our own exporters noted as not read stays so."""
    for node in elements.values():
        noted = notes(node.get("statement").text) if kind_of(node) == "Annotation" else {}
        if isinstance(noted.get("unread"), str):
            about, source = noted.get("component"), noted.get("source")
            found.miss(source if isinstance(source, str) else str(node.place), noted["unread"], about if isinstance(about, str) and about in found.draft.parts else "")


