"""SPDX 3.0.1 in JSON-LD with the AI and Dataset profiles.

Source: the SPDX 3.0.1 model. It has no word for fine-tuned, quantised or merged: such a step is `descendantOf` with a
comment. Every AI package has exactly one declared and one concluded licence, as the AI profile asks.
"""

from __future__ import annotations

import json
from typing import Any

from licgraph.exports.spdx_common import (
    Stated,
    Terms,
    address,
    clean,
    digest,
    edge_note,
    losses,
    noted,
    released,
    sentence,
    slug,
    slugs,
    stated,
    tool,
)
from licgraph.inputs.spdx_parts import note
from licgraph.knowledge import Knowledge
from licgraph.stack import Component, Edge, Stack
from licgraph.verdict import Verdict

FORMATS = ("spdx-3.0.1",)
CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
FORWARD, BACKWARD = True, False
WORDS = {
    **dict.fromkeys(("finetune", "merge", "quantize", "adapter", "modifies", "derived-from", "convert"), ("descendantOf", FORWARD)),
    "contains": ("contains", FORWARD), "contains-modified": ("contains", FORWARD), "links-static": ("hasStaticLink", FORWARD), "links-dynamic": ("hasDynamicLink", FORWARD),
    "runs-with": ("dependsOn", FORWARD), "retrieves-from": ("dependsOn", FORWARD), "trained-on": ("trainedOn", FORWARD), "generated-by": ("generates", BACKWARD),
    "distill-logits": ("descendantOf", FORWARD), "distill-outputs": ("descendantOf", FORWARD), "evaluated-on": ("testedOn", FORWARD), "same-architecture-as": ("other", FORWARD),
    **dict.fromkeys(("trained-with", "built-with", "labelled-by", "filtered-by", "rewarded-by"), ("usesTool", FORWARD)),
}  # fmt: skip
"""For each relation of the stack the nearest word of SPDX 3.0.1 and its direction."""
_CLASS = {"weights": ("ai_AIPackage", "model"), "adapter": ("ai_AIPackage", "model"), "dataset": ("dataset_DatasetPackage", "data"), "outputs": ("dataset_DatasetPackage", "data"), "code": ("software_Package", ""), "service": ("software_Package", "application"), "document": ("software_Package", "documentation")}
_INDIVIDUALS = {"NONE": "expandedlicensing_NoneLicense", "NOASSERTION": "expandedlicensing_NoAssertionLicense"}


def word_for(edge: Edge, source_kind: str) -> tuple[str, bool]:
    """The relationship type of a step; what is only concluded is not written as stated linking."""
    if edge.inferred and edge.relation in ("links-static", "links-dynamic"):
        return "dependsOn", FORWARD
    if edge.relation in ("distill-logits", "distill-outputs") and source_kind in ("dataset", "outputs"):
        return "trainedOn", FORWARD
    return WORDS.get(edge.relation, ("other", FORWARD))


def render(stack: Stack, verdict: Verdict | None, knowledge: Knowledge, form: str, day: str) -> str:
    """The document. `form`: one of FORMATS; `day`: the day on which it is made (YYYY-MM-DD)."""
    terms = Terms(knowledge)
    root = released(stack, verdict)
    title = clean(stack.components[root].name or root) if root in stack.components else "stack"
    ids = {name: f"#component-{plain}" for name, plain in slugs(stack.components).items()}
    parts = [_part(c, ids[c.id], terms) for c in stack.components.values()]
    says = {c.id: stated(c, stack, verdict, terms) for c in stack.components.values()}
    links = [_link(e, number, ids, stack, knowledge) for number, e in enumerate(stack.edges, 1) if e.result in ids and e.source in ids]
    expressions = {e: f"#license-{n}" for n, e in enumerate(sorted({x for s in says.values() for x in (s.declared, s.concluded)} - set(_INDIVIDUALS) | {"CC0-1.0"}), 1)}
    graph = [
        *parts, *links, *(r for c in stack.components for r in _licenses(ids[c], says[c], expressions)), *(_expression(e, i, terms) for e, i in expressions.items()),
        *({"type": "simplelicensing_SimpleLicensingText", "spdxId": f"#text-{c.ref}", "creationInfo": "_:creation", "name": clean(c.name), "simplelicensing_licenseText": clean(c.text)} for _, c in sorted(terms.customs.items())),
        *({"type": "Annotation", "spdxId": f"#unread-{n}", "creationInfo": "_:creation", "annotationType": "other", "subject": ids.get(u.component, "#document"), "contentType": "text/plain", "statement": note({"unread": u.why, "source": u.source, "component": u.component})} for n, u in enumerate(stack.unread, 1)),
    ]  # fmt: skip
    roots = [ids[root]] if root in ids else sorted(ids.values())
    profiles = ["core", "software", "simpleLicensing", "ai", "dataset"]
    everything = [e["spdxId"] for e in graph]
    head: list[dict[str, Any]] = [
        {"type": "CreationInfo", "@id": "_:creation", "specVersion": "3.0.1", "created": f"{day}T00:00:00Z", "createdBy": ["#licgraph"]},
        {"type": "SoftwareAgent", "spdxId": "#licgraph", "creationInfo": "_:creation", "name": tool()},
        {"type": "SpdxDocument", "spdxId": "#document", "creationInfo": "_:creation", "name": title, "profileConformance": profiles, "dataLicense": expressions["CC0-1.0"], "rootElement": ["#bom"], "element": ["#bom", "#licgraph", *everything]},
        {"type": "software_Sbom", "spdxId": "#bom", "creationInfo": "_:creation", "profileConformance": profiles, "rootElement": roots, "element": everything},
    ]  # fmt: skip
    space = f"https://spdx.org/spdxdocs/licgraph-{slug(title)}-{digest([head, graph])[:32]}"
    return json.dumps({"@context": CONTEXT, "@graph": [_placed(e, space) for e in (*head, *graph)]}, indent=2, ensure_ascii=False) + "\n"


_REFERENCES = ("spdxId", "from", "to", "subject", "rootElement", "element", "createdBy", "dataLicense")


def _placed(element: dict[str, Any], space: str) -> dict[str, Any]:
    """An element whose short ids (`#…`) are made whole."""
    found = dict(element)
    for key in _REFERENCES:
        value = element.get(key)
        if isinstance(value, str):
            found[key] = space + value if value.startswith("#") else value
        elif isinstance(value, list):
            found[key] = [space + v if v.startswith("#") else v for v in value]
    if "simplelicensing_customIdToUri" in element:
        found["simplelicensing_customIdToUri"] = [{**e, "value": space + e["value"]} for e in element["simplelicensing_customIdToUri"]]
    return found


def _part(component: Component, spdx_id: str, terms: Terms) -> dict[str, Any]:
    kind, purpose = _CLASS[component.kind]
    place, purl = address(component)
    found: dict[str, Any] = {"type": kind, "spdxId": spdx_id, "creationInfo": "_:creation", "name": clean(component.name) or component.id}
    if purpose:
        found["software_primaryPurpose"] = purpose
    for key, value in (("software_packageVersion", component.revision), ("software_downloadLocation", place), ("software_packageUrl", purl), ("software_copyrightText", component.copyright)):
        if value:
            found[key] = clean(value)
    if kind == "dataset_DatasetPackage":
        found["dataset_datasetType"] = ["noAssertion"]
    if component.kind == "adapter":
        found["ai_typeOfModel"] = ["adapter"]
    found["comment"] = note(noted(component, terms))
    return found


def _link(edge: Edge, number: int, ids: dict[str, str], stack: Stack, knowledge: Knowledge) -> dict[str, Any]:
    word, forward = word_for(edge, stack.components[edge.source].kind)
    left, right = (edge.result, edge.source) if forward else (edge.source, edge.result)
    return {
        "type": "Relationship", "spdxId": f"#step-{number}", "creationInfo": "_:creation", "relationshipType": word, "from": ids[left], "to": [ids[right]],
        "comment": f"{clean(sentence(edge, knowledge))}\n{note(edge_note(edge))}",
    }  # fmt: skip


def _licenses(part: str, says: Stated, expressions: dict[str, str]) -> list[dict[str, Any]]:
    """One declared and one concluded licence; where they differ, the conclusion says why."""
    rows = []
    for word, key, text in (("hasDeclaredLicense", "declared", says.declared), ("hasConcludedLicense", "concluded", says.concluded)):
        row: dict[str, Any] = {"type": "Relationship", "spdxId": f"#{key}-{part.removeprefix('#component-')}", "creationInfo": "_:creation", "relationshipType": word, "from": part, "to": [_INDIVIDUALS.get(text) or expressions[text]]}
        if key == "concluded" and says.comment:
            row["comment"] = clean(says.comment)
        rows.append(row)
    return rows


def _expression(text: str, spdx_id: str, terms: Terms) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "simplelicensing_LicenseExpression", "spdxId": spdx_id, "creationInfo": "_:creation", "simplelicensing_licenseExpression": text}
    used = [ref for ref in sorted(terms.customs) if ref in text.replace("(", " ").replace(")", " ").split()]
    if used:
        found["simplelicensing_customIdToUri"] = [{"type": "DictionaryEntry", "key": ref, "value": f"#text-{ref}"} for ref in used]
    return found


def lost(stack: Stack, form: str) -> list[str]:
    """What the format cannot hold of this stack, in words."""
    odd = sorted({c.kind for c in stack.components.values()} & {"adapter", "outputs", "service"})
    return [*([f"that a component is of the kind {', '.join(odd)} (a comment says it)"] if odd else []), *losses(stack, "SPDX 3.0.1")]
