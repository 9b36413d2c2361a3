"""The benchmarks: what they work out from what they measure, and the pages made from their records. No figure is held to a time here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, script


def row(seconds: float, warm: float = 1.0, **more: Any) -> dict[str, Any]:
    """A tool in a record of `peers.py`."""
    cost = {"seconds": seconds, "cpu": seconds, "peak_mb": 50.0}
    return {"version": "1", "one": cost, "first": 0.01, "warm": warm, "loading": 0.1, "answers": {}, "own_command": True, **more}


def record(figures: dict[str, Any]) -> str:
    machine = {"cores": 2, "memory_gib": 8, "processor": "some", "python": "3.11", "system": "Linux"}
    return json.dumps({"command": "run it", "date": "2026-11-28", "machine": machine, "figures": figures})


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_is_that_of_a_power_law(power: float) -> None:
    assert script("benchmarks/measure.py").exponent({n: 3 * n**power for n in (10, 20, 40, 80)}) == pytest.approx(power)


def test_a_command_is_measured_and_what_it_said_is_kept() -> None:
    measure = script("benchmarks/measure.py")
    done = measure.run(["sh", "-c", "cat; echo wrong >&2; exit 3"], b"given")
    assert (done.code, done.out, done.err) == (3, b"given", b"wrong\n")
    assert done.seconds > 0
    assert done.peak > 0


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory of several processes is told on Linux only")
def test_the_memory_of_what_a_command_starts_is_counted() -> None:
    holds = "import sys, time; held = bytearray(80_000_000); time.sleep(0.6)"
    both = f"import subprocess, sys; held = bytearray(80_000_000); subprocess.run([sys.executable, '-c', {holds!r}])"
    told = f"import sys; sys.path.insert(0, 'benchmarks'); from measure import run; print(*(run([sys.executable, '-c', {both!r}], together=t).peak for t in (True, False)))"
    alone = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)  # a small process: a child's peak is never below its parent's
    together, largest = map(float, alone.stdout.split())
    assert together > 150 > largest


def test_a_record_names_no_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = script("benchmarks/measure.py")
    monkeypatch.setattr("sys.argv", [str(ROOT / "benchmarks" / "peers.py"), "--venvs", str(tmp_path), "--record"])
    written = json.loads(measure.record("any", measure.asked(), {"a": 1}, tmp_path).read_text("utf-8"))
    assert written["command"] == "python benchmarks/peers.py --venvs DIR --record"
    assert set(written) == {"command", "date", "machine", "figures"}
    assert set(written["machine"]) == {"cores", "memory_gib", "processor", "python", "system"}
    assert str(tmp_path) not in json.dumps(written)


def test_every_pair_is_asked_once_and_licences_evenly() -> None:
    peers = script("benchmarks/peers.py")
    assert len(set(peers.PAIRS)) == 100
    assert {sum(work == i for work, _ in peers.PAIRS) for i in peers.IDS} == {sum(part == i for _, part in peers.PAIRS) for i in peers.IDS} == {5}
    assert all(work != part for work, part in peers.PAIRS)


@pytest.mark.parametrize(
    ("theirs", "ours", "alike"),
    [("yes", "yes", True), ("no", "no", True), ("no", "layered", True), ("depends", "conditional", True), ("yes", "layered", False), ("unknown", "no", False), ("unknown", "yes", False), ("no", "yes", False), ("yes", "unknown", False), ("no", "unknown", False)],
)
def test_an_answer_that_is_not_known_is_like_no_other(theirs: str, ours: str, alike: bool) -> None:
    assert script("benchmarks/peers.py").same(theirs, ours) is alike


def test_a_difference_is_told_with_what_decides_it() -> None:
    peers = script("benchmarks/peers.py")
    first, second, third = (f"{work} <- {part}" for work, part in peers.PAIRS[:3])
    theirs, ours = ["yes", "no", "no", *["yes"] * 97], [["no", "MIT/x (1)"], ["yes"], ["yes"], *[["yes"]] * 97]
    found = peers.compared(theirs, ours, {peers.PAIRS[1]: "a reason"})
    assert found["same"] == 97
    assert found["counts"] == {"no / yes": 2, "yes / no": 1, "yes / yes": 97}
    told = {(g["theirs"], g["ours"], g["why"]): g["pairs"] for g in found["differ"]}
    assert told == {("no", "yes", "a reason"): [second], ("no", "yes", "no clause of either stands against it"): [third], ("yes", "no", "MIT/x (1)"): [first]}


def test_a_bar_that_is_missed_says_so() -> None:
    peers = script("benchmarks/peers.py")
    slow, once = {"seconds": 90.0, "cpu": 101.0}, {"seconds": 1.0, "cpu": 1.0}
    tools = {"licgraph": row(0.25, warm=0.5, batch={"seconds": 1.0, "cpu": 1.0, "peak_mb": 60.0}, batch_differs=0, solver=0.4, answer_only=0.3, batch_first=0.6, batch_again=0.1), "flict": row(0.8, apart=slow, batch_beside=once), "licomp-toolkit": row(0.5, apart={"seconds": 100.0, "cpu": 100.0}, batch_beside=once)}
    kept = {title: bar["kept"] for title, bar in peers.bars({"questions": 100, "tools": tools}).items()}
    assert kept == {
        "one question: times faster than flict": True, "a hundred questions through batch: times faster than flict": False, "one question: times faster than licomp-toolkit": False,
        "a hundred questions through batch: times faster than licomp-toolkit": True, "in one process, its first hundred, loading included: times the cost of flict's call": True, "in one process, asked again, through the library, which keeps answers: times the cost of flict's call": True,
        "in one process, asked again, through batch, which keeps answers: times the cost of flict's call": True, "in one process, asked again and solved anew, the stack read before: times the cost of flict's call": True,
    }  # fmt: skip


def test_the_audit_is_run_beside_its_floor_and_a_chain_and_a_ring_come_out_right() -> None:
    pytest.importorskip("duckdb", reason="the audit is not run: pip install 'licgraph[audit]'")
    pytest.importorskip("numpy", reason="no synthetic Hub is made")
    benchmark = script("benchmarks/audit.py")
    found = benchmark.measured([2000], 1, 30, 5)
    assert found["chain"]["right"]
    assert found["ring"]["right"]
    assert found["sizes"]["2000"]["components"] == 2000
    assert found["sizes"]["2000"]["ratio"] > 0
    assert benchmark.bars(found) == {}
    large = {"audit": {"seconds": 61.0, "cpu": 1.0, "peak_mb": 4000.0}, "ratio": 9.0, "ratio_cpu": 11.0}
    assert [bar["kept"] for bar in benchmark.bars({"sizes": {"2500000": large}, "exponent": {"seconds": 1.0, "cpu": 1.2}}).values()] == [False, True, True, False, True, False]


def test_the_pages_of_performance_are_up_to_date() -> None:
    made = script("tools/performance.py")
    assert (ROOT / "docs" / "performance.md").read_text("utf-8") == made.page(), "run tools/performance.py"
    assert (ROOT / "docs" / "explanation" / "hub.md").read_text("utf-8") == made.hub_page.page(made.RECORDS), "run tools/performance.py"


def test_the_pages_tell_what_was_measured_and_what_was_not(tmp_path: Path) -> None:
    made = script("tools/performance.py")
    empty = made.page(tmp_path)
    assert empty.count("Not measured: `python benchmarks/") == len(made.SECTIONS)
    assert "Not measured" in made.hub_page.page(tmp_path)
    once = {"seconds": 1.0, "cpu": 1.0}
    tools = {
        "licgraph": row(0.25, warm=0.5, batch={"seconds": 1.0, "cpu": 1.0, "peak_mb": 60.0}, batch_differs=1, solver=0.4, answer_only=0.3, batch_first=0.6, batch_again=0.1), "flict": row(0.8, apart={"seconds": 90.0, "cpu": 101.0}, batch_beside=once),
        "licomp-toolkit": row(1.2, apart={"seconds": 150.0, "cpu": 150.0}, batch_beside=once), "liscopelens": row(3.0),
    }  # fmt: skip
    differences = {"flict": {"same": 99, "counts": {"yes / no": 1}, "differ": [{"theirs": "yes", "ours": "no", "why": "MIT/x (1)", "pairs": ["A <- B"]}]}}
    (tmp_path / "peers.json").write_text(record({"questions": 100, "processes": 50, "tools": tools, "differences": differences}), "utf-8")
    (tmp_path / "growth.json").write_text(record({"a chain": {"points": {"1000": 0.5, "200": 0.1}, "exponent": 1.0, "last": 1.1}}), "utf-8")
    size = {"audit": {"seconds": 9.0, "cpu": 8.0, "peak_mb": 300.0}, "floor": {"seconds": 1.0, "cpu": 1.0, "peak_mb": 100.0}, "ratio": 9.0, "ratio_cpu": 8.0, "components": 100, "steps": 50, "sorts": 7, "classes": 5, "levels": 3}
    wrong = {"components": 10, "seconds": 1.0, "cpu": 1.0, "peak_mb": 90.0, "sorts": 2, "answers": {"yes": 10}, "right": False}
    (tmp_path / "audit.json").write_text(record({"seed": 1, "sizes": {"100": size}, "chain": wrong}), "utf-8")
    (tmp_path / "startup.json").write_text(record({"rounds": 3, "seconds": {"import click, yaml": 0.04, "--help": 0.05, "completion": 0.04, "check of 3 components": 0.09, "check of 6 components": 0.07, "check of 20 components": 0.1}}), "utf-8")
    (tmp_path / "batch.json").write_text(record({"like the Hub": {"questions": 100, "kinds": 40, "a_second": 2500.0}, "each of its own kind": {"questions": 25, "kinds": 25, "a_second": 900.0}}), "utf-8")
    text = made.page(tmp_path)
    assert "Not measured:" not in text
    assert "| check of 3 components | 90 ms | 2.25 | 2 | **missed** |" in text
    assert "| like the Hub | 100 | 40 | 2,500 | 2,000 | kept |" in text
    assert "| one question: times faster than flict | 3.2 in seconds, 3.2 in processor time | at least 3 | kept |" in text
    assert "| a hundred questions through batch: times faster than flict | 90.0 in seconds, 101.0 in processor time | at least 100 | **missed** |" in text
    assert "| yes / no | 1 | MIT/x (1) | A <- B |" in text
    assert "50 were run, and scaled" in text
    assert "200: 0.100, 1,000: 0.500" in text
    assert "**answers are wrong**" in text
    assert "Not in this record: 2,500,000 components" in text
