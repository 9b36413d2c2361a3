"""LLaMA-Factory's table of data sets (`dataset_info.json`, or the YAML table of its `v1` form): where it lies, and what a name in it stands for.

Source: the data documentation of LLaMA-Factory. No reader itself. A table is looked for only beside the configuration
and in the data folder of its folder or of one of the three above (configurations lie below the folder they are run in).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from licgraph.errors import StackError
from licgraph.inputs.identity import Reference, local, reference
from licgraph.inputs.loose import Node, Source, read_any
from licgraph.inputs.training import MAX_NAMED, Run, absent, commas

NAME = "dataset_info.json"
LEVELS = 4
EMPTY = Node(None)
_HUBS = (("ms_hub_url", "https://www.modelscope.cn/datasets/"), ("om_hub_url", "https://modelers.cn/datasets/"))


@dataclass(frozen=True)
class Table:
    """Data sets by name. ``why``: why a name is not in it, for people; ``online``: names are Hub ids themselves; ``whole``: a `v1` table, all of which is used."""

    entries: Node = EMPTY
    shown: str = ""
    digest: str = ""
    why: str = f"the table of data sets ({NAME}) is not at hand"
    online: bool = False
    whole: bool = False


def table_of(source: Source, config: Node) -> Table:
    """The table that a configuration's names are looked up in, as far as it is at hand."""
    folder = config.get("dataset_dir").text or "data"
    if folder == "ONLINE":
        return Table(online=True)
    if folder.startswith("REMOTE:"):
        return Table(why=f"the table of data sets lies on the Hub, in the data set {folder.removeprefix('REMOTE:')[:100]}, and was not looked up")
    if source.path is None:
        return Table()
    v1 = config.get("train_dataset").text if not config.get("model_name_or_path") else ""
    if v1:
        if not re.search(r"(?i)\.(?:ya?ml|json)$", v1):
            return Table(why="")
        return next(_tables(source, [PurePosixPath(v1)], True), Table(why="the table of data sets that it names is not at hand"))
    return next(_tables(source, [PurePosixPath(NAME), PurePosixPath(folder) / NAME], False), Table())


def _tables(source: Source, names: list[PurePosixPath], whole: bool) -> Iterator[Table]:
    """The tables of these names that there are; beside the file all names count, above it only the last (a data folder)."""
    assert source.path is not None
    names = [n for n in names if not n.is_absolute() and ".." not in n.parts]
    for level in range(LEVELS):
        for name in names if level == 0 else names[-1:]:
            up = [".."] * level
            path = source.path.parent.joinpath(*up, *name.parts)
            shown = os.path.normpath(Path(source.shown).parent.joinpath(*up, *name.parts))
            try:
                if not path.is_file() or path == source.path:
                    continue
                found = Source(shown, path)
                entries = read_any(found)
                yield Table(entries, shown, found.digest, f"{shown} has no such data set", whole=whole)
            except (StackError, OSError, ValueError) as problem:
                why = problem.faults[0].what if isinstance(problem, StackError) else "it cannot be read"
                yield Table(why=f"{shown} cannot be read ({why})")


def data_sets(run: Run, node: Node, relation: str, table: Table, inferred: str = "") -> None:
    """A step from every data set that a list, or a text with commas, names."""
    if absent(node):
        return
    if table.whole and relation == "trained-on" and table.entries.is_map:
        for name, _ in islice(table.entries.items(), MAX_NAMED + 1):
            _data_set(run, name, node, relation, table, inferred)
        return
    wanted = commas(node)
    if not wanted or len(node.texts()) < len(node.listed()):
        run.miss(node, "a data set without a name")
    for name, at in wanted:
        _data_set(run, name, at, relation, table, inferred)


def _data_set(run: Run, name: str, node: Node, relation: str, table: Table, inferred: str) -> None:
    confidence = 0.9 if inferred else 0.0
    entry = table.entries.get(name)
    if entry:
        found, written, at = _entry(run, entry)
        if found.kind == "nothing":
            run.miss(at, f"the data set {name[:80]} is in the table, but where it comes from is not said")
            return
        part_id = run.link(found, written, node.place, relation, "dataset", inferred, confidence, entry.get("revision").text)
        if part_id and run.draft.parts[part_id].evidence == node.place:
            run.draft.parts[part_id].evidence = at.place
        return
    stands_for_itself = table.online or "/" in name or not table.why
    if stands_for_itself:
        found = reference(name, run.knowledge, dataset=True)
        if found.kind == "nothing":
            run.miss(node, f"`{name[:60]}` names no data set")
            return
        sure = table.online or not table.why
        run.link(found, name, node.place, relation, "dataset", inferred or ("" if sure else f"taken as a repository or path, as {table.why}"), confidence or (0.0 if sure else 0.6))
        return
    part_id = run.link(local("./" + name), name, node.place, relation, "dataset", inferred, confidence)
    if part_id:
        run.draft.parts[part_id].inferred = f"`{name[:80]}` is a name that only LLaMA-Factory knows, and {table.why}"


def _entry(run: Run, entry: Node) -> tuple[Reference, str, Node]:
    """What an entry of the table stands for, in the order in which LLaMA-Factory looks: the Hub, other hubs, a script, a cloud, a file."""
    node = entry.get("hf_hub_url")
    if not absent(node):
        return reference(node.text, run.knowledge, dataset=True), node.text, node
    for key, address in _HUBS:
        node = entry.get(key)
        if not absent(node):
            name = re.sub(r"[^A-Za-z0-9._/-]", "-", re.sub(r"^https?://[^/]+/(?:datasets/)?", "", node.text))[:120].strip("/")
            return Reference("address", address + name), node.text, node
    for key in ("script_url", "cloud_file_name", "file_name"):
        node = entry.get(key)
        if not absent(node):
            known = reference(node.text, run.knowledge, dataset=True)
            return (known if "://" in node.text else local("./" + node.text)), node.text, node
    return Reference("nothing", ""), "", entry
