"""The stack as a directed graph: what was made from what, in an order that puts origins first.

The one importer of networkx, which is loaded only to name a cycle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from licgraph.expression import Leaf
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Component, Edge, Stack


def topological(names: Iterable[str], edges: Iterable[Edge]) -> list[str] | None:
    """Components with sources before results, ties in the order given; None if there is a cycle. Linear."""
    waiting = dict.fromkeys(names, 0)
    results: dict[str, list[str]] = {n: [] for n in waiting}
    for edge in edges:
        waiting[edge.result] += 1
        results[edge.source].append(edge.result)
    ready = [n for n, count in waiting.items() if count == 0]
    order: list[str] = []
    while ready:
        after: list[str] = []
        for name in ready:
            order.append(name)
            for result in results[name]:
                waiting[result] -= 1
                if waiting[result] == 0:
                    after.append(result)
        ready = after
    return order if len(order) == len(waiting) else None


def find_cycle(components: Mapping[str, Component], edges: Iterable[Edge]) -> list[str]:
    """A cycle in the order made-from, first name repeated at the end; empty if there is none."""
    edges = tuple(edges)
    if topological(components, edges) is not None:
        return []
    import networkx

    graph = networkx.DiGraph()
    graph.add_edges_from((e.result, e.source) for e in edges)
    steps = networkx.find_cycle(graph)
    return [str(steps[0][0]), *(str(step[1]) for step in steps)]


@dataclass(frozen=True, repr=False, eq=False)
class Graph:
    """A stack ready to be solved. ``order`` has sources first; ``edges`` are grouped by result."""

    components: Mapping[str, Component]
    order: tuple[str, ...]
    sources: Mapping[str, tuple[Edge, ...]]
    release: str
    reachable: frozenset[str]
    """Components from which a path leads to the release, the release included."""


class Whole(NamedTuple):
    """All of a stack, whatever is released: components, their order with sources first, steps by result."""

    components: Mapping[str, Component]
    rank: Mapping[str, int]
    sources: Mapping[str, tuple[Edge, ...]]


def whole(stack: Stack, knowledge: Knowledge) -> Whole:
    """The graph of a stack, with `distill-outputs` of a model spelled out as its outputs and training on them."""
    components: dict[str, Component] = dict(stack.components)
    edges: list[Edge] = []

    def taught(edge: Edge) -> bool:
        return bool(knowledge.relations[edge.relation].over_data) and stack.components[edge.source].kind not in ("dataset", "outputs", "document")

    takers = Counter(source for source, _ in {(e.source, e.result) for e in stack.edges if taught(e)})
    for edge in stack.edges:
        relation = knowledge.relations[edge.relation]
        source = components[edge.source]
        if taught(edge):
            virtual = f"outputs of {edge.source}" + (f", for {edge.result}" if takers[edge.source] > 1 else "")
            maker = components[edge.result]
            components[virtual] = Component(
                id=virtual, kind="outputs", name=f"outputs of {source.name or source.id}", ours=maker.ours, license=Leaf("NO-CLAIM", "NO-CLAIM"), evidence=maker.evidence, virtual=True
            )
            edges.append(Edge(virtual, "generated-by", edge.source, accepted_terms=edge.accepted_terms, line=edge.line))
            edge = edge._replace(source=virtual, purpose=edge.purpose or relation.purpose)
        edges.append(edge if edge.purpose or not relation.purpose else edge._replace(purpose=relation.purpose))
    order = topological(components, edges)
    assert order is not None, "cycles are faults of the stack"
    sources: dict[str, list[Edge]] = {name: [] for name in components}
    for edge in edges:
        sources[edge.result].append(edge)
    return Whole(components, {n: i for i, n in enumerate(order)}, {k: tuple(v) for k, v in sources.items()})


def released(stack: Whole, release: str) -> Graph:
    """What leads to one component. Costs what it leads through, not what the stack holds."""
    reachable = {release}
    waiting = [release]
    while waiting:
        for edge in stack.sources[waiting.pop()]:
            if edge.source not in reachable:
                reachable.add(edge.source)
                waiting.append(edge.source)
    return Graph(stack.components, tuple(sorted(reachable, key=stack.rank.__getitem__)), stack.sources, release, frozenset(reachable))


def build(stack: Stack, release: str, knowledge: Knowledge) -> Graph:
    """The graph of a stack as seen from what is released."""
    return released(whole(stack, knowledge), release)
