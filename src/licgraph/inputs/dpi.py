"""Records of the Data Provenance Initiative: many data sets in one JSON file, each a component with its licences and sources.

Source: the initiative's README and record template. What an annotator found at the publishers' own places (`Licenses`) is
one statement, several entries taken as all applying; what a program read elsewhere (`Inferred Metadata`) are statements of
registries. Vendor names among the licences (OpenAI, Anthropic, Google Cloud Translation API) are no licences of the data:
they say under whose terms a service made it, and become the terms of that service. `Unspecified` and `No License` say that
none was found; `Custom` and `Various` that there are terms which the record does not name.
A file has no single release: name a data set with --component.
"""

from __future__ import annotations

import re

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node, Source, read_json, refuse
from licgraph.inputs.naming import ID, free, named, slug
from licgraph.knowledge import Knowledge
from licgraph.names import guess

FORMAT = "dpi"
TITLE = "Data Provenance record (JSON)"
_KEY = "Unique Dataset Identifier"
_NONE_FOUND = ("", "unspecified", "no license", "none")
_TEMPLATE = "string:"
VENDORS = (
    (re.compile(r"(?i)^openai\b(?![ -]*gpt-?[12]\b(?!\.))"), "OpenAI"),
    (re.compile(r"(?i)^(?:anthropic|claude)\b"), "Anthropic"),
    (re.compile(r"(?i)^google (?:cloud )?translat"), "Google Cloud Translation API"),
)
"""Whose service a generator is, and the word that the records use for that vendor's terms. GPT-1 and GPT-2 were published."""
_VENDOR_WORDS = {word.casefold(): word for _, word in VENDORS}
_IN_HOUSE = re.compile(r"(?i)\bin-house\b|\binternal\b")
_SERVED = re.compile(r"(?i)^(?:deepl|bing chat|character ai|gretel|google|bard|gemini)\b")
_NO_MODEL = ("templates", "template", "none", "n/a", "")
_REGISTRIES = ("GitHub License", "HF Yaml License", "HF Config License", "PwC License Name")


def sniff(source: Source) -> int:
    """The key that every record has."""
    head = source.head
    return 95 if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"Unique Dataset Identifier"' in head and b'"Licenses"' in head else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """Every data set of a file, as one draft without a release. Raises StackError."""
    root = read_json(source.text(), source.shown)
    records = [(key, node) for key, node in root.items() if node.is_map]
    if not records or all(node.get(_KEY).text.startswith(_TEMPLATE) for _, node in records):
        raise refuse(source.shown, 0, "it holds no record of a data set" + (", only the template" if records else ""), "Name a file of data_summaries")
    found = Draft()
    for key, node in root.items():
        if not node.is_map:
            found.miss(str(node.place), f"the record `{key[:60]}` is no object")
    parts = {key: _part(found, key, node, knowledge) for key, node in records}
    for key, node in records:
        _made(found, parts[key], node, parts, _licenses(found, parts[key], node, knowledge), knowledge)
    return found


def _part(found: Draft, key: str, node: Node, knowledge: Knowledge) -> Part:
    """The data set of one record, by its identifier: many share one repository."""
    hub = reference(node.get("Hugging Face URL").text, knowledge, dataset=True)
    address = next((node.get(k).text for k in ("Dataset URL", "GitHub URL") if "://" in node.get(k).text), "")
    source = hub.source if hub.kind == "hub" and hub.known and ID.fullmatch(hub.id) else address
    part = found.part(free(slug(key), found.parts), "dataset", name=(node.get("Dataset Name").text or key)[:100], source=source, evidence=node.place)
    part.author = ", ".join(t for t, _ in node.get("Creators").texts())[:200]
    return part


def _licenses(found: Draft, part: Part, node: Node, knowledge: Knowledge) -> dict[str, Node]:
    """The licences that were found, and what registries say; gives the vendors whose terms are named, with their places."""
    words: list[tuple[str, Node]] = []
    silent: list[tuple[Node, str]] = []
    vendors: dict[str, Node] = {}
    for entry in node.get("Licenses").listed():
        stated = entry.get("License") if entry.is_map else entry
        word = stated.text
        if word.casefold() in _VENDOR_WORDS:
            vendors.setdefault(_VENDOR_WORDS[word.casefold()], stated)
        elif word.casefold() in _NONE_FOUND:
            silent.append((stated, "for some of it no licence was found"))
        elif guess(word, knowledge).kind == "none stated":
            link = entry.get("License URL").text if entry.is_map else ""
            why = f"states `{word[:40]}`{f' ({link[:100]})' if link else ''} and names no licence"
            part.unnamed = part.unnamed or f"{stated.place} {why}"
            silent.append((stated, why))
        else:
            words.append((word, stated))
    if words:
        part.say("card", ", ".join(dict.fromkeys(w for w, _ in words)), words[0][1].place)
        for stated, why in silent:
            found.miss(str(stated.place), f"{why}, beside licences that are named", part.id)
    elif vendors and not part.unnamed:
        part.unnamed = f"{next(iter(vendors.values())).place} names only a vendor ({', '.join(vendors)}) whose terms the outputs are under, and no licence of the data"
    part.looked = not words
    for key in _REGISTRIES:
        stated = node.get("Inferred Metadata", key)
        if stated.text and guess(stated.text, knowledge).kind != "none stated":
            part.say("registry", stated.text, stated.place)
    notes = node.get("License Notes")
    if notes.text:
        found.notice("license-notes", part.id, f"{notes.place}: the annotator adds: {' '.join(notes.text.split())[:200]}")
    return vendors


def _made(found: Draft, part: Part, node: Node, parts: dict[str, Part], vendors: dict[str, Node], knowledge: Knowledge) -> None:
    """What a data set was derived from, and what generated it."""
    for written, place in node.get("Derived from Datasets").texts():
        base = parts.get(written)  # by identifier only: a set called SNLI in a collection is made from SNLI, not from itself
        base = base if base is not None and base is not part else named(found, written, "dataset", place.place, knowledge, dataset=True)
        if base is not None:
            found.step(part.id, "derived-from", base.id, place.place)
        elif written.casefold() not in _NO_MODEL:
            found.miss(str(place.place), f"it was derived from something that is called `{written[:40]}`", part.id)
    used = set()
    for written, place in node.get("Model Generated").texts():
        if written.casefold() in _NO_MODEL:
            found.notice("filled-in-templates", part.id, f"{place.place}: `{written[:40]}` is no model; texts were made by filling in templates")
        elif written.casefold() == "other":
            found.miss(str(place.place), "a model that is not named generated some of it, so its terms are not known", part.id)
        else:
            used.add(_generator(found, part, written, place, vendors, knowledge))
    for vendor, stated in vendors.items():
        if vendor not in used:
            service = found.part(f"services/{slug(vendor)}", "service", name=vendor, evidence=stated.place)
            service.say("registry", vendor, stated.place)
            found.step(part.id, "generated-by", service.id, stated.place, "a vendor's name stands among the licences, and no model of it is named", confidence=0.9)
    texts = [t for t, _ in node.get("Text Sources").texts()]
    if texts:
        shown = ", ".join(texts[:6])[:200] + (f" and {len(texts) - 6} more" if len(texts) > 6 else "")
        found.notice("text-sources", part.id, f"{node.get('Text Sources').place}: texts were taken from {shown}, whose terms are not in the record")


def _generator(found: Draft, part: Part, written: str, place: Node, vendors: dict[str, Node], knowledge: Knowledge) -> str:
    """What generated a data set: a vendor's service under its terms, or a model; gives the vendor."""
    vendor = "" if _IN_HOUSE.search(written) else next((word for pattern, word in VENDORS if pattern.search(written)), "")
    if vendor or _IN_HOUSE.search(written) or _SERVED.search(written):
        made = found.part(f"services/{slug(written)}", "service", name=written[:100], evidence=place.place)
        if vendor:
            made.say("registry", vendor, vendors[vendor].place if vendor in vendors else place.place)
            if vendor not in vendors:
                made.inferred = made.inferred or "whose terms it is under is concluded from its name"
    else:
        model = named(found, written, "weights", place.place, knowledge)
        if model is None:
            found.miss(str(place.place), f"it was generated by something that is called `{written[:40]}`", part.id)
            return ""
        made = model
    found.step(part.id, "generated-by", made.id, place.place)
    return vendor
