"""Readers of weights and of the configurations beside them: headers as `gguf` and `safetensors` write them, and as nobody should."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph.errors import StackError
from licgraph.inputs import gguf, model_config, reader_of, safetensors
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge

ISC = """ISC License

Copyright (c) 2024 A. Person

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
"""


def steps(draft: Draft) -> set[tuple[str, str, str]]:
    return set(draft.steps)


def source(name: str, raw: bytes) -> Source:
    return Source(name, None, raw)


# safetensors


def st_bytes(meta: Any, tensors: dict[str, Any] | None = None) -> bytes:
    header = json.dumps({"__metadata__": meta, **(tensors or {"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


def read_st(meta: Any, knowledge: Knowledge, result: str = "", **tensors: Any) -> Draft:
    return safetensors.read(source("m.safetensors", st_bytes(meta, tensors or None)), knowledge, result)


def test_safetensors_agrees_with_the_library(tmp_path: Path, knowledge: Knowledge) -> None:
    import numpy
    import safetensors as library
    import safetensors.numpy as writer

    meta = {"modelspec.title": "Ours", "modelspec.license": "Apache-2.0", "modelspec.author": "A. Person", "odd ~/ key": "ä\n\"x\""}
    path = tmp_path / "ours.safetensors"
    writer.save_file({"a": numpy.zeros((3, 2), dtype=numpy.float32)}, path, meta)
    with library.safe_open(str(path), framework="numpy") as opened:
        assert opened.metadata() == meta
        assert list(opened.keys()) == [k for k in safetensors.read_header(Source(str(path), path)) if k != "__metadata__"]
    assert safetensors.read_header(Source(str(path), path))["__metadata__"] == meta
    assert reader_of(Source(str(path), path)) is safetensors
    draft = safetensors.read(Source(str(path), path), knowledge)
    part = draft.parts["ours"]
    assert (draft.release, part.kind, part.name, part.author, part.ours) == ("ours", "weights", "Ours", "A. Person", True)
    assert [(s.where, s.written, str(s.evidence)) for s in part.said] == [("tag", "Apache-2.0", f"{path}#/__metadata__/modelspec.license")]
    assert not draft.unread
    assert not draft.notices


@pytest.mark.parametrize(("written", "where", "said"), [
    ("CreativeML Open RAIL++-M", "tag", "CreativeML Open RAIL++-M"), ("https://creativecommons.org/licenses/by/4.0/", "tag", "https://creativecommons.org/licenses/by/4.0/"), (ISC, "licence-file", "ISC"),
])  # fmt: skip
def test_license_in_metadata(written: str, where: str, said: str, knowledge: Knowledge) -> None:
    part = read_st({"modelspec.license": written}, knowledge, "org/m").parts["org/m"]
    assert [(s.where, s.written, s.evidence.pointer) for s in part.said] == [(where, said, "/__metadata__/modelspec.license")]


@pytest.mark.parametrize("written", ["", "unknown", "none", "NOASSERTION"])
def test_words_that_state_nothing_are_not_said(written: str, knowledge: Knowledge) -> None:
    assert read_st({"modelspec.license": written}, knowledge, "m").parts["m"].said == []


def test_a_changed_text_is_not_that_license(knowledge: Knowledge) -> None:
    draft = read_st({"modelspec.license": ISC + "\nNo use by anybody whose name begins with a vowel is granted by this notice."}, knowledge, "m")
    said = draft.parts["m"].said
    assert len(said) == 1
    assert said[0].written != "ISC"
    assert [n.id for n in draft.notices] == ["license-text-differs"]
    assert "m.safetensors#/__metadata__/modelspec.license" in draft.notices[0].why


def test_a_kohya_adapter(knowledge: Knowledge) -> None:
    meta = {
        "ss_network_module": "networks.lora", "ss_sd_model_name": "sd_xl_base_1.0.safetensors", "ss_base_model_version": "sdxl_base_v1-0", "ss_output_name": "cats",
        "ss_dataset_dirs": json.dumps({"10_sks cat": {"n_repeats": 10}}), "ss_datasets": json.dumps([{"subsets": [{"image_dir": "10_sks cat"}, {"image_dir": "more"}]}]), "ss_reg_dataset_dirs": "{}",
    }  # fmt: skip
    draft = read_st(meta, knowledge, "org/cats")
    assert draft.parts["org/cats"].kind == "adapter"
    sdxl = "stabilityai/stable-diffusion-xl-base-1.0"
    assert steps(draft) == {("org/cats", "adapter", sdxl), ("org/cats", "trained-on", "local/10_sks-cat"), ("org/cats", "trained-on", "local/more")}
    step = draft.steps[("org/cats", "adapter", sdxl)]
    assert step.confidence == 0.6
    assert "name of the file" in step.inferred
    assert str(step.evidence) == "m.safetensors#/__metadata__/ss_sd_model_name"
    assert draft.parts["local/more"].inferred
    assert not draft.unread


@pytest.mark.parametrize(("name", "base"), [("/models/pony v6.safetensors", "local/pony-v6.safetensors"), ("org/base", "org/base"), ("pony.ckpt", "local/pony.ckpt"), ("v1-5-pruned.ckpt", "stable-diffusion-v1-5/stable-diffusion-v1-5")])
def test_bases_that_kohya_names(name: str, base: str, knowledge: Knowledge) -> None:
    assert ("m", "adapter", base) in steps(read_st({"ss_network_module": "x", "ss_sd_model_name": name}, knowledge, "m"))


def test_an_adapter_by_its_tensors_and_no_base_named(knowledge: Knowledge) -> None:
    tensors = {f"base_model.model.l.{n}.lora_{ab}.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for n in range(3) for ab in "AB"}
    alone = read_st({"format": "pt"}, knowledge, **tensors)
    assert alone.parts[alone.release].kind == "adapter"
    assert [u.component for u in alone.unread] == [alone.release]
    beside = read_st({"format": "pt"}, knowledge, "org/m", **tensors)
    assert not beside.unread  # the folder's card may name it
    assert [n.id for n in beside.notices] == ["origin-not-named"]
    assert not read_st({"format": "pt"}, knowledge).unread  # whole weights need have no base


def test_a_peft_adapter_in_the_form_of_diffusers(knowledge: Knowledge) -> None:
    meta = {"lora_adapter_metadata": json.dumps({"transformer.base_model_name_or_path": "black-forest-labs/FLUX.1-dev"})}
    draft = read_st(meta, knowledge, "m", **{"a.lora_A.weight": {}})
    assert steps(draft) == {("m", "adapter", "black-forest-labs/FLUX.1-dev")}


def test_merged_from(knowledge: Knowledge) -> None:
    draft = read_st({"modelspec.merged_from": "org/a, My Model ,sd_xl_base_1.0.safetensors"}, knowledge, "m")
    assert steps(draft) == {("m", "merge", "org/a"), ("m", "merge", "local/My-Model"), ("m", "merge", "stabilityai/stable-diffusion-xl-base-1.0")}
    assert {str(s.evidence) for s in draft.steps.values()} == {"m.safetensors#/__metadata__/modelspec.merged_from"}


def test_a_recipe_of_a_web_interface(knowledge: Knowledge) -> None:
    inner = {"primary_model_hash": "cc", "secondary_model_hash": "dd", "tertiary_model_hash": None}
    models = {"aa": {"name": "a.safetensors [0123456789]", "sd_merge_recipe": inner}, "bb": {"name": "b.ckpt", "sd_merge_recipe": None}, "cc": {"name": "c.ckpt"}, "dd": {"name": "d.ckpt"}, "ee": {"name": "e.ckpt"}}
    recipe = {"type": "webui", "primary_model_hash": "aa", "secondary_model_hash": "bb", "tertiary_model_hash": "zz"}
    draft = read_st({"sd_merge_recipe": json.dumps(recipe), "sd_merge_models": json.dumps(models)}, knowledge, "m")
    a, b, c, d, e = (f"local/{x}" for x in ("a.safetensors", "b.ckpt", "c.ckpt", "d.ckpt", "e.ckpt"))
    assert steps(draft) == {("m", "merge", a), ("m", "merge", b), (a, "merge", c), (a, "merge", d), ("m", "merge", e)}
    assert [(u.source, u.component) for u in draft.unread] == [("m.safetensors#/__metadata__/sd_merge_recipe", "m")]
    assert "zz" in draft.unread[0].why


@pytest.mark.parametrize("value", ["{", "[1, 2]", "7", '"x"', '{"aa": 3}', '{"aa": {"name": 3}}', "[" * 50_000])
def test_json_in_metadata_of_every_wrong_form(value: str, knowledge: Knowledge) -> None:
    for key in ("sd_merge_models", "sd_merge_recipe", "ss_dataset_dirs", "ss_datasets", "lora_adapter_metadata"):
        read_st({key: value}, knowledge, "m")
    assert read_st({"sd_merge_models": "{"}, knowledge, "m").unread


def test_safetensors_truncated_at_every_byte(knowledge: Knowledge) -> None:
    whole = st_bytes({"modelspec.license": "MIT"})
    end = len(whole) - 4  # the tensors are never read
    for cut in range(end):
        with pytest.raises(StackError):
            safetensors.read(source("m.safetensors", whole[:cut]), knowledge)
    assert safetensors.read(source("m.safetensors", whole[:end]), knowledge, "m").parts["m"].said


def _refused(raw: bytes, knowledge: Knowledge, name: str = "m.safetensors") -> str:
    with pytest.raises(StackError) as problem:
        (gguf if name.endswith("gguf") else safetensors).read(source(name, raw), knowledge)
    return problem.value.faults[0].what


def test_safetensors_hostile_headers(knowledge: Knowledge) -> None:
    assert "ends before" in _refused(struct.pack("<Q", 1 << 60) + b'{"a":1}', knowledge)
    assert "ends before" in _refused(b"\xff" * 8 + b"{", knowledge)
    long = safetensors.MAX_HEADER + 1
    assert "8 MB" in _refused(struct.pack("<Q", long) + b"{" + b" " * long, knowledge)
    for text in (b"[" * 100_000, b"{]", b'"x"', b"[1]", b"1" * 5_000, b"\xff\xfe\xfd"):
        _refused(struct.pack("<Q", len(text)) + text, knowledge)
    assert "Git LFS" in _refused(b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\n", knowledge)
    assert safetensors.sniff(source("m.safetensors", b"version https://git-lfs.github.com/spec/v1")) == 40


@pytest.mark.parametrize("meta", [[], "x", 3, True])
def test_metadata_that_are_no_map_are_a_gap(meta: Any, knowledge: Knowledge) -> None:
    assert [u.source for u in read_st(meta, knowledge, "m").unread] == ["m.safetensors#/__metadata__"]
    assert not read_st({"modelspec.license": {"a": 1}, "ss_sd_model_name": 3}, knowledge, "m").unread


def test_keys_that_stand_twice_are_a_gap(knowledge: Knowledge) -> None:
    for text in (b'{"__metadata__": {"modelspec.license": "NC", "modelspec.license": "MIT"}}', b'{"__metadata__": {"license": "x"}, "__metadata__": {"license": "MIT"}}'):
        draft = safetensors.read(source("m.safetensors", struct.pack("<Q", len(text)) + text), knowledge)
        assert len(draft.unread) == 1
        assert "twice" in draft.unread[0].why
    once = b'{"__metadata__": {"license": "MIT"}, "a": {"x": 1, "x": 2}}'
    assert not safetensors.read(source("m.safetensors", struct.pack("<Q", len(once)) + once), knowledge).unread


def test_safetensors_bad_utf8_and_a_hundred_thousand_keys(knowledge: Knowledge) -> None:
    text = b'{"__metadata__": {"modelspec.license": "M\xffT"}}'
    said = safetensors.read(source("m.safetensors", struct.pack("<Q", len(text)) + text), knowledge, "m").parts["m"].said
    assert [s.written for s in said] == ["M\ufffdT"]
    raw = st_bytes({f"key{n}": "x" for n in range(100_000)} | {"license": "MIT", "modelspec.merged_from": ",".join(f"org/m{n}" for n in range(2_000))})
    draft = safetensors.read(source("m.safetensors", raw), knowledge, "m")
    assert [s.written for s in draft.parts["m"].said] == ["MIT"]
    assert len(draft.steps) == safetensors.MAX_LISTED
    assert "2000 entries" in draft.unread[0].why


def _sparse(path: Path, head: bytes, size: int) -> Path:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


def test_only_the_header_of_a_large_file_is_read(tmp_path: Path, knowledge: Knowledge) -> None:
    """10 GB, sparse: reading them through would take far longer."""
    one = _sparse(tmp_path / "a.safetensors", st_bytes({"license": "MIT"}), 10 << 30)
    other = _sparse(tmp_path / "b.gguf", gg_bytes([("general.license", 8, "MIT")]), 10 << 30)
    for path, reader in ((one, safetensors), (other, gguf)):
        assert reader_of(Source(str(path), path)) is reader
        draft = reader.read(Source(str(path), path), knowledge, "m")
        assert [s.written for s in draft.parts["m"].said] == ["MIT"]


# gguf


def gg_value(kind: int, value: Any, order: str) -> bytes:
    if kind == 8:
        raw = value if isinstance(value, bytes) else value.encode()
        return struct.pack(order + "Q", len(raw)) + raw
    if kind == 9:
        of, items = value
        return struct.pack(order + "IQ", of, len(items)) + b"".join(gg_value(of, i, order) for i in items)
    return struct.pack(order + gguf._SIZES[kind], value)


def gg_bytes(pairs: list[tuple[str, int, Any]], version: int = 3, order: str = "<", count: int | None = None) -> bytes:
    body = b"".join(gg_value(8, k, order) + struct.pack(order + "I", t) + gg_value(t, v, order) for k, t, v in pairs)
    return b"GGUF" + struct.pack(order + "IQQ", version, 0, len(pairs) if count is None else count) + body


def texts(**keys: Any) -> list[tuple[str, int, Any]]:
    return [("general." + k.replace("__", "."), 4 if isinstance(v, int) else 8, v) for k, v in keys.items()]


def read_gg(pairs: list[tuple[str, int, Any]], knowledge: Knowledge, result: str = "", **how: Any) -> Draft:
    return gguf.read(source("m.gguf", gg_bytes(pairs, **how)), knowledge, result)


@pytest.mark.parametrize("big", [False, True])
def test_gguf_agrees_with_the_library(big: bool, tmp_path: Path, knowledge: Knowledge) -> None:
    import gguf as library
    import numpy

    path = tmp_path / "ours-Q4_K_M.gguf"
    writer = library.GGUFWriter(path, "llama", endianess=library.GGUFEndian.BIG if big else library.GGUFEndian.LITTLE)
    writer.add_type("model")
    writer.add_name("Ours")
    writer.add_author("A. Person")
    writer.add_license("other")
    writer.add_license_name("llama3.1")
    writer.add_license_link("https://example.org/L")
    writer.add_source_repo_url("https://huggingface.co/org/ours")
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, "Llama 3.1 8B")
    writer.add_base_model_repo_url(0, "https://huggingface.co/meta-llama/Llama-3.1-8B")
    writer.add_dataset_count(1)
    writer.add_dataset_name(0, "Squad")
    writer.add_dataset_repo_url(0, "https://huggingface.co/datasets/rajpurkar/squad")
    writer.add_file_type(15)
    writer.add_quantization_version(2)
    writer.add_tags(["a", "b"])
    writer.add_bool("llama.flag", True)
    writer.add_float64("llama.float", 1.5)
    writer.add_token_list([f"t{n}" for n in range(300)])
    writer.add_token_scores([0.5] * 300)
    writer.add_tensor("w", numpy.zeros((2, 2), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    one = Source(str(path), path)
    theirs = {k: f.contents() for k, f in library.GGUFReader(path).fields.items() if k.startswith("general.")}
    ours = {k: n.text if not n.is_list else [e.text for e in n.listed()] for k, n in gguf.read_header(one).keys.items()}
    assert ours == {k: v if isinstance(v, list) else str(v) for k, v in theirs.items()}

    draft = gguf.read(one, knowledge)
    part = draft.parts["ours-Q4_K_M"]
    assert (draft.release, part.name, part.author, part.ours, part.kind) == ("ours-Q4_K_M", "Ours", "A. Person", True, "weights")
    assert [(s.where, s.written, s.evidence.pointer) for s in part.said] == [("tag", "llama3.1", "/general.license.name")]
    assert steps(draft) == {("ours-Q4_K_M", "quantize", "org/ours"), ("org/ours", "derived-from", "meta-llama/Llama-3.1-8B"), ("org/ours", "trained-on", "datasets/rajpurkar/squad")}
    quantised = draft.steps[("ours-Q4_K_M", "quantize", "org/ours")]
    assert quantised.confidence == 0.9
    assert "file_type is 15" in quantised.inferred
    assert str(quantised.evidence) == f"{path}#/general.source.repo_url"
    assert not draft.unread
    assert stack_of(draft, knowledge).release is not None


@pytest.mark.parametrize(("version", "order"), [(2, "<"), (3, "<"), (3, ">"), (2, ">")])
def test_gguf_by_hand_in_both_orders(version: int, order: str, knowledge: Knowledge) -> None:
    pairs = [("tokenizer.ggml.tokens", 9, (8, ["a", "b"])), ("x.nested", 9, (9, [(4, [1, 2]), (8, ["c"])])), *texts(license="mit", file_type=1, source__url="https://huggingface.co/org/b"), ("x.f", 12, 2.0)]
    draft = read_gg(pairs, knowledge, "m", version=version, order=order)
    assert [s.written for s in draft.parts["m"].said] == ["mit"]
    assert steps(draft) == {("m", "convert", "org/b")}


@pytest.mark.parametrize(("kind", "relation"), [(0, "convert"), (1, "convert"), (32, "convert"), (2, "quantize"), (7, "quantize"), (38, "quantize"), (1024, "quantize")])
def test_file_type_decides_between_convert_and_quantize(kind: int, relation: str, knowledge: Knowledge) -> None:
    draft = read_gg(texts(file_type=kind, source__repo_url="https://huggingface.co/org/b"), knowledge, "m")
    assert steps(draft) == {("m", relation, "org/b")}


def test_what_was_converted_is_looked_for_in_order(knowledge: Knowledge) -> None:
    def found(**keys: Any) -> set[tuple[str, str, str]]:
        return steps(read_gg(texts(file_type=15, **keys), knowledge, "org/m-GGUF"))

    hub = "https://huggingface.co/"
    assert found(source__huggingface__repository="org/a") == {("org/m-GGUF", "quantize", "org/a")}
    assert found(repo_url=hub + "org/m-GGUF", source__url=hub + "org/a") == {("org/m-GGUF", "quantize", "org/a")}
    assert found(repo_url=hub + "org/a") == {("org/m-GGUF", "quantize", "org/a")}
    assert found(repo_url=hub + "unsloth") == set()  # an owner is no model
    assert found(repo_url=hub + "nobody/unknown-model-GGUF") == set()  # no likeness: cut to a name that no table has
    assert found(repo_url=hub + "Qwen/Qwen2.5-7B-Instruct-GGUF") == {("org/m-GGUF", "quantize", "Qwen/Qwen2.5-7B-Instruct")}
    assert found(name="Qwen3 8B", organization="Qwen") == {("org/m-GGUF", "quantize", "Qwen/Qwen3-8B")}
    assert found(name="Qwen3 8B") == set()


def test_bases_without_what_was_converted(knowledge: Knowledge) -> None:
    base = {"base_model__0__name": "Llama 3.1 8B", "base_model__0__repo_url": "https://huggingface.co/meta-llama/Llama-3.1-8B"}
    other = read_gg(texts(file_type=15, name="Ours", **base), knowledge, "m")
    assert {(s.relation, s.confidence) for s in other.steps.values()} == {("derived-from", 0.6)}
    same = read_gg(texts(file_type=15, name="Llama 3.1 8B", **base), knowledge, "m")
    assert {(s.relation, s.confidence) for s in same.steps.values()} == {("quantize", 0.9)}
    two = read_gg(texts(file_type=15, base_model__1__name="Other One", **base), knowledge, "m")
    other_one = next(i for i in two.parts if i.startswith("named/"))
    assert steps(two) == {("m", "merge", "meta-llama/Llama-3.1-8B"), ("m", "merge", other_one)}
    assert two.parts[other_one].inferred
    own = read_gg(texts(file_type=15, base_model__0__repo_url="https://huggingface.co/org/m"), knowledge, "org/m")
    assert not own.steps
    counted = read_gg([*texts(file_type=1), ("general.base_model.count", 4, 3)], knowledge, "m")
    assert "3 base models are counted and 0 named" in counted.unread[0].why


def test_quantised_from_what_is_a_gap_where_no_folder_may_say(knowledge: Knowledge) -> None:
    alone = read_gg(texts(file_type=15, license="mit"), knowledge)
    assert [(u.source, u.component) for u in alone.unread] == [("m.gguf#/general.file_type", "m")]
    assert [n.id for n in read_gg(texts(file_type=15), knowledge, "m").notices] == ["origin-not-named"]
    assert not read_gg(texts(file_type=1), knowledge).unread


def test_a_gguf_adapter(knowledge: Knowledge) -> None:
    pairs = [*texts(type="adapter", file_type=1, base_model__0__repo_url="https://huggingface.co/org/b", source__repo_url="https://huggingface.co/org/b"), ("adapter.type", 8, "lora")]
    draft = read_gg(pairs, knowledge, "org/l")
    assert draft.parts["org/l"].kind == "adapter"
    assert draft.parts["org/b"].source == "hf:org/b"
    step = draft.steps[("org/l", "adapter", "org/b")]
    assert (step.confidence, step.inferred) == (1.0, "")
    assert read_gg(texts(type="adapter"), knowledge).unread


def test_licenses_of_a_gguf(knowledge: Knowledge) -> None:
    def said(**keys: Any) -> list[tuple[str, str]]:
        return [(s.where, s.written) for s in read_gg(texts(**keys), knowledge, "m").parts["m"].said]

    assert said(license="mit,apache-2.0") == [("tag", "mit, apache-2.0")]
    assert said(license="MIT OR Apache-2.0") == [("tag", "MIT OR Apache-2.0")]
    assert said(license="apache-2.0", license__name="deepseek") == [("tag", "apache-2.0"), ("card", "deepseek")]
    assert said(license="other", license__name="x-terms", license__link="https://creativecommons.org/licenses/by/4.0/") == [("tag", "https://creativecommons.org/licenses/by/4.0/")]
    assert said(license=ISC) == [("licence-file", "ISC")]
    assert said() == []
    other = read_gg(texts(license="other"), knowledge, "m").parts["m"]
    assert other.said == []
    assert other.unnamed.startswith("m.gguf#/general.license")


def test_split_files(knowledge: Knowledge) -> None:
    first = read_gg([*texts(license="mit", file_type=1), ("split.no", 2, 0), ("split.count", 2, 3)], knowledge)
    assert first.parts["m"].said
    later = [("split.no", 2, 1), ("split.count", 2, 3), *texts(file_type=15)]
    assert "first" in read_gg(later, knowledge).unread[0].why
    assert not read_gg(later, knowledge, "m").unread
    named = gguf.read(source("x/Big-Q4-00002-of-00003.gguf", gg_bytes(later)), knowledge)
    assert named.release == "Big-Q4"


def test_calibration_data_are_noticed(knowledge: Knowledge) -> None:
    assert [n.id for n in read_gg([("quantize.imatrix.dataset", 8, "wiki.txt"), *texts(file_type=1)], knowledge).notices] == ["calibration-data"]


def test_gguf_truncated_at_every_byte(knowledge: Knowledge) -> None:
    for order in "<>":
        whole = gg_bytes([*texts(license="MIT", file_type=1), ("t.tokens", 9, (8, ["a", "bc"])), ("t.scores", 9, (6, [1.0, 2.0])), ("t.b", 7, True)], order=order)
        for cut in range(len(whole)):
            with pytest.raises(StackError):
                gguf.read(source("m.gguf", whole[:cut]), knowledge)
        assert gguf.read(source("m.gguf", whole), knowledge, "m").parts["m"].said


def test_gguf_hostile_headers(knowledge: Knowledge) -> None:
    def refused(raw: bytes) -> str:
        return _refused(raw, knowledge, "m.gguf")

    huge = 1 << 60
    assert "within its header" in refused(gg_bytes([], count=huge))
    assert "within its header" in refused(gg_bytes([], count=(1 << 64) - 1))
    assert "within its header" in refused(b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, huge) + b"x" * 64)
    assert "within its header" in refused(gg_bytes([("k", 8, "v")])[:-9] + struct.pack("<Q", huge) + b"v" * 50)
    assert "within its header" in refused(gg_bytes([("k", 9, (8, []))])[:-8] + struct.pack("<Q", huge) + b"v" * 50)
    assert "within its header" in refused(gg_bytes([("k", 9, (10, []))])[:-8] + struct.pack("<Q", huge) + b"v" * 50)
    assert "kind 99" in refused(gg_bytes([("k", 8, "v")]).replace(struct.pack("<I", 8) + struct.pack("<Q", 1), struct.pack("<I", 99) + struct.pack("<Q", 1)))
    deep: Any = (4, [])
    for _ in range(30):
        deep = (9, [deep])
    assert "kind 9" in refused(gg_bytes([("k", 9, deep)]))
    assert "version 1 " in refused(gg_bytes([], version=1) + b"x" * 99)
    assert "version 7 " in refused(gg_bytes([], version=7))
    assert "not a GGUF" in refused(b"lmgg" + b"\0" * 40)
    assert "Git LFS" in refused(b"version https://git-lfs.github.com/spec/v1\n")


def test_gguf_bounds_are_said(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = read_gg(texts(license="cc-by-nc-4.0") + texts(license="mit"), knowledge, "m")
    assert "twice" in twice.unread[0].why
    long = read_gg([("general.license", 8, "x" * (gguf.MAX_STRING + 1))], knowledge, "m")
    assert [(u.source, "longer" in u.why) for u in long.unread] == [("m.gguf#/general.license", True)]
    template = read_gg([("tokenizer.chat_template", 8, "x" * (gguf.MAX_STRING + 1)), *texts(license="mit")], knowledge, "m")
    assert [s.written for s in template.parts["m"].said] == ["mit"]
    assert not template.unread
    monkeypatch.setattr(gguf, "MAX_STRINGS", 10)
    words = read_gg([*texts(license="mit"), ("t", 9, (8, ["a"] * 11))], knowledge, "m")
    assert [s.written for s in words.parts["m"].said] == ["mit"]
    assert "not read" in words.unread[0].why
    monkeypatch.setattr(gguf, "MAX_READ", 200)
    assert "its end was not read" in read_gg([(f"k{n}", 8, "x" * 50) for n in range(9)], knowledge, "m").unread[0].why


def test_gguf_a_hundred_thousand_keys_and_bad_utf8(knowledge: Knowledge) -> None:
    raw = gg_bytes([(f"k{n}", 4, n) for n in range(100_000)] + texts(license="mit"))
    draft = gguf.read(source("m.gguf", raw), knowledge, "m")
    assert "100001 keys" in draft.unread[0].why
    bad = read_gg([("general.license", 8, b"M\xffT"), ("general.\xe4", 8, b"\xff")], knowledge, "m")
    assert [s.written for s in bad.parts["m"].said] == ["M\ufffdT"]


# configurations


def read_config(data: Any, knowledge: Knowledge, result: str = "", name: str = "config.json") -> Draft:
    one = source(name, json.dumps(data).encode())
    assert reader_of(one) is model_config
    return model_config.read(one, knowledge, result)


LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}


def test_name_or_path_is_a_hint(knowledge: Knowledge) -> None:
    draft = read_config({**LLAMA, "_name_or_path": "org/base"}, knowledge, "org/ours")
    step = draft.steps[("org/ours", "derived-from", "org/base")]
    assert (step.confidence, str(step.evidence)) == (0.3, "config.json#/_name_or_path")
    assert "hint" in step.inferred
    assert draft.parts["org/base"].source == "hf:org/base"
    for silent in ({}, {"_name_or_path": ""}, {"_name_or_path": None}, {"_name_or_path": "org/ours"}, {"_name_or_path": "Org/Ours"}):
        quiet = read_config({**LLAMA, **silent}, knowledge, "org/ours")
        assert (dict(quiet.steps), quiet.unread, quiet.notices) == ({}, [], [])
    assert not read_config({**LLAMA, "_name_or_path": "meta-llama/Llama-2-7b-hf"}, knowledge, "Llama-2-7b-hf").steps
    assert read_config({**LLAMA, "_name_or_path": "mirror/ours"}, knowledge, "org/ours").steps  # another owner's is another's
    assert steps(read_config({**LLAMA, "_name_or_path": "gpt2"}, knowledge, "m")) == {("m", "derived-from", "openai-community/gpt2")}


@pytest.mark.parametrize("path", ["/data/out/checkpoint-500", "./out", "C:\\models\\x", "out", "s3://bucket/x"])
def test_a_place_on_a_disk_is_noticed_only(path: str, knowledge: Knowledge) -> None:
    draft = read_config({**LLAMA, "_name_or_path": path}, knowledge, "org/ours")
    assert (dict(draft.steps), draft.unread) == ({}, [])
    assert [n.id for n in draft.notices] == ["base-hint-local"]


@pytest.mark.parametrize(("quantised", "word"), [
    ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "gptq"), ({"quantization_config": {"load_in_4bit": True}}, "4 bits"),
    ({"compression_config": {"format": "pack-quantized"}}, "pack-quantized"), ({"quantization": {"bits": 8, "group_size": 64}}, "8 bits"),
])  # fmt: skip
def test_quantisation(quantised: dict[str, Any], word: str, knowledge: Knowledge) -> None:
    draft = read_config({**LLAMA, "_name_or_path": "org/base", **quantised}, knowledge, "org/base-q")
    step = draft.steps[("org/base-q", "quantize", "org/base")]
    assert step.confidence == 0.9
    assert word in step.inferred
    alone = read_config({**LLAMA, "_name_or_path": "/tmp/x", **quantised}, knowledge)
    assert word in alone.unread[0].why
    assert [n.id for n in read_config({**LLAMA, **quantised}, knowledge, "org/q").notices] == ["origin-not-named"]


@pytest.mark.parametrize("value", [[], "x", 3, {}, {"bits": None}, {"quant_method": []}])
def test_quantisation_of_a_wrong_form_is_none(value: Any, knowledge: Knowledge) -> None:
    assert not read_config({**LLAMA, "quantization_config": value, "_name_or_path": "org/b"}, knowledge, "m").steps.keys() & {("m", "quantize", "org/b")}


def test_remote_code(knowledge: Knowledge) -> None:
    mapping = {"AutoModel": "org/code--modeling_x.X", "AutoTokenizer": ["org/code--tok.T", None], "AutoConfig": "configuration_x.C", "AutoImageProcessor": "org/ours--p.P"}
    draft = read_config({**LLAMA, "auto_map": mapping}, knowledge, "org/ours")
    assert steps(draft) == {("org/ours", "runs-with", "org/code/code")}
    part = draft.parts["org/code/code"]
    assert (part.kind, part.source, part.ours, str(part.evidence)) == ("code", "hf:org/code", False, "config.json#/auto_map/AutoModel")
    assert draft.steps[("org/ours", "runs-with", "org/code/code")].confidence == 1.0
    local = read_config({**LLAMA, "auto_map": {"AutoModel": "/data/me/x--m.X"}}, knowledge, "org/ours")
    assert local.parts["local/x/code"].inferred


def test_parts_of_a_model_that_name_their_origin(knowledge: Knowledge) -> None:
    draft = read_config({**LLAMA, "vision_config": {"_name_or_path": "org/vit"}, "decoder": {"_name_or_path": "gpt2"}, "mm_vision_tower": "openai/clip-vit-large-patch14-336", "pretrained_cfg": {"license": "cc-by-nc-4.0"}}, knowledge, "m")
    assert steps(draft) == {("m", "derived-from", "org/vit"), ("m", "derived-from", "openai-community/gpt2"), ("m", "contains", "openai/clip-vit-large-patch14-336")}
    assert [(s.written, s.evidence.pointer) for s in draft.parts["m"].said] == [("cc-by-nc-4.0", "/pretrained_cfg/license")]


def test_more_parts_than_are_followed_are_said(knowledge: Knowledge) -> None:
    many = read_config({**LLAMA, **{f"{n}_config": {"_name_or_path": f"org/m{n}"} for n in range(30_000)}, "auto_map": {str(n): f"o/r{n}--m.C" for n in range(30_000)}}, knowledge, "m")
    assert len(many.steps) == 2 * model_config.MAX_PARTS
    assert sum("30000 parts" in u.why for u in many.unread) == 2


PEFT = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 8, "target_modules": ["q"]}


def read_peft(data: dict[str, Any], knowledge: Knowledge) -> Draft:
    return read_config({**PEFT, **data}, knowledge, "org/l", "adapter_config.json")


def test_a_peft_adapter(knowledge: Knowledge) -> None:
    draft = read_peft({"base_model_name_or_path": "meta-llama/Llama-2-7b-hf", "revision": "abc123"}, knowledge)
    assert (draft.parts["org/l"].kind, draft.release) == ("adapter", "org/l")
    base = draft.parts["meta-llama/Llama-2-7b-hf"]
    assert (base.revision, base.source, base.ours) == ("abc123", "hf:meta-llama/Llama-2-7b-hf", False)
    step = draft.steps[("org/l", "adapter", "meta-llama/Llama-2-7b-hf")]
    assert (step.confidence, step.inferred, str(step.evidence)) == (1.0, "", "adapter_config.json#/base_model_name_or_path")
    assert not draft.unread


@pytest.mark.parametrize("base", [None, "", "None", [], 3.5, {"a": 1}])
def test_a_peft_adapter_without_a_base(base: Any, knowledge: Knowledge) -> None:
    draft = read_peft({"base_model_name_or_path": base}, knowledge)
    if base != 3.5:
        assert not draft.steps
    assert [u.component for u in draft.unread] == ["org/l"]


def test_a_peft_adapter_on_a_disk_or_on_itself(knowledge: Knowledge) -> None:
    draft = read_peft({"base_model_name_or_path": "/data/llama"}, knowledge)
    assert [u.source for u in draft.unread] == ["adapter_config.json#/base_model_name_or_path"]
    assert steps(draft) == {("org/l", "adapter", "local/llama")}
    assert read_peft({"base_model_name_or_path": "org/l"}, knowledge).unread
    cached = read_peft({"base_model_name_or_path": "/data/.cache/huggingface/hub/models--org--b/snapshots/aa11"}, knowledge)
    assert steps(cached) == {("org/l", "adapter", "org/b")}
    assert not cached.unread


def test_a_four_bit_upload_is_followed_to_its_original(knowledge: Knowledge) -> None:
    stack = stack_of(read_peft({"base_model_name_or_path": "unsloth/Llama-3.2-3B-Instruct-bnb-4bit"}, knowledge), knowledge)
    assert {(e.result, e.relation, e.source) for e in stack.edges} == {("org/l", "adapter", "unsloth/Llama-3.2-3B-Instruct-bnb-4bit"), ("unsloth/Llama-3.2-3B-Instruct-bnb-4bit", "quantize", "meta-llama/Llama-3.2-3B-Instruct")}


def test_an_adapter_of_the_older_kind(knowledge: Knowledge) -> None:
    assert steps(read_config({"config": {}, "model_name": "bert-base-uncased"}, knowledge, "a", "adapter_config.json")) == {("a", "adapter", "google-bert/bert-base-uncased")}


def _folder(root: Path, files: dict[str, Any]) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())


def test_a_pipeline_is_a_collection(tmp_path: Path, knowledge: Knowledge) -> None:
    index = {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0", "_name_or_path": "org/pipe", "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"], "scheduler": ["diffusers", "DDIMScheduler"], "safety_checker": [None, None], "image_encoder": 3, "feature_extractor": ["transformers", "CLIPImageProcessor"],
    }  # fmt: skip
    _folder(tmp_path, {
        "model_index.json": index, "unet/config.json": {"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.30.0", "_name_or_path": "runwayml/stable-diffusion-v1-5"},
        "text_encoder/config.json": {"architectures": ["CLIPTextModel"], "_name_or_path": "openai/clip-vit-large-patch14"}, "text_encoder/model.safetensors": st_bytes({"license": "MIT"}),
        "vae/config.json": {"_class_name": "AutoencoderKL", "_name_or_path": "org/pipe"}, "scheduler/config.json": {"_name_or_path": "org/never"},
    })  # fmt: skip
    path = tmp_path / "model_index.json"
    one = Source(str(path), path)
    assert reader_of(one) is model_config
    draft = model_config.read(one, knowledge, "org/pipe")
    assert steps(draft) == {("org/pipe", "contains-modified", "stable-diffusion-v1-5/stable-diffusion-v1-5"), ("org/pipe", "contains", "openai/clip-vit-large-patch14")}
    taken = draft.steps[("org/pipe", "contains", "openai/clip-vit-large-patch14")]
    assert (taken.confidence, str(taken.evidence)) == (0.6, f"{tmp_path}/text_encoder/config.json#/_name_or_path")
    assert [n.id for n in draft.notices] == ["collection"]
    assert "vae (diffusers: AutoencoderKL)" in draft.notices[0].why
    assert not draft.unread
    assert set(draft.inputs) == {f"{tmp_path}/{p}/config.json" for p in ("unet", "vae", "text_encoder")}
    alone = model_config.read(source("model_index.json", path.read_bytes()), knowledge, "org/pipe")  # nothing beside it
    assert not alone.steps


def test_pieces_outside_of_the_folder_are_not_read(tmp_path: Path, knowledge: Knowledge) -> None:
    _folder(tmp_path, {"away/config.json": {"_name_or_path": "org/secret"}, "pipe/model_index.json": {"_class_name": "P", "_diffusers_version": "1", "unet": ["d", "U"], "../away": ["d", "A"], "a\0b": ["d", "A"]}})
    (tmp_path / "pipe" / "unet").mkdir()
    (tmp_path / "pipe" / "unet" / "config.json").symlink_to(tmp_path / "away" / "config.json")
    path = tmp_path / "pipe" / "model_index.json"
    draft = model_config.read(Source(str(path), path), knowledge, "m")
    assert not draft.steps
    assert len(draft.unread) == 2
    assert all("outside" in u.why for u in draft.unread)


def test_modules_of_a_sentence_encoder(tmp_path: Path, knowledge: Knowledge) -> None:
    modules = [
        {"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "name": "1", "path": "", "type": "org/code--custom.T"}, {"idx": 2, "path": "gone", "type": "x"},
    ]  # fmt: skip
    _folder(tmp_path, {"modules.json": modules, "0_Transformer/config.json": {**LLAMA, "_name_or_path": "org/base"}})
    path = tmp_path / "modules.json"
    assert reader_of(Source(str(path), path)) is model_config
    draft = model_config.read(Source(str(path), path), knowledge, "org/st")
    assert steps(draft) == {("org/st", "derived-from", "org/base"), ("org/st", "runs-with", "org/code/code")}


@pytest.mark.parametrize(("name", "data"), [
    ("bom.json", {"bomFormat": "CycloneDX", "model_type": "x", "architectures": []}), ("tokenizer_config.json", {"tokenizer_class": "T", "_name_or_path": "x", "model_type": "y"}), ("generation_config.json", {"_from_model_config": True, "transformers_version": "4"}),
    ("preprocessor_config.json", {"image_processor_type": "x", "_name_or_path": "y", "model_type": "z"}), ("config.json", {"lr": 0.1}), ("x.json", {"model_type": "llama"}), ("config.json", [1, 2]), ("config.json", "x"), ("list.json", [{"idx": 1}]),
])  # fmt: skip
def test_configurations_of_other_things_are_left_alone(name: str, data: Any) -> None:
    assert model_config.sniff(source(name, json.dumps(data).encode())) == 0


def test_a_configuration_longer_than_is_looked_at(knowledge: Knowledge) -> None:
    labels = {str(n): f"label number {n}" for n in range(9_000)}
    raw = json.dumps({**LLAMA, "id2label": labels, "_name_or_path": "org/b"}, indent=2).encode()
    assert len(raw) > 65_536
    assert reader_of(source("config.json", raw)) is model_config
    assert steps(model_config.read(source("config.json", raw), knowledge, "m")) == {("m", "derived-from", "org/b")}


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"3", b'{"a": 1}', b"[" * 20_000, b'{"a":' * 20_000, b"\xff\xfe\0", b"null"])
def test_no_configuration_at_all(raw: bytes, knowledge: Knowledge) -> None:
    model_config.sniff(source("config.json", raw))
    for name in ("x.json", "modules.json"):
        with pytest.raises(StackError):
            model_config.read(source(name, raw), knowledge)


# any bytes

_SEEDS = [
    ("m.safetensors", st_bytes({"modelspec.license": "MIT", "modelspec.merged_from": "org/a", "sd_merge_models": '{"a": {"name": "b.ckpt"}}', "ss_sd_model_name": "x/y"})),
    ("m.gguf", gg_bytes([*texts(license="mit", file_type=15, base_model__0__repo_url="https://huggingface.co/org/b", dataset__0__name="d"), ("t", 9, (8, ["a"]))])),
    ("m.gguf", gg_bytes(texts(license="mit", source__url="https://huggingface.co/org/b"), order=">")),
    ("config.json", json.dumps({**LLAMA, "_name_or_path": "org/b", "quantization_config": {"quant_method": "awq"}, "auto_map": {"A": "o/r--m.C"}}).encode()),
    ("adapter_config.json", json.dumps({**PEFT, "base_model_name_or_path": "org/b", "revision": None}).encode()),
    ("model_index.json", json.dumps({"_class_name": "P", "_diffusers_version": "1", "unet": ["d", "U"]}).encode()),
    ("modules.json", json.dumps([{"idx": 0, "path": "x", "type": "o/r--m.C"}]).encode()),
]
_READERS = {"m.safetensors": safetensors, "m.gguf": gguf}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from(_SEEDS), edits=st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["set", "cut", "add", "swap"]), st.binary(min_size=1, max_size=9)), max_size=6))
def test_changed_bytes_never_crash(seed: tuple[str, bytes], edits: list[tuple[float, str, bytes]], knowledge: Knowledge) -> None:
    name, raw = seed
    for where, what, data in edits:
        at = int(where * len(raw))
        raw = {"set": raw[:at] + data + raw[at + len(data) :], "cut": raw[:at], "add": raw[:at] + data + raw[at:], "swap": raw[at:] + raw[:at]}[what]
    one = source(name, raw)
    reader = _READERS.get(name, model_config)
    reader.sniff(one)
    try:
        draft = reader.read(one, knowledge)
    except StackError:
        return
    assert draft.release in draft.parts
    assert {s.source for s in draft.steps.values()} | {s.result for s in draft.steps.values()} <= set(draft.parts)
    stack_of(draft, knowledge)
