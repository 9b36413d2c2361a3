#!/usr/bin/env python3
"""Makes data/components/models.yaml and datasets.yaml and the copies in data/hub-names.yaml from a folder of corpora.

    python tools/known_origins.py [CORPORA]      (default: the folder in LICGRAPH_CORPORA)

Models: the most derived-from ones whose licence is known, besides those of well-known.yaml. Data sets: the most named.
A name means what the tables say, never what it looks like; what two sources dispute, and what a card says against the
terms of the model it was made from, is left out. The tables below hold what no snapshot states, each with the source it was read in.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from licgraph import knowledge as base  # noqa: E402
from licgraph.names import guess  # noqa: E402

MODELS, DATASETS = 500, 300
HF_CARD = "license field of the model card"
SNAPSHOTS: Mapping[str, tuple[str, str]] = {
    "fastembed": ("license field in the model list of fastembed 0.9.1", "2026-11-22"),
    "mteb2026": ("license field in mteb's model registry (mteb-core 2.26.24)", "2026-10-31"),
    "hub2022": (f"{HF_CARD}, Hub snapshot of 2022", "2022-12-31"),
    "ollb2025": (f"{HF_CARD}, Open LLM Leaderboard snapshot", "2025-03-31"),
    "ainexus2025": (f"{HF_CARD}, AI Nexus snapshot of 2025", "2025-12-31"),
    "gabtos2025": (f"{HF_CARD}, Hub snapshot of 2025 (hf-model-data-analysis)", "2025-12-31"),
    "ham2025": (f"{HF_CARD}, snapshot of model families of 2025", "2025-12-31"),
    "llmfit2026": (f"{HF_CARD}, llmfit model list of 2026", "2026-11-22"),
}
"""What each source is: registries, which count where no card was seen, then cards, oldest first. Only the month or year is known: the last day of it, of 2026 the day the corpora were gathered."""

PERMISSIVE = {"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "ISC", "Unlicense", "CDLA-Permissive-2.0"}
LOOKED_UP = "2026-11-28"
HUB = "https://huggingface.co/"


def read(license_id: str, source: str, note: str = "", terms: str = "") -> dict[str, str]:
    """An entry that no snapshot states: looked up on the day above. When the copy that was read was made is not known."""
    return {"license": license_id, "additional-terms": terms, "source": f"{source}, looked up and read in a stored copy", "date": LOOKED_UP, "note": note}


def page(license_id: str, address: str, note: str = "") -> dict[str, str]:
    """The same, by the licence that a page of the repository itself on the Hub shows."""
    return read(license_id, f"licence on the repository's page ({HUB}{address})", note)


def r1_llama(version: str) -> dict[str, str]:
    """A DeepSeek distillation into Llama weights: the card says MIT, and names the terms of Llama."""
    note = f"The card says it is derived from Llama {version} and originally under its licence."
    return read("MIT", "github deepseek-ai/DeepSeek-R1: README.md, section License", note, f"[LicenseRef-Llama-{version}-Community]")


CODE_ONLY = "MIT is the licence of the code only."
FALCON_3 = f"github huggingface/blog: falcon3.md (the whole family under the Falcon LLM licence) and the card of Falcon3-7B-Instruct (version 2.0; {HUB}tiiuae/Falcon3-7B-Instruct/blame/main/README.md)"
MISTRAL_DOCS = "github mistralai/platform-docs-public: docs/getting-started/models/weights.md, section on licences"

MODEL_TABLE: Mapping[str, Mapping[str, str]] = {
    # the word of the card is ambiguous or `other`; a text beside the weights settles it
    "stabilityai/stable-diffusion-2": read("LicenseRef-CreativeML-OpenRAILpp-M", "github Stability-AI/stablediffusion: README.md, section License"),
    "stabilityai/stable-diffusion-xl-refiner-1.0": read("LicenseRef-CreativeML-OpenRAILpp-M-SDXL", "github Stability-AI/generative-models: model_licenses/LICENSE-SDXL1.0"),
    **{f"tiiuae/Falcon3-{n}": read("LicenseRef-Falcon-LLM-2.0", FALCON_3) for n in ("1B-Base", "1B-Instruct", "3B-Base", "3B-Instruct", "7B-Base", "7B-Instruct", "10B-Base", "10B-Instruct", "Mamba-7B-Base", "Mamba-7B-Instruct")},
    "tiiuae/falcon-11B": read("LicenseRef-Falcon-2-11B-TII-1.0", f"licence text that names the model (pypi scancode-toolkit 32.5.0: falcon-2-11b-1.0.LICENSE) and its card as quoted in {HUB}DevQuasar/falcon2-11B-GGUF"),
    **{f"LGAI-EXAONE/EXAONE-{n}": read("LicenseRef-EXAONE-1.1-NC", f"github LG-AI-EXAONE/EXAONE-{n.split('-')[0]}: README.md, section License") for n in ("3.5-2.4B-Instruct", "3.5-7.8B-Instruct", "3.5-32B-Instruct", "Deep-2.4B", "Deep-7.8B", "Deep-32B")},
    **{f"deepseek-ai/{n}": read("LicenseRef-DeepSeek-License-1.0", "github deepseek-ai/DeepSeek-V3: README.md, section License, and LICENSE-MODEL", CODE_ONLY) for n in ("DeepSeek-V3", "DeepSeek-V3-Base")},
    **{f"deepseek-ai/{n}": read("LicenseRef-DeepSeek-License-1.0", "github deepseek-ai/Janus: README.md, section License", CODE_ONLY) for n in ("Janus-Pro-1B", "Janus-Pro-7B", "Janus-1.3B")},
    **{f"deepseek-ai/deepseek-math-7b-{n}": read("LicenseRef-DeepSeek-License-1.0", "github deepseek-ai/DeepSeek-Math: README.md, section License") for n in ("base", "rl")},
    "deepseek-ai/DeepSeek-R1-Distill-Llama-8B": r1_llama("3.1"),
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B": r1_llama("3.3"),
    "Qwen/Qwen2.5-VL-3B-Instruct": read("LicenseRef-Qwen-Research-2024-09-19", "github QwenLM/Qwen3-VL: issue 963, and a model list (https://gr.tbb.rip/models/Qwen/Qwen2.5-VL-3B-Instruct)", "Second hand: the model's own card was not at hand."),
    "mistralai/Codestral-22B-v0.1": read("LicenseRef-Mistral-MNPL-0.1", MISTRAL_DOCS),
    **{f"mistralai/{n}": read("LicenseRef-Mistral-MRL-0.1", MISTRAL_DOCS) for n in ("Mistral-Large-Instruct-2411", "Pixtral-Large-Instruct-2411")},
    "mistralai/Mistral-Small-Instruct-2409": read("LicenseRef-Mistral-MRL-0.1", f"its card as copied in {HUB}LoneStriker/Mistral-Small-Instruct-2409-8.0bpw-h8-exl2/raw/main/README.md"),
    **{f"zai-org/CogVideoX-5b{n}": read("LicenseRef-CogVideoX", "github zai-org/CogVideo: README.md, section Model-License") for n in ("", "-I2V")},
    **{f"ibm-granite/granite-3.3-{n}-base": read("Apache-2.0", "github ibm-granite/granite-3.3-language-models: README.md") for n in ("2b", "8b")},
    **{f"huggyllama/llama-{n}": read("LicenseRef-LLaMA-1-Noncommercial", "github huggingface/hub-docs: model_license_other.csv (llama-license, LICENSE beside the weights)", "A re-upload of Meta's weights.") for n in ("7b", "13b", "30b", "65b")},
    "stable-diffusion-v1-5/stable-diffusion-inpainting": page("LicenseRef-CreativeML-OpenRAIL-M", "stable-diffusion-v1-5/stable-diffusion-inpainting/tree/main/scheduler"),
    "allenai/OLMo-2-1124-13B": page("Apache-2.0", "allenai/OLMo-2-1124-13B/blob/240ca9bb511c1de03c982372bdb13281c4d4e1f0/vocab.json"),
    "allenai/OLMo-2-1124-7B": page("Apache-2.0", "allenai/OLMo-2-1124-7B/commits/main/.gitattributes"),
    "BlinkDL/rwkv-7-world": page("Apache-2.0", "BlinkDL/rwkv-7-world/tree/d2fb22f45d200191748125fb389704118e11ea8c"),
    "EleutherAI/pythia-12b-deduped": page("Apache-2.0", "EleutherAI/pythia-12b-deduped/commits/0ed9204f0a8e0593319856c0f9fc7d0aab1106eb"),
    "EleutherAI/pythia-6.9b-deduped": page("Apache-2.0", "EleutherAI/pythia-6.9b-deduped/tree/c484c21838b76aed22dd985b640b45c58c82ff08"),
    "EleutherAI/pythia-70m": page("Apache-2.0", "EleutherAI/pythia-70m/blob/step1000/tokenizer.json"),
    "HuggingFaceH4/mistral-7b-sft-beta": page("MIT", "HuggingFaceH4/mistral-7b-sft-beta/commits/c985a04e76fb00d3c3f65214d0b02c5a751d2274/README.md"),
    "llm-jp/llm-jp-3-13b": page("Apache-2.0", "llm-jp/llm-jp-3-13b/blame/main/README.md"),
    "llm-jp/llm-jp-3-13b-instruct": page("Apache-2.0", "llm-jp/llm-jp-3-13b-instruct/blob/67d702bf708232de01c668a09c33821790520f98/README.md"),
    # the snapshots state the licence
    **{f"mistral-community/{n}": {"note": "A re-upload of Mistral AI's weights."} for n in ("Mistral-7B-v0.2", "Mixtral-8x22B-v0.1")},
    **{f"deepseek-ai/{n}": {} for n in ("deepseek-math-7b-instruct", "deepseek-llm-7b-base", "deepseek-llm-7b-chat", "deepseek-coder-1.3b-base", "deepseek-coder-1.3b-instruct", "deepseek-coder-6.7b-base", "deepseek-coder-6.7b-instruct", "deepseek-coder-33b-base", "deepseek-coder-33b-instruct", "DeepSeek-Coder-V2-Lite-Base", "DeepSeek-Coder-V2-Lite-Instruct", "DeepSeek-Coder-V2-Instruct")},
    **{f"zai-org/GLM-{n}-0414": {} for n in ("4-9B", "4-32B", "Z1-9B", "Z1-32B")},
    **{f"EleutherAI/pythia-{n}": {} for n in ("160m", "410m", "1b", "1.4b", "2.8b", "6.9b")},
    "stable-diffusion-v1-5/stable-diffusion-v1-5": {},
    "mistralai/Ministral-8B-Instruct-2410": {},
}
"""By canonical id, in the file however few models are derived from it. With a source: the entry whole. Without: what the snapshots say, with this note."""

MODEL_DROP: Mapping[str, str] = {
    "inceptionai/jais-adapted-7b": "adapted from Llama 2, labelled apache-2.0",
    "inceptionai/jais-adapted-7b-chat": "adapted from Llama 2, labelled apache-2.0",
    "inceptionai/jais-adapted-13b": "adapted from Llama 2, labelled apache-2.0",
    "inceptionai/jais-adapted-70b": "adapted from Llama 2, labelled apache-2.0",
    "anthracite-org/magnum-v4-72b": "made from Qwen2.5-72B, labelled apache-2.0",
    "canopylabs/orpheus-3b-0.1-ft": "made from Llama 3.2, labelled apache-2.0",
    "m-a-p/OpenCodeInterpreter-DS-6.7B": "made from DeepSeek-Coder, labelled apache-2.0",
    "NeverSleep/Lumimaid-v0.2-8B": "made from Llama 3.1, labelled cc-by-nc-4.0",
    "NousResearch/DeepHermes-3-Llama-3-3B-Preview": "made from Llama 3.2, labelled llama3",
    "Salesforce/xLAM-7b-fc-r": "made from DeepSeek-Coder, labelled cc-by-nc-4.0",
    "teknium/OpenHermes-13B": "made from Llama 2, labelled mit",
    "TIGER-Lab/MAmmoTH2-8B-Plus": "made from Llama 3, labelled mit",
    "Qwen/Qwen2.5-Omni-3B": "the card says `other`, a registry apache-2.0, and the text beside the weights was not found",
}
"""Left out by hand, with why."""

COHERE_AUP = "[LicenseRef-Cohere-Labs-AUP]"
NAMES_LLAMA_OR_GEMMA = re.compile(r"(?<!tiny)(?<!open)(?<!open[_-])(?<!\bo)llama|gemma|(?:^|[-_])L3(?:\.\d)?[-_]", re.IGNORECASE)
NAMES_LLAMA_VERSION = re.compile(r"llama-?_?([23](?:\.[1-3])?)(?![\dbB])", re.IGNORECASE)
NAMES_QWEN_NOT_APACHE = re.compile(r"qwen-?2(?:\.5)?.*(?<![\d.])(?:3|72)b", re.IGNORECASE)
"""Names that say a model with terms of its own is inside. They only ever leave a model out, they resolve nothing."""

DATASET_TABLE: Mapping[str, Mapping[str, str]] = {
    "AI-MO/NuminaMath-1.5": page("Apache-2.0", "datasets/AI-MO/NuminaMath-1.5/tree/refs%2Fconvert%2Fparquet/default"),
    "AI-MO/NuminaMath-CoT": page("Apache-2.0", "datasets/AI-MO/NuminaMath-CoT/discussions/3", "The card said CC-BY-NC-4.0 before."),
    "AI-MO/NuminaMath-TIR": page("Apache-2.0", "datasets/AI-MO/NuminaMath-TIR/commits/458aa334a8b0cadd647d3af7c4a10b694040e053/.gitattributes", "The text of the card said CC-BY-NC-4.0 before."),
    "allenai/c4": read("ODC-By-1.0", "github mlcommons/croissant: datasets/1.0/huggingface-c4/metadata.json"),
    "allenai/dolma": page("ODC-By-1.0", "datasets/allenai/dolma/raw/main/README.md", "ODC-By since 2024-04-15."),
    "allenai/tulu-3-sft-mixture": page("ODC-By-1.0", "datasets/allenai/tulu-3-sft-mixture/blob/b14afda60f1bbebe55d5d2fa1e4df5042f97f8be/README.md", "The card says that other licences apply to parts of it, some of them non-commercial."),
    "allenai/tulu-v2-sft-mixture": page("ODC-By-1.0", "datasets/allenai/tulu-v2-sft-mixture/commits/0bc269ee0506b425634c9f2141a44377eef89e77/README.md"),
    "allenai/WildChat-1M": read("ODC-By-1.0", "github mlcommons/croissant: datasets/1.1/huggingface-wildchat/metadata.json"),
    "argilla/distilabel-capybara-dpo-7k-binarized": page("Apache-2.0", "datasets/argilla/distilabel-capybara-dpo-7k-binarized/discussions/1/files"),
    "argilla/dpo-mix-7k": page("MIT", "datasets/argilla/dpo-mix-7k/tree/main"),
    "argilla/ultrafeedback-binarized-preferences-cleaned": page("MIT", "datasets/argilla/ultrafeedback-binarized-preferences-cleaned/tree/7954623b01b203283b386d4f3184c1d7d8c7e213"),
    "b-mc2/sql-create-context": page("CC-BY-4.0", "datasets/b-mc2/sql-create-context/tree/bdceafa4838c01604d90602acb90e07031876afd"),
    "bigscience/P3": page("Apache-2.0", "datasets/bigscience/P3/discussions/20"),
    "bigscience/xP3": page("Apache-2.0", "datasets/bigscience/xP3/discussions"),
    "cais/mmlu": read("MIT", "github hendrycks/test: LICENSE (the authors' repository, which the dataset card names)"),
    "Congliu/Chinese-DeepSeek-R1-Distill-data-110k": page("Apache-2.0", "datasets/Congliu/Chinese-DeepSeek-R1-Distill-data-110k/commits/refs%2Fconvert%2Fparquet/default"),
    "facebook/natural_reasoning": page("CC-BY-NC-4.0", "datasets/facebook/natural_reasoning/blob/main/scaling_plot"),
    "fka/awesome-chatgpt-prompts": page("CC0-1.0", "datasets/fka/awesome-chatgpt-prompts/blame/main/README.md"),
    "FreedomIntelligence/medical-o1-reasoning-SFT": page("Apache-2.0", "datasets/FreedomIntelligence/medical-o1-reasoning-SFT/discussions"),
    "GAIR/LIMO": page("Apache-2.0", "datasets/GAIR/LIMO/tree/main"),
    "HuggingFaceFW/fineweb": page("ODC-By-1.0", "datasets/HuggingFaceFW/fineweb/discussions/82"),
    "HuggingFaceFW/fineweb-2": page("ODC-By-1.0", "datasets/HuggingFaceFW/fineweb-2/tree/main/data/dan_Latn"),
    "HuggingFaceFW/fineweb-edu": page("ODC-By-1.0", "datasets/HuggingFaceFW/fineweb-edu/discussions/15"),
    "HuggingFaceH4/ultrafeedback_binarized": page("MIT", "datasets/HuggingFaceH4/ultrafeedback_binarized/commits/2a3fb934ee563e5441bf211adaf5215c3fa508dd/README.md"),
    "HuggingFaceTB/cosmopedia": page("Apache-2.0", "datasets/HuggingFaceTB/cosmopedia/commits/main"),
    "HuggingFaceTB/finemath": page("ODC-By-1.0", "datasets/HuggingFaceTB/finemath/tree/main"),
    "HuggingFaceTB/smollm-corpus": page("ODC-By-1.0", "datasets/HuggingFaceTB/smollm-corpus/commits/4868343cf85dcab5dae25c5e1cc799816ebdcdff/README.md"),
    "Intel/orca_dpo_pairs": page("Apache-2.0", "datasets/Intel/orca_dpo_pairs/tree/6ccacf6d3ab601b17cc05a971c94749057f77fa4"),
    "ise-uiuc/Magicoder-Evol-Instruct-110K": page("Apache-2.0", "datasets/ise-uiuc/Magicoder-Evol-Instruct-110K/tree/main", "The card said CC-BY-NC-4.0 until 2023-12-28."),
    "ise-uiuc/Magicoder-OSS-Instruct-75K": page("MIT", "datasets/ise-uiuc/Magicoder-OSS-Instruct-75K/tree/main"),
    "jondurbin/truthy-dpo-v0.1": page("CC-BY-4.0", "datasets/jondurbin/truthy-dpo-v0.1/commits/main/README.md", "The card said Apache-2.0 until 2023-12-26."),
    "laion/laion2B-en": page("CC-BY-4.0", "datasets/laion/laion2B-en/discussions/11"),
    "liuhaotian/LLaVA-Instruct-150K": page("CC-BY-4.0", "datasets/liuhaotian/LLaVA-Instruct-150K/tree/refs%2Fpr%2F8", "The card said CC-BY-NC-4.0 before."),
    "m-a-p/CodeFeedback-Filtered-Instruction": page("Apache-2.0", "datasets/m-a-p/CodeFeedback-Filtered-Instruction/commits/main/CodeFeedback-Filtered-Instruction.jsonl"),
    "mlabonne/orpo-dpo-mix-40k": page("Apache-2.0", "datasets/mlabonne/orpo-dpo-mix-40k/commits/a65076f0199a3e428070ab6a1e53c6ee605cfc35"),
    "mozilla-foundation/common_voice_11_0": page("CC0-1.0", "datasets/mozilla-foundation/common_voice_11_0/tree/refs%2Fpr%2F16"),
    "mozilla-foundation/common_voice_13_0": page("CC0-1.0", "datasets/mozilla-foundation/common_voice_13_0/discussions/7"),
    "mozilla-foundation/common_voice_17_0": page("CC0-1.0", "datasets/mozilla-foundation/common_voice_17_0/discussions/16"),
    "mozilla-foundation/common_voice_6_0": page("CC0-1.0", "datasets/mozilla-foundation/common_voice_6_0/discussions"),
    "mozilla-foundation/common_voice_7_0": page("CC0-1.0", "datasets/mozilla-foundation/common_voice_7_0/discussions"),
    "mozilla-foundation/common_voice_8_0": page("CC0-1.0", "datasets/mozilla-foundation/common_voice_8_0/discussions/3"),
    "nvidia/HelpSteer2": page("CC-BY-4.0", "datasets/nvidia/HelpSteer2/commits/b738328cec12d3c34e63655296cef22a893113b3"),
    "nvidia/Llama-Nemotron-Post-Training-Dataset": page("CC-BY-4.0", "datasets/nvidia/Llama-Nemotron-Post-Training-Dataset/discussions/12"),
    "nvidia/OpenCodeReasoning": page("CC-BY-4.0", "datasets/nvidia/OpenCodeReasoning/tree/main"),
    "nvidia/OpenMathInstruct-2": page("CC-BY-4.0", "datasets/nvidia/OpenMathInstruct-2/tree/adf54c0d1591d780774559dfd9167e4867e0c191"),
    "nvidia/OpenMathReasoning": page("CC-BY-4.0", "datasets/nvidia/OpenMathReasoning/tree/main"),
    "Open-Orca/SlimOrca": page("MIT", "datasets/Open-Orca/SlimOrca/tree/main"),
    "open-r1/codeforces-cots": page("CC-BY-4.0", "datasets/open-r1/codeforces-cots/discussions/4"),
    "open-r1/OpenR1-Math-220k": page("Apache-2.0", "datasets/open-r1/OpenR1-Math-220k/tree/main"),
    "open-thoughts/OpenThoughts-114k": page("Apache-2.0", "datasets/open-thoughts/OpenThoughts-114k/tree/581e3a758f4fee6132449fc6edcdd6e927e8ddba/default"),
    "openbmb/UltraFeedback": page("MIT", "datasets/openbmb/UltraFeedback/commits/82a1b5f06633108ec50925afb158b499f7a79448"),
    "roneneldan/TinyStories": page("CDLA-Sharing-1.0", "datasets/roneneldan/TinyStories/commits/main"),
    "simplescaling/s1K": page("Apache-2.0", "datasets/simplescaling/s1K/tree/main"),
    "tiiuae/falcon-refinedweb": page("ODC-By-1.0", "datasets/tiiuae/falcon-refinedweb/tree/bc825874e9aa41190fe71c55a538669e953e36c5"),
    "vicgalle/alpaca-gpt4": page("CC-BY-NC-4.0", "datasets/vicgalle/alpaca-gpt4/discussions", "The card said CC-BY-4.0 until 2023-09-26."),
    "WizardLM/WizardLM_evol_instruct_V2_196k": page("MIT", "datasets/WizardLMTeam/WizardLM_evol_instruct_V2_196k/discussions/6", "The repository is WizardLMTeam's now."),
    "yahma/alpaca-cleaned": page("CC-BY-4.0", "datasets/yahma/alpaca-cleaned/commits/refs%2Fpr%2F13/.gitattributes"),
}
"""Cards that no snapshot holds, by canonical id."""

DATASET_ALSO = (
    *("Anthropic/hh-rlhf", "HuggingFaceH4/no_robots", "HuggingFaceH4/ultrachat_200k", "knkarthick/dialogsum", "meta-math/MetaMathQA", "microsoft/orca-math-word-problems-200k"),
    *("nvidia/HelpSteer", "Open-Orca/OpenOrca", "openai/gsm8k", "Skylion007/openwebtext", "stingning/ultrachat", "TIGER-Lab/MathInstruct"),
)
"""In the file however few models name them; the snapshots state the licence."""

DATASET_FIELDS: Mapping[str, Mapping[str, str]] = {
    "legacy-datasets/wikipedia": {"license": "CC-BY-SA-3.0", "source": "license field of the dataset card (cc-by-sa-3.0 beside gfdl), Hub snapshot of 2022", "date": "2022-12-31", "note": "The card lists the GFDL beside it."},
    "wikimedia/wikipedia": page("CC-BY-SA-3.0", "datasets/wikimedia/wikipedia/commits/c4ecdc598d1555bb70b9a078c2867daa116178ae/README.md", "The card lists the GFDL beside it."),
}
"""Entries whole: cards that state two licences, either of which may be chosen for the text."""

DATASET_DROP: Mapping[str, str] = {
    "glue": "a set of nine data sets with licences of their own",
    "aggregate tasks do not have a path": "no repository",
    "stanfordnlp/sst2": "the card says unknown, the CC0 of the record is another repository's",
    "CogComp/trec": "the card says unknown, the CC0 of the record is a re-upload's",
    "mandarjoshi/trivia_qa": "the card says unknown, the Apache-2.0 of the record is that of the code",
    "mteb/dbpedia": "the card states none, what it was made from is CC-BY-SA-4.0 and the registry says MIT",
    "mteb/DBPedia_test_top_250_only_w_correct-v2": "a part of mteb/dbpedia",
}

CRAWLED = "Web text: the licence covers the collection, nobody states one for the texts in it."
COLLECTIONS: Mapping[str, str] = {
    **dict.fromkeys(("allenai/c4", "legacy-datasets/c4", "legacy-datasets/mc4", "oscar-corpus/oscar", "Skylion007/openwebtext", "HuggingFaceFW/fineweb", "HuggingFaceFW/fineweb-edu", "HuggingFaceFW/fineweb-2", "HuggingFaceTB/finemath", "tiiuae/falcon-refinedweb", "yhavinga/mc4_nl_cleaned"), CRAWLED),
    "allenai/dolma": "Web text, code, papers and books: the licence covers the collection, the items keep their own terms or state none.",
    "laion/laion2B-en": "Addresses of pictures on the web and their captions: the licence covers the collection, nobody states one for the items.",
}
"""Crawled collections (`contents: NONE`), with why."""

NOT_AN_ORIGINAL = re.compile(r"(?:-bnb-4bit|-FP8(?:-Block|-Dynamic)?|-BF16)$", re.IGNORECASE)
NO_SUCH_REPOSITORY = {"Qwen/Qwen2-70B", "Qwen/Qwen2-70B-Instruct", "mistral-community/Codestral-22B-v0.1"}
REUPLOADER = ("unsloth/", "RedHatAI/")
UNSLOTH = ("pypi unsloth 2026.10.9: table of quantised repositories", "2026-11-22")


class Said(NamedTuple):
    """A statement about a licence: the word as written, the ids it means, who says it and when."""

    word: str
    ids: tuple[str, ...]
    source: str
    date: str


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def line(name: str, fields: Mapping[str, str]) -> str:
    """An entry in flow style; sentences are quoted."""
    quoted = {k: json.dumps(v, ensure_ascii=False) if k in ("source", "note") else v for k, v in fields.items() if v}
    return f"{name}: {{{', '.join(f'{k}: {v}' for k, v in quoted.items())}}}"


def write(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    temporary = path.with_suffix(".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


class Names:
    """Canonical ids: other names by the tables, case variants to the spelling most used."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self.table = {k.casefold(): v for k, v in table.items()}
        self.spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self.fixed: dict[str, str] = {v.casefold(): v for v in table.values()}

    def see(self, name: str, weight: int = 1) -> None:
        """Counts a spelling."""
        self.spellings[name.casefold()][name] += weight

    def key(self, name: str) -> str:
        """What all spellings and other names of a repository share."""
        low = name.strip().casefold()
        return self.table.get(low, low).casefold()

    def canonical(self, key: str) -> str:
        """The id to write for a key."""
        if key in self.fixed or "/" not in key:
            return self.fixed.get(key, key)
        found = self.spellings.get(key, Counter())
        return min(found, key=lambda s: (-found[s], s), default=key)


class Maker:
    """Reads the corpora once and makes the three files."""

    def __init__(self, corpora: Path) -> None:
        self.corpora = corpora
        self.knowledge = base.load()
        self.aliases: Mapping[str, Any] = self.knowledge.hub_names
        self.known = [n for n in self.knowledge.components if n not in _ids(ROOT / "data/components/models.yaml")]
        self.left_out: Counter[str] = Counter()

    def read(self, word: str) -> tuple[str, ...]:
        """The ids a licence word means; none where it states none or no rule reads it."""
        found = self.knowledge.resolve(word).ids
        if not found:
            guessed = guess(word, self.knowledge)
            found = guessed.ids if guessed.kind == "resolved" else ()
        return () if found == ("NOASSERTION",) else found

    def said(self, word: str, source: str, date: str) -> Said:
        return Said(word, self.read(word), source, date)

    @staticmethod
    def written(said: Said) -> str:
        """What to write in the file: the id, or the ambiguous word as stated."""
        return said.ids[0] if len(said.ids) == 1 else said.word.strip()

    # copies

    def copies(self) -> dict[str, dict[str, str]]:
        """Which repository holds a copy of which original, by the unsloth table."""
        names = Names(self.aliases["models"])
        found: dict[str, dict[str, str]] = {}
        table = json.loads((self.corpora / "pypi_registries/unsloth_2026.10.9_quant_map.json").read_text("utf-8"))
        for repository, others in table:
            ids = [repository, *others]
            originals = [i for i in others if not i.startswith(REUPLOADER) and not NOT_AN_ORIGINAL.search(i)]
            if not originals or originals[0] in NO_SUCH_REPOSITORY:
                continue
            original = names.canonical(names.key(originals[0])) if originals[0].casefold() in names.table else originals[0]
            for i in ids:
                if i in originals or names.key(i) == names.key(original):
                    continue
                relation = "quantize" if NOT_AN_ORIGINAL.search(i) and not i.endswith("-BF16") else "convert"
                entry = {"of": original, "relation": relation}
                if found.setdefault(i, entry) != entry:
                    self.left_out["copies: two originals"] += 1
        return found

    # models

    def models(self, copies: Mapping[str, Mapping[str, str]]) -> list[str]:
        """The lines of models.yaml."""
        names = Names(self.aliases["models"])
        statements: dict[str, list[Said]] = defaultdict(list)
        for row in rows(self.corpora / "hub_union/licences.csv"):
            source, date = SNAPSHOTS.get(row["source"], ("", ""))
            if not source or not row["id"]:
                continue
            names.see(row["id"], 1 + 2 * (row["source"] != "llmfit2026"))
            word = row["license_name"] if row["license"] == "other" and row["license_name"] else row["license"]
            field = source.replace("license field", "license_name field") if word != row["license"] else source
            statements[names.key(row["id"])].append(self.said(word, field, date))
        for row in json.loads((self.corpora / "pypi_registries/fastembed_0.9.1.json").read_text("utf-8")):
            if row["license"] and "/" in row["model"]:
                statements[names.key(row["model"])].append(self.said(row["license"], *SNAPSHOTS["fastembed"]))
        order = {source: n for n, (source, _) in enumerate(SNAPSHOTS.values())}
        for many in statements.values():
            many.sort(key=lambda s: order[s.source.replace("license_name field", "license field")])

        original = {names.key(c): names.key(e["of"]) for c, e in copies.items()}
        children: dict[str, set[str]] = defaultdict(set)
        parents: dict[str, set[str]] = defaultdict(set)
        relations: dict[str, set[str]] = defaultdict(set)
        for row in rows(self.corpora / "hub_union/edges.csv"):
            above, below = names.key(row["base"]), names.key(row["derived"])
            names.see(row["base"].strip())
            above = original.get(above, above)
            if above != below and original.get(below) != above:
                children[above].add(below)
                parents[below].add(above)
                relations[below].add(row["relation"])
        present = {names.key(n) for n in self.known}
        ranked = sorted(children, key=lambda k: (-len(children[k]), k))
        forced = {*original.values(), *(names.key(k) for k in MODEL_TABLE), *(names.key(v) for v in self.aliases["models"].values())}
        for name in MODEL_TABLE:
            names.fixed.setdefault(name.casefold(), name)
        wanted = list(dict.fromkeys((*ranked, *sorted(forced))))
        found: dict[str, str] = {}
        for key in wanted:
            if key in original or key in present or "/" not in key or key.startswith("unsloth/") or (len(found) >= MODELS and key not in forced):
                continue
            fields = self.model(key, names, statements, parents, original)
            if fields:
                kind = "adapter" if relations[key] == {"adapter"} else "weights"
                found[names.canonical(key)] = line(names.canonical(key), {"kind": kind, **fields})
        return [found[i] for i in sorted(found, key=str.casefold)]

    def model(self, key: str, names: Names, statements: Mapping[str, list[Said]], parents: Mapping[str, set[str]], original: Mapping[str, str]) -> dict[str, str] | None:
        """What is known of one model, or None with the reason counted."""
        name = names.canonical(key)
        hand = dict(next((v for k, v in MODEL_TABLE.items() if k.casefold() == key), {}))
        if any(d.casefold() == key for d in MODEL_DROP):
            self.left_out["models: dropped by hand"] += 1
            return None
        if "source" in hand:
            return hand
        many = statements.get(key, [])
        if not many:
            self.left_out["models: no snapshot states a licence"] += 1
            return None
        last = many[-1]
        if not last.ids:
            named = [s for s in many if s.ids and s.date == last.date and "license_name" in s.source]
            if not named:
                self.left_out["models: the licence states nothing that resolves (other, unknown, several)"] += 1
                return None
            last = named[-1]
        owner, short = name.split("/", 1)
        fault = self.contradicts(key, last, owner, short, statements, parents, original)
        if fault:
            self.left_out[fault] += 1
            return None
        differ = [s for s in many if s.ids and not set(s.ids) & set(last.ids)]
        registry = next((f"mteb's registry says {self.written(s)}" for s in differ if "mteb" in s.source), "")
        note = hand.get("note", "") or "; ".join(filter(None, (_earlier([s for s in differ if HF_CARD in s.source.replace("license_name", "license")], self.written), registry)))
        extra = COHERE_AUP if owner == "CohereLabs" and last.ids == ("CC-BY-NC-4.0",) else ""
        return {"license": self.written(last), "additional-terms": extra, "source": last.source, "date": last.date, "note": note}

    def contradicts(self, key: str, said: Said, owner: str, short: str, statements: Mapping[str, list[Said]], parents: Mapping[str, set[str]], original: Mapping[str, str]) -> str:
        """Why a card's word cannot stand against the terms of what the model was made from, if so."""
        families = any(i.startswith(("LicenseRef-Llama-", "LicenseRef-LLaMA-", "LicenseRef-Gemma-", "LicenseRef-HAI-DEF")) for i in said.ids)
        if NAMES_LLAMA_OR_GEMMA.search(short) and not families and owner not in ("google", "meta-llama", "openlm-research", "TinyLlama"):
            return "models: named after Llama or Gemma, licensed otherwise"
        version = NAMES_LLAMA_VERSION.search(short)
        if version and owner != "meta-llama" and any(i.startswith("LicenseRef-Llama-") and i != f"LicenseRef-Llama-{version.group(1)}-Community" for i in said.ids):
            return "models: named after one Llama, licensed as another"
        if NAMES_QWEN_NOT_APACHE.search(short) and owner != "Qwen" and not any("Qwen" in i for i in said.ids):
            return "models: named after a Qwen model with its own terms, licensed otherwise"
        seen, layer = {key}, set(parents.get(key, ()))
        while layer:
            above: set[str] = set()
            for parent in sorted(layer):
                parent = original.get(parent, parent)
                if parent in seen:
                    continue
                seen.add(parent)
                stated = [s for s in statements.get(parent, ()) if s.ids]
                known = next((self.knowledge.resolve(str(self.knowledge.components[n]["license"])).ids for n in self.known if n.casefold() == parent), stated[-1].ids if stated else ())
                if not known:
                    above |= parents.get(parent, set())
                elif not set(known) & (set(said.ids) | PERMISSIVE) and parent.split("/")[0] != owner.casefold():
                    return "models: the card's licence is not that of the model it was made from, whose terms are not permissive"
            layer = above - seen
        return ""

    # data sets

    def datasets(self) -> list[str]:
        """The lines of datasets.yaml."""
        names = Names(self.aliases["datasets"])
        for name in (*DATASET_TABLE, *DATASET_ALSO, *DATASET_FIELDS, *COLLECTIONS):
            names.fixed[name.casefold()] = name
        named: dict[str, set[str]] = defaultdict(set)
        for row in rows(self.corpora / "hub_union/datasets.csv"):
            names.see(row["dataset"].strip())
            named[names.key(row["dataset"])].add(row["model"].casefold())
        tasks = json.loads((self.corpora / "mteb/mteb_tasks.json").read_text("utf-8"))["tasks"]
        path = {t["name"]: t["dataset"]["path"] for t in tasks}
        for t in tasks:
            names.see(t["dataset"]["path"])
        for model in json.loads((self.corpora / "mteb/mteb_models.json").read_text("utf-8"))["models"]:
            for task in model["training_datasets"] or ():
                if task in path:
                    named[names.key(path[task])].add(model["name"].casefold())
        cards, others = self.dataset_statements(names)
        for name in (*DATASET_TABLE, *DATASET_ALSO, *DATASET_FIELDS):
            named[name.casefold()] |= set()
        found: dict[str, str] = {}
        for key in sorted(named, key=lambda k: (-len(named[k]), k)):
            hand = names.fixed.get(key, "") in {*DATASET_TABLE, *DATASET_ALSO, *DATASET_FIELDS}
            if len(found) >= DATASETS and not hand:
                continue
            fields = self.dataset(key, names, cards, others)
            if fields:
                name = names.canonical(key)
                found[name] = line(f"datasets/{name}", {"kind": "dataset", **fields})
        return [found[i] for i in sorted(found, key=str.casefold)]

    def dataset_statements(self, names: Names) -> tuple[dict[str, list[list[Said]]], dict[str, list[Said]]]:
        """What the cards said (oldest first, each time all licences at once), and what registries say."""
        cards: dict[str, list[list[Said]]] = defaultdict(list)
        others: dict[str, list[Said]] = defaultdict(list)
        registry = {
            "mteb": ("license field of the dataset in mteb's task registry (mteb-core 2.26.24)", "2026-10-31"),
            "dpi": ("Data Provenance Initiative record", "2023-12-31"),
        }
        for name, pairs in json.loads((self.corpora / "hub_union/dataset_licences.json").read_text("utf-8")).items():
            old = [self.said(w, "license field of the dataset card, Hub snapshot of 2022", "2022-12-31") for s, w in pairs if s == "hf2022"]
            if old:
                cards[names.key(name)].append(old)
            others[names.key(name)] += [self.said(w, *registry[s]) for s, w in pairs if s in registry]
        seen: dict[str, set[str]] = defaultdict(set)
        for file in sorted((self.corpora / "dpi/data_summaries").glob("*.json")):
            for record in json.loads(file.read_text("utf-8")).values():
                at = re.search(r"huggingface\.co/datasets/([\w.-]+(?:/[\w.-]+)?)", record.get("Hugging Face URL") or "")
                word = (record.get("Inferred Metadata") or {}).get("HF Yaml License") or ""
                if at and word and word != "Unspecified":
                    names.see(at.group(1))
                    seen[names.key(at.group(1))].add(word)
        for key, words in seen.items():
            cards[key].append([self.said(w, "license field of the dataset card, as recorded by the Data Provenance Initiative", "2023-12-31") for w in sorted(words)])
        return cards, others

    def dataset(self, key: str, names: Names, cards: Mapping[str, list[list[Said]]], others: Mapping[str, list[Said]]) -> dict[str, str] | None:
        """What is known of one data set, or None with the reason counted."""
        name = names.canonical(key)
        contents = {"contents": "NONE"} if name in COLLECTIONS else {}
        if name in DATASET_DROP or names.key(name) in {names.key(d) for d in DATASET_DROP}:
            self.left_out["datasets: dropped by hand"] += 1
            return None
        if name in DATASET_FIELDS:
            return {**DATASET_FIELDS[name], **contents}
        stated, rest = cards.get(key, []), others.get(key, [])
        notes = [COLLECTIONS[name]] if contents else []
        vendor = [s for s in rest if s.word in ("OpenAI", "Anthropic", "Cohere", "Google")]
        rest = [s for s in rest if s not in vendor]
        if vendor and (stated or name in DATASET_TABLE or rest):
            notes.append(f"Outputs of a service of {vendor[0].word}: the Data Provenance Initiative records its terms beside the licence.")
        if not stated and name in DATASET_TABLE:
            entry = DATASET_TABLE[name]
            said = Said(entry["license"], (entry["license"],), entry["source"], entry["date"])
            notes.append(entry["note"])
        elif stated:
            several = any(len(many) > 1 and stated[-1][0] in [s._replace(source=stated[-1][0].source, date=stated[-1][0].date, word=stated[-1][0].word) for s in many] for many in stated[:-1])
            if len(stated[-1]) != 1 or not stated[-1][0].ids or several:
                self.left_out["datasets: the card states several licences, or none that resolves"] += 1
                return None
            said = stated[-1][0]
            notes += filter(None, [_earlier([s for many in stated[:-1] for s in many if s.ids and s.ids != said.ids], self.written)])
        elif not rest:
            self.left_out["datasets: no source states a licence"] += 1
            return None
        elif len({s.ids for s in rest}) != 1 or not rest[0].ids:
            self.left_out["datasets: sources disagree and none is the card, or nothing resolves"] += 1
            return None
        else:
            said = rest[-1]
        if "/" not in name and not any("Hub snapshot of 2022" in s.source for many in stated for s in many):
            self.left_out["datasets: not a Hub id"] += 1
            return None
        for s in dict.fromkeys(s for s in rest if s.ids and s.ids != said.ids):
            who = "The Data Provenance Initiative records" if "Provenance" in s.source else "mteb's registry says"
            text = f"{who} {self.written(s)}."
            if text not in notes:
                notes.append(text)
        return {"license": self.written(said), **contents, "source": said.source, "date": said.date, "note": " ".join(filter(None, notes))}


def _earlier(many: list[Said], written: Any) -> str:
    words = list(dict.fromkeys(written(s) for s in many))
    return f"earlier snapshot: {', '.join(words)}" if words else ""


def _ids(path: Path) -> set[str]:
    """The ids of a file that this script made before."""
    return {found.group(1) for found in re.finditer(r"^([\w./-]+): \{", path.read_text("utf-8"), re.MULTILINE)} if path.is_file() else set()


def make(corpora: Path, left_out: Counter[str] | None = None) -> dict[Path, str]:
    """The text of each file that is made, from the corpora, the tables above and what is kept by hand in `data`."""
    maker = Maker(corpora)
    copies = maker.copies()
    models, datasets = maker.models(copies), maker.datasets()
    if left_out is not None:
        left_out.update(maker.left_out)
    made = "Made by tools/known_origins.py. What the origin's own card or licence file states, by exact Hub id, never by name prefix."
    data = ROOT / "data"
    names = (data / "hub-names.yaml").read_text("utf-8").split("\ncopies:", 1)[0]
    rest = [f"  {c}: {{of: {e['of']}, relation: {e['relation']}, source: {json.dumps(UNSLOTH[0])}, date: {UNSLOTH[1]}}}" for c, e in sorted(copies.items(), key=lambda p: p[0].casefold())]
    texts = {
        data / "components/models.yaml": (f"# The most derived-from models whose licence is known. {made}", "# `earlier snapshot`: the licence was another before. A stack was made under the licence of its day.", *models),
        data / "components/datasets.yaml": (f"# The most named data sets whose licence is known. {made}", "# `contents: NONE`: the licence covers the collection only, and the items in it state none.", *datasets),
        data / "hub-names.yaml": (names, "copies:", *rest),
    }
    return {path: "\n".join(lines) + "\n" for path, lines in texts.items()}


def main() -> None:
    folder = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LICGRAPH_CORPORA", "")
    if not folder or not Path(folder).is_dir():
        sys.exit("known_origins: name the folder of the corpora, or set LICGRAPH_CORPORA")
    left_out: Counter[str] = Counter()
    for path, text in make(Path(folder), left_out).items():
        write(path, text)
        count = sum(not line.startswith("#") for line in text.split("\ncopies:\n")[-1].splitlines())
        print(f"{count} in {path.relative_to(ROOT)}")
    for reason, number in sorted(left_out.items(), key=lambda p: (-p[1], p[0])):
        print(f"  left out, {reason}: {number}")


if __name__ == "__main__":
    main()
