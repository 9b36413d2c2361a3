"""Importing again into a stack file that a person has worked on: what they wrote stays, what is new is added.

The one importer of ruamel.yaml, which keeps comments, order and quotes of a file that it changes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from licgraph.errors import Fault, StackError

DERIVED = ("evidence", "confidence")
"""Keys that only an import writes, brought up to date where they stand."""
TERMS = ("license", "labels", "concluded")


def merged(text: str, fresh: str, shown: str) -> tuple[str, list[str]]:
    """An existing stack file with what a fresh import adds, and what the two say differently.

    ``text``: the file as it is; ``fresh``: the stack file that the sources give now. Raises StackError when the file is no stack file.
    """
    yaml = _round_trip()
    try:
        old, new = yaml.load(text), yaml.load(fresh)
    except Exception as problem:  # ruamel's errors share no base that it documents
        raise StackError(Fault(shown, 0, "", f"not valid YAML: {str(problem).splitlines()[0]}", "Correct it, or name another file")) from None
    if not isinstance(old, dict) or "licgraph" not in old or not isinstance(old.get("components"), dict):
        raise StackError(Fault(shown, 0, "", "there is such a file, and it is no stack file", "Name another file with -o"))
    said = list(_components(old["components"], new["components"], str((old.get("release") or {}).get("component", ""))))
    if "release" not in old and "release" in new:
        old["release"] = new["release"]
    elif "release" in new:
        said += [f"release.{k}: you have {old['release'][k]}, the sources say {new['release'][k]}" for k in new["release"] if k in old["release"] and old["release"][k] != new["release"][k]]
    known = [dict(u) for u in old.get("unread", ())]
    for gap in new.get("unread", ()):
        if dict(gap) not in known:
            old.setdefault("unread", []).append(gap)
    out = io.StringIO()
    yaml.dump(old, out)
    return out.getvalue(), said


def _round_trip() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10**6
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _components(old: Any, new: Mapping[str, Any], released: str) -> Iterator[str]:
    for name, entry in new.items():
        if name not in old:
            old[name] = entry
            continue
        mine = old[name]
        for key, value in entry.items():
            if name == released and key in ("ours", "license"):
                continue  # what is released is ours, and its label stands under `release`
            if key == "from":
                yield from _steps(name, mine, value)
            elif key in DERIVED and key in mine:
                mine[key] = value
            elif key not in mine:
                if key in TERMS and any(t in mine for t in TERMS):
                    yield f"{name}: you state its licence, the sources say {key}: {_plain(value)}"
                else:
                    mine[key] = value
            elif mine[key] != value:
                yield f"{name}.{key}: you have {_plain(mine[key])}, the sources say {_plain(value)}"
    for name in old:
        if name not in new:
            yield f"{name}: stands in the file and not in the sources; kept"


def _steps(name: str, mine: Any, relations: Mapping[str, Any]) -> Iterator[str]:
    """Adds steps from components that the file has none from; a relation that a person chose stays."""
    held = {source: relation for relation, targets in (mine.get("from") or {}).items() for source in sources(targets)}
    for relation, targets in relations.items():
        for target in targets:
            source = next(iter(sources(target)))
            if source not in held:
                known = mine.setdefault("from", {}).get(relation)
                if known is None:
                    mine["from"][relation] = [target]
                else:
                    mine["from"][relation] = [*(known if isinstance(known, list) else [known]), target]
            elif held[source] != relation:
                yield f"{name}: you have {held[source]} of {source}, the sources say {relation}"


def sources(targets: Any) -> Iterator[str]:
    """The component ids that the entries under a relation name."""
    for target in targets if isinstance(targets, list) else [targets]:
        yield str(target["component"]) if isinstance(target, dict) else str(target)


def _plain(value: Any) -> str:
    return ", ".join(str(dict(v)) if isinstance(v, dict) else str(v) for v in value) if isinstance(value, list) else str(value)
