#!/usr/bin/env python3
"""Does the audit give every component of the joined Hub graph the answer that `check` gives it?

    python benchmarks/hub_agreement.py CORPORA [PART/PARTS]

Compares answer, answers by profile, blocking clauses, duties, what it turns on and facts needed, for every component (or for
one of PARTS equal shares). Prints the first differences and the count.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hub_inventory import tables
from tests.conftest import AS_OF
from tests.test_audit import KNOWLEDGE, audited, checked

from licgraph.audit.classes import Classes


def main(corpora: Path, part: int, parts: int) -> int:
    """The number of components that differ."""
    nodes, steps = tables(corpora)
    sources = defaultdict(list)
    for child, parent, relation in steps:
        sources[child].append((relation, parent))
    began = time.perf_counter()
    found = audited(nodes, steps)
    print(f"audit of {len(nodes):,} components, {len(steps):,} steps: {time.perf_counter() - began:.1f} s")
    words, differ = Classes(KNOWLEDGE, AS_OF), 0
    mine = [name for i, name in enumerate(sorted(found)) if i % parts == part]
    for name in mine:
        told = checked(name, nodes, sources, words)
        if told != found[name]:
            differ += 1
            if differ <= 5:
                print(f"{name}: check {told}, audit {found[name]}")
    print(f"{len(mine):,} compared, {differ} differ; checking them one by one: {time.perf_counter() - began:.1f} s in all")
    return differ


if __name__ == "__main__":
    share = sys.argv[2].split("/") if len(sys.argv) > 2 else ["0", "1"]
    sys.exit(bool(main(Path(sys.argv[1]), int(share[0]), int(share[1]))))
