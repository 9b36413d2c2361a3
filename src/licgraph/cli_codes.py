"""`licgraph --explain CODE` and `licgraph explain --code CODE`: a code of a report explained, no stack needed."""

from __future__ import annotations

from typing import Any

import click

from licgraph.cli_licenses import reported
from licgraph.errors import Fault, StackError


def explain_code(code: str, form_of_output: str = "text") -> None:
    """Prints what a code means; exit 2 if it is none."""
    with reported(form_of_output):
        from licgraph import codes
        from licgraph import knowledge as base

        knowledge = base.load()
        found = codes.explained(code, knowledge)
        if not found:
            near = codes.near(code, knowledge)
            cure = f"Did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else "Name a finding, duty, fact, assumption, relation, LICENSE/clause or exit-N, as reports do"
            raise StackError(Fault("--explain", 0, code, "no such code is known", cure))
        if form_of_output == "json":
            from licgraph.reports.json import dumps

            click.echo(dumps(codes.to_json(code, found)), nl=False)
            return
        click.echo("\n\n".join(_page(entry) for entry in found))


def _page(entry: Any) -> str:
    from licgraph.reports.text import clean

    return "\n".join((clean(f"{entry.code}  ({entry.kind})"), *_wrapped("", entry.says), *_wrapped("from: ", entry.source), *_wrapped("do:   ", entry.do)))


def _wrapped(label: str, text: str) -> list[str]:
    import textwrap

    from licgraph.reports.text import clean

    return textwrap.wrap(clean(text), 100, initial_indent=f"  {label}", subsequent_indent="  " + " " * len(label), break_long_words=False, break_on_hyphens=False)
