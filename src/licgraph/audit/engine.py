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

    An engine keeps its tables in its folder, if it has one: another one on the same folder has them too.
    """

    def read(self, name: str, file: Path, wanted: Sequence[str], words: Words = AS_THEY_ARE) -> Sequence[str]:
        """Makes a table of the wanted columns that a file has, as text with some words put for others, and tells all that it has. Raises StackError."""

    def create(self, name: str, query: str) -> None:
        """Makes a table of what a query gives."""

    def number(self, name: str, query: str, by: str) -> None:
        """Makes a table of what a query gives, with ``n``: the place of a row in the order of a text column that is different in each, from 0."""

    def put(self, name: str, columns: Mapping[str, type], rows: Iterable[Sequence[Any]]) -> None:
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
    """The embedded engine: one process, spills to disk beyond its memory, reads CSV, Parquet and NDJSON itself."""

    def __init__(self, folder: Path | None = None, memory: str = MEMORY) -> None:
        try:
            import duckdb
        except ImportError:
            raise StackError(Fault("duckdb", 0, "", "it is not installed", "pip install 'licgraph[audit]'")) from None
        self._problem = duckdb.Error
        file = folder / "audit.duckdb" if folder is not None else None
        try:
            self.db = duckdb.connect(str(file or ":memory:"))
        except duckdb.Error as problem:
            raise StackError(Fault(str(file), 0, "", f"the tables of an audit cannot be opened ({str(problem).splitlines()[0]})", "Remove the folder and begin anew, or wait for the audit that has it open")) from None
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

    def create(self, name: str, query: str) -> None:
        self.db.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")

    def number(self, name: str, query: str, by: str) -> None:
        self.create(name, f"SELECT CAST(row_number() OVER (ORDER BY {by}) - 1 AS BIGINT) AS n, q.* FROM ({query}) q")

    def put(self, name: str, columns: Mapping[str, type], rows: Iterable[Sequence[Any]]) -> None:
        types = {int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN"}
        self.db.execute(f"CREATE OR REPLACE TABLE {name} ({', '.join(f'{c} {types[t]}' for c, t in columns.items())})")
        listed = list(zip(*rows, strict=True))
        if listed:  # columns as lists, unnested: one statement whatever their length
            marks = ", ".join(f"unnest(?::{types[t]}[])" for t in columns.values())
            self.db.execute(f"INSERT INTO {name} SELECT {marks}", [list(column) for column in listed])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.db.execute(query).fetchall()
        return found

    def drop(self, *names: str) -> None:
        for name in names:
            self.db.execute(f"DROP TABLE IF EXISTS {name}")

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
