"""From what readers found to a stack: statements become licences, references become components, gaps are kept.

Nothing is guessed: a component whose own statement nobody looked for is unknown, one that was looked at and
states nothing grants nothing, and steps that run in a circle leave what stands on them unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from licgraph.errors import Fault, StackError
from licgraph.expression import AllOf, ExpressionFault, Leaf, OneOf, Tree, Unsettled, parse, render
from licgraph.inputs.draft import Draft, Part, Said, Step
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.names import Guess, guess
from licgraph.stack import LABEL_PLACES, Component, Edge, Label, Notice, Release, Stack, Unread, default_form, default_recipients


class Terms(NamedTuple):
    """The licence of a part as a stack holds it: one statement, or several that differ; ``known``: from our tables."""

    license: Tree | None
    written: str
    labels: tuple[Label, ...] = ()
    concluded: Tree | None = None
    known: str = ""


def tree_of(written: str, knowledge: Knowledge) -> Tree:
    """What a stated licence means: an expression, one name, or several names that then all apply. Unreadable names are unknown."""
    written = " ".join("".join(c if c.isprintable() else " " for c in written).split()) or "terms"
    if re.search(r"\b(?:AND|OR|WITH)\b", written):  # an expression before anything that only looks like names
        try:
            return _written_out(parse(written, knowledge))
        except ExpressionFault:
            pass
    found = guess(written, knowledge)
    if found.joint:
        parts = tuple(_among_others(_of_guess(g), knowledge) for g in found.joint)
        return OneOf(parts) if " or " in written.casefold() and " and " not in written.casefold() else AllOf(parts)
    if found.ids:
        return _of_guess(found)
    try:
        tree = parse(written, knowledge)
    except ExpressionFault:
        return _unknown(written)
    return tree if isinstance(tree, Leaf) else _written_out(tree)


def _unknown(written: str) -> Leaf:
    """Terms that no rule reads, under a name that no licence has."""
    return Leaf("LicenseRef-unknown-" + (re.sub(r"[^A-Za-z0-9.]+", "-", written).strip("-.")[:60] or "terms"), written)


def _written_out(tree: Tree) -> Tree:
    """A tree whose every leaf can stand in an expression: free-text names among others get a name of their own."""
    if isinstance(tree, Leaf):
        return tree if re.fullmatch(r"[A-Za-z0-9.+:-]+(?: WITH [A-Za-z0-9.-]+)?", tree.id) else _unknown(tree.id)
    return tree if isinstance(tree, Unsettled) else type(tree)(tuple(_written_out(p) for p in tree.parts))


def _among_others(tree: Tree, knowledge: Knowledge) -> Tree:
    """A name of several candidates, if an expression that holds it is read so again; else its terms are unknown."""
    if not isinstance(tree, Unsettled):
        return tree
    try:
        again = parse(f"MIT AND {tree.name}", knowledge)
    except ExpressionFault:
        return _unknown(tree.name)
    return tree if isinstance(again, AllOf) and again.parts[1:] == (tree,) else _unknown(tree.name)


def _of_guess(found: Guess) -> Tree:
    leaves = tuple(Leaf(i, found.name) for i in found.ids)
    return leaves[0] if len(leaves) == 1 else Unsettled(found.name, leaves, found.settle)


def all_apply(names: Sequence[str]) -> str:
    """Several licences of one part, written so that all apply."""
    plain = list(dict.fromkeys(n.strip() for n in names if n.strip()))
    return plain[0] if len(plain) == 1 else ", ".join(plain)


def ranked(part: Part) -> list[Said]:
    """Its statements in the order in which they count: what was stated before template defaults, then by place."""
    return sorted(part.said, key=lambda s: (bool(s.note), LABEL_PLACES.index(s.where)))


def terms_of(part: Part, knowledge: Knowledge) -> Terms:
    """The licence of a part that is not ours."""
    house = knowledge.concluded(part.source, part.revision) if part.source else None
    if house is not None or part.concluded:
        written = house["license"] if house else part.concluded
        declared = tree_of(ranked(part)[0].written, knowledge) if part.said else None
        return Terms(declared, ranked(part)[0].written if part.said else "", (), tree_of(written, knowledge), f"concluded by {house['by']}, {house['date']}" if house else "")
    said = ranked(part)
    trees = [tree_of(s.written, knowledge) for s in said]
    if len({render(t) for t in trees}) > 1:
        labels = tuple(Label(s.where, t, s.date) for s, t in zip(said, trees, strict=True))
        return Terms(None, "", labels)
    if trees:
        return Terms(trees[0], said[0].written)
    known = knowledge.component(part.source) if part.source else None
    if known is not None:
        return Terms(tree_of(known["license"], knowledge), "", (), None, f"{known['source']}, {known['date']}")
    word = "NONE" if part.looked and not part.unnamed else "NOASSERTION"
    return Terms(Leaf(word, word), word)


def origins(draft: Draft, knowledge: Knowledge) -> None:
    """Adds what our tables say of the sources named: the works that a re-upload is a copy of."""
    for part in list(draft.parts.values()):
        copied = knowledge.hub_names["copies"].get(part.source.removeprefix("hf:")) if part.source.startswith("hf:") else None
        if copied is not None and not draft.sources_of(part.id):
            draft.part(copied["of"], "weights", source=f"hf:{copied['of']}", name=copied["of"].rsplit("/", 1)[-1], evidence=part.evidence)
            draft.step(part.id, copied["relation"], copied["of"], part.evidence, f"{part.id} is a copy of {copied['of']} ({copied['source']}, {copied['date']})", confidence=0.9)
            if not part.said and not part.looked and knowledge.component(part.source) is None:
                part.say("registry", "NO-CLAIM", part.evidence, f"a copy of {copied['of']} that adds nothing of its own")


def released(draft: Draft) -> str:
    """The part that is released: the one that the sources name, else the only one of ours that nothing is made from."""
    if draft.release:
        return draft.release
    used = {s.source for s in draft.steps.values()}
    last = [p.id for p in draft.parts.values() if p.id not in used and p.ours]
    return last[0] if len(last) == 1 else ""


def stack_of(draft: Draft, knowledge: Knowledge) -> Stack:
    """The stack. Raises StackError when nothing was found in the sources."""
    shown = next(iter(draft.inputs), "the input")
    if not draft.parts:
        raise StackError(Fault(shown, 0, "", "it names no component, so nothing can be decided", "Name a file that says what was made from what, or write a licgraph.yaml"))
    origins(draft, knowledge)
    release = released(draft)
    steps, circles = _without_circles(draft)
    unread = [*draft.unread, *circles]
    made = {s.result for s in draft.steps.values()}
    components = {p.id: _component(p, p.id == release, p.id in made, knowledge) for p in draft.parts.values()}
    if release and components[release].ours and draft.parts[release].unnamed and not draft.parts[release].said:
        place, _, why = draft.parts[release].unnamed.partition(" states ")
        unread.append(Unread(place, f"states {why}", release))
    edges = tuple(Edge(s.result, s.relation, s.source, s.purpose, s.accepted_terms, False, s.evidence.line, s.inferred, s.evidence, s.confidence) for s in steps)
    asked = None
    if release:
        proposed = proposal(draft.parts[release])
        form = draft.form or default_form(components[release].kind)
        label = tree_of(proposed.written, knowledge) if proposed else None
        if label is None or not _offers(label):
            asked = Release(release, form=form, to=default_recipients(form))
        else:
            use = "non-commercial" if _non_commercial(label, knowledge) else "any"
            asked = Release(release, label, proposed.written if proposed else "", form, use, default_recipients(form), "" if use == "any" else use)
    return Stack(components=components, edges=edges, release=asked, unread=tuple(unread), notices=(*draft.notices, *notices_of(draft, knowledge)), inputs=tuple(sorted(draft.inputs.items())))


def _non_commercial(tree: Tree, knowledge: Knowledge) -> bool:
    """Whether a label lets recipients do no more than non-commercial things, whichever of its licences counts."""
    if isinstance(tree, Leaf):
        return any(c.duty == "no-commercial-use" for c in knowledge.license(tree.id).clauses)
    return (any if isinstance(tree, AllOf) else all)(_non_commercial(p, knowledge) for p in tree.parts)


def _offers(tree: Tree) -> bool:
    """Whether it is a licence that could be offered (not the word for none)."""
    return not (isinstance(tree, Leaf) and tree.id in ("NOASSERTION", "NONE", "NO-CLAIM"))


def proposal(part: Part) -> Said | None:
    """The label that the released part carries: the statement that counts most."""
    said = ranked(part)
    return said[0] if said else None


def _component(part: Part, is_release: bool, made: bool, knowledge: Knowledge) -> Component:
    """``made``: the sources say what it was made from, which then brings its own terms."""
    ours = (part.ours or is_release) and not part.theirs
    label = proposal(part) if ours and not is_release else None  # what is released has its label in the question
    own = tree_of(label.written, knowledge) if label else None
    terms = terms_of(part, knowledge) if not ours else Terms(own, label.written) if label and own and _offers(own) else Terms(None, "")
    origin = knowledge.component(part.source) if part.source and not ours else None
    contents = part.contents or (origin or {}).get("contents", "")
    additional = [w for w, _ in part.additional] or list((origin or {}).get("additional-terms", ()) if not made else ())
    return Component(
        id=part.id, kind=part.kind, name=part.name, license=terms.concluded or terms.license, declared=terms.license, written=terms.written, ours=ours, source=part.source, revision=part.revision,
        additional=tuple(tree_of(w, knowledge) for w in additional),
        labels=terms.labels, contents=tree_of(contents, knowledge) if contents else None, role=part.role, available=part.available, copyright=part.copyright,
        facts=tuple(part.facts.items()), evidence=ranked(part)[0].evidence if part.said else part.evidence, known_from=terms.known, inferred=part.inferred,
    )  # fmt: skip


def notices_of(draft: Draft, knowledge: Knowledge) -> list[Notice]:
    """What the statements themselves give away: template defaults, several names taken as all applying, disagreement on our own label."""
    found = []
    for part in draft.parts.values():
        for said in part.said:
            if said.note and said.written != "NO-CLAIM":
                found.append(Notice("template-license", part.id, f"{said.evidence} states {said.written}: {said.note}"))
            if guess(said.written, knowledge).joint:
                found.append(Notice("several-licenses", part.id, f"{said.evidence} names several licences ({said.written}); they are taken as all applying"))
        if (part.ours or part.id == draft.release) and len({render(tree_of(s.written, knowledge)) for s in part.said}) > 1:
            found.append(Notice("labels-disagree", part.id, "; ".join(f"{s.evidence} ({s.where}): {s.written}" for s in part.said)))
    return found


def _without_circles(draft: Draft) -> tuple[list[Step], list[Unread]]:
    """Steps that form no circle; for each circle what is then unknown. Linear (Tarjan's components, without recursion)."""
    sources: dict[str, list[str]] = {p: [] for p in draft.parts}
    for step in draft.steps.values():
        sources[step.result].append(step.source)
    circle: dict[str, int] = {}
    names: list[tuple[str, ...]] = []
    for group in _strong(sources):
        if len(group) > 1:
            circle.update(dict.fromkeys(group, len(names)))
            names.append(tuple(sorted(group)))
    kept = [s for s in draft.steps.values() if s.result not in circle or circle.get(s.source) != circle[s.result]]
    shown = next(iter(draft.inputs), "the input")
    return kept, [Unread(shown, f"{', '.join(group[:6])}{' …' if len(group) > 6 else ''} are said to be made from each other, so what they were made from is not known", name) for group in names for name in group]


def _strong(sources: Mapping[str, Sequence[str]]) -> list[list[str]]:
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on: set[str] = set()
    path: list[str] = []
    groups: list[list[str]] = []
    for root in sources:
        if root in index:
            continue
        work = [(root, iter(sources[root]))]
        index[root] = low[root] = len(index)
        path.append(root)
        on.add(root)
        while work:
            node, rest = work[-1]
            for after in rest:
                if after not in index:
                    index[after] = low[after] = len(index)
                    path.append(after)
                    on.add(after)
                    work.append((after, iter(sources.get(after, ()))))
                    break
                if after in on:
                    low[node] = min(low[node], index[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = []
                    while True:
                        name = path.pop()
                        on.discard(name)
                        group.append(name)
                        if name == node:
                            break
                    groups.append(group)
    return groups
