"""The reading that asks for weights and code and not for data; its own row, so that the disagreement is visible."""

from __future__ import annotations

from collections.abc import Mapping

from licgraph.openness.plain import lacking, state
from licgraph.openness.rules import Rules
from licgraph.openness.table import Cell, Part, Reading

ID = "weights-and-code"
WANTED = ("weights", "inference-code", "training-code")
LABELS = {"met": "met", "not-met": "not met"}


def read(parts: Mapping[str, Part], rules: Rules) -> Reading:
    """Met if weights, inference code and training code are there under open terms."""
    found = "met" if all(parts[p].is_open() for p in WANTED) else "not-met"
    hoped = "met" if all(parts[p].is_open(hopeful=True) for p in WANTED) else "not-met"
    cells = tuple(_cell(parts[p], p in WANTED) for p in parts)
    names = tuple(dict.fromkeys(m.component for p in WANTED for m in parts[p].members if found == "met" or m.terms.state != "open"))
    source = rules.sources[ID]
    missing = lacking(parts, WANTED)
    return Reading(ID, source.name, source.version, source.source, found, LABELS[found], LABELS[hoped] if hoped != found else "", names, "" if found == "met" else "met", missing, cells)


def _cell(part: Part, wanted: bool) -> Cell:
    if not wanted:
        return Cell(part.id, part.label, "not asked for", "this reading does not ask for the data", tuple(m.component for m in part.members))
    terms = part.terms
    shown = "met" if part.is_open() else state(part)
    return Cell(part.id, part.label, shown, part.reason, tuple(m.component for m in part.members), terms.license, terms.clause, terms.cite)
