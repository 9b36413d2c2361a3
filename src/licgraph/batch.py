"""Many questions in one process: a line of JSON is one question, a line of JSON is its verdict.

A question is a stack in the shape of the stack file, or ``{"stack": …}`` with the options of `check` beside it. What a verdict
says does not depend on how components are called, only on how ids and names sort and on whether a name begins as a licence
wants: so a plain question is put with words that stand for the real ones, its answer is kept, and the real ones are put back.
Whatever is out of the ordinary goes the way of `check`, reader and all.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from licgraph import asking
from licgraph.answer import assess
from licgraph.errors import Fault, LicgraphError, StackError, without_secrets
from licgraph.inputs.stackfile import from_node, from_text
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.reports.json import faults_json
from licgraph.shapes import near
from licgraph.solver.items import begins
from licgraph.stack import Stack
from licgraph.verdict import Verdict
from licgraph.yamlfile import MAX_BYTES, Number, decode, json_of, node_of

KEPT = 64_000_000
"""Characters of answers that are kept."""
OPTIONS = ("stack", "component", "license", "form", "use", "to", "purpose", "facts", "profile", "assume", "as_of")
_NAME, _LINE, _SHA = "id+@{:05}@+", "line+@@+", "sha+@@+"
_PUT_BACK = re.compile(r"id\+@(\d{5})@\+|line\+@@\+|sha\+@@\+")
_PLAIN_TOP = frozenset({"licgraph", "components", "release"})
_PLAIN_PART = frozenset({"kind", "name", "license", "concluded", "ours", "from"})
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")
"""Ids, and names that could be ids and need no escaping."""


class Answer(NamedTuple):
    """The gate (`pass`, `fail`, `open`, `error`) and the line that says it, without a line break."""

    gate: str
    text: str


class Batch:
    """Answers questions under the same premises. ``assume``, ``day``: as `asking` gives them. ``paths``: whether a question may name a stack that lies elsewhere."""

    def __init__(self, knowledge: Knowledge, profile: str, assume: Mapping[str, str], day: str, paths: bool = False) -> None:
        self.knowledge, self.profile, self.assume, self.day, self.paths = knowledge, profile, assume, day, paths
        self._prefixes = knowledge.name_prefixes
        self._known: OrderedDict[str, Answer | None] = OrderedDict()
        self._size = 0

    def answer(self, raw: bytes, number: int) -> Answer:
        """What is answered to a line of the input, which is the ``number``th. Never raises for what a line holds."""
        shown = f"line {number}"
        try:
            line = decode(raw.strip(), shown, StackError)
            if len(line) > MAX_BYTES:
                raise StackError(Fault(shown, 0, "", f"the question is longer than {MAX_BYTES // 1_000_000} MB", "Leave out what it does not need"))
            question = json_of(without_secrets(line))
            if question is not None:
                plain = None if "@+" in line or "\\u" in line else _Plain.of(question, self._prefixes)  # nothing may look like a word that stands for one
                if plain is not None:
                    return self._plain(plain, shown, line)
                if "stack" in question:
                    return self._put(question, shown, line)
            return self._verdict(from_text(line, shown, self.knowledge))
        except LicgraphError as problem:
            return Answer("error", _text({"schema": "licgraph/error/1", "answer": None, "gate": "error", "faults": faults_json(problem)}))

    def _plain(self, plain: _Plain, shown: str, line: str) -> Answer:
        if plain.key not in self._known:
            self._keep(plain.key, self._anonymous(plain))
        self._known.move_to_end(plain.key)
        found = self._known[plain.key]
        if found is None:
            return self._verdict(from_text(line, shown, self.knowledge))

        def real(match: re.Match[str]) -> str:
            if match[1]:
                return plain.names[int(match[1])]
            return shown if match[0] == _LINE else hashlib.sha256(line.encode()).hexdigest()

        return Answer(found.gate, _PUT_BACK.sub(real, found.text))

    def _anonymous(self, plain: _Plain) -> Answer | None:
        """The answer in words that stand for the real ones; None where the real ones are needed.

        That is for faults, which quote the question, and for open facts, whose questions are sorted by words that hold names.
        """
        try:
            stack = from_node(node_of(plain.question, _LINE, StackError), _LINE, self.knowledge)
        except LicgraphError:
            return None
        found = self._solved(stack._replace(inputs=((_LINE, _SHA),)))
        return None if found.needs_facts else Answer(found.gate, _text(found.to_json()))

    def _keep(self, key: str, answer: Answer | None) -> None:
        self._known[key] = answer
        self._size += len(key) + (len(answer.text) if answer else 0)
        while self._size > KEPT and len(self._known) > 1:
            old, gone = self._known.popitem(last=False)
            self._size -= len(old) + (len(gone.text) if gone else 0)

    def _put(self, question: Mapping[str, Any], shown: str, line: str) -> Answer:
        """A question with options: a stack, or a name as `check` takes it."""
        faults = [Fault(shown, 0, k, f"the key `{k}` is not known here{near(k, OPTIONS)}", f"Known keys: {', '.join(OPTIONS)}") for k in question if k not in OPTIONS]
        words = {k: question.get(k, "") for k in OPTIONS if k not in ("stack", "facts", "assume")}
        faults += [Fault(shown, 0, k, "expected text", "Write it in quotes") for k, v in words.items() if not isinstance(v, str)]
        faults += [Fault(shown, 0, k, "expected a map", "Write `{name: value}`") for k in ("facts", "assume") if not isinstance(question.get(k, {}), dict)]
        if faults:
            raise StackError(faults)
        from licgraph.api import assess as put

        stack = question["stack"]
        if isinstance(stack, dict):
            stack = from_node(node_of(stack, shown, StackError), shown, self.knowledge)._replace(inputs=((shown, hashlib.sha256(line.encode()).hexdigest()),))
        elif not isinstance(stack, str) or isinstance(stack, Number):
            raise StackError(Fault(shown, 0, "stack", "expected a stack, or its name", "Write a map, or text"))
        elif not self.paths:  # whoever writes a question need not be whoever runs this
            raise StackError(Fault(shown, 0, "stack", f"`{stack[:80]}` lies elsewhere, and questions may not have files read or the Hub asked", "Write the stack itself, or add --paths"))
        asked = {k: v for k, v in words.items() if k not in ("profile", "as_of")}
        try:
            found = put(
                stack, facts=question.get("facts", {}), profile=words["profile"] or self.profile, assume={**self.assume, **question.get("assume", {})},
                as_of=words["as_of"] or self.day, knowledge=self.knowledge, **asked,
            )  # fmt: skip
        except OSError as problem:
            raise StackError(Fault(shown, 0, "stack", f"cannot be read ({problem.strerror or type(problem).__name__})", "Check the path and its permissions")) from None
        return Answer(found.verdict.gate, _text(found.verdict.to_json()))

    def _verdict(self, stack: Stack) -> Answer:
        verdict = self._solved(stack)
        return Answer(verdict.gate, _text(verdict.to_json()))

    def _solved(self, stack: Stack) -> Verdict:
        return assess(asking.put(stack, self.knowledge, asking.NOTHING, ""), self.knowledge, self.profile, assume=self.assume, as_of=self.day)


class _Plain(NamedTuple):
    """A question of components, steps and a release alone, with words that stand for the ids and ``names``, which sort as they do."""

    question: dict[str, Any]
    names: tuple[str, ...]
    key: str

    @staticmethod
    def of(question: dict[str, Any], prefixes: Sequence[str]) -> _Plain | None:
        """None where something stands in it whose meaning could hang on a name, or that no stack file has."""
        parts, release = question.get("components"), question.get("release")
        if not (question.keys() <= _PLAIN_TOP and isinstance(parts, dict) and isinstance(release, dict)) or release.get("component") not in parts:
            return None
        words = set(parts)
        for part in parts.values():
            if not (isinstance(part, dict) and part.keys() <= _PLAIN_PART and isinstance(part.get("from", {}), dict)):
                return None
            name = part.get("name")
            if isinstance(name, str) and not any(begins(name, p) for p in prefixes):
                words.add(name)
        if len(parts) > 99_999 or not all(map(_WORD.fullmatch, words)):
            return None
        names = tuple(sorted(words))
        new = {name: _NAME.format(n) for n, name in enumerate(names)}
        put: dict[str, Any] = {}
        for name, part in parts.items():
            sources = {relation: _renamed(some, new) for relation, some in part.get("from", {}).items()}
            if None in sources.values():
                return None
            put[new[name]] = {k: sources if k == "from" else new.get(v, v) if k == "name" and isinstance(v, str) else v for k, v in part.items()}
        plain = {**question, "components": put, "release": {**release, "component": new[release["component"]]}}
        return _Plain(plain, names, json.dumps(plain, ensure_ascii=False))


def _renamed(sources: Any, new: Mapping[str, str]) -> Any:
    """The sources of one relation with other ids; None where one is not there."""
    if isinstance(sources, str):
        return new.get(sources)
    if isinstance(sources, dict):
        return {**sources, "component": new[sources["component"]]} if sources.get("component") in new else None
    if isinstance(sources, list):
        found = [None if isinstance(s, list) else _renamed(s, new) for s in sources]
        return None if None in found else found
    return None


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
