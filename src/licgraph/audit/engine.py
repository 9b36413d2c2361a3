"""Where the tables of an audit live. The program is plain SQL; an engine runs it, and says the little in which dialects differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from licgraph.errors import Fault, StackError

READERS = {".csv": "read_csv({file}, header=true, all_varchar=true)", ".parquet": "read_parquet({file})", ".ndjson": "read_json({file}, format='newline_delimited')", ".jsonl": "read_json({file}, format='newline_delimited')"}
"""How DuckDB reads a kind of file."""


class Engine(Protocol):
    """Tables by name. Every statement makes a new table from others; nothing is changed in place."""

    def read(self, name: str, file: Path) -> Sequence[str]:
        """Makes a table of a file and tells its columns. Raises StackError."""

    def create(self, name: str, query: str) -> None:
        """Makes a table of what a query gives."""

    def put(self, name: str, columns: Mapping[str, type], rows: Iterable[Sequence[Any]]) -> None:
        """Makes a table of rows."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""

    def drop(self, *names: str) -> None:
        """Tables that are not needed any more."""

    def write(self, query: str, file: Path) -> None:
        """Writes what a query gives to a file, by its ending: .parquet or .csv."""

    def set_text(self, value: str) -> str:
        """SQL for the distinct values of a group in order, joined by `;`."""


class DuckDB:
    """The embedded engine: one process, spills to disk beyond its memory, reads CSV, Parquet and NDJSON itself."""

    def __init__(self, folder: Path | None = None, memory: str = "2500MB") -> None:
        try:
            import duckdb
        except ImportError:
            raise StackError(Fault("duckdb", 0, "", "it is not installed", "pip install 'licgraph[audit]'")) from None
        self.db = duckdb.connect(":memory:")
        self.db.execute(f"SET memory_limit='{memory}'")
        self.db.execute("SET preserve_insertion_order=false")
        if folder is not None:
            self.db.execute(f"SET temp_directory={_quoted(str(folder / 'spill'))}")
        self._problem = duckdb.Error

    def read(self, name: str, file: Path) -> Sequence[str]:
        reader = READERS.get(file.suffix.lower())
        if reader is None:
            raise StackError(Fault(str(file), 0, "", "an inventory is not read from such a file", f"Give one that ends in {', '.join(READERS)}"))
        if not file.is_file():
            raise StackError(Fault(str(file), 0, "", "there is no such file", "Name the tables of the inventory"))
        try:
            self.db.execute(f"CREATE TABLE {name} AS SELECT * FROM {reader.format(file=_quoted(str(file)))}")
        except self._problem as problem:
            raise StackError(Fault(str(file), 0, "", f"cannot be read ({str(problem).splitlines()[0]})", "Write it anew")) from None
        return [row[0] for row in self.db.execute(f"DESCRIBE {name}").fetchall()]

    def create(self, name: str, query: str) -> None:
        self.db.execute(f"CREATE TABLE {name} AS {query}")

    def put(self, name: str, columns: Mapping[str, type], rows: Iterable[Sequence[Any]]) -> None:
        types = {int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN"}
        self.db.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {types[t]}' for c, t in columns.items())})")
        listed = list(zip(*rows, strict=True))
        if listed:  # columns as lists, unnested: one statement whatever their length
            marks = ", ".join(f"unnest(?::{types[t]}[])" for t in columns.values())
            self.db.execute(f"INSERT INTO {name} SELECT {marks}", [list(column) for column in listed])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.db.execute(query).fetchall()
        return found

    def drop(self, *names: str) -> None:
        for name in names:
            self.db.execute(f"DROP TABLE {name}")

    def write(self, query: str, file: Path) -> None:
        form = "(FORMAT parquet)" if file.suffix == ".parquet" else "(FORMAT csv, HEADER)"
        self.db.execute(f"COPY ({query}) TO {_quoted(str(file))} {form}")

    def set_text(self, value: str) -> str:
        return f"array_to_string(list_sort(list(DISTINCT {value})), ';')"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
