"""A question as it is put, by a command or by a program: which stack, what of it, under which premises."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from licgraph import stack as model
from licgraph.errors import Fault, StackError
from licgraph.stack import DEFAULT_STACK, Stack

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge

NOTHING: Mapping[str, Any] = MappingProxyType({"component": "", "proposed": "", "form": "", "use": "", "to": "", "purpose": "", "facts": {}})
"""A question that overrides nothing of what the stack says."""


def read_stack(name: str | None, knowledge: Knowledge) -> tuple[Stack, Knowledge]:
    """The stack that was named, and the knowledge base with what the house of that stack concluded."""
    from licgraph import inputs

    given = None
    if name == "-":
        from licgraph.yamlfile import MAX_BYTES

        given = sys.stdin.buffer.read(MAX_BYTES + 1)
    elif name is None:
        name = DEFAULT_STACK if Path(DEFAULT_STACK).exists() else "."
    knowledge = knowledge.with_house(place_of(name))
    return inputs.read(name, knowledge, given), knowledge


def place_of(name: str | None) -> Path:
    """The folder from which a house's own files are looked for; standard input and the Hub have that of the run."""
    if name is None or name == "-" or name.startswith("hf:"):
        return Path.cwd()
    place = Path(name)
    return place if place.is_dir() else place.parent


def put(stack: Stack, knowledge: Knowledge, given: Mapping[str, Any], by: str) -> Stack:
    """The stack with what the question overrides: component, proposed (terms), form, use, to, purpose, and facts by name.

    by: who states those facts. Faults are named after the options of the commands. Raises StackError.
    """
    from licgraph.expression import ExpressionFault, parse
    from licgraph.shapes import near

    facts, sources = dict(stack.facts), dict(stack.fact_sources)
    for fact, written in given["facts"].items():
        word = knowledge.facts.get(fact)
        if word is None:
            raise StackError(Fault("--fact", 0, fact, f"the fact `{fact}` is not known{near(fact, knowledge.facts)}", f"Known: {', '.join(knowledge.facts)}"))
        facts[fact] = fact_value(fact, word.type, written)
        sources[fact] = model.FactSource(by)
    stack = stack._replace(facts=facts, fact_sources=sources)
    release = stack.release
    name: str | None = given["component"] or (release.component if release else None)
    if name is None and len(stack.components) == 1:
        name = next(iter(stack.components))
    if name is None:
        return stack
    if name not in stack.components:
        raise StackError(Fault("--component", 0, name, f"there is no component `{name}`{near(name, stack.components)}", f"Components: {', '.join(stack.components)}"))
    if release is None or release.component != name:
        form = given["form"] or model.default_form(stack.components[name].kind)
        release = model.Release(component=name, form=form, to=model.default_recipients(form))
    if given["proposed"]:
        try:
            release = release._replace(license=parse(given["proposed"], knowledge), written=given["proposed"])
        except ExpressionFault as problem:
            raise StackError(Fault("--as", 0, "", problem.what, problem.cure)) from None
    if given["form"] and given["form"] != release.form:
        release = release._replace(form=given["form"], to=model.default_recipients(given["form"]))
    if given["use"]:
        release = release._replace(use=given["use"], purpose="" if given["use"] == "any" else given["use"])
    release = release._replace(to=given["to"] or release.to, purpose=given["purpose"] or release.purpose)
    component = stack.components[name]
    components = stack.components
    if not component.ours and (stack.release is None or stack.release.component != name):
        components = {**components, name: component._replace(ours=True)}
    return stack._replace(release=release, components=components)


def fact_value(name: str, kind: str, written: Any) -> Any:
    """The value of a fact, written as text or as what it is. Raises StackError."""
    if not isinstance(written, str):
        return _typed(name, kind, written)
    if kind == "number":
        try:
            return _number(float(written.replace("_", "")))
        except ValueError:
            raise StackError(Fault("--fact", 0, name, f"`{written}` is not a number", "Write digits only, such as 2000000")) from None
    if kind == "flag":
        if written not in ("true", "false"):
            raise StackError(Fault("--fact", 0, name, f"`{written}` is not true or false", "Write true or false"))
        return written == "true"
    return tuple(written.split(",")) if kind == "words" else written


def _number(value: float) -> float:
    """A number that can be held against a cap. Raises ValueError for what is none (nan, which exceeds nothing), for infinity and below zero."""
    if not (math.isfinite(value) and value >= 0):
        raise ValueError
    return value


def _typed(name: str, kind: str, value: Any) -> Any:
    if isinstance(value, Mapping):  # a value for each licence version
        return {str(k): fact_value(name, kind, v) for k, v in value.items()}
    if kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return _number(float(value))
        except (ValueError, OverflowError):
            pass
    if kind == "flag" and isinstance(value, bool):
        return value
    if kind == "words" and isinstance(value, tuple | list):
        return tuple(str(v) for v in value)
    wanted = {"number": "a number", "flag": "True or False", "words": "a list of words", "word": "a word"}[kind]
    raise StackError(Fault("--fact", 0, name, f"{value!r} is no value of it", f"Give {wanted}"))


def assumed(written: Mapping[str, str], knowledge: Knowledge) -> dict[str, str]:
    """The values of open questions of law that were given, each checked. Raises StackError."""
    from licgraph.shapes import near

    for name, value in written.items():
        known = knowledge.assumptions.get(name)
        if known is None:
            raise StackError(Fault("--assume", 0, name, f"the assumption `{name}` is not known{near(name, knowledge.assumptions)}", f"Known: {', '.join(knowledge.assumptions)}"))
        if value not in known.values:
            raise StackError(Fault("--assume", 0, name, f"`{value}` is no value of it", f"Write one of: {', '.join(known.values)}"))
    return dict(written)


def day_of(given: str | None) -> str:
    """The day of a question: as given, that of SOURCE_DATE_EPOCH, or today. Raises StackError."""
    from datetime import date, datetime, timezone

    if given:
        try:
            return date.fromisoformat(given).isoformat()
        except ValueError:
            raise StackError(Fault("--as-of", 0, "", f"`{given}` is not a date", "Write it as YYYY-MM-DD")) from None
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return date.today().isoformat()
    try:
        return datetime.fromtimestamp(int(epoch), timezone.utc).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise StackError(Fault("SOURCE_DATE_EPOCH", 0, "", f"`{epoch[:40]}` is no day", "Set it to seconds since 1970, or unset it")) from None
