"""What a grading yields: parts, cells with one reason each, readings, and the whole; `to_json` is the published form."""

from __future__ import annotations

from typing import Any

from licgraph.light import NamedTuple

SCHEMA = "licgraph/openness/1"
TERMS = ("none", "other", "unknown", "open")
"""How open terms are, worst first: of several that all apply the first counts, of several to choose from the last."""


class Terms(NamedTuple):
    """How open the terms of a thing are, and the clause that says so.

    ``acts``: what they let everyone do; ``path``: the way by which terms of
    another work reached it, empty where they are its own.
    """

    state: str
    why: str
    license: str = ""
    clause: str = ""
    cite: str = ""
    quote: str = ""
    reading: str = ""
    duty: str = ""
    path: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    acts: frozenset[str] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {
            "state": self.state, "why": self.why, "license": self.license or None, "clause": f"{self.license}/{self.clause}" if self.clause else None,
            "cite": self.cite or None, "quote": self.quote or None, "path": list(self.path), "steps": list(self.steps),
        }  # fmt: skip


class Member(NamedTuple):
    """A component that counts as (a piece of) a part. ``terms``: those that decide; ``also``: others in the way; ``not_osi``: stated licences not approved by OSI."""

    component: str
    role: str
    terms: Terms
    also: tuple[Terms, ...] = ()
    not_osi: tuple[str, ...] = ()
    osi_unknown: bool = False


class Part(NamedTuple):
    """One of the four parts: is it there (present, partly, absent), and under which terms."""

    id: str
    label: str
    presence: str
    members: tuple[Member, ...]
    missing: tuple[str, ...]

    @property
    def terms(self) -> Terms:
        """The terms that decide: the least open of those of its components."""
        if not self.members:
            return Terms("none", self.missing[0] if self.missing else "it is not in the stack")
        return min((m.terms for m in self.members), key=lambda t: TERMS.index(t.state))

    def is_open(self, hopeful: bool = False) -> bool:
        """Whether all of it is there under open terms; `hopeful` counts unknown terms as open."""
        return self.presence == "present" and self.terms.state in (("open", "unknown") if hopeful else ("open",))

    @property
    def reason(self) -> str:
        """One line: the least open component and its clause, and what is missing."""
        if not self.members:
            return "; ".join(self.missing)
        decides = min(self.members, key=lambda m: TERMS.index(m.terms.state))
        more = f" (and {len(self.members) - 1} more)" if len(self.members) > 1 else ""
        return "; ".join([f"{decides.component}{more}: {decides.terms.why}", *self.missing])

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {
            "part": self.id, "presence": self.presence, "terms": self.terms.state if self.members else "none", "reason": self.reason, "missing": list(self.missing),
            "components": [{"component": m.component, "role": m.role, "decides": m.terms.to_json(), "also": [t.to_json() for t in m.also]} for m in self.members],
        }  # fmt: skip


class Cell(NamedTuple):
    """One cell of the table: what a reading says of one part, with one line of reason."""

    part: str
    label: str
    state: str
    reason: str
    components: tuple[str, ...] = ()
    license: str = ""
    clause: str = ""
    cite: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The cell as published."""
        return {
            "part": self.part, "label": self.label, "state": self.state, "reason": self.reason, "components": list(self.components), "license": self.license or None,
            "clause": f"{self.license}/{self.clause}" if self.clause else None, "cite": self.cite or None, "note": self.note or None,
        }  # fmt: skip


class Reading(NamedTuple):
    """One reading's grade. ``at_most``: the grade if every unknown term turned out open, where that differs (else empty)."""

    id: str
    name: str
    version: str
    source: str
    grade: str
    label: str
    at_most: str
    decided_by: tuple[str, ...]
    next_rung: str
    missing: tuple[str, ...]
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    progress: tuple[tuple[str, int, int], ...] = ()

    @property
    def undecided(self) -> bool:
        """Whether the grade waits for terms that are not known."""
        return bool(self.at_most)

    def to_json(self) -> dict[str, Any]:
        """The reading as published."""
        return {
            "reading": self.id, "name": self.name, "version": self.version, "source": self.source, "grade": self.grade, "label": self.label, "undecided": self.undecided, "at_most": self.at_most or None,
            "decided_by": list(self.decided_by), "next": {"rung": self.next_rung or None, "missing": list(self.missing)}, "cells": [c.to_json() for c in self.cells], "notes": list(self.notes),
            "progress": {name: {"included": got, "required": wanted} for name, got, wanted in self.progress},
        }  # fmt: skip


class Question(NamedTuple):
    """Can I run it, fine-tune it, rebuild it: yes, partly, no or unknown, with what is missing."""

    id: str
    question: str
    answer: str
    why: str
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The answer as published."""
        return {"id": self.id, "question": self.question, "answer": self.answer, "why": self.why, "missing": list(self.missing)}


class Openness(NamedTuple):
    """The grades of one release under all readings."""

    component: str
    name: str
    proposed: str
    profile: str
    as_of: str
    parts: tuple[Part, ...]
    systems: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]
    readings: tuple[Reading, ...]
    inputs: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]

    @property
    def undecided(self) -> bool:
        """Whether some grade waits for terms that are not known."""
        return any(r.undecided for r in self.readings)

    def reading(self, name: str) -> Reading:
        """The reading of that id."""
        return next(r for r in self.readings if r.id == name)

    def part(self, name: str) -> Part:
        """The part of that id."""
        return next(p for p in self.parts if p.id == name)

    def to_json(self) -> dict[str, Any]:
        """The whole as published (schema/openness-1.json). Deterministic."""
        return {
            "schema": SCHEMA, "component": self.component, "name": self.name, "proposed": self.proposed or None, "undecided": self.undecided, "profile": self.profile, "as_of": self.as_of,
            "parts": [p.to_json() for p in self.parts], "systems": dict(self.systems), "questions": [q.to_json() for q in self.questions], "readings": [r.to_json() for r in self.readings],
            "inputs": [{"path": p, "sha256": s} for p, s in self.inputs], "versions": dict(self.versions),
        }  # fmt: skip


def json_schema() -> dict[str, Any]:
    """JSON Schema of the report, as published in ``schema/openness-1.json``."""
    text: dict[str, Any] = {"type": "string"}
    maybe: dict[str, Any] = {"type": ["string", "null"]}
    flag: dict[str, Any] = {"type": "boolean"}
    number: dict[str, Any] = {"type": "integer", "minimum": 0}
    texts = {"type": "array", "items": text}

    def row(**fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": True}

    def rows(**fields: Any) -> dict[str, Any]:
        return {"type": "array", "items": row(**fields)}

    def each(value: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": value}

    terms = row(state={"enum": list(TERMS)}, why=text, license=maybe, clause=maybe, cite=maybe, quote=maybe, path=texts, steps=texts)
    parts = rows(
        part={"enum": ["weights", "inference-code", "training-code", "training-data"]}, presence={"enum": ["present", "partly", "absent"]}, terms={"enum": list(TERMS)}, reason=text, missing=texts,
        components=rows(component=text, role=text, decides=terms, also={"type": "array", "items": terms}),
    )  # fmt: skip
    cells = rows(part=text, label=text, state=text, reason={"type": "string", "minLength": 1}, components=texts, license=maybe, clause=maybe, cite=maybe, note=maybe)
    readings = rows(
        reading={"enum": ["plain", "weights-and-code", "osaid", "mof"]}, name=text, version=text, source=text, grade=text, label=text, undecided=flag, at_most=maybe, decided_by=texts,
        next=row(rung=maybe, missing=texts), cells=cells, notes=texts, progress=each(row(included=number, required=number)),
    )  # fmt: skip
    questions = rows(id={"enum": ["run", "fine-tune", "rebuild"]}, question=text, answer={"enum": ["yes", "partly", "no", "unknown"]}, why=text, missing=texts)
    whole = row(
        schema={"const": SCHEMA}, component=text, name=text, proposed=maybe, undecided=flag, profile=text, as_of=text, parts=parts,
        systems=each({"enum": ["open", "partly", "not open", "unknown"]}), questions=questions, readings=readings, inputs=rows(path=text, sha256=text), versions=each(text),
    )  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph openness report, version 1", "description": "Fields are only ever added.", **whole}
