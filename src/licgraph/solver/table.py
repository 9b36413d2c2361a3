"""Answers over every combination of assumptions at once.

The conditions of all items are evaluated as bit masks: one bit a combination; where open facts are read, one block of them a world.
Cost: formula nodes x combinations x worlds / word size. A table is a function of what is put into it, so the same conditions are
evaluated once, whichever stack they come from.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from licgraph.expression import Leaf, OneOf, Tree
from licgraph.light import NamedTuple
from licgraph.solver.formula import ANY, NONE, Formula, asks, told, variables

MAX_WORLDS = 512

Slot = tuple[int, int]
Masks = tuple[int, int, int]
"""Masks of the combinations in which the level is at least 1, 2, 3."""
Levels = Masks
"""The same for every world of some open facts: the block of the first world lowest."""
Row = tuple[int, Formula, tuple[Slot, ...]]
Facts = tuple[tuple[str, tuple[str, ...]], ...]
"""Open facts, each with the values it can have."""


class Part(NamedTuple):
    """Items that share no open fact and no election with the rest of their case, so that both are free of each other."""

    items: tuple[Row, ...]
    facts: tuple[str, ...]
    groups: tuple[int, ...]


class Problem(NamedTuple):
    """All that a table is made of but the assumptions: the rows of each case, the trees in which there is a choice, the facts read."""

    cases: tuple[frozenset[Row], ...]
    choices: tuple[tuple[int, Tree], ...]
    facts: Facts

    @property
    def read(self) -> frozenset[str]:
        """All that the conditions read."""
        return variables_of(self.cases)


@lru_cache(maxsize=50_000)
def variables_of(cases: tuple[frozenset[Row], ...]) -> frozenset[str]:
    """All that the conditions of some rows read."""
    return frozenset[str]().union(*(variables(condition) for rows in cases for _, condition, _ in rows))


class Table:
    """Answers of cases over all combinations of some values of the assumptions they read."""

    def __init__(self, problem: Problem, domains: Mapping[str, Sequence[str]]) -> None:
        self.choices = dict(problem.choices)
        self.facts = dict(problem.facts)
        self.names = sorted(v for v in problem.read if not v.startswith("?"))
        self.domains = {n: tuple(domains[n]) for n in self.names}
        self.size = 1
        self.strides: dict[str, int] = {}
        for name in reversed(self.names):
            self.strides[name] = self.size
            self.size *= len(self.domains[name])
        self.full = (1 << self.size) - 1
        self._literals: dict[tuple[str, frozenset[str]], int] = {}
        self._memo: dict[tuple[Formula, tuple[str, ...], bool], int] = {}
        self.dropped: list[dict[Slot, int]] = []
        self.summaries: list[Masks] = []
        for rows in problem.cases:
            total: Masks = (0, 0, 0)
            dropped: dict[Slot, int] = {}
            for part in parts(rows, frozenset(self.choices)):  # what holds of a part whatever its facts are holds of the whole
                one, two, three = self._summary(self.levels(part, dropped), len(self.worlds(part.facts)))
                total = (total[0] | one, total[1] | two, total[2] | three)
            self.summaries.append(total)
            self.dropped.append(dropped)
        self.least = (self.full, self.full, self.full)
        for summary in self.summaries:
            self.least = (self.least[0] & summary[0], self.least[1] & summary[1], self.least[2] & summary[2])
        self._memo.clear()  # a table is kept, what it was worked out with is not
        self.flips: dict[tuple[object, ...], Any] = {}
        """What `decide.flips` found, by how far it looked and the values from which."""

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
            self._literals[key] = _pattern(self.domains[name], values, self.strides[name], self.size)
        return self._literals[key]

    def _told(self, fact: str, values: frozenset[str], facts: tuple[str, ...], surely: bool) -> int:
        """The worlds in which an open fact has one of the values, with all combinations of each."""
        tried = self.worlds(facts)
        if math.prod(len(self.facts[f]) for f in facts) > MAX_WORLDS:
            return sum(self.full << (number * self.size) for number, world in enumerate(tried) if told(world[fact], values, surely))
        stride = self.size * math.prod(len(self.facts[f]) for f in facts[facts.index(fact) + 1 :])
        return _pattern(self.facts[fact], values, stride, self.size * len(tried))

    def worlds(self, facts: tuple[str, ...]) -> tuple[Mapping[str, str], ...]:
        """The worlds of these open facts."""
        return worlds(tuple((fact, self.facts[fact]) for fact in facts))

    def mask(self, formula: Formula, facts: tuple[str, ...] = (), surely: bool = False) -> int:
        """The combinations in which a formula can hold, in each world of the facts; `surely`: must."""
        if isinstance(formula, bool):
            return self._spread(self.full, len(self.worlds(facts))) if formula else 0
        if not facts and formula[0] == "lit":
            return self._literal(formula[1], formula[2])
        key = (formula, facts, surely)
        if key not in self._memo:
            if facts and not asks(formula):
                found = self._spread(self.mask(formula), len(self.worlds(facts)))
            elif formula[0] == "lit":
                found = self._told(formula[1], formula[2], facts, surely)
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
            self._elect(self.choices[group], group, leaf, worlds, dropped, itertools.count())
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


def _pattern(domain: Sequence[str], values: Collection[str], stride: int, size: int) -> int:
    """Of ``size`` bits those where a variable has one of the values, whose place in the domain moves a bit by ``stride``."""
    block = 0
    for position, value in enumerate(domain):
        if value in values:
            block |= ((1 << stride) - 1) << (position * stride)
    width = stride * len(domain)
    while width < size:  # repeat the block by doubling
        block |= block << width
        width *= 2
    return block & ((1 << size) - 1)


NOTHING: Levels = (0, 0, 0)


def _levels(mask: int, level: int) -> Levels:
    return mask if level >= 1 else 0, mask if level >= 2 else 0, mask if level >= 3 else 0


def _worse(one: Levels, other: Levels) -> Levels:
    return one[0] | other[0], one[1] | other[1], one[2] | other[2]


@lru_cache(maxsize=4096)
def worlds(facts: Facts) -> tuple[Mapping[str, str], ...]:
    """All combinations of values of some open facts.

    Beyond MAX_WORLDS: each fact's every value beside the first value of the others, and two worlds in which
    no fact is told: one where all that can hold does, and one where only that holds which must. So what blocks
    in a rare combination is seen, and only what blocks in all of them decides.
    """
    if math.prod(len(values) for _, values in facts) <= MAX_WORLDS:
        return tuple(dict(zip((f for f, _ in facts), combination, strict=True)) for combination in itertools.product(*(values for _, values in facts)))
    first = {f: values[0] for f, values in facts}
    ends = [first, dict.fromkeys(first, ANY), dict.fromkeys(first, NONE)]
    return (*ends, *({**first, f: value} for f, values in facts for value in values[1:]))


@lru_cache(maxsize=50_000)
def least(rows: tuple[Row, ...]) -> frozenset[Row]:
    """The rows without those that change nothing, since another on the same leaves is no lower and holds whenever they do."""
    found: list[Row] = []
    alike: dict[tuple[Slot, ...], tuple[set[Formula], list[frozenset[Formula]]]] = {}
    for level, condition, slots in sorted(rows, key=lambda row: (-row[0], len(variables(row[1])))):
        known, together = alike.setdefault(slots, (set(), []))
        if not level or True in known or condition in known:
            continue
        if isinstance(condition, tuple) and condition[0] == "and":  # it holds whenever all its parts do, so it is weaker with fewer
            if any(part in known for part in condition[1]) or any(other <= condition[1] for other in together):
                continue
            together.append(condition[1])
        known.add(condition)
        found.append((level, condition, slots))
    return frozenset(found)


def parts(rows: Iterable[Row], choices: frozenset[int]) -> list[Part]:
    """A case taken apart where no open fact and no election joins its items. Cost: items x facts read."""
    joined: dict[object, object] = {}

    def top(key: object) -> object:
        while joined[key] != key:
            joined[key] = key = joined[joined[key]]
        return key

    rows = tuple(rows)
    keys: list[list[object]] = []
    for _, condition, slots in rows:
        mine: list[object] = [*(sorted(v for v in variables(condition) if v.startswith("?")) if asks(condition) else ()), *(group for group, _ in slots if group in choices)]
        keys.append(mine)
        for key in mine:
            joined.setdefault(key, key)
            joined[top(key)] = top(mine[0])
    for group in choices:
        joined.setdefault(group, group)
    members: dict[object, list[Row]] = {}
    for row, tied in zip(rows, keys, strict=True):
        members.setdefault(top(tied[0]) if tied else None, []).append(row)
    for key in joined:
        members.setdefault(top(key), [])
    of = {root: [key for key in joined if top(key) == root] for root in members}
    return [Part(tuple(some), tuple(sorted(k for k in of[root] if isinstance(k, str))), tuple(sorted(k for k in of[root] if isinstance(k, int)))) for root, some in members.items()]
