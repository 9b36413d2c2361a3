"""Checks a licence file against the text it was read from: quotes, sections, hashes.

The texts themselves are not part of licgraph. Where they are at hand (``LICGRAPH_TEXTS``) every quote is
searched in its own text and a receipt is written; elsewhere the receipts tell whether a file was changed
after its last check.

Normalisation, the only one there is: typographic quotes and dashes become plain ones; Markdown emphasis
and escapes (``*``, ``_`` around words, ``\\``), comment and list marks at the start of a line are dropped;
hyphenation at a line's end is kept as written; every run of white space becomes one blank; case is kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

MAX_QUOTE_WORDS = 20

_MARKS = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "´": "'", "–": "-", "—": "-", "‑": "-", "\u00a0": " ", "…": "...", "\\": "", "*": "", "`": "'"})


def normalise(text: str) -> str:
    """Text with typographic variety and line breaks levelled, as described above."""
    text = re.sub(r"(?m)^[ \t]*(?:[>|#;]+|//|\*|-|•)[ \t]+", "", text)
    text = text.translate(_MARKS)
    text = re.sub(r"(?<!\w)_+|_+(?!\w)", "", text)
    return re.sub(r"\s+", " ", text).strip()


def sha256(data: bytes) -> str:
    """Hex digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def units(text: str) -> list[tuple[str, int]]:
    """The parts of a text that must be accounted for: ``(label, offset in the raw text)``.

    Lines numbered 1, 2, 3 … in sequence (also «Section 1», «Article 1», Roman numerals, «§ 1») when
    there are at least three of them; else its headings, where there are four or more; else every paragraph
    of eight or more words.
    """
    numbered: list[tuple[str, int]] = []
    for pattern, value in (
        (r"(?mi)^[ \t>#*_]*(?:section|article|§)[ \t]*(\d{1,2})\b", int),
        (r"(?mi)^[ \t>#*_]*(?:section|article|paragraph|§)?[ \t]*\(?(\d{1,2})(?:\.0)?(?:[.):\-–]|[ \t]+[A-Z\-–]|(?=\*))", int),
        (r"(?m)^[ \t>#*_]*(?:Section |Article )?([IVX]{1,5})[.):]", _roman),
    ):
        wanted, found = 1, list[tuple[str, int]]()
        for match in re.finditer(pattern, text):
            number = value(match.group(1))
            if number == wanted:
                found.append((match.group(1), match.start(1)))
                wanted += 1
            elif number == 1 and len(found) < 3:
                wanted, found = 2, [(match.group(1), match.start(1))]
        numbered = max(numbered, found, key=len)
    if len(numbered) >= 3:
        return numbered
    headings = [(m.group(1), m.start(1)) for m in re.finditer(r"(?m)^#{1,4} +(\S.*)$", text)]
    headings += [(m.group(1), m.start(1)) for m in re.finditer(r"(?m)^(\S.*)\n[-=]{3,}[ \t]*$", text)]
    if len(headings) >= 4:
        return sorted(headings, key=lambda h: h[1])
    paragraphs = []
    for number, match in enumerate(re.finditer(r"(?s)(?:\A|\n[ \t]*\n)(.+?)(?=\n[ \t]*\n|\Z)", text), 1):
        if len(match.group(1).split()) >= 8:
            paragraphs.append((f"paragraph {number}", match.start(1)))
    return paragraphs


def _roman(digits: str) -> int:
    values = {"I": 1, "V": 5, "X": 10}
    total = 0
    for here, after in zip(digits, digits[1:] + " ", strict=False):
        total += -values[here] if values.get(after, 0) > values[here] else values[here]
    return total


def quotes(found: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Every ``(where, quote)`` of a licence or exception file as read."""
    for part in ("clauses", "changes"):
        for clause in found.get(part, ()):
            yield clause.get("id") or clause["clause"], clause["quote"]
    for part in ("relabel", "further-restrictions", "not-released-to", "changes-to"):
        if part in found:
            yield part, found[part]["quote"]


def check(found: Mapping[str, Any], texts: Path) -> list[str]:
    """What is wrong between a licence file (as read by its shape) and the text it names; empty if nothing."""
    entry = found["text"]
    path = texts / f"{entry.get('file', found['id'])}.txt"
    if not path.is_file():
        return [f"{found['id']}: its text {path.name} is not among the texts"]
    raw = path.read_bytes()
    wrong = []
    if sha256(raw) != entry["sha256"]:
        wrong.append(f"{found['id']}: text.sha256 is not that of {path.name} ({sha256(raw)})")
    text = raw.decode("utf-8", "replace")
    plain = normalise(text)
    for where, quote in quotes(found):
        if len(quote.split()) > MAX_QUOTE_WORDS:
            wrong.append(f"{found['id']}: {where}: the quote is longer than {MAX_QUOTE_WORDS} words")
        if normalise(quote) not in plain:
            wrong.append(f"{found['id']}: {where}: this quote is not in the text: {quote!r}")
    for instrument in found.get("instruments", ()):
        if "text" in instrument:
            file = texts / f"{instrument['text'].get('file', '')}.txt"
            if not file.is_file() or sha256(file.read_bytes()) != instrument["text"]["sha256"]:
                wrong.append(f"{found['id']}: instrument {instrument['id']}: file or sha256 does not match")
    return wrong + _check_sections(found, text)


def _check_sections(found: Mapping[str, Any], text: str) -> list[str]:
    """Sections stand in the order of the text, each begins where it says, and no unit is left out."""
    wrong: list[str] = []
    plain = normalise(text)
    starts: list[int] = []
    at = 0
    for section in found["sections"]:
        start = plain.find(normalise(section["starts"]), at)
        if start < 0:
            known = normalise(section["starts"]) in plain
            wrong.append(f"{found['id']}: section {section['cite']}: starts {section['starts']!r} " + ("stands before the section listed above it" if known else "is not in the text"))
            continue
        starts.append(start)
        at = start + 1
    clauses = {c.get("id") or c["clause"] for part in ("clauses", "changes") for c in found.get(part, ())}
    named = {c for s in found["sections"] if s["as"] != "boilerplate" for c in s["as"]}
    wrong += [f"{found['id']}: sections name `{c}`, which is no clause" for c in sorted(named - clauses)]
    wrong += [f"{found['id']}: clause `{c}` stands in no section" for c in sorted(clauses - named)]
    wrong += [f"{found['id']}: section {s['cite']} is boilerplate: say what it is about" for s in found["sections"] if s["as"] == "boilerplate" and not s.get("about")]
    bounds = units(text)
    for number, (label, offset) in enumerate(bounds):
        begin = len(normalise(text[:offset]))
        stop = len(normalise(text[: bounds[number + 1][1]])) if number + 1 < len(bounds) else len(plain)
        if not any(begin - 12 <= start < stop for start in starts):
            wrong.append(f"{found['id']}: no section begins in {label} of the text: {plain[begin : begin + 60]!r}")
    return wrong
