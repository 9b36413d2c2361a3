"""Two readings of each of the most used licences, made apart from one another, compared clause by clause.

`second_readings.yaml` holds what the second reading says of each licence (computed clauses only, by duty) and every
difference from the licence file, with what a look at the text settled. The test fails when a difference appears that
is not listed, or a listed one has gone. A difference settled as disputed must stand as disputed in the licence file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from licgraph.knowledge import Knowledge
from licgraph.license import ACTS, SILENCES, WAYS

from .conftest import ROOT

READ = yaml.safe_load((ROOT / "tests" / "second_readings.yaml").read_text("utf-8"))
LINKED = next(words for words, way in WAYS.items() if way == "linked")


def signature(found: Mapping[str, Any], natures: Mapping[str, str]) -> dict[str, Any]:
    """What of a reading decides answers, one entry an aspect: the head, the grants, each duty with its reach."""
    silent = {s for s in found.get("silent-on", ()) if s in SILENCES}
    aspects: dict[str, Any] = {"basis": sorted(found["basis"]), "silent-on": sorted(silent - {"linking"}), "relabel": found["relabel"]["value"]}
    aspects["tolerates"] = sorted(found["further-restrictions"]["tolerates"]) if "further-restrictions" in found else None
    aspects["not-released-to"] = sorted(set((found.get("not-released-to") or {}).get("to", ())) - {"own"})
    duties: dict[str, list[Any]] = defaultdict(list)
    for clause in found["clauses"]:
        acts = ACTS if clause.get("acts") == "all" else clause.get("acts", ())
        pairs = {(act, way) for act in acts for way in clause.get("reaches", ())}
        duty = clause.get("duty", "")
        if clause["kind"] == "grant":
            duties["grants"].append(pairs)
        elif clause["kind"] == "definition" and clause.get("treats"):
            duties["treats"].append({(k, str(plain(v))) for k, v in clause["treats"].items() if not k.startswith("__")})
        elif duty:
            nature = clause.get("nature", natures[duty])
            if nature == "travels" and "linking" in silent:  # reached by default
                pairs |= {(act, LINKED) for act, _ in pairs}
            fixes = (clause.get("fixes") or {}).get("to")
            tests = {k: plain(clause[k]) for k in ("when", "unless", "limit") if clause.get(k)}
            duties[duty].append((nature, tuple(sorted(fixes)) if fixes is not None else None, tuple(sorted(tests.items())), pairs))
    for duty, rows in duties.items():
        if duty in ("grants", "treats"):
            aspects[duty] = sorted(f"{a}: {b}" for a, b in set().union(*rows))
        else:  # clauses of one duty and the same tests are one
            merged: dict[Any, set[Any]] = defaultdict(set)
            for nature, fixes, tests, pairs in rows:
                merged[(nature, fixes, str(tests))] |= pairs
            aspects[duty] = sorted(f"{key}: {sorted(pairs)}" for key, pairs in merged.items())
    return aspects


def plain(value: Any) -> Any:
    """Tests without line marks, in one order."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in sorted(value.items()) if not k.startswith("__")}
    return sorted(map(str, value)) if isinstance(value, list | tuple) else str(value)


@pytest.mark.parametrize("license_id", READ["readings"])
def test_the_readings_agree_but_for_what_is_listed(license_id: str, knowledge: Knowledge) -> None:
    first = signature(knowledge.raw(license_id), knowledge.natures)
    second = signature(READ["readings"][license_id], knowledge.natures)
    differ = {aspect for aspect in {*first, *second} if first.get(aspect) != second.get(aspect)}
    listed: dict[str, Mapping[str, Any]] = {}
    for entry in READ["differences"]:
        for where in entry["of"]:
            if where in ("every licence", license_id) or (where.endswith("*") and license_id.startswith(where[:-1])):
                listed |= dict.fromkeys((a for a in entry["in"] if a in differ or where == license_id), entry)
    assert differ == set(listed), {a: (first.get(a), second.get(a)) for a in differ ^ set(listed)}
    for aspect, entry in listed.items():
        assert entry["because"]
        if entry["settled"] == "disputed":
            clauses = [c for c in knowledge.raw(license_id)["clauses"] if c.get("duty", c["kind"]) == aspect or (aspect == "treats" and "treats" in c)]
            assert any((c.get("review") or {}).get("status") == "disputed" for c in clauses), f"{aspect} is not marked disputed"


def test_the_forty_most_used_are_there(knowledge: Knowledge) -> None:
    assert len(READ["readings"]) >= 40
    assert set(READ["readings"]) <= set(knowledge.license_ids)
