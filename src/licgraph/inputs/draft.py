"""What readers find, before it is a stack: parts, steps and statements, each with its place, and what was not read.

A reader adds to a draft and decides nothing: several statements of one part's licence are all kept, a step that no
source states says on what it was concluded, and what could not be read is said too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from licgraph.inputs.identity import Reference
from licgraph.light import NamedTuple
from licgraph.stack import Evidence, Notice, Unread

DERIVING = ("finetune", "adapter", "merge", "quantize", "convert", "modifies", "contains-modified", "derived-from")
"""Relations of which one pair of components has one: two sources that state two of them disagree."""

NOWHERE = Evidence("", 0)


class Said(NamedTuple):
    """One statement of a licence. ``where``: origin, licence-file, card, tag or registry; ``note``: why to trust it little."""

    where: str
    written: str
    evidence: Evidence
    note: str = ""
    date: str = ""


class Step(NamedTuple):
    """How one part was made from another; ``inferred`` says on what it was concluded, if no source states it.

    ``confidence``: 1 stated, 0.9 read off files that such a step leaves behind, 0.6 the usual case, 0.3 a guess.
    """

    result: str
    relation: str
    source: str
    evidence: Evidence = NOWHERE
    inferred: str = ""
    purpose: str = ""
    accepted_terms: bool | None = None
    confidence: float = 1.0


@dataclass
class Part:
    """One component as found. ``looked``: its own statement was looked for, so silence means that it states none.

    ``unnamed``: where a licence is said to be there without its name (`license: other`): unknown, unless something else names it.
    ``theirs``: it is somebody else's even where it is what is asked about (a repository, a downloaded copy).
    """

    id: str
    kind: str
    name: str = ""
    source: str = ""
    revision: str = ""
    said: list[Said] = field(default_factory=list)
    concluded: str = ""
    additional: list[tuple[str, Evidence]] = field(default_factory=list)
    contents: str = ""
    ours: bool = False
    theirs: bool = False
    looked: bool = False
    unnamed: str = ""
    role: str = ""
    available: str = ""
    copyright: str = ""
    author: str = ""
    inferred: str = ""
    evidence: Evidence = NOWHERE
    facts: dict[str, Any] = field(default_factory=dict)

    def say(self, where: str, written: str, evidence: Evidence, note: str = "", date: str = "") -> None:
        """Adds a statement of its licence, once for each place and wording."""
        if written.strip() and all((s.where, s.written) != (where, written.strip()) for s in self.said):
            self.said.append(Said(where, written.strip(), evidence, note, date))


@dataclass
class Draft:
    """Everything that was read from some sources. ``release``: the part that is released, if they tell."""

    parts: dict[str, Part] = field(default_factory=dict)
    steps: dict[tuple[str, str, str], Step] = field(default_factory=dict)
    release: str = ""
    form: str = ""
    unread: list[Unread] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    _told: set[Unread | Notice] = field(default_factory=set, repr=False)
    _pairs: dict[tuple[str, str], list[tuple[str, str, str]]] = field(default_factory=dict, repr=False)

    def part(self, part_id: str, kind: str, **known: Any) -> Part:
        """The part of this id, made if need be; what is already known of it stays, blanks are filled."""
        found = self.parts.setdefault(part_id, Part(part_id, kind))
        for name, value in known.items():
            if value and getattr(found, name) in ("", False, NOWHERE):
                setattr(found, name, value)
        return found

    def refer(self, reference: Reference, kind: str, evidence: Evidence) -> Part:
        """The part that a reference names: a Hub repository, an address, or something on a disk that nobody can look up."""
        found = self.part(reference.id, kind, source=reference.source, revision=reference.revision, name=reference.name, evidence=evidence)
        if reference.kind == "local" or not reference.known:
            found.inferred = found.inferred or f"`{reference.name}` is named without its owner or by a local path, so its terms cannot be looked up"
        return found

    def step(self, result: str, relation: str, source: str, evidence: Evidence = NOWHERE, inferred: str = "", purpose: str = "", confidence: float = 0.0) -> None:
        """Adds a step. Between the same two, what is surer takes the place of what is less so; two stated ones stay and are noticed."""
        confidence = confidence or (0.6 if inferred else 1.0)
        if result == source:
            self.miss(str(evidence), f"{result} is said to be made from itself, so what it was made from is not known", result)
            return
        new = Step(result, relation, source, evidence, inferred, purpose, None, confidence)
        if relation in DERIVING:
            for key in list(self._pairs.get((result, source), ())):
                old = self.steps.get(key)
                if old is None or old.relation == relation:
                    continue
                if confidence < old.confidence:
                    return
                if old.confidence < 1:
                    del self.steps[key]
                else:
                    self.notice("relations-disagree", result, f"{old.evidence} says {old.relation}, {evidence} says {relation} of {source}; both are kept")
        known = self.steps.get((result, relation, source))
        if known is None or known.confidence < confidence:
            self.steps[(result, relation, source)] = new
            if relation in DERIVING and known is None:
                self._pairs.setdefault((result, source), []).append((result, relation, source))

    def miss(self, source: str, why: str, component: str = "") -> None:
        """Notes something that was not read: no answer above `unknown` stands on it."""
        entry = Unread(source, why, component)
        if entry not in self._told:
            self._told.add(entry)
            self.unread.append(entry)

    def notice(self, notice_id: str, component: str, why: str) -> None:
        """Notes what a person should see and decides nothing."""
        entry = Notice(notice_id, component, why)
        if entry not in self._told:
            self._told.add(entry)
            self.notices.append(entry)

    def sources_of(self, part_id: str) -> list[Step]:
        """The steps that made a part."""
        return [s for s in self.steps.values() if s.result == part_id]

    def absorb(self, other: Draft) -> None:
        """Adds what another draft found; parts of one id are one part."""
        for part in other.parts.values():
            known = {f: getattr(part, f) for f in ("name", "source", "revision", "concluded", "contents", "ours", "theirs", "looked", "unnamed", "role", "available", "copyright", "author", "inferred", "evidence") if getattr(part, f) not in ("", False, NOWHERE)}
            mine = self.part(part.id, part.kind, **known)
            if part.looked and mine.inferred and not part.inferred:
                mine.inferred = ""
            for said in part.said:
                mine.say(*said)
            mine.additional += [a for a in part.additional if a not in mine.additional]
            mine.facts = {**part.facts, **mine.facts}
        for step in other.steps.values():
            self.step(step.result, step.relation, step.source, step.evidence, step.inferred, step.purpose, step.confidence)
            if step.accepted_terms is not None:
                key = (step.result, step.relation, step.source)
                if key in self.steps:
                    self.steps[key] = self.steps[key]._replace(accepted_terms=step.accepted_terms)
        self.release = self.release or other.release
        self.form = self.form or other.form
        self._extend(other.unread, other.notices)
        self.inputs.update(other.inputs)

    def _extend(self, unread: Iterable[Unread], notices: Iterable[Notice]) -> None:
        for entry in unread:
            self.miss(*entry)
        for notice in notices:
            self.notice(*notice)
