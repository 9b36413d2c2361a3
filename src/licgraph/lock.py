"""The lock: everything that a verdict was given on, kept beside the stack, so that it can be given again and compared.

It holds the question, the stack as it was read, the verdict, and the slice of the knowledge base that was read. An
answer of March can so be reproduced in November (`--locked`), and what has moved since can be told clause by clause.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from licgraph import __version__
from licgraph.errors import Fault, StackError
from licgraph.knowledge import Knowledge
from licgraph.plain import digest, stack_from_plain, stack_to_plain
from licgraph.shift import Field, Shift, shifts
from licgraph.slices import PARTS, Premises, Used, cut, lay, same_names, solve
from licgraph.stack import Stack
from licgraph.verdict import Verdict
from licgraph.verdict import json_schema as verdict_schema
from licgraph.yamlfile import read_text

SCHEMA = "licgraph/lock/1"
DEFAULT_LOCK = "licgraph.lock"

Lock = Mapping[str, Any]


def of(stack: Stack, verdict: Verdict, knowledge: Knowledge, assume: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The lock of a verdict. ``assume``: the assumptions that were overridden when it was asked for.

    The stack is solved once more, to note what is read. Raises StackError as `assess` does.
    """
    premises = Premises(stack, knowledge, verdict.profile, tuple(sorted((assume or {}).items())), verdict.as_of)
    _, used = solve(premises)
    lock = {
        "schema": SCHEMA,
        "question": {
            "component": verdict.component, "proposed": verdict.proposed or None, "form": verdict.form, "use": verdict.use, "to": verdict.to, "purpose": verdict.purpose or None,
            "profile": verdict.profile, "assume": dict(premises.assume), "as_of": verdict.as_of,
        },
        "answer": verdict.answer,
        "inputs": [{"path": p, "sha256": s} for p, s in verdict.inputs],
        "assumptions": dict(verdict.assumptions),
        "versions": dict(verdict.versions),
        "stack": stack_to_plain(stack),
        "knowledge": cut(knowledge, used),
        "verdict": verdict.to_json(),
    }  # fmt: skip
    return {**lock, "sha256": digest(lock)}


SPREAD = ("knowledge", "stack", "components", "verdict", "licenses", "relations", "duties", "facts", "covers", "assumptions", "profiles")
"""Parts of a lock that are written a line an entry; everything else stands on one line."""


def dumps(lock: Lock) -> str:
    """A lock as text: one line a licence, component, relation or word, so that a change of one is one line in a review."""

    def block(found: Mapping[str, Any], indent: str) -> str:
        rows = []
        for key, value in found.items():
            spread = key in SPREAD and len(indent) < 2 and isinstance(value, Mapping) and value
            shown = block(value, f"{indent} ") if spread else json.dumps(value, ensure_ascii=False)
            rows.append(f"{indent} {json.dumps(key, ensure_ascii=False)}: {shown}")
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"

    return block(lock, "") + "\n"


def parse(text: str, name: str) -> Lock:
    """The lock that a text holds. Raises StackError when it is none, or was changed by hand."""
    try:
        lock = json.loads(text)
    except (ValueError, RecursionError):
        raise StackError(Fault(name, 0, "", "this is no lock (it is no JSON)", f"Write one: licgraph check --lock {DEFAULT_LOCK}; the stack is named before --locked")) from None
    if not isinstance(lock, dict) or lock.get("schema") != SCHEMA:
        raise StackError(Fault(name, 0, "schema", f"this is no lock of this version (`{SCHEMA}`)", f"Write one: licgraph check --lock {DEFAULT_LOCK}"))
    try:
        stack_from_plain(lock["stack"])
        altered = [i for i, entry in lock["knowledge"]["licenses"].items() if entry is not None and digest(entry["content"]) != entry["sha256"]]
        lock["answer"], lock["verdict"], dict(lock["question"]["assume"]), lock["knowledge"]["profiles"][lock["question"]["profile"]]
        texts = [*(lock["question"][key] for key in ("component", "profile", "as_of")), lock["versions"]["licgraph"], *(row[key] for row in lock["inputs"] for key in ("path", "sha256"))]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a word is expected where something else stands")
        for key in (*PARTS, "places", "assumptions", "profiles"):
            dict(lock["knowledge"][key])
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise StackError(Fault(name, 0, "", f"the lock is damaged ({type(problem).__name__}: {problem})", "Take it from version control, or write it anew with check --lock")) from None
    if altered:
        raise StackError(Fault(name, 0, "knowledge.licenses", f"what it holds of {', '.join(altered)} was changed after it was written", "Take it from version control, or write it anew with check --lock"))
    if "sha256" in lock and lock["sha256"] != digest({k: v for k, v in lock.items() if k != "sha256"}):
        raise StackError(Fault(name, 0, "sha256", "the lock was changed after it was written", "Take it from version control, or write it anew with check --lock"))
    return lock


def read(path: Path, shown: str = "") -> Lock:
    """The lock in a file. Raises StackError when it cannot be read."""
    if not path.is_file():
        raise StackError(Fault(shown or str(path), 0, "", "there is no such lock", f"Write one: licgraph check --lock {DEFAULT_LOCK}"))
    return parse(read_text(path, shown or str(path), StackError), shown or str(path))


def default_path(stack: str | None) -> Path:
    """Where the lock of a stack is looked for: beside it. ``stack``: as the user named it."""
    if stack is None or stack == "-" or stack.startswith("hf:"):
        return Path(DEFAULT_LOCK)
    path = Path(stack)
    return (path if path.is_dir() else path.parent) / DEFAULT_LOCK


def stack_of(lock: Lock) -> Stack:
    """The stack that was locked."""
    return stack_from_plain(lock["stack"])


def knowledge_from(lock: Lock, knowledge: Knowledge) -> Knowledge:
    """A knowledge base with the locked slice laid over it. Raises StackError where the lock is damaged."""
    try:
        return lay(knowledge, lock["knowledge"])
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise StackError(Fault(DEFAULT_LOCK, 0, "knowledge", f"the lock is damaged ({type(problem).__name__}: {problem})", "Write it anew with check --lock")) from None


def premises(lock: Lock, knowledge: Knowledge) -> Premises:
    """All that the locked verdict followed from, over the present knowledge base."""
    question = lock["question"]
    return Premises(stack_of(lock), knowledge_from(lock, knowledge), question["profile"], tuple(sorted(question["assume"].items())), question["as_of"])


def belongs(lock: Lock, stack: Stack, name: str = DEFAULT_LOCK) -> None:
    """Raises StackError unless the lock is of this stack: of the same released component, made from something it shares."""
    locked = stack_of(lock)
    asked, wanted = (stack.release.component if stack.release else ""), lock["question"]["component"]
    if asked != wanted:
        raise StackError(Fault(name, 0, "question.component", f"the lock is of `{wanted}`, and the stack releases `{asked}`", "Name the lock of this stack, or write one with check --lock"))
    mine, theirs = set(stack.components) - {wanted}, set(locked.components) - {wanted}
    if mine and theirs and not mine & theirs:
        raise StackError(Fault(name, 0, "stack", "the lock is of another stack: they share no component but the released one", "Name the lock of this stack, or write one with check --lock"))


def laid(lock: Lock, stack: Stack, knowledge: Knowledge) -> tuple[Stack, Knowledge]:
    """The stack and the knowledge base as they are solved under `--locked`: names and readings mean what they meant."""
    return same_names(stack, stack_of(lock)), knowledge_from(lock, knowledge)


def _keys(lock: Lock) -> Used:
    return {part: dict.fromkeys(lock["knowledge"][part]) for part in PARTS}


def moved(lock: Lock, stack: Stack, verdict: Verdict, knowledge: Knowledge, assume: Mapping[str, str] | None = None) -> list[Shift]:
    """In what the present differs from the lock: inputs, stack, facts, readings by clause, assumptions, day, solver.

    ``verdict`` says under which profile and on which day is asked now; ``knowledge`` is the present knowledge base.
    A licence that is read now and stands not in the lock is told as added.
    """
    then = premises(lock, knowledge)
    now = Premises(stack, knowledge, verdict.profile, tuple(sorted((assume or {}).items())), verdict.as_of)
    found = _inputs(lock, stack)
    found += shifts(then, now, lock["knowledge"], cut(knowledge, _keys(lock)))
    relaid = laid(lock, stack, knowledge)
    _, used = solve(now._replace(stack=relaid[0], knowledge=relaid[1]))
    for license_id in sorted(set(used["licenses"]) - set(lock["knowledge"]["licenses"])):
        found.append(Shift("reading", ("license", license_id), "added", f"licence {license_id}", (Field("the lock does not hold it, so it is read as it is", None, "today"),)))
    if lock["versions"]["licgraph"] != __version__:
        found.append(Shift("solver", ("solver",), "changed", "the solver", (Field("licgraph", lock["versions"]["licgraph"], __version__),)))
    return found


def _inputs(lock: Lock, stack: Stack) -> list[Shift]:
    was, now = {i["path"]: i["sha256"] for i in lock["inputs"]}, dict(stack.inputs)
    if sorted(was.values()) == sorted(now.values()):
        return []
    found = []
    for path in sorted({*was, *now}):
        if was.get(path) != now.get(path):
            change = "added" if path not in was else "gone" if path not in now else "changed"
            found.append(Shift("stack", ("input", path), change, f"input {path}", (Field("sha256", was.get(path), now.get(path)),)))
    return found


def json_schema() -> dict[str, Any]:
    """JSON Schema of a lock, as published in `schema/lock-1.json`."""
    text: dict[str, Any] = {"type": "string"}
    maybe: dict[str, Any] = {"type": ["string", "null"]}
    values = {"type": "object", "additionalProperties": text}
    anything: dict[str, Any] = {"type": "object"}

    def row(**fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": True}

    content = row(sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"}, content=anything)
    licenses = {"type": "object", "additionalProperties": {"anyOf": [content, {"type": "null"}]}, "description": "Content of each licence file that was read; null where there was none of that id."}
    names = {"type": "object", "additionalProperties": row(ids={"type": "array", "items": text}, settle=text)}
    texts = {"type": "object", "additionalProperties": {"type": "array", "items": text}}
    assumption = row(id=text, question=text, values={"type": "array", "items": text}, checked=text, held_by=texts)
    knowledge = row(
        version=text, licenses=licenses, relations=anything, duties=anything, facts=anything, covers=anything, places=texts,
        assumptions={"type": "object", "additionalProperties": assumption}, profiles={"type": "object", "additionalProperties": row(id=text, gloss=text, values=values)},
        names=names, near=texts, spdx={"type": "object", "additionalProperties": maybe},
    )  # fmt: skip
    question = row(component=text, proposed=maybe, form=text, use=text, to=text, purpose=maybe, profile=text, assume=values, as_of=text)
    verdict = {k: v for k, v in verdict_schema().items() if k in ("type", "properties", "required")}
    whole = row(
        schema={"const": SCHEMA}, question=question, answer={"enum": ["yes", "no", "conditional", "unknown"]}, inputs={"type": "array", "items": row(path=text, sha256=text)},
        assumptions=values, versions=values, stack=row(components=anything, edges={"type": "array", "items": anything}, release=anything), knowledge=knowledge, verdict=verdict,
    )  # fmt: skip
    whole["properties"]["sha256"] = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "Hash of all the rest."}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph lock, version 1", "description": "Fields are only ever added.", **whole}
