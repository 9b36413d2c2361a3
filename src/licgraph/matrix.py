"""The table that is drawn by hand: outbound terms against the answer, and one licence by form, use and audience.

Nothing is decided here: every cell is a verdict of `assess`, on the same stack with another release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from licgraph.answer import assess
from licgraph.errors import StackError
from licgraph.expression import Tree, parse, render
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import DEFAULT_PROFILE, Release, Stack, default_form
from licgraph.verdict import Blocker, Owed, Verdict
from licgraph.verdict import json_schema as verdict_schema

SCHEMA = "licgraph/matrix/1"
USES = ("commercial", "non-commercial")
AUDIENCES = ("public", "customers", "own")
FORMS = {
    "weights": ("weights", "service", "internal"),
    "source": ("source", "binary", "service", "internal"),
    "dataset": ("dataset", "internal"),
    "outputs": ("outputs", "internal"),
    "service": ("service", "internal"),
}
"""The forms that make sense for what is released, by the form it has by default."""


class Tried(NamedTuple):
    """Terms to try: as they were written, and as they were read."""

    written: str
    tree: Tree


class Row(NamedTuple):
    """The verdict under one candidate for the outbound terms, for the release's own form, use and audience.

    ``sources``: why it is in the table (`proposed`, `option`, `tried`, `own`: terms of our own where nothing else
    was found). ``rest``: the licences that stay with the rest where only our own part carries the terms.
    """

    expression: str
    sources: tuple[str, ...]
    rest: tuple[str, ...]
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        found = self.verdict
        return {
            "expression": self.expression, "sources": list(self.sources), "answer": found.answer, "layered": found.layered, "layered_rest": list(self.rest), "by_profile": dict(found.by_profile),
            "flips": [{"set": dict(s), "answer": a} for s, a in found.flips], "flips_complete": found.flips_complete, "in_play": list(found.in_play),
            "needs_facts": [n.to_json() for n in found.needs_facts], "blockers": [b.to_json() for b in found.blockers], "duties": [d.to_json() for d in owed(found)],
        }  # fmt: skip


class Cell(NamedTuple):
    """The verdict on one licence in one form, for one use; audiences that get the same stand together."""

    form: str
    use: str
    to: tuple[str, ...]
    verdict: Verdict

    @property
    def blocker(self) -> Blocker | None:
        """The first clause that stands against it."""
        return self.verdict.blockers[0] if self.verdict.blockers else None

    def to_json(self) -> dict[str, Any]:
        """The cell as published."""
        duties = owed(self.verdict)
        return {
            "form": self.form, "use": self.use, "to": list(self.to), "purpose": self.verdict.purpose or None, "answer": self.verdict.answer,
            "blocker": self.blocker.to_json() if self.blocker else None, "needs_facts": [n.to_json() for n in self.verdict.needs_facts],
            "duty_count": distinct(duties), "duties": [d.to_json() for d in duties],
        }  # fmt: skip


class Matrix(NamedTuple):
    """Both tables. ``asked``: the verdict with no terms proposed; ``licence``: what the second table is about."""

    asked: Verdict
    rows: tuple[Row, ...]
    licence: str
    cells: tuple[Cell, ...]

    def to_json(self) -> dict[str, Any]:
        """The tables as published. Deterministic: the same question, the same structure."""
        asked = self.asked
        return {
            "schema": SCHEMA, "component": asked.component, "name": asked.name, "form": asked.form, "use": asked.use, "to": asked.to, "purpose": asked.purpose or None, "profile": asked.profile,
            "fixed_to": list(asked.outbound.fixed_to), "edits": list(asked.outbound.edits), "why_none": asked.outbound.why_none,
            "rows": [row.to_json() for row in self.rows],
            "by_form": {"expression": self.licence, "cells": [cell.to_json() for cell in self.cells]} if self.licence else None,
            "as_of": asked.as_of, "inputs": [{"path": p, "sha256": s} for p, s in asked.inputs], "versions": dict(asked.versions),
        }  # fmt: skip


def owed(verdict: Verdict) -> list[Owed]:
    """The duties that are owed as things stand; those that wait for a fact or another reading are left out."""
    return [d for d in verdict.duties if not d.rests_on]


def distinct(duties: Iterable[Owed]) -> int:
    """How many things there are to do: the same duty asked for by several licences is done once."""
    return len({(d.id, d.value) for d in duties})


def build(
    stack: Stack,
    knowledge: Knowledge,
    profile: str = DEFAULT_PROFILE,
    *,
    tried: Sequence[Tried] = (),
    purpose: str = "",
    assume: Mapping[str, str] | None = None,
    as_of: str | None = None,
) -> Matrix:
    """The table of outbound terms, and the second one where the release proposes terms.

    tried: further candidates. purpose: our own purpose in every cell of the second table, by default the use of
    that cell. The rest as in `assess`. Each row is what `check --as` says of it, each cell of the second table
    what `check --form --use --to` says.
    Raises: StackError when nothing is released, or terms that are proposed or tried are none we could offer.
    """
    proposed = stack.release
    open_question = proposed._replace(license=None, written="") if proposed is not None else None
    asked = assess(stack._replace(release=open_question), knowledge, profile, assume=assume, as_of=as_of)
    assert proposed is not None  # otherwise there was no verdict
    rows = []
    for tree, sources in _candidates(asked, proposed, tried, knowledge):
        expression = render(tree)
        release = proposed._replace(license=tree, written=expression)
        try:
            verdict = assess(stack._replace(release=release), knowledge, profile, assume=assume, as_of=as_of)
        except StackError as problem:
            raise _of_try(problem, sources) from None
        rows.append(Row(expression, sources, _rest(verdict, expression), verdict))
    if proposed.license is None:
        return Matrix(asked, tuple(rows), "", ())

    def answer(form: str, use: str, to: str) -> Verdict:
        release = proposed._replace(form=form, use=use, to=to, purpose=purpose or use)
        return assess(stack._replace(release=release), knowledge, profile, assume=assume, as_of=as_of, search=False)

    cells: list[Cell] = []
    for form in _forms(stack, proposed):
        for use in USES:
            alone = answer("internal", use, "own")
            audiences = [to for to in _audiences(form, proposed) if to != "own" or form == "internal" or _differ(answer(form, use, to), alone)]
            cells += _together(form, use, {to: answer(form, use, to) for to in audiences})
    return Matrix(asked, tuple(rows), render(proposed.license), tuple(cells))


def _candidates(asked: Verdict, proposed: Release, tried: Sequence[Tried], knowledge: Knowledge) -> list[tuple[Tree, tuple[str, ...]]]:
    """The terms of the rows, each once, with why it is there. Of a layered option: the terms of our own part."""
    options = [parse("OWN-TERMS" if o.layered else o.expression, knowledge) for o in asked.outbound.options]
    found: dict[str, tuple[Tree, tuple[str, ...]]] = {}
    own = [] if options else [parse("OWN-TERMS", knowledge)]
    given = [proposed.license] if proposed.license is not None else []
    for source, trees in (("proposed", given), ("option", options), ("tried", [t.tree for t in tried]), ("own", own)):
        for tree in trees:
            key = render(tree)
            sources = found[key][1] if key in found else ()
            found[key] = (tree, tuple(dict.fromkeys((*sources, source))))
    return list(found.values())


def _of_try(problem: StackError, sources: Sequence[str]) -> StackError:
    """A fault in terms that only the command line named, told as one of its option."""
    if "proposed" in sources or any(f.key != "release.license" for f in problem.faults):
        return problem
    return StackError([replace(f, file="--try", line=0, key="") for f in problem.faults])


def _rest(verdict: Verdict, expression: str) -> tuple[str, ...]:
    """The licences that the rest keeps where only our own part carries the terms, if that is an option."""
    for option in verdict.outbound.options:
        if option.layered and option.expression.startswith(f"{expression} AND "):
            return tuple(option.expression[len(expression) + len(" AND ") :].split(" AND "))
    return ()


def _forms(stack: Stack, release: Release) -> tuple[str, ...]:
    usual = FORMS[default_form(stack.components[release.component].kind)]
    return usual if release.form in usual else (release.form, *usual)


def _audiences(form: str, release: Release) -> tuple[str, ...]:
    usual = ("own",) if form == "internal" else AUDIENCES
    return usual if release.to in usual or release.to in AUDIENCES else (*usual, release.to)


def _told(verdict: Verdict) -> tuple[object, ...]:
    first = verdict.blockers[0] if verdict.blockers else None
    return verdict.answer, (first.ref, first.why) if first else None, tuple((d.id, d.value, d.license, d.clause, d.status) for d in owed(verdict))


def _differ(one: Verdict, other: Verdict) -> bool:
    return _told(one) != _told(other)


def _together(form: str, use: str, found: Mapping[str, Verdict]) -> list[Cell]:
    """A cell for each different thing that is told, with the audiences it is told of."""
    cells: dict[tuple[object, ...], Cell] = {}
    for to, verdict in found.items():
        key = _told(verdict)
        cells[key] = cells[key]._replace(to=(*cells[key].to, to)) if key in cells else Cell(form, use, (to,), verdict)
    return list(cells.values())


def json_schema() -> dict[str, Any]:
    """JSON Schema of the tables, as published in ``schema/matrix-1.json``."""
    text: dict[str, Any] = {"type": "string"}
    maybe: dict[str, Any] = {"type": ["string", "null"]}
    texts = {"type": "array", "items": text}
    known = verdict_schema()["properties"]

    def row(**fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": True}

    candidate = row(
        expression=text, sources={"type": "array", "minItems": 1, "items": {"enum": ["proposed", "option", "tried", "own"]}}, answer=known["answer"], layered=known["layered"], layered_rest=texts,
        by_profile=known["by_profile"], flips=known["flips"], flips_complete=known["flips_complete"], in_play=texts, needs_facts=known["needs_facts"], blockers=known["blockers"], duties=known["duties"],
    )  # fmt: skip
    cell = row(
        form=text, use={"enum": list(USES)}, to={"type": "array", "minItems": 1, "items": text}, purpose=maybe, answer=known["answer"],
        blocker={"anyOf": [known["blockers"]["items"], {"type": "null"}]}, needs_facts=known["needs_facts"], duty_count={"type": "integer", "minimum": 0}, duties=known["duties"],
    )  # fmt: skip
    whole = row(
        schema={"const": SCHEMA}, component=text, name=text, form=text, use=text, to=text, purpose=maybe, profile=text, fixed_to=texts, edits=texts, why_none=text,
        rows={"type": "array", "minItems": 1, "items": candidate},
        by_form={"anyOf": [row(expression=text, cells={"type": "array", "minItems": 1, "items": cell}), {"type": "null"}]}, as_of=text, inputs=known["inputs"], versions=known["versions"],
    )  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph matrix, version 1", "description": "Fields are only ever added.", **whole}
