"""The ids of findings, for rules of a house that name them. A test holds the list against the code."""

from __future__ import annotations

FINDINGS = (
    "accepted-risk-ends-soon", "accepted-risk-expired", "accepted-risk-partial", "accepted-risk-unmatched", "activity-not-described", "agent-not-classified",
    "ambiguous-license", "base-hint-local", "baseline-ends-soon", "baseline-expired", "baseline-unmatched", "bought-license", "calibration-data",
    "card-not-in-cache", "collection", "completeness-unknown", "concluded-differs", "conclusions-disagree", "dangling-reference", "dataset-published",
    "declared-license-too-wide", "derivation-not-stated", "described-elsewhere", "evaluation-tasks", "filled-in-templates", "from-cache", "gate-terms",
    "gated", "inferred-component", "inferred-relation", "inline-data", "kind-by-name", "kind-not-stated", "kinds-disagree", "known-origin",
    "labels-disagree", "license-not-named", "license-notes", "license-of-the-document", "license-text-differs", "license-text-identified",
    "license-text-missing", "license-text-not-read", "license-text-unknown", "listed-twice", "machine-generated-data", "makes-nothing", "makes-reward-model",
    "memorised", "metadata-license", "name-twice", "needs-in-a-circle", "needs-itself", "no-front-matter", "no-license-stated", "not-a-work",
    "not-in-release", "not-looked-up", "not-used", "nothing-described", "observed-license", "older-version", "origin-is-itself", "origin-not-named",
    "other-revisions", "patents-asserted", "permission-expired", "placeholder-license", "quantised-later", "random-data", "relations-disagree",
    "relationship-carries-nothing", "renamed", "resumed", "reward-code", "section-not-read", "several-described", "several-licenses", "several-revisions",
    "space-not-read", "step-code", "superseded", "taken-as-ours", "template-license", "text-sources", "tool-without-license", "trained-or-evaluated",
    "training-data-elsewhere", "training-data-not-stated", "two-revisions", "unknown-component", "unknown-license", "unknown-relation", "unknown-tag",
    "unused-fact", "use-policy",
)  # fmt: skip
