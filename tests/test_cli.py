"""The command line as CI, a shell and a reader meet it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from licgraph.cli import cli
from licgraph.knowledge import load

from .conftest import ROOT

EXAMPLES = ROOT / "examples"


def run(*arguments: str, **options: object) -> Result:
    return CliRunner().invoke(cli, list(arguments), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("example", "code"),
    [("mistral-small-finetune", 0), ("mixlora", 1), ("r1-distill-llama-70b", 1), ("r1-distill-qwen-32b", 0), ("dolly-2", 0), ("app-with-llama", 0), ("alpaca", 1)],
)
def test_exit_code_follows_the_answer(example: str, code: int) -> None:
    assert run("check", str(EXAMPLES / f"{example}.yaml")).exit_code == code


def test_conditional_and_unknown_are_three(tmp_path: Path) -> None:
    file = tmp_path / "licgraph.yaml"
    stack = "licgraph: 1\ncomponents: {a: {kind: weights, license: X}, b: {kind: weights, from: {finetune: a}}}\nrelease: {component: b, license: MIT}\n"
    file.write_text(stack.replace("X", "NOASSERTION"))
    assert run("check", str(file)).exit_code == 3
    file.write_text(stack.replace("X", "CC-BY-NC-4.0").replace("finetune", "trained-on").replace("a: {kind: weights", "a: {kind: dataset"))
    result = run("check", str(file))
    assert result.exit_code == 3
    assert "CONDITIONAL" in result.stdout
    assert "? Is our own purpose, in making and releasing it, commercial?  (--purpose" in result.stdout
    assert run("check", str(file), "--purpose", "commercial").exit_code == 1
    assert run("check", str(file), "--purpose", "non-commercial").exit_code == 0


def test_an_accepted_risk_moves_the_gate_not_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "licgraph.yaml"
    risk = "accepted-risks: [{component: a, clause: CC-BY-NC-4.0/noncommercial, reason: old run, owner: someone, until: 2027-01-01}]\n"
    file.write_text(
        "licgraph: 1\ncomponents: {a: {kind: dataset, license: CC-BY-NC-4.0}, b: {kind: weights, from: {trained-on: a}}}\nrelease: {component: b, license: MIT, use: commercial}\n" + risk
    )
    result = run("check", str(file), "--as-of", "2026-11-22", "-f", "json")
    found = json.loads(result.stdout)
    assert (found["answer"], found["gate"], result.exit_code) == ("no", "pass", 0)
    assert found["blockers"][0]["accepted_risk"].startswith("old run")
    late = run("check", str(file), "--as-of", "2027-01-02", "-f", "json")
    assert (json.loads(late.stdout)["gate"], late.exit_code) == ("fail", 1)
    assert "accepted-risk-expired" in {f["id"] for f in json.loads(late.stdout)["findings"]}


TWO_SETS = """licgraph: 1
components:
  a: {kind: dataset, license: CC-BY-NC-4.0}
  b: {kind: dataset, license: CC-BY-NC-4.0}
  m: {kind: weights, from: {trained-on: [a, b]}}
release: {component: m, license: MIT, use: commercial}
"""


def test_a_risk_accepted_for_one_origin_says_nothing_of_another(tmp_path: Path) -> None:
    file = tmp_path / "licgraph.yaml"

    def risk(component: str) -> str:
        return f"{{component: {component}, clause: CC-BY-NC-4.0/noncommercial, reason: small, owner: Legal, until: 2027-12-31}}"

    def checked(*components: str) -> tuple[int, list[str]]:
        file.write_text(TWO_SETS + f"accepted-risks: [{', '.join(risk(c) for c in components)}]\n")
        result = run("check", str(file), "--as-of", "2026-11-22", "-f", "json")
        found = json.loads(result.stdout)
        assert (found["gate"] == "pass") == bool(found["blockers"][0]["accepted_risk"])
        return result.exit_code, [f["why"] for f in found["findings"] if f["id"] == "accepted-risk-partial"]

    assert checked("a") == (1, ["the acceptance of CC-BY-NC-4.0/noncommercial does not speak of b, under the same clause"])
    assert checked("b") == (1, ["the acceptance of CC-BY-NC-4.0/noncommercial does not speak of a, under the same clause"])
    assert checked("m")[0] == 1, "the clause stands against how m was made, not against the release"
    assert checked("a", "b") == (0, [])


def test_a_no_is_a_failed_gate_whichever_candidate_of_a_name_it_is(tmp_path: Path) -> None:
    file = tmp_path / "licgraph.yaml"
    file.write_text("licgraph: 1\ncomponents: {g: {kind: weights, license: gemma}, t: {kind: weights, from: {finetune: g}}}\nrelease: {component: t, license: MIT}\n")
    result = run("check", str(file), "-f", "json")
    found = json.loads(result.stdout)
    assert (found["answer"], found["gate"], result.exit_code) == ("no", "fail", 1)


def test_flags_override_the_file() -> None:
    example = str(EXAMPLES / "dolly-2.yaml")
    assert run("check", example).exit_code == 0
    assert run("check", example, "--profile", "conservative").exit_code == 1
    assert run("check", example, "--assume", "training-is-adaptation=yes").exit_code == 1
    assert run("check", example, "--assume", "training-is-adaptation=yes", "--as", "CC-BY-SA-4.0").exit_code == 0
    shown = json.loads(run("check", example, "--form", "service", "--component", "dolly", "-f", "json").stdout)
    assert (shown["form"], shown["to"]) == ("service", "customers")


def test_a_fact_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    stability = "LicenseRef-Stability-Community-2024-07-05"
    file.write_text(f"licgraph: 1\ncomponents: {{a: {{kind: weights, license: {stability}}}, b: {{kind: service, from: {{runs-with: a}}}}}}\nrelease: {{component: b, license: OWN-TERMS, use: commercial}}\n")
    assert run("check", str(file)).exit_code == 0
    assert run("check", str(file), "--fact", "annual-revenue-usd=2_000_000").exit_code == 1
    assert run("check", str(file), "--fact", "annual-revenue-usd=999999").exit_code == 0


def test_text_is_plain_unless_on_a_terminal() -> None:
    assert "\033[" not in run("check", str(EXAMPLES / "mixlora.yaml")).output


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_on_a_real_terminal(no_color: str, coloured: bool) -> None:
    import pty

    environment = {**os.environ, "NO_COLOR": no_color}
    if not no_color:
        environment.pop("NO_COLOR")
    leader, follower = pty.openpty()
    subprocess.run([sys.executable, "-m", "licgraph", "check", str(EXAMPLES / "mixlora.yaml")], stdout=follower, env=environment, check=False)
    os.close(follower)
    assert (b"\033[31m" in os.read(leader, 4000)) is coloured
    os.close(leader)


def test_one_screen_and_the_answer_first() -> None:
    lines = run("check", str(EXAMPLES / "dolly-2.yaml")).stdout.splitlines()
    assert lines[0].startswith("NO BLOCKING TERM FOUND  dolly-v2-12b as MIT")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 120


def test_careful_words() -> None:
    for example in EXAMPLES.glob("*.yaml"):
        text = " ".join(run("check", str(example)).stdout.split())
        assert text.count("Not legal advice.") == 1
        assert not {"cleared", "proof", "violation", "viral"} & set(text.lower().replace(".", " ").split())


def test_names_cannot_steer_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text('licgraph: 1\ncomponents: {a: {kind: code, name: "evil\\e[2Jname\\a", ours: true}}\nrelease: {component: a, license: MIT}\n')
    output = run("check", str(file)).output
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "evil\N{REPLACEMENT CHARACTER}[2Jname" in output


def test_explain_by_number_clause_component_and_assumption() -> None:
    example = str(EXAMPLES / "mixlora.yaml")
    first = run("explain", example, "--about", "1").stdout
    assert "LicenseRef-Llama-2-Community/relabel" in first
    assert "mixlora is an adapter for base" in first
    assert "Rests on the open question adapter-is-derivative" in first
    assert "Duty user-cap" in run("explain", example, "--about", "user-cap").stdout
    assert "data" in run("explain", example, "--about", "data").stdout
    held = run("explain", example, "--about", "adapter-is-derivative").stdout
    assert "taken here" in held
    assert "With adapter-is-derivative = no the answer is conditional." in held
    nothing = run("explain", example, "--about", "zzz")
    assert nothing.exit_code == 2
    whole = run("explain", example).stdout
    assert "Not examined:" in whole
    assert json.loads(run("explain", example, "-f", "json").stdout)["schema"] == "licgraph/explanation/1"


def test_explain_in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "licgraph.yaml").write_text((EXAMPLES / "mixlora.yaml").read_text("utf-8"))
    monkeypatch.chdir(tmp_path)
    assert run("check").exit_code == 1
    assert run("explain", "1").stdout.startswith("1. LicenseRef-Llama-2-Community")
    typo = run("explain", "licgraf.yaml")
    assert typo.exit_code == 2
    assert "licgraf.yaml" in typo.stderr


@pytest.mark.parametrize("more", [(), ("--as", "LicenseRef-Llama-3.3-Community AND MIT", "--fact", "domicile=EU")])
def test_what_is_offered_next_can_be_typed(more: tuple[str, ...]) -> None:
    example = str(EXAMPLES / "r1-distill-llama-70b.yaml")
    checked = run("check", example, *more)
    commands = re.search(r"next: (licgraph explain .*?) · (licgraph outbound .*?)   as of", checked.stdout.replace("\n    ", " "))
    assert commands is not None
    explained, specified = (run(*shlex.split(c)[1:]) for c in commands.groups())
    assert explained.stdout.startswith("1. LicenseRef-Llama-3.3-Community")
    assert explained.exit_code == checked.exit_code
    assert specified.stdout.startswith("Outbound terms of Reasoner-70B")
    assert "--fact domicile=EU" in commands[1] or not more


@pytest.mark.parametrize("command", ["check", "outbound", "explain"])
def test_reports_are_written_whole_or_not_at_all(command: str, tmp_path: Path) -> None:
    example = str(EXAMPLES / "mixlora.yaml")
    file = tmp_path / "report.json"
    printed = run(command, example, "--as-of", "2026-11-22", "--output", f"json={file}")
    assert printed.exit_code != 2
    assert json.loads(file.read_text("utf-8")) == json.loads(run(command, example, "--as-of", "2026-11-22", "-f", "json").stdout)
    (tmp_path / "folder").mkdir()
    assert run(command, example, "--output", f"json={tmp_path / 'folder'}").exit_code == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "report.json"]
    assert "given twice" in run(command, example, "--output", f"json={file}", "--output", f"json={file}").stderr


def test_outbound_ignores_the_proposed_terms() -> None:
    found = json.loads(run("outbound", str(EXAMPLES / "r1-distill-llama-70b.yaml"), "-f", "json").stdout)
    assert found["proposed"] is None
    assert found["outbound"]["options"][0]["expression"] == "LicenseRef-Llama-3.3-Community"
    text = run("outbound", str(EXAMPLES / "r1-distill-llama-70b.yaml")).stdout
    assert "must impose on recipients" in text
    assert "does not begin with 'Llama'" in text


def test_output_files_are_written_before_the_gate(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    result = run("check", str(EXAMPLES / "mixlora.yaml"), "--output", f"json={file}")
    assert result.exit_code == 1
    assert json.loads(file.read_text("utf-8"))["answer"] == "no"


def test_show_every_licence() -> None:
    knowledge = load()
    for license_id in (*knowledge.license_ids, *knowledge.exception_ids):
        page = run("show", license_id)
        assert page.exit_code == 0, license_id
        for clause in knowledge.raw(license_id).get("clauses", ()):
            assert clause["reading"] in page.stdout
    assert json.loads(run("show", "MIT", "-f", "json").stdout)["id"] == "MIT"
    assert run("licenses", "show", "apache-2.0").stdout.startswith("Apache-2.0")


def test_show_an_unknown_and_an_ambiguous_name() -> None:
    unknown = run("show", "apache-2.1")
    assert unknown.exit_code == 2
    assert "Apache-2.0" in unknown.stderr
    ambiguous = run("show", "gpl-3.0")
    assert ambiguous.exit_code == 2
    assert "GPL-3.0-or-later" in ambiguous.stderr


def test_licences_list_and_search() -> None:
    assert len(run("licenses", "list").stdout.splitlines()) == len(load().license_ids) + len(load().exception_ids)
    assert "LicenseRef-Llama-3.1-Community" in run("licenses", "search", "llama").stdout
    assert run("licenses", "search", "zzzz").exit_code == 1
    assert json.loads(run("licenses", "list", "-f", "json").stdout)["schema"] == "licgraph/licenses/1"


def test_standard_input() -> None:
    assert run("check", "-", input=(EXAMPLES / "mixlora.yaml").read_text("utf-8")).exit_code == 1


def test_same_bytes_in_every_process() -> None:
    """Same input, same bytes: across processes and hash seeds."""
    outputs = set()
    for seed in ("0", "1", "4242"):
        for form in ("json", "text"):
            done = subprocess.run(
                [sys.executable, "-m", "licgraph", "check", str(EXAMPLES / "r1-distill-llama-70b.yaml"), "-f", form, "--as-of", "2026-11-22"],
                capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed, "COLUMNS": "100"}, check=False,
            )  # fmt: skip
            outputs.add((form, done.stdout))
    assert len(outputs) == 2


def test_source_date_epoch_sets_the_day() -> None:
    shown = json.loads(run("check", str(EXAMPLES / "dolly-2.yaml"), "-f", "json", env={"SOURCE_DATE_EPOCH": "86400"}).stdout)
    assert shown["as_of"] == "1970-01-02"


def test_help_names_the_exit_codes() -> None:
    text = run("--help").stdout
    assert "0 nothing blocks, 1 blocked, 2 input not understood, 3 conditional or unknown" in " ".join(text.split())


def test_help_has_every_command_in_a_group() -> None:
    text = run("--help").stdout
    assert [g for g in ("Ask:", "Make:", "Watch:", "Know:") if g not in text] == []
    assert "Other:" not in text
    for name in cli.list_commands(click.Context(cli)):
        assert re.search(rf"^  {name}  ", text, re.M), name
