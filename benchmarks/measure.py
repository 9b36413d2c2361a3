"""What the benchmarks of this folder share: a command's time, processor time and memory; growth as an exponent; a record for docs/performance.md.

A record is docs/performance/NAME.json: the command, the date, the machine (no names) and the figures. `tools/performance.py` makes the page.
"""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "docs" / "performance"


class Ran(NamedTuple):
    """What a command cost. ``cpu``: processor seconds of it and its children. ``peak``: most memory, MB; of the largest process unless asked for all together."""

    seconds: float
    cpu: float
    peak: float
    code: int
    out: bytes
    err: bytes


def run(command: Sequence[str | Path], given: bytes = b"", together: bool = False) -> Ran:
    """Runs a command on its own and waits for it; its output goes through files, so that no pipe slows it down.

    together: also watch the memory of the command and everything it starts, ten times a second (Linux; elsewhere it is that of the
    largest process). The peak of a child is never below that of this process when it was started: keep this process small.
    """
    with tempfile.TemporaryFile() as into, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        into.write(given)
        into.seek(0)
        start = time.perf_counter()
        child = subprocess.Popen(list(map(str, command)), stdin=into, stdout=out, stderr=err)
        seen, ended = [0.0], threading.Event()
        watching = threading.Thread(target=_watch, args=(child.pid, seen, ended)) if together else None
        if watching:
            watching.start()
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if watching:
            ended.set()
            watching.join()
        out.seek(0)
        err.seek(0)
        largest = used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
        return Ran(seconds, used.ru_utime + used.ru_stime, max(largest, *seen), child.returncode, out.read(), err.read())


def _watch(pid: int, seen: list[float], ended: threading.Event) -> None:
    """Puts the most memory that a process and all below it held at one time into ``seen``, MB; pages that several share count once."""
    while not ended.wait(0.1):
        held = 0
        for one in _below(pid):
            try:
                lines = Path(f"/proc/{one}/smaps_rollup").read_text("ascii").splitlines()
                held += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            except (OSError, ValueError):  # it ended meanwhile, or there is no such file here
                continue
        seen[0] = max(seen[0], held / 1024)


def _below(pid: int) -> list[int]:
    """A process and all that it started, as far as they run."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except (OSError, ValueError, IndexError):
            continue
    found = [pid]
    for one in found:
        found += children.get(one, ())
    return found


def fastest(call: Callable[[], object], rounds: int) -> float:
    """The least of `rounds` processor times of a call in this process, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def exponent(points: Mapping[int, float]) -> float:
    """The slope of a straight line through the logarithms, by least squares: 1 is linear, 2 is quadratic."""
    xs, ys = [math.log(x) for x in points], [math.log(y) for y in points.values()]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def machine() -> dict[str, Any]:
    """What it ran on, without saying which machine that was."""
    kind = platform.processor() or platform.machine()
    about = Path("/proc/cpuinfo")
    if about.is_file():
        kind = next((line.partition(":")[2].strip() for line in about.read_text("utf-8").splitlines() if line.startswith("model name")), kind)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {"cores": cores, "memory_gib": round(memory), "processor": kind, "python": platform.python_version(), "system": platform.system()}


def record(name: str, command: str, figures: Mapping[str, Any], folder: Path = RECORDS) -> Path:
    """Writes docs/performance/NAME.json. ``command``: what to type to get it again."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    told = {"command": command, "date": datetime.now(timezone.utc).date().isoformat(), "machine": machine(), "figures": dict(figures)}
    file.write_text(json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def asked() -> str:
    """The command that this script was called with, with paths of this machine left out."""
    words = [Path(sys.argv[0]).resolve().relative_to(ROOT).as_posix(), *("DIR" if Path(w).is_absolute() else w for w in sys.argv[1:])]
    return " ".join(("python", *words))
