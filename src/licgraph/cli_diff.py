"""The command `diff`, and the two options of `check` that write a lock and solve under one."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licgraph.asking import day_of, read_stack
from licgraph.cli_complete import completing
from licgraph.cli_help import Command
from licgraph.cli_licenses import reported
from licgraph.cli_question import as_asked, assumed, deliver
from licgraph.errors import Fault, StackError
from licgraph.stack import DEFAULT_PROFILE, DEFAULT_STACK

if TYPE_CHECKING:
    from licgraph.difference import Side
    from licgraph.knowledge import Knowledge
    from licgraph.lock import Lock
    from licgraph.slices import Premises
    from licgraph.stack import Stack
    from licgraph.verdict import Verdict

FORMATS = ("text", "markdown", "json")
BESIDE = ""
"""The value of `--locked` without a file: the lock beside the stack."""


# ------------------------------------------------------------------ check --lock, --locked


def lock_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `check` about locks (parameters `lock` and `locked`)."""
    command = click.option("--locked", is_flag=False, flag_value=BESIDE, default=None, metavar="[FILE]", help="Solve with the readings of a lock, by default licgraph.lock beside the stack, and say what has moved since.")(command)
    return click.option("--lock", metavar="FILE", help="Write down all that the verdict was given on.")(command)


def sorted_out(given: dict[str, Any]) -> dict[str, Any]:
    """The parameters, where `--locked STACK` was meant as `--locked` and STACK: a file after it that is no lock is the stack."""
    name = given["locked"]
    if not name or given["stacks"] or not Path(name).exists() or (Path(name).is_file() and _is_ours(name)):
        return given
    return {**given, "locked": BESIDE, "stacks": (name,)}


def under_lock(given: Mapping[str, Any], stack: Stack, knowledge: Knowledge) -> tuple[Stack, Knowledge, Lock]:
    """The stack and the knowledge base as `--locked` has them solved. Raises StackError when the lock is not of this stack."""
    from licgraph import lock as locks

    file = Path(given["locked"]) if given["locked"] != BESIDE else locks.default_path(given["stack"])
    lock = locks.read(file)
    locks.belongs(lock, stack, str(file))
    return *locks.laid(lock, stack, knowledge), lock


def moved_since(lock: Lock, stack: Stack, verdict: Verdict, knowledge: Knowledge, assume: Mapping[str, str]) -> list[str]:
    """What to say under `--locked`, line by line. ``stack`` and ``knowledge``: the present ones."""
    from licgraph import lock as locks
    from licgraph.reports.difference import says
    from licgraph.reports.text import clean
    from licgraph.rows import SHORT

    found = locks.moved(lock, stack, verdict, knowledge, assume)
    then = f"locked as of {lock['question']['as_of']}: {SHORT[lock['answer']]}; with the locked readings now: {SHORT[verdict.answer]}"
    if not found:
        return [then, "nothing has moved since it was locked"]
    return [then, f"moved since it was locked ({len(found)}; licgraph diff tells what each does to the answer):", *(clean(f"  {s.kind}: {says(s)}") for s in found)]


def write_lock(file: str, stack: Stack, verdict: Verdict, knowledge: Knowledge, assume: Mapping[str, str]) -> None:
    """Writes the lock of a verdict, whole or not at all. Raises KnowledgeError when it cannot be written."""
    from licgraph import lock as locks
    from licgraph.upkeep import write_atomically

    write_atomically(Path(file), locks.dumps(locks.of(stack, verdict, knowledge, assume)))


# ------------------------------------------------------------------ diff


@click.command(cls=Command)
@click.argument("old", required=False, shell_complete=completing("files"))
@click.argument("new", required=False, shell_complete=completing("files"))
@click.option("--old-knowledge", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The knowledge base of OLD, where it is a stack.")
@click.option("--new-knowledge", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The knowledge base of NEW, where it is a stack.")
@click.option("--knowledge", "bases", nargs=2, metavar="OLD NEW", type=click.Path(file_okay=False, path_type=Path), help="Two knowledge bases: the same stack under each.")
@click.option("--component", metavar="ID", help="The component to release; this and what follows overrides every stack.")
@click.option("--as", "proposed", metavar="EXPR", shell_complete=completing("licenses"), help="The licence proposed for it.")
@click.option("--form", type=click.Choice(["weights", "source", "binary", "dataset", "outputs", "service", "internal"]))
@click.option("--use", type=click.Choice(["commercial", "non-commercial", "any"]), help="What recipients may do.")
@click.option("--to", type=click.Choice(["own", "affiliates", "contractors", "customers", "public"]))
@click.option("--purpose", type=click.Choice(["commercial", "non-commercial"]), help="Our own purpose.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", shell_complete=completing("facts"), help="A fact, such as domicile=EU.")
@click.option("--profile", type=click.Choice(["conservative", "mainstream", "permissive"]), help=f"By default that of the other side, else {DEFAULT_PROFILE}.")
@click.option("--assume", multiple=True, metavar="ID=VALUE", shell_complete=completing("assumptions"), help="The value of one open question of law.")
@click.option("--as-of", metavar="DATE", help="By default the day of the other side, else today.")
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file as well.")
def diff(**given: Any) -> None:
    """What moved between OLD and NEW, and what moved it.

    Each is a verdict (check --format json), a lock (check --lock), or a stack in any form that is read. Without NEW: with
    --old-knowledge, --new-knowledge or --knowledge the same stack under two knowledge bases, else OLD against the stack of this
    folder. Without OLD, under two knowledge bases: the stack of this folder.
    Exit codes: 0 nothing moved, 1 something got worse (the answer, or a new blocker), 2 not understood, 3 moved otherwise.
    """
    with reported(given["form_of_output"]):
        from licgraph.difference import diff as compare
        from licgraph.reports import difference as report

        old, new = _sides(given)

        def shown(form: Callable[[Any], str]) -> Callable[[bool], str]:
            return lambda _: form(found)

        with _undamaged([s.given for s in (old, new) if s.kind != "stack"]):
            found = compare(old, new)
            deliver(given, {name: shown(form) for name, form in report.FORMATS.items()})
    sys.exit(1 if found.worse else 3 if found.rows else 0)


def _sides(given: dict[str, Any]) -> tuple[Side, Side]:
    """Both sides: those that are kept first, since a stack is asked the question of the other side."""
    from licgraph.difference import Side

    if given["bases"]:
        if given["new"] or given["old_knowledge"] or given["new_knowledge"]:
            raise click.UsageError("--knowledge takes one stack, and no other knowledge base")
        given = {**given, "old_knowledge": given["bases"][0], "new_knowledge": given["bases"][1]}
    two_bases = given["old_knowledge"] is not None or given["new_knowledge"] is not None
    if given["old"] is None and not two_bases:
        raise click.UsageError("Missing argument 'OLD'.")
    names = [given["old"], given["new"] or (given["old"] if two_bases else None)]
    kept = [_kept(name) for name in names]
    if names[1] is None and kept[0] is None and not two_bases:
        raise StackError(Fault(given["old"], 0, "", "there is nothing to compare it with", "Name a second stack, verdict or lock, or --old-knowledge DIR"))
    question: dict[str, Any] = {"profile": DEFAULT_PROFILE, "assume": (), "as_of": None}
    for record in kept:
        if record is not None:
            asked = record.get("question", record)
            question = {"profile": asked["profile"], "assume": tuple(f"{k}={v}" for k, v in asked.get("assume", {}).items()), "as_of": asked["as_of"]}
    question = {k: given[k] or v for k, v in question.items()}
    sides = []
    for name, record, folder in zip(names, kept, (given["old_knowledge"], given["new_knowledge"]), strict=True):
        if record is None:
            premises = _solved(name, {**given, **question, "stack": name, "folder": folder})
            shown = (name or DEFAULT_STACK) + (f" under {folder or 'the present knowledge base'}" if two_bases else "")
            sides.append(Side(shown, "knowledge" if two_bases and names[0] == names[1] else "stack", _verdict(premises), premises))
        elif "question" in record:
            from licgraph import knowledge as base
            from licgraph import lock as locks

            sides.append(Side(name or "", "lock", record["verdict"], locks.premises(record, base.load(folder))))
        else:
            sides.append(Side(name or "", "verdict", record))
    return sides[0], sides[1]


@contextmanager
def _undamaged(kept: Sequence[str]) -> Iterator[None]:
    """Where a kept verdict or lock is compared: what a report trips over is then not as licgraph wrote it."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        if not kept:
            raise
        raise StackError(Fault(" or ".join(kept), 0, "", f"it is damaged ({type(problem).__name__}: {problem})", "Write it anew with check --format json, or check --lock")) from None


def _verdict(premises: Premises) -> dict[str, Any]:
    from licgraph.slices import solve

    return solve(premises)[0].to_json()


def _solved(name: str | None, given: dict[str, Any]) -> Premises:
    from licgraph import knowledge as base
    from licgraph.slices import Premises

    stack, knowledge = read_stack(name, base.load(given["folder"]))
    assume = assumed(given["assume"], knowledge)
    return Premises(as_asked(stack, knowledge, given), knowledge, given["profile"], tuple(sorted(assume.items())), day_of(given["as_of"]))


def _is_ours(name: str) -> bool:
    """Whether a file may be a document that licgraph wrote."""
    from licgraph.yamlfile import MAX_BYTES

    with Path(name).open("rb") as file:
        return re.search(rb'"schema"\s*:\s*"licgraph/', file.read(MAX_BYTES)) is not None


def _kept(name: str | None) -> dict[str, Any] | None:
    """A verdict or lock that was kept; None for anything else, which is read as a stack. Raises StackError."""
    from licgraph import lock as locks
    from licgraph.verdict import SCHEMA
    from licgraph.yamlfile import read_text

    if name is None or name == "-" or not Path(name).is_file() or not _is_ours(name):
        return None
    text = read_text(Path(name), name, StackError)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise StackError(Fault(name, 0, "", "this is no whole JSON document", "Write it anew with check --format json")) from None
    schema = found.get("schema") if isinstance(found, dict) else None
    if not str(schema).startswith("licgraph/"):
        return None  # something else that holds one of ours
    if schema == locks.SCHEMA:
        return dict(locks.parse(text, name))
    if schema != SCHEMA:
        raise StackError(Fault(name, 0, "schema", f"`{schema}` cannot be compared", f"Name one verdict ({SCHEMA}), a lock ({locks.SCHEMA}) or a stack"))
    from licgraph.difference import facets

    try:
        facets(found)
        [found[k] for k in ("proposed", "form", "use", "to", "purpose", "profile", "assumptions", "as_of", "inputs", "versions")]
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise StackError(Fault(name, 0, "", f"the verdict is damaged ({type(problem).__name__}: {problem})", "Write it anew with check --format json")) from None
    verdict: dict[str, Any] = found
    return verdict
