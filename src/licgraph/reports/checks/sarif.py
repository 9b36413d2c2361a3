"""SARIF 2.1.0 (OASIS), for code scanning: a rule for each clause, the path as a code flow, accepted risks as suppressions.

No security severity is set: a licence is not a vulnerability.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from licgraph import __version__
from licgraph.errors import Fault
from licgraph.findings import meanings
from licgraph.knowledge import Knowledge
from licgraph.outcome import Outcome
from licgraph.reports.json import dumps
from licgraph.reports.text import clean
from licgraph.rows import FOR_COUNSEL, Row, Told, headline, is_file, place_of, told
from licgraph.stack import Evidence
from licgraph.verdict import Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS = 25_000
"""More in one run are refused by code scanning."""


def render(outcomes: Sequence[Outcome]) -> str:
    """One run with the results of all. The rows that gate come first, so that a limit cuts notes.

    A fault is a notification of a run that did not succeed.
    """
    asked = told(outcomes)
    found = sorted(((one.verdict, row) for one in asked if one.verdict for row in one.rows), key=lambda p: not p[1].gates)[:MAX_RESULTS]
    rules: dict[str, dict[str, Any]] = {}
    knowledge = next((one.knowledge for one in asked if one.knowledge), None)
    for _, row in found:
        rules.setdefault(row.rule, _rule(row, knowledge))
    numbers = {rule: n for n, rule in enumerate(rules)}
    results = [_result(verdict, row, numbers[row.rule]) for verdict, row in found]
    faults = [f for one in asked if one.problem for f in one.problem.faults]
    understood = all(one.problem is None for one in asked)
    invocation = {"executionSuccessful": True} if understood else {"executionSuccessful": False, "exitCode": 2, "toolExecutionNotifications": [_notification(f) for f in faults]}
    return _log(list(rules.values()), results, invocation, _properties(asked))


def _notification(fault: Fault) -> dict[str, Any]:
    place = {"locations": [_location(Evidence(fault.file, fault.line), "")]} if is_file(fault.file) else {}
    return {"level": "error", "message": {"text": clean(str(fault))}, **place}


def _properties(asked: Sequence[Told]) -> dict[str, Any]:
    """The answers; of several, by stack."""
    found = {one.asked: _answer(one.verdict) for one in asked if one.verdict}
    if not found:
        return {}
    return {"properties": next(iter(found.values())) if len(asked) == 1 else {"stacks": found}}


def _answer(verdict: Verdict) -> dict[str, Any]:
    counsel = {"note": FOR_COUNSEL} if verdict.audience == "engineer" else {}
    return {"answer": verdict.answer, "gate": verdict.gate, "question": clean(headline(verdict)), "as_of": verdict.as_of, **counsel}


def _log(rules: Sequence[dict[str, Any]], results: Sequence[dict[str, Any]], invocation: dict[str, Any], extra: dict[str, Any]) -> str:
    driver = {"name": "licgraph", "semanticVersion": __version__, "rules": list(rules)}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "invocations": [invocation], "results": list(results), **extra}
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(row: Row, knowledge: Knowledge | None) -> dict[str, Any]:
    text = clean(_means(row))
    license_id = row.rule.partition("/")[0]
    help_at = {"helpUri": f"https://spdx.org/licenses/{license_id}.html"} if knowledge and knowledge.spdx_name(license_id) else {}
    return {"id": row.rule, "shortDescription": {"text": text}, "fullDescription": {"text": text}, **help_at, "defaultConfiguration": {"level": row.level}, "properties": {"tags": ["licence"]}}


def _means(row: Row) -> str:
    """The sentence of a rule; of a finding, the one that explains its id."""
    group, _, name = row.rule.partition("/")
    found = meanings().get(name) if group == "noticed" else None
    return f"{found.says} {found.do}" if found else row.meaning or row.rule


def _uri(file: str) -> str:
    """Relative to the folder of the run; a file outside of it by its whole path."""
    return ("file://" if file.startswith("/") else "") + quote(file, errors="surrogateescape")


def _location(evidence: Evidence, component: str, message: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    if evidence.file:
        found["physicalLocation"] = {"artifactLocation": {"uri": _uri(evidence.file)}, **({"region": {"startLine": evidence.line}} if evidence.line > 0 else {})}
    if component:
        found["logicalLocations"] = [{"name": clean(component), "kind": "component"}]
    if message:
        found["message"] = {"text": clean(message)}
    return found


def _result(verdict: Verdict, row: Row, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": row.rule, "ruleIndex": number, "level": row.level, "message": {"text": clean(row.text)}, "locations": [_location(row.evidence, row.component)],
        "partialFingerprints": {"licgraph/v1": row.fingerprint}, "suppressions": [],
    }  # fmt: skip
    if row.covered:
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": clean(row.covered)}]
    if row.blocks and verdict.baseline is not None:
        found["baselineState"] = "unchanged" if row.baseline else "new"
    if row.path:
        stops = [{"location": _location(place_of(verdict, node), node, f"{step} -> {node}" if step else node)} for step, node in zip(("", *row.steps), row.path, strict=False)]
        found["codeFlows"] = [{"threadFlows": [{"locations": stops}]}]
    return found
