#!/usr/bin/env python3
"""The joined Hub graph of the corpora as an inventory for `licgraph audit`.

    python benchmarks/hub_inventory.py CORPORA FOLDER

Of several statements on one model the newest snapshot's counts; of several on one data set the first. Ids are compared exactly.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

from licgraph.audit.inventory import HUB_WORDS


def tables(corpora: Path) -> tuple[dict[str, tuple[str, str]], list[tuple[str, str, str]]]:
    """Components (id to kind and label) and steps (child, parent, relation)."""
    folder = corpora / "hub_union"
    newest: dict[str, tuple[str, str]] = {}
    nodes: dict[str, tuple[str, str]] = {}
    for row in _rows(folder / "licences.csv"):
        year, word, name = row["source"][-4:], row["license"].strip(), row["license_name"].strip()
        nodes[row["id"]] = ("weights", "")
        if word and (row["id"] not in newest or year > newest[row["id"]][0]):
            newest[row["id"]] = (year, name if word == "other" and name else word)
    nodes |= {i: ("weights", label) for i, (_, label) in newest.items()}
    steps = set()
    for row in _rows(folder / "edges.csv"):
        steps.add((row["derived"], row["base"], HUB_WORDS.get(row["relation"], row["relation"])))
        for name in (row["derived"], row["base"]):
            nodes.setdefault(name, ("weights", ""))
    stated = json.loads((folder / "dataset_licences.json").read_text("utf-8"))
    for row in _rows(folder / "datasets.csv"):
        nodes.setdefault(row["model"], ("weights", ""))
        nodes[f"dataset:{row['dataset']}"] = ("dataset", stated[row["dataset"]][0][1] if row["dataset"] in stated else "")
        steps.add((row["model"], f"dataset:{row['dataset']}", "trained-on"))
    return nodes, sorted(steps)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def write(corpora: Path, folder: Path) -> None:
    """Writes nodes.csv and edges.csv."""
    nodes, steps = tables(corpora)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "nodes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "kind", "license"), *((name, *rest) for name, rest in nodes.items())])
    with (folder / "edges.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("child", "parent", "relation"), *steps])


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
