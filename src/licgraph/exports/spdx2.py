"""SPDX 2.3 in JSON: every component as a package, every step as a relationship.

Source: SPDX 2.3 and its JSON schema. SPDX 2 has no words for models, data or how a model was derived; the nearest
word is written, and a comment says the rest.
"""

from __future__ import annotations

import json
from typing import Any

from licgraph.exports.spdx_common import (
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
from licgraph.stack import Edge, Stack
from licgraph.verdict import Verdict

FORMATS = ("spdx-2.3",)
FORWARD, BACKWARD = True, False
WORDS = {
    **dict.fromkeys(("finetune", "merge", "quantize", "adapter", "modifies", "derived-from", "convert"), ("DESCENDANT_OF", FORWARD)),
    "contains": ("CONTAINS", FORWARD), "contains-modified": ("CONTAINS", FORWARD), "links-static": ("STATIC_LINK", FORWARD), "links-dynamic": ("DYNAMIC_LINK", FORWARD),
    "runs-with": ("DEPENDS_ON", FORWARD), "retrieves-from": ("DEPENDS_ON", FORWARD), "trained-on": ("DATA_FILE_OF", BACKWARD), "generated-by": ("GENERATED_FROM", FORWARD),
    "distill-logits": ("GENERATED_FROM", FORWARD), "distill-outputs": ("GENERATED_FROM", FORWARD), "trained-with": ("BUILD_TOOL_OF", BACKWARD), "built-with": ("BUILD_TOOL_OF", BACKWARD),
    **dict.fromkeys(("labelled-by", "filtered-by", "rewarded-by"), ("DEV_TOOL_OF", BACKWARD)), "evaluated-on": ("TEST_CASE_OF", BACKWARD), "same-architecture-as": ("OTHER", FORWARD),
}  # fmt: skip
"""For each relation of the stack the nearest word of SPDX 2.3 and its direction."""
_PURPOSE = {"weights": "OTHER", "adapter": "OTHER", "dataset": "OTHER", "outputs": "OTHER", "service": "APPLICATION", "document": "OTHER"}


def word_for(edge: Edge) -> tuple[str, bool]:
    """The relationship type of a step; what is only concluded is not written as stated linking."""
    if edge.inferred and edge.relation in ("links-static", "links-dynamic"):
        return "DEPENDS_ON", FORWARD
    return WORDS.get(edge.relation, ("OTHER", FORWARD))


def render(stack: Stack, verdict: Verdict | None, knowledge: Knowledge, form: str, day: str) -> str:
    """The document. `form`: one of FORMATS; `day`: the day on which it is made (YYYY-MM-DD)."""
    terms = Terms(knowledge)
    root = released(stack, verdict)
    ids = {name: f"SPDXRef-{'part-' if plain == 'DOCUMENT' else ''}{plain}" for name, plain in slugs(stack.components).items()}
    created = f"{day}T00:00:00Z"
    title = stack.components[root].name or root if root in stack.components else "stack"
    document: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": clean(title), "documentNamespace": "",
        "creationInfo": {"created": created, "creators": [f"Tool: {tool()}"]},
        "packages": [_package(c, ids[c.id], stack, verdict, terms) for c in stack.components.values()],
    }  # fmt: skip
    if root in ids:
        document["documentDescribes"] = [ids[root]]
    document["relationships"] = [_relationship(e, ids, knowledge) for e in stack.edges if e.result in ids and e.source in ids]
    if root in ids:
        document["relationships"].insert(0, {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": ids[root]})
    if terms.customs:
        document["hasExtractedLicensingInfos"] = [{"licenseId": c.ref, "name": clean(c.name), "extractedText": clean(c.text)} for _, c in sorted(terms.customs.items())]
    if stack.unread:
        document["annotations"] = [{"annotationDate": created, "annotationType": "OTHER", "annotator": f"Tool: {tool()}", "comment": note({"unread": u.why, "source": u.source, "component": u.component})} for u in stack.unread]
    document["documentNamespace"] = f"https://spdx.org/spdxdocs/licgraph-{slug(title)}-{digest(document)[:32]}"
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _package(component: Any, spdx_id: str, stack: Stack, verdict: Verdict | None, terms: Terms) -> dict[str, Any]:
    says = stated(component, stack, verdict, terms)
    place, purl = address(component)
    found: dict[str, Any] = {"name": clean(component.name) or component.id, "SPDXID": spdx_id}
    if component.revision:
        found["versionInfo"] = clean(component.revision)
    found["downloadLocation"] = place or "NOASSERTION"
    found["filesAnalyzed"] = False
    found["licenseDeclared"] = says.declared
    found["licenseConcluded"] = says.concluded
    if says.comment:
        found["licenseComments"] = clean(says.comment)
    found["copyrightText"] = clean(component.copyright) or "NOASSERTION"
    if component.kind in _PURPOSE:
        found["primaryPackagePurpose"] = _PURPOSE[component.kind]
    if purl:
        found["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]
    found["comment"] = note(noted(component, terms))
    return found


def _relationship(edge: Edge, ids: dict[str, str], knowledge: Knowledge) -> dict[str, Any]:
    word, forward = word_for(edge)
    left, right = (edge.result, edge.source) if forward else (edge.source, edge.result)
    return {"spdxElementId": ids[left], "relationshipType": word, "relatedSpdxElement": ids[right], "comment": f"{clean(sentence(edge, knowledge))}\n{note(edge_note(edge))}"}


def lost(stack: Stack, form: str) -> list[str]:
    """What the format cannot hold of this stack, in words."""
    models = any(c.kind != "code" for c in stack.components.values())
    return [*(["what a component is: SPDX 2.3 knows no models, data or services (a comment says it)"] if models else []), *losses(stack, "SPDX 2.3")]
