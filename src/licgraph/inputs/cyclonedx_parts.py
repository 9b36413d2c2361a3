"""The components and services of a CycloneDX document as parts, and what its references point to.

Source: the definitions `component`, `service` and `componentData` of the JSON schemas 1.4 to 1.7, and the package
URL specification with its type `huggingface`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from licgraph.inputs.cyclonedx_terms import read_licenses
from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.identity import Reference, reference
from licgraph.inputs.loose import Node, data_of, refuse
from licgraph.knowledge import Knowledge
from licgraph.license import COMPONENT_KINDS

OWN = "licgraph:"
"""What stands before the names of properties for which CycloneDX has no field."""
KINDS = {
    "machine-learning-model": "weights", "data": "dataset", "library": "code", "framework": "code", "application": "code", "file": "code",
    "container": "code", "platform": "code", "operating-system": "code", "firmware": "code", "device-driver": "code",
}  # fmt: skip
NO_WORKS = ("device", "cryptographic-asset")
_FILES = ((re.compile(r"(?i)\.(?:safetensors|gguf|ggml|onnx|ckpt|pth?)$"), "weights"), (re.compile(r"(?i)\.(?:parquet|jsonl|arrow|csv|tsv)$"), "dataset"), (re.compile(r"(?i)\.(?:md|pdf|txt|html?|docx?)$"), "document"))
_HUB_TYPES = ("model-card", "distribution", "vcs", "source-distribution", "website")
_PURL = re.compile(r"pkg:/{0,2}([A-Za-z0-9.+-]+)/([^@?#]+)(?:@([^?#]*))?(?:\?([^#]*))?(?:#.*)?")
MAX_PARTS = 50_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")


def properties(node: Node) -> Iterator[tuple[str, Node]]:
    """The properties of something that are ours, by what follows `licgraph:`, each with its value."""
    for entry in node.get("properties").listed():
        name = entry.get("name").text
        if name.startswith(OWN):
            yield name.removeprefix(OWN), entry.get("value")


def own(node: Node, name: str) -> Node:
    """The value of one property of ours; an empty node where there is none."""
    return next((value for key, value in properties(node) if key == name), Node(None, node.file, node.line, node.pointer))


def facts_of(node: Node) -> dict[str, Any]:
    """A property's value that is a JSON map; empty for anything else."""
    if not node.text.startswith("{") or len(node.text) > 100_000:
        return {}
    try:
        found = data_of(node.text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def unescaped(text: str) -> str:
    """A part of a package URL without its percent signs."""
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m.group(1), 16)]), text.encode())
    return raw.decode("utf-8", "replace")


def purl_parts(purl: str) -> tuple[str, str, str, str]:
    """Type, full name, version and qualifiers of a package URL; all empty for what is none."""
    found = _PURL.fullmatch(purl.strip())
    if found is None:
        return "", "", "", ""
    return found.group(1).casefold(), "/".join(unescaped(p) for p in found.group(2).strip("/").split("/")), unescaped(found.group(3) or ""), found.group(4) or ""


def slug(text: str) -> str:
    """A component id from a name."""
    return re.sub(r"[^A-Za-z0-9._/+-]+", "-", text).strip("-._+/")[:120].rstrip("-._+/") or "component"


class Bom:
    """A document while it is read: the draft so far, and what its references and names stand for."""

    def __init__(self, root: Node, shown: str, knowledge: Knowledge, result: str) -> None:
        self.root = root
        self.shown = shown
        self.knowledge = knowledge
        self.result = result
        self.draft = Draft()
        self.refs: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.scopes: dict[str, str] = {}
        self.left_out: set[str] = set()
        self.listed: dict[str, None] = {}
        self.nodes: list[tuple[str, Node]] = []
        self.whole = bool(own(root.get("metadata"), "stack").text)
        self._named: dict[tuple[str, ...], str] = {}
        self._packages: dict[str, str] = {}
        self._entries: dict[int, str] = {}
        self._last: dict[str, int] = {}

    def resolve(self, node: Node) -> str:
        """The part that a reference points to; empty where the document has none."""
        text = node.text
        link = re.fullmatch(r"urn:cdx:([0-9a-f-]+)/\d+#(.+)", text)
        if link and self.root.get("serialNumber").text == f"urn:uuid:{link.group(1)}":
            text = link.group(2)
        return self.refs.get(text, "")

    def dangling(self, node: Node, component: str, what: str) -> None:
        """Says that a reference leads nowhere, so that something of a component was not read."""
        if node.text in self.left_out:
            return
        where = "is described in another document" if node.text.startswith("urn:cdx:") else "is listed nowhere in it"
        self.draft.miss(str(node.place), f"{what} `{node.text[:100]}`, which {where}", component)

    def collect(self) -> None:
        """Every component and service that the document lists, and then those that stand only in a pedigree."""
        about = self.root.get("metadata", "component")
        if about.is_map:
            self.draft.release = self.add(about, about=True)
        elif about:
            self.draft.miss(str(about.place), "metadata.component is no component, so what this document is about is not known")
        for section in ("components", "services"):
            for entry in self.root.get(section).listed():
                self._top(entry, section == "services")
        for formula in self.root.get("formulation").listed():
            for section in ("components", "services"):
                for entry in formula.get(section).listed():
                    self.add(entry, service=section == "services")
        for part_id, node in list(self.nodes):
            self._pedigree(part_id, node)

    def _top(self, entry: Node, service: bool) -> None:
        part_id = self.add(entry, service=service)
        if part_id:
            self.listed.setdefault(part_id)

    def add(self, node: Node, about: bool = False, service: bool = False, known: str = "") -> str:
        """The part that a component or service is, with those nested in it; empty when it is none.

        ``about``: what the document describes; ``known``: the part that it is, if that is known already.
        """
        if not node.is_map:
            self.draft.miss(str(node.place), "an entry that is no component")
            return ""
        kind = self._kind(node, service)
        ref = node.get("bom-ref").text
        if not kind:
            self.left_out |= {ref} - {""}
            self.draft.notice("not-a-work", "", f"{node.place} is a {node.get('type').text} ({node.get('name').text[:60]}): nothing that is licensed as a work; left out")
            return ""
        if not known and ref in self.refs and node.get("name").text == self.draft.parts[self.refs[ref]].name:
            known = self.refs[ref]
            self.draft.notice("listed-twice", known, f"{node.place} lists it again under the same reference; both entries are taken as one")
        if len(self.nodes) >= MAX_PARTS:
            raise refuse(self.shown, node.line, f"it lists more than {MAX_PARTS} components", "Split it, or leave out the files of packages")
        part_id, at = self._identity(node, kind, about, known)
        part = self.draft.part(part_id, kind, evidence=node.place, ours=about or own(node, "ours").text == "true")
        if part.kind != kind:
            self.draft.notice("kinds-disagree", part_id, f"{node.place} describes it as {kind}, {part.evidence} as {part.kind}; the latter is used")
        self._describe(part, node, at)
        self._reference(ref, part_id, node)
        self.types.setdefault(part_id, node.get("type").text)
        self.scopes.setdefault(part_id, node.get("scope").text)
        self.nodes.append((part_id, node))
        for section in ("components", "services"):
            for below in node.get(section).listed():
                inner = self.add(below, service=section == "services")
                if inner and inner != part_id:
                    self.draft.step(part_id, "contains", inner, below.place)
        for data in node.get("data").listed():
            self._reference(data.get("bom-ref").text, part_id, data)
        return part_id

    def _kind(self, node: Node, service: bool) -> str:
        stated, written = own(node, "kind").text, node.get("type").text
        if stated in COMPONENT_KINDS:
            return stated
        if service:
            return "service"
        if written in NO_WORKS:
            return ""
        if written == "data":
            inside = {d.get("type").text for d in node.get("data").listed()}
            return "code" if inside == {"source-code"} else "document" if inside and inside <= {"configuration", "definition"} else "dataset"
        if written == "file":
            kind = next((k for pattern, k in _FILES if pattern.search(node.get("name").text)), "code")
            if kind != "code":
                self.draft.notice("kind-by-name", "", f"{node.place} is a file; its name says that it is {kind}")
            return kind
        if written not in KINDS:
            self.draft.miss(str(node.place), f"the component type `{written[:40]}` is none of CycloneDX's, so what {node.get('name').text[:60] or 'it'} is, is not known" if written else "a component without a type, so what it is, is not known")
        return KINDS.get(written, "weights" if node.get("modelCard") else "code")

    def _identity(self, node: Node, kind: str, about: bool, known: str) -> tuple[str, Reference | None]:
        """The id of a component, and where it is to be found, if on the Hub. The same package is the same part."""
        at = self._hub(node, kind)
        purl = node.get("purl").text
        name = tuple(node.get(k).text for k in ("type", "group", "name", "version"))
        if about and self.result:
            found = self.result
        elif known:
            found = known
        elif self.whole and _ID.fullmatch(node.get("bom-ref").text):
            found = node.get("bom-ref").text
        elif at is not None:
            found = at.id
        elif purl and purl in self._packages:
            found = self._packages[purl]
        else:
            words = node.get("name").text or purl_parts(purl)[1]
            if not words:
                self.draft.miss(str(node.place), "a component without a name, so what it is, is not known")
            found = self._free(slug(f"{node.get('group').text}/{words}" if node.get("group").text and words else words))
        if purl:
            self._packages.setdefault(purl, found)
        self._named[name] = found if self._named.get(name, found) == found else ""
        return found, at

    def _free(self, wanted: str) -> str:
        found, number = wanted, self._last.get(wanted, 1)
        while found in self.draft.parts:
            number += 1
            found = f"{wanted}-{number}"
        self._last[wanted] = number
        return found

    def _hub(self, node: Node, kind: str) -> Reference | None:
        """The Hub repository that a package URL names, or the address that a model or data set is found at."""
        source = own(node, "source").text
        if source:
            at = reference(source, self.knowledge, kind == "dataset") if source.startswith("hf:") else None
            return at if at is not None and at.kind == "hub" else None
        package, name, version, qualifiers = purl_parts(node.get("purl").text)
        if package == "huggingface" and (not qualifiers or "repository_url" not in qualifiers or "huggingface.co" in qualifiers):
            found = reference(re.sub(r"^datasets?/", "", name), self.knowledge, kind == "dataset" or name.startswith(("datasets/", "dataset/")))
            return found._replace(revision=version) if found.kind == "hub" else None
        if package or kind not in ("weights", "adapter", "dataset"):
            return None
        for wanted in _HUB_TYPES:
            for entry in node.get("externalReferences").listed():
                if entry.get("type").text != wanted or not re.match(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/", entry.get("url").text):
                    continue
                found = reference(entry.get("url").text, self.knowledge)
                same = found.name.casefold() == node.get("name").text.rsplit("/", 1)[-1].casefold()
                if found.kind == "hub" and "/" in found.id and (same or wanted == "model-card") and not found.id.startswith(("docs/", "blog/", "papers/", "spaces/")):
                    return found
        return None

    def _describe(self, part: Part, node: Node, at: Reference | None) -> None:
        purl = node.get("purl").text
        version = node.get("version").text or ("" if self.whole else purl_parts(purl)[2])
        revision = at.revision if at and not own(node, "source").text else version
        if part.revision and revision and part.revision != revision:
            self.draft.notice("several-revisions", part.id, f"{node.place} is revision {revision[:60]}, {part.evidence} is {part.revision[:60]}; they are taken as one")
        address = next((e.get("url").text for e in node.get("externalReferences").listed() if e.get("type").text in ("distribution", "vcs", "source-distribution") and "://" in e.get("url").text), "")
        source = own(node, "source").text or (at.source if at else purl or address)
        who = [node.get(*k).text for k in (("author",), ("authors", 0, "name"), ("publisher",), ("supplier", "name"), ("manufacturer", "name"), ("provider", "name"))]
        named = "" if own(node, "unnamed").text else node.get("name").text or purl_parts(purl)[1].rsplit("/", 1)[-1]
        for key, value in {"name": named, "source": source, "revision": revision, "copyright": node.get("copyright").text, "author": next((w for w in who if w), "")}.items():
            if value and not getattr(part, key):
                setattr(part, key, value)
        self._owned(part, node)
        if not part.inferred and at is not None and not at.known:
            part.inferred = f"`{at.name}` is named without its owner, so its terms cannot be looked up"
        for entry in node.get("externalReferences").listed():
            if entry.get("type").text == "bom":
                self.draft.notice("described-elsewhere", part.id, f"{entry.place} names another document that describes it ({entry.get('url').text[:100]}); it was not read")
        if node.get("patentAssertions"):
            self.draft.notice("patents-asserted", part.id, f"{node.get('patentAssertions').place}: patents are asserted; they were not examined")

    def _owned(self, part: Part, node: Node) -> None:
        """What an export of ours wrote in properties, and the licences."""
        labels = False
        for name, value in properties(node):
            if name in ("role", "available", "contents", "inferred") and value.text and not getattr(part, name):
                setattr(part, name, value.text)
            elif name == "additional-terms" and value.text:
                part.additional += [(value.text, value.place)] if value.text not in [w for w, _ in part.additional] else []
            elif name == "concluded" and value.text:
                part.concluded = part.concluded or value.text
            elif name == "label":
                said = facts_of(value)
                where, says, date = (said.get(k, "") for k in ("where", "says", "date"))
                if where in ("origin", "licence-file", "card", "tag", "registry") and isinstance(says, str) and isinstance(date, str):
                    part.say(where, says, value.place, "", date)
                    labels = True
                else:
                    self.draft.miss(str(value.place), "a statement of a licence that cannot be read", part.id)
            elif name == "license" and value.text:
                part.say("tag", value.text, value.place)
                labels = True
            elif name.startswith("fact:"):
                self._fact(part, name.removeprefix("fact:"), value)
            elif name == "known-from" and self.knowledge.component(part.source) is not None:
                labels = True  # what our own tables say is looked up again
        read_licenses(self.draft, part, node, self.knowledge, labels)

    def _fact(self, part: Part, name: str, value: Node) -> None:
        word = self.knowledge.facts.get(name)
        try:
            given = data_of(value.text) if len(value.text) < 1000 else None
        except (ValueError, RecursionError):
            given = None
        fits = {"number": isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < 1e18, "flag": isinstance(given, bool), "word": isinstance(given, str), "words": isinstance(given, str) or (isinstance(given, list) and all(isinstance(w, str) for w in given))}
        if word is None or not fits.get(word.type, False):
            self.draft.miss(str(value.place), f"the fact `{name[:40]}` cannot be read", part.id)
        else:
            part.facts.setdefault(name, given)

    def _reference(self, ref: str, part_id: str, node: Node) -> None:
        if not ref or self.refs.setdefault(ref, part_id) == part_id:
            return
        self.draft.miss(str(node.place), f"the reference `{ref[:80]}` names two components ({self.refs[ref]}, {part_id}), so what refers to it is not known")

    def _pedigree(self, part_id: str, node: Node) -> None:
        """Registers the components that stand in a pedigree, and in the pedigrees of these."""
        for section in ("ancestors", "descendants", "variants"):
            for entry in node.get("pedigree", section).listed():
                if not entry.is_map:
                    self.draft.miss(str(entry.place), "an entry of a pedigree that is no component", part_id)
                elif id(entry) not in self._entries:
                    named = self._match(entry)
                    before = len(self.nodes)
                    self._entries[id(entry)] = self.add(entry, known=named)
                    for below_id, below in self.nodes[before:]:
                        self._pedigree(below_id, below)

    def rename(self, old: str, new: str) -> None:
        """Gives a part another id, before any step is known."""
        part = self.draft.parts.pop(old)
        part.id = new
        self.draft.parts[new] = part
        for names in (self.refs, self._packages):
            names.update({k: new for k, v in names.items() if v == old})
        self._named.update({k: new for k, v in self._named.items() if v == old})
        self._entries.update({k: new for k, v in self._entries.items() if v == old})
        self.nodes = [(new if p == old else p, n) for p, n in self.nodes]
        self.listed = dict.fromkeys(new if p == old else p for p in self.listed)
        for known in (self.types, self.scopes):
            known[new] = known.pop(old, "")

    def named_data(self, name: str, url: str) -> str:
        """The id of a data set that is only named: the same name and address are the same data."""
        key = ("data set", name, url)
        if key not in self._named:
            self._named[key] = self._free(slug(name if "://" not in name else name.rstrip("/").rsplit("/", 1)[-1]))
        return self._named[key]

    def in_pedigree(self, entry: Node) -> str:
        """The part that an entry of a pedigree is."""
        return self._entries.get(id(entry), "")

    def _match(self, entry: Node) -> str:
        """A part that is listed already and means the same as an entry of a pedigree: by our property, reference, or name and version."""
        stated = own(entry, "component").text
        if stated in self.draft.parts:
            return stated
        ref = self.refs.get(entry.get("bom-ref").text, "")
        if ref and self.draft.parts[ref].name == entry.get("name").text:
            return ref
        if entry.get("purl"):
            return ""  # the package says what it is
        found = self._named.get(tuple(entry.get(k).text for k in ("type", "group", "name", "version")), "")
        return found if entry.get("name").text else ""
