"""The verdicts as Markdown (GitHub's kind), for a step summary or a comment: what gates in a table, the rest folded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from licgraph.outcome import GATES, STATES, Outcome, counted
from licgraph.reports.text import NOT_ADVICE, clean
from licgraph.rows import FOR_COUNSEL, SHORT, Row, Told, headline, told
from licgraph.verdict import Verdict

TITLES = {"owed": "What is owed", "needs": "Facts it waits for", "elected": "Elections", "noticed": "Noticed"}


def render(outcomes: Sequence[Outcome]) -> str:
    """Answer, table of what stands against it, duties and findings; of several stacks a table first, worst on top."""
    found = told(outcomes)
    if len(found) == 1:
        return "\n".join(_page(found[0], "")) + "\n"
    states = {one.asked: o.gate for one, o in zip(found, outcomes, strict=True)}
    lines = [f"## licgraph: {', '.join(f'{n} {state}' for state, n in counted(outcomes).items())}", "", "| | stack | answer |", "|---|---|---|"]
    for one in sorted(found, key=lambda o: (GATES.index(states[o.asked]), o.asked)):
        said = headline(one.verdict) if one.verdict else "; ".join(str(f) for f in one.problem.faults[:1]) if one.problem else ""
        lines.append(f"| {STATES[states[one.asked]]} | {escape(one.asked)} | {escape(said)} |")
    for one in found:
        lines += ["", *_page(one, one.asked)]
    return "\n".join(lines) + "\n"


def _page(one: Told, title: str) -> list[str]:
    name = f"### {escape(title)}" if title else "## licgraph"
    if one.verdict is None:
        faults = one.problem.faults if one.problem else ()
        return [f"{name}: input not understood", "", *(f"- {escape(str(f))}" for f in faults), "", "Nothing was decided."]
    return _answer(one.verdict, one.rows, name)


def _answer(verdict: Verdict, found: Sequence[Row], name: str) -> list[str]:
    lines = [f"{name}: {SHORT[verdict.answer]}", "", escape(headline(verdict)), ""]
    others = ", ".join(f"{name}: {SHORT[answer]}" for name, answer in verdict.by_profile if name != verdict.profile)
    lines += [f"Other readings of the open questions: {others}.", ""] if others else []
    against = [r for r in found if r.rule.partition("/")[0] not in TITLES]
    if against:
        lines += ["| | rule | component | why |", "|---|---|---|---|"]
        lines += [f"| {_state(r)} | {escape(r.rule)} | {escape(r.component)} | {escape(r.text)} |" for r in against] + [""]
    for kind, title in TITLES.items():
        lines += _folded(title, [r for r in found if r.rule.partition("/")[0] == kind])
    counsel = f" {FOR_COUNSEL[0].upper()}{escape(FOR_COUNSEL[1:])}." if verdict.audience == "engineer" else ""
    return [*lines, f"As of {verdict.as_of}. {NOT_ADVICE}{counsel}"]


def _state(row: Row) -> str:
    if row.accepted:
        return "accepted"
    return "baseline" if row.baseline else {"error": "blocks", "warning": "open", "note": "noted"}[row.level]


def _folded(title: str, found: Sequence[Row]) -> list[str]:
    if not found:
        return []
    return ["<details>", f"<summary>{title} ({len(found)})</summary>", "", *(f"- {escape(r.text)}" for r in found), "", "</details>", ""]


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it stands, on one line; no name becomes a link, a mention or a tag."""
    one_line = " ".join(clean(text).split())
    shown = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", shown)
