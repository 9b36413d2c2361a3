"""Apache Spark as the engine of an audit: the same program, past one machine or on the cores of one.

Every table is a Parquet folder in the work folder, which the driver and all executors see: so no plan grows from level to level,
a lost executor costs the task and not the audit, and a table that is dropped is gone from the disk. Files of the inventory are
read, and results put into one file, by DuckDB beside the driver: one reader for both engines, and what it refuses no engine takes.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from licgraph.audit.engine import MEMORY, DuckDB
from licgraph.audit.reading import AS_THEY_ARE, Words, quoted
from licgraph.errors import Fault, StackError

TYPES = {int: "BIGINT", str: "STRING", bool: "BOOLEAN"}
ENVIRONMENT = ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS", "SPARK_REMOTE")
"""Where any of these is set, the master is what they say; else it is this machine."""
SAME = {"spark.sql.ansi.enabled": "true", "spark.sql.parser.escapedStringLiterals": "true", "spark.sql.session.timeZone": "UTC"}
"""What the program takes for granted of its SQL, whatever the environment says."""


class Spark:
    """The engine. ``folder``: where its tables are. ``master``: as Spark writes it (`local[2]`, `spark://host:7077`, `yarn`); empty: as the environment says.

    One session serves all engines of a process; the engine that began it ends it.
    """

    def __init__(self, folder: Path, master: str = "", memory: str = "", settings: Mapping[str, str] | None = None) -> None:
        try:
            from py4j.protocol import Py4JError
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError:
            raise StackError(Fault("pyspark", 0, "", "it is not installed", "pip install 'licgraph[spark]'")) from None
        self._problems = (PySparkException, Py4JError)
        self.folder = folder.resolve()
        self.files = DuckDB()
        self.files.db.execute("SET preserve_insertion_order=true")  # parts of a result are in order
        self._begun = SparkSession.getActiveSession() is None
        if self._begun and not (shutil.which("java") or os.environ.get("JAVA_HOME")):
            raise StackError(Fault("java", 0, "", "Spark needs it, and it is not found", "Install Java 17 or newer, or set JAVA_HOME"))
        at = master or ("" if any(os.environ.get(name) for name in ENVIRONMENT) else "local[*]")
        if memory and not at.startswith("local"):
            raise StackError(Fault("--memory", 0, "", "the memory of a cluster is not set here", "Set spark.executor.memory and spark.driver.memory where the cluster is configured"))
        builder = SparkSession.builder.appName("licgraph audit")
        for name, value in {**(_here(self.folder, memory or MEMORY) if at.startswith("local") else {}), **({"spark.master": at} if at else {}), **(settings or {})}.items():
            builder = builder.config(name, value)
        self.log = self.folder / "spark.log"
        with self._told(), _into(self.log):
            first = builder.getOrCreate()
            self.session = first.newSession()  # names of tables are its own
            for name, value in SAME.items():
                self.session.conf.set(name, value)
        for place in sorted((self.folder / "tables").glob("*")):
            if (place / "_SUCCESS").exists() or (place / "part-0.parquet").exists():  # else it was being written
                self._view(place.name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._problems as problem:
            lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
            cause = next((line for line in reversed(lines) if line.startswith("Caused by")), lines[0] if lines else type(problem).__name__)
            raise StackError(Fault("Spark", 0, "", f"it stopped ({cause[:300]})", f"Its log ends with: {self._last()}")) from problem

    def _last(self) -> str:
        said = self.log.read_text("utf-8", "replace").split("\n") if self.log.is_file() else []
        return next((line.strip()[:300] for line in reversed(said) if line.strip()), "nothing")

    def read(self, name: str, file: Path, wanted: Sequence[str], words: Words = AS_THEY_ARE) -> Sequence[str]:
        found = self.files.source(file, wanted, words)
        if found.query:
            self._empty(name)
            with self.files.told(file):
                self.files.write(found.query, self._place(name) / "part-0.parquet")
            self._view(name, ", ".join(f"{column} STRING" for column in wanted if column in found.columns or "" in words.get(column, {})))
        return found.columns

    def create(self, name: str, query: str, keep: bool = False) -> None:
        with self._told():
            frame = self.session.sql(query)
            self._kept(frame, self._place(name))
            self._view(name, frame.schema)

    def number(self, name: str, query: str, by: str) -> None:
        """Each part of a table sorted by ranges is numbered by itself; what stands before it is added. One row_number over all would be one task."""
        self.create("ranged", f"SELECT *, spark_partition_id() AS part FROM (SELECT /*+ REPARTITION_BY_RANGE({by}) */ * FROM ({query}))")
        before = f"SELECT part, sum(size) OVER (ORDER BY first) - size AS before FROM (SELECT part, count(*) AS size, min({by}) AS first FROM ranged GROUP BY part)"
        self.create(name, f"SELECT CAST(row_number() OVER (PARTITION BY r.part ORDER BY r.{by}) - 1 + b.before AS BIGINT) AS n, r.* EXCEPT (part) FROM ranged r JOIN ({before}) b ON r.part = b.part")
        self.drop("ranged")

    def put(self, name: str, columns: Mapping[str, type], rows: Iterable[Sequence[Any]], keep: bool = False) -> None:
        self._empty(name)
        self.files.put(name, columns, rows)
        self.files.write(f"SELECT * FROM {name}", self._place(name) / "part-0.parquet")
        self.files.drop(name)
        self._view(name, ", ".join(f"{column} {TYPES[kind]}" for column, kind in columns.items()))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._told():
            return [tuple(row) for row in self.session.sql(query).collect()]

    def drop(self, *names: str) -> None:
        for name in names:
            self.session.catalog.dropTempView(name)
            shutil.rmtree(self._place(name), ignore_errors=True)

    def write(self, query: str, file: Path) -> None:
        with self._told():
            parts = self._kept(self.session.sql(query), self._place("result"))
        self.files.write(f"SELECT * FROM read_parquet([{', '.join(quoted(str(part)) for part in parts)}])", file)
        shutil.rmtree(self._place("result"))

    def set_text(self, value: str) -> str:
        return f"array_join(array_sort(collect_set({value})), ';')"

    def close(self) -> None:
        self.files.close()
        if self._begun:
            self.session.stop()

    def _place(self, name: str) -> Path:
        return self.folder / "tables" / name

    def _empty(self, name: str) -> None:
        shutil.rmtree(self._place(name), ignore_errors=True)
        self._place(name).mkdir(parents=True)

    def _view(self, name: str, schema: Any = None) -> None:
        with self._told():
            reader = self.session.read
            (reader if schema is None else reader.schema(schema)).parquet(self._place(name).as_uri()).createOrReplaceTempView(name)

    def _kept(self, frame: Any, place: Path) -> list[Path]:
        """Writes a frame and gives the parts in order. Where executors do not see the folder of the driver, their rows would be missing without a word: they are counted."""
        from pyspark.sql import Observation, functions

        seen = Observation()
        frame.observe(seen, functions.count(functions.lit(1)).alias("rows")).write.mode("overwrite").parquet(place.as_uri())
        parts = sorted(place.glob("part-*.parquet"))
        there = self.files.rows(f"SELECT count(*) FROM read_parquet([{', '.join(quoted(str(part)) for part in parts)}])")[0][0] if parts else 0
        if there != seen.get["rows"]:
            raise StackError(Fault(str(self.folder), 0, "", f"Spark wrote {seen.get['rows']:,} rows here and {there:,} are seen", "Name a work folder that the driver and all executors share: --work DIR"))
        return parts


def _here(folder: Path, memory: str) -> dict[str, str]:
    """Settings of a session on this machine: no pages served, nothing listens to the network."""
    return {
        "spark.ui.enabled": "false", "spark.driver.host": "localhost", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.memory": f"{memory.upper().removesuffix('B')}", "spark.local.dir": str(folder / "spill"),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(), "spark.sql.shuffle.partitions": str(4 * (os.cpu_count() or 1)), "spark.ui.showConsoleProgress": "false",
    }  # fmt: skip


@contextmanager
def _into(log: Path) -> Iterator[None]:
    """What the virtual machine says goes into a file: it keeps the standard error it was begun with."""
    sys.stderr.flush()
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
