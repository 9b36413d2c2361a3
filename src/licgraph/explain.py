"""A verdict in numbered sentences: which clause, which section, on which path, resting on which open question.

Plain lines without markup, so that every report can use them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from licgraph.knowledge import Knowledge
from licgraph.verdict import Blocker, Owed, Verdict

CARRIED = {
    "copy": "as a copy of the work itself",
    "derivative": "as a changed version of it",
    "linked": "as a program linked with it",
    "trained": "as a model trained on it",
    "extracted": "as a model made from its outputs",
    "output": "as its output",
    "remote": "at more than one remove",
}


def select(verdict: Verdict, knowledge: Knowledge, what: str) -> Iterator[str]:
    """Sentences on one thing: a blocker by number, a duty id, a clause, a component, a licence, an assumption.

    Nothing is yielded when nothing of that name is in the verdict.
    """
    if what.isdigit():
        number = int(what)
        if 1 <= number <= len(verdict.blockers):
            yield from blocker(verdict, knowledge, number)
        return
    for number, row in enumerate(verdict.blockers, 1):
        if what in (row.ref, row.clause, row.license, *row.origins, *row.path):
            yield from blocker(verdict, knowledge, number)
    for owed in verdict.duties:
        if what in (owed.id, owed.license, f"{owed.license}/{owed.clause}", *owed.origins):
            yield from duty(owed)
    if what in knowledge.assumptions:
        yield from assumption(verdict, knowledge, what)
    for finding in verdict.findings:
        if what in (finding.id, finding.component):
            yield f"Finding {finding.id}: {finding.why}."


def whole(verdict: Verdict, knowledge: Knowledge) -> Iterator[str]:
    """Everything: each blocker, each duty, each assumption the answer turns on, and what was not examined."""
    name = verdict.name or verdict.component
    proposed = f"under {verdict.proposed}" if verdict.proposed else "under some terms"
    yield f"Question: may {name} go out {proposed} (form {verdict.form}, use {verdict.use}, to {verdict.to})? Answer under the profile {verdict.profile}: {verdict.answer}."
    for number in range(1, len(verdict.blockers) + 1):
        yield ""
        yield from blocker(verdict, knowledge, number)
    if not verdict.blockers:
        yield "No clause that reaches the release, and no act of ours in making it, stands against it."
    for owed in verdict.duties:
        yield ""
        yield from duty(owed)
    for name in verdict.turns_on:
        yield ""
        yield from assumption(verdict, knowledge, name)
    if verdict.for_counsel:
        yield ""
        yield "Terms that are not computed and that counsel should read:"
        for licence, cite, reading in verdict.for_counsel:
            yield f"  {licence} {cite}: {reading}"
    yield ""
    yield f"Not examined: {'; '.join(verdict.not_examined)}."


def blocker(verdict: Verdict, knowledge: Knowledge, number: int) -> Iterator[str]:
    """The derivation of one blocker."""
    row: Blocker = verdict.blockers[number - 1]
    origin = " and ".join(row.origins) or row.thing
    yield f"{number}. {row.ref} ({row.license} {row.cite}): {row.why}.".replace(" )", ")")
    if row.reading:
        yield f"   It says: “{row.quote}”. Read: {row.reading} [{row.review}]"
    yield from walk(row.path, row.steps, knowledge)
    when = "this act lies in the past" if row.when == "made" else "this act is the release"
    if (row.thing,) == row.origins:
        yield f"   We have {row.thing} itself{_place(row.place)}. The act: {row.act}, by {row.by} ({when})."
    else:
        yield f"   So {row.thing} carries {origin} {CARRIED.get(row.way, row.way)}{_place(row.place)}. The act: {row.act}, by {row.by} ({when})."
    yield from _open(row, knowledge)
    if row.evidence is not None and row.evidence.file:
        yield f"   The licence of {row.origins[0] if row.origins else row.thing} stands in {row.evidence.file}, line {row.evidence.line}."
    yield f"   Who could lift it: {lifter(row)}."
    if row.accepted_risk:
        yield f"   The risk is accepted: {row.accepted_risk}."


def walk(path: tuple[str, ...], steps: tuple[str, ...], knowledge: Knowledge) -> Iterator[str]:
    """Each step of a path in words, with the relation's own reason."""
    for (source, result), step in zip(itertools.pairwise(path), steps, strict=False):
        relation = knowledge.relations[step]
        yield f"   - {relation.sentence.format(result=result, source=source)}. {relation.why}"


def _place(place: str) -> str:
    return {"beside": ", beside other works in a collection", "behind": ", behind a service or program that runs it", "answers": ", in the answers it gives", "tool": ", as a tool"}.get(place, "")


def _open(row: Blocker, knowledge: Knowledge) -> Iterator[str]:
    for name, value in row.rests_on:
        if name in knowledge.assumptions:
            yield f"   Rests on the open question {name} = {value}: {knowledge.assumptions[name].question}"
        else:
            yield f"   Holds if {name} is {value}, which the stack leaves open."


def lifter(row: Blocker) -> str:
    """Who could lift a blocker, and by what."""
    if row.clause == "unknown-terms":
        return "whoever can name the terms"
    if row.why.startswith("the name"):
        return "we, by another name"
    if row.by == "recipients" or row.clause == "relabel":
        return f"the licensor of {', '.join(row.origins) or row.license}, or we, by other outbound terms"
    return f"the licensor of {', '.join(row.origins) or row.license}"


def duty(owed: Owed) -> Iterator[str]:
    """What one duty asks, and where it comes from."""
    source = f"{owed.license} {owed.cite}".strip() or owed.clause
    value = f": {owed.value}" if owed.value else ""
    yield f"Duty {owed.id}{value} ({source}), {owed.status}, {owed.moment}."
    if owed.reading:
        yield f"   {owed.reading}" if not owed.quote else f"   It says: “{owed.quote}”. Read: {owed.reading}"
    if owed.origins:
        yield f"   Owed to {', '.join(owed.origins)}; path {' -> '.join(owed.path)}."
    if owed.rests_on:
        yield "   Owed only if " + " and ".join(f"{n} is {v}" for n, v in owed.rests_on) + "."


def assumption(verdict: Verdict, knowledge: Knowledge, name: str) -> Iterator[str]:
    """An open question: its values, who holds each, and the answer under each that flips it."""
    found = knowledge.assumptions[name]
    value = dict(verdict.assumptions).get(name, knowledge.profiles[verdict.profile].values[name])
    yield f"Open question {name}: {found.question} (checked {found.checked})"
    for choice in found.values:
        mark = "taken here" if choice == value else ""
        holders = "; ".join(found.held_by.get(choice, ()))
        yield f"   {choice}{f' ({mark})' if mark else ''}: {holders or 'no holder found'}"
    for changes, answer in verdict.flips:
        if any(n == name for n, _ in changes):
            yield f"   With {' and '.join(f'{n} = {v}' for n, v in changes)} the answer is {answer}."
