"""How the parts of a CycloneDX document were made from each other: what it states, and what is concluded.

Source: the definitions `pedigree`, `modelParameters`, `dependency`, `formula` and `compositions` of the JSON schemas
1.4 to 1.7. A dependency says that a thing needs another, not that it was made from it, so a step that stands on one
says by which rule it was concluded. Where the kind of step decides and none is stated, a gap is noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from licgraph.inputs.cyclonedx_parts import Bom, facts_of, own, properties
from licgraph.inputs.draft import DERIVING
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node

MODELS = ("weights", "adapter")
_WORDS = (
    ("quantize", r"quanti[sz](?:ed?|ation)|gguf|gptq|awq|exl2"), ("adapter", r"lora|qlora|adapter"), ("merge", r"merged?|merging|mergekit"), ("finetune", r"fine-?\s?tun(?:e|ed|ing)|instruction-tuned|sft"),
    ("distill-outputs", r"distill?(?:ed|ation)"), ("convert", r"convert(?:ed)?|conversion|re-?format"), ("modifies", r"patch(?:ed)?|modif(?:y|ied|ication)|fork(?:ed)?"),
)  # fmt: skip
_EVALUATES = re.compile(r"(?i)\b(?:evaluat\w*|benchmark\w*|validation|test(?:ing)?)\b")
_TRAINS = re.compile(r"(?i)\b(?:pre-?|fine-?)?(?:train|tun)\w*")


def by_words(text: str) -> str:
    """The relation that a free text names, if it names one alone."""
    found = [relation for relation, pattern in _WORDS if re.search(rf"(?i)\b(?:{pattern})\b", text)]
    return found[0] if len(found) == 1 else ""


def needs(made: str, source: str, source_type: str, scope: str) -> tuple[str, float]:
    """The relation that `needs` most likely stands for between two kinds, and how sure that is."""
    if scope == "excluded":
        return "built-with", 0.6
    if source == "service":
        return ("generated-by", 0.3) if made in ("dataset", "outputs") else ("runs-with", 0.6)
    if made in MODELS:
        return {"dataset": ("trained-on", 0.6), "outputs": ("trained-on", 0.3), "code": ("runs-with", 0.6)}.get(source, ("runs-with", 0.3))
    if made in ("dataset", "outputs"):
        return {"weights": ("generated-by", 0.3), "adapter": ("generated-by", 0.3), "code": ("built-with", 0.3)}.get(source, ("derived-from", 0.3))
    if source == "code" and made in ("code", "service"):
        return ("links-dynamic", 0.6) if source_type in ("library", "framework") else ("runs-with", 0.6)
    return ("runs-with", 0.6) if source in MODELS else ("contains", 0.3)


def read_steps(bom: Bom) -> None:
    """Every step of the document; stated ones first, since they say more than a dependency between the same two."""
    for part_id, node in bom.nodes:
        _stated(bom, part_id, node)
    pairs: set[tuple[str, str]] = set()
    for part_id, node in bom.nodes:
        _pedigree(bom, part_id, node, pairs)
        _data(bom, part_id, node)
    links = Links(bom)
    for formula in bom.root.get("formulation").listed():
        for workflow in formula.get("workflows").listed():
            _workflow(bom, workflow, links)
    _dependencies(bom, links)
    if not bom.whole:
        _formulas(bom, links)
        _inventory(bom, links)
        _compositions(bom)


def _add(bom: Bom, result: str, relation: str, source: str, place: Node, inferred: str = "", confidence: float = 1.0) -> None:
    """Adds a step, unless one of ours states it with all its facts."""
    if (result, relation, source) not in bom.draft.steps or (confidence > bom.draft.steps[(result, relation, source)].confidence and not bom.whole):
        bom.draft.step(result, relation, source, place.place, inferred, confidence=confidence)


def _with_facts(bom: Bom, result: str, relation: str, source: str, node: Node) -> None:
    """A step that an export of ours wrote, with what else it knew of it."""
    facts = facts_of(node)
    inferred, purpose, sure, accepted = (facts.get(k) for k in ("inferred", "purpose", "confidence", "accepted-terms"))
    sure = float(sure) if isinstance(sure, int | float) and 0 < sure <= 1 else 1.0
    purpose = purpose if isinstance(purpose, str) and purpose in bom.knowledge.edge_purposes else ""
    bom.draft.step(result, relation, source, node.place, inferred if isinstance(inferred, str) else "", purpose, sure)
    if facts.get("substantial-part") is True:
        bom.draft.miss(str(node.place), f"{relation} {source}: a substantial part was taken over, which an import cannot carry", result)
    key = (result, relation, source)
    if isinstance(accepted, bool) and key in bom.draft.steps:
        bom.draft.steps[key] = bom.draft.steps[key]._replace(accepted_terms=accepted)


def _stated(bom: Bom, part_id: str, node: Node) -> None:
    """Steps in properties of ours."""
    for name, value in properties(node):
        relation = name.removeprefix("relation:")
        if relation == name:
            continue
        named = facts_of(value).get("component", value.text)
        source = named if isinstance(named, str) and named in bom.draft.parts else bom.refs.get(str(named), "")
        if relation not in bom.knowledge.relations:
            bom.draft.miss(str(value.place), f"the relation `{relation[:40]}` is not known", part_id)
        elif not source:
            bom.draft.miss(str(value.place), f"{relation}: there is no component `{str(named)[:80]}`", part_id)
        else:
            _with_facts(bom, part_id, relation, source, value)


def _pedigree(bom: Bom, part_id: str, node: Node, pairs: set[tuple[str, str]]) -> None:
    """Ancestors and descendants; the kind of step is not a field of CycloneDX, notes may name it."""
    pedigree = node.get("pedigree")
    notes = pedigree.get("notes").text
    named = by_words(notes)
    for section in ("ancestors", "descendants"):
        for entry in pedigree.get(section).listed():
            other = bom.in_pedigree(entry)
            if not other:
                continue
            made, source = (part_id, other) if section == "ancestors" else (other, part_id)
            stated = own(entry, "relation")
            relation = str(facts_of(stated).get("relation", stated.text))
            if stated and relation in bom.knowledge.relations:
                _with_facts(bom, made, relation, source, stated)
            elif (named and named in DERIVING) or named == "distill-outputs":
                _add(bom, made, named, source, entry, f"the notes of its pedigree say so ({notes[:100]})", 0.6)
            else:
                _add(bom, made, "derived-from", source, entry)
            pairs.add((made, source))
    for entry in pedigree.get("variants").listed():
        other = bom.in_pedigree(entry)
        if other and other != part_id and (other, part_id) not in pairs:
            pairs.add((part_id, other))
            _add(bom, part_id, "derived-from", other, entry, "it is a variant; which of the two came from the other, or both from a third, is not stated", 0.3)


class Links:
    """Which parts are linked, kept up as steps are added."""

    def __init__(self, bom: Bom) -> None:
        self.below: dict[str, set[str]] = {}
        for step in bom.draft.steps.values():
            self.add(step.result, step.source)

    def add(self, made: str, source: str) -> None:
        """Notes that one was made from the other."""
        self.below.setdefault(made, set()).add(source)

    def has(self, one: str, other: str) -> bool:
        """Whether there is a step between the two, either way."""
        return other in self.below.get(one, ()) or one in self.below.get(other, ())

    def reach(self, root: str, found: set[str]) -> None:
        """Adds all that a part was made from, itself included."""
        waiting = [root]
        while waiting:
            part = waiting.pop()
            if part not in found:
                found.add(part)
                waiting.extend(self.below.get(part, ()))

    def above(self, root: str) -> set[str]:
        """All that was made from a part."""
        turned: dict[str, set[str]] = {}
        for made, sources in self.below.items():
            for source in sources:
                turned.setdefault(source, set()).add(made)
        found: set[str] = set()
        waiting = [root]
        while waiting:
            new = turned.get(waiting.pop(), set()) - found
            found |= new
            waiting.extend(new)
        return found


def _data(bom: Bom, part_id: str, node: Node) -> None:
    """Data sets of a model card, written out or referred to."""
    for entry in node.get("modelCard", "modelParameters", "datasets").listed():
        if entry.get("ref"):
            source = bom.resolve(entry.get("ref"))
            if not source:
                bom.dangling(entry.get("ref"), part_id, "it was trained on")
                continue
        else:
            source = _inline(bom, part_id, entry)
            if not source:
                continue
        about = f"{entry.get('name').text} {entry.get('description').text}"
        if _EVALUATES.search(about) and not _TRAINS.search(about):
            bom.draft.notice("trained-or-evaluated", part_id, f"{entry.place}: the model card lists {source} among its data and describes it as for evaluation; it is taken as trained on")
        _add(bom, part_id, "trained-on", source, entry)


def _inline(bom: Bom, part_id: str, entry: Node) -> str:
    """The part that a data set written into a model card is."""
    url, name = entry.get("contents", "url").text, entry.get("name").text or entry.text
    at = next((r for r in (reference(w, bom.knowledge, dataset=True) for w in (url, name) if w) if r.kind == "hub" and r.known), None)
    if at is not None:
        bom.draft.refer(at, "dataset", entry.place)
        found = at.id
    elif url or name:
        known = entry.get("bom-ref").text in bom.refs and bom.refs[entry.get("bom-ref").text]
        found = known or bom.named_data(name or url, url)
        part = bom.draft.part(found, "dataset", name=name, source=url if "://" in url else "", evidence=entry.place)
        part.inferred = part.inferred or ("" if part.source else f"`{name[:60]}` is a data set named in a model card, so its terms cannot be looked up")
    else:
        bom.draft.miss(str(entry.place), "a data set that has neither name nor address", part_id)
        return ""
    if entry.get("bom-ref").text:
        bom.refs.setdefault(entry.get("bom-ref").text, found)
    return found


def _workflow(bom: Bom, workflow: Node, links: Links) -> None:
    """Runs: what a task put out was made from what it took in."""
    last = [r for r, _ in _resources(bom, workflow, "outputs") if r] or ([bom.draft.release] if bom.draft.release else [])
    tasks = (workflow, *workflow.get("tasks").listed())
    for task in (*tasks, *(t.get("trigger") for t in tasks)):
        made = list(_resources(bom, task, "outputs"))
        into = [r for r, _ in made if r] or last
        for result, node in made:
            if not result:
                bom.dangling(node, "", "a run puts out")
        for source, node in _resources(bom, task, "inputs"):
            if not source:
                bom.dangling(node, into[0] if len(into) == 1 else "", "a run takes in")
            for result in into if source else ():
                _run(bom, result, source, task, node, links)
        for source, node in _resources(bom, task, "resourceReferences"):
            if not source:
                bom.draft.notice("dangling-reference", "", f"{node.place} refers to `{node.text[:80]}`, which is listed nowhere")
            for result in into if source else ():
                _run(bom, result, source, task, node, links, 0.3)


def _run(bom: Bom, result: str, source: str, task: Node, node: Node, links: Links, sure: float = 0.6) -> None:
    if result == source or links.has(result, source):
        return
    links.add(result, source)
    made, kind = bom.draft.parts[result].kind, bom.draft.parts[source].kind
    about = f"{task.get('name').text} {task.get('description').text}"
    named = by_words(about)
    if made in MODELS and kind in MODELS:
        relation = named or "derived-from"
    else:
        relation = {
            ("weights", "dataset"): "trained-on", ("adapter", "dataset"): "trained-on", ("weights", "outputs"): "trained-on", ("adapter", "outputs"): "trained-on",
            ("weights", "code"): "trained-with", ("adapter", "code"): "trained-with", ("dataset", "dataset"): "contains-modified", ("dataset", "code"): "built-with", ("outputs", "code"): "built-with",
            ("dataset", "weights"): "generated-by", ("outputs", "weights"): "generated-by", ("dataset", "service"): "generated-by", ("outputs", "service"): "generated-by",
        }.get((made, kind), "derived-from")  # fmt: skip
    if relation not in bom.knowledge.relations:
        relation = "derived-from"
    _add(bom, result, relation, source, node, f"a run ({about.strip()[:60] or 'without a name'}) takes {kind} in and puts {made} out", sure)


def _resources(bom: Bom, task: Node, section: str) -> Iterator[tuple[str, Node]]:
    """What goes into a task or comes out of it, as parts (empty where a reference leads nowhere), with the place."""
    for entry in task.get(section).listed():
        if section == "outputs" and entry.get("type").text in ("log", "evidence", "metrics", "attestation"):
            continue
        resource = entry if section == "resourceReferences" else entry.get("resource")
        ref, outside = resource.get("ref"), resource.get("externalReference", "url")
        if ref:
            if ref.text not in bom.left_out:
                yield bom.resolve(ref), ref
        elif outside.text:
            at = reference(outside.text, bom.knowledge)
            if at.kind == "hub":
                bom.draft.refer(at, "dataset" if at.id.startswith("datasets/") else "weights", outside.place)
                yield at.id, outside
            else:
                yield "", outside


def _dependencies(bom: Bom, links: Links) -> None:
    """What a thing needs. Between two that are already linked it says nothing new; a circle of needs is cut where it closes."""
    wanted: dict[str, list[tuple[str, Node]]] = {}
    seen: set[tuple[str, str]] = set()
    for entry in bom.root.get("dependencies").listed():
        made = bom.resolve(entry.get("ref"))
        if not made:
            if entry.get("ref").text not in bom.left_out:
                bom.draft.notice("dangling-reference", "", f"{entry.place} says what `{entry.get('ref').text[:80]}` needs, and nothing by that reference is listed")
            continue
        for ref in entry.get("dependsOn").listed():
            source = bom.resolve(ref)
            if not source:
                bom.dangling(ref, made, "it needs")
            elif source == made:
                bom.draft.notice("needs-itself", made, f"{ref.place} says that it needs itself")
            elif (made, source) not in seen:
                seen.add((made, source))
                wanted.setdefault(made, []).append((source, ref))
    for made, source, node in _cut(bom, wanted):
        if not links.has(made, source):
            _need(bom, made, source, node, "a dependency says that it is needed")
            links.add(made, source)


def _cut(bom: Bom, wanted: dict[str, list[tuple[str, Node]]]) -> list[tuple[str, str, Node]]:
    """The needs without those that close a circle, seen from the release: what is needed stays reached."""
    kept: list[tuple[str, str, Node]] = []
    done: set[str] = set()
    for root in (bom.draft.release, *wanted):
        if not root or root in done:
            continue
        on, work = {root}, [(root, iter(wanted.get(root, ())))]
        while work:
            made, rest = work[-1]
            for source, node in rest:
                if source in on:
                    bom.draft.notice("needs-in-a-circle", made, f"{node.place}: {made} and {source} need each other; that {made} needs {source} is left out")
                    continue
                kept.append((made, source, node))
                if source not in done:
                    on.add(source)
                    work.append((source, iter(wanted.get(source, ()))))
                    break
            else:
                work.pop()
                on.discard(made)
                done.add(made)
    return kept


def _need(bom: Bom, made: str, source: str, node: Node, why: str) -> None:
    """A step that stands on a need. A model that needs a model may have been made from it: that is a gap."""
    mine, other = bom.draft.parts[made].kind, bom.draft.parts[source].kind
    relation, sure = needs(mine, other, bom.types.get(source, ""), bom.scopes.get(source, ""))
    sure = 0.3 if why.startswith("the inventory") else sure
    _add(bom, made, relation, source, node, f"{why}; {other} that {mine} needs: taken as {relation}", sure)
    if mine in MODELS and other in MODELS and relation == "runs-with":
        bom.draft.miss(str(node.place), f"{why} ({source}), not whether it was made from it; a pedigree would say so", made)


def _formulas(bom: Bom, links: Links) -> None:
    """Components that only a formulation lists were used in the making."""
    release = bom.draft.release
    if not release:
        return
    ids = {id(n): p for p, n in bom.nodes}
    reached: set[str] = set()
    links.reach(release, reached)
    for formula in bom.root.get("formulation").listed():
        for node in (*formula.get("components").listed(), *formula.get("services").listed()):
            part_id = ids.get(id(node), "")
            if not part_id or part_id in reached:
                continue
            relation = {"code": "built-with", "dataset": "trained-on", "document": "built-with"}.get(bom.draft.parts[part_id].kind, "derived-from")
            _add(bom, release, relation, part_id, node, "it is listed among what was used in the making", 0.3)
            links.add(release, part_id)
            links.reach(part_id, reached)


def _inventory(bom: Bom, links: Links) -> None:
    """What is listed and linked to nothing belongs to what the document is about, in a way that it does not state."""
    release = bom.draft.release
    if not release:
        return
    places = dict(reversed(bom.nodes))
    reached: set[str] = set()
    links.reach(release, reached)
    above = links.above(release)
    apart = [p for p in bom.listed if p not in reached and p not in above]
    used = {s for p in apart for s in links.below.get(p, ()) if s != p}
    for part_id in (*(p for p in apart if p not in used), *(p for p in apart if p in used)):
        if part_id not in reached:
            _need(bom, release, part_id, places[part_id], "the inventory lists it, and nothing says how it is used")
            links.add(release, part_id)
            links.reach(part_id, reached)


def _compositions(bom: Bom) -> None:
    """What the document says of its own completeness."""
    for entry in bom.root.get("compositions").listed():
        word = entry.get("aggregate").text
        refs = [n.get("ref") if n.is_map else n for k in ("assemblies", "dependencies") for n in entry.get(k).listed()]
        parts = [p for p in (bom.resolve(r) for r in refs) if p] or [""]
        for part_id in parts:
            if word.startswith("incomplete"):
                bom.draft.miss(str(entry.place), f"the document says that what it lists of {part_id or 'this'} is {word.replace('_', ' ')}", part_id)
            elif word in ("unknown", "not_specified"):
                bom.draft.notice("completeness-unknown", part_id, f"{entry.place} does not say whether the list is complete")
