"""The stack as a Graphviz graph: sources above, the release below, what stands against it marked. Several: a cluster each."""

from __future__ import annotations

from collections.abc import Sequence

from licgraph.outcome import Outcome
from licgraph.reports.text import clean
from licgraph.verdict import Verdict

SHAPES = {"dataset": "cylinder", "outputs": "cylinder", "service": "component", "code": "note", "document": "note"}


def render(outcomes: Sequence[Outcome]) -> str:
    """One node a component, one arrow a step; components on the path of a blocker are red."""
    found = [(o.asked, o.verdict) for o in outcomes if o.verdict is not None]
    if not found:
        return ""
    lines = ["digraph stack {", "  node [shape=box];"]
    for number, (asked, verdict) in enumerate(found):
        if len(outcomes) == 1:
            lines += _nodes(verdict, "")
        else:
            lines += [f"  subgraph cluster_{number} {{", f"  label={_quoted(asked)};", *_nodes(verdict, f"{number}:"), "  }"]
    return "\n".join([*lines, "}", ""])


def _nodes(verdict: Verdict, prefix: str) -> list[str]:
    """``prefix``: tells equal ids of two stacks apart."""
    on_path = {node for b in verdict.blockers for node in b.path}
    lines = []
    for part in verdict.parts:
        colour = ", color=red, penwidth=2" if part.id in on_path else ""
        lines.append(f"  {_quoted(prefix + part.id)} [label={_quoted(part.name, part.license or 'ours')}, shape={SHAPES.get(part.kind, 'box')}{colour}];")
    return lines + [f"  {_quoted(prefix + source)} -> {_quoted(prefix + result)} [label={_quoted(relation)}];" for source, relation, result in verdict.made]


def _quoted(*lines: str) -> str:
    shown = [clean(line).replace("\n", " ").replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(shown) + '"'
