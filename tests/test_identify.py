"""Texts are recognised as themselves and as nothing else; what differs is told."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

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


@pytest.mark.skipif(not TEXTS, reason="LICGRAPH_TEXTS names no folder with the licence texts")
def test_every_text_read_is_itself_and_no_near_version() -> None:
    assert TEXTS is not None
    texts = {p.stem: p.read_text("utf-8", "replace") for p in Path(TEXTS).glob("*.txt")}
    same: dict[str, set[str]] = {}
    for name, text in texts.items():
        same.setdefault(re.sub(r"\s+", " ", text), set()).add(name)
    for found in KNOWN:
        text = texts[found.id]
        twins = same[re.sub(r"\s+", " ", text)]
        for form in (text, text.upper(), "\n\n".join(textwrap.fill(p, 60, break_long_words=False, break_on_hyphens=False) for p in re.split(r"\n\s*\n", text))):
            names = exact(form)
            assert names, found.id
            assert set(names) <= twins, found.id
