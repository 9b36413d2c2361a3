"""The knowledge base: licences, relations, vocabulary, assumptions, profiles, well-known origins, names."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from licgraph.index import alias_key, cached_index, data_folder, entries
from licgraph.license import WAYS, Clause, License, Relabel, license_from
from licgraph.light import NamedTuple

RESERVED = ("NONE", "NO-CLAIM", "NOASSERTION", "OWN-TERMS", "LicenseRef-Proprietary", "LicenseRef-Commercial")


class Relation(NamedTuple):
    """What a step does to the work it starts from: how it is carried, which act it is, where it ends up."""

    id: str
    sentence: str
    why: str
    act: str
    place: str
    carries: Mapping[str, str]
    question: str
    assumption: str
    purpose: str
    over_data: str
    selection: bool
    finding: str
    duty: str
    duty_when_kind: tuple[str, ...]


class Duty(NamedTuple):
    """A word of the vocabulary for what is owed."""

    id: str
    nature: str
    moment: str
    label: str
    sentence: str
    source: str
    broken_by_purpose: frozenset[str] = frozenset()
    broken_by_use: frozenset[str] = frozenset()


class FactWord(NamedTuple):
    """A fact a clause can ask for. Missing defeaters are presumed absent, the rest are asked."""

    id: str
    kind: str
    type: str
    scope: str
    unit: str
    question: str


class Assumption(NamedTuple):
    """An open question of law with its closed list of values and who holds each."""

    id: str
    question: str
    values: tuple[str, ...]
    checked: str
    held_by: Mapping[str, tuple[str, ...]]


class Profile(NamedTuple):
    """A value for each assumption."""

    id: str
    gloss: str
    values: Mapping[str, str]


class LicenseException(NamedTuple):
    """An SPDX exception: clauses of the licence that no longer reach some ways."""

    id: str
    name: str
    applies_to: frozenset[str]
    changes: tuple[tuple[str, frozenset[str]], ...]


class Resolution(NamedTuple):
    """What a licence name means: ids (several: ambiguous), none: unknown."""

    name: str
    ids: tuple[str, ...]
    settle: str = ""


@dataclass(repr=False, eq=False)  # one is itself; ten megabytes in every message of a debugger or test
class Knowledge:
    """The whole knowledge base; licences are built when first asked for."""

    relations: Mapping[str, Relation]
    duties: Mapping[str, Duty]
    facts: Mapping[str, FactWord]
    edge_purposes: tuple[str, ...]
    permission_covers: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, frozenset[str]]
    assumptions: Mapping[str, Assumption]
    profiles: Mapping[str, Profile]
    version: str
    _licenses: Mapping[str, memoryview]
    _exceptions: frozenset[str]
    _aliases: Mapping[str, str]
    _ambiguous: Mapping[str, Mapping[str, Any]]
    _components: memoryview
    _hub_names: memoryview
    _spdx: Mapping[str, Sequence[str]]
    _names: Mapping[str, Any]
    instruments: Mapping[str, tuple[str, ...]]
    """Documents made part of licences (use policies), by the name of their text, with those licences."""
    house: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the house of the stack concluded about components, by Hub id (design 5.1)."""
    _built: dict[str, License] = field(default_factory=dict)
    _read: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict, init=False)
    """What others derive from it alone and keep as long as it lasts, by their names."""

    @functools.cached_property
    def natures(self) -> dict[str, str]:
        """The nature of each duty id."""
        return {d.id: d.nature for d in self.duties.values()}

    @functools.cached_property
    def license_ids(self) -> tuple[str, ...]:
        """Ids of the encoded licences, sorted; exceptions left out."""
        return tuple(sorted(set(self._licenses) - self._exceptions))

    @functools.cached_property
    def exception_ids(self) -> tuple[str, ...]:
        """Ids of the encoded exceptions, sorted."""
        return tuple(sorted(self._exceptions))

    def raw(self, license_id: str) -> Mapping[str, Any]:
        """What the file of a licence or exception says, for `show`. Raises KeyError."""
        if license_id not in self._read:
            self._read[license_id] = json.loads(bytes(self._licenses[license_id]))
        return self._read[license_id]

    def exception(self, exception_id: str) -> LicenseException | None:
        """An encoded exception, or None."""
        if exception_id not in self._exceptions:
            return None
        found = self.raw(exception_id)
        return LicenseException(
            exception_id,
            found["name"],
            frozenset(found["exception-to"]),
            tuple((c["clause"], frozenset(WAYS[w] for w in c["no-longer-reaches"])) for c in found["changes"]),
        )

    def license(self, license_id: str) -> License:
        """The licence of this id: encoded, a reserved word, or one whose terms are not known."""
        if license_id not in self._built:
            self._built[license_id] = self._build(license_id)
        return self._built[license_id]

    def _build(self, license_id: str) -> License:
        if license_id in RESERVED:
            return _reserved(license_id)
        base, _, exception = license_id.partition(" WITH ")
        if exception:
            changed = self.exception(exception)
            if changed is None or base not in changed.applies_to or base not in self._licenses:
                return License(id=license_id, name=license_id, state="unknown")
            plain = self.license(base)
            drops = dict(changed.changes)
            clauses = tuple(_narrowed(c, drops.get(c.id)) for c in plain.clauses)
            # who may release under the licence may keep the exception, which only gives more
            clauses = tuple(c._replace(fixes_to=c.fixes_to | {license_id}) if c.fixes_to and base in c.fixes_to else c for c in clauses)
            return replace(plain, id=license_id, name=f"{plain.name} with {changed.name}", clauses=clauses)
        if license_id not in self._licenses or license_id in self._exceptions:
            return License(id=license_id, name=self.spdx_name(license_id) or self._names["not-read"].get(license_id, {}).get("name", license_id), state="unknown")
        return license_from(self.raw(license_id), self.natures)

    def resolve(self, name: str) -> Resolution:
        """What a licence name means: an id, an alias (Hub identifier, common spelling) or an ambiguous word."""
        if name in self._licenses or name in RESERVED:
            return Resolution(name, (name,))
        key = alias_key(name)
        if key in self._ambiguous:
            found = self._ambiguous[key]
            return Resolution(name, tuple(found["candidates"]), found["settle"])
        if key in self._aliases:
            return Resolution(name, (self._aliases[key],))
        if key in self.states_none:
            return Resolution(name, ("NOASSERTION",))
        if key in self._spdx_keys:
            return Resolution(name, (self._spdx_keys[key],))
        return Resolution(name, ())

    @functools.cached_property
    def _spdx_keys(self) -> dict[str, str]:
        return {alias_key(i): i for i, (_, flags) in self._spdx.items() if "exception" not in flags}

    def near(self, name: str) -> tuple[str, ...]:
        """Licences whose names are near one that means none, for the reader."""
        import difflib

        names = {**{alias_key(i): i for i in self.license_ids}, **self._aliases}
        found = difflib.get_close_matches(alias_key(name), list(names), 6, 0.65)
        return tuple(dict.fromkeys(names[f] for f in found))[:3]

    @property
    def spdx_ids(self) -> tuple[str, ...]:
        """Every id of the SPDX list, exceptions included, encoded or not."""
        return tuple(self._spdx)

    def spdx_name(self, license_id: str) -> str | None:
        """The SPDX name of an id that is on the SPDX list, encoded or not."""
        found = self._spdx.get(license_id)
        return found[0] if found else None

    def spdx_flags(self, license_id: str) -> frozenset[str]:
        """Flags of the SPDX list: `osi`, `fsf`, `deprecated`, `exception`; none for an id that is not on it."""
        return frozenset(self._spdx[license_id][1].split(",")) - {""} if license_id in self._spdx else frozenset()

    @functools.cached_property
    def states_none(self) -> frozenset[str]:
        """Words that stand where a licence is named and state none."""
        return frozenset(alias_key(w) for w in self._names["states-none"])

    def spellings(self) -> Iterable[tuple[str, str]]:
        """Every known name with the id it means."""
        yield from self._aliases.items()
        for license_id, (name, flags) in self._spdx.items():
            if "exception" not in flags and "deprecated" not in flags:
                yield license_id, license_id
                yield name, license_id

    @functools.cached_property
    def squashed(self) -> Mapping[str, str]:
        """Squashed spellings (`names.table`), made when first asked for."""
        from licgraph.names import table

        return table(self)

    @functools.cached_property
    def name_prefixes(self) -> tuple[str, ...]:
        """The words with which licences want names to begin, longest first."""
        found = {c.value for i in self.license_ids for c in self.license(i).clauses if c.duty == "name-prefix" and c.value}
        return tuple(sorted(found, key=lambda p: (-len(p), p)))

    def component(self, source: str) -> Mapping[str, Any] | None:
        """What is known of a well-known origin by its exact Hub id (``org/name``), revision ignored."""
        return self.components.get(re.sub(r"^hf:", "", source).partition("@")[0])

    @functools.cached_property
    def components(self) -> Mapping[str, Mapping[str, Any]]:
        """What is known of well-known origins, by exact Hub id (`org/name`, `datasets/org/name`)."""
        found: dict[str, Mapping[str, Any]] = json.loads(bytes(self._components))
        return found

    @functools.cached_property
    def hub_names(self) -> Mapping[str, Mapping[str, Any]]:
        """Other names of Hub repositories (`models`, `datasets`), and repositories that hold another's weights (`copies`)."""
        found: dict[str, Mapping[str, Any]] = json.loads(bytes(self._hub_names))
        return found

    @functools.cached_property
    def _hub_spellings(self) -> Mapping[str, str]:
        ids = {i.casefold(): i for i in (*self.components, *self.hub_names["copies"])}
        other = {k.casefold(): v for k, v in self.hub_names["models"].items()} | {f"datasets/{k}".casefold(): f"datasets/{v}" for k, v in self.hub_names["datasets"].items()}
        return {**ids, **other}

    def hub_name(self, name: str, dataset: bool = False) -> str | None:
        """The id that a Hub name means (`gpt2`: `openai-community/gpt2`), case aside; None where no table has it."""
        found = self._hub_spellings.get((f"datasets/{name}" if dataset else name).casefold())
        return found.removeprefix("datasets/") if found and dataset else found

    def concluded(self, source: str, revision: str = "") -> Mapping[str, Any] | None:
        """What the house concluded about a source, at this revision or at any."""
        name, _, at = re.sub(r"^hf:", "", source).partition("@")
        return self.house.get(f"{name}@{revision or at}") or self.house.get(name)

    def with_house(self, start: Path) -> Knowledge:
        """This knowledge base with the house's conclusions that hold for a stack in a folder. Raises KnowledgeError."""
        places = (folder / ".licgraph" / "components" for folder in (start.resolve(), *start.resolve().parents))
        files = next((some for place in places if place.is_dir() and (some := sorted(place.glob("*.yaml")))), ())
        if not files:
            return self
        from licgraph.sources import read_house

        found = read_house(files)
        return replace(self, house=found) if found else self


def _narrowed(clause: Clause, ways: frozenset[str] | None) -> Clause:
    if not ways:
        return clause
    return clause._replace(reaches=clause.reaches - ways, spared=ways)


def _reserved(word: str) -> License:
    """The licence behind a reserved word (design section 3.1)."""
    every = frozenset({"linked", "trained", "extracted", "output"})
    if word == "NO-CLAIM":
        return License(id=word, name="nobody claims rights", relabel=Relabel("any", "", "", "Nobody claims rights."), state="free")
    if word == "OWN-TERMS":
        return License(id=word, name="terms of our own", relabel=Relabel("any", "", "", "Terms we draft ourselves."), state="own")
    if word == "NOASSERTION":
        return License(id=word, name="no statement about the licence", silent=every, state="unknown")
    names = {"NONE": "no licence found", "LicenseRef-Proprietary": "somebody's closed terms", "LicenseRef-Commercial": "a licence that would have to be bought"}
    basis = ("right",) if word == "NONE" else ("right", "contract")
    return License(
        id=word,
        name=names[word],
        basis=basis,
        silent=every,
        relabel=Relabel("no", "", "", "Nothing is granted."),
        state="to-buy" if word == "LicenseRef-Commercial" else "closed",
    )


def _compiled(folder: Path) -> dict[str, Any]:
    from licgraph.sources import compile_index  # the shapes of files cost a run that reads none

    return compile_index(folder)


@functools.lru_cache(maxsize=4)
def load(folder: Path | None = None) -> Knowledge:
    """The knowledge base of a folder, by default the one licgraph came with.

    Raises: KnowledgeError when a file is missing or wrong.
    """
    index = cached_index(folder or data_folder(), _compiled)
    words = index["vocabulary"]
    return Knowledge(
        relations={
            i: Relation(
                i,
                r["sentence"],
                r["why"],
                "" if r["act"] == "none" else r["act"],
                r["place"],
                dict(entries(r["carries"])),
                r.get("question", ""),
                r.get("assumption", ""),
                r.get("purpose", ""),
                r.get("over-data", ""),
                bool(r.get("selection")),
                r.get("finding", ""),
                r.get("duty", ""),
                tuple(r.get("duty-when-kind", ())),
            )
            for i, r in index["relations"].items()
        },
        duties={
            i: Duty(
                i,
                d["nature"],
                d["moment"],
                d["label"],
                d["sentence"],
                d["source"],
                frozenset(d.get("broken-by", {}).get("our-purpose", ())),
                frozenset(d.get("broken-by", {}).get("use", ())),
            )
            for i, d in entries(words["duties"])
        },
        facts={i: FactWord(i, f["kind"], f["type"], f["scope"], f["unit"], f["question"]) for i, f in entries(words["facts"])},
        edge_purposes=tuple(words["edge-purposes"]),
        permission_covers=dict(entries(words["permission-covers"])),
        places={k: frozenset(v) for k, v in entries(words["places"])},
        assumptions={
            i: Assumption(i, a["question"], tuple(a["values"]), a["checked"], {k: tuple(v) for k, v in entries(a["held-by"])})
            for i, a in entries(index["assumptions"]["assumptions"])
        },
        profiles={i: Profile(i, p["gloss"], dict(entries(p["values"]))) for i, p in entries(index["profiles"]["profiles"])},
        version=index["version"],
        _licenses=index["licenses"],
        _exceptions=frozenset(index["exceptions"]),
        _aliases=index["aliases"],
        _ambiguous=index["ambiguous"],
        _components=index["components"],
        _hub_names=index["hub-names"],
        _spdx=index["spdx"],
        _names=index["names"],
        instruments={name: tuple(ids) for name, ids in index["instruments"].items()},
    )
