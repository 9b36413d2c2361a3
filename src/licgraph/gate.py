"""What CI does with an answer once accepted risks are counted. The answer itself does not move."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from licgraph.solver.decide import ANSWERS, Case, Decider
from licgraph.solver.items import Item
from licgraph.stack import AcceptedRisk
from licgraph.verdict import Blocker, Finding

GATES = {"yes": "pass", "no": "fail"}


class Gate(NamedTuple):
    """The gate, the blockers with what was accepted written to them, and what to say about the acceptances."""

    gate: str
    blockers: tuple[Blocker, ...]
    findings: tuple[Finding, ...]


class Acceptances:
    """The accepted risks that run on a day: for each clause, the components they were accepted for.

    One accepted for an origin speaks of that origin only, though a clause may stand against several at once; one
    accepted for the released component speaks of all that the clause asks of the release, and not of how it was made.
    """

    def __init__(self, risks: Sequence[AcceptedRisk], day: str, release: str) -> None:
        self.release = release
        self.running = [r for r in risks if not r.until or r.until >= day]
        self.ended = [r for r in risks if r.until and r.until < day]

    def cover(self, ref: str, origins: Collection[str], thing: str, when: str) -> list[AcceptedRisk]:
        """The acceptances that together cover all of this; none if a part of it is left."""
        mine = [r for r in self.running if r.clause == ref]
        if when == "release":
            whole = [r for r in mine if r.component == self.release]
            if whole:
                return whole
        wanted = set(origins) or {thing}
        found = [r for r in mine if r.component in wanted]
        return found if {r.component for r in found} == wanted else []


def gate(answer: str, items: Sequence[Item], origins: Callable[[int], Sequence[str]], decider: Decider, values: Mapping[str, str], blockers: Sequence[Blocker], accepted: Acceptances) -> Gate:
    """Decides the items again without those whose risk is accepted.

    items: all of the release on trial. origins: the names behind a mask of origins.
    """
    left = [i for i in items if not accepted.cover(f"{i.license}/{i.clause}", origins(i.origins), i.thing, i.when)]
    after = answer if len(left) == len(items) else ANSWERS[decider.answer([Case.of(left)], values)]
    marked = []
    for row in blockers:
        cover = accepted.cover(row.ref, row.origins, row.thing, row.when)
        marked.append(row._replace(accepted_risk="; ".join(f"{r.reason} ({r.owner}, until {r.until})" for r in cover)) if cover else row)
    return Gate("pass" if answer == "yes" else GATES.get(after, "open"), tuple(marked), tuple(_said(blockers, accepted)))


def _said(blockers: Sequence[Blocker], accepted: Acceptances) -> list[Finding]:
    """Acceptances that ended, that cover a part only, and that nothing answers to any more."""
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
    return found
