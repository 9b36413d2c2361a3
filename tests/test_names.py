"""Names of licences as people write them: read as far as a rule goes, and no further."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from licgraph.knowledge import Knowledge
from licgraph.names import guess

from .conftest import ROOT, verdict_of

READ = {
    "Apache License, Version 2.0": ["Apache-2.0"], "apache license 2.0": ["Apache-2.0"], "Apache 2.0": ["Apache-2.0"], "MIT License": ["MIT"], "the MIT licence": ["MIT"],
    "BSD 3-Clause License": ["BSD-3-Clause"], "BSD-3": ["BSD-3-Clause"], "BSD": ["BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause"], "CC BY-NC 4.0": ["CC-BY-NC-4.0"], "cc-by-sa 4": ["CC-BY-SA-4.0"],
    "Creative Commons Attribution Non Commercial 4.0": ["CC-BY-NC-4.0"], "https://creativecommons.org/licenses/by-sa/4.0/": ["CC-BY-SA-4.0"], "CC0": ["CC0-1.0"],
    "GPLv3": ["GPL-3.0-only", "GPL-3.0-or-later"], "GNU General Public License v3.0": ["GPL-3.0-only", "GPL-3.0-or-later"], "GPL-3.0+": ["GPL-3.0-or-later"], "GPL version 2 or later": ["GPL-2.0-or-later"],
    "https://opensource.org/licenses/MIT": ["MIT"], "http://www.apache.org/licenses/LICENSE-2.0": ["Apache-2.0"], "other": ["NOASSERTION"], "unknown": ["NOASSERTION"], "licence": ["NOASSERTION"],
    "CC BY 3.0 igo": ["CC-BY-3.0-IGO"], "Llama 2 Community License": ["LicenseRef-Llama-2-Community"], "llama-2-community-license": ["LicenseRef-Llama-2-Community"], "bsl-1.0": ["BSL-1.0"],
}  # fmt: skip
LEFT = ["cc-by-4.0-weights-non-commercial-data", "https://huggingface.co/somebody/model/blob/main/LICENSE", "apache-2.1", "MIT-like terms of our own", "CC BY-SA 9.0", "Llama license 17", "GPL-7", "datasets under their own terms", "CC BY 3.0 ported to Utopia", "BSD-9-Clause"]


@pytest.mark.parametrize("name", READ)
def test_a_name_is_read(name: str, knowledge: Knowledge) -> None:
    found = guess(name, knowledge)
    assert list(found.ids) == READ[name]
    assert found.evidence


@pytest.mark.parametrize("name", LEFT)
def test_what_no_rule_reads_stays_unresolved(name: str, knowledge: Knowledge) -> None:
    assert guess(name, knowledge).kind == "unresolved"


def test_several_names_in_one_string(knowledge: Knowledge) -> None:
    found = guess("MIT, Apache-2.0", knowledge)
    assert found.kind == "joint"
    assert [g.ids for g in found.joint] == [("MIT",), ("Apache-2.0",)]
    assert guess("MIT, and something nobody knows", knowledge).kind == "unresolved"


def test_a_spelling_in_a_stack_file(knowledge: Knowledge) -> None:
    def answer(license_id: str) -> str:
        data = {"licgraph": 1, "components": {"a": {"kind": "code", "license": license_id}, "b": {"kind": "code", "from": {"modifies": "a"}}}, "release": {"component": "b", "license": "Apache-2.0", "form": "source"}}
        return verdict_of(data, knowledge).answer

    assert answer("The MIT License") == "yes"
    assert answer("Apache License, Version 2.0") == "yes"
    assert answer("Some Licence 4.2") == "unknown"
    assert answer("other") == "unknown"


def test_every_spdx_id_is_known_and_none_is_guessed(knowledge: Knowledge) -> None:
    for license_id in knowledge._spdx:
        found = knowledge.license(license_id)
        assert found.state == "encoded" or found.name
        assert (license_id in knowledge.license_ids) == (found.state == "encoded")


def test_an_exception_that_was_not_read_is_unknown(knowledge: Knowledge) -> None:
    assert knowledge.license("GPL-2.0-only WITH Bison-exception-2.2").state == "unknown"
    assert knowledge.license("GPL-2.0-only WITH Classpath-exception-2.0").state == "encoded"
    assert knowledge.license("MIT WITH Classpath-exception-2.0").state == "unknown"


def test_none_of_300_names_is_read_wrongly(knowledge: Knowledge) -> None:
    """A stratified sample of names as people wrote them, read by hand: what is resolved is resolved rightly."""
    sample = [(name, says) for names in yaml.safe_load((ROOT / "tests" / "names_read.yaml").read_text("utf-8")).values() for name, says in names.items()]
    wrong, left = [], 0
    for name, says in sample:
        found = guess(name, knowledge)
        read = [_ids(g.ids) for g in found.joint] if found.joint else _ids(found.ids)
        wanted = {"none": "NOASSERTION", "left": []}.get(says, says) if isinstance(says, str) else says.get("several") if isinstance(says, dict) else says
        left += says == "left"
        if read != wanted:
            wrong.append((name, read, wanted))
    assert wrong == []
    assert len(sample) == 300
    answered = len(sample) - left
    print(f"names: 0 of {answered} answered wrongly; with 95 % confidence fewer than {1 - 0.05 ** (1 / answered):.1%} of such names are")


def _ids(ids: tuple[str, ...]) -> object:
    return ids[0] if len(ids) == 1 else list(ids)


@pytest.mark.skipif(not os.environ.get("LICGRAPH_CORPORA"), reason="LICGRAPH_CORPORA names no folder with real data")
def test_every_hub_identifier_resolves(knowledge: Knowledge) -> None:
    text = (Path(os.environ["LICGRAPH_CORPORA"]) / "hub-docs" / "repositories-licenses.md").read_text("utf-8")
    found = re.findall(r"^\|[^|]+\| `([^`]+)`", text, re.MULTILINE)
    assert len(found) >= 83
    assert [i for i in found if not knowledge.resolve(i).ids] == []
