"""A model folder: its card, licence texts, configurations and weight headers, each by its own reader, as one thing.

Files that a reader knows are read; one that it cannot read leaves a gap, and the answer is then no or unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from licgraph.errors import Fault, StackError
from licgraph.inputs import card, digest_of, hub_cache, reader_of
from licgraph.inputs.draft import DERIVING, Draft
from licgraph.inputs.loose import Source, refuse
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple

MAX_FILES = 2_000
CARD_FOR_SURE = 30
"""What a README without front matter scores; more is a card."""
OUTSIDE, NOWHERE = "a link that leads out of the folder", "a link that leads nowhere"
EVERYWHERE = ("citation", "license-text")
_SKIPPED = re.compile(r"(?i)^(?:tokenizer(?:_config)?|vocab|merges|special_tokens_map|added_tokens|generation_config|preprocessor_config|trainer_state|training_args|all_results|train_results|eval_results|chat_template|package(?:-lock)?|\..*|.*\.index)\.?(?:json|txt|jinja|bin)?$")


class Seen(NamedTuple):
    """One entry of a folder: the reader that took it, or why none did, and what it says or what is wrong with it."""

    shown: str
    format: str = ""
    skipped: str = ""
    fault: Fault | None = None
    draft: Draft | None = None


def each(source: Source, knowledge: Knowledge, part_id: str) -> Iterator[Seen]:
    """Every entry of a folder, cards first, then by name. Raises StackError when the folder cannot be listed."""
    assert source.path is not None
    listed = sorted(_listed(source.path, source.shown))
    cards = [f for f in listed if f[0].name.casefold() == "readme.md"]
    for file, skipped in (*cards, *(f for f in listed if f not in cards)):
        one = Source(_shown(source, file), file)
        if skipped:
            yield Seen(one.shown, skipped=skipped)
            continue
        reader = None
        try:
            reader = reader_of(one)
            if reader is None:
                yield Seen(one.shown, skipped="no reader knows it")
                continue
            draft: Draft = reader.read(one, knowledge, part_id)
            draft.inputs[one.shown] = digest_of(one)
        except StackError as problem:
            yield Seen(one.shown, reader.FORMAT if reader else "", fault=problem.faults[0])
            continue
        yield Seen(one.shown, reader.FORMAT, draft=draft)


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a folder says of the model or data set in it. Raises StackError when there is nothing that a reader knows."""
    assert source.path is not None
    found = Draft()
    part_id = result or card.component_id(source.path.resolve().name) or "model"
    for seen in each(source, knowledge, part_id):
        if seen.fault is not None:
            fault = seen.fault
            found.miss(f"{fault.file}{f':{fault.line}' if fault.line else ''}", fault.what)
            found.parts.setdefault(part_id, found.part(part_id, "weights", ours=True))
        elif seen.draft is not None:
            found.absorb(seen.draft)
        elif seen.skipped in (OUTSIDE, NOWHERE) and hub_cache.place_of(source.path) is None:  # of a cached repository its own reader tells
            found.miss(seen.shown, f"not read: {seen.skipped}", part_id)
    if not found.inputs:
        raise refuse(source.shown, 0, "nothing in this folder says what it is: no card, licence, configuration or weights that a reader knows", "Name the folder or file of the model (licgraph check FOLDER), write a licgraph.yaml, or see what lies here: licgraph doctor")
    if part_id not in found.parts and found.parts:  # a list of many things, none of which is this folder
        return found
    part = found.part(part_id, "weights", ours=not result, looked=True)
    _unnamed_origin(found, part_id)
    if "adapter" in {s.relation for s in found.sources_of(part_id)} and part.kind == "weights" and not {s.relation for s in found.sources_of(part_id)} - {"adapter", "trained-on"}:
        part.kind = "adapter"
    part.name = part.name or source.path.resolve().name
    found.release = part_id
    return found


def _unnamed_origin(found: Draft, part_id: str) -> None:
    """Weights that show that they were made from others which nothing names: a gap; quantised weights tell how the card's base was used."""
    told = [n for n in found.notices if n.id == "origin-not-named" and n.component == part_id]
    made = [s for s in found.sources_of(part_id) if s.relation in DERIVING]
    for notice in told:
        if not made:
            found.miss(part_id, notice.why, part_id)
        elif "quantised" in notice.why:
            for step in made:
                if step.relation == "finetune" and step.confidence < 0.9:
                    found.step(part_id, "quantize", step.source, step.evidence, f"the weights are quantised: {notice.why}", confidence=0.9)


def _listed(folder: Path, shown: str) -> list[tuple[Path, str]]:
    """What lies in the folder, and why it is not read, if it is not."""
    found = []
    root = folder.resolve()
    try:
        entries = list(folder.iterdir())
    except OSError as problem:
        raise refuse(shown, 0, f"cannot be read ({problem.strerror})", "Check the path and its permissions") from None
    if len(entries) > MAX_FILES:
        raise refuse(shown, 0, f"more than {MAX_FILES} files", "Name the folder of one model")
    for entry in entries:
        if entry.is_dir():
            why = "a folder; only the files of one folder are read"
        elif _SKIPPED.match(entry.name):
            why = "says nothing of licences or origins"
        elif not entry.is_file():
            why = NOWHERE if entry.is_symlink() else "no plain file"
        else:
            why = OUTSIDE if entry.is_symlink() and not _within(entry.resolve(), root) else ""
        found.append((entry, why))
    return found


def _within(target: Path, root: Path) -> bool:
    """Inside the folder, or inside the Hub cache that the folder is a snapshot of."""
    cache = next((p for p in root.parents if p.name.startswith(("models--", "datasets--"))), None)
    return target.is_relative_to(root) or (cache is not None and target.is_relative_to(cache))


def _shown(source: Source, file: Path) -> str:
    return str(Path(source.shown) / file.name)


def has_card(files: Iterable[Path]) -> bool:
    """Whether one of a folder's files is a card that opens with what a card says; a README without that may be anything's."""
    return any(_is_card(f) for f in files if f.name.casefold() == "readme.md")


def speaks(files: Iterable[Path]) -> bool:
    """Whether a folder's files say what model or data set is in it. A licence text, a citation and a README are in any folder."""
    return any(_says(f) for f in files if not _SKIPPED.match(f.name) and f.is_file())


def _is_card(file: Path) -> bool:
    try:
        return file.is_file() and card.sniff(Source(str(file), file)) > CARD_FOR_SURE
    except StackError:
        return True  # reading it will say what is wrong with it


def _says(file: Path) -> bool:
    try:
        reader = reader_of(Source(str(file), file))
    except StackError:
        return True
    return reader is not None and reader.FORMAT not in EVERYWHERE and (reader is not card or _is_card(file))
