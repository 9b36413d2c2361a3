"""Reads the knowledge base: licences, relations, vocabulary, assumptions, profiles, well-known origins.

YAML under ``data/`` is the source. What a run needs is read from a compiled index: the wheel carries one,
an editable checkout keeps one in the user's cache folder, keyed by the name, size and time of every source
file, so that a changed file is never missed. Without a writable cache the YAML is read each time.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from licgraph.errors import Fault, KnowledgeError
from licgraph.license import EXCEPTION_FILE, LICENSE_FILE, WAYS, Clause, License, Relabel, license_from
from licgraph.shapes import Choice, Date, Flag, ListOf, MapOf, Record, Shape, Str
from licgraph.yamlfile import Faults, Map, parse, read_text

INDEX_VERSION = 2
WAY_IDS = ("copy", "derivative", "linked", "trained", "extracted", "output", "remote")
PLACES = ("inside", "beside", "behind", "answers", "tool")
RESERVED = ("NONE", "NO-CLAIM", "NOASSERTION", "OWN-TERMS", "LicenseRef-Proprietary", "LicenseRef-Commercial")

_words = ListOf(Str())
VOCABULARY: Shape = Record(
    {
        "duties": MapOf(
            Record(
                {
                    "nature": Choice(("travels", "binds", "fixes", "ban")),
                    "moment": Choice(("before", "files", "page", "contract", "operation")),
                    "label": Str(),
                    "sentence": Str(),
                    "source": Str(),
                    "broken-by": Record({"our-purpose": _words, "use": _words}),
                },
                ("nature", "moment", "label", "sentence", "source"),
            )
        ),
        "facts": MapOf(
            Record(
                {
                    "kind": Choice(("characterising", "defeater")),
                    "type": Choice(("number", "word", "words", "flag")),
                    "scope": Choice(("party", "component", "license")),
                    "unit": Str(),
                    "question": Str(),
                },
                ("kind", "type", "scope", "unit", "question"),
            )
        ),
        "edge-purposes": _words,
        "permission-covers": MapOf(Record({"duties": _words, "acts": _words, "relabel": Flag(), "all": Flag()})),
        "places": MapOf(_words),
    },
    ("duties", "facts", "edge-purposes", "permission-covers", "places"),
)
ASSUMPTIONS: Shape = Record(
    {"assumptions": MapOf(Record({"question": Str(), "values": _words, "checked": Date(), "held-by": MapOf(_words)}, ("question", "values", "checked", "held-by")))},
    ("assumptions",),
)
PROFILES: Shape = Record({"profiles": MapOf(Record({"gloss": Str(), "values": MapOf(Str())}, ("gloss", "values")))}, ("profiles",))
RELATION: Shape = Record(
    {
        "id": Str(),
        "sentence": Str(),
        "why": Str(),
        "act": Choice(("use", "copy", "modify", "link", "train", "distil", "none")),
        "place": Choice(("keep", *PLACES)),
        "carries": MapOf(Choice(WAY_IDS), keys=WAY_IDS),
        "question": Choice(("adapter", "quantised copy")),
        "assumption": Str(),
        "purpose": Str(),
        "over-data": Str(),
        "selection": Flag(),
        "finding": Str(),
        "duty": Str(),
        "duty-when-kind": _words,
    },
    ("id", "sentence", "why", "act", "place", "carries"),
)
AMBIGUOUS: Shape = Record(
    {"ambiguous": MapOf(Record({"candidates": ListOf(Str(), least=1), "settle": Str()}, ("candidates", "settle")))},
    ("ambiguous",),
)
COMPONENT: Shape = MapOf(
    Record(
        {
            "kind": Choice(("weights", "adapter", "code", "dataset", "outputs", "service", "document")),
            "license": Str(),
            "name": Str(),
            "contents": Str(),
            "additional-terms": _words,
            "source": Str(),
            "date": Date(),
            "by": Str(),
            "note": Str(),
        },
        ("kind", "license", "source", "date"),
    )
)


class Relation(NamedTuple):
    """What a step does to the work it starts from: how it is carried, which act it is, where it ends up."""

    id: str
    sentence: str
    why: str
    act: str
    place: str
    carries: Mapping[str, str]
    question: str = ""
    assumption: str = ""
    purpose: str = ""
    over_data: str = ""
    selection: bool = False
    finding: str = ""
    duty: str = ""
    duty_when_kind: tuple[str, ...] = ()


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
    """What a licence name means: ids (several: ambiguous), none: unknown; near names for the reader."""

    name: str
    ids: tuple[str, ...]
    settle: str = ""
    near: tuple[str, ...] = ()


@dataclass
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
    _licenses: Mapping[str, str]
    _exceptions: frozenset[str]
    _aliases: Mapping[str, str]
    _ambiguous: Mapping[str, Mapping[str, Any]]
    _components: Mapping[str, Mapping[str, Any]]
    _spdx: Mapping[str, str]
    _built: dict[str, License] = field(default_factory=dict)
    _read: dict[str, dict[str, Any]] = field(default_factory=dict)

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
            self._read[license_id] = json.loads(self._licenses[license_id])
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
            fields = {**plain.__dict__, "id": license_id, "name": f"{plain.name} with {changed.name}", "clauses": clauses}
            return License(**fields)
        if license_id not in self._licenses or license_id in self._exceptions:
            return License(id=license_id, name=self._spdx.get(license_id, license_id), state="unknown")
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
        return Resolution(name, (), near=self._near(key))

    def _near(self, key: str) -> tuple[str, ...]:
        import difflib

        names = {**{alias_key(i): i for i in self.license_ids}, **self._aliases}
        found = difflib.get_close_matches(key, list(names), 6, 0.65)
        return tuple(dict.fromkeys(names[f] for f in found))[:3]

    def spdx_name(self, license_id: str) -> str | None:
        """The SPDX name of an id that is on the SPDX list, encoded or not."""
        return self._spdx.get(license_id)

    def component(self, source: str) -> Mapping[str, Any] | None:
        """What is known of a well-known origin by its exact Hub id (``org/name``), revision ignored."""
        return self._components.get(re.sub(r"^hf:", "", source).partition("@")[0])


def alias_key(name: str) -> str:
    """The form in which names are compared: case, white space and a trailing slash do not count."""
    return re.sub(r"\s+", " ", name.strip().casefold()).rstrip("/")


def _narrowed(clause: Clause, ways: frozenset[str] | None) -> Clause:
    if not ways:
        return clause
    return clause._replace(reaches=clause.reaches - ways)


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


def read_license_file(path: Path) -> dict[str, Any]:
    """What a licence or exception file says, through its shape.

    Raises: KnowledgeError with every fault of the file.
    """
    shown = path.name
    node = parse(read_text(path, shown, KnowledgeError), shown, KnowledgeError)
    faults = Faults(shown)
    exception = isinstance(node, Map) and any(k.value == "exception-to" for k, _ in node.items)
    found: dict[str, Any] | None = (EXCEPTION_FILE if exception else LICENSE_FILE).read(node, "", faults) if node else None
    if found is None:
        faults.add(0, "", "the file says nothing", "Write a licence file")
    elif found.get("id") != path.stem:
        faults.add(1, "id", f"id `{found.get('id')}` is not the file's name", f"Write `id: {path.stem}`")
    elif not exception and not faults.found:
        _check_license(found, faults)
    faults.raise_if_any(KnowledgeError)
    assert found is not None
    return found


def _check_license(found: Mapping[str, Any], faults: Faults) -> None:
    """Faults that a shape cannot see inside one licence file."""
    seen: set[str] = set()
    for clause in found["clauses"]:
        line, key = clause["__line__"], f"clauses.{clause['id']}"
        if clause["id"] in seen:
            faults.add(line, key, "this clause id stands twice", "Give each clause a name of its own")
        seen.add(clause["id"])
        kind = clause["kind"]
        if kind in ("condition", "prohibition") and not (clause.get("acts") and clause.get("reaches")):
            faults.add(line, key, f"a {kind} needs `acts` and `reaches`", "Say which acts trigger it and what it reaches")
        if kind == "condition" and not clause.get("duty"):
            faults.add(line, key, "a condition needs a duty", "Name the duty, or make the clause `for-counsel`")
        if kind == "grant" and not (clause.get("acts") and clause.get("reaches")):
            faults.add(line, key, "a grant needs `acts` and `reaches`", "Say what may be done, and to what")


def _load_file(path: Path, shape: Shape) -> Any:
    shown = path.name
    node = parse(read_text(path, shown, KnowledgeError), shown, KnowledgeError)
    if node is None:
        return {}
    faults = Faults(shown)
    found = shape.read(node, "", faults)
    faults.raise_if_any(KnowledgeError)
    return found


def data_folder() -> Path:
    """The knowledge base: ``licgraph/data`` in a wheel, the repository's ``data`` in an editable checkout.

    Raises: KnowledgeError when neither is there.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "data", here.parent.parent / "data"):
        if (folder / "vocabulary.yaml").is_file():
            return folder
    raise KnowledgeError(Fault("data", 0, "", "the knowledge base is not installed", "Reinstall licgraph"))


def _sources(folder: Path) -> list[Path]:
    files = [folder / name for name in ("vocabulary.yaml", "assumptions.yaml", "profiles.yaml", "ambiguous.yaml", "spdx.tsv")]
    for part in ("licenses", "relations", "components"):
        files += sorted((folder / part).glob("*.yaml"))
    return [f for f in files if f.is_file()]


def _stamp(folder: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(f"{INDEX_VERSION}\0{folder}".encode())
    code = Path(__file__).parent
    for file in (*files, code / "knowledge.py", code / "license.py", code / "shapes.py"):
        stat = file.stat()
        digest.update(f"{file.name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def compile_index(folder: Path) -> dict[str, Any]:
    """Reads every source file of a knowledge base into one plain structure.

    Raises: KnowledgeError with the faults of all files.
    """
    faults: list[Fault] = []
    index: dict[str, Any] = {"licenses": {}, "relations": {}, "components": {}}
    digest = hashlib.sha256()
    for file in _sources(folder):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
        try:
            if file.parent.name == "licenses":
                index["licenses"][file.stem] = read_license_file(file)
            elif file.parent.name == "relations":
                index["relations"][file.stem] = _load_file(file, RELATION)
            elif file.parent.name == "components":
                index["components"].update(_load_file(file, COMPONENT))
            elif file.name == "spdx.tsv":
                rows = [line.split("\t") for line in file.read_text("utf-8").splitlines()[1:]]
                index["spdx"] = {row[0]: row[1] for row in rows}
            else:
                shape = {"vocabulary": VOCABULARY, "assumptions": ASSUMPTIONS, "profiles": PROFILES, "ambiguous": AMBIGUOUS}[file.stem]
                index[file.stem] = _load_file(file, shape)
        except KnowledgeError as problem:
            faults += problem.faults
    if faults:
        raise KnowledgeError(faults)
    index["version"] = digest.hexdigest()[:12]
    _link(index)
    return index


def _link(index: dict[str, Any]) -> None:
    """Alias table, and faults that only the whole shows. Raises KnowledgeError."""
    faults: list[Fault] = []
    duties = index["vocabulary"]["duties"]
    assumptions = index["assumptions"]["assumptions"]
    aliases: dict[str, str] = {}
    ambiguous = {alias_key(k): v for k, v in index.get("ambiguous", {"ambiguous": {}})["ambiguous"].items() if k != "__line__"}
    for license_id, found in index["licenses"].items():
        names = [license_id, found["name"], *(n for part, many in found.get("aliases", {}).items() if not part.startswith("__") for n in many)]
        for name in names:
            key = alias_key(name)
            if key in ambiguous:
                continue
            if aliases.setdefault(key, license_id) != license_id:
                faults.append(Fault(f"{license_id}.yaml", 0, "aliases", f"`{name}` is also a name of {aliases[key]}", "Keep it in one file, or list it in ambiguous.yaml"))
        for clause in found.get("clauses", ()):
            if clause.get("duty") and clause["duty"] not in duties:
                faults.append(Fault(f"{license_id}.yaml", clause["__line__"], clause["id"], f"the duty `{clause['duty']}` is not in the vocabulary", "Use a known duty, or add it to vocabulary.yaml"))
            tests = [clause.get("when"), clause.get("unless"), (clause.get("treats") or {}).get("when")]
            named = [*(clause.get("rests-on") or {}).items(), *(item for t in tests if t for item in t.get("assumption", {}).items())]
            for assumption, values in named:
                if assumption not in assumptions or not set(values) <= set(assumptions[assumption]["values"]):
                    faults.append(Fault(f"{license_id}.yaml", clause["__line__"], clause["id"], f"`{assumption}: {values}` is not in assumptions.yaml", "Name an assumption and values it has"))
    for name, profile in index["profiles"]["profiles"].items():
        for missing in set(assumptions) ^ set(profile["values"]):
            faults.append(Fault("profiles.yaml", profile["__line__"], name, f"`{missing}` stands in only one of profiles.yaml and assumptions.yaml", "Give each assumption a value in each profile"))
    if faults:
        raise KnowledgeError(faults)
    index["aliases"] = aliases
    index["ambiguous"] = ambiguous
    index["exceptions"] = sorted(i for i, found in index["licenses"].items() if "exception-to" in found)
    # each licence is kept as text of its own: a run decodes only those that its stack names
    index["licenses"] = {i: json.dumps(_plain(found), ensure_ascii=False) for i, found in index["licenses"].items()}


def _plain(value: Any) -> Any:
    """Index values as JSON can hold them."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if k != "__lines__"}
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value


def _cached_index(folder: Path) -> dict[str, Any]:
    shipped = folder / "index.json"
    if shipped.is_file():
        found: dict[str, Any] = json.loads(shipped.read_bytes())
        return found
    stamp = _stamp(folder, _sources(folder))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "licgraph"
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    file = cache / f"index-{name}.json"
    try:
        head, _, body = file.read_bytes().partition(b"\n")
        if head.decode() == f"{stamp} {hashlib.sha256(body).hexdigest()}":
            return dict(json.loads(body))
    except (OSError, ValueError):
        pass
    index: dict[str, Any] = _plain(compile_index(folder))
    body = json.dumps(index, ensure_ascii=False).encode()
    import tempfile

    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache, delete=False) as temporary:
            temporary.write(f"{stamp} {hashlib.sha256(body).hexdigest()}\n".encode() + body)
        os.replace(temporary.name, file)
    except OSError:
        pass  # a read-only home costs time, not correctness
    return index


def _entries(found: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((k, v) for k, v in found.items() if not k.startswith("__"))


@functools.lru_cache(maxsize=4)
def load(folder: Path | None = None) -> Knowledge:
    """The knowledge base of a folder, by default the one licgraph came with.

    Raises: KnowledgeError when a file is missing or wrong.
    """
    index = _cached_index(folder or data_folder())
    words = index["vocabulary"]
    return Knowledge(
        relations={
            i: Relation(
                i,
                r["sentence"],
                r["why"],
                "" if r["act"] == "none" else r["act"],
                r["place"],
                dict(_entries(r["carries"])),
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
            for i, d in _entries(words["duties"])
        },
        facts={i: FactWord(i, f["kind"], f["type"], f["scope"], f["unit"], f["question"]) for i, f in _entries(words["facts"])},
        edge_purposes=tuple(words["edge-purposes"]),
        permission_covers=dict(_entries(words["permission-covers"])),
        places={k: frozenset(v) for k, v in _entries(words["places"])},
        assumptions={
            i: Assumption(i, a["question"], tuple(a["values"]), a["checked"], {k: tuple(v) for k, v in _entries(a["held-by"])})
            for i, a in _entries(index["assumptions"]["assumptions"])
        },
        profiles={i: Profile(i, p["gloss"], dict(_entries(p["values"]))) for i, p in _entries(index["profiles"]["profiles"])},
        version=index["version"],
        _licenses=index["licenses"],
        _exceptions=frozenset(index["exceptions"]),
        _aliases=index["aliases"],
        _ambiguous=index["ambiguous"],
        _components=dict(_entries(index["components"])),
        _spdx=index.get("spdx", {}),
    )
