"""A repository on the Hugging Face Hub, and everything it is made from, down to the roots.

Base models and data sets are followed breadth-first, each repository once, within bounds; what lies beyond is said
and never passed over. What a repository holds is read by the readers of a local folder; the Hub's own tags and
metadata are statements besides. Sources: the Hub's documentation of its API, of cards and of gated models.
"""

from __future__ import annotations

import dataclasses
import queue
import re
import threading

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.hub_client import Client, Limits, endpoint, hub, is_offline
from licgraph.inputs.hub_repository import drafted
from licgraph.inputs.hub_store import REPOSITORY, REVISION, Library, Record
from licgraph.inputs.loose import refuse
from licgraph.knowledge import Knowledge
from licgraph.progress import Progress

LIMITS = Limits()
MAX_NAMED = 1_000
_WHY = {
    "gated": "not even its description can be read: access to it has to be granted first",
    "missing": "there is no such repository, or it is private",
    "revision": "the repository has no such revision",
    "disabled": "the Hub has disabled access to it",
    "uncached": "offline, and in no cache",
}
_CURES = {
    "missing": "Check the name; for a private repository set HF_TOKEN",
    "revision": "Name a branch, a tag or a commit of it",
    "uncached": "Run once with network, or unset HF_HUB_OFFLINE",
    "failed": "Try again later; what was read so far is kept. Without network: HF_HUB_OFFLINE=1",
}


def read_live(name: str, knowledge: Knowledge, limits: Limits = LIMITS) -> Draft:
    """What the Hub says of `hf:org/name`, `hf:org/name@rev` or `hf:datasets/org/name` and its sources.

    Raises StackError when the extra is not installed, or nothing at all can be read of the repository asked for.
    """
    repository, revision = _asked(name, knowledge)
    hub()
    offline = is_offline()
    server = endpoint()
    library = Library(limits, None if offline else Client(limits), str(server))
    return _whose(_Walk(library, knowledge, name).run(repository, revision), knowledge)


def _whose(found: Draft, knowledge: Knowledge) -> Draft:
    """A repository that our tables know as somebody's origin is theirs; another is taken for the asker's own, and that is said."""
    part = found.parts.get(found.release)
    if part is not None and knowledge.component(part.source) is not None:
        part.theirs, part.ours = True, False
    elif part is not None:
        found.notice("taken-as-ours", part.id, f"{part.source} is taken for your own work; if it is somebody else's, import it and write `ours: false`")
    return found


def _asked(name: str, knowledge: Knowledge) -> tuple[str, str]:
    """Repository and revision of a name as the user gives it. Raises StackError."""
    text, _, revision = re.sub(r"^hf:(?://)?", "", name.strip()).partition("@")
    dataset = text.startswith("datasets/")
    text = re.sub(r"^(?:datasets|models)/", "", text).rstrip("/")
    cure = "Name it like hf:org/name, hf:org/name@revision or hf:datasets/org/name"
    if text.startswith("spaces/"):
        raise refuse(name, 0, "a Space is an application, and none is read", "Name a model or a data set")
    canonical = knowledge.hub_name(text, dataset) or text
    found = f"datasets/{canonical}" if dataset else canonical
    if not REPOSITORY.fullmatch(found) or (not dataset and found.startswith("datasets/")) or ".." in found:
        raise refuse(name, 0, "this is no name of a repository on the Hub", cure)
    if revision and not REVISION.fullmatch(revision):
        raise refuse(name, 0, "this is no revision", cure)
    return found, revision


class _Walk:
    """From one repository to its roots."""

    def __init__(self, library: Library, knowledge: Knowledge, name: str) -> None:
        self.library = library
        self.limits = library.limits
        self.knowledge = knowledge
        self.name = name
        self.progress = Progress()
        self.records: dict[str, Record] = {}
        self.drafts: dict[str, Draft] = {}
        self.names: dict[str, str] = {}
        """Ids as they are written, each with the id it has now."""
        self._claimed: set[str] = set()
        self._lock = threading.Lock()

    def run(self, repository: str, revision: str) -> Draft:
        """The draft of everything. Raises StackError when the first repository cannot be read at all."""
        waiting = {repository: revision}
        beyond: dict[str, str] = {}
        asked = 0
        root = ""
        self.progress.say(f"Hub: {repository}")
        try:
            for _ in range(self.limits.depth + 1):
                batch = list(waiting.items())[: max(self.limits.repositories - asked, 0)]
                beyond |= dict.fromkeys(list(waiting)[len(batch) :], f"more than {self.limits.repositories} repositories")
                asked += len(batch)
                waiting = {}
                for record in self._new(self._looked_up(batch)):
                    root = root or self._root(record)
                    self.records[record.id] = record
                    self.drafts[record.id] = drafted(record, self.knowledge, record.id == root)
                    for part in self.drafts[record.id].parts.values():
                        target = _target(part)
                        if target and target not in beyond:
                            waiting.setdefault(target, part.revision)
                waiting = {i: r for i, r in waiting.items() if i not in self.names and i not in self.records}
                if not waiting:
                    break
        finally:
            self.progress.done()
        beyond |= dict.fromkeys(waiting, f"more than {self.limits.depth} steps away")
        self.names |= {i: i for i in self.records}
        return self._whole(root, beyond)

    def _new(self, records: list[Record]) -> list[Record]:
        """Of what was looked up, each repository once: of two names of one, the record that has its files."""
        self.names |= {r.asked: r.id for r in records}
        full = {r.id: r for r in records if not r.alias}
        late = f"the time budget of {self.limits.seconds:g} s"
        once = {r.id: full.get(r.id) or dataclasses.replace(r, state="failed", why=r.why or late) for r in records}
        return [r for i, r in once.items() if i not in self.records]

    def _root(self, record: Record) -> str:
        """The id of the repository asked for. Raises StackError if nothing is known of it."""
        if record.state in ("found", "gated"):
            return record.id
        what = _WHY.get(record.state) or f"the Hub did not answer: {record.why}"
        raise refuse(self.name, 0, what, _CURES.get(record.state, "Ask its owner"))

    def _claim(self, repository: str) -> bool:
        with self._lock:
            new = repository not in self._claimed
            self._claimed.add(repository)
            return new

    def _looked_up(self, batch: list[tuple[str, str]]) -> list[Record]:
        """Records in the order asked for; threads do the asking, so that one slow answer holds up nobody beyond the time budget."""
        jobs: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        done: queue.Queue[Record | BaseException] = queue.Queue()
        for job in batch:
            jobs.put(job)

        def work() -> None:
            while True:
                try:
                    repository, revision = jobs.get_nowait()
                except queue.Empty:
                    return
                try:
                    done.put(self.library.look_up(repository, revision, self._claim))
                except Exception as problem:  # raised again in the thread that waits
                    done.put(problem)

        for _ in range(min(self.limits.workers, len(batch))):
            threading.Thread(target=work, daemon=True).start()
        found: dict[str, Record] = {}
        client = self.library.client
        while len(found) < len(batch):
            try:
                one = done.get(timeout=None if client is None else max(client.left, 0) + 0.5)
            except queue.Empty:
                break
            if isinstance(one, BaseException):
                raise one
            found[one.asked] = one
            self.progress.say(f"Hub: {len(self.records) + len(found)} repositories read, {len(batch) - len(found)} waiting ({one.id})")
        return [found.get(i) or Record(i, r, "failed", i, alias=True) for i, r in batch]

    def _whole(self, root: str, beyond: dict[str, str]) -> Draft:
        """One draft of all repositories, under the ids they have now."""
        result = Draft(release=root)
        for record_id, draft in self.drafts.items():
            result.absorb(_renamed(draft, self.names))
            part = result.parts[record_id]
            record = self.records[record_id]
            own = draft.parts[record_id]
            if record.state == "found":  # its own word, not that of whoever names it
                part.kind, part.inferred, part.revision = own.kind, own.inferred, own.revision
        for record in self.records.values():
            _said(result, record, self.knowledge)
        for record_id, draft in self.drafts.items():
            for part in draft.parts.values():
                known = self.records.get(self.names.get(_target(part), ""))
                if known is not None and known.id != record_id and part.revision not in ("", "main", known.revision) and not (known.sha and known.sha.startswith(part.revision)):
                    result.miss(str(part.evidence), f"revision {part.revision[:60]} of {known.id} is meant here, and another was read", known.id)
        left = [(w, why) for w, why in beyond.items() if self.names.get(w, w) not in self.records]
        for written, why in left[:MAX_NAMED]:
            result.miss(f"hf:{written}", f"not looked up: {why}", self.names.get(written, written))
        if left[MAX_NAMED:]:
            result.miss(f"hf:{root}", f"{len(left) - MAX_NAMED} more repositories were not looked up")
        for was, now in self.names.items():
            if was.casefold() != now.casefold():
                result.notice("renamed", now, f"{was} is called {now} on the Hub now")
        for part in result.parts.values():
            if part.source.startswith("hf:spaces/"):
                result.notice("space-not-read", part.id, f"{part.id} is a Space, and none is read")
            elif part.source.startswith("hf:") and not _target(part):
                result.miss(f"{part.source[:120]}", "not looked up: this is no name of a repository on the Hub", part.id)
        return result


def _target(part: Part) -> str:
    """The repository that a part stands for; empty for anything that is none."""
    name = part.source.removeprefix("hf:").partition("@")[0] if part.source.startswith("hf:") else ""
    return name if REPOSITORY.fullmatch(name) and ".." not in name and not name.startswith("spaces/") else ""


def _renamed(draft: Draft, names: dict[str, str]) -> Draft:
    """A draft in which every repository has the id that the Hub gives it now."""
    now: dict[str, str] = {}
    for part in draft.parts.values():
        target = _target(part)
        now[part.id] = names.get(target, part.id) if target else part.id
    found = Draft(form=draft.form, inputs=dict(draft.inputs))
    for part in draft.parts.values():
        moved = now[part.id] != part.id
        again = dataclasses.replace(part, id=now[part.id], source=f"hf:{now[part.id]}", name=now[part.id].rsplit("/", 1)[-1]) if moved else part
        one = Draft(parts={again.id: again})
        found.absorb(one)
    for step in draft.steps.values():
        result, source = now.get(step.result, step.result), now.get(step.source, step.source)
        found.step(result, step.relation, source, step.evidence, step.inferred, step.purpose, step.confidence)
        if step.accepted_terms is not None and (result, step.relation, source) in found.steps:
            found.steps[(result, step.relation, source)] = found.steps[(result, step.relation, source)]._replace(accepted_terms=step.accepted_terms)
    for gap in draft.unread:
        found.miss(gap.source, gap.why, now.get(gap.component, gap.component))
    for notice in draft.notices:
        found.notice(notice.id, now.get(notice.component, notice.component), notice.why)
    return found


def _said(draft: Draft, record: Record, knowledge: Knowledge) -> None:
    """Notes what could not be read of a repository, and how old what was read is."""
    source = f"hf:{record.id}"
    if record.state == "failed":
        draft.miss(source, f"the Hub did not answer: {record.why}", record.id)
    elif record.state != "found":
        part = draft.parts[record.id]
        why = f"{_WHY[record.state]}{f' ({record.revision})' if record.state == 'revision' else ''}"
        if knowledge.component(source) is not None or knowledge.concluded(source, part.revision) is not None or record.id in knowledge.hub_names["copies"]:
            draft.notice("not-looked-up", record.id, f"{source}: {why}; its terms are known from elsewhere")
        else:
            draft.miss(source, why, record.id)
    elif record.seen == "stale":
        draft.notice("from-cache", record.id, f"{source}: the Hub did not answer ({record.why}); read from the cache, {_day(record)}")
    elif record.seen == "offline":
        draft.notice("from-cache", record.id, f"{source}: offline; read from the cache, {_day(record)}")
    elif record.seen == "hub-cache":
        draft.notice("from-cache", record.id, f"{source}: offline; only the files that were once downloaded could be read")


def _day(record: Record) -> str:
    import datetime

    return datetime.datetime.fromtimestamp(max(record.at, 0.0), datetime.timezone.utc).date().isoformat() if record.at < 1e11 else "of no known date"
