"""House rules over a verdict. A rule only tightens: it fails a check or keeps it open, and is never presented as law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from licgraph.failing import licenses_of, reviews
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Stack
from licgraph.verdict import Ruling, Verdict

OF_COMPONENT = ("license", "kind", "origin")
"""Tests of one component; those of a `when` have to hold of the same one. All others are of the verdict."""
KEYS = (*OF_COMPONENT, "duty", "finding", "form", "use", "to", "answer-under", "review", "assumption")
SHOWN = ("license", "kind", "origin", "duty", "finding")
"""What is said of a hit besides the rule's own words; the rest could tell of the legal reasoning."""


class When(NamedTuple):
    """Tests that have to hold together; of the values of one, any."""

    tests: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, tuple[str, ...]]


class Trial(NamedTuple):
    """A rule's own test: a stack, and whether the rule has to be hit by it."""

    stack: Stack
    expect: str
    line: int


class Rule(NamedTuple):
    """One rule of the house."""

    id: str
    owner: str
    says: str
    effect: str
    when: When
    unless: When | None
    trials: tuple[Trial, ...]
    file: str
    line: int


class _Seen(NamedTuple):
    """What a verdict shows to rules."""

    components: Mapping[str, Mapping[str, frozenset[str]]]
    whole: Mapping[str, frozenset[str]]
    answers: Mapping[str, str]


def judged(verdict: Verdict, rules: Sequence[Rule], stack: Stack, knowledge: Knowledge) -> Verdict:
    """The verdict with its gate as the rules have it, and the rules that were hit."""
    seen = _seen(verdict, stack, knowledge)
    hits = tuple(ruling for rule in rules for ruling in _hits(rule, seen))
    effects = {h.effect for h in hits}
    gate = "fail" if "fail" in effects or verdict.gate == "fail" else "open" if "open" in effects else verdict.gate
    return verdict._replace(gate=gate, policy=hits)


def is_hit(rule: Rule, verdict: Verdict, stack: Stack, knowledge: Knowledge) -> bool:
    """Whether one rule is hit."""
    return bool(_hits(rule, _seen(verdict, stack, knowledge)))


def _seen(verdict: Verdict, stack: Stack, knowledge: Knowledge) -> _Seen:
    under = licenses_of(verdict, knowledge)
    components = {}
    for part in verdict.parts:
        known = stack.components.get(part.id)
        names = {part.id, part.name, *((known.source, known.source.removeprefix("hf:")) if known and known.source else ())}
        components[part.id] = {"license": under.get(part.id, frozenset()), "kind": frozenset({part.kind}), "origin": frozenset(names)}
    owed = {d.id for d in verdict.duties if not any(name in knowledge.assumptions for name, _ in d.rests_on)}  # what an open fact may make due counts
    whole = {
        "duty": frozenset(owed), "finding": frozenset(f.id for f in verdict.findings), "form": frozenset({verdict.form}), "use": frozenset({verdict.use}), "to": frozenset({verdict.to}),
        "review": frozenset(status for clauses in reviews(verdict, knowledge).values() for status in clauses.values()), "assumption": frozenset(verdict.turns_on),
    }  # fmt: skip
    return _Seen(components, whole, dict(verdict.by_profile))


def _hits(rule: Rule, seen: _Seen) -> list[Ruling]:
    """One ruling a component where the rule asks about components, else one."""
    if not _whole(rule.when, seen):
        return []
    spared = rule.unless if rule.unless is not None and _whole(rule.unless, seen) else None
    if any(key in OF_COMPONENT for key in rule.when.tests):
        names = [name for name in seen.components if _component(rule.when, seen, name) and not (spared and _component(spared, seen, name))]
    elif spared is None or (any(key in OF_COMPONENT for key in spared.tests) and not any(_component(spared, seen, n) for n in seen.components)):
        names = [""]
    else:
        names = []
    return [Ruling(rule.id, rule.owner, name, _why(rule), rule.effect) for name in names]


def _why(rule: Rule) -> str:
    shown = "; ".join(f"{key}: {', '.join(rule.when.tests[key])}" for key in SHOWN if key in rule.when.tests)
    return f"{rule.says}{f' ({shown})' if shown else ''}"


def _whole(when: When, seen: _Seen) -> bool:
    """Whether the tests of the verdict hold."""
    tests = ((seen.whole[key], values) for key, values in when.tests.items() if key not in OF_COMPONENT)
    return all(found & set(values) for found, values in tests) and all(seen.answers.get(profile) in answers for profile, answers in when.answers.items())


def _component(when: When, seen: _Seen, name: str) -> bool:
    """Whether the tests of a component hold of this one."""
    mine = seen.components[name]
    for key in OF_COMPONENT:
        wanted = when.tests.get(key)
        if wanted is not None and not any(fnmatchcase(found, value) if key == "origin" else found == value for found in mine[key] for value in wanted):
            return False
    return True
