"""A stack: the components of a release, how each was made from others, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from licgraph.light import NamedTuple

if TYPE_CHECKING:
    from licgraph.expression import Tree

DEFAULT_STACK = "licgraph.yaml"
DEFAULT_PROFILE = "mainstream"
LABEL_PLACES = ("origin", "licence-file", "card", "tag", "registry")
"""Where a licence can be stated, in the order in which statements count (legal_theories, label-authority)."""


class Evidence(NamedTuple):
    """Where a statement was read. ``pointer``: the place in a JSON document (RFC 6901), where lines say little."""

    file: str
    line: int
    pointer: str = ""

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}{f'#{self.pointer}' if self.pointer else ''}"


class Edge(NamedTuple):
    """From the thing made (``result``) to the thing it was made from (``source``).

    ``inferred``: on what the step was concluded where no source states it (empty: stated), with a ``confidence`` (0 to 1).
    """

    result: str
    relation: str
    source: str
    purpose: str = ""
    accepted_terms: bool | None = None
    substantial_part: bool = False
    line: int = 0
    inferred: str = ""
    evidence: Evidence = Evidence("", 0)
    confidence: float = 1.0


class Label(NamedTuple):
    """One of several statements of a component's licence."""

    where: str
    says: Tree
    date: str = ""


class Component(NamedTuple):
    """A part of the stack. ``license`` is None for ours without a label."""

    id: str
    kind: str
    name: str = ""
    license: Tree | None = None
    declared: Tree | None = None
    written: str = ""
    ours: bool = False
    source: str = ""
    revision: str = ""
    additional: tuple[Tree, ...] = ()
    labels: tuple[Label, ...] = ()
    contents: Tree | None = None
    params: tuple[tuple[str, str], ...] = ()
    received: str = ""
    role: str = ""
    available: str = ""
    copyright: str = ""
    facts: tuple[tuple[str, Any], ...] = ()
    evidence: Evidence = Evidence("", 0)
    virtual: bool = False
    known_from: str = ""
    inferred: str = ""


class Release(NamedTuple):
    """What is to be released, under which terms, to whom, for what."""

    component: str
    license: Tree | None = None
    written: str = ""
    form: str = "weights"
    use: str = "any"
    to: str = "public"
    purpose: str = ""
    will_not: tuple[str, ...] = ()


class Permission(NamedTuple):
    """What a licensor granted us besides the licence."""

    component: str
    grantor: str
    covers: tuple[str, ...]
    until: str = ""
    document: str = ""
    sha256: str = ""


class FactSource(NamedTuple):
    """Who stated a fact, when (YYYY-MM-DD), and in which document."""

    by: str
    date: str = ""
    document: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (f"by {self.by}", f"on {self.date}" if self.date else "", self.document)))


class AcceptedRisk(NamedTuple):
    """Our own acceptance of one blocker; moves the gate, never the answer."""

    component: str
    clause: str
    reason: str
    owner: str
    until: str
    line: int = 0
    approver: str = ""


class Unread(NamedTuple):
    """Something that belongs to the stack and was not read, so that no answer above `unknown` stands on it.

    ``component``: what it concerns; empty for the whole stack.
    """

    source: str
    why: str
    component: str = ""


class Notice(NamedTuple):
    """What a reader noticed and decides nothing (id, component, why)."""

    id: str
    component: str
    why: str


class Stack(NamedTuple):
    """Everything that was read from one input."""

    components: Mapping[str, Component]
    edges: tuple[Edge, ...]
    release: Release | None
    facts: Mapping[str, Any] = MappingProxyType({})
    permissions: tuple[Permission, ...] = ()
    elect: Mapping[str, str] = MappingProxyType({})
    risks: tuple[AcceptedRisk, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    unread: tuple[Unread, ...] = ()
    notices: tuple[Notice, ...] = ()
    fact_sources: Mapping[str, FactSource] = MappingProxyType({})


def default_form(kind: str) -> str:
    """The form in which a component of this kind is usually released."""
    return {"weights": "weights", "adapter": "weights", "code": "source", "dataset": "dataset", "outputs": "outputs", "service": "service", "document": "dataset"}[kind]


def default_recipients(form: str) -> str:
    """To whom a form goes unless the stack says otherwise (design 5.4)."""
    return {"service": "customers", "internal": "own"}.get(form, "public")
