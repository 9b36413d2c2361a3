"""The audit gives every component of an inventory the answer that `check` gives it, whatever the order, and says what it cannot."""

from __future__ import annotations

import csv
import json
import os
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph.answer import assess
from licgraph.audit.classes import NOT_LISTED, Classes, Own, Row, component, release, row_of
from licgraph.audit.program import CYCLE, run
from licgraph.cli import cli
from licgraph.knowledge import Knowledge, load
from licgraph.stack import Edge, Stack

from .conftest import AS_OF, script
from .strategies import KINDS, LICENSES, RELATIONS

duckdb = pytest.importorskip("duckdb", reason="the audit is not run: pip install 'licgraph[audit]'")

KNOWLEDGE: Knowledge = load()
CORPORA = os.environ.get("LICGRAPH_CORPORA", "")
Nodes = Mapping[str, tuple[str, str]]
Steps = Sequence[tuple[str, str, str]]


def audited(nodes: Nodes, steps: Steps) -> dict[str, Row]:
    """The rows of an inventory by id."""
    from licgraph.audit.engine import DuckDB

    engine = DuckDB()
    engine.put("nodes", {"id": str, "kind": str, "license": str}, [(name, *rest) for name, rest in nodes.items()])
    engine.put("edges", {"child": str, "parent": str, "relation": str}, steps)
    found = run(engine, Classes(KNOWLEDGE, AS_OF))
    return {name: found.rows[row] for name, row in engine.rows("SELECT m.id, v.row FROM verdicts v JOIN named m ON v.n = m.n")}


def checked(name: str, nodes: Nodes, sources: Mapping[str, Sequence[tuple[str, str]]], words: Classes) -> Row:
    """The verdict of `check` on a component and everything it goes back to; on a cycle nothing is decided."""
    seen, waiting, edges = {name}, [name], []
    while waiting:
        at = waiting.pop()
        for relation, parent in sources.get(at, ()):
            edges.append(Edge(at, relation, parent))
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    stated = {n: nodes.get(n, ("weights", NOT_LISTED)) for n in seen}
    parts = {n: component(n, Own(kind, label, n), words.tree(label), n == name) for n, (kind, label) in stated.items()}
    from licgraph.graph import topological

    if topological(parts, edges) is None:
        return CYCLE
    stack = Stack(parts, tuple(edges), release(name, stated[name][0], words.proposed(stated[name][1]), KNOWLEDGE))
    return row_of(assess(stack, KNOWLEDGE, as_of=AS_OF))


def agree(nodes: Nodes, steps: Steps, names: Sequence[str] | None = None) -> int:
    """Compares both for each component; returns how many there were."""
    sources = defaultdict(list)
    for child, parent, relation in sorted(set(steps)):
        sources[child].append((relation, parent))
    words = Classes(KNOWLEDGE, AS_OF)
    found = audited(nodes, steps)
    wanted = names if names is not None else list(found)
    for name in wanted:
        assert found[name] == checked(name, nodes, sources, words), (name, nodes.get(name), sources.get(name))
    return len(wanted)


@st.composite
def inventories(draw: st.DrawFn) -> tuple[dict[str, tuple[str, str]], list[tuple[str, str, str]]]:
    """Up to nine components with labels, some without, some named only by a step; now and then a circle."""
    size = draw(st.integers(2, 9))
    names = [draw(st.sampled_from(["org/Llama-{}", "llama/m{}", "org/exaone-{}", "m{}"])).format(n) for n in range(size)]
    label = st.sampled_from([*LICENSES, "gemma", "gemma", "bsd", "", "", "llama3", "other", "a licence nobody knows"])
    nodes = {name: (draw(st.sampled_from(KINDS)), draw(label)) for name in names}
    steps = []
    for n, name in enumerate(names):
        for parent in draw(st.lists(st.sampled_from(names[:n]), unique=True, max_size=3)) if n else ():
            steps.append((name, parent, draw(st.sampled_from(RELATIONS))))
    if draw(st.integers(0, 5)) == 0:
        steps.append((names[0], names[-1], "finetune"))
    if draw(st.integers(0, 5)) == 0:
        steps.append((names[-1], "gone/base", "finetune"))
    return nodes, steps


@given(inventories())
@settings(max_examples=int(os.environ.get("LICGRAPH_EXAMPLES", "200")), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_the_audit_and_check_agree(inventory: tuple[dict[str, tuple[str, str]], list[tuple[str, str, str]]]) -> None:
    agree(*inventory)


@given(inventories(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_the_order_of_an_inventory_changes_nothing(inventory: tuple[dict[str, tuple[str, str]], list[tuple[str, str, str]]], chance: Any) -> None:
    nodes, steps = inventory
    items, edges = list(nodes.items()), list(steps)
    chance.shuffle(items)
    chance.shuffle(edges)
    assert audited(nodes, steps) == audited(dict(items), edges)


@pytest.mark.skipif(not CORPORA, reason="LICGRAPH_CORPORA names no folder with real data")
def test_they_agree_on_the_joined_graph_of_the_hub() -> None:
    """A sample; `python benchmarks/hub_agreement.py CORPORA` compares every component."""
    nodes, steps = script("benchmarks/hub_inventory.py").tables(Path(CORPORA))
    children = sorted({child for child, _, _ in steps})
    assert len(nodes) > 66_000
    assert agree(nodes, steps, random.Random(1).sample(children, 400)) == 400


def test_two_works_that_bear_one_ambiguous_name() -> None:
    """A label that repeats the one `gemma` before it means that; where two bear it, it is a question of its own."""
    nodes = dict.fromkeys(("one", "two", "tuned", "merged"), ("weights", "gemma")) | {"a": ("weights", "mit"), "b": ("weights", "mit"), "diamond": ("weights", "gemma")}
    steps = [("tuned", "one", "finetune"), ("merged", "one", "merge"), ("merged", "two", "merge"), ("a", "one", "finetune"), ("b", "one", "finetune"), ("diamond", "a", "merge"), ("diamond", "b", "merge")]
    assert agree(nodes, steps) == 7


def test_a_long_chain_and_a_large_circle() -> None:
    chain = {f"n{i}": ("weights", "apache-2.0" if i % 7 else "mit") for i in range(20_000)} | {"base": ("weights", "llama3.1")}
    steps = [("n0", "base", "finetune"), *((f"n{i}", f"n{i - 1}", "finetune") for i in range(1, 20_000))]
    ring = {f"r{i}": ("weights", "mit") for i in range(1_000)} | {"on": ("weights", "mit"), "self": ("weights", "mit")}
    steps += [(f"r{i}", f"r{(i + 1) % 1_000}", "finetune") for i in range(1_000)] + [("on", "r5", "quantize"), ("self", "self", "finetune")]
    found = audited({**chain, **ring}, steps)
    assert {found[n] for n in ring} == {CYCLE}
    assert found["n19999"].answer == "no"
    assert "LicenseRef-Llama-3.1-Community/relabel" in found["n19999"].blockers
    assert found["base"].answer == "yes"
    sources = defaultdict(list, {c: [(r, p)] for c, p, r in steps[:60]})
    words = Classes(KNOWLEDGE, AS_OF)
    for n in (0, 1, 6, 7, 8, 50):
        assert found[f"n{n}"] == checked(f"n{n}", chain, sources, words)


def test_alike_components_are_solved_once() -> None:
    """A thousand fine-tunes of a thousand like bases are two sorts."""
    from licgraph.audit.engine import DuckDB

    engine = DuckDB()
    engine.put("nodes", {"id": str, "kind": str, "license": str}, [(f"{part}{i}", "weights", "mit") for part in ("base", "tuned") for i in range(1_000)])
    engine.put("edges", {"child": str, "parent": str, "relation": str}, [(f"tuned{i}", f"base{i}", "finetune") for i in range(1_000)])
    found = run(engine, Classes(KNOWLEDGE, AS_OF))
    assert (found.sorts, found.classes) == (2, 1)


# The command


def folder(place: Path, nodes: Sequence[Sequence[str]], edges: Sequence[Sequence[str]], head: Sequence[str] = ("id", "kind", "license"), steps: Sequence[str] = ("child", "parent", "relation")) -> Path:
    place.mkdir()
    for name, columns, rows in (("nodes", head, nodes), ("edges", steps, edges)):
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
    return place


def test_the_command_tells_and_writes(tmp_path: Path) -> None:
    nodes = [("base", "", "llama3.1"), ("tuned", "weights", "mit"), ("fine", "weights", "apache-2.0"), ("bare", "weights", ""), ("gguf", "weights", "mit")]
    edges = [("tuned", "base", "finetune"), ("gguf", "tuned", "quantized"), ("fine", "elsewhere", "adapter")]
    place = folder(tmp_path / "hub", nodes, edges)
    done = CliRunner().invoke(cli, ["audit", str(place), "-o", str(tmp_path / "out"), "--as-of", AS_OF])
    assert done.exit_code == 1, done.output
    for what in ("5 components, 3 steps; 1 without a label", "LicenseRef-Llama-3.1-Community/relabel", "LicenseRef-Llama-3.1-Community -> MIT; blocked 1"):
        assert what in done.stdout
    rows = duckdb.sql(f"SELECT id, listed, answer, blockers, duties FROM '{tmp_path}/out/verdicts.parquet' ORDER BY id").fetchall()
    assert [(r[0], r[1], r[2]) for r in rows] == [("bare", 1, "yes"), ("base", 1, "yes"), ("elsewhere", 0, "yes"), ("fine", 1, "unknown"), ("gguf", 1, "no"), ("tuned", 1, "no")]
    assert "display|Built with Llama|LicenseRef-Llama-3.1-Community" in rows[-1][4]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["answers"] == {"no": 2, "yes": 1, "unknown": 1}
    again = CliRunner().invoke(cli, ["audit", str(place), "-o", str(tmp_path / "out")])
    assert (again.exit_code, "something in this folder" in again.stderr) == (2, True)
    told = CliRunner().invoke(cli, ["audit", str(place / "nodes.csv"), "--edges", str(place / "edges.csv"), "-f", "json", "--as-of", AS_OF])
    assert json.loads(told.stdout) == summary


@pytest.mark.parametrize(
    ("nodes", "edges", "options", "says"),
    [
        ([], [], {}, "there are no components in it"), ([("a", "weights", "mit")], [("a", "b", "finetun")], {}, "`finetun` (1 steps) is no relation (did you mean `finetune`?)"), ([("a", "wieghts", "mit")], [], {}, "`wieghts` (1 components) is no kind"),
        ([("a", "weights", "mit"), ("a", "weights", "gpl-3.0")], [], {}, "1 ids stand in it with different licences or kinds, such as `a`"), ([("a", "weights", "mit")], [("a", "", "finetune")], {}, "1 steps do not say what was made from what"),
        ([("a", "weights", "mit")], [], {"head": ("id", "kind", "licence")}, "there is no column `license`"), ([("a", "weights", "mit")], [], {"steps": ("from", "to", "relation")}, "there is no column `child`"),
    ],
)  # fmt: skip
def test_faults_of_an_inventory(nodes: Any, edges: Any, options: Any, says: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["audit", str(folder(tmp_path / "hub", nodes, edges, **options))])
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_files_that_are_no_inventory(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"no parquet")
    (tmp_path / "nodes.txt").write_text("id")
    (tmp_path / "empty").mkdir()
    for words in ([str(tmp_path / "bad.parquet"), "--edges", str(tmp_path / "bad.parquet")], [str(tmp_path / "nodes.txt"), "--edges", "x"], [str(tmp_path / "empty")], [str(tmp_path / "bad.parquet")], [str(tmp_path / "gone.csv"), "--edges", "x.csv"]):
        done = CliRunner().invoke(cli, ["audit", *words])
        assert (done.exit_code, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr
