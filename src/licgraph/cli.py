"""The command line: arguments, wiring, exit codes. It decides nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from licgraph import __version__
from licgraph.cli_licenses import FORMATS, licenses, reported, show
from licgraph.errors import Fault, StackError
from licgraph.stack import DEFAULT_PROFILE, DEFAULT_STACK

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.stack import Stack
    from licgraph.verdict import Verdict

EXIT = {"pass": 0, "fail": 1, "open": 3}
REPEATED = {
    "component": "--component", "proposed": "--as", "form": "--form", "use": "--use", "to": "--to", "purpose": "--purpose", "facts": "--fact",
    "profile": "--profile", "assume": "--assume", "as_of": "--as-of", "folder": "--knowledge",
}  # fmt: skip
"""The options that put a question, by the name of their parameter."""


class _Commands(click.Group):
    """The commands of this module, and those of others, which are loaded when they are asked for."""

    others: ClassVar[dict[str, str]] = {"openness": "cli_openness", "repair": "cli_repair"}

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted((*super().list_commands(context), *self.others))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in self.others:
            from importlib import import_module

            found: click.Command = getattr(import_module(f"licgraph.{self.others[name]}"), name)
            return found
        return super().get_command(context, name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="licgraph")
def cli() -> None:
    """What may a model stack be released as, and under which terms?

    STACK is a stack file (YAML or JSON), or - for standard input; by default licgraph.yaml in this folder.
    Exit codes: 0 nothing blocks, 1 blocked, 2 input not understood, 3 conditional or unknown. Not legal advice.
    """


def _premises(command: Callable[..., None]) -> Callable[..., None]:
    """The options that put a question; each overrides the stack file."""
    options = [
        click.argument("stack", required=False),
        click.option("--component", metavar="ID", help="The component to release."),
        click.option("--as", "proposed", metavar="EXPR", help="The licence proposed for it."),
        click.option("--form", type=click.Choice(["weights", "source", "binary", "dataset", "outputs", "service", "internal"])),
        click.option("--use", type=click.Choice(["commercial", "non-commercial", "any"]), help="What recipients may do."),
        click.option("--to", type=click.Choice(["own", "affiliates", "contractors", "customers", "public"])),
        click.option("--purpose", type=click.Choice(["commercial", "non-commercial"]), help="Our own purpose."),
        click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="A fact, such as domicile=EU."),
        click.option("--profile", default=DEFAULT_PROFILE, show_default=True, type=click.Choice(["conservative", "mainstream", "permissive"])),
        click.option("--assume", multiple=True, metavar="ID=VALUE", help="The value of one open question of law."),
        click.option("--as-of", metavar="DATE", help="The day on which permissions and accepted risks are read."),
        click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _question(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that answers a question with a report."""
    command = click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file as well.")(command)
    command = click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)(command)
    return _premises(command)


def _read(name: str | None, knowledge: Knowledge) -> tuple[Stack, Knowledge]:
    """The stack that was named, and the knowledge base with what the house of that stack concluded."""
    from licgraph import inputs

    given = None
    if name == "-":
        from licgraph.yamlfile import MAX_BYTES

        given = sys.stdin.buffer.read(MAX_BYTES + 1)
    elif name is None:
        name = DEFAULT_STACK if Path(DEFAULT_STACK).exists() else "."
    place = Path.cwd() if given is not None or name.startswith("hf:") else Path(name)
    knowledge = knowledge.with_house(place if place.is_dir() else place.parent)
    return inputs.read(name, knowledge, given), knowledge


def _pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, sign, rest = value.partition("=")
        if not sign or not name or not rest:
            raise StackError(Fault(option, 0, "", f"`{value}` is not NAME=VALUE", f"Write {option} NAME=VALUE"))
        if name in found:
            raise StackError(Fault(option, 0, name, f"`{name}` is given twice", "Give it once"))
        found[name] = rest
    return found


def _asked(stack: Stack, knowledge: Knowledge, given: dict[str, Any]) -> Stack:
    """The stack with what the command line overrides."""
    from licgraph import stack as model
    from licgraph.expression import ExpressionFault, parse
    from licgraph.shapes import near

    facts = dict(stack.facts)
    for fact, written in _pairs(given["facts"], "--fact").items():
        word = knowledge.facts.get(fact)
        if word is None:
            raise StackError(Fault("--fact", 0, fact, f"the fact `{fact}` is not known{near(fact, knowledge.facts)}", f"Known: {', '.join(knowledge.facts)}"))
        facts[fact] = _fact_value(fact, word.type, written)
    release = stack.release
    name: str | None = given["component"] or (release.component if release else None)
    if name is None and len(stack.components) == 1:
        name = next(iter(stack.components))
    if name is None:
        return stack._replace(facts=facts)
    if name not in stack.components:
        raise StackError(Fault("--component", 0, name, f"there is no component `{name}`{near(name, stack.components)}", f"Components: {', '.join(stack.components)}"))
    if release is None or release.component != name:
        form = given["form"] or model.default_form(stack.components[name].kind)
        release = model.Release(component=name, form=form, to=model.default_recipients(form))
    if given["proposed"]:
        try:
            release = release._replace(license=parse(given["proposed"], knowledge), written=given["proposed"])
        except ExpressionFault as problem:
            raise StackError(Fault("--as", 0, "", problem.what, problem.cure)) from None
    if given["form"] and given["form"] != release.form:
        release = release._replace(form=given["form"], to=model.default_recipients(given["form"]))
    if given["use"]:
        release = release._replace(use=given["use"], purpose="" if given["use"] == "any" else given["use"])
    release = release._replace(to=given["to"] or release.to, purpose=given["purpose"] or release.purpose)
    component = stack.components[name]
    components = stack.components
    if not component.ours and (stack.release is None or stack.release.component != name):
        components = {**components, name: component._replace(ours=True)}
    return stack._replace(release=release, facts=facts, components=components)


def _fact_value(name: str, kind: str, written: str) -> Any:
    if kind == "number":
        try:
            return float(written.replace("_", ""))
        except ValueError:
            raise StackError(Fault("--fact", 0, name, f"`{written}` is not a number", "Write digits only, such as 2000000")) from None
    if kind == "flag":
        if written not in ("true", "false"):
            raise StackError(Fault("--fact", 0, name, f"`{written}` is not true or false", "Write true or false"))
        return written == "true"
    return tuple(written.split(",")) if kind == "words" else written


def _assumed(written: tuple[str, ...], knowledge: Knowledge) -> dict[str, str]:
    from licgraph.shapes import near

    found = _pairs(written, "--assume")
    for name, value in found.items():
        known = knowledge.assumptions.get(name)
        if known is None:
            raise StackError(Fault("--assume", 0, name, f"the assumption `{name}` is not known{near(name, knowledge.assumptions)}", f"Known: {', '.join(knowledge.assumptions)}"))
        if value not in known.values:
            raise StackError(Fault("--assume", 0, name, f"`{value}` is no value of it", f"Write one of: {', '.join(known.values)}"))
    return found


def _day(given: str | None) -> str:
    from datetime import date, datetime, timezone

    if given:
        try:
            return date.fromisoformat(given).isoformat()
        except ValueError:
            raise StackError(Fault("--as-of", 0, "", f"`{given}` is not a date", "Write it as YYYY-MM-DD")) from None
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), timezone.utc).date().isoformat() if epoch.isdigit() else date.today().isoformat()


def _stack(given: dict[str, Any]) -> tuple[Knowledge, Stack]:
    """The stack that was asked about, with what the command line overrides."""
    from licgraph import knowledge as base

    stack, knowledge = _read(given["stack"], base.load(given["folder"]))
    return knowledge, _asked(stack, knowledge, given)


def _verdict(given: dict[str, Any], any_terms: bool = False) -> tuple[Verdict, Knowledge]:
    """The verdict on what was asked; any_terms: whatever terms the stack file proposes, unless --as names some."""
    from licgraph.assess import assess

    knowledge, stack = _stack(given)
    if any_terms and stack.release is not None and not given["proposed"]:
        stack = stack._replace(release=stack.release._replace(license=None, written=""))
    return assess(stack, knowledge, given["profile"], assume=_assumed(given["assume"], knowledge), as_of=_day(given["as_of"])), knowledge


def _flags(given: dict[str, Any]) -> list[str]:
    """The options with which a question was put, to be repeated after the same stack."""
    words = []
    for name, option in REPEATED.items():
        values = given[name] if isinstance(given[name], tuple) else (given[name],)
        words += [word for value in values if value and (name, value) != ("profile", DEFAULT_PROFILE) for word in (option, str(value))]
    return words


def _deliver(given: dict[str, Any], reports: Mapping[str, Callable[[bool], str]]) -> None:
    """Writes every --output, whole or not at all, and prints the format asked for; only a terminal gets colour."""
    for form, name in _pairs(given["output"], "--output").items():
        if form not in reports:
            raise StackError(Fault("--output", 0, form, f"`{form}` is no format", f"Write one of: {', '.join(reports)}"))
        partial = Path(f"{name}.{os.getpid()}.part")
        try:
            partial.write_text(reports[form](False), encoding="utf-8")
            partial.replace(name)
        except OSError as problem:
            partial.unlink(missing_ok=True)
            raise StackError(Fault(name, 0, "", f"cannot be written ({problem.strerror})", "Name a file in a folder you may write to")) from None
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(reports[given["form_of_output"]](colour), nl=False, color=True)


@cli.command()
@_question
def check(**given: Any) -> None:
    """May this be released so?"""
    with reported(given["form_of_output"]):
        verdict, knowledge = _verdict(given)

        def text(colour: bool) -> str:
            from licgraph.reports.text import render

            return render(verdict, knowledge, colour, flags=_flags(given), asked=given["stack"] or "")

        _deliver(given, {"text": text, "json": lambda _: _json(verdict)})
    sys.exit(EXIT[verdict.gate])


def _json(verdict: Verdict) -> str:
    from licgraph.reports.json import render

    return render(verdict)


@cli.command()
@_question
def outbound(**given: Any) -> None:
    """What may it be released as, and what must those terms contain?"""
    with reported(given["form_of_output"]):
        verdict, knowledge = _verdict(given, any_terms=True)

        def text(_: bool) -> str:
            from licgraph.reports.outbound import render

            return render(verdict, knowledge)

        _deliver(given, {"text": text, "json": lambda _: _json(verdict)})
    sys.exit(EXIT[verdict.gate])


@cli.command()
@_question
@click.argument("what", required=False)
@click.option("--about", metavar="WHAT", help="A blocker's number, a duty, clause, component, licence or assumption; the same as WHAT.")
def explain(what: str | None, about: str | None, **given: Any) -> None:
    """Why? Everything, or one thing: licgraph explain 1, licgraph explain STACK share-alike."""
    name, about = given["stack"], about or what
    if about is None and name and name != "-" and Path(name).suffix not in (".yaml", ".yml", ".json") and not Path(name).exists():
        about, given["stack"] = name, None
    with reported(given["form_of_output"]):
        from licgraph import explain as sentences

        verdict, knowledge = _verdict(given)
        lines = list(sentences.select(verdict, knowledge, about) if about else sentences.whole(verdict, knowledge))
        if not lines:
            raise StackError(Fault("--about", 0, about or "", "nothing of that name is in this verdict", "Name a blocker by number, a duty, clause, component, licence or assumption"))

        def text(_: bool) -> str:
            from licgraph.reports.text import clean

            return "\n".join(clean(line) for line in lines) + "\n"

        def json(_: bool) -> str:
            from licgraph.reports.json import dumps

            return dumps({"schema": "licgraph/explanation/1", "about": about, "answer": verdict.answer, "lines": lines, "verdict": verdict.to_json()})

        _deliver(given, {"text": text, "json": json})
    sys.exit(EXIT[verdict.gate])


@cli.command()
@_premises
@click.option("-f", "--format", "target", metavar="FORMAT", help="spdx-2.3, spdx-3.0.1, cyclonedx-1.6, cyclonedx-1.7 or card.")
@click.option("-o", "--out", "file", metavar="FILE", help="Where it goes; by default standard output. A card that is there is put right, anything else is not written over.")
def export(target: str | None, file: str | None, **given: Any) -> None:
    """The stack and its verdict as an SBOM, or as a model card's front matter put right."""
    with reported("text"):
        from licgraph import exports

        if target is None:
            raise StackError(Fault("--format", 0, "", "no format is named", f"Write one of: {', '.join(exports.formats())}"))
        knowledge, stack = _stack(given)
        verdict = None
        if stack.release is not None:
            from licgraph.assess import assess

            verdict = assess(stack, knowledge, given["profile"], assume=_assumed(given["assume"], knowledge), as_of=_day(given["as_of"]))
        card = ""
        if file is not None and Path(file).exists():
            if target != "card":
                raise StackError(Fault(file, 0, "", "there is such a file already", "Name another file"))
            from licgraph.yamlfile import read_text

            card = read_text(Path(file), file, StackError)
        text = exports.render(target, stack, verdict, knowledge, _day(given["as_of"]), card)
        if file is None:
            click.echo(text, nl=False)
        else:
            from licgraph.upkeep import write_atomically

            write_atomically(Path(file), text)
        from licgraph.reports.text import clean

        for line in exports.lost(target, stack):
            click.echo(clean(f"not held by {target}: {line}"), err=True)


@cli.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("-o", "--output", "target", metavar="FILE", help="The stack file to write; one that is there is added to. Default: standard output.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def import_sources(sources: tuple[str, ...], target: str | None, folder: Path | None) -> None:
    """Write a stack file from what is there: cards, folders, configurations, SBOMs, hf:org/name."""
    with reported("text"):
        _import(sources, target, folder)


@cli.command()
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
def init(folder: str) -> None:
    """Write licgraph.yaml from what a folder says of itself; every guess is marked."""
    with reported("text"):
        target = Path(folder) / DEFAULT_STACK
        if target.exists():
            raise StackError(Fault(str(target), 0, "", "there is a stack file already", f"To add what is new to it: licgraph import {folder} -o {target}"))
        _import((folder,), str(target), None)


def _import(sources: tuple[str, ...], target: str | None, folder: Path | None) -> None:
    from licgraph import inputs
    from licgraph import knowledge as base
    from licgraph.inputs.again import merged
    from licgraph.inputs.draft import Draft
    from licgraph.inputs.writer import render_stack
    from licgraph.reports.text import clean
    from licgraph.upkeep import write_atomically

    knowledge = base.load(folder).with_house(Path(target).parent if target else Path.cwd())
    found = Draft()
    for source in sources:
        found.absorb(inputs.draft_of(source, knowledge))
    text = render_stack(found, knowledge)
    if target is None:
        click.echo(text, nl=False)
        return
    file = Path(target)
    said: list[str] = []
    if file.exists():
        from licgraph.yamlfile import read_text

        text, said = merged(read_text(file, target, StackError), text, target)
    write_atomically(file, text)
    for line in said:
        click.echo(clean(f"kept: {line}"), err=True)
    click.echo(clean(f"{target}: {len(found.parts)} components, {len(found.steps)} steps; {text.count('GUESSED') - 1} guessed, {text.count('MISSING') - 1} missing, {len(found.unread)} not read. Next: licgraph check {target}"), err=True)


cli.add_command(show)
cli.add_command(licenses)
