"""The pages: what is generated is up to date, what is shown was run, and the site builds without a dead link or outside resource."""

from __future__ import annotations

import html
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from licgraph.knowledge import Knowledge

from .conftest import ROOT, script

MAN = ROOT / "docs" / "man" / "licgraph.1"


def test_the_manual_page_is_up_to_date() -> None:
    """In a process of its own: a command remembers the help option of whoever asked it first."""
    done = subprocess.run([sys.executable, "-c", "import man; print(man.page(), end='')"], cwd=ROOT / "tools", capture_output=True, text=True, check=True, encoding="utf-8")
    assert MAN.read_text("utf-8") == done.stdout, "run tools/man.py"


@pytest.mark.parametrize("command", [["mandoc", "-Tlint", "-Wwarning"], ["groff", "-man", "-ww", "-Tutf8"], ["man", "-l"]], ids=lambda c: c[0])
def test_readers_of_manual_pages_find_no_fault(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: the manual page is not read by it")
    done = subprocess.run([*command, str(MAN)], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
    assert (done.returncode, done.stderr) == (0, "")
    if command[0] == "mandoc":
        assert done.stdout == ""


def _pages() -> list[str]:
    return ["docs/policy.md", "docs/tutorial.md", *sorted(f"docs/how-to/{p.name}" for p in (ROOT / "docs" / "how-to").glob("*.md"))]


@pytest.mark.parametrize("name", _pages())
def test_transcripts_are_what_is_printed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert script("tools/transcripts.py").rewritten(text) == text, "run tools/transcripts.py"


def test_every_page_with_a_transcript_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with_one = {str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md") if "```console" in p.read_text("utf-8")}
    assert with_one <= set(script("tools/transcripts.py").PAGES)


def test_the_first_answer_takes_three_commands() -> None:
    block = re.search(r"## Install\n\n```sh\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text("utf-8"), re.DOTALL)
    assert block is not None
    assert len(block.group(1).splitlines()) == 3


def test_pictures_show_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = script("tools/pictures.py")
    for name, text in pictures.sources().items():
        assert (pictures.FOLDER / f"{name}.dot").read_text("utf-8") == text, "run tools/pictures.py"
        drawn = html.unescape((pictures.FOLDER / f"{name}.svg").read_text("utf-8"))
        assert all(label.split("\\n")[0] in drawn for label in re.findall(r'label="([^"]+)"', text)), "run tools/pictures.py where Graphviz is installed"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed: the site is not built")
    target: Path = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(target)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_each_licence_and_each_open_question_has_a_page(site: Path, knowledge: Knowledge) -> None:
    for license_id in (*knowledge.license_ids, *knowledge.exception_ids):
        assert (site / "reference" / "licences" / f"{license_id}.html").is_file(), license_id
    for name in knowledge.assumptions:
        assert (site / "reference" / "assumptions" / f"{name}.html").is_file(), name
    clauses = {c["id"] for c in knowledge.raw("GPL-3.0-only")["clauses"]}
    assert clauses <= set(re.findall(r'<h2 id="([^"]+)"', (site / "reference" / "licences" / "GPL-3.0-only.html").read_text("utf-8")))


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in [site / "index.html", site / "tutorial.html", site / "explanation" / "carrying.html", *list((site / "reference").rglob("*.html"))[:40]]:
        found = re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?((?:https?:)?//[^\"' >]+)", page.read_text("utf-8"))
        assert found == [], page


def test_links_to_files_of_the_repository_lead_to_copies(site: Path) -> None:
    targets = re.findall(r'href="([^"#]*repository/[^"#]+)"', "".join((site / p).read_text("utf-8") for p in ("ci.html",)))
    assert targets
    assert all((site / t).is_file() for t in targets)
