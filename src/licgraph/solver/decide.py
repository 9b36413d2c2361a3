"""From items to an answer: elections, open facts, profiles, and the smallest sets of assumptions that flip it.

Nothing is solved again here. The conditions of all items are evaluated at once over every combination of the
assumptions they read, as bit masks (one bit a combination), so profiles and flips are look-ups in one table.
Cost: formula nodes x combinations / word size.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from licgraph.expression import Leaf, OneOf, Tree, Unsettled
from licgraph.solver.carry import Question
from licgraph.solver.formula import Formula, variables
from licgraph.solver.items import LEVELS, Item

ANSWERS = ("yes", "conditional", "unknown", "no")
MAX_WORLDS = 512
MAX_COMBINATIONS = 600_000
MAX_TRIALS = 40_000

Slot = tuple[int, int]
Levels = list[tuple[int, int, int]]
"""For each world of open facts: masks of the combinations in which the level is at least 1, 2, 3."""


class Case(NamedTuple):
    """A set of items that must all be met: one way to release (one choice of outbound terms)."""

    items: tuple[tuple[int, Formula, tuple[Slot, ...]], ...]

    @staticmethod
    def of(items: Iterable[Item]) -> Case:
        """The distinct (level, condition, slots) of the items that can worsen an answer."""
        return Case(tuple(dict.fromkeys((LEVELS[i.level], i.condition, i.slots) for i in items if i.level != "duty")))

    def variables(self) -> frozenset[str]:
        """Everything the case's conditions read."""
        return frozenset().union(*(variables(c) for _, c, _ in self.items))


class Table:
    """Answers of cases over all combinations of some values of the assumptions they read."""

    def __init__(self, decider: Decider, cases: Sequence[Case], domains: Mapping[str, Sequence[str]]) -> None:
        self.decider = decider
        read = frozenset().union(*(case.variables() for case in cases)) if cases else frozenset[str]()
        self.names = sorted(v for v in read if not v.startswith("?"))
        self.domains = {n: tuple(domains[n]) for n in self.names}
        self.worlds = decider.worlds(read)
        self.size = 1
        self.strides: dict[str, int] = {}
        for name in reversed(self.names):
            self.strides[name] = self.size
            self.size *= len(self.domains[name])
        self.full = (1 << self.size) - 1
        self._literals: dict[tuple[str, frozenset[str]], int] = {}
        self._memo: dict[tuple[Formula, int], int] = {}
        self.dropped: list[dict[Slot, int]] = []
        self.summaries: list[tuple[int, int, int]] = []
        for case in cases:
            levels, dropped = self._case(case)
            self.summaries.append(self._summary(levels))
            self.dropped.append(dropped)
        self.least = (self.full, self.full, self.full)
        for one in self.summaries:
            self.least = (self.least[0] & one[0], self.least[1] & one[1], self.least[2] & one[2])

    def index(self, values: Mapping[str, str]) -> int:
        """The bit of a combination."""
        return sum(self.strides[n] * self.domains[n].index(values[n]) for n in self.names)

    def answer(self, index: int, case: int | None = None) -> int:
        """An index into ANSWERS: of one case, or the best over all; no case at all: no."""
        masks = self.least if case is None else self.summaries[case]
        return sum(mask >> index & 1 for mask in masks)

    def levels(self, case: Case) -> Levels:
        """The levels of a case in each world."""
        return self._case(case)[0]

    def _literal(self, name: str, values: frozenset[str]) -> int:
        key = (name, values)
        if key not in self._literals:
            stride, domain = self.strides[name], self.domains[name]
            period = stride * len(domain)
            block = 0
            for position, value in enumerate(domain):
                if value in values:
                    block |= ((1 << stride) - 1) << (position * stride)
            width = period
            while width < self.size:  # repeat the block by doubling
                block |= block << width
                width *= 2
            self._literals[key] = block & self.full
        return self._literals[key]

    def mask(self, formula: Formula, world: int) -> int:
        """The combinations in which a formula holds in one world."""
        if isinstance(formula, bool):
            return self.full if formula else 0
        if formula[0] == "lit":
            if formula[1].startswith("?"):
                return self.full if self.worlds[world][formula[1]] in formula[2] else 0
            return self._literal(formula[1], formula[2])
        key = (formula, world)
        if key not in self._memo:
            if formula[0] == "not":
                found = self.full ^ self.mask(formula[1], world)
            elif formula[0] == "and":
                found = self.full
                for part in formula[1]:
                    found &= self.mask(part, world)
            else:
                found = 0
                for part in formula[1]:
                    found |= self.mask(part, world)
            self._memo[key] = found
        return self._memo[key]

    def _case(self, case: Case) -> tuple[Levels, dict[Slot, int]]:
        worlds = range(len(self.worlds))
        rows = [([self.mask(condition, w) for w in worlds], level, slots) for level, condition, slots in case.items]
        zero = [(0, 0, 0)] * len(self.worlds)
        dropped: dict[Slot, int] = {}
        if self.decider.choices:
            leaf: dict[Slot, Levels] = {}
            for masks, level, slots in rows:
                if len(slots) == 1 and slots[0][0] in self.decider.choices:
                    leaf[slots[0]] = _worse(leaf.get(slots[0], zero), _levels(masks, level))
            for group in self.decider.choices:
                self._elect(self.decider.groups[group], group, leaf, zero, self.full, dropped, itertools.count())
        total = zero
        for masks, level, slots in rows:
            out = 0
            for slot in slots:
                out |= dropped.get(slot, 0)
            total = _worse(total, _levels([m & ~out for m in masks], level))
        return total, dropped

    def _summary(self, levels: Levels) -> tuple[int, int, int]:
        """One level from those of all worlds: the same in all, or it depends on a fact (conditional)."""
        some, all2, all3 = 0, self.full, self.full
        for one, two, three in levels:
            some |= one
            all2 &= two
            all3 &= three
        return some, all2, all3

    def _elect(self, tree: Tree, group: int, leaf: Mapping[Slot, Levels], zero: Levels, alive: int, dropped: dict[Slot, int], counter: itertools.count[int]) -> tuple[Levels, list[Slot]]:
        """The level of a tree under its best elections; marks the leaves each combination leaves aside."""
        if isinstance(tree, Leaf):
            slot = (group, next(counter))
            return leaf.get(slot, zero), [slot]
        parts = [self._elect(p, group, leaf, zero, alive, dropped, counter) for p in tree.parts]
        slots = [s for _, some in parts for s in some]
        if not isinstance(tree, OneOf):
            together = zero
            for levels, _ in parts:
                together = _worse(together, levels)
            return together, slots
        chosen = [self.full] + [0] * (len(parts) - 1)
        best = self._summary(parts[0][0])
        for number, (levels, _) in enumerate(parts[1:], 1):
            here = self._summary(levels)
            better = (best[0] & ~here[0]) | (best[1] & ~here[1]) | (best[2] & ~here[2])
            chosen = [c & ~better for c in chosen]
            chosen[number] = better
            best = (best[0] & ~better | here[0] & better, best[1] & ~better | here[1] & better, best[2] & ~better | here[2] & better)
        result = [(0, 0, 0)] * len(self.worlds)
        for (levels, some), mask in zip(parts, chosen, strict=True):
            result = _worse(result, [(a & mask, b & mask, c & mask) for a, b, c in levels])
            for slot in some:
                dropped[slot] = dropped.get(slot, 0) | (self.full & ~mask)
        return result, slots


def _levels(masks: Sequence[int], level: int) -> Levels:
    return [(m if level >= 1 else 0, m if level >= 2 else 0, m if level >= 3 else 0) for m in masks]


def _worse(one: Levels, other: Levels) -> Levels:
    return [(a | x, b | y, c | z) for (a, b, c), (x, y, z) in zip(one, other, strict=True)]


class Decider:
    """Evaluates cases under assumption values, over all values of the open facts, with the best elections."""

    def __init__(self, groups: Sequence[Tree], questions: Mapping[str, Question]) -> None:
        self.groups = groups
        self.questions = questions
        self.choices = [n for n, tree in enumerate(groups) if _has_choice(tree)]

    def worlds(self, read: Iterable[str]) -> list[dict[str, str]]:
        """All combinations of values of the open facts read.

        Beyond MAX_WORLDS: each fact's every value beside the first value of the others, and the last values
        of all, which can only make a decided answer look open, never an open one decided by a rare value.
        """
        asked = sorted(v for v in read if v.startswith("?"))
        size = 1
        for variable in asked:
            size *= len(self.questions[variable].values)
        values = [self.questions[v].values for v in asked]
        if size <= MAX_WORLDS:
            return [dict(zip(asked, combination, strict=True)) for combination in itertools.product(*values)]
        first = {v: self.questions[v].values[0] for v in asked}
        found = [first, {v: self.questions[v].values[-1] for v in asked}]
        return found + [{**first, v: value} for v in asked for value in self.questions[v].values[1:]]

    def at(self, cases: Sequence[Case], values: Mapping[str, str]) -> Table:
        """The table of one combination."""
        read = frozenset().union(*(case.variables() for case in cases)) if cases else frozenset[str]()
        return Table(self, cases, {v: (values[v],) for v in read if not v.startswith("?")})

    def answer(self, cases: Sequence[Case], values: Mapping[str, str]) -> int:
        """The best answer over the cases (an index into ANSWERS); no case: no."""
        return self.at(cases, values).answer(0) if cases else 3

    def best(self, cases: Sequence[Case], values: Mapping[str, str]) -> int:
        """Index of the case with the best answer, first one on a tie."""
        table = self.at(cases, values)
        return min(range(len(cases)), key=lambda n: (table.answer(0, n), n))

    def dropped(self, case: Case, values: Mapping[str, str]) -> frozenset[Slot]:
        """Leaves that elections leave aside."""
        return frozenset(slot for slot, mask in self.at([case], values).dropped[0].items() if mask & 1)

    def needed(self, case: Case, values: Mapping[str, str]) -> list[Question]:
        """Open facts by whose value the level of the case differs."""
        table = self.at([case], values)
        levels = {tuple(sorted(w.items())): sum(m & 1 for m in masks) for w, masks in zip(table.worlds, table.levels(case), strict=True)}
        found = []
        for variable in sorted(v for v in case.variables() if v.startswith("?")):
            for world in table.worlds:
                others = {levels.get(tuple(sorted({**world, variable: v}.items()))) for v in self.questions[variable].values}
                if len(others - {None}) > 1:
                    found.append(self.questions[variable])
                    break
        return found


def _has_choice(tree: Tree) -> bool:
    if isinstance(tree, Leaf | Unsettled):
        return False
    return isinstance(tree, OneOf) or any(_has_choice(p) for p in tree.parts)


class Flips(NamedTuple):
    """The smallest changes of assumptions that change the answer, and what was read but flips nothing."""

    sets: tuple[tuple[tuple[tuple[str, str], ...], str], ...]
    turns_on: tuple[str, ...]
    in_play: tuple[str, ...]
    complete: bool


def flips(table: Table, values: Mapping[str, str]) -> Flips:
    """All inclusion-minimal sets of assumption values, other than the given, under which the answer differs.

    Smallest sets first; `complete` tells whether all combinations were looked at (MAX_TRIALS look-ups).
    """
    at = table.index(values)
    now = table.answer(at)
    found: list[tuple[tuple[tuple[str, str], ...], str]] = []
    known: list[frozenset[tuple[str, str]]] = []
    moves = {
        n: [((n, v), table.strides[n] * (position - table.domains[n].index(values[n]))) for position, v in enumerate(table.domains[n]) if v != values[n]] for n in table.names
    }
    trials = 0
    complete = _differs(table, now) != 0
    if not complete:  # the same answer everywhere: nothing can flip it
        return Flips((), (), tuple(table.names), True)
    for size in range(1, len(table.names) + 1):
        for names in itertools.combinations(table.names, size):
            for change in itertools.product(*(moves[n] for n in names)):
                trials += 1
                then = table.answer(at + sum(step for _, step in change))
                if then == now:
                    continue
                changed = frozenset(pair for pair, _ in change)
                if not any(k <= changed for k in known):
                    known.append(changed)
                    found.append((tuple(pair for pair, _ in change), ANSWERS[then]))
        if trials > MAX_TRIALS:
            complete = False
            break
    smallest = min((len(s) for s, _ in found), default=0)
    turns = sorted({n for s, _ in found if len(s) == smallest for n, _ in s})
    return Flips(tuple(found), tuple(turns), tuple(n for n in table.names if n not in turns), complete)


def _differs(table: Table, now: int) -> int:
    """Combinations whose answer is not `now`."""
    at_least = (table.full, *table.least)
    same = at_least[now] & ~(at_least[now + 1] if now < 3 else 0)
    return table.full & ~same
