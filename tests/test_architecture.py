"""One direction of dependencies, one importer of each library, no sockets, no code from data."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .conftest import ROOT

SRC = ROOT / "src" / "licgraph"
READERS = {f"inputs.{p.stem}" for p in (SRC / "inputs").glob("*.py")} - {f"inputs.{n}" for n in ("__init__", "loose", "identity", "draft", "stackfile", "assemble", "writer", "again", "edit", "folder", "hub", "discover")}
OPENNESS = {f"openness.{p.stem}" for p in (SRC / "openness").glob("*.py")}
CHECKS = {f"reports.checks.{p.stem}" for p in (SRC / "reports" / "checks").glob("*.py")} - {"reports.checks.__init__"}
PLAIN = {"cli_help", "cli_examples", "cli_complete"}
COMMANDS = {p.stem for p in SRC.glob("cli_*.py")} - {"cli_licenses", *PLAIN}
EXPORTS = {f"exports.{p.stem}" for p in (SRC / "exports").glob("*.py")} - {"exports.__init__"}
LAYERS = [
    {"errors", "progress", "__init__"},
    {"yamlfile"},
    {"shapes", "texts", "fingerprints"},
    {"license"},
    {"index"},
    {"knowledge", "names"},
    {"expression", "upkeep", "findings", "defaults"},
    {"stack"},
    {"graph"},
    {"solver.formula", "solver.__init__"},
    {"solver.carry"},
    {"solver.reach"},
    {"solver.items"},
    {"solver.decide"},
    {"verdict"},
    {"gate", "outcome"},
    {"answer"},
    {"explain", "changes", "plain", "rows", "failing", "baseline"},
    {"codes"},
    {"policy", "audience", "repair", "slices", "matrix", "assumptions"},
    {"shift"},
    {"difference", "lock"},
    OPENNESS,
    {"inputs.loose", "inputs.identity"},
    {"inputs.draft", "inputs.stackfile"},
    {"inputs.assemble", "inputs.again", "inputs.edit", "policyfile"},
    {"inputs.writer"},
    READERS,
    {"inputs.folder", "inputs.hub"},
    {"inputs.__init__", "inputs.discover"},
    {"asking"},
    {"exports.__init__"},
    EXPORTS,
    {"release_files", "doctor"},
    {"reports.__init__", "reports.json"},
    {"reports.text", "reports.license_page", "reports.comparison", "reports.repair", "reports.openness", "reports.difference", "reports.matrix", "reports.assumptions", "reports.doctor", "reports.several"},
    {"reports.outbound"},
    {"reports.page.model", "reports.page.drawing"},
    {"reports.page.__init__"},
    {"reports.checks.__init__"},
    CHECKS,
    {"api"},
    {"cli_examples"},
    {"cli_help"},
    {"cli_complete"},
    {"cli_licenses"},
    {"cli", *COMMANDS},
    {"__main__"},
]  # fmt: skip
LEVEL = {name: n for n, layer in enumerate(LAYERS) for name in layer}
ONLY_IN = {"yaml": {"yamlfile"}, "networkx": {"graph"}, "license_expression": {"expression"}, "click": {"cli", "cli_licenses", "cli_help", "cli_complete", *COMMANDS}, "pysat": {"repair"}, "spdx_tools": {"inputs.spdx_forms"}, "ruamel": {"inputs.again"}, "huggingface_hub": {"inputs.hub_client"}, "jinja2": {"reports.page.__init__"}, "markupsafe": {"reports.page.__init__"}, "socket": set[str](), "requests": set[str](), "urllib": {"reports.checks.sarif"}}
MODULES = sorted(SRC.rglob("*.py"))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts)


def _imports(path: Path, top_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return found


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_arrow_back(path: Path) -> None:
    name = _name(path)
    assert name in LEVEL, "put the new module on its layer"
    if name == "__init__":  # names the public surface for type checkers; test_api holds that it loads nothing
        return
    for imported in _imports(path):
        other = imported.removeprefix("licgraph.")
        if imported.startswith("licgraph.") and other in LEVEL:
            assert LEVEL[other] <= LEVEL[name], f"{name} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_libraries_stay_behind_one_module(path: Path) -> None:
    used = {i.partition(".")[0] for i in _imports(path)}
    for library, allowed in ONLY_IN.items():
        assert library not in used or _name(path) in allowed


def test_only_the_escapes_of_urllib_are_used() -> None:
    """`urllib.parse` opens nothing."""
    found = {i for path in MODULES for i in _imports(path) if i.startswith("urllib")}
    assert found <= {"urllib.parse", "urllib.parse.quote"}


def test_heavy_libraries_are_imported_where_used() -> None:
    for path in MODULES:
        top = {i.partition(".")[0] for i in _imports(path, top_only=True)}
        assert not top & {"networkx", "license_expression", "spdx_tools", "ruamel", "pysat", "jinja2", "markupsafe"}, path


def test_modules_stay_small() -> None:
    """A file over 400 lines wants a reason."""
    reasons = {"index": "shapes and checks of every file of one folder", "carry": "the fold and its strands", "items": "one function a check of the design", "answer": "the one entry and the rows it fills"}
    for path in MODULES:
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= 400 or path.stem in reasons, f"{path}: {lines}"
        assert lines <= 600, f"{path}: {lines}"


def test_no_paths_of_a_machine() -> None:
    import re
    import subprocess

    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    for name in tracked:
        path = ROOT / name
        if path.suffix in (".py", ".md", ".yaml", ".toml", ".json", ".tsv", ""):
            assert not re.search(r"/(?:work|farm|home|root)/[a-z]", path.read_text("utf-8", "replace")), name
