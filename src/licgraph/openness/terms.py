"""How open terms are, derived from clauses: the Open Source Definition asked of what a licence grants and withholds.

Open: everyone may use, study, change and share the work, for any purpose, without asking. The terms that count are those
that reach a thing (`solver/carry.py`), whatever its label says: a tag cannot open what an origin's licence closes.
Whether terms can be enforced (a right in weights, a contract) is no part of this: a term that nobody may enforce is still not an open one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled
from licgraph.graph import Whole, released
from licgraph.knowledge import Knowledge
from licgraph.license import Clause, License
from licgraph.light import NamedTuple
from licgraph.openness.rules import Rules
from licgraph.openness.table import TERMS, Terms
from licgraph.solver.carry import Carried, Context, State, Strand, carry
from licgraph.solver.formula import ANY, FALSE, NONE, Formula, all_of, any_of, holds, lit, variables
from licgraph.solver.reach import as_adaptation, reach
from licgraph.stack import Component, Stack

HELD = ("copy", "derivative")
NEEDED = (("use", "copy"), ("modify", "copy"), ("distribute", "copy"), ("distribute", "derivative"))
"""What has to be granted (OSD 1 and 3), as (act, way in which the thing acted on carries the work)."""
FREEDOMS = {("use", "copy"): "use it", ("modify", "copy"): "change it", ("distribute", "copy"): "share copies", ("distribute", "derivative"): "share changed versions"}


def closing(licence: License, rules: Rules) -> list[tuple[Clause, str, str]]:
    """Clauses that an open licence cannot have: each with the section of the definition and what it does.

    Besides the duties listed in the rules: a prohibition that names no duty, and a copyleft over other works (OSD 9), that
    is one on merely serving, or one on outputs.
    """
    found = []
    for clause in licence.clauses:
        if clause.kind not in ("condition", "prohibition") or clause.ref in rules.tolerated:
            continue
        if clause.duty in rules.closing:
            found.append((clause, *rules.closing[clause.duty]))
        elif clause.limit is not None:
            found.append((clause, "OSD 5", "above a limit the grant ends"))
        elif clause.kind == "prohibition" and not clause.duty:
            found.append((clause, "OSD 6", "some uses are forbidden"))
        elif clause.fixes_to is not None and (clause.acts == {"serve"} or "output" in clause.reaches):
            found.append((clause, "OSD 9", "other works have to be put under these terms"))
    order = list(rules.closing)
    return sorted(found, key=lambda row: order.index(row[0].duty) if row[0].duty in rules.closing else len(order))


def _acts(licence: License, way: str) -> frozenset[str]:
    return frozenset().union(*(c.acts for c in licence.clauses if c.kind == "grant" and way in c.reaches)) if licence.clauses else frozenset()


def _by_clause(found: Sequence[tuple[Clause, str, str]], state: str, acts: frozenset[str]) -> Terms:
    clause, section, says = found[0]
    more = list(dict.fromkeys(c.cite for c, _, _ in found[1:] if c.cite != clause.cite))
    besides = f"; so do {', '.join(more[:4])}{' …' if len(more) > 4 else ''}" if more else ""
    why = f"{clause.license} {clause.cite} ({clause.id}) stands against open terms ({section}: {says}){besides}"
    return Terms(state, why, clause.license, clause.id, clause.cite, clause.quote, clause.reading, clause.duty, acts=acts)


def of_license(licence: License, rules: Rules, knowledge: Knowledge, *, beside: bool = False) -> Terms:
    """How open one licence is, by its clauses. ``beside``: terms that a publisher adds to a licence, which need grant nothing."""
    name = licence.id
    if licence.id == "NONE":
        return Terms("none", "no licence was found, so nothing is granted", name)
    if licence.state == "closed":
        return Terms("none", "somebody's closed terms: nothing is granted", name)
    if licence.state == "to-buy":
        return Terms("other", "the licence has to be bought", name)
    if licence.state == "free":
        return Terms("open", "nobody claims rights in it (NO-CLAIM)", name, acts=frozenset({"use", "modify", "distribute"}))
    if licence.state == "own":
        return Terms("unknown", "terms of our own that are still to be drafted (OWN-TERMS)", name)
    acts = _acts(licence, "copy")
    found = closing(licence, rules)
    if found:
        return _by_clause(found, "other", acts)
    if licence.id == "NOASSERTION":
        return Terms("unknown", "nothing is known of its licence", name)
    if licence.state == "unknown":
        approved = "; the SPDX list says OSI approved it, but its clauses have not been read" if "osi" in knowledge.spdx_flags(name.partition(" WITH ")[0]) else ""
        return Terms("unknown", f"the terms of {name} are not in the knowledge base{approved}", name)
    if licence.partial:
        return Terms("unknown", f"the text of {name} was read only in part ({licence.partial} not at hand)", name)
    lacking = [] if beside else [FREEDOMS[n] for n in NEEDED if n[0] not in _acts(licence, n[1])]
    if lacking:
        grant = next((c for c in licence.clauses if c.kind == "grant"), None)
        cite, clause = (grant.cite, grant.id) if grant else ("", "")
        return Terms("other", f"{name} {cite} does not grant to {', '.join(lacking)} (OSD 1, 3)".replace("  ", " "), name, clause, cite, acts=acts)
    cites = ", ".join(dict.fromkeys(c.cite for c in licence.clauses if c.kind == "grant" and c.acts & {"use", "modify", "distribute"}))
    first = next((c for c in licence.clauses if c.kind == "grant"), None)
    says = "adds no limit on use" if beside else "lets everyone use, study, change and share it for any purpose"
    return Terms("open", f"{name} {says} ({cites})", name, first.id if first else "", cites, acts=acts)


def worst(found: Iterable[Terms]) -> Terms:
    """Of terms that all apply: the least open, with the acts that all of them grant."""
    several = list(found)
    chosen = min(several, key=lambda t: TERMS.index(t.state))
    granted = [t.acts for t in several if t.acts or t.state != "open"]
    return chosen._replace(acts=frozenset.intersection(*granted) if granted else chosen.acts)


def of_tree(tree: Tree, leaf: Mapping[int, Terms], counter: list[int] | None = None) -> Terms:
    """How open an expression is, from the terms of its leaves by their number. A leaf without terms does not reach the thing."""
    counter = [0] if counter is None else counter
    if isinstance(tree, Leaf):
        counter[0] += 1
        return leaf.get(counter[0] - 1, Terms("open", "does not reach it"))
    parts = [of_tree(p, leaf, counter) for p in tree.parts]
    if isinstance(tree, OneOf):
        return max(parts, key=lambda t: TERMS.index(t.state))
    if isinstance(tree, AllOf):
        return worst(parts)
    states = {t.state for t in parts}
    if len(states) == 1 or states <= {"none", "other"}:
        return worst(parts)
    return Terms("unknown", f"`{tree.name}` could be {', '.join(p.id for p in tree.parts)}, not all of which are open. {tree.settle}", tree.parts[0].id)


def of_label(tree: Tree, rules: Rules, knowledge: Knowledge) -> Terms:
    """How open a stated expression is."""
    from licgraph.expression import leaves

    return of_tree(tree, {n: of_license(knowledge.license(leaf.id), rules, knowledge) for n, leaf in enumerate(leaves(tree))})


class Asked(NamedTuple):
    """What every judgement needs: the stack, the knowledge base, the rules, the values of assumptions, the day."""

    stack: Stack
    knowledge: Knowledge
    rules: Rules
    values: Mapping[str, str]
    as_of: str
    whole: Whole


def stated(asked: Asked, component: Component) -> Tree | None:
    """The licence that is stated for a component: its own, the first of its labels, or as a part of ours that of the release."""
    release = asked.stack.release
    if release is not None and component.id == release.component and release.license is not None:
        return release.license
    if component.license is not None:
        return component.license
    if component.labels:
        return component.labels[0].says
    return release.license if component.ours and release is not None else None


def reaching(asked: Asked, component: Component) -> list[Terms]:
    """The terms that reach a component: its label first, then, where they stand in the way, those of what it was made from."""
    label = stated(asked, component)
    found = []
    if component.ours or (asked.stack.release is not None and component.id == asked.stack.release.component):
        found.append(of_label(label, asked.rules, asked.knowledge) if label is not None else Terms("unknown", "the stack states no licence for it and proposes none (write release.license, or ask with --as)"))
    elif label is None:
        found.append(Terms("none", "no licence is stated, so nothing is granted", "NONE"))
    context = Context(asked.stack, released(asked.whole, component.id), asked.knowledge, asked.as_of)
    context.carry = carry(context)
    release = asked.stack.release
    for missing in asked.stack.unread:
        about = missing.component or (release.component if release else "")
        if about in context.graph.reachable:
            found.append(Terms("unknown", f"{missing.source} was not read ({missing.why}), so which terms reach it is not known"))
    origins = _origins(asked, context, component)
    own = [t for t in origins if len(t.path) <= 1]
    return [*(t._replace(path=(), steps=()) for t in own), *found, *(t for t in origins if len(t.path) > 1)]


def _origins(asked: Asked, context: Context, component: Component) -> list[Terms]:
    """One judgement for each expression that reaches a component, in the order of the stack."""
    assert context.carry is not None
    groups: dict[int, dict[int, Terms]] = {}
    for index, states in context.carry.held[component.id].items():
        strand = context.carry.strands[index]
        for (state, condition), held in states.items():
            terms = _reached(asked, context, strand, state, condition)
            if terms is None:
                continue
            nodes, edges = _path(context, component.id, index, state, condition, held)
            terms = terms._replace(path=nodes, steps=edges)
            if len(nodes) > 1 and terms.state != "open":
                terms = terms._replace(why=f"the terms of {nodes[0]} reach it by {' -> '.join(nodes)}: {terms.why}")
            group, number = strand.slot
            known = groups.setdefault(group, {}).get(number)
            groups[group][number] = terms if known is None else min(known, terms, key=lambda t: (TERMS.index(t.state), len(t.path), t.path))
    return [of_tree(context.carry.groups[group], leaf) for group, leaf in sorted(groups.items())]


def _path(context: Context, component: str, index: int, state: State, condition: Formula, held: Carried) -> tuple[tuple[str, ...], tuple[str, ...]]:
    assert context.carry is not None
    nodes, edges = context.carry.path(component, index, state, condition)
    return tuple(nodes), tuple(e.relation for e in edges)


def _reached(asked: Asked, context: Context, strand: Strand, state: State, condition: Formula) -> Terms | None:
    """What terms that are carried so say of the thing; None where they do not reach it."""
    if state.place != "inside" or state.way == "remote":
        return None
    here = all_of(strand.when, condition)
    licence = strand.license
    if state.way in HELD:
        return _as_told(asked, context, of_license(licence, asked.rules, asked.knowledge, beside=strand.source == "additional"), here)
    if licence.state != "encoded":
        return _as_told(asked, context, of_license(licence, asked.rules, asked.knowledge), all_of(here, _beyond(context, strand, state.way)))
    standing = [(row, all_of(here, reach(context, strand, row[0], state.way))) for row in closing(licence, asked.rules) if row[0].nature in ("binds", "fixes")]
    told = [(row, _told(asked, f)) for row, f in standing]
    sure = [row for row, (certain, _) in told if certain]
    if sure:
        return _by_clause(sure, "other", _acts(licence, "copy"))
    doubt = [row for row, (_, possible) in told if possible]
    return _doubtful(context, _by_clause(doubt, "other", _acts(licence, "copy")), any_of(*(f for _, f in standing))) if doubt else None


def _beyond(context: Context, strand: Strand, way: str) -> Formula:
    """How far terms that are not read, or that grant nothing, reach beyond the work and its changed versions."""
    if strand.license.state == "free":
        return FALSE
    if way == "trained":
        return as_adaptation(context, strand)
    if way == "linked":
        return lit("linking-is-derivative", ("yes",)) if strand.license.state == "unknown" else FALSE
    return lit("outputs-are-licensed", ("if-arguable",))


def _told(asked: Asked, formula: Formula) -> tuple[bool, bool]:
    """Whether a condition holds whatever the open facts are, and whether it can. Which licence a name means is asked elsewhere."""
    named = {v: ANY for v in variables(formula) if v.startswith("?license of ")}
    facts = [v for v in variables(formula) if v.startswith("?") and v not in named]
    return holds(formula, {**asked.values, **named, **dict.fromkeys(facts, NONE)}), holds(formula, {**asked.values, **named, **dict.fromkeys(facts, ANY)})


def _as_told(asked: Asked, context: Context, terms: Terms, formula: Formula) -> Terms | None:
    certain, possible = _told(asked, formula)
    if not possible:
        return None
    return terms if certain or terms.state == "open" else _doubtful(context, terms, formula)


def _doubtful(context: Context, terms: Terms, formula: Formula) -> Terms:
    asked = [context.questions[v].text for v in sorted(variables(formula)) if v in context.questions and not v.startswith("?license of ")]
    return terms._replace(state="unknown", why=f"{terms.why}, if it reaches that far: {' '.join(asked[:1])}")


def not_osi(tree: Tree, knowledge: Knowledge) -> tuple[tuple[str, ...], bool]:
    """Licences of an expression that stand in the way of «under OSI-approved licences», and whether that is only because they are not known."""
    if isinstance(tree, Leaf):
        base = tree.id.partition(" WITH ")[0]
        if "osi" in knowledge.spdx_flags(base):
            return (), False
        known = base not in ("NOASSERTION", "OWN-TERMS") and bool(knowledge.resolve(base).ids)
        return (tree.id,), not known
    parts = [not_osi(p, knowledge) for p in tree.parts]
    bad = [p for p in parts if p[0]]
    if isinstance(tree, OneOf):
        return ((), False) if len(bad) < len(parts) else (tuple(i for ids, _ in bad for i in ids), any(u for _, u in bad))
    if isinstance(tree, Unsettled) and bad and len(bad) < len(parts):
        return (tree.name,), True
    return tuple(i for ids, _ in bad for i in ids), bool(bad) and all(u for _, u in bad)
