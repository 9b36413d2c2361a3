"""Model Openness Framework files: one release and what belongs to it, each with the licence that holds for it.

Source: the framework's schema and the README and component list of the Model Openness Tool (lfai/model_openness_tool):
a component's own licence, else that of its type (code, data, document), else that of the whole distribution; a component
marked `unlicensed` is there without a licence, and where none of the three is filled in, nothing is known. One that is said
not to be included is known to be withheld, and is no part of the release.
"""

from __future__ import annotations

import re

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node, Source, read_any, refuse
from licgraph.inputs.naming import NO_STATEMENT, free, named, slug
from licgraph.inputs.stackfile import ROLES
from licgraph.knowledge import Knowledge
from licgraph.names import guess

FORMAT = "mof"
TITLE = "Model Openness Framework file"
_HEAD = re.compile(rb"(?m)^[ \t]*[\"']?name[\"']?\s*:\s*[\"']?Model Openness Framework\b")
_RELEASE = re.compile(rb"(?m)^[ \t]*[\"']?release[\"']?\s*:")
KINDS = {
    "model-architecture": ("code", "code"), "training-code": ("code", "code"), "inference-code": ("code", "code"), "evaluation-code": ("code", "code"),
    "data-preprocessing-code": ("code", "code"), "supporting-libraries-and-tools": ("code", "code"), "datasets": ("dataset", "data"), "evaluation-data": ("dataset", "data"),
    "model-parameters-final": ("weights", "data"), "model-parameters-intermediate": ("weights", "data"), "model-metadata": ("document", "data"), "sample-model-outputs": ("outputs", "data"),
    "model-card": ("document", "document"), "data-card": ("document", "document"), "technical-report": ("document", "document"), "research-paper": ("document", "document"), "evaluation-results": ("document", "document"),
}  # fmt: skip
"""Role: our kind, and the framework's type, which says which of the release's licences is its default."""
_ABSENT = re.compile(r"(?i)\bcomponent\b.*\bnot\s+includ")
_UNLICENSED = {"unlicensed", "license not specified", "no license", "no licence"}


def sniff(source: Source) -> int:
    """The framework's name where the schema has it, and a release."""
    if source.given is None and not source.name.endswith((".yml", ".yaml", ".json")):
        return 0
    return 95 if _HEAD.search(source.head) and _RELEASE.search(source.head) else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The release of a file, with its components. Raises StackError."""
    root = read_any(source)
    release = root.get("release")
    if not release.is_map:
        raise refuse(source.shown, root.line, "there is no release in it", "Write release: {name: …, components: […]}")
    found = Draft()
    name = release.get("name").text
    part_id = result or slug(name or source.name.rsplit(".", 1)[0])
    part = found.part(part_id, "weights", name=name, ours=True, looked=True, evidence=release.get("name").place if name else release.place)
    part.author = release.get("producer").text
    found.release = part_id
    home = reference(release.get("huggingface").text.partition(" ")[0], knowledge)
    if home.kind == "hub" and "/" in home.id and not home.id.startswith(("papers/", "collections/")):
        part.source = home.source
    defaults = _defaults(release.get("license"))
    if not _say(part, defaults.get("distribution"), knowledge):
        part.looked = False
    roles = [_component(found, part_id, entry, defaults, knowledge) for entry in release.get("components").listed()]
    _training(found, roles)
    _origin(found, part, release.get("origin"), knowledge)
    return found


def _defaults(node: Node) -> dict[str, Node]:
    """The release's licences by type; a bare name is that of the whole distribution."""
    if node.text or node.get("name").text:
        return {"distribution": node}
    return {key: value for key, value in node.items() if value.text or value.get("name").text or value.get("path").text}


def _name(node: Node) -> Node:
    """Where a licence is named: the word itself, its `name`, or its `path` where that is all there is."""
    if node.is_map:
        return node.get("name") if node.get("name").text else node.get("path")
    return node


def _say(part: Part, node: Node | None, knowledge: Knowledge) -> bool:
    """Adds what a licence entry states; False where it states nothing."""
    stated = _name(node) if node is not None else Node(None)
    word = stated.text
    if word.casefold() in NO_STATEMENT:
        return False
    if word.casefold() in _UNLICENSED:
        part.looked = True
    elif guess(word, knowledge).kind == "none stated":
        part.unnamed = part.unnamed or f"{stated.place} states `{word[:60]}` and names no licence"
    else:
        part.say("tag", word, stated.place)
    return True


def _component(found: Draft, part_id: str, entry: Node, defaults: dict[str, Node], knowledge: Knowledge) -> Part | None:
    """One component, contained in the release, with the licence that the order of the framework gives it."""
    name = entry.get("name").text if entry.is_map else entry.text
    if not name:
        found.miss(str(entry.place), "a component without a name", part_id)
        return None
    role = re.sub(r"[^a-z]+", "-", name.casefold()).strip("-")
    kind, group = KINDS.get(role, ("document", ""))
    own = entry.get("license") if entry.is_map else Node(None)
    part = found.part(free(f"{part_id}/{slug(role or name)}", found.parts), kind, name=name, evidence=entry.place)
    part.role = role if role in ROLES else ""
    part.available = "withheld" if _ABSENT.search(_name(own).text) else "released"
    place = entry.get("component_path").text if entry.is_map else ""
    if "://" in place:
        part.source = place
    if not part.role:
        found.notice("unknown-component", part.id, f"{entry.place}: `{name[:60]}` is none of the framework's components; it is taken as a document")
    if part.available == "withheld":  # not in the distribution: its licences do not hold for it, and nothing of it is passed on
        return part
    if not any(_say(part, node, knowledge) for node in (own, defaults.get(group), defaults.get("distribution"))):
        path = entry.get("license_path").text if entry.is_map else ""
        if path:
            found.notice("license-text-not-read", part.id, f"{entry.place} names no licence; its text is said to be at {path[:100]}")
    found.step(part_id, "contains", part.id, entry.place)
    return part


def _training(found: Draft, parts: list[Part | None]) -> None:
    """The component «Datasets» is by its definition what the parameters were trained on."""
    data = [p for p in parts if p is not None and p.role == "datasets"]
    for made in (p for p in parts if p is not None and p.role.startswith("model-parameters")):
        for source in data:
            found.step(made.id, "trained-on", source.id, source.evidence, "the framework's component `Datasets` is the data used for the model; which part of it trained it is not said", confidence=0.9)


def _origin(found: Draft, part: Part, node: Node, knowledge: Knowledge) -> None:
    """`origin`, free text: the model it started from, if it is one."""
    text = node.text
    if text.casefold() in NO_STATEMENT:
        return
    if slug(text).casefold() in (slug(part.name).casefold(), part.id.casefold(), part.source.rpartition("/")[2].casefold()):
        found.notice("origin-is-itself", part.id, f"{node.place}: origin names the release itself, so no base is read from it")
        return
    read = guess(text, knowledge)
    if read.kind in ("none stated", "joint") or (read.ids and not read.ids[0].startswith("LicenseRef-")):  # `Gemma` and `Qwen` are models too
        found.miss(str(node.place), f"origin is `{text[:60]}`, a licence and no model, so what the release was made from is not known", part.id)
        return
    base = named(found, text, "weights", node.place, knowledge, folder="origin")
    if base is None:
        found.miss(str(node.place), f"origin `{text[:60]}` names no model", part.id)
        return
    found.step(part.id, "derived-from", base.id, node.place, "origin is free text: which model it is, and how the release was made from it, is a guess", confidence=0.3)
