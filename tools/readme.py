#!/usr/bin/env python3
"""Keeps the README's answers true: `python tools/readme.py` rewrites them (a test tells when they are out of date)."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from licgraph import knowledge as base  # noqa: E402
from licgraph.answer import assess  # noqa: E402
from licgraph.inputs.stackfile import from_file  # noqa: E402
from licgraph.reports.text import render  # noqa: E402
from licgraph.rows import SHORT  # noqa: E402

DAY = "2026-11-22"


def verdict(name: str):  # type: ignore[no-untyped-def]
    knowledge = base.load()
    path = ROOT / "examples" / f"{name}.yaml"
    return assess(from_file(path, f"examples/{name}.yaml", knowledge), knowledge, as_of=DAY), knowledge


def answer(name: str) -> str:
    found, knowledge = verdict(name)
    return render(found, knowledge, width=100)


def table() -> str:
    rows = ["| stack | question | answer (mainstream) | what decides |", "|---|---|---|---|"]
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        found, _ = verdict(path.stem)
        asked = f"as {found.proposed}?" if found.proposed else "as what?"
        first = found.blockers[0] if found.blockers else None
        why = f"{first.license} {first.cite}: {first.why}" if first else (f"turns on {', '.join(found.turns_on)}" if found.turns_on else "no clause stands against it")
        rows.append(f"| [{path.stem}](examples/{path.name}) | {found.name or found.component} {asked} | {SHORT[found.answer]} | {why} |")
    return "\n".join(rows)


def rewritten(text: str) -> str:
    text = re.sub(r"(<!-- answer: (\S+) -->\n```\n).*?(```\n<!-- end -->)", lambda m: m.group(1) + answer(m.group(2)) + m.group(3), text, flags=re.DOTALL)
    text = re.sub(r"\b\d+ licence files state\b", f"{len(base.load().license_ids)} licence files state", text)
    return re.sub(r"(<!-- examples -->\n).*?(<!-- end -->)", lambda m: m.group(1) + table() + "\n" + m.group(2), text, flags=re.DOTALL)


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(rewritten(readme.read_text("utf-8")), encoding="utf-8")
