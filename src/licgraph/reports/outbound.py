"""The outbound terms as a specification: what they must impose, carry and not add, and the least that does."""

from __future__ import annotations

from licgraph.knowledge import Knowledge
from licgraph.reports.text import NOT_ADVICE, clean, named
from licgraph.rows import not_known
from licgraph.verdict import Verdict


def render(verdict: Verdict, knowledge: Knowledge) -> str:
    """The specification as text."""
    found = verdict.outbound
    who = verdict.name or verdict.component
    lines = [f"Outbound terms of {who} ({verdict.form}, {verdict.use} use, to {verdict.to}; profile {verdict.profile})"]
    lines += [f"  not known, and it may ask for more: {why}" for why in not_known(verdict)]
    if found.fixed_to:
        lines.append(f"  the licence is fixed: {' or '.join(found.fixed_to)}")
    elif found.options:
        lines.append("  the licence is not fixed: any terms that meet what follows" if not found.must_impose else "  any terms that impose and carry what follows, as far as the origins let the whole be relabelled")
    for title, rows in (("must impose on recipients", found.must_impose), ("must carry", found.must_carry), ("must not add what is not tolerated by", found.must_not_add), ("who may do it at all", found.eligibility)):
        if rows:
            lines += [f"  {title}:", *(f"    {row}" for row in rows)]
    if found.options:
        lines.append("  least restrictive terms that do:")
        for option in found.options:
            kind = "layered: our part under the first, the rest under the others" if option.layered else "for the whole"
            lines.append(f"    {named(option.expression)}   ({kind}; {len(option.duties)} duties)")
    else:
        lines.append(f"  no terms found: {found.why_none}")
        for blocker in verdict.blockers[:6]:
            lines.append(f"    {blocker.license} {blocker.cite} ({blocker.clause}): {blocker.why}")
    lines += [f"  after a change: {edit}" for edit in found.edits]
    lines += [f"  ? {need.question}  ({need.flag})" for need in verdict.needs_facts]
    lines.append(f"  as of {verdict.as_of}. {NOT_ADVICE}")
    return "\n".join(clean(line) for line in lines) + "\n"
