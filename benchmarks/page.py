"""How long an HTML report takes to be made and to open, beside an empty page in the same browser.

    python benchmarks/page.py [ROUNDS]

Opening ends when the graph is drawn and two frames have been shown. Needs what `tools/browser.sh` installs.
Prints the fastest round of each; bars (docs): 500 components below 3 s, 5,000 below 10 s.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, sync_playwright
from tests.stacks import of_size

from licgraph import knowledge
from licgraph.answer import assess
from licgraph.inputs.stackfile import from_text
from licgraph.reports import page

DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


def opening(browser: Browser, text: str, folder: Path) -> float:
    """Seconds from asking for the page until it is drawn."""
    file = folder / "report.html"
    file.write_text(text, "utf-8")
    shown = browser.new_page()
    start = time.perf_counter()
    shown.goto(file.as_uri())
    shown.evaluate(DRAWN)
    took = time.perf_counter() - start
    shown.close()
    return took


def main(rounds: int = 3) -> None:
    """Prints a line for each size."""
    base = knowledge.load()
    program = os.environ.get("LICGRAPH_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as running:
        folder = Path(name)
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        empty = min(opening(browser, "<!doctype html><title>empty</title>", folder) for _ in range(rounds))
        print(f"an empty page opens in {empty:.2f} s")
        for size in (5, 50, 500, 5000):
            stack = from_text(of_size(size), "licgraph.yaml", base)
            start = time.perf_counter()
            verdict = assess(stack, base)
            solved = time.perf_counter() - start
            text = page.render(stack, base, verdict)
            made = time.perf_counter() - start
            took = min(opening(browser, text, folder) for _ in range(rounds))
            print(f"{size:>5} components: made in {made:.2f} s ({made / solved:.1f} x the verdict), {len(text.encode()) / 1e6:.1f} MB, opens in {took:.2f} s ({took / empty:.1f} x an empty page)")
        browser.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
