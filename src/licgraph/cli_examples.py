"""What the help of each command ends with, by its path; a test runs every line, in this order, in a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "": (
        ("licgraph check", "may the release of licgraph.yaml go out so?"),
        ("licgraph check my-model --as apache-2.0", "the same for a folder with a model card"),
        ("licgraph --explain exit-3", "what a code in a report means"),
    ),
    "check": (
        ("licgraph check", "licgraph.yaml here, or what this folder says"),
        ("licgraph check my-model --as apache-2.0", "a folder with a model card"),
        ("licgraph check --all . -f html > report.html", "every stack below, as one page"),
    ),
    "outbound": (
        ("licgraph outbound", "which terms could it be released under?"),
        ("licgraph outbound --matrix --try MIT", "terms against forms, uses and audiences"),
    ),
    "explain": (
        ("licgraph explain 1", "the first blocker of the report"),
        ("licgraph explain licgraph.yaml name-prefix", "one duty"),
        ("licgraph explain --code exit-3", "a code, whatever the stack"),
    ),
    "repair": (
        ("licgraph repair", "the cheapest ways to a yes"),
        ("licgraph repair --keep llama -n 2", "two of them, the base stays"),
        ("licgraph repair --write 1", "the first, written into licgraph.yaml"),
    ),
    "openness": (
        ("licgraph openness", "which parts are there, under open terms?"),
        ("licgraph openness -f markdown", "the same for a page"),
    ),
    "assumptions": (
        ("licgraph assumptions", "all open questions of law"),
        ("licgraph assumptions licgraph.yaml", "those that this answer rests on"),
    ),
    "init": (
        ("licgraph init my-model", "asks, on a terminal, for what decides"),
        ("rm my-model/licgraph.yaml", "start over"),
        ("licgraph init --yes my-model", "asks nothing; what is missing is marked"),
    ),
    "import": (
        ("licgraph import my-model -o stack.yaml", "a stack file; again: adds what is new"),
        ("licgraph import merge.yml my-model", "several sources, on standard output"),
    ),
    "export": (
        ("licgraph export -f cyclonedx-1.6 -o bom.cdx.json", "an SBOM"),
        ("licgraph export -f card", "the front matter of a model card"),
    ),
    "notice": (
        ("licgraph notice -o release --texts texts", "writes what the release needs"),
        ("licgraph notice --check release", "is all of it still there?"),
    ),
    "audit": (
        ("licgraph audit hub --by component", "a folder with nodes.csv and edges.csv; whose terms block most?"),
        ("licgraph audit hub/nodes.csv --edges hub/edges.csv -o audited", "with tables and a page"),
        ("licgraph audit hub --write-baseline known.csv", "from now on only what is new fails: --baseline known.csv"),
    ),
    "batch": (
        ("licgraph batch questions.ndjson", "a stack as JSON on each line, an answer on each line"),
        ("""echo '{"stack": "licgraph.yaml", "license": "MIT"}' | licgraph batch --paths""", "a question with options, from a pipe"),
    ),
    "find": (
        ("licgraph find llama3.1", "what here carries Llama 3.1?"),
        ("licgraph find hf:meta-llama/Llama-3.1-8B hub", "what of an inventory was made from it?"),
        ("licgraph find LicenseRef-Llama-3.1-Community/model-name . hub", "what must answer to this clause?"),
    ),
    "diff": (
        ("licgraph diff old.yaml licgraph.yaml", "what moved between two stacks"),
        ("licgraph check --lock my.lock; licgraph diff my.lock", "what has moved since, and why"),
        ("licgraph diff --knowledge old/data new/data", "what a change of readings does to this stack"),
    ),
    "doctor": (
        ("licgraph doctor", "versions, knowledge, what was read here"),
        ("licgraph doctor my-model -f json", "of another folder, for machines"),
    ),
    "policy": (
        ("licgraph policy test", "the rules of .licgraph/policy.yaml"),
        ("licgraph policy test rules.yaml", "of another file"),
    ),
    "policy test": (
        ("licgraph policy test", "the rules of .licgraph/policy.yaml"),
        ("licgraph policy test rules.yaml --as-of 2026-11-22", "on another day"),
    ),
    "completion": (
        ('eval "$(licgraph completion bash)"', "in ~/.bashrc"),
        ("licgraph completion zsh > _licgraph", "into a folder of $fpath"),
        ("licgraph completion fish > licgraph.fish", "into ~/.config/fish/completions"),
    ),
    "show": (
        ("licgraph show llama3.1", "a licence, clause by clause"),
        ("licgraph show MIT -f json", "for machines"),
    ),
    "licenses": (
        ("licgraph licenses search gemma", "which are known?"),
        ("licgraph licenses identify LICENSE", "which licence is this text?"),
    ),
    "licenses list": (
        ("licgraph licenses list", "id and name of each"),
        ("licgraph licenses list -f json", "with version and review status"),
    ),
    "licenses search": (
        ("licgraph licenses search gemma", "by id, name, alias or clause"),
        ("licgraph licenses search share-alike", "all that have such a clause"),
    ),
    "licenses show": (
        ("licgraph licenses show llama3.1", "a licence, clause by clause"),
        ("licgraph licenses show CC-BY-SA-4.0 -f json", "for machines"),
    ),
    "licenses compare": (
        ("licgraph licenses compare llama3 llama3.1", "what changed between versions"),
        ("licgraph licenses compare MIT Apache-2.0 -f markdown", "for a page"),
    ),
    "licenses identify": (
        ("licgraph licenses identify LICENSE", "one text"),
        ("licgraph licenses identify texts", "every file of a folder"),
        ("licgraph licenses identify -f json LICENSE", "for machines"),
    ),
    "licenses new": (
        ("licgraph licenses new LicenseRef-House-1.0 --like MIT --text LICENSE", "a file to fill in, in .licgraph/licenses"),
        ("licgraph licenses new LicenseRef-House-2.0 --like LicenseRef-Llama-3.1-Community --into new", "somewhere else"),
    ),
    "licenses review": (
        ("licgraph licenses new LicenseRef-House-1.0 --like MIT --text LICENSE", "a file of the house"),
        ('licgraph licenses review LicenseRef-House-1.0/rights-granted --by "A. Reader" --knowledge .licgraph', "one clause was read"),
        ('licgraph licenses review LicenseRef-House-1.0 --by "A. Reader" --on 2026-11-22 --knowledge .licgraph', "all of it"),
    ),
}
