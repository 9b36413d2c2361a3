"""What the HTML report says, as plain rows for its template: every sentence of it comes from the verdict or the stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from licgraph.explain import CARRIED, lifter, walk
from licgraph.expression import render
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.reports.text import HEAD, NOT_ADVICE, named
from licgraph.rows import MOMENTS, SHORT
from licgraph.stack import Component, Stack
from licgraph.verdict import Blocker, Owed, Part, Verdict

STATUS = {"met": "met", "open": "open", "refused": "refused", "not-checkable": "to watch"}
RECIPIENTS = {"own": "our own staff", "affiliates": "our affiliates", "contractors": "our contractors", "customers": "our customers", "public": "the public"}
USES = {"any": "for any use", "commercial": "for commercial use", "non-commercial": "for non-commercial use only"}


class View(NamedTuple):
    """The verdict under one reading of the open questions."""

    label: str
    verdict: Verdict


def release_sentence(stack: Stack, verdict: Verdict) -> str:
    """The release in one sentence: what, version and digest, to whom, where, for whose purpose, under which words."""
    component = stack.components[verdict.component]
    what = f"{verdict.name} ({verdict.component})" if verdict.name and verdict.name != verdict.component else verdict.component
    version = f"revision {component.revision}" if component.revision else "no revision stated"
    where = stack.facts.get("end-users-in")
    place = f"in {', '.join(where) if isinstance(where, tuple | list) else where}" if where else "anywhere (no territory stated)"
    purpose = f"our purpose {verdict.purpose}" if verdict.purpose else "our own purpose not stated"
    words = f"under {named(verdict.proposed)}" if verdict.proposed else "under terms still to be chosen"
    return f"{what}, {version}, to {RECIPIENTS[verdict.to]}, as {verdict.form}, {place}, {USES[verdict.use]}, {purpose}, {words}."


def answer_sentence(verdict: Verdict, knowledge: Knowledge) -> str:
    """The answer in one sentence."""
    against = sum(b.level == "no" for b in verdict.blockers)
    grounds = {
        "yes": "no term was found that stands against it",
        "no": f"{against} term{'s stand' if against != 1 else ' stands'} against it",
        "conditional": "it depends on facts that the stack leaves open",
        "unknown": "terms that are not known, or input that was not read, leave it open",
    }[verdict.answer]
    assumed = f"the profile {verdict.profile} ({knowledge.profiles[verdict.profile].gloss})"
    return f"{HEAD[verdict.answer][0].capitalize()}: under {assumed} {grounds}."


def view(verdict: Verdict, knowledge: Knowledge) -> dict[str, Any]:
    """Everything that differs from one reading of the open questions to another."""
    owed = [duty for duty in verdict.duties if not duty.rests_on]
    return {
        "profile": verdict.profile, "gloss": knowledge.profiles[verdict.profile].gloss, "answer": verdict.answer, "title": HEAD[verdict.answer][0].capitalize(),
        "sentence": answer_sentence(verdict, knowledge), "layered": SHORT[verdict.layered] if verdict.proposed and verdict.layered != verdict.answer else "",
        "blockers": [_blocker(n, b, knowledge) for n, b in enumerate(verdict.blockers, 1)],
        "needs": verdict.needs_facts, "elections": verdict.needs_elections,
        "moments": [(title, [_duty(d, knowledge) for d in owed if d.moment == moment]) for moment, title in MOMENTS.items()],
        "conditional": [_duty(d, knowledge) for d in verdict.duties if d.rests_on],
        "flips": [(dict(changed), SHORT[answer]) for changed, answer in verdict.flips[:40]], "flips_left": max(len(verdict.flips) - 40, 0), "flips_complete": verdict.flips_complete,
        "in_play": verdict.in_play, "options": verdict.outbound.options, "outbound": verdict.outbound, "findings": verdict.findings, "counsel": verdict.for_counsel,
    }  # fmt: skip


def _blocker(number: int, row: Blocker, knowledge: Knowledge) -> dict[str, Any]:
    carried = "" if (row.thing,) == row.origins else f"So {row.thing} carries {' and '.join(row.origins) or row.thing} {CARRIED.get(row.way, row.way)}."
    return {
        "number": number, "row": row, "mark": {"no": "stands against it", "unknown": "not known", "conditional": "depends on facts"}[row.level],
        "walk": [line.strip().removeprefix("- ") for line in walk(row.path, row.steps, knowledge)], "carried": carried,
        "time": "this act lies in the past" if row.when == "made" else "this act is the release",
        "questions": [(name, value, knowledge.assumptions[name].question) for name, value in row.rests_on if name in knowledge.assumptions],
        "facts": [(name, value) for name, value in row.rests_on if name not in knowledge.assumptions], "lifter": lifter(row), "text": _text(row.license, knowledge),
    }  # fmt: skip


def rulings(verdict: Verdict) -> list[dict[str, str]]:
    """What --fail-on and the rules of the house do to the gate; a house rule is never shown as a term."""
    words = {"fail": "fails", "open": "stays open", "pass": "passes"}
    found = [("policy", f"House rule {r.rule} (owner: {r.owner})", r) for r in verdict.policy] + [("fail-on", f"--fail-on {r.rule}", r) for r in verdict.fail_on]
    return [{"kind": kind, "rule": r.rule, "text": text, "why": r.why, "component": r.component, "effect": words[r.effect]} for kind, text, r in found]


def _duty(row: Owed, knowledge: Knowledge) -> dict[str, Any]:
    return {"row": row, "status": STATUS[row.status], "source": f"{row.license} {row.cite}".strip() or row.clause, "unless": " and ".join(f"{n} is {v}" for n, v in row.rests_on), "ref": f"{row.license}/{row.clause}" if row.license else ""}


def _text(license_id: str, knowledge: Knowledge) -> str:
    """Where the text that was read is to be had, if that is a web address."""
    try:
        source = str(knowledge.raw(license_id.partition(" WITH ")[0])["text"]["source"])
    except KeyError:
        return ""
    return source if source.startswith(("https://", "http://")) else ""


def sign_off(stack: Stack, verdict: Verdict, clauses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The page to sign; its template cuts long lists and says where the rest stands."""
    owed = [d for d in verdict.duties if not d.rests_on]
    drafts = sum(row["review"] != "reviewed" for licence in clauses for row in licence["rows"])
    contract = [d for d in owed if d.moment == "contract"]
    return {
        "facts": [*facts(stack)], "needs": verdict.needs_facts,
        "questions": sorted(verdict.assumptions, key=lambda pair: (pair[0] not in verdict.turns_on, pair[0])), "turns_on": verdict.turns_on,
        "drafts": drafts, "clauses": sum(len(licence["rows"]) for licence in clauses), "licences": len(clauses),
        "blockers": verdict.blockers, "ships": _by_duty(d for d in owed if d.moment in ("files", "page")), "contract": _by_duty(contract),
        "must_not": verdict.outbound.must_not_add, "counsel": sorted({(i, c) for i, c, _ in verdict.for_counsel}), "not_examined": verdict.not_examined,
        "unread": [f"{u.source}: {u.why}" for u in stack.unread],
    }  # fmt: skip


def _by_duty(rows: Iterable[Owed]) -> list[dict[str, str]]:
    """A line for each duty and value, with all the clauses that ask for it, and the worst status of them."""
    found: dict[tuple[str, str], list[Owed]] = {}
    for row in rows:
        found.setdefault((row.label or row.id, row.value), []).append(row)
    worst = ("refused", "open", "not-checkable", "met")
    return [
        {"label": label, "value": value, "source": ", ".join(dict.fromkeys(f"{d.license} {d.cite}".strip() or d.clause for d in same)), "status": STATUS[min((d.status for d in same), key=worst.index)]}
        for (label, value), same in found.items()
    ]


def facts(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """Each fact with its value and who said so and when."""
    for name, value in stack.facts.items():
        said = stack.fact_sources.get(name)
        yield name, shown(value), str(said) if said else f"stated in {stack.inputs[0][0]}, nobody named" if stack.inputs else "nobody named"
    for component in stack.components.values():
        for name, value in component.facts:
            yield f"{name} of {component.id}", shown(value), f"stated at {component.evidence}" if component.evidence.file else "nobody named"


def shown(value: Any) -> str:
    """A fact's value in words."""
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {shown(v)}" for k, v in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def inventory(stack: Stack, verdict: Verdict) -> list[dict[str, Any]]:
    """Every component that reaches the release, with what it declares, what was concluded, and on what evidence."""
    made: dict[str, list[str]] = {}
    for source, relation, result in verdict.made:
        made.setdefault(result, []).append(f"{relation}: {source}")
    doubts: dict[str, list[str]] = {}
    for edge in stack.edges:
        if edge.inferred or edge.confidence < 1:
            doubts.setdefault(edge.result, []).append(f"{edge.relation} {edge.source}: {edge.inferred or 'stated'}, confidence {edge.confidence:g}")
    return [_component(part, stack.components.get(part.id), made.get(part.id, []), doubts.get(part.id, [])) for part in verdict.parts]


def _component(part: Part, component: Component | None, made: list[str], doubts: list[str]) -> dict[str, Any]:
    if component is None:  # outputs that training on a model's answers spells out
        return {"id": part.id, "name": part.name, "kind": part.kind, "declared": "", "concluded": part.license, "evidence": "follows from the step", "made": made, "notes": [], "source": "", "ours": part.ours}
    notes = [
        *([f"contents: {render(component.contents)}"] if component.contents is not None else []), *(f"besides: {render(t)}" for t in component.additional),
        *(f"{label.where} says {render(label.says)}{f' ({label.date})' if label.date else ''}" for label in component.labels), *([f"known from {component.known_from}"] if component.known_from else []),
        *([f"concluded because {component.inferred}"] if component.inferred else []), *([f"received {component.received}"] if component.received else []), *([f"role {component.role}"] if component.role else []),
        *([f"available: {component.available}"] if component.available else []), *([component.copyright] if component.copyright else []), *doubts,
    ]  # fmt: skip
    declared = render(component.declared) if component.declared is not None else component.written
    where = "@".join(filter(None, (component.source, component.revision)))
    evidence = str(component.evidence) if component.evidence.file else ""
    return {"id": part.id, "name": part.name, "kind": part.kind, "declared": declared, "concluded": part.license, "evidence": evidence, "made": made, "notes": notes, "source": where, "ours": part.ours}


def clauses(views: Sequence[Verdict], knowledge: Knowledge) -> list[dict[str, Any]]:
    """Every clause that some view rests on, by licence, with section, evidence phrase, reading and review."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for verdict in views:
        for row in verdict.blockers:
            found.setdefault(row.license, {}).setdefault(row.clause, {"id": row.clause, "cite": row.cite, "quote": row.quote, "reading": row.reading or row.why, "review": row.review})
        for duty in verdict.duties:
            if duty.license:
                found.setdefault(duty.license, {}).setdefault(duty.clause, {"id": duty.clause, "cite": duty.cite, "quote": duty.quote, "reading": duty.reading, "review": ""})
        for need in verdict.needs_facts:
            license_id, slash, clause = need.clause.rpartition("/")
            if slash:
                found.setdefault(license_id, {}).setdefault(clause, {"id": clause, "cite": "", "quote": "", "reading": "", "review": ""})
    return [_licence(license_id, rows, knowledge) for license_id, rows in sorted(found.items())]


def _licence(license_id: str, rows: Mapping[str, dict[str, str]], knowledge: Knowledge) -> dict[str, Any]:
    """A licence of the appendix; what a row does not say itself is filled in from the licence file."""
    licence = knowledge.license(license_id)
    known = {clause.id: clause for clause in licence.clauses}
    for ident, row in rows.items():
        clause = known.get(ident)
        if clause is not None:
            row.update(cite=clause.cite, quote=clause.quote, reading=clause.reading, review=clause.review)
        else:
            row["review"] = row["review"] or licence.review
    try:
        text = knowledge.raw(license_id.partition(" WITH ")[0])["text"]
    except KeyError:
        text = {}
    order = {clause.id: n for n, clause in enumerate(licence.clauses)}
    return {
        "id": license_id, "name": licence.name, "version": licence.version, "review": licence.review, "url": _text(license_id, knowledge),
        "source": text.get("source", ""), "date": text.get("date", ""), "sha256": text.get("sha256", ""),
        "rows": sorted(rows.values(), key=lambda row: (order.get(row["id"], -1), row["id"])),
    }  # fmt: skip


def record(verdict: Verdict, command: str) -> dict[str, Any]:
    """How to come to the same answer again."""
    return {"command": command, "as_of": verdict.as_of, "inputs": verdict.inputs, "versions": verdict.versions, "advice": NOT_ADVICE}
