#!/usr/bin/env python3
"""Writes docs/licence-effects.md: what each licence does to five common releases (`python tools/effects.py`)."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from licgraph import knowledge as base  # noqa: E402
from licgraph.answer import assess  # noqa: E402
from licgraph.expression import Leaf  # noqa: E402
from licgraph.stack import Component, Edge, Release, Stack  # noqa: E402

DAY = "2026-11-22"
COLUMNS = ("changed, as Apache-2.0", "changed, under itself", "paid service on it", "trained on it, Apache-2.0", "distilled from it, Apache-2.0")
SIGN = {"yes": "–", "no": "**blocked**", "conditional": "depends", "unknown": "unknown"}
KINDS = (("weights", "weights"), ("code", "code"), ("service", "service"))


def kind(written: tuple[str, ...]) -> str:
    return next((k for word, k in KINDS if word in written), "dataset")


def cell(knowledge: base.Knowledge, license_id: str, relation: str, made: str, form: str, proposed: str, use: str) -> str:
    what = kind(knowledge.license(license_id).written_for)
    if what == "service" and relation in ("finetune", "modifies"):
        return ""
    source = Component("it", what, license=Leaf(license_id), declared=Leaf(license_id), written=license_id)
    ours = Component("ours", made or what, ours=True)
    edge = Edge("ours", relation, "it", purpose="perform-similarly" if relation == "distill-logits" else "general")
    release = Release("ours", Leaf(proposed), proposed, form, use, "customers" if form == "service" else "public", "" if use == "any" else use)
    found = assess(Stack({"it": source, "ours": ours}, (edge,), release), knowledge, as_of=DAY, search=False)
    clauses = list(dict.fromkeys(b.clause for b in found.blockers))[:2]
    owed = len({d.id for d in found.duties if not d.rests_on and not d.own})
    more = f": {', '.join(clauses)}" if clauses else (f" ({owed})" if owed else "")
    return SIGN[found.answer] + more


def row(knowledge: base.Knowledge, license_id: str) -> str:
    what = kind(knowledge.license(license_id).written_for)
    change = "finetune" if what == "weights" else "modifies"
    form = {"weights": "weights", "code": "source"}.get(what, "dataset")
    cells = (
        cell(knowledge, license_id, change, "", form, "Apache-2.0", "any"), cell(knowledge, license_id, change, "", form, license_id, "non-commercial"),
        cell(knowledge, license_id, "runs-with", "service", "service", "OWN-TERMS", "commercial"), cell(knowledge, license_id, "trained-on", "weights", "weights", "Apache-2.0", "any"),
        cell(knowledge, license_id, "distill-logits", "weights", "weights", "Apache-2.0", "any") if what in ("weights", "service") else "",
    )  # fmt: skip
    return f"| {license_id} | {' | '.join(cells)} |"


def page() -> str:
    knowledge = base.load()
    lines = [
        "# What each licence does to five common releases",
        "",
        "Made by `tools/effects.py` from the licence files, under the profile mainstream; no facts are given, use is `any` but for the service, which is paid. **–** no blocking term found, with the number of",
        "duties in brackets; **blocked** or *depends*, with the clauses that say so. Readings are drafts; this is for skimming, the answer for a real stack is `licgraph check`.",
        "",
        f"| licence | {' | '.join(COLUMNS)} |",
        "|---|---|---|---|---|---|",
    ]
    lines += [row(knowledge, i) for i in sorted(knowledge.license_ids, key=str.casefold)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "licence-effects.md").write_text(page(), encoding="utf-8")
