"""The command `audit`: a verdict on every component of an inventory."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

import click

from licgraph import __version__
from licgraph.asking import day_of
from licgraph.cli_help import Command
from licgraph.cli_licenses import FORMATS, reported
from licgraph.errors import Fault, StackError
from licgraph.stack import DEFAULT_PROFILE

if TYPE_CHECKING:
    from licgraph.audit.classes import Classes
    from licgraph.audit.engine import Engine
    from licgraph.audit.program import Audit


WORK = ".work"
"""Where the tables of an audit are meanwhile, in the folder for its results."""
RESULTS = ("verdicts.parquet", "steps.parquet", "labels.parquet", "summary.json", "page.html", "plots")


def _size(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[1-9]\d*(MB|GB)", value.upper()):
        raise click.BadParameter(f"`{value}` is no size: write a whole number and MB or GB, such as 8GB.")
    return value.upper()


def _named(target: Path | None, work: Path | None, resume: bool) -> Path | None:
    """The folder for the tables of an audit that can be gone on with; None where no folder was named. Raises StackError."""
    if target is None and work is None:
        if resume:
            raise StackError(Fault("--resume", 0, "", "nothing says where the interrupted audit is", "Add -o DIR or --work DIR, as it had"))
        return None
    place = work / "licgraph-audit" if work is not None else target / WORK if target is not None else Path()
    if place.exists() and not resume:
        raise StackError(Fault(str(place), 0, "", "an audit was interrupted here, or is still running", "Add --resume to go on with it, or remove this folder"))
    if resume and not (place / "state.json").is_file():
        raise StackError(Fault(str(place), 0, "", "there is no interrupted audit to go on with", "Leave --resume out"))
    return place


@contextmanager
def _folder(place: Path | None, target: Path | None) -> Iterator[Path]:
    """Holds the tables while an audit runs. A named one stays if the audit is interrupted after its inventory was read."""
    if place is None:
        with TemporaryDirectory(prefix="licgraph-audit-", ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
        return
    new = target is not None and not target.exists()
    place.mkdir(parents=True, exist_ok=True)
    try:
        yield place
    except BaseException:
        if (place / "state.json").is_file():
            click.echo(f"what was solved is kept in {place}: the same command with --resume goes on from there", err=True)
        else:
            rmtree(place, ignore_errors=True)
            if new and target is not None:
                with suppress(OSError):
                    target.rmdir()
        raise
    rmtree(place, ignore_errors=True)


def _engine(named: str, place: Path, master: str, memory: str, keeps: bool) -> Engine:
    if named == "spark":
        from licgraph.audit.spark import Spark

        return Spark(place, master, memory)
    from licgraph.audit.engine import MEMORY, DuckDB

    return DuckDB(place, memory or MEMORY, keeps)


@click.command(cls=Command)
@click.argument("inventory", type=click.Path(path_type=Path))
@click.option("--edges", "edges", type=click.Path(path_type=Path), metavar="FILE", help="The steps, where INVENTORY is a file of components.")
@click.option("-o", "--out", "target", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write the verdicts and steps as tables, summary.json and page.html into a new folder.")
@click.option("--plots", is_flag=True, help="With --out: the plots as files too, each as SVG and PNG.")
@click.option("--by", type=click.Choice(["license", "family", "component", "duty"]), help="Tell more by this.")
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="What stood against labels when it was written, which does not count.")
@click.option("--write-baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write down what stands against labels now (.csv or .parquet); what is in it already keeps its days.")
@click.option("--until", metavar="DATE", help="With --write-baseline: how long new entries count. Default: 90 days.")
@click.option("--profile", default=DEFAULT_PROFILE, show_default=True, type=click.Choice(["conservative", "mainstream", "permissive"]))
@click.option("--as-of", metavar="DATE", help="The day on which dated licences are read.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes. Default: one a processor.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base.")
@click.option("--engine", "named", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What solves it: DuckDB on this machine, or Apache Spark.")
@click.option("--master", metavar="URL", default="", help="Where Spark runs, such as local[2] or spark://host:7077.  [default: what its environment says, else this machine]")
@click.option("--memory", metavar="SIZE", default="", callback=_size, help="What the engine may take on this machine, such as 8GB; beyond it, it spills to disk.  [default: 2500MB]")
@click.option("--work", "work", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where tables are kept meanwhile, a folder that a cluster shares.  [default: in that of -o, else the system's for temporary files]")
@click.option("--resume", is_flag=True, help="Go on with an audit that was interrupted, from the last level it finished; -o or --work as it had.")
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
def audit(inventory: Path, edges: Path | None, target: Path | None, plots: bool, by: str | None, baseline: Path | None, write_baseline: Path | None, until: str | None, profile: str, as_of: str | None, jobs: int | None, folder: Path | None, named: str, master: str, memory: str, work: Path | None, resume: bool, form_of_output: str) -> None:
    """May each component of an inventory be released under its own label?

    INVENTORY: a folder with nodes and edges (.parquet, .csv or .ndjson), or the file of nodes. Nodes: id, license, and if wanted
    kind (weights by default); edges: child, parent, relation. The answers are those of `check`. Exit 1 if a label is blocked, 3 if something is open, unknown or without a label.
    """
    with reported(form_of_output):
        from licgraph import knowledge as base
        from licgraph.audit.classes import Classes
        from licgraph.audit.inventory import Loaded, files, load
        from licgraph.audit.program import run, written
        from licgraph.audit.state import State, digest
        from licgraph.audit.workers import Rows, settle
        from licgraph.index import data_folder
        from licgraph.progress import Progress
        from licgraph.reports import audit as report

        if master and named != "spark":
            raise StackError(Fault("--master", 0, "", "only Spark has one", "Add --engine spark"))
        if target is not None and target.exists() and {item.name for item in target.iterdir()} - {WORK, *(RESULTS if resume else ())}:
            raise StackError(Fault(str(target), 0, "", "there is something in this folder already", "Name an empty or a new one"))
        if plots:
            _can_draw(target)
        knowledge, day = base.load(folder), day_of(as_of)
        ends = _ends(baseline, write_baseline, until, day)
        of = {"inventory": digest(*files(inventory, edges))[:16], "knowledge": f"{knowledge.version} {digest(folder or data_folder())[:16]}", "profile": profile, "as of": day, "engine": named, "licgraph": __version__}
        place = _named(target, work, resume)
        state = State(place, of) if place is not None else None
        if resume and state is not None:
            state.resume()
        with _folder(place, target) as tables, closing(_engine(named, tables, master, memory, place is not None)) as engine, Progress() as line:
            found = Loaded(*state.loaded) if resume and state is not None else load(engine, inventory, edges, knowledge)
            if state is not None:
                state.loaded = found
            _readable(engine, baseline, write_baseline)
            classes = Classes(knowledge, day, profile)
            settle()
            if target is not None:
                Thread(target=_drawing, daemon=True).start()
            with closing(Rows(classes, jobs or os.cpu_count() or 1, folder)) as rows:
                result = run(engine, classes, line.say, rows, state)
            summary = report.summary(engine, result, found, classes)
            said = _held(engine, result, classes, summary, baseline, write_baseline, ends)
            if target is not None:
                target.mkdir(parents=True, exist_ok=True)
                written(engine, result, target)
                _told(engine, summary, inventory, target, plots)
    click.echo(report.render_json(summary) if form_of_output == "json" else report.render(summary, by or "", said), nl=False)
    sys.exit(report.exit_code(summary))


def _ends(baseline: Path | None, write_baseline: Path | None, until: str | None, day: str) -> str:
    """The last day of new entries; faults of the options about baselines, before anything is solved. Raises StackError."""
    from licgraph.audit.standing import check_name
    from licgraph.baseline import RUNS_DAYS
    from licgraph.gate import days_after

    if baseline is not None and write_baseline is not None:
        raise StackError(Fault("--baseline", 0, "", "a baseline is read or written, not both", "Leave one out: what is written is counted at once"))
    if until and write_baseline is None:
        raise StackError(Fault("--until", 0, "", "no baseline is written", "Add --write-baseline FILE"))
    if until and day_of(until) < day:
        raise StackError(Fault("--until", 0, "", f"`{until}` is before {day}", "Name a later day"))
    for file in (baseline, write_baseline):
        if file is not None:
            check_name(file)
    if baseline is not None and not baseline.is_file():
        raise StackError(Fault(str(baseline), 0, "", "there is no such file", "Write it: licgraph audit --write-baseline FILE"))
    return day_of(until) if until else days_after(day, RUNS_DAYS)


def _readable(engine: Engine, *files: Path | None) -> None:
    """Raises StackError for a baseline that cannot be read, before anything is solved."""
    from licgraph.audit import standing

    for file in files:
        if file is not None and file.exists():
            standing.read(engine, file)
            engine.drop("entries")


def _held(engine: Engine, result: Audit, classes: Classes, summary: dict[str, Any], baseline: Path | None, write_baseline: Path | None, ends: str) -> str:
    """Holds the audit against a baseline, written first if it is to be; returns what to say of the writing."""
    file, said = write_baseline or baseline, ""
    if file is None:
        return ""
    from licgraph.audit import standing
    from licgraph.audit.figures import meanings

    labels = meanings(engine, classes)
    if write_baseline is not None:
        new = standing.write(engine, result, labels, file, classes.as_of, ends)
        said = f"baseline {file} written: {new.kept:,} kept, {new.added:,} added{f' (until {ends})' if new.added else ''}, {new.dropped:,} dropped"
    summary["baseline"] = standing.held(engine, result, labels, file, classes.as_of)._asdict()
    return said


def _can_draw(target: Path | None) -> None:
    """Raises StackError where plots are asked for and cannot be, before anything is solved."""
    from licgraph.reports.plots import available

    if target is None:
        raise StackError(Fault("--plots", 0, "", "there is no folder for them", "Add --out DIR"))
    if not available():
        raise StackError(Fault("matplotlib", 0, "", "it is not installed", "pip install 'licgraph[audit]'"))


def _drawing() -> None:
    from licgraph.reports import plots

    plots.load()


def _told(engine: Engine, summary: Mapping[str, Any], inventory: Path, target: Path, files: bool) -> None:
    """Writes what people read: the figures, the page, and the plots where they are wanted as files."""
    from licgraph.audit.figures import write_labels
    from licgraph.reports import audit, plots
    from licgraph.reports.page.audit import render
    from licgraph.upkeep import write_atomically

    write_labels(engine, target)
    write_atomically(target / "summary.json", audit.render_json(summary))
    drawn = plots.plots(summary, png=files) if plots.available() else ()
    if files:
        (target / "plots").mkdir(exist_ok=True)
        for plot in drawn:
            write_atomically(target / "plots" / f"{plot.name}.svg", plot.svg)
            (target / "plots" / f"{plot.name}.png").write_bytes(plot.png)
    write_atomically(target / "page.html", render(summary, inventory.name or str(inventory), drawn))
