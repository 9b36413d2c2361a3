"""A CycloneDX document in XML as the nodes that its JSON form would have, with the line of each.

Source: the XML and JSON schemas of CycloneDX 1.4 to 1.7, which name the same things; lists that JSON writes bare have
an element of their own in XML. A document type is refused before anything in it is read, so no entity is ever expanded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from licgraph.inputs.loose import MAX_DEPTH, MAX_NODES, Node, refuse

_SPACE = "http://cyclonedx.org/schema/bom/"
_LISTS = frozenset(
    ["components", "services", "licenses", "ancestors", "descendants", "variants", "datasets", "formulation", "workflows", "tasks", "inputs", "outputs", "properties", "externalReferences", "taskTypes", "resourceReferences", "dependencies", "taskDependencies", "runtimeTopology", "occurrences", "compositions", "assemblies", "authors", "workspaces", "steps", "commits", "patches", "environmentVars", "parameters", "annotations", "vulnerabilities"]
)


@dataclass
class _Open:
    """An element that has begun: its attributes, what stands in it so far, and where it begins."""

    name: str
    attributes: dict[str, str]
    line: int
    below: list[tuple[str, Node]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    foreign: bool = False


def read_xml(text: str, shown: str) -> Node:
    """The document as nodes. Raises StackError for what is no XML, has a document type, or is too deep or too large."""
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    opened: list[_Open] = []
    roots: list[Node] = []
    budget = MAX_NODES

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal budget
        budget -= 1 + len(attributes)
        if len(opened) >= MAX_DEPTH or budget < 0:
            raise refuse(shown, parser.CurrentLineNumber, f"nested deeper than {MAX_DEPTH} levels, or more than {MAX_NODES} values", "Split it")
        space, _, local = name.rpartition(" ")
        opened.append(_Open(local, {k.rpartition(" ")[2]: v for k, v in attributes.items()}, parser.CurrentLineNumber, foreign=not space.startswith(_SPACE)))
        if len(opened) == 1:
            opened[0].attributes["specVersion"] = space.removeprefix(_SPACE)

    def end(_: str) -> None:
        closed = opened.pop()
        node = _node(closed, shown)
        if not opened:
            roots.append(node)
        elif not closed.foreign:
            opened[-1].below.append((closed.name, node))

    def words(found: str) -> None:
        if opened:
            opened[-1].text.append(found)

    def no_types(*_: Any) -> None:
        raise refuse(shown, parser.CurrentLineNumber, "it has a document type, which can define entities", "Remove the DOCTYPE, or convert the file to CycloneDX JSON")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = begin, end, words, no_types
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as problem:
        raise refuse(shown, problem.lineno, f"not valid XML: {expat.errors.messages[problem.code]}", "Correct the syntax at or just before this line") from None
    return roots[0]


def _node(closed: _Open, shown: str) -> Node:
    text = "".join(closed.text).strip()

    def here(value: Any) -> Node:
        return Node(value, shown, closed.line)

    if closed.name in _LISTS:
        entries = tuple(_entry(closed.name, name, node) for name, node in closed.below)
        return here(_flat(entries) if closed.name == "dependencies" else entries)
    if closed.name == "dependency":
        nested = tuple(node for name, node in closed.below if name == "dependency")
        provides = tuple(node.get("ref") for name, node in closed.below if name == "provides")
        return here({"ref": here(closed.attributes.get("ref")), "dependsOn": here(tuple(n.get("ref") for n in nested)), "provides": here(provides), "nested": here(nested)})
    if closed.name == "property":
        return here({"name": here(closed.attributes.get("name")), "value": here(text)})
    if closed.name == "expression":
        return here({"expression": here(text), **{k: here(v) for k, v in closed.attributes.items()}})
    if not closed.below and not closed.attributes:
        return here(text or None)
    found = {k: here(v) for k, v in closed.attributes.items()}
    many: dict[str, list[Node]] = {}
    for name, node in closed.below:
        many.setdefault(name, []).append(node)
    found |= {name: nodes[0] if len(nodes) == 1 else here(tuple(nodes)) for name, nodes in many.items()}
    if text and not closed.below:
        found["content"] = here(text)
    return here(found)


def _entry(parent: str, name: str, node: Node) -> Node:
    """An entry of a list as JSON writes it: licences and references in a map of their own."""
    if (parent == "licenses" and name == "license") or (parent == "datasets" and name == "ref"):
        return Node({name: node}, node.file, node.line)
    return node


def _flat(entries: tuple[Node, ...]) -> tuple[Node, ...]:
    """Dependencies that stand in dependencies, beside them."""
    found = list(entries)
    waiting = [n for e in entries for n in e.get("nested").listed()]
    while waiting:
        node = waiting.pop()
        if node.get("nested"):
            found.append(node)
            waiting.extend(node.get("nested").listed())
    return tuple(found)
