"""Changes to a stack that could turn a no into a yes, as values: what each does, what it costs, what it excludes.

A change is made to the stack as data and the stack is solved again; nothing here knows why a change would help.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from licgraph.errors import Fault, KnowledgeError, StackError
from licgraph.expression import Leaf, leaves, parse
from licgraph.index import data_folder
from licgraph.knowledge import Knowledge
from licgraph.license import COMPONENT_KINDS
from licgraph.light import NamedTuple
from licgraph.stack import Component, Edge, Permission, Stack, default_recipients
from licgraph.yamlfile import Map, Text, read_text
from licgraph.yamlfile import parse as parse_yaml

LEAST = {"dataset": "CC0-1.0", "outputs": "CC0-1.0", "document": "CC0-1.0", "code": "0BSD", "service": "NO-CLAIM"}
"""Terms that ask for the least, by kind, put in a component's place while a repair is looked for (weights: as code)."""


class Change(NamedTuple):
    """One change. ``target``: what is changed; ``to``: what it becomes, where there is a choice."""

    kind: str
    target: str
    to: str = ""

    @property
    def slot(self) -> tuple[str, str]:
        """Changes of one slot exclude each other."""
        if self.kind in ("terms", "form", "use", "rename"):
            return (self.kind, "")
        return ("permission" if self.kind == "permission" else "made" if self.kind != "elect" else "elect", self.target)


class Alternative(NamedTuple):
    """Something at hand that could stand in a component's place."""

    name: str
    kind: str
    license: str
    source: str = ""


@dataclass(frozen=True)
class Costs:
    """The cost of each kind of change and the sentence that says it."""

    costs: Mapping[str, float]
    sentences: Mapping[str, str]

    def of(self, change: Change, stack: Stack) -> float:
        """What a change costs."""
        return self.costs[self.key(change, stack)]

    def key(self, change: Change, stack: Stack) -> str:
        """The row of the table: replacing depends on what is replaced, the form on what it becomes."""
        if change.kind != "replace":
            return f"form-{change.to}" if change.kind == "form" else change.kind
        kind = stack.components[change.target].kind
        return f"replace-{ {'dataset': 'dataset', 'outputs': 'dataset', 'document': 'dataset', 'service': 'service', 'code': 'code'}.get(kind, 'weights') }"

    def says(self, change: Change, stack: Stack, to: str = "") -> str:
        """The change in words; ``to`` stands for what it becomes."""
        to = to or change.to.replace("OWN-TERMS", "terms of your own that impose what has to be imposed (OWN-TERMS)")
        return self.sentences[self.key(change, stack)].format(target=change.target, to=to)


@lru_cache(maxsize=1)
def default_costs() -> Costs:
    """The table that comes with licgraph. Raises KnowledgeError when it is missing or wrong."""
    file = data_folder() / "repairs.yaml"
    tree = parse_yaml(read_text(file, file.name, KnowledgeError), file.name, KnowledgeError)
    costs: dict[str, float] = {}
    sentences: dict[str, str] = {}
    for key, row in tree.items if isinstance(tree, Map) else ():
        found = {k.value: v.value for k, v in row.items if isinstance(v, Text)} if isinstance(row, Map) else {}
        try:
            costs[key.value], sentences[key.value] = float(found["cost"]), found["sentence"]
        except (KeyError, ValueError):
            raise KnowledgeError(Fault(file.name, key.line, key.value, "a change needs a cost (a number) and a sentence", "Write {cost: 3, sentence: …}")) from None
    return Costs(costs, sentences)


def read_catalogue(file: Path) -> tuple[Alternative, ...]:
    """What a house has at hand: a YAML map of names to `{kind, license, source}`. Raises StackError."""
    tree = parse_yaml(read_text(file, str(file), StackError), str(file), StackError)
    found = []
    for key, row in tree.items if isinstance(tree, Map) else ():
        said = {k.value: v.value for k, v in row.items if isinstance(v, Text)} if isinstance(row, Map) else {}
        if said.get("kind") not in COMPONENT_KINDS or not said.get("license"):
            raise StackError(Fault(str(file), key.line, key.value, "an alternative needs a kind and a licence", "Write {kind: dataset, license: CC-BY-4.0, source: …}"))
        found.append(Alternative(key.value, said["kind"], said["license"], said.get("source", "")))
    if not found:
        raise StackError(Fault(str(file), 0, "", "this catalogue names nothing", "Write NAME: {kind: dataset, license: CC-BY-4.0, source: …}"))
    return tuple(found)


def catalogue_around(start: Path) -> tuple[Alternative, ...]:
    """The house's catalogue, `.licgraph/catalogue.yaml` in a folder or one above it; empty where there is none. Raises StackError."""
    for folder in (start, *start.parents):
        if (folder / ".licgraph" / "catalogue.yaml").is_file():
            return read_catalogue(folder / ".licgraph" / "catalogue.yaml")
    return ()


def apply(stack: Stack, change: Change, knowledge: Knowledge, alternatives: Mapping[str, Alternative] | None = None) -> Stack:
    """The stack with one change made. Pure. ``alternatives``: by name, for what is replaced by something named."""
    release = stack.release
    assert release is not None
    if change.kind == "terms":
        return stack._replace(release=release._replace(license=parse(change.to, knowledge), written=change.to))
    if change.kind == "form":
        return stack._replace(release=release._replace(form=change.to, to=default_recipients(change.to)))
    if change.kind == "use":
        return stack._replace(release=release._replace(use=change.to, purpose=change.to))
    if change.kind == "allow":
        return stack._replace(release=release._replace(will_not=tuple(w for w in release.will_not if w != change.to)))
    if change.kind == "rename":
        part = stack.components[change.target]
        return stack._replace(components={**stack.components, change.target: part._replace(name=f"{change.to}-{part.name or part.id}")})
    if change.kind == "elect":
        return stack._replace(elect={**stack.elect, change.target: change.to})
    if change.kind == "permission":
        return stack._replace(permissions=(*stack.permissions, Permission(change.target, "licensor", ("all",))))
    if change.kind == "drop":
        return stack._replace(edges=tuple(e for e in stack.edges if e.source != change.target or not stack.components[e.result].ours))
    if change.kind == "replace":
        if change.to:
            named = (alternatives or {})[change.to]
            made = replaced(stack, change.target, "NOASSERTION")
            tree = parse(named.license, knowledge)
            part = made.components[change.target]._replace(name=named.name, source=named.source, license=tree, declared=tree, written=named.license)
            return made._replace(components={**made.components, change.target: part})
        return replaced(stack, change.target, least(stack.components[change.target]))
    relation = {"adapter": "adapter", "keep-apart": change.to}[change.kind]
    edges = tuple(_related(e, relation) if e.source == change.target and stack.components[e.result].ours and e.relation in _JOINED else e for e in stack.edges)
    components = stack.components
    if change.kind == "adapter":
        results = {e.result for e in stack.edges if e.source == change.target and stack.components[e.result].ours}
        components = {n: c._replace(kind="adapter") if n in results else c for n, c in components.items()}
    return stack._replace(edges=edges, components=components)


_JOINED = ("finetune", "merge", "modifies", "contains-modified", "links-static", "derived-from")


def _related(edge: Edge, relation: str) -> Edge:
    return edge._replace(relation=relation, purpose="", inferred="", confidence=1.0)


def least(component: Component) -> str:
    """The terms that ask for the least of what such a component can be under."""
    return LEAST.get(component.kind, "0BSD")


def replaced(stack: Stack, target: str, license_id: str) -> Stack:
    """The stack with another component, of nobody's making that we know, in one's place."""
    old = stack.components[target]
    new = Component(target, old.kind, name=f"another {old.kind}", license=Leaf(license_id, license_id), declared=Leaf(license_id, license_id), written=license_id, evidence=old.evidence)
    kept = tuple(u for u in stack.unread if u.component != target)
    return stack._replace(components={**stack.components, target: new}, edges=tuple(e for e in stack.edges if e.result != target), permissions=tuple(p for p in stack.permissions if p.component != target), elect={k: v for k, v in stack.elect.items() if k != target}, unread=kept)


def offered(component: Component) -> tuple[str, ...]:
    """The branches of a component's licence that could be elected; none where there is no choice."""
    from licgraph.expression import OneOf

    tree = component.license
    return tuple(leaf.id for leaf in leaves(tree)) if isinstance(tree, OneOf) else ()
