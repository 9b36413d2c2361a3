"""What the Hub says of one repository: asked once, kept on disk by repository and revision, found again without the network.

The cache (XDG_CACHE_HOME/licgraph/hub) holds what the repository publishes and nothing of who asked; each entry is
one file that is replaced as a whole, so that two processes can use it at once. The ordinary cache of
`huggingface_hub` is only read, and only offline; its layout is that of the Hub's documentation (local cache).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from licgraph.inputs import license_text
from licgraph.inputs.hub_client import Answer, Client, Limits, hub, parsed
from licgraph.inputs.loose import Source
from licgraph.light import NamedTuple

VERSION = 2
REPOSITORY = re.compile(r"(?:datasets/)?(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}")
REVISION = re.compile(r"(?!.*(?:\.\.|//))[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
COMMIT = re.compile(r"[0-9a-f]{40}")
CARD = "README.md"
CONFIGURATIONS = ("adapter_config.json", "config.json", "model_index.json", "mergekit_config.yml", "mergekit_config.yaml")
MAX_TEXTS = 10
MAX_TAGS = 1_000
_MODEL_FIELDS = ("sha", "tags", "cardData", "gated", "disabled", "baseModels")
_DATASET_FIELDS = ("sha", "tags", "cardData", "gated", "disabled")
_PAPER = re.compile(r"(?i)\.(?:pdf|docx?|odt|rtf|html?)$")
GATED = "access to it has to be granted first"


class Kept(NamedTuple):
    """One file. ``cut``: only its beginning; ``problem``: why it was not read."""

    body: bytes = b""
    cut: bool = False
    problem: str = ""


@dataclass
class Record:
    """One repository at one revision.

    ``state``: `found`, `gated` (not even its metadata), `missing`, `revision` (the repository is there, the revision is
    not), `disabled`, `failed`, `uncached`. ``listed``: the names of its files are known. ``seen``: `live`, `cache`,
    `stale`, `offline` or `hub-cache`. ``alias``: another record of this run has its files.
    """

    asked: str
    revision: str
    state: str
    id: str = ""
    sha: str = ""
    at: float = 0.0
    why: str = ""
    tags: list[str] = field(default_factory=list)
    card: dict[str, Any] | None = None
    bases: list[tuple[str, str]] = field(default_factory=list)
    gated: bool = False
    names: list[str] = field(default_factory=list)
    listed: bool = False
    files: dict[str, Kept] = field(default_factory=dict)
    seen: str = "live"
    alias: bool = False

    @property
    def whole(self) -> bool:
        """Whether every file that was wanted was read."""
        return self.state == "found" and self.listed and set(self.names) <= set(self.files) and not any(k.problem for k in self.files.values())


def is_license(name: str) -> bool:
    """Whether a file is a licence text by its name, in a form that can be read or not."""
    return license_text.sniff(Source(name, given=b"")) > 0 or (_PAPER.search(name) is not None and re.match(r"(?i)(?:licen[cs]e|copying)(?:[-_. ]|$)", name) is not None)


def wanted(names: list[str]) -> list[str]:
    """The files that say what a repository is: its card, licence texts and small configurations; never weights."""
    texts = sorted(n for n in names if is_license(n) and n != CARD)
    return [n for n in (CARD, *texts, *CONFIGURATIONS) if n in names]


def cache_folder() -> Path:
    """Where the cache is (XDG base directories; a relative path there counts as none)."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if os.path.isabs(given) else Path.home() / ".cache") / "licgraph" / "hub"


class Store:
    """Records on disk. Anything in it that cannot be read counts as not there; what cannot be written is not kept."""

    def __init__(self, server: str) -> None:
        self.root = cache_folder() / re.sub(r"[^A-Za-z0-9.-]+", "-", server).strip("-")[:80]
        self.server = server

    def _file(self, repository: str, revision: str) -> Path:
        folder = (("" if repository.startswith("datasets/") else "models/") + repository).casefold()  # the Hub tells no cases apart
        plain = re.fullmatch(r"[a-z0-9_][a-z0-9_.-]{0,79}", revision)
        name = revision if plain else hashlib.sha256(revision.encode()).hexdigest()[:32] if revision else "-default"
        return self.root / folder.replace("/", "--") / f"{name}.json"

    def load(self, repository: str, revision: str, moved: bool = False) -> Record | None:
        """The record of a repository at a revision as it was asked for; a repository that was renamed leads to the new one."""
        try:
            data = json.loads(self._file(repository, revision).read_bytes())
            if data.pop("sum") != _sum(data):
                return None
            if data["licgraph-hub"] != VERSION or (data["server"], data["asked"].casefold(), data["revision"]) != (self.server, repository.casefold(), revision):
                return None
            if not REPOSITORY.fullmatch(data["id"]):
                return None
            if data["state"] == "moved":
                found = None if moved else self.load(data["id"], revision, moved=True)
                return None if found is None else replace(found, asked=repository)
            card, bases = data["card"], [(str(r), str(i)) for r, i in data["bases"]]
            files = {str(n): Kept(base64.b64decode(f["body"]), bool(f["cut"]), str(f["problem"])) for n, f in data["files"].items()}
            if not (card is None or isinstance(card, dict)) or data["state"] not in ("found", "gated", "missing", "revision", "disabled"):
                return None
            return Record(repository, revision, data["state"], data["id"], str(data["sha"]), float(data["at"]), str(data["why"]), [str(t) for t in data["tags"]], card, bases, bool(data["gated"]), [str(n) for n in data["names"]], bool(data["listed"]), files, "cache")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
            return None

    def save(self, record: Record) -> None:
        """Keeps a record under the revision that was asked for and under its commit; under a former name only where it is now."""
        head = {"licgraph-hub": VERSION, "server": self.server}
        data = {k: getattr(record, k) for k in ("state", "id", "sha", "at", "why", "tags", "card", "bases", "gated", "names", "listed")}
        data["files"] = {n: {"body": base64.b64encode(k.body).decode(), "cut": k.cut, "problem": k.problem} for n, k in record.files.items()}
        for revision in dict.fromkeys((record.revision, record.sha if record.state == "found" and record.sha else record.revision)):
            if not record.alias:
                _write(self._file(record.id, revision), {**head, "asked": record.id, "revision": revision, **data})
            if record.asked.casefold() != record.id.casefold():
                _write(self._file(record.asked, revision), {**head, "asked": record.asked, "revision": revision, "state": "moved", "id": record.id})


def _sum(entry: dict[str, Any]) -> str:
    """The hash by which an entry shows that it is still what was kept."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def _write(file: Path, entry: dict[str, Any]) -> None:
    """Puts a whole file in its place or leaves what was there."""
    body = json.dumps({**entry, "sum": _sum(entry)}).encode()
    made = ""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
        with os.fdopen(handle, "wb") as out:
            out.write(body)
        os.replace(made, file)
    except OSError:  # a cache that cannot be written is no reason to fail
        if made:
            Path(made).unlink(missing_ok=True)


class Library:
    """Repositories by id, from the network or the caches. ``client`` None: offline."""

    def __init__(self, limits: Limits, client: Client | None, server: str) -> None:
        self.limits = limits
        self.client = client
        self.store = Store(server)

    def look_up(self, repository: str, revision: str, claim: Callable[[str], bool]) -> Record:
        """What is known of a repository. ``claim``: asked before its files are fetched; False means that somebody else does."""
        kept = self.store.load(repository, revision)
        if self.client is None:
            record = self._offline(repository, revision, kept)
            return replace(record, alias=not claim(record.id))
        if kept is not None and self._current(kept):
            return replace(kept, alias=not claim(kept.id))
        record = self._asked(self.client, repository, revision)
        if record.state == "failed":
            if kept is not None and kept.state == "found":
                record = replace(kept, seen="stale", why=record.why)
            return replace(record, alias=not claim(record.id))
        record.alias = not claim(record.id)
        if record.state == "found" and not record.alias:
            self._files(self.client, record, kept if kept is not None and kept.sha == record.sha else self.store.load(record.id, record.sha))
        self.store.save(record)
        return record

    def _offline(self, repository: str, revision: str, kept: Record | None) -> Record:
        """The record of our own cache; where that has no card, what the ordinary cache holds."""
        mine = replace(kept, seen="offline") if kept is not None and kept.state == "found" else None
        if mine is not None and mine.whole:
            return mine
        found = hub_cache(mine.id if mine is not None else repository, revision, self.limits)
        if mine is None or found is None or CARD not in found.files:
            return mine or found or Record(repository, revision, "uncached", repository)
        if mine.sha != found.sha:
            return replace(found, asked=repository)
        return replace(mine, files={**mine.files, **{n: k for n, k in found.files.items() if not k.problem}})

    def _current(self, kept: Record) -> bool:
        """Whether a record need not be asked for again: a commit never changes, a branch for a while; who has a token may see more."""
        if COMMIT.fullmatch(kept.revision) and kept.whole:
            return True
        may_see_more = bool(self.client and self.client.token) and not kept.whole
        passing = any(k.problem not in ("", GATED) for k in kept.files.values())
        return 0 <= time.time() - kept.at < self.limits.fresh and not may_see_more and not passing

    def _asked(self, client: Client, repository: str, revision: str) -> Record:
        """What the API tells, without the files themselves."""
        dataset = repository.startswith("datasets/")
        path = f"/api/{'' if dataset else 'models/'}{repository}" + (f"/revision/{quoted(revision)}" if revision else "")
        fields = _DATASET_FIELDS if dataset else _MODEL_FIELDS
        query = "?" + "&".join(f"expand={f}" for f in fields)
        answer = client.get(f"{path}{query}&expand=siblings", self.limits.info_bytes)
        if answer.status == 400:  # a mirror that does not know `expand`
            answer = client.get(path, self.limits.info_bytes)
        elif answer.cut:  # more files than are worth listing: the root is listed below
            answer = client.get(f"{path}{query}", self.limits.info_bytes)
        record = Record(repository, revision, "found", repository, at=time.time())
        info = parsed(answer)
        if not isinstance(info, dict):
            record.state, record.why = _state(answer), _why(answer)
            return record
        told = info.get("id") if isinstance(info.get("id"), str) else ""
        name = f"datasets/{told}" if dataset else str(told)
        record.id = name if REPOSITORY.fullmatch(name) and dataset == name.startswith("datasets/") else repository
        sha = info.get("sha")
        record.sha = sha if isinstance(sha, str) and COMMIT.fullmatch(sha) else ""
        tags, card = info.get("tags"), info.get("cardData")
        spoken = [t for t in tags if isinstance(t, str) and len(t) < 500] if isinstance(tags, list) else []
        record.tags, record.bases = spoken[:MAX_TAGS], _bases(info.get("baseModels"))
        if len(spoken) > MAX_TAGS or len(record.bases) > MAX_TAGS:
            record.bases, record.why = record.bases[:MAX_TAGS], f"more than {MAX_TAGS} tags"
        record.card = card if isinstance(card, dict) else None
        record.gated = bool(info.get("gated"))
        if info.get("disabled") is True:
            record.state = "disabled"
        siblings = info.get("siblings")
        if isinstance(siblings, list):
            record.names, record.listed = _names(siblings, "rfilename"), True
        elif record.state == "found":
            entries, record.listed = client.pages(f"/api/{'' if dataset else 'models/'}{record.id}/tree/{quoted(record.sha or revision or 'main')}", self.limits.info_bytes)
            record.names = _names(entries, "path")
        return record

    def _files(self, client: Client, record: Record, kept: Record | None) -> None:
        """Fetches the files that say what it is, except those that are known from this very commit."""
        known = kept.files if kept is not None and kept.sha == record.sha != "" else {}
        names = record.names if record.listed else list(dict.fromkeys((CARD, *record.names)))
        shut = False
        for name in names:
            had = known.get(name)
            if had is not None and not had.problem:
                record.files[name] = had
                continue
            if shut:
                record.files[name] = Kept(problem=GATED)
                continue
            if _PAPER.search(name):
                record.files[name] = Kept(cut=True)
                continue
            if sum(map(is_license, record.files)) >= MAX_TEXTS and is_license(name):
                record.files[name] = Kept(cut=True)
                continue
            most = self.limits.text_bytes if is_license(name) else self.limits.card_bytes
            answer = client.get(f"/{record.id}/resolve/{quoted(record.sha or record.revision or 'main')}/{quoted(name)}", most)
            shut = answer.status in (401, 403)
            if answer.status == 404 and not record.listed:
                continue
            record.files[name] = Kept(answer.body, answer.cut) if answer.status == 200 else Kept(problem=GATED if shut else answer.problem)


def quoted(text: str) -> str:
    """Text as one segment of a path."""
    return "".join(c if re.match(r"[A-Za-z0-9._~-]", c) else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace")) for c in text)


def _state(answer: Answer) -> str:
    if answer.status == 401 and "credentials" in answer.headers.get("x-error-message", ""):
        return "failed"
    if answer.error == "RevisionNotFound":
        return "revision"
    if answer.error == "GatedRepo":
        return "gated"
    return "missing" if answer.status in (401, 403, 404, 410, 451) else "failed"


def _why(answer: Answer) -> str:
    if answer.status == 401 and "credentials" in answer.headers.get("x-error-message", ""):
        return "the token is not accepted"
    return answer.problem or "an answer that is no description of a repository"


def _names(entries: list[Any], key: str) -> list[str]:
    """The files at the root that say what the repository is."""
    names = [e.get(key) for e in entries if isinstance(e, dict) and e.get("type", "file") == "file"]
    return wanted([n for n in names if isinstance(n, str) and "/" not in n and 0 < len(n) < 200])


def _bases(told: Any) -> list[tuple[str, str]]:
    """Relation and id of each base that the Hub works out (`baseModels`)."""
    if not isinstance(told, dict) or not isinstance(told.get("models"), list):
        return []
    relation = told.get("relation")
    ids = [m.get("id") for m in told["models"] if isinstance(m, dict)]
    return [(relation if isinstance(relation, str) else "", i) for i in ids if isinstance(i, str)]


def hub_cache(repository: str, revision: str, limits: Limits) -> Record | None:
    """What the ordinary cache of `huggingface_hub` holds of a repository; None if nothing."""
    root = _hub_cache_folder()
    folder = root / (("" if repository.startswith("datasets/") else "models/") + repository).replace("/", "--")
    asked = revision or "main"
    try:
        pointer = folder / "refs" / asked
        sha = pointer.read_text("ascii")[:40].strip() if pointer.is_file() else asked
        if not COMMIT.fullmatch(sha) or not (folder / "snapshots" / sha).is_dir():
            return None
        names = wanted([f.name for f in (folder / "snapshots" / sha).iterdir() if f.is_file()])
        files = {n: _cached(folder / "snapshots" / sha / n, root, limits.text_bytes if is_license(n) else limits.card_bytes) for n in names}
        listed = CARD in files or (folder / ".no_exist" / sha / CARD).is_file()
    except (OSError, ValueError):
        return None
    return Record(repository, revision, "found", repository, sha, names=names, listed=listed, files=files, seen="hub-cache")


def _hub_cache_folder() -> Path:
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or (os.path.join(os.environ["HF_HOME"], "hub") if os.environ.get("HF_HOME") else str(hub().constants.HF_HUB_CACHE))
    return Path(os.path.expandvars(os.path.expanduser(given)))


def _cached(file: Path, root: Path, most: int) -> Kept:
    if not file.resolve().is_relative_to(root.resolve()):
        return Kept(problem="a link that leads out of the cache")
    if _PAPER.search(file.name):
        return Kept(cut=True)
    with file.open("rb") as opened:
        body = opened.read(most + 1)
    return Kept(body[:most], len(body) > most)
