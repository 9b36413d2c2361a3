"""The policy file: read with every fault at once, and its own tests run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from licgraph.errors import StackError
from licgraph.findings import meanings
from licgraph.inputs.stackfile import from_node
from licgraph.knowledge import RESERVED, Knowledge
from licgraph.license import COMPONENT_KINDS, FORMS, RECIPIENTS
from licgraph.light import NamedTuple
from licgraph.policy import Rule, Trial, When, is_hit
from licgraph.shapes import LINE, Checked, Choice, ListOf, MapOf, Record, Shape, Str, near
from licgraph.stack import Stack
from licgraph.yamlfile import Faults, Map, Node, parse, read_text

EFFECTS = ("fail", "open")
HIT, CLEAR = "hit", "clear"


class _Inline(NamedTuple):
    """A stack written out where it is used; read later, when the rest is in order."""

    def read(self, node: Node, key: str, faults: Faults) -> Node | None:
        if isinstance(node, Map):
            return node
        faults.add(node.line, key, "expected a stack", "Write it as in licgraph.yaml: `licgraph: 1`, `components:`, `release:`")
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "object"}


def shape(knowledge: Knowledge) -> Record:
    """The shape of a policy file; every id in it is one of the knowledge base."""

    def ids(known: Iterable[str], what: str) -> Shape:
        return ListOf(_known(tuple(known), what), or_one=True, least=1)

    answers = ListOf(Choice(("yes", "no", "conditional", "unknown")), or_one=True, least=1)
    licenses = Checked(Str("a licence id"), lambda i: _no_license(i, knowledge))
    tests = Record(
        {
            "license": ListOf(licenses, or_one=True, least=1),
            "kind": ids(COMPONENT_KINDS, "kind of component"),
            "origin": ListOf(Str("a name, or a pattern such as hf:org/*"), or_one=True, least=1),
            "duty": ids(knowledge.duties, "duty"),
            "finding": ids(tuple(meanings()), "finding"),
            "form": ids(FORMS, "form"),
            "use": ids(("commercial", "non-commercial", "any"), "use"),
            "to": ids(RECIPIENTS, "recipient"),
            "answer-under": MapOf(answers, keys=tuple(knowledge.profiles), least=1),
            "review": ids(("draft", "reviewed", "disputed"), "review status"),
            "assumption": ids(knowledge.assumptions, "assumption"),
        },
        (),
        {"licence": "Write `license:`", "licenses": "Write `license:`", "component": "Write `origin:`", "turns-on": "Write `assumption:`"},
    )
    rule = Record(
        {
            "id": Str("an id (small letters, digits and -)", r"[a-z0-9][a-z0-9-]{0,63}"),
            "owner": Str("who answers for the rule"),
            "says": Str("the rule in words"),
            "effect": Choice(EFFECTS),
            "when": tests,
            "unless": tests,
            "tests": ListOf(Record({"stack": _Inline(), "expect": Choice((HIT, CLEAR))}, ("stack", "expect")), least=1),
        },
        ("id", "owner", "says", "effect", "when", "tests"),
    )
    return Record({"policy": Checked(Str("the version of this format"), lambda v: None if v == "1" else f"version `{v}` of the policy file is not known | Write `policy: 1`"), "rules": ListOf(rule, least=1)}, ("policy", "rules"))


def json_schema(knowledge: Knowledge) -> dict[str, Any]:
    """JSON Schema of the policy file, as published in `schema/policy-1.json`."""
    found = shape(knowledge).schema()
    found["properties"]["policy"] = {"enum": [1, "1"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "licgraph policy file, version 1", "description": "Shape only. That ids are known, and that each rule has a test that hits it and one that does not, is checked by licgraph when it loads the file.", **found}


def _known(words: tuple[str, ...], what: str) -> Shape:
    return Checked(Str(f"a {what}"), lambda w: None if w in words else f"`{w}` is no {what}{near(w, words)} | Known: {', '.join(words) if len(words) < 40 else f'{len(words)} of them'}")


def _no_license(name: str, knowledge: Knowledge) -> str | None:
    if name in knowledge.license_ids or name in RESERVED or knowledge.spdx_name(name) or (" WITH " in name and all(not _no_license(p, knowledge) or p in knowledge.exception_ids for p in name.split(" WITH "))):
        return None
    ids = knowledge.resolve(name).ids
    hint = f" (did you mean `{ids[0]}`?)" if len(ids) == 1 and ids[0] != name else near(name, knowledge.license_ids)
    return f"`{name}` is no licence that is known{hint} | Write an id: see licgraph licenses list"


def read(path: Path, shown: str, knowledge: Knowledge) -> tuple[Rule, ...]:
    """The rules of a policy file. Raises StackError with every fault, among them rules without tests and ids that do not exist."""
    return from_text(read_text(path, shown, StackError), shown, knowledge)


def from_text(text: str, shown: str, knowledge: Knowledge) -> tuple[Rule, ...]:
    """The rules that a text holds; raises as `read` does."""
    faults = Faults(shown)
    node = parse(text, shown, StackError)
    if node is None:
        faults.add(0, "", "the file is empty", "Write `policy: 1` and `rules:`, or remove the file")
        raise StackError(faults.found)
    found = shape(knowledge).read(node, "", faults) or {}
    rules = [_rule(entry, n, shown, knowledge, faults) for n, entry in enumerate(found.get("rules") or ())]
    seen: dict[str, int] = {}
    for rule in rules:
        if rule.id in seen and rule.id:
            faults.add(rule.line, "rules", f"the rule `{rule.id}` stands already on line {seen[rule.id]}", "Give it another id")
        seen.setdefault(rule.id, rule.line)
    faults.raise_if_any(StackError)
    return tuple(rules)


def _rule(entry: Mapping[str, Any], number: int, shown: str, knowledge: Knowledge, faults: Faults) -> Rule:
    key = f"rules[{number}]"
    trials = []
    for at, trial in enumerate(entry.get("tests") or ()):
        if "stack" in trial and "expect" in trial:
            try:
                trials.append(Trial(from_node(trial["stack"], shown, knowledge), trial["expect"], trial[LINE]))
            except StackError as problem:
                faults.found += [replace(f, key=f"{key}.tests[{at}].stack.{f.key}".rstrip(".")) for f in problem.faults]
    expected = {t["expect"] for t in entry.get("tests") or () if "expect" in t}
    for wanted in (HIT, CLEAR):
        if entry.get("tests") and expected and wanted not in expected:
            faults.add(entry[LINE], f"{key}.tests", f"no test expects `{wanted}`", f"Write a stack for which the rule is {'hit' if wanted == HIT else 'not hit'}: a rule that was never tried may be none")
    tests = {name: _when(entry[name], f"{key}.{name}", faults) for name in ("when", "unless") if name in entry}
    return Rule(
        entry.get("id", ""), entry.get("owner", ""), entry.get("says", ""), entry.get("effect", "fail"), tests.get("when") or When({}, {}), tests.get("unless"), tuple(trials), shown, entry[LINE],
    )  # fmt: skip


def _when(entry: Mapping[str, Any], key: str, faults: Faults) -> When:
    tests = {name: values for name, values in entry.items() if not name.startswith("__") and name != "answer-under"}
    answers = entry.get("answer-under", {})
    if not tests and not answers and not faults.found:
        faults.add(entry[LINE], key, "nothing is tested here", "Name at least one test, such as `license: [CC-BY-NC-4.0]`")
    return When(tests, answers)


def failing(rules: Iterable[Rule], solve: Callable[[Stack], Any], knowledge: Knowledge) -> list[tuple[Rule, Trial]]:
    """The tests that do not come out as they expect. ``solve``: the verdict on a stack."""
    return [(rule, trial) for rule in rules for trial in rule.trials if is_hit(rule, solve(trial.stack), trial.stack, knowledge) != (trial.expect == HIT)]
