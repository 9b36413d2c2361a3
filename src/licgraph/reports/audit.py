"""What an audit found, in figures: answers, what stands against labels, drift along steps, by depth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from licgraph import __version__
from licgraph.audit.classes import Classes
from licgraph.audit.engine import Engine
from licgraph.audit.figures import TOP, WITHOUT, Label, counted, figures, ordered, put_labels, ranked
from licgraph.audit.inventory import Loaded
from licgraph.audit.program import Audit
from licgraph.reports.json import dumps
from licgraph.reports.text import NOT_ADVICE, clean
from licgraph.rows import SHORT

SCHEMA = "licgraph/audit/1"
BY = ("license", "family", "component", "duty")
"""By what a terminal can be told more."""
MORE = 40
"""Rows of what it is told more of."""


def summary(engine: Engine, found: Audit, loaded: Loaded, classes: Classes) -> dict[str, Any]:
    """The figures. A component without a label, or with one that states no terms, has nothing to be held against, and is counted apart."""
    profiles = list(classes.knowledge.profiles)
    labels = put_labels(engine, classes)
    counts = counted(engine)
    answers, unlabelled, without_terms, clauses = Counter[str](), 0, 0, Counter[str]()
    depths: dict[int, Counter[str]] = defaultdict(Counter)
    under = {p: Counter[str]() for p in profiles}
    turns = Counter[str]()
    for number, label, level, count in counts:
        row = found.rows[number]
        if not labels[label].offers:
            unlabelled, without_terms = (unlabelled + count, without_terms) if not label else (unlabelled, without_terms + count)
            continue
        answers[row.answer] += count
        depths[level][row.answer] += count
        for profile, answer in zip(profiles, row.by_profile or ("unknown",) * len(profiles), strict=True):
            under[profile][answer] += count
        if row.answer != "yes":
            clauses.update(dict.fromkeys(row.blockers, count))
        turns.update(dict.fromkeys(row.turns_on, count))
    return {
        "schema": SCHEMA, "components": loaded.nodes, "steps": loaded.edges, "repeated_ids": loaded.repeated, "unlabelled": unlabelled, "without_terms": without_terms, "answers": ordered(answers), "by_profile": {p: ordered(c) for p, c in under.items() if c},
        "by_depth": [{"depth": level, **ordered(depths[level])} for level in sorted(depths) if level >= 0], "on_cycles": sum(depths[-1].values()), "against": [{"clause": c, "components": n} for c, n in ranked(clauses)[:TOP]],
        "turns_on": [{"assumption": a, "components": n} for a, n in ranked(turns)], **_drift(engine, found, labels), **figures(engine, found, labels, counts), "sorts": found.sorts, "classes": found.classes, "levels": found.levels,
        "baseline": None, "profile": classes.profile, "as_of": classes.as_of, "versions": {"licgraph": __version__, "knowledge": classes.knowledge.version},
    }  # fmt: skip


def _drift(engine: Engine, found: Audit, labels: Mapping[str, Label]) -> dict[str, Any]:
    """Steps between components with a label at both ends: how many change it, and what becomes of those that do."""
    pairs = engine.rows(
        "SELECT p.own, c.own, v.row, count(*) FROM steps s JOIN named p ON s.parent = p.n JOIN named c ON s.child = c.n JOIN verdicts v ON v.n = c.n "
        "WHERE p.listed = 1 AND c.listed = 1 GROUP BY p.own, c.own, v.row"
    )
    said = {own: (kind, label) for own, kind, label in engine.rows("SELECT own, kind, label FROM owns")}
    both, changed, kinds = 0, 0, defaultdict[tuple[str, str], Counter[str]](Counter)
    for source, result, number, count in pairs:
        (kind, one), (_, other) = said[source], said[result]
        if not one or not other or kind == "dataset":
            continue
        before, after = labels[one].terms, labels[other].terms
        both += count
        if before != after:
            changed += count
            kinds[before, after][found.rows[number].answer if labels[other].offers else WITHOUT] += count
    top = sorted(kinds.items(), key=lambda kv: (-sum(kv[1].values()), kv[0]))[:TOP]
    return {"labelled_steps": both, "drifting_steps": changed, "drift": [{"from": a, "to": b, "steps": sum(c.values()), **ordered(c)} for (a, b), c in top]}


def render_json(found: Mapping[str, Any]) -> str:
    """`licgraph/audit/1`."""
    return dumps(dict(found))


def exit_code(found: Mapping[str, Any]) -> int:
    """1 if a label is blocked that no baseline covers, 3 if something is open, unknown or without terms, else 0."""
    answers, baseline = found["answers"], found["baseline"]
    if baseline["new"] if baseline else answers.get("no"):
        return 1
    return 3 if answers.get("unknown") or answers.get("conditional") or found["unlabelled"] or found["without_terms"] or (baseline and baseline["open"]) else 0


def render(found: Mapping[str, Any], by: str = "", said: str = "") -> str:
    """The figures for a terminal. by: one of BY, of which more is told. said: of a baseline that was written."""
    labelled = sum(found["answers"].values())

    def share(count: int, whole: int) -> str:
        return f"{count:>10,}  {100 * count / whole:5.1f} %" if whole else f"{count:>10,}"

    vague = f", {found['without_terms']:,} with one that states no terms" if found["without_terms"] else ""
    lines = [f"AUDIT  {found['components']:,} components, {found['steps']:,} steps; {found['unlabelled']:,} without a label{vague}", "", f"may each of the {labelled:,} labelled go out under its label? (profile {found['profile']})"]
    lines += [f"  {SHORT[a]:<24}{share(found['answers'].get(a, 0), labelled)}" for a in ("yes", "no", "conditional", "unknown")]
    lines += [f"  blocked under {p}: {share(c.get('no', 0), labelled).strip()}" for p, c in found["by_profile"].items()]
    if found["baseline"]:
        b = found["baseline"]
        left, ends = f", {b['open']:,} open" if b["open"] else "", f"; the first ends after {b['first_ends']}" if b["first_ends"] else ""
        lines.append(f"  of the blocked {b['covered']:,} are in the baseline, {b['new']:,} are new{left}")
        lines += [f"  baseline: {b['entries']:,} entries, {b['met']:,} met, {b['gone']:,} gone, {b['expired']:,} expired{ends}", *([f"  {said}"] if said else [])]
    if found["on_cycles"]:
        lines.append(f"  {found['on_cycles']:,} lie on a cycle or stand on one: unknown")
    if found["against"]:
        lines += ["", "what stands against them most often", *(f"  {r['components']:>10,}  {r['clause']}" for r in found["against"])]
    if found["labelled_steps"]:
        lines += ["", f"drift: {found['drifting_steps']:,} of {found['labelled_steps']:,} steps labelled at both ends change the licence ({100 * found['drifting_steps'] / found['labelled_steps']:.1f} %)"]
        lines += [f"  {r['steps']:>10,}  {r['from']} -> {r['to']}; blocked {r.get('no', 0):,}" for r in found["drift"]]
    lines += _by(found, by) if by else []
    lines += ["", f"{found['sorts']:,} kinds of questions solved, {found['levels']} levels. As of {found['as_of']}. {NOT_ADVICE}"]
    return "\n".join(clean(line) for line in lines) + "\n"


def _by(found: Mapping[str, Any], by: str) -> Iterator[str]:
    if by in ("license", "family"):
        yield from ("", f"by {by} of the label: components, of these blocked, open (conditional or unknown)")
        table = found[f"by_{by}"]
        yield from (f"  {r['components']:>10,}  {r.get('no', 0):>10,}  {r.get('conditional', 0) + r.get('unknown', 0):>10,}  {r[by]}" for r in table[:MORE])
        yield from _rest(len(table))
    if by == "license":
        yield from ("", "whose clauses stand against what is blocked", *(f"  {r['components']:>10,}  {r['license']}" for r in found["blocking"]))
    if by == "component":
        yield from ("", "whose own terms block most of what was made from it directly: blocked, of so many with a label", *(f"  {r['blocked']:>10,}  {r['results']:>10,}  {r['id']} ({r['license'] or 'no label'})" for r in found["sources"]))
    if by == "duty":
        yield from ("", "owed most often: components, of these by one licence")
        yield from (f"  {r['components']:>10,}  {r['duty']:<36} {r['of_these']:>10,}  {r['most_by']}" for r in found["duties"][:MORE])
        yield from _rest(len(found["duties"]))


def _rest(rows: int) -> Iterator[str]:
    if rows > MORE:
        yield f"  and {rows - MORE:,} more; -f json has all"
