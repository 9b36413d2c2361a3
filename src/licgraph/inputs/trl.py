"""TRL configurations: the YAML file that `trl sft|dpo|kto|grpo|rloo|reward|distillation --config` takes, and the recipes built on it (alignment-handbook, open-r1).

Source: the argument classes of TRL 1.16 and of its earlier trainers (PPO, online DPO, GKD, GOLD). A file does not say
which trainer reads it; its keys do:

- `teacher_model_name_or_path` (distillation, GKD, GOLD, importance-weighted on-policy distillation): the student is
  fitted to the teacher's token probabilities, so `distill-logits`; with `seq_kd` it is also trained on texts that the
  teacher wrote, so `distill-outputs` too. A teacher behind a server is not named.
- `reward_model_name_or_path` (GRPO, RLOO), `reward_model_path` (PPO, online DPO), `judge`: `rewarded-by`.
- `sft_model_path` (PPO): the policy that is trained; `model_name_or_path` is then its tokenizer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

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

FORMAT = "trl"
TITLE = "TRL configuration"
_BASE = {"model_name_or_path", "sft_model_path"}
_OWN = {"dataset_name", "datasets", "dataset_mixer", "dataset_mixture", "dataset_config", "teacher_model_name_or_path", "reward_model_name_or_path", "reward_model_path", "reward_funcs", "use_peft", "per_device_train_batch_size", "output_dir", "learning_rate", "num_train_epochs", "gradient_accumulation_steps", "push_to_hub", "hub_model_id"}
LLAMAFACTORY = {"stage", "finetuning_type", "template", "infer_backend", "export_dir", "adapter_name_or_path", "cutoff_len", "dataset_dir"}
"""Keys beside `model_name_or_path` that make a file one of LLaMA-Factory's."""
_JUDGES = {"pair_rm": "llm-blender/PairRM"}


def _ours(keys: frozenset[str]) -> bool:
    return bool(keys & _BASE) and len(keys & _OWN) >= 2 and not keys & (LLAMAFACTORY | {"base_model"})


def sniff(source: Source) -> int:
    """`model_name_or_path` with a trainer's keys, and none of LLaMA-Factory's."""
    return 70 if _ours(top_keys(source)) else 0


def fits(node: Node) -> bool:
    """Whether a YAML document is such a configuration."""
    return any(node.get(k).text and not absent(node.get(k)) for k in _BASE) and _ours(keys_of(node))


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The run that a file describes. Raises StackError."""
    documents = documents_of(source)
    config = chosen(documents, fits)
    if not any(config.get(k).text and not absent(config.get(k)) for k in _BASE):
        raise refuse(source.shown, max(config.line, 1), "it names no model to train", "Write model_name_or_path: org/name; a name given on the command line is not in the file")
    return draft(documents, source.shown, knowledge, result)


def draft(documents: Sequence[Node], shown: str, knowledge: Knowledge, result: str = "") -> Draft:
    """What the run makes, from its model, its teacher and its data. Of several documents the first that is a configuration counts."""
    config = chosen(documents, fits)
    peft = on(config.get("use_peft"))
    run = begin(config, "adapter" if peft else "weights", config.get("hub_model_id"), knowledge, result)
    policy = next(config.get(k) for k in ("sft_model_path", "model_name_or_path") if config.get(k).text and not absent(config.get(k)))
    unsure = not peft and any(not absent(config.get(k)) for k in ("lora_r", "lora_alpha", "lora_target_modules"))
    why = "LoRA settings stand there, but use_peft is not on; taken as training all weights" if unsure else ""
    base = run.add(policy, "adapter" if peft else "finetune", inferred=why, revision=config.get("model_revision").text)
    if policy is not config.get("model_name_or_path") and not absent(config.get("model_name_or_path")):
        run.add(config.get("model_name_or_path"), "contains", inferred="its tokenizer is taken over", confidence=0.9)
    _teacher(run, config)
    _others(run, config, base)
    _data(run, config)
    needs_data(run, config)
    resumed(run, config.get("resume_from_checkpoint"))
    return leave(run.draft, documents, config)


def _teacher(run: Run, config: Node) -> None:
    node = config.get("teacher_model_name_or_path")
    if not absent(node):
        run.add(node, "distill-logits", revision=config.get("teacher_model_revision").text)
        if on(config.get("seq_kd")):
            run.add(node, "distill-outputs", revision=config.get("teacher_model_revision").text)
    for key in ("teacher_model_server_url", "teacher_server_urls"):
        if not absent(config.get(key)):
            run.miss(config.get(key), "a teacher model behind a server is distilled from, and it is not named")


def _others(run: Run, config: Node, base: str) -> None:
    """Models that steer the training: rewards, judges, a reference; and a tokenizer with its template."""
    for key in ("reward_model_name_or_path", "reward_model_path"):
        for text, node in config.get(key).texts()[: MAX_NAMED + 1]:
            run.add(node, "rewarded-by", written=text)
    for text, node in config.get("reward_funcs").texts()[: MAX_NAMED + 1]:
        if "/" in text:
            run.add(node, "rewarded-by", written=text)
        else:
            run.notice("reward-code", node, f"rewards come from the function {text[:80]}, whose code was not read")
    judge = config.get("judge")
    if judge.text in _JUDGES:
        run.add(judge, "rewarded-by", inferred=f"judge: {judge.text} is {_JUDGES[judge.text]}", confidence=0.9, written=_JUDGES[judge.text])
    elif not absent(judge):
        run.miss(judge, f"the judge `{judge.text[:60]}` chooses between answers, and which model it is is not named")
    for key in ("ref_model_name_or_path", "ref_model_path"):
        node = config.get(key)
        if not absent(node):
            reference_model(run, node, base)
    template = config.get("chat_template_path")
    if not absent(template) and not template.text.endswith((".jinja", ".jinja2", ".j2")):
        run.add(template, "contains", inferred="its chat template and special tokens are taken over", confidence=0.9)


def reference_model(run: Run, node: Node, base: str) -> None:
    """A model that the trained one is held near; the base itself adds nothing."""
    found = run.add(node, "trained-with", inferred="a reference model: its probabilities steer the training", confidence=0.6)
    if found == base:
        run.draft.steps.pop((run.part.id, "trained-with", found), None)


def _data(run: Run, config: Node) -> None:
    """`datasets` (which wins), `dataset_name`, or the mixtures of recipes."""
    mixed = entries(config.get("datasets"))
    for entry in mixed:
        run.data(entry, "trained-on")
    single = config.get("dataset_name")
    if mixed and not absent(single):
        run.notice("not-used", single, f"dataset_name {single.text[:80]} is not used, as TRL reads datasets instead")
    elif not absent(single):
        run.data(single, "trained-on") if single.text else run.miss(single, "a data set without a name or path")
    for name, share in islice(config.get("dataset_mixer").items(), MAX_NAMED + 1):
        run.add(Node(name, share.file, share.line, share.pointer), "trained-on", "dataset")
    mixture = config.get("dataset_mixture")
    for entry in entries(mixture.get("datasets") if mixture.is_map else mixture):
        run.data(entry, "trained-on", ("id", "path"))
