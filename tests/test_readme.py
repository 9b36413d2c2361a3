"""The README tells the truth: its answer, its table, its commands."""

from __future__ import annotations

import re

from .conftest import ROOT, script


def test_answers_in_the_readme_are_what_licgraph_says() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert script("tools/readme.py").rewritten(text) == text, "run tools/readme.py"
    assert "BLOCKED  Reasoner-70B as MIT" in text


def test_every_link_leads_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "docs/ci.md", "docs/policy.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text("utf-8")):
            assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"


def test_the_page_of_effects_is_up_to_date() -> None:
    assert (ROOT / "docs" / "licence-effects.md").read_text("utf-8") == script("tools/effects.py").page(), "run tools/effects.py"


def test_the_page_of_coverage_is_up_to_date() -> None:
    assert (ROOT / "docs" / "coverage.md").read_text("utf-8") == script("tools/coverage.py").page(), "run tools/coverage.py"


def test_the_page_of_formats_is_up_to_date() -> None:
    assert (ROOT / "docs" / "formats.md").read_text("utf-8") == script("tools/formats.py").page(), "run tools/formats.py"
