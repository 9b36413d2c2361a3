"""Repairs for a reader: what to change, what it costs against the others, what then remains to be answered."""

from __future__ import annotations

from collections.abc import Sequence

from licgraph.repair import Repairs
from licgraph.reports.json import dumps
from licgraph.reports.text import NOT_ADVICE

SCHEMA = "licgraph/repairs/1"


def render(found: Repairs, flags: Sequence[str] = ()) -> str:
    """Numbered repairs, cheapest first; or why there is none."""
    before = found.before
    title = f"{before.name or before.component} as {before.proposed or 'what it may be'} ({before.form}, {before.use} use, to {before.to})"
    if before.answer == "yes":
        return f"no blocking term found for {title}: nothing to repair\n"
    lines = [f"{title}: {before.answer}, {len(before.blockers)} reason{'s' if len(before.blockers) != 1 else ''}"]
    for number, repair in enumerate(found.found, 1):
        ends = "no blocking term found" if repair.answer == "yes" else "conditional on facts"
        lines += ["", f"{number}  cost {repair.cost:g}, then {ends} (solved again)", *(f"   - {sentence}" for sentence in repair.sentences), *(f"   ? {need}" for need in repair.needs)]
    if not found.found:
        lines += ["", "no set of the allowed changes leads to a yes" if found.complete else "none found before the search was given up"]
        for blocker in found.beyond:
            lines.append(f"  x {blocker.license} {blocker.cite} ({blocker.clause}): {blocker.why}; no allowed change touches it")
    if not found.complete:
        lines += ["", f"the search was given up after {found.solved} solved stacks: there may be cheaper or further ones"]
    return "\n".join([*lines, "", f"costs only order the proposals (--cost KIND=N, --keep ID, --without KIND change them); {found.solved} stacks solved, as of {before.as_of}. {NOT_ADVICE}"]) + "\n"


def render_json(found: Repairs) -> str:
    """`licgraph/repairs/1`: the verdict before, with its `repairs` filled in."""
    verdict = {**found.before.to_json(), "repairs": [r.to_json() for r in found.found]}
    return dumps({"schema": SCHEMA, "complete": found.complete, "solved": found.solved, "beyond": [b.to_json() for b in found.beyond], "verdict": verdict})
