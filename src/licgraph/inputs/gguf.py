"""GGUF files: the key-value pairs of the header, and in the `general.` ones what was converted, from what, under which licence.

Source: the GGUF specification and the list of keys in the `gguf` package. Tensors are never read, nor the arrays of a
vocabulary. The `base_model` keys are copied from the card of the model that was converted, so they name what *that*
was made from; `source` (or the repository) is what was converted. Sampling settings and sizes are passed over.
"""

from __future__ import annotations

import re
import struct
from typing import Any, BinaryIO

from licgraph.errors import without_secrets
from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.headers import is_named, is_own, not_named, opened, own_id, pointed, say_fields, slug
from licgraph.inputs.identity import Reference
from licgraph.inputs.loose import Node, Source, refuse
from licgraph.inputs.naming import named
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Evidence

FORMAT = "gguf"
TITLE = "GGUF header"
MAX_READ = 32_000_000
MAX_KEYS = 100_000
MAX_STRING = 2_000_000
MAX_STRINGS = 2_000_000
"""Strings of arrays that are stepped over, in the whole header: a vocabulary of a million tokens, and its merges."""
MAX_LISTED = 200
_KEPT = re.compile(r"(?:general|split|adapter|quantize)\.")
_SIZES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_WHOLE = {"0": "F32", "1": "F16", "32": "BF16"}
"""Values of `general.file_type` in which nothing was quantised."""


class Header(NamedTuple):
    """The pairs that were kept, as nodes; ``gaps``: what of the header was not read."""

    keys: Node
    gaps: tuple[tuple[str, str], ...]


class _Enough(Exception):
    """The header is longer than is read."""


class _Bytes:
    """Reads numbers and strings in one byte order, never past the end, never more than MAX_READ."""

    def __init__(self, file: BinaryIO, size: int, shown: str) -> None:
        self.file, self.left, self.shown, self.order = file, size, shown, "<"
        self.budget = MAX_READ
        self.strings = MAX_STRINGS

    def need(self, count: int) -> None:
        if count > self.left:
            raise refuse(self.shown, 0, "the file ends within its header", "Fetch the file again, or name another")

    def take(self, count: int) -> bytes:
        self.need(count)
        self.budget -= count
        if self.budget < 0:
            raise _Enough
        self.left -= count
        raw = self.file.read(count)
        if len(raw) != count:
            raise refuse(self.shown, 0, "the file ends within its header", "Fetch the file again, or name another")
        return raw

    def skip(self, count: int) -> None:
        self.need(count)
        self.left -= count
        self.file.seek(count, 1)

    def number(self, code: str) -> Any:
        return struct.unpack(self.order + code, self.take(struct.calcsize("=" + code)))[0]

    def string(self) -> str | None:
        """A string; None if it is longer than is read."""
        length = self.number("Q")
        if length > MAX_STRING:
            self.skip(length)
            return None
        return without_secrets(self.take(length).decode("utf-8", "replace"))


def sniff(source: Source) -> int:
    """The four bytes it begins with; a file so named without them, so that its reader says what it is."""
    if source.head[:4] == b"GGUF":
        return 95
    return 40 if source.name.endswith(".gguf") else 0


def read_header(source: Source) -> Header:
    """The pairs of a header. Raises StackError when it is cut off, of an unknown version, or no GGUF header."""
    with opened(source) as (file, size):
        data = _Bytes(file, size, source.shown)
        if data.take(min(4, size)) != b"GGUF":
            raise refuse(source.shown, 0, "this is not a GGUF file", "Name another file")
        version = data.number("I")
        if version and version & 0xFFFF == 0:
            data.order, version = ">", int.from_bytes(version.to_bytes(4, "little"), "big")
        if version not in (2, 3):
            raise refuse(source.shown, 0, f"GGUF version {version} is not read", "Convert it to version 3")
        data.number("Q")
        count = data.number("Q")
        data.need(min(count, 1 << 60) * 13)  # an empty key, a type and one byte: what a pair takes at least
        return _pairs(data, count, source.shown)


def _pairs(data: _Bytes, count: int, shown: str) -> Header:
    keys: dict[str, Node] = {}
    gaps: list[tuple[str, str]] = []
    done = 0
    try:
        while done < min(count, MAX_KEYS):
            name = data.string()
            kept = name is not None and _KEPT.match(name) is not None
            node = Node(_value(data, data.number("I"), kept, shown, f"/{name}", 0), shown, 0, f"/{name}") if kept else _value(data, data.number("I"), False, shown, "", 0)
            done += 1
            if not kept or name is None or not isinstance(node, Node):
                continue
            if name in keys:
                gaps.append((str(node.place), "this key stands twice, and readers differ on which counts"))
            if node.value is None:
                gaps.append((str(node.place), "this value is longer than is read"))
            keys[name] = node
    except _Enough:
        gaps.append((shown, f"the header is longer than {MAX_READ // 1_000_000} MB, and its end was not read"))
    if done == MAX_KEYS < count:
        gaps.append((shown, f"the header has {count} keys, of which {MAX_KEYS} were read"))
    return Header(Node(keys, shown, 0, ""), tuple(dict.fromkeys(gaps)))


def _value(data: _Bytes, kind: int, kept: bool, shown: str, pointer: str, depth: int) -> Any:
    """One value: text of it if it is kept, None if not, or if it is longer than is read."""
    if kind == _STRING:
        text = data.string()
        return text if kept else None
    if kind in _SIZES:
        if not kept:
            data.skip(struct.calcsize("=" + _SIZES[kind]))
            return None
        found = data.number(_SIZES[kind])
        return str(found).lower() if isinstance(found, bool) else str(found)
    if kind != _ARRAY or depth > 3:
        raise refuse(shown, 0, f"a value of kind {kind}, which the format does not have", "Fetch the file again, or name another")
    of, length = data.number("I"), data.number("Q")
    if of in _SIZES:
        data.skip(length * struct.calcsize("=" + _SIZES[of]))
        return "" if kept else None
    if of not in (_STRING, _ARRAY):
        raise refuse(shown, 0, f"an array of kind {of}, which the format does not have", "Fetch the file again, or name another")
    data.need(min(length, 1 << 60) * 8)
    data.strings -= length
    if data.strings < 0:
        raise _Enough
    if not kept:
        for _ in range(length):
            _value(data, of, False, shown, "", depth + 1)
        return None
    read = [_value(data, of, kept and n < MAX_LISTED, shown, f"{pointer}/{n}", depth + 1) for n in range(length)]
    return tuple(Node(v, shown, 0, f"{pointer}/{n}") for n, v in enumerate(read[:MAX_LISTED]) if isinstance(v, str))


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a header says of its weights. Raises StackError when there is no header that can be read."""
    header = read_header(source)
    keys = header.keys
    found = Draft()
    adapter = keys.get("general.type").text == "adapter" or bool(keys.get("adapter.type").text)
    author = keys.get("general.author").text or keys.get("general.organization").text
    part = found.part(own_id(source, result, "weights", by_file=True), "adapter" if adapter else "weights", name="" if result else keys.get("general.name").text[:100], author=author[:200], ours=True, evidence=Evidence(source.shown, 0))
    found.release = part.id
    for place, why in header.gaps:
        found.miss(place, why, part.id)
    piece = keys.get("split.no")
    if piece.text not in ("", "0"):
        if not result:
            found.miss(str(piece.place), "this is a later piece of a split file; what it is made from and its licence stand in the first", part.id)
        return found
    say_fields(found, part, _listed(keys.get("general.license")), keys.get("general.license.name"), keys.get("general.license.link"), knowledge)
    _origins(found, part, keys, knowledge, adapter, alone=not result)
    calibration = keys.get("quantize.imatrix.dataset")
    if calibration.text:
        found.notice("calibration-data", part.id, f"{calibration.place}: the quantisation was calibrated on {calibration.text[:80]}")
    return found


def _listed(node: Node) -> Node:
    """A licence field; converters join a list of them by a comma without a space."""
    if "\n" in node.text or len(node.text) > 200 or not re.search(r",\S", node.text):
        return node
    return Node(tuple(Node(w, node.file, 0, node.pointer) for w in node.text.split(",") if w.strip()), node.file, 0, node.pointer)


def _format(keys: Node) -> tuple[str, str, float]:
    """Whether the conversion quantised: the relation, on what it was concluded, and how sure that is."""
    kind = keys.get("general.file_type").text
    if kind in _WHOLE:
        return "convert", f"general.file_type is {_WHOLE[kind]}", 0.9
    if kind:
        return "quantize", f"general.file_type is {kind}, a quantised one", 0.9
    return "quantize", "general.file_type is not given; taken as quantised, the usual case", 0.6


def _entries(keys: Node, stem: str) -> list[tuple[Node, Node]]:
    """`general.base_model.0.*`, …: the node that names each entry best, and the node of its name; the count is not relied on."""
    numbers = sorted({int(m.group(1)) for k, _ in keys.items() for m in [re.match(rf"general\.{stem}\.(\d{{1,6}})\.", k)] if m})
    found = []
    for number in numbers[:MAX_LISTED]:
        node = next((n for f in ("repo_url", "url", "name", "doi") for n in [keys.get(f"general.{stem}.{number}.{f}")] if n.text), Node(None, keys.file))
        found.append((node, keys.get(f"general.{stem}.{number}.name")))
    return found


def _pointed(node: Node, knowledge: Knowledge) -> Reference | None:
    """The repository, with its owner, that a key names; a bare name (the converter writes it as a title) leads nowhere."""
    at = pointed(node.text, knowledge)
    return at if is_named(at) else None


def _origins(found: Draft, part: Part, keys: Node, knowledge: Knowledge, adapter: bool, alone: bool) -> None:
    """What was converted, what that was made from, and what it was trained on."""
    relation, why, sure = _format(keys)
    origin, place, how, trust = (None, part.evidence, "", 0.0) if adapter else _converted(keys, part.id, knowledge)
    model = part.id
    bases = _bases(found, part, keys, knowledge, origin)
    if origin is not None:
        found.refer(origin, "weights", place)
        found.step(part.id, relation, origin.id, place, f"{why}; {how}", confidence=min(sure, trust))
        model = origin.id
        bases = [b for b in bases if b[0] != model]
    title = slug(keys.get("general.name").text).casefold()
    for base_id, node, name in bases:
        if adapter:
            found.step(part.id, "adapter", base_id, node.place)
        elif len(bases) > 1:
            found.step(model, "merge", base_id, node.place, f"{len(bases)} base models are named; taken as a merge", confidence=0.3)
        elif model == part.id and name and slug(name).casefold() == title:
            found.step(part.id, relation, base_id, node.place, f"{why}; it has the name of its base", confidence=sure)
        else:
            found.step(model, "derived-from", base_id, node.place, "this names the base of the model that was converted; how that was made from it is not said", confidence=0.6)
    if adapter and not bases:
        not_named(found, part, keys.get("general.type").place, "this is an adapter", alone)
    elif origin is None and not bases and relation == "quantize" and keys.get("general.file_type").text:
        not_named(found, part, keys.get("general.file_type").place, "the weights are quantised", alone)
    for node, _ in _entries(keys, "dataset"):
        data = named(found, node.text, "dataset", node.place, knowledge, dataset=True)
        if data is None:
            found.miss(str(node.place), "a data set that is not named", part.id)
        else:
            found.step(model, "trained-on", data.id, node.place)


def _converted(keys: Node, part_id: str, knowledge: Knowledge) -> tuple[Reference | None, Evidence, str, float]:
    """The model that was converted: where a key names it, with the key; else a known model of this very name."""
    for key, trust in (("general.source.repo_url", 0.9), ("general.source.url", 0.9), ("general.source.huggingface.repository", 0.9), ("general.repo_url", 0.6), ("general.url", 0.6)):
        node = keys.get(key)
        at = _pointed(node, knowledge)
        if at is None:
            continue
        bare = re.sub(r"(?i)[-_.]gguf$", "", at.id)
        if bare != at.id and trust < 0.9:  # the repository of this file: the original only where a table has it
            known = knowledge.hub_name(bare)
            if known is None:
                continue
            at = pointed(known, knowledge)
        if not is_own(at, part_id):
            return at, node.place, f"{key} names {'what was converted' if trust == 0.9 else 'a repository, taken as what was converted'}", trust
    node = keys.get("general.name")
    for name in (node.text, f"{keys.get('general.organization').text}/{node.text}"):
        known = knowledge.hub_name(re.sub(r"\s+", "-", name.strip())) if "/" in name.strip("/") else None
        if known is not None and not is_own(pointed(known, knowledge), part_id):
            return pointed(known, knowledge), node.place, "no key names what was converted; general.name is the name of a known model", 0.6
    return None, node.place, "", 0.0


def _bases(found: Draft, part: Part, keys: Node, knowledge: Knowledge, origin: Reference | None) -> list[tuple[str, Node, str]]:
    """The bases: id, the node that names each, and its title."""
    read = []
    for node, name in _entries(keys, "base_model"):
        at = _pointed(node, knowledge)
        if at is not None and is_own(at, part.id):
            continue
        if at is not None and origin is not None and at.id == origin.id:
            read.append((at.id, node, name.text))
            continue
        base = named(found, node.text, "weights", node.place, knowledge)
        if base is None:
            found.miss(str(node.place), "a base model that is not named", part.id)
        else:
            read.append((base.id, node, name.text or base.name))
    declared = keys.get("general.base_model.count").text
    if declared.isdigit() and int(declared) > len(_entries(keys, "base_model")):
        found.miss(str(keys.get("general.base_model.count").place), f"{declared} base models are counted and {len(read)} named", part.id)
    return read
