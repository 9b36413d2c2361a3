"""`--fail-on`: which things besides a no fail a check. The answer does not move, and nothing unknown ever passes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from licgraph.errors import Fault, StackError
from licgraph.knowledge import Knowledge
from licgraph.shapes import near
from licgraph.verdict import Owed, Ruling, Verdict

WORDS = ("no", "unknown", "conditional", "open-duty", "contested", "unreviewed", "new")
NEW = "new"


def words(written: Iterable[str], where: str = "--fail-on") -> frozenset[str]:
    """The words of a list. Raises StackError for one that is not known, and where there is none."""
    found = [w.strip() for w in written if w.strip()]
    faults = [Fault(where, 0, w, f"`{w}` is nothing a check can fail on{near(w, WORDS)}", f"Write some of: {', '.join(WORDS)}") for w in found if w not in WORDS]
    if not found:
        faults.append(Fault(where, 0, "", "nothing is listed", f"Write some of: {', '.join(WORDS)}, or leave it out"))
    if faults:
        raise StackError(faults)
    return frozenset(found)


def judged(verdict: Verdict, listed: Collection[str], knowledge: Knowledge) -> Verdict:
    """The verdict with its gate as the list has it, and what moved it."""
    rulings = tuple(_rulings(verdict, listed, knowledge))
    gate = verdict.gate
    if any(r.effect == "fail" for r in rulings):
        gate = "fail"
    elif gate == "open" and any(r.effect == "pass" for r in rulings):
        gate = "pass"
    return verdict._replace(gate=gate, fail_on=rulings)


def _rulings(verdict: Verdict, listed: Collection[str], knowledge: Knowledge) -> Iterator[Ruling]:
    if verdict.gate == "open" and verdict.standing in listed:
        yield Ruling(verdict.standing, "", "", f"{verdict.standing}, and --fail-on names it", "fail")
    elif verdict.gate == "open" and verdict.hides_unknown:  # no mere question, so it does not pass
        if "unknown" in listed:
            yield Ruling("unknown", "", "", "unknown under one value of an open fact, and --fail-on names it", "fail")
    elif verdict.gate == "open" and verdict.standing == "conditional":
        yield Ruling("conditional", "", "", "conditional; --fail-on does not name it", "pass")
    if "open-duty" in listed:
        for owed in verdict.duties:
            if owed.status == "open" and not owed.rests_on:
                yield Ruling("open-duty", "", "", f"owed and open: {_duty(owed)}", "fail")
    if "contested" in listed and (verdict.turns_on or not verdict.flips_complete):
        why = "the answer turns on an open question of law" if verdict.turns_on else "not every reading of the open questions of law was tried, so the answer may turn on one"
        yield Ruling("contested", "", "", why, "fail")
    if "unreviewed" in listed:
        for license_id, clauses in sorted(unreviewed(verdict, knowledge).items()):
            yield Ruling("unreviewed", "", "", f"read by no named person, or disputed: {license_id} ({', '.join(sorted(clauses))})", "fail")
    if NEW in listed:
        for blocker in verdict.blockers:
            if not (blocker.accepted_risk or blocker.baseline):
                yield Ruling(NEW, "", blocker.thing, f"not in the baseline: {blocker.ref if blocker.license else blocker.clause} ({blocker.act})", "fail")


def _duty(owed: Owed) -> str:
    source = f"{owed.license} {owed.cite}".strip() or owed.clause
    return f"{owed.label or owed.id}{f' “{owed.value}”' if owed.value else ''} ({source})"


def unreviewed(verdict: Verdict, knowledge: Knowledge) -> dict[str, set[str]]:
    """By licence, the clauses the verdict uses that are not reviewed."""
    return {i: left for i, clauses in reviews(verdict, knowledge).items() if (left := {c for c, status in clauses.items() if status != "reviewed"})}


def reviews(verdict: Verdict, knowledge: Knowledge) -> dict[str, dict[str, str]]:
    """The review status of every clause that the verdict uses: of its blockers and duties, and the grants it rests on."""
    found: dict[str, dict[str, str]] = {}
    for blocker in verdict.blockers:
        if blocker.license:
            found.setdefault(blocker.license, {})[blocker.clause] = blocker.review
    for owed in verdict.duties:
        if owed.license:
            found.setdefault(owed.license, {})[owed.clause] = _status(knowledge, owed.license, owed.clause)
    for license_id in {i for ids in licenses_of(verdict, knowledge).values() for i in ids}:
        licence = knowledge.license(license_id)
        if licence.state == "encoded":
            grants = {c.id: c.review for c in licence.clauses if c.kind == "grant"}
            found.setdefault(license_id, {}).update(grants or {"the whole": licence.review})
    return found


def _status(knowledge: Knowledge, license_id: str, clause: str) -> str:
    licence = knowledge.license(license_id)
    return next((c.review for c in licence.clauses if c.id == clause), licence.review)


def licenses_of(verdict: Verdict, knowledge: Knowledge) -> dict[str, frozenset[str]]:
    """By component that reaches the release, the licences it is under: as stated, and as clauses that came from it show.

    Every alternative of an OR is one of them, and of `A WITH B` also A. A component of somebody else's that states none is
    under `NONE`; a name that nobody knows counts as `NOASSERTION` too.
    """
    from licgraph.expression import ExpressionFault, leaves, parse

    found: dict[str, set[str]] = {}
    for part in verdict.parts:
        mine = found.setdefault(part.id, set())
        if part.license:
            try:
                for leaf in leaves(parse(part.license, knowledge)):
                    nobody_knows = knowledge.license(leaf.id).state == "unknown" and not knowledge.spdx_name(leaf.id)
                    mine.update((leaf.id, leaf.id.partition(" WITH ")[0], *(("NOASSERTION",) if nobody_knows else ())))
            except ExpressionFault:
                mine.add("NOASSERTION")
        elif not part.ours:
            mine.add("NONE")
    rows = [*((b.license, b.origins) for b in verdict.blockers), *((d.license, d.origins) for d in verdict.duties)]
    for license_id, origins in rows:
        for origin in origins if license_id else ():
            found.setdefault(origin, set()).add(license_id)
    return {name: frozenset(ids) for name, ids in found.items()}
