"""Stratum one: how each thing carries each work it was made from.

Works are grouped into *strands*: components that came under the same terms and facts share one, since the
solver cannot tell them apart; who they are is kept as a bit mask, the way they came as one shortest witness.
The fold goes outward from the origins, one edge at a time, in topological order, so its cost is
edges x strands x states (at most some twenty states a strand), never paths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled
from licgraph.graph import Graph
from licgraph.knowledge import Knowledge, Relation
from licgraph.license import License, Test
from licgraph.light import NamedTuple
from licgraph.solver.formula import FALSE, TRUE, Formula, all_of, any_of, implies, lit, negate, variables
from licgraph.solver.memo import Memo
from licgraph.stack import LABEL_PLACES, Component, Edge, Stack

HELD = ("copy", "derivative", "linked")
"""Ways in which one who has the thing has the work itself."""

UNLABELLED = ("NO-CLAIM", "NONE", "NOASSERTION")


class State(NamedTuple):
    """One way in which a thing carries a work.

    ``accepted``: we accepted its terms on this path; ``defined``: a derivative only by the licence's own
    definition (made from its outputs), so bound by contract, not by a right.
    """

    way: str
    place: str
    accepted: bool = True
    defined: bool = False


class Question(NamedTuple):
    """A fact the answer may need: its variable, the word, where it belongs, what to ask, possible values."""

    variable: str
    fact: str
    scope: str
    text: str
    values: tuple[str, ...]
    flag: str


def which_license(name: Unsettled, where: str, flag: str) -> Question:
    """The question which licence an ambiguous name means where it stands: elsewhere it may mean another."""
    ids = tuple(p.id for p in name.parts)
    return Question(f"?license of {where} ({name.name})", "license", where, f"{where}: `{name.name}` could be {', '.join(ids)}. {name.settle}", ids, flag)


@dataclass(frozen=True, repr=False, eq=False)
class Strand:
    """Works under one licence (a leaf of an expression) with the same facts.

    ``source``: `license`, `additional` (the publisher says so), `contents` (items of a collection) or `label`.
    ``when``: the condition under which this leaf is the one that counts (labels, unsettled names).
    """

    index: int
    license: License
    kind: str
    source: str
    slot: tuple[int, int]
    when: Formula = TRUE
    facts: tuple[tuple[str, Any], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    lifted: frozenset[str] = frozenset()
    alone: bool = True
    """False where it can be left aside, since a choice is offered beside it."""


@dataclass(repr=False, eq=False)
class Carried:
    """One state of one strand at one component, with all origins that arrive so and one shortest witness."""

    origins: int
    length: int
    parent: tuple[str, State, Formula] | None
    edge: Edge | None


Holdings = dict[int, dict[tuple[State, Formula], Carried]]


@dataclass(repr=False, eq=False)
class Carry:
    """The result: what every component holds, strand by strand."""

    graph: Graph
    strands: list[Strand]
    groups: list[Tree]
    held: dict[str, Holdings]
    names: list[str]
    questions: dict[str, Question] = field(default_factory=dict)

    def origins(self, mask: int) -> list[str]:
        """Names of the origins in a mask, in the order of the stack."""
        found = []
        while mask:
            low = mask & -mask
            found.append(self.names[low.bit_length() - 1])
            mask ^= low
        return found

    def path(self, component: str, strand: int, state: State, condition: Formula) -> tuple[list[str], list[Edge]]:
        """The witness: components from an origin to ``component``, and the edges between them."""
        nodes, edges = [component], list[Edge]()
        at: tuple[str, State, Formula] = (component, state, condition)
        while True:
            found = self.held[at[0]][strand][(at[1], at[2])]
            if found.parent is None:
                return nodes[::-1], edges[::-1]
            assert found.edge is not None
            edges.append(found.edge)
            at = found.parent
            nodes.append(at[0])

    def as_work(self, component: str, licenses: Iterable[str]) -> Formula:
        """Whether a component carries one of these licences as a copy or changed version.

        A derivative only by definition does not count: a ban on training other models that exempts its own
        derivatives would else exempt every model it speaks of.
        """
        wanted = frozenset(licenses)
        parts: list[Formula] = []
        for index, states in self.held[component].items():
            strand = self.strands[index]
            if strand.license.id in wanted:
                parts += [all_of(strand.when, condition) for (state, condition) in states if state.way in ("copy", "derivative") and not state.defined]
        return any_of(*parts)


class Context:
    """What the strata share: the stack, the knowledge, the facts, and the questions raised so far."""

    def __init__(self, stack: Stack, graph: Graph, knowledge: Knowledge, as_of: str) -> None:
        self.stack = stack
        self.graph = graph
        self.knowledge = knowledge
        self.as_of = as_of
        self.questions: dict[str, Question] = {}
        self.facts_read: set[str] = set()
        self.ambiguous: dict[Unsettled, list[Question]] = {}
        """Where each ambiguous name stands among the works the stack was made from."""
        self.memo: Memo = knowledge.kept.setdefault("solver", Memo())
        self.premises = self.memo.number(repr(sorted(stack.facts.items())))
        """A number for the facts of the stack."""
        self._situated: dict[int, int] = {}
        self._noted: tuple[dict[str, Question], set[str]] | None = None
        self.watching = False
        """While set, missing defeaters count as given: what would apply then is a condition to watch."""
        self.carry: Carry | None = None

    def ask(self, question: Question, values: Iterable[str]) -> Formula:
        """A literal over a question of fact."""
        self.questions.setdefault(question.variable, question)
        if self._noted is not None:
            self._noted[0].setdefault(question.variable, question)
        return lit(question.variable, values)

    def situated(self, strand: Strand) -> int:
        """A number for what of a strand a derivation can hang on, in whichever stack."""
        if strand.index not in self._situated:
            self._situated[strand.index] = self.memo.number((self.memo.token(strand.license), strand.kind, strand.source, strand.facts, strand.params, strand.lifted))
        return self._situated[strand.index]

    def derived(self, situation: tuple[Any, ...], derive: Callable[[], Iterable[Any]]) -> tuple[Any, ...]:
        """What is derived in a situation, here or for a stack before, with all that it asked and read."""
        kept = self.memo.find(situation)
        if kept is None:
            outer, self._noted = self._noted, ({}, set())
            kept = self.memo.keep(situation, derive(), self._noted[0].items(), self._noted[1])
            self._noted = outer
        for variable, question in kept.questions:
            self.questions.setdefault(variable, question)
        self.facts_read |= kept.facts
        if self._noted is not None:
            self._noted[0].update(kept.questions)
            self._noted[1].update(kept.facts)
        return kept.derived

    def purpose(self, edge: Edge, values: Iterable[str]) -> Formula:
        """Whether an edge's purpose is one of ``values``; unknown where the stack does not say."""
        values = tuple(values)
        if edge.purpose:
            return edge.purpose in values
        if "unstated" in values:
            return TRUE
        question = Question(
            f"?purpose {edge.result}->{edge.source}",
            "purpose",
            f"edge {edge.result}->{edge.source}",
            f"For what purpose was {edge.result} made from {edge.source}?",
            (*self.knowledge.edge_purposes,),
            f"purpose: on {edge.result}.from.{edge.relation}",
        )
        return self.ask(question, values)

    def fact(self, name: str, strand: Strand | None = None) -> Any:
        """A fact's value for this strand: of its component, else of the stack; None if missing."""
        self.facts_read.add(name)
        if self._noted is not None:
            self._noted[1].add(name)
        own = dict(strand.facts) if strand else {}
        value = own.get(name, self.stack.facts.get(name))
        if isinstance(value, dict):
            return value.get(strand.license.id) if strand else None
        return value

    def fact_is(self, name: str, wanted: Iterable[str], strand: Strand | None) -> Formula:
        """Whether a fact has one of the values; missing defeaters are presumed absent, the rest asked."""
        wanted = tuple(wanted)
        value = self.fact(name, strand)
        word = self.knowledge.facts[name]
        if value is None:
            if word.kind == "defeater":
                return self.watching
            return self.ask_fact(name, wanted)
        values = value if isinstance(value, tuple | list) else (value,)
        shown = {("true" if v else "false") if isinstance(v, bool) else str(v) for v in values}
        return any(v in shown or shown & self.place(v) for v in wanted)

    def ask_fact(self, name: str, wanted: Iterable[str]) -> Formula:
        """A literal over a flag of the vocabulary that the stack does not give."""
        word = self.knowledge.facts[name]
        return self.ask(Question(f"?{name}", name, word.scope, word.question, ("true", "false"), f"--fact {name}=…"), wanted)

    def place(self, name: str) -> frozenset[str]:
        """The places a collective name covers (EU)."""
        found: set[str] = set()
        for part in self.knowledge.places.get(name, frozenset()):
            found |= {part} | self.place(part)
        return frozenset(found)

    def over(self, name: str, limit: float, strand: Strand) -> bool:
        """Whether a capped fact is given and exceeds its limit."""
        value = self.fact(name, strand)
        return isinstance(value, int | float) and not isinstance(value, bool) and value > limit


def db_right(context: Context) -> Formula:
    """Whether a database right is there (assumption sui-generis-db-right, fact domicile)."""
    european = any(context.fact_is("domicile", (place,), None) is True for place in ("EEA", "UK", "EU-wide"))
    return lit("sui-generis-db-right", ("any-nexus", "by-fact") if european else ("any-nexus",))


def carry(context: Context) -> Carry:
    """Folds every origin outward over the stack."""
    graph = context.graph
    result = Carry(graph, [], [], {}, list(graph.order), context.questions)
    strands = _Strands(context, result)
    for number, name in enumerate(graph.order):
        held: Holdings = {}
        component = graph.components[name]
        for edge in graph.sources[name]:
            relation = context.knowledge.relations[edge.relation]
            for index, states in result.held[edge.source].items():
                for (state, condition), found in states.items():
                    for new, extra in _step(context, result.strands[index], state, edge, relation, condition, found):
                        _add(held, index, new, all_of(condition, extra), Carried(found.origins, found.length + 1, (edge.source, state, condition), edge))
        if not component.ours:
            for index in strands.of(component):
                _add(held, index, State("copy", "inside"), TRUE, Carried(1 << number, 0, None, None))
        result.held[name] = held
    return result


def _add(held: Holdings, index: int, state: State, condition: Formula, found: Carried) -> None:
    """Adds a state unless a weaker condition already gives it; drops those that this one makes idle."""
    if condition is False:
        return
    states = held.setdefault(index, {})
    same = states.get((state, condition))
    if same is not None:
        same.origins |= found.origins
        if found.length < same.length:
            same.length, same.parent, same.edge = found.length, found.parent, found.edge
        return
    for other_state, other in list(states):
        if other_state == state and implies(condition, other) and not (found.origins & ~states[(other_state, other)].origins):
            return
        if other_state == state and implies(other, condition) and not (states[(other_state, other)].origins & ~found.origins):
            del states[(other_state, other)]
    states[(state, condition)] = found


def _step(context: Context, strand: Strand, state: State, edge: Edge, relation: Relation, condition: Formula, found: Carried) -> Iterator[tuple[State, Formula]]:
    """One edge: the ways in which the result carries the work, each with its condition."""
    result = context.graph.components[edge.result]
    source = context.graph.components[edge.source]
    through: Formula = TRUE
    if found.parent is not None and not source.ours and source.license is not None and not _unlabelled(source):
        through = lit("label-authority", ("most-restrictive", "by-rank"))
    row = as_done(context.knowledge, relation).carries
    if relation.selection:
        row = selection_row(context.knowledge, result)
        through = all_of(through, lit("selection-is-use-of-output", ("yes",)))
    if state.way not in row:
        return
    for way, extra in _ways(context, strand, state.way, row[state.way], relation):
        for place, reached, more in _places(context, strand, state, way, edge, relation, source):
            accepted = _accepted(state, reached, edge, result)
            here = all_of(through, extra, more)
            if reached == "extracted" and state.way != "extracted":
                defined = _defined(context, strand, edge, condition)
                yield State("derivative", place, accepted, True), all_of(here, defined)
                yield State("extracted", place, accepted, state.defined), all_of(here, negate(defined))
            else:
                yield State(reached, place, accepted, state.defined), here


def as_done(knowledge: Knowledge, relation: Relation) -> Relation:
    """The relation that a step is in fact: distilling over data is training on them (of a model, the graph spells out its outputs)."""
    return knowledge.relations[relation.over_data] if relation.over_data else relation


def selection_row(knowledge: Knowledge, result: Component) -> Mapping[str, str]:
    """What scores put into what they selected, if that is use of output: output, and in a model what it trains."""
    output = knowledge.relations["generated-by"].carries
    if result.kind not in ("weights", "adapter"):
        return output
    trained = knowledge.relations["trained-on"].carries
    return {way: trained[then] for way, then in output.items()}


def _unlabelled(component: Component) -> bool:
    return component.virtual or (isinstance(component.license, Leaf) and component.license.id in UNLABELLED)


def _ways(context: Context, strand: Strand, way: str, carried: str, relation: Relation) -> Iterator[tuple[str, Formula]]:
    """What a quantised copy or an adapter is: the licence's own words, else the assumption."""
    if not relation.question:
        yield carried, TRUE
        return
    says = next((w for c in strand.license.clauses for question, w in c.treats if question == relation.question), "")
    if relation.question == "adapter":
        if says and way in ("copy", "derivative"):
            yield says, TRUE
        else:
            yield carried, lit(relation.assumption, ("yes", "by-text-else-yes"))
        return
    if way not in ("copy", "derivative") or says == "derivative":
        yield carried, TRUE
    else:
        changed = ("yes",) if says == "copy" else ("yes", "cc-technical-else-yes")
        values = context.knowledge.assumptions[relation.assumption].values
        yield carried, lit(relation.assumption, changed)
        yield way, lit(relation.assumption, set(values) - set(changed))


def _places(context: Context, strand: Strand, state: State, way: str, edge: Edge, relation: Relation, source: Component) -> Iterator[tuple[str, str, Formula]]:
    """Where the work ends up (design 3.1, place), and how it is carried there.

    A substantial part taken into a database of ours is a changed version only where the licence's own words say
    so, and then by the database right, or by the contract that the licence also is.
    """
    if relation.place == "keep":
        yield state.place, way, TRUE
    elif relation.place == "beside":
        says = next((w for c in strand.license.clauses for what, w in c.treats if what == "substantial part"), "")
        if state.place != "inside" or (source.ours and source.license is None):
            yield state.place, way, TRUE
        elif edge.substantial_part and says and way in ("copy", "derivative"):
            contract = lit("contract-binds-without-copyright", ("yes", "acceptor-only")) if "contract" in strand.license.basis else FALSE
            taken = any_of(db_right(context), contract)
            yield "inside", says, taken
            yield "beside", way, negate(taken)
        else:
            yield "beside", way, TRUE
    else:
        yield relation.place, way, TRUE


def _accepted(state: State, way: str, edge: Edge, result: Component) -> bool:
    """Did we accept the terms on this path? Holding the work or running it ourselves is accepting."""
    if edge.accepted_terms is not None:
        return edge.accepted_terms
    if (way not in HELD or state.defined) and not result.ours and not _unlabelled(result):
        return False
    return state.accepted


def _defined(context: Context, strand: Strand, edge: Edge, condition: Formula) -> Formula:
    """Whether the licence's own definition makes a model made from outputs a derivative, at this edge."""
    parts: list[Formula] = []
    for clause in strand.license.clauses:
        if any(q == "model made from its outputs" for q, _ in clause.treats):
            parts.append(edge_test(context, clause.treats_when, edge, strand, condition))
    return any_of(*parts)


def edge_test(context: Context, test: Test, edge: Edge, strand: Strand, condition: Formula = TRUE) -> Formula:
    """A definition's test at an edge: purpose, relation, facts, assumptions.

    One unknown purpose to a path: once an answer is wanted of an earlier edge, later ones wait for it.
    """
    parts: list[Formula] = []
    for name, values in test.items:
        if name == "purpose":
            asked = context.purpose(edge, values)
            earlier = any(v.startswith("?purpose ") for v in variables(condition))
            parts.append(TRUE if earlier and not isinstance(asked, bool) else asked)
        else:
            assert name == "relation", "what else a definition turns on is no matter of one step"
            parts.append(edge.relation in values)
    parts += [lit(a, values) for a, values in test.assumptions]
    parts += [context.fact_is(name, values, strand) for name, values in test.facts]
    return all_of(*parts)


class _Strands:
    """Makes one strand for each licence leaf of each group of like components."""

    def __init__(self, context: Context, result: Carry) -> None:
        self.context = context
        self.result = result
        self.known: dict[Any, list[int]] = {}

    def of(self, component: Component) -> list[int]:
        terms = self._terms(component)
        lifted = self._lifted(component.id)
        elected = self.context.stack.elect.get(component.id)
        apart = component.id if any(unsettled(tree) for tree, _, _ in terms) else None
        key = (terms, component.kind, component.facts, component.params, lifted, elected, apart)
        if key not in self.known:
            self.known[key] = [i for tree, source, when in terms for i in self._group(tree, source, when, component, lifted, elected)]
        return self.known[key]

    def _terms(self, component: Component) -> tuple[tuple[Tree, str, Formula], ...]:
        main = component.license or Leaf("NONE")
        found: list[tuple[Tree, str, Formula]] = []
        if component.labels:
            found += _labelled(component, main)
        else:
            found.append((main, "license", TRUE))
        found += [(tree, "additional", TRUE) for tree in component.additional]
        if component.contents is not None:
            found.append((component.contents, "contents", TRUE))
        return tuple(found)

    def _lifted(self, component: str) -> frozenset[str]:
        found: set[str] = set()
        for permission in self.context.stack.permissions:
            if permission.component == component and (not permission.until or permission.until >= self.context.as_of):
                for word in permission.covers:
                    cover = self.context.knowledge.permission_covers.get(word, {})
                    found |= {word, *cover.get("duties", ()), *(f"act:{a}" for a in cover.get("acts", ()))}
                    found |= {"*"} if cover.get("all") else set()
                    found |= {"relabel"} if cover.get("relabel") else set()
        return frozenset(found)

    def _group(self, tree: Tree, source: str, when: Formula, component: Component, lifted: frozenset[str], elected: str | None) -> Iterator[int]:
        group = len(self.result.groups)
        if elected and source == "license" and isinstance(tree, OneOf | Unsettled):
            tree = _elect(tree, elected)
        self.result.groups.append(tree)
        where = component.id if source in ("license", "label") else f"{component.id}, {source}"
        for number, (leaf, condition) in enumerate(_leaves(self.context, tree, TRUE, where)):
            index = len(self.result.strands)
            self.result.strands.append(
                Strand(
                    index,
                    _filled_in(self.context, self.context.knowledge.license(leaf.id), dict(component.params)),
                    component.kind,
                    source,
                    (group, number),
                    all_of(when, condition),
                    component.facts,
                    component.params,
                    lifted,
                    not choice(tree),
                )
            )
            yield index


def _filled_in(context: Context, licence: License, params: dict[str, str]) -> License:
    """The licence with what its licensor filled in: licences named besides, or the one that took its place."""
    if not params:
        return licence
    if licence.changes_to is not None:
        name, day = (params.get(p, "") for p in licence.changes_to)
        if name and day and day <= context.as_of:
            found = context.knowledge.resolve(name)
            return context.knowledge.license(found.ids[0] if len(found.ids) == 1 else name)
    if not any(c.fixes_param in params for c in licence.clauses):
        return licence
    clauses = []
    for clause in licence.clauses:
        named = re.split(r"\s*(?:,|\bOR\b)\s*", params.get(clause.fixes_param, ""))
        ids = [i for n in named if n for i in context.knowledge.resolve(n).ids or (n,)]
        more = frozenset().union(*(context.knowledge.license(i).becomes("copy") for i in ids))
        clauses.append(clause._replace(fixes_to=(clause.fixes_to or frozenset()) | more) if more else clause)
    return replace(licence, clauses=tuple(clauses))


def choice(tree: Tree) -> bool:
    """Whether a tree offers a choice. What an unsettled name could mean is none: it means one of them."""
    if isinstance(tree, Leaf | Unsettled):
        return False
    return isinstance(tree, OneOf) or any(choice(p) for p in tree.parts)


def _elect(tree: Tree, elected: str) -> Tree:
    """The tree with every choice that offers the elected licence settled."""
    if isinstance(tree, Leaf):
        return tree
    if isinstance(tree, AllOf):
        return AllOf(tuple(_elect(p, elected) for p in tree.parts))
    for part in tree.parts:
        settled = _elect(part, elected)
        if any(leaf.id == elected for leaf in _flat(settled)):
            return settled
    return tree


def _flat(tree: Tree) -> tuple[Leaf, ...]:
    return (tree,) if isinstance(tree, Leaf) else tuple(x for p in tree.parts for x in _flat(p))


def unsettled(tree: Tree) -> list[Unsettled]:
    """The ambiguous names of an expression."""
    if isinstance(tree, Unsettled):
        return [tree]
    return [] if isinstance(tree, Leaf) else [u for p in tree.parts for u in unsettled(p)]


def _leaves(context: Context, tree: Tree, when: Formula, where: str) -> Iterator[tuple[Leaf, Formula]]:
    """Leaves in order, an unsettled name's under a question of fact."""
    if isinstance(tree, Leaf):
        yield tree, when
    elif isinstance(tree, Unsettled):
        question = which_license(tree, where, f"license: of {where}")
        context.ambiguous.setdefault(tree, []).append(question)
        for candidate in tree.parts:
            yield candidate, all_of(when, context.ask(question, (candidate.id,)))
    else:
        for part in tree.parts:
            yield from _leaves(context, part, when, where)


def _labelled(component: Component, main: Tree) -> list[tuple[Tree, str, Formula]]:
    """Which of several statements of a licence counts (label-authority, licence-at-receipt)."""
    labels = sorted(component.labels, key=lambda label: LABEL_PLACES.index(label.where))
    dated = [label for label in labels if label.date]
    if dated and component.received:
        then = [label for label in dated if label.date <= component.received]
        received = max(then, key=lambda label: label.date) if then else min(dated, key=lambda label: label.date)
        current = max(dated, key=lambda label: label.date)
        found = [(received.says, "label", lit("licence-at-receipt", ("received", "most-restrictive")))]
        return [*found, (current.says, "label", lit("licence-at-receipt", ("current", "most-restrictive")))]
    tag = next((label for label in labels if label.where == "tag"), labels[-1])
    if component.license is not None and component.declared is not component.license:
        return [(main, "license", TRUE)]  # a reviewer concluded: that wins over every label
    parts: dict[Tree, list[Formula]] = {}
    for label in labels:
        parts.setdefault(label.says, []).append(lit("label-authority", ("most-restrictive",)))
    parts.setdefault(labels[0].says, []).append(lit("label-authority", ("by-rank",)))
    parts.setdefault(tag.says, []).append(lit("label-authority", ("declared-tag",)))
    return [(tree, "label", _or(conditions)) for tree, conditions in parts.items()]


def _or(conditions: list[Formula]) -> Formula:
    """Literals over one variable joined into one."""
    values: set[str] = set()
    for condition in conditions:
        assert isinstance(condition, tuple)
        _, variable, some = condition
        values |= some
    return lit(variable, values)
