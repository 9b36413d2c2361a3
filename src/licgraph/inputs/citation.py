"""CITATION.cff: the licence that a work's citation file states. Several licences there are a choice.

Source: the guide to the Citation File Format schema 1.2.0 (`license`, `license-url`, `type`, `commit`). What the file cites
(`references`, `preferred-citation`) is literature and no part of the work, so nothing is made from it.
"""

from __future__ import annotations

import re

from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source, read_yaml, refuse
from licgraph.inputs.naming import NO_STATEMENT, slug
from licgraph.knowledge import Knowledge
from licgraph.names import guess

FORMAT = "citation"
TITLE = "CITATION.cff"
_VERSION = re.compile(rb"(?m)^[\"']?cff-version[\"']?\s*:")


def sniff(source: Source) -> int:
    """The key that every such file has."""
    return 90 if source.name.endswith((".cff", ".yml", ".yaml")) and _VERSION.search(source.head) else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The work that a citation file describes. Raises StackError."""
    documents = read_yaml(source.text(), source.shown)
    root = documents[0] if documents else None
    if root is None or not root.is_map:
        raise refuse(source.shown, 1, "it holds no keys", "Write cff-version, title and license")
    found = Draft()
    title = root.get("title").text
    kind = "dataset" if root.get("type").text.casefold() == "dataset" else "code"
    address = next((n.text for n in (root.get("repository-code"), root.get("repository"), root.get("url")) if "://" in n.text), "")
    part = found.part(result or slug(title or "work"), kind, name=title[:100], source="" if result else address, revision=root.get("commit").text, ours=True, looked=True, evidence=root.place)
    found.release = part.id
    words = []
    for word, node in root.get("license").texts():
        if word.casefold() in NO_STATEMENT:
            continue
        if guess(word, knowledge).kind == "none stated":
            part.unnamed = part.unnamed or f"{node.place} states `{word[:60]}` and names no licence"
        else:
            words.append((word, node))
    if root.get("license") and not root.get("license").texts():
        found.miss(str(root.get("license").place), "license is no name", part.id)
    if words:
        part.say("card", " OR ".join(dict.fromkeys(w for w, _ in words)), words[0][1].place)
    link = root.get("license-url")
    if link.text and (not words or guess(link.text, knowledge).ids):
        part.say("card", link.text, link.place)
    return found
