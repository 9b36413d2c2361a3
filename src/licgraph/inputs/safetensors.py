"""safetensors files: the header alone, and in it what the `__metadata__` of several tools says of origin and licence.

Sources: the format's own description (eight bytes of length, then JSON); ModelSpec 1.0.1 (`modelspec.*`); the keys
that kohya's trainers (`ss_*`) and the merging tab of the AUTOMATIC1111 web interface (`sd_merge_*`) write. Tensors are
never read, only their names, which show an adapter. Settings of a training run (rates, seeds, captions, the VAE it
looked through) say nothing of licences and are passed over.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from licgraph.errors import StackError, without_secrets
from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.headers import is_own, model_file, not_named, opened, own_id, pointed, say
from licgraph.inputs.identity import Reference, local
from licgraph.inputs.loose import Node, Source, read_json, refuse, whole
from licgraph.knowledge import Knowledge
from licgraph.stack import Evidence

FORMAT = "safetensors"
TITLE = "safetensors header"
MAX_HEADER = 8_000_000
"""Bytes of header that are read; the format allows 100 MB."""
MAX_LISTED = 500
"""Models or folders taken from one key."""
_ADAPTER_TENSOR = re.compile(r"lora_(?:A|B|up|down|unet|te)\b|lora_(?:unet|te\d?)_|\.(?:lokr|hada|oft)_")
_BASE_FILES = {
    "v1-5-pruned": "stable-diffusion-v1-5/stable-diffusion-v1-5", "v1-5-pruned-emaonly": "stable-diffusion-v1-5/stable-diffusion-v1-5",
    "sd_xl_base_1.0": "stabilityai/stable-diffusion-xl-base-1.0", "sd_xl_base_1.0_0.9vae": "stabilityai/stable-diffusion-xl-base-1.0",
    "flux1-dev": "black-forest-labs/FLUX.1-dev", "flux1-schnell": "black-forest-labs/FLUX.1-schnell",
    "sd3_medium": "stabilityai/stable-diffusion-3-medium", "sd3.5_medium": "stabilityai/stable-diffusion-3.5-medium", "sd3.5_large": "stabilityai/stable-diffusion-3.5-large",
}  # fmt: skip
"""Files under which a publisher ships the weights: the name is theirs, though anybody may give it to another file."""


class _Doubled(dict[str, Any]):
    """An object in which a key stands twice: the last counts, and which ones is kept."""

    keys_twice: tuple[str, ...] = ()


def sniff(source: Source) -> int:
    """A plausible length, then JSON; a file so named that holds neither, so that its reader says what it is."""
    head = source.head
    if len(head) >= 10 and head[8:9] == b"{" and head[9:10] in b'"} \n\r\t' and struct.unpack("<Q", head[:8])[0] <= 100_000_000:
        return 95
    return 40 if source.name.endswith(".safetensors") else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a header says of its weights. Raises StackError when there is no header that can be read."""
    header = read_header(source)
    found = Draft()
    meta = _metadata(header, source.shown, found)
    adapter = _is_adapter(header, meta)
    title = meta.get("modelspec.title").text or meta.get("ss_output_name").text
    part = found.part(
        own_id(source, result, "weights", by_file=True), "adapter" if adapter else "weights", name="" if result else title[:100], author=meta.get("modelspec.author").text[:200], ours=True, evidence=Evidence(source.shown, 0)
    )  # fmt: skip
    found.release = part.id
    for key in ("modelspec.license", "license"):
        say(found, part, meta.get(key).text, meta.get(key).place, knowledge)
    _merges(found, part, meta, knowledge)
    _base(found, part, meta, knowledge, adapter, alone=not result)
    _data(found, part, meta)
    return found


def read_header(source: Source) -> dict[str, Any]:
    """The JSON before the tensors. Raises StackError when it is too long, cut off or no JSON object."""
    cure = "Fetch the file again, or name another"
    with opened(source) as (file, size):
        if size < 8:
            raise refuse(source.shown, 0, "too short for a safetensors file", cure)
        length = struct.unpack("<Q", file.read(8))[0]
        if length > size - 8:
            raise refuse(source.shown, 0, f"the header is said to be {length} bytes long, and the file ends before", cure)
        if length > MAX_HEADER:
            raise refuse(source.shown, 0, f"the header is {length} bytes long; more than {MAX_HEADER // 1_000_000} MB are not read", "Write a licgraph.yaml for these weights")
        text = without_secrets(file.read(length).decode("utf-8", "replace"))
    try:
        header = json.loads(text, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        raise refuse(source.shown, 0, "the header is not valid JSON", cure) from None
    if not isinstance(header, dict):
        raise refuse(source.shown, 0, "the header is no JSON object", cure)
    return header


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice = [k for k, _ in pairs if k in seen or seen.add(k)]  # type: ignore[func-returns-value]
    doubled = _Doubled(found)
    doubled.keys_twice = tuple(dict.fromkeys(twice))[:20]
    return doubled


def _metadata(header: Mapping[str, Any], shown: str, found: Draft) -> Node:
    """`__metadata__` as nodes; what is not as the format has it is said."""
    meta = header.get("__metadata__", {})
    place = f"{shown}#/__metadata__"
    if not isinstance(meta, dict):
        found.miss(place, "the metadata are no map, so what they state is not known")
        meta = {}
    for where, owner in (("the header", header), ("the metadata", meta)):
        twice = [k for k in getattr(owner, "keys_twice", ()) if owner is meta or k == "__metadata__"]
        if twice:
            found.miss(place, f"{where} hold {', '.join(k[:40] for k in twice[:5])} twice, and readers differ on which counts")
    meta = {whole(k): whole(v) if isinstance(v, str) else json.dumps(v) for k, v in meta.items() if v is not None}
    nodes = {k: Node(v, shown, 0, "/__metadata__/" + k.replace("~", "~0").replace("/", "~1")) for k, v in meta.items()}
    return Node(nodes, shown, 0, "/__metadata__")


def _is_adapter(header: Mapping[str, Any], meta: Node) -> bool:
    """By what its tool says of it, else by the names of its tensors."""
    architecture = meta.get("modelspec.architecture").text.casefold()
    if meta.get("ss_network_module").text or re.search(r"[/-](?:lora|lokr|loha|textual-inversion|control-lora)$", architecture):
        return True
    names = [k for k, _ in zip((k for k in header if k != "__metadata__"), range(200), strict=False)]
    return bool(names) and 2 * sum(_ADAPTER_TENSOR.search(n) is not None for n in names) > len(names)


def _named(written: str, knowledge: Knowledge) -> tuple[Reference, str]:
    """The model that a tool names, and on what that was concluded if a file name is all there is."""
    plain = re.sub(r"\s*\[[0-9a-f]{6,64}\]$", "", written.strip())
    stem = re.sub(r"(?i)\.(?:safetensors|ckpt|sft|pt)$", "", re.split(r"[\\/]", plain)[-1])
    if stem != plain and stem in _BASE_FILES:
        return pointed(_BASE_FILES[stem], knowledge), f"`{plain[:80]}` is the name of the file in which {_BASE_FILES[stem]} is published"
    return model_file(plain, knowledge), ""


def _base(found: Draft, part: Part, meta: Node, knowledge: Knowledge, adapter: bool, alone: bool) -> None:
    """The checkpoint that a run of kohya's trainers started from; an adapter has a base, named or not."""
    relation = "adapter" if adapter else "finetune"
    node = meta.get("ss_sd_model_name")
    nodes = [node] if node.text else []
    peft = meta.get("lora_adapter_metadata")
    if peft.text:
        nodes += [n for k, n in _json(found, peft, part.id).items() if k.endswith("base_model_name_or_path") and n.text]
    bases = 0
    for one in nodes:
        base, why = _named(one.text, knowledge)
        if base.kind != "nothing" and not is_own(base, part.id):
            bases += 1
            found.refer(base, "weights", node.place)
            found.step(part.id, relation, base.id, one.place if one is node else peft.place, why)
    if bases or found.sources_of(part.id):
        return
    family = meta.get("ss_base_model_version")
    if adapter or family.text or meta.get("ss_output_name").text:
        said = f", only its family ({family.text[:60]})" if family.text else ""
        not_named(found, part, (family or meta).place, f"this {'is an adapter' if adapter else 'was trained further'}{said}", alone)


def _merges(found: Draft, part: Part, meta: Node, knowledge: Knowledge) -> None:
    """`modelspec.merged_from`, and the recipe of a web interface with those of the models that entered it."""
    node = meta.get("modelspec.merged_from")
    for written in _at_most(found, [w for w in node.text.split(",") if w.strip()], node, part.id):
        model, why = _named(written, knowledge)
        if model.kind == "nothing":
            found.miss(str(node.place), "a model that was merged is not named", part.id)
        elif not is_own(model, part.id):
            found.refer(model, "weights", node.place)
            found.step(part.id, "merge", model.id, node.place, why)
    recipe, models = meta.get("sd_merge_recipe"), meta.get("sd_merge_models")
    if recipe.text or models.text:
        _recipe(found, part, _json(found, recipe, part.id), _json(found, models, part.id), recipe.place if recipe else models.place, models.place, knowledge)


def _recipe(found: Draft, part: Part, recipe: Node, models: Node, place: Evidence, listed: Evidence, knowledge: Knowledge) -> None:
    """The merge tree: the recipe names models by hash, the list says what their files were called and how each was merged."""
    ids: dict[str, str] = {}
    why: dict[str, str] = {}
    entries = _at_most(found, list(models.items()), Node("x", listed.file, 0, listed.pointer), part.id)
    for digest, entry in entries:
        model, reason = _named(entry.get("name").text, knowledge)
        if model.kind == "nothing":
            found.miss(str(listed), f"the model {digest[:12]} that was merged has no name", part.id)
        elif not is_own(model, part.id):
            ids[digest], why[digest] = model.id, reason
            found.refer(model, "weights", listed)
    reached: set[str] = set()
    for result, one, at in [(part.id, recipe, place), *((ids[d], e.get("sd_merge_recipe"), listed) for d, e in entries if d in ids)]:
        for key in ("primary_model_hash", "secondary_model_hash", "tertiary_model_hash"):
            digest = one.get(key).text
            if not digest:
                continue
            if digest not in ids:
                found.miss(str(at), f"the model {digest[:12]} that was merged is not in the list of models", result)
            elif ids[digest] != result:
                found.step(result, "merge", ids[digest], at, why[digest])
                reached.add(digest)
    for digest, model_id in ids.items():
        if digest not in reached:
            found.step(part.id, "merge", model_id, listed, why[digest])


def _data(found: Draft, part: Part, meta: Node) -> None:
    """Folders of pictures that a run was trained on: known by name only."""
    for key in ("ss_dataset_dirs", "ss_reg_dataset_dirs", "ss_datasets"):
        node = meta.get(key)
        if not node.text:
            continue
        read = _json(found, node, part.id)
        names = [k for k, _ in read.items()]
        for entry in read.listed() if read.is_list else ():
            subsets = entry.get("subsets").listed() or (entry,)
            names += [n for s in subsets for n in (s.get("image_dir").text or s.get("metadata_file").text,) if n]
        for name in _at_most(found, list(dict.fromkeys(n for n in names if n.strip())), node, part.id):
            data = local(name)
            found.refer(data, "dataset", node.place)
            found.step(part.id, "trained-on", data.id, node.place)


def _at_most(found: Draft, entries: list[Any], node: Node, part_id: str) -> Iterable[Any]:
    if len(entries) > MAX_LISTED:
        found.miss(str(node.place), f"{len(entries)} entries are listed, of which {MAX_LISTED} were read", part_id)
    return entries[:MAX_LISTED]


def _json(found: Draft, node: Node, part_id: str) -> Node:
    """JSON in a metadata value; a gap where it is none."""
    if not node.text:
        return Node(None)
    try:
        return read_json(node.text, node.file)
    except StackError as problem:
        found.miss(str(node.place), problem.faults[0].what, part_id)
        return Node(None)
