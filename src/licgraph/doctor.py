"""What licgraph finds on this machine and in one folder: versions, knowledge, house, extras, terminal, environment, and what was read.

Nothing here decides anything, writes anything or touches the network.
"""

from __future__ import annotations

import os
import platform
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from licgraph import __version__
from licgraph.errors import Fault, LicgraphError, StackError, without_secrets
from licgraph.index import data_folder
from licgraph.inputs import HUB, is_stack_file, reader_of, readers
from licgraph.inputs import read as read_stack
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import DEFAULT_STACK

VARIABLES = (
    "COLUMNS", "GITHUB_STEP_SUMMARY", "HF_ENDPOINT", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "HF_HUB_OFFLINE", "HF_TOKEN", "HUGGINGFACE_HUB_CACHE", "HUGGING_FACE_HUB_TOKEN",
    "NO_COLOR", "SOURCE_DATE_EPOCH", "TRANSFORMERS_OFFLINE", "XDG_CACHE_HOME",
)  # fmt: skip
"""Environment variables that change what licgraph, or the client of the Hub, does."""
EXTRAS = {"audit": "duckdb", "hub": "huggingface_hub", "spark": "pyspark"}
STATES = ("read", "skipped", "not understood")


class File(NamedTuple):
    """One file that was found. ``state`` is one of STATES; ``why``: for what is not plainly read; ``line``: of a fault, else 0."""

    path: str
    state: str
    reader: str
    why: str
    line: int


class Examined(NamedTuple):
    """What a stack argument leads to. ``gaps`` keep an answer from being better than unknown; ``faults`` prevent one."""

    name: str
    files: tuple[File, ...] = ()
    components: int = 0
    release: str = ""
    gaps: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


class Checkup(NamedTuple):
    """Everything; a section is a map from names to values, ready for JSON."""

    as_of: str
    versions: Mapping[str, str]
    knowledge: Mapping[str, Any]
    house: Mapping[str, Any]
    extras: Sequence[Mapping[str, Any]]
    terminal: Mapping[str, Any]
    environment: Sequence[Mapping[str, str]]
    stack: Examined

    @property
    def understood(self) -> bool:
        """Whether everything that was found could be read."""
        return not self.stack.faults and not self.stack.gaps and not self.house["faults"] and all(f.state != "not understood" for f in self.stack.files)


def checkup(name: str | None, knowledge: Knowledge, index: tuple[str, Path], folder: Path, as_of: str, colour: bool, terminal: bool) -> Checkup:
    """index: how the index stood before it was read. folder: of the knowledge base. name: the stack, None for what is here."""
    shown = without_secrets(name or (DEFAULT_STACK if Path(DEFAULT_STACK).exists() else "."))
    start = Path(shown) if not shown.startswith(HUB) else Path()
    house, known = _house((start if start.is_dir() else start.parent).resolve(), knowledge)
    environment = [{"name": v, "value": _value(v, os.environ[v])} for v in VARIABLES if os.environ.get(v)]
    versions = {"licgraph": __version__, "python": platform.python_version(), "knowledge": knowledge.version}
    return Checkup(
        as_of, versions, _knowledge(knowledge, index, folder, as_of), house, _extras(),
        {"stdout": terminal, "colour": colour}, environment, examined(shown, known),
    )  # fmt: skip


def _value(name: str, value: str) -> str:
    """Secrets are said to be set, no more; an address loses the user name and password it may have."""
    return "set" if "TOKEN" in name and name != "HF_HUB_DISABLE_IMPLICIT_TOKEN" else re.sub(r"//[^/@]*@", "//…@", value)


def _knowledge(knowledge: Knowledge, index: tuple[str, Path], folder: Path, as_of: str) -> dict[str, Any]:
    every = [knowledge.raw(i) for i in (*knowledge.license_ids, *knowledge.exception_ids)]
    retrieved = max((str(f["text"]["retrieved"]) for f in every if f["text"].get("retrieved")), default="")
    review = Counter(str(f["review"]["status"]) for f in every)
    return {
        "folder": str(folder), "own": folder == data_folder(), "index": index[0], "index_file": str(index[1]), "newest": retrieved,
        "age_days": (date.fromisoformat(as_of) - date.fromisoformat(retrieved)).days if retrieved else None,
        "licenses": len(every), "review": dict(sorted(review.items())), "known_by_name": len(knowledge.spdx_ids),
    }  # fmt: skip


def _house(start: Path, knowledge: Knowledge) -> tuple[dict[str, Any], Knowledge]:
    """The nearest `.licgraph` at or above a folder, and the knowledge base with what it concludes."""
    found = next((f / ".licgraph" for f in (start, *start.parents) if (f / ".licgraph").is_dir()), None)
    files = sorted(str(f.relative_to(found)) for f in found.rglob("*") if f.is_file())[:200] if found else []
    try:
        known = knowledge.with_house(start)
    except LicgraphError as problem:
        return {"folder": str(found or ""), "files": files, "conclusions": 0, "faults": [_fault(f) for f in problem.faults]}, knowledge
    return {"folder": str(found or ""), "files": files, "conclusions": len(known.house), "faults": []}, known


def _extras() -> list[dict[str, Any]]:
    from importlib import metadata

    found: list[dict[str, Any]] = []
    for extra, package in EXTRAS.items():
        try:
            found.append({"extra": extra, "package": package, "version": metadata.version(package)})
        except metadata.PackageNotFoundError:
            found.append({"extra": extra, "package": package, "version": None})
    return found


def examined(name: str, knowledge: Knowledge) -> Examined:
    """What a stack argument leads to: every file that was found, who read it, and what came of it."""
    if name.startswith(HUB):
        return Examined(name, (File(name, "skipped", "hub", "doctor uses no network; licgraph check reads it", 0),))
    if name == "-":
        return Examined(name, (File(name, "skipped", "", "standard input is not looked at; name a file or a folder", 0),))
    source = Source(name, Path(name))
    files = tuple(_files(source, knowledge))
    try:
        stack = read_stack(name, knowledge)
    except StackError as problem:
        return Examined(name, _marked(files, problem.faults), faults=problem.faults)
    gaps = tuple(sorted(f"{u.source}: {u.why}" for u in stack.unread))
    return Examined(name, files, len(stack.components), stack.release.component if stack.release else "", gaps)


def _marked(files: Sequence[File], faults: Sequence[Fault]) -> tuple[File, ...]:
    """The files with what came out only when all was put together."""
    return tuple(next((File(f.path, "not understood", f.reader, fault.what, fault.line) for fault in faults if fault.file == f.path), f) for f in files)


def _files(source: Source, knowledge: Knowledge) -> Iterator[File]:
    if not source.is_folder:
        yield _file(source)
        return
    from licgraph.inputs import folder, hub_cache

    assert source.path is not None
    own = source.path / DEFAULT_STACK
    if own.is_file():
        yield _file(Source(str(own), own))
        for entry in sorted(source.path.iterdir()):
            if entry != own and entry.is_file() and not entry.name.startswith("."):
                yield File(str(Path(source.shown) / entry.name), "skipped", "", f"{DEFAULT_STACK} speaks for this folder; licgraph import adds what is new to it", 0)
        return
    if hub_cache.sniff(source):
        yield File(source.shown, "read", hub_cache.FORMAT, "", 0)
        return
    try:
        for seen in folder.each(source, knowledge, "model"):
            if Path(seen.shown).name.startswith("."):
                continue
            if seen.fault is not None:
                yield File(seen.shown, "not understood", seen.format, seen.fault.what, seen.fault.line)
            else:
                yield File(seen.shown, "skipped" if seen.skipped else "read", seen.format, seen.skipped, 0)
    except StackError as problem:
        yield File(source.shown, "not understood", "", problem.faults[0].what, 0)


def _file(source: Source) -> File:
    """Which reader a file belongs to; whether it is understood shows when the stack is read."""
    try:
        if is_stack_file(source):
            return File(source.shown, "read", "stack file", "", 0)
        reader = reader_of(source)
    except StackError as problem:
        return File(source.shown, "not understood", "", problem.faults[0].what, 0)
    if reader is None:
        return File(source.shown, "not understood", "", f"no reader knows it; there are {len(readers())} (docs/formats.md)", 0)
    return File(source.shown, "read", reader.FORMAT, "", 0)


def _fault(fault: Fault) -> dict[str, Any]:
    return {"file": fault.file, "line": fault.line, "key": fault.key, "what": fault.what, "cure": fault.cure}


def to_json(found: Checkup) -> dict[str, Any]:
    """The document `licgraph/doctor/1`."""
    stack = found.stack
    return {
        "schema": "licgraph/doctor/1", "understood": found.understood, "as_of": found.as_of, "versions": dict(found.versions), "knowledge": dict(found.knowledge), "house": dict(found.house),
        "extras": [dict(e) for e in found.extras], "terminal": dict(found.terminal), "environment": [dict(e) for e in found.environment],
        "stack": {"name": stack.name, "files": [f._asdict() for f in stack.files], "components": stack.components, "release": stack.release, "gaps": list(stack.gaps), "faults": [_fault(f) for f in stack.faults]},
    }  # fmt: skip


def json_schema() -> dict[str, Any]:
    """JSON Schema of that document, as published in ``schema/doctor-1.json``."""
    text, flag, count = {"type": "string"}, {"type": "boolean"}, {"type": "integer", "minimum": 0}

    def row(**fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": True}

    def many(items: Mapping[str, Any]) -> dict[str, Any]:
        return {"type": "array", "items": items}

    faults = many(row(file=text, line=count, key=text, what=text, cure=text))
    whole = row(
        schema={"const": "licgraph/doctor/1"}, understood=flag, as_of=text, versions=row(licgraph=text, python=text, knowledge=text),
        knowledge=row(
            folder=text, own=flag, index={"enum": ["shipped", "current", "out of date", "none yet"]}, index_file=text, newest=text, age_days={"type": ["integer", "null"]}, licenses=count,
            review={"type": "object", "additionalProperties": count}, known_by_name=count,
        ),
        house=row(folder=text, files=many(text), conclusions=count, faults=faults), extras=many(row(extra=text, package=text, version={"type": ["string", "null"]})),
        terminal=row(stdout=flag, colour=flag), environment=many(row(name=text, value=text)),
        stack=row(name=text, files=many(row(path=text, state={"enum": list(STATES)}, reader=text, why=text, line=count)), components=count, release=text, gaps=many(text), faults=faults),
    )  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph doctor", **whole}

