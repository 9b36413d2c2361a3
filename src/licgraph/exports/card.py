"""A model card put right: license, license_name, license_link, base_model and base_model_relation of the release.

Source: the Hub's documentation of model cards and of its licence identifiers. Of a README that is there, only these
five keys change, and only where they say something else; every other byte stays. Where no terms were found under
which the release may go out, the card states none and a comment says why; where the answer is still open, a label
that is there stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from licgraph.errors import Fault, StackError
from licgraph.exports import terms
from licgraph.expression import Leaf, Tree
from licgraph.expression import render as shown
from licgraph.inputs.assemble import tree_of
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node, read_yaml
from licgraph.knowledge import Knowledge
from licgraph.names import guess
from licgraph.stack import Edge, Stack
from licgraph.verdict import Verdict

FORMATS = ("card",)
EDITS = True
TERMS = ("license", "license_name", "license_link")
BASES = ("base_model", "base_model_relation")
_OPENING = re.compile(r"\A\ufeff?\s*(?:<!--.*?-->\s*)*---[ \t]*(\r?\n)", re.DOTALL)
_CLOSING = re.compile(r"(?m)^---[ \t]*\r?$")
_RELATIONS = {"finetune": "finetune", "modifies": "finetune", "adapter": "adapter", "merge": "merge", "quantize": "quantized", "convert": "quantized"}
_MAKING = (*_RELATIONS, "derived-from")
_FAMILY = {"GPL-3.0": "gpl-3.0", "GPL-2.0": "gpl-2.0", "AGPL-3.0": "agpl-3.0", "LGPL-3.0": "lgpl-3.0", "LGPL-2.1": "lgpl-2.1"}
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/+-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
Value = str | tuple[str, ...] | None


def render(stack: Stack, verdict: Verdict | None, knowledge: Knowledge, form: str, day: str, given: str = "") -> str:
    """The card: ``given`` with its five keys put right, or a new front matter.

    Raises StackError when nothing is released, or when the front matter that is there cannot be changed safely.
    """
    release = terms.released(stack, verdict)
    if not release:
        raise StackError(Fault("the stack", 0, "release", "the stack does not say what is released, and a card is about one thing", "Add `release: {component: ID}`"))
    opening = _OPENING.match(given)
    if not opening:
        wanted, why = _wanted(stack, verdict, knowledge, release, Node({}))
        newline = "\r\n" if "\r\n" in given else "\n"
        block = newline.join(["---", *_lines(wanted, why), "---"]) + newline
        mark = "\ufeff" if given.startswith("\ufeff") else ""
        body = given.removeprefix("\ufeff")
        return mark + block + (newline + body if body else "")
    closing = _CLOSING.search(given, opening.end())
    if closing is None:
        raise _unsafe(given, "its front matter is never closed by a line `---`")
    front = given[opening.end() : closing.start()]
    first = given[: opening.end()].count("\n") + 1
    head = _read(front, first)
    wanted, why = _wanted(stack, verdict, knowledge, release, head)
    changed = _changed(front, wanted, why, head, opening.group(1))
    _checked(front, changed, wanted, first)
    return given[: opening.end()] + changed + given[closing.start() :]


def lost(stack: Stack, form: str) -> list[str]:
    """What a card cannot say of the release."""
    release = stack.release.component if stack.release is not None else ""
    bases, _ = _bases(stack, release)
    nameless = sorted({e.source for e in stack.edges if e.result == release and e.relation in _MAKING and not stack.components[e.source].source.startswith("hf:") and not bases})
    found = [f"{name}, which it was made from, has no name on the Hub" for name in nameless]
    others = sorted({e.relation for e in stack.edges if e.result == release and e.relation not in _MAKING})
    found += [f"the relation {r}" for r in others]
    return [*found, "licences of all other components", "duties, open questions and evidence"]


def _unsafe(given: str, what: str, line: int = 1) -> StackError:
    return StackError(Fault("the card", line, "", what, "Set license, license_name, license_link, base_model and base_model_relation by hand, or correct the front matter"))


def _read(front: str, first: int) -> Node:
    try:
        documents = read_yaml(front, "the card", first)
    except StackError as problem:
        raise _unsafe(front, f"its front matter is not valid YAML: {problem.faults[0].what}", problem.faults[0].line) from None
    head = documents[0] if documents else Node({})
    if len(documents) > 1 or not (head.is_map or head.value in (None, "")):
        raise _unsafe(front, "its front matter is no map of keys")
    return head if head.is_map else Node({})


def _wanted(stack: Stack, verdict: Verdict | None, knowledge: Knowledge, release: str, head: Node) -> tuple[dict[str, Value], str]:
    """What each key is to say (None: it is not to stand there), for the keys that are to change; and why no licence is stated."""
    wanted: dict[str, Value] = {}
    offered = terms.offered(stack, verdict, knowledge)
    is_open = verdict is None or (verdict.answer in ("conditional", "unknown") and offered.tree is None)
    if is_open and any(head.get(k) for k in (*TERMS, "licence")):
        pass
    elif offered.tree is None:
        wanted |= dict.fromkeys(TERMS)
    elif not _states(head, offered.tree, knowledge):
        wanted |= _license(offered.tree, knowledge)
    if stack.components[release].kind in ("weights", "adapter"):
        bases, relation = _bases(stack, release)
        if bases:
            there = [reference(t, knowledge).id for t, _ in head.get("base_model").texts()]
            if sorted(there) != sorted(bases):
                wanted["base_model"] = bases[0] if len(bases) == 1 else tuple(bases)
            if head.get("base_model_relation").text != relation and (relation or "base_model" in wanted):
                wanted["base_model_relation"] = relation or None
    return wanted, offered.why if "license" in wanted and wanted["license"] is None else ""


def _states(head: Node, tree: Tree, knowledge: Knowledge) -> bool:
    """Whether the card states these terms already, and nothing beside them."""
    said = [t for key in ("license", "licence") for t, _ in head.get(key).texts() if guess(t, knowledge).kind != "none stated"]
    name, link = head.get("license_name").text, head.get("license_link").text
    said += [name] if name and guess(name, knowledge).kind != "none stated" else []
    said += [link] if "://" in link and guess(link, knowledge).ids and guess(name, knowledge).kind == "unresolved" else []
    return bool(said) and not head.get("licence") and all(shown(tree_of(s, knowledge)) == shown(tree) for s in said)


def _license(tree: Tree, knowledge: Knowledge) -> dict[str, Value]:
    """The three keys for some terms: the Hub's identifier where it has one, else `other` with a name and a link."""
    if isinstance(tree, Leaf):
        hub = _identifier(tree.id, knowledge)
        if hub:
            return {"license": hub, "license_name": None, "license_link": None}
        family = next((h for stem, h in _FAMILY.items() if tree.id in (f"{stem}-only", f"{stem}-or-later")), "")
        if family:
            return {"license": family, "license_name": tree.id, "license_link": f"https://spdx.org/licenses/{tree.id}.html"}
        if tree.id in knowledge.spdx_ids:
            return {"license": "other", "license_name": tree.id, "license_link": f"https://spdx.org/licenses/{tree.id}.html"}
        return {"license": "other", "license_name": "own-terms" if tree.id == "OWN-TERMS" else tree.id, "license_link": "LICENSE"}
    return {"license": "other", "license_name": shown(tree), "license_link": "LICENSE"}


def _identifier(license_id: str, knowledge: Knowledge) -> str:
    """The Hub's identifier that means this licence and no other."""
    if license_id not in knowledge.license_ids:
        return ""
    names = knowledge.raw(license_id).get("aliases", {}).get("hub", ())
    return next((n for n in names if knowledge.resolve(n).ids == (license_id,)), "")


def _bases(stack: Stack, release: str) -> tuple[list[str], str]:
    """The Hub repositories that the release was made from, by way of what was never published, and the one relation that says so."""
    made: dict[str, list[Edge]] = {}
    for edge in stack.edges:
        if edge.relation in _MAKING:
            made.setdefault(edge.result, []).append(edge)
    found: dict[str, set[str]] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(release, frozenset())]
    seen = set(waiting)
    while waiting:
        part, steps = waiting.pop(0)
        for edge in made.get(part, ()):
            source = stack.components[edge.source].source
            on = steps | {edge.relation}
            if source.startswith("hf:") and not source.startswith(("hf:datasets/", "hf:spaces/")):
                found.setdefault(source.removeprefix("hf:").partition("@")[0], set()).update(on)
            elif (edge.source, on) not in seen:
                seen.add((edge.source, on))
                waiting.append((edge.source, on))
    relations = {_relation(frozenset(s), stack.components[release].kind) for s in found.values()}
    several = len(found) > 1 and "merge" in {r for s in found.values() for r in s}
    return list(found), "merge" if several else next(iter(relations)) if len(relations) == 1 else ""


def _relation(steps: frozenset[str], kind: str) -> str:
    """One word of the Hub for the steps on the way from a base: what changed the weights says more than how they are packed."""
    told = {_RELATIONS.get(s, "") for s in steps}
    changed = told - {"quantized"}
    if "" in told:
        return ""
    if not changed:
        return "quantized"
    if changed == {"adapter"}:
        return "adapter" if kind == "adapter" else "finetune"
    return "merge" if changed == {"merge"} else "finetune"


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS else json.dumps(text, ensure_ascii=False)


def _line(key: str, value: str | Sequence[str]) -> list[str]:
    return [f"{key}: {_scalar(value)}"] if isinstance(value, str) else [f"{key}:", *(f"  - {_scalar(v)}" for v in value)]


def _comment(why: str) -> str:
    return "# license: none is stated: " + " ".join("".join(c if c.isprintable() else " " for c in why).split())


def _lines(wanted: Mapping[str, Value], why: str) -> list[str]:
    """A new front matter."""
    found = [_comment(why)] if why else []
    for key in (*TERMS, *BASES):
        value = wanted.get(key)
        found += _line(key, value) if value is not None else []
    return found


def _changed(front: str, wanted: Mapping[str, Value], why: str, head: Node, newline: str) -> str:
    """The front matter with the keys that are to change in their old places, new ones beside those they belong to."""
    lines = front.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    spans = _spans(lines)
    keys = {k: v for k, v in wanted.items() if k in spans or v is not None}
    if "license" in wanted:
        keys |= dict.fromkeys(k for k in ("licence",) if k in spans)
    new = {k: [x + newline for x in _line(k, v)] if v is not None else [] for k, v in keys.items()}
    comment = [_comment(why) + newline] if why and _comment(why) not in [x.strip() for x in lines] else []
    dropped = {n for key in keys for start, end in spans.get(key, ()) for n in range(start, end) if not _is_comment(lines[n], lines[start])}
    put: dict[int, list[str]] = {}
    for group, extra in ((TERMS, comment), (BASES, [])):
        ordered = [x for k in group for x in new.get(k, ())]
        there = [spans[k][0][0] for k in (*group, *(("licence",) if group is TERMS else ())) if k in spans]
        single = {k: spans[k][0][0] for k in group if k in spans and k in keys}
        if extra or (ordered and len(single) != len([k for k in group if new.get(k)])) or len(single) > 1:
            # keys come or go: the group stands together, where the first of it stood
            at = min((n for n in there if n in dropped), default=min((_after(spans, k) for k in group if k in spans), default=0 if group is TERMS else len(lines)))
            put.setdefault(at, []).extend([*extra, *ordered])
        else:
            for key, at in single.items():
                put.setdefault(at, []).extend(new[key])
    out: list[str] = []
    for n in range(len(lines) + 1):
        out += put.get(n, [])
        if n < len(lines) and n not in dropped:
            out.append(lines[n])
    return "".join(out)


def _is_comment(line: str, head: str) -> bool:
    """Whether a line among those of a key's value is a person's comment, and no text of a block scalar."""
    return line.startswith("#") or (line.lstrip().startswith("#") and not re.search(r":\s*[|>]", head))


def _after(spans: Mapping[str, Sequence[tuple[int, int]]], key: str) -> int:
    return spans[key][-1][1]


def _spans(lines: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """The lines of each top-level key: from its own to the last that belongs to its value."""
    found: dict[str, list[tuple[int, int]]] = {}
    key, start, last = "", 0, 0
    for number, line in enumerate([*lines, "end:"]):
        begins = re.match(r"""["']?([A-Za-z_][\w-]*)["']?\s*:(?:\s|$)""", line)
        if begins:
            if key:
                found.setdefault(key, []).append((start, last + 1))
            key, start, last = begins.group(1), number, number
        elif line.strip() and not line.startswith("#"):
            last = number
    return found


def _checked(before: str, after: str, wanted: Mapping[str, Value], first: int) -> None:
    """Holds the change against what was meant: the keys say it, and no other key says anything else. Raises StackError."""
    old, new = _read(before, first), _read(after, first)
    plain = {k: _value(v) for k, v in new.items()}
    meant = {k: _value(v) for k, v in old.items() if k not in wanted and not (k == "licence" and "license" in wanted)}
    meant |= {k: v for k, v in wanted.items() if v is not None}
    if plain != meant:
        raise _unsafe(before, "its front matter is written in a way in which these keys cannot be changed without touching others", first)


def _value(node: Node) -> object:
    if node.is_map:
        return {k: _value(v) for k, v in node.items()}
    return tuple(_value(v) for v in node.listed()) if node.is_list else node.value
