"""From items to an answer: elections, open facts, profiles, and the smallest sets of assumptions that flip it.

Nothing is solved again here. The conditions of all items are evaluated at once over every combination of the
assumptions they read, as bit masks (one bit a combination; where open facts are read, one block of them a world),
so profiles and flips are look-ups in one table. Cost: formula nodes x combinations x worlds / word size.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from licgraph.expression import Leaf, OneOf, Tree, Unsettled
from licgraph.solver.carry import Question
from licgraph.solver.formula import ANY, NONE, Formula, asks, told, variables
from licgraph.solver.items import LEVELS, Item

ANSWERS = ("yes", "conditional", "unknown", "no")
MAX_WORLDS = 512
MAX_COMBINATIONS = 600_000
MAX_TRIALS = 40_000

Slot = tuple[int, int]
Masks = tuple[int, int, int]
"""Masks of the combinations in which the level is at least 1, 2, 3."""
Levels = Masks
"""The same for every world of some open facts: the block of the first world lowest."""
Row = tuple[int, Formula, tuple[Slot, ...]]


class Case(NamedTuple):
    """A set of items that must all be met: one way to release (one choice of outbound terms)."""

    items: tuple[Row, ...]

    @staticmethod
    def of(items: Iterable[Item]) -> Case:
        """The distinct (level, condition, slots) of the items that can worsen an answer."""
        return Case(tuple(dict.fromkeys((LEVELS[i.level], i.condition, i.slots) for i in items if i.level != "duty")))

    def variables(self) -> frozenset[str]:
        """Everything the case's conditions read."""
        return frozenset().union(*(variables(c) for c in {c for _, c, _ in self.items}))


class Part(NamedTuple):
    """Items that share no open fact and no election with the rest of their case, so that both are free of each other."""

    items: tuple[Row, ...]
    facts: tuple[str, ...]
    groups: tuple[int, ...]


class Table:
    """Answers of cases over all combinations of some values of the assumptions they read."""

    def __init__(self, decider: Decider, cases: Sequence[Case], domains: Mapping[str, Sequence[str]]) -> None:
        self.decider = decider
        read = frozenset[str]().union(*(case.variables() for case in cases))
        self.names = sorted(v for v in read if not v.startswith("?"))
        self.domains = {n: tuple(domains[n]) for n in self.names}
        self.size = 1
        self.strides: dict[str, int] = {}
        for name in reversed(self.names):
            self.strides[name] = self.size
            self.size *= len(self.domains[name])
        self.full = (1 << self.size) - 1
        self._literals: dict[tuple[str, frozenset[str]], int] = {}
        self._memo: dict[tuple[Formula, tuple[str, ...], bool], int] = {}
        self._worlds: dict[tuple[str, ...], list[dict[str, str]]] = {}
        self.dropped: list[dict[Slot, int]] = []
        self.summaries: list[Masks] = []
        for case in cases:
            total: Masks = (0, 0, 0)
            dropped: dict[Slot, int] = {}
            for part in decider.parts(case):  # what holds of a part whatever its facts are holds of the whole
                one, two, three = self._summary(self.levels(part, dropped), len(self.worlds(part.facts)))
                total = (total[0] | one, total[1] | two, total[2] | three)
            self.summaries.append(total)
            self.dropped.append(dropped)
        self.least = (self.full, self.full, self.full)
        for summary in self.summaries:
            self.least = (self.least[0] & summary[0], self.least[1] & summary[1], self.least[2] & summary[2])

    def index(self, values: Mapping[str, str]) -> int:
        """The bit of a combination."""
        return sum(self.strides[n] * self.domains[n].index(values[n]) for n in self.names)

    def answer(self, index: int, case: int | None = None) -> int:
        """An index into ANSWERS: of one case, or the best over all; no case at all: no."""
        masks = self.least if case is None else self.summaries[case]
        return sum(mask >> index & 1 for mask in masks)

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

    def worlds(self, facts: tuple[str, ...]) -> list[dict[str, str]]:
        """The decider's worlds of these open facts."""
        if facts not in self._worlds:
            self._worlds[facts] = self.decider.worlds(facts)
        return self._worlds[facts]

    def mask(self, formula: Formula, facts: tuple[str, ...] = (), surely: bool = False) -> int:
        """The combinations in which a formula can hold, in each world of the facts; `surely`: must."""
        if facts and not asks(formula):
            return self._spread(self.mask(formula), len(self.worlds(facts)))
        if isinstance(formula, bool):
            return self.full if formula else 0
        if formula[0] == "lit" and not facts:
            return self._literal(formula[1], formula[2])
        key = (formula, facts, surely)
        if key not in self._memo:
            if formula[0] == "lit":
                found = 0
                for number, world in enumerate(self.worlds(facts)):
                    if told(world[formula[1]], formula[2], surely):
                        found |= self.full << (number * self.size)
            elif formula[0] == "not":
                found = self._spread(self.full, len(self.worlds(facts))) ^ self.mask(formula[1], facts, not surely)
            elif formula[0] == "and":
                found = -1
                for part in formula[1]:
                    found &= self.mask(part, facts, surely)
            else:
                found = 0
                for part in formula[1]:
                    found |= self.mask(part, facts, surely)
            self._memo[key] = found
        return self._memo[key]

    def _spread(self, mask: int, worlds: int) -> int:
        """The same combinations in each of some worlds."""
        blocks = 1
        while mask and blocks < worlds:
            more = min(blocks, worlds - blocks)
            mask |= (mask & ((1 << (more * self.size)) - 1)) << (blocks * self.size)
            blocks += more
        return mask

    def _in_some(self, mask: int, worlds: int) -> int:
        """The combinations that are marked in one world at least."""
        while mask and worlds > 1:
            upper = worlds // 2
            at = (worlds - upper) * self.size
            mask, worlds = mask & ((1 << at) - 1) | mask >> at, worlds - upper
        return mask

    def _in_all(self, mask: int, worlds: int) -> int:
        """The combinations that are marked in every world."""
        return self.full ^ self._in_some(self._spread(self.full, worlds) ^ mask, worlds) if mask else 0

    def having(self, pairs: Iterable[tuple[str, str]]) -> int:
        """The combinations that have all of these values."""
        found = self.full
        for name, value in pairs:
            found &= self._literal(name, frozenset({value}))
        return found

    def levels(self, part: Part, dropped: dict[Slot, int] | None = None) -> Levels:
        """The levels of a part in each world, under its best elections; marks the leaves they leave aside."""
        dropped = {} if dropped is None else dropped
        rows = [(self.mask(condition, part.facts), level, slots) for level, condition, slots in part.items]
        leaf: dict[Slot, Levels] = {}
        for mask, level, slots in rows:
            for slot in slots if part.groups else ():  # what stands on several leaves is met by leaving any of them aside
                leaf[slot] = _worse(leaf.get(slot, NOTHING), _levels(mask, level))
        worlds = len(self.worlds(part.facts))
        for group in part.groups:
            self._elect(self.decider.groups[group], group, leaf, worlds, dropped, itertools.count())
        total = NOTHING
        for mask, level, slots in rows:
            out = 0
            for slot in slots:
                out |= dropped.get(slot, 0)
            total = _worse(total, _levels(mask & ~self._spread(out, worlds), level))
        return total

    def _summary(self, levels: Levels, worlds: int) -> Masks:
        """One level from those of all worlds: the same in all, or it depends on a fact (conditional)."""
        return self._in_some(levels[0], worlds), self._in_all(levels[1], worlds), self._in_all(levels[2], worlds)

    def _elect(self, tree: Tree, group: int, leaf: Mapping[Slot, Levels], worlds: int, dropped: dict[Slot, int], counter: itertools.count[int]) -> tuple[Levels, list[Slot]]:
        """The level of a tree under its best elections; marks the leaves each combination leaves aside."""
        if isinstance(tree, Leaf):
            slot = (group, next(counter))
            return leaf.get(slot, NOTHING), [slot]
        parts = [self._elect(p, group, leaf, worlds, dropped, counter) for p in tree.parts]
        slots = [s for _, some in parts for s in some]
        if not isinstance(tree, OneOf):
            together = NOTHING
            for levels, _ in parts:
                together = _worse(together, levels)
            return together, slots
        chosen = [self.full]
        best = self._summary(parts[0][0], worlds)
        for levels, _ in parts[1:]:
            here = self._summary(levels, worlds)
            better = (best[0] & ~here[0]) | (best[1] & ~here[1]) | (best[2] & ~here[2])
            chosen = [*(c & ~better for c in chosen), better]
            best = (best[0] & ~better | here[0] & better, best[1] & ~better | here[1] & better, best[2] & ~better | here[2] & better)
        result = NOTHING
        for ((one, two, three), some), mask in zip(parts, chosen, strict=True):
            everywhere = self._spread(mask, worlds)
            result = _worse(result, (one & everywhere, two & everywhere, three & everywhere))
            for slot in some:
                dropped[slot] = dropped.get(slot, 0) | (self.full & ~mask)
        return result, slots


NOTHING: Levels = (0, 0, 0)


def _levels(mask: int, level: int) -> Levels:
    return mask if level >= 1 else 0, mask if level >= 2 else 0, mask if level >= 3 else 0


def _worse(one: Levels, other: Levels) -> Levels:
    return one[0] | other[0], one[1] | other[1], one[2] | other[2]


class Decider:
    """Evaluates cases under assumption values, over all values of the open facts, with the best elections."""

    def __init__(self, groups: Sequence[Tree], questions: Mapping[str, Question]) -> None:
        self.groups = groups
        self.questions = questions
        self.choices = [n for n, tree in enumerate(groups) if _has_choice(tree)]
        self._at: dict[tuple[object, ...], tuple[Sequence[Case], Table]] = {}
        """Tables made before, by the cases (which are kept, so that no other gets their place) and the values read."""

    def worlds(self, facts: Sequence[str]) -> list[dict[str, str]]:
        """All combinations of values of some open facts.

        Beyond MAX_WORLDS: each fact's every value beside the first value of the others, and two worlds in which
        no fact is told: one where all that can hold does, and one where only that holds which must. So what blocks
        in a rare combination is seen, and only what blocks in all of them decides.
        """
        values = [self.questions[v].values for v in facts]
        if math.prod(map(len, values)) <= MAX_WORLDS:
            return [dict(zip(facts, combination, strict=True)) for combination in itertools.product(*values)]
        first = {v: domain[0] for v, domain in zip(facts, values, strict=True)}
        ends = [first, dict.fromkeys(facts, ANY), dict.fromkeys(facts, NONE)]
        return ends + [{**first, v: value} for v, domain in zip(facts, values, strict=True) for value in domain[1:]]

    def parts(self, case: Case) -> list[Part]:
        """The case taken apart where no open fact and no election joins its items. Cost: items x facts read."""
        joined: dict[object, object] = {}

        def top(key: object) -> object:
            while joined[key] != key:
                joined[key] = key = joined[joined[key]]
            return key

        keys: list[list[object]] = []
        for _, condition, slots in case.items:
            mine: list[object] = [*sorted(v for v in variables(condition) if v.startswith("?")), *(group for group, _ in slots if group in self.choices)]
            keys.append(mine)
            for key in mine:
                joined.setdefault(key, key)
                joined[top(key)] = top(mine[0])
        for group in self.choices:
            joined.setdefault(group, group)
        members: dict[object, list[Row]] = {}
        for row, tied in zip(case.items, keys, strict=True):
            members.setdefault(top(tied[0]) if tied else None, []).append(row)
        for key in joined:
            members.setdefault(top(key), [])
        of = {root: [key for key in joined if top(key) == root] for root in members}
        return [Part(tuple(rows), tuple(sorted(k for k in of[root] if isinstance(k, str))), tuple(sorted(k for k in of[root] if isinstance(k, int)))) for root, rows in members.items()]

    def at(self, cases: Sequence[Case], values: Mapping[str, str]) -> Table:
        """The table of one combination."""
        read = sorted(v for v in frozenset[str]().union(*(case.variables() for case in cases)) if not v.startswith("?"))
        key = (*map(id, cases), *(values[v] for v in read))
        if key not in self._at:
            self._at[key] = (tuple(cases), Table(self, cases, {v: (values[v],) for v in read}))
        return self._at[key][1]

    def answer(self, cases: Sequence[Case], values: Mapping[str, str]) -> int:
        """The best answer over the cases (an index into ANSWERS); no case: no."""
        return self.at(cases, values).answer(0)

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
        parts = self.parts(case)
        levels = []
        for part in parts:  # one combination, so one bit a world
            masks = table.levels(part)
            levels.append([sum(mask >> world & 1 for mask in masks) for world in range(len(table.worlds(part.facts)))])
        found: list[str] = []
        for part, mine in zip(parts, levels, strict=True):
            floor = max(map(min, levels))
            at = {tuple(world.values()): max(level, floor) for world, level in zip(table.worlds(part.facts), mine, strict=True)}
            turning = [
                variable for place, variable in enumerate(part.facts)
                if any(len({at.get((*told[:place], value, *told[place + 1 :]), level) for value in self.questions[variable].values}) > 1 for told, level in at.items())
            ]  # fmt: skip
            found += turning if turning or len(set(at.values())) < 2 else part.facts  # too many to tell which: any of them
        return [self.questions[v] for v in sorted(found)]


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

    Smallest sets first; `complete` tells whether all combinations were looked at (MAX_TRIALS look-ups). What is left to
    explain are the combinations with another answer that hold no set found before: once there are none, all sets are found.
    """
    at = table.index(values)
    now = table.answer(at)
    found: list[tuple[tuple[tuple[str, str], ...], str]] = []
    left = _differs(table, now)
    trials = size = 0
    while left and trials <= MAX_TRIALS:
        size += 1
        moves = {
            n: [((n, v), table.strides[n] * (position - table.domains[n].index(values[n]))) for position, v in enumerate(table.domains[n]) if v != values[n] and left & table.having([(n, v)])]
            for n in table.names
        }
        known = left
        for names in itertools.combinations([n for n in table.names if moves[n]], size):
            for change in itertools.product(*(moves[n] for n in names)):
                trials += 1
                there = at + sum(step for _, step in change)
                if known >> there & 1:
                    pairs = tuple(pair for pair, _ in change)
                    found.append((pairs, ANSWERS[table.answer(there)]))
                    left &= ~table.having(pairs)
    smallest = min((len(s) for s, _ in found), default=0)
    turns = sorted({n for s, _ in found if len(s) == smallest for n, _ in s})
    return Flips(tuple(found), tuple(turns), tuple(n for n in table.names if n not in turns), not left)


def _differs(table: Table, now: int) -> int:
    """Combinations whose answer is not `now`."""
    at_least = (table.full, *table.least)
    same = at_least[now] & ~(at_least[now + 1] if now < 3 else 0)
    return table.full & ~same
