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

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(context, args[0]) is None and not args[0].startswith("-"):  # click looks among commands that are loaded
            from licgraph.shapes import near

            context.fail(f"No such command '{args[0]}'{near(args[0], self.list_commands(context))}.")
        return super().resolve_command(context, args)

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(context, formatter)
        _examples(context, formatter)


def _examples(context: click.Context, formatter: click.HelpFormatter) -> None:
    from licgraph.cli_examples import EXAMPLES

    found = EXAMPLES.get(context.command_path.partition(" ")[2], ())
    if found:
        with formatter.section("Examples"):
            formatter.write_dl(list(found)) if all(len(line) < 58 for line, _ in found) else formatter.write("".join(f"  {line}\n" for line, _ in found))
