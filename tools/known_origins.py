#!/usr/bin/env python3
"""Makes data/components/models.yaml and datasets.yaml and the copies in data/hub-names.yaml from a folder of corpora.

    python tools/known_origins.py [CORPORA]      (default: the folder in LICGRAPH_CORPORA)

Models: the most derived-from ones whose licence is known, besides those of well-known.yaml. Data sets: the most named.
A name means what the tables say, never what it looks like; what two sources dispute, and what a card says against the
terms of the model it was made from, is left out. The tables below hold what was corrected or entered by hand.
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
HAND = {"source": "model card or licence file of the repository, entered by hand", "date": "2025-06-30"}
R1_LLAMA = {"license": "MIT", "additional-terms": "[LicenseRef-Llama-{}-Community]", "note": "The card says it is derived from Llama {} and originally under its licence."}


def r1_llama(version: str) -> dict[str, str]:
    """A DeepSeek distillation into Llama weights: the card says MIT, and names the terms of Llama."""
    return {k: v.format(version, version) for k, v in R1_LLAMA.items()}


def by_hand(license_id: str, note: str = "") -> dict[str, str]:
    """An entry that no snapshot states."""
    return {"license": license_id, **HAND, **({"note": note} if note else {})}


MODEL_TABLE: Mapping[str, Mapping[str, str]] = {
    # the word of the card is ambiguous or `other`; the text beside the weights settles it
    **{f"stabilityai/{n}": {"license": "LicenseRef-CreativeML-OpenRAILpp-M"} for n in ("stable-diffusion-2", "stable-diffusion-2-base", "stable-diffusion-2-1-base", "stable-diffusion-2-inpainting")},
    "stabilityai/stable-diffusion-xl-refiner-1.0": {"license": "LicenseRef-CreativeML-OpenRAILpp-M-SDXL"},
    **{f"tiiuae/Falcon3-{n}": {"license": "LicenseRef-Falcon-LLM-2.0"} for n in ("1B-Base", "1B-Instruct", "3B-Base", "3B-Instruct", "7B-Base", "7B-Instruct", "10B-Base", "10B-Instruct", "Mamba-7B-Base", "Mamba-7B-Instruct")},
    "tiiuae/falcon-11B": {"license": "LicenseRef-Falcon-2-11B-TII-1.0"},
    **{f"LGAI-EXAONE/EXAONE-{n}": {"license": "LicenseRef-EXAONE-1.1-NC"} for n in ("3.5-2.4B-Instruct", "3.5-7.8B-Instruct", "3.5-32B-Instruct", "Deep-2.4B", "Deep-7.8B", "Deep-32B")},
    **{f"deepseek-ai/{n}": by_hand("LicenseRef-DeepSeek-License-1.0", "MIT is the licence of the code only.") for n in ("Janus-Pro-1B", "Janus-Pro-7B", "Janus-1.3B", "DeepSeek-V3", "DeepSeek-V3-Base")},
    **{f"deepseek-ai/{n}": by_hand("LicenseRef-DeepSeek-License-1.0") for n in ("deepseek-math-7b-base", "deepseek-math-7b-instruct", "deepseek-math-7b-rl", "deepseek-llm-7b-base", "deepseek-llm-7b-chat", "deepseek-coder-1.3b-base", "deepseek-coder-1.3b-instruct", "deepseek-coder-6.7b-base", "deepseek-coder-6.7b-instruct", "deepseek-coder-33b-base", "deepseek-coder-33b-instruct", "DeepSeek-Coder-V2-Lite-Base", "DeepSeek-Coder-V2-Lite-Instruct", "DeepSeek-Coder-V2-Instruct")},
    **{f"stable-diffusion-v1-5/{n}": by_hand("LicenseRef-CreativeML-OpenRAIL-M") for n in ("stable-diffusion-v1-5", "stable-diffusion-inpainting")},
    **{f"Qwen/{n}": by_hand("LicenseRef-Qwen-Research-2024-09-19") for n in ("Qwen2.5-Omni-3B", "Qwen2.5-VL-3B-Instruct")},
    "deepseek-ai/DeepSeek-R1-Distill-Llama-8B": r1_llama("3.1"),
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B": r1_llama("3.3"),
    **{f"mistralai/{n}": by_hand("LicenseRef-Mistral-MRL-0.1") for n in ("Mistral-Small-Instruct-2409", "Ministral-8B-Instruct-2410", "Mistral-Large-Instruct-2411", "Pixtral-Large-Instruct-2411")},
    "mistralai/Codestral-22B-v0.1": by_hand("LicenseRef-Mistral-MNPL-0.1"),
    **{f"zai-org/{n}": by_hand("MIT") for n in ("GLM-4-9B-0414", "GLM-4-32B-0414", "GLM-4-32B-Base-0414", "GLM-Z1-9B-0414", "GLM-Z1-32B-0414")},
    **{f"zai-org/{n}": by_hand("LicenseRef-CogVideoX") for n in ("CogVideoX-5b", "CogVideoX-5b-I2V")},
    **{f"EleutherAI/pythia-{n}": by_hand("Apache-2.0") for n in ("70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "6.9b-deduped", "12b-deduped")},
    **{f"allenai/OLMo-2-1124-{n}": by_hand("Apache-2.0") for n in ("7B", "13B")},
    "ibm-granite/granite-3.3-2b-base": by_hand("Apache-2.0"),
    **{f"llm-jp/llm-jp-3-13b{n}": by_hand("Apache-2.0") for n in ("", "-instruct")},
    "HuggingFaceH4/mistral-7b-sft-beta": by_hand("MIT"),
    "BlinkDL/rwkv-7-world": by_hand("Apache-2.0"),
    "alpindale/Mistral-7B-v0.2-hf": by_hand("Apache-2.0", "A re-upload of Mistral AI's weights."),
    "ibm-granite/granite-3.3-8b-base": by_hand("Apache-2.0"),
    **{f"huggyllama/llama-{n}": by_hand("LicenseRef-LLaMA-1-Noncommercial", "A re-upload of Meta's weights.") for n in ("7b", "13b", "30b", "65b")},
    **{f"mistral-community/{n}": by_hand("Apache-2.0", "A re-upload of Mistral AI's weights.") for n in ("Mistral-7B-v0.2", "Mixtral-8x22B-v0.1")},
}
"""By canonical id: fields that count before those of the snapshots. With `license` only, and where the last card says the same:
source and date stay the snapshot's."""

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
}
"""Left out by hand, with why."""

COHERE_AUP = {"additional-terms": "[LicenseRef-Cohere-Labs-AUP]"}
NAMES_LLAMA_OR_GEMMA = re.compile(r"(?<!tiny)(?<!open)(?<!open[_-])(?<!\bo)llama|gemma|(?:^|[-_])L3(?:\.\d)?[-_]", re.IGNORECASE)
NAMES_LLAMA_VERSION = re.compile(r"llama-?_?([23](?:\.[1-3])?)(?![\dbB])", re.IGNORECASE)
NAMES_QWEN_NOT_APACHE = re.compile(r"qwen-?2(?:\.5)?.*(?<![\d.])(?:3|72)b", re.IGNORECASE)
"""Names that say a model with terms of its own is inside. They only ever leave a model out, they resolve nothing."""

DATASET_HAND = {"source": "license field of the dataset card, entered by hand", "date": "2025-06-30"}
DATASET_TABLE: Mapping[str, str] = {
    **dict.fromkeys(("HuggingFaceFW/fineweb", "HuggingFaceFW/fineweb-edu", "HuggingFaceFW/fineweb-2", "HuggingFaceTB/finemath", "HuggingFaceTB/smollm-corpus", "tiiuae/falcon-refinedweb", "allenai/c4", "allenai/dolma", "allenai/tulu-v2-sft-mixture", "allenai/tulu-3-sft-mixture", "allenai/WildChat-1M"), "ODC-By-1.0"),
    **dict.fromkeys(("laion/laion2B-en", "nvidia/HelpSteer", "nvidia/HelpSteer2", "nvidia/OpenMathInstruct-2", "nvidia/OpenCodeReasoning", "nvidia/OpenMathReasoning", "nvidia/Llama-Nemotron-Post-Training-Dataset", "yahma/alpaca-cleaned", "b-mc2/sql-create-context", "liuhaotian/LLaVA-Instruct-150K", "open-r1/codeforces-cots", "jondurbin/truthy-dpo-v0.1"), "CC-BY-4.0"),
    **dict.fromkeys(("open-thoughts/OpenThoughts-114k", "open-r1/OpenR1-Math-220k", "argilla/distilabel-capybara-dpo-7k-binarized", "HuggingFaceTB/cosmopedia", "Congliu/Chinese-DeepSeek-R1-Distill-data-110k", "FreedomIntelligence/medical-o1-reasoning-SFT", "bigscience/P3", "bigscience/xP3", "mlabonne/orpo-dpo-mix-40k", "Intel/orca_dpo_pairs", "ise-uiuc/Magicoder-Evol-Instruct-110K", "m-a-p/CodeFeedback-Filtered-Instruction", "simplescaling/s1K", "GAIR/LIMO", "AI-MO/NuminaMath-CoT", "AI-MO/NuminaMath-TIR", "AI-MO/NuminaMath-1.5"), "Apache-2.0"),
    **dict.fromkeys(("HuggingFaceH4/ultrafeedback_binarized", "HuggingFaceH4/ultrachat_200k", "openbmb/UltraFeedback", "argilla/dpo-mix-7k", "argilla/ultrafeedback-binarized-preferences-cleaned", "Open-Orca/OpenOrca", "Open-Orca/SlimOrca", "WizardLM/WizardLM_evol_instruct_V2_196k", "microsoft/orca-math-word-problems-200k", "meta-math/MetaMathQA", "TIGER-Lab/MathInstruct", "openai/gsm8k", "Anthropic/hh-rlhf", "cais/mmlu", "stingning/ultrachat", "ise-uiuc/Magicoder-OSS-Instruct-75K"), "MIT"),
    **dict.fromkeys(("facebook/natural_reasoning", "vicgalle/alpaca-gpt4", "HuggingFaceH4/no_robots"), "CC-BY-NC-4.0"),
    **dict.fromkeys(("fka/awesome-chatgpt-prompts", "Skylion007/openwebtext", *(f"mozilla-foundation/common_voice_{v}_0" for v in (6, 7, 8, 9, 11, 13, 16, 17))), "CC0-1.0"),
    "roneneldan/TinyStories": "CDLA-Sharing-1.0",
    "knkarthick/dialogsum": "CC-BY-NC-SA-4.0",
}  # fmt: skip
"""Cards that no snapshot holds, by canonical id."""

DATASET_FIELDS: Mapping[str, Mapping[str, str]] = {
    "legacy-datasets/wikipedia": {"license": "CC-BY-SA-3.0", "source": "license field of the dataset card (cc-by-sa-3.0 beside gfdl), Hub snapshot of 2022", "date": "2022-12-31", "note": "The card lists the GFDL beside it."},
    "wikimedia/wikipedia": {"license": "CC-BY-SA-3.0", "source": "license field of the dataset card (cc-by-sa-3.0 beside gfdl)", "date": "2022-12-31", "note": "The card lists the GFDL beside it."},
}
"""Entries written whole by hand: cards that state two licences, either of which may be chosen for the text."""

DATASET_DROP: Mapping[str, str] = {"glue": "a set of nine data sets with licences of their own", "aggregate tasks do not have a path": "no repository"}

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
        many = statements.get(key, [])
        if "source" in hand and many and many[-1].ids == (hand["license"],) and not hand.get("note"):
            hand = {"license": hand["license"]}
        if "source" in hand:
            return {"license": hand["license"], "source": hand["source"], "date": hand["date"], "note": hand.get("note", "")}
        if not many:
            self.left_out["models: no snapshot states a licence"] += 1
            return None
        last = many[-1]
        if not last.ids and hand:
            last = last._replace(word=hand["license"], ids=(hand["license"],), source=last.source.replace("license field of the model card", "licence file (the card says `other`)"))
        if not last.ids:
            named = [s for s in many if s.ids and s.date == last.date and "license_name" in s.source]
            if not named:
                self.left_out["models: the licence states nothing that resolves (other, unknown, several)"] += 1
                return None
            last = named[-1]
        owner, short = name.split("/", 1)
        if not hand:
            fault = self.contradicts(key, last, owner, short, statements, parents, original)
            if fault:
                self.left_out[fault] += 1
                return None
        differ = [s for s in many if s.ids and not set(s.ids) & set(last.ids)]
        registry = next((f"mteb's registry says {self.written(s)}" for s in differ if "mteb" in s.source), "")
        note = hand.get("note", "") or "; ".join(filter(None, (_earlier([s for s in differ if HF_CARD in s.source.replace("license_name", "license")], self.written), registry)))
        extra = hand.get("additional-terms", "") or (COHERE_AUP["additional-terms"] if owner == "CohereLabs" and last.ids == ("CC-BY-NC-4.0",) else "")
        return {"license": hand.get("license", self.written(last)), "additional-terms": extra, "source": last.source, "date": last.date, "note": note}

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
        for name in (*DATASET_TABLE, *DATASET_FIELDS, *COLLECTIONS):
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
        for name in (*DATASET_TABLE, *DATASET_FIELDS):
            named[name.casefold()] |= set()
        found: dict[str, str] = {}
        for key in sorted(named, key=lambda k: (-len(named[k]), k)):
            hand = names.fixed.get(key, "") in {*DATASET_TABLE, *DATASET_FIELDS}
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
            said = Said(DATASET_TABLE[name], (DATASET_TABLE[name],), **DATASET_HAND)
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
        return {"license": self.written(said), **contents, "source": said.source, "date": said.date, "note": " ".join(notes)}


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
