"""Every stack below a folder: stack files, and folders that say something of themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from licgraph.errors import Fault, StackError
from licgraph.inputs import folder as model_folder
from licgraph.stack import DEFAULT_STACK

SKIPPED = (".venv", "node_modules", "__pycache__")


def stacks(roots: tuple[str, ...]) -> list[str]:
    """The stacks below these folders, sorted by path. Raises StackError for a folder that is none, and where there is no stack."""
    faults, found = [], set[str]()
    for root in roots:
        if not Path(root).is_dir():
            faults.append(Fault(root, 0, "", "this is no folder", "Name a folder with --all, or the stack without it"))
            continue
        mine = list(_below(root))
        if not mine:
            faults.append(Fault(root, 0, "", "there is no stack in this folder or below it", f"Write one ({DEFAULT_STACK}), or name another folder"))
        found.update(mine)
    if faults:
        raise StackError(faults)
    return sorted(found)


def _below(root: str) -> Iterator[str]:
    """Folders that are links are not entered; hidden ones and those of tools are not either.

    A folder inside one that is a stack belongs to it, unless it has a stack file or a card of its own. One that cannot be
    listed is named like a stack, so that its reading says so.
    """
    taken: set[str] = set()
    closed: list[str] = []
    for place, folders, names in os.walk(os.path.normpath(root), onerror=lambda problem: closed.append(str(problem.filename))):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED)
        inside = os.path.dirname(place) in taken
        own = [f for f in sorted(names) if f == DEFAULT_STACK or f.endswith(f".{DEFAULT_STACK}")]
        files = [Path(place, f) for f in sorted(names)]
        if own:
            yield from (os.path.normpath(os.path.join(place, f)) for f in own)
        elif model_folder.has_card(files) or (not inside and model_folder.speaks(files)):
            yield os.path.normpath(place)
        elif not inside:
            continue
        taken.add(place)
    yield from closed
