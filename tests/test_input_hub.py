"""The Hub: the real client of `huggingface_hub` against a Hub on this machine."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licgraph import inputs
from licgraph.answer import assess
from licgraph.errors import StackError
from licgraph.inputs import hub, hub_client, hub_store
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.hub_client import Answer, Limits, address, is_private, joined, refused
from licgraph.inputs.hub_store import Library, Record, Store, wanted
from licgraph.knowledge import Knowledge

from .conftest import AS_OF, ROOT
from .hub_server import Hub, send, sha_of, slowly

huggingface_hub = pytest.importorskip("huggingface_hub", reason="needs the extra [hub]")
pytest.importorskip("huggingface_hub.constants")
pytest.importorskip("huggingface_hub.errors")

QUICK = Limits(seconds=30, read_seconds=3, answer_seconds=5)
MIT = """MIT License

Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """An empty Hub, and caches of our own; no token."""
    running = Hub()
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", running.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(time, "sleep", lambda s, real=time.sleep: real(min(s, 0.3)))
    yield running
    running.close()


def front(**keys: Any) -> str:
    return "---\n" + yaml.safe_dump(keys, sort_keys=False) + "---\n# A model\n"


def live(name: str, knowledge: Knowledge, limits: Limits = QUICK) -> Draft:
    return hub.read_live(name, knowledge, limits)


def steps(draft: Draft) -> set[tuple[str, str, str]]:
    return set(draft.steps)


def misses(draft: Draft) -> dict[str, str]:
    found: dict[str, str] = {}
    for gap in draft.unread:
        found[gap.component] = f"{found.get(gap.component, '')}{gap.source}: {gap.why}\n"
    return found


def notices(draft: Draft) -> set[tuple[str, str]]:
    return {(n.id, n.component) for n in draft.notices}


def answer_of(draft: Draft, knowledge: Knowledge) -> str:
    return assess(stack_of(draft, knowledge), knowledge, as_of=AS_OF).answer


def small_family(server: Hub) -> None:
    """A quantised copy of a tune of a base, with data."""
    server.add("us/tuned-gguf", front(license="apache-2.0", base_model="lab/tuned", base_model_relation="quantized"), tags=["gguf", "license:apache-2.0", "base_model:lab/tuned", "base_model:quantized:lab/tuned"])
    server.add("lab/tuned", front(license="mit", base_model="big/base", datasets=["lab/talks"]), tags=["license:mit", "base_model:big/base", "base_model:finetune:big/base", "dataset:lab/talks"], bases={"relation": "finetune", "models": [{"_id": "1", "id": "big/base"}]})
    server.add("big/base", front(license="mit"), tags=["license:mit"], files={"LICENSE": MIT, "model.safetensors": b"\0" * 50, "config.json": "{}"})
    server.add("datasets/lab/talks", front(license="cc-by-4.0", task_categories=["text-generation"]), tags=["license:cc-by-4.0"])


# --- the fake is the Hub, as far as the real client can tell


def test_the_real_client_takes_the_server_for_the_hub(server: Hub, tmp_path: Path) -> None:
    small_family(server)
    server.moved["old/base"] = "big/base"
    server.add("shut/one", front(license="llama3.1"), gated="manual", tags=["license:llama3.1"])
    api = huggingface_hub.HfApi(endpoint=server.url, token=False)
    info = api.model_info("lab/tuned", expand=["baseModels", "tags", "sha"])
    assert (info.id, info.sha, info.tags[0]) == ("lab/tuned", sha_of("lab/tuned"), "license:mit")
    told = getattr(info, "base_models", None) or info.baseModels
    assert told["relation"] == "finetune"
    assert {s.rfilename for s in api.model_info("big/base").siblings} == {"README.md", "LICENSE", "model.safetensors", "config.json"}
    assert api.model_info("old/base").id == "big/base"
    assert [e.path for e in api.list_repo_tree("big/base")] == ["LICENSE", "README.md", "config.json", "model.safetensors", "onnx"]
    path = huggingface_hub.hf_hub_download("big/base", "README.md", endpoint=server.url, cache_dir=tmp_path, token=False)
    assert "license: mit" in Path(path).read_text()
    with pytest.raises(huggingface_hub.errors.GatedRepoError):
        huggingface_hub.hf_hub_download("shut/one", "README.md", endpoint=server.url, cache_dir=tmp_path, token=False)
    with pytest.raises(huggingface_hub.errors.RevisionNotFoundError):
        api.model_info("big/base", revision="nope")


# --- what is read


def test_a_family_down_to_its_roots(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    draft = live("hf:us/tuned-gguf", knowledge)
    assert draft.release == "us/tuned-gguf"
    assert steps(draft) == {("us/tuned-gguf", "quantize", "lab/tuned"), ("lab/tuned", "finetune", "big/base"), ("lab/tuned", "trained-on", "datasets/lab/talks")}
    assert {p.id: (p.kind, p.ours, p.looked) for p in draft.parts.values()} == {
        "us/tuned-gguf": ("weights", True, True),
        "lab/tuned": ("weights", False, True),
        "big/base": ("weights", False, True),
        "datasets/lab/talks": ("dataset", False, True),
    }
    base = draft.parts["big/base"]
    assert (base.source, base.revision, base.name) == ("hf:big/base", sha_of("big/base"), "base")
    assert [(s.where, s.written, str(s.evidence)) for s in base.said] == [("tag", "mit", "hf:big/base/README.md:2"), ("licence-file", "MIT", "hf:big/base/LICENSE:1")]
    assert str(draft.steps[("lab/tuned", "trained-on", "datasets/lab/talks")].evidence) == "hf:lab/tuned/README.md:5"
    assert not draft.unread
    assert answer_of(draft, knowledge) in ("yes", "conditional")
    assert next(iter(draft.inputs)) == "hf:us/tuned-gguf/README.md"


def test_only_small_files_are_fetched_and_each_once(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    server.repos["big/base"].files |= {"pytorch_model.bin": b"x", "COPYING.txt": MIT, "tokenizer.json": "{}", "deep/LICENSE": "x", "model_index.json": "{}"}
    live("hf:us/tuned-gguf", knowledge)
    fetched = [p.rpartition("/")[2] for p in server.paths("/resolve/") if p.startswith("/big/base/")]
    assert sorted(fetched) == ["COPYING.txt", "LICENSE", "README.md", "config.json", "model_index.json"]
    assert len(server.asked) == len(set(server.paths()))


def test_entry_of_the_package_and_its_stack(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    stack = inputs.read("hf:us/tuned-gguf", knowledge)
    assert stack.release is not None
    assert stack.release.component == "us/tuned-gguf"
    assert stack.components["us/tuned-gguf"].ours
    assert not stack.components["big/base"].ours


def test_data_sets_are_asked_as_data_sets(server: Hub, knowledge: Knowledge) -> None:
    server.add("datasets/us/mix", front(license="cc-by-4.0", source_datasets=["lab/raw"]), tags=["license:cc-by-4.0"])
    server.add("datasets/lab/raw", front(license="cc-by-nc-4.0", base_model="x/y"), tags=[])
    draft = live("hf:datasets/us/mix", knowledge)
    assert draft.release == "datasets/us/mix"
    assert {p.kind for i, p in draft.parts.items() if i.startswith("datasets/")} == {"dataset"}
    assert ("datasets/us/mix", "contains-modified", "datasets/lab/raw") in draft.steps
    assert ("datasets/lab/raw", "derived-from", "x/y") in draft.steps, "a model's word in a data set's card"
    assert server.paths("/api/models/") == ["/api/models/x/y"]


def test_a_revision_is_read_and_pinned(server: Hub, knowledge: Knowledge) -> None:
    repo = server.add("us/m", front(license="mit"))
    repo.revisions["v1"] = sha_of("v1")
    draft = live("hf:us/m@v1", knowledge)
    assert draft.parts["us/m"].revision == sha_of("v1")
    assert f"/us/m/resolve/{sha_of('v1')}/README.md" in server.paths()
    with pytest.raises(StackError, match="no such revision"):
        live("hf:us/m@v2", knowledge)


def test_revision_of_a_base_is_followed(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model="lab/b@v9"))
    server.add("lab/b", front(license="mit")).revisions["v9"] = sha_of("v9")
    server.add("us/n", front(license="mit", base_model=["us/m", "lab/b@v8"]))
    assert live("hf:us/m", knowledge).parts["lab/b"].revision == sha_of("v9")
    draft = live("hf:us/n", knowledge)
    assert "no such revision (v8)" in misses(draft)["lab/b"]
    assert answer_of(draft, knowledge) in ("unknown", "no")


def test_two_revisions_of_one_repository_are_a_gap(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model=["lab/a", "lab/b@v1"]))
    server.add("lab/a", front(license="mit", base_model="lab/b@v2"))
    server.add("lab/b", front(license="mit")).revisions |= {"v1": sha_of("v1"), "v2": sha_of("v2")}
    assert "revision v2 of lab/b is meant here" in misses(live("hf:us/m", knowledge))["lab/b"]


def test_statements_of_the_api(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(library_name="transformers"), tags=["transformers", "license:apache-2.0", "base_model:lab/b", "base_model:finetune:lab/b", "dataset:lab/d", "region:us"])
    server.add("lab/b", front(license="mit"), tags=["license:cc-by-nc-4.0"])
    server.add("datasets/lab/d", front(license="mit"))
    draft = live("hf:us/m", knowledge)
    assert [(s.where, s.written, str(s.evidence)) for s in draft.parts["us/m"].said] == [("tag", "apache-2.0", "hf:us/m (API)#/tags/1")]
    step = draft.steps[("us/m", "finetune", "lab/b")]
    assert (str(step.evidence), step.confidence) == ("hf:us/m (API)#/tags/3", 0.9)
    assert draft.steps[("us/m", "trained-on", "datasets/lab/d")].evidence.pointer == "/tags/4"
    assert {s.written for s in draft.parts["lab/b"].said} == {"mit", "cc-by-nc-4.0"}, "what disagrees is kept"


def test_several_license_tags_are_one_statement(server: Hub, knowledge: Knowledge) -> None:
    server.add("datasets/us/d", front(license=["mit", "cc-by-4.0"]), tags=["license:mit", "license:cc-by-4.0"])
    server.add("datasets/us/e", "no front matter", tags=["license:mit", "license:cc-by-4.0", "license:unknown"])
    assert [s.written for s in live("hf:datasets/us/d", knowledge).parts["datasets/us/d"].said] == ["mit, cc-by-4.0"]
    assert [s.written for s in live("hf:datasets/us/e", knowledge).parts["datasets/us/e"].said] == ["mit, cc-by-4.0"]


@pytest.mark.parametrize(
    ("stated", "told", "relation", "place"),
    [
        ("", "quantized", "quantize", "hf:us/m (API)"),
        ("", "merge", "merge", "hf:us/m (API)"),
        ("adapter", "finetune", "adapter", "hf:us/m/README.md"),
        ("", "", "finetune", "hf:us/m/README.md"),
    ],
)
def test_relation_of_the_hub_counts_where_the_card_states_none(server: Hub, knowledge: Knowledge, stated: str, told: str, relation: str, place: str) -> None:
    card = {"license": "mit", "base_model": "lab/b"} | ({"base_model_relation": stated} if stated else {})
    server.add("us/m", front(**card), bases={"relation": told, "models": [{"id": "lab/b"}]} if told else None)
    server.add("lab/b", front(license="mit"))
    draft = live("hf:us/m", knowledge)
    assert [(s.relation, s.evidence.file) for s in draft.sources_of("us/m")] == [(relation, place)]


def test_relation_of_the_hub_against_what_the_tags_suggest(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model="lab/b", library_name="peft"), tags=["base_model:quantized:lab/b"])
    server.add("lab/b", front(license="mit"))
    draft = live("hf:us/m", knowledge)
    assert [s.relation for s in draft.sources_of("us/m")] == ["quantize"]
    assert ("relations-disagree", "us/m") in notices(draft)


def test_repository_without_a_card_grants_nothing(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model="lab/b"))
    server.add("lab/b", files={"config.json": "{}"})
    draft = live("hf:us/m", knowledge)
    assert draft.parts["lab/b"].looked
    assert stack_of(draft, knowledge).components["lab/b"].written == "NONE"


def test_license_other_in_tags_alone_is_unknown_and_not_none(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model="lab/b"))
    server.add("lab/b", "# nothing", tags=["license:other"])
    assert stack_of(live("hf:us/m", knowledge), knowledge).components["lab/b"].written == "NOASSERTION"


def test_stages_of_a_third_party_are_theirs_and_do_not_mix(server: Hub, knowledge: Knowledge) -> None:
    def stages(base: str) -> str:
        return f"name: half\nmerge_method: linear\nmodels:\n  - model: {base}\n  - model: ./own\n---\nmerge_method: slerp\nmodels:\n  - model: half\n  - model: {base}\n"

    server.add("us/m", front(license="mit", base_model=["a/x", "b/y"]))
    for name, base in (("a/x", "lab/one"), ("b/y", "lab/two")):
        server.add(name, front(license="mit", tags=["merge"]), files={"mergekit_config.yml": stages(base)})
        server.add(base, front(license="mit"))
    draft = live("hf:us/m", knowledge)
    made = {s.source for s in draft.sources_of("a/x/merge/half")}
    assert "lab/one" in made, sorted(draft.parts)
    assert "lab/two" not in made
    assert not draft.parts["a/x/merge/half"].ours
    assert [s.written for s in draft.parts["a/x/merge/half"].said] == ["mit"]
    assert not any(i.startswith("local/") for i in draft.parts)


# --- gates, absences, renames


def test_gated_repository_is_known_by_what_is_public(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model="shut/one"))
    server.add("shut/one", front(license="gemma"), files={"LICENSE": "x", "config.json": "{}"}, gated="manual", tags=["license:gemma", "base_model:lab/root"], card={"license": "gemma", "base_model": ["lab/root"], "extra_gated_prompt": "agree…"})
    server.add("lab/root", front(license="apache-2.0"))
    draft = live("hf:us/m", knowledge)
    part = draft.parts["shut/one"]
    assert not part.looked
    assert [(s.where, s.written, str(s.evidence)) for s in part.said] == [("tag", "gemma", "hf:shut/one (API)#/cardData")]
    assert draft.parts["lab/root"].looked, "its sources are followed"
    assert {("gated", "shut/one"), ("gate-terms", "shut/one")} <= notices(draft)
    assert len(server.paths("/shut/one/resolve/")) == 1, "after one refusal nobody knocks again"


def test_gated_repository_that_says_nothing_is_unknown(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model="shut/one"))
    server.add("shut/one", front(license="mit"), gated="auto")
    draft = live("hf:us/m", knowledge)
    assert not draft.parts["shut/one"].looked
    assert "shut/one" in misses(draft)
    assert answer_of(draft, knowledge) == "unknown"


def test_gated_root_is_no_crash(server: Hub, knowledge: Knowledge) -> None:
    server.add("shut/one", front(license="mit"), gated="auto", card={"license": "mit"})
    server.odd["/api/models/shut/two"] = lambda r: send(r, 403, b"", {"X-Error-Code": "GatedRepo"})
    assert live("hf:shut/one", knowledge).parts["shut/one"].ours
    draft = live("hf:shut/two", knowledge)
    assert "shut/two" in misses(draft)
    assert draft.release == "shut/two"


def test_a_token_opens_what_was_shut_before(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("us/m", front(license="mit", base_model="shut/one"))
    server.add("shut/one", front(license="mit"), gated="auto", card={"license": "mit"})
    assert not live("hf:us/m", knowledge).parts["shut/one"].looked
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    draft = live("hf:us/m", knowledge)
    assert draft.parts["shut/one"].looked
    assert ("gated", "shut/one") not in notices(draft)


@pytest.mark.parametrize("token", ["", "hf_other"])
def test_missing_base_is_unknown(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    server.add("us/m", front(license="mit", base_model=["gone/away", "hidden/one"]))
    server.add("hidden/one", front(license="mit"), private=True)
    draft = live("hf:us/m", knowledge)
    for name in ("gone/away", "hidden/one"):
        assert not draft.parts[name].looked
        assert "no such repository, or it is private" in misses(draft)[name]
    assert answer_of(draft, knowledge) == "unknown"


def test_missing_base_that_the_tables_know_is_no_gap(server: Hub, knowledge: Knowledge) -> None:
    known = next(i for i in knowledge.components if "/" in i and not i.startswith("datasets/") and i not in knowledge.hub_names["copies"])
    server.add("us/m", front(license="mit", base_model=known))
    draft = live("hf:us/m", knowledge)
    assert ("not-looked-up", known) in notices(draft)
    assert not draft.unread


def test_copies_that_the_tables_know(server: Hub, knowledge: Knowledge) -> None:
    """What a copy says of itself counts; one that is gone, or names no source, is followed to what it is a copy of."""
    table = {c: row["of"] for c, row in knowledge.hub_names["copies"].items() if knowledge.component(c) is None}
    copies = [c for c in sorted(table) if "/" in c and table[c] not in table][:3]
    server.add("us/m", front(license="mit", base_model=copies))
    server.add(copies[0], front(license="mit"))
    server.add(copies[1], front(license="mit", base_model="lab/other"))
    server.add("lab/other", front(license="mit"))
    server.add(table[copies[0]], front(license="cc-by-4.0"))
    draft = live("hf:us/m", knowledge)
    assert [s.written for s in draft.parts[copies[0]].said] == ["mit"]
    assert [s.written for s in draft.parts[copies[1]].said] == ["mit"]
    assert [s.source for s in draft.sources_of(copies[0])] == [table[copies[0]]]
    assert [s.source for s in draft.sources_of(copies[1])] == ["lab/other"]
    assert [s.source for s in draft.sources_of(copies[2])] == [table[copies[2]]]
    assert draft.parts[table[copies[0]]].looked
    assert ("not-looked-up", copies[2]) in notices(draft)


def test_nothing_of_the_repository_asked_for(server: Hub, knowledge: Knowledge) -> None:
    server.add("dead/one", front(license="mit"), disabled=True)
    for name, what in (("hf:gone/away", "no such repository"), ("hf:dead/one", "disabled"), ("hf:spaces/a/b", "Space"), ("hf:a/b/c", "no name"), ("hf:a/../b", "no name"), ("hf:us/m@../x", "no revision"), ("hf:", "no name")):
        with pytest.raises(StackError, match=what):
            live(name, knowledge)


def test_bad_token_is_named_and_not_shown(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    server.odd["/api/"] = lambda r: send(r, 401, b"", {"X-Error-Message": "Invalid credentials in Authorization header"})
    with pytest.raises(StackError, match="token is not accepted") as raised:
        live("hf:us/m", knowledge)
    assert "hf_expired" not in str(raised.value)


def test_renamed_repositories_have_their_new_id(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model=["old/base", "new/base", "New/BASE"], datasets=["lonely"]))
    server.add("new/base", front(license="apache-2.0"))
    server.add("datasets/owner/lonely", front(license="mit"))
    server.moved |= {"old/base": "new/base", "New/BASE": "new/base", "datasets/lonely": "datasets/owner/lonely", "was/asked": "us/m"}
    draft = live("hf:was/asked", knowledge)
    assert draft.release == "us/m"
    assert set(draft.parts) == {"us/m", "new/base", "datasets/owner/lonely"}
    assert {(s.result, s.source) for s in draft.steps.values()} == {("us/m", "new/base"), ("us/m", "datasets/owner/lonely")}
    assert draft.parts["new/base"].source == "hf:new/base"
    assert draft.parts["datasets/owner/lonely"].inferred == "", "the Hub knows whose it is"
    assert {c for i, c in notices(draft) if i == "renamed"} == {"us/m", "new/base", "datasets/owner/lonely"}
    assert len(server.paths("/new/base/resolve/")) == 1
    server.asked.clear()
    again = live("hf:was/asked", knowledge)
    assert (set(again.parts), steps(again)) == (set(draft.parts), steps(draft))
    assert not server.asked, "the cache knows the former names"


def test_loops_end(server: Hub, knowledge: Knowledge) -> None:
    server.add("a/a", front(license="mit", base_model="b/b"))
    server.add("b/b", front(license="mit", base_model=["c/c", "b/b"]))
    server.add("c/c", front(license="mit", base_model="a/a"))
    draft = live("hf:a/a", knowledge)
    assert len(draft.steps) == 3
    assert "made from itself" in misses(draft)["b/b"]
    assert answer_of(draft, knowledge) == "unknown"
    assert len(server.paths("README.md")) == 3


def test_redirect_loop_ends(server: Hub, knowledge: Knowledge) -> None:
    server.moved |= {"x/a": "x/b", "x/b": "x/a"}
    with pytest.raises(StackError, match="did not answer: a redirect after 5 redirects"):
        live("hf:x/a", knowledge)
    assert len(server.asked) == 6


# --- bounds


def test_what_lies_beyond_the_bounds_is_said(server: Hub, knowledge: Knowledge) -> None:
    for n in range(9):
        server.add(f"x/m{n}", front(license="mit", base_model=f"x/m{n + 1}"))
    server.add("x/m9", front(license="mit"))
    draft = live("hf:x/m0", knowledge, QUICK._replace(depth=3))
    assert set(misses(draft)) == {"x/m4"}
    assert "more than 3 steps" in misses(draft)["x/m4"]
    assert answer_of(draft, knowledge) == "unknown"
    draft = live("hf:x/m0", knowledge, QUICK._replace(repositories=5))
    assert set(misses(draft)) == {"x/m5"}
    assert not draft.parts["x/m5"].looked
    assert not live("hf:x/m0", knowledge, QUICK._replace(repositories=10, depth=9)).unread
    wide = [f"w/m{n}" for n in range(30)]
    server.add("x/wide", front(license="mit", base_model=wide))
    draft = live("hf:x/wide", knowledge, QUICK._replace(repositories=3))
    assert {c for c, w in misses(draft).items() if "not looked up" in w} == set(wide[2:])


def test_default_bounds() -> None:
    assert hub.LIMITS[:4] == (200, 32, 1_000_000, 200_000)


def test_huge_files_are_cut(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit") + "x" * 3_000_000, files={"LICENSE": MIT + "y" * 300_000, "config.json": "[" * 1_500_000})
    draft = live("hf:us/m", knowledge)
    part = draft.parts["us/m"]
    assert [s.written for s in part.said] == ["mit"], "the beginning of a card counts, the beginning of a licence does not"
    assert {u.source for u in draft.unread} == {"hf:us/m/README.md", "hf:us/m/LICENSE", "hf:us/m/config.json"}


def test_licence_that_is_no_plain_text_is_said(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit"), files={"LICENSE.pdf": b"%PDF-1.4", "license_check.py": "x"} | {f"LICENSE-{n:02}": MIT for n in range(14)})
    draft = live("hf:us/m", knowledge)
    assert {u.source for u in draft.unread} == {"hf:us/m/LICENSE.pdf", *(f"hf:us/m/LICENSE-{n:02}" for n in range(10, 14))}
    assert not server.paths(".pdf")


def test_long_listing_is_paged(server: Hub, knowledge: Knowledge) -> None:
    repo = server.add("us/m", front(license="mit"), files={"LICENSE": MIT} | {f"shard-{n:05}.bin": b"" for n in range(400)})
    server.page = 50
    draft = live("hf:us/m", knowledge, QUICK._replace(info_bytes=9_000))
    assert len(server.paths("/tree/")) == 9
    assert {s.where for s in draft.parts["us/m"].said} == {"tag", "licence-file"}
    assert not draft.unread
    repo.sha = sha_of("later")
    server.odd["/api/models/us/m/tree/"] = lambda r: send(r, 200, [{"type": "file", "path": "README.md"}], {"Link": '<http://127.0.0.2:1/api/x>; rel="next"'})
    draft = live("hf:us/m", knowledge, QUICK._replace(info_bytes=9_000, fresh=0))
    assert "list of its files" in misses(draft).get("us/m", ""), "the next page is on another host, and is not fetched"


def test_endless_answers_do_not_hold_it_up(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model=["lab/b", "lab/c"]))
    server.add("lab/b", front(license="mit"))
    server.add("lab/c", front(license="mit"))
    server.odd["/lab/b/resolve/"] = slowly(0.1, 1000)

    def silent(request: BaseHTTPRequestHandler) -> bool:
        for _ in range(100):  # headers in drops: no single read takes long
            request.wfile.write(b"HTTP/1.1 200 OK\r\n"[:1])
            request.wfile.flush()
            time.sleep(0.2)
        return True

    server.odd["/api/models/lab/c"] = silent
    began = time.monotonic()
    draft = live("hf:us/m", knowledge, Limits(seconds=3, read_seconds=1, answer_seconds=1))
    assert time.monotonic() - began < 8
    assert "too long" in misses(draft)["lab/b"]
    assert "lab/c" in misses(draft)
    assert answer_of(draft, knowledge) == "unknown"


def test_time_budget(server: Hub, knowledge: Knowledge) -> None:
    for n in range(40):
        server.add(f"x/m{n}", front(license="mit", base_model=f"x/m{n + 1}"))
        server.odd[f"/api/models/x/m{n}"] = lambda r: bool(time.sleep(0.2))  # type: ignore[func-returns-value]
    draft = live("hf:x/m0", knowledge, QUICK._replace(seconds=1.5))
    assert len(draft.unread) == 1
    assert "time budget" in next(iter(misses(draft).values()))
    assert 3 < len(draft.parts) < 20


# --- a server with troubles


def test_waits_when_asked_to(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("us/m", front(license="mit"))
    waited: list[float] = []
    real = time.sleep
    monkeypatch.setattr(time, "sleep", lambda s: waited.append(s) if threading.current_thread() is threading.main_thread() else real(s))
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0] + sum(waited))
    answers = iter([{"Retry-After": "7"}, {"RateLimit": '"api";r=0;t=11', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}])

    def busy(request: BaseHTTPRequestHandler) -> bool:
        headers = next(answers, None)
        return headers is not None and send(request, 429, {"error": "We had to rate limit your IP"}, headers)

    server.odd["/api/models/us/m"] = busy
    answer = hub_client.Client(QUICK).get("/api/models/us/m", 10_000)
    assert answer.status == 200
    assert [round(w) for w in waited] == [7, 11]


def test_no_waiting_beyond_the_budget(server: Hub, knowledge: Knowledge) -> None:
    server.odd["/api/"] = lambda r: send(r, 429, b"", {"Retry-After": "100000"})
    began = time.monotonic()
    with pytest.raises(StackError, match="HTTP 429"):
        live("hf:us/m", knowledge)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_troubles_pass(server: Hub, knowledge: Knowledge, status: int) -> None:
    server.add("us/m", front(license="mit", base_model="lab/b"))
    server.add("lab/b", front(license="mit"))
    left = {"/api/models/lab/b": 2, "/lab/b/resolve/": 1}

    def trouble(prefix: str, request: BaseHTTPRequestHandler) -> bool:
        left[prefix] -= 1
        return left[prefix] >= 0 and send(request, status, b"oops")

    for prefix in left:
        server.odd[prefix] = lambda r, p=prefix: trouble(p, r)  # type: ignore[misc]
    draft = live("hf:us/m", knowledge)
    assert draft.parts["lab/b"].looked
    assert not draft.unread


def test_troubles_that_stay_leave_it_unknown_and_are_not_kept(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model=["lab/b", "lab/c", "lab/d"]))
    for name in ("lab/b", "lab/c", "lab/d"):
        server.add(name, front(license="mit"), card={"license": "mit"})
    server.odd["/api/models/lab/b"] = lambda r: send(r, 503, b"")
    server.odd["/lab/c/resolve/"] = lambda r: send(r, 500, b"")
    server.odd["/api/models/lab/d"] = lambda r: send(r, 200, b"<html>not json")
    draft = live("hf:us/m", knowledge)
    assert {"lab/b", "lab/c", "lab/d"} == set(misses(draft))
    assert not any(draft.parts[n].looked for n in ("lab/b", "lab/c", "lab/d"))
    assert answer_of(draft, knowledge) == "unknown"
    server.odd.clear()
    assert not live("hf:us/m", knowledge).unread, "asked again at once"


def test_connection_that_breaks(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model="lab/b"))
    server.add("lab/b", front(license="mit"))

    def broken(request: BaseHTTPRequestHandler) -> bool:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b"---\nlicense: apache-2.0\n---\n")
        request.close_connection = True
        return True

    server.odd["/lab/b/resolve/"] = broken
    draft = live("hf:us/m", knowledge)
    assert "no answer" in misses(draft)["lab/b"]
    assert not draft.parts["lab/b"].said, "half a card states nothing"


def test_a_mirror_that_knows_no_expand(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    server.odd["/api/"] = lambda r: "expand=" in r.path and send(r, 400, b"")
    assert len(live("hf:us/tuned-gguf", knowledge).parts) == 4


def test_no_server_at_all(knowledge: Knowledge, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(StackError, match=r"did not answer: no answer \(Connect"):
        live("hf:us/m", knowledge)


# --- redirects and the token


def test_token_goes_to_the_endpoint_and_nowhere_else(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = Hub()
    try:
        monkeypatch.setenv("HF_TOKEN", "hf_good")
        server.add("us/m", front(license="mit", base_model="shut/one"))
        server.add("shut/one", front(license="mit"), gated="manual")
        other.odd["/signed"] = lambda r: send(r, 200, front(license="apache-2.0", base_model="shut/one").encode())
        server.odd["/us/m/resolve/"] = lambda r: send(r, 302, b"", {"Location": f"{other.url}/signed?key=1"})
        draft = live("hf:us/m", knowledge)
        assert [s.written for s in draft.parts["us/m"].said] == ["apache-2.0"]
        assert other.asked == [("/signed", "")]
        assert {a for _, a in server.asked} == {"Bearer hf_good"}
        assert draft.parts["shut/one"].looked
        out = capfd.readouterr()
        assert "hf_good" not in out.out + out.err + repr(draft)
        for file in tmp_path.rglob("*"):
            assert not file.is_file() or b"hf_good" not in file.read_bytes()
    finally:
        other.close()


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "file:///etc/passwd", "https://evil.example/x", "http://huggingface.co.evil.example/", "relative", "", "http://user:pw@127.0.0.1/x", "//[::ffff:7f00:1", "http://127.0.0.1\\@evil.example/"])
def test_odd_redirects_are_refused(server: Hub, knowledge: Knowledge, location: str) -> None:
    server.add("us/m", front(license="mit", base_model="lab/b"))
    server.add("lab/b", front(license="mit"))
    server.odd["/lab/b/resolve/"] = lambda r: send(r, 302, b"", {"Location": location})
    why = misses(live("hf:us/m", knowledge))["lab/b"]
    assert "not read: a redirect to" in why or "not read: no answer" in why, "by us, or before that by the client"
    assert not any("evil" in p for p in server.paths())


@pytest.mark.parametrize(
    ("endpoint", "target", "why"),
    [
        ("https://huggingface.co", "https://huggingface.co/x", ""),
        ("https://huggingface.co", "https://cdn-lfs.hf.co/x?sig=1", ""),
        ("https://huggingface.co", "https://us.gcp.cdn.huggingface.co/x", ""),
        ("https://huggingface.co", "http://huggingface.co/x", "scheme"),
        ("https://huggingface.co", "https://nothuggingface.co/x", "no host of the Hub"),
        ("https://huggingface.co", "https://169.254.169.254/latest", "private"),
        ("https://huggingface.co", "http://10.1.2.3/", "private"),
        ("https://huggingface.co", "https://localhost/", "private"),
        ("https://huggingface.co", "https://[::1]/", "private"),
        ("https://huggingface.co", "https://[::ffff:10.0.0.1]/", "private"),
        ("https://huggingface.co", "https://2130706433/", "private"),
        ("https://huggingface.co", "https://0x7f.1/", "private"),
        ("https://huggingface.co", "https://127.1/", "private"),
        ("https://huggingface.co", "https://metadata.google.internal/", "private"),
        ("https://huggingface.co", "https://8.8.8.8/", "no host of the Hub"),
        ("https://mirror.example.org/hf", "https://cdn.mirror.example.org/x", ""),
        ("https://mirror.example.org", "https://huggingface.co/x", ""),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000/x", ""),
        ("http://hub.corp", "http://10.0.0.7/x", ""),
        ("https://hub.corp", "http://10.0.0.7/x", "private"),
        ("http://hub.corp", "http://huggingface.co/x", "scheme"),
    ],
)
def test_where_redirects_may_lead(endpoint: str, target: str, why: str) -> None:
    from_, to = address(endpoint), address(target)
    assert from_ is not None
    assert to is not None
    found = refused(to, from_)
    assert (why in found) if why else not found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=60), st.from_regex(r"\A(https?:)?//[a-z0-9.:@\[\]\\-]{0,30}(/.{0,20})?\Z")))
def test_addresses_are_taken_apart_or_refused(location: str) -> None:
    base = address("https://huggingface.co")
    assert base is not None
    found = joined(base, location)
    if found is not None:
        assert re.fullmatch(r"https?", found.scheme)
        assert "@" not in found.host
        assert address(str(found)) == found
        assert is_private(found.host) or "." in found.host or ":" in found.host


@pytest.mark.parametrize("value", ["ftp://x", "https://user:secret@mirror.example/", "nonsense", "https://a b"])
def test_endpoint_that_is_none(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", value)
    with pytest.raises(StackError, match="no plain http") as raised:
        live("hf:us/m", knowledge)
    assert "secret" not in str(raised.value)


def test_files_behind_a_redirect_of_the_same_server(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    server.indirect = True
    draft = live("hf:us/tuned-gguf", knowledge)
    assert not draft.unread
    assert all(p.looked for p in draft.parts.values())


# --- the cache


def test_second_reading_asks_nothing(server: Hub, knowledge: Knowledge, tmp_path: Path) -> None:
    small_family(server)
    first = live("hf:us/tuned-gguf", knowledge)
    server.asked.clear()
    assert live("hf:us/tuned-gguf", knowledge) == first
    assert not server.asked
    kept = list((tmp_path / "cache" / "licgraph" / "hub").rglob("*.json"))
    assert len(kept) == 8, "each under its branch and its commit"
    if os.name == "posix":
        assert {stat.S_IMODE(f.stat().st_mode) for f in kept} == {0o600}
    assert not list(tmp_path.rglob("*.part"))


def test_a_branch_is_asked_again_and_its_files_only_if_it_moved(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    live("hf:us/tuned-gguf", knowledge)
    server.asked.clear()
    server.repos["lab/tuned"].sha = sha_of("moved on")
    server.repos["lab/tuned"].files["README.md"] = front(license="cc-by-nc-4.0")
    server.repos["lab/tuned"].tags = []
    server.repos["lab/tuned"].bases = None
    draft = live("hf:us/tuned-gguf", knowledge, QUICK._replace(fresh=0))
    assert [s.written for s in draft.parts["lab/tuned"].said] == ["cc-by-nc-4.0"]
    assert server.paths("/resolve/") == [f"/lab/tuned/resolve/{sha_of('moved on')}/README.md"]


def test_a_commit_is_never_asked_again(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit"))
    name = f"hf:us/m@{sha_of('us/m')}"
    live(name, knowledge)
    server.asked.clear()
    live(name, knowledge, QUICK._replace(fresh=0))
    assert not server.asked


def test_stale_entries_serve_when_the_hub_does_not_answer(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    first = live("hf:us/tuned-gguf", knowledge)
    server.odd["/"] = lambda r: send(r, 503, b"")
    draft = live("hf:us/tuned-gguf", knowledge, QUICK._replace(fresh=0))
    assert steps(draft) == steps(first)
    assert {c for i, c in notices(draft) if i == "from-cache"} == set(draft.parts)
    assert not draft.unread


def test_damaged_entries_are_as_if_not_there(server: Hub, knowledge: Knowledge, tmp_path: Path) -> None:
    small_family(server)
    first = live("hf:us/tuned-gguf", knowledge)
    chance = random.Random(7)
    for file in (tmp_path / "cache").rglob("*.json"):
        raw = bytearray(file.read_bytes())
        for _ in range(5):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        file.write_bytes(chance.choice([b"", b"null", b"[]", b"{}", bytes(raw[: len(raw) // 2]), b"[" * 100_000]))
    assert live("hf:us/tuned-gguf", knowledge) == first


def test_entries_of_another_server_do_not_count(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("us/m", front(license="mit"))
    live("hf:us/m", knowledge)
    other = Hub()
    try:
        other.add("us/m", front(license="gpl-3.0"))
        monkeypatch.setenv("HF_ENDPOINT", other.url)
        assert [s.written for s in live("hf:us/m", knowledge).parts["us/m"].said] == ["gpl-3.0"]
    finally:
        other.close()


def test_cache_that_cannot_be_written(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    small_family(server)
    assert len(live("hf:us/tuned-gguf", knowledge).parts) == 4


SCRIPT = """
import sys, json
from licgraph import knowledge
from licgraph.inputs import hub
draft = hub.read_live(sys.argv[1], knowledge.load(), hub.LIMITS._replace(workers=2))
print(json.dumps(sorted(draft.parts)))
"""


def test_interrupted_run_goes_on_from_the_cache(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    hangs = [True]

    def hang(request: BaseHTTPRequestHandler) -> bool:
        end = time.monotonic() + 30
        while hangs[0] and time.monotonic() < end:
            time.sleep(0.02)
        return hangs[0]

    server.odd["/api/datasets/lab/talks"] = hang
    run = subprocess.Popen([sys.executable, "-c", SCRIPT, "hf:us/tuned-gguf"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    end = time.monotonic() + 60
    while not (server.paths("/big/base/resolve/") and server.paths("/api/datasets/lab/talks")) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    time.sleep(0.3)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    hangs[0] = False
    server.asked.clear()
    draft = live("hf:us/tuned-gguf", knowledge)
    assert all(p.looked for p in draft.parts.values())
    assert {p for p in server.paths() if "talks" not in p} <= {p for p in server.paths() if "config.json" in p}, "only what was missing is asked"


def test_two_processes_at_once(server: Hub, knowledge: Knowledge) -> None:
    small_family(server)
    runs = [subprocess.Popen([sys.executable, "-c", SCRIPT, "hf:us/tuned-gguf"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) for _ in range(3)]
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0, err
        assert err == b"", "quiet when standard error is no terminal"
        assert len(json.loads(out)) == 4
    server.asked.clear()
    assert len(live("hf:us/tuned-gguf", knowledge).parts) == 4
    assert not server.asked


def test_store_under_writers_and_readers(server: Hub) -> None:
    writer = "import sys\nfrom licgraph.inputs.hub_store import Store, Record, Kept\ns = Store('x')\nfor n in range(200):\n    s.save(Record('a/b', '', 'found', 'a/b', '', float(n), names=['README.md'], listed=True, files={'README.md': Kept(str(n).encode() * 5000)}))\n"
    runs = [subprocess.Popen([sys.executable, "-c", writer], cwd=ROOT) for _ in range(2)]
    store, read = Store("x"), 0
    while any(r.poll() is None for r in runs):
        record = store.load("a/b", "")
        if record is not None:
            read += 1
            assert record.files["README.md"].body == str(int(record.at)).encode() * 5000
    assert all(r.wait() == 0 for r in runs)
    assert read > 0


# --- offline


def test_offline_reads_our_cache(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    small_family(server)
    server.moved["was/asked"] = "us/tuned-gguf"
    first = live("hf:was/asked", knowledge)
    server.asked.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    draft = live("hf:was/asked", knowledge, QUICK._replace(fresh=0))
    assert not server.asked
    assert (steps(draft), set(draft.parts)) == (steps(first), set(first.parts))
    assert {c for i, c in notices(draft) if i == "from-cache"} == set(draft.parts)
    with pytest.raises(StackError, match="offline, and in no cache"):
        live("hf:never/seen", knowledge)


def test_offline_reads_the_ordinary_cache(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small_family(server)
    cache = tmp_path / "ordinary"
    for repo, kind, file in (("us/tuned-gguf", "model", "README.md"), ("lab/tuned", "model", "README.md"), ("big/base", "model", "config.json"), ("lab/talks", "dataset", "README.md")):
        huggingface_hub.hf_hub_download(repo, file, repo_type=kind, endpoint=server.url, cache_dir=cache, token=False)
    server.asked.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    draft = live("hf:us/tuned-gguf", knowledge)
    assert not server.asked
    assert steps(draft) == {("us/tuned-gguf", "quantize", "lab/tuned"), ("lab/tuned", "finetune", "big/base"), ("lab/tuned", "trained-on", "datasets/lab/talks")}
    assert draft.parts["lab/tuned"].revision == sha_of("lab/tuned")
    assert not draft.parts["big/base"].looked
    assert "card is not in the cache" in misses(draft)["big/base"]
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    cache.rename(tmp_path / "elsewhere" / "hub")
    assert steps(live("hf:us/tuned-gguf", knowledge)) == steps(draft)


def test_links_out_of_the_ordinary_cache_are_not_followed(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "private.md").write_text(front(license="mit"))
    snapshot = tmp_path / "hf" / "hub" / "models--us--m" / "snapshots" / sha_of("m")
    snapshot.mkdir(parents=True)
    (snapshot / "README.md").symlink_to(tmp_path / "private.md")
    refs = snapshot.parent.parent / "refs"
    refs.mkdir()
    (refs / "main").write_text(sha_of("m"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    draft = live("hf:us/m", knowledge)
    assert "leads out" in misses(draft)["us/m"]
    assert not draft.parts["us/m"].said


# --- surroundings


def test_without_the_extra(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(StackError, match=r"pip install 'licgraph\[hub\]'"):
        live("hf:us/m", knowledge)


def test_progress_is_for_terminals(server: Hub, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    small_family(server)
    seen = Terminal()
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setattr("licgraph.progress.AFTER", 0.0)
    live("hf:us/tuned-gguf", knowledge)
    assert "Hub: 1 repositories read, 0 waiting (us/tuned-gguf)" in seen.getvalue()
    assert seen.getvalue().endswith("\r\x1b[K")
    quiet = io.StringIO()
    monkeypatch.setattr(sys, "stderr", quiet)
    live("hf:us/tuned-gguf", knowledge, QUICK._replace(fresh=0))
    assert quiet.getvalue() == ""


def test_importing_the_package_loads_no_client() -> None:
    code = "import sys, licgraph.inputs as i; i.readers(); sys.exit(any(m.partition('.')[0] in ('huggingface_hub', 'httpx', 'httpx2', 'requests') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# --- hostile answers

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["license:mit", "base_model:finetune:a/b", "base_model:", "dataset:x/y", "dataset:../..", "\ud83d", "a/b", "README.md"]), lambda s: st.lists(s, max_size=4) | st.dictionaries(st.sampled_from(["id", "license", "base_model", "models", "relation", "rfilename", "tags", "datasets", "base_model_relation"]) | st.text(max_size=5), s, max_size=4), max_leaves=12)  # fmt: skip
INFO = st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "sha", "tags", "cardData", "gated", "disabled", "baseModels", "siblings"), JSON)) | JSON


class Canned:
    """A client that answers from a script."""

    token = ""
    left = 10.0

    def __init__(self, info: Any, file: bytes) -> None:
        self.info, self.file = info, file

    def get(self, path: str, most: int) -> Answer:
        body = json.dumps(self.info).encode() if path.startswith("/api/") else self.file
        return Answer(200, body[:most], len(body) > most)

    def pages(self, path: str, most: int) -> tuple[list[Any], bool]:
        return (self.info if isinstance(self.info, list) else [], False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=150)
@given(info=INFO, file=st.binary(max_size=300) | st.sampled_from([front(license="mit", base_model="a/b").encode()]))
def test_no_answer_makes_it_crash(info: Any, file: bytes, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        library = Library(QUICK, Canned(info, file), "canned")  # type: ignore[arg-type]
        try:
            draft = hub._Walk(library, knowledge, "hf:us/m").run("us/m", "")
            stack_of(draft, knowledge)
        except StackError:
            return
        for part in draft.parts.values():
            part.id.encode()
        record = library.look_up("us/m", "", lambda _: True)
        kept = library.store.load("us/m", "")
        assert kept is None or (kept.tags, kept.files, kept.sha) == (record.tags, record.files, record.sha)


def test_many_tags_are_cut_and_said(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit"), tags=[f"base_model:finetune:x/m{n}" for n in range(3000)])
    began = time.monotonic()
    draft = live("hf:us/m", knowledge, QUICK._replace(repositories=5))
    assert time.monotonic() - began < 20
    assert any("more than 1000 tags" in u.why for u in draft.unread)


def test_metadata_is_read_in_any_script(server: Hub, knowledge: Knowledge) -> None:
    server.add("us/m", front(license="mit", base_model="shut/one"))
    server.add("shut/one", "x", gated=True, card={"license": "other", "license_name": "terms: “ünï” \x7f\u2028😀 # 'x'", "tags": ["---", "\n---\n"], "base_model": "lab/b"})
    server.add("lab/b", front(license="mit"))
    draft = live("hf:us/m", knowledge)
    assert [s.written for s in draft.parts["shut/one"].said] == ["terms: “ünï” \x7f\u2028😀 # 'x'"]
    assert "lab/b" in draft.parts
    assert not draft.unread


def test_wanted_names() -> None:
    names = ["README.md", "readme.txt", "LICENSE", "LICENCE.txt", "COPYING", "COPYING.LESSER", "license.md", "LICENSE.pdf", "model-license.txt", "licensing.py", "config.json", "adapter_config.json", "model_index.json", "mergekit_config.yml", "model.safetensors", "USE_POLICY.md", "tokenizer_config.json"]
    assert set(wanted(names)) == set(names) - {"readme.txt", "licensing.py", "model.safetensors", "USE_POLICY.md", "tokenizer_config.json"}


# --- real lineages


def test_lineages_of_the_corpus(server: Hub, knowledge: Knowledge) -> None:
    """A hundred real families, served as the Hub would: as many repositories and steps as a count without licgraph finds."""
    folder = os.environ.get("LICGRAPH_CORPORA")
    if not folder:
        pytest.skip("LICGRAPH_CORPORA is not set")
    clean = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*")
    renamed = {k.casefold() for k in yaml.safe_load((ROOT / "data" / "hub-names.yaml").read_text("utf-8"))["models"]}
    bases: dict[str, dict[str, str]] = {}
    with (Path(folder) / "hub_union" / "edges.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            bases.setdefault(row["derived"], {}).setdefault(row["base"], row["relation"])
    licenses: dict[str, str] = {}
    with (Path(folder) / "hub_union" / "licences.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            licenses.setdefault(row["id"], row["license"])

    def family(root: str) -> set[str]:
        found, waiting = {root}, [root]
        while waiting:
            new = set(bases.get(waiting.pop(), ())) - found
            found |= new
            waiting += new
        return found

    spellings: dict[str, set[str]] = {}
    for name in (*bases, *(b for v in bases.values() for b in v)):
        spellings.setdefault(name.casefold(), set()).add(name)
    words = {"finetune": "finetune", "quantized": "quantized", "adapter": "adapter", "merge": "merge"}
    mine = {"finetune": "finetune", "quantized": "quantize", "adapter": "adapter", "merge": "merge", "derived": "derived-from"}
    roots = sorted(bases)
    random.Random(1).shuffle(roots)
    checked = 0
    for root in roots:
        members = family(root)
        if not 3 <= len(members) <= 60 or any(not clean.fullmatch(m) or ".." in m or m.casefold() in renamed or len(spellings[m.casefold()]) > 1 or m in bases.get(m, ()) for m in members):
            continue
        server.repos.clear()
        for member in members:
            tags = [f"license:{licenses[member]}"] if licenses.get(member) else []
            for base, relation in bases.get(member, {}).items():
                tags += [f"base_model:{base}"] + ([f"base_model:{words[relation]}:{base}"] if relation in words else [])
            server.add(member, "# no front matter\n", tags=tags)
        draft = live(f"hf:{root}", knowledge)
        told = {(m, mine[r], b) for m in members for b, r in bases.get(m, {}).items()}
        copies = {k for k, s in draft.steps.items() if " is a copy of " in s.inferred} - told  # what our own tables add
        assert steps(draft) - copies == told, root
        assert set(draft.parts) - {s for _, _, s in copies} == members - {s for _, _, s in copies}, root
        assert {p.id for p in draft.parts.values() if p.looked} >= members
        checked += 1
        if checked == 100:
            break
    assert checked == 100


def test_record_is_whole_only_with_all_its_files() -> None:
    record = Record("a/b", "", "found", "a/b", names=["README.md"], listed=True)
    assert not record.whole
    record.files["README.md"] = hub_store.Kept(b"x")
    assert record.whole
    record.files["LICENSE"] = hub_store.Kept(problem="HTTP 500")
    assert not record.whole
