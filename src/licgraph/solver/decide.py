"""From items to an answer: elections, open facts, profiles, and the smallest sets of assumptions that flip it.

Nothing is solved again here: answers, profiles and flips are look-ups in tables of all combinations (`solver.table`), which are
kept from stack to stack.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from licgraph.expression import Tree
from licgraph.light import NamedTuple
from licgraph.solver.carry import Question, choice
from licgraph.solver.formula import Formula, asks, given, variables
from licgraph.solver.item import LEVELS, Item
from licgraph.solver.table import Facts, Problem, Row, Slot, Table, least, parts, variables_of

ANSWERS = ("yes", "conditional", "unknown", "no")
MAX_COMBINATIONS = 600_000
MAX_TRIALS = 40_000
KEPT_COMBINATIONS = 1 << 14
"""Tables of more are not kept for the next stack."""


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


@lru_cache(maxsize=8192)
def _kept(problem: Problem, domains: Facts) -> Table:
    return Table(problem, dict(domains))


@lru_cache(maxsize=8192)
def _needed(problem: Problem, values: Facts) -> tuple[str, ...]:
    """Open facts by whose value the level of the one case differs."""
    table = _kept(problem, values)
    (rows,) = problem.cases
    some = parts(rows, frozenset(table.choices))
    levels = []
    for part in some:  # one combination, so one bit a world
        masks = table.levels(part)
        levels.append([sum(mask >> world & 1 for mask in masks) for world in range(len(table.worlds(part.facts)))])
    found: list[str] = []
    for part, mine in zip(some, levels, strict=True):
        floor = max(map(min, levels))
        at = {tuple(world.values()): max(level, floor) for world, level in zip(table.worlds(part.facts), mine, strict=True)}
        turning = [
            variable for place, variable in enumerate(part.facts)
            if any(len({at.get((*told[:place], value, *told[place + 1 :]), level) for value in table.facts[variable]}) > 1 for told, level in at.items())
        ]  # fmt: skip
        found += turning if turning or len(set(at.values())) < 2 else part.facts  # too many to tell which: any of them
    return tuple(sorted(found))


@lru_cache(maxsize=100_000)
def _truth(condition: Formula, values: tuple[tuple[str, str], ...], facts: Facts) -> tuple[bool, bool]:
    left = given(condition, dict(values))
    if isinstance(left, bool):
        return left, left
    read = variables(left)
    table = Table(Problem((), (), tuple(fact for fact in facts if fact[0] in read)), {})
    names = tuple(table.facts)
    found = table.mask(left, names)
    return found == (1 << len(table.worlds(names))) - 1, found != 0


class Decider:
    """Evaluates cases under assumption values, over all values of the open facts, with the best elections."""

    def __init__(self, groups: Sequence[Tree], questions: Mapping[str, Question]) -> None:
        self.groups = groups
        self.questions = questions
        self.choices = tuple((n, tree) for n, tree in enumerate(groups) if choice(tree))

    def facts(self, read: Iterable[str]) -> Facts:
        """The open facts among some variables, in order."""
        return tuple((v, self.questions[v].values) for v in sorted(v for v in read if v.startswith("?")))

    def problem(self, cases: Sequence[Case]) -> Problem:
        """What cases come down to."""
        numbers = {number for number, _ in self.choices}
        rows = tuple(least(tuple((level, condition, tuple(s for s in slots if s[0] in numbers) if numbers else ()) for level, condition, slots in case.items)) for case in cases)
        return Problem(rows, self.choices, self.facts(variables_of(rows)))

    def table(self, cases: Sequence[Case], domains: Mapping[str, Sequence[str]]) -> Table:
        """The table of all combinations of some values of the assumptions that make a difference."""
        problem = self.problem(cases)
        read = sorted(v for v in problem.read if not v.startswith("?"))
        free = tuple((v, tuple(domains[v])) for v in read)
        return _kept(problem, free) if math.prod(len(some) for _, some in free) <= KEPT_COMBINATIONS else Table(problem, dict(free))

    def at(self, cases: Sequence[Case], values: Mapping[str, str]) -> Table:
        """The table of one combination."""
        return self.table(cases, {v: (value,) for v, value in values.items()})

    def answer(self, cases: Sequence[Case], values: Mapping[str, str]) -> int:
        """The best answer over the cases (an index into ANSWERS); no case: no."""
        return self.at(cases, values).answer(0)

    def dropped(self, case: Case, values: Mapping[str, str]) -> frozenset[Slot]:
        """Leaves that elections leave aside."""
        return frozenset(slot for slot, mask in self.at([case], values).dropped[0].items() if mask & 1) if self.choices else frozenset()

    def needed(self, case: Case, values: Mapping[str, str]) -> list[Question]:
        """Open facts by whose value the level of the case differs."""
        if not any(asks(condition) for _, condition, _ in case.items):
            return []
        problem = self.problem([case])
        read = sorted(v for v in problem.read if not v.startswith("?"))
        return [self.questions[v] for v in _needed(problem, tuple((v, (values[v],)) for v in read))]

    def truth(self, condition: Formula, values: Mapping[str, str]) -> tuple[bool, bool]:
        """Whether a condition holds under these values in every world of open facts, and whether it can in some."""
        read = variables(condition)
        return _truth(condition, tuple((v, values[v]) for v in read if v in values), self.facts(read) if asks(condition) else ())


class Flips(NamedTuple):
    """The smallest changes of assumptions that change the answer."""

    sets: tuple[tuple[tuple[tuple[str, str], ...], str], ...]
    turns_on: tuple[str, ...]
    complete: bool


def flips(table: Table, values: Mapping[str, str]) -> Flips:
    """All inclusion-minimal sets of assumption values, other than the given, under which the answer differs.

    Smallest sets first; `complete` tells whether all combinations were looked at (MAX_TRIALS look-ups). What is left to
    explain are the combinations with another answer that hold no set found before: once there are none, all sets are found.
    """
    start = (MAX_TRIALS, *(values[n] for n in table.names))
    found: Flips = table.flips.get(start) or _flips(table, values)
    table.flips[start] = found
    return found


def _flips(table: Table, values: Mapping[str, str]) -> Flips:
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
    return Flips(tuple(found), tuple(turns), not left)


def _differs(table: Table, now: int) -> int:
    """Combinations whose answer is not `now`."""
    at_least = (table.full, *table.least)
    same = at_least[now] & ~(at_least[now + 1] if now < 3 else 0)
    return table.full & ~same
