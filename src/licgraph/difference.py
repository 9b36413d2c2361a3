"""What moved between two verdicts, and what moved it.

Where both sides can be solved again, a cause is tried and not guessed: the pieces in which the premises differ are
exchanged one at a time, and if none suffices, as few together as do. Where a side is only a verdict that was kept, its
record is compared with the other's, and a cause is named as certain only if nothing else differs.
Cost: (pieces + 1) solves, and as many again for each moved row that takes several pieces together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from licgraph import __version__
from licgraph.errors import LicgraphError
from licgraph.light import NamedTuple
from licgraph.shift import KINDS, Field, Pair, Shift, shifts
from licgraph.slices import Premises, cut, joined, solve

SCHEMA = "licgraph/diff/1"
ANSWERS = ("yes", "conditional", "unknown", "no")
PARTS = ("answer", "by_profile", "layered", "gate", "blockers", "duties", "questions", "findings", "options")
KEYS = {"answer": (), "by_profile": ("profile",), "layered": (), "gate": (), "blockers": ("origin", "clause", "component", "act"), "duties": ("id", "value", "license"), "questions": ("fact", "scope"), "findings": ("id", "component"), "options": ("expression", "layered")}
"""The parts of a verdict that are compared, each with what tells its rows apart: never a line, never a wording."""
MAX_PIECES = 60
OTHERWISE = "otherwise"
"""The state of a duty that is owed only under another value of an open question, or of a fact."""
STATUSES = (OTHERWISE, "met", "not-checkable", "open", "refused")
RESOLVED, ONLY, POSSIBLE = "re-solved", "only-difference", "possible"
"""How a cause is shown: by solving again; as all that differs in the records; as one of several differences."""

Key = tuple[str, ...]
Rows = dict[Key, str]


class Side(NamedTuple):
    """One side: how it was given, what kind of thing it is, its verdict as published, and its premises if they are known."""

    given: str
    kind: str
    verdict: Mapping[str, Any]
    premises: Premises | None = None


class Cause(NamedTuple):
    """Pieces that together move a row (indices of `Difference.changes`), and how that is known."""

    changes: tuple[int, ...]
    shown: str


class Row(NamedTuple):
    """One thing that moved. ``key``: the part and what tells the row apart. Several causes: each alone suffices."""

    key: Key
    old: str | None
    new: str | None
    causes: tuple[Cause, ...] = ()
    cite: str = ""
    why: str = ""

    @property
    def worse(self) -> bool:
        """The answer went towards no, or a blocker is new or weighs more."""
        if self.key[0] not in ("answer", "blockers") or self.new is None:
            return False
        return self.old is None or ANSWERS.index(self.new) > ANSWERS.index(self.old)


class Difference(NamedTuple):
    """What moved between two verdicts, all in which their premises differ, and which of that moved what."""

    old: Side
    new: Side
    rows: tuple[Row, ...]
    changes: tuple[Shift, ...]

    @property
    def worse(self) -> bool:
        """Whether anything got worse."""
        return any(row.worse for row in self.rows)

    @property
    def idle(self) -> tuple[Shift, ...]:
        """Differences that move nothing."""
        used = {i for row in self.rows for cause in row.causes for i in cause.changes}
        return tuple(c for i, c in enumerate(self.changes) if i not in used)

    def to_json(self) -> dict[str, Any]:
        """The difference as published (schema/diff-1.json)."""

        def side(one: Side) -> dict[str, Any]:
            return {"given": one.given, "kind": one.kind, **{k: one.verdict.get(k) for k in ("component", "proposed", "form", "use", "to", "answer", "profile", "as_of", "versions")}}

        def row(one: Row) -> dict[str, Any]:
            told: dict[str, Any] = dict(zip(KEYS[one.key[0]], one.key[1:], strict=True))
            if "layered" in told:
                told["layered"] = told["layered"] == "layered"
            change = "added" if one.old is None else "gone" if one.new is None else "changed"
            return {**told, "change": change, "old": one.old, "new": one.new, "worse": one.worse, "cite": one.cite, "why": one.why, "causes": [{"changes": list(c.changes), "shown": c.shown} for c in one.causes]}

        return {
            "schema": SCHEMA, "old": side(self.old), "new": side(self.new), "moved": bool(self.rows), "worse": self.worse,
            "rows": {part: [row(r) for r in self.rows if r.key[0] == part] for part in PARTS},
            "changes": [{**c.to_json(), "moves": c not in self.idle} for c in self.changes],
        }  # fmt: skip


def facets(verdict: Mapping[str, Any]) -> Rows:
    """Everything of a verdict that is compared, as rows with a value each."""
    key: Key
    found: Rows = {("answer",): verdict["answer"], ("layered",): verdict["layered"], ("gate",): verdict["gate"]}
    found |= {("by_profile", name): answer for name, answer in verdict["by_profile"].items()}
    for b in verdict["blockers"]:
        for origin in b["origins"] or b["path"][:1] or [""]:
            key = ("blockers", origin, b["clause"], b["path"][-1] if b["path"] else verdict["component"], b["act"])
            found[key] = max(found.get(key, "yes"), b["level"], key=ANSWERS.index)
    for d in verdict["duties"]:
        duty = ("duties", d["id"], d["value"], d["license"])
        status = OTHERWISE if d["rests_on"] else d["status"]
        found[duty] = max(found.get(duty, OTHERWISE), status, key=STATUSES.index)
    found |= {("questions", n["fact"], n["scope"]): "open" for n in verdict["needs_facts"]}
    found |= {("findings", f["id"], f["component"]): "noticed" for f in verdict["findings"]}
    found |= {("options", o["expression"], "layered" if o["layered"] else "whole"): "found" for o in verdict["outbound"]["options"]}
    return found


def _said(verdict: Mapping[str, Any], key: Key) -> tuple[str, str]:
    """Section and reason of a blocker or duty, for the reader."""
    if key[0] == "blockers":
        rows = (b for b in verdict["blockers"] if b["clause"] == key[2] and b["act"] == key[4] and key[1] in (b["origins"] or b["path"][:1] or [""]))
    elif key[0] == "duties":
        rows = (d for d in verdict["duties"] if (d["id"], d["value"], d["license"]) == key[1:])
    elif key[0] == "findings":
        rows = ({"cite": "", "why": f["why"]} for f in verdict["findings"] if (f["id"], f["component"]) == key[1:])
    else:
        return "", ""
    found = next(rows, None)
    return (found["cite"], found["why"]) if found else ("", "")


def moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Row]:
    """The rows in which two published verdicts differ, in the order of PARTS."""
    a, b = facets(old), facets(new)
    keys = sorted((k for k in {*a, *b} if a.get(k) != b.get(k)), key=lambda k: (PARTS.index(k[0]), k))
    return [Row(k, a.get(k), b.get(k), (), *_said(new if k in b else old, k)) for k in keys]


def diff(old: Side, new: Side) -> Difference:
    """What moved from one side to the other, with its causes. Raises StackError as `assess` does."""
    rows = moved(old.verdict, new.verdict)
    if old.premises is None or new.premises is None:
        return _compared(old, new, rows)
    return _resolved(old, new, rows)


# ------------------------------------------------------------------ by solving again


class _Trials:
    """Verdicts under the old premises with some pieces of the new; each mixture is solved once."""

    def __init__(self, pair: Pair, pieces: Sequence[Sequence[Shift]]) -> None:
        self.pair, self.pieces = pair, pieces
        self.known: dict[frozenset[int], Rows] = {}

    def rows(self, chosen: frozenset[int]) -> Rows:
        """The rows of a mixture; none where it cannot be solved."""
        if chosen not in self.known:
            premises = self.pair.with_some([s for i in sorted(chosen) for s in self.pieces[i]])
            try:
                self.known[chosen] = facets(solve(premises)[0].to_json()) if premises is not None else {}
            except (LicgraphError, KeyError):  # pieces that need each other: no verdict, so no cause
                self.known[chosen] = {}
        return self.known[chosen]

    def moves(self, chosen: frozenset[int], key: Key, to: str | None) -> bool:
        """Whether a mixture gives a row the value that it has on the new side."""
        found = self.rows(chosen)
        return bool(found) and found.get(key) == to

    def causes(self, key: Key, to: str | None) -> list[frozenset[int]]:
        """Each piece that suffices alone; else one smallest set of pieces (none of which can be left out)."""
        every = frozenset(range(len(self.pieces)))
        alone = [frozenset({i}) for i in sorted(every) if self.moves(frozenset({i}), key, to)]
        if alone or not self.moves(every, key, to):
            return alone
        least = every
        for i in sorted(every, reverse=True):
            if self.moves(least - {i}, key, to):
                least -= {i}
        return [least]


def _resolved(old: Side, new: Side, rows: list[Row]) -> Difference:
    assert old.premises is not None
    assert new.premises is not None
    (before, used), (after, used_too) = solve(old.premises), solve(new.premises)
    both = joined(used, used_too)
    pair = Pair(old.premises, new.premises, cut(old.premises.knowledge, both), cut(new.premises.knowledge, both))
    changes = list(shifts(old.premises, new.premises, pair.old_slice, pair.new_slice))
    pieces: list[list[int]] = [[i] for i in range(len(changes))]
    if len(pieces) > MAX_PIECES:  # many small pieces: one for each component, step, licence and word
        grouped: dict[tuple[str, ...], list[int]] = {}
        for i, shift in enumerate(changes):
            grouped.setdefault(shift.slot[:2] if shift.slot[0] in ("component", "clause", "license") else shift.slot, []).append(i)
        pieces = list(grouped.values())
    trials = _Trials(pair, [[changes[i] for i in piece] for piece in pieces])
    now = facets(before.to_json())
    then = facets(after.to_json())
    solver: int | None = None
    told = []
    for row in rows:
        causes = []
        if now.get(row.key) != then.get(row.key):
            causes = [Cause(tuple(i for piece in sorted(found) for i in pieces[piece]), RESOLVED) for found in trials.causes(row.key, then.get(row.key))]
        if now.get(row.key) != row.old or then.get(row.key) != row.new:  # the same premises give another row today
            if solver is None:
                solver = len(changes)
                changes.append(_engine(old.verdict, new.verdict))
            causes.append(Cause((solver,), RESOLVED))
        told.append(row._replace(causes=tuple(causes)))
    return Difference(old, new, tuple(told), tuple(changes))


def _engine(old: Mapping[str, Any], new: Mapping[str, Any]) -> Shift:
    a, b = (v.get("versions", {}).get("licgraph") for v in (old, new))
    other = (Field("licgraph", a, b),) if a != b else (Field("licgraph", a, f"{b}, solved again by {__version__}"),)
    return Shift("solver", ("solver",), "changed", "the solver", other)


# ------------------------------------------------------------------ by comparing records

QUESTION = ("component", "proposed", "form", "use", "to", "purpose")


def _compared(old: Side, new: Side, rows: list[Row]) -> Difference:
    changes = recorded(old.verdict, new.verdict)
    if rows and not changes:
        changes = [Shift("unrecorded", ("unrecorded",), "changed", "nothing that a verdict records differs (it records no facts, elections or permissions)")]
    shown = ONLY if len(changes) == 1 else POSSIBLE
    cause = tuple(Cause((i,), shown) for i in range(len(changes)))
    return Difference(old, new, tuple(row._replace(causes=cause) for row in rows), tuple(changes))


def recorded(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Shift]:
    """In what the records of two verdicts differ: question, inputs, readings, assumptions, day, versions."""
    found = [Shift("stack", ("release", k), "changed", "the release", (Field(k, old[k], new[k]),)) for k in QUESTION if old[k] != new[k]]
    digests = [sorted(i["sha256"] for i in v["inputs"]) for v in (old, new)]
    if digests[0] != digests[1]:
        was, now = ({i["path"]: i["sha256"] for i in v["inputs"]} for v in (old, new))
        found.append(Shift("stack", ("inputs",), "changed", "the inputs", tuple(Field(p, was.get(p), now.get(p)) for p in sorted({*was, *now}) if was.get(p) != now.get(p))))
    a, b = old["versions"], new["versions"]
    if a.get("knowledge") != b.get("knowledge"):
        found.append(Shift("reading", ("knowledge",), "changed", "the knowledge base", (Field("version", a.get("knowledge"), b.get("knowledge")), *_readings(old, new))))
    if old["profile"] != new["profile"]:
        found.append(Shift("assumption", ("profile",), "changed", "the profile", (Field("profile", old["profile"], new["profile"]),)))
    values = [Field(k, v, new["assumptions"][k]) for k, v in old["assumptions"].items() if new["assumptions"].get(k, v) != v]
    if values and old["profile"] == new["profile"]:
        found += [Shift("assumption", ("assume", f.name), "changed", "the value taken for an open question", (f,)) for f in values]
    if old["as_of"] != new["as_of"]:
        found.append(Shift("day", ("day",), "changed", "the day", (Field("as-of", old["as_of"], new["as_of"]),)))
    if a.get("licgraph") != b.get("licgraph"):
        found.append(Shift("solver", ("solver",), "changed", "the solver", (Field("licgraph", a.get("licgraph"), b.get("licgraph")),)))
    return sorted(found, key=lambda s: KINDS.index(s.kind))


def _readings(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Field]:
    """Clauses that both verdicts quote, and quote differently."""
    texts: list[dict[str, str]] = [{b["clause"]: f"{b['cite']}: {b['reading']}" for b in v["blockers"] if b["reading"]} for v in (old, new)]
    return [Field(k, v, texts[1][k]) for k, v in sorted(texts[0].items()) if texts[1].get(k, v) != v]


def json_schema() -> dict[str, Any]:
    """JSON Schema of a difference, as published in `schema/diff-1.json`."""
    text: dict[str, Any] = {"type": "string"}
    maybe: dict[str, Any] = {"type": ["string", "null"]}
    flag = {"type": "boolean"}

    def row(**fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": True}

    def rows(**fields: Any) -> dict[str, Any]:
        return {"type": "array", "items": row(**fields)}

    causes = rows(changes={"type": "array", "items": {"type": "integer", "minimum": 0}}, shown={"enum": [RESOLVED, ONLY, POSSIBLE]})
    side = row(given=text, kind={"enum": ["verdict", "lock", "stack", "knowledge"]}, component=text, proposed=maybe, form=text, use=text, to=text, answer={"enum": list(ANSWERS)}, profile=text, as_of=text, versions={"type": "object"})
    named = {part: {key: flag if key == "layered" else text for key in keys} for part, keys in KEYS.items()}
    parts = {part: rows(**named[part], change={"enum": ["added", "gone", "changed"]}, old=maybe, new=maybe, worse=flag, cite=text, why=text, causes=causes) for part in PARTS}
    changes = rows(kind={"enum": list(KINDS)}, change={"enum": ["added", "gone", "changed"]}, target=text, slot={"type": "array", "items": text}, fields=rows(field=text, old=True, new=True), moves=flag)
    whole = row(schema={"const": SCHEMA}, old=side, new=side, moved=flag, worse=flag, rows=row(**parts), changes=changes)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph diff, version 1", "description": "Fields are only ever added.", **whole}
