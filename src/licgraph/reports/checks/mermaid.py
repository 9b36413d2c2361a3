"""The stack as a Mermaid flowchart: sources above, the release below, what stands against it marked."""

from __future__ import annotations

from licgraph.knowledge import Knowledge
from licgraph.reports.text import clean
from licgraph.verdict import Verdict


def render(verdict: Verdict, knowledge: Knowledge) -> str:
    """One node a component, one arrow a step; components and steps on the path of a blocker are red."""
    nodes = {part.id: f"n{i}" for i, part in enumerate(verdict.parts)}
    lines = ["flowchart TD"]
    lines += [f'  {nodes[p.id]}["{_label(p.name)}<br/>{_label(p.license or "ours")}"]' for p in verdict.parts]
    lines += [f'  {nodes[source]} -->|"{_label(relation)}"| {nodes[result]}' for source, relation, result in verdict.made]
    on_path = {node for b in verdict.blockers for node in b.path}
    marked = [nodes[p.id] for p in verdict.parts if p.id in on_path]
    lines += ["  classDef against stroke:#c00,stroke-width:3px", f"  class {','.join(marked)} against"] if marked else []
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    """Mermaid takes an entity by number where a character would end the label or begin markup."""
    return "".join(c if c.isalnum() or c in " .-/:," else f"#{ord(c)};" for c in clean(text))
