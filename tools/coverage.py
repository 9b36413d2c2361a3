#!/usr/bin/env python3
"""Writes docs/coverage.md: what of each licence was read, and how sure it is (`python tools/coverage.py`)."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from licgraph import knowledge as base  # noqa: E402
from licgraph import upkeep  # noqa: E402


def page() -> str:
    knowledge = base.load()
    rows = list(upkeep.coverage(knowledge))
    clauses, counsel, disputed = (sum(int(r[n] or 0) for r in rows) for n in (4, 5, 6))
    reviewed = sum(r[8].startswith("reviewed") for r in rows)
    spdx = [i for i in knowledge.spdx_ids if "exception" not in knowledge.spdx_flags(i)]
    lines = [
        "# What has been read",
        "",
        "Made by `tools/coverage.py` from the licence files; a test holds it true.",
        "",
        f"- {len(rows)} licences and {len(knowledge.exception_ids)} exceptions, clause by clause: {clauses} clauses that are computed, {counsel} listed for counsel, {disputed} marked disputed.",
        f"- Reviewed by a named person: {reviewed}. A draft is a reading that nobody has put a name to.",
        f"- {len(spdx)} ids of the SPDX list are known; {sum(i in knowledge.license_ids for i in spdx)} of them have been read, the others give `unknown`.",
        f"- Read in part, so that they allow nothing by themselves: {', '.join(r[0] for r in rows if 'in part' in r[8])}.",
        "",
        "| licence | version | retrieved | sections | computed | for counsel | disputed | silent on | review |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(r)} |" for r in rows)]) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "coverage.md").write_text(page(), encoding="utf-8")
