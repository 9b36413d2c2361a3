"""docs/trust/mutants.json: the figures that the tools of this folder measure, one part each, sorted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "docs" / "trust" / "mutants.json"


def read(part: str) -> dict[str, Any]:
    """The figures of one tool as they stand; none, if there are none yet."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
    return dict(found.get(part, {}))


def write(part: str, figures: dict[str, Any]) -> None:
    """Puts the figures of one tool into the file and leaves the other tools' alone."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({**found, part: figures}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
