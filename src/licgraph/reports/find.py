"""What `find` found: for a terminal, as the published JSON, and as a line a release."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from licgraph.explain import CARRIED
from licgraph.find import KINDS, Arrival, Found, Inventory, Row, Search
from licgraph.reports.json import dumps, faults_json
from licgraph.reports.text import NOT_ADVICE, clean
from licgraph.rows import SHORT

SCHEMA = "licgraph/found/1"
SHOWN = 12
"""Ways into one release, and gaps, that the text lists."""
ROWS = 20
"""Components of an inventory that the text lists."""
EFFECTS = {"blocks": "the clause stands against it", "owed": "owed by it", "owed-if": "owed if an open question goes the other way"}
HOW = {"declared": "declared by the release itself", "used": "used only, nothing of it is carried"}
STATES = {"none": "nothing carries it", "found": "this is the whole list", "open": "the list may not be whole"}


def render(found: Search) -> str:
    """Each release with the ways in which it arrives; what was not read or is not known comes last and always."""
    return "\n".join(clean(line) for line in _lines(found)) + "\n"


def _lines(found: Search) -> Iterator[str]:
    meant = found.wanted
    also = [i for i in meant.ids if i != meant.written]
    clauses = f", clause {', '.join(meant.clauses)}" if meant.clauses and meant.written.partition("/")[2] not in meant.clauses else ""
    yield f"FIND  {meant.written}{f' ({_listed(also)}{clauses})' if also or clauses else ''}"
    yield from _of_stacks(found)
    for one in found.inventories:
        yield from _of_inventory(one, found)
    gaps = [*(f"{o.stack}: {o.component or 'the stack'}: {o.why}" for s in found.seen for o in s.open)]
    if gaps:
        yield from ("", f"not known ({len(gaps)})", *(f"  {line}" for line in gaps[:SHOWN]), *([f"  and {len(gaps) - SHOWN} more"] if len(gaps) > SHOWN else []))
    aside = [f"{o.stack}: {o.component}: {o.why}" for s in found.seen for o in s.aside]
    if aside:
        yield from ("", "there, and in no release", *(f"  {line}" for line in aside[:SHOWN]), *([f"  and {len(aside) - SHOWN} more"] if len(aside) > SHOWN else []))
    if found.unread:
        yield from ("", f"NOT READ ({len(found.unread)})", *(f"  {fault}" for _, problem in found.unread for fault in problem.faults))
    yield from ("", f"{STATES[found.state]}. As of {found.as_of}. {NOT_ADVICE}")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"any of {', '.join(names)}"


def _of_stacks(found: Search) -> Iterator[str]:
    if not found.stacks:
        return
    rows = [f for s in found.seen for f in s.found]
    sure, releases = sum(f.sure for f in rows), sum(s.releases for s in found.seen)
    yield f"{_count(found.stacks, 'stack')} read, {_count(releases, 'release')}: {sure} {'has' if sure == 1 else 'have'} it{f', {len(rows) - sure} may have it' if len(rows) > sure else ''}"
    for one in rows:
        yield ""
        under = f" as {one.proposed}" if one.proposed else ""
        state = f": {SHORT[one.answer]}" if one.answer else ": the stack asks nothing that could be answered"
        yield f"{one.stack}  {one.name}{under}{state}{f'; {EFFECTS[one.effect]}' if one.effect else ''}"
        yield from (f"  {_arrival(a)}" for a in one.arrivals[:SHOWN])
        if len(one.arrivals) > SHOWN:
            yield f"  and {len(one.arrivals) - SHOWN} more ways; -f json has all"


def _arrival(one: Arrival) -> str:
    terms = f" ({one.license}{f', {one.stated}' if one.stated not in ('', 'license') else ''})" if one.license else ""
    stands = f" [{one.evidence}]" if one.evidence.file else ""
    walked = "".join(f" -> {step} -> {part}" for step, part in zip(one.steps, one.path[1:], strict=True))
    how = HOW.get(one.how, f"carried {', '.join(CARRIED.get(w, w) for w in one.ways)}" if one.ways else "carried")
    return f"{one.component}{terms}{walked}: {how}{f'; NOT SURE: {one.doubt}' if one.doubt else ''}{stands}"


def _of_inventory(one: Inventory, found: Search) -> Iterator[str]:
    how = Counter(r.how for r in one.rows)
    blocked = sum(r.answer == "no" and bool(r.license) for r in one.rows)
    yield ""
    bearing, made, used = how["declared"], how["carried"], how["used"]
    it = "it" if found.wanted.kind == "component" else "bear it"
    yield f"{one.place}  {one.components:,} components, {one.steps:,} steps: {it}: {bearing:,}; made from that: {made:,}{f'; only used it: {used:,}' if used else ''}"
    if one.rows:
        depths = Counter(r.depth for r in one.rows)
        yield f"  by steps: {', '.join(f'{depth}: {count:,}' for depth, count in sorted(depths.items())[:SHOWN])}{', …' if len(depths) > SHOWN else ''}"
    unsure = sum(not r.sure for r in one.rows)
    if unsure:
        yield f"  {unsure:,} of them may: by an ambiguous name, or a revision that is not stated"
    if found.wanted.kind == "clause":
        yield f"  the clause stands against {sum(r.effect == 'blocks' for r in one.rows):,}" if one.audited else "  which of them the clause stands against: licgraph audit --out says"
    elif one.audited and one.rows:
        yield f"  {blocked:,} are blocked under their own label, for whatever reason"
    yield from (f"  {_row(r)}" for r in one.rows[:ROWS])
    if len(one.rows) > ROWS:
        yield f"  and {len(one.rows) - ROWS:,} more; -f ndjson has all"
    if one.unknown or one.not_listed:
        yield f"  not known: {one.unknown:,} components state terms that are not known, {one.not_listed:,} that steps name are not listed; they may bear it"


def _row(row: Row) -> str:
    state = f": {SHORT[row.answer]}" if row.answer and row.license else ""
    came = f", {_count(row.depth, 'step')} from {row.origin}{f' by {row.source}' if row.source != row.origin else ''}" if row.depth else ""
    marks = "".join(f"; {words}" for words in (HOW["used"] if row.how == "used" else "", "" if row.sure else "NOT SURE", EFFECTS.get(row.effect, ""), "" if row.listed else "not listed") if words)
    return f"{row.id} ({row.license or 'no label'}){came}{state}{marks}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


# ------------------------------------------------------------------ for machines


def to_json(found: Search) -> dict[str, Any]:
    """`licgraph/found/1`."""
    rows = [f for s in found.seen for f in s.found]
    every = [r for i in found.inventories for r in i.rows]
    return {
        "schema": SCHEMA, "wanted": {"kind": found.wanted.kind or None, "written": found.wanted.written, "licenses": list(found.wanted.ids), "clauses": list(found.wanted.clauses), "source": found.wanted.source or None, "revision": found.wanted.revision or None},
        "state": found.state, "releases": [_release(f) for f in rows],
        "inventories": [{"place": i.place, "components": i.components, "steps": i.steps, "audited": i.audited, "unknown_terms": i.unknown, "not_listed": i.not_listed, "rows": [_row_json(r) for r in i.rows]} for i in found.inventories],
        "not_known": [o._asdict() for s in found.seen for o in s.open], "aside": [o._asdict() for s in found.seen for o in s.aside],
        "not_read": [{"place": place, "faults": faults_json(problem)} for place, problem in found.unread],
        "summary": {"stacks": found.stacks, "releases": sum(s.releases for s in found.seen), "have_it": sum(f.sure for f in rows) + sum(r.sure for r in every), "may_have_it": sum(not f.sure for f in rows) + sum(not r.sure for r in every)},
        "profile": found.profile, "as_of": found.as_of,
    }  # fmt: skip


def _release(one: Found) -> dict[str, Any]:
    return {
        "stack": one.stack, "release": one.release, "name": one.name, "proposed": one.proposed or None, "answer": one.answer or None, "effect": one.effect or None, "sure": one.sure,
        "arrivals": [{**a._asdict(), "license": a.license or None, "stated": a.stated or None, "source": a.source or None, "doubt": a.doubt or None, "path": list(a.path), "steps": list(a.steps), "ways": list(a.ways), "evidence": {"file": a.evidence.file, "line": a.evidence.line} if a.evidence.file else None} for a in one.arrivals],
    }  # fmt: skip


def _row_json(row: Row) -> dict[str, Any]:
    return {**row._asdict(), "license": row.license or None, "source": row.source or None, "answer": row.answer or None, "effect": row.effect or None}


def render_json(found: Search) -> str:
    """One document."""
    return dumps(to_json(found))


def render_ndjson(found: Search) -> str:
    """A line a release of a stack (`release`) or component of an inventory (`row`), and last what all of it comes to (`search`)."""
    whole = to_json(found)
    lines = [{"type": "release", **one} for one in whole["releases"]]
    lines += [{"type": "row", "place": i["place"], **row} for i in whole["inventories"] for row in i["rows"]]
    rest = {k: v for k, v in whole.items() if k not in ("releases", "inventories")}
    lines.append({"type": "search", **rest, "inventories": [{k: v for k, v in i.items() if k != "rows"} for i in whole["inventories"]]})
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def json_schema() -> dict[str, Any]:
    """JSON Schema of what was found, as published in `schema/found-1.json`."""
    text, maybe, flag, count = {"type": "string"}, {"type": ["string", "null"]}, {"type": "boolean"}, {"type": "integer", "minimum": 0}

    def closed(fields: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "properties": fields, "required": list(fields)}

    def listed(of: dict[str, Any]) -> dict[str, Any]:
        return {"type": "array", "items": of}

    answer, effect, how = {"enum": ["yes", "no", "conditional", "unknown", None]}, {"enum": [*EFFECTS, None]}, {"enum": ["declared", "carried", "used"]}
    evidence = {"type": ["object", "null"], "properties": {"file": text, "line": count}, "required": ["file", "line"]}
    arrival = closed({"component": text, "name": text, "source": maybe, "license": maybe, "stated": maybe, "how": how, "doubt": maybe, "path": listed(text), "steps": listed(text), "ways": listed(text), "evidence": evidence})
    release = closed({"stack": text, "release": text, "name": text, "proposed": maybe, "answer": answer, "effect": effect, "sure": flag, "arrivals": {"minItems": 1, **listed(arrival)}})
    row = closed({"id": text, "license": maybe, "listed": flag, "how": how, "sure": flag, "depth": count, "source": maybe, "origin": text, "answer": answer, "effect": effect})
    inventory = closed({"place": text, "components": count, "steps": count, "audited": flag, "unknown_terms": count, "not_listed": count, "rows": listed(row)})
    gap = closed({"stack": text, "component": text, "why": text})
    fault = closed({"file": text, "line": {"type": ["integer", "null"]}, "key": maybe, "what": text, "cure": text})
    whole = closed({
        "schema": {"const": SCHEMA}, "wanted": closed({"kind": {"enum": [*KINDS, None]}, "written": text, "licenses": listed(text), "clauses": listed(text), "source": maybe, "revision": maybe}), "state": {"enum": list(STATES)},
        "releases": listed(release), "inventories": listed(inventory), "not_known": listed(gap), "aside": listed(gap), "not_read": listed(closed({"place": text, "faults": {"minItems": 1, **listed(fault)}})),
        "summary": closed({"stacks": count, "releases": count, "have_it": count, "may_have_it": count}), "profile": text, "as_of": text,
    })  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph found, version 1", "description": "Fields are only ever added.", **whole}
