"""Annotations of GitHub Actions: workflow commands on standard output, one a row, after a line with the answer.

The escapes are those of the runner's own toolkit: % and line ends in messages, also : and , in properties.
"""

from __future__ import annotations

from licgraph.errors import LicgraphError
from licgraph.knowledge import Knowledge
from licgraph.rows import headline, is_file, rows
from licgraph.verdict import Verdict

COMMAND = {"error": "error", "warning": "warning", "note": "notice"}
GATE = {"pass": "notice", "fail": "error", "open": "warning"}


def render(verdict: Verdict, knowledge: Knowledge) -> str:
    """The answer and every row as an annotation; an accepted risk is a notice that says so."""
    lines = [_command(GATE[verdict.gate], "licgraph", headline(verdict))]
    for row in rows(verdict, knowledge):
        level = "notice" if row.accepted else COMMAND[row.level]
        accepted = f" [risk accepted: {row.accepted}]" if row.accepted else ""
        lines.append(_command(level, row.rule, row.text + accepted, row.evidence.file, row.evidence.line))
    return "\n".join(lines) + "\n"


def render_error(problem: LicgraphError) -> str:
    """Every fault as an error at its file and line."""
    return "".join(_command("error", "licgraph", str(f), f.file if is_file(f.file) else "", f.line) + "\n" for f in problem.faults)


def _command(level: str, title: str, text: str, file: str = "", line: int = 0) -> str:
    place = [f"file={_property(file)}", *([f"line={line}"] if line > 0 else [])] if file else []
    return f"::{level} {','.join([*place, f'title={_property(title)}'])}::{_data(text)}"


def _data(text: str) -> str:
    shown = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
