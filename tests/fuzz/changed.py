"""A document with a few things wrong: still of its form, so that a reader gets past the first check.

One function for every engine: what is done follows from the random numbers that it is given.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import strategies as st

WORDS = (
    "", " ", "null", "~", "true", "-1", "0", "1e999", "nan", "9" * 400, "\ud83d", "\u202e", "\0", "\x1b[31m", "a" * 400, "../../etc/passwd", "hf:org/name", "https://user:secret@example.org/x", "org/name", "./x", "[]", "{}", "*a", "&a [*a]", "<<", "!!python/x", "---", "...",
    "MIT", "mit OR (", "Apache-2.0 WITH x", "A AND B OR C", "NONE", "NOASSERTION", "other", "llama3.1", "cc-by-nc-4.0", "((((", "MIT/ISC", "GPL-2.0+", "DocumentRef-a:LicenseRef-b", "SPDXRef-DOCUMENT", "=1+1", "`x` | y", "2026-13-45", "\u00b2", "\n", "\r\n", "\t", "\u2028", "'", '"', "#", ": ", "%00",
)  # fmt: skip
VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 1.5, 10**30, [], {}, [[]], [None], {"": ""}, {"id": None}, [{}, {}], "x")


def changed(raw: bytes, chance: Random) -> bytes:
    """The bytes, changed in one to four places, in a way that suits what they are."""
    for _ in range(chance.randint(1, 4)):
        raw = _form_of(raw)(raw, chance)[:400_000]
    return raw


def documents(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Changed seeds, and now and then any bytes."""
    return st.builds(changed, st.sampled_from(seeds), st.randoms(use_true_random=False)) | st.binary(max_size=200) if seeds else st.binary()


def _form_of(raw: bytes) -> Callable[[bytes, Random], bytes]:
    if len(raw) > 10 and raw[8:9] == b"{":
        return _safetensors
    if raw[:4] in (b"GGUF", b"FUGG"):
        return _numbers
    start = raw.lstrip()[:1]
    return _json if start in (b"{", b"[") else _elements if start == b"<" else _lines


def _json(raw: bytes, chance: Random) -> bytes:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return _bytes(raw, chance)
    if chance.random() < 0.15:
        return _bytes(raw, chance)
    try:
        for _ in range(chance.randint(1, 3)):
            found = _tree(found, chance)
        return json.dumps(found, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # a number or a nesting that can be read and not be written
        return _bytes(raw, chance)


def _tree(root: Any, chance: Random) -> Any:
    """One change somewhere in plain data."""
    at, path = root, []
    while isinstance(at, (dict, list)) and at and chance.random() < 0.85:
        key = chance.choice(list(at)) if isinstance(at, dict) else chance.randrange(len(at))
        path.append((at, key))
        at = at[key]
    if not path:
        return root if isinstance(root, (dict, list)) and chance.random() < 0.9 else deepcopy(chance.choice(VALUES))
    holder, key = path[-1]
    what = chance.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1:
        holder[key] = chance.choice(WORDS)
    elif what == 2:
        holder[key] = deepcopy(chance.choice(VALUES))
    elif what == 3:
        holder[key] = [at] if chance.random() < 0.5 else {chance.choice(WORDS): at}
    elif what == 4 and isinstance(holder, list):
        holder.extend(deepcopy(at) for _ in range(chance.choice((1, 2, 50))))
    elif isinstance(holder, dict):
        other = chance.choice(list(holder))
        holder[other], holder[key] = holder[key], holder[other]
    return root


def _safetensors(raw: bytes, chance: Random) -> bytes:
    length = struct.unpack("<Q", raw[:8])[0]
    if length > len(raw) or chance.random() < 0.2:
        return (chance.choice((0, 1, length + 1, 100_000_001, 2**63, 2**64 - 1)) % 2**64).to_bytes(8, "little") + raw[8:]
    header = _json(raw[8 : 8 + length], chance)
    return struct.pack("<Q", len(header)) + header + raw[8 + length :]


def _numbers(raw: bytes, chance: Random) -> bytes:
    """A number of a binary header made another one."""
    if chance.random() < 0.3:
        return _bytes(raw, chance)
    width = chance.choice((4, 8))
    at = chance.randrange(4, max(len(raw) - width, 5))
    number = chance.choice((0, 1, 2, 3, 8, 9, 10, 12, 255, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63)) % 256**width
    return raw[:at] + number.to_bytes(width, chance.choice(("little", "big"))) + raw[at + width :]


def _elements(raw: bytes, chance: Random) -> bytes:
    """XML with an element doubled, taken out, or filled with something else."""
    what = chance.randrange(6)
    tags = list(re.finditer(rb"<[^>]+>", raw))
    if not tags or what == 0:
        return _bytes(raw, chance)
    one, other = sorted((chance.choice(tags).span(), chance.choice(tags).span()))
    if what == 1:
        return raw[: one[0]] + raw[other[1] :]
    if what == 2:
        return raw[: other[1]] + raw[one[0] : other[1]] + raw[other[1] :]
    if what == 3:
        return raw[: one[1]] + chance.choice(WORDS).encode("utf-8", "replace") + raw[one[1] :]
    if what == 4:
        return b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]>' + raw[: one[1]] + b"&d;" + raw[one[1] :]
    return raw[: one[1]] + b"<a>" * 300 + raw[one[1] :]


def _lines(raw: bytes, chance: Random) -> bytes:
    """YAML, TOML, Markdown or a list of instructions: lines moved, moved in or out, and values made others."""
    lines = raw.split(b"\n")
    at = chance.randrange(len(lines))
    what = chance.randrange(9)
    word = chance.choice(WORDS).encode("utf-8", "replace")
    if what == 0:
        return _bytes(raw, chance)
    if what == 1:
        del lines[at]
    elif what == 2:
        lines.insert(chance.randrange(len(lines)), lines[at])
    elif what == 3:
        lines[at] = b" " * chance.choice((1, 2, 4)) + lines[at]
    elif what == 4:
        lines[at] = lines[at].lstrip()
    elif what == 5:
        lines[at] = re.sub(rb"(?<=[:=\-])\s*[^:=]*$", lambda _: b" " + word, lines[at])
    elif what == 6:
        lines[at] = re.sub(rb"[\w./-]+(?=\s*[:=])", lambda _: word or b"x", lines[at], count=1)
    elif what == 7:
        lines[at] = re.sub(rb"([:=])\s*(.+)$", chance.choice((rb"\1 [\2]", rb"\1 {a: \2}", rb"\1 [[\2], \2]", rb"\1 &a \2", rb"\1 '\2'", rb"\1 {\2")), lines[at])
    else:
        lines[at] = chance.choice((b"a: &b [*b]", b"<<: *a", b"[" * 300, b"? [a]\n: b", b"- " * 200 + b"x", b"--- a", word))
    return b"\n".join(lines)


def _bytes(raw: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    data = chance.choice(WORDS).encode("utf-8", "surrogatepass") if chance.random() < 0.5 else chance.randbytes(chance.randint(1, 8))
    return (raw[:at] + data + raw[at + len(data) :], raw[:at], raw[:at] + data + raw[at:], raw[at:], raw[:at] + raw[at + chance.randint(1, 40) :])[chance.randrange(5)]
