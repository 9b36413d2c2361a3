"""What SPDX 2.x and 3.x share: elements become parts, relationships become steps.

Notes are lines `licgraph: {…}` in the comments that our own exporters write, for what SPDX has no word for (the kind
of derivation, whose a part is); everything else of a document is read without them.
"""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from licgraph.inputs.draft import DERIVING, Draft, Part, Step
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import data_of
from licgraph.inputs.spdx_relations import Word, relation_of
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import LABEL_PLACES, Evidence

KINDS = ("weights", "adapter", "code", "dataset", "outputs", "service", "document")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")
_NOTE = re.compile(r"(?m)^licgraph: (\{.{0,20000}\})\s*$")
_WEIGHTS = re.compile(r"(?i)\.(?:safetensors|gguf|ggml|onnx|pt|pth|ckpt|h5|keras|tflite|mlmodel|pdparams|bin|npz)$")
_DATA = re.compile(r"(?i)\.(?:csv|tsv|jsonl|parquet|arrow|tfrecord|xlsx|png|jpe?g|gif|wav|mp3|flac|mp4)$")
_PAPER = re.compile(r"(?i)\.(?:md|rst|pdf|docx?|html?)$|^(?:.*/)?(?:licen[sc]e|copying|notice|readme|authors|changelog)[^/]*$")
_PROGRAM = re.compile(r"(?i)\.(?:py|ipynb|c|cc|cpp|h|hpp|cu|rs|go|java|js|ts|sh|r|jl|scala|kt|rb|pl|cs|so|dll|exe|jar|whl|wasm)$")
MAX_MISSES = 1_000


def notes(*comments: str) -> dict[str, Any]:
    """What our own exporters noted in comments; nothing for what is no such note."""
    found: dict[str, Any] = {}
    for comment in comments:
        for line in _NOTE.findall(comment):
            try:
                entry = data_of(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict):
                found.update(entry)
    return found


def note(entry: Mapping[str, Any]) -> str:
    """The line that `notes` reads; empty for nothing."""
    return "licgraph: " + json.dumps(dict(entry), ensure_ascii=True, sort_keys=True) if entry else ""


def _text(noted: Mapping[str, Any], key: str) -> str:
    value = noted.get(key)
    return value if isinstance(value, str) else ""


def _list(noted: Mapping[str, Any], key: str) -> list[Any]:
    value = noted.get(key)
    return value if isinstance(value, list) else []


def kind_by_name(name: str) -> str:
    """The kind that a file name tells; empty if it tells none."""
    for pattern, kind in ((_PROGRAM, "code"), (_WEIGHTS, "weights"), (_DATA, "dataset"), (_PAPER, "document")):
        if pattern.search(name):
            return kind
    return ""


class Element(NamedTuple):
    """One element of a document that is a part of a stack."""

    id: str
    name: str
    kind: str
    place: Evidence
    locations: tuple[str, ...] = ()
    version: str = ""
    copyright: str = ""
    author: str = ""
    comment: str = ""
    is_file: bool = False


@dataclass
class Reading:
    """A draft in the making: which element is which part, and what is said once at the end."""

    draft: Draft
    knowledge: Knowledge
    parts: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    nothing: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    derived: set[tuple[str, str]] = field(default_factory=set)
    plain: list[str] = field(default_factory=list)

    def add(self, element: Element, result: str = "") -> Part:
        """The part for an element; an id that is taken gets a number."""
        noted = notes(element.comment)
        source, revision, hub_id, hub_kind = self._origin(element)
        stem = result or _text(noted, "id") or hub_id or element.name or element.id
        read = hub_kind if hub_kind and element.kind in ("", "code") else element.kind or "code"  # what lies on the Hub is a model or data, whatever its purpose
        kind = _text(noted, "kind") if _text(noted, "kind") in KINDS else read
        if not element.kind and not hub_kind and kind == "code" and not noted:
            self.plain.append(element.name)
        part = self.draft.part(self._free(stem), kind, evidence=element.place)
        part.name = (_text(noted, "name") if noted else element.name)[:200]
        part.source = _text(noted, "source") if noted else source
        part.revision = _text(noted, "revision") if noted else revision
        part.copyright, part.author = element.copyright, element.author
        part.ours = noted.get("ours") is True
        part.contents, part.role, part.available = _text(noted, "contents"), _text(noted, "role"), _text(noted, "available")
        for says in _list(noted, "labels"):
            if isinstance(says, dict) and says.get("where") in LABEL_PLACES:
                part.say(says["where"], _text(says, "says"), element.place, "", _text(says, "date"))
        part.additional = [(e, element.place) for e in _list(noted, "additional") if isinstance(e, str) and e.strip()]
        self.parts[element.id] = part.id
        if element.is_file:
            self.files.add(part.id)
        return part

    def _free(self, stem: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9._:/@+-]+", "-", stem.strip()).lstrip("._:/@+-").rstrip("-")[:180] or "part"
        wanted = plain
        while wanted in self.draft.parts:
            self.counts[plain] += 1
            wanted = f"{plain}-{self.counts[plain] + 1}"
        return wanted if _ID.fullmatch(wanted) else f"part-{len(self.draft.parts) + 1}"

    def _origin(self, element: Element) -> tuple[str, str, str, str]:
        """Source, revision, id and kind that the places of an element tell: a Hub repository before a package URL before an address."""
        other = ""
        for location in element.locations:
            purl = re.fullmatch(r"pkg:huggingface/(?:(datasets?|models?)/)?([^/@?#\s]+/[^/@?#\s]+)(?:@([^?#\s]+))?(?:[?#].*)?", location)
            plain = re.sub(r"^git\+(?=https?://)|\.git(?=$|@|#)", "", location)
            address = re.fullmatch(r"(https?://(?:www\.)?(?:huggingface\.co|hf\.co)/[^@#\s]+)(?:@([\w.-]+))?(?:#.*)?", plain)
            dataset = element.kind in ("dataset", "outputs") or bool(purl and (purl.group(1) or "").startswith("dataset"))
            if purl or address:
                found = reference(purl.group(2) if purl else address.group(1) if address else "", self.knowledge, dataset=dataset and bool(purl))
                if found.kind == "hub":
                    kind = "dataset" if found.id.startswith("datasets/") else "service" if found.id.startswith("spaces/") else "weights"
                    return found.source, found.revision or (purl.group(3) if purl else address.group(2) if address else "") or "", found.id, kind
            if not other and re.match(r"pkg:[a-z]|[a-z][a-z0-9+.-]*://|git@", location):
                other = location[:2000]
        return other, element.version[:200], "", ""

    def miss(self, place: object, why: str, part_id: str = "") -> None:
        """Notes what was not read; past MAX_MISSES it is only counted, and said once for the whole."""
        self.missed += 1
        if self.missed <= MAX_MISSES:
            self.draft.miss(str(place), why, part_id)

    def step(self, made: str, relation: str, origin: str, place: Evidence, inferred: str = "", purpose: str = "", confidence: float = 0.0) -> None:
        """A step. The first between two parts has nothing to disagree with, so it is put down without looking at all others."""
        if made != origin and relation in DERIVING and (made, origin) not in self.derived:
            self.draft.steps[(made, relation, origin)] = Step(made, relation, origin, place, inferred, purpose, None, confidence or (0.6 if inferred else 1.0))
        elif made == origin:
            self.miss(place, f"{made} is said to be made from itself, so what it was made from is not known", made)
        else:
            self.draft.step(made, relation, origin, place, inferred, purpose, confidence)
        if relation in DERIVING:
            self.derived.add((made, origin))

    def relate(self, name: str, word: Word | None, left: str, right: str, place: Evidence, comment: str = "", scope: str = "") -> None:
        """A relationship between two elements, or what is missing for it to be one."""
        noted = notes(comment)
        a, b = self.parts.get(left, ""), self.parts.get(right, "")
        if word is None or (word.meaning == "other" and _text(noted, "relation") not in self.knowledge.relations):
            why = f"the relationship {name[:60]} is not known" if word is None else f"a relationship {name} does not say what it is{f': {comment.strip()[:120]}' if comment.strip() else ''}"
            for part in dict.fromkeys(p for p in (a, b) if p):
                self.miss(place, f"{why} ({left[-80:]} – {right[-80:]})", part)
            return
        if word.meaning == "none":
            self.nothing[name] += 1
            return
        made, origin = (a, b) if word.forward else (b, a)
        if not made or not origin:
            self._dangling(name, word, left, right, place)
            return
        if _text(noted, "relation") in self.knowledge.relations:
            sure = noted.get("confidence")
            purpose = _text(noted, "purpose") if _text(noted, "purpose") in self.knowledge.edge_purposes else ""
            self.step(made, _text(noted, "relation"), origin, place, _text(noted, "inferred"), purpose, float(sure) if isinstance(sure, int | float) and 0 < sure <= 1 else 0.0)
            return
        found = relation_of(word, name, self.draft.parts[made].kind, self.draft.parts[origin].kind, scope)
        self.step(made, found.relation, origin, place, found.inferred, "", found.confidence)

    def _dangling(self, name: str, word: Word, left: str, right: str, place: Evidence) -> None:
        made, origin = (left, right) if word.forward else (right, left)
        part = self.parts.get(made, "")
        if origin in ("NONE", "NoneElement"):
            return
        if origin in ("NOASSERTION", "NoAssertionElement"):
            if part:
                self.miss(place, f"{name}: the document says that it does not know what {part} has there", part)
            return
        what = f"{name} names {(origin if part else made)[-100:]}, which the document does not describe"
        self.miss(place, what, part or self.parts.get(origin, ""))

    def finish(self) -> None:
        """What is said once: relationships that carry nothing, parts of no stated kind, and files that state no licence of their own."""
        if self.plain:
            many = f"{', '.join(self.plain[:5])}{' …' if len(self.plain) > 5 else ''}"
            self.draft.notice("kind-not-stated", self.draft.release or next(iter(self.draft.parts)), f"{len(self.plain)} parts ({many}) do not say what they are; they are taken as code")
        for name, count in sorted(self.nothing.items()):
            self.draft.notice("relationship-carries-nothing", self.draft.release or next(iter(self.draft.parts)), f"{name} ({count}): nothing of the one is in the other, so it adds no terms")
        self._inherit()
        if self.missed > MAX_MISSES:
            self.draft.miss("the document", f"{self.missed - MAX_MISSES} more things in it could not be read")

    def _inherit(self) -> None:
        """A file that states nothing is under the terms of the nearest thing that holds it, or ours as that is. Breadth first, so linear."""
        inside: dict[str, list[str]] = {}
        for step in self.draft.steps.values():
            if step.relation in ("contains", "contains-modified") and step.source in self.files and (step.confidence == 1 or step.relation == "contains-modified"):
                inside.setdefault(step.result, []).append(step.source)
        reached: dict[str, Part] = {}
        for name, part in self.draft.parts.items():
            if part.ours or name == self.draft.release or part.said or part.concluded or part.looked or name not in self.files:
                reached[name] = part
        waiting = deque(reached)
        while waiting:
            name = waiting.popleft()
            for below in inside.get(name, ()):
                if below not in reached:
                    reached[below] = reached[name]
                    waiting.append(below)
        for name, holder in reached.items():
            part = self.draft.parts[name]
            if holder.id == name:
                continue
            if holder.ours or holder.id == self.draft.release:
                part.ours = True
            elif holder.said or holder.concluded or holder.looked:
                for said in holder.said:
                    part.say(*said)
                part.concluded, part.looked = holder.concluded, holder.looked
                part.inferred = part.inferred or f"it states no licence of its own, so it is taken as under that of {holder.id}, which contains it"

    def publish(self, described: list[str], result: str, place: Evidence) -> None:
        """Which part the document is about: ours, if it is one; several are left to the steps between them."""
        known = list(dict.fromkeys(self.parts[d] for d in described if d in self.parts))
        if result and result in self.draft.parts:
            known = [result]
        for lost in dict.fromkeys(d for d in described if d not in self.parts):
            self.miss(place, f"the document is about {lost[-100:]}, which it does not describe")
        used = {s.source for s in self.draft.steps.values()}
        last = [p for p in known if p not in used] if len(known) > 1 else known
        if len(last) == 1:
            self.draft.release = last[0]
            self.draft.parts[last[0]].ours = True
        if len(known) > 1:
            what = f"{last[0]} is taken as the release, since none of the others is made from it" if len(last) == 1 else "so it does not say which is released"
            self.draft.notice("several-described", known[0], f"{place}: the document is about {len(known)} things ({', '.join(known[:5])}{' …' if len(known) > 5 else ''}); {what}")
        elif not known:
            self.draft.notice("nothing-described", next(iter(self.draft.parts)), f"{place}: the document does not say what it is about, so no part is taken as the release")
