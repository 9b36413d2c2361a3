"""tests/derivations.tsv says what each clause does: a change of a reading that changes what is derived shows there."""

from __future__ import annotations

from tools import derivations

from licgraph.knowledge import Knowledge


def test_what_each_clause_does_is_as_written(knowledge: Knowledge) -> None:
    """`python tools/derivations.py` writes it anew; then look at the lines that differ, clause by clause."""
    written, found = derivations.FILE.read_text("utf-8").splitlines(), derivations.table(knowledge).splitlines()
    assert sorted(set(written) ^ set(found)) == []
    assert written == found
