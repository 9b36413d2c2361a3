"""distilabel pipelines (`pipeline.yaml`, `pipeline.json`): which models wrote or judged a data set, and which data it starts from.

Source: what distilabel 1.5.3 writes beside the data sets that it pushes to the Hub (`distilabel`, `pipeline.steps`,
`pipeline.connections`; every step, model and embedder with its class in `type_info`), and the classes of its steps and models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from licgraph.inputs.draft import Draft
from licgraph.inputs.identity import Reference, local, reference
from licgraph.inputs.loose import Node, Source, refuse
from licgraph.inputs.training import Run, absent, begin, chosen, documents_of, entries, file_names, leave, top_keys
from licgraph.knowledge import Knowledge

FORMAT = "distilabel"
TITLE = "distilabel pipeline"
_STEPS = re.compile(rb"[\"']?steps[\"']?\s*:")
_JUDGING = {
    "UltraFeedback", "PrometheusEval", "QualityScorer", "ComplexityScorer", "PairRM", "ArgillaLabeller", "TextClassification", "TextClustering", "APIGenSemanticChecker", "RewardModelScore",
    "InstructionBacktranslation", "MathShepherdCompleter", "EmbeddingGeneration", "GenerateEmbeddings",
}  # fmt: skip
"""Steps whose model scores, sorts or measures what is there; all others write."""
_LOADERS = {"LoadDataFromHub", "LoadHubDataset", "LoadDataFromFileSystem", "LoadDataFromDisk", "LoadDataFromDicts", "DataSampler"}
_MODEL_KEYS = ("model_id", "model", "path_or_hf_repo", "repo_id", "model_path", "model_name")
_SERVICES = {
    "OpenAILLM": "openai", "OpenAIImageGeneration": "openai", "AzureOpenAILLM": "azure-openai", "AnthropicLLM": "anthropic", "CohereLLM": "cohere", "MistralLLM": "mistral", "VertexAILLM": "vertexai",
    "GroqLLM": "groq", "TogetherLLM": "together", "AnyscaleLLM": "anyscale", "LiteLLM": "litellm", "OllamaLLM": "ollama",
}  # fmt: skip
"""Classes that ask somebody's service (Ollama: a server of one's own that names models by tags of its own)."""
_OWN_ADDRESS = re.compile(r"https?://(?:api\.openai\.com|api\.together\.xyz|api\.endpoints\.anyscale\.com)(?:/|$)")
_GIVEN_AT_RUN = "is given only when the pipeline is run"


def sniff(source: Source) -> int:
    """The version mark and the pipeline, both at the top."""
    return 95 if {"distilabel", "pipeline"} <= top_keys(source) and _STEPS.search(source.head) else 0


def fits(node: Node) -> bool:
    """Whether a document is a pipeline that distilabel wrote."""
    return bool(node.get("distilabel")) and node.get("pipeline", "steps").is_list


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The data set that a pipeline makes. Raises StackError."""
    documents = documents_of(source)
    document = chosen(documents, fits)
    if not fits(document):
        raise refuse(source.shown, max(document.line, 1), "it holds no distilabel pipeline with steps", "Name the pipeline.yaml that distilabel wrote")
    return draft(documents, source.shown, knowledge, result)


def draft(documents: Sequence[Node], shown: str, knowledge: Knowledge, result: str = "") -> Draft:
    """The data set, the models that wrote or judged it, and the data that it starts from. Of several documents the first pipeline counts."""
    document = chosen(documents, fits)
    pipeline = document.get("pipeline")
    steps = [s.get("step") if s.get("step").is_map else s for s in entries(pipeline.get("steps"))]
    pushed = next((s.get("repo_id") for s in steps if _class(s) == "PushToHub" and not absent(s.get("repo_id"))), Node(None))
    title = re.sub(r"[^A-Za-z0-9._+-]+", "-", pipeline.get("name").text).strip("-.")[:100]
    run = begin(pipeline, "dataset", pushed, knowledge, result, f"dataset/{title or 'pipeline'}")
    fed = {n.text for c in pipeline.get("connections").listed() for n in c.get("to").listed()}
    for step in steps:
        _step(run, step, step.get("name").text in fed)
    if not steps:
        run.miss(pipeline, "a pipeline without steps, so how the data was made is not known")
    return leave(run.draft, documents, document)


def _class(node: Node) -> str:
    return node.get("type_info", "name").text


def _step(run: Run, step: Node, fed: bool) -> None:
    """One step: the data that it loads, and the models that it runs."""
    name, module = _class(step), step.get("type_info", "module").text
    if not name:
        run.miss(step, "a step whose class is not stated")
        return
    if name in _LOADERS:
        _load(run, step, name)
        return
    models = list(_models(step))
    relation = "labelled-by" if name in _JUDGING else "generated-by"
    for model in models:
        _model(run, model, relation)
    if name in ("PairRM", "RewardModelScore") and not models:
        _named(run, step, relation)
    elif not module.startswith("distilabel.") and not models:
        if fed:
            run.notice("step-code", step, f"the step {name[:60]} is code of its own, which was not read")
        else:
            run.miss(step, f"the pipeline starts from what the step {name[:60]} brings, which only its code names")


def _models(step: Node) -> Iterator[Node]:
    """Every model in a step: a map with a class of its own, however deep (a mixture of agents holds several, and none itself)."""
    waiting = [v for k, v in step.items() if k != "type_info"]
    while waiting:
        node = waiting.pop(0)
        below = [v for k, v in node.items() if k != "type_info"] if node.is_map else list(node.value) if node.is_list else []
        if node.get("type_info").is_map and _class(node) != "MixtureOfAgentsLLM" and (_class(node) or any(node.get(k) for k in _MODEL_KEYS)):
            if not _helper(node):
                yield node
            continue
        waiting += below


def _helper(node: Node) -> bool:
    """Whether a map with a class is no model: resources, parts of other kinds."""
    module = node.get("type_info", "module").text
    return module.startswith("distilabel.") and not re.search(r"\b(?:llms|embeddings|models|image_generation)\b", module) and not any(node.get(k).text for k in _MODEL_KEYS)


def _model(run: Run, model: Node, relation: str) -> None:
    """One model: a repository, a file, or what a service calls so."""
    service = _SERVICES.get(_class(model), "")
    address = model.get("base_url").text
    if service == "openai" and address and not _OWN_ADDRESS.match(address):
        service = ""  # a server that speaks OpenAI's protocol; the model is whatever it was started with
    if service:
        _service(run, model, service, relation)
    else:
        _named(run, model, relation)


def _named(run: Run, holder: Node, relation: str) -> None:
    """A model that a repository or a file holds."""
    node = next((holder.get(k) for k in _MODEL_KEYS if not absent(holder.get(k)) and not holder.get(k).is_map), Node(None))
    if not node.text:
        where = next((holder.get(k) for k in ("endpoint_name", "base_url") if not absent(holder.get(k))), holder)
        run.miss(where, f"a model of the class {_class(holder)[:60] or 'unknown'} is used and not named" + (f", only the place it runs at ({where.text[:80]})" if where.text else ""))
        return
    if node is holder.get("model_path") and "://" not in node.text:
        run.link(local("./" + node.text), node.text, node.place, relation)
        return
    run.add(node, relation, revision=holder.get("revision").text)


def _service(run: Run, model: Node, service: str, relation: str) -> None:
    """A model that is asked through a service: the service's terms reach what it says, and those of open weights behind it too."""
    node = next((model.get(k) for k in _MODEL_KEYS if model.get(k).text), Node(None))
    if not node.text:
        run.miss(model, f"the model that is asked of {service} {_GIVEN_AT_RUN}")
        return
    name = re.sub(r"[^A-Za-z0-9._:/@+-]+", "-", node.text).strip("-./:")[:120] or "unnamed"
    part_id = run.link(Reference("address", f"{service}:{name}"), node.text, node.place, relation, "service")
    if not part_id:
        return
    part = run.draft.parts[part_id]
    part.source, part.name = "", node.text[:200]
    open_weights = reference(node.text, run.knowledge)
    if "/" in node.text and service in ("together", "anyscale", "groq") and open_weights.kind == "hub":
        run.draft.refer(open_weights, "weights", node.place)
        run.draft.step(part_id, "contains", open_weights.id, node.place, f"{service} names its models by their repositories", confidence=0.9)


def _load(run: Run, step: Node, name: str) -> None:
    """Data that the pipeline starts from; what a step does to it is not followed, all of it may be in the result."""
    taken = "its rows are carried on by the pipeline"
    if name in ("LoadDataFromDicts", "DataSampler"):
        run.notice("inline-data", step, f"{name}: rows that stand in the pipeline itself, taken to be ours")
        return
    if name in ("LoadDataFromHub", "LoadHubDataset"):
        node = step.get("repo_id")
        if absent(node) or not node.text:
            run.miss(step, f"the data set that {name} loads {_GIVEN_AT_RUN}")
        else:
            run.add(node, "contains-modified", "dataset", taken, 0.9, revision=step.get("revision").text)
        return
    files = {n.text: n for key in ("data_files", "dataset_path") for n in file_names(step.get(key))}
    for text, node in files.items():
        found = reference(text, run.knowledge, dataset=True) if "://" in text else local("./" + text)
        run.link(found, text, node.place, "contains-modified", "dataset", taken, 0.9)
    if not files:
        run.miss(step, f"what {name} loads {_GIVEN_AT_RUN}")
