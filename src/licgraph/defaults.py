"""The defaults of a team: `.licgraph.toml`, or the table `tool.licgraph` of a `pyproject.toml`, found by walking up.

They say what `licgraph check` means when it is told less; the command line, and a stack's own facts, override them.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from licgraph.errors import Fault, StackError
from licgraph.light import NamedTuple
from licgraph.shapes import near
from licgraph.yamlfile import MAX_BYTES

POLICY = ".licgraph/policy.yaml"
"""The house's policy, found by walking up from a stack: what only tightens may be found; what loosens has to be named."""
OWN, SHARED = ".licgraph.toml", "pyproject.toml"
KEYS = ("stacks", "profile", "assume", "facts", "fail-on", "policy", "baseline", "audience")
_TYPES: Mapping[str, tuple[type, str, str]] = {
    "stacks": (list, "a list of patterns", 'Write stacks = ["models/*/licgraph.yaml"]'),
    "profile": (str, "a profile", 'Write profile = "conservative"'),
    "assume": (dict, "a table", 'Write assume = {ID = "VALUE"}'),
    "facts": (dict, "a table", 'Write facts = {domicile = "EU"}'),
    "fail-on": (list, "a list", 'Write fail-on = ["no", "unknown"]'),
    "policy": (str, "a path", 'Write policy = "policy.yaml"'),
    "baseline": (str, "a path", 'Write baseline = "baseline.json"'),
    "audience": (str, "an audience", 'Write audience = "engineer"'),
}
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Defaults(NamedTuple):
    """What a file of defaults says. ``shown``: its path as seen from here; empty where there is no such file."""

    shown: str = ""
    folder: Path = Path()
    values: Mapping[str, Any] = NOTHING
    lines: Mapping[str, int] = NOTHING

    def fault(self, key: str, what: str, cure: str) -> Fault:
        """Something wrong with the value of a key."""
        return Fault(self.shown, self.lines.get(key, 0), key, what, cure)


def find(start: Path) -> Defaults:
    """The defaults that hold in a folder: the first file at hand on the way up, no further than a folder with `.git`.

    Raises: StackError with every fault of that file.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        for name in (OWN, SHARED):
            file = folder / name
            if file.is_file() and (found := _read(file, start)) is not None:
                return found
        if (folder / ".git").exists():
            break
    return Defaults()


def house_policy(start: Path) -> Path | None:
    """The policy of the house that holds for a stack in a folder: the nearest, in it or above it."""
    start = start.resolve()
    return next((file for folder in (start, *start.parents) if (file := folder / POLICY).is_file()), None)


def _read(file: Path, start: Path) -> Defaults | None:
    """What a file says; None for a `pyproject.toml` that does not speak of licgraph."""
    shown = Path(os.path.relpath(file, start)).as_posix()
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise StackError(Fault(shown, 0, "", f"the file is larger than {MAX_BYTES // 1_000_000} MB", "Keep only the defaults in it"))
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise StackError(Fault(shown, 0, "", f"cannot be read ({type(problem).__name__})", "Save it as UTF-8, and check its permissions")) from None
    if file.name == SHARED and "licgraph" not in text:
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # the same, before it was part of Python
    try:
        found: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        line = re.search(r"at line (\d+)", str(problem))
        raise StackError(Fault(shown, int(line[1]) if line else 0, "", f"not valid TOML: {str(problem).partition(' (at')[0]}", "Correct the syntax at or just before this line")) from None
    except (ValueError, RecursionError):
        raise StackError(Fault(shown, 0, "", "nested deeper, or a number longer, than can be read", "Correct it")) from None
    if file.name == SHARED:
        tools = found.get("tool", {})
        found = tools.get("licgraph") if isinstance(tools, dict) else None
        if found is None:
            return None
    if not isinstance(found, dict):
        raise StackError(Fault(shown, 0, "tool.licgraph", "expected a table", "Write [tool.licgraph] and a key a line"))
    defaults = Defaults(shown, file.parent, found, {key: _line(text, key) for key in found})
    faults = list(_faults(defaults))
    if faults:
        raise StackError(faults)
    return defaults


def _line(text: str, key: str) -> int:
    """The line on which a key stands, as far as can be told without a parser that counts; 0 if it cannot."""
    text = text if "[tool.licgraph" not in text else text[: (begin := text.index("[tool.licgraph"))].count("\n") * "\n" + text[begin:]
    found = re.search(rf"""(?m)^[^\S\n]*(?:\[(?:tool\.licgraph\.)?["']?{re.escape(key)}["']?\]|["']?{re.escape(key)}["']?\s*[=.])""", text)
    return text[: found.start()].count("\n") + 1 if found else 0


def _faults(found: Defaults) -> Iterable[Fault]:
    for key, value in found.values.items():
        if key not in _TYPES:
            cure = "A day is given with each run: --as-of" if key == "as-of" else f"Known keys: {', '.join(KEYS)}"
            yield found.fault(key, f"the key `{key}` is not known here{near(key, KEYS)}", cure)
            continue
        kind, what, cure = _TYPES[key]
        if not _fits(value, kind):
            yield found.fault(key, f"expected {what}{'' if isinstance(value, kind) else f', found {type(value).__name__}'}", cure)
        elif isinstance(value, list) and not all(isinstance(v, str) and v for v in value):
            yield found.fault(key, "expected words only", cure)
        elif key == "assume" and not all(isinstance(v, str) for v in value.values()):
            yield found.fault(key, "expected a word for each", cure)
        elif key == "facts":
            for fact, given in value.items():
                if _written(given) is None:
                    yield found.fault(key, f"the fact `{fact}` is neither a word, a number, true, false nor a list of words", cure)


def _fits(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and bool(value)


def _written(value: Any) -> str | None:
    """A fact as the command line writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value) if math.isfinite(value) else None
    if isinstance(value, list):
        return ",".join(value) if value and all(isinstance(v, str) for v in value) else None
    return value if isinstance(value, str) and value else None


def facts(found: Defaults) -> dict[str, str]:
    """The facts, as the command line writes them."""
    return {name: written for name, value in found.values.get("facts", {}).items() if (written := _written(value)) is not None}


def path(found: Defaults, key: str) -> str | None:
    """A path, as seen from here; None where it is not named."""
    return os.path.relpath(found.folder / found.values[key]) if key in found.values else None


def stacks(found: Defaults) -> list[str]:
    """Every stack that the patterns match, as seen from here. Raises StackError for each pattern that matches nothing."""
    names: dict[str, None] = {}
    faults = []
    for pattern in found.values.get("stacks", ()):
        try:
            matched = sorted(found.folder.glob(pattern))
        except (NotImplementedError, ValueError):
            faults.append(found.fault("stacks", f"`{pattern}` is no pattern below this folder", "Write it relative to this file, such as models/*"))
            continue
        if not matched:
            faults.append(found.fault("stacks", f"`{pattern}` matches nothing", "Correct the pattern, or remove it"))
        names.update(dict.fromkeys(os.path.relpath(m) for m in matched))
    if faults:
        raise StackError(faults)
    return list(names)
