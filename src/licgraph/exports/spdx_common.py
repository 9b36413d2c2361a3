"""What the SPDX exporters share: licences as SPDX expressions, notes for what SPDX has no word for, and what is lost.

A LicenseRef needs a text. Texts of licences are not in the knowledge base, so in their place stands where the text
is to be had, with its hash; `inputs.spdx_texts` knows these lines when it reads a document again.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from licgraph.expression import AllOf, Leaf, Tree, Unsettled, render
from licgraph.inputs.spdx_texts import POINTER
from licgraph.knowledge import RESERVED, Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Component, Edge, Stack
from licgraph.verdict import Verdict

ADDRESS = re.compile(r"(?:git\+)?https?://[\w.-]+\.[a-z]{2,}(?::\d+)?/[^\s<>\"{}|\\^`]*|https?://[\w.-]+\.[a-z]{2,}")
PURL = re.compile(r"pkg:[a-z][a-z0-9.+-]*/[^\s<>\"]+")
_WORDS = {
    "NO-CLAIM": "Nobody claims rights in this; there is no licence and no text of one.",
    "OWN-TERMS": "Terms that the publisher drafts; they are not written yet.",
    "LicenseRef-Proprietary": "Somebody's closed terms, which grant nothing that is known here.",
    "LicenseRef-Commercial": "A licence that would have to be bought; its terms are not known here.",
}


class Custom(NamedTuple):
    """A licence that is not on the SPDX list: its LicenseRef, a name, and what stands in place of its text."""

    ref: str
    name: str
    text: str


@dataclass
class Terms:
    """Trees as SPDX expressions, and the LicenseRefs that they use."""

    knowledge: Knowledge
    customs: dict[str, Custom] = field(default_factory=dict)

    def of(self, tree: Tree | None) -> str:
        """The expression of a tree; NOASSERTION for none."""
        if tree is None:
            return "NOASSERTION"
        if isinstance(tree, Leaf) and tree.id in ("NONE", "NOASSERTION"):
            return tree.id
        return self._of(tree)

    def _of(self, tree: Tree) -> str:
        if isinstance(tree, Leaf):
            return self._leaf(tree)
        if isinstance(tree, Unsettled):
            ids = ", ".join(p.id for p in tree.parts)
            return self._custom(f"LicenseRef-ambiguous-{_plain(tree.name)}", tree.name, f"{POINTER} The name `{tree.name}` may mean {ids}; which, is not known.")
        word = " AND " if isinstance(tree, AllOf) else " OR "
        return word.join(f"({t})" if not isinstance(p, Leaf | Unsettled) and type(p) is not type(tree) else t for p in tree.parts for t in (self._of(p),))

    def _leaf(self, leaf: Leaf) -> str:
        base, _, exception = leaf.id.partition(" WITH ")
        listed = self.knowledge.spdx_name(base) is not None and "exception" not in self.knowledge.spdx_flags(base)
        if listed and (not exception or "exception" in self.knowledge.spdx_flags(exception)):
            return leaf.id
        if leaf.id in _WORDS or leaf.id in RESERVED:  # as part of an expression NONE and NOASSERTION are no SPDX
            return self._custom(f"LicenseRef-{leaf.id.removeprefix('LicenseRef-')}", leaf.id, f"{POINTER} {_WORDS.get(leaf.id, 'The terms are not known.')}")
        ref = leaf.id if re.fullmatch(r"LicenseRef-[A-Za-z0-9.-]+", leaf.id) else f"LicenseRef-{_plain(leaf.id)}"
        return self._custom(ref, *self._described(leaf))

    def _described(self, leaf: Leaf) -> tuple[str, str]:
        if leaf.id not in self.knowledge.license_ids:
            return leaf.name or leaf.id, f"{POINTER} Its terms are not known here; the name as found: {leaf.name or leaf.id}."
        raw = self.knowledge.raw(leaf.id)
        text: Mapping[str, Any] = raw["text"]
        dated = f", of {text['date']}" if text.get("date") else ""
        return str(raw["name"]), f"{POINTER} It is to be had at: {text['source']}{dated}; sha256 of the text that was read: {text['sha256']}."

    def _custom(self, ref: str, name: str, text: str) -> str:
        wanted, number = ref, 2
        while (known := self.customs.get(wanted)) is not None and known.name != name:
            wanted, number = f"{ref}-{number}", number + 1
        self.customs[wanted] = Custom(wanted, name, text)
        return wanted


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:80] or "unnamed"


class Stated(NamedTuple):
    """The two licence fields of a component, and why they say what they say."""

    declared: str
    concluded: str
    comment: str


def released(stack: Stack, verdict: Verdict | None) -> str:
    """The component that is released; empty where none is."""
    return verdict.component if verdict is not None else stack.release.component if stack.release is not None else ""


def stated(component: Component, stack: Stack, verdict: Verdict | None, terms: Terms) -> Stated:
    """Declared: what the component states. Concluded: a reviewer's conclusion; of the release, the proposal that the answer allows."""
    release = stack.release
    asked = release if release is not None and release.component == component.id else None
    declared = component.declared or (asked.license if asked else None)
    forgotten = declared is None and component.license is None and not component.ours and asked is None
    text = "NONE" if forgotten else terms.of(declared)  # a third party's part without a licence grants nothing (design 3.1)
    because = []
    if component.labels:
        text = "NOASSERTION"
        because.append("Several statements that differ: " + "; ".join(f"{n.where}: {render(n.says)}" for n in component.labels) + ".")
    for extra in component.additional:
        more = terms.of(extra)
        if text in ("NONE", "NOASSERTION"):
            break
        text = f"{_bracketed(text)} AND {_bracketed(more)}"
        because.append(f"The publisher says that {more} applies besides.")
    reviewed = component.known_from.startswith("concluded by")
    if component.known_from and not reviewed:
        because.append(f"Not stated in the input; known from {component.known_from}.")
    concluded = "NOASSERTION"
    if component.id == released(stack, verdict):
        if verdict is not None and verdict.answer == "yes" and asked is not None and asked.license is not None:
            concluded = terms.of(asked.license)
            because.append(f"Concluded by licgraph on {verdict.as_of}: the answer is yes.")
        else:
            because.append(_why(verdict, asked is not None and asked.license is not None))
    elif component.license is not None and (reviewed or component.declared is None or render(component.declared) != render(component.license)):
        concluded = terms.of(component.license)
        because.append(f"Concluded: {component.known_from.removeprefix('concluded ')}." if reviewed else "Concluded by a reviewer of the stack.")
    return Stated(text, concluded, " ".join(because))


def _bracketed(text: str) -> str:
    return f"({text})" if " " in text else text


def _why(verdict: Verdict | None, proposed: bool) -> str:
    """Why the release has no concluded licence."""
    if verdict is None:
        return "Not concluded: the question was not asked."
    if verdict.answer == "yes" and not proposed:
        return "Not concluded: no terms are proposed."
    reasons = [f"{b.ref}{f' ({b.cite})' if b.cite else ''}: {b.why}" for b in verdict.blockers[:3]] or [f"it waits for {n.fact}" for n in verdict.needs_facts[:3]] or list(verdict.not_examined[:3])
    more = f"; and {len(verdict.blockers) - 3} more" if len(verdict.blockers) > 3 else ""
    asked = f"the answer for {verdict.proposed} is" if verdict.proposed else "no terms are proposed, and the answer is"
    return f"Not concluded: {asked} {verdict.answer}{': ' + '; '.join(reasons) if reasons else ''}{more}."


def noted(component: Component, terms: Terms) -> dict[str, Any]:
    """What SPDX has no word for, for our own reader."""
    labels = [{"where": n.where, "says": terms.of(n.says), **({"date": n.date} if n.date else {})} for n in component.labels]
    entry: dict[str, Any] = {
        "id": component.id, "kind": component.kind, "name": component.name, "source": component.source, "revision": component.revision, "ours": component.ours, "labels": labels,
        "additional": [terms.of(t) for t in component.additional], "contents": terms.of(component.contents) if component.contents else "", "role": component.role, "available": component.available,
    }  # fmt: skip
    return {k: v for k, v in entry.items() if v}


def edge_note(edge: Edge) -> dict[str, Any]:
    """The relation of a step, for our own reader and for people."""
    entry: dict[str, Any] = {"relation": edge.relation, "purpose": edge.purpose, "inferred": edge.inferred}
    return {k: v for k, v in entry.items() if v} | ({"confidence": edge.confidence} if edge.confidence != 1 else {})


def sentence(edge: Edge, knowledge: Knowledge) -> str:
    """The step in words."""
    return f"{knowledge.relations[edge.relation].sentence.format(result=edge.result, source=edge.source)}{f' (concluded: {edge.inferred})' if edge.inferred else ''}."


def address(component: Component) -> tuple[str, str]:
    """Download location and package URL; empty where the source is neither."""
    source = component.source
    if source.startswith("hf:"):
        name, _, at = source.removeprefix("hf:").partition("@")
        at = component.revision or at
        plain = bool(re.fullmatch(r"[\w.-]+(?:/[\w.-]+){0,2}", name)) and bool(re.fullmatch(r"[\w.-]*", at))
        model = plain and "/" in name and not name.startswith(("datasets/", "spaces/"))
        return (f"https://huggingface.co/{name}{f'/tree/{at}' if at else ''}" if plain else ""), (f"pkg:huggingface/{name}{f'@{at}' if at else ''}" if model else "")
    return (source if ADDRESS.fullmatch(source) else ""), (source if PURL.fullmatch(source) else "")


def slug(text: str) -> str:
    """A name of letters, digits, dots and hyphens."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")[:100] or "part"


def slugs(names: Iterable[str]) -> dict[str, str]:
    """For each name a slug of its own."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    seen: Counter[str] = Counter()
    for name in names:
        plain = wanted = slug(name)
        while wanted in taken:
            seen[plain] += 1
            wanted = f"{plain}-{seen[plain] + 1}"
        taken.add(wanted)
        found[name] = wanted
    return found


def digest(value: Any) -> str:
    """A hash of plain data, for a namespace that differs where the content does."""
    return sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def tool() -> str:
    """Name and version of this tool."""
    try:
        return f"licgraph-{version('licgraph')}"
    except PackageNotFoundError:
        return "licgraph"


def clean(text: str) -> str:
    """Text without control characters."""
    return "".join(c for c in text if c.isprintable() or c == "\n")


def losses(stack: Stack, name: str) -> list[str]:
    """What a document in this format does not hold, or holds only in a comment."""
    parts, edges = stack.components.values(), stack.edges
    rows = [
        (any(c.labels for c in parts), "several statements of one licence that differ (they stand in a comment; the field says NOASSERTION)"),
        (any(c.additional for c in parts), "that terms apply besides the licence (written as AND; a comment tells them apart)"),
        (any(c.contents for c in parts), "the licence of a data set's items apart from that of the collection (in a comment)"),
        (any(c.params for c in parts), "parameters of a licence, such as a change date"),
        (any(c.received for c in parts), "when a component was received"),
        (any(c.facts for c in parts) or bool(stack.facts), "facts about us and about components"),
        (any(isinstance(t, Unsettled) for c in parts for t in (c.license, c.declared)), "that a licence name is ambiguous (written as a LicenseRef)"),
        (any(e.relation not in ("contains", "links-static", "links-dynamic") for e in edges), f"the kind of a derivation ({name} has fewer words; a comment says it)"),
        (any(e.purpose for e in edges), "the purpose of a step (in a comment)"),
        (any(e.accepted_terms is not None for e in edges), "whether terms were accepted"),
        (any(e.substantial_part for e in edges), "that a substantial part of a database was taken"),
        (any(e.inferred for e in edges), "what is concluded and not stated (in a comment)"),
        (bool(stack.permissions), "permissions of licensors"),
        (bool(stack.elect), "elections between licences"),
        (bool(stack.risks), "accepted risks"),
        (stack.release is not None, "form, use, recipients and purpose of the release"),
        (bool(stack.unread), "what was not read (in annotations)"),
        (bool(stack.notices), "what the readers noticed"),
    ]
    return [what for holds, what in rows if holds]
