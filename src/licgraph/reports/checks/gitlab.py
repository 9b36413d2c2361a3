"""GitLab's Code Quality report: a list of rows with a severity, a fingerprint and a place."""

from __future__ import annotations

import hashlib
from typing import Any

from licgraph.errors import LicgraphError
from licgraph.knowledge import Knowledge
from licgraph.reports.json import dumps
from licgraph.reports.text import clean
from licgraph.rows import is_file, rows
from licgraph.stack import DEFAULT_STACK
from licgraph.verdict import Verdict

SEVERITY = {"error": "blocker", "warning": "major", "note": "info"}


def render(verdict: Verdict, knowledge: Knowledge) -> str:
    """Every row; an accepted risk has the severity `info` and says so."""
    found = []
    for row in rows(verdict, knowledge):
        text = row.text + (f" [risk accepted: {row.accepted}]" if row.accepted else "")
        found.append(_row(row.rule, "info" if row.accepted else SEVERITY[row.level], text, row.fingerprint, row.evidence.file, row.evidence.line))
    return dumps(found)


def render_error(problem: LicgraphError) -> str:
    """Every fault as a blocker, so that an empty report never stands for input that was not understood."""
    return dumps([_row("input", "blocker", str(f), hashlib.sha256(str(f).encode()).hexdigest(), f.file if is_file(f.file) else "", f.line) for f in problem.faults])


def _row(rule: str, severity: str, text: str, fingerprint: str, file: str, line: int) -> dict[str, Any]:
    return {"description": clean(text), "check_name": rule, "fingerprint": fingerprint, "severity": severity, "location": {"path": file or DEFAULT_STACK, "lines": {"begin": max(line, 1)}}}
