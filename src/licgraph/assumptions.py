"""The open questions of law: what is in the knowledge base, and what of it one stack turns on.

Answers are those of `assess`, asked again with other values. Which combinations can change the answer at all is
known from the verdict's flips, so that most of them need not be asked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from licgraph.answer import assess
from licgraph.knowledge import Assumption, Knowledge
from licgraph.light import NamedTuple
from licgraph.solver.decide import MAX_COMBINATIONS, MAX_TRIALS
from licgraph.stack import DEFAULT_PROFILE, Stack
from licgraph.verdict import Blocker, Owed, Verdict
from licgraph.verdict import json_schema as verdict_schema

SCHEMA = "licgraph/assumptions/1"
MAX_WHOLE = 256
"""Up to so many combinations, all are asked (one takes 3 ms on a stack of ten parts, 35 ms on one of a thousand)."""
MAX_ASKED = 2_000
"""At most so many combinations are asked in the search for sets that reach an answer."""
LARGE = 100
"""Stacks of more parts than this get fewer combinations, in proportion."""

Change = tuple[tuple[str, str], ...]
"""Values of assumptions other than those taken, by name."""


class Standing(NamedTuple):
    """A blocker or a duty that depends on an assumption, with the values of it under which it was seen to stand.

    ``kind``: `blocker` or `duty`; ``id``: the duty's, empty for a blocker; ``level``: the answer that a blocker gives, empty
    for a duty; one that gives another answer under other values is a row of its own.
    """

    kind: str
    id: str
    license: str
    clause: str
    cite: str
    why: str
    path: tuple[str, ...]
    steps: tuple[str, ...]
    under: tuple[str, ...]
    level: str = ""

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        ref = f"{self.license}/{self.clause}" if self.license else self.clause
        return {
            "kind": self.kind, "id": self.id or None, "license": self.license, "clause": ref, "cite": self.cite, "why": self.why,
            "path": list(self.path), "steps": list(self.steps), "under": list(self.under), "level": self.level or None,
        }  # fmt: skip


class Touched(NamedTuple):
    """An assumption that the verdict reads: the value taken, the answer under each value, and what depends on it."""

    assumption: Assumption
    value: str
    answers: tuple[tuple[str, str], ...]
    standing: tuple[Standing, ...]


class Way(NamedTuple):
    """The smallest sets of other values that reach an answer: none of them contains another.

    ``complete``: every combination that could reach it was looked at.
    """

    target: str
    sets: tuple[Change, ...]
    complete: bool


class Outlook(NamedTuple):
    """What one verdict rests on. ``combinations``: of all values of what it touches; ``tried``: those behind ``robust``.

    ``asked``: combinations assessed to see what depends on each assumption: all of them, or, where they are too many, those
    near the values taken, near each profile and near each flip, and those that could reach another answer.
    """

    verdict: Verdict
    touched: tuple[Touched, ...]
    combinations: int
    tried: int
    ways: tuple[Way, ...]
    asked: int

    @property
    def robust(self) -> bool:
        """No combination of the values touched gives another answer, and all were tried."""
        return not self.verdict.flips and self.verdict.flips_complete


def outlook(stack: Stack, knowledge: Knowledge, profile: str = DEFAULT_PROFILE, *, assume: Mapping[str, str] | None = None, as_of: str | None = None) -> Outlook:
    """What the verdict on a stack rests on. Parameters and errors as in `assess`."""
    verdict = assess(stack, knowledge, profile, assume=assume, as_of=as_of)
    base = dict(verdict.assumptions)
    domains = {name: knowledge.assumptions[name].values for name in base}
    known: dict[Change, Verdict] = {}

    def at(change: Change) -> Verdict:
        if change not in known:
            known[change] = assess(stack, knowledge, profile, assume={**(assume or {}), **dict(change)}, as_of=verdict.as_of, search=False)
        return known[change]

    combinations = math.prod(len(d) for d in domains.values())
    share = max(1.0, len(stack.components) / LARGE)
    whole = combinations <= MAX_WHOLE / share
    flips = [change for change, _ in verdict.flips]
    points = _everywhere(base, domains) if whole else _around(base, domains, [p.values for p in knowledge.profiles.values()], flips)
    for change in points:
        at(change)
    bound = flips if verdict.flips_complete else None
    most = int(MAX_ASKED / share)
    ways = tuple(_way(target, verdict.answer, base, domains, bound, most, lambda change: at(change).answer) for target in ("yes", "no"))
    standing = _standing(base, domains, known)
    touched = []
    for name, value in sorted(base.items()):
        answers = tuple((v, at(() if v == value else ((name, v),)).answer) for v in domains[name])
        touched.append(Touched(knowledge.assumptions[name], value, answers, standing[name]))
    return Outlook(verdict, tuple(touched), combinations, tried(verdict, domains), ways, len(known))


def tried(verdict: Verdict, domains: Mapping[str, Sequence[str]]) -> int:
    """At least how many combinations the flips were looked for in: all, or as many as `solver.decide` allows."""
    sizes = [len(domains[name]) for name in sorted(domains)]
    whole = math.prod(sizes)
    if verdict.flips_complete:
        return whole
    totals = itertools.accumulate(sizes, lambda a, b: a * b)
    moves = [size - 1 for size, total in zip(sizes, totals, strict=True) if total <= MAX_COMBINATIONS]
    by_size = [1, *([0] * len(moves))]  # how many changes there are of no value, one, two, …
    for options in moves:
        by_size = [by_size[0], *(more + options * fewer for fewer, more in itertools.pairwise(by_size))]
    count = 1
    for changes in by_size[1:]:
        count += changes
        if count - 1 > MAX_TRIALS:
            break
    return count


def _everywhere(base: Mapping[str, str], domains: Mapping[str, Sequence[str]]) -> list[Change]:
    names = sorted(domains)
    return [_change(base, dict(zip(names, values, strict=True))) for values in itertools.product(*(domains[n] for n in names))]


def _around(base: Mapping[str, str], domains: Mapping[str, Sequence[str]], profiles: Iterable[Mapping[str, str]], flips: Iterable[Change]) -> list[Change]:
    """The values taken, the profiles' and the flips', and what differs from one of them in one value."""
    centres = [dict(base), *({n: p[n] for n in base} for p in profiles), *({**base, **dict(f)} for f in flips)]
    found: dict[Change, None] = {}
    for centre in centres:
        found[_change(base, centre)] = None
        found.update((_change(base, {**centre, name: value}), None) for name in sorted(domains) for value in domains[name])
    return list(found)


def _change(base: Mapping[str, str], values: Mapping[str, str]) -> Change:
    return tuple((name, values[name]) for name in sorted(values) if values[name] != base[name])


def _way(target: str, now: str, base: Mapping[str, str], domains: Mapping[str, Sequence[str]], flips: Sequence[Change] | None, most: int, answer: Callable[[Change], str]) -> Way:
    """The inclusion-minimal changes that reach an answer, smallest first.

    flips: the inclusion-minimal changes after which the answer is another, if all are known: one that contains none
    of them changes nothing, and need not be asked. most: how many may be asked.
    """
    if now == target:
        return Way(target, (), True)
    if flips is not None and not flips:
        return Way(target, (), True)
    known = None if flips is None else [frozenset(f) for f in flips]
    found: list[frozenset[tuple[str, str]]] = []
    sets: list[Change] = []
    asked = steps = 0
    for size in range(1, len(base) + 1):
        for names in itertools.combinations(sorted(base), size):
            for values in itertools.product(*([v for v in domains[n] if v != base[n]] for n in names)):
                steps += 1
                if steps > MAX_TRIALS:
                    return Way(target, tuple(sets), False)
                change = tuple(zip(names, values, strict=True))
                made = frozenset(change)
                if any(f <= made for f in found) or (known is not None and not any(f <= made for f in known)):
                    continue
                asked += 1
                if asked > most:
                    return Way(target, tuple(sets), False)
                if answer(change) == target:
                    found.append(made)
                    sets.append(change)
    return Way(target, tuple(sets), True)


def _standing(base: Mapping[str, str], domains: Mapping[str, Sequence[str]], told: Mapping[Change, Verdict]) -> dict[str, tuple[Standing, ...]]:
    """For each assumption, what depends on it.

    A blocker whose condition reads it; a duty that waits for another value of it, or that is owed under one value of
    it and not under another, everything else being the same.
    """
    seen: dict[str, dict[tuple[str, ...], tuple[Standing, set[str]]]] = {name: {} for name in base}

    def note(name: str, row: Standing, values: Iterable[str]) -> None:
        key = (row.kind, row.id, row.license, row.clause, row.level, row.why if row.kind == "blocker" else "")
        known, under = seen[name].setdefault(key, (row, set()))
        under.update(values)
        seen[name][key] = (min(known, row, key=lambda s: (len(s.path), s.path)), under)

    for change, verdict in told.items():
        values = {**base, **dict(change)}
        for blocker in verdict.blockers:
            for name in {n for n, _ in blocker.rests_on} & set(base):
                note(name, _of_blocker(blocker), [values[name]])
        for duty in verdict.duties:
            for name, value in duty.rests_on:
                if name in base:
                    note(name, _of_duty(duty), [value])
    for name in base:
        lines: dict[Change, dict[str, Verdict]] = {}
        for change, verdict in told.items():
            rest = tuple(pair for pair in change if pair[0] != name)
            lines.setdefault(rest, {})[dict(change).get(name, base[name])] = verdict
        for line in lines.values():
            owed = {value: {(d.id, d.value, d.license, d.clause): d for d in verdict.duties if not d.rests_on} for value, verdict in line.items()}
            for key in {k: None for duties in owed.values() for k in duties}:
                values_of = [value for value, duties in owed.items() if key in duties]
                if len(values_of) < len(line):
                    note(name, _of_duty(owed[values_of[0]][key]), values_of)
    return {
        name: tuple(
            sorted(
                (row._replace(under=tuple(v for v in domains[name] if v in under)) for row, under in rows.values()),
                key=lambda s: (s.kind, s.license, s.cite, s.clause, s.id, s.why, s.level),
            )
        )
        for name, rows in seen.items()
    }


def _of_blocker(row: Blocker) -> Standing:
    return Standing("blocker", "", row.license, row.clause, row.cite, row.why, row.path, row.steps, (), row.level)


def _of_duty(row: Owed) -> Standing:
    return Standing("duty", row.id, row.license, row.clause, row.cite, row.why, row.path, row.steps, ())


def question_json(assumption: Assumption, knowledge: Knowledge) -> dict[str, Any]:
    """What is known of one open question, as published."""
    return {
        "id": assumption.id, "question": assumption.question, "values": list(assumption.values), "checked": assumption.checked,
        "held_by": {v: list(assumption.held_by.get(v, ())) for v in assumption.values}, "profiles": {p.id: p.values[assumption.id] for p in knowledge.profiles.values()},
    }  # fmt: skip


def all_json(knowledge: Knowledge) -> dict[str, Any]:
    """Every open question of the knowledge base, as published."""
    return {"schema": SCHEMA, "stack": None, "assumptions": [question_json(a, knowledge) for a in knowledge.assumptions.values()], "versions": {"knowledge": knowledge.version}}


def outlook_json(found: Outlook, knowledge: Knowledge) -> dict[str, Any]:
    """The open questions that one verdict touches, as published."""
    verdict = found.verdict
    rows = [
        {**question_json(t.assumption, knowledge), "value": t.value, "answers": dict(t.answers), "depends": [s.to_json() for s in t.standing]} for t in found.touched
    ]  # fmt: skip
    stack = {
        "component": verdict.component, "name": verdict.name, "proposed": verdict.proposed or None, "form": verdict.form, "use": verdict.use, "to": verdict.to, "purpose": verdict.purpose or None,
        "answer": verdict.answer, "profile": verdict.profile, "by_profile": dict(verdict.by_profile),
        "robust": found.robust, "combinations": {"all": found.combinations, "tried": found.tried, "complete": verdict.flips_complete, "asked": found.asked},
        "flips": [{"set": dict(s), "answer": a} for s, a in verdict.flips],
        "ways": [{"to": w.target, "already": w.target == verdict.answer, "sets": [dict(s) for s in w.sets], "complete": w.complete} for w in found.ways],
        "as_of": verdict.as_of, "inputs": [{"path": p, "sha256": s} for p, s in verdict.inputs],
    }  # fmt: skip
    return {"schema": SCHEMA, "stack": stack, "assumptions": rows, "versions": dict(verdict.versions)}


def json_schema() -> dict[str, Any]:
    """JSON Schema of both documents, as published in ``schema/assumptions-1.json``."""
    text: dict[str, Any] = {"type": "string"}
    maybe: dict[str, Any] = {"type": ["string", "null"]}
    texts = {"type": "array", "items": text}
    values = {"type": "object", "additionalProperties": text}
    count = {"type": "integer", "minimum": 0}
    yes_or_no = {"type": "boolean"}
    known = verdict_schema()["properties"]

    def row(optional: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {**fields, **(optional or {})}, "required": list(fields), "additionalProperties": True}

    def rows(**fields: Any) -> dict[str, Any]:
        return {"type": "array", "items": row(**fields)}

    depends = rows(kind={"enum": ["blocker", "duty"]}, id=maybe, license=text, clause=text, cite=text, why=text, path=texts, steps=texts, under={**texts, "minItems": 1}, level=maybe)
    question = row(
        {"value": text, "answers": known["by_profile"], "depends": depends},
        id=text, question=text, values=texts, checked=text, held_by={"type": "object", "additionalProperties": texts}, profiles=values,
    )  # fmt: skip
    stack = row(
        component=text, name=text, proposed=maybe, form=text, use=text, to=text, purpose=maybe, answer=known["answer"], profile=text, by_profile=known["by_profile"], robust=yes_or_no,
        combinations=row(all=count, tried=count, complete=yes_or_no, asked=count), flips=known["flips"],
        ways=rows(to={"enum": ["yes", "no"]}, already=yes_or_no, sets={"type": "array", "items": values}, complete=yes_or_no), as_of=text, inputs=known["inputs"],
    )  # fmt: skip
    whole = row(schema={"const": SCHEMA}, stack={"anyOf": [stack, {"type": "null"}]}, assumptions={"type": "array", "items": question}, versions=values)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph assumptions, version 1", "description": "Fields are only ever added.", **whole}
