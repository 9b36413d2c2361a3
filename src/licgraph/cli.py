"""The command line: arguments, wiring, exit codes. It decides nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from licgraph import __version__
from licgraph.asking import day_of
from licgraph.cli_complete import completing
from licgraph.cli_help import Group
from licgraph.cli_licenses import FORMATS, licenses, reported, show
from licgraph.cli_question import EXIT, assumed, deliver, premises, question, stack_of
from licgraph.errors import Fault, StackError

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.verdict import Verdict

class _Commands(Group):
    """The commands of this module, and those of others, which are loaded when they are asked for."""

    others: ClassVar[dict[str, str]] = {"assumptions": "cli_assumptions", "audit": "cli_audit", "batch": "cli_batch", "check": "cli_check", "completion": "cli_complete", "diff": "cli_diff", "doctor": "cli_doctor", "find": "cli_find", "init": "cli_init", "notice": "cli_notice", "openness": "cli_openness", "policy": "cli_policy", "repair": "cli_repair"}

    groups: ClassVar[dict[str, tuple[str, ...]]] = {"Ask": ("check", "outbound", "explain", "repair", "openness"), "Make": ("init", "notice", "import", "export"), "Watch": ("audit", "find", "diff", "batch"), "Know": ("licenses", "show", "assumptions", "policy", "doctor", "completion")}

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """In groups, as a reader looks for them; a command of no group comes last, so that none is left out."""
        named = {n for names in self.groups.values() for n in names}
        shown = {n: c for n in self.list_commands(context) if (c := self.get_command(context, n)) is not None and not c.hidden}
        wide = formatter.width - 6 - max(map(len, shown))
        for title, names in (*self.groups.items(), ("Other", tuple(n for n in shown if n not in named))):
            rows = [(n, shown[n].get_short_help_str(wide)) for n in names if n in shown]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted((*super().list_commands(context), *self.others))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in self.others:
            from importlib import import_module

            found: click.Command = getattr(import_module(f"licgraph.{self.others[name]}"), name)
            return found
        return super().get_command(context, name)


def _explained(context: click.Context, _: click.Parameter, code: str | None) -> None:
    if code is None or context.resilient_parsing:
        return
    from licgraph.cli_codes import explain_code

    explain_code(code)
    context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="licgraph")
@click.option("--explain", metavar="CODE", shell_complete=completing("codes"), is_eager=True, expose_value=False, callback=_explained, help="What a code in a report means: a finding, duty, fact, LICENSE/clause, exit-3 …")
def cli() -> None:
    """What may a model stack be released as, and under which terms?

    STACK is a stack file (YAML or JSON), or - for standard input; by default licgraph.yaml in this folder.
    Exit codes: 0 nothing blocks, 1 blocked, 2 input not understood, 3 conditional or unknown. Not legal advice.
    """


def _verdict(given: dict[str, Any], any_terms: bool = False) -> tuple[Verdict, Knowledge]:
    """The verdict on what was asked; any_terms: whatever terms the stack file proposes, unless --as names some."""
    from licgraph.answer import assess

    knowledge, stack = stack_of(given)
    if any_terms and stack.release is not None and not given["proposed"]:
        stack = stack._replace(release=stack.release._replace(license=None, written=""))
    return assess(stack, knowledge, given["profile"], assume=assumed(given["assume"], knowledge), as_of=day_of(given["as_of"])), knowledge


def _json(verdict: Verdict) -> str:
    from licgraph.reports.json import render

    return render(verdict)


@cli.command()
@premises
@click.option("-f", "--format", "form_of_output", type=click.Choice([*FORMATS, "markdown"]), default="text", show_default=True)
@click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file as well.")
@click.option("--matrix", is_flag=True, help="Terms against the answer, and the proposed ones by form, use and audience.")
@click.option("--try", "tries", multiple=True, metavar="EXPR", shell_complete=completing("licenses"), help="With --matrix: further terms to try.")
def outbound(**given: Any) -> None:
    """What may it be released as, and what must those terms contain?"""
    with reported(given["form_of_output"]):
        if given["tries"] and not given["matrix"]:
            raise StackError(Fault("--try", 0, "", "terms are tried in the matrix", "Add --matrix"))
        if given["matrix"]:
            from licgraph.cli_matrix import matrix_report

            knowledge, stack = stack_of(given)
            found = matrix_report(stack, knowledge, given, assumed(given["assume"], knowledge), day_of(given["as_of"]))
            deliver(given, found.reports)
            sys.exit(EXIT[found.gate])
        if given["form_of_output"] == "markdown":
            raise StackError(Fault("--format", 0, "", "markdown is a format of the matrix", "Add --matrix"))
        verdict, knowledge = _verdict(given, any_terms=True)

        def text(_: bool) -> str:
            from licgraph.reports.outbound import render

            return render(verdict, knowledge)

        deliver(given, {"text": text, "json": lambda _: _json(verdict)})
    sys.exit(EXIT[verdict.gate])


@cli.command()
@question
@click.argument("what", required=False, shell_complete=completing("codes"))
@click.option("--about", metavar="WHAT", shell_complete=completing("codes"), help="A blocker's number, a duty, clause, component, licence or assumption; the same as WHAT.")
@click.option("--code", metavar="CODE", shell_complete=completing("codes"), help="What a code in a report means, whatever the stack; the same as licgraph --explain CODE.")
def explain(what: str | None, about: str | None, code: str | None, **given: Any) -> None:
    """Why? Everything, or one thing: licgraph explain 1, licgraph explain STACK share-alike."""
    if code is not None:
        from licgraph.cli_codes import explain_code

        explain_code(code, given["form_of_output"])
        return
    name, about = given["stack"], about or what
    if about is None and name and name != "-" and not name.startswith("hf:") and Path(name).suffix not in (".yaml", ".yml", ".json") and not os.path.exists(name):
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

        deliver(given, {"text": text, "json": json})
    sys.exit(EXIT[verdict.gate])


@cli.command()
@premises
@click.option("-f", "--format", "target", metavar="FORMAT", help="spdx-2.3, spdx-3.0.1, cyclonedx-1.6, cyclonedx-1.7 or card.")
@click.option("-o", "--out", "file", metavar="FILE", help="Where it goes; by default standard output. A card that is there is put right, anything else is not written over.")
def export(target: str | None, file: str | None, **given: Any) -> None:
    """The stack and its verdict as an SBOM, or as a model card's front matter put right.

    Exit codes: 0 written, 2 input not understood, 3 written, and something that the release stands on was not read.
    """
    with reported("text"):
        from licgraph import exports

        if target is None:
            raise StackError(Fault("--format", 0, "", "no format is named", f"Write one of: {', '.join(exports.formats())}"))
        knowledge, stack = stack_of(given)
        verdict = None
        if stack.release is not None:
            from licgraph.answer import assess

            verdict = assess(stack, knowledge, given["profile"], assume=assumed(given["assume"], knowledge), as_of=day_of(given["as_of"]))
        card = ""
        if file is not None and Path(file).exists():
            if target != "card":
                raise StackError(Fault(file, 0, "", "there is such a file already", "Name another file"))
            from licgraph.yamlfile import read_text

            card = read_text(Path(file), file, StackError)
        text = exports.render(target, stack, verdict, knowledge, day_of(given["as_of"]), card)
        if file is None:
            click.echo(text, nl=False)
        else:
            from licgraph.upkeep import write_atomically

            write_atomically(Path(file), text)
        from licgraph.reports.text import clean

        for line in exports.lost(target, stack):
            click.echo(clean(f"not held by {target}: {line}"), err=True)
        from licgraph.rows import not_known

        gaps = [*(not_known(verdict) if verdict is not None else ()), *(f"{u.source}: {u.why}" for u in stack.unread if verdict is None)]
        for line in gaps:
            click.echo(clean(f"not known: {line}"), err=True)
    sys.exit(EXIT["open"] if gaps else 0)


@cli.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", shell_complete=completing("files"))
@click.option("-o", "--output", "target", metavar="FILE", help="The stack file to write; one that is there is added to. Default: standard output.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def import_sources(sources: tuple[str, ...], target: str | None, folder: Path | None) -> None:
    """Write a stack file from what is there: cards, folders, configurations, SBOMs, hf:org/name."""
    with reported("text"):
        from licgraph.cli_init import write_stack

        write_stack(sources, target, folder)


cli.add_command(show)
cli.add_command(licenses)
