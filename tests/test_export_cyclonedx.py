"""CycloneDX exports: valid by the published schemas, the same when read again, and open about what they cannot hold."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from licgraph import exports, inputs
from licgraph.answer import assess
from licgraph.errors import StackError
from licgraph.exports import cyclonedx
from licgraph.expression import Tree, render
from licgraph.knowledge import Knowledge
from licgraph.stack import Stack, Unread
from licgraph.verdict import Verdict

from .conftest import AS_OF, ROOT, simple, stack_of

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
CORPORA = os.environ.get("LICGRAPH_CORPORA", "")
SAMPLES = sorted((Path(CORPORA) / "cyclonedx").glob("*.json")) if CORPORA else []
FORMS = cyclonedx.FORMATS


def judged(stack: Stack, knowledge: Knowledge) -> Verdict | None:
    return assess(stack, knowledge, as_of=AS_OF) if stack.release is not None else None


def exported(stack: Stack, knowledge: Knowledge, form: str = FORMS[0]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(exports.render(form, stack, judged(stack, knowledge), knowledge, AS_OF))
    return found


def again(stack: Stack, knowledge: Knowledge, form: str) -> Stack:
    return inputs.read("bom.json", knowledge, exports.render(form, stack, judged(stack, knowledge), knowledge, AS_OF).encode())


def errors(text: str, form: str) -> list[str]:
    """What the published schema has against a document (cyclonedx-python-lib's strict validator)."""
    pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib[json-validation] is not installed")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    version = SchemaVersion.V1_6 if form.endswith("1.6") else SchemaVersion.V1_7
    found = JsonStrictValidator(version).validate_str(text)
    return [str(found)[:500]] if found else []


def _shown(tree: Tree | None) -> str | None:
    return render(tree) if tree is not None else None


def said(stack: Stack) -> dict[str, Any]:
    """All of a stack that an export is to keep; licences of our own parts apart (see test_labels_of_our_own_parts)."""
    release = stack.release
    rows = {
        c.id: (
            c.kind, c.name, c.ours or (release is not None and c.id == release.component), c.source, c.revision, c.role, c.available, c.copyright, c.facts, c.inferred, c.known_from,
            tuple(map(_shown, c.additional)), tuple(sorted((x.where, str(_shown(x.says)), x.date) for x in c.labels)), _shown(c.contents), *(() if c.ours else (_shown(c.license), _shown(c.declared))),
        )
        for c in stack.components.values()
    }  # fmt: skip
    edges = {(e.result, e.relation, e.source, e.purpose, e.accepted_terms, e.inferred, e.confidence) for e in stack.edges}
    asked = release and (release.component, _shown(release.license), release.form)
    return {"components": rows, "edges": edges, "release": asked, "unread": set(stack.unread)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", [*EXAMPLES, *SAMPLES], ids=lambda p: p.name)
def test_valid_and_the_same_when_read_again(path: Path, form: str, knowledge: Knowledge) -> None:
    stack = inputs.read(str(path), knowledge)
    verdict = judged(stack, knowledge)
    text = exports.render(form, stack, verdict, knowledge, AS_OF)
    assert not errors(text, form)
    assert text == exports.render(form, stack, verdict, knowledge, AS_OF)
    second = inputs.read("bom.json", knowledge, text.encode())
    assert said(second) == said(stack)
    third = again(second, knowledge, form)
    assert said(third) == said(stack)
    refs = re.findall(r'"bom-ref": "([^"]*)"', text)
    assert len(refs) == len(set(refs)) == len(stack.components)


@pytest.mark.skipif(not SAMPLES, reason="LICGRAPH_CORPORA is not set: the official samples of CycloneDX are not here")
def test_all_samples_are_there() -> None:
    assert len(SAMPLES) == 13


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_the_answer_survives(path: Path, knowledge: Knowledge) -> None:
    stack = inputs.read(str(path), knowledge)
    if {"facts of the stack"} & set(exports.lost(FORMS[1], stack)) or any("recipients" in x for x in exports.lost(FORMS[1], stack)):
        pytest.skip("the export says that it loses what was asked")
    one, other = judged(stack, knowledge), judged(again(stack, knowledge, FORMS[1]), knowledge)
    assert one is not None
    assert other is not None
    assert (other.answer, {b.ref for b in other.blockers}, {d.id for d in other.duties}) == (one.answer, {b.ref for b in one.blockers}, {d.id for d in one.duties})


FULL: dict[str, Any] = {
    "licgraph": 1,
    "components": {
        "base": {"kind": "weights", "name": "Base", "source": "hf:org/base@abc", "license": "llama3.1", "evidence": "README.md:7", "copyright": "© Örg", "role": "model-parameters-final", "available": "released"},
        "hub": {"kind": "dataset", "source": "hf:datasets/o/d", "revision": "r/1", "license": "MIT OR (Apache-2.0 AND ISC)", "contents": "CC-BY-4.0", "additional-terms": ["Zlib", "llama2"]},
        "none": {"kind": "dataset", "license": "NONE"}, "nobody": {"kind": "outputs", "license": "NO-CLAIM"}, "unknown": {"kind": "document", "license": "NOASSERTION"},
        "family": {"kind": "code", "license": "gpl-3.0", "source": "https://example.com/x.git", "revision": "v1"}, "either": {"kind": "code", "license": "GPL-2.0-only WITH Classpath-exception-2.0"},
        "labels": {"kind": "weights", "labels": [{"where": "tag", "says": "MIT", "date": "2024-01-01"}, {"where": "licence-file", "says": "Apache-2.0"}]},
        "seen": {"kind": "code", "license": "MIT", "concluded": "ISC AND Zlib", "source": "pkg:pypi/seen@1"}, "new": {"kind": "code", "license": "BSD-3-Clause-OpenWebUI", "source": "somewhere"},
        "api": {"kind": "service", "license": "LicenseRef-Proprietary", "source": "https://api.example.com/v1"}, "guess": {"kind": "adapter", "license": "MIT", "inferred": "by its name"},
        "ours": {
            "kind": "weights", "name": "Ours",
            "from": {
                "finetune": {"component": "base", "accepted-terms": True, "evidence": "run.yaml:3"}, "trained-on": ["hub", {"component": "none", "purpose": "narrow-classifier"}, {"component": "nobody", "inferred": "by a run", "confidence": 0.6}],
                "runs-with": ["family", "either", "api"], "contains": ["labels", "seen", "new", "unknown"], "derived-from": {"component": "guess", "inferred": "a guess", "confidence": 0.3}, "distill-outputs": "api",
            },
        },
    },
    "release": {"component": "ours", "license": "MIT", "form": "weights"},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_everything_a_stack_can_say(form: str, knowledge: Knowledge) -> None:
    stack = stack_of(FULL, knowledge)._replace(unread=(Unread("x.bin", "no reader", "base"), Unread("y", "gone")))
    text = exports.render(form, stack, judged(stack, knowledge), knowledge, AS_OF)
    assert not errors(text, form)
    assert said(again(stack, knowledge, form)) == said(stack)


def component(document: dict[str, Any], ref: str) -> dict[str, Any]:
    return next(c for c in (document["metadata"]["component"], *document["components"], *document.get("services", ())) if c["bom-ref"] == ref)


def values(found: dict[str, Any], name: str) -> list[str]:
    return [p["value"] for p in found.get("properties", ()) if p["name"] == f"licgraph:{name}"]


def test_fields_that_the_format_has_are_used(knowledge: Knowledge) -> None:
    document = exported(stack_of(FULL, knowledge), knowledge, "cyclonedx-1.7")
    ours = component(document, "ours")
    assert ours == document["metadata"]["component"]
    assert [(a["name"], a["purl"]) for a in ours["pedigree"]["ancestors"] if "purl" in a] == [("Base", "pkg:huggingface/org/base@abc")]
    assert ours["modelCard"]["modelParameters"]["datasets"] == [{"ref": "hub"}, {"ref": "none"}, {"ref": "nobody"}]
    assert next(d for d in document["dependencies"] if d["ref"] == "ours")["dependsOn"] == ["family", "either", "api", "labels", "seen", "new", "unknown"]
    assert component(document, "hub")["purl"] == "pkg:huggingface/datasets/o/d@r%2F1"
    assert component(document, "hub")["licenses"] == [{"expression": "MIT OR (Apache-2.0 AND ISC)", "acknowledgement": "declared"}]
    assert component(document, "base")["licenses"] == [{"license": {"name": "LicenseRef-Llama-3.1-Community", "acknowledgement": "declared"}}]
    assert component(document, "base")["evidence"]["occurrences"] == [{"location": "README.md", "line": 7}]
    assert component(document, "guess")["evidence"]["identity"][0]["confidence"] == 0.3
    assert component(document, "new")["licenses"] == [{"license": {"name": "BSD-3-Clause-OpenWebUI", "acknowledgement": "declared"}}]
    assert component(document, "family")["licenses"] == [{"license": {"name": "gpl-3.0", "acknowledgement": "declared"}}]
    assert component(document, "seen")["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}, {"expression": "ISC AND Zlib", "acknowledgement": "concluded"}]
    assert "licenses" not in component(document, "none")
    assert values(component(document, "none"), "license") == ["NONE"]
    assert document["metadata"]["timestamp"] == f"{AS_OF}T00:00:00Z"


def test_older_version_has_room_for_one_expression(knowledge: Knowledge) -> None:
    stack = stack_of(FULL, knowledge)
    seen = component(exported(stack, knowledge, "cyclonedx-1.6"), "seen")
    assert seen["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}]
    assert values(seen, "concluded") == ["ISC AND Zlib"]
    assert any("seen" in x and "1.6" in x for x in exports.lost("cyclonedx-1.6", stack))
    assert not any("seen" in x for x in exports.lost("cyclonedx-1.7", stack))


def release_of(data: dict[str, Any], knowledge: Knowledge) -> dict[str, Any]:
    found: dict[str, Any] = exported(stack_of(data, knowledge), knowledge)["metadata"]["component"]
    return found


def marks(found: dict[str, Any], which: str) -> list[str]:
    rows = [(e.get("license") or e) for e in found.get("licenses", ())]
    return [r.get("id") or r.get("name") or r["expression"] for r in rows if r["acknowledgement"] == which]


def test_concluded_is_what_was_asked_if_the_answer_is_yes(knowledge: Knowledge) -> None:
    found = release_of(simple("finetune", "Apache-2.0", license="MIT"), knowledge)
    assert (marks(found, "declared"), marks(found, "concluded")) == (["MIT"], ["MIT"])


def test_concluded_is_what_may_be_offered_if_the_answer_is_no(knowledge: Knowledge) -> None:
    data = simple("modifies", "GPL-3.0-only", kind="code", made="code", license="MIT", form="source")
    verdict = judged(stack_of(data, knowledge), knowledge)
    assert verdict is not None
    assert verdict.answer == "no"
    found = release_of(data, knowledge)
    assert marks(found, "declared") == ["MIT"]
    assert marks(found, "concluded") == [sorted(verdict.outbound.options, key=lambda o: o.layered)[0].expression]
    assert "MIT: no" in values(found, "concluded-because")[0]


def test_the_answer_stands_beside_the_inventory(knowledge: Knowledge) -> None:
    metadata = exported(stack_of(simple("finetune", "Apache-2.0", license="MIT"), knowledge), knowledge)["metadata"]
    rows = [("answer", "yes"), ("proposed", "MIT"), ("form", "weights"), ("use", "any"), ("to", "public"), ("profile", "mainstream"), ("as-of", AS_OF)]
    assert [(n, values(metadata, f"verdict:{n}")) for n, _ in rows] == [(n, [v]) for n, v in rows]
    assert values(metadata, "verdict:option")


@pytest.mark.parametrize("license_id", ["NONE", "NOASSERTION"])
def test_nothing_is_concluded_where_nothing_may_be_offered(license_id: str, knowledge: Knowledge) -> None:
    found = release_of(simple("finetune", license_id, license="MIT"), knowledge)
    assert marks(found, "declared") == ["MIT"]
    assert marks(found, "concluded") == []
    assert values(found, "no-concluded-license")


def test_a_gap_stays_a_gap(knowledge: Knowledge) -> None:
    stack = stack_of(simple("finetune", "Apache-2.0", license="MIT"), knowledge)._replace(unread=(Unread("a.bin", "no reader"),))
    back = again(stack, knowledge, FORMS[0])
    assert back.unread == stack.unread
    verdict = judged(back, knowledge)
    assert verdict is not None
    assert verdict.answer == "unknown"
    assert exported(stack, knowledge)["compositions"] == [{"aggregate": "incomplete"}]


def test_what_would_be_missed_is_a_gap_when_read_again(knowledge: Knowledge) -> None:
    data = simple("finetune", "BUSL-1.1", license="MIT")
    data["components"]["base"] |= {"license-params": {"change-license": "MIT"}, "received": "2024-01-01"}
    data["components"]["ours"]["from"] = {"contains": {"component": "base", "substantial-part": True}}
    stack = stack_of(data, knowledge)
    lost = exports.lost(FORMS[0], stack)
    for words in ("parameters of licences", "dates of receipt", "substantial parts"):
        assert any(x.startswith(words) for x in lost)
    assert len(again(stack, knowledge, FORMS[0]).unread) == 3


def test_what_is_lost_is_said(knowledge: Knowledge) -> None:
    data = {**simple("finetune", "MIT", license="MIT", use="commercial"), "facts": {"annual-revenue-usd": 5}}
    data["permissions"] = [{"component": "base", "from": "licensor", "covers": ["commercial-use"]}]
    data["accepted-risks"] = [{"component": "base", "clause": "MIT/x", "reason": "r", "owner": "o", "until": "2030-01-01"}]
    found = exports.lost(FORMS[0], stack_of(data, knowledge))
    assert {"facts of the stack", "permissions", "accepted risks"} <= set(found)
    assert any("recipients" in x for x in found)
    assert exports.lost(FORMS[0], stack_of(simple("finetune", "MIT", license="MIT"), knowledge)) == [x for x in exports.lost(FORMS[0], stack_of(simple("finetune", "MIT", license="MIT"), knowledge)) if x.startswith("where statements")]


def test_labels_of_our_own_parts(knowledge: Knowledge) -> None:
    from licgraph.inputs import cyclonedx as reader
    from licgraph.inputs.loose import Source

    data = simple("trained-with", "MIT", license="MIT")
    data["components"]["base"] = {"kind": "code", "ours": True, "license": "ISC"}
    text = json.dumps(exported(stack_of(data, knowledge), knowledge)).encode()
    draft = reader.read(Source("bom.json", None, text), knowledge)
    assert draft.parts["base"].ours
    assert [s.written for s in draft.parts["base"].said] == ["ISC"]


def test_ids_are_those_of_cyclonedx(knowledge: Knowledge) -> None:
    """Every id that would be written as `license.id` is on CycloneDX's own list, and none of those left out is."""
    schema = pytest.importorskip("cyclonedx.schema", reason="cyclonedx-python-lib is not installed")
    listed = set(json.loads((Path(schema.__file__).parent / "_res" / "spdx.SNAPSHOT.schema.json").read_text("utf-8"))["enum"])
    ids = {i for i in knowledge.spdx_ids if "exception" not in knowledge.spdx_flags(i)}
    assert ids - cyclonedx.NOT_LISTED <= listed
    assert not cyclonedx.NOT_LISTED & listed
    assert ids >= cyclonedx.NOT_LISTED


def test_serial_number_follows_the_content(knowledge: Knowledge) -> None:
    one, same, other = (exported(stack_of(simple("finetune", i, license="MIT"), knowledge), knowledge)["serialNumber"] for i in ("MIT", "MIT", "ISC"))
    assert one == same != other
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one)


def test_a_stack_without_a_release_can_be_exported(knowledge: Knowledge) -> None:
    data = simple("finetune", "MIT")
    del data["release"]
    data["components"]["ours"]["ours"] = True
    stack = stack_of(data, knowledge)
    text = exports.render(FORMS[1], stack, None, knowledge, AS_OF)
    assert not errors(text, FORMS[1])
    assert "component" not in json.loads(text)["metadata"]


def test_names_that_no_encoding_holds(knowledge: Knowledge) -> None:
    stack = stack_of(simple("finetune", "MIT", license="MIT"), knowledge)
    odd = stack._replace(components={k: c._replace(name="a\ud800b", copyright="\u202e") for k, c in stack.components.items()})
    text = exports.render(FORMS[0], odd, judged(odd, knowledge), knowledge, AS_OF)
    assert not errors(text.encode("utf-8").decode(), FORMS[0])


def test_formats_are_found(knowledge: Knowledge) -> None:
    assert {"card", *FORMS} <= set(exports.formats())
    assert list(exports.formats()) == sorted(exports.formats())
    stack = stack_of(simple("finetune", "MIT", license="MIT"), knowledge)
    with pytest.raises(StackError, match="no such format"):
        exports.render("pdf", stack, None, knowledge, AS_OF)
    with pytest.raises(StackError, match="no such format"):
        exports.lost("pdf", stack)
    with pytest.raises(StackError, match="changes no file"):
        exports.render(FORMS[0], stack, None, knowledge, AS_OF, given="x")
