"""Licences in SPDX 3: expressions, texts, and the sets and operators of its ExpandedLicensing profile, as expressions.

Source: the SimpleLicensing and ExpandedLicensing profiles of SPDX 3.0.1. A licence of the SPDX list may be named by
its address alone, without an element of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from licgraph.inputs.draft import Part
from licgraph.inputs.loose import Node
from licgraph.inputs.spdx_texts import Licenses, Text

MAX_NESTING = 40
MAX_LENGTH = 10_000
_LISTED = re.compile(r"https?://spdx\.org/licenses/([A-Za-z0-9.+-]+?)(?:\.html|\.json)?$")
_WORDS = {"NoneLicense": "NONE", "NoAssertionLicense": "NOASSERTION", "None": "NONE", "NoAssertion": "NOASSERTION"}


def bare(name: str) -> str:
    """The last part of an id, as the tail of a LicenseRef."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", re.sub(r"^.*[/#:]", "", name)).strip("-.")[:80] or "text"


class Expressions:
    """Licence elements as expressions of SPDX 2's kind; what cannot be read, is made of itself or too long, is None."""

    def __init__(self, elements: Mapping[str, Node], licenses: Licenses) -> None:
        self.elements = elements
        self.licenses = licenses
        self._refs: dict[str, str] = {}
        self._found: dict[str, str | None] = {}
        self._open: set[str] = set()
        self._same: Counter[str] = Counter()

    def state(self, part: Part, what: str, node: Node) -> None:
        """The statement or conclusion of a licence relationship; several that it names apply together."""
        names = node.get("to").texts()
        inline = [n for n in node.get("to").listed() if n.is_map]
        found = [self.of(t, part) for t, _ in names] + [self._of_node(n, part, 0) for n in inline]
        if not found or None in found:
            self.licenses.draft.miss(str(node.place), f"a {what} licence that cannot be read", part.id)
        known = [f for f in dict.fromkeys(found) if f]
        if len(known) > 1:
            known = [f for f in known if f not in ("NONE", "NOASSERTION")] or known[:1]
        text = _joined(known, "AND")
        if text and what == "declared":
            self.licenses.declare(part, node, written=text)
        elif text:
            self.licenses.conclude(part, node, written=text)

    def of(self, name: str, part: Part, depth: int = 0) -> str | None:
        """The expression of a licence element, or of an address."""
        if name in self._open:  # it is made of itself
            return None
        node = self.elements.get(name)
        if node is not None:
            if name not in self._found:
                self._open.add(name)
                text = self._of_node(node, part, depth)
                self._found[name] = text if text is None or len(text) <= MAX_LENGTH else None
                self._open.discard(name)
            return self._found[name]
        listed = _LISTED.match(name)
        if listed:
            return listed.group(1)
        word = re.sub(r"^.*[/:]", "", name).removeprefix("expandedlicensing_").removeprefix("simplelicensing_")
        return _WORDS.get(word)

    def _of_node(self, node: Node, part: Part, depth: int) -> str | None:
        if depth > MAX_NESTING:
            return None
        kind = re.sub(r"^.*[/_]", "", (node.get("type") or node.get("@type")).text)
        if kind == "LicenseExpression":
            return self._expression(node, part)
        if kind in ("SimpleLicensingText", "CustomLicense", "CustomLicenseAddition"):
            return self._text(node, part)
        if kind in ("ListedLicense", "ListedLicenseException"):
            listed = _LISTED.match(node.get("spdxId").text)
            return listed.group(1) if listed else node.get("name").text or None
        if kind in ("ConjunctiveLicenseSet", "DisjunctiveLicenseSet"):
            members = [self.of(t, part, depth + 1) for t, _ in node.get("expandedlicensing_member").texts()]
            members += [self._of_node(n, part, depth + 1) for n in node.get("expandedlicensing_member").listed() if n.is_map]
            plain = [m for m in members if m]
            return _joined(plain, "AND" if kind.startswith("Con") else "OR") if plain and len(plain) == len(members) else None
        if kind == "OrLaterOperator":
            below = self._below(node, "expandedlicensing_subjectLicense", part, depth)
            return below and (re.sub(r"-only$", "", below) + "-or-later" if re.search(r"^(?:A|L)?GPL-|^GFDL-", below) else f"{below}+")
        if kind == "WithAdditionOperator":
            base, addition = self._below(node, "expandedlicensing_subjectExtendableLicense", part, depth), self._below(node, "expandedlicensing_subjectAddition", part, depth)
            return f"{base} WITH {addition}" if base and addition else None
        return {"NoneLicense": "NONE", "NoAssertionLicense": "NOASSERTION"}.get(kind)

    def _below(self, node: Node, key: str, part: Part, depth: int) -> str | None:
        below = node.get(key)
        return self._of_node(below, part, depth + 1) if below.is_map else self.of(below.text, part, depth + 1)

    def _expression(self, node: Node, part: Part) -> str | None:
        """An expression whose LicenseRefs its own map leads to texts."""
        text = node.get("simplelicensing_licenseExpression").text
        for entry in node.get("simplelicensing_customIdToUri").listed():
            ref, target = entry.get("key").text, self.elements.get(entry.get("value").text)
            if ref and target is not None and "Ref-" in ref:
                text = re.sub(rf"(?<![A-Za-z0-9.:-]){re.escape(ref)}(?![A-Za-z0-9.-])", lambda _, t=target, r=ref: self._text(t, part, r), text)  # type: ignore[misc]
        return text or None

    def _text(self, node: Node, part: Part, ref: str = "") -> str:
        """What a licence text is: the licence whose text it is, or a name that stands for these terms only."""
        name = node.get("spdxId").text or node.get("@id").text or node.pointer
        if name not in self._refs:
            plain = free = ref or f"LicenseRef-{bare(name)}"
            while free in self.licenses.texts:
                self._same[plain] += 1
                free = f"{plain}-{self._same[plain] + 1}"
            names = (node.get("name").text, *(t for t, _ in node.get("expandedlicensing_seeAlso").texts()))
            self.licenses.texts[free] = Text(free, node.get("simplelicensing_licenseText").text, tuple(n for n in names if n), node.place)
            self._refs[name] = free
        return self._refs[name]


def _joined(parts: list[str], word: str) -> str:
    if len(parts) < 2:
        return parts[0] if parts else ""
    return f" {word} ".join(f"({p})" if re.search(r"\s(?:AND|OR)\s", p) and f" {word} " not in re.sub(r"\([^()]*\)", "", p) else p for p in parts)
