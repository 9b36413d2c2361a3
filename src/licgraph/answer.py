"""assess(): the one entry. A stack, the knowledge base and a profile give a verdict; nothing is read or written."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from licgraph import __version__
from licgraph.errors import Fault, StackError
from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled, leaves, render
from licgraph.gate import Acceptances, Entry, gate
from licgraph.graph import build
from licgraph.knowledge import Knowledge
from licgraph.license import License
from licgraph.noticed import noticed
from licgraph.solver.carry import UNLABELLED, Context, Question, State, carry, which_license
from licgraph.solver.decide import ANSWERS, MAX_COMBINATIONS, Case, Decider, Flips, Table, flips
from licgraph.solver.formula import ANY, TRUE, Formula, all_of, any_of, given, holds, literals, variables
from licgraph.solver.items import Item, Terms, made, reached_fixes, release_acts, released
from licgraph.stack import DEFAULT_PROFILE, Component, Evidence, Release, Stack, default_form
from licgraph.verdict import Blocker, Finding, Need, Option, Outbound, Owed, Part, Verdict

MAX_TERMS = 64
NOT_EXAMINED = (
    "privacy and personality rights",
    "patents beyond the text of the licences",
    "trade marks beyond naming duties",
    "export control",
    "contracts that are not in the stack",
    "whether the stack says the truth about what was used",
)


class _Trial(NamedTuple):
    """One way to release on trial: the terms (each set is one version offered) and all items they give."""

    expression: str
    sets: tuple[Terms, ...]
    items: tuple[Item, ...]


def assess(
    stack: Stack,
    knowledge: Knowledge,
    profile: str = DEFAULT_PROFILE,
    *,
    assume: Mapping[str, str] | None = None,
    as_of: str | None = None,
    search: bool = True,
    options: bool = True,
    baseline: Sequence[Entry] | None = None,
) -> Verdict:
    """Answers the release of a stack under a profile.

    assume: assumption values that override the profile's. as_of: the day (YYYY-MM-DD) on which permissions
    and accepted risks are read. search: look for flips and outbound options (repairs switch it off); options: for
    the latter too (the audit does not; it also goes without notices, has one row for each clause in the way and for each
    duty, and none for what would be owed under other assumptions). baseline: what was there already of this stack; it moves the gate only.
    Raises: StackError when nothing is released, or the proposed terms are none we could offer.
    """
    release = _checked_release(stack)
    values = {**knowledge.profiles[profile].values, **(assume or {})}
    day = as_of or date.today().isoformat()
    graph = build(stack, release.component, knowledge)
    context = Context(stack, graph, knowledge, day)
    context.carry = carry(context)
    decider = Decider(context.carry.groups, context.questions)
    base = (*made(context, release), *_parts(context, release), *_unread(context, release))
    proposed = _trial(context, release, release.license, base) if release.license is not None else None
    needs_candidates = proposed is None or (search and options)
    candidates = [_terms_trial(context, release, c, base) for c in _candidates(context, release, values)] if needs_candidates else []
    trials = [proposed] if proposed is not None else candidates
    cases = [Case.of(t.items) for t in trials]
    best = decider.best(cases, values)
    chosen, case = trials[best], cases[best]
    answer = ANSWERS[decider.answer(cases, values)]
    apart = any(i.label_only for t in trials for i in t.items)
    layered = ANSWERS[decider.answer([Case.of(i for i in t.items if not i.label_only) for t in trials], values)] if apart else answer
    domains = {a.id: a.values for a in knowledge.assumptions.values()}
    table = _table(decider, cases, values, domains) if search else None
    flipping = flips(table, values) if table is not None else Flips((), (), (), False)
    view = _View(context, decider, chosen, values, decider.dropped(case, values), options)
    blockers = view.blockers() if answer != "yes" else ()
    findings = [*_findings(context, release, decider, values), *(noticed(context, release, day) if options else ())]
    gated = gate(answer, chosen.items, context.carry.origins, decider, values, blockers, Acceptances(stack.risks, day, release.component, baseline))
    findings += gated.findings
    return Verdict(
        component=release.component,
        name=graph.components[release.component].name,
        proposed=release.written or (render(release.license) if release.license else ""),
        form=release.form,
        use=release.use,
        to=release.to,
        purpose=release.purpose,
        answer=answer,
        layered=layered,
        profile=profile,
        by_profile=tuple((p.id, ANSWERS[_under(p.values, table, decider, cases)]) for p in knowledge.profiles.values()),
        flips=flipping.sets,
        turns_on=flipping.turns_on,
        in_play=flipping.in_play,
        flips_complete=flipping.complete and (table is None or all(len(d) > 1 for d in table.domains.values())),
        needs_facts=tuple(view.need(q) for q in decider.needed(case, values)),
        needs_elections=_elections(context, view.dropped),
        duties=view.duties(findings),
        outbound=_outbound(context, release, decider, candidates, values, base, proposed) if search and options else Outbound((), (), (), (), (), (), (), ""),
        findings=tuple(sorted(set(findings), key=lambda f: (f.id, f.component, f.why))),
        for_counsel=view.for_counsel(),
        not_examined=NOT_EXAMINED,
        as_of=day,
        inputs=stack.inputs,
        versions=(("licgraph", __version__), ("knowledge", knowledge.version)),
        assumptions=tuple(sorted((v, values[v]) for v in {v for c in cases for v in c.variables()} if not v.startswith("?"))),
        parts=tuple(_part(graph.components[n]) for n in graph.order if n in graph.reachable),
        **gated.fields,
        made=tuple((e.source, e.relation, n) for n in graph.order if n in graph.reachable for e in graph.sources[n]),
    )


def _part(part: Component) -> Part:
    return Part(part.id, part.kind, part.name or part.id, render(part.license) if part.license is not None else "", part.ours, part.evidence)


def _table(decider: Decider, cases: Sequence[Case], values: Mapping[str, str], domains: Mapping[str, Sequence[str]]) -> Table:
    """All combinations of the assumptions read; where they are too many, of as many as fit, the rest as chosen."""
    read = sorted({v for case in cases for v in case.variables() if not v.startswith("?")})
    size = 1
    free: dict[str, Sequence[str]] = {}
    for name in read:
        size *= len(domains[name])
        free[name] = domains[name] if size <= MAX_COMBINATIONS else (values[name],)
    return Table(decider, cases, free)


def _under(values: Mapping[str, str], table: Table | None, decider: Decider, cases: Sequence[Case]) -> int:
    """The answer under other values: looked up where the table of all combinations has them."""
    if table is not None and all(values[n] in domain for n, domain in table.domains.items()):
        return table.answer(table.index(values))
    return decider.answer(cases, values)


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


def _trial(context: Context, release: Release, tree: Tree, base: tuple[Item, ...], by: str = "us") -> _Trial:
    items = list(base)
    sets = []
    for condition, ids in terms_of(context, tree, _where(context, release)):
        terms = Terms(tuple(context.knowledge.license(i) for i in sorted(ids)))
        sets.append(terms)
        found = released(context, release, terms, by)
        items += found if condition is TRUE else [i._replace(condition=all_of(i.condition, condition)) for i in found]
        items += [_unread_terms(release, m, condition) for m in terms.members if m.state == "unknown" or m.partial]
    return _Trial(render(tree), tuple(sets), tuple(items))


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


def _terms_trial(context: Context, release: Release, ids: frozenset[str], base: tuple[Item, ...]) -> _Trial:
    members = sorted(ids)
    tree: Tree = Leaf(members[0]) if len(members) == 1 else AllOf(tuple(Leaf(i) for i in members))
    return _trial(context, release, tree, base)


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
    if any(leaf.id in UNLABELLED or leaf.id.startswith("LicenseRef-Proprietary") for leaf in leaves(label)):
        return []
    sets = [Terms(tuple(context.knowledge.license(i) for i in sorted(ids))) for _, ids in terms_of(context, label, part.id)]
    form = default_form(part.kind)
    if part.kind == "code" and release.form == "binary":
        form = "binary"
    purpose = release.purpose if by == "us" else "non-commercial"
    sub = Release(part.id, label, render(label), form, implied_use(sets), "public", purpose)
    items = [i for i in _trial(context, sub, label, (), by).items if i.level != "duty" and i.edit != "refusal"]
    return [i._replace(label_only=False) for i in items]


def _findings(context: Context, release: Release, decider: Decider, values: Mapping[str, str]) -> list[Finding]:
    """Third-party components whose declared licence is wider than what reaches them.

    Components that hold the same under the same label are looked at once, so a long chain costs no more.
    """
    assert context.carry is not None
    found = []
    known: dict[tuple[object, ...], list[tuple[str, str]]] = {}
    for name in context.graph.order:
        part = context.graph.components[name]
        if part.ours or part.license is None or part.virtual or not context.graph.sources[name]:
            continue
        if not isinstance(part.license, Leaf) or part.license.id in UNLABELLED:
            continue
        held = context.carry.held[name]
        same = (part.license, part.kind, frozenset((i, state, condition) for i, states in held.items() for (state, condition), h in states.items() if h.parent is not None))
        if same not in known:
            known[same] = wider(context, release, part, values)
        for licence, cite in known[same]:
            found.append(Finding("declared-license-too-wide", name, f"{part.name or name} is tagged {render(part.license)}; the terms of {licence} reach it ({cite})"))
    return found


def wider(context: Context, release: Release, part: Component, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """The licences, with a section each, that reach a labelled component of somebody else's and that its label does not meet."""
    assert part.license is not None
    items = [i for i in _part_items(context, release, part, part.license, part.id) if i.level == "block" and i.edit != "name"]
    active = [i for i in items if not variables(i.condition) - set(values) and holds(i.condition, values)]
    return [(licence, next(a.cite for a in active if a.license == licence)) for licence in sorted({a.license for a in active})]


def _elections(context: Context, dropped: frozenset[tuple[int, int]]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """For each component with a choice: what was elected for it, and what was offered."""
    assert context.carry is not None
    found = []
    for name in context.graph.order:
        part = context.graph.components[name]
        if part.ours or part.license is None or not any(isinstance(t, OneOf) for t in _nodes(part.license)):
            continue
        strands = [context.carry.strands[i] for i in context.carry.held[name] if context.carry.strands[i].source == "license"]
        own = [s for s in strands if any(state.way == "copy" and h.parent is None for (state, _), h in context.carry.held[name][s.index].items())]
        elected = [s.license.id for s in own if s.slot not in dropped]
        found.append((name, " AND ".join(elected), tuple(leaf.id for leaf in leaves(part.license))))
    return tuple(found)


def _nodes(tree: Tree) -> Iterable[Tree]:
    yield tree
    if not isinstance(tree, Leaf):
        for part in tree.parts:
            yield from _nodes(part)


class _View:
    """Turns the chosen trial's items into rows, as they stand under the chosen values."""

    def __init__(self, context: Context, decider: Decider, trial: _Trial, values: Mapping[str, str], dropped: frozenset[tuple[int, int]], options: bool = True) -> None:
        assert context.carry is not None
        self.options = options
        self.context = context
        self.carry = context.carry
        self.decider = decider
        self.trial = trial
        self.values = values
        self.dropped = dropped
        self.elected = [i for i in trial.items if not self.dropped & set(i.slots)]
        self._truths: dict[Formula, tuple[bool, bool]] = {}

    def truth(self, condition: Formula) -> tuple[bool, bool]:
        """Whether it holds in every world of open facts, and whether it can in some."""
        if condition not in self._truths:
            left = given(condition, self.values)
            found = [left] if isinstance(left, bool) else [holds(left, w) for w in self.decider.worlds(sorted(variables(left)))]
            self._truths[condition] = (all(found), any(found))
        return self._truths[condition]

    def blockers(self) -> tuple[Blocker, ...]:
        rows: dict[tuple[object, ...], Blocker] = {}
        seen: set[tuple[str, str]] = set()
        for item in self.elected:
            if item.level == "duty" or (item.license, item.clause) in seen:
                continue
            always, some = self.truth(item.condition)
            if not some:
                continue
            level = {"block": "no", "unknown": "unknown", "open": "conditional"}[item.level] if always else "conditional"
            if not self.options:
                seen.add((item.license, item.clause))
            origins = tuple(self.carry.origins(item.origins))
            evidence = self._evidence(item, origins)
            key = (item.license, item.clause, item.act, item.by, item.why, level, item.when)
            row = Blocker(
                item.license, item.clause, item.cite, origins, item.act, item.when, item.by, item.path, item.steps, item.why, item.quote, item.reading,
                item.review, evidence, (*self._rests(item.condition), *(() if always else self._depends(item.condition))), level, item.state.way, item.state.place, item.thing,
            )  # fmt: skip
            known = rows.get(key)
            if known is None:
                rows[key] = row
            else:
                shorter = min(known, row, key=lambda b: (len(b.path), b.path))
                rows[key] = shorter._replace(origins=tuple(dict.fromkeys((*known.origins, *origins))))
        order = {"no": 0, "unknown": 1, "conditional": 2}
        return tuple(sorted(rows.values(), key=lambda b: (order[b.level], b.when != "made", b.license, b.cite, b.clause, b.act, b.path, b.why)))

    def _evidence(self, item: Item, origins: Sequence[str]) -> Evidence:
        name = origins[0] if origins else item.thing
        return self.context.graph.components[name].evidence

    def _rests(self, condition: Formula) -> tuple[tuple[str, str], ...]:
        """Assumptions that the condition reads, with the value taken."""
        return tuple(sorted({(v, self.values[v]) for v, _ in literals(condition) if not v.startswith("?")}))

    def _depends(self, condition: Formula) -> tuple[tuple[str, str], ...]:
        """Open facts that the condition reads, by the word a reader knows them by, with the values it names."""
        named: dict[str, dict[str, None]] = {}
        for variable, values in literals(condition):
            if variable.startswith("?"):
                word = " ".join((self.context.questions[variable].fact, *variable.split(" ", 1)[1:]))
                named.setdefault(word, {}).update(dict.fromkeys(v for v in self.context.questions[variable].values if v in values))
        return tuple(sorted((word, " or ".join(values)) for word, values in named.items()))

    def duties(self, findings: Iterable[Finding]) -> tuple[Owed, ...]:
        rows: dict[tuple[object, ...], Owed] = {}
        words = self.context.knowledge.duties
        asked = [i for i in self.elected if i.level == "duty" and i.duty]
        alike: dict[tuple[str, str, bool], list[Formula]] = {}
        for item in asked:
            alike.setdefault((item.duty, item.value, item.own), []).append(item.condition)
        for item in asked:
            key = (item.duty, item.value, item.license, item.own)
            if not self.options and key in rows and not rows[key].rests_on:
                continue
            always, some = self.truth(item.condition)
            rests: tuple[tuple[str, str], ...] = ()
            if some and not always:  # whichever way the facts are, the same may be owed under another licence
                always = self.truth(any_of(*alike[(item.duty, item.value, item.own)]))[0]
            if not always:
                other = self._depends(item.condition) if some else self._other(item.condition) if self.options else None
                if other is None:
                    continue
                rests = other
            origins = tuple(self.carry.origins(item.origins))
            word = words[item.duty]
            row = Owed(
                item.duty, item.value, item.nature or word.nature, word.moment, self._status(item), item.license, item.clause, item.cite, origins,
                item.path, rests, item.own, word.label, item.why, item.steps, item.quote, item.reading,
            )  # fmt: skip
            known = rows.get(key)
            if known is None:
                rows[key] = row
                continue
            better = min(known, row, key=lambda d: (len(d.rests_on), len(d.path), d.path, d.cite))
            worst = next((s for s in ("refused", "open", "not-checkable", "met") if s in (known.status, row.status)), row.status)
            rows[key] = better._replace(origins=tuple(dict.fromkeys((*known.origins, *origins))), status=worst)
        for finding in findings:
            if finding.id == "declared-license-too-wide":
                word = words["use-origin-license"]
                rows[("use-origin-license", finding.component, finding.why)] = Owed("use-origin-license", finding.component, word.nature, word.moment, "open", "", "label-too-wide", "", (finding.component,), (finding.component,), (), False, word.label, finding.why)
        order = {m: n for n, m in enumerate(("before", "files", "page", "contract", "operation"))}
        return tuple(sorted(rows.values(), key=lambda d: (bool(d.rests_on), order[d.moment], d.id, d.value, d.license, d.own)))

    def _status(self, item: Item) -> str:
        if item.refused == "refused":
            return "refused"
        if item.duty == "name-prefix":
            name = self.context.graph.components[item.thing].name
            from licgraph.solver.items import begins

            return "met" if name and begins(name, item.value) else "open"
        if item.nature in ("ban",) or item.refused == "watch":
            return "not-checkable"
        if item.nature in ("binds", "fixes"):
            return "met" if all(item.license in t.ids or _imposed(item, t) for t in self.trial.sets) else "open"
        return "open"

    def _other(self, condition: Formula) -> tuple[tuple[str, str], ...] | None:
        """The smallest set of other assumption values under which a duty is owed; None if there is none."""
        names = sorted(v for v in variables(condition) if not v.startswith("?"))
        domains = self.context.knowledge.assumptions
        asked = {v: ANY for v in variables(condition) if v.startswith("?")}
        for size in range(1, min(len(names), 4) + 1):
            for some in itertools.combinations(names, size):
                for combo in itertools.product(*([v for v in domains[n].values if v != self.values[n]] for n in some)):
                    changed = dict(zip(some, combo, strict=True))
                    if holds(condition, {**self.values, **asked, **changed}):
                        return tuple(sorted(changed.items()))
        return None

    def need(self, question: Question) -> Need:
        clause = next((f"{i.license}/{i.clause}" for i in self.elected if question.variable in variables(i.condition) and i.level != "duty"), "")
        return Need(question.fact, question.scope, clause, question.text, question.flag)

    def for_counsel(self) -> tuple[tuple[str, str, str], ...]:
        """Terms of every licence that reaches the release which are not computed."""
        strands = [self.carry.strands[i] for i in self.carry.held[self.context.graph.release]]
        return tuple(sorted({(s.license.id, c.cite, c.reading) for s in strands if s.slot not in self.dropped for c in s.license.clauses if c.kind == "for-counsel"}))


def _imposed(item: Item, terms: Terms) -> bool:
    """Whether a member of the terms imposes the same duty in the same words."""
    return item.nature == "binds" and any(c.duty == item.duty and c.nature == "binds" and c.value == item.value for m in terms.members for c in m.clauses)


def _outbound(context: Context, release: Release, decider: Decider, candidates: Sequence[_Trial], values: Mapping[str, str], base: tuple[Item, ...], proposed: _Trial | None) -> Outbound:
    """The specification of the outbound terms, and the few witnesses that meet it, modulo name, use and refusals."""
    free = next(t for t in candidates if t.expression == "OWN-TERMS")
    dropped = decider.dropped(Case.of(free.items), values)
    view = _View(context, decider, free, values, dropped)
    owed = [d for d in view.duties(()) if not d.rests_on]
    fixed = [c.fixes_to for c, s, f in reached_fixes(context, release) if c.fixes_to is not None and not c.fixes_file and s.slot not in dropped and view.truth(f)[0]]
    fixed_to = sorted(frozenset.intersection(*fixed)) if fixed else []
    not_add = sorted({f"{i}: {further.cite}" for i in fixed_to if (further := context.knowledge.license(i).further)})
    edits = sorted({i.why for t in candidates for i in t.items if i.edit in ("name", "refusal") and view.truth(i.condition)[0] and not dropped & set(i.slots)})
    blocked = decider.answer([Case.of(base)], values)
    options: list[Option] = []
    why = ""
    if blocked == 3:
        why = "an act of our own in making it is not granted, which no outbound terms cure"
    elif not release_acts(release):
        why = "nothing is released"
    else:
        acts = set(base)
        for trial in (*([proposed] if proposed else []), *candidates):
            whole = [i for i in trial.items if not i.edit and i not in acts]
            apart = trial is proposed or (trial.expression == "OWN-TERMS" and not any(o.layered for o in options))
            for layered in (False, True) if apart else (False,):
                items = [i for i in whole if not (layered and i.label_only)]
                if decider.answer([Case.of(items)], values) == 0:
                    rest = _layers(view) if layered else ()
                    expression = " AND ".join(dict.fromkeys((trial.expression, *rest)))
                    owes = _View(context, decider, trial, values, decider.dropped(Case.of(items), values)).duties(())
                    options.append(Option(expression, layered, tuple(sorted({d.id for d in owes if not d.rests_on}))))
                    break
        options = _least(options)
        if not options:
            why = "no terms found under which every origin's conditions can be met" if not fixed or fixed_to else "the origins fix different licences, and none is common to all"
        elif blocked:
            edits = ["what is open about our own acts is settled (see the questions)", *edits]
    return Outbound(
        must_impose=tuple(sorted({_shown(d) for d in owed if d.nature == "binds"})),
        must_carry=tuple(sorted({_shown(d) for d in owed if d.nature == "travels" and not d.own and d.id != "use-origin-license"})),
        must_not_add=tuple(not_add),
        eligibility=tuple(sorted({_shown(d) for d in owed if d.nature == "ban"})),
        fixed_to=tuple(fixed_to),
        options=tuple(options),
        edits=tuple(edits),
        why_none=why if not options else "",
    )


def _shown(duty: Owed) -> str:
    return f"{duty.id}: {duty.value}" if duty.value else duty.id


def _layers(view: _View) -> tuple[str, ...]:
    """The licences that keep reaching the rest when only our own contribution carries the proposed terms."""
    return tuple(sorted({i.license for i in view.elected if i.label_only and view.truth(i.condition)[1]}))


def _least(options: Sequence[Option]) -> list[Option]:
    """Options that no other one beats: with fewer members, or with own terms and no more duties."""
    found: list[Option] = []
    for option in sorted(options, key=lambda o: (o.layered, len(o.expression.split(" AND ")), o.expression != "OWN-TERMS", len(o.duties), o.expression)):
        members = set(option.expression.split(" AND "))
        beaten = (set(o.expression.split(" AND ")) <= members or (o.expression == "OWN-TERMS" and set(o.duties) <= set(option.duties)) for o in found if o.layered == option.layered)
        if not any(beaten):
            found.append(option)
    return found[:8]
