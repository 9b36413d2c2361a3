"""A licence text that lies beside something: which licence it is, or which it resembles.

A text that is not a known one is a statement all the same: terms that nobody here has read.
"""

from __future__ import annotations

import re

from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge
from licgraph.stack import Evidence

FORMAT = "license-text"
TITLE = "licence text (LICENSE, COPYING)"
_NAME = re.compile(r"(?i)^(?:un)?(?:licen[sc]e|copying|eula|agreement)(?:[-_. ].*)?$|(?:^|[-_. ])licen[sc]e(?:\.(?:txt|md|rst))?$")
_OTHER = re.compile(r"(?i)\.(?:py|json|ya?ml|html?|pdf|js|csv|tsv)$")
_POLICY = re.compile(r"(?i)use[-_ ]?policy|acceptable[-_ ]?use")


def sniff(source: Source) -> int:
    """By its name; `identify` looks at what it says."""
    return 60 if _NAME.search(source.name) and not _OTHER.search(source.name) and not _POLICY.search(source.name) else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """The statement that the text makes about the thing it lies beside. Raises StackError when it is no text."""
    from licgraph.fingerprints import identify, load
    from licgraph.index import data_folder

    found = Draft()
    text = source.text()
    part = found.part(result or "this", "weights", ours=not result, evidence=Evidence(source.shown, 1))
    found.release = "" if result else part.id
    matches = identify(text, load(data_folder()))
    exact = [m.id for m in matches if m.exact]
    place = Evidence(source.shown, 1)
    if exact:
        part.say("licence-file", exact[0] if len(exact) == 1 else _shared(exact), place)
    elif not text.strip():
        found.miss(source.shown, "the licence file is empty", part.id)
    elif matches:
        near = matches[0]
        part.say("licence-file", f"terms of {source.name} resembling {near.id}", place)
        found.notice("license-text-differs", part.id, f"{source.shown} resembles {near.id} and is not that text; differs: {'; '.join([f'has “{e[:80]}”' for e in near.extra[:2]] + [f'not found: section {m}' for m in near.missing[:3]])}")
    else:
        part.say("licence-file", f"terms of {source.name}", place)
        found.notice("license-text-unknown", part.id, f"{source.shown} is no licence text that is known, so its terms are not known")
    return found


def _shared(ids: list[str]) -> str:
    """One text that stands for several ids (`-only` and `-or-later`): the family's name, which asks which is meant."""
    stem = re.sub(r"-(?:only|or-later)$", "", ids[0])
    return stem.casefold() if all(i.startswith(stem) for i in ids) else ids[0]
