#!/usr/bin/env python3
"""How a verdict's cost grows: with the length of a chain, with the sources of one merge, with the size of a stack.

    python benchmarks/growth.py [--rounds N] [--record]

Prints the processor seconds of each size (the best of the rounds) and the exponent of a power law through them: 1 is linear, and what
does not grow at all pulls small sizes below it, so the exponent of the last doubling stands beside it.
How an audit grows with its inventory: `benchmarks/audit.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from measure import ROOT, asked, exponent, fastest, record

sys.path.insert(0, str(ROOT))

from tests.stacks import of_size
from tests.test_scale import chain, fan, ladder

from licgraph import knowledge
from licgraph.answer import assess
from licgraph.inputs.stackfile import from_text

DAY = "2026-11-28"
CURVES: Mapping[str, tuple[Callable[[int], Any], tuple[int, ...]]] = {
    "a chain of fine-tunes, by its length": (chain, (250, 500, 1000, 2000, 4000, 8000, 16000)),
    "a merge, by its sources": (fan, (100, 200, 400, 800, 1600, 3200, 6400)),
    "a ladder of diamonds, by its rungs": (ladder, (20, 40, 80, 160, 320)),
    "a stack of all sorts, by its components": (of_size, (100, 200, 400, 800, 1600, 3200, 6400)),
}


def measured(rounds: int) -> dict[str, Any]:
    """For each curve the points (size to processor seconds) and the exponent."""
    base = knowledge.load()
    found: dict[str, Any] = {}
    for title, (make, sizes) in CURVES.items():
        points = {}
        for size in sizes:
            made = make(size)
            stack = from_text(made if isinstance(made, str) else json.dumps(made), "licgraph.yaml", base)
            points[size] = fastest(lambda stack=stack: assess(stack, base, as_of=DAY), rounds)
        found[title] = {"points": points, "exponent": exponent(points), "last": exponent(dict(list(points.items())[-2:]))}
        print(f"{title}: exponent {found[title]['exponent']:.2f}, at the end {found[title]['last']:.2f}; " + ", ".join(f"{size:,}: {seconds:.3f} s" for size, seconds in points.items()), flush=True)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--record", action="store_true", help="write docs/performance/growth.json")
    given = options.parse_args()
    found = measured(given.rounds)
    if given.record:
        record("growth", asked(), found)


if __name__ == "__main__":
    main()
