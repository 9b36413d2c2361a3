"""An inventory: one table of components, one of the steps between them. Anything wrong with it is a fault before anything is solved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from licgraph.audit.engine import Engine
from licgraph.audit.reading import ENDINGS
from licgraph.errors import Fault, StackError
from licgraph.knowledge import Knowledge
from licgraph.license import COMPONENT_KINDS
from licgraph.light import NamedTuple
from licgraph.shapes import near

HUB_WORDS = {"quantized": "quantize", "derived": "derived-from"}
"""What the Hub calls relations, where we say otherwise."""


class Loaded(NamedTuple):
    """What was read: how many components, ids that stand more than once, and steps."""

    nodes: int
    repeated: int
    edges: int


def load(engine: Engine, inventory: Path, edges: Path | None, knowledge: Knowledge) -> Loaded:
    """Makes the tables ``nodes`` (id, kind, license; each id once) and ``edges`` (child, parent, relation) of an inventory. Raises StackError."""
    nodes_file, edges_file = files(inventory, edges)
    needs(engine.read("nodes", nodes_file, ("id", "kind", "license"), {"kind": {"": "weights"}}), ("id", "license"), nodes_file)
    nameless = engine.rows("SELECT count(*) FROM nodes WHERE id = ''")[0][0]
    ends = ("child", "parent", "relation")
    needs(engine.read("edges", edges_file, ends, {"relation": HUB_WORDS}), ends, edges_file)
    lost = engine.rows("SELECT count(*) FROM edges WHERE child = '' OR parent = ''")[0][0]
    faults = []
    if nameless:
        faults.append(Fault(str(nodes_file), 0, "id", f"{nameless:,} components have no id", "Give each one, or leave the line out"))
    if lost:
        faults.append(Fault(str(edges_file), 0, "", f"{lost:,} steps do not say what was made from what", "Give each a child and a parent"))
    for word, count in engine.rows("SELECT relation, count(*) FROM edges GROUP BY relation ORDER BY 2 DESC, 1"):
        if word not in knowledge.relations:
            faults.append(Fault(str(edges_file), 0, "relation", f"`{word}` ({count:,} steps) is no relation{near(word, knowledge.relations)}", f"Write one of: {', '.join(knowledge.relations)}"))
    for word, count in engine.rows("SELECT kind, count(*) FROM nodes GROUP BY kind ORDER BY 2 DESC, 1"):
        if word not in COMPONENT_KINDS:
            faults.append(Fault(str(nodes_file), 0, "kind", f"`{word}` ({count:,} components) is no kind{near(word, COMPONENT_KINDS)}", f"Write one of: {', '.join(COMPONENT_KINDS)}"))
    if faults:
        raise StackError(faults[:20])
    nodes, distinct = engine.rows("SELECT count(*), count(DISTINCT id) FROM nodes")[0]
    if not nodes:
        raise StackError(Fault(str(nodes_file), 0, "", "there are no components in it", "Name the table of components"))
    differing, example = (0, "") if nodes == distinct else engine.rows("SELECT count(*), min(id) FROM (SELECT id FROM nodes GROUP BY id HAVING min(license) <> max(license) OR min(kind) <> max(kind)) d")[0]
    if differing:
        raise StackError(Fault(str(nodes_file), 0, "id", f"{differing:,} ids stand in it with different licences or kinds, such as `{example}`", "Keep one row an id"))
    if nodes > distinct:
        engine.create("once", "SELECT id, min(kind) AS kind, min(license) AS license FROM nodes GROUP BY id")
        engine.create("nodes", "SELECT * FROM once")  # no engine reads a table while it is made
        engine.drop("once")
    return Loaded(int(distinct), int(nodes - distinct), int(engine.rows("SELECT count(*) FROM edges")[0][0]))


def files(inventory: Path, edges: Path | None) -> tuple[Path, Path]:
    """The table of components and that of steps. Raises StackError."""
    if inventory.is_dir() and inventory.suffix != ".parquet":
        found = [next((inventory / f"{part}{ending}" for ending in ENDINGS if (inventory / f"{part}{ending}").exists()), None) for part in ("nodes", "edges")]
        if found[0] is None or (found[1] is None and edges is None):
            raise StackError(Fault(str(inventory), 0, "", f"it does not hold a table of {'nodes' if found[0] is None else 'edges'}", f"Put nodes and edges there, each as {', '.join(ENDINGS)}"))
        named = found[0], edges or found[1] or inventory
    elif edges is None:
        raise StackError(Fault(str(inventory), 0, "", "the steps are not named", "Add --edges FILE, or name a folder with nodes and edges"))
    else:
        named = inventory, edges
    absent = [Fault(str(file), 0, "", "there is no such file", "Name the tables of the inventory") for file in named if not file.exists()]
    if absent:
        raise StackError(absent)
    return named


def needs(columns: Sequence[str], wanted: Sequence[str], file: Path) -> None:
    faults = [Fault(str(file), 0, name, f"there is no column `{name}`{near(name, columns)}", f"Columns: {', '.join(columns) or 'none'}") for name in wanted if name not in columns]
    if faults:
        raise StackError(faults)
