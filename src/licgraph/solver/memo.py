"""What clauses ask in one situation, kept from stack to stack.

A situation is all that a clause's answer can hang on, without names and places: which terms, carried how and under which condition,
what is done with it, under which facts. So what was derived for one stack holds for every other in which it comes up again. A
derivation also tells which questions it raised and which facts it read: they are told again with it.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable
from typing import Any

from licgraph.light import NamedTuple

KEPT = 60_000
"""Situations that are kept; beyond, all are forgotten."""


class Kept(NamedTuple):
    """What was derived in a situation, the questions it raised by their variables, and the facts it read."""

    derived: tuple[Any, ...]
    questions: tuple[tuple[str, Any], ...]
    facts: frozenset[str]


class Memo:
    """Situations by what they are made of. Licences are told apart as objects, which is quick, and held so that no other takes their place."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Kept] = {}
        self._numbers: dict[Hashable, int] = {}
        self._held: dict[int, tuple[object, int]] = {}
        self._next = itertools.count()  # no number is given twice, though what it stood for was forgotten

    def number(self, of: Hashable) -> int:
        """A number that stands for a part of a situation."""
        found = self._numbers.get(of)
        if found is None:
            found = self._numbers[of] = next(self._next)
        return found

    def token(self, thing: object) -> int:
        """A number for an object that takes long to compare."""
        found = self._held.get(id(thing))
        if found is None:
            found = self._held[id(thing)] = (thing, next(self._next))
        return found[1]

    def find(self, situation: Hashable) -> Kept | None:
        """What is kept of a situation."""
        return self._kept.get(situation)

    def keep(self, situation: Hashable, derived: Iterable[Any], questions: Iterable[tuple[str, Any]], facts: Iterable[str]) -> Kept:
        """Keeps what was derived."""
        if max(len(self._kept), len(self._numbers)) >= KEPT:
            for table in (self._kept, self._numbers, self._held):
                table.clear()
        found = self._kept[situation] = Kept(tuple(derived), tuple(questions), frozenset(facts))
        return found
