"""The command line: arguments, wiring, exit codes. It decides nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licgraph import __version__
from licgraph.cli_licenses import FORMATS, licenses, reported, show
from licgraph.errors import Fault, StackError

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.stack import Stack
    from licgraph.verdict import Verdict

EXIT = {"pass": 0, "fail": 1, "open": 3}
DEFAULT_STACK = "licgraph.yaml"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="licgraph")
def cli() -> None:
    """What may a model stack be released as, and under which terms?

    STACK is a stack file (YAML or JSON), or - for standard input; by default licgraph.yaml in this folder.
    Exit codes: 0 nothing blocks, 1 blocked, 2 input not understood, 3 conditional or unknown. Not legal advice.
    """


def _question(command: Callable[..., None]) -> Callable[..., None]:
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
        click.option("--profile", default="mainstream", show_default=True, type=click.Choice(["conservative", "mainstream", "permissive"])),
        click.option("--assume", multiple=True, metavar="ID=VALUE", help="The value of one open question of law."),
        click.option("--as-of", metavar="DATE", help="The day on which permissions and accepted risks are read."),
        click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True),
        click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file as well."),
        click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _read(name: str | None, knowledge: Knowledge) -> Stack:
    from licgraph.inputs import stackfile

    if name == "-":
        from licgraph.yamlfile import MAX_BYTES, decode

        raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        return stackfile.from_text(decode(raw, "-", StackError), "-", knowledge)
    shown = name or DEFAULT_STACK
    path = Path(shown)
    if name is None and not path.exists():
        raise StackError(Fault(DEFAULT_STACK, 0, "", "there is no licgraph.yaml in this folder", "Name a stack file: licgraph check FILE"))
    if path.is_dir():
        shown = str(path / DEFAULT_STACK)
        path = path / DEFAULT_STACK
    return stackfile.from_file(path, shown, knowledge)


def _pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, sign, rest = value.partition("=")
        if not sign or not name or not rest:
            raise StackError(Fault(option, 0, "", f"`{value}` is not NAME=VALUE", f"Write {option} NAME=VALUE"))
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


def _verdict(given: dict[str, Any]) -> tuple[Verdict, Knowledge]:
    from licgraph import knowledge as base
    from licgraph.assess import assess

    knowledge = base.load(given["folder"])
    stack = _asked(_read(given["stack"], knowledge), knowledge, given)
    return assess(stack, knowledge, given["profile"], assume=_assumed(given["assume"], knowledge), as_of=_day(given["as_of"])), knowledge


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _render(verdict: Verdict, knowledge: Knowledge, form: str, colour: bool = False) -> str:
    if form == "json":
        from licgraph.reports import json

        return json.render(verdict)
    from licgraph.reports import text

    return text.render(verdict, knowledge, colour)


def _write(verdict: Verdict, knowledge: Knowledge, outputs: tuple[str, ...]) -> None:
    import tempfile

    for form, name in _pairs(outputs, "--output").items():
        if form not in FORMATS:
            raise StackError(Fault("--output", 0, form, f"`{form}` is no format", f"Write one of: {', '.join(FORMATS)}"))
        path = Path(name)
        try:
            with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as temporary:
                temporary.write(_render(verdict, knowledge, form))
            os.replace(temporary.name, path)
        except OSError as problem:
            raise StackError(Fault(name, 0, "", f"cannot be written ({problem.strerror})", "Name a file in a folder you may write to")) from None


@cli.command()
@_question
def check(**given: Any) -> None:
    """May this be released so?"""
    with reported(given["form_of_output"]):
        verdict, knowledge = _verdict(given)
        _write(verdict, knowledge, given["output"])
        click.echo(_render(verdict, knowledge, given["form_of_output"], _colour()), nl=False, color=True)
    sys.exit(EXIT[verdict.gate])


@cli.command()
@_question
def outbound(**given: Any) -> None:
    """What may it be released as, and what must those terms contain?"""
    with reported(given["form_of_output"]):
        from licgraph import knowledge as base

        knowledge = base.load(given["folder"])
        stack = _asked(_read(given["stack"], knowledge), knowledge, given)
        if stack.release is not None and not given["proposed"]:
            stack = stack._replace(release=stack.release._replace(license=None, written=""))
        from licgraph.assess import assess

        verdict = assess(stack, knowledge, given["profile"], assume=_assumed(given["assume"], knowledge), as_of=_day(given["as_of"]))
        if given["form_of_output"] == "json":
            click.echo(_render(verdict, knowledge, "json"), nl=False)
        else:
            from licgraph.reports.outbound import render

            click.echo(render(verdict, knowledge), nl=False)
    sys.exit(EXIT[verdict.gate])


@cli.command()
@_question
@click.option("--about", metavar="WHAT", help="A blocker's number, a duty, clause, component, licence or assumption.")
def explain(about: str | None, **given: Any) -> None:
    """Why? Everything, or one thing: licgraph explain 1, licgraph explain STACK --about share-alike."""
    name = given["stack"]
    if about is None and name and not Path(name).exists() and name != "-":
        about, given["stack"] = name, None
    with reported(given["form_of_output"]):
        verdict, knowledge = _verdict(given)
        from licgraph import explain as sentences
        from licgraph.reports.text import clean

        lines = list(sentences.select(verdict, knowledge, about) if about else sentences.whole(verdict, knowledge))
        if not lines:
            raise StackError(Fault("--about", 0, about or "", "nothing of that name is in this verdict", "Name a blocker by number, a duty, clause, component, licence or assumption"))
        if given["form_of_output"] == "json":
            from licgraph.reports.json import dumps

            click.echo(dumps({"schema": "licgraph/explanation/1", "about": about, "answer": verdict.answer, "lines": lines, "verdict": verdict.to_json()}), nl=False)
        else:
            click.echo("\n".join(clean(line) for line in lines))
    sys.exit(EXIT[verdict.gate])


cli.add_command(show)
cli.add_command(licenses)
