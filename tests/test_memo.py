"""What was derived for one stack is taken over by another only where nothing that it hangs on differs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import yaml

from licgraph.answer import Glance, assess, glance
from licgraph.errors import StackError
from licgraph.expression import Leaf
from licgraph.graph import build
from licgraph.knowledge import load
from licgraph.license import License
from licgraph.license import Test as When
from licgraph.solver import memo as module
from licgraph.solver.carry import Context, carry
from licgraph.solver.item import Terms
from licgraph.solver.items import made, released
from licgraph.solver.memo import Memo
from licgraph.stack import Component, Edge, Release, Stack

from .conftest import AS_OF, stack_of
from .test_carry import _clause
from .test_cases import OWN

KNOWLEDGE = load()
FORMS = ("weights", "source", "binary", "service", "outputs", "dataset", "internal")
FACTS: dict[str, tuple[Any, ...]] = {"domicile": ("EEA", "US"), "end-users-in": ("EU", "US"), "memorised": (True, False), "exception-asserted": (True, False)}


def _asked(chance: Random) -> list[Stack]:
    """The stacks of the cases in any order, each also with another release and other facts."""
    found = []
    for path in OWN:
        data = yaml.safe_load(path.read_text("utf-8"))["stack"]
        try:
            stack = stack_of(data, KNOWLEDGE)
        except StackError:  # a case of what is not understood
            continue
        found.append(stack)
        if stack.release is not None:
            other = stack.release._replace(form=chance.choice(FORMS), to=chance.choice(("public", "customers", "own")), purpose=chance.choice(("", "commercial", "non-commercial")), use=chance.choice(("any", "commercial", "non-commercial")), license=chance.choice((stack.release.license, None)))
            fact = chance.choice(list(FACTS))
            found += [stack._replace(release=other), stack._replace(release=other._replace(form=stack.release.form), facts={**stack.facts, fact: chance.choice(FACTS[fact])})]
    chance.shuffle(found)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_changes_no_verdict(seed: int) -> None:
    """Each stack after many others, and as the first: the same JSON, questions and findings included."""
    stacks = _asked(Random(seed))
    stacks = stacks if seed == 0 else stacks[: len(stacks) // 3]
    KNOWLEDGE.kept.clear()
    after = [assess(stack, KNOWLEDGE, as_of=AS_OF).to_json() for stack in stacks]
    for stack, found in zip(stacks, after, strict=True):
        KNOWLEDGE.kept.clear()
        assert assess(stack, KNOWLEDGE, as_of=AS_OF).to_json() == found, stack.inputs


def test_a_glance_says_what_a_verdict_says() -> None:
    """Of every case, under one of the profiles: the answers, what turns them, what is needed, the clauses in the way and what is owed."""
    for number, stack in enumerate(_asked(Random(4))):
        profile = list(KNOWLEDGE.profiles)[number % 3]
        seen, whole = glance(stack, KNOWLEDGE, profile, as_of=AS_OF), assess(stack, KNOWLEDGE, profile, as_of=AS_OF)
        assert seen == Glance(
            whole.answer, whole.layered, tuple(a for _, a in whole.by_profile), whole.turns_on, tuple(sorted({n.fact for n in whole.needs_facts})), frozenset((b.license, b.clause) for b in whole.blockers),
            frozenset((d.id, d.value, d.license) for d in whole.duties if not d.rests_on and d.id != "use-origin-license") if whole.proposed else seen.duties,
        ), (stack.inputs, profile)  # fmt: skip


def test_what_is_forgotten_is_derived_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for a handful, everything is forgotten in the middle of stacks."""
    stacks = _asked(Random(9))[:120]
    KNOWLEDGE.kept.clear()
    whole = [assess(stack, KNOWLEDGE, as_of=AS_OF).to_json() for stack in stacks]
    for most in (0, 3, 40):
        monkeypatch.setattr(module, "KEPT", most)
        KNOWLEDGE.kept.clear()
        assert [assess(stack, KNOWLEDGE, as_of=AS_OF).to_json() for stack in stacks] == whole


def test_no_number_stands_for_two_things(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after all was forgotten, and not where an object has the place of one that is gone."""
    monkeypatch.setattr(module, "KEPT", 2)
    memo, given = Memo(), set[int]()
    for n in range(50):
        thing = License("T", "T")
        given |= {memo.number(("x", n)), memo.token(thing)}
        assert memo.token(thing) == memo.token(thing)
        memo.keep(("s", n), (), (), ())
        del thing
        gc.collect()
    assert len(given) == 100
    assert memo.find(("s", 0)) is None
    assert memo.find(("s", 49)) == ((), (), frozenset())


# -- a licence that asks for everything ------------------------------------------------------------------------------

KINDS = ("weights", "adapter", "dataset", "outputs", "code")
RELATIONS = ("finetune", "quantize", "adapter", "trained-on", "distill-logits", "generated-by", "modifies", "contains", "links-static", "convert")
PURPOSES = ("", "general", "narrow-classifier", "perform-similarly")
ASKS: dict[str, tuple[str, ...]] = {
    "form": FORMS, "to": ("public", "customers", "own"), "our-purpose": ("commercial", "non-commercial"), "kind": KINDS, "purpose": PURPOSES[1:], "relation": RELATIONS, "changed-by": ("us",), "result-made-from": ("OUT", "T"),
}  # fmt: skip
EVERY = frozenset({"use", "copy", "modify", "link", "train", "distil", "distribute", "publish-outputs", "serve"})
HELD = frozenset({"copy", "derivative", "trained", "output"})


def _licence(chance: Random, name: str) -> License:
    """Some clauses of every nature, each under another test."""
    clauses = []
    for number, nature in enumerate(("ban", "ban", "travels", "binds", "fixes", "ban", "travels")):
        words = chance.sample(list(ASKS), 2)
        when = When(tuple((word, tuple(chance.sample(ASKS[word], 1 + (len(ASKS[word]) > 2)))) for word in words[: chance.choice((1, 1, 2))]), (), (("domicile", ("EEA",)),) if chance.random() < 0.2 else ())
        duty = {"travels": chance.choice(("attribution", "name-prefix")), "binds": "field-of-use", "fixes": "same-license"}.get(nature, "")
        fixes = frozenset({"OUT"}) if nature == "fixes" else None
        clauses.append(_clause(id=f"c{number}", license=name, kind="condition" if duty else "prohibition", acts=EVERY, reaches=HELD, nature=nature, duty=duty, value="Big" if duty == "name-prefix" else "", fixes_to=fixes, when=when, unless=when if chance.random() < 0.1 else When()))
    return License(name, name, clauses=(_clause(id="grant", license=name, kind="grant", acts=EVERY, reaches=HELD), *clauses))


def _situations(chance: Random) -> Iterator[tuple[Stack, Release]]:
    """Three components in a row and one beside them, of a few kinds and with a few steps, so that much comes again; released in any form."""
    kinds, steps_of, aims = (chance.sample(some, 2) for some in (KINDS, RELATIONS, PURPOSES))
    for _ in range(60):
        a, b, c, d = (chance.choice(kinds) for _ in range(4))
        between = chance.choice((Component("b", b, license=Leaf("OUT"), declared=Leaf("OUT")), Component("b", b, ours=True, name=chance.choice(("Big b", "b"))), Component("b", b)))
        parts = (Component("a", a, license=Leaf("T"), declared=Leaf("T")), between, Component("c", c, license=Leaf("T"), declared=Leaf("T")), Component("d", d, ours=True, name=chance.choice(("", "Big d", "d"))))
        steps = (("b", "a"), ("d", "b"), ("d", "c"))
        edges = tuple(Edge(result, chance.choice(steps_of), source, chance.choice(aims), accepted_terms=chance.choice((None, None, False))) for result, source in steps)
        release = Release("d", None, "", chance.choice(FORMS), chance.choice(("any", "commercial")), chance.choice(("public", "customers", "own")), chance.choice(("", "commercial", "non-commercial")))
        yield Stack({p.id: p for p in parts}, edges, release, facts=chance.choice(({}, {"domicile": "EEA"}, {"domicile": "US"}))), release


@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_clause_can_ask_for_tells_situations_apart(seed: int) -> None:
    """Items, questions and facts read of each stack after the others, and with nothing kept."""
    chance = Random(seed)
    built = {name: _licence(chance, name) for name in ("T", "OUT")}
    shared = replace(KNOWLEDGE, _built=built)
    for stack, release in _situations(chance):
        found = []
        for known in (shared, replace(KNOWLEDGE, _built=built)):
            context = Context(stack, build(stack, "d", known), known, AS_OF)
            context.carry = carry(context)
            brief = [made(context, release, True), released(context, release, Terms((built["OUT"],)), "us", True)]
            items = [*made(context, release), *released(context, release, Terms((built["OUT"],)), "us"), *released(context, release, Terms((built["T"],)), "us")]
            found.append((items, brief, context.questions, context.facts_read))
        assert found[0] == found[1]
