"""What moved between two verdicts, for a terminal, as Markdown for a change request, as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from licgraph.difference import ONLY, POSSIBLE, Cause, Difference, Row
from licgraph.reports.json import dumps
from licgraph.reports.text import NOT_ADVICE, clean
from licgraph.rows import SHORT
from licgraph.shift import Field, Shift

TITLES = {"answer": "answer", "layered": "layered", "gate": "gate", "by_profile": "under each profile", "blockers": "blockers", "duties": "duties", "questions": "questions of fact", "findings": "noticed", "options": "could be released as"}
STATES = {"otherwise": "owed only if an open question or fact goes the other way", "not-checkable": "to be watched"}
MAX_IDLE = 12


def head(found: Difference) -> str:
    """The one line that says whether anything moved."""
    if not found.rows:
        return "NOTHING MOVED"
    return "MOVED FOR THE WORSE" if found.worse else "MOVED"


def short(value: Any, most: int = 100) -> str:
    """A value in words, cut to a length; of a hash its first twelve digits."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        shown = "; ".join(f"{k}: {short(v, most)}" for k, v in value.items())
    elif isinstance(value, list | tuple):
        shown = ", ".join(short(v, most) for v in value)
    else:
        shown = value[:12] if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) else str(value)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _field(field: Field) -> str:
    if field.old is None and field.new is not None:
        return f"{field.name} {short(field.new)}"
    if field.new is None and field.old is not None:
        return f"{field.name} {short(field.old)}, no longer"
    old, new = field.old, field.new
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(v, str) for v in (*old, *new)) and set(old) & set(new):
        parts = [f"without {short(sorted(set(old) - set(new)))}"] if set(old) - set(new) else []
        parts += [f"with {short(sorted(set(new) - set(old)))} added"] if set(new) - set(old) else []
        return f"{field.name} {', '.join(parts)}" if parts else f"{field.name} in another order"
    return f"{field.name} {short(old)} -> {short(new)}"


def says(shift: Shift) -> str:
    """A difference in the premises, as a clause of a sentence."""
    if shift.kind == "unrecorded":
        return shift.target
    if len(shift.slot) == 4 and shift.slot[0] == "clause" and shift.change != "changed":
        row = {f.name: f.new if shift.change == "added" else f.old for f in shift.fields}
        return f"{shift.target} ({row.get('cite', '')}) {shift.change}: {short(row.get('reading', ''))}"
    if shift.slot[0] == "edge" and shift.change != "changed":
        news = "; ".join(f"{f.name} ({short(f.old if f.new is None else f.new)})" for f in shift.fields)
        return f"{shift.target} {shift.change}{f', with {news}' if news else ''}"
    fields = "; ".join(_field(f) for f in shift.fields)
    return f"{shift.target} {shift.change}{f': {fields}' if fields else ''}"


def _value(row: Row, value: str | None) -> str:
    if value is None:
        return "none"
    if row.key[0] in ("answer", "by_profile", "layered"):
        return SHORT.get(value, value)
    return "blocks" if row.key[0] == "blockers" and value == "no" else STATES.get(value, value)


def _mark(row: Row) -> str:
    return "+" if row.old is None else "-" if row.new is None else "~"


def _clause(row: Row) -> str:
    """Which clause or licence a blocker or duty is of."""
    name = row.key[2] if row.key[0] == "blockers" else row.key[3]
    return f"{name} ({row.cite})" if row.cite else name


def _rest(row: Row) -> str:
    """A row without the clause or licence that it is of."""
    state = _value(row, row.new or row.old)
    moved = state if row.old is None or row.new is None else f"{_value(row, row.old)} -> {_value(row, row.new)}"
    if row.key[0] == "blockers":
        _, origin, _, component, act = row.key
        return f"from {origin}, on {act} of {component}: {moved}{f'; {row.why}' if row.why else ''}"
    if row.key[0] == "duties":
        return f"{row.key[1]}{f' “{short(row.key[2], 60)}”' if row.key[2] else ''}: {moved}"
    if row.key[0] == "options":
        return row.key[1] + (" (layered)" if row.key[2] == "layered" else "")
    return " at ".join(k for k in row.key[1:] if k) + (f"; {row.why}" if row.why else "")


def what(row: Row, clauses: Sequence[str] = ()) -> str:
    """What moved, in one line without its mark. ``clauses``: all those of which the same is to be said."""
    if row.key[0] in ("answer", "by_profile", "layered", "gate"):
        name = row.key[1] if row.key[0] == "by_profile" else TITLES[row.key[0]]
        return f"{name}: {_value(row, row.old)} -> {_value(row, row.new)}"
    named = ", ".join(clauses or (_clause(row),)) if row.key[0] in ("blockers", "duties") else ""
    if row.key[0] == "blockers":
        return f"{named} {_rest(row)}"
    return f"{_rest(row)}{f', {named}' if named else ''}"


def _lines(rows: Sequence[Row]) -> list[tuple[str, str, tuple[Cause, ...]]]:
    """Mark, words and causes of each line; rows that differ only in their licence share one."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault((_mark(row), _rest(row), row.causes) if row.key[0] in ("blockers", "duties") else row.key, []).append(row)
    return [(_mark(same[0]), what(same[0], [_clause(r) for r in same] if same[0].key[0] in ("blockers", "duties") else ()), same[0].causes) for same in found.values()]


def by(causes: Sequence[Cause]) -> str:
    """Which numbered differences move a row."""
    if not causes:
        return "cause not found"
    sets = [" with ".join(str(i + 1) for i in cause.changes) for cause in causes]
    if causes[0].shown == ONLY:
        return f"by {sets[0]} (nothing else differs)"
    if causes[0].shown == POSSIBLE:
        return f"by one or more of {', '.join(sets)}"
    return f"by {sets[0]}" if len(sets) == 1 else f"by {' or '.join(sets)} (each alone)"


def _parts(found: Difference) -> Iterator[tuple[str, list[Row]]]:
    asked = {s.verdict["profile"] for s in (found.old, found.new)}
    for part, title in TITLES.items():
        rows = [r for r in found.rows if r.key[0] == part and (part != "by_profile" or {r.key[1]} != asked)]  # the answer says that one
        if rows:
            yield title, rows


def _recorded(found: Difference) -> str:
    """What to say where a side is only a record, so that no cause could be tried."""
    if any(c.shown == POSSIBLE for r in found.rows for c in r.causes):
        return "Which of them it was is not recorded in a verdict; compare locks (check --lock) or stacks to have each tried."
    return ""


def _causes(found: Difference) -> list[tuple[int, Shift]]:
    idle = found.idle
    return [(n, c) for n, c in enumerate(found.changes, 1) if c not in idle]


def _title(found: Difference) -> str:
    verdict = found.new.verdict
    proposed = f" as {verdict['proposed']}" if verdict["proposed"] else ""
    return f"{verdict.get('name') or verdict['component']}{proposed}: {found.old.given} against {found.new.given}"


def _answer(found: Difference) -> str:
    old, new = (s.verdict for s in (found.old, found.new))
    then = f"answer: {SHORT[new['answer']]}, as before" if old["answer"] == new["answer"] else what(Row(("answer",), old["answer"], new["answer"]))
    day = new["as_of"] if old["as_of"] == new["as_of"] else f"{old['as_of']} and {new['as_of']}"
    profile = new["profile"] if old["profile"] == new["profile"] else f"{old['profile']} and {new['profile']}"
    return f"{then} (profile {profile}, as of {day})"


def text(found: Difference) -> str:
    """The difference for a terminal."""
    lines = [f"{head(found)}  {_title(found)}"]
    rows = [r for r in found.rows if r.key == ("answer",)]
    lines.append(f"  {_answer(found)}{f'   {by(rows[0].causes)}' if rows else ''}")
    for title, part in _parts(found):
        if part[0].key[0] in ("layered", "gate"):
            lines += [f"  {what(r)}   {by(r.causes)}" for r in part]
        elif part[0].key[0] != "answer":
            lines += ["", title, *(f"  {mark} {words}   {by(causes)}" for mark, words, causes in _lines(part))]
    if causes := _causes(found):
        lines += ["", "caused by", *(f"  {n} {c.kind}: {says(c)}" for n, c in causes)]
        lines += [f"  {said}" for said in (_recorded(found),) if said]
    lines += [*_idle(found), "", NOT_ADVICE]
    return "\n".join(clean(line) for line in lines) + "\n"


def _idle(found: Difference) -> list[str]:
    if not found.idle:
        return []
    shown = [f"  {c.kind}: {says(c)}" for c in found.idle[:MAX_IDLE]]
    more = [f"  … {len(found.idle) - MAX_IDLE} more: --format json"] if len(found.idle) > MAX_IDLE else []
    return ["", "differs too, and moves nothing by itself", *shown, *more]


def _cell(words: str) -> str:
    """Text in a Markdown list: no mark-up of its own, no line break."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in clean(words))
    return " ".join(escaped.split())


def markdown(found: Difference) -> str:
    """The difference for a change request."""
    rows = [r for r in found.rows if r.key == ("answer",)]
    lines = [f"**{head(found).capitalize()}**: {_cell(_title(found))}", "", f"- {_cell(_answer(found))}{f', {by(rows[0].causes)}' if rows else ''}"]
    words = {"+": "new: ", "-": "gone: ", "~": "changed: "}
    for title, part in _parts(found):
        if part[0].key[0] in ("layered", "gate"):
            lines += [f"- {_cell(what(r))}, {by(r.causes)}" for r in part]
        elif part[0].key[0] != "answer":
            bare = part[0].key[0] == "by_profile"
            lines += ["", f"{title.capitalize()}:", "", *(f"- {'' if bare else words[mark]}{_cell(said)}, {by(causes)}" for mark, said, causes in _lines(part))]
    if causes := _causes(found):
        lines += ["", "Caused by:", "", *(f"- ({n}) {c.kind}: {_cell(says(c))}" for n, c in causes)]
        lines += [f"\n{said}" for said in (_recorded(found),) if said]
    if found.idle:
        lines += ["", "Differs too, and moves nothing by itself:", "", *(f"- {c.kind}: {_cell(says(c))}" for c in found.idle[:MAX_IDLE])]
    return "\n".join([*lines, "", NOT_ADVICE]) + "\n"


def json(found: Difference) -> str:
    """The difference as published, schema licgraph/diff/1."""
    return dumps(found.to_json())


FORMATS = {"text": text, "markdown": markdown, "json": json}
