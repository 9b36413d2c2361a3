"""What the readers of weights share: whose file it is, what a header states of a licence, and where a path may lead.

No reader itself: it opens files so that only what is asked for is read, and turns names and texts into statements.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from licgraph.errors import StackError
from licgraph.inputs import license_text
from licgraph.inputs.draft import Draft, Part, Said
from licgraph.inputs.identity import Reference, local, reference
from licgraph.inputs.loose import Node, Source, refuse
from licgraph.inputs.naming import ID, NO_STATEMENT
from licgraph.knowledge import Knowledge
from licgraph.names import guess
from licgraph.stack import Evidence, Notice

LONG = 300
"""A statement longer than this, or of several lines, is a text and not a name."""
_POLICY = re.compile(r"(?i)\b(?:acceptable|prohibited|responsible)[- ]uses?\b|\buse policy\b")
_FILES = re.compile(r"(?i)\.(?:safetensors|ckpt|pth?|sft|bin|gguf|onnx)$")
_LFS = b"version https://git-lfs"


@contextmanager
def opened(source: Source) -> Iterator[tuple[BinaryIO, int]]:
    """A file to read pieces of, and its size. Raises StackError when it cannot be opened or is a pointer to a file elsewhere."""
    if source.head.startswith(_LFS):
        raise refuse(source.shown, 1, "this is a Git LFS pointer, the file itself is not here", "Fetch it (git lfs pull)")
    if source.given is not None:
        yield io.BytesIO(source.given), len(source.given)
        return
    assert source.path is not None
    try:
        with source.path.open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
    except OSError as problem:
        raise refuse(source.shown, 0, f"cannot be read ({problem.strerror})", "Check the path and its permissions") from None


def slug(text: str, fallback: str = "unnamed") -> str:
    """A name as it may stand in an id."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-._+")[:80] or fallback


def own_id(source: Source, result: str, fallback: str, by_file: bool = False) -> str:
    """The id of the thing that a file is about: as given, the repository of a cache, the folder's (or the file's) name."""
    if result:
        return result
    whole = source.path.absolute() if source.path is not None else Path(source.shown)
    cached = local(str(whole))
    if cached.kind == "hub":
        return cached.id
    stem = re.sub(r"(?i)(?:-\d{5}-of-\d{5})?\.\w{2,11}$", "", whole.name) if by_file else whole.parent.name
    return slug(stem, fallback)


def pointed(written: str, knowledge: Knowledge, dataset: bool = False) -> Reference:
    """What a name in a header leads to; one that could be no id of ours is known by its last part only."""
    found = reference(written, knowledge, dataset)
    if found.kind in ("hub", "address") and not ID.fullmatch(found.id):
        return Reference("local", f"local/{slug(found.name)}", known=False)
    return found


def is_own(found: Reference, part_id: str) -> bool:
    """Whether a reference is only the thing's own id or, where that has no owner, its own name."""
    mine = part_id.casefold()
    return found.id.casefold() == mine or ("/" not in mine and found.name.casefold() == mine)


def is_named(found: Reference) -> bool:
    """Whether a reference is a repository with its owner, or one that a table knows, and so more than a word."""
    return found.kind == "hub" and found.known


def model_file(written: str, knowledge: Knowledge) -> Reference:
    """A model named as image tools do: by a repository, a path, or a bare file name, which is no repository."""
    text = written.strip()
    return local(text) if _FILES.search(text) and "://" not in text else pointed(text, knowledge)


def _silent(text: str, knowledge: Knowledge) -> bool:
    """Whether a word states nothing."""
    return text.strip().casefold() in NO_STATEMENT or guess(text, knowledge).kind == "none stated"


def statement(text: str, place: Evidence, part_id: str, knowledge: Knowledge) -> tuple[Said | None, list[Notice]]:
    """What a name, an address or a whole licence text states, if anything, and what a person should see of it."""
    text = text.replace("\0", "").strip()
    if not (len(text) > LONG or text.count("\n") >= 3):
        return (None, []) if _silent(text, knowledge) else (Said("tag", text, place), [])
    if _POLICY.search(text[:LONG]) and not re.search(r"(?i)licen[sc]e", text[:LONG]):
        return None, [Notice("use-policy", part_id, f"{place} holds a use policy; whether it binds is said by the licence that names it")]
    read = license_text.read(Source(place.file, None, text.encode("utf-8", "replace")), knowledge, part_id)
    said = next(iter(read.parts[part_id].said), None)
    notices = [Notice(n.id, n.component, n.why.replace(place.file, str(place), 1)) for n in read.notices]
    return (said._replace(evidence=place) if said else None), notices


def say(found: Draft, part: Part, written: str, place: Evidence, knowledge: Knowledge) -> bool:
    """Adds what a header states of the licence; False if it states nothing. A text too long to read is a gap."""
    try:
        said, notices = statement(written, place, part.id, knowledge)
    except StackError as problem:
        found.miss(str(place), problem.faults[0].what, part.id)
        return False
    for notice in notices:
        found.notice(*notice)
    if said is not None:
        part.say(said.where, said.written, said.evidence)
    return said is not None


def say_fields(found: Draft, part: Part, license: Node, name: Node, link: Node, knowledge: Knowledge) -> None:
    """The Hub's three fields, as headers repeat them: the word, the name that goes with `other`, and the address."""
    words = [t for t, _ in license.texts() if not _silent(t, knowledge)]
    if words:
        say(found, part, words[0] if len(words) == 1 else ", ".join(dict.fromkeys(words)), license.place, knowledge)
    read = guess(link.text, knowledge) if "://" in link.text else None
    if name.text and guess(name.text, knowledge).kind == "unresolved" and read is not None and read.ids:
        name = link  # the address says which licence the name means
    if name.text and not _silent(name.text, knowledge):
        part.say("card" if words else "tag", name.text, name.place)
    elif read is not None and read.ids:
        part.say("card" if words else "tag", link.text, link.place)
    elif license.text.casefold() in ("other", "unknown"):
        part.unnamed = f"{license.place} states `{license.text}` and names none"


def not_named(found: Draft, part: Part, place: Evidence, why: str, alone: bool) -> None:
    """Something shows that there was an original, and nothing names it: a gap, unless the folder around may name it."""
    if alone:
        found.miss(str(place), f"{why}, and nothing here names what it was made from", part.id)
    else:
        found.notice("origin-not-named", part.id, f"{place}: {why}, and nothing in this file names what it was made from")


def inside(path: Path, root: Path) -> bool:
    """Whether a path, all links followed, stays in a folder, or in the Hub cache entry that the folder belongs to."""
    try:
        target, base = path.resolve(), root.resolve()
    except (OSError, RuntimeError):  # a circle of links
        return False
    cache = next((p for p in (base, *base.parents) if p.name.startswith(("models--", "datasets--", "spaces--"))), base)
    return target.is_relative_to(cache)
