"""Published statements of stewards, derived again from the clauses.

Creative Commons, adapter's licence chart (FAQ «If I derive or adapt material offered under a CC license, which CC
license(s) can I use?»); Free Software Foundation, «Various Licenses and Comments about Them» (compatibility with
GPL version 3 and version 2; an entry of the list that names no version counts for both). Facts of these pages, stated in our own words.
"""

from __future__ import annotations

import pytest

from licgraph.knowledge import Knowledge

from .conftest import verdict_of

CC = {
    "CC-BY-4.0": {"CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-4.0"},
    "CC-BY-NC-4.0": {"CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0"},
    "CC-BY-NC-ND-4.0": set(),
    "CC-BY-NC-SA-4.0": {"CC-BY-NC-SA-4.0"},
    "CC-BY-ND-4.0": set(),
    "CC-BY-SA-4.0": {"CC-BY-SA-4.0"},
    "CC0-1.0": {"CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-4.0"},
}
WITH_GPL_3 = ["MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "X11", "NCSA", "Apache-2.0", "Artistic-2.0", "BSL-1.0", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "ECL-2.0", "EFL-2.0", "LGPL-2.1-only", "LGPL-3.0-only", "MPL-2.0", "OLDAP-2.8", "PSF-2.0", "SMLNJ", "UPL-1.0", "Unlicense", "W3C", "WTFPL", "ZPL-2.0", "Vim", "IJG", "XFree86-1.1", "FTL"]
WITH_GPL_2 = ["MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "X11", "NCSA", "Artistic-2.0", "BSL-1.0", "CC0-1.0", "EFL-2.0", "LGPL-2.1-only", "MPL-2.0", "OLDAP-2.8", "PSF-2.0", "SMLNJ", "UPL-1.0", "Unlicense", "W3C", "WTFPL", "ZPL-2.0", "Vim", "IJG"]
NOT_WITH_GPL_3 = ["AFL-3.0", "Apache-1.0", "Apache-1.1", "BSD-4-Clause", "CDDL-1.0", "CPL-1.0", "EPL-1.0", "EPL-2.0", "GPL-2.0-only", "IPL-1.0", "LPPL-1.3c", "MPL-1.1", "MS-PL", "MS-RL", "OSL-3.0", "OpenSSL", "PHP-3.01", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "Hippocratic-2.1"]
NOT_WITH_GPL_2 = ["Apache-2.0", "LGPL-3.0-only", "ECL-2.0", "GPL-3.0-only", "XFree86-1.1", "FTL"]


def _merged(inbound: str, outbound: str, kind: str, form: str, use: str, knowledge: Knowledge) -> str:
    components: dict[str, object] = {"it": {"kind": kind, "license": inbound}, "ours": {"kind": kind, "from": {"modifies": "it"}}}
    if kind == "code":
        components["gpl"] = {"kind": kind, "license": outbound}
        components["ours"] = {"kind": kind, "from": {"modifies": ["it", "gpl"]}}
    return verdict_of({"licgraph": 1, "components": components, "release": {"component": "ours", "license": outbound, "form": form, "use": use}}, knowledge).answer


@pytest.mark.parametrize("original", CC)
@pytest.mark.parametrize("adapter", sorted(CC["CC-BY-4.0"]))
def test_adapters_chart(original: str, adapter: str, knowledge: Knowledge) -> None:
    use = "non-commercial" if "NC" in adapter or "NC" in original else "any"
    answer = _merged(original, adapter, "dataset", "dataset", use, knowledge)
    assert answer == ("yes" if adapter in CC[original] else "no")


@pytest.mark.parametrize("license_id", WITH_GPL_3)
def test_compatible_with_gpl_3(license_id: str, knowledge: Knowledge) -> None:
    assert _merged(license_id, "GPL-3.0-only", "code", "source", "any", knowledge) == "yes"


@pytest.mark.parametrize("license_id", NOT_WITH_GPL_3)
def test_not_compatible_with_gpl_3(license_id: str, knowledge: Knowledge) -> None:
    assert _merged(license_id, "GPL-3.0-only", "code", "source", "any", knowledge) == "no"


@pytest.mark.parametrize("license_id", WITH_GPL_2)
def test_compatible_with_gpl_2(license_id: str, knowledge: Knowledge) -> None:
    assert _merged(license_id, "GPL-2.0-only", "code", "source", "any", knowledge) == "yes"


@pytest.mark.parametrize("license_id", NOT_WITH_GPL_2)
def test_not_compatible_with_gpl_2(license_id: str, knowledge: Knowledge) -> None:
    assert _merged(license_id, "GPL-2.0-only", "code", "source", "any", knowledge) == "no"
