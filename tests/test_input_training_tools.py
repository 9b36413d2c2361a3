"""LLaMA-Factory, TRL, torchtune and distilabel configurations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from licgraph.errors import StackError
from licgraph.inputs import distilabel, draft_of, llamafactory, torchtune, trl
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.llamafactory_data import Table
from licgraph.inputs.loose import read_json
from licgraph.knowledge import Knowledge

from .test_input_training import DISTILABEL, LLAMAFACTORY, TORCHTUNE, TRL, line_of, read, steps

INFO = {
    "mine": {"file_name": "sub/mine.json"},
    "yours": {"hf_hub_url": "beta/chats", "ms_hub_url": "other/chats"},
    "there": {"ms_hub_url": "gamma/only-there"},
    "modelers": {"om_hub_url": "delta/x"},
    "cloud": {"cloud_file_name": "s3://bucket/c.jsonl"},
    "script": {"script_url": "loader_folder"},
    "nowhere": {"formatting": "alpaca"},
}
BASE = "model_name_or_path: a/x\nstage: sft\ndo_train: true\ndataset: d/y\n"


def placed(folder: Path, text: str, info: object = None, at: str = "data/dataset_info.json", name: str = "run.yaml") -> str:
    """A configuration on a disk, with a table beside it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    if info is not None:
        (folder / at).parent.mkdir(parents=True, exist_ok=True)
        (folder / at).write_text(info if isinstance(info, str) else json.dumps(info), "utf-8")
    return str(path)


@pytest.mark.parametrize(("name", "at"), [("run.yaml", "dataset_info.json"), ("run.yaml", "data/dataset_info.json"), ("a/run.yaml", "data/dataset_info.json"), ("a/b/c/run.yaml", "data/dataset_info.json")])
def test_names_are_looked_up_in_the_table(name: str, at: str, tmp_path: Path, knowledge: Knowledge) -> None:
    path = placed(tmp_path, LLAMAFACTORY.replace("mine,yours", "mine, yours,there,modelers,cloud,script"), INFO, at, name)
    draft = draft_of(path, knowledge)
    assert steps(draft) == {
        ("run", "adapter", "alpha/one"), ("run", "trained-on", "local/mine.json"), ("run", "trained-on", "datasets/beta/chats"), ("run", "trained-on", "https://www.modelscope.cn/datasets/gamma/only-there"),
        ("run", "trained-on", "https://modelers.cn/datasets/delta/x"), ("run", "trained-on", "local/c.jsonl"), ("run", "trained-on", "local/loader_folder"),
    }  # fmt: skip
    assert all(s.confidence == 1 and not s.inferred for s in draft.steps.values())
    assert (line_of(draft, "adapter", "alpha/one"), line_of(draft, "trained-on", "datasets/beta/chats")) == (1, 5)
    where = draft.parts["datasets/beta/chats"].evidence
    assert where.pointer == "/yours/hf_hub_url"
    assert where.file.endswith("dataset_info.json")
    assert ".." not in where.file
    assert len(draft.inputs) == 2
    assert draft.parts["run"].kind == "adapter"
    assert not draft.unread


@pytest.mark.parametrize(
    ("name", "at", "extra"),
    [
        ("a/b/c/d/run.yaml", "data/dataset_info.json", ""),
        ("a/run.yaml", "dataset_info.json", ""),
        ("a/run.yaml", "data/dataset_info.json", "dataset_dir: ../data\n"),
        ("a/run.yaml", "data/dataset_info.json", "dataset_dir: /data\n"),
        ("run.yaml", "data/dataset_info.json", "dataset_dir: elsewhere\n"),
        ("run.yaml", "data/dataset_info.json", "dataset_dir: REMOTE:some/repo\n"),
    ],
)
def test_names_without_a_table_stay_unknown(name: str, at: str, extra: str, tmp_path: Path, knowledge: Knowledge) -> None:
    draft = draft_of(placed(tmp_path, LLAMAFACTORY + extra, INFO, at, name), knowledge)
    assert {s for s in steps(draft) if s[1] == "trained-on"} == {("run", "trained-on", "local/mine"), ("run", "trained-on", "local/yours")}
    assert "only LLaMA-Factory knows" in draft.parts["local/mine"].inferred
    assert ("some/repo" in draft.parts["local/mine"].inferred) == ("REMOTE" in extra)
    assert all(stack_of(draft, knowledge).components[i].written == "NOASSERTION" for i in ("local/mine", "local/yours"))


def test_a_legacy_hub_name_is_not_meant(knowledge: Knowledge) -> None:
    """`squad` is a data set of the Hub, but as LLaMA-Factory's name it is whatever its table says."""
    assert ("run", "trained-on", "local/squad") in steps(read(llamafactory, LLAMAFACTORY.replace("mine,yours", "squad"), knowledge))
    online = read(llamafactory, LLAMAFACTORY.replace("mine,yours", "squad,d/e") + "dataset_dir: ONLINE\n", knowledge)
    assert {("run", "trained-on", "datasets/rajpurkar/squad"), ("run", "trained-on", "datasets/d/e")} <= steps(online)
    assert all(s.confidence == 1 for s in online.steps.values())
    guessed = read(llamafactory, LLAMAFACTORY.replace("mine,yours", "d/e"), knowledge)
    assert next(s for s in guessed.steps.values() if s.relation == "trained-on").confidence == 0.6


@pytest.mark.parametrize("info", ["{", "[1, 2]", '{"mine": 5, "yours": [1]}', "\x00", '{"a":' * 5000])
def test_a_broken_table_leaves_names_unknown(info: str, tmp_path: Path, knowledge: Knowledge) -> None:
    draft = draft_of(placed(tmp_path, LLAMAFACTORY, info), knowledge)
    assert ("run", "adapter", "alpha/one") in steps(draft)
    assert draft.unread or {("run", "trained-on", "local/mine"), ("run", "trained-on", "local/yours")} <= steps(draft)
    assert stack_of(draft, knowledge)


def test_an_entry_that_says_nothing_is_missed(tmp_path: Path, knowledge: Knowledge) -> None:
    draft = draft_of(placed(tmp_path, LLAMAFACTORY.replace("mine,yours", "nowhere"), INFO), knowledge)
    assert [u.component for u in draft.unread if "where it comes from is not said" in u.why] == ["run"]


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        (BASE + "finetuning_type: full\n", "weights", {("finetune", "a/x"), ("trained-on", "datasets/d/y")}),
        (BASE + "finetuning_type: freeze\n", "weights", {("finetune", "a/x"), ("trained-on", "datasets/d/y")}),
        (BASE + "finetuning_type: oft\n", "adapter", {("adapter", "a/x"), ("trained-on", "datasets/d/y")}),
        (BASE, "adapter", {("adapter", "a/x"), ("trained-on", "datasets/d/y")}),
        (BASE + "finetuning_type: lora\nadapter_name_or_path: b/l1, c/l2\n", "adapter", {("adapter", "a/x"), ("finetune", "b/l1"), ("finetune", "c/l2"), ("trained-on", "datasets/d/y")}),
        (BASE + "finetuning_type: lora\nadapter_name_or_path: b/l1\ncreate_new_adapter: true\n", "adapter", {("adapter", "a/x"), ("adapter", "b/l1"), ("trained-on", "datasets/d/y")}),
        (BASE.replace("sft", "dpo") + "finetuning_type: full\nref_model: a/x\neval_dataset: [e/z]\n", "weights", {("finetune", "a/x"), ("trained-on", "datasets/d/y"), ("evaluated-on", "datasets/e/z")}),
        (BASE.replace("sft", "dpo") + "finetuning_type: full\nref_model: b/ref\nref_model_adapters: c/l\n", "weights", {("finetune", "a/x"), ("trained-on", "datasets/d/y"), ("trained-with", "b/ref"), ("trained-with", "c/l")}),
        (BASE.replace("sft", "ppo") + "finetuning_type: full\nreward_model: b/rm\nreward_model_type: full\nreward_model_adapters: c/l\n", "weights", {("finetune", "a/x"), ("trained-on", "datasets/d/y"), ("rewarded-by", "b/rm"), ("rewarded-by", "c/l")}),
        (BASE.replace("dataset: d/y", "tokenized_path: ./tok"), "adapter", {("adapter", "a/x"), ("trained-on", "local/tok")}),
        (BASE + "finetuning_type: full\npacking_strategy: semantic_aware\npacking_embedding_model: b/emb\n", "weights", {("finetune", "a/x"), ("trained-on", "datasets/d/y"), ("built-with", "b/emb")}),
        ("model_name_or_path: a/x\nexport_dir: out\ntemplate: t\n", "weights", {("convert", "a/x")}),
        ("model_name_or_path: a/x\nadapter_name_or_path: b/l\nexport_dir: out\n", "weights", {("merge", "a/x"), ("merge", "b/l")}),
        ("model_name_or_path: a/x\nexport_dir: out\nexport_quantization_bit: 4\nexport_quantization_dataset: data/c.jsonl\n", "weights", {("quantize", "a/x"), ("trained-on", "local/c.jsonl")}),
        ("model_name_or_path: a/x\nadapter_name_or_path: b/l\ntemplate: t\n", "service", {("runs-with", "a/x"), ("runs-with", "b/l")}),
        ("model_name_or_path: a/x\nstage: sft\ndo_predict: true\neval_dataset: d/y\n", "outputs", {("generated-by", "a/x"), ("contains", "datasets/d/y")}),
        ("model: a/x\nmodel_class: llm\ntrain_dataset: d/y\n", "weights", {("finetune", "a/x"), ("trained-on", "datasets/d/y")}),
        ("model: a/x\npeft_config: {name: lora}\ntrain_dataset: d/y\n", "adapter", {("adapter", "a/x"), ("trained-on", "datasets/d/y")}),
        ("model: a/x\npeft_config: {name: lora, adapter_name_or_path: b/l, export_dir: out}\n", "weights", {("merge", "a/x"), ("merge", "b/l")}),
    ],
)
def test_llamafactory_work(text: str, kind: str, wanted: set[tuple[str, str]], knowledge: Knowledge) -> None:
    draft = read(llamafactory, text, knowledge)
    assert {(s.relation, s.source) for s in draft.steps.values()} == wanted
    assert draft.parts[draft.release].kind == kind
    assert not draft.unread
    for step in draft.steps.values():
        assert bool(step.inferred) == (step.confidence < 1)


def test_llamafactory_reward_models(knowledge: Knowledge) -> None:
    draft = read(llamafactory, BASE.replace("sft", "rm"), knowledge)
    assert [n.id for n in draft.notices] == ["makes-reward-model"]
    service = read(llamafactory, BASE.replace("sft", "ppo") + "reward_model: http://there:8000\nreward_model_type: api\n", knowledge)
    assert {s.relation for s in service.steps.values()} == {"adapter", "trained-on", "rewarded-by"}
    assert [p.kind for p in service.parts.values() if p.source.startswith("http")] == ["service"]


def test_llamafactory_beside_a_model(knowledge: Knowledge) -> None:
    """In a model's folder a training file is about the model; serving and predicting make none."""
    assert read(llamafactory, BASE, knowledge, "me/ours").release == "me/ours"
    for text in ("model_name_or_path: a/x\ntemplate: t\n", "model_name_or_path: a/x\nstage: sft\ndo_predict: true\n"):
        draft = read(llamafactory, text, knowledge, "me/ours")
        assert (draft.parts, draft.unread, [n.id for n in draft.notices]) == ({}, [], ["not-used"])


def test_llamafactory_v1_table(tmp_path: Path, knowledge: Knowledge) -> None:
    table = "one: {file_name: data/one.json, converter: alpaca}\ntwo: {hf_hub_url: b/two}\n"
    draft = draft_of(placed(tmp_path, "model: a/x\nmodel_class: llm\ndist_config: {}\ntrain_dataset: data/t.yaml\n", table, "data/t.yaml", "deep/run.yaml"), knowledge)
    assert steps(draft) == {("run", "finetune", "a/x"), ("run", "trained-on", "local/one.json"), ("run", "trained-on", "datasets/b/two")}
    alone = draft_of(placed(tmp_path / "other" / "x" / "y" / "z", "model: a/x\nmodel_class: llm\ntrain_dataset: data/gone.yaml\n"), knowledge)
    assert steps(alone) == {("run", "finetune", "a/x"), ("run", "trained-on", "local/gone.yaml")}


@pytest.mark.parametrize(("extra", "why"), [("", "no data set is named"), ("dataset: {a: b}\n", "without a name"), ("dataset: [a, {b: c}]\n", "without a name"), ("dataset: d/y\n---\nmodel_name_or_path: b/z\nstage: sft\n", "another document"), ("adapter_name_or_path: none\ndataset: d/y\n", "names nothing")])
def test_what_llamafactory_does_not_name_is_missed(extra: str, why: str, knowledge: Knowledge) -> None:
    draft = read(llamafactory, "model_name_or_path: a/x\nstage: sft\ndo_train: true\n" + extra, knowledge)
    assert [u for u in draft.unread if why in u.why], draft.unread


def test_llamafactory_json(tmp_path: Path, knowledge: Knowledge) -> None:
    path = placed(tmp_path, json.dumps({"model_name_or_path": "a/x", "stage": "sft", "do_train": True, "dataset": ["yours"]}), INFO, name="run.json")
    draft = draft_of(path, knowledge)
    assert steps(draft) == {("run", "adapter", "a/x"), ("run", "trained-on", "datasets/beta/chats")}
    assert next(s.evidence.pointer for s in draft.steps.values() if s.relation == "adapter") == "/model_name_or_path"


def test_a_table_may_be_handed_over(knowledge: Knowledge) -> None:
    node = read_json(json.dumps({"model_name_or_path": "a/x", "stage": "sft", "dataset": "yours"}), "x")
    draft = llamafactory.draft([node], "x", knowledge, "", Table(read_json(json.dumps(INFO), "t")))
    assert ("run", "trained-on", "datasets/beta/chats") in steps(draft)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (TRL, {("finetune", "alpha/one", 1.0), ("trained-on", "datasets/beta/chats", 1.0)}),
        (TRL + "use_peft: true\n", {("adapter", "alpha/one", 1.0), ("trained-on", "datasets/beta/chats", 1.0)}),
        (TRL + "lora_r: 8\n", {("finetune", "alpha/one", 0.6), ("trained-on", "datasets/beta/chats", 1.0)}),
        (TRL + "teacher_model_name_or_path: t/big\n", {("finetune", "alpha/one", 1.0), ("distill-logits", "t/big", 1.0), ("trained-on", "datasets/beta/chats", 1.0)}),
        (TRL + "teacher_model_name_or_path: t/big\nseq_kd: true\n", {("finetune", "alpha/one", 1.0), ("distill-logits", "t/big", 1.0), ("distill-outputs", "t/big", 1.0), ("trained-on", "datasets/beta/chats", 1.0)}),
        (TRL + "datasets: [{path: c/a}, {path: json, data_files: {train: x.json}}]\n", {("finetune", "alpha/one", 1.0), ("trained-on", "datasets/c/a", 1.0), ("trained-on", "local/x.json", 1.0)}),
        (TRL + "reward_model_name_or_path: r/m\nreward_funcs: [accuracy_reward, q/m2]\n", {("finetune", "alpha/one", 1.0), ("trained-on", "datasets/beta/chats", 1.0), ("rewarded-by", "r/m", 1.0), ("rewarded-by", "q/m2", 1.0)}),
        (TRL + "judge: pair_rm\n", {("finetune", "alpha/one", 1.0), ("trained-on", "datasets/beta/chats", 1.0), ("rewarded-by", "llm-blender/PairRM", 0.9)}),
        (TRL + "sft_model_path: p/policy\nreward_model_path: r/m\n", {("finetune", "p/policy", 1.0), ("contains", "alpha/one", 0.9), ("trained-on", "datasets/beta/chats", 1.0), ("rewarded-by", "r/m", 1.0)}),
        (TRL + "chat_template_path: w/words\nref_model_name_or_path: z/ref\n", {("finetune", "alpha/one", 1.0), ("trained-on", "datasets/beta/chats", 1.0), ("contains", "w/words", 0.9), ("trained-with", "z/ref", 0.6)}),
        (TRL + "chat_template_path: mine.jinja\nref_model_name_or_path: alpha/one\n", {("finetune", "alpha/one", 1.0), ("trained-on", "datasets/beta/chats", 1.0)}),
        (TRL.replace("dataset_name: beta/chats", "dataset_mixer: {m/one: 0.5, m/two: 1.0}"), {("finetune", "alpha/one", 1.0), ("trained-on", "datasets/m/one", 1.0), ("trained-on", "datasets/m/two", 1.0)}),
        (TRL.replace("dataset_name: beta/chats", "dataset_mixture: {datasets: [{id: m/one, weight: 1}]}"), {("finetune", "alpha/one", 1.0), ("trained-on", "datasets/m/one", 1.0)}),
    ],
)
def test_trl(text: str, wanted: set[tuple[str, str, float]], knowledge: Knowledge) -> None:
    draft = read(trl, text, knowledge)
    assert {(s.relation, s.source, s.confidence) for s in draft.steps.values()} == wanted
    assert not draft.unread
    assert draft.parts["run"].kind == ("adapter" if "use_peft" in text else "weights")


def test_trl_places_revisions_and_results(knowledge: Knowledge) -> None:
    text = TRL + "model_revision: abc\nhub_model_id: me/tuned\nteacher_model_name_or_path: t/big\nteacher_model_revision: def\n"
    draft = read(trl, text, knowledge)
    assert (draft.release, draft.parts["me/tuned"].source) == ("me/tuned", "hf:me/tuned")
    assert (draft.parts["alpha/one"].revision, draft.parts["t/big"].revision) == ("abc", "def")
    assert (line_of(draft, "finetune", "alpha/one"), line_of(draft, "trained-on", "datasets/beta/chats"), line_of(draft, "distill-logits", "t/big")) == (1, 2, 7)


@pytest.mark.parametrize(
    ("extra", "why"),
    [("teacher_model_server_url: http://t:8000\n", "not named"), ("teacher_server_urls: {default: 'http://t'}\n", "not named"), ("judge: openai\n", "the judge"), ("datasets: [{name: x}]\n", "without a name or path"), ("teacher_model_name_or_path: [x]\n", "no name")],
)
def test_what_trl_does_not_name_is_missed(extra: str, why: str, knowledge: Knowledge) -> None:
    draft = read(trl, TRL + extra, knowledge)
    assert [u for u in draft.unread if why in u.why], draft.unread
    assert [u.why for u in read(trl, TRL.replace("dataset_name: beta/chats", "push_to_hub: true"), knowledge).unread] == ["no data set is named, so what it was trained on is not known"]


def test_trl_without_a_model_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(StackError, match="command line"):
        read(trl, TRL.replace("alpha/one", ""), knowledge)
    assert [n.id for n in read(trl, TRL + "datasets: [{path: c/a}]\n", knowledge).notices] == ["not-used"]


def test_torchtune_comment_is_the_evidence(knowledge: Knowledge) -> None:
    draft = read(torchtune, TORCHTUNE, knowledge)
    assert steps(draft) == {("run", "finetune", "alpha/One-7B"), ("run", "trained-on", "datasets/tatsu-lab/alpaca")}
    assert line_of(draft, "finetune", "alpha/One-7B") == 1
    assert {s.relation: s.confidence for s in draft.steps.values()} == {"finetune": 0.9, "trained-on": 0.9}
    assert all(s.inferred for s in draft.steps.values())
    assert not draft.unread


@pytest.mark.parametrize(
    ("old", "new", "wanted", "confidence"),
    [
        (" --output-dir /tmp/One-7B", "", "alpha/One-7B", 0.9),
        ("checkpoint_dir: /tmp/One-7B", "checkpoint_dir: /tmp/One-7B/original/", "alpha/One-7B", 0.9),
        ("checkpoint_dir: /tmp/One-7B", "checkpoint_dir: ${place}/One-7B\nplace: /tmp", "alpha/One-7B", 0.9),
        ("checkpoint_dir: /tmp/One-7B", "checkpoint_dir: /disk/One-7B", "alpha/One-7B", 0.6),
        (" --output-dir /tmp/One-7B", " \\\n#     --output-dir /tmp/One-7B", "alpha/One-7B", 0.9),
        ("checkpoint_dir: /tmp/One-7B", "checkpoint_dir: /disk/other", "local/other", 1.0),
        ("checkpoint_dir: /tmp/One-7B", "checkpoint_dir: ${gone}/other", "local/other", 1.0),
        ("checkpoint_dir: /tmp/One-7B", "checkpoint_dir: ${a}/other\na: ${b}${b}\nb: ${a}${a}", "local/other", 1.0),
        ("#   tune", "tune_command: tune", "local/One-7B", 1.0),
    ],
)
def test_torchtune_folders(old: str, new: str, wanted: str, confidence: float, knowledge: Knowledge) -> None:
    assert old in TORCHTUNE
    head, _, tail = new.partition("\n") if "comment" not in new and not new.startswith((" ", "#")) else (new, "", "")
    text = TORCHTUNE.replace(old, head) + (tail + "\n" if tail else "")
    draft = read(torchtune, text, knowledge)
    assert [(s.source, s.confidence) for s in draft.steps.values() if s.relation == "finetune"] == [(wanted, confidence)]


@pytest.mark.parametrize(
    ("extra", "kind", "relation"),
    [("", "weights", "finetune"), ("save_adapter_weights_only: True\n", "adapter", "adapter"), ("save_adapter_weights_only: False\n", "weights", "finetune")],
)
def test_torchtune_lora(extra: str, kind: str, relation: str, knowledge: Knowledge) -> None:
    draft = read(torchtune, TORCHTUNE.replace("llama2_7b", "qlora_llama2_7b") + extra, knowledge)
    assert (draft.parts["run"].kind, {s.relation for s in draft.steps.values()}) == (kind, {relation, "trained-on"})


def test_torchtune_teachers_rewards_references_and_tokenizers(knowledge: Knowledge) -> None:
    comment = "".join(f"#   tune download {n} --output-dir /tmp/{n.split('/')[1]}\n" for n in ("b/Teach", "c/Rew", "d/Ref", "e/Tok"))
    part = "{}:\n  _component_: torchtune.training.FullModelHFCheckpointer\n  checkpoint_dir: /tmp/{}\n"
    text = comment + TORCHTUNE + part.format("teacher_checkpointer", "Teach") + part.format("reward_checkpointer", "Rew") + part.format("value_checkpointer", "Rew") + part.format("ref_checkpointer", "Ref") + part.format("ref_policy_checkpointer", "One-7B") + "tokenizer: {path: /tmp/Tok/tokenizer.model}\n"
    draft = read(torchtune, text, knowledge)
    assert {s[1:] for s in steps(draft)} == {("finetune", "alpha/One-7B"), ("distill-logits", "b/Teach"), ("rewarded-by", "c/Rew"), ("trained-with", "d/Ref"), ("contains", "e/Tok"), ("trained-on", "datasets/tatsu-lab/alpaca")}
    assert line_of(draft, "distill-logits", "b/Teach") == 1
    same = read(torchtune, TORCHTUNE + "tokenizer: {path: /tmp/One-7B/original/tokenizer.model}\n", knowledge)
    assert len(same.steps) == 2


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ("dataset: {_component_: torchtune.datasets.chat_dataset, source: b/chats}", {"datasets/b/chats"}),
        ("dataset: {_component_: torchtune.datasets.chat_dataset, source: json, data_files: x.json}", {"local/x.json"}),
        ("dataset: {_component_: torchtune.datasets.alpaca_dataset, source: '${which}'}\nwhich: c/d", {"datasets/c/d"}),
        ("dataset:\n- _component_: torchtune.datasets.slimorca_dataset\n- _component_: torchtune.datasets.multimodal.the_cauldron_dataset", {"datasets/Open-Orca/SlimOrca-Dedup", "datasets/HuggingFaceM4/the_cauldron"}),
        ("datasets: [{source: b/a, weight: 1}, {source: b/c}]", {"datasets/b/a", "datasets/b/c"}),
    ],
)
def test_torchtune_data(data: str, wanted: set[str], knowledge: Knowledge) -> None:
    text = TORCHTUNE.replace("dataset:\n  _component_: torchtune.datasets.alpaca_dataset", data)
    draft = read(torchtune, text, knowledge)
    assert {s.source for s in draft.steps.values() if s.relation == "trained-on"} == wanted
    assert not draft.unread


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("torchtune.datasets.alpaca_dataset", "mine.data.load", "only its code names"),
        ("torchtune.datasets.alpaca_dataset", "torchtune.datasets.chat_dataset", "only its code names"),
        ("dataset:\n  _component_: torchtune.datasets.alpaca_dataset\n", "", "no data set is named"),
        ("  checkpoint_dir: /tmp/One-7B\n", "", "without a folder"),
        ("optimizer:", "teacher_model: {_component_: torchtune.models.x}\noptimizer:", "weights are not named"),
    ],
)
def test_what_torchtune_does_not_name_is_missed(old: str, new: str, why: str, knowledge: Knowledge) -> None:
    assert old in TORCHTUNE
    draft = read(torchtune, TORCHTUNE.replace(old, new), knowledge)
    assert [u for u in draft.unread if why in u.why], draft.unread


def test_torchtune_other_recipes(knowledge: Knowledge) -> None:
    plain = TORCHTUNE[: TORCHTUNE.index("dataset:")]
    quantized = read(torchtune, plain + "quantizer: {_component_: torchtune.training.quantization.Int8DynActInt4WeightQuantizer}\n", knowledge)
    assert steps(quantized) == {("quantized", "quantize", "alpha/One-7B")}
    generated = read(torchtune, plain + "prompt: {user: hi}\nmax_new_tokens: 5\n", knowledge)
    assert (steps(generated), generated.parts["generated"].kind) == ({("generated", "generated-by", "alpha/One-7B")}, "outputs")
    for text in (plain + "tasks: [arc]\nquantizer: null\n", plain + "tasks: [arc]\nquantizer: {_component_: torchtune.q}\n"):
        with pytest.raises(StackError, match="evaluates"):
            read(torchtune, text, knowledge)
        beside = read(torchtune, text, knowledge, "me/ours")
        assert (beside.parts, beside.unread, [n.id for n in beside.notices]) == ({}, [], ["makes-nothing"])
    aware = read(torchtune, TORCHTUNE + "quantizer: {_component_: torchtune.q}\n", knowledge)
    assert [n.id for n in aware.notices] == ["quantised-later"]


def pipeline(*found: dict[str, object], name: str = "p", **more: object) -> str:
    """A pipeline as distilabel writes one, in JSON."""
    return json.dumps({"distilabel": {"version": "1.5.3"}, "pipeline": {"name": name, "steps": [{"step": s, "name": s.get("name", "")} for s in found], "connections": more.get("connections", [])}})


def step(cls: str, module: str = "distilabel.steps.x", **fields: object) -> dict[str, object]:
    return {"name": cls.lower(), **fields, "type_info": {"module": module, "name": cls}}


def llm(cls: str, **fields: object) -> dict[str, object]:
    return {**fields, "type_info": {"module": "distilabel.models.llms.x", "name": cls}}


def test_distilabel(knowledge: Knowledge) -> None:
    draft = read(distilabel, DISTILABEL, knowledge)
    made = "dataset/chats"
    assert steps(draft) == {(made, "contains-modified", "datasets/alpha/prompts"), (made, "generated-by", "beta/writer")}
    assert (draft.release, draft.parts[made].kind, draft.parts["beta/writer"].kind) == (made, "dataset", "weights")
    assert (line_of(draft, "contains-modified", "datasets/alpha/prompts"), line_of(draft, "generated-by", "beta/writer")) == (8, 14)
    assert not draft.unread


@pytest.mark.parametrize(
    ("model", "wanted", "kind"),
    [
        (llm("vLLM", model="b/w", tokenizer="b/w"), {("generated-by", "b/w")}, "weights"),
        (llm("InferenceEndpointsLLM", model_id="b/w", tokenizer_id="b/w", base_url="https://x"), {("generated-by", "b/w")}, "weights"),
        (llm("MlxLLM", path_or_hf_repo="b/w"), {("generated-by", "b/w")}, "weights"),
        (llm("LlamaCppLLM", model_path="/m/w.Q4.gguf"), {("generated-by", "local/w.Q4.gguf")}, "weights"),
        (llm("OpenAILLM", model="gpt-4o", base_url="https://api.openai.com/v1"), {("generated-by", "openai:gpt-4o")}, "service"),
        (llm("OpenAILLM", model="gpt-4o"), {("generated-by", "openai:gpt-4o")}, "service"),
        (llm("OpenAILLM", model="b/w", base_url="http://localhost:8000/v1"), {("generated-by", "b/w")}, "weights"),
        (llm("AnthropicLLM", model="claude-x"), {("generated-by", "anthropic:claude-x")}, "service"),
        (llm("TogetherLLM", model="b/w"), {("generated-by", "together:b/w")}, "service"),
        (llm("OllamaLLM", model="llama3:8b"), {("generated-by", "ollama:llama3:8b")}, "service"),
        ({"aggregator_llm": llm("vLLM", model="b/w"), "proposers_llms": {"0": llm("vLLM", model="c/w"), "1": llm("OpenAILLM", model="gpt")}, "type_info": {"module": "distilabel.models.llms.moa", "name": "MixtureOfAgentsLLM"}}, {("generated-by", "b/w"), ("generated-by", "c/w"), ("generated-by", "openai:gpt")}, ""),
        ({"model": "b/w", "type_info": {"module": "mine.llms", "name": "Mine"}}, {("generated-by", "b/w")}, "weights"),
    ],
)
def test_distilabel_models(model: dict[str, object], wanted: set[tuple[str, str]], kind: str, knowledge: Knowledge) -> None:
    draft = read(distilabel, pipeline(step("TextGeneration", llm=model)), knowledge)
    assert {(s.relation, s.source) for s in draft.steps.values() if s.result == "dataset/p"} == wanted
    assert not draft.unread
    if kind:
        assert draft.parts[next(iter(wanted))[1]].kind == kind
    if model["type_info"] == {"module": "distilabel.models.llms.x", "name": "TogetherLLM"}:
        assert ("together:b/w", "contains", "b/w") in steps(draft)


@pytest.mark.parametrize(
    ("given", "relation"),
    [
        (step("UltraFeedback", llm=llm("vLLM", model="b/w")), "labelled-by"),
        (step("EmbeddingGeneration", embeddings={"model": "b/w", "type_info": {"module": "distilabel.embeddings.x", "name": "SentenceTransformerEmbeddings"}}), "labelled-by"),
        (step("RewardModelScore", model="b/w", revision="r"), "labelled-by"),
        (step("PairRM", model="b/w"), "labelled-by"),
        (step("MagpieGenerator", llm=llm("vLLM", model="b/w")), "generated-by"),
        (step("ImageGeneration", llm=None, image_generation_model={"model": "b/w", "type_info": {"module": "distilabel.models.image_generation.x", "name": "InferenceEndpointsImageGeneration"}}), "generated-by"),
        (step("Own", "mine.steps", llm=llm("vLLM", model="b/w")), "generated-by"),
    ],
)
def test_distilabel_tasks(given: dict[str, object], relation: str, knowledge: Knowledge) -> None:
    draft = read(distilabel, pipeline(given), knowledge)
    assert {(s.relation, s.source) for s in draft.steps.values()} == {(relation, "b/w")}
    assert not draft.unread


def test_distilabel_loaders_and_results(knowledge: Knowledge) -> None:
    text = pipeline(step("LoadDataFromFileSystem", data_files=["a/x.json", "hf://datasets/c/d/y.json"]), step("LoadDataFromDisk", dataset_path="/z"), step("LoadDataFromDicts", data=[{"a": 1}]), step("LoadHubDataset", repo_id="e/f", revision="r1"), step("PushToHub", repo_id="me/made"))
    draft = read(distilabel, text, knowledge)
    made = "datasets/me/made"
    assert steps(draft) == {(made, "contains-modified", i) for i in ("local/x.json", "datasets/c/d", "local/z", "datasets/e/f")}
    assert (draft.release, draft.parts[made].source, draft.parts["datasets/e/f"].revision) == (made, "hf:datasets/me/made", "r1")
    assert [n.id for n in draft.notices] == ["inline-data"]
    assert all(s.evidence.pointer for s in draft.steps.values())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (step("LoadDataFromHub", repo_id=None), "only when the pipeline is run"),
        (step("LoadDataFromFileSystem"), "only when the pipeline is run"),
        (step("TextGeneration", llm=llm("InferenceEndpointsLLM", endpoint_name="mine")), "only the place it runs at (mine)"),
        (step("TextGeneration", llm=llm("ClientvLLM", model="", base_url="http://there")), "http://there"),
        (step("TextGeneration", llm=llm("AnthropicLLM")), "only when the pipeline is run"),
        (step("Own", "mine.steps"), "only its code names"),
        ({"name": "x"}, "class is not stated"),
    ],
)
def test_what_distilabel_does_not_name_is_missed(given: dict[str, object], why: str, knowledge: Knowledge) -> None:
    draft = read(distilabel, pipeline(given), knowledge)
    assert [u for u in draft.unread if why in u.why], draft.unread


def test_distilabel_own_steps_in_the_middle_are_noticed(knowledge: Knowledge) -> None:
    text = pipeline(step("LoadDataFromHub", repo_id="e/f"), step("Own", "mine.steps"), step("KeepColumns"), connections=[{"from": "loaddatafromhub", "to": ["own"]}, {"from": "own", "to": ["keepcolumns"]}])
    draft = read(distilabel, text, knowledge)
    assert [n.id for n in draft.notices] == ["step-code"]
    assert not draft.unread
    assert [u.why for u in read(distilabel, pipeline(), knowledge).unread] == ["a pipeline without steps, so how the data was made is not known"]
