"""Texts are recognised as themselves and as nothing else; what differs is told."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from licgraph.cli import cli
from licgraph.fingerprints import Fingerprint, from_row, identify, load, to_row
from licgraph.index import data_folder

from .conftest import ROOT

KNOWN = load(data_folder())
APACHE = (ROOT / "LICENSE").read_text("utf-8")
TEXTS = os.environ.get("LICGRAPH_TEXTS")


def exact(text: str) -> list[str]:
    return [m.id for m in identify(text, KNOWN) if m.exact]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t, str.upper, lambda t: "\n\n".join(textwrap.fill(p, 44) for p in t.split("\n\n")), lambda t: " ".join(t.split()), lambda t: "Copyright (c) 2031 Somebody GmbH\n\n" + t,
        lambda t: t.replace("[yyyy] [name of copyright owner]", "2031 Somebody"),
    ],
)  # fmt: skip
def test_apache_is_apache(change: object) -> None:
    assert exact(change(APACHE)) == ["Apache-2.0"]  # type: ignore[operator]


def test_a_changed_clause_is_a_resemblance() -> None:
    changed = APACHE.replace("You may reproduce and distribute copies of the", "You may for non-commercial ends reproduce and distribute copies of the")
    assert changed != APACHE
    (first, *_) = identify(changed, KNOWN)
    assert not first.exact
    assert first.id == "Apache-2.0"
    assert any("for non commercial ends" in extra for extra in first.extra)
    assert first.missing == ("4",) or "4" in first.missing[0]


def test_a_missing_clause_is_a_resemblance() -> None:
    start, stop = APACHE.index("3. Grant of Patent License"), APACHE.index("4. Redistribution")
    (first, *_) = identify(APACHE[:start] + APACHE[stop:], KNOWN)
    assert (first.id, first.exact) == ("Apache-2.0", False)
    assert "3" in first.missing


def test_an_unrelated_text_is_none() -> None:
    assert identify((ROOT / "README.md").read_text("utf-8"), KNOWN) == []
    assert identify("", KNOWN) == []


def test_rows_survive_the_file() -> None:
    assert all(isinstance(f, Fingerprint) and from_row(to_row(f)) == f for f in KNOWN)


def test_the_command(tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.write_text(APACHE.replace("irrevocable\n", "revocable\n"))
    run = CliRunner().invoke
    assert run(cli, ["licenses", "identify", str(ROOT / "LICENSE")]).stdout.endswith("Apache-2.0\n")
    near = run(cli, ["licenses", "identify", str(changed)])
    assert near.exit_code == 1
    assert "resembles Apache-2.0" in near.stdout
    assert run(cli, ["licenses", "identify", str(ROOT / "README.md"), "-f", "json"]).exit_code == 3
    assert run(cli, ["licenses", "identify", str(tmp_path / "none")]).exit_code == 2


def test_compare() -> None:
    run = CliRunner().invoke
    text = run(cli, ["licenses", "compare", "llama3", "llama3.1"]).stdout
    assert "≠ no-training-other-models" in text
    assert run(cli, ["licenses", "compare", "MIT", "MIT", "-f", "markdown"]).stdout.count("≠") == 0
    assert run(cli, ["licenses", "compare", "MIT", "gpl-3.0"]).exit_code == 2


# Every text that was read, in every dress in which it may be met.

needs_texts = pytest.mark.skipif(not TEXTS, reason="LICGRAPH_TEXTS names no folder with the licence texts")
LONG = 60_000  # texts of more characters are tried in fewer forms

NOTICE = r"(?im)^(?P<lead>[^\w\n©]*(?:portions )?(?:copyright *(?:\(c\)|©)?|©|\(c\)) *)(?P<years>(?:[\[<]?(?:yyyy|year)[\]>]?|\d{4})(?:[-–, ]+\d{4})*)(?P<holder>[, ]+(?:\[[^\]\n]*\]|<[^>\n]*>|[^\n,.;]*))"
SENTENCE = re.compile(r"(?i)\b(?:is|are|may|you|your|this|licensed|distributed|permission|permitted|redistribution|everyone|under|for|to|license|means|note|by using|some)\b")
MONTHS = "january february march april may june july august september october november december jan feb mar apr jun jul aug sep oct nov dec"


@lru_cache(maxsize=1)
def texts() -> dict[str, str]:
    assert TEXTS is not None
    return {p.stem: p.read_text("utf-8", "replace") for p in sorted(Path(TEXTS).glob("*.txt"))}


@lru_cache(maxsize=1)
def twins() -> dict[str, set[str]]:
    """Ids by text: some licences have the same words."""
    same: dict[str, set[str]] = {}
    for found in KNOWN:
        same.setdefault(plain(texts()[found.id]), set()).add(found.id)
    return {i: ids for ids in same.values() for i in ids}


@lru_cache(maxsize=1)
def names() -> dict[str, set[str]]:
    """The words each licence is called by, without a look at its fingerprint."""
    found = {}
    for file in sorted((ROOT / "data" / "licenses").glob("*.yaml")):
        said = re.findall(r"(?m)^name: (.*)$|^  names: (\[.*)$", file.read_text("utf-8"))
        found[file.stem] = set(re.findall(r"[a-z0-9]+", f"{file.stem} {said}".casefold()))
    return found


def plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def wrapped(text: str, width: int) -> str:
    return "\n\n".join(textwrap.fill(p, width, break_long_words=False, break_on_hyphens=False) for p in re.split(r"\n\s*\n", text))


def one_line(text: str) -> str:
    return " ".join(text.split())


def title_of(name: str, text: str) -> int:
    """Where the first lines end that hold no more than the licence's name, a version and a date."""
    end = 0
    known = names()[name] | set(f"the a of and license licence agreement terms public version v last updated modified effective release date dated {MONTHS}".split())
    for line in text.splitlines(keepends=True):
        if not all(w in known or w[0].isdigit() for w in plain(line).split()):
            break
        end += len(line)
    return end


def untitled(name: str, text: str) -> str:
    return text[title_of(name, text) :]


def under_title(name: str, text: str, notice: str) -> str:
    end = title_of(name, text)
    return f"{text[:end].rstrip()}\n\n{notice}\n\n{text[end:].lstrip()}"


def without_notices(_: str, text: str) -> str:
    """Copyright lines, and what they run on into, taken out."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        rest = re.sub(NOTICE, "", line)
        inside = (rest != line or (inside and bool(line.strip(" \t*")))) and not SENTENCE.search(re.sub(r"(?i)all rights reserved|^[^\w]*(?:by|the) ", "", rest if rest != line else line))
        if not inside:
            lines.append(line)
    return "\n".join(lines)


def dressed(text: str, mark: str) -> str:
    return "\n".join(mark + line for line in text.splitlines())


def bold(text: str) -> str:
    return "\n".join(("## " + line if len(line) < 40 else re.sub(r"(\w+)", r"**\1**", line, count=1)) for line in text.splitlines())


FOO = "Copyright (c) 2019-2024 Foo, Inc. and contributors"
SEVERAL = "Copyright © 2001, 2003-2007 The Regents of the University of Bielefeld\nCopyright 2011 J. R. Hacker <jrh@example.org>. All rights reserved.\n(c) 2020 Müller & Söhne GmbH"
FORMS: dict[str, Callable[[str, str], str]] = {
    "as it is": lambda n, t: t,
    "width 44": lambda n, t: wrapped(t, 44),
    "width 100": lambda n, t: wrapped(t, 100),
    "one line": lambda n, t: one_line(t),
    "upper case": lambda n, t: t.upper(),
    "lower case, one line": lambda n, t: one_line(t.lower()),
    "notice on top": lambda n, t: f"{FOO}\n\n{t}",
    "notices on top, one line": lambda n, t: one_line(f"{SEVERAL}\n\n{t}"),
    "notice on top, upper case": lambda n, t: f"{FOO}\n\n{t}".upper(),
    "notices under the title": lambda n, t: under_title(n, t, SEVERAL),
    "notice under the title, one line": lambda n, t: one_line(under_title(n, t, FOO)),
    "notice at the end": lambda n, t: f"{t}\n\n{FOO}\n",
    "other year": lambda n, t: re.sub(NOTICE, r"\g<lead>2031\g<holder>", t),
    "other holder": lambda n, t: re.sub(NOTICE, r"\g<lead>\g<years> Somebody Else and Sons GmbH", t),
    "other notice, one line": lambda n, t: one_line(re.sub(NOTICE, FOO, t)),
    "no notices": without_notices,
    "no notices, one line": lambda n, t: one_line(without_notices(n, t)),
    "no title": untitled,
    "no title, one line": lambda n, t: one_line(untitled(n, t)),
    "no title, but a notice": lambda n, t: f"{FOO}\n\n{untitled(n, t)}",
    "neither title nor notices": lambda n, t: without_notices(n, untitled(n, t)),
    "headings and bold": lambda n, t: bold(t),
    "quoted": lambda n, t: dressed(wrapped(t, 60), "> "),
    "comment": lambda n, t: "/*\n" + dressed(f"{FOO}\n\n{wrapped(t, 70)}", " * ") + "\n */\n",
    "line comment": lambda n, t: dressed(t, "// "),
    "CRLF and BOM": lambda n, t: "\ufeff" + t.replace("\n", "\r\n"),
    "typographic": lambda n, t: re.sub(r'"(?=\w)', "“", t).replace('"', "”").replace("'", "’").replace("-", "\u2011").replace(", ", ",\u00a0"),
    "typewriter": lambda n, t: re.sub("[“”„]", '"', re.sub("[‘’]", "'", re.sub("[–—‑‐]", "-", t))).replace("Copyright ©", "Copyright (c)"),
}  # fmt: skip
FEW = ("as it is", "notices on top, one line", "upper case", "neither title nor notices", "comment")


@needs_texts
@pytest.mark.parametrize("form", FORMS)
def test_every_text_read_is_itself_in_every_form(form: str) -> None:
    """And none is taken for another, however near."""
    wrong, tried = [], 0
    for found in KNOWN:
        text = texts()[found.id]
        changed = FORMS[form](found.id, text)
        if (changed == text and form != "as it is") or (len(text) > LONG and form not in FEW):
            continue
        tried += 1
        got = set(exact(changed))
        if not got or not got <= twins()[found.id]:
            wrong.append((found.id, got))
    assert tried
    assert wrong == []


COPYRIGHT = re.compile(r"(?i)copyright\W{0,3}(?:c\)|©|\d{4}|\[|<)|©|\(c\)\s*\d{4}|rights\s+reserved")
WORDS = ("not", "never", "only", "non-commercial", "purple", "except", "twelve", "research")


def operative(name: str, text: str) -> list[re.Match[str]]:
    """The words of a text that stand neither in its title nor in or beside a copyright line."""
    found: list[re.Match[str]] = []
    at, begun, beside = title_of(name, text), False, False
    for line in text[at:].splitlines(keepends=True):
        here = bool(COPYRIGHT.search(line)) and len(line) < 200
        begun = begun or (len(line.split()) > 6 and not here and not line.isupper())
        if begun and not here and not beside:
            found += (w for w in re.compile(r"[^\W_]+").finditer(text, at, at + len(line)) if w[0] not in "cC")
        at, beside = at + len(line), here
    return found


def put(text: str, word: re.Match[str], new: str) -> str:
    return text[: word.start()] + new + text[word.end() :]


def insert(text: str, words: list[re.Match[str]], dice: Random) -> str:
    word = dice.choice(words)
    return put(text, word, f"{word[0]} {dice.choice(WORDS)}")


def delete(text: str, words: list[re.Match[str]], dice: Random) -> str:
    return put(text, dice.choice(words), "")


def exchange(text: str, words: list[re.Match[str]], dice: Random) -> str:
    word = dice.choice(words)
    return put(text, word, dice.choice([w for w in WORDS if w != word[0].casefold()]))


def negate(text: str, words: list[re.Match[str]], dice: Random) -> str:
    word = dice.choice([w for w in words if re.fullmatch("(?i)may|shall|must|will|is|are|can", w[0])] or words)
    return put(text, word, f"{word[0]} not")


def recount(text: str, words: list[re.Match[str]], dice: Random) -> str:
    word = dice.choice([w for w in words if w[0].isdecimal()] or words)
    return put(text, word, str(int(word[0]) + dice.randint(1, 9)) if word[0].isdecimal() else "30")


def restrict(text: str, words: list[re.Match[str]], dice: Random) -> str:
    word = dice.choice([w for w in words if re.fullmatch("(?i)commercial|use|uses|purpose|purposes|software|work", w[0])] or words)
    return put(text, word, f"non-commercial {word[0]}")


CHANGES = (insert, delete, exchange, negate, recount, restrict)


@needs_texts
@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_no_changed_text_is_taken_for_exact(change: Callable[[str, list[re.Match[str]], Random], str]) -> None:
    """One operative word put in, left out or exchanged: a resemblance, and what differs is told."""
    wrong, tried = [], 0
    for found in KNOWN:
        text = texts()[found.id]
        if len(text) > LONG and change is not restrict:
            continue
        words = operative(found.id, text)
        dice = Random(f"{change.__name__} {found.id} 1")
        changed = change(text, words, dice)
        if plain(changed) == plain(text):
            continue
        tried += 1
        matches = identify(changed, KNOWN)
        mine = [m for m in matches if m.id in twins()[found.id]]
        if any(m.exact for m in matches) or not mine or not (mine[0].extra or mine[0].missing):
            wrong.append((found.id, [(m.id, m.exact, m.share) for m in matches]))
    assert tried > 200
    assert wrong == []


@needs_texts
@pytest.mark.parametrize("notice", ["Copyright (c) 2010-present Facebook, Inc. and its affiliates.", "Copyright JS Foundation and other contributors <https://js.foundation/>", "Copyright (c) Microsoft Corporation. All rights reserved.", "Copyright (c) 2013-2024 Will McGugan", "© 2007 Fraunhofer-Gesellschaft zur Förderung der angewandten Forschung e.V."])
@pytest.mark.parametrize("title", ["", "The MIT License (MIT)\n\n", "SPDX-License-Identifier: MIT\n"])
def test_copyright_lines_as_they_are_met(title: str, notice: str) -> None:
    text = texts()["MIT"]
    assert exact(f"{title}{notice}\n\n{text}") == exact(one_line(f"{title}{notice} {text}".lower())) == ["MIT"]
    assert exact(f"Apache License\n{notice}\n\n{text}") == []


@needs_texts
@pytest.mark.parametrize(
    "line",
    [
        "Copyright (c) 2020 Foo, provided that no commercial use is made.", "Copyright (c) 2020 Foo. Non-commercial use only.", "Copyright 2020 Foo. All rights reserved except as granted.",
        "Copyright (c) 2020 Foo, for research and evaluation", "© 2020 Foo. You must pay the author.", "Copyright (c) 2020 Foo\nNot for production.", "No commercial use.", "Copyright 2020 Foo; military bodies excluded", "Copyright 2020 Foo. Please give credit.", "Copyright 2020 Foo\nMake changes public!",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["MIT", "BSD-2-Clause", "Apache-2.0", "GPL-2.0-only", "LicenseRef-Llama-2-Community", "ISC", "Zlib"])
def test_no_term_hides_in_a_copyright_line(name: str, line: str) -> None:
    text = texts()[name]
    for changed in (f"{line}\n\n{text}", one_line(f"{line} {text}"), under_title(name, text, line).lower(), f"{text}\n{line}\n", re.sub(NOTICE, line, text) + ("" if re.search(NOTICE, text) else line)):
        assert exact(changed) == []


def test_every_dress_of_a_text_at_hand() -> None:
    """What the tests above do with all texts, for those who have none of them."""
    for form in ("width 44", "one line", "upper case", "headings and bold", "comment", "CRLF and BOM", "typographic", "other notice, one line", "no title"):
        assert exact(FORMS[form]("Apache-2.0", APACHE)) == ["Apache-2.0"], form
    for change in CHANGES:
        assert exact(change(APACHE, operative("Apache-2.0", APACHE), Random(change.__name__))) == []


def test_long_and_odd_texts_are_read_to_the_end(tmp_path: Path) -> None:
    run = CliRunner().invoke
    for name, raw, code in (("empty", b"", 3), ("binary", bytes(range(256)) * 40, 2), ("bytes", APACHE.encode() + b"\xff\xfe\xe9", 2), ("big", b"x " * 25_000_000, 2), ("blank", b" \n\t" * 999, 3)):
        (tmp_path / name).write_bytes(raw)
        result = run(cli, ["licenses", "identify", str(tmp_path / name)])
        assert (result.exit_code, result.exception.__class__) == (code, SystemExit), name
    assert identify("the copyright notice " * 350_000, KNOWN) == []
    assert not any(m.exact for m in identify(APACHE * 700, KNOWN))
    assert exact("copyright 2020 foo, " * 40_000 + APACHE) == []
    assert exact("copyright 2020 foo, " * 400 + APACHE) == ["Apache-2.0"]


def test_an_appendix_on_how_to_apply_it_may_be_left_out() -> None:
    body = APACHE[: APACHE.index("APPENDIX: How to apply")]
    assert exact(body) == ["Apache-2.0"]
    assert exact(body.replace("irrevocable", "revocable")) == []
    assert [m.id for m in identify(body.replace("irrevocable", "revocable"), KNOWN)].count("Apache-2.0") == 1
    assert exact(body[: body.index("8. Limitation")]) == []
