"""The command `batch`: many questions in one process, a line each."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from licgraph.cli_complete import completing
from licgraph.cli_help import Command
from licgraph.cli_licenses import reported
from licgraph.cli_question import assumed
from licgraph.errors import Fault, StackError
from licgraph.stack import DEFAULT_PROFILE
from licgraph.yamlfile import MAX_BYTES

if TYPE_CHECKING:
    from licgraph.batch import Answer, Batch

CHUNK = 256
"""Lines that are handed to a process at once."""


@click.command(cls=Command)
@click.argument("file", type=click.Path(allow_dash=True), default="-")
@click.option("--profile", default=DEFAULT_PROFILE, show_default=True, type=click.Choice(["conservative", "mainstream", "permissive"]))
@click.option("--assume", multiple=True, metavar="ID=VALUE", shell_complete=completing("assumptions"), help="An open question of law, as you take it.")
@click.option("--as-of", metavar="DATE", help="The day on which permissions and dated licences are read.")
@click.option("--paths", is_flag=True, help="Questions may name stacks that lie elsewhere: files, folders, hf:org/name.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Processes.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base.")
def batch(file: str, **given: Any) -> None:
    """Many questions: a line of JSON each, and a line of JSON for each answer, in their order.

    A question is a stack in the shape of the stack file, or {"stack": a stack, "license": …} with what `check` takes. An answer is
    the JSON of `check`; what is not understood is one line that says so. Exit code: of the worst answer, as with several stacks.
    """
    from licgraph.outcome import EXIT, GATES

    with reported("json"):
        put = _premises(given)
        try:
            lines = click.open_file(file, "rb")
        except OSError as problem:
            raise StackError(Fault(file, 0, "", f"cannot be read ({problem.strerror})", "Check the path and its permissions")) from None
        gates = Counter[str]()
        with lines:
            for answer in _answers(lines, given["jobs"], put):
                gates[answer.gate] += 1
                sys.stdout.write(answer.text + "\n")
                if given["jobs"] == 1:
                    sys.stdout.flush()  # who asks line by line waits for it
        if not gates:
            raise StackError(Fault(file, 0, "", "there is no question in it", 'Write one a line: {"licgraph": 1, "components": {…}, "release": {…}}'))
    click.echo(f"{sum(gates.values()):,} questions: " + ", ".join(f"{gates[g]:,} {g}" for g in GATES if gates[g]), err=True)
    sys.exit(EXIT[min(gates, key=GATES.index)])


def _premises(given: Mapping[str, Any]) -> dict[str, Any]:
    """What all questions share, checked. Raises StackError, KnowledgeError."""
    from licgraph import asking
    from licgraph import knowledge as base

    return {"folder": given["folder"], "profile": given["profile"], "assume": assumed(given["assume"], base.load(given["folder"])), "day": asking.day_of(given["as_of"]), "paths": given["paths"]}


def _batch(folder: Path | None, **premises: Any) -> Batch:
    from licgraph import knowledge as base
    from licgraph.batch import Batch

    return Batch(base.load(folder).with_house(Path.cwd()), **premises)


def _answers(lines: IO[bytes], jobs: int, premises: dict[str, Any]) -> Iterator[Answer]:
    numbered = ((n, line) for n, line in enumerate(_lines(lines), 1) if line.strip())
    if jobs == 1:
        yield from _some(numbered, _batch(**premises))
        return
    import multiprocessing
    from concurrent.futures import Future, ProcessPoolExecutor

    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (premises,)) as pool:
        waiting: deque[Future[list[Answer]]] = deque()
        while chunk := list(islice(numbered, CHUNK)):
            waiting.append(pool.submit(_in_process, chunk))
            if len(waiting) > 2 * jobs:  # no more is read than is worked on
                yield from waiting.popleft().result()
        for one in waiting:
            yield from one.result()


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines, of which no more is held than can be a question."""
    while line := stream.readline(MAX_BYTES + 1):
        rest = line
        while len(line) > MAX_BYTES and rest and not rest.endswith(b"\n"):
            rest = stream.readline(1_000_000)
        yield line


def _some(numbered: Iterable[tuple[int, bytes]], put: Batch) -> Iterator[Answer]:
    for number, line in numbered:
        yield put.answer(line, number)


_OWN: list[Batch] = []


def _begin(premises: dict[str, Any]) -> None:
    _OWN[:] = [_batch(**premises)]


def _in_process(chunk: list[tuple[int, bytes]]) -> list[Answer]:
    return list(_some(chunk, _OWN[0]))
