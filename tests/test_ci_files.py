"""The action, the hook and the GitLab job that others use: valid, and their scripts run as the forge would run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT

OPEN = "licgraph: 1\ncomponents: {a: {kind: weights, license: NOASSERTION}, b: {kind: weights, from: {finetune: a}}}\nrelease: {component: b, license: MIT}\n"


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A runner's folder with an installed licgraph."""
    program = tmp_path / "licgraph" / "bin" / "licgraph"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m licgraph "$@"\n')
    program.chmod(0o755)
    return tmp_path


def step(name: str) -> dict[str, Any]:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return next(s for s in action["runs"]["steps"] if s["name"] == name)


def run_check(runner: Path, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """Runs the step `Check` with defaults and these inputs; its exit code, what it printed, its outputs."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    values = {name: about["default"] for name, about in action["inputs"].items()} | inputs
    check = step("Check")
    env = {key: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: str(values[m[1]]), value) for key, value in check["env"].items()}
    output = runner / "output"
    output.write_text("")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", check["run"]], cwd=runner, capture_output=True, text=True, check=False,
        env={**os.environ, **env, "RUNNER_TEMP": str(runner), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(runner / "summary.md")},
    )  # fmt: skip
    return done.returncode, done.stdout, dict(line.split("=", 1) for line in output.read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    ("text", "inputs", "code", "exit_code"),
    [
        (OPEN, {}, 3, "3"),
        (OPEN, {"allow-open": "true"}, 0, "3"),
        (OPEN, {"fail-on": "unknown", "allow-open": "true"}, 1, "1"),
        (OPEN, {"fail-on": "conditional"}, 3, "3"),
        (OPEN, {"all": "true"}, 3, "3"),
        (OPEN, {"baseline": "none.json"}, 2, "2"),
        (OPEN, {"policy": "none.yaml"}, 2, "2"),
        (OPEN, {"profile": "conservative", "audience": "counsel"}, 3, "3"),
        (OPEN.replace("NOASSERTION", "Apache-2.0"), {}, 0, "0"),
        (OPEN.replace("NOASSERTION", "llama3.1"), {"allow-open": "true"}, 1, "1"),
        (OPEN.replace("kind", "kinnd"), {"allow-open": "true"}, 2, "2"),
    ],
)
def test_the_action_ends_as_the_check_does(runner: Path, text: str, inputs: dict[str, str], code: int, exit_code: str) -> None:
    (runner / "licgraph.yaml").write_text(text)
    ended, said, outputs = run_check(runner, **inputs)
    assert (ended, outputs) == (code, {"exit-code": exit_code, "sarif": "licgraph.sarif"})
    run = json.loads((runner / "licgraph.sarif").read_text("utf-8"))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is (code != 2)
    assert all(line.startswith("::") for line in said.splitlines())
    assert (runner / "summary.md").exists() is (code != 2)


def test_inputs_of_the_action_are_words_and_no_commands(runner: Path) -> None:
    for name in ("$(touch made).yaml", "--help", "-x; touch made"):
        (runner / name).write_text(OPEN)
        assert run_check(runner, stack=name)[0] == 3, name
    assert not (runner / "made").exists()
    assert "${{" not in step("Check")["run"] + step("Install licgraph")["run"]


def test_action_and_job_are_valid() -> None:
    """Against the forges' own schemas, as check-jsonschema carries them."""
    for schema, file, *options in (("vendor.github-actions", "action.yml"), ("vendor.gitlab-ci", "templates/licgraph.gitlab-ci.yml", "--data-transform", "gitlab-ci")):
        done = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *options, str(ROOT / file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_gitlab_job_writes_its_reports(runner: Path) -> None:
    job = yaml.safe_load((ROOT / "templates" / "licgraph.gitlab-ci.yml").read_text("utf-8"))["licgraph"]
    (runner / "licgraph.yaml").write_text(OPEN)
    env = {**os.environ, **job["variables"], "LICGRAPH_STACK": "licgraph.yaml", "PATH": f"{runner / 'licgraph' / 'bin'}:{os.environ['PATH']}"}
    assert subprocess.run(["sh", "-e", "-c", job["script"][1]], cwd=runner, env=env, capture_output=True, check=False).returncode == 3
    assert job["artifacts"]["when"] == "always"
    assert all((runner / file).stat().st_size for file in job["artifacts"]["reports"].values())


def test_the_hook_runs_when_something_it_reads_changes() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert (hook["entry"], hook["pass_filenames"]) == ("licgraph check", False)
    wanted = ["README.md", "models/a/README.md", "licgraph.yaml", "merge.yml", "bom.json", "a.gguf", "pyproject.toml", ".licgraph.toml", ".licgraph/policy.yaml", "x/model.safetensors", "Modelfile", "Kitfile"]
    assert all(re.search(hook["files"], name) for name in wanted)
    assert not any(re.search(hook["files"], name) for name in ("main.py", "notREADME.md", "a.ggufx", "MyModelfile"))
