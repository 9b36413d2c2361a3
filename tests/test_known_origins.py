"""The well-known origins: every licence is one the knowledge base knows, no id stands twice, and what is known is right."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from licgraph import knowledge as base
from licgraph.expression import AllOf, OneOf, parse

from .conftest import ROOT, script

DATA = ROOT / "data"
KNOWLEDGE = base.load()
FILES = {p.name: p.read_text("utf-8") for p in sorted((DATA / "components").glob("*.yaml"))}
IDS = [(name, found) for name, text in FILES.items() for found in re.findall(r"^([^\s#][^:]*): \{", text, re.MULTILINE)]
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def _said(component: str) -> str:
    return str(KNOWLEDGE.components[component]["license"])


def test_no_id_twice() -> None:
    twice = [i for i, n in Counter(i.casefold() for _, i in IDS).items() if n > 1]
    assert twice == []
    assert {i for _, i in IDS} == set(KNOWLEDGE.components)


def test_every_licence_resolves() -> None:
    faults = []
    for component, entry in KNOWLEDGE.components.items():
        for word in (entry["license"], entry.get("contents", "NONE"), *entry.get("additional-terms", ())):
            ids = KNOWLEDGE.resolve(word).ids
            if not ids or "NOASSERTION" in ids or isinstance(parse(word, KNOWLEDGE), AllOf | OneOf):
                faults.append(f"{component}: {word}")
        if not entry["source"] or not re.fullmatch(r"20\d\d-\d\d-\d\d", entry["date"]) or entry["date"] > "2026-11-28":
            faults.append(f"{component}: source or date")
        if "by hand" in entry["source"] or "from memory" in entry["source"]:
            faults.append(f"{component}: nobody can find the source again")
    assert faults == []


def test_counts() -> None:
    kinds = Counter(KNOWLEDGE.components[i]["kind"] for _, i in IDS)
    assert kinds["weights"] >= 480
    assert sum(i.startswith("datasets/") for _, i in IDS) >= 280
    assert len(KNOWLEDGE.hub_names["copies"]) >= 250


def test_ids_are_repositories() -> None:
    odd = [i for _, i in IDS if not REPOSITORY.fullmatch(i.removeprefix("datasets/")) and not (i.startswith("datasets/") and re.fullmatch(r"datasets/[a-z0-9_]+", i))]
    assert odd == []
    assert all(KNOWLEDGE.components[i]["kind"] == "dataset" for _, i in IDS if i.startswith("datasets/"))


def test_a_data_set_says_the_same_under_both_spellings() -> None:
    for component, entry in KNOWLEDGE.components.items():
        other = KNOWLEDGE.components.get(f"datasets/{component}")
        if other and entry["kind"] == "dataset":
            assert (entry["license"], entry.get("contents")) == (other["license"], other.get("contents")), component


def test_other_names_lead_to_repositories() -> None:
    names = KNOWLEDGE.hub_names
    for kind in ("models", "datasets"):
        for other, target in names[kind].items():
            assert REPOSITORY.fullmatch(target), other
            assert target.casefold() not in {n.casefold() for n in names[kind]}, f"{other} leads to another name"
            assert other.casefold() != target.casefold()
    known = {i.casefold() for i in KNOWLEDGE.components}
    assert [n for n in names["models"] if n.casefold() in known] == []
    assert [n for n in names["datasets"] if f"datasets/{n}".casefold() in known] == []


def test_copies_are_of_originals() -> None:
    copies = KNOWLEDGE.hub_names["copies"]
    others = {n.casefold() for n in KNOWLEDGE.hub_names["models"]}
    for copy, entry in copies.items():
        assert REPOSITORY.fullmatch(copy)
        assert REPOSITORY.fullmatch(entry["of"])
        assert entry["of"] not in copies, copy
        assert entry["of"].casefold() not in others, copy
        assert copy not in KNOWLEDGE.components, "what a copy's own card says does not count"
        assert entry["relation"] == ("quantize" if re.search(r"-(bnb-4bit|FP8(-Block|-Dynamic)?)$", copy) else "convert"), copy


@pytest.mark.parametrize(
    ("component", "license_id"),
    [
        ("meta-llama/Llama-3.1-8B", "LicenseRef-Llama-3.1-Community"),
        ("meta-llama/Llama-3.3-70B-Instruct", "LicenseRef-Llama-3.3-Community"),
        ("Qwen/Qwen2.5-7B", "Apache-2.0"),
        ("Qwen/Qwen2.5-3B-Instruct", "LicenseRef-Qwen-Research-2024-09-19"),
        ("Qwen/Qwen2.5-72B-Instruct", "LicenseRef-Qwen-2024-09-19"),
        ("mistralai/Mistral-7B-v0.1", "Apache-2.0"),
        ("mistralai/Codestral-22B-v0.1", "LicenseRef-Mistral-MNPL-0.1"),
        ("google/gemma-2-9b", "gemma"),
        ("deepseek-ai/DeepSeek-V3", "LicenseRef-DeepSeek-License-1.0"),
        ("deepseek-ai/DeepSeek-R1", "MIT"),
        ("google-bert/bert-base-cased", "Apache-2.0"),
        ("openai-community/gpt2-xl", "MIT"),
        ("bigscience/bloom-560m", "LicenseRef-BigScience-BLOOM-RAIL-1.0"),
        ("stabilityai/stable-diffusion-xl-base-1.0", "LicenseRef-CreativeML-OpenRAILpp-M-SDXL"),
        ("CohereLabs/c4ai-command-r-plus", "CC-BY-NC-4.0"),
        ("datasets/tatsu-lab/alpaca", "CC-BY-NC-4.0"),
        ("datasets/databricks/databricks-dolly-15k", "CC-BY-SA-3.0"),
        ("datasets/HuggingFaceFW/fineweb", "ODC-By-1.0"),
        ("datasets/rajpurkar/squad", "CC-BY-SA-4.0"),
        ("datasets/OpenAssistant/oasst1", "Apache-2.0"),
        ("datasets/allenai/c4", "ODC-By-1.0"),
    ],
)
def test_what_is_known_is_right(component: str, license_id: str) -> None:
    assert _said(component) == license_id


def test_what_comes_beside_the_licence() -> None:
    assert KNOWLEDGE.components["deepseek-ai/DeepSeek-R1-Distill-Llama-8B"]["additional-terms"] == ["LicenseRef-Llama-3.1-Community"]
    assert KNOWLEDGE.components["CohereLabs/c4ai-command-r-plus"]["additional-terms"] == ["LicenseRef-Cohere-Labs-AUP"]
    for name in ("allenai/c4", "HuggingFaceFW/fineweb", "tiiuae/falcon-refinedweb", "oscar-corpus/oscar"):
        entry = KNOWLEDGE.components[f"datasets/{name}"]
        assert entry["contents"] == "NONE"
        assert entry["note"]
    assert "contents" not in KNOWLEDGE.components["datasets/tatsu-lab/alpaca"]


def test_names_by_the_tables() -> None:
    assert KNOWLEDGE.hub_name("GPT2") == "openai-community/gpt2"
    assert KNOWLEDGE.hub_name("meta-llama/Meta-Llama-3.1-8B") == "meta-llama/Llama-3.1-8B"
    assert KNOWLEDGE.hub_name("squad", dataset=True) == "rajpurkar/squad"
    assert KNOWLEDGE.hub_names["copies"]["unsloth/gemma-7b-bnb-4bit"]["of"] == "google/gemma-7b"
    copy = KNOWLEDGE.hub_names["copies"]["unsloth/Phi-3.5-mini-instruct"]
    assert (copy["of"], copy["relation"], copy["date"]) == ("microsoft/Phi-3.5-mini-instruct", "convert", "2026-11-22")
    assert copy["source"] == "pypi unsloth 2026.10.9: table of quantised repositories"


@pytest.mark.parametrize("name", ["llama", "gpt2-mini", "meta-llama/Llama-3.1-8B-GGUF", "bert", "somebody/gemma-7b", "decapoda-research/llama-7b-hf", "Qwen/Qwen2-70B", "unsloth/Qwen2-70B-bnb-4bit"])
def test_what_looks_like_a_name_means_nothing(name: str) -> None:
    assert KNOWLEDGE.hub_name(name) is None
    assert KNOWLEDGE.component(f"hf:{name}") is None


@pytest.mark.parametrize("name", ["EleutherAI/pile", "bookcorpus/bookcorpus", "nyu-mll/glue", "fever/fever", "cerebras/SlimPajama-627B", "stanfordnlp/sst2", "CogComp/trec", "mandarjoshi/trivia_qa", "mteb/dbpedia"])
def test_what_is_disputed_or_not_stated_is_left_out(name: str) -> None:
    assert KNOWLEDGE.component(f"hf:datasets/{name}") is None


@pytest.mark.skipif(not os.environ.get("LICGRAPH_CORPORA"), reason="LICGRAPH_CORPORA names no folder with real data")
def test_the_files_are_what_the_script_makes() -> None:
    made = script("tools/known_origins.py").make(Path(os.environ["LICGRAPH_CORPORA"]))
    for path, text in made.items():
        assert path.read_text("utf-8") == text, path.name
