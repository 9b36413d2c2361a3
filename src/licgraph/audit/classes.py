"""What a great many components have in common: classes of components that stand alike for everything made from them.

A verdict on a component depends on its own kind, label and name, and, for each thing it was made from, on the relation and
on what that thing carries: not on who else there is, nor on ids. So components with the same of these are one *sort*, and
a sort is solved once, on a small stack that stands for all of its members. What a sort hands on is its *class*: its label
and kind, whether a label on the way is too wide, and every work it carries with the ways, conditions and acceptances.
Sorts of one class are interchangeable as sources. The solver is the one of `check`; nothing is decided here.

An ambiguous label (`gemma`) repeats the licence of the one work that bears it, and is a question of its own where several
do (`answer.terms_of`). So a sort also says, for each such name, whether one work before it bears it or several.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from licgraph.answer import glance
from licgraph.expression import AllOf, Leaf, Tree, leaves, render
from licgraph.graph import build
from licgraph.inputs.assemble import tree_of
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.solver.carry import UNLABELLED, Carry, Context, State, Strand, carry, unsettled
from licgraph.solver.formula import Formula, key
from licgraph.solver.items import begins
from licgraph.stack import Component, Edge, Release, Stack, default_form, default_recipients
from licgraph.trials import wider
from licgraph.verdict import Verdict

LONGEST = 50
"""Steps of a way that are told apart, for the few clauses that ask by which relations a work arrived."""
NOT_LISTED = "(not listed)"
"""The label of a source that edges name and the inventory does not list: nothing is known of it."""
IT = "it"
"""The member that a small stack is about."""


class Own(NamedTuple):
    """What a component says of itself. ``label``: as written, empty if none. ``name``: one that begins as its own does."""

    kind: str
    label: str
    name: str


class Sort(NamedTuple):
    """What decides of a component. ``sources``: relation and class of each, sorted and distinct.

    ``borne``: ambiguous names that works before it bear, and whether one does (1) or several (2).
    """

    own: Own
    sources: tuple[tuple[str, int], ...] = ()
    borne: tuple[tuple[str, int], ...] = ()


class Row(NamedTuple):
    """The verdict on a sort. ``duties``: ``ID|value|licence``; the value is left out where it names a component."""

    answer: str
    layered: str
    by_profile: tuple[str, ...]
    blockers: tuple[str, ...]
    duties: tuple[str, ...]
    turns_on: tuple[str, ...]
    needs: tuple[str, ...]


TOO_WIDE = "use-origin-license"
NAMES_COMPONENT = (TOO_WIDE, "state-base-license", "per-item-license-metadata")
"""Duties whose value is a component of the stack."""


def row_of(verdict: Verdict) -> Row:
    """A verdict as the audit keeps it. Without a label there are no terms under which anything would be owed."""
    owed = {(d.id, d.value, d.license) for d in verdict.duties if not d.rests_on} if verdict.proposed else ()
    needs = tuple(sorted({n.fact for n in verdict.needs_facts}))
    return _row(verdict.answer, verdict.layered, tuple(answer for _, answer in verdict.by_profile), {(b.license, b.clause) for b in verdict.blockers}, owed, verdict.turns_on, needs)


def _row(answer: str, layered: str, by_profile: tuple[str, ...], blockers: Iterable[tuple[str, str]], duties: Iterable[tuple[str, str, str]], turns_on: tuple[str, ...], needs: tuple[str, ...]) -> Row:
    owed = {f"{duty}|{'' if duty in NAMES_COMPONENT else value}|{licence}" for duty, value, licence in duties}
    return Row(answer, layered, by_profile, tuple(sorted(f"{licence}/{clause}" for licence, clause in blockers)), tuple(sorted(owed)), turns_on, needs)


def component(name: str, own: Own, tree: Tree | None, released: bool) -> Component:
    """A component of a stack that is made from an inventory; the released one is taken for the asker's own."""
    return Component(name, own.kind, own.name, None if released else tree, None if released else tree, "" if released else own.label, released)


def release(name: str, kind: str, tree: Tree | None, knowledge: Knowledge) -> Release:
    """The question about a component: may it go out under its own label, for what that label allows?"""
    form = default_form(kind)
    only_private = tree is not None and private(tree, knowledge)
    return Release(name, tree, render(tree) if tree is not None else "", form, "non-commercial" if only_private else "any", default_recipients(form))


def private(tree: Tree, knowledge: Knowledge) -> bool:
    """Whether a label lets recipients act without commercial purpose only: any member of an AND, all candidates and choices."""
    if isinstance(tree, Leaf):
        return any(c.duty == "no-commercial-use" for c in knowledge.license(tree.id).clauses)
    return (any if isinstance(tree, AllOf) else all)(private(p, knowledge) for p in tree.parts)


class Classes:
    """Sorts and classes met so far; classes are numbered from 0."""

    def __init__(self, knowledge: Knowledge, as_of: str, profile: str = "mainstream") -> None:
        self.knowledge, self.as_of, self.profile = knowledge, as_of, profile
        self.values = knowledge.profiles[profile].values
        self._trees: dict[str, Tree | None] = {"": None, NOT_LISTED: Leaf("NOASSERTION", "NOASSERTION")}
        self._ambiguous: dict[str, tuple[str, ...]] = {}
        self._class_of: dict[Sort, int] = {}
        self._tokens: dict[str, int] = {}
        self.firsts: list[Sort] = []
        """For each class the sort that was the first of it."""
        self.wide: list[bool] = []
        """For each class whether a label in it, or in what it goes back to, is too wide."""
        self._asks: dict[str, bool] = {}

    def own(self, kind: str, label: str, name: str) -> Own:
        """What a component says of itself, with a name that stands for all that naming duties see alike."""
        fitting = next((p for p in self.knowledge.name_prefixes if begins(name, p)), "")
        stands = f"{fitting} x" if fitting else "x"
        return Own(kind, label, stands if all(begins(stands, p) == begins(name, p) for p in self.knowledge.name_prefixes) else name)

    def tree(self, label: str) -> Tree | None:
        """What a label means; None if there is none. A word that no licence could be offered under is no proposal."""
        if label not in self._trees:
            self._trees[label] = tree_of(label, self.knowledge)
        return self._trees[label]

    def proposed(self, label: str) -> Tree | None:
        """The terms a label proposes; None for one that offers none."""
        tree = self.tree(label)
        return None if tree is None or any(leaf.id in (*UNLABELLED, "LicenseRef-Proprietary", "LicenseRef-Commercial") for leaf in leaves(tree)) else tree

    def ambiguous(self, label: str) -> tuple[str, ...]:
        """The ambiguous names in a label."""
        if label not in self._ambiguous:
            tree = self.tree(label)
            self._ambiguous[label] = tuple(dict.fromkeys(u.name for u in unsettled(tree))) if tree is not None else ()
        return self._ambiguous[label]

    @property
    def count(self) -> int:
        """How many classes were met."""
        return len(self.firsts)

    def kept(self, number: Mapping[Sort, int]) -> dict[str, Any]:
        """The classes as data, sorts by their number."""
        return {"tokens": list(self._tokens), "firsts": [number[sort] for sort in self.firsts], "wide": self.wide, "of": [(number[sort], found) for sort, found in self._class_of.items()]}

    def restore(self, kept: Mapping[str, Any], sorts: Sequence[Sort]) -> None:
        """The classes that were met before, from data."""
        self._tokens = {token: number for number, token in enumerate(kept["tokens"])}
        self.firsts, self.wide = [sorts[number] for number in kept["firsts"]], list(kept["wide"])
        self._class_of = {sorts[number]: found for number, found in kept["of"]}

    # -- small stacks --------------------------------------------------------------------------------------------

    def stack(self, sort: Sort, released: bool) -> Stack:
        """The small stack that stands for a sort: itself, and one member of every class it goes back to.

        Questions which licence an ambiguous name means are asked by component: who bears one is called by it, so that they are the same in many stacks.
        """
        components: dict[str, Component] = {}
        edges: list[Edge] = []
        called: dict[tuple[int, str], str] = {}
        self._build(IT, sort, released, "", components, edges, called)
        for name, count in sort.borne:
            bearing = [n for n, c in components.items() if n != IT and c.license is not None and any(u.name == name for u in unsettled(c.license))]
            if len(bearing) < count:
                relation, number = next(s for s in sort.sources if self._bears(s[1], name))
                again = self._called(number, "'", called)
                edges.append(Edge(IT, relation, again))
                self._build(again, self.firsts[number], False, "'", components, edges, called)
        tree = self.proposed(sort.own.label)
        return Stack(dict(reversed(components.items())), tuple(edges), release(IT, sort.own.kind, tree, self.knowledge))

    def _build(self, name: str, sort: Sort, released: bool, mark: str, components: dict[str, Component], edges: list[Edge], called: dict[tuple[int, str], str]) -> None:
        waiting = [(name, sort)]
        while waiting:
            at, mine = waiting.pop()
            if at in components:
                continue
            components[at] = component(at, mine.own, self.tree(mine.own.label), released and at == IT)
            for relation, number in mine.sources:
                source = self._called(number, mark, called)
                edges.append(Edge(at, relation, source))
                waiting.append((source, self.firsts[number]))

    def _called(self, number: int, mark: str, called: dict[tuple[int, str], str]) -> str:
        if (number, mark) not in called:
            label = self.firsts[number].own.label
            called[number, mark] = f"{label} ({sum(name.startswith(f'{label} (') for name in called.values())})" if self.ambiguous(label) else f"c{number}{mark}"
        return called[number, mark]

    def _bears(self, number: int, name: str) -> bool:
        return name in dict(self.borne_by(self.firsts[number]))

    def borne_by(self, sort: Sort) -> tuple[tuple[str, int], ...]:
        """The same as ``borne``, its own label counted."""
        found = dict(sort.borne)
        for name in self.ambiguous(sort.own.label):
            found[name] = 2 if name in found else 1
        return tuple(sorted(found.items()))

    # -- verdicts and classes ------------------------------------------------------------------------------------

    def row(self, sort: Sort) -> Row:
        """The verdict on every member of a sort."""
        stack = self.stack(sort, released=True)
        found = glance(stack, self.knowledge, self.profile, as_of=self.as_of)
        wide = [(TOO_WIDE, "", "")] if any(self.wide[number] for _, number in sort.sources) else []
        labelled = stack.release is not None and stack.release.license is not None
        return _row(found.answer, found.layered, found.by_profile, found.blockers, [*found.duties, *wide] if labelled else (), found.turns_on, found.needs)

    def class_of(self, sort: Sort) -> int:
        """The class of a sort."""
        if sort not in self._class_of:
            token, wide = self._token(sort)
            number = self._tokens.setdefault(token, len(self.firsts))
            if number == len(self.firsts):
                self.firsts.append(sort)
                self.wide.append(wide)
            self._class_of[sort] = number
        return self._class_of[sort]

    def _token(self, sort: Sort) -> tuple[str, bool]:
        """Everything that what is made from a member can see of it, as a digest, and whether a label in it is too wide."""
        stack = self.stack(sort, released=False)
        context = Context(stack, build(stack, IT, self.knowledge), self.knowledge, self.as_of)
        context.carry = carried = carry(context)
        works = []
        for index, states in carried.held[IT].items():
            strand = carried.strands[index]
            work = f"{render(carried.groups[strand.slot[0]])}|{strand.kind}|{strand.source}|{strand.slot[1]}"
            for (state, condition), held in states.items():
                way = self._way(carried, index, state, condition, held.length) if self._asks_way(strand) else ()
                works.append(f"{work}|{tuple(state)}|{key(_plain(condition))}|{held.parent is None}|{way}")
        part = stack.components[IT]
        labelled = isinstance(part.license, Leaf) and part.license.id not in UNLABELLED and bool(sort.sources)
        wide = any(self.wide[number] for _, number in sort.sources) or (labelled and bool(wider(context, stack.release or release(IT, part.kind, None, self.knowledge), part, self.values)))
        seen = repr((sort.own.kind, sort.own.label, self.borne_by(sort), wide, sorted(set(works))))
        return blake2b(seen.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest(), wide

    def _asks_way(self, strand: Strand) -> bool:
        """Whether a clause of a licence asks by which relations, or for what purpose, a work arrived."""
        ident = strand.license.id
        if ident not in self._asks:
            self._asks[ident] = any(name in ("relation", "purpose") for c in strand.license.clauses for test in (c.when, c.unless) for name, _ in test.items)
        return self._asks[ident]

    def _way(self, carried: Carry, index: int, state: State, condition: Formula, length: int) -> tuple[object, ...]:
        _, edges = carried.path(IT, index, state, condition)
        return min(length, LONGEST), *sorted({(e.relation, e.purpose) for e in edges})


def _plain(condition: Formula) -> Formula:
    """A condition with the ids of components left out of its questions."""
    if isinstance(condition, bool):
        return condition
    if condition[0] == "lit":
        variable = condition[1]
        if variable.startswith("?license of "):
            variable = f"?license ({variable.rpartition(' (')[2]}"
        elif variable.startswith("?purpose "):
            variable = "?purpose of a step"
        return ("lit", variable, condition[2])
    if condition[0] == "not":
        return ("not", _plain(condition[1]))
    return (condition[0], frozenset(map(_plain, condition[1])))
