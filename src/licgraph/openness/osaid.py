"""The Open Source AI Definition 1.0: data information, code under OSI-approved licences, parameters under open terms.

Whether data information is detailed enough for a skilled person to build a substantially equivalent system cannot be
decided from a stack: that stays a question for a person, so nothing passes this reading here.
"""

from __future__ import annotations

from collections.abc import Sequence

from licgraph.openness.parts import FINAL, SAME_MACHINE, Judge
from licgraph.openness.rules import Rules
from licgraph.openness.table import Cell, Member, Part, Reading

LABELS = {"not-met": "not met", "needs-a-person": "needs a person", "undecided": "undecided"}
MISSED = ("missing", "not met")


def read(judge: Judge, parts: Sequence[Part], rules: Rules) -> Reading:
    """The rows of the definition, and whether any stands against it."""
    weights = next(p for p in parts if p.id == "weights")
    training = next(p for p in parts if p.id == "training-code")
    cells = [_information(judge, rules)]
    cells += [_code(judge, role, label, training) for role, label in rules.osaid_code.items()]
    cells.append(_parameters(weights))
    unknown = [c for c in cells if c.state == "unknown"]
    missed = [c for c in cells if c.state in MISSED]
    grade = "not-met" if missed else "undecided" if unknown else "needs-a-person"
    decides = missed or unknown or cells[:1]
    source = rules.sources["osaid"]
    names = tuple(dict.fromkeys(n for c in decides for n in c.components))
    missing = tuple(f"{c.label}: {c.reason}" for c in (*missed, *unknown, *(c for c in cells if c.state == "needs a person")))
    at_most = LABELS["needs-a-person"] if grade == "undecided" else ""
    return Reading("osaid", source.name, source.version, source.source, grade, LABELS[grade], at_most, names, "needs a person" if grade != "needs-a-person" else "a person's judgement", missing, tuple(cells))


def _names(members: Sequence[Member]) -> tuple[str, ...]:
    return tuple(m.component for m in members)


def _information(judge: Judge, rules: Rules) -> Cell:
    label = "Data information"
    found = [m for role in rules.data_information for m in judge.members(judge.found.direct(role), role)]
    good = next((m for m in found if m.terms.state == "open"), None)
    if good is not None:
        why = f"{good.component} ({rules.label(good.role)}) is there under open terms; whether it is detailed enough cannot be decided from a stack"
        return Cell("data-information", label, "needs a person", why, (good.component,), good.terms.license, good.terms.clause, good.terms.cite)
    doubt = next((m for m in found if m.terms.state == "unknown"), None)
    if doubt is not None:
        return Cell("data-information", label, "unknown", f"{doubt.component}: {doubt.terms.why}", (doubt.component,), doubt.terms.license)
    if found:
        first = found[0]
        return Cell("data-information", label, "not met", f"{first.component}: {first.terms.why}", _names(found), first.terms.license, first.terms.clause, first.terms.cite)
    wanted = ", ".join(rules.label(r).lower() for r in rules.data_information)
    return Cell("data-information", label, "missing", f"none of {wanted} is in the stack")


def _code(judge: Judge, role: str, label: str, training: Part) -> Cell:
    names = judge.found.anywhere(role) if role in SAME_MACHINE else judge.found.direct(role)
    members = judge.members(names, role)
    lost: tuple[str, ...] = tuple(judge.found.absent[n] for n in names if n in judge.found.absent)
    if role == "training-code":
        members, lost = training.members, training.missing
    if not members:
        return Cell(role, label, "missing", "; ".join(lost) or f"no component of the stack has the role {role}")
    bad = next((m for m in members if m.not_osi and not m.osi_unknown), None)
    if bad is not None:
        return Cell(role, label, "not met", f"{bad.component}: {', '.join(bad.not_osi)} is not approved by OSI", _names(members), bad.terms.license, bad.terms.clause, bad.terms.cite)
    closed = next((m for m in members if m.terms.state in ("none", "other")), None)
    if closed is not None:
        return Cell(role, label, "not met", f"{closed.component}: {closed.terms.why}", _names(members), closed.terms.license, closed.terms.clause, closed.terms.cite)
    if lost:
        return Cell(role, label, "missing", f"{', '.join(_names(members))} is there; {'; '.join(lost)}", _names(members))
    doubt = next((m for m in members if m.osi_unknown or (m.terms.state == "unknown" and m.also)), None)
    doubt = next((m for m in members if m.not_osi or (m.terms.state == "unknown" and (m.terms.path or not m.terms.license))), None)
    if doubt is not None:
        return Cell(role, label, "unknown", f"{doubt.component}: {doubt.terms.why}", _names(members), doubt.terms.license)
    first = members[0]
    return Cell(role, label, "met", f"{', '.join(_names(members))}: under {'an OSI-approved licence' if len(members) == 1 else 'OSI-approved licences'} ({first.terms.license})", _names(members), first.terms.license, first.terms.clause, first.terms.cite)


def _parameters(weights: Part) -> Cell:
    terms = weights.terms
    shown = {"open": "met", "unknown": "unknown"}.get(terms.state, "not met") if weights.members else "missing"
    return Cell(FINAL, "Model parameters", shown, weights.reason, _names(weights.members), terms.license, terms.clause, terms.cite)
