"""From what a file says to clauses and licences, and what the knowledge base tells of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from licgraph.errors import KnowledgeError
from licgraph.knowledge import RESERVED, Knowledge, load
from licgraph.license import ACTS, SILENCES, WAYS, Clause, FurtherRestrictions, License, Relabel, clause_from, license_from
from licgraph.license import Test as When

NATURES = {"attribution": "travels", "same-license": "fixes"}
LEAST: dict[str, Any] = {"id": "one", "kind": "condition", "cite": "s.1", "quote": "q", "reading": "r"}
MOST: dict[str, Any] = {
    **LEAST, "duty": "attribution", "value": "v", "nature": "binds", "acts": ["modify", "serve"], "reaches": ["this work itself", "its outputs"],
    "when": {"form": ["source"], "assumption": {"a": ["x", "y"]}, "fact": {"f": ["true"]}, "__lines": 1}, "unless": {"to": ["own"]}, "limit": {"fact": "users", "over": 7},
    "fixes": {"to": ["L", "M"], "scope": "file", "or-param": "p"}, "lifted-by-param": "g", "treats": {"adapter": "changed version", "when": {"purpose": ["study"]}, "__lines": 2},
    "basis": ["contract"], "rests-on": {"b": ["z"]}, "review": {"status": "disputed"},
}  # fmt: skip


def _clause(found: Mapping[str, Any]) -> Clause:
    return clause_from(found, "X", "reviewed", ("right",), NATURES)


def test_a_clause_of_which_the_file_says_the_least() -> None:
    assert _clause(LEAST) == Clause("X", "one", "condition", "s.1", "q", "r", basis=("right",), review="reviewed")


def test_a_clause_of_which_the_file_says_everything() -> None:
    assert _clause(MOST) == Clause(
        "X", "one", "condition", "s.1", "q", "r", duty="attribution", value="v", nature="binds", acts=frozenset({"modify", "serve"}), reaches=frozenset({"copy", "output"}),
        when=When((("form", ("source",)),), (("a", ("x", "y")),), (("f", ("true",)),)), unless=When((("to", ("own",)),)), limit=("users", 7.0), fixes_to=frozenset({"L", "M"}), fixes_file=True,
        fixes_param="p", lifted_by_param="g", treats=(("adapter", "derivative"),), treats_when=When((("purpose", ("study",)),)), basis=("contract",), rests_on=(("b", ("z",)),), review="disputed",
    )  # fmt: skip
    assert _clause(MOST).ref == "X/one"
    assert Clause("X", "one", "grant", "", "", "").review == "draft"


@pytest.mark.parametrize(
    ("more", "nature"), [({"duty": "same-license"}, "fixes"), ({"duty": "same-license", "nature": "travels"}, "travels"), ({"kind": "prohibition"}, "ban"), ({"kind": "grant"}, ""), ({"duty": "no-such"}, "")]
)
def test_the_nature_of_a_duty(more: dict[str, Any], nature: str) -> None:
    assert _clause({**LEAST, **more}).nature == nature


def test_words_for_all_and_for_works() -> None:
    assert _clause({**LEAST, "acts": "all"}).acts == frozenset({"use", "copy", "modify", "link", "train", "distil", "distribute", "publish-outputs", "serve"}) == frozenset(ACTS)
    assert _clause({**LEAST, "reaches": list(WAYS)}).reaches == {"copy", "derivative", "linked", "trained", "extracted", "output"}
    whole = _clause({**LEAST, "fixes": {"to": [], "scope": "work"}})
    assert (whole.fixes_to, whole.fixes_file, whole.fixes_param) == (frozenset(), False, "")
    assert [bool(t) for t in (When(), When((("form", ("source",)),)), When(assumptions=(("a", ("x",)),)), When(facts=(("f", ("x",)),)))] == [False, True, True, True]


HEAD: dict[str, Any] = {"id": "X", "name": "The X", "review": {"status": "reviewed"}, "basis": ["right", "contract"], "clauses": [LEAST]}
SAID = {"cite": "s.2", "quote": "q2", "reading": "r2"}


def test_a_licence_of_which_the_file_says_the_least() -> None:
    assert license_from(HEAD, NATURES) == License("X", "The X", basis=("right", "contract"), clauses=(clause_from(LEAST, "X", "reviewed", ("right", "contract"), NATURES),), review="reviewed")


def test_a_licence_of_which_the_file_says_everything() -> None:
    found = license_from(
        {
            **HEAD, "version": "9", "relabel": {"value": "no", **SAID, "reaches": ["its outputs"], "acts": ["serve"]}, "further-restrictions": {**SAID, "tolerates": ["attribution"]},
            "silent-on": ["linking", "adapters", "outputs"], "rests-on": {"weights under it": {"a": ["x"]}, "its outputs": {"b": ["y", "z"]}}, "not-released-to": {"to": ["affiliates"]},
            "params": ["p"], "changes-to": {"license": "then", "on": "day"}, "written-for": ["code"], "partial": "the annex",
        },
        NATURES, "closed",
    )  # fmt: skip
    assert found == License(
        "X", "The X", "9", ("right", "contract"), Relabel("no", "s.2", "q2", "r2", frozenset({"output"}), frozenset({"serve"})), FurtherRestrictions("s.2", "q2", "r2", frozenset({"attribution"})),
        frozenset({"linked", "output"}), {"copy-of-weights": (("a", ("x",)),), "output": (("b", ("y", "z")),)}, found.clauses, "reviewed", "closed", frozenset({"own", "affiliates"}), ("p",), ("then", "day"), ("code",), "the annex",
    )  # fmt: skip
    assert license_from({**HEAD, "relabel": {"value": "any", **SAID}}, NATURES).relabel == Relabel("any", "s.2", "q2", "r2", frozenset({"copy", "derivative"}), frozenset({"distribute"}))
    assert SILENCES == {"linking": "linked", "training": "trained", "distillation": "extracted", "outputs": "output"}


def test_what_a_licence_becomes() -> None:
    """Its own id, and what the clauses name that fix it for this way of carrying, by words or by silence."""
    fixing = [{**LEAST, "id": i, "fixes": {"to": [to]}, "reaches": [way]} for i, to, way in (("a", "COPY", "this work itself"), ("b", "CHANGED", "changed version"), ("c", "OUT", "its outputs"))]
    found = license_from({**HEAD, "clauses": [{**LEAST, "reaches": ["this work itself"]}, *fixing, {**LEAST, "id": "d", "fixes": {"to": []}, "reaches": ["this work itself"]}], "silent-on": ["training"]}, NATURES)
    assert {w: sorted(found.becomes(w)) for w in ("copy", "derivative", "trained", "output", "linked")} == {
        "copy": ["COPY", "X"], "derivative": ["CHANGED", "COPY", "X"], "trained": ["CHANGED", "COPY", "X"], "output": ["COPY", "OUT", "X"], "linked": ["COPY", "X"],
    }  # fmt: skip
    assert [c.id for c in found.fixes] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("word", RESERVED)
def test_reserved_words(word: str, knowledge: Knowledge) -> None:
    found = knowledge.license(word)
    states = {"NONE": "closed", "NO-CLAIM": "free", "NOASSERTION": "unknown", "OWN-TERMS": "own", "LicenseRef-Proprietary": "closed", "LicenseRef-Commercial": "to-buy"}
    silent = set() if word in ("NO-CLAIM", "OWN-TERMS") else {"linked", "trained", "extracted", "output"}
    basis = ("right", "contract") if word.startswith("LicenseRef-") else ("right",)
    relabel = None if word == "NOASSERTION" else "any" if word in ("NO-CLAIM", "OWN-TERMS") else "no"
    assert (found.id, found.state, set(found.silent), found.basis, found.relabel and found.relabel.value, found.clauses) == (word, states[word], silent, basis, relabel, ())
    assert found.name
    assert found.name != word
    assert found.review == "draft"
    assert hash(found) == hash(replace(found, rests_on={"x": ()}))
    if found.relabel:
        assert (found.relabel.reaches, found.relabel.acts) == ({"copy", "derivative"}, {"distribute"})
        assert (found.relabel.cite, found.relabel.quote) == ("", "")
        assert found.relabel.reading.endswith(".")


def _file(license_id: str, **more: Any) -> bytes:
    import json

    return json.dumps({**HEAD, "id": license_id, **more}).encode()


@pytest.fixture
def small(knowledge: Knowledge) -> Knowledge:
    """A knowledge base of three licences, an exception and a few names."""
    reaching = {**LEAST, "reaches": ["this work itself", "changed version", "program linked with it"], "fixes": {"to": ["A"]}}
    changes = {"name": "the exception", "exception-to": ["A"], "changes": [{"clause": "one", "no-longer-reaches": ["program linked with it"]}]}
    other = {**LEAST, "id": "two", "reaches": ["changed version"], "fixes": {"to": ["B"]}}
    return replace(
        knowledge,
        _licenses={"A": _file("A", name="Licence A", clauses=[reaching, other, {**LEAST, "id": "three"}]), "B": _file("B"), "C": _file("C"), "E": _file("E", **changes)},
        _exceptions=frozenset({"E"}), _aliases={"licence a": "A"}, _ambiguous={"a or b": {"candidates": ["A", "B"], "settle": "Which?"}},
        _spdx={"S-1.0": ("The S License", "osi"), "B": ("The B License", "osi,fsf"), "E": ("An exception", "exception"), "Old": ("An old one", "deprecated")},
        _names={**knowledge._names, "states-none": ["Other Terms"], "not-read": {"N": {"name": "The N"}}}, _built={}, _read={},
        _components=memoryview(b'{"org/model": {"license": "A"}, "datasets/org/Data": {"license": "B"}}'), _hub_names=memoryview(b'{"models": {"Short": "org/model"}, "datasets": {"data": "org/Data"}, "copies": {"org/Copy": "org/model"}}'),
    )  # fmt: skip


def test_licences_and_exceptions(small: Knowledge) -> None:
    assert (small.license_ids, small.exception_ids, small.spdx_ids) == (("A", "B", "C"), ("E",), ("S-1.0", "B", "E", "Old"))
    assert small.license("A").name == "Licence A"
    assert small.license("A") is small.license("A")
    assert small.raw("B") is small.raw("B")
    assert small.exception("A") is None
    found = small.exception("E")
    assert found is not None
    assert (found.id, found.name, found.applies_to, found.changes) == ("E", "the exception", frozenset({"A"}), (("one", frozenset({"linked"})),))
    with pytest.raises(KeyError):
        small.raw("Nothing")


def test_a_licence_with_an_exception(small: Knowledge) -> None:
    """The clauses named reach less, and who may release under the licence may keep the exception."""
    plain, found = small.license("A"), small.license("A WITH E")
    assert (found.id, found.name, found.state, found.basis) == ("A WITH E", "Licence A with the exception", "encoded", plain.basis)
    one, two, three = found.clauses
    assert one == plain.clauses[0]._replace(reaches=frozenset({"copy", "derivative"}), spared=frozenset({"linked"}), fixes_to=frozenset({"A", "A WITH E"}))
    assert (two, three) == plain.clauses[1:]
    for name in ("B WITH E", "A WITH Nope", "Z WITH E", "A WITH B", "E", "Z"):
        assert (small.license(name).id, small.license(name).name, small.license(name).state, small.license(name).clauses) == (name, "An exception" if name == "E" else name, "unknown", ())
    assert [small.license(i).name for i in ("S-1.0", "N")] == ["The S License", "The N"]
    unread = replace(small, _licenses={"E": small._licenses["E"]}, _built={})
    assert (unread.license("A WITH E").state, unread.license("A WITH E").name) == ("unknown", "A WITH E")


def test_what_a_name_means(small: Knowledge) -> None:
    def ids(name: str) -> tuple[str, ...]:
        return small.resolve(name).ids

    assert small.resolve("A or B") == ("A or B", ("A", "B"), "Which?")
    assert (ids("A"), ids("NONE"), ids("Licence A"), ids("other terms"), ids("s-1.0"), ids("nothing"), ids("old"), small.resolve("x").settle) == (("A",), ("NONE",), ("A",), ("NOASSERTION",), ("S-1.0",), (), ("Old",), "")
    assert small.states_none == {"other terms"}
    assert set(small._spdx_keys.values()) == {"S-1.0", "B", "Old"}
    assert (small.spdx_name("S-1.0"), small.spdx_name("A")) == ("The S License", None)
    assert (small.spdx_flags("B"), small.spdx_flags("A"), replace(small, _spdx={"P": ("P", "")}).spdx_flags("P")) == ({"osi", "fsf"}, frozenset(), frozenset())
    assert list(small.spellings()) == [("licence a", "A"), ("S-1.0", "S-1.0"), ("The S License", "S-1.0"), ("B", "B"), ("The B License", "B")]
    assert small.squashed


def test_near_names(knowledge: Knowledge, small: Knowledge) -> None:
    assert small.near("licence aa") == ("A",)
    assert small.near("quite another thing") == ()
    near = knowledge.near("apache-2.1")
    assert near[0] == "Apache-2.0"
    assert len(near) == len(set(near)) <= 3
    assert len(knowledge.near("GPL-3.0-onl")) == 3


def test_well_known_origins(small: Knowledge) -> None:
    assert small.component("hf:org/model@abc") == small.component("org/model") == {"license": "A"}
    assert small.component("org/other") is None
    assert small.component("org/hf:model") is None
    assert [small.hub_name(n) for n in ("ORG/MODEL", "short", "org/copy", "data", "nothing")] == ["org/model", "org/model", "org/Copy", None, None]
    assert [small.hub_name(n, dataset=True) for n in ("DATA", "org/data", "short")] == ["org/Data", "org/Data", None]
    assert small.hub_name("datasets/org/data") == "datasets/org/Data"


def test_conclusions_of_the_house(small: Knowledge, tmp_path: Any) -> None:
    house = replace(small, house={"org/m@1": {"license": "A"}, "org/m": {"license": "B"}})
    assert [house.concluded(s, r) for s, r in (("hf:org/m@1", ""), ("org/m", "1"), ("org/m", ""), ("org/m@2", ""), ("org/m@1", "2"), ("org/n", ""))] == [
        {"license": "A"}, {"license": "A"}, {"license": "B"}, {"license": "B"}, {"license": "B"}, None,
    ]  # fmt: skip
    assert [house.concluded(s) for s in ("hf:org/m@1", "org/m", "org/n")] == [{"license": "A"}, {"license": "B"}, None]
    assert small.with_house(tmp_path) is small
    (tmp_path / ".licgraph" / "components").mkdir(parents=True)
    (tmp_path / ".licgraph" / "components" / "all.yaml").write_text("org/m: {license: MIT, by: a lawyer, date: 2026-01-02}\n", "utf-8")
    inside = tmp_path / "stacks"
    inside.mkdir()
    told = small.with_house(inside).concluded("org/m")
    assert told is not None
    assert told["license"] == "MIT"


def test_a_folder_without_files_is_a_fault(tmp_path: Any) -> None:
    with pytest.raises(KnowledgeError) as caught:
        load(tmp_path)
    assert sorted(f.file for f in caught.value.faults) == ["ambiguous.yaml", "assumptions.yaml", "hub-names.yaml", "names.yaml", "profiles.yaml", "spdx.tsv", "vocabulary.yaml"]


def test_what_the_files_hold_is_in_the_knowledge_base(knowledge: Knowledge) -> None:
    """Each part of `load`, compared with the file it comes from, word by word."""
    import yaml

    from .conftest import ROOT

    def read(name: str) -> Any:
        return yaml.load((ROOT / "data" / name).read_text("utf-8"), yaml.BaseLoader)

    def text(value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    for path in sorted((ROOT / "data" / "relations").glob("*.yaml")):
        said, found = read(f"relations/{path.name}"), knowledge.relations[path.stem]
        expected = {k.replace("-", "_"): text(v) for k, v in said.items()} | {"act": "" if said["act"] == "none" else said["act"], "selection": said.get("selection") == "true"}
        blank = {"question": "", "assumption": "", "purpose": "", "over_data": "", "finding": "", "duty": "", "duty_when_kind": ()}
        assert found._asdict() == {**blank, **expected}
    words = read("vocabulary.yaml")
    assert set(words["duties"]) == set(knowledge.duties)
    for name, said in words["duties"].items():
        broken = said.get("broken-by", {})
        assert knowledge.duties[name] == (name, *(said[k] for k in ("nature", "moment", "label", "sentence", "source")), frozenset(broken.get("our-purpose", ())), frozenset(broken.get("use", ())))
    assert {n: tuple(f) for n, f in knowledge.facts.items()} == {n: (n, *(s[k] for k in ("kind", "type", "scope", "unit", "question"))) for n, s in words["facts"].items()}
    assert knowledge.natures == {n: s["nature"] for n, s in words["duties"].items()}
    assert knowledge.edge_purposes == tuple(words["edge-purposes"])
    assert set(knowledge.permission_covers) == set(words["permission-covers"])
    assert knowledge.places == {k: frozenset(v) for k, v in words["places"].items()}
    said = read("assumptions.yaml")["assumptions"]
    assert {n: tuple(a) for n, a in knowledge.assumptions.items()} == {n: (n, s["question"], tuple(s["values"]), s["checked"], {k: tuple(v) for k, v in s["held-by"].items()}) for n, s in said.items()}
    assert {n: tuple(p) for n, p in knowledge.profiles.items()} == {n: (n, s["gloss"], s["values"]) for n, s in read("profiles.yaml")["profiles"].items()}
    assert knowledge.exception_ids == tuple(sorted(p.stem for p in (ROOT / "data" / "licenses").glob("*.yaml") if "\nexception-to:" in p.read_text("utf-8")))
    assert knowledge.spdx_flags("MIT") == {"osi", "fsf"}
    assert knowledge.spdx_name("MIT") == "MIT License"
    assert all(isinstance(ids, tuple) and set(ids) <= set(knowledge.license_ids) for ids in knowledge.instruments.values())
    assert knowledge.instruments
