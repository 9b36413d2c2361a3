"""The files that a release needs, and whether they lie there: both from one list, so that what is written is what is checked.

Each item is a text that a file has to hold, for a duty (design section 4: duties by moment). What no program can know
(copyright lines nobody stated, promises, caps) is listed by hand in DUTIES.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from licgraph.errors import LicgraphError
from licgraph.exports import render as exported
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.rows import MOMENTS
from licgraph.stack import Stack
from licgraph.verdict import Owed, Verdict

NOTICE, CARD, RESTRICTIONS, DUTIES = "NOTICE", "CARD.md", "USE_RESTRICTIONS.md", "DUTIES.md"
COPIES = "LICENSES"
WITH_FRONT_MATTER = ("weights", "adapter", "dataset")
COPY_DUTIES = ("include-license-text", "provide-license-copy")
HEADS = {
    NOTICE: "This release contains, or was made from, works of others.\n",
    CARD: "## License and attribution\n",
    RESTRICTIONS: "# Restrictions that recipients are bound by\n\nThey are part of the terms of this release.\n",
    DUTIES: "# What this release owes\n",
}


class Item(NamedTuple):
    """A text that a file has to hold. ``why``: the duty, with licence and section."""

    file: str
    text: str
    why: str


class Copy(NamedTuple):
    """A licence text that has to be among the files, and where it is to be had."""

    license: str
    why: str
    source: str


class Plan(NamedTuple):
    """All that a release needs. ``by_hand``: what nobody but a person can see to, and no check looks at.

    ``beyond_files``: what no file mends, so that a check cannot pass: a name that is wrong, a fact that decides what is owed.
    """

    items: tuple[Item, ...]
    copies: tuple[Copy, ...]
    by_hand: tuple[str, ...]
    beyond_files: tuple[str, ...]


def plan(stack: Stack, verdict: Verdict, knowledge: Knowledge) -> Plan:
    """What the duties of a verdict ask of the files.

    A duty that rests on another value of an open question of law is listed, not asked for; one that rests on a fact
    that is open (which of several licences, whose purpose) has the fact asked for.
    """
    owed = [d for d in verdict.duties if not d.rests_on and d.status != "met"]
    items = [*_notice(stack, owed, knowledge), *_card(stack, verdict, owed), *_restrictions(owed), *_duties(verdict, knowledge)]
    copies: dict[str, Copy] = {}
    for duty in owed:
        if duty.id in COPY_DUTIES:
            copies.setdefault(duty.license, Copy(duty.license, _why(duty), where(duty.license, knowledge)))
    beyond = dict.fromkeys((*_names(verdict), *_unsettled(verdict, knowledge)))
    return Plan(tuple(_merged(items)), tuple(copies.values()), tuple(_by_hand(stack, owed)), tuple(beyond))


def where(license_id: str, knowledge: Knowledge) -> str:
    """Where the text of a licence is to be had: the page of a listed one, else the place where it was read."""
    if knowledge.spdx_name(license_id):
        return f"https://spdx.org/licenses/{license_id}.html"
    return str(knowledge.raw(license_id)["text"]["source"]) if license_id in knowledge.license_ids else "its licensor"


def _why(duty: Owed) -> str:
    return f"{duty.label or duty.id} ({f'{duty.license} {duty.cite}'.strip() or duty.clause})"


def _shown(stack: Stack, name: str) -> str:
    part = stack.components.get(name)
    return one_line(part.name or part.id) if part is not None else one_line(name)


def one_line(text: str) -> str:
    """Text on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text).split())


def _origins(duties: Sequence[Owed]) -> dict[str, list[Owed]]:
    """Duties about files and pages, by the component they are owed to."""
    found: dict[str, list[Owed]] = {}
    for duty in duties:
        if duty.moment in ("files", "page") and duty.nature == "travels":
            for origin in duty.origins:
                found.setdefault(origin, []).append(duty)
    return found


def _notice(stack: Stack, duties: Sequence[Owed], knowledge: Knowledge) -> Iterator[Item]:
    for duty in duties:
        if duty.id == "notice-file":
            yield Item(NOTICE, duty.value, _why(duty))
    for origin, mine in _origins(duties).items():
        part = stack.components[origin]
        licences = list(dict.fromkeys(d.license for d in mine if d.license))
        lines = [f"- {_shown(stack, origin)}"]
        lines += [f"  source: {one_line(part.source)}{f' at {one_line(part.revision)}' if part.revision else ''}"] if part.source else []
        lines += [f"  licence: {', '.join(licences)}"] if licences else []
        lines += [f"  {one_line(part.copyright)}"] if part.copyright else []
        changes = [e for e in stack.edges if e.source == origin and any(d.id == "state-changes" for d in mine)]
        lines += [f"  changed: {one_line(knowledge.relations[e.relation].sentence.format(result=_shown(stack, e.result), source=_shown(stack, origin)))}" for e in changes]
        yield Item(NOTICE, "\n".join(lines), "; ".join(dict.fromkeys(_why(d) for d in mine)))


def _card(stack: Stack, verdict: Verdict, duties: Sequence[Owed]) -> Iterator[Item]:
    for duty in duties:
        why = _why(duty)
        if duty.id == "display":
            yield Item(CARD, duty.value, why)
        elif duty.id == "state-base-license":
            yield Item(CARD, f"Needs {one_line(duty.value)}, which stands under its own licence.", why)
        elif duty.id == "use-origin-license":
            part = stack.components.get(duty.value)
            reach = sorted({d.license for d in verdict.duties if d.license and duty.value in d.path and not d.rests_on})
            yield Item(CARD, f"{one_line(part.name or part.id) if part else one_line(duty.value)} is also under {', '.join(reach) or 'the terms of its origins'}.", why)
        elif duty.moment == "page" and duty.id in ("attribution", "produced-work-notice"):
            for origin in duty.origins:
                source = stack.components[origin].source
                yield Item(CARD, f"- {_shown(stack, origin)}{f' ({one_line(source)})' if source else ''}, {duty.license}", why)
        elif duty.id == "credit-in-documentation" and duty.value:
            yield Item(CARD, duty.value, why)


def _restrictions(duties: Sequence[Owed]) -> Iterator[Item]:
    for duty in duties:
        if duty.nature == "binds":
            value = f": {one_line(duty.value)}" if duty.value else ""
            yield Item(RESTRICTIONS, f"- {duty.label or duty.id}{value} ({duty.license} {duty.cite})", _why(duty))


def _duties(verdict: Verdict, knowledge: Knowledge) -> Iterator[Item]:
    for moment, title in MOMENTS.items():
        for duty in (d for d in verdict.duties if d.moment == moment):
            value = f" “{one_line(duty.value)}”" if duty.value else ""
            facts = " and ".join(f"{name} is {value}" for name, value in duty.rests_on)
            only = f"; owed only if {facts}" if facts else ""
            to = f", owed to {', '.join(map(one_line, duty.origins))}" if duty.origins else ""
            box = "[x]" if duty.status == "met" else "[ ]"
            yield Item(DUTIES, f"- {box} {title}: {duty.label or duty.id}{value} ({f'{duty.license} {duty.cite}'.strip() or duty.clause}){to}{only}", "the list of duties")


def _by_hand(stack: Stack, duties: Sequence[Owed]) -> Iterator[str]:
    """What is owed and no file can show."""
    for duty in duties:
        if duty.id in ("keep-copyright-notices", "keep-notice-file"):
            for origin in duty.origins:
                if duty.id == "keep-notice-file":
                    yield f"{_shown(stack, origin)}: take over its NOTICE file, if it has one ({duty.license} {duty.cite})"
                elif not stack.components[origin].copyright:
                    yield f"{_shown(stack, origin)}: take over its copyright lines ({duty.license} {duty.cite}); to have them in NOTICE, state them as `copyright:` at {one_line(origin)}"
        elif duty.status == "not-checkable" or duty.moment in ("before", "operation"):
            yield f"{_why(duty)}{f': {one_line(duty.value)}' if duty.value else ''}"


def _merged(items: Sequence[Item]) -> Iterator[Item]:
    """Each text once in a file, for all the duties that ask for it."""
    whys: dict[tuple[str, str], dict[str, None]] = {}
    for item in items:
        whys.setdefault((item.file, item.text), {})[item.why] = None
    for (file, text), why in whys.items():
        yield Item(file, text, "; ".join(why))


def _unsettled(verdict: Verdict, knowledge: Knowledge) -> Iterator[str]:
    """Duties that are owed or not by a fact that the stack leaves open, under the values taken of the questions of law."""
    taken = {**knowledge.profiles[verdict.profile].values, **dict(verdict.assumptions)}
    for duty in verdict.duties:
        facts = [f"{name} is {value}" for name, value in duty.rests_on if name not in knowledge.assumptions]
        if facts and duty.status != "met" and all(value == taken[name] for name, value in duty.rests_on if name in knowledge.assumptions):
            yield f"not settled: if {' and '.join(map(one_line, facts))}, this is owed: {_why(duty)}; state the fact, or elect the licence, and ask again"


def _names(verdict: Verdict) -> Iterator[str]:
    """Blockers that another name would lift."""
    for row in verdict.blockers:
        if row.why.startswith("the name"):
            yield f"{one_line(row.why)}: {row.license} {row.cite}"


def written(made: Plan, stack: Stack, verdict: Verdict, knowledge: Knowledge) -> dict[str, str]:
    """The files by name, licence copies left out. DUTIES.md is always there."""
    found: dict[str, str] = {}
    for file, head in HEADS.items():
        mine = [i.text for i in made.items if i.file == file]
        if mine or file == DUTIES:
            found[file] = head + "\n" + ("\n" if file in (DUTIES, RESTRICTIONS) else "\n\n").join(mine) + "\n"
    found[DUTIES] += "\n## By hand\n\n" + ("\n".join(f"- [ ] {line}" for line in made.by_hand) or "Nothing.") + "\n"
    if stack.components[verdict.component].kind in WITH_FRONT_MATTER:
        found[CARD] = exported("card", stack, verdict, knowledge, verdict.as_of) + ("\n" + found[CARD] if CARD in found else "")
    return found


def missing(made: Plan, stack: Stack, verdict: Verdict, knowledge: Knowledge, files: Mapping[str, str], copies: Sequence[str]) -> list[str]:
    """What the files of a release lack, a sentence each; empty if nothing.

    files: texts by name; a card may be CARD.md or README.md. copies: the licences whose exact text lies there.
    """
    card = CARD if CARD in files or "README.md" not in files else "README.md"
    found = list(made.beyond_files)
    for item in made.items:
        name = card if item.file == CARD else item.file
        if name not in files:
            found.append(f"{name} is missing; it has to say “{_short(item.text)}”: {item.why}")
        elif f" {_flat(item.text)} " not in f" {_flat(files[name])} ":
            found.append(f"{name} does not say “{_short(item.text)}”: {item.why}")
    found += [f"{COPIES}/{c.license}.txt is missing: {c.why}; to be had at {c.source}" for c in made.copies if c.license not in copies]
    if stack.components[verdict.component].kind in WITH_FRONT_MATTER:
        found += _front_matter(stack, verdict, knowledge, card, files.get(card))
    return found


def _front_matter(stack: Stack, verdict: Verdict, knowledge: Knowledge, card: str, text: str | None) -> list[str]:
    if text is None:
        return [f"{card} is missing: the front matter with licence and base"]
    try:
        right = exported("card", stack, verdict, knowledge, verdict.as_of, text) if text else ""
    except LicgraphError as problem:
        return [f"{card}: {problem.faults[0].what}"]
    if right == text and text:
        return []
    lines = sorted(set(right.splitlines()) - set(text.splitlines()))
    return [f"{card}: its front matter is not right; it has to say {'; '.join(lines[:4]) or 'less'}"]


def _flat(text: str) -> str:
    """Words alone, so that a text may be wrapped anew, and a ticked box counts as the same line."""
    return re.sub(r"\[[xX]\]", "[ ]", " ".join(text.split()))


def _short(text: str) -> str:
    flat = re.sub(r"^- (\[ \] )?", "", _flat(text))
    return flat if len(flat) <= 100 else flat[:99] + "…"
