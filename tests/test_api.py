"""The library: its public surface, the same answers as the command line, faults in its own words."""

from __future__ import annotations

import inspect
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import licgraph
from licgraph.cli import cli

from . import stacks
from .conftest import AS_OF, ROOT

R1 = ROOT / "examples" / "r1-distill-llama-70b.yaml"
PUBLIC = {
    "Assessment": {"answer", "assume", "blockers", "duties", "explain", "gate", "knowledge", "openness", "repairs", "report", "stack", "to_json", "verdict"},
    "Fault": {"cure", "file", "key", "line", "what"},
    "KnowledgeError": set[str](),
    "LicgraphError": set[str](),
    "StackError": set[str](),
    "__version__": set[str](),
    "assess": set[str](),
}
"""What a program may rely on; a name goes only with a new major version."""


def test_the_public_surface_is_the_one_that_is_listed() -> None:
    assert set(licgraph.__all__) == set(PUBLIC)
    assert dir(licgraph) == sorted(PUBLIC)
    for name, members in PUBLIC.items():
        found = getattr(licgraph, name)
        assert members <= set(dir(found)) | set(getattr(found, "__dataclass_fields__", ())), name
        if name != "__version__":
            assert inspect.getdoc(found), name
    public = {n for n in (*dir(licgraph.Assessment), *licgraph.Assessment.__dataclass_fields__) if not n.startswith("_")}
    assert public == PUBLIC["Assessment"]
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = licgraph.nothing_such


def test_it_stays_the_function_whatever_is_imported() -> None:
    """A module of the same name would take its place."""
    code = "import licgraph, pkgutil, importlib; [importlib.import_module(m.name) for m in pkgutil.walk_packages(licgraph.__path__, 'licgraph.') if '__main__' not in m.name and 'hub_client' not in m.name]; assert callable(licgraph.assess)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, licgraph; loaded = [m for m in sys.modules if m.startswith('licgraph.')]; assert not loaded, loaded"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_library_and_the_command_answer_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    name = str(path.relative_to(ROOT))
    done = CliRunner().invoke(cli, ["check", name, "-f", "json", "--as-of", AS_OF, "--as", "MIT", "--use", "commercial", "--fact", "domicile=EU", "--assume", "label-authority=declared-tag"])
    found = licgraph.assess(name, license="MIT", use="commercial", facts={"domicile": "EU"}, assume={"label-authority": "declared-tag"}, as_of=AS_OF)
    assert found.report("json") == done.stdout
    assert found.to_json() == json.loads(done.stdout)
    assert {"pass": 0, "fail": 1, "open": 3}[found.gate] == done.exit_code


def test_a_stack_may_be_data_a_path_or_a_stack() -> None:
    data = yaml.safe_load(R1.read_text("utf-8"))
    first = licgraph.assess(data, as_of=AS_OF)
    assert first.answer == licgraph.assess(R1, as_of=AS_OF).answer == licgraph.assess(first.stack, as_of=AS_OF).answer == "no"
    assert len(first.blockers) == 3
    assert "Built with Llama" in {d.value for d in first.duties}
    assert first.verdict.inputs[0][0] == "the stack given"


def test_what_is_asked_again_is_answered_at_once_and_nothing_else_is() -> None:
    """Data that are the same, however they were made; not another question, another day or another stack."""
    data = yaml.safe_load(R1.read_text("utf-8"))
    first = licgraph.assess(data, as_of=AS_OF)
    assert licgraph.assess(json.loads(json.dumps(data, default=str)), as_of=AS_OF) is first
    for other in ({"license": "MIT"}, {"profile": "conservative"}, {"facts": {"domicile": "EEA"}}, {"assume": {"nc-scope": "broad"}}, {"as_of": "2026-11-23"}, {"use": "non-commercial"}, {"purpose": "commercial"}):
        assert licgraph.assess(data, **{"as_of": AS_OF, **other}) is not first  # type: ignore[arg-type]
    data["release"]["license"] = "OWN-TERMS"
    changed = licgraph.assess(data, as_of=AS_OF)
    assert (changed.verdict.proposed, first.verdict.proposed) == ("OWN-TERMS", "MIT")



def test_facts_are_given_as_they_are() -> None:
    stack = {"licgraph": 1, "components": {"b": {"kind": "weights", "license": "LicenseRef-Llama-3.1-Community"}, "m": {"kind": "weights", "name": "Llama-x", "from": {"finetune": "b"}}}, "release": {"component": "m", "license": "LicenseRef-Llama-3.1-Community"}}
    few, many = ({"LicenseRef-Llama-3.1-Community": n} for n in (1000, 800_000_001))
    assert licgraph.assess(stack, facts={"mau-at-release-date": few}, as_of=AS_OF).answer == "yes"
    assert licgraph.assess(stack, facts={"mau-at-release-date": many}, as_of=AS_OF).answer == "no"
    assert licgraph.assess(stack, facts={"mau-at-release-date": 800_000_001}, as_of=AS_OF).answer == "no"
    assert licgraph.assess(stack, facts={"end-users-in": ["EU", "US"], "multimodal": True}, as_of=AS_OF).stack.facts["end-users-in"] == ("EU", "US")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"component": "nobody"}, "component: nobody: there is no component `nobody`"), ({"license": "MIT AND ("}, "license: "), ({"facts": {"domicil": "EU"}}, "facts: domicil: the fact `domicil` is not known (did you mean `domicile`?)"),
        ({"facts": {"annual-revenue-usd": "much"}}, "facts: annual-revenue-usd: `much` is not a number"), ({"facts": {"annual-revenue-usd": True}}, "facts: annual-revenue-usd: True is no value"), ({"facts": {"multimodal": 1}}, "facts: multimodal: 1 is no value"),
        ({"form": "wieghts"}, "form: wieghts: there is no such value"), ({"profile": "lax"}, "profile: lax: there is no such profile"), ({"assume": {"x": "y"}}, "assume: x: "), ({"as_of": "today"}, "as_of: "), ({"use": "any", "to": "all", "purpose": "fun"}, "purpose: fun"),
    ],
)  # fmt: skip
def test_faults_are_in_the_words_of_the_call(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(licgraph.StackError) as caught:
        licgraph.assess(R1, **arguments)
    assert says in str(caught.value)
    assert "--" not in str(caught.value).partition(". ")[0]
    assert all(f.cure for f in caught.value.faults)


@pytest.mark.parametrize("stack", ["", "-", "nothing/there.yaml", {}, {"licgraph": 1, "components": {"a": {"kind": Path("x")}}}, {"licgraph": 1, "components": {}}])
def test_no_stack_is_no_answer(stack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(licgraph.StackError):
        licgraph.assess(stack)


def test_reports_explanations_repairs_and_openness() -> None:
    found = licgraph.assess(R1, as_of=AS_OF)
    assert found.report().startswith("BLOCKED  Reasoner-70B as MIT")
    assert str(found) == found.report("text")
    assert 'class="signature"' in found.report("html")
    assert json.loads(found.report("sarif"))["version"] == "2.1.0"
    assert "begin" in found.explain("2")
    assert found.explain().count("\n") > 20
    assert found.repairs(2)[0].answer == "yes"
    assert found.openness().reading("mof").grade == "none"
    for wrong in (lambda: found.report("pdf"), lambda: found.explain("nothing")):
        with pytest.raises(licgraph.StackError):
            wrong()
    assert repr(found) == f"<Assessment of 'Reasoner-70B' as MIT: no (mainstream), 3 against it, {len(found.duties)} duties>"


def test_a_notebook_shows_names_as_text() -> None:
    found = licgraph.assess(yaml.safe_load(stacks.hostile()), as_of=AS_OF)
    shown = found._repr_html_()
    assert "<script" not in shown
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert "CC-BY-NC-4.0" in shown
    assert "What is owed" in licgraph.assess(R1, as_of=AS_OF)._repr_html_()
    waiting = licgraph.assess({"licgraph": 1, "components": {"d": {"kind": "dataset", "license": "CC-BY-NC-4.0"}, "m": {"kind": "weights", "from": {"trained-on": "d"}}}, "release": {"component": "m", "license": "MIT"}}, as_of=AS_OF)
    assert waiting.answer == "conditional"
    assert "<li>" in waiting._repr_html_()


def test_an_answer_keeps_and_compares() -> None:
    found = licgraph.assess(R1, as_of=AS_OF)
    assert found.verdict == licgraph.assess(R1, as_of=AS_OF).verdict
    assert pickle.loads(pickle.dumps(found.verdict)) == found.verdict
