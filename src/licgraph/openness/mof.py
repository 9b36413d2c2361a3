"""The Model Openness Framework 1.0, classes as the Model Openness Tool computes them.

A component counts as included if its stated licence is on the framework's own lists; a class is reached when every required
component of it and of the classes below is included; a research paper stands in for the technical report, and then
Class I asks for one component fewer. The framework reads labels; where terms that reach the component say otherwise,
the cell notes it and a second class, without those components, is given.
"""

from __future__ import annotations

from collections.abc import Mapping

from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled, leaves, render
from licgraph.knowledge import RESERVED, Knowledge
from licgraph.light import NamedTuple
from licgraph.openness.parts import FINAL, Judge
from licgraph.openness.rules import CLASSES, MofComponent, Rules
from licgraph.openness.table import Cell, Reading
from licgraph.openness.terms import stated

LABELS = {"": "no class", "III": "Class III – Open Model", "II": "Class II – Open Tooling", "I": "Class I – Open Science"}


class Progress(NamedTuple):
    """How far a class is: included of required components, those of the classes below among them."""

    level: str
    included: int
    required: int


def listed(license_id: str, rules: Rules, knowledge: Knowledge) -> str:
    """Whether a licence is open by the framework's lists: open, not open, unknown (a name that means nothing known)."""
    if license_id in ("NOASSERTION", "OWN-TERMS"):
        return "unknown"
    base = license_id.partition(" WITH ")[0]
    if knowledge.spdx_flags(base) & {"osi", "fsf"} or base in rules.mof_open:
        return "open"
    known = license_id in RESERVED or knowledge.resolve(base).ids or base in knowledge.license_ids
    return "not open" if known else "unknown"


def tree_state(tree: Tree, rules: Rules, knowledge: Knowledge) -> str:
    """The same of an expression."""
    if isinstance(tree, Leaf):
        return listed(tree.id, rules, knowledge)
    states = [tree_state(p, rules, knowledge) for p in tree.parts]
    order = ("not open", "unknown", "open")
    if isinstance(tree, AllOf):
        return min(states, key=order.index)
    if isinstance(tree, OneOf):
        return max(states, key=order.index)
    assert isinstance(tree, Unsettled)
    return states[0] if len(set(states)) == 1 else "unknown"


def progress(included: frozenset[str], rules: Rules) -> tuple[Progress, ...]:
    """Each class's progress, the lowest class first; 0 while a lower class is not met."""
    found: list[Progress] = []
    got = wanted = 0
    met = True
    for level in CLASSES:
        for part in rules.mof:
            if part.level != level or not part.required:
                continue
            if any(_stood_in(other, included) == part.slug for other in rules.mof):
                continue  # counted already, in the place of the component it stands in for
            wanted += 1
            got += part.slug in included or bool(_stood_in(part, included))
        found.append(Progress(level, got if met else 0, wanted))
        met = met and got == wanted
    return tuple(found)


def _stood_in(part: MofComponent, included: frozenset[str]) -> str:
    """The component that takes the place of this one: only where it is not itself included."""
    return part.stand_in if part.stand_in and part.slug not in included and part.stand_in in included else ""


def reached(found: tuple[Progress, ...]) -> str:
    """The best class whose components are all included."""
    return next((p.level for p in reversed(found) if p.included == p.required), "")


def read(judge: Judge, rules: Rules) -> Reading:
    """The class, with the missing and the non-open components of the next one."""
    cells = {part.slug: _cell(judge, part, rules) for part in rules.mof}
    included = frozenset(s for s, c in cells.items() if c.state == "open")
    for part in rules.mof:
        if _stood_in(part, included):
            cells[part.slug] = cells[part.slug]._replace(reason=f"{cells[part.slug].reason}; the {rules.label(part.stand_in).lower()} stands in for it")
    hoped = included | {s for s, c in cells.items() if c.state == "unknown"}
    steps = progress(included, rules)
    level, at_most = reached(steps), reached(progress(hoped, rules))
    shut = frozenset(s for s in included if _closed(judge, s))
    really = reached(progress(included - shut, rules))
    notes = [f"the framework reads labels; without what other terms reach ({', '.join(sorted(shut))}) it is {LABELS[really]}"] if shut and really != level else []
    apart = [s for s in cells if cells[s].note.startswith("not type-appropriate")]
    notes += [f"open, but not type-appropriate: {', '.join(rules.label(s) for s in apart)}"] if apart else []
    above = CLASSES[CLASSES.index(level) + 1 :] if level else CLASSES
    upper = above[0] if above else ""
    missing = _missing(cells, included, upper, rules) if upper else ()
    source = rules.sources["mof"]
    names = tuple(dict.fromkeys(n for s, c in cells.items() for n in c.components if (s in included) == (not upper)))
    counted = tuple((f"Class {p.level}", p.included, p.required) for p in steps)
    return Reading("mof", source.name, source.version, source.source, level or "none", LABELS[level], LABELS[at_most] if at_most != level else "", names, f"Class {upper}" if upper else "", missing, tuple(cells.values()), tuple(notes), counted)


def _missing(cells: Mapping[str, Cell], included: frozenset[str], upper: str, rules: Rules) -> tuple[str, ...]:
    wanted = CLASSES[: CLASSES.index(upper) + 1]
    spent = {_stood_in(p, included) for p in rules.mof}
    rows = [p for p in rules.mof if p.required and p.level in wanted and p.slug not in included and not _stood_in(p, included) and p.slug not in spent]
    return tuple(f"{p.name}{f' (or {rules.label(p.stand_in).lower()})' if p.stand_in else ''}: {cells[p.slug].reason}" for p in rows)


def _closed(judge: Judge, slug: str) -> bool:
    return any(t.state in ("none", "other") and t.path for n in judge.found.direct(slug) if n not in judge.found.absent for t in judge.terms(n))


def _cell(judge: Judge, part: MofComponent, rules: Rules) -> Cell:
    names = judge.found.direct(part.slug)
    there = [n for n in names if n not in judge.found.absent]
    label = f"{part.name} ({part.level}{'' if part.required else ', optional'})"
    lost = [judge.found.absent[n] for n in names if n in judge.found.absent]
    if not there or lost:  # a component of which a piece is withheld is not included
        why = f"{f'{len(there)} of {len(names)} there; ' if there else ''}{'; '.join(lost)}" if lost else judge.found.no_weights if part.slug == FINAL else "not in the stack"
        return Cell(part.slug, label, "missing", why)
    trees = [(n, stated(judge.asked, judge.asked.stack.components[n])) for n in there]
    states = [(n, t, tree_state(t, rules, judge.asked.knowledge) if t is not None else _unstated(judge, n)) for n, t in trees]
    name, tree, state = min(states, key=lambda row: ("not open", "unknown", "open").index(row[2]))
    written = render(tree) if tree is not None else "no licence"
    says = {"open": "is on the framework's lists", "not open": "is not on the framework's lists", "unknown": "is not a licence that is known"}[state]
    if tree is None or written in ("NONE", "NOASSERTION"):
        says = "is stated" if state == "not open" else "could be resolved"
        written = "no licence" if state == "not open" else "no statement of its licence"
    note = _note(judge, part, name, tree, state, rules)
    return Cell(part.slug, label, state, f"{name}: {written} {says}{f' ({note})' if note else ''}", tuple(there), written if tree is not None and isinstance(tree, Leaf) and state != "unknown" and tree.id not in RESERVED else "", note=note)


def _unstated(judge: Judge, name: str) -> str:
    """A release of ours without a label is a question, anything else without one grants nothing."""
    return "unknown" if judge.asked.stack.components[name].ours else "not open"


def _note(judge: Judge, part: MofComponent, name: str, tree: Tree | None, state: str, rules: Rules) -> str:
    if state != "open" or tree is None:
        return ""
    reaching = next((t for t in judge.terms(name) if t.state in ("none", "other") and t.path), None)
    if reaching is not None:
        return f"its label only: {reaching.why}"
    fits = all(leaf.id in rules.mof_appropriate[part.type] for leaf in leaves(tree))
    return "" if fits else f"not type-appropriate for {part.type}"
