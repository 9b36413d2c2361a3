#!/usr/bin/env python3
"""Keeps the transcripts of docs true: runs each `console` block and rewrites what it printed (`python tools/transcripts.py`).

A page's blocks run in order in one new folder, an exit code that is not 0 is said; `<!-- file: NAME -->` before a fence puts what is in it there first.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("docs/policy.md", "docs/tutorial.md", *(f"docs/how-to/{p.name}" for p in sorted((ROOT / "docs" / "how-to").glob("*.md"))))
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n```\w*\n(?P<content>.*?)```\n)|(?P<open>```console\n)(?P<said>.*?)(?P<close>```\n)", re.DOTALL)
EPOCH = "1795305600"
"""2026-11-22, the day of every answer in docs."""


def rewritten(text: str) -> str:
    """The page with what its commands print now."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        work = Path(folder, "work")
        home.mkdir()
        work.mkdir()
        env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home), "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"), "SOURCE_DATE_EPOCH": EPOCH, "COLUMNS": "96", "LC_ALL": "C.UTF-8"}
        here = [work]

        def run(match: re.Match[str]) -> str:
            if match["file"]:
                file = work / match["file"]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(match["content"], encoding="utf-8")
                return match[0]
            commands = [line[2:] for line in match["said"].splitlines() if line.startswith("$ ")]
            return match["open"] + "".join(f"$ {c}\n{_said(c, here, env)}" for c in commands) + match["close"]

        return BLOCK.sub(run, text)


def _said(command: str, here: list[Path], env: dict[str, str]) -> str:
    """What a command prints on both streams; where it leaves the shell is where the next one starts."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as place:
        script = f"{command}\ncode=$?\npwd > {place.name}\nexit $code"
        done = subprocess.run(["bash", "-c", script], cwd=here[0], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, stdin=subprocess.DEVNULL)
        here[0] = Path(place.read().strip() or here[0])
    told = done.stdout.strip("\n") + "\n" if done.stdout.strip() else ""
    return told + (f"(exit code {done.returncode})\n" if done.returncode else "")


if __name__ == "__main__":
    for name in PAGES:
        page = ROOT / name
        page.write_text(rewritten(page.read_text("utf-8")), encoding="utf-8")
