"""The library: one question, one `Assessment`. What stands in `licgraph.__all__` is public; everything else may move.

    >>> import licgraph
    >>> found = licgraph.assess("licgraph.yaml", license="Apache-2.0")
    >>> found.answer, [b.ref for b in found.blockers]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from licgraph.errors import Fault, StackError
from licgraph.knowledge import Knowledge
from licgraph.stack import DEFAULT_PROFILE, Stack
from licgraph.verdict import Blocker, Owed, Verdict

if TYPE_CHECKING:
    from licgraph.openness.table import Openness
    from licgraph.repair import Repair

KEPT = 1_000
"""Answers about stacks that are given as data, which are kept: what is asked again is answered at once."""
_WORDS = {"--component": "component", "--as": "license", "--fact": "facts", "--assume": "assume", "--as-of": "as_of"}
"""What faults of a question are named after, in the words of `assess`."""


@dataclass(frozen=True, repr=False)
class Assessment:
    """An answer with what it was given on. ``verdict`` holds everything a report may show (`licgraph/verdict/1`)."""

    stack: Stack
    knowledge: Knowledge
    verdict: Verdict
    assume: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def answer(self) -> str:
        """``yes``, ``no``, ``conditional`` or ``unknown``, under the profile that was asked for."""
        return self.verdict.answer

    @property
    def gate(self) -> str:
        """``pass``, ``fail`` or ``open``: the answer once accepted risks are counted."""
        return self.verdict.gate

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """The clauses that stand against the release, each with section, path and act."""
        return self.verdict.blockers

    @property
    def duties(self) -> tuple[Owed, ...]:
        """What is owed, once a duty with all its origins."""
        return self.verdict.duties

    def explain(self, about: str = "") -> str:
        """The derivation in sentences: of everything, or of a blocker by number, a duty, clause, component or assumption. Raises StackError."""
        from licgraph import explain

        lines = list(explain.select(self.verdict, self.knowledge, about) if about else explain.whole(self.verdict, self.knowledge))
        if not lines:
            raise StackError(Fault("about", 0, about, "nothing of that name is in this verdict", "Name a blocker by number, a duty, clause, component, licence or assumption"))
        return "\n".join(lines) + "\n"

    def report(self, form: str = "text") -> str:
        """The report in a format of `licgraph check` (text, json, html, sarif, markdown …). Raises StackError."""
        from licgraph.outcome import Outcome
        from licgraph.reports import checks
        from licgraph.reports import json as as_json
        from licgraph.reports import text as as_text

        if form == "text":
            return as_text.render(self.verdict, self.knowledge)
        if form == "json":
            return as_json.render(self.verdict)
        if form not in checks.formats():
            raise StackError(Fault("form", 0, form, "there is no such format", f"Write one of: {', '.join(('text', 'json', *checks.formats()))}"))
        asked = self.verdict.inputs[0][0] if self.verdict.inputs else self.verdict.component
        return checks.render(form, [Outcome(asked, self.stack, self.knowledge, self.verdict, self.assume)])

    def repairs(self, most: int = 5) -> tuple[Repair, ...]:
        """The cheapest sets of changes after which nothing blocks, each solved again; empty where none was found."""
        from licgraph.changes import default_costs
        from licgraph.repair import repair

        return repair(self.stack, self.knowledge, self.verdict.profile, costs=default_costs(), assume=self.assume, as_of=self.verdict.as_of, most=most).found

    def openness(self) -> Openness:
        """How open the release is, part by part."""
        from licgraph.openness import grade

        return grade(self.stack, self.knowledge, self.verdict.profile, assume=self.assume, as_of=self.verdict.as_of)

    def to_json(self) -> dict[str, Any]:
        """The verdict as published."""
        return self.verdict.to_json()

    def __str__(self) -> str:
        return self.report()

    def __repr__(self) -> str:
        v = self.verdict
        return f"<Assessment of {v.name or v.component!r} as {v.proposed or '…'}: {v.answer} ({v.profile}), {len(v.blockers)} against it, {len(v.duties)} duties>"

    def _repr_html_(self) -> str:
        """For notebooks: the answer, what stands against it and what is owed. Names are shown as text."""
        from licgraph.reports.text import NOT_ADVICE, clean
        from licgraph.rows import MOMENTS, headline

        def cell(text: str) -> str:
            return f"<td style='text-align:left'><bdi>{escape(clean(text))}</bdi></td>"

        against = "".join(f"<tr>{cell(f'{b.license} {b.cite}')}{cell(b.why)}{cell(' → '.join(b.path))}</tr>" for b in self.blockers)
        owed = "".join(f"<tr>{cell(d.label or d.id)}{cell(d.value)}{cell(f'{d.license} {d.cite}')}{cell(f'{MOMENTS[d.moment]}, {d.status}')}</tr>" for d in self.duties if not d.rests_on)
        needs = "".join(f"<li><bdi>{escape(clean(n.question))}</bdi> <code>{escape(clean(n.flag))}</code></li>" for n in self.verdict.needs_facts)
        return (
            f"<div><p><b>{escape(clean(headline(self.verdict)))}</b></p>"
            + (f"<ul>{needs}</ul>" if needs else "")
            + (f"<table><thead><tr><th>Clause</th><th>Why</th><th>Path</th></tr></thead><tbody>{against}</tbody></table>" if against else "")
            + (f"<details><summary>What is owed ({owed.count('<tr>')})</summary><table><thead><tr><th>Duty</th><th>Value</th><th>Clause</th><th>When</th></tr></thead><tbody>{owed}</tbody></table></details>" if owed else "")
            + f"<p><small>As of {escape(self.verdict.as_of)}. {NOT_ADVICE}</small></p></div>"
        )


def assess(
    stack: str | Path | Mapping[str, Any] | Stack,
    *,
    license: str = "",
    component: str = "",
    form: str = "",
    use: str = "",
    to: str = "",
    purpose: str = "",
    facts: Mapping[str, Any] | None = None,
    profile: str = DEFAULT_PROFILE,
    assume: Mapping[str, str] | None = None,
    as_of: str = "",
    knowledge: Path | Knowledge | None = None,
) -> Assessment:
    """May this be released so, and on which grounds?

    stack: a stack file, a folder, any file that `licgraph import` reads, ``hf:org/name`` (which asks the Hub; nothing else
    touches the network), or a stack as plain data in the shape of the stack file. The other arguments are the options of
    `licgraph check`: each overrides what the stack says. facts: values as they are, in the units of the vocabulary.
    as_of: YYYY-MM-DD; default: today, or SOURCE_DATE_EPOCH. knowledge: another knowledge base, or the folder of one.
    Raises: StackError when the stack or the question is not understood, KnowledgeError when the knowledge base is broken.
    """
    from licgraph import asking
    from licgraph import knowledge as base
    from licgraph.answer import assess as solve

    known = knowledge if isinstance(knowledge, Knowledge) else base.load(knowledge)
    text = json.dumps(stack, default=_plain) if isinstance(stack, Mapping) else ""
    with _in_our_words():
        day = asking.day_of(as_of)
    question = (text, license, component, form, use, to, purpose, repr(sorted((facts or {}).items())), profile, tuple(sorted((assume or {}).items())), day)
    kept: dict[tuple[object, ...], Assessment] = known.kept.setdefault("assessments", {})
    if text and question in kept:  # the same question under the same premises
        return kept[question]
    read, present = _read(stack, text, known)
    with _in_our_words():
        put = asking.put(read, present, {"component": component, "proposed": license, **_chosen(form=form, use=use, to=to, purpose=purpose), "facts": dict(facts or {})}, "whoever called assess()")
        assumed = asking.assumed(dict(assume or {}), present)
    if profile not in present.profiles:
        raise StackError(Fault("profile", 0, profile, "there is no such profile", f"Write one of: {', '.join(present.profiles)}"))
    found = Assessment(put, present, solve(put, present, profile, assume=assumed, as_of=day), MappingProxyType(assumed))
    if text:
        while len(kept) >= KEPT:
            kept.pop(next(iter(kept)))
        kept[question] = found
    return found


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Faults of a question named after the arguments of `assess`, not after options."""
    try:
        yield
    except StackError as problem:
        raise StackError([Fault(_WORDS.get(f.file, f.file), f.line, f.key, f.what, f.cure) for f in problem.faults]) from None


def _read(stack: str | Path | Mapping[str, Any] | Stack, text: str, knowledge: Knowledge) -> tuple[Stack, Knowledge]:
    from licgraph.asking import read_stack

    if isinstance(stack, Stack):
        return stack, knowledge
    if isinstance(stack, Mapping):
        from licgraph.inputs.stackfile import from_text

        return from_text(text, "the stack given", knowledge), knowledge
    if not str(stack) or str(stack) == "-":
        raise StackError(Fault("stack", 0, "", "it is not said which stack is meant", "Give a path, hf:org/name, or the stack as data"))
    try:
        return read_stack(str(stack), knowledge)
    except OSError as problem:
        raise StackError(Fault(str(stack), 0, "", f"cannot be read ({problem.strerror or type(problem).__name__})", "Check the path and its permissions")) from None


def _plain(value: object) -> object:
    """What YAML readers make of a date, as text again."""
    if isinstance(value, date):
        return value.isoformat()
    raise StackError(Fault("the stack given", 0, "", f"a {type(value).__name__} is no part of a stack file", "Give text, numbers, lists and dicts"))


def _chosen(**words: str) -> dict[str, str]:
    from licgraph.inputs.stackfile import PURPOSES, USES
    from licgraph.license import FORMS, RECIPIENTS

    known: dict[str, Sequence[str]] = {"form": FORMS, "use": USES, "to": RECIPIENTS, "purpose": PURPOSES}
    faults = [Fault(name, 0, word, "there is no such value", f"Write one of: {', '.join(known[name])}") for name, word in words.items() if word and word not in known[name]]
    if faults:
        raise StackError(faults)
    return words
