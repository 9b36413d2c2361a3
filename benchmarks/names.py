#!/usr/bin/env python3
"""What share of real licence names is resolved, ambiguous, states none, or stays unresolved.

    python benchmarks/names.py CORPORA     (the folder of real data: mof, dpi, hub-docs)
"""

from __future__ import annotations

import collections
import csv
import json
import sys
from pathlib import Path

import yaml

from licgraph import knowledge as base
from licgraph.names import guess


def mof(folder: Path) -> list[str]:
    """Licence names of the Model Openness Framework's model files."""
    found = []
    for file in sorted((folder / "mof" / "models").glob("*.yml")):
        release = yaml.safe_load(file.read_text("utf-8"))["release"]
        names = [v.get("name") for v in (release.get("license") or {}).values() if isinstance(v, dict)]
        found += [n for n in (*names, *(c.get("license") for c in release.get("components") or ())) if n]
    return found


def dpi(folder: Path) -> list[str]:
    """Licence assertions of the Data Provenance records."""
    found = []
    for file in sorted((folder / "dpi" / "data_summaries").glob("*.json")):
        for record in json.loads(file.read_text("utf-8")).values():
            found += [row["License"] for row in record.get("Licenses") or () if row.get("License")]
            inferred = record.get("Inferred Metadata") or {}
            found += [inferred[k] for k in ("GitHub License", "HF Yaml License", "HF Config License", "PwC License Name") if isinstance(inferred.get(k), str) and inferred[k]]
    return found


def hub(folder: Path) -> list[str]:
    """Licence names in the Hub documentation's two lists of models; the addresses of files beside them are no names."""
    found = []
    for name in ("model_license_other.csv", "model_no_license.csv"):
        with (folder / "hub-docs" / name).open(encoding="utf-8", newline="") as file:
            found += [row["suggested_license_name"] for row in csv.DictReader(file) if row["suggested_license_name"].strip()]
    return found


def labels(folder: Path, knowledge: base.Knowledge) -> str:
    """Of the Hub's labels by count, what falls on encoded licences (labels that name one licence), and the rest."""
    counts = dict(json.loads((folder / "hub_stats" / "license_counts_2025-07.json").read_text("utf-8")))
    one = {label: n for label, n in counts.items() if len(knowledge.resolve(label).ids) == 1 and knowledge.resolve(label).ids != ("NOASSERTION",)}
    encoded = sum(n for label, n in one.items() if label and knowledge.license(knowledge.resolve(label).ids[0]).state == "encoded")
    several = {label: n for label, n in counts.items() if label not in one}
    return f"Hub labels: {sum(counts.values())}; {sum(one.values())} name one licence, {encoded / sum(one.values()):.2%} of these are encoded; the others: " + ", ".join(several)


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    knowledge = base.load()
    for title, names in (("MOF", mof(Path(sys.argv[1]))), ("DPI", dpi(Path(sys.argv[1]))), ("hub-docs lists", hub(Path(sys.argv[1])))):
        kinds = collections.Counter(guess(n, knowledge).kind for n in names)
        shares = ", ".join(f"{k} {v / len(names):.1%}" for k, v in kinds.most_common())
        print(f"{title}: {len(names)} names; {shares}")
        left = collections.Counter(n for n in names if guess(n, knowledge).kind == "unresolved")
        print("   most frequent unresolved: " + "; ".join(f"{n[:50]} ({c})" for n, c in left.most_common(12)))
    print(labels(Path(sys.argv[1]), knowledge))
    return 0


if __name__ == "__main__":
    sys.exit(main())
