"""The verdict: everything a report may see, and nothing else. Frozen; `to_json` is the published contract."""

from __future__ import annotations

from typing import Any

from licgraph.light import NamedTuple
from licgraph.stack import Evidence

SCHEMA = "licgraph/verdict/1"


class Blocker(NamedTuple):
    """One clause that stands against the release, with the path on which it arrived."""

    license: str
    clause: str
    cite: str
    origins: tuple[str, ...]
    act: str
    when: str
    by: str
    path: tuple[str, ...]
    steps: tuple[str, ...]
    why: str
    quote: str
    reading: str
    review: str
    evidence: Evidence | None
    rests_on: tuple[tuple[str, str], ...]
    level: str = "no"
    way: str = ""
    place: str = "inside"
    thing: str = ""
    accepted_risk: str = ""
    baseline: str = ""
    """The day on which the baseline stops covering it; empty where it does not."""
    stands_for: tuple[tuple[str, str], ...] = ()
    """Every (origin, thing acted on) that this row speaks of, for the baseline."""

    @property
    def ref(self) -> str:
        """``LICENSE/clause``."""
        return f"{self.license}/{self.clause}"

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {
            "license": self.license, "clause": self.ref, "cite": self.cite, "origins": list(self.origins), "act": self.act, "when": self.when, "by": self.by,
            "path": list(self.path), "steps": list(self.steps), "why": self.why, "quote": self.quote, "reading": self.reading, "review": self.review,
            "evidence": {"file": self.evidence.file, "line": self.evidence.line, **({"pointer": self.evidence.pointer} if self.evidence.pointer else {})} if self.evidence and self.evidence.file else None,
            "rests_on": dict(self.rests_on), "level": self.level, "accepted_risk": self.accepted_risk or None, "baseline": self.baseline or None,
        }  # fmt: skip


class Owed(NamedTuple):
    """One duty, with all origins that ask for it."""

    id: str
    value: str
    nature: str
    moment: str
    status: str
    license: str
    clause: str
    cite: str
    origins: tuple[str, ...]
    path: tuple[str, ...]
    rests_on: tuple[tuple[str, str], ...]
    own: bool
    label: str
    why: str = ""
    steps: tuple[str, ...] = ()
    quote: str = ""
    reading: str = ""

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {
            "id": self.id, "value": self.value, "nature": self.nature, "moment": self.moment, "status": self.status, "license": self.license,
            "clause": f"{self.license}/{self.clause}" if self.license else self.clause, "cite": self.cite, "origins": list(self.origins), "path": list(self.path),
            "rests_on": dict(self.rests_on), "own": self.own, "why": self.why,
        }  # fmt: skip


class Need(NamedTuple):
    """A fact the answer waits for."""

    fact: str
    scope: str
    clause: str
    question: str
    flag: str

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {"fact": self.fact, "scope": self.scope, "clause": self.clause, "question": self.question, "flag": self.flag}


class Finding(NamedTuple):
    """Something worth knowing that decides nothing."""

    id: str
    component: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {"id": self.id, "component": self.component, "why": self.why}


class Totals(NamedTuple):
    """What became of the entries of a baseline. ``first_ends``: the first day on which one that is met ends."""

    entries: int
    met: int
    gone: int
    expired: int
    first_ends: str

    def to_json(self) -> dict[str, Any]:
        """The totals as published."""
        return {**self._asdict(), "first_ends": self.first_ends or None}


class Ruling(NamedTuple):
    """What moves the gate besides the terms: a word of --fail-on, or a rule of the house, which has an owner.

    ``effect``: fail, open, or pass for what would have kept the gate open.
    """

    rule: str
    owner: str
    component: str
    why: str
    effect: str

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return self._asdict()


class Part(NamedTuple):
    """A component that reaches the release, as reports show it. ``license``: the expression that counts, empty if none."""

    id: str
    kind: str
    name: str
    license: str
    ours: bool
    evidence: Evidence


class Option(NamedTuple):
    """Terms under which the release could go out."""

    expression: str
    layered: bool
    duties: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {"expression": self.expression, "layered": self.layered, "duties": list(self.duties)}


class Outbound(NamedTuple):
    """What the outbound terms must impose, must carry and must not add, and the few least restrictive that do."""

    must_impose: tuple[str, ...]
    must_carry: tuple[str, ...]
    must_not_add: tuple[str, ...]
    eligibility: tuple[str, ...]
    fixed_to: tuple[str, ...]
    options: tuple[Option, ...]
    edits: tuple[str, ...]
    why_none: str

    def to_json(self) -> dict[str, Any]:
        """The block as published."""
        return {
            "must_impose": list(self.must_impose), "must_carry": list(self.must_carry), "must_not_add": list(self.must_not_add), "eligibility": list(self.eligibility),
            "fixed_to": list(self.fixed_to), "options": [o.to_json() for o in self.options], "edits": list(self.edits), "why_none": self.why_none, "searched": True,
        }  # fmt: skip


class Verdict(NamedTuple):
    """The answer to one question about one release."""

    component: str
    name: str
    proposed: str
    form: str
    use: str
    to: str
    purpose: str
    answer: str
    layered: str
    gate: str
    profile: str
    by_profile: tuple[tuple[str, str], ...]
    flips: tuple[tuple[tuple[tuple[str, str], ...], str], ...]
    turns_on: tuple[str, ...]
    in_play: tuple[str, ...]
    flips_complete: bool
    needs_facts: tuple[Need, ...]
    needs_elections: tuple[tuple[str, str, tuple[str, ...]], ...]
    blockers: tuple[Blocker, ...]
    duties: tuple[Owed, ...]
    outbound: Outbound
    findings: tuple[Finding, ...]
    for_counsel: tuple[tuple[str, str, str], ...]
    not_examined: tuple[str, ...]
    as_of: str
    inputs: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    assumptions: tuple[tuple[str, str], ...] = ()
    used: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    made: tuple[tuple[str, str, str], ...] = ()
    """The steps between the parts: source, relation, result."""
    standing: str = ""
    """The answer once what is accepted, or in the baseline, is left out; what the gate goes by."""
    hides_unknown: bool = False
    """Whether that is conditional, and under one value of the open fact nobody knows."""
    baseline: Totals | None = None
    fail_on: tuple[Ruling, ...] = ()
    policy: tuple[Ruling, ...] = ()
    audience: str = "counsel"

    def to_json(self) -> dict[str, Any]:
        """The verdict as published (design section 5.4). Deterministic: the same verdict, the same structure."""
        return {
            "schema": SCHEMA,
            "component": self.component, "name": self.name, "proposed": self.proposed or None, "form": self.form, "use": self.use, "to": self.to, "purpose": self.purpose or None,
            "answer": self.answer, "layered": self.layered, "gate": self.gate,
            "profile": self.profile, "by_profile": dict(self.by_profile),
            "flips": [{"set": dict(s), "answer": a} for s, a in self.flips], "flips_complete": self.flips_complete,
            "turns_on": list(self.turns_on), "in_play": list(self.in_play), "robust": not self.flips and self.flips_complete,
            "assumptions": dict(self.assumptions),
            "needs_facts": [n.to_json() for n in self.needs_facts],
            "needs_elections": [{"component": c, "elected": e, "offered": list(o)} for c, e, o in self.needs_elections],
            "blockers": [b.to_json() for b in self.blockers],
            "duties": [d.to_json() for d in self.duties],
            "outbound": self.outbound.to_json(),
            "repairs": [],
            "findings": [f.to_json() for f in self.findings],
            "for_counsel": [{"license": i, "cite": c, "reading": r} for i, c, r in self.for_counsel],
            "not_examined": list(self.not_examined),
            "as_of": self.as_of,
            "inputs": [{"path": p, "sha256": s} for p, s in self.inputs],
            "versions": dict(self.versions),
            "baseline": self.baseline.to_json() if self.baseline else None,
            "fail_on": [r.to_json() for r in self.fail_on],
            "policy": [r.to_json() for r in self.policy],
            "audience": self.audience,
        }  # fmt: skip


def json_schema() -> dict[str, Any]:
    """JSON Schema of a verdict, as published in ``schema/verdict-1.json``."""
    text: dict[str, Any] = {"type": "string"}
    maybe: dict[str, Any] = {"type": ["string", "null"]}
    texts = {"type": "array", "items": text}
    values = {"type": "object", "additionalProperties": text}

    def row(**fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": True}

    def rows(**fields: Any) -> dict[str, Any]:
        return {"type": "array", "items": row(**fields)}

    answer = {"enum": ["yes", "no", "conditional", "unknown"]}
    blockers = rows(
        license=text, clause=text, cite=text, origins=texts, act=text, when={"enum": ["made", "release"]}, by=text, path=texts, steps=texts, why=text, quote=text, reading=text,
        review={"enum": ["draft", "reviewed", "disputed"]}, evidence={"anyOf": [row(file=text, line={"type": "integer"}), {"type": "null"}]}, rests_on=values, level=answer, accepted_risk=maybe, baseline=maybe,
    )  # fmt: skip
    duties = rows(
        id=text, value=text, nature={"enum": ["travels", "binds", "fixes", "ban"]}, moment={"enum": ["before", "files", "page", "contract", "operation"]},
        status={"enum": ["met", "open", "refused", "not-checkable"]}, license=text, clause=text, cite=text, origins=texts, path=texts, rests_on=values, own={"type": "boolean"}, why=text,
    )  # fmt: skip
    count = {"type": "integer"}
    rulings = rows(rule=text, owner=text, component=text, why=text, effect={"enum": ["fail", "open", "pass"]})
    outbound = row(
        must_impose=texts, must_carry=texts, must_not_add=texts, eligibility=texts, fixed_to=texts, options=rows(expression=text, layered={"type": "boolean"}, duties=texts),
        edits=texts, why_none=text, searched={"type": "boolean"},
    )  # fmt: skip
    verdict = row(
        schema={"const": SCHEMA}, component=text, name=text, proposed=maybe, form=text, use=text, to=text, purpose=maybe, answer=answer, layered=answer,
        gate={"enum": ["pass", "fail", "open", "error"]}, profile=text, by_profile={"type": "object", "additionalProperties": answer}, flips=rows(set=values, answer=answer),
        flips_complete={"type": "boolean"}, turns_on=texts, in_play=texts, robust={"type": "boolean"}, assumptions=values,
        needs_facts=rows(fact=text, scope=text, clause=text, question=text, flag=text), needs_elections=rows(component=text, elected=text, offered=texts), blockers=blockers, duties=duties,
        outbound=outbound, repairs={"type": "array"}, findings=rows(id=text, component=text, why=text), for_counsel=rows(license=text, cite=text, reading=text), not_examined=texts, as_of=text,
        inputs=rows(path=text, sha256=text), versions=values, baseline={"anyOf": [row(entries=count, met=count, gone=count, expired=count, first_ends=maybe), {"type": "null"}]},
        fail_on=rulings, policy=rulings, audience={"enum": ["counsel", "engineer"]},
    )  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph verdict, version 1", "description": "Fields are only ever added.", **verdict}
