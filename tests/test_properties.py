"""Properties that must hold of any stack (design section 8), and the brute-force oracle."""

from __future__ import annotations

import copy
import itertools
import os
from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from licgraph.answer import assess
from licgraph.knowledge import Knowledge, load

from .conftest import AS_OF, stack_of, verdict_of
from .oracle import answer as oracle_answer
from .strategies import FORMS, LICENSES, RELATIONS, stacks

KNOWLEDGE: Knowledge = load()
MANY = int(os.environ.get("LICGRAPH_EXAMPLES", "300"))
BY_ORACLE = int(os.environ.get("LICGRAPH_EXAMPLES", "2000"))
"""Stacks on which the second solver is asked; `make nightly` asks it on 100,000."""
RANK = {"yes": 0, "conditional": 1, "unknown": 2, "no": 3}
by_oracle = settings(max_examples=BY_ORACLE, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
checked = settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@given(stacks(), st.sampled_from(["conservative", "mainstream", "permissive"]))
@by_oracle
def test_oracle_agrees(data: dict[str, Any], profile: str) -> None:
    stack = stack_of(data, KNOWLEDGE)
    expected = oracle_answer(stack, KNOWLEDGE, dict(KNOWLEDGE.profiles[profile].values))
    assert assess(stack, KNOWLEDGE, profile, as_of=AS_OF, search=False).answer == expected


@given(stacks(), st.data())
@by_oracle
def test_oracle_agrees_off_the_profiles(data: dict[str, Any], draw: st.DataObject) -> None:
    values = {a.id: draw.draw(st.sampled_from(a.values), label=a.id) for a in KNOWLEDGE.assumptions.values()}
    stack = stack_of(data, KNOWLEDGE)
    assert assess(stack, KNOWLEDGE, assume=values, as_of=AS_OF, search=False).answer == oracle_answer(stack, KNOWLEDGE, values)


@given(stacks(), st.sampled_from([i for i in LICENSES if i not in ("NO-CLAIM",) and " OR " not in i]), st.sampled_from(RELATIONS), st.integers(0, 9))
@checked
def test_adding_a_component_never_helps(data: dict[str, Any], licence: str, relation: str, at: int) -> None:
    """One more licensed third-party component never turns a no into a yes, nor removes a duty."""
    before = verdict_of(data, KNOWLEDGE, search=False)
    more = copy.deepcopy(data)
    ours = [n for n, c in more["components"].items() if c.get("ours") or n == more["release"]["component"]]
    result = ours[at % len(ours)]
    more["components"] = {"extra": {"kind": "weights", "license": licence}, **more["components"]}
    edge = {"component": "extra"} | ({"purpose": "general"} if relation in ("trained-on", "filtered-by", "rewarded-by") else {})
    more["components"][result].setdefault("from", {}).setdefault(relation, []).append(edge)
    after = verdict_of(more, KNOWLEDGE, search=False)
    exempting = any(c.unless.items or c.when.items for i in _ids(more) for c in KNOWLEDGE.license(i).clauses if any(n == "result-made-from" for n, _ in (*c.unless.items, *c.when.items)))
    assume(not exempting)  # a clause that says so: exemptions for own derivatives, compatibility that needs a second work
    if before.answer == "no":
        assert after.answer == "no"
    assert RANK[after.answer] >= RANK[before.answer]
    if after.needs_elections == before.needs_elections:
        assert {(d.id, d.value, d.license) for d in before.duties if not d.rests_on} <= {(d.id, d.value, d.license) for d in after.duties if not d.rests_on}


def test_the_stacks_tried_cover_everything_there_is() -> None:
    """Every relation, duty nature, fact, form of expression, way of an answer and value of an assumption that is read."""
    seen: dict[str, set[Any]] = {k: set() for k in ("relation", "nature", "fact", "form", "answer", "assumption", "expression")}

    turn = itertools.count()

    @given(stacks())
    @settings(parent=checked, max_examples=1200, database=None)
    def look(data: dict[str, Any]) -> None:
        chance = Random(next(turn))
        values = {a.id: chance.choice(a.values) for a in KNOWLEDGE.assumptions.values()}
        verdict = assess(stack_of(data, KNOWLEDGE), KNOWLEDGE, assume=values, as_of=AS_OF, search=False)
        seen["relation"] |= {r for c in data["components"].values() for r in c.get("from", {})}
        seen["nature"] |= {d.nature for d in verdict.duties}
        seen["fact"] |= set(data.get("facts", {}))
        seen["form"].add(data["release"]["form"])
        seen["answer"].add(verdict.answer)
        seen["assumption"] |= set(verdict.assumptions)
        for licence in (str(c.get("license", "")) for c in data["components"].values()):
            seen["expression"] |= {w for w in ("OR", "AND", "WITH") if f" {w} " in licence} | ({"or-later"} if "-or-later" in licence else set()) | ({"ambiguous"} if licence in ("bsd", "gemma", "gpl-3.0") else set())

    look()
    assert seen["relation"] == set(KNOWLEDGE.relations) == set(RELATIONS)
    assert seen["nature"] == {"travels", "binds", "fixes", "ban"}
    assert seen["fact"] == set(KNOWLEDGE.facts)
    assert seen["form"] == set(FORMS)
    assert seen["answer"] == set(RANK)
    assert seen["expression"] == {"OR", "AND", "WITH", "or-later", "ambiguous"}
    read = {(a.id, v) for a in KNOWLEDGE.assumptions.values() for v in a.values}
    assert seen["assumption"] >= {(n, v) for n, v in read if n.partition(":")[0] not in UNREAD}


UNREAD = {"licence-at-receipt", "undefined-term", "clause-conflict", "sui-generis-db-right"}
"""Questions that only dated labels, single clauses, or three others together bring up: they have cases of their own (tests/cases)."""


def _ids(data: dict[str, Any]) -> set[str]:
    return {w for c in data["components"].values() for w in str(c.get("license", "MIT")).replace("(", " ").replace(")", " ").split() if w not in ("AND", "OR")}


@given(stacks(), st.randoms(use_true_random=False))
@checked
def test_order_changes_nothing(data: dict[str, Any], random: Any) -> None:
    shuffled = copy.deepcopy(data)
    items = list(shuffled["components"].items())
    random.shuffle(items)
    shuffled["components"] = dict(items)
    for component in shuffled["components"].values():
        if "from" in component:
            links = list(component["from"].items())
            random.shuffle(links)
            component["from"] = {k: random.sample(v, len(v)) for k, v in links}
    assert _essence(verdict_of(data, KNOWLEDGE)) == _essence(verdict_of(shuffled, KNOWLEDGE))


@given(stacks())
@checked
def test_renaming_changes_only_ids(data: dict[str, Any]) -> None:
    renamed = {**data, "components": {}, "release": {**data["release"], "component": f"x-{data['release']['component']}"}}
    for name, component in data["components"].items():
        links = {r: [{**e, "component": f"x-{e['component']}"} for e in v] for r, v in component.get("from", {}).items()}
        renamed["components"][f"x-{name}"] = {**component, **({"from": links} if links else {})}
    one, other = verdict_of(data, KNOWLEDGE), verdict_of(renamed, KNOWLEDGE)
    assert _essence(one) == _essence(other, "x-")


@given(stacks())
@checked
def test_a_component_apart_changes_nothing(data: dict[str, Any]) -> None:
    more = {**data, "components": {**data["components"], "apart": {"kind": "weights", "license": "NONE"}}}
    assert _essence(verdict_of(data, KNOWLEDGE)) == _essence(verdict_of(more, KNOWLEDGE))


def _essence(verdict: Any, strip: str = "") -> Any:
    def plain(names: Any) -> Any:
        return tuple(sorted(n.replace(strip, "") if strip else n for n in names))

    return (
        verdict.answer,
        verdict.layered,
        verdict.by_profile,
        verdict.flips,
        sorted((b.ref, b.act, b.when, b.level, plain(b.origins)) for b in verdict.blockers),
        sorted((d.id, d.value, d.license, d.status, plain(f"{n}={v}" for n, v in d.rests_on), d.own, plain(d.origins)) for d in verdict.duties if d.id not in ("state-base-license", "per-item-license-metadata", "use-origin-license")),
        sorted(o.expression for o in verdict.outbound.options),
    )


@given(stacks())
@checked
def test_flip_sets_flip_and_are_minimal(data: dict[str, Any]) -> None:
    stack = stack_of(data, KNOWLEDGE)
    verdict = assess(stack, KNOWLEDGE, as_of=AS_OF)
    for changes, then in verdict.flips[:6]:
        assert assess(stack, KNOWLEDGE, assume=dict(changes), as_of=AS_OF, search=False).answer == then != verdict.answer
        for size in range(1, len(changes)):
            for fewer in itertools.combinations(changes, size):
                assert assess(stack, KNOWLEDGE, assume=dict(fewer), as_of=AS_OF, search=False).answer == verdict.answer


@given(stacks(most=4))
@settings(parent=checked, max_examples=max(20, MANY // 10))
def test_robust_means_the_same_under_all_values_touched(data: dict[str, Any]) -> None:
    stack = stack_of(data, KNOWLEDGE)
    verdict = assess(stack, KNOWLEDGE, as_of=AS_OF)
    touched = [n for n, _ in verdict.assumptions]
    assume(len(touched) <= 5)
    answers = {assess(stack, KNOWLEDGE, assume=dict(zip(touched, combo, strict=True)), as_of=AS_OF, search=False).answer for combo in itertools.product(*(KNOWLEDGE.assumptions[n].values for n in touched))}
    assert (len(answers) == 1) == (not verdict.flips)


@given(stacks())
@checked
def test_the_derivation_is_sufficient(data: dict[str, Any]) -> None:
    """Keep only the components that one definite blocker names, and the answer stands.

    Where each candidate of an ambiguous name blocks by a row of its own, all of them are kept.
    """
    verdict = verdict_of(data, KNOWLEDGE, search=False)
    assume(verdict.answer == "no")
    named = [b for b in verdict.blockers if b.level == "no"][:1] or [b for b in verdict.blockers if any(n.startswith("license of") for n, _ in b.rests_on)]
    assert named
    for blocker in named:
        clause = next((c for c in KNOWLEDGE.license(blocker.license).clauses if c.id == blocker.clause), None)
        assume(clause is None or not clause.unless.items)
        assert blocker.path
        assume(not any(n.startswith("outputs of") for n in blocker.path))
    kept = {n for b in named for n in b.path} | {data["release"]["component"]}
    less = {**data, "components": {}}
    for name in data["components"]:
        if name in kept:
            component = dict(data["components"][name])
            links = {r: [e for e in v if e["component"] in kept] for r, v in component.get("from", {}).items()}
            component["from"] = {r: v for r, v in links.items() if v}
            if not component["from"]:
                del component["from"]
            less["components"][name] = component
    reached = verdict_of(less, KNOWLEDGE, search=False)
    if any(b.path[-1] == data["release"]["component"] for b in named) or not any(f.id == "not-in-release" for f in reached.findings):
        assert reached.answer == "no"


@given(st.sampled_from([i for i in LICENSES if i.startswith("LicenseRef-") and i not in ("LicenseRef-Commercial",)]), st.sampled_from(["MIT", "OWN-TERMS", "CC-BY-4.0"]), st.sampled_from(["commercial", "non-commercial"]))
@checked
def test_three_ways_of_writing_distillation_agree(licence: str, proposed: str, use: str) -> None:
    teacher = {"kind": "weights", "license": licence}
    outputs = {"kind": "outputs", "ours": True, "from": {"generated-by": "m"}}
    release = {"component": "s", "license": proposed, "form": "weights", "use": use}
    ways: list[dict[str, Any]] = [
        {"m": teacher, "o": outputs, "s": {"kind": "weights", "from": {"trained-on": {"component": "o", "purpose": "perform-similarly"}}}},
        {"m": teacher, "o": outputs, "s": {"kind": "weights", "from": {"distill-outputs": "o"}}},
        {"m": teacher, "s": {"kind": "weights", "from": {"distill-outputs": "m"}}},
    ]
    found = [verdict_of({"licgraph": 1, "components": c, "release": release}, KNOWLEDGE) for c in ways]
    assert len({(v.answer, v.by_profile, v.flips) for v in found}) == 1
    assert len({tuple(sorted((d.id, d.value) for d in v.duties)) for v in found}) == 1


@given(stacks())
@checked
def test_what_is_read_turns_the_answer_or_stays_in_play(data: dict[str, Any]) -> None:
    """Every assumption that a condition reads is told once, also where what reads it is outweighed."""
    found = verdict_of(data, KNOWLEDGE)
    assert sorted((*found.turns_on, *found.in_play)) == sorted(name for name, _ in found.assumptions)
