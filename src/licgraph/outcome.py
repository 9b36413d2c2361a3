"""What became of one question: a verdict, or what was wrong with it. Reports take a sequence of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from licgraph.errors import LicgraphError
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Stack
from licgraph.verdict import Verdict

GATES = ("error", "fail", "open", "pass")
"""Worst first: which of several decides (design 5.3)."""
EXIT = {"pass": 0, "fail": 1, "error": 2, "open": 3}
STATES = {"fail": "blocked", "error": "not understood", "open": "open", "pass": "clear"}


class Outcome(NamedTuple):
    """What became of the question about one stack. ``asked``: the stack as it was named.

    Either ``problem`` is None and the rest is there, or nothing was decided. ``assume``: the assumptions that were overridden.
    """

    asked: str
    stack: Stack | None = None
    knowledge: Knowledge | None = None
    verdict: Verdict | None = None
    assume: Mapping[str, str] = MappingProxyType({})
    problem: LicgraphError | None = None

    @property
    def answered(self) -> tuple[Verdict, Knowledge] | None:
        """The verdict and the knowledge base it was given on; None where nothing was decided."""
        return (self.verdict, self.knowledge) if self.verdict is not None and self.knowledge is not None else None

    @property
    def gate(self) -> str:
        """The verdict's gate, or ``error``."""
        return self.verdict.gate if self.verdict is not None else "error"


def worst(outcomes: Sequence[Outcome]) -> str:
    """The gate of all of them; none at all is an error, since nothing was decided."""
    return min((o.gate for o in outcomes), key=GATES.index, default="error")


def counted(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many there are of each state, in the order in which they are told."""
    found = Counter(o.gate for o in outcomes)
    return {state: found[gate] for gate, state in STATES.items()}
