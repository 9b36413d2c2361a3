"""What CI does with an answer once accepted risks and the baseline are counted. The answer itself does not move."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from licgraph.light import NamedTuple
from licgraph.solver.decide import ANSWERS, Case, Decider
from licgraph.solver.formula import ANY, holds, variables
from licgraph.solver.item import Item
from licgraph.stack import AcceptedRisk
from licgraph.verdict import Blocker, Finding, Totals

GATES = {"yes": "pass", "no": "fail"}
RISK_ENDS_SOON, ENTRY_ENDS_SOON = 30, 14
"""Days before its end from which an accepted risk, or an entry of a baseline, is named."""


class Entry(NamedTuple):
    """One blocker that was there when a baseline was written. Never a line or a wording: those move.

    ``origin``: whose licence it is; what is acted on, where the blocker has no origin. ``component``: what is acted on.
    """

    origin: str
    clause: str
    component: str
    act: str
    first: str
    until: str

    @property
    def key(self) -> Key:
        """What it is about, without its days."""
        return (self.origin, self.clause, self.component, self.act)


Key = tuple[str, str, str, str]


class Gate(NamedTuple):
    """The gate, the answer it goes by, the blockers with what covers each written to them, and what to say of the acceptances.

    ``hides_unknown``: the answer is conditional, and under one value of the open fact nobody knows.
    """

    gate: str
    standing: str
    hides_unknown: bool
    blockers: tuple[Blocker, ...]
    findings: tuple[Finding, ...]
    totals: Totals | None

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of the verdict, all but the findings."""
        return {"gate": self.gate, "standing": self.standing, "hides_unknown": self.hides_unknown, "blockers": self.blockers, "baseline": self.totals}


class Cover(NamedTuple):
    """The acceptances that together cover all of one thing."""

    risks: tuple[AcceptedRisk, ...]
    entries: tuple[Entry, ...]


class Acceptances:
    """The accepted risks and entries of a baseline that run on a day.

    A risk accepted for an origin speaks of that origin only, though a clause may stand against several at once; one
    accepted for the released component speaks of all that the clause asks of the release, and not of how it was made.
    An entry of a baseline speaks of one origin, clause, thing and act. ``entries``: None where there is no baseline.
    """

    def __init__(self, risks: Sequence[AcceptedRisk], day: str, release: str, entries: Sequence[Entry] | None = None) -> None:
        self.day = day
        self.release = release
        self.entries = entries
        self.running = [r for r in risks if not r.until or r.until >= day]
        self.ended = [r for r in risks if r.until and r.until < day]
        self.known = {e.key: e for e in entries or () if e.until >= day and not is_unread(e.clause)}
        self.some = bool(self.running or self.known)

    def cover(self, ref: str, origins: Collection[str], thing: str, when: str, act: str = "") -> Cover | None:
        """What covers all of this; None if a part of it is left. Without an act the baseline is left aside."""
        mine = [r for r in self.running if r.clause == ref]
        if when == "release":
            whole = [r for r in mine if r.component == self.release]
            if whole:
                return Cover(tuple(whole), ())
        wanted = set(origins) or {thing}
        risks = [r for r in mine if r.component in wanted]
        rest = sorted(wanted - {r.component for r in risks})
        entries = [self.known[key] for origin in rest if (key := (origin, ref, thing, act)) in self.known]
        return Cover(tuple(risks), tuple(entries)) if len(entries) == len(rest) else None


def is_unread(ref: str) -> bool:
    """Whether a clause (``LICENSE/clause``) is none, but stands for input that was not read."""
    return ref.startswith("/")


def days_after(day: str, days: int) -> str:
    """The day so many days later; the last day there is where the calendar ends."""
    try:
        return (date.fromisoformat(day) + timedelta(days)).isoformat()
    except OverflowError:
        return date.max.isoformat()


def gate(answer: str, items: Sequence[Item], origins: Callable[[int], Sequence[str]], decider: Decider, values: Mapping[str, str], blockers: Sequence[Blocker], accepted: Acceptances) -> Gate:
    """Decides the items again without those that are covered.

    items: all of the release on trial. origins: the names behind a mask of origins.
    """
    left = [i for i in items if not accepted.some or accepted.cover(f"{i.license}/{i.clause}", origins(i.origins), i.thing, i.when, i.act) is None]
    after = answer if len(left) == len(items) else ANSWERS[decider.answer([Case.of(left)], values)]
    if answer == "yes":
        after = answer
    hides = after == "conditional" and _may_hold(left, "unknown", decider, values)
    marked = [_marked(row, accepted) for row in _with_marks(blockers, items, origins, decider, values, accepted)]
    entries, totals = _counted(marked, accepted)
    return Gate(GATES.get(after, "open"), after, hides, tuple(marked), (*_said(blockers, accepted), *entries), totals)


def _possible(item: Item, values: Mapping[str, str]) -> bool:
    return holds(item.condition, {**values, **{v: ANY for v in variables(item.condition) if v.startswith("?")}})


def _may_hold(items: Sequence[Item], level: str, decider: Decider, values: Mapping[str, str]) -> bool:
    dropped = decider.dropped(Case.of(items), values)
    return any(i.level == level and not dropped & set(i.slots) and _possible(i, values) for i in items)


def _with_marks(blockers: Sequence[Blocker], items: Sequence[Item], origins: Callable[[int], Sequence[str]], decider: Decider, values: Mapping[str, str], accepted: Acceptances) -> Sequence[Blocker]:
    """Blockers with each (origin, thing) they stand for: a row may speak of several items. Only where a baseline asks."""
    if accepted.entries is None or not blockers:
        return blockers
    dropped = decider.dropped(Case.of(items), values)
    marks: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    for item in items:
        if item.level != "duty" and not dropped & set(item.slots) and _possible(item, values):
            key = (item.license, item.clause, item.act, item.by, item.why, item.when)
            marks.setdefault(key, set()).update((o, item.thing) for o in origins(item.origins) or (item.thing,))
    return [b._replace(stands_for=tuple(sorted((o, t) for o, t in marks.get((b.license, b.clause, b.act, b.by, b.why, b.when), ()) if o in b.origins or o == t))) for b in blockers]


def _marked(row: Blocker, accepted: Acceptances) -> Blocker:
    cover = accepted.cover(row.ref, row.origins, row.thing, row.when)
    if cover is None and row.stands_for:
        parts = [accepted.cover(row.ref, (origin,), thing, row.when, row.act) for origin, thing in row.stands_for]
        if None not in parts:
            cover = Cover(tuple(dict.fromkeys(r for p in parts if p for r in p.risks)), tuple(e for p in parts if p for e in p.entries))
    if cover is None:
        return row
    return row._replace(accepted_risk="; ".join(_words(r) for r in cover.risks), baseline=min((e.until for e in cover.entries), default=""))


def _words(risk: AcceptedRisk) -> str:
    approved = f", approved by {risk.approver}" if risk.approver else ""
    return f"{risk.reason} ({risk.owner}{approved}, until {risk.until})"


def keys(blockers: Iterable[Blocker]) -> dict[Key, None]:
    """What a baseline would hold of these blockers. What stands for unread input is left out: nobody knows what it is."""
    return {(origin, b.ref, thing, b.act): None for b in blockers if not is_unread(b.ref) for origin, thing in b.stands_for}


def _counted(blockers: Sequence[Blocker], accepted: Acceptances) -> tuple[list[Finding], Totals | None]:
    """What became of each entry of the baseline."""
    if accepted.entries is None:
        return [], None
    there = keys(blockers)
    found, met, gone, expired = [], [], 0, 0
    for entry in accepted.entries:
        what = f"{entry.clause} ({entry.act}{f', for {entry.origin}' if entry.origin != entry.component else ''})"
        if entry.key not in there:
            gone += 1
            found.append(Finding("baseline-unmatched", entry.component, f"nothing blocks by {what} any more: write the baseline anew"))
        elif entry.until < accepted.day:
            expired += 1
            found.append(Finding("baseline-expired", entry.component, f"the baseline covered {what} until {entry.until}; it counts again"))
        else:
            met.append(entry.until)
            if entry.until <= days_after(accepted.day, ENTRY_ENDS_SOON):
                found.append(Finding("baseline-ends-soon", entry.component, f"the baseline covers {what} until {entry.until} only"))
    return found, Totals(len(accepted.entries), len(met), gone, expired, min(met, default=""))


def _said(blockers: Sequence[Blocker], accepted: Acceptances) -> list[Finding]:
    """Acceptances that ended or soon will, that cover a part only, and that nothing answers to any more."""
    found = []
    for risk in (*accepted.ended, *accepted.running):
        rows = [b for b in blockers if b.ref == risk.clause and risk.component in (*b.origins, b.thing, accepted.release)]
        if not rows:
            found.append(Finding("accepted-risk-unmatched", risk.component, f"nothing blocks by {risk.clause} any more: remove the acceptance"))
        elif risk in accepted.ended:
            found.append(Finding("accepted-risk-expired", risk.component, f"the acceptance of {risk.clause} by {risk.owner} ended on {risk.until}"))
        else:
            others = sorted({o for b in rows if not accepted.cover(b.ref, b.origins, b.thing, b.when) for o in b.origins if not accepted.cover(b.ref, (o,), b.thing, b.when)})
            if others:
                found.append(Finding("accepted-risk-partial", risk.component, f"the acceptance of {risk.clause} does not speak of {', '.join(others)}, under the same clause"))
            if risk.until and risk.until <= days_after(accepted.day, RISK_ENDS_SOON):
                found.append(Finding("accepted-risk-ends-soon", risk.component, f"the acceptance of {risk.clause} by {risk.owner} ends on {risk.until}"))
    return found
