"""A verdict as a list of rows, one for each thing to say, so that every format for CI says the same.

A row has a rule (a clause, `fail-on/WORD`, `policy/ID`, `needs/FACT`, `elected/COMPONENT`, `owed/DUTY`, `noticed/ID` or `answer`),
a place in a file, and a fingerprint that hangs on what it is about, never on a line or a wording (design section 5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from licgraph.errors import LicgraphError
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple, sha256
from licgraph.outcome import Outcome
from licgraph.stack import Evidence
from licgraph.verdict import Verdict

Level = Literal["error", "warning", "note"]
SHORT = {"yes": "no blocking term found", "no": "blocked", "conditional": "conditional", "unknown": "unknown"}
MOMENTS = {"before": "before publishing", "files": "in the files", "page": "on the page", "contract": "in the terms", "operation": "while operating"}
NOWHERE = Evidence("", 0)
GATE_WORDS = {"pass": "passes", "fail": "fails", "open": "stays open"}
FOR_COUNSEL = "for counsel: licgraph check --audience counsel"
"""What a report without the legal reasoning says of where it is."""


class Row(NamedTuple):
    """One thing to say. ``gates``: whether the check fails or stays open by it; ``accepted``: who took the risk, why, until when.

    ``baseline``: the day until which a baseline covers it.
    """

    rule: str
    level: Level
    component: str
    text: str
    evidence: Evidence
    fingerprint: str
    gates: bool = False
    accepted: str = ""
    meaning: str = ""
    path: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    baseline: str = ""
    blocks: bool = False

    @property
    def covered(self) -> str:
        """In words, why it does not gate though it stands against the release; empty where it does gate."""
        noted = f"in the baseline until {self.baseline}" if self.baseline else ""
        return "; ".join(filter(None, (f"risk accepted: {self.accepted}" if self.accepted else "", noted)))


class Told(NamedTuple):
    """One question with all there is to say: rows of its verdict, or the problem that kept it from one."""

    asked: str
    verdict: Verdict | None
    knowledge: Knowledge | None
    rows: tuple[Row, ...]
    problem: LicgraphError | None


def told(outcomes: Sequence[Outcome]) -> list[Told]:
    """Every question with its rows. Of several, the same row of two stacks has two fingerprints; of one it is as it was."""
    found = []
    for outcome in outcomes:
        if outcome.answered is None:
            found.append(Told(outcome.asked, None, None, (), outcome.problem or LicgraphError(())))
            continue
        verdict, knowledge = outcome.answered
        mine = rows(verdict, knowledge)
        if len(outcomes) > 1:
            mine = tuple(row._replace(fingerprint=sha256(f"{outcome.asked}\0{row.fingerprint}".encode("utf-8", "surrogateescape")).hexdigest()) for row in mine)
        found.append(Told(outcome.asked, verdict, knowledge, mine, None))
    return found


def headline(verdict: Verdict) -> str:
    """The question and its answer in one line."""
    proposed = f"as {verdict.proposed}" if verdict.proposed else "(what may it be released as?)"
    return f"{verdict.name or verdict.component} {proposed} ({verdict.form}, {verdict.use} use, to {verdict.to}; profile {verdict.profile}): {SHORT[verdict.answer]}; the check {GATE_WORDS[verdict.gate]}"


def not_known(verdict: Verdict) -> tuple[str, ...]:
    """What was not read or not understood of what the release stands on, a sentence each."""
    return tuple(dict.fromkeys(b.why for b in verdict.blockers if b.level == "unknown"))


def rows(verdict: Verdict, knowledge: Knowledge) -> tuple[Row, ...]:
    """Everything the verdict says, blockers first. A gate that does not pass always leaves a row that gates."""
    found = [*_blockers(verdict, knowledge), *_rulings(verdict), *_needs(verdict), *_elections(verdict), *_duties(verdict, knowledge), *_findings(verdict)]
    if verdict.gate != "pass" and not any(row.gates for row in found):
        level: Level = "error" if verdict.gate == "fail" else "warning"
        found.insert(0, _row(verdict, "answer", level, verdict.component, headline(verdict), (), gates=True))
    return tuple(_distinct(found))


def place_of(verdict: Verdict, component: str) -> Evidence:
    """Where a component is stated, in a file that was read; else the first such file, without a line."""
    found = next((p.evidence for p in verdict.parts if p.id == component), NOWHERE)
    return _read(verdict, found) or _read(verdict, Evidence(verdict.inputs[0][0] if verdict.inputs else "", 0)) or NOWHERE


def _read(verdict: Verdict, evidence: Evidence | None) -> Evidence | None:
    """The place as seen from this folder, if it is in a file that was read here; a web address or standard input is none."""
    if evidence is None or not is_file(evidence.file) or all(evidence.file != f for f, _ in verdict.inputs):
        return None
    file = Path(evidence.file)
    if file.is_absolute() and file.is_relative_to(Path.cwd()):
        file = file.relative_to(Path.cwd())
    return evidence._replace(file=file.as_posix())


def is_file(name: str) -> bool:
    """Whether what a place or a fault names is a file here: not standard input, an option, the Hub or a web address."""
    return bool(name) and not name.startswith(("-", "hf:")) and "://" not in name


def _row(
    verdict: Verdict, rule: str, level: Level, component: str, text: str, about: Sequence[str], evidence: Evidence | None = None, gates: bool = False, accepted: str = "", meaning: str = "",
    path: tuple[str, ...] = (), steps: tuple[str, ...] = (), baseline: str = "", blocks: bool = False,
) -> Row:  # fmt: skip
    key = sha256("\0".join((rule, component, *about)).encode("utf-8", "surrogateescape")).hexdigest()
    return Row(rule, level, component, text, _read(verdict, evidence) or place_of(verdict, component), key, gates, accepted, meaning, path, steps, baseline, blocks)


def _walked(path: Sequence[str], steps: Sequence[str]) -> str:
    return "".join((path[0] if path else "", *(f" -{step}-> {node}" for step, node in zip(steps, path[1:], strict=False))))


def _unless(rests_on: Iterable[tuple[str, str]], knowledge: Knowledge) -> str:
    facts = " and ".join(f"{name} is {value}" for name, value in rests_on if name not in knowledge.assumptions)
    return f" (if {facts})" if facts else ""


def _blockers(verdict: Verdict, knowledge: Knowledge) -> Iterator[Row]:
    for b in verdict.blockers:
        past = "already done" if b.when == "made" else "on release"
        text = f"{b.license}{f' {b.cite}' if b.cite else ''} ({b.clause}): {b.why}{_unless(b.rests_on, knowledge)}. {_walked(b.path, b.steps)}; act: {b.act}, {past}, by {b.by}"
        level: Level = "error" if b.level == "no" else "warning"
        gates = not (b.accepted_risk or b.baseline or (b.level == "conditional" and passes(verdict)))
        yield _row(verdict, b.ref, level, b.thing or verdict.component, text, (*b.origins, b.act, b.when), b.evidence, gates, b.accepted_risk, b.reading or b.why, b.path, b.steps, b.baseline, True)


def _rulings(verdict: Verdict) -> Iterator[Row]:
    """What --fail-on and the rules of the house do to the gate."""
    levels: dict[str, Level] = {"fail": "error", "open": "warning", "pass": "note"}
    for ruling in verdict.fail_on:
        yield _row(verdict, f"fail-on/{ruling.rule}", levels[ruling.effect], ruling.component or verdict.component, ruling.why, (), gates=ruling.effect != "pass", meaning="A word of --fail-on.")
    for ruling in verdict.policy:
        text = f"house rule {ruling.rule} (owner: {ruling.owner}): {ruling.why}"
        yield _row(verdict, f"policy/{ruling.rule}", levels[ruling.effect], ruling.component or verdict.component, text, (), gates=True, meaning="A rule of the house, not of law.")


def passes(verdict: Verdict) -> bool:
    """Whether what is conditional passes, because --fail-on does not name it."""
    return any(r.effect == "pass" for r in verdict.fail_on)


def _needs(verdict: Verdict) -> Iterator[Row]:
    for need in verdict.needs_facts:
        yield _row(verdict, f"needs/{need.fact}", "warning", need.scope or verdict.component, f"{need.question} ({need.flag}); asked by {need.clause}", (need.clause,), gates=verdict.gate != "pass" and not passes(verdict), meaning="A fact the answer waits for.")


def _elections(verdict: Verdict) -> Iterator[Row]:
    for component, elected, offered in verdict.needs_elections:
        yield _row(verdict, f"elected/{component}", "note", component, f"of the terms offered ({', '.join(offered)}) {elected} is elected; write it down", (elected,), meaning="One of several licences offered has to be elected.")


def _duties(verdict: Verdict, knowledge: Knowledge) -> Iterator[Row]:
    for owed in verdict.duties:
        source = f"{owed.license} {owed.cite}".strip() or owed.clause
        value = f" “{owed.value}”" if owed.value else ""
        only = _unless(owed.rests_on, knowledge) or (" (if an open question goes the other way)" if owed.rests_on else "")
        text = f"{owed.label or owed.id}{value}, {owed.moment}, {owed.status} ({source}){only}"
        yield _row(verdict, f"owed/{owed.id}", "note", verdict.component, text, (owed.license, owed.clause, owed.value, *owed.origins), meaning=owed.reading or owed.label)


def _findings(verdict: Verdict) -> Iterator[Row]:
    for f in verdict.findings:
        text = f.why if f.component in f.why else f"{f.component}: {f.why}"
        yield _row(verdict, f"noticed/{f.id}", "note", f.component or verdict.component, text, (), meaning="Something worth knowing that decides nothing.")


def _distinct(found: Iterable[Row]) -> Iterator[Row]:
    """Rows about the same thing are told apart by their number, so that no forge folds two into one."""
    seen: Counter[str] = Counter()
    for row in found:
        seen[row.fingerprint] += 1
        again = seen[row.fingerprint]
        yield row if again == 1 else row._replace(fingerprint=sha256(f"{row.fingerprint}\0{again}".encode("utf-8", "surrogateescape")).hexdigest())
