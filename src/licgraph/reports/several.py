"""Several verdicts together: a table for a terminal, worst first, and the published JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from licgraph.baseline import total
from licgraph.gate import is_unread
from licgraph.outcome import GATES, STATES, Outcome, counted, worst
from licgraph.reports.json import dumps, faults_json
from licgraph.reports.text import NOT_ADVICE, clean, columns
from licgraph.rows import FOR_COUNSEL, SHORT, Told, passes, told
from licgraph.verdict import Totals, Verdict
from licgraph.verdict import json_schema as verdict_schema

SCHEMA = "licgraph/verdicts/1"
COLOURS = {"error": "31", "fail": "31", "open": "33", "pass": "32"}


def render(outcomes: Sequence[Outcome], colour: bool = False, width: int | None = None, said: Sequence[str] = ()) -> str:
    """A line a stack, and under each that is not clear the first reason. said: how the gate was put, a line each."""
    width = columns(width)
    gates = [o.gate for o in outcomes]
    found = sorted(zip(gates, told(outcomes), strict=True), key=lambda p: (GATES.index(p[0]), p[1].asked))
    wide = max((len(one.asked) for _, one in found), default=0)
    lines = []
    for gate, one in found:
        state = f"{STATES[gate].upper():<15}"
        head = clean(f"{one.asked:<{min(wide, 50)}}  {_question(one.verdict) if one.verdict else ''}").rstrip()
        lines.append((f"\033[{COLOURS[gate]}m{state}\033[0m" if colour else state) + head)
        if gate != "pass":
            lines += textwrap.wrap(clean(_reason(one)), width, initial_indent="    ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
    summary = ", ".join(f"{n} {state}" for state, n in counted(outcomes).items())
    lines += ["", f"{len(outcomes)} stack{'s' if len(outcomes) != 1 else ''}: {summary}", *(f"  {clean(line)}" for line in said)]
    days = sorted({o.verdict.as_of for o in outcomes if o.verdict})
    engineer = any(o.verdict.audience == "engineer" for o in outcomes if o.verdict)
    lines.append(f"next: licgraph check STACK for one of them{f'   as of {days[0]}' if days else ''}. {NOT_ADVICE}{f' {FOR_COUNSEL[0].upper()}{FOR_COUNSEL[1:]}.' if engineer else ''}")
    return "\n".join(lines) + "\n"


def _question(verdict: Verdict) -> str:
    proposed = f"as {verdict.proposed}" if verdict.proposed else "(as what?)"
    why = _why_it_passes(verdict) if verdict.gate == "pass" and verdict.answer != "yes" else ""
    return f"{verdict.name or verdict.component} {proposed}: {SHORT[verdict.answer]}{f' ({why})' if why else ''}"


def _why_it_passes(verdict: Verdict) -> str:
    """What lets a check pass whose answer is no yes."""
    said = {"in the baseline": any(b.baseline for b in verdict.blockers), "risk accepted": any(b.accepted_risk for b in verdict.blockers), "--fail-on does not name it": passes(verdict)}
    return "; ".join(words for words, so in said.items() if so)


def _reason(one: Told) -> str:
    if one.problem is not None:
        faults = one.problem.faults
        return f"{faults[0] if faults else 'not read'}{f' ({len(faults) - 1} more)' if len(faults) > 1 else ''}"
    gating = [row for row in one.rows if row.gates]
    first = next((row for row in gating if row.level == "error"), None) or next((row for row in gating if is_unread(row.rule)), None)
    return first.text if first is not None else gating[0].text if gating else ""


def totals(outcomes: Sequence[Outcome]) -> Totals | None:
    """What became of the baseline's entries in all of them; None where there is no baseline."""
    found = [o.verdict.baseline for o in outcomes if o.verdict and o.verdict.baseline is not None]
    return total(found) if found else None


def render_json(outcomes: Sequence[Outcome]) -> str:
    """All of them, schema licgraph/verdicts/1, in the order in which they were asked."""
    noted = totals(outcomes)
    summary: dict[str, Any] = {"stacks": len(outcomes), **{state.replace(" ", "_"): n for state, n in counted(outcomes).items()}, "gate": worst(outcomes), "baseline": noted.to_json() if noted else None}
    return dumps({
        "schema": SCHEMA,
        "verdicts": [{"stack": o.asked, **o.verdict.to_json()} for o in outcomes if o.verdict],
        "errors": [{"stack": o.asked, "faults": faults_json(o.problem)} for o in outcomes if o.problem],
        "summary": summary,
    })  # fmt: skip


def json_schema() -> dict[str, Any]:
    """JSON Schema of several verdicts, as published in `schema/verdicts-1.json`."""
    text, count = {"type": "string"}, {"type": "integer", "minimum": 0}
    one = {k: v for k, v in verdict_schema().items() if k in ("type", "properties", "required")}
    maybe = {"type": ["string", "null"]}
    fault = {"type": "object", "properties": {"file": text, "line": {"type": ["integer", "null"]}, "key": maybe, "what": text, "cure": text}, "required": ["file", "line", "key", "what", "cure"]}
    counts = {state.replace(" ", "_"): count for state in STATES.values()}
    summary = {"stacks": count, **counts, "gate": {"enum": list(GATES)}, "baseline": one["properties"]["baseline"]}
    whole = {
        "schema": {"const": SCHEMA},
        "verdicts": {"type": "array", "items": {**one, "properties": {"stack": text, **one["properties"]}, "required": ["stack", *one["required"]]}},
        "errors": {"type": "array", "items": {"type": "object", "properties": {"stack": text, "faults": {"type": "array", "minItems": 1, "items": fault}}, "required": ["stack", "faults"]}},
        "summary": {"type": "object", "properties": summary, "required": list(summary)},
    }  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph verdicts, version 1", "description": "Fields are only ever added.", "type": "object", "properties": whole, "required": list(whole)}
