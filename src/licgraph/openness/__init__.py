"""How open a release is: one stack, several readings, each with its source; computed from what the stack holds and from clauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from licgraph import __version__
from licgraph.errors import Fault, StackError
from licgraph.expression import render
from licgraph.graph import whole
from licgraph.knowledge import Knowledge
from licgraph.openness import mof, osaid, plain, weights_and_code
from licgraph.openness.parts import Judge, find, four
from licgraph.openness.rules import rules
from licgraph.openness.table import Openness
from licgraph.openness.terms import Asked
from licgraph.stack import DEFAULT_PROFILE, Stack


def grade(stack: Stack, knowledge: Knowledge, profile: str = DEFAULT_PROFILE, *, assume: Mapping[str, str] | None = None, as_of: str | None = None) -> Openness:
    """Grades the release of a stack under every reading.

    assume: assumption values that override the profile's; they decide which origins' terms reach a part.
    as_of: the day (YYYY-MM-DD) on which dated licences are read. Raises: StackError when nothing is released.
    """
    shown = stack.inputs[0][0] if stack.inputs else "the stack"
    if stack.release is None:
        raise StackError(Fault(shown, 0, "release", "the stack does not say what is released", "Add `release: {component: ID, license: …}`, or name it with --component"))
    day = as_of or date.today().isoformat()
    asked = Asked(stack, knowledge, rules(), {**knowledge.profiles[profile].values, **(assume or {})}, day, whole(stack, knowledge))
    judge = Judge(asked, find(asked))
    parts = {p.id: p for p in four(judge)}
    release = stack.release
    return Openness(
        component=release.component,
        name=stack.components[release.component].name,
        proposed=release.written or (render(release.license) if release.license else ""),
        profile=profile,
        as_of=day,
        parts=tuple(parts.values()),
        systems=plain.systems(parts),
        questions=plain.questions(parts),
        readings=(plain.read(parts, asked.rules), weights_and_code.read(parts, asked.rules), osaid.read(judge, tuple(parts.values()), asked.rules), mof.read(judge, asked.rules)),
        inputs=stack.inputs,
        versions=(("licgraph", __version__), ("knowledge", knowledge.version)),
    )
