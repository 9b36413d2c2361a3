"""Shapes of the files people write: one description gives both the loader and the JSON Schema.

A shape reads a node of `yamlfile` into plain Python values and puts every fault it meets into `Faults`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

from licgraph.light import NamedTuple
from licgraph.yamlfile import Faults, Map, Node, Seq, Text

LINE = "__line__"
LINES = "__lines__"


class Shape(Protocol):
    """What a value must look like."""

    def read(self, node: Node, key: str, faults: Faults) -> Any:
        """The value, or None after adding a fault."""

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema (draft 2020-12)."""


def near(word: str, words: Iterable[str]) -> str:
    """«; did you mean x?» when a known word is close to this one, else nothing."""
    import difflib

    close = difflib.get_close_matches(word, list(words), 1, 0.7)
    return f" (did you mean `{close[0]}`?)" if close else ""


def _is(node: Node) -> str:
    return {Text: "a single value", Seq: "a list", Map: "a map"}[type(node)]


class Str(NamedTuple):
    """Text, not empty."""

    what: str = "text"
    pattern: str | None = None

    def read(self, node: Node, key: str, faults: Faults) -> str | None:
        if not isinstance(node, Text):
            faults.add(node.line, key, f"expected {self.what}, found {_is(node)}", "Write one value")
            return None
        value = node.value.strip()
        if not value:
            faults.add(node.line, key, "nothing is written here", f"Write {self.what}, or leave the key out")
            return None
        if self.pattern and not re.fullmatch(self.pattern, value):
            faults.add(node.line, key, f"`{value[:80]}` is not {self.what}", f"Write {self.what}")
            return None
        return value

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": ["string", "number"], "minLength": 1}
        if self.pattern:
            found = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        return found


class Choice(NamedTuple):
    """One of a closed list of words."""

    words: tuple[str, ...]

    def read(self, node: Node, key: str, faults: Faults) -> str | None:
        if not isinstance(node, Text):
            faults.add(node.line, key, f"expected one word, found {_is(node)}", f"Write one of: {', '.join(self.words)}")
            return None
        if node.value not in self.words:
            faults.add(node.line, key, f"`{node.value[:80]}` is not known here{near(node.value, self.words)}", f"Write one of: {', '.join(self.words)}")
            return None
        return node.value

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


class Flag(NamedTuple):
    """true or false."""

    def read(self, node: Node, key: str, faults: Faults) -> bool | None:
        if isinstance(node, Text) and node.plain and node.value in ("true", "false"):
            return node.value == "true"
        faults.add(node.line, key, "expected true or false", "Write `true` or `false`")
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Number(NamedTuple):
    """A number, not negative."""

    def read(self, node: Node, key: str, faults: Faults) -> int | float | None:
        if isinstance(node, Text) and re.fullmatch(r"\d{1,18}(_\d{3})*(\.\d+)?", node.value):
            value = float(node.value.replace("_", ""))
            return int(value) if value.is_integer() else value
        faults.add(node.line, key, "expected a number", "Write digits only, such as 2000000")
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0}


class Date(NamedTuple):
    """A day, YYYY-MM-DD; kept as text."""

    def read(self, node: Node, key: str, faults: Faults) -> str | None:
        if isinstance(node, Text):
            try:
                return date.fromisoformat(node.value).isoformat()
            except ValueError:
                pass
        faults.add(node.line, key, "expected a date", "Write it as YYYY-MM-DD")
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


class ListOf(NamedTuple):
    """A list of values of one shape; with ``or_one`` a single value stands for a list of one."""

    item: Shape
    or_one: bool = False
    least: int = 0

    def read(self, node: Node, key: str, faults: Faults) -> tuple[Any, ...] | None:
        if isinstance(node, Seq):
            if len(node.items) < self.least:
                faults.add(node.line, key, "this list is empty", "Name at least one, or leave the key out")
            read = (self.item.read(item, f"{key}[{n}]", faults) for n, item in enumerate(node.items))
            return tuple(value for value in read if value is not None)
        if self.or_one:
            value = self.item.read(node, key, faults)
            return None if value is None else (value,)
        faults.add(node.line, key, f"expected a list, found {_is(node)}", "Write `[a, b]` or one `- item` a line")
        return None

    def schema(self) -> dict[str, Any]:
        many: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.least:
            many["minItems"] = self.least
        return {"anyOf": [self.item.schema(), many]} if self.or_one else many


class MapOf(NamedTuple):
    """Names of the user's own choosing, each with a value of one shape."""

    value: Shape
    key_pattern: str | None = None
    key_what: str = "a name"
    least: int = 0
    keys: tuple[str, ...] = ()

    def read(self, node: Node, key: str, faults: Faults) -> dict[str, Any] | None:
        if not isinstance(node, Map):
            faults.add(node.line, key, f"expected a map, found {_is(node)}", "Write `name: value`, one a line")
            return None
        if len(node.items) < self.least:
            faults.add(node.line, key, "nothing is listed here", "List at least one")
        found: dict[str, Any] = {}
        for name, value in node.items:
            at = f"{key}.{name.value}" if key else name.value
            if self.keys and name.value not in self.keys:
                faults.add(name.line, at, f"`{name.value}` is not known here{near(name.value, self.keys)}", f"Known: {', '.join(self.keys)}")
                continue
            if self.key_pattern and not re.fullmatch(self.key_pattern, name.value):
                faults.add(name.line, at, f"`{name.value[:80]}` is not {self.key_what}", f"Write {self.key_what}")
                continue
            read = self.value.read(value, at, faults)
            if read is not None:
                found[name.value] = read
        return found

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "object", "additionalProperties": self.value.schema()}
        if self.keys:
            found = {"type": "object", "properties": {k: self.value.schema() for k in self.keys}, "additionalProperties": False}
        elif self.key_pattern:
            found["propertyNames"] = {"pattern": f"^(?:{self.key_pattern})$"}
        if self.least:
            found["minProperties"] = self.least
        return found


class Record(NamedTuple):
    """A map with known keys. The value read carries the record's line, and each key's, beside its fields."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    hints: Mapping[str, str] = MappingProxyType({})

    def read(self, node: Node, key: str, faults: Faults) -> dict[str, Any] | None:
        if not isinstance(node, Map):
            faults.add(node.line, key, f"expected a map, found {_is(node)}", f"Known keys: {', '.join(self.fields)}")
            return None
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for name, value in node.items:
            at = f"{key}.{name.value}" if key else name.value
            shape = self.fields.get(name.value)
            if shape is None:
                cure = self.hints.get(name.value, f"Known keys: {', '.join(self.fields)}")
                faults.add(name.line, at, f"the key `{name.value}` is not known here{near(name.value, self.fields)}", cure)
                continue
            lines[name.value] = name.line
            read = shape.read(value, at, faults)
            if read is not None:
                found[name.value] = read
        for name_ in self.required:
            if name_ not in lines:
                faults.add(node.line, key, f"the key `{name_}` is missing", f"Add `{name_}:`")
        found[LINE] = node.line
        found[LINES] = lines
        return found

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.fields.items()},
            "required": list(self.required),
            "additionalProperties": False,
        }


class Either(NamedTuple):
    """One shape for a single value, another for a map (and, if given, one for a list)."""

    single: Shape
    mapped: Shape
    listed: Shape | None = None

    def read(self, node: Node, key: str, faults: Faults) -> Any:
        if isinstance(node, Seq) and self.listed is not None:
            return self.listed.read(node, key, faults)
        return (self.single if isinstance(node, Text) else self.mapped).read(node, key, faults)

    def schema(self) -> dict[str, Any]:
        shapes: Sequence[Shape] = [self.single, self.mapped, *([self.listed] if self.listed else [])]
        return {"anyOf": [shape.schema() for shape in shapes]}


class Line(NamedTuple):
    """Any shape, read together with its line: ``(value, line)``."""

    shape: Shape

    def read(self, node: Node, key: str, faults: Faults) -> tuple[Any, int] | None:
        value = self.shape.read(node, key, faults)
        return None if value is None else (value, node.line)

    def schema(self) -> dict[str, Any]:
        return self.shape.schema()


class Checked(NamedTuple):
    """A shape with a further test of its value that a JSON Schema does not see."""

    shape: Shape
    test: Callable[[Any], str | None]

    def read(self, node: Node, key: str, faults: Faults) -> Any:
        value = self.shape.read(node, key, faults)
        problem = None if value is None else self.test(value)
        if problem:
            what, _, cure = problem.partition(" | ")
            faults.add(node.line, key, what, cure)
            return None
        return value

    def schema(self) -> dict[str, Any]:
        return self.shape.schema()
