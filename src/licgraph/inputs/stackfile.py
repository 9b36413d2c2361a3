"""The stack file, in YAML or JSON (design section 5.1; schema in ``schema/stack-1.json``).

Every fault of a file is reported at once, with its line and what to write instead.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from licgraph.errors import Fault, StackError, without_secrets
from licgraph.expression import ExpressionFault, Tree, leaves, parse
from licgraph.graph import find_cycle
from licgraph.knowledge import Knowledge
from licgraph.license import COMPONENT_KINDS, FORMS, RECIPIENTS
from licgraph.light import NamedTuple, sha256
from licgraph.shapes import LINE, LINES, Checked, Choice, Date, Either, Flag, ListOf, MapOf, Number, Record, Shape, Str, near
from licgraph.stack import (
    LABEL_PLACES,
    AcceptedRisk,
    Component,
    Edge,
    Evidence,
    FactSource,
    Label,
    Permission,
    Release,
    Stack,
    Unread,
    default_form,
    default_recipients,
)
from licgraph.yamlfile import Faults, Node, read_text
from licgraph.yamlfile import parse as parse_yaml

USES = ("commercial", "non-commercial", "any")
PURPOSES = ("commercial", "non-commercial")
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}"
ROLES = (
    "model-architecture", "model-parameters-final", "model-parameters-intermediate", "evaluation-results", "model-card", "data-card",
    "technical-report", "research-paper", "sample-model-outputs", "training-code", "inference-code", "evaluation-code",
    "evaluation-data", "supporting-libraries-and-tools", "datasets", "data-preprocessing-code", "model-metadata",
)  # fmt: skip


_PLACE = Str("FILE:LINE, or FILE#/pointer")


def _target(knowledge: Knowledge) -> Shape:
    facts = Record(
        {"component": Str("a component id"), "purpose": Choice(knowledge.edge_purposes), "accepted-terms": Flag(), "substantial-part": Flag(), "inferred": Str("why it is concluded"), "confidence": Number(), "evidence": _PLACE},
        ("component",),
    )
    return _WithLine(Either(Str("a component id"), facts, None))


class _WithLine(NamedTuple):
    """A shape whose value is kept with the line it stands on."""

    shape: Shape

    def read(self, node: Node, key: str, faults: Faults) -> Any:
        value = self.shape.read(node, key, faults)
        return None if value is None else (value, node.line)

    def schema(self) -> dict[str, Any]:
        return self.shape.schema()


@functools.lru_cache(maxsize=4)
def shape(knowledge: Knowledge) -> Record:
    """The shape of a stack file; relations, facts and duties are those of the knowledge base."""
    expression = _WithLine(Str("a licence expression"))
    fact_shapes: dict[str, Shape] = {}
    for word in knowledge.facts.values():
        shapes: dict[str, Shape] = {"number": Number(), "flag": Flag(), "word": Str(), "words": ListOf(Str(), or_one=True)}
        single = shapes[word.type]
        fact_shapes[word.id] = Either(single, MapOf(single), single if word.type == "words" else None)
    facts = Record(fact_shapes)
    target = _target(knowledge)
    component = Record(
        {
            "kind": Choice(COMPONENT_KINDS),
            "license": expression,
            "concluded": expression,
            "name": Str("a name"),
            "source": Str("where it comes from"),
            "revision": Str("a revision"),
            "ours": Flag(),
            "from": MapOf(_WithLine(ListOf(target, or_one=True, least=1)), keys=tuple(knowledge.relations)),
            "additional-terms": ListOf(expression),
            "labels": ListOf(Record({"where": Choice(LABEL_PLACES), "says": expression, "date": Date()}, ("where", "says")), least=1),
            "contents": expression,
            "license-params": MapOf(Str()),
            "received": Date(),
            "role": Choice(ROLES),
            "available": Choice(("released", "withheld", "undisclosed")),
            "copyright": Str("a copyright notice"),
            "author": Str("an author"),
            "inferred": Str("why it is concluded"),
            "evidence": _PLACE,
            "facts": facts,
            "notes": Str("a note"),
        },
        ("kind",),
        {"licence": "Write `license:`", "licenses": "Write `license:` with an expression", "base_model": "Write `from: {finetune: ID}`"},
    )
    release = Record(
        {
            "component": Str("a component id"),
            "license": expression,
            "form": Choice(FORMS),
            "use": Choice(USES),
            "to": Choice(RECIPIENTS),
            "purpose": Choice(PURPOSES),
            "will-not": ListOf(Choice(tuple(knowledge.duties))),
        },
        ("component",),
        {"licence": "Write `license:`", "as": "Write `license:`"},
    )
    covers = _WithLine(Str("what it covers"))
    return Record(
        {
            "licgraph": Checked(Str("the version of this format"), lambda v: None if v == "1" else f"version `{v}` of the stack file is not known | Write `licgraph: 1`"),
            "components": MapOf(component, ID_PATTERN, "an id (letters, digits and . _ : / @ + -)", least=1),
            "release": release,
            "facts": facts,
            "fact-sources": MapOf(Record({"by": Str("who stated it"), "date": Date(), "document": Str()}, ("by",)), keys=tuple(knowledge.facts)),
            "permissions": ListOf(
                Record({"component": Str(), "from": Str(), "covers": ListOf(covers, least=1), "until": Date(), "document": Str(), "sha256": Str()}, ("component", "from", "covers"))
            ),
            "elect": MapOf(_WithLine(Str("a licence id"))),
            "unread": ListOf(Record({"source": Str(), "why": Str(), "component": Str()}, ("source", "why"))),
            "accepted-risks": ListOf(
                Record({"component": Str(), "clause": Str(), "reason": Str(), "owner": Str(), "approver": Str(), "until": Date()}, ("component", "clause", "reason", "owner", "until"))
            ),
        },
        ("licgraph", "components"),
    )


def json_schema(knowledge: Knowledge) -> dict[str, Any]:
    """JSON Schema of the stack file, as published in ``schema/``."""
    found = shape(knowledge).schema()
    found["properties"]["licgraph"] = {"enum": [1, "1"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "licgraph stack file, version 1",
        "description": "Shape only. Dangling ids, cycles, licence expressions, elections and clause ids are checked by licgraph when it loads the file.",
        **found,
    }


def from_file(path: Path, shown: str, knowledge: Knowledge) -> Stack:
    """Reads a stack file. ``shown`` is the path as the user gave it. Raises StackError with every fault."""
    return from_text(read_text(path, shown, StackError), shown, knowledge)


def from_text(text: str, shown: str, knowledge: Knowledge) -> Stack:
    """Reads a stack from text. Raises StackError with every fault."""
    node = parse_yaml(without_secrets(text), shown, StackError)
    if node is None:
        raise StackError(Fault(shown, 0, "", "the file is empty", "Write a stack: see `licgraph: 1`, `components:`, `release:`"))
    return from_node(node, shown, knowledge)._replace(inputs=((shown, sha256(text.encode()).hexdigest()),))


def from_node(node: Node, shown: str, knowledge: Knowledge) -> Stack:
    """Reads a stack from a document, or from a part of one. Raises StackError with every fault."""
    faults = Faults(shown)
    found = shape(knowledge).read(node, "", faults)
    if found is None or "components" not in found:
        faults.raise_if_any(StackError)
    assert found is not None
    reader = _Reader(knowledge, shown, faults)
    stack = reader.stack(found)
    if not faults.found:
        cycle = find_cycle(stack.components, stack.edges)
        if cycle:
            line = next((e.line for e in stack.edges if e.result == cycle[0] and e.source == cycle[1]), 0)
            faults.add(line, f"components.{cycle[0]}.from", f"these components are made from each other: {' -> '.join(cycle)}", "Remove one of the steps: nothing can be made from itself")
    faults.raise_if_any(StackError)
    return stack


class _Reader:
    """Turns what the shape read into a Stack, adding the faults that a shape cannot see."""

    def __init__(self, knowledge: Knowledge, shown: str, faults: Faults) -> None:
        self.knowledge = knowledge
        self.shown = shown
        self.faults = faults

    def stack(self, found: Mapping[str, Any]) -> Stack:
        entries: Mapping[str, Any] = found["components"]
        for name in found.get("fact-sources", {}):
            if name not in found.get("facts", {}) and not name.startswith("__"):
                self.faults.add(found["fact-sources"].get(LINES, {}).get(name, 0), f"fact-sources.{name}", f"the fact `{name}` is not stated", "Add it to `facts:`, or take its source away")
        wanted = found.get("release", {}).get("component")
        components = {i: self.component(i, e, wanted) for i, e in entries.items()}
        edges = tuple(edge for i, e in entries.items() for edge in self.edges(i, e, entries))
        release = self.release(found["release"], components) if "release" in found and wanted else None
        return Stack(
            components=components,
            edges=edges,
            release=release,
            facts=_facts(found.get("facts")),
            fact_sources={k: FactSource(v["by"], v.get("date", ""), v.get("document", "")) for k, v in _facts(found.get("fact-sources")).items() if "by" in v},
            permissions=tuple(self.permission(p, components) for p in found.get("permissions", ())),
            elect=self.elections(found.get("elect", {}), components),
            risks=tuple(self.risk(r, components) for r in found.get("accepted-risks", ())),
            unread=tuple(self.unread(u, components) for u in found.get("unread", ())),
        )

    def tree(self, value: tuple[str, int] | None, key: str) -> Tree | None:
        if value is None:
            return None
        try:
            return parse(value[0], self.knowledge)
        except ExpressionFault as problem:
            self.faults.add(value[1], key, problem.what, problem.cure)
            return None

    def known(self, name: str, line: int, key: str, components: Mapping[str, Any]) -> bool:
        if name in components:
            return True
        self.faults.add(line, key, f"there is no component `{name}`{near(name, components)}", f"Components: {', '.join(list(components)[:12])}")
        return False

    def component(self, name: str, entry: Mapping[str, Any], release: str | None) -> Component:
        key = f"components.{name}"
        declared = self.tree(entry.get("license"), f"{key}.license")
        concluded = self.tree(entry.get("concluded"), f"{key}.concluded")
        ours = entry.get("ours", name == release and "ours" not in entry)
        origin = self.knowledge.component(entry["source"]) if not ours and "source" in entry else None
        known = origin if declared is None and concluded is None and "labels" not in entry else None
        if known is not None:
            declared = parse(known["license"], self.knowledge)
        house = self.knowledge.concluded(entry["source"], entry.get("revision", "")) if not ours and concluded is None and "source" in entry else None
        if house is not None:
            concluded = parse(house["license"], self.knowledge)
            known = {"source": f"concluded by {house['by']}", "date": house["date"]}
        own = [leaf for tree in (declared, concluded) if tree for leaf in leaves(tree) if leaf.id == "OWN-TERMS"]
        if own and not ours:
            self.faults.add(entry[LINE], f"{key}.license", "OWN-TERMS are terms we draft, but this component is not ours", "Add `ours: true`, or write LicenseRef-Proprietary")
        line = entry.get(LINES, {}).get("concluded" if concluded else "license", entry[LINE])
        contents = self.tree(entry.get("contents"), f"{key}.contents")
        if origin is not None and contents is None and "contents" in origin:  # what a collection holds, whatever is stated of the collection
            contents = parse(origin["contents"], self.knowledge)
        labels = tuple(Label(e["where"], says, e.get("date", "")) for n, e in enumerate(entry.get("labels", ())) if "says" in e and "where" in e and (says := self.tree(e["says"], f"{key}.labels[{n}]")))
        extra = tuple(tree for n, e in enumerate(entry.get("additional-terms", ())) if (tree := self.tree(e, f"{key}.additional-terms[{n}]")))
        if origin is not None and "additional-terms" not in entry and not entry.get("from"):  # else what it was made from brings its own
            extra = tuple(parse(w, self.knowledge) for w in origin.get("additional-terms", ()))
        return Component(
            id=name,
            kind=entry.get("kind", "weights"),
            name=entry.get("name", ""),
            license=concluded or declared,
            declared=declared,
            written=(entry.get("concluded") or entry.get("license") or ("", 0))[0],
            ours=bool(ours),
            source=entry.get("source", ""),
            revision=entry.get("revision", ""),
            additional=extra,
            labels=labels,
            contents=contents,
            params=tuple((k, v) for k, v in entry.get("license-params", {}).items()),
            received=entry.get("received", ""),
            role=entry.get("role", ""),
            available=entry.get("available", ""),
            copyright=entry.get("copyright", ""),
            facts=tuple(_facts(entry.get("facts")).items()),
            evidence=place(entry["evidence"]) if "evidence" in entry else Evidence(self.shown, line),
            inferred=entry.get("inferred", ""),
            known_from=f"{known['source']}, {known['date']}" if known else "",
        )

    def edges(self, name: str, entry: Mapping[str, Any], components: Mapping[str, Any]) -> Sequence[Edge]:
        found: list[Edge] = []
        seen: set[tuple[str, str]] = set()
        for relation, (targets, _) in entry.get("from", {}).items():
            for target, line in targets:
                key = f"components.{name}.from.{relation}"
                facts = target if isinstance(target, dict) else {"component": target}
                source = facts.get("component", "")
                if source == name:
                    self.faults.add(line, key, f"`{name}` is made from itself", "Name another component")
                elif source and self.known(source, line, key, components):
                    edge = Edge(name, relation, source, facts.get("purpose", ""), facts.get("accepted-terms"), bool(facts.get("substantial-part")), line, facts.get("inferred", ""), place(facts["evidence"]) if "evidence" in facts else Evidence(self.shown, line), float(facts.get("confidence", 1)))
                    if (relation, source) in seen:
                        self.faults.add(line, key, f"`{source}` stands here twice", "Name it once")
                    seen.add((relation, source))
                    found.append(edge)
        return found

    def release(self, entry: Mapping[str, Any], components: Mapping[str, Component]) -> Release | None:
        name = entry["component"]
        if not self.known(name, entry[LINES]["component"], "release.component", components):
            return None
        proposed = self.tree(entry.get("license"), "release.license")
        form = entry.get("form", default_form(components[name].kind))
        use = entry.get("use", "any")
        return Release(
            component=name,
            license=proposed,
            written=(entry.get("license") or ("", 0))[0],
            form=form,
            use=use,
            to=entry.get("to", default_recipients(form)),
            purpose=entry.get("purpose", "" if use == "any" else use),
            will_not=tuple(entry.get("will-not", ())),
        )

    def permission(self, entry: Mapping[str, Any], components: Mapping[str, Component]) -> Permission:
        name = entry.get("component", "")
        if name:
            self.known(name, entry[LINE], "permissions", components)
        words = {*self.knowledge.permission_covers, *self.knowledge.duties}
        for word, line in entry.get("covers", ()):
            if word not in words and "/" not in word:
                        self.faults.add(line, "permissions", f"`{word}` is nothing a permission can cover{near(word, words)}", f"Write one of {', '.join(self.knowledge.permission_covers)}, a duty id or LICENSE/clause")
        return Permission(name, entry.get("from", ""), tuple(w for w, _ in entry.get("covers", ())), entry.get("until", ""), entry.get("document", ""), entry.get("sha256", ""))

    def unread(self, entry: Mapping[str, Any], components: Mapping[str, Component]) -> Unread:
        name = entry.get("component", "")
        if name:
            self.known(name, entry[LINE], "unread", components)
        return Unread(entry.get("source", ""), entry.get("why", ""), name)

    def risk(self, entry: Mapping[str, Any], components: Mapping[str, Component]) -> AcceptedRisk:
        if "component" in entry:
            self.known(entry["component"], entry[LINE], "accepted-risks", components)
        component, clause, reason, owner, until = (entry.get(k, "") for k in ("component", "clause", "reason", "owner", "until"))
        return AcceptedRisk(component, clause, reason, owner, until, entry[LINE], entry.get("approver", ""))

    def elections(self, entry: Mapping[str, tuple[str, int]], components: Mapping[str, Component]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, (written, line) in entry.items():
            if not self.known(name, line, "elect", components):
                continue
            tree = components[name].license
            ids = self.knowledge.resolve(written).ids or (written,)
            offered = [leaf.id for leaf in leaves(tree)] if tree else []
            if ids[0] not in offered:
                self.faults.add(line, f"elect.{name}", f"`{written}` is not offered by this component", f"Offered: {', '.join(offered) or 'nothing'}")
            else:
                found[name] = ids[0]
        return found


def place(written: str) -> Evidence:
    """The place that `FILE:LINE` or `FILE#/pointer` names."""
    file, _, pointer = written.partition("#")
    name, colon, line = file.rpartition(":")
    return Evidence(name, int(line), pointer) if colon and line.isdigit() else Evidence(file, 0, pointer)


def _facts(entry: Mapping[str, Any] | None) -> dict[str, Any]:
    def clean(value: Any) -> Any:
        return {k: v for k, v in value.items() if not k.startswith("__")} if isinstance(value, dict) else value

    return {k: clean(v) for k, v in (entry or {}).items() if not k.startswith("__")}
