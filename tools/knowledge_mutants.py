#!/usr/bin/env python3
"""Mutation testing of the readings: does a wrong clause in a licence file show in what is derived?

`python tools/knowledge_mutants.py` changes one thing of one clause at a time (dropped; reaching one way more; its duty
of another nature; resting on another basis) in every licence file, and looks whether tests/derivations.tsv, the page
docs/licence-effects.md or the expectation of a legal case would differ. A change that none of them shows has to be
explained in `tests/knowledge_mutants.yaml`. That a receipt of the file no longer fits is not counted: it shows that a
file was edited, not that a reading is wrong. `--every N` tries each Nth change (a sample), `--write` puts the figures
into docs/trust/mutants.json. Exit 0: every survivor is explained; 1: not.
"""

from __future__ import annotations

import argparse
import collections
import copy
import datetime
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path = [str(ROOT / "src"), str(ROOT), *(p for p in sys.path if p != str(ROOT / "tools"))]  # tools/coverage.py is not the library

import yaml  # noqa: E402
from tests.test_cases import _differences  # noqa: E402
from tools import derivations, effects  # noqa: E402
from tools.figures import write  # noqa: E402

from licgraph import knowledge as base  # noqa: E402
from licgraph.answer import assess  # noqa: E402
from licgraph.inputs.stackfile import from_text  # noqa: E402
from licgraph.knowledge import Knowledge  # noqa: E402
from licgraph.license import WAYS, License, license_from  # noqa: E402
from licgraph.stack import Stack  # noqa: E402

EXPLAINED = ROOT / "tests" / "knowledge_mutants.yaml"
NATURES = {"travels": "binds", "binds": "travels", "fixes": "travels", "ban": "travels"}
SEEN_BY = ("derivations", "effects", "cases")


class Mutant(NamedTuple):
    """One clause of one licence, what is changed of it, and the licence that results."""

    license: str
    clause: str
    change: str
    result: License


def mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """Every change of every clause that can decide something."""
    for license_id in knowledge.license_ids:
        raw = knowledge.raw(license_id)
        for place, clause in enumerate(raw["clauses"]):
            if not (clause["kind"] in ("grant", "prohibition") or clause.get("treats") or any(clause.get(k) for k in ("duty", "fixes", "limit"))):
                continue
            for change, new in _changes(clause, raw, knowledge):
                changed = {**raw, "clauses": [*raw["clauses"][:place], *new, *raw["clauses"][place + 1 :]]}
                yield Mutant(license_id, clause["id"], change, license_from(changed, knowledge.natures))


def _changes(clause: dict[str, Any], raw: Any, knowledge: Knowledge) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    yield "dropped", []
    if clause["kind"] == "definition":
        return
    # a grant is asked for of the work itself and of a changed version only; what travels reaches a linked program by silence too
    ways = [w for w, way in WAYS.items() if (way in ("copy", "derivative") if clause["kind"] == "grant" else way != "linked" or "linking" not in raw["silent-on"])]
    more = next((w for w in ways if w not in clause.get("reaches", ())), None)
    if more is not None:
        yield f"reaches {more}", [{**clause, "reaches": [*clause.get("reaches", ()), more]}]
    if clause["kind"] == "grant":
        return  # a grant owes nothing, and has no force to lose
    nature = clause.get("nature", knowledge.natures.get(clause.get("duty", ""), "ban"))
    yield f"{nature}, now {NATURES[nature]}", [{**clause, "nature": NATURES[nature]}]
    basis = list(clause.get("basis", raw["basis"]))
    outputs = {WAYS[w] for w in clause.get("reaches", ())} <= {"extracted", "output"}  # where a text that is both binds by contract
    other = ["right"] if basis == ["contract"] or (outputs and "contract" in basis) else ["contract"]
    yield f"by {' and '.join(basis)}, now by {other[0]}", [{**clause, "basis": other}]


class Watch:
    """What is derived, what the page shows and what the cases expect of one licence, as it stands and changed."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.cases: list[tuple[dict[str, Any], Stack, str]] = []
        for path in sorted((ROOT / "tests" / "cases").glob("*.yaml")):
            case = yaml.safe_load(path.read_text("utf-8"))
            stack = from_text(yaml.safe_dump(case["stack"], sort_keys=False), path.name, knowledge)
            self.cases.append((case, stack, str(stack)))
        self.now: dict[str, dict[str, Any]] = {}

    def seen(self, license_id: str) -> dict[str, Any]:
        """All three, under the licence as it is built now."""
        k = self.knowledge
        touched = [(case, stack) for case, stack, text in self.cases if f"id='{license_id}'" in text]
        return {
            "derivations": derivations.rows(k, license_id, {}),
            "effects": effects.row(k, license_id),
            "cases": [_differences(case, assess(stack, k, as_of=effects.DAY, search=False), False) for case, stack in touched],
        }

    def notices(self, mutant: Mutant) -> list[str]:
        """Which of the three differ."""
        if mutant.license not in self.now:
            self.now = {mutant.license: self.seen(mutant.license)}
        whole = self.knowledge.license(mutant.license)
        self.knowledge._built[mutant.license] = mutant.result
        try:
            changed = self.seen(mutant.license)
        finally:
            self.knowledge._built[mutant.license] = whole
        return [part for part in SEEN_BY if changed[part] != self.now[mutant.license][part]]


def main(arguments: list[str]) -> int:
    """Tries the changes and reports; the exit code as above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    knowledge = copy.copy(base.load())
    explained = {(e["change"], w): e["reason"] for e in yaml.safe_load(EXPLAINED.read_text("utf-8")) or () for w in e["of"]} if EXPLAINED.is_file() else {}
    watch = Watch(knowledge)
    begun = time.monotonic()
    made: collections.Counter[str] = collections.Counter()
    seen: collections.Counter[str] = collections.Counter()
    alive: dict[tuple[str, str], str] = {}
    for mutant in list(mutants(knowledge))[:: given.every]:
        kind = mutant.change.split()[0].rstrip(",") if mutant.change.startswith(("dropped", "reaches", "by ")) else "nature"
        kind = {"by": "basis", "reaches": "reach"}.get(kind, kind)
        made[kind] += 1
        noticed = watch.notices(mutant)
        seen.update(noticed)
        if noticed:
            seen[kind] += 1
        else:
            alive[(mutant.change, f"{mutant.license}/{mutant.clause}")] = kind
    total, killed = sum(made.values()), sum(made.values()) - len(alive)
    figures: dict[str, Any] = {k: {"made": made[k], "seen": seen[k], "explained": sum(1 for key, kind in alive.items() if kind == k and key in explained)} for k in made}
    for kind, row in figures.items():
        print(f"{kind:8} {row['made']:5} made  {row['seen']:5} seen  {row['made'] - row['seen']:4} not ({row['explained']} explained)")
    print(f"all      {total:5} made  {killed:5} seen  {100 * killed / total:.1f} %; by {', '.join(f'{p} {seen[p]}' for p in SEEN_BY)}; in {time.monotonic() - begun:.0f} s")
    wrong = sorted(set(alive) - set(explained))
    gone = sorted(set(explained) - set(alive)) if given.every == 1 else []
    for change, where in wrong:
        print(f"not seen: {where} | {change}")
    for change, where in gone:
        print(f"explained, and seen or gone by now: {where} | {change}")
    if given.write and given.every == 1:
        told = {"command": "python tools/knowledge_mutants.py --write", "date": datetime.date.today().isoformat(), "licences": len(knowledge.license_ids)}
        write("knowledge", {**told, "changes": figures, "made": total, "seen": killed, "explained": len(alive) - len(wrong), "seen-by": {p: seen[p] for p in SEEN_BY} | {"receipt": total}})
    return 1 if wrong or gone else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
