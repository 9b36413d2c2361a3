"""Openness as text, Markdown, JSON and a badge: one table, one line of reason a cell, and what the next rung lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape

from licgraph.openness.table import Openness, Reading
from licgraph.reports.json import dumps
from licgraph.reports.text import NOT_ADVICE, clean

FORMATS = ("text", "markdown", "json", "svg")
COLOURS = {
    "api-only": "#6e6e6e", "no-weights": "#6e6e6e", "weights-available": "#b45309", "open-weights": "#3f6212", "open-weights-and-tooling": "#15803d", "fully-open": "#166534", "undecided": "#525252",
}  # fmt: skip
"""Colours with a contrast to white text of at least 4.5 to 1 (WCAG AA)."""


def render(found: Openness, form: str) -> str:
    """The report in one of FORMATS."""
    forms: Mapping[str, Callable[[Openness], str]] = {"text": text, "markdown": markdown, "json": json, "svg": svg}
    return forms[form](found)


def json(found: Openness) -> str:
    """The published JSON, schema licgraph/openness/1."""
    return dumps(found.to_json())


def graded(reading: Reading) -> str:
    """A grade in words; one that waits for unknown terms says between what."""
    if not reading.undecided:
        return reading.label
    return f"undecided: {reading.label} at least, {reading.at_most} if the unknown terms are open" if reading.grade != "undecided" else f"undecided: at most {reading.at_most}"


def _title(found: Openness) -> str:
    who = found.name or found.component
    return f"{who} as {found.proposed}" if found.proposed else who


def _summary(found: Openness) -> Iterable[tuple[str, str, str]]:
    for reading in found.readings:
        yield f"{reading.name} {reading.version}" if reading.id in ("osaid", "mof") else reading.name, graded(reading), ", ".join(f"{n} {got}/{wanted}" for n, got, wanted in reading.progress)


def text(found: Openness) -> str:
    """The report for a terminal: the grades, the table with its reasons, the three questions, the next rungs."""
    summary = list(_summary(found))
    width = max(len(name) for name, _, _ in summary)
    lines = [f"OPENNESS  {_title(found)}", ""]
    lines += [f"  {name:<{width}}  {grade}{f'  [{extra}]' if extra else ''}" for name, grade, extra in summary]
    lines += ["", f"  as two systems: inference {dict(found.systems)['inference']}, training {dict(found.systems)['training']}"]
    lines += [f"  {q.question} {q.answer}: {q.why}" for q in found.questions]
    for reading, (name, _, _) in zip(found.readings, summary, strict=True):
        cells = reading.cells
        part, state = max(len(c.label) for c in cells), max(len(c.state) for c in cells)
        lines += ["", name, *(f"  {c.label:<{part}}  {c.state:<{state}}  {c.reason}" for c in cells)]
        lines += [f"  note: {note}" for note in reading.notes]
        if reading.next_rung:
            lines += [f"  next rung, {reading.next_rung}, lacks:", *(f"    {m}" for m in reading.missing)]
    lines += ["", f"profile {found.profile}, as of {found.as_of}. A grade says what the stack holds and what its terms say. {NOT_ADVICE}"]
    return "\n".join(clean(line) for line in lines) + "\n"


def _md(value: str) -> str:
    """A value inside a Markdown table: no mark-up of its own, no line break, no cell of its own."""
    plain = " ".join(clean(value).split())
    for mark in ("\\", "|", "`", "*", "_", "<", ">", "[", "]"):
        plain = plain.replace(mark, f"\\{mark}" if mark not in "<>" else {"<": "&lt;", ">": "&gt;"}[mark])
    return plain


def markdown(found: Openness) -> str:
    """The report for a page: the grades, one table of all readings, the questions, the next rungs."""
    lines = [f"# Openness of {_md(_title(found))}", "", "| reading | grade |", "|---|---|"]
    lines += [f"| {_md(name)} | **{_md(grade)}**{f' ({extra})' if extra else ''} |" for name, grade, extra in _summary(found)]
    lines += ["", "| reading | part | state | reason |", "|---|---|---|---|"]
    for reading in found.readings:
        lines += [f"| {_md(reading.name)} | {_md(c.label)} | {_md(c.state)} | {_md(c.reason)} |" for c in reading.cells]
    lines += ["", "| question | answer | why |", "|---|---|---|", *(f"| {_md(q.question)} | {q.answer} | {_md(q.why)} |" for q in found.questions), ""]
    for reading in found.readings:
        if reading.next_rung:
            lines += [f"{_md(reading.name)}: the next rung, {_md(reading.next_rung)}, lacks", "", *(f"- {_md(m)}" for m in reading.missing), ""]
        lines += [f"- note: {_md(note)}" for note in reading.notes] + ([""] if reading.notes else [])
    lines += ["Sources: " + "; ".join(f"{_md(r.name)} {_md(r.version)}: {_md(r.source)}" for r in found.readings) + ".", ""]
    lines.append(f"Profile {found.profile}, as of {found.as_of}. A grade says what the stack holds and what its terms say. {NOT_ADVICE}")
    return "\n".join(lines) + "\n"


def badge(found: Openness) -> tuple[str, str]:
    """What the badge says, and its colour: the name of the plain reading, and the framework's class if there is one."""
    plain, mof = found.reading("plain"), found.reading("mof")
    words = f"undecided ({plain.label} at least)" if plain.undecided else plain.label
    level = f" · MOF {mof.grade}{' at least' if mof.undecided else ''}" if mof.grade != "none" else ""
    return words + level, COLOURS["undecided" if plain.undecided else plain.grade]


def svg(found: Openness) -> str:
    """A badge: self-contained, no fonts or scripts from elsewhere, with the grade as its accessible name."""
    label = "openness"
    words, colour = badge(found)
    left, right = _width(label), _width(words)
    whole = left + right
    name = escape(clean(f"{label}: {words}"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" viewBox="0 0 {whole} 20" role="img" aria-label="{name}">\n'
        f"  <title>{name}</title>\n"
        f'  <rect width="{left}" height="20" fill="#404040"/>\n'
        f'  <rect x="{left}" width="{right}" height="20" fill="{colour}"/>\n'
        f'  <g fill="#ffffff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">\n'
        f'    <text x="{left / 2:g}" y="14" textLength="{left - 12}">{label}</text>\n'
        f'    <text x="{left + right / 2:g}" y="14" textLength="{right - 12}">{escape(words)}</text>\n'
        "  </g>\n"
        "</svg>\n"
    )


def _width(words: str) -> int:
    """Pixels for a text of size 11 with its margins; textLength fits the letters in, so an estimate does."""
    return round(sum(4 if c in "iIl.,:()·' " else 8 if c in "mwMW" else 7 for c in words)) + 12
