"""The verdict as Markdown (GitHub's kind), for a step summary or a comment: what gates in a table, the rest folded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from licgraph.errors import LicgraphError
from licgraph.knowledge import Knowledge
from licgraph.reports.text import NOT_ADVICE, clean
from licgraph.rows import SHORT, Row, headline, rows
from licgraph.verdict import Verdict

TITLES = {"owed": "What is owed", "needs": "Facts it waits for", "elected": "Elections", "noticed": "Noticed"}


def render(verdict: Verdict, knowledge: Knowledge) -> str:
    """Answer, table of what stands against it, duties and findings."""
    found = rows(verdict, knowledge)
    lines = [f"## licgraph: {SHORT[verdict.answer]}", "", escape(headline(verdict)), ""]
    others = ", ".join(f"{name}: {SHORT[answer]}" for name, answer in verdict.by_profile if name != verdict.profile)
    lines += [f"Other readings of the open questions: {others}.", ""] if others else []
    against = [r for r in found if r.rule.partition("/")[0] not in TITLES]
    if against:
        lines += ["| | rule | component | why |", "|---|---|---|---|"]
        lines += [f"| {_state(r)} | {escape(r.rule)} | {escape(r.component)} | {escape(r.text)} |" for r in against] + [""]
    for kind, title in TITLES.items():
        lines += _folded(title, [r for r in found if r.rule.partition("/")[0] == kind])
    return "\n".join([*lines, f"As of {verdict.as_of}. {NOT_ADVICE}", ""])


def render_error(problem: LicgraphError) -> str:
    """The faults as a list under a heading that says that nothing was decided."""
    return "\n".join(["## licgraph: input not understood", "", *(f"- {escape(str(f))}" for f in problem.faults), "", "Nothing was decided.", ""])


def _state(row: Row) -> str:
    return "accepted" if row.accepted else {"error": "blocks", "warning": "open", "note": "noted"}[row.level]


def _folded(title: str, found: Sequence[Row]) -> list[str]:
    if not found:
        return []
    return ["<details>", f"<summary>{title} ({len(found)})</summary>", "", *(f"- {escape(r.text)}" for r in found), "", "</details>", ""]


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it stands, on one line; no name becomes a link, a mention or a tag."""
    one_line = " ".join(clean(text).split())
    shown = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", shown)
