"""GitLab's Code Quality report: a list of rows with a severity, a fingerprint and a place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from licgraph.outcome import Outcome
from licgraph.reports.json import dumps
from licgraph.reports.text import clean
from licgraph.rows import FOR_COUNSEL, Told, is_file, told
from licgraph.stack import DEFAULT_STACK

SEVERITY = {"error": "blocker", "warning": "major", "note": "info"}


def render(outcomes: Sequence[Outcome]) -> str:
    """Every row; what is accepted has the severity `info` and says so. A fault is a blocker: an empty report never stands for it."""
    return dumps([row for one in told(outcomes) for row in (_rows(one) if one.verdict else _faults(one))])


def _rows(one: Told) -> Iterator[dict[str, Any]]:
    engineer = one.verdict is not None and one.verdict.audience == "engineer"
    for row in one.rows:
        text = row.text + (f". {FOR_COUNSEL}" if engineer and row.blocks else "") + (f" [{row.covered}]" if row.covered else "")
        yield _row(row.rule, "info" if row.covered else SEVERITY[row.level], text, row.fingerprint, row.evidence.file, row.evidence.line)


def _faults(one: Told) -> Iterator[dict[str, Any]]:
    for fault in one.problem.faults if one.problem else ():
        yield _row("input", "blocker", str(fault), hashlib.sha256(str(fault).encode("utf-8", "surrogateescape")).hexdigest(), fault.file if is_file(fault.file) else "", fault.line)


def _row(rule: str, severity: str, text: str, fingerprint: str, file: str, line: int) -> dict[str, Any]:
    return {"description": clean(text), "check_name": rule, "fingerprint": fingerprint, "severity": severity, "location": {"path": file or DEFAULT_STACK, "lines": {"begin": max(line, 1)}}}
