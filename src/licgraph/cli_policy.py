"""The command `policy test`: the tests that a house's rules bring along."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from licgraph.asking import day_of
from licgraph.cli_help import Group
from licgraph.cli_licenses import reported
from licgraph.defaults import POLICY


@click.group(cls=Group)
def policy() -> None:
    """The rules of the house."""


@policy.command("test")
@click.argument("file", default=POLICY, metavar="[FILE]")
@click.option("--as-of", metavar="DATE", help="The day on which permissions and accepted risks are read.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Another knowledge base.")
def test(file: str, as_of: str | None, folder: Path | None) -> None:
    """Run the tests of every rule. Exit 1 if one does not come out as it expects."""
    with reported("text"):
        from licgraph import knowledge as base
        from licgraph import policyfile
        from licgraph.answer import assess
        from licgraph.reports.text import clean

        knowledge = base.load(folder)
        rules = policyfile.read(Path(file), file, knowledge)
        day = day_of(as_of)
        failing = policyfile.failing(rules, lambda stack: assess(stack, knowledge, as_of=day), knowledge)
    for rule, trial in failing:
        click.echo(clean(f"{file}:{trial.line}: the rule {rule.id} ({rule.owner}) is {'not hit' if trial.expect == policyfile.HIT else 'hit'}, and the test expects `{trial.expect}`"))
    count = sum(len(rule.trials) for rule in rules)
    click.echo(f"{len(rules)} rule{'s' if len(rules) != 1 else ''}, {count} tests, {len(failing)} failed")
    sys.exit(1 if failing else 0)
