"""Whom a report is for. An engineer needs what to do and which clause; the legal reasoning is for counsel.

What stands in a public log can be read by the other side, so the formats for CI are an engineer's by default.
"""

from __future__ import annotations

from collections.abc import Collection

from licgraph.explain import lifter
from licgraph.verdict import Blocker, Finding, Owed, Verdict

AUDIENCES = ("engineer", "counsel")
ENGINEER = ("github", "gitlab", "sarif", "junit", "markdown")
"""Formats that are an engineer's unless --audience says otherwise: they are kept where many can read them."""


def audience_of(form: str, asked: str | None) -> str:
    """Whom a format is for."""
    return asked or ("engineer" if form in ENGINEER else "counsel")


def seen_by(verdict: Verdict, audience: str, questions: Collection[str]) -> Verdict:
    """The verdict as its reader gets it. ``questions``: the ids of the open questions of law.

    Answer, gate, clauses, sections, paths, acts, places, facts that are missing and duties stay as they are.
    """
    if audience != "engineer":
        return verdict
    return verdict._replace(
        by_profile=tuple((p, a) for p, a in verdict.by_profile if p == verdict.profile), flips=(), flips_complete=False, turns_on=(), in_play=(), assumptions=(), for_counsel=(),
        blockers=tuple(_blocker(b, questions) for b in verdict.blockers),
        duties=tuple(_duty(d) for d in verdict.duties if not any(name in questions for name, _ in d.rests_on)),
        findings=tuple(_finding(f, questions) for f in verdict.findings),
        audience="engineer",
    )  # fmt: skip


def _blocker(row: Blocker, questions: Collection[str]) -> Blocker:
    facts = tuple((name, value) for name, value in row.rests_on if name not in questions)
    why = row.why if row.level == "unknown" else f"it can be lifted by {lifter(row)}"  # what is not known is a fact to find out, no reasoning
    return row._replace(why=why, quote="", reading="", rests_on=facts)


def _duty(row: Owed) -> Owed:
    return row._replace(why="", quote="", reading="")


def _finding(row: Finding, questions: Collection[str]) -> Finding:
    return row._replace(why="see counsel's report") if any(name in row.why for name in questions) else row
