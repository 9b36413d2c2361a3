"""Files that other tools wrote, YAML or JSON as it comes: every value stays text and knows its place.

Nothing here is a fault of ours to correct: the last of two equal keys counts, tags are ignored, anchors are
followed. What is bounded is what a file may cost: bytes, depth, and the nodes that its anchors expand to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from licgraph.errors import Fault, StackError, without_secrets
from licgraph.light import sha256
from licgraph.stack import Evidence
from licgraph.yamlfile import MAX_BYTES, events

MAX_DEPTH = 100
MAX_NODES = 500_000
_HALVES = re.compile("[\ud800-\udfff]")
HEAD = 65_536
"""Bytes that a reader may look at to tell whether a file is its own."""


def refuse(shown: str, line: int, what: str, cure: str) -> StackError:
    """The error for an input that cannot be read at all."""
    return StackError(Fault(shown, line, "", what, cure))


@dataclass(frozen=True, repr=False, eq=False)
class Source:
    """One input: a file, a folder, or text handed over. ``shown`` is its name as the user gave it."""

    shown: str
    path: Path | None = None
    given: bytes | None = None

    @property
    def name(self) -> str:
        """The file name in lower case."""
        return Path(self.shown).name.casefold()

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path is not None and self.path.is_dir()

    @property
    def head(self) -> bytes:
        """Its first HEAD bytes. Raises StackError when it cannot be opened."""
        if self.given is not None:
            return self.given[:HEAD]
        assert self.path is not None
        try:
            if self.path.exists() and not self.path.is_file():  # a pipe would be waited for
                raise refuse(self.shown, 0, "this is no file", "Check the path")
            with self.path.open("rb") as file:
                return file.read(HEAD)
        except OSError as problem:
            raise refuse(self.shown, 0, f"cannot be read ({problem.strerror})", "Check the path and its permissions") from None

    def bytes(self) -> bytes:
        """All of it, at most MAX_BYTES. Raises StackError."""
        if self.given is not None:
            raw = self.given
        else:
            assert self.path is not None
            try:
                if not self.path.is_file():
                    raise refuse(self.shown, 0, "there is no such file" if not self.path.exists() else "this is no file", "Check the path")
                with self.path.open("rb") as file:
                    raw = file.read(MAX_BYTES + 1)
            except OSError as problem:
                raise refuse(self.shown, 0, f"cannot be read ({problem.strerror})", "Check the path and its permissions") from None
        if len(raw) > MAX_BYTES:
            raise refuse(self.shown, 0, f"the file is larger than {MAX_BYTES // 1_000_000} MB", "Name a smaller file, or the part of it that matters")
        return raw

    def text(self) -> str:
        """All of it as text; bytes that are no UTF-8 become U+FFFD, so that no name with one is taken for a known one. Raises StackError."""
        raw = self.bytes()
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return without_secrets(raw.decode("utf-16", "replace"))
        text = raw.decode("utf-8-sig", "replace")
        if "\0" in text:
            raise refuse(self.shown, text[: text.index("\0")].count("\n") + 1, "this is not a text file", "Name a text file")
        return without_secrets(text)

    @property
    def digest(self) -> str:
        """sha256 of its bytes. Raises StackError."""
        return sha256(self.bytes()).hexdigest()


@dataclass(frozen=True, repr=False, eq=False)
class Node:
    """A value with its place. ``value``: text, a tuple of nodes, a dict of nodes, or None where nothing stands."""

    value: Any
    file: str = ""
    line: int = 0
    pointer: str = ""

    def __bool__(self) -> bool:
        return self.value is not None and self.value not in ("", (), {})

    @property
    def place(self) -> Evidence:
        """Where it stands."""
        return Evidence(self.file, self.line, "" if self.line else self.pointer)

    @property
    def text(self) -> str:
        """The scalar, stripped; empty for anything else."""
        return self.value.strip() if isinstance(self.value, str) else ""

    @property
    def is_map(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, tuple)

    def get(self, *path: str | int) -> Node:
        """The value under these keys and positions; an empty node where there is none."""
        found = self
        for key in path:
            value: Any = found.value
            if isinstance(value, dict):
                below = value.get(key)
            else:
                below = value[key] if isinstance(value, tuple) and isinstance(key, int) and -len(value) <= key < len(value) else None
            if below is None:
                return Node(None, self.file, self.line, self.pointer)
            found = below
        return found

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of a map, in order; nothing for anything else."""
        return iter(self.value.items()) if isinstance(self.value, dict) else iter(())

    def listed(self) -> tuple[Node, ...]:
        """The entries of a list; a scalar or map that stands where a list may, as its one entry."""
        if isinstance(self.value, tuple):
            return self.value
        return (self,) if self else ()

    def texts(self) -> list[tuple[str, Node]]:
        """The non-empty scalars of a list, or the one scalar, each with its node."""
        return [(n.text, n) for n in self.listed() if n.text]

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            below = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, tuple) else ()
            waiting.extend(reversed(list(below)))


def whole(text: str) -> str:
    """Text in which half a surrogate pair, which JSON can hold and no file, is U+FFFD like any other damage."""
    return text if text.isascii() else _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)


def data_of(text: str | bytes) -> Any:
    """JSON as data, whole as text. Raises ValueError and RecursionError where it is none."""
    found = json.loads(text)
    escaped = b"\\u" in text if isinstance(text, bytes) else "\\u" in text
    return json.loads(whole(json.dumps(found, ensure_ascii=False))) if escaped else found


def read_json(text: str, shown: str) -> Node:
    """A JSON document; places are RFC 6901 pointers. Raises StackError with the line of the fault."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as problem:
        raise refuse(shown, problem.lineno, f"not valid JSON: {problem.msg}", "Correct the syntax at or just before this line") from None
    except (RecursionError, ValueError):
        raise refuse(shown, 0, "nested deeper, or a number longer, than can be read", "Flatten it") from None
    budget = [MAX_NODES]
    return _wrap(found, shown, "", 0, budget)


def _wrap(value: Any, shown: str, pointer: str, depth: int, budget: list[int]) -> Node:
    budget[0] -= 1
    value = whole(value) if isinstance(value, str) else value
    if depth > MAX_DEPTH or budget[0] < 0:
        raise refuse(shown, 0, f"nested deeper than {MAX_DEPTH} levels, or more than {MAX_NODES} values", "Split it")
    if isinstance(value, dict):
        value = {k: _wrap(v, shown, f"{pointer}/{k.replace('~', '~0').replace('/', '~1')}", depth + 1, budget) for k, v in ((whole(k), v) for k, v in value.items())}
    elif isinstance(value, list):
        value = tuple(_wrap(v, shown, f"{pointer}/{n}", depth + 1, budget) for n, v in enumerate(value))
    elif value is not None and not isinstance(value, str):
        value = json.dumps(value)
    return Node(value, shown, 0, pointer)


def read_yaml(text: str, shown: str, first_line: int = 1) -> list[Node]:
    """The documents of a YAML text; ``first_line`` is the line of the file on which the text begins. Raises StackError."""
    documents: list[Node] = []
    open_nodes: list[tuple[str, int, str, list[Node]]] = []
    anchors: dict[str, tuple[Node, int]] = {}
    budget = MAX_NODES

    def close(node: Node, size: int, anchor: str) -> None:
        nonlocal budget
        budget -= size
        if budget < 0:
            raise refuse(shown, node.line, f"expands to more than {MAX_NODES} values", "Write it without anchors, or split it")
        if anchor:
            anchors[anchor] = (node, size)
        (open_nodes[-1][3] if open_nodes else documents).append(node)

    for kind, value, anchor, mark in events(text, shown, StackError):
        line = mark + first_line
        if kind == "document":
            anchors.clear()
        elif kind == "alias":
            node, size = anchors.get(value, (Node(None, shown, line), 1))
            close(Node(node.value, shown, line), size, "")
        elif kind == "scalar":
            close(Node(value, shown, line), 1, anchor)
        elif kind in ("list", "map"):
            if len(open_nodes) >= MAX_DEPTH:
                raise refuse(shown, line, f"nested deeper than {MAX_DEPTH} levels", "Flatten it")
            open_nodes.append((kind, line, anchor, []))
        else:
            opened, began, named, below = open_nodes.pop()
            found = tuple(below) if opened == "list" else _mapping(below)
            close(Node(found, shown, began), 1 + (_size(below) if named else 0), named)
    return documents


def _size(nodes: list[Node]) -> int:
    """How many values an anchored node stands for, each time it is used."""
    return sum(1 for n in nodes for _ in n.walk())


def _mapping(below: list[Node]) -> dict[str, Node]:
    """Pairs as a dict: the last of two equal keys counts, `<<` brings in what is not there."""
    found: dict[str, Node] = {}
    merged: list[Node] = []
    for key, value in zip(below[::2], below[1::2], strict=False):
        if key.text == "<<":
            merged += value.listed()
        elif isinstance(key.value, str):
            found[key.value] = value
    for other in merged:
        for name, value in other.items():
            found.setdefault(name, value)
    return found


def read_any(source: Source) -> Node:
    """A file that is JSON if it looks so, else YAML; of several YAML documents the first. Raises StackError."""
    text = source.text()
    if text.lstrip()[:1] in ("{", "["):
        return read_json(text, source.shown)
    documents = read_yaml(text, source.shown)
    return documents[0] if documents else Node(None, source.shown, 1)
