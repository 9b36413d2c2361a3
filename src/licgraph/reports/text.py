"""The verdict for a terminal: the answer, why, what must travel, what it turns on, what else it could be.

Fits one screen for an ordinary stack; `explain` has the rest. Control characters of names are shown, not sent.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Iterable, Sequence

from licgraph.errors import without_secrets
from licgraph.knowledge import Knowledge
from licgraph.rows import FOR_COUNSEL, GATE_WORDS, MOMENTS, SHORT
from licgraph.stack import DEFAULT_STACK
from licgraph.verdict import Blocker, Owed, Verdict

HEAD = {
    "yes": ("NO BLOCKING TERM FOUND", "32"),
    "no": ("BLOCKED", "31"),
    "conditional": ("CONDITIONAL", "33"),
    "unknown": ("UNKNOWN", "33"),
}
MAX_BLOCKERS = 6
MAX_LINES = 8
GATES = {"no": "fail", "conditional": "open", "unknown": "open"}
"""The gate of an answer by which alone it goes."""
NOT_ADVICE = "Not legal advice."


def clean(text: str) -> str:
    """Text without control characters, so that a name cannot steer a terminal, and without secrets of addresses."""
    text = without_secrets(text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


_OWN = f"\0{os.urandom(8).hex()}"
"""Stands for the escape character of our own colours while a line is made: no name can hold it."""


def columns(width: int | None, usual: int = 100, least: int = 60, most: int = 120) -> int:
    """The width of a report: as given, else that of the terminal, else the usual one; within bounds."""
    if width is None:
        width = int(w) if (w := os.environ.get("COLUMNS", "")).isdecimal() else 0
        with contextlib.suppress(OSError, ValueError, AttributeError):  # as shutil does, whose import costs more than the report
            width = width or os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
        width = width or usual
    return min(max(width, least), most)


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"{_OWN}[{code}m{text}{_OWN}[0m" if self.colour else text


def render(verdict: Verdict, knowledge: Knowledge, colour: bool = False, width: int | None = None, flags: Sequence[str] = (), asked: str = "", said: Sequence[str] = ()) -> str:
    """The whole answer as text of at most ``width`` columns.

    flags: options with which the question was put, repeated in the commands that are offered.
    asked: the stack as the user named it. said: how the gate was put, a line each.
    """
    width = columns(width)
    paint = _Paint(colour)
    lines = [*_head(verdict, knowledge, paint), *_why(verdict, knowledge, paint), *_duties(verdict, knowledge), *_turns(verdict), *_options(verdict), *_findings(verdict), *_gate(verdict, said), *_foot(verdict, flags, asked)]
    return "\n".join(_wrapped(clean_line(line), width) for line in lines) + "\n"


def clean_line(line: str) -> str:
    """A line with its own colour codes kept and everything else that is a control character replaced."""
    parts = line.split(_OWN)
    return clean(parts[0]) + "".join(f"\033{code}m{clean(rest)}" for code, _, rest in (p.partition("m") for p in parts[1:]))


def _wrapped(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = len(line) - len(line.lstrip())
    return "\n".join(textwrap.wrap(line, width, initial_indent="", subsequent_indent=" " * (indent + 4), break_long_words=False, break_on_hyphens=False)) or line


def _head(verdict: Verdict, knowledge: Knowledge, paint: _Paint) -> list[str]:
    title, code = HEAD[verdict.answer]
    who = verdict.name or verdict.component
    proposed = f"as {verdict.proposed}" if verdict.proposed else "(what may it be released as?)"
    question = f"{who} {proposed} ({verdict.form}, {verdict.use} use, to {verdict.to})"
    others = [f"{p}: {SHORT[a]}" for p, a in verdict.by_profile if p != verdict.profile]
    lines = [f"{paint(title, code)}  {question}", "; ".join((f"  profile {verdict.profile} ({knowledge.profiles[verdict.profile].gloss})", *others))]
    if verdict.proposed and verdict.layered != verdict.answer:
        rest = "our own contribution under these terms, the rest under its own: "
        lines.append(f"  layered ({rest.rstrip(': ')}): {SHORT[verdict.layered]}")
    if verdict.answer == "yes" and verdict.profile == "permissive":
        lines.append("  warning: this profile assumes that the sceptics of the terms are right; it shows exposure, it is no clearance")
    for need in verdict.needs_facts[:4]:
        lines.append(f"  ? {need.question}  ({need.flag})")
    return lines


def _path(nodes: Sequence[str], steps: Sequence[str]) -> str:
    shown = nodes[0] if nodes else ""
    for step, node in zip(steps, nodes[1:], strict=False):
        shown += f" -{step}-> {node}"
    if len(nodes) > 7:
        shown = _path(nodes[:3], steps[:2]) + f" … {len(nodes) - 5} more … " + _path(nodes[-2:], steps[-1:])
    return shown


def _why(verdict: Verdict, knowledge: Knowledge, paint: _Paint) -> list[str]:
    if not verdict.blockers:
        return []
    lines = ["", "why"]
    for number, blocker in enumerate(verdict.blockers[:MAX_BLOCKERS], 1):
        lines += _blocker(number, blocker, knowledge, paint)
    if len(verdict.blockers) > MAX_BLOCKERS:
        lines.append(f"  … {len(verdict.blockers) - MAX_BLOCKERS} more: explain")
    return lines


def _open_facts(rests_on: Iterable[tuple[str, str]], knowledge: Knowledge) -> str:
    return " and ".join(f"{name} is {value}" for name, value in rests_on if name not in knowledge.assumptions)


def _blocker(number: int, blocker: Blocker, knowledge: Knowledge, paint: _Paint) -> list[str]:
    mark = {"no": paint("x", "31"), "unknown": "?", "conditional": "?"}[blocker.level]
    cite = f" {blocker.cite}" if blocker.cite else ""
    accepted = f"  [risk accepted: {blocker.accepted_risk}]" if blocker.accepted_risk else ""
    accepted += f"  [in the baseline until {blocker.baseline}]" if blocker.baseline else ""
    when = "already done" if blocker.when == "made" else "on release"
    facts = _open_facts(blocker.rests_on, knowledge)
    lines = [f"  {mark} {number} {blocker.license}{cite} ({blocker.clause}): {blocker.why}{f' (if {facts})' if facts else ''}{accepted}"]
    lines.append(f"      {_path(blocker.path, blocker.steps)}; act: {blocker.act}, {when}")
    return lines


def _duties(verdict: Verdict, knowledge: Knowledge) -> list[str]:
    owed = [d for d in verdict.duties if not d.rests_on]
    rest = [d for d in verdict.duties if d.rests_on]
    if not owed and not rest:
        return []
    lines = ["", "what is owed"]
    for moment, title in MOMENTS.items():
        rows = _merged([d for d in owed if d.moment == moment])
        lines += [f"  {title}: " + "; ".join(rows)] if rows else []
    by_fact: dict[str, set[str]] = {}
    for duty in rest:
        by_fact.setdefault(_open_facts(duty.rests_on, knowledge), set()).add(duty.id)
    for facts, names in sorted(by_fact.items()):
        lines.append(f"  owed only if {facts or 'an open question goes the other way'}: {', '.join(sorted(names))}")
    return lines


def _merged(duties: Iterable[Owed]) -> list[str]:
    rows: dict[tuple[str, str], list[Owed]] = {}
    for duty in duties:
        rows.setdefault((duty.id, duty.value), []).append(duty)
    shown = []
    for (ident, value), same in rows.items():
        cites = ", ".join(dict.fromkeys(f"{d.license} {d.cite}".strip() for d in same))
        status = "" if all(d.status == "open" for d in same) else f" [{'watch' if same[0].status == 'not-checkable' else same[0].status}]"
        short = value if len(value) <= 60 else value[:57] + "…"
        shown.append(ident + (f" “{short}”" if value else "") + (f" ({cites})" if cites else "") + status)
    return shown


def _turns(verdict: Verdict) -> list[str]:
    if not verdict.flips:
        touched = ", ".join(verdict.in_play)
        return ["", f"turns on no open question of law (read: {touched})"] if touched else []
    smallest = min(len(s) for s, _ in verdict.flips)
    sets = [f"{' and '.join(f'{n}={v}' for n, v in s)} -> {SHORT[a]}" for s, a in verdict.flips if len(s) == smallest]
    lines = ["", "turns on"] + [f"  {s}" for s in sets[:4]]
    if len(verdict.flips) > 4 or len(sets) < len(verdict.flips):
        lines.append(f"  {len(verdict.flips)} sets in all: explain --format json")
    return lines


def _options(verdict: Verdict) -> list[str]:
    found = verdict.outbound
    if verdict.proposed and verdict.answer == "yes":
        return []
    if not found.options:
        return ["", f"could be: nothing found ({found.why_none})"] if found.why_none else []
    lines = ["", "could be"]
    for option in found.options[:4]:
        lines.append(f"  {named(option.expression)}" + ("   layered: our part under the first, the rest under the others" if option.layered else ""))
    lines += [f"  after a change: {edit}" for edit in found.edits[:3]]
    return lines


def named(expression: str) -> str:
    """An expression of outbound terms, with terms of our own in words."""
    return expression.replace("OWN-TERMS", "terms of your own (OWN-TERMS)", 1)


def _findings(verdict: Verdict) -> list[str]:
    if not verdict.findings:
        return []
    return ["", "noticed", *(f"  {f.why if f.component in f.why else f'{f.component}: {f.why}'.lstrip(': ')}" for f in verdict.findings[:4])]


def _gate(verdict: Verdict, said: Sequence[str]) -> list[str]:
    """What the check makes of the answer, where more than the answer decides."""
    rules = [f"house rule {r.rule} (owner: {r.owner}){f', {r.component}' if r.component else ''}: {r.why}" for r in verdict.policy]
    lines = [*dict.fromkeys((*rules, *(r.why for r in verdict.fail_on)))]
    covered = verdict.answer != "yes" and GATES.get(verdict.answer) != verdict.gate
    if not (lines or said or covered):
        return []
    more = [f"{len(lines) - MAX_LINES} more: --format json"] if len(lines) > MAX_LINES else []
    return ["", f"the check {GATE_WORDS[verdict.gate]}", *(f"  {line}" for line in (*lines[:MAX_LINES], *more, *said))]


def _foot(verdict: Verdict, flags: Sequence[str], asked: str) -> list[str]:
    blocked = verdict.answer != "yes"
    unread = sum(1 for b in verdict.blockers if b.review == "draft")
    draft = " Readings are drafts that no named person has reviewed." if unread or not blocked else ""
    file = asked or (verdict.inputs[0][0] if verdict.inputs else DEFAULT_STACK)
    stack = [] if file in (DEFAULT_STACK, ".") else [file]
    explain = shlex.join(["licgraph", "explain", *stack, *(["1"] if verdict.blockers else []), *flags])
    counsel = f" {FOR_COUNSEL[0].upper()}{FOR_COUNSEL[1:]}." if verdict.audience == "engineer" else ""
    return ["", f"next: {explain} · {shlex.join(['licgraph', 'outbound', *stack, *flags])}   as of {verdict.as_of}. {NOT_ADVICE}{draft}{counsel}"]
