"""The relicensing drill: which releases carry a licence, a component or a clause, and what could not be told."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from licgraph.cli import cli
from licgraph.errors import StackError
from licgraph.find import in_stack, walk, wanted
from licgraph.knowledge import Knowledge

from .conftest import AS_OF, ROOT, stack_of

GEMMA = "LicenseRef-Gemma-Terms-2025-03-24"
LLAMA = "LicenseRef-Llama-3.1-Community"
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "schema" / "found-1.json").read_text("utf-8")))

# Five releases of one house. What each is made from stands in it; nothing else does.
STACKS = """
chat:                       # made from Gemma, and labelled as if it were not
  components:
    gemma: {kind: weights, license: LicenseRef-Gemma-Terms-2025-03-24, source: "hf:google/gemma-3-4b-it@a1b2c3d"}
    tuned: {kind: weights, name: house-tuned, from: {finetune: gemma}}
    chat: {kind: weights, name: house-chat, from: {quantize: tuned}}
  release: {component: chat, license: Apache-2.0, form: weights, use: commercial}
llama:                      # made from Llama 3.1
  components:
    llama: {kind: weights, license: LicenseRef-Llama-3.1-Community, source: "hf:meta-llama/Llama-3.1-8B"}
    ours: {kind: weights, name: SuperChat-8B, from: {finetune: llama}}
  release: {component: ours, license: Apache-2.0, form: weights, use: commercial}
clean:                      # made from an Apache model; what it was compared with lies in the file and reaches nothing
  components:
    base: {kind: weights, license: Apache-2.0, source: "hf:org/base"}
    rival: {kind: weights, license: LicenseRef-Gemma-Terms-2025-03-24, source: "hf:google/gemma-3-4b-it"}
    ours: {kind: weights, from: {finetune: base, evaluated-on: rival}}
  release: {component: ours, license: Apache-2.0, form: weights, use: commercial}
labelled:                   # says so itself
  components:
    mine: {kind: weights, ours: true}
  release: {component: mine, license: LicenseRef-Gemma-Terms-2025-03-24, form: weights, use: commercial}
several:                    # a collection whose items have terms of their own
  components:
    corpus: {kind: dataset, license: ODC-By-1.0, contents: CC-BY-SA-4.0}
    ours: {kind: weights, from: {trained-on: corpus}}
  release: {component: ours, license: Apache-2.0, form: weights, use: commercial}
"""
HOUSE: dict[str, Any] = {name: {"licgraph": 1, **data} for name, data in yaml.safe_load(STACKS).items()}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    for name, data in HOUSE.items():
        put(tmp_path / name, data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder: Path, data: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "licgraph.yaml").write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False), "utf-8")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["find", *words, "--as-of", AS_OF])


def found(*words: str) -> dict[str, Any]:
    done = run(*words, "-f", "json")
    assert done.exit_code in (0, 1, 3), done.output
    whole: dict[str, Any] = json.loads(done.stdout)
    SCHEMA.validate(whole)
    sure = any(r["sure"] for r in whole["releases"]) or any(r["sure"] for i in whole["inventories"] for r in i["rows"])
    assert done.exit_code == (1 if sure else {"none": 0, "found": 1, "open": 3}[whole["state"]])
    return whole


def ways(whole: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Folder to component and how it is there."""
    return {Path(r["stack"]).parent.name: [(a["component"], a["how"]) for a in r["arrivals"]] for r in whole["releases"]}


@pytest.mark.parametrize(
    ("what", "there"),
    [
        (GEMMA, {"chat": [("gemma", "carried")], "clean": [("rival", "used")], "labelled": [("mine", "declared")]}),
        ("llama3.1", {"llama": [("llama", "carried")]}),
        ("apache-2.0", {"chat": [("chat", "declared")], "llama": [("ours", "declared")], "clean": [("ours", "declared"), ("base", "carried")], "several": [("ours", "declared")]}),
        ("CC-BY-SA-4.0", {"several": [("corpus", "carried")]}),
        ("MPL-2.0", {}),
        ("hf:google/gemma-3-4b-it", {"chat": [("gemma", "carried")], "clean": [("rival", "used")]}),
        ("hf:Google/Gemma-3-4B-it@a1b2c3d", {"chat": [("gemma", "carried")], "clean": [("rival", "used")]}),  # the second does not say which revision
        ("hf:google/gemma-3-4b-it@ffffff", {"clean": [("rival", "used")]}),
        ("hf:meta-llama/Llama-3.1-8B", {"llama": [("llama", "carried")]}),
        ("hf:nobody/nothing", {}),
        ("tuned", {"chat": [("tuned", "carried")]}),
        (f"{LLAMA}/model-name", {"llama": [("llama", "carried")]}),
        (f"{LLAMA}/1.b.i", {"llama": [("llama", "carried")]}),
        ("llama3.1/relabel", {"llama": [("llama", "carried")]}),
    ],
)
def test_what_is_found(what: str, there: dict[str, list[tuple[str, str]]], house: Path) -> None:
    whole = found(what)
    assert ways(whole) == there
    assert whole["state"] == ("open" if what.endswith(("a1b2c3d", "ffffff")) else "found" if there else "none")


def test_the_path_and_what_the_release_is_asked(house: Path) -> None:
    (one,) = [r for r in found(GEMMA)["releases"] if r["name"] == "house-chat"]
    (arrival,) = one["arrivals"]
    assert (arrival["path"], arrival["steps"], arrival["ways"]) == (["gemma", "tuned", "chat"], ["finetune", "quantize"], ["derivative"])
    assert (one["proposed"], one["answer"], arrival["evidence"]["file"]) == ("Apache-2.0", "no", "chat/licgraph.yaml")
    text = run(GEMMA)
    for what in ("gemma (LicenseRef-Gemma-Terms-2025-03-24) -> finetune -> tuned -> quantize -> chat: carried as a changed version of it", "house-chat as Apache-2.0: blocked", "declared by the release itself", "used only, nothing of it is carried", "this is the whole list"):
        assert what in text.stdout
    assert text.exit_code == 1


@pytest.mark.parametrize(("clause", "effect"), [("model-name", "blocks"), ("built-with", "owed"), ("termination", None)])
def test_what_a_clause_does(clause: str, effect: str | None, house: Path) -> None:
    assert [r["effect"] for r in found(f"{LLAMA}/{clause}")["releases"]] == [effect]


# ------------------------------------------------------------------ what WHAT can be


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["LicenseRef-Gemma-Terms-2025"], "Near names: LicenseRef-Gemma-Terms-2025-03-24"),
        (["tunes"], "no licence of that name is known, and no component or label that was read has it"),
        (["CC-BY-SA-4.0/share-alke"], "CC-BY-SA-4.0 has no clause `share-alke` (did you mean `share-alike`?)"),
        (["MIT/ast-finetuned"], "A component of that name: hf:MIT/ast-finetuned, or --kind component"),
        (["tuned", "--kind", "license"], "no licence of that name is known"),
        (["tuned/x", "--kind", "clause"], "this is no clause of a known licence"),
        ([" "], "nothing is named"),
    ],
)
def test_names_that_mean_nothing(words: list[str], says: str, house: Path) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert json.loads(run(*words, "-f", "ndjson").stdout)["schema"] == "licgraph/error/1"


def test_an_ambiguous_name_stands_for_every_licence_it_could_mean(house: Path) -> None:
    whole = found("gemma")
    assert [i for i in whole["wanted"]["licenses"] if i == GEMMA] == [GEMMA]
    assert set(ways(whole)) == {"chat", "clean", "labelled"}
    assert "any of LicenseRef-Gemma-Terms-2024-02-21" in run("gemma").stdout


def test_an_ambiguous_label_may_be_it(house: Path) -> None:
    put(house / "vague", {"licgraph": 1, "components": {"g": {"kind": "weights", "license": "gemma"}, "o": {"kind": "weights", "from": {"finetune": "g"}}}, "release": {"component": "o"}})
    (one,) = found(GEMMA, "vague")["releases"]
    assert (one["sure"], one["arrivals"][0]["doubt"]) == (False, "`gemma` can mean other terms too")
    assert run(GEMMA, "vague").exit_code == 3
    assert "1 release: 0 have it, 1 may have it" in run(GEMMA, "vague").stdout
    assert found("gemma", "vague")["state"] == "found"  # every meaning of the label is looked for


def test_terms_that_nobody_knows_can_be_looked_for(house: Path) -> None:
    put(house / "own", {"licgraph": 1, "components": {"a": {"kind": "code", "license": "LicenseRef-Acme-7"}, "o": {"kind": "code", "from": {"links-static": "a"}}}, "release": {"component": "o", "form": "source"}})
    assert ways(found("LicenseRef-acme-7")) == {"own": [("a", "carried")]}
    whole = found(GEMMA, "own")
    assert (whole["state"], whole["not_known"][0]["component"]) == ("open", "a")
    assert "they may be these" in run(GEMMA, "own").stdout


# ------------------------------------------------------------------ what is not read is said


def test_what_cannot_be_read_is_said_even_where_others_are_found(house: Path) -> None:
    put(house / "broken", "licgraph: 1\ncomponents: {a: {kind: wheights}}\n")
    whole = found(GEMMA)
    assert (whole["state"], len(whole["releases"]), [r["place"] for r in whole["not_read"]]) == ("open", 3, ["broken/licgraph.yaml"])
    text = run(GEMMA)
    assert text.exit_code == 1
    assert "NOT READ (1)" in text.stdout
    assert "wheights" in text.stdout
    assert found("MPL-2.0")["state"] == "open"
    assert [r["place"] for r in found(GEMMA, "chat", "gone")["not_read"]] == ["gone"]


@pytest.mark.parametrize("where", [["broken"], ["gone"], ["empty"], ["gone", "empty"]])
def test_nothing_that_can_be_read_is_not_understood(where: list[str], house: Path) -> None:
    put(house / "broken", "licgraph: 1\ncomponents: {a: {kind: wheights}}\n")
    (house / "empty").mkdir()
    done = run(GEMMA, *where)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nothing was decided" in done.stderr


def test_a_part_that_was_not_read_keeps_the_list_open(house: Path) -> None:
    put(house / "gap", HOUSE["several"] | {"unread": [{"source": "crawl.jsonl", "why": "it is not there"}]})
    assert (found(GEMMA, "gap")["state"], run(GEMMA, "gap").exit_code) == ("open", 3)
    assert "crawl.jsonl" in run(GEMMA, "gap").stdout


def test_what_reaches_no_release_is_told_apart(house: Path) -> None:
    put(house / "aside", {"licgraph": 1, "components": {"g": {"kind": "weights", "license": GEMMA}, "o": {"kind": "weights", "ours": True}}, "release": {"component": "o", "license": "MIT"}})
    whole = found(GEMMA, "aside")
    assert (whole["state"], whole["releases"], whole["aside"][0]["component"]) == ("none", [], "g")
    assert "there, and in no release" in run(GEMMA, "aside").stdout


def test_a_stack_without_a_release_has_all_its_ends_looked_at(house: Path, knowledge: Knowledge) -> None:
    data = {"licgraph": 1, "components": {"g": {"kind": "weights", "license": GEMMA}, **{n: {"kind": "weights", "from": {"finetune": "g"}} for n in "ab"}, "c": {"kind": "weights", "ours": True}}}
    seen = in_stack("s", stack_of(data, knowledge), knowledge, wanted(GEMMA, knowledge), "mainstream", AS_OF)
    assert (seen.releases, [(f.release, f.answer) for f in seen.found]) == (3, [("a", ""), ("b", "")])


def test_a_line_for_each_and_one_for_all(house: Path) -> None:
    lines = [json.loads(line) for line in run(GEMMA, "-f", "ndjson").stdout.splitlines()]
    assert [line["type"] for line in lines] == ["release"] * 3 + ["search"]
    assert lines[-1]["summary"] == found(GEMMA)["summary"]


def test_names_are_text(house: Path) -> None:
    put(house / "odd", {"licgraph": 1, "components": {"g": {"kind": "weights", "license": GEMMA}, "o": {"kind": "weights", "name": "a\x1b[31mb", "from": {"finetune": "g"}}}, "release": {"component": "o", "license": "MIT"}} | {})
    assert "\x1b" not in run(GEMMA, "odd").output


def test_the_walk_ends_on_circles_and_is_shortest() -> None:
    steps = {"a": ["b", "c"], "b": ["c", "a"], "c": ["d"], "d": ["d", "b"]}
    assert walk(["a"], lambda n: steps.get(n, [])) == {"a": (0, None, "a"), "b": (1, "a", "a"), "c": (1, "a", "a"), "d": (2, "c", "a")}


def test_a_word_that_is_empty_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(StackError):
        wanted("", knowledge)


# ------------------------------------------------------------------ inventories

NODES = [
    ("google/gemma-3-4b-it", "weights", GEMMA), ("acme/chat", "weights", "apache-2.0"), ("acme/chat-gguf", "weights", "mit"), ("acme/judge", "weights", "mit"), ("acme/vague", "weights", "gemma"),
    ("acme/plain", "weights", ""), ("acme/odd", "weights", "a licence nobody knows"), ("corpus", "dataset", "cc-by-4.0"),
]  # fmt: skip
EDGES = [
    ("acme/chat", "google/gemma-3-4b-it", "finetune"), ("acme/chat-gguf", "acme/chat", "quantized"), ("acme/judge", "google/gemma-3-4b-it", "evaluated-on"), ("acme/chat", "acme/chat-gguf", "merge"),
    ("acme/unlisted", "acme/chat-gguf", "finetune"), ("acme/lost", "elsewhere/base", "finetune"),
]  # fmt: skip


def inventory(place: Path, nodes: Any = NODES, edges: Any = EDGES) -> Path:
    place.mkdir()
    for name, rows in (("nodes", [("id", "kind", "license"), *nodes]), ("edges", [("child", "parent", "relation"), *edges])):
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return place


@pytest.fixture
def hub(tmp_path: Path) -> str:
    pytest.importorskip("duckdb", reason="inventories are not searched: pip install 'licgraph[audit]'")
    return str(inventory(tmp_path / "hub"))


def rows(whole: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    (one,) = whole["inventories"]
    return {r["id"]: (r["how"], r["sure"], r["depth"], r["source"]) for r in one["rows"]}


def test_an_inventory_with_a_circle(hub: str) -> None:
    whole = found(GEMMA, hub)
    assert rows(whole) == {
        "google/gemma-3-4b-it": ("declared", True, 0, None), "acme/chat": ("carried", True, 1, "google/gemma-3-4b-it"), "acme/chat-gguf": ("carried", True, 2, "acme/chat"), "acme/unlisted": ("carried", True, 3, "acme/chat-gguf"),
        "acme/judge": ("used", True, 1, "google/gemma-3-4b-it"), "acme/vague": ("declared", False, 0, None),
    }  # fmt: skip
    (one,) = whole["inventories"]
    assert (one["components"], one["steps"], one["unknown_terms"], one["not_listed"], one["audited"]) == (8, 6, 1, 3, False)
    assert whole["state"] == "open"
    text = run(GEMMA, hub).stdout
    for what in ("8 components, 6 steps: bear it: 2; made from that: 3; only used it: 1", "acme/chat-gguf (mit), 2 steps from google/gemma-3-4b-it by acme/chat", "1 components state terms that are not known, 3 that steps name are not listed"):
        assert what in text


@pytest.mark.parametrize(
    ("what", "there", "state"),
    [
        ("hf:google/gemma-3-4b-it", 5, "found"), ("hf:Acme/Chat-GGUF", 3, "found"), ("acme/chat-gguf", 3, "open"), ("hf:google/gemma-3-4b-it@a1b2", 5, "open"), ("hf:acme", 0, "none"), ("hf:nobody/nothing", 0, "none"), ("corpus", 1, "open"),
        ("NONE", 1, "open"), ("MPL-2.0", 0, "open"), ("a licence nobody knows", 1, "open"), (f"{GEMMA}/pass-on-restrictions", 6, "open"),
    ],
)  # fmt: skip
def test_what_is_found_in_an_inventory(what: str, there: int, state: str, hub: str) -> None:
    whole = found(what, hub)
    assert (len(rows(whole)), whole["state"]) == (there, state)


def test_what_an_audit_wrote_has_the_verdicts(hub: str, tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["audit", hub, "-o", str(tmp_path / "audited"), "--as-of", AS_OF, "--jobs", "1"])
    before, after = found(GEMMA, hub), found(GEMMA, str(tmp_path / "audited"))
    assert rows(before) == rows(after)
    (one,) = after["inventories"]
    assert (one["audited"], one["unknown_terms"], one["not_listed"]) == (True, 1, 3)
    blocked = found(f"{GEMMA}/pass-on-restrictions", str(tmp_path / "audited"))["inventories"][0]["rows"]
    chat = next(r for r in blocked if r["id"] == "acme/judge")
    assert (chat["answer"], chat["effect"]) == ("yes", None)
    made = inventory(tmp_path / "tree", NODES[:2], EDGES[:1])
    CliRunner().invoke(cli, ["audit", str(made), "-o", str(tmp_path / "told"), "--as-of", AS_OF, "--jobs", "1"])
    (one,) = found(f"{GEMMA}/pass-on-restrictions", str(tmp_path / "told"))["inventories"]
    assert [(r["id"], r["answer"], r["effect"]) for r in one["rows"]] == [("acme/chat", "no", "blocks"), ("google/gemma-3-4b-it", "yes", None)]
    assert "the clause stands against 1" in run(f"{GEMMA}/pass-on-restrictions", str(tmp_path / "told")).stdout


def test_an_inventory_beside_stacks(house: Path, hub: str) -> None:
    whole = found(GEMMA, hub, "chat", "gone")
    assert (len(whole["inventories"]), len(whole["releases"]), len(whole["not_read"])) == (1, 1, 1)


@pytest.mark.parametrize("broken", ["steps", "relation", "empty"])
def test_tables_of_an_audit_that_are_not_whole(broken: str, tmp_path: Path, hub: str) -> None:
    import duckdb

    place = tmp_path / "bad"
    place.mkdir()
    listed = "WHERE 1 = 0" if broken == "empty" else ""
    duckdb.sql(f"COPY (SELECT 'a' AS id, 'mit' AS license, 1 AS listed, 'yes' AS answer, '' AS blockers {listed}) TO '{place}/verdicts.parquet'")
    if broken != "steps":
        duckdb.sql(f"COPY (SELECT 'a' AS child, 'a' AS parent, 'finetun' AS relation) TO '{place}/steps.parquet'")
    done = run("MIT", str(place))
    assert done.exit_code == 2
    assert {"steps": "there is no such file", "relation": "`finetun` is no relation", "empty": "there are no components"}[broken] in done.stderr


def test_many_levels_are_found_as_few_are(tmp_path: Path, hub: str) -> None:
    """A chain that is longer than the levels that are joined, and a tangle against a walk of its own."""
    chain = [("base", "weights", GEMMA), *((f"n{i}", "weights", "mit") for i in range(3_000))]
    steps = [("n0", "base", "finetune"), *((f"n{i}", f"n{i - 1}", "finetune") for i in range(1, 3_000)), ("n0", "n2999", "merge")]
    reached = rows(found(GEMMA, str(inventory(tmp_path / "chain", chain, steps))))
    assert [reached[f"n{i}"][2:] for i in (0, 39, 40, 41, 2_999)] == [(1, "base"), (40, "n38"), (41, "n39"), (42, "n40"), (3_000, "n2998")]


@pytest.mark.parametrize("seed", range(5))
def test_levels_agree_with_a_walk(seed: int, hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from licgraph.audit import downstream
    from licgraph.audit.engine import DuckDB

    chance = random.Random(seed)
    names = [f"n{i:02}" for i in range(30)]
    arcs = sorted({(chance.choice(names), chance.choice(names)) for _ in range(40)})
    engine = DuckDB()
    engine.put("arcs", {"parent": str, "child": str}, arcs)
    starts = sorted(chance.sample(names, 2))
    plain = walk(starts, lambda n: [c for p, c in arcs if p == n])
    for deep in (40, 1, 2):
        monkeypatch.setattr(downstream, "DEEP", deep)
        reached = downstream._levels(engine, starts)
        assert {n: depth for n, (depth, _, _) in reached.items()} == {n: depth for n, (depth, _, _) in plain.items()}
        for n, (depth, before, origin) in reached.items():
            assert depth == 0 or ((before, n) in arcs and reached[before][0] == depth - 1 and reached[before][2] == origin)
