"""axolotl training configurations: the base, the data, and what the run makes (a model, or an adapter).

Source: the configuration reference in axolotl's documentation, and the keys and descriptions of its configuration classes (0.19.0).
"""

from __future__ import annotations

from collections.abc import Sequence

from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Node, Source, refuse
from licgraph.inputs.training import (
    MAX_NAMED,
    Run,
    absent,
    begin,
    chosen,
    documents_of,
    entries,
    keys_of,
    leave,
    needs_data,
    on,
    resumed,
    top_keys,
)
from licgraph.knowledge import Knowledge

FORMAT = "axolotl"
TITLE = "axolotl configuration"
_OWN = {"sequence_len", "micro_batch_size", "sample_packing", "lora_r", "val_set_size", "dataset_prepared_path", "gradient_accumulation_steps", "num_epochs", "special_tokens", "strict", "rl", "pretraining_dataset", "base_model_config", "load_in_8bit", "load_in_4bit", "output_dir", "datasets"}
_OTHERS = {"models", "slices", "modules", "experts", "genome", "model_name_or_path"}
_PEFT = ("lora", "qlora", "llama-adapter")
_EXAMPLE_DATA = "synthetic"


def _ours(keys: frozenset[str]) -> bool:
    return "base_model" in keys and len(keys & _OWN) >= 2 and not keys & _OTHERS


def sniff(source: Source) -> int:
    """`base_model` at the top, with keys that only axolotl has."""
    return 85 if _ours(top_keys(source)) else 0


def fits(node: Node) -> bool:
    """Whether a YAML document is such a configuration."""
    return bool(node.get("base_model").text) and _ours(keys_of(node))


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The run that a file describes. Raises StackError."""
    documents = documents_of(source)
    config = chosen(documents, fits)
    if not config.get("base_model").text or absent(config.get("base_model")):
        raise refuse(source.shown, max(config.line, 1), "it names no base model", "Write base_model: org/name")
    return draft(documents, source.shown, knowledge, result)


def draft(documents: Sequence[Node], shown: str, knowledge: Knowledge, result: str = "") -> Draft:
    """What the run makes, from its base and its data. Of several documents the first that is a configuration counts."""
    config = chosen(documents, fits)
    adapter = "" if absent(config.get("adapter")) else config.get("adapter").text.casefold()
    merged = on(config.get("merge_lora")) or on(config.get("relora"))
    run = begin(config, "adapter" if adapter and not merged else "weights", config.get("hub_model_id"), knowledge, result)
    _base(run, config, adapter, merged)
    for key in ("datasets", "pretraining_dataset", "nemo_gym_datasets"):
        for entry in entries(config.get(key)):
            _data(run, entry, "trained-on")
    for key in ("test_datasets", "bench_dataset"):
        for entry in entries(config.get(key)):
            _data(run, entry, "evaluated-on")
    needs_data(run, config)
    _teacher(run, config)
    _rewards(run, config.get("trl", "reward_funcs"))
    _rest(run, config)
    return leave(run.draft, documents, config)


def _base(run: Run, config: Node, adapter: str, merged: bool) -> None:
    """The model that is trained, an adapter that is trained on, and what is taken from other repositories."""
    node = config.get("base_model")
    revision = config.get("revision_of_model").text or config.get("model_revision").text
    if on(config.get("reinit_weights")):
        why = "reinit_weights: the weights are drawn anew, so of the base only the architecture"
        base = run.add(node, "same-architecture-as", inferred=f"{why} is taken", confidence=0.9, revision=revision)
        if absent(config.get("tokenizer_config")):
            run.add(node, "contains", inferred=f"{why} and the tokenizer are taken", confidence=0.9, revision=revision)
    elif adapter and not merged:
        unsure = "" if adapter in _PEFT else f"adapter: {adapter[:40]} is taken for weights kept apart from the base"
        base = run.add(node, "adapter", inferred=unsure, confidence=0.9 if unsure else 0.0, revision=revision)
    else:
        why = "relora: the adapter is merged into the weights while they are trained" if adapter and on(config.get("relora")) else ""
        base = run.add(node, "finetune", inferred=why, confidence=0.9 if why else 0.0, revision=revision)
    if not absent(config.get("lora_model_dir")):
        run.add(config.get("lora_model_dir"), "finetune", "adapter")
    for key, relation, why in (
        ("base_model_config", "same-architecture-as", "base_model_config: its settings are taken, not its weights"),
        ("tokenizer_config", "contains", "its tokenizer is taken over"),
    ):
        other = config.get(key)
        if not absent(other) and other.text != node.text:
            before = set(run.draft.steps)
            found = run.add(other, relation, inferred=why, confidence=0.9)
            if found and found == base and (run.part.id, relation, found) not in before and relation == "same-architecture-as":
                run.draft.steps.pop((run.part.id, relation, found), None)  # the base itself, named twice


def _data(run: Run, entry: Node, relation: str) -> None:
    """One data set: a Hub id, a path, or a file format with its files."""
    node = entry.get("path") if entry.is_map else entry
    if node.text == _EXAMPLE_DATA:
        run.notice("random-data", node, "tokens drawn at random, nobody's data")
        return
    if entry.is_map and not entry.get("path") and entry.get("data_files"):
        entry = Node({**entry.value, "path": Node("json", entry.file, entry.line, entry.pointer)}, entry.file, entry.line, entry.pointer)
    run.data(entry, relation)


def _teacher(run: Run, config: Node) -> None:
    """Knowledge distillation: axolotl has no key for the name of a teacher."""
    server, trainer = config.get("kd_online_server_base_url"), config.get("kd_trainer")
    if not absent(server):
        run.miss(server, "a teacher model behind a server is distilled from, and it is not named")
    elif not absent(trainer) and trainer.text not in ("0", "0.0"):
        run.miss(trainer, "it is trained on a teacher's probabilities that stand in the data, and the teacher is not named")


def _rewards(run: Run, functions: Node) -> None:
    """`reward_funcs`: functions of the user's own code, or reward models by Hub id or path."""
    for text, node in functions.texts()[: MAX_NAMED + 1]:
        if "/" in text:
            run.add(node, "rewarded-by")
        else:
            run.notice("reward-code", node, f"rewards come from the function {text[:80]}, whose code was not read")


def _rest(run: Run, config: Node) -> None:
    """What decides nothing and should be seen."""
    resumed(run, config.get("resume_from_checkpoint"))
    pushed = config.get("push_dataset_to_hub")
    if not absent(pushed):
        run.notice("dataset-published", pushed, f"the prepared data is put on the Hub as {pushed.text[:80]}; that is a release of its own, ask about it apart")
    if config.get("quantization"):
        run.notice("quantised-later", config.get("quantization"), "a quantised copy can be made from this configuration; the stack is that of the model before it")
    for text, node in config.get("lm_eval_tasks").texts()[:50]:
        run.notice("evaluation-tasks", node, f"it is evaluated in {text[:80]}, whose data was not looked up")
