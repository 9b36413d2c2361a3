"""In what two sets of premises differ, piece by piece, and premises that have some of the pieces of the other side.

A piece (`Shift`) is a component's field, a step, a key of the release, a fact, a clause of a licence, the value of an
open question, the day. So a moved answer can be traced by solving again with one piece changed at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from licgraph.expression import Tree, render
from licgraph.graph import topological
from licgraph.light import NamedTuple
from licgraph.plain import to_plain
from licgraph.slices import Premises, Slice, lay, spelling
from licgraph.stack import Component, Edge, Evidence, Stack

KINDS = ("stack", "fact", "reading", "assumption", "day", "solver", "unrecorded")
"""Where a difference lies. `unrecorded`: in nothing that both sides record."""

Slot = tuple[str, ...]


class Field(NamedTuple):
    """One field that differs, as plain data; None where it is not there."""

    name: str
    old: Any
    new: Any


class Shift(NamedTuple):
    """One difference between two sets of premises. ``slot`` says what it is of, ``target`` says it to a reader."""

    kind: str
    slot: Slot
    change: str
    target: str
    fields: tuple[Field, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The row as published."""
        return {"kind": self.kind, "change": self.change, "target": self.target, "slot": list(self.slot), "fields": [{"field": f.name, "old": f.old, "new": f.new} for f in self.fields]}


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], leave: Iterable[str] = ()) -> tuple[Field, ...]:
    names = [n for n in dict.fromkeys((*old, *new)) if n not in set(leave)]
    return tuple(Field(n, old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n))


def _change(old: Any, new: Any) -> str:
    return "added" if old is None else "gone" if new is None else "changed"


# ------------------------------------------------------------------ the stack

TREES = ("additional", "labels", "contents")
WITH_LICENSE = ("license", "declared", "written", "known_from")
NOT_COMPARED = ("id", "evidence", *WITH_LICENSE)
WORDS = {"additional": "additional-terms", "params": "license-params", "will_not": "will-not", "accepted_terms": "accepted-terms", "substantial_part": "substantial-part"}


def _says(tree: Tree | None) -> str | None:
    return None if tree is None else render(tree)


def _seen(name: str, value: Any) -> Any:
    """A field of a component as it counts: licences by their ids, however they are spelled."""
    if name == "additional":
        return [_says(t) for t in value]
    if name == "labels":
        return [[label.where, _says(label.says), label.date] for label in value]
    if name == "contents":
        return _says(value)
    return dict(value) if name in ("facts", "params") else to_plain(value)


def _component(old: Component, new: Component) -> Iterator[Shift]:
    i = old.id
    was, now = (_says(old.license), _says(old.declared), bool(old.known_from)), (_says(new.license), _says(new.declared), bool(new.known_from))
    if was != now:
        known = not old.written and not new.written and (old.known_from or new.known_from)
        meant = (old.license is not None and spelling(old.license) == spelling(new.license) and spelling(old.declared) == spelling(new.declared)) or (known and old.source == new.source)
        target = f"what the licence name of {i} means" if meant and not known else f"what is known of {new.source or i}" if meant else f"component {i}"
        fields = _fields({"license": was[0], "declared": was[1]}, {"license": now[0], "declared": now[1]})
        if was[0] == was[1] and now[0] == now[1]:
            fields = fields[:1]  # one statement, told once
        yield Shift("reading" if meant else "stack", ("component", i, "license"), "changed", target, fields)
    for name in Component._fields:
        if name not in NOT_COMPARED and _seen(name, getattr(old, name)) != _seen(name, getattr(new, name)):
            field = Field(WORDS.get(name, name), _seen(name, getattr(old, name)), _seen(name, getattr(new, name)))
            yield Shift("fact" if name == "facts" else "stack", ("component", i, name), "changed", f"component {i}", (field,))


def _edge_key(edge: Edge) -> Slot:
    return ("edge", edge.result, edge.relation, edge.source)


def _edge(edge: Edge) -> dict[str, Any]:
    return {k: v for k, v in to_plain(edge._replace(line=0, evidence=Evidence("", 0), confidence=1.0)).items() if k not in ("result", "relation", "source")}


def _described(component: Component) -> dict[str, Any]:
    return {"kind": component.kind, "license": _says(component.license), **({"name": component.name} if component.name else {})}


def _parts(old: Stack, new: Stack) -> Iterator[Shift]:
    """Components and steps. A component that comes or goes with a step is told with the step."""
    was, now = {_edge_key(e): e for e in old.edges}, {_edge_key(e): e for e in new.edges}
    told = set()
    for key in dict.fromkeys((*was, *now)):
        a, b = was.get(key), now.get(key)
        if a is not None and b is not None:
            if fields := _fields(_edge(a), _edge(b)):
                yield Shift("stack", key, "changed", f"step {key[1]} {key[2]} {key[3]}", tuple(f._replace(name=WORDS.get(f.name, f.name)) for f in fields))
            continue
        here, there = (old, new) if b is None else (new, old)
        fresh = [i for i in (key[1], key[3]) if i not in there.components]
        told |= set(fresh)
        described = tuple(Field(f"component {i}", _described(here.components[i]) if b is None else None, _described(here.components[i]) if b is not None else None) for i in fresh)
        yield Shift("stack", key, _change(a, b), f"step {key[1]} {key[2]} {key[3]}", described)
    for i in dict.fromkeys((*old.components, *new.components)):
        one, other = old.components.get(i), new.components.get(i)
        if one is not None and other is not None:
            yield from _component(one, other)
        elif i not in told:
            row = Field("component", _described(one) if one else None, _described(other) if other else None)
            yield Shift("stack", ("component", i), _change(one, other), f"component {i}", (row,))


LISTS = (("permissions", "permission for", ()), ("risks", "accepted risk of", ("line",)), ("unread", "what was not read of", ()), ("notices", "notice on", ()))


def _lists(old: Stack, new: Stack) -> Iterator[Shift]:
    for part, word, leave in LISTS:
        rows = [{repr({k: v for k, v in to_plain(r).items() if k not in leave}): r for r in getattr(s, part)} for s in (old, new)]
        for key in sorted(set(rows[0]) ^ set(rows[1])):
            row = rows[0].get(key) or rows[1][key]
            change = _change(rows[0].get(key), rows[1].get(key))
            fields = tuple(Field(k, v if change == "gone" else None, v if change == "added" else None) for k, v in to_plain(row).items() if k not in leave)
            yield Shift("stack", (part, key), change, f"{word} {row.component or 'the stack'}", fields)


def _stack(old: Stack, new: Stack) -> Iterator[Shift]:
    yield from _parts(old, new)
    a, b = old.release, new.release
    if a is not None and b is not None:
        for name in a._fields:
            was, now = (_says(getattr(r, name)) if name == "license" else to_plain(getattr(r, name)) for r in (a, b))
            if was != now and name != "written":
                meant = name == "license" and a.license is not None and spelling(a.license) == spelling(b.license)
                target = "what the proposed licence's name means" if meant else "the release"
                yield Shift("reading" if meant else "stack", ("release", name), "changed", target, (Field(WORDS.get(name, name), was, now),))
    for name in dict.fromkeys((*old.facts, *new.facts)):
        if (fields := _fields({name: to_plain(old.facts.get(name))}, {name: to_plain(new.facts.get(name))})) != ():
            yield Shift("fact", ("fact", name), _change(old.facts.get(name), new.facts.get(name)), f"fact {name}", fields)
    for name in dict.fromkeys((*old.elect, *new.elect)):
        if fields := _fields({name: old.elect.get(name)}, {name: new.elect.get(name)}):
            yield Shift("stack", ("elect", name), _change(old.elect.get(name), new.elect.get(name)), f"election for {name}", fields)
    yield from _lists(old, new)


# ------------------------------------------------------------------ the knowledge base


def _license(i: str, old: Any, new: Any) -> Iterator[Shift]:
    if old is None or new is None:
        if old is not new:
            name = (old or new)["content"]["name"]
            yield Shift("reading", ("license", i), _change(old, new), f"licence {i}", (Field("name", name if old else None, name if new else None),))
        return
    a, b = old["content"], new["content"]
    for part in ("clauses", "changes"):
        rows = [{c.get("id") or c.get("clause"): c for c in found.get(part, ())} for found in (a, b)]
        for clause in dict.fromkeys((*rows[0], *rows[1])):
            if fields := _fields(rows[0].get(clause) or {}, rows[1].get(clause) or {}):
                yield Shift("reading", ("clause", i, part, clause), _change(rows[0].get(clause), rows[1].get(clause)), f"{i}/{clause}", fields)
    for name in dict.fromkeys((*a, *b)):
        if name not in ("clauses", "changes") and a.get(name) != b.get(name):
            inner = _fields(a[name], b[name]) if isinstance(a.get(name), dict) and isinstance(b.get(name), dict) else (Field(name, a.get(name), b.get(name)),)
            yield Shift("reading", ("license", i, name), _change(a.get(name), b.get(name)), f"{i}, {name}", inner)


def _knowledge(old: Slice, new: Slice) -> Iterator[Shift]:
    for i in dict.fromkeys((*old["licenses"], *new["licenses"])):
        if i in old["licenses"] and i in new["licenses"]:
            yield from _license(i, old["licenses"][i], new["licenses"][i])
    for part, word in (("relations", "relation"), ("duties", "the duty"), ("facts", "the fact word"), ("covers", "what a permission covers:"), ("places", "the place"), ("assumptions", "the open question")):
        for i in dict.fromkeys((*old[part], *new[part])):
            a, b = old[part].get(i), new[part].get(i)
            if a is None or b is None or a == b:
                continue  # only what both sides know can have moved
            whole = _fields(a, b) if isinstance(a, dict) and isinstance(b, dict) else (Field(i, a, b),)
            yield Shift("assumption" if part == "assumptions" else "reading", (part, i), "changed", f"{word} {i}", whole)
    for name in dict.fromkeys((*old["names"], *new["names"])):
        a, b = old["names"].get(name), new["names"].get(name)
        if a is not None and b is not None and a != b:
            yield Shift("reading", ("names", name), "changed", f"the name {name}", _fields(a, b))
    for p in dict.fromkeys((*old["profiles"], *new["profiles"])):
        a, b = old["profiles"].get(p), new["profiles"].get(p)
        if a is not None and b is not None:
            for field in _fields(a["values"], b["values"]):
                if field.old is not None and field.new is not None:
                    yield Shift("assumption", ("profiles", p, field.name), "changed", f"the profile {p}", (field,))


def shifts(old: Premises, new: Premises, old_slice: Slice, new_slice: Slice) -> tuple[Shift, ...]:
    """Everything in which two sets of premises differ, in the order stack, facts, readings, assumptions, day."""
    found = [*_stack(old.stack, new.stack), *_knowledge(old_slice, new_slice)]
    if old.profile != new.profile:
        found.append(Shift("assumption", ("profile",), "changed", "the profile", (Field("profile", old.profile, new.profile),)))
    a, b = dict(old.assume), dict(new.assume)
    found += [Shift("assumption", ("assume", f.name), _change(f.old, f.new), "an assumption of the question", (f,)) for f in _fields(a, b)]
    if old.as_of != new.as_of:
        found.append(Shift("day", ("day",), "changed", "the day", (Field("as-of", old.as_of, new.as_of),)))
    return tuple(sorted(found, key=lambda s: KINDS.index(s.kind)))


# ------------------------------------------------------------------ some of the pieces


class Pair(NamedTuple):
    """Two sets of premises with their slices, between which pieces can be exchanged."""

    old: Premises
    new: Premises
    old_slice: Slice
    new_slice: Slice

    def with_some(self, chosen: Sequence[Shift]) -> Premises | None:
        """The old premises with some pieces of the new ones; None where they do not fit together (a cycle)."""
        stack = _mixed_stack(self.old.stack, self.new.stack, chosen)
        if stack is None:
            return None
        slots = {s.slot for s in chosen}
        assume = {**dict(self.old.assume)}
        for slot in slots:
            if slot[0] == "assume":
                value = dict(self.new.assume).get(slot[1])
                assume = {k: v for k, v in assume.items() if k != slot[1]} | ({slot[1]: value} if value is not None else {})
        profile = (self.new if ("profile",) in slots else self.old).profile
        day = (self.new if ("day",) in slots else self.old).as_of
        return Premises(stack, lay(self.new.knowledge, _mixed_slice(self.old_slice, self.new_slice, chosen)), profile, tuple(sorted(assume.items())), day)


def _mixed_stack(old: Stack, new: Stack, chosen: Sequence[Shift]) -> Stack | None:
    components, edges = dict(old.components), {_edge_key(e): e for e in old.edges}
    after = {_edge_key(e): e for e in new.edges}
    facts, elect = dict(old.facts), dict(old.elect)
    release = old.release
    left: set[str] = set()
    lists: dict[str, list[Any]] = {part: list(getattr(old, part)) for part, _, _ in LISTS}

    def brought(i: str) -> None:
        if i not in components and i in new.components:
            components[i] = new.components[i]

    for shift in chosen:
        slot = shift.slot
        if slot[0] == "component" and len(slot) == 2:
            _moved(components, new.components, slot[1])
        elif slot[0] == "component" and slot[1] in components:
            names: tuple[str, ...] = WITH_LICENSE if slot[2] == "license" else (slot[2],)
            components[slot[1]] = components[slot[1]]._replace(**{n: getattr(new.components[slot[1]], n) for n in names})
        elif slot[0] == "edge":
            _moved(edges, after, slot)
            if slot in edges:
                brought(slot[1])
                brought(slot[3])
            else:
                left |= {i for i in (slot[1], slot[3]) if i not in new.components}
        elif slot[0] == "release" and release is not None and new.release is not None:
            names = ("license", "written") if slot[1] == "license" else (slot[1],)
            release = release._replace(**{n: getattr(new.release, n) for n in names})
            brought(release.component)
        elif slot[0] == "fact":
            _moved(facts, new.facts, slot[1])
        elif slot[0] == "elect":
            _moved(elect, new.elect, slot[1])
        elif slot[0] in lists:
            part = slot[0]
            same = _keyed(next(leave for p, _, leave in LISTS if p == part))
            lists[part] = [r for r in lists[part] if same(r) != slot[1]] + [r for r in getattr(new, part) if same(r) == slot[1]]
    for i in left - {i for key in edges for i in (key[1], key[3])} - {release.component if release else ""}:
        components.pop(i, None)  # it went with its last step
    whole = {k: e for k, e in edges.items() if e.result in components and e.source in components}
    if topological(components, whole.values()) is None or release is None or release.component not in components:
        return None
    rows: dict[str, Any] = {k: tuple(v) for k, v in lists.items()}
    return old._replace(components=components, edges=tuple(whole.values()), release=release, facts=facts, elect=elect, **rows)


def _keyed(leave: Sequence[str]) -> Callable[[Any], str]:
    return lambda row: repr({k: v for k, v in to_plain(row).items() if k not in leave})


def _moved(mine: dict[Any, Any], theirs: Mapping[Any, Any], key: Any) -> None:
    if key in theirs:
        mine[key] = theirs[key]
    else:
        mine.pop(key, None)


def _mixed_slice(old: Slice, new: Slice, chosen: Sequence[Shift]) -> Slice:
    found: Slice = {part: {**v, **old[part]} if isinstance(v, dict) else old[part] for part, v in new.items()}
    for shift in chosen:
        slot = shift.slot
        if slot[0] == "license" and len(slot) == 2:
            found["licenses"][slot[1]] = new["licenses"][slot[1]]
        elif slot[0] in ("license", "clause"):
            found["licenses"][slot[1]] = _mixed_license(found["licenses"][slot[1]], new["licenses"][slot[1]], slot)
        elif slot[0] == "profiles":
            profile = found["profiles"][slot[1]]
            found["profiles"][slot[1]] = {**profile, "values": {**profile["values"], slot[2]: new["profiles"][slot[1]]["values"][slot[2]]}}
        elif slot[0] in ("relations", "duties", "facts", "covers", "places", "assumptions", "names"):
            found[slot[0]][slot[1]] = new[slot[0]][slot[1]]
    for name, profile in found["profiles"].items():  # a question that only one side asks has a value on that side
        found["profiles"][name] = {**profile, "values": {**new["profiles"].get(name, profile)["values"], **profile["values"]}}
    return found


def _mixed_license(mine: Any, theirs: Any, slot: Slot) -> Any:
    content = copy.copy(mine["content"])
    if slot[0] == "license":
        _moved(content, theirs["content"], slot[2])
    else:
        _, _, part, clause = slot
        rows = {c.get("id") or c.get("clause"): c for c in content.get(part, ())}
        _moved(rows, {c.get("id") or c.get("clause"): c for c in theirs["content"].get(part, ())}, clause)
        content[part] = list(rows.values())
    return {"sha256": "", "content": content}
