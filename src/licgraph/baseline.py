"""The baseline: what blocked when a team began, so that only what is new fails. It counts down and is no waiver.

One JSON file speaks of many stacks. An entry is keyed by stack, origin, clause, component and act, never by a line or a
wording. Writing it again keeps the days of entries that are there already, so no entry is ever prolonged by itself.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from licgraph.errors import Fault, StackError
from licgraph.gate import Entry, Key, is_unread
from licgraph.light import NamedTuple
from licgraph.shapes import LINE, Choice, Date, ListOf, Record, Shape, Str
from licgraph.stack import DEFAULT_STACK
from licgraph.verdict import Totals
from licgraph.yamlfile import Faults, parse, read_text

SCHEMA = "licgraph/baseline/1"
RUNS_DAYS = 90
"""Days from the day of writing after which an entry no longer covers, unless --until says otherwise."""

_FIELDS: Mapping[str, Shape] = {"stack": Str("the path of a stack"), "origin": Str("a component"), "clause": Str("LICENSE/clause", r"[^/]+/.+"), "component": Str("a component"), "act": Str("an act"), "first": Date(), "until": Date()}
_SHAPE = Record({"schema": Choice((SCHEMA,)), "entries": ListOf(Record(_FIELDS, tuple(_FIELDS)))}, ("schema", "entries"))

Entries = Mapping[str, tuple[Entry, ...]]
"""By stack, as its path is seen from the folder of the file."""


class Written(NamedTuple):
    """A baseline to be written, and how it differs from the one that was there."""

    entries: Entries
    kept: int
    added: int
    dropped: int


def read(path: Path, shown: str) -> Entries:
    """What a baseline file holds. Raises StackError with every fault."""
    node = parse(read_text(path, shown, StackError), shown, StackError)
    if node is None:
        raise StackError(Fault(shown, 0, "", "the file is empty", "Write it: licgraph check --write-baseline FILE"))
    faults = Faults(shown)
    found = _SHAPE.read(node, "", faults) or {}
    entries: dict[str, dict[Key, Entry]] = {}
    for n, row in enumerate(found.get("entries") or ()):
        if not all(name in row for name in _FIELDS):
            continue
        entry = Entry(row["origin"], row["clause"], row["component"], row["act"], row["first"], row["until"])
        mine = entries.setdefault(row["stack"], {})
        if entry.key in mine:
            faults.add(row[LINE], f"entries[{n}]", "this entry stands here twice", "Keep one of the two")
        if is_unread(entry.clause):
            faults.add(row[LINE], f"entries[{n}].clause", "what was not read can be in no baseline", "Remove the entry")
        mine[entry.key] = entry
    faults.raise_if_any(StackError)
    return {stack: tuple(mine.values()) for stack, mine in entries.items()}


def name_of(stack: str | None, file: Path) -> str:
    """A stack as a baseline in this file names it. Raises StackError for standard input and for the Hub, which have no place."""
    if stack is not None and (stack == "-" or stack.startswith("hf:")):
        raise StackError(Fault(stack, 0, "", "a baseline speaks of stacks by their path, and this has none", "Name a file or a folder"))
    path = Path(stack) if stack is not None else Path()
    if (path / DEFAULT_STACK).is_file():
        path = path / DEFAULT_STACK
    return Path(os.path.relpath(path.absolute(), file.absolute().parent)).as_posix()


def renewed(old: Entries, found: Mapping[str, Sequence[Key]], file: Path, first: str, until: str) -> Written:
    """The baseline with what stands against these stacks now.

    found: by stack, for those that were understood. Entries of other stacks stay while there is such a stack.
    """
    entries: dict[str, tuple[Entry, ...]] = {}
    counts: Counter[str] = Counter()
    missing = set(orphans(old, file))
    for stack in sorted({*old, *found}):
        known = {e.key: e for e in old.get(stack, ())}
        if stack not in found:
            gone = stack in missing
            counts["dropped" if gone else "kept"] += len(known)
            if not gone:
                entries[stack] = tuple(known.values())
            continue
        keys = sorted(set(found[stack]))
        counts["kept"] += sum(k in known for k in keys)
        counts["added"] += sum(k not in known for k in keys)
        counts["dropped"] += len(set(known) - set(keys))
        if keys:
            entries[stack] = tuple(known.get(k) or Entry(*k, first, until) for k in keys)
    return Written(entries, counts["kept"], counts["added"], counts["dropped"])


def orphans(entries: Entries, file: Path) -> list[str]:
    """Stacks of a baseline in this file that are no longer there."""
    return [stack for stack in sorted(entries) if not (file.absolute().parent / stack).exists()]


def dumps(entries: Entries) -> str:
    """A baseline as text: one line an entry, so that a change of one is one line in a review."""
    rows = [json.dumps({"stack": stack, **entry._asdict()}, ensure_ascii=False) for stack, mine in sorted(entries.items()) for entry in sorted(mine)]
    body = "[\n  " + ",\n  ".join(rows) + "\n ]" if rows else "[]"
    return f'{{\n "schema": "{SCHEMA}",\n "entries": {body}\n}}\n'


def total(found: Sequence[Totals]) -> Totals:
    """The totals of several stacks together."""
    return Totals(sum(t.entries for t in found), sum(t.met for t in found), sum(t.gone for t in found), sum(t.expired for t in found), min((t.first_ends for t in found if t.first_ends), default=""))


def says(totals: Totals, day: str) -> str:
    """The totals as one line."""
    from datetime import date

    days = (date.fromisoformat(totals.first_ends) - date.fromisoformat(day)).days if totals.first_ends else None
    ends = "" if days is None else "; the first ends today" if not days else f"; the first ends in {days} day{'s' if days != 1 else ''}"
    return f"baseline: {totals.entries} entr{'ies' if totals.entries != 1 else 'y'}, {totals.met} met, {totals.gone} gone, {totals.expired} expired{ends}"


def json_schema() -> dict[str, Any]:
    """JSON Schema of a baseline, as published in `schema/baseline-1.json`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph baseline, version 1", "description": "Fields are only ever added.", **_SHAPE.schema()}
