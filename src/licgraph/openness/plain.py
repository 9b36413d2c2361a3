"""The plain reading: four parts, a name for what is open of them, and three questions people ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from licgraph.openness.rules import Rules
from licgraph.openness.table import Cell, Part, Question, Reading

LADDER = ("api-only", "no-weights", "weights-available", "open-weights", "open-weights-and-tooling", "fully-open")
NAMES = {
    "api-only": "API only", "no-weights": "no weights", "weights-available": "weights available", "open-weights": "open weights",
    "open-weights-and-tooling": "open weights and tooling", "fully-open": "fully open",
}  # fmt: skip
STATES = {"open": "open", "other": "other terms", "none": "no terms", "unknown": "unknown"}
NEEDS = {
    "weights-available": ("weights",), "open-weights": ("weights",), "open-weights-and-tooling": ("weights", "inference-code", "training-code"),
    "fully-open": ("weights", "inference-code", "training-code", "training-data"),
}  # fmt: skip


def grade(parts: Mapping[str, Part], hopeful: bool = False) -> str:
    """The name of what is open. `hopeful`: with every unknown term counted as open."""
    if parts["weights"].presence == "absent":
        return "no-weights" if any(p.members for p in parts.values()) else "api-only"
    rungs: Sequence[str] = LADDER[:2:-1]
    for name in rungs:
        if all(parts[p].is_open(hopeful) for p in NEEDS[name]):
            return name
    return "weights-available"


def state(part: Part) -> str:
    """A part in one word for its cell."""
    if part.presence == "absent":
        return "absent"
    if part.presence == "partly":
        return f"partly, {part.terms.state}" if part.terms.state != "open" else "partly"
    return STATES[part.terms.state]


def cell(part: Part) -> Cell:
    """One cell: the state of a part and the reason."""
    terms = part.terms
    return Cell(part.id, part.label, state(part), part.reason, tuple(m.component for m in part.members), terms.license, terms.clause, terms.cite)


def lacking(parts: Mapping[str, Part], wanted: Sequence[str]) -> tuple[str, ...]:
    """What keeps these parts from being open, one line each."""
    return tuple(f"{parts[p].label}: {parts[p].reason}" for p in wanted if not parts[p].is_open())


def read(parts: Mapping[str, Part], rules: Rules) -> Reading:
    """The grade of the plain reading, with the parts that decided it."""
    found, hoped = grade(parts), grade(parts, hopeful=True)
    upper = {"api-only": "weights-available", "no-weights": "weights-available"}.get(found) or next((n for n in LADDER[LADDER.index(found) + 1 :]), "")
    if upper == "weights-available":
        missing: tuple[str, ...] = (f"weights: {parts['weights'].reason}",)
    else:
        missing = lacking(parts, NEEDS[upper]) if upper else ()
    decided = [p for p in NEEDS.get(upper, ()) if not parts[p].is_open()] or list(parts)
    names = tuple(dict.fromkeys(m.component for p in decided for m in parts[p].members if m.terms.state != "open" or not upper))
    source = rules.sources["plain"]
    return Reading(
        "plain", source.name, source.version, source.source, found, NAMES[found], NAMES[hoped] if hoped != found else "", names, NAMES.get(upper, ""), missing,
        tuple(cell(p) for p in parts.values()),
    )  # fmt: skip


def systems(parts: Mapping[str, Part]) -> tuple[tuple[str, str], ...]:
    """Running and training, graded as two systems: open, partly, not open, unknown."""
    return tuple((name, _system([parts[a], parts[b]])) for name, a, b in (("inference", "weights", "inference-code"), ("training", "training-code", "training-data")))


def _system(parts: Sequence[Part]) -> str:
    if all(p.is_open() for p in parts):
        return "open"
    if all(p.is_open(hopeful=True) for p in parts):
        return "unknown"
    if any(p.is_open() or (p.presence == "partly" and p.terms.state == "open") for p in parts):
        return "partly"
    return "unknown" if any(p.terms.state == "unknown" for p in parts if p.members) else "not open"


def questions(parts: Mapping[str, Part]) -> tuple[Question, ...]:
    """Can I run it, modify it by fine-tuning, rebuild it."""
    return _run(parts), _tune(parts), _rebuild(parts)


def _run(parts: Mapping[str, Part]) -> Question:
    ask = "Can I run it?"
    weights, code = parts["weights"], parts["inference-code"]
    if weights.presence == "absent" or weights.terms.state == "none" or (weights.terms.state == "other" and "use" not in weights.terms.acts):
        return Question("run", ask, "no", f"weights: {weights.reason}", ("weights",))
    short = [p for p in (weights, code) if not p.is_open()]
    return _answer("run", ask, short, "weights and inference code are there and may be used for any purpose")


def _tune(parts: Mapping[str, Part]) -> Question:
    ask = "Can I modify it by fine-tuning?"
    weights = parts["weights"]
    if weights.presence == "absent" or weights.terms.state == "none" or (weights.terms.state == "other" and "modify" not in weights.terms.acts):
        return Question("fine-tune", ask, "no", f"weights: {weights.reason}", ("weights",))
    return _answer("fine-tune", ask, [] if weights.is_open() else [weights], "the weights are there, and changed versions may be made and shared")


def _rebuild(parts: Mapping[str, Part]) -> Question:
    ask = "Can I rebuild it?"
    both = [parts["training-code"], parts["training-data"]]
    if all(p.presence == "absent" or p.terms.state == "none" for p in both):
        return Question("rebuild", ask, "no", "; ".join(f"{p.label}: {p.reason}" for p in both), tuple(p.id for p in both))
    short = [p for p in both if not p.is_open()]
    if all(p.terms.state != "open" for p in both) and any(p.members and p.terms.state == "unknown" for p in both):
        return Question("rebuild", ask, "unknown", "; ".join(f"{p.label}: {p.reason}" for p in short), tuple(p.id for p in short))
    return _answer("rebuild", ask, short, "training code and training data are there under open terms")


def _answer(ident: str, ask: str, short: Sequence[Part], fine: str) -> Question:
    if not short:
        return Question(ident, ask, "yes", fine, ())
    why = "; ".join(f"{p.label}: {p.reason}" for p in short)
    waits = all(p.is_open(hopeful=True) for p in short) or any(p.id == "weights" and p.terms.state == "unknown" for p in short)
    return Question(ident, ask, "unknown" if waits else "partly", why, tuple(p.id for p in short))
