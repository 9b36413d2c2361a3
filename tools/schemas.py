#!/usr/bin/env python3
"""Writes the published JSON Schemas: `python tools/schemas.py` (a test tells when they are out of date)."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from licgraph import assumptions, baseline, codes, difference, doctor, lock, matrix, policyfile  # noqa: E402
from licgraph import knowledge as base  # noqa: E402
from licgraph.inputs.stackfile import json_schema  # noqa: E402
from licgraph.openness.table import json_schema as openness_schema  # noqa: E402
from licgraph.reports.find import json_schema as found_schema  # noqa: E402
from licgraph.reports.several import json_schema as verdicts_schema  # noqa: E402
from licgraph.verdict import json_schema as verdict_schema  # noqa: E402


def schemas() -> dict[str, str]:
    """File name to text."""
    knowledge = base.load()
    found = {"stack-1.json": json_schema(knowledge), "verdict-1.json": verdict_schema(), "openness-1.json": openness_schema(), "matrix-1.json": matrix.json_schema(), "assumptions-1.json": assumptions.json_schema(), "lock-1.json": lock.json_schema(), "diff-1.json": difference.json_schema(), "code-1.json": codes.json_schema(), "doctor-1.json": doctor.json_schema(), "found-1.json": found_schema()}
    found |= {"verdicts-1.json": verdicts_schema(), "baseline-1.json": baseline.json_schema(), "policy-1.json": policyfile.json_schema(knowledge)}
    return {name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in found.items()}


if __name__ == "__main__":
    for name, text in schemas().items():
        (ROOT / "schema" / name).write_text(text, encoding="utf-8")
