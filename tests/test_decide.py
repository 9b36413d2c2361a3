"""Open facts: what blocks in one combination of their values is never missed, however many there are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licgraph.knowledge import Knowledge
from licgraph.solver.carry import Question
from licgraph.solver.decide import ANSWERS, MAX_WORLDS, Case, Decider
from licgraph.solver.formula import Formula, all_of, any_of, holds, lit, negate

from .conftest import verdict_of

VALUES = ("low", "middle", "high")


def _decider(facts: int) -> Decider:
    names = [f"?fact {n}" for n in range(facts)]
    return Decider((), {n: Question(n, "fact", "component", "Which?", VALUES) for n in names})


def _answer(decider: Decider, *blocks: Formula) -> str:
    reads = all_of(*(lit(n, VALUES) for n in decider.questions))
    return ANSWERS[decider.answer([Case(((0, reads, ()), *((3, b, ()) for b in blocks)))], {})]


@pytest.mark.parametrize("facts", [2, 5, 6, 9])
def test_a_rare_combination_is_not_missed(facts: int) -> None:
    """Two facts that both have neither their first nor their last value, among few and among too many to try all."""
    decider = _decider(facts)
    assert (len(VALUES) ** facts > MAX_WORLDS) == (facts > 5)
    rare = all_of(lit("?fact 0", ("middle",)), lit("?fact 1", ("middle",)))
    assert _answer(decider) == "yes"
    assert _answer(decider, rare) == "conditional"
    assert _answer(decider, negate(rare)) == "conditional"
    assert {q.variable for q in decider.needed(Case(((3, rare, ()),)), {})} == {"?fact 0", "?fact 1"}


LITERALS = st.builds(lit, st.sampled_from([f"?fact {n}" for n in range(3)]), st.sets(st.sampled_from(VALUES), min_size=1, max_size=2))
FORMULAS = st.recursive(LITERALS, lambda f: st.one_of(st.builds(negate, f), st.builds(all_of, f, f), st.builds(any_of, f, f)), max_leaves=6)


@given(st.lists(FORMULAS, min_size=1, max_size=3), st.integers(3, 8))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_an_open_fact_never_makes_a_yes(blocks: list[Formula], facts: int) -> None:
    """Against all combinations of the three facts read: a yes is a yes in each, and the few-facts answer is exact."""
    worlds = [dict(zip((f"?fact {n}" for n in range(3)), c, strict=True)) for c in itertools.product(VALUES, repeat=3)]
    bad = [any(holds(b, w) for b in blocks) for w in worlds]
    exact = "no" if all(bad) else "conditional" if any(bad) else "yes"
    found = _answer(_decider(facts), *blocks)
    assert found == exact if facts <= 5 else found != "yes" or exact == "yes"


def test_many_ambiguous_names_still_ask(knowledge: Knowledge) -> None:
    names = ["bsd", "gpl-2.0", "gpl-3.0", "agpl-3.0", "lgpl-2.1", "lgpl-3.0", "cc-by", "gemma", "exaone", "afl", "cecill", "artistic"]
    parts = {f"p{n}": {"kind": "code", "license": name} for n, name in enumerate(names)}
    stack = {"licgraph": 1, "components": {**parts, "app": {"kind": "code", "ours": True, "from": {"modifies": list(parts)}}}, "release": {"component": "app", "license": "Apache-2.0", "form": "source"}}
    assert verdict_of(stack, knowledge).answer == "no"
    few = {"licgraph": 1, "components": {"p": {"kind": "code", "license": "bsd"}, "app": {"kind": "code", "ours": True, "from": {"modifies": "p"}}}, "release": {"component": "app", "license": "GPL-3.0-only", "form": "source"}}
    asked = verdict_of(few, knowledge)
    assert (asked.answer, [n.fact for n in asked.needs_facts]) == ("conditional", ["license"])


def test_terms_that_offer_too_many_versions_are_refused(knowledge: Knowledge) -> None:
    from licgraph.errors import StackError

    def stack(pairs: int) -> dict[str, object]:
        terms = " AND ".join(f"({a} OR {b})" for a, b in itertools.islice(itertools.combinations(knowledge.license_ids, 2), pairs))
        return {"licgraph": 1, "components": {"a": {"kind": "code", "license": "MIT"}, "b": {"kind": "code", "ours": True, "from": {"modifies": "a"}}}, "release": {"component": "b", "license": terms, "form": "source"}}

    assert verdict_of(stack(2), knowledge).answer
    with pytest.raises(StackError, match=r"release\.license: the expression offers 128 sets of terms, and at most 64 are tried"):
        verdict_of(stack(7), knowledge)
