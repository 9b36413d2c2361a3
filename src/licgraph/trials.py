"""The release of a stack, solved: every way to release it tried, and the one that gives the answer.

A trial is terms with all that stands against a release under them and all that is owed for it; the trials of a release without
proposed terms are the few that could do. Nothing is worded here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

from licgraph.errors import Fault, StackError
from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled, leaves, render
from licgraph.graph import build
from licgraph.knowledge import Knowledge
from licgraph.license import License
from licgraph.light import NamedTuple
from licgraph.solver.carry import UNLABELLED, Context, State, carry, which_license
from licgraph.solver.decide import ANSWERS, MAX_COMBINATIONS, Case, Decider, Flips, flips
from licgraph.solver.formula import ANY, TRUE, Formula, all_of, any_of, holds, variables
from licgraph.solver.item import Item, Terms
from licgraph.solver.items import made, reached_fixes, release_acts, released
from licgraph.solver.table import Table
from licgraph.stack import Component, Release, Stack, default_form

MAX_TERMS = 64


class Trial(NamedTuple):
    """One way to release on trial: the terms (each set is one version offered) and all items they give."""

    expression: str
    sets: tuple[Terms, ...]
    items: tuple[Item, ...]


class Solved(NamedTuple):
    """A release with every way to release it tried. ``best``: the trial that gives the answer; ``read``: the assumptions read.

    ``table``: the answers under all combinations of assumptions; None where they were not searched.
    """

    context: Context
    release: Release
    values: Mapping[str, str]
    decider: Decider
    base: tuple[Item, ...]
    proposed: Trial | None
    candidates: Sequence[Trial]
    trials: Sequence[Trial]
    cases: Sequence[Case]
    best: int
    answer: str
    layered: str
    read: Sequence[str]
    table: Table | None
    dropped: frozenset[tuple[int, int]]

    def under(self, profile: Mapping[str, str]) -> str:
        """The answer under other values: looked up where the table of all combinations has them."""
        if self.table is not None and all(profile[n] in domain for n, domain in self.table.domains.items()):
            return ANSWERS[self.table.answer(self.table.index(profile))]
        return ANSWERS[self.decider.answer(self.cases, profile)]

    def flips(self) -> Flips:
        """The smallest changes of assumptions that change the answer."""
        return flips(self.table, self.values) if self.table is not None else Flips((), (), False)


def solve(stack: Stack, knowledge: Knowledge, values: Mapping[str, str], day: str, search: bool = True, options: bool = True, brief: bool = False) -> Solved:
    """Solves the release of a stack under some assumption values. ``brief``: without where and by which way. Raises StackError."""
    release = _checked_release(stack)
    graph = build(stack, release.component, knowledge)
    context = Context(stack, graph, knowledge, day)
    context.carry = carry(context)
    decider = Decider(context.carry.groups, context.questions)
    base = (*made(context, release, brief), *_parts(context, release), *_unread(context, release))
    proposed = _trial(context, release, release.license, base, brief=brief) if release.license is not None else None
    needs_candidates = proposed is None or (search and options and not brief)
    candidates = _trials(context, release, values, base, decider, brief, brief or proposed is not None) if needs_candidates else []
    trials = [proposed] if proposed is not None else candidates
    cases = [Case.of(t.items) for t in trials]
    read = sorted({v for c in cases for v in c.variables() if not v.startswith("?")})
    table = _table(decider, cases, values, {a.id: a.values for a in knowledge.assumptions.values()}) if search else None
    at = table or decider.at(cases, values)
    here = at.index(values)
    best = min(range(len(cases)), key=lambda n: (at.answer(here, n), n))
    answer = ANSWERS[at.answer(here)]
    apart = answer != "yes" and any(i.label_only for t in trials for i in t.items)
    layered = ANSWERS[decider.answer([Case.of(i for i in t.items if not i.label_only) for t in trials], values)] if apart else answer
    dropped = frozenset(slot for slot, mask in at.dropped[best].items() if mask >> here & 1)
    return Solved(context, release, values, decider, base, proposed, candidates, trials, cases, best, answer, layered, read, table, dropped)


def owed_anyhow(items: Iterable[Item], decider: Decider, values: Mapping[str, str]) -> list[Item]:
    """Of some items those that are owed whatever the open facts are: one for each duty, value and licence."""
    known: dict[Formula, tuple[bool, bool]] = {}
    asked: dict[tuple[str, str, bool], dict[tuple[str, str, Formula], Item]] = {}
    for item in items:
        if item.level == "duty" and item.duty:
            asked.setdefault((item.duty, item.value, item.own), {}).setdefault((item.license, item.nature, item.condition), item)
    found: dict[tuple[str, str, str, str, bool], Item] = {}
    for alike in asked.values():
        anyhow: bool | None = None  # whichever way the facts are, the same may be owed under another licence
        for item in alike.values():
            condition = item.condition
            if condition not in known:
                known[condition] = decider.truth(condition, values)
            always, some = known[condition]
            if some and not always:
                anyhow = decider.truth(any_of(*(i.condition for i in alike.values())), values)[0] if anyhow is None else anyhow
            if always or (some and anyhow):
                found.setdefault((item.duty, item.value, item.license, item.nature, item.own), item)
    return list(found.values())


def _table(decider: Decider, cases: Sequence[Case], values: Mapping[str, str], domains: Mapping[str, Sequence[str]]) -> Table:
    """All combinations of the assumptions read; where they are too many, of as many as fit, the rest as chosen."""
    read = sorted(v for v in decider.problem(cases).read if not v.startswith("?"))
    size = 1
    free: dict[str, Sequence[str]] = {}
    for name in read:
        size *= len(domains[name])
        free[name] = domains[name] if size <= MAX_COMBINATIONS else (values[name],)
    return decider.table(cases, free)


def _checked_release(stack: Stack) -> Release:
    shown = stack.inputs[0][0] if stack.inputs else "the stack"
    if stack.release is None:
        raise StackError(Fault(shown, 0, "release", "the stack does not say what is released", "Add `release: {component: ID, license: …}`, or name it with --component"))
    release = stack.release
    for leaf in leaves(release.license) if release.license else ():
        if leaf.id in ("NONE", "NOASSERTION", "LicenseRef-Proprietary", "LicenseRef-Commercial", "NO-CLAIM"):
            raise StackError(Fault(shown, 0, "release.license", f"`{leaf.id}` is no licence one could offer", "Write a licence, or OWN-TERMS for terms you draft yourselves"))
    offered = [(release.license, 0, "release.license")]
    offered += [(c.license, c.evidence.line if c.evidence else 0, f"components.{c.id}.license") for c in stack.components.values() if c.ours]
    for tree, line, key in offered:
        if tree is not None and _versions(tree) > MAX_TERMS:  # each has to pass, so none can be left out
            raise StackError(Fault(shown, line, key, f"the expression offers {_versions(tree)} sets of terms, and at most {MAX_TERMS} are tried", "Offer fewer choices"))
    return release


def _versions(tree: Tree) -> int:
    """How many sets of licences terms offer: what `terms_of` would list."""
    if isinstance(tree, Leaf):
        return 1
    return (math.prod if isinstance(tree, AllOf) else sum)(_versions(p) for p in tree.parts)


def terms_of(context: Context, tree: Tree, where: str) -> list[tuple[Formula, frozenset[str]]]:
    """Every set of licences that proposed terms offer; each must pass. Unsettled names are cases of a fact.

    A name that one work bears repeats that work's licence; one that none bears, or several, is a question of its own.
    """
    if isinstance(tree, Leaf):
        return [(TRUE, frozenset({tree.id}))]
    if isinstance(tree, OneOf):
        return [s for part in tree.parts for s in terms_of(context, part, where)]
    if isinstance(tree, Unsettled):
        borne = context.ambiguous.get(tree, [])
        question = borne[0] if len(borne) == 1 else which_license(tree, where, "--as")
        return [(context.ask(question, (p.id,)), frozenset({p.id})) for p in tree.parts]
    combined: list[tuple[Formula, frozenset[str]]] = [(TRUE, frozenset())]
    for part in tree.parts:
        combined = [(all_of(c1, c2), s1 | s2) for (c1, s1), (c2, s2) in itertools.product(combined, terms_of(context, part, where))]
    return combined


def _trial(context: Context, release: Release, tree: Tree, base: tuple[Item, ...], by: str = "us", brief: bool = False) -> Trial:
    items = list(base)
    sets = []
    for condition, ids in terms_of(context, tree, _where(context, release)):
        terms = Terms(tuple(context.knowledge.license(i) for i in sorted(ids)))
        sets.append(terms)
        found = released(context, release, terms, by, brief)
        items += found if condition is TRUE else [i._replace(condition=all_of(i.condition, condition)) for i in found]
        items += [_unread_terms(release, m, condition) for m in terms.members if m.state == "unknown" or m.partial]
    return Trial(render(tree), tuple(sets), tuple(items))


def _where(context: Context, release: Release) -> str:
    return "the release" if release.component == context.graph.release else release.component


def _unread(context: Context, release: Release) -> Iterable[Item]:
    """What belongs to the stack and was not read: whatever else is found, the answer is no or unknown."""
    for number, missing in enumerate(context.stack.unread):
        name = missing.component or release.component
        if name in context.graph.reachable:
            why = f"{missing.source} was not read ({missing.why}), so what it holds is not known"
            yield Item("unknown", TRUE, "", f"unread-{number + 1}", "", why, "distribute", "release", "us", name, -1, State("copy", "inside"), 0, (name,), ())


def _unread_terms(release: Release, terms: License, condition: Formula) -> Item:
    read = f"were read only in part ({terms.partial} not at hand)" if terms.partial else "are not in the knowledge base"
    why = f"the proposed terms {terms.id} {read}, so what they impose and grant is not known"
    return Item("unknown", condition, terms.id, "unknown-terms", "", why, "distribute", "release", "us", release.component, -1, State("copy", "inside"), 0, (release.component,), ())


def _terms_trial(context: Context, release: Release, ids: frozenset[str], base: tuple[Item, ...], brief: bool = False) -> Trial:
    members = sorted(ids)
    tree: Tree = Leaf(members[0]) if len(members) == 1 else AllOf(tuple(Leaf(i) for i in members))
    return _trial(context, release, tree, base, brief=brief)


def _trials(context: Context, release: Release, values: Mapping[str, str], base: tuple[Item, ...], decider: Decider, answer_only: bool, brief: bool) -> list[Trial]:
    """The candidates on trial. Where only the answer is wanted, the rest is left out if nothing can be better than terms of our own.

    ``brief``: none of them gives the answer, so where and by which way is not told.
    """
    first, *others = _candidates(context, release, values)
    own = _terms_trial(context, release, first, base, brief)
    if answer_only and decider.problem([Case.of(own.items)]).cases == decider.problem([Case.of(base)]).cases:
        return [own]
    return [own, *(_terms_trial(context, release, c, base, brief) for c in others)]


def _candidates(context: Context, release: Release, values: Mapping[str, str]) -> list[frozenset[str]]:
    """Witnesses for «what may it be?»: terms of our own, what the origins fix, and the AND of those that bind.

    Never an enumeration of the licence list: only licences that reach the release, and those they name.
    """
    assert context.carry is not None
    if not release_acts(release):
        return [frozenset({"OWN-TERMS"})]
    profiles = [values, *(p.values for p in context.knowledge.profiles.values())]
    fixes = [(c, s, f) for c, s, f in reached_fixes(context, release) if not c.fixes_file]
    sets: dict[frozenset[str], None] = {frozenset({"OWN-TERMS"}): None}
    fixed: dict[str, None] = {}
    for env in profiles:
        active = [c.fixes_to for c, _, f in fixes if c.fixes_to and _possible(f, env)]
        if active:
            common = frozenset.intersection(*active)
            fixed.update(dict.fromkeys(sorted(common if common else frozenset().union(*active))))
    binding: dict[str, None] = {}
    for index, states in context.carry.held[release.component].items():
        strand = context.carry.strands[index]
        licence = strand.license
        if licence.state != "encoded" or not any(s.place == "inside" and s.way != "remote" for s, _ in states):
            continue
        if (licence.relabel and licence.relabel.value != "any") or any(c.nature == "binds" for c in licence.clauses) or licence.fixes:
            binding[licence.id] = None
    alone = [i for i in binding if not context.knowledge.license(i).fixes]
    for one in fixed:
        sets[frozenset({one})] = None
        if alone:
            sets[frozenset({one, *alone})] = None
    if binding:
        sets[frozenset(binding)] = None
        if alone:
            sets[frozenset(alone)] = None
            if len(alone) <= 6:
                for one in alone:
                    sets[frozenset({one})] = None
    return list(sets)[:24]


def _possible(formula: Formula, values: Mapping[str, str]) -> bool:
    """Whether a condition can hold, whatever the open facts are."""
    return holds(formula, {**values, **{v: ANY for v in variables(formula) if v.startswith("?")}})


def implied_use(terms: Sequence[Terms]) -> str:
    """What a label lets recipients do: non-commercial only if every version offered says so."""
    return "non-commercial" if all(any(c.duty == "no-commercial-use" for m in t.members for c in m.clauses) for t in terms) else "any"


def _parts(context: Context, release: Release) -> Iterable[Item]:
    """Labelled parts of ours, each checked as a release of its own."""
    if release.form == "internal":
        return []
    found: list[Item] = []
    for name in context.graph.order:
        part = context.graph.components[name]
        if part.ours and part.license is not None and name != release.component and not part.virtual:
            found += _part_items(context, release, part, part.license, "us")
    return found


def _part_items(context: Context, release: Release, part: Component, label: Tree, by: str) -> list[Item]:
    """What stands against a labelled part. Of somebody else's, only whether and by which clause is asked."""
    if any(leaf.id in UNLABELLED or leaf.id.startswith("LicenseRef-Proprietary") for leaf in leaves(label)):
        return []
    sets = [Terms(tuple(context.knowledge.license(i) for i in sorted(ids))) for _, ids in terms_of(context, label, part.id)]
    form = default_form(part.kind)
    if part.kind == "code" and release.form == "binary":
        form = "binary"
    purpose = release.purpose if by == "us" else "non-commercial"
    sub = Release(part.id, label, render(label), form, implied_use(sets), "public", purpose)
    items = [i for i in _trial(context, sub, label, (), by, brief=by != "us").items if i.level != "duty" and i.edit != "refusal"]
    return [i._replace(label_only=False) for i in items]


def wider(context: Context, release: Release, part: Component, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """The licences, with a section each, that reach a labelled component of somebody else's and that its label does not meet."""
    assert part.license is not None
    items = [i for i in _part_items(context, release, part, part.license, part.id) if i.level == "block" and i.edit != "name"]
    active = [i for i in items if not variables(i.condition) - set(values) and holds(i.condition, values)]
    return [(licence, next(a.cite for a in active if a.license == licence)) for licence in sorted({a.license for a in active})]

