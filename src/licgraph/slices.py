"""The part of a knowledge base that a verdict was read from: noted while solving, cut out, laid over another one.

Noting is exact: a licence, relation or word that was looked at is in the slice, one that was not is not. What a
slice holds counts as if the whole knowledge base were as it was; everything else is the present one's.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from licgraph.answer import assess
from licgraph.expression import AllOf, Leaf, Tree, Unsettled
from licgraph.knowledge import RESERVED, Assumption, Duty, FactWord, Knowledge, LicenseException, Profile, Relation, Resolution
from licgraph.license import License
from licgraph.light import NamedTuple
from licgraph.plain import bare, digest, from_plain, to_plain
from licgraph.stack import Component, Stack
from licgraph.verdict import Verdict

Slice = dict[str, Any]
Used = dict[str, dict[str, None]]
WATCHED: tuple[tuple[str, str, Any], ...] = (("relations", "relations", Relation), ("duties", "duties", Duty), ("facts", "facts", FactWord), ("covers", "permission_covers", None))
"""Part of a slice, attribute of Knowledge, class of an entry."""
PARTS = ("licenses", *(part for part, _, _ in WATCHED), "names", "near", "spdx")


class Premises(NamedTuple):
    """All that a verdict follows from. ``assume``: overridden assumptions; ``as_of``: YYYY-MM-DD."""

    stack: Stack
    knowledge: Knowledge
    profile: str
    assume: tuple[tuple[str, str], ...]
    as_of: str


class _Watched(Mapping[str, Any]):
    """A mapping that notes which of its keys were asked for."""

    def __init__(self, inner: Mapping[str, Any], asked: dict[str, None]) -> None:
        self.inner, self.asked = inner, asked

    def __getitem__(self, key: str) -> Any:
        found = self.inner[key]
        self.asked[key] = None
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.inner)

    def __len__(self) -> int:
        return len(self.inner)


@dataclass
class Held(Knowledge):
    """A knowledge base that notes what it is asked, and in which what a slice says of names counts."""

    used: Used = field(default_factory=lambda: {part: {} for part in PARTS})
    told: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def license(self, license_id: str) -> License:
        """As of every knowledge base; noted."""
        for part in license_id.split(" WITH "):
            if part not in RESERVED:
                self.used["licenses"][part] = None
        return super().license(license_id)

    def exception(self, exception_id: str) -> LicenseException | None:
        """As of every knowledge base; noted."""
        self.used["licenses"][exception_id] = None
        return super().exception(exception_id)

    def resolve(self, name: str) -> Resolution:
        """As of every knowledge base, what a slice says first; noted."""
        self.used["names"][name] = None
        told = self.told.get("names", {}).get(name)
        return Resolution(name, tuple(told["ids"]), told["settle"]) if told is not None else super().resolve(name)

    def near(self, name: str) -> tuple[str, ...]:
        """As of every knowledge base, what a slice says first; noted."""
        self.used["near"][name] = None
        told = self.told.get("near", {}).get(name)
        return tuple(told) if told is not None else super().near(name)

    def spdx_name(self, license_id: str) -> str | None:
        """As of every knowledge base, what a slice says first; noted."""
        self.used["spdx"][license_id] = None
        told = self.told.get("spdx", {})
        return told[license_id] if license_id in told else super().spdx_name(license_id)


def _held(knowledge: Knowledge, **changed: Any) -> Held:
    kept = {f.name: getattr(knowledge, f.name) for f in dataclasses.fields(Knowledge) if f.init}
    told = knowledge.told if isinstance(knowledge, Held) else {}
    return Held(**{**kept, "told": told, "_built": {}, "_read": {}, **changed})


def solve(premises: Premises) -> tuple[Verdict, Used]:
    """The verdict, and what of the knowledge base it was read from. Raises StackError as `assess` does."""
    used: Used = {part: {} for part in PARTS}
    watched = {name: _Watched(getattr(premises.knowledge, name), used[part]) for part, name, _ in WATCHED}
    knowledge = _held(premises.knowledge, used=used, **watched)
    return assess(premises.stack, knowledge, premises.profile, assume=dict(premises.assume), as_of=premises.as_of), used


def joined(*used: Used) -> Used:
    """Everything that one or the other was read from."""
    return {part: {key: None for one in used for key in one[part]} for part in PARTS}


def cut(knowledge: Knowledge, used: Used) -> Slice:
    """What a knowledge base says of all that was used, as plain data; None for a licence that it does not hold.

    The open questions with their values and the profiles are there in whole: any of them can flip an answer.
    """
    known = {*knowledge.license_ids, *knowledge.exception_ids}
    licenses = {i: bare(knowledge.raw(i)) if i in known else None for i in sorted(used["licenses"])}
    duties = {*used["duties"], *(c["duty"] for found in licenses.values() if found for c in found.get("clauses", ()) if c.get("duty"))}
    keys: dict[str, Iterable[str]] = {**used, "duties": duties}
    found: Slice = {"version": knowledge.version, "licenses": {i: None if c is None else {"sha256": digest(c), "content": c} for i, c in licenses.items()}}
    for part, name, _ in WATCHED:
        words = getattr(knowledge, name)
        found[part] = {k: _whole(words[k]) for k in sorted(keys[part]) if k in words}
    found["places"] = {k: sorted(v) for k, v in sorted(knowledge.places.items())}
    found["assumptions"] = {a.id: _whole(a) for a in knowledge.assumptions.values()}
    found["profiles"] = {p.id: _whole(p) for p in knowledge.profiles.values()}
    found["names"] = {n: {"ids": list(r.ids), "settle": r.settle} for n in sorted(used["names"]) for r in (knowledge.resolve(n),)}
    found["near"] = {n: list(knowledge.near(n)) for n in sorted(used["near"])}
    found["spdx"] = {n: knowledge.spdx_name(n) for n in sorted(used["spdx"])}
    return found


def _whole(value: Any) -> Any:
    """An entry with all of its fields, so that a default that changes later changes nothing here."""
    return {name: to_plain(getattr(value, name)) for name in value._fields} if hasattr(value, "_fields") else bare(value)


def lay(knowledge: Knowledge, found: Mapping[str, Any]) -> Knowledge:
    """A knowledge base with a slice laid over it. Raises KeyError, TypeError or ValueError where it is no slice.

    Its version becomes the slice's, and so do its profiles and the order of its open questions: what was read is what counts.
    """
    licenses, exceptions = dict(knowledge._licenses), set(knowledge._exceptions)
    for license_id, entry in found["licenses"].items():
        licenses.pop(license_id, None)
        exceptions.discard(license_id)
        if entry is not None:
            licenses[license_id] = memoryview(json.dumps(entry["content"], ensure_ascii=False).encode())
            exceptions |= {license_id} if "exception-to" in entry["content"] else set()
    words = {
        name: {**getattr(knowledge, name), **{k: from_plain(v, kind) if kind else v for k, v in found[part].items()}}
        for part, name, kind in WATCHED
    }  # fmt: skip
    assumptions = {**{k: from_plain(v, Assumption) for k, v in found["assumptions"].items()}}
    profiles = {k: from_plain(v, Profile) for k, v in found["profiles"].items()}
    for name, present in knowledge.assumptions.items():  # an open question raised since is none that the slice's readings ask
        if name not in assumptions:
            assumptions[name] = present
            profiles = {k: p._replace(values={**p.values, name: knowledge.profiles[k].values[name] if k in knowledge.profiles else present.values[0]}) for k, p in profiles.items()}
    told = {part: {**(knowledge.told.get(part, {}) if isinstance(knowledge, Held) else {}), **found[part]} for part in ("names", "near", "spdx")}
    places = {**knowledge.places, **{k: frozenset(v) for k, v in found["places"].items()}}
    return _held(knowledge, _licenses=licenses, _exceptions=frozenset(exceptions), assumptions=assumptions, profiles=profiles, places=places, version=found["version"], told=told, **words)


def spelling(tree: Tree | None) -> object:
    """How a licence expression was written, whatever its names were taken to mean."""
    if tree is None:
        return None
    if isinstance(tree, Leaf | Unsettled):
        return tree.name or (tree.id if isinstance(tree, Leaf) else "")
    return ("all" if isinstance(tree, AllOf) else "any", *(spelling(p) for p in tree.parts))


def same_names(stack: Stack, locked: Stack) -> Stack:
    """A stack in which a name that stood in the locked one means what it meant there.

    The same goes for a known origin that states no licence: what was known of it then.
    """

    def kept(now: Any, then: Any) -> Any:
        return then if now is not None and then is not None and now != then and spelling(now) == spelling(then) else now

    def part(now: Component, then: Component | None) -> Component:
        if then is None:
            return now
        if now.source == then.source and not now.written and not then.written and (now.known_from or then.known_from):
            return now._replace(license=then.license, known_from=then.known_from, contents=then.contents, additional=then.additional)
        additional = tuple(kept(a, b) for a, b in zip(now.additional, then.additional, strict=True)) if len(now.additional) == len(then.additional) else now.additional
        labels = tuple(a._replace(says=kept(a.says, b.says)) for a, b in zip(now.labels, then.labels, strict=True)) if len(now.labels) == len(then.labels) else now.labels
        return now._replace(license=kept(now.license, then.license), declared=kept(now.declared, then.declared), contents=kept(now.contents, then.contents), additional=additional, labels=labels)

    components = {i: part(c, locked.components.get(i)) for i, c in stack.components.items()}
    release = stack.release
    if release is not None and locked.release is not None:
        release = release._replace(license=kept(release.license, locked.release.license))
    return stack._replace(components=components, release=release)
