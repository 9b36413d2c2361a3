"""Outbound terms against the answer, and one licence by form, use and audience: text, Markdown, JSON.

Every cell that blocks names its clause; the clauses and the duties stand below the tables with section and path.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from licgraph.knowledge import Knowledge
from licgraph.matrix import Cell, Matrix, Row, distinct, owed
from licgraph.reports.json import dumps
from licgraph.reports.text import NOT_ADVICE, _open_facts, _path, clean, columns, named
from licgraph.rows import SHORT
from licgraph.verdict import Blocker, Owed, Verdict

MAX_FLIPS = 3
SOURCES = {"proposed": "proposed", "option": "an option", "tried": "tried", "own": "tried, as nothing was found"}


def render(matrix: Matrix, knowledge: Knowledge, width: int | None = None) -> str:
    """Both tables as text of at most ``width`` columns."""
    width = columns(width, 110, 80, 160)
    grounds = _Grounds(matrix)
    lines = [_title(matrix), "", *grid(ROW_HEAD, [_row(row, matrix, grounds) for row in matrix.rows], width)]
    if matrix.cells:
        lines += ["", _second(matrix), "", *grid(CELL_HEAD, [_cell(cell, grounds) for cell in matrix.cells], width)]
    for title, notes in _notes(matrix, grounds, knowledge):
        lines += ["", title, *(part for note in notes for part in textwrap.wrap(note, width - 2, initial_indent="  ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False))]
    return "\n".join(clean(line).rstrip() for line in (*lines, "", _foot(matrix))) + "\n"


def render_markdown(matrix: Matrix, knowledge: Knowledge) -> str:
    """Both tables as Markdown."""
    grounds = _Grounds(matrix)
    lines = [f"**{markdown(_title(matrix))}**", "", *pipes(ROW_HEAD, [_row(row, matrix, grounds) for row in matrix.rows])]
    if matrix.cells:
        lines += ["", f"**{markdown(_second(matrix))}**", "", *pipes(CELL_HEAD, [_cell(cell, grounds) for cell in matrix.cells])]
    for title, notes in _notes(matrix, grounds, knowledge):
        lines += ["", f"**{markdown(title)}**", "", *(f"- {markdown(note)}" for note in notes)]
    return "\n".join(clean(line) for line in (*lines, "", markdown(_foot(matrix)))) + "\n"


def render_json(matrix: Matrix) -> str:
    """Both tables, schema licgraph/matrix/1."""
    return dumps(matrix.to_json())


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> list[str]:
    """A table as lines of text; the widest columns give way until it fits, their cells wrapped."""
    table = [tuple(clean(cell) for cell in row) for row in (head, *rows)]
    sizes = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    least = [max(len(word) for cell in column for word in re.split(r"[\s-]", cell)) for column in zip(*table, strict=True)]
    gaps = 2 * (len(sizes) - 1)
    while sum(sizes) + gaps > width:
        room = [n for n, size in enumerate(sizes) if size > max(least[n], 8)]
        if not room:
            break
        sizes[max(room, key=lambda n: sizes[n])] -= 1
    lines = []
    for number, row in enumerate(table):
        cells = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, sizes, strict=True)]
        for n in range(max(map(len, cells))):
            lines.append("  ".join((cell[n] if n < len(cell) else "").ljust(size) for cell, size in zip(cells, sizes, strict=True)).rstrip())
        if number == 0:
            lines.append("  ".join("-" * size for size in sizes))
    return lines


def pipes(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown."""
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(markdown(cell) or '–' for cell in row)} |" for row in rows)]


def markdown(text: str) -> str:
    """Text in which a name cannot make Markdown of its own, on one line."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in " ".join(clean(text).split()))


ROW_HEAD = ("terms", "answer", "layered", "what flips it", "duties")
CELL_HEAD = ("form", "use", "to", "answer", "clause or duties")


class _Grounds:
    """The blockers of both tables, numbered as they first come up."""

    def __init__(self, matrix: Matrix) -> None:
        self.numbers: dict[tuple[str, ...], int] = {}
        self.rows: list[Blocker] = []
        for row in matrix.rows:
            for blocker in row.verdict.blockers:
                self.number(blocker)
        for cell in matrix.cells:
            if cell.blocker is not None:
                self.number(cell.blocker)

    def number(self, blocker: Blocker) -> int:
        """The number under which a blocker stands below the tables."""
        key = (blocker.ref, blocker.act, blocker.when, blocker.why, blocker.level)
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers) + 1
            self.rows.append(blocker)
        return self.numbers[key]


def _title(matrix: Matrix) -> str:
    asked = matrix.asked
    return f"Outbound terms tried for {asked.name or asked.component} ({asked.form}, {asked.use} use, to {asked.to}; profile {asked.profile})"


def _second(matrix: Matrix) -> str:
    return f"{matrix.licence}, by form, use and audience (our own purpose as the use unless it was given)"


def _row(row: Row, matrix: Matrix, grounds: _Grounds) -> tuple[str, ...]:
    verdict = row.verdict
    numbers = "".join(f" [{grounds.number(b)}]" for b in verdict.blockers)
    once = "; an option after the change below" if "option" in row.sources and not row.rest and verdict.answer == "no" and matrix.asked.outbound.edits else ""
    layered = SHORT[verdict.layered] + (f", the rest under {' and '.join(row.rest)}" if row.rest else "")
    layered += "; an option after the change below" if row.rest and verdict.layered == "no" and matrix.asked.outbound.edits else ""
    terms = f"{named(row.expression)} ({', '.join(SOURCES[s] for s in row.sources)})"
    return terms, SHORT[verdict.answer] + numbers + once, layered, _flips(verdict), _owes(verdict, _common(matrix))


def _cell(cell: Cell, grounds: _Grounds) -> tuple[str, ...]:
    verdict, blocker = cell.verdict, cell.blocker
    if blocker is not None:
        section = f"{blocker.license} {blocker.cite}".strip()
        said = f"{section} ({blocker.clause}) [{grounds.number(blocker)}]"
    else:
        said = _owes(verdict)
    return cell.form, cell.use, ", ".join(cell.to), SHORT[verdict.answer], said


def _flips(verdict: Verdict) -> str:
    """The smallest changes of assumptions under which the answer differs, and the facts it waits for."""
    parts = [f"{need.flag}" for need in verdict.needs_facts]
    if verdict.flips:
        smallest = min(len(s) for s, _ in verdict.flips)
        sets = [f"{' and '.join(f'{n} = {v}' for n, v in s)}: {SHORT[a]}" for s, a in verdict.flips if len(s) == smallest]
        parts += sets[:MAX_FLIPS]
        parts += [f"{len(verdict.flips) - len(sets[:MAX_FLIPS])} more"] if len(verdict.flips) > len(sets[:MAX_FLIPS]) else []
    elif verdict.flips_complete:
        parts.append("no open question of law" + (f" (read: {', '.join(verdict.in_play)})" if verdict.in_play else ""))
    if not verdict.flips_complete:
        parts.append("not all combinations were looked at")
    return "; ".join(parts)


def _common(matrix: Matrix) -> frozenset[str]:
    """Duties that are owed whichever terms are taken; alone, a row has nothing in common with another."""
    each = [frozenset(d.id for d in owed(row.verdict)) for row in matrix.rows]
    return frozenset.intersection(*each) if len(each) > 1 else frozenset()


def _owes(verdict: Verdict, common: frozenset[str] = frozenset()) -> str:
    """How many duties, and which; those in common stand once below the table."""
    duties = owed(verdict)
    count = distinct(duties)
    names = [n for n in dict.fromkeys(d.id for d in duties) if n not in common]
    said = f"those of every row{' and' if names else ''} " if common else ""
    return f"{count} {'duty' if count == 1 else 'duties'}" + (f": {said}{', '.join(names)}".rstrip() if duties else "")


def _notes(matrix: Matrix, grounds: _Grounds, knowledge: Knowledge) -> list[tuple[str, list[str]]]:
    """What stands below the tables: title and lines of each block."""
    found = []
    if matrix.asked.outbound.fixed_to:
        found.append(("the licence is fixed", [" or ".join(matrix.asked.outbound.fixed_to)]))
    if matrix.asked.outbound.why_none:
        found.append(("no option", [matrix.asked.outbound.why_none]))
    if matrix.asked.outbound.edits:
        found.append(("after a change", list(matrix.asked.outbound.edits)))
    if grounds.rows:
        found.append(("what stands against it or leaves it open", [f"[{n}] {_ground(b, knowledge)}" for n, b in enumerate(grounds.rows, 1)]))
    common = _common(matrix)
    if common:
        found.append(("duties of every row", [", ".join(n for n in dict.fromkeys(d.id for d in owed(matrix.rows[0].verdict)) if n in common)]))
    duties = _duties(matrix)
    if duties:
        found.append(("duties, by the clause that asks", duties))
    needs = {n.flag: n.question for v in _verdicts(matrix) for n in v.needs_facts}
    if needs:
        found.append(("questions of fact", [f"{question} ({flag})" for flag, question in needs.items()]))
    return found


def _verdicts(matrix: Matrix) -> list[Verdict]:
    return [*(r.verdict for r in matrix.rows), *(c.verdict for c in matrix.cells)]


def _ground(blocker: Blocker, knowledge: Knowledge) -> str:
    section = f"{blocker.license} {blocker.cite}".strip()
    facts = _open_facts(blocker.rests_on, knowledge)
    return f"{section} ({blocker.clause}): {blocker.why}{f' (if {facts})' if facts else ''}; {_path(blocker.path, blocker.steps)}; act: {blocker.act}"


def _duties(matrix: Matrix) -> list[str]:
    known: dict[tuple[str, str], dict[str, None]] = {}
    for verdict in _verdicts(matrix):
        for duty in owed(verdict):
            known.setdefault((duty.id, duty.value), {})[_asks(duty)] = None
    return [ident + (f" “{value}”" if value else "") + f": {'; '.join(asked)}" for (ident, value), asked in sorted(known.items())]


def _asks(duty: Owed) -> str:
    section = f"{duty.license} {duty.cite}".strip() or duty.clause
    return section + (f" ({_path(duty.path, duty.steps)})" if len(duty.path) > 1 else "")


def _foot(matrix: Matrix) -> str:
    return f"as of {matrix.asked.as_of}. {NOT_ADVICE} Each row is what check --as says."
