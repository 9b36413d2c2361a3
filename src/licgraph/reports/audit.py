"""What an audit found, in figures: answers, what stands against labels, drift along steps, by depth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from licgraph import __version__
from licgraph.audit.classes import Classes
from licgraph.audit.engine import Engine
from licgraph.audit.inventory import Loaded
from licgraph.audit.program import Audit
from licgraph.expression import render as written
from licgraph.reports.json import dumps
from licgraph.reports.text import NOT_ADVICE, clean
from licgraph.rows import SHORT

SCHEMA = "licgraph/audit/1"
TOP = 15
"""Rows of each list."""


def summary(engine: Engine, found: Audit, loaded: Loaded, classes: Classes) -> dict[str, Any]:
    """The figures. A component without a label has nothing to be held against, and is counted apart."""
    profiles = list(classes.knowledge.profiles)
    counts = engine.rows("SELECT v.row, CASE WHEN m.label = '' THEN 0 ELSE 1 END AS labelled, v.level, count(*) FROM verdicts v JOIN named m ON v.n = m.n WHERE m.listed = 1 GROUP BY 1, 2, 3")
    answers, unlabelled, clauses = Counter[str](), 0, Counter[str]()
    depths: dict[int, Counter[str]] = defaultdict(Counter)
    under = {p: Counter[str]() for p in profiles}
    turns = Counter[str]()
    for number, labelled, level, count in counts:
        row = found.rows[number]
        if not labelled:
            unlabelled += count
            continue
        answers[row.answer] += count
        depths[level][row.answer] += count
        for profile, answer in zip(profiles, row.by_profile, strict=False):
            under[profile][answer] += count
        if row.answer != "yes":
            clauses.update(dict.fromkeys(row.blockers, count))
        turns.update(dict.fromkeys(row.turns_on, count))
    return {
        "schema": SCHEMA, "components": loaded.nodes, "steps": loaded.edges, "repeated_ids": loaded.repeated, "unlabelled": unlabelled, "answers": dict(answers), "by_profile": {p: dict(c) for p, c in under.items() if c},
        "by_depth": [{"depth": level, **depths[level]} for level in sorted(depths) if level >= 0], "on_cycles": sum(depths[-1].values()), "against": [{"clause": c, "components": n} for c, n in clauses.most_common(TOP)],
        "turns_on": [{"assumption": a, "components": n} for a, n in turns.most_common()], **_drift(engine, found, classes), "sorts": found.sorts, "classes": found.classes, "levels": found.levels,
        "profile": classes.profile, "as_of": classes.as_of, "versions": {"licgraph": __version__, "knowledge": classes.knowledge.version},
    }  # fmt: skip


def _drift(engine: Engine, found: Audit, classes: Classes) -> dict[str, Any]:
    """Steps between components with a label at both ends: how many change it, and what becomes of those that do."""
    pairs = engine.rows(
        "SELECT p.label, c.label, v.row, count(*) FROM steps s JOIN named p ON s.parent = p.n JOIN named c ON s.child = c.n JOIN verdicts v ON v.n = c.n "
        "WHERE p.label <> '' AND c.label <> '' AND p.listed = 1 AND c.listed = 1 AND p.kind <> 'dataset' GROUP BY 1, 2, 3"
    )
    both, changed, kinds = 0, 0, defaultdict[tuple[str, str], Counter[str]](Counter)
    for one, other, number, count in pairs:
        before, after = _meant(one, classes), _meant(other, classes)
        both += count
        if before != after:
            changed += count
            kinds[before, after][found.rows[number].answer] += count
    top = sorted(kinds.items(), key=lambda kv: (-sum(kv[1].values()), kv[0]))[:TOP]
    return {"labelled_steps": both, "drifting_steps": changed, "drift": [{"from": a, "to": b, "steps": sum(c.values()), **c} for (a, b), c in top]}


def _meant(label: str, classes: Classes) -> str:
    tree = classes.tree(label)
    return written(tree) if tree is not None else "none"


def render_json(found: Mapping[str, Any]) -> str:
    """`licgraph/audit/1`."""
    return dumps(dict(found))


def render(found: Mapping[str, Any]) -> str:
    """The figures for a terminal."""
    labelled = sum(found["answers"].values())

    def share(count: int, whole: int) -> str:
        return f"{count:>10,}  {100 * count / whole:5.1f} %" if whole else f"{count:>10,}"

    lines = [f"AUDIT  {found['components']:,} components, {found['steps']:,} steps; {found['unlabelled']:,} without a label", "", f"may each of the {labelled:,} labelled go out under its label? (profile {found['profile']})"]
    lines += [f"  {SHORT[a]:<24}{share(found['answers'].get(a, 0), labelled)}" for a in ("yes", "no", "conditional", "unknown")]
    lines += [f"  blocked under {p}: {share(c.get('no', 0), labelled).strip()}" for p, c in found["by_profile"].items()]
    if found["on_cycles"]:
        lines.append(f"  {found['on_cycles']:,} lie on a cycle or stand on one: unknown")
    if found["against"]:
        lines += ["", "what stands against them most often", *(f"  {r['components']:>10,}  {r['clause']}" for r in found["against"])]
    if found["labelled_steps"]:
        lines += ["", f"drift: {found['drifting_steps']:,} of {found['labelled_steps']:,} steps labelled at both ends change the licence ({100 * found['drifting_steps'] / found['labelled_steps']:.1f} %)"]
        lines += [f"  {r['steps']:>10,}  {r['from']} -> {r['to']}; blocked {r.get('no', 0):,}" for r in found["drift"]]
    lines += ["", f"{found['sorts']:,} kinds of questions solved, {found['levels']} levels. As of {found['as_of']}. {NOT_ADVICE}"]
    return "\n".join(clean(line) for line in lines) + "\n"
