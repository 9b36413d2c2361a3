"""The command `find`: which releases carry a licence, a component or a clause."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from licgraph.asking import day_of, read_stack
from licgraph.cli_complete import completing
from licgraph.cli_help import Command
from licgraph.cli_licenses import FORMATS, reported
from licgraph.errors import LicgraphError, StackError
from licgraph.stack import DEFAULT_PROFILE

if TYPE_CHECKING:
    from licgraph.find import Inventory, Search, Seen, Wanted
    from licgraph.knowledge import Knowledge


@click.command(cls=Command)
@click.argument("what", shell_complete=completing("licenses"))
@click.argument("where", nargs=-1, metavar="[WHERE]...", shell_complete=completing("files"))
@click.option("--kind", type=click.Choice(["license", "component", "clause"]), help="What WHAT is, where its form does not say.")
@click.option("--profile", default=DEFAULT_PROFILE, show_default=True, type=click.Choice(["conservative", "mainstream", "permissive"]), help="Under which the releases of stacks are answered.")
@click.option("--as-of", metavar="DATE", help="The day on which they are answered.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base.")
@click.option("-f", "--format", "form_of_output", type=click.Choice([*FORMATS, "ndjson"]), default="text", show_default=True)
def find(what: str, where: tuple[str, ...], kind: str | None, profile: str, as_of: str | None, folder: Path | None, form_of_output: str) -> None:
    """Which releases carry this licence, component or clause?

    WHAT: a licence by any of its names, hf:org/name or hf:org/name@rev, the id of a component, or LICENSE/clause. WHERE: stack
    files, folders with stacks below them, inventories (nodes and edges), or what `audit --out` wrote; by default this folder.
    Exit codes: 0 nothing carries it, 1 something does, 2 WHAT is not known or nothing could be read, 3 nothing surely does,
    and the list may not be whole: something was not read, or has terms that are not known. The report says which.
    """
    with reported("json" if form_of_output == "ndjson" else form_of_output):
        from licgraph import find as drill
        from licgraph import knowledge as base
        from licgraph.reports import find as report

        knowledge, day = base.load(folder), day_of(as_of)
        meant = drill.wanted(what, knowledge, kind or "")
        found = _search(meant, where or (".",), knowledge, profile, day)
        if not meant.kind and not any(s.known for s in found.seen) and not any(i.known for i in found.inventories):
            raise StackError([*drill.unknown(what, "", knowledge, ()).faults, *(f for _, problem in found.unread for f in problem.faults)])
        text = {"text": report.render, "json": report.render_json, "ndjson": report.render_ndjson}[form_of_output](found)
        click.echo(text.encode("utf-8", "replace").decode(), nl=False)
    sys.exit(found.exit_code)


def _search(meant: Wanted, where: Sequence[str], knowledge: Knowledge, profile: str, day: str) -> Search:
    """Looks at each place; one that cannot be read does not stop the others. Raises StackError where none could."""
    from licgraph.find import Search

    stacks: list[str] = []
    seen: list[Seen] = []
    inventories: list[Inventory] = []
    unread: list[tuple[str, LicgraphError]] = []
    for place in dict.fromkeys(where):
        try:
            if _is_inventory(Path(place)):
                inventories.append(_inventory(Path(place), knowledge, meant))
            else:
                stacks += _stacks(place)
        except LicgraphError as problem:
            unread.append((place, problem))
    stacks = list(dict.fromkeys(stacks))
    for name in stacks:
        try:
            seen.append(_stack(name, knowledge, meant, profile, day))
        except LicgraphError as problem:
            unread.append((name, problem))
    if not seen and not inventories:
        raise StackError([f for _, problem in unread for f in problem.faults])
    return Search(meant, len(seen), tuple(seen), tuple(inventories), tuple(unread), day, profile)


def _stacks(place: str) -> list[str]:
    from licgraph.inputs import discover

    return discover.stacks((place,)) if place != "-" and Path(place).is_dir() else [place]


def _stack(name: str, knowledge: Knowledge, meant: Wanted, profile: str, day: str) -> Seen:
    from licgraph.find import in_stack

    stack, with_house = read_stack(name, knowledge)
    return in_stack(name, stack, with_house, meant, profile, day)


def _is_inventory(place: Path) -> bool:
    if not place.is_dir():
        return False
    from licgraph.audit.downstream import is_inventory

    return is_inventory(place)


def _inventory(place: Path, knowledge: Knowledge, meant: Wanted) -> Inventory:
    from licgraph.audit.downstream import downstream
    from licgraph.audit.engine import DuckDB

    return downstream(DuckDB(), place, knowledge, meant)
