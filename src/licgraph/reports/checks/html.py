"""HTML: the report of one stack, with the page to sign; an overview of several, of faults, or without the legal reasoning."""

from __future__ import annotations

from collections.abc import Sequence

from licgraph.outcome import Outcome
from licgraph.reports import page


def render(outcomes: Sequence[Outcome]) -> str:
    """One page, whatever was asked."""
    only = outcomes[0] if len(outcomes) == 1 else None
    if only is None or only.answered is None or only.stack is None or only.answered[0].audience != "counsel":
        return page.overview(outcomes)
    verdict, knowledge = only.answered
    return page.render(only.stack, knowledge, verdict, only.assume)
