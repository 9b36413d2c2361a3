"""Conditions: what the constructors give is true exactly where their parts say so, under all values."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator

from licgraph.solver.formula import ANY, NONE, Formula, all_of, any_of, holds, key, lit, literals, negate, told, variables

DOMAINS = {"a": ("1", "2", "3"), "b": ("1", "2"), "?c": ("1", "2", "3")}
WORLDS = [dict(zip(DOMAINS, values, strict=True)) for values in itertools.product(*DOMAINS.values())]


def _random(chance: random.Random, depth: int) -> tuple[Formula, Callable[[dict[str, str]], bool]]:
    """A formula, and what it means said in another way."""
    kind = chance.choice(["lit", "lit", "and", "or", "not", "true", "false"]) if depth else "lit"
    if kind in ("true", "false"):
        return kind == "true", lambda _: kind == "true"
    if kind == "lit":
        name = chance.choice(list(DOMAINS))
        values = chance.sample(DOMAINS[name], chance.choice([1, 1, 2]))
        return lit(name, values), lambda world: world[name] in values
    if kind == "not":
        part, means = _random(chance, depth - 1)
        return negate(part), lambda world: not means(world)
    parts = [_random(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    if kind == "and":
        return all_of(*(f for f, _ in parts)), lambda world: all(m(world) for _, m in parts)
    return any_of(*(f for f, _ in parts)), lambda world: any(m(world) for _, m in parts)


def _made(number: int) -> Iterator[tuple[Formula, Callable[[dict[str, str]], bool]]]:
    chance = random.Random(7)
    for _ in range(number):
        yield _random(chance, 4)


def test_a_formula_holds_where_it_says() -> None:
    for formula, means in _made(800):
        assert [holds(formula, w) for w in WORLDS] == [means(w) for w in WORLDS], formula


def test_a_formula_reads_no_more_than_it_says() -> None:
    """What is true or false whatever the values are is often seen; the variables named are those that stand in it."""
    for formula, _ in _made(400):
        read = {name for name, _ in literals(formula)}
        assert variables(formula) == read
        for world in WORLDS:
            assert holds(formula, {k: v for k, v in world.items() if k in read}) == holds(formula, world)


def test_what_is_not_told_can_hold_and_need_not() -> None:
    """ANY: what can hold of a fact does; NONE: only what must. So any value of it lies between the two."""
    for formula, _ in _made(800):
        for world in WORLDS:
            most, least = holds(formula, {**world, "?c": ANY}), holds(formula, {**world, "?c": NONE})
            assert least <= holds(formula, world) <= most, formula
    plain = lit("?c", ["1"])
    assert (holds(plain, {"?c": ANY}), holds(plain, {"?c": NONE})) == (True, False)
    assert (holds(negate(plain), {"?c": ANY}), holds(negate(plain), {"?c": NONE})) == (True, False)
    assert [told("1", ["1"]), told("2", ["1"]), told(ANY, ["1"]), told(NONE, ["1"]), told(ANY, ["1"], True), told(NONE, ["1"], True)] == [True, False, True, False, False, True]


def test_shapes() -> None:
    """Flat, without duplicates; one literal a variable in a conjunction; a contradiction is seen."""
    one, two, other = lit("a", ["1", "2"]), lit("a", ["2", "3"]), lit("b", ["1"])
    assert all_of() is True
    assert any_of() is False
    assert all_of(one, True) == one == any_of(one, False) == any_of(one, one) == all_of(one, one)
    assert all_of(one, False) is False
    assert any_of(one, True) is True
    assert all_of(one, two) == lit("a", ["2"])
    assert all_of(lit("a", ["1"]), lit("a", ["3"])) is False
    assert all_of(other, all_of(one, two)) == all_of(all_of(other, two), one) == ("and", frozenset({other, lit("a", ["2"])}))
    assert any_of(any_of(one, other), two) == ("or", frozenset({one, other, two}))
    assert all_of(any_of(one, other), two) == ("and", frozenset({any_of(one, other), two}))
    assert negate(negate(one)) == one
    assert (negate(True), negate(False)) == (False, True)
    assert variables(True) == frozenset()


def test_one_order_in_every_process() -> None:
    formula = any_of(all_of(lit("b", ["2", "1"]), lit("a", ["1"])), negate(lit("a", ["3"])))
    assert key(formula) == "or(and(a=1;b=1,2);not(a=3))"
    assert [key(True), key(False)] == ["True", "False"]
    assert list(literals(formula)) == [("a", frozenset({"1"})), ("b", frozenset({"1", "2"})), ("a", frozenset({"3"}))]
    assert list(literals(False)) == []
