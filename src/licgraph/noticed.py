"""What a stack says that deserves a word and decides nothing."""

from __future__ import annotations

from licgraph.expression import Leaf, Tree, leaves, render
from licgraph.knowledge import Knowledge
from licgraph.solver.carry import Context, unsettled, which_license
from licgraph.stack import Release
from licgraph.verdict import Finding


def noticed(context: Context, release: Release, day: str) -> list[Finding]:
    """What the stack says that deserves a word and decides nothing."""
    found = []
    stack, knowledge = context.stack, context.knowledge
    for name in context.graph.order:
        part = context.graph.components[name]
        if part.declared is not None and part.license is not None and render(part.declared) != render(part.license):
            found.append(Finding("concluded-differs", name, f"declared {render(part.declared)}, concluded {render(part.license)}; the conclusion counts"))
        if part.known_from and part.license is not None:
            found.append(Finding("known-origin", name, f"states no licence; {part.source} is known to be under {render(part.license)} ({part.known_from})"))
        if not part.ours and part.license is None and not part.labels:
            found.append(Finding("no-license-stated", name, "states no licence and is not ours: nothing is granted (write NO-CLAIM, NOASSERTION or `ours: true` if that is meant)"))
        found += _names(knowledge, name, part.license)
        if len(part.labels) > 1 and len({render(label.says) for label in part.labels}) > 1:
            found.append(Finding("labels-disagree", name, "; ".join(f"{label.where}: {render(label.says)}" for label in part.labels)))
        if part.inferred:
            found.append(Finding("inferred-component", name, part.inferred))
        for edge in context.graph.sources[name]:
            relation = knowledge.relations[edge.relation]
            if edge.inferred:
                found.append(Finding("inferred-relation", name, f"{relation.sentence.format(result=name, source=edge.source)}: {edge.inferred} ({edge.evidence})"))
            if relation.finding:
                found.append(Finding(relation.finding, name, f"how {name} was derived from {edge.source} is not stated; taken as a fine-tune"))
            source = context.graph.components[edge.source]
            if relation.place == "tool" and (source.license is None or (isinstance(source.license, Leaf) and source.license.id in ("NONE", "NOASSERTION"))):
                found.append(Finding("tool-without-license", edge.source, f"{relation.sentence.format(result=name, source=edge.source)}; its terms are not known and nothing of it enters the release"))
    found += _names(knowledge, "the release", release.license)
    for fact in stack.facts:
        if fact not in context.facts_read:
            found.append(Finding("unused-fact", "", f"no clause that reaches this release asks for `{fact}`"))
    for permission in stack.permissions:
        if permission.until and permission.until < day:
            found.append(Finding("permission-expired", permission.component, f"the permission from {permission.grantor} ended on {permission.until}"))
    if context.fact("memorised") is True and any(knowledge.relations[e.relation].act == "train" for n in context.graph.order for e in context.graph.sources[n]):
        found.append(Finding("memorised", release.component, "the model can reproduce training works: see the assumption training-is-adaptation"))
    found += [Finding(n.id, n.component, n.why) for n in stack.notices]
    for name in stack.components:
        if name not in context.graph.reachable:
            found.append(Finding("not-in-release", name, "no path leads from this component to the release; it was left out"))
    return found


def _names(knowledge: Knowledge, where: str, tree: Tree | None) -> list[Finding]:
    """Names of licences that are not known, with those near them, and names that mean one of several."""
    found = []
    for leaf in leaves(tree) if tree else ():
        if knowledge.license(leaf.id).state == "unknown" and leaf.id != "NOASSERTION":
            near = knowledge.near(leaf.id)
            known = knowledge.spdx_name(leaf.id)
            hint = "its terms have not been encoded" if known else "no such licence is known" + (f"; near names: {', '.join(near)}" if near else "")
            found.append(Finding("unknown-license", where, f"`{leaf.name or leaf.id}`: {hint}"))
    return found + [Finding("ambiguous-license", where, which_license(doubt, where, "").text) for doubt in (unsettled(tree) if tree else ())]
