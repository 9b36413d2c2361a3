"""Which releases carry a licence, a component or a clause: the relicensing drill, pure.

What is looked for is settled first (`wanted`), then held against every statement of every component of a stack
(`in_stack`). Whether a thing is carried is the solver's word, never that of a label: a work that was found stands in a
release by every step that carries something of it, whatever the release itself is labelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TypeVar

from licgraph.answer import assess
from licgraph.errors import Fault, LicgraphError, StackError
from licgraph.expression import ExpressionFault, Leaf, Tree, Unsettled, parse, render
from licgraph.graph import Whole, released, whole
from licgraph.knowledge import RESERVED, Knowledge
from licgraph.light import NamedTuple
from licgraph.shapes import near
from licgraph.solver.carry import Context, carry
from licgraph.stack import Component, Evidence, Stack
from licgraph.verdict import Verdict

KINDS = ("license", "component", "clause")
ANYWHERE = ("relabel", "not-granted", "unknown-terms", "label-too-wide")
"""Clauses that the solver concludes of any licence, and no licence file states as such."""
EXIT = {"none": 0, "found": 1, "open": 3}
"""Where something is surely found, 1 comes before 3, as everywhere (design 5.3)."""
"""Exit codes. A list that may not be whole is open even where it is not empty: no one may take it for the whole."""
K = TypeVar("K")


class Wanted(NamedTuple):
    """What is looked for. ``kind`` is empty for a word that only what was read can settle: an id, or terms that are not known.

    ``ids``: licences, also of a clause; several where the name could mean any of them. ``clauses``: ids of clauses.
    ``source``: `org/name` of a component on the Hub; ``revision``: at which it is meant, if at one.
    """

    kind: str
    written: str
    ids: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    source: str = ""
    revision: str = ""


class Arrival(NamedTuple):
    """One component that is or bears what is looked for, and how it comes into the release.

    ``how``: declared (by the release itself), carried, used (by steps that carry nothing of it). ``stated``: where the terms stand.
    ``doubt``: why it may not be what is looked for; empty where it is. ``ways``: how the release can carry it.
    """

    component: str
    name: str
    source: str
    license: str
    stated: str
    how: str
    doubt: str
    path: tuple[str, ...]
    steps: tuple[str, ...]
    ways: tuple[str, ...]
    evidence: Evidence


class Found(NamedTuple):
    """A release that carries it. ``answer``: to the question that its stack asks, empty where it asks none.

    ``effect``: of a clause: `blocks`, `owed`, `owed-if` (under another value of an open question), or empty (carried only).
    """

    stack: str
    release: str
    name: str
    proposed: str
    answer: str
    effect: str
    arrivals: tuple[Arrival, ...]

    @property
    def sure(self) -> bool:
        """Whether one of them certainly is it."""
        return any(not a.doubt for a in self.arrivals)


class Open(NamedTuple):
    """Something that could be or hide what is looked for."""

    stack: str
    component: str
    why: str


class Seen(NamedTuple):
    """What one stack showed. ``aside``: components that are or bear it, from which nothing leads to a release."""

    releases: int
    found: tuple[Found, ...] = ()
    open: tuple[Open, ...] = ()
    aside: tuple[Open, ...] = ()
    known: bool = False
    """Whether the name that was looked for stands in it at all."""


class Row(NamedTuple):
    """One component of an inventory that is, bears or was made from it. ``depth``: steps from ``origin``, the nearest that is or bears it; ``source``: the one before it."""

    id: str
    license: str
    listed: bool
    how: str
    sure: bool
    depth: int
    source: str
    origin: str
    answer: str
    effect: str


class Inventory(NamedTuple):
    """What one inventory showed. ``unknown``: components whose terms are not known; ``not_listed``: sources that it names and does not list."""

    place: str
    components: int
    steps: int
    rows: tuple[Row, ...]
    unknown: int
    not_listed: int
    audited: bool
    known: bool


class Search(NamedTuple):
    """All that was looked at, in the order in which it was named. ``unread``: what was named and could not be read."""

    wanted: Wanted
    stacks: int
    seen: tuple[Seen, ...]
    inventories: tuple[Inventory, ...]
    unread: tuple[tuple[str, LicgraphError], ...]
    as_of: str
    profile: str

    @property
    def state(self) -> str:
        """none, found (all that there is), or open (there may be more, or less)."""
        rows = [r for i in self.inventories for r in i.rows]
        doubtful = any(not f.sure for s in self.seen for f in s.found) or any(not r.sure for r in rows)
        if self.unread or doubtful or any(s.open for s in self.seen) or any(i.unknown or i.not_listed for i in self.inventories):
            return "open"
        return "found" if rows or any(s.found for s in self.seen) else "none"

    @property
    def exit_code(self) -> int:
        """1 where something surely carries it, whether the list is whole or not."""
        sure = any(f.sure for s in self.seen for f in s.found) or any(r.sure for i in self.inventories for r in i.rows)
        return EXIT["found" if sure else self.state]


# ------------------------------------------------------------------ what is looked for


def wanted(what: str, knowledge: Knowledge, kind: str = "") -> Wanted:
    """What a word of the command line means. kind: one of KINDS, where it is said. Raises StackError for what is none."""
    what = what.strip()
    if not what:
        raise StackError(Fault("WHAT", 0, "", "nothing is named", "Name a licence, a component (hf:org/name or an id) or a clause (LICENSE/clause)"))
    if kind == "component" or (not kind and what.startswith("hf:")):
        source, _, revision = what.removeprefix("hf:").partition("@")
        return Wanted("component", what, source=knowledge.hub_name(source) or source, revision=revision)
    ids = _ids(what, knowledge)
    if ids and kind != "clause":
        return Wanted("license", what, ids)
    head, sign, rest = what.partition("/")
    if sign and (ids := _ids(head, knowledge)):
        return _clause(what, ids, rest, knowledge)
    if kind:
        raise unknown(what, kind, knowledge, ())
    return Wanted("", what)


def _ids(name: str, knowledge: Knowledge) -> tuple[str, ...]:
    """The licences that a name could mean; none for one that means none, and for an expression of several."""
    try:
        tree = parse(name, knowledge)
    except ExpressionFault:
        return ()
    if isinstance(tree, Unsettled):
        return tuple(leaf.id for leaf in tree.parts)
    return (tree.id,) if isinstance(tree, Leaf) and _is_known(tree.id, knowledge) else ()


def _is_known(license_id: str, knowledge: Knowledge) -> bool:
    base = license_id.partition(" WITH ")[0]
    return base in RESERVED or bool(knowledge.resolve(base).ids)


def _clause(what: str, ids: tuple[str, ...], name: str, knowledge: Knowledge) -> Wanted:
    """A clause by its id, as reports print it, or by its place in the text; one place can hold several."""
    stated = [c for i in ids for c in knowledge.license(i).clauses]
    found = tuple(dict.fromkeys(c.id for c in stated if name in (c.id, c.cite))) or ((name,) if name in ANYWHERE else ())
    if not found:
        known = dict.fromkeys(c.id for c in stated)
        cure = f"Clauses: {', '.join(known)}" if known else "Its clauses have not been read"
        raise StackError(Fault(what, 0, "", f"{ids[0]} has no clause `{name}`{near(name, known)}", f"{cure}. A component of that name: hf:{what}, or --kind component"))
    return Wanted("clause", what, ids, found)


def unknown(what: str, kind: str, knowledge: Knowledge, there: Iterable[str]) -> StackError:
    """The fault of a name that is neither known nor found. there: names that stand in what was read."""
    thing = {"license": "no licence of that name is known", "clause": "this is no clause of a known licence"}.get(kind, "no licence of that name is known, and no component or label that was read has it")
    meant = tuple(dict.fromkeys((*knowledge.near(what.partition("/")[0]), *_near(what, there))))
    return StackError(Fault(what, 0, "", thing, f"Near names: {', '.join(meant)}" if meant else "See licgraph licenses list; a component of the Hub is written hf:org/name"))


def _near(what: str, there: Iterable[str]) -> list[str]:
    import difflib

    return difflib.get_close_matches(what, sorted(set(there)), 3, 0.7)


# ------------------------------------------------------------------ what a statement says


def says(tree: Tree, wanted: Wanted, knowledge: Knowledge) -> str:
    """Whether terms are among those looked for: yes, maybe (an ambiguous name), unknown (nothing is known of them), or no."""
    if isinstance(tree, Leaf):
        if tree.id in wanted.ids or tree.id.partition(" WITH ")[0] in wanted.ids or (not wanted.kind and tree.id.casefold() == wanted.written.casefold()):
            return "yes"
        return "unknown" if tree.id == "NOASSERTION" or not _is_known(tree.id, knowledge) else "no"
    found = {says(part, wanted, knowledge) for part in tree.parts}
    if isinstance(tree, Unsettled):
        return "yes" if found == {"yes"} else "maybe" if "yes" in found else "no"
    return next(word for word in ("yes", "maybe", "unknown", "no") if word in found)


def is_named(wanted: Wanted, ident: str, source: str, revision: str, knowledge: Knowledge) -> str:
    """Whether a component is the one looked for: yes, maybe (its revision is not stated), or no."""
    if wanted.kind not in ("component", ""):
        return "no"
    if ident == wanted.written:
        return "yes"
    name, _, at = source.removeprefix("hf:").partition("@")
    if not name or (knowledge.hub_name(name) or name).casefold() != (wanted.source or wanted.written).casefold():
        return "no"
    stated = revision or at
    if not wanted.revision or (stated and (stated.startswith(wanted.revision) or wanted.revision.startswith(stated))):
        return "yes"
    return "no" if stated else "maybe"


# ------------------------------------------------------------------ a stack


def in_stack(name: str, stack: Stack, knowledge: Knowledge, wanted: Wanted, profile: str, as_of: str) -> Seen:
    """Every release of a stack with what of it is looked for. A stack that names no release is asked for everything that nothing in it was made from."""
    graph = whole(stack, knowledge)
    sources = {e.source for e in stack.edges}
    releases = [stack.release.component] if stack.release else [c for c in stack.components if c not in sources]
    bearing: dict[str, tuple[str, str, str]] = {}
    opened = [Open(name, u.component, f"not read: {u.source}: {u.why}") for u in stack.unread]
    for part in stack.components.values():
        word, stated, terms = _bears(part, stack, wanted, knowledge)
        if word in ("yes", "maybe"):
            bearing[part.id] = (_doubt(word, wanted, terms), stated, terms)
        elif word == "unknown":
            opened.append(Open(name, part.id, f"its terms are not known ({terms}), so they may be these"))
    found, led = [], set[str]()
    for release in releases:
        one = _release(name, release, stack, knowledge, graph, bearing, wanted, profile, as_of)
        if one is not None:
            found.append(one)
            led |= {a.component for a in one.arrivals}
    aside = tuple(Open(name, part, "no path leads from it to what is released") for part in bearing if part not in led)
    return Seen(len(releases), tuple(found), tuple(opened), aside, bool(bearing))


def _bears(part: Component, stack: Stack, wanted: Wanted, knowledge: Knowledge) -> tuple[str, str, str]:
    """The surest word of a component's statements, where that one stands, and its terms."""
    named = is_named(wanted, part.id, part.source, part.revision, knowledge)
    if named != "no" or wanted.kind == "component":
        return named, "", render(part.license) if part.license is not None else ""
    found = [(says(tree, wanted, knowledge), where, render(tree)) for where, tree in _stated(part, stack)]
    return min(found, key=lambda f: ("yes", "maybe", "unknown", "no").index(f[0]), default=("no", "", ""))


def _stated(part: Component, stack: Stack) -> Iterator[tuple[str, Tree]]:
    """Every statement of terms about a component, and where it stands."""
    if part.license is not None:
        yield "license", part.license
    if part.declared is not None and part.declared != part.license:
        yield "declared", part.declared
    for tree in part.additional:
        yield "additional-terms", tree
    for label in part.labels:
        yield f"label ({label.where})", label.says
    if part.contents is not None:
        yield "contents", part.contents
    if stack.release is not None and stack.release.component == part.id and stack.release.license is not None:
        yield "release", stack.release.license


def _doubt(word: str, wanted: Wanted, terms: str) -> str:
    if word != "maybe":
        return ""
    return f"its revision is not stated, and {wanted.revision} is looked for" if wanted.kind == "component" else f"`{terms}` can mean other terms too"


def _release(name: str, release: str, stack: Stack, knowledge: Knowledge, graph: Whole, bearing: Mapping[str, tuple[str, str, str]], wanted: Wanted, profile: str, as_of: str) -> Found | None:
    if not bearing:
        return None
    by_steps = walk([release], lambda n: (e.source for e in graph.sources[n] if carries(e.relation, knowledge)))
    at_all = walk([release], lambda n: (e.source for e in graph.sources[n]))
    here = [part for part in bearing if part in at_all]
    if not here:
        return None
    ways = _ways(stack, knowledge, graph, release, as_of)
    arrivals = []
    for part in sorted(here, key=lambda p: (at_all[p][0], p)):
        component = stack.components[part]
        doubt, stated, terms = bearing[part]
        carried = part in by_steps and (component.ours or part in ways)
        path = _path(part, by_steps if part in by_steps else at_all)
        steps = tuple(_relation(graph, source, result, knowledge) for source, result in pairwise(path))
        how = "declared" if part == release else "carried" if carried else "used"
        arrivals.append(Arrival(part, component.name or part, component.source, terms, stated, how, doubt, path, steps, ways.get(part, ()) if part != release else (), component.evidence))
    verdict = _verdict(stack, knowledge, profile, as_of)
    answer, proposed = (verdict.answer, verdict.proposed) if verdict else ("", "")
    return Found(name, release, stack.components[release].name or release, proposed, answer, _effect(verdict, wanted), tuple(arrivals))


def carries(relation: str, knowledge: Knowledge) -> bool:
    """Whether a step can put anything of its source into its result."""
    return bool(knowledge.relations[relation].carries) or bool(knowledge.relations[relation].over_data)


def walk(starts: Iterable[K], after: Callable[[K], Iterable[K]]) -> dict[K, tuple[int, K | None, K]]:
    """All that can be reached, nearest first: its distance, the one before it (None for a start) and the start. Each once, so circles end."""
    found: dict[K, tuple[int, K | None, K]] = {start: (0, None, start) for start in starts}
    waiting = list(found)
    for at in waiting:
        distance, _, start = found[at]
        for other in after(at):
            if other not in found:
                found[other] = (distance + 1, at, start)
                waiting.append(other)
    return found


def _path(part: str, found: Mapping[str, tuple[int, str | None, str]]) -> tuple[str, ...]:
    path, at = [part], found[part][1]
    while at is not None:
        path.append(at)
        at = found[at][1]
    return tuple(path)


def _relation(graph: Whole, source: str, result: str, knowledge: Knowledge) -> str:
    """The relation of a step; of several between two things one that carries."""
    found = [e.relation for e in graph.sources[result] if e.source == source]
    return next((r for r in found if carries(r, knowledge)), found[0])


def _ways(stack: Stack, knowledge: Knowledge, graph: Whole, release: str, as_of: str) -> dict[str, tuple[str, ...]]:
    """How the release can carry each component, whichever way the open questions go."""
    context = Context(stack, released(graph, release), knowledge, as_of)
    context.carry = carried = carry(context)
    found: dict[str, dict[str, None]] = {}
    for states in carried.held[release].values():
        for (state, _), held in states.items():
            for origin in carried.origins(held.origins):
                found.setdefault(origin, {})[state.way] = None
    return {origin: tuple(ways) for origin, ways in found.items()}


def _verdict(stack: Stack, knowledge: Knowledge, profile: str, as_of: str) -> Verdict | None:
    try:
        return assess(stack, knowledge, profile, as_of=as_of, options=False)
    except StackError:  # nothing is released, or under words that are no offer
        return None


def _effect(verdict: Verdict | None, wanted: Wanted) -> str:
    if verdict is None or wanted.kind != "clause":
        return ""

    def meant(license_id: str, clause: str) -> bool:
        return license_id.partition(" WITH ")[0] in wanted.ids and clause in wanted.clauses

    if any(meant(b.license, b.clause) for b in verdict.blockers):
        return "blocks"
    owed = [d.rests_on for d in verdict.duties if meant(d.license, d.clause)]
    return "" if not owed else "owed" if not all(owed) else "owed-if"
