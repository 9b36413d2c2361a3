#!/usr/bin/env python3
"""Writes docs/trust.md: what is tried, how many, what came out, how to repeat it (`python tools/trust.py`).

What is cheap to count is counted here, from the repository as it is. What takes hours stands in docs/trust/NAME.json, each
with the `command` that measures it and its `date`; one that is not there is said to be not measured.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from licgraph import knowledge as base  # noqa: E402
from licgraph import upkeep  # noqa: E402
from licgraph.texts import quotes, sha256  # noqa: E402

RECORDS = ROOT / "docs" / "trust"
COLLECTED = ("tests/test_published.py", "tests/test_bad_input.py", "tests/test_silence.py", "tests/test_osadl.py")
NIGHTLY = ("tests/test_properties.py", "tests/test_stateful.py")
MUST = "each has to hold, else CI fails"
"""What is counted here is not run here: nothing is claimed of its outcome but that CI insists on it."""


class Line(NamedTuple):
    """A line of the table."""

    tried: str
    many: str
    outcome: str
    repeat: str


def number(of: float) -> str:
    """With commas, as people write it."""
    return f"{of:,}"


def collected() -> dict[str, int]:
    """How many tests each test function of some files is, and each file, without what the environment adds."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LICGRAPH_")}
    files = [f for f in COLLECTED if (ROOT / f).is_file()]
    done = subprocess.run([sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files], cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    found: dict[str, int] = {}
    for file, test in re.findall(r"(?m)^(tests/\w+\.py)::(\w+)", done.stdout):
        found[file] = found.get(file, 0) + 1
        found[test] = found.get(test, 0) + 1
    return found


def properties() -> tuple[int, int]:
    """How many property tests there are, and how many examples they try (read in a process of its own, for what the environment asks)."""
    tests, examples = 0, 0
    for file in sorted((ROOT / "tests").glob("test_*.py")):
        if not re.search(r"(?m)^\s*@given\(|RuleBasedStateMachine", file.read_text("utf-8")):
            continue
        if (only := os.environ.get("TRUST_ONLY")) and f"tests/{file.name}" not in only.split():
            continue
        for thing in vars(importlib.import_module(f"tests.{file.stem}")).values():
            case = getattr(thing, "TestCase", None)
            settings = getattr(thing, "_hypothesis_internal_use_settings", None) if hasattr(thing, "hypothesis") else getattr(case, "settings", None)
            if getattr(thing, "__module__", "") == f"tests.{file.stem}" and settings is not None:
                tests, examples = tests + 1, examples + settings.max_examples
    return tests, examples


def counted(**environment: str) -> tuple[int, int]:
    """`properties` under an environment."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LICGRAPH_")}
    done = subprocess.run([sys.executable, __file__, "--properties"], cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, check=True)
    tests, examples = map(int, done.stdout.split())
    return tests, examples


def counts() -> Iterator[Line]:
    """What the repository itself says."""
    knowledge = base.load()
    rows = list(upkeep.coverage(knowledge))
    clauses = sum(int(r[4]) + int(r[5]) for r in rows)
    quoted = sum(1 for i in (*knowledge.license_ids, *knowledge.exception_ids) for _ in quotes(knowledge.raw(i)))
    tests = collected()
    cases = len(list((ROOT / "tests" / "cases").glob("*.yaml")))
    examples = len(list((ROOT / "examples").glob("*.yaml")))
    recorded = json.loads((ROOT / "tests" / "reference_answers.json").read_text("utf-8"))
    moved = sum(name in recorded["released"] for name in recorded["now"])
    receipts = dict(line.split("\t")[:2] for line in (ROOT / "data" / "receipts.tsv").read_text("utf-8").splitlines()[1:])
    files = sorted((ROOT / "data" / "licenses").glob("*.yaml"))
    same = sum(receipts.get(f.stem) == sha256(f.read_bytes()) for f in files)
    yield Line("Each quote of a licence file is looked for in the text it cites, and each section of a text is accounted for", f"{number(quoted)} quotes, {number(clauses)} clauses, {len(rows)} licences and {len(knowledge.exception_ids)} exceptions", f"{same} of {len(files)} files are, to the byte, the ones that passed when last put beside their texts", "`LICGRAPH_TEXTS=DIR python tools/check_texts.py`")
    yield Line("Legal cases: a stack, what is expected of it, and the section that this rests on", f"{cases} cases", MUST, "`python -m pytest tests/test_cases.py`")
    yield Line("Answers do not move unnoticed: those of cases and examples are recorded, and a move has to be named in the changelog", f"{number(len({**recorded['released'], **recorded['now']}))} of {cases + examples} recorded", f"{moved} moved since the record was last released", "`python tools/reference.py`")
    yield Line("What stewards and foundations have published about their licences, derived again from the clauses", f"{tests['tests/test_published.py']} statements", MUST, "`python -m pytest tests/test_published.py`")
    many, tried = counted()
    _, night = counted(LICGRAPH_EXAMPLES="100000", TRUST_ONLY=" ".join(NIGHTLY))
    yield Line("Rules for any stack or document (a component more never helps; order and names change nothing; a second, simpler solver agrees)", f"{many} rules, up to {number(tried)} stacks and documents in each CI run", MUST, "`make test`")
    yield Line("The rules about stacks, for longer", f"up to {number(night)} stacks in a run", "not recorded: this page knows of no such run", "`make nightly`")
    yield Line("Stack files that are not in order: exit 2, nothing decided", f"{tests['test_bad_stack']} faults", MUST, "`python -m pytest tests/test_bad_input.py`")
    cells = tests.get("test_it_is_said_and_never_a_pass")
    yield Line("What was not read or not known is said in every format, and is never a pass", f"{number(cells)} cells of fault and format" if cells else "not measured", MUST if cells else "not measured", "`python -m pytest tests/test_silence.py`")


def mutants(found: Mapping[str, Any]) -> Iterator[Line]:
    """Changes made to the solver and the readings, and whether a test noticed; the second solver on many stacks."""
    if second := found.get("second-solver"):
        yield Line("A second solver, written from the rules alone, on as many stacks", f"{number(second['stacks'])} stacks", f"{second['differ']} on which they differ", dated(second))
    if solver := found.get("mutants"):
        total = {key: sum(m.get(key, 0) for m in solver["modules"].values()) for key in ("made", "survived", "explained")}
        days = sorted({m["date"] for m in solver["modules"].values()})
        yield Line(f"One thing in the solver changed at a time ({', '.join(sorted(solver['modules']))}): does a test fail?", f"{number(total['made'])} changes", f"{number(total['made'] - total['survived'])} noticed ({100 * (1 - total['survived'] / total['made']):.1f} %); {total['survived']} not, of which {total['explained']} are explained", dated({**solver, "date": days[-1]}))
    if readings := found.get("knowledge"):
        yield Line("One thing in a reading changed at a time: does anything notice?", f"{number(readings['made'])} changes", f"{number(readings['seen'])} noticed ({100 * readings['seen'] / readings['made']:.1f} %); {number(readings['made'] - readings['seen'])} not, of which {number(readings['explained'])} are explained", dated(readings))


def fuzz(found: Mapping[str, Any]) -> Iterator[Line]:
    """Any bytes into every input."""
    yield Line("Any bytes, into every kind of input", f"{number(found['executions'])} inputs, {len(found['targets'])} targets", f"{found['crashes']} crashes, hangs or too much memory", dated(found))


def hostile(found: Mapping[str, Any]) -> Iterator[Line]:
    """Files that were made to do harm."""
    yield Line("Files made to exhaust or mislead", f"{len(found['files'])} files", f"at most {found['most']['seconds']} s and {found['most']['mb']} MB each (bounds: {found['limits']['seconds']} s, {found['limits']['mb']} MB)", dated(found))


def coverage(found: Mapping[str, Any]) -> Iterator[Line]:
    """Lines and branches that the tests reach: whatever percentages the record has."""
    parts = ", ".join(f"{key.replace('_', ' ').replace('-', ' ')} {value}" for key, value in sorted(found.items()) if isinstance(value, int | float) and not isinstance(value, bool))
    yield Line("Lines and branches of the source that the tests reach", "the whole source", parts or "see the record", dated(found))


def dated(found: Mapping[str, Any]) -> str:
    """The command that measured it, and when."""
    return f"`{found['command']}` ({found['date']})"


MEASURED = {
    "mutants": (mutants, "Changes made to the solver and to readings, one at a time: does a test notice?", "`python tools/mutants.py --write`, `python tools/knowledge_mutants.py --write`"),
    "fuzz": (fuzz, "Any bytes, into every kind of input", "`python tools/fuzz.py`"),
    "hostile": (hostile, "Files made to exhaust or mislead", "`python -m tests.hostile`"),
    "coverage": (coverage, "Lines and branches of the source that the tests reach", "docs/trust/coverage.json"),
}


def records(folder: Path = RECORDS) -> Iterator[Line]:
    """What was measured apart from here, and what was not."""
    for name, (told, what, command) in MEASURED.items():
        file = folder / f"{name}.json"
        if not file.is_file():
            yield Line(what, "not measured", "not measured", command)
            continue
        yield from told(json.loads(file.read_text("utf-8")))


def page(folder: Path = RECORDS) -> str:
    """The whole page."""
    rows = [line for part in (counts(), records(folder)) for line in part]
    return "\n".join([
        "# Why trust it, and how far", "",
        "What is tried on licgraph, how many, what came out, and the command that repeats it. Made by `tools/trust.py`, which CI runs again: it counts what the repository holds "
        "and copies what was measured apart, each with its date. Where it says that CI insists, the outcome is that of the CI run of this commit, not of this page.", "",
        "| what is tried | how many | what came out | how to repeat |", "|---|---|---|---|",
        *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in rows), "",
        "What none of this shows: that a reading is right. The checks are about quotes standing where they are said to stand and about answers following from readings; "
        f"whether a court would read the text so is for a lawyer. Reviewed by a named person so far: {sum(r[8].startswith('reviewed') for r in upkeep.coverage(base.load()))} licences. Open questions of law are named in each answer and never decided ([how](explanation/open-questions.md)).", "",
        "What could go wrong on purpose, and what stands against it: [threat model](explanation/threat-model.md).", "",
    ])  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["--properties"]:
        print(*properties())
    else:
        (ROOT / "docs" / "trust.md").write_text(page(), encoding="utf-8")
