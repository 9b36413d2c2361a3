"""The command `openness`: which parts of a release are there, under open terms. It decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from licgraph.cli_complete import completing
from licgraph.cli_help import Command
from licgraph.cli_licenses import reported
from licgraph.stack import DEFAULT_PROFILE

FORMATS = ("text", "markdown", "json", "svg")
UNDECIDED = 3
ASKED_ELSEWHERE = {"form": None, "use": None, "to": None, "purpose": None}
"""Parts of a release question that openness does not turn on."""


@click.command(cls=Command)
@click.argument("stack", required=False, shell_complete=completing("files"))
@click.option("--component", metavar="ID", help="The component to grade as the release.")
@click.option("--as", "proposed", metavar="EXPR", shell_complete=completing("licenses"), help="The licence proposed for it.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", shell_complete=completing("facts"), help="A fact, such as memorised=true.")
@click.option("--profile", default=DEFAULT_PROFILE, show_default=True, type=click.Choice(["conservative", "mainstream", "permissive"]))
@click.option("--assume", multiple=True, metavar="ID=VALUE", shell_complete=completing("assumptions"), help="The value of one open question of law.")
@click.option("--as-of", metavar="DATE", help="The day on which dated licences are read.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base.")
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file as well.")
def openness(**given: Any) -> None:
    """Which parts are there, under open terms? The four parts, OSAID 1.0, MOF 1.0, weights and code.

    Exit codes: 0 graded, 2 input not understood, 3 a grade waits for terms that are not known.
    """
    with reported(given["form_of_output"]):
        from licgraph.asking import day_of
        from licgraph.cli_question import assumed, deliver, stack_of
        from licgraph.openness import grade
        from licgraph.reports.openness import render
        from licgraph.reports.text import clean

        knowledge, stack = stack_of({**ASKED_ELSEWHERE, **given})
        found = grade(stack, knowledge, given["profile"], assume=assumed(given["assume"], knowledge), as_of=day_of(given["as_of"]))

        def report(form: str) -> Callable[[bool], str]:
            return lambda _: render(found, form)

        deliver(given, {form: report(form) for form in FORMATS})
        if given["form_of_output"] == "svg" and found.undecided:  # a badge has no room for why
            for member in dict.fromkeys(m for part in found.parts for m in part.members):
                if member.terms.state == "unknown":
                    click.echo(clean(f"not known: {member.component}: {member.terms.why}"), err=True)
    sys.exit(UNDECIDED if found.undecided else 0)
