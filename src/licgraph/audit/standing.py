"""The baseline of an audit: what stood against labels when it was written, so that only what is new fails.

A table (id, clause, first, until), keyed by component and clause. As with that of `check`, entries count down, are kept as they
are when it is written again, and what is not known can be in none. The answers do not move.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from licgraph.audit.engine import Engine
from licgraph.audit.figures import Label
from licgraph.audit.inventory import needs
from licgraph.audit.program import Audit
from licgraph.errors import Fault, StackError
from licgraph.light import NamedTuple

COLUMNS = ("id", "clause", "first", "until")
ENDINGS = (".csv", ".parquet")


class Standing(NamedTuple):
    """What a baseline does to an audit. ``met``, ``gone`` and ``expired`` count entries; the rest blocked components.

    ``new``: something stands against it that no running entry covers. ``open``: what is left of it is not known.
    ``first_ends``: the first day on which an entry that is met ends.
    """

    entries: int
    met: int
    gone: int
    expired: int
    first_ends: str
    covered: int
    new: int
    open: int


class Written(NamedTuple):
    """How a baseline differs from the one that was there."""

    kept: int
    added: int
    dropped: int


def check_name(file: Path) -> None:
    """Raises StackError for a file that a baseline cannot be."""
    if file.suffix not in ENDINGS:
        raise StackError(Fault(str(file), 0, "", "the baseline of an audit is a table", f"Name a file that ends in {' or '.join(ENDINGS)}"))


def read(engine: Engine, file: Path) -> None:
    """Makes the table ``entries`` of a baseline. Raises StackError with every fault."""
    check_name(file)
    needs(engine.read("raw_entries", file, COLUMNS), COLUMNS, file)
    engine.create("entries", "SELECT id, clause, CAST(first AS VARCHAR(10)) AS first, CAST(until AS VARCHAR(10)) AS until FROM raw_entries")
    engine.drop("raw_entries")
    faults = []
    for key in ("first", "until"):
        faults += [Fault(str(file), 0, key, f"`{value or ''}` is not a date", "Write it as YYYY-MM-DD") for (value,) in engine.rows(f"SELECT DISTINCT {key} FROM entries ORDER BY 1") if not _is_day(value)]
    for ident, clause in engine.rows("SELECT id, clause FROM entries GROUP BY id, clause HAVING count(*) > 1 ORDER BY 1, 2 LIMIT 20"):
        faults.append(Fault(str(file), 0, "id", f"{ident}, {clause}: this entry stands here twice", "Keep one of the two"))
    for (clause,) in engine.rows("SELECT DISTINCT clause FROM entries ORDER BY 1"):
        if not clause or not _can_be_covered(clause):
            faults.append(Fault(str(file), 0, "clause", f"`{clause or ''}`: what is not known can be in no baseline", "Remove the entries"))
    if faults:
        engine.drop("entries")
        raise StackError(faults[:20])


def write(engine: Engine, found: Audit, labels: Mapping[str, Label], file: Path, first: str, until: str) -> Written:
    """Writes the baseline with what stands now, whole or not at all; what stood in it already keeps its days. Raises StackError."""
    if file.exists():
        read(engine, file)
    else:
        engine.create("entries", "SELECT '' AS id, '' AS clause, '' AS first, '' AS until FROM named WHERE 1 = 0")
    _stands(engine, found, labels)
    same = "entries e ON t.id = e.id AND t.clause = e.clause"
    kept, added = engine.rows(f"SELECT count(e.id), count(*) - count(e.id) FROM standing t LEFT JOIN {same}")[0]
    dropped = int(engine.rows("SELECT count(*) FROM entries")[0][0]) - kept
    partial = file.with_name(f".{file.stem}.partial{file.suffix}")
    try:
        engine.write(f"SELECT t.id, t.clause, coalesce(e.first, '{first}') AS first, coalesce(e.until, '{until}') AS until FROM standing t LEFT JOIN {same} ORDER BY t.id, t.clause", partial)
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)
    engine.drop("entries", "standing", "unknowns")
    return Written(int(kept), int(added), int(dropped))


def held(engine: Engine, found: Audit, labels: Mapping[str, Label], file: Path, day: str) -> Standing:
    """What is left of an audit under a baseline on a day. Raises StackError."""
    read(engine, file)
    _stands(engine, found, labels)
    engine.create("running", f"SELECT id, clause, until FROM entries WHERE until >= '{day}'")
    engine.create("fresh", "SELECT DISTINCT t.id FROM standing t LEFT JOIN running e ON t.id = e.id AND t.clause = e.clause WHERE e.id IS NULL")
    new = int(engine.rows("SELECT count(*) FROM fresh")[0][0])
    unknown = int(engine.rows("SELECT count(*) FROM (SELECT DISTINCT u.id FROM unknowns u LEFT JOIN fresh f ON u.id = f.id WHERE f.id IS NULL) d")[0][0])
    blocked = int(engine.rows("SELECT count(*) FROM (SELECT id FROM standing UNION SELECT id FROM unknowns) d")[0][0])
    entries, expired = engine.rows(f"SELECT count(*), count(CASE WHEN until < '{day}' THEN 1 END) FROM entries")[0]
    met, first_ends = engine.rows("SELECT count(*), coalesce(min(e.until), '') FROM running e JOIN standing t ON t.id = e.id AND t.clause = e.clause")[0]
    engine.drop("entries", "standing", "unknowns", "running", "fresh")
    return Standing(int(entries), int(met), int(entries - expired - met), int(expired), str(first_ends), blocked - new - unknown, new, unknown)


def _stands(engine: Engine, found: Audit, labels: Mapping[str, Label]) -> None:
    """The tables ``standing`` (id, clause), of what a baseline can cover, and ``unknowns`` (id, clause), of what none can."""
    rows = [(n, ref, int(_can_be_covered(ref))) for n, row in enumerate(found.rows) if row.answer == "no" for ref in row.blockers or ("/",)]
    engine.put("row_stands", {"row": int, "clause": str, "known": int}, rows)
    engine.put("offering", {"label": str}, [(label,) for label, one in labels.items() if one.offers])
    for name, known in (("standing", 1), ("unknowns", 0)):
        engine.create(name, f"SELECT m.id, s.clause FROM verdicts v JOIN named m ON v.n = m.n JOIN offering o ON m.label = o.label JOIN row_stands s ON v.row = s.row WHERE m.listed = 1 AND s.known = {known}")
    engine.drop("row_stands", "offering")


def _can_be_covered(ref: str) -> bool:
    return not ref.startswith("/") and not ref.endswith("/unknown-terms")


def _is_day(value: str | None) -> bool:
    try:
        return date.fromisoformat(value or "").isoformat() == value
    except ValueError:
        return False
