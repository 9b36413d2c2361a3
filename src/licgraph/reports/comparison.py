"""Two licences side by side: what each grants, asks, forbids and limits, and what only one of them does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from licgraph.knowledge import Knowledge
from licgraph.license import WAYS, Clause, License
from licgraph.reports.json import dumps

WORDS = {way: words for words, way in WAYS.items()}


def rows(one: License, other: License) -> list[dict[str, Any]]:
    """Rows of the comparison: topic, what each licence says with its section, whether they say the same."""
    found: list[dict[str, Any]] = []

    def row(topic: str, a: Iterable[str], b: Iterable[str]) -> None:
        left, right = sorted(set(a)), sorted(set(b))
        if left or right:
            found.append({"topic": topic, "one": left, "other": right, "same": _bare(left) == _bare(right)})

    row("stands on", one.basis, other.basis)
    row("another licence for the whole", [_relabel(one)], [_relabel(other)])
    for way in WORDS:
        row(f"grants on {WORDS[way]}", _grants(one, way), _grants(other, way))
    for duty in sorted({c.duty for c in (*one.clauses, *other.clauses) if c.duty}):
        row(duty, _duty(one, duty), _duty(other, duty))
    row("forbids further restrictions", _further(one), _further(other))
    row("silent on", (WORDS[w] for w in one.silent), (WORDS[w] for w in other.silent))
    row("for counsel", _counsel(one), _counsel(other))
    return found


def _bare(entries: Iterable[str]) -> list[str]:
    return sorted(e.partition(" (")[0] for e in entries)


def _relabel(licence: License) -> str:
    return f"{licence.relabel.value} ({licence.relabel.cite})" if licence.relabel else "not said"


def _grants(licence: License, way: str) -> list[str]:
    return [f"{act} ({c.cite})" for c in licence.clauses if c.kind == "grant" and way in c.reaches for act in c.acts]


def _duty(licence: License, duty: str) -> list[str]:
    return [_says(c) for c in licence.clauses if c.duty == duty and c.kind in ("condition", "prohibition")]


def _says(clause: Clause) -> str:
    reach = ", ".join(WORDS[w] for w in sorted(clause.reaches))
    acts = "every act" if len(clause.acts) == 9 else ", ".join(sorted(clause.acts))
    more = f"; may be under {', '.join(sorted(clause.fixes_to)) or 'nothing'}" if clause.fixes_to is not None else ""
    limit = f"; above {clause.limit[1]:,.0f} {clause.limit[0]}" if clause.limit else ""
    return f"{clause.value or clause.nature}: on {acts}, of {reach}{more}{limit} ({clause.cite})"


def _further(licence: License) -> list[str]:
    return [f"tolerates {', '.join(sorted(licence.further.tolerates))} ({licence.further.cite})"] if licence.further else []


def _counsel(licence: License) -> list[str]:
    return [f"{c.id} ({c.cite})" for c in licence.clauses if c.kind == "for-counsel"]


def render(one: str, other: str, knowledge: Knowledge, form: str = "text") -> str:
    """The comparison as text, Markdown or JSON."""
    found = rows(knowledge.license(one), knowledge.license(other))
    if form == "json":
        return dumps({"schema": "licgraph/comparison/1", "one": one, "other": other, "rows": found})
    if form == "markdown":
        lines = [f"| | {one} | {other} |", "|---|---|---|"]
        for row in found:
            cells = ("<br>".join(row[k]).replace("|", "\\|") or "–" for k in ("one", "other"))
            lines.append(f"| {'' if row['same'] else '**≠** '}{row['topic']} | {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"
    lines = [f"{one}  against  {other}   (= the same, ≠ they differ)"]
    for row in found:
        lines.append(f"{'=' if row['same'] else '≠'} {row['topic']}")
        if row["same"]:
            lines += [f"    both: {entry}" for entry in row["one"]]
        else:
            lines += [f"    {one}: {entry}" for entry in row["one"]] or [f"    {one}: –"]
            lines += [f"    {other}: {entry}" for entry in row["other"]] or [f"    {other}: –"]
    return "\n".join(lines) + "\n"
