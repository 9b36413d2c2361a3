"""The local cache of the Hub: which repositories it holds, at which revision, and what their files there say.

Source: the Hub's documentation of the cache layout (`models--org--name` with `refs`, `snapshots`, `blobs`, `.no_exist`). A cache
holds what programs asked for, and they seldom ask for a card: that it is absent is said, and is no statement that the
repository has none. Links are followed only within the folder of their repository.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from licgraph.errors import StackError
from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.headers import inside
from licgraph.inputs.identity import Reference, reference
from licgraph.inputs.loose import Source, refuse
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Evidence

FORMAT = "hub-cache"
TITLE = "local Hub cache"
MAX_REPOSITORIES = 2_000
MAX_FILES = 2_000
_ENTRY = re.compile(r"(models|datasets|spaces)--([\w.-]{1,200})")
_REVISION = re.compile(r"[0-9a-f]{7,64}")
_KINDS = {"models": "weights", "datasets": "dataset", "spaces": "code"}
Reader = Callable[[Source, Knowledge, str], Draft]


class Snapshot(NamedTuple):
    """One revision of a repository in the cache. ``folder`` is None where only its name is there."""

    type: str
    repository: Reference
    revision: str
    folder: Path | None
    shown: str


def repository_of(name: str, knowledge: Knowledge) -> tuple[str, Reference] | None:
    """Type and repository that a folder's name means: what stands before the second `--` is the owner."""
    entry = _ENTRY.fullmatch(name)
    if entry is None:
        return None
    owner, two, rest = entry.group(2).partition("--")
    found = reference(f"{owner}/{rest}" if two else owner, knowledge, dataset=entry.group(1) == "datasets")
    if found.kind != "hub":
        return None
    return entry.group(1), found._replace(id=f"spaces/{found.id}") if entry.group(1) == "spaces" else found


def place_of(path: Path) -> tuple[Path, str] | None:
    """The repository folder that a path is, or is a snapshot of, with the revision that the path names."""
    whole = Path(os.path.abspath(path))
    if _ENTRY.fullmatch(whole.name):
        return whole, ""
    if whole.parent.name == "snapshots" and _ENTRY.fullmatch(whole.parent.parent.name):
        return whole.parent.parent, whole.name
    return None


def sniff(source: Source) -> int:
    """A folder of a repository, a snapshot in one, or a folder with such folders; no file is one."""
    if source.path is None or not source.is_folder:
        return 0
    if place_of(source.path) is not None:
        return 95
    return 90 if next(_entries(_root(source.path)), None) is not None else 0


def _root(path: Path) -> Path:
    """The cache itself, also where the folder around it (HF_HOME) was named."""
    below = path / "hub"
    return below if next(_entries(path), None) is None and below.is_dir() and inside(below, path) else path


def _entries(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            yield from (Path(e.path) for e in found if _ENTRY.fullmatch(e.name) and e.is_dir(follow_symlinks=False))
    except OSError:
        return


def read(source: Source, knowledge: Knowledge, result: str = "", each: Reader | None = None) -> Draft:
    """The repositories of a cache, each read by ``each`` (the reader of folders). Raises StackError when it holds none.

    One repository, or one snapshot, is the thing that is asked about; of a whole cache nothing is released.
    """
    if source.path is None or not source.is_folder:
        raise refuse(source.shown, 0, "this is no folder", "Name the cache, or a folder models--org--name in it")
    found = Draft()
    one = place_of(source.path)
    if one is not None:
        folder, revision = one
        shown = source.shown if not revision else str(Path(source.shown).parent.parent)
        snapshots = list(_snapshots(folder, shown, revision, knowledge, found))
    else:
        root = _root(source.path)
        folders = sorted(_entries(root))
        if len(folders) > MAX_REPOSITORIES:
            found.miss(source.shown, f"the cache holds {len(folders)} repositories, of which {MAX_REPOSITORIES} were read")
        shown = source.shown if root == source.path else str(Path(source.shown) / "hub")
        snapshots = [s for f in folders[:MAX_REPOSITORIES] for s in _snapshots(f, str(Path(shown) / f.name), "", knowledge, found)]
    if not snapshots:
        raise refuse(source.shown, 0, "no repository of the Hub is in this folder", "Name the cache, or a folder models--org--name in it")
    several = _repeated(snapshots)
    for snapshot in snapshots:
        part_id = f"{snapshot.repository.id}@{snapshot.revision}" if snapshot.repository.id in several else snapshot.repository.id
        _read_one(found, snapshot, result if result and len(snapshots) == 1 else part_id, knowledge, each or _plainly, len(snapshots) == 1)
    found.release = next(iter(found.parts)) if one is not None and len(snapshots) == 1 else ""
    return found


def _repeated(snapshots: list[Snapshot]) -> set[str]:
    seen: set[str] = set()
    return {s.repository.id for s in snapshots if s.repository.id in seen or seen.add(s.repository.id)}  # type: ignore[func-returns-value]


def _snapshots(folder: Path, shown: str, wanted: str, knowledge: Knowledge, found: Draft) -> Iterator[Snapshot]:
    """The revision that is asked for, else that of `main`; several without a `main` are all taken."""
    named = repository_of(folder.name, knowledge)
    if named is None:
        found.miss(shown, "this folder has the form of a repository's, and its name is none")
        return
    kind, repository = named
    held: list[Path] = []
    with contextlib.suppress(OSError):
        held = sorted(p for p in (folder / "snapshots").iterdir() if p.is_dir() and inside(p, folder) and _REVISION.fullmatch(p.name))
    main = _ref(folder / "refs" / "main", folder)
    if wanted:
        target = folder / "snapshots" / wanted
        if target.is_symlink() and not inside(target, folder):
            found.miss(f"{shown}/snapshots/{wanted}", "a link that leads out of the repository, which is not followed", repository.id)
            yield Snapshot(kind, repository, wanted, None, shown)
            return
        yield Snapshot(kind, repository, wanted, folder / "snapshots" / wanted, shown)
        return
    if main and not _REVISION.fullmatch(main):
        found.miss(f"{shown}/refs/main", "it holds no revision", repository.id)
        main = ""
    chosen = [p for p in held if p.name == main] if main else held
    if main and not chosen:
        found.miss(f"{shown}/refs/main", f"the revision {main[:12]} that it names is not in the cache", repository.id)
        yield Snapshot(kind, repository, main, None, shown)
        return
    if not chosen:
        found.miss(shown, "no revision of this repository is in the cache", repository.id)
        yield Snapshot(kind, repository, "", None, shown)
        return
    if len(chosen) < len(held):
        found.notice("other-revisions", repository.id, f"{shown} also holds {', '.join(p.name[:12] for p in held if p not in chosen)}, which were not read; refs/main names {main[:12]}")
    for path in chosen:
        yield Snapshot(kind, repository, path.name, path, shown)


def _ref(file: Path, folder: Path) -> str:
    try:
        if not inside(file, folder) or not file.is_file():
            return ""
        with file.open("rb") as opened:
            return opened.read(200).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _read_one(found: Draft, snapshot: Snapshot, part_id: str, knowledge: Knowledge, each: Reader, alone: bool) -> None:
    """What the files of one revision say, as of its repository; which is somebody else's."""
    repository = snapshot.repository
    kind = _KINDS[snapshot.type]
    if snapshot.folder is not None:
        shown = f"{snapshot.shown}/snapshots/{snapshot.revision}"
        _outside(found, snapshot.folder, shown, part_id)
        try:
            draft = each(Source(shown, snapshot.folder), knowledge, part_id)
            draft.release = ""
            found.absorb(draft)
        except StackError:
            pass  # none of its files says anything: what is said below of the card says so
    part = found.part(part_id, kind, name=repository.name, source=repository.source, revision=snapshot.revision, evidence=Evidence(snapshot.shown, 0))
    part.source, part.revision, part.ours = repository.source, snapshot.revision or part.revision, False
    part.theirs = True  # downloaded, so somebody else's even where it is what is asked about
    part.kind = kind if kind != "weights" else part.kind
    if snapshot.folder is not None:
        _card(found, part, snapshot, knowledge, alone)


def _card(found: Draft, part: Part, snapshot: Snapshot, knowledge: Knowledge, alone: bool) -> None:
    """Says that a card is not there: never fetched, or known to be missing from the repository.

    A gap, unless our tables state the terms of a repository among others; the one that is asked about is not answered from them.
    """
    assert snapshot.folder is not None
    shown = f"{snapshot.shown}/snapshots/{snapshot.revision}"
    card = snapshot.folder / "README.md"
    if card.is_file() and inside(card, snapshot.folder):
        return
    part.looked = False
    marker = snapshot.folder.parent.parent / ".no_exist" / snapshot.revision / "README.md"
    why = "the repository has no card at this revision" if marker.is_file() else "card not in cache"
    found.notice("card-not-in-cache", part.id, f"{shown}: {why}")
    if alone or knowledge.component(part.source) is None:
        found.miss(f"{shown}/README.md", f"{why}, so what it was made from, and its licence, may be stated where nobody looked", part.id)


def _outside(found: Draft, folder: Path, shown: str, part_id: str) -> None:
    """Links that lead out of the repository's folder: they are not followed, and that is said."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for n, e in zip(range(MAX_FILES), entries, strict=False) if n < MAX_FILES and e.is_symlink())
    except OSError as problem:
        found.miss(shown, f"cannot be read ({problem.strerror})", part_id)
        return
    for name in names:
        if not inside(folder / name, folder):
            found.miss(f"{shown}/{name}", "the link leads out of the cache and was not followed", part_id)
        elif not (folder / name).exists():
            found.miss(f"{shown}/{name}", "the link leads to a file that is no longer in the cache", part_id)


def _plainly(source: Source, knowledge: Knowledge, part_id: str) -> Draft:
    """The files of a snapshot, each by its own reader, the card first."""
    from licgraph.inputs import digest_of, reader_of

    assert source.path is not None
    found = Draft()
    try:
        names = sorted((p for _, p in zip(range(MAX_FILES), source.path.iterdir(), strict=False)), key=lambda p: (p.name.casefold() != "readme.md", p.name))
    except OSError as problem:
        raise refuse(source.shown, 0, f"cannot be read ({problem.strerror})", "Check the path and its permissions") from None
    for file in names:
        if not file.is_file() or not inside(file, source.path):
            continue
        one = Source(f"{source.shown}/{file.name}", file)
        try:
            reader = reader_of(one)
            if reader is None:
                continue
            found.absorb(reader.read(one, knowledge, part_id))
        except StackError as problem:
            found.miss(one.shown, problem.faults[0].what, part_id)
            continue
        if file.stat().st_size < 8_000_000:
            found.inputs[one.shown] = digest_of(one)
    return found
