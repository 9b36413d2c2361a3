"""The command `assumptions`: open questions of law, all of them or those that a stack turns on. It decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from licgraph.asking import day_of
from licgraph.cli_help import Command
from licgraph.cli_licenses import FORMATS, reported
from licgraph.cli_question import EXIT, assumed, deliver, premises, stack_of
from licgraph.errors import Fault, StackError

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.stack import Stack

Reports = Mapping[str, Callable[[bool], str]]
ABOUT_A_STACK = {
    "component": "--component", "proposed": "--as", "form": "--form", "use": "--use", "to": "--to", "purpose": "--purpose", "facts": "--fact", "assume": "--assume", "as_of": "--as-of",
}  # fmt: skip
"""Options that mean nothing where no stack is asked about."""


def all_reports(given: Mapping[str, Any], knowledge: Knowledge) -> Reports:
    """Every open question of the knowledge base. Raises StackError for an option that asks about a stack."""
    for name, option in ABOUT_A_STACK.items():
        if given[name]:
            raise StackError(Fault(option, 0, "", "no stack is named that this could be asked of", "Name the stack first: licgraph assumptions licgraph.yaml"))
    from licgraph.reports import assumptions as report

    return {"text": lambda _: report.render_all(knowledge), "markdown": lambda _: report.render_all_markdown(knowledge), "json": lambda _: report.render_all_json(knowledge)}


def stack_reports(given: Mapping[str, Any], stack: Stack, knowledge: Knowledge, assume: Mapping[str, str], day: str) -> tuple[Reports, str]:
    """What the verdict on a stack rests on, and its gate."""
    from licgraph.assumptions import outlook
    from licgraph.reports import assumptions as report

    found = outlook(stack, knowledge, given["profile"], assume=assume, as_of=day)
    reports: Reports = {"text": lambda _: report.render(found, knowledge), "markdown": lambda _: report.render_markdown(found, knowledge), "json": lambda _: report.render_json(found, knowledge)}
    return reports, found.verdict.gate


@click.command("assumptions", cls=Command)
@premises
@click.option("-f", "--format", "form_of_output", type=click.Choice([*FORMATS, "markdown"]), default="text", show_default=True)
@click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file as well.")
def assumptions(**given: Any) -> None:
    """Open questions of law: all, or, with a STACK, those its answer touches, and the answer under each value.

    Without a stack: exit 0. With one: as `check`.
    """
    with reported(given["form_of_output"]):
        if given["stack"] is None:
            from licgraph import knowledge as base

            reports, code = all_reports(given, base.load(given["folder"])), 0
        else:
            knowledge, stack = stack_of(given)
            reports, gate = stack_reports(given, stack, knowledge, assumed(given["assume"], knowledge), day_of(given["as_of"]))
            code = EXIT[gate]
        deliver(given, reports)
    sys.exit(code)
