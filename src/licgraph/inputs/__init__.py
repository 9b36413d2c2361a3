"""What people already have, read as a stack: one module a format, each found by what a file holds, not by its name alone.

A reader module has ``FORMAT`` (its name), ``TITLE`` (for people), ``sniff(source) -> int`` (0 no, 100 certainly) and
``read(source, knowledge, result="") -> Draft``, where ``result`` is the id of the thing the file is about, if a
folder or an inventory around it says so. Modules are found in this folder; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licgraph.errors import Fault, StackError

if TYPE_CHECKING:
    from licgraph.inputs.draft import Draft
    from licgraph.inputs.loose import Source
    from licgraph.knowledge import Knowledge
    from licgraph.stack import Stack

HUB = "hf:"
_STACK_FILE = re.compile(rb"""(?m)^(?:["']?licgraph["']?\s*:|[ \t]*\{\s*["']licgraph["']\s*:|\s{0,4}["']licgraph["']\s*:\s*1\b)""")


@lru_cache(maxsize=1)
def readers() -> tuple[Any, ...]:
    """Every reader module of this folder, in the order of their names."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "FORMAT") and hasattr(loaded, "sniff"):
            found.append(loaded)
    return tuple(sorted(found, key=lambda m: m.FORMAT))


def is_stack_file(source: Source) -> bool:
    """Whether a file is a stack file of our own."""
    return _STACK_FILE.search(source.head) is not None


def reader_of(source: Source) -> Any | None:
    """The reader that is surest of a file; None if none knows it."""
    best = max(readers(), key=lambda m: m.sniff(source), default=None)
    return best if best is not None and best.sniff(source) > 0 else None


def _looked_at(name: str) -> None:
    """Raises StackError for a name that no file can have, or that may not be looked at; one that is only absent is told later."""
    try:
        Path(name).is_dir()
    except OSError as problem:
        raise StackError(Fault(name, 0, "", f"cannot be read ({problem.strerror})", "Check the path and its permissions")) from None


def draft_of(name: str, knowledge: Knowledge, source: Source | None = None) -> Draft:
    """What one source says: a file, a folder or `hf:org/name`. Raises StackError when nobody can read it."""
    from licgraph.inputs.loose import Source

    if source is None and not name.startswith(HUB):
        _looked_at(name)
    if name.startswith(HUB):
        from licgraph.inputs import hub

        live: Draft = hub.read_live(name, knowledge)
        return live
    source = source or Source(name, Path(name))
    if source.is_folder:
        from licgraph.inputs import folder, hub_cache

        if hub_cache.sniff(source):
            cached: Draft = hub_cache.read(source, knowledge, each=folder.read)
            return cached
        return folder.read(source, knowledge)
    reader = reader_of(source)
    if reader is None:
        known = ", ".join(m.TITLE for m in readers())
        raise StackError(Fault(name, 0, "", "this is no stack file, and no reader knows it", f"Known: a licgraph stack file; {known}"))
    draft: Draft = reader.read(source, knowledge)
    if source.path is not None or source.given is not None:
        draft.inputs.setdefault(name, digest_of(source))
    return draft


WHOLE = 64_000_000
"""Bytes up to which a file is hashed whole; of larger ones, weights, readers look at the header only."""


def digest_of(source: Source) -> str:
    """sha256 of a file; of one larger than WHOLE, of its first WHOLE bytes, and the hash says so."""
    import hashlib

    if source.given is not None or source.path is None:
        return hashlib.sha256(source.given or b"").hexdigest()
    digest, left = hashlib.sha256(), WHOLE
    with source.path.open("rb") as file:
        while left > 0 and (piece := file.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
        more = file.read(1)
    return f"first-{WHOLE}-bytes:{digest.hexdigest()}" if more else digest.hexdigest()


def read(name: str, knowledge: Knowledge, given: bytes | None = None) -> Stack:
    """The stack that an input is: a stack file, or what a reader makes of it. Raises StackError."""
    from licgraph.inputs import stackfile
    from licgraph.inputs.loose import Source
    from licgraph.yamlfile import decode

    if not name.startswith(HUB):
        if given is None:
            _looked_at(name)
        source = Source(name, None if given is not None else Path(name), given)
        if source.is_folder and (Path(name) / "licgraph.yaml").is_file():
            name = str(Path(name) / "licgraph.yaml")
            source = Source(name, Path(name))
        if given is not None and (is_stack_file(source) or reader_of(source) is None):
            return stackfile.from_text(decode(given, name, StackError), name, knowledge)
        if given is None and not source.is_folder:
            if not Path(name).is_file() or is_stack_file(source):
                return stackfile.from_file(Path(name), name, knowledge)
            if reader_of(source) is None and Path(name).suffix in (".yaml", ".yml", ".json"):
                return stackfile.from_file(Path(name), name, knowledge)  # its faults say what a stack file looks like
        from licgraph.inputs.assemble import stack_of

        return stack_of(draft_of(name, knowledge, source if given is not None else None), knowledge)
    from licgraph.inputs.assemble import stack_of

    return stack_of(draft_of(name, knowledge), knowledge)
