"""What licgraph is made from and made into: locks, its own stack, the audit; and its answers, which move only where the changelog says so."""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

from licgraph import knowledge as base
from licgraph.answer import assess
from licgraph.inputs.stackfile import from_file, from_text
from licgraph.knowledge import Knowledge

from .conftest import AS_OF, ROOT, script
from .test_lock import copied

__all__ = ["copied"]

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LOCKS = {"dev": ["dev", "data"], "browser": ["browser"], "audit": ["audit"]}
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
ENTRY = re.compile(r"(?m)^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)(?: ; (.*?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")


# ------------------------------------------------------------------ locked dependencies


def requirements(name: str) -> list[Requirement]:
    lines = (ROOT / "tools" / f"requirements-{name}.txt").read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def holds(marker: Marker | None, python: str) -> bool:
    return marker is None or marker.evaluate({"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "platform_python_implementation": "CPython", "extra": ""})


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_versions_and_hashes_and_nothing_else(name: str) -> None:
    """No index, no folder, no package without a hash: what is left when the entries are taken out is nothing."""
    text = (ROOT / "tools" / f"requirements-{name}.lock").read_text("utf-8")
    assert len(ENTRY.findall(text)) >= 2
    assert ENTRY.sub("", text) == ""


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_one_version_of_all_that_is_asked_for(name: str, python: str) -> None:
    locked: dict[str, Version] = {}
    for package, version, marker, _ in ENTRY.findall((ROOT / "tools" / f"requirements-{name}.lock").read_text("utf-8")):
        if holds(Marker(marker) if marker else None, python):
            assert package not in locked, f"two versions of {package} for Python {python}"
            locked[package] = Version(version)
    asked = [r for part in LOCKS[name] for r in requirements(part)]
    if name == "dev":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        asked += [Requirement(r) for r in [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["hub"], *project["build-system"]["requires"]]]
    for requirement in asked:
        if holds(requirement.marker, python):
            found = locked.get(re.sub(r"[-_.]+", "-", requirement.name).lower())
            assert found is not None, f"{requirement} is not locked for Python {python}: run tools/lock.sh"
            assert requirement.specifier.contains(found, prereleases=True), f"{requirement} is locked as {found}: run tools/lock.sh"


# ------------------------------------------------------------------ the audit


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}], 0, "1 of 2 locked packages were looked up (pypi): 0 known"),
        ([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}], 1, "a 1: CVE-1 (fixed in 1.1)"),
        ([{"name": "b", "skip_reason": "not found"}], 3, ""),
        ([], 3, ""),
        (None, 3, ""),
    ],
)
def test_an_audit_that_looked_at_nothing_is_no_clean_audit(found: object, code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    if found is not None:
        (tmp_path / "found.json").write_text(json.dumps({"dependencies": found}), "utf-8")
    assert script("tools/audit_said.py").main(tmp_path / "found.json", "pypi") == code
    out = capsys.readouterr().out
    assert said in out
    assert bool(out) is (code != 3)


# ------------------------------------------------------------------ licgraph's own stack

OWN = ROOT / "release" / "licgraph.yaml"


@pytest.mark.parametrize("profile", ["conservative", "mainstream", "permissive"])
def test_licgraph_may_be_released_as_it_says(profile: str, knowledge: Knowledge) -> None:
    stack = from_file(OWN, "licgraph.yaml", knowledge)
    assert stack.release.license is not None
    assert assess(stack, knowledge, profile, as_of=AS_OF).answer == "yes"


def test_a_dependency_under_other_terms_blocks(knowledge: Knowledge) -> None:
    """An import is a link: terms that reach what is linked would reach the wheel."""
    text = OWN.read_text("utf-8")
    changed = text.replace("click: {kind: code, license: BSD-3-Clause", "click: {kind: code, license: GPL-3.0-only")
    assert changed != text
    assert assess(from_text(changed, "licgraph.yaml", knowledge), knowledge, as_of=AS_OF).answer == "no"


def test_every_direct_dependency_and_every_vendored_file_stands_in_it() -> None:
    data = yaml.safe_load(OWN.read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = {re.sub(r"[-_.]+", "-", Requirement(r).name).lower() for r in [*project["dependencies"], *project["optional-dependencies"]["hub"]]}
    steps = data["components"]["licgraph"]["from"]
    assert direct <= set(steps["links-dynamic"])
    assert {p.name.partition(".")[0] for p in (ROOT / "src/licgraph/reports/page/vendor").glob("*.js")} == set(steps["contains"])
    assert {*steps["links-dynamic"], *steps["contains"], "licgraph"} == set(data["components"])
    assert data["release"]["license"] == project["license"]


class Distribution:
    """What the tool asks of an installed package."""

    def __init__(self, folder: Path, head: str, license_text: str = "") -> None:
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: other\nVersion: 1\n{head}\n", "utf-8")
        (folder / "LICENSE").write_text(license_text, "utf-8")
        self._of = metadata.PathDistribution(folder)
        self.metadata = self._of.metadata
        self.files = [File(folder / "LICENSE")] if license_text else []


class File:
    """A file of an installed package."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name

    def locate(self) -> Path:
        return self.path


@pytest.mark.parametrize(
    ("head", "text", "found"),
    [
        ("License-Expression: MIT OR Apache-2.0", "", "MIT OR Apache-2.0"),
        ("License: Apache 2.0", "", "Apache-2.0"),
        ("Classifier: License :: OSI Approved :: MIT License", "", "MIT"),
        ("Classifier: License :: OSI Approved :: BSD License", "", None),
        ("Classifier: License :: OSI Approved :: BSD License", "apache", "Apache-2.0"),
        ("License: my own words", "", None),
        ("Summary: says nothing", "", None),
    ],
)
def test_the_licence_of_a_package_is_read_and_never_guessed(head: str, text: str, found: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knowledge: Knowledge) -> None:
    own = script("tools/own_stack.py")
    package = Distribution(tmp_path, head, (ROOT / "LICENSE").read_text("utf-8") if text else "")
    monkeypatch.setattr(own.metadata, "distribution", lambda _: package)
    said = own.licence("other", knowledge)
    assert (said[0] if said else None) == found


def test_a_new_dependency_and_another_licence_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    own = script("tools/own_stack.py")
    components = {k: v for k, v in yaml.safe_load(OWN.read_text("utf-8"))["components"].items() if k not in ("licgraph", "cytoscape", "dagre")}
    monkeypatch.setattr(own, "closure", lambda: {name: {"licgraph"} for name in (*components, "newcomer")})
    monkeypatch.setattr(own, "licence", lambda name, _: {"newcomer": ("GPL-3.0-only", "metadata"), "click": ("MIT", "metadata")}.get(name) or (components[name]["license"], "metadata"))
    assert own.main(["--check"]) == 1
    told = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert told == ["click", "licgraph", "newcomer"]
    monkeypatch.setattr(own, "closure", lambda: {name: {"licgraph"} for name in components})
    monkeypatch.setattr(own, "licence", lambda name, _: (components[name]["license"], "metadata"))
    assert own.main(["--check"]) == 0


# ------------------------------------------------------------------ answers move only where the changelog says so


def test_what_moved_since_the_release_is_recorded_and_named(monkeypatch: pytest.MonkeyPatch, knowledge: Knowledge) -> None:
    """A stack that is not recorded yet is new and did not move; the next renewal records it."""
    reference = script("tools/reference.py")
    kept = reference.read()
    recorded = {**kept["released"], **kept["now"]}
    assert len(recorded) > 400
    now, licences = reference.answers(reference.estate(), knowledge)
    assert {n: r for n, r in now.items() if recorded.get(n, r) != r} == {}, "an answer moved: name it under Knowledge in CHANGELOG.md and run tools/reference.py"
    assert reference.unnamed(kept, now, licences, reference.newest_knowledge((ROOT / "CHANGELOG.md").read_text("utf-8"))) == []


NC = "cases/nc-trained-in-a-company"
WRITTEN = "# Changelog\n\n## 0.2.0\n- one\n\n### Knowledge\n{}\n\n## 0.1.0\n\n### Knowledge\n- nc-trained-in-a-company, CC-BY-NC-4.0\n"


@pytest.fixture
def moving(tmp_path: Path, copied: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool on a record of two stacks, and a knowledge base in which a clause of CC-BY-NC-4.0 was changed since."""
    reference = script("tools/reference.py")
    few = [e for e in reference.estate() if e.name in (NC, "examples/alpaca.yaml")]
    assert len(few) == 2
    monkeypatch.setattr(reference, "estate", lambda: iter(few))
    for name in ("FILE", "CHANGELOG"):
        monkeypatch.setattr(reference, name, tmp_path / name)
    monkeypatch.setattr(reference, "read", lambda: json.loads((tmp_path / "FILE").read_text("utf-8")) if (tmp_path / "FILE").is_file() else {"released": {}, "now": {}})
    reference.CHANGELOG.write_text(WRITTEN.format("- nothing"), "utf-8")
    assert reference.main(["--release"]) == 0
    changed = base.load(copied)
    monkeypatch.setattr(reference.base, "load", lambda: changed)
    return reference


def test_a_changed_clause_fails_until_the_changelog_names_it(moving: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    before = moving.FILE.read_text("utf-8")
    assert moving.main([]) == 1  # the older version's section, which names both, does not count
    assert capsys.readouterr().err.splitlines()[1:] == [f"{NC}: {json.loads(before)['released'][NC]} -> {moving.answers(moving.estate(), moving.base.load())[0][NC]}"]
    assert moving.FILE.read_text("utf-8") == before
    for line in ("- `nc-trained-in-a-company-too` moved", "- CC-BY-NC-4.0-igo was read", "- CC-BY-NC was read anew", "- alpaca moved"):
        moving.CHANGELOG.write_text(WRITTEN.format(line), "utf-8")
        assert moving.main([]) == 1, line


@pytest.mark.parametrize("line", ["- `nc-trained-in-a-company` moved", "- cases/nc-trained-in-a-company: now yes", "- CC-BY-NC-4.0 read anew", "- one clause (CC-BY-NC-4.0/noncommercial)."])
def test_a_move_that_is_named_is_recorded(line: str, moving: ModuleType) -> None:
    moving.CHANGELOG.write_text(WRITTEN.format(line), "utf-8")
    released = moving.read()["released"]
    assert moving.main([]) == 0
    kept = moving.read()
    assert (kept["released"], set(kept["now"])) == (released, {NC})
    moving.CHANGELOG.write_text(WRITTEN.format("- nothing"), "utf-8")
    assert moving.main([]) == 1, "it stays named until the next release"
    moving.CHANGELOG.write_text(WRITTEN.format(line), "utf-8")
    assert moving.main(["--release"]) == 0
    assert moving.read() == {"released": {**released, **kept["now"]}, "now": {}}


def test_new_and_removed_stacks_did_not_move(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = script("tools/reference.py")
    kept = {"released": {"cases/a": "yes", "cases/gone": "no"}, "now": {"cases/b": "no"}}
    now = {"cases/a": "yes", "cases/b": "yes", "cases/c": "no"}
    assert reference.unnamed(kept, now, {}, "") == []
    assert reference.renewed(kept, now, release=False) == {"released": {"cases/a": "yes"}, "now": {"cases/b": "yes", "cases/c": "no"}}


# ------------------------------------------------------------------ pages


def test_the_threat_model_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "explanation" / "threat-model.md").read_text("utf-8")
    named = set(re.findall(r"`(tests/\w+\.py)::(\w+)`", text))
    assert len(named) > 20
    for file, test in named:
        assert re.search(rf"(?m)^def {test}\(", (ROOT / file).read_text("utf-8")), f"{file}::{test}"


def test_the_page_of_trust_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (ROOT / "docs" / "trust.md").read_text("utf-8") == script("tools/trust.py").page(), "run tools/trust.py"


def test_the_page_of_trust_tells_what_was_measured_and_what_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trust = script("tools/trust.py")
    assert {(line.many, line.outcome) for line in trust.records(tmp_path)} == {("not measured", "not measured")}
    told = {"command": "run it", "date": "2026-11-28"}
    solver = {"command": "run it", "modules": {"a": {"date": "2026-11-27", "made": 9, "survived": 2, "explained": 1}, "b": {"date": "2026-11-28", "made": 1, "survived": 0, "explained": 0}}}
    written = {
        "mutants": {"mutants": solver, "knowledge": {**told, "made": 2000, "seen": 1990, "explained": 10}},
        "fuzz": {**told, "executions": 1234567, "crashes": 3, "targets": {"yaml": {}, "card": {}}},
        "hostile": {**told, "files": {"a": {}}, "most": {"mb": 90, "seconds": 2.5}, "limits": {"mb": 500, "seconds": 10}},
        "coverage": {**told, "lines": 97.5},
    }
    for name, record in written.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(record), "utf-8")
    lines = list(trust.records(tmp_path))
    assert [(line.many, line.outcome) for line in lines] == [
        ("10 changes", "8 noticed (80.0 %); 2 not, of which 1 are explained"),
        ("2,000 changes", "1,990 noticed (99.5 %); 10 not, of which 10 are explained"),
        ("1,234,567 inputs, 2 targets", "3 crashes, hangs or too much memory"),
        ("1 files", "at most 2.5 s and 90 MB each (bounds: 10 s, 500 MB)"),
        ("the whole source", "lines 97.5"),
    ]
    assert {line.repeat for line in lines} == {"`run it` (2026-11-28)"}
