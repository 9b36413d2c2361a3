"""SPDX licence expressions as trees of elections: AND binds all, OR is ours to choose, an ambiguous name is not.

The one importer of license_expression, behind which its traps stay: its `validate()` raises on odd input,
`dnf()` explodes and `simplify()` drops choices, so only its parser is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from licgraph.knowledge import RESERVED, Knowledge


@dataclass(frozen=True)
class Leaf:
    """One licence, by id; `` WITH `` an exception included. ``name`` is how it was written."""

    id: str
    name: str = ""


@dataclass(frozen=True)
class AllOf:
    """Every part binds."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class OneOf:
    """We elect one part."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Unsettled:
    """A name that means one of several licences; which one is a fact we do not have."""

    name: str
    parts: tuple[Leaf, ...]
    settle: str


Tree: TypeAlias = "Leaf | AllOf | OneOf | Unsettled"

MAX_DEPTH = 40
MAX_LENGTH = 100_000
"""Brackets within brackets, and characters, of an expression that is read."""

_SYMBOL = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?[A-Za-z0-9][A-Za-z0-9.\-]*(\+\+[A-Za-z0-9.-]*)?")


class ExpressionFault(ValueError):
    """An expression that cannot be read. ``what`` says why, ``cure`` what to write."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure


def parse(text: str, knowledge: Knowledge) -> Tree:
    """The tree of an expression of ids, aliases and reserved words.

    An unknown name is a leaf of its own (its terms are unknown), never a fault.
    Raises: ExpressionFault for bad syntax.
    """
    text = text.strip()
    if not text:
        raise ExpressionFault("the licence expression is empty", "Write a licence id, or NONE if there is no licence")
    if len(text) > MAX_LENGTH:
        raise ExpressionFault(f"the licence expression is longer than {MAX_LENGTH} characters", "Write a licence id, or ids joined by AND, OR and WITH")
    whole = knowledge.resolve(text)
    if whole.ids:
        return _leaf(whole.ids, text, whole.settle)
    if _SYMBOL.fullmatch(text):
        return Leaf(text, text)
    spelled = _spelled(text, knowledge)
    if spelled is not None:
        return spelled
    return _tree(_parsed(text), knowledge)


def _spelled(text: str, knowledge: Knowledge) -> Leaf | Unsettled | None:
    """A free-text name with blanks that a rule reads with confidence and that is no expression."""
    if re.search(r"[/,;|&+()]|\b(AND|OR|WITH|and|or|with)\b", text) and "://" not in text:
        return None
    from licgraph.names import guess

    found = guess(text, knowledge)
    return _leaf(found.ids, text, found.settle) if found.ids else Leaf(text, text) if " " in text or "://" in text else None


def _parsed(text: str) -> Any:
    from license_expression import Licensing

    for mark, cure in (
        ("/", "Write `A OR B` if you may choose, `A AND B` if both apply"),
        (",", "Write `A OR B` if you may choose, `A AND B` if both apply"),
        (";", "Write `A OR B` if you may choose, `A AND B` if both apply"),
        ("|", "Write `A OR B`"),
        ("&", "Write `A AND B`"),
    ):
        if mark in text:
            raise ExpressionFault(f"`{text[:80]}` is no licence expression: `{mark}` is not an operator", cure)
    try:
        parsed = Licensing().parse(text, validate=False, strict=False)
    except MemoryError:
        raise
    except Exception:  # boolean.py fails in many ways (assertions among them) on what is no expression
        parsed = None
    if parsed is None:
        raise ExpressionFault(f"`{text[:80]}` is no licence expression", "Write ids joined by AND, OR, WITH and round brackets, such as `MIT OR Apache-2.0`")
    return parsed


def _tree(node: Any, knowledge: Knowledge, depth: int = 0) -> Tree:
    kind = type(node).__name__
    if depth > MAX_DEPTH:
        raise ExpressionFault(f"the licence expression is nested deeper than {MAX_DEPTH} brackets", "Write it with fewer brackets")
    if kind in ("AND", "OR"):
        parts = tuple(_tree(arg, knowledge, depth + 1) for arg in node.args)
        return AllOf(parts) if kind == "AND" else OneOf(parts)
    if kind == "LicenseWithExceptionSymbol":
        base = _symbol(node.license_symbol.key, knowledge)
        exception = node.exception_symbol.key
        known = next((e for e in knowledge.exception_ids if e.casefold() == exception.casefold()), exception)
        if isinstance(base, Unsettled):
            return Unsettled(base.name, tuple(Leaf(f"{p.id} WITH {known}", p.name) for p in base.parts), base.settle)
        return Leaf(f"{base.id} WITH {known}", f"{base.name} WITH {exception}")
    return _symbol(node.key, knowledge)


def _symbol(name: str, knowledge: Knowledge) -> Leaf | Unsettled:
    name = name.strip()
    if name.endswith("+") and not knowledge.resolve(name).ids:
        raise ExpressionFault(f"`{name}`: the mark `+` is ambiguous", f"Write `{name[:-1]}-or-later` where the licence has such a form, else `{name[:-1]}`")
    if not _SYMBOL.fullmatch(name) and not knowledge.resolve(name).ids:
        spelled = _spelled(name, knowledge)
        if spelled is not None and spelled != Leaf(name, name):  # a name with blanks that a rule reads
            return spelled
        raise ExpressionFault(f"`{name[:80]}` is no licence id", "Write the SPDX id or LicenseRef-…; names with blanks stand alone, not in an expression")
    found = knowledge.resolve(name)
    return _leaf(found.ids or (name,), name, found.settle)


def _leaf(ids: tuple[str, ...], name: str, settle: str) -> Leaf | Unsettled:
    if len(ids) == 1:
        return Leaf(ids[0], name)
    return Unsettled(name, tuple(Leaf(i, name) for i in ids), settle)


def leaves(tree: Tree) -> tuple[Leaf, ...]:
    """All licences of a tree, in order."""
    if isinstance(tree, Leaf):
        return (tree,)
    return tuple(leaf for part in tree.parts for leaf in leaves(part))


def render(tree: Tree) -> str:
    """The tree as an expression of ids."""
    if isinstance(tree, Leaf):
        return tree.id
    if isinstance(tree, Unsettled):
        return tree.name
    word = " AND " if isinstance(tree, AllOf) else " OR "
    return word.join(f"({render(p)})" if isinstance(p, AllOf | OneOf) and type(p) is not type(tree) else render(p) for p in tree.parts)


def is_reserved(name: str) -> bool:
    """True for the reserved licence words of the stack file."""
    return name in RESERVED
