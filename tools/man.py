#!/usr/bin/env python3
"""Writes docs/man/licgraph.1 from the commands themselves: `python tools/man.py` (a test tells when it is out of date)."""

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

import click  # noqa: E402

from licgraph import __version__  # noqa: E402
from licgraph.cli import cli  # noqa: E402
from licgraph.cli_examples import EXAMPLES  # noqa: E402
from licgraph.codes import EXITS  # noqa: E402
from licgraph.doctor import VARIABLES  # noqa: E402

DAY = "2026-11-22"
FILES = (
    ("licgraph.yaml", "the stack file of this folder"),
    (".licgraph/", "what a house keeps for all stacks below: conclusions about components, a catalogue; found by walking up"),
)


def top() -> click.Context:
    """The context of licgraph itself, as a run has it."""
    return click.Context(cli, info_name="licgraph", **cli.context_settings)


def walk(context: click.Context | None = None) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command with its path (`licenses show`), groups before what they hold."""
    above = context or top()
    group = above.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(above):
        found = group.get_command(above, name)
        assert found is not None
        inner = click.Context(found, info_name=name, parent=above)
        yield inner.command_path.partition(" ")[2], found, inner
        if isinstance(found, click.Group):
            yield from walk(inner)


def paragraphs(text: str) -> list[str]:
    """A docstring as paragraphs of one line each."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]


def options(command: click.Command, context: click.Context) -> list[tuple[str, str]]:
    """How each option is written, and its help."""
    return [record for p in command.get_params(context) if isinstance(p, click.Option) and (record := p.get_help_record(context)) is not None]


def roff(text: str) -> str:
    """Text as roff takes it: no escapes, requests or breaking hyphens by accident; what is no ASCII by its number."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    text = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)
    return f"\\&{text}" if text[:1] in (".", "'") else text


def prose(text: str) -> str:
    """A paragraph as lines that a reviewer of a change can read."""
    return "\n".join(roff(line) for line in textwrap.wrap(text, 72, break_long_words=False, break_on_hyphens=False))


def usage(command: click.Command, context: click.Context, path: str) -> str:
    pieces = " ".join(command.collect_usage_pieces(context))
    return f".B licgraph{' ' + roff(path) if path else ''}\n{roff(pieces)}"


def page() -> str:
    """The whole manual, one page."""
    root = top()
    first, *more = paragraphs(cli.help or "")
    lines = [f'.TH LICGRAPH 1 "{DAY}" "licgraph {__version__}" "User Commands"', ".SH NAME", "licgraph \\- what a model stack may be released as, and under which terms", ".SH SYNOPSIS", usage(cli, root, "")]
    lines += [".SH DESCRIPTION", prose(first)]
    for text in more:
        lines += [".PP", prose(text)]
    lines += [".SH OPTIONS", *_listed(options(cli, root)), ".SH COMMANDS"]
    for path, command, context in walk():
        lines += [f".SS licgraph {roff(path)}", usage(command, context, path)]
        for text in paragraphs(command.help or ""):
            lines += [".PP", prose(text)]
        lines += _listed(options(command, context))
        lines += _examples(path)
    lines += [".SH EXIT STATUS", "Of the commands that ask about a stack:", *_listed([(code, said) for code, (said, _) in EXITS.items()])]
    lines += [".SH ENVIRONMENT", prose(", ".join(VARIABLES) + "."), "What is set of them is shown by", ".BR \"licgraph doctor\" .", ".SH FILES", *_listed(list(FILES)), ".SH EXAMPLES", *_examples("", False)]
    return "\n".join([*lines, ".SH NOTES", prose("Not legal advice. Readings of licences are drafts until a named person has reviewed them."), ""])


def _listed(rows: list[tuple[str, str]]) -> list[str]:
    return [line for name, said in rows for line in (".TP", f".B {roff(name)}", prose(said) or "\\&")]


def _examples(path: str, titled: bool = True) -> list[str]:
    rows = EXAMPLES.get(path, ())
    return ([".PP", "Examples:"] if rows and titled else []) + [line for command, said in rows for line in (".TP", f".B {roff(command)}", prose(said))]


if __name__ == "__main__":
    target = ROOT / "docs" / "man" / "licgraph.1"
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(), encoding="utf-8")
