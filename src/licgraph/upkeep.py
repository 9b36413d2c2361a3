"""Keeping the knowledge base: scaffold a licence file from a sibling, record a review, tell what has aged.

Nothing here decides anything about a stack. Files are written whole or not at all, and never over another.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from licgraph.errors import Fault, KnowledgeError
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.sources import read_license_file
from licgraph.texts import normalise, quotes, sha256
from licgraph.yamlfile import read_text

FRESH_DAYS = {"service": 90, "contract": 365}
"""Days after which a text wants to be looked up again: terms of service, other agreements; SPDX texts do not change."""

RECEIPTS = "receipts.tsv"


class Aged(NamedTuple):
    """A text that was last retrieved longer ago than its kind allows (days)."""

    id: str
    retrieved: str
    days: int
    allowed: int


def write_atomically(path: Path, text: str) -> None:
    """Writes a file whole or not at all, whoever else writes it and whenever it is stopped. Raises KnowledgeError when it cannot.

    What is there and is no file (a terminal, a pipe, /dev/null) is written to and stays what it is; a link is replaced, not followed.
    """
    partial = path.with_name(f".licgraph-{os.urandom(8).hex()}.part")
    raw = text.encode("utf-8", "replace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            path.write_bytes(raw)
            return
        with partial.open("xb") as out:
            if path.is_file():
                partial.chmod(stat.S_IMODE(path.stat().st_mode))
            out.write(raw)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise KnowledgeError(Fault(str(path), 0, "", f"cannot be written ({problem.strerror})", "Name a folder you may write to")) from None


def stale(knowledge: Knowledge, today: str) -> list[Aged]:
    """Texts to be looked up again, longest ago first. ``today``: YYYY-MM-DD."""
    found = []
    for license_id in knowledge.license_ids:
        read = knowledge.raw(license_id)
        if knowledge.spdx_name(license_id):
            continue
        allowed = FRESH_DAYS["service" if "service" in read["written-for"] else "contract"]
        retrieved = read["text"].get("retrieved", "")
        days = (date.fromisoformat(today) - date.fromisoformat(retrieved)).days if retrieved else 10**4
        if days > allowed:
            found.append(Aged(license_id, retrieved, days, allowed))
    return sorted(found, key=lambda a: (-a.days, a.id))


def scaffold(new_id: str, sibling: Path, text: Path | None, today: str) -> str:
    """A draft of a licence file, copied from a sibling's; what has to be read anew is marked ``TODO``.

    With the new text at hand, quotes of the sibling that do not stand in it are marked too.
    Raises: KnowledgeError when a file cannot be read.
    """
    found = read_license_file(sibling)
    draft = read_text(sibling, sibling.name, KnowledgeError)
    digest, plain = "0" * 64, ""
    if text is not None:
        content = read_text(text, str(text), KnowledgeError)
        digest, plain = sha256(text.read_bytes()), normalise(content)
    head = f'text:\n  source: TODO where the text was read (URL, or repository and path)\n  date: TODO the date of the text itself, or leave this line out\n  sha256: {digest}\n  retrieved: {today}\n'
    draft = re.sub(r"(?m)^id: .*$", f"id: {new_id}", draft, count=1)
    draft = re.sub(r"(?m)^name: .*$", f"name: TODO the title of the text  # the sibling's: {found['name']}", draft, count=1)
    draft = re.sub(r"(?m)^version: .*\n", "version: TODO or leave this line out\n", draft, count=1)
    draft = re.sub(r"(?m)^text:\n(?:  .*\n)+", lambda _: head, draft, count=1)
    draft = re.sub(r"(?m)^review: .*$", "review: {status: draft}", draft, count=1)
    draft = re.sub(r"(?m)^(spdx: .*|partial: .*)\n", "", draft)
    draft = re.sub(r"(?m)^aliases:\n(?:  .*\n)+", "aliases:\n  names: []  # TODO only names that mean this version and no other\n", draft, count=1)
    draft = re.sub(r"(?m)^    review: \{status: reviewed.*\n", "", draft)
    missing = {where for where, quote in quotes(found) if normalise(quote) not in plain} if text is not None else set()
    for where in missing:
        pattern = rf"(?m)^(  - id: {re.escape(where)}|{re.escape(where)}:)$"
        draft = re.sub(pattern, lambda m: f"# TODO the quote of this one is not in the new text: read it anew, or take it out\n{m.group(1)}", draft, count=1)
    note = "" if text is not None else "; no text was given, so no quote was looked for"
    return f"# Draft from {found['id']}: read every clause against the new text{note}.\n" + draft


def record_review(file: Path, clause: str, by: str, on: str) -> str:
    """Marks a licence file, or one clause of it, as reviewed by a person, with the hash of the text that was read.

    Returns the hash. A disputed reading stays disputed: its dispute has to be settled in the file first.
    Raises: KnowledgeError when the file has changed since its quotes were checked, or there is no such clause.
    """
    found = read_license_file(file)
    before = sha256(file.read_bytes())
    receipts = file.parent.parent / RECEIPTS
    rows = receipts.read_text("utf-8").splitlines() if receipts.is_file() else []
    row = next((n for n, r in enumerate(rows) if r.split("\t")[0] == found["id"]), None)
    if rows and (row is None or rows[row].split("\t")[1] != before):
        raise KnowledgeError(Fault(file.name, 0, "", "the file was changed after its quotes were checked against the text", "Run tools/check_texts.py first"))
    digest = str(found["text"]["sha256"])
    mark = f"review: {{status: reviewed, by: {_quoted(by)}, on: {on}, of: {digest}}}"
    draft = file.read_text("utf-8")
    if not clause:
        if found["review"]["status"] == "disputed":
            raise KnowledgeError(Fault(file.name, 0, "review", "the file is marked disputed", "Settle the dispute in the file first"))
        draft = re.sub(r"(?m)^review: .*$", mark, draft, count=1)
    else:
        match = re.search(rf"(?m)^  - id: {re.escape(clause)}\n(?:    .*\n|\n)+", draft)
        if match is None:
            raise KnowledgeError(Fault(file.name, 0, clause, f"there is no clause `{clause}`", "See licgraph show for the clauses"))
        if re.search(r"(?m)^    review: \{status: disputed", match.group(0)):
            raise KnowledgeError(Fault(file.name, 0, clause, "this clause is marked disputed", "Settle the dispute in the file first"))
        body = re.sub(r"(?m)^    review: .*\n", "", match.group(0)).rstrip("\n")
        draft = f"{draft[: match.start()]}{body}\n    {mark}\n{draft[match.end() :]}"
    write_atomically(file, draft)
    read_license_file(file)
    if row is not None:
        rows[row] = "\t".join((found["id"], sha256(file.read_bytes()), rows[row].split("\t")[2]))
        write_atomically(receipts, "\n".join(rows) + "\n")
    return digest


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def coverage(knowledge: Knowledge) -> Iterable[tuple[str, ...]]:
    """One row a licence: id, version, retrieved, sections, clauses computed, for counsel, disputed, silent on, review."""
    for license_id in sorted(knowledge.license_ids, key=str.casefold):
        read = knowledge.raw(license_id)
        clauses = read["clauses"]
        counsel = sum(c["kind"] == "for-counsel" for c in clauses)
        disputed = sum((c.get("review") or {}).get("status") == "disputed" for c in clauses)
        yield (
            license_id, read.get("version", ""), read["text"].get("retrieved", ""), str(len(read["sections"])), str(len(clauses) - counsel), str(counsel), str(disputed or ""),
            " ".join(read["silent-on"]), f"{read['review']['status']}{', in part' if read.get('partial') else ''}",
        )  # fmt: skip
