"""CycloneDX 1.6 and 1.7 (JSON): the inventory of a stack, declared and concluded licences, and how things were made.

Source: the published JSON schemas. What the format has no field for stands in properties `licgraph:…`, which the
reader of this project understands, so that an export that is read again is the same stack as far as `lost` says.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from typing import Any

from licgraph import __version__
from licgraph.exports import terms
from licgraph.expression import AllOf, Leaf, OneOf, Tree, Unsettled, leaves
from licgraph.expression import render as shown
from licgraph.inputs.assemble import tree_of
from licgraph.inputs.draft import DERIVING
from licgraph.knowledge import Knowledge
from licgraph.stack import Component, Edge, Stack
from licgraph.verdict import Verdict

FORMATS = ("cyclonedx-1.6", "cyclonedx-1.7")
TYPES = {"weights": "machine-learning-model", "adapter": "machine-learning-model", "dataset": "data", "outputs": "data", "code": "library", "document": "file", "service": "application"}
TELLING = {"machine-learning-model": "weights", "data": "dataset", "library": "code", "application": "code"}
NEEDS = ("runs-with", "links-static", "links-dynamic", "contains", "retrieves-from")
NOT_LISTED = frozenset(
    ["atc-game", "Brian-Gladman-3-Clause-no-conversion", "BSD-2-Clause-pos-unchanged", "BSD-3-Clause-OpenWebUI", "BSD-ask-to-endorse", "BSD-Source-alt-GPL", "BSD-Source-Code-no-disclaimer", "Bugroff", "CC-BY-NC-3.0-IGO", "FDK-MPEG-H", "Hippocratic-3.0-core", "Informatica", "MVT-1.1"]
)
"""Ids of the SPDX list that CycloneDX does not have in its own (its list is that of SPDX 3.28)."""
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
_HUB = re.compile(r"hf:(datasets/)?([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
_WORDLESS = ("NOASSERTION", "NONE")


def render(stack: Stack, verdict: Verdict | None, knowledge: Knowledge, form: str, day: str) -> str:
    """The inventory as of a day (YYYY-MM-DD). The same stack, verdict and day give the same bytes."""
    version = form.rpartition("-")[2]
    writer = _Writer(stack, verdict, knowledge, version)
    body = writer.document(day)
    digest = hashlib.sha256(_dumps(body).encode()).hexdigest()
    head = {"$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json", "bomFormat": "CycloneDX", "specVersion": version, "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'licgraph:{digest}')}", "version": 1}
    return _dumps({**head, **body}) + "\n"


def lost(stack: Stack, form: str) -> list[str]:
    """What a stack says that the format, and a reader of it, cannot hold."""
    found = [f"{label}: {', '.join(names)[:300]}" for label, names in _material(stack) if names]
    found += ["facts of the stack"] if stack.facts else []
    found += ["permissions"] if stack.permissions else []
    found += ["elections"] if stack.elect else []
    found += ["accepted risks"] if stack.risks else []
    found += ["notices of readers"] if stack.notices else []
    release = stack.release
    if release is not None:
        found += ["what recipients may do, to whom it goes, our purpose and what we refuse to do"] if (release.use, release.purpose, release.will_not) != ("any", "", ()) else []
        own = stack.components[release.component].declared
        found += ["the label of the release beside the terms proposed for it"] if own is not None and release.license is not None and shown(own) != shown(release.license) else []
    found += [f"who concluded the licence of {c.id}" for c in stack.components.values() if c.known_from.startswith("concluded by")]
    found += [f"the copyright notice of the service {c.id}" for c in stack.components.values() if c.kind == "service" and c.copyright and (release is None or c.id != release.component)]
    if form.endswith("1.6"):
        found += [f"the concluded expression of {c.id} stands in a property: 1.6 has room for one expression" for c in stack.components.values() if _concluded(c) is not None and c.declared is not None and (_compound(c.declared) or _compound(_concluded(c)))]
    if any(c.evidence.file for c in stack.components.values()) or any(e.evidence.file for e in stack.edges):
        found.append("where statements were read is kept for people; a reader gives places in the inventory")
    return found


def _material(stack: Stack) -> list[tuple[str, list[str]]]:
    """What an answer can turn on and that would be missed."""
    return [
        ("parameters of licences", [c.id for c in stack.components.values() if c.params]),
        ("dates of receipt", [c.id for c in stack.components.values() if c.received]),
        ("substantial parts taken over", [f"{e.result} {e.relation} {e.source}" for e in stack.edges if e.substantial_part]),
    ]


def _dumps(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode()


def _fact(**facts: Any) -> str:
    return json.dumps({k.replace("_", "-"): v for k, v in facts.items() if v not in ("", None)}, ensure_ascii=False, separators=(", ", ": "))


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"licgraph:{name}", "value": value}


def _compound(tree: Tree | None) -> bool:
    return isinstance(tree, OneOf | AllOf) or (isinstance(tree, Leaf) and " WITH " in tree.id)


def _concluded(component: Component) -> Tree | None:
    """A reviewer's conclusion, where it is told from what is declared."""
    return component.license if component.license is not None and component.license != component.declared else None


def escaped(text: str) -> str:
    """A part of a package URL."""
    return re.sub(rb"[^A-Za-z0-9._~-]", lambda m: b"%%%02X" % m.group()[0], text.encode("utf-8", "replace")).decode()


class _Writer:
    """One export: the stack and what the format of this version has room for."""

    def __init__(self, stack: Stack, verdict: Verdict | None, knowledge: Knowledge, version: str) -> None:
        self.stack = stack
        self.verdict = verdict
        self.knowledge = knowledge
        self.version = version
        self.release = terms.released(stack, verdict)
        self.offered = terms.offered(stack, verdict, knowledge)
        self.listed = frozenset(i for i in knowledge.spdx_ids if "exception" not in knowledge.spdx_flags(i)) - NOT_LISTED
        self.made: dict[str, list[Edge]] = {}
        for edge in stack.edges:
            self.made.setdefault(edge.result, []).append(edge)

    def document(self, day: str) -> dict[str, Any]:
        """All but the head."""
        parts = self.stack.components
        services = [c for c in parts.values() if c.kind == "service" and c.id != self.release]
        components = [c for c in parts.values() if c.kind != "service" and c.id != self.release]
        tool = {"type": "application", "name": "licgraph", "version": __version__}
        metadata: dict[str, Any] = {"timestamp": f"{day}T00:00:00Z", "tools": {"components": [tool]}}
        if self.release:
            metadata["component"] = self.component(parts[self.release])
        metadata["properties"] = self.about()
        found: dict[str, Any] = {"metadata": metadata, "components": [self.component(c) for c in components]}
        if services:
            found["services"] = [self.service(c) for c in services]
        needs = [(name, list(dict.fromkeys(e.source for e in edges if e.relation in NEEDS))) for name, edges in self.made.items()]
        found["dependencies"] = [{"ref": name, "dependsOn": needed} for name, needed in needs if needed]
        gaps = list(dict.fromkeys(u.component for u in self.stack.unread))
        if gaps:
            found["compositions"] = [{"aggregate": "incomplete", **({"assemblies": [g]} if g in parts else {})} for g in gaps]
        return found

    def about(self) -> list[dict[str, str]]:
        """What concerns the stack as a whole, and the answer."""
        found = [_property("stack", "1")]
        if self.stack.release is not None:
            found.append(_property("form", self.stack.release.form))
        found += [_property("unread", _fact(source=u.source, why=u.why, component=u.component)) for u in self.stack.unread]
        found += [_property("not-exported", f"{label}: {', '.join(names)}") for label, names in _material(self.stack) if names and not label.startswith("substantial")]
        verdict = self.verdict
        if verdict is not None:
            rows = [("answer", verdict.answer), ("proposed", verdict.proposed), ("form", verdict.form), ("use", verdict.use), ("to", verdict.to), ("profile", verdict.profile), ("as-of", verdict.as_of)]
            found += [_property(f"verdict:{name}", value) for name, value in rows if value]
            found += [_property("verdict:option", option.expression) for option in verdict.outbound.options]
        return found

    def named(self, component: Component) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """What a component is and where it comes from: fields, and properties for what they cannot say."""
        kind = "application" if component.id == self.release and component.kind == "code" else TYPES[component.kind]
        more = [_property("kind", component.kind)] if TELLING.get(kind) != component.kind else []
        more += [] if component.name else [_property("unnamed", "true")]
        found: dict[str, Any] = {"type": kind, "name": component.name or component.id}
        hub = _HUB.fullmatch(component.source)
        if hub:
            data, name, at = hub.groups()
            found["group"] = name.partition("/")[0]
            revision = component.revision or at or ""
            found["purl"] = f"pkg:huggingface/{'datasets/' if data else ''}{'/'.join(escaped(p) for p in name.split('/'))}{f'@{escaped(revision)}' if revision else ''}"
            more += [_property("source", component.source)] if at or bool(data) != (component.kind == "dataset") else []
            found |= {"version": component.revision} if at and component.revision else {}
        else:
            found |= {"version": component.revision} if component.revision else {}
            if component.source.startswith("pkg:"):
                found["purl"] = component.source
            elif _ADDRESS.fullmatch(component.source):
                found["externalReferences"] = [{"type": "distribution", "url": component.source}]
            if component.source and "externalReferences" not in found:
                more.append(_property("source", component.source))
        return found, more

    def component(self, component: Component) -> dict[str, Any]:
        """A component with all that is said of it."""
        named, more = self.named(component)
        found: dict[str, Any] = {"type": named.pop("type"), "bom-ref": component.id, **named}
        licenses, said = self.licenses(component)
        more += said
        found |= {"licenses": licenses} if licenses else {}
        found |= {"copyright": component.copyright} if component.copyright else {}
        more += self.owned(component)
        edges = self.made.get(component.id, [])
        ancestors = [self.ancestor(e) for e in edges if e.relation in DERIVING]
        found |= {"pedigree": {"ancestors": ancestors}} if ancestors else {}
        data = list(dict.fromkeys(e.source for e in edges if e.relation == "trained-on" and self.stack.components[e.source].kind in ("dataset", "outputs")))
        if data and found["type"] == "machine-learning-model":
            found["modelCard"] = {"modelParameters": {"datasets": [{"ref": d} for d in data]}}
        plain = set(data) if "modelCard" in found else set()
        more += [self.relation(e) for e in edges if e.relation not in DERIVING and not (e.relation == "trained-on" and e.source in plain and _plain(e))]
        evidence = _evidence(component)
        found |= {"evidence": evidence} if evidence else {}
        found |= {"properties": more} if more else {}
        return found

    def service(self, component: Component) -> dict[str, Any]:
        """A service that something was made with or runs with."""
        named, more = self.named(component)
        more = [p for p in more if p["name"] != "licgraph:kind"]
        found: dict[str, Any] = {"bom-ref": component.id, **{k: v for k, v in named.items() if k not in ("type", "purl")}}
        if "purl" in named and not any(p["name"] == "licgraph:source" for p in more):
            more.append(_property("source", component.source))
        licenses, said = self.licenses(component)
        found |= {"licenses": licenses} if licenses else {}
        more += [*said, *self.owned(component), *(self.relation(e) for e in self.made.get(component.id, []))]
        found |= {"properties": more} if more else {}
        return found

    def owned(self, component: Component) -> list[dict[str, str]]:
        """What CycloneDX has no field for."""
        found = [_property("ours", "true")] if component.ours and component.id != self.release else []
        found += [_property("additional-terms", shown(t)) for t in component.additional]
        found += [_property("contents", shown(component.contents))] if component.contents is not None else []
        found += [_property(name, value) for name, value in (("role", component.role), ("available", component.available), ("inferred", component.inferred)) if value]
        found += [_property(f"fact:{name}", json.dumps(value, ensure_ascii=False)) for name, value in component.facts]
        return found

    def relation(self, edge: Edge) -> dict[str, str]:
        """A step in a property of what was made."""
        return _property(f"relation:{edge.relation}", edge.source if _plain(edge) and not edge.evidence.file else _edge(edge, component=edge.source))

    def ancestor(self, edge: Edge) -> dict[str, Any]:
        """What something was made from, as the pedigree writes it: a copy of what the inventory lists, with the kind of step."""
        component = self.stack.components[edge.source]
        found, more = self.named(component)
        stated = edge.relation if _plain(edge) and not edge.evidence.file else _edge(edge, relation=edge.relation)
        return {**found, "properties": [_property("component", component.id), _property("relation", stated), *more]}

    def licenses(self, component: Component) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
        """Licence entries of a component, and properties for what they cannot say."""
        is_release = component.id == self.release
        stated = terms.declared(self.stack) if is_release else component.declared
        concluded = self.offered.tree if is_release else _concluded(component)
        more = [_property("concluded-because", self.offered.why)] if is_release and concluded is not None else []
        more += [_property("no-concluded-license", self.offered.why)] if is_release and concluded is None else []
        more += [_property("label", _fact(where=label.where, says=shown(label.says), date=label.date)) for label in component.labels]
        more += [_property("known-from", component.known_from)] if component.known_from else []
        if component.labels and stated is None:
            entries = self.entries(component.labels[0].says, "declared")
        else:
            entries = self.entries(stated, "declared")
            written = self.stack.release.written if is_release and self.stack.release else component.written if component.license == component.declared else ""
            more += self.in_words(stated, written, entries)
        drawn = self.entries(concluded, "concluded")
        crowded = self.version == "1.6" and len(entries) + len(drawn) > 1 and any("expression" in e for e in (*entries, *drawn))
        if concluded is not None and (crowded or not drawn):
            more.append(_property("concluded", shown(concluded)))
            drawn = []
        return [*entries, *drawn], more

    def in_words(self, tree: Tree | None, written: str, entries: list[dict[str, Any]]) -> list[dict[str, str]]:
        """The declared licence in its own words, where its entries would be read as other ones."""
        if tree is None or shown(tree) == "NOASSERTION":
            return []
        words = written if written and tree_of(written, self.knowledge) == tree else shown(tree)
        read = ", ".join(e.get("expression") or e["license"].get("id") or e["license"]["name"] for e in entries)
        return [] if read == words else [_property("license", words)]

    def entries(self, tree: Tree | None, acknowledgement: str) -> list[dict[str, Any]]:
        """A licence as entries of CycloneDX; none for a word that names no licence."""
        if tree is None or any(leaf.id in _WORDLESS for leaf in leaves(tree)):
            return []
        if isinstance(tree, Leaf | Unsettled) and not _compound(tree):
            return [{"license": {**self.name(tree), "acknowledgement": acknowledgement}}]
        if self.is_expression(tree):
            return [{"expression": shown(tree), "acknowledgement": acknowledgement}]
        if isinstance(tree, AllOf) and all(isinstance(p, Leaf | Unsettled) and not _compound(p) for p in tree.parts):
            return [{"license": {**self.name(p), "acknowledgement": acknowledgement}} for p in tree.parts]
        return [{"license": {"name": shown(tree), "acknowledgement": acknowledgement}}]

    def name(self, tree: Tree) -> dict[str, str]:
        """One licence: its id where CycloneDX has it, else its name."""
        return {"id": tree.id} if isinstance(tree, Leaf) and tree.id in self.listed else {"name": shown(tree)}

    def is_expression(self, tree: Tree) -> bool:
        """Whether it is an SPDX expression: ids of the list, exceptions and LicenseRefs alone."""
        if isinstance(tree, Leaf):
            return all(p in self.knowledge.spdx_ids or re.fullmatch(r"LicenseRef-[A-Za-z0-9.-]+", p) is not None for p in tree.id.split(" WITH "))
        return not isinstance(tree, Unsettled) and all(self.is_expression(p) for p in tree.parts)


def _plain(edge: Edge) -> bool:
    return not edge.inferred and edge.confidence == 1 and not edge.purpose and edge.accepted_terms is None and not edge.substantial_part


def _edge(edge: Edge, **first: str) -> str:
    return _fact(
        **first, purpose=edge.purpose, accepted_terms=edge.accepted_terms, substantial_part=edge.substantial_part or None, inferred=edge.inferred,
        confidence=edge.confidence if edge.confidence != 1 else None, evidence=str(edge.evidence) if edge.evidence.file else "",
    )  # fmt: skip


def _evidence(component: Component) -> dict[str, Any]:
    """Where it was found, and how sure it is that it is what it is said to be."""
    found: dict[str, Any] = {}
    if component.inferred:
        found["identity"] = [{"field": "name", "confidence": 0.3, "methods": [{"technique": "manifest-analysis", "confidence": 0.3, "value": component.inferred}]}]
    place = component.evidence
    if place.file:
        found["occurrences"] = [{"location": place.file, **({"line": place.line} if place.line else {}), **({"additionalContext": f"JSON pointer {place.pointer}"} if place.pointer else {})}]
    return found
