#!/usr/bin/env python3
"""The figures of docs/explanation/hub.md: how often a licence changes from base to derived model, and whether the terms of the base allow it.

    python benchmarks/hub_figures.py CORPORA [--record]

Two views of the joined Hub graph. *Pairs* (`hub_union_report.py`): base and derived model, both labelled, looked at alone. *Audit*
(`licgraph audit`): every labelled component with everything it goes back to, unlabelled sources and data sets among it. Prints both,
under each profile; `--record` writes docs/performance/hub.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hub_inventory
from hub_union_report import DAY, RELATIONS, Answer, Judge, Pair, read
from measure import record, run

from licgraph import knowledge
from licgraph.expression import render
from licgraph.inputs.assemble import tree_of

TOP = 12
"""Rows of a list of changes."""


def changed(pair: Pair, base: knowledge.Knowledge) -> bool:
    """Whether the derived model states another licence than its base: other spellings of one licence do not count."""
    return render(tree_of(pair.base_label, base)) != render(tree_of(pair.label, base))


def outcomes(answers: Mapping[Pair, Answer]) -> dict[str, int]:
    """Pairs by outcome; «allowed» with duties and without are one."""
    return dict(Counter("allowed" if a.outcome.startswith("allowed") else a.outcome for a in answers.values()))


def pairs_told(folder: Path, base: knowledge.Knowledge) -> dict[str, Any]:
    """The view of pairs: drift, what the terms allow under each profile, the most frequent changes."""
    pairs, _ = read(folder / "hub_union")
    moved = {p for p in pairs if changed(p, base)}
    bases = Counter(p.base for p in moved)
    found: dict[str, Any] = {
        "pairs": len(pairs), "changed": len(moved), "changed_as_written": sum(p.base_label != p.label for p in pairs), "bases": len(bases), "two_bases": dict(bases.most_common(2)),
        "pairs_of_two_bases": sum(p.base in dict(bases.most_common(2)) for p in pairs), "by_relation": {r: {"pairs": sum(p.relation == r for p in pairs), "changed": sum(p.relation == r for p in moved)} for r in RELATIONS}, "profiles": {},
    }  # fmt: skip
    for profile in base.profiles:
        judge = Judge(base, profile)
        answers = {p: judge.ask(p.base_label, RELATIONS[p.relation], "adapter" if p.relation == "adapter" else "weights", p.label) for p in pairs}
        found["profiles"][profile] = {"all": outcomes(answers), "changed": outcomes({p: a for p, a in answers.items() if p in moved}), "same": outcomes({p: a for p, a in answers.items() if p not in moved})}
        if profile == "mainstream":
            kinds: dict[tuple[str, str], Counter[str]] = {}
            for p in moved:
                kinds.setdefault((p.base_label, p.label), Counter()).update(["allowed" if answers[p].outcome.startswith("allowed") else answers[p].outcome])
            top = sorted(kinds.items(), key=lambda kv: (-sum(kv[1].values()), kv[0]))[:TOP]
            found["changes"] = [{"from": a, "to": b, "pairs": sum(c.values()), **c} for (a, b), c in top]
            found["against"] = dict(Counter(c for a in answers.values() if a.outcome == "not allowed" for c in a.clauses).most_common(TOP))
    return found


def audit_told(folder: Path) -> dict[str, Any]:
    """The view of the audit, as its summary has it."""
    nodes, _ = hub_inventory.tables(folder)
    unlabelled = {kind: sum(label == "" for which, label in nodes.values() if which == kind) for kind in ("weights", "dataset")}
    with tempfile.TemporaryDirectory() as scratch:
        hub_inventory.write(folder, Path(scratch))
        done = run([sys.executable, "-m", "licgraph", "audit", scratch, "-f", "json", "--as-of", DAY])
    if done.code not in (0, 1, 3):
        sys.exit(done.err.decode("utf-8", "replace"))
    summary = json.loads(done.out)
    kept = ("components", "steps", "unlabelled", "answers", "by_profile", "by_depth", "labelled_steps", "drifting_steps", "drift", "against", "turns_on", "on_cycles", "sorts", "levels", "as_of", "versions")
    return {"kinds": dict(Counter(kind for kind, _ in nodes.values())), "unlabelled_by_kind": unlabelled, **{key: summary[key] for key in kept}}


def main(arguments: Sequence[str]) -> int:
    given = [a for a in arguments if not a.startswith("-")]
    if not given:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(given[0])
    found = {"pairs": pairs_told(folder, knowledge.load()), "audit": audit_told(folder)}
    pairs, audit = found["pairs"], found["audit"]
    print(f"pairs: {pairs['changed']:,} of {pairs['pairs']:,} change the licence ({pairs['changed'] / pairs['pairs']:.1%})")
    for profile, counts in pairs["profiles"].items():
        print(f"  {profile}: not allowed {counts['all'].get('not allowed', 0) / pairs['pairs']:.1%} of all, {counts['changed'].get('not allowed', 0) / pairs['changed']:.1%} of those that change")
    labelled = sum(audit["answers"].values())
    print(f"audit: {audit['drifting_steps']:,} of {audit['labelled_steps']:,} steps change it ({audit['drifting_steps'] / audit['labelled_steps']:.1%}); of {labelled:,} labelled components " + ", ".join(f"blocked {c.get('no', 0) / labelled:.1%} ({p})" for p, c in audit["by_profile"].items()))
    if "--record" in arguments:
        record("hub", "python benchmarks/hub_figures.py CORPORA --record", found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
