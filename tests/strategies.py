"""Random small stacks that cover every relation, duty nature, reserved word and expression form."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

LICENSES = [
    "MIT", "Apache-2.0", "BSD-3-Clause", "GPL-2.0-only", "GPL-3.0-only", "GPL-3.0-or-later", "AGPL-3.0-only", "LGPL-2.1-only", "LGPL-3.0-only", "MPL-2.0", "EPL-2.0", "EUPL-1.2",
    "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-SA-3.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-3.0", "ODbL-1.0", "ODC-By-1.0", "CDLA-Sharing-1.0", "C-UDA-1.0",
    "LicenseRef-Llama-2-Community", "LicenseRef-Llama-3.1-Community", "LicenseRef-Llama-4-Community", "LicenseRef-Gemma-Terms-2025-03-24", "LicenseRef-CreativeML-OpenRAIL-M",
    "LicenseRef-BigCode-OpenRAIL-M-1", "LicenseRef-Stability-Community-2024-07-05", "LicenseRef-FLUX-1-dev-NC-1.1.1", "LicenseRef-EXAONE-1.1-NC", "LicenseRef-Kimi-K2.5-Modified-MIT",
    "LicenseRef-Qwen-2024-09-19", "LicenseRef-OpenAI-Terms-of-Use-2024-12-11", "LicenseRef-LLaMA-1-Noncommercial", "NONE", "NO-CLAIM", "NOASSERTION", "LicenseRef-Proprietary",
    "SSPL-1.0", "OSL-3.0", "BSD-4-Clause", "EPL-1.0", "Elastic-2.0", "BUSL-1.1", "Hippocratic-2.1", "GFDL-1.3-only", "CERN-OHL-S-2.0", "CECILL-2.1", "LicenseRef-Hunyuan-Large-2024-11-05",
    "LicenseRef-LFM-1.0", "LicenseRef-FAIPL-1.0-SD", "LicenseRef-ModelGo-MG-BY-SA-2.0", "LicenseRef-LTX-2.x-Community-2026-08-11", "LicenseRef-HyperCLOVA-X-SEED-2025", "LicenseRef-Montreal-Data-License-2021",
    "LicenseRef-Google-Gemini-API-Additional-2025", "LicenseRef-xAI-Enterprise-Terms-2026-08-14", "LicenseRef-Tongyi-Qianwen-2023", "LicenseRef-Stability-SDXL-Turbo-NC", "LicenseRef-Apple-AMLR",
    "LicenseRef-Grok-2-Community.PARTIAL", "LicenseRef-Qwen-Community-1.0.PARTIAL", "LicenseRef-Commercial", "LicenseRef-Nobody-Knows", "MIT OR Apache-2.0", "AGPL-3.0-only OR LicenseRef-Commercial", "MIT AND CC-BY-SA-4.0", "(MIT OR GPL-3.0-only) AND CC-BY-4.0",
    "gpl-3.0", "bsd", "gemma", "cc-by-nc", "llama-license", "GPL-2.0-or-later", "GPL-2.0-only WITH Classpath-exception-2.0", "Apache-2.0 WITH LLVM-exception", "GPL-3.0-or-later WITH GCC-exception-3.1",
]  # fmt: skip
PROPOSED = ["MIT", "Apache-2.0", "GPL-2.0-only", "GPL-3.0-only", "AGPL-3.0-only", "LGPL-2.1-only", "MPL-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "OWN-TERMS",
            "LicenseRef-Llama-3.1-Community", "LicenseRef-Gemma-Terms-2025-03-24", "LicenseRef-Nobody-Knows"]  # fmt: skip
RELATIONS = [
    "convert", "contains", "runs-with", "finetune", "merge", "modifies", "contains-modified", "quantize", "adapter", "derived-from", "links-static", "links-dynamic", "trained-on",
    "distill-logits", "distill-outputs", "generated-by", "trained-with", "labelled-by", "filtered-by", "rewarded-by", "retrieves-from", "evaluated-on", "built-with", "same-architecture-as",
]  # fmt: skip
KINDS = ["weights", "adapter", "code", "dataset", "outputs", "service"]
FORMS = ["weights", "source", "binary", "dataset", "outputs", "service", "internal"]


@st.composite
def stacks(draw: st.DrawFn, most: int = 5, proposed: bool = True) -> dict[str, Any]:
    """A stack of 2 to ``most`` components; the last one is released."""
    size = draw(st.integers(2, most))
    names = [f"c{n}" for n in range(size)]
    components: dict[str, Any] = {}
    for number, name in enumerate(names):
        last = number == size - 1
        entry: dict[str, Any] = {"kind": draw(st.sampled_from(KINDS))}
        ours = last or draw(st.booleans())
        if ours and not last:
            entry["ours"] = True
        if not ours:
            entry["license"] = draw(st.sampled_from(LICENSES))
        elif not last and draw(st.integers(0, 4)) == 0:
            entry["license"] = draw(st.sampled_from(["MIT", "CC-BY-4.0", "GPL-3.0-only", "CC-BY-NC-4.0"]))
        if draw(st.integers(0, 2)) == 0:
            entry["name"] = draw(st.sampled_from(["Llama-X", "EXAONE-Y", "Plain"]))
        sources = draw(st.lists(st.sampled_from(names[:number]), unique=True, min_size=1 if last else 0, max_size=2)) if number else []
        links: dict[str, Any] = {}
        for source in sources:
            relation = draw(st.sampled_from(RELATIONS))
            edge: dict[str, Any] = {"component": source}
            if relation in ("trained-on", "filtered-by", "rewarded-by"):
                edge["purpose"] = draw(st.sampled_from(["perform-similarly", "narrow-classifier", "general"]))
            if draw(st.integers(0, 5)) == 0:
                edge["accepted-terms"] = draw(st.booleans())
            if relation == "contains" and draw(st.booleans()):
                edge["substantial-part"] = True
            links.setdefault(relation, []).append(edge)
        if links:
            entry["from"] = links
        components[name] = entry
    use = draw(st.sampled_from(["commercial", "non-commercial", "any"]))
    release: dict[str, Any] = {"component": names[-1], "form": draw(st.sampled_from(FORMS)), "use": use}
    if proposed:
        release["license"] = draw(st.sampled_from(PROPOSED))
    if draw(st.integers(0, 3)) == 0:
        release["to"] = draw(st.sampled_from(["own", "affiliates", "contractors", "customers", "public"]))
    if draw(st.integers(0, 4)) == 0:
        release["will-not"] = [draw(st.sampled_from(["attribution", "display", "include-license-text"]))]
    stack: dict[str, Any] = {"licgraph": 1, "components": components, "release": release}
    facts = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "domicile": st.sampled_from(["EU", "US", "DE"]), "annual-revenue-usd": st.sampled_from([500_000, 2_000_000]), "mau-at-release-date": st.sampled_from([10, 800_000_000]),
                "monthly-revenue-usd": st.sampled_from([1_000, 2_000_000]), "end-users-in": st.sampled_from([["EU"], ["US", "KR"]]), "production-use": st.booleans(), "commercial-entity": st.booleans(),
                "memorised": st.booleans(), "exception-asserted": st.booleans(), "multimodal": st.booleans(), "competing-product": st.booleans(), "monthly-active-users": st.sampled_from([5, 200_000_000]),
            },
        )
    )
    if facts:
        stack["facts"] = facts
    return stack
