"""Ollama Modelfiles and KitOps Kitfiles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph.errors import StackError
from licgraph.index import data_folder
from licgraph.inputs import kitfile, modelfile, reader_of
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source, read_yaml
from licgraph.knowledge import Knowledge

from .test_input_weights import ISC, gg_bytes, st_bytes, steps, texts

LIBRARY = data_folder() / "ollama.yaml"


def read(text: str, knowledge: Knowledge, result: str = "") -> Draft:
    return modelfile.read(Source("Modelfile", None, text.encode()), knowledge, result)


def only_step(draft: Draft) -> tuple[str, str, float]:
    assert len(draft.steps) == 1
    step = next(iter(draft.steps.values()))
    return step.relation, step.source, step.confidence


# Modelfile


def test_a_whole_modelfile(knowledge: Knowledge) -> None:
    text = f'''# ours
from hf.co/org/base-GGUF:Q4_K_M
PARAMETER temperature 0.7
parameter stop "<|end|>"
TEMPLATE """{{{{ .Prompt }}}}
FROM never/this
LICENSE """
SYSTEM "You are
ADAPTER ./never.gguf
terse"
MESSAGE user hello there
Adapter ./style.gguf
LICENSE """{ISC}"""
'''
    one = Source("Modelfile", None, text.encode())
    assert reader_of(one) is modelfile
    draft = modelfile.read(one, knowledge, "ours")
    assert draft.release == "ours"
    part = draft.parts["ours"]
    assert (part.kind, part.ours) == ("weights", True)
    assert steps(draft) == {("ours", "convert", "org/base-GGUF"), ("ours", "contains", "local/style.gguf")}
    step = draft.steps[("ours", "convert", "org/base-GGUF")]
    assert (step.confidence, step.inferred, str(step.evidence)) == (1.0, "", "Modelfile:2")
    assert [(s.where, s.written, s.evidence.line) for s in part.said] == [("licence-file", "ISC", 13)]
    assert draft.parts["local/style.gguf"].kind == "adapter"
    assert draft.parts["local/style.gguf"].inferred
    assert not draft.unread
    assert stack_of(draft, knowledge).release is not None


@pytest.mark.parametrize(("name", "relation", "base", "sure"), [
    ("llama3.2", "quantize", "meta-llama/Llama-3.2-3B-Instruct", 0.9), ("llama3.2:3b", "quantize", "meta-llama/Llama-3.2-3B-Instruct", 0.9), ("llama3.2:1b", "quantize", "meta-llama/Llama-3.2-1B-Instruct", 0.9),
    ("registry.ollama.ai/library/llama3.1:8b-instruct-q4_K_M", "quantize", "meta-llama/Llama-3.1-8B-Instruct", 0.9), ("llama3.1:8b-instruct-fp16", "convert", "meta-llama/Llama-3.1-8B-Instruct", 0.9),
    ("deepseek-r1:70b", "quantize", "deepseek-ai/DeepSeek-R1-Distill-Llama-70B", 0.9), ("deepseek-r1:14b", "quantize", "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", 0.9), ("nomic-embed-text", "convert", "nomic-ai/nomic-embed-text-v1.5", 0.9),
    ("deepseek-r1:8b", "convert", "ollama/deepseek-r1:8b", 1.0), ("deepseek-r1", "convert", "ollama/deepseek-r1:latest", 1.0), ("llama3.1:8b-text-q4_0", "convert", "ollama/llama3.1:8b-text-q4_0", 1.0), ("qwen2.5:7b-base", "convert", "ollama/qwen2.5:7b-base", 1.0),
    ("mistral", "convert", "ollama/mistral:latest", 1.0), ("somebody/llama3.2:3b", "convert", "ollama/somebody/llama3.2:3b", 1.0), ("registry.example.org/team/m:1", "convert", "registry.example.org/team/m:1", 1.0),
    ("hf.co/org/repo", "convert", "org/repo", 1.0), ("https://huggingface.co/org/repo:IQ3_M", "convert", "org/repo", 1.0), ("/models/x.gguf", "convert", "local/x.gguf", 1.0), ("./dir", "convert", "local/dir", 1.0), ("x.gguf", "convert", "local/x.gguf", 1.0),
])  # fmt: skip
def test_from(name: str, relation: str, base: str, sure: float, knowledge: Knowledge) -> None:
    draft = read(f"FROM {name}\n", knowledge, "ours")
    assert only_step(draft) == (relation, base, sure)
    part = draft.parts[base]
    if base.startswith(("ollama/", "local/", "registry")):
        assert (part.source, bool(part.inferred)) == ("", True)  # nothing to look up: unknown
        components = stack_of(draft, knowledge).components
        assert components[base].written == "NOASSERTION"
    else:
        assert part.source == f"hf:{base}"


def test_the_table_of_tags_is_sound(knowledge: Knowledge) -> None:
    """Each entry is a repository by its full name, and a default tag is one of the others."""
    table = read_yaml(LIBRARY.read_text("utf-8"), "ollama.yaml")[0]
    entries = [(m, t, r.text) for m, e in table.items() for t, r in e.get("tags").items()]
    assert len(entries) > 40
    for model, tag, repository in entries:
        assert repository.count("/") == 1
        assert tag == tag.casefold()
        assert modelfile.origin_of(model, tag)[0] == repository
        assert tag != "latest" or [r for m, _, r in entries if m == model].count(repository) > 1, model
    for model, entry in table.items():
        assert {k for k, _ in entry.items()} <= {"tags", "as"}, model
    canonical = [r for _, _, r in entries if knowledge.hub_name(r) not in (None, r)]
    assert not canonical


def test_what_ollama_shows_of_a_model(knowledge: Knowledge) -> None:
    text = '# Modelfile generated by "ollama show"\n# To build a new Modelfile based on this, replace FROM with:\n# FROM llama3.2:3b\n\nFROM /usr/share/ollama/.ollama/models/blobs/sha256-dde5aa3fc5ffc17176b5e8bdc82f587b24b2678c6c66101bf7da77af9f7ccdff\n'
    assert only_step(read(text, knowledge, "m")) == ("quantize", "meta-llama/Llama-3.2-3B-Instruct", 0.9)
    elsewhere = text.replace("/blobs/sha256-", "/x/")
    assert only_step(read(elsewhere, knowledge, "m"))[1].startswith("local/")


@pytest.mark.parametrize(("blocks", "said"), [
    (["MIT"], [("tag", "MIT")]), (['"MIT"', '"""Apache-2.0"""'], [("tag", "MIT, Apache-2.0")]), (['"""' + ISC + '"""', "mit"], [("licence-file", "ISC, mit")]), (["ISC", '"""' + ISC + '"""'], [("licence-file", "ISC")]),
    (["unknown"], []), (['""""""'], []), (["", "MIT"], [("tag", "MIT")]),
])  # fmt: skip
def test_license_blocks_all_apply(blocks: list[str], said: list[tuple[str, str]], knowledge: Knowledge) -> None:
    draft = read("FROM org\n" + "".join(f"LICENSE {b}\n" for b in blocks), knowledge, "m")
    assert [(s.where, s.written) for s in draft.parts["m"].said] == said
    assert not draft.unread


def test_texts_that_are_no_known_license(knowledge: Knowledge) -> None:
    policy = "Model Acceptable Use Policy\n\nYou will not\n\n1. lie\n2. steal\n"
    draft = read(f'FROM llama3.2\nLICENSE """{policy}"""\n', knowledge, "m")
    assert draft.parts["m"].said == []
    assert [n.id for n in draft.notices] == ["use-policy"]
    terms = "These are our house terms.\n\nDo not share.\n\nPay us.\nEnd.\n"
    draft = read(f'FROM llama3.2\nLICENSE """{terms}"""\n', knowledge, "m")
    assert len(draft.parts["m"].said) == 1
    assert [n.id for n in draft.notices] == ["license-text-unknown"]
    components = stack_of(draft, knowledge)
    assert components.release is not None
    assert "modelfile" in components.release.written


def test_what_leaves_a_gap(knowledge: Knowledge) -> None:
    open_ended = read('FROM llama3.2\nSYSTEM """never closed\nFROM hf.co/org/hidden\n', knowledge, "m")
    assert [u.source for u in open_ended.unread] == ["Modelfile:2"]
    strange = read("FROM llama3.2\nGRAFT org/other\n", knowledge, "m")
    assert [(u.source, u.component) for u in strange.unread] == [("Modelfile:2", "m")]
    assert "names no model" in read("FROM llama3.2\nFROM\n", knowledge, "m").unread[0].why
    drafted = read("FROM llama3.2\nDRAFT hf.co/org/small\nRENDERER x\nREQUIRES 0.14\n", knowledge, "m")
    assert ("m", "contains", "org/small") in steps(drafted)
    assert not drafted.unread
    many = read("FROM llama3.2\n" + "".join(f"LICENSE L{n}\n" for n in range(99)), knowledge, "m")
    assert "99 licences" in many.unread[0].why
    models = read("".join(f"FROM m{n}\n" for n in range(50_000)), knowledge, "m")
    assert len(models.steps) == modelfile.MAX_NAMED
    assert "50000 models" in models.unread[0].why


def _write(path: Path, raw: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return path


def test_files_beside_are_read_as_the_same_thing(tmp_path: Path, knowledge: Knowledge) -> None:
    header = gg_bytes(texts(license="cc-by-nc-4.0", file_type=15, source__repo_url="https://huggingface.co/org/base"))
    path = _write(tmp_path / "box" / "Modelfile", "FROM ./m-*.gguf\nADAPTER ./l.safetensors\n")
    for n in (1, 2):
        _write(tmp_path / "box" / f"m-0000{n}-of-00002.gguf", header)
    _write(tmp_path / "box" / "l.safetensors", st_bytes({"modelspec.license": "MIT", "ss_network_module": "x", "ss_sd_model_name": "org/b2"}))
    draft = modelfile.read(Source(str(path), path), knowledge)
    assert draft.release == "box"
    assert steps(draft) == {("box", "quantize", "org/base"), ("box", "contains", "local/l.safetensors"), ("local/l.safetensors", "adapter", "org/b2")}
    assert [s.written for s in draft.parts["box"].said] == ["cc-by-nc-4.0"]
    assert [s.written for s in draft.parts["local/l.safetensors"].said] == ["MIT"]
    assert not draft.parts["local/l.safetensors"].ours
    assert "local/m-.gguf" not in draft.parts
    within = modelfile.read(Source(str(path), path), knowledge, "box")  # the folder's reader reads them itself
    assert not within.steps
    assert not within.unread


def test_a_file_beside_that_says_nothing_of_its_origin(tmp_path: Path, knowledge: Knowledge) -> None:
    path = _write(tmp_path / "Modelfile", "FROM m.gguf\n")
    _write(tmp_path / "m.gguf", gg_bytes(texts(file_type=15)))
    assert "quantised" in modelfile.read(Source(str(path), path), knowledge).unread[0].why
    _write(tmp_path / "m.gguf", gg_bytes(texts(file_type=15))[:20])
    draft = modelfile.read(Source(str(path), path), knowledge)
    assert "ends within" in draft.unread[0].why


def test_files_outside_are_not_read(tmp_path: Path, knowledge: Knowledge) -> None:
    _write(tmp_path / "secret.gguf", gg_bytes(texts(license="mit", file_type=1)))
    path = _write(tmp_path / "box" / "Modelfile", "FROM ../secret.gguf\nFROM ./link.gguf\nFROM ../*.gguf\nFROM " + str(tmp_path / "secret.gguf") + "\n")
    (tmp_path / "box" / "link.gguf").symlink_to(tmp_path / "secret.gguf")
    draft = modelfile.read(Source(str(path), path), knowledge)
    assert draft.parts["box"].said == []
    assert {s.source for s in draft.steps.values()} == {"local/secret.gguf", "local/link.gguf", "local/gguf"}


@pytest.mark.parametrize(("name", "text"), [
    ("Dockerfile", "FROM python:3.12\nRUN pip install x\nLICENSE x\n"), ("Modelfile", "FROM a\nRUN x\n"), ("query.sql", "SELECT *\nFROM t\n"), ("notes.txt", "FROM me\nto you\n"), ("x.py", "FROM x\nPARAMETER y\n"), ("README.md", "FROM a\nSYSTEM b\n"), ("Containerfile", "FROM a\n"),
])  # fmt: skip
def test_what_is_no_modelfile(name: str, text: str, tmp_path: Path) -> None:
    path = _write(tmp_path / name, text)
    assert modelfile.sniff(Source(str(path), path)) in ((40,) if name == "Modelfile" else (0,))


def test_other_names_of_modelfiles(tmp_path: Path, knowledge: Knowledge) -> None:
    for name in ("Modelfile.q4", "chat.modelfile", "recipe", "recipe.txt"):
        path = _write(tmp_path / name, "FROM llama3.2\nPARAMETER temperature 1\n")
        assert reader_of(Source(str(path), path)) is modelfile
    assert modelfile.read(Source(str(tmp_path / "chat.modelfile"), tmp_path / "chat.modelfile"), knowledge).release == "chat"
    for text in ("", "PARAMETER x 1\n", "# FROM a\n", "FROM\n"):
        with pytest.raises(StackError):
            read(text, knowledge)


# Kitfile


def kit(text: str, knowledge: Knowledge, result: str = "", name: str = "Kitfile") -> Draft:
    return kitfile.read(Source(name, None, text.encode()), knowledge, result)


KIT = """manifestVersion: "1.0.0"
package:
  name: Our Kit
  version: 2.1.0
  authors: [A. Person, B. Person]
model:
  name: ours
  path: ./model.safetensors
  license: Apache-2.0
  parts:
    - path: ./lora.gguf
      type: LoRA weights
    - path: ./tokenizer.json
      type: tokenizer
    - path: ./proj.gguf
      type: projector
      license: MIT
code:
  - path: src/
    license: GPL-3.0-only
  - path: tools/
datasets:
  - name: pairs
    path: data/pairs.csv
    license: CC-BY-NC-4.0
  - path: data/more.csv
docs:
  - path: README.md
prompts:
  - path: system.md
mcpServers:
  - name: files
    path: files.mcpb
"""


def test_a_whole_kitfile(knowledge: Knowledge) -> None:
    one = Source("Kitfile", None, KIT.encode())
    assert reader_of(one) is kitfile
    draft = kitfile.read(one, knowledge)
    ours = draft.parts["Our-Kit"]
    assert (draft.release, ours.kind, ours.name, ours.author, ours.ours) == ("Our-Kit", "weights", "Our Kit", "A. Person, B. Person", True)
    assert [(s.where, s.written, str(s.evidence)) for s in ours.said] == [("tag", "Apache-2.0", "Kitfile:9")]
    found = {i.removeprefix("Our-Kit/"): (p.kind, p.ours, [s.written for s in p.said], bool(p.inferred)) for i, p in draft.parts.items() if i != "Our-Kit"}
    assert found == {
        "part/lora.gguf": ("adapter", False, [], True), "part/proj.gguf": ("weights", False, ["MIT"], False),
        "code/src": ("code", False, ["GPL-3.0-only"], False), "code/tools": ("code", True, [], False),
        "data/pairs": ("dataset", False, ["CC-BY-NC-4.0"], False), "data/data-more.csv": ("dataset", False, [], True),
        "docs/README.md": ("document", True, [], False), "prompt/system.md": ("document", True, [], False), "mcp/files": ("code", False, [], True),
    }  # fmt: skip
    assert {(r, s.removeprefix("Our-Kit/")) for _, r, s in draft.steps} == {("contains", f) for f in found} | {("trained-on", "data/pairs"), ("trained-on", "data/data-more.csv")}
    trained = draft.steps[("Our-Kit", "trained-on", "Our-Kit/data/pairs")]
    assert (trained.confidence, str(trained.evidence)) == (0.6, "Kitfile:23")
    assert draft.steps[("Our-Kit", "contains", "Our-Kit/data/pairs")].confidence == 1.0
    components = stack_of(draft, knowledge).components
    assert components["Our-Kit/data/data-more.csv"].written == "NOASSERTION"
    assert components["Our-Kit/data/pairs"].written == "CC-BY-NC-4.0"


def test_data_of_a_kit_bind_the_release(knowledge: Knowledge) -> None:
    """A third party's non-commercial data do not vanish because our kit packs them."""
    from licgraph.answer import assess

    text = "manifestVersion: 1.0.0\npackage: {name: k}\nmodel: {path: m.gguf, license: Apache-2.0}\ndatasets: [{path: d.csv%s}]\n"
    answers = [assess(stack_of(kit(text % more, knowledge), knowledge), knowledge, as_of="2026-11-22").answer for more in ("", ", license: CC0-1.0")]
    assert answers[0] == "unknown"
    assert answers[1] != "unknown"


@pytest.mark.parametrize(("path", "base", "revision"), [
    ("ghcr.io/org/kit:1.2", "ghcr.io/org/kit:1.2", "1.2"), ("jozu.ml/org/kit@sha256:" + "a" * 64, "jozu.ml/org/kit@sha256:" + "a" * 64, "sha256:" + "a" * 64), ("localhost:5000/kit:x", "localhost:5000/kit:x", "x"),
    ("https://huggingface.co/org/m", "org/m", ""),
])  # fmt: skip
def test_a_model_that_is_another_kits(path: str, base: str, revision: str, knowledge: Knowledge) -> None:
    draft = kit(f"manifestVersion: 1.0.0\nmodel:\n  path: {path}\n", knowledge, "k")
    assert only_step(draft) == ("convert", base, 1.0)
    part = draft.parts[base]
    assert part.revision == revision
    assert part.source == (f"hf:{base}" if base == "org/m" else path)
    assert str(draft.steps[("k", "convert", base)].evidence) == "Kitfile:3"
    assert stack_of(draft, knowledge).components[base].written == "NOASSERTION"


@pytest.mark.parametrize("path", ["./m.gguf", "m.gguf", "models/m.gguf", "/abs/m.gguf", "./ghcr.io/x:1", "", "models.v2/m"])
def test_a_path_is_no_reference(path: str, knowledge: Knowledge) -> None:
    draft = kit(f'manifestVersion: 1.0.0\nmodel: {{path: "{path}", license: MIT}}\n', knowledge, "k")
    assert not any(r == "convert" for _, r, _ in draft.steps) or path == "models.v2/m"


def test_dirty_kitfiles(knowledge: Knowledge) -> None:
    same = kit("manifestVersion: 1.0.0\ncode: [{path: a, license: MIT}, {path: a, license: ISC}]\n", knowledge, "k")
    assert {i: [s.written for s in p.said] for i, p in same.parts.items() if i != "k"} == {"k/code/a": ["MIT"], "k/code/a-2": ["ISC"]}
    wrong = kit("manifestVersion: 1.0.0\nmodel: m.gguf\ncode: src\ndatasets: {name: x, license: [MIT, ISC]}\ndocs: [[], 3]\n", knowledge, "k")
    assert {"k/code/src", "k/data/x", "k/docs/3"} <= set(wrong.parts)
    assert [u.source for u in wrong.unread] == ["Kitfile:5"]
    labels = kit("manifestVersion: 1.0.0\npackage: {name: n, license: MIT}\nmodel: {license: Apache-2.0}\n", knowledge).parts["n"].said
    assert [(s.where, s.written) for s in labels] == [("tag", "Apache-2.0"), ("registry", "MIT")]
    data = kit("manifestVersion: 1.0.0\npackage: {name: n}\ndatasets: [{path: d}]\n", knowledge)
    assert data.parts["n"].kind == "dataset"
    own = kit("manifestVersion: 1.0.0\nmodel: {path: 'ghcr.io/org/k:1'}\n", knowledge, "ghcr.io/org/k:1")
    assert own.unread
    as_json = kit(json.dumps({"manifestVersion": "1.0.0", "model": {"license": "MIT"}}), knowledge, "k", "Kitfile.json")
    assert [s.evidence.pointer for s in as_json.parts["k"].said] == ["/model/license"]


@pytest.mark.parametrize("text", ["", "manifestVersion: 1", "[]", "model", "a: b", "model: [", "manifestVersion: 1\nmodel: {}\n"])
def test_no_kitfile_at_all(text: str, knowledge: Knowledge) -> None:
    with pytest.raises(StackError):
        kit(text, knowledge)


@pytest.mark.parametrize(("name", "text"), [("x.yaml", "model: a\ndatasets: b\n"), ("docker-compose.yaml", "version: 3\n"), ("Kitfile.md", "manifestVersion\n"), ("a.yaml", "manifestVersion: 1\n")])
def test_what_is_no_kitfile(name: str, text: str) -> None:
    assert kitfile.sniff(Source(name, None, text.encode())) == 0


_SEEDS = ['FROM llama3.2:3b\nADAPTER ./x\nLICENSE """MIT"""\nSYSTEM "a\nb"\nMESSAGE user "x"\n', KIT]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from(_SEEDS), edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20), st.text(alphabet='"\n :{}[]-#&*aF\t\0é', max_size=8)), max_size=8))
def test_changed_texts_never_crash(seed: str, edits: list[tuple[float, int, str]], knowledge: Knowledge) -> None:
    reader = kitfile if seed is KIT else modelfile
    for where, cut, text in edits:
        at = int(where * len(seed))
        seed = seed[:at] + text + seed[at + cut :]
    one = Source("x", None, seed.encode())
    reader.sniff(one)
    try:
        draft = reader.read(one, knowledge)
    except StackError:
        return
    assert draft.release in draft.parts
    assert {s.source for s in draft.steps.values()} | {s.result for s in draft.steps.values()} <= set(draft.parts)
    stack_of(draft, knowledge)
