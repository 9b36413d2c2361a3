"""From a no to a yes: the cheapest sets of changes after which nothing blocks, each solved again before it is told.

Every blocker says through which works it came, so at least one change has to touch its way, its terms or the
question. These necessary conditions are clauses over changes; an exact solver (RC2 for weighted MaxSAT, python-sat)
proposes the cheapest set that meets them; the stack so changed is solved; what still blocks becomes a further
condition for supersets of that set. Sets come out cheapest first, and none has a proper subset that works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from licgraph.answer import assess
from licgraph.changes import Alternative, Change, Costs, apply, least, offered, replaced
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import DEFAULT_PROFILE, Stack
from licgraph.verdict import Blocker, Verdict

MAX_ROUNDS = 600
"""Sets that are solved before the search gives up; said, where it does."""
SCALE = 100
_DERIVING = ("finetune", "merge", "modifies", "contains-modified", "derived-from", "quantize", "adapter", "convert")


class Repair(NamedTuple):
    """A set of changes that works. ``suffices``: for each thing replaced, terms that a replacement may be under."""

    changes: tuple[Change, ...]
    cost: float
    answer: str
    sentences: tuple[str, ...]
    suffices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    needs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {
            "changes": [{"kind": c.kind, "target": c.target, "to": c.to or None} for c in self.changes], "cost": self.cost, "answer": self.answer,
            "sentences": list(self.sentences), "suffices": {k: list(v) for k, v in self.suffices}, "needs_facts": list(self.needs),
        }  # fmt: skip


class Repairs(NamedTuple):
    """What was found. ``beyond``: blockers that no allowed change touches; ``complete``: nothing cheaper was left out."""

    before: Verdict
    found: tuple[Repair, ...]
    beyond: tuple[Blocker, ...]
    complete: bool
    solved: int


class _Solve(NamedTuple):
    """What every solving of a changed stack shares."""

    knowledge: Knowledge
    profile: str
    assume: Mapping[str, str]
    as_of: str

    def verdict(self, stack: Stack, search: bool = False) -> Verdict:
        return assess(stack, self.knowledge, self.profile, assume=self.assume, as_of=self.as_of, search=search)


def repair(
    stack: Stack,
    knowledge: Knowledge,
    profile: str = DEFAULT_PROFILE,
    *,
    costs: Costs,
    assume: Mapping[str, str] | None = None,
    as_of: str = "",
    keep: Iterable[str] = (),
    without: Iterable[str] = (),
    most: int = 5,
    alternatives: Iterable[Alternative] = (),
    heard: Callable[[str], None] = lambda _: None,
) -> Repairs:
    """The cheapest repairs of a release, at most ``most``.

    keep: components that stay as they are; without: kinds of change that are ruled out.
    alternatives: things at hand; a component is then replaced by those of its kind, and by nothing unnamed.
    heard: is told how far it is. Raises StackError as `assess` does.
    """
    solve = _Solve(knowledge, profile, assume or {}, as_of)
    before = solve.verdict(stack, search=True)
    if before.answer == "yes":
        return Repairs(before, (), (), True, 1)
    search = _Search(stack, solve, costs, frozenset(keep), frozenset(without), before, {a.name: a for a in alternatives})
    search.heard = heard
    found = search.run(most)
    return Repairs(before, tuple(found), tuple(search.beyond), search.complete, search.solved)


class _Search:
    """The implicit hitting set loop; changes are numbered as they come up."""

    def __init__(self, stack: Stack, solve: _Solve, costs: Costs, keep: frozenset[str], without: frozenset[str], before: Verdict, alternatives: Mapping[str, Alternative]) -> None:
        self.alternatives = alternatives
        self.stack, self.solve, self.costs, self.keep, self.without, self.before = stack, solve, costs, keep, without, before
        self.numbers: dict[Change, int] = {}
        self.changes: list[Change | None] = []
        """By number - 1; None: a variable that stands for «neither left out nor replaced»."""
        self.hard: list[list[int]] = []
        self.weights: list[int] = []
        self.beyond: list[Blocker] = []
        self.complete = True
        self.solved = 1
        self.heard: Callable[[str], None] = lambda _: None
        self.terms: dict[frozenset[Change], tuple[str, ...]] = {}

    def run(self, most: int) -> list[Repair]:
        found: list[Repair] = []
        self.learn(frozenset(), self.stack, self.before)
        if self.beyond:
            return []
        for _ in range(MAX_ROUNDS):
            self.heard(f"repair: {self.solved} sets of changes tried, {len(found)} found")
            chosen = self.cheapest()
            if not chosen:
                return found
            changed = self.made(chosen)
            if hollow(self.stack, changed):  # what everything it was made from is left out of is no longer that thing
                self.hard.append([-self.numbers[c] for c in chosen if c.kind == "drop"])
                continue
            verdict = self.solve.verdict(changed)
            self.solved += 1
            if verdict.answer in ("yes", "conditional") and self._better(verdict):
                if all(not self._works(chosen - {c}) for c in chosen):
                    found.append(self.told(chosen, changed, verdict))
                    if len(found) >= most:
                        return found
                self.hard.append([self.untouched(c) if len(chosen) > 1 else -self.numbers[c] for c in sorted(chosen)])
            else:
                self.learn(chosen, changed, verdict)
        self.complete = False
        return found

    def cheapest(self) -> frozenset[Change]:
        """The cheapest set of changes that meets every condition learnt; empty where there is none."""
        from pysat.examples.rc2 import RC2
        from pysat.formula import WCNF

        formula = WCNF()
        formula.extend(self.hard)
        for number, weight in enumerate(self.weights, 1):
            if weight:
                formula.append([-number], weight=weight)
        with RC2(formula) as solver:
            model = solver.compute()
        return frozenset(c for v in model or () if 0 < v <= len(self.changes) and (c := self.changes[v - 1]) is not None)

    def untouched(self, change: Change) -> int:
        """A literal that rules a change out; with it its twin, so that leaving out and replacing one thing are told once."""
        twin = Change("replace" if change.kind == "drop" else "drop", change.target)
        if change.kind not in ("drop", "replace") or twin not in self.numbers:
            return -self.numbers[change]
        self.changes.append(None)
        self.weights.append(0)
        number = len(self.changes)
        self.hard += [[-number, -self.numbers[change]], [-number, -self.numbers[twin]]]
        return number

    def _better(self, verdict: Verdict) -> bool:
        """A repair ends in a yes, or in a question of fact where there was a no or an unknown."""
        return verdict.answer == "yes" or self.before.answer in ("no", "unknown")

    def _works(self, chosen: frozenset[Change]) -> bool:
        if not chosen:
            return False
        self.solved += 1
        verdict = self.solve.verdict(self.made(chosen))
        return verdict.answer in ("yes", "conditional") and self._better(verdict)

    def made(self, chosen: Iterable[Change]) -> Stack:
        """The stack with a set of changes made, always in one order: what it is made of before the question."""
        stack = self.stack
        order = {"replace": 0, "drop": 1, "keep-apart": 2, "adapter": 2}
        for change in sorted(chosen, key=lambda c: (order.get(c.kind, 3), c)):
            stack = apply(stack, change, self.solve.knowledge, self.alternatives)
        return stack

    def number(self, change: Change) -> int:
        """The variable of a change; a new one costs what the table says, and excludes those of its slot."""
        if change not in self.numbers:
            self.changes.append(change)
            self.numbers[change] = len(self.changes)
            self.weights.append(max(1, round(self.costs.of(change, self.stack) * SCALE)))
            for other, number in list(self.numbers.items()):
                if other != change and other.slot == change.slot:
                    self.hard.append([-number, -len(self.changes)])
        return self.numbers[change]

    def learn(self, chosen: frozenset[Change], stack: Stack, verdict: Verdict) -> None:
        """What still blocks must be touched by any set that holds the chosen changes."""
        free = stack.release is not None and stack.release.license is None
        any_of: dict[Change, None] = {}
        if verdict.blockers and not free and self.before.answer != "conditional" and all(b.level == "conditional" for b in verdict.blockers):
            # a no by cases: each case of an open fact is blocked by another clause, so that one of them has to be lifted
            cases = (c for b in verdict.blockers for o in b.origins or (b.thing,) for c in self.lifters(b, o, stack, verdict, chosen))
            lifting = self._allowed(cases, chosen)
            if not lifting and not chosen:
                self.beyond += verdict.blockers
            self.require(chosen, lifting)
            return
        for blocker in verdict.blockers:
            if blocker.level == "conditional" and self.before.answer != "conditional":
                continue  # a question of fact may stay open
            for origin in blocker.origins or (blocker.thing,):
                lifting = self._allowed(self.lifters(blocker, origin, stack, verdict, chosen), chosen)
                if free and blocker.when == "release":
                    any_of |= dict.fromkeys(lifting)  # no terms are proposed: under others, other origins may block
                    continue
                if not lifting and not chosen:
                    self.beyond.append(blocker)
                self.require(chosen, lifting)
        if any_of or (free and all(b.when == "release" for b in verdict.blockers)):
            every = (c for name, part in stack.components.items() if not part.ours for c in (*self._on_the_way(name, self.before.component, stack), *self._at_the_origin(verdict.blockers[0], name, stack)))
            self.require(chosen, [*any_of, *self._allowed(every, chosen)])

    def _allowed(self, changes: Iterable[Change], chosen: frozenset[Change]) -> list[Change]:
        return [c for c in dict.fromkeys(changes) if c not in chosen and c.kind not in self.without]

    def require(self, chosen: frozenset[Change], lifting: Iterable[Change]) -> None:
        """A set that holds the chosen changes holds one of these, too."""
        self.hard.append([*(-self.numbers[c] for c in sorted(chosen)), *(self.number(c) for c in dict.fromkeys(lifting))])

    def lifters(self, blocker: Blocker, origin: str, stack: Stack, verdict: Verdict, chosen: frozenset[Change]) -> Iterable[Change]:
        """Every change that touches what a blocker came through: its way, its origin, or what is asked."""
        yield from self._on_the_way(origin, blocker.thing, stack)
        yield from self._at_the_origin(blocker, origin, stack)
        release = stack.release
        assert release is not None
        duty = next((c.duty for c in self.solve.knowledge.license(blocker.license).clauses if c.id == blocker.clause), "") if blocker.license else ""
        if (duty == "no-commercial-use" or "commercial" in blocker.why) and (release.use, release.purpose) != ("non-commercial", "non-commercial"):
            yield Change("use", release.component, "non-commercial")
        if blocker.when != "release":
            return
        for word in release.will_not:
            if word == duty:
                yield Change("allow", release.component, word)
        if duty == "name-prefix":
            value = next(c.value for c in self.solve.knowledge.license(blocker.license).clauses if c.id == blocker.clause)
            named = next((n for n in reversed(blocker.path) if n in stack.components and stack.components[n].ours), release.component)
            yield Change("rename", named, value)
        if blocker.thing in ("", release.component):
            for expression in self._terms(stack, verdict, chosen):
                if expression != release.written:
                    yield Change("terms", release.component, expression)
            for form in ("service", "weights", "internal"):
                kind = stack.components[release.component].kind
                if form != release.form and (form != "weights" or kind in ("weights", "adapter", "service")) and (form != "service" or kind != "document"):
                    yield Change("form", release.component, form)

    def _on_the_way(self, origin: str, thing: str, stack: Stack) -> Iterable[Change]:
        """Components that we took in between an origin and what is judged: left out, replaced, or kept apart."""
        between = _between(stack, origin, thing or self.before.component)
        for edge in stack.edges:
            source = stack.components[edge.source]
            if edge.source not in between or not stack.components[edge.result].ours or edge.source in self.keep:
                continue
            others = [e for e in stack.edges if e.result == edge.result and e.source != edge.source and (edge.relation not in _DERIVING or e.relation in _DERIVING)]
            if edge.relation == "trained-on" or (others and edge.relation != "generated-by"):  # what nothing generated, or nothing was made from, is nothing
                yield Change("drop", edge.source)
            if source.ours:
                continue
            at_hand = sorted(a.name for a in self.alternatives.values() if a.kind == source.kind)
            yield from (Change("replace", edge.source, name) for name in at_hand or ("",))
            if edge.relation in ("modifies", "contains-modified", "links-static") and source.kind == "code":
                yield Change("keep-apart", edge.source, "links-dynamic")
            if edge.relation in ("merge", "contains-modified") and source.kind != "code":
                yield Change("keep-apart", edge.source, "contains")
            if edge.relation == "finetune" and source.kind == "weights":
                yield Change("adapter", edge.source)

    def _at_the_origin(self, blocker: Blocker, origin: str, stack: Stack) -> Iterable[Change]:
        part = stack.components.get(origin)
        if part is None or part.ours:
            return
        for branch in offered(part):
            if branch != stack.elect.get(origin):
                yield Change("elect", origin, branch)
        if blocker.license and blocker.license != "NONE":
            yield Change("permission", origin, blocker.license)

    def _terms(self, stack: Stack, verdict: Verdict, chosen: frozenset[Change]) -> tuple[str, ...]:
        """Outbound terms that could do, of the stack as its works now stand."""
        made = frozenset(c for c in chosen if c.kind != "terms")
        if made not in self.terms:
            searched = self.before if not chosen else self.solve.verdict(stack, search=True) if len(made) <= 2 and len(self.terms) < 24 else None
            options = searched.outbound.options if searched else ()
            self.terms[made] = tuple(o.expression for o in options)
        return self.terms[made] or self.terms.get(frozenset(), ())

    def told(self, chosen: frozenset[Change], changed: Stack, verdict: Verdict) -> Repair:
        """A repair in words, with the terms that suffice for what is replaced."""
        changes = tuple(sorted(chosen))
        suffices = tuple((c.target, self._suffice(chosen, c)) for c in changes if c.kind == "replace" and not c.to)
        weak = dict(suffices)
        says = tuple(self.costs.says(c, self.stack, self._instead(c, weak)) for c in changes)
        return Repair(changes, sum(self.costs.of(c, self.stack) for c in changes), verdict.answer, says, suffices, tuple(n.question for n in verdict.needs_facts))

    def _instead(self, change: Change, weak: Mapping[str, tuple[str, ...]]) -> str:
        if change.kind != "replace":
            return ""
        if change.to:
            return f"{change.to} ({self.alternatives[change.to].license})"
        return f"another {self.stack.components[change.target].kind} under terms such as {', '.join(weak[change.target])}"

    def _suffice(self, chosen: frozenset[Change], change: Change) -> tuple[str, ...]:
        """Of the licences that people put on such things, those with the most conditions under which the repair still works."""
        kind = self.stack.components[change.target].kind
        rest = self.made(chosen - {change})
        works = []
        for license_id in _usual(kind, self.solve.knowledge):
            self.solved += 1
            verdict = self.solve.verdict(replaced(rest, change.target, license_id))
            if verdict.answer == "yes" or (verdict.answer == "conditional" and self._better(verdict)):
                works.append(license_id)
        asks = {i: sum(bool(c.duty) for c in self.solve.knowledge.license(i).clauses) for i in works}
        return tuple(sorted(works, key=lambda i: (-asks[i], i))[:3]) or (least(self.stack.components[change.target]),)


USUAL = {
    "dataset": ("CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC0-1.0", "ODC-By-1.0", "CDLA-Permissive-2.0", "Apache-2.0", "MIT"),
    "weights": ("Apache-2.0", "MIT", "OpenMDW-1.0", "LicenseRef-CreativeML-OpenRAIL-M", "LicenseRef-Llama-3.1-Community", "LicenseRef-Gemma-Terms-2025-03-24", "CC-BY-NC-4.0", "CC-BY-4.0"),
    "code": ("MIT", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "LGPL-2.1-or-later", "GPL-2.0-or-later", "GPL-3.0-or-later"),
    "service": ("NO-CLAIM",),
}


def _usual(kind: str, knowledge: Knowledge) -> tuple[str, ...]:
    return USUAL.get({"outputs": "dataset", "document": "dataset", "adapter": "weights"}.get(kind, kind), ())


def hollow(before: Stack, after: Stack) -> bool:
    """Whether something of ours has lost every work that it was made from, or all that it linked."""

    def made(stack: Stack) -> set[str]:
        return {e.result for e in stack.edges if e.relation in (*_DERIVING, "links-static", "links-dynamic", "contains") and stack.components[e.result].ours}

    return bool(made(before) - made(after))


def _between(stack: Stack, origin: str, thing: str) -> frozenset[str]:
    """Components on some way from an origin to a thing, both included."""
    up: dict[str, list[str]] = {}
    down: dict[str, list[str]] = {}
    for edge in stack.edges:
        up.setdefault(edge.source, []).append(edge.result)
        down.setdefault(edge.result, []).append(edge.source)

    def reach(start: str, after: Mapping[str, Sequence[str]]) -> set[str]:
        seen, waiting = {start}, [start]
        while waiting:
            for name in after.get(waiting.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
        return seen

    return frozenset(reach(origin, up) & (reach(thing, down) | {thing, origin}))
