"""Input that is not understood: exit 2, every fault with its line and what to write, nothing decided."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from licgraph.cli import cli

GOOD = "licgraph: 1\ncomponents:\n  a: {kind: weights, license: MIT}\n  b: {kind: weights, from: {finetune: a}}\nrelease: {component: b, license: MIT}\n"

BAD: dict[str, tuple[str, list[str]]] = {
    "unknown key": (GOOD.replace("kind: weights, license", "kinds: weights, license"), [":3:", "`kinds` is not known", "did you mean `kind`", "`kind` is missing"]),
    "duplicate key": (GOOD + "release: {component: a}\n", [":6:", "stands already on line 5"]),
    "wrong type": (GOOD.replace("{finetune: a}", "[a]"), [":4:", "expected a map, found a list"]),
    "unknown relation": (GOOD.replace("finetune", "fine-tune"), [":4:", "did you mean `finetune`"]),
    "dangling reference": (GOOD.replace("finetune: a", "finetune: aa"), [":4:", "there is no component `aa`"]),
    "cycle": (GOOD.replace("license: MIT}\n  b", "license: MIT, from: {merge: b}}\n  b"), ["made from each other", "a -> b -> a"]),
    "self-reference": (GOOD.replace("finetune: a", "finetune: b"), [":4:", "`b` is made from itself"]),
    "no components": ("licgraph: 1\ncomponents: {}\nrelease: {component: b}\n", [":2:", "List at least one"]),
    "components missing": ("licgraph: 1\n", ["`components` is missing"]),
    "no release": (GOOD.partition("release")[0], ["does not say what is released"]),
    "slash expression": (GOOD.replace("license: MIT}\n  b", "license: MIT/Apache-2.0}\n  b"), [":3:", "`/` is not an operator", "A OR B"]),
    "half expression": (GOOD.replace("license: MIT}\n  b", "license: MIT AND}\n  b"), [":3:", "no licence expression"]),
    "empty brackets": (GOOD.replace("license: MIT}\n  b", "license: '()'}\n  b"), [":3:", "no licence expression"]),
    "plus": (GOOD.replace("license: MIT}\n  b", "license: MIT+}\n  b"), [":3:", "or-later"]),
    "empty expression": (GOOD.replace("license: MIT}\n  b", "license: ''}\n  b"), [":3:", "nothing is written"]),
    "unknown fact": (GOOD + "facts: {revenue: 3}\n", [":6:", "`revenue` is not known"]),
    "negative number": (GOOD + "facts: {annual-revenue-usd: -3}\n", [":6:", "expected a number"]),
    "unknown purpose": (GOOD.replace("finetune: a", "trained-on: {component: a, purpose: fun}"), [":4:", "`fun` is not known"]),
    "version": (GOOD.replace("licgraph: 1", "licgraph: 2"), [":1:", "version `2`"]),
    "alias": (GOOD.replace("kind: weights, license: MIT", "&x kind: weights, license: MIT"), ["anchor"]),
    "tag": (GOOD.replace("license: MIT}\n  b", "license: !!str MIT}\n  b"), ["type tag"]),
    "two documents": (GOOD + "---\n" + GOOD, [":6:", "second document"]),
    "syntax": ("licgraph: 1\ncomponents: {a: [}\n", [":2:", "not valid YAML"]),
    "control character": ("licgraph: 1\ncomponents: \x01\n", ["not valid YAML"]),
    "empty": ("", ["the file is empty"]),
    "only a comment": ("# nothing\n", ["the file is empty"]),
    "a word": ("hello\n", ["expected a map"]),
    "release under nothing": (GOOD.replace("license: MIT}\n", "license: NONE}\n"), ["no licence one could offer"]),
    "own terms of others": (GOOD.replace("license: MIT}\n  b", "license: OWN-TERMS}\n  b"), [":3:", "not ours"]),
    "election not offered": (GOOD + "elect: {a: Apache-2.0}\n", [":6:", "not offered"]),
    "empty permission": (GOOD + "permissions: [{component: a, from: x, covers: [everything]}]\n", [":6:", "nothing a permission can cover"]),
    "bad date": (GOOD + "permissions: [{component: a, from: x, covers: [all], until: soon}]\n", [":6:", "YYYY-MM-DD"]),
    "deep": ("licgraph: 1\ncomponents: " + "[" * 200 + "]" * 200 + "\n", ["nested deeper"]),
    "bomb": ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n", ["alias", "anchor"]),
    "id": (GOOD.replace("  a:", "  a b:").replace("finetune: a", "finetune: a b"), ["is not an id"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_stack(name: str, tmp_path: Path) -> None:
    text, expected = BAD[name]
    file = tmp_path / "licgraph.yaml"
    file.write_text(text, "utf-8")
    result = CliRunner().invoke(cli, ["check", str(file)])
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert "nothing was decided" in result.stderr
    for words in expected:
        assert words in result.stderr, result.stderr
    assert result.stdout == ""


def test_all_faults_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("finetune: a", "finetune: x").replace("license: MIT}\n  b", "license: MIT/ISC, colour: red}\n  b") + "facts: {revenue: 1}\n"
    file = tmp_path / "s.yaml"
    file.write_text(text, "utf-8")
    result = CliRunner().invoke(cli, ["check", str(file)])
    assert [line.split(":")[1] for line in result.stderr.splitlines()[:-1]] == ["3", "3", "4", "6"]
    assert "4 faults" in result.stderr


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00a", b"licgraph: 1\n\x00", bytes(range(256))])
def test_not_text(raw: bytes, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(raw)
    result = CliRunner().invoke(cli, ["check", str(file), "-f", "json"])
    assert result.exit_code == 2
    assert '"schema": "licgraph/error/1"' in result.stdout


def test_hundred_megabytes_are_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    with file.open("wb") as out:
        out.truncate(100_000_000)
    result = CliRunner().invoke(cli, ["check", str(file)])
    assert result.exit_code == 2
    assert "larger than" in result.stderr


def test_missing_file_and_empty_folder(tmp_path: Path) -> None:
    for target, says in ((tmp_path / "none.yaml", "there is no such file"), (tmp_path, "nothing in this folder says what it is")):
        result = CliRunner().invoke(cli, ["check", str(target)])
        assert result.exit_code == 2
        assert says in result.stderr


def test_standard_input_too_large(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", "-"], input=b"a" * 9_000_000)
    assert result.exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--fact", "domicile"], ["--fact", "nothing=1"], ["--fact", "annual-revenue-usd=lots"], ["--assume", "x=y"], ["--assume", "nc-scope=wide"],
        ["--as-of", "today"], ["--as", "MIT/ISC"], ["--component", "zz"], ["--as", "LicenseRef-Proprietary"], ["--output", "json"], ["--output", "pdf=x"],
    ],
)  # fmt: skip
def test_bad_flags(arguments: list[str], tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(GOOD, "utf-8")
    result = CliRunner().invoke(cli, ["check", str(file), *arguments])
    assert result.exit_code == 2, result.output
    assert "nothing was decided" in result.stderr


def test_an_unknown_licence_is_no_bad_input(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(GOOD.replace("license: MIT}\n  b", "license: apache-2.1}\n  b"), "utf-8")
    result = CliRunner().invoke(cli, ["check", str(file)])
    assert result.exit_code == 3
    assert "UNKNOWN" in result.stdout
    assert "Apache-2.0" in result.stdout


def test_json_with_tabs_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text('{\n\t"licgraph": 1,\n\t"components": {"a": {"kind": "code", "license": "MIT"}},\n\t"release": {"component": "a", "license": "MIT", "form": "source"}\n}\n')
    assert CliRunner().invoke(cli, ["check", str(file)]).exit_code == 0


def test_real_process_shows_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("licgraph: 1\ncomponents: {a: [}\n")
    done = subprocess.run([sys.executable, "-m", "licgraph", "check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
