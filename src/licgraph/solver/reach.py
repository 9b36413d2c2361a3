"""Stratum two, first half: does a clause of a licence reach a thing that carries the work so, and does it bind?

A clause applies when we do one of its acts on a thing that carries the work in a way within its reach. Where
the text is silent the default reach of the design (section 3.3) holds, each under a named assumption:

    linked      travelling duties always; fixing, binding and banning ones under linking-is-derivative
    trained     under training-is-adaptation, if training needs permission (databases: or the database right)
    extracted,  under outputs-are-licensed = if-arguable
    output
    remote      never
"""

from __future__ import annotations

from collections.abc import Sequence

from licgraph.license import Clause, Test
from licgraph.solver.carry import Context, Question, State, Strand, db_right, edge_test
from licgraph.solver.formula import FALSE, TRUE, Formula, all_of, any_of, lit, negate
from licgraph.stack import Component, Edge, Release

WEIGHTS = ("weights", "adapter")


def needs_permission(context: Context, strand: Strand | None = None) -> Formula:
    """Whether training is an act that needs a licence; contents without one put the exception as a question."""
    if strand is not None and strand.source == "contents" and strand.license.state == "closed" and context.fact("exception-asserted") is None:
        asserted = context.ask_fact("exception-asserted", ("true",))
    else:
        asserted = context.fact_is("exception-asserted", ("true",), strand)
    return any_of(
        lit("training-needs-permission", ("always",)),
        all_of(lit("training-needs-permission", ("unless-exception-asserted",)), negate(asserted)),
    )


def as_adaptation(context: Context, strand: Strand) -> Formula:
    """Whether a model trained on the work is an adaptation of it."""
    needed = needs_permission(context)
    if strand.kind == "dataset":
        needed = any_of(needed, db_right(context))
    memorised = context.fact_is("memorised", ("true",), strand)
    return all_of(any_of(lit("training-is-adaptation", ("yes",)), all_of(lit("training-is-adaptation", ("if-memorised",)), memorised)), needed)


def default_reach(context: Context, strand: Strand, way: str, travels: bool) -> Formula:
    """The reach of a clause that reaches changed versions, over a way on which the licence is silent."""
    if way not in strand.license.silent:
        return FALSE
    rests = strand.license.rests_on.get(way)
    if rests is not None:
        return all_of(*(lit(a, values) for a, values in rests))
    if way == "linked":
        return TRUE if travels else lit("linking-is-derivative", ("yes",))
    if way == "trained":
        return as_adaptation(context, strand)
    return lit("outputs-are-licensed", ("if-arguable",)) if way in ("extracted", "output") else FALSE


def reach(context: Context, strand: Strand, clause: Clause, way: str) -> Formula:
    """Whether a clause's words, or the default for their silence, reach a way of carrying the work."""
    if way in clause.reaches:
        rests = strand.license.rests_on.get(way, ()) if way not in ("copy", "derivative") else ()
        return all_of(*(lit(a, values) for a, values in (*clause.rests_on, *rests)))
    if "derivative" not in clause.reaches or way in clause.spared:
        return FALSE
    return all_of(default_reach(context, strand, way, clause.nature == "travels"), *(lit(a, values) for a, values in clause.rests_on))


def binds(context: Context, strand: Strand, basis: tuple[str, ...], state: State, act: str, express: bool) -> Formula:
    """Whether a clause has force against us: a right behind it, a contract we are held to, or either."""
    right: Formula = FALSE
    if "right" in basis and strand.source != "additional":
        right = TRUE
        by_contract_only = "contract" in basis and (state.defined or (express and state.way in ("extracted", "output")))
        if by_contract_only:
            right = FALSE
        else:
            if strand.kind in WEIGHTS:
                right = lit("weights-copyrightable", ("yes", "treat-as-bound"))
            if strand.kind in WEIGHTS and state.way in ("copy", "derivative") and "copy-of-weights" in strand.license.rests_on:
                right = all_of(right, *(lit(a, v) for a, v in strand.license.rests_on["copy-of-weights"]))
            if act == "train" and state.way in ("copy", "derivative"):
                right = all_of(right, needs_permission(context, strand))
    contract: Formula = FALSE
    if strand.source == "additional":
        contract = all_of(
            lit("contract-binds-without-copyright", ("yes", "acceptor-only")),
            lit("terms-run-to-third-parties", ("yes", "only-if-licensor-of-what-you-got-says-so")),
        )
    elif "contract" in basis:
        if state.accepted:
            contract = lit("contract-binds-without-copyright", ("yes", "acceptor-only"))
        else:
            contract = all_of(lit("contract-binds-without-copyright", ("yes",)), lit("terms-run-to-third-parties", ("yes",)))
    return any_of(right, contract)


def commercial(context: Context, release: Release) -> Formula:
    """Whether our own purpose is commercial; a question where the stack leaves it open."""
    if release.purpose:
        return release.purpose == "commercial"
    question = Question("?purpose", "our-purpose", "party", "Is our own purpose, in making and releasing it, commercial?", ("commercial", "non-commercial"), "--purpose commercial|non-commercial")
    return context.ask(question, ("commercial",))


def nc_broken(context: Context, release: Release, act: str, way: str) -> Formula:
    """Whether our act is a commercial one, under each reading of non-commercial (nc-scope)."""
    ours = commercial(context, release)
    known_private = release.purpose == "non-commercial"
    trade = act in ("distribute", "publish-outputs", "serve") and way in ("copy", "derivative")
    return any_of(
        all_of(lit("nc-scope", ("purpose",)), ours),
        all_of(lit("nc-scope", ("broad",)), not known_private),
        all_of(lit("nc-scope", ("narrow",)), ours) if trade else FALSE,
    )


def test(context: Context, found: Test, *, strand: Strand, release: Release, thing: Component, result: str, edges: Sequence[Edge]) -> Formula:
    """A clause's `when` or `unless`. A test of purpose or relation is put to the one edge of a making act, and
    on release to the edges of the path by which the work arrived: one that fits is enough, and no step is asked for
    its purpose where a later one states it (outputs are made for what they are used for)."""
    parts: list[Formula] = []
    for name, values in found.items:
        if name in ("purpose", "relation"):
            one = Test(((name, values),))
            put = [e for n, e in enumerate(edges) if name != "purpose" or e.purpose or not any(later.purpose for later in edges[n:])]
            parts.append(any_of(*(edge_test(context, one, edge, strand) for edge in put)))
        elif name == "changed-by":
            acts = context.knowledge.relations
            parts.append(any(acts[e.relation].act in ("modify", "link") and context.graph.components[e.result].ours for e in edges))
        elif name == "our-purpose":
            is_commercial = commercial(context, release)
            parts.append(is_commercial if "commercial" in values else negate(is_commercial))
        elif name == "result-made-from":
            assert context.carry is not None
            parts.append(context.carry.as_work(result, values))
        elif name == "form":
            parts.append(release.form in values)
        elif name == "to":
            parts.append(release.to in values)
        else:
            assert name == "kind"
            parts.append(thing.kind in values)
    parts += [lit(a, values) for a, values in found.assumptions]
    parts += [context.fact_is(name, values, strand) for name, values in found.facts]
    return all_of(*parts)


def applies(context: Context, strand: Strand, clause: Clause, state: State, act: str, *, release: Release, thing: Component, result: str, edges: Sequence[Edge]) -> Formula:
    """The whole condition under which a clause applies to an act of ours on a thing that carries the work."""
    if act not in clause.acts or clause.kind not in ("condition", "prohibition"):
        return FALSE
    if {clause.ref, clause.duty, "*", f"act:{act}"} & strand.lifted:
        return FALSE
    reached = reach(context, strand, clause, state.way)
    if reached is False:
        return FALSE
    when = test(context, clause.when, strand=strand, release=release, thing=thing, result=result, edges=edges)
    unless = test(context, clause.unless, strand=strand, release=release, thing=thing, result=result, edges=edges) if clause.unless else FALSE
    lifted = _lifted_by_param(context, strand, clause)
    return all_of(reached, binds(context, strand, clause.basis, state, act, state.way in clause.reaches), when, negate(unless), negate(lifted))


def _lifted_by_param(context: Context, strand: Strand, clause: Clause) -> Formula:
    """Whether what the licensor filled in (an Additional Use Grant) covers the use: nobody but a reader can say."""
    words = dict(strand.params).get(clause.lifted_by_param, "")
    if not words or words.casefold() == "none":
        return FALSE
    name = f"{strand.license.id} {clause.lifted_by_param}"
    question = Question(f"?{name}: {words}", clause.lifted_by_param, "component", f"Does the {clause.lifted_by_param} “{words}” of {strand.license.id} cover this use?", ("yes", "no"), "permissions: [{…, covers: [all]}] if it does")
    return context.ask(question, ("yes",))
