"""What moves the gate and never the answer: accepted risks, the baseline, --fail-on, the audience."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph import baseline, failing
from licgraph.audience import ENGINEER, seen_by
from licgraph.cli import cli
from licgraph.errors import StackError
from licgraph.gate import Entry, keys
from licgraph.knowledge import Knowledge
from licgraph.outcome import Outcome
from licgraph.reports import checks
from licgraph.rows import rows
from licgraph.verdict import Verdict

from .conftest import AS_OF, ROOT, verdict_of
from .strategies import stacks

RISK = {"component": "d", "clause": "CC-BY-NC-4.0/noncommercial", "reason": "old run", "owner": "someone", "until": "2027-06-01"}
DUTIES = {"licgraph": 1, "components": {"b": {"kind": "weights", "license": "Apache-2.0"}, "m": {"kind": "weights", "from": {"finetune": "b"}}}, "release": {"component": "m", "license": "Apache-2.0"}}
CLEAN = {"licgraph": 1, "components": {"m": {"kind": "weights", "ours": True}}, "release": {"component": "m", "license": "MIT"}}
UNKNOWN = {"licgraph": 1, "components": {"b": {"kind": "weights", "license": "NOASSERTION"}, "m": {"kind": "weights", "from": {"finetune": "b"}}}, "release": {"component": "m", "license": "MIT"}}
UNREAD = {**CLEAN, "unread": [{"source": "adapter.bin", "why": "cut off"}]}


def nc(use: str | None = "commercial", **more: Any) -> dict[str, Any]:
    """Trained on non-commercial data: blocked; without a use, conditional."""
    release = {"component": "m", "license": "MIT", **({"use": use} if use else {})}
    return {"licgraph": 1, "components": {"d": {"kind": "dataset", "license": "CC-BY-NC-4.0"}, "m": {"kind": "weights", "from": {"trained-on": "d"}}}, "release": release, **more}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments, *(() if "--as-of" in arguments else ("--as-of", AS_OF))])


def write(path: Path, data: dict[str, Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(json.loads(json.dumps(data)), sort_keys=False), "utf-8")  # without aliases
    return str(path)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ------------------------------------------------------------------ --fail-on


@pytest.mark.parametrize(
    ("data", "words", "gate"),
    [
        (nc(), "unknown", "fail"),  # a no always fails
        (nc(None), None, "open"),
        (nc(None), "no", "pass"),
        (nc(None), "conditional", "fail"),
        (UNKNOWN, None, "open"),
        (UNKNOWN, "no,conditional", "open"),  # nothing unknown passes
        (UNKNOWN, "unknown", "fail"),
        (UNREAD, "no", "open"),
        (CLEAN, ",".join(w for w in failing.WORDS if w != "new"), "pass"),
        (DUTIES, "no", "pass"),
        (DUTIES, "open-duty", "fail"),
        (DUTIES, "unreviewed", "fail"),
    ],
)
def test_fail_on_moves_the_gate_and_no_answer(data: dict[str, Any], words: str | None, gate: str, knowledge: Knowledge) -> None:
    verdict = verdict_of(data, knowledge)
    judged = failing.judged(verdict, failing.words(words.split(",")), knowledge) if words else verdict
    assert judged.gate == gate
    assert judged.answer == verdict.answer
    assert bool([r for r in rows(judged, knowledge) if r.gates]) == (gate != "pass")


def test_a_conditional_answer_that_hides_an_unknown_does_not_pass(knowledge: Knowledge) -> None:
    """Under one value of the open fact an unknown licence counts: that is no mere question."""
    data = {"licgraph": 1, "components": {"b": {"kind": "weights", "license": "falcon-llm-license"}, "m": {"kind": "weights", "from": {"finetune": "b"}}}, "release": {"component": "m", "license": "OWN-TERMS", "use": "non-commercial"}}
    verdict = verdict_of(data, knowledge)
    assert (verdict.answer, verdict.gate, verdict.hides_unknown) == ("conditional", "open", True)
    for word, gate in (("no", "open"), ("open-duty", "open"), ("conditional", "fail"), ("unknown", "fail")):
        assert failing.judged(verdict._replace(duties=()), failing.words([word]), knowledge).gate == gate, word
    assert not verdict_of(nc(None), knowledge).hides_unknown


def test_a_contested_answer_fails_where_it_is_named(knowledge: Knowledge) -> None:
    contested = next(v for f in sorted((ROOT / "examples").glob("*.yaml")) if (v := verdict_of(yaml.safe_load(f.read_text("utf-8")), knowledge)).turns_on and v.gate != "fail")
    judged = failing.judged(contested, failing.words(["contested"]), knowledge)
    assert judged.gate == "fail"
    assert [r.rule for r in judged.fail_on if r.effect == "fail"] == ["contested"]
    robust = verdict_of(CLEAN, knowledge)
    assert failing.judged(robust, failing.words(["contested"]), knowledge).gate == "pass"
    assert failing.judged(robust._replace(flips_complete=False), failing.words(["contested"]), knowledge).gate == "fail"


@pytest.mark.parametrize(("written", "says"), [("no,unknwon", "did you mean `unknown`"), ("", "nothing is listed"), (",", "nothing is listed"), ("new", "none is named")])
def test_a_word_that_is_none_is_a_fault(written: str, says: str, here: Path) -> None:
    result = run(write(here / "licgraph.yaml", CLEAN), "--fail-on", written)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_pass_of_a_conditional_answer_is_said_in_words(here: Path) -> None:
    stack = write(here / "licgraph.yaml", nc(None))
    result = run(stack, "--fail-on", "no")
    assert result.exit_code == 0
    assert "the check passes\n  conditional; --fail-on does not name it" in result.stdout
    assert run(stack).exit_code == 3
    assert run(stack, "--fail-on", "conditional").exit_code == 1
    assert json.loads(run(stack, "--fail-on", "no", "-f", "json").stdout)["fail_on"][0]["effect"] == "pass"


# ------------------------------------------------------------------ accepted risks


def test_an_approver_is_shown_and_the_end_is_announced(knowledge: Knowledge) -> None:
    verdict = verdict_of(nc(**{"accepted-risks": [{**RISK, "approver": "Ann"}]}), knowledge)
    assert verdict.gate == "pass"
    assert verdict.blockers[0].accepted_risk == "old run (someone, approved by Ann, until 2027-06-01)"
    assert not [f for f in verdict.findings if f.id.startswith("accepted")]
    soon = verdict_of(nc(**{"accepted-risks": [{**RISK, "until": "2026-12-22"}]}), knowledge)
    assert [f.id for f in soon.findings if f.id.startswith("accepted")] == ["accepted-risk-ends-soon"]
    later = verdict_of(nc(**{"accepted-risks": [{**RISK, "until": "2026-12-23"}]}), knowledge)
    assert not [f for f in later.findings if f.id.startswith("accepted")]


# ------------------------------------------------------------------ the baseline


def entries_of(verdict: Verdict, until: str = "2027-02-20") -> tuple[Entry, ...]:
    return tuple(Entry(*key, AS_OF, until) for key in keys(verdict.blockers))


def test_what_stands_in_the_baseline_does_not_count_and_the_answer_stays(knowledge: Knowledge) -> None:
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        data = yaml.safe_load(file.read_text("utf-8"))
        plain, empty = verdict_of(data, knowledge), verdict_of(data, knowledge, baseline=())
        assert empty.gate == plain.gate
        entries = entries_of(empty)
        covered = verdict_of(data, knowledge, baseline=entries)
        assert (covered.answer, covered.gate) == (plain.answer, "pass"), file.name
        assert covered.baseline is not None
        assert covered.baseline[:4] == (len(entries), len(entries), 0, 0)
        for entry in entries:  # each of them is needed: without it what it speaks of counts
            left = verdict_of(data, knowledge, baseline=[e for e in entries if e != entry])
            assert any(not b.baseline for b in left.blockers), (file.name, entry)


@pytest.mark.parametrize("change", [{"origin": "x"}, {"clause": "CC-BY-NC-4.0/other"}, {"component": "m"}, {"act": "modify"}])
def test_an_entry_speaks_of_one_thing_only(change: dict[str, str], knowledge: Knowledge) -> None:
    (entry,) = entries_of(verdict_of(nc(), knowledge, baseline=()))
    verdict = verdict_of(nc(), knowledge, baseline=[entry._replace(**change)])
    assert verdict.gate == "fail"
    assert [f.id for f in verdict.findings if f.id.startswith("baseline")] == ["baseline-unmatched"]


@pytest.mark.parametrize(
    ("until", "gate", "finding", "totals"),
    [("2026-11-21", "fail", "baseline-expired", (1, 0, 0, 1)), ("2026-11-22", "pass", "baseline-ends-soon", (1, 1, 0, 0)), ("2026-12-06", "pass", "baseline-ends-soon", (1, 1, 0, 0)), ("2026-12-07", "pass", "", (1, 1, 0, 0))],
)
def test_an_entry_counts_down(until: str, gate: str, finding: str, totals: tuple[int, ...], knowledge: Knowledge) -> None:
    (entry,) = entries_of(verdict_of(nc(), knowledge, baseline=()), until)
    verdict = verdict_of(nc(), knowledge, baseline=[entry])
    assert verdict.gate == gate
    assert "".join(f.id for f in verdict.findings if f.id.startswith("baseline")) == finding
    assert verdict.baseline is not None
    assert verdict.baseline[:4] == totals


def test_what_was_not_read_is_in_no_baseline(here: Path, knowledge: Knowledge) -> None:
    verdict = verdict_of(UNREAD, knowledge, baseline=())
    assert keys(verdict.blockers) == {}
    forged = [Entry(o, b.ref, t, b.act, AS_OF, "2027-02-20") for b in verdict.blockers for o, t in b.stands_for]
    assert forged
    assert verdict_of(UNREAD, knowledge, baseline=forged).gate == "open"
    stack = write(here / "licgraph.yaml", UNREAD)
    assert run(stack, "--write-baseline", "b.json").exit_code == 3
    assert run(stack, "--baseline", "b.json").exit_code == 3
    assert run(stack, "--baseline", "b.json", "--fail-on", "new").exit_code == 1
    Path("b.json").write_text(baseline.dumps({"licgraph.yaml": tuple(forged)}), "utf-8")
    assert run(stack, "--baseline", "b.json").exit_code == 2


def test_a_baseline_is_written_kept_and_never_prolonged(here: Path) -> None:
    stack = write(here / "models" / "a" / "licgraph.yaml", nc())
    first = run(stack, "--write-baseline", "b.json")
    assert first.exit_code == 0
    assert "1 added (until 2027-02-20), 0 dropped" in first.stdout
    jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "baseline-1.json").read_text("utf-8"))).validate(json.loads(Path("b.json").read_text("utf-8")))
    assert run("models/a", "--baseline", "b.json").exit_code == 0, "the folder is the same stack as the file in it"
    again = run(stack, "--write-baseline", "b.json", "--as-of", "2027-01-10")
    assert "1 kept, 0 added, 0 dropped" in again.stdout
    assert baseline.read(Path("b.json"), "b.json")["models/a/licgraph.yaml"][0].until == "2027-02-20"
    late = run(stack, "--write-baseline", "b.json", "--as-of", "2027-03-01")
    assert late.exit_code == 1, "writing it again does not bring an entry back"
    data = nc()
    data["components"]["e"] = {"kind": "dataset", "license": "CC-BY-NC-SA-4.0"}
    data["components"]["m"]["from"]["trained-on"] = ["d", "e"]
    write(Path(stack), data)
    new = run(stack, "--baseline", "b.json", "-f", "sarif")
    assert new.exit_code == 1
    states = {r["ruleId"]: (r["baselineState"], bool(r["suppressions"])) for r in json.loads(new.stdout)["runs"][0]["results"] if "baselineState" in r}
    assert states["CC-BY-NC-4.0/noncommercial"] == ("unchanged", True)
    assert {s for rule, s in states.items() if "SA" in rule} == {("new", False)}
    write(Path(stack), CLEAN)
    gone = run(stack, "--baseline", "b.json")
    assert "baseline: 1 entry, 0 met, 1 gone, 0 expired" in gone.stdout
    assert "0 kept, 0 added, 1 dropped" in run(stack, "--write-baseline", "b.json").stdout


def test_entries_of_stacks_that_were_not_asked_about_stay(here: Path) -> None:
    for name in ("a", "b"):
        write(here / name / "licgraph.yaml", nc())
    assert run("a", "b", "--write-baseline", "b.json").exit_code == 0
    write(here / "a" / "licgraph.yaml", CLEAN)
    assert "1 kept, 0 added, 1 dropped" in run("a", "--write-baseline", "b.json").stdout
    assert list(baseline.read(Path("b.json"), "b.json")) == ["b/licgraph.yaml"]
    assert "no longer there" not in run("a", "--baseline", "b.json").stdout
    (here / "b" / "licgraph.yaml").unlink()
    assert "1 stack that is no longer there (b/licgraph.yaml): write it anew" in " ".join(run("a", "--baseline", "b.json").stdout.split())
    assert "0 kept, 0 added, 1 dropped" in run("a", "--write-baseline", "b.json").stdout


def test_a_moved_line_and_another_wording_stay_covered(here: Path) -> None:
    stack = write(here / "licgraph.yaml", nc())
    run(stack, "--write-baseline", "b.json")
    Path(stack).write_text("# moved\n\n" + Path(stack).read_text("utf-8"), "utf-8")
    assert run(stack, "--baseline", "b.json").exit_code == 0
    assert run(stack, "--baseline", "b.json", "--fail-on", "new").exit_code == 0


ENTRY = '{"stack": "licgraph.yaml", "origin": "d", "clause": "CC-BY-NC-4.0/noncommercial", "component": "d", "act": "train", "first": "2026-11-22", "until": "2027-02-20"}'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("{}", "the key `schema` is missing"),
        ('{"schema": "licgraph/baseline/1", "entrys": []}', "did you mean `entries`"),
        ('{"schema": "licgraph/baseline/2", "entries": []}', "is not known here"),
        (f'{{"schema": "licgraph/baseline/1", "entries": [{ENTRY.replace("until", "untill")}]}}', "did you mean `until`"),
        (f'{{"schema": "licgraph/baseline/1", "entries": [{ENTRY.replace("2027-02-20", "soon")}]}}', "expected a date"),
        (f'{{"schema": "licgraph/baseline/1", "entries": [{ENTRY}, {ENTRY}]}}', "stands here twice"),
        (f'{{"schema": "licgraph/baseline/1", "entries": [{ENTRY.replace("CC-BY-NC-4.0", "")}]}}', "is not LICENSE/clause"),
    ],
)
def test_faults_of_a_baseline(text: str, says: str, here: Path) -> None:
    stack = write(here / "licgraph.yaml", nc())
    Path("b.json").write_text(text, "utf-8")
    for option in ("--baseline", "--write-baseline"):
        result = run(stack, option, "b.json")
        assert result.exit_code == 2
        assert says in result.stderr
        assert Path("b.json").read_text("utf-8") == text


def test_a_baseline_has_to_be_there_and_to_make_sense(here: Path) -> None:
    stack = write(here / "licgraph.yaml", nc())
    for arguments, says in (
        (("--baseline", "none.json"), "there is no such file"),
        (("--until", "2027-01-01"), "no baseline is written"),
        (("--write-baseline", "b.json", "--until", "2026-01-01"), "is before"),
        (("--write-baseline", "b.json", "--until", "soon"), "is not a date"),
    ):
        result = run(stack, *arguments)
        assert (result.exit_code, says in result.stderr) == (2, True), arguments
    assert not Path("b.json").exists()
    result = CliRunner().invoke(cli, ["check", "-", "--baseline", "b.json"], input=yaml.safe_dump(nc()))
    assert result.exit_code == 2


# ------------------------------------------------------------------ the audience


def test_an_engineer_gets_what_to_do_and_no_legal_reasoning(knowledge: Knowledge) -> None:
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        verdict = verdict_of(yaml.safe_load(file.read_text("utf-8")), knowledge)
        seen = seen_by(verdict, "engineer", knowledge.assumptions)
        assert (seen.answer, seen.gate, seen.needs_facts, seen.parts) == (verdict.answer, verdict.gate, verdict.needs_facts, verdict.parts)
        for mine, all_of_it in zip(seen.blockers, verdict.blockers, strict=True):
            assert (mine.ref, mine.cite, mine.path, mine.act, mine.evidence, mine.level) == (all_of_it.ref, all_of_it.cite, all_of_it.path, all_of_it.act, all_of_it.evidence, all_of_it.level)
            assert mine.why.startswith("it can be lifted by ") or mine.level == "unknown"
        said = json.dumps(seen.to_json()) + "".join(checks.render(form, [Outcome("s", knowledge=knowledge, verdict=seen)]) for form in checks.formats())
        secret = {t for b in verdict.blockers for t in (b.quote, b.reading)} | {t for d in verdict.duties for t in (d.quote, d.reading)} | {r for _, _, r in verdict.for_counsel} | set(knowledge.assumptions)
        assert not [t for t in secret if len(t) > 12 and t in said], file.name
        assert seen_by(verdict, "counsel", knowledge.assumptions) is verdict


def test_who_reads_which_format(here: Path) -> None:
    stack = write(here / "licgraph.yaml", nc())

    def said(form: str, *more: str) -> str:
        return " ".join(run(stack, "-f", form, *more).stdout.replace("\\", "").split())

    for form in ("text", "json", *ENGINEER):
        whole, counsel, engineer = said(form), said(form, "--audience", "counsel"), said(form, "--audience", "engineer")
        assert whole == (engineer if form in ENGINEER else counsel), form
        assert "is for a commercial purpose" in counsel, form
        assert "is for a commercial purpose" not in engineer, form
        assert form == "json" or "or counsel: licgraph check --audience counsel" in engineer, form
        assert "--audience counsel" not in counsel, form


def test_fingerprints_do_not_hang_on_the_audience(knowledge: Knowledge) -> None:
    verdict = verdict_of(nc(), knowledge)
    wanted = [r.fingerprint for r in rows(verdict, knowledge) if r.blocks]
    assert [r.fingerprint for r in rows(seen_by(verdict, "engineer", knowledge.assumptions), knowledge) if r.blocks] == wanted


# ------------------------------------------------------------------ on random stacks


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=stacks(proposed=True), listed=st.sets(st.sampled_from([w for w in failing.WORDS if w != "new"]), min_size=1))
def test_whatever_the_stack_the_gate_is_explained_and_the_baseline_covers(data: dict[str, Any], listed: set[str], knowledge: Knowledge) -> None:
    try:
        plain = verdict_of(data, knowledge, search=False)
    except StackError:
        return
    judged = failing.judged(plain, listed, knowledge)
    assert judged.answer == plain.answer
    assert bool([r for r in rows(judged, knowledge) if r.gates]) == (judged.gate != "pass")
    assert not (plain.answer == "no" and judged.gate != "fail")
    assert not (plain.answer == "unknown" and judged.gate == "pass")
    assert not (plain.answer == "conditional" and judged.gate == "pass" and ("conditional" in listed or plain.hides_unknown))
    empty = verdict_of(data, knowledge, search=False, baseline=())
    entries = entries_of(empty)
    covered = verdict_of(data, knowledge, search=False, baseline=entries)
    assert (covered.answer, covered.gate) == (plain.answer, "pass")
    assert all(b.baseline for b in covered.blockers)
    assert covered.baseline is not None
    assert (covered.baseline.met, covered.baseline.gone) == (len(entries), 0)
    if len(entries) > 1 and plain.answer != "yes":
        part = verdict_of(data, knowledge, search=False, baseline=entries[1:])
        assert bool([r for r in rows(part, knowledge) if r.gates]) == (part.gate != "pass")
    seen = seen_by(judged, "engineer", knowledge.assumptions)
    assert [r.fingerprint for r in rows(seen, knowledge) if r.blocks] == [r.fingerprint for r in rows(judged, knowledge) if r.blocks]
