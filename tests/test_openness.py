"""Openness: cases a lawyer can read, the founding examples, the readings against each other, and MOF's rule done twice."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from licgraph import inputs
from licgraph import knowledge as base
from licgraph.cli_openness import openness
from licgraph.inputs.assemble import tree_of
from licgraph.inputs.stackfile import ROLES, from_file
from licgraph.openness import grade
from licgraph.openness.mof import progress, tree_state
from licgraph.openness.rules import rules
from licgraph.openness.table import Openness, json_schema
from licgraph.openness.terms import of_license
from licgraph.reports.openness import COLOURS, render

from .conftest import AS_OF, ROOT, stack_of

KNOWLEDGE = base.load()
RULES = rules()
CASES = sorted((ROOT / "tests" / "openness_cases").glob("*.yaml"))
EXAMPLES = ROOT / "examples" / "openness"
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "openness-1.json").read_text("utf-8")))
QUESTIONS = ("run", "fine-tune", "rebuild")
PARTS = ("weights", "inference-code", "training-code", "training-data")
CORPUS = Path(os.environ["LICGRAPH_CORPORA"]) / "mof" / "models" if os.environ.get("LICGRAPH_CORPORA") else None


def graded(data: Mapping[str, Any], profile: str = "mainstream") -> Openness:
    return grade(stack_of(dict(data), KNOWLEDGE), KNOWLEDGE, profile, as_of=AS_OF)


def facts(found: Openness) -> dict[str, Any]:
    """What a case may expect, by its word."""
    plain, weights = found.reading("plain"), found.part("weights").terms
    return {
        **{r.id: r.grade for r in found.readings}, "at-most": plain.at_most, **{q.id: q.answer for q in found.questions}, **{c.part: c.state for c in plain.cells},
        "clause": f"{weights.license}/{weights.clause}", "note": " ".join(c.note for c in found.reading("mof").cells), "exit": 3 if found.undecided else 0, **dict(found.systems),
    }  # fmt: skip


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    assert case["id"] == path.stem
    expected = dict(case["expect"])
    found = facts(graded(case["stack"], expected.pop("profile", "mainstream")))
    for word, value in expected.items():
        assert value in found[word] if word == "note" else found[word] == value, f"{word}: {found[word]}, expected {value}: {case['why']}"
    if "at-most" not in expected:
        assert found["at-most"] == ""


EXPECTED = {
    "mistral-small": {"plain": "open-weights", "weights-and-code": "not-met", "osaid": "not-met", "mof": "none", "run": "yes", "fine-tune": "yes", "rebuild": "partly", "inference": "open", "training": "partly", "exit": 0},
    "llama-3.1-405b": {"plain": "weights-available", "weights-and-code": "not-met", "osaid": "not-met", "mof": "none", "run": "partly", "fine-tune": "partly", "rebuild": "no", "inference": "not open", "training": "not open", "exit": 0, "clause": "LicenseRef-Llama-3.1-Community/acceptable-use"},
    "llama-cpp": {"plain": "weights-available", "at-most": "open weights", "weights-and-code": "not-met", "osaid": "not-met", "mof": "none", "inference-code": "open", "run": "unknown", "rebuild": "no", "exit": 3},
    "weights-and-code-no-data": {"plain": "open-weights-and-tooling", "weights-and-code": "met", "osaid": "not-met", "mof": "none", "run": "yes", "fine-tune": "yes", "rebuild": "partly", "exit": 0},
    "olmo-2": {"plain": "fully-open", "weights-and-code": "met", "osaid": "needs-a-person", "mof": "I", "run": "yes", "fine-tune": "yes", "rebuild": "yes", "inference": "open", "training": "open", "exit": 0},
    "data-and-scripts-only": {"plain": "no-weights", "weights-and-code": "not-met", "osaid": "not-met", "mof": "none", "run": "no", "fine-tune": "no", "rebuild": "yes", "inference": "not open", "training": "open", "exit": 0},
}  # fmt: skip
"""The six systems of the founding discussion; the grounds stand in each file."""


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str) -> None:
    found = facts(grade(from_file(EXAMPLES / f"{name}.yaml", name, KNOWLEDGE), KNOWLEDGE, as_of=AS_OF))
    assert {w: found[w] for w in EXPECTED[name]} == EXPECTED[name]


def test_every_example_is_expected() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.yaml")} == set(EXPECTED)


# -- terms: derived from clauses, agreeing with those who decide


def test_every_licence_that_osi_approved_is_open_by_its_clauses() -> None:
    approved = [i for i in KNOWLEDGE.license_ids if "osi" in KNOWLEDGE.spdx_flags(i)]
    assert len(approved) > 60
    assert [i for i in approved if of_license(KNOWLEDGE.license(i), RULES, KNOWLEDGE).state != "open"] == []


@pytest.mark.parametrize("name", ["Llama", "Gemma", "RAIL", "CC-BY-NC", "-ND-", "Hunyuan", "Stability", "PolyForm"])
def test_families_with_limits_are_not_open_and_say_why(name: str) -> None:
    found = [of_license(KNOWLEDGE.license(i), RULES, KNOWLEDGE) for i in KNOWLEDGE.license_ids if name in i]
    assert found
    for terms in found:
        assert terms.state == "other", terms
        assert terms.clause
        assert terms.cite
        assert terms.cite in terms.why


def test_licences_that_osi_refused_or_never_saw_fail_by_clause() -> None:
    expected = {"SSPL-1.0": "service-licence", "Hippocratic-2.1": "pass-on-restrictions", "BUSL-1.1": "production-use", "Elastic-2.0": "no-hosted-service"}
    assert {i: of_license(KNOWLEDGE.license(i), RULES, KNOWLEDGE).clause for i in expected} == expected


@pytest.mark.parametrize("word", base.RESERVED)
def test_reserved_words(word: str) -> None:
    expected = {"NONE": "none", "LicenseRef-Proprietary": "none", "LicenseRef-Commercial": "other", "NOASSERTION": "unknown", "OWN-TERMS": "unknown", "NO-CLAIM": "open"}
    assert of_license(KNOWLEDGE.license(word), RULES, KNOWLEDGE).state == expected[word]


def test_an_unread_licence_is_unknown_even_if_approved() -> None:
    unread = next(i for i in KNOWLEDGE.spdx_ids if "osi" in KNOWLEDGE.spdx_flags(i) and KNOWLEDGE.license(i).state == "unknown")
    found = of_license(KNOWLEDGE.license(unread), RULES, KNOWLEDGE)
    assert found.state == "unknown"
    assert "OSI approved it" in found.why


def test_a_tolerated_clause_is_a_clause_that_is_there() -> None:
    for ref in RULES.tolerated:
        licence, _, clause = ref.partition("/")
        assert clause in {c.id for c in KNOWLEDGE.license(licence).clauses}, ref
    assert set(RULES.closing) <= set(KNOWLEDGE.duties)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["MIT", "Apache-2.0", "CC-BY-NC-4.0", "LicenseRef-Llama-3.1-Community", "NONE", "NOASSERTION", "LicenseRef-House"]), st.sampled_from(["MIT", "CC-BY-NC-4.0", "LicenseRef-Gemma-Terms-2025-03-24", "NOASSERTION"]), st.sampled_from(["finetune", "merge", "quantize", "convert", "modifies"]))
def test_an_origin_never_opens_what_is_made_from_it(label: str, origin: str, relation: str) -> None:
    """What is made from a work is at most as open as its own label, and as the work where that is held as a changed version or a copy."""
    made = graded({"licgraph": 1, "components": {"origin": {"kind": "weights", "license": origin}, "made": {"kind": "weights", "license": label, "ours": False, "from": {relation: "origin"}}}, "release": {"component": "made"}})
    order = ("none", "other", "unknown", "open")
    known = [of_license(KNOWLEDGE.license(i), RULES, KNOWLEDGE).state for i in (label, origin)]
    assert made.part("weights").terms.state == min(known, key=order.index)


@settings(max_examples=25, deadline=None)
@given(st.permutations(["web", "math", "trainer", "runner", "weights"]))
def test_order_of_components_changes_no_grade(order: list[str]) -> None:
    data = yaml.safe_load((EXAMPLES / "olmo-2.yaml").read_text("utf-8"))
    rest = {k: v for k, v in data["components"].items() if k not in order}
    found = graded({**data, "components": {**{k: data["components"][k] for k in order}, **rest}})
    assert {r.id: r.grade for r in found.readings} == {"plain": "fully-open", "weights-and-code": "met", "osaid": "needs-a-person", "mof": "I"}


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(["web", "math", "trainer", "runner", "architecture", "libraries", "toolkit", "paper", "card", "results", "suite"])))
def test_withholding_never_raises_a_grade(withheld: set[str]) -> None:
    data = yaml.safe_load((EXAMPLES / "olmo-2.yaml").read_text("utf-8"))
    for name in withheld:
        data["components"][name]["available"] = "withheld"
    found = facts(graded(data))
    assert (found["plain"] == "fully-open") == (not withheld & {"web", "math", "trainer", "runner"})
    assert (found["osaid"] == "needs-a-person") == (not withheld & {"trainer", "runner", "architecture", "libraries", "toolkit"})  # the data card stays as data information
    assert (found["mof"] == "I") == (withheld <= {"libraries"})  # which the framework does not require


# -- OSAID never passes without a person


def test_osaid_is_never_simply_met() -> None:
    for path in [*EXAMPLES.glob("*.yaml"), *(ROOT / "examples").glob("*.yaml")]:
        reading = grade(from_file(path, path.name, KNOWLEDGE), KNOWLEDGE, as_of=AS_OF).reading("osaid")
        assert reading.grade in ("not-met", "needs-a-person", "undecided")
        assert next(c for c in reading.cells if c.part == "data-information").state != "met"


def test_osaid_wants_code_approved_by_osi_where_the_plain_reading_is_content_with_open_terms() -> None:
    data = yaml.safe_load((EXAMPLES / "olmo-2.yaml").read_text("utf-8"))
    data["components"]["runner"]["license"] = "CC0-1.0"
    found = graded(data)
    assert found.reading("plain").grade == "fully-open"
    assert found.reading("osaid").grade == "not-met"
    assert next(c for c in found.reading("osaid").cells if c.part == "inference-code").reason == "runner: CC0-1.0 is not approved by OSI"


# -- MOF


def test_the_components_of_the_framework_are_the_roles_of_a_stack_file() -> None:
    assert {c.slug for c in RULES.mof} == set(ROLES)


@pytest.mark.parametrize(
    ("left_out", "added", "expected"),
    [
        ((), (), (("III", 6, 6), ("II", 10, 10), ("I", 14, 14))),
        (("research-paper",), (), (("III", 6, 6), ("II", 10, 10), ("I", 13, 14))),
        (("technical-report",), (), (("III", 6, 6), ("II", 10, 10), ("I", 13, 13))),
        (("technical-report", "research-paper"), (), (("III", 5, 6), ("II", 0, 10), ("I", 0, 14))),
        (("training-code",), (), (("III", 6, 6), ("II", 9, 10), ("I", 0, 14))),
        (("model-card",), (), (("III", 5, 6), ("II", 0, 10), ("I", 0, 14))),
        (("sample-model-outputs", "model-metadata", "supporting-libraries-and-tools"), (), (("III", 6, 6), ("II", 10, 10), ("I", 14, 14))),
    ],
)  # fmt: skip
def test_progress(left_out: tuple[str, ...], added: tuple[str, ...], expected: tuple[tuple[str, int, int], ...]) -> None:
    assert tuple(tuple(p) for p in progress(frozenset(ROLES) - set(left_out) | set(added), RULES)) == expected


REQUIRED = {
    3: {"Model architecture", "Model parameters (Final)", "Evaluation results", "Model card", "Data card", "Technical report"},
    2: {"Training code", "Inference code", "Evaluation code", "Evaluation data"},
    1: {"Datasets", "Data preprocessing code", "Model parameters (Intermediate)", "Research paper"},
}
TYPE = {
    "code": {"Model architecture", "Training code", "Inference code", "Evaluation code", "Supporting libraries and tools", "Data preprocessing code"},
    "data": {"Model parameters (Final)", "Model parameters (Intermediate)", "Evaluation data", "Datasets", "Model metadata"},
}
OPEN_DATA = {"CC-BY-4.0", "CC-BY-SA-1.0", "CC-BY-SA-2.0", "CC-BY-SA-2.0-UK", "CC-BY-SA-2.1-JP", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-3.0-AT", "CC-BY-SA-4.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "PDDL-1.0", "ODC-By-1.0", "ODbL-1.0", "GFDL-1.3", "OGL-Canada-2.0", "OGL-UK-2.0", "OGL-UK-3.0", "OpenMDW-1.0"} | {f"CC-BY-3.0-{c}" for c in ("AT", "AU", "DE", "IGO", "NL", "US")}


def _flagged() -> set[str]:
    rows = [line.split("\t") for line in (ROOT / "data" / "spdx.tsv").read_text("utf-8").splitlines()[1:]]
    return {row[0] for row in rows if len(row) > 2 and {"osi", "fsf"} & set(row[2].split(","))}


LITERAL = OPEN_DATA | _flagged()


def _independent(release: Mapping[str, Any], is_open: Any) -> str:
    """The rule once more, from the file as plain data: nothing here comes from the package but `is_open`."""
    default = {k: (v or {}).get("name") if isinstance(v, dict) else v for k, v in (release.get("license") or {}).items()}
    included = set()
    for part in release["components"]:
        own = part.get("license")
        own = own.get("name") if isinstance(own, dict) else own
        kind = next((t for t, names in TYPE.items() if part["name"] in names), "document")
        stated = own or default.get(kind) or default.get("distribution") or ""
        if stated and is_open(stated):
            included.add(part["name"])
    report, paper = "Technical report" in included, "Research paper" in included
    three = REQUIRED[3] - {"Technical report"} <= included and (report or paper)
    two = three and REQUIRED[2] <= included
    one = two and REQUIRED[1] - {"Research paper"} <= included and paper
    return "I" if one else "II" if two else "III" if three else "none"


@pytest.mark.skipif(CORPUS is None, reason="LICGRAPH_CORPORA is not set")
def test_classes_of_all_model_files_agree_with_the_rule_done_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert CORPUS is not None
    files = sorted(CORPUS.glob("*.yml"))
    assert len(files) == 273
    counts: dict[str, int] = {}
    spelled: list[str] = []
    changed = []

    def resolved(written: str) -> bool:
        answer = tree_state(tree_of(written, KNOWLEDGE), RULES, KNOWLEDGE) == "open"
        if answer != (written in LITERAL):
            spelled.append(written)
        return answer

    for path in files:
        release = yaml.safe_load(path.read_text("utf-8"))["release"]
        product = grade(inputs.read(str(path), KNOWLEDGE), KNOWLEDGE, as_of=AS_OF).reading("mof").grade
        assert product == _independent(release, resolved), path.name
        literal = _independent(release, LITERAL.__contains__)
        counts[product] = counts.get(product, 0) + 1
        if literal != product:
            changed.append((path.name, literal, product))
    with capsys.disabled():
        print(f"\nMOF: {len(files)} files, classes {dict(sorted(counts.items()))}; {len(spelled)} components that resolving opens, written {sorted(set(spelled))}; classes that change by it: {changed}")
    assert counts == {"none": 242, "III": 16, "II": 1, "I": 14}
    assert changed == [], "no class turned on a spelling when this was written"
    assert len(spelled) == 49  # 20 BSD-3, 15 Apache 2.0, 8 MIT license or License, 2 CC BY-SA 4.0, 2 Apache license 2.0, 1 BSD, 1 apache-2.0
    assert set(spelled) == {"Apache 2.0", "Apache license 2.0", "BSD", "BSD-3", "CC BY-SA 4.0", "MIT License", "MIT license", "apache-2.0"}


# -- reports and the command


def _run(*args: str) -> Any:
    return CliRunner().invoke(openness, [*args, "--as-of", AS_OF])


@pytest.mark.parametrize("path", [*CASES, *sorted(EXAMPLES.glob("*.yaml"))], ids=lambda p: p.stem)
def test_reports(path: Path) -> None:
    data = yaml.safe_load(path.read_text("utf-8"))
    found = graded(data.get("stack", data))
    document = json.loads(render(found, "json"))
    SCHEMA.validate(document)
    assert document == json.loads(render(graded(data.get("stack", data)), "json"))
    for form in ("text", "markdown"):
        text = render(found, form)
        assert "Not legal advice." in text
        for reading in found.readings:
            assert reading.label in text
    for reading in found.readings:
        assert reading.source
        assert all(c.reason and "\n" not in c.reason for c in reading.cells)
        assert bool(reading.next_rung) == bool(reading.missing)
    rows = [line for line in render(found, "markdown").splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} <= {3, 4, 5}
    badge = ET.fromstring(render(found, "svg"))
    assert badge.get("role") == "img"
    assert (found.reading("plain").label in (badge.get("aria-label") or "")) or found.undecided


def test_schema_is_up_to_date() -> None:
    assert json.loads((ROOT / "schema" / "openness-1.json").read_text("utf-8")) == json_schema()


def test_names_cannot_break_out_of_a_report() -> None:
    name = "x</text><script>|\u202e"
    found = graded({"licgraph": 1, "components": {"m": {"kind": "weights", "name": name, "license": "MIT", "ours": False}}, "release": {"component": "m"}})
    ET.fromstring(render(found, "svg"))
    assert "<script>" not in render(found, "markdown")
    assert "\u202e" not in render(found, "text")


def test_badge_colours_can_be_read() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    assert all(1.05 / (light(c) + 0.05) >= 4.5 for c in COLOURS.values())


@pytest.mark.parametrize("form", ["text", "markdown", "json", "svg"])
def test_command(form: str, tmp_path: Path) -> None:
    target = tmp_path / "report"
    found = _run(str(EXAMPLES / "olmo-2.yaml"), "--format", form, "--output", f"{form}={target}")
    assert found.exit_code == 0
    assert target.read_text("utf-8") == found.output
    assert _run(str(EXAMPLES / "llama-cpp.yaml"), "-f", form).exit_code == 3


def test_command_on_input_that_is_not_understood(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("licgraph: 1\ncomponents: {a: {kind: weights, licence: MIT}}\n", encoding="utf-8")
    assert _run(str(bad)).exit_code == 2
    nothing = tmp_path / "two.yaml"
    nothing.write_text("licgraph: 1\ncomponents: {a: {kind: weights, license: MIT}, b: {kind: weights, license: MIT}}\n", encoding="utf-8")
    found = CliRunner().invoke(openness, [str(nothing), "-f", "json"])
    assert found.exit_code == 2
    assert '"licgraph/error/1"' in found.output
    assert _run(str(nothing), "--component", "a").exit_code == 0
    assert _run(str(EXAMPLES / "olmo-2.yaml"), "--assume", "no-such=yes").exit_code == 2


def test_as_settles_an_unlabelled_release(tmp_path: Path) -> None:
    file = tmp_path / "licgraph.yaml"
    file.write_text("licgraph: 1\ncomponents: {m: {kind: weights}}\nrelease: {component: m}\n", encoding="utf-8")
    assert _run(str(file)).exit_code == 3
    assert _run(str(file), "--as", "MIT").exit_code == 0


def test_why_there_are_no_weights_is_said() -> None:
    model = {"kind": "weights", "license": "MIT", "ours": False, "role": "model-parameters-final"}
    behind = graded({"licgraph": 1, "components": {"model": model}, "release": {"component": "model", "form": "service"}})
    assert "the release is a service, so model is not handed out" in behind.part("weights").reason
    kept = graded({"licgraph": 1, "components": {"model": {**model, "available": "withheld"}}, "release": {"component": "model"}})
    assert kept.part("weights").reason == "model is said to be withheld"
