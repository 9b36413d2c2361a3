"""Rows of sorts, solved beside the tables: a sort's verdict is needed at the end only, so other processes work on it meanwhile."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import queue
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from licgraph.audit.classes import Classes, Row, Sort
from licgraph.light import NamedTuple

CHUNK = 48
"""Sorts that are handed over at once: few enough that all end together."""


class _Work(NamedTuple):
    """A few sorts, numbered from ``start``, and how many classes they can go back to."""

    start: int
    sorts: tuple[Sort, ...]
    classes: int


class Rows:
    """The verdicts on sorts in the order in which they were put. ``jobs``: processes in all, this one among them. ``folder``: of another knowledge base."""

    def __init__(self, classes: Classes, jobs: int = 1, folder: Path | None = None) -> None:
        self.classes, self.folder = classes, folder
        self._found: dict[int, Row] = {}
        self._open: list[Sort] = []
        self._count = 0
        self._waiting: queue.Queue[_Work] = queue.Queue()
        self._left: list[_Work] = []
        self._closed = threading.Event()
        self._problems: list[BaseException] = []
        self._threads = [threading.Thread(target=self._feed, daemon=True) for _ in range(jobs - 1)]
        for thread in self._threads:
            thread.start()

    def put(self, sort: Sort) -> None:
        """A sort whose sources have their classes."""
        self._open.append(sort)
        self._count += 1
        if len(self._open) >= CHUNK:
            self._hand_over()

    def all(self) -> list[Row]:
        """Every row; this process works with the others until none is left. Raises what a solver raised."""
        self._hand_over()
        with contextlib.suppress(queue.Empty):
            while True:
                self._solve(self._waiting.get_nowait())
        self.close()
        while self._left:  # what a process that died was at
            self._solve(self._left.pop())
        if self._problems:
            raise self._problems[0]
        return [self._found[number] for number in range(self._count)]

    def kept(self) -> dict[str, Any]:
        """What is solved by now, as data: each row once, and the sorts by their number."""
        found = dict(self._found)
        place = {row: n for n, row in enumerate(dict.fromkeys(found.values()))}
        return {"rows": list(place), "of": [(number, place[row]) for number, row in found.items()]}

    def restore(self, kept: Mapping[str, Any], sorts: Sequence[Sort]) -> None:
        """Takes over what was solved before; the other sorts are put."""
        rows: list[list[Any]] = [[tuple(value) if isinstance(value, list) else value for value in row] for row in kept["rows"]]
        known = {number: Row(*rows[place]) for number, place in kept["of"]}
        for number, sort in enumerate(sorts):
            if number not in known:
                self.put(sort)
                continue
            self._hand_over()
            self._found[number] = known[number]
            self._count += 1

    def close(self) -> None:
        """Ends the other processes once they have done what they are at; what waits is left undone."""
        self._closed.set()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _hand_over(self) -> None:
        if self._open:
            self._waiting.put(_Work(self._count - len(self._open), tuple(self._open), self.classes.count))
            self._open = []

    def _solve(self, work: _Work) -> None:
        self._found.update(enumerate(map(self.classes.row, work.sorts), work.start))

    def _feed(self) -> None:
        """A process of its own, fed until there is no more; if it dies, its work goes back."""
        known = self.classes
        context = multiprocessing.get_context("spawn")  # the tables have threads, and a copy of those may hang
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.folder, known.as_of, known.profile), daemon=True)
        process.start()
        theirs.close()
        sent = 0
        while not self._closed.is_set():
            try:
                work = self._waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            try:
                ours.send((known.firsts[sent : work.classes], known.wide[sent : work.classes], work.sorts))
                sent = max(sent, work.classes)
                answer = ours.recv()
            except (OSError, EOFError):
                self._left.append(work)
                return
            if isinstance(answer, BaseException):
                self._problems.append(answer)
                continue
            self._found.update(enumerate(answer, work.start))
        ours.close()
        process.join()


def settle() -> None:
    """What is loaded stays, and little of what the solver makes is in circles: the collector that looks for them need not look so often."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _serve(pipe: Connection, folder: Path | None, as_of: str, profile: str) -> None:
    """Solves what is sent until the pipe is closed."""
    from licgraph import knowledge as base

    classes = Classes(base.load(folder), as_of, profile)
    settle()
    while True:
        try:
            more, wide, sorts = pipe.recv()
        except EOFError:
            gc.freeze()  # whoever waits for this process to end need not wait for a last look for circles
            return
        classes.firsts.extend(more)
        classes.wide.extend(wide)
        try:
            pipe.send(_rows(classes, sorts))
        except Exception as problem:  # it is raised where the audit was asked for
            pipe.send(problem)


def _rows(classes: Classes, sorts: Sequence[Sort]) -> list[Row]:
    return [classes.row(sort) for sort in sorts]
