"""The card patch: five keys put right, and not a byte besides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from licgraph import exports
from licgraph.answer import assess
from licgraph.errors import StackError
from licgraph.inputs import card as reader
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge

from .conftest import AS_OF, simple, stack_of

KEYS = ("license", "licence", "license_name", "license_link", "base_model", "base_model_relation")


def tuned(license_id: str, proposed: str | None, relation: str = "finetune", **more: Any) -> dict[str, Any]:
    data = simple(relation, license_id, **({"license": proposed} if proposed else {}), **more)
    data["components"]["base"]["source"] = "hf:org/base@abc"
    return data


def card(data: dict[str, Any], knowledge: Knowledge, given_text: str = "") -> str:
    stack = stack_of(data, knowledge)
    return exports.render("card", stack, assess(stack, knowledge, as_of=AS_OF), knowledge, AS_OF, given_text)


def front(text: str) -> str:
    found = re.match(r"\A\ufeff?---\r?\n(.*?)^---", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_a_new_card(knowledge: Knowledge) -> None:
    assert card(tuned("Apache-2.0", "MIT"), knowledge) == "---\nlicense: mit\nbase_model: org/base\nbase_model_relation: finetune\n---\n"


@pytest.mark.parametrize(
    ("proposed", "lines"),
    [
        ("Apache-2.0", ["license: apache-2.0"]),
        ("CC-BY-4.0", ["license: cc-by-4.0"]),
        ("GPL-3.0-or-later", ["license: gpl-3.0", "license_name: GPL-3.0-or-later", "license_link: \"https://spdx.org/licenses/GPL-3.0-or-later.html\""]),
        ("MulanPSL-2.0", ["license: other", "license_name: MulanPSL-2.0", "license_link: \"https://spdx.org/licenses/MulanPSL-2.0.html\""]),
        ("OWN-TERMS", ["license: other", "license_name: own-terms", "license_link: LICENSE"]),
        ("MIT OR Apache-2.0", ["license: other", 'license_name: "MIT OR Apache-2.0"', "license_link: LICENSE"]),
    ],
)
def test_the_words_of_the_hub(proposed: str, lines: list[str], knowledge: Knowledge) -> None:
    assert front(card(tuned("MIT", proposed), knowledge)).splitlines()[: len(lines)] == lines


def test_the_terms_that_may_be_offered_where_those_asked_may_not(knowledge: Knowledge) -> None:
    data = tuned("llama2", "MIT", "adapter", made="adapter")
    assert front(card(data, knowledge)).splitlines()[0] == "license: llama2"


@pytest.mark.parametrize(
    ("relation", "made", "word"),
    [("finetune", "weights", "finetune"), ("adapter", "adapter", "adapter"), ("merge", "weights", "merge"), ("quantize", "weights", "quantized"), ("convert", "weights", "quantized"), ("derived-from", "weights", "")],
)
def test_relations(relation: str, made: str, word: str, knowledge: Knowledge) -> None:
    text = front(card(tuned("MIT", "MIT", relation, made=made), knowledge))
    assert ("base_model_relation" in text) == bool(word)
    assert not word or text.endswith(f"base_model: org/base\nbase_model_relation: {word}\n")


def test_what_was_never_published_is_passed_through(knowledge: Knowledge) -> None:
    data = tuned("MIT", "MIT")
    data["components"] |= {
        "lora": {"kind": "adapter", "ours": True, "from": {"adapter": "base"}},
        "merged": {"kind": "weights", "ours": True, "from": {"merge": ["base", "lora"]}},
        "ours": {"kind": "weights", "from": {"quantize": "merged"}},
    }
    assert front(card(data, knowledge)) == "license: mit\nbase_model: org/base\nbase_model_relation: finetune\n"
    data["components"]["two"] = {"kind": "weights", "license": "MIT", "source": "hf:other/two"}
    data["components"]["merged"]["from"] = {"merge": ["base", "two"]}
    data["components"]["ours"]["from"] = {"convert": "merged"}
    assert front(card(data, knowledge)) == "license: mit\nbase_model:\n  - org/base\n  - other/two\nbase_model_relation: merge\n"


def test_bases_without_a_name_are_left_alone_and_said(knowledge: Knowledge) -> None:
    data = simple("finetune", "MIT", license="MIT")
    text = "---\nlicense: apache-2.0\nbase_model: some/thing\n---\n"
    assert card(data, knowledge, text) == text.replace("apache-2.0", "mit")
    assert any("no name on the Hub" in x for x in exports.lost("card", stack_of(data, knowledge)))


def test_a_data_set_has_no_base(knowledge: Knowledge) -> None:
    assert card(tuned("MIT", "MIT", "contains-modified", kind="dataset", made="dataset", form="dataset"), knowledge) == "---\nlicense: mit\n---\n"


RIGHT = "license: mit\nbase_model: org/base\nbase_model_relation: finetune\n"
PATCHES = [
    ("license: MIT\nbase_model: [org/base]\nbase_model_relation: finetune\n", None),  # says it already, in its own words
    ("license: apache-2.0\nbase_model: org/base\nbase_model_relation: finetune\n", RIGHT),
    ("language: no\nlicense:  apache-2.0   # a default\ntags: [a,\n  b]\nbase_model: org/base\nbase_model_relation: finetune\n", "language: no\nlicense: mit\ntags: [a,\n  b]\nbase_model: org/base\nbase_model_relation: finetune\n"),
    ("license: other\nlicense_name: llama2\nlicense_link: LICENSE\n# mine\ntags:\n- x\nbase_model: org/base\nbase_model_relation: finetune\n", "license: mit\n# mine\ntags:\n- x\nbase_model: org/base\nbase_model_relation: finetune\n"),
    ("license:\n- apache-2.0\n- mit\n\ntags:\n- x\nbase_model:\n  - org/base\nbase_model_relation: merge\n", "license: mit\n\ntags:\n- x\nbase_model:\n  - org/base\nbase_model_relation: finetune\n"),
    ("licence: license\nbase_model: org/base\nbase_model_relation: finetune\n", RIGHT),
    ("tags: [x]\n", "license: mit\ntags: [x]\nbase_model: org/base\nbase_model_relation: finetune\n"),
    ("license: mit\nlicense: apache-2.0\nbase_model: org/base\nbase_model_relation: finetune\n", RIGHT),
    ('"license": "apache-2.0"\nbase_model: org/base\nbase_model_relation: finetune\n', RIGHT),
    ("base_model: other/base\nlicense: mit\n", "base_model: org/base\nbase_model_relation: finetune\nlicense: mit\n"),
    ("extra_gated_prompt: |\n  license: nothing\n\n  base_model: y\nlicense: mit\nbase_model: org/base\nbase_model_relation: finetune\n", None),
    ("", RIGHT),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), PATCHES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("head", "body"), [("", "# Title\n---\nlicense: not this\n"), ("\ufeff", ""), ("\n<!-- x -->\n", "text without an end")])
def test_patches(before: str, after: str | None, newline: str, head: str, body: str, knowledge: Knowledge) -> None:
    text, wanted = (f"{head}---\n{x}---\n{body}".replace("\n", newline) for x in (before, before if after is None else after))
    found = card(tuned("Apache-2.0", "MIT"), knowledge, text)
    assert found == wanted
    assert card(tuned("Apache-2.0", "MIT"), knowledge, found) == found


def test_a_readme_without_front_matter_gets_one(knowledge: Knowledge) -> None:
    assert card(tuned("Apache-2.0", "MIT"), knowledge, "\ufeff# Title\r\n") == "\ufeff" + f"---\n{RIGHT}---\n\n".replace("\n", "\r\n") + "# Title\r\n"


@pytest.mark.parametrize("text", ["---\nlicense: mit\n", "---\nlicense: [\n---\n", "---\n- a\n- b\n---\n", "---\n{license: apache-2.0, tags: [x]}\n---\n", "---\na: &x apache-2.0\nlicense: &y apache-2.0\nb: *y\n---\n"])
def test_what_cannot_be_changed_safely_is_refused(text: str, knowledge: Knowledge) -> None:
    with pytest.raises(StackError, match="by hand"):
        card(tuned("Apache-2.0", "MIT"), knowledge, text)


def test_where_nothing_may_be_offered_no_licence_is_stated(knowledge: Knowledge) -> None:
    data = tuned("NONE", "MIT")
    text = card(data, knowledge, "---\nlicense: mit\nlicense_link: LICENSE\ntags: [x]\nbase_model: org/base\nbase_model_relation: finetune\n---\nbody\n")
    assert re.fullmatch(r"---\n# license: none is stated: MIT: no; [^\n]+\ntags: \[x\]\nbase_model: org/base\nbase_model_relation: finetune\n---\nbody\n", text)
    assert card(data, knowledge, text) == text
    assert front(card(data, knowledge)).startswith("# license: none is stated")


def test_an_open_answer_leaves_the_label(knowledge: Knowledge) -> None:
    data = tuned("NOASSERTION", "MIT")
    text = "---\nlicense: mit\nbase_model: org/base\nbase_model_relation: finetune\n---\n"
    assert card(data, knowledge, text) == text
    assert front(card(data, knowledge)).startswith("# license: none is stated: MIT: unknown")


def test_nothing_released_is_refused(knowledge: Knowledge) -> None:
    data = tuned("MIT", "MIT")
    del data["release"]
    with pytest.raises(StackError, match="about one thing"):
        exports.render("card", stack_of(data, knowledge), None, knowledge, AS_OF)


def test_the_reader_reads_what_was_meant(knowledge: Knowledge) -> None:
    for proposed in ("MIT", "GPL-3.0-only", "MIT OR Apache-2.0", "OWN-TERMS", "MulanPSL-2.0"):
        found = reader.read(Source("README.md", None, card(tuned("MIT", proposed), knowledge).encode()), knowledge, "org/mine")
        assert {(s.result, s.relation, s.source) for s in found.steps.values()} == {("org/mine", "finetune", "org/base")}
        from licgraph.expression import render
        from licgraph.inputs.assemble import stack_of as assembled

        release = assembled(found, knowledge).release
        assert release is not None
        assert release.license is not None
        assert proposed == "OWN-TERMS" or render(release.license) == proposed


def test_comments_inside_a_value_that_is_replaced_stay(knowledge: Knowledge) -> None:
    found = card(tuned("Apache-2.0", "MIT"), knowledge, "---\nlicense:\n# why\n- apache-2.0\n  # since May\nlicense_name: |\n  # text\n---\n")
    assert "license: mit\n# why\n  # since May\n" in found
    assert "# text" not in found


_value = st.sampled_from(["mit", "apache-2.0", "[a, b]", "other", "", "no", "'x'", '"y: z"', "|\n  text\n\n  more", ">-\n  a", "\n- a\n- b", "\n  - a", "{a: b}", "1.0", "x # y"])
_line = st.tuples(st.sampled_from([*KEYS, "tags", "language", "Model", "x-y"]), _value).map(lambda p: f"{p[0]}: {p[1]}\n") | st.sampled_from(["# comment\n", "\n", "  \n", "---x\n", "garbage\n", "  - stray\n"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(_line, max_size=8), body=st.text(max_size=20), crlf=st.booleans())
@example(lines=["license: \n", "# comment\n", "  - stray\n"], body="", crlf=False)
def test_everything_else_stays(lines: list[str], body: str, crlf: bool, knowledge: Knowledge) -> None:
    text = "---\n" + "".join(lines) + "---\n" + body.replace("\r", "")
    text = text.replace("\n", "\r\n") if crlf else text
    data = tuned("Apache-2.0", "MIT")
    try:
        found = card(data, knowledge, text)
    except StackError:
        return
    assert card(data, knowledge, found) == found
    kept = [x for x in text.splitlines(keepends=True) if re.match(r"(?:tags|language|Model|x-y)\s*:|#", x)]
    rest = found.splitlines(keepends=True)
    position = -1
    for line in kept:  # in their order, byte for byte
        position = rest.index(line, position + 1)
    assert found.endswith(text[text.index("---", 3) :][text[text.index("---", 3) :].index("\n") + 1 :] if not lines else body.replace("\r", "").replace("\n", "\r\n") if crlf else body.replace("\r", ""))
