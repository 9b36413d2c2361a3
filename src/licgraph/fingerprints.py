"""Which licence is this text? From facts computed of the texts that were read, never from the texts.

A text is a sequence of words. It is cut into chunks at places that its own words choose, so that an edit only
changes the chunks it touches, wherever lines break. A licence's fingerprint is the list of its chunks' hashes,
each with the section it lies in, and the hashed words of its first and last chunk, which a title before or a
note behind may run into. A text is a licence only if nothing of the one is missing in the other but titles and
copyright lines; anything less is a resemblance, told with what differs.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

MODULUS = 12
LONGEST = 160
HASH_BYTES = 5
OPENING = 48
MAX_TITLE = 60
RESEMBLES = 0.5

_GAP = "\x1e"
_COPYRIGHT = re.compile(
    r"(?i)(?:portions )?(?:\bcopyright[^\w\x1e]{1,3}(?:\(c\)|©|&copy;)?[^\w\x1e]{0,3}|(?:\(c\)|©)[^\w\x1e]{1,3})(?:\[?yyyy\]?|<?years?>?|(?:19|20)\d\d)"
    r"(?:[^\w\x1e]+[\w.]+){0,14}?(?:[^\w\x1e]+all rights reserved[^\w\x1e]*)?"
    r"(?=\W*\x1e|\W*$|\W+(?:permission|redistribution|this|licensed|everyone|the|version|preamble|copyright|portions|all|under|use|it|you|terms|for|distributed|as|in|by|www|http|https)\b)"
)
_OPERATIVE = re.compile(r"\b(?:must|shall|may|only|not|unless|provided|except|without|grant|granted|permission|free of charge)\b")


class Chunk(NamedTuple):
    """Some ten words of a text: their hash and where they stand (word positions, end exclusive)."""

    digest: bytes
    start: int
    end: int


class Fingerprint(NamedTuple):
    """What is kept of a licence's text.

    ``opening``: small hashes of its first OPENING words, where a title may be missing or stand before them;
    ``ends``: where the chunks of the opening end; ``last``: small hashes of the last chunk's words.
    """

    id: str
    digests: tuple[bytes, ...]
    sections: tuple[str, ...]
    opening: tuple[int, ...]
    ends: tuple[int, ...]
    last: tuple[int, ...]
    words: int


class Match(NamedTuple):
    """How a text compares with a licence. ``exact``: it is that text, titles and copyright lines aside.

    ``extra``: passages of the text that the licence does not have; ``missing``: sections of the licence of
    which something was not found; ``share``: the part of the licence that was found (0 to 1).
    """

    id: str
    exact: bool
    share: float
    extra: tuple[str, ...]
    missing: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words that count: copyright lines taken out, case and punctuation levelled."""
    text = re.sub(r"(?i)\[name\s+of\s+copyright\s+owner\]", "[name]", text)
    text = re.sub(r"[^\S\x1e]+", " ", re.sub(r"\n[ \t]*\n\s*", f" {_GAP} ", text))
    text = _COPYRIGHT.sub(" ", text)
    return re.findall(r"[a-z0-9]+", text.casefold().replace("licence", "license").replace("'", "").replace("’", ""))


def cut(words: Sequence[str]) -> list[Chunk]:
    """Chunks of a text, each ending with a word chosen by its own hash, at most LONGEST words apart."""
    chunks = []
    start = 0
    for at, word in enumerate(words):
        if zlib.crc32(word.encode()) % MODULUS == 0 or at + 1 - start >= LONGEST:
            chunks.append(_chunk(words, start, at + 1))
            start = at + 1
    if start < len(words):
        chunks.append(_chunk(words, start, len(words)))
    return chunks


def _chunk(words: Sequence[str], start: int, end: int) -> Chunk:
    return Chunk(blake2b(" ".join(words[start:end]).encode(), digest_size=HASH_BYTES).digest(), start, end)


def _small(words: Iterable[str]) -> tuple[int, ...]:
    return tuple(zlib.crc32(w.encode()) & 0xFFFF for w in words)


def fingerprint(license_id: str, text: str, sections: Sequence[tuple[str, str]]) -> Fingerprint:
    """The fingerprint of a licence's text; ``sections`` are ``(cite, the words with which it begins)`` in order."""
    words = words_of(text)
    chunks = cut(words)
    joined = " " + " ".join(words) + " "
    starts: list[tuple[int, str]] = [(0, "opening")]
    at = 0
    for cite, begins in sections:
        found = joined.find(" " + " ".join(words_of(begins)) + " ", at)
        if found >= 0:
            at = found
            starts.append((joined[: found + 1].count(" ") - 1, cite))
    cites = [max((s for s in starts if s[0] < c.end), key=lambda s: s[0])[1] for c in chunks]
    return Fingerprint(license_id, tuple(c.digest for c in chunks), tuple(cites), _small(words[:OPENING]), tuple(c.end for c in chunks if c.start < OPENING), _small(words[chunks[-1].start :]), len(words))


def compare(found: Fingerprint, words: Sequence[str], chunks: Sequence[Chunk]) -> Match:
    """How a text (its words and chunks) compares with a fingerprint. Linear in the chunks of both."""
    have = {c.digest for c in chunks}
    wanted = set(found.digests)
    missing = {n for n, digest in enumerate(found.digests) if digest not in have}
    share = 1 - len(missing) / len(found.digests)
    before, dropped = _aligned(found, words)
    starts = (0, *found.ends)
    missing -= {n for n in range(len(found.ends)) if starts[n] < dropped or (before and starts[n] == dropped)}
    extra: list[tuple[int, int]] = []
    for start, end in _runs([c for c in chunks if c.digest not in wanted]):
        tail = _small(words[start:end])
        if end == len(words) and tail[: len(found.last)] == found.last[: len(tail)] and abs(len(tail) - len(found.last)) <= 3:
            missing.discard(len(found.digests) - 1)  # the last chunk ends where the text ends
        elif start >= before + (found.ends[-1] if found.ends else 0) - dropped or before < 0 or end > before + OPENING:
            extra.append((start, end))
    sections = tuple(dict.fromkeys(found.sections[n] for n in sorted(missing)))
    passages = tuple(" ".join(words[s:e]) for s, e in extra)
    return Match(found.id, not missing and not extra, share, passages, sections)


_OPERATIVE_HASHES = frozenset(
    zlib.crc32(w.encode()) & 0xFFFF for w in ("must", "shall", "may", "only", "not", "permission", "granted", "grant", "grants", "provided", "charge", "redistribution", "copyright", "you", "your", "hereby", "free")
)


def _words_of_title(words: Sequence[int]) -> bool:
    """Whether hashed words at the beginning of a licence are no more than a title, which may be missing."""
    return 0 < len(words) <= MAX_TITLE and not _OPERATIVE_HASHES & set(words)


def _aligned(found: Fingerprint, words: Sequence[str]) -> tuple[int, int]:
    """How many words of title stand before the licence in a text, and how many of its own title are dropped.

    (-1, 0) if the text does not begin as the licence does. What follows must agree for 24 words.
    """
    text = _small(words[: OPENING + MAX_TITLE])
    for dropped in range(min(len(found.opening), 26)):
        if dropped and not _words_of_title(found.opening[:dropped]):
            break
        rest = found.opening[dropped : dropped + 24]
        for before in range(min(MAX_TITLE, len(text)) + 1):
            if rest and text[before : before + len(rest)] == rest and _title(words[:before]):
                return before, dropped
    return -1, 0


def _title(words: Sequence[str]) -> bool:
    return len(words) <= MAX_TITLE and not _OPERATIVE.search(" ".join(words))


def _runs(chunks: Sequence[Chunk]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for chunk in chunks:
        if runs and runs[-1][1] == chunk.start:
            runs[-1] = (runs[-1][0], chunk.end)
        else:
            runs.append((chunk.start, chunk.end))
    return runs


def identify(text: str, known: Iterable[Fingerprint]) -> list[Match]:
    """Licences that a text is (exact ones alone), else those it resembles, nearest first; empty if none."""
    words = words_of(text)
    chunks = cut(words)
    if not chunks:
        return []
    have = {c.digest for c in chunks}
    near = [f for f in known if sum(d in have for d in f.digests) >= RESEMBLES * len(f.digests)]
    matches = [compare(f, words, chunks) for f in near]
    exact = [m for m in matches if m.exact]
    if exact:
        size = {f.id: f.words for f in near}
        longest = max(size[m.id] for m in exact)
        return sorted((m for m in exact if size[m.id] == longest), key=lambda m: m.id)
    return sorted(matches, key=lambda m: (-m.share, sum(len(e) for e in m.extra), m.id))[:3]


def to_row(found: Fingerprint) -> str:
    """One line of ``data/fingerprints.tsv``."""
    cites: list[str] = []
    counts: list[int] = []
    for cite in found.sections:
        if not cites or cites[-1] != cite:
            cites.append(cite)
            counts.append(0)
        counts[-1] += 1
    parts = "|".join(f"{c}~{n}" for c, n in zip(cites, counts, strict=True))
    small = (",".join(map(str, part)) for part in (found.opening, found.ends, found.last))
    return "\t".join((found.id, str(found.words), *small, parts, base64.b85encode(b"".join(found.digests)).decode()))


def from_row(row: str) -> Fingerprint:
    """A fingerprint from its line."""
    license_id, count, opening, ends, last, parts, digests = row.rstrip("\n").split("\t")
    raw = base64.b85decode(digests)
    sections = [cite for part in parts.split("|") for cite, _, n in [part.rpartition("~")] for _ in range(int(n))]
    first, stops, tail = (tuple(int(w) for w in part.split(",")) for part in (opening, ends, last))
    return Fingerprint(license_id, tuple(raw[n : n + HASH_BYTES] for n in range(0, len(raw), HASH_BYTES)), tuple(sections), first, stops, tail, int(count))


def of_file(found: Mapping[str, Any], text: str) -> Fingerprint:
    """The fingerprint of the text that a licence file (as read) was written from."""
    return fingerprint(found["id"], text, [(s["cite"].replace("|", "/").replace("~", "-"), s["starts"]) for s in found["sections"]])


def load(folder: Path) -> list[Fingerprint]:
    """The fingerprints of a knowledge base, in the order of their ids. Raises OSError if there are none."""
    rows = (folder / "fingerprints.tsv").read_text("utf-8").splitlines()[1:]
    return [from_row(row) for row in rows]
