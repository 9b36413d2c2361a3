"""Where the tables of an audit live. The program is plain SQL; an engine runs it, and says the little in which dialects differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from licgraph.audit.reading import AS_THEY_ARE, Source, Words, problem_in, quoted, source
from licgraph.errors import Fault, StackError

MEMORY = "2500MB"
"""What an engine on this machine takes unless it is told otherwise; beyond it, it spills to disk."""


class Engine(Protocol):
    """Tables by name. Every statement makes a new table from others, in place of one of the same name; none is changed.

    What is to be kept lies in the folder of an engine that has one, and another one on the same folder has it too; the rest passes with the engine.
    """

    def read(self, name: str, file: Path, wanted: Sequence[str], words: Words = AS_THEY_ARE) -> Sequence[str]:
        """Makes a table of the wanted columns that a file has, as text with some words put for others, and tells all that it has. Raises StackError."""

    def create(self, name: str, query: str, keep: bool = False) -> None:
        """Makes a table of what a query gives."""

    def number(self, name: str, query: str, by: str) -> None:
        """Makes a table of what a query gives, with ``n``: the place of a row in the order of a text column that is different in each, from 0."""

    def put(self, name: str, columns: Mapping[str, type], rows: Iterable[Sequence[Any]], keep: bool = False) -> None:
        """Makes a table of rows."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""

    def drop(self, *names: str) -> None:
        """Tables that are not needed any more, those that are there."""

    def write(self, query: str, file: Path) -> None:
        """Writes what a query gives, in its order, to one file by its ending, .parquet or .csv: whole or not at all."""

    def set_text(self, value: str) -> str:
        """SQL for the distinct values of a group in order, joined by `;`."""

    def close(self) -> None:
        """Gives back what it holds. Files outside its folder stay."""


class DuckDB:
    """The embedded engine: one process, spills to disk beyond its memory, reads CSV, Parquet and NDJSON itself.

    ``keeps``: whether what is to be kept goes into a file of the folder, which costs as much again as the table.
    """

    def __init__(self, folder: Path | None = None, memory: str = MEMORY, keeps: bool = True) -> None:
        try:
            import duckdb
        except ImportError:
            raise StackError(Fault("duckdb", 0, "", "it is not installed", "pip install 'licgraph[audit]'")) from None
        self._problem = duckdb.Error
        file = folder / "audit.duckdb" if folder is not None and keeps else None
        try:
            self.db = duckdb.connect(str(file or ":memory:"))
        except duckdb.Error as problem:
            raise StackError(Fault(str(file), 0, "", f"the tables of an audit cannot be opened ({str(problem).splitlines()[0]})", "Remove the folder and begin anew, or wait for the audit that has it open")) from None
        self._views: set[str] = set()
        self.db.execute(f"SET memory_limit='{memory}'")
        self.db.execute("SET preserve_insertion_order=false")
        if folder is not None:
            self.db.execute(f"SET temp_directory={quoted(str(folder / 'spill'))}")

    def source(self, file: Path, wanted: Sequence[str], words: Words) -> Source:
        """How a file is read. Raises StackError."""
        with self.told(file):
            return source(self.db, file, wanted, words)

    def read(self, name: str, file: Path, wanted: Sequence[str], words: Words = AS_THEY_ARE) -> Sequence[str]:
        found = self.source(file, wanted, words)
        if found.query:
            with self.told(file):
                self.create(name, found.query)
        return found.columns

    @contextmanager
    def told(self, file: Path) -> Iterator[None]:
        """What goes wrong while a file is read is a fault in it."""
        try:
            yield
        except self._problem as problem:
            raise StackError(problem_in(file, problem)) from None

    def create(self, name: str, query: str, keep: bool = False) -> None:
        self.db.execute(f"CREATE OR REPLACE {'' if keep else 'TEMP '}TABLE {name} AS {query}")

    def number(self, name: str, query: str, by: str) -> None:
        """Rows are kept in order, where their place is known without being written: a row_number would be counted by one processor."""
        self.db.execute("SET preserve_insertion_order=true")
        self.create(f"{name}_in_order", f"SELECT q.* FROM ({query}) q ORDER BY {by}")
        self.db.execute("SET preserve_insertion_order=false")
        self.db.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT rowid AS n, r.* FROM {name}_in_order r")
        self._views.add(name)

    def put(self, name: str, columns: Mapping[str, type], rows: Iterable[Sequence[Any]], keep: bool = False) -> None:
        types = {int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN"}
        self.db.execute(f"CREATE OR REPLACE {'' if keep else 'TEMP '}TABLE {name} ({', '.join(f'{c} {types[t]}' for c, t in columns.items())})")
        listed = list(zip(*rows, strict=True))
        if listed:  # columns as lists, unnested: one statement whatever their length
            marks = ", ".join(f"unnest(?::{types[t]}[])" for t in columns.values())
            self.db.execute(f"INSERT INTO {name} SELECT {marks}", [list(column) for column in listed])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.db.execute(query).fetchall()
        return found

    def drop(self, *names: str) -> None:
        for name in names:
            self.db.execute(f"DROP VIEW IF EXISTS {name}; DROP TABLE IF EXISTS {name}_in_order" if name in self._views else f"DROP TABLE IF EXISTS {name}")
            self._views.discard(name)

    def write(self, query: str, file: Path) -> None:
        partial = file.with_name(f".{file.name}.part")
        form = "(FORMAT parquet)" if file.suffix == ".parquet" else "(FORMAT csv, HEADER)"
        try:
            self.db.execute(f"COPY ({query}) TO {quoted(str(partial))} {form}")
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)

    def set_text(self, value: str) -> str:
        return f"array_to_string(list_sort(list(DISTINCT {value})), ';')"

    def close(self) -> None:
        self.db.close()
