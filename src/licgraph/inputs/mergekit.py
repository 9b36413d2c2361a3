"""mergekit configurations: every form that its documentation shows (models, slices, modules, mixtures, several documents).

Source: the configuration reference in mergekit's documentation; reading follows the keys, never its code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from licgraph.inputs.draft import Draft
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node, Source, read_yaml, refuse
from licgraph.knowledge import Knowledge

FORMAT = "mergekit"
TITLE = "mergekit configuration"
_KEYS = re.compile(rb"(?m)^(?:- )?\s{0,2}(?:merge_method|experts|genome)\s*:")


def sniff(source: Source) -> int:
    """By its keys."""
    if source.name.endswith((".yml", ".yaml")) and _KEYS.search(source.head):
        return 90 if re.search(rb"(?m)^\s*(?:-\s+)?(?:models|slices|modules|experts|genome|sources)\s*:", source.head) else 60
    return 0


def fits(node: Node) -> bool:
    """Whether a YAML document is such a configuration."""
    return any(node.get(k) for k in ("merge_method", "experts", "genome")) and any(node.get(k) for k in ("models", "slices", "modules", "experts", "genome"))


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The merge that a file describes. Raises StackError."""
    documents = [d for d in read_yaml(source.text(), source.shown) if d]
    if not any(fits(d) for d in documents):
        raise refuse(source.shown, 1, "it names no models to merge", "Name a mergekit configuration with models, slices, modules or experts")
    return draft(documents, source.shown, knowledge, result)


def draft(documents: Sequence[Node], shown: str, knowledge: Knowledge, result: str = "") -> Draft:
    """The merges of one or several documents; with several, a model may be the name of an earlier one."""
    found = Draft()
    named = {d.get("name").text for d in documents if d.get("name").text}
    last = result or "merge"
    for number, document in enumerate(documents):
        name = document.get("name").text
        part_id = last if number == len(documents) - 1 or not name else f"merge/{name}"
        found.part(part_id, "weights", name="" if part_id != f"merge/{name}" else name, ours=True, evidence=document.place)
        for model, node in _models(document):
            _model(found, part_id, model, node, named, knowledge)
        _tokenizer(found, part_id, document, knowledge)
    found.release = last
    return found


def _models(document: Node) -> list[tuple[Node, Node]]:
    """Every model that enters, each with the node that names it."""
    entered: list[Node] = []
    for entry in document.get("models").listed():
        entered.append(entry.get("model") if entry.is_map and entry.get("model") else entry)
    for owner in (document, *(m for _, m in document.get("modules").items())):
        for piece in owner.get("slices").listed():
            entered += [s.get("model") for s in piece.get("sources").listed()]
            entered.append(piece.get("base_model"))
        if owner is not document:
            entered += [e.get("model") for e in owner.get("models").listed()]
        entered.append(owner.get("base_model"))
    for key in ("experts", "shared_experts"):
        entered += [e.get("source_model") for e in document.get(key).listed()]
    genome = document.get("genome")
    entered += [e.get("model") if e.is_map and e.get("model") else e for e in genome.get("models").listed()]
    entered.append(genome.get("base_model"))
    return [(e, e) for e in entered if e]


def _model(found: Draft, part_id: str, model: Node, node: Node, named: set[str], knowledge: Knowledge) -> None:
    """One model reference: `path[@rev][+lora[@rev]]`, or a map of model and lora."""
    if model.is_map:
        path, lora = model.get("model"), model.get("lora")
        written = path.get("path").text or path.text or model.get("path").text
        revision = path.get("revision").text
        written += f"@{revision}" if revision else ""
        adapter = lora.get("path").text or lora.text
    else:
        written, _, adapter = model.text.partition("+")
    if written in named:
        found.step(part_id, "merge", f"merge/{written}", node.place)
    else:
        base = reference(written, knowledge)
        if base.kind == "nothing":
            found.miss(str(node.place), "a model reference that names nothing", part_id)
        else:
            found.refer(base, "weights", node.place)
            found.step(part_id, "merge", base.id, node.place)
    if adapter:
        delta = reference(adapter, knowledge)
        found.refer(delta, "adapter", node.place)
        found.step(part_id, "merge", delta.id, node.place)


def _tokenizer(found: Draft, part_id: str, document: Node, knowledge: Knowledge) -> None:
    """A tokenizer taken over from a model is a part of the result."""
    tokens = document.get("tokenizer")
    sources = [document.get("tokenizer_source"), tokens.get("source"), *(t.get("source", "model") or t.get("source") for _, t in tokens.get("tokens").items())]
    for node in sources:
        if not node.text or node.text in ("union", "base"):
            continue
        taken = reference(node.text, knowledge)
        if taken.kind == "nothing" or (part_id, "merge", taken.id) in found.steps:
            continue  # what is merged is in the result already
        found.refer(taken, "weights", node.place)
        found.step(part_id, "contains", taken.id, node.place, "its tokenizer is taken over", confidence=0.9)
