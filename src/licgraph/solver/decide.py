"""From items to an answer: elections, open facts, profiles, and the smallest sets of assumptions that flip it.

Nothing is solved again here: every answer is an evaluation of the items' conditions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled
from licgraph.solver.carry import Question
from licgraph.solver.formula import Formula, holds, variables
from licgraph.solver.items import LEVELS, Item

ANSWERS = ("yes", "conditional", "unknown", "no")
MAX_CASES = 512
MAX_TRIALS = 6000

Slot = tuple[int, int]


@dataclass(frozen=True)
class Case:
    """A set of items that must all be met: one way to release (one choice of outbound terms)."""

    items: tuple[tuple[int, Formula, tuple[Slot, ...]], ...]

    @staticmethod
    def of(items: Iterable[Item], keep: Iterable[str] = ("block", "unknown", "open")) -> Case:
        """The distinct (level, condition, slots) of the items that can worsen an answer."""
        wanted = frozenset(keep)
        return Case(tuple(dict.fromkeys((LEVELS[i.level], i.condition, i.slots) for i in items if i.level in wanted)))

    def variables(self) -> frozenset[str]:
        """Everything the case's conditions read."""
        return frozenset().union(*(variables(c) for _, c, _ in self.items))


class Decider:
    """Evaluates cases under assumption values, over all values of the open facts, with the best elections."""

    def __init__(self, groups: Sequence[Tree], questions: Mapping[str, Question]) -> None:
        self.groups = groups
        self.questions = questions
        self.choices = {n for n, tree in enumerate(groups) if _has_choice(tree)}

    def worlds(self, read: Iterable[str]) -> list[dict[str, str]] | None:
        """All combinations of values of the open facts read; None when there are too many to list."""
        asked = sorted(v for v in read if v.startswith("?"))
        size = 1
        for variable in asked:
            size *= len(self.questions[variable].values)
            if size > MAX_CASES:
                return None
        values = [self.questions[v].values for v in asked]
        return [dict(zip(asked, combination, strict=True)) for combination in itertools.product(*values)]

    def vector(self, case: Case, values: Mapping[str, str]) -> tuple[list[int], frozenset[Slot]]:
        """The level of the case in each world, and the leaves elected."""
        worlds = self.worlds(case.variables())
        if worlds is None:  # too many open facts to list: each world is then the worst of its kind
            worlds = [dict(values_of) for values_of in self._extremes(case)]
        levels = [(tuple(level if holds(condition, {**values, **world}) else 0 for world in worlds), slots) for level, condition, slots in case.items]
        zero = (0,) * len(worlds)
        leaf: dict[Slot, tuple[int, ...]] = {}
        for vector, slots in levels:
            if len(slots) == 1:
                leaf[slots[0]] = tuple(map(max, leaf.get(slots[0], zero), vector))
        dropped: set[Slot] = set()
        for group in sorted(self.choices):
            _elect(self.groups[group], group, leaf, zero, dropped)
        total = list(zero)
        for vector, slots in levels:
            if not dropped & set(slots):
                total = list(map(max, total, vector))
        return total, frozenset(dropped)

    def _extremes(self, case: Case) -> Iterable[dict[str, str]]:
        asked = sorted(v for v in case.variables() if v.startswith("?"))
        for pick in range(2):
            yield {v: self.questions[v].values[-pick] for v in asked}
        for variable in asked:
            for value in self.questions[variable].values:
                yield {**{v: self.questions[v].values[0] for v in asked}, variable: value}

    def answer(self, cases: Sequence[Case], values: Mapping[str, str]) -> int:
        """The best answer over the cases (an index into ANSWERS); no case: no."""
        return min((summary(self.vector(case, values)[0]) for case in cases), default=3)

    def best(self, cases: Sequence[Case], values: Mapping[str, str]) -> int:
        """Index of the case with the best answer, first one on a tie."""
        return min(range(len(cases)), key=lambda n: (summary(self.vector(cases[n], values)[0]), n))

    def dropped(self, case: Case, values: Mapping[str, str]) -> frozenset[Slot]:
        """Leaves that elections leave aside."""
        return self.vector(case, values)[1]

    def needed(self, case: Case, values: Mapping[str, str]) -> list[Question]:
        """Open facts by whose value the level of the case differs."""
        asked = sorted(v for v in case.variables() if v.startswith("?"))
        worlds = self.worlds(asked)
        if worlds is None:
            return [self.questions[v] for v in asked]
        levels = self.vector(case, values)[0]
        by_world = {tuple(sorted(w.items())): level for w, level in zip(worlds, levels, strict=True)}
        found = []
        for variable in asked:
            for world in worlds:
                others = {by_world[tuple(sorted({**world, variable: v}.items()))] for v in self.questions[variable].values}
                if len(others) > 1:
                    found.append(self.questions[variable])
                    break
        return found


def summary(levels: Sequence[int]) -> int:
    """One answer from the levels in all worlds: the same in all, or it depends on a fact."""
    worst, best = max(levels, default=0), min(levels, default=0)
    if worst == best:
        return {0: 0, 1: 1, 2: 2, 3: 3}[worst]
    return 2 if best >= 2 else 1


def _has_choice(tree: Tree) -> bool:
    if isinstance(tree, Leaf | Unsettled):
        return False
    return isinstance(tree, OneOf) or any(_has_choice(p) for p in tree.parts)


def _elect(tree: Tree, group: int, leaf: Mapping[Slot, tuple[int, ...]], zero: tuple[int, ...], dropped: set[Slot]) -> None:
    """Marks the leaves that the best election leaves aside."""
    counter = itertools.count()

    def value(node: Tree) -> tuple[tuple[int, ...], list[Slot]]:
        if isinstance(node, Leaf):
            slot = (group, next(counter))
            return leaf.get(slot, zero), [slot]
        parts = [value(p) for p in node.parts]
        slots = [s for _, some in parts for s in some]
        if isinstance(node, OneOf):
            chosen = min(range(len(parts)), key=lambda n: (summary(parts[n][0]), sum(parts[n][0]), n))
            for n, (_, some) in enumerate(parts):
                if n != chosen:
                    dropped.update(some)
            return parts[chosen][0], slots
        together = zero
        for vector, _ in parts:
            together = tuple(map(max, together, vector))
        return together, slots

    value(tree)


@dataclass(frozen=True)
class Flips:
    """The smallest changes of assumptions that change the answer, and what was read but flips nothing."""

    sets: tuple[tuple[tuple[tuple[str, str], ...], str], ...]
    turns_on: tuple[str, ...]
    in_play: tuple[str, ...]
    complete: bool


def flips(decider: Decider, cases: Sequence[Case], values: Mapping[str, str], domains: Mapping[str, Sequence[str]]) -> Flips:
    """All inclusion-minimal sets of assumption values, other than the given, under which the answer differs.

    Exhaustive over the assumptions touched, smallest sets first, until MAX_TRIALS evaluations; `complete`
    tells whether the search ended by itself.
    """
    touched = sorted({v for case in cases for v in case.variables() if not v.startswith("?")})
    now = decider.answer(cases, values)
    found: list[tuple[tuple[tuple[str, str], ...], str]] = []
    trials = 0
    complete = True
    for size in range(1, len(touched) + 1):
        for names in itertools.combinations(touched, size):
            for change in itertools.product(*([v for v in domains[n] if v != values[n]] for n in names)):
                changed = tuple(zip(names, change, strict=True))
                if any(set(known) <= set(changed) for known, _ in found):
                    continue
                if trials >= MAX_TRIALS:
                    complete = False
                    break
                trials += 1
                then = decider.answer(cases, {**values, **dict(changed)})
                if then != now:
                    found.append((changed, ANSWERS[then]))
        if not complete:
            break
    smallest = min((len(s) for s, _ in found), default=0)
    turns = sorted({n for s, _ in found if len(s) == smallest for n, _ in s})
    return Flips(tuple(found), tuple(turns), tuple(n for n in touched if n not in turns), complete)
