"""assess(): the one entry. A stack, the knowledge base and a profile give a verdict; nothing is read or written."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from licgraph import __version__
from licgraph.expression import Leaf, OneOf, Tree, leaves, render
from licgraph.gate import Acceptances, Entry, gate
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.noticed import noticed
from licgraph.solver.carry import UNLABELLED, Context, Question
from licgraph.solver.decide import Case, Decider
from licgraph.solver.formula import ANY, Formula, any_of, holds, literals, variables
from licgraph.solver.item import Item, Terms
from licgraph.solver.items import begins, reached_fixes, release_acts
from licgraph.stack import DEFAULT_PROFILE, Component, Evidence, Release, Stack
from licgraph.trials import Solved, Trial, owed_anyhow, solve, wider
from licgraph.verdict import Blocker, Finding, Need, Option, Outbound, Owed, Part, Verdict

NOT_EXAMINED = (
    "privacy and personality rights",
    "patents beyond the text of the licences",
    "trade marks beyond naming duties",
    "export control",
    "contracts that are not in the stack",
    "whether the stack says the truth about what was used",
)


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
    the latter too. baseline: what was there already of this stack; it moves the gate only.
    Raises: StackError when nothing is released, or the proposed terms are none we could offer.
    """
    day = as_of or date.today().isoformat()
    solved = solve(stack, knowledge, {**knowledge.profiles[profile].values, **(assume or {})}, day, search, options)
    context, release, values, decider, answer = solved.context, solved.release, solved.values, solved.decider, solved.answer
    graph, table, chosen = context.graph, solved.table, solved.trials[solved.best]
    flipping = solved.flips()
    view = _View(context, decider, chosen, values, solved.dropped)
    blockers = view.blockers() if answer != "yes" else ()
    findings = [*_findings(context, release, decider, values), *noticed(context, release, day)]
    assert context.carry is not None
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
        layered=solved.layered,
        profile=profile,
        by_profile=tuple((p.id, solved.under(p.values)) for p in knowledge.profiles.values()),
        flips=flipping.sets,
        turns_on=flipping.turns_on,
        in_play=tuple(v for v in solved.read if v not in flipping.turns_on) if search else (),
        flips_complete=flipping.complete and (table is None or all(len(d) > 1 for d in table.domains.values())),
        needs_facts=tuple(view.need(q) for q in decider.needed(solved.cases[solved.best], values)),
        needs_elections=_elections(context, view.dropped),
        duties=view.duties(findings),
        outbound=_outbound(solved) if search and options else Outbound((), (), (), (), (), (), (), ""),
        findings=tuple(sorted(set(findings), key=lambda f: (f.id, f.component, f.why))),
        for_counsel=view.for_counsel(),
        not_examined=NOT_EXAMINED,
        as_of=day,
        inputs=stack.inputs,
        versions=(("licgraph", __version__), ("knowledge", knowledge.version)),
        assumptions=tuple((v, values[v]) for v in solved.read),
        parts=tuple(_part(graph.components[n]) for n in graph.order if n in graph.reachable),
        **gated.fields,
        made=tuple((e.source, e.relation, n) for n in graph.order if n in graph.reachable for e in graph.sources[n]),
    )


class Glance(NamedTuple):
    """A verdict without its grounds. ``blockers``: (licence, clause); ``duties``: (id, value, licence), what is owed whatever the open facts are."""

    answer: str
    layered: str
    by_profile: tuple[str, ...]
    turns_on: tuple[str, ...]
    needs: tuple[str, ...]
    blockers: frozenset[tuple[str, str]]
    duties: frozenset[tuple[str, str, str]]


def glance(stack: Stack, knowledge: Knowledge, profile: str = DEFAULT_PROFILE, *, as_of: str) -> Glance:
    """What `assess` answers, at a quarter of the cost: without grounds and findings, without the duty that comes of a label found
    too wide, and without a gate. Raises StackError."""
    solved = solve(stack, knowledge, knowledge.profiles[profile].values, as_of, brief=True)
    decider, values = solved.decider, solved.values
    elected = [i for i in solved.trials[solved.best].items if not solved.dropped & set(i.slots)] if solved.dropped else solved.trials[solved.best].items
    against: set[tuple[str, str]] = set()
    for item in elected if solved.answer != "yes" else ():
        if item.level != "duty" and (item.license, item.clause) not in against and decider.truth(item.condition, values)[1]:
            against.add((item.license, item.clause))
    owed = {(i.duty, i.value, i.license) for i in owed_anyhow(elected, decider, values)}
    needs = tuple(sorted({q.fact for q in decider.needed(solved.cases[solved.best], values)}))
    return Glance(solved.answer, solved.layered, tuple(solved.under(p.values) for p in knowledge.profiles.values()), solved.flips().turns_on, needs, frozenset(against), frozenset(owed))


def _part(part: Component) -> Part:
    return Part(part.id, part.kind, part.name or part.id, render(part.license) if part.license is not None else "", part.ours, part.evidence)


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

    def __init__(self, context: Context, decider: Decider, trial: Trial, values: Mapping[str, str], dropped: frozenset[tuple[int, int]]) -> None:
        assert context.carry is not None
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
            self._truths[condition] = self.decider.truth(condition, self.values)
        return self._truths[condition]

    def blockers(self) -> tuple[Blocker, ...]:
        rows: dict[tuple[object, ...], Blocker] = {}
        for item in self.elected:
            if item.level == "duty":
                continue
            always, some = self.truth(item.condition)
            if not some:
                continue
            level = {"block": "no", "unknown": "unknown", "open": "conditional"}[item.level] if always else "conditional"
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
            always, some = self.truth(item.condition)
            rests: tuple[tuple[str, str], ...] = ()
            if some and not always:  # whichever way the facts are, the same may be owed under another licence
                always = self.truth(any_of(*alike[(item.duty, item.value, item.own)]))[0]
            if not always:
                other = self._depends(item.condition) if some else self._other(item.condition)
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


def _outbound(solved: Solved) -> Outbound:
    """The specification of the outbound terms, and the few witnesses that meet it, modulo name, use and refusals."""
    context, release, decider, candidates, values, base, proposed = solved.context, solved.release, solved.decider, solved.candidates, solved.values, solved.base, solved.proposed
    free = next(t for t in candidates if t.expression == "OWN-TERMS")
    dropped = decider.dropped(Case.of(free.items), values)
    view = _View(context, decider, free, values, dropped)
    owed = owed_anyhow(view.elected, decider, values)
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
        acts = set(map(id, base))
        for trial in (*([proposed] if proposed else []), *candidates):
            whole = [i for i in trial.items if not i.edit and id(i) not in acts]
            apart = trial is proposed or (trial.expression == "OWN-TERMS" and not any(o.layered for o in options))
            for layered in (False, True) if apart else (False,):
                items = [i for i in whole if not (layered and i.label_only)]
                if decider.answer([Case.of(items)], values) == 0:
                    rest = _layers(view) if layered else ()
                    expression = " AND ".join(dict.fromkeys((trial.expression, *rest)))
                    aside = decider.dropped(Case.of(items), values)
                    owes = owed_anyhow([i for i in trial.items if not aside & set(i.slots)], decider, values)
                    options.append(Option(expression, layered, tuple(sorted({i.duty for i in owes}))))
                    break
        options = _least(options)
        if not options:
            why = "no terms found under which every origin's conditions can be met" if not fixed or fixed_to else "the origins fix different licences, and none is common to all"
        elif blocked:
            edits = ["what is open about our own acts is settled (see the questions)", *edits]
    return Outbound(
        must_impose=tuple(sorted({_shown(i) for i in owed if i.nature == "binds"})),
        must_carry=tuple(sorted({_shown(i) for i in owed if i.nature == "travels" and not i.own and i.duty != "use-origin-license"})),
        must_not_add=tuple(not_add),
        eligibility=tuple(sorted({_shown(i) for i in owed if i.nature == "ban"})),
        fixed_to=tuple(fixed_to),
        options=tuple(options),
        edits=tuple(edits),
        why_none=why if not options else "",
    )


def _shown(item: Item) -> str:
    return f"{item.duty}: {item.value}" if item.value else item.duty


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

