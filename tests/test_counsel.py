"""Fifteen questions that counsel is asked every week (`counsel.yaml`): the answer, and what it rests on."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from licgraph.answer import assess
from licgraph.changes import default_costs
from licgraph.knowledge import Knowledge
from licgraph.repair import repair
from licgraph.reports.json import render

from .conftest import AS_OF, ROOT, stack_of

QUESTIONS = yaml.safe_load((ROOT / "tests" / "counsel.yaml").read_text("utf-8"))


def _stack(question: dict[str, Any], variant: dict[str, Any]) -> dict[str, Any]:
    stack = copy.deepcopy(question["stack"])
    stack["release"].update(variant.get("release", {}))
    stack.setdefault("facts", {}).update(variant.get("facts", {}))
    for name, changed in variant.get("components", {}).items():
        stack["components"][name].update(changed)
    if "drop" in variant:
        del stack["components"][variant["drop"]]
        for part in stack["components"].values():
            made = part.get("from", {})
            for relation, targets in list(made.items()):
                rest = [t for t in (targets if isinstance(targets, list) else [targets]) if t != variant["drop"]]
                made[relation] = rest
                if not rest:
                    del made[relation]
    return {"licgraph": 1, **{k: v for k, v in stack.items() if v}}


@pytest.mark.parametrize(("name", "number"), [(n, i) for n, q in QUESTIONS.items() for i in range(len(q["variants"]))])
def test_counsel_is_answered(name: str, number: int, knowledge: Knowledge) -> None:
    question = QUESTIONS[name]
    variant = question["variants"][number]
    stack = stack_of(_stack(question, variant), knowledge)
    options = {"assume": variant.get("assume"), "as_of": str(variant.get("as-of", AS_OF))}
    verdict = assess(stack, knowledge, variant.get("profile", "mainstream"), **options)
    shown = [(b.ref, b.why) for b in verdict.blockers]
    if "answer" in variant:
        assert verdict.answer == variant["answer"], (shown, question["because"])
    for clause in variant.get("clauses", ()):
        assert clause in {b.ref for b in verdict.blockers}, shown
    for license_id in variant.get("clauses-of", ()):
        assert license_id in {b.license for b in verdict.blockers}, shown
    if "act" in variant:
        assert {b.act for b in verdict.blockers} == {variant["act"]}
    owed = {d.id: [e.value for e in verdict.duties if e.id == d.id and not e.rests_on] for d in verdict.duties if not d.rests_on}
    for wanted in variant.get("duties", ()):
        duty, _, value = wanted.partition(":")
        assert any(value in v for v in owed.get(duty, ())), (wanted, owed)
    for duty in variant.get("not-duties", ()):
        assert duty not in owed, owed
    for duty in variant.get("watch", ()):
        assert any(d.id == duty and d.status == "not-checkable" for d in verdict.duties), owed
    if "duty-of-blocker" in variant:
        duties = {c.duty for b in verdict.blockers for c in knowledge.license(b.license).clauses if c.id == b.clause}
        assert variant["duty-of-blocker"] in duties, shown
    for license_id, cite in variant.get("counsel", ()):
        assert (license_id, str(cite)) in {(row[0], row[1]) for row in verdict.for_counsel}, sorted((r[0], r[1]) for r in verdict.for_counsel)
    for fact in variant.get("needs", ()):
        assert fact in {n.fact for n in verdict.needs_facts}
    for finding in variant.get("finds", ()):
        assert finding in {f.id for f in verdict.findings}
    for duty in variant.get("impose", ()):
        assert any(row.startswith(duty) for row in verdict.outbound.must_impose), verdict.outbound.must_impose
    if "repair" in variant:
        told = [{(c.kind, c.target) for c in r.changes} for r in repair(stack, knowledge, costs=default_costs(), as_of=AS_OF).found]
        assert {tuple(c) for c in variant["repair"]} in told, told
    if variant.get("same-bytes"):
        assert render(verdict) == render(assess(stack_of(_stack(question, variant), knowledge), knowledge, **options))
    if number == 0 and "turns-on" in question:
        assert question["turns-on"] in verdict.turns_on
