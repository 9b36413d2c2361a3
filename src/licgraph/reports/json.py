"""The published JSON of a verdict or of an error."""

from __future__ import annotations

import json
from typing import Any

from licgraph.errors import LicgraphError
from licgraph.verdict import Verdict


def render(verdict: Verdict) -> str:
    """One verdict, schema licgraph/verdict/1."""
    return dumps(verdict.to_json())


def render_error(problem: LicgraphError) -> str:
    """Input that was not understood, schema licgraph/error/1: nothing was decided."""
    return dumps({"schema": "licgraph/error/1", "answer": None, "gate": "error", "faults": faults_json(problem)})


def faults_json(problem: LicgraphError) -> list[dict[str, Any]]:
    """Every fault as a row."""
    return [{"file": f.file, "line": f.line or None, "key": f.key or None, "what": f.what, "cure": f.cure} for f in problem.faults]


def dumps(value: Any) -> str:
    """Stable JSON text, ending in a line break."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
