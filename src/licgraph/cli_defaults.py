"""The file of defaults laid under the command line: what is not said there is taken from here, and what was taken is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import click

from licgraph import defaults
from licgraph.asking import fact_value
from licgraph.audience import AUDIENCES
from licgraph.defaults import Defaults
from licgraph.errors import Fault, StackError
from licgraph.knowledge import Knowledge
from licgraph.shapes import near

OPTIONS = {"profile": "profile", "fail-on": "fail_on", "policy": "policy", "baseline": "baseline", "audience": "audience"}
"""Keys whose value an option of one value overrides, with the option's parameter."""


def merged(given: dict[str, Any], found: Defaults, context: click.Context) -> dict[str, Any]:
    """The parameters of `check` with the defaults under them. Raises StackError with every value that is not known."""
    from licgraph import knowledge as base

    knowledge = base.load(given["folder"])
    faults = list(_faults(found, knowledge))
    if faults:
        raise StackError(faults)
    values = found.values
    result = {**given, "default_facts": defaults.facts(found), "patterns": found if "stacks" in values else None}
    taken = ["facts"] if "facts" in values else []
    taken += ["stacks"] if "stacks" in values and not given["stacks"] and not given["all_below"] else []
    for key, parameter in OPTIONS.items():
        if key in values and context.get_parameter_source(parameter) in (None, click.core.ParameterSource.DEFAULT):
            if key == "baseline" and given["write_baseline"]:
                continue
            written = {"fail-on": lambda: ",".join(values["fail-on"]), "policy": lambda: defaults.path(found, "policy"), "baseline": lambda: defaults.path(found, "baseline")}
            result[parameter] = written.get(key, lambda k=key: values[k])()
            taken.append(key)
    if "assume" in values:
        told = {word.partition("=")[0] for word in given["assume"]}
        result["assume"] = (*(f"{name}={value}" for name, value in values["assume"].items() if name not in told), *given["assume"])
        taken.append("assume")
    line = f"defaults from {found.shown}: {', '.join(key for key in defaults.KEYS if key in taken)}" if taken else ""
    return {**result, "said": (line,) if line else ()}


def _faults(found: Defaults, knowledge: Knowledge) -> Iterable[Fault]:
    values = found.values
    for key, known in (("profile", tuple(knowledge.profiles)), ("audience", AUDIENCES)):
        if key in values and values[key] not in known:
            yield found.fault(key, f"`{values[key]}` is not known here{near(values[key], known)}", f"Write one of: {', '.join(known)}")
    for name, value in values.get("assume", {}).items():
        assumption = knowledge.assumptions.get(name)
        if assumption is None:
            yield found.fault("assume", f"the assumption `{name}` is not known{near(name, knowledge.assumptions)}", f"Known: {', '.join(knowledge.assumptions)}")
        elif value not in assumption.values:
            yield found.fault("assume", f"`{value}` is no value of `{name}`", f"Write one of: {', '.join(assumption.values)}")
    for name, written in defaults.facts(found).items():
        fact = knowledge.facts.get(name)
        if fact is None:
            yield found.fault("facts", f"the fact `{name}` is not known{near(name, knowledge.facts)}", f"Known: {', '.join(knowledge.facts)}")
        else:
            yield from _moved(found, "facts", lambda n=name, k=fact.type, w=written: fact_value(n, k, w))  # type: ignore[misc]
    if "fail-on" in values:
        from licgraph.failing import words

        yield from _moved(found, "fail-on", lambda: words(values["fail-on"]))


def _moved(found: Defaults, key: str, read: Callable[[], Any]) -> Iterable[Fault]:
    """The faults of reading a value, as faults of the file it stands in."""
    try:
        read()
    except StackError as problem:
        yield from (replace(f, file=found.shown, line=found.lines.get(key, 0), key=f"{key}.{f.key}".rstrip(".")) for f in problem.faults)
