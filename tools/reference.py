#!/usr/bin/env python3
"""The answers of the reference estate, recorded: `python tools/reference.py` renews tests/reference_answers.json.

The record has the answer, the three profiles and a hash of the duties of every case and example as of the last release
(`released`), and what is otherwise now (`now`). What moved has to be named in the newest *Knowledge* section of CHANGELOG.md:
the case or example itself, or a licence it rests on. `--release` makes what is now the released state.
Exit 1: something moved that the changelog does not name; nothing is written then.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

from moved import DAY, Entry, estate  # noqa: E402

from licgraph import knowledge as base  # noqa: E402
from licgraph.inputs.stackfile import from_text  # noqa: E402
from licgraph.knowledge import Knowledge  # noqa: E402
from licgraph.slices import Premises, solve  # noqa: E402
from licgraph.stack import DEFAULT_PROFILE  # noqa: E402

FILE = ROOT / "tests" / "reference_answers.json"
CHANGELOG = ROOT / "CHANGELOG.md"
Record = dict[str, str]
"""For each stack: its answer, the answers by profile, and the first digits of the hash of its duties."""


def answers(entries: Iterable[Entry], knowledge: Knowledge) -> tuple[Record, dict[str, tuple[str, ...]]]:
    """The record of the stacks, and the licences that each rests on."""
    record: Record = {}
    licences = {}
    for entry in entries:
        found, used = solve(Premises(from_text(entry.text, entry.name, knowledge), knowledge, DEFAULT_PROFILE, (), DAY))
        verdict: Mapping[str, Any] = found.to_json()
        owed = sorted({(d["id"], d["license"], d["status"], bool(d["rests_on"])) for d in verdict["duties"]})
        digest = hashlib.sha256(json.dumps(owed).encode()).hexdigest()[:12]
        record[entry.name] = f"{verdict['answer']}; {', '.join(f'{p} {a}' for p, a in sorted(verdict['by_profile'].items()))}; duties {digest}"
        licences[entry.name] = tuple(used["licenses"])
    return record, licences


def newest_knowledge(changelog: str) -> str:
    """The *Knowledge* section of the newest version; nothing where it has none."""
    newest = re.split(r"(?m)^## ", changelog)[1:2]
    section = re.search(r"(?ms)^### Knowledge\n(.*?)(?=^### |\Z)", newest[0]) if newest else None
    return section.group(1) if section else ""


def named(name: str, licences: Iterable[str], section: str) -> bool:
    """Whether a section names a stack (`cases/x`, `x` or `examples/x.yaml`) or one of the licences it rests on, as a word of its own."""
    short = name.partition("/")[2]
    return any(re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", section) for word in (name, short, short.removesuffix(".yaml"), *licences))


def unnamed(kept: Mapping[str, Record], now: Record, licences: Mapping[str, tuple[str, ...]], section: str) -> list[str]:
    """What moved since the release and is not named, as lines for a person; new and removed stacks did not move."""
    was = kept["released"]
    return [f"{name}: {was[name]} -> {row}" for name, row in now.items() if name in was and was[name] != row and not named(name, licences[name], section)]


def read(file: Path = FILE) -> dict[str, Record]:
    """The record that is kept."""
    kept: dict[str, Record] = json.loads(file.read_text("utf-8")) if file.is_file() else {"released": {}, "now": {}}
    return kept


def renewed(kept: Mapping[str, Record], now: Record, release: bool) -> dict[str, Record]:
    """The record brought up to date: stacks that are new or moved stand under `now` until the next release."""
    if release:
        return {"released": now, "now": {}}
    return {"released": {n: r for n, r in kept["released"].items() if n in now}, "now": {n: r for n, r in now.items() if kept["released"].get(n) != r}}


def main(arguments: list[str]) -> int:
    """Renews the record; the exit code as above."""
    kept = read()
    now, licences = answers(estate(), base.load())
    faults = unnamed(kept, now, licences, newest_knowledge(CHANGELOG.read_text("utf-8")))
    if faults:
        print("Moved, and not named under Knowledge in CHANGELOG.md (tools/moved.py tells by what):", *faults, sep="\n", file=sys.stderr)
        return 1
    FILE.write_text(json.dumps(renewed(kept, now, arguments == ["--release"]), indent=0, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
