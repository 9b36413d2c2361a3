"""How every command is shown and grouped: its help ends with examples that work (a test runs each of them)."""

from __future__ import annotations

import click


class Command(click.Command):
    """A command whose help ends with its examples."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(context, formatter)
        _examples(context, formatter)


class Group(click.Group):
    """The same for a command with commands of its own."""

    command_class = Command

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(context, formatter)
        _examples(context, formatter)


def _examples(context: click.Context, formatter: click.HelpFormatter) -> None:
    from licgraph.cli_examples import EXAMPLES

    found = EXAMPLES.get(context.command_path.partition(" ")[2], ())
    if found:
        with formatter.section("Examples"):
            formatter.write_dl(list(found)) if all(len(line) < 58 for line, _ in found) else formatter.write("".join(f"  {line}\n" for line, _ in found))
