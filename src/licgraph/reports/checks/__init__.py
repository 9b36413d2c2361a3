"""What `check` can print besides text and JSON: one module a format, found in this folder.

A module has `render(outcomes) -> str`: one document for all that was asked. What was not understood is one of the
outcomes, so that silence is never taken for a pass; PICTURES leave it out.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from licgraph.errors import LicgraphError
    from licgraph.outcome import Outcome


PICTURES = ("dot", "mermaid")
"""Formats that show what was made from what, and not what stands against it: `check` says that beside them."""


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted; nothing is imported."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__)))


def render(form: str, outcomes: Sequence[Outcome]) -> str:
    """The outcomes in one of these formats."""
    return str(import_module(f"{__name__}.{form}").render(outcomes))


def error_report(form: str, problem: LicgraphError) -> str:
    """Input that was not understood, in a format that can say so (JSON is one of them); empty in any other."""
    if form == "json":
        from licgraph.reports.json import render_error

        return render_error(problem)
    if form in PICTURES:
        empty = "flowchart TD\n  %% {}\n" if form == "mermaid" else "digraph stack {{\n  // {}\n}}\n"
        return empty.format("licgraph: input not understood; nothing was decided")
    if form not in formats():
        return ""
    from licgraph.outcome import Outcome

    return render(form, [Outcome("", problem=problem)])
