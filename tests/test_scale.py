"""Cost grows with edges, never with paths: counted in steps of the fold, not in seconds."""

from __future__ import annotations

from typing import Any

import pytest

from licgraph.answer import assess
from licgraph.graph import build
from licgraph.knowledge import Knowledge
from licgraph.solver import carry as module

from .conftest import AS_OF, stack_of


def chain(length: int, ours: bool = True) -> dict[str, Any]:
    components: dict[str, Any] = {"c0": {"kind": "weights", "license": "Apache-2.0"}}
    for n in range(1, length):
        components[f"c{n}"] = {"kind": "weights", "from": {"finetune": f"c{n - 1}"}} | ({"ours": True} if ours else {"license": "Apache-2.0"})
    return {"licgraph": 1, "components": components, "release": {"component": f"c{length - 1}", "license": "Apache-2.0"}}


def fan(width: int) -> dict[str, Any]:
    names = ["Apache-2.0", "MIT", "CC-BY-4.0", "LicenseRef-Llama-3.1-Community", "CC-BY-SA-4.0"]
    components: dict[str, Any] = {f"p{n}": {"kind": "weights", "license": names[n % 5]} for n in range(width)}
    components["merged"] = {"kind": "weights", "from": {"merge": list(components)}}
    return {"licgraph": 1, "components": components, "release": {"component": "merged", "license": "MIT"}}


def ladder(rungs: int) -> dict[str, Any]:
    components: dict[str, Any] = {"n0": {"kind": "weights", "license": "LicenseRef-Gemma-Terms-2025-03-24"}}
    for n in range(rungs):
        components[f"a{n}"] = {"kind": "weights", "ours": True, "from": {"adapter": f"n{n}"}}
        components[f"b{n}"] = {"kind": "weights", "ours": True, "from": {"quantize": f"n{n}"}}
        components[f"n{n + 1}"] = {"kind": "weights", "ours": True, "from": {"merge": [f"a{n}", f"b{n}"]}}
    return {"licgraph": 1, "components": components, "release": {"component": f"n{rungs}", "license": "OWN-TERMS"}}


def steps(data: dict[str, Any], knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> int:
    count = 0
    real = module._step

    def counted(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        return real(*arguments)

    monkeypatch.setattr(module, "_step", counted)
    verdict = assess(stack_of(data, knowledge), knowledge, as_of=AS_OF)
    monkeypatch.setattr(module, "_step", real)
    assert verdict.answer in ("yes", "no", "conditional", "unknown")
    return count


@pytest.mark.parametrize(("make", "sizes"), [(chain, (100, 200, 400)), (fan, (50, 100, 200)), (ladder, (10, 20, 40))])
def test_linear(make: Any, sizes: tuple[int, int, int], knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    small, middle, large = (steps(make(n), knowledge, monkeypatch) for n in sizes)
    assert middle <= 2.2 * small
    assert large <= 2.2 * middle


def test_two_thousand_in_a_chain(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps(chain(2000), knowledge, monkeypatch) <= 3 * 2000
    assert steps(chain(2000, ours=False), knowledge, monkeypatch) <= 3 * 2000


def test_a_ladder_has_a_trillion_paths_and_few_states(knowledge: Knowledge) -> None:
    stack = stack_of(ladder(40), knowledge)
    graph = build(stack, "n40", knowledge)
    context = module.Context(stack, graph, knowledge, AS_OF)
    found = module.carry(context)
    assert max(len(states) for held in found.held.values() for states in held.values()) <= 20
