#!/usr/bin/env python3
"""How long a cold `licgraph check` takes, as a ratio to `python -c "import click, yaml"` in the same run.

Prints the ratio for a 20-component stack, and solving times of a chain of 2,000, a merge of 200 and a ladder of
40 diamonds. Exit 1 if the ratio is above 4 or a solve takes more than a second (both are the project's bars).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.test_scale import chain, fan, ladder  # noqa: E402

from licgraph import knowledge as base  # noqa: E402
from licgraph.answer import assess  # noqa: E402
from licgraph.inputs.stackfile import from_text  # noqa: E402

BAR = 4.0


def twenty() -> dict[str, object]:
    """Twenty components: licences of five families, every common relation."""
    names = ["LicenseRef-Llama-3.1-Community", "Apache-2.0", "MIT", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "LicenseRef-Gemma-Terms-2025-03-24", "ODC-By-1.0", "CC-BY-4.0"]
    components: dict[str, object] = {f"part{n}": {"kind": "dataset" if n > 2 else "weights", "license": names[n % 8]} for n in range(12)}
    components |= {f"step{n}": {"kind": "weights", "ours": True, "from": {"finetune": f"part{n % 3}", "trained-on": [f"part{n + 3}", f"part{n + 4}"]}} for n in range(6)}
    components["merged"] = {"kind": "weights", "ours": True, "from": {"merge": [f"step{n}" for n in range(6)]}}
    components["final"] = {"kind": "weights", "name": "Llama-20", "from": {"quantize": "merged"}}
    return {"licgraph": 1, "components": components, "release": {"component": "final", "license": "Apache-2.0", "use": "any"}}


def fastest(command: list[str], runs: int = 15) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> int:
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "licgraph.yaml"
        file.write_text(yaml.safe_dump(twenty(), sort_keys=False), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "src")], check=True)  # as pip does for a wheel
        check = [sys.executable, "-m", "licgraph", "check", str(file)]
        subprocess.run(check, capture_output=True, check=False)
        bare = fastest([sys.executable, "-c", "import click, yaml"])
        cold = fastest(check)
    print(f"cold check of 20 components: {cold:.3f} s, {cold / bare:.2f} x import click, yaml ({bare:.3f} s); bar {BAR}")
    failed |= cold / bare > BAR
    knowledge = base.load()
    for title, data in (("chain of 2,000", chain(2000)), ("third-party chain of 2,000", chain(2000, ours=False)), ("merge of 200", fan(200)), ("ladder of 40 diamonds", ladder(40))):
        stack = from_text(yaml.safe_dump(data, sort_keys=False), "stack", knowledge)
        start = time.perf_counter()
        assess(stack, knowledge, as_of="2026-11-22")
        took = time.perf_counter() - start
        print(f"{title}: solved in {took:.3f} s")
        failed |= took > 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
