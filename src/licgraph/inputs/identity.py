"""What a reference in somebody's file points to: a Hub repository, a place on a disk, an address, or nothing.

Names are made canonical by the tables of the knowledge base (`gpt2` is `openai-community/gpt2`), never by likeness.
"""

from __future__ import annotations

import re

from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple

_LOCAL = re.compile(r"^(?:[./~\\]|[A-Za-z]:[\\/]|(?:s3|gs|gcs|az|abfs|oci|file|hdfs|dbfs)://)|\\|^\$\{|^<|^\{\{")
_HUB_ADDRESS = re.compile(r"^(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(datasets/|spaces/)?([\w.-]{1,96}(?:/[\w.-]{1,96})?)(?:/(?:tree|blob|resolve|commit)/([\w.-]+)(?:/[^?#]*)?)?/?(?:[?#].*)?$", re.ASCII)
_HUB_NAME = re.compile(r"[\w][\w.-]{0,95}/[\w][\w.-]{0,95}", re.ASCII)
_LEGACY = re.compile(r"[A-Za-z][\w.-]{0,95}", re.ASCII)
_FILE = re.compile(r"(?i)\.(?:jsonl?|ndjson|csv|tsv|parquet|arrow|txt|md|ya?ml|zst|gz|xz|zip|tar|tgz|bin|safetensors|gguf|pth?|ckpt|py|jinja)$")
_FOLDERS = {"data", "models", "saves", "output", "outputs", "checkpoint", "checkpoints", "ckpt", "ckpts", "results", "runs", "tmp", "workspace", "mnt", "home", "root"}
"""First parts that tools give their own folders: `outputs/run-3` is no repository of somebody called outputs."""
_HUB_FILE = re.compile(r"^hf://(datasets/)?([A-Za-z0-9][\w.-]*/[\w.-]+?)(?:@([\w.-]+))?/\S", re.ASCII)
_NOTHING = {"", "none", "null", "[]", "n/a", "na", "unknown", "removed", "custom", "other", "scratch", "from scratch", "-", "false", "true"}


class Reference(NamedTuple):
    """Where a reference leads. ``kind``: `hub`, `local`, `address` or `nothing`.

    ``id``: the component id (``org/name``, ``datasets/org/name``, ``local/name``, an address); ``known``: whether a
    table or a full ``owner/name`` says so, and not only the shape of the word.
    """

    kind: str
    id: str
    revision: str = ""
    known: bool = True
    address: str = ""

    @property
    def source(self) -> str:
        """The `source` of a component in the stack file."""
        return f"hf:{self.id}" if self.kind == "hub" else self.address

    @property
    def name(self) -> str:
        """The last part of the id: what a person calls it."""
        return self.id.rstrip("/").rsplit("/", 1)[-1]


def reference(written: str, knowledge: Knowledge, dataset: bool = False) -> Reference:
    """What a model's (or data set's) reference means, as written in a card, a configuration or an inventory."""
    text = re.sub(r"\s*\((?:merge|merged|lora|base)\)$", "", written.strip().strip("\"'"), flags=re.IGNORECASE)
    if text.casefold() in _NOTHING:
        return Reference("nothing", "")
    inside = _HUB_FILE.match(text)
    if inside:  # the address of a file in a repository
        return _hub(inside.group(2), "" if inside.group(3) in (None, "main") else inside.group(3), knowledge, dataset or bool(inside.group(1)))
    text = re.sub(r"^hf(?:://|:)(?:models/)?", "", text)
    address = _HUB_ADDRESS.match(text)
    if address:
        kind, text, revision = address.group(1) or "", address.group(2), address.group(3) or ""
        dataset = dataset or kind == "datasets/"
        if kind == "spaces/":
            return Reference("hub", f"spaces/{text}", revision)
        return _hub(text, "" if revision == "main" else revision, knowledge, dataset)  # a branch pins nothing
    if "://" in text and not _LOCAL.match(text):
        return Reference("address", _plain(re.sub(r"^\w+://", "", text)), address=text)
    if dataset and text.startswith("datasets/"):
        text = text.removeprefix("datasets/")
    plain, _, revision = text.partition("@")
    if _FILE.search(plain) or ("/" in plain and plain.partition("/")[0].casefold() in _FOLDERS):
        return local(text)
    if not _LOCAL.match(text) and (_HUB_NAME.fullmatch(plain) or _LEGACY.fullmatch(plain)):
        return _hub(plain, revision, knowledge, dataset)
    return local(text)


def local(written: str) -> Reference:
    """A place on somebody's disk or bucket: known by its last folder only."""
    parts = [p for p in re.split(r"[\\/]+", written) if p and not re.fullmatch(r"\.+|~|[A-Za-z]:|\w+:", p)]
    snapshot = next((p for p in parts if p.startswith(("models--", "datasets--"))), "")
    if snapshot:  # a path into the local Hub cache names the repository
        kind, _, rest = snapshot.partition("--")
        name = rest.replace("--", "/", 1)
        return Reference("hub", f"datasets/{name}" if kind == "datasets" else name)
    return Reference("local", "local/" + (_plain(parts[-1])[:80] or "unnamed") if parts else "local/unnamed", known=False)


def _plain(text: str) -> str:
    """A word that can stand in a component id."""
    return re.sub(r"[^A-Za-z0-9._:/@+-]+", "-", text).strip("-./:@+")[:150]


def _hub(name: str, revision: str, knowledge: Knowledge, dataset: bool) -> Reference:
    canonical = knowledge.hub_name(name, dataset)
    known = canonical is not None or "/" in name
    found = canonical or name
    return Reference("hub", f"datasets/{found}" if dataset else found, revision, known)
