"""The HTML report: one file that holds everything it needs, made from a verdict by a Jinja2 template.

Everything is in the page without scripts; the script adds the drawing. Cytoscape.js draws (it is kept up, takes
thousands of nodes on one canvas, knows touch and keyboard-free zooming, and needs nothing else); dagre lays layers
out, which suits a graph that has a direction. Both lie in ``vendor/`` with their licences (``tools/vendor.sh``).
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licgraph.answer import assess
from licgraph.knowledge import Knowledge
from licgraph.outcome import STATES, Outcome, counted
from licgraph.reports.page import drawing, model
from licgraph.reports.text import NOT_ADVICE, clean, named
from licgraph.rows import FOR_COUNSEL, GATE_WORDS, SHORT, Told, headline, told
from licgraph.stack import Stack
from licgraph.verdict import Verdict

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
SCRIPTS = ("vendor/dagre.min.js", "vendor/cytoscape.min.js", "report.js")
MOST_REPAIRED = 300
"""Components up to which the report looks for repairs; beyond, the command `repair` does."""
SECTIONS = (
    ("sign", "To sign"), ("graph", "Graph"), ("reasons", "Reasons"), ("duties", "Duties"), ("options", "Options"), ("turns", "Turns on"), ("repairs", "Repairs"), ("findings", "Findings"),
    ("counsel", "Counsel"), ("openness", "Openness"), ("components", "Components"), ("premises", "Premises"), ("clauses", "Clauses"), ("record", "Record"),
)  # fmt: skip


def render(stack: Stack, knowledge: Knowledge, verdict: Verdict, assume: Mapping[str, str] | None = None) -> str:
    """The page. ``verdict`` is the answer as asked; the other profiles are solved here, without the overrides of ``assume``."""
    from licgraph import openness
    from licgraph.reports.openness import graded

    assume = dict(assume or {})
    views = _views(stack, knowledge, verdict, assume)
    verdicts = [v.verdict for v in views]
    clauses = model.clauses(verdicts, knowledge)
    scripts = [(HERE / name).read_text("utf-8") for name in SCRIPTS]
    template = environment().get_template("report.html.j2")
    return template.render(
        verdict=verdict, stack=stack, knowledge=knowledge, labels=[v.label for v in views], views=[model.view(v, knowledge) for v in verdicts], short=SHORT, named=named, graded=graded,
        release=model.release_sentence(stack, verdict), answer=model.answer_sentence(verdict, knowledge), gate=GATE_WORDS[verdict.gate], rulings=model.rulings(verdict),
        sign=model.sign_off(stack, verdict, clauses), sections=SECTIONS, clauses=clauses, anchors={licence["id"]: {row["id"] for row in licence["rows"]} for licence in clauses},
        questions=_questions(verdicts, knowledge), repairs=_repairs(stack, knowledge, verdict, assume), openness=openness.grade(stack, knowledge, verdict.profile, assume=assume, as_of=verdict.as_of),
        components=model.inventory(stack, verdict), most_folded=drawing.MOST, most_drawn=drawing.MOST_DRAWN, unread=stack.unread, record=model.record(verdict, _command(verdict, assume)), versions=dict(verdict.versions), advice=NOT_ADVICE,
        css=raw((HERE / "report.css").read_text("utf-8")), scripts=[raw(s) for s in scripts], hashes=raw(" ".join(map(_hash, scripts))), graph=raw(embedded(drawing.data(stack, verdicts))),
    )  # fmt: skip


def overview(outcomes: Sequence[Outcome]) -> str:
    """A page on several questions, on one that was not understood, or for readers who get no legal reasoning: every row, no drawing."""
    found = sorted(told(outcomes), key=lambda t: (list(STATES).index(t.verdict.gate if t.verdict else "error"), t.asked))
    return environment().get_template("overview.html.j2").render(
        found=[_told(t) for t in found], counted=counted(outcomes), css=raw((HERE / "report.css").read_text("utf-8")), advice=NOT_ADVICE, for_counsel=FOR_COUNSEL,
    )  # fmt: skip


def _told(found: Told) -> dict[str, Any]:
    if found.verdict is None:
        return {"asked": found.asked or "the input", "state": STATES["error"], "answer": "unknown", "headline": "Nothing was decided.", "faults": [str(f) for f in found.problem.faults] if found.problem else [], "rows": (), "counsel": True}
    return {"asked": found.asked, "state": STATES[found.verdict.gate], "answer": found.verdict.answer, "headline": headline(found.verdict), "faults": (), "rows": found.rows, "counsel": found.verdict.audience == "counsel"}


def _views(stack: Stack, knowledge: Knowledge, verdict: Verdict, assume: Mapping[str, str]) -> list[model.View]:
    label = f"{verdict.profile} with {', '.join(f'{k}={v}' for k, v in assume.items())}" if assume else verdict.profile
    others = [p for p in knowledge.profiles if assume or p != verdict.profile]
    return [model.View(label, verdict), *(model.View(p, assess(stack, knowledge, p, as_of=verdict.as_of)) for p in others)]


def _questions(verdicts: list[Verdict], knowledge: Knowledge) -> list[dict[str, Any]]:
    taken = dict(verdicts[0].assumptions)
    names = sorted({name for verdict in verdicts for name, _ in verdict.assumptions})
    return [
        {"id": name, "question": found.question, "checked": found.checked, "values": [(value, "; ".join(found.held_by.get(value, ())), taken.get(name) == value) for value in found.values]}
        for name in names
        for found in (knowledge.assumptions[name],)
    ]


def _repairs(stack: Stack, knowledge: Knowledge, verdict: Verdict, assume: Mapping[str, str]) -> dict[str, Any]:
    if verdict.answer == "yes":
        return {"rows": (), "why": "Nothing blocks, so there is nothing to repair."}
    if len(verdict.parts) > MOST_REPAIRED:
        return {"rows": (), "why": f"Not looked for in a report of more than {MOST_REPAIRED} components: licgraph repair"}
    from licgraph.changes import default_costs
    from licgraph.repair import repair

    found = repair(stack, knowledge, verdict.profile, costs=default_costs(), assume=assume, as_of=verdict.as_of)
    return {"rows": found.found, "why": "No set of the allowed changes leads to a yes." if found.complete else "None was found before the search was given up."}


def _command(verdict: Verdict, assume: Mapping[str, str]) -> str:
    """The command that asks the same again, apart from options that changed the question: those stand in the release."""
    asked = [verdict.inputs[0][0]] if verdict.inputs else []
    proposed = ["--as", verdict.proposed] if verdict.proposed else []
    words = ["--component", verdict.component, *proposed, "--form", verdict.form, "--use", verdict.use, "--to", verdict.to, *(["--purpose", verdict.purpose] if verdict.purpose else [])]
    return shlex.join(["licgraph", "check", *asked, *words, "--profile", verdict.profile, *(w for k, v in assume.items() for w in ("--assume", f"{k}={v}")), "--as-of", verdict.as_of])


def embedded(found: object) -> str:
    """JSON for a script element: nothing in it can end the element or open a comment."""
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return clean(text).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def raw(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


@cache
def environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: object) -> object:
        """Every text that is printed has its control characters shown."""
        return value if isinstance(value, Markup) or not isinstance(value, str) else clean(value)

    return Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=finalize)
