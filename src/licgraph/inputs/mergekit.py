"""mergekit configurations: every form that its documentation shows (models, slices, modules, mixtures of experts, genomes, layer slices, several documents), and the CABS form of its examples.

Source: the configuration reference in mergekit's documentation and the keys of its configuration classes (0.1.5);
reading follows the keys, never its code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Node, Source, refuse
from licgraph.inputs.training import MAX_NAMED, Run, absent, documents_of, nothing_made, top_keys
from licgraph.knowledge import Knowledge

FORMAT = "mergekit"
TITLE = "mergekit configuration"
_HOW = ("merge_method", "experts", "genome", "layer_slices")
_WHAT = ("models", "slices", "modules", "sources", "experts", "genome", "layer_slices")
_COMPARES = "metric_method"
_BLOCK = re.compile(rb"(?m)^[ \t]*(?:-\s+)?(?:models|sources|model)\s*:")
MAX_DOCUMENTS = 200
_OWN_WORDS = ("union", "base")


def sniff(source: Source) -> int:
    """A way to merge, and what is merged, at the top; or a comparison of models, which mergekit configures in the same form."""
    keys = top_keys(source)
    sure = {"merge_method", "layer_slices"} & keys or ("genome" in keys and _BLOCK.search(source.head)) or ("experts" in keys and b"source_model" in source.head)
    if sure and keys & set(_HOW) and keys & set(_WHAT):
        return 90
    return 60 if _COMPARES in keys and "models" in keys else 0


def fits(node: Node) -> bool:
    """Whether a YAML document is such a configuration."""
    return any(node.get(k) for k in _HOW) and any(node.get(k) for k in _WHAT)


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The merge that a file describes. Raises StackError."""
    documents = documents_of(source)
    if not any(fits(d) for d in documents):
        if any(d.get(_COMPARES) for d in documents):
            return nothing_made(source.shown, "it compares models (metric_method) and merges none", "Name the configuration of the merge", result)
        raise refuse(source.shown, 1, "it names no models to merge", "Name a mergekit configuration with models, slices, modules or experts")
    return draft(documents, source.shown, knowledge, result)


def draft(documents: Sequence[Node], shown: str, knowledge: Knowledge, result: str = "") -> Draft:
    """The merges of one or several documents; with several, a model may be the name of another one, in any order."""
    found = Draft()
    merges = [d for d in documents if fits(d)]
    if len(merges) > MAX_DOCUMENTS:
        found.miss(str(merges[MAX_DOCUMENTS].place), f"more than {MAX_DOCUMENTS} merges in one file; the rest was not read")
        merges = merges[:MAX_DOCUMENTS]
    ids = _ids(merges, result, found)
    named = {d.get("name").text: i for d, i in zip(reversed(merges), reversed(ids), strict=True) if d.get("name").text}
    runs: Run | None = None
    for document, part_id in zip(merges, ids, strict=True):
        part = found.part(part_id, "weights", name=document.get("name").text[:200] if part_id.startswith("merge/") else "", ours=True, evidence=document.place)
        runs = runs.of(part) if runs else Run(knowledge, found, part)
        sources = {name: entry.get("path") for name, entry in document.get("sources").items()}
        models = _models(document)
        if not models:
            runs.miss(document, "it names no model, so what was merged is not known")
        for model in models[: MAX_NAMED + 1]:
            _model(runs, sources.get(model.text, model), named)
        _tokenizer(runs, document, named)
        for task in document.get("tasks").listed()[:50]:
            if task.get("name").text:
                runs.notice("evaluation-tasks", task, f"merges are chosen by their result in {task.get('name').text[:80]}")
    for other in [d for d in documents if d and not fits(d)][:MAX_DOCUMENTS]:
        found.miss(str(other.place), "a document that is no merge", ids[-1] if ids else "")
    used = {s.source for s in found.steps.values()}
    last = [i for i in dict.fromkeys(ids) if i not in used]
    found.release = result or (last[0] if len(last) == 1 else "")
    return found


def _ids(merges: Sequence[Node], result: str, found: Draft) -> list[str]:
    """The id of what each document makes. The last result is the one without a name; if all have one, the one that no other uses."""
    names = [d.get("name").text for d in merges]
    texts = [{n.text.partition("+")[0] for n in d.walk() if n.text and n is not d.get("name")} for d in merges]
    final = names.index("") if "" in names else next((n for n in reversed(range(len(merges))) if not any(names[n] in t for m, t in enumerate(texts) if m != n)), len(merges) - 1)
    ids: list[str] = []
    for number, name in enumerate(names):
        base = result if number == final and result else "merge/" + (re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-.")[:100] or "unnamed") if name else "merge"
        part_id, count = base, 1
        while part_id in ids:
            count += 1
            part_id = f"{base}-{count}"
        ids.append(part_id)
        if name and names.index(name) != number:
            found.miss(str(merges[number].get("name").place), f"two merges are called {name[:60]}; what uses the name is taken to use the first", part_id)
    return ids


def _models(document: Node) -> list[Node]:
    """Every model that enters, as the node that names it."""
    entered: list[Node] = []
    modules = document.get("modules")
    for owner in (document, *(m for _, m in modules.items()), *(modules.listed() if modules.is_list else ())):
        entered += _entries(owner.get("models"), "model")
        for piece in owner.get("slices").listed():
            entered += _entries(piece.get("sources"), "model")
            entered += _optional(piece, "base_model")
        entered += _optional(owner, "base_model")
    for key in ("experts", "shared_experts"):
        entered += _entries(document.get(key), "source_model")
    genome = document.get("genome")
    entered += _entries(genome.get("models"), "model")
    entered += _optional(genome, "base_model")
    entered += _entries(document.get("layer_slices"), "model")
    entered += _optional(document, "embedding_source") + _optional(document, "lm_head_source")
    entered += [entry.get("path") or entry for _, entry in document.get("sources").items()]
    return entered


def _optional(owner: Node, key: str) -> list[Node]:
    node = owner.get(key)
    return [] if absent(node) else [node]


def _entries(models: Node, key: str) -> list[Node]:
    """The model that each entry of a list names; an entry that names none is kept, so that this is said."""
    return [_entry(e, key) for e in models.listed()]


def _entry(entry: Node, key: str) -> Node:
    model = entry.get(key)
    if model and not absent(entry.get("lora")):  # an adapter beside the model instead of in it
        return Node({"model": model, "lora": entry.get("lora")}, entry.file, entry.line, entry.pointer)
    return model or entry


def _model(run: Run, model: Node, named: dict[str, str]) -> None:
    """One model reference: `path[@rev][+lora[@rev]]`, or a map of model and lora."""
    written, at, deltas = _parts(model)
    if written in named:
        run.draft.step(run.part.id, "merge", named[written], at.place)
    else:
        run.add(at, "merge", written=written)
    for delta, node in deltas:
        run.add(node, "merge", "adapter", written=delta)


def _parts(model: Node) -> tuple[str, Node, list[tuple[str, Node]]]:
    """What a model reference names: the model, its node, and the adapters added to it."""
    if not model.is_map:
        written, *rest = [t.strip() for t in model.text.split("+")]
        return written, model, [(t, model) for t in rest if t]
    path, lora = model.get("model"), model.get("lora")
    if path.is_map and path.get("model"):  # a model that is itself a map of model and lora
        inner, at, deltas = _parts(path)
    else:
        node = next((n for n in (path.get("path"), path, model.get("path")) if n.text), model)
        inner, *rest = [t.strip() for t in node.text.split("+")]
        revision = path.get("revision").text or model.get("revision").text
        at, deltas = node, [(t, node) for t in rest if t]
        inner += f"@{revision}" if revision and inner else ""
    delta = next((n for n in (lora.get("path"), lora) if n.text), Node(None))
    if delta and not absent(delta):
        revision = lora.get("revision").text
        deltas = [*deltas, (delta.text + (f"@{revision}" if revision else ""), delta)]
    return inner, at, deltas


def _tokenizer(run: Run, document: Node, named: dict[str, str]) -> None:
    """A tokenizer, or single tokens, taken over from a model are a part of the result."""
    tokens = document.get("tokenizer")
    nodes = [document.get("tokenizer_source"), document.get("genome", "tokenizer_source"), tokens if tokens.text else tokens.get("source")]
    for _, token in tokens.get("tokens").items():
        source = token.get("source")
        nodes.append(source.get("model") if source.is_map and source.get("model") else source)
    for node in nodes:
        if absent(node) or node.text in _OWN_WORDS or (node.is_map and node.get("kind").text == "zero"):
            continue
        written, at, _ = _parts(node)
        written = written.removeprefix("model:")
        if written in named:
            if (run.part.id, "merge", named[written]) not in run.draft.steps:
                run.draft.step(run.part.id, "contains", named[written], at.place, "its tokenizer is taken over", confidence=0.9)
            continue
        before = set(run.draft.steps)
        taken = run.add(at, "contains", inferred="its tokenizer is taken over", confidence=0.9, written=written)
        if taken and (run.part.id, "merge", taken) in before:
            run.draft.steps.pop((run.part.id, "contains", taken))  # what is merged is in the result already
