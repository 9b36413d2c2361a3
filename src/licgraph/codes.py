"""Every word that a report uses as a code, explained without a stack: what it is, where it comes from, what to do.

One code can have several meanings (`memorised` is a fact and a finding); all of them are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from licgraph.findings import meanings
from licgraph.knowledge import RESERVED, Knowledge
from licgraph.light import NamedTuple
from licgraph.rows import MOMENTS

EXITS = {
    "0": ("Nothing blocks.", "Meet the duties that the report lists."),
    "1": ("Blocked: a term stands against the release as asked.", "licgraph explain 1 says why, licgraph repair finds the smallest changes."),
    "2": ("The input or the command line was not understood; nothing was decided.", "Each fault names file, line and cure; licgraph doctor shows what was read."),
    "3": ("Conditional or unknown: a fact, an election, a licence or an input is missing.", "Answer the question that the report prints first, with the flag beside it."),
}
WORDS_OF_RESERVE = {
    "NONE": ("No licence was found, so nothing is granted.", "Find the terms, ask the author, or leave the component out."),
    "NO-CLAIM": ("Nobody claims rights in it; the usual case for raw outputs of a model.", "Nothing; the terms of the service that made it are asked apart."),
    "NOASSERTION": ("Nothing is known about its terms; the answer is never better than unknown.", "Look the terms up and write them."),
    "OWN-TERMS": ("Outbound only: terms that we draft, which can impose whatever an origin asks for.", "Put into them what `licgraph outbound` says they must impose."),
    "LicenseRef-Proprietary": ("Somebody's closed terms: nothing is granted unless a permission says so.", "Record what was agreed under `permissions`."),
    "LicenseRef-Commercial": ("A licence that would have to be bought; conditional until a permission says so.", "Buy it and record it under `permissions`, or replace the component."),
}  # fmt: skip
DERIVED = {
    "not-granted": ("No clause of the terms grants an act that is done.", "Do not do the act, get a permission, or replace the component."),
    "relabel": ("The terms do not let a work that carries them stand under another licence as a whole.", "Propose terms that include this licence, or release in layers: see `licgraph outbound`."),
    "label-too-wide": ("A component's label allows more than the origins that it carries.", "Meet the origin's terms as well: licgraph --explain declared-license-too-wide."),
    "unknown-terms": ("The terms are not in the knowledge base, or were read in part only, so nothing is known to be granted.", "Correct the name, or add a licence file: docs/licence-files.md."),
}
"""Clauses that no licence file states as such; the solver concludes them."""
ASKED = {
    "license": ("A name can mean several licences, and the answer differs by which is meant.", "Write the full id of the one that is meant."),
    "purpose": ("What a thing was made for: a fact of the step that made it.", "Write `purpose:` at that step; docs/stack-file.md lists the words."),
    "our-purpose": ("Whether our own purpose, in making and releasing it, is commercial.", "--purpose commercial or --purpose non-commercial, or `release: {purpose: …}`."),
}
"""What an answer can wait for besides the facts of the vocabulary."""
GROUPS = {
    "noticed": ("A finding: something worth knowing that decides nothing.", "Name it whole: licgraph --explain noticed/ID."),
    "owed": ("A duty that the release owes.", "Name it whole: licgraph --explain owed/DUTY."),
    "needs": ("A fact that the answer waits for.", "Give it with --fact NAME=VALUE or under `facts:`."),
    "elected": ("Several licences are offered for a component and one was taken.", "Write the choice down under `elect:`."),
    "policy": ("A rule of the house, not of law.", "Its owner stands in the policy file."),
    "fail-on": ("Something besides a no that --fail-on names, or lets pass by not naming it.", "docs/policy.md says what each word means."),
}  # fmt: skip
REPORT = "the report"


class Entry(NamedTuple):
    """One meaning of a code. ``source``: the file of the knowledge base and the place in it, or what else it comes from."""

    code: str
    kind: str
    says: str
    source: str
    do: str


def explained(code: str, knowledge: Knowledge) -> tuple[Entry, ...]:
    """All that a code means; nothing if it is none."""
    return tuple(_meant(code.strip(), knowledge))


def _meant(code: str, knowledge: Knowledge) -> Iterator[Entry]:
    group, sign, rest = code.partition("/")
    if sign and group in GROUPS:
        yield from _of_group(code, group, rest, knowledge)
        return
    yield from _finding(code, code)
    yield from _duty(code, code, knowledge)
    yield from _fact(code, code, knowledge)
    if code in knowledge.assumptions:
        found = knowledge.assumptions[code]
        values = "; ".join(f"{v} ({', '.join(p.id for p in knowledge.profiles.values() if p.values[code] == v) or 'no profile'})" for v in found.values)
        yield Entry(code, "open question of law", f"{found.question} Values, with the profiles that take them: {values}.", f"data/assumptions.yaml, {code}; checked {found.checked}", f"--assume {code}=VALUE asks under another value; licgraph assumptions names who holds each.")
    if code in knowledge.profiles:
        yield Entry(code, "profile", f"One value for each open question of law: {knowledge.profiles[code].gloss}.", f"data/profiles.yaml, {code}", f"--profile {code}")
    if code in knowledge.relations:
        relation = knowledge.relations[code]
        yield Entry(code, "relation", f"{relation.sentence.format(result='A', source='B')}. {relation.why}", f"data/relations/{code}.yaml", f"In a stack file: from: {{{code}: B}}.")
    if code in WORDS_OF_RESERVE:
        yield Entry(code, "reserved licence word", WORDS_OF_RESERVE[code][0], "the stack file's own words (docs/stack-file.md)", WORDS_OF_RESERVE[code][1])
    if code in DERIVED:
        yield Entry(code, "derived clause", DERIVED[code][0], "concluded from what the licence grants and says of relabelling", DERIVED[code][1])
    if code == "answer":
        yield Entry(code, "rule of reports", "The answer itself, where the gate does not pass and no single row says why.", REPORT, "licgraph explain gives the whole derivation.")
    if code.startswith("exit-") and code[5:] in EXITS:
        yield Entry(code, "exit code", EXITS[code[5:]][0], "licgraph check and the other commands that ask", EXITS[code[5:]][1])
    if sign:
        yield from _clause(code, knowledge)
    elif code in knowledge.license_ids or code in knowledge.exception_ids:
        yield Entry(code, "licence" if code in knowledge.license_ids else "exception", f"{knowledge.raw(code)['name']}.", f"data/licenses/{code}.yaml", f"licgraph show {code} has every clause of it.")


def _of_group(code: str, group: str, rest: str, knowledge: Knowledge) -> Iterator[Entry]:
    inner = {"noticed": _finding(code, rest), "owed": _duty(code, rest, knowledge), "needs": _fact(code, rest, knowledge)}.get(group)
    if inner is not None:
        yield from inner
    elif rest:
        yield Entry(code, "rule of reports", GROUPS[group][0], REPORT, GROUPS[group][1])


def _finding(code: str, name: str) -> Iterator[Entry]:
    found = meanings().get(name)
    if found is not None:
        yield Entry(code, "finding", found.says, f"data/findings.yaml:{found.line}", f"{found.do}{f' See docs/{found.see}.' if found.see else ''}")


def _duty(code: str, name: str, knowledge: Knowledge) -> Iterator[Entry]:
    found = knowledge.duties.get(name)
    if found is not None:
        nature = {"travels": "It can go with any outbound terms.", "binds": "The outbound terms must impose it.", "fixes": "It fixes the licence itself.", "ban": "It stops an act of ours."}[found.nature]
        yield Entry(code, "duty", f"{found.label}. {found.sentence} {nature}", f"data/vocabulary.yaml, duties.{name}; as in {found.source}", f"Due {MOMENTS[found.moment]}; licgraph notice writes what can be written.")


def _fact(code: str, name: str, knowledge: Knowledge) -> Iterator[Entry]:
    found = knowledge.facts.get(name)
    if found is not None:
        missing = "the answer waits for it if it matters" if found.kind == "characterising" else "what would defeat the answer is presumed absent and printed as something to watch"
        yield Entry(code, "fact", f"{found.question} ({found.unit}; of the {found.scope}.) Not given: {missing}.", f"data/vocabulary.yaml, facts.{name}", f"--fact {name}=VALUE, or `facts:` in the stack file.")
    elif name in ASKED and code != name:
        yield Entry(code, "what an answer waits for", ASKED[name][0], REPORT, ASKED[name][1])


def _clause(code: str, knowledge: Knowledge) -> Iterator[Entry]:
    license_id, _, name = code.rpartition("/")
    base, _, exception = license_id.partition(" WITH ")
    known = knowledge.raw(base) if base in knowledge.license_ids or base in knowledge.exception_ids else None
    for clause in (known or {}).get("clauses", ()):
        if clause["id"] == name:
            changed = f" {exception} may change what it reaches." if exception else ""
            yield Entry(code, f"clause ({clause['kind']})", f"{clause['reading']}{changed}", f"data/licenses/{base}.yaml:{clause['__line__']}, section {clause['cite']}; review: {_review(clause, known)}", f"{_cure(clause)} licgraph show {base} has the words it is read from.")
    if license_id == "relation" and name in knowledge.relations:
        relation = knowledge.relations[name]
        yield Entry(code, "duty of a relation", f"A step can owe something by itself ({relation.duty or 'this one owes nothing'}). {relation.why}", f"data/relations/{name}.yaml", f"licgraph --explain {relation.duty or name}")
    if name == "relabel" and known is not None and "relabel" in known:
        relabel = known["relabel"]
        yield Entry(code, "derived clause", f"May the whole carry another licence: {relabel['value']}. {relabel['reading']}", f"data/licenses/{base}.yaml:{relabel['__line__']}, section {relabel['cite']}", DERIVED[name][1])
    elif name in DERIVED and (known is not None or license_id in RESERVED or name == "unknown-terms"):
        yield Entry(code, "derived clause", DERIVED[name][0], REPORT, DERIVED[name][1])


def _review(clause: Mapping[str, Mapping[str, str]], known: Mapping[str, Mapping[str, str]] | None) -> str:
    return clause["review"]["status"] if "review" in clause else (known or {})["review"]["status"]


def _cure(clause: Mapping[str, str]) -> str:
    return f"The duty: licgraph --explain {clause['duty']}." if clause.get("duty") else {"grant": "It grants; nothing is to do.", "definition": "It defines; nothing is to do.", "for-counsel": "It is not computed: counsel reads it."}.get(clause["kind"], "")


def to_json(code: str, found: Iterable[Entry]) -> dict[str, Any]:
    """The document `licgraph/code/1`."""
    return {"schema": "licgraph/code/1", "code": code, "meanings": [e._asdict() for e in found]}


def json_schema() -> dict[str, Any]:
    """JSON Schema of that document, as published in ``schema/code-1.json``."""
    text = {"type": "string", "minLength": 1}
    entry = {"type": "object", "properties": dict.fromkeys(Entry._fields, text), "required": list(Entry._fields), "additionalProperties": True}
    meanings_of = {"type": "array", "items": entry, "minItems": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph explain --code", "type": "object",
        "properties": {"schema": {"const": "licgraph/code/1"}, "code": text, "meanings": meanings_of}, "required": ["schema", "code", "meanings"], "additionalProperties": True,
    }  # fmt: skip


def words(knowledge: Knowledge) -> Iterable[str]:
    """Every code that is one word; clauses and licences are left out, as there are thousands."""
    return (*meanings(), *knowledge.duties, *knowledge.facts, *knowledge.assumptions, *knowledge.relations, *RESERVED, *knowledge.profiles, *DERIVED, *(f"exit-{n}" for n in EXITS), "answer")


def near(code: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Codes that one which is none may have been meant for."""
    import difflib

    group, sign, rest = code.partition("/")
    if sign and group in GROUPS:
        pool = {"noticed": tuple(meanings()), "owed": tuple(knowledge.duties), "needs": tuple(knowledge.facts)}.get(group, ())
        return tuple(f"{group}/{word}" for word in difflib.get_close_matches(rest, pool, 3, 0.6))
    if sign:
        license_id, _, name = code.rpartition("/")
        if license_id not in knowledge.license_ids:
            return tuple(f"{i}/{name}" for i in knowledge.near(license_id))
        clauses = [c["id"] for c in knowledge.raw(license_id)["clauses"]]
        return tuple(f"{license_id}/{word}" for word in difflib.get_close_matches(name, clauses, 3, 0.4) or clauses[:3])
    by_case = {w.casefold(): w for w in words(knowledge)}
    close = [by_case[w] for w in difflib.get_close_matches(code.casefold(), list(by_case), 3, 0.7)]
    return tuple(close) or knowledge.near(code)
