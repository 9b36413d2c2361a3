"""The graph of the HTML report as plain data: components, steps, paths, and the families that fold a large stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from licgraph.light import NamedTuple
from licgraph.stack import Stack
from licgraph.verdict import Part, Verdict

MOST = 60
"""Components that are drawn one by one; above that, alike ones are first folded into one."""
MOST_DRAWN = 500
"""Components that can be shown one by one all at once; above that, one family at a time."""
LISTED = 8
"""Terms that the panel of a component lists for each view."""


class Family(NamedTuple):
    """Components of one kind under the same terms, that went the same ways into the same things."""

    label: str
    members: tuple[str, ...]


def families(verdict: Verdict, most: int = MOST) -> tuple[Family, ...]:
    """The families of a stack of more than ``most`` components; none for a smaller one.

    First components with the same kind, terms and uses are one family; where still too many remain, those with the
    same kind and terms. What lies on the path of a blocker is folded with its like only. Linear in the steps.
    """
    if len(verdict.parts) <= most:
        return ()
    blocked = {node for b in verdict.blockers for node in (*b.path, *b.origins)}
    uses: dict[str, list[tuple[str, str]]] = {p.id: [] for p in verdict.parts}
    for source, relation, result in verdict.made:
        uses[source].append((relation, result))
    classes: dict[tuple[Any, ...], int] = {}
    class_of: dict[str, int] = {}
    for part in reversed(verdict.parts):  # sources come first in it, so results have their class when their sources are looked at
        into = frozenset((relation, class_of[result]) for relation, result in uses[part.id])
        class_of[part.id] = classes.setdefault(_key(part, blocked, part.id == verdict.component, into), len(classes))
    if len(classes) > most:
        class_of = {p.id: classes.setdefault(_key(p, blocked, p.id == verdict.component), len(classes)) for p in verdict.parts}
    groups: dict[int, list[Part]] = {}
    for part in verdict.parts:
        groups.setdefault(class_of[part.id], []).append(part)
    return tuple(Family(f"{len(g)} × {g[0].kind}", tuple(p.id for p in g)) for g in groups.values() if len(g) > 1)


def _key(part: Part, blocked: set[str], *more: object) -> tuple[Any, ...]:
    return part.kind, part.license, part.ours, part.id in blocked, *more


def data(stack: Stack, views: Sequence[Verdict]) -> dict[str, Any]:
    """What the script of the page draws. Components are numbered; paths and families are lists of numbers."""
    first = views[0]
    number = {part.id: n for n, part in enumerate(first.parts)}
    folded = families(first)
    return {
        "release": number[first.component],
        "nodes": [_node(part, stack) for part in first.parts],
        "edges": [[number[source], number[result], relation] for source, relation, result in first.made],
        "families": [{"label": f.label, "members": [number[m] for m in f.members]} for f in folded],
        "views": [_view(verdict, number) for verdict in views],
    }


def _node(part: Part, stack: Stack) -> dict[str, Any]:
    component = stack.components.get(part.id)
    return {
        "id": part.id, "name": part.name, "kind": part.kind, "license": part.license or ("ours" if part.ours else "no licence"), "ours": part.ours,
        "where": str(part.evidence) if part.evidence.file else "", "source": component.source if component else "",
    }  # fmt: skip


def _view(verdict: Verdict, number: Mapping[str, int]) -> dict[str, Any]:
    """Paths of blockers and what is owed to whom. A component is coloured by the worst thing on whose path it lies."""
    owed: dict[int, list[str]] = {}
    more: Counter[int] = Counter()
    reached: dict[int, str] = {}
    for duty in verdict.duties:
        if duty.rests_on:
            continue
        for node in (*duty.path, *duty.origins):
            if node in number:
                reached[number[node]] = "owed"
        for origin in duty.origins:
            mine = owed.setdefault(number.get(origin, -1), [])
            if len(mine) < LISTED:
                mine.append(f"{duty.label or duty.id}{f': {duty.value}' if duty.value else ''} ({duty.license} {duty.cite})")
            else:
                more[number.get(origin, -1)] += 1
    for level, colour in (("conditional", "open"), ("unknown", "open"), ("no", "against")):
        for blocker in verdict.blockers:
            if blocker.level == level:
                reached.update((number[node], colour) for node in (*blocker.path, *blocker.origins) if node in number)
    return {
        "blockers": [{"level": b.level, "text": f"{b.license} {b.cite}: {b.why}", "path": [number[n] for n in b.path if n in number], "steps": list(b.steps)} for b in verdict.blockers],
        "owed": {str(n): [*texts, *([f"and {more[n]} more"] if more[n] else [])] for n, texts in owed.items() if n >= 0},
        "reached": {str(n): colour for n, colour in reached.items()},
    }  # fmt: skip
