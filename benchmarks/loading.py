#!/usr/bin/env python3
"""What the breadth of the knowledge base costs a cold `licgraph check`: all licences against the first 60, one run.

    python benchmarks/loading.py [ROUNDS]

The index is compiled once with everything and once with the 60 licences that a small set of examples and the most
used labels need; both answer the same stack, in turns. Prints the ratio of the fastest rounds, which other work on the machine moves least.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from licgraph.index import data_folder, to_bytes
from licgraph.sources import compile_index

ROOT = Path(__file__).resolve().parent.parent
STACK = ROOT / "examples" / "r1-distill-llama-70b.yaml"
FIRST = 60
MOST = 1.15


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    index = compile_index(data_folder())
    used = [i for i in index["licenses"] if i in STACK.read_text("utf-8")]
    some = dict.fromkeys((*used, *sorted(index["licenses"])[: FIRST - len(used)]))
    with tempfile.TemporaryDirectory() as scratch:
        folders = {}
        for name, licenses in (("all", list(index["licenses"])), ("first", list(some))):
            folder = folders[name] = Path(scratch) / name
            folder.mkdir()
            keep = set(licenses)
            small = {**index, "licenses": {i: index["licenses"][i] for i in licenses}, "exceptions": [i for i in index["exceptions"] if i in keep], "aliases": {a: i for a, i in index["aliases"].items() if i in keep or i not in index["licenses"]}}
            (folder / "index.jsonl").write_bytes(to_bytes(small))
        times: dict[str, list[float]] = {name: [] for name in folders}
        for _ in range(rounds):
            for name, folder in folders.items():
                begin = time.perf_counter()
                done = subprocess.run([sys.executable, "-m", "licgraph", "check", str(STACK), "--knowledge", str(folder), "--as-of", "2026-11-22"], capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
                times[name].append(time.perf_counter() - begin)
                assert done.returncode == 1, done.stderr
    ratio = min(times["all"]) / min(times["first"])
    print(f"cold check with {len(index['licenses'])} licences: {ratio:.2f} x that with {len(some)} (at most {MOST})")
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
