"""The page of an audit: one file with all its figures and plots, without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from licgraph.audit.figures import QUERIES, TOP
from licgraph.reports.page import HERE, environment, raw
from licgraph.reports.plots import COLOURS, Plot, inline
from licgraph.reports.text import NOT_ADVICE
from licgraph.rows import SHORT

LISTED = 40
"""Rows of a table that is whole in summary.json only."""
SECTIONS = (("profiles", "Answers"), ("depths", "By depth"), ("against", "Against"), ("sources", "Where from"), ("families", "By licence"), ("drift", "Drift"), ("duties", "Owed"), ("turns", "Open questions"), ("record", "Record"))


def render(found: Mapping[str, Any], name: str, plots: Sequence[Plot]) -> str:
    """The page on a summary (`licgraph/audit/1`). name: the inventory as it was named."""
    return environment().get_template("audit.html.j2").render(
        found=_counts(found), name=name, plots=plots, drawn={p.name: raw(inline(p)) for p in plots}, queries=QUERIES, order=tuple(COLOURS), short=SHORT, labelled=sum(found["answers"].values()),
        share=_share, sections=SECTIONS, listed=LISTED, top=TOP, css=raw((HERE / "report.css").read_text("utf-8")), advice=NOT_ADVICE,
    )  # fmt: skip


def _share(count: int, whole: int) -> str:
    return f"{100 * (count or 0) / whole:.1f} %" if whole else "of none"


def _counts(value: Any) -> Any:
    """The figures, where an answer that does not occur is counted as none; all else that is missing stays a fault of the template."""
    if isinstance(value, Mapping):
        return {**dict.fromkeys(COLOURS, 0), **{k: _counts(v) for k, v in value.items()}}
    return [_counts(v) for v in value] if isinstance(value, list | tuple) else value
