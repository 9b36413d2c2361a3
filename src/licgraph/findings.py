"""What each finding means and what to do about it, from ``data/findings.yaml``; read only when somebody asks."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from licgraph.errors import Fault, KnowledgeError
from licgraph.index import data_folder, entries
from licgraph.light import NamedTuple
from licgraph.shapes import MapOf, Record, Shape, Str
from licgraph.yamlfile import Faults, parse, read_text

FILE = "findings.yaml"
SHAPE: Shape = Record({"findings": MapOf(Record({"says": Str(), "do": Str(), "see": Str()}, ("says", "do")))}, ("findings",))


class Meaning(NamedTuple):
    """What a finding says, what to do, the page that has more (in ``docs``), and its line in the file."""

    says: str
    do: str
    see: str
    line: int


@functools.lru_cache(maxsize=1)
def meanings() -> Mapping[str, Meaning]:
    """Every finding by its id, in the order of the file. Raises KnowledgeError."""
    node = parse(read_text(data_folder() / FILE, FILE, KnowledgeError), FILE, KnowledgeError)
    if node is None:
        raise KnowledgeError(Fault(FILE, 0, "", "the file is empty", "Reinstall licgraph"))
    faults = Faults(FILE)
    found: Any = SHAPE.read(node, "", faults)
    faults.raise_if_any(KnowledgeError)
    return {name: Meaning(m["says"], m["do"], m.get("see", ""), m["__line__"]) for name, m in entries(found["findings"])}
