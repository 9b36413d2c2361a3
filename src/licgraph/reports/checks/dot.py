"""The stack as a Graphviz graph: sources above, the release below, what stands against it marked."""

from __future__ import annotations

from licgraph.knowledge import Knowledge
from licgraph.reports.text import clean
from licgraph.verdict import Verdict

SHAPES = {"dataset": "cylinder", "outputs": "cylinder", "service": "component", "code": "note", "document": "note"}


def render(verdict: Verdict, knowledge: Knowledge) -> str:
    """One node a component, one arrow a step; components on the path of a blocker are red."""
    on_path = {node for b in verdict.blockers for node in b.path}
    lines = ["digraph stack {", "  node [shape=box];"]
    for part in verdict.parts:
        colour = ", color=red, penwidth=2" if part.id in on_path else ""
        lines.append(f"  {_quoted(part.id)} [label={_quoted(part.name, part.license or 'ours')}, shape={SHAPES.get(part.kind, 'box')}{colour}];")
    lines += [f"  {_quoted(source)} -> {_quoted(result)} [label={_quoted(relation)}];" for source, relation, result in verdict.made]
    return "\n".join([*lines, "}", ""])


def _quoted(*lines: str) -> str:
    shown = [clean(line).replace("\n", " ").replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(shown) + '"'
