#!/usr/bin/env python3
"""`licgraph audit` on synthetic Hubs of growing size, beside the least that a bare engine needs for them; and on a long chain and a ring.

    python benchmarks/audit.py [--nodes N,N,…] [--seed N] [--chain N] [--ring N] [--record]

The floor is DuckDB alone: read the inventory, join the steps to what they start from once a level, write one row a component. Both
run as processes of their own on the same files, with the engine's own settings. Prints seconds, processor seconds, memory (of all processes
together), the ratio to the floor, and the exponents of growth. Exit 1 if a bar is missed (at 2.5 million: 60 s, 4 GiB, 10 times the floor; exponent 1.1),
or if the chain or the ring comes out wrong. The full table: `--nodes 100000,300000,1000000,2500000`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from measure import ROOT, Ran, asked, exponent, record, run

LARGE, SECONDS_BAR, MEMORY_BAR, FLOOR_BAR, GROWTH_BAR = 2_500_000, 60.0, 4096.0, 10.0, 1.1
LABELS = ("apache-2.0", "mit", "", "llama3.1", "cc-by-nc-4.0")
BEHIND = 10
"""Components that stand on the ring without being on it."""


def floor(inventory: Path, target: Path, levels: int) -> None:
    """The least: tables read, ids made numbers (which is cheaper than joining by text), one join a level, one row a component written."""
    import duckdb

    db = duckdb.connect()
    db.execute("SET preserve_insertion_order=false")
    for name in ("nodes", "edges"):
        db.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{inventory / name}.parquet')")
    db.execute("CREATE TABLE named AS SELECT row_number() OVER () AS n, id, kind, license FROM nodes")
    db.execute("CREATE TABLE steps AS SELECT c.n AS child, p.n AS parent FROM edges e JOIN named c ON e.child = c.id JOIN named p ON e.parent = p.id")
    db.execute("CREATE TABLE level_0 AS SELECT n, license AS seen FROM named WHERE n NOT IN (SELECT child FROM steps)")
    for level in range(1, levels + 1):
        db.execute(f"CREATE TABLE level_{level} AS SELECT s.child AS n, min(p.seen) AS seen FROM steps s JOIN level_{level - 1} p ON s.parent = p.n GROUP BY s.child")
    reached = " UNION ALL ".join(f"SELECT n, {level} AS level, seen FROM level_{level}" for level in range(levels + 1))
    db.execute(f"COPY (SELECT m.id, m.kind, m.license, r.level, r.seen FROM named m LEFT JOIN (SELECT n, max(level) AS level, min(seen) AS seen FROM ({reached}) GROUP BY n) r ON m.n = r.n) TO '{target}' (FORMAT parquet)")


def audited(inventory: Path, target: Path) -> tuple[Ran, dict[str, Any]]:
    """What the audit of an inventory cost, and its summary."""
    done = run([sys.executable, "-m", "licgraph", "audit", inventory, "-o", target, "-f", "json", "--as-of", "2026-11-28"], together=True)
    if done.code not in (0, 1, 3):
        sys.exit(f"licgraph audit ended with {done.code}:\n{done.err.decode('utf-8', 'replace')[-2000:]}")
    return done, json.loads(done.out)


def size(nodes: int, seed: int, folder: Path) -> dict[str, Any]:
    """One size: the synthetic Hub, its audit, its floor."""
    inventory = folder / f"hub-{nodes}"
    made = run([sys.executable, ROOT / "benchmarks" / "synthetic_hub.py", inventory, str(nodes), str(seed)])
    if made.code:
        sys.exit(made.err.decode("utf-8", "replace"))
    done, summary = audited(inventory, folder / f"audited-{nodes}")
    least = run([sys.executable, __file__, "--floor", inventory, folder / f"floor-{nodes}.parquet", "--levels", str(summary["levels"])], together=True)
    if least.code:
        sys.exit(least.err.decode("utf-8", "replace"))
    return {
        **{name: {"seconds": ran.seconds, "cpu": ran.cpu, "peak_mb": ran.peak} for name, ran in (("audit", done), ("floor", least))},
        "ratio": done.seconds / least.seconds, "ratio_cpu": done.cpu / least.cpu, **{k: summary[k] for k in ("components", "steps", "sorts", "classes", "levels")},
    }  # fmt: skip


def inventory(folder: Path, nodes: Iterable[Sequence[str]], steps: Iterable[Sequence[str]]) -> Path:
    """An inventory as CSV."""
    folder.mkdir()
    for name, head, rows in (("nodes", ("id", "kind", "license"), nodes), ("edges", ("child", "parent", "relation"), steps)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *rows])
    return folder


def chain(length: int, folder: Path) -> dict[str, Any]:
    """Each a fine-tune of the one before, labels in turn: does it come to the end?"""
    nodes = ((f"m{n}", "weights", LABELS[n % len(LABELS)]) for n in range(length))
    done, summary = audited(inventory(folder / "chain", nodes, ((f"m{n}", f"m{n - 1}", "finetune") for n in range(1, length))), folder / "chain-audited")
    right = summary["levels"] == length - 1 and summary["on_cycles"] == 0 and sum(summary["answers"].values()) + summary["unlabelled"] == length
    return {"components": length, "seconds": done.seconds, "cpu": done.cpu, "peak_mb": done.peak, "sorts": summary["sorts"], "answers": summary["answers"], "right": right}


def ring(length: int, folder: Path) -> dict[str, Any]:
    """Each made from the next, the last from the first, and a few made from one of them: all unknown, and nothing else."""
    nodes = [*((f"r{n}", "weights", "mit") for n in range(length)), *((f"s{n}", "weights", "mit") for n in range(BEHIND)), ("apart", "weights", "mit")]
    steps = [*((f"r{n}", f"r{(n + 1) % length}", "merge") for n in range(length)), *((f"s{n}", f"r{n * 7 % length}", "finetune") for n in range(BEHIND))]
    done, summary = audited(inventory(folder / "ring", nodes, steps), folder / "ring-audited")
    right = summary["on_cycles"] == length + BEHIND and summary["answers"] == {"unknown": length + BEHIND, "yes": 1}
    return {"components": len(nodes), "seconds": done.seconds, "cpu": done.cpu, "peak_mb": done.peak, "sorts": summary["sorts"], "answers": summary["answers"], "right": right}


def bars(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The bars that what was measured can be held to."""
    rows: dict[str, dict[str, Any]] = {}
    if large := found["sizes"].get(str(LARGE)):
        for title, value, bar in (("seconds", large["audit"]["seconds"], SECONDS_BAR), ("memory (MB)", large["audit"]["peak_mb"], MEMORY_BAR), ("times the floor, seconds", large["ratio"], FLOOR_BAR), ("times the floor, processor time", large["ratio_cpu"], FLOOR_BAR)):
            rows[f"{LARGE:,} components: {title}"] = {"value": value, "bar": bar, "kept": value <= bar}
    if "exponent" in found:
        rows["exponent of the seconds"] = {"value": found["exponent"]["seconds"], "bar": GROWTH_BAR, "kept": found["exponent"]["seconds"] <= GROWTH_BAR}
        rows["exponent of the processor time"] = {"value": found["exponent"]["cpu"], "bar": GROWTH_BAR, "kept": found["exponent"]["cpu"] <= GROWTH_BAR}
    return rows


def measured(sizes: Sequence[int], seed: int, long: int, round_: int) -> dict[str, Any]:
    """Everything, printed as it comes."""
    found: dict[str, Any] = {"seed": seed, "sizes": {}}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for nodes in sizes:
            row = found["sizes"][str(nodes)] = size(nodes, seed, folder)
            costs = "; ".join(f"{name} {row[name]['seconds']:.2f} s (processor {row[name]['cpu']:.2f} s, {row[name]['peak_mb']:,.0f} MB)" for name in ("floor", "audit"))
            print(f"{nodes:,}: {costs}; {row['ratio']:.1f} x the floor (processor {row['ratio_cpu']:.1f}); {row['steps']:,} steps, {row['sorts']:,} sorts, {row['classes']:,} classes, {row['levels']} levels", flush=True)
        if len(sizes) > 1:
            found["exponent"] = {unit: exponent({int(n): row["audit"][unit] for n, row in found["sizes"].items()}) for unit in ("seconds", "cpu")}
        for name, count, make in (("chain", long, chain), ("ring", round_, ring)):
            if count:
                row = found[name] = make(count, folder)
                print(f"{name} of {count:,}: {row['seconds']:.2f} s (processor {row['cpu']:.2f} s, {row['peak_mb']:,.0f} MB), {row['sorts']:,} sorts; {'as it has to be' if row['right'] else 'WRONG'}: {row['answers']}", flush=True)
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--nodes", default="100000,300000", help="sizes, with commas; empty for none")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--chain", type=int, default=100_000, help="0 for none")
    options.add_argument("--ring", type=int, default=1_000, help="0 for none")
    options.add_argument("--record", action="store_true", help="write docs/performance/audit.json")
    options.add_argument("--floor", nargs=2, type=Path, help=argparse.SUPPRESS)
    options.add_argument("--levels", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.floor:
        floor(*given.floor, given.levels)
        return 0
    found = measured([int(n) for n in given.nodes.split(",") if n], given.seed, given.chain, given.ring)
    for title, bar in bars(found).items():
        print(f"{'kept  ' if bar['kept'] else 'MISSED'}  {title}: {bar['value']:.2f} (bar {bar['bar']:g})")
    if given.record:
        record("audit", asked(), found)
    return 0 if all(bar["kept"] for bar in bars(found).values()) and all(found[k]["right"] for k in ("chain", "ring") if k in found) else 1


if __name__ == "__main__":
    sys.exit(main())
