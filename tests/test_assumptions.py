"""`assumptions`: what a verdict rests on, against a second solver over all values of everything it touches."""

from __future__ import annotations

import functools
import itertools
import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from licgraph import assumptions as module
from licgraph import cli_assumptions
from licgraph.assumptions import Outlook, all_json, json_schema, outlook, outlook_json, tried
from licgraph.inputs.stackfile import from_text
from licgraph.knowledge import load
from licgraph.reports.assumptions import render, render_all, render_all_json, render_all_markdown, render_json, render_markdown
from licgraph.solver import decide
from licgraph.stack import Stack

from .conftest import AS_OF, ROOT, simple, stack_of
from .oracle import answer as oracle_answer

KNOWLEDGE = load()
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "assumptions-1.json").read_text("utf-8")))
NC_DATA = simple("trained-on", "CC-BY-NC-4.0", "dataset", license="OWN-TERMS", form="weights", use="any")


class Asked(NamedTuple):
    """A question, the answer, whether it is robust, and the open questions that it touches, all as the clauses say."""

    stack: str | dict[str, Any]
    assume: tuple[tuple[str, str], ...]
    answer: str
    robust: bool
    touched: tuple[str, ...]


TRAINING = ("sui-generis-db-right", "training-is-adaptation", "training-needs-permission")
ASKED = {
    # BY-SA reaches a model only as an adaptation of the data (3.0: 4(b); 4.0: 3(b)): by what training is, or by a database right.
    "dolly": Asked("examples/dolly-2.yaml", (), "yes", False, TRAINING),
    "dolly, an adaptation": Asked("examples/dolly-2.yaml", (("training-is-adaptation", "yes"),), "no", False, TRAINING),
    "wikipedia": Asked("examples/wikipedia-pretrained.yaml", (), "yes", False, TRAINING),
    # Llama 3.3 stands on right and contract and reaches through the tag MIT and through quantisation.
    "r1": Asked("examples/r1-distill-llama-70b.yaml", (), "no", False, ("contract-binds-without-copyright", "label-authority", "quantisation-is-modification", "weights-copyrightable")),
    # Our own purpose is not told, so whether BY-NC stands against the training depends on it; narrow: only trade in the data itself.
    "nc data": Asked(NC_DATA, (), "conditional", False, ("nc-scope", *TRAINING)),
    # MIT's notices travel into a linked program, and no value of what linking is makes them clash with GPL-2.0.
    "robust yes": Asked("tests/cases/gpl2-program-elects-mit.yaml", (), "yes", True, ("linking-is-derivative",)),
    # Selling copies of BY-NC items is commercial on every reading (1(i)).
    "robust no": Asked("tests/cases/by-nc-items-in-a-sold-archive.yaml", (), "no", True, ("nc-scope",)),
    # Apache-2.0 and our own data: no open question is read at all.
    "untouched": Asked("examples/mistral-small-finetune.yaml", (), "yes", True, ()),
}


def _stack(asked: Asked) -> Stack:
    if isinstance(asked.stack, dict):
        return stack_of(asked.stack, KNOWLEDGE)
    data = yaml.safe_load((ROOT / asked.stack).read_text("utf-8"))
    return from_text(yaml.safe_dump(data.get("stack", data), sort_keys=False), asked.stack, KNOWLEDGE)


@functools.cache
def _found(name: str) -> Outlook:
    asked = ASKED[name]
    return outlook(_stack(asked), KNOWLEDGE, assume=dict(asked.assume), as_of=AS_OF)


@functools.cache
def _brute(name: str) -> dict[frozenset[tuple[str, str]], str]:
    """The second solver's answer for every combination of the values touched; keys: what differs from the values taken."""
    asked = ASKED[name]
    stack, base = _stack(asked), _base(name)
    found = {}
    for values in itertools.product(*(KNOWLEDGE.assumptions[n].values for n in asked.touched)):
        chosen = {**base, **dict(zip(asked.touched, values, strict=True))}
        found[frozenset((n, v) for n, v in chosen.items() if base[n] != v)] = oracle_answer(stack, KNOWLEDGE, chosen)
    return found


def _base(name: str) -> dict[str, str]:
    return {**KNOWLEDGE.profiles["mainstream"].values, **dict(ASKED[name].assume)}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_touched_and_how_it_comes_out(name: str) -> None:
    asked, found = ASKED[name], _found(name)
    assert (found.verdict.answer, found.robust, tuple(sorted(t.assumption.id for t in found.touched))) == (asked.answer, asked.robust, tuple(sorted(asked.touched)))


@pytest.mark.parametrize("name", ASKED)
def test_the_answer_under_each_value(name: str) -> None:
    brute, base = _brute(name), _base(name)
    for touched in _found(name).touched:
        known = touched.assumption
        assert touched.value == base[known.id]
        assert [v for v, _ in touched.answers] == list(known.values)
        for value, answer in touched.answers:
            assert answer == brute[frozenset() if value == base[known.id] else frozenset({(known.id, value)})], (known.id, value)


@pytest.mark.parametrize("name", ASKED)
def test_the_sets_that_reach_an_answer_are_the_smallest(name: str) -> None:
    """Exactly the sets of changes that reach it of which no proper part does."""
    brute = _brute(name)
    for way in _found(name).ways:
        reach = [change for change, answer in brute.items() if answer == way.target]
        smallest = {change for change in reach if not any(other < change for other in reach)}
        expected = set() if way.target == ASKED[name].answer else smallest
        assert ({frozenset(s) for s in way.sets}, way.complete) == (expected, True)
        assert [len(s) for s in way.sets] == sorted(len(s) for s in way.sets)


@pytest.mark.parametrize("name", ASKED)
def test_robust_is_the_same_answer_under_all_combinations(name: str) -> None:
    brute, found = _brute(name), _found(name)
    assert found.robust == (len(set(brute.values())) == 1)
    assert found.combinations == found.tried == found.asked == len(brute)


@pytest.mark.parametrize("name", ASKED)
def test_what_nobody_touches_is_not_listed_and_changes_nothing(name: str) -> None:
    stack, base = _stack(ASKED[name]), _base(name)
    listed = {t.assumption.id for t in _found(name).touched}
    text = render(_found(name), KNOWLEDGE)
    for known in KNOWLEDGE.assumptions.values():
        if known.id not in listed:
            assert known.id not in text
            for value in known.values:
                assert oracle_answer(stack, KNOWLEDGE, {**base, known.id: value}) == ASKED[name].answer


def _standing(name: str, assumption: str) -> set[tuple[str, str, tuple[str, ...], str]]:
    touched = next(t for t in _found(name).touched if t.assumption.id == assumption)
    return {(s.id or s.kind, f"{s.license}/{s.clause}", s.path, " ".join(s.under)) for s in touched.standing}


def test_what_stands_on_an_open_question_by_hand() -> None:
    """BY-SA 4.0 on a model that is an adaptation: share-alike stands against Apache-2.0, and what 3(a) and 3(b) ask is owed."""
    path = ("wikipedia", "model")
    asked = {("attribution", "attribution"), ("state-changes", "say-modified"), ("include-license-text", "licence-notice"), ("same-license", "share-alike")}
    assert _standing("wikipedia", "training-is-adaptation") == {("blocker", "CC-BY-SA-4.0/share-alike", path, "yes"), *((d, f"CC-BY-SA-4.0/{c}", path, "yes") for d, c in asked)}
    # no copying that needs leave, no adaptation by training: the duties fall with `exempt`
    needed = {under for ident, _, _, under in _standing("wikipedia", "training-needs-permission") if ident != "blocker"}
    assert needed == {"always unless-exception-asserted"}


def test_the_tag_cuts_off_llama_and_leaves_mit() -> None:
    """Believe the tag and what stands on Llama 3.3 is gone; the notices that MIT asks for rest on a right in weights, not on the tag."""
    by_tag = _standing("r1", "label-authority")
    assert {ref.partition("/")[0] for _, ref, _, _ in by_tag} == {"LicenseRef-Llama-3.3-Community"}
    assert {under for _, _, _, under in by_tag} == {"most-restrictive by-rank"}
    assert ("blocker", "LicenseRef-Llama-3.3-Community/relabel", ("origin", "distilled", "merged", "gguf"), "most-restrictive by-rank") in by_tag
    assert {"MIT/licence-text", "MIT/keep-notices"} <= {ref for _, ref, _, _ in _standing("r1", "weights-copyrightable")}
    # a quantised copy or a changed version: each reads the question, none changes with it
    assert {under for _, _, _, under in _standing("r1", "quantisation-is-modification")} == {"yes cc-technical-else-yes no"}


def test_an_open_fact_leaves_a_blocker_conditional() -> None:
    """Training for a purpose that is not told: commercial in any case if everything a business does is (broad), else it depends on ours."""
    touched = next(t for t in _found("nc data").touched if t.assumption.id == "nc-scope")
    assert {(s.level, s.under) for s in touched.standing if s.kind == "blocker" and "(train)" in s.why} == {("no", ("broad",)), ("conditional", ("purpose",))}
    assert "stands against it if an open fact is so under purpose" in " ".join(render(_found("nc data"), KNOWLEDGE).split())


@pytest.mark.parametrize("name", ["dolly", "r1", "nc data"])
def test_the_neighbourhood_shows_all_that_depends(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where combinations are too many to ask them all: on these stacks, nothing is missed."""
    whole = _found(name)  # before the limits are changed: it is kept for all tests
    monkeypatch.setattr(module, "MAX_WHOLE", 1)
    near = outlook(_stack(ASKED[name]), KNOWLEDGE, as_of=AS_OF)
    assert near.asked < whole.asked
    assert near.ways == whole.ways

    def rows(found: Outlook) -> set[tuple[str, str, str, str, str]]:
        return {(t.assumption.id, s.kind, s.id, s.license, s.clause) for t in found.touched for s in t.standing}

    assert rows(near) == rows(whole)


def test_a_large_stack_is_asked_less_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if 6 parts were many: one question only in the search for a yes, which does not find both sets."""
    whole = _found("nc data")
    monkeypatch.setattr(module, "LARGE", 6 / 2_000)
    found = outlook(_stack(ASKED["nc data"]), KNOWLEDGE, as_of=AS_OF)
    assert found.asked < 81
    assert not any(w.complete for w in found.ways)
    assert "not every combination was looked at" in " ".join(render(found, KNOWLEDGE).split())
    assert {t.assumption.id: t.answers for t in found.touched} == {t.assumption.id: t.answers for t in whole.touched}


def test_a_search_that_was_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """R1 has 8 single changes (4 questions of 3 values); the search stops after a size once more than 3 were tried."""
    for place in (decide, module):
        monkeypatch.setattr(place, "MAX_TRIALS", 3)
    found = outlook(_stack(ASKED["r1"]), KNOWLEDGE, as_of=AS_OF)
    assert (found.verdict.flips_complete, found.robust, found.tried, found.combinations) == (False, False, 9, 81)
    assert not next(w for w in found.ways if w.target == "yes").complete
    text = " ".join(render(found, KNOWLEDGE).split())
    assert "at least 9 of 81 combinations, which is not all of them" in text
    assert "not every combination was looked at" in text
    # nothing found in a part is not robust
    quiet = found._replace(verdict=found.verdict._replace(flips=()))
    assert not quiet.robust
    assert "not shown to be robust" in " ".join(render(quiet, KNOWLEDGE).split())


def test_flips_that_are_not_all_known_rule_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for flips ends before the set of two is found; the search for a yes still finds it."""
    whole = _found("r1")
    monkeypatch.setattr(decide, "MAX_TRIALS", 3)
    found = outlook(_stack(ASKED["r1"]), KNOWLEDGE, as_of=AS_OF)
    assert [len(s) for s, _ in found.verdict.flips] == [1]
    assert found.ways == whole.ways


def test_how_many_combinations_were_tried() -> None:
    """Counted from the limits of the search, against counting them out."""
    verdict = _found("r1").verdict._replace(flips_complete=False)
    domains = {a.id: a.values for a in KNOWLEDGE.assumptions.values()}
    free: list[int] = []
    size = 1
    for name in sorted(domains):
        size *= len(domains[name])
        free += [len(domains[name])] if size <= decide.MAX_COMBINATIONS else []
    count, trials = 1, 0
    for many in range(1, len(free) + 1):
        trials += sum(functools.reduce(lambda a, b: a * (b - 1), some, 1) for some in itertools.combinations(free, many))
        count = 1 + trials
        if trials > decide.MAX_TRIALS:
            break
    assert tried(verdict, domains) == count
    assert tried(verdict._replace(flips_complete=True), {"a": ("x", "y"), "b": ("x", "y", "z")}) == 6


def test_profiles_stand_in_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")  # where the terminal says nothing, a narrow table breaks the answers
    lines = render(_found("wikipedia"), KNOWLEDGE).splitlines()
    rows = [line.split("  ") for line in lines if line.startswith(("answer ", "training-is-adaptation  "))]
    assert [[c.strip() for c in row if c.strip()] for row in rows] == [["answer", "blocked", "no blocking term found", "no blocking term found"], ["training-is-adaptation", "yes", "no", "no"]]


def test_values_besides_the_profile_are_named() -> None:
    assert "taken here besides the profile: training-is-adaptation = yes" in render(_found("dolly, an adaptation"), KNOWLEDGE)
    assert "besides the profile" not in render(_found("dolly"), KNOWLEDGE)


def test_without_a_stack_every_question_stands_with_its_holders() -> None:
    source = yaml.safe_load((ROOT / "data" / "assumptions.yaml").read_text("utf-8"))["assumptions"]
    profiles = yaml.safe_load((ROOT / "data" / "profiles.yaml").read_text("utf-8"))["profiles"]
    found = {row["id"]: row for row in all_json(KNOWLEDGE)["assumptions"]}
    text, table = " ".join(render_all(KNOWLEDGE).split()), render_all_markdown(KNOWLEDGE).replace("\\", "")
    assert set(found) == set(source)
    for ident, said in source.items():
        row = found[ident]
        assert (row["question"], row["values"], row["held_by"], row["checked"]) == (said["question"], said["values"], said["held-by"], str(said["checked"]))
        assert row["profiles"] == {p: profiles[p]["values"][ident] for p in profiles}
        for value in said["values"]:
            takers = ", ".join(p for p in profiles if profiles[p]["values"][ident] == value)
            line = f"{value}{f' [{takers}]' if takers else ''}: {'; '.join(said['held-by'][value])}"
            assert line in text
            assert f"| {value} | {'; '.join(said['held-by'][value])} | {takers or '–'} |" in table


def test_the_published_shape() -> None:
    assert json.loads((ROOT / "schema" / "assumptions-1.json").read_text("utf-8")) == json_schema(), "write assumptions.json_schema() to schema/assumptions-1.json"
    SCHEMA.validate(json.loads(render_all_json(KNOWLEDGE)))
    for name in ASKED:
        found = json.loads(render_json(_found(name), KNOWLEDGE))
        SCHEMA.validate(found)
        assert found == outlook_json(_found(name), KNOWLEDGE)
        for row in found["assumptions"]:
            assert {"value", "answers", "depends"} <= set(row)


@pytest.mark.parametrize("name", ASKED)
def test_reports_are_careful_and_whole(name: str) -> None:
    found = _found(name)
    for text in (render(found, KNOWLEDGE, 80), render_markdown(found, KNOWLEDGE).replace("\\", "")):
        flat = " ".join(text.split())
        assert "Not legal advice." in flat
        assert not {"cleared", "violation", "compliant"} & set(flat.lower().split())
        for touched in found.touched:
            assert touched.assumption.question in flat
            for row in touched.standing[:1]:
                assert row.cite in flat
    assert max(map(len, render(found, KNOWLEDGE, 80).splitlines())) <= 96, "only a table may be wider than asked for"


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli_assumptions.assumptions, list(arguments))


def test_exit_codes() -> None:
    assert _run().exit_code == 0
    assert _run(str(ROOT / "examples" / "dolly-2.yaml")).exit_code == 0
    assert _run(str(ROOT / "examples" / "dolly-2.yaml"), "--profile", "conservative").exit_code == 1
    assert _run(str(ROOT / "examples" / "dolly-2.yaml"), "--assume", "training-is-adaptation=perhaps").exit_code == 2


def test_a_question_about_no_stack_is_a_fault() -> None:
    result = _run("--as", "MIT", "-f", "json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["faults"] == [
        {"file": "--as", "line": None, "key": None, "what": "no stack is named that this could be asked of", "cure": "Name the stack first: licgraph assumptions licgraph.yaml"}
    ]


def test_formats_and_files(tmp_path: Any) -> None:
    example = str(ROOT / "examples" / "wikipedia-pretrained.yaml")
    result = _run(example, "--as-of", AS_OF, "-f", "markdown", "--output", f"json={tmp_path / 'a.json'}")
    assert result.stdout.startswith("**Wiki-1B as Apache-2.0")
    SCHEMA.validate(json.loads((tmp_path / "a.json").read_text("utf-8")))


def test_the_same_bytes_in_every_process() -> None:
    program = (
        "import sys; from licgraph import knowledge as b; from licgraph.inputs.stackfile import from_text; from licgraph.assumptions import outlook; from licgraph.reports.assumptions import render_json\n"
        "k = b.load(); print(render_json(outlook(from_text(open(sys.argv[1]).read(), 'x.yaml', k), k, as_of='2026-11-22'), k))"
    )
    said = {
        subprocess.run([sys.executable, "-c", program, str(ROOT / "examples" / "r1-distill-llama-70b.yaml")], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout for seed in ("1", "2", "3")
    }
    assert len(said) == 1
