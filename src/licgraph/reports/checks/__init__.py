"""What `check` can print besides text and JSON: one module a format, found in this folder.

A module has `render(verdict, knowledge) -> str`, and, where the reader is a machine that must not mistake silence for a
pass, `render_error(problem) -> str` for input that was not understood.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from licgraph.errors import LicgraphError
    from licgraph.knowledge import Knowledge
    from licgraph.verdict import Verdict


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted; nothing is imported."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__)))


def render(form: str, verdict: Verdict, knowledge: Knowledge) -> str:
    """The verdict in one of these formats."""
    return str(_module(form).render(verdict, knowledge))


def error_report(form: str, problem: LicgraphError) -> str:
    """Input that was not understood, in a format that can say so (JSON is one of them); empty in any other."""
    if form == "json":
        from licgraph.reports.json import render_error

        return render_error(problem)
    found = getattr(_module(form), "render_error", None) if form in formats() else None
    return str(found(problem)) if found else ""


def _module(form: str) -> Any:
    return import_module(f"{__name__}.{form}")
