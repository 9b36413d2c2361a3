"""Several stacks in one run: found, asked, reported in one document; and the file of defaults that names them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from licgraph.cli import cli
from licgraph.errors import Fault, StackError
from licgraph.inputs import discover
from licgraph.knowledge import Knowledge
from licgraph.outcome import Outcome, counted, worst
from licgraph.reports import checks
from licgraph.rows import rows

from .conftest import AS_OF, ROOT, verdict_of
from .test_gate import CLEAN, UNKNOWN, nc, write

CARD = "---\nlicense: mit\nbase_model: meta-llama/Llama-3.1-8B\n---\n# a model\n"
BAD = {"licgraph": 1, "components": {"m": {"kind": "wheights"}}}
READ = {"a": nc(), "b": nc(None), "c": CLEAN, "u": UNKNOWN, "x": BAD}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", "--as-of", AS_OF, *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def models(here: Path) -> list[str]:
    return [str(Path(write(here / "models" / name / "licgraph.yaml", data)).relative_to(here)) for name, data in READ.items()]


# ------------------------------------------------------------------ which stacks there are


def files(root: Path, *names: str) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        content = {"README.md": CARD, "adapter_config.json": '{"base_model_name_or_path": "a/b", "peft_type": "LORA"}', "config.json": '{"architectures": ["X"], "model_type": "llama"}'}
        file.write_text(content.get(file.name, "merge_method: linear\nmodels:\n  - model: a/b\n" if file.name == "merge.yaml" else yaml.safe_dump(CLEAN)), "utf-8")


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (["licgraph.yaml"], ["licgraph.yaml"]),
        (["b/licgraph.yaml", "a/licgraph.yaml"], ["a/licgraph.yaml", "b/licgraph.yaml"]),
        (["a/one.licgraph.yaml", "a/two.licgraph.yaml"], ["a/one.licgraph.yaml", "a/two.licgraph.yaml"]),
        (["a/README.md"], ["a"]),
        (["a/adapter_config.json", "b/merge.yaml", "c/config.json"], ["a", "b", "c"]),
        (["a/README.md", "a/licgraph.yaml"], ["a/licgraph.yaml"]),
        (["a/README.md", "a/unet/config.json", "a/unet/deep/config.json"], ["a"]),  # parts of a
        (["a/README.md", "a/adapter/README.md"], ["a", "a/adapter"]),
        (["a/README.md", "a/sub/x/licgraph.yaml"], ["a", "a/sub/x/licgraph.yaml"]),
        (["a/licgraph.yaml", "a/unet/config.json"], ["a/licgraph.yaml"]),
        (["a/.cache/README.md", ".hidden/licgraph.yaml", "node_modules/x/licgraph.yaml", ".venv/licgraph.yaml", "__pycache__/licgraph.yaml", "b/licgraph.yaml"], ["b/licgraph.yaml"]),
        (["README.md", "a/README.md"], [".", "a"]),
    ],
)
def test_what_is_found_below_a_folder(there: list[str], found: list[str], here: Path) -> None:
    files(here, *there)
    assert discover.stacks((".",)) == found


def test_what_is_in_any_folder_makes_no_stack(here: Path) -> None:
    (here / "README.md").write_text("# A project\n", "utf-8")
    (here / "LICENSE").write_text("MIT License\n", "utf-8")
    (here / "CITATION.cff").write_text("cff-version: 1.2.0\ntitle: x\nlicense: MIT\n", "utf-8")
    (here / "package.json").write_text("{}", "utf-8")
    assert run("--all").exit_code == 2, "nothing was decided"
    assert "there is no stack in this folder or below it" in run("--all").stderr
    files(here, "a/licgraph.yaml")
    assert run("--all").exit_code == 0
    (here / "empty").mkdir()
    assert run("--all", "a", "empty").exit_code == 2
    assert run("--all", "a/licgraph.yaml").exit_code == 2


def test_a_link_to_a_folder_is_not_followed(here: Path) -> None:
    files(here, "a/licgraph.yaml")
    (here / "again").symlink_to(here / "a")
    (here / "a" / "round").symlink_to(here)
    assert discover.stacks((".",)) == ["a/licgraph.yaml"]


def test_a_folder_that_cannot_be_listed_is_not_passed_over(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(here, "a/licgraph.yaml", "b/licgraph.yaml")
    import os

    scan = os.scandir

    def closed(path: str) -> Any:
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert [Path(p).name for p in discover.stacks((".",))] == ["b", "licgraph.yaml"] or len(discover.stacks((".",))) == 2


# ------------------------------------------------------------------ one document


def test_what_cannot_be_read_does_not_stop_the_others(models: list[str]) -> None:
    result = run(*models)
    assert result.exit_code == 2
    assert re.search(r"^5 stacks: 1 blocked, 1 not understood, 2 open, 1 clear$", result.stdout, re.M)
    states = [line.split()[0] for line in result.stdout.splitlines() if re.match(r"[A-Z]{3}", line)]
    assert states == ["NOT", "BLOCKED", "OPEN", "OPEN", "CLEAR"], "worst first"
    assert "did you mean `weights`" in result.stderr


@pytest.mark.parametrize(("names", "code"), [("abcux", 2), ("abcu", 1), ("bcu", 3), ("cx", 2), ("cc", 0), ("bu", 3)])
def test_the_worst_decides(names: str, code: int, models: list[str]) -> None:
    assert run(*(f"models/{n}/licgraph.yaml" for n in names)).exit_code == code
    assert run(*(f"models/{n}" for n in reversed(names))).exit_code == code


def test_no_outcome_is_no_pass() -> None:
    assert worst([]) == "error"
    assert counted([Outcome("x", problem=StackError(Fault("x", 0, "", "w", "c")))]) == {"blocked": 0, "not understood": 1, "open": 0, "clear": 0}


def test_json_of_several_holds_everything(models: list[str]) -> None:
    result = run("--all", "-f", "json")
    found = json.loads(result.stdout)
    jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "verdicts-1.json").read_text("utf-8"))).validate(found)
    assert [v["stack"] for v in found["verdicts"]] == models[:4]
    assert [e["stack"] for e in found["errors"]] == models[4:]
    assert found["summary"] == {"stacks": 5, "blocked": 1, "not_understood": 1, "open": 2, "clear": 1, "gate": "error", "baseline": None}
    for one in found["verdicts"]:
        alone = json.loads(run(one.pop("stack"), "-f", "json").stdout)
        assert one == alone, "the same answers as alone"
    assert json.loads(run("--all", "models/c", "-f", "json").stdout)["schema"] == "licgraph/verdicts/1", "one that was found is in a list too"


def test_any_number_of_processes_gives_the_same_bytes(models: list[str]) -> None:
    for form in ("text", "json", *checks.formats()):
        texts = {run("--all", "-f", form, "--jobs", jobs).stdout for jobs in ("1", "2", "4")}
        assert len(texts) == 1, form
        assert texts == {run(*reversed(models), "-f", form).stdout}, form


def test_every_format_holds_every_stack_once(models: list[str], knowledge: Knowledge) -> None:
    outcomes = [Outcome(m, knowledge=knowledge, verdict=verdict_of(data, knowledge)) for m, data in zip(models[:4], list(READ.values())[:4], strict=True)]
    outcomes.append(Outcome(models[4], problem=StackError(Fault(models[4], 3, "components", "wrong", "put right"))))
    wanted = sum(len(rows(o.verdict, knowledge)) for o in outcomes if o.verdict)
    sarif = json.loads(checks.render("sarif", outcomes))
    assert len(sarif["runs"]) == 1
    results = sarif["runs"][0]["results"]
    assert len(results) == wanted
    marks = [r["partialFingerprints"]["licgraph/v1"] for r in results]
    assert len(set(marks)) == len(marks)
    assert sarif["runs"][0]["invocations"][0]["executionSuccessful"] is False
    assert set(sarif["runs"][0]["properties"]["stacks"]) == set(models[:4])
    gitlab = json.loads(checks.render("gitlab", outcomes))
    assert len(gitlab) == wanted + 1
    assert len({r["fingerprint"] for r in gitlab}) == wanted + 1
    junit = ElementTree.fromstring(checks.render("junit", outcomes))
    assert [s.attrib["name"] for s in junit] == models
    assert junit.attrib["tests"] == str(wanted + 5)
    assert [int(s.attrib["failures"]) > 0 for s in junit] == [True, True, False, True, False]
    assert junit.attrib["errors"] == "1"
    github = checks.render("github", outcomes).splitlines()
    assert len(github) == wanted + 5
    assert [sum(line.startswith(f"::{level} title=licgraph::{m}") for line in github for level in ("error", "warning", "notice")) for m in models[:4]] == [1] * 4
    markdown = checks.render("markdown", outcomes)
    assert markdown.startswith("## licgraph: 1 blocked, 1 not understood, 2 open, 1 clear\n")
    assert markdown.count("\n### ") == 5
    parts = sum(len(o.verdict.parts) for o in outcomes if o.verdict)
    mermaid, dot = checks.render("mermaid", outcomes), checks.render("dot", outcomes)
    assert (mermaid.count("subgraph "), dot.count("subgraph cluster_")) == (4, 4)
    assert len(set(re.findall(r"^  (n\d+)\[", mermaid, re.M))) == parts == dot.count(", shape=")


def test_fingerprints_of_one_are_those_of_its_rows(knowledge: Knowledge) -> None:
    verdict = verdict_of(nc(), knowledge)
    one = json.loads(checks.render("gitlab", [Outcome("any name", knowledge=knowledge, verdict=verdict)]))
    assert [r["fingerprint"] for r in one] == [r.fingerprint for r in rows(verdict, knowledge)]


def test_what_is_of_one_stack_only_is_refused(models: list[str]) -> None:
    for arguments, says in ((("--lock", "x"), "a lock is of one stack"), (("--locked",), "a lock is of one stack"), (("-",), "standard input is one stack")):
        result = run(*models[:2], *arguments)
        assert (result.exit_code, says in result.stderr) == (2, True), arguments
    assert run("--all", "-").exit_code == 2
    assert run(*models[:2], "--assume", "nothing=yes").exit_code == 2
    assert run(*models[:2], "--assume", "nothing=yes").stdout == ""


def test_the_command_itself_runs_in_processes(models: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "licgraph", "check", "--all", "--as-of", AS_OF, "--jobs", "2"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (2, run("--all").stdout.split())


# ------------------------------------------------------------------ the file of defaults


def defaults(here: Path, text: str, name: str = "pyproject.toml") -> None:
    (here / name).write_text(text, "utf-8")


def test_defaults_are_taken_said_and_overridden(here: Path) -> None:
    stack = write(here / "licgraph.yaml", nc(None))
    defaults(here, '[project]\nname = "x"\n[tool.licgraph]\nprofile = "conservative"\nfail-on = ["no"]\n')
    result = run(stack)
    assert result.exit_code == 1
    assert "defaults from pyproject.toml: profile, fail-on" in result.stdout
    assert "profile conservative" in result.stdout
    half = run(stack, "--profile", "mainstream")
    assert (half.exit_code, "defaults from pyproject.toml: fail-on\n" in half.stdout) == (0, True)
    assert "--profile conservative" in " ".join(result.stdout.split()), "what is offered next asks the same"
    over = run(stack, "--profile", "mainstream", "--fail-on", "conditional")
    assert over.exit_code == 1
    assert "defaults from" not in over.stdout
    assert "defaults from pyproject.toml: profile, fail-on" in run(stack, "-f", "sarif").stderr
    defaults(here, 'profile = "permissive"\n', ".licgraph.toml")
    assert "defaults from .licgraph.toml: profile" in run(stack).stdout, "its own file comes first"


def test_defaults_are_looked_for_up_to_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = here / "a" / "b"
    write(inner / "licgraph.yaml", CLEAN)
    monkeypatch.chdir(inner)
    defaults(here, '[tool.licgraph]\nprofile = "conservative"\n')
    defaults(inner, '[tool.other]\nx = "licgraph"\n')
    assert "defaults from ../../pyproject.toml: profile" in run().stdout
    (here / "a" / ".git").mkdir()
    assert "defaults from" not in run().stdout


def test_facts_and_assumptions_of_defaults(here: Path) -> None:
    stack = write(here / "licgraph.yaml", {**CLEAN, "facts": {"domicile": "US"}})
    defaults(here, '[tool.licgraph]\nfacts = {domicile = "EU", annual-revenue-usd = 5}\nassume = {adapter-is-derivative = "no"}\n')
    result = run(stack)
    assert "defaults from pyproject.toml: assume, facts" in result.stdout
    words = " ".join(result.stdout.split())
    assert "--fact annual-revenue-usd=5" in words
    assert "domicile=EU" not in words, "a stack's own fact comes first"
    assert "--assume adapter-is-derivative=no" in words
    assert "asks for `annual-revenue-usd`" not in words, "a fact of the house is not asked for everywhere"
    assert "asks for `annual-revenue-usd`" in " ".join(run(stack, "--fact", "annual-revenue-usd=5").stdout.split())
    assert "--fact domicile=DE" in " ".join(run(stack, "--fact", "domicile=DE").stdout.split())


def test_stacks_baseline_and_policy_of_defaults(models: list[str], here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults(here, '[tool.licgraph]\nstacks = ["models/[abc]/licgraph.yaml"]\nbaseline = "base.json"\n')
    assert run("--write-baseline", "base.json").exit_code == 0
    result = run()
    assert result.exit_code == 0
    assert "3 stacks: 0 blocked, 0 not understood, 0 open, 3 clear" in result.stdout
    assert "defaults from pyproject.toml: stacks, baseline" in result.stdout
    monkeypatch.chdir(here / "models")
    assert "defaults from ../pyproject.toml: stacks, baseline" in run().stdout
    monkeypatch.chdir(here / "models" / "a")
    assert "BLOCKED  m as MIT" in run().stdout, "a stack that is here is the one that is meant"
    assert run().exit_code == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('profil = "conservative"', "did you mean `profile`"),
        ('as-of = "2026-01-01"', "A day is given with each run"),
        ('profile = "strict"', "`strict` is not known here"),
        ('profile = ""', "expected a profile"),
        ('fail-on = "no"', "expected a list, found str"),
        ('fail-on = ["unknwon"]', "did you mean `unknown`"),
        ("fail-on = []", "expected a list"),
        ("fail-on = [1]", "expected words only"),
        ('stacks = ["nowhere/*"]', "`nowhere/*` matches nothing"),
        ('stacks = ["/etc/*"]', "is no pattern below this folder"),
        ("stacks = []", "expected a list of patterns"),
        ('facts = {domicil = "EU"}', "did you mean `domicile`"),
        ('facts = {annual-revenue-usd = "much"}', "`much` is not a number"),
        ("facts = {domicile = {a = 1}}", "is neither a word"),
        ('assume = {adapter-is-derivativ = "no"}', "did you mean `adapter-is-derivative`"),
        ('assume = {adapter-is-derivative = "maybe"}', "`maybe` is no value of `adapter-is-derivative`"),
        ("assume = {adapter-is-derivative = false}", "expected a word for each"),
        ('audience = "lawyers"', "`lawyers` is not known here"),
        ('policy = "none.yaml"', "there is no such file"),
        ('baseline = "none.json"', "there is no such file"),
        ("profile = ", "not valid TOML"),
    ],
)
def test_faults_of_defaults(text: str, says: str, here: Path) -> None:
    write(here / "sub" / "licgraph.yaml", CLEAN)
    for name, content in ((".licgraph.toml", f"{text}\n"), ("pyproject.toml", f"[tool.licgraph]\n{text}\n")):
        defaults(here, content, name)
        result = run(*(() if "stacks" in text else ("sub",)))
        assert (result.exit_code, says in result.stderr) == (2, True), (name, result.stderr)
        if "no such file" not in says:
            assert re.match(rf"{re.escape(name)}:{content.count(chr(10))}: ", result.stderr), result.stderr
        (here / name).unlink()


def test_a_project_file_that_does_not_speak_of_it_is_none(here: Path) -> None:
    stack = write(here / "licgraph.yaml", CLEAN)
    for text in ("", "this is not TOML [", '[project]\ndependencies = ["licgraph"]\n'):
        defaults(here, text)
        assert run(stack).exit_code == 0, text
