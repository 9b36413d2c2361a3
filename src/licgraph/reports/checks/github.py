"""Annotations of GitHub Actions: workflow commands on standard output, one a row, after a line with the answer.

The escapes are those of the runner's own toolkit: % and line ends in messages, also : and , in properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from licgraph.outcome import Outcome
from licgraph.rows import FOR_COUNSEL, Told, headline, is_file, told
from licgraph.verdict import Verdict

COMMAND = {"error": "error", "warning": "warning", "note": "notice"}
GATE = {"pass": "notice", "fail": "error", "open": "warning"}


def render(outcomes: Sequence[Outcome]) -> str:
    """The answer and every row as an annotation; what is accepted is a notice that says so; every fault at its file and line."""
    several = len(outcomes) > 1
    return "".join(line + "\n" for one in told(outcomes) for line in (_answer(one, one.verdict, several) if one.verdict else _faults(one)))


def _answer(one: Told, verdict: Verdict, several: bool) -> Iterator[str]:
    counsel = f". {FOR_COUNSEL}" if verdict.audience == "engineer" else ""
    yield _command(GATE[verdict.gate], "licgraph", (f"{one.asked}: " if several else "") + headline(verdict) + counsel)
    for row in one.rows:
        level = "notice" if row.covered else COMMAND[row.level]
        yield _command(level, row.rule, row.text + (f" [{row.covered}]" if row.covered else ""), row.evidence.file, row.evidence.line)


def _faults(one: Told) -> Iterator[str]:
    for fault in one.problem.faults if one.problem else ():
        yield _command("error", "licgraph", str(fault), fault.file if is_file(fault.file) else "", fault.line)


def _command(level: str, title: str, text: str, file: str = "", line: int = 0) -> str:
    place = [f"file={_property(file)}", *([f"line={line}"] if line > 0 else [])] if file else []
    return f"::{level} {','.join([*place, f'title={_property(title)}'])}::{_data(text)}"


def _data(text: str) -> str:
    shown = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
