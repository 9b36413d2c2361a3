"""What a newcomer meets: help with examples that work, near names, completion, doctor, init that asks, progress."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import jsonschema
import pytest
from click.testing import CliRunner

from licgraph.cli import cli
from licgraph.cli_complete import SHELLS
from licgraph.cli_examples import EXAMPLES
from licgraph.knowledge import Knowledge
from licgraph.progress import Progress

from .conftest import ROOT

CARD = "---\nlicense: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B\n---\n# Ours\n"
ADAPTER = '{"base_model_name_or_path": "meta-llama/Llama-3.1-8B", "peft_type": "LORA"}\n'
STACK = """licgraph: 1
components:
  llama: {kind: weights, name: Llama-3.1-8B, source: "hf:meta-llama/Llama-3.1-8B", license: llama3.1}
  chats: {kind: dataset, license: CC-BY-SA-4.0}
  tuned: {kind: weights, name: SuperChat-8B, from: {finetune: llama, trained-on: chats}}
release: {component: tuned, license: Apache-2.0, form: weights, use: any}
"""
SCRIPTS = Path(sys.executable).parent
END = "\x04"
"""What Ctrl-D types."""


def environment(home: Path) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("_LICGRAPH")}, "PATH": f"{SCRIPTS}:{os.environ['PATH']}", "HOME": str(home), "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")), "TERM": "xterm"}


RULES = """policy: 1
rules:
  - id: no-unclear-data
    owner: legal
    says: data that states no licence does not go into a model
    effect: fail
    when: {license: [NONE], kind: [dataset]}
    tests:
      - expect: hit
        stack: {licgraph: 1, components: {d: {kind: dataset}, m: {kind: weights, from: {trained-on: d}}}, release: {component: m, license: MIT}}
      - expect: clear
        stack: {licgraph: 1, components: {d: {kind: dataset, license: CC0-1.0}, m: {kind: weights, from: {trained-on: d}}}, release: {component: m, license: MIT}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the examples speak of."""
    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model" / "README.md").write_text(CARD)
    (tmp_path / "my-model" / "adapter_config.json").write_text(ADAPTER)
    (tmp_path / "licgraph.yaml").write_text(STACK)
    (tmp_path / "old.yaml").write_text(STACK.replace("Apache-2.0", "MIT"))
    (tmp_path / "merge.yml").write_text("merge_method: linear\ndtype: float16\nmodels:\n  - {model: meta-llama/Llama-3.1-8B, parameters: {weight: 0.5}}\n  - {model: mistralai/Mistral-7B-v0.1, parameters: {weight: 0.5}}\n")
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "nodes.csv").write_text("id,license\nbase,llama3.1\ntuned,mit\n")
    (tmp_path / "hub" / "edges.csv").write_text("child,parent,relation\ntuned,base,finetune\n")
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "data").symlink_to(ROOT / "data")
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "questions.ndjson").write_text('{"licgraph": 1, "components": {"a": {"kind": "code", "license": "MIT", "ours": true}}, "release": {"component": "a", "license": "MIT"}}\n')
    (tmp_path / ".licgraph").mkdir()
    (tmp_path / ".licgraph" / "policy.yaml").write_text(RULES)
    (tmp_path / "texts").mkdir()
    for place in (tmp_path, tmp_path / "texts"):
        shutil.copy(ROOT / "LICENSE", place / "LICENSE")
    return tmp_path


def commands(group: click.Group = cli, path: str = "") -> Iterator[str]:
    yield path
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        inner = f"{path} {name}".strip()
        if isinstance(found, click.Group):
            yield from commands(found, inner)
        else:
            yield inner


COMMANDS = list(commands())


# ------------------------------------------------------------------ examples


def test_every_command_has_examples() -> None:
    assert set(EXAMPLES) == set(COMMANDS)
    assert all(2 <= len(found) <= 3 for found in EXAMPLES.values())


@pytest.mark.parametrize("path", COMMANDS)
def test_help_ends_with_its_examples(path: str) -> None:
    said = CliRunner().invoke(cli, [*path.split(), "--help"], prog_name="licgraph")
    assert said.exit_code == 0
    end = said.output.rpartition("Examples:")[2]
    assert [line for line, _ in EXAMPLES[path] if line not in end] == []


@pytest.mark.parametrize("path", COMMANDS)
def test_examples_work(path: str, folder: Path) -> None:
    for line, _ in EXAMPLES[path]:
        done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120)
        assert done.returncode in (0, 1, 3), f"{line}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, line


# ------------------------------------------------------------------ near names


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["chek"], "check"), (["licenses", "shwo", "MIT"], "show"), (["check", "--profil", "mainstream"], "--profile"), (["check", "licgraph.yaml", "--assume", "training-is-adaption=no"], "training-is-adaptation"),
        (["check", "licgraph.yaml", "--fact", "domicil=EU"], "domicile"), (["check", "licgraph.yaml", "--component", "tunde"], "tuned"), (["check", "typo.yaml"], "finetune"), (["show", "Apache2.O"], "Apache-2.0"),
        (["licenses", "compare", "MIT", "Apache-2.00"], "Apache-2.0"), (["repair", "licgraph.yaml", "--keep", "lama"], "llama"),
    ],
)  # fmt: skip
def test_a_near_name_is_named(words: list[str], near: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "typo.yaml").write_text(STACK.replace("finetune:", "finetunes:"))
    monkeypatch.chdir(folder)
    said = CliRunner().invoke(cli, words)
    assert said.exit_code == 2
    assert near in said.stderr.replace(" ".join(words), "")


# ------------------------------------------------------------------ completion

ASKED = [
    ("che", {"check"}), ("check --as apache-2", {"Apache-2.0"}), ("show llama-3.1", {"LicenseRef-Llama-3.1-Community"}), ("licenses show MIT-", {"MIT-0"}), ("check --profile cons", {"conservative"}),
    ("check --assume linking", {"linking-is-derivative=yes", "linking-is-derivative=no"}), ("check --fact multim", {"multimodal=true", "multimodal=false"}), ("--explain owed/name", {"owed/name-prefix"}),
    ("explain --code MIT/right", {"MIT/rights-granted"}), ("check --lo", {"--lock", "--locked"}), ("--explain trained-w", {"trained-with"}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), ASKED)
def test_completion_in_bash(line: str, wanted: set[str], folder: Path) -> None:
    script = f'eval "$(licgraph completion bash)"; COMP_WORDS=(licgraph {line}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); _licgraph_completion licgraph; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=60)
    assert wanted <= set(done.stdout.split()), done.stderr


def test_completion_in_bash_after_an_equals_sign(folder: Path) -> None:
    """Where bash takes `=` for a word of its own, only what stands behind it is put in."""
    script = 'eval "$(licgraph completion bash)"; COMP_WORDS=(licgraph check --assume linking-is-derivative = y); COMP_CWORD=5; _licgraph_completion licgraph 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["yes"]


@pytest.mark.parametrize("line", [line for line, _ in ASKED[:4]])
def test_completion_in_fish(line: str, folder: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed: its completion is not tried")
    done = subprocess.run(["fish", "-c", f"licgraph completion fish | source; complete -C 'licgraph {line}'"], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=60)
    assert dict(ASKED)[line] <= {said.split("\t")[0] for said in done.stdout.splitlines()}, done.stderr


def test_completion_in_zsh(folder: Path) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed: its completion is not tried")
    (folder / "_licgraph").write_text(CliRunner().invoke(cli, ["completion", "zsh"]).output)
    script = f"autoload -Uz compinit; fpath=({folder} $fpath); compinit -u -D; print $_comps[licgraph]; words=(licgraph che); env COMP_WORDS='licgraph che' COMP_CWORD=1 _LICGRAPH_COMPLETE=zsh_complete licgraph"
    done = subprocess.run(["zsh", "-f", "-c", script], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split("\n")[0] == "_licgraph", done.stderr
    assert "check" in done.stdout.split("\n"), done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_offers_nothing_from_a_broken_knowledge_base(shell: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from licgraph.cli_complete import completing
    from licgraph.errors import Fault, KnowledgeError

    def broken(_: Path | None = None) -> Knowledge:
        raise KnowledgeError(Fault("x.yaml", 1, "", "broken", "Mend it"))

    monkeypatch.setattr("licgraph.knowledge.load", broken)
    option = click.Option(["--as"])
    assert completing("licenses")(click.Context(cli), option, "MI") == []


# ------------------------------------------------------------------ doctor


def doctor(*words: str) -> tuple[int, dict[str, object]]:
    said = CliRunner().invoke(cli, ["doctor", *words, "-f", "json", "--as-of", "2026-11-28"])
    found: dict[str, object] = json.loads(said.stdout)
    jsonschema.validate(found, json.loads((ROOT / "schema" / "doctor-1.json").read_text("utf-8")))
    return said.exit_code, found


def test_doctor_names_every_file_and_its_reader(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "my-model" / "train.log").write_text("step 1\n")
    (folder / "my-model" / "tokenizer.json").write_text("{}")
    (folder / "my-model" / "sub").mkdir()
    code, found = doctor("my-model")
    files = {f["path"]: (f["state"], f["reader"]) for f in found["stack"]["files"]}  # type: ignore[index]
    assert code == 0
    assert files["my-model/README.md"] == ("read", "card")
    assert files["my-model/adapter_config.json"] == ("read", "model-config")
    assert {p for p, (state, _) in files.items() if state == "skipped"} == {"my-model/train.log", "my-model/tokenizer.json", "my-model/sub"}
    assert found["knowledge"]["age_days"] == 6  # type: ignore[index]


def test_doctor_says_where_the_house_is_and_hides_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = folder / ".licgraph" / "components"
    house.mkdir(parents=True)
    (house / "bases.yaml").write_text('"hf:us/base": {license: MIT, by: A. Reader, date: 2026-11-01}\n')
    monkeypatch.chdir(folder / "my-model")
    monkeypatch.setenv("HF_TOKEN", "hf_very_secret")
    monkeypatch.setenv("HF_ENDPOINT", "https://user:pass@hub.example")
    code, found = doctor()
    assert code == 0
    assert found["house"]["conclusions"] == 1  # type: ignore[index]
    assert "hf_very_secret" not in json.dumps(found)
    assert "pass@" not in json.dumps(found)
    assert {"name": "HF_TOKEN", "value": "set"} in found["environment"]  # type: ignore[operator]
    said = CliRunner().invoke(cli, ["doctor"])
    assert "read as card" in said.output
    assert "1 conclusions" in said.output


@pytest.mark.parametrize(("file", "text", "what"), [("bad.yaml", "licgraph: 1\ncomponents: {a: {kind: wights}}\n", "wights"), ("README.md", "---\nlicense: [\n---\n", "README.md"), ("x.bin", "no idea", "no reader knows it"), ("none.yaml", None, "no such file")])
def test_doctor_ends_in_two_when_something_is_not_understood(file: str, text: str | None, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / file).write_text(text)
    code, found = doctor(file)
    assert code == 2
    assert not found["understood"]
    assert what in json.dumps(found["stack"])
    said = CliRunner().invoke(cli, ["doctor", file])
    assert said.exit_code == 2
    assert "NOT UNDERSTOOD" in said.output


def test_doctor_uses_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("socket.socket", None)
    code, found = doctor("hf:org/name")
    assert code == 0
    assert "no network" in found["stack"]["files"][0]["why"]  # type: ignore[index]


# ------------------------------------------------------------------ init


def on_terminal(command: list[str], cwd: Path, answers: list[str]) -> tuple[int, str]:
    """Runs a command on a terminal of its own and types the answers, each when the prompt for it is there."""
    ours, its = pty.openpty()
    running = subprocess.Popen(command, cwd=cwd, env=environment(cwd), stdin=its, stdout=its, stderr=its, start_new_session=True)
    os.close(its)
    said, waiting, seen = "", list(answers), 0
    while True:
        try:
            piece = os.read(ours, 4096).decode("utf-8", "replace")
        except OSError:  # the other end is gone
            break
        if not piece:
            break
        said += piece
        if waiting and said[seen:].rstrip(" ").endswith("]"):
            seen = len(said)
            os.write(ours, waiting.pop(0).encode())
    os.close(ours)
    return running.wait(60), said


def talk(words: list[str], answers: list[str], cwd: Path) -> tuple[int, str]:
    return on_terminal([str(SCRIPTS / "licgraph"), *words], cwd, [a if a == END else f"{a}\n" for a in answers])


def test_init_asks_for_what_decides(folder: Path) -> None:
    (folder / "my-model" / "README.md").write_text(CARD.replace("license: apache-2.0\n", ""))
    code, said = talk(["init", "my-model"], ["apche-2.0", "apache-2.0", "comercial", "2"], folder)
    written = (folder / "my-model" / "licgraph.yaml").read_text()
    assert code == 0, said
    assert "near names: Apache-2.0" in said
    assert "did you mean `commercial`?" in said
    assert "license: Apache-2.0  # as asked for" in written
    assert "use: commercial  # as asked for" in written
    done = subprocess.run([str(SCRIPTS / "licgraph"), "check", "my-model/licgraph.yaml"], cwd=folder, capture_output=True, text=True, check=False)
    assert "as Apache-2.0 (weights, commercial use" in done.stdout, done.stdout + done.stderr


def test_init_takes_an_empty_line_for_an_open_answer(folder: Path) -> None:
    code, said = talk(["init", "my-model"], [""], folder)
    written = (folder / "my-model" / "licgraph.yaml").read_text()
    assert code == 0, said
    assert "as asked for" not in written
    assert "license: Apache-2.0  # my-model/README.md:2" in written


def test_init_asks_nothing_when_told_so_or_without_a_terminal(folder: Path) -> None:
    code, said = talk(["init", "--yes", "my-model"], [], folder)
    assert code == 0, said
    assert "What may recipients do" not in said
    (folder / "my-model" / "licgraph.yaml").unlink()
    done = subprocess.run([str(SCRIPTS / "licgraph"), "init", "my-model"], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0
    assert "What may recipients do" not in done.stderr


def test_init_that_is_stopped_writes_nothing(folder: Path) -> None:
    code, said = talk(["init", "my-model"], [END], folder)
    assert code == 2, said
    assert not (folder / "my-model" / "licgraph.yaml").exists()


def test_init_says_what_the_keys_mean(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert CliRunner().invoke(cli, ["init", "my-model"]).exit_code == 0
    written = (folder / "my-model" / "licgraph.yaml").read_text().splitlines()
    legend = {line.split()[1] for line in written if line.startswith("#   ")}
    keys = {line.split(":")[0].strip() for line in written if not line.startswith("#") and line.count("  ") <= 2}
    assert {k for k in keys if k in ("components", "kind", "source", "from", "evidence", "release", "component", "use", "form", "unread", "ours")} <= legend


# ------------------------------------------------------------------ progress

SLOW = "import time, sys\nfrom licgraph import progress\nwith progress.Progress() as line:\n    line.say('one of two')\n    time.sleep({0})\n    line.say('two of two')\n    time.sleep({0})\n"


def shown(seconds: float) -> str:
    return on_terminal([sys.executable, "-c", SLOW.format(seconds)], ROOT, [])[1]


def test_progress_waits_a_second_and_is_gone_at_the_end() -> None:
    said = shown(1.4)
    assert said.index("one of two") < said.index("two of two")
    assert said.endswith("\r\x1b[K")


def test_progress_of_what_is_fast_is_silent() -> None:
    assert shown(0.05) == ""


def test_progress_without_a_terminal_is_silent() -> None:
    done = subprocess.run([sys.executable, "-c", SLOW.format(0.7)], capture_output=True, text=True, check=True)
    assert done.stderr == done.stdout == ""


@pytest.mark.parametrize(("words", "said"), [(["repair"], "repair: 2 sets of changes tried, 0 found"), (["import", "my-model", "licgraph.yaml"], "import: 1 of 2, my-model"), (["licenses", "identify", "texts"], "identify: 1 of 1, texts/LICENSE")])
def test_slow_commands_say_how_far_they_are(words: list[str], said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.chdir(folder)
    monkeypatch.setattr(Progress, "say", lambda _, text: heard.append(text))
    CliRunner().invoke(cli, words)
    assert said in heard


def test_identify_of_a_folder_without_texts_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["licenses", "identify", str(tmp_path)])
    assert done.exit_code == 2
    assert "Name the files themselves" in done.stderr


def test_progress_shows_no_control_characters(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("licgraph.progress.AFTER", 0.0)
    line = Progress()
    line.say("a\x1b[31mb")
    line.done()
    assert "a\N{REPLACEMENT CHARACTER}[31mb" in capsys.readouterr().err
