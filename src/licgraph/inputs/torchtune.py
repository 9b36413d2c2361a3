"""torchtune recipe configurations: fine-tuning, preference training, distillation, quantising, generating.

Source: torchtune's documentation and the recipes and data set builders of its release 0.6.1. A recipe names folders,
not repositories: the repository stands in the `tune download` command of the comment at the top, which says into which
folder it was put; so that comment is the evidence, and a folder that no comment explains stays a place on a disk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from licgraph.inputs.draft import Draft
from licgraph.inputs.identity import local, reference
from licgraph.inputs.loose import Node, Source, refuse
from licgraph.inputs.training import (
    Run,
    absent,
    begin,
    chosen,
    documents_of,
    entries,
    leave,
    needs_data,
    nothing_made,
    on,
    resumed,
    same_place,
    top_keys,
)
from licgraph.inputs.trl import reference_model
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Evidence

FORMAT = "torchtune"
TITLE = "torchtune configuration"
_COMPONENT = re.compile(rb"(?m)^[ \t]*[\"']?_component_[\"']?\s*:\s*[\"']?torchtune\.")
_DOWNLOAD = re.compile(r"^\s*#.*?\btune\s+download\s+([A-Za-z0-9][\w.-]*/[\w.-]+)([^\n]*)")
_INTO = re.compile(r"--output-dir[ =]+[\"']?([^\s\"']+)")
_HOLE = re.compile(r"\$\{([^${}]{1,200})\}")
_BUILDERS = {
    "alpaca_dataset": "tatsu-lab/alpaca", "alpaca_cleaned_dataset": "yahma/alpaca-cleaned", "cnn_dailymail_articles_dataset": "ccdv/cnn_dailymail", "grammar_dataset": "liweili/c4_200m",
    "hh_rlhf_helpful_dataset": "RLHFlow/HH-RLHF-Helpful-standard", "samsum_dataset": "Samsung/samsum", "slimorca_dataset": "Open-Orca/SlimOrca-Dedup",
    "stack_exchange_paired_dataset": "lvwerra/stack-exchange-paired", "wikitext_dataset": "EleutherAI/wikitext_document_level", "llava_instruct_dataset": "liuhaotian/LLaVA-Instruct-150K",
    "the_cauldron_dataset": "HuggingFaceM4/the_cauldron", "gsm8k_dataset": "openai/gsm8k",
}  # fmt: skip
"""The repository that a data set builder reads unless `source` says another (defaults of release 0.6.1)."""
_LORA = re.compile(r"^q?(?:lora|dora)_")


class Download(NamedTuple):
    """A `tune download` of the comments: which repository, into which folder, on which line."""

    name: str
    folder: str
    line: int


def sniff(source: Source) -> int:
    """A checkpointer, and parts that torchtune builds."""
    keys = top_keys(source)
    return 90 if "checkpointer" in keys and _COMPONENT.search(source.head) else 0


def fits(node: Node) -> bool:
    """Whether a YAML document is such a configuration."""
    return node.get("checkpointer").is_map and any(n.text.startswith("torchtune.") for _, v in node.items() for n in (v.get("_component_"),))


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a recipe makes. Raises StackError, also for recipes that only evaluate."""
    documents = documents_of(source)
    config = chosen(documents, fits)
    if not fits(config):
        raise refuse(source.shown, max(config.line, 1), "it has no checkpointer with a torchtune component", "Name a configuration of a torchtune recipe")
    return draft(documents, source.shown, knowledge, result, downloads(source.text()))


def downloads(text: str) -> list[Download]:
    """The `tune download` commands in the comments; a command may go on after a backslash. Without a folder it goes to `/tmp/<name>`."""
    found: list[Download] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        command = _DOWNLOAD.match(line[:2000])
        if command is None or len(found) >= 50:
            continue
        rest, after = command.group(2), number
        while rest.rstrip().endswith("\\") and after + 1 < len(lines) and after < number + 10:
            after += 1
            rest = rest.rstrip()[:-1] + " " + lines[after][:2000].lstrip(" #")
        into = _INTO.search(rest)
        folder = into.group(1) if into else "/tmp/" + command.group(1).rsplit("/", 1)[-1]  # the folder is torchtune's default, nothing is written there
        found.append(Download(command.group(1), folder, number + 1))
    return found


def draft(documents: Sequence[Node], shown: str, knowledge: Knowledge, result: str = "", found: Sequence[Download] = ()) -> Draft:
    """What the recipe makes, by the keys that only this kind of recipe has. Of several documents the first that is one counts."""
    config = chosen(documents, fits)
    trains = any(config.get(k) for k in ("dataset", "datasets", "optimizer", "loss"))
    runs = any(config.get(k) for k in ("tasks", "prompt", "max_new_tokens"))
    if not trains and not runs and config.get("quantizer"):
        run = begin(config, "weights", Node(None), knowledge, result, "quantized")
        _checkpoint(run, config, config.get("checkpointer"), "quantize", found)
        return run.draft
    if not trains and config.get("tasks"):
        return nothing_made(shown, "it evaluates a model and makes none", "Name the configuration of the training", result)
    if not trains:
        if result:
            return nothing_made(shown, "it generates text and makes no model", "", result)
        run = begin(config, "outputs", Node(None), knowledge, "", "generated")
        _checkpoint(run, config, config.get("checkpointer"), "generated-by", found)
        return run.draft
    return leave(_train(config, knowledge, result, found), documents, config)


def _train(config: Node, knowledge: Knowledge, result: str, found: Sequence[Download]) -> Draft:
    model = config.get("model") or config.get("policy_model")
    builder = model.get("_component_").text.rsplit(".", 1)[-1]
    lora = _LORA.match(builder) is not None
    kept_apart = lora and on(config.get("save_adapter_weights_only"))
    run = begin(config, "adapter" if kept_apart else "weights", Node(None), knowledge, result)
    why = f"{builder}: the adapter is merged into the weights that are saved, as save_adapter_weights_only is not on" if lora and not kept_apart else ""
    base = _checkpoint(run, config, config.get("checkpointer"), "adapter" if kept_apart else "finetune", found, why)
    _checkpoint(run, config, config.get("teacher_checkpointer"), "distill-logits", found)
    if config.get("teacher_model") and absent(config.get("teacher_checkpointer")):
        run.miss(config.get("teacher_model"), "a teacher model is distilled from, and its weights are not named")
    for key in ("reward_checkpointer", "value_checkpointer"):
        _checkpoint(run, config, config.get(key), "rewarded-by", found, "" if key.startswith("reward") else "the value model starts from these weights and steers the training")
    for key in ("ref_checkpointer", "ref_policy_checkpointer"):
        node = config.get(key, "checkpoint_dir")
        if not absent(node):
            _reference(run, config, node, base, found)
    _tokenizer(run, config, found)
    for key, relation in (("dataset", "trained-on"), ("datasets", "trained-on"), ("dataset_val", "evaluated-on"), ("val_dataset", "evaluated-on")):
        for entry in entries(config.get(key)):
            _data(run, config, entry, relation)
    needs_data(run, config)
    if on(config.get("resume_from_checkpoint")):
        resumed(run, config.get("checkpointer", "recipe_checkpoint"))
    if config.get("quantizer", "_component_").text:
        run.notice("quantised-later", config.get("quantizer"), "it is trained for a quantised copy; the stack is that of the model before it")
    return run.draft


def _filled(config: Node, text: str) -> str:
    """A text with its `${a.b}` replaced by what stands under these keys, some levels deep; what cannot be found stays."""
    for _ in range(5):
        holes = _HOLE.findall(text)
        if not holes or len(text) > 1000:
            break
        for hole in holes:
            value = config.get(*hole.split(".")).text
            if value and len(value) < 500:
                text = text.replace("${" + hole + "}", value)
    return text


def _source(config: Node, node: Node, found: Sequence[Download]) -> tuple[str, Evidence, str, float]:
    """The name behind a folder: the repository that a comment puts there, or the folder; with evidence, on what it was concluded, and how sure that is."""
    folder = _filled(config, node.text)
    for known in found:
        if same_place(folder, known.folder):
            return known.name, Evidence(node.file, known.line), f"the comment downloads it into the folder {known.folder[:80]} that is read", 0.9
    near = [d for d in found if d.name.rsplit("/", 1)[-1] in folder.split("/")]
    if near:
        return near[0].name, Evidence(node.file, near[0].line), f"the comment downloads a repository of the name of the folder {folder[:80]}", 0.6
    return folder, node.place, "", 0.0


def _checkpoint(run: Run, config: Node, checkpointer: Node, relation: str, found: Sequence[Download], why: str = "") -> str:
    """A step from the weights that a checkpointer reads."""
    node = checkpointer.get("checkpoint_dir")
    if absent(node):
        if checkpointer:
            run.miss(checkpointer, "a checkpointer without a folder")
        return ""
    name, evidence, concluded, confidence = _source(config, node, found)
    inferred = "; ".join(w for w in (concluded, why) if w)
    named = reference(name, run.knowledge) if concluded or "://" in name else local("./" + name)
    return run.link(named, name, evidence, relation, "weights", inferred, confidence or (0.9 if why else 0.0))


def _reference(run: Run, config: Node, node: Node, base: str, found: Sequence[Download]) -> None:
    name, evidence, concluded, _ = _source(config, node, found)
    reference_model(run, Node(name if concluded else "./" + name, evidence.file, evidence.line, evidence.pointer), base)


def _tokenizer(run: Run, config: Node, found: Sequence[Download]) -> None:
    """A tokenizer from another folder than the weights."""
    node = config.get("tokenizer", "path")
    folder = _filled(config, config.get("checkpointer", "checkpoint_dir").text)
    if absent(node) or absent(config.get("checkpointer", "checkpoint_dir")):
        return
    name, evidence, concluded, _ = _source(config, node, found)
    weights = _source(config, config.get("checkpointer", "checkpoint_dir"), found)[0]
    path = _filled(config, node.text)
    if name == weights or same_place(path, folder) or path.startswith(folder.rstrip("/").removesuffix("/original") + "/"):
        return
    taken = "its tokenizer is taken over"
    run.link(reference(name, run.knowledge) if concluded else local("./" + name), name, evidence, "contains", "weights", f"{taken}; {concluded}" if concluded else taken, 0.6)


def _data(run: Run, config: Node, entry: Node, relation: str) -> None:
    """A data set: by its source, else by the builder, whose default is known, else not."""
    source, builder = entry.get("source"), entry.get("_component_").text
    if not absent(source):
        filled = Node(_filled(config, source.text), source.file, source.line, source.pointer) if source.text else source
        run.data(Node({**(entry.value if entry.is_map else {}), "source": filled}, entry.file, entry.line, entry.pointer), relation, ("source",))
        return
    default = _BUILDERS.get(builder.rsplit(".", 1)[-1]) if builder.startswith("torchtune.") else None
    node = entry.get("_component_") or entry
    if default:
        run.add(node, relation, "dataset", inferred=f"{builder.rsplit('.', 1)[-1]} reads {default} unless told otherwise (torchtune 0.6.1)", confidence=0.9, written=default)
    elif entry.get("data_files"):
        run.data(Node({"path": Node("json", entry.file, entry.line, entry.pointer), "data_files": entry.get("data_files")}, entry.file, entry.line, entry.pointer), relation)
    elif builder:
        run.miss(node, f"the builder {builder[:100]} reads data that only its code names")
    else:
        run.miss(entry, "a data set without a source")
