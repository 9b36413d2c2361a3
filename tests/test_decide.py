"""Open facts: what blocks in one combination of their values is never missed, however many there are."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled
from licgraph.knowledge import Knowledge
from licgraph.solver.carry import Question
from licgraph.solver.decide import ANSWERS, Case, Decider, Flips, flips
from licgraph.solver.formula import ANY, NONE, Formula, all_of, any_of, holds, lit, negate
from licgraph.solver.table import MAX_WORLDS, Problem, Row, Table, least, parts, worlds

from .conftest import verdict_of

VALUES = ("low", "middle", "high")


def _decider(facts: int) -> Decider:
    names = [f"?fact {n}" for n in range(facts)]
    return Decider((), {n: Question(n, "fact", "component", "Which?", VALUES, "") for n in names})


def _answer(decider: Decider, *blocks: Formula) -> str:
    """The answer where all the facts stand together, whether or not the blocks read them."""
    reads = all_of(*(lit(n, VALUES) for n in decider.questions))
    rows: frozenset[Row] = frozenset({(0, reads, ()), *((3, b, ()) for b in blocks)})
    return ANSWERS[Table(Problem((rows,), (), decider.facts(decider.questions)), {}).answer(0)]


@pytest.mark.parametrize("facts", [2, 5, 6, 9])
def test_a_rare_combination_is_not_missed(facts: int) -> None:
    """Two facts that both have neither their first nor their last value, among few and among too many to try all."""
    decider = _decider(facts)
    assert (len(VALUES) ** facts > MAX_WORLDS) == (facts > 5)
    rare = all_of(lit("?fact 0", ("middle",)), lit("?fact 1", ("middle",)))
    assert _answer(decider) == "yes"
    assert _answer(decider, rare) == "conditional"
    assert _answer(decider, negate(rare)) == "conditional"
    assert _answer(decider, all_of(lit("?fact 0", ("middle",)), negate(lit("?fact 1", ("low", "high"))))) == "conditional"
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


# -- elections and assumptions, against trying everything ------------------------------------------------------------

DOMAINS = {"a": ("1", "2", "3"), "b": ("1", "2"), "c": ("1", "2")}
COMBINATIONS = [dict(zip(DOMAINS, values, strict=True)) for values in itertools.product(*DOMAINS.values())]
L = Leaf("x")
TREES: tuple[Tree, ...] = (
    L, OneOf((L, L)), AllOf((L, L)), AllOf((L, OneOf((L, L)))), OneOf((AllOf((L, L)), L)), OneOf((L, OneOf((L, L)), L)), AllOf((OneOf((L, L)), OneOf((L, L)))), Unsettled("n", (L, L), "Which?"),
)  # fmt: skip


def _elections(tree: Tree, start: int = 0) -> tuple[list[frozenset[int]], int]:
    """Every way to elect in a tree: the leaves that are kept; and how many leaves there are."""
    if isinstance(tree, Leaf):
        return [frozenset({start})], start + 1
    parts = []
    for part in tree.parts:
        kept, start = _elections(part, start)
        parts.append(kept)
    if isinstance(tree, OneOf):
        return [k for kept in parts for k in kept], start
    return [frozenset().union(*some) for some in itertools.product(*parts)], start


def _formula(chance: random.Random) -> Formula:
    literals = [lit(n, chance.sample(DOMAINS[n], 1)) for n in DOMAINS]
    return chance.choice([True, literals[0], negate(literals[1]), any_of(*chance.sample(literals, 2)), all_of(*chance.sample(literals, 2)), negate(all_of(*literals))])


def _tried(case: Case, groups: Sequence[Tree], values: dict[str, str]) -> int:
    """The best answer over every way to elect."""
    best = 3
    for some in itertools.product(*(_elections(tree)[0] for tree in groups)):
        kept = {(g, n) for g, numbers in enumerate(some) for n in numbers}
        best = min(best, max((level for level, condition, slots in case.items if set(slots) <= kept and holds(condition, values)), default=0))
    return best


def _cases(seed: int) -> Iterator[tuple[Decider, list[Case], random.Random]]:
    chance = random.Random(seed)
    for _ in range(60):
        groups = chance.sample(TREES, chance.randint(1, 3))
        leaves = [(g, n) for g, tree in enumerate(groups) for n in range(_elections(tree)[1])]
        cases = []
        for _ in range(chance.choice([1, 1, 2])):
            rows: list[tuple[int, Formula, tuple[tuple[int, int], ...]]] = [(chance.choice([1, 2, 3, 3]), _formula(chance), (leaf,)) for leaf in leaves for _ in range(chance.choice([0, 1, 1, 2]))]
            if chance.random() < 0.4:
                rows.append((chance.choice([1, 2]), _formula(chance), ()))
            cases.append(Case(tuple(rows)))
        yield Decider(groups, {}), cases, chance


@pytest.mark.parametrize("seed", range(4))
def test_elections_are_the_best_under_every_combination(seed: int) -> None:
    for decider, cases, chance in _cases(seed):
        table = decider.table(cases, DOMAINS)
        assert set(table.names) <= {v for c in cases for v in c.variables()}
        for values in COMBINATIONS:
            tried = [_tried(case, decider.groups, values) for case in cases]
            at = table.index(values)
            assert [table.answer(at, n) for n in range(len(cases))] == tried
            assert table.answer(at) == min(tried) == decider.answer(cases, values)
        values = chance.choice(COMBINATIONS)
        dropped = decider.dropped(cases[0], values)
        kept = frozenset((g, n) for g, tree in enumerate(decider.groups) for n in range(_elections(tree)[1])) - dropped
        for g, tree in enumerate(decider.groups):
            assert frozenset(n for group, n in kept if group == g) in _elections(tree)[0], "what is kept is one way to elect"
        level = max((level for level, c, slots in cases[0].items if not dropped & set(slots) and holds(c, values)), default=0)
        assert level == table.answer(table.index(values), 0)


@pytest.mark.parametrize("seed", range(4))
def test_flips_are_all_the_smallest_sets_that_flip(seed: int) -> None:
    seen = 0
    for decider, cases, chance in _cases(seed):
        table = decider.table(cases, DOMAINS)
        values = chance.choice(COMBINATIONS)
        now = table.answer(table.index(values))
        changes = {frozenset((n, v) for n, v in w.items() if v != values[n] and n in table.names): ANSWERS[table.answer(table.index(w))] for w in COMBINATIONS}
        turning = {c: a for c, a in changes.items() if a != ANSWERS[now]}
        least = {c: a for c, a in turning.items() if not any(other < c for other in turning)}
        found = flips(table, values)
        assert {frozenset(c): a for c, a in found.sets} == least
        assert len(found.sets) == len(least)
        assert [len(c) for c, _ in found.sets] == sorted(len(c) for c, _ in found.sets)
        smallest = min(map(len, least), default=0)
        assert set(found.turns_on) == {n for c in least if len(c) == smallest for n, _ in c}
        assert list(found.turns_on) == sorted(found.turns_on)
        assert found.complete
        seen += bool(least)
    assert seen > 10


def test_flips_stop_after_so_many_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    from licgraph.solver import decide

    case = Case(((3, all_of(*(lit(n, ("1",)) for n in DOMAINS)), ()),))

    def found() -> Flips:
        return flips(Table(Decider((), {}).problem([case]), DOMAINS), {"a": "2", "b": "2", "c": "2"})

    assert (found().sets, found().complete) == ((((("a", "1"), ("b", "1"), ("c", "1")), "no"),), True)
    monkeypatch.setattr(decide, "MAX_TRIALS", 4)  # four single changes are looked at; one more is too many
    assert found().sets == ()
    assert not found().complete
    monkeypatch.setattr(decide, "MAX_TRIALS", 9)
    assert found().sets


def test_the_facts_needed_are_those_by_which_the_level_differs() -> None:
    """Of some open facts: each that moves the level for some values of the others; of none that is outweighed."""
    decider = _decider(3)
    first, second, third = (lit(f"?fact {n}", ("high",)) for n in range(3))

    def needed(*rows: tuple[int, Formula]) -> list[str]:
        return [q.variable for q in decider.needed(Case(tuple((level, f, ()) for level, f in rows)), {"a": "1"})]

    assert needed((3, first)) == ["?fact 0"]
    assert needed((3, all_of(second, third))) == ["?fact 1", "?fact 2"]
    assert needed((3, second), (1, first)) == ["?fact 0", "?fact 1"]
    assert needed((3, True), (1, first)) == []
    assert needed((2, True), (1, first), (3, second)) == ["?fact 1"]
    assert needed((2, any_of(first, negate(first)))) == []
    assert needed((3, any_of(all_of(first, second, third), all_of(first, second, negate(third))))) == ["?fact 0", "?fact 1"]
    assert needed((1, first), (3, any_of(all_of(first, second), all_of(first, negate(second))))) == ["?fact 0"]
    six = _decider(6)
    assert [q.variable for q in six.needed(Case(((3, all_of(*(lit(n, ("middle",)) for n in six.questions)), ()),)), {})] == list(six.questions)
    assert needed((1, all_of(first, lit("a", ("2",)))), (2, all_of(second, lit("a", ("1",))))) == ["?fact 1"]
    assert needed((2, any_of(first, negate(first))), (1, second)) == []


def test_whether_a_condition_holds_surely_or_perhaps() -> None:
    decider = _decider(2)
    first, second = lit("?fact 0", ("low",)), lit("?fact 1", ("low",))

    def truth(condition: Formula) -> tuple[bool, bool]:
        return decider.truth(condition, {"a": "1", "b": "2"})

    assert (truth(True), truth(False)) == ((True, True), (False, False))
    assert (truth(lit("a", ("1",))), truth(lit("a", ("2",))), truth(negate(lit("b", ("1",))))) == ((True, True), (False, False), (True, True))
    assert [truth(f) for f in (first, all_of(first, second), any_of(first, second), negate(first))] == [(False, True)] * 4
    assert (truth(any_of(first, negate(first))), truth(all_of(first, negate(first)))) == ((True, True), (False, False))
    assert (truth(all_of(first, lit("a", ("2",)))), truth(any_of(first, lit("a", ("1",))))) == ((False, False), (True, True))
    assert (truth(all_of(first, lit("a", ("1",)))), truth(any_of(first, lit("a", ("2",))))) == ((False, True), (False, True))


def test_answers_over_open_facts_and_elections() -> None:
    """Depends on a fact: conditional; the branch that does not is elected; no case at all: no."""
    fact = lit("?fact 0", ("high",))
    decider = Decider((OneOf((L, L)),), _decider(1).questions)
    assert [ANSWERS[decider.answer([Case(rows)], {})] for rows in (
        ((3, fact, ((0, 0),)),), ((3, fact, ((0, 0),)), (3, True, ((0, 1),))), ((3, fact, ((0, 0),)), (2, True, ((0, 1),))), ((2, fact, ((0, 0),)), (1, True, ((0, 1),)), (2, True, ())), (),
    )] == ["yes", "conditional", "conditional", "unknown", "yes"]  # fmt: skip
    assert decider.answer([], {}) == 3
    assert decider.dropped(Case(((3, fact, ((0, 0),)),)), {}) == {(0, 0)}
    assert decider.dropped(Case(((3, fact, ((0, 1),)),)), {}) == {(0, 1)}


@pytest.mark.parametrize("condition", [True, lit("a", ("2",))])
def test_the_first_of_the_best_branches_is_elected(condition: Formula) -> None:
    decider = Decider((OneOf((L, L, L)),), {})
    for levels in itertools.product(range(4), repeat=3):
        case = Case(tuple((level, condition, ((0, n),)) for n, level in enumerate(levels)))
        assert decider.answer([case], {"a": "2"}) == min(levels)
        assert decider.dropped(case, {"a": "2"}) == {(0, n) for n in range(3)} - {(0, levels.index(min(levels)))}
        assert decider.answer([case], {"a": "1"}) == (min(levels) if condition is True else 0)


def test_a_row_on_several_leaves_or_on_none() -> None:
    """Two works that cannot stand together: leaving one of them aside is enough. A row on no leaf is never left aside."""
    fact = lit("?fact 0", ("high",))
    decider = Decider((OneOf((L, L)), OneOf((L, L)), L), _decider(1).questions)
    assert decider.answer([Case(((3, True, ((0, 0), (1, 0))),))], {}) == 0
    assert decider.answer([Case(((3, True, ((2, 0), (1, 0))),))], {}) == decider.answer([Case(((3, True, ((1, 0), (2, 0))),))], {}) == 0
    assert decider.answer([Case(((3, True, ((2, 0), (1, 0))), (3, True, ((1, 1),))))], {}) == 3
    assert decider.answer([Case(((3, fact, ((0, 0),)), (1, fact, ())))], {}) == 1


def test_worlds() -> None:
    assert [len(worlds(_decider(n).facts(_decider(n).questions))) for n in (0, 1, 5, 6)] == [1, 3, 243, 3 + 2 * 6]
    six = worlds(_decider(6).facts(_decider(6).questions))
    assert [set(w.values()) for w in six[:3]] == [{"low"}, {ANY}, {NONE}]
    assert all(list(w.values()).count("low") == 5 for w in six[3:])


def test_items_are_taken_apart_where_nothing_joins_them() -> None:
    one, two = lit("?fact 0", ("low",)), lit("?fact 1", ("low",))
    rows = ((3, one, ()), (2, two, ()), (1, True, ()), (3, True, ((0, 1),)), (3, lit("?fact 2", ("low",)), ((0, 0),)), (1, True, ((1, 0),)))
    found = {(p.facts, p.groups): {r[0] for r in p.items} for p in parts(rows, frozenset({0, 2}))}
    assert found == {(("?fact 0",), ()): {3}, (("?fact 1",), ()): {2}, ((), ()): {1}, (("?fact 2",), (0,)): {3}, ((), (2,)): set()}
    joined = parts((*rows, (1, all_of(one, two), ((2, 0),))), frozenset({0, 2}))
    assert (("?fact 0", "?fact 1"), (2,)) in {(p.facts, p.groups) for p in joined}


def test_rows_that_change_nothing_are_left_out() -> None:
    a, b = lit("a", ("1",)), lit("b", ("1",))
    assert least(((3, True, ()), (3, a, ()), (2, True, ()), (1, b, ((0, 0),)))) == {(3, True, ()), (1, b, ((0, 0),))}
    assert least(((2, True, ()), (3, a, ()), (3, all_of(a, b), ()), (2, b, ()))) == {(2, True, ()), (3, a, ())}
    assert least(((1, a, ()), (3, a, ((0, 0),)), (0, b, ()))) == {(1, a, ()), (3, a, ((0, 0),))}
    assert least(((1, a, ()), (2, all_of(a, b), ()))) == {(1, a, ()), (2, all_of(a, b), ())}
    c = lit("c", ("1",))
    assert least(((3, all_of(a, b, c), ()), (3, all_of(a, b), ()), (2, all_of(b, c), ()), (2, all_of(a, b, c), ()))) == {(3, all_of(a, b), ()), (2, all_of(b, c), ())}
    either = any_of(a, b)
    assert least(((3, either, ()), (2, all_of(either, c), ()), (2, c, ()))) == {(3, either, ()), (2, c, ())}


@pytest.mark.parametrize("facts", [2, 6])
def test_assumptions_beside_few_and_many_open_facts(facts: int) -> None:
    """Each combination of assumptions by itself, where all worlds are tried and where they are too many."""
    decider = _decider(facts)
    high, low = lit("?fact 0", ("high",)), lit("?fact 1", ("low",))
    reads = all_of(*(any_of(lit(n, VALUES[:2]), lit("a", ("3",))) for n in decider.questions))
    rows: frozenset[Row] = frozenset({(3, all_of(lit("a", ("1",)), lit("b", ("2",))), ()), (2, all_of(lit("a", ("2",)), high), ()), (1, all_of(lit("b", ("1",)), low), ()), (3, all_of(reads, lit("c", ("2",))), ()), (2, all_of(negate(high), negate(lit("b", ("1",))), lit("c", ("1",))), ())})
    table = Table(Problem((rows,), (), decider.facts(decider.questions)), DOMAINS)
    for values in COMBINATIONS:
        alone = Table(Problem((rows,), (), decider.facts(decider.questions)), {n: (v,) for n, v in values.items()})
        assert table.answer(table.index(values)) == alone.answer(0), values
    assert len({table.answer(table.index(values)) for values in COMBINATIONS}) > 1
    for formula in (high, all_of(high, lit("a", ("2",))), negate(low), lit("b", ("1",)), True, False):
        names = tuple(table.facts)
        for number, world in enumerate(worlds(decider.facts(decider.questions))):
            for values in COMBINATIONS:
                if ANY not in world.values() and NONE not in world.values():
                    assert table.mask(formula, names) >> (number * table.size + table.index(values)) & 1 == holds(formula, {**world, **values})


ROWS = st.tuples(st.sampled_from([1, 2, 3]), st.one_of(st.just(True), FORMULAS, st.builds(all_of, FORMULAS, st.sampled_from([lit("a", ["1"]), lit("b", ["2"])]))), st.sampled_from([(), ((0, 0),), ((0, 1),), ((0, 2),)]))


@given(st.lists(ROWS.filter(lambda row: row[1] is not False), min_size=1, max_size=8))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_what_is_left_out_changes_no_table(rows: list[Row]) -> None:
    """Under every combination the same answer, the same elections, and the same facts by which it differs."""
    choices = ((0, OneOf((L, AllOf((L, L))))),)
    questions = _decider(3).questions
    facts = tuple((name, question.values) for name, question in questions.items())
    whole = Table(Problem((frozenset({*rows, (0, all_of(lit("a", ["1"]), lit("b", ["1"])), ())}),), choices, facts), DOMAINS)
    less = Table(Problem((least(tuple(rows)),), choices, facts), DOMAINS)
    for values in COMBINATIONS:
        some, others = whole.index(values), less.index(values)
        assert whole.answer(some) == less.answer(others)
        left, other = ({slot for slot, mask in t.dropped[0].items() if mask >> at & 1} for t, at in ((whole, some), (less, others)))
        assert left == other


@pytest.mark.parametrize("seed", range(2))
def test_a_table_is_made_once_whichever_stack_asks(seed: int) -> None:
    """The same conditions in another order, from another decider, are the same table; other terms, elections or facts are not."""
    for decider, cases, chance in _cases(seed):
        table = decider.table(cases, DOMAINS)
        turned = [Case(tuple(chance.sample(case.items, len(case.items)))) for case in cases]
        assert Decider(decider.groups, {}).table(turned, DOMAINS) is table
        assert decider.table([*cases, Case(((3, True, ()),))], DOMAINS) is not table
        assert decider.table(cases, {n: v[:1] for n, v in DOMAINS.items()}) is not table or not table.names
