"""Ids for what registries name in words, and the part that such a name stands for.

A registry writes «SNLI», «OpenAI GPT-4» or an address where a card writes a repository: what a table knows becomes that
repository, an address keeps its address, and everything else is a part of its own that says that nobody can look it up.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.identity import reference
from licgraph.knowledge import Knowledge
from licgraph.stack import Evidence

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")
"""What a component id looks like (design 5.1)."""
NO_STATEMENT = frozenset({"", "none", "null", "undefined", "n/a", "na", "nan", "-"})
"""Values that a program writes where no licence was given; other words without a name (`other`) say that there is one."""


def slug(name: str) -> str:
    """A name as the part of an id: plain characters, at most 120; of one that has none, a digest."""
    plain = re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-._+")[:120].rstrip("-._+")
    return plain or hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]


def free(wanted: str, taken: Container[str]) -> str:
    """An id that no other part has: the one wanted, else with a number."""
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    return found


def named(found: Draft, written: str, kind: str, evidence: Evidence, knowledge: Knowledge, dataset: bool = False, folder: str = "") -> Part | None:
    """The part that a registry's name stands for; None where the word names nothing. A model and a data set of one name are two."""
    where = reference(written, knowledge, dataset)
    if where.kind == "nothing":
        return None
    if where.kind == "hub" and where.known and ID.fullmatch(where.id):
        return found.refer(where, kind, evidence)
    if where.kind == "address":
        return found.part(slug(re.sub(r"^[a-z]+://(?:www\.)?", "", where.address).replace("/", "_")), kind, name=where.name[:100], source=where.source, evidence=evidence)
    why = f"`{written.strip()[:60]}` is named without a place where it could be looked up, so its terms are not known"
    return found.part(f"{folder or f'named/{kind}'}/{slug(written)}", kind, name=written.strip()[:100], inferred=why, evidence=evidence)
