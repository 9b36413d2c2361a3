#!/usr/bin/env python3
"""Reads what pip-audit found (`python tools/audit_said.py FOUND.json SERVICE`): 0 nothing, 1 something, 3 nothing was looked at.

pip-audit ends with 0 also where its database answered for no package; a package it skipped was not looked at.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(file: Path, service: str) -> int:
    """Prints one line for each vulnerability, and how many packages were looked at; the exit code as above."""
    try:
        packages = json.loads(file.read_text("utf-8"))["dependencies"]
    except (OSError, ValueError, KeyError, TypeError):
        return 3
    seen = [p for p in packages if "vulns" in p]
    if not seen:
        return 3
    known = [(p["name"], p["version"], v["id"], ", ".join(v["fix_versions"]) or "no release") for p in seen for v in p["vulns"]]
    for name, version, ident, fixed in known:
        print(f"{name} {version}: {ident} (fixed in {fixed})")
    print(f"{len(seen)} of {len(packages)} locked packages were looked up ({service}): {len(known)} known vulnerabilities")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
