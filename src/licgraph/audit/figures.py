"""The figures of an audit beyond its answers: by licence and family, who stands behind what is blocked, what is owed.

Each figure is a count of rows of the tables that an audit writes. `QUERIES` says how to count it again there; a test does.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from licgraph.audit.classes import Classes, Row
from licgraph.audit.engine import Engine
from licgraph.audit.program import Audit
from licgraph.expression import Leaf, OneOf, Tree, Unsettled, is_reserved, leaves, render
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple

TOP = 15
"""Rows of each list that could be as long as the inventory is large."""
UNKNOWN = "(terms not known)"
ANSWERS = ("yes", "no", "conditional", "unknown")
WITHOUT = "without_terms"
"""In place of an answer, where a label states no terms that could be asked about."""
_LABELLED = "v.listed = 1 AND v.license IN (SELECT license FROM 'labels.parquet' WHERE offers = 1)"
_OVER = "FROM 'verdicts.parquet' v JOIN 'labels.parquet' l ON v.license = l.license"
QUERIES: Mapping[str, str] = {
    "answers": f"SELECT answer, count(*) FROM 'verdicts.parquet' v WHERE {_LABELLED} GROUP BY 1",
    "unlabelled": "SELECT count(*) FROM 'verdicts.parquet' WHERE listed = 1 AND license = ''",
    "without_terms": "SELECT count(*) FROM 'verdicts.parquet' v JOIN 'labels.parquet' l ON v.license = l.license WHERE v.listed = 1 AND v.license <> '' AND l.offers = 0",
    "by_profile": f"SELECT coalesce(nullif(split_part(by_profile, ';', 1), ''), 'unknown') AS conservative, coalesce(nullif(split_part(by_profile, ';', 2), ''), 'unknown') AS mainstream, coalesce(nullif(split_part(by_profile, ';', 3), ''), 'unknown') AS permissive, count(*) FROM 'verdicts.parquet' v WHERE {_LABELLED} GROUP BY 1, 2, 3",
    "by_depth": f"SELECT level, answer, count(*) FROM 'verdicts.parquet' v WHERE {_LABELLED} AND level >= 0 GROUP BY 1, 2",
    "against": f"SELECT clause, count(*) FROM (SELECT unnest(string_split(blockers, ';')) AS clause FROM 'verdicts.parquet' v WHERE {_LABELLED} AND answer <> 'yes') WHERE clause <> '' GROUP BY 1 ORDER BY 2 DESC",
    "blocking": f"SELECT license, count(*) FROM (SELECT DISTINCT id, regexp_replace(clause, '/[^/]*$', '') AS license FROM (SELECT id, unnest(string_split(blockers, ';')) AS clause FROM 'verdicts.parquet' v WHERE {_LABELLED} AND answer = 'no')) WHERE license <> '' GROUP BY 1 ORDER BY 2 DESC",
    "by_license": f"SELECT CASE WHEN family = '{UNKNOWN}' THEN family ELSE terms END AS terms, answer, count(*) {_OVER} WHERE {_LABELLED} GROUP BY 1, 2",
    "by_family": f"SELECT family, answer, count(*) {_OVER} WHERE {_LABELLED} GROUP BY 1, 2",
    "sources": "SELECT s.parent, count(DISTINCT v.id) FROM 'steps.parquet' s JOIN 'verdicts.parquet' v ON s.child = v.id JOIN 'labels.parquet' l ON s.parent_license = l.license, unnest(string_split(l.licenses, ';')) AS of_its (license) "
    f"WHERE {_LABELLED} AND v.answer = 'no' AND list_contains(list_transform(string_split(v.blockers, ';'), lambda c: regexp_replace(c, '/[^/]*$', '')), of_its.license) GROUP BY 1 ORDER BY 2 DESC, 1",
    "duties": f"SELECT duty, count(*) FROM (SELECT DISTINCT id, split_part(unnest(string_split(duties, ';')), '|', 1) AS duty FROM 'verdicts.parquet' v WHERE {_LABELLED}) WHERE duty <> '' GROUP BY 1 ORDER BY 2 DESC",
    "turns_on": f"SELECT question, count(*) FROM (SELECT unnest(string_split(turns_on, ';')) AS question FROM 'verdicts.parquet' v WHERE {_LABELLED}) WHERE question <> '' GROUP BY 1 ORDER BY 2 DESC",
    "drift": "SELECT a.terms, b.terms, CASE WHEN b.offers = 1 THEN v.answer ELSE 'without_terms' END AS answer, count(*) FROM 'steps.parquet' s JOIN 'verdicts.parquet' v ON s.child = v.id JOIN 'verdicts.parquet' p ON s.parent = p.id JOIN 'labels.parquet' a ON p.license = a.license JOIN 'labels.parquet' b ON v.license = b.license "
    "WHERE v.listed = 1 AND v.license <> '' AND p.listed = 1 AND p.license <> '' AND p.kind <> 'dataset' AND a.terms <> b.terms GROUP BY 1, 2, 3",
}  # fmt: skip
"""How DuckDB counts each figure again, in the folder that an audit wrote."""


def family(tree: Tree, knowledge: Knowledge) -> str:
    """The licence family of a label: an id up to its first version (`Llama`, `CC-BY-NC`), so that versions count together."""
    if isinstance(tree, Leaf):
        base = tree.id.partition(" WITH ")[0]
        if base == "NOASSERTION" or not (is_reserved(base) or knowledge.resolve(base).ids):
            return UNKNOWN
        return base if is_reserved(base) else re.split(r"-v?\d", base.removeprefix("LicenseRef-"), maxsplit=1)[0]
    parts = sorted({family(part, knowledge) for part in tree.parts})
    return (" or " if isinstance(tree, OneOf | Unsettled) else " and ").join(parts)


class Label(NamedTuple):
    """What a label means: as an expression of ids, its family, and the licences in it. No label is `NONE`.

    ``offers``: whether it states terms under which anything could go out; `other` and `unknown` do not.
    """

    terms: str
    family: str
    licenses: tuple[str, ...]
    offers: bool


def meanings(engine: Engine, classes: Classes) -> Mapping[str, Label]:
    """What each label of an inventory means."""
    trees = {label: classes.tree(label) or Leaf("NONE", "NONE") for (label,) in engine.rows("SELECT DISTINCT label FROM owns ORDER BY label")}
    return {label: Label(render(tree), family(tree, classes.knowledge), tuple(dict.fromkeys(leaf.id for leaf in leaves(tree))), classes.proposed(label) is not None) for label, tree in trees.items()}


def put_labels(engine: Engine, classes: Classes) -> Mapping[str, Label]:
    """Makes the table ``labels`` (license as written, terms, family, licenses joined by `;`, offers) of all labels, and returns it."""
    said = meanings(engine, classes)
    engine.put("labels", {"license": str, "terms": str, "family": str, "licenses": str, "offers": int}, [(label, one.terms, one.family, ";".join(one.licenses), int(one.offers)) for label, one in said.items()])
    return said


def counted(engine: Engine) -> list[tuple[int, str, int, int]]:
    """How many listed components have a row, a label and a level."""
    said = dict(engine.rows("SELECT own, label FROM owns"))  # numbers are grouped faster than texts
    return [(row, said[own], level, count) for row, own, level, count in engine.rows("SELECT v.row, m.own, v.level, count(*) FROM verdicts v JOIN named m ON v.n = m.n WHERE m.listed = 1 GROUP BY v.row, m.own, v.level")]


def figures(engine: Engine, found: Audit, labels: Mapping[str, Label], counts: Iterable[tuple[int, str, int, int]]) -> dict[str, Any]:
    """By licence, by family, whose clauses block, whose own terms block most of what descends from it directly, and what is owed most often."""
    by_terms: dict[str, Counter[str]] = defaultdict(Counter)
    by_family: dict[str, Counter[str]] = defaultdict(Counter)
    blocking, owed, owed_to = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for number, label, _, count in counts:
        row = found.rows[number]
        meant = labels[label]
        if not meant.offers:
            continue
        by_terms[meant.terms if meant.family != UNKNOWN else UNKNOWN][row.answer] += count  # words that nobody knows count together
        by_family[meant.family][row.answer] += count
        if row.answer == "no":
            blocking.update(dict.fromkeys(_licenses(row), count))
        duties = {(d.partition("|")[0], d.rpartition("|")[2]) for d in row.duties}
        owed.update(dict.fromkeys({duty for duty, _ in duties}, count))
        owed_to.update(dict.fromkeys(duties, count))
    asks = {duty: (licence, n) for (duty, licence), n in sorted(owed_to.items(), key=lambda kv: (kv[1], kv[0][1]))}  # the last of each is the most
    return {
        "by_license": _answers("license", by_terms), "by_family": _answers("family", by_family), "blocking": [{"license": i, "components": n} for i, n in ranked(blocking)[:TOP]], "sources": _sources(engine, found, labels),
        "duties": [{"duty": d, "components": n, "most_by": asks[d][0], "of_these": asks[d][1]} for d, n in ranked(owed)],
    }  # fmt: skip


def ordered(counts: Counter[str]) -> dict[str, int]:
    """Counts by answer, in one order whatever the order of the rows: tables come in any."""
    return {a: counts[a] for a in (*ANSWERS, WITHOUT) if counts[a]}


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """The most first, those alike by name."""
    return sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))


def _answers(key: str, table: Mapping[str, Counter[str]]) -> list[dict[str, Any]]:
    return [{key: name, "components": sum(c.values()), **ordered(c)} for name, c in sorted(table.items(), key=lambda kv: (-sum(kv[1].values()), kv[0]))]


def _licenses(row: Row) -> set[str]:
    """The licences whose clauses stand against a component."""
    return {ref.rpartition("/")[0] for ref in row.blockers} - {""}


def _sources(engine: Engine, found: Audit, labels: Mapping[str, Label]) -> list[dict[str, Any]]:
    """The components from which most was made directly that a clause of their own terms stands against; and how much was made from them in all."""
    engine.put("row_licenses", {"row": int, "license": str}, [(n, i) for n, row in enumerate(found.rows) if row.answer == "no" for i in sorted(_licenses(row))])
    engine.put("label_licenses", {"label": str, "license": str}, [(label, i) for label, one in labels.items() for i in one.licenses])
    engine.put("offering", {"label": str}, [(label,) for label, one in labels.items() if one.offers])
    made = "SELECT DISTINCT child, parent FROM steps"
    theirs = (
        f"SELECT DISTINCT s.parent, s.child FROM ({made}) s JOIN named p ON s.parent = p.n JOIN named c ON s.child = c.n JOIN verdicts v ON v.n = c.n JOIN row_licenses r ON v.row = r.row "
        "JOIN label_licenses l ON p.label = l.label AND r.license = l.license JOIN offering o ON c.label = o.label WHERE c.listed = 1"
    )
    all_of_it = f"SELECT s.parent, count(*) AS results FROM ({made}) s JOIN named c ON s.child = c.n JOIN offering o ON c.label = o.label WHERE c.listed = 1 GROUP BY s.parent"
    told = engine.rows(
        f"SELECT p.id, p.label, b.blocked, a.results FROM (SELECT parent, count(*) AS blocked FROM ({theirs}) t GROUP BY parent) b JOIN ({all_of_it}) a ON b.parent = a.parent JOIN named p ON b.parent = p.n ORDER BY 3 DESC, 1 LIMIT {TOP}"
    )
    engine.drop("row_licenses", "label_licenses", "offering")
    return [{"id": ident, "license": label, "blocked": int(blocked), "results": int(count)} for ident, label, blocked, count in told]


def write_labels(engine: Engine, folder: Path) -> None:
    """Writes ``labels.parquet``: what each label means, so that every figure can be counted again from the tables."""
    engine.write("SELECT license, terms, family, licenses, offers FROM labels ORDER BY license", folder / "labels.parquet")

