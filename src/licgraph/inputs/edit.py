"""Writes changes into a stack file that a person keeps: only what changes is touched, comments and order stay."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from licgraph.changes import _JOINED, Alternative, Change
from licgraph.errors import Fault, StackError
from licgraph.inputs.again import _round_trip, sources


def edited(text: str, shown: str, changes: Iterable[Change], ours: frozenset[str], suffices: dict[str, str], alternatives: dict[str, Alternative] | None = None) -> str:
    """The stack file with the changes of a repair made. ``suffices``: terms for each thing that is replaced by something unnamed.

    Raises: StackError when the file is no stack file.
    """
    yaml = _round_trip()
    data = yaml.load(text)
    if not isinstance(data, dict) or "licgraph" not in data:
        raise StackError(Fault(shown, 0, "", "this is no stack file, so nothing can be written into it", "Make one first: licgraph import SOURCE -o licgraph.yaml"))
    for change in changes:
        _edit(data, change, ours, suffices, alternatives or {})
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _edit(data: Any, change: Change, ours: frozenset[str], suffices: dict[str, str], alternatives: dict[str, Alternative]) -> None:
    release, parts = data["release"], data["components"]
    if change.kind in ("terms", "form", "use"):
        release[{"terms": "license"}.get(change.kind, change.kind)] = change.to
        if change.kind == "use":
            release["purpose"] = change.to
        if change.kind == "form":
            release.pop("to", None)
    elif change.kind == "allow":
        release["will-not"] = [w for w in release["will-not"] if w != change.to]
    elif change.kind == "rename":
        parts[change.target]["name"] = f"{change.to}-{parts[change.target].get('name') or change.target}"
    elif change.kind == "elect":
        data.setdefault("elect", {})[change.target] = change.to
    elif change.kind == "permission":
        data.setdefault("permissions", []).append({"component": change.target, "from": "licensor", "covers": ["all"], "document": "TODO the letter or licence that grants it"})
    elif change.kind == "replace":
        kind = parts[change.target]["kind"]
        named = alternatives.get(change.to)
        parts[change.target] = {"kind": kind, "name": named.name if named else f"TODO another {kind}"} | ({"source": named.source} if named and named.source else {}) | {"license": named.license if named else suffices[change.target]}
    else:
        for name in ours:
            _steps(parts.get(name), change)


def _steps(part: Any, change: Change) -> None:
    """Takes a source out of what a part of ours was made from, or changes how it was taken in."""
    made = part.get("from") if isinstance(part, dict) else None
    if not made:
        return
    for relation in list(made):
        targets = made[relation] if isinstance(made[relation], list) else [made[relation]]
        hit = [t for t in targets if change.target in sources(t)]
        if not hit or (change.kind != "drop" and relation not in _JOINED):
            continue
        rest = [t for t in targets if t not in hit]
        if rest:
            made[relation] = rest
        else:
            del made[relation]
        if change.kind != "drop":
            to = "adapter" if change.kind == "adapter" else change.to
            known = made.get(to, [])
            made[to] = [*(known if isinstance(known, list) else [known]), change.target]
            if change.kind == "adapter":
                part["kind"] = "adapter"
    if not made:
        del part["from"]
