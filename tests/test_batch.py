"""`batch`: a line in, a line out, in order; each answer is that of `check`, and a bad line is one line that says so."""

from __future__ import annotations

import contextlib
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph import asking, cli_batch
from licgraph import knowledge as base
from licgraph.answer import assess
from licgraph.batch import Batch
from licgraph.cli import cli
from licgraph.errors import LicgraphError
from licgraph.inputs.stackfile import from_text
from licgraph.knowledge import Knowledge
from licgraph.yamlfile import MAX_BYTES

from .conftest import AS_OF
from .strategies import stacks

KNOWLEDGE = base.load()
CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
GOOD: dict[str, Any] = {"licgraph": 1, "components": {"base": {"kind": "weights", "license": "MIT"}, "mine": {"kind": "weights", "from": {"finetune": "base"}}}, "release": {"component": "mine", "license": "Apache-2.0"}}


def asked(*questions: dict[str, Any], batch: Batch | None = None) -> list[dict[str, Any]]:
    """The answers to questions, one after the other in one process."""
    mine = batch or Batch(KNOWLEDGE, "mainstream", {}, AS_OF)
    return [json.loads(mine.answer(json.dumps(q).encode(), n).text) for n, q in enumerate(questions, 1)]


def checked(question: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """What `check` says of the same text."""
    stack = from_text(json.dumps(question), f"line {number}", KNOWLEDGE)
    return assess(asking.put(stack, KNOWLEDGE, asking.NOTHING, ""), KNOWLEDGE, as_of=AS_OF).to_json()


@pytest.mark.parametrize("path", CASES[::3], ids=lambda p: p.stem)
def test_cases_are_answered_as_check_answers_them(path: Path) -> None:
    question = json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8"))["stack"], default=str))
    assert asked(question) == [checked(question)]


WORDS = st.one_of(
    st.sampled_from(["a", "aa", "A", "a/b", "a.b", "mit", "MIT", "gemma", "Llama", "llama-x", "org/Llama-x", "id", "release", "line", "the", "weights", "z" * 200, "0", "id+@00001@+", "GPL-3.0-only", "yes", "null", "1"]),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,12}", fullmatch=True),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(stacks(most=4), st.lists(WORDS, min_size=8, max_size=8, unique=True), st.lists(st.one_of(WORDS, st.text(max_size=8)), min_size=4, max_size=4), st.randoms(use_true_random=False))
def test_names_change_nothing_but_names(data: dict[str, Any], ids: list[str], names: list[str], chance: random.Random) -> None:
    """The same stack under other ids and names, one after the other: the second is answered from what was kept of the first."""
    batch = Batch(KNOWLEDGE, "mainstream", {}, AS_OF)
    for turn in (0, 4):
        new = dict(zip(data["components"], ids[turn:], strict=False))
        parts = {}
        for old, part in data["components"].items():
            sources = {r: [{**s, "component": new[s["component"]]} if isinstance(s, dict) else new[s] for s in (some if isinstance(some, list) else [some])] for r, some in part.get("from", {}).items()}
            parts[new[old]] = {**part, **({"from": sources} if sources else {}), **({"name": chance.choice(names)} if chance.random() < 0.5 else {})}
        question = {**data, "components": parts, "release": {**data["release"], "component": new[data["release"]["component"]]}}
        question = {k: v for k, v in question.items() if k in ("licgraph", "components", "release")}
        wanted = None
        with contextlib.suppress(LicgraphError):
            wanted = checked(question)
        found = asked(question, batch=batch)
        assert found == [wanted] if wanted is not None else found[0]["answer"] is None


def test_what_was_kept_is_used_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr("licgraph.batch.assess", lambda *a, **k: calls.append(1) or assess(*a, **k))
    monkeypatch.setattr("licgraph.batch.KEPT", 12_000)
    batch = Batch(KNOWLEDGE, "mainstream", {}, AS_OF)
    other = json.loads(json.dumps(GOOD).replace("base", "foundation").replace("mine", "tuned"))
    first, second = asked(GOOD, other, batch=batch)
    assert (len(calls), first["component"], second["component"]) == (1, "mine", "tuned")
    assert second["inputs"][0]["path"] == "line 2"
    others = [{**GOOD, "release": {"component": "mine", "license": i}} for i in ("MIT", "ISC", "Zlib", "0BSD", "CC-BY-4.0", "CC0-1.0", "BSL-1.0", "EPL-2.0", "MPL-2.0", "X11", "curl", "NCSA")]
    asked(*others, batch=batch)
    asked(others[-1], batch=batch)
    assert len(calls) == 1 + len(others)
    asked(GOOD, batch=batch)
    assert len(calls) == 2 + len(others), "the oldest was let go"


def run(*words: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(cli, ["batch", *words, "--as-of", AS_OF], input=given)


BAD = {
    "no JSON": ("{", "not valid YAML"), "a list": ("[1]", "expected a map"), "a word": ("MIT", "expected a map"), "another key": ('{"licgraph": 1, "components": {"a": {"kind": "code"}}, "relase": {}}', "relase"), "twice": ('{"licgraph": 1, "licgraph": 1, "components": {"a": {"kind": "code"}}}', "stands already"),
    "no release": ('{"licgraph": 1, "components": {"a": {"kind": "code"}, "b": {"kind": "code"}}}', "what is released"), "unknown source": (json.dumps(GOOD).replace('"finetune": "base"', '"finetune": "bsae"'), "`bsae`"), "unknown licence words": (json.dumps(GOOD).replace("Apache-2.0", "MIT AND"), "MIT AND"),
    "an option": ('{"stack": "x", "licence": "MIT"}', "licence"), "a path": ('{"stack": "licgraph.yaml"}', "--paths"), "the Hub": ('{"stack": "hf:org/name"}', "--paths"), "a word that stands for one": (json.dumps(GOOD).replace("Apache-2.0", "id+@00000@+"), "@+"), "a number": ('{"stack": 1}', "expected a stack"), "a profile": (json.dumps({"stack": GOOD, "profile": "odd"}), "no such profile"),
    "deep": ('{"a":' * 5_000 + "1" + "}" * 5_000, "deeper"), "no text": (b"\xff\xfe{}", "UTF-8"), "long": (b'{"a": "' + b"x" * MAX_BYTES + b'"}', "MB"),
    "made from itself": ('{"licgraph": 1, "components": {"a": {"kind": "weights", "from": {"finetune": "b"}}, "b": {"kind": "weights", "from": {"finetune": "a"}}}, "release": {"component": "a"}}', "made from each other"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_one_line_and_the_others_are_answered(name: str) -> None:
    line, says = BAD[name]
    good = json.dumps(GOOD).encode()
    result = run(given=b"\n".join((good, line if isinstance(line, bytes) else line.encode(), b"", good)))
    assert result.exit_code == 2
    answers = [json.loads(text) for text in result.stdout.splitlines()]
    assert [a["answer"] for a in answers] == ["yes", None, "yes"]
    assert answers[1]["schema"] == "licgraph/error/1"
    assert says in json.dumps(answers[1], ensure_ascii=False)
    assert any("line 2" in f["file"] or says in f["file"] for f in answers[1]["faults"]) or answers[1]["faults"][0]["file"] in ("profile",)
    assert answers[2]["inputs"][0]["path"] == "line 4"
    assert "3 questions: 1 error, 2 pass" in result.stderr


@pytest.mark.parametrize(("license_id", "code"), [("MIT", 0), ("GPL-3.0-only", 1), ("quuxterms", 3)])
def test_the_exit_code_is_that_of_the_worst(license_id: str, code: int) -> None:
    other = {**GOOD, "components": {**GOOD["components"], "base": {"license": license_id, "kind": "code"}, "mine": {"kind": "code", "from": {"modifies": "base"}}}}
    assert run(given=f"{json.dumps(GOOD)}\n{json.dumps(other)}\n").exit_code == code


def test_nothing_asked_is_no_pass() -> None:
    for given_ in ("", "\n \n"):
        result = run(given=given_)
        assert result.exit_code == 2
        assert json.loads(result.stdout)["answer"] is None


def test_options_stand_beside_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "licgraph.yaml").write_text(json.dumps(GOOD), "utf-8")
    questions = [{"stack": "licgraph.yaml", "license": "MIT"}, {"stack": GOOD, "license": "CC-BY-4.0", "profile": "permissive", "form": "service"}, {"stack": GOOD, "facts": {"monthly-active-users": 5, "multimodal": True}, "assume": {"training-is-adaptation": "no"}}]
    answers = [json.loads(line) for line in run("--paths", given="\n".join(map(json.dumps, questions))).stdout.splitlines()]
    assert [(a["proposed"], a["profile"], a["form"]) for a in answers] == [("MIT", "mainstream", "weights"), ("CC-BY-4.0", "permissive", "service"), ("Apache-2.0", "mainstream", "weights")]


def test_processes_keep_the_order_and_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_batch, "CHUNK", 3)
    file = tmp_path / "q.ndjson"
    file.write_text("".join(json.dumps({**GOOD, "release": {"component": "mine", "license": i}}) + "\n" for i in ("MIT", "GPL-3.0-only", "MIT OR", "ISC", "gemma", "CC-BY-4.0", "MIT", "0BSD")), "utf-8")
    one, two = run(str(file)), run(str(file), "--jobs", "2")
    assert one.stdout == two.stdout
    assert (one.exit_code, two.exit_code) == (2, 2)


def test_lines_are_read_as_they_come_and_none_is_held_whole() -> None:
    long = b"x" * (3 * MAX_BYTES)
    found = list(cli_batch._lines(io.BytesIO(b"a\n" + long + b"\nb\n" + long)))
    assert [len(f) for f in found] == [2, MAX_BYTES + 1, 2, MAX_BYTES + 1]
    assert found[2] == b"b\n"


def test_faults_of_the_run_come_first(knowledge: Knowledge) -> None:
    assert knowledge.name_prefixes
    for words in (["--assume", "odd=1"], ["--as-of", "yesterday"], ["nothere.ndjson"]):
        result = CliRunner().invoke(cli, ["batch", *words], input=json.dumps(GOOD))
        assert result.exit_code == 2
        assert json.loads(result.stdout)["schema"] == "licgraph/error/1"


def test_a_name_that_looks_like_a_word_that_stands_for_one_stays() -> None:
    question = json.loads(json.dumps(GOOD))
    question["components"]["mine"]["name"] = "Llama id+@00000@+ line+@@+"
    assert asked(question) == [checked(question)]
