"""What is derived, one thing at a time: an item; and the terms on trial against which some of it is held."""

from __future__ import annotations

from licgraph.license import Clause, License
from licgraph.light import NamedTuple
from licgraph.solver.carry import State
from licgraph.solver.formula import Formula

LEVELS = {"block": 3, "unknown": 2, "open": 1, "duty": 0}


class Item(NamedTuple):
    """One thing that blocks (`block`), cannot be decided (`unknown`, `open`) or is owed (`duty`)."""

    level: str
    condition: Formula
    license: str
    clause: str
    cite: str
    why: str
    act: str
    when: str
    by: str
    thing: str
    strand: int
    state: State
    origins: int
    path: tuple[str, ...]
    steps: tuple[str, ...]
    quote: str = ""
    reading: str = ""
    review: str = "draft"
    duty: str = ""
    value: str = ""
    nature: str = ""
    own: bool = False
    label_only: bool = False
    edit: str = ""
    slots: tuple[tuple[int, int], ...] = ()
    refused: str = ""


class Terms(NamedTuple):
    """Outbound terms on trial: every member binds recipients."""

    members: tuple[License, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The members' ids."""
        return frozenset(m.id for m in self.members)

    @property
    def own(self) -> bool:
        """True when terms of our own are among them, which can impose what must be imposed."""
        return "OWN-TERMS" in self.ids


class Open(NamedTuple):
    """A clause that applies, of which more hangs on the proposed terms."""

    clause: Clause
    condition: Formula
    act: str


def blank(act: str, state: State) -> dict[str, object]:
    """What items of one act have in common; where and by which way is filled in later."""
    return {"act": act, "when": "release", "by": "us", "thing": "", "strand": -1, "state": state, "origins": 0, "path": (), "steps": ()}


def clause_item(clause: Clause, level: str, condition: Formula, why: str, **rest: object) -> Item:
    return Item(
        level, condition, clause.license, clause.id, clause.cite, why,
        quote=clause.quote, reading=clause.reading, review=clause.review,
        duty=clause.duty, value=clause.value, nature=clause.nature, **rest,  # type: ignore[arg-type]
    )  # fmt: skip
