"""What is changed: a short document of each form, written here, and real ones from the corpora where they are."""

from __future__ import annotations

import json
import os
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

MOST = 20_000
"""Bytes of a real file that is taken as a seed; larger ones make every try slow."""


def _safetensors(meta: dict[str, Any]) -> bytes:
    header = json.dumps({"__metadata__": meta, "a": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0\0"


def _gguf(*pairs: tuple[str, str]) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    body = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in pairs)
    listed = text("general.tags") + struct.pack("<IIQ", 9, 8, 1) + text("a") + text("general.file_type") + struct.pack("<II", 4, 15)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs) + 2) + body + listed


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


STACK = b"""licgraph: 1
components:
  base: {kind: weights, license: LicenseRef-Llama-3.1-Community, name: Llama-3.1-8B, source: "hf:meta-llama/Llama-3.1-8B"}
  chats: {kind: dataset, license: CC-BY-NC-4.0, labels: [{where: tag, says: MIT}], contents: CC-BY-4.0, copyright: "(c) a"}
  tuned:
    kind: weights
    from:
      finetune: base
      trained-on: [{component: chats, purpose: narrow-classifier, accepted-terms: true}]
release: {component: tuned, license: MIT OR Apache-2.0, form: weights, use: commercial, to: public, will-not: [display]}
facts: {annual-revenue-usd: 2000000, domicile: EU, multimodal: false}
permissions: [{component: chats, from: licensor, covers: [commercial-use], until: 2027-01-01, document: letter}]
accepted-risks: [{component: chats, clause: CC-BY-NC-4.0/noncommercial, reason: old, owner: me, until: 2026-12-31}]
"""
POLICY = b"""policy: 1
rules:
  - id: no-nc
    owner: legal
    says: nothing non-commercial
    effect: fail
    when: {license: [CC-BY-NC-4.0], kind: dataset, answer-under: {conservative: [no, unknown]}}
    unless: {use: non-commercial}
    tests:
      - {stack: {licgraph: 1, components: {a: {kind: dataset, license: CC-BY-NC-4.0}, b: {kind: weights, from: {trained-on: a}}}, release: {component: b, license: MIT}}, expect: hit}
      - {stack: {licgraph: 1, components: {a: {kind: dataset, license: MIT}, b: {kind: weights, from: {trained-on: a}}}, release: {component: b, license: MIT}}, expect: clear}
"""
BASELINE = _json({"schema": "licgraph/baseline/1", "entries": [{"stack": "licgraph.yaml", "origin": "chats", "clause": "CC-BY-NC-4.0/noncommercial", "component": "chats", "act": "train", "first": "2026-11-01", "until": "2027-01-01"}]})
DEFAULTS = b'stacks = ["models/*"]\nprofile = "conservative"\nfail-on = ["no", "unknown"]\npolicy = "p.yaml"\nbaseline = "b.json"\naudience = "engineer"\n[assume]\nlabel-authority = "declared-tag"\n[facts]\ndomicile = "EU"\nmultimodal = true\nannual-revenue-usd = 3\n'
CARD = b"---\nlicense: other\nlicense_name: llama3.1\nlicense_link: LICENSE\nbase_model: [meta-llama/Llama-3.1-8B]\nbase_model_relation: finetune\ndatasets: [HuggingFaceH4/ultrachat_200k]\ntags: [gguf]\n---\n# A model\n\n| License | MIT |\n"
RECORD = {"licgraph-hub": 2, "server": "s", "asked": "us/m", "revision": "", "state": "found", "id": "us/m", "sha": "0" * 40, "at": 0.0, "why": "", "tags": ["license:mit", "base_model:finetune:a/b", "dataset:c/d"], "card": {"license": "mit", "base_model": "a/b"}, "bases": [["finetune", "a/b"]], "gated": False, "names": ["README.md"], "listed": True, "files": {"README.md": {"body": "LS0tCmxpY2Vuc2U6IG1pdAotLS0K", "cut": False, "problem": ""}}}

FORMATS: dict[str, tuple[str, list[bytes]]] = {
    "axolotl": ("config.yml", [b"base_model: org/base\nmodel_type: LlamaForCausalLM\nadapter: lora\ndatasets:\n  - path: org/data\n    type: alpaca\n  - {path: json, data_files: a.json}\noutput_dir: ./out\nhub_model_id: me/out\n"]),
    "card": ("README.md", [CARD]),
    "citation": ("CITATION.cff", [b"cff-version: 1.2.0\ntitle: A model\ntype: dataset\nlicense: [MIT, Apache-2.0]\nlicense-url: https://example.org\nauthors: [{family-names: B}]\n"]),
    "croissant": ("croissant.json", [_json({"@context": {"@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"}, "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0", "name": "d", "license": ["https://spdx.org/licenses/MIT"], "isBasedOn": {"@id": "https://huggingface.co/datasets/a/b"}, "url": "https://huggingface.co/datasets/c/d", "distribution": [{"@type": "cr:FileObject", "contentUrl": "https://x.org/a"}]})]),
    "cyclonedx": ("bom.cdx.json", [
        _json({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"type": "machine-learning-model", "name": "m", "bom-ref": "m", "licenses": [{"license": {"id": "MIT"}}], "modelCard": {"modelParameters": {"datasets": [{"ref": "d"}]}}}}, "components": [{"type": "data", "name": "d", "bom-ref": "d", "licenses": [{"expression": "MIT OR Apache-2.0"}], "pedigree": {"ancestors": [{"type": "data", "name": "e"}]}}], "dependencies": [{"ref": "m", "dependsOn": ["d"]}], "formulation": [{"workflows": [{"bom-ref": "w", "uid": "1", "taskTypes": ["build"], "inputs": [{"resource": {"ref": "d"}}], "outputs": [{"resource": {"ref": "m"}}]}]}]}),
        b'<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1">\n<metadata><component type="machine-learning-model" bom-ref="m"><name>m</name><licenses><license><id>MIT</id></license></licenses></component></metadata>\n<components><component type="data" bom-ref="d"><name>d</name><licenses><expression>MIT</expression></licenses></component></components>\n<dependencies><dependency ref="m"><dependency ref="d"/></dependency></dependencies>\n</bom>\n',
    ]),
    "distilabel": ("pipeline.yaml", [b"pipeline:\n  name: p\n  steps:\n    - step:\n        name: load\n        repo_id: org/data\n        type_info: {module: distilabel.steps.generators.huggingface, name: LoadDataFromHub}\n    - step:\n        name: gen\n        llm: {model_id: org/m, type_info: {module: distilabel.models.llms, name: InferenceEndpointsLLM}}\n        type_info: {module: distilabel.steps.tasks, name: TextGeneration}\n  connections: [{from: load, to: [gen]}]\ndistilabel: {version: 1.4.1}\n"]),
    "dpi": ("data_summary.json", [_json({"x": {"Unique Dataset Identifier": "x", "Dataset Name": "X", "Collection": "c", "Licenses": [{"License": "MIT", "License URL": "https://a.b"}], "Hugging Face URL": "https://huggingface.co/datasets/a/b", "Model Generated": ["OpenAI GPT-4"], "Derived from Datasets": [], "Text Sources": ["a"]}})]),
    "gguf": ("m.gguf", [_gguf(("general.architecture", "llama"), ("general.license", "mit"), ("general.base_model.0.repo_url", "https://huggingface.co/org/b"), ("general.dataset.0.name", "d"), ("general.name", "m"))]),
    "kitfile": ("Kitfile", [b"manifestVersion: 1.0.0\npackage: {name: p, license: MIT, authors: [a]}\nmodel: {name: m, path: ./m, license: Apache-2.0, parts: [{path: a, type: lora}]}\ndatasets: [{name: d, path: ./d, license: CC-BY-4.0}]\ncode: [{path: ., license: MIT}]\n"]),
    "license-text": ("LICENSE", [b"MIT License\n\nCopyright (c) 2026 Somebody\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n", b"License: CC-BY-NC-4.0\nSPDX-License-Identifier: MIT\n"]),
    "llamafactory": ("train.yaml", [b"model_name_or_path: org/base\nstage: sft\ndo_train: true\nfinetuning_type: lora\ndataset: identity,alpaca_en_demo\ntemplate: llama3\noutput_dir: out\nadapter_name_or_path: org/lora\n", _json({"a": {"hf_hub_url": "org/data", "license": "mit"}, "b": {"file_name": "b.json"}})]),
    "mergekit": ("mergekit_config.yml", [b"merge_method: slerp\nbase_model: org/a\nslices:\n  - sources:\n      - {model: org/a, layer_range: [0, 8]}\n      - {model: org/b+org/lora, layer_range: [0, 8]}\nparameters: {t: [0, 0.5]}\ntokenizer: {source: org/c}\ndtype: bfloat16\n", b"models:\n  - model: {model: {path: org/a, revision: x}, lora: org/l}\n  - model: org/b\nmerge_method: ties\nbase_model: org/c\n"]),
    "model-config": ("config.json", [_json({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "_name_or_path": "org/b", "license": "mit", "quantization_config": {"quant_method": "awq"}, "auto_map": {"A": "o/r--m.C"}}), _json({"peft_type": "LORA", "base_model_name_or_path": "org/b", "revision": None, "task_type": "CAUSAL_LM"}), _json({"_class_name": "P", "_diffusers_version": "1", "unet": ["d", "U"], "_name_or_path": "a/b"}), _json([{"idx": 0, "path": "x", "name": "0", "type": "o/r--m.C"}])]),
    "modelfile": ("Modelfile", [b'FROM llama3.1:8b\nADAPTER ./lora.gguf\nPARAMETER temperature 1\nSYSTEM """a\nb"""\nLICENSE """MIT License"""\nMESSAGE user hi\n', b"FROM hf.co/org/m:Q4_K_M\nTEMPLATE x\nLICENSE mit\n"]),
    "mof": ("m.yml", [b"framework:\n  name: 'Model Openness Framework'\n  version: '1.0'\nrelease:\n  name: m\n  version: 7B\n  license: {distribution: {name: Apache-2.0, path: LICENSE}}\n  type: language\n  origin: base\n  components:\n    - {name: Model architecture, description: x, license: Apache-2.0, license_path: ''}\n    - {name: Datasets, description: y, license: unlicensed}\n"]),
    "mteb": ("models.json", [_json({"models": [{"name": "org/m", "license": "mit", "adapted_from": "org/b", "training_datasets": ["A", "B"], "open_weights": True, "public_training_code": None, "revision": "x", "superseded_by": None, "reference": "https://huggingface.co/org/m"}], "tasks": [{"name": "A", "license": "cc-by-4.0", "dataset": {"path": "org/d", "revision": "x"}, "annotations_creators": "derived", "sample_creation": "found"}]})]),
    "safetensors": ("m.safetensors", [_safetensors({"modelspec.license": "MIT", "modelspec.merged_from": "org/a", "sd_merge_models": '{"a": {"name": "b.ckpt"}}', "ss_sd_model_name": "x/y", "modelspec.title": "t", "format": "pt"})]),
    "spdx-2": ("bom.spdx.json", [_json({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "d", "dataLicense": "CC0-1.0", "documentDescribes": ["SPDXRef-m"], "packages": [{"SPDXID": "SPDXRef-m", "name": "m", "licenseDeclared": "MIT", "licenseConcluded": "NOASSERTION", "downloadLocation": "https://huggingface.co/org/m"}, {"SPDXID": "SPDXRef-d", "name": "d", "licenseDeclared": "LicenseRef-1"}], "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "extractedText": "do what you like", "name": "x"}], "relationships": [{"spdxElementId": "SPDXRef-m", "relatedSpdxElement": "SPDXRef-d", "relationshipType": "DEPENDS_ON"}]}), b"SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: d\n\nPackageName: m\nSPDXID: SPDXRef-m\nPackageLicenseDeclared: MIT\nPackageLicenseComments: <text>a\nb</text>\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-m\n"]),
    "spdx-3": ("bom.spdx3.json", [_json({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [{"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z", "createdBy": ["u:a"]}, {"type": "SpdxDocument", "spdxId": "u:doc", "creationInfo": "_:c", "rootElement": ["u:m"]}, {"type": "ai_AIPackage", "spdxId": "u:m", "name": "m", "creationInfo": "_:c"}, {"type": "dataset_DatasetPackage", "spdxId": "u:d", "name": "d", "creationInfo": "_:c"}, {"type": "simplelicensing_LicenseExpression", "spdxId": "u:l", "simplelicensing_licenseExpression": "MIT", "creationInfo": "_:c"}, {"type": "Relationship", "spdxId": "u:r1", "from": "u:m", "relationshipType": "trainedOn", "to": ["u:d"], "creationInfo": "_:c"}, {"type": "Relationship", "spdxId": "u:r2", "from": "u:d", "relationshipType": "hasDeclaredLicense", "to": ["u:l"], "creationInfo": "_:c"}]})]),
    "torchtune": ("recipe.yaml", [b"output_dir: /tmp/out\nmodel: {_component_: torchtune.models.llama3_1.lora_llama3_1_8b, lora_rank: 8}\ncheckpointer:\n  _component_: torchtune.training.FullModelHFCheckpointer\n  checkpoint_dir: /tmp/Meta-Llama-3.1-8B-Instruct/\n  checkpoint_files: [a.safetensors]\ndataset: {_component_: torchtune.datasets.alpaca_dataset, source: org/data}\n"]),
    "trl": ("sft.yaml", [b"model_name_or_path: org/base\ndataset_name: org/data\nlearning_rate: 1.0e-4\nper_device_train_batch_size: 4\nuse_peft: true\noutput_dir: out\nhub_model_id: me/out\nreward_model_path: org/r\n"]),
}  # fmt: skip
"""Of each reader: a name that its files have, and documents."""


@lru_cache(maxsize=1)
def real() -> dict[str, list[bytes]]:
    """Files of the corpora, by the reader that takes them; empty where LICGRAPH_CORPORA names no folder."""
    from licgraph.errors import LicgraphError
    from licgraph.inputs import reader_of
    from licgraph.inputs.loose import Source

    found: dict[str, list[bytes]] = {}
    root = os.environ.get("LICGRAPH_CORPORA")
    for file in sorted(Path(root).rglob("*")) if root else ():
        if file.is_file() and file.stat().st_size <= MOST:
            try:
                reader = reader_of(Source(file.name, file))
            except LicgraphError:
                continue
            if reader is not None and len(found.setdefault(reader.FORMAT, [])) < 60:
                found[reader.FORMAT].append(file.read_bytes())
    return found


def texts() -> list[bytes]:
    """Licence texts, where LICGRAPH_TEXTS names a folder of them."""
    root = os.environ.get("LICGRAPH_TEXTS")
    files = [f for f in sorted(Path(root).rglob("*")) if f.is_file() and f.stat().st_size <= MOST] if root else []
    return [f.read_bytes() for f in files[:40]]
