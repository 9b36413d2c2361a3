"""A stack file from what readers found: editable, in one order, with a comment on all that is guessed or missing.

Reading the file again gives the stack that reading the sources gave; a test holds that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from licgraph.expression import render
from licgraph.inputs.assemble import notices_of, origins, proposal, released, stack_of, terms_of, tree_of
from licgraph.inputs.draft import Draft, Part, Step
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Component, Stack

GUESSED, MISSING = "GUESSED", "MISSING"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/@+-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "~"}


def quoted(text: str) -> str:
    """A scalar as YAML takes it for text, in quotes where it has to be."""
    text = _printable(text)
    plain = _PLAIN.fullmatch(text) and not text.endswith(" ") and text.casefold() not in _WORDS and not re.fullmatch(r"[0-9._+-]+|0[xo][0-9a-fA-F]+", text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def _printable(text: str) -> str:
    """Text without what cannot be printed; an odd blank is a blank."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)


LEGEND = """\
# What the keys mean (all of them: docs/stack-file.md)
#   components  everything the release is made of, by an id of your choice
#     kind        weights, adapter, code, dataset, outputs, service or document
#     license     its terms as its publisher states them; left out where it is ours
#     ours        true: we made it. Anything else is somebody else's
#     source      where it comes from, such as hf:org/name@revision
#     from        what it was made from, and how: finetune, merge, adapter, quantize, trained-on, distill-outputs, contains ...
#     evidence    the file and line that say so; inferred: why it was concluded
#   release     the question
#     component   what goes out; license: under which terms (left out: which could it be?)
#     form        weights, source, binary, dataset, outputs, service or internal
#     use         what recipients may do: commercial, non-commercial or any
#   unread      what could not be read"""


class Answers(NamedTuple):
    """What a person said that the sources do not: what is released, under which terms, for which use. Empty: not said."""

    component: str = ""
    license: str = ""
    use: str = ""


NOT_SAID = Answers()


def render_stack(draft: Draft, knowledge: Knowledge, answers: Answers = NOT_SAID, legend: bool = False) -> str:
    """The stack file, with a legend if one is wanted. Raises StackError when the sources name no component."""
    stack = stack_of(draft, knowledge)
    origins(draft, knowledge)
    release = answers.component or released(draft)
    if answers.component and stack.release is None:
        draft.release = release
        stack = stack_of(draft, knowledge)
    lines = [f"# From {', '.join(sorted(draft.inputs)) or 'standard input'}, by licgraph import. {GUESSED}: concluded, not stated. {MISSING}: wants an answer.", *((LEGEND,) if legend else ()), "licgraph: 1", "components:"]
    kept = {(e.result, e.relation, e.source) for e in stack.edges}
    made: dict[str, list[Step]] = {}
    for key, step in draft.steps.items():
        if key in kept:
            made.setdefault(step.result, []).append(step)
    for name in sorted(draft.parts, key=lambda n: (n != release, n)):
        part = draft.parts[name]
        lines += component_lines(part, stack.components[name], made.get(name, ()), knowledge, name == release)
    lines += release_lines(draft, stack, release, answers)
    if stack.unread:
        lines += ["unread:  # no answer above `unknown` while these stand; delete what you have looked into"]
        lines += [f"  - {{source: {quoted(u.source)}, why: {quoted(u.why)}{f', component: {quoted(u.component)}' if u.component else ''}}}" for u in stack.unread]
    noticed = [*draft.notices, *notices_of(draft, knowledge)]
    if noticed:
        lines += ["", "# Noticed:"]
        lines += [f"# - {_one_line(n.component)}: {_one_line(n.why)}" for n in sorted(set(noticed))]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def component_lines(part: Part, component: Component, steps: Iterable[Step], knowledge: Knowledge, is_release: bool) -> list[str]:
    """One component as lines of a stack file, two blanks deep."""
    lines = [f"  {quoted(part.id)}:", f"    kind: {part.kind}"]
    lines += [f"    {key}: {quoted(value)}" for key, value in (("name", part.name), ("source", part.source), ("revision", part.revision)) if _printable(value).strip()]
    if component.ours != is_release:
        lines.append(f"    ours: {str(component.ours).lower()}")
    if not component.ours:
        lines += _license_lines(part, component, knowledge)
    elif component.license is not None:
        lines.append(f"    license: {quoted(render(component.license))}")
    if part.additional:
        lines.append(f"    additional-terms: [{', '.join(quoted(render(tree_of(w, knowledge))) for w, _ in part.additional)}]")
    if part.contents:
        lines.append(f"    contents: {quoted(render(tree_of(part.contents, knowledge)))}")
    lines += [f"    {key}: {quoted(value)}" for key, value in (("role", part.role), ("available", part.available), ("copyright", part.copyright)) if _printable(value).strip()]
    if part.facts:
        lines += ["    facts:", *(f"      {k}: {quoted(str(v).lower() if isinstance(v, bool) else str(v)) if not isinstance(v, bool) else str(v).lower()}" for k, v in sorted(part.facts.items()))]
    if part.inferred:
        lines.append(f"    inferred: {quoted(_one_line(part.inferred))}  # {GUESSED}")
    lines.append(f"    evidence: {quoted(str(component.evidence))}") if component.evidence.file else None
    relations: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda s: (s.relation, s.source)):
        relations.setdefault(step.relation, []).append(step)
    if relations:
        lines.append("    from:")
        for relation, many in relations.items():
            lines.append(f"      {relation}:")
            lines += [f"        - {target(step)}" for step in many]
    return lines


def target(step: Step) -> str:
    """The entry for one step under its relation."""
    facts = [f"component: {quoted(step.source)}"]
    facts += [f"purpose: {step.purpose}"] if step.purpose else []
    facts += [f"accepted-terms: {str(step.accepted_terms).lower()}"] if step.accepted_terms is not None else []
    facts += [f"inferred: {quoted(_one_line(step.inferred))}"] if step.inferred else []
    facts += [f"confidence: {step.confidence:g}"] if step.confidence != 1 else []
    facts += [f"evidence: {quoted(str(step.evidence))}"] if step.evidence.file else []
    return f"{{{', '.join(facts)}}}" + (f"  # {GUESSED}" if step.inferred else "")


def _license_lines(part: Part, component: Component, knowledge: Knowledge) -> list[str]:
    terms = terms_of(part, knowledge)
    if terms.labels:
        lines = ["    labels:  # they disagree: which counts is the assumption label-authority"]
        for said in sorted(part.said, key=lambda s: (bool(s.note), s.where)):
            date = f", date: {said.date}" if said.date else ""
            note = f"  # {said.note}" if said.note else ""
            lines.append(f"      - {{where: {said.where}, says: {quoted(render(tree_of(said.written, knowledge)))}{date}}}{note}")
        return lines
    lines = []
    if terms.license is not None and not terms.known:
        word = render(terms.license)
        why = {"NOASSERTION": f"  # {MISSING}: what are its terms?", "NONE": f"  # {MISSING}: none was stated where it would be"}.get(word, "")
        note = next((f"  # {s.note}" for s in part.said if s.note), "")
        lines.append(f"    license: {quoted(word)}{why or note}")
    elif terms.known and terms.concluded is None:
        lines.append(f"    # license: {render(terms.license) if terms.license else ''} ({terms.known})")
    if part.concluded and terms.concluded is not None and not terms.known:
        lines.append(f"    concluded: {quoted(render(terms.concluded))}")
    return lines


def release_lines(draft: Draft, stack: Stack, release: str, answers: Answers = NOT_SAID) -> list[str]:
    """The question that the sources put, or the hint to put one."""
    if not release or stack.release is None:
        return [f"# {MISSING}: release: {{component: …}} (the sources do not say which of these is released)"]
    lines = ["release:", f"  component: {quoted(release)}"]
    proposed = proposal(draft.parts[release])
    if answers.license:
        lines.append(f"  license: {quoted(answers.license)}  # as asked for")
    elif stack.release.license is not None and proposed is not None:
        note = f"; {proposed.note}" if proposed.note else ""
        lines.append(f"  license: {quoted(render(stack.release.license))}  # {proposed.evidence}{note}")
    else:
        lines.append(f"  # {MISSING}: license (left out: what may it be?)")
    if answers.use:
        lines.append(f"  use: {answers.use}  # as asked for")
    elif stack.release.use != "any":
        lines.append(f"  use: {stack.release.use}  # as the label says")
    if draft.form:
        lines.append(f"  form: {draft.form}")
    return lines
