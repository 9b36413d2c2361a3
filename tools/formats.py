#!/usr/bin/env python3
"""Writes docs/formats.md: what is read and what is written, from the modules themselves (`python tools/formats.py`)."""

import inspect
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from licgraph import exports, inputs  # noqa: E402


def first(module: object) -> str:
    """The first paragraph of a module's docstring, as one line."""
    return re.sub(r"\s+", " ", (inspect.getdoc(module) or "").split("\n\n")[0]).strip()


def page() -> str:
    lines = [
        "# What is read, and what is written",
        "",
        "Made by `tools/formats.py` from the modules; a test holds it true. Every command takes any of these where it takes a stack file: `licgraph check ./my-model --as apache-2.0`, `licgraph check merge.yml`, "
        "`licgraph check bom.cdx.json`, `licgraph check hf:org/name` (with the extra `hub`; the only thing that touches the network). `licgraph import SOURCE… -o licgraph.yaml` writes what was read as an editable stack file.",
        "",
        "A file is recognised by what it holds. What is stated, what is concluded (with a confidence) and what is missing are kept apart; what belongs to the stack and cannot be read makes the answer no or unknown, never yes. "
        "Several statements of one licence are all kept and ranked: the origin's own text, a licence file, a card's text, a tag, a registry.",
        "",
        "## Read",
        "",
        "| format | what of it |",
        "|---|---|",
        *(f"| {r.TITLE} | {first(r)} |" for r in sorted(inputs.readers(), key=lambda r: r.TITLE.casefold())),
        "| a model folder | Its card, licence texts, configurations and weight headers, each by its own reader, as one thing. |",
        "| `hf:org/name`, `hf:datasets/org/name` | A repository of the Hub, its bases and data sets followed to the roots, bounded and cached. |",
        "",
        "## Written",
        "",
        "`licgraph export STACK -f FORMAT`; what a format cannot hold is said on standard error.",
        "",
        "| format | how |",
        "|---|---|",
        *(f"| `{form}` | {first(module)} |" for form, module in sorted(exports.modules().items())),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "formats.md").write_text(page(), encoding="utf-8")
