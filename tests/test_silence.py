"""Silence is a fault: what was not read, not known or not in order is said in every format, and nothing ends with 0 over it.

One table: each fault, in each format. A picture, a badge and an export have no place for it; there it stands beside them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import licgraph
from licgraph.cli import cli
from licgraph.cli_openness import FORMATS as OPENNESS
from licgraph.exports import formats as exports
from licgraph.inputs import hub
from licgraph.inputs.hub_client import Answer
from licgraph.reports import checks

from .conftest import ROOT

GOOD = "licgraph: 1\ncomponents:\n  a: {kind: weights, license: MIT}\n  b: {kind: weights, from: {finetune: a}}\nrelease: {component: b, license: MIT}\n"
CARD = "---\nlicense: mit\n---\n"
EVERYWHERE, CHECK = "every command", "check"


class Fault(NamedTuple):
    """``make``: puts it into a folder and says what is asked about; ``says``: the word by which it is known; ``where``: which commands can meet it."""

    make: Callable[[Path], list[str]]
    says: str
    where: str = EVERYWHERE


def _stack(text: str) -> Callable[[Path], list[str]]:
    def make(here: Path) -> list[str]:
        (here / "licgraph.yaml").write_text(text, "utf-8")
        return ["licgraph.yaml"]

    return make


def _folder(files: dict[str, str], link: str = "") -> Callable[[Path], list[str]]:
    def make(here: Path) -> list[str]:
        (here / "m").mkdir()
        for name, text in files.items():
            (here / "m" / name).write_text(text, "utf-8")
        if link:
            (here / "outside").write_text("All rights reserved.", "utf-8")
            (here / "m" / link).symlink_to("../outside")
        return ["m"]

    return make


def _knowledge(here: Path) -> list[str]:
    shutil.copytree(ROOT / "data", here / "k")
    (here / "k" / "licenses" / "MIT.yaml").write_text("id: MIT\nclauses: [\n", "utf-8")
    return [*_stack(GOOD)(here), "--knowledge", "k"]


def _defaults(text: str, stack: bool = True) -> Callable[[Path], list[str]]:
    def make(here: Path) -> list[str]:
        (here / ".licgraph.toml").write_text(text, "utf-8")
        return _stack(GOOD)(here) if stack else []

    return make


def _policy(here: Path) -> list[str]:
    (here / ".licgraph").mkdir()
    (here / ".licgraph" / "policy.yaml").write_text("policy: 1\nrulez: []\n", "utf-8")
    return _stack(GOOD)(here)


class Busy:
    """A Hub that knows one repository, and has no time for what it was made from."""

    token = ""
    left = 10.0

    def __init__(self, why: str) -> None:
        self.why = why

    def get(self, path: str, most: int) -> Answer:
        if path.startswith("/api/models/us/m"):
            return Answer(200, json.dumps({"id": "us/m", "sha": "0" * 40, "tags": [], "siblings": [{"rfilename": "README.md"}]}).encode())
        if path.startswith("/us/m/"):
            return Answer(200, b"---\nlicense: mit\nbase_model: odd-lab/base\n---\n")
        return Answer(0, problem=self.why)

    def pages(self, path: str, most: int) -> tuple[list[object], bool]:
        return [], False


def _hub(why: str) -> Callable[[Path], list[str]]:
    def make(here: Path) -> list[str]:
        patch = pytest.MonkeyPatch()
        patch.setenv("XDG_CACHE_HOME", str(here / "cache"))
        patch.setattr(hub, "hub", lambda: None)
        patch.setattr(hub, "is_offline", lambda: False)
        patch.setattr(hub, "endpoint", lambda: "http://127.0.0.1:1")
        patch.setattr(hub, "Client", lambda limits: Busy(why))
        _PATCHES.append(patch)
        return ["hf:us/m"]

    return make


_PATCHES: list[pytest.MonkeyPatch] = []

FAULTS = {
    "empty stack file": Fault(_stack(""), "empty"),
    "empty folder": Fault(_folder({}), "nothing in this folder"),
    "partly read": Fault(_stack(GOOD + "unread: [{source: oddsource, why: could not be opened, component: a}]\n"), "oddsource"),
    "unresolved licence": Fault(_stack(GOOD.replace("license: MIT}\n  b", "license: quuxterms}\n  b")), "quuxterms"),
    "no statement": Fault(_stack(GOOD.replace("license: MIT}\n  b", "license: NOASSERTION}\n  b")), "nothing is known"),
    "file that cannot be read": Fault(_folder({"README.md": CARD, "mergekit.yml": "merge_method: [slerp\nmodels: {"}), "mergekit.yml"),
    "file behind a link": Fault(_folder({"README.md": CARD}, link="LICENSE"), "LICENSE"),
    "source that timed out": Fault(_hub("an answer that takes too long"), "takes too long"),
    "source that refused": Fault(_hub("HTTP 403"), "HTTP 403"),
    "broken knowledge": Fault(_knowledge, "MIT.yaml"),
    "unknown key in the defaults": Fault(_defaults('profil = "conservative"\n'), "profil", CHECK),
    "unknown key in the policy": Fault(_policy, "rulez", CHECK),
    "stacks that match nothing": Fault(_defaults('stacks = ["nothere/x"]\n', stack=False), "nothere/x", CHECK),
}

FORMATS: dict[str, list[str]] = {
    **{f"check {f}": ["check", "-f", f] for f in ("text", "json", *checks.formats())},
    **{f"several {f}": ["check", "good", "--jobs", "1", "-f", f] for f in ("text", "json", *checks.formats())},
    **{f"outbound {f}": ["outbound", "-f", f] for f in ("text", "json")},
    **{f"matrix {f}": ["outbound", "--matrix", "-f", f] for f in ("text", "json", "markdown")},
    **{f"openness {f}": ["openness", "-f", f] for f in OPENNESS},
    "notice": ["notice", "--check", "release"],
    **{f"export {f}": ["export", "-f", f] for f in exports()},
    **{f"explain {f}": ["explain", "-f", f] for f in ("text", "json")},
}
BESIDE = ("check mermaid", "check dot", "several mermaid", "several dot", "openness svg", *(f for f in FORMATS if f.startswith("export")))
"""Documents that are no report: it has to stand on standard error."""
ON_ERROR = ("text", "svg", "mermaid", "dot")
"""Formats of which nothing is printed when nothing was decided: the fault stands on standard error."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of our own, with a release and a good stack beside what is asked about."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "release").mkdir()
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "licgraph.yaml").write_text(GOOD, "utf-8")
    yield tmp_path
    while _PATCHES:
        _PATCHES.pop().undo()


def run(words: list[str]) -> Result:
    result = CliRunner().invoke(cli, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(text: str, word: str) -> bool:
    """Whether a word is in a document, however its format escapes it."""
    plain = text.replace("\\", "").replace("&#x2F;", "/").replace("%3A", ":")
    return word in text or word in plain or word in " ".join(plain.split())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", FAULTS)
def test_it_is_said_and_never_a_pass(name: str, form: str, here: Path) -> None:
    fault = FAULTS[name]
    command, *rest = FORMATS[form]
    if fault.where == CHECK and command != "check":
        pytest.skip("this command reads neither defaults nor house rules")
    asked = fault.make(here)
    if form.startswith("several") and not asked:
        pytest.skip("no stack is named")
    result = run([command, *asked, *rest])
    assert result.exit_code in (1, 2, 3), result.output
    beside = form in BESIDE or (result.exit_code == 2 and (not result.stdout or form.rpartition(" ")[2] in ON_ERROR))
    assert told(result.stderr if beside else result.stdout, fault.says), (result.stdout, result.stderr)


@pytest.mark.parametrize("form", ["text", "json", *checks.formats()])
@pytest.mark.parametrize("name", [n for n, f in FAULTS.items() if n not in ("empty stack file", "broken knowledge")])
def test_a_report_in_a_file_says_it_too(name: str, form: str, here: Path) -> None:
    """The file of an earlier run is never taken for this one's."""
    (here / "report").write_text("all is well, from an earlier run", "utf-8")
    asked = FAULTS[name].make(here)
    result = run(["check", *asked, "--output", f"{form}=report"])
    assert result.exit_code in (2, 3)
    text = (here / "report").read_text("utf-8")
    assert "all is well" not in text
    assert told(text, FAULTS[name].says) or form in checks.PICTURES
    if form == "junit":
        suites = ElementTree.fromstring(text)
        assert int(suites.attrib["failures"]) + int(suites.attrib["errors"]) > 0


@pytest.mark.parametrize("name", [n for n, f in FAULTS.items() if f.where == EVERYWHERE])
def test_the_library_says_it(name: str, here: Path) -> None:
    asked = FAULTS[name].make(here)
    problem = ""
    try:
        found = licgraph.assess(asked[0], knowledge=here / "k" if "--knowledge" in asked else None)
    except licgraph.LicgraphError as refused:
        problem = str(refused)
    if problem:
        assert told(problem, FAULTS[name].says)
        return
    assert found.answer not in ("yes", "conditional")
    assert found.gate != "pass"
    for text in (str(found), found._repr_html_(), found.explain(), json.dumps(found.to_json())):
        assert told(text, FAULTS[name].says)


KNOWN = ("unresolved licence", "no statement")
"""Terms that are not known are a state of the stack, which a baseline may hold for its ninety days. What was not read is none."""


@pytest.mark.parametrize("name", [n for n in FAULTS if n not in KNOWN])
def test_no_baseline_covers_it(name: str, here: Path) -> None:
    asked = FAULTS[name].make(here)
    if asked and asked[0].startswith("hf:"):
        pytest.skip("a baseline speaks of stacks by their path")
    for _ in range(2):
        assert run(["check", *asked, "--write-baseline", "b.json"]).exit_code in (2, 3)
    if (here / "b.json").exists():
        assert run(["check", *asked, "--baseline", "b.json"]).exit_code in (2, 3)
