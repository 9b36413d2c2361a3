"""Stratum two, second half: what blocks and what is owed, each with the condition it rests on.

`made` looks at our making acts, `released` at one release of one component under proposed terms (ours, a
part of ours, or, for findings, a third party's under its label). Cost: acts x strands x clauses; acts that
look alike to a licence are solved once. Items that never hold are left out by `made` and `released`, nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from licgraph.knowledge import Relation
from licgraph.license import Clause, License
from licgraph.solver.carry import Carried, Context, State, Strand, as_done
from licgraph.solver.formula import FALSE, TRUE, Formula, all_of, any_of, lit, negate
from licgraph.solver.item import Item, Open, Terms, blank, clause_item
from licgraph.solver.offered import crossed, fixed, not_imposed, relabelled
from licgraph.solver.reach import applies, as_adaptation, binds, nc_broken, test
from licgraph.stack import Component, Edge, Release


def release_acts(release: Release) -> frozenset[str]:
    """The acts that a form of release is."""
    if release.to == "own":
        return frozenset()
    return {"outputs": frozenset({"publish-outputs"}), "service": frozenset({"serve"}), "internal": frozenset[str]()}.get(release.form, frozenset({"distribute"}))


def acts_on(release: Release, thing: Component, strand: Strand, state: State) -> frozenset[str]:
    """Release acts as far as this strand is concerned: content shown by a service is published by it."""
    if release.to in strand.license.not_to:
        return frozenset()
    acts = release_acts(release)
    if state.place == "behind":
        return acts & {"serve"}  # run, not shipped: only use and serving touch it
    if release.form == "dataset" and thing.kind == "outputs":
        return frozenset({"publish-outputs"})
    if release.form == "service" and (state.place == "answers" or (strand.kind in ("dataset", "outputs", "document") and state.way in ("copy", "derivative"))):
        return acts | {"publish-outputs"}
    return acts


def making_acts(edge: Edge, act: str) -> tuple[str, ...]:
    """The acts an edge is. Training to perform similarly is distilling as well, however it is written."""
    if act == "train" and edge.purpose == "perform-similarly":
        return ("train", "distil")
    return (act,) if act else ()


Described = tuple[tuple[str, ...], tuple[str, ...], list[Edge]]
"""The way by which a work arrived: the components on it, the relations, the steps."""


def _described(context: Context, component: str, index: int, state: State, condition: Formula, found: Carried) -> Described:
    assert context.carry is not None
    nodes, edges = context.carry.path(component, index, state, condition)
    return tuple(nodes), tuple(e.relation for e in edges), edges


def _granted(context: Context, release: Release, strand: Strand, act: str, way: str, thing: Component, result: str, edges: Sequence[Edge]) -> Formula:
    """Whether some grant covers the act on this way of carrying."""
    if strand.license.state in ("free", "own") or {"*", f"act:{act}"} & strand.lifted:
        return TRUE
    found: list[Formula] = []
    for clause in strand.license.clauses:
        if clause.kind == "grant" and act in clause.acts and way in clause.reaches:
            when = test(context, clause.when, strand=strand, release=release, thing=thing, result=result, edges=edges)
            unless = test(context, clause.unless, strand=strand, release=release, thing=thing, result=result, edges=edges) if clause.unless else FALSE
            found.append(all_of(when, negate(unless), *(lit(a, v) for a, v in clause.rests_on)))
    return any_of(*found)


def made(context: Context, release: Release, brief: bool = False) -> list[Item]:
    """Items of every making act of ours that leads to the release. ``brief``: without where and by which way."""
    carry = context.carry
    assert carry is not None
    graph = context.graph
    found: dict[tuple[object, ...], Item] = {}
    told: list[Item] = []
    for name in graph.order:
        if not graph.components[name].ours:
            continue
        for edge in graph.sources[name]:
            relation = context.knowledge.relations[edge.relation]
            for act in making_acts(edge, as_done(context.knowledge, relation).act):
                around = context.memo.number(("made", act, edge.purpose, edge.relation, graph.components[edge.source].kind, graph.components[name].kind, release.form, release.use, release.to, release.purpose, release.will_not, context.premises, context.watching))
                for index, states in carry.held[edge.source].items():
                    strand = carry.strands[index]
                    own = edge if "purpose" in strand.license.asks and not edge.purpose else None  # its purpose is asked by its ends
                    about = (around, context.situated(strand), _result_facts(context, strand.license, name), own)
                    for (arrived, condition), held in states.items():
                        state = arrived if edge.accepted_terms is None else arrived._replace(accepted=edge.accepted_terms)

                        def derive(strand: Strand = strand, state: State = state, edge: Edge = edge, act: str = act, relation: Relation = relation) -> Iterator[Item]:
                            yield from _act(context, release, strand, state, act, edge, relation.place == "tool")
                            yield from _selected(context, release, strand, state, edge, relation)

                        items = _under(context, strand, condition, (*about, state), derive)
                        if brief:
                            told += _at(strand, items)
                            continue
                        for item in items:
                            same = (item.level, item.license, item.clause, item.act, item.condition, index, item.why)
                            if same in found:
                                found[same] = found[same]._replace(origins=found[same].origins | held.origins)
                                continue
                            nodes, steps, _ = _described(context, edge.source, index, arrived, condition, held)
                            found[same] = item._replace(thing=edge.source, strand=index, slots=(strand.slot,), origins=held.origins, path=(*nodes, name), steps=(*steps, edge.relation))
    return [*told, *found.values()]


def _under(context: Context, strand: Strand, condition: Formula, situation: tuple[object, ...], derive: Callable[[], Iterable[Item]]) -> Sequence[Item]:
    """What is derived in a situation, under the condition on which the strand is carried so; items that never hold are left out."""
    whole = all_of(strand.when, condition)
    if whole is True:
        return [i for i in context.derived(situation, derive) if i.condition is not False]

    def under() -> Iterator[Item]:
        for item in context.derived(situation, derive):
            total = all_of(whole, item.condition)
            if total is not False:
                yield item._replace(condition=total)

    return context.derived((*situation, whole), under)


def _at(strand: Strand, items: Sequence[Item]) -> Iterable[Item]:
    """Items that speak of a strand; that it can be left aside in an election is all that matters of it where no way is told."""
    return items if strand.alone else [i._replace(slots=(strand.slot,)) for i in items]


def _selected(context: Context, release: Release, strand: Strand, state: State, edge: Edge, relation: Relation) -> Iterator[Item]:
    """A model steered by scores is trained on them, if selection is use of output."""
    way = context.knowledge.relations["generated-by"].carries[state.way]
    if relation.selection and context.graph.components[edge.result].kind in ("weights", "adapter"):
        for act in ("train", "distil") if edge.purpose == "perform-similarly" else ("train",):
            for item in _act(context, release, strand, state._replace(way=way), act, edge, False):
                yield item._replace(condition=all_of(item.condition, lit("selection-is-use-of-output", ("yes",))))


def _result_facts(context: Context, licence: License, result: str) -> tuple[Formula, ...]:
    """What of the thing made a clause of this licence can ask for (result-made-from)."""
    if "result-made-from" not in licence.asks:
        return ()
    wanted = [ids for c in licence.clauses for t in (c.when, c.unless) for n, ids in t.items if n == "result-made-from"]
    assert context.carry is not None
    return tuple(context.carry.as_work(result, ids) for ids in wanted)


def _act(context: Context, release: Release, strand: Strand, state: State, act: str, edge: Edge, tool: bool) -> Iterator[Item]:
    """What one making act on one way of carrying costs, path left blank."""
    common = {"act": act, "when": "made", "by": "us", "thing": "", "strand": -1, "state": state, "origins": 0, "path": (), "steps": ()}
    thing = context.graph.components[edge.source]
    licence = strand.license
    if licence.state == "unknown" or licence.partial:
        yield from () if tool else _unknown(context, strand, state, act, common)
    if licence.state == "unknown":
        return
    for clause in licence.clauses:
        if clause.nature in ("travels", "fixes"):
            continue
        condition = applies(context, strand, clause, state, act, release=release, thing=thing, result=edge.result, edges=(edge,))
        if condition is False:
            if clause.nature == "ban" and clause.when.facts:
                yield from _watched(context, release, strand, state, clause, act, thing, edge.result, (edge,), common)
            continue
        duty = context.knowledge.duties.get(clause.duty)
        if clause.limit is not None:
            name, limit = clause.limit
            if context.over(name, limit, strand):
                yield clause_item(clause, "block", condition, f"{name} is above {limit:,.0f}", **common)
            else:
                yield clause_item(clause, "duty", condition, "a limit to stay below", **common)
        elif duty is not None and duty.broken_by_purpose:
            broken = all_of(condition, nc_broken(context, release, act, state.way))
            yield clause_item(clause, "block", broken, f"our act ({act}) is for a commercial purpose, which is not granted", **common)
        elif clause.nature == "ban":
            yield clause_item(clause, "block", condition, f"our act ({act}) is one the terms rule out", **common)
    if not tool and state.way in ("copy", "derivative"):
        granted = _granted(context, release, strand, act, state.way, thing, edge.result, (edge,))
        yield from _not_granted(context, strand, state, act, granted, common)


def _unknown(context: Context, strand: Strand, state: State, act: str, common: dict[str, object]) -> Iterator[Item]:
    """Terms nobody has read: whatever they could reach is unknown."""
    condition = TRUE if state.way in ("copy", "derivative", "linked") else default_reach_unknown(context, strand, state.way)
    licence = strand.license
    if "*" in strand.lifted:
        return
    if licence.id == "NOASSERTION":
        why = "no statement of its licence could be resolved, so nothing is known to be granted"
    elif licence.partial:
        why = f"only a part of the text of {licence.id} was read ({licence.partial} not at hand), so what else it asks or withholds is not known"
    else:
        why = f"the terms of {licence.id} are not in the knowledge base, so nothing is known to be granted"
    yield Item("unknown", condition, licence.id, "unknown-terms", "", why, **common)  # type: ignore[arg-type]


def default_reach_unknown(context: Context, strand: Strand, way: str) -> Formula:
    """How far unknown terms could reach: as far as any text is taken to reach by default."""
    if way == "trained":
        return as_adaptation(context, strand)
    return lit("outputs-are-licensed", ("if-arguable",)) if way in ("extracted", "output") else FALSE


def _not_granted(context: Context, strand: Strand, state: State, act: str, granted: Formula, common: dict[str, object]) -> Iterator[Item]:
    licence = strand.license
    if licence.partial:
        return  # the grant may stand in the part that was not read
    if strand.source == "additional":
        return  # terms beside a licence restrict; what they do not grant, the licence does
    if any(c.fixes_to == frozenset() and act in c.acts and state.way in c.reaches for c in licence.clauses):
        return  # the clause that forbids sharing says it better
    condition = all_of(binds(context, strand, licence.basis, state, act, True), negate(granted))
    grant = next((c for c in licence.clauses if c.kind == "grant"), None)
    level, why = "block", f"nothing in its terms grants this act ({act}) on {WORDS[state.way]}"
    if licence.state == "to-buy":
        level, why = "open", "this licence has to be bought: record it as a permission once it has been"
    elif licence.id == "NONE":
        why = f"no licence was found, so this act ({act}) is not granted"
    elif licence.state == "closed":
        why = f"somebody's closed terms: this act ({act}) is not granted unless a permission says so"
    shown = {"quote": grant.quote, "reading": grant.reading} if grant else {}
    yield Item(level, condition, licence.id, "not-granted", grant.cite if grant else "", why, review=licence.review, **shown, **common)  # type: ignore[arg-type]


WORDS = {"copy": "the work itself", "derivative": "a changed version"}


def released(context: Context, release: Release, terms: Terms, by: str, brief: bool = False) -> list[Item]:
    """Items of releasing one component under these terms. ``brief``: without where and by which way."""
    carry = context.carry
    assert carry is not None
    found: dict[tuple[object, ...], Item] = {}
    told: list[Item] = []
    thing = context.graph.components[release.component]
    holdings = carry.held[release.component]
    nameless = context.memo.number((release.form, release.use, release.to, release.purpose, release.will_not, thing.kind, thing.ours, context.premises, context.watching))
    named = context.memo.number((nameless, thing.name))
    offered = context.memo.number(tuple(map(context.memo.token, terms.members)))
    for index, states in holdings.items():
        strand = carry.strands[index]
        about = named if strand.license.names else nameless, context.situated(strand)
        for (state, condition), held in states.items():
            if state.way == "remote" or (by != "us" and held.parent is None):
                continue
            described = _described(context, release.component, index, state, condition, held)
            case = (*about, state, _seen(context, strand, thing, described))

            def derive(strand: Strand = strand, state: State = state, described: Described = described, case: tuple[object, ...] = case) -> Iterator[Item]:
                return _release_state(context, release, terms, strand, state, thing, described, case)

            items = _under(context, strand, condition, (offered, *case), derive)
            if brief:
                told += _at(strand, items)
                continue
            for item in items:
                key = (item.level, item.license, item.clause, item.duty, item.value, item.act, item.condition, index, item.why, item.label_only)
                if key in found:
                    found[key] = found[key]._replace(origins=found[key].origins | held.origins)
                else:
                    found[key] = item._replace(thing=item.thing or thing.id, strand=index, slots=(strand.slot,), origins=held.origins, path=described[0], steps=described[1], by=item.by if by == "us" else by)
    every = [*told, *found.values()]
    if by == "us":
        every += _own_duties(context, release, terms)
        every += _relation_duties(context, release)
        every += _prefix_conflicts(every)
    return every


def _seen(context: Context, strand: Strand, thing: Component, described: Described) -> tuple[object, ...]:
    """What of the way by which a work arrived its clauses can ask for, and the steps on it that are ours."""
    nodes, _, edges = described
    asks, components = strand.license.asks, context.graph.components
    return (
        tuple((n, components[n].kind, components[n].name, components[n].license is None) for n in nodes[1:-1] if components[n].ours),
        tuple(edges) if "purpose" in asks else tuple((e.relation, components[e.result].ours) for e in edges) if {"relation", "changed-by"} & asks else (),
        _result_facts(context, strand.license, thing.id),
    )


def _release_state(context: Context, release: Release, terms: Terms, strand: Strand, state: State, thing: Component, described: Described, case: tuple[object, ...]) -> Iterator[Item]:
    """Everything one strand asks of the release, in one state. ``case``: all that it can hang on but the proposed terms."""
    apart = not any(c.ours and c.license is None for c in (context.graph.components[n] for n in described[0][1:-1]))
    for part in context.derived(("anyhow", *case), partial(_anyhow, context, release, strand, state, thing, described)):
        if isinstance(part, Item):
            yield part
        elif part.clause.nature == "binds":
            yield from not_imposed(context, terms, strand, state, part.clause, part.condition, blank(part.act, state))
        else:
            yield from fixed(terms, strand, state, part.clause, part.condition, apart, blank(part.act, state))
    if state.place == "inside" and strand.license.state != "unknown":
        for act in sorted(acts_on(release, thing, strand, state)):
            yield from relabelled(context, terms, strand, state, act, blank(act, state))
            yield from crossed(context, release, terms, strand, state, act, thing, described[2], blank(act, state))


def _anyhow(context: Context, release: Release, strand: Strand, state: State, thing: Component, described: Described) -> Iterator[Item | Open]:
    """What one strand in one state asks under whichever terms, and the clauses of which more hangs on these."""
    licence = strand.license
    for act in sorted(acts_on(release, thing, strand, state)):
        common = blank(act, state)
        if licence.state == "unknown" or licence.partial:
            yield from _unknown(context, strand, state, act, common)
        if licence.state == "unknown":
            continue
        if state.way in ("copy", "derivative"):
            granted = _granted(context, release, strand, act, state.way, thing, thing.id, described[2])
            yield from _not_granted(context, strand, state, act, granted, common)
        for clause in licence.clauses:
            about = _named(context, thing, described[0]) if clause.duty == "name-prefix" else thing
            condition = applies(context, strand, clause, state, act, release=release, thing=about, result=thing.id, edges=described[2])
            if condition is not False:
                yield from _clause(context, release, strand, state, clause, condition, about, common if about is thing else {**common, "thing": about.id})
            elif clause.nature == "ban" and clause.when.facts:
                yield from _watched(context, release, strand, state, clause, act, about, thing.id, described[2], common)


def _watched(context: Context, release: Release, strand: Strand, state: State, clause: Clause, act: str, thing: Component, result: str, edges: Sequence[Edge], common: dict[str, object]) -> Iterator[Item]:
    """A ban that waits for facts presumed absent (territory, party): shown as a condition to watch."""
    context.watching = True
    condition = applies(context, strand, clause, state, act, release=release, thing=thing, result=result, edges=edges)
    context.watching = False
    if clause.duty:
        facts = " and ".join(f"{name} is {' or '.join(values)}" for name, values in clause.when.facts)
        yield clause_item(clause, "duty", condition, f"would stand against the release if {facts}", refused="watch", **common)


def _named(context: Context, thing: Component, path: Sequence[str]) -> Component:
    """The model whose name a naming duty is about: behind a service or in a program, the last one we made."""
    ours = [context.graph.components[n] for n in path[1:] if context.graph.components[n].ours]
    return next((c for c in reversed(ours) if c.kind in ("weights", "adapter")), thing)


def _clause(context: Context, release: Release, strand: Strand, state: State, clause: Clause, condition: Formula, thing: Component, common: dict[str, object]) -> Iterator[Item | Open]:
    """One clause that applies to the release, by the nature of its duty."""
    refused = clause.duty in release.will_not
    if clause.limit is not None and clause.nature == "ban":
        over = context.over(*clause.limit, strand)
        yield clause_item(clause, "duty", condition, "a limit to stay below", **common)
        if over:
            yield clause_item(clause, "block", condition, f"{clause.limit[0]} is above {clause.limit[1]:,.0f}", **common)
        return
    if clause.limit is not None and not context.over(*clause.limit, strand):
        yield clause_item(clause, "duty", condition, f"owed once {clause.limit[0]} is above {clause.limit[1]:,.0f}", refused="watch", **common)
        return
    if clause.nature == "travels":
        yield clause_item(clause, "duty", condition, "", refused="refused" if refused else "", **common)
        if refused:
            yield clause_item(clause, "block", condition, "the release refuses this duty (will-not)", edit="refusal", **common)
        if clause.duty == "name-prefix" and state.place in ("inside", "behind") and thing.name and not begins(thing.name, clause.value):
            yield clause_item(clause, "block", condition, f"the name {thing.name!r} does not begin with {clause.value!r}", edit="name", **common)
    elif clause.nature == "binds":
        yield from _binding(context, release, state, clause, condition, common)
        yield Open(clause, condition, str(common["act"]))
    elif clause.nature == "fixes":
        yield clause_item(clause, "duty", condition, "", **common)
        yield Open(clause, condition, str(common["act"]))
    elif clause.nature == "ban":
        yield clause_item(clause, "duty", condition, "", **common)
        yield clause_item(clause, "block", condition, "releasing it so is an act the terms rule out", **common)


def _binding(context: Context, release: Release, state: State, clause: Clause, condition: Formula, common: dict[str, object]) -> Iterator[Item]:
    duty = context.knowledge.duties[clause.duty]
    yield clause_item(clause, "duty", condition, "", **common)
    act = str(common["act"])
    if duty.broken_by_use:
        broken = all_of(condition, nc_broken(context, release, act, state.way))
        yield clause_item(clause, "block", broken, f"our act ({act}) is for a commercial purpose, which is not granted", **common)
        if release.use != "non-commercial" and state.place in ("inside", "answers"):
            handed = f"the release hands on {'commercial use' if release.use == 'commercial' else 'use of any kind'}, which the terms do not let us grant"
            yield clause_item(clause, "block", condition, handed, edit="use", **{**common, "by": "recipients"})


def _own_duties(context: Context, release: Release, terms: Terms) -> list[Item]:
    """What proposed copyleft terms ask of their own licensor's recipients."""
    thing = context.graph.components[release.component]
    found: list[Item] = []
    for member in terms.members:
        if member.fixes:
            situation = ("own", context.memo.token(member), release.form, release.use, release.to, release.purpose, release.will_not, thing.kind, context.premises)
            found += context.derived((*situation, _result_facts(context, member, thing.id)), partial(_asked_by, context, release, member, thing))
    return [i._replace(thing=thing.id, path=(thing.id,)) for i in found]


def _asked_by(context: Context, release: Release, member: License, thing: Component) -> Iterator[Item]:
    """What a member of the proposed terms asks, thing left blank."""
    acts = release_acts(release)
    probe = Strand(-1, member, thing.kind, "license", (-1, -1))
    for clause in member.clauses:
        if clause.kind == "condition" and clause.nature == "travels" and clause.acts & acts and "copy" in clause.reaches and clause.limit is None:
            when = test(context, clause.when, strand=probe, release=release, thing=thing, result=thing.id, edges=())
            unless = test(context, clause.unless, strand=probe, release=release, thing=thing, result=thing.id, edges=()) if clause.unless else FALSE
            if when is True and unless is False:
                common: dict[str, object] = {
                    "act": next(iter(sorted(clause.acts & acts))), "when": "release", "by": "us", "thing": "", "strand": -1,
                    "state": State("copy", "inside"), "origins": 0, "path": (), "steps": (), "own": True,
                }  # fmt: skip
                yield clause_item(clause, "duty", TRUE, "asked by the proposed terms themselves", refused="refused" if clause.duty in release.will_not else "", **common)


def _relation_duties(context: Context, release: Release) -> list[Item]:
    """Duties that a step itself brings: the base of an adapter, the items of a collection."""
    found = []
    graph = context.graph
    thing = graph.components[release.component]
    if not release_acts(release):
        return []
    for edge in graph.sources[thing.id]:
        relation = context.knowledge.relations[edge.relation]
        source = graph.components[edge.source]
        if relation.duty and not (relation.duty_when_kind and (thing.kind not in relation.duty_when_kind or source.ours)):
            duty = context.knowledge.duties[relation.duty]
            found.append(
                Item(
                    "duty", TRUE, "", f"relation/{relation.id}", "", relation.why, "distribute", "release", "us", thing.id, -1, State("copy", "inside"),
                    0, (edge.source, thing.id), (relation.id,), reading=relation.why, duty=relation.duty, value=source.name or source.id, nature=duty.nature,
                )
            )
    return found


def begins(name: str, prefix: str) -> bool:
    """Whether a model's name, its owner left out, begins with the prescribed word (case and - _ blank alike)."""

    def plain(text: str) -> str:
        return text.casefold().replace("_", " ").replace("-", " ")

    return plain(name.split("/")[-1]).startswith(plain(prefix))


def _prefix_conflicts(items: Sequence[Item]) -> list[Item]:
    """Two names that a name cannot both begin with."""
    prefixes = [i for i in items if i.level == "duty" and i.duty == "name-prefix" and i.state.place in ("inside", "behind")]
    found = []
    for number, one in enumerate(prefixes):
        for other in prefixes[number:]:
            if not begins(one.value, other.value) and not begins(other.value, one.value):
                both = all_of(one.condition, other.condition)
                why = f"a name cannot begin with both {one.value!r} and {other.value!r} ({other.license} {other.cite})"
                found.append(one._replace(level="block", condition=both, why=why, slots=(*one.slots, *other.slots)))
    return found


def reached_fixes(context: Context, release: Release) -> list[tuple[Clause, Strand, Formula]]:
    """Clauses that fix the licence of the released work, with their conditions."""
    carry = context.carry
    assert carry is not None
    thing = context.graph.components[release.component]
    found: list[tuple[Clause, Strand, Formula]] = []
    for index, states in carry.held[release.component].items():
        strand = carry.strands[index]
        for (state, condition), held in states.items():
            if state.place not in ("inside", "answers"):
                continue
            edges = _described(context, release.component, index, state, condition, held)[2]
            for clause in strand.license.clauses:
                if clause.nature != "fixes" or clause.fixes_to is None:
                    continue
                for act in acts_on(release, thing, strand, state):
                    total = all_of(strand.when, condition, applies(context, strand, clause, state, act, release=release, thing=thing, result=thing.id, edges=edges))
                    if total is not False:
                        found.append((clause, strand, total))
    return found
