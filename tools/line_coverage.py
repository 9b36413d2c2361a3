#!/usr/bin/env python3
"""Line and branch coverage of the solver, the expressions and the knowledge loader (`python tools/line_coverage.py`).

Runs the tests of `tools/mutants.py` once; `--write` puts the figures into docs/trust/mutants.json. Exit 1: a module
has less than 98 % of its lines and branches.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path = [str(ROOT / "src"), str(ROOT), *(p for p in sys.path if p != str(ROOT / "tools"))]

from tools.figures import write  # noqa: E402
from tools.mutants import MODULES, TESTS  # noqa: E402

LEAST = 98.0


def main(arguments: list[str]) -> int:
    """Measures and prints; the exit code as above."""
    files = [f"tests/test_{name}.py" for name in TESTS if name not in ("sweep", "properties")]
    include = ",".join(f"src/licgraph/{name.replace('.', '/')}.py" for name in MODULES)
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-m", "coverage"]
        data = [f"--data-file={folder}/data"]
        done = subprocess.run([*run, "run", "--branch", *data, f"--include={include}", "-m", "pytest", "-q", "-p", "no:cacheprovider", *files], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
            return 2
        subprocess.run([*run, "json", *data, "-q", "-o", f"{folder}/found.json"], cwd=ROOT, check=True)
        found = json.loads(Path(folder, "found.json").read_text("utf-8"))["files"]
    figures = {}
    for name in MODULES:
        part = found[f"src/licgraph/{name.replace('.', '/')}.py"]
        said = part["summary"]
        percent = round(100 * (said["covered_lines"] + said["covered_branches"]) / (said["num_statements"] + said["num_branches"]), 1)
        figures[name] = {"lines": said["num_statements"], "lines-run": said["covered_lines"], "branches": said["num_branches"], "branches-taken": said["covered_branches"], "percent": percent}
        print(f"{name:16} {percent:6} %  lines not run: {part['missing_lines'] or 'none'}; branches not taken: {part['missing_branches'] or 'none'}")
    if "--write" in arguments:
        write("coverage", {"command": "python tools/line_coverage.py --write", "date": datetime.date.today().isoformat(), "cases": len([*(ROOT / "tests" / "cases").glob("*.yaml")]), "modules": figures})
    return 0 if all(f["percent"] >= LEAST for f in figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
