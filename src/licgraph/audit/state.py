"""The last finished level of an audit, on disk: an audit that was interrupted goes on from there.

The engine keeps its tables in the same folder; here stands what is kept in memory besides, and what the audit is of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from licgraph.errors import Fault, StackError
from licgraph.upkeep import write_atomically

SCHEMA = "licgraph/audit-state/1"


class State:
    """``identity``: what an audit is of, by name; only one that is of the same goes on. ``reached``: what was kept, None at the beginning.

    ``loaded``: the figures of the inventory, which is not read again.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str]) -> None:
        self.file, self.identity = folder / "state.json", dict(identity)
        self.reached: dict[str, Any] | None = None
        self.loaded: tuple[int, ...] = ()

    def resume(self) -> None:
        """Reads what was kept. Raises StackError where it is of something else, or cannot be read."""
        anew = f"Remove {self.file.parent} and leave --resume out, or name another folder"
        try:
            found = json.loads(self.file.read_text("utf-8"))
            stated = found["identity"]
            if found["schema"] != SCHEMA or not {"level", "loaded", "sorts"} <= found.keys():
                raise ValueError
        except (OSError, ValueError, KeyError, TypeError):
            raise StackError(Fault(str(self.file), 0, "", "it is not what an interrupted audit left", anew)) from None
        other = [name for name in {**stated, **self.identity} if stated.get(name) != self.identity.get(name)]
        if other:
            raise StackError([Fault(str(self.file), 0, name, f"the interrupted audit is of another: {stated.get(name)}, not {self.identity.get(name)}", anew) for name in other])
        self.reached, self.loaded = found, tuple(found["loaded"])

    def write(self, level: int, sorts: Mapping[str, Any]) -> None:
        """A level is reached: its tables are there."""
        write_atomically(self.file, json.dumps({"schema": SCHEMA, "identity": self.identity, "level": level, "loaded": self.loaded, "sorts": sorts}, ensure_ascii=False, separators=(",", ":")))


def digest(*files: Path) -> str:
    """The sha256 of files; of a folder, of all that is in it in the order of the names."""
    found = hashlib.sha256()
    for part in (part for file in files for part in (sorted(p for p in file.rglob("*") if p.is_file()) if file.is_dir() else [file])):
        with part.open("rb") as opened:
            while block := opened.read(1 << 20):
                found.update(block)
    return found.hexdigest()
