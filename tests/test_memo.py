"""What was derived for one stack is taken over by another only where nothing that it hangs on differs."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest
import yaml

from licgraph.answer import Glance, assess, glance
from licgraph.errors import StackError
from licgraph.expression import Leaf
from licgraph.graph import build
from licgraph.knowledge import Knowledge, load
from licgraph.license import License
from licgraph.license import Test as When
from licgraph.solver import memo as module
from licgraph.solver.carry import Context, carry
from licgraph.solver.item import Item, Terms
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
RELATIONS = ("finetune", "quantize", "adapter", "modifies", "merge", "contains", "convert", "runs-with", "retrieves-from", "trained-on", "distill-logits", "generated-by", "links-static")
PURPOSES = ("", "general", "narrow-classifier", "perform-similarly")
ASKS: dict[str, tuple[str, ...]] = {
    "form": FORMS, "to": ("public", "customers", "own"), "our-purpose": ("commercial", "non-commercial"), "kind": KINDS, "purpose": PURPOSES[1:], "relation": RELATIONS, "changed-by": ("us",), "result-made-from": ("OUT", "T"),
}  # fmt: skip
EVERY = frozenset({"use", "copy", "modify", "link", "train", "distil", "distribute", "publish-outputs", "serve"})
HELD = frozenset({"copy", "derivative", "trained", "output"})


def _licence(chance: Random, name: str, asks: Mapping[str, tuple[str, ...]]) -> License:
    """Some clauses of every nature, each under another test."""
    clauses = []
    for number, nature in enumerate(("ban", "ban", "travels", "binds", "fixes", "ban", "travels")):
        words = chance.sample(list(asks), 2)
        when = When(tuple((word, tuple(chance.sample(asks[word], 1 + (len(asks[word]) > 2)))) for word in words[: chance.choice((1, 1, 2))]), (), (("domicile", ("EEA",)),) if chance.random() < 0.2 else ())
        duty = {"travels": chance.choice(("attribution", "name-prefix")), "binds": "field-of-use", "fixes": "same-license"}.get(nature, "")
        fixes = frozenset({"OUT"}) if nature == "fixes" else None
        clauses.append(_clause(id=f"c{number}", license=name, kind="condition" if duty else "prohibition", acts=EVERY, reaches=HELD, nature=nature, duty=duty, value="Big" if duty == "name-prefix" else "", fixes_to=fixes, when=when, unless=when if chance.random() < 0.1 else When()))
    return License(name, name, clauses=(_clause(id="grant", license=name, kind="grant", acts=EVERY, reaches=HELD), *clauses))


def _situations(chance: Random, kinds: Sequence[str], steps_of: Sequence[str], aims: Sequence[str]) -> Iterator[tuple[Stack, Release]]:
    """Four components in a row and one beside them, of a few kinds and with a few steps, so that much comes again; released in any form."""
    told = [Release("d", None, "", chance.choice(FORMS[:5]), chance.choice(("any", "commercial")), chance.choice(("public", "public", "customers")), chance.choice(("", "commercial", "non-commercial"))) for _ in range(2)]
    for _ in range(90):
        a, b, c, d, e = (chance.choice(kinds) for _ in range(5))
        out = {"license": Leaf("OUT"), "declared": Leaf("OUT")}
        parts = [Component("a", a, license=Leaf("T"), declared=Leaf("T")), Component("c", c, license=Leaf("T"), declared=Leaf("T")), Component("d", d, ours=True, name=chance.choice(("", "Big d", "d")))]
        for name, kind in (("b", b), ("e", e)):  # somebody's, under a label or none, or ours, likewise
            parts.append(chance.choice((Component(name, kind, **out), Component(name, kind), Component(name, kind, ours=True, name=chance.choice((f"Big {name}", name))), Component(name, kind, ours=True, name="Big", **out))))  # type: ignore[arg-type]
        steps = (("b", "a"), ("e", "b"), ("d", "e"), ("d", "c"))
        edges = tuple(Edge(result, chance.choice(steps_of), source, chance.choice(aims), accepted_terms=chance.choice((None, None, False))) for result, source in steps)
        release = chance.choice(told)
        yield Stack({p.id: p for p in parts}, edges, release, facts=chance.choice(({}, {}, {"domicile": "EEA"}))), release


@pytest.mark.parametrize("seed", range(16))
def test_whatever_a_clause_can_ask_for_tells_situations_apart(seed: int) -> None:
    """Items, questions and facts read of each stack after the others, and with nothing kept."""
    chance = Random(seed)
    few = kinds, steps, aims = tuple(tuple(chance.sample(some, 1 + (seed % 4 < 2))) for some in (KINDS, RELATIONS[: None if seed % 3 == 0 else 5], PURPOSES))  # the first five carry works alike
    asks = {**ASKS, "kind": kinds, "relation": steps, "purpose": tuple(a for a in aims if a) or ("general",)}
    built = {name: _licence(chance, name, asks) for name in ("T", "OUT")}
    shared = replace(KNOWLEDGE, _built=built)
    for stack, release in _situations(chance, *few):
        for ask in (made, partial(released, terms=Terms((built["OUT"],)), by="us"), partial(released, terms=Terms((built["T"],)), by="us")):
            for brief in (False, True):
                found = []
                for known in (shared, replace(KNOWLEDGE, _built=built)):
                    context = Context(stack, build(stack, "d", known), known, AS_OF)
                    context.carry = carry(context)
                    found.append((ask(context, release, brief=brief), context.questions, context.facts_read))
                assert found[0] == found[1]


T, OUT = {"license": Leaf("T"), "declared": Leaf("T")}, {"license": Leaf("OUT"), "declared": Leaf("OUT")}
MODEL = Component("a", "weights", **T)  # type: ignore[arg-type]
WITHIN = Component("b", "weights", ours=True, name="Small")


@pytest.mark.parametrize(("clause", "pairs"), [
    ({"nature": "ban", "kind": "prohibition", "when": When((("changed-by", ("us",)),))}, ((Component("b", "weights"), ("finetune", "convert")), (Component("b", "weights"), ("convert", "finetune")))),
    ({"nature": "ban", "kind": "prohibition", "when": When((("relation", ("merge",)),))}, ((Component("b", "weights"), ("merge", "convert")), (Component("b", "weights"), ("finetune", "convert")))),
    ({"nature": "travels", "kind": "condition", "duty": "name-prefix", "value": "Big"}, ((WITHIN, ("finetune", "runs-with")), (WITHIN._replace(name="Big one"), ("finetune", "runs-with")))),
    ({"nature": "fixes", "kind": "condition", "duty": "same-license", "fixes_to": frozenset({"T"})}, ((WITHIN, ("finetune", "runs-with")), (WITHIN._replace(**OUT), ("finetune", "runs-with")))),
])  # fmt: skip
def test_what_of_the_way_a_clause_asks_for_tells_situations_apart(clause: dict[str, Any], pairs: Any) -> None:
    """Two stacks that differ in one thing, in either order: what stands against them differs, and is that of each alone."""
    built = {"T": License("T", "T", clauses=(_clause(id="grant", kind="grant", acts=EVERY, reaches=HELD), _clause(id="c", acts=EVERY, reaches=HELD, **clause))), "OUT": License("OUT", "OUT")}

    def found(known: Knowledge, between: Component, steps: tuple[str, str]) -> list[Item]:
        ours = Component("d", "service" if steps[1] == "runs-with" else "weights", ours=True, name="D")
        stack = Stack({"a": MODEL, "b": between, "d": ours}, (Edge("b", steps[0], "a"), Edge("d", steps[1], "b")), Release("d"))
        context = Context(stack, build(stack, "d", known), known, AS_OF)
        context.carry = carry(context)
        return released(context, Release("d", None, "", "service" if steps[1] == "runs-with" else "weights", "any", "public", "commercial"), Terms((built["OUT"],)), "us")

    one, other = (found(replace(KNOWLEDGE, _built=built), *pair) for pair in pairs)
    assert [(i.clause, i.why) for i in one if i.level == "block"] != [(i.clause, i.why) for i in other if i.level == "block"]
    for order in (pairs, pairs[::-1]):
        shared = replace(KNOWLEDGE, _built=built)
        assert [found(shared, *pair) for pair in order] == ([one, other] if order is pairs else [other, one])
