"""The local cache of the Hub, laid out as its documentation says, and as an attacker might."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from licgraph.errors import StackError
from licgraph.inputs import folder, hub_cache
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge

SHA = "a" * 40
OLD = "b" * 40
CARD = "---\nlicense: mit\nbase_model: org/base\n---\n# M\n"
CONFIG = json.dumps({"architectures": ["A"], "model_type": "llama", "_name_or_path": "org/m"})


def repository(cache: Path, name: str, files: dict[str, str], revision: str = SHA, main: str | None = SHA, links: bool = True) -> Path:
    """One repository as a client leaves it: blobs by their digest, snapshots of links to them (or copies, as on Windows)."""
    root = cache / name
    snapshot = root / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (root / "blobs").mkdir(exist_ok=True)
    for number, (file, text) in enumerate(files.items()):
        target = snapshot / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if not links:
            target.write_text(text, "utf-8")
            continue
        blob = root / "blobs" / f"{number:08x}{revision[:8]}"
        blob.write_text(text, "utf-8")
        target.symlink_to(os.path.relpath(blob, target.parent))
    if main is not None:
        (root / "refs").mkdir(exist_ok=True)
        (root / "refs" / "main").write_text(main, "utf-8")
    return root


def read(path: Path, knowledge: Knowledge) -> Draft:
    one = Source(str(path), path)
    assert hub_cache.sniff(one) >= 90
    return hub_cache.read(one, knowledge)


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("where", ["", f"snapshots/{SHA}"])
@pytest.mark.parametrize("each", [None, folder.read])
def test_one_repository_or_snapshot(links: bool, where: str, each: hub_cache.Reader | None, tmp_path: Path, knowledge: Knowledge) -> None:
    root = repository(tmp_path, "models--org--m", {"README.md": CARD, "config.json": CONFIG}, links=links)
    one = Source(str(root / where), root / where)
    assert hub_cache.sniff(one) == 95
    draft = hub_cache.read(one, knowledge, each=each)
    part = draft.parts["org/m"]
    assert (draft.release, part.source, part.revision, part.kind, part.ours) == ("org/m", "hf:org/m", SHA, "weights", False)
    shown = f"{root}/snapshots/{SHA}/README.md"
    assert [(s.where, s.written, s.evidence.file, s.evidence.line) for s in part.said] == [("tag", "mit", shown, 2)]
    assert set(draft.steps) == {("org/m", "finetune", "org/base")}  # the configuration's own id is no base
    assert not draft.unread
    assert f"{root}/snapshots/{SHA}/config.json" in draft.inputs
    assert stack_of(draft, knowledge).release is not None


@pytest.mark.parametrize("home", [False, True])
def test_a_whole_cache_lists_many(home: bool, tmp_path: Path, knowledge: Knowledge) -> None:
    cache = tmp_path / "hub" if home else tmp_path
    repository(cache, "models--org--m", {"README.md": CARD})
    repository(cache, "models--gpt2", {"config.json": CONFIG})
    repository(cache, "models--org--a--b", {"README.md": CARD})
    repository(cache, "datasets--org--d", {"README.md": "---\nlicense: cc-by-4.0\ntask_categories: [x]\n---\n"})
    repository(cache, "spaces--org--s", {"README.md": "---\nlicense: apache-2.0\n---\n"})
    (cache / "version.txt").write_text("1")
    (cache / ".locks").mkdir()
    draft = read(tmp_path, knowledge)
    assert draft.release == ""
    parts = {i: (p.kind, p.source, p.revision, p.ours) for i, p in draft.parts.items() if p.source and p.revision}
    assert parts == {
        "org/m": ("weights", "hf:org/m", SHA, False), "openai-community/gpt2": ("weights", "hf:openai-community/gpt2", SHA, False), "org/a--b": ("weights", "hf:org/a--b", SHA, False),
        "datasets/org/d": ("dataset", "hf:datasets/org/d", SHA, False), "spaces/org/s": ("code", "hf:spaces/org/s", SHA, False),
    }  # fmt: skip
    assert [s.written for s in draft.parts["datasets/org/d"].said] == ["cc-by-4.0"]
    stack = stack_of(draft, knowledge)
    assert stack.release is None
    assert len(stack.components) == 6  # and the base that two cards name


def test_a_card_that_is_not_in_the_cache_is_said(tmp_path: Path, knowledge: Knowledge) -> None:
    root = repository(tmp_path, "models--org--m", {"config.json": CONFIG})
    draft = read(root, knowledge)
    assert [(n.id, n.component) for n in draft.notices] == [("card-not-in-cache", "org/m")]
    assert "card not in cache" in draft.notices[0].why
    assert [(u.source, u.component) for u in draft.unread] == [(f"{root}/snapshots/{SHA}/README.md", "org/m")]
    assert not draft.parts["org/m"].looked
    by_folder = hub_cache.read(Source(str(root), root), knowledge, each=folder.read)
    assert not by_folder.parts["org/m"].looked  # a folder's reader takes silence for a statement; a cache's may not
    marker = root / ".no_exist" / SHA / "README.md"
    marker.parent.mkdir(parents=True)
    marker.touch()
    assert "has no card" in read(root, knowledge).notices[0].why


def test_a_known_origin_among_others_needs_no_card(tmp_path: Path, knowledge: Knowledge) -> None:
    root = repository(tmp_path, "models--Qwen--Qwen3-8B", {"config.json": CONFIG.replace("org/m", "Qwen/Qwen3-8B")})
    assert read(root, knowledge).unread  # the one that would be released: what it was made from is not known
    repository(tmp_path, "models--org--m", {"README.md": CARD})
    draft = read(tmp_path, knowledge)
    assert [(n.id, n.component) for n in draft.notices] == [("card-not-in-cache", "Qwen/Qwen3-8B")]
    assert not draft.unread
    known = stack_of(draft, knowledge).components["Qwen/Qwen3-8B"]
    assert "Apache-2.0" in str(known.license)
    assert known.known_from


def test_revisions(tmp_path: Path, knowledge: Knowledge) -> None:
    root = repository(tmp_path, "models--org--m", {"README.md": CARD})
    repository(tmp_path, "models--org--m", {"README.md": CARD.replace("mit", "cc-by-nc-4.0")}, OLD, main=None)
    draft = read(root, knowledge)
    assert [(p.revision, [s.written for s in p.said]) for p in draft.parts.values() if p.revision] == [(SHA, ["mit"])]
    assert [n.id for n in draft.notices] == ["other-revisions"]
    assert OLD[:12] in draft.notices[0].why
    asked = read(root / "snapshots" / OLD, knowledge)
    assert [s.written for s in asked.parts["org/m"].said] == ["cc-by-nc-4.0"]
    (root / "refs" / "main").unlink()
    both = read(root, knowledge)
    assert {i: [s.written for s in p.said] for i, p in both.parts.items() if p.revision} == {f"org/m@{SHA}": ["mit"], f"org/m@{OLD}": ["cc-by-nc-4.0"]}
    assert both.release == ""


@pytest.mark.parametrize(("main", "why"), [("c" * 40, "not in the cache"), ("../../../etc", "holds no revision"), ("\0", "holds no revision")])
def test_references_that_lead_nowhere(main: str, why: str, tmp_path: Path, knowledge: Knowledge) -> None:
    root = repository(tmp_path, "models--org--m", {"README.md": CARD}, main=main)
    draft = read(root, knowledge)
    assert why in draft.unread[0].why
    assert draft.unread[0].source == f"{root}/refs/main"
    assert "org/m" in draft.parts


def test_only_a_name_is_left(tmp_path: Path, knowledge: Knowledge) -> None:
    (tmp_path / "models--org--m").mkdir()
    draft = read(tmp_path, knowledge)
    assert "no revision" in draft.unread[0].why
    assert draft.parts["org/m"].source == "hf:org/m"


def test_links_that_lead_out_are_not_followed(tmp_path: Path, knowledge: Knowledge) -> None:
    cache = tmp_path / "cache"
    root = repository(cache, "models--org--m", {"config.json": CONFIG})
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "README.md").write_text(CARD)
    snapshot = root / "snapshots" / SHA
    (snapshot / "README.md").symlink_to(secret / "README.md")
    (snapshot / "LICENSE").symlink_to(snapshot / "LICENSE")
    (snapshot / "NOTICE").symlink_to("../../blobs/gone")
    for draft in (read(root, knowledge), hub_cache.read(Source(str(root), root), knowledge, each=folder.read)):
        assert draft.parts["org/m"].said == []
        assert not draft.steps
        said = {u.source.rsplit("/", 1)[-1]: u.why for u in draft.unread}
        assert "out of the cache" in said["README.md"] or "card" in said["README.md"]
        assert any("out of the cache" in u.why for u in draft.unread)
        assert "no longer" in said["NOTICE"]
        assert "LICENSE" in said


def test_a_linked_snapshot_or_repository_is_not_followed(tmp_path: Path, knowledge: Knowledge) -> None:
    cache = tmp_path / "cache"
    real = repository(tmp_path / "away", "models--org--real", {"README.md": CARD})
    (cache / "models--org--m" / "snapshots").mkdir(parents=True)
    (cache / "models--org--m" / "snapshots" / SHA).symlink_to(real / "snapshots" / SHA)
    (cache / "models--org--linked").symlink_to(real)
    draft = read(cache, knowledge)
    assert set(draft.parts) == {"org/m"}
    assert draft.parts["org/m"].said == []
    assert draft.unread


def test_another_repositorys_files_are_not_this_ones(tmp_path: Path, knowledge: Knowledge) -> None:
    repository(tmp_path, "models--org--other", {"README.md": CARD})
    root = repository(tmp_path, "models--org--m", {"config.json": CONFIG})
    (root / "snapshots" / SHA / "README.md").symlink_to(tmp_path / "models--org--other" / "snapshots" / SHA / "README.md")
    assert read(root, knowledge).parts["org/m"].said == []


def test_what_is_no_cache(tmp_path: Path, knowledge: Knowledge) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models--").mkdir()
    (tmp_path / "README.md").write_text(CARD)
    (tmp_path / "models--file--x").write_text("")
    for path in (tmp_path, tmp_path / "README.md", tmp_path / "absent", tmp_path / "models"):
        assert hub_cache.sniff(Source(str(path), path)) == 0
        with pytest.raises(StackError):
            hub_cache.read(Source(str(path), path), knowledge)
    assert hub_cache.sniff(Source("-", None, b"x")) == 0


def test_a_file_that_cannot_be_read_is_a_gap(tmp_path: Path, knowledge: Knowledge) -> None:
    root = repository(tmp_path, "models--org--m", {"README.md": CARD, "config.json": "{", "m.safetensors": "x", "m.gguf": "GGUF"})
    for each in (None, folder.read):
        draft = hub_cache.read(Source(str(root), root), knowledge, each=each)
        assert {u.source.rsplit("/", 1)[-1].partition(":")[0] for u in draft.unread} >= {"m.safetensors", "m.gguf"}
        assert [s.written for s in draft.parts["org/m"].said] == ["mit"]


def test_more_repositories_than_are_read(tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_cache, "MAX_REPOSITORIES", 2)
    for n in range(4):
        repository(tmp_path, f"models--org--m{n}", {"README.md": CARD})
    draft = read(tmp_path, knowledge)
    assert {p.id for p in draft.parts.values() if p.revision} == {"org/m0", "org/m1"}
    assert "4 repositories" in draft.unread[0].why


@pytest.mark.parametrize(("name", "found"), [
    ("models--org--name", "org/name"), ("models--org--na--me", "org/na--me"), ("models--gpt2", "openai-community/gpt2"), ("datasets--squad", "datasets/rajpurkar/squad"), ("datasets--o--d", "datasets/o/d"), ("spaces--o--s", "spaces/o/s"),
    ("models--", None), ("models--..", None), ("other--a--b", None), ("models--a/b", None),
])  # fmt: skip
def test_names_of_folders(name: str, found: str | None, knowledge: Knowledge) -> None:
    read_as = hub_cache.repository_of(name, knowledge)
    assert (read_as[1].id if read_as else None) == found
