"""The command `notice`: the files that a release needs, written or checked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licgraph.asking import day_of
from licgraph.cli_help import Command
from licgraph.cli_licenses import reported
from licgraph.cli_question import EXIT, assumed, premises, stack_of
from licgraph.errors import Fault, StackError

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.release_files import Plan
    from licgraph.stack import Stack
    from licgraph.verdict import Verdict

MAX_TEXT = 1_000_000
"""Bytes; a longer file is no licence text, notice or card."""
NO_TEXT = {".bin", ".gguf", ".gz", ".jpg", ".json", ".onnx", ".parquet", ".part", ".png", ".pt", ".pth", ".py", ".safetensors", ".yaml", ".yml", ".zip"}


@click.command(cls=Command)
@premises
@click.option("-o", "--out", "target", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The folder to write to.")
@click.option("--check", "checked", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Look instead whether all of it lies in DIR; exit 1 with what is missing.")
@click.option("--texts", multiple=True, metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder with licence texts to copy from; those beside the stack's own files are looked at too.")
@click.option("--replace", is_flag=True, help="Write over files of DIR that say something else.")
def notice(**given: Any) -> None:
    """NOTICE, licence copies, card, restrictions and the list of duties of a release.

    Exit codes: 0 all is there, 1 something is missing, 2 input not understood, 3 something was not read, which may ask for more.
    """
    with reported("text"):
        if (given["target"] is None) == (given["checked"] is None):
            raise StackError(Fault("notice", 0, "", "it is not said what to do", "Write -o DIR to write the files, or --check DIR to look at what lies there"))
        from licgraph import release_files
        from licgraph.answer import assess
        from licgraph.rows import not_known

        knowledge, stack = stack_of(given)
        verdict = assess(stack, knowledge, given["profile"], assume=assumed(given["assume"], knowledge), as_of=day_of(given["as_of"]))
        made = release_files.plan(stack, verdict, knowledge)
        if given["checked"] is not None:
            lacks = _check(made, stack, verdict, knowledge, given["checked"])
        else:
            lacks = _write(made, stack, verdict, knowledge, given)
    _tell(verdict, made, lacks)
    sys.exit(1 if lacks else EXIT["open"] if not_known(verdict) else 0)


def _tell(verdict: Verdict, made: Plan, lacks: Sequence[str]) -> None:
    from licgraph.reports.text import clean
    from licgraph.rows import headline, not_known

    for line in lacks:
        click.echo(clean(f"missing: {line}"))
    for line in made.by_hand:
        click.echo(clean(f"by hand: {line}"))
    for line in not_known(verdict):
        click.echo(clean(f"not known, and it may ask for more: {line}"))
    if not lacks:
        click.echo("nothing that a file can show is missing")
    if verdict.answer != "yes":
        click.echo(clean(f"note: {headline(verdict)}. Files lift no blocker: licgraph explain"), err=True)


def _check(made: Plan, stack: Stack, verdict: Verdict, knowledge: Knowledge, folder: Path) -> list[str]:
    from licgraph.release_files import CARD, DUTIES, NOTICE, RESTRICTIONS, missing

    files = {}
    for name in (NOTICE, CARD, "README.md", RESTRICTIONS, DUTIES):
        if (folder / name).is_file():
            files[name] = _text(folder / name)
    found = _copies([folder], [c.license for c in made.copies])
    return missing(made, stack, verdict, knowledge, files, tuple(found))


def _write(made: Plan, stack: Stack, verdict: Verdict, knowledge: Knowledge, given: dict[str, Any]) -> list[str]:
    from licgraph.release_files import COPIES, missing, written
    from licgraph.upkeep import write_atomically

    folder: Path = given["target"]
    if (folder / COPIES).is_symlink():
        raise StackError(Fault(str(folder / COPIES), 0, "", "this is a link, and what is written there would lie elsewhere", "Remove it, or name another folder"))
    beside = [Path(f).parent for f, _ in verdict.inputs if Path(f).is_file()]
    at_hand = _copies([*given["texts"], *([folder] if folder.is_dir() else []), *dict.fromkeys(beside)], [c.license for c in made.copies])
    files = written(made, stack, verdict, knowledge)
    whole = files | {f"{COPIES}/{name}.txt": text for name, text in at_hand.items()}
    for name, text in whole.items():
        if (folder / name).exists() and not given["replace"] and _text(folder / name) != text:
            raise StackError(Fault(str(folder / name), 0, "", "there is such a file already, and it says something else", "Name another folder, or add --replace"))
    for name, text in whole.items():
        write_atomically(folder / name, text)
        click.echo(f"{folder / name}", err=True)
    return missing(made, stack, verdict, knowledge, files, tuple(at_hand))


def _copies(folders: Iterable[Path], wanted: Sequence[str]) -> dict[str, str]:
    """Files that are exactly the text of a licence that is wanted, by licence; those named after one are looked at first.

    What cannot be read, or goes while we look, is no copy at hand: the licence stays missing, and that is said.
    """
    from licgraph.fingerprints import identify, load
    from licgraph.index import data_folder

    left, found = set(wanted), dict[str, str]()
    files = [f for folder in folders for f in sorted(folder.rglob("*")) if f.suffix.lower() not in NO_TEXT and not f.is_symlink()]
    known = load(data_folder()) if left and files else ()
    for file in sorted(files, key=lambda f: f.stem not in left):
        if not left:
            break
        try:
            if not file.is_file() or file.stat().st_size > MAX_TEXT:
                continue
            text = file.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        for match in identify(text, known):
            if match.exact and match.id in left:
                found[match.id] = text
                left.discard(match.id)
    return {name: found[name] for name in wanted if name in found}


def _text(file: Path) -> str:
    """A file's text. Raises StackError when it cannot be read or is too long to be what it is named."""
    try:
        if file.stat().st_size > MAX_TEXT:
            raise StackError(Fault(str(file), 0, "", f"it has more than {MAX_TEXT:,} bytes", "Put the text that belongs there"))
        return file.read_bytes().decode("utf-8", "replace")
    except OSError as problem:
        raise StackError(Fault(str(file), 0, "", f"cannot be read ({problem.strerror})", "Make it a readable file")) from None
