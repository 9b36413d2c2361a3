"""What an audit tells people: every figure can be counted again in its tables, and the page and plots say the same as the figures."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from licgraph.audit.figures import QUERIES, UNKNOWN, family
from licgraph.cli import cli
from licgraph.expression import parse
from licgraph.knowledge import Knowledge
from licgraph.reports import audit as report
from licgraph.reports import plots
from licgraph.reports.page.audit import render
from licgraph.rows import SHORT

from . import stacks
from .conftest import AS_OF
from .test_find import inventory
from .test_page import browser  # noqa: F401

duckdb = pytest.importorskip("duckdb", reason="the audit is not run: pip install 'licgraph[audit]'")

LLAMA = "LicenseRef-Llama-3.1-Community"
# Two origins with terms, one without, one that says only `other`; and what a house and others made from them.
NODES = [
    ("meta/llama", "weights", "llama3.1"), ("google/gemma", "weights", "gemma"), ("nobody/plain", "weights", ""), ("nobody/vague", "weights", "other"), ("corpus", "dataset", "cc-by-nc-4.0"),
    ("acme/one", "weights", "apache-2.0"), ("acme/two", "weights", "mit"), ("acme/two-gguf", "weights", "mit"), ("acme/llama-3.1-tuned", "weights", "llama3.1"), ("acme/stray", "weights", "mit"), ("acme/trained", "weights", "apache-2.0"),
    ("acme/odd", "weights", "a licence nobody knows"), ("acme/odder", "weights", "another that nobody knows"), ("acme/free", "weights", "apache-2.0"), ("acme/hidden", "weights", "other"), ("acme/both", "weights", "mit OR apache-2.0"), ("ring/a", "weights", "mit"), ("ring/b", "weights", "mit"),
]  # fmt: skip
EDGES = [
    ("acme/one", "meta/llama", "finetune"), ("acme/two", "meta/llama", "finetune"), ("acme/two-gguf", "acme/two", "quantized"), ("acme/llama-3.1-tuned", "meta/llama", "finetune"), ("acme/two", "google/gemma", "merge"), ("acme/stray", "nobody/plain", "finetune"),
    ("acme/trained", "corpus", "trained-on"), ("acme/hidden", "meta/llama", "finetune"), ("acme/odd", "acme/free", "finetune"), ("ring/a", "ring/b", "merge"), ("ring/b", "ring/a", "merge"), ("acme/free", "elsewhere/base", "evaluated-on"),
]  # fmt: skip


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["audit", *words, "--as-of", AS_OF, "--jobs", "1"])


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("audit")
    done = run(str(inventory(place / "hub", NODES, EDGES)), "-o", str(place / "out"), *(["--plots"] if plots.available() else []))
    assert done.exit_code == 1, done.output
    return place / "out"


@pytest.fixture(scope="module")
def summary(audited: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((audited / "summary.json").read_text("utf-8"))
    return found


def counted(audited: Path, name: str) -> list[tuple[Any, ...]]:
    """What the query of the page counts in the tables that were written."""
    query = re.sub(r"'(\w+\.parquet)'", lambda m: f"'{audited / m[1]}'", QUERIES[name])
    found: list[tuple[Any, ...]] = duckdb.sql(query).fetchall()
    return found


def by_answer(rows: list[tuple[Any, ...]]) -> dict[Any, dict[str, int]]:
    table: dict[Any, dict[str, int]] = {}
    for *key, answer, count in rows:
        table.setdefault(key[0] if len(key) == 1 else tuple(key), {})[answer] = count
    return table


def test_every_figure_can_be_counted_again(audited: Path, summary: dict[str, Any]) -> None:
    assert dict(counted(audited, "answers")) == summary["answers"]
    assert counted(audited, "unlabelled") == [(summary["unlabelled"],)]
    assert counted(audited, "without_terms") == [(summary["without_terms"],)]
    under: dict[str, Counter[str]] = {p: Counter() for p in ("conservative", "mainstream", "permissive")}
    for *answers, count in counted(audited, "by_profile"):
        for profile, answer in zip(under, answers, strict=True):
            under[profile][answer] += count
    assert under == summary["by_profile"]
    assert by_answer(counted(audited, "by_depth")) == {r["depth"]: {k: v for k, v in r.items() if k != "depth"} for r in summary["by_depth"]}
    assert dict(counted(audited, "against")) == {r["clause"]: r["components"] for r in summary["against"]}
    assert dict(counted(audited, "blocking")) == {r["license"]: r["components"] for r in summary["blocking"]}
    for key in ("license", "family"):
        assert by_answer(counted(audited, f"by_{key}")) == {r[key]: {k: v for k, v in r.items() if k in SHORT} for r in summary[f"by_{key}"]}
    assert counted(audited, "sources") == [(r["id"], r["blocked"]) for r in summary["sources"]]
    assert dict(counted(audited, "duties")) == {r["duty"]: r["components"] for r in summary["duties"]}
    assert dict(counted(audited, "turns_on")) == {r["assumption"]: r["components"] for r in summary["turns_on"]}
    assert by_answer(counted(audited, "drift")) == {(r["from"], r["to"]): {k: v for k, v in r.items() if k in SHORT or k == "without_terms"} for r in summary["drift"]}


def test_what_the_figures_say(summary: dict[str, Any]) -> None:
    assert (summary["components"], summary["unlabelled"], summary["without_terms"]) == (18, 1, 2)
    assert sum(summary["answers"].values()) == 15
    assert {r["id"]: (r["license"], r["blocked"], r["results"]) for r in summary["sources"]} == {"meta/llama": ("llama3.1", 2, 3), "google/gemma": ("gemma", 1, 1), "nobody/plain": ("", 1, 1)}
    families = {r["family"]: r["components"] for r in summary["by_family"]}
    assert families == {"MIT": 5, "Apache": 3, "Llama": 2, UNKNOWN: 2, "Gemma-Terms": 1, "CC-BY-NC": 1, "Apache or MIT": 1}
    assert {r["license"]: r["components"] for r in summary["by_license"]}[UNKNOWN] == 2
    assert summary["blocking"][0] == {"license": LLAMA, "components": 3}
    assert {"from": LLAMA, "to": "NOASSERTION", "steps": 1, "without_terms": 1} in summary["drift"]
    assert next(r for r in summary["duties"] if r["duty"] == "display")["most_by"] == LLAMA


@pytest.mark.parametrize(
    ("label", "kin"),
    [
        ("LicenseRef-Llama-3.1-Community", "Llama"), ("LicenseRef-Gemma-Terms-2025-03-24", "Gemma-Terms"), ("gemma", "Gemma-Terms"), ("CC-BY-NC-4.0", "CC-BY-NC"), ("gpl-3.0", "GPL"), ("BSD-3-Clause", "BSD"), ("MIT", "MIT"), ("NONE", "NONE"), ("other", UNKNOWN),
        ("LicenseRef-FAIR-Noncommercial-Research-v1", "FAIR-Noncommercial-Research"), ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL"), ("MIT AND Apache-2.0", "Apache and MIT"), ("LicenseRef-Nobody-1.0", UNKNOWN), ("MIT OR LicenseRef-Nobody-1.0", f"{UNKNOWN} or MIT"),
    ],
)  # fmt: skip
def test_families(label: str, kin: str, knowledge: Knowledge) -> None:
    assert family(parse(label, knowledge), knowledge) == kin


@pytest.mark.parametrize(
    ("by", "says"),
    [
        ("license", ["         1           0           0  CC-BY-NC-4.0", "whose clauses stand against what is blocked", f"         3  {LLAMA}"]), ("family", ["         2           0           0  Llama", f"  {UNKNOWN}"]),
        ("component", ["         2           3  meta/llama (llama3.1)", "nobody/plain (no label)"]), ("duty", ["display", LLAMA]),
    ],
)  # fmt: skip
def test_more_is_told_by(by: str, says: list[str], summary: dict[str, Any]) -> None:
    for what in (*says, "18 components, 12 steps; 1 without a label, 2 with one that states no terms"):
        assert what in report.render(summary, by)


def test_the_command_tells_more(audited: Path, summary: dict[str, Any]) -> None:
    done = run(str(audited.parent / "hub"), "--by", "duty")
    assert (done.exit_code, done.stdout) == (1, report.render(summary, "duty"))


def test_a_label_that_states_no_terms_is_no_pass(tmp_path: Path) -> None:
    done = run(str(inventory(tmp_path / "hub", [("a", "weights", "mit"), ("b", "weights", "other")], [])))
    assert done.exit_code == 3
    assert "no blocking term found           1  100.0 %" in done.stdout


def test_the_same_inventory_gives_the_same_figures_in_any_order(audited: Path, tmp_path: Path) -> None:
    place = inventory(tmp_path / "hub", NODES[::-1], EDGES[::-1])
    assert run(str(place), "-f", "json").stdout == (audited / "summary.json").read_text("utf-8")


# ------------------------------------------------------------------ the page


def test_the_page_has_every_figure(audited: Path, summary: dict[str, Any]) -> None:
    text = (audited / "page.html").read_text("utf-8")
    said = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<figure.*?</figure>", "", text, flags=re.S)))
    wanted = [*(r["clause"] for r in summary["against"]), *(r["id"] for r in summary["sources"]), *(r["family"] for r in summary["by_family"]), *(r["license"] for r in summary["by_license"]), *(r["duty"] for r in summary["duties"]), *(r["assumption"] for r in summary["turns_on"]), *QUERIES.values()]
    assert [w for w in wanted if w not in said] == []
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr>.*?</tr>", text, flags=re.S)]
    for profile, row in summary["by_profile"].items():
        assert any(f"|{profile}|" in r and re.findall(r"\|(\d+)\|", r) == [str(row.get(a, 0)) for a in ("yes", "conditional", "unknown", "no")] for r in rows), profile


def test_the_page_loads_nothing_and_its_links_lead_somewhere(audited: Path) -> None:
    text = (audited / "page.html").read_text("utf-8")
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {*re.findall(r'href="#([^"]+)"', text), *re.findall(r"url\(#([^)]+)\)", text)} <= set(ids)
    assert "default-src 'none'" in text
    assert not re.search(r"<(?:script|link|img|iframe|object|embed|image)\b|@import|\bsrc=|url\((?!#)|href=\"(?!#)", text)


def hostile(tmp_path: Path) -> Path:
    """An inventory whose ids and labels try to be more than names."""
    names = [n for n in stacks.HOSTILE if n.strip()]
    nodes = [("base", "weights", "llama3.1"), *((f"{n}{i}", "weights", "mit" if i % 2 else n) for i, n in enumerate(names)), *(("$\\frac{1}{0}$" + n, "weights", "") for n in names)]
    edges = [(f"{n}{i}", "$\\frac{1}{0}$" + n, "finetune") for i, n in enumerate(names)]
    return inventory(tmp_path / "<b>hub", nodes, edges)


def test_hostile_names_are_text(tmp_path: Path) -> None:
    run(str(hostile(tmp_path)), "-o", str(tmp_path / "out"))
    text = (tmp_path / "out" / "page.html").read_text("utf-8")
    for sign in ("<script", "<img", "\u202e", "\x1b", "<b>hub"):
        assert sign not in text
    assert "&lt;script&gt;window.pwned=1" in text
    for drawing in re.findall(r"<svg.*?</svg>", text, flags=re.S):
        ElementTree.fromstring(drawing)


def test_without_matplotlib_the_page_says_so_and_has_its_figures(audited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "available", lambda: False)
    done = run(str(audited.parent / "hub"), "-o", str(tmp_path / "out"))
    text = (tmp_path / "out" / "page.html").read_text("utf-8")
    assert (done.exit_code, "The plots are not drawn" in text, "<svg" in text, "meta/llama" in text) == (1, True, False, True)
    refused = run(str(audited.parent / "hub"), "-o", str(tmp_path / "more"), "--plots")
    assert (refused.exit_code, "pip install 'licgraph[audit]'" in refused.stderr, (tmp_path / "more").exists()) == (2, True, False)
    assert run(str(audited.parent / "hub"), "--plots").exit_code == 2


# ------------------------------------------------------------------ the baseline

BLOCKED = [("base", "weights", "llama3.1"), ("plain", "weights", ""), ("one", "weights", "mit"), ("two", "weights", "apache-2.0")]
STEPS = [("one", "base", "finetune"), ("two", "base", "finetune")]


def test_what_stood_there_before_does_not_fail_and_what_is_new_does(tmp_path: Path) -> None:
    """An estate begins with what it has; a third model on Llama fails, and when the days are over so do the others."""
    nodes = [n for n in BLOCKED if n[0] != "plain"]
    old, file = inventory(tmp_path / "old", nodes, STEPS), tmp_path / "known.csv"
    first = run(str(old), "--write-baseline", str(file))
    assert first.exit_code == 0, first.output
    entries = file.read_text("utf-8").splitlines()
    assert entries[0] == "id,clause,first,until"
    assert {e.partition(",")[0] for e in entries[1:]} == {"one", "two"}
    assert all(e.endswith("2026-11-22,2027-02-20") for e in entries[1:])
    for what in ("blocked                          2", "of the blocked 2 are in the baseline, 0 are new", f"{len(entries) - 1} added (until 2027-02-20), 0 dropped"):
        assert what in first.stdout
    assert run(str(old), "--baseline", str(file)).exit_code == 0
    new = inventory(tmp_path / "new", [*nodes[:2], ("three", "weights", "mit"), *BLOCKED[1:2]], [*STEPS[:1], ("three", "base", "finetune")])
    later = run(str(new), "--baseline", str(file), "-f", "json")
    said = json.loads(later.stdout)["baseline"]
    assert (later.exit_code, said["covered"], said["new"], said["gone"], said["expired"], said["first_ends"]) == (1, 1, 1, 3, 0, "2027-02-20")
    over = CliRunner().invoke(cli, ["audit", str(old), "--baseline", str(file), "--as-of", "2027-02-21"])
    assert (over.exit_code, "0 are in the baseline, 2 are new" in over.stdout, f"{len(entries) - 1} expired" in over.stdout) == (1, True, True)


def test_written_again_no_entry_is_prolonged(tmp_path: Path) -> None:
    old, file = inventory(tmp_path / "old", BLOCKED[:3], STEPS[:1]), tmp_path / "known.parquet"
    run(str(old), "--write-baseline", str(file), "--until", "2026-12-01")
    both = inventory(tmp_path / "both", BLOCKED, STEPS)
    done = CliRunner().invoke(cli, ["audit", str(both), "--write-baseline", str(file), "--as-of", "2026-11-30"])
    assert (done.exit_code, "3 kept, 3 added (until 2027-02-28), 0 dropped" in done.stdout) == (3, True)  # one has no label
    assert {r[2:] for r in duckdb.sql(f"SELECT * FROM '{file}' WHERE id = 'one'").fetchall()} == {("2026-11-22", "2026-12-01")}
    assert [p.name for p in tmp_path.glob(".*partial*")] == []


def test_what_is_not_known_is_in_no_baseline(tmp_path: Path) -> None:
    """A component that is blocked, and besides stands on terms that nobody knows, stays open."""
    place = inventory(tmp_path / "hub", [*BLOCKED[:1], ("odd", "weights", "a licence nobody knows"), ("one", "weights", "mit")], [("one", "base", "merge"), ("one", "odd", "merge")])
    file = tmp_path / "known.csv"
    done = run(str(place), "--write-baseline", str(file))
    assert "unknown-terms" not in file.read_text("utf-8")
    assert (done.exit_code, "0 are in the baseline, 0 are new, 1 open" in done.stdout) == (3, True)


@pytest.mark.parametrize(
    ("table", "words", "says"),
    [
        ("id,clause,first,until\na,MIT/x,2026-01-01,soon\n", ["--baseline"], "`soon` is not a date"), ("id,clause,first,until\na,MIT/x,2026-01-01,\n", ["--baseline"], "`` is not a date"), ("id,clause,first\n", ["--baseline"], "there is no column `until`"),
        ("id,clause,first,until\na,MIT/x,2026-01-01,2026-12-31\na,MIT/x,2026-01-01,2027-12-31\n", ["--baseline"], "this entry stands here twice"), ("id,clause,first,until\na,X/unknown-terms,2026-01-01,2026-12-31\n", ["--write-baseline"], "what is not known can be in no baseline"),
        ("id,clause,first,until\na,/cycle,2026-01-01,2026-12-31\n", ["--baseline"], "what is not known can be in no baseline"), ("", ["--until", "2026-12-01", "--baseline"], "no baseline is written"), ("", ["--until", "2026-01-01", "--write-baseline"], "is before 2026-11-22"),
    ],
)  # fmt: skip
def test_faults_of_a_baseline(table: str, words: list[str], says: str, tmp_path: Path) -> None:
    place, file = inventory(tmp_path / "hub", BLOCKED, STEPS), tmp_path / "known.csv"
    file.write_text(table, "utf-8")
    done = run(str(place), *words, str(file))
    assert (done.exit_code, done.stdout, says in done.stderr) == (2, "", True), done.output
    assert file.read_text("utf-8") == table


@pytest.mark.parametrize("words", [["--baseline", "gone.csv"], ["--baseline", "known.json"], ["--write-baseline", "known.txt"], ["--baseline", "a.csv", "--write-baseline", "b.csv"]])
def test_files_that_are_no_baseline(words: list[str], tmp_path: Path) -> None:
    assert run(str(inventory(tmp_path / "hub", BLOCKED, STEPS)), *words).exit_code == 2


# ------------------------------------------------------------------ the plots


@pytest.fixture(scope="module")
def drawn(summary: dict[str, Any]) -> tuple[plots.Plot, ...]:
    pytest.importorskip("matplotlib", reason="plots are not drawn: pip install 'licgraph[audit]'")
    return plots.plots(summary, png=True)


def test_plots_are_the_same_bytes_each_time(drawn: tuple[plots.Plot, ...], audited: Path) -> None:
    assert {p.name for p in drawn} == {"profiles", "depths", "families", "drift", "against", "sources", "duties"}
    for plot in drawn:
        assert (audited / "plots" / f"{plot.name}.svg").read_text("utf-8") == plot.svg
        assert (audited / "plots" / f"{plot.name}.png").read_bytes() == plot.png
        assert plot.png.startswith(b"\x89PNG")
        assert b"tEXtSoftware" not in plot.png
        assert not re.search(r"<dc:date|Matplotlib v", plot.svg)
        ElementTree.fromstring(plot.svg)
        assert plot.says


def test_a_plot_shows_what_the_figures_say(drawn: tuple[plots.Plot, ...], summary: dict[str, Any]) -> None:
    texts = {p.name: [t.text for t in ElementTree.fromstring(p.svg).iter("{http://www.w3.org/2000/svg}text")] for p in drawn}
    for row in summary["against"]:
        assert row["clause"].replace("LicenseRef-", "") in texts["against"]
    for answer in SHORT.values():  # the legend
        assert all(answer in texts[name] for name in ("profiles", "depths", "families", "drift"))
    assert texts["profiles"].count("15") == 3


def test_nothing_to_draw_is_no_plot(summary: dict[str, Any]) -> None:
    pytest.importorskip("matplotlib", reason="plots are not drawn: pip install 'licgraph[audit]'")
    empty = {**summary, "answers": {}, "by_profile": {}, "by_depth": [], "against": [], "sources": [], "duties": [], "by_family": [], "drift": []}
    assert plots.plots(empty) == ()
    assert "of none" in render(empty, "hub", ())


# ------------------------------------------------------------------ in a browser


@pytest.fixture
def shown(browser: Any, audited: Path) -> Iterator[Any]:  # noqa: F811
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    noise: list[str] = []
    page.on("console", lambda m: noise.append(m.text))
    page.goto((audited / "page.html").as_uri())
    yield page
    assert noise == []
    context.close()


def test_the_page_fits_and_prints(shown: Any) -> None:
    for width in (390, 1200):
        shown.set_viewport_size({"width": width, "height": 900})
        assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    labels = "svg => [...svg.querySelectorAll('text')].every(t => { const b = t.getBoundingClientRect(), s = svg.getBoundingClientRect(); return b.left >= s.left - 1 && b.right <= s.right + 1; })"
    assert shown.evaluate(f"[...document.querySelectorAll('svg')].every({labels})"), "no label is cut"
    assert shown.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_finding_of_axe(scheme: str, browser: Any, audited: Path) -> None:  # noqa: F811
    import os

    script = os.environ.get("LICGRAPH_AXE")
    if not script:
        pytest.skip("accessibility is not looked at: LICGRAPH_AXE names no axe-core (tools/browser.sh)")
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto((audited / "page.html").as_uri())
    page.evaluate(Path(script).read_text("utf-8") + "; null")
    found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html).slice(0, 3)]))")
    assert [v for v in found if v[0] in ("serious", "critical")] == []
    context.close()
