#!/usr/bin/env python3
"""Base and derived model, both labelled: may what was made from the base be released under the label that it bears?

    python benchmarks/hub_union_report.py CORPORA [--csv] [--profile PROFILE]

Ids are compared exactly. Of several statements on one model the newest snapshot's counts. A pair is looked at alone: what
the base was made from itself, and the data, are not followed, so «allowed» is only that nothing in the base's terms stands
against the label. Recipients' use is what the label itself lets them do; the maker's own purpose is not stated. Labels are from 2022 to 2026, and a model may have been relicensed since. `derived` edges state no kind
and are taken as `derived-from`. Of two relations stated for one pair the one with the surer word is taken (merge, then
adapter, then finetune, then quantized).
"""

from __future__ import annotations

import collections
import csv
import sys
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from licgraph import knowledge as base
from licgraph.answer import assess
from licgraph.audit.classes import private
from licgraph.errors import StackError
from licgraph.expression import render
from licgraph.inputs.assemble import tree_of
from licgraph.names import guess
from licgraph.stack import Component, Edge, Release, Stack

RELATIONS = {"merge": "merge", "adapter": "adapter", "finetune": "finetune", "quantized": "quantize", "derived": "derived-from"}
OUTCOMES = ("allowed", "allowed with duties", "not allowed", "undecidable")
DAY = "2026-11-28"


class Answer(NamedTuple):
    """What came of one question. ``why``: for what cannot be decided, the reason; ``clauses``: what stands against it."""

    outcome: str
    answer: str
    why: str = ""
    clauses: tuple[str, ...] = ()
    turns_on: tuple[str, ...] = ()


class Pair(NamedTuple):
    """A base, what was made from it, how, and their labels."""

    base: str
    derived: str
    relation: str
    base_label: str
    label: str


def read(folder: Path) -> tuple[list[Pair], str]:
    """The pairs licensed at both ends, and how they were counted."""
    with (folder / "licences.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["license"].strip()]
    newest: dict[str, tuple[str, str, str]] = {}
    for row in rows:  # the year ends the name of the source; of one year the first row counts
        year, word, name = row["source"][-4:], row["license"].strip(), row["license_name"].strip()
        if row["id"] not in newest or year > newest[row["id"]][0]:
            newest[row["id"]] = (year, word, name if word == "other" and name else word)
    with (folder / "edges.csv").open(encoding="utf-8", newline="") as file:
        edges = [(r["base"], r["derived"], r["relation"]) for r in csv.DictReader(file)]
    both = [(b, d, r) for b, d, r in edges if b in newest and d in newest]
    relations: dict[tuple[str, str], set[str]] = collections.defaultdict(set)
    for b, d, r in both:
        relations[(b, d)].add(r)
    folded = {i.casefold() for i in newest}
    loose = {(b.casefold(), d.casefold()) for b, d, _ in edges if b.casefold() in folded and d.casefold() in folded}
    pairs = [Pair(b, d, min(r, key=list(RELATIONS).index), newest[b][2], newest[d][2]) for (b, d), r in relations.items()]
    changed = sum(newest[b][1] != newest[d][1] for b, d in relations)
    return pairs, f"{len(edges):,} edges, {len(newest):,} labelled ids; {len(both):,} edges and {len(pairs):,} pairs are labelled at both ends by exact id ({len(loose):,} if case is folded), {changed:,} of the pairs with another label than the base"


class Judge:
    """Answers, each question once."""

    def __init__(self, knowledge: base.Knowledge, profile: str) -> None:
        self.knowledge, self.profile = knowledge, profile
        self.ask = lru_cache(maxsize=None)(self._ask)

    def _ask(self, base_label: str, relation: str, kind: str, label: str) -> Answer:
        """The verdict on a label for what was made in this way from a base under these terms."""
        for which, word in (("base", base_label), ("derived model", label)):
            kind_of = guess(word, self.knowledge).kind
            if kind_of in ("none stated", "unresolved") and self.knowledge.license(getattr(tree_of(word, self.knowledge), "id", "")).state == "unknown":
                return Answer("undecidable", "unknown", f"the {which}'s label names no licence" if kind_of == "none stated" else f"the {which}'s label is a name that no rule reads")
        terms, proposed = tree_of(base_label, self.knowledge), tree_of(label, self.knowledge)
        parts = {"base": Component("base", "weights", license=terms, declared=terms, written=base_label), "made": Component("made", kind, ours=True)}
        use = "non-commercial" if private(proposed, self.knowledge) else "any"
        stack = Stack(parts, (Edge("made", relation, "base"),), Release("made", proposed, label, "weights", use, "public"))
        try:
            verdict = assess(stack, self.knowledge, self.profile, as_of=DAY)
        except StackError as problem:
            return Answer("undecidable", "unknown", problem.faults[0].what)
        clauses = tuple(sorted({b.ref for b in verdict.blockers}))
        if verdict.answer == "yes":
            owed = [d for d in verdict.duties if not d.rests_on and not d.own]
            return Answer(OUTCOMES[bool(owed)], "yes", turns_on=verdict.turns_on)
        if verdict.answer == "no":
            return Answer("not allowed", "no", "", clauses, verdict.turns_on)
        unknown = [b for b in verdict.blockers if b.level == "unknown"]
        why = f"the text of {unknown[0].license or 'a part'} is not encoded" if verdict.answer == "unknown" and unknown else f"asks for {', '.join(sorted({n.fact for n in verdict.needs_facts})) or 'an election'}"
        return Answer("undecidable", verdict.answer, why, clauses, verdict.turns_on)


def split(title: str, answers: Mapping[Pair, Answer]) -> None:
    """One line: how a group comes out."""
    counts = collections.Counter(a.outcome for a in answers.values())
    if answers:
        print(f"  {title:28} {len(answers):5} " + ", ".join(f"{o} {counts[o]} ({counts[o] / len(answers):.0%})" for o in OUTCOMES))


def main() -> int:
    given = [a for a in sys.argv[1:] if not a.startswith("-")]
    profile = sys.argv[sys.argv.index("--profile") + 1] if "--profile" in sys.argv else "mainstream"
    given = [g for g in given if g != profile]
    if not given:
        print(__doc__, file=sys.stderr)
        return 2
    began = time.perf_counter()
    pairs, counted = read(Path(given[0]) / "hub_union")
    print(f"Counted: {counted}. README.md beside the data says 3,238 pairs, 3,249 edges, 3,278 pairs with case folded, 1,105 changed.")
    knowledge = base.load()
    judge = Judge(knowledge, profile)
    answers = {p: judge.ask(p.base_label, RELATIONS[p.relation], "adapter" if p.relation == "adapter" else "weights", p.label) for p in pairs}
    print(f"\n{profile}, {len(pairs):,} pairs, {judge.ask.cache_info().currsize} different questions")
    split("all", answers)
    for word, relation in RELATIONS.items():
        split(word if word == relation else f"{word} (as {relation})", {p: a for p, a in answers.items() if p.relation == word})
    same = {p: a for p, a in answers.items() if render(tree_of(p.base_label, knowledge)) == render(tree_of(p.label, knowledge))}
    split("same licence as the base", same)
    split("another licence", {p: a for p, a in answers.items() if p not in same})
    split("another label, as written", {p: a for p, a in answers.items() if p.base_label != p.label})
    frequent("blocking clauses of what is not allowed", collections.Counter(c for a in answers.values() if a.outcome == "not allowed" for c in a.clauses), 15)
    frequent("changes that are not allowed", collections.Counter(f"{p.base_label} -> {p.label}" for p, a in answers.items() if a.outcome == "not allowed"), 15)
    frequent("why it cannot be decided", collections.Counter(a.why for a in answers.values() if a.outcome == "undecidable"), 15)
    frequent("what the answer turns on", collections.Counter(" + ".join(a.turns_on) or "nothing" for a in answers.values() if a.answer in ("yes", "no", "conditional")), 8)
    if "--csv" in sys.argv:
        for p, a in answers.items():
            print(",".join((p.base, p.derived, RELATIONS[p.relation], p.base_label, p.label, a.outcome, a.answer, " ".join(a.clauses), a.why.replace(",", ";"))))
    print(f"\n{time.perf_counter() - began:.0f} s")
    return 0


def frequent(title: str, counts: collections.Counter[str], most: int) -> None:
    """The most frequent of something."""
    print(f"\n{title}: " + ("; ".join(f"{k} ({n})" for k, n in counts.most_common(most)) or "none"))


if __name__ == "__main__":
    sys.exit(main())
