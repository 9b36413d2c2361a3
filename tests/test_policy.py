"""House rules: read whole or not at all, tried by their own tests, and only ever tightening."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from licgraph import policy, policyfile
from licgraph.cli import cli
from licgraph.errors import StackError
from licgraph.knowledge import Knowledge
from licgraph.verdict import Ruling, Verdict

from .conftest import AS_OF, ROOT, stack_of, verdict_of
from .test_gate import CLEAN, DUTIES, nc, write


def rule(when: dict[str, Any], hit: dict[str, Any] | None = None, clear: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "r", "owner": "legal", "says": "not in this house", "effect": "fail", "when": when, "tests": [{"stack": hit or nc(), "expect": "hit"}, {"stack": clear or CLEAN, "expect": "clear"}], **more}


def text(*rules: dict[str, Any]) -> str:
    return yaml.safe_dump(json.loads(json.dumps({"policy": 1, "rules": rules})), sort_keys=False)


def rulings(data: dict[str, Any], knowledge: Knowledge, *rules: dict[str, Any], **options: Any) -> tuple[Verdict, tuple[Ruling, ...]]:
    verdict = policy.judged(verdict_of(data, knowledge, **options), policyfile.from_text(text(*rules), "policy.yaml", knowledge), stack_of(data, knowledge), knowledge)
    return verdict, verdict.policy


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


CHOICE = {"licgraph": 1, "components": {"b": {"kind": "code", "license": "MIT OR GPL-3.0-only", "source": "hf:org/b"}, "m": {"kind": "code", "from": {"contains": "b"}}}, "release": {"component": "m", "license": "MIT"}}


def under(license_id: str | None) -> dict[str, Any]:
    """Ours, with somebody's code in it."""
    part = {"kind": "code", **({"license": license_id} if license_id else {})}
    return {"licgraph": 1, "components": {"b": part, "m": {"kind": "code", "from": {"contains": "b"}}}, "release": {"component": "m", "license": "MIT"}}


OPEN = {"licgraph": 1, "components": {"b": {"kind": "weights", "license": "Apache-2.0"}, "a": {"kind": "weights", "name": "some-base"}, "m": {"kind": "weights", "from": {"finetune": "b"}}}, "release": {"component": "m", "license": "Apache-2.0"}}


@pytest.mark.parametrize(
    ("data", "when", "components"),
    [
        (nc(), {"license": ["CC-BY-NC-4.0"]}, ["d"]),
        (nc(), {"license": "CC-BY-NC-4.0"}, ["d"]),
        (nc(), {"license": ["MIT"]}, []),
        (nc(), {"license": ["CC-BY-NC-4.0"], "kind": ["dataset"]}, ["d"]),
        (nc(), {"license": ["CC-BY-NC-4.0"], "kind": ["weights"]}, []),  # of one component, or of none
        (CHOICE, {"license": ["GPL-3.0-only"]}, ["b"]),
        (under("GPL-2.0-only WITH Classpath-exception-2.0"), {"license": ["GPL-2.0-only"]}, ["b"]),
        (under("GPL-2.0-only WITH Classpath-exception-2.0"), {"license": ["GPL-2.0-only WITH Classpath-exception-2.0"]}, ["b"]),
        (under("LicenseRef-Nobody-Knows"), {"license": ["NOASSERTION"]}, ["b"]),
        (under("bsd"), {"license": ["BSD-4-Clause"]}, ["b"]),  # it could be meant
        (under(None), {"license": ["NONE"]}, ["b"]),
        (CHOICE, {"origin": ["hf:org/*"]}, ["b"]),
        (CHOICE, {"origin": ["org/b"]}, ["b"]),
        (CHOICE, {"origin": ["hf:other/*"]}, []),
        (nc(), {"kind": ["weights", "dataset"]}, ["d", "m"]),
        (DUTIES, {"duty": ["state-changes"]}, [""]),
        (CLEAN, {"duty": ["state-changes"]}, []),
        (OPEN, {"finding": ["not-in-release"]}, [""]),
        (nc(), {"form": ["weights"], "use": ["commercial"], "to": ["public"]}, [""]),
        (nc(), {"form": ["weights"], "use": ["non-commercial"]}, []),
        (nc(), {"answer-under": {"conservative": ["no", "unknown"]}}, [""]),
        (CLEAN, {"answer-under": {"conservative": ["no", "unknown"]}}, []),
        (CLEAN, {"review": ["draft"]}, []),
        (DUTIES, {"review": ["draft", "disputed"]}, [""]),
        (CLEAN, {"assumption": ["adapter-is-derivative"]}, []),
        (nc(), {"license": ["CC-BY-NC-4.0"], "use": ["any"]}, []),
    ],
)
def test_what_a_rule_sees(data: dict[str, Any], when: dict[str, Any], components: list[str], knowledge: Knowledge) -> None:
    verdict, found = rulings(data, knowledge, rule(when))
    assert [r.component for r in found] == components
    assert (verdict.gate == "fail") == bool(components or verdict.answer == "no")
    assert verdict.answer == verdict_of(data, knowledge).answer


def test_a_rule_sees_what_the_answer_turns_on(knowledge: Knowledge) -> None:
    data = yaml.safe_load((ROOT / "examples" / "mixlora.yaml").read_text("utf-8"))
    turns = verdict_of(data, knowledge).turns_on
    assert turns, "the example turns on something"
    _, found = rulings(data, knowledge, rule({"assumption": [turns[0]]}))
    assert [r.why for r in found] == ["not in this house"], "which question it is, is for counsel"


@pytest.mark.parametrize(
    ("when", "unless", "hit"),
    [
        ({"license": ["CC-BY-NC-4.0"]}, {"origin": ["d"]}, False),
        ({"license": ["CC-BY-NC-4.0"]}, {"origin": ["m"]}, True),  # another component spares nothing
        ({"license": ["CC-BY-NC-4.0"]}, {"use": ["commercial"]}, False),
        ({"license": ["CC-BY-NC-4.0"]}, {"use": ["any"]}, True),
        ({"license": ["CC-BY-NC-4.0"]}, {"origin": ["d"], "use": ["any"]}, True),
        ({"use": ["commercial"]}, {"license": ["CC-BY-NC-4.0"]}, False),
        ({"use": ["commercial"]}, {"license": ["CC-BY-4.0"]}, True),
    ],
)
def test_unless(when: dict[str, Any], unless: dict[str, Any], hit: bool, knowledge: Knowledge) -> None:
    assert bool(rulings(nc(), knowledge, rule(when, unless=unless))[1]) == hit


@pytest.mark.parametrize(("data", "effect", "gate"), [(DUTIES, "fail", "fail"), (DUTIES, "open", "open"), (nc(), "open", "fail"), (nc(None), "open", "open"), (nc(None), "fail", "fail")])
def test_a_rule_only_tightens(data: dict[str, Any], effect: str, gate: str, knowledge: Knowledge) -> None:
    verdict, found = rulings(data, knowledge, rule({"form": ["weights"]}, effect=effect))
    assert (verdict.gate, [r.effect for r in found]) == (gate, [effect])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda r: r.pop("owner"), "the key `owner` is missing"),
        (lambda r: r.pop("says"), "the key `says` is missing"),
        (lambda r: r.pop("tests"), "the key `tests` is missing"),
        (lambda r: r.update(tests=[]), "this list is empty"),
        (lambda r: r.update(tests=r["tests"][:1]), "no test expects `clear`"),
        (lambda r: r.update(tests=r["tests"][1:]), "no test expects `hit`"),
        (lambda r: r.update(effect="warn"), "`warn` is not known here"),
        (lambda r: r.update(wen={}), "did you mean `when`"),
        (lambda r: r.update(when={}), "nothing is tested here"),
        (lambda r: r.update(unless={}), "nothing is tested here"),
        (lambda r: r.update(when={"licence": ["MIT"]}), "Write `license:`"),
        (lambda r: r.update(when={"license": []}), "this list is empty"),
        (lambda r: r.update(when={"license": ["CC-BY-NC-4.1"]}), "did you mean `CC-BY-NC-4.0`"),
        (lambda r: r.update(when={"license": ["apache2"]}), "`apache2` is no licence that is known"),
        (lambda r: r.update(when={"duty": ["atribution"]}), "did you mean `attribution`"),
        (lambda r: r.update(when={"finding": ["unused-facts"]}), "did you mean `unused-fact`"),
        (lambda r: r.update(when={"kind": ["model"]}), "`model` is no kind of component"),
        (lambda r: r.update(when={"form": ["weight"]}), "did you mean `weights`"),
        (lambda r: r.update(when={"use": ["comercial"]}), "did you mean `commercial`"),
        (lambda r: r.update(when={"to": ["everyone"]}), "`everyone` is no recipient"),
        (lambda r: r.update(when={"review": ["drafts"]}), "did you mean `draft`"),
        (lambda r: r.update(when={"assumption": ["adapter-is-derivativ"]}), "did you mean `adapter-is-derivative`"),
        (lambda r: r.update(when={"answer-under": {"strict": ["no"]}}), "`strict` is not known here"),
        (lambda r: r.update(when={"answer-under": {"conservative": ["maybe"]}}), "`maybe` is not known here"),
        (lambda r: r.update(when={"answer-under": {}}), "nothing is listed here"),
        (lambda r: r["tests"][0]["stack"].update(relase={}), "did you mean `release`"),
        (lambda r: r["tests"][0].update(expect="miss"), "`miss` is not known here"),
    ],
)
def test_faults_of_a_policy(change: Any, says: str, knowledge: Knowledge) -> None:
    broken = rule({"license": ["CC-BY-NC-4.0"]})
    change(broken)
    with pytest.raises(StackError) as caught:
        policyfile.from_text(text(broken), "policy.yaml", knowledge)
    assert says in str(caught.value)
    assert all(f.file == "policy.yaml" and f.line for f in caught.value.faults)


def test_all_faults_come_at_once_and_ids_stand_once(knowledge: Knowledge) -> None:
    with pytest.raises(StackError) as caught:
        policyfile.from_text(text(rule({"licens": ["MIT"]}), rule({"duty": ["x"]}, effect="warn")), "p.yaml", knowledge)
    assert {"licens", "warn", "`x`"} <= {w for w in ("licens", "warn", "`x`") if w in str(caught.value)}
    with pytest.raises(StackError, match="stands already"):
        policyfile.from_text(text(rule({"license": ["MIT"]}), rule({"license": ["MIT"]})), "p.yaml", knowledge)
    for empty in ("", "policy: 1\nrules: []\n", "policy: 1\n", "rules: []\n", "policy: 2\nrules: []\n", "[]"):
        with pytest.raises(StackError):
            policyfile.from_text(empty, "p.yaml", knowledge)


def test_a_policy_is_found_by_walking_up_and_one_that_is_named_does_not_lift_it(here: Path) -> None:
    (here / ".licgraph").mkdir()
    (here / ".licgraph" / "policy.yaml").write_text(text(rule({"license": ["Apache-2.0"]}, hit=DUTIES)), "utf-8")
    stack = write(here / "models" / "a" / "licgraph.yaml", DUTIES)
    result = run("check", stack, "--as-of", AS_OF)
    assert result.exit_code == 1
    assert "house rule r (owner: legal), b: not in this house (license: Apache-2.0)" in " ".join(result.stdout.split())
    assert "policy .licgraph/policy.yaml: 1 rule, 1 hit" in result.stdout
    named = write(here / "mine.yaml", {"policy": 1, "rules": [rule({"kind": ["outputs"]}, id="mine")]})
    both = run("check", stack, "--policy", named, "-f", "json", "--as-of", AS_OF)
    assert both.exit_code == 1
    assert json.loads(both.stdout)["policy"] == [{"rule": "r", "owner": "legal", "component": "b", "why": "not in this house (license: Apache-2.0)", "effect": "fail"}]
    assert json.loads(both.stdout)["answer"] == "yes"
    sarif = json.loads(run("check", stack, "-f", "sarif", "--as-of", AS_OF).stdout)["runs"][0]
    assert [r["level"] for r in sarif["results"] if r["ruleId"] == "policy/r"] == ["error"]
    assert next(r["fullDescription"]["text"] for r in sarif["tool"]["driver"]["rules"] if r["id"] == "policy/r") == "A rule of the house, not of law."


def test_a_broken_policy_stops_the_check(here: Path) -> None:
    stack = write(here / "licgraph.yaml", CLEAN)
    (here / ".licgraph").mkdir()
    (here / ".licgraph" / "policy.yaml").write_text("policy: 1\nrules: []\n", "utf-8")
    assert run("check", stack).exit_code == 2
    (here / ".licgraph" / "policy.yaml").unlink()
    assert run("check", stack).exit_code == 0
    assert run("check", stack, "--policy", "none.yaml").exit_code == 2
    assert run("check", stack, stack.replace("licgraph.yaml", "./licgraph.yaml"), "--policy", "none.yaml").exit_code == 2


def test_policy_test_names_what_fails(here: Path) -> None:
    good, wrong = rule({"license": ["CC-BY-NC-4.0"]}), rule({"license": ["MIT"]}, id="wrong", owner="ann")
    file = write(here / "p.yaml", {"policy": 1, "rules": [good, wrong]})
    result = run("policy", "test", file, "--as-of", AS_OF)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert re.fullmatch(r".*p\.yaml:\d+: the rule wrong \(ann\) is not hit, and the test expects `hit`", lines[0])
    assert lines[1] == "2 rules, 4 tests, 1 failed"
    assert run("policy", "test", write(here / "q.yaml", {"policy": 1, "rules": [good]}), "--as-of", AS_OF).exit_code == 0
    assert run("policy", "test", "none.yaml").exit_code == 2
    assert run("policy", "test").exit_code == 2
