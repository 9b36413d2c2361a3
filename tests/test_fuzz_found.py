"""What any bytes have brought to light: the least that showed it, and every target on its own seeds."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random

import pytest

from licgraph import defaults, knowledge
from licgraph.answer import assess
from licgraph.errors import KnowledgeError, LicgraphError, StackError
from licgraph.expression import ExpressionFault, parse, render
from licgraph.inputs import card, draft_of, read
from licgraph.inputs.assemble import stack_of, tree_of
from licgraph.inputs.loose import Source
from licgraph.inputs.stackfile import from_text
from licgraph.inputs.writer import render_stack
from licgraph.knowledge import Knowledge
from licgraph.stack import Release

from .conftest import AS_OF
from .fuzz import seeds
from .fuzz.changed import changed
from .fuzz.targets import TARGETS, command


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_bears_its_seeds_and_changes_of_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short run of each, with the same changes every time; `tools/fuzz.py` goes on from there."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", "/nonexistent")  # targets that need one set their own
    monkeypatch.delenv("LICGRAPH_CORPORA", raising=False)
    monkeypatch.delenv("LICGRAPH_TEXTS", raising=False)
    seeds.real.cache_clear()
    target = TARGETS[name]
    for seed in target.seeds()[:4]:
        target.run(seed)
        for number in range(3):
            target.run(changed(seed, Random(number)))
    seeds.real.cache_clear()


def test_every_reader_has_a_seed_that_it_reads() -> None:
    from licgraph.inputs import hub_cache, reader_of, readers

    for reader in readers():
        if reader is not hub_cache:
            name, own = seeds.FORMATS[reader.FORMAT]
            assert reader_of(Source(name, given=own[0])) is reader, name


@pytest.mark.parametrize("text", ["A WITH mit OR (OR B", "(" * 100, "MIT OR (" * 600 + "ISC" + ")" * 600, "MIT AND (ISC OR " * 300 + "ISC" + ")" * 300, "MIT " * 30_000])
def test_an_expression_that_is_none_is_a_fault(text: str, knowledge: Knowledge) -> None:
    with pytest.raises(ExpressionFault):
        parse(text, knowledge)


def test_half_a_surrogate_pair_makes_no_known_name(tmp_path: Path) -> None:
    """`MIT` and a damaged character is not MIT."""
    base = knowledge.load()
    file = tmp_path / "bom.cdx.json"
    file.write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "data", "name": "d\\ud83d", "licenses": [{"license": {"name": "MIT\\ud83d"}}]}]}')
    stack = stack_of(draft_of(str(file), base), base)
    assert [render(c.license) for c in stack.components.values() if c.license is not None] == ["LicenseRef-unknown-MIT"]
    render_stack(draft_of(str(file), base), base).encode()


def test_an_ambiguous_name_among_others_can_be_read_again(knowledge: Knowledge) -> None:
    for written in ("MIT AND Apache- - ]", "MIT, BSD", "MIT and gpl-3.0"):
        tree = tree_of(written, knowledge)
        assert render(parse(render(tree), knowledge)) == render(tree)


def test_a_source_that_is_a_word_for_nothing_is_a_gap(knowledge: Knowledge) -> None:
    found = card.read(Source("README.md", given=b"---\nlicense: mit\npretty_name: D\nsource_datasets: [unknown]\n---\n"), knowledge)
    assert "" not in found.parts
    assert "nothing that can be looked up" in found.unread[0].why
    from_text(render_stack(found, knowledge), "s.yaml", knowledge)


def test_a_name_of_blanks_is_left_out_of_the_file(knowledge: Knowledge) -> None:
    found = card.read(Source("README.md", given='---\nlicense: mit\nmodel_name: "a\u00a0b\u200b"\nbase_model: org/b\n---\n'.encode()), knowledge)
    for part in found.parts.values():
        part.copyright = "\u200b"
        if part.name != "b":
            assert "a b" in render_stack(found, knowledge)
    assert "copyright" not in render_stack(found, knowledge)


@pytest.mark.parametrize("text", ["tool = 3 # licgraph", "[tool]\nlicgraph = 3", "[tool.licgraph]\nx = " + "[" * 5_000, "[tool.licgraph]\nx = " + "9" * 5_000, "[tool.licgraph.facts]\ndomicile = nan", "[tool.licgraph]\n" + "#" * 8_000_000], ids=lambda t: t[:30])
def test_defaults_that_are_none(text: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    if text.startswith("tool = 3"):
        assert defaults.find(tmp_path) == defaults.Defaults()
        return
    with pytest.raises(StackError):
        defaults.find(tmp_path)


@pytest.mark.parametrize("broken", ["empty", "binary", "rows", "folder"])
def test_a_knowledge_base_that_is_none(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    base = tmp_path / "k"
    (base / "licenses").mkdir(parents=True)
    if broken == "binary":
        (base / "spdx.tsv").write_bytes(b"a\tb\n\xff\xfe\n")
    elif broken == "rows":
        (base / "spdx.tsv").write_text("id\tname\nMIT\n")
    elif broken == "folder":
        (base / "index.jsonl").write_text("{")
    with pytest.raises(KnowledgeError):
        knowledge.load(base)


@pytest.mark.parametrize("change", [{"inputs": [3]}, {"inputs": [{}]}, {"assumptions": []}, {"versions": 3}, {"duties": [{}]}, {"blockers": {"a": 1}}, {"by_profile": [1]}])
def test_a_kept_verdict_that_was_damaged(change: dict[str, object], tmp_path: Path) -> None:
    from .fuzz.targets import a_verdict

    (tmp_path / "new.json").write_bytes(a_verdict())
    (tmp_path / "old.json").write_text(json.dumps({**json.loads(a_verdict()), **change}))
    for form in ("text", "json", "markdown"):
        command(["diff", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "-f", form])


def test_a_key_of_several_lines_makes_no_lines_of_its_own() -> None:
    with pytest.raises(LicgraphError) as problem:
        from_text('licgraph: 1\n"x\\n0 faults, all is well": 1\n', "s.yaml", knowledge.load())
    assert all("\n" not in str(f) for f in problem.value.faults)


def test_a_name_too_long_for_a_file_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["check"], ["explain"], ["diff", "x"], ["import"], ["doctor"], ["notice", "-o", "out"]):
        command([*words, "a" * 300])
    with pytest.raises(StackError):
        read("a" * 300, knowledge.load())


def test_a_file_name_that_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "caf\udce9.yaml"
    Path(name).write_bytes(seeds.STACK)
    for words in (["check", "-f", "json"], ["check", "--output", "sarif=o"], ["check", "--lock", "l"], ["check", "--write-baseline", "b"], ["check", "licgraph.yaml", "-f", "junit"], ["explain"], ["import"], ["export", "-f", "spdx-2.3"], ["doctor"]):
        command([words[0], name, *words[1:]])


@pytest.mark.parametrize("raw", [b"\n" * 65_536, b"\r\n" * 32_768, b" " * 65_536, b"\n \n" * 20_000, b"{ " * 32_768, b"<!--" * 16_384, b"name:\n" * 10_000, b'"' * 65_536], ids=lambda r: repr(r[:6]))
def test_no_reader_takes_long_to_know_a_file(raw: bytes) -> None:
    from licgraph.inputs import is_stack_file, reader_of

    began = time.process_time()
    for name in ("x.yml", "x.json", "README.md", "Modelfile"):
        is_stack_file(Source(name, given=raw))
        reader_of(Source(name, given=raw))
    assert time.process_time() - began < 5


def test_half_a_character_in_a_header_is_damage_like_any_other(knowledge: Knowledge) -> None:
    header = json.dumps({"__metadata__": {"modelspec.title": "m\ud83d", "\ud83d": "x", "modelspec.license": "mit\udc00"}}).encode()
    stack = read("m.safetensors", knowledge, len(header).to_bytes(8, "little") + header)
    assert "\N{REPLACEMENT CHARACTER}" in str([(c.name, c.written) for c in stack.components.values()])
    json.dumps(assess(stack, knowledge, as_of=AS_OF).to_json(), ensure_ascii=False).encode()


@pytest.mark.parametrize(("name", "text"), [
    ("bom.cdx.json", '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "data", "name": "d", "licenses": [{"license": {"id": "MIT"}}]}], "formu\\ud83dlation": [{"workflows": [{"bom-ref": "w"}]}]}'),
    ("bom.cdx.json", '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "data", "name": "d\\ud83d", "properties": [{"name": "licgraph:fact:domicile", "value": "\\"\\\\ud83d\\""}], "licenses": [{"license": {"id": "MIT\\udc00"}}]}]}'),
    ("d.json", '{"x\\ud83d": {"Unique Dataset Identifier": "x\\ud83d", "Dataset Name": "X\\udc00", "Licenses": [{"License": "MIT\\ud83d"}], "Collection": "c"}}'),
])  # fmt: skip
def test_half_a_character_never_gets_out(name: str, text: str, knowledge: Knowledge) -> None:
    """Neither in a word nor in the place where it stands."""
    stack = read(name, knowledge, text.encode())
    if stack.release is None and stack.components:
        stack = stack._replace(release=Release(next(iter(stack.components)), None, "", "dataset", "any", "public"))
    json.dumps(assess(stack, knowledge, as_of=AS_OF).to_json(), ensure_ascii=False).encode()
    str(stack).encode()
