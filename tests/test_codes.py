"""Every code of a report has a meaning, and every meaning a code."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from licgraph import codes
from licgraph.cli import cli
from licgraph.findings import meanings
from licgraph.knowledge import RESERVED, Knowledge
from licgraph.outcome import Outcome
from licgraph.reports.checks import sarif
from licgraph.rows import rows

from .conftest import ROOT, simple, verdict_of

SRC = ROOT / "src" / "licgraph"
HANDED_ON = {"n.id", "notice.id", "notice_id", "*notice", "relation.finding"}
"""Where an id is passed on that was made elsewhere; of the last, relation files say it."""


def _words(node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        found = [_words(node.body), _words(node.orelse)]
        return None if None in found else [w for one in found for w in one or ()]
    return None


def _emitted() -> Iterator[str]:
    for path in sorted(SRC.rglob("*.py")):
        for call in (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if name not in ("Finding", "Notice", "notice") or not call.args:
                continue
            found = _words(call.args[0])
            assert found is not None or ast.unparse(call.args[0]) in HANDED_ON, f"{path.name}:{call.lineno}: write the id as a literal, so that it can be found"
            yield from found or ()
    for path in (ROOT / "data" / "relations").glob("*.yaml"):
        said = yaml.safe_load(path.read_text("utf-8"))
        yield from [said["finding"]] if "finding" in said else []


def test_findings_of_the_code_are_those_of_the_file() -> None:
    assert sorted(set(_emitted()) ^ set(meanings())) == []


def test_each_finding_says_one_thing_and_what_to_do() -> None:
    for name, found in meanings().items():
        for sentence in (found.says, found.do):
            assert sentence[0].isupper() or sentence.startswith("`"), name
            assert sentence.endswith("."), name
        assert not found.see or (ROOT / "docs" / found.see).is_file(), name


CASES = [c for p in sorted((ROOT / "tests" / "cases").glob("*.yaml"))[::3] for c in [yaml.safe_load(p.read_text("utf-8"))] if isinstance(c, dict) and "stack" in c]


def test_every_rule_of_a_report_is_explained(knowledge: Knowledge) -> None:
    seen = set()
    for case in CASES:
        seen |= {row.rule for row in rows(verdict_of(case["stack"], knowledge, search=False), knowledge)}
    assert len(seen) > 100
    assert [rule for rule in sorted(seen) if not codes.explained(rule, knowledge)] == []


def test_every_word_is_explained_whole(knowledge: Knowledge) -> None:
    words = list(codes.words(knowledge))
    assert {*RESERVED, *knowledge.duties, *knowledge.facts, *knowledge.assumptions, *knowledge.relations, "exit-0", "exit-3"} <= set(words)
    for word in words:
        for entry in codes.explained(word, knowledge):
            assert entry.says.rstrip(")").endswith("."), entry
            assert entry.source, entry
            assert entry.do, entry
        assert codes.explained(word, knowledge), word


def test_every_clause_is_explained(knowledge: Knowledge) -> None:
    for license_id in knowledge.license_ids:
        for clause in knowledge.raw(license_id)["clauses"]:
            found = codes.explained(f"{license_id}/{clause['id']}", knowledge)
            assert found, clause["id"]
            assert f"data/licenses/{license_id}.yaml:{clause['__line__']}" in found[0].source


@pytest.mark.parametrize(("code", "kinds"), [("memorised", ["finding", "fact"]), ("owed/name-prefix", ["duty"]), ("needs/purpose", ["what an answer waits for"]), ("exit-3", ["exit code"]), ("GPL-3.0-only/copyleft", ["clause (condition)"]), ("policy/P-1", ["rule of reports"]), ("MIT", ["licence"])])
def test_what_a_code_is(code: str, kinds: list[str], knowledge: Knowledge) -> None:
    assert [e.kind for e in codes.explained(code, knowledge)] == kinds


def test_explain_needs_no_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    said = runner.invoke(cli, ["--explain", "exit-3"])
    same = runner.invoke(cli, ["explain", "--code", "exit-3"])
    machine = runner.invoke(cli, ["explain", "--code", "owed/display", "-f", "json"])
    assert said.exit_code == same.exit_code == 0
    assert "Conditional or unknown" in said.output
    assert same.output == said.output
    jsonschema.validate(json.loads(machine.output), json.loads((ROOT / "schema" / "code-1.json").read_text("utf-8")))
    assert json.loads(machine.output)["meanings"][0]["kind"] == "duty"


@pytest.mark.parametrize(("code", "meant"), [("memorized", "`memorised`"), ("owed/nameprefix", "`owed/name-prefix`"), ("MIT/right-granted", "`MIT/rights-granted`"), ("finetuned", "`finetune`"), ("no-claim", "`NO-CLAIM`"), ("Apache2", "`Apache-2.0`"), ("exit3", "`exit-3`")])
def test_an_unknown_code_names_near_ones(code: str, meant: str) -> None:
    result = CliRunner().invoke(cli, ["--explain", code])
    assert result.exit_code == 2
    assert meant in result.stderr


def test_sarif_says_what_a_finding_means(knowledge: Knowledge) -> None:
    data = simple("finetune", "MIT", license="MIT")
    data["facts"] = {"domicile": "EU"}
    rules = json.loads(sarif.render([Outcome("licgraph.yaml", knowledge=knowledge, verdict=verdict_of(data, knowledge))]))["runs"][0]["tool"]["driver"]["rules"]
    found = {r["id"]: r["fullDescription"]["text"] for r in rules}
    assert found["noticed/unused-fact"] == f"{meanings()['unused-fact'].says} {meanings()['unused-fact'].do}"
