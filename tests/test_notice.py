"""The files of a release: what is written is what is checked, and each thing taken away is named."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from licgraph.answer import assess
from licgraph.cli import cli
from licgraph.inputs import read
from licgraph.knowledge import Knowledge
from licgraph.release_files import CARD, DUTIES, NOTICE, RESTRICTIONS, Plan, missing, plan, written
from licgraph.stack import Stack
from licgraph.verdict import Verdict

from .conftest import AS_OF, ROOT, stack_of

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
CASES = sorted((ROOT / "tests" / "cases").glob("*.yaml"))
TEXTS = os.environ.get("LICGRAPH_TEXTS", "")
needs_texts = pytest.mark.skipif(not TEXTS, reason="LICGRAPH_TEXTS is not set: no licence copies at hand")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["notice", *arguments, "--as-of", AS_OF])


def made(stack: Stack, knowledge: Knowledge) -> tuple[Plan, Stack, Verdict, dict[str, str], tuple[str, ...]]:
    verdict = assess(stack, knowledge, as_of=AS_OF)
    found = plan(stack, verdict, knowledge)
    return found, stack, verdict, written(found, stack, verdict, knowledge), tuple(c.license for c in found.copies)


@pytest.mark.parametrize("path", [*EXAMPLES, *CASES], ids=lambda p: p.stem)
def test_each_thing_taken_away_is_named(path: Path, knowledge: Knowledge) -> None:
    stack_read = read(str(path), knowledge) if path in EXAMPLES else stack_of(yaml.safe_load(path.read_text("utf-8"))["stack"], knowledge)
    found, stack, verdict, files, copies = made(stack_read, knowledge)
    assert missing(found, stack, verdict, knowledge, files, copies) == list(found.beyond_files)
    for item in found.items:
        less = {**files, item.file: files[item.file].replace(item.text, "")}
        lacks = missing(found, stack, verdict, knowledge, less, copies)
        assert any(line.startswith(item.file) and item.why in line for line in lacks), item
    for one in found.copies:
        lacks = missing(found, stack, verdict, knowledge, files, tuple(c for c in copies if c != one.license))
        assert [f"LICENSES/{one.license}.txt" in line and one.source in line for line in lacks if line not in found.beyond_files] == [True]
    for name in files:
        lacks = missing(found, stack, verdict, knowledge, {n: t for n, t in files.items() if n != name}, copies)
        assert any(line.startswith(name) for line in lacks) or (name == DUTIES and not verdict.duties), name


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_what_is_written_is_what_is_checked(path: Path, knowledge: Knowledge) -> None:
    """Over every case of the suite: only what no file mends is left, and an open duty is always somewhere."""
    found, stack, verdict, files, copies = made(stack_of(yaml.safe_load(path.read_text("utf-8"))["stack"], knowledge), knowledge)
    assert missing(found, stack, verdict, knowledge, files, copies) == list(found.beyond_files)
    assert all(d.label in files[DUTIES] and d.value.split("\n")[0] in files[DUTIES] for d in verdict.duties)
    assert all(d.value in files[NOTICE] for d in verdict.duties if d.id == "notice-file" and not d.rests_on)
    assert all(d.value in files[CARD] for d in verdict.duties if d.id == "display" and not d.rests_on)
    assert all(f"({d.license} {d.cite})" in files[RESTRICTIONS] for d in verdict.duties if d.nature == "binds" and not d.rests_on and d.status != "met")


@needs_texts
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_write_then_check(path: Path, tmp_path: Path, knowledge: Knowledge) -> None:
    wrote = run(str(path), "-o", str(tmp_path / "release"), "--texts", TEXTS)
    checked = run(str(path), "--check", str(tmp_path / "release"))
    names = made(read(str(path), knowledge), knowledge)[0].beyond_files
    assert [line for line in checked.stdout.splitlines() if line.startswith("missing")] == [f"missing: {n}" for n in names]
    assert wrote.exit_code == checked.exit_code == (1 if names else 0)


@needs_texts
def test_a_copy_is_known_by_its_text_not_by_its_name(tmp_path: Path) -> None:
    stack, release = str(ROOT / "examples" / "app-with-llama.yaml"), tmp_path / "release"
    assert run(stack, "-o", str(release), "--texts", TEXTS).exit_code == 0
    copy = release / "LICENSES" / "LicenseRef-Llama-3.1-Community.txt"
    shutil.move(copy, release / "agreement")
    assert run(stack, "--check", str(release)).exit_code == 0
    (release / "agreement").rename(copy)
    copy.write_bytes((Path(TEXTS) / "LicenseRef-Llama-3.2-Community.txt").read_bytes())
    result = run(stack, "--check", str(release))
    assert result.exit_code == 1
    assert "LICENSES/LicenseRef-Llama-3.1-Community.txt is missing" in result.stdout


def test_without_texts_each_copy_is_named_with_its_place(tmp_path: Path) -> None:
    result = run(str(ROOT / "examples" / "mistral-small-finetune.yaml"), "-o", str(tmp_path / "release"))
    assert result.exit_code == 1
    assert "LICENSES/Apache-2.0.txt is missing" in result.stdout
    assert "https://spdx.org/licenses/Apache-2.0.html" in result.stdout
    assert not (tmp_path / "release" / "LICENSES").exists()


def simple(tmp_path: Path, **parts: Any) -> str:
    base = {"kind": "weights", "license": "MIT", "name": "Base"} | parts
    file = tmp_path / "licgraph.yaml"
    data = {"licgraph": 1, "components": {"base": base, "ours": {"kind": "weights", "name": "Ours", "from": {"finetune": "base"}}}, "release": {"component": "ours", "license": "MIT"}}
    file.write_text(yaml.safe_dump(data), "utf-8")
    return str(file)


def test_a_fact_that_decides_what_is_owed_is_asked_for(tmp_path: Path) -> None:
    """Each of three Gemma terms asks for its own agreement; which one, nobody has said: nothing may pass."""
    stack, release = simple(tmp_path, license="gemma"), tmp_path / "release"
    run(stack, "--as", "OWN-TERMS", "-o", str(release))
    result = run(stack, "--as", "OWN-TERMS", "--check", str(release))
    assert result.exit_code == 1
    assert result.stdout.count("this is owed: Give recipients the agreement (LicenseRef-Gemma-Terms-") == 3
    assert (release / NOTICE).read_text("utf-8").count("Gemma is provided under") == 1


def test_nothing_of_the_user_is_written_over(tmp_path: Path) -> None:
    stack, release = simple(tmp_path), tmp_path / "release"
    run(stack, "-o", str(release))
    before = (release / DUTIES).read_text("utf-8")
    (release / DUTIES).write_text(before.replace("[ ]", "[x]"), "utf-8")
    (release / NOTICE).unlink()
    refused = run(stack, "-o", str(release))
    assert refused.exit_code == 2
    assert DUTIES in refused.stderr
    assert not (release / NOTICE).exists()
    assert run(stack, "-o", str(release), "--replace").exit_code == 1
    assert (release / DUTIES).read_text("utf-8") == before


def test_ticked_boxes_and_new_line_breaks_say_the_same(tmp_path: Path) -> None:
    stack, release = simple(tmp_path), tmp_path / "release"
    run(stack, "-o", str(release))
    (release / DUTIES).write_text((release / DUTIES).read_text("utf-8").replace("[ ]", "[x]"), "utf-8")
    (release / NOTICE).write_text((release / NOTICE).read_text("utf-8").replace(" ", "\n"), "utf-8")
    lacks = [line for line in run(stack, "--check", str(release)).stdout.splitlines() if line.startswith("missing")]
    assert len(lacks) == 1
    assert lacks[0].startswith("missing: LICENSES/MIT.txt")


def test_copyright_lines_stand_in_the_notice_or_are_left_to_a_person(tmp_path: Path) -> None:
    run(simple(tmp_path, copyright="Copyright (c) 2025 Someone"), "-o", str(tmp_path / "a"))
    assert "Copyright (c) 2025 Someone" in (tmp_path / "a" / NOTICE).read_text("utf-8")
    result = run(simple(tmp_path), "-o", str(tmp_path / "b"))
    assert "by hand: Base: take over its copyright lines (MIT par. 2)" in result.stdout


def test_the_front_matter_must_be_right(tmp_path: Path) -> None:
    stack, release = simple(tmp_path), tmp_path / "release"
    run(stack, "-o", str(release))
    card = release / CARD
    card.rename(release / "README.md")
    assert "front matter" not in run(stack, "--check", str(release)).stdout
    (release / "README.md").write_text((release / "README.md").read_text("utf-8").replace("license: mit", "license: apache-2.0"), "utf-8")
    assert "README.md: its front matter is not right; it has to say license: mit" in run(stack, "--check", str(release)).stdout


def test_a_name_stays_a_name(tmp_path: Path) -> None:
    result = run(simple(tmp_path, name="Base\n- Other\n\u202elicence: MIT\x1b[31m"), "-o", str(tmp_path / "release"))
    text = (tmp_path / "release" / NOTICE).read_text("utf-8")
    assert result.exit_code == 1
    assert "\n- Other" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("options", [(), ("-o", "x", "--check", ".")])
def test_it_must_be_said_what_to_do(options: tuple[str, ...], tmp_path: Path) -> None:
    assert run(simple(tmp_path), *options).exit_code == 2


def test_a_changed_or_linked_text_is_no_copy(tmp_path: Path) -> None:
    stack, release = simple(tmp_path, license="Apache-2.0"), tmp_path / "release"
    text = (ROOT / "LICENSE").read_text("utf-8")
    run(stack, "-o", str(release), "--texts", str(ROOT / "docs"))
    for name, content, code in (("same", text, 0), ("changed", text.replace("royalty-free", "paid", 1), 1)):
        (release / "COPY.txt").write_text(content, "utf-8")
        assert run(stack, "--check", str(release)).exit_code == code, name
    (release / "COPY.txt").unlink()
    (tmp_path / "elsewhere.txt").write_text(text, "utf-8")
    (release / "COPY.txt").symlink_to(tmp_path / "elsewhere.txt")
    assert run(stack, "--check", str(release)).exit_code == 1


def test_writing_the_same_again_is_no_loss(tmp_path: Path) -> None:
    stack, release = simple(tmp_path), tmp_path / "release"
    codes = [run(stack, "-o", str(release)).exit_code for _ in range(2)]
    assert codes == [1, 1]
