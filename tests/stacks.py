"""Stacks of a given size, and one with names that try to be more than names."""

from __future__ import annotations

import random

LICENSES = ("MIT", "Apache-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "ODC-By-1.0", "NONE")
HOSTILE = (
    "<script>window.pwned=1</script>", "\"><img src=x onerror=window.pwned=1>", "'`${window.pwned=1}`", "</script><script>window.pwned=1</script>", "<!--<script>", "{{ 7*7 }}{% x %}",
    "ltr\u202egnp.rtl\u2066\u200f", "\u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0633\u0644\u0627\u0645", "N" * 500, "a&b<c>d\"e'f", "tab\tand \x1b[31mred",
)  # fmt: skip


def of_size(size: int, seed: int = 1) -> str:
    """A stack file of so many components: data sets under mixed licences, a tangle of models, one release."""
    chance = random.Random(seed)
    models = max(size // 5, 1)
    data = size - models - 1
    lines = ["licgraph: 1", "components:"]
    for i in range(data):
        lines.append(f"  d{i}: {{kind: dataset, name: corpus-{i}, license: {chance.choices(LICENSES, (30, 30, 20, 5, 3, 10, 2))[0]}}}")
    for i in range(models):
        some = ", ".join(f"d{n}" for n in sorted(chance.sample(range(data), min(4, data))))
        base = f"finetune: m{chance.randrange(max(0, i - 6), i)}, " if i else ""
        lines.append(f"  m{i}: {{kind: weights, name: model-{i}, license: Apache-2.0, from: {{{base}trained-on: [{some}]}}}}")
    merged = f"merge: [{', '.join(f'm{i}' for i in range(models - 1))}], " if models > 1 else ""
    lines.append(f"  out: {{kind: weights, name: Final, from: {{{merged}finetune: m{models - 1}, trained-on: [{', '.join(f'd{i}' for i in range(data))}]}}}}")
    return "\n".join([*lines, "release: {component: out, license: Apache-2.0, form: weights, use: commercial}", ""])


def hostile() -> str:
    """A stack whose names, sources, notices and reasons are HOSTILE, each where it can be written."""
    import json

    lines = ["licgraph: 1", "components:"]
    for i, name in enumerate(HOSTILE):
        written = json.dumps(name)
        lines.append(f"  d{i}: {{kind: dataset, name: {written}, source: {written}, copyright: {written}, license: {'CC-BY-NC-4.0' if i % 2 else 'CC-BY-4.0'}}}")
    own = json.dumps(HOSTILE[0] + HOSTILE[3])
    lines.append(f"  out: {{kind: weights, name: {own}, from: {{trained-on: [{', '.join(f'd{i}' for i in range(len(HOSTILE)))}]}}}}")
    lines += ["release: {component: out, license: Apache-2.0, form: weights, use: commercial}", "facts: {domicile: EU}", f"fact-sources: {{domicile: {{by: {own}, date: 2026-11-01, document: {json.dumps(HOSTILE[1])}}}}}"]
    lines.append(f"accepted-risks: [{{component: d1, clause: CC-BY-NC-4.0/noncommercial, reason: {own}, owner: {json.dumps(HOSTILE[2])}, until: 2027-01-01}}]")
    return "\n".join([*lines, ""])
