"""What one clause costs a making act or a release: every level, on licences made for the purpose."""

from __future__ import annotations

from typing import Any

import pytest

from licgraph.expression import Leaf
from licgraph.knowledge import Knowledge
from licgraph.license import Clause, FurtherRestrictions, License, Relabel
from licgraph.license import Test as When
from licgraph.solver.carry import State, Strand, carry
from licgraph.solver.decide import Case
from licgraph.solver.formula import FALSE, TRUE, all_of, any_of, lit, negate
from licgraph.solver.item import Item, Terms
from licgraph.solver.items import (
    acts_on,
    begins,
    default_reach_unknown,
    made,
    making_acts,
    reached_fixes,
    release_acts,
    released,
)
from licgraph.stack import Component, Edge, Label, Permission, Release

from .test_carry import ACCEPTED, IT, OURS, RELEASE, _clause, _context

EVERY = frozenset({"use", "copy", "modify", "link", "train", "distil", "distribute", "publish-outputs", "serve"})
GRANT = _clause(id="grant", kind="grant", acts=EVERY, cite="s.1", quote="may", reading="It may.")
CODE, PROGRAM = Component("it", "code", license=Leaf("T"), declared=Leaf("T")), Component("ours", "code", ours=True)
OUT = License("OUT", "OUT")
OWN = License("OWN-TERMS", "", state="own")
STEP = Edge("ours", "modifies", "it")
SOURCE = Release("ours", form="source", purpose="commercial", use="any")


def _licence(*clauses: Clause, **said: Any) -> License:
    return License("T", "T", clauses=(GRANT, *(c._replace(reaches=c.reaches or frozenset({"copy", "derivative"})) for c in clauses)), **said)


def _made(knowledge: Knowledge, licence: License, edge: Edge = STEP, release: Release = SOURCE, parts: tuple[Component, ...] = (CODE, PROGRAM), **stack: Any) -> list[Item]:
    context = _context(knowledge, *parts, edges=(edge,), licenses={"T": licence}, **stack)
    context.carry = carry(context)
    return made(context, release)


def _released(
    knowledge: Knowledge, licence: License, *members: License, edges: tuple[Edge, ...] = (STEP,), release: Release = SOURCE, parts: tuple[Component, ...] = (CODE, PROGRAM), by: str = "us", **stack: Any
) -> list[Item]:
    context = _context(knowledge, *parts, edges=edges, licenses={"T": licence, "OUT": OUT}, **stack)
    context.carry = carry(context)
    return released(context, release, Terms(members or (OUT,)), by)


def _said(items: list[Item]) -> list[tuple[str, str, str]]:
    return [(i.level, i.clause, i.why) for i in items]


# -- acts ----------------------------------------------------------------------------------------------------------


def test_what_a_release_is() -> None:
    forms = {"weights": {"distribute"}, "source": {"distribute"}, "binary": {"distribute"}, "dataset": {"distribute"}, "outputs": {"publish-outputs"}, "service": {"serve"}, "internal": set()}
    assert {f: set(release_acts(RELEASE._replace(form=f))) for f in forms} == forms
    assert {f: set(release_acts(RELEASE._replace(form=f, to="own"))) for f in forms} == {f: set() for f in forms}
    assert [making_acts(Edge("a", "trained-on", "b", p), a) for p, a in (("perform-similarly", "train"), ("general", "train"), ("perform-similarly", "distil"), ("", ""))] == [("train", "distil"), ("train",), ("distil",), ()]


def test_which_acts_touch_a_work() -> None:
    def acts(form: str, kind: str = "weights", of: str = "weights", way: str = "copy", place: str = "inside", to: str = "public", not_to: frozenset[str] = frozenset()) -> set[str]:
        strand = Strand(0, License("T", "T", not_to=not_to), of, "license", (0, 0))
        return set(acts_on(RELEASE._replace(form=form, to=to), Component("x", kind), strand, State(way, place)))

    assert acts("weights") == {"distribute"}
    assert acts("weights", to="customers", not_to=frozenset({"customers"})) == acts("weights", place="behind") == set()
    assert acts("service", place="behind", of="dataset") == {"serve"}
    assert acts("dataset", "outputs") == {"publish-outputs"}
    assert acts("dataset", "dataset") == acts("weights", "outputs") == {"distribute"}
    for of, way, place, shown in (("dataset", "copy", "inside", True), ("outputs", "derivative", "beside", True), ("document", "copy", "inside", True), ("weights", "copy", "inside", False), ("dataset", "trained", "inside", False), ("weights", "trained", "answers", True)):
        assert acts("service", of=of, way=way, place=place) == ({"serve", "publish-outputs"} if shown else {"serve"})
    assert acts("weights", of="dataset", place="answers") == {"distribute"}


# -- making --------------------------------------------------------------------------------------------------------


def test_a_naming_duty_is_about_the_model_that_was_made(knowledge: Knowledge) -> None:
    """Behind a service it is the model's name that counts, and the item says so."""
    prefix = _clause(id="name", duty="name-prefix", nature="travels", value="Big", acts=EVERY)
    model, app = Component("model", "weights", ours=True, name="Small"), Component("app", "service", ours=True, name="Big app")
    edges = (Edge("model", "finetune", "it"), Edge("app", "runs-with", "model"))
    items = _released(knowledge, _licence(prefix), edges=edges, parts=(Component("it", "weights", license=Leaf("T"), declared=Leaf("T")), model, app), release=Release("app", form="service", to="public"))
    assert {(i.level, i.thing) for i in items if i.clause == "name"} == {("duty", "model"), ("block", "model")}


def test_a_making_act_that_is_granted_costs_nothing(knowledge: Knowledge) -> None:
    travels = _clause(duty="attribution", nature="travels", acts=EVERY)
    fixes = _clause(id="d", duty="same-license", nature="fixes", fixes_to=frozenset({"T"}), acts=EVERY)
    assert _made(knowledge, _licence(travels, fixes, fixes._replace(id="e", limit=("annual-revenue-usd", 1.0)))) == []


def test_a_making_act_that_is_ruled_out(knowledge: Knowledge) -> None:
    ban = _clause(id="ban", kind="prohibition", nature="ban", duty="field-of-use", acts=frozenset({"modify"}), cite="s.2", quote="q", reading="r", review="disputed")
    (item,) = _made(knowledge, _licence(ban))
    assert item == Item(
        "block", TRUE, "T", "ban", "s.2", "our act (modify) is one the terms rule out", "modify", "made", "us", "it", 0, State("copy", "inside"), 1, ("it", "ours"), ("modifies",),
        "q", "r", "disputed", "field-of-use", "", "ban", slots=((0, 0),),
    )  # fmt: skip
    assert _made(knowledge, _licence(ban._replace(acts=frozenset({"copy"})))) == []
    assert _said(_made(knowledge, _licence(ban._replace(nature="binds")))) == []
    nobody = Permission("it", "x", ("all",))
    assert _made(knowledge, _licence(ban), permissions=(nobody,)) == []
    theirs = _made(knowledge, _licence(ban._replace(basis=("contract",))), Edge("ours", "modifies", "it", accepted_terms=False))
    assert [i.condition for i in theirs] == [all_of(lit("contract-binds-without-copyright", ("yes",)), lit("terms-run-to-third-parties", ("yes",)))]
    assert [i.condition for i in _made(knowledge, _licence(ban._replace(basis=("contract",))))] == [ACCEPTED]


def test_limits_on_making(knowledge: Knowledge) -> None:
    cap = _clause(id="cap", nature="ban", duty="revenue-cap", acts=frozenset({"modify"}), limit=("annual-revenue-usd", 1_000_000.0))
    assert _said(_made(knowledge, _licence(cap), facts={"annual-revenue-usd": 1_000_001})) == [("block", "cap", "annual-revenue-usd is above 1,000,000")]
    for facts in ({}, {"annual-revenue-usd": 1_000_000}):
        assert _said(_made(knowledge, _licence(cap), facts=facts)) == [("duty", "cap", "a limit to stay below")]


def test_commerce_in_making(knowledge: Knowledge) -> None:
    private = _clause(id="nc", nature="binds", duty="no-commercial-use", acts=frozenset({"modify"}))
    (item,) = _made(knowledge, _licence(private))
    assert (item.level, item.why, item.condition) == ("block", "our act (modify) is for a commercial purpose, which is not granted", any_of(lit("nc-scope", ("purpose",)), lit("nc-scope", ("broad",))))
    assert _made(knowledge, _licence(private), release=SOURCE._replace(purpose="non-commercial")) == []


def test_an_act_that_is_not_granted(knowledge: Knowledge) -> None:
    def why(licence: License, **said: Any) -> list[tuple[str, str, str]]:
        return _said(_made(knowledge, licence, **said))

    bare = License("T", "T", clauses=(GRANT._replace(acts=frozenset({"copy"})),))
    (item,) = _made(knowledge, bare)
    assert (item.clause, item.cite, item.quote, item.reading, item.why) == ("not-granted", "s.1", "may", "It may.", "nothing in its terms grants this act (modify) on the work itself")
    assert _made(knowledge, License("T", "T", clauses=(_clause(cite="s.0"), *bare.clauses)))[0].cite == "s.1"
    assert (_made(knowledge, License("T", "T"))[0].cite, _made(knowledge, License("T", "T"))[0].quote) == ("", "")
    assert [w for _, _, w in why(License("T", "T", state="closed"))] == ["somebody's closed terms: this act (modify) is not granted unless a permission says so"]
    assert why(License("T", "T", state="to-buy")) == [("open", "not-granted", "this licence has to be bought: record it as a permission once it has been")]
    assert why(License("NONE", "", state="closed")) == [("block", "not-granted", "no licence was found, so this act (modify) is not granted")]
    for free in (License("T", "T", state="free"), License("T", "T", state="own"), _licence(), _licence(partial="the annex")):
        assert [w for w in why(free) if w[1] == "not-granted"] == []
    assert why(bare, permissions=(Permission("it", "x", ("all",)),)) == []
    assert why(bare, edge=Edge("ours", "built-with", "it")) == []
    assert [w[2] for w in why(bare, edge=Edge("ours", "trained-on", "it"))] == ["nothing in its terms grants this act (train) on the work itself"]
    assert why(bare, edge=Edge("ours", "trained-on", "it"), permissions=(Permission("it", "x", ("training",)),)) == []
    shut = _clause(id="nd", duty="no-derivatives-shared", nature="fixes", fixes_to=frozenset(), acts=frozenset({"modify"}))
    assert why(License("T", "T", clauses=(shut,))) == []
    for other in (shut._replace(acts=frozenset({"copy"})), shut._replace(reaches=frozenset({"derivative"})), shut._replace(fixes_to=frozenset({"T"})), shut._replace(fixes_to=None)):
        assert len(why(License("T", "T", clauses=(other,)))) == 1
    added = CODE._replace(license=Leaf("MIT"), additional=(Leaf("T"),))
    assert _made(knowledge, License("T", "T"), parts=(added, PROGRAM)) == []


def test_a_grant_with_a_condition(knowledge: Knowledge) -> None:
    for grant, condition in (
        (GRANT._replace(when=When((("kind", ("code",)),))), None), (GRANT._replace(when=When((("kind", ("weights",)),))), TRUE), (GRANT._replace(unless=When((("kind", ("code",)),))), TRUE),
        (GRANT._replace(rests_on=(("a", ("x",)),)), negate(lit("a", ["x"]))), (GRANT._replace(reaches=frozenset({"derivative"})), TRUE), (GRANT._replace(kind="definition"), TRUE),
    ):  # fmt: skip
        assert [i.condition for i in _made(knowledge, License("T", "T", clauses=(grant,)))] == ([] if condition is None else [condition])


def test_terms_that_were_not_read(knowledge: Knowledge) -> None:
    unread, part = License("T", "T", state="unknown"), _licence(partial="the annex")
    nothing = "the terms of T are not in the knowledge base, so nothing is known to be granted"
    assert _said(_made(knowledge, unread)) == [("unknown", "unknown-terms", nothing)]
    (item,) = _made(knowledge, unread)
    assert item[15:] == ("", "", "draft", "", "", "", False, False, "", ((0, 0),), "")
    assert _said(_made(knowledge, License("NOASSERTION", "", state="unknown"))) == [("unknown", "unknown-terms", "no statement of its licence could be resolved, so nothing is known to be granted")]
    assert _said(_made(knowledge, part)) == [("unknown", "unknown-terms", "only a part of the text of T was read (the annex not at hand), so what else it asks or withholds is not known")]
    assert _made(knowledge, unread, Edge("ours", "built-with", "it")) == []
    assert _made(knowledge, unread, permissions=(Permission("it", "x", ("all",)),)) == []
    context = _context(knowledge)
    assert default_reach_unknown(context, Strand(0, unread, "code", "license", (0, 0)), "remote") is FALSE
    _, steered = _made(knowledge, unread, Edge("ours", "rewarded-by", "it", "general"), parts=(CODE, OURS))
    assert (steered.level, steered.act, steered.condition) == ("unknown", "train", all_of(lit("outputs-are-licensed", ("if-arguable",)), lit("selection-is-use-of-output", ("yes",))))
    for relation, condition in (("generated-by", lit("outputs-are-licensed", ("if-arguable",))), ("links-static", TRUE), ("modifies", TRUE)):
        (item,) = _released(knowledge, unread, edges=(Edge("ours", relation, "it"),))
        assert (item.level, item.condition, item.cite) == ("unknown", condition, "")
    (item,) = _released(knowledge, unread, edges=(Edge("ours", "trained-on", "it"),), parts=(CODE, OURS))
    assert item.condition == all_of(lit("training-is-adaptation", ("yes",)), any_of(*(lit("training-needs-permission", (v,)) for v in ("always", "unless-exception-asserted"))))


def test_a_ban_to_watch(knowledge: Knowledge) -> None:
    """A ban that waits for facts presumed absent is told as a condition, in making and in releasing."""
    ban = _clause(id="eu", kind="prohibition", nature="ban", duty="territory", acts=EVERY, when=When(facts=(("multimodal", ("true",)), ("domicile", ("EU", "UK")))))
    watched = "would stand against the release if multimodal is true and domicile is EU or UK"
    (item,) = _made(knowledge, _licence(ban))
    assert (item.level, item.clause, item.why, item.refused, item.condition) == ("duty", "eu", watched, "watch", TRUE)
    (item,) = _released(knowledge, _licence(ban))
    assert (item.level, item.why, item.refused) == ("duty", watched, "watch")
    assert _said(_made(knowledge, _licence(ban), facts={"multimodal": False})) == []
    for other in (ban._replace(nature="binds"), ban._replace(duty=""), ban._replace(when=When((("kind", ("weights",)),)))):
        assert [i for i in (*_made(knowledge, _licence(other)), *_released(knowledge, _licence(other))) if i.refused == "watch"] == []
    told = {"multimodal": True, "domicile": "DE"}
    assert _said(_made(knowledge, _licence(ban), facts=told)) == [("block", "eu", "our act (modify) is one the terms rule out")]


def test_a_model_steered_by_scores(knowledge: Knowledge) -> None:
    ban = _clause(id="no-training", kind="prohibition", nature="ban", duty="no-training-other-models", acts=frozenset({"train", "distil"}), reaches=frozenset({"output"}))
    edge = Edge("ours", "rewarded-by", "it", "general")
    used = lit("selection-is-use-of-output", ("yes",))
    assert [(i.act, i.condition, i.steps) for i in _made(knowledge, _licence(ban), edge, parts=(CODE, OURS))] == [("train", used, ("rewarded-by",))]
    assert [i.act for i in _made(knowledge, _licence(ban), edge._replace(purpose="perform-similarly"), parts=(CODE, OURS))] == ["train", "distil"]
    assert _made(knowledge, _licence(ban), edge, parts=(CODE, PROGRAM)) == []
    assert [i.act for i in _made(knowledge, _licence(ban), edge, parts=(CODE, OURS._replace(kind="adapter")))] == ["train"]
    assert _made(knowledge, _licence(ban), edge._replace(relation="generated-by"), parts=(CODE, OURS)) == []


def test_distilling_over_data_is_training(knowledge: Knowledge) -> None:
    """By whatever name, with whatever purpose; over a model it is distilling."""
    acts = {a: _clause(id=a, kind="prohibition", nature="ban", duty="field-of-use", acts=frozenset({a})) for a in ("train", "distil")}
    for kind, relation, purpose, expected in (
        ("dataset", "distill-outputs", "general", ["train"]), ("dataset", "distill-outputs", "perform-similarly", ["train", "distil"]), ("dataset", "trained-on", "perform-similarly", ["train", "distil"]),
        ("document", "distill-outputs", "general", ["train"]), ("weights", "distill-logits", "general", ["distil"]),
    ):  # fmt: skip
        found = _made(knowledge, _licence(*acts.values()), Edge("ours", relation, "it", purpose), parts=(CODE._replace(kind=kind), OURS))
        assert [i.clause for i in found] == expected


def test_like_acts_are_told_once_with_all_origins(knowledge: Knowledge) -> None:
    ban = _clause(id="ban", kind="prohibition", nature="ban", duty="field-of-use", acts=frozenset({"modify", "distribute"}))
    parts, edges = (CODE._replace(id="x"), CODE._replace(id="y"), PROGRAM), (Edge("ours", "modifies", "x"), Edge("ours", "modifies", "y"))
    context = _context(knowledge, *parts, edges=edges, licenses={"T": _licence(ban)})
    context.carry = carry(context)
    (item,) = made(context, SOURCE)
    assert context.carry.origins(item.origins) == ["x", "y"]
    assert [context.carry.origins(i.origins) for i in released(context, SOURCE, Terms((OUT,)), "us")] == [["x", "y"]] * 2
    edges = (Edge("ours", "convert", "x"), Edge("ours", "modifies", "y"))
    context = _context(knowledge, *parts, edges=edges, licenses={"T": _licence(ban)})
    context.carry = carry(context)
    assert [(i.level, context.carry.origins(i.origins)) for i in released(context, SOURCE, Terms((OUT,)), "us")] == [("duty", ["x", "y"]), ("block", ["x", "y"])]
    theirs = _context(knowledge, CODE, PROGRAM._replace(ours=False, license=Leaf("OUT")), edges=(Edge("ours", "modifies", "it"),), licenses={"T": _licence(ban), "OUT": OUT})
    theirs.carry = carry(theirs)
    assert made(theirs, SOURCE) == []


def test_one_question_a_step(knowledge: Knowledge) -> None:
    """Steps that state no purpose are asked one by one; those that state one, looked at once."""
    ban = _clause(id="ban", kind="prohibition", nature="ban", duty="field-of-use", acts=frozenset({"train"}), when=When((("purpose", ("general",)),)))
    two = (Component("x", "weights", ours=True), Component("y", "weights", ours=True))

    def asked(one: str, other: str) -> list[Any]:
        edges = (Edge("x", "trained-on", "it", one), Edge("y", "trained-on", "it", other), Edge("ours", "merge", "x"), Edge("ours", "merge", "y"))
        context = _context(knowledge, CODE, *two, OURS, edges=edges, licenses={"T": _licence(ban)})
        context.carry = carry(context)
        return [(i.condition, i.path) for i in made(context, SOURCE)]

    needed = any_of(*(lit("training-needs-permission", (v,)) for v in ("always", "unless-exception-asserted")))
    assert asked("", "") == [(all_of(needed, lit(f"?purpose {n}->it", ["general"])), ("it", n)) for n in "xy"]
    assert asked("general", "narrow-classifier") == [(needed, ("it", "x"))]
    assert asked("narrow-classifier", "general") == [(needed, ("it", "y"))]


def test_an_exemption_for_what_is_made_from_the_work(knowledge: Knowledge) -> None:
    """Asked of each thing made, also where the steps are alike."""
    ban = _clause(id="ban", kind="prohibition", nature="ban", duty="no-training-other-models", acts=frozenset({"distil"}), unless=When((("result-made-from", ("T",)),)))
    for own, other in (("x", "y"), ("y", "x")):
        for later in (own, other):  # whichever is looked at first
            steps = (Edge("x", "distill-logits", "it", "general"), Edge("y", "distill-logits", "it", "general"), Edge(own, "finetune", "it"), Edge(later, "finetune", "z"))
            parts = (CODE, Component("z", "weights", license=Leaf("FREE")), Component("x", "weights", ours=True), Component("y", "weights", ours=True), OURS)
            context = _context(knowledge, *parts, edges=(*steps, Edge("ours", "merge", "x"), Edge("ours", "merge", "y")), licenses={"T": _licence(ban), "FREE": License("FREE", "", state="free")})
            context.carry = carry(context)
            assert [i.path for i in made(context, SOURCE)] == [("it", other)]


def test_what_never_holds_is_left_out(knowledge: Knowledge) -> None:
    """A label that counts under one value of a question, and a clause that needs another."""
    rests = (("label-authority", ("by-rank",)),)
    ban = _clause(id="ban", kind="prohibition", nature="ban", duty="field-of-use", acts=EVERY, rests_on=rests)
    fix = _clause(id="sa", duty="same-license", nature="fixes", fixes_to=frozenset({"T"}), rests_on=rests)
    labelled = CODE._replace(license=Leaf("OUT"), declared=Leaf("OUT"), labels=(Label("origin", Leaf("OUT")), Label("tag", Leaf("T"))))
    for clause in (ban, fix):
        context = _context(knowledge, labelled, PROGRAM, edges=(STEP,), licenses={"T": _licence(clause), "OUT": License("OUT", "OUT", clauses=(GRANT,))})
        context.carry = carry(context)
        assert [*made(context, SOURCE), *released(context, SOURCE, Terms((OUT,)), "us"), *reached_fixes(context, SOURCE)] == []


def test_what_is_owed_worsens_no_answer(knowledge: Knowledge) -> None:
    ban = _clause(id="ban", kind="prohibition", nature="ban", duty="field-of-use", rests_on=(("a", ("x",)),))
    items = _released(knowledge, _licence(ban))
    assert [i.level for i in items] == ["duty", "block"]
    assert Case.of([*items, *items]).items == ((3, lit("a", ["x"]), ((0, 0),)),)


def test_each_path_is_tested_by_its_own_steps(knowledge: Knowledge) -> None:
    """Two works of one kind, by like steps for different purposes, one through somebody's label."""
    clause = _clause(id="c", duty="attribution", nature="travels", when=When((("purpose", ("general",)),)))
    parts = (CODE._replace(id="x"), CODE._replace(id="y"), Component("m", "code", license=Leaf("OUT")), Component("n", "code", license=Leaf("NO-CLAIM")), PROGRAM)
    for x, y, origin in (("general", "narrow-classifier", "x"), ("narrow-classifier", "general", "y")):
        edges = (Edge("m", "modifies", "x", x), Edge("n", "modifies", "y", y), Edge("ours", "modifies", "m", "narrow-classifier"), Edge("ours", "modifies", "n", "narrow-classifier"))
        context = _context(knowledge, *parts, edges=edges, licenses={"T": _licence(clause), "OUT": OUT})
        context.carry = carry(context)
        assert [context.carry.origins(i.origins) for i in released(context, SOURCE, Terms((OUT,)), "us") if i.license == "T"] == [[origin]]


def test_what_stands_against_a_label_of_somebody_else(knowledge: Knowledge) -> None:
    """Looked at as theirs: what came into their thing, not their own terms."""
    ban = _clause(id="ban", kind="prohibition", nature="ban", duty="field-of-use")
    theirs = PROGRAM._replace(ours=False, license=Leaf("OUT"))
    context = _context(knowledge, CODE, theirs, edges=(STEP,), licenses={"T": _licence(ban), "OUT": License("OUT", "OUT", clauses=(GRANT, ban._replace(license="OUT")))})
    context.carry = carry(context)
    assert [(i.license, i.level, i.by) for i in released(context, SOURCE, Terms((OUT,)), "ours")] == [("T", "duty", "ours"), ("T", "block", "ours")]
    assert {i.license for i in released(context, SOURCE, Terms((OUT,)), "us")} == {"T", "OUT"}


# -- releasing -----------------------------------------------------------------------------------------------------


def test_what_travels(knowledge: Knowledge) -> None:
    credit = _clause(id="credit", duty="attribution", value="v", nature="travels", cite="s.3")
    (item,) = _released(knowledge, _licence(credit))
    assert item == Item("duty", TRUE, "T", "credit", "s.3", "", "distribute", "release", "us", "ours", 0, State("derivative", "inside"), 1, ("it", "ours"), ("modifies",), duty="attribution", value="v", nature="travels", slots=((0, 0),))
    refusing = SOURCE._replace(will_not=("attribution",))
    assert [(i.level, i.why, i.edit, i.refused) for i in _released(knowledge, _licence(credit), release=refusing)] == [("duty", "", "", "refused"), ("block", "the release refuses this duty (will-not)", "refusal", "")]
    assert [i.refused for i in _released(knowledge, _licence(credit), release=SOURCE._replace(will_not=("display",)))] == [""]
    assert _released(knowledge, _licence(credit), edges=(Edge("ours", "built-with", "it"),)) == []
    assert _released(knowledge, _licence(credit._replace(reaches=frozenset({"copy", "derivative", "trained"}))), edges=(Edge("ours", "generated-by", "it"),), release=SOURCE._replace(form="outputs")) == []


def test_a_name_that_is_prescribed(knowledge: Knowledge) -> None:
    prefix = _clause(id="name", duty="name-prefix", value="Llama", nature="travels", acts=frozenset({"distribute", "serve"}))

    def blocked(name: str, clause: Clause = prefix, edges: tuple[Edge, ...] = (Edge("ours", "finetune", "it"),), **said: Any) -> list[str]:
        parts = said.pop("parts", (IT, OURS._replace(name=name)))
        return [i.why for i in _released(knowledge, _licence(clause), edges=edges, parts=parts, **{"release": RELEASE, **said}) if i.edit == "name"]

    assert blocked("Plain") == ["the name 'Plain' does not begin with 'Llama'"]
    assert blocked("Llama-X") == blocked("") == blocked("Plain", prefix._replace(value="")) == blocked("Plain", prefix._replace(duty="display")) == []
    assert blocked("Plain", edges=(Edge("ours", "contains", "it"),)) == []
    inner, service = OURS._replace(id="inner", name="Plain"), Component("ours", "service", "Shop", ours=True)
    behind = (Edge("inner", "finetune", "it"), Edge("ours", "runs-with", "inner"))
    serving = RELEASE._replace(form="service")
    assert blocked("", edges=behind, parts=(IT, inner, service), release=serving) == ["the name 'Plain' does not begin with 'Llama'"]
    assert blocked("", edges=behind, parts=(IT, inner._replace(kind="adapter"), service), release=serving) == ["the name 'Plain' does not begin with 'Llama'"]
    assert blocked("", edges=behind, parts=(IT, inner._replace(name="Llama 2"), service), release=serving) == []
    assert blocked("", edges=(Edge("ours", "runs-with", "it"),), parts=(IT, service), release=serving) == ["the name 'Shop' does not begin with 'Llama'"]
    assert [begins(n, "Llama") for n in ("org/Llama-X", "llama_x", "My Llama", "Llama/other")] == [True, True, False, False]
    assert begins("a b_c-d", "A-B C_D")


def test_two_prescribed_names(knowledge: Knowledge) -> None:
    def conflicts(one: str, other: str, place: str = "finetune", duty: str = "name-prefix", name: str = "", form: str = "weights") -> list[tuple[str, str, tuple[tuple[int, int], ...]]]:
        first, second = (_clause(id=i, duty=d, value=v, nature="travels", acts=EVERY, rests_on=((f"q{i}", ("x",)),)) for i, d, v in (("a", "name-prefix", one), ("b", duty, other)))
        found = _released(knowledge, _licence(first, second), edges=(Edge("ours", place, "it"),), parts=(IT, OURS._replace(name=name)), release=RELEASE._replace(form=form))
        return [(i.why, str(sorted(v[1] for v in i.condition[1] if v[0] == "lit" and v[1].startswith("q"))), i.slots) for i in found if "both" in i.why]

    assert conflicts("Llama", "EXAONE", name="Plain") == conflicts("Llama", "EXAONE", "runs-with", form="service") == conflicts("Llama", "EXAONE")
    assert conflicts("Llama", "EXAONE") == [("a name cannot begin with both 'Llama' and 'EXAONE' (T )", "['qa', 'qb']", ((0, 0), (0, 0)))]
    assert conflicts("Llama", "Llama 3") == conflicts("llama-3", "Llama") == conflicts("Llama", "") == conflicts("Llama", "EXAONE", "contains") == conflicts("Llama", "EXAONE", duty="display") == []


def test_what_binds(knowledge: Knowledge) -> None:
    use = _clause(id="use", duty="pass-through-use-restrictions", value="list", nature="binds")
    missing = f"the proposed terms do not impose this on recipients ({knowledge.duties['pass-through-use-restrictions'].label.lower()})"
    duty, block = _released(knowledge, _licence(use))
    assert (duty.level, duty.why, duty.by) == ("duty", "", "us")
    assert (block.level, block.why, block.by, block.label_only, block.condition) == ("block", missing, "recipients", True, TRUE)

    def met(*members: License, clause: Clause = use, relation: str = "modifies") -> bool:
        return len(_released(knowledge, _licence(clause), *members, edges=(Edge("ours", relation, "it"),))) == 1

    same, other, any_list = (License("S", "S", clauses=(use._replace(license="S", value=v),)) for v in ("list", "other", ""))
    assert [met(OUT), met(OWN), met(_licence(use)), met(same), met(other), met(OUT, same), met(any_list)] == [False, True, True, True, False, True, False]
    assert met(other, clause=use._replace(value=""))
    assert not met(License("S", "S", clauses=(use._replace(nature="travels"),)))
    assert not met(License("S", "S", clauses=(use._replace(duty="territory"),)))
    assert met(OUT, relation="contains")
    naming = _licence(use, _clause(id="fix", duty="same-license", nature="fixes", fixes_to=frozenset({"OUT", "T"})))
    assert [i.clause for i in _released(knowledge, naming) if i.level == "block"] == []


def test_what_may_be_handed_on_of_a_private_work(knowledge: Knowledge) -> None:
    private = _clause(id="nc", duty="no-commercial-use", nature="binds")
    broken = any_of(*(lit("nc-scope", (v,)) for v in ("purpose", "broad", "narrow")))

    def said(**release: Any) -> list[tuple[str, Any, str]]:
        relation = release.pop("relation", "modifies")
        found = _released(knowledge, _licence(private), OWN, edges=(Edge("ours", relation, "it"),), release=SOURCE._replace(**release))
        return [(i.why, i.condition, i.edit) for i in found if i.level == "block"]

    by = [(i.level, i.by) for i in _released(knowledge, _licence(private), OWN)]
    assert by == [("duty", "us"), ("block", "us"), ("block", "recipients")]
    own = ("our act (distribute) is for a commercial purpose, which is not granted", broken, "")
    handed = "the release hands on {}, which the terms do not let us grant"
    assert said(use="any") == [own, (handed.format("use of any kind"), TRUE, "use")]
    assert said(use="commercial") == [own, (handed.format("commercial use"), TRUE, "use")]
    assert said(use="non-commercial", purpose="non-commercial") == []
    service, documents = Component("ours", "service", ours=True), CODE._replace(kind="dataset")
    serving = {"edges": (Edge("ours", "retrieves-from", "it"),), "parts": (documents, service), "release": SOURCE._replace(form="service")}
    shown = _released(knowledge, _licence(private._replace(acts=frozenset({"publish-outputs"}))), OWN, **serving)
    assert [i.why for i in shown if i.by == "recipients"] == [handed.format("use of any kind")]
    assert said(use="non-commercial") == said(use="any", relation="contains") == [own]


def test_what_fixes(knowledge: Knowledge) -> None:
    fix = _clause(id="sa", duty="same-license", nature="fixes", fixes_to=frozenset({"T", "LATER"}))
    further = FurtherRestrictions("s.6", "", "", frozenset({"attribution"}))
    must = "the result must be under LATER, T"

    def blocks(*members: License, clause: Clause = fix, edge: str = "modifies", **licence: Any) -> list[str]:
        found = _released(knowledge, _licence(clause, **licence), *members, edges=(Edge("ours", edge, "it"),))
        assert [i.why for i in found if i.level == "duty"] == [""]
        return [i.why for i in found if i.level == "block"]

    later = License("LATER", "")
    assert [blocks(OUT), blocks(OWN), blocks(_licence()), blocks(later), blocks(OUT, later)] == [[must], [must], [], [], []]
    assert blocks(OUT, edge="contains") == []
    assert [blocks(OUT, clause=fix._replace(fixes_to=None)), blocks(_licence(), clause=fix._replace(fixes_to=None)), blocks(OWN, further=further)] == [["the result must be under T"], [], [must]]
    assert blocks(_licence(), clause=fix._replace(fixes_to=frozenset())) == ["what is changed may not be shared"]
    assert [i.label_only for i in _released(knowledge, _licence(fix)) if i.level == "block"] == [False]
    assert [i.label_only for i in _released(knowledge, _licence(fix._replace(fixes_file=True))) if i.level == "block"] == [True]
    asks = License("ASKS", "", clauses=(_clause(duty="attribution"), _clause(duty="display"), _clause(duty="territory", kind="prohibition"), _clause(duty="indemnity", kind="for-counsel"), _clause()))
    assert blocks(later, asks) == []
    assert blocks(later, asks, further=further) == ["ASKS adds restrictions it does not tolerate (display, territory)"]
    assert blocks(later, License("MILD", "", clauses=(_clause(duty="attribution"),)), further=further) == []
    assert blocks(later, OWN, further=further) == ["OWN-TERMS adds restrictions it does not tolerate (terms of our own)"]


def test_what_runs_behind_a_service_may_keep_its_terms(knowledge: Knowledge) -> None:
    """Unless it is an unlabelled part of ours, which takes the label of the release."""
    fix = _clause(id="sa", duty="same-license", nature="fixes", fixes_to=frozenset({"T"}), acts=frozenset({"serve"}))
    service, inner = Component("ours", "service", ours=True), PROGRAM._replace(id="inner")
    serving = SOURCE._replace(form="service")

    def blocked(*parts: Component, clause: Clause = fix) -> bool:
        edges = (Edge("inner", "modifies", "it"), Edge("ours", "runs-with", "inner")) if len(parts) == 3 else (Edge("ours", "runs-with", "it"),)
        return any(i.level == "block" and i.clause == "sa" for i in _released(knowledge, _licence(clause), edges=edges, parts=parts, release=serving))

    assert [blocked(CODE, service), blocked(CODE, inner, service), blocked(CODE, inner._replace(license=Leaf("T")), service), blocked(CODE, inner._replace(ours=False, license=Leaf("T")), service), blocked(CODE, inner._replace(ours=False), service)] == [False, True, False, False, False]
    assert not blocked(CODE, inner, service, clause=fix._replace(fixes_to=frozenset()))


def test_limits_and_bans_on_release(knowledge: Knowledge) -> None:
    cap = _clause(id="cap", nature="ban", duty="user-cap", limit=("monthly-active-users", 700.0))
    above = {"monthly-active-users": 701}
    assert _said(_released(knowledge, _licence(cap), facts=above)) == [("duty", "cap", "a limit to stay below"), ("block", "cap", "monthly-active-users is above 700")]
    assert _said(_released(knowledge, _licence(cap), facts={"monthly-active-users": 700})) == [("duty", "cap", "a limit to stay below")]
    credit = cap._replace(nature="travels", duty="display")
    assert [(i.level, i.why, i.refused) for i in _released(knowledge, _licence(credit))] == [("duty", "owed once monthly-active-users is above 700", "watch")]
    assert [(i.level, i.why, i.refused) for i in _released(knowledge, _licence(credit), facts=above)] == [("duty", "", "")]
    ban = _clause(id="ban", nature="ban", kind="prohibition", duty="field-of-use")
    assert _released(knowledge, _licence(_clause(id="nothing"))) == []
    assert _said(_released(knowledge, _licence(ban))) == [("duty", "ban", ""), ("block", "ban", "releasing it so is an act the terms rule out")]


def test_a_label_for_the_whole(knowledge: Knowledge) -> None:
    def said(value: str, *members: License, relation: str = "modifies", act: str = "distribute", clauses: tuple[Clause, ...] = (), reaches: frozenset[str] = frozenset({"copy", "derivative"}), **more: Any) -> list[tuple[str, str, Any]]:
        relabel = Relabel(value, "s.9", "q", "r", reaches, frozenset({act}))
        licence = _licence(*clauses, relabel=relabel, **{k: more.pop(k) for k in ("silent", "partial", "state") if k in more})
        found = _released(knowledge, licence, *members, edges=(Edge("ours", relation, "it"),), **more)
        assert all((i.cite, i.quote, i.reading, i.label_only) == ("s.9", "q", "r", True) for i in found if i.clause == "relabel")
        return [(i.level, i.why, i.condition) for i in found if i.clause == "relabel"]

    no = ("block", "the whole may not carry other terms", TRUE)
    assert said("no") == said("no", relation="convert") == [no]
    assert said("own-part-only") == [("block", "only our own contribution may carry other terms", TRUE)]
    assert said("unclear") == [("block", "the text does not settle whether the whole may carry other terms, which counts as no", TRUE)]
    assert said("any") == said("unclear", partial="the annex") == said("no", _licence()) == said("no", act="serve") == []
    assert said("any", relation="convert", reaches=frozenset({"derivative"})) == [("block", "a verbatim copy stays under these terms", TRUE)]
    assert said("any", relation="links-static", reaches=frozenset({"derivative"}), silent=frozenset({"linked"})) == []
    assert said("no", partial="the annex") == [no]
    assert said("no", relation="links-static", silent=frozenset({"linked"})) == [("block", no[1], lit("linking-is-derivative", ("yes",)))]
    assert said("no", relation="links-static") == said("no", relation="links-static", reaches=frozenset({"copy"}), silent=frozenset({"linked"})) == []
    assert said("no", relation="links-static", reaches=frozenset({"linked"})) == [no]
    assert said("no", relation="contains") == []
    for word in ("relabel", "all"):
        assert said("no", permissions=(Permission("it", "x", (word,)),)) == []
    assert said("no", permissions=(Permission("it", "x", ("commercial-use",)),)) == [no]
    fix = _clause(id="sa", duty="same-license", nature="fixes", fixes_to=frozenset({"LATER"}))
    assert said("no", clauses=(fix,)) == said("no", License("LATER", ""), clauses=(fix._replace(acts=frozenset({"serve"})),)) == []
    assert said("no", clauses=(fix._replace(acts=frozenset({"serve"})),)) == said("no", clauses=(fix._replace(reaches=frozenset({"linked"})),)) == [no]
    silent = {"relation": "links-static", "silent": frozenset({"linked"})}
    assert said("no", clauses=(fix,), **silent) == []
    assert said("no", clauses=(fix._replace(reaches=frozenset({"copy"})),), **silent) == [("block", no[1], lit("linking-is-derivative", ("yes",)))]
    assert len(said("any", reaches=frozenset({"copy"}))) == 1
    assert said("no", state="to-buy") == [("open", "what this licence allows depends on what has been bought: record it as a permission", TRUE)]


def test_terms_that_forbid_further_restrictions(knowledge: Knowledge) -> None:
    """A member that fixes the licence and tolerates some duties only meets a duty of another origin."""
    ask = _clause(id="ask", duty="patent-retaliation", nature="travels", acts=frozenset({"distribute", "publish-outputs", "serve"}))
    fixing = _clause(license="GPL", id="sa", duty="same-license", nature="fixes", fixes_to=frozenset({"GPL"}), acts=frozenset({"distribute", "publish-outputs", "serve"}))
    gpl = License("GPL", "GPL", clauses=(fixing,), further=FurtherRestrictions("s.6", "", "", frozenset({"attribution"})))
    what = knowledge.duties["patent-retaliation"].label.lower()

    def said(member: License = gpl, clause: Clause = ask, relation: str = "modifies", form: str = "source", **licence: Any) -> list[tuple[str, Any]]:
        found = _released(knowledge, _licence(clause, **licence), member, edges=(Edge("ours", relation, "it"),), release=SOURCE._replace(form=form))
        return [(i.why, i.condition) for i in found if i.level == "block"]

    why = f"GPL s.6 tolerates no further restriction of this kind ({what})"
    assert said() == said(form="outputs") == [(why, TRUE)]
    assert said(form="service") == said(clause=ask._replace(duty="attribution")) == said(clause=ask._replace(kind="definition", nature="")) == said(clause=ask._replace(duty="")) == []
    assert said(License("GPL", "GPL", clauses=(fixing,))) == said(License("GPL", "GPL", further=gpl.further)) == said(License("GPL", "GPL", clauses=(fixing._replace(acts=frozenset({"serve"})),), further=gpl.further)) == []
    assert said(relation="links-static", silent=frozenset({"linked"})) == [(why, lit("linking-is-derivative", ("yes",)))]
    assert said(relation="contains") == said(relation="links-static") == []
    into = _licence(ask, _clause(id="to", duty="same-license", nature="fixes", fixes_to=frozenset({"GPL", "T"})))
    assert [i for i in _released(knowledge, into, gpl) if i.level == "block"] == []


def test_duties_of_the_proposed_terms_and_of_the_step(knowledge: Knowledge) -> None:
    fixing = _clause(license="GPL", id="sa", duty="same-license", nature="fixes", fixes_to=frozenset({"GPL"}))
    travels = _clause(license="GPL", id="src", duty="provide-corresponding-source", nature="travels", acts=EVERY)
    variants = (
        travels, travels._replace(id="binds", nature="binds"), travels._replace(id="act", acts=frozenset({"serve"})), travels._replace(id="way", reaches=frozenset({"derivative"})), travels._replace(id="ban", kind="prohibition"),
        travels._replace(id="limit", limit=("monthly-active-users", 1.0)), travels._replace(id="when", when=When((("form", ("source",)),))), travels._replace(id="not", when=When((("form", ("binary",)),))),
        travels._replace(id="unless", unless=When((("form", ("source",)),))), travels._replace(id="if", when=When(assumptions=(("a", ("x",)),))),
    )  # fmt: skip
    gpl = License("GPL", "GPL", clauses=(fixing, *variants))
    found = [i for i in _released(knowledge, _licence(), gpl, OWN, release=SOURCE._replace(will_not=("provide-corresponding-source",))) if i.own]
    assert [(i.clause, i.level, i.why, i.refused, i.act, i.path, i.steps, i.origins, i.strand, i.thing, i.condition) for i in found] == [
        (c, "duty", "asked by the proposed terms themselves", "refused", "distribute", ("ours",), (), 0, -1, "ours", TRUE) for c in ("src", "when")
    ]  # fmt: skip
    assert [i.refused for i in _released(knowledge, _licence(), gpl) if i.own] == ["", ""]
    assert {(i.when, i.by, i.state, i.slots) for i in found} == {("release", "us", State("copy", "inside"), ())}
    assert [i for i in _released(knowledge, _licence(), License("P", "P", clauses=variants)) if i.own] == []
    assert [i for i in _released(knowledge, _licence(), gpl, by="it") if i.own] == []


@pytest.mark.parametrize(
    ("relation", "kind", "source", "form", "owed"),
    [
        ("adapter", "adapter", IT, "weights", ["state-base-license"]), ("contains", "dataset", IT, "dataset", ["per-item-license-metadata"]), ("contains", "document", IT, "dataset", ["per-item-license-metadata"]),
        ("contains", "weights", IT, "weights", []), ("contains", "dataset", IT._replace(ours=True), "dataset", []), ("finetune", "weights", IT, "weights", []), ("adapter", "adapter", IT, "internal", []),
    ],
)  # fmt: skip
def test_duties_of_a_step(relation: str, kind: str, source: Component, form: str, owed: list[str], knowledge: Knowledge) -> None:
    named, unnamed = (
        [i for i in _released(knowledge, _licence(), edges=(Edge("ours", relation, "it"),), parts=(source._replace(name=name), OURS._replace(kind=kind)), release=RELEASE._replace(form=form)) if not i.license]
        for name in ("Base", "")
    )  # fmt: skip
    assert [i.value for i in unnamed] == ["it"] * len(owed)
    assert all((i.cite, i.when, i.by, i.strand, i.state, i.origins) == ("", "release", "us", -1, State("copy", "inside"), 0) for i in named)
    assert [(i.duty, i.value, i.clause, i.path, i.steps, i.act, i.level) for i in named] == [(d, "Base", f"relation/{relation}", ("it", "ours"), (relation,), "distribute", "duty") for d in owed]
    assert all(i.reading == i.why == knowledge.relations[relation].why and i.nature == knowledge.duties[i.duty].nature for i in named)


def test_what_fixes_the_licence_of_the_whole(knowledge: Knowledge) -> None:
    fix = _clause(id="sa", duty="same-license", nature="fixes", fixes_to=frozenset({"T"}), acts=EVERY, rests_on=(("a", ("x",)),))
    for relation, form, found in (("modifies", "source", ["sa"]), ("contains", "source", []), ("links-static", "source", []), ("retrieves-from", "service", ["sa"]), ("runs-with", "service", [])):
        context = _context(knowledge, CODE, PROGRAM, edges=(Edge("ours", relation, "it"),), licenses={"T": _licence(fix, fix._replace(id="other", nature="travels"), fix._replace(id="no", fixes_to=None))})
        context.carry = carry(context)
        rows = reached_fixes(context, SOURCE._replace(form=form))
        assert {(c.id, s.license.id, f) for c, s, f in rows} == {(i, "T", lit("a", ["x"])) for i in found}  # once for each act
