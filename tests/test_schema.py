"""The published schemas: up to date, true of every verdict, and in agreement with the loader on shape."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from licgraph.errors import StackError
from licgraph.knowledge import load

from .conftest import ROOT, script, stack_of, verdict_of
from .strategies import stacks

KNOWLEDGE = load()
STACK = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "stack-1.json").read_text("utf-8")))
VERDICT = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "verdict-1.json").read_text("utf-8")))

LOADER_ALONE = ("made from each other", "is made from itself", "there is no component", "no licence expression", "is not an operator", "ambiguous", "no licence id", "not offered", "not ours", "nothing a permission can cover", "stands here twice")
"""Faults that a schema cannot see, by their words."""


def test_schemas_are_up_to_date() -> None:
    for name, text in script("tools/schemas.py").schemas().items():
        assert (ROOT / "schema" / name).read_text("utf-8") == text, "run tools/schemas.py"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda p: p.stem)
def test_examples_have_the_shape(path: Any) -> None:
    STACK.validate(yaml.safe_load(path.read_text("utf-8")))


def test_cases_and_their_verdicts_have_the_shape() -> None:
    for path in sorted((ROOT / "tests" / "cases").glob("*.yaml")):
        data = json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8"))["stack"], default=str))
        STACK.validate(data)
        VERDICT.validate(json.loads(json.dumps(verdict_of(data, KNOWLEDGE).to_json())))


def _loads(data: Any) -> bool:
    """Whether the loader accepts it, faults that only the loader can see aside."""
    try:
        stack_of(data, KNOWLEDGE)
    except StackError as problem:
        return all(any(words in fault.what for words in LOADER_ALONE) for fault in problem.faults)
    return True


MUTATIONS: list[Any] = [
    lambda d: d.update(extra=1), lambda d: d.pop("licgraph"), lambda d: d.update(licgraph=2), lambda d: d.update(components={}), lambda d: d.update(components=[]),
    lambda d: d["components"]["c0"].pop("kind"), lambda d: d["components"]["c0"].update(kind="model"), lambda d: d["components"]["c0"].update(licence="MIT"),
    lambda d: d["components"]["c0"].update(license=["MIT"]), lambda d: d["components"]["c0"].update(license=""), lambda d: d["components"]["c0"].update(ours="yes"), lambda d: d["components"]["c0"].update(ours=True),
    lambda d: d["components"]["c1"].update({"from": []}), lambda d: d["components"]["c1"].update({"from": {"fine-tune": "c0"}}), lambda d: d["components"]["c1"].update({"from": {"finetune": []}}),
    lambda d: d["components"]["c1"].update({"from": {"finetune": {"purpose": "general"}}}), lambda d: d["components"]["c1"].update({"from": {"finetune": {"component": "c0", "purpose": "fun"}}}),
    lambda d: d["components"]["c1"].update({"from": {"finetune": {"component": "c0", "accepted-terms": "maybe"}}}), lambda d: d["components"]["c1"].update({"from": {"finetune": ["c0", {"component": "c0"}]}}),
    lambda d: d["release"].update(form="paper"), lambda d: d["release"].pop("component"), lambda d: d["release"].update({"will-not": ["sleep"]}), lambda d: d["release"].update({"will-not": "attribution"}),
    lambda d: d.update(facts={"revenue": 1}), lambda d: d.update(facts={"annual-revenue-usd": "much"}), lambda d: d.update(facts={"annual-revenue-usd": {"MIT": 5}}), lambda d: d.update(facts={"multimodal": "yes"}),
    lambda d: d.update(facts={"end-users-in": ["EU", "US"]}), lambda d: d.update(permissions=[{"component": "c0", "from": "x", "covers": []}]), lambda d: d.update(permissions=[{"component": "c0"}]),
    lambda d: d.update(permissions=[{"component": "c0", "from": "x", "covers": ["all"], "until": "2027-01-01"}]), lambda d: d.update(permissions=[{"component": "c0", "from": "x", "covers": ["all"], "until": "soon"}]),
    lambda d: d.update(elect={"c0": "MIT"}), lambda d: d.update(elect=["MIT"]), lambda d: d["components"]["c0"].update(labels=[{"where": "tag", "says": "MIT"}]),
    lambda d: d["components"]["c0"].update(labels=[{"where": "sign", "says": "MIT"}]), lambda d: d["components"].update({"a b": {"kind": "code"}}), lambda d: d["components"]["c0"].update(received="2024-01-01"),
]  # fmt: skip


@given(stacks(), st.sampled_from(range(len(MUTATIONS))))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_loader_and_schema_agree_on_shape(data: dict[str, Any], number: int) -> None:
    assert STACK.is_valid(data)
    assert _loads(data)
    changed = copy.deepcopy(data)
    MUTATIONS[number](changed)
    assert STACK.is_valid(changed) == _loads(changed)
