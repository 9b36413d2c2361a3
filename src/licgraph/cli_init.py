"""`licgraph init` and `licgraph import`: a stack file from what is there. On a terminal, init asks for what decides and is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from licgraph.cli_complete import completing
from licgraph.cli_help import Command
from licgraph.cli_licenses import reported
from licgraph.errors import Fault, StackError
from licgraph.stack import DEFAULT_STACK

if TYPE_CHECKING:
    from licgraph.inputs.draft import Draft
    from licgraph.inputs.writer import Answers
    from licgraph.knowledge import Knowledge

USES = ("any", "commercial", "non-commercial")


@click.command(cls=Command)
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False), shell_complete=completing("files"))
@click.option("-y", "--yes", is_flag=True, help="Ask nothing, on a terminal too; what is missing is marked in the file.")
def init(folder: str, yes: bool) -> None:
    """Write licgraph.yaml from what a folder says of itself; every guess is marked.

    On a terminal it asks for what decides and no file says: what is released, under which licence, for which use.
    """
    with reported("text"), _stopped(folder):
        target = Path(folder) / DEFAULT_STACK
        if target.exists():
            raise StackError(Fault(str(target), 0, "", "there is a stack file already", f"To add what is new to it: licgraph import {folder} -o {target}"))
        write_stack((folder,), str(target), None, ask=not yes and sys.stdin.isatty() and sys.stderr.isatty(), legend=True)


@contextmanager
def _stopped(folder: str) -> Iterator[None]:
    """A person who stops in the middle of the questions: nothing is written, and nothing is blocked either."""
    try:
        yield
    except click.Abort:
        raise StackError(Fault(folder, 0, "", "stopped before all was asked, and nothing was written", "Run it again, or with --yes")) from None


def write_stack(sources: tuple[str, ...], target: str | None, folder: Path | None, ask: bool = False, legend: bool = False) -> None:
    """Reads the sources and writes, or adds to, a stack file; prints it where no file is named. Raises StackError."""
    from licgraph import inputs
    from licgraph import knowledge as base
    from licgraph.inputs.again import merged
    from licgraph.inputs.draft import Draft
    from licgraph.inputs.writer import NOT_SAID, render_stack
    from licgraph.progress import Progress
    from licgraph.reports.text import clean
    from licgraph.upkeep import write_atomically

    knowledge = base.load(folder).with_house(Path(target).parent if target else Path.cwd())
    found = Draft()
    with Progress() as line:
        for number, source in enumerate(sources, 1):
            if not source.startswith(inputs.HUB):  # which has a line of its own
                line.say(f"import: {number} of {len(sources)}, {source}")
            found.absorb(inputs.draft_of(source, knowledge))
    text = render_stack(found, knowledge, _asked(found, knowledge) if ask else NOT_SAID, legend)
    if target is None:
        click.echo(text, nl=False)
        return
    file = Path(target)
    said: list[str] = []
    if file.exists():
        from licgraph.yamlfile import read_text

        text, said = merged(read_text(file, target, StackError), text, target)
    write_atomically(file, text)
    for kept in said:
        click.echo(clean(f"kept: {kept}"), err=True)
    click.echo(clean(f"{target}: {len(found.parts)} components, {len(found.steps)} steps; {text.count('GUESSED') - 1} guessed, {text.count('MISSING') - 1} missing, {len(found.unread)} not read. Next: licgraph check {target}"), err=True)


def _asked(found: Draft, knowledge: Knowledge) -> Answers:
    """What a person answers, where the sources leave open what decides. Raises StackError as reading them does."""
    from licgraph.inputs.assemble import stack_of
    from licgraph.inputs.writer import Answers

    release = stack_of(found, knowledge).release
    component = ""
    if release is None and found.parts:
        component = _choice("What is released?", sorted(found.parts))
        if not component:
            return Answers()
    licence = _licence(knowledge) if release is None or release.license is None else ""
    use = _choice("What may recipients do with it?", USES, "any") if release is None or release.use == "any" else ""
    return Answers(component, licence, "" if use == "any" else use)


def _choice(question: str, words: tuple[str, ...] | list[str], default: str = "") -> str:
    """One of the words, by its name or its number; empty if the person passes."""
    from licgraph.reports.text import clean
    from licgraph.shapes import near

    click.echo(clean(f"{question}  {'  '.join(f'{n} {w}' for n, w in enumerate(words, 1))}"), err=True)
    while True:
        said = _line(default or "leave it open")
        if not said:
            return default
        if said in words or (said.isdigit() and 1 <= int(said) <= len(words)):
            return said if said in words else words[int(said) - 1]
        click.echo(clean(f"`{said}` is none of them{near(said, words)}"), err=True)


def _licence(knowledge: Knowledge) -> str:
    """A licence expression that is understood; empty if the person passes."""
    from licgraph.expression import ExpressionFault, leaves, parse, render
    from licgraph.reports.text import clean

    click.echo("Under which licence is it to go out?  An id such as Apache-2.0, or nothing: which could it be?", err=True)
    while True:
        said = _line("leave it open")
        if not said:
            return ""
        try:
            tree = parse(said, knowledge)
        except ExpressionFault as problem:
            click.echo(clean(f"{problem.what}. {problem.cure}"), err=True)
            continue
        unknown = [leaf.name or leaf.id for leaf in leaves(tree) if knowledge.license(leaf.id).state == "unknown"]
        if not unknown:
            return render(tree)
        names = [n for word in unknown for n in knowledge.near(word)]
        click.echo(clean(f"{', '.join(unknown)}: its terms are not known{'; near names: ' + ', '.join(names) if names else ''}"), err=True)


def _line(default: str) -> str:
    said: str = click.prompt(f"  [{default}]", default="", show_default=False, prompt_suffix=" ", err=True)
    return said.strip()
