"""Completion in the shell: `licgraph completion bash | zsh | fish` prints the script, `completing` offers ids of the knowledge base.

Nothing is read until a shell asks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from licgraph.cli_help import Command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from licgraph.knowledge import Knowledge

PROGRAM, VARIABLE = "licgraph", "_LICGRAPH_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]


def completing(what: str) -> Completer:
    """Offers `licenses`, `assumptions` or `facts` (each with its values), `codes`, or `files`."""

    def complete(_: click.Context, __: click.Parameter, written: str) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem

        if what == "files":
            return [CompletionItem(written, type="file")]
        from licgraph import knowledge as base
        from licgraph.errors import LicgraphError

        try:
            found = list(_OFFERS[what](base.load(), written))
        except LicgraphError:  # a shell that completes is no place for faults; the command itself says them
            return []
        start = written.casefold()
        return [CompletionItem(word, help=said or None) for word, said in found if word.casefold().startswith(start) or word.casefold().startswith(f"licenseref-{start}")]

    return complete


def _licenses(knowledge: Knowledge, _written: str) -> Iterable[tuple[str, str]]:
    return ((i, "") for i in (*knowledge.license_ids, "NONE", "NO-CLAIM", "OWN-TERMS"))


def _assumptions(knowledge: Knowledge, _written: str) -> Iterable[tuple[str, str]]:
    for name, found in knowledge.assumptions.items():
        yield from ((f"{name}={value}", found.question) for value in found.values)


def _facts(knowledge: Knowledge, _written: str) -> Iterable[tuple[str, str]]:
    for name, found in knowledge.facts.items():
        yield from ((f"{name}={value}", found.question) for value in (("true", "false") if found.type == "flag" else ("",)))


def _codes(knowledge: Knowledge, written: str) -> Iterable[tuple[str, str]]:
    from licgraph import codes

    group, sign, _ = written.rpartition("/")
    if sign and group in knowledge.license_ids:
        return ((f"{group}/{clause['id']}", "") for clause in knowledge.raw(group)["clauses"])
    return ((f"{group}/{word}" if sign else word, "") for word in dict.fromkeys(codes.words(knowledge)) if not sign or codes.explained(f"{group}/{word}", knowledge))


_OFFERS: dict[str, Callable[[Knowledge, str], Iterable[tuple[str, str]]]] = {"licenses": _licenses, "assumptions": _assumptions, "facts": _facts, "codes": _codes}


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """The script that makes a shell complete commands, options, licences, facts, assumptions and codes."""
    from click.shell_completion import get_completion_class

    register()
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(click.get_current_context().find_root().command, {}, PROGRAM, VARIABLE).source(), nl=False)


def register() -> None:
    """Lets bash complete NAME=VALUE: it takes `=` for the end of a word."""
    from click.shell_completion import BashComplete, add_completion_class, split_arg_string

    class _Bash(BashComplete):
        source_template = BashComplete.source_template.replace("COMPREPLY+=($value)", "COMPREPLY+=($value)\n            [[ $value == *= ]] && compopt -o nospace")
        before = ""

        @staticmethod
        def _check_version() -> None:
            """An old bash says so itself; nothing is run to ask it."""

        def get_completion_args(self) -> tuple[list[str], str]:
            at = int(os.environ["COMP_CWORD"])
            words = split_arg_string(os.environ["COMP_WORDS"])[1 : at + 1]
            joined: list[str] = []
            whole = True
            for word in words:
                if joined and not joined[-1].startswith("-") and (word == "=" or joined[-1].endswith("=")):
                    joined[-1] += word
                    whole = False
                else:
                    joined.append(word)
                    whole = True
            if len(words) < at and whole:
                return joined, ""
            last = joined.pop() if joined else ""
            self.before = last[: last.find("=") + 1] if not whole else ""
            return joined, last

        def format_completion(self, item: CompletionItem[Any]) -> str:
            return f"{item.type},{str(item.value).removeprefix(self.before)}"

    add_completion_class(_Bash, "bash")
