"""Which licence is this text? From facts computed of the texts that were read, never from the texts.

A text is a sequence of words; case, punctuation, marks and line breaks do not count. What may differ is cut out
of a licence before anything is computed: its title (the first lines, made of its names, versions and dates) and
its copyright lines. What is left are segments, each cut into chunks at places that its own words choose, so that
an edit only changes the chunks it touches. A fingerprint is the hashes of all chunks, with the section each lies
in, and the length of each segment; no hash is of a word that stands in a sentence, unless a chunk is that short.

A text is a licence if it is that licence's segments, every word of them, in order, with nothing between, before
or behind them but words of a title (before) and copyright lines. Copyright lines are told from terms by what
they lack: the words without which nothing can be permitted, forbidden or required. Anything less than that is a
resemblance, told with what differs.
"""

from __future__ import annotations

import base64
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from licgraph.light import NamedTuple

MODULUS = 12
LONGEST = 160
HASH_BYTES = 5
NOTICE = 40  # words of a copyright line, years not counted
MAX_SKIPPED = 2_000  # words of title and copyright lines
RESEMBLES = 0.5
SHORT = 14  # chunks of a licence so short that one edit may take half of them
MAX_CHARACTERS = 1_000_000

_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_NUMBER = re.compile(r"v?\d+[a-z]{0,2}")
_TITLE_WORDS = frozenset(
    ["a", "the", "of", "and", "for", "by", "in", "to", "on", "license", "licenses", "licensing", "agreement", "terms", "public", "software", "version", "v", "text", "name", "title", "date", "dated", "release", "released", "effective", "last", "updated", "update", "revised", "modified", "published", "spdx", "identifier", "legal", "code", "international", "unported", "universal", "http", "https", "www", "org", "com", "html", "htm", "txt", "md", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"]
)
# Words without which hardly anything can be permitted, forbidden or required.
_TERMS = re.compile(
    "not?|never|non|none|nor|neither|nothing|only|solely|sole|exclusive.*|exclud.*|unless|except.*|without|provid.*|subject|if|when|where|whether|while|but|however|until|before|after|within|then|otherwise|notwithstanding"
    "|such|any|each|every|everyone|anyone|that|which|who|whom|whose|this|these|those|it|itself|he|she|they|them|their|we|us|our|you|am|is|are|was|were|be|been|being|has|have|had|having|do|does|did|don|doesn"
    "|can|cannot|could|may|might|must|shall|should|would|need.*|please|use[ds]?|using|usage|usable|reus.*|users?|allow.*|permi.*|forbid.*|forbad.*|prohibit.*|restrict.*|limit(?:ation|ations)?|requir.*|request.*|oblig.*|condition.*|grant.*|licens.*|sublicens.*|relicens.*"
    "|compl(?:y|ies|iance)|agree.*|accept.*|consent.*|approv.*|authori[sz](?:e|ed|ation).*|waiv.*|revo.*|terminat.*|expir.*|void|invalid|illegal.*|unlawful.*|lawful.*|refus.*|den(?:y|ied|ies)|enforc.*|appl(?:y|ies|ied|icable)|prior|written|writing|expressly"
    "|cop(?:y|ies|ied|ying)|distribut.*|redistribut.*|reproduc.*|perform.*|display.*|transfer.*|modif.*|chang.*|alter.*|adapt.*|derivative.*|derived|merg.*|publish|mak(?:e|es|ing)|made|creat(?:e|es|ed|ing)|sell|sells|selling|sold|sale|sales|resale|rent|lease|pay.*|paid|fees?|royalt.*|charg.*|noncommercial.*|commercial.*|profit|nonprofit"
    "|evaluation|educational|personal|private|internal|military|weapons?|purposes?|train.*|deploy.*|host|hosting|offer.*|warrant.*|liab.*|indemn.*|disclaim.*|attribut.*|credit.*|acknowledg.*|notif.*|notices?|inform|send|give|gives|given|obtain.*|delete.*|remov.*|disclos.*|retain.*|includ.*|contain.*|follow.*|above|below|herein.*|hereby|thereof|hereunder|under|means?|shown?"
)
_COPYRIGHT = re.compile(r"(?im)^[^\w\n©]*(?P<before>(?:[^\W_]+[^\w\n(©]+){0,5}?)(?P<mark>(?:portions )?copyright(?: notice)?[^\w\n©]{0,3}(?=\(c\)|©|\d{4}|by\b|yyyy|year)|\(c\)(?= *\d{4})|©)")
_STOP = re.compile(r"\n[^\w\n]*(?=[A-Z])|[.,;>\])”\"]")
_ADDRESS = re.compile(r"\W*(?:url\W+)?https?://\S+\W*", re.IGNORECASE)


class Chunk(NamedTuple):
    """Some ten words of a text: their hash and where they stand (word positions, end exclusive)."""

    digest: bytes
    start: int
    end: int


class Segment(NamedTuple):
    """Words of a licence that must stand together: how many, and the hashes of their chunks."""

    words: int
    digests: tuple[bytes, ...]


class Fingerprint(NamedTuple):
    """What is kept of a licence's text: its segments, the section of each chunk, and words its title may have."""

    id: str
    segments: tuple[Segment, ...]
    sections: tuple[str, ...]
    title: frozenset[str]

    @property
    def digests(self) -> Iterator[bytes]:
        """The hashes of all chunks, in order."""
        return (digest for segment in self.segments for digest in segment.digests)


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
    """The words of a text: case, punctuation, line breaks, marks and ways to write «license» and «©» levelled."""
    text = unicodedata.normalize("NFKC", re.sub("©|&copy;", " copyright ", text.translate(_DROPPED)))
    text = re.sub(r"\(c\)(?=\W{0,3}(?:19|20)\d\d)", "copyright", text.casefold())
    words = _WORD.findall(re.sub(r"\blicence", "license", text))
    return [w for w, before in zip(words, ["", *words], strict=False) if before != "copyright" or w not in ("copyright", "c")]


@lru_cache(maxsize=65536)
def _closes(word: str) -> bool:
    """Whether a chunk ends with a word, which the word itself tells."""
    return zlib.crc32(word.encode()) % MODULUS == 0


def _ends(words: Sequence[str]) -> list[int]:
    """For each word the end of a chunk that begins with it: behind the next word chosen by its own hash."""
    ends = [0] * len(words)
    end = len(words)
    for at in range(len(words) - 1, -1, -1):
        if _closes(words[at]):
            end = at + 1
        ends[at] = end if end - at < LONGEST else at + LONGEST
    return ends


def cut(words: Sequence[str]) -> list[Chunk]:
    """Chunks of a text, each ending with a word chosen by its own hash, at most LONGEST words apart."""
    ends = _ends(words)
    chunks = []
    start = 0
    while start < len(words):
        chunks.append(Chunk(_digest(words[start : ends[start]]), start, ends[start]))
        start = ends[start]
    return chunks


def _digest(words: Sequence[str]) -> bytes:
    return blake2b(" ".join(words).encode(), digest_size=HASH_BYTES).digest()


@lru_cache(maxsize=4096)
def _is_term(word: str) -> bool:
    return _TERMS.fullmatch(word) is not None


def _skippable(words: Sequence[str], start: int, title: frozenset[str]) -> int:
    """Where words end, from a start, that are no more than words of a title and copyright lines."""
    left = 0
    stop = min(len(words), start + MAX_SKIPPED)
    for at in range(start, stop):
        word = words[at]
        if word == "copyright" or words[at : at + 2] == ["portions", "copyright"] or words[at : at + 3] == ["all", "rights", "reserved"]:
            left = NOTICE
        elif word in title or ((left or title) and _NUMBER.fullmatch(word)):
            continue
        elif left and not _is_term(word):
            left -= 1
        else:
            return at
    return stop


def _copyright_lines(text: str) -> list[tuple[int, int]]:
    """Where copyright lines stand in a licence's text (offsets)."""
    spans: list[tuple[int, int]] = []
    for found in _COPYRIGHT.finditer(text):
        start = found.start("mark")
        if spans and start < spans[-1][1]:
            continue
        paragraph = re.compile(r"\n[^\w\n]*\n|\Z").search(text, start)
        assert paragraph is not None
        end = paragraph.start()
        terms = (m.start() for m in re.finditer(r"[^\W_]+", text[start:end]) if _is_term("".join(words_of(m.group()))))
        term = next(terms, None)
        if term is not None:
            stops = [m.start() for m in _STOP.finditer(text, found.end() + 5, start + term + 1)]
            line = text.rfind("\n", start, start + term)
            end = line if line in stops else stops[-1] if stops else start
        line = text.find("\n", start) if "\n" in text[start:] else len(text)
        if end > start and (not found["before"].strip() or end >= line - 2):
            spans.append((start, end))
    return spans


def fingerprint(license_id: str, text: str, sections: Sequence[tuple[str, str]], names: Iterable[str] = ()) -> Fingerprint:
    """The fingerprint of a licence's text.

    ``sections`` are ``(cite, the words with which it begins)`` in order; ``names`` are what the licence is called.
    """
    words: list[str] = []
    seams: list[tuple[int, int]] = []  # words that may differ
    at = 0
    for start, end in [*_copyright_lines(text), (len(text), len(text))]:
        words += words_of(text[at:start])
        seams.append((len(words), len(words) + len(words_of(text[start:end]))))
        words += words_of(text[start:end])
        at = end
    title, begin = _title(text, _TITLE_WORDS | set(words_of(" ".join((license_id, *names)))), seams)
    segments: list[Segment] = []
    places: list[int] = []
    for start, end in seams:
        if start < begin:
            begin = max(begin, end)
            continue
        chunks = cut(words[begin:start])
        if chunks:
            segments.append(Segment(start - begin, tuple(c.digest for c in chunks)))
            places += [begin + c.end for c in chunks]
        begin = end
    cites = _cites(words, places, sections)
    return Fingerprint(license_id, tuple(segments), cites, title)


def _title(text: str, title: frozenset[str], seams: Sequence[tuple[int, int]]) -> tuple[frozenset[str], int]:
    """The words a title may have, and how many words of a text are title and copyright lines before its terms.

    A first line that names a license, one that then names a version or date, and lines that are only an address
    count as title, too.
    """
    begin = 0
    for line in text.splitlines():
        words = words_of(line)
        ours = [w for n, w in enumerate(words, begin) if not any(s <= n < e for s, e in seams)]
        says = ("license",) if begin == 0 else ("version", "release", "date")
        names = any(w in ours for w in says) and len(ours) <= 12 and not any(_is_term(w) for w in ours if w not in title)
        if names or _ADDRESS.fullmatch(line):
            title |= set(ours)
        elif _skippable(ours, 0, title) < len(ours):
            break
        begin += len(words)
        title |= {w for w in words if not _is_term(w) or w in title}  # an address behind a holder, say
    return title, begin


def _cites(words: Sequence[str], ends: Iterable[int], sections: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The section in which words before each of some ends stand."""
    joined = " " + " ".join(words) + " "
    starts: list[tuple[int, str]] = [(0, "opening")]
    at = 0
    for cite, begins in sections:
        found = joined.find(" " + " ".join(words_of(begins)) + " ", at)
        if found >= 0:
            at = found
            starts.append((joined[: found + 1].count(" ") - 1, cite))
    return tuple(max((s for s in starts if s[0] < end), key=lambda s: s[0])[1] for end in ends)


class Text:
    """A text as it is compared: its words, and the hash of a chunk that begins with any of them."""

    def __init__(self, text: str) -> None:
        self.words = words_of(text)
        self.ends = _ends(self.words)
        self._heads: dict[int, bytes] = {}

    def head(self, start: int) -> bytes:
        """The hash of the chunk that begins with a word."""
        if start not in self._heads:
            self._heads[start] = _digest(self.words[start : self.ends[start]])
        return self._heads[start]

    def holds(self, segment: Segment, start: int) -> bool:
        """Whether a segment stands at a place, every word of it."""
        if len(segment.digests) > 1 and self.head(start) != segment.digests[0]:
            return False
        return tuple(c.digest for c in cut(self.words[start : start + segment.words])) == segment.digests

    def skip(self, start: int, title: frozenset[str] = frozenset()) -> int:
        """Where title words and copyright lines end that begin at a word."""
        return _skippable(self.words, start, title)


def is_exact(found: Fingerprint, text: Text) -> bool:
    """Whether a text is a licence: its segments in order, and nothing else but title and copyright lines."""
    at = 0
    for number, segment in enumerate(found.segments):
        last = min(text.skip(at, found.title if number == 0 else frozenset()), len(text.words) - segment.words)
        start = next((n for n in range(at, last + 1) if text.holds(segment, n)), None)
        if start is None:
            return False
        at = start + segment.words
    return text.skip(at) == len(text.words)


def compare(found: Fingerprint, words: Sequence[str], chunks: Sequence[Chunk]) -> Match:
    """How a text (its words and chunks) compares with a fingerprint that it is not exactly."""
    digests = tuple(found.digests)
    missing = Counter(digests)
    heads = {s.digests[0] for s in found.segments}
    tails = {s.digests[-1] for s in found.segments}

    def take(start: int, end: int, among: Iterable[bytes]) -> bool:
        digest = _digest(words[start:end])
        if digest not in among or missing[digest] <= 0:
            return False
        missing[digest] -= 1
        return True

    extra: list[tuple[int, int]] = []
    for _, start, end in chunks:
        if take(start, end, missing):
            continue
        # a segment may end, or begin, inside a chunk of the text
        start = next((n for n in range(start + 1, end) if take(start, n, tails)), start)
        end = next((n for n in range(start, end) if take(n, end, heads)), end)
        if extra and extra[-1][1] == start:
            extra[-1] = (extra[-1][0], end)
        else:
            extra.append((start, end))
    lacking = []
    for digest, section in zip(digests, found.sections, strict=True):
        if missing[digest] > 0:
            missing[digest] -= 1
            lacking.append(section)
    passages = [" ".join(words[s:e]) for s, e in extra if _skippable(words[:e], s, frozenset() if s else found.title) < e]
    return Match(found.id, False, 1 - len(lacking) / len(digests), tuple(passages), tuple(dict.fromkeys(lacking)))


def identify(text: str, known: Sequence[Fingerprint]) -> list[Match]:
    """Licences that a text is (exact ones alone), else those it resembles, nearest first; empty if none.

    Of a text longer than MAX_CHARACTERS only so much is read, and it is no licence exactly.
    """
    read = Text(text[:MAX_CHARACTERS])
    if len(text) <= MAX_CHARACTERS:
        exact = sorted({f.id for f in known if is_exact(f, read)})
        if exact:
            return [Match(i, True, 1.0, (), ()) for i in exact]
    chunks = cut(read.words)
    have = {c.digest for c in chunks}
    matches = sorted((compare(f, read.words, chunks) for f in known if _near(f, have, len(read.words))), key=lambda m: (-m.share, sum(len(e) for e in m.extra), m.id))
    return list({m.id: m for m in reversed(matches)}.values())[::-1][:3]


def _near(found: Fingerprint, have: set[bytes], words: int) -> bool:
    """Whether enough of a licence is in a text to tell what differs; of a short one less, if the text is short, too."""
    short = len(found.sections) <= SHORT and words <= 120 + 2 * sum(s.words for s in found.segments)
    return sum(sum(map(have.__contains__, s.digests)) for s in found.segments) >= (RESEMBLES * 2 / 3 if short else RESEMBLES) * len(found.sections)


def to_row(found: Fingerprint) -> str:
    """One line of ``data/fingerprints.tsv``: id, own title words, lengths of segments, chunks by section, hashes."""
    counts: list[tuple[str, int]] = []
    for cite in found.sections:
        counts[-1:] = [(cite, counts[-1][1] + 1)] if counts and counts[-1][0] == cite else [*counts[-1:], (cite, 1)]
    return "\t".join(
        (
            found.id,
            " ".join(sorted(found.title - _TITLE_WORDS)),
            ",".join(f"{s.words}:{len(s.digests)}" for s in found.segments),
            "|".join(f"{cite}~{count}" for cite, count in counts),
            base64.b85encode(b"".join(found.digests)).decode(),
        )
    )


def from_row(row: str) -> Fingerprint:
    """A fingerprint from its line."""
    license_id, title, lengths, parts, digests = row.rstrip("\n").split("\t")
    raw = base64.b85decode(digests)
    hashes = iter([raw[n : n + HASH_BYTES] for n in range(0, len(raw), HASH_BYTES)])
    sizes = (part.split(":") for part in lengths.split(","))
    segments = tuple(Segment(int(words), tuple(next(hashes) for _ in range(int(count)))) for words, count in sizes)
    sections = [cite for part in parts.split("|") for cite, _, n in [part.rpartition("~")] for _ in range(int(n))]
    return Fingerprint(license_id, segments, tuple(sections), _TITLE_WORDS | set(title.split()))


def of_file(found: Mapping[str, Any], text: str) -> list[Fingerprint]:
    """The fingerprints of the text that a licence file (as read) was written from: whole, and without the appendix
    that only tells how to put a work under the licence, which many copies leave out."""
    names = [found["name"], *(n for n in found.get("aliases", {}).get("names", ()) if "/" not in n)]
    sections = [(s["cite"].replace("|", "/").replace("~", "-"), s["starts"]) for s in found["sections"]]
    prints = [fingerprint(found["id"], text, sections, names)]
    last = found["sections"][-1]
    if last["as"] == "boilerplate" and re.match(r"appendix|how to apply", last["cite"].casefold()):
        starts = list(re.finditer(r"\W+".join(map(re.escape, re.findall(r"\w+", last["starts"]))), text))
        if starts:
            prints.append(fingerprint(found["id"], text[: starts[-1].start()], sections[:-1], names))
    return prints


@lru_cache(maxsize=2)
def load(folder: Path) -> tuple[Fingerprint, ...]:
    """The fingerprints of a knowledge base, in the order of their ids. Raises OSError if there are none."""
    rows = (folder / "fingerprints.tsv").read_text("utf-8").splitlines()[1:]
    return tuple(from_row(row) for row in rows)
