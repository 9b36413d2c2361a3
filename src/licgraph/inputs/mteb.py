"""The registry of the embedding benchmark mteb as JSON: models with licence, base and training data; tasks, which are data sets.

Source: the fields of `ModelMeta` and `TaskMetadata` in mteb (`adapted_from`: quantisations, fine-tunes and the like, so the
kind of derivation is not stated; `training_datasets`: data trained on, by task name, kept to mark contamination, so that
translations and subsets of a data set stand beside it). A file has no single release: name a model with --component.
"""

from __future__ import annotations

import hashlib
import re

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node, Source, read_json, refuse
from licgraph.inputs.naming import ID, NO_STATEMENT, free, named, slug
from licgraph.knowledge import Knowledge
from licgraph.names import guess

FORMAT = "mteb"
TITLE = "mteb registry (JSON)"
_KEYS = re.compile(rb'"(?:adapted_from|superseded_by|training_datasets|open_weights|annotations_creators|sample_creation)"\s*:')
_TOP = re.compile(rb'"(?:models|tasks)"\s*:\s*\[')
_COMMIT = re.compile(r"[0-9a-f]{40}")


def sniff(source: Source) -> int:
    """A list of models or tasks, with keys that only this registry has."""
    head = source.head
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or not _TOP.search(head):
        return 0
    return 90 if len({m.group(0) for m in _KEYS.finditer(head)}) >= 2 else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """Every model and every task of a file, as one draft without a release. Raises StackError."""
    root = read_json(source.text(), source.shown)
    models, tasks = root.get("models").listed(), root.get("tasks").listed()
    if not models and not tasks:
        raise refuse(source.shown, 0, "it lists no models and no tasks", "Name the registry's JSON")
    found = Draft()
    data = _Names(found)
    listed = [(entry, part) for entry in models for part in (_model(found, entry, knowledge),) if part is not None]
    parts: dict[str, Part] = {}
    for _, part in listed:
        parts.setdefault(part.name, part)
    sets = [(entry, task) for entry in tasks for task in (_task(data, entry, knowledge),) if task is not None]
    for entry, part in listed:
        _base(found, part, entry, parts, knowledge)
    for entry, task in sets:
        for written, node in entry.get("adapted_from").texts():
            found.step(task.id, "derived-from", data.part(written, node).id, node.place)
    for entry, part in listed:
        _training(data, part, entry, knowledge)
    return found


class _Names:
    """Data sets by the registry's own names: the same id in a file of models and in a file of tasks."""

    def __init__(self, found: Draft) -> None:
        self.found = found
        self._ids: dict[str, str] = {}
        self._taken: set[str] = set()

    def part(self, name: str, node: Node) -> Part:
        """The data set of this name."""
        if name not in self._ids:
            plain = f"data/{slug(name)}"
            self._ids[name] = plain if plain not in self._taken else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
            self._taken.add(self._ids[name])
        return self.found.part(self._ids[name], "dataset", name=name[:100], evidence=node.place)


def _license(part: Part, node: Node, knowledge: Knowledge) -> None:
    """What the registry says of a licence: its own statement, not the publisher's."""
    word = node.text
    kind = guess(word, knowledge).kind if word.casefold() not in NO_STATEMENT else "nothing"
    if kind == "none stated":
        part.unnamed = part.unnamed or f"{node.place} states `{word[:60]}` and names no licence"
    elif kind != "nothing":
        part.say("registry", word, node.place)


def _model(found: Draft, entry: Node, knowledge: Knowledge) -> Part | None:
    """One model; what is only served is a service."""
    name = entry.get("name").text
    if not name:
        found.miss(str(entry.place), "a model without a name")
        return None
    served = entry.get("open_weights").text == "false" or any(t == "API" for t, _ in entry.get("framework").texts())
    at = reference(name, knowledge)
    hub = at if at.kind == "hub" and at.known and ID.fullmatch(at.id) else reference(entry.get("reference").text, knowledge)
    wanted = at.id if hub is at else slug(name.replace("/", "_"))
    part_id = free(wanted, found.parts)
    if part_id != wanted:
        found.notice("name-twice", part_id, f"{entry.place}: `{name[:80]}` is listed more than once; both entries are kept")
    commit = entry.get("revision").text
    part = found.part(part_id, "service" if served else "weights", name=name, source=hub.source if hub.kind == "hub" and not served else "", revision=commit if _COMMIT.fullmatch(commit) else "", evidence=entry.place)
    _license(part, entry.get("license"), knowledge)
    newer = entry.get("superseded_by")
    if newer.text:
        found.notice("superseded", part.id, f"{newer.place}: there is a newer model, {newer.text[:100]}")
    return part


def _task(data: _Names, entry: Node, knowledge: Knowledge) -> Part | None:
    """One task: the data set it is run on."""
    name = entry.get("name").text
    if not name:
        data.found.miss(str(entry.place), "a task without a name")
        return None
    part = data.part(name, entry)
    path = entry.get("dataset", "path").text
    at = reference(path, knowledge, dataset=True)
    if at.kind == "hub" and at.known and not part.source:
        commit = entry.get("dataset", "revision").text
        part.source, part.revision = at.source, commit if _COMMIT.fullmatch(commit) else ""
    _license(part, entry.get("license"), knowledge)
    how = [n for n in (entry.get("annotations_creators"), entry.get("sample_creation")) if re.search(r"\bLM-generated|machine-translated", n.text)]
    if how:
        data.found.notice("machine-generated-data", part.id, f"{how[0].place}: {how[0].text[:60]}; by which model, and under which terms, is not stated")
    return part


def _base(found: Draft, part: Part, entry: Node, parts: dict[str, Part], knowledge: Knowledge) -> None:
    """`adapted_from`: a model of the registry, a repository, or a path on somebody's disk."""
    for written, node in entry.get("adapted_from").texts():
        base = parts.get(written) or named(found, written, "weights", node.place, knowledge)
        if base is None:
            found.miss(str(node.place), f"adapted_from `{written[:60]}` names nothing, so what it was made from is not known", part.id)
        else:
            found.step(part.id, "derived-from", base.id, node.place)
    if entry.get("adapted_from") and not entry.get("adapted_from").texts():
        found.miss(str(entry.get("adapted_from").place), "adapted_from is no name", part.id)


def _training(data: _Names, part: Part, entry: Node, knowledge: Knowledge) -> None:
    """`training_datasets` by task name, and the data set that `public_training_data` gives the address of."""
    stated, published = entry.get("training_datasets"), entry.get("public_training_data")
    names = stated.texts()
    if len(names) > 2 and all(len(t) == 1 for t, _ in names):  # set("a word") in the registry's code
        data.found.miss(str(stated.place), f"training_datasets is a word taken apart into {len(names)} letters, so what it was trained on is not known", part.id)
        names = []
    elif stated.value is None and not published:
        data.found.notice("training-data-not-stated", part.id, f"{entry.place} does not say what it was trained on")
    for written, node in names:
        data.found.step(part.id, "trained-on", data.part(written, node).id, node.place)
    for written in re.split(r"[,\s]+", published.text):
        at = reference(written, knowledge, dataset=True)
        if "://" in written and at.kind == "hub" and at.id.startswith("datasets/") and "/datasets/" in written and ID.fullmatch(at.id):
            data.found.refer(at, "dataset", published.place)
            data.found.step(part.id, "trained-on", at.id, published.place)
        elif written and written not in ("true", "false"):
            data.found.notice("training-data-elsewhere", part.id, f"{published.place}: training data is said to be described at {written[:120]}, which was not read")
