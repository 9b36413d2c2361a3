"""Reads the tables of an inventory, whichever engine solves it: the wanted columns as text, and nothing left out.

A line that is not as the others, a key that stands twice, a list where a word belongs: each is a fault with its line where there is one.
Nothing is guessed: CSV is read with commas and quotes as RFC 4180 has them and a head of column names, NDJSON with one object a line.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from licgraph.errors import Fault, StackError
from licgraph.light import NamedTuple

ENDINGS = (".csv", ".parquet", ".ndjson", ".jsonl")
WHOLE = ("VARCHAR", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", '"NULL"', "NULL")
"""Types of Parquet columns that have one way to be written as text."""

BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
"""What is taken off both ends of a text."""


class Source(NamedTuple):
    """A file that can be read. ``columns``: all that it has; ``query``: DuckDB's SQL for the wanted ones of them, as text without blanks around it."""

    columns: tuple[str, ...]
    query: str


Words = Mapping[str, Mapping[str, str]]
"""By column: words that stand for others; that for none stands for a column that is not there, too."""
AS_THEY_ARE: Words = MappingProxyType({})


def source(db: Any, file: Path, wanted: Sequence[str], words: Words) -> Source:
    """How a file is read. db: a connection of DuckDB. A folder with the ending .parquet is one table in parts. Raises StackError, and what DuckDB raises."""
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise StackError(Fault(str(file), 0, "", "an inventory is not read from such a file", f"Give one that ends in {', '.join(ENDINGS)}"))
    if not file.is_file() and not (ending == ".parquet" and file.is_dir()):
        raise StackError(Fault(str(file), 0, "", "there is no such file", "Name the tables of the inventory"))
    found = _csv(file, wanted) if ending == ".csv" else _parquet(db, file, wanted) if ending == ".parquet" else _ndjson(db, file, wanted)
    return found._replace(query=_put(found, wanted, words)) if found.query else found


def _put(found: Source, wanted: Sequence[str], words: Words) -> str:
    """The query with words put for others."""
    said = {}
    for name in wanted:
        if name in found.columns:
            cases = " ".join(f"WHEN {quoted(word)} THEN {quoted(other)}" for word, other in words.get(name, {}).items())
            said[name] = f"CASE {name} {cases} ELSE {name} END" if cases else name
        elif "" in words.get(name, {}):
            said[name] = quoted(words[name][""])
    return f"SELECT {', '.join(f'{value} AS {name}' for name, value in said.items())} FROM ({found.query})"


def _csv(file: Path, wanted: Sequence[str]) -> Source:
    """The names are read here, so that no line below them is taken for a head or passed over."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        try:
            head = next(csv.reader(lines, strict=True), [])
        except csv.Error as problem:
            raise StackError(Fault(str(file), 1, "", f"the line of column names cannot be read ({problem})", "Write names with commas between them")) from None
    twice = sorted({name for name in head if head.count(name) > 1 and name in wanted})
    if twice:
        raise StackError([Fault(str(file), 1, name, "two columns have this name", "Keep one of them") for name in twice])
    if not head:
        return Source((), "")
    names = [name if head.index(name) == n and name else f"{name} ({n + 1})" for n, name in enumerate(head)]
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    reader = f"read_csv({quoted(str(file))}, columns={{{columns}}}, auto_detect=false, header=true, delim=',', quote='\"', escape='\"', strict_mode=true, null_padding=false, ignore_errors=false)"
    return Source(tuple(head), _chosen(names, wanted, reader))


def _parquet(db: Any, file: Path, wanted: Sequence[str]) -> Source:
    reader = f"read_parquet({quoted(str(file / '*.parquet' if file.is_dir() else file))})"
    types = {str(name): str(kind) for name, kind, *_ in db.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()}
    wrong = [name for name in wanted if name in types and types[name] not in WHOLE]
    if wrong:
        raise StackError([Fault(str(file), 0, name, f"the column holds {types[name]}, not text", "Write it as text") for name in wrong])
    return Source(tuple(types), _chosen(list(types), wanted, reader))


def _ndjson(db: Any, file: Path, wanted: Sequence[str]) -> Source:
    """Looks at every line first: what is in the last must be as what is in the first."""
    lines = f"read_json_objects({quoted(str(file))}, format='newline_delimited')"
    tests = ["json_type(json) <> 'OBJECT'", "len(json_keys(json)) > len(list_distinct(json_keys(json)))", *(f"json_type(json, {quoted('$.' + name)}) IN ('ARRAY', 'OBJECT')" for name in wanted)]
    plain, twice, *nested = db.execute(f"SELECT {', '.join(f'count(*) FILTER ({test})' for test in tests)} FROM {lines}").fetchone()
    faults = [Fault(str(file), 0, name, f"{count:,} lines hold a list or an object here, not text", "Write it as text") for name, count in zip(wanted, nested, strict=True) if count]
    if plain:
        faults.append(Fault(str(file), 0, "", f"{plain:,} lines are no objects", "Write one object a line, with the columns as keys"))
    if twice:
        faults.append(Fault(str(file), 0, "", f"in {twice:,} lines a key stands twice", "Keep one of them"))
    if faults:
        raise StackError(faults)
    keys = [key for (key,) in db.execute(f"SELECT DISTINCT unnest(json_keys(json)) FROM {lines} ORDER BY 1").fetchall()]
    return Source(tuple(keys), _chosen(keys, wanted, lines, lambda name: f"json->>{quoted('$.' + name)}"))


def _chosen(names: Sequence[str], wanted: Sequence[str], reader: str, value: Callable[[str], str] = lambda name: f"CAST({name} AS VARCHAR)") -> str:
    """The wanted columns as text, empty where there is nothing; few have blanks to take off, and that is slow."""
    stated = ", ".join(f"coalesce({value(name)}, '') AS {name}" for name in wanted if name in names)
    text = ", ".join(f"CASE WHEN regexp_matches({name}, '^[{BLANKS}]|[{BLANKS}]$') THEN trim({name}, '{BLANKS}') ELSE {name} END AS {name}" for name in wanted if name in names)
    return f"SELECT {text} FROM (SELECT {stated} FROM {reader})" if stated else ""


def problem_in(file: Path, problem: Exception) -> Fault:
    """What DuckDB says of a file, with the line where it names one."""
    lines = str(problem).splitlines()
    if at := re.search(r"CSV Error on Line: (\d+)", lines[0]):
        why = next((text for text in lines[1:] if re.match(r"Expected|Value|Maximum|Invalid|Error", text)), "it is not as the others")
        return Fault(str(file), int(at[1]), "", f"the line cannot be read ({why.rstrip('.')})", "Put it right, or quote what holds commas, quotes and line breaks")
    if at := re.search(r"Malformed JSON in .* in line \d+: ([^.]*)", lines[0]):
        return Fault(str(file), _malformed(file), "", f"the line cannot be read ({at[1].strip()})", "Put it right: one JSON object a line")
    return Fault(str(file), 0, "", f"cannot be read ({lines[0]})", "Write it anew")


def _malformed(file: Path) -> int:
    """The first line that is no JSON; 0 if none is found."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    json.loads(line)
            except ValueError:
                return number
    return 0


def quoted(text: str) -> str:
    """A literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
