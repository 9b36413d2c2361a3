#!/usr/bin/env python3
"""Keeps the answers in docs true: `python tools/pages.py` runs their commands and rewrites what they print (a test tells
when they are out of date).

On a page, `<!-- file: NAME -->` before a fenced block makes it a file of that name; a block ```console holds commands, each
after `$ `, followed by what they print and, if it is not 0, the exit code. They run one after the other in one empty folder.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("docs/policy.md",)
DAY = "1795305600"
"""2026-11-22, the day on which the pages are read."""
BLOCK = re.compile(r"(?ms)(?:^<!-- file: (?P<file>\S+) -->\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$")


def rewritten(text: str) -> str:
    """The page with what its commands print now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / ".git").mkdir()
        return BLOCK.sub(lambda m: _block(m, folder), text)


def _block(found: re.Match[str], folder: Path) -> str:
    if found["file"]:
        file = folder / found["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found["body"], encoding="utf-8")
    if found["kind"] != "console":
        return found[0]
    shown = [_run(line, folder) for line in found["body"].splitlines() if line.startswith("$ ")]
    return "```console\n" + "".join(shown) + "```"


def _run(line: str, folder: Path) -> str:
    words = line[2:].split()
    if words[0] != "licgraph":
        raise SystemExit(f"only licgraph is run: {line}")
    env = {**os.environ, "SOURCE_DATE_EPOCH": DAY, "COLUMNS": "110", "NO_COLOR": "1", "PYTHONPATH": str(ROOT / "src")}
    env.pop("GITHUB_STEP_SUMMARY", None)
    done = subprocess.run([sys.executable, "-m", "licgraph", *words[1:]], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return f"{line}\n{done.stdout}" + (f"(exit code {done.returncode})\n" if done.returncode else "")


if __name__ == "__main__":
    for page in PAGES:
        path = ROOT / page
        path.write_text(rewritten(path.read_text("utf-8")), encoding="utf-8")
