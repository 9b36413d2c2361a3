"""Sweeps over every encoded licence: a verdict everywhere, for a stated reason, and sane where all agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licgraph.answer import assess
from licgraph.knowledge import Knowledge, load
from licgraph.solver.decide import ANSWERS
from licgraph.stack import default_recipients

from .conftest import AS_OF, simple, stack_of, verdict_of

KNOWLEDGE: Knowledge = load()
RESERVED = ("NONE", "NOASSERTION", "LicenseRef-Proprietary", "LicenseRef-Commercial", "LicenseRef-Never-Heard-Of")
FORMS = {"weights": "weights", "code": "binary", "dataset": "dataset", "service": "service"}

RELEASE_BARRED = {
    # licences that say themselves that a changed version may not go out under them, or only so
    "CC-BY-ND-4.0": "no-derivatives-shared",
    "CC-BY-NC-ND-3.0": "no-derivatives-shared",
    "CC-BY-NC-ND-4.0": "no-derivatives-shared",
    "LicenseRef-ModelGo-MG-BY-ND-2.0": "no-derivatives-shared",
    "LicenseRef-ModelGo-MG-BY-NC-ND-2.0": "no-derivatives-shared",
    # texts that do not grant it: nothing may be passed on
    "LicenseRef-MSR-Research-License": "not-granted",
    "LicenseRef-Microsoft-Services-Agreement-2025-09-30": "not-granted",
    "LicenseRef-Montreal-Data-License-2021": "not-granted",
    "LicenseRef-NVIDIA-Data-Model-Training-2025": "not-granted",
    # policies that stand beside a licence
    "LicenseRef-Cohere-Labs-AUP": "not-granted",
    "LicenseRef-Salesforce-AI-AUP-2025": "not-granted",
}
ASKS = {"LicenseRef-HyperCLOVA-X-SEED-2025": "competing-product", "LicenseRef-LTX-2.x-Community-2026-08-11": "competing-product"}
"""Licences whose grant turns on a fact that has to be told."""


def _kind(license_id: str) -> str:
    written = KNOWLEDGE.license(license_id).written_for
    for word, kind in (("weights", "weights"), ("code", "code"), ("service", "service")):
        if word in written:
            return kind
    return "dataset"


@pytest.mark.parametrize("license_id", [*KNOWLEDGE.license_ids, *RESERVED])
def test_total(license_id: str) -> None:
    """Licence x relation x form x use: always a verdict; a yes only where each direct act is granted."""
    licence = KNOWLEDGE.license(license_id)
    for relation in KNOWLEDGE.relations.values():
        stack = stack_of(simple(relation.id, license_id, _kind(license_id) if licence.state == "encoded" else "weights", license="OWN-TERMS"), KNOWLEDGE)
        assert stack.release is not None
        for form in ("weights", "source", "binary", "dataset", "outputs", "service", "internal"):
            for use in ("commercial", "non-commercial", "any"):
                release = stack.release._replace(form=form, use=use, to=default_recipients(form), purpose="" if use == "any" else use)
                verdict = assess(stack._replace(release=release), KNOWLEDGE, as_of=AS_OF, search=False)
                assert verdict.answer in ANSWERS
                if verdict.answer in ("no", "unknown"):
                    assert verdict.blockers
                    assert all(b.license and b.why for b in verdict.blockers)
                if relation.act and relation.place != "tool" and licence.state in ("unknown", "closed", "to-buy") and verdict.answer == "yes":
                    # nothing is granted here: only the exception for training can make it a yes, and none is asserted
                    pytest.fail(f"{license_id} {relation.id} {form} {use} passes")


@pytest.mark.parametrize("license_id", KNOWLEDGE.license_ids)
def test_a_licence_without_its_grants_never_passes(license_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pass comes from the grant: take the grants away and every direct act is stopped."""
    licence = KNOWLEDGE.license(license_id)
    empty = replace(licence, clauses=tuple(c for c in licence.clauses if c.kind != "grant"))
    monkeypatch.setitem(KNOWLEDGE._built, license_id, empty)
    for relation in ("finetune", "convert", "merge", "runs-with", "distill-logits"):
        data = simple(relation, license_id, "weights", form="internal", use="non-commercial", license="OWN-TERMS")
        assert verdict_of(data, KNOWLEDGE, search=False).answer != "yes", relation


@pytest.mark.parametrize("license_id", KNOWLEDGE.license_ids)
def test_a_derivative_under_the_base_licence(license_id: str) -> None:
    """Never blocked by that licence, for non-commercial recipients, except where it says so (listed)."""
    kind = _kind(license_id)
    if kind == "service":
        pytest.skip("nothing of a service is released")
    relation = {"weights": "finetune", "code": "modifies", "dataset": "modifies"}[kind]
    data = simple(relation, license_id, kind, made=kind, form={"weights": "weights", "code": "source", "dataset": "dataset"}[kind], use="non-commercial", license=license_id)
    verdict = verdict_of(data, KNOWLEDGE)
    if KNOWLEDGE.license(license_id).partial:
        assert verdict.answer == "unknown"  # a text of which only a part is at hand allows nothing by itself
    elif license_id in RELEASE_BARRED:
        assert verdict.answer == "no"
        assert RELEASE_BARRED[license_id] in {KNOWLEDGE_CLAUSE(b.license, b.clause) for b in verdict.blockers}
    elif license_id in ASKS:
        assert [n.fact for n in verdict.needs_facts] == [ASKS[license_id]]
    else:
        assert verdict.answer == "yes", [(b.ref, b.why) for b in verdict.blockers]


def KNOWLEDGE_CLAUSE(license_id: str, clause_id: str) -> str:
    return next((c.duty for c in KNOWLEDGE.license(license_id).clauses if c.id == clause_id), clause_id)


def _merged(one: str, other: str, proposed: str | None, relation: str = "modifies", kind: str = "code", form: str = "source", use: str = "any") -> Any:
    components = {"a": {"kind": kind, "license": one}, "b": {"kind": kind, "license": other}, "ours": {"kind": kind, "from": {relation: ["a", "b"]}}}
    release = {"component": "ours", "form": form, "use": use} | ({"license": proposed} if proposed else {})
    return verdict_of({"licgraph": 1, "components": components, "release": release}, KNOWLEDGE)


@pytest.mark.parametrize(
    ("one", "other", "proposed", "answer"),
    [
        ("MIT", "GPL-3.0-only", "GPL-3.0-only", "yes"), ("Apache-2.0", "GPL-3.0-only", "GPL-3.0-only", "yes"), ("Apache-2.0", "GPL-2.0-only", "GPL-2.0-only", "no"),
        ("Apache-2.0", "GPL-2.0-or-later", "GPL-3.0-only", "yes"), ("Apache-2.0", "GPL-2.0-or-later", "GPL-2.0-or-later", "no"), ("GPL-2.0-only", "GPL-3.0-only", None, "no"),
        ("GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-only", "yes"), ("LGPL-2.1-only", "GPL-2.0-only", "GPL-2.0-only", "yes"), ("LGPL-3.0-only", "GPL-3.0-only", "GPL-3.0-only", "yes"),
        ("LGPL-3.0-only", "GPL-2.0-only", "GPL-2.0-only", "no"), ("GPL-3.0-only", "MIT", "MIT", "no"), ("GPL-3.0-only", "LGPL-3.0-only", "LGPL-3.0-only", "no"),
        ("CC-BY-SA-4.0", "GPL-3.0-only", "GPL-3.0-only", "yes"), ("CC-BY-SA-4.0", "GPL-3.0-only", "CC-BY-SA-4.0", "no"), ("CC-BY-SA-4.0", "GPL-2.0-only", "GPL-2.0-only", "no"),
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-SA-4.0", "yes"), ("CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-SA-3.0", "no"), ("MIT", "BSD-3-Clause", "Apache-2.0", "yes"),
        ("MPL-2.0", "GPL-3.0-only", "GPL-3.0-only", "yes"), ("MPL-2.0-no-copyleft-exception", "GPL-3.0-only", "GPL-3.0-only", "no"), ("EPL-2.0", "GPL-3.0-only", "GPL-3.0-only", "no"),
        ("CDDL-1.0", "GPL-2.0-only", "GPL-2.0-only", "no"), ("MIT", "GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "yes"),
        ("Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "no"),
    ],
)  # fmt: skip
def test_code_merged_into_one_work(one: str, other: str, proposed: str | None, answer: str) -> None:
    assert _merged(one, other, proposed).answer == answer


@pytest.mark.parametrize(("one", "other", "proposed", "answer"), [("GPL-3.0-only", "AGPL-3.0-only", "AGPL-3.0-only", "yes"), ("GPL-2.0-only", "AGPL-3.0-only", None, "no")])
def test_gpl_linked_with_agpl(one: str, other: str, proposed: str | None, answer: str) -> None:
    assert _merged(one, other, proposed, "links-static", form="binary").answer == answer


@pytest.mark.parametrize("license_id", ["CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-ND-3.0"])
def test_a_verbatim_copy_of_nd_material_may_be_shared(license_id: str) -> None:
    data = simple("convert", license_id, "dataset", made="dataset", form="dataset", use="non-commercial", license=license_id)
    assert verdict_of(data, KNOWLEDGE).answer == "yes"
    data = simple("modifies", license_id, "dataset", made="dataset", form="dataset", use="non-commercial", license=license_id)
    assert verdict_of(data, KNOWLEDGE).answer == "no"


@pytest.mark.parametrize("license_id", ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0"])
@pytest.mark.parametrize("profile", ["conservative", "mainstream", "permissive"])
def test_nc_data_is_seen_in_every_profile(license_id: str, profile: str) -> None:
    """Blocking or not, the clause is named in the verdict: as a blocker, or as a duty under another reading."""
    data = simple("trained-on", license_id, "dataset", form="weights", use="commercial", license="Apache-2.0")
    verdict = verdict_of(data, KNOWLEDGE, profile=profile)
    seen = {KNOWLEDGE_CLAUSE(b.license, b.clause) for b in verdict.blockers} | {d.id for d in verdict.duties}
    assert "no-commercial-use" in seen
    assert verdict.answer == {"conservative": "no", "mainstream": "no", "permissive": "yes"}[profile]
    assert verdict.turns_on


def test_llama_2_outputs_into_llama_2_and_into_another() -> None:
    llama = "LicenseRef-Llama-2-Community"
    for base, answer in ((llama, "yes"), ("Apache-2.0", "no")):
        components = {
            "teacher": {"kind": "weights", "license": llama}, "base": {"kind": "weights", "license": base},
            "ours": {"kind": "weights", "from": {"finetune": "base", "distill-outputs": "teacher"}},
        }  # fmt: skip
        data = {"licgraph": 1, "components": components, "release": {"component": "ours", "license": llama if base == llama else "Apache-2.0", "use": "any"}}
        assert verdict_of(data, KNOWLEDGE).answer == answer


def test_a_name_that_only_sounds_like_llama() -> None:
    data = simple("finetune", "MIT", form="weights", use="any", license="MIT")
    data["components"]["base"]["name"] = "TinyLlama-1.1B"
    data["components"]["ours"]["name"] = "Llama-Whatever"
    verdict = verdict_of(data, KNOWLEDGE)
    assert verdict.answer == "yes"
    assert not any("Llama" in d.license or "Llama" in d.value for d in verdict.duties)


@pytest.mark.parametrize("relation", sorted(KNOWLEDGE.relations))
def test_a_part_without_licence_never_passes_where_an_act_is_done(relation: str) -> None:
    found = KNOWLEDGE.relations[relation]
    data = simple(relation, None, form="weights", use="any", license="MIT")
    answer = verdict_of(data, KNOWLEDGE).answer
    if found.place == "tool":
        assert answer == "yes"
    else:
        assert answer != "yes", relation


@pytest.mark.parametrize("license_id", ["CDDL-1.0", "EPL-2.0", "MPL-2.0-no-copyleft-exception", "CPL-1.0"])
def test_an_executable_of_file_copyleft_is_not_gpl(license_id: str) -> None:
    """Executables may carry own terms, but the source stays: no licence that tolerates no more may take it over."""
    for proposed, answer in (("GPL-3.0-only", "no"), ("OWN-TERMS", "yes")):
        data = simple("modifies", license_id, "code", made="code", form="binary", use="any", license=proposed)
        assert verdict_of(data, KNOWLEDGE).answer == answer, proposed
