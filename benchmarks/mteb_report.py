#!/usr/bin/env python3
"""mteb's registry as one stack: may each permissively labelled model be released under its own label?

    python benchmarks/mteb_report.py CORPORA [--csv]

Caution: mteb names training data to mark contamination, so translations and subsets stand beside what was used, and its
licences are those that its contributors wrote down. A verdict here is a question to put to a model's makers, not a finding
against them. Each model is taken as ours, everything it was made from as somebody else's, and its purpose as not stated.
«Named licences only»: the same without those parts whose licence nobody names, since one such part makes every answer
that is not a no unknown; a licence that is named but whose text is not encoded stays, and stays unknown.
"""

from __future__ import annotations

import collections
import json
import re
import sys
import time
from pathlib import Path

from licgraph import knowledge as base
from licgraph.answer import assess
from licgraph.expression import Leaf, Tree, leaves
from licgraph.inputs import mteb
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.loose import Source
from licgraph.stack import Component, Release, Stack
from licgraph.verdict import Verdict

LABELS = ("Apache-2.0", "MIT", "BSD-3-Clause", "CC-BY-4.0")
PROFILES = ("mainstream", "conservative")
ANSWERS = ("yes", "conditional", "unknown", "no")
DAY = "2026-11-28"


def registry(folder: Path, knowledge: base.Knowledge) -> Stack:
    """Models and tasks as one stack; licences from the files, and from the table of well-known origins where they are silent."""
    whole = mteb.read(Source("mteb_models.json", folder / "mteb_models.json"), knowledge)
    whole.absorb(mteb.read(Source("mteb_tasks.json", folder / "mteb_tasks.json"), knowledge))
    return stack_of(whole, knowledge)


def trees(component: Component) -> list[Tree]:
    """Every statement of a component's licence."""
    return [x.says for x in component.labels] or ([component.license] if component.license is not None else [])


def counted(folder: Path) -> tuple[int, int, set[str], set[str]]:
    """The same groups counted from the JSON and the words of its licences alone: models, with licensed data, NC, share-alike."""
    listed = json.loads((folder / "mteb_models.json").read_text("utf-8"))["models"]
    terms = {t["name"]: t["license"] for t in json.loads((folder / "mteb_tasks.json").read_text("utf-8"))["tasks"]}
    labelled = [m for m in listed if m["license"] in ("apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0")]
    words = {m["name"]: [terms[t] for t in m["training_datasets"] or [] if terms.get(t, "not specified") not in ("not specified", "multiple")] for m in labelled}
    return len(labelled), sum(bool(w) for w in words.values()), *({n for n, w in words.items() if any(part in x.split("-") for x in w)} for part in ("nc", "sa"))


def unnamed(component: Component) -> bool:
    """Whether nobody names its licence."""
    return not component.ours and all(leaf.id in ("NONE", "NOASSERTION") for tree in trees(component) for leaf in leaves(tree))


class Pruner:
    """Of a large stack, what leads to one component."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.into: dict[str, list[int]] = collections.defaultdict(list)
        for number, edge in enumerate(stack.edges):
            self.into[edge.result].append(number)

    def below(self, name: str, dropped: frozenset[str] = frozenset()) -> Stack:
        """The stack of one component, which is ours there; ``dropped`` is left out with all that only leads to it."""
        reached, waiting, edges = {name}, [name], []
        while waiting:
            for number in self.into[waiting.pop()]:
                edge = self.stack.edges[number]
                if edge.source in dropped:
                    continue
                edges.append(edge)
                if edge.source not in reached:
                    reached.add(edge.source)
                    waiting.append(edge.source)
        parts = {i: self.stack.components[i] for i in self.stack.components if i in reached}
        label = parts[name].license
        parts[name] = parts[name]._replace(ours=True, license=None, declared=None, labels=())
        asked = Release(name, label, parts[name].written, "weights", "any", "public")
        return self.stack._replace(components=parts, edges=tuple(edges), release=asked, unread=tuple(u for u in self.stack.unread if not u.component or u.component in reached), notices=())


def main() -> int:
    given = [a for a in sys.argv[1:] if not a.startswith("-")]
    if not given:
        print(__doc__, file=sys.stderr)
        return 2
    began = time.perf_counter()
    knowledge = base.load()
    stack = registry(Path(given[0]) / "mteb", knowledge)
    pruner = Pruner(stack)
    chosen = [c for c in stack.components.values() if c.kind in ("weights", "service") and isinstance(c.license, Leaf) and c.license.id in LABELS and re.fullmatch(r"/models/\d+/license", c.evidence.pointer)]
    unknown = frozenset(c.id for c in stack.components.values() if unnamed(c))
    models, licensed, non_commercial, share_alike = counted(Path(given[0]) / "mteb")
    rows: list[tuple[Component, dict[str, Verdict], dict[str, Verdict], bool, bool, bool]] = []
    for part in chosen:
        data = {e.source for e in (stack.edges[n] for n in pruner.into[part.id]) if e.relation == "trained-on"}
        whole, known = pruner.below(part.id), pruner.below(part.id, unknown)
        first = {p: assess(whole, knowledge, p, as_of=DAY, search=False) for p in PROFILES}
        second = {p: assess(known, knowledge, p, as_of=DAY, search=p == PROFILES[0]) for p in PROFILES}
        rows.append((part, first, second, part.name in non_commercial, part.name in share_alike, bool(data - unknown)))
    print(f"mteb as one stack: {len(stack.components):,} components, {len(stack.edges):,} edges, {len(stack.unread)} unread; read on {DAY}")
    print(f"models labelled {', '.join(LABELS)}: {len(rows)}; with training data under a licence that is named: {sum(r[5] for r in rows)}")
    print(f"counted from the JSON alone: {models} labelled so, {licensed} with licensed data of the registry's own, {len(non_commercial)} list non-commercial and {len(share_alike)} share-alike data")
    for title, part_of in (("all of them", rows), ("list non-commercial training data", [r for r in rows if r[3]]), ("list share-alike training data", [r for r in rows if r[4]]), ("list both", [r for r in rows if r[3] and r[4]]), ("list data under named terms, none of it either", [r for r in rows if r[5] and not r[3] and not r[4]])):
        table(title, part_of)
    clauses(rows)
    if "--csv" in sys.argv:
        for part, first, second, nc, sa, _ in rows:
            print(",".join((part.id, part.written, *(first[p].answer for p in PROFILES), *(second[p].answer for p in PROFILES), "nc" if nc else "", "sa" if sa else "", " ".join(second[PROFILES[0]].turns_on))))
    print(f"\n{time.perf_counter() - began:.0f} s")
    return 0


def table(title: str, rows: list[tuple[Component, dict[str, Verdict], dict[str, Verdict], bool, bool, bool]]) -> None:
    """How a group answers under both profiles, and what the mainstream answer turns on."""
    print(f"\n{title}: {len(rows)}")
    for heading, place in (("as the registry has it", 1), ("named licences only", 2)):
        for profile in PROFILES:
            counts = collections.Counter(r[place][profile].answer for r in rows)  # type: ignore[index]
            print(f"  {heading:24} {profile:13} " + ", ".join(f"{a} {counts[a]}" for a in ANSWERS))
    turns = collections.Counter(" + ".join(r[2][PROFILES[0]].turns_on) or "nothing: no profile changes it" for r in rows)
    print("  the mainstream answer (named licences) turns on: " + "; ".join(f"{t} ({n})" for t, n in turns.most_common(6)))
    facts = collections.Counter(f for r in rows for f in sorted({n.fact for n in r[2][PROFILES[0]].needs_facts}))
    if facts:
        print("  and asks for: " + "; ".join(f"{t} ({n})" for t, n in facts.most_common(4)))


def clauses(rows: list[tuple[Component, dict[str, Verdict], dict[str, Verdict], bool, bool, bool]]) -> None:
    """The clauses that stand against most releases."""
    for profile in PROFILES:
        found = collections.Counter(ref for r in rows for ref in {b.ref for b in r[2][profile].blockers})
        print(f"\nmost frequent blocking clauses, {profile}, named licences: " + "; ".join(f"{c} ({n})" for c, n in found.most_common(8)))


if __name__ == "__main__":
    sys.exit(main())
