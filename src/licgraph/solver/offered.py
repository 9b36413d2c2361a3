"""What hangs on the proposed terms: whether they bind recipients as they must, are those that a clause fixes, may stand on the whole,
and add nothing that another licence does not tolerate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from licgraph.license import Clause
from licgraph.solver.carry import Context, State, Strand
from licgraph.solver.formula import TRUE, Formula, all_of, lit
from licgraph.solver.item import Item, Terms, clause_item
from licgraph.solver.reach import applies, binds, default_reach
from licgraph.stack import Component, Edge, Release


def not_imposed(context: Context, terms: Terms, strand: Strand, state: State, clause: Clause, condition: Formula, common: dict[str, object]) -> Iterator[Item]:
    """What recipients must be bound to, and the proposed terms do not bind them to."""
    if state.place == "beside" or terms.own or terms.ids & strand.license.becomes(state.way):
        return
    duty = context.knowledge.duties[clause.duty]
    for member in terms.members:
        if any(c.duty == clause.duty and c.nature == "binds" and (c.value == clause.value or not clause.value) for c in member.clauses):
            return
    yield clause_item(clause, "block", condition, f"the proposed terms do not impose this on recipients ({duty.label.lower()})", label_only=True, **{**common, "by": "recipients"})


def fixed(terms: Terms, strand: Strand, state: State, clause: Clause, condition: Formula, apart: bool, common: dict[str, object]) -> Iterator[Item]:
    """``apart``: what runs behind is nobody's unlabelled part of ours, so it keeps terms of its own."""
    allowed = clause.fixes_to if clause.fixes_to is not None else frozenset({strand.license.id})
    if state.place == "beside" or (state.place == "behind" and (not allowed or apart)):
        return
    if not allowed:
        yield clause_item(clause, "block", condition, "what is changed may not be shared", **common)
        return
    met = [m for m in terms.members if m.id in allowed]
    if not met:
        shown = ", ".join(sorted(allowed))
        yield clause_item(clause, "block", condition, f"the result must be under {shown}", label_only=clause.fixes_file, **common)
        return
    further = strand.license.further
    for member in terms.members:
        if member.id in allowed or further is None:
            continue
        extra = sorted({c.duty for c in member.clauses if c.duty and c.kind in ("condition", "prohibition")} - further.tolerates)
        if extra or member.id == "OWN-TERMS":
            yield clause_item(clause, "block", condition, f"{member.id} adds restrictions it does not tolerate ({', '.join(extra) or 'terms of our own'})", **common)


def relabelled(context: Context, terms: Terms, strand: Strand, state: State, act: str, common: dict[str, object]) -> Iterator[Item]:
    """May the whole carry the proposed label? A fact of each licence, for ways in which the whole is its work."""
    licence = strand.license
    relabel = licence.relabel
    if relabel is None or (licence.partial and relabel.value == "unclear") or (relabel.value == "any" and state.way in relabel.reaches) or act not in relabel.acts:
        return
    if {"relabel", "*"} & strand.lifted or terms.ids & licence.becomes(state.way):
        return
    if any(c.fixes_to is not None and act in c.acts and (state.way in c.reaches or (state.way in licence.silent and "derivative" in c.reaches)) for c in licence.clauses):
        return  # the clause that fixes the licence says it already
    if state.way in relabel.reaches or (relabel.value == "any" and state.way in ("copy", "derivative")):
        condition: Formula = TRUE
    elif "derivative" in relabel.reaches and relabel.value != "any":
        condition = default_reach(context, strand, state.way, False)
    else:
        return
    condition = all_of(condition, binds(context, strand, licence.basis, state, act, False))
    said = {"any": "a verbatim copy stays under these terms", "own-part-only": "only our own contribution may carry other terms", "no": "the whole may not carry other terms", "unclear": "the text does not settle whether the whole may carry other terms, which counts as no"}  # fmt: skip
    level, why = "block", said[relabel.value]
    if licence.state == "to-buy":
        level, why = "open", "what this licence allows depends on what has been bought: record it as a permission"
    yield Item(level, condition, licence.id, "relabel", relabel.cite, why, quote=relabel.quote, reading=relabel.reading, review=licence.review, label_only=True, **common)  # type: ignore[arg-type]


def crossed(context: Context, release: Release, terms: Terms, strand: Strand, state: State, act: str, thing: Component, edges: Sequence[Edge], common: dict[str, object]) -> Iterator[Item]:
    """A member that forbids further restrictions meets duties of others that it does not tolerate."""
    if act != "distribute" and act != "publish-outputs":
        return
    for member in terms.members:
        further = member.further
        if further is None or member.id in strand.license.becomes(state.way) or not any(act in c.acts for c in member.fixes):
            continue
        for clause in strand.license.clauses:
            if not clause.duty or clause.duty in further.tolerates:
                continue
            condition = applies(context, strand, clause, state, act, release=release, thing=thing, result=thing.id, edges=edges)
            if state.way == "linked":
                condition = all_of(condition, lit("linking-is-derivative", ("yes",)))
            what = context.knowledge.duties[clause.duty].label.lower()
            yield clause_item(clause, "block", condition, f"{member.id} {further.cite} tolerates no further restriction of this kind ({what})", **common)
