"""Single steps of the solver, on licences made for the purpose: how a work is carried, and whether a clause reaches it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled
from licgraph.graph import build
from licgraph.knowledge import Knowledge
from licgraph.license import Clause, License
from licgraph.license import Test as When
from licgraph.solver import carry as module
from licgraph.solver.carry import Carried, Context, Question, State, Strand, carry, db_right, edge_test
from licgraph.solver.formula import FALSE, TRUE, Formula, all_of, any_of, implies, lit, negate
from licgraph.solver.reach import applies, as_adaptation, binds, commercial, default_reach, nc_broken, needs_permission, reach
from licgraph.solver.reach import test as passes
from licgraph.stack import Component, Edge, Label, Permission, Release, Stack

DAY = "2026-11-22"
RELEASE = Release("ours", form="weights", purpose="commercial")
IT = Component("it", "weights", license=Leaf("T"), declared=Leaf("T"))
OURS = Component("ours", "weights", ours=True)
EDGE = Edge("ours", "finetune", "it")
COPY = State("copy", "inside")
ALL = frozenset({"linked", "trained", "extracted", "output"})
QUANTISED = "quantisation-is-modification"
ACCEPTED = lit("contract-binds-without-copyright", ("yes", "acceptor-only"))


def _clause(**said: Any) -> Clause:
    return Clause(**{"license": "T", "id": "c", "kind": "condition", "cite": "", "quote": "", "reading": "", "acts": frozenset({"distribute"}), "reaches": frozenset({"copy", "derivative"}), "basis": ("right",), **said})


def _treats(what: str, way: str, **said: Any) -> Clause:
    return _clause(kind="definition", treats=((what, way),), **said)


def _context(knowledge: Knowledge, *parts: Component, edges: tuple[Edge, ...] = (EDGE,), licenses: dict[str, License] | None = None, **stack: Any) -> Context:
    components = {c.id: c for c in parts or (IT, OURS)}
    told = Stack(components, edges, RELEASE, **stack)
    known = replace(knowledge, _built={"T": License("T", "T"), **(licenses or {})})
    return Context(told, build(told, list(components)[-1], known), known, DAY)


def _strand(*clauses: Clause, kind: str = "weights", source: str = "license", **said: Any) -> Strand:
    more = {k: said.pop(k) for k in ("facts", "params", "lifted") if k in said}
    return Strand(0, License("T", "T", clauses=clauses, **said), kind, source, (0, 0), **more)


# -- facts and questions -------------------------------------------------------------------------------------------


def test_a_purpose(knowledge: Knowledge) -> None:
    context = _context(knowledge)
    stated = EDGE._replace(purpose="general")
    assert (context.purpose(stated, ["general"]), context.purpose(stated, ["narrow-classifier"]), context.purpose(stated, ["unstated"])) == (True, False, False)
    assert context.purpose(EDGE, ["unstated", "general"]) is TRUE
    assert context.questions == {}
    assert context.purpose(EDGE, ["general"]) == lit("?purpose ours->it", ["general"])
    (asked,) = context.questions.values()
    assert asked == Question("?purpose ours->it", "purpose", "edge ours->it", "For what purpose was ours made from it?", tuple(knowledge.edge_purposes), "purpose: on ours.from.finetune")


def test_a_fact(knowledge: Knowledge) -> None:
    context = _context(knowledge, facts={"multimodal": True, "domicile": "DE", "mau-at-release-date": {"T": 9, "U": 1}, "annual-revenue-usd": 5, "end-users-in": ["US", "FR"]})
    own = _strand(facts=(("multimodal", False), ("annual-revenue-usd", 7.5)))
    assert [context.fact(n, own) for n in ("multimodal", "mau-at-release-date", "annual-revenue-usd", "memorised")] == [False, 9, 7.5, None]
    assert [context.fact(n) for n in ("multimodal", "mau-at-release-date")] == [True, None]
    assert context.facts_read == {"multimodal", "mau-at-release-date", "annual-revenue-usd", "memorised"}
    assert [context.over("mau-at-release-date", n, _strand()) for n in (8, 9, 10)] == [True, False, False]
    assert [context.over(n, 0, _strand()) for n in ("multimodal", "memorised", "domicile")] == [False, False, False]
    assert [context.fact_is("multimodal", [v], None) for v in ("true", "false", "True")] == [True, False, False]
    assert [context.fact_is("multimodal", [v], own) for v in ("true", "false")] == [False, True]
    assert [context.fact_is("domicile", v, None) for v in (["DE"], ["EU"], ["US"], ["US", "EU"])] == [True, True, False, True]
    assert [context.fact_is("end-users-in", [v], None) for v in ("FR", "EU", "US", "DE")] == [True, True, True, False]
    assert {"DE", "FR"} < context.place("EU")
    assert context.place("DE") == frozenset()
    assert context.questions == {}


def test_a_fact_that_is_not_told(knowledge: Knowledge) -> None:
    """A defeater is presumed absent, unless it is watched for; another is asked."""
    context = _context(knowledge)
    assert context.fact_is("domicile", ["EU"], None) is False
    context.watching = True
    assert context.fact_is("domicile", ["EU"], None) is True
    assert context.fact_is("competing-product", ["true"], None) == lit("?competing-product", ["true"])
    (asked,) = context.questions.values()
    word = knowledge.facts["competing-product"]
    assert asked == Question("?competing-product", "competing-product", word.scope, word.question, ("true", "false"), "--fact competing-product=…")
    context.ask(asked._replace(text="another"), ["true"])
    assert context.questions["?competing-product"] == asked


@pytest.mark.parametrize(("domicile", "european"), [("DE", True), ("EU", True), ("EEA", True), ("UK", True), ("EU-wide", True), ("US", False), (None, False)])
def test_a_database_right(domicile: str | None, european: bool, knowledge: Knowledge) -> None:
    context = _context(knowledge, facts={"domicile": domicile} if domicile else {})
    assert db_right(context) == lit("sui-generis-db-right", ["any-nexus", *(["by-fact"] if european else [])])


def test_an_edge_is_tested(knowledge: Knowledge) -> None:
    """All keys have to fit; once an answer is wanted of an earlier step, a later one waits for it."""
    context = _context(knowledge, facts={"multimodal": True})
    stated, asked = EDGE._replace(purpose="general"), lit("?purpose ours->it", ["general"])
    general, relation = ("purpose", ("general",)), ("relation", ("finetune",))
    assert edge_test(context, When(), EDGE, _strand()) is TRUE
    assert edge_test(context, When((general, relation)), stated, _strand()) is True
    assert edge_test(context, When((("relation", ("merge",)),)), stated, _strand()) is False
    assert edge_test(context, When((general,)), EDGE, _strand()) == asked
    assert edge_test(context, When((general,)), EDGE, _strand(), lit("?purpose x->y", ["general"])) is TRUE
    assert edge_test(context, When((general,)), stated._replace(purpose="narrow-classifier"), _strand(), lit("?purpose x->y", ["general"])) is False
    assert edge_test(context, When((general,)), EDGE, _strand(), lit("?license of x", ["A"])) == asked
    assert edge_test(context, When((general,), (("a", ("x",)),), (("multimodal", ("true",)),)), stated, _strand()) == lit("a", ["x"])
    assert edge_test(context, When((general,), (), (("multimodal", ("false",)),)), stated, _strand()) is False


# -- one step ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relation", "says", "way", "found"),
    [
        ("finetune", "", "copy", [("X", TRUE)]),
        ("adapter", "", "copy", [("X", lit("adapter-is-derivative", ("yes", "by-text-else-yes")))]),
        ("adapter", "derivative", "copy", [("derivative", TRUE)]),
        ("adapter", "extracted", "derivative", [("extracted", TRUE)]),
        ("adapter", "derivative", "linked", [("X", lit("adapter-is-derivative", ("yes", "by-text-else-yes")))]),
        ("quantize", "derivative", "copy", [("X", TRUE)]),
        ("quantize", "", "linked", [("X", TRUE)]),
        ("quantize", "", "copy", [("X", lit(QUANTISED, ("yes", "cc-technical-else-yes"))), ("copy", lit(QUANTISED, ("no",)))]),
        ("quantize", "", "derivative", [("X", lit(QUANTISED, ("yes", "cc-technical-else-yes"))), ("derivative", lit(QUANTISED, ("no",)))]),
        ("quantize", "copy", "copy", [("X", lit(QUANTISED, ("yes",))), ("copy", lit(QUANTISED, ("no", "cc-technical-else-yes")))]),
    ],
)
def test_what_an_adapter_or_a_quantised_copy_is(relation: str, says: str, way: str, found: list[tuple[str, Formula]], knowledge: Knowledge) -> None:
    what = {"adapter": "adapter", "quantize": "quantised copy"}.get(relation, "")
    strand = _strand(_treats("substantial part", "copy"), *([_treats(what, says)] if says else []))
    assert list(module._ways(_context(knowledge), strand, way, "X", knowledge.relations[relation])) == found


def test_where_a_work_ends_up(knowledge: Knowledge) -> None:
    context = _context(knowledge)
    strand = _strand(_treats("adapter", "copy"), _treats("substantial part", "derivative"))
    whole, part = Edge("ours", "contains", "it"), Edge("ours", "contains", "it", substantial_part=True)

    def places(relation: str, state: State = COPY, edge: Edge = whole, source: Component = IT, by: Strand = strand, way: str = "copy") -> list[tuple[str, str, Formula]]:
        return list(module._places(context, by, state, way, edge, knowledge.relations[relation], source))

    beside = State("copy", "beside")
    assert places("convert", beside) == places("links-static", beside) == [("beside", "copy", TRUE)]
    assert [places(r, beside) for r in ("finetune", "runs-with", "retrieves-from", "built-with")] == [[(p, "copy", TRUE)] for p in ("inside", "behind", "answers", "tool")]
    assert places("contains") == [("beside", "copy", TRUE)]
    assert places("contains", State("copy", "behind")) == [("behind", "copy", TRUE)]
    assert places("contains", source=OURS) == [("inside", "copy", TRUE)]
    assert places("contains", source=OURS._replace(license=Leaf("T"))) == places("contains", source=IT._replace(license=None)) == [("beside", "copy", TRUE)]
    right = lit("sui-generis-db-right", ["any-nexus"])
    assert places("contains", edge=part) == [("inside", "derivative", right), ("beside", "copy", negate(right))]
    assert places("contains", edge=part, by=_strand()) == [("beside", "copy", TRUE)]
    assert places("contains", edge=part, way="trained") == [("beside", "trained", TRUE)]
    both = any_of(right, ACCEPTED)
    assert places("contains", edge=part, by=_strand(_treats("substantial part", "copy"), basis=("contract",)), way="derivative") == [("inside", "copy", both), ("beside", "derivative", negate(both))]


@pytest.mark.parametrize(
    ("state", "way", "edge", "result", "accepted"),
    [
        (COPY, "derivative", EDGE, OURS, True),
        (COPY, "derivative", EDGE, IT, True),
        (COPY, "linked", EDGE, IT, True),
        (COPY, "output", EDGE, IT, False),
        (COPY, "output", EDGE, OURS, True),
        (COPY, "output", EDGE, IT._replace(license=Leaf("NO-CLAIM")), True),
        (COPY, "output", EDGE, IT._replace(virtual=True), True),
        (State("derivative", "inside", True, True), "derivative", EDGE, IT, False),
        (State("derivative", "inside", True, True), "derivative", EDGE, OURS, True),
        (State("copy", "inside", False), "derivative", EDGE, OURS, False),
        (State("copy", "inside", False), "derivative", EDGE._replace(accepted_terms=True), OURS, True),
        (COPY, "derivative", EDGE._replace(accepted_terms=False), OURS, False),
    ],
)
def test_who_has_accepted(state: State, way: str, edge: Edge, result: Component, accepted: bool) -> None:
    assert module._accepted(state, way, edge, result) is accepted


def _held(context: Context, component: str = "ours") -> dict[tuple[State, Formula], list[str]]:
    found = carry(context)
    return {key: found.origins(held.origins) for index, states in found.held[component].items() for key, held in states.items() if found.strands[index].license.id == "T"}


def test_a_model_made_from_outputs(knowledge: Knowledge) -> None:
    """Where the licence's own definition makes it a derivative, by that definition only; else made from outputs."""
    edge = Edge("ours", "distill-logits", "it")
    defining = License("T", "T", clauses=(_treats("model made from its outputs", "derivative", treats_when=When((("purpose", ("perform-similarly",)),))), _treats("adapter", "copy")))
    assert _held(_context(knowledge, edges=(edge,))) == {(State("extracted", "inside"), TRUE): ["it"]}
    assert _held(_context(knowledge, edges=(edge._replace(purpose="perform-similarly"),), licenses={"T": defining})) == {(State("derivative", "inside", True, True), TRUE): ["it"]}
    assert _held(_context(knowledge, edges=(edge._replace(purpose="general"),), licenses={"T": defining})) == {(State("extracted", "inside"), TRUE): ["it"]}


def test_a_label_in_between(knowledge: Knowledge) -> None:
    """Somebody's label on their thing cuts what came through it, if the tag alone counts; no label, or one of ours, does not."""
    through = lit("label-authority", ("most-restrictive", "by-rank"))
    edges = (Edge("mid", "finetune", "it"), Edge("ours", "finetune", "mid"))
    derivative = State("derivative", "inside")
    for mid, condition in (
        (Component("mid", "weights", license=Leaf("M")), through), (Component("mid", "weights", license=Leaf("NO-CLAIM")), TRUE), (Component("mid", "weights", license=Leaf("NONE")), TRUE),
        (Component("mid", "weights", license=Leaf("NOASSERTION")), TRUE), (Component("mid", "weights"), TRUE), (Component("mid", "weights", license=Leaf("M"), ours=True), TRUE),
        (Component("mid", "weights", license=OneOf((Leaf("NONE"), Leaf("M")))), through), (Component("mid", "weights", license=Leaf("M"), virtual=True), TRUE),
    ):  # fmt: skip
        context = _context(knowledge, IT, mid, OURS, edges=edges, licenses={"M": License("M", "M")})
        assert _held(context) == {(derivative, condition): ["it"]}, mid


def test_selection(knowledge: Knowledge) -> None:
    """Scores put nothing in, or what use of output would."""
    used = lit("selection-is-use-of-output", ("yes",))
    for kind, way in (("dataset", "output"), ("weights", "extracted"), ("adapter", "extracted")):
        context = _context(knowledge, IT, OURS._replace(kind=kind), edges=(Edge("ours", "rewarded-by", "it", "general"),))
        assert _held(context) == {(State(way, "inside"), used): ["it"]}


# -- strands -------------------------------------------------------------------------------------------------------


def test_what_a_permission_lifts(knowledge: Knowledge) -> None:
    permissions = (
        Permission("it", "x", ("commercial-use",)), Permission("it", "x", ("all",), "2026-11-21"), Permission("other", "x", ("all",)), Permission("it", "x", ("relabel",), DAY), Permission("it", "x", ("no-such-word",)),
    )  # fmt: skip
    strand = carry(_context(knowledge, permissions=permissions)).strands[0]
    commercial = knowledge.permission_covers["commercial-use"]
    assert strand.lifted == {"commercial-use", *commercial.get("duties", ()), *(f"act:{a}" for a in commercial.get("acts", ())), "relabel", "no-such-word"}
    whole = carry(_context(knowledge, permissions=(Permission("it", "x", ("all",)),))).strands[0]
    assert whole.lifted == {"all", "*"}
    for word, cover in knowledge.permission_covers.items():
        lifted = carry(_context(knowledge, permissions=(Permission("it", "x", (word,)),))).strands[0].lifted
        assert lifted == {word, *cover.get("duties", ()), *(f"act:{a}" for a in cover.get("acts", ())), *(["*"] if cover.get("all") else []), *(["relabel"] if cover.get("relabel") else [])}


def test_a_permission_may_cover_several_things(knowledge: Knowledge) -> None:
    known = replace(knowledge, permission_covers={"both": {"relabel": True, "duties": ["display"], "acts": ["train"]}})
    assert carry(_context(known, permissions=(Permission("it", "x", ("both",)),))).strands[0].lifted == {"both", "relabel", "display", "act:train"}


AB = Unsettled("a-or-b", (Leaf("A", "a-or-b"), Leaf("B", "a-or-b")), "Which one?")


def test_the_terms_of_a_component(knowledge: Knowledge) -> None:
    """Its licence, what the publisher adds, and its items; an unsettled name under a question of its own."""
    it = Component("it", "dataset", license=AllOf((Leaf("A"), Leaf("B"))), additional=(Leaf("C"),), contents=AB, facts=(("memorised", True),), params=(("p", "q"),))
    context = _context(knowledge, it, OURS, edges=(Edge("ours", "trained-on", "it"),))
    found = carry(context)
    asked = "?license of it, contents (a-or-b)"
    assert [(s.license.id, s.kind, s.source, s.slot, s.when) for s in found.strands] == [
        ("A", "dataset", "license", (0, 0), TRUE), ("B", "dataset", "license", (0, 1), TRUE), ("C", "dataset", "additional", (1, 0), TRUE),
        ("A", "dataset", "contents", (2, 0), lit(asked, ["A"])), ("B", "dataset", "contents", (2, 1), lit(asked, ["B"])),
    ]  # fmt: skip
    assert all((s.facts, s.params, s.index) == (it.facts, it.params, n) for n, s in enumerate(found.strands))
    assert found.groups == [it.license, Leaf("C"), AB]
    question = context.questions[asked]
    assert question == Question(asked, "license", "it, contents", "it, contents: `a-or-b` could be A, B. Which one?", ("A", "B"), "license: of it, contents")
    assert context.ambiguous == {AB: [question]}
    for component in (IT._replace(license=AB, declared=AB), Component("it", "weights", labels=(Label("card", AB),))):
        context = _context(knowledge, component, OURS)
        carry(context)
        assert [q.variable for q in context.ambiguous[AB]] == ["?license of it (a-or-b)"]
    assert module.unsettled(AllOf((Leaf("A"), OneOf((AB, Leaf("C")))))) == [AB]
    none = carry(_context(knowledge, Component("it", "weights"), OURS)).strands
    assert [s.license.id for s in none] == ["NONE"]


def test_like_components_share_a_strand(knowledge: Knowledge) -> None:
    """The same terms and facts, if nothing is open about them."""

    def count(one: Component, other: Component, **stack: Any) -> int:
        return len(carry(_context(knowledge, one._replace(id="x"), other._replace(id="y"), OURS, edges=(Edge("ours", "merge", "x"), Edge("ours", "merge", "y")), **stack)).strands)

    assert count(IT, IT) == 1
    for other in (IT._replace(kind="dataset"), IT._replace(license=Leaf("U")), IT._replace(facts=(("memorised", True),)), IT._replace(params=(("a", "b"),)), IT._replace(additional=(Leaf("T"),))):
        assert count(IT, other) > 1
    assert count(IT, IT, permissions=(Permission("x", "y", ("all",)),)) == 2
    assert count(IT, IT, elect={"x": "T"}) == 2
    assert count(IT._replace(license=AB), IT._replace(license=AB)) == 4
    assert count(IT._replace(contents=AB), IT._replace(contents=AB)) == 6
    shared = carry(_context(knowledge, IT._replace(id="x"), IT._replace(id="y"), OURS, edges=(Edge("ours", "merge", "x"), Edge("ours", "finetune", "y"))))
    ((key, held),) = shared.held["ours"][0].items()
    assert (key, shared.origins(held.origins)) == ((State("derivative", "inside"), TRUE), ["x", "y"])
    assert shared.path("ours", 0, *key)[0] in (["x", "ours"], ["y", "ours"])


CHOICE = OneOf((Leaf("A"), AllOf((Leaf("B"), OneOf((Leaf("C"), Leaf("D")))))))


@pytest.mark.parametrize(
    ("tree", "elected", "left"),
    [
        (CHOICE, "A", Leaf("A")),
        (CHOICE, "D", AllOf((Leaf("B"), Leaf("D")))),
        (CHOICE, "B", AllOf((Leaf("B"), OneOf((Leaf("C"), Leaf("D")))))),
        (CHOICE, "Z", CHOICE),
        (AllOf((Leaf("A"), CHOICE)), "C", AllOf((Leaf("A"), AllOf((Leaf("B"), Leaf("C")))))),
        (Leaf("A"), "Z", Leaf("A")),
        (AB, "B", Leaf("B", "a-or-b")),
    ],
)
def test_an_election(tree: Tree, elected: str, left: Tree) -> None:
    assert module._elect(tree, elected) == left


def test_an_election_is_of_the_licence_alone(knowledge: Knowledge) -> None:
    choice = OneOf((Leaf("A"), Leaf("B")))
    it = IT._replace(license=choice, additional=(choice,))
    assert carry(_context(knowledge, it, OURS, elect={"it": "B"})).groups == [Leaf("B"), choice]
    assert carry(_context(knowledge, it._replace(license=AB), OURS, elect={"it": "B"})).groups == [Leaf("B", "a-or-b"), choice]
    assert carry(_context(knowledge, it, OURS, elect={"ours": "B"})).groups == [choice, choice]
    nested = AllOf((choice, Leaf("C")))
    assert carry(_context(knowledge, it._replace(license=nested), OURS, elect={"it": "B"})).groups == [nested, choice]


def test_what_a_licensor_filled_in(knowledge: Knowledge) -> None:
    later = License("L", "L", clauses=(_clause(license="L", fixes_to=frozenset({"L2"}), reaches=frozenset({"copy"})),))
    context = _context(knowledge, licenses={"L": later})
    naming = License("N", "N", clauses=(_clause(license="N", fixes_to=frozenset({"N"}), fixes_param="secondary"), _clause(license="N", id="d")))
    fill = lambda licence, **params: module._filled_in(context, licence, params)  # noqa: E731
    assert fill(naming) is naming
    assert fill(naming, other="L") is naming
    found = fill(naming, secondary="L, no-such OR apache-2.0")
    assert found.clauses[0].fixes_to == {"N", "L", "L2", "no-such", "Apache-2.0"}
    assert found.clauses[1] == naming.clauses[1]
    two = replace(naming, clauses=(*naming.clauses, _clause(id="e", fixes_param="other")))
    assert [sorted(c.fixes_to or ()) for c in fill(two, other="Zlib").clauses] == [["N"], [], ["Zlib"]]
    assert fill(naming, secondary="").clauses == naming.clauses
    assert fill(replace(naming, clauses=(_clause(fixes_param="secondary"),)), secondary="Zlib").clauses[0].fixes_to == {"Zlib"}
    changing = License("B", "B", changes_to=("change-license", "change-date"))
    assert [fill(changing, **{n: v}).id for n, v in (("change-date", DAY), ("change-license", "MIT"))] == ["B", "B"]
    assert [fill(changing, **{"change-license": n, "change-date": d}).id for n, d in (("apache-2.0", DAY), ("apache-2.0", "2026-11-23"), ("", DAY), ("apache-2.0", ""), ("gpl-3.0", "2020-01-01"), ("Nope", DAY))] == [
        "Apache-2.0", "B", "B", "B", "gpl-3.0", "Nope",
    ]  # fmt: skip


def test_which_of_several_labels_counts() -> None:
    a, b, c = Leaf("A"), Leaf("B"), Leaf("C")
    labels = (Label("tag", c), Label("origin", a), Label("card", b))
    component = Component("it", "weights", license=b, declared=b, labels=labels)

    def says(*values: str) -> Formula:
        return lit("label-authority", values)

    found = {tree: (source, when) for tree, source, when in module._labelled(component, b)}
    assert found == {a: ("label", says("most-restrictive", "by-rank")), b: ("label", says("most-restrictive")), c: ("label", says("most-restrictive", "declared-tag"))}
    same = {tree: when for tree, _, when in module._labelled(component._replace(labels=(Label("tag", a), Label("card", b), Label("origin", a))), b)}
    assert same == {a: says("most-restrictive", "by-rank", "declared-tag"), b: says("most-restrictive")}
    tagless = {tree: when for tree, _, when in module._labelled(component._replace(labels=(Label("licence-file", b), Label("origin", a))), b)}
    assert tagless == {a: says("most-restrictive", "by-rank"), b: says("most-restrictive", "declared-tag")}
    registered = {tree: when for tree, _, when in module._labelled(component._replace(labels=(*labels, Label("registry", Leaf("D")))), b)}
    assert registered == {a: says("most-restrictive", "by-rank"), b: says("most-restrictive"), c: says("most-restrictive", "declared-tag"), Leaf("D"): says("most-restrictive")}
    assert {t for t, _, _ in module._labelled(component._replace(received="2024-01-01"), b)} == {a, b, c}
    assert module._labelled(component._replace(license=c), c) == [(c, "license", TRUE)]
    assert {t for t, _, _ in module._labelled(component._replace(license=None), b)} == {a, b, c}


def test_labels_of_different_days() -> None:
    a, b, c = Leaf("A"), Leaf("B"), Leaf("C")
    labels = (Label("card", a, "2024-01-01"), Label("card", b, "2024-06-01"), Label("card", c, "2025-01-01"))
    component = Component("it", "weights", license=c, declared=c, labels=labels, received="2024-06-01")
    received, current = (lit("licence-at-receipt", (w, "most-restrictive")) for w in ("received", "current"))
    assert module._labelled(component, c) == [(b, "label", received), (c, "label", current)]
    assert module._labelled(component._replace(received="2023-01-01"), c) == [(a, "label", received), (c, "label", current)]
    assert module._labelled(component._replace(received="2024-05-31"), c)[0] == (a, "label", received)
    more = component._replace(labels=(Label("origin", Leaf("D")), *labels))
    assert [t for t, _, _ in module._labelled(more, c)] == [b, c]
    assert module._labelled(more._replace(received="2023-01-01"), c)[0] == (a, "label", received)
    undated = {t for t, _, _ in module._labelled(component._replace(received=""), c)}
    assert undated == {a, b, c}


# -- what is held --------------------------------------------------------------------------------------------------


def test_weaker_conditions_make_stronger_ones_idle() -> None:
    one, two = lit("a", ["1"]), lit("b", ["1"])
    both = all_of(one, two)
    assert [implies(*p) for p in ((one, TRUE), (one, one), (both, one), (one, both), (TRUE, one), (FALSE, one), (one, two), (any_of(one, two), one), (both, all_of(both, lit("c", ["1"]))), (all_of(both, lit("c", ["1"])), both), (both, both))] == [
        True, True, True, False, False, False, False, False, False, True, True,
    ]  # fmt: skip

    def held(*found: tuple[Formula, int, int]) -> dict[Formula, tuple[int, int]]:
        holdings: module.Holdings = {}
        for condition, origins, length in found:
            module._add(holdings, 0, COPY, condition, Carried(origins, length, None, None))
        return {condition: (c.origins, c.length) for (_, condition), c in holdings.get(0, {}).items()}

    assert held((FALSE, 1, 1)) == {}
    assert held((one, 1, 3), (one, 2, 2)) == {one: (3, 2)}
    assert held((one, 1, 2), (one, 2, 3)) == {one: (3, 2)}
    assert held((one, 1, 1), (both, 1, 1)) == {one: (1, 1)}
    assert held((both, 1, 1), (one, 1, 1)) == {one: (1, 1)}
    assert held((one, 1, 1), (both, 2, 1)) == {one: (1, 1), both: (2, 1)}
    assert held((both, 3, 1), (one, 1, 1)) == {both: (3, 1), one: (1, 1)}
    assert held((one, 3, 1), (both, 1, 1)) == {one: (3, 1)}
    holdings: module.Holdings = {}
    for state in (COPY, State("derivative", "inside")):
        module._add(holdings, 0, state, one, Carried(1, 0, None, None))
    module._add(holdings, 0, COPY, TRUE, Carried(1, 0, None, None))
    assert set(holdings[0]) == {(COPY, TRUE), (State("derivative", "inside"), one)}


def test_the_shortest_way_is_told(knowledge: Knowledge) -> None:
    mid = OURS._replace(id="mid")
    for edges in ((Edge("mid", "convert", "it"), Edge("ours", "finetune", "mid"), EDGE), (Edge("mid", "convert", "it"), EDGE, Edge("ours", "finetune", "mid"))):
        found = carry(_context(knowledge, IT, mid, OURS, edges=edges))
        assert found.path("ours", 0, State("derivative", "inside"), TRUE) == (["it", "ours"], [EDGE])
        assert found.path("mid", 0, COPY, TRUE) == (["it", "mid"], [edges[0]])
        assert found.path("it", 0, COPY, TRUE) == (["it"], [])


def test_what_counts_as_the_work(knowledge: Knowledge) -> None:
    """A copy or a changed version under one of the licences; not what is a derivative only by definition."""
    defining = License("T", "T", clauses=(_treats("model made from its outputs", "derivative"),))
    for edge, counts in ((EDGE, True), (Edge("ours", "convert", "it"), True), (Edge("ours", "links-static", "it"), False), (Edge("ours", "distill-logits", "it"), False)):
        found = carry(_context(knowledge, edges=(edge,), licenses={"T": defining}))
        assert (found.as_work("ours", ["U", "T"]), found.as_work("ours", ["U"])) == (counts, False)
    adapter = carry(_context(knowledge, edges=(Edge("ours", "adapter", "it"),)))
    assert adapter.as_work("ours", ["T"]) == lit("adapter-is-derivative", ("yes", "by-text-else-yes"))


# -- reach ---------------------------------------------------------------------------------------------------------

ADAPTED = lit("training-is-adaptation", ("yes",))


def test_whether_training_needs_permission(knowledge: Knowledge) -> None:
    always, unless = (lit("training-needs-permission", (v,)) for v in ("always", "unless-exception-asserted"))
    untold, asserted, denied = (_context(knowledge, facts=f) for f in ({}, {"exception-asserted": True}, {"exception-asserted": False}))
    contents = replace(_strand(source="contents"), license=License("NONE", "", state="closed"))
    assert needs_permission(asserted) == needs_permission(asserted, contents) == always
    assert needs_permission(denied) == needs_permission(denied, contents) == any_of(always, unless)
    assert needs_permission(untold) == needs_permission(untold, _strand()) == any_of(always, unless)
    asks = any_of(always, all_of(unless, negate(lit("?exception-asserted", ["true"]))))
    assert needs_permission(untold, contents) == asks
    for other in (replace(contents, source="license"), replace(contents, license=License("T", ""))):
        assert needs_permission(untold, other) == any_of(always, unless)


def test_whether_a_trained_model_is_an_adaptation(knowledge: Knowledge) -> None:
    plain, memorised = _context(knowledge), _context(knowledge, facts={"memorised": True})
    needed, right = needs_permission(plain), lit("sui-generis-db-right", ["any-nexus"])
    assert as_adaptation(plain, _strand(kind="code")) == all_of(ADAPTED, needed)
    assert as_adaptation(plain, _strand(kind="dataset")) == all_of(ADAPTED, any_of(needed, right))
    assert as_adaptation(memorised, _strand(kind="code")) == all_of(any_of(ADAPTED, lit("training-is-adaptation", ("if-memorised",))), needed)


def test_how_far_a_clause_reaches(knowledge: Knowledge) -> None:
    context = _context(knowledge)
    silent = _strand(silent=ALL)
    linking, outputs = lit("linking-is-derivative", ("yes",)), lit("outputs-are-licensed", ("if-arguable",))
    for way, travels, found in (
        ("linked", True, TRUE), ("linked", False, linking), ("trained", False, as_adaptation(context, silent)), ("extracted", True, outputs), ("output", False, outputs), ("remote", True, FALSE),
    ):  # fmt: skip
        assert default_reach(context, silent, way, travels) == found
        assert default_reach(context, _strand(), way, travels) is FALSE
        assert default_reach(context, _strand(silent=ALL | {"remote"}), way, travels) == found
    resting = _strand(silent=ALL, rests_on={"trained": (("a", ("x",)), ("b", ("y",))), "copy": (("no", ("no",)),), "output": (("c", ("z",)),)})
    assert default_reach(context, resting, "trained", True) == all_of(lit("a", ["x"]), lit("b", ["y"]))
    travelling, fixing = _clause(nature="travels"), _clause(nature="fixes")
    assert [reach(context, silent, c, w) for c in (travelling, fixing) for w in ("copy", "derivative", "linked", "output")] == [TRUE, TRUE, TRUE, outputs, TRUE, TRUE, linking, outputs]
    assert reach(context, _strand(), fixing, "linked") is FALSE
    assert reach(context, silent, _clause(reaches=frozenset({"copy"})), "output") is FALSE
    assert reach(context, silent, _clause(spared=frozenset({"output"})), "output") is FALSE
    express = _clause(reaches=frozenset({"copy", "output"}), rests_on=(("d", ("w",)),))
    assert [reach(context, resting, express, w) for w in ("copy", "output")] == [lit("d", ["w"]), all_of(lit("d", ["w"]), lit("c", ["z"]))]
    assert reach(context, silent, _clause(rests_on=(("d", ("w",)),)), "output") == all_of(outputs, lit("d", ["w"]))
    assert reach(context, _strand(rests_on={"copy": (("no", ("no",)),), "derivative": (("no", ("no",)),)}), fixing, "derivative") is TRUE


def test_what_gives_a_clause_force(knowledge: Knowledge) -> None:
    """A right, a contract we are held to, or either."""
    context = _context(knowledge)
    right, contract, both = ("right",), ("contract",), ("right", "contract")
    code, weights = _strand(kind="code"), _strand()
    ours, theirs = COPY, State("copy", "inside", False)
    copyright_ = lit("weights-copyrightable", ("yes", "treat-as-bound"))
    stranger = all_of(lit("contract-binds-without-copyright", ("yes",)), lit("terms-run-to-third-parties", ("yes",)))
    assert [binds(context, code, b, ours, "modify", False) for b in (right, contract, both)] == [TRUE, ACCEPTED, TRUE]
    assert [binds(context, code, b, theirs, "modify", False) for b in (right, contract, both)] == [TRUE, stranger, TRUE]
    assert [binds(context, s, right, ours, "modify", False) for s in (weights, _strand(kind="adapter"), _strand(kind="dataset"))] == [copyright_, copyright_, TRUE]
    assert binds(context, weights, both, ours, "modify", False) == any_of(copyright_, ACCEPTED)
    output, extracted, trained = (State(w, "inside") for w in ("output", "extracted", "trained"))
    assert [binds(context, code, both, s, "modify", True) for s in (output, extracted, trained)] == [ACCEPTED, ACCEPTED, TRUE]
    assert [binds(context, code, b, output, "modify", e) for b, e in ((both, False), (right, True))] == [TRUE, TRUE]
    defined = State("derivative", "inside", True, True)
    assert [binds(context, code, b, defined, "modify", False) for b in (both, right)] == [ACCEPTED, TRUE]
    needed = needs_permission(context)
    assert [binds(context, code, right, State(w, "inside"), "train", False) for w in ("copy", "derivative", "linked")] == [needed, needed, TRUE]
    assert binds(context, code, right, ours, "distil", False) is TRUE
    resting = _strand(rests_on={"copy-of-weights": (("a", ("x",)),)})
    assert [binds(context, resting, right, State(w, "inside"), "modify", False) for w in ("copy", "derivative", "trained")] == [all_of(copyright_, lit("a", ["x"]))] * 2 + [copyright_]
    assert binds(context, replace(resting, kind="code"), right, ours, "modify", False) is TRUE
    added = all_of(ACCEPTED, lit("terms-run-to-third-parties", ("yes", "only-if-licensor-of-what-you-got-says-so")))
    assert [binds(context, _strand(source="additional"), b, s, "modify", False) for b in (right, contract) for s in (ours, theirs)] == [added] * 4


def test_what_is_commercial(knowledge: Knowledge) -> None:
    context = _context(knowledge)
    sold, given, unsaid = RELEASE, RELEASE._replace(purpose="non-commercial"), RELEASE._replace(purpose="")
    asked = lit("?purpose", ["commercial"])
    assert [commercial(context, r) for r in (sold, given, unsaid)] == [True, False, asked]
    assert context.questions["?purpose"].values == ("commercial", "non-commercial")
    assert (context.questions["?purpose"].fact, context.questions["?purpose"].scope, context.questions["?purpose"].flag) == ("our-purpose", "party", "--purpose commercial|non-commercial")
    scope = {v: lit("nc-scope", (v,)) for v in ("purpose", "broad", "narrow")}
    assert nc_broken(context, given, "distribute", "copy") is False
    assert nc_broken(context, sold, "train", "copy") == any_of(scope["purpose"], scope["broad"])
    for act in ("distribute", "publish-outputs", "serve"):
        assert [nc_broken(context, sold, act, w) for w in ("copy", "derivative", "trained")] == [any_of(*scope.values())] * 2 + [any_of(scope["purpose"], scope["broad"])]
    assert nc_broken(context, unsaid, "distribute", "copy") == any_of(all_of(scope["purpose"], asked), scope["broad"], all_of(scope["narrow"], asked))


def test_the_tests_of_a_clause(knowledge: Knowledge) -> None:
    made = Edge("ours", "trained-on", "it", "general")
    context = _context(knowledge, facts={"multimodal": True})
    context.carry = carry(context)

    def found(*items: tuple[str, tuple[str, ...]], edges: tuple[Edge, ...] = (EDGE,), release: Release = RELEASE, thing: Component = IT, **more: Any) -> Formula:
        return passes(context, When(items, **more), strand=_strand(), release=release, thing=thing, result="ours", edges=edges)

    assert found() is TRUE
    assert [found(("relation", v)) for v in (("finetune",), ("merge", "finetune"), ("merge",))] == [True, True, False]
    assert [found(("relation", ("finetune",)), edges=e) for e in ((made, EDGE), (EDGE, made), ())] == [True, True, False]
    assert [found(("purpose", ("general",)), edges=e) for e in ((made,), (EDGE, made), (made, made._replace(purpose="x")), (), (made._replace(purpose="x"),), (EDGE, made._replace(purpose="x")))] == [True, True, True, False, False, False]
    assert found(("purpose", ("general",))) == lit("?purpose ours->it", ["general"])
    assert found(("purpose", ("general",)), edges=(made._replace(purpose="x"), EDGE)) == lit("?purpose ours->it", ["general"])
    assert [found(("changed-by", ("us",)), edges=e) for e in ((EDGE,), (made,), (Edge("ours", "links-static", "it"),), (Edge("it", "finetune", "it"),), ())] == [True, False, True, False, False]
    assert [found(("our-purpose", v)) for v in (("commercial",), ("non-commercial",))] == [True, False]
    assert found(("our-purpose", ("non-commercial",)), release=RELEASE._replace(purpose="")) == negate(lit("?purpose", ["commercial"]))
    assert [found(("result-made-from", v)) for v in (("T",), ("U",))] == [True, False]
    assert [found(("form", v)) for v in (("weights", "source"), ("source",))] == [True, False]
    assert [found(("to", v)) for v in (("public",), ("own",))] == [True, False]
    assert [found(("kind", v)) for v in (("weights",), ("code",))] == [True, False]
    assert found(("kind", ("weights",)), ("form", ("source",))) is False
    assert found(assumptions=(("a", ("x",)), ("b", ("y",)))) == all_of(lit("a", ["x"]), lit("b", ["y"]))
    assert [found(facts=(("multimodal", (v,)),)) for v in ("true", "false")] == [True, False]


def test_when_a_clause_applies(knowledge: Knowledge) -> None:
    context = _context(knowledge)
    context.carry = carry(context)

    def found(clause: Clause, act: str = "distribute", way: str = "copy", **strand: Any) -> Formula:
        return applies(context, _strand(kind="code", **strand), clause, State(way, "inside"), act, release=RELEASE, thing=IT, result="ours", edges=(EDGE,))

    plain = _clause(duty="attribution")
    assert [found(plain), found(plain, "serve"), found(plain, way="output"), found(plain._replace(kind="prohibition"))] == [TRUE, FALSE, FALSE, TRUE]
    assert [found(plain._replace(kind=k)) for k in ("grant", "definition", "for-counsel")] == [FALSE] * 3
    assert [found(plain, lifted=frozenset({w})) for w in ("T/c", "attribution", "*", "act:distribute", "act:serve", "relabel", "c")] == [FALSE] * 4 + [TRUE] * 3
    source, other = When((("form", ("source",)),)), When((("form", ("weights",)),))
    assert [found(plain._replace(when=w)) for w in (source, other)] == [FALSE, TRUE]
    assert [found(plain._replace(unless=w)) for w in (source, other)] == [TRUE, FALSE]
    assert found(plain._replace(basis=("contract",))) == ACCEPTED
    words = (("grant", "for research"),)
    asked = negate(lit("?T grant: for research", ["yes"]))
    assert [found(plain._replace(lifted_by_param=p), params=w) for p, w in (("grant", words), ("", words), ("other", words), ("grant", (("grant", "None"),)), ("grant", ()))] == [asked, TRUE, TRUE, TRUE, TRUE]
    question = context.questions["?T grant: for research"]
    assert question == Question("?T grant: for research", "grant", "component", "Does the grant “for research” of T cover this use?", ("yes", "no"), "permissions: [{…, covers: [all]}] if it does")
    assert [found(plain._replace(reaches=frozenset({"copy", "output"}), basis=("right", "contract")), way=w) for w in ("copy", "output")] == [TRUE, ACCEPTED]
