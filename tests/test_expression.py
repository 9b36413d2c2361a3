"""Licence expressions: what is read, how it is written again, and what is said of one that cannot be read."""

from __future__ import annotations

import pytest

from licgraph.expression import (
    MAX_DEPTH,
    MAX_LENGTH,
    AllOf,
    ExpressionFault,
    Leaf,
    OneOf,
    Tree,
    Unsettled,
    is_reserved,
    leaves,
    parse,
    render,
)
from licgraph.knowledge import RESERVED, Knowledge

GPL_2, GPL_3 = ("Does the notice say `or any later version`? Write " + f"GPL-{n}.0-only or GPL-{n}.0-or-later." for n in (2, 3))
READ: dict[str, tuple[Tree, str]] = {
    "MIT": (Leaf("MIT", "MIT"), "MIT"),
    " mit ": (Leaf("MIT", "mit"), "MIT"),
    "mit OR apache-2.0": (OneOf((Leaf("MIT", "mit"), Leaf("Apache-2.0", "apache-2.0"))), "MIT OR Apache-2.0"),
    "mit or apache-2.0": (OneOf((Leaf("MIT", "mit"), Leaf("Apache-2.0", "apache-2.0"))), "MIT OR Apache-2.0"),
    "MIT and ISC": (AllOf((Leaf("MIT", "MIT"), Leaf("ISC", "ISC"))), "MIT AND ISC"),
    "MIT AND (Apache-2.0 OR ISC)": (AllOf((Leaf("MIT", "MIT"), OneOf((Leaf("Apache-2.0", "Apache-2.0"), Leaf("ISC", "ISC"))))), "MIT AND (Apache-2.0 OR ISC)"),
    "MIT OR Apache-2.0 AND ISC": (OneOf((Leaf("MIT", "MIT"), AllOf((Leaf("Apache-2.0", "Apache-2.0"), Leaf("ISC", "ISC"))))), "MIT OR (Apache-2.0 AND ISC)"),
    "MIT or Apache-2.0 AND ISC": (OneOf((Leaf("MIT", "MIT"), AllOf((Leaf("Apache-2.0", "Apache-2.0"), Leaf("ISC", "ISC"))))), "MIT OR (Apache-2.0 AND ISC)"),
    "(MIT AND ISC) AND 0BSD": (AllOf((AllOf((Leaf("MIT", "MIT"), Leaf("ISC", "ISC"))), Leaf("0BSD", "0BSD"))), "MIT AND ISC AND 0BSD"),
    "GPL-2.0-only with classpath-exception-2.0": (Leaf("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH classpath-exception-2.0"), "GPL-2.0-only WITH Classpath-exception-2.0"),
    "GPL-3.0-only WITH Nope": (Leaf("GPL-3.0-only WITH Nope", "GPL-3.0-only WITH Nope"), "GPL-3.0-only WITH Nope"),
    "gpl-3.0 WITH Nope": (Unsettled("gpl-3.0", (Leaf("GPL-3.0-only WITH Nope", "gpl-3.0"), Leaf("GPL-3.0-or-later WITH Nope", "gpl-3.0")), GPL_3), "gpl-3.0"),
    "gpl-2.0 AND MIT": (AllOf((Unsettled("gpl-2.0", (Leaf("GPL-2.0-only", "gpl-2.0"), Leaf("GPL-2.0-or-later", "gpl-2.0")), GPL_2), Leaf("MIT", "MIT"))), "gpl-2.0 AND MIT"),
    "GPL-3.0+": (Leaf("GPL-3.0-or-later", "GPL-3.0+"), "GPL-3.0-or-later"),
    "GPL-3.0+ OR MIT": (OneOf((Leaf("GPL-3.0-or-later", "GPL-3.0+"), Leaf("MIT", "MIT"))), "GPL-3.0-or-later OR MIT"),
    "Apache License 2.0 OR MIT": (OneOf((Leaf("Apache-2.0", "Apache License 2.0"), Leaf("MIT", "MIT"))), "Apache-2.0 OR MIT"),
    "GNU General Public License v3.0": (Unsettled("GNU General Public License v3.0", tuple(Leaf(i, "GNU General Public License v3.0") for i in ("GPL-3.0-only", "GPL-3.0-or-later")), GPL_3), "GNU General Public License v3.0"),
    "Creative Commons Attribution 4.0 AND MIT": (AllOf((Leaf("CC-BY-4.0", "Creative Commons Attribution 4.0"), Leaf("MIT", "MIT"))), "CC-BY-4.0 AND MIT"),
    "MIT, Apache-2.0 https://x.org": (Leaf("MIT, Apache-2.0 https://x.org", "MIT, Apache-2.0 https://x.org"), "MIT, Apache-2.0 https://x.org"),
    "my own words": (Leaf("my own words", "my own words"), "my own words"),
    "https://x.org/foo": (Leaf("https://x.org/foo", "https://x.org/foo"), "https://x.org/foo"),
    "No-Such-1.0": (Leaf("No-Such-1.0", "No-Such-1.0"), "No-Such-1.0"),
    "DocumentRef-a:LicenseRef-b": (Leaf("DocumentRef-a:LicenseRef-b", "DocumentRef-a:LicenseRef-b"), "DocumentRef-a:LicenseRef-b"),
    "No-Such-1.0 OR MIT": (OneOf((Leaf("No-Such-1.0", "No-Such-1.0"), Leaf("MIT", "MIT"))), "No-Such-1.0 OR MIT"),
    "GPLv2": (Leaf("GPLv2", "GPLv2"), "GPLv2"),
    "other": (Leaf("NOASSERTION", "other"), "NOASSERTION"),
}  # fmt: skip
CHOOSE = "Write `A OR B` if you may choose, `A AND B` if both apply"
JOIN = "Write ids joined by AND, OR, WITH and round brackets, such as `MIT OR Apache-2.0`"
ALONE = "Write the SPDX id or LicenseRef-…; names with blanks stand alone, not in an expression"
FAULTS = {
    "": ("the licence expression is empty", "Write a licence id, or NONE if there is no licence"),
    "MIT/ISC": ("`MIT/ISC` is no licence expression: `/` is not an operator", CHOOSE),
    "MIT, ISC": ("`MIT, ISC` is no licence expression: `,` is not an operator", CHOOSE),
    "MIT; ISC": ("`MIT; ISC` is no licence expression: `;` is not an operator", CHOOSE),
    "MIT | ISC": ("`MIT | ISC` is no licence expression: `|` is not an operator", "Write `A OR B`"),
    "MIT & ISC": ("`MIT & ISC` is no licence expression: `&` is not an operator", "Write `A AND B`"),
    "FOO+": ("`FOO+`: the mark `+` is ambiguous", "Write `FOO-or-later` where the licence has such a form, else `FOO`"),
    "MIT OR": ("`MIT OR` is no licence expression", JOIN),
    "( AND MIT": ("`( AND MIT` is no licence expression", JOIN),
    "( OR é": ("`( OR é` is no licence expression", JOIN),
    "LicenseRef-x_y": ("`LicenseRef-x_y` is no licence id", ALONE),
    "(MIT": ("`(MIT` is no licence expression", JOIN),
    "MIT OR OR ISC": ("`MIT OR OR ISC` is no licence expression", JOIN),
    "(MIT OR ISC) WITH Foo": ("`(MIT OR ISC) WITH Foo` is no licence expression", JOIN),
    "()": ("`()` is no licence expression", JOIN),
    "Foo Bar OR MIT": ("`Foo Bar` is no licence id", ALONE),
    "MIT+ISC": ("`MIT+ISC` is no licence id", ALONE),
    "MIT AND " + "x_" * 50: (f"`{'x_' * 40}` is no licence id", ALONE),
    "/" * 100: (f"`{'/' * 80}` is no licence expression: `/` is not an operator", CHOOSE),
    "(" * 100: (f"`{'(' * 80}` is no licence expression", JOIN),
}


@pytest.mark.parametrize("text", READ)
def test_an_expression_is_read_and_written_again(text: str, knowledge: Knowledge) -> None:
    tree, written = READ[text]
    assert parse(text, knowledge) == tree
    assert render(tree) == written


@pytest.mark.parametrize("text", FAULTS)
def test_an_expression_that_cannot_be_read(text: str, knowledge: Knowledge) -> None:
    with pytest.raises(ExpressionFault) as caught:
        parse(text, knowledge)
    assert (caught.value.what, caught.value.cure) == FAULTS[text]
    assert str(caught.value) == caught.value.what


def test_a_fault_of_another_kind_is_not_hidden(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the parser says of an expression is a fault of the expression."""
    import license_expression

    def breaks(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(license_expression.Licensing, "parse", breaks)
    with pytest.raises(MemoryError):
        parse("MIT OR ISC", knowledge)


def test_leaves_in_order() -> None:
    tree = AllOf((Leaf("a"), OneOf((Leaf("b"), AllOf((Leaf("c"), Leaf("a")))))))
    assert Leaf("a").name == ""
    assert [leaf.id for leaf in leaves(tree)] == ["a", "b", "c", "a"]


def test_reserved_words() -> None:
    assert [w for w in (*RESERVED, "MIT") if is_reserved(w)] == list(RESERVED)


def _nested(levels: int) -> str:
    text = "MIT"
    for number in range(levels):
        text = f"({text} {'AND' if number % 2 else 'OR'} ISC)"
    return text


@pytest.mark.parametrize(("text", "says"), [(" AND ".join(["MIT"] * (MAX_LENGTH // 8 + 1)), "longer than"), (_nested(MAX_DEPTH + 2), "deeper")], ids=["long", "deep"])
def test_an_expression_has_bounds(text: str, says: str, knowledge: Knowledge) -> None:
    assert parse(_nested(MAX_DEPTH), knowledge)
    with pytest.raises(ExpressionFault, match=says):
        parse(text, knowledge)
