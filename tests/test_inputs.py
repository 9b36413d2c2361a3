"""From files to stacks: dispatch, folders, references, circles, the stack file that is written, and importing again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from licgraph import inputs
from licgraph.answer import assess
from licgraph.cli import cli
from licgraph.errors import KnowledgeError, StackError
from licgraph.expression import render
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import MAX_NODES, Source, read_json, read_yaml
from licgraph.inputs.stackfile import from_text
from licgraph.inputs.writer import render_stack
from licgraph.knowledge import load
from licgraph.stack import Evidence, Stack

from .conftest import AS_OF, ROOT

KNOWLEDGE = load()
LLAMA = "license: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B"


def run(*words: str, **options: Any) -> Result:
    return CliRunner().invoke(cli, list(words), **options)


def folder(path: Path, **files: str) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (path / name.replace("__", ".")).write_text(text, "utf-8")
    return path


def answer(stack: Stack) -> str:
    return assess(stack, KNOWLEDGE, as_of=AS_OF, search=False).answer


# -- what is given ------------------------------------------------------------


def test_a_card_alone_answers_the_newcomers_question(tmp_path: Path) -> None:
    place = folder(tmp_path / "superchat", README__md=f"---\n{LLAMA}\n---\n# Chat\n")
    done = run("check", str(place))
    assert done.exit_code == 1
    assert "'superchat' does not begin with 'Llama'" in done.stdout
    assert "1.b.iv (acceptable-use)" in done.stdout
    assert "1.a (relabel)" in done.stdout
    assert run("check", str(place / "README.md")).exit_code == 1
    assert run("check", "-", input=f"---\n{LLAMA}\n---\n").exit_code == 1
    assert run("check", str(place), "--as", "llama3.1").exit_code == 1  # the name is still wrong
    renamed = place.rename(tmp_path / "Llama-superchat")
    assert run("check", str(renamed), "--as", "llama3.1").exit_code == 0


def test_without_a_stack_the_folder_here_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder(tmp_path / "m", README__md=f"---\n{LLAMA}\n---\n"))
    assert run("check").exit_code == 1
    monkeypatch.chdir(folder(tmp_path / "empty"))
    nothing = run("check")
    assert nothing.exit_code == 2
    assert "nothing in this folder" in nothing.output


def test_a_stack_file_in_a_folder_counts_before_all_else(tmp_path: Path) -> None:
    place = folder(tmp_path / "m", README__md=f"---\n{LLAMA}\n---\n", licgraph__yaml="licgraph: 1\ncomponents: {a: {kind: weights, ours: true}}\nrelease: {component: a, license: MIT}\n")
    assert run("check", str(place)).exit_code == 0


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"hello", b"{}", b"[]", b"a: b\n", b"\x89PNG\r\n", b"<html></html>"])
@pytest.mark.parametrize("name", ["x.txt", "x.yaml", "x.json", "x.bin", "x.md"])
def test_what_no_reader_knows_is_exit_2(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    done = run("check", str(file), "-f", "json")
    assert done.exit_code == 2
    assert '"schema": "licgraph/error/1"' in done.stdout
    assert name in done.stderr


def test_a_file_too_large_is_refused_without_being_read(tmp_path: Path) -> None:
    huge = tmp_path / "README.md"
    with huge.open("wb") as file:
        file.write(b"---\nlicense: mit\n---\n")
        file.truncate(2 << 30)
    done = run("check", str(huge))
    assert done.exit_code == 2
    assert "larger than" in done.output
    assert run("check", str(tmp_path)).exit_code == 2  # the folder has nothing else


# -- folders ------------------------------------------------------------------


def test_a_licence_text_beside_the_card_is_compared_with_its_tag(tmp_path: Path) -> None:
    apache = (ROOT / "LICENSE").read_text("utf-8")
    same = folder(tmp_path / "same", README__md="---\nlicense: apache-2.0\n---\n", LICENSE=apache)
    stack = inputs.read(str(same), KNOWLEDGE)
    assert answer(stack) == "yes"
    assert not stack.notices
    other = folder(tmp_path / "other", README__md="---\nlicense: mit\n---\n", LICENSE=apache)
    stack = inputs.read(str(other), KNOWLEDGE)
    assert stack.release is not None
    assert stack.release.license is not None
    assert render(stack.release.license) == "Apache-2.0"  # the licence file counts before the tag
    assert [n.id for n in stack.notices] == ["labels-disagree"]


def test_a_changed_or_unknown_licence_text_never_passes(tmp_path: Path) -> None:
    apache = (ROOT / "LICENSE").read_text("utf-8")
    changed = folder(tmp_path / "changed", README__md="---\nlicense: apache-2.0\n---\n", LICENSE=apache.replace("irrevocable", "revocable"))
    stack = inputs.read(str(changed), KNOWLEDGE)
    assert answer(stack) == "unknown"
    assert "license-text-differs" in {n.id for n in stack.notices}
    own = folder(tmp_path / "own", README__md="---\nlicense: apache-2.0\n---\n", LICENSE="You may look at it and do nothing else with it, unless we say so in writing.")
    assert answer(inputs.read(str(own), KNOWLEDGE)) == "unknown"
    empty = folder(tmp_path / "blank", README__md="---\nlicense: apache-2.0\n---\n", LICENSE="")
    assert answer(inputs.read(str(empty), KNOWLEDGE)) == "unknown"


def test_one_unreadable_file_spoils_no_more_than_its_own_answer(tmp_path: Path) -> None:
    bad = folder(tmp_path / "bad", README__md="---\nlicense: mit\n---\n", mergekit__yml="merge_method: [slerp\nmodels: {")
    assert answer(inputs.read(str(bad), KNOWLEDGE)) == "unknown"
    proven = folder(tmp_path / "proven", README__md=f"---\n{LLAMA}\n---\n", mergekit__yml="merge_method: [slerp\nmodels: {")
    assert answer(inputs.read(str(proven), KNOWLEDGE)) == "no"
    good = folder(tmp_path / "good", README__md="---\nlicense: mit\n---\n")
    assert answer(inputs.read(str(good), KNOWLEDGE)) == "yes"


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("---\nlicense: cc-by-nc-4.0\n---\n", "utf-8")
    place = folder(tmp_path / "m", LICENSE=(ROOT / "LICENSE").read_text("utf-8"))
    (place / "README.md").symlink_to(secret)
    (place / "loop").symlink_to(place / "loop")
    found = inputs.draft_of(str(place), KNOWLEDGE)
    assert {s.written for s in found.parts["m"].said} == {"Apache-2.0"}


# -- references ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("org/name", ("hub", "org/name", "")), ("org/name@abc123", ("hub", "org/name", "abc123")), ("hf:org/name", ("hub", "org/name", "")), ("https://huggingface.co/org/name/tree/main", ("hub", "org/name", "")),
        ("huggingface.co/org/name/blob/abc/README.md", ("hub", "org/name", "abc")), ("https://hf.co/datasets/org/name", ("hub", "datasets/org/name", "")), ("gpt2", ("hub", "openai-community/gpt2", "")), ("GPT2", ("hub", "openai-community/gpt2", "")),
        ("meta-llama/llama-3.1-8b", ("hub", "meta-llama/Llama-3.1-8B", "")), ("a/b (Merge)", ("hub", "a/b", "")), ("./out/checkpoint-5", ("local", "local/checkpoint-5", "")), ("/content/drive/My Drive/x", ("local", "local/x", "")), ("C:\\models\\y", ("local", "local/y", "")),
        ("s3://bucket/key/z", ("local", "local/z", "")), ("/root/.cache/huggingface/hub/models--a--b/snapshots/1", ("hub", "a/b", "")), ("None", ("nothing", "", "")), ("", ("nothing", "", "")), ("[]", ("nothing", "", "")), ("https://example.org/w.bin?a=1", ("address", "example.org/w.bin-a-1", "")),
        ("${BASE}/x", ("local", "local/x", "")), ("../..", ("local", "local/unnamed", "")),
    ],
)  # fmt: skip
def test_what_a_reference_means(written: str, expected: tuple[str, str, str]) -> None:
    found = reference(written, KNOWLEDGE)
    assert (found.kind, found.id, found.revision) == expected


def test_a_data_set_reference() -> None:
    assert reference("squad", KNOWLEDGE, dataset=True).id == "datasets/rajpurkar/squad"
    assert reference("org/data", KNOWLEDGE, dataset=True).source == "hf:datasets/org/data"
    assert not reference("imagefolder-of-mine", KNOWLEDGE, dataset=True).known


# -- circles, gaps, copies ----------------------------------------------------


def _draft(*edges: tuple[str, str, str], release: str = "x") -> Draft:
    found = Draft(release=release)
    found.inputs["f"] = "0"
    for result, relation, source in edges:
        for name in (result, source):
            found.part(name, "weights", ours=name == release).say("tag", "mit", Evidence("f", 1))
        found.step(result, relation, source, Evidence("f", 2))
    return found


def test_what_stands_on_a_circle_is_unknown() -> None:
    assert answer(stack_of(_draft(("x", "finetune", "a"), ("a", "merge", "b")), KNOWLEDGE)) == "yes"
    ring = stack_of(_draft(("x", "finetune", "a"), ("a", "merge", "b"), ("b", "merge", "c"), ("c", "finetune", "a")), KNOWLEDGE)
    assert answer(ring) == "unknown"
    assert {u.component for u in ring.unread} == {"a", "b", "c"}
    aside = stack_of(_draft(("x", "finetune", "a"), ("p", "merge", "q"), ("q", "merge", "p")), KNOWLEDGE)
    assert answer(aside) == "yes"  # a circle that does not lead to the release
    assert answer(stack_of(_draft(("x", "finetune", "x")), KNOWLEDGE)) == "unknown"


def test_a_long_chain_and_a_large_ring_are_linear() -> None:
    chain = [(f"n{i}", "finetune", f"n{i + 1}") for i in range(5000)]
    assert answer(stack_of(_draft(*chain, release="n0"), KNOWLEDGE)) == "yes"
    assert answer(stack_of(_draft(*chain, ("n5000", "merge", "n1"), release="n0"), KNOWLEDGE)) == "unknown"


def test_a_copy_carries_the_terms_of_what_it_copies() -> None:
    found = Draft(release="mine")
    found.inputs["f"] = "0"
    found.part("mine", "weights", ours=True).say("tag", "apache-2.0", Evidence("f", 1))
    copy = reference("unsloth/llama-3-8b-bnb-4bit", KNOWLEDGE)
    found.refer(copy, "weights", Evidence("f", 2)).say("tag", "apache-2.0", Evidence("f", 3))
    found.step("mine", "finetune", copy.id, Evidence("f", 2))
    verdict = assess(stack_of(found, KNOWLEDGE), KNOWLEDGE, as_of=AS_OF)
    assert verdict.answer == "no"
    assert {b.license for b in verdict.blockers} == {"LicenseRef-Llama-3-Community"}


def test_an_empty_draft_is_refused() -> None:
    with pytest.raises(StackError, match="names no component"):
        stack_of(Draft(), KNOWLEDGE)


# -- loose reading ------------------------------------------------------------


def test_bombs_depth_and_size_are_bounded() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9))
    for text, read in ((bomb, read_yaml), ("[" * 100_000, read_yaml), ("[" * 100_000, read_json), ('{"a":' * 10_000 + "1" + "}" * 10_000, read_json), ("[" + "1," * MAX_NODES + "1]", read_json), ("9" * 10_000, read_json)):
        with pytest.raises(StackError):
            read(text, "f")  # type: ignore[operator]


def test_text_stays_text_and_knows_its_place() -> None:
    (node,) = read_yaml("license: no\nv: 1.10\nn: ~\nt: !!python/name:os.system x\nm: {<<: &b {a: 1}, a: 2, k: *b}\na: 1\na: 2\n", "f", 3)
    assert (node.get("license").text, node.get("license").line, node.get("v").text, node.get("n").value, node.get("t").text) == ("no", 3, "1.10", None, "x")
    assert (node.get("m", "a").text, node.get("m", "k", "a").text, node.get("a").text) == ("2", "1", "2")
    found = read_json('{"a/b": [1, true, null, {"~": "x"}]}', "f").get("a/b")
    assert (found.get(0).text, found.get(1).text, found.get(2).value, found.get(3, "~").pointer) == ("1", "true", None, "/a~1b/3/~0")
    assert not found.get("nothing", 3)


# -- the stack file that is written -------------------------------------------


def _plain(stack: Stack) -> Any:
    """A stack without what a file cannot hold: how licences were written, and lines of the stack file itself."""
    parts = {
        n: c._replace(license=c.license and render(c.license), declared=c.declared and render(c.declared), written="", additional=tuple(map(render, c.additional)), contents=c.contents and render(c.contents), labels=tuple(sorted((x.where, render(x.says), x.date) for x in c.labels)))  # type: ignore[arg-type,misc]
        for n, c in stack.components.items()
    }  # fmt: skip
    release = stack.release and stack.release._replace(license=stack.release.license and render(stack.release.license), written="")  # type: ignore[arg-type]
    return parts, sorted(e._replace(line=0) for e in stack.edges), release, sorted(stack.unread)


def written_again(found: Draft) -> None:
    text = render_stack(found, KNOWLEDGE)
    assert text == render_stack(found, KNOWLEDGE)
    assert _plain(from_text(text, "licgraph.yaml", KNOWLEDGE)) == _plain(stack_of(found, KNOWLEDGE)), text


@pytest.mark.skipif(not os.environ.get("LICGRAPH_CORPORA"), reason="LICGRAPH_CORPORA names no folder with real data")
@pytest.mark.parametrize("kind", ["axolotl", "mergekit", "cyclonedx", "spdx_examples", "llamafactory", "croissant"])
def test_what_is_imported_and_read_again_is_the_same_stack(kind: str) -> None:
    read = 0
    for file in sorted((Path(os.environ["LICGRAPH_CORPORA"]) / kind).rglob("*")):
        if not file.is_file():
            continue
        try:
            found = inputs.draft_of(str(file), KNOWLEDGE)
        except StackError:
            continue
        written_again(found)
        read += 1
    assert read > 0


_word = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)
_ids = st.sampled_from(["a", "b/c", "datasets/d/e", "f.g-h", "1"])


@settings(max_examples=int(os.environ.get("LICGRAPH_EXAMPLES", "150")), deadline=None)
@given(st.lists(st.tuples(_ids, st.sampled_from(["finetune", "trained-on", "merge", "contains"]), _ids, st.one_of(st.just(""), _word)), min_size=1, max_size=5), st.dictionaries(_ids, st.lists(st.tuples(st.sampled_from(["tag", "card", "licence-file"]), _word), max_size=2)), _word)
def test_any_draft_survives_the_stack_file(edges: list[tuple[str, str, str, str]], words: dict[str, list[tuple[str, str]]], name: str) -> None:
    found = Draft(release=edges[0][0])
    found.inputs["f"] = "0"
    for result, relation, source, inferred in edges:
        for part in (result, source):
            found.part(part, "weights", name=" ".join(name.split()) if name.isprintable() else "", evidence=Evidence("f", 1))
        found.step(result, relation, source, Evidence("f", 1), " ".join("".join(c for c in inferred if c.isprintable()).split()))
    for part, said in words.items():
        if part in found.parts:
            for where, written in said:
                found.parts[part].say(where, written, Evidence("f", 2))
    written_again(found)


def test_the_file_marks_what_is_guessed_and_missing(tmp_path: Path) -> None:
    place = folder(tmp_path / "m", README__md="---\nlicense: mit\nbase_model: [a/b, meta-llama/Llama-3.1-8B]\n---\n")
    text = run("import", str(place)).stdout
    assert text.count("# GUESSED") == 2
    assert "license: NOASSERTION  # MISSING: what are its terms?" in text
    assert "# license: LicenseRef-Llama-3.1-Community (license field of the model card" in text


def test_importing_again_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    place = folder(tmp_path / "m", README__md=f"---\n{LLAMA}\n---\n")
    target = tmp_path / "licgraph.yaml"
    assert run("import", str(place), "-o", str(target)).exit_code == 0
    text = target.read_text("utf-8")
    mine = text.replace("finetune:", "merge:  # really") + "facts: {domicile: EU}  # ours\n"
    target.write_text(mine, "utf-8")
    folder(place, README__md=f"---\n{LLAMA.replace('apache-2.0', 'mit')}\ndatasets: [squad]\n---\n")
    done = run("import", str(place), "-o", str(target))
    assert done.exit_code == 0, done.output
    again = target.read_text("utf-8")
    assert "merge:  # really" in again
    assert "facts: {domicile: EU}  # ours" in again
    assert "datasets/rajpurkar/squad" in again
    assert "license: Apache-2.0" in again  # the person's label stays, the difference is told
    assert "you have Apache-2.0, the sources say MIT" in done.stderr
    assert "you have merge of meta-llama/Llama-3.1-8B, the sources say finetune" in done.stderr
    assert run("import", str(place), "-o", str(target)).exit_code == 0
    assert target.read_text("utf-8") == again
    assert run("check", str(target)).exit_code == 1


def test_a_file_that_is_no_stack_is_not_written_over(tmp_path: Path) -> None:
    place = folder(tmp_path / "m", README__md=f"---\n{LLAMA}\n---\n")
    target = tmp_path / "notes.yaml"
    target.write_text("mine: true\n", "utf-8")
    assert run("import", str(place), "-o", str(target)).exit_code == 2
    assert target.read_text("utf-8") == "mine: true\n"
    assert run("init", str(place)).exit_code == 0
    assert run("init", str(place)).exit_code == 2


def test_several_sources_become_one_stack(tmp_path: Path) -> None:
    place = folder(tmp_path / "m", README__md="---\nlicense: mit\nbase_model: gpt2\n---\n")
    config = tmp_path / "axolotl.yml"
    config.write_text("base_model: openai-community/gpt2\nhub_model_id: me/run\nsequence_len: 512\nnum_epochs: 1\ndatasets:\n  - path: squad\n", "utf-8")
    text = run("import", str(place), str(config)).stdout
    assert text.count("  openai-community/gpt2:") == 1
    assert "  me/run:" in text
    assert text.startswith(f"# From {config}, {place / 'README.md'}")


# -- what a house concluded ---------------------------------------------------


def test_house_conclusions_are_found_by_walking_up(tmp_path: Path) -> None:
    place = folder(tmp_path / "estate" / "models" / "m", README__md="---\nlicense: mit\nbase_model: somebody/unheard-of\n---\n")
    assert run("check", str(place)).exit_code == 3
    folder(tmp_path / "estate" / ".licgraph" / "components", bases__yaml='"hf:somebody/unheard-of": {license: Apache-2.0, by: A. Counsel, date: 2026-11-01}\n')
    done = run("check", str(place))
    assert done.exit_code == 0
    assert "concluded by A. Counsel, 2026-11-01" in " ".join(done.stdout.split())
    stack = folder(tmp_path / "estate" / "s", licgraph__yaml="licgraph: 1\ncomponents:\n  b: {kind: weights, source: 'hf:somebody/unheard-of', license: cc-by-nc-4.0}\n  m: {kind: weights, from: {finetune: b}}\nrelease: {component: m, license: MIT, use: commercial}\n")
    told = run("check", str(stack))
    assert told.exit_code == 0
    assert "declared CC-BY-NC-4.0, concluded Apache-2.0" in " ".join(told.stdout.split())
    folder(tmp_path / "estate" / ".licgraph" / "components", bases__yaml="org/x: {license: MIT}\n")
    assert run("check", str(place)).exit_code == 2
    with pytest.raises(KnowledgeError):
        KNOWLEDGE.with_house(place)


def test_a_conclusion_for_a_revision_holds_for_that_revision(tmp_path: Path) -> None:
    folder(tmp_path / ".licgraph" / "components", bases__yaml='"hf:a/b@abc": {license: Apache-2.0, by: A, date: 2026-11-01}\n')
    house = KNOWLEDGE.with_house(tmp_path)
    assert house.concluded("hf:a/b", "abc") is not None
    assert house.concluded("hf:a/b@abc") is not None
    assert house.concluded("hf:a/b", "other") is None
    assert KNOWLEDGE.concluded("hf:a/b", "abc") is None


def test_sources_given_as_bytes_and_their_names() -> None:
    source = Source("README.md", None, b"---\nlicense: mit\n---\n")
    assert inputs.reader_of(source).FORMAT == "card"
    assert len(source.digest) == 64
    assert [r.FORMAT for r in inputs.readers()] == sorted(r.FORMAT for r in inputs.readers())
