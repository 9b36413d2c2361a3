"""A second solver, written from the design and sharing no code with the first: it walks every path.

It knows one world at a time: every assumption, open fact and election has a value, so each question is plain
true or false. What it finds it also names: which clause of which origin stands against which act (`grounds`), and
which duties are owed (`owed`). Exponential, for small stacks only. From the package it takes the parsed stack and licence
clauses as data, nothing that decides.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

from licgraph.expression import AllOf, Leaf, OneOf, Unsettled
from licgraph.knowledge import Knowledge
from licgraph.license import Clause, License
from licgraph.stack import Component, Edge, Release, Stack

TABLE = {
    "same": dict(zip("cdlteor", "cdlteor", strict=True)),
    "changed": dict(zip("cdlteor", "ddlteor", strict=True)),
    "linked": dict(zip("cdlteor", "lllteor", strict=True)),
    "trained": dict(zip("cdlteor", "tttrrer", strict=True)),
    "distilled": dict(zip("cdlteor", "eeerrer", strict=True)),
    "output": dict(zip("cdlteor", "ooorrrr", strict=True)),
}
ROWS = {
    "convert": "same", "contains": "same", "runs-with": "same", "retrieves-from": "same", "finetune": "changed", "merge": "changed", "modifies": "changed",
    "contains-modified": "changed", "quantize": "changed", "adapter": "changed", "derived-from": "changed", "links-static": "linked", "links-dynamic": "linked",
    "trained-on": "trained", "distill-logits": "distilled", "distill-outputs": "distilled", "generated-by": "output", "trained-with": "output", "labelled-by": "output",
}  # fmt: skip
ACTS = {
    "convert": "copy", "contains": "copy", "runs-with": "use", "retrieves-from": "use", "finetune": "modify", "merge": "modify", "modifies": "modify", "contains-modified": "modify",
    "quantize": "modify", "adapter": "modify", "derived-from": "modify", "links-static": "link", "links-dynamic": "link", "trained-on": "train", "distill-logits": "distil",
    "generated-by": "use", "trained-with": "use", "labelled-by": "use", "filtered-by": "use", "rewarded-by": "use", "evaluated-on": "use", "built-with": "use", "same-architecture-as": "",
}  # fmt: skip
LETTER = {"copy": "c", "derivative": "d", "linked": "l", "trained": "t", "extracted": "e", "output": "o", "remote": "r"}
DATA = ("dataset", "outputs", "document")


@dataclass(frozen=True)
class Way:
    way: str
    place: str
    accepted: bool
    defined: bool


class Oracle:
    """One stack in one world. ``values``: assumptions; ``world``: `purpose` (our own) and the open facts."""

    def __init__(self, stack: Stack, knowledge: Knowledge, values: dict[str, str], world: dict[str, str], picks: dict[str, str]) -> None:
        self.knowledge, self.values, self.world, self.picks = knowledge, values, world, picks
        self.components = dict(stack.components)
        self.edges: list[Edge] = []
        self.facts = stack.facts
        self.virtual: set[str] = set()
        self.grounds: set[tuple[int, str, str, str, str, str]] = set()
        self.owed: set[tuple[str, str, str, str]] = set()
        self.at = ("", "", "")
        assert stack.release is not None
        self.release = stack.release
        for edge in stack.edges:
            if edge.relation == "distill-outputs" and self.components[edge.source].kind not in DATA:
                name = f"{edge.source}!{edge.result}"
                self.virtual.add(name)
                self.components[name] = Component(id=name, kind="outputs", ours=self.components[edge.result].ours, license=Leaf("NO-CLAIM"))
                self.edges.append(Edge(name, "generated-by", edge.source, accepted_terms=edge.accepted_terms))
                self.edges.append(Edge(edge.result, "distill-outputs", name, edge.purpose or "perform-similarly", edge.accepted_terms))
            else:
                self.edges.append(edge)

    # -- what is carried ---------------------------------------------------------------------------------------

    def licenses(self, component: Component) -> list[License]:
        def flat(tree: Any) -> list[str]:
            if isinstance(tree, Leaf):
                return [tree.id]
            if isinstance(tree, OneOf):
                return flat(tree.parts[int(self.picks[component.id])])
            if isinstance(tree, Unsettled):
                return flat(tree.parts[int(self.world[f"license of {component.id}"])])
            assert isinstance(tree, AllOf)
            return [i for p in tree.parts for i in flat(p)]

        if component.ours:
            return []
        return [self.knowledge.license(i) for i in (flat(component.license) if component.license else ["NONE"])]

    def carried(self, thing: str) -> list[tuple[str, License, Way]]:
        """Every origin that arrives at a thing, by every path."""
        found = [(thing, licence, Way("copy", "inside", True, False)) for licence in self.licenses(self.components[thing])]
        for edge in self.edges:
            if edge.result == thing:
                for origin, licence, way in self.carried(edge.source):
                    found += [(origin, licence, w) for w in self.step(origin, licence, way, edge)]
        return list(dict.fromkeys(found))

    def step(self, origin: str, licence: License, at: Way, edge: Edge) -> list[Way]:
        result, source = self.components[edge.result], self.components[edge.source]
        if origin != edge.source and not source.ours and edge.source not in self.virtual and source.license is not None and not self.nobody(source) and self.values["label-authority"] == "declared-tag":
            return []
        relation = edge.relation
        if relation in ("filtered-by", "rewarded-by"):
            if self.values["selection-is-use-of-output"] == "no":
                return []
            row = "output"
            if result.kind in ("weights", "adapter"):
                return self.selected(licence, at, edge, result)
        elif relation in ("evaluated-on", "built-with", "same-architecture-as"):
            return []
        else:
            row = ROWS[relation]
            if relation == "distill-outputs" and source.kind in DATA:
                row = "trained"
        letter = TABLE[row][LETTER[at.way]]
        way = next(w for w, x in LETTER.items() if x == letter)
        says = {q: w for c in licence.clauses for q, w in c.treats}
        if relation == "adapter":
            if at.way in ("copy", "derivative") and "adapter" in says:
                way = says["adapter"]
            elif self.values["adapter-is-derivative"] == "no":
                return []
        if relation == "quantize" and at.way in ("copy", "derivative"):
            value = self.values["quantisation-is-modification"]
            text = says.get("quantised copy")
            if text != "derivative" and (value == "no" or (value == "cc-technical-else-yes" and text == "copy")):
                way = at.way
        place = at.place
        if relation == "runs-with":
            place = "behind"
        elif relation == "retrieves-from":
            place = "answers"
        elif relation == "contains":
            if place == "inside" and not (source.ours and source.license is None):
                place = "beside"
                held = "contract" in licence.basis and self.values["contract-binds-without-copyright"] != "no"
                if edge.substantial_part and "substantial part" in says and way in ("copy", "derivative") and (held or self.db_right()):
                    place, way = "inside", says["substantial part"]
        elif relation not in ("convert", "links-static", "links-dynamic"):
            place = "inside"
        accepted = at.accepted
        if (way not in ("copy", "derivative", "linked") or at.defined) and not result.ours and not self.nobody(result):
            accepted = False
        if edge.accepted_terms is not None:
            accepted = edge.accepted_terms
        if way == "extracted" and at.way != "extracted" and self.defines(licence, edge):
            return [Way("derivative", place, accepted, True)]
        return [Way(way, place, accepted, at.defined)]

    def selected(self, licence: License, at: Way, edge: Edge, result: Component) -> list[Way]:
        """Scores of a model in a model: as if trained on its outputs."""
        through = {"c": "e", "d": "e", "l": "e"}.get(LETTER[at.way], "r")
        accepted = at.accepted and (result.ours or self.nobody(result))
        if edge.accepted_terms is not None:
            accepted = edge.accepted_terms
        if through == "e" and at.way != "extracted" and self.defines(licence, edge):
            return [Way("derivative", "inside", accepted, True)]
        return [Way("extracted" if through == "e" else "remote", "inside", accepted, at.defined)]

    def nobody(self, component: Component) -> bool:
        return component.id in self.virtual or (isinstance(component.license, Leaf) and component.license.id in ("NO-CLAIM", "NONE", "NOASSERTION"))

    def defines(self, licence: License, edge: Edge) -> bool:
        purpose = edge.purpose or ("perform-similarly" if edge.relation.startswith("distill") else "")
        for clause in licence.clauses:
            if any(q == "model made from its outputs" for q, _ in clause.treats):
                wanted = dict(clause.treats_when.items).get("purpose")
                if wanted is None or purpose in wanted:
                    return True
        return False

    # -- what binds --------------------------------------------------------------------------------------------

    def db_right(self) -> bool:
        value = self.values["sui-generis-db-right"]
        return value == "any-nexus" or (value == "by-fact" and self.facts.get("domicile") in ("EU", "EEA", "UK", "DE", "FR"))

    def needs_permission(self) -> bool:
        value = self.values["training-needs-permission"]
        return value == "always" or (value == "unless-exception-asserted" and self.facts.get("exception-asserted") is not True)

    def default(self, licence: License, kind: str, way: str, travels: bool) -> bool:
        if way not in licence.silent:
            return False
        if way in licence.rests_on:
            return all(self.values[a] in v for a, v in licence.rests_on[way])
        if way == "linked":
            return travels or self.values["linking-is-derivative"] == "yes"
        if way == "trained":
            value = self.values["training-is-adaptation"]
            adapted = value == "yes" or (value == "if-memorised" and self.facts.get("memorised") is True)
            return adapted and (self.needs_permission() or (kind == "dataset" and self.db_right()))
        return way in ("extracted", "output") and self.values["outputs-are-licensed"] == "if-arguable"

    def force(self, licence: License, basis: tuple[str, ...], kind: str, at: Way, act: str, express: bool) -> bool:
        right = "right" in basis and not ("contract" in basis and (at.defined or (express and at.way in ("extracted", "output"))))
        if right and kind in ("weights", "adapter"):
            right = self.values["weights-copyrightable"] != "no"
            if at.way in ("copy", "derivative") and "copy-of-weights" in licence.rests_on:
                right = right and all(self.values[a] in v for a, v in licence.rests_on["copy-of-weights"])
        if right and act == "train" and at.way in ("copy", "derivative"):
            right = self.needs_permission()
        value = self.values["contract-binds-without-copyright"]
        contract = "contract" in basis and (value != "no" if at.accepted else value == "yes" and self.values["terms-run-to-third-parties"] == "yes")
        return right or contract

    def test(self, test: Any, licence: License, thing: str, result: str, edges: list[Edge]) -> bool:
        for name, wanted in test.items:
            if name == "purpose":
                ok = any((e.purpose or ("perform-similarly" if e.relation.startswith("distill") else "unstated")) in wanted for e in edges)
            elif name == "relation":
                ok = any(e.relation in wanted for e in edges)
            elif name == "changed-by":
                ok = any(ACTS.get(e.relation, "train") in ("modify", "link") and self.components[e.result].ours for e in edges)
            elif name == "our-purpose":
                ok = self.world["purpose"] in wanted
            elif name == "result-made-from":
                ok = any(x.id in wanted and w.way in ("copy", "derivative") and not w.defined for _, x, w in self.carried(result))
            elif name == "form":
                ok = self.release.form in wanted
            elif name == "to":
                ok = self.release.to in wanted
            else:
                assert name == "kind"
                ok = self.components[thing].kind in wanted
            if not ok:
                return False
        if any(self.values[a] not in v for a, v in test.assumptions):
            return False
        for name, wanted in test.facts:
            value = self.world.get(name, self.facts.get(name))
            said = [str(v).lower() if isinstance(v, bool) else str(v) for v in (value if isinstance(value, tuple | list) else (value,))]
            if value is None or not any(v == w or (w == "EU" and v in ("DE", "FR")) for v in said for w in wanted):
                return False
        return True

    def applies(self, licence: License, clause: Clause, kind: str, at: Way, act: str, thing: str, result: str, edges: list[Edge]) -> bool:
        if clause.kind not in ("condition", "prohibition") or act not in clause.acts:
            return False
        express = at.way in clause.reaches
        if express:
            reached = at.way in ("copy", "derivative") or all(self.values[a] in v for a, v in licence.rests_on.get(at.way, ()))
        else:
            reached = "derivative" in clause.reaches and self.default(licence, kind, at.way, clause.nature == "travels")
        if not reached or any(self.values[a] not in v for a, v in clause.rests_on):
            return False
        if clause.when and not self.test(clause.when, licence, thing, result, edges):
            return False
        if clause.unless and self.test(clause.unless, licence, thing, result, edges):
            return False
        return self.force(licence, clause.basis, kind, at, act, express)

    def granted(self, licence: License, act: str, way: str, thing: str, result: str, edges: list[Edge]) -> bool:
        if licence.state in ("free", "own"):
            return True
        for clause in licence.clauses:
            fits = clause.kind == "grant" and act in clause.acts and way in clause.reaches and all(self.values[a] in v for a, v in clause.rests_on)
            if fits and (not clause.when or self.test(clause.when, licence, thing, result, edges)) and not (clause.unless and self.test(clause.unless, licence, thing, result, edges)):
                return True
        return False

    def commercial_breach(self, act: str, way: str) -> bool:
        scope, ours = self.values["nc-scope"], self.world["purpose"] == "commercial"
        if scope == "broad":
            return self.release.purpose != "non-commercial"
        return ours and (scope == "purpose" or (act in ("distribute", "publish-outputs", "serve") and way in ("copy", "derivative")))

    def says(self, level: int, licence: License, clause: str) -> int:
        """Notes a level, if it is one, with the clause and the origin, act and moment that are looked at."""
        if level:
            self.grounds.add((level, licence.id, clause, *self.at))
        return level

    def owes(self, licence: License, clause: Clause) -> None:
        """Notes a duty."""
        if clause.duty:
            self.owed.add((clause.duty, clause.value, licence.id, self.at[0]))

    # -- levels ------------------------------------------------------------------------------------------------

    def level(self, members: list[License]) -> int:
        """3 blocked, 2 unknown, 1 open, 0 nothing."""
        worst = 0
        reachable = {self.release.component}
        while True:
            more = {e.source for e in self.edges if e.result in reachable} - reachable
            if not more:
                break
            reachable |= more
        for edge in self.edges:
            if edge.result in reachable and self.components[edge.result].ours:
                worst = max(worst, self.made(edge))
        worst = max(worst, self.out(self.release, members))
        for name in reachable:
            part = self.components[name]
            if part.ours and part.license is not None and name != self.release.component and name not in self.virtual and self.release.form != "internal" and isinstance(part.license, Leaf) and part.license.id != "NO-CLAIM":
                own = self.knowledge.license(part.license.id)
                private = any(c.duty == "no-commercial-use" for c in own.clauses)
                form = {"weights": "weights", "adapter": "weights", "code": "binary" if self.release.form == "binary" else "source", "dataset": "dataset", "outputs": "outputs", "service": "service", "document": "dataset"}[part.kind]
                worst = max(worst, self.out(Release(name, part.license, "", form, "non-commercial" if private else "any", "public", self.release.purpose), [own]))
        return worst

    def made(self, edge: Edge) -> int:
        act = ACTS.get(edge.relation, "train")
        purpose = edge.purpose or ("perform-similarly" if edge.relation.startswith("distill") else "")
        acts = [a for a in ((act, "distil") if act == "train" and purpose == "perform-similarly" else (act,)) if a]
        tool = edge.relation in ("evaluated-on", "built-with", "same-architecture-as")
        steered = edge.relation in ("filtered-by", "rewarded-by") and self.components[edge.result].kind in ("weights", "adapter") and self.values["selection-is-use-of-output"] == "yes"
        if steered:
            acts += ["train of scores", "distil of scores"] if purpose == "perform-similarly" else ["train of scores"]
        worst = 0
        for act in acts:
            for origin, licence, arrived in self.carried(edge.source):
                if act.endswith(" of scores"):
                    arrived = replace(arrived, way="output" if arrived.way in ("copy", "derivative", "linked") else "remote")
                at = arrived if edge.accepted_terms is None else replace(arrived, accepted=edge.accepted_terms)
                kind = self.components[origin].kind
                plain = act.partition(" ")[0]
                self.at = (origin, plain, "made")
                if licence.state == "unknown" or licence.partial:
                    worst = max(worst, 0 if tool else self.unknown(licence, kind, at))
                if licence.state == "unknown":
                    continue
                for clause in licence.clauses:
                    if clause.nature in ("travels", "fixes") or not self.applies(licence, clause, kind, at, plain, edge.source, edge.result, [edge]):
                        continue
                    if clause.limit is not None:
                        if not self.over(clause, licence):
                            self.owes(licence, clause)
                        worst = max(worst, self.says(3 if self.over(clause, licence) else 0, licence, clause.id))
                    elif clause.duty == "no-commercial-use":
                        worst = max(worst, self.says(3 if self.commercial_breach(plain, at.way) else 0, licence, clause.id))
                    elif clause.nature == "ban":
                        worst = max(worst, self.says(3, licence, clause.id))
                if not tool:
                    worst = max(worst, self.ungranted(licence, kind, at, plain, edge.source, edge.result, [edge]))
        return worst

    def ungranted(self, licence: License, kind: str, at: Way, act: str, thing: str, result: str, edges: list[Edge]) -> int:
        if licence.partial or at.way not in ("copy", "derivative") or self.granted(licence, act, at.way, thing, result, edges):
            return 0
        if any(c.fixes_to == frozenset() and act in c.acts and at.way in c.reaches for c in licence.clauses):
            return 0
        if not self.force(licence, licence.basis, kind, at, act, True):
            return 0
        return self.says(1 if licence.state == "to-buy" else 3, licence, "not-granted")

    def unknown(self, licence: License, kind: str, at: Way) -> int:
        if at.way in ("copy", "derivative", "linked"):
            return self.says(2, licence, "unknown-terms")
        every = License(id="", name="", silent=frozenset({"trained", "extracted", "output"}))
        return self.says(2 if self.default(every, kind, at.way, False) else 0, licence, "unknown-terms")

    def over(self, clause: Clause, licence: License) -> bool:
        assert clause.limit is not None
        value = self.facts.get(clause.limit[0])
        if isinstance(value, dict):
            value = value.get(licence.id)
        return isinstance(value, int | float) and value > clause.limit[1]

    def out(self, release: Release, members: list[License]) -> int:
        worst = max([2 for m in members if m.state == "unknown" or m.partial], default=0)
        thing = self.components[release.component]
        ids = {m.id for m in members}
        prefixes: list[str] = []
        paths = self.paths(release.component)
        for origin, licence, at, edges in paths:
            if at.place == "tool" or at.way == "remote":
                continue
            kind = self.components[origin].kind
            acts = {"outputs": ["publish-outputs"], "service": ["serve"], "internal": []}.get(release.form, ["distribute"])
            if at.place == "behind":
                acts = [a for a in acts if a == "serve"]
                if release.to in licence.not_to:
                    acts = []
            elif release.form == "dataset" and thing.kind == "outputs":
                acts = ["publish-outputs"]
            if at.place == "behind":
                pass
            elif release.to in licence.not_to:
                acts = []
            elif release.form == "service" and (at.place == "answers" or (kind in DATA and at.way in ("copy", "derivative") and at.place != "behind")):
                acts = ["serve", "publish-outputs"]
            for act in acts:
                self.at = (origin, act, "release")
                if licence.state == "unknown" or licence.partial:
                    worst = max(worst, self.unknown(licence, kind, at))
                if licence.state == "unknown":
                    continue
                saved, self.release = self.release, release
                worst = max(worst, self.ungranted(licence, kind, at, act, thing.id, thing.id, edges))
                for clause in licence.clauses:
                    about = thing
                    if clause.duty == "name-prefix" and thing.kind not in ("weights", "adapter"):
                        mine = [self.components[e.result] for e in edges if self.components[e.result].ours and self.components[e.result].kind in ("weights", "adapter")]
                        about = mine[-1] if mine else thing
                    if self.applies(licence, clause, kind, at, act, about.id, thing.id, edges):
                        worst = max(worst, self.says(self.clause(clause, licence, at, act, release, members, ids, about, edges), licence, clause.id))
                        if release is saved and (clause.limit is None or clause.nature == "ban" or self.over(clause, licence)):
                            self.owes(licence, clause)
                        if clause.duty == "name-prefix" and at.place in ("inside", "behind"):
                            prefixes.append(clause.value)
                if at.place == "inside":
                    worst = max(worst, self.relabelled(licence, kind, at, act, ids))
                    worst = max(worst, self.crossed(licence, kind, at, act, members, thing, edges))
                self.release = saved
        plain = [p.casefold().replace("-", " ") for p in prefixes]
        if any(not a.startswith(b) and not b.startswith(a) for a, b in itertools.combinations(plain, 2)):
            worst = 3
        return worst

    def paths(self, thing: str) -> list[tuple[str, License, Way, list[Edge]]]:
        found = [(thing, licence, Way("copy", "inside", True, False), []) for licence in self.licenses(self.components[thing])]
        for edge in self.edges:
            if edge.result == thing:
                for origin, licence, way, edges in self.paths(edge.source):
                    found += [(origin, licence, w, [*edges, edge]) for w in self.step(origin, licence, way, edge)]
        return found

    def clause(self, clause: Clause, licence: License, at: Way, act: str, release: Release, members: list[License], ids: set[str], thing: Component, edges: list[Edge]) -> int:
        if clause.limit is not None:
            if not self.over(clause, licence):
                return 0
            if clause.nature == "ban":
                return 3
        if clause.nature == "travels":
            if clause.duty in release.will_not:
                return 3
            named = clause.duty == "name-prefix" and at.place in ("inside", "behind") and thing.name
            return 3 if named and not thing.name.rsplit("/", 1)[-1].casefold().replace("-", " ").startswith(clause.value.casefold().replace("-", " ")) else 0
        if clause.nature == "ban":
            return 3
        becomes = self.becomes(licence, at.way)
        if clause.nature == "binds":
            if clause.duty == "no-commercial-use":
                if self.commercial_breach(act, at.way):
                    return 3
                if release.use != "non-commercial" and at.place in ("inside", "answers"):
                    return 3
            if at.place == "beside" or ids & {"OWN-TERMS", licence.id} or ids & becomes:
                return 0
            imposed = any(c.duty == clause.duty and c.nature == "binds" and (c.value == clause.value or not clause.value) for m in members for c in m.clauses)
            return 0 if imposed else 3
        allowed = clause.fixes_to or frozenset()
        mine = [self.components[e.result] for e in edges[:-1] if self.components[e.result].ours and self.components[e.result].license is None]
        if at.place == "beside" or (at.place == "behind" and (not allowed or not mine)):
            return 0
        if not ids & allowed:
            return 3
        for member in members:
            if member.id not in allowed and licence.further is not None:
                extra = {c.duty for c in member.clauses if c.duty and c.kind in ("condition", "prohibition")} - licence.further.tolerates
                if extra or member.id == "OWN-TERMS":
                    return 3
        return 0

    def becomes(self, licence: License, way: str) -> set[str]:
        found = {licence.id}
        for clause in licence.clauses:
            by_default = way in licence.silent and "derivative" in clause.reaches
            if clause.fixes_to is not None and (by_default or "copy" in clause.reaches or way in clause.reaches):
                found |= clause.fixes_to
        return found

    def relabelled(self, licence: License, kind: str, at: Way, act: str, ids: set[str]) -> int:
        rule = licence.relabel
        if licence.partial and rule is not None and rule.value == "unclear":
            return 0
        if rule is None or act not in rule.acts or ids & self.becomes(licence, at.way):
            return 0
        if rule.value == "any":
            reached = at.way in ("copy", "derivative") and at.way not in rule.reaches
        else:
            reached = at.way in rule.reaches or ("derivative" in rule.reaches and self.default(licence, kind, at.way, False))
        if any(c.fixes_to is not None and act in c.acts and (at.way in c.reaches or (at.way in licence.silent and "derivative" in c.reaches)) for c in licence.clauses):
            return 0
        if not reached or not self.force(licence, licence.basis, kind, at, act, False):
            return 0
        return self.says(1 if licence.state == "to-buy" else 3, licence, "relabel")

    def crossed(self, licence: License, kind: str, at: Way, act: str, members: list[License], thing: Component, edges: list[Edge]) -> int:
        worst = 0
        for member in members:
            copyleft = any(c.fixes_to is not None and act in c.acts for c in member.clauses)
            if act == "serve" or member.further is None or not copyleft or member.id in self.becomes(licence, at.way):
                continue
            if at.way == "linked" and self.values["linking-is-derivative"] == "no":
                continue
            for clause in licence.clauses:
                if clause.duty and clause.duty not in member.further.tolerates and self.applies(licence, clause, kind, at, act, thing.id, thing.id, edges):
                    worst = self.says(3, licence, clause.id)
        return worst


def answer(stack: Stack, knowledge: Knowledge, values: dict[str, str]) -> str:
    """The answer for proposed terms that are one licence, by brute force over elections and open facts."""
    release = stack.release
    assert release is not None
    assert isinstance(release.license, Leaf)
    members = [knowledge.license(release.license.id)]
    choices = {c.id: range(_branches(c.license)) for c in stack.components.values() if not c.ours and _branches(c.license)}
    purposes = [release.purpose] if release.purpose else ["commercial", "non-commercial"]
    told = {w.id: ["true", "false"] for w in knowledge.facts.values() if w.kind == "characterising" and w.id not in stack.facts}
    told |= {f"license of {c.id}": [str(n) for n in range(len(c.license.parts))] for c in stack.components.values() if not c.ours and isinstance(c.license, Unsettled)}
    best = 3
    for combination in itertools.product(*choices.values()):
        picks = {name: str(pick) for name, pick in zip(choices, combination, strict=True)}
        levels = []
        for purpose, *facts in itertools.product(purposes, *told.values()):
            world = {"purpose": purpose, **dict(zip(told, facts, strict=True))}
            levels.append(Oracle(stack, knowledge, values, world, picks).level(members))
        worst, least = max(levels), min(levels)
        best = min(best, worst if worst == least else 2 if least >= 2 else 1)
    return ("yes", "conditional", "unknown", "no")[best]


def _branches(tree: Any) -> int:
    """How many branches the one choice of an expression offers; 0 for none."""
    if isinstance(tree, OneOf):
        return len(tree.parts)
    return sum(_branches(p) for p in tree.parts) if isinstance(tree, AllOf) else 0
