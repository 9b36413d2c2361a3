"""axolotl training configurations: the base, the data, and what the run makes (a model, or an adapter).

Source: the configuration reference in axolotl's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from licgraph.inputs.draft import Draft
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node, Source, read_yaml, refuse
from licgraph.knowledge import Knowledge

FORMAT = "axolotl"
TITLE = "axolotl configuration"
_OWN = ("sequence_len", "micro_batch_size", "sample_packing", "lora_r", "val_set_size", "dataset_prepared_path", "gradient_accumulation_steps", "num_epochs", "special_tokens", "strict", "rl", "pretraining_dataset", "base_model_config", "load_in_8bit", "load_in_4bit", "output_dir")
_BASE = re.compile(rb"(?m)^base_model\s*:")
_DATA_KINDS = {"json", "jsonl", "parquet", "csv", "text", "arrow"}


def sniff(source: Source) -> int:
    """`base_model` at the top, with keys that only axolotl has."""
    if not source.name.endswith((".yml", ".yaml")) or not _BASE.search(source.head):
        return 0
    own = sum(re.search(rb"(?m)^" + key.encode() + rb"\s*:", source.head) is not None for key in (*_OWN, "datasets"))
    return 85 if own >= 2 else 0


def fits(node: Node) -> bool:
    """Whether a YAML document is such a configuration."""
    return bool(node.get("base_model").text) and sum(bool(node.get(k)) or k in (node.value or {}) for k in (*_OWN, "datasets")) >= 2


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The run that a file describes. Raises StackError."""
    documents = [d for d in read_yaml(source.text(), source.shown) if d]
    if not documents or not documents[0].get("base_model").text:
        raise refuse(source.shown, 1, "it names no base model", "Write base_model: org/name")
    return draft(documents[:1], source.shown, knowledge, result)


def draft(documents: Sequence[Node], shown: str, knowledge: Knowledge, result: str = "") -> Draft:
    """What the run makes, from its base and its data."""
    config = documents[0]
    found = Draft()
    adapter = config.get("adapter").text.casefold()
    kind = "adapter" if adapter in ("lora", "qlora") and config.get("merge_lora").text != "true" else "weights"
    hub_id = config.get("hub_model_id").text
    made = reference(hub_id, knowledge) if hub_id else None
    part_id = result or (made.id if made and made.kind == "hub" else "run")
    part = found.part(part_id, kind, name=made.name if made else "", source=made.source if made and not result else "", ours=True, evidence=config.place)
    found.release = part.id
    node = config.get("base_model")
    base = reference(node.text, knowledge)
    if base.kind == "nothing":
        found.miss(str(node.place), "base_model names nothing", part.id)
    else:
        named = found.refer(base, "weights", node.place)
        named.revision = named.revision or config.get("revision_of_model").text
        why = "" if kind == "adapter" or not adapter else f"adapter: {adapter}, merged later or not is not said"
        found.step(part.id, "adapter" if kind == "adapter" else "finetune", base.id, node.place, why)
    earlier = config.get("lora_model_dir")
    if earlier.text:
        delta = reference(earlier.text, knowledge)
        found.refer(delta, "adapter", earlier.place)
        found.step(part.id, "finetune", delta.id, earlier.place)
    for key in ("datasets", "pretraining_dataset"):
        for entry in config.get(key).listed():
            _data(found, part.id, entry, knowledge, "trained-on")
    for entry in config.get("test_datasets").listed():
        _data(found, part.id, entry, knowledge, "evaluated-on")
    teacher = config.get("kd_online_server_base_url")
    if teacher.text:
        found.miss(str(teacher.place), "a teacher model behind a server is distilled from, and it is not named", part.id)
    return found


def _data(found: Draft, part_id: str, entry: Node, knowledge: Knowledge, relation: str) -> None:
    """One data set: a Hub id, a path, or a file format with its files."""
    node = entry.get("path") if entry.is_map else entry
    written = node.text
    if written.casefold() in _DATA_KINDS:
        files = entry.get("data_files").texts() or entry.get("ds_type").texts()
        written = "./" + (files[0][0] if files else "data")
    if not written:
        found.miss(str(entry.place), "a data set without a path", part_id)
        return
    data = reference(written, knowledge, dataset=True)
    if data.kind == "nothing":
        return
    part = found.refer(data, "dataset", node.place)
    part.revision = part.revision or (entry.get("revision").text if entry.is_map else "")
    found.step(part_id, relation, data.id, node.place)
