"""A stack and its verdict in other tools' formats: one module a format, found in this folder; nothing else lists them.

An export module has ``FORMATS`` (names) and ``render(stack, verdict, knowledge, form, day) -> str``. It may have
``lost(stack, form) -> list[str]``, which says what its format cannot hold, and ``EDITS = True``: its ``render`` then
takes ``given``, the text of a file that is there already and is to be changed.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from licgraph.errors import Fault, StackError

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.stack import Stack
    from licgraph.verdict import Verdict


@lru_cache(maxsize=1)
def modules() -> dict[str, Any]:
    """Every export module of this folder, by the names of its formats."""
    found: dict[str, Any] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for form in getattr(loaded, "FORMATS", ()):
            found[form] = loaded
    return found


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    return tuple(sorted(modules()))


def _of(form: str) -> Any:
    module = modules().get(form)
    if module is None:
        raise StackError(Fault(form, 0, "", "there is no such format to export to", f"Known: {', '.join(formats())}"))
    return module


def render(form: str, stack: Stack, verdict: Verdict | None, knowledge: Knowledge, day: str, given: str = "") -> str:
    """The stack in a format, as of a day (YYYY-MM-DD). ``verdict``: None where nothing is released, so nothing was asked.

    Deterministic: the same arguments, the same text. Raises StackError for a format that is not known, or a text
    ``given`` to a format that changes none.
    """
    module = _of(form)
    if given and not getattr(module, "EDITS", False):
        raise StackError(Fault(form, 0, "", "this format is written anew, and changes no file that is there", "Leave the existing file out"))
    more = {"given": given} if given else {}
    text: str = module.render(stack, verdict, knowledge, form, day, **more)
    return text


def lost(form: str, stack: Stack) -> list[str]:
    """What a stack says that a format cannot hold. Raises StackError for a format that is not known."""
    module = _of(form)
    found: list[str] = module.lost(stack, form) if hasattr(module, "lost") else []
    return found
