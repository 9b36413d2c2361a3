#!/usr/bin/env python3
"""licgraph beside flict, licomp-toolkit and liscopelens: the same hundred questions on software licences, in one run.

    python benchmarks/peers.py [--processes N] [--runs N] [--venvs DIR] [--record]

The question: may a work that extends one under licence B and takes in changed code under licence A be given to everyone as source under B?
Each tool is installed from the package index into a virtual environment of its own, licgraph from this checkout, and is asked in its
best mode: one process a question, and many questions in one process. The environments go when the run ends (`--venvs` keeps them).
flict and licomp-toolkit are under the GPL: they run as programs of their own here and are no dependency of licgraph.

Prints seconds, processor seconds and ratios, and where the answers differ: how often, and which clause decides. Two tools need not
agree; a difference has to have a clause. Exit 1 if a bar is missed: a question 3 times faster than flict's and licomp-toolkit's, a hundred
through `batch` 100 times faster than a hundred processes of theirs, and in one process no dearer than flict's own call.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import venv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from measure import ROOT, Ran, asked, record, run

IDS = (
    "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "BSL-1.0", "Apache-2.0", "AFL-3.0", "Artistic-2.0", "MS-PL", "MPL-2.0", "CDDL-1.0", "EPL-1.0", "EPL-2.0",
    "EUPL-1.2", "LGPL-2.1-only", "LGPL-3.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "AGPL-3.0-only",
)  # fmt: skip
"""Licences that all four know by their SPDX id."""
PAIRS = tuple((IDS[n], IDS[(n + step) % len(IDS)]) for n in range(len(IDS)) for step in (1, 4, 9, 13, 17))
"""Work and part: each licence leads five times and is taken in five times."""
ONE = ("GPL-3.0-only", "Apache-2.0")
"""The question that is asked alone."""
ONE_BAR, MANY_BAR, WARM_BAR = 3.0, 100.0, 1.0

FRAME = """
import json, sys, time
questions = json.load(sys.stdin)
begin = time.process_time()
{program}
loaded = time.process_time()
told = [ask(*q) for q in questions]
first = time.process_time()
rounds = []
for _ in range(5):
    start = time.process_time()
    for q in questions:
        ask(*q)
    rounds.append(time.process_time() - start)
print(json.dumps({{"loading": loaded - begin, "first": first - loaded, "warm": min(rounds), "answers": [word(t, *q) for t, q in zip(told, questions)]}}))
"""


class Peer(NamedTuple):
    """A tool. ``program``: defines ask(work, part), timed, and word(answer, work, part). ``single``: asks one question from the command line; {work} and {part} are put in."""

    package: str
    program: str
    single: tuple[str, ...]
    own_command: bool = True


PEERS = {
    "flict": Peer(
        "flict==1.3.0",
        "from flict.flictlib.arbiter import Arbiter\n"
        "arbiter = Arbiter()\n"
        "ask = lambda work, part: arbiter.verify_outbound_inbound([work], [part])['result']['allowed_outbound_licenses']\n"
        "words = {'No': 'no', 'Unknown': 'unknown', 'Check dependencies manually': 'depends'}\n"
        "word = lambda told, work, part: 'yes' if told else words.get(arbiter.inbounds_outbound_check(work, [part])['compatibility'], 'no')\n",
        ("flict", "verify", "-il", "{part}", "-ol", "{work}"),
    ),
    "licomp-toolkit": Peer(
        "licomp-toolkit==0.6.3",
        "from licomp_toolkit.toolkit import ExpressionExpressionChecker\n"
        "checker = ExpressionExpressionChecker()\n"
        "ask = lambda work, part: checker.check_compatibility(work, part, 'snippet', 'binary-distribution', detailed_report=False)['compatibility']\n"
        "word = lambda told, work, part: told\n",
        ("licomp-toolkit", "-nv", "-u", "snippet", "verify", "-il", "{part}", "-ol", "{work}"),
    ),
    "liscopelens": Peer(
        "liscopelens==0.2.18",
        "from liscopelens.api import check_license_compatibility\n"
        "ask = lambda work, part: check_license_compatibility(work, part)['compatibility']\n"
        "word = lambda told, work, part: {0: 'yes', 1: 'depends', 2: 'depends', 3: 'no'}.get(told, 'unknown')\n",
        ("python", "-c", "import sys; from liscopelens.api import check_license_compatibility as c; print(c(*sys.argv[1:]))", "{work}", "{part}"),
        own_command=False,
    ),
}
OURS = """
from licgraph import assess, knowledge
base = knowledge.load()
ask = lambda stack: assess(stack, knowledge=base)
word = lambda told, stack: ["layered" if told.answer == "no" and told.verdict.layered == "yes" else told.answer, *dict.fromkeys(f"{b.ref} ({b.cite})" for b in told.blockers)]
"""
READ_BEFORE = """
from licgraph import knowledge
from licgraph.answer import assess
from licgraph.inputs.stackfile import from_text
base = knowledge.load()
read = {id(stack): from_text(json.dumps(stack), "question", base) for stack, in questions}
ask = lambda stack: assess(read[id(stack)], base)
word = lambda told, stack: told.answer
"""
ANSWER_ONLY = READ_BEFORE.replace("base)\nword", "base, search=False)\nword")
"""Without what else it could be released as and under which reading the answer turns: what a yes or no alone costs."""

THROUGH_BATCH = """
from licgraph import asking, knowledge
from licgraph.batch import Batch
base = knowledge.load()
batch = Batch(base, "mainstream", asking.assumed({}, base), asking.day_of(""))
lines = {id(stack): json.dumps(stack).encode() for stack, in questions}
ask = lambda stack: batch.answer(lines[id(stack)], 1)
word = lambda told, stack: json.loads(told.text)["answer"]
"""


def question(work: str, part: str) -> dict[str, Any]:
    """The stack file of a question: what is ours is made from both, for everyone, as source."""
    components = {"base": {"kind": "code", "license": work}, "part": {"kind": "code", "license": part}, "made": {"kind": "code", "from": {"modifies": "base", "contains-modified": "part"}}}
    return {"licgraph": 1, "components": components, "release": {"component": "made", "license": work}}


STACKS = tuple((question(*pair),) for pair in PAIRS)


def environment(folder: Path, package: str | Path) -> Path:
    """A virtual environment with one package; returns the folder of its commands."""
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (programs / "pip").exists():
        venv.create(folder, with_pip=True)
    done = run([programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package])
    if done.code:
        sys.exit(f"{package} could not be installed:\n{done.err.decode('utf-8', 'replace')[-2000:]}")
    return programs


def together(programs: Path, program: str, questions: Sequence[Sequence[Any]] = PAIRS) -> dict[str, Any]:
    """The hundred questions in one process of a tool. Each question is what its `ask` takes."""
    done = run([programs / "python", "-W", "ignore", "-c", FRAME.format(program=program)], json.dumps(questions).encode())
    if done.code:
        sys.exit(f"{programs}: {done.err.decode('utf-8', 'replace')[-2000:]}")
    told: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return told


def apart(programs: Path, command: Sequence[str], count: int, ours: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The questions by a process each, as many as are asked for, scaled to all; and what `licgraph batch` costs between them, on average.

    Both are seconds and processor seconds of the same minutes, so that other work on the machine weighs on both.
    """
    theirs, mine, rounds = {"seconds": 0.0, "cpu": 0.0}, {"seconds": 0.0, "cpu": 0.0}, 0
    for number, (work, part) in enumerate(PAIRS[:count]):
        if number % 10 == 0:
            done, _ = batch(ours)
            mine, rounds = {"seconds": mine["seconds"] + done.seconds, "cpu": mine["cpu"] + done.cpu}, rounds + 1
        done = run(filled(programs, command, work, part))
        theirs = {"seconds": theirs["seconds"] + done.seconds, "cpu": theirs["cpu"] + done.cpu}
    return {unit: spent * len(PAIRS) / count for unit, spent in theirs.items()}, {unit: spent / rounds for unit, spent in mine.items()}


def in_turns(commands: Mapping[str, Sequence[str | Path]], rounds: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """One question of each tool, in turns; of each the least seconds and the least processor seconds."""
    ran: dict[str, list[Ran]] = {name: [] for name in commands}
    for number in range(max(rounds.values())):
        for name, command in commands.items():
            if number < rounds[name]:
                ran[name].append(run(command))
    return {name: {"seconds": min(r.seconds for r in runs), "cpu": min(r.cpu for r in runs), "peak_mb": max(r.peak for r in runs)} for name, runs in ran.items()}


def filled(programs: Path, command: Sequence[str], work: str, part: str) -> list[str]:
    """A command with a question put in."""
    return [str(programs / command[0]), *(c.replace("{work}", work).replace("{part}", part) for c in command[1:])]


def batch(programs: Path) -> tuple[Ran, list[str]]:
    """The hundred questions through `licgraph batch`, and its answers in order."""
    given = "".join(json.dumps(stack) + "\n" for (stack,) in STACKS).encode()
    done = run([programs / "licgraph", "batch"], given)
    answers = [json.loads(line).get("answer", "error") for line in done.out.splitlines()]
    if len(answers) != len(PAIRS) or "error" in answers:
        sys.exit(f"licgraph batch: {len(answers)} answers to {len(PAIRS)} questions; {done.err.decode('utf-8', 'replace')[-2000:]}")
    return done, answers


def known_reasons() -> dict[tuple[str, str], str]:
    """Work and part to why we answer otherwise than OSADL's matrix, on which flict and licomp-toolkit rest (tests/osadl_disagreements.yaml)."""
    listed = yaml.safe_load((ROOT / "tests" / "osadl_disagreements.yaml").read_text("utf-8"))
    return {(leading, entry["subordinate"]): entry["because"] for entry in listed for leading in entry["leading"]}


def same(theirs: str, ours: str) -> bool:
    """Whether two answers say the same of the work as a whole."""
    return theirs == "yes" if ours == "yes" else theirs == "no" if ours in ("no", "layered") else theirs == "depends"


def compared(theirs: Sequence[str], ours: Sequence[Sequence[str]], reasons: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Counts by pair of answers, and what decides where they differ: our clause, or what is known of the difference."""
    counts: Counter[str] = Counter(f"{a} / {b[0]}" for a, b in zip(theirs, ours, strict=True))
    differ: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (work, part), a, (b, *clauses) in zip(PAIRS, theirs, ours, strict=True):
        if not same(a, b):
            why = clauses[0] if clauses else reasons.get((work, part), "no clause of either stands against it")
            differ[a, b, why].append(f"{work} <- {part}")
    groups = [{"theirs": a, "ours": b, "why": why, "pairs": pairs} for (a, b, why), pairs in sorted(differ.items(), key=lambda kv: (kv[0][:2], -len(kv[1]), kv[0][2]))]
    return {"counts": dict(sorted(counts.items())), "same": sum(same(a, b[0]) for a, b in zip(theirs, ours, strict=True)), "differ": groups}


def measured(folder: Path, processes: int, runs: int) -> dict[str, Any]:
    """Everything, as it is recorded."""
    programs = environment(folder / "licgraph", ROOT)
    at = {name: environment(folder / name, peer.package) for name, peer in PEERS.items()}
    version = run([programs / "licgraph", "--version"]).out.decode().split()[-1]
    file = folder / "licgraph.yaml"
    file.write_text(yaml.safe_dump(question(*ONE), sort_keys=False), "utf-8")
    commands: dict[str, Sequence[str | Path]] = {"licgraph": [programs / "licgraph", "check", file], **{name: filled(at[name], peer.single, *ONE) for name, peer in PEERS.items()}}
    one = in_turns(commands, {"licgraph": runs, **{name: runs if peer.own_command else min(runs, 3) for name, peer in PEERS.items()}})
    mine, solver, bare, lines = (together(programs, program, STACKS) for program in (OURS, READ_BEFORE, ANSWER_ONLY, THROUGH_BATCH))
    many, answers = batch(programs)
    differing = sum(a != (b[0] if b[0] != "layered" else "no") for a, b in zip(answers, mine["answers"], strict=True))
    found: dict[str, Any] = {"questions": len(PAIRS), "processes": processes, "tools": {"licgraph": {
        "version": version, "one": one["licgraph"], "batch": cost(many), **{k: mine[k] / len(PAIRS) for k in ("first", "warm")}, "loading": mine["loading"],
        "solver": solver["warm"] / len(PAIRS), "answer_only": bare["warm"] / len(PAIRS), "batch_first": lines["first"] / len(PAIRS), "batch_again": lines["warm"] / len(PAIRS),
        "answers": dict(Counter(a[0] for a in mine["answers"])), "batch_differs": differing,
    }}, "differences": {}}  # fmt: skip
    for name, peer in PEERS.items():
        told = together(at[name], peer.program)
        row = {"version": peer.package.partition("==")[2], "one": one[name], **{k: told[k] / len(PAIRS) for k in ("first", "warm")}, "loading": told["loading"], "answers": dict(Counter(told["answers"])), "own_command": peer.own_command}
        if peer.own_command:
            row["apart"], row["batch_beside"] = apart(at[name], peer.single, processes, programs)
        found["tools"][name] = row
        found["differences"][name] = compared(told["answers"], mine["answers"], known_reasons() if name != "liscopelens" else {})
    return found


def hundred(row: Mapping[str, Any], questions: int) -> float:
    """Processor seconds of loading a tool and asking it the questions once, in one process."""
    spent: float = row["loading"] + row["first"] * questions
    return spent


def cost(done: Ran) -> dict[str, float]:
    """What is recorded of a command."""
    return {"seconds": done.seconds, "cpu": done.cpu, "peak_mb": done.peak}


def bars(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each bar: what came out and whether it is kept. The smaller of the ratios of seconds and of processor seconds counts."""
    ours, rows = found["tools"]["licgraph"], {}
    for name in ("flict", "licomp-toolkit"):
        theirs = found["tools"][name]
        for title, mine, other, bar in (("one question", ours["one"], theirs["one"], ONE_BAR), ("a hundred questions through batch", theirs["batch_beside"], theirs["apart"], MANY_BAR)):
            ratios = {unit: other[unit] / mine[unit] for unit in ("seconds", "cpu")}
            rows[f"{title}: times faster than {name}"] = {**ratios, "bar": bar, "kept": min(ratios.values()) >= bar}
    ours, flict, count = found["tools"]["licgraph"], found["tools"]["flict"], found["questions"]
    for title, mine, other in (
        ("its first hundred, loading included", hundred(ours, count), hundred(flict, count)),
        ("asked again, through the library, which keeps answers", ours["warm"], flict["warm"]),
        ("asked again, through batch, which keeps answers", ours["batch_again"], flict["warm"]),
        ("asked again and solved anew, the stack read before", ours["solver"], flict["warm"]),
    ):
        rows[f"in one process, {title}: times the cost of flict's call"] = {"cpu": mine / other, "bar": WARM_BAR, "kept": mine / other <= WARM_BAR}
    return rows


def told(found: Mapping[str, Any]) -> str:
    """The printout."""
    lines = [f"{'':<16}{'one question':>24}{'100 processes':>22}{'100 in one process':>24}{'a further one':>16}", f"{'':<16}{'seconds (processor)':>24}{'':>22}{'processor seconds':>24}{'ms, processor':>16}"]
    for name, row in found["tools"].items():
        cells = [f"{row[k]['seconds']:.2f} ({row[k]['cpu']:.2f})" if k in row else "-" for k in ("one", "apart")]
        lines.append(f"{name:<16}{cells[0]:>24}{cells[1]:>22}{hundred(row, found['questions']):>24.2f}{1000 * row['warm']:>16.3f}")
    ours = found["tools"]["licgraph"]
    lines += [f"licgraph batch: {ours['batch']['seconds']:.2f} s ({ours['batch']['cpu']:.2f}); {ours['batch_differs']} answers differ from the library's. The solver alone, stacks read before: {1000 * ours['solver']:.3f} ms; yes or no alone: {1000 * ours['answer_only']:.3f} ms. Through batch in one process: {1000 * ours['batch_first']:.3f} ms, asked again {1000 * ours['batch_again']:.3f} ms", ""]
    for title, bar in bars(found).items():
        figures = ", ".join(f"{bar[unit]:.1f} in {word}" for unit, word in (("seconds", "seconds"), ("cpu", "processor time")) if unit in bar)
        lines.append(f"{'kept  ' if bar['kept'] else 'MISSED'}  {title}: {figures} (bar {bar['bar']:g})")
    for name, both in found["differences"].items():
        lines += ["", f"{name} / licgraph: {both['same']} of {found['questions']} alike; " + ", ".join(f"{k} {n}" for k, n in both["counts"].items())]
        lines += [f"  {group['theirs']} / {group['ours']} {len(group['pairs'])}: {group['why']}: {', '.join(group['pairs'])}" for group in both["differ"]]
    return "\n".join(lines)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--processes", type=int, default=len(PAIRS), help="ask so many of the hundred by a process each, and scale")
    options.add_argument("--runs", type=int, default=10, help="of one question, of which the least counts")
    options.add_argument("--venvs", type=Path, help="keep the environments here")
    options.add_argument("--record", action="store_true", help="write docs/performance/peers.json")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = measured(given.venvs or Path(scratch), min(given.processes, len(PAIRS)), given.runs)
    print(told(found))
    if given.record:
        record("peers", asked(), found)
    return 0 if all(bar["kept"] for bar in bars(found).values()) else 1


if __name__ == "__main__":
    sys.exit(main())
