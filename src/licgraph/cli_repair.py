"""The command `repair`: from a no to a yes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licgraph.asking import day_of
from licgraph.cli_help import Command
from licgraph.cli_licenses import FORMATS, reported
from licgraph.cli_question import assumed, premises, stack_of
from licgraph.errors import Fault, StackError

if TYPE_CHECKING:
    from licgraph.changes import Alternative, Costs
    from licgraph.knowledge import Knowledge
    from licgraph.repair import Repairs
    from licgraph.stack import Stack


def run(given: dict[str, Any], stack: Stack, knowledge: Knowledge, assume: dict[str, str], day: str) -> int:
    """Finds, prints and, if asked, writes repairs. Returns the exit code: 0 there is one or none is needed, 1 there is none."""
    from licgraph.changes import catalogue_around, read_catalogue
    from licgraph.progress import Progress
    from licgraph.repair import repair as search
    from licgraph.reports import repair as report
    from licgraph.shapes import near

    for name in given["keep"]:
        if name not in stack.components:
            raise StackError(Fault("--keep", 0, name, f"there is no component `{name}`{near(name, stack.components)}", f"Components: {', '.join(list(stack.components)[:12])}"))
    costs = _costs(given["cost"])
    kinds = {k.partition("-")[0] if k.startswith(("replace", "form")) else k for k in costs.costs}
    for kind in given["without"]:
        if kind not in kinds:
            raise StackError(Fault("--without", 0, kind, f"`{kind}` is no kind of change{near(kind, kinds)}", f"Kinds: {', '.join(sorted(kinds))}"))
    at_hand = read_catalogue(given["catalogue"]) if given["catalogue"] else catalogue_around(_place(given["stack"]))
    with Progress() as line:
        line.say("repair")
        found = search(stack, knowledge, given["profile"], costs=costs, assume=assume, as_of=day, keep=given["keep"], without=given["without"], most=given["most"], alternatives=at_hand, heard=line.say)
    click.echo(report.render_json(found) if given["form_of_output"] == "json" else report.render(found), nl=False)
    if given["write"]:
        _write(given, found, stack, {a.name: a for a in at_hand})
    return 0 if found.found or found.before.answer == "yes" else 1


def _costs(written: tuple[str, ...]) -> Costs:
    from licgraph.changes import Costs, default_costs
    from licgraph.shapes import near

    table = default_costs()
    own = dict(table.costs)
    for entry in written:
        kind, sign, number = entry.partition("=")
        if kind not in own:
            raise StackError(Fault("--cost", 0, kind, f"`{kind}` is no kind of change{near(kind, own)}", f"Kinds: {', '.join(own)}"))
        try:
            own[kind] = float(number)
        except ValueError:
            raise StackError(Fault("--cost", 0, kind, f"`{number}` is no number", "Write KIND=NUMBER, such as replace-weights=20")) from None
        if not sign or own[kind] <= 0:
            raise StackError(Fault("--cost", 0, kind, "a cost is a number above 0", "Write KIND=NUMBER, such as replace-weights=20"))
    return Costs(own, table.sentences)


def _place(name: str | None) -> Path:
    """The folder of the stack that was named."""
    path = Path(name) if name and name != "-" and not name.startswith("hf:") else Path.cwd()
    return (path if path.is_dir() else path.parent).resolve()


def _write(given: dict[str, Any], found: Repairs, stack: Stack, at_hand: dict[str, Alternative]) -> None:
    from licgraph.inputs.edit import edited
    from licgraph.stack import DEFAULT_STACK
    from licgraph.upkeep import write_atomically
    from licgraph.yamlfile import read_text

    number = given["write"]
    if not 0 < number <= len(found.found):
        raise StackError(Fault("--write", 0, str(number), f"there is no repair {number}", f"There are {len(found.found)}"))
    name = given["stack"] or DEFAULT_STACK
    file = Path(name) / DEFAULT_STACK if Path(name).is_dir() else Path(name)
    chosen = found.found[number - 1]
    ours = frozenset(n for n, c in stack.components.items() if c.ours)
    text = edited(read_text(file, str(file), StackError), str(file), chosen.changes, ours, {k: v[0] for k, v in chosen.suffices}, at_hand)
    write_atomically(file, text)
    click.echo(f"{file}: repair {number} written in; what it promises (TODO) is still to be done", err=True)


@click.command(cls=Command)
@premises
@click.option("--keep", multiple=True, metavar="ID", help="A component that stays as it is.")
@click.option("--without", multiple=True, metavar="KIND", help="A kind of change that is ruled out.")
@click.option("--cost", multiple=True, metavar="KIND=N", help="What a kind of change costs us.")
@click.option("--catalogue", type=click.Path(path_type=Path), metavar="FILE", help="What is at hand to replace things by; else .licgraph/catalogue.yaml here or above.")
@click.option("-n", "most", type=click.IntRange(1, 50), default=5, show_default=True, help="At most so many repairs.")
@click.option("--write", type=int, metavar="K", help="Write repair K into the stack file.")
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
def repair(**given: Any) -> None:
    """What would make it a yes? The cheapest sets of changes, each solved again. Exit 1 if there is none."""
    with reported(given["form_of_output"]):
        knowledge, stack = stack_of(given)
        code = run(given, stack, knowledge, assumed(given["assume"], knowledge), day_of(given["as_of"]))
    sys.exit(code)
