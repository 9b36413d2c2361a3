"""Licences in SPDX 2.x and 3.x: statements and conclusions, and what the LicenseRefs of a document are.

A LicenseRef means only what its document says: the text that stands beside it decides, by the fingerprints of the
texts that were read; a name decides only where there is no text to look at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.loose import Node
from licgraph.knowledge import RESERVED, Knowledge
from licgraph.light import NamedTuple
from licgraph.names import guess
from licgraph.stack import Evidence

if TYPE_CHECKING:
    from licgraph.fingerprints import Match

POINTER = "The text is not in this document."
"""How the text of a LicenseRef begins that our exporters write in place of a text."""
FEW_WORDS = 12
"""So short a text is a name, and no text."""
MAX_MISSES = 1_000
MAX_TEXTS = 1_000
_REF = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?(?:LicenseRef|AdditionRef)-[A-Za-z0-9.+-]+")
_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


class Text(NamedTuple):
    """A licence that a document brings itself: its name there, its text, and what else names it."""

    ref: str
    text: str
    names: tuple[str, ...]
    place: Evidence


@dataclass
class Licenses:
    """The licences that a document brings itself, each looked at once."""

    draft: Draft
    knowledge: Knowledge
    texts: dict[str, Text] = field(default_factory=dict)
    _settled: dict[str, str] = field(default_factory=dict)
    _said: int = 0

    def miss(self, place: object, why: str, part_id: str) -> None:
        """Notes a licence that was not read; past MAX_MISSES in one line for all."""
        self._said += 1
        if self._said <= MAX_MISSES:
            self.draft.miss(str(place), why, part_id)
        elif self._said == MAX_MISSES + 1:
            self.draft.miss("the document", f"more than {MAX_MISSES} licences in it could not be read")

    def notice(self, notice_id: str, part_id: str, why: str) -> None:
        """Notes something about a licence; what is past MAX_MISSES is not noted one by one."""
        self._said += 1
        if self._said <= MAX_MISSES:
            self.draft.notice(notice_id, part_id, why)
        elif self._said == MAX_MISSES + 1:
            self.draft.miss("the document", f"more than {MAX_MISSES} licences in it could not be read")

    def declare(self, part: Part, node: Node, where: str = "tag", written: str = "") -> None:
        """A statement of a licence: NOASSERTION says nothing, NONE that it was looked for."""
        text = written or node.text
        if text == "NONE":
            part.looked = True
            return
        if not text:
            if node.value is not None and node.value not in ("", (), {}):
                self.miss(node.place, "a licence stands there that is no text", part.id)
            return
        if self._states(text):
            says = self.settle(text, part.id)
            for extra, _ in part.additional:  # written as AND, so that others see them; here they are told apart again
                says = says.removesuffix(f" AND {extra}" if _SYMBOL.fullmatch(extra) else f" AND ({extra})")
            part.say(where, says, node.place)

    def conclude(self, part: Part, node: Node, written: str = "") -> None:
        """A reviewer's conclusion: NOASSERTION says nothing, NONE that there is no licence."""
        text = written or node.text
        if text == "NONE" or (text and self._states(text)):
            says = "NONE" if text == "NONE" else self.settle(text, part.id)
            if part.concluded and part.concluded != says:
                self.notice("conclusions-disagree", part.id, f"{node.place}: two conclusions about one thing, {part.concluded} and {says}; both are taken as applying")
                says = "NONE" if "NONE" in (says, part.concluded) else f"({part.concluded}) AND ({says})"
            part.concluded = says
        elif not text and node.value is not None and node.value not in ("", (), {}):
            self.miss(node.place, "a licence stands there that is no text", part.id)

    def _states(self, text: str) -> bool:
        return text != "NOASSERTION" and guess(text, self.knowledge).kind != "none stated"

    def settle(self, text: str, part_id: str) -> str:
        """An expression in which the document's own names are replaced by the licences whose text they bring."""
        return _REF.sub(lambda m: self.resolve(m.group(0), part_id), text)

    def resolve(self, ref: str, part_id: str) -> str:
        """What a LicenseRef of this document means."""
        if ref not in self._settled:
            self._settled[ref] = self._resolve(ref, part_id)
        return self._settled[ref]

    def _resolve(self, ref: str, part_id: str) -> str:
        own = self.texts.get(ref)
        if own is None:
            if not self.knowledge.resolve(ref).ids:
                self.notice("license-text-missing", part_id, f"{ref} is not described in the document, so its terms are not known")
            return ref
        words = own.text.split()
        if own.text.startswith(POINTER) or len(words) <= FEW_WORDS:
            return self._by_name(own, part_id)
        if len(self._settled) >= MAX_TEXTS:
            self.miss(own.place, f"the document brings more than {MAX_TEXTS} licence texts, of which the rest was not looked at", part_id)
            return f"LicenseRef-unread-{ref.partition('Ref-')[2]}"
        matches = self._identify(own.text)
        exact = [m.id for m in matches if m.exact]
        if exact:
            found = exact[0] if len(exact) == 1 else next((i for i in exact if i in (ref, *own.names)), _family(exact, self.knowledge))
            if found != ref:
                self.notice("license-text-identified", part_id, f"{own.place}: {ref} is the text of {found}")
            return found
        near = f"resembles {matches[0].id} and is not that text" if matches else "is no licence text that is known, so its terms are not known"
        self.notice("license-text-differs" if matches else "license-text-unknown", part_id, f"{own.place}: the text of {ref} {near}")
        known = self.knowledge.resolve(ref).ids or guess(ref, self.knowledge).ids
        return f"LicenseRef-unread-{ref.partition('Ref-')[2]}" if known else ref

    def _identify(self, text: str) -> list[Match]:
        from licgraph.fingerprints import identify, load
        from licgraph.index import data_folder

        return identify(text, load(data_folder()))

    def _by_name(self, own: Text, part_id: str) -> str:
        """Where no text is there to look at, the names decide: what stands for the text, the name given, the LicenseRef itself."""
        bare = own.ref.rpartition("LicenseRef-")[2]
        if own.text.startswith(POINTER):
            if bare in RESERVED:
                return bare
            if self.knowledge.resolve(own.ref).ids:
                return own.ref
        for name in (*(() if own.text.startswith(POINTER) else (own.text,)), *own.names, own.ref, bare):
            found = guess(name, self.knowledge)
            if found.joint or found.kind in ("none stated", "unresolved"):
                continue
            if len(found.ids) == 1:
                return found.ids[0]
            token = next((t for t in (name, re.sub(r"\s+", "-", name.casefold())) if _SYMBOL.fullmatch(t) and self.knowledge.resolve(t).ids == found.ids), "")
            if token:
                return token
        self.notice("license-text-missing", part_id, f"{own.place}: {own.ref} comes without a text that could be looked at, so its terms are not known")
        return own.ref


def _family(ids: list[str], knowledge: Knowledge) -> str:
    """The ambiguous name for one text that stands for several ids (`-only`, `-or-later`), else the first."""
    stem = re.sub(r"-(?:only|or-later)$", "", ids[0]).casefold()
    return stem if set(ids) <= set(knowledge.resolve(stem).ids) else ids[0]
