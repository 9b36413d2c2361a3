"""Stacks as plain data and back, so that a lock can hold the stack that a verdict was given on.

Only fields that differ from their default are written. Licence expressions stand as `{"id", "name"}`, `{"all": […]}`,
`{"any": […]}` and, for a name that means one of several, `{"name", "one-of", "settle"}`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from typing import Any

from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled
from licgraph.stack import Stack


def digest(value: Any) -> str:
    """sha256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")).hexdigest()


def bare(value: Any) -> Any:
    """Plain data without the line marks that the reader of YAML leaves (`__line__`)."""
    if isinstance(value, Mapping):
        return {k: bare(v) for k, v in value.items() if not str(k).startswith("__")}
    return [bare(v) for v in value] if isinstance(value, list | tuple) else value


def tree_to_plain(tree: Tree) -> dict[str, Any]:
    """A licence expression as plain data."""
    if isinstance(tree, Leaf):
        return {"id": tree.id, "name": tree.name} if tree.name and tree.name != tree.id else {"id": tree.id}
    if isinstance(tree, Unsettled):
        return {"name": tree.name, "one-of": [tree_to_plain(p) for p in tree.parts], "settle": tree.settle}
    return {"all" if isinstance(tree, AllOf) else "any": [tree_to_plain(p) for p in tree.parts]}


def tree_from_plain(found: Mapping[str, Any]) -> Tree:
    """A licence expression from plain data. Raises KeyError, TypeError or ValueError where it is none."""
    if "one-of" in found:
        parts = [tree_from_plain(p) for p in found["one-of"]]
        return Unsettled(found["name"], tuple(p for p in parts if isinstance(p, Leaf)), found["settle"])
    if "id" in found:
        return Leaf(found["id"], found.get("name", found["id"]))
    word = "all" if "all" in found else "any"
    return (AllOf if word == "all" else OneOf)(tuple(tree_from_plain(p) for p in found[word]))


def to_plain(value: Any) -> Any:
    """Named tuples, mappings and sequences as plain data; fields that have their default are left out."""
    if isinstance(value, Leaf | AllOf | OneOf | Unsettled):
        return tree_to_plain(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        defaults = getattr(value, "_field_defaults", {})
        rows = ((name, getattr(value, name)) for name in value._fields)
        return {name: to_plain(found) for name, found in rows if name not in defaults or found != defaults[name]}
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(value)
    return [to_plain(v) for v in value] if isinstance(value, tuple | list) else value


def stack_to_plain(stack: Stack) -> dict[str, Any]:
    """A stack as plain data."""
    found: dict[str, Any] = to_plain(stack)
    return found


def stack_from_plain(found: Mapping[str, Any]) -> Stack:
    """The stack that plain data holds. Raises KeyError, TypeError or ValueError where they hold none."""
    stack = from_plain(found, Stack)
    if not isinstance(stack, Stack):
        raise TypeError("no stack")
    return stack


@functools.lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, localns={"Tree": Leaf | AllOf | OneOf | Unsettled})  # an alias written as text has no `| None`


_TREE = frozenset((Leaf, AllOf, OneOf, Unsettled))


def from_plain(value: Any, kind: Any) -> Any:
    """Plain data as the type that an annotation names. Raises KeyError, TypeError or ValueError where they do not fit."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return tuple(from_plain(v, Any) for v in value) if isinstance(value, list) else value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in inside:
            return None
        left = [k for k in inside if k is not type(None)]
        return tree_from_plain(value) if set(left) == _TREE else from_plain(value, left[0])
    if origin is frozenset:
        return frozenset(value)
    if origin is tuple:
        if len(inside) == 2 and inside[1] is ...:
            return tuple(from_plain(v, inside[0]) for v in value)
        return tuple(from_plain(v, k) for v, k in zip(value, inside, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {k: from_plain(v, inside[1]) for k, v in value.items()}
    if hasattr(kind, "_fields"):
        return kind(**{name: from_plain(found, _hints(kind)[name]) for name, found in value.items()})
    if kind is float and isinstance(value, int):
        return float(value)
    if isinstance(kind, type) and not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
