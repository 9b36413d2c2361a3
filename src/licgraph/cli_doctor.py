"""`licgraph doctor`: what was found, read and skipped, and where everything comes from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from licgraph.asking import day_of
from licgraph.cli_complete import completing
from licgraph.cli_help import Command
from licgraph.cli_licenses import FORMATS, NOT_UNDERSTOOD, reported


@click.command(cls=Command)
@click.argument("stack", required=False, shell_complete=completing("files"))
@click.option("--as-of", metavar="DATE", help="The day from which the age of the knowledge base is counted; by default today.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base.")
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
def doctor(stack: str | None, as_of: str | None, folder: Path | None, form_of_output: str) -> None:
    """What is installed, which knowledge it has, and what of STACK or this folder was read, skipped or not understood.

    Nothing is decided, and the network is not used. Exit codes: 0 all was understood, 2 something was not.
    """
    with reported(form_of_output):
        from licgraph import doctor as found
        from licgraph import knowledge as base
        from licgraph.index import data_folder, index_state
        from licgraph.reports import doctor as report

        place = folder or data_folder()
        index = index_state(place)  # before the base is read, which brings it up to date
        terminal = sys.stdout.isatty()
        seen = found.checkup(stack, base.load(folder), index, place, day_of(as_of), terminal and not os.environ.get("NO_COLOR"), terminal)
        click.echo((report.render_json if form_of_output == "json" else report.render)(seen), nl=False)
    sys.exit(0 if seen.understood else NOT_UNDERSTOOD)
