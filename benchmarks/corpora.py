#!/usr/bin/env python3
"""What the readers make of folders of real files: nothing may crash, and nothing may be dropped without a word.

    python benchmarks/corpora.py CORPORA [FOLDER…] [--markdown]

For every folder: files read, refused (with the reason) and taken by no reader (each is listed), what the drafts hold, and
whether the licence of each component is resolved, ambiguous, stated by nobody, or in words that no rule reads.
`--markdown` prints the numbers and the date alone, as tables that quote nothing of the files.
"""

from __future__ import annotations

import collections
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from licgraph import knowledge as base
from licgraph.errors import StackError
from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled
from licgraph.inputs import is_stack_file, reader_of
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.loose import Source
from licgraph.stack import Component, Stack

STATES = ("resolved", "ambiguous", "none", "unresolved")
NOTHING = ("NONE", "NOASSERTION", "NO-CLAIM")


@dataclass
class Count:
    """What was found in one folder."""

    files: int = 0
    formats: collections.Counter[str] = field(default_factory=collections.Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    crashed: list[tuple[str, str]] = field(default_factory=list)
    components: int = 0
    edges: int = 0
    states: collections.Counter[str] = field(default_factory=collections.Counter)
    differ: int = 0
    notices: collections.Counter[str] = field(default_factory=collections.Counter)
    unread: int = 0
    seconds: float = 0.0

    def row(self) -> list[int]:
        """The numbers of the table."""
        return [self.files, sum(self.formats.values()), len(self.refused), len(self.unknown), len(self.crashed), self.components, self.edges, *(self.states[s] for s in STATES), self.differ, sum(self.notices.values()), self.unread]


TITLES = ["files", "read", "refused", "no reader", "crashed", "components", "edges", *STATES, "statements differ", "notices", "unread"]


def leaves_of(tree: Tree) -> Iterator[Leaf | Unsettled]:
    """The names in an expression; a name of several candidates is one."""
    if isinstance(tree, AllOf | OneOf):
        for part in tree.parts:
            yield from leaves_of(part)
    else:
        yield tree


def state(tree: Tree | None, knowledge: base.Knowledge) -> str:
    """What is known of a licence; of an expression, its worst name."""
    found = {"none"} if tree is None else set()
    for leaf in leaves_of(tree) if tree is not None else ():
        if isinstance(leaf, Unsettled):
            found.add("ambiguous")
        elif leaf.id in NOTHING:
            found.add("none")
        else:
            known = leaf.id in knowledge.license_ids or knowledge.spdx_name(leaf.id) is not None or leaf.id in base.RESERVED or leaf.id.partition(" WITH ")[0] in knowledge.license_ids
            found.add("resolved" if known else "unresolved")
    return next(s for s in ("unresolved", "ambiguous", "none", "resolved") if s in found)


def license_of(component: Component, stack: Stack) -> Tree | None:
    """The licence that a component has: of the release its label, of several statements the one that ranks first."""
    if stack.release is not None and component.id == stack.release.component:
        return stack.release.license
    return component.license or (component.labels[0].says if component.labels else None)


def count(folder: Path, knowledge: base.Knowledge) -> Count:
    """Reads every file below a folder."""
    found = Count()
    began = time.perf_counter()
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        found.files += 1
        shown = str(file.relative_to(folder.parent))
        source = Source(shown, file)
        try:
            reader = reader_of(source)
            if reader is None:
                (found.formats.update(["stack file"]) if is_stack_file(source) else found.unknown.append(shown))
                continue
            draft = reader.read(source, knowledge)
            stack = stack_of(draft, knowledge)
        except StackError as problem:
            fault = problem.faults[0]
            found.refused.append((shown, f"{f'line {fault.line}: ' if fault.line else ''}{fault.what}"))
            continue
        except Exception:
            found.crashed.append((shown, traceback.format_exc(limit=-2).replace("\n", " | ")[:300]))
            continue
        found.formats[reader.FORMAT] += 1
        found.components += len(stack.components)
        found.edges += len(stack.edges)
        found.states.update(state(license_of(c, stack), knowledge) for c in stack.components.values())
        found.differ += sum(bool(c.labels) for c in stack.components.values())
        found.notices.update(n.id for n in stack.notices)
        found.unread += len(stack.unread)
    found.seconds = time.perf_counter() - began
    return found


def report(name: str, found: Count) -> None:
    """One folder for the terminal, with every file that was not read."""
    print(f"\n{name} ({found.seconds:.1f} s)")
    print("  " + ", ".join(f"{t} {n}" for t, n in zip(TITLES, found.row(), strict=True)))
    print("  formats: " + (", ".join(f"{f} {n}" for f, n in found.formats.most_common()) or "none"))
    if found.notices:
        print("  notices: " + ", ".join(f"{i} {n}" for i, n in found.notices.most_common()))
    for title, rows in (("refused", found.refused), ("crashed", found.crashed)):
        for shown, why in rows:
            print(f"  {title}: {shown}: {why}")
    for shown in found.unknown:
        print(f"  no reader: {shown}")


def markdown(counts: dict[str, Count]) -> None:
    """The numbers and the date, as tables."""
    print(f"Read on {date.today().isoformat()}.\n\n| folder | {' | '.join(TITLES)} |\n|---|{'--:|' * len(TITLES)}")
    for name, found in counts.items():
        print(f"| {name} | " + " | ".join(f"{n:,}" for n in found.row()) + " |")
    print("| all | " + " | ".join(f"{sum(r):,}" for r in zip(*(c.row() for c in counts.values()), strict=True)) + " |")
    notices: collections.Counter[str] = collections.Counter()
    for found in counts.values():
        notices.update(found.notices)
    print("\n| notice | times |\n|---|--:|")
    for notice, times in notices.most_common():
        print(f"| `{notice}` | {times:,} |")


def main() -> int:
    given = [a for a in sys.argv[1:] if not a.startswith("-")]
    if not given:
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(given[0])
    knowledge = base.load()
    folders = [root / n for n in given[1:]] or sorted(p for p in root.iterdir() if p.is_dir())
    counts = {f.name: count(f, knowledge) for f in folders}
    if "--markdown" in sys.argv:
        markdown(counts)
    else:
        for name, found in counts.items():
            report(name, found)
    return 1 if any(c.crashed for c in counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
