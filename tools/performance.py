#!/usr/bin/env python3
"""Writes docs/performance.md and docs/explanation/hub.md from what benchmarks recorded (`python tools/performance.py`).

Each benchmark writes docs/performance/NAME.json with `--record`: the command, the date, the machine, the figures. Nothing is measured
here; a record that is not there is said to be not measured.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tools")]

import audit as audit_benchmark  # noqa: E402
import batch as batch_benchmark  # noqa: E402
import hub_page  # noqa: E402
import peers as peers_benchmark  # noqa: E402
import startup as startup_benchmark  # noqa: E402

RECORDS = ROOT / "docs" / "performance"
UNITS = (("seconds", "seconds"), ("cpu", "processor time"))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def measured_on(record: Mapping[str, Any]) -> str:
    """Command, date and machine of a record."""
    at = record["machine"]
    return f"`{record['command']}`, {record['date']}, on {at['cores']} cores ({at['processor']}), {at['memory_gib']} GiB, Python {at['python']}, {at['system']}."


def verdict(bar: Mapping[str, Any]) -> str:
    """Whether a bar is kept, to be seen at a glance where it is not."""
    return "kept" if bar["kept"] else "**missed**"


def peers(record: Mapping[str, Any]) -> Iterator[str]:
    """The neighbouring tools."""
    found = record["figures"]
    yield from (measured_on(record), "")
    yield f"The same {found['questions']} questions for all: may a work that extends one under licence B and takes in changed code under licence A be given to everyone as source under B? {len(peers_benchmark.IDS)} licences that all four know, each five times as A and five times as B. Each tool has an environment of its own and is asked in its best mode; single questions in turns, and batch between their processes, so that other work weighs on both alike. Seconds, and processor seconds in brackets."
    yield ""
    rows = []
    for name, row in sorted(found["tools"].items(), key=lambda kv: kv[0] != "licgraph"):
        cells = [f"{row[key]['seconds']:.2f} ({row[key]['cpu']:.2f})" if key in row else "-" for key in ("one", "apart")]
        rows.append((f"{name} {row['version']}", *cells, f"{peers_benchmark.hundred(row, found['questions']):.2f}", f"{1000 * row['warm']:.2f} ms"))
    yield from table(("tool", "one question", f"{found['questions']} processes", f"{found['questions']} in one process, loading included (processor)", "a further one (processor)"), rows)
    ours = found["tools"]["licgraph"]
    yield ""
    yield f"`licgraph batch` answers the {found['questions']} in {ours['batch']['seconds']:.2f} s ({ours['batch']['cpu']:.2f}) and {ours['batch']['peak_mb']:.0f} MB; {ours['batch_differs'] or 'none'} of its answers differ{'s' if ours['batch_differs'] == 1 else ''} from the library's. The further ones are the same hundred again. Through the library that is {1000 * ours['warm']:.2f} ms, since it keeps answers about stacks that are given as data. Solved anew, with all rules met before, a question is {1000 * ours['solver']:.2f} ms; {1000 * ours['answer_only']:.2f} ms would be yes or no alone: the rest finds what else it could be released as, and under which reading of an open question the answer turns. Within one process, `batch` takes {1000 * ours['batch_first']:.2f} ms for one of the first hundred, and {1000 * ours['batch_again']:.2f} ms for one of a kind that it has answered before. liscopelens has no command that takes two licences: its one question is a line of Python."
    if found["processes"] != found["questions"]:
        yield f"Of the {found['questions']} processes {found['processes']} were run, and scaled."
    yield ""
    yield from table(("bar", "came out", "has to be", ""), [(title, ", ".join(f"{bar[unit]:.1f} in {word}" for unit, word in UNITS if unit in bar), f"{'at most' if 'times the cost' in title else 'at least'} {bar['bar']:g}", verdict(bar)) for title, bar in peers_benchmark.bars(found).items()])
    yield ""
    yield "flict and licomp-toolkit look an answer up in a table by the names of two licences (OSADL's matrix). licgraph derives it from clauses, for works made of any number of parts, with the derivation, what is owed, and which open question of law would change it."
    yield ""
    yield from differences(found)


def differences(found: Mapping[str, Any]) -> Iterator[str]:
    """Where answers differ, and which clause decides."""
    yield from ("### Where the answers differ", "")
    yield "Agreement is no goal; a difference has to have a clause. *layered* is licgraph's no to the whole under one label and yes with the part under its own terms. An answer of theirs that is *unknown* or *depends* counts as another answer than yes or no."
    yield ""
    for name, both in found["differences"].items():
        yield f"**{name}**: {both['same']} of {found['questions']} alike. Theirs / ours: {', '.join(f'{pair} {count}' for pair, count in both['counts'].items())}."
        if note := NOTES.get(name):
            yield note
        yield ""
        yield from table(("theirs / ours", "how many", "decided by", "work <- part"), [(f"{g['theirs']} / {g['ours']}", str(len(g["pairs"])), g["why"], ", ".join(g["pairs"])) for g in both["differ"]])
        yield ""


NOTES = {
    "flict": "Where its table has no entry, or says to check by hand, it ends with an error that says so: *unknown* and *depends* here. It takes the later version of an `-or-later` label where that helps; licgraph holds the label as it is written, under which version 2 is offered too.",
    "licomp-toolkit": "Asked for use of a snippet in a binary distribution, which is the nearest to the question. Another use case rests on another of its sources and gives other answers.",
    "liscopelens": "It says whether two licences can stand side by side, and says the same in both directions; the question has a direction. Hence its yes to code under a copyleft licence in a work under a permissive one. Its no to pairs against which no clause stands is its own reading of terms.",
}


def growth(record: Mapping[str, Any]) -> Iterator[str]:
    """How a verdict grows."""
    yield from (measured_on(record), "", "Processor seconds of one verdict, reading excluded. The exponent is that of a power law through all points: 1 is linear. What does not grow pulls small sizes below it; collecting garbage and missed caches push large ones above.", "")
    rows = [(title, f"{curve['exponent']:.2f}", f"{curve['last']:.2f}", ", ".join(f"{int(n):,}: {seconds:.3f}" for n, seconds in sorted(curve["points"].items(), key=lambda kv: int(kv[0])))) for title, curve in record["figures"].items()]
    yield from table(("by", "exponent", "of the last doubling", "size: seconds"), rows)


def audit(record: Mapping[str, Any]) -> Iterator[str]:
    """The audit beside its floor."""
    found = record["figures"]
    yield from (measured_on(record), "")
    yield "Synthetic Hubs (`benchmarks/synthetic_hub.py`, seeded). The floor is DuckDB alone on the same files: read the inventory, join the steps to what they start from once a level, write one row a component. Seconds, processor seconds in brackets, and the most memory that all its processes held together."
    yield ""
    rows = [
        (f"{row['components']:,}", f"{row['steps']:,}", f"{row['levels']}", f"{row['sorts']:,}", *(f"{row[name]['seconds']:.1f} ({row[name]['cpu']:.1f}), {row[name]['peak_mb']:,.0f} MB" for name in ("floor", "audit")), f"{row['ratio']:.1f} ({row['ratio_cpu']:.1f})")
        for _, row in sorted(found["sizes"].items(), key=lambda kv: int(kv[0]))
    ]
    yield from table(("components", "steps", "levels", "sorts solved", "floor", "audit", "times the floor"), rows)
    yield ""
    for name, title in (("chain", "a chain of {n} (each a fine-tune of the one before, labels in turn)"), ("ring", "a ring of {n}, with {behind} that stand on it and one apart")):
        if row := found.get(name):
            count = row["components"] if name == "chain" else row["components"] - audit_benchmark.BEHIND - 1
            yield f"- {title.format(n=f'{count:,}', behind=audit_benchmark.BEHIND)}: {row['seconds']:.1f} s ({row['cpu']:.1f}), {row['peak_mb']:,.0f} MB, {row['sorts']:,} sorts; {'every answer as it has to be' if row['right'] else '**answers are wrong**'}: {', '.join(f'{a} {n:,}' for a, n in row['answers'].items())}."
    if bars := audit_benchmark.bars(found):
        yield ""
        yield from table(("bar", "came out", "at most", ""), [(title, f"{bar['value']:.2f}", f"{bar['bar']:g}", verdict(bar)) for title, bar in bars.items()])
    if str(audit_benchmark.LARGE) not in found["sizes"]:
        yield ""
        yield f"Not in this record: {audit_benchmark.LARGE:,} components, and with them the bars on time, memory and floor (`python benchmarks/audit.py --nodes 100000,300000,1000000,2500000 --record`)."


def startup(record: Mapping[str, Any]) -> Iterator[str]:
    """A cold command."""
    found = record["figures"]
    yield from (measured_on(record), "")
    bare = found["seconds"][startup_benchmark.BARE]
    yield f"The least processor time of {found['rounds']} runs, in turns with `python -c \"{startup_benchmark.BARE}\"`, which took {1000 * bare:.0f} ms."
    yield ""
    rows = [(title, f"{1000 * found['seconds'][title]:.0f} ms", f"{bar['value']:.2f}", f"{bar['bar']:g}", verdict(bar)) for title, bar in startup_benchmark.bars(found).items()]
    yield from table(("command", "takes", "times the imports", "at most", ""), rows)


def batch(record: Mapping[str, Any]) -> Iterator[str]:
    """Many questions in one process."""
    found = record["figures"]
    yield from (measured_on(record), "")
    yield "Small questions, each of three components: *like the Hub*, labels and steps as often as they are there, with other names each time; *each of its own kind*, works and terms drawn from all licences, so that next to none comes again. None was known at first; an answer is the whole verdict as JSON."
    yield ""
    rows = [(title, f"{found[title]['questions']:,}", f"{found[title]['kinds']:,}", f"{bar['value']:,.0f}", f"{bar['bar']:,.0f}", verdict(bar)) for title, bar in batch_benchmark.bars(found).items()]
    yield from table(("stream", "questions", "kinds", "a second of processor time", "at least", ""), rows)


SECTIONS = {
    "startup": ("Starting", startup, "python benchmarks/startup.py --record"),
    "batch": ("Many questions", batch, "python benchmarks/batch.py --record"),
    "peers": ("Beside other tools", peers, "python benchmarks/peers.py --record"),
    "growth": ("How a verdict's cost grows", growth, "python benchmarks/growth.py --record"),
    "audit": ("An inventory", audit, "python benchmarks/audit.py --record"),
}


def page(folder: Path = RECORDS) -> str:
    """docs/performance.md."""
    lines = ["# What it costs", "", "Made by `tools/performance.py` from what the benchmarks recorded. Ratios are the result: both sides of one come from the same run on the same machine, and other work went on beside it, which is why processor time stands beside seconds. Anyone can run them: each command below prints its figures, and with `--record` writes what this page is made from.", ""]
    for name, (title, told, command) in SECTIONS.items():
        file = folder / f"{name}.json"
        lines += [f"## {title}", "", *(told(json.loads(file.read_text("utf-8"))) if file.is_file() else [f"Not measured: `{command}`."]), ""]
    lines += [
        "## What else can be run", "",
        "Their figures are not kept here: `benchmarks/loading.py` (what the breadth of the knowledge base costs), `page.py` (an HTML report in a browser), `repair.py`, `names.py`, `corpora.py`.", "",
        "## What was not measured", "",
        "Other machines than those named above; macOS and Windows; more than two cores; a cold disk; inventories of real hubs beyond [the joined graph](explanation/hub.md); an audit on a cluster.", "",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    (ROOT / "docs" / "performance.md").write_text(page(), encoding="utf-8")
    (ROOT / "docs" / "explanation" / "hub.md").write_text(hub_page.page(RECORDS), encoding="utf-8")
