"""The knowledge base against its texts, its receipts and itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from licgraph.errors import KnowledgeError
from licgraph.index import data_folder
from licgraph.knowledge import Knowledge, load
from licgraph.sources import compile_index, read_license_file
from licgraph.texts import check, normalise, sha256, units

from .conftest import ROOT

FILES = sorted((ROOT / "data" / "licenses").glob("*.yaml"))
TEXTS = os.environ.get("LICGRAPH_TEXTS")


def _receipts() -> dict[str, tuple[str, str]]:
    rows = (line.split("\t") for line in (ROOT / "data" / "receipts.tsv").read_text("utf-8").splitlines()[1:])
    return {name: (of_file, of_text) for name, of_file, of_text in rows}


@pytest.mark.skipif(not TEXTS, reason="LICGRAPH_TEXTS names no folder with the licence texts; receipts are checked instead")
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_file_agrees_with_its_text(path: Path) -> None:
    """Every quote stands in the text, every section of the text is accounted for."""
    assert TEXTS is not None
    assert check(read_license_file(path), Path(TEXTS)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_file_has_a_receipt(path: Path) -> None:
    """Nobody changed a licence file without putting it beside its text again (tools/check_texts.py)."""
    assert _receipts().get(path.stem) == (sha256(path.read_bytes()), read_license_file(path)["text"]["sha256"])


def test_no_receipt_without_a_file() -> None:
    assert set(_receipts()) == {p.stem for p in FILES}


def test_same_as_clauses_are_equal(knowledge: Knowledge) -> None:
    """A clause declared the same as a sibling's computes the same."""
    parts = ("kind", "duty", "value", "nature", "acts", "reaches", "when", "unless", "limit", "fixes", "treats", "rests-on")
    compared = 0
    for license_id in knowledge.license_ids:
        for clause in knowledge.raw(license_id)["clauses"]:
            if "same-as" not in clause:
                continue
            other_id, _, name = clause["same-as"].partition("/")
            other = next(c for c in knowledge.raw(other_id)["clauses"] if c["id"] == name)

            def comparable(c: dict, part: str) -> object:  # type: ignore[type-arg]
                found = c.get(part)
                if part == "value" or (part == "kind" and found in ("condition", "prohibition")):
                    return None
                if isinstance(found, dict):
                    return {k: comparable(found, k) for k in found if not k.startswith("__")}
                return sorted(found) if isinstance(found, list) else found

            assert [comparable(clause, p) for p in parts] == [comparable(other, p) for p in parts], f"{license_id}/{clause['id']}"
            compared += 1
    assert compared > 50


def test_first_licences_are_encoded(knowledge: Knowledge) -> None:
    wanted = ["MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Apache-2.0", "BSL-1.0", "Unlicense", "0BSD", "MPL-2.0", "MPL-2.0-no-copyleft-exception", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "AGPL-3.0-only", "AGPL-3.0-or-later", "EPL-2.0", "CDDL-1.0", "EUPL-1.2", "Artistic-2.0", "BUSL-1.1", "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "ODC-By-1.0", "ODbL-1.0", "PDDL-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "C-UDA-1.0", "OpenMDW-1.0", "LicenseRef-LLaMA-1-Noncommercial", "LicenseRef-Llama-2-Community", "LicenseRef-Llama-3-Community", "LicenseRef-Llama-3.1-Community", "LicenseRef-Llama-3.2-Community", "LicenseRef-Llama-3.3-Community", "LicenseRef-Llama-4-Community", "LicenseRef-Gemma-Terms-2024-04-01", "LicenseRef-Gemma-Terms-2025-03-24", "LicenseRef-BigScience-BLOOM-RAIL-1.0", "LicenseRef-BigScience-OpenRAIL-M", "LicenseRef-CreativeML-OpenRAIL-M", "LicenseRef-CreativeML-OpenRAILpp-M", "LicenseRef-BigCode-OpenRAIL-M-1", "LicenseRef-DeepSeek-License-1.0", "LicenseRef-Qwen-2024-09-19", "LicenseRef-Qwen-Research-2024-09-19", "LicenseRef-Stability-Community-2024-07-05", "LicenseRef-Stability-SDXL-Turbo-NC", "LicenseRef-FLUX-1-dev-NC-1.1.1", "LicenseRef-Mistral-MRL-0.1", "LicenseRef-Kimi-K2.5-Modified-MIT", "LicenseRef-EXAONE-1.1-NC", "LicenseRef-NVIDIA-Open-Model-2025-10-24", "LicenseRef-OpenAI-Terms-of-Use-2024-12-11", "LicenseRef-Anthropic-Commercial-Terms-2025-06-17"]
    assert [i for i in wanted if i not in knowledge.license_ids] == []
    assert "Classpath-exception-2.0" in knowledge.exception_ids


def test_every_clause_has_a_nature_that_is_computed(knowledge: Knowledge) -> None:
    for license_id in knowledge.license_ids:
        for clause in knowledge.license(license_id).clauses:
            if clause.kind in ("condition", "prohibition"):
                assert clause.nature in ("travels", "binds", "fixes", "ban"), clause.ref
                assert clause.acts, clause.ref
                assert clause.reaches, clause.ref
                assert clause.nature != "fixes" or clause.fixes_to is not None, clause.ref


def test_no_reviewer_is_invented(knowledge: Knowledge) -> None:
    """A file that no named person has reviewed is a draft."""
    for license_id in knowledge.license_ids:
        review = knowledge.raw(license_id)["review"]
        assert review["status"] == "draft" or review.get("by"), license_id


def test_profiles_take_every_named_value(knowledge: Knowledge) -> None:
    for profile in knowledge.profiles.values():
        for name, value in profile.values.items():
            assert value in knowledge.assumptions[name].values


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("apache-2.0", ["Apache-2.0"]),
        ("Apache License 2.0", ["Apache-2.0"]),
        ("llama3.1", ["LicenseRef-Llama-3.1-Community"]),
        ("llama-3.1-license-2024", ["LicenseRef-Llama-3.1-Community"]),
        ("gpl-3.0", ["GPL-3.0-only", "GPL-3.0-or-later"]),
        ("bsl-1.0", ["BSL-1.0"]),
        ("no-such-licence", []),
    ],
)
def test_names(name: str, ids: list[str], knowledge: Knowledge) -> None:
    assert list(knowledge.resolve(name).ids) == ids


def test_near_names_are_offered(knowledge: Knowledge) -> None:
    assert "Apache-2.0" in knowledge.near("apache-2.1")


def test_index_rebuilds_itself_when_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "data"
    shutil.copytree(data_folder(), folder)
    before = load(folder)
    assert before.license("MIT").name == "MIT License"
    load.cache_clear()
    file = folder / "licenses" / "MIT.yaml"
    file.write_text(file.read_text("utf-8").replace("name: MIT License", "name: Another name"), "utf-8")
    after = load(folder)
    load.cache_clear()
    assert after.license("MIT").name == "Another name"
    assert before.version != after.version


@pytest.mark.parametrize("damage", [b"", b"garbage", b"x\n{}"])
def test_a_damaged_cache_is_rebuilt(damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load.cache_clear()
    version = load().version
    (cached,) = (tmp_path / "licgraph").iterdir()
    cached.write_bytes(damage)
    load.cache_clear()
    assert load().version == version
    load.cache_clear()


def test_all_faults_of_the_knowledge_base_come_at_once(tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "data"
    shutil.copytree(data_folder(), folder)
    for name in ("MIT", "ISC"):
        file = folder / "licenses" / f"{name}.yaml"
        file.write_text(file.read_text("utf-8").replace("duty: ", "duty: no-such-"), "utf-8")
    with pytest.raises(KnowledgeError) as caught:
        compile_index(folder)
    assert {f.file for f in caught.value.faults} == {"MIT.yaml", "ISC.yaml"}


def test_normalisation_levels_quotes_and_space_only() -> None:
    assert normalise("“A  b”\n  c – d") == '"A b" c - d'
    assert normalise("Not the same") != normalise("not the same")


def test_units_find_numbered_sections_headings_and_paragraphs() -> None:
    assert [label for label, _ in units("1. One\n\n2. Two\n\n3. Three\n")] == ["1", "2", "3"]
    assert len(units("# A\ntext\n# B\ntext\n# C\n# D\n")) == 4
    assert len(units("one two three four five six seven eight\n\nshort\n")) == 1


def test_words_with_which_names_begin(knowledge: Knowledge) -> None:
    """Longest first, so that the first that fits is the narrowest."""
    assert {"Llama", "Llama 3", "CodeGeeX4"} <= set(knowledge.name_prefixes)
    assert list(knowledge.name_prefixes) == sorted(knowledge.name_prefixes, key=lambda p: (-len(p), p))
    assert "" not in knowledge.name_prefixes
