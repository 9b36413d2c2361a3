"""Strict YAML: text stays text, keys stand once, size and depth are bounded, all faults come at once.

YAML is read from parser events into a small tree of our own, because PyYAML's loaders turn ``NO`` into
False, ``3.10`` into 3.1 and the second of two equal keys into the only one. Anchors and aliases are
refused: nothing here needs them, and they are how a small file becomes a large one.
JSON is a subset of what is accepted here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from licgraph.errors import Fault, LicgraphError
from licgraph.light import NamedTuple

MAX_BYTES = 8_000_000
MAX_DEPTH = 40
MAX_FAULTS = 500


class Text(NamedTuple):
    """A scalar as it was written; ``plain`` tells that it stood without quotes."""

    value: str
    line: int
    plain: bool = False


class Seq(NamedTuple):
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int


class Map(NamedTuple):
    """Keys in the order of the file, each with the line it stands on."""

    items: tuple[tuple[Text, Node], ...]
    line: int


Node: TypeAlias = "Text | Seq | Map"


@dataclass(repr=False, eq=False)
class Faults:
    """Collects the faults of one file while it is read."""

    file: str
    found: list[Fault] = field(default_factory=list)

    def add(self, line: int, key: str, what: str, cure: str) -> None:
        self.found.append(Fault(self.file, line, key, what, cure))
        if len(self.found) >= MAX_FAULTS:  # nobody reads more, and each costs
            raise LicgraphError([*self.found, Fault(self.file, line, "", f"more than {MAX_FAULTS} faults; what follows was not read", "Correct these first")])

    def raise_if_any(self, error: type[LicgraphError]) -> None:
        if self.found:
            raise error(self.found)


def read_text(path: Path, shown: str, error: type[LicgraphError]) -> str:
    """The text of a file of at most MAX_BYTES bytes of UTF-8.

    Raises: ``error`` when it is absent, no file, too large, or not text.
    """

    def refuse(what: str, cure: str) -> LicgraphError:
        return error(Fault(shown, 0, "", what, cure))

    try:
        if path.is_dir():
            raise refuse("this is a folder", "Name a file")
        if not path.is_file():
            raise refuse("there is no such file", "Check the path")
        if os.stat(path).st_size > MAX_BYTES:
            raise refuse(f"the file is larger than {MAX_BYTES // 1_000_000} MB", "Split the stack, or leave out what it does not need")
        raw = path.read_bytes()
    except OSError as problem:
        raise refuse(f"cannot be read ({problem.strerror})", "Check the path and its permissions") from None
    return decode(raw, shown, error)


def decode(raw: bytes, shown: str, error: type[LicgraphError]) -> str:
    """Bytes as UTF-8 text, a leading byte-order mark dropped. Raises ``error`` when they are not text."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        raise error(Fault(shown, line, "", "this is not UTF-8 text", "Save the file as UTF-8")) from None
    if "\0" in text:
        raise error(Fault(shown, text[: text.index("\0")].count("\n") + 1, "", "this is not a text file", "Name a YAML or JSON file"))
    return text


def parse(text: str, shown: str, error: type[LicgraphError]) -> Node | None:
    """The tree of a YAML (or JSON) document; None for an empty one.

    Raises: ``error`` with every fault found: bad syntax, duplicate keys, aliases, tags, depth.
    """
    if len(text) > MAX_BYTES:
        raise error(Fault(shown, 0, "", f"the input is larger than {MAX_BYTES // 1_000_000} MB", "Split it"))
    if text.lstrip()[:1] == "{":
        text = text.replace("\t", " ")  # JSON may indent with tabs, YAML may not
        if "\n" not in text and (data := json_of(text)) is not None:  # all on line 1, and some ten times as fast
            return node_of(data, shown, error)
    faults = Faults(shown)
    import yaml  # a run that reads no YAML goes without

    try:
        return _build(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), faults, error)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        faults.add(mark.line + 1 if mark else 0, "", f"not valid YAML: {problem.problem or problem.context}", "Correct the syntax at or just before this line")
        raise error(faults.found) from None
    except yaml.YAMLError as problem:
        faults.add(0, "", f"not valid YAML: {str(problem).splitlines()[0]}", "Save the file as plain UTF-8 YAML")
        raise error(faults.found) from None


class Number(str):
    """A number of JSON as it was written."""


def json_of(text: str) -> dict[str, Any] | None:
    """A text as data, with numbers as they were written; None where it is no JSON map, or one that has to be looked at closely (keys twice, halves of characters)."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError
        return found

    try:
        found = json.loads(text, object_pairs_hook=once, parse_int=Number, parse_float=Number, parse_constant=_refused)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refused(word: str) -> Any:
    raise ValueError(word)


def node_of(value: Any, shown: str, error: type[LicgraphError], depth: int = 0) -> Node:
    """Data of JSON as a tree, all of it on line 1. Raises ``error`` where it is too deep."""
    if depth >= MAX_DEPTH and isinstance(value, dict | list):
        raise error(Fault(shown, 1, "", f"nested deeper than {MAX_DEPTH} levels", "Flatten it"))
    if isinstance(value, str):
        return Text(value, 1, isinstance(value, Number))
    if isinstance(value, dict):
        return Map(tuple((Text(k, 1), node_of(v, shown, error, depth + 1)) for k, v in value.items()), 1)
    if isinstance(value, list):
        return Seq(tuple(node_of(v, shown, error, depth + 1) for v in value), 1)
    return Text(_WORDS[value], 1, True)


_WORDS = {True: "true", False: "false", None: "null"}


def events(text: str, shown: str, error: type[LicgraphError]) -> Iterator[tuple[str, Any, str, int]]:
    """What a YAML text holds, as it comes: ``(kind, value, anchor, line from 0)``, for readers of other tools' files.

    Kinds: `document`, `scalar` (value: text as written, None for null), `alias` (value: the anchor), `list`, `map`, `end`.
    Raises: ``error`` at the first fault of syntax.
    """
    kinds = {"DocumentStartEvent": "document", "AliasEvent": "alias", "ScalarEvent": "scalar", "SequenceStartEvent": "list", "MappingStartEvent": "map", "SequenceEndEvent": "end", "MappingEndEvent": "end"}
    import yaml

    try:
        parsed: Iterator[Any] = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for event in parsed:
            kind = kinds.get(type(event).__name__)
            if kind is None:
                continue
            line = event.start_mark.line if event.start_mark else 0
            anchor = getattr(event, "anchor", None) or ""
            if kind == "scalar":
                null = not event.style and event.value in ("", "~", "null", "Null", "NULL")
                yield kind, None if null else event.value, anchor, line
            else:
                yield kind, anchor if kind == "alias" else None, anchor, line
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise error(Fault(shown, mark.line + 1 if mark else 0, "", f"not valid YAML: {problem.problem or problem.context}", "Correct the syntax at or just before this line")) from None
    except yaml.YAMLError as problem:
        raise error(Fault(shown, 0, "", f"not valid YAML: {str(problem).splitlines()[0]}", "Save the file as plain UTF-8 YAML")) from None


def _build(events: Iterator[Any], faults: Faults, error: type[LicgraphError]) -> Node | None:
    """One document from parser events, without recursion, so that depth is a fault and not a crash."""
    root: list[Node] = []
    stack: list[tuple[str, int, list[Any], Callable[[Node], None]]] = []
    documents = 0

    def place(node: Node) -> None:
        if not stack:
            root.append(node)
            return
        stack[-1][2].append(node)

    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            documents += 1
            if documents > 1:
                faults.add(line, "", "a second document begins here", "Keep one document to a file")
                break
        elif kind == "AliasEvent":
            faults.add(line, "", f"an alias (*{event.anchor})", "Write the value out")
            place(Text("", line))
        elif kind == "ScalarEvent":
            _plain_only(event, line, faults)
            place(Text(event.value, line, plain=not event.style))
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            _plain_only(event, line, faults)
            if len(stack) >= MAX_DEPTH:
                faults.add(line, "", f"nested deeper than {MAX_DEPTH} levels", "Flatten it")
                break
            stack.append((kind, line, [], place))
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            opened, began, items, _ = stack.pop()
            place(Seq(tuple(items), began) if opened == "SequenceStartEvent" else _mapping(items, began, faults))
    faults.raise_if_any(error)
    if not root or (isinstance(root[0], Text) and root[0].plain and root[0].value == ""):
        return None
    return root[0]


def _plain_only(event: Any, line: int, faults: Faults) -> None:
    if event.anchor:
        faults.add(line, "", f"an anchor (&{event.anchor})", "Remove it")
    if event.tag is not None and event.tag != "!":
        faults.add(line, "", f"a type tag ({event.tag})", "Remove it; values are read by their key")


def _mapping(items: list[Node], line: int, faults: Faults) -> Map:
    pairs: list[tuple[Text, Node]] = []
    seen: dict[str, int] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, Text):
            faults.add(key.line, "", "a key must be a word", "Write `key: value`")
            continue
        if key.value in seen:
            faults.add(key.line, key.value, f"this key stands already on line {seen[key.value]}", "Keep one of the two")
            continue
        seen[key.value] = key.line
        pairs.append((key, value))
    return Map(tuple(pairs), line)
