#!/usr/bin/env python3
"""Writes tests/derivations.tsv: what each clause of each licence does, as the solver derives it (`python tools/derivations.py`).

Every way in which a work can be carried is put before every act, under terms of our own and under the licence itself,
with no fact told, to make a similar model; then under the licence itself with all that is presumed absent, to make a
narrow one. A line is a clause and what it does (blocks, is owed by its nature, is open, unknown, waits for a
fact), then where: ACTS:WAYS, with `@beside` for a part of a collection and `/CODE` for the open questions on which it
rests. A change of a licence file that changes what is derived changes a line; `tools/knowledge_mutants.py` tries how
many changes do. Letters: C copy, M modify, L link, T train, D distil, U use, d distribute, p publish outputs, s serve;
i the work itself, c changed, l linked, t trained on it, e made from its outputs, o its outputs.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from licgraph import knowledge as base  # noqa: E402
from licgraph.expression import Leaf  # noqa: E402
from licgraph.graph import build  # noqa: E402
from licgraph.knowledge import Knowledge  # noqa: E402
from licgraph.solver.carry import Context, carry  # noqa: E402
from licgraph.solver.formula import key  # noqa: E402
from licgraph.solver.item import Item, Terms  # noqa: E402
from licgraph.solver.items import made, released  # noqa: E402
from licgraph.stack import Component, Edge, Release, Stack  # noqa: E402

FILE = ROOT / "tests" / "derivations.tsv"
DAY = "2026-11-22"
KINDS = (("weights", "weights"), ("code", "code"), ("service", "service"))
WAYS = {"copy": "convert", "derivative": "modifies", "linked": "links-static", "trained": "trained-on", "extracted": "distill-logits", "output": "generated-by"}
"""A step by which a work is carried so."""
OWN = ("derivative", "linked")
ACTS = ("convert", "modifies", "links-static", "trained-on", "distill-logits", "generated-by")
"""A step that is each making act: copy, modify, link, train (and distil), distil, use."""
FORMS = (("source", "public"), ("binary", "public"), ("outputs", "public"), ("service", "customers"))
ACT = {"copy": "C", "modify": "M", "link": "L", "train": "T", "distil": "D", "use": "U", "distribute": "d", "publish-outputs": "p", "serve": "s"}
WAY = {"copy": "i", "derivative": "c", "linked": "l", "trained": "t", "extracted": "e", "output": "o", "remote": "r"}
Row = tuple[str, str, str]


def _kind(written: tuple[str, ...]) -> str:
    return next((kind for word, kind in KINDS if word in written), "dataset")


def _items(knowledge: Knowledge, license_id: str, watching: bool) -> Iterator[Item]:
    """All that is derived of one licence: of making acts on every way of carrying, and of releasing each.

    ``watching``: with what is presumed absent (users, places) taken as given, and made for a narrow purpose.
    """
    licence = knowledge.license(license_id)
    kind = _kind(licence.written_for)
    purpose = "narrow-classifier" if watching else "perform-similarly"
    it = Component("it", kind, name="It", license=Leaf(license_id), declared=Leaf(license_id))
    parts = {"it": it}
    edges = []
    for way, step in WAYS.items():  # nobody claims rights in what carries the work so; what is changed or linked, we did
        parts[way] = Component(way, {"output": "outputs", "trained": "weights", "extracted": "weights"}.get(way, kind), license=None if way in OWN else Leaf("NO-CLAIM"), ours=way in OWN)
        edges.append(Edge(way, step, "it", purpose))
    apart = {
        "beside": Edge("ours", "contains", "copy"), "part": Edge("ours", "contains", "copy", substantial_part=True),
        "quantised": Edge("ours", "quantize", "copy"), "adapted": Edge("ours", "adapter", "copy"),
    }  # fmt: skip
    for way in (*WAYS, *apart):
        making = [Edge("ours", step, way, purpose) for step in ACTS]
        steps = {"made": making, "released": [Edge("ours", "convert", way)]} if way in parts else {"released": [apart[way]]}
        ours = Component("ours", parts[way].kind if way in parts else kind, name="Ours", ours=True)
        for when, last in steps.items():
            stack = Stack({**parts, "ours": ours}, (*edges, *last), Release("ours"))
            context = Context(stack, build(stack, "ours", knowledge), knowledge, DAY)
            context.carry = carry(context)
            context.watching = watching
            if when == "made":
                yield from (i for i in made(context, Release("ours", purpose="commercial", form="internal", to="own")) if i.path[-1] == "ours")
                continue
            for form, to in (*FORMS, ("dataset", "public")) if way == "output" else FORMS if way in parts else FORMS[:1]:
                for terms in (license_id,) if watching else ("OWN-TERMS", license_id):
                    release = Release("ours", Leaf(terms), terms, form, "any", to, "commercial")
                    yield from (i for i in released(context, release, Terms((knowledge.license(terms),)), "us") if not i.own and i.license)


def rows(knowledge: Knowledge, license_id: str, legend: dict[str, str]) -> list[Row]:
    """The lines of a licence: clause, what it does, where. ``legend`` takes what the codes mean."""
    found: dict[tuple[str, str, str, str], set[str]] = {}
    for item in (i for watching in (False, True) for i in _items(knowledge, license_id, watching)):
        does = f"{item.refused or item.nature} {item.duty}" if item.level == "duty" else f"{item.level} label" if item.label_only else item.level
        way = WAY[item.state.way] + ("" if item.state.place == "inside" else f"@{item.state.place}")
        rests = "" if item.condition is True else key(item.condition)
        if rests:
            code = hashlib.sha256(rests.encode()).hexdigest()[:4]
            assert legend.setdefault(code, rests) == rests, "two conditions under one code"
            rests = f"/{code}"
        found.setdefault((item.clause, does, way, rests), set()).add(ACT[item.act])
    merged: dict[tuple[str, str, str, str], set[str]] = {}
    for (clause, does, way, rests), acts in found.items():
        merged.setdefault((clause, does, "".join(a for a in ACT.values() if a in acts), rests), set()).add(way)
    where: dict[tuple[str, str], list[str]] = {}
    for (clause, does, acts, rests), ways in merged.items():
        inside = "".join(w for w in WAY.values() if w in ways)
        where.setdefault((clause, does), []).extend(f"{acts}:{w}{rests}" for w in (inside, *sorted(ways - set(WAY.values()))) if w)
    return sorted((clause, does, " ".join(sorted(places))) for (clause, does), places in where.items())


def table(knowledge: Knowledge) -> str:
    """The whole file: the lines, and what the codes mean."""
    legend: dict[str, str] = {}
    lines = ["licence\tclause\tdoes\twhere"]
    for license_id in knowledge.license_ids:
        lines += ["\t".join((license_id, *row)) for row in rows(knowledge, license_id, legend)]
    return "\n".join([*lines, *(f"/{code}\t{meaning}" for code, meaning in sorted(legend.items()))]) + "\n"


if __name__ == "__main__":
    FILE.write_text(table(base.load()), encoding="utf-8")
