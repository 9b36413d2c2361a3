"""What every command that asks shares: the options that put a question, the stack they mean, and how reports go out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licgraph.cli_complete import completing
from licgraph.cli_licenses import FORMATS
from licgraph.errors import Fault, StackError
from licgraph.stack import DEFAULT_PROFILE

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.stack import Stack

EXIT = {"pass": 0, "fail": 1, "error": 2, "open": 3}
"""Exit codes by what the gate says (design 5.3)."""
REPEATED = {
    "component": "--component", "proposed": "--as", "form": "--form", "use": "--use", "to": "--to", "purpose": "--purpose", "facts": "--fact",
    "profile": "--profile", "assume": "--assume", "as_of": "--as-of", "folder": "--knowledge",
}  # fmt: skip
"""The options that put a question, by the name of their parameter."""


def premises(command: Callable[..., None], several: bool = False) -> Callable[..., None]:
    """The options that put a question; each overrides the stack file. several: of one stack or more (parameter `stacks`)."""
    options = [
        click.argument("stacks", nargs=-1, metavar="[STACK]...", shell_complete=completing("files")) if several else click.argument("stack", required=False, shell_complete=completing("files")),
        click.option("--component", metavar="ID", help="The component to release."),
        click.option("--as", "proposed", metavar="EXPR", shell_complete=completing("licenses"), help="The licence proposed for it."),
        click.option("--form", type=click.Choice(["weights", "source", "binary", "dataset", "outputs", "service", "internal"])),
        click.option("--use", type=click.Choice(["commercial", "non-commercial", "any"]), help="What recipients may do."),
        click.option("--to", type=click.Choice(["own", "affiliates", "contractors", "customers", "public"])),
        click.option("--purpose", type=click.Choice(["commercial", "non-commercial"]), help="Our own purpose."),
        click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", shell_complete=completing("facts"), help="A fact, such as domicile=EU."),
        click.option("--profile", default=DEFAULT_PROFILE, show_default=True, type=click.Choice(["conservative", "mainstream", "permissive"])),
        click.option("--assume", multiple=True, metavar="ID=VALUE", shell_complete=completing("assumptions"), help="The value of one open question of law."),
        click.option("--as-of", metavar="DATE", help="The day on which permissions and accepted risks are read."),
        click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def question(command: Callable[..., None], formats: Sequence[str] = FORMATS, several: bool = False) -> Callable[..., None]:
    """The options of a command that answers a question with a report."""
    command = click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file as well.")(command)
    command = click.option("-f", "--format", "form_of_output", type=click.Choice(formats), default="text", show_default=True)(command)
    return premises(command, several)


def pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, sign, rest = value.partition("=")
        if not sign or not name or not rest:
            raise StackError(Fault(option, 0, "", f"`{value}` is not NAME=VALUE", f"Write {option} NAME=VALUE"))
        if name in found:
            raise StackError(Fault(option, 0, name, f"`{name}` is given twice", "Give it once"))
        found[name] = rest
    return found


def as_asked(stack: Stack, knowledge: Knowledge, given: dict[str, Any]) -> Stack:
    """The stack with what the command line overrides."""
    from licgraph.asking import put

    return put(stack, knowledge, {**given, "facts": pairs(given["facts"], "--fact")}, "whoever ran the command (--fact)")


def assumed(written: tuple[str, ...], knowledge: Knowledge) -> dict[str, str]:
    from licgraph import asking

    return asking.assumed(pairs(written, "--assume"), knowledge)


def stack_of(given: dict[str, Any]) -> tuple[Knowledge, Stack]:
    """The stack that was asked about, with what the command line overrides."""
    from licgraph import knowledge as base
    from licgraph.asking import read_stack

    stack, knowledge = read_stack(given["stack"], base.load(given["folder"]))
    return knowledge, as_asked(stack, knowledge, given)


def flags_of(given: dict[str, Any]) -> list[str]:
    """The options with which a question was put, to be repeated after the same stack."""
    words = []
    for name, option in REPEATED.items():
        values = given[name] if isinstance(given[name], tuple) else (given[name],)
        words += [word for value in values if value and (name, value) != ("profile", DEFAULT_PROFILE) for word in (option, str(value))]
    return words


def deliver(given: dict[str, Any], reports: Mapping[str, Callable[[bool], str]]) -> None:
    """Writes every --output, whole or not at all, and prints the format asked for; only a terminal gets colour."""
    for form, name in pairs(given["output"], "--output").items():
        from licgraph.upkeep import write_atomically

        if form not in reports:
            raise StackError(Fault("--output", 0, form, f"`{form}` is no format", f"Write one of: {', '.join(reports)}"))
        write_atomically(Path(name), reports[form](False))
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    text = reports[given["form_of_output"]](colour)
    click.echo(text.encode("utf-8", "replace").decode(), nl=False, color=True)  # a file name may hold what is no text
