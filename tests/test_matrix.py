"""`outbound --matrix`: each cell with the clauses it follows from, and against `check`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import jsonschema
import pytest
from click.testing import CliRunner

from licgraph.cli import cli
from licgraph.cli_matrix import Reported, matrix_report
from licgraph.errors import StackError
from licgraph.expression import parse
from licgraph.inputs.stackfile import from_text
from licgraph.knowledge import Knowledge
from licgraph.matrix import Matrix, Tried, build, distinct, json_schema, owed
from licgraph.reports.matrix import markdown, render, render_json, render_markdown
from licgraph.stack import Stack

from .conftest import AS_OF, ROOT, simple, stack_of

EXAMPLES = ROOT / "examples"
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "matrix-1.json").read_text("utf-8")))


class Terms(NamedTuple):
    """A row: terms, why it is there, answer, layered answer, the rest's licences, smallest flips, what blocks, number of duties."""

    expression: str
    sources: str
    answer: str
    layered: str
    rest: str
    flips: str
    blocked_by: str
    duties: int


class Form(NamedTuple):
    """A cell of the second table: form, use, audiences, answer, first clause, number of duties."""

    form: str
    use: str
    to: str
    answer: str
    clause: str
    duties: int


class Table(NamedTuple):
    """An example, further terms to try, and both tables."""

    example: str
    tries: tuple[str, ...]
    rows: tuple[Terms, ...]
    cells: tuple[Form, ...]


# Dolly 2.0, weights made public for commercial use, mainstream.
# Pythia is Apache-2.0 and Dolly a changed version of it. Section 4, last paragraph, lets a derivative stand under other
# terms, so no terms are ruled out; owed are 4(a) licence text, 4(b) changes stated, 4(c) notices, 4(d) NOTICE file,
# 3 patent retaliation and 9 indemnity: six. CC BY-SA 3.0, 4(b), fixes the licence of an adaptation of the data (BY-SA 3.0
# or later); trained weights are one only under training-is-adaptation = yes, so MIT, GPL-3.0 and terms of our own turn on
# that, and CC-BY-SA-4.0, which 4(b) names, does not. BY-SA 4.0 as our own label adds attribution (3(a)(1)(A)), GPL-3.0 the
# source (s.6); what else they ask (licence text, notices, retaliation) Apache-2.0 asks already.
# Hosting hands over no copy: 4 and 9 speak of reproducing and distributing copies, 3 (patents) of serving too. In house
# nothing is distributed or served.
DOLLY = Table(
    "dolly-2",
    ("CC-BY-SA-4.0", "GPL-3.0-only"),
    (
        Terms("MIT", "proposed", "yes", "yes", "", "training-is-adaptation=yes:no", "", 6),
        Terms("OWN-TERMS", "option", "yes", "yes", "", "training-is-adaptation=yes:no", "", 6),
        Terms("CC-BY-SA-4.0", "tried", "yes", "yes", "", "", "", 7),
        Terms("GPL-3.0-only", "tried", "yes", "yes", "", "training-is-adaptation=yes:no", "", 7),
    ),
    (
        Form("weights", "commercial", "public customers", "yes", "", 6),
        Form("weights", "non-commercial", "public customers", "yes", "", 6),
        Form("service", "commercial", "public customers", "yes", "", 1),
        Form("service", "non-commercial", "public customers", "yes", "", 1),
        Form("internal", "commercial", "own", "yes", "", 0),
        Form("internal", "non-commercial", "own", "yes", "", 0),
    ),
)

# R1-Distill-Llama-70B, tagged MIT, tuned, merged and quantised under the name Reasoner-70B.
# Llama 3.3, 1.a, is non-transferable without sublicence: the whole cannot stand under MIT, Apache-2.0 or terms of ours
# (relabel), and 1.b.i wants a name that begins with Llama (model-name), whatever the terms. MIT and Apache-2.0 do not
# hand the acceptable use policy on (1.b.iv); terms of our own can. So under the Llama licence only the name stands
# against it. A tag that is believed takes the Llama terms away; so does "no right in weights" where terms do not bind
# without one. Ten duties: MIT two (text, notice), Llama seven (1.b.i copy, display, name; 1.b.iii notice; 1.b.iv policy
# and the territory of multimodal models; 2 user cap), and one for the tag that is too wide.
# A service is no relabelled copy, but 1.b.i names products and services: the name first. Owed then: no notice file
# (1.b.iii: copies that are distributed), no MIT notices (copies). In house 1.b does not apply: the two bans of
# use (2; territory) and the tag remain.
FLIPS_LLAMA = "label-authority=declared-tag:yes"
R1 = Table(
    "r1-distill-llama-70b",
    ("Apache-2.0",),
    (
        Terms("MIT", "proposed", "no", "no", "LicenseRef-Llama-3.3-Community", FLIPS_LLAMA, "relabel model-name acceptable-use", 10),
        Terms("LicenseRef-Llama-3.3-Community", "option", "no", "no", "", FLIPS_LLAMA, "model-name", 10),
        Terms("OWN-TERMS", "option", "no", "no", "LicenseRef-Llama-3.3-Community", FLIPS_LLAMA, "relabel model-name", 10),
        Terms("Apache-2.0", "tried", "no", "no", "LicenseRef-Llama-3.3-Community", FLIPS_LLAMA, "relabel model-name acceptable-use", 10),
    ),
    (
        Form("weights", "commercial", "public customers", "no", "LicenseRef-Llama-3.3-Community/relabel", 10),
        Form("weights", "non-commercial", "public customers", "no", "LicenseRef-Llama-3.3-Community/relabel", 10),
        Form("service", "commercial", "public customers", "no", "LicenseRef-Llama-3.3-Community/model-name", 7),
        Form("service", "non-commercial", "public customers", "no", "LicenseRef-Llama-3.3-Community/model-name", 7),
        Form("internal", "commercial", "own", "yes", "", 3),
        Form("internal", "non-commercial", "own", "yes", "", 3),
    ),
)

# A fine-tune of OLMo 2 Instruct: Apache-2.0, and the publisher says that the Gemma terms apply besides.
# Gemma 3.1 wants the use restrictions of 3.2 in the terms that recipients get. Apache-2.0 does not impose them, and
# layered the Gemma terms stand beside it; terms of our own impose them. Gemma stands on contract alone here: it falls if
# contracts bind nobody without a right, or run to no third party; terms that pass everything on turn on nothing.
# Duties: the six of Apache-2.0, and Gemma's notice file, agreement copy and restrictions (its statement of changes
# is asked by Apache-2.0 too): nine. Gemma 1.1(b) counts hosting as distribution, without the notice file (3.1, fourth
# condition): copy, changes, restrictions, and Apache-2.0 3 (patents): four.
GEMMA = "LicenseRef-Gemma-Terms-2024-04-01/pass-on-restrictions"
OLMO = Table(
    "olmo-2-instruct",
    (),
    (
        Terms("Apache-2.0", "proposed", "no", "yes", "", "contract-binds-without-copyright=no:yes terms-run-to-third-parties=no:yes", "pass-on-restrictions", 9),
        Terms("OWN-TERMS", "option", "yes", "yes", "", "", "", 9),
    ),
    (
        Form("weights", "commercial", "public customers", "no", GEMMA, 9),
        Form("weights", "non-commercial", "public customers", "no", GEMMA, 9),
        Form("service", "commercial", "public customers", "no", GEMMA, 4),
        Form("service", "non-commercial", "public customers", "no", GEMMA, 4),
        Form("internal", "commercial", "own", "yes", "", 0),
        Form("internal", "non-commercial", "own", "yes", "", 0),
    ),
)

# MixLoRA: adapters for Llama 2, trained on CC BY-NC data, labelled Apache-2.0:
# what differs by use. Training on BY-NC data for a commercial purpose is not granted
# (2(a)(1)), in any form. For a non-commercial one the data is out of it, and what is left is Llama 2: no other terms for
# the whole (1.a) where copies go out; hosted, the use policy must be handed on (1.b.iv), which Apache-2.0 does not. Duties:
# agreement copy (1.b.i), notice (1.b.iii; not when hosted), policy (1.b.iv), the base named, and the user cap (2), which alone
# holds in house too.
MIXLORA = (
    Form("weights", "commercial", "public customers", "no", "CC-BY-NC-4.0/noncommercial", 5),
    Form("weights", "non-commercial", "public customers", "no", "LicenseRef-Llama-2-Community/relabel", 5),
    Form("service", "commercial", "public customers", "no", "CC-BY-NC-4.0/noncommercial", 4),
    Form("service", "non-commercial", "public customers", "no", "LicenseRef-Llama-2-Community/acceptable-use", 4),
    Form("internal", "commercial", "own", "no", "CC-BY-NC-4.0/noncommercial", 1),
    Form("internal", "non-commercial", "own", "yes", "", 1),
)

# R1-Distill-Qwen-32B: Qwen is Apache-2.0, the distillation MIT, and so are terms of any kind for what we made of them
# (Apache-2.0 s.4; MIT sets none), on every reading. Six duties of Apache-2.0, of which MIT's text and notices are two; GPL-3.0
# as our label adds the source (s.6). Hosted, only Apache-2.0 s.3.
QWEN = Table(
    "r1-distill-qwen-32b",
    ("GPL-3.0-only",),
    (Terms("MIT", "proposed", "yes", "yes", "", "", "", 6), Terms("OWN-TERMS", "option", "yes", "yes", "", "", "", 6), Terms("GPL-3.0-only", "tried", "yes", "yes", "", "", "", 7)),
    (
        Form("weights", "commercial", "public customers", "yes", "", 6),
        Form("weights", "non-commercial", "public customers", "yes", "", 6),
        Form("service", "commercial", "public customers", "yes", "", 1),
        Form("service", "non-commercial", "public customers", "yes", "", 1),
        Form("internal", "commercial", "own", "yes", "", 0),
        Form("internal", "non-commercial", "own", "yes", "", 0),
    ),
)

# A student on Phi-4 (MIT), taught by Llama 3.1's outputs or logits. Of Llama's clauses only one reaches a model made from
# outputs: its name begins with Llama (1.b.i, last sentence), hosted or handed over; Student-8B does not. No right in the
# teacher reaches the student, so all hangs on the contract. Four duties: the name, MIT's two, and the user cap of section 2
# for our own use of the teacher; hosted without MIT's; in house the cap.
# GPL-3.0 as the label adds source (s.6) and patents (s.10), and blocks twice: a naming duty is also a further restriction (s.10).
STUDENT = (
    Form("weights", "commercial", "public customers", "no", "LicenseRef-Llama-3.1-Community/model-name", 4),
    Form("weights", "non-commercial", "public customers", "no", "LicenseRef-Llama-3.1-Community/model-name", 4),
    Form("service", "commercial", "public customers", "no", "LicenseRef-Llama-3.1-Community/model-name", 2),
    Form("service", "non-commercial", "public customers", "no", "LicenseRef-Llama-3.1-Community/model-name", 2),
    Form("internal", "commercial", "own", "yes", "", 1),
    Form("internal", "non-commercial", "own", "yes", "", 1),
)
CONTRACT = "contract-binds-without-copyright=no:yes"
TAUGHT = (Terms("MIT", "proposed", "no", "no", "", CONTRACT, "model-name", 4), Terms("OWN-TERMS", "option", "no", "no", "", CONTRACT, "model-name", 4))
OUTPUTS = Table("llama-405b-distilled-outputs", (), TAUGHT, STUDENT)
LOGITS = Table("llama-405b-distilled-logits", ("GPL-3.0-only",), (*TAUGHT, Terms("GPL-3.0-only", "tried", "no", "no", "", CONTRACT, "model-name model-name", 6)), STUDENT)

TABLES = (DOLLY, R1, OLMO, QWEN, OUTPUTS, LOGITS)


def _stack(example: str, knowledge: Knowledge) -> Stack:
    path = EXAMPLES / f"{example}.yaml"
    return from_text(path.read_text("utf-8"), str(path), knowledge)


def _matrix(example: str, tries: tuple[str, ...], knowledge: Knowledge, **options: Any) -> Matrix:
    return build(_stack(example, knowledge), knowledge, tried=[Tried(t, parse(t, knowledge)) for t in tries], as_of=AS_OF, **options)


def _row(row: Any) -> Terms:
    smallest = min((len(s) for s, _ in row.verdict.flips), default=0)
    flips = " ".join(f"{'+'.join(f'{n}={v}' for n, v in s)}:{a}" for s, a in row.verdict.flips if len(s) == smallest)
    clauses = " ".join(b.clause for b in row.verdict.blockers)
    return Terms(row.expression, " ".join(row.sources), row.verdict.answer, row.verdict.layered, " ".join(row.rest), flips, clauses, distinct(owed(row.verdict)))


def _cell(cell: Any) -> Form:
    return Form(cell.form, cell.use, " ".join(cell.to), cell.verdict.answer, cell.blocker.ref if cell.blocker else "", distinct(owed(cell.verdict)))


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.example)
def test_the_table_of_terms_follows_from_the_clauses(table: Table, knowledge: Knowledge) -> None:
    assert tuple(_row(r) for r in _matrix(table.example, table.tries, knowledge).rows) == table.rows


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.example)
def test_the_table_of_forms_follows_from_the_clauses(table: Table, knowledge: Knowledge) -> None:
    found = _matrix(table.example, (), knowledge)
    assert found.licence == table.rows[0].expression
    assert tuple(_cell(c) for c in found.cells) == table.cells


def test_weights_for_commercial_use_no_in_house_for_non_commercial_use_yes(knowledge: Knowledge) -> None:
    cells = [_cell(c) for c in _matrix("mixlora", (), knowledge).cells]
    assert tuple(c for c in cells if c.form == "internal" or c.to != "own") == MIXLORA


@pytest.mark.parametrize("example", ["dolly-2", "mixlora", "app-with-llama"])
def test_every_cell_is_what_check_says(example: str, knowledge: Knowledge) -> None:
    found = _matrix(example, ("GPL-3.0-only",), knowledge)

    def checked(*options: str) -> dict[str, Any]:
        result = CliRunner().invoke(cli, ["check", str(EXAMPLES / f"{example}.yaml"), *options, "--as-of", AS_OF, "-f", "json"])
        return dict(json.loads(result.stdout))

    for row in found.rows:
        said = checked("--as", row.expression)
        mine = row.to_json()
        assert {k: mine[k] for k in ("answer", "layered", "by_profile", "flips", "blockers")} == {k: said[k] for k in ("answer", "layered", "by_profile", "flips", "blockers")}
    for cell in found.cells:
        for to in cell.to:
            said = checked("--form", cell.form, "--use", cell.use, "--to", to)
            assert cell.verdict.answer == said["answer"]
            assert [b["clause"] for b in said["blockers"]][:1] == ([cell.blocker.ref] if cell.blocker else [])
            assert [d.to_json() for d in owed(cell.verdict)] == [d for d in said["duties"] if not d["rests_on"]]


def test_what_stays_with_us_stands_once(knowledge: Knowledge) -> None:
    """An audience of our own is a row of its own only where it gets something else than use in house."""
    cells = _matrix("dolly-2", (), knowledge).cells
    assert [c.form for c in cells if "own" in c.to] == ["internal", "internal"]


def test_audiences_part_where_a_licence_tells_them_apart(knowledge: Knowledge) -> None:
    """Who is named in the stack is asked too: companies under common control are one licensee (Apache-2.0 s.1), so nothing is distributed."""
    stack = stack_of(simple("finetune", "Apache-2.0", license="MIT", to="affiliates", use="commercial"), knowledge)
    weights = [c for c in build(stack, knowledge, as_of=AS_OF).cells if (c.form, c.use) == ("weights", "commercial")]
    assert [(c.to, distinct(owed(c.verdict))) for c in weights] == [(("public", "customers"), 6), (("affiliates",), 0)]


@pytest.mark.parametrize(
    ("kind", "forms"),
    [("weights", ["weights", "service", "internal"]), ("code", ["source", "binary", "service", "internal"]), ("dataset", ["dataset", "internal"]), ("outputs", ["outputs", "internal"]), ("service", ["service", "internal"])],
)
def test_forms_are_those_that_make_sense(kind: str, forms: list[str], knowledge: Knowledge) -> None:
    relation = {"code": "modifies", "outputs": "generated-by", "service": "runs-with", "dataset": "contains"}.get(kind, "finetune")
    stack = stack_of(simple(relation, "MIT", "code" if kind == "code" else "dataset" if kind == "dataset" else "weights", made=kind, license="MIT", form=forms[0]), knowledge)
    assert list(dict.fromkeys(c.form for c in build(stack, knowledge, as_of=AS_OF).cells)) == forms


def test_our_own_purpose_can_be_held_fast(knowledge: Knowledge) -> None:
    """A company that trains for gain does not become non-commercial by what it lets recipients do."""
    for purpose, expected in (("", "yes"), ("commercial", "no")):
        cells = _matrix("mixlora", (), knowledge, purpose=purpose).cells
        assert {c.verdict.answer for c in cells if (c.form, c.use) == ("internal", "non-commercial")} == {expected}


def test_nothing_found_shows_terms_of_our_own_and_why_not(knowledge: Knowledge) -> None:
    """Alpaca: LLaMA 1 was tuned and an OpenAI model's output used, both for gain; no outbound terms cure that."""
    found = _matrix("alpaca", (), knowledge)
    assert [(r.expression, r.sources, r.verdict.answer) for r in found.rows] == [("OWN-TERMS", ("own",), "no")]
    assert (found.licence, found.cells) == ("", ())
    assert "an act of our own in making it is not granted" in render(found, knowledge)


def test_a_fixed_licence_is_said(knowledge: Knowledge) -> None:
    """GPL-3.0, 5(c): a changed program as a whole goes out under this licence."""
    stack = stack_of(simple("modifies", "GPL-3.0-only", "code", made="code", license="MIT", form="source"), knowledge)
    found = build(stack, knowledge, as_of=AS_OF)
    assert [(r.expression, r.verdict.answer) for r in found.rows][:2] == [("MIT", "no"), ("GPL-3.0-only", "yes")]
    assert "the licence is fixed\n  GPL-3.0-only" in render(found, knowledge)


def test_terms_named_twice_are_one_row(knowledge: Knowledge) -> None:
    found = _matrix("dolly-2", ("mit", "OWN-TERMS", "MIT"), knowledge)
    assert [(r.expression, r.sources) for r in found.rows] == [("MIT", ("proposed", "tried")), ("OWN-TERMS", ("option", "tried"))]


def _given(**given: Any) -> dict[str, Any]:
    return {"proposed": None, "purpose": None, "profile": "mainstream", "tries": (), **given}


def _report(example: str, knowledge: Knowledge, **given: Any) -> Reported:
    return matrix_report(_stack(example, knowledge), knowledge, _given(**given), {}, AS_OF)


@pytest.mark.parametrize(("written", "says"), [("NONE", "no licence one could offer"), ("MIT AND", ""), ("", "")])
def test_terms_to_try_that_are_none_name_the_option(written: str, says: str, knowledge: Knowledge) -> None:
    with pytest.raises(StackError) as problem:
        _report("dolly-2", knowledge, tries=(written,))
    assert [f.file for f in problem.value.faults] == ["--try"]
    assert says in str(problem.value)


def test_a_stack_that_releases_nothing_is_a_fault(knowledge: Knowledge) -> None:
    stack = _stack("dolly-2", knowledge)._replace(release=None)
    with pytest.raises(StackError, match="does not say what is released"):
        build(stack, knowledge)


def test_unknown_terms_never_pass(knowledge: Knowledge) -> None:
    found = _matrix("dolly-2", ("LicenseRef-Nobody-Read-This",), knowledge)
    assert found.rows[-1].verdict.answer == "unknown"
    assert "unknown" in render(found, knowledge)


def test_the_gate_is_that_of_outbound(knowledge: Knowledge) -> None:
    assert _report("olmo-2-instruct", knowledge).gate == "pass", "there are terms that do"
    assert _report("olmo-2-instruct", knowledge, proposed="Apache-2.0").gate == "fail", "the terms that were asked about do not"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_published_shape(path: Any, knowledge: Knowledge) -> None:
    found = json.loads(_report(path.stem, knowledge, tries=("GPL-3.0-only",)).reports["json"](False))
    SCHEMA.validate(found)
    assert (found["by_form"] is None) == ("license:" not in path.read_text("utf-8").partition("release:")[2])


def test_the_schema_is_up_to_date() -> None:
    assert json.loads((ROOT / "schema" / "matrix-1.json").read_text("utf-8")) == json_schema(), "write matrix.json_schema() to schema/matrix-1.json"


REPORTS: list[Callable[[Matrix, Knowledge], str]] = [render, render_markdown]


@pytest.mark.parametrize("report", REPORTS, ids=["text", "markdown"])
def test_every_blocked_cell_leads_to_its_clause_section_and_path(report: Callable[[Matrix, Knowledge], str], knowledge: Knowledge) -> None:
    text = " ".join(report(_matrix("r1-distill-llama-70b", (), knowledge), knowledge).replace("\\", "").split())
    assert "[1] LicenseRef-Llama-3.3-Community 1.a (relabel): the whole may not carry other terms; origin -finetune-> distilled -merge-> merged -quantize-> gguf; act: distribute" in text
    assert "name-prefix “Llama”: LicenseRef-Llama-3.3-Community 1.b.i (origin" in text
    assert "after a change" in text
    assert "Not legal advice." in text
    assert "cleared" not in text


def test_duties_in_common_are_told_once(knowledge: Knowledge) -> None:
    text = render_markdown(_matrix("dolly-2", ("CC-BY-SA-4.0",), knowledge), knowledge)
    assert "| 6 duties: those of every row |" in text
    assert "| 7 duties: those of every row and attribution |" in text


def test_text_keeps_to_its_width(knowledge: Knowledge) -> None:
    for width in (100, 120):
        assert max(map(len, render(_matrix("r1-distill-llama-70b", (), knowledge), knowledge, width).splitlines())) <= width


def test_a_name_cannot_make_markup(knowledge: Knowledge) -> None:
    data = simple("finetune", "MIT", license="MIT")
    data["components"]["ours"]["name"] = "x | [y](z) \x1b[31m <b>"
    found = build(stack_of(data, knowledge), knowledge, as_of=AS_OF)
    assert "x \\| \\[y\\](z)" in render_markdown(found, knowledge)
    assert "\x1b" not in render_markdown(found, knowledge) + render(found, knowledge)
    assert markdown("a\nb | c") == "a b \\| c"


def test_the_same_question_gives_the_same_bytes(knowledge: Knowledge) -> None:
    assert render_json(_matrix("mixlora", ("MIT",), knowledge)) == render_json(_matrix("mixlora", ("MIT",), knowledge))
