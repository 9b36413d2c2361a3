"""The HTML report, read as text and, where there is a browser, opened in one."""

from __future__ import annotations

import hashlib
import html
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from licgraph.answer import assess
from licgraph.cli import cli
from licgraph.inputs.stackfile import from_file, from_text
from licgraph.knowledge import Knowledge
from licgraph.reports import page
from licgraph.rows import rows
from licgraph.verdict import Ruling

from . import stacks
from .conftest import AS_OF, ROOT
from .test_checks import html_rows

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
R1 = ROOT / "examples" / "r1-distill-llama-70b.yaml"
SHEET = (688, 1009)
"""What an A4 sheet leaves inside the margins of the page, in CSS pixels: 182 by 267 mm."""


def report(source: Path | str, knowledge: Knowledge, profile: str = "mainstream") -> str:
    """The page of a stack, from a file or from text."""
    stack = from_file(source, source.name, knowledge) if isinstance(source, Path) else from_text(source, "licgraph.yaml", knowledge)
    return page.render(stack, knowledge, assess(stack, knowledge, profile, as_of=AS_OF))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_everything_of_the_verdict_stands_in_it(path: Path, knowledge: Knowledge) -> None:
    stack = from_file(path, path.name, knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    text = html.unescape(re.sub(r"<[^>]+>", "", page.render(stack, knowledge, verdict)))
    wanted = [
        *(w for b in verdict.blockers for w in (b.why, b.cite, b.quote, b.reading)), *(w for d in verdict.duties for w in (d.label, d.value, d.reading)), *(f.why for f in verdict.findings),
        *(n.question for n in verdict.needs_facts), *(o.expression for o in verdict.outbound.options if "OWN" not in o.expression), *(r for _, _, r in verdict.for_counsel), *verdict.not_examined,
        *(p.name for p in verdict.parts), *(s for _, s in verdict.inputs), *(q for q, _ in verdict.assumptions), *verdict.outbound.must_carry, *verdict.outbound.must_impose,
    ]  # fmt: skip
    for what in wanted:
        assert what in text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_it_has_the_rows_of_every_other_format(path: Path, knowledge: Knowledge) -> None:
    stack = from_file(path, path.name, knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    assert Counter(html_rows(page.render(stack, knowledge, verdict))) == Counter((r.rule, bool(r.accepted)) for r in rows(verdict, knowledge))


def test_a_risk_that_was_accepted_and_a_house_rule_are_shown_as_what_they_are(knowledge: Knowledge) -> None:
    stack = from_text(stacks.hostile(), "licgraph.yaml", knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF)
    ruled = verdict._replace(policy=(Ruling("no-scripts", "the <house>", "out", "names are kept plain", "fail"),))
    text = page.render(stack, knowledge, ruled)
    assert ("policy/no-scripts", False) in html_rows(text)
    assert "House rule no-scripts (owner: the &lt;house&gt;)" in text
    assert Counter(html_rows(text)) == Counter((r.rule, bool(r.accepted)) for r in rows(ruled, knowledge))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_link_inside_leads_somewhere_and_ids_are_unique(path: Path, knowledge: Knowledge) -> None:
    text = report(path, knowledge)
    body = text[: text.index('<script type="application/json"')]
    ids = re.findall(r'\bid="([^"]+)"', body)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', body)) <= set(ids)


def test_anchors_of_clauses_are_their_ids(knowledge: Knowledge) -> None:
    assert 'id="LicenseRef-Llama-3.3-Community/model-name"' in report(R1, knowledge)


def test_nothing_is_fetched(knowledge: Knowledge) -> None:
    """No element that loads, and a policy that would stop one; links that a reader may click are no loads."""
    text = report(R1, knowledge)
    markup = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert "default-src 'none'" in markup
    assert not re.search(r"<(?:link|img|iframe|object|embed|audio|video|source)\b|\bsrc=|url\(|@import", markup)


def test_the_same_bytes(knowledge: Knowledge) -> None:
    assert report(R1, knowledge) == report(R1, knowledge)


def test_the_libraries_are_the_ones_their_makers_published() -> None:
    """The sums that `tools/vendor.sh` prints."""
    sums = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (page.HERE / "vendor").glob("*.js")}
    assert sums == {
        "cytoscape.min.js": "71fa9ebec21a7ca2c40cff6aacc30d1f6464e363662ad4b2c197e1adc770cd94",
        "dagre.min.js": "b23540268be9b4c9aa1157edcb2f97fdc43e1858b0b9908d6a377c0d6bd4525b",
    }
    assert all("Permission is hereby granted" in p.read_text("utf-8") for p in (page.HERE / "vendor").glob("*.js"))


@pytest.mark.parametrize("name", stacks.HOSTILE)
def test_nothing_gets_out_of_the_embedded_data(name: str) -> None:
    written = page.embedded({"name": name})
    assert not set(written) & set("<>&\u2028\u2029")


def test_facts_say_who_stated_them(knowledge: Knowledge) -> None:
    text = R1.read_text("utf-8") + "facts: {domicile: EU}\nfact-sources: {domicile: {by: the registrar, date: 2026-10-01, document: register extract}}\n"
    assert "by the registrar, on 2026-10-01, register extract" in report(text, knowledge)


def test_a_source_of_a_fact_that_is_not_stated_is_a_fault(knowledge: Knowledge) -> None:
    from licgraph.errors import StackError

    with pytest.raises(StackError, match="fact-sources"):
        from_text(R1.read_text("utf-8") + "fact-sources: {domicile: {by: the registrar}}\n", "licgraph.yaml", knowledge)


def test_overrides_are_named_and_the_plain_profiles_stand_beside_them(knowledge: Knowledge) -> None:
    stack = from_file(R1, R1.name, knowledge)
    assume = {"label-authority": "declared-tag"}
    text = page.render(stack, knowledge, assess(stack, knowledge, assume=assume, as_of=AS_OF), assume)
    assert text.count('type="radio"') == 4
    assert "mainstream with label-authority=declared-tag" in text
    assert "--assume label-authority=declared-tag" in text


@pytest.mark.parametrize(("size", "most"), [(50, 50), (500, 60), (3000, 60)])
def test_a_large_stack_is_folded_without_losing_anything(size: int, most: int, knowledge: Knowledge) -> None:
    from licgraph.reports.page import drawing

    stack = from_text(stacks.of_size(size), "licgraph.yaml", knowledge)
    verdict = assess(stack, knowledge, as_of=AS_OF, search=False)
    found = drawing.families(verdict)
    members = [m for f in found for m in f.members]
    assert len(members) == len(set(members))
    assert len(verdict.parts) - len(members) + len(found) <= most
    assert verdict.component not in members
    kinds = {p.id: (p.kind, p.license) for p in verdict.parts}
    assert all(len({kinds[m] for m in f.members}) == 1 for f in found)
    blocked = {n for b in verdict.blockers for n in b.origins}
    assert all(set(f.members) <= blocked or not set(f.members) & blocked for f in found), "what blocks is folded with its like only"


def test_the_command_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One stack has the page to sign; several, a fault and an engineer get every row."""
    monkeypatch.chdir(ROOT)
    run = partial(CliRunner().invoke, cli)
    file = tmp_path / "report.html"
    assert run(["check", "examples/r1-distill-llama-70b.yaml", "--output", f"html={file}"]).exit_code == 1
    assert 'class="signature"' in file.read_text("utf-8")
    assert run(["check", "examples/r1-distill-llama-70b.yaml", "examples/dolly-2.yaml", "--output", f"html={file}"]).exit_code == 1
    assert file.read_text("utf-8").count("<section") == 2
    engineer = run(["check", "examples/r1-distill-llama-70b.yaml", "-f", "html", "--audience", "engineer"]).stdout
    assert "sublicense" not in engineer
    assert "for counsel" in engineer
    (tmp_path / "bad.yaml").write_text("licgraph: 1\ncomponents: {'<b>': {}}\n", "utf-8")
    broken = run(["check", str(tmp_path / "bad.yaml"), "-f", "html"])
    assert broken.exit_code == 2
    assert "Nothing was decided." in broken.stdout
    assert "<b>" not in broken.stdout


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium. Skips, saying so, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the report is not opened in a browser: pip install -r tools/requirements-browser.txt")
    program = os.environ.get("LICGRAPH_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("the report is not opened in a browser: no Chromium (set LICGRAPH_CHROMIUM to one)")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page from a file, and at the end holds it to no errors on the console and no request but for itself."""
    contexts: list[Any] = []
    noise: list[str] = []

    def open_page(text: str, **options: Any) -> Any:
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(text, "utf-8")
        context = browser.new_context(**{"viewport": {"width": 1300, "height": 900}, **options})
        contexts.append(context)
        shown = context.new_page()
        shown.on("console", lambda m: noise.append(f"console {m.type}: {m.text}"))
        shown.on("pageerror", lambda e: noise.append(f"error: {e}"))
        shown.on("request", lambda r: noise.append(f"request: {r.url}") if r.url != file.as_uri() and not r.url.startswith(("data:", "blob:")) else None)
        shown.goto(file.as_uri())
        if options.get("java_script_enabled", True):
            shown.wait_for_function("window.licgraph")
        return shown

    yield open_page
    for context in contexts:
        context.close()
    assert noise == []


def click_node(shown: Any, node: str) -> None:
    """A click of the mouse where the node is drawn."""
    shown.locator("#canvas").scroll_into_view_if_needed()
    place = shown.evaluate("id => window.licgraph.graph.getElementById(id).renderedPosition()", node)
    box = shown.locator("#canvas").bounding_box()
    shown.mouse.click(box["x"] + place["x"], box["y"] + place["y"])


def test_the_graph_is_drawn_and_a_click_tells_of_a_component(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(R1, knowledge))
    assert shown.evaluate("window.licgraph.graph.nodes().length") == 6
    assert shown.evaluate("window.licgraph.graph.edges().length") == 6
    painted = "() => [...document.querySelectorAll('#canvas canvas')].some(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))"
    shown.wait_for_function(painted)
    click_node(shown, "n0")
    panel = shown.locator("#panel").inner_text()
    for what in ("Llama-3.3-70B-Instruct", "LicenseRef-Llama-3.3-Community", "r1-distill-llama-70b.yaml:4", "Built with Llama", "Llama-3.3-70B-Instruct → DeepSeek-R1-Distill-Llama-70B → merged → Reasoner-70B", "1.b.iv"):
        assert what in panel


def test_a_blocker_lights_up_its_path(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(R1, knowledge))
    shown.locator("#reasons button.path").nth(1).click()
    lit = shown.evaluate("window.licgraph.graph.$('.way').map(e => e.id())")
    assert sorted(lit) == sorted(["n0", "n2", "n4", "n5", "n0>n2", "n2>n4", "n4>n5"])
    assert shown.evaluate("window.licgraph.graph.$('.dim').map(e => e.id())") == shown.evaluate("window.licgraph.graph.elements().not('.way').map(e => e.id())")
    assert shown.locator("button.path[aria-pressed=true]").count() == 1
    shown.locator("#fit").click()
    assert shown.evaluate("window.licgraph.graph.$('.way').length") == 0


def test_the_switch_shows_each_profile_without_a_server(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(R1, knowledge))
    assert shown.evaluate("window.licgraph.graph.getElementById('n0').hasClass('against')")
    shown.get_by_role("radio", name="permissive").check()
    assert shown.get_by_text("No clause that reaches the release, and no act of ours in making it, stands against it.").is_visible()
    assert not shown.locator("#reasons").is_visible()
    assert not shown.evaluate("window.licgraph.graph.getElementById('n0').hasClass('against')")
    shown.get_by_role("radio", name="conservative").check()
    assert shown.locator(".view-1 .blocker").first.is_visible()
    assert shown.evaluate("window.licgraph.graph.getElementById('n0').hasClass('against')")


def test_search_finds_by_name_and_licence_and_works_by_keyboard(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(R1, knowledge))
    shown.locator("#find").focus()
    shown.keyboard.type("DISTILL")
    assert shown.locator("#found").inner_text() == "1 found"
    shown.keyboard.press("Enter")
    assert "DeepSeek-R1-Distill-Llama-70B" in shown.locator("#panel").inner_text()
    shown.keyboard.press("Escape")
    shown.keyboard.type("llama-3.3-community")
    shown.keyboard.press("Tab")
    for _ in range(4):  # the buttons between the field and what was found
        if shown.evaluate("document.activeElement.parentElement.id") == "matches":
            break
        shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    assert "Llama-3.3-70B-Instruct" in shown.locator("#panel").inner_text()


def test_zoom(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(R1, knowledge))
    before = shown.evaluate("window.licgraph.graph.zoom()")
    shown.get_by_role("button", name="Zoom in").click()
    assert shown.evaluate("window.licgraph.graph.zoom()") > before * 1.2


def test_five_hundred_components_are_legible_and_can_be_unfolded(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(stacks.of_size(500), knowledge))
    assert shown.evaluate("window.licgraph.graph.nodes().length") <= 60
    assert shown.evaluate("13 * window.licgraph.graph.zoom()") >= 6, "labels are drawn at six pixels or more"
    overlapping = "() => { const b = window.licgraph.graph.nodes().map(n => n.boundingBox({includeLabels: false})); return b.some((p, i) => b.some((q, j) => i < j && p.x1 < q.x2 && q.x1 < p.x2 && p.y1 < q.y2 && q.y1 < p.y2)); }"
    assert not shown.evaluate(overlapping)
    family = shown.evaluate("window.licgraph.graph.$('.family').map(n => n.id())[0]")
    click_node(shown, family)
    assert "Members" in shown.locator("#panel").inner_text()
    shown.locator("#unfold").click()
    assert shown.evaluate("window.licgraph.graph.nodes().length") == 500
    assert not shown.evaluate(overlapping)


@pytest.mark.parametrize("source", [*EXAMPLES, stacks.hostile(), stacks.of_size(120)], ids=lambda s: s.stem if isinstance(s, Path) else s[:9].strip() + str(len(s)))
def test_the_page_to_sign_prints_on_one_sheet(source: Path | str, opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(source, knowledge, "conservative"), viewport={"width": SHEET[0], "height": SHEET[1]})
    shown.emulate_media(media="print")
    box = shown.locator("#sign").bounding_box()
    assert box["height"] <= SHEET[1]
    assert shown.locator("#sign .signature").is_visible()


def test_print_has_all_sections_the_drawing_and_no_cut_table(opened: Callable[..., Any], knowledge: Knowledge, tmp_path: Path) -> None:
    shown = opened(report(R1, knowledge))
    made = shown.pdf(prefer_css_page_size=True)
    assert made.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", made))
    assert 5 <= pages <= 12
    assert b"/Subtype /Image" in made or b"/Subtype/Image" in made, "the drawing is in it"
    shown.emulate_media(media="print")
    assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert not shown.locator(".bar").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("source", [R1, stacks.hostile()], ids=["r1", "hostile"])
def test_no_serious_finding_of_axe(source: Path | str, scheme: str, opened: Callable[..., Any], knowledge: Knowledge) -> None:
    script = os.environ.get("LICGRAPH_AXE")
    if not script:
        pytest.skip("accessibility is not looked at: LICGRAPH_AXE names no axe-core (tools/browser.sh)")
    shown = opened(report(source, knowledge), color_scheme=scheme, bypass_csp=True)
    shown.locator("#find").fill("a")
    shown.evaluate(Path(script).read_text("utf-8") + "; null")
    found = shown.evaluate("axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html).slice(0, 3)]))")
    assert [v for v in found if v[0] in ("serious", "critical")] == []


def test_hostile_names_are_text(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    text = report(stacks.hostile(), knowledge)
    shown = opened(text)
    assert shown.evaluate("window.pwned") is None
    assert shown.evaluate("document.scripts.length") == 4
    assert shown.evaluate("document.images.length") == 0
    body = shown.locator("main").inner_text()
    for name in stacks.HOSTILE[:6] + stacks.HOSTILE[7:10]:
        assert name in body
    assert "\u202e" not in text
    assert "\x1b" not in text
    for number in range(len(stacks.HOSTILE)):
        shown.evaluate("n => { const g = window.licgraph.graph; g.getElementById('n' + n).emit('tap'); }", number)
    shown.locator("#find").fill("<script")
    assert shown.locator("#matches button").count() >= 3
    assert shown.evaluate("window.pwned") is None
    assert shown.evaluate("document.images.length") == 0
    assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "no name makes the page wider than the window"


def test_without_scripts_everything_but_the_drawing_is_there(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(R1, knowledge), java_script_enabled=False)
    assert shown.get_by_text("The drawing needs scripts.").is_visible()
    assert shown.get_by_text("Reasoner-70B").first.is_visible()
    shown.get_by_role("radio", name="permissive").check()
    assert not shown.locator("#reasons").is_visible()
    assert shown.locator("#reasons-2").is_visible()


def test_nothing_moves_while_it_loads(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(R1, knowledge))
    moved = "new Promise(done => { let sum = 0; new PerformanceObserver(list => list.getEntries().forEach(e => { sum += e.value; })).observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 300); })"
    assert shown.evaluate(moved) < 0.01


def test_it_fits_a_telephone(opened: Callable[..., Any], knowledge: Knowledge) -> None:
    shown = opened(report(R1, knowledge), viewport={"width": 390, "height": 800})
    assert shown.evaluate("document.documentElement.scrollWidth <= 390")
