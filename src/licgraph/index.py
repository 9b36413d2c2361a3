"""The compiled index of a knowledge base: where it is kept, whether it still holds, how it is read.

YAML under ``data/`` is the source. What a run needs is read from a compiled index: the wheel carries one,
an editable checkout keeps one in the user's cache folder, keyed by the name, size and time of every source
file, so that a changed file is never missed. Without a writable cache the YAML is read each time.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from licgraph.errors import Fault, KnowledgeError
from licgraph.light import sha256

INDEX_VERSION = 8


def alias_key(name: str) -> str:
    """The form in which names are compared: case, white space and a trailing slash do not count."""
    return re.sub(r"\s+", " ", name.strip().casefold()).rstrip("/")


def data_folder() -> Path:
    """The knowledge base: ``licgraph/data`` in a wheel, the repository's ``data`` in an editable checkout.

    Raises: KnowledgeError when neither is there.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "data", here.parent.parent / "data"):
        if (folder / "vocabulary.yaml").is_file():
            return folder
    raise KnowledgeError(Fault("data", 0, "", "the knowledge base is not installed", "Reinstall licgraph"))


PARTS = ("licenses", "relations", "components")
"""Folders of a knowledge base with a file for each thing."""


def _stamp(folder: Path) -> str:
    """Changes when a source of the index does: names, sizes and times of all files."""
    code = Path(__file__).parent
    lines = [f"{INDEX_VERSION}\0{folder}"]
    for place in (folder, *(folder / part for part in PARTS)):
        with os.scandir(place) if place.is_dir() else contextlib.nullcontext(()) as entries_:
            lines += sorted(f"{e.name}\0{s.st_size}\0{s.st_mtime_ns}" for e in entries_ if e.name.endswith((".yaml", ".tsv")) and (s := e.stat()))
    for file in ("index.py", "sources.py", "license.py", "shapes.py"):
        s = os.stat(code / file)
        lines.append(f"{file}\0{s.st_size}\0{s.st_mtime_ns}")
    return sha256("\n".join(lines).encode()).hexdigest()


def plain(value: Any) -> Any:
    """Index values as JSON can hold them."""
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items() if k != "__lines__"}
    return [plain(v) for v in value] if isinstance(value, tuple | list) else value


SELDOM = ("components", "hub-names")
"""Tables that only a stack with sources needs, as they are stored."""
NAMES = ("aliases", "spdx")
"""Tables that only another name than an id needs; decoded when they are first looked at."""


class Undecoded(Mapping[str, Any]):
    """A table that is decoded when it is first looked at."""

    def __init__(self, text: memoryview) -> None:
        self._text = text
        self._found: dict[str, Any] | None = None

    def _table(self) -> dict[str, Any]:
        if self._found is None:
            self._found = json.loads(bytes(self._text))
        return self._found

    def __getitem__(self, key: str) -> Any:
        return self._table()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())


def to_bytes(index: dict[str, Any]) -> bytes:
    """The index as stored: a line of JSON, then a line for each part that few runs decode, of which the first tells the lengths."""
    names = {name: json.dumps(plain(index[name]), ensure_ascii=False).encode() for name in NAMES}
    texts = {**{name: index[name].encode() for name in SELDOM}, **names, **{i: text.encode() for i, text in index["licenses"].items()}}
    head = plain({**{k: v for k, v in index.items() if k not in (*SELDOM, *NAMES)}, "licenses": {name: len(text) for name, text in texts.items()}})
    return b"\n".join((json.dumps(head, ensure_ascii=False).encode(), *texts.values()))


def from_bytes(stored: bytes | mmap, start: int = 0) -> dict[str, Any]:
    """The index from its bytes; licences stay undecoded (a run decodes those that its stack names).

    Raises: ValueError when the bytes are no index.
    """
    at = stored.find(b"\n", start) + 1
    index: dict[str, Any] = json.loads(stored[start : max(at - 1, 0)])
    whole, texts = memoryview(stored), {}
    for name, length in index["licenses"].items():
        texts[name] = whole[at : at + length]
        at += length + 1
    if at != len(stored) + 1:
        raise ValueError("cut off")
    index |= {name: texts.pop(name) for name in SELDOM} | {name: Undecoded(texts.pop(name)) for name in NAMES}
    index["licenses"] = texts
    return index


def cached_index(folder: Path, compiled: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """The index of a knowledge base: the one shipped with it, the cached one if nothing changed, else one that is ``compiled`` anew.

    Raises: KnowledgeError when a source file is missing or wrong.
    """
    shipped = folder / "index.jsonl"
    if shipped.is_file():
        try:
            return from_bytes(_mapped(shipped))
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise KnowledgeError(Fault(shipped.name, 0, "", f"the knowledge base that licgraph came with is damaged ({type(problem).__name__})", "Install licgraph again")) from None
    stamp = _stamp(folder)
    file = _cache_file(folder)
    cache = file.parent
    try:
        stored = _mapped(file)
        start = stored.find(b"\n") + 1
        if stored[: start - 1] == f"{stamp} {zlib.crc32(memoryview(stored)[start:]):08x}".encode():
            return from_bytes(stored, start)
        stored.close()  # where a file that is mapped cannot be replaced
    except (OSError, ValueError):
        pass
    body = to_bytes(compiled(folder))
    import tempfile

    made = ""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache, delete=False) as temporary:
            made = temporary.name
            temporary.write(f"{stamp} {zlib.crc32(body):08x}\n".encode() + body)
        os.replace(made, file)
    except OSError:  # a read-only home costs time, not correctness
        if made:
            Path(made).unlink(missing_ok=True)
    return from_bytes(body)


def _mapped(file: Path) -> mmap:
    """The bytes of a file, of which those are read that are looked at. Raises OSError, and ValueError where there are none."""
    with file.open("rb") as opened:
        return mmap(opened.fileno(), 0, access=ACCESS_READ)


def _cache_file(folder: Path) -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "licgraph" / f"index-{zlib.crc32(str(folder).encode()):08x}.jsonl"


def index_state(folder: Path) -> tuple[str, Path]:
    """How the index of a knowledge base stands (`shipped`, `current`, `out of date`, `none yet`), and its file."""
    shipped = folder / "index.jsonl"
    if shipped.is_file():
        return "shipped", shipped
    file = _cache_file(folder)
    try:
        with file.open("rb") as stored:
            head = stored.readline(200).decode("ascii", "replace")
    except OSError:
        return "none yet", file
    return ("current" if head.partition(" ")[0] == _stamp(folder) else "out of date"), file


def entries(found: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Keys and values of a record as read, its line marks left out."""
    return ((k, v) for k, v in found.items() if not k.startswith("__"))
