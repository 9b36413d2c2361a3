#!/usr/bin/env python3
"""How long a cold command takes, as a ratio to `python -c "import click, yaml"` in the same run.

    python benchmarks/startup.py [ROUNDS] [--record]

Commands are run in turns, and the least processor time of each counts, which other work on the machine moves least. Prints the ratios of
`--help`, of completion, and of `check` on stacks of 3, 6 and 20 components; then solving times of a chain of 2,000, a merge of 200 and a
ladder of 40 diamonds. Exit 1 if a bar is missed, or if a solve takes more than a second.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from measure import ROOT, asked, record, run

sys.path.insert(0, str(ROOT))

from tests.test_scale import chain, fan, ladder

from licgraph import knowledge as base
from licgraph.answer import assess
from licgraph.inputs.stackfile import from_text

BARS = {"--help": 1.5, "completion": 1.5, "check of 3 components": 2.0, "check of 6 components": 2.0, "check of 20 components": 4.0}
"""At most so many times the imports. For the last nobody set one: a guard against falling back."""
EXAMPLE = ROOT / "examples" / "r1-distill-llama-70b.yaml"
BARE = "import click, yaml"


def three() -> dict[str, object]:
    """A model of ours from a base and a data set."""
    parts = {"base": {"kind": "weights", "license": "Apache-2.0"}, "data": {"kind": "dataset", "license": "CC-BY-4.0"}}
    return {"licgraph": 1, "components": {**parts, "tuned": {"kind": "weights", "ours": True, "from": {"finetune": "base", "trained-on": "data"}}}, "release": {"component": "tuned", "license": "Apache-2.0"}}


def twenty() -> dict[str, object]:
    """Twenty components: licences of five families, every common relation."""
    names = ["LicenseRef-Llama-3.1-Community", "Apache-2.0", "MIT", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "LicenseRef-Gemma-Terms-2025-03-24", "ODC-By-1.0", "CC-BY-4.0"]
    components: dict[str, object] = {f"part{n}": {"kind": "dataset" if n > 2 else "weights", "license": names[n % 8]} for n in range(12)}
    components |= {f"step{n}": {"kind": "weights", "ours": True, "from": {"finetune": f"part{n % 3}", "trained-on": [f"part{n + 3}", f"part{n + 4}"]}} for n in range(6)}
    components["merged"] = {"kind": "weights", "ours": True, "from": {"merge": [f"step{n}" for n in range(6)]}}
    components["final"] = {"kind": "weights", "name": "Llama-20", "from": {"quantize": "merged"}}
    return {"licgraph": 1, "components": components, "release": {"component": "final", "license": "Apache-2.0", "use": "any"}}


def measured(rounds: int) -> dict[str, Any]:
    """The least processor seconds of each command."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"check of 6 components": EXAMPLE}
        for title, stack in (("check of 3 components", three()), ("check of 20 components", twenty())):
            files[title] = Path(folder) / f"{title.split()[2]}.yaml"
            files[title].write_text(yaml.safe_dump(stack, sort_keys=False), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "src")], check=True)  # as pip does for a wheel
        script = Path(sys.executable).with_name("licgraph")
        entry: list[str | Path] = [script] if script.is_file() else [sys.executable, "-m", "licgraph"]
        words = {"_LICGRAPH_COMPLETE": "bash_complete", "COMP_WORDS": "licgraph ch", "COMP_CWORD": "1"}
        commands: dict[str, list[str | Path]] = {
            BARE: [sys.executable, "-c", BARE], "--help": [*entry, "--help"], "completion": ["env", *(f"{k}={v}" for k, v in words.items()), *entry],
            **{title: [*entry, "check", file, "--as-of", "2026-11-22"] for title, file in files.items()},
        }  # fmt: skip
        os.chdir(folder)  # where there are no settings to be found
        least = dict.fromkeys(commands, float("inf"))
        for turn in range(rounds + 1):
            for title, command in commands.items():
                done = run(command)
                if done.code not in (0, 1, 3):
                    sys.exit(f"{title} ended with {done.code}:\n{done.err.decode('utf-8', 'replace')[-2000:]}")
                if turn:  # the first fills caches
                    least[title] = min(least[title], done.cpu)
        os.chdir(ROOT)
    return {"rounds": rounds, "seconds": least}


def bars(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The bars, with what came out."""
    bare = found["seconds"][BARE]
    return {title: {"value": found["seconds"][title] / bare, "bar": bar, "kept": found["seconds"][title] / bare <= bar} for title, bar in BARS.items()}


def solves() -> bool:
    """Whether large stacks are solved within a second each."""
    knowledge, good = base.load(), True
    for title, data in (("chain of 2,000", chain(2000)), ("third-party chain of 2,000", chain(2000, ours=False)), ("merge of 200", fan(200)), ("ladder of 40 diamonds", ladder(40))):
        stack = from_text(yaml.safe_dump(data, sort_keys=False), "stack", knowledge)
        start = time.perf_counter()
        assess(stack, knowledge, as_of="2026-11-22")
        took = time.perf_counter() - start
        print(f"{title}: solved in {took:.3f} s")
        good &= took <= 1
    return good


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rounds", type=int, nargs="?", default=15)
    options.add_argument("--record", action="store_true", help="write docs/performance/startup.json")
    given = options.parse_args()
    found = measured(given.rounds)
    print(f"{BARE}: {1000 * found['seconds'][BARE]:.0f} ms")
    for title, bar in bars(found).items():
        print(f"{'kept  ' if bar['kept'] else 'MISSED'}  {title}: {1000 * found['seconds'][title]:.0f} ms, {bar['value']:.2f} x (bar {bar['bar']:g})")
    if given.record:
        record("startup", asked(), found)
    return 0 if all(bar["kept"] for bar in bars(found).values()) & solves() else 1


if __name__ == "__main__":
    sys.exit(main())
