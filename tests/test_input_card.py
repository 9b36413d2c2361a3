"""Cards as they are in the wild: what is stated, what is concluded, what is said to be missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licgraph import inputs
from licgraph.answer import assess
from licgraph.errors import StackError
from licgraph.expression import render
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge, load

from .conftest import AS_OF

KNOWLEDGE = load()


def card(text: str | bytes, name: str = "README.md") -> Draft:
    raw = text.encode() if isinstance(text, str) else text
    return inputs.draft_of(name, KNOWLEDGE, Source(name, None, raw))


def front(lines: str, body: str = "\n# A model\n") -> Draft:
    return card(f"---\n{lines}\n---\n{body}")


def own(found: Draft) -> Any:
    return found.parts[found.release]


def steps(found: Draft) -> set[tuple[str, str]]:
    return {(s.relation, s.source) for s in found.steps.values()}


def said(found: Draft) -> list[tuple[str, str]]:
    return [(s.where, s.written) for s in own(found).said]


def answer(found: Draft, **release: Any) -> str:
    stack = stack_of(found, KNOWLEDGE)
    assert stack.release is not None
    return assess(stack._replace(release=stack.release._replace(**release)), KNOWLEDGE, as_of=AS_OF, search=False).answer


LLAMA = "license: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B"


@pytest.mark.parametrize(
    "text",
    [
        f"---\n{LLAMA}\n---\n# Chat\n", f"\ufeff---\n{LLAMA}\n---\n# Chat\n", f"---\n{LLAMA}\n---\n# Chat\n".replace("\n", "\r\n"), f"---\n{LLAMA}\n# Chat, never closed\n", f"---\n{LLAMA}\n\nChat, never closed\n",
        f"\n\n---\n{LLAMA}\n---\n", f"<!-- made by a tool -->\n---\n{LLAMA}\n---\n", "---\nlicense:\n- apache-2.0\nbase_model:\n- meta-llama/Llama-3.1-8B\n---\n", "---\nlicense: Apache-2.0\nbase_model: https://huggingface.co/meta-llama/Llama-3.1-8B\n---\n",
        f"---\nlicense: mit\n{LLAMA}\n---\n", "---\nlicense: apache-2.0\nbase_model: META-LLAMA/llama-3.1-8b\n---\n", f"---\nlanguage: no\nversion: 1.0\n{LLAMA}\n---\n", f"---\n{LLAMA}\ntags: &t [a, b]\nmore: *t\n---\n", "---\nlicense: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B@0e9e39f\n---\n",
        f"---\n{LLAMA}\nwidget:\n\t- text: a tab\n---\n",
    ],
)  # fmt: skip
def test_however_it_is_written_the_newcomer_gets_a_no(text: str) -> None:
    found = card(text)
    assert steps(found) == {("finetune", "meta-llama/Llama-3.1-8B")}
    stack = stack_of(found, KNOWLEDGE)
    verdict = assess(stack, KNOWLEDGE, as_of=AS_OF)
    assert verdict.answer == "no"
    assert {b.clause for b in verdict.blockers} >= {"relabel", "acceptable-use"}
    assert {b.license for b in verdict.blockers} == {"LicenseRef-Llama-3.1-Community"}


def test_evidence_names_file_and_line() -> None:
    found = card(f"<!-- a\nb -->\n---\ntags: [x]\n{LLAMA}\n---\n")
    (statement,) = own(found).said
    (step,) = found.steps.values()
    assert (str(statement.evidence), str(step.evidence)) == ("README.md:5", "README.md:6")
    assert step.inferred
    assert step.confidence == 0.6


@pytest.mark.parametrize(
    ("lines", "relation", "confidence"),
    [
        ("base_model: a/b\nbase_model_relation: finetune", "finetune", 1), ("base_model: a/b\nbase_model_relation: quantized", "quantize", 1), ("base_model: a/b\nbase_model_relation: adapter", "adapter", 1), ("base_model: [a/b]\nbase_model_relation: merge", "merge", 1),
        ("base_model: a/b\nlibrary_name: peft", "adapter", 0.9), ("base_model: a/b\ntags: [lora]", "adapter", 0.9), ("base_model: a/b\ntags: [merge, mergekit]", "merge", 0.9), ("base_model: a/b\ntags: [gguf]", "quantize", 0.9),
        ("base_model: a/b\nmodel_name: X-7B-GPTQ", "quantize", 0.9), ("base_model: a/b\nquantized_by: me", "quantize", 0.9), ("base_model: [a/b, c/d]", "merge", 0.3), ("base_model: a/b", "finetune", 0.6), ("base_model: a/b\nbase_model_relation: friend", "finetune", 0.6),
    ],
)  # fmt: skip
def test_the_relation_is_stated_or_concluded_and_says_so(lines: str, relation: str, confidence: float) -> None:
    found = front(lines)
    assert {(s.relation, s.confidence, bool(s.inferred)) for s in found.steps.values()} == {(relation, confidence, confidence < 1)}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("license: mit", [("tag", "mit")]), ("license: [mit, apache-2.0]", [("tag", "mit, apache-2.0")]), ("license: other\nlicense_name: exaone", [("tag", "exaone")]), ("license: other", []), ("license: unknown", []),
        ("licence: license", []), ("license: license", []), ("licence: mit", [("tag", "mit")]), ("license: no", [("tag", "no")]), ("license: 1.0", [("tag", "1.0")]), ("license: true", [("tag", "true")]), ("license:", []), ("license: []", []),
        ("license: {a: b}", []), ("license: mit\nlicense_name: deepseek", [("tag", "mit"), ("card", "deepseek")]), ("license: other\nlicense_name: own-terms-of-ours\nlicense_link: LICENSE", [("tag", "own-terms-of-ours")]),
        ("license: other\nlicense_link: https://creativecommons.org/licenses/by-nc/4.0/", [("tag", "https://creativecommons.org/licenses/by-nc/4.0/")]), ("license: MIT License", [("tag", "MIT License")]), ("pipeline_tag: x", []),
    ],
)  # fmt: skip
def test_statements_are_kept_as_they_stand(lines: str, expected: list[tuple[str, str]]) -> None:
    assert said(front(lines)) == expected


def test_a_licence_that_is_there_without_a_name_is_unknown() -> None:
    assert answer(front("license: other")) == "unknown"
    assert answer(front("license: unknown")) == "unknown"
    assert answer(front("license: other\nlicense_name: mit")) == "yes"
    assert answer(front("pipeline_tag: x")) == "yes"  # nothing is proposed: what may it be?
    third = front("license: mit\nbase_model: a/b")
    third.parts["a/b"].looked, third.parts["a/b"].unnamed = True, "hf:a/b states `license: other`"
    assert answer(third) == "unknown"


def test_a_list_of_licences_applies_whole() -> None:
    found = front("license: [mit, cc-by-nc-4.0]")
    stack = stack_of(found, KNOWLEDGE)
    assert stack.release is not None
    assert stack.release.license is not None
    assert render(stack.release.license) == "MIT AND CC-BY-NC-4.0"
    assert "several-licenses" in {n.id for n in stack.notices}


@pytest.mark.parametrize(
    ("lines", "body"),
    [("license: apache-2.0\ntags: [unsloth]", ""), ("license: apache-2.0\ntags: [timm]\nlibrary_name: timm", ""), ("license: apache-2.0", "made with LazyMergekit"), ("license: apache-2.0", "trained with [unsloth](https://github.com/unslothai/unsloth)")],
)
def test_a_tools_default_is_recognised(lines: str, body: str) -> None:
    found = front(lines, body)
    assert own(found).said[0].note
    assert "template-license" in {n.id for n in stack_of(found, KNOWLEDGE).notices}
    assert not own(front("license: mit\ntags: [unsloth]", body)).said[0].note


def test_prose_is_a_statement_too_and_a_disagreement_is_noticed() -> None:
    found = front("license: mit", "# M\n\n## License\n\nReleased under the [Llama 3.1 Community License](https://x.example).\n\n## Other\n`apache-2.0`\n")
    assert said(found) == [("tag", "mit"), ("card", "Llama 3.1 Community License")]
    assert str(own(found).said[1].evidence) == "README.md:8"
    assert "labels-disagree" in {n.id for n in stack_of(found, KNOWLEDGE).notices}
    assert said(front("license: mit", "## License\nMIT or `apache-2.0` and `cc-by-4.0`, see there\n")) == [("tag", "mit")]


def test_the_licence_of_a_base_nobody_knows_is_unknown() -> None:
    assert answer(front("license: apache-2.0\nbase_model: somebody/unheard-of")) == "unknown"
    assert answer(front("license: apache-2.0\nbase_model: ./outputs/checkpoint-500")) == "unknown"
    assert answer(front("license: apache-2.0\nbase_model: /root/.cache/huggingface/hub/models--meta-llama--Llama-3.1-8B/snapshots/0e9e39f")) == "no"
    assert answer(front("license: apache-2.0\nbase_model: None")) == "unknown"
    assert answer(front("license: apache-2.0\ndatasets: [imagefolder]")) == "unknown"


def test_a_self_loop_leaves_the_base_unknown() -> None:
    found = card("---\nlicense: mit\nmodel_name: org/x\nbase_model: org/x\n---\n")
    found.release = "x"
    assert answer(found) in ("unknown", "yes")
    loop = inputs.draft_of("README.md", KNOWLEDGE, Source("README.md", None, b"---\nlicense: mit\nbase_model: org/x\n---\n"))
    loop.step("org/x", "finetune", "org/x")
    assert [u.component for u in loop.unread] == ["org/x"]


def test_front_matter_that_is_no_yaml_is_read_line_by_line_and_leaves_a_gap() -> None:
    found = card("---\nlicense: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B\ntags: [a, b\nx: 'y\n---\n")
    assert steps(found) == {("finetune", "meta-llama/Llama-3.1-8B")}
    assert found.unread
    assert answer(found) == "no"
    assert answer(card("---\nlicense: apache-2.0\nbase_model: Qwen/Qwen2.5-7B\ntags: [a, b\n---\n")) == "unknown"


def test_datasets_aliases_and_gates() -> None:
    found = front("license: mit\ndatasets: [squad, org/own]\nextra_gated_prompt: You agree to terms\nnew_version: org/next")
    assert {("trained-on", "datasets/rajpurkar/squad"), ("trained-on", "datasets/org/own")} == steps(found)
    assert {"gate-terms", "superseded"} <= {n.id for n in found.notices}


def test_a_data_set_card() -> None:
    found = front("license: [cc-by-sa-4.0]\ntask_categories: [text-generation]\nsource_datasets: [original, extended|squad]\nlanguage_creators: [machine-generated]")
    assert own(found).kind == "dataset"
    assert steps(found) == {("contains-modified", "datasets/rajpurkar/squad")}
    assert "machine-generated-data" in {n.id for n in found.notices}


def test_a_configuration_inside_the_card_is_read() -> None:
    body = "# M\n```yaml\nmerge_method: slerp\nbase_model: a/b\nslices:\n  - sources:\n      - {model: a/b, layer_range: [0, 32]}\n      - {model: c/d+e/f, layer_range: [0, 32]}\n```\n"
    found = front("license: apache-2.0\nbase_model: [a/b]\ntags: [merge]", body)
    assert steps(found) == {("merge", "a/b"), ("merge", "c/d"), ("merge", "e/f")}
    assert str(found.steps[(found.release, "merge", "c/d")].evidence) == "README.md:13"


def test_two_sources_that_state_two_relations() -> None:
    found = front("license: mit\nbase_model: a/b\nbase_model_relation: finetune")
    found.step(found.release, "adapter", "a/b")
    assert {("finetune", "a/b"), ("adapter", "a/b")} == steps(found)
    assert "relations-disagree" in {n.id for n in found.notices}
    guessed = front("license: mit\nbase_model: a/b")
    guessed.step(guessed.release, "adapter", "a/b")
    assert steps(guessed) == {("adapter", "a/b")}


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"---\n\xff\xfe: \x80\n---\n", b"\0" * 100, b"---\n" + b"[" * 5000 + b"\n---\n", b"---\na: &a [*a]\n---\n", b"---\n? [1]\n: 2\n---\n", b"%PDF-1.7"])
def test_what_is_no_card_never_passes(raw: bytes) -> None:
    try:
        found = card(raw)
    except StackError:
        return
    assert answer(found) != "yes" or stack_of(found, KNOWLEDGE).release.license is None  # type: ignore[union-attr]


_scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12), st.sampled_from(["mit", "apache-2.0", "a/b", "None", "meta-llama/Llama-3.1-8B", "../x", "other"]))
_values = st.recursive(_scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3), max_leaves=6)
_keys = st.sampled_from(["license", "licence", "license_name", "license_link", "base_model", "base_model_relation", "datasets", "tags", "library_name", "model-index", "source_datasets", "extra_gated_prompt", "language", "pipeline_tag"])


@settings(max_examples=int(os.environ.get("LICGRAPH_EXAMPLES", "150")), deadline=None)
@given(st.dictionaries(_keys, _values, max_size=8), st.text(max_size=40), st.booleans())
def test_no_front_matter_crashes_or_passes_with_an_unknown_base(data: dict[str, Any], body: str, closed: bool) -> None:
    import yaml

    text = f"---\n{yaml.safe_dump(data, allow_unicode=True)}{'---' if closed else ''}\n{body}"
    try:
        found = card(text)
        stack = stack_of(found, KNOWLEDGE)
    except StackError:
        return
    verdict = assess(stack, KNOWLEDGE, as_of=AS_OF, search=False)
    unknown = [p for p in found.parts.values() if p.kind == "weights" and p.id != found.release and KNOWLEDGE.component(p.source) is None]
    if verdict.answer == "yes":
        assert not unknown


@pytest.mark.skipif(not os.environ.get("LICGRAPH_CORPORA"), reason="LICGRAPH_CORPORA names no folder with real data")
def test_the_hubs_own_documentation_is_no_card_that_passes(knowledge: Knowledge) -> None:
    for file in sorted((Path(os.environ["LICGRAPH_CORPORA"]) / "hub-docs").glob("*.md")):
        try:
            found = inputs.draft_of(str(file), knowledge)
        except StackError:
            continue
        assert answer(found) in ("unknown", "yes")
        assert not found.parts[found.release].said
