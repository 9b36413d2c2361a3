"""Every configuration of the corpora comes out as a stack with as many sources as plain YAML counts; every other file is refused, for the reason given here."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from licgraph.errors import StackError
from licgraph.inputs import draft_of, reader_of
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge

from .conftest import ROOT

_ROOT = os.environ.get("LICGRAPH_CORPORA", "")
CORPORA = Path(_ROOT) if _ROOT else None
pytestmark = pytest.mark.skipif(CORPORA is None or not CORPORA.is_dir(), reason="the corpora are not there (set LICGRAPH_CORPORA)")

COMPARED = "it compares models and makes none"
REFUSED = {
    "mergekit/examples/linear_small.yml": COMPARED,
    "mergekit/examples/metrics-1.yml": COMPARED,
    "mergekit/examples/metrics-llama-1v2.yml": COMPARED,
    "mergekit/examples/metrics-llama-codev2.yml": COMPARED,
    "mergekit/examples/metrics-small.yml": COMPARED,
    "axolotl/examples/cloud/baseten.yaml": "which machines to rent; it names no model",
    "axolotl/examples/cloud/modal.yaml": "which machines to rent; it names no model",
    "llamafactory/data/dataset_info.json": "the table of data sets, which other files are read with",
    "llamafactory/examples/extras/multi_tokens/tokens_cfg.yaml": "descriptions of tokens",
    **{f"llamafactory/examples/accelerate/{n}.yaml": "how work is spread over machines" for n in ("fsdp2_config", "fsdp2_config_qwen35", "fsdp2_config_qwen35_moe", "fsdp_config", "fsdp_config_multiple_nodes", "fsdp_config_offload")},
    **{f"llamafactory/examples/ktransformers/accelerate/fsdp2_kt_{n}.yaml": "how work is spread over machines" for n in ("bf16", "int4", "int8", "int8_1gpu", "int8_8gpu")},
    **{f"llamafactory/examples/deepspeed/ds_{n}_config.json": "how memory is spread over machines" for n in ("z0", "z2_autotp", "z2", "z2_offload", "z3", "z3_fp8", "z3_offload")},
}  # fmt: skip
Pair = tuple[str, str]


def files(folder: str) -> list[str]:
    """The files of a corpus, by their paths."""
    return sorted(str(p.relative_to(CORPORA)) for p in (CORPORA / folder).rglob("*") if p.suffix in (".yml", ".yaml", ".json")) if CORPORA and CORPORA.is_dir() else []


def table() -> dict[str, str]:
    """Other names of repositories, read plainly."""
    names = yaml.safe_load((ROOT / "data" / "hub-names.yaml").read_text("utf-8"))
    models = {str(k).casefold(): str(v).casefold() for k, v in names["models"].items()}
    return models | {f"datasets/{k}".casefold(): f"datasets/{v}".casefold() for k, v in names["datasets"].items()}


OTHER = table()


def canonical(name: str, data: bool = False, local: bool = False) -> str:
    """What a name means, in lower case: a repository, or the last part of a path."""
    plain = name.strip().partition("@")[0]
    parts = [p for p in re.split(r"[/\\]", plain) if p not in ("", ".", "..", "~")]
    is_local = local or plain[0] in "/.~<" or len(parts) > 2 or (len(parts) == 2 and (parts[0] in ("models", "saves", "data") or re.search(r"\.(json|jsonl|yaml)$", plain)))
    if is_local:
        return "local/" + re.sub(r"[^a-z0-9._+-]+", "-", parts[-1].casefold()).strip("-.")
    name = ("datasets/" if data else "") + plain.casefold()
    return OTHER.get(name, name)


def found_in(draft: Draft) -> set[Pair]:
    """Relation and source of every step, in lower case; numbers of clashing local names off."""
    return {(s.relation, re.sub(r"^(local/.*?)-\d$", r"\1", s.source).casefold()) for s in draft.steps.values()}


def same(draft: Draft, wanted: Iterable[Pair]) -> None:
    """As many steps and parts as were counted, and the same ones."""
    wanted = set(wanted)
    assert found_in(draft) == wanted
    assert len(draft.steps) == len(wanted)
    assert all(s.evidence.file and (s.evidence.line or s.evidence.pointer) for s in draft.steps.values())


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@pytest.mark.parametrize("name", [n for f in ("mergekit", "axolotl", "llamafactory") for n in files(f)])
def test_read_or_refused(name: str, knowledge: Knowledge) -> None:
    """Each file is read by one reader, its own, or refused as listed."""
    assert CORPORA is not None
    path = CORPORA / name
    if name in REFUSED:
        with pytest.raises(StackError) as problem:
            draft_of(str(path), knowledge)
        assert ("compares models" in problem.value.faults[0].what) == (REFUSED[name] == COMPARED)
        return
    reader = reader_of(Source(str(path), path))
    assert reader is not None
    assert name.partition("/")[0] == reader.FORMAT
    stack = stack_of(draft_of(str(path), knowledge), knowledge)
    assert stack.release is not None
    assert len(stack.edges) > 0
    assert not stack.unread


def test_nothing_is_listed_that_is_not_there() -> None:
    assert CORPORA is not None
    assert all((CORPORA / n).is_file() for n in REFUSED)
    assert (len(files("mergekit")), len(files("axolotl")), len(files("llamafactory"))) == (25, 252, 103)


def mergekit_names(document: Any, key: str = "") -> Iterator[tuple[str, bool]]:
    """Every model in a mergekit document, by walking over all of it; True for an adapter."""
    if isinstance(document, dict):
        for k, v in document.items():
            if k in ("model", "base_model", "source_model") and isinstance(v, str):
                yield v, False
            elif k == "lora" and isinstance(v, str):
                yield v, True
            elif k == "path" and isinstance(v, str):
                yield v, False
            elif k == "models" and isinstance(v, list):
                yield from ((m, False) for m in v if isinstance(m, str))
                yield from mergekit_names([m for m in v if not isinstance(m, str)], k)
            else:
                yield from mergekit_names(v, k)
    elif isinstance(document, list):
        for entry in document:
            yield from mergekit_names(entry, key)


def merged(text: str) -> set[Pair]:
    """Every merge that the documents of a text state."""
    documents = [d for d in yaml.safe_load_all(text) if d]
    names = {d["name"] for d in documents if d.get("name")}
    found = set()
    for document in documents:
        sources = document.get("sources", {})
        for model, is_lora in mergekit_names({k: v for k, v in document.items() if k not in ("name", "tokenizer", "tokenizer_source")}):
            if isinstance(sources, dict) and model in sources:
                continue
            found.add(("merge", f"merge/{model}".casefold() if model in names else canonical(model)))
            assert is_lora in (True, False)
    return found


@pytest.mark.parametrize("name", [n for n in files("mergekit") if n not in REFUSED])
def test_mergekit(name: str, knowledge: Knowledge) -> None:
    assert CORPORA is not None
    text = (CORPORA / name).read_text("utf-8")
    draft = draft_of(str(CORPORA / name), knowledge)
    wanted = merged(text)
    if name.endswith("mega.yml"):  # two merges, some models in both
        assert found_in(draft) == wanted
        assert len(draft.steps) == sum(len(merged(t)) for t in text.split("\n---\n"))
        return
    same(draft, wanted)


def test_configurations_in_cards(knowledge: Knowledge) -> None:
    """Configurations that people put into their cards, as files and inside a card."""
    assert CORPORA is not None
    lines = [json.loads(line) for line in (CORPORA / "mergekit" / "from_model_cards.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == 27
    for line in lines:
        source = Source("config.yaml", None, line["yaml"].encode())
        reader = reader_of(source)
        assert reader is not None
        assert line["kind"] == reader.FORMAT
        draft = reader.read(source, knowledge)
        wanted = merged(line["yaml"]) if line["kind"] == "mergekit" else axolotl(yaml.safe_load(line["yaml"]))
        same(draft, wanted)
        card = Source("README.md", None, b"---\nlicense: mit\n---\n# It\n\n```yaml\n" + line["yaml"].encode() + b"\n```\n")
        inside = reader_of(card)
        assert inside is not None
        assert inside.FORMAT == "card"
        assert found_in(inside.read(card, knowledge, "me/it")) == found_in(draft)


def test_the_documented_chain_of_merges(knowledge: Knowledge) -> None:
    assert CORPORA is not None
    text = (CORPORA / "mergekit" / "multimerge.md").read_text("utf-8")
    block = next(b for b in re.findall(r"(?ms)^```yaml\n(.*?)^```", text) if "OpenHermes" in b)
    source = Source("multimerge.yaml", None, block.encode())
    reader = reader_of(source)
    assert reader is not None
    draft = reader.read(source, knowledge)
    parts = {p for p in draft.parts if draft.parts[p].ours}
    assert parts == {"merge/first-merge", "merge/second-merge", "merge"}
    assert draft.release == "merge"
    assert len(draft.steps) == sum(len(merged(b)) for b in block.split("\n---\n"))
    assert {("merge/second-merge", "merge/first-merge"), ("merge", "merge/second-merge")} <= {(s.result, s.source) for s in draft.steps.values()}


def axolotl(config: dict[str, Any]) -> set[Pair]:
    """What an axolotl configuration states, counted plainly."""
    adapter = bool(config.get("adapter")) and not config.get("relora") and not config.get("merge_lora")
    found: set[Pair] = set()
    if config.get("reinit_weights"):
        found |= {("same-architecture-as", canonical(config["base_model"])), ("contains", canonical(config["base_model"]))}
    else:
        found.add(("adapter" if adapter else "finetune", canonical(config["base_model"])))
    for key in ("datasets", "pretraining_dataset"):
        found |= {("trained-on", canonical(d["path"], data=True)) for d in listed(config.get(key))}
    found |= {("evaluated-on", canonical(d["path"], data=True)) for d in listed(config.get("test_datasets"))}
    found |= {("finetune", canonical(config["lora_model_dir"]))} if config.get("lora_model_dir") else set()
    if config.get("base_model_config") and config["base_model_config"] != config["base_model"]:
        found.add(("same-architecture-as", canonical(config["base_model_config"])))
    if config.get("tokenizer_config") and config["tokenizer_config"] != config["base_model"]:
        found.add(("contains", canonical(config["tokenizer_config"])))
    return found


@pytest.mark.parametrize("name", [n for n in files("axolotl") if n not in REFUSED])
def test_axolotl(name: str, knowledge: Knowledge) -> None:
    assert CORPORA is not None
    config = yaml.safe_load((CORPORA / name).read_text("utf-8"))
    draft = draft_of(str(CORPORA / name), knowledge)
    same(draft, axolotl(config))
    kind = draft.parts[draft.release].kind
    assert kind == ("adapter" if config.get("adapter") and not config.get("relora") else "weights")


def test_axolotl_counts(knowledge: Knowledge) -> None:
    """Some sums over all of them, so that an oracle that copies a fault of the reader would be seen."""
    assert CORPORA is not None
    steps = [s for n in files("axolotl") if n not in REFUSED for s in draft_of(str(CORPORA / n), knowledge).steps.values()]
    sums = {r: sum(s.relation == r for s in steps) for r in {s.relation for s in steps}}
    raw = [(CORPORA / n).read_text("utf-8") for n in files("axolotl") if n not in REFUSED]
    assert sums["adapter"] == sum(bool(re.search(r"(?m)^adapter:[ ]*\w", t)) and not re.search(r"(?m)^relora:[ ]*true", t) for t in raw)
    assert sums["trained-on"] == sum(len(set(re.findall(r"(?m)^ *- path: *([^\s#]+)", t))) for t in raw)


def llamafactory(config: dict[str, Any], info: dict[str, Any]) -> set[Pair]:
    """What a LLaMA-Factory configuration states, counted plainly, with its table."""

    def data(value: Any) -> set[str]:
        found = set()
        for name in [n.strip() for v in listed(value) for n in v.split(",")]:
            entry = info.get(name, {}) if not config.get("dataset_dir") else {}
            hub = entry.get("hf_hub_url")
            if hub or "ms_hub_url" not in entry:
                found.add(canonical(hub, data=True) if hub else canonical(entry.get("file_name", name), local=True))
            else:
                found.add("https://www.modelscope.cn/datasets/" + entry["ms_hub_url"].casefold())
        return found

    base = canonical(config.get("model_name_or_path") or config["model"])
    peft = config.get("peft_config") or {}
    adapters = [canonical(a) for a in (peft.get("adapter_name_or_path") or config.get("adapter_name_or_path") or "").split(",") if a]
    method = config.get("finetuning_type") or peft.get("name") or "full"
    if config.get("do_train") or config.get("train_dataset"):
        how = "adapter" if method in ("lora", "oft") else "finetune"
        found = {(how, base)} | {("finetune", a) for a in adapters} | {("trained-on", d) for k in ("dataset", "train_dataset") if config.get(k) for d in data(config[k])}
        return found | {(how, canonical(config[k])) for k in ("kt_weight_path", "kt_non_expert_weight_path") if config.get(k)}
    if config.get("do_predict"):
        return {("generated-by", m) for m in (base, *adapters)} | {("contains", d) for d in data(config.get("eval_dataset"))}
    if config.get("export_dir") or peft.get("export_dir"):
        if config.get("export_quantization_bit"):
            return {("quantize", base), ("trained-on", canonical(config["export_quantization_dataset"], data=True))}
        return {("merge" if adapters else "convert", m) for m in (base, *adapters)}
    if config.get("stage"):
        return {("adapter" if method in ("lora", "oft") else "finetune", base)} | {("trained-on", d) for d in data(config.get("dataset"))}
    return {("runs-with", m) for m in (base, *adapters)}


@pytest.mark.parametrize("name", [n for n in files("llamafactory") if n not in REFUSED])
def test_llamafactory(name: str, knowledge: Knowledge) -> None:
    assert CORPORA is not None
    config = yaml.safe_load((CORPORA / name).read_text("utf-8"))
    info = json.loads((CORPORA / "llamafactory" / "data" / "dataset_info.json").read_text("utf-8"))
    same(draft_of(str(CORPORA / name), knowledge), llamafactory(config, info))


def test_every_name_of_the_table(knowledge: Knowledge, tmp_path: Path) -> None:
    """All 104 data sets that LLaMA-Factory ships, used in one file beside the table."""
    assert CORPORA is not None
    raw = (CORPORA / "llamafactory" / "data" / "dataset_info.json").read_text("utf-8")
    info = json.loads(raw)
    (tmp_path / "dataset_info.json").write_text(raw, "utf-8")
    config = {"model_name_or_path": "org/base", "stage": "sft", "do_train": True, "finetuning_type": "full", "dataset": ",".join(info)}
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(config), "utf-8")
    draft = draft_of(str(tmp_path / "run.yaml"), knowledge)
    same(draft, llamafactory(config, info))
    assert len(info) == 104
    assert sum(s.relation == "trained-on" for s in draft.steps.values()) == len({(e.get("hf_hub_url") or e.get("file_name") or e["ms_hub_url"]).casefold() for e in info.values()})


TUNE = files("torchtune")


@pytest.mark.skipif(not TUNE, reason="no torchtune recipes among the corpora")
@pytest.mark.parametrize("name", TUNE)
def test_torchtune(name: str, knowledge: Knowledge) -> None:
    assert CORPORA is not None
    text = (CORPORA / name).read_text("utf-8")
    config = yaml.safe_load(text)
    if "tasks" in config:
        with pytest.raises(StackError, match="evaluates"):
            draft_of(str(CORPORA / name), knowledge)
        return
    draft = draft_of(str(CORPORA / name), knowledge)
    downloaded = {OTHER.get(n.casefold(), n.casefold()) for n in re.findall(r"(?m)^#.*tune download (\S+)", text)}
    models = {s.source.casefold() for s in draft.steps.values() if draft.parts[s.source].kind == "weights"}
    assert models == (downloaded or {"local/llama-2-7b-hf"})
    assert len(draft.steps) == len(models) + len({str(d.get("source") or d["_component_"]) for d in listed(config.get("dataset")) + listed(config.get("datasets"))})
