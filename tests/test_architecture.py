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
    {"light", "errors", "progress", "__init__"},
    {"yamlfile"},
    {"shapes", "texts", "fingerprints"},
    {"license"},
    {"index"},
    {"sources"},
    {"knowledge", "names"},
    {"expression", "upkeep", "findings", "defaults"},
    {"stack"},
    {"graph"},
    {"solver.formula", "solver.memo", "solver.__init__"},
    {"solver.carry"},
    {"solver.reach"},
    {"solver.item"},
    {"solver.offered"},
    {"solver.items"},
    {"solver.table"},
    {"solver.decide"},
    {"verdict"},
    {"gate", "outcome", "noticed"},
    {"trials"},
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
    {"asking", "find"},
    {"audit.__init__", "audit.classes", "audit.reading"},
    {"audit.engine", "audit.state", "audit.workers"},
    {"audit.spark"},
    {"audit.program", "audit.inventory"},
    {"audit.downstream", "audit.figures"},
    {"audit.standing"},
    {"exports.__init__"},
    EXPORTS,
    {"release_files", "doctor"},
    {"reports.__init__", "reports.json"},
    {"reports.text", "reports.license_page", "reports.comparison", "reports.repair", "reports.openness", "reports.difference", "reports.matrix", "reports.assumptions", "reports.doctor", "reports.several", "reports.audit", "reports.find", "reports.plots"},
    {"reports.outbound"},
    {"reports.page.model", "reports.page.drawing"},
    {"reports.page.__init__"},
    {"reports.page.audit"},
    {"reports.checks.__init__"},
    CHECKS,
    {"api"},
    {"batch"},
    {"cli_examples"},
    {"cli_help"},
    {"cli_complete"},
    {"cli_licenses"},
    {"cli", *COMMANDS},
    {"__main__"},
]  # fmt: skip
LEVEL = {name: n for n, layer in enumerate(LAYERS) for name in layer}
ONLY_IN = {"yaml": {"yamlfile"}, "networkx": {"graph"}, "license_expression": {"expression"}, "click": {"cli", "cli_licenses", "cli_help", "cli_complete", *COMMANDS}, "pysat": {"repair"}, "spdx_tools": {"inputs.spdx_forms"}, "ruamel": {"inputs.again"}, "huggingface_hub": {"inputs.hub_client"}, "duckdb": {"audit.engine"}, "pyspark": {"audit.spark"}, "jinja2": {"reports.page.__init__"}, "matplotlib": {"reports.plots"}, "markupsafe": {"reports.page.__init__"}, "socket": set[str](), "requests": set[str](), "urllib": {"reports.checks.sarif"}}
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
        assert not top & {"networkx", "license_expression", "spdx_tools", "ruamel", "pysat", "duckdb", "jinja2", "markupsafe", "matplotlib"}, path


def test_modules_stay_small() -> None:
    """A file over 400 lines wants a reason."""
    reasons = {"carry": "the fold and its strands", "items": "one function a check of the design"}
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


RUNS_CODE = {"eval", "exec", "compile", "__import__", "breakpoint"}
CODE_MODULES = {"pickle", "copyreg", "marshal", "shelve", "dill", "cloudpickle", "joblib", "torch", "ctypes", "cffi", "runpy", "code", "subprocess", "pty", "multiprocessing", "concurrent", "importlib", "imp", "zipimport"}
OS_RUNS = ("system", "popen", "exec", "spawn", "fork", "posix_spawn", "startfile")
YAML_LOADS = {"load", "load_all", "unsafe_load", "unsafe_load_all", "full_load", "full_load_all", "Loader", "UnsafeLoader", "FullLoader", "CLoader", "CUnsafeLoader", "CFullLoader"}
CODE_ALLOWED = {
    ("__init__", "importlib"): "two modules of ours, named in the source",
    ("__init__", "import_module"): "the same",
    ("cli", "importlib"): "modules of commands, from a table in the source",
    ("cli", "import_module"): "the same",
    ("exports.__init__", "importlib"): "the files of its own folder",
    ("exports.__init__", "import_module"): "the same",
    ("inputs.__init__", "importlib"): "the files of its own folder",
    ("inputs.__init__", "import_module"): "the same",
    ("reports.checks.__init__", "importlib"): "the files of its own folder, by a name that the command line takes from a list",
    ("reports.checks.__init__", "import_module"): "the same",
    ("exports.spdx_common", "importlib"): "importlib.metadata: the version of a library",
    ("doctor", "importlib"): "importlib.metadata: versions of what is installed",
    ("cli_check", "multiprocessing"): "several stacks at once, in processes of our own; nothing of it is read from a file",
    ("cli_check", "concurrent"): "the same",
    ("cli_batch", "multiprocessing"): "chunks of questions in processes of our own; nothing of it is read from a file",
    ("cli_batch", "concurrent"): "the same",
    ("audit.workers", "multiprocessing"): "sorts solved in processes of our own; nothing of it is read from a file",
    ("cli_check", "copyreg"): "the same: how a read-only map goes from one of these processes to another",
}
"""Every use in src of what could run code, with its reason."""


def _runs_code(source: str) -> set[str]:
    """What of a module could run code or load objects that data names."""
    found: set[str] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found |= {n.partition(".")[0] for n in named} & CODE_MODULES
            if isinstance(node, ast.ImportFrom) and node.module in ("os", "yaml", "builtins", "numpy"):
                found |= {f"{node.module}.{a.name}" for a in node.names if a.name.startswith(OS_RUNS) or a.name in YAML_LOADS | RUNS_CODE}
        elif isinstance(node, ast.Name) and node.id in RUNS_CODE | {"import_module"}:
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in ("import_module", "__globals__", "__subclasses__", "__builtins__"):
                found.add(node.attr)
            elif (owner == "os" and node.attr.startswith(OS_RUNS)) or (owner == "builtins" and node.attr in RUNS_CODE):
                found.add(f"{owner}.{node.attr}")
            elif owner == "yaml" and node.attr in YAML_LOADS and "yaml" in {a.name for i in ast.walk(tree) if isinstance(i, ast.Import) for a in i.names}:
                found.add(f"yaml.{node.attr}")  # ruamel's round-trip loader is a variable of that name, not the module
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            kinds = [k.value.value if isinstance(k.value, ast.Constant) else "?" for k in node.keywords if k.arg == "typ"]
            if name == "YAML" and any(k not in ("rt", "safe") for k in kinds):
                found.add(f"YAML(typ={kinds[0]})")
            if any(k.arg == "shell" for k in node.keywords):
                found.add("shell=")
    return found


def test_nothing_that_is_read_can_run_code() -> None:
    """Each use of what could is listed with its reason; a reason for a use that is gone is out of place."""
    used = {(_name(path), use) for path in MODULES for use in _runs_code(path.read_text("utf-8"))}
    assert used == set(CODE_ALLOWED)


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("eval(text)", "eval"), ("run = exec", "exec"), ("import builtins; builtins.eval(x)", "builtins.eval"), ("from builtins import exec as e", "builtins.exec"), ("import pickle", "pickle"), ("from pickle import loads", "pickle"), ("import torch.serialization", "torch"),
        ("import os; os.system(x)", "os.system"), ("from os import execvp", "os.execvp"), ("def f():\n    import subprocess", "subprocess"), ("import yaml; yaml.load(x)", "yaml.load"), ("from yaml import UnsafeLoader", "yaml.UnsafeLoader"), ("import yaml; yaml.parse(x, Loader=yaml.Loader)", "yaml.Loader"),
        ("from ruamel.yaml import YAML; YAML(typ='unsafe')", "YAML(typ=unsafe)"), ("from ruamel.yaml import YAML; YAML(typ=kind)", "YAML(typ=?)"), ("import importlib as i; i.import_module(x)", "import_module"), ("run(x, shell=True)", "shell="), ("().__class__.__subclasses__()", "__subclasses__"),
    ],
)  # fmt: skip
def test_what_could_run_code_is_seen(source: str, seen: str) -> None:
    assert seen in _runs_code(source)
