"""Free-text names of licences: what is meant, how sure that is, and by which rule; never more than that.

`guess` reads spellings that people write (``Apache License, Version 2.0``, ``CC BY-NC 4.0``, ``GPLv3``, licence
URLs, several names in one string). A name without a version is a set of candidates, a word that states nothing
is NOASSERTION, and what no rule reads stays unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from licgraph.index import alias_key
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple

EXACT, SPELLING, PATTERN = 1.0, 0.9, 0.8


class Guess(NamedTuple):
    """What a name means: ids (several: candidates), the rule that read it and its confidence (0 to 1).

    ``joint`` holds one guess for each part of a string that names several licences.
    """

    name: str
    ids: tuple[str, ...]
    confidence: float
    evidence: str
    settle: str = ""
    joint: tuple[Guess, ...] = ()

    @property
    def kind(self) -> str:
        """`resolved`, `ambiguous`, `none stated`, `joint` or `unresolved`."""
        if self.joint:
            return "joint"
        if self.ids == ("NOASSERTION",):
            return "none stated"
        return ("unresolved", "resolved", "ambiguous")[min(len(self.ids), 2)]


def squash(name: str) -> str:
    """A spelling without what does not tell licences apart: case, punctuation, «the», «license», «version»."""
    text = name.casefold().replace("licence", "license")
    text = re.sub(r"[\"'“”‘’()\[\],:;*]", " ", text)
    text = re.sub(r"\b(the|licensed|licenses|license|under|agreement|version|ver|v(?=\.? ?\d)|software)\b\.?", " ", text)
    text = re.sub(r"(?<=[a-z])v(?=\d)", " ", text)
    return re.sub(r"[\s_\-/]+", "-", re.sub(r"\bv\.?(?=\d)", "", text)).strip("-. ")


def table(knowledge: Knowledge) -> Mapping[str, str]:
    """Squashed spellings that mean one licence, from ids, names and aliases; those of two licences left out."""
    found: dict[str, str] = {}
    clash: set[str] = set()
    for alias, license_id in knowledge.spellings():
        key = squash(alias)
        if len(key) < 2:
            continue
        if found.setdefault(key, license_id) != license_id:
            clash.add(key)
    return {k: v for k, v in found.items() if k not in clash}


def guess(name: str, knowledge: Knowledge) -> Guess:
    """What a free-text name of a licence means."""
    text = " ".join(name.split())
    exact = knowledge.resolve(text)
    if exact.ids:
        return Guess(name, exact.ids, EXACT, "a known name", exact.settle)
    if not text or alias_key(text) in knowledge.states_none:
        return Guess(name, ("NOASSERTION",), EXACT, "a word that states no licence")
    if "://" in text or re.match(r"(www\.|creativecommons\.org|opensource\.org)", text):
        return _url(name, text, knowledge)
    spellings = knowledge.squashed
    if squash(text) in spellings:
        return Guess(name, (spellings[squash(text)],), SPELLING, "a spelling of a known name")
    again = knowledge.resolve(squash(text))
    if again.ids:
        return Guess(name, again.ids, SPELLING, "a spelling of a known name", again.settle)
    joint = _joint(name, text, knowledge)
    if joint is not None:
        return joint
    for rule in (_creative_commons, _gnu, _bsd, _versionless):
        found = rule(name, text, knowledge)
        if found is not None:
            return found
    return Guess(name, (), 0.0, "no rule reads this name")


def _known(license_id: str, knowledge: Knowledge) -> bool:
    return license_id in knowledge.license_ids or knowledge.spdx_name(license_id) is not None


def _url(name: str, text: str, knowledge: Knowledge) -> Guess:
    if re.search(r"/(?:blob|raw|resolve)/|/tree/", text) and "huggingface.co/spaces" not in text:
        return Guess(name, (), 0.0, "the address of a file in a repository: its text decides")
    path = re.sub(r"^(https?://)?(www\.)?", "", text.casefold()).rstrip("/")
    cc = re.match(r"creativecommons\.org/(licenses|publicdomain)/([a-z\-+]+)/(\d\.\d)", path)
    if cc:
        element = {"zero": "CC0", "mark": ""}.get(cc.group(2), f"CC-{cc.group(2).upper()}")
        wanted = f"{element}-{cc.group(3)}"
        if element and _known(wanted, knowledge):
            return Guess(name, (wanted,), SPELLING, "the address of the licence")
    last = re.match(r"(?:spdx\.org/licenses|opensource\.org/licen[sc]es?|choosealicense\.com/licenses)/([a-z0-9.+\-]+?)(?:\.html|\.json)?$", path)
    if last:
        found = knowledge.resolve({"gpl-license": "gpl", "mit-license.php": "MIT", "apache2.0": "Apache-2.0"}.get(last.group(1), last.group(1)))
        if found.ids:
            return Guess(name, found.ids, SPELLING, "the address of the licence", found.settle)
    for pattern, meant in (
        (r"apache\.org/licenses/license-2\.0(\.txt|\.html)?$", "Apache-2.0"), (r"gnu\.org/licenses/(old-licenses/)?gpl-3\.0", "gpl-3.0"), (r"gnu\.org/licenses/(old-licenses/)?gpl-2\.0", "gpl-2.0"),
        (r"gnu\.org/licenses/agpl-3\.0", "agpl-3.0"), (r"gnu\.org/licenses/(old-licenses/)?lgpl-2\.1", "lgpl-2.1"), (r"gnu\.org/licenses/lgpl-3\.0", "lgpl-3.0"),
        (r"opendatacommons\.org/licenses/by/", "ODC-By-1.0"), (r"opendatacommons\.org/licenses/odbl/", "ODbL-1.0"), (r"opendatacommons\.org/licenses/pddl/", "PDDL-1.0"),
        (r"unlicense\.org$", "Unlicense"), (r"cdla\.(dev|io)/permissive-2-0", "CDLA-Permissive-2.0"), (r"cdla\.(dev|io)/sharing-1-0", "CDLA-Sharing-1.0"),
    ):  # fmt: skip
        if re.match(pattern, path):
            found = knowledge.resolve(meant)
            return Guess(name, found.ids, SPELLING, "the address of the licence", found.settle)
    return Guess(name, (), 0.0, "an address that no rule reads")


def _joint(name: str, text: str, knowledge: Knowledge) -> Guess | None:
    """Several licences in one string: each part must be read, or the whole stays unresolved."""
    if re.search(r"creative commons|attribution", text, re.IGNORECASE):
        return None
    parts = [p for p in re.split(r"\s*(?:,|;|\||&|/|\band\b|\bor\b|\+(?= ))\s*", text, flags=re.IGNORECASE) if p]
    if len(parts) < 2:
        return None
    guesses = tuple(guess(re.sub(r"\([^)]*\)", "", p).strip() or p, knowledge) for p in parts)
    if all(g.kind in ("resolved", "ambiguous") and not g.joint for g in guesses):
        return Guess(name, (), min(g.confidence for g in guesses), "several names in one string", "Do all apply (AND), or may one choose (OR)?", guesses)
    return Guess(name, (), 0.0, "several names, not all of which a rule reads") if any(g.ids for g in guesses) else None


_CC_REST = re.compile(
    r"\b(cc|by|nc|nd|sa|creative|commons?|attribution|non ?commercial|no ?deriv(ative|ativ)?s?|share ?alike|alike|international|unported|generic|public|license[ds]?|licence|version|v|the|under|a|an)\b"
)
"""The words of a Creative Commons name: a name with others in it says more than a rule reads."""


def _creative_commons(name: str, text: str, knowledge: Knowledge) -> Guess | None:
    low = text.casefold()
    if not re.match(r"(cc\b|cc[- ]?(by|0|zero)|creative[ -]?commons|attribution\b|by[- ](nc|sa|nd)\b)", low):
        return None
    if re.search(r"\bcc[- ]?0\b|\bcc[- ]?zero\b|\bzero\b", low):
        return Guess(name, ("CC0-1.0",), PATTERN, "the elements of a Creative Commons name")
    if not re.search(r"\bby\b|\battribution\b|cc-?by", low):
        return None
    elements = [e for e, p in (("NC", r"\bnc\b|non[- ]?commercial"), ("ND", r"\bnd\b|no[- ]?deriv"), ("SA", r"\bsa\b|share[- ]?alike")) if re.search(p, low)]
    stem = "-".join(["CC-BY", *elements])
    version = re.search(r"\b(\d)(?:\.(\d))?\b", low)
    if re.search(r"\b(igo|us|uk|de|fr|jp|at|nl|au|ported)\b", low) and not re.search(r"unported|international", low):
        return Guess(name, (), 0.0, "a national version of a Creative Commons licence, not told which")
    if _CC_REST.sub("", re.sub(r"[^a-z]+", " ", low)).strip():
        return Guess(name, (), 0.0, "a Creative Commons name among other words")
    if version:
        wanted = f"{stem}-{version.group(1)}.{version.group(2) or '0'}"
        if _known(wanted, knowledge):
            return Guess(name, (wanted,), PATTERN, "the elements and version of a Creative Commons name")
        return None
    candidates = tuple(f"{stem}-{v}" for v in ("2.0", "2.5", "3.0", "4.0") if f"{stem}-{v}" in knowledge.license_ids)
    return Guess(name, candidates, PATTERN, "a Creative Commons name without a version", "Which version?") if len(candidates) > 1 else None


def _gnu(name: str, text: str, knowledge: Knowledge) -> Guess | None:
    low = text.casefold()
    found = re.search(r"\b(affero|agpl|lesser|lgpl|library|gpl|gnu general public|general public)", low)
    if not found or (re.search(r"gnu|gpl", low) is None):
        return None
    word = {"affero": "AGPL", "agpl": "AGPL", "lesser": "LGPL", "lgpl": "LGPL", "library": "LGPL"}.get(found.group(1), "GPL")
    version = re.search(r"(\d)(?:\.(\d))?", low[found.start():])
    if version is None:
        plain = knowledge.resolve(word.casefold())
        return Guess(name, plain.ids, PATTERN, "a GNU licence without a version", plain.settle) if plain.ids else None
    number = f"{version.group(1)}.{version.group(2) or '0'}"
    later = re.search(r"\+|or (any )?later|or newer|-or-later", low) is not None
    only = re.search(r"\bonly\b", low) is not None
    if later or only:
        wanted = f"{word}-{number}-{'or-later' if later else 'only'}"
        return Guess(name, (wanted,), PATTERN, "a GNU name with its version") if _known(wanted, knowledge) else None
    both = knowledge.resolve(f"{word}-{number}".casefold())
    return Guess(name, both.ids, PATTERN, "a GNU name that does not say only or or-later", both.settle) if both.ids else None


def _bsd(name: str, text: str, knowledge: Knowledge) -> Guess | None:
    low = text.casefold()
    if not re.search(r"\bbsd\b|\bbsd-", low):
        return None
    count = re.search(r"\b([0-4])[- ]?clauses?\b|\bbsd[- ]([0-4])\b|\b(simplified|new|revised|modified)\b", low)
    if re.search(r"clear|patent|lbnl|attribution|open[- ]?mpi", low):
        return None
    if count:
        number = count.group(1) or count.group(2) or {"simplified": "2"}.get(count.group(3) or "", "3")
        wanted = {"0": "0BSD"}.get(number, f"BSD-{number}-Clause")
        return Guess(name, (wanted,), PATTERN, "a BSD name with its number of clauses") if _known(wanted, knowledge) else None
    if squash(text) == "bsd":
        plain = knowledge.resolve("bsd")
        return Guess(name, plain.ids, PATTERN, "a BSD name without its number of clauses", plain.settle)
    return None


def _versionless(name: str, text: str, knowledge: Knowledge) -> Guess | None:
    """Families whose versions differ: the candidates that are known."""
    families = {"apache": ("Apache-1.0", "Apache-1.1", "Apache-2.0"), "asl": ("Apache-1.0", "Apache-1.1", "Apache-2.0"), "mpl": ("MPL-1.1", "MPL-2.0"), "mozilla-public": ("MPL-1.1", "MPL-2.0"), "eclipse-public": ("EPL-1.0", "EPL-2.0"), "epl": ("EPL-1.0", "EPL-2.0"),
                "artistic": ("Artistic-1.0", "Artistic-2.0"), "cdla-permissive": ("CDLA-Permissive-1.0", "CDLA-Permissive-2.0"), "eupl": ("EUPL-1.1", "EUPL-1.2"), "afl": ("AFL-2.0", "AFL-2.1", "AFL-3.0"), "openmdw": ("OpenMDW-1.0", "OpenMDW-1.1")}  # fmt: skip
    candidates = families.get(squash(text), ())
    return Guess(name, candidates, PATTERN, "a family without a version", "Which version?") if candidates else None
