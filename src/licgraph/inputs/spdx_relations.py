"""What the relationships of SPDX mean for licences: one table for the words of 2.x, one for those of 3.x, each with its reason.

Sources: SPDX 2.3, chapter 11 (relationship types and their examples); the vocabulary RelationshipType of the SPDX
3.0.1 model, and what 3.1-RC1 adds to it (finetunedOn, pretrainedOn, evaluatedOn, validatedOn and words for
hardware and requirements).

A word gives a *meaning* and a direction; the relation of the stack follows from the meaning and from what the two
ends are, because `DEPENDS_ON` between two programs is not what it is between two models.
"""

from __future__ import annotations

from licgraph.light import NamedTuple

FORWARD, BACKWARD = True, False
"""The first element is what was made (the second what it was made from), or the reverse."""

MODELS = ("weights", "adapter")
MATERIAL = ("dataset", "outputs", "document")


class Word(NamedTuple):
    """One relationship type: its meaning, its direction, and why it is read so."""

    meaning: str
    forward: bool
    why: str


class Found(NamedTuple):
    """The relation of the stack, on what it was concluded (empty: stated), and how surely."""

    relation: str
    inferred: str
    confidence: float


_W = Word
SPDX2: dict[str, Word] = {
    "DESCRIBES": _W("describe", FORWARD, "what the document is about"),
    "DESCRIBED_BY": _W("describe", BACKWARD, "what the document is about"),
    "CONTAINS": _W("contain", FORWARD, "the second is a part of the first"),
    "CONTAINED_BY": _W("contain", BACKWARD, "the first is a part of the second"),
    "PACKAGE_OF": _W("contain", BACKWARD, "the first is used as a package in the second"),
    "FILE_ADDED": _W("contain", BACKWARD, "the first is a file that was added to the second"),
    "EXPANDED_FROM_ARCHIVE": _W("contain", BACKWARD, "the archive holds what was unpacked from it"),
    "OPTIONAL_COMPONENT_OF": _W("part", BACKWARD, "whether the optional part is there is not said"),
    "DISTRIBUTION_ARTIFACT": _W("part", FORWARD, "distributing the first requires distributing the second"),
    "DEPENDS_ON": _W("depend", FORWARD, "how it is used is not said"),
    "DEPENDENCY_OF": _W("depend", BACKWARD, "how it is used is not said"),
    "RUNTIME_DEPENDENCY_OF": _W("depend", BACKWARD, "needed to run"),
    "PROVIDED_DEPENDENCY_OF": _W("depend", BACKWARD, "needed, and there already"),
    "OPTIONAL_DEPENDENCY_OF": _W("depend", BACKWARD, "whether it is used is not said"),
    "HAS_PREREQUISITE": _W("depend", FORWARD, "needed beforehand"),
    "PREREQUISITE_FOR": _W("depend", BACKWARD, "needed beforehand"),
    "BUILD_DEPENDENCY_OF": _W("build", BACKWARD, "needed to build"),
    "DEV_DEPENDENCY_OF": _W("build", BACKWARD, "needed to develop"),
    "TEST_DEPENDENCY_OF": _W("build", BACKWARD, "needed to test"),
    "BUILD_TOOL_OF": _W("tool", BACKWARD, "a tool of the build"),
    "DEV_TOOL_OF": _W("tool", BACKWARD, "a tool of the developers"),
    "TEST_TOOL_OF": _W("tool", BACKWARD, "a tool of the tests"),
    "STATIC_LINK": _W("static", FORWARD, "the first links the second"),
    "DYNAMIC_LINK": _W("dynamic", FORWARD, "the first links the second"),
    "DESCENDANT_OF": _W("derive", FORWARD, "the same line, the first is younger"),
    "ANCESTOR_OF": _W("derive", BACKWARD, "the same line, the first is older"),
    "VARIANT_OF": _W("variant", FORWARD, "the same line, which is older is not known"),
    "COPY_OF": _W("copy", FORWARD, "an exact copy"),
    "GENERATED_FROM": _W("make", FORWARD, "the first was made from the second"),
    "GENERATES": _W("make", BACKWARD, "the second was made from the first"),
    "DATA_FILE_OF": _W("data", BACKWARD, "the first is a data file that the second uses"),
    "FILE_MODIFIED": _W("modify", FORWARD, "the first is the second, modified"),
    "PATCH_FOR": _W("modify", FORWARD, "a patch holds lines of what it patches"),
    "PATCH_APPLIED": _W("patch", BACKWARD, "the lines of the patch are now in what it was applied to"),
    "TEST_CASE_OF": _W("test", BACKWARD, "used in testing the second"),
    "TEST_OF": _W("none", FORWARD, "a test is no part of what it tests"),
    "EXAMPLE_OF": _W("none", FORWARD, "an example is no part of what it shows"),
    "DOCUMENTATION_OF": _W("none", FORWARD, "what accompanies a thing is no part of it, unless contained"),
    "METAFILE_OF": _W("none", FORWARD, "data about a thing is no part of it, unless contained"),
    "DEPENDENCY_MANIFEST_OF": _W("none", FORWARD, "a list of dependencies is none"),
    "REQUIREMENT_DESCRIPTION_FOR": _W("none", FORWARD, "a description carries nothing"),
    "SPECIFICATION_FOR": _W("none", FORWARD, "a specification carries nothing"),
    "FILE_DELETED": _W("none", FORWARD, "what was taken out is not there"),
    "AMENDS": _W("amend", FORWARD, "the other document was not read"),
    "OTHER": _W("other", FORWARD, "what relates them is not said"),
}

SPDX3: dict[str, Word] = {
    "describes": _W("describe", FORWARD, "what a collection is about"),
    "contains": _W("contain", FORWARD, "each `to` is a part of `from`"),
    "hasAddedFile": _W("contain", FORWARD, "a file that was added to `from`"),
    "expandsTo": _W("contain", FORWARD, "the archive holds what was unpacked from it"),
    "hasDistributionArtifact": _W("contain", BACKWARD, "`from` is distributed in each `to`"),
    "packagedBy": _W("contain", BACKWARD, "each `to` is a package of `from`"),
    "hasOptionalComponent": _W("part", FORWARD, "whether the optional part is there is not said"),
    "dependsOn": _W("depend", FORWARD, "how it is used is not said"),
    "hasPrerequisite": _W("depend", FORWARD, "needed beforehand"),
    "hasProvidedDependency": _W("depend", FORWARD, "needed, and there already"),
    "hasOptionalDependency": _W("depend", FORWARD, "whether it is used is not said"),
    "usesTool": _W("tool", FORWARD, "a tool"),
    "hasStaticLink": _W("static", FORWARD, "`from` links each `to`"),
    "hasDynamicLink": _W("dynamic", FORWARD, "`from` links each `to`"),
    "descendantOf": _W("derive", FORWARD, "the same line, `from` is younger"),
    "ancestorOf": _W("derive", BACKWARD, "the same line, `from` is older"),
    "hasVariant": _W("variant", BACKWARD, "the same line, which is older is not said"),
    "copiedTo": _W("copy", BACKWARD, "each `to` is a copy"),
    "generates": _W("make", BACKWARD, "each `to` was made from `from`"),
    "hasDataFile": _W("data", FORWARD, "each `to` is a data file that `from` uses"),
    "trainedOn": _W("train", FORWARD, "training material"),
    "pretrainedOn": _W("train", FORWARD, "training material (3.1)"),
    "finetunedOn": _W("tune", FORWARD, "material of the fine-tuning (3.1); a model there is the base"),
    "testedOn": _W("test", FORWARD, "test material"),
    "evaluatedOn": _W("test", FORWARD, "test material (3.1)"),
    "validatedOn": _W("test", FORWARD, "test material (3.1)"),
    "hasTestCase": _W("test", FORWARD, "used in testing `from`"),
    "patchedBy": _W("modify", BACKWARD, "a patch holds lines of what it patches"),
    "modifiedBy": _W("patch", FORWARD, "what changed it may be in it now"),
    "amendedBy": _W("amend", FORWARD, "what amends it was not read"),
    "other": _W("other", FORWARD, "what relates them is not said"),
}  # fmt: skip
BUILD_INPUT, BUILD_OUTPUT = "hasInput", "hasOutput"
LICENSES = {"hasDeclaredLicense": "declared", "hasConcludedLicense": "concluded"}
NOTHING3 = frozenset(
    ["affects", "assumes", "availableFrom", "configures", "conformsTo", "coordinatedBy", "createdBy", "delegatedTo", "doesNotAffect", "exploitCreatedBy", "fixedBy", "fixedIn", "follows", "foundBy", "hasAssessmentFor", "hasAssociatedVulnerability", "hasContactPoint", "hasDeletedFile", "hasDependencyManifest", "hasDocumentation", "hasEvidence", "hasExample", "hasHost", "hasMetadata", "hasRequirement", "hasResolution", "hasSpecification", "hasTest", "implementedBy", "invokedBy", "locatedAt", "performedBy", "providesSupportFor", "publishedBy", "reportedBy", "republishedBy", "resolved", "runsOn", "serializedInArtifact", "tracedToDetail", "underInvestigationFor", "verifiedBy"]
)  # fmt: skip
"""Words of 3.x about persons, vulnerabilities, hardware, tests and papers: nothing of the one is in the other."""
SPDX3.update({word: Word("none", FORWARD, "nothing of the one is in the other") for word in sorted(NOTHING3)})
OFF_THE_PRODUCT = ("build", "design", "development", "test")
"""Scopes of 3.x in which a dependency is a tool of those who make the thing."""


def relation_of(word: Word, name: str, result: str, source: str, scope: str = "") -> Found:
    """The relation for a meaning between a result and a source of these kinds. Only for words that relate two parts."""
    meaning = "build" if word.meaning == "depend" and scope in OFF_THE_PRODUCT else word.meaning
    stated = {"contain": "contains", "tool": "built-with", "static": "links-static", "dynamic": "links-dynamic", "derive": "derived-from", "copy": "convert", "modify": "modifies", "test": "evaluated-on"}
    if meaning in stated:
        return Found(stated[meaning], "", 1.0)
    if meaning == "part":
        return Found("contains", f"{name}: {word.why}; taken as a part of it", 0.6)
    if meaning == "build":
        return Found("built-with", f"{name}{f' with scope {scope}' if scope else ''}: taken as a tool, of which nothing is in the result", 0.6)
    if meaning == "variant":
        return Found("derived-from", f"{name}: {word.why}; taken as made from it", 0.3)
    if meaning == "patch":
        return Found("contains-modified", f"{name}: {word.why}", 0.6)
    if meaning == "data":
        return Found("trained-on", f"{name} of a model: taken as training data", 0.6) if result in MODELS and source not in MODELS else Found("contains", f"{name}: taken as shipped with it", 0.6)
    if meaning in ("train", "tune"):
        if source not in MODELS:
            return Found("trained-on", "", 1.0)
        return Found("finetune", f"{name} names a model: taken as the base", 0.9) if meaning == "tune" else Found("derived-from", f"{name} names a model, not data", 0.3)
    return _made(name, result, source) if meaning == "make" else _depends(name, result, source)


def _made(name: str, result: str, source: str) -> Found:
    if result in MODELS:
        if source in MATERIAL:
            return Found("trained-on", f"{name} between data and a model: taken as training", 0.6)
        return Found("derived-from", f"{name} between models does not say how", 0.6) if source in MODELS else Found("trained-with", f"{name} between a program and a model: taken as the code that trained it", 0.6)
    if result in MATERIAL:
        if source in (*MODELS, "service"):
            return Found("generated-by", "", 1.0)
        return Found("derived-from", f"{name} between data sets does not say how", 0.6) if source in MATERIAL else Found("generated-by", f"{name}: taken as what running it put out", 0.6)
    if source in (*MODELS, "service"):
        return Found("generated-by", f"{name} of a model: taken as its output", 0.6)
    if result == "service":
        return Found("runs-with", f"{name} does not say how the service uses it", 0.3)
    return Found("convert", f"{name} between programs: taken as a build of it", 0.6) if source == "code" else Found("derived-from", f"{name} does not say how", 0.3)


def _depends(name: str, result: str, source: str) -> Found:
    if result == "adapter" and source == "weights":
        return Found("adapter", f"an adapter's {name}: taken as its base", 0.6)
    if result in MODELS:
        if source in MODELS:
            return Found("derived-from", f"{name} between models: writers of inventories put the base there", 0.3)
        return Found("trained-on", f"{name} of a model on data: taken as training", 0.6) if source in MATERIAL else Found("runs-with", f"{name} of a model on a program: taken as what runs it", 0.6)
    if result in MATERIAL:
        return Found("generated-by", f"{name} of data: taken as made by running it", 0.3) if source not in MATERIAL else Found("derived-from", f"{name} between data sets does not say how", 0.3)
    if result == "service":
        return Found("runs-with", f"{name} of a service: taken as run with it", 0.6)
    if source in ("code",):
        return Found("links-dynamic", f"{name} does not say how it is used: taken as linked at run time", 0.6)
    return Found("runs-with", f"{name} on a service: taken as called at run time", 0.6) if source == "service" else Found("contains", f"{name} of a program: taken as shipped with it", 0.6)
