"""An audit that is interrupted goes on at the level it had reached; what was read is read whole or refused."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from licgraph.audit import program
from licgraph.cli import cli

from .conftest import AS_OF
from .strategies import KINDS, LICENSES, RELATIONS
from .test_audit import folder

duckdb = pytest.importorskip("duckdb", reason="the audit is not run: pip install 'licgraph[audit]'")
LABELS = [*LICENSES, "gemma", "gemma", "bsd", "", "", "llama3", "other", "a licence nobody knows", "it's \\n odd"]
FILES = ("verdicts.parquet", "steps.parquet", "labels.parquet", "summary.json")


def hub(seed: int, size: int, prefix: str = "") -> tuple[list[Sequence[str]], list[Sequence[str]]]:
    """Components with chains, merges, a circle now and then, ambiguous names and a source that is not listed."""
    chance = random.Random(seed)
    names = [prefix + chance.choice(["org/Llama-{}", "llama/m{}", "org/exaone-{}", "\u00e9/\u4e00{}", "m{}"]).format(n) for n in range(size)]
    nodes = [(name, chance.choice(KINDS), chance.choice(LABELS)) for name in names]
    steps = []
    for n, name in enumerate(names):
        for back in {chance.choice([1, 1, 2, n // 2 + 1, n]) for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))} if n else ():
            steps.append((name, names[n - back], chance.choice(RELATIONS)))
    if chance.random() < 0.4:
        steps.append((names[size // 2], names[-1], "finetune"))
    return nodes, [*steps, (names[-1], f"{prefix}gone/base", "quantized"), *steps[:1]]


def audit(place: Path, target: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["audit", str(place), "-o", str(target), "--as-of", AS_OF, "--jobs", "1", *words])


def interrupted(monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    """Stops every audit when it leaves this level."""
    whole = program._next

    def stopped(engine: Any, at: int) -> Sequence[str]:
        if at == level:
            engine.create("leaving", "SELECT 1 AS half")  # a table that is there and wrong
            raise KeyboardInterrupt
        return whole(engine, at)

    monkeypatch.setattr(program, "_next", stopped)


def test_it_goes_on_at_the_level_it_had_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "SMALL", 5)
    place = folder(tmp_path / "hub", *hub(1, 120))
    whole = audit(place, tmp_path / "whole")
    assert whole.exit_code == 1, whole.output
    solved: list[int] = []
    real = program._solve
    monkeypatch.setattr(program, "_solve", lambda engine, sorts, level: (solved.append(level), real(engine, sorts, level))[1])
    for level in (0, 2):
        target = tmp_path / f"stopped-{level}"
        with monkeypatch.context() as patch:
            interrupted(patch, level)
            stopped = audit(place, target)
        assert (stopped.exit_code, [p.name for p in target.iterdir()]) == (1, [".work"])
        assert "the same command with --resume goes on from there" in stopped.stderr
        solved.clear()
        done = audit(place, target, "--resume")
        assert (done.exit_code, done.stdout, done.stderr, solved[0]) == (1, whole.stdout, "", level)
        assert sorted(p.name for p in target.iterdir()) == sorted(p.name for p in (tmp_path / "whole").iterdir())
        for name in FILES:
            assert (target / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_what_is_no_rest_of_this_audit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, target = folder(tmp_path / "hub", *hub(2, 9)), tmp_path / "out"
    assert "there is no interrupted audit to go on with" in audit(place, target, "--resume").stderr
    assert not target.exists()
    with monkeypatch.context() as patch:
        interrupted(patch, 0)
        audit(place, target)
    again = audit(place, target)
    assert (again.exit_code, "an audit was interrupted here, or is still running. Add --resume" in again.stderr) == (2, True)
    other = folder(tmp_path / "other", *hub(3, 9))
    for words, says in (([str(other)], "inventory: the interrupted audit is of another"), ([str(place), "--profile", "permissive"], "profile: the interrupted audit is of another: mainstream, not permissive"), ([str(place), "--as-of", "2026-01-01"], "as of: the"), ([str(place), "--engine", "spark"], "engine: the")):
        done = CliRunner().invoke(cli, ["audit", "-o", str(target), "--as-of", AS_OF, "--resume", *words])
        assert (done.exit_code, done.stdout) == (2, "")
        assert says in done.stderr
        assert "goes on from there" not in done.stderr
    (target / ".work" / "state.json").write_text("{}")
    assert "it is not what an interrupted audit left" in audit(place, target, "--resume").stderr
    assert "nothing says where the interrupted audit is" in CliRunner().invoke(cli, ["audit", str(place), "--resume"]).stderr


def test_the_folder_for_tables_is_gone_afterwards(tmp_path: Path) -> None:
    place, work = folder(tmp_path / "hub", *hub(4, 9)), tmp_path / "work"
    assert audit(place, tmp_path / "out", "--work", str(work), "--memory", "1gb").exit_code == 1
    assert list(work.iterdir()) == []
    shutil.rmtree(tmp_path / "out")
    (place / "edges.csv").write_text("child,parent,relation\na,b,finetun\n")
    assert audit(place, tmp_path / "out").exit_code == 2
    assert not (tmp_path / "out").exists()


HEAD = "id,license\n"
LATE = HEAD + "".join(f"n{n},mit\n" for n in range(25_000))
LATE_JSON = "".join(f'{{"id": "n{n}", "license": "mit"}}\n' for n in range(25_000))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("nodes.csv", HEAD + "a,mit\nb\n", "nodes.csv:3: the line cannot be read"), ("nodes.csv", HEAD + "a,mit\nb,mit,zz\n", "nodes.csv:3: the line cannot be read"), ("nodes.csv", LATE + "z\n", "nodes.csv:25002: the line"),
        ("nodes.csv", HEAD + 'a,"mit\nb,gpl\n', "nodes.csv:2: the line cannot be read"), ("nodes.csv", HEAD + '"a"b,mit\n', "nodes.csv:2: the line cannot be read"), ("nodes.csv", b"id,license\na\xff,mit\n", "nodes.csv:2: the line cannot be read"),
        ("nodes.csv", "made by hand\n" + HEAD + "a,mit\n", "there is no column `id`"), ("nodes.csv", "id;license\na;mit\n", "there is no column `id`"), ("nodes.csv", "id,id,license\na,b,mit\n", "two columns have this name"), ("nodes.csv", "", "there is no column `id`"),
        ("nodes.csv", HEAD + " ,mit\na,mit\n", "1 components have no id"), ("nodes.ndjson", LATE_JSON + '{"id": "z", "license": ["mit"]}\n', "license: 1 lines hold a list or an object"), ("nodes.ndjson", '{"id": "a", "license": "mit"}\n{"id": "b",\n', "nodes.ndjson:2: the line cannot be read"),
        ("nodes.ndjson", '["a", "mit"]\n', "1 lines are no objects"), ("nodes.ndjson", '{"id": "a", "id": "b", "license": "mit"}\n', "in 1 lines a key stands twice"), ("nodes.ndjson", "", "there is no column `id`"), ("nodes.ndjson", b'{"id": "a\xff", "license": "mit"}\n', "nodes.ndjson:1: the line"),
        ("nodes.txt", "id", "it does not hold a table of nodes"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_whole_is_refused(name: str, text: str | bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    (tmp_path / "edges.csv").write_text("child,parent,relation\n")
    done = CliRunner().invoke(cli, ["audit", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nodes.csv", '\ufeffid,license,kind\r\n" \ta\u00a0",MIT , \r\n'), ("nodes.csv", 'x,license,id\n1,MIT,a\n\n'), ("nodes.ndjson", LATE_JSON.replace("n0", "a") + '{"id": "z", "license": null, "kind": "dataset", "tags": []}\n'),
        ("nodes.parquet", "SELECT 'a' AS id, 'MIT' AS license, 3 AS size"), ("nodes.parquet/part-1.parquet", "SELECT 'a' AS id, 'MIT' AS license"),
    ],
)  # fmt: skip
def test_what_is_read(name: str, text: str, tmp_path: Path) -> None:
    from licgraph.audit.engine import DuckDB
    from licgraph.audit.inventory import load

    from .test_audit import KNOWLEDGE

    (tmp_path / name).parent.mkdir(exist_ok=True)
    if ".parquet" in name:
        duckdb.sql(text).write_parquet(str(tmp_path / name))
    else:
        (tmp_path / name).write_text(text, "utf-8", newline="")
    (tmp_path / "edges.csv").write_text("child,parent,relation\na,b,quantized\n")
    engine = DuckDB()
    load(engine, tmp_path, None, KNOWLEDGE)
    assert [(i, kind, label.upper()) for i, kind, label in engine.rows("SELECT * FROM nodes WHERE id = 'a'")] == [("a", "weights", "MIT")]
    assert engine.rows("SELECT * FROM edges") == [("a", "b", "quantize")]
    assert engine.rows("SELECT kind, license FROM nodes WHERE id = 'z'") == ([("dataset", "")] if "json" in name else [])


def test_a_parquet_file_of_lists_is_refused(tmp_path: Path) -> None:
    duckdb.sql("SELECT 'a' AS id, ['mit'] AS license").write_parquet(str(tmp_path / "nodes.parquet"))
    (tmp_path / "edges.csv").write_text("child,parent,relation\n")
    done = CliRunner().invoke(cli, ["audit", str(tmp_path)])
    assert (done.exit_code, "license: the column holds VARCHAR[], not text" in done.stderr) == (2, True)
