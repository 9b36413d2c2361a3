"""The page docs/explanation/hub.md: licences along the steps of a joined Hub graph, beside what published studies found.

Figures come from docs/performance/hub.json (`benchmarks/hub_figures.py`); those of the studies stand here, each with its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ANSWERS = ("allowed", "not allowed", "undecidable")
RELATIONS = {"finetune": "fine-tune", "quantized": "quantised", "merge": "merge", "derived": "derived, kind not stated", "adapter": "adapter"}


def share(part: int, whole: int) -> str:
    """`314 (9.7 %)`."""
    return f"{part:,} ({100 * part / whole:.1f} %)"


def page(folder: Path) -> str:
    """The whole page."""
    file = folder / "hub.json"
    head = ["# What labels say along a hub, and what studies found", ""]
    if not file.is_file():
        return "\n".join([*head, "Not measured: `python benchmarks/hub_figures.py CORPORA --record`.", ""])
    record = json.loads(file.read_text("utf-8"))
    return "\n".join([*head, *figures(record), "", *studies(record["figures"]), ""])


def figures(record: Mapping[str, Any]) -> Iterator[str]:
    """Our own figures."""
    pairs, audit = record["figures"]["pairs"], record["figures"]["audit"]
    labelled = sum(audit["answers"].values())
    yield f"A graph joined from public lists of models of 2022 to 2026: {audit['kinds']['weights']:,} models and {audit['kinds']['dataset']:,} data sets with {audit['steps']:,} steps between them, {audit['unlabelled']:,} without a licence ({100 * audit['unlabelled'] / audit['components']:.1f} %). The lists are not in the repository. Figures by `{record['command']}`, {record['date']}; readings of {audit['as_of']}. Made by `tools/performance.py`."
    yield ""
    yield "A label is what a publisher wrote, not what the terms allow, and «not allowed» is what the encoded readings say under a profile, not a finding against anyone: a permission that nobody wrote down, or a licence that was changed since, is not seen."
    yield ""
    yield from ("## How often the licence changes", "")
    yield f"Of {pairs['pairs']:,} pairs of a base and what was made from it, both labelled, {share(pairs['changed'], pairs['pairs'])} state different licences (other spellings of one licence do not count; as written, {pairs['changed_as_written']:,})."
    yield ""
    yield "| made as | pairs | licence changes |"
    yield "|---|---|---|"
    for name, title in RELATIONS.items():
        row = pairs["by_relation"][name]
        yield f"| {title} | {row['pairs']:,} | {share(row['changed'], row['pairs'])} |"
    rest, moved = pairs["pairs"] - pairs["pairs_of_two_bases"], pairs["changed"] - sum(pairs["two_bases"].values())
    yield ""
    yield f"Few bases weigh much: {' and '.join(f'{name} ({n})' for name, n in pairs['two_bases'].items())} account for {share(sum(pairs['two_bases'].values()), pairs['changed'])} of the changes; without these two, {share(moved, rest)} of {rest:,} pairs change."
    yield ""
    yield "| from | to | pairs | allowed | not allowed | cannot be decided |"
    yield "|---|---|---|---|---|---|"
    for row in pairs["changes"]:
        yield f"| {row['from']} | {row['to']} | {row['pairs']} | {row.get('allowed', 0)} | {row.get('not allowed', 0)} | {row.get('undecidable', 0)} |"
    yield ""
    yield "*allowed*: nothing in the terms of the base stands against the label, whatever is owed. *cannot be decided*: a label that names no licence, or an answer that hangs on a fact which no list states. Profile mainstream."
    yield ""
    yield from ("## How much the terms do not allow", "")
    yield "| profile | of all pairs | of those that change | of those that do not | of labelled components, all sources followed |"
    yield "|---|---|---|---|---|"
    for profile, counts in pairs["profiles"].items():
        same = pairs["pairs"] - pairs["changed"]
        cells = [share(counts[group].get("not allowed", 0), whole) for group, whole in (("all", pairs["pairs"]), ("changed", pairs["changed"]), ("same", same))]
        yield f"| {profile} | {' | '.join(cells)} | {share(audit['by_profile'][profile].get('no', 0), labelled)} |"
    made = sum(sum(n for answer, n in row.items() if answer != "depth") for row in audit["by_depth"] if row["depth"])
    blocked = sum(row.get("no", 0) for row in audit["by_depth"] if row["depth"])
    none = next((row["components"] for row in audit["against"] if row["clause"] == "NONE/not-granted"), 0)
    yield ""
    yield (
        "Pairs are looked at alone. The last column is `licgraph audit`: each component with everything it goes back to, data sets too. It blocks more, because a source without a licence grants nothing: "
        f"that stands against {none:,} of the {audit['answers'].get('no', 0):,} blocked. Of the {made:,} labelled components that were made from something, {share(blocked, made)} are blocked under mainstream. Nothing is under permissive, whose readings are those of the sceptics of all such terms: between the profiles lies not data but law ([open questions](open-questions.md))."
    )


def studies(found: Mapping[str, Any]) -> Iterator[str]:
    """What others found, and why it differs."""
    pairs, audit = found["pairs"], found["audit"]
    tuned = pairs["by_relation"]["finetune"]
    mainstream = pairs["profiles"]["mainstream"]
    data, bare = audit["kinds"]["dataset"], audit["unlabelled_by_kind"]["dataset"]
    rows = (
        (
            "Laufer, Oderinwale, Kleinberg (2025), *Anatomy of a Machine Learning Ecosystem: 2 Million Models on Hugging Face*, [arXiv 2508.06811](https://arxiv.org/abs/2508.06811), with their [notebook](https://github.com/bendlaufer/ai-ecosystem/blob/main/orderings_analysis.ipynb)",
            "Licence mutation along fine-tunes: 19.8 % of 138,694 steps labelled at both ends (of 189,391)",
            f"{100 * tuned['changed'] / tuned['pairs']:.1f} % of {tuned['pairs']:,} fine-tunes",
            "Theirs is the whole Hub in July 2025, ours the models that lists and leaderboards name, so a few much-copied bases weigh more; labels of ours are of several years, and a base relicensed between two lists looks like a change. They compare sets of tags; where a card has several, a change counts in part. Both count `other` as a label.",
        ),
        (
            "the same",
            "Direction: 113 of 121 flows between the 20 most frequent licences agree with one order, from Gemma and Llama terms over OpenRAIL to permissive and copyleft ones; it accounts for 84.6 % of the changes",
            f"Gemma and Llama terms to permissive ones here too, and `openrail++` to `creativeml-openrail-m`; MIT to Apache-2.0, the most frequent change here and mostly from one base, goes against their order. Of the changes {share(mainstream['changed'].get('not allowed', 0), pairs['changed'])} are not allowed, {share(mainstream['changed'].get('allowed', 0), pairs['changed'])} are",
            "They speak of drift that is often against the upstream terms without deciding single steps. Here each step is decided by clauses, and most changes between permissive licences, or from one OpenRAIL text to another that passes the same restrictions on, are allowed. A change of label is no breach by itself, and an unchanged label no proof of the contrary.",
        ),
        (
            "the same",
            "671,895 licence tags on 1.86 million models: at least 63 % have none",
            f"{100 * audit['unlabelled_by_kind']['weights'] / audit['kinds']['weights']:.1f} % of {audit['kinds']['weights']:,} models have none",
            "Close, for another reason: many of ours are known only as an end of a step, from lists that state no licences.",
        ),
        (
            "Jewitt, Li, Adams, Rajbahadur, Hassan (2025), *From Hugging Face to GitHub: Tracing License Drift in the Open-Source AI Ecosystem*, [arXiv 2509.09873](https://arxiv.org/abs/2509.09873)",
            "35.5 % of the transitions from a model to an application drop restrictive clauses by going permissive (364 thousand data sets, 1.6 million models, 140 thousand GitHub projects)",
            f"not measured: no applications in the graph. From model to model {share(mainstream['all'].get('not allowed', 0), pairs['pairs'])} of the pairs are not allowed",
            "Another step and another question. An application that calls a model need not carry its terms: for licgraph `runs-with` leaves the terms of use in force and no more, so a permissive label on the application's own code can be in order. They ask whether clauses are gone from the label; we ask whether the terms let it be so.",
        ),
        (
            "Jewitt, Rajbahadur, Li, Adams, Hassan (2026), *Permissive-Washing in the Open AI Supply Chain*, [arXiv 2602.08816](https://arxiv.org/abs/2602.08816)",
            "96.5 % of 3,338 data sets and 95.8 % of 6,664 models under permissive labels lack the licence text; where a data set has a complete notice, 27.6 % of the models keep it",
            "not measured: labels only, no files",
            "What is allowed here is allowed with duties; almost every pair owes at least a licence text or a notice. That study looked whether they were met. The two figures multiply rather than compete: a label that the terms allow can still lack what they ask for (`licgraph notice --check`).",
        ),
        (
            "Longpre and others (2023), *The Data Provenance Initiative: A Large Scale Audit of Dataset Licensing & Attribution in AI*, [arXiv 2310.16787](https://arxiv.org/abs/2310.16787)",
            "over 70 % of licences omitted and over 50 % in error on hosting sites, for more than 1,800 text data sets",
            f"{share(bare, data)} of the data sets in the graph have no licence that we know",
            "They went back to the sources by hand and corrected; we take labels as they stand, and where the graph names a data set by a short name, its licence is often not found. Both mean that what was trained on such data is undecided or blocked for want of a statement rather than by one.",
        ),
    )
    yield from ("## Beside published studies", "", "| study | what it counted | here | why they differ |", "|---|---|---|---|")
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
    yield "In short: what counts as drift (a changed label, a dropped clause, or terms that do not allow the label), what it is a share of (steps labelled at both ends, or all), whose labels of which day, and which readings. A figure without these four says little."
