"""Under which terms the release goes out, for every format that states it: what was asked if the answer is yes, else what may be offered.

Nothing here decides: the answer and the options are the verdict's.
"""

from __future__ import annotations

from licgraph.expression import Tree, render
from licgraph.inputs.assemble import tree_of
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Stack
from licgraph.verdict import Verdict


class Offered(NamedTuple):
    """The terms that stand for the release. ``tree``: None where none were found; ``why``: on what they stand, or why there are none."""

    tree: Tree | None
    why: str


def released(stack: Stack, verdict: Verdict | None) -> str:
    """The component that is released; empty where none is."""
    return verdict.component if verdict is not None else stack.release.component if stack.release is not None else ""


def declared(stack: Stack) -> Tree | None:
    """The terms that its publisher states for the release."""
    if stack.release is None:
        return None
    return stack.release.license or stack.components[stack.release.component].declared


def offered(stack: Stack, verdict: Verdict | None, knowledge: Knowledge) -> Offered:
    """What the release is under, by the verdict: the proposed terms, or else the first of the options that it found."""
    if verdict is None:
        return Offered(None, "nothing is released, so nothing was asked")
    if verdict.answer == "yes" and verdict.proposed:
        own = stack.release.license if stack.release is not None else None
        known = own is not None and stack.release is not None and verdict.proposed in (stack.release.written, render(own))
        return Offered(own if known else tree_of(verdict.proposed, knowledge), "the proposed terms; no blocking term was found")
    asked = f"{verdict.proposed or 'no terms were proposed'}: {verdict.answer}" if verdict.proposed or verdict.answer != "yes" else "no terms were proposed"
    if verdict.answer in ("conditional", "unknown") and verdict.proposed:
        return Offered(None, f"{asked}; what is open has to be settled first")
    options = sorted(verdict.outbound.options, key=lambda o: o.layered)
    if options:
        return Offered(tree_of(options[0].expression, knowledge), f"{asked}; the first of {len(options)} options that were found")
    return Offered(None, f"{asked}; {verdict.outbound.why_none or 'no terms were found under which it may go out'}")
