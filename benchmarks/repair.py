"""How long `repair` takes beside the verdict it mends: 200 components, 15 independent blockers.

    python benchmarks/repair.py [ROUNDS]

Prints the processor seconds of the fastest round and the ratio to one assessment of the same stack in the same
run; the ratio is what compares between machines.
"""

from __future__ import annotations

import sys

import yaml
from measure import fastest

from licgraph import knowledge
from licgraph.answer import assess
from licgraph.changes import default_costs
from licgraph.inputs.stackfile import from_text
from licgraph.repair import repair

#: Fifteen labels that each stop a commercial release in their own words, two of them by saying nothing.
BLOCKING = (
    "CC-BY-NC-4.0", "NONE", "LicenseRef-Proprietary", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-2.0",
    "CC-BY-NC-3.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-ND-3.0", "LicenseRef-MSR-Research-License", "CC-BY-NC-SA-2.0",
    "PolyForm-Noncommercial-1.0.0", "NOASSERTION", "LicenseRef-Montreal-Data-License-2021",
    "LicenseRef-FAIR-Noncommercial-Research-v1",
)  # fmt: skip


def stack_text(models: int = 18, per_model: int = 10) -> str:
    """A merge of `models` fine-tunes of `per_model` datasets each; every tenth of the first is a blocker."""
    parts: dict[str, object] = {
        f"d{i}": {
            "kind": "dataset",
            "license": BLOCKING[i // per_model] if i % per_model == 0 and i // per_model < 15 else "CC-BY-4.0",
        }
        for i in range(models * per_model)
    }
    for i in range(models):
        first = i * per_model
        trained = [f"d{j}" for j in range(first, first + per_model)]
        parts[f"m{i}"] = {"kind": "weights", "ours": True, "from": {"trained-on": trained}}
    parts["x"] = {"kind": "weights", "from": {"merge": [f"m{i}" for i in range(models)]}}
    release = {"component": "x", "license": "MIT", "use": "commercial"}
    return yaml.safe_dump({"licgraph": 1, "components": parts, "release": release}, sort_keys=False)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    base = knowledge.load()
    stack = from_text(stack_text(), "benchmark", base)
    once = fastest(lambda: assess(stack, base, as_of="2026-11-28"), rounds)
    whole = fastest(lambda: repair(stack, base, costs=default_costs(), as_of="2026-11-28"), rounds)
    print(f"{len(stack.components)} components, {len(BLOCKING)} blockers")
    print(f"assess {once:.3f} s, repair {whole:.3f} s, repair/assess {whole / once:.1f}")


if __name__ == "__main__":
    main()
