"""mergekit and axolotl configurations, and which reader takes which file."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licgraph.errors import StackError
from licgraph.inputs import axolotl, distilabel, draft_of, llamafactory, mergekit, readers, torchtune, training, trl
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Source, read_yaml
from licgraph.inputs.stackfile import ID_PATTERN
from licgraph.knowledge import Knowledge
from licgraph.knowledge import load as load_knowledge

MERGE = """\
# two of ours
models:
  - model: alpha/one@abc123
    parameters: {weight: 0.5}
  - model: beta/two+gamma/delta-lora
merge_method: ties
base_model: omega/base
tokenizer_source: theta/words
dtype: bfloat16
"""
AXOLOTL = """\
base_model: alpha/one
model_revision: abc123
adapter: qlora
lora_model_dir: ./earlier
hub_model_id: me/tuned
datasets:
  - path: beta/chats
    type: alpaca
    revision: r2
  - path: json
    data_files: [a.jsonl, sub/b.jsonl]
  - path: data/own.json
    ds_type: json
test_datasets:
  - path: gamma/exam
pretraining_dataset: beta/crawl
sequence_len: 512
micro_batch_size: 1
"""
LLAMAFACTORY = """\
model_name_or_path: alpha/one
stage: sft
do_train: true
finetuning_type: lora
dataset: mine,yours
template: qwen
"""
TRL = """\
model_name_or_path: alpha/one
dataset_name: beta/chats
output_dir: out
learning_rate: 1.0e-5
"""
TORCHTUNE = """\
#   tune download alpha/One-7B --output-dir /tmp/One-7B
output_dir: /tmp/out
model:
  _component_: torchtune.models.llama2.llama2_7b
checkpointer:
  _component_: torchtune.training.FullModelHFCheckpointer
  checkpoint_dir: /tmp/One-7B
dataset:
  _component_: torchtune.datasets.alpaca_dataset
optimizer:
  _component_: torch.optim.AdamW
"""
DISTILABEL = """\
distilabel:
  version: 1.5.3
pipeline:
  name: chats
  steps:
  - step:
      name: load
      repo_id: alpha/prompts
      type_info: {module: distilabel.steps.generators.huggingface, name: LoadDataFromHub}
    name: load
  - step:
      name: write
      llm:
        model: beta/writer
        type_info: {module: distilabel.models.llms.vllm, name: vLLM}
      type_info: {module: distilabel.steps.tasks.text_generation, name: TextGeneration}
    name: write
  connections:
  - {from: load, to: [write]}
"""
ALL: dict[ModuleType, str] = {mergekit: MERGE, axolotl: AXOLOTL, llamafactory: LLAMAFACTORY, trl: TRL, torchtune: TORCHTUNE, distilabel: DISTILABEL}
OTHERS = [
    "---\nlicense: mit\nbase_model: alpha/one\ndatasets: [a/b]\ntags: [merge]\n---\n# It\n```yaml\nmerge_method: linear\nmodels:\n- model: a/b\n```\n",
    '{"_name_or_path": "alpha/one", "model_type": "llama"}',
    "licgraph: 1\ncomponents: {}\n",
    "version: '3'\nservices: {web: {image: x}}\n",
    "provider: rented\nproject_name: x\ngpu: h100\nsecrets: [A]\n",
    "compute_environment: LOCAL\nfsdp_config: {}\nmixed_precision: bf16\n",
    '{"identity": {"file_name": "identity.json"}}',
    "base_model: a/b\n",
    "model_name_or_path: a/b\n",
    "- a\n- b\n",
    "",
    "{",
    "experts: [a]\nbase_model: x\nnames: 1\n",
]


def source(text: str | bytes, name: str = "run.yaml") -> Source:
    return Source(name, None, text.encode() if isinstance(text, str) else text)


def read(module: ModuleType, text: str, knowledge: Knowledge, result: str = "") -> Draft:
    found: Draft = module.read(source(text), knowledge, result)
    return found


def steps(draft: Draft) -> set[tuple[str, str, str]]:
    return set(draft.steps)


def line_of(draft: Draft, relation: str, origin: str) -> int:
    return next(s.evidence.line for s in draft.steps.values() if (s.relation, s.source) == (relation, origin))


@pytest.mark.parametrize("owner", ALL, ids=lambda m: m.FORMAT)
def test_one_reader_a_file(owner: ModuleType) -> None:
    """Each form is taken by its reader, and no other training reader wants it."""
    for module in ALL:
        assert (module.sniff(source(ALL[owner])) > 0) == (module is owner), module.FORMAT
    assert owner.sniff(source(ALL[owner], "-")) > 0, "handed over without a name"
    assert owner.sniff(source(ALL[owner], "notes.md")) > 0
    assert max(m.sniff(source(ALL[owner])) for m in readers()) == owner.sniff(source(ALL[owner]))


@pytest.mark.parametrize("text", OTHERS)
def test_others_files_are_left_alone(text: str) -> None:
    for module in ALL:
        assert module.sniff(source(text, "-")) == 0
        assert module.sniff(Source("x.md", None, text.encode())) == 0


def test_a_text_file_of_another_kind_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text(AXOLOTL)
    assert axolotl.sniff(Source("run.txt", tmp_path / "run.txt")) == 0


def test_indented_json_and_marked_files_are_known() -> None:
    assert mergekit.sniff(source("\ufeff" + "".join(f"  {line}\n" for line in MERGE.splitlines()))) > 0
    assert llamafactory.sniff(source('{"model_name_or_path": "a/b", "stage": "sft", "top": {"base_model": 1}}', "run.json")) > 0
    assert llamafactory.sniff(source('{"model_name_or_path": "a/b", "stage": "sft", "x": "' + "y" * 70_000 + '"}', "run.json")) > 0
    assert trl.sniff(source('{"model_name_or_path": "a/b", "stage": "sft", "output_dir": "x", "dataset_name": "y"}', "run.json")) == 0


def test_axolotls_way_to_merge_an_adapter_is_no_merge_of_models() -> None:
    assert mergekit.sniff(source(AXOLOTL + "merge_method: legacy\n")) == 0
    assert not mergekit.fits(read_yaml(AXOLOTL + "merge_method: legacy\n", "x")[0])


def test_merge(knowledge: Knowledge) -> None:
    draft = read(mergekit, MERGE, knowledge)
    wanted = {("merge", "merge", i) for i in ("alpha/one", "beta/two", "gamma/delta-lora", "omega/base")} | {("merge", "contains", "theta/words")}
    assert steps(draft) == wanted
    assert draft.release == "merge"
    assert draft.parts["gamma/delta-lora"].kind == "adapter"
    assert draft.parts["alpha/one"].revision == "abc123"
    assert {s.relation: s.confidence for s in draft.steps.values()} == {"merge": 1.0, "contains": 0.9}
    assert (line_of(draft, "merge", "alpha/one"), line_of(draft, "merge", "omega/base"), line_of(draft, "contains", "theta/words")) == (3, 7, 8)
    assert not draft.unread
    assert draft.parts["merge"].ours
    assert not draft.parts["omega/base"].ours


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("slices:\n- sources:\n  - {model: a/x, layer_range: [0, 8]}\n  base_model: b/y\nmerge_method: passthrough\n", "a/x b/y"),
        ("modules:\n  text: {slices: [{sources: [{model: a/x}]}]}\n  vision: {models: [{model: b/y}, {model: c/z}]}\nmerge_method: linear\n", "a/x b/y c/z"),
        ("base_model: a/x\nexperts:\n- {source_model: b/y, positive_prompts: [hi]}\n- source_model: {model: {path: c/z, revision: r}, lora: d/l}\nshared_experts: [{source_model: e/s}]\n", "a/x b/y c/z d/l e/s"),
        ("genome:\n  models: [a/x, {model: {path: b/y}}]\n  base_model: {model: c/z, override_architecture: Bert}\n  merge_method: ties\n", "a/x b/y c/z"),
        ("models:\n- model: {model: a/x, lora: b/l}\n- {model: c/y, lora: d/l}\nmerge_method: slerp\n", "a/x b/l c/y d/l"),
        ("merge_method: cabs\nbase_model: zero\nsources:\n  zero: {path: a/x}\n  one: {path: b/y}\npruning_order: [one]\n", "a/x b/y"),
        ("layer_slices:\n- {model: a/x, start: 0, end: 3}\nembedding_source: b/y\nlm_head_source: c/z\n", "a/x b/y c/z"),
        ("models: [a/x, b/y]\nmerge_method: linear\n", "a/x b/y"),
        ("models:\n- model: a/x@r1+b/l@r2\nmerge_method: linear\n", "a/x b/l"),
    ],
)
def test_every_form_of_a_merge(text: str, wanted: str, knowledge: Knowledge) -> None:
    assert mergekit.sniff(source(text)) > 0
    draft = read(mergekit, text, knowledge, "me/ours")
    assert steps(draft) == {("me/ours", "merge", w) for w in wanted.split()}
    assert not draft.unread
    assert draft.release == "me/ours"


def test_chains_of_merges_in_any_order(knowledge: Knowledge) -> None:
    first, second, last = "name: one\nmerge_method: linear\nmodels: [a/x, b/y]\n", "name: two\nmerge_method: slerp\nbase_model: one\nmodels: [{model: c/z}]\n", "merge_method: ties\nbase_model: a/x\nmodels: [{model: two+d/l}]\n"
    wanted = {("merge/one", "merge", "a/x"), ("merge/one", "merge", "b/y"), ("merge/two", "merge", "c/z"), ("merge/two", "merge", "merge/one"), ("merge", "merge", "a/x"), ("merge", "merge", "merge/two"), ("merge", "merge", "d/l")}
    for order in ([first, second, last], [last, second, first], [second, last, first]):
        draft = read(mergekit, "---\n".join(order), knowledge)
        assert steps(draft) == wanted
        assert draft.release == "merge"
    named = read(mergekit, first + "---\n" + second, knowledge)
    assert named.release == "merge/two"
    loose = read(mergekit, first + "---\n" + first.replace("one", "other"), knowledge)
    assert loose.release == "", "two results, and the file does not say which is released"
    assert steps(read(mergekit, second + "---\n" + first, knowledge, "me/ours")) >= {("me/ours", "merge", "merge/one")}


def test_tokenizers_that_are_taken_over(knowledge: Knowledge) -> None:
    text = "models: [a/x, b/y]\nmerge_method: linear\ntokenizer:\n  source: union\n  tokens:\n    <a>: {source: a/x}\n    <b>: {source: {kind: model_token, model: c/z, token: b}}\n    <c>: {source: {kind: zero}}\n"
    assert {s for s in steps(read(mergekit, text, knowledge)) if s[1] == "contains"} == {("merge", "contains", "c/z")}
    assert {s for s in steps(read(mergekit, "models: [a/x]\nmerge_method: linear\ntokenizer_source: model:b/y\n", knowledge)) if s[1] == "contains"} == {("merge", "contains", "b/y")}
    assert not {s for s in steps(read(mergekit, "models: [a/x]\nmerge_method: linear\ntokenizer_source: base\n", knowledge)) if s[1] == "contains"}


def test_a_comparison_makes_nothing(knowledge: Knowledge) -> None:
    text = "models: [{model: a/x}, {model: b/y}]\nmetric_method: all\n"
    with pytest.raises(StackError, match="compares models"):
        read(mergekit, text, knowledge)
    beside = read(mergekit, text, knowledge, "me/ours")
    assert not beside.parts
    assert not beside.unread
    assert [n.id for n in beside.notices] == ["makes-nothing"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("models: [{model: none}]\nmerge_method: linear\n", "names nothing"),
        ("models: [{weight: 1}]\nmerge_method: linear\n", "no name"),
        ("models: [[a/x]]\nmerge_method: linear\n", "no name"),
        ("models: [a/x, null]\nmerge_method: linear\n", "no name"),
        ("modules: {text: 5}\nmerge_method: linear\n", "names no model"),
        ("name: one\nmodels: [a/x]\nmerge_method: linear\n---\nname: one\nmodels: [b/y]\nmerge_method: linear\n", "two merges are called"),
        ("name: one\nmodels: [one]\nmerge_method: linear\n", "made from itself"),
        ("models: [a/x]\nmerge_method: linear\n---\nsome: thing\n", "no merge"),
        ("models:\n" + "".join(f"- a/x{n}\n" for n in range(training.MAX_NAMED + 5)) + "merge_method: linear\n", "more than"),
        ("---\n".join(f"name: n{n}\nmodels: [a/x]\nmerge_method: linear\n" for n in range(mergekit.MAX_DOCUMENTS + 1)), "more than"),
    ],
)
def test_what_a_merge_does_not_name_is_missed(text: str, why: str, knowledge: Knowledge) -> None:
    draft = read(mergekit, text, knowledge)
    assert [u for u in draft.unread if why in u.why], draft.unread
    assert stack_of(draft, knowledge).unread


def test_merges_in_a_circle_stay_unknown(knowledge: Knowledge) -> None:
    stack = stack_of(read(mergekit, "name: one\nmodels: [two]\nmerge_method: linear\n---\nname: two\nmodels: [one, a/x]\nmerge_method: linear\n", knowledge), knowledge)
    assert any("made from each other" in u.why for u in stack.unread)


def test_axolotl_run(knowledge: Knowledge) -> None:
    draft = read(axolotl, AXOLOTL, knowledge)
    me = "me/tuned"
    assert steps(draft) == {
        (me, "adapter", "alpha/one"), (me, "finetune", "local/earlier"), (me, "trained-on", "datasets/beta/chats"), (me, "trained-on", "local/a.jsonl"), (me, "trained-on", "local/b.jsonl"),
        (me, "trained-on", "local/own.json"), (me, "trained-on", "datasets/beta/crawl"), (me, "evaluated-on", "datasets/gamma/exam"),
    }  # fmt: skip
    assert (draft.parts[me].kind, draft.parts[me].source, draft.release) == ("adapter", "hf:me/tuned", me)
    assert (draft.parts["alpha/one"].revision, draft.parts["datasets/beta/chats"].revision) == ("abc123", "r2")
    assert draft.parts["local/earlier"].kind == "adapter"
    assert (line_of(draft, "adapter", "alpha/one"), line_of(draft, "trained-on", "datasets/beta/chats"), line_of(draft, "trained-on", "local/a.jsonl")) == (1, 7, 11)
    assert not draft.unread
    folder = read(axolotl, AXOLOTL, knowledge, "folder")
    assert folder.release == "folder"
    assert not folder.parts["folder"].source


@pytest.mark.parametrize(
    ("extra", "kind", "relation", "confidence"),
    [
        ("", "weights", "finetune", 1.0),
        ("adapter:\n", "weights", "finetune", 1.0),
        ("adapter: none\n", "weights", "finetune", 1.0),
        ("adapter: lora\n", "adapter", "adapter", 1.0),
        ("adapter: lora\nmerge_lora: true\n", "weights", "finetune", 1.0),
        ("adapter: lora\nrelora: true\n", "weights", "finetune", 0.9),
        ("adapter: from-a-plugin\n", "adapter", "adapter", 0.9),
        ("rl: dpo\nadapter: qlora\n", "adapter", "adapter", 1.0),
        ("reinit_weights: true\n", "weights", "same-architecture-as", 0.9),
    ],
)
def test_axolotl_methods(extra: str, kind: str, relation: str, confidence: float, knowledge: Knowledge) -> None:
    draft = read(axolotl, "base_model: a/x\nsequence_len: 1\ndatasets: [{path: b/y}]\n" + extra, knowledge)
    step = next(s for s in draft.steps.values() if s.source == "a/x" and s.relation != "contains")
    assert (draft.parts["run"].kind, step.relation, step.confidence) == (kind, relation, confidence)
    assert bool(step.inferred) == (confidence < 1)
    assert (("run", "contains", "a/x") in draft.steps) == (relation == "same-architecture-as")


def test_axolotl_other_repositories_and_rewards(knowledge: Knowledge) -> None:
    text = "base_model: a/x\nbase_model_config: b/settings\ntokenizer_config: c/words\nsequence_len: 1\nrl: grpo\ntrl:\n  reward_funcs: [mine.score, d/reward]\ndatasets: [{path: hf://datasets/e/y/part.parquet}]\nbench_dataset: f/exam\n"
    draft = read(axolotl, text, knowledge)
    assert steps(draft) == {("run", "finetune", "a/x"), ("run", "same-architecture-as", "b/settings"), ("run", "contains", "c/words"), ("run", "rewarded-by", "d/reward"), ("run", "trained-on", "datasets/e/y"), ("run", "evaluated-on", "datasets/f/exam")}
    assert [n.id for n in draft.notices] == ["reward-code"]
    same = read(axolotl, "base_model: a/x\nbase_model_config: a/x\ntokenizer_config: a/x\nsequence_len: 1\nrl: dpo\n", knowledge)
    assert steps(same) == {("run", "finetune", "a/x")}


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ("datasets: [{type: alpaca}]\n", "without a name or path"),
        ("datasets: [{path: json}]\n", "files are not named"),
        ("datasets: [[a/b]]\n", "a list stands"),
        ("datasets: [{path: custom}]\n", "names nothing"),
        ("", "no data set is named"),
        ("kd_trainer: true\n", "the teacher is not named"),
        ("kd_trainer: 1.0\n", "the teacher is not named"),
        ("kd_online_server_base_url: http://there:8000\n", "it is not named"),
        ("lora_model_dir: {a: b}\n", "no name"),
        ("---\nbase_model: b/z\nsequence_len: 2\nstrict: false\n", "another document"),
    ],
)
def test_what_axolotl_does_not_name_is_missed(extra: str, why: str, knowledge: Knowledge) -> None:
    draft = read(axolotl, "base_model: a/x\nsequence_len: 1\nstrict: false\n" + extra, knowledge)
    assert [u for u in draft.unread if why in u.why], draft.unread


@pytest.mark.parametrize(
    ("extra", "notice"),
    [("resume_from_checkpoint: ./c\n", "resumed"), ("push_dataset_to_hub: me/data\n", "dataset-published"), ("quantization: {weight_dtype: int4}\n", "quantised-later"), ("lm_eval_tasks: [arc]\n", "evaluation-tasks"), ("datasets: [{path: synthetic}]\n", "random-data")],
)
def test_what_decides_nothing_is_noticed(extra: str, notice: str, knowledge: Knowledge) -> None:
    data = "" if notice == "random-data" else "datasets: [{path: b/y}]\n"
    draft = read(axolotl, "base_model: a/x\nsequence_len: 1\nstrict: false\n" + data + extra, knowledge)
    assert [n.id for n in draft.notices] == [notice]
    assert not draft.unread
    assert {s for s in steps(draft) if s[1] != "trained-on"} == {("run", "finetune", "a/x")}


@pytest.mark.parametrize("text", ["base_model:\nsequence_len: 1\nstrict: 1\n", "base_model: [a]\nsequence_len: 1\nstrict: 1\n", "base_model: {a: b}\nsequence_len: 1\nstrict: 1\n", "base_model: none\nsequence_len: 1\nstrict: 1\n"])
def test_no_base_is_refused(text: str, knowledge: Knowledge) -> None:
    with pytest.raises(StackError, match="no base model"):
        read(axolotl, text, knowledge)


def test_two_places_of_one_name_are_two_parts(knowledge: Knowledge) -> None:
    text = "base_model: ./a/sft\nlora_model_dir: ./b/sft\nsequence_len: 1\ndatasets: [{path: /x/d.json}, {path: /y/d.json}, {path: /x/d.json}]\n"
    assert steps(read(axolotl, text, knowledge)) == {("run", "finetune", "local/sft"), ("run", "finetune", "local/sft-2"), ("run", "trained-on", "local/d.json"), ("run", "trained-on", "local/d.json-2")}


@pytest.mark.parametrize(
    ("written", "dataset", "wanted"),
    [
        ("data/own.json", True, "local/own.json"),
        ("org/own", True, "datasets/org/own"),
        ("models/Llama-2-7b", False, "local/Llama-2-7b"),
        ("saves/x/lora/sft", False, "local/sft"),
        ("https://huggingface.co/datasets/o/n/resolve/main/f.json", True, "datasets/o/n"),
        ("hf://datasets/o/n@v1/f.json", True, "datasets/o/n"),
        ("huggingface.co/o/n/blob/abc/model.safetensors", False, "o/n"),
        ("s3://bucket/some/dir", True, "local/dir"),
        ("ünïcode/näme", False, "local/n-me"),
        ("a" * 300, False, "local/" + "a" * 80),
        ("https://x.example/a b?c=d%20e", True, "x.example/a-b-c-d-20e"),
        ("gpt2", False, "openai-community/gpt2"),
        ("none", False, ""),
    ],
)
def test_names(written: str, dataset: bool, wanted: str, knowledge: Knowledge) -> None:
    assert reference(written, knowledge, dataset).id == wanted


HOSTILE = [
    "{}",
    "[]",
    "null",
    "base_model: &a [*a]\nsequence_len: 1\nstrict: 1\n",
    "a: &a [x, x]\nb: &b [*a, *a]\nbase_model: x/y\nsequence_len: 1\nstrict: *b\ndatasets: *b\n",
    "models: {a: b}\nmerge_method: [x]\nslices: 7\nmodules: [a]\nexperts: {x: y}\ngenome: z\nsources: [q]\ntokenizer: [t]\n",
    "merge_method: x\nmodels: " + "[" * 99 + "]" * 99,
    "model_name_or_path: [x]\nstage: {a: b}\ndataset: {c: [d]}\n",
    "model: {_component_: torchtune.x}\ncheckpointer: {checkpoint_dir: '${a.b}', _component_: torchtune.c}\ndataset: [[{source: 1}]]\noptimizer: 1\na: {b: '${c}'}\nc: '${a.b}${a.b}'\n",
    "distilabel: 1\npipeline: {name: [x], steps: [1, {step: [2]}, {step: {type_info: 3, llm: {type_info: {name: [4]}}}}], connections: 5}\n",
    "distilabel: 1\npipeline: {steps: []}\n",
    '{"distilabel": {}, "pipeline": {"steps": [' + "[" * 90 + "]" * 90 + "]}}",
    "\x00",
    "base_model: !!python/object:os.system x\nsequence_len: 1\nstrict: 1\n",
    "base_model: 'unterminated\nsequence_len: 1\nstrict: 1\n",
    "name: " + "x" * 500 + "\nmodels: [a/b]\nmerge_method: x\n---\nmodels: [" + "x" * 500 + "]\nmerge_method: x\n",
]


@pytest.mark.parametrize("module", ALL, ids=lambda m: m.FORMAT)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_files(module: ModuleType, text: str, knowledge: Knowledge) -> None:
    with contextlib.suppress(StackError):
        stack_of(read(module, text, knowledge), knowledge)


@pytest.mark.parametrize("module", ALL, ids=lambda m: m.FORMAT)
def test_deep_json_is_refused(module: ModuleType, knowledge: Knowledge) -> None:
    text = '{"a":' * 10_000 + "1" + "}" * 10_000
    assert module.sniff(source(text, "x.json")) == 0
    with pytest.raises(StackError):
        module.read(source(text, "x.json"), knowledge)


LINES = st.sampled_from([line for text in ALL.values() for line in text.splitlines()])
BITS = st.one_of(LINES, st.sampled_from(["", "- ", "  ", "[]", "{}", ": x", "null", "- [a]", "- {a: b}", "---", "&a", "*a", "name: one", "x" * 300, "\t", "é", "'"]))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(ALL)), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2), BITS), max_size=6))
def test_mutated_files_never_crash(module: ModuleType, edits: list[tuple[int, int, str]]) -> None:
    knowledge = load_knowledge()
    lines = ALL[module].splitlines()
    for at, gone, new in edits:
        place = at % (len(lines) + 1)
        lines[place : place + gone] = [new]
    text = "\n".join(lines)
    module.sniff(source(text))
    try:
        draft = read(module, text, knowledge)
    except StackError:
        return
    for step in draft.steps.values():
        assert step.result in draft.parts
        assert step.source in draft.parts
        assert 0 < step.confidence <= 1
        assert bool(step.inferred) or step.confidence == 1
    assert all(re.fullmatch(ID_PATTERN, i) for i in draft.parts)
    assert draft.release in {*draft.parts, ""}
    if draft.parts:
        stack_of(draft, knowledge)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(ALL)), st.integers(0, 2000))
def test_cut_files_never_crash(module: ModuleType, at: int) -> None:
    with contextlib.suppress(StackError):
        read(module, ALL[module][:at], load_knowledge())


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (mergekit, "merge_method: x\nmodels:\n" + "".join(f"- a/x{n}\n" for n in range(50_000))),
        (mergekit, "---\n".join("merge_method: x\nname: a\nmodels: [a/x]\n" for _ in range(5_000))),
        (axolotl, AXOLOTL.replace("data_files: [a.jsonl, sub/b.jsonl]", "data_files:\n" + "".join(f"    - d{n}/x.json\n" for n in range(50_000)))),
        (axolotl, AXOLOTL + "trl:\n  reward_funcs:\n" + "".join(f"  - f{n}\n" for n in range(50_000))),
        (llamafactory, LLAMAFACTORY.replace("mine,yours", ",".join(f"n{n}" for n in range(100_000)))),
        (trl, TRL + "dataset_mixer:\n" + "".join(f"  a/x{n}: 1\n" for n in range(50_000))),
        (torchtune, "# tune download a/b --output-dir /x\n" * 20_000 + TORCHTUNE),
        (distilabel, DISTILABEL.replace("  connections:", "".join(f"  - step: {{type_info: {{name: Own{n}, module: m}}}}\n" for n in range(20_000)) + "  connections:")),
    ],
)
def test_what_is_taken_from_large_files_is_bounded(module: ModuleType, text: str, knowledge: Knowledge) -> None:
    """Work is bounded whatever a file names, and what was left out is said."""
    draft = read(module, text, knowledge)
    assert len(draft.steps) + len(draft.unread) + len(draft.notices) <= 2 * training.MAX_NAMED
    assert module is torchtune or any("more than" in u.why for u in draft.unread)


def test_the_dispatch_finds_them(tmp_path: Path, knowledge: Knowledge) -> None:
    for module, text in ALL.items():
        path = tmp_path / f"{module.FORMAT}.yaml"
        path.write_text(text, "utf-8")
        assert draft_of(str(path), knowledge).steps
