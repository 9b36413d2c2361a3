"""Conditions over open questions: each derivation carries one, and every answer is an evaluation of them.

A formula is True, False, or a tuple: ``("lit", variable, values)``, ``("and", parts)``, ``("or", parts)``,
``("not", part)``. Variables are assumption ids, or questions of fact, which begin with ``?``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

Formula: TypeAlias = "bool | tuple[Any, ...]"
TRUE: Formula = True
FALSE: Formula = False
ANY, NONE = "any value", "no value"
"""What a question of fact has in place of a value where it is not told which: whatever can hold of it does (ANY),
or only what must (NONE)."""


def lit(variable: str, values: Iterable[str]) -> Formula:
    """The variable has one of the values."""
    return ("lit", variable, frozenset(values))


@lru_cache(maxsize=200_000)  # the same few are put together again and again
def all_of(*parts: Formula) -> Formula:
    """Conjunction; flattened, without duplicates; what is said of one variable is said in one literal."""
    found: set[Formula] = set()
    said: dict[str, frozenset[str]] = {}
    for part in parts:
        if isinstance(part, bool):
            if not part:
                return False
            continue
        for one in part[1] if part[0] == "and" else (part,):
            if one[0] != "lit":
                found.add(one)
                continue
            said[one[1]] = said[one[1]] & one[2] if one[1] in said else one[2]
            if not said[one[1]]:
                return False
    found.update(("lit", variable, values) for variable, values in said.items())
    if not found:
        return True
    return next(iter(found)) if len(found) == 1 else ("and", frozenset(found))


@lru_cache(maxsize=200_000)
def any_of(*parts: Formula) -> Formula:
    """Disjunction; flattened, without duplicates."""
    found: dict[Formula, None] = {}
    for part in parts:
        if isinstance(part, bool):
            if part:
                return True
            continue
        if part[0] == "or":
            found.update(dict.fromkeys(part[1]))
        else:
            found[part] = None
    if not found:
        return False
    return next(iter(found)) if len(found) == 1 else ("or", frozenset(found))


def negate(part: Formula) -> Formula:
    """Negation."""
    if isinstance(part, bool):
        return not part
    return part[1] if part[0] == "not" else ("not", part)


def implies(stronger: Formula, weaker: Formula) -> bool:
    """A cheap sufficient test on conjunctions."""
    if isinstance(weaker, bool):
        return weaker
    if isinstance(stronger, bool):
        return False
    strong = stronger[1] if stronger[0] == "and" else {stronger}
    weak = weaker[1] if weaker[0] == "and" else {weaker}
    return bool(weak <= strong)


def told(value: str, wanted: Collection[str], surely: bool = False) -> bool:
    """Whether a value is one of those wanted, as far as it is told; `surely` turns ANY and NONE about (under a not)."""
    return value in wanted or value == (NONE if surely else ANY)


def holds(formula: Formula, values: Mapping[str, str], surely: bool = False) -> bool:
    """The formula's truth under a value for each of its variables. Linear in its size."""
    if isinstance(formula, bool):
        return formula
    kind = formula[0]
    if kind == "lit":
        return told(values[formula[1]], formula[2], surely)
    if kind == "and":
        return all(holds(part, values, surely) for part in formula[1])
    if kind == "or":
        return any(holds(part, values, surely) for part in formula[1])
    return not holds(formula[1], values, not surely)


def given(formula: Formula, values: Mapping[str, str]) -> Formula:
    """What is left of a formula once some variables have a value; the rest stays as it is written. Linear in its size."""
    if isinstance(formula, bool):
        return formula
    if formula[0] == "lit":
        return values[formula[1]] in formula[2] if formula[1] in values else formula
    if formula[0] == "not":
        return negate(given(formula[1], values))
    ends = formula[0] == "or"
    left = []
    for part in formula[1]:
        found = given(part, values)
        if found is ends:
            return ends
        if not isinstance(found, bool):
            left.append(found)
    if not left:
        return not ends
    return left[0] if len(left) == 1 else (formula[0], frozenset(left))


@lru_cache(maxsize=200_000)
def variables(formula: Formula) -> frozenset[str]:
    """The variables a formula reads."""
    if isinstance(formula, bool):
        return frozenset()
    if formula[0] == "lit":
        return frozenset({formula[1]})
    if formula[0] == "not":
        return variables(formula[1])
    return frozenset().union(*(variables(part) for part in formula[1]))


@lru_cache(maxsize=200_000)
def asks(formula: Formula) -> bool:
    """Whether it reads an open question of fact."""
    return any(v.startswith("?") for v in variables(formula))


def literals(formula: Formula) -> Iterable[tuple[str, frozenset[str]]]:
    """The literals of a formula, whatever stands around them, in a fixed order."""
    if isinstance(formula, bool):
        return
    if formula[0] == "lit":
        yield formula[1], formula[2]
    elif formula[0] == "not":
        yield from literals(formula[1])
    else:
        for part in sorted(formula[1], key=key):
            yield from literals(part)


def key(formula: Formula) -> str:
    """A text that orders formulas the same way in every process."""
    if isinstance(formula, bool):
        return str(formula)
    if formula[0] == "lit":
        return f"{formula[1]}={','.join(sorted(formula[2]))}"
    if formula[0] == "not":
        return f"not({key(formula[1])})"
    return f"{formula[0]}({';'.join(sorted(key(p) for p in formula[1]))})"
