"""The audit as a program of SQL over an engine: sources before what was made from them, level by level, each step once.

A level is one join of the steps that left the last level with their results, one grouping, and a look at the sorts that were
not met before (`classes.py`), which are few. Where a level is small, what is left is walked in memory: long chains have as
many levels as links. What is never reached lies on a cycle or stands on one, and is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from licgraph.audit.classes import NOT_LISTED, Classes, Row, Sort
from licgraph.audit.engine import Engine
from licgraph.audit.reading import quoted
from licgraph.audit.state import State
from licgraph.audit.workers import Rows
from licgraph.light import NamedTuple

SMALL = 2_000
"""Members of a level below which the rest is walked in memory."""
CYCLE = Row("unknown", "unknown", (), ("/cycle",), (), (), ())
Progress = Callable[[str], None]


class Audit(NamedTuple):
    """What came out. Tables of the engine: ``named`` (n, id, kind, label, listed), ``steps`` (child, parent, relation), ``verdicts`` (n, row, level).

    ``rows``: the verdicts by their number, those on cycles last.
    """

    rows: tuple[Row, ...]
    sorts: int
    classes: int
    levels: int


class _Sorts:
    """Sorts by their number, with the row and, where something is made from a member, the class of each."""

    def __init__(self, classes: Classes, owns: Sequence[tuple[str, str, str]], rows: Rows) -> None:
        self.classes, self.rows = classes, rows
        self.owns = [classes.own(*own) for own in owns]
        self.names = [classes.ambiguous(own.label) for own in self.owns]
        self.known: dict[tuple[int, str, str], int] = {}
        self.sorts: list[Sort] = []

    def number(self, own: int, sources: str, borne: str) -> int:
        """The number of a sort, written as SQL aggregates write it."""
        key = (own, sources, borne)
        if key not in self.known:
            self.rows.put(self._met(key))
        return self.known[key]

    def _met(self, key: tuple[int, str, str]) -> Sort:
        own, sources, borne = key
        parsed = sorted({(r, int(c)) for r, _, c in (s.rpartition(":") for s in sources.split(";")) if r})
        names = tuple(sorted((n, int(c)) for n, _, c in (b.rpartition(":") for b in borne.split(";")) if n))
        self.known[key] = len(self.sorts)
        self.sorts.append(Sort(self.owns[own], tuple(parsed), names))
        return self.sorts[-1]

    def kept(self) -> dict[str, Any]:
        """The sorts, their classes and what is solved of them, as data."""
        number = {sort: n for n, sort in reversed(list(enumerate(self.sorts)))}
        return {"keys": list(self.known), "classes": self.classes.kept(number), "solved": self.rows.kept()}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """The sorts that were met before the audit was interrupted."""
        for own, sources, borne in kept["keys"]:
            self._met((own, sources, borne))
        self.classes.restore(kept["classes"], self.sorts)
        self.rows.restore(kept["solved"], self.sorts)

    def class_of(self, number: int) -> int:
        return self.classes.class_of(self.sorts[number])


def run(engine: Engine, classes: Classes, say: Progress = lambda _: None, rows: Rows | None = None, state: State | None = None) -> Audit:
    """Solves the tables ``nodes`` (id, kind, license; each id once) and ``edges`` (child, parent, relation), which hold text.

    ``rows``: who solves the sorts; by default this process. ``state``: where each level that is reached is kept, and where one that was
    interrupted had got to. Cost: every step is joined once, every sort solved once.
    """
    rows = rows or Rows(classes)
    reached = state.reached if state is not None else None
    if reached is None:
        _tables(engine, classes)
    sorts = _Sorts(classes, engine.rows("SELECT kind, label, name FROM owns ORDER BY own"), rows)
    if reached is None:
        _first(engine, sorts)
    else:
        sorts.restore(reached["sorts"])
    level: int = reached["level"] if reached is not None else 0
    done = [_DONE.format(level=n) for n in range(level)]
    behind: Sequence[str] = ()
    while True:
        if state is not None:
            state.write(level, sorts.kept())
        engine.drop(*behind)
        members = engine.rows(f"SELECT count(*) FROM ready_{level}")[0][0]
        if not members or (level and members < SMALL):
            break
        say(f"level {level}: {members:,} components, {len(sorts.sorts):,} sorts met")
        _solve(engine, sorts, level)
        done.append(_DONE.format(level=level))
        behind = _next(engine, level)
        level += 1
    deepest = _walk(engine, sorts, level)
    done.append("SELECT n, sort, level FROM walked")
    engine.create("solved", " UNION ALL ".join(done))
    say(f"{len(sorts.sorts):,} sorts")
    solved = rows.all()
    number = {row: n for n, row in enumerate(dict.fromkeys(solved))}
    engine.put("sort_rows", {"sort": int, "row": int}, [(sort, number[row]) for sort, row in enumerate(solved)])
    every = (*number, CYCLE)
    engine.create(
        "verdicts",
        f"SELECT m.n, coalesce(r.row, {len(every) - 1}) AS row, coalesce(s.level, -1) AS level FROM named m LEFT JOIN solved s ON m.n = s.n LEFT JOIN sort_rows r ON s.sort = r.sort",
    )
    return Audit(every, len(sorts.sorts), classes.count, max(level, deepest))


_DONE = "SELECT n, sort, CAST({level} AS BIGINT) AS level FROM done_{level}"


def _first(engine: Engine, sorts: _Sorts) -> None:
    """What is ready before the first level: everything that was made from nothing."""
    engine.put("bearing", {"own": int, "name": str}, [(own, name) for own, names in enumerate(sorts.names) for name in names], keep=True)
    engine.create("ready_0", "SELECT m.n, m.own, '' AS sources, '' AS borne FROM named m LEFT JOIN need_0 k ON m.n = k.child WHERE k.child IS NULL", keep=True)
    engine.put("arrived_0", {"child": int, "source": str}, [], keep=True)
    engine.put("bears_0", {"n": int, "name": str, "bearer": int}, [], keep=True)


def _tables(engine: Engine, classes: Classes) -> None:
    """Ids become numbers, what a component says of itself becomes one number, sources that are not listed are added.

    Texts of any length are sorted once and joined once; all that follows is done with numbers.
    """
    engine.number("listed", "SELECT id, kind, license AS label FROM nodes", "id")
    engine.create("ends", "SELECT e.child, e.parent, e.relation, c.n AS child_n, p.n AS parent_n FROM edges e LEFT JOIN listed c ON e.child = c.id LEFT JOIN listed p ON e.parent = p.id")
    missing = f"SELECT parent AS id, '{NOT_LISTED}' AS label FROM ends WHERE parent_n IS NULL"
    results = "SELECT child AS id, '' AS label FROM ends WHERE child_n IS NULL"
    engine.number("unlisted", f"SELECT id, 'weights' AS kind, min(label) AS label FROM ({missing} UNION ALL {results}) u GROUP BY id", "id")
    first = engine.rows("SELECT count(*) FROM listed")[0][0]
    numbered = f"SELECT n, id, kind, label, 1 AS listed FROM listed UNION ALL SELECT n + {first} AS n, id, kind, label, 0 AS listed FROM unlisted"
    whole = "SELECT child_n AS child, parent_n AS parent, relation FROM ends WHERE child_n IS NOT NULL AND parent_n IS NOT NULL"
    ends = [f"coalesce(e.{end}_n, {end[0]}.n + {first}) AS {end}" for end in ("child", "parent")]
    partly = f"SELECT {', '.join(ends)}, e.relation FROM (SELECT * FROM ends WHERE child_n IS NULL OR parent_n IS NULL) e LEFT JOIN unlisted c ON e.child = c.id LEFT JOIN unlisted p ON e.parent = p.id"
    engine.create("steps", f"SELECT DISTINCT child, parent, relation FROM ({whole} UNION ALL {partly}) s", keep=True)
    engine.drop("ends")
    engine.create("need_0", "SELECT child, CAST(count(*) AS BIGINT) AS missing FROM steps GROUP BY child", keep=True)
    engine.create("parents", "SELECT DISTINCT parent FROM steps", keep=True)
    _names(engine, numbered, classes.knowledge.name_prefixes)
    said = f"SELECT m.n, m.id, m.kind, m.label, m.listed, coalesce(p.name, 'x') AS name FROM ({numbered}) m LEFT JOIN prefixed p ON m.n = p.n"
    engine.create("owns", f"SELECT CAST(row_number() OVER (ORDER BY kind, label, name) - 1 AS BIGINT) AS own, kind, label, name FROM (SELECT DISTINCT kind, label, name FROM ({said}) s) d", keep=True)
    engine.create("named", f"SELECT s.n, s.id, s.kind, s.label, s.listed, o.own FROM ({said}) s JOIN owns o ON s.kind = o.kind AND s.label = o.label AND s.name = o.name", keep=True)
    engine.drop("listed", "unlisted", "prefixed")


def _names(engine: Engine, numbered: str, prefixes: Sequence[str]) -> None:
    """The table ``prefixed`` (n, name): what was made from something and has a name that begins as a licence prescribes, with a name that stands for it."""
    if not prefixes:
        engine.put("prefixed", {"n": int, "name": str}, [])
        return
    letters = sorted({letter for p in prefixes for letter in (_plain(p)[0], *(cased for cased, plain in zip(_CASED, _PLAIN, strict=True) if plain == _plain(p)[0]))})
    last = f"SELECT m.n, split_part(m.id, '/', -1) AS last FROM ({numbered}) m JOIN need_0 k ON m.n = k.child"
    engine.create("lasts", f"SELECT n, last FROM ({last}) l WHERE left(last, 1) IN ({', '.join(map(quoted, letters))})")  # few, and what follows is slow
    engine.create("plains", f"SELECT n, translate(last, '{_CASED}', '{_PLAIN}') AS plain FROM lasts")  # once a name, not once a prefix
    cases = " ".join(f"WHEN plain LIKE '{_plain(p)}%' THEN '{p} x'" for p in prefixes)
    engine.create("prefixed", f"SELECT n, name FROM (SELECT n, CASE {cases} END AS name FROM plains) c WHERE name IS NOT NULL")
    engine.drop("lasts", "plains")


_CASED = "_-\u017f\u212a" + ascii_uppercase
_PLAIN = "  sk" + ascii_lowercase
"""What `items.begins` takes for alike in names, as far as letters of prescribed words go; `lower` differs from engine to engine."""


def _plain(prefix: str) -> str:
    return prefix.casefold().replace("_", " ").replace("-", " ").replace("'", "''")


def _solve(engine: Engine, sorts: _Sorts, level: int) -> None:
    """The sorts of a level: those met before by look-up, new ones by the solver; the class where something is made from a member."""
    ready = f"SELECT r.own, r.sources, r.borne, max(CASE WHEN p.parent IS NULL THEN 0 ELSE 1 END) AS handed FROM ready_{level} r LEFT JOIN parents p ON r.n = p.parent GROUP BY r.own, r.sources, r.borne ORDER BY r.own, r.sources, r.borne"
    found = []
    for own, sources, borne, handed in engine.rows(ready):
        number = sorts.number(own, sources, borne)
        found.append((own, sources, borne, number, sorts.class_of(number) if handed else -1))
    engine.put(f"sorts_{level}", {"own": int, "sources": str, "borne": str, "sort": int, "hands": int}, found)
    engine.create(f"done_{level}", f"SELECT r.n, r.own, s.sort, s.hands FROM ready_{level} r JOIN sorts_{level} s ON r.own = s.own AND r.sources = s.sources AND r.borne = s.borne", keep=True)


def _next(engine: Engine, level: int) -> Sequence[str]:
    """The steps that leave a level arrive; results of which nothing is missing any more are the next. Returns the tables that are not needed once it is reached."""
    now, then = level, level + 1
    engine.create("leaving", f"SELECT s.child, s.relation, s.parent, d.hands FROM steps s JOIN done_{now} d ON s.parent = d.n")
    engine.create(f"need_{then}", f"SELECT k.child, k.missing - coalesce(a.came, 0) AS missing FROM need_{now} k LEFT JOIN (SELECT child, count(*) AS came FROM leaving GROUP BY child) a ON k.child = a.child WHERE k.missing > 0", keep=True)
    engine.create("waiting", f"SELECT child, source FROM arrived_{now} UNION ALL SELECT child, relation || ':' || CAST(hands AS STRING) AS source FROM leaving")
    # which works bear an ambiguous name before each component: one (its number), or several (-1)
    own = f"SELECT d.n, b.name, d.n AS bearer FROM done_{now} d JOIN bearing b ON d.own = b.own"
    engine.create("own_bears", f"SELECT o.n, o.name, CASE WHEN k.n IS NULL THEN o.bearer ELSE -1 END AS bearer FROM ({own}) o LEFT JOIN bears_{now} k ON o.n = k.n AND o.name = k.name")
    engine.create("bear", f"SELECT n, name, bearer FROM own_bears UNION ALL SELECT k.n, k.name, k.bearer FROM bears_{now} k JOIN done_{now} d ON k.n = d.n LEFT JOIN own_bears o ON k.n = o.n AND k.name = o.name WHERE o.n IS NULL")
    kept = f"SELECT k.n, k.name, k.bearer FROM bears_{now} k LEFT JOIN done_{now} d ON k.n = d.n WHERE d.n IS NULL"
    handed = "SELECT l.child AS n, b.name, b.bearer FROM leaving l JOIN bear b ON l.parent = b.n"
    engine.create(f"bears_{then}", f"SELECT n, name, CASE WHEN min(bearer) = max(bearer) THEN min(bearer) ELSE -1 END AS bearer FROM ({kept} UNION ALL {handed}) GROUP BY n, name", keep=True)
    sources = f"SELECT w.child, {engine.set_text('w.source')} AS sources FROM waiting w JOIN need_{then} k ON w.child = k.child WHERE k.missing = 0 GROUP BY w.child"
    borne = f"SELECT b.n, {engine.set_text(_COUNTED)} AS borne FROM bears_{then} b JOIN need_{then} k ON b.n = k.child WHERE k.missing = 0 GROUP BY b.n"
    engine.create(f"ready_{then}", f"SELECT m.n, m.own, s.sources, coalesce(b.borne, '') AS borne FROM ({sources}) s JOIN named m ON s.child = m.n LEFT JOIN ({borne}) b ON s.child = b.n", keep=True)
    engine.create(f"arrived_{then}", f"SELECT w.child, w.source FROM waiting w JOIN need_{then} k ON w.child = k.child WHERE k.missing > 0", keep=True)
    engine.drop("leaving", "waiting", "own_bears", "bear", f"sorts_{now}")
    return [f"{table}_{now}" for table in ("arrived", "bears", "need", "ready")]


_COUNTED = "b.name || ':' || CASE WHEN b.bearer < 0 THEN '2' ELSE '1' END"


def _walk(engine: Engine, sorts: _Sorts, level: int) -> int:
    """Walks what is left in memory, in the same way; makes the table ``walked``. Returns the deepest level."""
    own_of = dict(engine.rows(f"SELECT n, own FROM ready_{level} UNION ALL SELECT m.n, m.own FROM named m JOIN need_{level} k ON m.n = k.child WHERE k.missing > 0"))
    missing: dict[int, int] = dict(engine.rows(f"SELECT child, missing FROM need_{level} WHERE missing > 0"))
    results: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for child, parent, relation in engine.rows(f"SELECT s.child, s.parent, s.relation FROM steps s JOIN need_{level} k ON s.child = k.child WHERE k.missing > 0"):
        if parent in own_of:
            results[parent].append((child, relation))
    sources: dict[int, set[str]] = defaultdict(set)
    for child, source in engine.rows(f"SELECT child, source FROM arrived_{level}"):
        sources[child].add(source)
    bears: dict[int, dict[str, int]] = defaultdict(dict)
    for n, name, bearer in engine.rows(f"SELECT n, name, bearer FROM bears_{level}"):
        bears[n][name] = bearer
    for n, text in engine.rows(f"SELECT n, sources FROM ready_{level}"):
        sources[n].update(filter(None, text.split(";")))
    ready = sorted(n for (n,) in engine.rows(f"SELECT n FROM ready_{level}"))
    deep = dict.fromkeys(ready, level)
    walked: list[tuple[int, int, int]] = []
    for n in ready:
        mine = bears.pop(n, {})
        borne = ";".join(sorted(f"{name}:{2 if bearer < 0 else 1}" for name, bearer in mine.items()))
        number = sorts.number(own_of[n], ";".join(sorted(sources.pop(n, ()))), borne)
        walked.append((n, number, deep[n]))
        if n not in results:
            continue
        for name in sorts.names[own_of[n]]:
            mine[name] = -1 if name in mine else n
        source = sorts.class_of(number)
        for child, relation in results[n]:
            sources[child].add(f"{relation}:{source}")
            for name, bearer in mine.items():
                before = bears[child].setdefault(name, bearer)
                if before != bearer:
                    bears[child][name] = -1
            missing[child] -= 1
            deep[child] = max(deep.get(child, 0), deep[n] + 1)
            if not missing[child]:
                ready.append(child)
    engine.put("walked", {"n": int, "sort": int, "level": int}, walked)
    return max(deep.values(), default=level)


def written(engine: Engine, found: Audit, folder: Path) -> None:
    """Writes ``verdicts.parquet`` (a row a component) and ``steps.parquet`` (a row a step, with the labels of both ends)."""
    texts = [(n, r.answer, r.layered, ";".join(r.by_profile), ";".join(r.blockers), ";".join(r.duties), ";".join(r.turns_on), ";".join(r.needs)) for n, r in enumerate(found.rows)]
    columns: dict[str, type] = {"row": int, **dict.fromkeys(("answer", "layered", "by_profile", "blockers", "duties", "turns_on", "needs"), str)}
    engine.put("row_texts", columns, texts)
    rows = "SELECT m.id, m.kind, m.label AS license, m.listed, v.level, t.answer, t.layered, t.by_profile, t.blockers, t.duties, t.turns_on, t.needs FROM named m JOIN verdicts v ON m.n = v.n JOIN row_texts t ON v.row = t.row"
    engine.write(f"{rows} ORDER BY m.n", folder / "verdicts.parquet")
    steps = "SELECT c.id AS child, p.id AS parent, s.relation, c.label AS child_license, p.label AS parent_license FROM steps s JOIN named c ON s.child = c.n JOIN named p ON s.parent = p.n"
    engine.write(f"{steps} ORDER BY c.n, p.n, s.relation", folder / "steps.parquet")
    engine.drop("row_texts")
