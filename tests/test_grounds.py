"""The second solver names the same grounds as the first, not only the same answer.

A fixed sample of small stacks in which nothing is left open (no choice, no unknown fact): what stands against which
act, by which clause of which origin, and which duties are owed, have to be the same in both, under each profile and
under values that no profile has. Every ground has to be shown with a path that is one of the stack.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from licgraph.answer import assess
from licgraph.expression import Leaf
from licgraph.graph import whole
from licgraph.knowledge import Knowledge, load
from licgraph.stack import Component, Edge, Release, Stack, default_form, default_recipients
from licgraph.verdict import Verdict

from .conftest import AS_OF
from .oracle import Oracle
from .strategies import FORMS, KINDS, LICENSES, PROPOSED, RELATIONS

BATCHES, SIZE = 60, 20
LEVELS = {"no": 3, "unknown": 2, "conditional": 1}
FACTS: dict[str, tuple[Any, ...]] = {
    "domicile": ("EU", "US", "DE"), "annual-revenue-usd": (500_000, 50_000_000), "mau-at-release-date": (10, 800_000_000), "memorised": (True, False),
    "exception-asserted": (True, False), "multimodal": (True, False), "competing-product": (True, False), "monthly-active-users": (5, 200_000_000), "monthly-revenue-usd": (5, 50_000_000),
    "production-use": (True, False), "end-users-in": ("EU", "US"),
}  # fmt: skip


class Sample(NamedTuple):
    """A stack, the values it is solved under, and what the second solver finds."""

    stack: Stack
    values: dict[str, str]
    level: int
    grounds: set[tuple[int, str, str, str, str, str]]
    owed: set[tuple[str, str, str, str]]


def _stack(chance: random.Random, licenses: list[str], knowledge: Knowledge) -> Stack:
    size = chance.randint(2, 4)
    components: dict[str, Component] = {}
    edges: list[Edge] = []
    for number in range(size):
        name, last = f"c{number}", number == size - 1
        ours = last or chance.random() < 0.4
        label = Leaf(chance.choice(licenses)) if not ours else Leaf(chance.choice(["MIT", "CC-BY-4.0", "GPL-3.0-only", "CC-BY-NC-4.0"])) if not last and chance.random() < 0.2 else None
        components[name] = Component(name, chance.choice(KINDS), chance.choice(["", "Llama-X", "EXAONE-Y", "Plain", "org/llama_Z"]), license=label, declared=label, ours=ours)
        for source in chance.sample(list(components)[:-1], min(number, chance.choice([1, 2, 2]))):
            edge = Edge(name, chance.choice(RELATIONS), source, chance.choice(["perform-similarly", "narrow-classifier", "general"]))
            edges.append(edge._replace(accepted_terms=chance.choice([True, False, None, None, None, None]), substantial_part=edge.relation == "contains" and chance.random() < 0.5))
    near = [c.license.id for c in components.values() if isinstance(c.license, Leaf) and c.license.id in knowledge.license_ids]
    proposed = chance.choice(near) if near and chance.random() < 0.3 else chance.choice([p for p in PROPOSED if "Nobody" not in p])
    form = chance.choice([default_form(components[f"c{size - 1}"].kind), *FORMS[:-1], "internal"][: chance.choice([1, 1, 7])])
    to = chance.choice(["own", "affiliates", "contractors", "customers", "public"]) if chance.random() < 0.3 else default_recipients(form)
    refused = (chance.choice(["attribution", "display", "include-license-text"]),) if chance.random() < 0.2 else ()
    release = Release(f"c{size - 1}", Leaf(proposed), proposed, form, chance.choice(["commercial", "non-commercial", "any"]), to, chance.choice(["commercial", "non-commercial"]), refused)
    return Stack(components, tuple(edges), release, {name: chance.choice(values) for name, values in FACTS.items()})


@functools.cache
def samples() -> tuple[tuple[Sample, ...], ...]:
    """The sample with what the second solver says of it, made once."""
    knowledge = load()
    chance = random.Random(20261122)
    licenses = [i for i in LICENSES if " " not in i and len(knowledge.resolve(i).ids) <= 1]
    asked = {w.id for w in knowledge.facts.values() if w.kind == "characterising"}
    assert asked <= set(FACTS), "a stack of the sample leaves nothing open"

    def one() -> Sample:
        stack = _stack(chance, licenses, knowledge)
        values = dict(chance.choice(list(knowledge.profiles.values())).values)
        if chance.random() < 0.5:
            values = {a.id: chance.choice(a.values) for a in knowledge.assumptions.values()}
        assert stack.release is not None
        world = {"purpose": stack.release.purpose} | {n: str(v).lower() for n, v in stack.facts.items() if n in asked}
        oracle = Oracle(stack, knowledge, values, world, {})
        level = oracle.level([knowledge.license(stack.release.written)])
        return Sample(stack, values, level, oracle.grounds, oracle.owed)

    return tuple(tuple(one() for _ in range(SIZE)) for _ in range(BATCHES))


def _grounds(verdict: Verdict) -> Iterator[tuple[int, str, str, str, str, str]]:
    """What the first solver says, but for two prescribed names in one (told of the first of them only)."""
    for row in verdict.blockers:
        if not row.why.startswith("a name cannot begin with both"):
            for origin in row.origins:
                yield LEVELS[row.level], row.license, row.clause, origin, row.act, row.when


def _misshown(stack: Stack, knowledge: Knowledge, verdict: Verdict) -> Iterator[object]:
    """Rows whose clause or path is not what it says."""
    graph = whole(stack, knowledge)
    steps = {(e.source, e.result, e.relation) for edges in graph.sources.values() for e in edges}
    for row in (*verdict.blockers, *verdict.duties):
        path = row.path
        if not {*zip(path[:-1], path[1:], row.steps, strict=True)} <= steps:
            yield row
        if row.origins and path[0] not in row.origins and row.clause != "label-too-wide":
            yield row
        clause = next((c for c in knowledge.license(row.license).clauses if c.id == row.clause), None)
        if clause is not None and (row.cite, row.quote, row.reading) != (clause.cite, clause.quote, clause.reading):
            yield row


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_second_solver_names_the_same_grounds(batch: int, knowledge: Knowledge) -> None:
    for sample in samples()[batch]:
        verdict = assess(sample.stack, knowledge, assume=sample.values, as_of=AS_OF, search=False)
        assert LEVELS.get(verdict.answer, 0) == sample.level, sample.stack
        assert set(_grounds(verdict)) == sample.grounds, sample
        bans = {(c.duty, c.value, c.license) for leaf in sample.stack.components.values() if isinstance(leaf.license, Leaf) for c in knowledge.license(leaf.license.id).clauses if c.nature == "ban"}
        owed = {(d.id, d.value, d.license, o) for d in verdict.duties for o in d.origins if not d.rests_on and not d.own and d.license and d.status != "not-checkable"}
        owed = {d for d in owed if d[:3] not in bans}
        expected = {d for d in sample.owed if d[:3] not in bans}
        assert expected <= owed, sample
        assert {d[:3] for d in owed} == {d[:3] for d in expected}, sample  # a row also tells origins whose like duty rests on a question
        assert list(_misshown(sample.stack, knowledge, verdict)) == []
