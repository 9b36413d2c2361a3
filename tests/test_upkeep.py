"""Adding a licence, recording a review, telling what has aged: on copies, never on the repository's own files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from licgraph import upkeep
from licgraph.cli import cli
from licgraph.errors import KnowledgeError
from licgraph.knowledge import Knowledge, load
from licgraph.sources import read_license_file

from .conftest import ROOT

APACHE = ROOT / "LICENSE"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def test_a_scaffold_marks_what_the_new_text_does_not_say(tmp_path: Path) -> None:
    text = tmp_path / "text"
    assert "a readable copy of the attribution notices" in APACHE.read_text("utf-8")
    text.write_text(APACHE.read_text("utf-8").replace("a readable copy of the attribution notices", "a summary of the notices"), "utf-8")
    done = run("licenses", "new", "LicenseRef-Apache-Like", "--like", "apache-2.0", "--text", str(text), "--into", str(tmp_path))
    assert done.exit_code == 0, done.output
    file = tmp_path / "LicenseRef-Apache-Like.yaml"
    draft = file.read_text("utf-8")
    assert draft.count("# TODO the quote of this one is not in the new text") == 1
    assert "spdx:" not in draft
    found = read_license_file(file)  # a scaffold is a valid file from the start
    assert found["id"] == "LicenseRef-Apache-Like"
    assert found["text"]["sha256"] == upkeep.sha256(text.read_bytes())
    assert found["review"]["status"] == "draft"


def test_a_scaffold_never_writes_over_a_file(tmp_path: Path) -> None:
    words = ("licenses", "new", "LicenseRef-New", "--like", "MIT", "--into", str(tmp_path))
    assert run(*words).exit_code == 0
    (tmp_path / "LicenseRef-New.yaml").write_text("mine", "utf-8")
    again = run(*words)
    assert again.exit_code == 2
    assert "already" in again.output
    assert (tmp_path / "LicenseRef-New.yaml").read_text("utf-8") == "mine"
    assert run("licenses", "new", "No Such Id", "--like", "MIT", "--into", str(tmp_path)).exit_code == 2
    assert run("licenses", "new", "LicenseRef-Other", "--like", "gpl-3.0", "--into", str(tmp_path)).exit_code == 2


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(ROOT / "data", folder)
    return folder


def test_a_review_is_recorded_with_the_hash_of_the_text(base: Path) -> None:
    done = run("licenses", "review", "MIT", "--by", "A. Counsel", "--on", "2026-12-01", "--knowledge", str(base))
    assert done.exit_code == 0, done.output
    found = read_license_file(base / "licenses" / "MIT.yaml")
    assert {k: v for k, v in found["review"].items() if not k.startswith("__")} == {"status": "reviewed", "by": "A. Counsel", "on": "2026-12-01", "of": found["text"]["sha256"]}
    receipt = next(r for r in (base / "receipts.tsv").read_text("utf-8").splitlines() if r.startswith("MIT\t"))
    assert receipt.split("\t")[1] == upkeep.sha256((base / "licenses" / "MIT.yaml").read_bytes())
    load.cache_clear()
    assert load(base).license("MIT").review == "reviewed"
    load.cache_clear()


def test_a_clause_is_reviewed_by_itself(base: Path) -> None:
    assert run("licenses", "review", "MIT/licence-text", "--by", "A", "--on", "2026-12-01", "--knowledge", str(base)).exit_code == 0
    assert run("licenses", "review", "MIT/licence-text", "--by", "B", "--on", "2026-12-02", "--knowledge", str(base)).exit_code == 0
    clauses = {c["id"]: c for c in read_license_file(base / "licenses" / "MIT.yaml")["clauses"]}
    assert clauses["licence-text"]["review"]["by"] == "B"
    assert "review" not in clauses["keep-notices"]


def test_what_cannot_be_reviewed_is_refused(base: Path) -> None:
    file = base / "licenses" / "Apache-2.0.yaml"
    with pytest.raises(KnowledgeError, match="no clause"):
        upkeep.record_review(file, "no-such-clause", "A", "2026-12-01")
    with pytest.raises(KnowledgeError, match="disputed"):
        upkeep.record_review(file, "keep-notice-file", "A", "2026-12-01")
    file.write_text(file.read_text("utf-8") + "notes: changed\n", "utf-8")
    with pytest.raises(KnowledgeError, match="changed after its quotes"):
        upkeep.record_review(file, "", "A", "2026-12-01")


def test_no_shipped_file_claims_a_review(knowledge: Knowledge) -> None:
    for license_id in (*knowledge.license_ids, *knowledge.exception_ids):
        read = knowledge.raw(license_id)
        assert read["review"]["status"] == "draft", license_id
        assert [c for c in read.get("clauses", ()) if (c.get("review") or {}).get("status") == "reviewed"] == [], license_id


def test_what_has_aged(knowledge: Knowledge) -> None:
    assert upkeep.stale(knowledge, "2026-11-23") == []
    later = upkeep.stale(knowledge, "2027-04-01")
    assert {a.id for a in later} == {i for i in knowledge.license_ids if "service" in knowledge.license(i).written_for and not knowledge.spdx_name(i)}
    assert "MIT" not in {a.id for a in upkeep.stale(knowledge, "2036-01-01")}
    assert run("licenses", "--stale", "--as-of", "2026-11-23").exit_code == 0
    assert run("licenses", "--stale", "--as-of", "2027-04-01").exit_code == 1
    assert run("licenses", "--stale", "--as-of", "soon").exit_code == 2
