"""What moved between two verdicts, and what moved it: each cause is one that a lawyer would name."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings

from licgraph import lock
from licgraph.cli_diff import diff as command
from licgraph.difference import Difference, Side, diff, json_schema, moved
from licgraph.knowledge import Knowledge, load
from licgraph.reports.difference import json as as_json
from licgraph.reports.difference import markdown, says, text
from licgraph.slices import Premises, solve

from .conftest import AS_OF, ROOT, script, stack_of, verdict_of
from .strategies import stacks
from .test_lock import NC_DATA, clause, copied, with_license

__all__ = ["copied"]
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "diff-1.json").read_text("utf-8")))

LLAMA = "LicenseRef-Llama-3.1-Community"
TUNED: dict[str, Any] = {
    "licgraph": 1,
    "components": {
        "base": {"kind": "weights", "license": "Apache-2.0", "name": "Base"},
        "chats": {"kind": "dataset", "license": "CC-BY-4.0"},
        "tuned": {"kind": "weights", "name": "SuperChat", "from": {"finetune": "base", "trained-on": "chats"}},
    },
    "release": {"component": "tuned", "license": "Apache-2.0", "use": "commercial"},
}


def side(data: dict[str, Any], knowledge: Knowledge, profile: str = "mainstream", assume: dict[str, str] | None = None, as_of: str = AS_OF) -> Side:
    premises = Premises(stack_of(data, knowledge), knowledge, profile, tuple(sorted((assume or {}).items())), as_of)
    return Side("a stack", "stack", solve(premises)[0].to_json(), premises)


def causes(found: Difference, *key: str) -> list[list[str]]:
    """The causes of the one row that has all of these words in its key: alternatives, each of pieces together."""
    rows = [r for r in found.rows if set(key) <= set(r.key)]
    assert len(rows) == 1, [r.key for r in found.rows]
    return [[f"{found.changes[i].kind}: {says(found.changes[i])}" for i in cause.changes] for cause in rows[0].causes]


def changed(data: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    found = copy.deepcopy(data)
    change(found)
    return found


# what is done to the stack, the row that moves, what is named as its cause
STACK: list[tuple[str, Callable[[dict[str, Any]], object], tuple[str, ...], list[list[str]]]] = [
    ("a component comes under another licence", lambda d: d["components"]["chats"].update(license="CC-BY-NC-4.0"), ("answer",), [["stack: component chats changed: license CC-BY-4.0 -> CC-BY-NC-4.0"]]),
    ("its licence is forgotten", lambda d: d["components"]["base"].pop("license"), ("answer",), [["stack: component base changed: license Apache-2.0, no longer"]]),
    (
        "data come in", lambda d: (d["components"].update(papers={"kind": "dataset", "license": "CC-BY-NC-4.0"}), d["components"]["tuned"]["from"].update({"trained-on": ["chats", "papers"]})),
        ("blockers", "CC-BY-NC-4.0/noncommercial"), [["stack: step tuned trained-on papers added, with component papers (kind: dataset; license: CC-BY-NC-4.0)"]],
    ),
    (
        "a step becomes another", lambda d: (d["components"]["tuned"]["from"].pop("finetune"), d["components"]["tuned"]["from"].update({"evaluated-on": "base"})),
        ("duties", "patent-retaliation"), [["stack: step tuned finetune base gone"]],
    ),
    ("a fact that decides nothing is told", lambda d: d["components"]["tuned"]["from"].update({"trained-on": [{"component": "chats", "accepted-terms": True}]}), (), []),
    ("it goes out under other terms", lambda d: d["release"].update(license="GPL-2.0-only"), ("answer",), [["stack: the release changed: license Apache-2.0 -> GPL-2.0-only"]]),
    ("two things at once", lambda d: (d["components"]["base"].update(license="GPL-3.0-only"), d["release"].update(license="OWN-TERMS")), ("answer",), [["stack: component base changed: license Apache-2.0 -> GPL-3.0-only"]]),
]  # fmt: skip


@pytest.mark.parametrize(("title", "change", "row", "named"), STACK, ids=[t for t, *_ in STACK])
def test_a_change_of_the_stack_is_named(title: str, change: Callable[[dict[str, Any]], object], row: tuple[str, ...], named: list[list[str]], knowledge: Knowledge) -> None:
    found = diff(side(TUNED, knowledge), side(changed(TUNED, change), knowledge))
    assert (causes(found, *row) if row else [list(r.key) for r in found.rows]) == named
    assert all(c.shown == "re-solved" for r in found.rows for c in r.causes)
    assert all(r.causes for r in found.rows), "a row without a cause"
    SCHEMA.validate(json.loads(as_json(found)))


def test_what_takes_several_changes_names_them_all(knowledge: Knowledge) -> None:
    """GPL-3.0 weights kept in the house are fine, and so are Apache weights given to the public: only together are they stopped."""
    old = changed(TUNED, lambda d: d["release"].update(form="internal"))
    new = changed(TUNED, lambda d: (d["components"]["base"].update(license="GPL-3.0-only"), d.update(facts={"domicile": "EU"}), d["components"]["chats"].update(license="CC0-1.0")))
    found = diff(side(old, knowledge), side(new, knowledge))
    assert causes(found, "answer") == [["stack: component base changed: license Apache-2.0 -> GPL-3.0-only", "stack: the release changed: form internal -> weights", "stack: the release changed: to own -> public"]]
    assert found.worse


def test_what_each_of_two_changes_does_alone_names_either(knowledge: Knowledge) -> None:
    new = changed(TUNED, lambda d: (d["components"]["base"].update(license="LicenseRef-Proprietary"), d["components"]["chats"].update(license="LicenseRef-Proprietary")))
    found = diff(side(TUNED, knowledge), side(new, knowledge))
    assert causes(found, "answer") == [["stack: component base changed: license Apache-2.0 -> LicenseRef-Proprietary"], ["stack: component chats changed: license CC-BY-4.0 -> LicenseRef-Proprietary"]]


def test_a_fact_an_assumption_a_profile_and_the_day_are_named(knowledge: Knowledge) -> None:
    stability = changed(TUNED, lambda d: d["components"]["base"].update(license="LicenseRef-Stability-Community-2024-07-05", name="Stable"))
    stability["release"].update(license="OWN-TERMS AND LicenseRef-Stability-Community-2024-07-05")
    rich = {**stability, "facts": {"annual-revenue-usd": 2_000_000}}
    assert causes(diff(side(stability, knowledge), side(rich, knowledge)), "answer") == [["fact: fact annual-revenue-usd added: annual-revenue-usd 2000000"]]

    shared = changed(TUNED, lambda d: d["components"]["chats"].update(license="CC-BY-SA-4.0"))
    assert causes(diff(side(shared, knowledge), side(shared, knowledge, assume={"training-is-adaptation": "yes"})), "answer") == [
        ["assumption: an assumption of the question added: training-is-adaptation yes"],
    ]
    assert causes(diff(side(shared, knowledge), side(shared, knowledge, profile="conservative")), "answer") == [["assumption: the profile changed: profile mainstream -> conservative"]]

    allowed = {**NC_DATA, "permissions": [{"component": "papers", "from": "the authors", "covers": ["commercial-use"], "until": "2027-01-01"}]}
    late = diff(side(allowed, knowledge), side(allowed, knowledge, as_of="2027-01-02"))
    assert causes(late, "answer") == [["day: the day changed: as-of 2026-11-22 -> 2027-01-02"]]


# what is done to the reading of a licence, what is named as the cause of the answer that moves
READINGS: list[tuple[str, str, Any, str, str]] = [
    ("a clause reaches less", "CC-BY-NC-4.0", lambda f: clause(f, "noncommercial").update(reaches=["changed version"]), "answer", "CC-BY-NC-4.0/noncommercial changed: reaches without this work itself"),
    ("a clause is gone", "CC-BY-NC-4.0", lambda f: f["clauses"].remove(clause(f, "noncommercial")), "answer", "CC-BY-NC-4.0/noncommercial (2(a)(1)(A)-(B), 4(a)) gone: Whatever needs the licence, copying and adapting in private included"),
    ("a clause is added", "Apache-2.0", lambda f: f["clauses"].append({**clause(f, "notices"), "id": "credit", "cite": "9", "duty": "attribution", "reading": "Say who."}), "duties", "Apache-2.0/credit (9) added: Say who."),
    ("another label is no longer allowed", "Apache-2.0", lambda f: f["relabel"].update(value="no"), "blockers", "Apache-2.0, relabel changed: value any -> no"),
    ("the licence is no longer read", "CC-BY-NC-4.0", None, "answer", "licence CC-BY-NC-4.0 gone: name Creative Commons Attribution-NonCommercial 4.0 International, no longer"),
]


@pytest.mark.parametrize(("title", "license_id", "change", "part", "named"), READINGS, ids=[t for t, *_ in READINGS])
def test_a_change_of_a_reading_is_named_by_its_clause(title: str, license_id: str, change: Any, part: str, named: str, knowledge: Knowledge) -> None:
    if title == "a clause is added":
        name = next(c["id"] for c in knowledge.raw("Apache-2.0")["clauses"] if c["kind"] == "condition")
        change = lambda f: f["clauses"].append({**clause(f, name), "id": "credit", "cite": "9", "duty": "attribution", "reading": "Say who."})  # noqa: E731
    now = with_license(knowledge, license_id, change)
    found = diff(side(NC_DATA, knowledge), side(NC_DATA, now))
    rows = [r for r in found.rows if r.key[0] == part]
    assert rows
    for row in rows:
        assert [[found.changes[i].kind for i in c.changes] for c in row.causes] == [["reading"]]
        assert says(found.changes[row.causes[0].changes[0]]).startswith(named)


def test_a_question_of_law_raised_since_is_no_cause_but_the_clause_that_rests_on_it(knowledge: Knowledge) -> None:
    asked = knowledge.assumptions["linking-is-derivative"]._replace(id="new-question", values=("yes", "no"))
    profiles = {i: p._replace(values={**p.values, "new-question": "no"}) for i, p in knowledge.profiles.items()}
    now = with_license(knowledge, "CC-BY-NC-4.0", lambda f: clause(f, "noncommercial").update({"rests-on": {"new-question": ["yes"]}}))
    now = replace(now, assumptions={**knowledge.assumptions, "new-question": asked}, profiles=profiles)
    for old, new in ((knowledge, now), (now, knowledge)):
        found = diff(side(NC_DATA, old), side(NC_DATA, new))
        (cause,) = causes(found, "answer")
        assert len(cause) == 1
        assert cause[0].startswith("reading: CC-BY-NC-4.0/noncommercial changed: rests-on ")


def test_another_spelling_of_the_same_licence_is_no_difference(knowledge: Knowledge) -> None:
    spelled = changed(TUNED, lambda d: (d["components"]["base"].update(license="apache-2.0"), d["release"].update(license="Apache 2.0")))
    found = diff(side(TUNED, knowledge), side(spelled, knowledge))
    assert (found.rows, found.changes) == ((), ())


def test_a_profile_of_the_knowledge_base_is_named(knowledge: Knowledge) -> None:
    shared = changed(TUNED, lambda d: d["components"]["chats"].update(license="CC-BY-SA-4.0"))
    main = knowledge.profiles["mainstream"]
    stricter = replace(knowledge, profiles={**knowledge.profiles, "mainstream": main._replace(values={**main.values, "training-is-adaptation": "yes"})}, _built={}, _read={})
    found = diff(side(shared, knowledge), side(shared, stricter))
    assert causes(found, "answer") == [["assumption: the profile mainstream changed: training-is-adaptation no -> yes"]]


def test_the_solver_is_named_where_the_same_premises_give_another_verdict(knowledge: Knowledge) -> None:
    stack = stack_of(NC_DATA, knowledge)
    locked = lock.of(stack, verdict_of(NC_DATA, knowledge), knowledge)
    kept = json.loads(lock.dumps(locked))["verdict"]
    kept.update(answer="yes", versions={"licgraph": "0.0.1", "knowledge": knowledge.version})  # as an older solver had it
    found = diff(Side("licgraph.lock", "lock", kept, lock.premises(locked, knowledge)), side(NC_DATA, knowledge))
    (row,) = found.rows
    assert (row.key, row.worse, found.changes[row.causes[0].changes[0]].kind) == (("answer",), True, "solver")


def test_lines_and_wordings_are_no_fingerprint(knowledge: Knowledge) -> None:
    verdict = verdict_of(NC_DATA, knowledge).to_json()
    later = copy.deepcopy(verdict)
    for row in later["blockers"]:
        row.update(why="in other words", reading="in other words", evidence={"file": "other.yaml", "line": 99}, quote="", cite="9")
    for row in later["duties"]:
        row.update(why="in other words", cite="9")
    assert moved(verdict, later) == []
    assert {r.key for r in moved(verdict, {**later, "blockers": []})} == {("blockers", "papers", "CC-BY-NC-4.0/noncommercial", "model", "train")}


# two verdicts that were kept: what their records say of the cause
KEPT: list[tuple[str, dict[str, Any], list[str], str]] = [
    ("only the day", {"as_of": "2027-01-01"}, ["day"], "only-difference"),
    ("only the solver", {"versions": {"licgraph": "9.9", "knowledge": "k"}}, ["solver"], "only-difference"),
    ("only the knowledge base", {"versions": {"licgraph": "1", "knowledge": "other"}}, ["reading"], "only-difference"),
    ("the inputs and the profile", {"inputs": [{"path": "licgraph.yaml", "sha256": "0"}], "profile": "permissive"}, ["stack", "assumption"], "possible"),
    ("only the terms", {"proposed": "OWN-TERMS"}, ["stack"], "only-difference"),
    ("an open question", {"assumptions": {"training-is-adaptation": "yes"}}, ["assumption"], "only-difference"),
    ("a profile, with the values that follow from it", {"profile": "permissive", "assumptions": {"training-is-adaptation": "yes"}}, ["assumption"], "only-difference"),
    ("nothing", {}, ["unrecorded"], "only-difference"),
]


@pytest.mark.parametrize(("title", "change", "kinds", "shown"), KEPT, ids=[t for t, *_ in KEPT])
def test_of_kept_verdicts_the_records_are_compared(title: str, change: dict[str, Any], kinds: list[str], shown: str, knowledge: Knowledge) -> None:
    old = {**verdict_of(NC_DATA, knowledge).to_json(), "versions": {"licgraph": "1", "knowledge": "k"}, "assumptions": {"training-is-adaptation": "no"}}
    found = diff(Side("old.json", "verdict", old), Side("new.json", "verdict", {**old, "answer": "yes", **change}))
    assert [c.kind for c in found.changes] == kinds
    assert {c.shown for r in found.rows for c in r.causes} == {shown}
    SCHEMA.validate(json.loads(as_json(found)))


@given(stacks(), stacks())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_nothing_moves_against_itself_and_all_moves_mirror(one: dict[str, Any], other: dict[str, Any]) -> None:
    knowledge = load()
    a, b = side(one, knowledge), side(other, knowledge)
    same = diff(a, side(one, knowledge))
    assert (same.rows, same.changes, same.worse) == ((), (), False)
    there, back = diff(a, b), diff(b, a)
    assert [(r.key, r.old, r.new) for r in there.rows] == [(r.key, r.new, r.old) for r in back.rows]
    flipped = {"added": "gone", "gone": "added", "changed": "changed"}
    assert {(c.slot, c.change) for c in there.changes} == {(c.slot, flipped[c.change]) for c in back.changes}
    for found in (there, back):
        assert all(row.causes for row in found.rows), "a row without a cause"
        for row in found.rows:
            for cause in row.causes:
                assert cause.changes
        SCHEMA.validate(json.loads(as_json(found)))
        assert text(found).count("Not legal advice.") == markdown(found).count("Not legal advice.") == 1


def test_many_pieces_are_taken_together_by_component(knowledge: Knowledge) -> None:
    """Beyond the limit the pieces are grouped, and the cause is still the component that did it."""
    many = {f"d{n}": {"kind": "dataset", "license": "CC-BY-4.0", "copyright": "then"} for n in range(70)}
    old = changed(TUNED, lambda d: (d["components"].update(many), d["components"]["tuned"]["from"].update({"trained-on": ["chats", *many]})))
    new = copy.deepcopy(old)
    for n in range(70):
        new["components"][f"d{n}"]["copyright"] = "now"
    new["components"]["d7"]["license"] = "CC-BY-NC-4.0"
    found = diff(side(old, knowledge), side(new, knowledge))
    assert causes(found, "answer") == [["stack: component d7 changed: license CC-BY-4.0 -> CC-BY-NC-4.0", "stack: component d7 changed: copyright then -> now"]]


# ------------------------------------------------------------------ the command


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


@pytest.fixture
def files(tmp_path: Path, knowledge: Knowledge) -> dict[str, str]:
    """A good stack, a worse one, one that only adds a duty, a verdict and a lock of the good one."""
    better, worse = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    other = tmp_path / "other.yaml"
    better.write_text(yaml.safe_dump(TUNED, sort_keys=False), "utf-8")
    worse.write_text(yaml.safe_dump(changed(TUNED, lambda d: d["components"]["chats"].update(license="CC-BY-NC-4.0")), sort_keys=False), "utf-8")
    other.write_text(yaml.safe_dump(changed(TUNED, lambda d: d["components"]["base"].update(license="MIT")), sort_keys=False), "utf-8")
    stack = stack_of(TUNED, knowledge)
    verdict = verdict_of(TUNED, knowledge)
    (tmp_path / "good.json").write_text(json.dumps(verdict.to_json()), "utf-8")
    (tmp_path / "good.lock").write_text(lock.dumps(lock.of(stack, verdict, knowledge)), "utf-8")
    return {p.name: str(p) for p in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("good.yaml", "good.yaml", 0), ("good.yaml", "bad.yaml", 1), ("bad.yaml", "good.yaml", 3), ("good.yaml", "other.yaml", 3), ("good.lock", "good.yaml", 0),
        ("good.json", "good.yaml", 0), ("good.lock", "good.json", 0), ("good.lock", "bad.yaml", 1), ("good.json", "bad.yaml", 1), ("bad.yaml", "good.lock", 3), ("good.json", "good.json", 0),
    ],
)  # fmt: skip
def test_exit_codes_and_forms(old: str, new: str, code: int, files: dict[str, str]) -> None:
    for form in ("text", "markdown", "json"):
        done = run(files[old], files[new], "-f", form)
        assert done.exit_code == code, done.output
    found = json.loads(done.stdout)
    SCHEMA.validate(found)
    assert (found["moved"], found["worse"]) == (code != 0, code == 1)
    assert found["old"]["kind"] == {"yaml": "stack", "json": "verdict", "lock": "lock"}[old.partition(".")[2]]


def test_the_text_says_what_moved_and_by_what(files: dict[str, str]) -> None:
    done = run(files["good.lock"], files["bad.yaml"])
    words = done.stdout
    assert words.startswith("MOVED FOR THE WORSE  SuperChat as Apache-2.0: ")
    assert f"answer: no blocking term found -> blocked (profile mainstream, as of {AS_OF})   by 1" in words
    assert "+ CC-BY-NC-4.0/noncommercial (2(a)(1)(A)-(B), 4(a)) from chats, on train of tuned: blocks; our act (train) is for a commercial purpose" in words
    assert "1 stack: component chats changed: license CC-BY-4.0 -> CC-BY-NC-4.0" in words
    assert not {"cleared", "proof", "violation", "viral"} & set(words.lower().replace(".", " ").split())
    shown = run(files["good.yaml"], files["bad.yaml"], "-f", "markdown").stdout
    assert shown.startswith("**Moved for the worse**: SuperChat as Apache-2.0: ")
    assert "- (1) stack: component chats changed: license CC-BY-4.0 -\\> CC-BY-NC-4.0" in shown
    records = run(files["good.json"], files["bad.yaml"], "--profile", "conservative").stdout
    assert "Which of them it was is not recorded in a verdict" in records


def test_one_stack_under_two_knowledge_bases(files: dict[str, str], copied: Path) -> None:
    done = run(files["bad.yaml"], "--new-knowledge", str(copied), "-f", "json", "--as-of", AS_OF)
    found = json.loads(done.stdout)
    assert done.exit_code == 3
    assert (found["rows"]["answer"][0]["old"], found["rows"]["answer"][0]["new"]) == ("no", "yes")
    (change,) = found["changes"]
    assert (change["kind"], change["target"]) == ("reading", "CC-BY-NC-4.0/noncommercial")
    assert change["fields"] == [{"field": "reaches", "old": ["this work itself", "changed version"], "new": ["changed version"]}]
    assert run(files["bad.yaml"], "--old-knowledge", str(copied)).exit_code == 1
    assert run(files["good.yaml"], "--old-knowledge", str(copied)).exit_code == 0


def test_two_knowledge_bases_in_one_option(files: dict[str, str], copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--knowledge OLD NEW`: the clause that was changed is named as the cause of the answer that moved; without a stack, that of the folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copy("bad.yaml", "licgraph.yaml")
    for words in ([files["bad.yaml"]], []):
        done = run("--knowledge", str(ROOT / "data"), str(copied), *words, "-f", "json", "--as-of", AS_OF)
        found = json.loads(done.stdout)
        assert (done.exit_code, found["rows"]["answer"][0]["old"], found["rows"]["answer"][0]["new"]) == (3, "no", "yes")
        assert [c["target"] for c in found["changes"] if c["moves"]] == ["CC-BY-NC-4.0/noncommercial"]
    assert run("--knowledge", str(copied), str(ROOT / "data"), files["bad.yaml"]).exit_code == 1


def test_what_cannot_be_asked_of_two_knowledge_bases(files: dict[str, str], copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bases = ("--knowledge", str(copied), str(copied))
    assert "takes one stack" in run(*bases, files["bad.yaml"], files["good.yaml"]).output
    assert "takes one stack" in run(*bases, files["bad.yaml"], "--new-knowledge", str(copied)).output
    assert "Missing argument" in run().output
    for other in ("none", "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        done = run("--knowledge", str(copied), str(tmp_path / other), files["bad.yaml"])
        assert (done.exit_code, "this is no knowledge base" in done.output) == (2, True)


def test_the_question_is_that_of_the_other_side(files: dict[str, str], tmp_path: Path, knowledge: Knowledge) -> None:
    stack = stack_of(TUNED, knowledge)
    from licgraph.answer import assess

    asked = assess(stack, knowledge, "conservative", assume={"training-is-adaptation": "no"}, as_of="2026-03-01")
    (tmp_path / "march.lock").write_text(lock.dumps(lock.of(stack, asked, knowledge, {"training-is-adaptation": "no"})), "utf-8")
    found = json.loads(run(str(tmp_path / "march.lock"), files["good.yaml"], "-f", "json").stdout)
    assert found["moved"] is False
    assert (found["new"]["profile"], found["new"]["as_of"]) == ("conservative", "2026-03-01")
    assert json.loads(run(str(tmp_path / "march.lock"), files["good.yaml"], "--profile", "permissive", "-f", "json").stdout)["new"]["profile"] == "permissive"


def test_without_a_second_name_the_stack_of_this_folder(files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy("bad.yaml", "licgraph.yaml")
    assert run("good.lock").exit_code == 1
    assert run("good.json").exit_code == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [('{"schema": "licgraph/verdicts/1", "verdicts": []}', "cannot be compared"), ('{"schema": "licgraph/verdict/1"}', "damaged"), ('{"schema": "licgraph/verdict/1", ', "no whole JSON"), ('{"schema": "licgraph/lock/1"}', "damaged")],
)
def test_what_is_not_understood_is_exit_two(written: str, said: str, files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(written, "utf-8")
    done = run(str(tmp_path / "x.json"), files["good.yaml"])
    assert done.exit_code == 2
    assert said in done.stderr
    alone = run(files["good.yaml"])
    assert alone.exit_code == 2
    assert "nothing to compare it with" in alone.stderr
    assert run(files["good.yaml"], str(tmp_path / "nowhere.yaml")).exit_code == 2


def test_reports_are_written_to_files_too(files: dict[str, str], tmp_path: Path) -> None:
    done = run(files["good.yaml"], files["bad.yaml"], "--output", f"json={tmp_path / 'd.json'}", "--output", f"markdown={tmp_path / 'd.md'}", "--as-of", AS_OF)
    assert done.exit_code == 1
    SCHEMA.validate(json.loads((tmp_path / "d.json").read_text("utf-8")))
    assert (tmp_path / "d.md").read_text("utf-8").startswith("**Moved for the worse**")


def test_the_published_schema_is_up_to_date() -> None:
    assert json.loads((ROOT / "schema" / "diff-1.json").read_text("utf-8")) == json_schema()


# ------------------------------------------------------------------ tools/moved.py


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return script("tools/moved.py")


def test_the_changelog_list_names_the_clause(tool: ModuleType, copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main([str(ROOT / "data"), str(copied)]) == 3
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    heads = [line for line in lines if line.startswith("- ")]
    assert len(heads) == 1
    assert heads[0].startswith("- `CC-BY-NC-4.0/noncommercial`: changed: reaches without this work itself (")
    assert "  - examples/mixlora.yaml: gone: CC-BY-NC-4.0/noncommercial from data, on train of mixlora" in lines
    assert any(line.startswith("  - cases/nc-trained-in-a-company: answer: blocked -> no blocking term found") for line in lines)
    assert "alpaca" not in shown.replace("alpaca-", ""), "a stack without the clause moved"


def test_the_changelog_list_is_empty_where_nothing_moved(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    entries = list(tool.estate())
    assert len(entries) > 400
    knowledge = load()
    assert list(tool.moves(knowledge, knowledge, iter(entries[:40]))) == []
    assert tool.main(["no such revision"]) == 2
    assert "neither a folder nor a revision" in capsys.readouterr().err
