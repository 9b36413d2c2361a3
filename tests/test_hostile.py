"""What nobody writes by accident: files that cost too much, paths that lead out, names that are code, secrets, and power cuts."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner, Result

from licgraph import baseline, lock
from licgraph.cli import cli
from licgraph.errors import Fault, LicgraphError, StackError
from licgraph.expression import MAX_DEPTH as BRACKETS
from licgraph.expression import ExpressionFault
from licgraph.expression import parse as parse_expression
from licgraph.inputs import draft_of, hub_store
from licgraph.inputs.loose import MAX_DEPTH, MAX_NODES, Source, read_json, read_yaml
from licgraph.inputs.stackfile import from_file, from_text
from licgraph.knowledge import Knowledge
from licgraph.reports import checks
from licgraph.yamlfile import MAX_BYTES, MAX_FAULTS
from licgraph.yamlfile import MAX_DEPTH as STACK_DEPTH
from licgraph.yamlfile import parse as parse_yaml

from . import stacks
from .conftest import ROOT
from .hostile import HOSTILE, MEMORY_MB, cost

GOOD = "licgraph: 1\ncomponents:\n  a: {kind: weights, license: MIT}\n  b: {kind: weights, from: {finetune: a}}\nrelease: {component: b, license: MIT}\n"
NC = GOOD.replace("license: MIT}\n  b", "license: CC-BY-NC-4.0}\n  b").replace("MIT}\n", "MIT, use: commercial}\n")


def run(*words: str) -> Result:
    result = CliRunner().invoke(cli, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def wrote(file: Path, text: str | bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


# --- what a file may cost


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_costs_more_than_it_may(name: str, tmp_path: Path) -> None:
    file, content = HOSTILE[name]
    (tmp_path / file).write_bytes(content())
    found = cost(["check", file, "-f", "json"], tmp_path)
    assert found.exit in (0, 1, 2, 3), found.stderr[-500:]
    assert "Traceback" not in found.stderr
    assert found.megabytes <= MEMORY_MB
    if found.exit == 2:
        assert json.loads(found.stdout)["schema"] == "licgraph/error/1"


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_limits_at_them_and_beyond(knowledge: Knowledge) -> None:
    """Each limit lets through what is exactly as large, and refuses one more."""

    def refused(what: str, function: Any, *arguments: Any) -> None:
        with pytest.raises(LicgraphError, match=what):
            function(*arguments)

    assert len(Source("x", given=b"a" * MAX_BYTES).bytes()) == MAX_BYTES
    refused("larger than", Source("x", given=b"a" * (MAX_BYTES + 1)).bytes)
    read_json(_nested(MAX_DEPTH + 1), "x")
    refused("nested deeper", read_json, _nested(MAX_DEPTH + 2), "x")
    read_yaml(_nested(MAX_DEPTH), "x")
    refused("nested deeper", read_yaml, _nested(MAX_DEPTH + 1), "x")
    parse_yaml(_nested(STACK_DEPTH), "x", StackError)
    refused("nested deeper", parse_yaml, _nested(STACK_DEPTH + 1), "x", StackError)
    read_json("[" + ",".join(["0"] * (MAX_NODES - 1)) + "]", "x")
    refused("more than", read_json, "[" + ",".join(["0"] * MAX_NODES) + "]", "x")
    digits = sys.get_int_max_str_digits()
    read_json("[" + "9" * digits + "]", "x")
    refused("a number longer", read_json, "[" + "9" * (digits + 1) + "]", "x")
    deep = "MIT OR (" * BRACKETS + "ISC" + ")" * BRACKETS
    parse_expression("MIT OR (ISC AND (" * (BRACKETS // 2) + "ISC" + "))" * (BRACKETS // 2), knowledge)
    with pytest.raises(ExpressionFault, match="nested deeper"):
        parse_expression("MIT OR (ISC AND (" * BRACKETS + deep + "))" * BRACKETS, knowledge)
    with pytest.raises(LicgraphError) as problem:
        from_text("licgraph: 1\ncomponents:\n" + "".join(f"  c{i}: {{colour: red}}\n" for i in range(MAX_FAULTS * 2)), "s.yaml", knowledge)
    assert MAX_FAULTS <= len(problem.value.faults) <= MAX_FAULTS + 1
    assert any("what follows was not read" in f.what for f in problem.value.faults)


@pytest.mark.parametrize("command", ["check", "import", "doctor", "notice", "export", "openness"])
def test_a_pipe_is_not_waited_for(command: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    more = {"notice": ["-o", "out"], "export": ["-f", "card"]}.get(command, [])
    done = subprocess.run([sys.executable, "-m", "licgraph", command, "pipe", *more], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# --- paths that lead out

SECRET = "hidden-elsewhere"


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `m` to ask about, beside one with what is nobody's business."""
    monkeypatch.chdir(tmp_path)
    for name in ("README.md", "LICENSE", "config.json", "licgraph.yaml", "modelfile", "adapter_config.json"):
        text = {"README.md": f"---\nlicense: {SECRET}\n---\n", "config.json": json.dumps({"_name_or_path": f"{SECRET}/x", "model_type": "llama", "architectures": ["A"]})}.get(name, f"License: {SECRET}\n")
        wrote(tmp_path / "elsewhere" / name, text)
    wrote(tmp_path / "m" / "README.md", "---\nlicense: mit\n---\n")
    return tmp_path


@pytest.mark.parametrize("name", ["LICENSE", "config.json", "adapter_config.json", "Modelfile"])
@pytest.mark.parametrize("target", ["../elsewhere/{}", "{}/elsewhere/{}", "../nowhere/{}"])
def test_a_link_out_of_a_folder_is_not_followed_and_not_passed_over(name: str, target: str, outside: Path) -> None:
    (outside / "m" / name).symlink_to(target.replace("{}", str(outside), 1).replace("{}", name) if target.startswith("{}") else target.format(name.casefold() if name == "Modelfile" else name))
    for words in (["check", "m"], ["import", "m"], ["doctor", "m"], ["export", "m", "-f", "spdx-2.3"]):
        result = run(*words)
        assert SECRET not in result.output
        assert result.exit_code != 0 or words[0] in ("doctor", "import"), result.output
    assert "a link that leads" in run("import", "m").stdout


def test_names_in_files_that_lead_out(outside: Path) -> None:
    away = "../elsewhere"
    wrote(outside / "m" / "model_index.json", json.dumps({"_class_name": "P", "_diffusers_version": "1", "unet": ["d", "U"], away: ["d", "U"]}))
    wrote(outside / "m" / "modules.json", json.dumps([{"idx": 0, "name": "0", "path": away, "type": "x.T"}]))
    wrote(outside / "m" / "model.safetensors.index.json", json.dumps({"metadata": {}, "weight_map": {"a": f"{away}/config.json"}}))
    wrote(outside / "m" / "Modelfile", f"FROM {away}/modelfile\nADAPTER {away}\n")
    wrote(outside / "m" / "Kitfile", f"manifestVersion: 1.0.0\npackage: {{name: p}}\nmodel: {{name: m, path: {away}, license: MIT}}\ncode: [{{path: {away}}}]\n")
    wrote(outside / "m" / "mergekit_config.yml", f"merge_method: slerp\nmodels: [{{model: {away}}}, {{model: {outside}/elsewhere}}]\n")
    for words in (["check", "m"], ["import", "m"], ["doctor", "m"], ["notice", "m", "-o", "out"], ["export", "m", "-f", "spdx-2.3"]):
        assert SECRET not in run(*words).output
    assert not [f for f in (outside / "out").rglob("*") if f.is_file() and SECRET in f.read_text("utf-8")]
    assert {p.name for p in outside.iterdir()} == {"m", "elsewhere", "out"}


@pytest.mark.parametrize("part", ["refs/main", "snapshot", "README.md"])
def test_a_cached_repository_whose_parts_lead_out(part: str, outside: Path) -> None:
    folder = outside / "models--org--name"
    snapshot = folder / "snapshots" / ("0" * 40)
    if part == "snapshot":
        snapshot.parent.mkdir(parents=True)
        snapshot.symlink_to(outside / "elsewhere")
    else:
        snapshot.mkdir(parents=True)
        (snapshot / "README.md").symlink_to(outside / "elsewhere" / "README.md")
    wrote(folder / "refs" / "main", "../../elsewhere" if part == "refs/main" else "0" * 40)
    for target in (folder, snapshot, outside):
        assert SECRET not in run("import", str(target)).output
        assert run("check", str(target)).exit_code != 0


def test_what_is_written_stays_in_its_folder(outside: Path) -> None:
    """A link in the folder of a release is replaced, or refused where it is a folder; what it leads to stays as it was."""
    wrote(outside / "s.yaml", GOOD)
    out = outside / "out"
    out.mkdir()
    for name in ("NOTICE", "DUTIES.md", "CARD.md"):
        (out / name).symlink_to(outside / "elsewhere" / "LICENSE")
    assert run("notice", "s.yaml", "-o", "out", "--replace").exit_code in (0, 1)
    assert (outside / "elsewhere" / "LICENSE").read_text() == f"License: {SECRET}\n"
    assert not (out / "DUTIES.md").is_symlink()
    (out / "LICENSES").symlink_to(outside / "elsewhere")
    result = run("notice", "s.yaml", "-o", "out", "--replace")
    assert result.exit_code == 2
    assert "this is a link" in result.stderr
    for option in (["check", "s.yaml", "--lock", "out/link"], ["check", "s.yaml", "--output", "json=out/link"], ["check", "s.yaml", "--write-baseline", "out/fresh"], ["export", "s.yaml", "-f", "spdx-2.3", "-o", "out/new"]):
        (out / "link").unlink(missing_ok=True)
        (out / "link").symlink_to(outside / "elsewhere" / "LICENSE")
        run(*option)
        assert (outside / "elsewhere" / "LICENSE").read_text() == f"License: {SECRET}\n"


def test_a_licence_id_is_no_path(outside: Path, knowledge: Knowledge) -> None:
    for written in ("LicenseRef-../../x", "../x", "LicenseRef-a/b", "DocumentRef-../x:LicenseRef-y"):
        with pytest.raises(StackError):
            from_text(GOOD.replace("license: MIT}\n  b", f"license: '{written}'}}\n  b"), "s.yaml", knowledge)
    for name in ("../x", "a/../../b", "MIT/../x"):
        assert run("licenses", "new", name, "--like", "MIT", "--into", "out").exit_code == 2
    assert not (outside / "out").exists()


def test_a_device_is_written_to_and_stays_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wrote(tmp_path / "s.yaml", GOOD)
    done = subprocess.run([sys.executable, "-m", "licgraph", "check", "s.yaml", "--output", "json=/dev/stderr", "--output", "sarif=/dev/null"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"schema": "licgraph/verdict/1"' in done.stderr
    assert Path("/dev/null").is_char_device()


# --- names that are code

NASTY = (*stacks.HOSTILE, "x\n::error::forged", "y\r\n::set-output name=a::b", "z%0A::stop-commands::t", "=HYPERLINK(\"http://evil\")", "@SUM(1)", "]]><script>1</script>", "&xxe;", "a\"];\nclick n0 \"javascript:alert(1)\"", "%%{init: {}}%%", "end\n  n9[x]", "\"]; evil [label=\"", "| cell | `code` [l](javascript:1) ![i](http://t)", "\x9b31m\x1b]0;title\x07", "--- \nlicense: mit\n---", "name: x\nrelease: {component: a, license: MIT}", "#{7*7}", "${jndi:ldap://x}")  # fmt: skip


def _nasty() -> str:
    lines = ["licgraph: 1", "components:"]
    for i, name in enumerate(NASTY):
        written = json.dumps(name)
        plain = json.dumps(" ".join(name.split()))
        lines.append(f"  d{i}: {{kind: dataset, name: {written}, source: {written}, revision: {plain}, copyright: {written}, evidence: {written}, inferred: {written}, license: {'CC-BY-NC-4.0' if i % 2 else 'CC-BY-4.0'}}}")
    lines.append(f"  out: {{kind: weights, name: {json.dumps(NASTY[0])}, from: {{trained-on: [{', '.join(f'd{i}' for i in range(len(NASTY)))}]}}}}")
    lines += ["release: {component: out, license: Apache-2.0, form: weights, use: commercial}", "unread:"]
    lines += [f"  - {{source: {json.dumps(n)}, why: {json.dumps(n)}, component: out}}" for n in NASTY]
    return "\n".join([*lines, ""])


class Tags(HTMLParser):
    """Every tag with its attributes, the text of scripts left out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


ODD_FILES = ("a\"><script>.yaml", "b::error::.yaml", "c|`d`.yaml", "-x.yaml", "e\n::error::forged.yaml", "f]]>&.yaml", "g\x1b[31m.yaml", "caf\udce9.yaml")


@pytest.fixture(scope="module", params=["one", "several", "not understood"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A hostile stack; several under hostile file names; and one that is not understood."""
    here = tmp_path_factory.mktemp("nasty")
    if request.param == "one":
        return [str(wrote(here / "s.yaml", _nasty()))]
    if request.param == "several":
        return [str(wrote(here / n, _nasty() if n.startswith("a") else NC)) for n in ODD_FILES]
    return [str(wrote(here / ODD_FILES[0], "licgraph: 1\ncomponents:\n" + "".join(f"  {json.dumps(n)}: {{{json.dumps(n)}: 1}}\n" for n in NASTY if n.isprintable())))]


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("form", ["text", "json", *checks.formats()])
def test_names_stay_names_in_every_report(form: str, asked: list[str]) -> None:
    result = run("check", *asked, "-f", form)
    text = result.stdout
    assert result.exit_code in (1, 2)
    assert not CONTROL.search(result.stderr)
    if form != "json":
        assert not CONTROL.search(re.sub(r"(?s)<script>.*?</script>", "", text) if form == "html" else text)
    text.encode()
    if form in ("json", "sarif", "gitlab"):
        json.loads(text)
    elif form == "junit":
        assert {e.tag for e in ElementTree.fromstring(text).iter()} <= {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "properties", "property", "system-out", "system-err"}
    elif form == "html":
        tags = Tags(text).found
        assert not [t for t, a in tags if t in ("img", "iframe", "object", "embed", "base", "form", "svg") and a.get("src", "").startswith("x")]
        assert not [(t, a) for t, a in tags if any(n.startswith("on") for n in a) or any((a.get(k) or "").strip().lower().startswith(("javascript:", "data:text")) for k in ("href", "src"))]
        assert "<script>window.pwned" not in text
        assert "<script>1<" not in text
    elif form == "github":
        lines = text.splitlines()
        assert not [ln for ln in lines if "::" in ln and not re.match(r"::(?:error|warning|notice|group|endgroup)(?: |::)", ln) and re.match(r"\s*::", ln)]
        assert not [ln for ln in lines if re.match(r"::[a-z-]+::forged", ln)]
    elif form == "markdown":
        assert not re.search(r"<(?!br>|/?details>|/?summary>|/?sub>|!--)[a-zA-Z/!]", re.sub(r"\\.", "", text))
        assert not re.search(r"(?<!\\)\]\((?!https://(?:github|spdx))", text)
    elif form == "mermaid":
        assert not [ln for ln in text.splitlines() if re.match(r"\s*(?:click|%%\{|end\s+\S|n9\[x)", ln)]
        assert not re.search(r"<(?!br/>)[a-z]", text)
    elif form == "dot":
        assert "evil" not in re.sub(r'"(?:\\.|[^"\\])*"', '""', text)


@pytest.mark.parametrize("words", [["explain"], ["repair"], ["outbound"], ["outbound", "--matrix"], ["outbound", "--matrix", "-f", "markdown"], ["openness"], ["openness", "-f", "markdown"], ["doctor"], ["check", "--locked"]], ids=" ".join)
def test_names_stay_names_elsewhere(words: list[str], tmp_path: Path) -> None:
    file = wrote(tmp_path / "s.yaml", stacks.hostile())
    result = run(*words[:1], str(file), *words[1:])
    assert not CONTROL.search(result.output)
    if words[-1] == "markdown":
        assert not re.search(r"<(?:script|img)", re.sub(r"\\.", "", result.stdout))


def test_names_stay_names_in_an_export(tmp_path: Path) -> None:
    file = wrote(tmp_path / "s.yaml", _nasty())
    for form in ("spdx-2.3", "spdx-3.0.1", "cyclonedx-1.6", "cyclonedx-1.7"):
        json.loads(run("export", str(file), "-f", form).stdout)
    card = run("export", str(file), "-f", "card").stdout
    front = yaml.safe_load(card.split("---\n")[1])
    assert front is None or set(front) <= {"license", "license_name", "license_link", "base_model", "base_model_relation", "datasets"}
    assert run("notice", str(file), "-o", str(tmp_path / "out")).exit_code in (0, 1, 3)
    for made in (tmp_path / "out").rglob("*"):
        if made.is_file():
            assert not CONTROL.search(made.read_text("utf-8"))


@pytest.mark.parametrize("name", NASTY)
def test_what_import_writes_of_a_name_is_one_value(name: str, tmp_path: Path, knowledge: Knowledge) -> None:
    wrote(tmp_path / "README.md", "---\n" + yaml.safe_dump({"license": "mit", "license_name": name, "model_name": name, "base_model": [name, "org/base"], "datasets": [name]}, allow_unicode=True) + "---\n")
    wrote(tmp_path / "bom.cdx.json", json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "data", "name": name, "author": name, "copyright": name, "licenses": [{"license": {"name": name}}]}]}))
    for source in (tmp_path / "README.md", tmp_path / "bom.cdx.json"):
        result = run("import", str(source))
        if result.exit_code == 0:
            stack = from_text(result.stdout, "s.yaml", knowledge)
            assert set(stack.components) == set(draft_of(str(source), knowledge).parts)
            assert not CONTROL.search(result.stdout)


# --- no network but for hf:

SHUT = "import socket, sys\ndef no(*a, **k):\n    sys.stderr.write('NETWORK')\n    raise OSError('shut')\nfor n in ('connect', 'connect_ex', 'sendto', 'bind'): setattr(socket.socket, n, no)\nsocket.getaddrinfo = socket.create_connection = no\nfrom licgraph.cli import cli\ncli(sys.argv[1:])\n"


@pytest.mark.parametrize("words", [["check", "s.yaml"], ["check", "m"], ["import", "m"], ["check", "bom.cdx.json"], ["notice", "s.yaml", "-o", "out"], ["export", "s.yaml", "-f", "cyclonedx-1.6"], ["openness", "s.yaml"], ["doctor", "m"], ["repair", "s.yaml"], ["check", "https://example.org/licgraph.yaml"], ["check", "s.yaml", "-f", "html"]], ids=" ".join)
def test_addresses_are_not_followed(words: list[str], tmp_path: Path) -> None:
    wrote(tmp_path / "s.yaml", GOOD.replace("license: MIT}\n  b", 'license: MIT, source: "https://example.org/a"}\n  b').replace("{kind: weights, from", '{kind: weights, source: "hf:org/name@main", from'))
    wrote(tmp_path / "m" / "README.md", "---\nlicense: other\nlicense_link: https://example.org/LICENSE\nbase_model: https://huggingface.co/org/base\ndatasets: [org/data, 'https://example.org/d']\n---\n")
    wrote(tmp_path / "bom.cdx.json", json.dumps({"$schema": "http://example.org/x.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "machine-learning-model", "name": "m", "purl": "pkg:huggingface/org/m@1", "licenses": [{"license": {"url": "https://example.org/l", "name": "x"}}], "externalReferences": [{"type": "vcs", "url": "git://example.org/x"}]}]}))
    done = subprocess.run([sys.executable, "-c", SHUT, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1, 2, 3), done.stderr
    assert "NETWORK" not in done.stderr


def test_the_network_is_asked_only_when_the_hub_is(tmp_path: Path) -> None:
    """The same, so that the test above is known to notice."""
    pytest.importorskip("huggingface_hub")
    done = subprocess.run([sys.executable, "-c", SHUT, "check", "hf:org/name"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"})
    assert done.returncode == 2
    assert "NETWORK" in done.stderr


# --- secrets

TOKEN = "hf_" + "Secret0123456789" * 2
URL = f"https://someone:{TOKEN}@example.org/a/b?access_token=pssst&X-Amz-Signature=pssst2&x=1"
SPILT = (TOKEN, "someone:", "pssst")


def test_no_secret_gets_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    wrote(tmp_path / "s.yaml", NC.replace("license: CC-BY-NC-4.0}", f'license: CC-BY-NC-4.0, name: "{URL}", source: "{URL}", copyright: "{URL}"}}') + f'unread: [{{source: "{URL}", why: "no answer from {URL}", component: a}}]\n')
    wrote(tmp_path / "m" / "README.md", f"---\nlicense: other\nlicense_name: x\nlicense_link: {URL}\nbase_model: '{URL}'\ndatasets: ['{URL}']\n---\n")
    wrote(tmp_path / "c" / "mergekit.yml", f"merge_method: slerp\nbase_model: '{URL}'\nmodels: [{{model: '{URL}'}}]\n")
    wrote(tmp_path / "bom.cdx.json", json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "data", "name": "d", "licenses": [{"license": {"name": URL, "url": URL}}], "externalReferences": [{"type": "distribution", "url": URL}]}, {"type": "data", "name": URL}]}))
    wrote(tmp_path / "bad.yaml", f'licgraph: 1\ncomponents: {{a: {{kind: weights, license: "{URL}", "{URL}": 1}}}}\n')
    told = ""
    for source in ("s.yaml", "m", "c", "bom.cdx.json", "bad.yaml", URL, f"hf:{URL}"):
        for form in ("text", "json", *checks.formats()):
            told += run("check", source, "-f", form).output
        for words in (["import", source], ["doctor", source], ["doctor", source, "-f", "json"], ["explain", source, "--about", "1"], ["repair", source], ["openness", source], ["outbound", source, "--matrix"], *(["export", source, "-f", f] for f in ("spdx-2.3", "spdx-3.0.1", "cyclonedx-1.6", "card"))):
            told += run(*words).output
        run("check", source, "--lock", "l.lock", "--output", "html=o.html", "--output", "sarif=o.sarif")
        run("check", source, "--write-baseline", "b.json")
        run("notice", source, "-o", "out", "--replace")
        run("import", source, "-o", "i.yaml")
        told += "".join(f.read_text("utf-8") for f in tmp_path.rglob("*") if f.is_file() and f.name in ("l.lock", "o.html", "o.sarif", "b.json", "i.yaml", "NOTICE", "CARD.md", "DUTIES.md"))
    told += "".join(f.read_text("utf-8", "replace") for f in (tmp_path / "cache").rglob("*") if f.is_file())
    monkeypatch.setenv("HF_ENDPOINT", URL)
    told += run("check", "hf:org/name").output + run("doctor").output
    assert [told[max(told.index(s) - 150, 0) : told.index(s) + 80] for s in SPILT if s in told] == []


def test_faults_hold_no_secret_and_are_one_line() -> None:
    fault = Fault(f"{URL}\nx", 1, URL, f"a\nb {URL}", TOKEN)
    assert not any(s in str(fault) for s in SPILT)
    assert "\n" not in str(fault)


# --- power cuts, full disks, two at once

WRITER = """
import sys, itertools
from click.testing import CliRunner
from licgraph.cli import cli
print("ready", flush=True)
for n in itertools.count():
    s = ("one.yaml", "two.yaml")[n % 2]
    for words in (["check", s, "--lock", "l.lock"], ["check", s, "--write-baseline", "b.json"], ["check", s, "--output", "json=o.json", "--output", "sarif=o.sarif"], ["notice", s, "-o", "out", "--replace"], ["export", s, "-f", "card", "-o", "card.md"], ["import", "m", "-o", "i.yaml"]):
        result = CliRunner().invoke(cli, [*words, "--as-of", "2026-11-22"] if words[0] != "import" else words)
        assert result.exit_code in (0, 1, 3), (words, result.output)
    if len(sys.argv) > 1 and n >= int(sys.argv[1]):
        break
"""
WRITTEN = ("l.lock", "b.json", "o.json", "o.sarif", "card.md", "i.yaml", "out/NOTICE", "out/DUTIES.md", "out/CARD.md")


@pytest.fixture
def writing(tmp_path: Path) -> Path:
    """A folder with two stacks whose reports differ, and a model to import."""
    for name, license_id in (("one", "CC-BY-NC-4.0"), ("two", "LicenseRef-Llama-3.1-Community")):
        wrote(tmp_path / f"{name}.yaml", NC.replace("CC-BY-NC-4.0", license_id) + "".join(f"# {i}\n" for i in range(50)))
    wrote(tmp_path / "m" / "README.md", "---\nlicense: mit\nbase_model: org/base\n---\n")
    return tmp_path


def start(folder: Path, *more: str, limit: int = 0) -> subprocess.Popen[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}

    def bounded() -> None:
        if limit:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen([sys.executable, "-c", WRITER, *more], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=bounded)


def whole(folder: Path, knowledge: Knowledge) -> None:
    """Every file that is there is all of one run, and can be read."""
    for name in WRITTEN:
        file = folder / name
        if not file.exists():
            continue
        text = file.read_text("utf-8")
        assert text, name
        if name == "l.lock":
            lock.parse(text, name)
        elif name == "b.json":
            baseline.read(file, name)
        elif name.startswith("o."):
            json.loads(text)
        elif name == "i.yaml":
            from_file(file, name, knowledge)
        elif name == "card.md":
            assert text.count("---\n") >= 2
        else:
            assert text.endswith("\n")
            assert ("CC-BY-NC-4.0" in text) != ("Llama" in text), f"{name} is a mixture"


def test_killed_at_any_moment(writing: Path, knowledge: Knowledge) -> None:
    chance = random.Random(3)
    for _ in range(8):
        running = start(writing)
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.05, 1.2))
        running.kill()
        running.communicate()
        assert running.returncode == -signal.SIGKILL
        whole(writing, knowledge)
    last = start(writing, "1")
    _, errors = last.communicate(timeout=120)
    assert last.returncode == 0, errors
    whole(writing, knowledge)
    assert all((writing / name).exists() for name in WRITTEN)


def test_two_at_once(writing: Path, knowledge: Knowledge) -> None:
    both = [start(writing, "3"), start(writing, "3")]
    for one in both:
        _, errors = one.communicate(timeout=240)
        assert one.returncode == 0, errors
    whole(writing, knowledge)
    assert not list(writing.rglob("*.part"))


def test_a_full_disk(writing: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is a fault, what was there stays, and nothing half is left."""
    monkeypatch.chdir(writing)
    monkeypatch.setenv("XDG_CACHE_HOME", str(writing / "cache"))
    first = start(writing, "0")
    first.communicate(timeout=120)
    before = {name: (writing / name).read_bytes() for name in WRITTEN}
    full = start(writing, "1", limit=100)
    _, errors = full.communicate(timeout=120)
    assert full.returncode == 1
    assert "cannot be written" in errors
    assert {name: (writing / name).read_bytes() for name in WRITTEN} == before
    assert not list(writing.rglob("*.part"))
    whole(writing, knowledge)

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    for words in (["check", "two.yaml", "--lock", "l.lock"], ["check", "two.yaml", "--output", "json=o.json"], ["check", "two.yaml", "--write-baseline", "b.json"], ["notice", "two.yaml", "-o", "out", "--replace"], ["import", "m", "-o", "i.yaml"], ["export", "two.yaml", "-f", "card", "-o", "card.md"]):
        result = run(*words)
        assert result.exit_code == 2, (words, result.output)
        assert "No space left" in result.stderr
    assert {name: (writing / name).read_bytes() for name in WRITTEN} == before
    assert not list(writing.rglob("*.part"))


def test_standard_output_that_takes_nothing_is_no_pass(writing: Path) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("there is no /dev/full")
    wrote(writing / "good.yaml", GOOD)
    for form in ("text", "json", "sarif"):
        with open("/dev/full", "w") as full:
            done = subprocess.run([sys.executable, "-m", "licgraph", "check", "good.yaml", "-f", form], cwd=writing, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_a_damaged_index_is_made_again(writing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of the knowledge base, cut or changed anywhere, changes no answer."""
    words = [sys.executable, "-m", "licgraph", "check", "one.yaml", "-f", "json", "--as-of", "2026-11-22"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(writing / "cache")}
    right = subprocess.run(words, cwd=writing, capture_output=True, env=environment, check=False)
    index = next((writing / "cache").rglob("index-*"))
    raw = index.read_bytes()
    chance = random.Random(5)
    for damage in (raw[: len(raw) // 2], b"", raw.replace(b"CC-BY-NC-4.0", b"CC-BY-SA-4.0"), bytes(c ^ 1 if i == chance.randrange(len(raw)) else c for i, c in enumerate(raw)), raw.replace(b"prohibition", b"for-counsel")):
        index.write_bytes(damage)
        again = subprocess.run(words, cwd=writing, capture_output=True, env=environment, check=False)
        assert (again.returncode, again.stdout) == (right.returncode, right.stdout), again.stderr


def test_a_changed_entry_of_the_hubs_cache_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    store = hub_store.Store("https://huggingface.co")
    card = hub_store.Kept(b"---\nlicense: cc-by-nc-4.0\n---\n")
    record = hub_store.Record("org/m", "", "found", "org/m", "0" * 40, tags=["license:cc-by-nc-4.0"], names=["README.md"], listed=True, files={"README.md": card})
    store.save(record)
    assert store.load("org/m", "") is not None
    file = store._file("org/m", "")
    raw = file.read_bytes()
    chance = random.Random(11)
    for _ in range(400):
        at = chance.randrange(len(raw))
        changed = raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
        file.write_bytes(chance.choice([changed, raw[:at], raw.replace(b"cc-by-nc-4.0", b"mit"), raw + b"}"]))
        found = store.load("org/m", "")
        assert found is None or found.files == record.files, "damage is taken for what was kept"


@pytest.mark.parametrize("change", ["cut", "answer", "relation", "duty", "profile"])
def test_a_changed_lock_is_a_fault(change: str, writing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(writing)
    assert run("check", "one.yaml", "--lock", "licgraph.lock").exit_code == 1
    text = (writing / "licgraph.lock").read_text("utf-8")
    found = json.loads(text)
    if change == "answer":
        found["verdict"]["answer"] = found["answer"] = "yes"
    elif change == "relation":
        found["knowledge"]["relations"]["finetune"]["carries"] = {}
    elif change == "duty":
        found["knowledge"]["duties"] = {}
    elif change == "profile":
        found["question"]["profile"] = "permissive"
    wrote(writing / "licgraph.lock", text[:-200] if change == "cut" else lock.dumps(found))
    result = run("check", "one.yaml", "--locked")
    assert result.exit_code == 2, result.output
    assert "lock" in result.stderr


# --- numbers and days that are none


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-5", "1e999", "NaN", "-0.1"])
def test_a_number_that_exceeds_nothing_is_no_number(value: str, tmp_path: Path) -> None:
    file = wrote(tmp_path / "s.yaml", GOOD)
    assert run("check", str(file), "--fact", f"mau-at-release-date={value}").exit_code == 2
    wrote(tmp_path / ".licgraph.toml", f"[facts]\nmau-at-release-date = {value}\n")
    done = subprocess.run([sys.executable, "-m", "licgraph", "check", "s.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout
    import licgraph

    with pytest.raises(StackError):
        licgraph.assess(str(file), facts={"mau-at-release-date": float(value)})


@pytest.mark.parametrize("value", ["99999999999999999999", "\u00b2", "soon", "9" * 5000])
def test_a_day_that_is_none(value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    result = run("check", str(wrote(tmp_path / "s.yaml", GOOD)))
    assert result.exit_code == 2
    assert "SOURCE_DATE_EPOCH" in result.stderr


def test_the_examples_still_stand() -> None:
    assert run("check", str(ROOT / "examples" / "dolly-2.yaml")).exit_code == 0
