#!/usr/bin/env python3
"""A synthetic Hub: an inventory of any size with the shape of the real one, seeded.

    python benchmarks/synthetic_hub.py FOLDER [NODES] [SEED]

Writes FOLDER/nodes.parquet (id, kind, license) and FOLDER/edges.parquet (child, parent, relation). Of the nodes 88 % are models
and 12 % data sets; 28 % of the models were made from others (adapter 42.6 %, finetune 35.9 %, quantized 19.2 %, merge 2.3 %, the shares
of the Hub in October 2025), by preferential attachment with the depths measured on a joined Hub graph (one step 48.5 of 88.4 …);
20 % of the models name one to three data sets (Zipf). 64 % state no licence; a derived model repeats its base's with 0.85, else
drifts; labels are drawn from the Hub's counts of July 2025 (arXiv 2508.06811). Dirt: 0.5 % of the steps spell the base in another
case, 1 % name a base that is not there, 0.1 % are made from themselves or in a circle.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import numpy as np

LABELS = {
    "apache-2.0": 298442, "mit": 109820, "other": 81887, "openrail": 37498, "creativeml-openrail-m": 29233, "cc-by-nc-4.0": 14315, "llama2": 10294, "llama3": 9887, "gemma": 8677, "unknown": 8368, "llama3.1": 7614, "cc-by-4.0": 6737,
    "openrail++": 6552, "llama3.2": 5863, "cc-by-nc-sa-4.0": 3945, "afl-3.0": 3657, "cc-by-sa-4.0": 2984, "gpl-3.0": 2875, "artistic-2.0": 1942, "llama3.3": 1849, "cc": 1846, "bloom-rail": 1840, "bigscience-openrail-m": 1742, "bigcode-openrail-m": 1487,
    "bsd-3-clause": 1363, "cc-by-nc-nd-4.0": 1338, "agpl-3.0": 969,
}  # fmt: skip
DRIFT = ("apache-2.0", "mit", "creativeml-openrail-m", "cc-by-nc-4.0", "other", "afl-3.0", "cc-by-4.0")
RELATIONS = (("adapter", 0.426), ("finetune", 0.359), ("quantize", 0.192), ("merge", 0.023))
DEPTHS = (0.485, 0.241, 0.112, 0.032, 0.007, 0.004, 0.004)
"""Shares of the depths from 1 on; what is deeper goes into the last."""
UNLABELLED = 0.64


def attached(chance: np.random.Generator, parents: int, children: int) -> np.ndarray:
    """A parent for each child: few have many (exponent about 2.05), most have one."""
    weights = (1 + chance.pareto(1.05, parents)).cumsum()
    return np.searchsorted(weights, chance.random(children) * weights[-1])


def generate(folder: Path, nodes: int = 2_500_000, seed: int = 1) -> tuple[int, int]:
    """Writes the two tables. Returns how many nodes and steps they have."""
    chance = np.random.default_rng(seed)
    models = int(nodes * 0.88)
    derived = int(models * 0.28)
    roots = models - derived
    labels = np.array(["", *LABELS])
    shares = np.array([UNLABELLED, *(np.array(list(LABELS.values())) / sum(LABELS.values()) * (1 - UNLABELLED))])
    label = np.empty(nodes, dtype=np.int16)
    label[:roots] = chance.choice(len(labels), roots, p=shares)
    label[models:] = chance.choice(len(labels), nodes - models, p=shares)
    drift = np.array([list(labels).index(d) for d in DRIFT])
    child, parent, relation = [], [], []
    start, before = roots, (0, roots)
    for depth, share in enumerate(DEPTHS):
        size = int(derived * share / sum(DEPTHS)) if depth < len(DEPTHS) - 1 else models - start
        made = np.arange(start, start + size)
        base = before[0] + attached(chance, before[1] - before[0], size)
        kind = chance.choice(len(RELATIONS), size, p=[s for _, s in RELATIONS])
        child.append(made)
        parent.append(base)
        relation.append(kind)
        merged = made[kind == 3]
        for _ in range(2):  # merges have two to three parents
            some = merged[chance.random(len(merged)) < 0.7]
            child.append(some)
            parent.append(chance.integers(0, start, len(some)))
            relation.append(np.full(len(some), 3))
        same = chance.random(size) < 0.85
        label[start : start + size] = np.where(same, label[base], np.where(chance.random(size) < UNLABELLED, 0, drift[chance.integers(0, len(drift), size)]))
        before, start = (start, start + size), start + size
    using = chance.choice(models, int(models * 0.2), replace=False)
    for count in (1.0, 0.16, 0.08):  # one to three data sets
        some = using[chance.random(len(using)) < count]
        child.append(some)
        parent.append(models + np.minimum(chance.zipf(1.6, len(some)) - 1, nodes - models - 1))
        relation.append(np.full(len(some), 4))
    frame = {"c": np.concatenate(child), "p": np.concatenate(parent), "r": np.concatenate(relation), "dirt": chance.random(sum(map(len, child)))}
    kinds = {"n": np.arange(nodes), "l": label}
    folder.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    db.register("steps", frame)
    db.register("things", kinds)
    cases = " ".join(f"WHEN {i} THEN '{text}'" for i, text in enumerate(labels))
    named = "CASE WHEN {0} < " + str(models) + " THEN 'org' || ({0} % 50021) || '/' || CASE WHEN {0} % 19 = 0 THEN 'Llama-' ELSE 'model-' END || {0} ELSE 'data' || ({0} % 9973) || '/set-' || {0} END"
    relations = "CASE r WHEN 0 THEN 'adapter' WHEN 1 THEN 'finetune' WHEN 2 THEN 'quantize' WHEN 3 THEN 'merge' ELSE 'trained-on' END"
    db.execute(f"COPY (SELECT {named.format('n')} AS id, CASE WHEN n < {models} THEN 'weights' ELSE 'dataset' END AS kind, CASE l {cases} END AS license FROM things) TO '{folder / 'nodes.parquet'}' (FORMAT parquet)")
    base = f"CASE WHEN dirt < 0.005 THEN upper({named.format('p')}) WHEN dirt < 0.015 THEN 'gone/' || p WHEN dirt < 0.0155 THEN {named.format('c')} ELSE {named.format('p')} END"
    circles = f"SELECT {named.format('p')} AS child, {named.format('c')} AS parent, 'finetune' AS relation FROM steps WHERE dirt > 0.9995 AND r < 4"
    db.execute(f"COPY (SELECT {named.format('c')} AS child, {base} AS parent, {relations} AS relation FROM steps UNION ALL {circles}) TO '{folder / 'edges.parquet'}' (FORMAT parquet)")
    return nodes, len(frame["c"])


if __name__ == "__main__":
    made = generate(Path(sys.argv[1]), *map(int, sys.argv[2:4]))
    print(f"{made[0]:,} nodes, {made[1]:,} steps")
