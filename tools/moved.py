#!/usr/bin/env python3
"""Which verdicts of the reference estate a change of the knowledge base moved, and by which clause.

`python tools/moved.py OLD NEW` takes two knowledge folders (each a `data/`) or git revisions; NEW is by default the
working tree. It solves every case and example under both and prints a Markdown list for the changelog's *Knowledge*
section. Exit 0 nothing moved, 3 something did, 2 a knowledge base cannot be read.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

import yaml  # noqa: E402

from licgraph import knowledge as base  # noqa: E402
from licgraph.difference import Difference, Row, Side, diff  # noqa: E402
from licgraph.errors import KnowledgeError, LicgraphError, StackError  # noqa: E402
from licgraph.inputs.stackfile import from_text  # noqa: E402
from licgraph.knowledge import Knowledge  # noqa: E402
from licgraph.reports.difference import says, what  # noqa: E402
from licgraph.shift import Shift  # noqa: E402
from licgraph.slices import Premises, solve  # noqa: E402
from licgraph.stack import DEFAULT_PROFILE, Stack  # noqa: E402

DAY = "2026-11-22"
"""The day on which permissions are read, the same on both sides."""
TOLD = ("answer", "by_profile", "blockers")
"""Moves that are told row by row; of the rest only how many moved."""
SINGULAR = {"duties": "duty", "questions": "question", "findings": "finding", "options": "option"}


class Entry(NamedTuple):
    """One stack of the reference estate, as text."""

    name: str
    text: str


def estate(root: Path = ROOT) -> Iterator[Entry]:
    """All cases and examples, in the order of their names."""
    for path in sorted((root / "examples").glob("*.yaml")):
        yield Entry(f"examples/{path.name}", path.read_text("utf-8"))
    for path in sorted((root / "tests" / "cases").glob("*.yaml")):
        yield Entry(f"cases/{path.stem}", yaml.safe_dump(yaml.safe_load(path.read_text("utf-8"))["stack"], sort_keys=False))


def _side(entry: Entry, knowledge: Knowledge, which: str) -> Side | None:
    """The verdict on a stack under a knowledge base; None where it knows no such stack (a word that is newer)."""
    try:
        stack: Stack = from_text(entry.text, entry.name, knowledge)
        premises = Premises(stack, knowledge, DEFAULT_PROFILE, (), DAY)
        return Side(which, "knowledge", solve(premises)[0].to_json(), premises)
    except (StackError, KeyError):
        return None


def moves(old: Knowledge, new: Knowledge, entries: Iterator[Entry]) -> Iterator[tuple[Entry, Difference | None]]:
    """The stacks whose verdict differs; None for one that only one of the two can read."""
    for entry in entries:
        before, after = _side(entry, old, "old"), _side(entry, new, "new")
        if before is None or after is None:
            if before is not after:
                yield entry, None
            continue
        if {**before.verdict, "versions": None} != {**after.verdict, "versions": None}:
            found = diff(before, after)
            if found.rows:
                yield entry, found


def _cause(shift: Shift) -> str:
    return f"`{shift.target}`: {says(shift).removeprefix(shift.target).strip()}" if shift.kind == "reading" and shift.slot[0] == "clause" else says(shift)


def _told(row: Row) -> str:
    if row.key[0] != "blockers":
        return what(row)
    state = "gone: " if row.new is None else "new: " if row.old is None else f"{row.old} -> {row.new}: "
    return f"{state}{row.key[2]} from {row.key[1]}, on {row.key[4]} of {row.key[3]}"


def markdown(found: list[tuple[Entry, Difference | None]], total: int, names: tuple[str, str]) -> str:
    """The list for the changelog, grouped by what moved the verdicts."""
    lines = [f"<!-- python tools/moved.py {names[0]} {names[1]}: {total} stacks solved under both, {len(found)} moved -->"]
    groups: dict[str, list[str]] = {}
    for entry, difference in found:
        if difference is None:
            groups.setdefault("a word that only one of the two knowledge bases has", []).append(f"  - {entry.name}: read under one of the two only")
            continue
        used = sorted({i for row in difference.rows for cause in row.causes for i in cause.changes})
        title = "; ".join(_cause(difference.changes[i]) for i in used) or "cause not found"
        told = [_told(r) for r in difference.rows if r.key[0] in TOLD]
        rest = ", ".join(f"{n} {part if n > 1 else SINGULAR[part]}" for part in SINGULAR if (n := sum(r.key[0] == part for r in difference.rows)))
        groups.setdefault(title, []).append(f"  - {entry.name}: {'; '.join([*told, *([f'also {rest}'] if rest else [])])}")
    for title, rows in groups.items():
        lines += [f"- {title} ({len(rows)} verdict{'s' if len(rows) != 1 else ''} moved)", *rows]
    return "\n".join([*lines, *([] if found else ["No verdict of the reference estate moved."])]) + "\n"


def _folder(name: str, temporary: Path) -> Path:
    """The knowledge folder that a name means: a folder, else `data/` of a git revision. Raises KnowledgeError, ValueError."""
    if Path(name).is_dir():
        return Path(name) / "data" if (Path(name) / "data" / "vocabulary.yaml").is_file() else Path(name)
    done = subprocess.run(["git", "archive", "--format=tar", "--end-of-options", name, "data"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"{name}: neither a folder nor a revision of this repository that has data/")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(temporary, filter="data")
    return temporary / "data"


def main(arguments: list[str]) -> int:
    """Prints the list; the exit code as above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new", nargs="?", default=str(ROOT / "data"))
    given: Any = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        try:
            old, new = base.load(_folder(given.old, Path(one))), base.load(_folder(given.new, Path(other)))
        except (KnowledgeError, ValueError) as problem:
            print(problem, file=sys.stderr)
            return 2
        entries = list(estate())
        try:
            found = list(moves(old, new, iter(entries)))
        except LicgraphError as problem:
            print(problem, file=sys.stderr)
            return 2
    print(markdown(found, len(entries), (Path(given.old).name, Path(given.new).name)), end="")
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
