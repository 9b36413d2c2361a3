"""Configurations that lie beside weights: config.json, adapter_config.json (PEFT), model_index.json (diffusers), modules.json.

Sources: the documentation of transformers, PEFT, diffusers and sentence-transformers. `_name_or_path` is what the
weights were loaded from when they were saved: often a place on somebody's disk, or the thing's own id, so it is a hint
and never a statement. Code that is named without a repository lies in the same repository and is under its label;
so are the pieces of a pipeline whose origin nothing names. Schedulers and processors are settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from licgraph.errors import StackError
from licgraph.inputs import safetensors
from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.headers import inside, is_named, is_own, not_named, own_id, pointed, say
from licgraph.inputs.loose import Node, Source, read_json, refuse
from licgraph.knowledge import Knowledge

FORMAT = "model-config"
TITLE = "model configuration (config.json, adapter_config.json, model_index.json, modules.json)"
MAX_FOLDERS = 50
MAX_FILES = 50
MAX_PARTS = 200
"""Pieces of one model, and repositories of code, that are followed."""
_OTHERS = {"bomFormat", "spdxVersion", "@context", "@graph", "licgraph", "tokenizer_class", "image_processor_type", "feature_extractor_type", "processor_class"}
_MODEL_KEYS = {"architectures", "model_type", "_name_or_path", "pretrained_cfg", "quantization_config", "_diffusers_version"}
_SETTINGS = re.compile(r"(?:Scheduler|Processor|FeatureExtractor)$")
_DENOISERS = re.compile(r"^(?:unet|transformer|prior|decoder|controlnet)")
_MADE_OF = {"encoder", "decoder", "generator", "question_encoder", "text_encoder", "audio_encoder", "backbone"}
_TOWERS = ("mm_vision_tower", "vision_tower", "mm_audio_tower")


def kind_of(names: set[str] | list[Any], file_name: str) -> str:
    """Which of the four a document is: by its keys, and `_class_name` by the file it stands in."""
    if isinstance(names, list):
        first = names[0] if names and isinstance(names[0], dict) else {}
        return "modules" if {"idx", "type"} <= set(first) and "path" in first else ""
    if names & _OTHERS:
        return ""
    if "peft_type" in names or ("base_model_name_or_path" in names and names & {"r", "target_modules", "task_type", "revision"}):
        return "adapter"
    if file_name == "adapter_config.json" and names & {"base_model_name_or_path", "model_name"}:
        return "adapter"
    if "_class_name" in names and "_diffusers_version" in names and (file_name == "model_index.json" or "_name_or_path" not in names):
        return "index" if file_name != "config.json" else "config"
    if "_from_model_config" in names:
        return ""
    if len(names & _MODEL_KEYS) >= 2 or (file_name == "config.json" and names & _MODEL_KEYS):
        return "config"
    return ""


def sniff(source: Source) -> int:
    """By the keys at the top; of a file longer than is looked at, by its first lines."""
    head = source.head
    if not source.name.endswith(".json") and source.given is None:
        return 0
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return 0
    text = head.decode("utf-8-sig", "replace")
    try:
        top = json.loads(text)
    except (ValueError, RecursionError):
        top = dict.fromkeys(re.findall(r'(?m)(?:^\s{0,4}|[{,]\s{0,2})"([\w@]+)"\s*:', text[:16_384]))
    if not isinstance(top, (dict, list)):
        return 0
    kind = kind_of(top if isinstance(top, list) else set(top), source.name)
    named = source.name in ("config.json", "adapter_config.json", "model_index.json", "modules.json")
    return (85 if named else 55) if kind else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a configuration says of the weights beside it. Raises StackError when it is none."""
    top = read_json(source.text(), source.shown)
    plain: Any = [{k: n.text for k, n in e.items()} for e in top.listed()[:1]] if top.is_list else {k for k, _ in top.items()}
    kind = kind_of(plain, source.name) or {"adapter_config.json": "adapter", "model_index.json": "index", "config.json": "config"}.get(source.name, "")
    if not kind or (kind != "modules" and not top.is_map):
        raise refuse(source.shown, 1, "it is no configuration of a model", "Name a config.json, adapter_config.json, model_index.json or modules.json")
    found = Draft()
    part = found.part(own_id(source, result, "adapter" if kind == "adapter" else "model"), "adapter" if kind == "adapter" else "weights", ours=True, evidence=top.place)
    found.release = part.id
    alone = not result
    if kind == "adapter":
        _adapter(found, part, top, knowledge)
    elif kind == "index":
        _index(found, part, top, source, knowledge)
    elif kind == "modules":
        _modules(found, part, top, source, knowledge)
    else:
        _config(found, part, top, knowledge, alone)
    return found


def _adapter(found: Draft, part: Part, top: Node, knowledge: Knowledge) -> None:
    """PEFT's base and revision (and the `model_name` of older adapters); an adapter that names no base leaves a gap."""
    node = top.get("base_model_name_or_path") or top.get("model_name")
    base = pointed(node.text, knowledge)
    if base.kind == "nothing":
        found.miss(str(node.place), "the adapter names no base model, so what it changes is not known", part.id)
        return
    if base.kind == "local":
        found.miss(str(node.place), f"the base of the adapter is a place on a disk (`{node.text[:80]}`), so what it changes is not known", part.id)
    named = found.refer(base, "weights", node.place)
    named.revision = named.revision or top.get("revision").text
    found.step(part.id, "adapter", base.id, node.place)
    _code(found, part, top.get("auto_mapping"), knowledge)


def _config(found: Draft, part: Part, top: Node, knowledge: Knowledge, alone: bool) -> None:
    """A config.json of transformers, timm or one piece of a pipeline."""
    for node in (top.get("license"), top.get("pretrained_cfg", "license")):
        say(found, part, node.text, node.place, knowledge)
    method, at = _quantised(top)
    hint = top.get("_name_or_path")
    if method:
        base = pointed(hint.text, knowledge)
        if is_named(base) and not is_own(base, part.id):
            found.refer(base, "weights", hint.place)
            found.step(part.id, "quantize", base.id, hint.place, f"quantisation by {method} is configured ({at.place}), and `_name_or_path` names what was loaded", confidence=0.9)
        else:
            not_named(found, part, at.place, f"the weights are quantised ({method})", alone)
    else:
        _hint(found, part, hint, knowledge, "derived-from", 0.3)
    pieces = [b.get("_name_or_path") for k, b in top.items() if b.is_map and (k.endswith("_config") or k in _MADE_OF) and b.get("_name_or_path").text]
    for node in _at_most(found, pieces, top, part.id):
        _hint(found, part, node, knowledge, "derived-from", 0.3)
    for key in _TOWERS:
        _hint(found, part, top.get(key), knowledge, "contains", 0.6)
    _code(found, part, top.get("auto_map"), knowledge)


def _quantised(top: Node) -> tuple[str, Node]:
    """How the weights were quantised, and where that stands; empty if they were not."""
    for key in ("quantization_config", "compression_config", "quantization"):
        node = top.get(key)
        if node.is_map:
            bits = "4" if node.get("load_in_4bit").text == "true" else "8" if node.get("load_in_8bit").text == "true" else node.get("bits").text
            method = node.get("quant_method").text or node.get("format").text or (f"{bits} bits" if bits else "")
            if method:
                return method[:40], node
    return "", top


def _hint(found: Draft, part: Part, node: Node, knowledge: Knowledge, relation: str, confidence: float) -> None:
    """What weights were loaded from, where it is a repository and not the thing itself; a place on a disk says nothing."""
    base = pointed(node.text, knowledge)
    if base.kind == "nothing" or is_own(base, part.id):
        return
    if not is_named(base):
        found.notice("base-hint-local", part.id, f"{node.place} says that the weights were loaded from `{node.text[:80]}`, which cannot be looked up")
        return
    found.refer(base, "weights", node.place)
    found.step(part.id, relation, base.id, node.place, f"{node.pointer.rsplit('/', 1)[-1]} names what was loaded, a hint only", confidence=confidence)


def _code(found: Draft, part: Part, mapping: Node, knowledge: Knowledge) -> None:
    """Code of another repository that loading runs (`org/repo--module.Class`)."""
    for node in _at_most(found, [n for n in mapping.walk() if "--" in n.text], mapping, part.id):
        repository, remote, _ = node.text.partition("--")
        code = pointed(repository, knowledge) if remote else None
        if code is None or code.kind == "nothing" or is_own(code, part.id):
            continue
        named = found.part(f"{code.id}/code", "code", name=f"code of {code.name}", source=code.source, revision=code.revision, evidence=node.place)
        if not is_named(code):
            named.inferred = named.inferred or f"the code of `{code.name}` is named without its owner or by a local path, so its terms cannot be looked up"
        found.step(part.id, "runs-with", named.id, node.place)


def _at_most(found: Draft, nodes: list[Node], where: Node, part_id: str) -> list[Node]:
    if len(nodes) > MAX_PARTS:
        found.miss(str(where.place), f"{len(nodes)} parts are named, of which {MAX_PARTS} were read", part_id)
    return nodes[:MAX_PARTS]


def _index(found: Draft, part: Part, top: Node, source: Source, knowledge: Knowledge) -> None:
    """A pipeline: a collection, of which each piece may say where it was loaded from."""
    _hint(found, part, top.get("_name_or_path"), knowledge, "derived-from", 0.3)
    own = []
    pieces = list(top.items())
    if len(pieces) > MAX_PARTS:
        found.miss(str(top.place), f"{len(pieces)} pieces are named, of which {MAX_PARTS} were read", part.id)
    for name, node in pieces[:MAX_PARTS]:
        library, made = node.get(0).text, node.get(1).text
        if name.startswith("_") or not node.is_list or not made or _SETTINGS.search(made):
            continue
        before = len(found.steps)
        for below in _below(source, name, found):
            _piece(found, part, below, name, knowledge)
        if len(found.steps) == before:
            own.append(f"{name} ({library}: {made})"[:120])
    if own:
        found.notice("collection", part.id, f"{top.place.file} is a collection; nothing names another origin of {', '.join(own[:12])}{' …' if len(own) > 12 else ''}, so they stand under its own label")


def _piece(found: Draft, part: Part, below: Source, name: str, knowledge: Knowledge) -> None:
    """One file of a piece of a pipeline: its configuration, or the header of its weights."""
    found.inputs.update(_digest(below))
    if below.name.endswith(".safetensors"):
        _merge(found, part, below, knowledge, safetensors)
        return
    try:
        top = read_json(below.text(), below.shown)
    except StackError as problem:
        found.miss(below.shown, problem.faults[0].what, part.id)
        return
    relation = "contains-modified" if _DENOISERS.match(name) else "contains"
    _hint(found, part, top.get("_name_or_path"), knowledge, relation, 0.6)
    say(found, part, top.get("license").text, top.get("license").place, knowledge)
    _code(found, part, top.get("auto_map"), knowledge)


def _modules(found: Draft, part: Part, top: Node, source: Source, knowledge: Knowledge) -> None:
    """The modules of a sentence encoder: they make one model, so what their folders say is said of it."""
    for entry in top.listed()[:MAX_FOLDERS]:
        _code(found, part, entry.get("type"), knowledge)
        path = entry.get("path").text
        for below in _below(source, path, found) if path.strip("./") else ():
            found.inputs.update(_digest(below))
            _merge(found, part, below, knowledge, safetensors if below.name.endswith(".safetensors") else None)
    if len(top.listed()) > MAX_FOLDERS:
        found.miss(str(top.place), f"more than {MAX_FOLDERS} modules are listed", part.id)


def _merge(found: Draft, part: Part, below: Source, knowledge: Knowledge, reader: Any) -> None:
    """Adds what another file says of the same thing; one that cannot be read is a gap."""
    try:
        found.absorb((reader.read if reader is not None else read)(below, knowledge, part.id))
    except StackError as problem:
        found.miss(below.shown, problem.faults[0].what, part.id)


def _digest(below: Source) -> dict[str, str]:
    """What a report lists of a file that was read; weights are not read through for it."""
    try:
        return {} if below.name.endswith(".safetensors") else {below.shown: below.digest}
    except StackError:
        return {}


def _below(source: Source, folder: str, found: Draft) -> Iterator[Source]:
    """The configuration and the weights in a folder beside a file, if it is there; never outside of the folder."""
    if source.path is None:
        return
    root = source.path.parent
    try:
        beside = root / folder
        if not beside.is_dir():
            return
        files = [f for f in sorted(beside.iterdir()) if f.name == "config.json" or f.name.endswith(".safetensors")]
    except (OSError, ValueError):
        return
    for file in files[:MAX_FILES]:
        shown = str(Path(source.shown).parent / folder / file.name)
        if not inside(file, root):
            found.miss(shown, "it lies outside of the folder, and was not read")
        elif file.is_file():
            yield Source(shown, file)
    if len(files) > MAX_FILES:
        found.miss(str(Path(source.shown).parent / folder), f"more than {MAX_FILES} files of weights; the rest was not read")
