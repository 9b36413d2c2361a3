#!/usr/bin/env python3
"""The second, simpler solver on many stacks (`python tools/second_solver.py [STACKS]`, by default 100,000).

Runs the tests of `tests/test_properties.py` that ask both, side by side: under the three profiles, and off them. `--write` puts the
figures into docs/trust/mutants.json. Exit 0: both agree on every stack; 1: not.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path = [str(ROOT), *(p for p in sys.path if p != str(ROOT / "tools"))]

from tools.figures import write  # noqa: E402

TESTS = ("test_oracle_agrees", "test_oracle_agrees_off_the_profiles")


def main(arguments: list[str]) -> int:
    """Runs and prints; the exit code as above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stacks", nargs="?", type=int, default=100_000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    environment = {**os.environ, "LICGRAPH_EXAMPLES": str(given.stacks)}
    running = [subprocess.Popen([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/test_properties.py::{name}"], cwd=ROOT, env=environment) for name in TESTS]
    failed = sum(one.wait() != 0 for one in running)
    print(f"{given.stacks:,} stacks under the profiles and as many off them: {'both solvers agree' if not failed else 'they differ'}")
    if given.write and not failed:
        write("second-solver", {"command": f"python tools/second_solver.py {given.stacks} --write", "date": datetime.date.today().isoformat(), "stacks": given.stacks * len(TESTS), "differ": 0})
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
