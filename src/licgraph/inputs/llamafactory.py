"""LLaMA-Factory configurations: training, export (merging an adapter, quantising), prediction and serving; the older form and the `v1` one.

Source: the argument classes and the data documentation of LLaMA-Factory (2025/26). Data sets are names of a table,
`dataset_info.json`, that lies in `dataset_dir`; where that table is at hand (beside the file, or in its data folder)
the names are looked up in it, else they stay names, and what they stand for is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from licgraph.inputs.draft import Draft
from licgraph.inputs.llamafactory_data import Table, data_sets, table_of
from licgraph.inputs.loose import Node, Source, refuse
from licgraph.inputs.training import Run, absent, begin, chosen, commas, documents_of, keys_of, leave, needs_data, on, resumed, top_keys
from licgraph.inputs.trl import LLAMAFACTORY, reference_model
from licgraph.knowledge import Knowledge

FORMAT = "llamafactory"
TITLE = "LLaMA-Factory configuration"
_V1 = {"model_class", "train_dataset", "dist_config", "kernel_config", "sample_backend", "quant_config"}
_KEPT_APART = ("lora", "oft")


def _ours(keys: frozenset[str]) -> bool:
    if "base_model" in keys:
        return False
    return ("model_name_or_path" in keys and bool(keys & LLAMAFACTORY)) or ("model" in keys and ("peft_config" in keys or len(keys & _V1) >= 2))


def sniff(source: Source) -> int:
    """`model_name_or_path` with a key that only LLaMA-Factory has beside it, or `model` with the sections of its `v1` form."""
    return 85 if _ours(top_keys(source)) else 0


def fits(node: Node) -> bool:
    """Whether a YAML document is such a configuration."""
    return bool(node.get("model_name_or_path").text or node.get("model").text) and _ours(keys_of(node))


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a file describes, with its table of data sets if that is at hand. Raises StackError."""
    documents = documents_of(source)
    config = chosen(documents, fits)
    if not fits(config) or absent(_base(config)) or not _base(config).text:
        raise refuse(source.shown, max(config.line, 1), "it names no model", "Write model_name_or_path: org/name")
    table = table_of(source, config)
    found = draft(documents, source.shown, knowledge, result, table)
    if table.digest:
        found.inputs[source.shown] = source.digest
        found.inputs[table.shown] = table.digest
    return found


def draft(documents: Sequence[Node], shown: str, knowledge: Knowledge, result: str = "", table: Table | None = None) -> Draft:
    """What the configuration makes. Of several documents the first that is one counts."""
    config = chosen(documents, fits)
    table = table or Table()
    work = _work(config)
    if work == "serve":
        found = _serve(config, knowledge, result)
    elif work == "predict":
        found = _predict(config, knowledge, result, table)
    elif work == "export":
        found = _export(config, knowledge, result)
    else:
        found = _train(config, knowledge, result, table)
    return leave(found, documents, config)


def _base(config: Node) -> Node:
    return config.get("model_name_or_path") or config.get("model")


def _settings(config: Node) -> Node:
    """Where the settings of adapter and export stand: at the top, or in `peft_config` (`v1`)."""
    return config.get("peft_config") if config.get("peft_config").is_map else config


def _work(config: Node) -> str:
    """What is done: `train`, `predict`, `export` or `serve`. Only one of its commands reads a file; the keys say which."""
    trains = on(config.get("do_train")) or bool(config.get("train_dataset")) or (bool(config.get("dataset")) and not on(config.get("do_predict")))
    if trains:
        return "train"
    if on(config.get("do_predict")) or on(config.get("do_eval")):
        return "predict"
    if not absent(_settings(config).get("export_dir")):
        return "export"
    return "train" if config.get("stage") or config.get("output_dir") else "serve"


def _method(config: Node) -> tuple[str, str]:
    """How it is tuned, and on what that was concluded if it is not said. The older form's default is LoRA, that of `v1` is all weights."""
    peft = config.get("peft_config")
    if not config.get("model_name_or_path"):
        return (peft.get("name").text.casefold(), "") if peft.get("name").text else ("full", "")
    stated = config.get("finetuning_type").text.casefold()
    return (stated, "") if stated else ("lora", "finetuning_type is not set; LoRA is LLaMA-Factory's default")


def _train(config: Node, knowledge: Knowledge, result: str, table: Table) -> Draft:
    method, why = _method(config)
    kept_apart = method in _KEPT_APART
    if method not in (*_KEPT_APART, "full", "freeze"):
        why = f"finetuning_type {method[:40]} is not known; taken as training the weights themselves"
    run = begin(config, "adapter" if kept_apart else "weights", config.get("hub_model_id") or config.get("export_hub_model_id"), knowledge, result)
    base = run.add(_base(config), "adapter" if kept_apart else "finetune", inferred=why, confidence=0.9 if why and method == "lora" else 0.0, revision=_revision(config))
    fresh = on(config.get("create_new_adapter"))
    for text, node in commas(_settings(config).get("adapter_name_or_path")):
        run.add(node, "adapter" if fresh and kept_apart else "finetune", "adapter", written=text)
    for key in ("kt_weight_path", "kt_non_expert_weight_path"):
        if not absent(config.get(key)):
            run.add(config.get(key), "adapter" if kept_apart else "finetune", inferred="weights that are loaded in place of the base's, taken as a converted copy of them")
    for key in ("dataset", "train_dataset"):
        data_sets(run, config.get(key), "trained-on", table)
    data_sets(run, config.get("eval_dataset"), "evaluated-on", table)
    if absent(config.get("dataset")) and not absent(config.get("tokenized_path")):
        run.add(config.get("tokenized_path"), "trained-on", "dataset", inferred="no data set is named but these tokens", confidence=0.9)
    needs_data(run, config)
    _steering(run, config, base)
    resumed(run, config.get("resume_from_checkpoint"))
    if not absent(config.get("export_dir")):
        run.notice("not-used", config.get("export_dir"), "an export is configured too; the stack is that of the training")
    return run.draft


def _steering(run: Run, config: Node, base: str) -> None:
    """Reference and reward models, and what kind of model this makes."""
    stage = config.get("stage")
    if stage.text == "rm":
        run.notice("makes-reward-model", stage, "this makes a reward model: what is later rewarded by it is not made from it")
    node = config.get("ref_model")
    if not absent(node):
        reference_model(run, node, base)
    for text, node in commas(config.get("ref_model_adapters")):
        run.add(node, "trained-with", "adapter", inferred="an adapter of the reference model: its probabilities steer the training", written=text)
    node = config.get("reward_model")
    if not absent(node):
        if config.get("reward_model_type").text == "api":
            run.add(node, "rewarded-by", "service")
        else:
            run.add(node, "rewarded-by", "adapter" if config.get("reward_model_type").text in ("", "lora", "oft") and stage.text == "ppo" else "weights")
    for text, node in commas(config.get("reward_model_adapters")):
        run.add(node, "rewarded-by", "adapter", written=text)
    if config.get("packing_strategy").text == "semantic_aware" and not absent(config.get("packing_embedding_model")):
        run.add(config.get("packing_embedding_model"), "built-with")


def _export(config: Node, knowledge: Knowledge, result: str) -> Draft:
    """`llamafactory-cli export`: adapters are merged into the base, or the base is quantised, or saved again."""
    settings = _settings(config)
    run = begin(config, "weights", config.get("export_hub_model_id"), knowledge, result, "export")
    adapters = commas(settings.get("adapter_name_or_path"))
    bits = config.get("export_quantization_bit")
    if not absent(bits):
        run.add(_base(config), "quantize", revision=_revision(config))
        calibration = config.get("export_quantization_dataset")
        if not absent(calibration):
            run.add(calibration, "trained-on", "dataset", inferred="calibration data: the quantised weights are fitted to it")
    elif adapters:
        run.add(_base(config), "merge", revision=_revision(config))
    else:
        run.add(_base(config), "convert", inferred="nothing is merged or quantised; the weights are saved again", confidence=0.9, revision=_revision(config))
    for text, node in adapters:
        run.add(node, "merge", "adapter", written=text)
    return run.draft


def _predict(config: Node, knowledge: Knowledge, result: str, table: Table) -> Draft:
    """`do_predict`: a file of predictions, with the prompts and labels of the data they were made for."""
    run = begin(config, "outputs", Node(None), knowledge, "", "predictions")
    if result:  # what a folder around it is about is not made by this
        run.draft.notice("not-used", result, f"{config.place}: predictions are made, no model")
        return Draft(notices=run.draft.notices)
    run.add(_base(config), "generated-by", revision=_revision(config))
    for text, node in commas(config.get("adapter_name_or_path")):
        run.add(node, "generated-by", "adapter", written=text)
    for key in ("eval_dataset", "dataset"):
        data_sets(run, config.get(key), "contains", table, "the file of predictions repeats its prompts and labels")
    return run.draft


def _serve(config: Node, knowledge: Knowledge, result: str) -> Draft:
    """`llamafactory-cli chat|api|webchat`: a service that runs the model."""
    run = begin(config, "service", Node(None), knowledge, "", "service")
    if result:
        run.draft.notice("not-used", result, f"{config.place}: a model is served, none is made")
        return Draft(notices=run.draft.notices)
    run.add(_base(config), "runs-with", inferred="only what is needed to run it stands there", confidence=0.9, revision=_revision(config))
    for text, node in commas(_settings(config).get("adapter_name_or_path")):
        run.add(node, "runs-with", "adapter", inferred="only what is needed to run it stands there", confidence=0.9, written=text)
    return run.draft


def _revision(config: Node) -> str:
    found = config.get("model_revision").text
    return "" if found == "main" else found
