"""CycloneDX inventories (JSON and XML, 1.4 to 1.7): components, their licences, and how they were made.

Source: the published schemas of CycloneDX. What the document is about (`metadata.component`) is the release, and
ours. Tools that wrote the document, vulnerabilities, hashes and signatures say nothing of what was made from what,
and are not read.
"""

from __future__ import annotations

import re

from licgraph.inputs.cyclonedx_parts import Bom, facts_of, own, properties
from licgraph.inputs.cyclonedx_steps import read_steps
from licgraph.inputs.cyclonedx_xml import read_xml
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Node, Source, read_json, refuse
from licgraph.knowledge import Knowledge
from licgraph.license import FORMS

FORMAT = "cyclonedx"
TITLE = "CycloneDX SBOM (JSON or XML)"
VERSIONS = ("1.4", "1.5", "1.6", "1.7")
_JSON = re.compile(rb"""["']bomFormat["']\s*:\s*["']CycloneDX["']|["']\$schema["']\s*:\s*["']https?://cyclonedx\.org/schema/bom-""")
_XML = re.compile(rb"""<(?:[\w.-]+:)?bom\s[^>]*["']http://cyclonedx\.org/schema/bom/""")
_READ = {"$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "services", "dependencies", "compositions", "formulation", "properties", "signature", "externalReferences"}


def sniff(source: Source) -> int:
    """By the words that every such document holds: its format name, schema or name space."""
    head = source.head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if head.startswith(b"{"):
        if _JSON.search(head):
            return 95
        return 60 if source.name.endswith((".cdx.json", "bom.json")) and b'"specVersion"' in head else 0
    return 95 if head.startswith(b"<") and _XML.search(head) else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What an inventory lists. Raises StackError when it cannot be read, or lists nothing."""
    text = source.text()
    root = read_xml(text, source.shown) if text.lstrip("\ufeff \t\r\n").startswith("<") else read_json(text, source.shown)
    if not root.is_map:
        raise refuse(source.shown, 1, "this is no CycloneDX document: it is no map", "Name a file with bomFormat: CycloneDX")
    bom = Bom(root, source.shown, knowledge, result)
    found = bom.draft
    _version(found, root)
    bom.collect()
    if not found.parts and not found.unread:
        raise refuse(source.shown, 0, "it lists no component and no service, so nothing can be decided", "Make the inventory again, or write a licgraph.yaml")
    if not found.parts:
        raise refuse(source.shown, 0, f"nothing that it lists can be read ({found.unread[0].why})", "Make the inventory again, or write a licgraph.yaml")
    if result and not found.release:
        _about(bom, result)
    read_steps(bom)
    _metadata(bom)
    _whose(bom)
    for name, node in root.items():
        if name not in _READ and node:
            found.notice("section-not-read", "", f"{node.place}: the section `{name[:40]}` says nothing of licences or of what was made from what; it was not read")
    return found


def _version(found: Draft, root: Node) -> None:
    version = root.get("specVersion").text
    if version not in VERSIONS:
        if re.fullmatch(r"1\.[0-3]", version):
            found.notice("older-version", "", f"{root.file} is CycloneDX {version}; it is read as 1.4")
        else:
            found.miss(str(root.get("specVersion").place), f"CycloneDX version `{version[:20]}` is not one that is known ({', '.join(VERSIONS)}), so it may say what is not read")


def _about(bom: Bom, result: str) -> None:
    """What a document without `metadata.component` is about, where the folder around it says what that is."""
    models = [p for p in bom.listed if bom.draft.parts[p].kind in ("weights", "adapter")]
    if len(models) == 1:
        bom.rename(models[0], result)
        bom.draft.parts[result].ours = True
    else:
        bom.draft.part(result, "weights", ours=True, evidence=bom.root.place)
    bom.draft.release = result


def _whose(bom: Bom) -> None:
    """A list without `metadata.component` does not say that the thing which all else leads to is ours to release."""
    found = bom.draft
    if found.release:
        return
    used = {s.source for s in found.steps.values()}
    last = [p for p in found.parts.values() if p.id not in used]
    if len(last) == 1 and not last[0].ours and not any(u.component == last[0].id for u in found.unread):
        found.miss(bom.shown, f"there is no metadata.component, so nothing says that {last[0].id} is released, and that it is ours", last[0].id)


def _metadata(bom: Bom) -> None:
    """What an export of ours wrote of the stack as a whole, and licences that stand where they mean the document."""
    metadata, found = bom.root.get("metadata"), bom.draft
    form = own(metadata, "form").text
    found.form = form if form in FORMS else ""
    for name, value in properties(metadata):
        if name == "unread":
            gap = facts_of(value)
            about = gap.get("component", "")
            found.miss(str(gap.get("source", value.place)), str(gap.get("why", "something was not read")), about if isinstance(about, str) and about in found.parts else "")
        elif name == "not-exported":
            found.miss(str(value.place), f"the export left this out: {value.text[:200]}")
    if metadata.get("licenses"):
        found.notice("license-of-the-document", "", f"{metadata.get('licenses').place} is the licence of the inventory, not of what it lists")
