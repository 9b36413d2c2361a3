"""From a no to a yes: wanted repairs written down with their grounds, and what every repair has to be."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from licgraph import inputs
from licgraph.answer import assess
from licgraph.changes import Change, apply, default_costs, offered
from licgraph.cli import cli
from licgraph.expression import parse
from licgraph.inputs.stackfile import from_text
from licgraph.knowledge import Knowledge, load
from licgraph.repair import Repairs, hollow, repair
from licgraph.stack import Stack

from .conftest import AS_OF, ROOT, stack_of

KNOWLEDGE = load()
COSTS = default_costs()
EXAMPLES = ROOT / "examples"


def repaired(stack: Stack, **options: Any) -> Repairs:
    return repair(stack, KNOWLEDGE, costs=COSTS, as_of=AS_OF, **options)


def example(name: str, proposed: str = "") -> Stack:
    stack = inputs.read(str(EXAMPLES / f"{name}.yaml"), KNOWLEDGE)
    assert stack.release is not None
    return stack._replace(release=stack.release._replace(license=parse(proposed, KNOWLEDGE), written=proposed)) if proposed else stack


def plain(components: dict[str, Any], **release: Any) -> Stack:
    return stack_of({"licgraph": 1, "components": components, "release": release}, KNOWLEDGE)


WANTED = yaml.safe_load((ROOT / "tests" / "repairs.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", WANTED)
def test_the_wanted_repair_is_among_the_first_three(name: str) -> None:
    entry = WANTED[name]
    stack = stack_of({"licgraph": 1, **entry["stack"]}, KNOWLEDGE)
    options = {k: entry[k] for k in ("keep", "without") if k in entry}
    profile = entry.get("profile", "mainstream")
    found = repair(stack, KNOWLEDGE, profile, costs=COSTS, as_of=AS_OF, most=3, **options)
    assert found.before.answer == entry["before"]
    told = [{(c.kind, c.target) + ((c.to,) if c.kind in ("terms", "form", "use", "elect", "rename", "keep-apart") else ()) for c in r.changes} for r in found.found]
    for wanted in entry["wanted"]:
        assert {tuple(change) for change in wanted["changes"]} in told, (wanted["because"], told)


def test_each_repair_is_solved_again_and_no_part_of_it_does() -> None:
    for name in ("mixlora", "r1-distill-llama-70b", "alpaca", "olmo-2-instruct"):
        stack = example(name)
        found = repaired(stack)
        assert found.found
        assert [r.cost for r in found.found] == sorted(r.cost for r in found.found)
        for one in found.found:
            _works_and_no_part_does(stack, one.changes, found.before.answer)


def _made(stack: Stack, changes: Any) -> Stack:
    order = {"replace": 0, "drop": 1, "keep-apart": 2, "adapter": 2}
    for change in sorted(changes, key=lambda c: (order.get(c.kind, 3), c)):
        stack = apply(stack, change, KNOWLEDGE)
    return stack


def _works(stack: Stack, changes: Any, before: str) -> bool:
    answer = assess(_made(stack, changes), KNOWLEDGE, as_of=AS_OF, search=False).answer
    return answer == "yes" or (answer == "conditional" and before in ("no", "unknown"))


def _works_and_no_part_does(stack: Stack, changes: tuple[Change, ...], before: str) -> None:
    assert _works(stack, changes, before), changes
    for size in range(1, len(changes)):
        for part in itertools.combinations(changes, size):
            assert not _works(stack, part, before), (changes, part)


KINDS = ["weights", "dataset", "code"]
LICENSES = {
    "weights": ["Apache-2.0", "llama3.1", "CC-BY-NC-4.0", "LicenseRef-Gemma-Terms-2025-03-24", "NONE", "MIT OR CC-BY-NC-4.0", "gemma"],
    "dataset": ["CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "NOASSERTION", "MIT"],
    "code": ["MIT", "GPL-2.0-only", "GPL-3.0-only", "Apache-2.0", "GPL-2.0-only OR MIT", "gpl"],
}
RELATIONS = {"weights": ["finetune", "merge", "quantize"], "dataset": ["trained-on"], "code": ["links-static"]}


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Two to four third-party parts, made into one thing, sometimes by way of another of ours."""
    kind = draw(st.sampled_from(["weights", "code"]))
    components: dict[str, Any] = {}
    made: dict[str, list[str]] = {}
    for number in range(draw(st.integers(1, 3))):
        of = draw(st.sampled_from(["weights", "dataset"])) if kind == "weights" else "code"
        components[f"p{number}"] = {"kind": of, "license": draw(st.sampled_from(LICENSES[of]))}
        made.setdefault(draw(st.sampled_from(RELATIONS[of])), []).append(f"p{number}")
    components["ours"] = {"kind": kind, "name": "Thing", "from": made}
    release = {"component": "ours", "use": draw(st.sampled_from(["any", "commercial"]))} | ({"license": draw(st.sampled_from(["MIT", "Apache-2.0"]))} if draw(st.booleans()) else {})
    return plain(components, **release)


def _every_change(stack: Stack, options: list[str]) -> list[Change]:
    found = [Change("use", "ours", "non-commercial"), *(Change("form", "ours", f) for f in ("service", "internal")), Change("rename", "ours", "Llama"), *(Change("terms", "ours", o) for o in options)]
    for name, part in stack.components.items():
        if part.ours:
            continue
        found += [Change("replace", name), *(Change("elect", name, b) for b in offered(part))]
        if part.license is not None and "NONE" not in str(part.license):
            found.append(Change("permission", name, ""))
        steps = [e for e in stack.edges if e.source == name]
        deriving = any(e.relation in ("finetune", "merge", "quantize") and e.source != name for e in stack.edges)
        if any(e.relation == "trained-on" for e in steps) or (any(e.relation == "links-static" for e in steps) and len(stack.edges) > 1) or deriving:
            found.append(Change("drop", name))
        if any(e.relation == "links-static" for e in steps):
            found.append(Change("keep-apart", name, "links-dynamic"))
        if any(e.relation == "merge" for e in steps):
            found.append(Change("keep-apart", name, "contains"))
        if any(e.relation == "finetune" for e in steps):
            found.append(Change("adapter", name))
    return found


@settings(max_examples=int(os.environ.get("LICGRAPH_EXAMPLES", "60")), deadline=None)
@given(stacks())
def test_no_set_of_one_or_two_changes_is_cheaper(stack: Stack) -> None:
    """Brute force over all sets of at most two changes finds nothing cheaper than the first repair."""
    found = repaired(stack, most=3)
    if found.before.answer == "yes":
        assert not found.found
        return
    assert found.complete
    for one in found.found:
        _works_and_no_part_does(stack, one.changes, found.before.answer)
    everything = _every_change(stack, [o.expression for o in found.before.outbound.options])
    first = found.found[0].cost if found.found else float("inf")
    for size in (1, 2):
        for some in itertools.combinations(everything, size):
            if hollow(stack, _made(stack, some)):
                continue
            if len({c.slot for c in some}) == size and sum(COSTS.of(c, stack) for c in some) < first:
                assert not _works(stack, some, found.before.answer), (some, found.found)


def test_a_no_by_cases_is_repaired() -> None:
    """Whichever of the three Gemma terms was accepted, it stands against MIT: no clause for sure, and a no all the same."""
    stack = plain({"g": {"kind": "weights", "license": "gemma"}, "m": {"kind": "weights", "license": "Apache-2.0"}, "x": {"kind": "weights", "from": {"merge": ["g", "m"]}}}, component="x", license="MIT")
    found = repaired(stack)
    assert found.before.answer == "no"
    assert {b.level for b in found.before.blockers} == {"conditional"}
    assert [(c.kind, c.target) for r in found.found[:2] for c in r.changes] == [("terms", "x"), ("drop", "g")]


def test_leaving_everything_out_is_no_repair() -> None:
    parts = {"a": {"kind": "weights", "license": "CC-BY-NC-4.0"}, "b": {"kind": "weights", "license": "CC-BY-NC-4.0"}, "x": {"kind": "weights", "from": {"merge": ["a", "b"]}}}
    found = repaired(plain(parts, component="x", license="MIT", use="commercial"), most=40)
    assert found.found
    assert not any({Change("drop", "a"), Change("drop", "b")} <= set(r.changes) for r in found.found)


def test_what_stays_and_what_is_ruled_out() -> None:
    stack = example("mixlora")
    assert any(c == Change("replace", "base") for r in repaired(stack, most=40).found for c in r.changes)
    kept = repaired(stack, most=40, keep=["base"])
    assert not any(c.kind in ("replace", "drop") and c.target == "base" for r in kept.found for c in r.changes)
    none = repaired(stack, without=["terms", "form", "permission", "replace", "drop", "use", "keep-apart", "adapter"])
    assert not none.found
    assert none.complete
    assert {b.license for b in none.beyond} == {"LicenseRef-Llama-2-Community"}


def test_a_yes_needs_no_repair() -> None:
    found = repaired(example("mistral-small-finetune"))
    assert (found.found, found.beyond, found.before.answer) == ((), (), "yes")


def test_the_terms_that_suffice_are_computed() -> None:
    stack = plain({"data": {"kind": "dataset", "license": "CC-BY-NC-4.0"}, "m": {"kind": "weights", "from": {"trained-on": "data"}}}, component="m", license="MIT", use="commercial")
    (told,) = [r for r in repaired(stack, most=10, without=["drop", "use", "form", "permission"]).found if r.changes == (Change("replace", "data"),)]
    terms = dict(told.suffices)["data"]
    assert "CC-BY-NC-4.0" not in terms
    for license_id in terms:
        again = plain({"data": {"kind": "dataset", "license": license_id}, "m": {"kind": "weights", "from": {"trained-on": "data"}}}, component="m", license="MIT", use="commercial")
        assert assess(again, KNOWLEDGE, as_of=AS_OF).answer == "yes"
    assert "CC-BY-SA-4.0" in terms  # share-alike does not follow weights under mainstream, so it suffices


def test_things_at_hand_are_named(tmp_path: Path) -> None:
    file = tmp_path / "licgraph.yaml"
    file.write_text("licgraph: 1\ncomponents:\n  data: {kind: dataset, license: CC-BY-NC-4.0}  # bought in a hurry\n  m: {kind: weights, from: {trained-on: data}}\nrelease: {component: m, license: MIT, use: commercial}\n", "utf-8")
    (tmp_path / ".licgraph").mkdir()
    (tmp_path / ".licgraph" / "catalogue.yaml").write_text("our crawl: {kind: dataset, license: CC-BY-4.0}\nold set: {kind: dataset, license: CC-BY-NC-2.0}\na base: {kind: weights, license: MIT}\n", "utf-8")
    words = ["repair", str(file), "--without", "drop", "--without", "use", "--without", "form", "--without", "permission", "--as-of", AS_OF]
    told = run(*words)
    assert "replace data by our crawl (CC-BY-4.0)" in told.stdout
    assert "old set" not in told.stdout
    assert "terms such as" not in told.stdout
    assert run(*words, "--write", "1").exit_code == 0
    assert "name: our crawl" in file.read_text("utf-8")
    assert run("check", str(file)).exit_code == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("x: {kind: magic, license: MIT}\n", "utf-8")
    assert run("repair", str(file), "--catalogue", str(bad)).exit_code == 2
    bad.write_text("[]\n", "utf-8")
    assert run("repair", str(file), "--catalogue", str(bad)).exit_code == 2


def test_two_hundred_components_and_fifteen_blockers() -> None:
    """Cost in solved stacks, not in seconds: fifteen independent blockers take no more than some hundred."""
    components: dict[str, Any] = {f"d{i}": {"kind": "dataset", "license": "CC-BY-NC-4.0" if i % 12 == 0 else "CC-BY-4.0"} for i in range(180)}
    components |= {f"m{i}": {"kind": "weights", "ours": True, "from": {"trained-on": [f"d{j}" for j in range(i * 10, i * 10 + 10)]}} for i in range(18)}
    components["x"] = {"kind": "weights", "from": {"merge": [f"m{i}" for i in range(18)]}}
    stack = plain(components, component="x", license="MIT", use="commercial")
    begin = time.perf_counter()
    found = repaired(stack, without=["use"], most=2)
    assert len(found.found[0].changes) == 15
    assert found.solved < 300
    print(f"{time.perf_counter() - begin:.2f} s for {found.solved} solved stacks")


# -- the command --------------------------------------------------------------


def run(*words: str) -> Any:
    return CliRunner().invoke(cli, list(words))


def test_the_command_tells_and_writes(tmp_path: Path) -> None:
    file = tmp_path / "licgraph.yaml"
    file.write_text((EXAMPLES / "mixlora.yaml").read_text("utf-8") + "# ours\n", "utf-8")
    told = run("repair", str(file), "--as-of", AS_OF)
    assert told.exit_code == 0
    assert "1  cost 2, then conditional on facts (solved again)" in told.stdout
    assert "Not legal advice" in told.stdout
    done = run("repair", str(file), "--write", "1")
    assert done.exit_code == 0
    text = file.read_text("utf-8")
    assert "# ours" in text
    assert "license: LicenseRef-Llama-2-Community" in text
    assert run("check", str(file)).exit_code == 3
    assert run("check", str(file), "--purpose", "non-commercial").exit_code == 0


@pytest.mark.parametrize("name", ["mixlora", "r1-distill-llama-70b", "alpaca", "olmo-2-instruct", "llama-405b-distilled-outputs"])
def test_what_is_written_answers_as_the_repair_said(name: str, tmp_path: Path) -> None:
    for number, one in enumerate(repaired(example(name), most=6).found, 1):
        file = tmp_path / f"{number}.yaml"
        file.write_text((EXAMPLES / f"{name}.yaml").read_text("utf-8"), "utf-8")
        assert run("repair", str(file), "--write", str(number), "-n", "6", "--as-of", AS_OF).exit_code == 0
        answer = assess(from_text(file.read_text("utf-8"), "f", KNOWLEDGE), KNOWLEDGE, as_of=AS_OF).answer
        assert answer == one.answer, (one, file.read_text("utf-8"))


def test_the_command_in_json_and_in_trouble(knowledge: Knowledge) -> None:
    import json

    found = json.loads(run("repair", str(EXAMPLES / "mixlora.yaml"), "-f", "json", "--as-of", AS_OF).stdout)
    assert found["schema"] == "licgraph/repairs/1"
    assert found["verdict"]["repairs"][0]["changes"][0]["kind"] == "terms"
    for words in (["--keep", "nobody"], ["--without", "magic"], ["--cost", "terms"], ["--cost", "magic=3"], ["--cost", "terms=-1"], ["--write", "99"]):
        assert run("repair", str(EXAMPLES / "mixlora.yaml"), *words).exit_code == 2, words
    assert run("repair", str(EXAMPLES / "mixlora.yaml"), *(w for k in ("terms", "form", "permission", "replace", "drop", "use", "adapter") for w in ("--without", k))).exit_code == 1
    assert run("repair", str(EXAMPLES / "mixlora.yaml"), "--cost", "terms=50", "-n", "1").stdout.count("under LicenseRef-Llama-2") == 0
