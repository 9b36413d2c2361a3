"""What a licence says: clauses as read from its text, and the shape of a licence file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from licgraph.light import NamedTuple
from licgraph.shapes import Choice, Date, Either, Flag, ListOf, MapOf, Number, Record, Shape, Str

ACTS = ("use", "copy", "modify", "link", "train", "distil", "distribute", "publish-outputs", "serve")
"""Acts a clause can speak of. The first six are done to a thing while making; the rest release one."""

WAYS = {
    "this work itself": "copy",
    "changed version": "derivative",
    "program linked with it": "linked",
    "model trained on it": "trained",
    "model made from its outputs": "extracted",
    "its outputs": "output",
}
"""How a thing can carry a work, in the words of a licence file, with the ids used inside."""

SILENCES = {"linking": "linked", "training": "trained", "distillation": "extracted", "outputs": "output"}
"""Silences that decide a reach; `adapters` and `quantisation` may be listed too and decide nothing."""

TREATED = ("adapter", "quantised copy", "model made from its outputs", "substantial part")
NATURES = ("travels", "binds", "fixes", "ban")
KINDS = ("grant", "condition", "prohibition", "definition", "for-counsel")
RELABEL = ("any", "own-part-only", "no", "unclear")
FORMS = ("weights", "source", "binary", "dataset", "outputs", "service", "internal")
RECIPIENTS = ("own", "affiliates", "contractors", "customers", "public")
COMPONENT_KINDS = ("weights", "adapter", "code", "dataset", "outputs", "service", "document")

_ways = Choice(tuple(WAYS))
_words = ListOf(Str(), or_one=True)
_id = Str("a name in lower case, such as share-alike", r"[a-z0-9]+(-[a-z0-9.]+)*")
_tests = Record(
    {
        "purpose": _words,
        "our-purpose": _words,
        "relation": _words,
        "changed-by": ListOf(Choice(("us",)), or_one=True),
        "result-made-from": _words,
        "form": ListOf(Choice(FORMS), or_one=True),
        "to": ListOf(Choice(RECIPIENTS), or_one=True),
        "kind": ListOf(Choice(COMPONENT_KINDS), or_one=True),
        "assumption": MapOf(_words),
        "fact": MapOf(_words),
    }
)
_clause = Record(
    {
        "id": _id,
        "kind": Choice(KINDS),
        "cite": Str(),
        "quote": Str(),
        "reading": Str(),
        "duty": _id,
        "value": Str(),
        "nature": Choice(NATURES),
        "acts": Either(Choice(("all",)), Record({}), ListOf(Choice(ACTS))),
        "reaches": ListOf(_ways),
        "when": _tests,
        "unless": _tests,
        "limit": Record({"fact": Str(), "over": Number()}, ("fact", "over")),
        "fixes": Record({"to": ListOf(Str()), "scope": Choice(("work", "file")), "or-param": Str()}, ("to",)),
        "lifted-by-param": Str(),
        "treats": Record(
            {
                "adapter": _ways,
                "quantised copy": _ways,
                "model made from its outputs": _ways,
                "substantial part": _ways,
                "when": _tests,
            }
        ),
        "basis": ListOf(Choice(("right", "contract")), least=1),
        "rests-on": MapOf(_words),
        "same-as": Str("a clause of another licence, LICENSE/clause", r"[^/\s]+/[a-z0-9.-]+"),
        "review": Record({"status": Choice(("draft", "reviewed", "disputed")), "by": Str(), "on": Date(), "of": Str("64 hex digits", "[0-9a-f]{64}"), "why": Str()}, ("status",)),
    },
    required=("id", "kind", "cite", "quote", "reading"),
)
_text = Record({"source": Str(), "file": Str(), "date": Str(), "retrieved": Date(), "sha256": Str("64 hex digits", "[0-9a-f]{64}")}, ("source", "sha256"))
_aliases = Record({"hub": ListOf(Str()), "names": ListOf(Str()), "scancode": ListOf(Str())})
_section = Record({"cite": Str(), "starts": Str(), "as": Either(Choice(("boilerplate",)), Record({}), ListOf(_id, least=1)), "about": Str()}, ("cite", "starts", "as"))
_change = Record(
    {"clause": _id, "no-longer-reaches": ListOf(_ways, least=1), "cite": Str(), "quote": Str(), "reading": Str()},
    ("clause", "no-longer-reaches", "cite", "quote", "reading"),
)
_instrument = Record({"id": _id, "name": Str(), "where": Str(), "text": _text, "reading": Str()}, ("id", "name"))

LICENSE_FILE: Shape = Record(
    {
        "id": Str(),
        "name": Str(),
        "version": Str(),
        "text": _text,
        "partial": Str("what of the text was not at hand"),
        "review": Record({"status": Choice(("draft", "reviewed", "disputed")), "by": Str(), "on": Date(), "of": Str("64 hex digits", "[0-9a-f]{64}")}, ("status",)),
        "written-for": ListOf(Choice(("code", "data", "content", "weights", "service")), least=1),
        "basis": ListOf(Choice(("right", "contract")), least=1),
        "spdx": Record({"osi-approved": Flag(), "fsf-libre": Flag(), "deprecated": Flag()}),
        "aliases": _aliases,
        "instruments": ListOf(_instrument),
        "relabel": Record({"value": Choice(RELABEL), "cite": Str(), "quote": Str(), "reading": Str(), "reaches": ListOf(_ways), "acts": ListOf(Choice(ACTS))}, ("value", "cite", "quote", "reading")),
        "further-restrictions": Record({"cite": Str(), "quote": Str(), "reading": Str(), "tolerates": ListOf(_id), "source": Str()}, ("cite", "quote", "reading", "tolerates")),
        "not-released-to": Record({"to": ListOf(Choice(RECIPIENTS), least=1), "cite": Str(), "quote": Str(), "reading": Str()}, ("to", "cite", "quote", "reading")),
        "rests-on": MapOf(MapOf(_words)),
        "silent-on": ListOf(Choice((*SILENCES, "adapters", "quantisation"))),
        "params": ListOf(Str()),
        "changes-to": Record({"license": Str("a name under params"), "on": Str("a name under params"), "cite": Str(), "quote": Str(), "reading": Str()}, ("license", "on", "cite", "quote", "reading")),
        "clauses": ListOf(_clause, least=1),
        "sections": ListOf(_section, least=1),
        "notes": Str(),
    },
    required=("id", "name", "text", "review", "written-for", "basis", "relabel", "silent-on", "clauses", "sections"),
)

EXCEPTION_FILE: Shape = Record(
    {
        "id": Str(),
        "name": Str(),
        "exception-to": ListOf(Str(), least=1),
        "text": _text,
        "review": Record({"status": Choice(("draft", "reviewed", "disputed")), "by": Str(), "on": Date(), "of": Str("64 hex digits", "[0-9a-f]{64}")}, ("status",)),
        "aliases": _aliases,
        "changes": ListOf(_change, least=1),
        "sections": ListOf(_section, least=1),
        "notes": Str(),
    },
    required=("id", "name", "exception-to", "text", "review", "changes", "sections"),
)


class Test(NamedTuple):
    """A conjunction of plain tests: each key must hold, any one of its values suffices."""

    items: tuple[tuple[str, tuple[str, ...]], ...] = ()
    assumptions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    facts: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.items or self.assumptions or self.facts)


class Clause(NamedTuple):
    """One provision: which acts it speaks of, which ways of carrying it reaches, what it costs.

    ``reaches`` holds way ids named by the text itself; ways on which the licence is silent are
    reached by default (design of the solver, `solver/reach.py`) and stand in ``License.silent``. ``spared``
    are ways that an exception takes out of its reach, the default included.
    """

    license: str
    id: str
    kind: str
    cite: str
    quote: str
    reading: str
    duty: str = ""
    value: str = ""
    nature: str = ""
    acts: frozenset[str] = frozenset()
    reaches: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()
    when: Test = Test()
    unless: Test = Test()
    limit: tuple[str, float] | None = None
    fixes_to: frozenset[str] | None = None
    fixes_file: bool = False
    fixes_param: str = ""
    lifted_by_param: str = ""
    treats: tuple[tuple[str, str], ...] = ()
    treats_when: Test = Test()
    basis: tuple[str, ...] = ()
    rests_on: tuple[tuple[str, tuple[str, ...]], ...] = ()
    review: str = "draft"

    @property
    def ref(self) -> str:
        """The id used outside its own file: ``LICENSE/clause``."""
        return f"{self.license}/{self.id}"


class Relabel(NamedTuple):
    """May a work made from it carry another licence as a whole?"""

    value: str
    cite: str
    quote: str
    reading: str
    reaches: frozenset[str] = frozenset({"copy", "derivative"})
    acts: frozenset[str] = frozenset({"distribute"})


class FurtherRestrictions(NamedTuple):
    """A licence that forbids further restrictions: the duties of others it tolerates."""

    cite: str
    quote: str
    reading: str
    tolerates: frozenset[str]


@dataclass(frozen=True, repr=False)
class License:
    """One licence version. ``state`` is `encoded`, `unknown` (terms not read) or a reserved word.

    ``params``: what a licensor fills in (BUSL, EPL); ``changes_to``: the two of them that name the licence which
    takes its place, and the day. ``not_to``: recipients to whom handing it over is no release by the licence's own definition.
    ``partial``: what of its text was not at hand; such a licence can forbid by what was read, and never allow.
    """

    id: str
    name: str
    version: str = ""
    basis: tuple[str, ...] = ("right",)
    relabel: Relabel | None = None
    further: FurtherRestrictions | None = None
    silent: frozenset[str] = frozenset()
    rests_on: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = field(default_factory=dict, hash=False)
    clauses: tuple[Clause, ...] = ()
    review: str = "draft"
    state: str = "encoded"
    not_to: frozenset[str] = frozenset({"own"})
    params: tuple[str, ...] = ()
    changes_to: tuple[str, str] | None = None
    written_for: tuple[str, ...] = ()
    partial: str = ""

    @cached_property
    def asks(self) -> frozenset[str]:
        """What its clauses ask of a situation (`form`, `purpose`, `relation` …)."""
        return frozenset(name for c in self.clauses for test in (c.when, c.unless) for name, _ in test.items)

    @cached_property
    def names(self) -> bool:
        """Whether a clause of it prescribes how a model's name begins."""
        return any(c.duty == "name-prefix" for c in self.clauses)

    @property
    def fixes(self) -> tuple[Clause, ...]:
        """Clauses that fix the licence of the work or its files."""
        return tuple(c for c in self.clauses if c.fixes_to is not None)

    def becomes(self, way: str) -> frozenset[str]:
        """Licences that a work carrying this one so may be under, by this one's own words."""
        ways = {"copy", way} | ({"derivative"} if way in self.silent else set())
        return frozenset({self.id}).union(*(c.fixes_to for c in self.clauses if c.fixes_to is not None and c.reaches & ways))


def _test(found: Mapping[str, Any] | None) -> Test:
    if not found:
        return Test()
    plain = tuple((k, tuple(v)) for k, v in found.items() if not k.startswith("__") and k not in ("assumption", "fact"))
    return Test(
        plain,
        tuple((k, tuple(v)) for k, v in found.get("assumption", {}).items()),
        tuple((k, tuple(v)) for k, v in found.get("fact", {}).items()),
    )


def _way_ids(words: Any) -> frozenset[str]:
    return frozenset(WAYS[w] for w in words or ())


def clause_from(found: Mapping[str, Any], license_id: str, review: str, basis: tuple[str, ...], natures: Mapping[str, str]) -> Clause:
    """A clause from what its file says; ``natures`` gives a duty's nature where the clause names none."""
    acts = found.get("acts", ())
    treats = found.get("treats") or {}
    fixes = found.get("fixes")
    limit = found.get("limit")
    duty = found.get("duty", "")
    return Clause(
        license=license_id,
        id=found["id"],
        kind=found["kind"],
        cite=found["cite"],
        quote=found["quote"],
        reading=found["reading"],
        duty=duty,
        value=found.get("value", ""),
        nature=found.get("nature", natures.get(duty, "ban" if found["kind"] == "prohibition" else "")),
        acts=frozenset(ACTS) if acts == "all" else frozenset(acts),
        reaches=_way_ids(found.get("reaches")),
        when=_test(found.get("when")),
        unless=_test(found.get("unless")),
        limit=(limit["fact"], float(limit["over"])) if limit else None,
        fixes_to=frozenset(fixes["to"]) if fixes else None,
        fixes_file=bool(fixes and fixes.get("scope") == "file"),
        fixes_param=fixes.get("or-param", "") if fixes else "",
        lifted_by_param=found.get("lifted-by-param", ""),
        treats=tuple((k, WAYS[v]) for k, v in treats.items() if k in TREATED),
        treats_when=_test(treats.get("when")),
        basis=tuple(found.get("basis", basis)),
        rests_on=tuple((k, tuple(v)) for k, v in (found.get("rests-on") or {}).items()),
        review=(found.get("review") or {}).get("status", review),
    )


def license_from(found: Mapping[str, Any], natures: Mapping[str, str], state: str = "encoded") -> License:
    """A licence from what its file says (already read through `LICENSE_FILE`)."""
    review = found["review"]["status"]
    basis = tuple(found["basis"])
    relabel = found.get("relabel")
    further = found.get("further-restrictions")
    return License(
        id=found["id"],
        name=found["name"],
        version=found.get("version", ""),
        basis=basis,
        relabel=Relabel(
            relabel["value"],
            relabel["cite"],
            relabel["quote"],
            relabel["reading"],
            _way_ids(relabel.get("reaches")) or frozenset({"copy", "derivative"}),
            frozenset(relabel.get("acts") or {"distribute"}),
        )
        if relabel
        else None,
        further=FurtherRestrictions(further["cite"], further["quote"], further["reading"], frozenset(further["tolerates"])) if further else None,
        silent=frozenset(SILENCES[w] for w in found.get("silent-on", ()) if w in SILENCES),
        rests_on={("copy-of-weights" if way == "weights under it" else WAYS[way]): tuple((k, tuple(v)) for k, v in tests.items()) for way, tests in (found.get("rests-on") or {}).items()},
        clauses=tuple(clause_from(c, found["id"], review, basis, natures) for c in found["clauses"]),
        review=review,
        state=state,
        not_to=frozenset({"own", *(found.get("not-released-to") or {}).get("to", ())}),
        params=tuple(found.get("params", ())),
        changes_to=(found["changes-to"]["license"], found["changes-to"]["on"]) if found.get("changes-to") else None,
        written_for=tuple(found.get("written-for", ())),
        partial=found.get("partial", ""),
    )
