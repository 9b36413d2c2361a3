"""Croissant descriptions of data sets (JSON-LD): licence, terms of use, and what the data was derived from.

Source: the Croissant format specification 1.0 and 1.1, its RAI vocabulary, schema.org's Dataset and PROV-O, whose words it
borrows. Keys are read as they stand, with any prefix (`prov:`, `sc:`, a full address); no JSON-LD processor runs, so a
context that renames them is not followed. Persons and organisations that took part are no components.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node, Source, read_json, refuse
from licgraph.inputs.naming import ID, NO_STATEMENT, free, named, slug
from licgraph.knowledge import Knowledge
from licgraph.names import guess

FORMAT = "croissant"
TITLE = "Croissant data set (JSON-LD)"
_DATASET = re.compile(rb'"@type"\s*:\s*(?:\[[^\]]{0,200})?"(?:[a-z]+:|https?://schema\.org/)?Dataset"')
_BASED = ("isBasedOn", "isBasedOnUrl", "wasDerivedFrom", "hadPrimarySource", "wasQuotedFrom", "wasRevisionOf")
_AGENTS = ("wasAssociatedWith", "isAssociatedWith", "wasAttributedTo")
_SIFTING = re.compile(r"(?i)\b(?:filter|remov|redact|de-?dup|moderat|exclud|discard|drop)")
_UNREAD_BELOW = ("data", "examples")
"""Keys of a record set that hold records of the data itself."""
Index = Mapping[str, Node]


def sniff(source: Source) -> int:
    """A schema.org Dataset in Croissant's vocabulary; one without it is read too, if nobody else wants it."""
    if source.given is None and not source.name.endswith((".json", ".jsonld")):
        return 0
    head = source.head
    if not _DATASET.search(head) or b"w3id.org/ro/crate" in head:
        return 0
    return 95 if b"mlcommons.org/" in head else 40 if b"schema.org" in head else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The data set (or sets) that a file describes. Raises StackError."""
    root = read_json(source.text(), source.shown)
    tops = [n for top in (*root.listed(), *root.get("@graph").listed()) for n in (top,) if "dataset" in _types(n)]
    if not tops:
        raise refuse(source.shown, 0, "it describes no data set (no @type Dataset at its top)", "Name a Croissant file")
    index = {n.get("@id").text: n for n in root.walk() if n.is_map and n.get("@id").text and len(n.value) > 1}
    found = Draft()
    for node in tops:
        part = _dataset(found, node, source, knowledge, result if len(tops) == 1 else "")
        _licenses(found, part, node, index, knowledge)
        _terms(found, part, node, knowledge)
        _provenance(found, part, node, index, knowledge)
        _files(found, part, node, index, knowledge)
    found.release = next(iter(found.parts)) if len(tops) == 1 else ""
    return found


def _local(key: str) -> str:
    """A key without its prefix or its vocabulary's address."""
    return re.split(r"[/#]", key)[-1] if key.startswith(("http://", "https://")) else key.rpartition(":")[2]


def _all(node: Node, *names: str) -> Iterator[Node]:
    """The values under these names, whatever their prefix, one by one."""
    for key, value in node.items():
        if _local(key) in names:
            for entry in value.listed():
                inner = [v for k, v in entry.items() if k in ("@list", "@set")]
                yield from (e for v in inner for e in v.listed()) if inner else (entry,)


def _word(node: Node, *names: str) -> str:
    """The first text under these names (in this order), or the node's own."""
    if node.text:
        return node.text
    for name in names:
        for value in _all(node, name):
            text = value.text or value.get("@value").text
            if text:
                return text
    return ""


def _types(node: Node) -> set[str]:
    return {_local(t).casefold() for t, _ in node.get("@type").texts() + node.get("type").texts()}


def _whole(node: Node, index: Index) -> Node:
    """The entity that a node is, or only points to."""
    name = node.text or (node.get("@id").text if node.is_map and len(node.value) == 1 else "")
    return index.get(name, node)


def _dataset(found: Draft, node: Node, source: Source, knowledge: Knowledge, result: str) -> Part:
    """The data set itself: by its Hub repository if its address is one, else by its name."""
    name, address = _word(Node(node.value if node.is_map else None), "name"), ""
    at = None
    for value in (*_all(node, "url"), *_all(node, "sameAs")):
        text = value.text or value.get("@id").text
        where = reference(text, knowledge, dataset=True) if "://" in text else None
        address = address or text
        if where is not None and where.kind == "hub" and "/datasets/" in text and ID.fullmatch(where.id):
            at = at or where
    part_id = result or free(at.id if at else slug(name or source.name.rsplit(".", 1)[0]), found.parts)
    part = found.part(part_id, "dataset", name=name[:100], source=at.source if at else address if not result else "", ours=True, looked=True, evidence=node.place)
    part.author = ", ".join(dict.fromkeys(_word(c, "name")[:80] for c in _all(node, "creator", "author") if _word(c, "name")))
    part.copyright = _word(Node(node.value), "copyrightNotice")[:200]
    if _word(Node(node.value), "sdLicense"):
        found.notice("metadata-license", part.id, f"{node.place}: sdLicense is the licence of the description, not of the data; it was not taken for it")
    return part


def _licenses(found: Draft, part: Part, node: Node, index: Index, knowledge: Knowledge) -> None:
    """`license`: a word, an address, an object, or several of them, which then are taken as all applying."""
    words = []
    unnamed: list[Node] = []
    for entry in _all(node, "license", "licence"):
        whole = _whole(entry, index)
        texts = [t for t in ([whole.text] if whole.text else [_word(whole, n) for n in ("url", "identifier", "name", "@id", "@value")]) if t]
        if not texts and entry:
            found.miss(str(entry.place), "a licence without a name or an address", part.id)
            continue
        texts = [t for t in texts if t.casefold() not in NO_STATEMENT and t.rstrip("/").rpartition("/")[2].casefold() not in ("undefined", "none")]
        stated = [t for t in texts if guess(t, knowledge).kind != "none stated"]
        if stated:
            read = [t for t in stated if guess(t, knowledge).kind != "unresolved"]
            words.append((next(iter(read or stated)), entry))
            for other in read[1:]:
                if guess(other, knowledge).ids != guess(read[0], knowledge).ids:
                    part.say("card", other, entry.place)
        elif texts:
            part.unnamed = part.unnamed or f"{entry.place} states `{texts[0][:60]}` and names no licence"
            unnamed.append(entry)
    if words:
        for entry in unnamed:
            found.miss(str(entry.place), "one of several licences is not named", part.id)
        part.say("tag", ", ".join(dict.fromkeys(_plain(w, knowledge) if len(words) > 1 else w for w, _ in words)), words[0][1].place)


def _plain(word: str, knowledge: Knowledge) -> str:
    """A licence's address as its id, so that it can stand in a list."""
    if "://" not in word:
        return word
    ids = guess(word, knowledge).ids
    return ids[0] if len(ids) == 1 else word.rstrip("/").rpartition("/")[2] if ids else word


def _terms(found: Draft, part: Part, node: Node, knowledge: Knowledge) -> None:
    """`usageInfo` and access conditions: terms besides the licence."""
    for entry in _all(node, "usageInfo"):
        text = _word(entry, "url", "@id")
        if text and guess(text, knowledge).ids and guess(text, knowledge).kind != "none stated":
            part.additional.append((text, entry.place))
        elif entry:
            what = _word(entry, "name", "termCode", "url", "@id")
            found.miss(str(entry.place), f"usageInfo sets terms of use besides the licence{f' ({what[:80]})' if what else ''}, which no rule reads", part.id)
    for entry in _all(node, "conditionsOfAccess"):
        found.notice("gate-terms", part.id, f"{entry.place}: access has conditions of its own; they were not read")
    if any(re.search(r"(?i)synthetic|machine", v.text) for v in _all(node, "dataCollectionType")):
        found.notice("machine-generated-data", part.id, f"{node.place}: the data is said to be synthetic; which model made it is not in a form that is read")


def _files(found: Draft, part: Part, node: Node, index: Index, knowledge: Knowledge) -> None:
    """Files with a licence of their own become parts; provenance and terms of files, record sets and fields are the data set's."""
    waiting = [e for key in ("distribution", "recordSet") for e in _all(node, key)]
    while waiting:
        entry = waiting.pop()
        if not entry.is_map:
            waiting += entry.listed() if entry.is_list else ()
            continue
        _provenance(found, part, entry, index, knowledge)
        _terms(found, part, entry, knowledge)
        if any(_all(entry, "license", "licence")):
            name = _word(Node(entry.value), "@id", "name") or "file"
            below = found.part(free(f"{part.id[:100]}/{slug(name)}", found.parts), "dataset", name=name[:100], evidence=entry.place)
            _licenses(found, below, entry, index, knowledge)
            if below.said or below.unnamed:
                found.step(part.id, "contains", below.id, entry.place)
            else:
                del found.parts[below.id]
        waiting += [v for k, v in entry.items() if _local(k) not in (*_UNREAD_BELOW, *_BASED, *_AGENTS, "wasGeneratedBy", "license", "licence", "usageInfo")]


def _provenance(found: Draft, part: Part, node: Node, index: Index, knowledge: Knowledge) -> None:
    """What the data was derived from, and the software that took part in making it."""
    for entry in _all(node, *_BASED):
        _base(found, part, entry, index, knowledge, "derived-from")
    for entry in _all(node, "hasPart"):
        _base(found, part, entry, index, knowledge, "contains")
    for entry in _all(node, "wasGeneratedBy"):
        activity = _whole(entry, index)
        if not activity.is_map:
            found.notice("activity-not-described", part.id, f"{entry.place}: {activity.text[:80]} made the data, and nothing says what that is")
            continue
        for used in _all(activity, "used", "usage"):
            _base(found, part, used, index, knowledge, "derived-from")
        does = " ".join(_word(Node(activity.value), n) for n in ("description", "label", "name"))
        for agent in _all(activity, *_AGENTS):
            _agent(found, part, agent, index, does)
    for agent in _all(node, *_AGENTS):
        _agent(found, part, agent, index, "")
    for tool in _all(node, "machineAnnotationTools"):
        name = _word(tool, "name", "@id")
        if name:
            made = found.part(f"agents/{slug(name)}", "service", name=name[:100], evidence=tool.place)
            found.step(part.id, "labelled-by", made.id, tool.place)


def _base(found: Draft, part: Part, entry: Node, index: Index, knowledge: Knowledge, relation: str) -> None:
    """One source of the data: where it is, else what it is called."""
    whole = _whole(entry, index)
    written = _word(whole, "locatedAt", "atLocation", "url", "contentUrl", "sameAs")
    if not written and whole.is_map:
        own = whole.get("@id").text
        written = own if "://" in own else _word(whole, "name", "label") or own
    kind = "document" if any(re.search(r"article|book|paper|thesis", t) for t in _types(whole)) else "code" if any("software" in t for t in _types(whole)) else "dataset"
    base = named(found, written, kind, entry.place, knowledge, dataset=kind == "dataset") if written else None
    if base is None:
        found.miss(str(entry.place), "it names something that the data was made from, without a name or an address", part.id)
        return
    if whole.is_map:
        base.name = _word(Node(whole.value), "name", "label")[:100] or base.name
        if base.id != part.id:
            _licenses(found, base, whole, index, knowledge)
    found.step(part.id, relation, base.id, entry.place)


def _agent(found: Draft, part: Part, entry: Node, index: Index, does: str) -> None:
    """Somebody or something that took part: software is a component, a person or an organisation is not."""
    whole = _whole(entry, index)
    types = _types(whole)
    name = _word(whole, "name", "label", "@id", "id")
    if any("software" in t for t in types) and name:
        made = found.part(f"agents/{slug(name)}", "service", name=name[:100], evidence=entry.place)
        if _SIFTING.search(does):
            found.step(part.id, "filtered-by", made.id, entry.place, "its activity is described as taking data out", confidence=0.6)
        elif not any(s.source == made.id for s in found.sources_of(part.id)):
            found.step(part.id, "generated-by", made.id, entry.place, "software took part in making the data; what it did is not said", confidence=0.3)
    elif not types & {"person", "organization"}:
        found.notice("agent-not-classified", part.id, f"{entry.place}: {name[:80] or 'an agent'} took part in making the data, a person or a program: that is not said")
