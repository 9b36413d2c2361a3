"""What of an inventory is, bears or was made from something: the relicensing drill over millions.

An inventory is read as `audit` reads it, or as `audit --out` wrote it, which has the verdicts. What was made from what bears it is
found level by level, each component once, so that circles end; what lies deeper than most is walked in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from licgraph.audit.classes import NOT_LISTED
from licgraph.audit.engine import Engine
from licgraph.audit.inventory import load, needs
from licgraph.audit.reading import ENDINGS
from licgraph.errors import Fault, StackError
from licgraph.expression import Leaf
from licgraph.find import Inventory, Row, Wanted, carries, is_named, says, walk
from licgraph.inputs.assemble import tree_of
from licgraph.knowledge import Knowledge
from licgraph.shapes import near

DEEP = 40
"""Levels that are joined; chains that are longer are walked in memory, where a link costs next to nothing."""
VERDICTS, STEPS = "verdicts.parquet", "steps.parquet"


def is_inventory(place: Path) -> bool:
    """Whether a folder holds the tables of an inventory, or those that an audit wrote."""
    tables = any((place / f"nodes{ending}").exists() for ending in ENDINGS) and any((place / f"edges{ending}").exists() for ending in ENDINGS)
    return tables or (place / VERDICTS).is_file()


def downstream(engine: Engine, place: Path, knowledge: Knowledge, wanted: Wanted) -> Inventory:
    """Everything in an inventory that is or bears what is looked for, and all that was made from it. Raises StackError."""
    audited = (place / VERDICTS).is_file()
    if audited:
        _audited(engine, place, knowledge)
    else:
        once = "DISTINCT " if load(engine, place, None, knowledge).repeated else ""
        engine.create("stated", f"SELECT {once}id, license, 1 AS listed, '' AS answer, '' AS blockers FROM nodes")
        engine.drop("nodes")
    # steps name what nothing states: of it only the name is known
    ends = "SELECT parent AS id FROM edges UNION SELECT child AS id FROM edges"
    missing = f"SELECT e.id, '{NOT_LISTED}' AS label, 0 AS listed, '' AS answer, '' AS blockers FROM ({ends}) e LEFT JOIN stated s ON e.id = s.id WHERE s.id IS NULL"
    engine.create("parts", f"SELECT id, license AS label, listed, answer, blockers FROM stated UNION ALL {missing}")
    engine.drop("stated")
    components, not_listed = engine.rows(f"SELECT count(*), count(CASE WHEN label = '{NOT_LISTED}' THEN 1 END) FROM parts")[0]
    steps = int(engine.rows("SELECT count(*) FROM edges")[0][0])
    seeds, unknown = _seeds(engine, wanted, knowledge)
    rows = _rows(engine, _reached(engine, seeds, knowledge), wanted) if seeds else ()
    matters = wanted.kind != "component"  # a component is what it is, whatever its terms
    engine.drop("edges", "parts")
    return Inventory(str(place), int(components - not_listed), steps, rows, unknown if matters else 0, int(not_listed) if matters else 0, audited, bool(seeds))


def _audited(engine: Engine, place: Path, knowledge: Knowledge) -> None:
    """The tables that an audit wrote, as `stated` and `edges`."""
    for name, file, wanted in (("raw_verdicts", place / VERDICTS, ("id", "license", "listed", "answer", "blockers")), ("raw_steps", place / STEPS, ("child", "parent", "relation"))):
        needs(engine.read(name, file, wanted), wanted, file)
    engine.create("stated", f"SELECT id, CASE WHEN listed = '1' THEN license ELSE '{NOT_LISTED}' END AS license, CAST(listed AS INTEGER) AS listed, answer, blockers FROM raw_verdicts")
    engine.create("edges", "SELECT child, parent, relation FROM raw_steps")
    engine.drop("raw_verdicts", "raw_steps")
    if not engine.rows("SELECT count(*) FROM stated")[0][0]:
        raise StackError(Fault(str(place / VERDICTS), 0, "", "there are no components in it", "Audit the inventory anew"))
    strange = [r for (r,) in engine.rows("SELECT DISTINCT relation FROM edges ORDER BY 1") if r not in knowledge.relations]
    if strange:
        raise StackError([Fault(str(place / STEPS), 0, "relation", f"`{word}` is no relation{near(word, knowledge.relations)}", "Audit the inventory anew") for word in strange[:20]])


def _seeds(engine: Engine, wanted: Wanted, knowledge: Knowledge) -> tuple[dict[str, bool], int]:
    """The components that are or bear it, each with whether that is sure, and how many listed ones state terms that are not known."""
    seeds: dict[str, bool] = {}
    if wanted.kind != "license":
        name = _text((wanted.source or wanted.written).casefold())
        for (ident,) in engine.rows(f"SELECT id FROM parts WHERE lower(id) LIKE '%{name}%'"):
            sources = (ident.removeprefix("hf:"), ident.removeprefix("dataset:"), f"datasets/{ident.removeprefix('dataset:')}" if ident.startswith("dataset:") else "")
            word = max((is_named(wanted, ident, source, "", knowledge) for source in sources), key=("no", "maybe", "yes").index)
            if word != "no":
                seeds[ident] = word == "yes"
    if wanted.kind == "component":
        return seeds, 0
    words, unknown = list[tuple[str, int]](), 0
    for label, count in engine.rows(f"SELECT label, count(*) FROM parts WHERE label <> '{NOT_LISTED}' GROUP BY label"):
        word = says(tree_of(label, knowledge) if label else Leaf("NONE", "NONE"), wanted, knowledge)
        if word in ("yes", "maybe"):
            words.append((label, int(word == "yes")))
        unknown += count if word == "unknown" else 0
    if words:
        engine.put("wanted_labels", {"label": str, "sure": int}, sorted(words))
        for ident, sure in engine.rows("SELECT p.id, w.sure FROM parts p JOIN wanted_labels w ON p.label = w.label"):
            seeds[ident] = seeds.get(ident, False) or bool(sure)
        engine.drop("wanted_labels")
    return seeds, unknown


def _reached(engine: Engine, seeds: Mapping[str, bool], knowledge: Knowledge) -> dict[str, tuple[str, int, int, str, str]]:
    """For everything that is reached: how, whether that is sure, depth, the one before, the origin; the most that can be said of each."""
    idle = [r for (r,) in engine.rows("SELECT DISTINCT relation FROM edges") if not carries(r, knowledge)]
    sure, every = sorted(i for i, certain in seeds.items() if certain), sorted(seeds)
    found: dict[str, tuple[str, int, int, str, str]] = {}
    for how, left_out in (("carried", idle), *([("used", [])] if idle else [])):
        kept = f"WHERE relation NOT IN ({', '.join(repr(r) for r in left_out)})" if left_out else ""
        engine.create("arcs", f"SELECT DISTINCT parent, child FROM edges {kept}")
        for certain, starts in ((1, sure), *([(0, every)] if len(sure) < len(every) else [])):
            for ident, (depth, before, origin) in _levels(engine, starts).items():
                found.setdefault(ident, (how if depth else "declared", certain, depth, before, origin))
        engine.drop("arcs")
    return found


def _levels(engine: Engine, starts: Sequence[str]) -> dict[str, tuple[int, str, str]]:
    """Depth, the one before and the start of all that is reached over `arcs`: one join a level, and beyond `DEEP` levels in memory."""
    found = {start: (0, "", start) for start in starts}
    edge: Sequence[str] = starts
    for depth in range(1, DEEP + 1):
        engine.put("edge_of", {"id": str}, [(ident,) for ident in edge])
        fresh = engine.rows("SELECT a.child, min(a.parent) FROM arcs a JOIN edge_of e ON a.parent = e.id GROUP BY a.child ORDER BY 1")
        engine.drop("edge_of")
        edge = [child for child, _ in fresh if child not in found]
        found.update({child: (depth, parent, found[parent][2]) for child, parent in fresh if child not in found})
        if not edge:
            return found
    after: dict[str, list[str]] = defaultdict(list)
    for parent, child in engine.rows("SELECT parent, child FROM arcs ORDER BY parent, child"):
        if child not in found:
            after[parent].append(child)
    for ident, (depth, before, start) in walk(edge, partial(_after, after)).items():
        if before is not None:
            found[ident] = (DEEP + depth, before, found[start][2])
    return found


def _after(steps: Mapping[str, Sequence[str]], ident: str) -> Sequence[str]:
    return steps.get(ident, ())


def _rows(engine: Engine, reached: Mapping[str, tuple[str, int, int, str, str]], wanted: Wanted) -> tuple[Row, ...]:
    """The surest first, of these those that the clause stands against, then the nearest."""
    engine.put("reached", {"id": str}, [(ident,) for ident in reached])
    refs = {f"{i}/{c}" for i in wanted.ids for c in wanted.clauses}
    rows = []
    for ident, label, listed, answer, blockers in engine.rows("SELECT p.id, p.label, p.listed, p.answer, p.blockers FROM reached r JOIN parts p ON r.id = p.id"):
        how, sure, depth, before, origin = reached[ident]
        effect = "blocks" if refs and refs & set(blockers.split(";")) else ""
        rows.append(Row(ident, "" if label == NOT_LISTED else label, bool(listed), how, bool(sure), depth, before, origin, answer, effect))
    engine.drop("reached")
    return tuple(sorted(rows, key=lambda r: (not r.sure, not r.effect, r.depth, r.id)))


def _text(value: str) -> str:
    return value.replace("'", "''")
