#!/usr/bin/env python3
"""How many small questions `licgraph batch` answers a second and core, in one process.

    python benchmarks/batch.py [--questions N] [--record]

Three components a question: a model or program of ours from two works of others, and the terms it goes out under. *like the Hub*: labels as
often as they are there (`synthetic_hub.py`), all names different, so that kinds of questions come again as they would. *each of its own kind*:
works and terms drawn evenly from all licences, so that next to none comes again and nearly each is solved. Seeded. Exit 1 if fewer than
2,000 a second are answered of the first stream.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Mapping
from typing import Any

from measure import asked, record
from synthetic_hub import LABELS, RELATIONS

from licgraph import asking
from licgraph import knowledge as base
from licgraph.batch import Batch
from licgraph.knowledge import Knowledge

BAR = 2_000.0
OFFERED = {label: count for label, count in LABELS.items() if label not in ("other", "unknown", "cc")}
"""Labels that state terms under which something can go out."""
DAY = "2026-11-28"


def like_the_hub(chance: random.Random, number: int) -> dict[str, Any]:
    """A derived model: base, data, a step of the Hub's mix."""
    base_label, data_label = chance.choices(list(LABELS), list(LABELS.values()), k=2)
    proposed = chance.choices(list(OFFERED), list(OFFERED.values()))[0]
    step = chance.choices([r for r, _ in RELATIONS], [share for _, share in RELATIONS])[0]
    parts = {f"org{number}/base": {"kind": "weights", "license": base_label}, f"org{number}/data": {"kind": "dataset", "license": data_label}}
    made = {"kind": "weights", "ours": True, "from": {step: f"org{number}/base", "trained-on": f"org{number}/data"}}
    return {"licgraph": 1, "components": {**parts, f"us/model-{number}": made}, "release": {"component": f"us/model-{number}", "license": proposed}}


def of_its_own(chance: random.Random, number: int, ids: tuple[str, ...]) -> dict[str, Any]:
    """A model, a data set or a program from two works under any licences, under any."""
    one, other, proposed = (chance.choice(ids) for _ in range(3))
    kind, first, second = chance.choice((("weights", "finetune", "trained-on"), ("dataset", "contains", "contains-modified"), ("code", "modifies", "links-static")))
    parts = {"one": {"kind": kind, "license": one}, "other": {"kind": "dataset" if kind == "weights" else kind, "license": other}}
    return {"licgraph": 1, "components": {**parts, "made": {"kind": kind, "ours": True, "from": {first: "one", second: "other"}}}, "release": {"component": "made", "license": proposed}}


def answered(knowledge: Knowledge, questions: list[dict[str, Any]]) -> dict[str, float]:
    """Questions a second of processor time, with none known at first."""
    lines = [json.dumps(q).encode() for q in questions]
    batch = Batch(knowledge, "mainstream", asking.assumed({}, knowledge), DAY)
    start = time.process_time()
    errors = sum(batch.answer(line, number).gate == "error" for number, line in enumerate(lines, 1))
    spent = time.process_time() - start
    if errors:
        sys.exit(f"{errors} of the questions were not understood")
    return {"questions": len(lines), "kinds": len(batch._known), "a_second": len(lines) / spent}


def measured(count: int) -> dict[str, Any]:
    """Both streams."""
    knowledge = base.load()
    offers = tuple(i for i in knowledge.license_ids if i not in ("NONE", "NOASSERTION"))
    chance = random.Random(1)
    return {
        "like the Hub": answered(knowledge, [like_the_hub(chance, n) for n in range(count)]),
        "each of its own kind": answered(knowledge, [of_its_own(chance, n, offers) for n in range(count // 4)]),
    }


def bars(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The bar, for each stream; it is held by the first."""
    return {title: {"value": row["a_second"], "bar": BAR, "kept": row["a_second"] >= BAR} for title, row in found.items()}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--questions", type=int, default=20_000)
    options.add_argument("--record", action="store_true", help="write docs/performance/batch.json")
    given = options.parse_args()
    found = measured(given.questions)
    for title, bar in bars(found).items():
        print(f"{'kept  ' if bar['kept'] else 'MISSED'}  {title}: {found[title]['questions']:,} questions, {found[title]['kinds']:,} kept, {bar['value']:,.0f} a second (bar {bar['bar']:,.0f})")
    if given.record:
        record("batch", asked(), found)
    return 0 if bars(found)["like the Hub"]["kept"] else 1


if __name__ == "__main__":
    sys.exit(main())
