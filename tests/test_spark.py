"""The audit on Apache Spark: the same program gives the same tables as on DuckDB, to the byte."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from licgraph.audit import program, standing
from licgraph.audit.classes import Classes
from licgraph.audit.figures import meanings
from licgraph.audit.inventory import Loaded, load
from licgraph.audit.program import Audit, written
from licgraph.audit.state import State
from licgraph.cli import cli
from licgraph.errors import StackError
from licgraph.reports import audit as report

from .conftest import AS_OF
from .test_audit import KNOWLEDGE, folder
from .test_audit_resume import hub, interrupted

duckdb = pytest.importorskip("duckdb", reason="the audit is not run: pip install 'licgraph[audit]'")
pytest.importorskip("pyspark", reason="the audit is not run on Spark: pip install 'licgraph[spark]'")
if not shutil.which("java"):
    pytest.skip("the audit is not run on Spark: there is no Java", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
QUICK = {
    "spark.sql.shuffle.partitions": "2", "spark.sql.adaptive.enabled": "false", "spark.sql.autoBroadcastJoinThreshold": "-1", "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.parquet.enableVectorizedReader": "false", "spark.sql.parquet.compression.codec": "uncompressed", "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms512m",
}  # fmt: skip
"""Small tables are solved sooner than code is made for them."""


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One session for all: it takes seconds to begin."""
    from licgraph.audit.spark import Spark

    engine = Spark(tmp_path_factory.mktemp("spark"), "local[2]", settings=QUICK)
    yield engine
    engine.close()


def results(engine: Any, found: Audit, classes: Classes, loaded: Loaded, target: Path) -> tuple[list[Any], list[Any], str, str]:
    """Everything that is written of an audit."""
    target.mkdir()
    written(engine, found, target)
    standing.write(engine, found, meanings(engine, classes), target / "known.csv", AS_OF, "2027-01-01")
    verdicts, steps = (duckdb.sql(f"SELECT * FROM '{target / name}'") for name in ("verdicts.parquet", "steps.parquet"))
    return [verdicts.columns, verdicts.types, *verdicts.fetchall()], [steps.columns, steps.types, *steps.fetchall()], report.render_json(report.summary(engine, found, loaded, classes)), (target / "known.csv").read_text("utf-8")


def test_both_engines_give_the_same_tables(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Spark it is interrupted when it leaves the second level, and another engine goes on."""
    from licgraph.audit.engine import DuckDB
    from licgraph.audit.spark import Spark

    monkeypatch.setattr(program, "SMALL", 100)  # two levels are joined, the rest is walked
    parts = [hub(1, 250), *(hub(seed, 2 + seed % 7, f"s{seed}/") for seed in range(2, 40))]  # one large inventory and many small ones, side by side
    place = folder(tmp_path / "hub", [row for nodes, _ in parts for row in nodes], [row for _, steps in parts for row in steps])
    classes, engine = Classes(KNOWLEDGE, AS_OF), DuckDB()
    loaded = load(engine, place, None, KNOWLEDGE)
    expected = results(engine, program.run(engine, classes), classes, loaded, tmp_path / "duckdb")
    assert len(expected[0]) > 400

    state, classes, engine = State(tmp_path, {}), Classes(KNOWLEDGE, AS_OF), Spark(tmp_path / "work")
    state.loaded = load(engine, place, None, KNOWLEDGE)
    assert state.loaded == loaded
    with monkeypatch.context() as patch:
        interrupted(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            program.run(engine, classes, state=state)
    engine.close()
    state, classes, engine = State(tmp_path, {}), Classes(KNOWLEDGE, AS_OF), Spark(tmp_path / "work")
    state.resume()
    assert state.reached is not None
    assert state.reached["level"] == 1
    assert results(engine, program.run(engine, classes, state=state), classes, Loaded(*state.loaded), tmp_path / "spark") == expected


def test_what_goes_wrong_is_a_fault(spark: Any, tmp_path: Path) -> None:
    with pytest.raises(StackError, match="it stopped"):
        spark.create("wrong", "SELECT nothing FROM nowhere")
    (tmp_path / "nodes.csv").write_text("id,license\na,mit\nb\n")
    with pytest.raises(StackError, match=r"nodes.csv:3: the line cannot be read"):
        spark.read("nodes", tmp_path / "nodes.csv", ("id", "license"))


def test_executors_that_do_not_share_the_folder_are_noticed(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where each machine has a folder of this name: what the others wrote is not here."""
    monkeypatch.setattr(spark, "files", type("Files", (), {"rows": lambda self, query: [(1,)]})())
    with pytest.raises(StackError, match="Spark wrote 3 rows here and 1 are seen"):
        spark.create("three", "SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3")


def test_options_of_the_command(tmp_path: Path) -> None:
    place = folder(tmp_path / "hub", *hub(2, 5))
    for words, says in ((["--master", "local[2]"], "only Spark has one"), (["--engine", "spark", "--master", "spark://nowhere:1", "--memory", "1GB"], "the memory of a cluster is not set here"), (["--memory", "much"], "`much` is no size")):
        done = CliRunner().invoke(cli, ["audit", str(place), *words])
        assert (done.exit_code, done.stdout) == (2, "")
        assert says in done.stderr
