"""The stack as a Mermaid flowchart: sources above, the release below, what stands against it marked. Several: a subgraph each."""

from __future__ import annotations

from collections.abc import Sequence

from licgraph.outcome import Outcome
from licgraph.reports.text import clean
from licgraph.verdict import Verdict


def render(outcomes: Sequence[Outcome]) -> str:
    """One node a component, one arrow a step; components and steps on the path of a blocker are red."""
    found = [(o.asked, o.verdict) for o in outcomes if o.verdict is not None]
    if not found:
        return ""
    lines, marked, first = ["flowchart TD"], [], 0
    for number, (asked, verdict) in enumerate(found):
        nodes = {part.id: f"n{first + i}" for i, part in enumerate(verdict.parts)}
        first += len(nodes)
        body = _nodes(verdict, nodes)
        lines += [f'  subgraph s{number}["{_label(asked)}"]', *body, "  end"] if len(outcomes) > 1 else body
        on_path = {node for b in verdict.blockers for node in b.path}
        marked += [nodes[p.id] for p in verdict.parts if p.id in on_path]
    lines += ["  classDef against stroke:#c00,stroke-width:3px", f"  class {','.join(marked)} against"] if marked else []
    return "\n".join(lines) + "\n"


def _nodes(verdict: Verdict, nodes: dict[str, str]) -> list[str]:
    lines = [f'  {nodes[p.id]}["{_label(p.name)}<br/>{_label(p.license or "ours")}"]' for p in verdict.parts]
    return lines + [f'  {nodes[source]} -->|"{_label(relation)}"| {nodes[result]}' for source, relation, result in verdict.made]


def _label(text: str) -> str:
    """Mermaid takes an entity by number where a character would end the label or begin markup."""
    return "".join(c if c.isalnum() or c in " .-/:," else f"#{ord(c)};" for c in clean(text))
