"""`outbound --matrix`: the table of outbound terms as reports. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from licgraph.errors import Fault, StackError
from licgraph.light import NamedTuple

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.matrix import Tried
    from licgraph.stack import Stack


class Reported(NamedTuple):
    """The reports by format, as `_deliver` takes them, and the gate for the exit code."""

    reports: Mapping[str, Callable[[bool], str]]
    gate: str


def matrix_report(stack: Stack, knowledge: Knowledge, given: Mapping[str, Any], assume: Mapping[str, str], day: str) -> Reported:
    """The matrix of a stack, with the terms that it or ``--as`` proposes still in it.

    given: the options of `outbound`, with ``tries`` for each ``--try EXPR``. assume, day: as read from them. The gate is that of `outbound` without
    ``--matrix``: of the terms that ``--as`` names, else of whether there are any.
    Raises: StackError when terms are not understood or nothing is released.
    """
    from licgraph.matrix import build

    tried = [_terms(written, knowledge) for written in given.get("tries", ())]
    matrix = build(stack, knowledge, given["profile"], tried=tried, purpose=given["purpose"] or "", assume=assume, as_of=day)

    def text(_: bool) -> str:
        from licgraph.reports.matrix import render

        return render(matrix, knowledge)

    def markdown(_: bool) -> str:
        from licgraph.reports.matrix import render_markdown

        return render_markdown(matrix, knowledge)

    def json(_: bool) -> str:
        from licgraph.reports.matrix import render_json

        return render_json(matrix)

    of_proposed = [row.verdict.gate for row in matrix.rows if "proposed" in row.sources]
    gate = of_proposed[0] if given["proposed"] and of_proposed else matrix.asked.gate
    return Reported({"text": text, "markdown": markdown, "json": json}, gate)


def _terms(written: str, knowledge: Knowledge) -> Tried:
    from licgraph.expression import ExpressionFault, parse
    from licgraph.matrix import Tried

    try:
        return Tried(written, parse(written, knowledge))
    except ExpressionFault as problem:
        raise StackError(Fault("--try", 0, "", problem.what, problem.cure)) from None
