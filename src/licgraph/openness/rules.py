"""What each reading asks for, from ``data/openness.yaml``. Raises KnowledgeError when the file is missing or wrong."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from licgraph.errors import Fault, KnowledgeError
from licgraph.index import data_folder, entries
from licgraph.light import NamedTuple
from licgraph.shapes import Choice, Flag, ListOf, MapOf, Record, Shape, Str
from licgraph.yamlfile import Faults, parse, read_text

FILE = "openness.yaml"
CLASSES = ("III", "II", "I")
"""Classes of the framework, the first one to be reached first."""
TYPES = ("code", "data", "document")

_source = Record({"name": Str(), "version": Str(), "source": Str()}, ("name", "version", "source"))
_closing = Record({"section": Str(), "says": Str()}, ("section", "says"))
_mof = Record({"name": Str(), "type": Choice(TYPES), "class": Choice(CLASSES), "required": Flag(), "or": Str("the component that stands in for it")}, ("name", "type", "class", "required"))
_ids = ListOf(Str("an SPDX id"), least=1)
SHAPE: Shape = Record(
    {
        "readings": MapOf(_source, keys=("plain", "weights-and-code", "osaid", "mof")),
        "open-terms": Record({"source": Str(), "closing": MapOf(_closing), "tolerated": MapOf(Str())}, ("source", "closing", "tolerated")),
        "osaid": Record({"data-information": ListOf(Str(), least=1), "code": MapOf(Str()), "parameters": Str()}, ("data-information", "code", "parameters")),
        "mof": Record({"components": MapOf(_mof), "open": _ids, "type-appropriate": Record(dict.fromkeys(TYPES, _ids), TYPES)}, ("components", "open", "type-appropriate")),
    },
    ("readings", "open-terms", "osaid", "mof"),
)


class Source(NamedTuple):
    """Where a reading comes from."""

    name: str
    version: str
    source: str


class MofComponent(NamedTuple):
    """One component of the framework; ``stand_in`` may take its place."""

    slug: str
    name: str
    type: str
    level: str
    required: bool
    stand_in: str = ""


class Rules(NamedTuple):
    """Everything the readings ask for. ``closing``: duty to (section of the Open Source Definition, what it does)."""

    sources: Mapping[str, Source]
    closing: Mapping[str, tuple[str, str]]
    tolerated: Mapping[str, str]
    data_information: tuple[str, ...]
    osaid_code: Mapping[str, str]
    mof: tuple[MofComponent, ...]
    mof_open: frozenset[str]
    mof_appropriate: Mapping[str, frozenset[str]]

    def label(self, role: str) -> str:
        """A role in words."""
        return next((c.name for c in self.mof if c.slug == role), role)


@functools.lru_cache(maxsize=1)
def rules() -> Rules:
    """The rules of the knowledge base that licgraph came with."""
    node = parse(read_text(data_folder() / FILE, FILE, KnowledgeError), FILE, KnowledgeError)
    faults = Faults(FILE)
    if node is None:
        raise KnowledgeError(Fault(FILE, 0, "", "the file is empty", "Reinstall licgraph"))
    found: Any = SHAPE.read(node, "", faults)
    faults.raise_if_any(KnowledgeError)
    terms, mof = found["open-terms"], found["mof"]
    return Rules(
        sources={k: Source(v["name"], v["version"], v["source"]) for k, v in entries(found["readings"])},
        closing={k: (v["section"], v["says"]) for k, v in entries(terms["closing"])},
        tolerated=dict(entries(terms["tolerated"])),
        data_information=tuple(found["osaid"]["data-information"]),
        osaid_code=dict(entries(found["osaid"]["code"])),
        mof=tuple(MofComponent(k, v["name"], v["type"], v["class"], v["required"], v.get("or", "")) for k, v in entries(mof["components"])),
        mof_open=frozenset(mof["open"]),
        mof_appropriate={t: frozenset(mof["type-appropriate"][t]) for t in TYPES},
    )
