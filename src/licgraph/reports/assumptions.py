"""Open questions of law as text, Markdown and JSON: all that are known, or those that one verdict touches."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from licgraph.assumptions import Change, Outlook, Standing, Touched, Way, all_json, outlook_json
from licgraph.knowledge import Assumption, Knowledge
from licgraph.reports.json import dumps
from licgraph.reports.matrix import grid, markdown, pipes
from licgraph.reports.text import NOT_ADVICE, _path, clean, columns
from licgraph.rows import SHORT

MAX_STANDING = 8
MAX_SETS = 6


def render_all(knowledge: Knowledge, width: int | None = None) -> str:
    """Every open question: its values, who holds each, and the value in each profile."""
    width = columns(width)
    lines = [f"Open questions of law: {len(knowledge.assumptions)}. No value is law; a profile chooses one of each.", *(f"  {p.id}: {p.gloss}" for p in knowledge.profiles.values())]
    for found in knowledge.assumptions.values():
        lines += ["", *_wrapped(f"{found.id}  {found.question}  (checked {found.checked})", width)]
        for value in found.values:
            mark = _taken_by(found, value, knowledge)
            lines += _wrapped(f"  {value}{f' [{mark}]' if mark else ''}: {_holders(found, value)}", width)
    return _text([*lines, "", NOT_ADVICE])


def render_all_markdown(knowledge: Knowledge) -> str:
    """The same as a table."""
    rows = [(found.id if n == 0 else "", found.question if n == 0 else "", value, _holders(found, value), _taken_by(found, value, knowledge), found.checked if n == 0 else "") for found in knowledge.assumptions.values() for n, value in enumerate(found.values)]
    return _text([*pipes(("open question", "asks", "value", "held by", "taken by", "checked"), rows), "", NOT_ADVICE])


def render_one_markdown(assumption: Assumption, knowledge: Knowledge, used: Sequence[str]) -> str:
    """One open question as a page; used: what rests on it, as Markdown."""
    rows = [(value, _holders(assumption, value), _taken_by(assumption, value, knowledge)) for value in assumption.values]
    lines = [f"# {assumption.id}", "", markdown(assumption.question), "", *pipes(("value", "held by", "taken by the profiles"), rows), "", f"Checked {assumption.checked}. No value is law; a profile chooses one, `--assume {assumption.id}=VALUE` another."]
    lines += ["", "## What rests on it by its own words", "", *(f"- {line}" for line in used)] if used else ["", "No clause or relation names it; the solver asks it where a text is silent."]
    return _text([*lines, "", NOT_ADVICE])


def render_all_json(knowledge: Knowledge) -> str:
    """The same, schema licgraph/assumptions/1."""
    return dumps(all_json(knowledge))


def render(found: Outlook, knowledge: Knowledge, width: int | None = None) -> str:
    """What one verdict rests on, as text of at most ``width`` columns."""
    width = columns(width)
    lines = [part for line in (_title(found), _robust(found), *_ways(found)) for part in _wrapped(line, width)]
    lines += ["", *grid(_profile_head(knowledge), _profile_rows(found, knowledge), width)]
    if _overridden(found, knowledge):
        lines += _wrapped(_overridden(found, knowledge), width)
    for touched in found.touched:
        known = touched.assumption
        lines += ["", *_wrapped(f"{known.id} = {touched.value}  (checked {known.checked})  {known.question}", width)]
        for value, answer in touched.answers:
            lines += _wrapped(f"  {value}: {SHORT[answer]}{' (taken here)' if value == touched.value else ''}. {_held(known, value)}", width)
        for row in _rows(touched):
            lines += _wrapped(f"    - {row}", width)
    return _text([*lines, "", _foot(found)])


def render_markdown(found: Outlook, knowledge: Knowledge) -> str:
    """The same as Markdown."""
    lines = [f"**{markdown(_title(found))}**", "", markdown(_robust(found).strip())]
    lines += ["", *(f"- {markdown(line.strip())}" for line in _ways(found)), "", *pipes(_profile_head(knowledge), _profile_rows(found, knowledge))]
    if _overridden(found, knowledge):
        lines += ["", markdown(_overridden(found, knowledge))]
    for touched in found.touched:
        known = touched.assumption
        lines += ["", f"### {markdown(known.id)}", "", f"{markdown(known.question)} (checked {known.checked})", ""]
        lines += pipes(("value", "answer", "held by"), [(f"{value}{' (taken here)' if value == touched.value else ''}", SHORT[answer], _holders(known, value)) for value, answer in touched.answers])
        lines += ["", *(f"- {markdown(row)}" for row in _rows(touched, len(touched.standing)))]
    return _text([*lines, "", markdown(_foot(found))])


def render_json(found: Outlook, knowledge: Knowledge) -> str:
    """The same, schema licgraph/assumptions/1."""
    return dumps(outlook_json(found, knowledge))




def _wrapped(line: str, width: int) -> list[str]:
    indent = len(line) - len(line.lstrip())
    return textwrap.wrap(clean(line).strip(), width, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4), break_long_words=False, break_on_hyphens=False) if len(line) > width else [clean(line)]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(clean(line).rstrip() for line in lines) + "\n"


def _holders(found: Assumption, value: str) -> str:
    return "; ".join(found.held_by.get(value, ())) or "no holder found"


def _held(found: Assumption, value: str) -> str:
    holders = found.held_by.get(value, ())
    return f"Held by: {'; '.join(holders)}" if holders else "No holder found"


def _taken_by(found: Assumption, value: str, knowledge: Knowledge) -> str:
    return ", ".join(p.id for p in knowledge.profiles.values() if p.values[found.id] == value)


def _title(found: Outlook) -> str:
    verdict = found.verdict
    proposed = f"as {verdict.proposed}" if verdict.proposed else "(what may it be released as?)"
    return f"{verdict.name or verdict.component} {proposed} ({verdict.form}, {verdict.use} use, to {verdict.to}; profile {verdict.profile}): {SHORT[verdict.answer]}"


def _robust(found: Outlook) -> str:
    verdict = found.verdict
    count = len(found.touched)
    if not count:
        return "  robust: no open question of law is read on the way to this answer"
    over = f"all {found.combinations} combinations" if verdict.flips_complete else f"at least {found.tried} of {found.combinations} combinations, which is not all of them"
    of = f"of the values of {count} open question{'s' if count > 1 else ''}"
    if found.robust:
        return f"  robust: the same answer in {over} {of}"
    if verdict.flips:
        return f"  not robust: {len(verdict.flips)} smallest set{'s' if len(verdict.flips) > 1 else ''} of other values change{'' if len(verdict.flips) > 1 else 's'} the answer ({over} {of} were tried)"
    return f"  not shown to be robust: no other answer was found in {over} {of}"


def _ways(found: Outlook) -> list[str]:
    verdict = found.verdict
    lines = [f"  {line}" for way in found.ways for line in _way(way, verdict.answer)]
    for answer in ("conditional", "unknown"):
        sets = [change for change, then in verdict.flips if then == answer]
        lines += [f"  to “{SHORT[answer]}”: {_sets(sets)}"] if sets else []
    return lines


def _way(way: Way, now: str) -> list[str]:
    to = f"to “{SHORT[way.target]}”"
    if way.target == now:
        return []
    more = "" if way.complete else " (not every combination was looked at)"
    if not way.sets:
        return [f"{to}: {'no values of them lead there' if way.complete else 'nothing found'}{more}"]
    return [f"{to}: {_sets(way.sets)}{more}"]


def _sets(sets: Sequence[Change]) -> str:
    shown = "; or ".join(" and ".join(f"{name} = {value}" for name, value in change) for change in sets[:MAX_SETS])
    return shown + (f"; {len(sets) - MAX_SETS} more: --format json" if len(sets) > MAX_SETS else "")


def _profile_head(knowledge: Knowledge) -> tuple[str, ...]:
    return ("", *(p.id for p in knowledge.profiles.values()))


def _profile_rows(found: Outlook, knowledge: Knowledge) -> list[tuple[str, ...]]:
    answers = dict(found.verdict.by_profile)
    rows = [("answer", *(SHORT[answers[p.id]] for p in knowledge.profiles.values()))]
    return rows + [(t.assumption.id, *(p.values[t.assumption.id] for p in knowledge.profiles.values())) for t in found.touched]


def _overridden(found: Outlook, knowledge: Knowledge) -> str:
    taken = knowledge.profiles[found.verdict.profile].values
    other = [f"{t.assumption.id} = {t.value}" for t in found.touched if t.value != taken[t.assumption.id]]
    return f"taken here besides the profile: {', '.join(other)}; the table shows the profiles as they are" if other else ""


def _rows(touched: Touched, most: int = MAX_STANDING) -> list[str]:
    """What depends on it: a line for each blocker, and one for all duties on the same path under the same values."""
    lines = [_blocker(row, touched) for row in touched.standing if row.kind == "blocker"]
    together: dict[tuple[object, ...], list[Standing]] = {}
    for row in touched.standing:
        if row.kind == "duty":
            together.setdefault((row.path, row.steps, row.under), []).append(row)
    for rows in together.values():
        named = "; ".join(f"{row.id} ({_source(row)})" for row in rows)
        lines.append(f"{'duties' if len(rows) > 1 else 'duty'} {_under(rows[0], touched)}: {named}; {_path(rows[0].path, rows[0].steps)}")
    return lines[:most] + ([f"{len(lines) - most} more: --format json"] if len(lines) > most else []) or ["no blocker and no duty was seen to depend on it"]


def _blocker(row: Standing, touched: Touched) -> str:
    says = {"conditional": "stands against it if an open fact is so", "unknown": "leaves it unknown"}.get(row.level, "stands against it")
    return f"{says} {_under(row, touched)}: {_source(row)} ({row.clause}): {row.why}; {_path(row.path, row.steps)}"


def _source(row: Standing) -> str:
    return f"{row.license} {row.cite}".strip() or row.clause


def _under(row: Standing, touched: Touched) -> str:
    if len(row.under) == len(touched.answers):
        return "under each value, with other questions"
    return f"under {' or '.join(row.under)}"


def _foot(found: Outlook) -> str:
    return f"as of {found.verdict.as_of}. The answer under a value: the others as taken. {NOT_ADVICE}"
