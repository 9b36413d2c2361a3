"""Gives every input any bytes, for a while: `python tools/fuzz.py [--minutes N] [--target NAME]... [--engine atheris|hypothesis]`.

The targets are those of tests/fuzz; they take turns within the time, each in a process of its own with bounded memory. Seeds
come from LICGRAPH_CORPORA and LICGRAPH_TEXTS when they are set. What goes wrong is kept outside of the repository, told once
for each place it goes wrong at, and counts are written to docs/trust/fuzz.json. Exit 1 if anything went wrong.

atheris (tools/requirements-fuzz.txt) follows which lines are reached; without it Hypothesis changes valid documents.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "docs" / "trust" / "fuzz.json"
MEMORY = 3_000_000_000
SLOW = 10
"""Seconds that one input may take."""
ENGINES = ("atheris", "hypothesis")


class TooSlow(Exception):
    """One input took longer than it may."""


class Watched:
    """A target that goes on after a fault: the first input for each place is kept."""

    def __init__(self, run: Callable[[bytes], object], crashes: Path, seconds: float) -> None:
        self.run, self.crashes = run, crashes
        self.until = time.monotonic() + seconds
        self.executions = 0
        self.found: dict[str, str] = {}

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.until

    def __call__(self, data: bytes) -> None:
        self.executions += 1
        signal.setitimer(signal.ITIMER_REAL, SLOW)
        try:
            self.run(data)
        except Exception as problem:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._keep(data, problem)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _keep(self, data: bytes, problem: Exception) -> None:
        frames = traceback.extract_tb(problem.__traceback__)
        place = next((f for f in reversed(frames) if "/licgraph/" in f.filename), frames[-1])
        told = f" {str(problem)[:60]}" if isinstance(problem, AssertionError) else ""
        key = f"{type(problem).__name__} at {Path(place.filename).name}:{place.lineno}{told}"
        if key in self.found:
            return
        file = self.crashes / f"{len(self.found):02}-{type(problem).__name__}"
        self.crashes.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        file.with_suffix(".txt").write_text("".join(traceback.format_exception(problem)), "utf-8", "replace")
        self.found[key] = str(file)


def atheris_engine(name: str, target: Callable[[], Any], crashes: Path, seconds: float, result: Path, begin: int) -> None:
    """Coverage-guided; every other change is one of our own, which keeps a document's form."""
    import atheris

    with atheris.instrument_imports(include=["licgraph"]):
        found = target()
    from tests.fuzz.changed import changed

    watched = Watched(found.run, crashes, seconds)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        try:
            return bytes(atheris.Mutate(data, most)) if seed % 3 == 0 else changed(data, Random(seed))[:most]
        except Exception:  # libFuzzer would wait for ever
            traceback.print_exc()
            os._exit(1)

    def once(data: bytes) -> None:
        watched(data)
        if watched.over:
            write(watched, result)
            os._exit(0)

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(found.seeds()):
            (Path(corpus) / f"{number:04}").write_bytes(seed)
        write(watched, result)
        atheris.Setup([name, "-timeout=120", "-rss_limit_mb=0", "-max_len=100000", "-print_final_stats=0", "-verbosity=0", f"-max_total_time={int(seconds) + 5}", f"-seed={begin}", f"-artifact_prefix={crashes}-", corpus], once, custom_mutator=mutate)
        atheris.Fuzz()


def hypothesis_engine(name: str, target: Callable[[], Any], crashes: Path, seconds: float, result: Path, begin: int) -> None:
    """Valid documents, changed at random."""
    import hypothesis
    from hypothesis import HealthCheck, Phase, given, settings
    from tests.fuzz.changed import documents

    found = target()
    seeds = found.seeds()
    watched = Watched(found.run, crashes, seconds)
    for seed in seeds:
        watched(seed)
        if watched.over:
            break

    @settings(max_examples=200, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(documents(seeds))
    def some(data: bytes) -> None:
        if not watched.over:
            watched(data)

    round_ = begin
    while not watched.over:
        (hypothesis.seed(round_)(some) if begin else some)()
        round_ += 1
    write(watched, result)


def write(watched: Watched, result: Path) -> None:
    result.write_text(json.dumps({"executions": watched.executions, "found": watched.found}), "utf-8")


def one(name: str, engine: str, crashes: Path, seconds: float, result: Path, begin: int) -> None:
    """A target in this process."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "NO_COLOR": "1"}
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _too_slow)

    def target() -> Any:
        from tests.fuzz.targets import TARGETS

        return TARGETS[name]

    crashes.mkdir(parents=True, exist_ok=True)
    run = {"atheris": atheris_engine, "hypothesis": hypothesis_engine}[engine]
    run(name, target, crashes, seconds, result, begin)


def _too_slow(*_: object) -> None:
    raise TooSlow(f"more than {SLOW} s")


def names() -> list[str]:
    from tests.fuzz.targets import TARGETS

    return list(TARGETS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=3.0, help="for all targets together")
    parser.add_argument("--target", action="append", metavar="NAME", help="one of them; again for several")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0] if importlib.util.find_spec("atheris") else ENGINES[1])
    parser.add_argument("--crashes", type=Path, default=Path(tempfile.gettempdir()) / "licgraph-crashes", metavar="DIR")
    parser.add_argument("--record", type=Path, default=RECORD, metavar="FILE", help="where the counts go")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="begin at the same place each time, so that a run can be had again; 0, the default: anywhere")
    parser.add_argument("--one", nargs=3, metavar=("NAME", "SECONDS", "RESULT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if given.one:
        one(given.one[0], given.engine, given.crashes / given.one[0], float(given.one[1]), Path(given.one[2]), given.seed)
        return 0
    wanted = given.target or names()
    if unknown := set(wanted) - set(names()):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    print(f"{len(wanted)} targets, {given.minutes:g} minutes, {given.engine}; corpora: {'yes' if os.environ.get('LICGRAPH_CORPORA') else 'no'}")
    until = time.monotonic() + given.minutes * 60
    counts: dict[str, dict[str, int]] = {}
    for number, name in enumerate(wanted):
        seconds = max((until - time.monotonic()) / (len(wanted) - number), 1.0)
        counts[name] = turn(name, seconds, given)
    record = {
        "command": f"python tools/fuzz.py --minutes {given.minutes:g}" + "".join(f" --target {t}" for t in given.target or ()) + f" --engine {given.engine}",
        "date": date.today().isoformat(),
        "executions": sum(c["executions"] for c in counts.values()),
        "crashes": sum(c["crashes"] for c in counts.values()),
        "corpora": bool(os.environ.get("LICGRAPH_CORPORA")),
        "targets": dict(sorted(counts.items())),
    }
    given.record.parent.mkdir(parents=True, exist_ok=True)
    rows = ",\n  ".join(f"{json.dumps(name)}: {json.dumps(counted)}" for name, counted in record["targets"].items())
    head = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in sorted(record.items()) if key != "targets")
    given.record.write_text(f'{{\n{head} "targets": {{\n  {rows}\n }}\n}}\n', "utf-8")
    print(f"{record['executions']} executions, {record['crashes']} faults; kept in {given.crashes}" if record["crashes"] else f"{record['executions']} executions, no faults")
    return 1 if record["crashes"] else 0


def turn(name: str, seconds: float, given: argparse.Namespace) -> dict[str, int]:
    """A target in a process of its own, for so long; the process may die, and that is a fault too."""
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "result.json"
        words = [sys.executable, __file__, "--engine", given.engine, "--crashes", str(given.crashes), "--seed", str(given.seed), "--one", name, f"{seconds:.1f}", str(result)]
        start = time.monotonic()
        try:
            done = subprocess.run(words, cwd=ROOT, capture_output=True, env={**os.environ, "TMPDIR": scratch, **({"PYTHONHASHSEED": str(given.seed % 2**32)} if given.seed else {})}, timeout=seconds + 40, check=False)
            code, noise = done.returncode, done.stderr
        except subprocess.TimeoutExpired as problem:
            code, noise = -9, problem.stderr or b""
        found = json.loads(result.read_text("utf-8")) if result.is_file() else {"executions": 0, "found": {}}
    if code:
        given.crashes.mkdir(parents=True, exist_ok=True)
        file = given.crashes / f"{name}-process.txt"
        file.write_bytes(noise[-20_000:])
        found["found"][f"the process ended with {code}"] = str(file)
    print(f"  {name:<22} {found['executions']:>8} executions {time.monotonic() - start:>6.1f} s  {len(found['found'])} faults", flush=True)
    for key, file_name in found["found"].items():
        print(f"      {key}  {file_name}", flush=True)
    return {"executions": found["executions"], "crashes": len(found["found"])}


if __name__ == "__main__":
    sys.exit(main())
