"""The formats for CI say the same things, at real places, and never mistake silence for a pass."""

from __future__ import annotations

import html
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from licgraph.answer import assess
from licgraph.cli import cli
from licgraph.inputs import read
from licgraph.knowledge import Knowledge
from licgraph.outcome import Outcome
from licgraph.reports import checks
from licgraph.rows import rows
from licgraph.verdict import Verdict

from .conftest import AS_OF, ROOT, verdict_of

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
NASTY = "Llama-\"x'<script>alert(1)</script> 100% ::error::\nnext, line | `code` [a](b) @all \u202eright\u0007\x1b[31m]]>" + "y" * 500
RISK = {"component": "a", "clause": "CC-BY-NC-4.0/noncommercial", "reason": "old run", "owner": "someone", "until": "2027-01-01"}


def nasty() -> dict[str, Any]:
    """A blocked stack whose names try every format's escapes."""
    parts = {"base": {"kind": "weights", "license": "LicenseRef-Llama-3.1-Community", "name": NASTY}, "d": {"kind": "dataset", "license": "CC-BY-NC-4.0"}}
    return {"licgraph": 1, "components": {**parts, "ours": {"kind": "weights", "name": NASTY, "from": {"finetune": "base", "trained-on": "d"}}}, "release": {"component": "ours", "license": "MIT"}}


def accepted() -> dict[str, Any]:
    """A blocked stack whose one blocker is an accepted risk."""
    parts = {"a": {"kind": "dataset", "license": "CC-BY-NC-4.0"}, "b": {"kind": "weights", "from": {"trained-on": "a"}}}
    return {"licgraph": 1, "components": parts, "release": {"component": "b", "license": "MIT", "use": "commercial"}, "accepted-risks": [RISK]}


@pytest.fixture(scope="module")
def verdicts(knowledge: Knowledge) -> dict[str, Verdict]:
    found = {f.stem: assess(read(str(f), knowledge), knowledge, as_of=AS_OF) for f in EXAMPLES}
    open_use = {"licgraph": 1, "components": {"d": {"kind": "dataset", "license": "CC-BY-NC-4.0"}, "m": {"kind": "weights", "from": {"trained-on": "d"}}}, "release": {"component": "m", "license": "MIT"}}
    unknown = {"licgraph": 1, "components": {"b": {"kind": "weights", "license": "NOASSERTION"}, "m": {"kind": "weights", "from": {"finetune": "b"}}}, "release": {"component": "m", "license": "MIT"}}
    return found | {name: verdict_of(data, knowledge) for name, data in {"nasty": nasty(), "accepted": accepted(), "open": open_use, "unknown": unknown}.items()}


def run(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(cli, list(arguments), **options)


def report(form: str, verdict: Verdict, knowledge: Knowledge) -> str:
    """The report on one stack."""
    return checks.render(form, [Outcome("licgraph.yaml", knowledge=knowledge, verdict=verdict)])


def sarif_rows(text: str) -> list[tuple[str, bool]]:
    return [(r["ruleId"], bool(r["suppressions"])) for r in json.loads(text)["runs"][0]["results"]]


def gitlab_rows(text: str) -> list[tuple[str, bool]]:
    return [(r["check_name"], r["description"].endswith("]") and "[risk accepted: " in r["description"]) for r in json.loads(text)]


def junit_rows(text: str) -> list[tuple[str, bool]]:
    return [(c.attrib["name"], c.find("skipped") is not None) for s in ElementTree.fromstring(text)[1:] for c in s]


def github_rows(text: str) -> list[tuple[str, bool]]:
    lines = [re.fullmatch(r"::(?:error|warning|notice) (?:file=[^,:]*,)?(?:line=\d+,)?title=([^:,]*)::(.*)", line) for line in text.splitlines()[1:]]
    return [(m[1].replace("%3A", ":").replace("%2C", ",").replace("%25", "%"), "[risk accepted: " in m[2]) for m in lines if m]


def html_rows(text: str) -> list[tuple[str, bool]]:
    return [(html.unescape(rule), bool(accepted)) for rule, accepted in re.findall(r'data-rule="([^"]*)"( data-accepted)?', text)]


READERS = {"html": html_rows, "sarif": sarif_rows, "gitlab": gitlab_rows, "junit": junit_rows, "github": github_rows}


def test_every_format_says_the_same(verdicts: dict[str, Verdict], knowledge: Knowledge) -> None:
    for name, verdict in verdicts.items():
        wanted = Counter((r.rule, bool(r.accepted)) for r in rows(verdict, knowledge))
        published = verdict.to_json()
        parts = ("blockers", "fail_on", "policy", "needs_facts", "needs_elections", "duties", "findings")
        assert wanted.total() == sum(len(published[p]) for p in parts), name
        for form, reader in READERS.items():
            assert Counter(reader(report(form, verdict, knowledge))) == wanted, (name, form)
        markdown = report("markdown", verdict, knowledge)
        assert len(re.findall(r"^(?:- |\| (?:blocks|open|accepted|noted) )", markdown, re.M)) == wanted.total(), name


def test_the_gate_and_the_rows_that_gate_agree(verdicts: dict[str, Verdict], knowledge: Knowledge) -> None:
    assert {v.gate for v in verdicts.values()} == {"pass", "fail", "open"}
    for name, verdict in verdicts.items():
        gating = [r for r in rows(verdict, knowledge) if r.gates]
        assert bool(gating) == (verdict.gate != "pass"), name
        failures = ElementTree.fromstring(report("junit", verdict, knowledge)).attrib["failures"]
        assert (failures == "0") == (verdict.gate == "pass"), name


@pytest.mark.parametrize(("gate", "level"), [("fail", "error"), ("open", "warning")])
def test_a_gate_without_a_reason_still_leaves_a_row(verdicts: dict[str, Verdict], knowledge: Knowledge, gate: str, level: str) -> None:
    silent = verdicts["nasty"]._replace(gate=gate, blockers=(), needs_facts=())
    found = rows(silent, knowledge)
    assert len(found) > 1
    assert [(r.rule, r.level) for r in found if r.gates] == [("answer", level)]


def test_places_are_real(knowledge: Knowledge) -> None:
    for file in EXAMPLES:
        verdict = assess(read(str(file), knowledge), knowledge, as_of=AS_OF)
        lines = file.read_text("utf-8").splitlines()
        places = [r.evidence for r in rows(verdict, knowledge) if r.rule.split("/")[0] in knowledge.license_ids]
        assert all((Path.cwd() / p.file).samefile(file) for p in places)
        assert all("license" in lines[p.line - 1] or "kind" in lines[p.line - 1] for p in places if p.line), file.name


def test_a_code_flow_walks_the_path(verdicts: dict[str, Verdict], knowledge: Knowledge) -> None:
    verdict = verdicts["r1-distill-llama-70b"]
    result = next(r for r in json.loads(report("sarif", verdict, knowledge))["runs"][0]["results"] if r["ruleId"] == verdict.blockers[0].ref)
    stops = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [s["location"]["logicalLocations"][0]["name"] for s in stops] == list(verdict.blockers[0].path)
    assert all(s["location"]["physicalLocation"]["region"]["startLine"] > 1 for s in stops)


def test_a_rule_of_a_listed_licence_leads_to_its_text(verdicts: dict[str, Verdict], knowledge: Knowledge) -> None:
    rules = {r["id"]: r.get("helpUri") for r in json.loads(report("sarif", verdicts["nasty"], knowledge))["runs"][0]["tool"]["driver"]["rules"]}
    assert rules["CC-BY-NC-4.0/noncommercial"] == "https://spdx.org/licenses/CC-BY-NC-4.0.html"
    assert rules["LicenseRef-Llama-3.1-Community/model-name"] is None


def test_fingerprints_are_unique_and_hang_on_no_line(verdicts: dict[str, Verdict], knowledge: Knowledge, tmp_path: Path) -> None:
    for verdict in verdicts.values():
        marks = [r.fingerprint for r in rows(verdict, knowledge)]
        assert len(set(marks)) == len(marks)
    marks = []
    for head in ("", "# moved\n# by two lines\n"):
        file = tmp_path / "licgraph.yaml"
        file.write_text(head + yaml.safe_dump(nasty(), sort_keys=False), "utf-8")
        marks.append([(r.fingerprint, r.evidence.line) for r in rows(assess(read(str(file), knowledge), knowledge, as_of=AS_OF), knowledge)])
    assert [m for m, _ in marks[0]] == [m for m, _ in marks[1]]
    assert [n for _, n in marks[0]] != [n for _, n in marks[1]]


def test_names_cannot_speak_for_the_tool(verdicts: dict[str, Verdict], knowledge: Knowledge) -> None:
    verdict = verdicts["nasty"]
    annotations = report("github", verdict, knowledge)
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in annotations.splitlines())
    assert "%0Anext" in annotations
    assert "100%25 ::error::" in annotations
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", annotations)
    markdown = report("markdown", verdict, knowledge)
    assert "<script>" not in markdown
    assert "@all" not in markdown
    assert r"\[a\]\(b\)" in markdown
    table = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 5 for line in table)
    assert ElementTree.fromstring(report("junit", verdict, knowledge)).tag == "testsuites"
    dot = report("dot", verdict, knowledge)
    assert all(len(re.findall(r'(?<!\\)(?:\\\\)*"', line)) % 2 == 0 for line in dot.splitlines())
    mermaid = report("mermaid", verdict, knowledge)
    assert "<script" not in mermaid
    assert all(line.count('"') in (0, 2) for line in mermaid.splitlines())


def test_a_file_name_ends_no_property(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "50%,a:b::c #1.yaml"
    Path(name).write_text(yaml.safe_dump(nasty(), sort_keys=False), "utf-8")
    annotations = run("check", name, "-f", "github").stdout
    places = re.findall(r"file=([^,:]*),line=", annotations)
    assert set(places) == {"50%25%2Ca%3Ab%3A%3Ac #1.yaml"}
    uris = {loc["physicalLocation"]["artifactLocation"]["uri"] for r in json.loads(run("check", name, "-f", "sarif").stdout)["runs"][0]["results"] for loc in r["locations"]}
    assert uris == {"50%25%2Ca%3Ab%3A%3Ac%20%231.yaml"}


def test_an_accepted_risk_is_a_suppression(verdicts: dict[str, Verdict], knowledge: Knowledge) -> None:
    verdict = verdicts["accepted"]
    results = json.loads(report("sarif", verdict, knowledge))["runs"][0]["results"]
    suppressed = [r for r in results if r["suppressions"]]
    assert [r["ruleId"] for r in suppressed] == [RISK["clause"]]
    assert "old run" in suppressed[0]["suppressions"][0]["justification"]
    assert "::error" not in report("github", verdict, knowledge)
    assert '"blocker"' not in report("gitlab", verdict, knowledge)


def test_the_graph_has_every_part_and_step(verdicts: dict[str, Verdict], knowledge: Knowledge) -> None:
    for verdict in verdicts.values():
        mermaid, dot = (report(form, verdict, knowledge) for form in ("mermaid", "dot"))
        assert len(re.findall(r"^  n\d+\[", mermaid, re.M)) == dot.count(", shape=") == len(verdict.parts)
        assert mermaid.count("-->") == len(re.findall(r'" -> "', dot)) == len(verdict.made)


@pytest.mark.parametrize("form", ["sarif", "junit", "gitlab", "github", "markdown"])
def test_input_not_understood_is_said_in_every_format(form: str, tmp_path: Path) -> None:
    file, report = tmp_path / "licgraph.yaml", tmp_path / "report"
    file.write_text("licgraph: 1\ncomponents: {a: {kind: wheights}}\n")
    report.write_text("of an earlier run that passed")
    result = run("check", str(file), "-f", form, "--output", f"{form}={report}")
    assert result.exit_code == 2
    assert report.read_text("utf-8") == result.stdout
    assert "wheights" in result.stdout
    if form == "sarif":
        invocation = json.loads(result.stdout)["runs"][0]["invocations"][0]
        assert invocation["executionSuccessful"] is False
        assert len(invocation["toolExecutionNotifications"]) == 1
    if form == "junit":
        assert ElementTree.fromstring(result.stdout).attrib["errors"] == "1"


def test_an_option_is_no_file(tmp_path: Path) -> None:
    stack = str(ROOT / "examples" / "mixlora.yaml")
    assert run("check", stack, "--component", "x", "-f", "github").stdout.startswith("::error title=licgraph::--component: x: ")
    assert json.loads(run("check", stack, "--component", "x", "-f", "gitlab").stdout)[0]["location"]["path"] == "licgraph.yaml"
    assert "locations" not in run("check", stack, "--component", "x", "-f", "sarif").stdout


def test_several_reports_in_one_run_and_the_step_summary(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    outputs = [a for form in checks.formats() for a in ("--output", f"{form}={tmp_path / form}")]
    result = run("check", str(ROOT / "examples" / "mixlora.yaml"), "-f", "github", *outputs, "--as-of", AS_OF, env={**os.environ, "GITHUB_STEP_SUMMARY": str(summary)})
    assert result.exit_code == 1
    assert all((tmp_path / form).read_text("utf-8") for form in checks.formats())
    assert summary.read_text("utf-8") == "before\n" + (tmp_path / "markdown").read_text("utf-8")


def test_sarif_is_valid(verdicts: dict[str, Verdict], knowledge: Knowledge, tmp_path: Path) -> None:
    """Against the official schema, whose path LICGRAPH_SARIF_SCHEMA gives (tools/sarif_schema.sh fetches it)."""
    file = os.environ.get("LICGRAPH_SARIF_SCHEMA", "")
    if not file:
        pytest.skip("LICGRAPH_SARIF_SCHEMA is not set: SARIF is not validated")
    schema = json.loads(Path(file).read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    clean = {"licgraph": 1, "components": {"m": {"kind": "weights", "ours": True}}, "release": {"component": "m", "license": "MIT"}}
    texts = [report("sarif", v, knowledge) for v in (*verdicts.values(), verdict_of(clean, knowledge))]
    assert json.loads(texts[-1])["runs"][0]["results"] == []
    bad = tmp_path / "bad.yaml"
    bad.write_text("licgraph: 1\ncomponents: [\n")
    for text in (*texts, run("check", str(bad), "-f", "sarif").stdout):
        validator.validate(json.loads(text))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"version": "2.1.0", "runs": [{}]})
