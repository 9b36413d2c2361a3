"""Which components of a stack are which part of a release, and whether they are there at all.

A part is a component with that `role`, or one whose relation to the weights says so (`trained-on`, `trained-with`,
`runs-with`, `evaluated-on`). What is not in the stack is absent as far as the stack says. A model that was made from
another was also trained as that one was, so code and data are looked for at every model on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from licgraph.light import NamedTuple
from licgraph.openness.table import TERMS, Member, Part, Terms
from licgraph.openness.terms import Asked, not_osi, reaching, stated
from licgraph.stack import Component, Edge

FINAL = "model-parameters-final"
MODELS = ("weights", "adapter")
DATA = ("dataset", "outputs", "document")
UNTRAINED = ("merge", "quantize", "convert", "contains", "contains-modified")
"""Steps that make a model from others without training it."""
SAME_MACHINE = ("inference-code", "model-architecture", "supporting-libraries-and-tools")
"""Parts that a model shares with the one it was made from."""
SAID = {"withheld": "said to be withheld", "undisclosed": "said to be undisclosed"}


class Found(NamedTuple):
    """The components of each role: those of the graded weights, and those of any model on the way to them.

    ``absent``: why a component with a role is not there. ``models``: the graded weights and those they were made from.
    """

    weights: tuple[str, ...]
    models: tuple[str, ...]
    trained: tuple[str, ...]
    of_model: Mapping[str, Mapping[str, tuple[str, ...]]]
    absent: Mapping[str, str]
    no_weights: str
    teachers: Mapping[str, tuple[str, ...]]

    def direct(self, role: str) -> tuple[str, ...]:
        """Components of a role that belong to the graded weights themselves."""
        if role == FINAL:
            return self.weights
        return tuple(dict.fromkeys(c for w in self.weights or ("",) for c in self.of_model.get(w, {}).get(role, ())))

    def anywhere(self, role: str) -> tuple[str, ...]:
        """Components of a role that belong to any model on the way."""
        return tuple(dict.fromkeys(c for m in self.models or ("",) for c in self.of_model.get(m, {}).get(role, ())))


def role_of(edge: Edge, source: Component) -> str:
    """The role of what a thing was made from: its own, else what the relation says of it."""
    if source.role:
        return source.role
    if edge.relation in ("trained-on", "distill-outputs") and source.kind in DATA:
        return "datasets"
    if source.kind == "code":
        return {"trained-with": "training-code", "runs-with": "inference-code"}.get(edge.relation, "")
    return "evaluation-data" if edge.relation == "evaluated-on" and source.kind in DATA else ""


def find(asked: Asked) -> Found:
    """Sorts the components of a stack into parts. The stack has a release."""
    stack = asked.stack
    assert stack.release is not None
    release = stack.components[stack.release.component]
    sources: dict[str, list[Edge]] = {n: [] for n in stack.components}
    for edge in stack.edges:
        sources[edge.result].append(edge)
    contained = _contained(release.id, sources)
    absent = {c.id: why for c in stack.components.values() if (why := _why_absent(asked, c, contained, release.id))}
    weights, none = _weights(asked, release, contained, sources, absent)
    models = _models(asked, (*weights, *([release.id] if weights and release.id not in weights and release.kind in MODELS else [])), sources)
    of_model: dict[str, dict[str, tuple[str, ...]]] = {m: _attached(asked, m, sources) for m in models}
    loose = _loose(asked, models, sources, release)
    for owner in weights or ("",):
        mine = of_model.setdefault(owner, {})
        for role, names in loose.items():
            mine[role] = tuple(dict.fromkeys((*mine.get(role, ()), *names)))
    trained = tuple(m for m in models if m in weights or not _is_bundle(m, release, weights) if _trained(asked, m, sources))
    teachers = {m: tuple(e.source for e in sources[m] if e.relation in ("distill-outputs", "distill-logits") and stack.components[e.source].kind not in DATA) for m in models}
    return Found(weights, models, trained, of_model, absent, none, teachers)


def _is_bundle(name: str, release: Component, weights: tuple[str, ...]) -> bool:
    return name == release.id and name not in weights


def _contained(name: str, sources: Mapping[str, list[Edge]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for edge in sources[waiting.pop()]:
            if edge.relation == "contains" and edge.source not in found:
                found.add(edge.source)
                waiting.append(edge.source)
    return frozenset(found)


def _why_absent(asked: Asked, component: Component, contained: frozenset[str], release: str) -> str:
    """Why a component that the stack names is not there for everybody; empty where it is."""
    if component.available in SAID:
        return f"{component.id} is {SAID[component.available]}"
    if component.available == "released" or component.role or component.id == release or component.id in contained:
        return ""
    if not component.ours and (component.source or component.license is not None or component.labels):
        return ""
    return f"{component.id} is not said to be released (write available: released if it is)"


def _weights(asked: Asked, release: Component, contained: frozenset[str], sources: Mapping[str, list[Edge]], absent: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """The weights that are graded, and why there are none."""
    parts = asked.stack.components
    form = asked.stack.release.form if asked.stack.release else ""
    inside = [c for c in parts.values() if c.id in contained]
    if release.kind in MODELS and (release.role == FINAL or not any(c.role for c in inside)):
        found = [release.id]
    else:
        found = [c.id for c in inside if c.role == FINAL] or [c.id for c in inside if c.kind in MODELS and not c.role]
        found = found or [e.source for e in sources[release.id] if e.relation in ("runs-with", "convert") and parts[e.source].kind in MODELS]
        used = frozenset() if found else _upstream([release.id], sources)
        found = found or [c.id for c in parts.values() if c.role == FINAL and c.id not in used]
    there = tuple(n for n in found if n not in absent and (form not in ("service", "internal") or parts[n].available == "released"))
    if there:
        return there, ""
    if found:
        said = [absent[n] for n in found if n in absent]
        return (), said[0] if said else f"the release is {'a service' if form == 'service' else 'for our own use'}, so {', '.join(found)} is not handed out (write available: released on it if it is)"
    withheld = [absent[c.id] for c in parts.values() if c.role == FINAL and c.id in absent]
    return (), withheld[0] if withheld else "no component of the stack is said to be the weights (role: model-parameters-final)"


def _upstream(results: Iterable[str], sources: Mapping[str, list[Edge]]) -> set[str]:
    """These components and everything from which a path leads to one of them."""
    waiting = list(results)
    seen = set(waiting)
    while waiting:
        for edge in sources[waiting.pop()]:
            if edge.source not in seen:
                seen.add(edge.source)
                waiting.append(edge.source)
    return seen


def _models(asked: Asked, start: Iterable[str], sources: Mapping[str, list[Edge]]) -> tuple[str, ...]:
    """The models in question and every model that they were made from, nearest first."""
    found = dict.fromkeys(start)
    waiting = list(found)
    while waiting:
        for edge in sources[waiting.pop(0)]:
            act = asked.knowledge.relations[edge.relation].act
            if asked.stack.components[edge.source].kind in MODELS and edge.source not in found and act in ("modify", "copy") and edge.relation != "contains":
                found[edge.source] = None
                waiting.append(edge.source)
    return tuple(found)


def _trained(asked: Asked, model: str, sources: Mapping[str, list[Edge]]) -> bool:
    """Whether a model came about by training, its own or that of a model nobody says more of."""
    bases = [e for e in sources[model] if asked.stack.components[e.source].kind in MODELS and asked.knowledge.relations[e.relation].act in ("modify", "copy")]
    return not bases or any(e.relation not in UNTRAINED for e in bases)


def _attached(asked: Asked, model: str, sources: Mapping[str, list[Edge]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for edge in sources[model]:
        role = role_of(edge, asked.stack.components[edge.source])
        if role and role != FINAL:
            found[role] = tuple(dict.fromkeys((*found.get(role, ()), edge.source)))
    return found


def _loose(asked: Asked, models: tuple[str, ...], sources: Mapping[str, list[Edge]], release: Component) -> dict[str, tuple[str, ...]]:
    """Components with a role that no model on the way was made from: they belong to the release as a whole."""
    taken = {e.source for m in models if m != release.id for e in sources[m]}
    below = _upstream([m for m in models if m != release.id], sources)
    found: dict[str, tuple[str, ...]] = {}
    for part in asked.stack.components.values():
        role = part.role
        runs = any(e.relation == "runs-with" and asked.stack.components[e.source].kind in MODELS for e in sources[part.id])
        if not role and part.kind == "code" and part.id == release.id and runs:
            role = "inference-code"
        if role and role != FINAL and part.id not in taken and part.id not in below and part.id not in models:
            found[role] = (*found.get(role, ()), part.id)
    return found


class Judge:
    """Members and parts with their terms; each component is judged once."""

    def __init__(self, asked: Asked, found: Found) -> None:
        self.asked = asked
        self.found = found
        self._known: dict[str, list[Terms]] = {}

    def terms(self, name: str) -> list[Terms]:
        """The terms that reach a component."""
        if name not in self._known:
            self._known[name] = reaching(self.asked, self.asked.stack.components[name])
        return self._known[name]

    def member(self, name: str, role: str) -> Member:
        """A component as a member of a part: the terms that decide first. Weights in a bundle also carry what the bundle was made from."""
        component = self.asked.stack.components[name]
        found = list(self.terms(name))
        release = self.asked.stack.release
        if role == FINAL and release is not None and name != release.component and release.component in self.found.models:
            found += [t for t in self.terms(release.component) if len(t.path) > 1]
        granted = [t.acts for t in found if t.acts or t.state != "open"]
        decides = min(found, key=lambda t: TERMS.index(t.state))._replace(acts=frozenset.intersection(*granted) if granted else frozenset())
        label = stated(self.asked, component)
        bad, unknown = not_osi(label, self.asked.knowledge) if label is not None else (("no licence",), False)
        return Member(name, role, decides, tuple(t for t in found if t.state != "open" and t.why != decides.why), bad, unknown)

    def members(self, names: Iterable[str], role: str) -> tuple[Member, ...]:
        """Those of the components that are there."""
        return tuple(self.member(n, role) for n in names if n not in self.found.absent)

    def part(self, ident: str, label: str, role: str, models: tuple[str, ...]) -> Part:
        """A part that every one of these models needs."""
        members: dict[str, Member] = {}
        missing: list[str] = []
        for model in models or ("",):
            names = self.found.of_model.get(model, {}).get(role, ())
            here = self.members(names, role)
            members.update((m.component, m) for m in here)
            missing += [self.found.absent[n] for n in names if n in self.found.absent]
            if not names:
                missing.append(f"no {label} of {model} is in the stack" if model else f"no {label} is in the stack")
        if role == "datasets":
            missing += [f"what {t} put out to train {m} is not in the stack" for m in models for t in self.found.teachers.get(m, ())]
        return Part(ident, label, "present" if members and not missing else "partly" if members else "absent", tuple(members.values()), tuple(dict.fromkeys(missing)))


def four(judge: Judge) -> tuple[Part, ...]:
    """The four parts: weights, what runs them, what trains them, what they were trained on."""
    found = judge.found
    weights = judge.members(found.weights, FINAL)
    running = dict.fromkeys(found.anywhere("inference-code"))
    code = judge.members(running, "inference-code")
    lost = [found.absent[n] for n in running if n in found.absent]
    no_code = () if code else tuple(lost) or ("no inference code is in the stack",)
    return (
        Part("weights", "weights", "present" if weights else "absent", weights, (found.no_weights,) if found.no_weights else ()),
        Part("inference-code", "inference code", "present" if code else "absent", code, no_code),
        judge.part("training-code", "training code", "training-code", found.trained),
        judge.part("training-data", "training data", "datasets", found.trained),
    )
