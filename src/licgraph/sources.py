"""Reads the source files of a knowledge base, each through its shape, into one index (`index.py` keeps it).

Every fault of every file is reported at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from licgraph.errors import Fault, KnowledgeError
from licgraph.index import PARTS, alias_key, entries, plain
from licgraph.license import EXCEPTION_FILE, LICENSE_FILE
from licgraph.shapes import Choice, Date, Flag, ListOf, MapOf, Record, Shape, Str
from licgraph.yamlfile import Faults, Map, parse, read_text

WAY_IDS = ("copy", "derivative", "linked", "trained", "extracted", "output", "remote")
PLACES = ("inside", "beside", "behind", "answers", "tool")

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
NAMES: Shape = Record({"states-none": _words, "not-read": MapOf(Record({"name": Str(), "names": _words}, ("name",)))}, ("states-none", "not-read"))
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

HOUSE: Shape = MapOf(
    Record(
        {"license": Str(), "contents": Str(), "additional-terms": _words, "by": Str(), "date": Date(), "note": Str(), "text-sha256": Str("64 hex digits", "[0-9a-f]{64}")},
        ("license", "by", "date"),
    )
)
"""What a house concluded about components, by `hf:org/name` or `hf:org/name@revision` (design 5.1)."""
HUB_NAMES: Shape = Record(
    {
        "models": MapOf(Str()),
        "datasets": MapOf(Str()),
        "copies": MapOf(Record({"of": Str(), "relation": Choice(("convert", "quantize")), "source": Str(), "date": Date()}, ("of", "relation", "source", "date"))),
    },
    ("models", "datasets", "copies"),
)
"""Other names of Hub repositories, and repositories that hold a copy of another's weights."""


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


def read_house(files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """What files of a house (`.licgraph/components/*.yaml`) say. Raises KnowledgeError with every fault of a file."""
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        found.update({re.sub(r"^hf:", "", k): v for k, v in entries(_load_file(file, HOUSE))})
    return found


def _sources(folder: Path) -> list[Path]:
    files = [folder / name for name in ("vocabulary.yaml", "assumptions.yaml", "profiles.yaml", "ambiguous.yaml", "names.yaml", "hub-names.yaml", "spdx.tsv")]
    for part in PARTS:
        files += sorted((folder / part).glob("*.yaml"))
    return [f for f in files if f.is_file()]


SINGLE = {"vocabulary": VOCABULARY, "assumptions": ASSUMPTIONS, "profiles": PROFILES, "ambiguous": AMBIGUOUS, "names": NAMES, "hub-names": HUB_NAMES}
"""Files that a knowledge base has once, with their shapes."""
FILLED = ("vocabulary", "assumptions", "profiles")
"""Those without which nothing can be decided."""


def compile_index(folder: Path) -> dict[str, Any]:
    """Reads every source file of a knowledge base into one plain structure.

    Raises: KnowledgeError with the faults of all files.
    """
    faults: list[Fault] = []
    index: dict[str, Any] = {"licenses": {}, "relations": {}, "components": {}}
    digest = hashlib.sha256()
    for file in _sources(folder):
        try:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
            if file.parent.name == "licenses":
                index["licenses"][file.stem] = read_license_file(file)
            elif file.parent.name == "relations":
                index["relations"][file.stem] = _load_file(file, RELATION)
            elif file.parent.name == "components":
                index["components"].update(_load_file(file, COMPONENT))
            elif file.name == "spdx.tsv":
                rows = [line.split("\t") for line in file.read_text("utf-8").splitlines()[1:]]
                index["spdx"] = {row[0]: [row[1], row[2] if len(row) > 2 else ""] for row in rows}
            else:
                index[file.stem] = _load_file(file, SINGLE[file.stem])
        except KnowledgeError as problem:
            faults += problem.faults
        except (OSError, UnicodeDecodeError, IndexError) as problem:
            faults.append(Fault(file.name, 0, "", f"cannot be read ({type(problem).__name__})", "Put back the file as it was"))
    named = {f.file for f in faults}
    for name in (*(f"{stem}.yaml" for stem in SINGLE), "spdx.tsv"):
        stem = name.partition(".")[0]
        if name not in named and not (index.get(stem) if stem in FILLED else stem in index):
            faults.append(Fault(name, 0, "", f"{folder} has none, or an empty one: this is no knowledge base", "Name a folder with licenses/, relations/ and the YAML files beside them"))
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
    for license_id, entry in entries(index["names"]["not-read"]):
        for name in (license_id, entry["name"], *entry.get("names", ())):
            if alias_key(name) in aliases and aliases[alias_key(name)] != license_id:
                faults.append(Fault("names.yaml", entry["__line__"], license_id, f"`{name}` is also a name of {aliases[alias_key(name)]}", "Keep it in one place"))
            aliases.setdefault(alias_key(name), license_id)
    if faults:
        raise KnowledgeError(faults)
    index["names"] = {"states-none": index["names"]["states-none"], "not-read": dict(entries(index["names"]["not-read"]))}
    index["instruments"] = {}
    for license_id, found in sorted(index["licenses"].items()):
        for instrument in found.get("instruments", ()):
            if instrument.get("text", {}).get("file"):
                index["instruments"].setdefault(instrument["text"]["file"], []).append(license_id)
    # read only where a stack names a source, so decoded only then
    index["components"] = json.dumps({k: dict(entries(plain(v))) for k, v in entries(index["components"])}, ensure_ascii=False)
    index["hub-names"] = json.dumps({k: {name: plain(dict(entries(v))) if isinstance(v, Mapping) else v for name, v in entries(found)} for k, found in entries(index["hub-names"])}, ensure_ascii=False)
    index["aliases"] = aliases
    index["ambiguous"] = ambiguous
    index["exceptions"] = sorted(i for i, found in index["licenses"].items() if "exception-to" in found)
    # each licence is kept as text of its own: a run decodes only those that its stack names
    index["licenses"] = {i: json.dumps(plain(found), ensure_ascii=False) for i, found in index["licenses"].items()}


