"""The lock: an answer of March can be given again in November, and what has moved since is told clause by clause."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from licgraph import cli_diff, lock
from licgraph.answer import assess
from licgraph.errors import KnowledgeError, StackError
from licgraph.inputs import read as read_stack
from licgraph.knowledge import Knowledge, load
from licgraph.plain import digest, stack_from_plain, stack_to_plain
from licgraph.reports.difference import says
from licgraph.reports.json import render
from licgraph.slices import Held
from licgraph.stack import Stack
from licgraph.verdict import Verdict

from .conftest import AS_OF, ROOT, stack_of, verdict_of
from .strategies import stacks

CASES = sorted((ROOT / "tests" / "cases").glob("*.yaml"))
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "lock-1.json").read_text("utf-8")))
NC_DATA: dict[str, Any] = {
    "licgraph": 1,
    "components": {"base": {"kind": "weights", "license": "Apache-2.0"}, "papers": {"kind": "dataset", "license": "CC-BY-NC-4.0"}, "model": {"kind": "weights", "from": {"finetune": "base", "trained-on": "papers"}}},
    "release": {"component": "model", "license": "MIT", "use": "commercial"},
}


def another_world(knowledge: Knowledge) -> Knowledge:
    """A knowledge base in which every licence lost its first computed clause, profiles changed places, steps are told otherwise, and names mean GPL-2.0."""

    def shorter(text: memoryview) -> memoryview:
        found = json.loads(bytes(text))
        rows = found.get("clauses") or found["changes"]
        first = next((c for c in rows if c.get("kind") in ("condition", "prohibition")), rows[0])
        key = "clauses" if "clauses" in found else "changes"
        return memoryview(json.dumps({**found, key: [c for c in rows if c is not first] or rows}).encode())

    profiles = dict(zip(knowledge.profiles, [p._replace(id=i) for i, p in zip(knowledge.profiles, reversed(knowledge.profiles.values()), strict=True)], strict=True))
    relations = {i: r._replace(carries=dict.fromkeys(r.carries, "copy"), sentence="{result} changed {source}") for i, r in knowledge.relations.items()}
    duties = {i: d._replace(moment="operation", label="something else") for i, d in knowledge.duties.items()}
    licenses = {i: shorter(text) for i, text in knowledge._licenses.items()}
    return replace(knowledge, _licenses=licenses, profiles=profiles, relations=relations, duties=duties, version="another", _aliases=dict.fromkeys(knowledge._aliases, "GPL-2.0-only"), _built={}, _read={})


def under(locked: lock.Lock, stack: Stack, knowledge: Knowledge, **options: Any) -> Verdict:
    """The verdict as `check --locked` gives it."""
    laid_stack, laid_knowledge = lock.laid(locked, stack, knowledge)
    return assess(laid_stack, laid_knowledge, **{"as_of": AS_OF, **options})


def test_every_case_is_given_again_byte_for_byte_in_another_world(knowledge: Knowledge) -> None:
    other = another_world(knowledge)
    moved = 0
    for path in CASES:
        data = yaml.safe_load(path.read_text("utf-8"))["stack"]
        stack = stack_of(data, knowledge)
        verdict = assess(stack, knowledge, as_of=AS_OF)
        locked = lock.parse(lock.dumps(lock.of(stack, verdict, knowledge)), path.stem)
        assert render(under(locked, stack, other)) == render(verdict), path.stem
        moved += assess(stack, other, as_of=AS_OF).answer != verdict.answer
    assert moved > 100, "the other world hardly differs, so the test shows little"


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the knowledge base in which the non-commercial clause no longer reaches the data itself."""
    folder = tmp_path_factory.mktemp("copied") / "data"
    shutil.copytree(ROOT / "data", folder)
    file = folder / "licenses" / "CC-BY-NC-4.0.yaml"
    text = file.read_text("utf-8")
    before, mark, after = text.partition("  - id: noncommercial\n")
    assert mark
    changed = after.replace("    reaches: [this work itself, changed version]", "    reaches: [changed version]", 1)
    assert changed != after
    file.write_text(before + mark + changed, "utf-8")
    return folder


def test_a_changed_clause_moves_the_answer_but_not_the_locked_one(copied: Path, knowledge: Knowledge, tmp_path: Path) -> None:
    file = tmp_path / "licgraph.yaml"
    file.write_text(yaml.safe_dump(NC_DATA, sort_keys=False), "utf-8")
    stack, november = read_stack(str(file), knowledge), load(copied)
    march = assess(stack, knowledge, as_of=AS_OF)
    cli_diff.write_lock(str(tmp_path / "licgraph.lock"), stack, march, knowledge, {})
    assert (march.answer, assess(stack, november, as_of=AS_OF).answer) == ("no", "yes")

    given: dict[str, Any] = {"locked": "", "stack": str(file)}
    stack_then, knowledge_then, locked = cli_diff.under_lock(given, stack, november)
    again = assess(stack_then, knowledge_then, as_of=AS_OF)
    assert render(again) == render(march)
    assert cli_diff.moved_since(locked, stack, again, november, {}) == [
        f"locked as of {AS_OF}: blocked; with the locked readings now: blocked",
        "moved since it was locked (1; licgraph diff tells what each does to the answer):",
        "  reading: CC-BY-NC-4.0/noncommercial changed: reaches without this work itself",
    ]
    assert cli_diff.moved_since(locked, stack, march, knowledge, {})[1:] == ["nothing has moved since it was locked"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["licgraph.lock", "licgraph.yaml"], "nothing half-written is left"


def test_overridden_assumptions_and_profile_are_part_of_the_question(knowledge: Knowledge) -> None:
    stack = stack_of(NC_DATA, knowledge)
    assume = {"training-is-adaptation": "yes"}
    verdict = assess(stack, knowledge, "permissive", assume=assume, as_of=AS_OF)
    locked = lock.of(stack, verdict, knowledge, assume)
    assert locked["question"]["profile"] == "permissive"
    assert locked["question"]["assume"] == assume
    assert locked["assumptions"]["training-is-adaptation"] == "yes"
    assert lock.moved(locked, stack, verdict, knowledge, assume) == []
    other = assess(stack, knowledge, as_of="2027-01-01")
    assert [(s.kind, says(s)) for s in lock.moved(locked, stack, other, knowledge)] == [
        ("assumption", "the profile changed: profile permissive -> mainstream"),
        ("assumption", "an assumption of the question gone: training-is-adaptation yes, no longer"),
        ("day", f"the day changed: as-of {AS_OF} -> 2027-01-01"),
    ]


def with_license(knowledge: Knowledge, license_id: str, change: Any) -> Knowledge:
    """A knowledge base with one licence file changed in place, taken out (None) or left."""
    licenses = dict(knowledge._licenses)
    if change is None:
        del licenses[license_id]
    else:
        found = json.loads(bytes(licenses[license_id]))
        change(found)
        licenses[license_id] = memoryview(json.dumps(found).encode())
    return replace(knowledge, _licenses=licenses, _built={}, _read={})


def clause(found: dict[str, Any], name: str) -> dict[str, Any]:
    row: dict[str, Any] = next(c for c in found["clauses"] if c["id"] == name)
    return row


READINGS: list[tuple[str, Any, str]] = [
    ("CC-BY-NC-4.0", lambda f: clause(f, "noncommercial").update(reading="Only hobbyists."), "CC-BY-NC-4.0/noncommercial changed: reading "),
    ("CC-BY-NC-4.0", lambda f: clause(f, "noncommercial").update(review={"status": "reviewed", "by": "A. Reader"}), "CC-BY-NC-4.0/noncommercial changed: review status: reviewed; by: A. Reader"),
    ("CC-BY-NC-4.0", lambda f: f["clauses"].remove(clause(f, "attribution")), "CC-BY-NC-4.0/attribution (3(a)(1)(A)) gone: Who shares the material"),
    ("CC-BY-NC-4.0", lambda f: f["clauses"].append({**clause(f, "attribution"), "id": "credit-again", "cite": "9"}), "CC-BY-NC-4.0/credit-again (9) added: Who shares the material"),
    ("CC-BY-NC-4.0", lambda f: f["relabel"].update(value="any"), "CC-BY-NC-4.0, relabel changed: value own-part-only -> any"),
    ("CC-BY-NC-4.0", lambda f: f["text"].update(sha256="0" * 64), "CC-BY-NC-4.0, text changed: sha256 d85d5d014db4 -> 000000000000"),
    ("CC-BY-NC-4.0", None, "licence CC-BY-NC-4.0 gone: name Creative Commons Attribution-NonCommercial 4.0 International, no longer"),
]


@pytest.mark.parametrize(("license_id", "change", "said"), READINGS, ids=[said[:48] for _, _, said in READINGS])
def test_what_moved_is_told_by_clause(license_id: str, change: Any, said: str, knowledge: Knowledge) -> None:
    stack = stack_of(NC_DATA, knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    locked = lock.of(stack, verdict, knowledge)
    now = with_license(knowledge, license_id, change)
    found = lock.moved(locked, stack, verdict, now)
    assert [s.kind for s in found] == ["reading"]
    assert says(found[0]).startswith(said)
    assert render(under(locked, stack, now)) == render(verdict)


def test_inputs_and_facts_that_moved_are_told(knowledge: Knowledge) -> None:
    stack = stack_of(NC_DATA, knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    locked = lock.of(stack, verdict, knowledge)
    data = copy.deepcopy(NC_DATA) | {"facts": {"domicile": "EU"}}
    data["components"]["model"]["from"]["trained-on"] = [{"component": "papers", "accepted-terms": True}]
    data["components"]["more"] = {"kind": "dataset", "license": "ODbL-1.0"}
    data["components"]["model"]["from"]["merge"] = "more"
    found = [f"{s.kind}: {says(s)}" for s in lock.moved(locked, stack_of(data, knowledge), verdict, knowledge)]
    assert found[0].startswith("stack: input licgraph.yaml changed: sha256 ")
    assert found[1:] == [
        "stack: step model trained-on papers changed: accepted-terms yes",
        "stack: step model merge more added, with component more (kind: dataset; license: ODbL-1.0)",
        "fact: fact domicile added: domicile EU",
        "reading: licence ODbL-1.0 added: the lock does not hold it, so it is read as it is today",
    ]


def test_a_name_means_what_it_meant(knowledge: Knowledge) -> None:
    """`llama2` means one agreement today; where it comes to mean two, the locked answer stays."""
    data = {"licgraph": 1, "components": {"base": {"kind": "weights", "license": "llama2"}, "tuned": {"kind": "weights", "name": "Llama-X", "from": {"finetune": "base"}}}, "release": {"component": "tuned", "license": "MIT"}}
    stack = stack_of(data, knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    locked = lock.of(stack, verdict, knowledge)
    two = {**knowledge._ambiguous, "llama2": {"candidates": ["LicenseRef-Llama-2-Community", "LicenseRef-Llama-3.1-Community"], "settle": "Which?"}}
    now = replace(knowledge, _ambiguous=two)
    later = stack_of(data, now)
    assert render(assess(later, now, as_of=AS_OF)) != render(verdict)
    assert render(under(locked, later, now)) == render(verdict)
    assert says(lock.moved(locked, later, verdict, now)[0]).startswith("what the licence name of base means changed: license LicenseRef-Llama-2-Community -> ")


def test_what_is_known_of_an_origin_stays_what_was_known(knowledge: Knowledge) -> None:
    data = {"licgraph": 1, "components": {"base": {"kind": "weights", "source": "hf:meta-llama/Llama-2-7b-hf"}, "tuned": {"kind": "weights", "from": {"finetune": "base"}}}, "release": {"component": "tuned", "license": "MIT"}}
    stack = stack_of(data, knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    locked = lock.of(stack, verdict, knowledge)
    now = replace(knowledge, _components=memoryview(b"{}"))
    assert render(under(locked, stack_of(data, now), now)) == render(verdict)
    assert render(assess(stack_of(data, now), now, as_of=AS_OF)) != render(verdict)


def test_a_licence_that_was_not_known_stays_unknown(knowledge: Knowledge) -> None:
    then = with_license(knowledge, "CC-BY-NC-4.0", None)
    stack = stack_of(NC_DATA, then)
    verdict = assess(stack, then, as_of=AS_OF)
    locked = lock.of(stack, verdict, then)
    assert verdict.answer == "unknown"
    assert locked["knowledge"]["licenses"]["CC-BY-NC-4.0"] is None
    assert render(under(locked, stack_of(NC_DATA, knowledge), knowledge)) == render(verdict)
    assert assess(stack_of(NC_DATA, knowledge), knowledge, as_of=AS_OF).answer == "no"


def test_an_exception_that_was_not_known_stays_unknown(knowledge: Knowledge) -> None:
    data = {"licgraph": 1, "components": {"lib": {"kind": "code", "license": "GPL-2.0-only WITH Classpath-exception-2.0"}, "app": {"kind": "code", "from": {"links-static": "lib"}}}, "release": {"component": "app", "license": "OWN-TERMS", "form": "binary"}}
    then = replace(with_license(knowledge, "Classpath-exception-2.0", None), _exceptions=knowledge._exceptions - {"Classpath-exception-2.0"})
    stack = stack_of(data, then)
    verdict = assess(stack, then, as_of=AS_OF)
    locked = lock.of(stack, verdict, then)
    assert render(assess(stack, knowledge, as_of=AS_OF)) != render(verdict)
    assert render(under(locked, stack_of(data, knowledge), knowledge)) == render(verdict)


def test_the_slice_is_what_was_read_and_no_more(knowledge: Knowledge) -> None:
    locked = lock.of(stack_of(NC_DATA, knowledge), verdict_of(NC_DATA, knowledge), knowledge)
    held = locked["knowledge"]["licenses"]
    assert {"Apache-2.0", "CC-BY-NC-4.0", "MIT"} <= set(held)
    assert "GPL-3.0-only" not in held
    assert set(locked["knowledge"]["relations"]) == {"finetune", "trained-on", "generated-by"}
    for entry in held.values():
        assert entry["sha256"] == digest(entry["content"])
    assert isinstance(lock.knowledge_from(locked, knowledge), Held)
    assert lock.knowledge_from(locked, knowledge).version == knowledge.version


WRONG: list[tuple[str, Any, str]] = [
    ("no JSON", lambda _: "licgraph: 1", "this is no lock"),
    ("a list", lambda _: "[]", "this is no lock of this version"),
    ("a later version", lambda f: json.dumps({**f, "schema": "licgraph/lock/2"}), "this is no lock of this version"),
    ("a verdict", lambda f: json.dumps(f["verdict"]), "this is no lock of this version"),
    ("a part is missing", lambda f: json.dumps({k: v for k, v in f.items() if k != "knowledge"}), "the lock is damaged"),
    ("a stack that is none", lambda f: json.dumps({**f, "stack": {"components": 3}}), "the lock is damaged"),
    ("an input without a path", lambda f: json.dumps({**{k: v for k, v in f.items() if k != "sha256"}, "inputs": [{"sha256": "0"}]}), "the lock is damaged (KeyError: 'path')"),
    ("an input with a number", lambda f: json.dumps({**{k: v for k, v in f.items() if k != "sha256"}, "inputs": [{"path": "a", "sha256": 1}]}), "the lock is damaged (TypeError: a word is expected"),
    ("a question under no profile", lambda f: json.dumps({**{k: v for k, v in f.items() if k != "sha256"}, "question": {**f["question"], "profile": "lax"}}), "the lock is damaged (KeyError: 'lax')"),
    ("a component of no kind", lambda f: json.dumps({**f, "stack": {**f["stack"], "components": {"a": {"id": "a", "colour": "red"}}}}), "the lock is damaged"),
    ("a licence that was altered", lambda f: lock.dumps(f).replace("this work itself, changed", "changed").replace('"kind": "prohibition"', '"kind": "for-counsel"'), "was changed after it was written"),
    ("another component", lambda f: json.dumps({**{k: v for k, v in f.items() if k != "sha256"}, "question": {**f["question"], "component": "zebra"}}), "the lock is of `zebra`"),
    ("anything that was altered", lambda f: json.dumps({**f, "answer": "yes"}), "the lock was changed after it was written"),
]


@pytest.mark.parametrize(("wrong", "change", "said"), WRONG, ids=[w for w, _, _ in WRONG])
def test_a_lock_that_cannot_be_used_is_a_fault(wrong: str, change: Any, said: str, knowledge: Knowledge, tmp_path: Path) -> None:
    stack = stack_of(NC_DATA, knowledge)
    file = tmp_path / "some.lock"
    file.write_text(change(json.loads(lock.dumps(lock.of(stack, assess(stack, knowledge, as_of=AS_OF), knowledge)))), "utf-8")
    with pytest.raises(StackError) as problem:
        cli_diff.under_lock({"locked": str(file), "stack": None}, stack, knowledge)
    fault = problem.value.faults[0]
    assert said in fault.what
    assert fault.file == str(file)
    assert fault.cure


def test_a_lock_of_another_stack_is_a_fault(knowledge: Knowledge, tmp_path: Path) -> None:
    locked = lock.of(stack_of(NC_DATA, knowledge), verdict_of(NC_DATA, knowledge), knowledge)
    other = {"licgraph": 1, "components": {"lib": {"kind": "code", "license": "MIT"}, "model": {"kind": "code", "from": {"modifies": "lib"}}}, "release": {"component": "model", "license": "MIT"}}
    with pytest.raises(StackError, match="another stack"):
        lock.belongs(locked, stack_of(other, knowledge))
    with pytest.raises(StackError, match="there is no such lock"):
        lock.read(Path("nowhere.lock"))
    with pytest.raises(KnowledgeError, match="cannot be written"):
        cli_diff.write_lock(str(tmp_path), stack_of(NC_DATA, knowledge), verdict_of(NC_DATA, knowledge), knowledge, {})


def test_the_lock_lies_beside_the_stack(tmp_path: Path) -> None:
    assert lock.default_path(None) == Path("licgraph.lock")
    assert lock.default_path("-") == Path("licgraph.lock")
    assert lock.default_path("hf:org/name") == Path("licgraph.lock")
    assert lock.default_path("models/a/licgraph.yaml") == Path("models/a/licgraph.lock")
    assert lock.default_path(str(tmp_path)) == tmp_path / "licgraph.lock"


def test_a_stack_after_the_option_is_the_stack(tmp_path: Path, knowledge: Knowledge) -> None:
    """`check --locked licgraph.yaml`: the file is no lock, so the lock beside it is meant; `check --locked my.lock` names the lock."""
    stack, locked = tmp_path / "licgraph.yaml", tmp_path / "my.lock"
    stack.write_text(yaml.safe_dump(NC_DATA), "utf-8")
    cli_diff.write_lock(str(locked), stack_of(NC_DATA, knowledge), verdict_of(NC_DATA, knowledge), knowledge, {})
    for meant in ({"locked": str(locked), "stacks": ()}, {"locked": "", "stacks": ()}, {"locked": None, "stacks": (str(stack),)}, {"locked": str(locked), "stacks": (str(stack),)}, {"locked": "nowhere", "stacks": ()}):
        assert cli_diff.sorted_out(meant) == meant
    assert cli_diff.sorted_out({"locked": str(stack), "stacks": ()}) == {"locked": "", "stacks": (str(stack),)}
    assert cli_diff.sorted_out({"locked": str(tmp_path), "stacks": ()}) == {"locked": "", "stacks": (str(tmp_path),)}


def test_the_published_schema_holds_and_is_up_to_date(knowledge: Knowledge) -> None:
    assert json.loads((ROOT / "schema" / "lock-1.json").read_text("utf-8")) == lock.json_schema()
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        stack = read_stack(str(path), knowledge)
        found = lock.of(stack, assess(stack, knowledge, as_of=AS_OF), knowledge)
        SCHEMA.validate(json.loads(lock.dumps(found)))
        assert lock.dumps(found) == lock.dumps(lock.of(stack, assess(stack, knowledge, as_of=AS_OF), knowledge))


@given(stacks())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_stack_survives_the_lock(data: dict[str, Any]) -> None:
    knowledge = load()
    stack = stack_of(data, knowledge)
    again = stack_from_plain(json.loads(json.dumps(stack_to_plain(stack))))
    assert stack_to_plain(again) == stack_to_plain(stack)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    assert render(assess(again, knowledge, as_of=AS_OF)) == render(verdict)
    locked = lock.parse(lock.dumps(lock.of(stack, verdict, knowledge)), "x")
    assert lock.moved(locked, stack, verdict, knowledge) == []
