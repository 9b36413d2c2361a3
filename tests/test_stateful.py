"""A stack that changes step by step, as one does in a team: after each step the answer is the second solver's, and nothing moves that must not."""

from __future__ import annotations

import copy
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from licgraph.answer import assess
from licgraph.knowledge import Knowledge, load
from licgraph.verdict import Verdict

from .conftest import AS_OF, stack_of
from .oracle import answer as oracle_answer
from .strategies import FORMS, LICENSES, PROPOSED, RELATIONS, stacks

KNOWLEDGE: Knowledge = load()
RANK = {"yes": 0, "conditional": 1, "unknown": 2, "no": 3}
PROFILES = ("conservative", "mainstream", "permissive")
MOST = 7
"""Components; the second solver walks every path."""


class Team(RuleBasedStateMachine):
    """``data``: the stack file as plain data. ``plain``: no permission or acceptance was added that the second solver does not know."""

    parts = Bundle("parts")

    @initialize(target=parts, data=stacks(most=4), profile=st.sampled_from(PROFILES))
    def start(self, data: dict[str, Any], profile: str) -> Any:
        self.data, self.profile, self.plain, self.count = data, profile, True, 0
        return multiple(*data["components"])

    def verdict(self, data: dict[str, Any] | None = None, profile: str = "") -> Verdict:
        return assess(stack_of(data or self.data, KNOWLEDGE), KNOWLEDGE, profile or self.profile, as_of=AS_OF, search=False)

    @precondition(lambda self: len(self.data["components"]) < MOST)
    @rule(target=parts, licence=st.sampled_from(LICENSES), relation=st.sampled_from(RELATIONS), kind=st.sampled_from(["weights", "dataset", "code", "outputs"]), into=parts)
    def add(self, licence: str, relation: str, kind: str, into: str) -> Any:
        """Somebody's component comes in. What it comes into is there, or was taken out meanwhile."""
        if into not in self.data["components"]:
            return multiple()
        self.count += 1
        name = f"n{self.count}"
        self.data["components"] = {name: {"kind": kind, "license": licence}, **self.data["components"]}
        self.data["components"][into].setdefault("from", {}).setdefault(relation, []).append({"component": name})
        return name

    @rule(name=parts)
    def take_out(self, name: str) -> None:
        """A component goes, with the steps that start from it; the release stays."""
        if name == self.data["release"]["component"] or name not in self.data["components"]:
            return
        del self.data["components"][name]
        for component in self.data["components"].values():
            links = {r: [e for e in v if e["component"] != name] for r, v in component.get("from", {}).items()}
            component["from"] = {r: v for r, v in links.items() if v}
            if not component["from"]:
                del component["from"]
        for part in ("permissions", "accepted-risks"):
            self.data[part] = [r for r in self.data.get(part, []) if r["component"] != name]

    @rule(form=st.sampled_from(FORMS), use=st.sampled_from(["commercial", "non-commercial", "any"]), proposed=st.sampled_from(PROPOSED))
    def ask_otherwise(self, form: str, use: str, proposed: str) -> None:
        self.data["release"].update(form=form, use=use, license=proposed)
        self.data["release"].pop("purpose", None)

    @rule(profile=st.sampled_from(PROFILES))
    def read_otherwise(self, profile: str) -> None:
        self.profile = profile

    @rule(fact=st.sampled_from([("domicile", "EU"), ("domicile", "US"), ("memorised", True), ("exception-asserted", True), ("competing-product", False), ("annual-revenue-usd", 2_000_000)]))
    def state_a_fact(self, fact: tuple[str, Any]) -> None:
        self.data.setdefault("facts", {})[fact[0]] = fact[1]

    @rule(at=st.integers(0, 5))
    def accept_a_risk(self, at: int) -> None:
        """The answer stays; the gate does not get worse."""
        before = self.verdict()
        if not before.blockers:
            return
        row = before.blockers[at % len(before.blockers)]
        if not row.license:
            return
        self.data.setdefault("accepted-risks", []).extend({"component": c, "clause": row.ref, "reason": "r", "owner": "o", "until": "2027-01-01"} for c in row.origins if c in self.data["components"])
        after = self.verdict()
        assert after.answer == before.answer
        assert _gate(after) <= _gate(before)

    @rule(name=parts)
    def get_a_permission(self, name: str) -> None:
        """What a licensor allows besides never makes an answer worse."""
        if name not in self.data["components"] or self.data["components"][name].get("ours") or name == self.data["release"]["component"]:
            return
        before = self.verdict()
        self.data.setdefault("permissions", []).append({"component": name, "from": "licensor", "covers": ["all"]})
        self.plain = False
        after = self.verdict()
        assert RANK[after.answer] <= RANK[before.answer]

    @rule(random=st.randoms(use_true_random=False))
    def write_it_down_anew(self, random: Any) -> None:
        """Another order is the same stack."""
        before = self.verdict()
        items = list(self.data["components"].items())
        random.shuffle(items)
        self.data["components"] = dict(items)
        after = self.verdict()
        assert (before.answer, before.gate, before.by_profile) == (after.answer, after.gate, after.by_profile)

    @invariant()
    def the_second_solver_agrees(self) -> None:
        if self.plain and len(self.data["components"]) <= MOST:
            stack = stack_of(self.data, KNOWLEDGE)
            assert self.verdict().answer == oracle_answer(stack, KNOWLEDGE, dict(KNOWLEDGE.profiles[self.profile].values))

    @invariant()
    def the_verdict_is_whole(self) -> None:
        """Reasons where there is no yes, and only there; paths that exist; the gate that follows from the answer."""
        verdict = self.verdict()
        assert verdict == self.verdict(copy.deepcopy(self.data))
        assert bool(verdict.blockers) == (verdict.answer != "yes")
        assert dict(verdict.by_profile)[self.profile] == verdict.answer
        assert (verdict.answer == "yes") <= (verdict.gate == "pass")
        steps = {(s, r, t) for s, r, t in verdict.made}
        for row in verdict.blockers:
            assert len(row.path) == len(row.steps) + 1 or not row.path
            assert all((s, r, t) in steps for s, r, t in zip(row.path, row.steps, row.path[1:], strict=False))
            assert row.license == "" or row.reading or row.why
        for owed in verdict.duties:
            assert owed.nature in ("travels", "binds", "fixes", "ban")
            assert set(owed.origins) <= {p.id for p in verdict.parts}
        if verdict.gate == "pass":
            assert verdict.answer == "yes" or all(b.accepted_risk for b in verdict.blockers if b.level == "no")


def _gate(verdict: Verdict) -> int:
    return {"pass": 0, "open": 1, "fail": 2}[verdict.gate]


Team.TestCase.settings = settings(
    max_examples=max(60, int(os.environ.get("LICGRAPH_EXAMPLES", "600")) // 10), stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)  # fmt: skip
TestTeam = Team.TestCase
