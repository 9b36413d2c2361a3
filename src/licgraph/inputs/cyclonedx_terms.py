"""Licences of a CycloneDX component: what its supplier declared, what a reviewer concluded, what was observed.

Source: the definitions `licenseChoice`, `license` and `componentEvidence` of the JSON schemas 1.4 to 1.7. An entry
without `acknowledgement` is a declaration. Several entries all apply: a choice is written as one expression.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from licgraph.expression import AllOf, OneOf, render
from licgraph.inputs.assemble import all_apply, tree_of
from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.loose import Node
from licgraph.knowledge import Knowledge
from licgraph.names import guess

if TYPE_CHECKING:
    from licgraph.fingerprints import Fingerprint


def read_licenses(found: Draft, part: Part, holder: Node, knowledge: Knowledge, stated: bool = False) -> None:
    """Adds every statement that a component (or service) makes about its licence to its part.

    ``stated``: what it declares is known already, in more words than its licence entries hold.
    """
    declared: list[tuple[str, Node]] = []
    concluded: list[str] = []
    for entry in holder.get("licenses").listed():
        body = entry.get("license") if entry.get("license") else entry
        is_conclusion = (body.get("acknowledgement").text or entry.get("acknowledgement").text).casefold() == "concluded"
        if stated and not is_conclusion:
            continue
        words = _words(found, part, body, not is_conclusion, knowledge)
        _licensing(found, part, body)
        if is_conclusion:
            concluded += [words] if words else []
        elif words:
            declared.append((words, body))
    if declared:
        part.say("tag", together([w for w, _ in declared], knowledge), declared[0][1].place)
    if concluded:
        part.concluded = part.concluded or together(concluded, knowledge)
    if stated:
        return
    _observed(found, part, holder.get("evidence", "licenses"), bool(declared or concluded), knowledge)
    if not part.said and not part.concluded:
        _linked(found, part, holder, knowledge)


def _words(found: Draft, part: Part, body: Node, declares: bool, knowledge: Knowledge) -> str:
    """What one entry states, in its own words; a text that a declaration brings is a statement of its own."""
    words = body.text or body.get("expression").text or body.get("id").text or body.get("name").text
    url = body.get("url").text
    for detail in (body, *body.get("expressionDetails").listed()):
        _text(found, part, detail.get("text"), detail is body and declares)
    if guess(words, knowledge).kind in ("none stated", "unresolved") and url and guess(url, knowledge).ids:
        return url
    if guess(words, knowledge).kind == "none stated":
        if not body.get("text"):
            found.notice("license-not-named", part.id, f"{body.place} has an entry for a licence, and it names none{f' (`{words[:60]}`)' if words else ''}")
        return ""
    return words


def _text(found: Draft, part: Part, node: Node, states: bool) -> None:
    """A licence text that stands in the document: which one it is."""
    content = node.text or node.get("content").text
    if not content:
        return
    if node.get("encoding").text.casefold() == "base64":
        try:
            content = base64.b64decode(content, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            found.miss(str(node.place), "a licence text that is not the base64 it is said to be", part.id)
            return
    exact, near = _identified(content)
    if exact:
        if states:
            part.say("licence-file", exact, node.place)
        return
    why = f"resembles {near} and is not that text" if near else "is no licence text that is known"
    found.notice("license-text-differs" if near else "license-text-unknown", part.id, f"{node.place}: the text {why}, so its terms are not known")
    if states:
        part.say("licence-file", f"terms written in {node.file}{f' (resembling {near})' if near else ''}", node.place)


@lru_cache(maxsize=256)
def _identified(text: str) -> tuple[str, str]:
    """The licence that a text is, and else the one that it resembles."""
    from licgraph.fingerprints import identify

    matches = identify(text, _fingerprints())
    exact = [m.id for m in matches if m.exact]
    if not exact:
        return "", matches[0].id if matches else ""
    stem = re.sub(r"-(?:only|or-later)$", "", exact[0])
    return (exact[0] if len(exact) == 1 or not all(i.startswith(stem) for i in exact) else stem.casefold()), ""


@lru_cache(maxsize=1)
def _fingerprints() -> tuple[Fingerprint, ...]:
    from licgraph.fingerprints import load
    from licgraph.index import data_folder

    return tuple(load(data_folder()))


def together(words: list[str], knowledge: Knowledge) -> str:
    """Several statements that all apply, as one: in their own words where these can be told apart in one string."""
    plain = list(dict.fromkeys(words))
    if len(plain) == 1:
        return plain[0]
    if not any(re.search(r"[,;|&/()]|\b(?:and|or|with)\b", w, re.IGNORECASE) for w in plain):
        return all_apply(plain)
    trees = [tree_of(w, knowledge) for w in plain]
    return " AND ".join(f"({render(t)})" if isinstance(t, OneOf | AllOf) else render(t) for t in trees)


def _licensing(found: Draft, part: Part, body: Node) -> None:
    terms = body.get("licensing")
    if terms:
        until = terms.get("expiration").text
        found.notice("bought-license", part.id, f"{terms.place}: the licence was bought or granted to somebody{f' and ends {until[:40]}' if until else ''}; those terms were not read")


def _observed(found: Draft, part: Part, node: Node, stated: bool, knowledge: Knowledge) -> None:
    """Licences that a scan saw in the files of a component: its statement if it makes none, else worth a look."""
    seen = [w for e in node.listed() for b in (e.get("license") if e.get("license") else e,) for w in (b.text or b.get("expression").text or b.get("id").text or b.get("name").text,) if guess(w, knowledge).kind != "none stated"]
    if not seen:
        return
    written = together(seen, knowledge)
    if not stated:
        part.say("licence-file", written, node.place)
    elif render(tree_of(written, knowledge)) not in {render(tree_of(s, knowledge)) for s in (part.concluded, *(s.written for s in part.said)) if s}:
        found.notice("observed-license", part.id, f"{node.place}: licences were observed in it that are not those stated: {written[:200]}")


def _linked(found: Draft, part: Part, holder: Node, knowledge: Knowledge) -> None:
    """An address of a licence, where nothing else states one."""
    for reference in holder.get("externalReferences").listed():
        url = reference.get("url")
        if reference.get("type").text == "license" and url.text:
            if guess(url.text, knowledge).ids:
                part.say("tag", url.text, url.place)
            else:
                found.notice("license-not-named", part.id, f"{url.place} is the address of a licence ({url.text[:100]}); its text was not read")
