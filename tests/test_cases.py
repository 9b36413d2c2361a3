"""The legal cases: a stack, and what a lawyer expects of it (tests/cases/*.yaml)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from licgraph.knowledge import Knowledge
from licgraph.verdict import Verdict

from .conftest import ROOT, verdict_of

KEYS = {"id", "title", "ask", "stack", "expect", "cites"}
EXPECTED = {"answer", "by_profile", "turns_on", "blocked-by", "duties", "duties-if", "not-duties", "findings", "layered", "why", "condition", "outbound"}
OWN = sorted((ROOT / "tests" / "cases").glob("*.yaml"))
SHARED = sorted(Path(os.environ["LICGRAPH_CASES"]).glob("*.yaml")) if os.environ.get("LICGRAPH_CASES") else []


def _has(verdict: Verdict, wanted: str, *owed_if: bool) -> bool:
    """Whether a duty is among those owed outright (False), or only if a question goes another way (True)."""
    ident, _, value = wanted.partition(":")
    return any(d.id == ident and value.casefold() in d.value.casefold() and bool(d.rests_on) in owed_if for d in verdict.duties)


def _differences(case: dict[str, Any], verdict: Verdict, *owed_if: bool) -> list[str]:
    expect = case["expect"]
    wanted = expect["answer"] if isinstance(expect["answer"], list) else [expect["answer"]]
    found = []
    if verdict.answer not in wanted:
        found.append(f"answer {verdict.answer}, expected {' or '.join(wanted)}: {expect['why']}")
    found += [f"{p}: {dict(verdict.by_profile)[p]}, expected {w}" for p, w in expect.get("by_profile", {}).items() if dict(verdict.by_profile)[p] != w]
    if expect.get("turns_on") and len(set(expect.get("by_profile", {}).values())) != 1 and not set(expect["turns_on"]) & set(verdict.turns_on):
        found.append(f"turns on {verdict.turns_on}, expected one of {expect['turns_on']}")
    found += [f"duty missing: {d}" for d in expect.get("duties", []) if not _has(verdict, d, *owed_if)]
    found += [f"duty not in question: {d}" for d in expect.get("duties-if", []) if not _has(verdict, d, True)]
    found += [f"duty not owed: {d}" for d in expect.get("not-duties", []) if any(x.id == d and not x.rests_on for x in verdict.duties)]
    if expect.get("blocked-by") and not any(b.license in expect["blocked-by"] for b in verdict.blockers):
        found.append(f"blocked by {sorted({b.license for b in verdict.blockers})}, expected one of {expect['blocked-by']}")
    found += [f"finding missing: {f}" for f in expect.get("findings", []) if not any(x.id == f for x in verdict.findings)]
    if expect.get("layered") and verdict.layered != expect["layered"]:
        found.append(f"layered {verdict.layered}, expected {expect['layered']}")
    return found


@pytest.mark.parametrize("path", OWN, ids=lambda p: p.stem)
def test_case(path: Path, knowledge: Knowledge) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    assert set(case) == KEYS
    assert case["id"] == path.stem
    assert case["cites"], "a case rests on a section"
    assert set(case["expect"]) <= EXPECTED
    assert _differences(case, verdict_of(case["stack"], knowledge), False) == []


@pytest.mark.skipif(not SHARED, reason="LICGRAPH_CASES names no folder with further cases")
@pytest.mark.parametrize("path", SHARED, ids=lambda p: p.stem)
def test_shared_case(path: Path, knowledge: Knowledge) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    assert _differences(case, verdict_of(case["stack"], knowledge), False, True) == []


def test_enough_cases() -> None:
    assert len(OWN) >= 150


def test_cases_cover_the_words(knowledge: Knowledge) -> None:
    """Every relation, reserved word, duty, duty nature and clause kind is met by some case."""
    from licgraph.knowledge import RESERVED

    relations: set[str] = set()
    written: set[str] = set()
    duties: set[str] = set()
    natures: set[str] = set()
    turns: set[str] = set()
    for path in OWN:
        case = yaml.safe_load(path.read_text("utf-8"))
        components = case["stack"]["components"].values()
        relations |= {r for c in components for r in c.get("from", {})}
        written |= {str(c.get("license")) for c in components} | {str(case["stack"].get("release", {}).get("license"))}
        verdict = verdict_of(case["stack"], knowledge)
        duties |= {d.id for d in verdict.duties}
        duties |= {c.duty for b in verdict.blockers for c in knowledge.license(b.license).clauses if c.id == b.clause}
        natures |= {d.nature for d in verdict.duties}
        turns |= {n for s, _ in verdict.flips for n, _ in s}
    text = " ".join(written)
    assert set(knowledge.relations) - relations == set()
    assert {w for w in RESERVED if w not in text} == set()
    assert {d.nature for d in knowledge.duties.values()} - natures == set()
    owed = {c.duty for i in knowledge.license_ids for c in knowledge.license(i).clauses if c.duty}
    assert owed - duties == set()
    assert set(knowledge.assumptions) - turns == set()
