"""What the readers of training and merge configurations share: the keys at the top of a file, what a name in it points to, the run that it describes.

No reader itself. Names are made out by `identity`; what a training tool writes beside them (data files, folders of
its own output, addresses of single files on the Hub) is told apart here, so that no file is taken for a repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import PurePosixPath

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.identity import Reference, local, reference
from licgraph.inputs.loose import Node, Source, read_json, read_yaml, refuse
from licgraph.knowledge import Knowledge
from licgraph.stack import Evidence

MAX_NAMED = 2_000
"""Names in one configuration that are followed; the rest is said to be unread."""
_SUFFIXES = (".yml", ".yaml", ".json")
_TOP_KEY = re.compile(r"(?m)^( *)[\"']?([A-Za-z_][\w.-]*)[\"']?[ \t]*:(?=[ \t\r\n]|$)")
_ANY_KEY = re.compile(r"\"([A-Za-z_][\w.-]*)\"\s*:")
_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n.*?^---[ \t]*$", re.DOTALL | re.MULTILINE)
_FORMATS = {"json", "jsonl", "parquet", "csv", "text", "txt", "arrow", "xml", "pandas", "webdataset", "imagefolder", "audiofolder", "videofolder"}
_ABSENT = {"", "none", "null", "~", "false"}


@lru_cache(maxsize=16)
def _keys(head: bytes) -> frozenset[str]:
    text = head.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] == "{":
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):  # cut off by the size of the head, or broken: then by shape
            return frozenset(_ANY_KEY.findall(text))
        return frozenset(found) if isinstance(found, dict) else frozenset()
    first = _TOP_KEY.search(text)
    return frozenset(m.group(2) for m in _TOP_KEY.finditer(text) if first is not None and m.group(1) == first.group(1))


def top_keys(source: Source) -> frozenset[str]:
    """The keys at the top of a YAML or JSON file, by its first bytes; none for a file of another kind."""
    if source.given is None:
        return _keys(source.head) if source.name.endswith(_SUFFIXES) else frozenset()
    if source.name.endswith(_SUFFIXES):
        return _keys(source.head)
    text = source.head.decode("utf-8-sig", "replace")
    return frozenset() if "\n```" in text or text.lstrip().startswith("<!--") or _FRONT_MATTER.match(text) else _keys(source.head)


def keys_of(node: Node) -> frozenset[str]:
    """The keys of a map, also those with nothing behind them."""
    return frozenset(k for k, _ in node.items())


def absent(node: Node) -> bool:
    """Whether nothing stands there, or a word for nothing."""
    return not node or (isinstance(node.value, str) and node.text.casefold() in _ABSENT)


def on(node: Node) -> bool:
    """Whether a switch is on."""
    return node.text.casefold() in ("true", "yes", "on", "1")


def commas(node: Node) -> list[tuple[str, Node]]:
    """Names in a list, or in one text with commas, each with its node."""
    return list(islice(((part.strip(), n) for text, n in node.texts() for part in text.split(",") if part.strip()), MAX_NAMED + 1))


def documents_of(source: Source) -> list[Node]:
    """The documents of a YAML or JSON file that hold anything. Raises StackError."""
    text = source.text()
    found = [read_json(text, source.shown)] if text.lstrip()[:1] in ("{", "[") else read_yaml(text, source.shown)
    return [d for d in found if d] or [Node(None, source.shown, 1)]


def chosen(documents: Sequence[Node], fits: Callable[[Node], bool]) -> Node:
    """The first document that is a configuration."""
    return next((d for d in documents if fits(d)), documents[0])


def nothing_made(shown: str, what: str, cure: str, result: str) -> Draft:
    """For a file that is known and makes nothing: refused when it is asked about alone (StackError), noticed beside other files."""
    if not result:
        raise refuse(shown, 1, what, cure)
    found = Draft()
    found.notice("makes-nothing", result, f"{shown}: {what}")
    return found


@dataclass
class Run:
    """One thing that a configuration makes, while its sources are added. ``taken``: which place an id of the local kind stands for."""

    knowledge: Knowledge
    draft: Draft
    part: Part
    taken: dict[str, str] = field(default_factory=dict)
    count: list[int] = field(default_factory=lambda: [0])

    def of(self, part: Part) -> Run:
        """The same file, another thing that it makes."""
        return replace(self, part=part)

    def miss(self, node: Node, why: str) -> None:
        """Something of this file that is not known."""
        if self._within(node):
            self.draft.miss(str(node.place), why, self.part.id)

    def notice(self, notice_id: str, node: Node, why: str) -> None:
        """Something to see."""
        if self._within(node):
            self.draft.notice(notice_id, self.part.id, f"{node.place}: {why}")

    def add(self, node: Node, relation: str, kind: str = "weights", inferred: str = "", confidence: float = 0.0, written: str = "", revision: str = "") -> str:
        """A step from what a node names; its id, or nothing where it names nothing (which is said)."""
        text = written or node.text
        found = reference(text, self.knowledge, kind == "dataset")
        if found.kind == "nothing":
            self.miss(node, f"`{text[:60]}` names nothing, so what this was made from is not known" if text else "no name stands where one belongs")
            return ""
        return self.link(found, text, node.place, relation, kind, inferred, confidence, revision)

    def link(self, found: Reference, written: str, place: Evidence, relation: str, kind: str = "weights", inferred: str = "", confidence: float = 0.0, revision: str = "") -> str:
        """A step from what a reference points to."""
        if not self._within(Node(None, place.file, place.line, place.pointer)):
            return ""
        part = self.refer(found, written, kind, place)
        at = found.revision or revision
        if at and part.revision and at != part.revision:
            self.draft.notice("two-revisions", part.id, f"{place} names revision {at[:60]}, elsewhere it is {part.revision[:60]}; one licence is looked up for both")
        part.revision = part.revision or at
        self.draft.step(self.part.id, relation, part.id, place, inferred, confidence=confidence)
        return part.id

    def refer(self, found: Reference, written: str, kind: str, place: Evidence) -> Part:
        """The part that a reference names; two places that end in the same name are two parts."""
        if found.kind == "local":
            base, number = found.id, 1
            key = re.sub(r"^(?:\./)+|/+$", "", written.strip())
            while self.taken.setdefault(found.id, f"{kind}:{key}") != f"{kind}:{key}":
                number += 1
                found = found._replace(id=f"{base}-{number}")
        return self.draft.refer(found, kind, place)

    def data(self, entry: Node, relation: str, keys: Iterable[str] = ("path",), inferred: str = "", confidence: float = 0.0) -> None:
        """One data set: a name, or a map with a name, or with a file format and its files."""
        if not entry.is_map:
            if entry.is_list:
                self.miss(entry, "a list stands where a data set belongs")
            elif entry.text.casefold() in _FORMATS:
                self.miss(entry, f"data in the format {entry.text} whose files are not named")
            else:
                self.add(entry, relation, "dataset", inferred, confidence)
            return
        node = next((entry.get(k) for k in keys if entry.get(k)), entry)
        if node is entry or not node.text:
            self.miss(entry, "a data set without a name or path")
            return
        if node.text.casefold() not in _FORMATS:
            self.add(node, relation, "dataset", inferred, confidence, revision=entry.get("revision").text)
            return
        files = file_names(entry.get("data_files")) or file_names(entry.get("data_dir"))
        if not files:
            self.miss(node, f"data in the format {node.text} whose files are not named")
        for file in files:
            at = reference(file.text, self.knowledge, dataset=True)
            full = at.kind in ("hub", "address") and ("://" in file.text or "huggingface.co" in file.text)
            self.link(at if full else local("./" + file.text), file.text, file.place, relation, "dataset", inferred, confidence)

    def _within(self, node: Node) -> bool:
        """Counts what is followed, so that no file can make the work grow without bound."""
        self.count[0] += 1
        if self.count[0] == MAX_NAMED + 1:
            self.draft.miss(str(node.place), f"more than {MAX_NAMED} names in one configuration; the rest was not read", self.part.id)
        return self.count[0] <= MAX_NAMED


def file_names(node: Node) -> list[Node]:
    """Every file name in a text, a list, or a map of splits to either; one more than are followed, if there are more."""
    return list(islice((n for n in node.walk() if n.text), MAX_NAMED + 1))


def entries(node: Node) -> tuple[Node, ...]:
    """The entries of a list, or the one thing there; one more than are followed, if there are more."""
    return node.listed()[: MAX_NAMED + 1]


def leave(draft: Draft, documents: Sequence[Node], config: Node) -> Draft:
    """The draft of one document; that others stand beside it, which are not read, is said."""
    for other in [d for d in documents if d and d is not config][:20]:
        draft.miss(str(other.place), "another document in the same file, which was not read", draft.release)
    return draft


def begin(config: Node, kind: str, hub_id: Node, knowledge: Knowledge, result: str = "", fallback: str = "run") -> Run:
    """The run of a configuration: what it makes is called by ``result``, else by the Hub id it is pushed to, else ``fallback``."""
    made = reference(hub_id.text, knowledge, kind == "dataset") if not absent(hub_id) else Reference("nothing", "")
    pushed = made.kind == "hub" and "/" in made.id and not result
    draft = Draft()
    part = draft.part(result or (made.id if pushed else fallback), kind, name=made.name if pushed else "", source=made.source if pushed else "", ours=True, evidence=config.place)
    draft.release = part.id
    return Run(knowledge, draft, part)


def resumed(run: Run, node: Node) -> None:
    """A checkpoint that a run goes on from is its own earlier state, so it adds nothing; that is said."""
    if not absent(node) and node.text.casefold() not in ("true", "auto", "latest"):
        run.notice("resumed", node, f"the run goes on from the checkpoint {node.text[:80]}, taken to be its own")


def needs_data(run: Run, config: Node) -> None:
    """Training without data is none: where a file names none, what it was trained on is not known."""
    named_here = any(s.relation == "trained-on" for s in run.draft.steps.values()) or any(n.id == "random-data" for n in run.draft.notices)
    if not named_here and not run.draft.unread:
        run.miss(config, "no data set is named, so what it was trained on is not known")


def same_place(one: str, other: str) -> bool:
    """Whether a path is another one, or lies in it."""
    inner, outer = PurePosixPath(one.strip() or "?"), PurePosixPath(other.strip() or "??")
    return inner == outer or outer in inner.parents
