"""Hugging Face model and data set cards: the front matter of a README.md, and what the text below it repeats.

Sources: the Hub's documentation of model cards and data set cards, and of the `license` identifiers. Cards in the
wild are dirty (byte-order marks, no closing `---`, tabs, lists and booleans where a word belongs): what can be read
is read, what cannot is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from licgraph.errors import StackError
from licgraph.inputs import axolotl, mergekit
from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Node, Source, read_yaml
from licgraph.knowledge import Knowledge
from licgraph.names import guess
from licgraph.stack import Evidence

FORMAT = "card"
TITLE = "Hugging Face card (README.md)"
_OPENING = re.compile(r"---[ \t]*\r?\n")
_BLANKS = re.compile(r"\s*")
_CLOSING = re.compile(r"(?m)^[ \t]*---[ \t]*$")
_KEYS = re.compile(rb"(?m)^[ \t]*[\"']?(?:license|licence|license_name|base_model|datasets|library_name|pipeline_tag|tags|language|source_datasets|task_categories|model-index|dataset_info|configs|annotations_creators)[\"']?\s*:")
_DATASET_KEYS = ("task_categories", "dataset_info", "configs", "source_datasets", "annotations_creators", "size_categories", "language_creators", "task_ids")
_MODEL_KEYS = ("base_model", "pipeline_tag", "library_name", "model-index", "base_model_relation", "inference", "widget")
_RELATIONS = {"finetune": "finetune", "adapter": "adapter", "merge": "merge", "quantized": "quantize"}
_QUANTISED = re.compile(r"(?i)(?:^|[-_./ ])(?:gguf|ggml|gptq|awq|exl2|exl3|mlx|bnb-?4bit|4bit|8bit|int4|int8|fp8|nvfp4|q[2-8]_k(?:_[msl])?|q[2-8]_[01]|imatrix|quantized|w4a16|w8a8)(?:$|[-_./ ])")
_QUANT_TAGS = {"gguf", "ggml", "gptq", "awq", "exl2", "exl3", "mlx", "quantized", "compressed-tensors", "bitsandbytes", "4-bit", "8-bit"}
_ADAPTER_TAGS = {"lora", "peft", "adapter", "qlora"}
TEMPLATES = (
    (re.compile(r"unsloth"), "apache-2.0", "the card template of unsloth writes apache-2.0 whatever the base"),
    (re.compile(r"lazymergekit"), "apache-2.0", "the LazyMergekit notebook writes apache-2.0 whatever is merged"),
    (re.compile(r"\btimm\b"), "apache-2.0", "timm writes apache-2.0 when nothing else is said"),
)
MAX_PROSE = 1200
MAX_BLOCKS = 1_000


def sniff(source: Source) -> int:
    """A README that opens with front matter, or a Markdown file with a card's keys in it."""
    if not source.name.endswith((".md", ".markdown", ".mdx")) and source.given is None:
        return 0
    head = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    opens = head.startswith((b"---", b"<!--"))
    if opens and _KEYS.search(head):
        return 80
    return 30 if source.name.startswith("readme") else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a card says of its model or data set. Raises StackError when it is no text at all."""
    text = source.text().replace("\r\n", "\n").replace("\r", "\n")
    found = Draft()
    front, body, first, body_line = split(text)
    head = _front(front, source.shown, first, found)
    kind = _kind(head)
    named = head.get("model_name").text or head.get("model-index", 0, "name").text
    title = named or around(source) or head.get("pretty_name").text or _heading(body)
    part_id = result or component_id(title or "model")
    part = found.part(part_id, kind, name=named if result else title, ours=True, looked=True, evidence=Evidence(source.shown, first if front else 1))
    found.release = part_id
    _licenses(found, part, head, body, source.shown, knowledge)
    _prose(part, body, source.shown, body_line, knowledge)
    _bases(found, part, head, title, knowledge)
    _data(found, part, head, knowledge)
    _notices(found, part, head)
    _embedded(found, part, body, source.shown, body_line, knowledge)
    if not front:
        found.notice("no-front-matter", part_id, f"{source.shown} has no front matter, so it states no licence and no base in a form that is read")
    return found


def _past(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def split(text: str) -> tuple[str, str, int, int]:
    """Front matter and body of a card, each with the line of the file on which it begins; no front matter: empty."""
    text = text.lstrip("\ufeff")
    start = _past(_BLANKS, text, 0)
    while text.startswith("<!--", start) and (closed := text.find("-->", start)) > 0:
        start = _past(_BLANKS, text, closed + 3)
    opening = _OPENING.match(text, start)
    if opening is None:
        return "", text, 1, 1
    first = text[: opening.end()].count("\n") + 1
    closing = _CLOSING.search(text, opening.end())
    if closing is not None:
        return text[opening.end() : closing.start()], text[closing.end() :], first, text[: closing.end()].count("\n") + 1
    end = re.compile(r"(?m)^(?:#|\s*$)").search(text, opening.end())  # never closed: up to the first heading or blank line
    stop = end.start() if end else len(text)
    return text[opening.end() : stop], text[stop:], first, text[:stop].count("\n") + 1


def _front(front: str, shown: str, first: int, found: Draft) -> Node:
    """The front matter as nodes; where it is no YAML, the lines that can be read by themselves, and a gap."""
    empty = Node({}, shown, first)
    if not front.strip():
        return empty
    for text in (front, re.sub(r"(?m)^(\t+)", lambda m: "  " * len(m.group(1)), front)):
        try:
            documents = read_yaml(text, shown, first)
        except StackError as problem:
            fault = problem.faults[0]
            continue
        return documents[0] if documents and documents[0].is_map else empty
    found.miss(f"{shown}:{fault.line}", f"the front matter cannot be read: {fault.what}")
    return _line_by_line(front, shown, first)


def _line_by_line(front: str, shown: str, first: int) -> Node:
    """Top-level `key: value` and `- entry` lines, for front matter that is not YAML as a whole."""
    keys: dict[str, Node] = {}
    key = ""
    for number, line in enumerate(front.split("\n"), first):
        pair = re.match(r"([A-Za-z_][\w-]*)\s*:\s*(.*)$", line)
        entry = re.match(r"\s*-\s+(\S.*)$", line)
        if pair:
            key, value = pair.group(1), pair.group(2).strip().strip("\"'")
            keys[key] = Node(value or None, shown, number)
        elif entry and key and (keys[key].value is None or keys[key].is_list):
            keys[key] = Node((*keys[key].listed(), Node(entry.group(1).strip().strip("\"'"), shown, number)), shown, keys[key].line)
    return Node(keys, shown, first)


def _kind(head: Node) -> str:
    tags = {t.casefold() for t, _ in head.get("tags").texts()}
    if any(head.get(k) for k in _DATASET_KEYS) and not any(head.get(k) for k in _MODEL_KEYS):
        return "dataset"
    adapter = head.get("base_model_relation").text == "adapter" or head.get("library_name").text.casefold() == "peft" or tags & _ADAPTER_TAGS
    return "adapter" if adapter and "merge" not in tags else "weights"


def around(source: Source) -> str:
    """The name of the folder that a README.md stands in: on the Hub a repository's name is its model's."""
    return source.path.resolve().parent.name if source.path is not None and source.name == "readme.md" else ""


def _heading(body: str) -> str:
    found = re.search(r"(?m)^#\s+(.+?)\s*#*$", body[:20_000])
    title = re.sub(r"[*_`]|\[([^\]]*)\]\([^)]*\)", r"\1", found.group(1)) if found else ""
    return title.strip()[:100]


def component_id(title: str) -> str:
    """A component id from a name."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", title.rsplit("/", 1)[-1]).strip("-._+")[:80] or "model"


def _licenses(found: Draft, part: Part, head: Node, body: str, shown: str, knowledge: Knowledge) -> None:
    """`license`, `license_name` and `license_link`: each statement is kept, the words that state nothing are not."""
    if head.get("licence").text.casefold() == "license" and not head.get("license"):
        found.notice("placeholder-license", part.id, f"{head.get('licence').place} states `licence: license`, a template's placeholder: no licence")
    stated = head.get("license") or head.get("licence")
    name, link = head.get("license_name"), head.get("license_link")
    words = [(t, n) for t, n in stated.texts() if guess(t, knowledge).kind != "none stated"]
    if words:
        written = ", ".join(dict.fromkeys(t for t, _ in words))
        part.say("tag", written, words[0][1].place, _template(written, head, body))
    if name.text and guess(name.text, knowledge).kind != "none stated":
        alone = guess(name.text, knowledge)
        if alone.kind == "unresolved" and "://" in link.text and guess(link.text, knowledge).ids:
            part.say("tag", link.text, link.place)
        else:
            part.say("card" if words else "tag", name.text, name.place)
    elif link.text and "://" in link.text and guess(link.text, knowledge).ids:
        part.say("card" if words else "tag", link.text, link.place)
    elif stated.text.casefold() in ("other", "unknown"):
        part.unnamed = f"{stated.place} states `license: {stated.text}` and names none"


def _template(written: str, head: Node, body: str) -> str:
    """Why a label may be a tool's default and not a decision."""
    marks = " ".join([head.get("library_name").text, *(t for t, _ in head.get("tags").texts()), "lazymergekit" if "LazyMergekit" in body else "", "unsloth" if "github.com/unslothai/unsloth" in body else ""]).casefold()
    return next((why for pattern, label, why in TEMPLATES if written.casefold() == label and pattern.search(marks)), "")


def _prose(part: Part, body: str, shown: str, body_line: int, knowledge: Knowledge) -> None:
    """A section about the licence: links, code words and `under the … licence`, if all that can be read means one licence."""
    for heading in re.finditer(r"(?im)^(?:#{1,6}\s*|\*\*)[^\n#*]{0,40}\blicen[sc](?:e|ing)\b[^\n]{0,40}$", body):
        rest = body[heading.end() : heading.end() + MAX_PROSE]
        section = re.split(r"(?m)^#{1,6}\s", rest, maxsplit=1)[0]
        named = [(m.group(1), m.start()) for m in re.finditer(r"\[([^\]\n]{2,80})\]\([^)\n]*\)|`([^`\n]{2,60})`", section) if m.group(1)]
        named += [(m.group(1), m.start()) for m in re.finditer(r"(?i)\b(?:under|is|the)\s+(?:the\s+|an?\s+)?([A-Za-z][\w.+ -]{1,50}?(?:\s+licen[sc]e(?:,?\s*(?:version|v\.?)\s*[\d.]+)?))", section)]
        read = [(g, text, at) for text, at in named for g in (guess(text, knowledge),) if g.kind in ("resolved", "ambiguous")]
        if read and len({g.ids for g, _, _ in read}) == 1:
            line = body_line + body[: heading.end()].count("\n") + section[: read[0][2]].count("\n")
            part.say("card", read[0][1], Evidence(shown, line))


def _bases(found: Draft, part: Part, head: Node, title: str, knowledge: Knowledge) -> None:
    """`base_model`, with the relation that is stated or concluded."""
    bases = head.get("base_model").texts()
    stated = head.get("base_model_relation")
    relation, why, confidence = _relation(part, head, title, len(bases))
    if stated.text and stated.text not in _RELATIONS:
        found.notice("unknown-relation", part.id, f"{stated.place}: base_model_relation `{stated.text[:40]}` is none of the Hub's four")
    for text, node in bases:
        base = reference(text, knowledge)
        if base.kind == "nothing":
            found.miss(str(node.place), f"base_model `{text[:60]}` names nothing, so what it was made from is not known", part.id)
            continue
        found.refer(base, "weights", node.place)
        found.step(part.id, relation, base.id, node.place, why, confidence=confidence)
    if head.get("base_model") and not bases and not head.get("base_model").is_list:
        found.miss(str(head.get("base_model").place), "base_model is no name", part.id)


def _relation(part: Part, head: Node, title: str, bases: int) -> tuple[str, str, float]:
    """The relation to the base, on what it was concluded if it is not stated, and how sure that is."""
    stated = head.get("base_model_relation").text
    if stated in _RELATIONS:
        return _RELATIONS[stated], "", 1.0
    tags = {t.casefold() for t, _ in head.get("tags").texts()}
    if part.kind == "adapter":
        return "adapter", "no relation is stated; library or tags say adapter", 0.9
    if "merge" in tags or "mergekit" in tags or head.get("library_name").text == "mergekit":
        return "merge", "no relation is stated; tags say merge", 0.9
    if tags & _QUANT_TAGS or head.get("quantized_by") or _QUANTISED.search(title):
        return "quantize", "no relation is stated; tags or name say quantised", 0.9
    if bases >= 2:
        return "merge", f"no relation is stated; {bases} base models are taken as a merge", 0.3
    return "finetune", "no relation is stated; taken as a fine-tune, the usual case", 0.6


def _data(found: Draft, part: Part, head: Node, knowledge: Knowledge) -> None:
    """`datasets` of a model, `source_datasets` of a data set, and machine-made texts."""
    for text, node in head.get("datasets").texts() if part.kind != "dataset" else ():
        data = reference(text, knowledge, dataset=True)
        if data.kind == "nothing":
            continue
        found.refer(data, "dataset", node.place)
        found.step(part.id, "trained-on", data.id, node.place)
    for text, node in head.get("source_datasets").texts():
        name = re.sub(r"^(?:extended\|)?(?:other-)?", "", text)
        if text in ("original", "extended") or not name:
            continue
        data = reference(name, knowledge, dataset=True)
        if data.kind == "nothing":
            found.miss(str(node.place), f"source_datasets names `{text[:60]}`, which is nothing that can be looked up", part.id)
            continue
        found.refer(data, "dataset", node.place)
        found.step(part.id, "contains-modified", data.id, node.place, "source_datasets does not say how much was taken over", confidence=0.6)
    made = [n for k in ("language_creators", "annotations_creators") for t, n in head.get(k).texts() if t == "machine-generated"]
    if part.kind == "dataset" and (made or {"synthetic", "distilabel"} & {t.casefold() for t, _ in head.get("tags").texts()}):
        found.notice("machine-generated-data", part.id, "the card says that a model made this data; which one, and under which terms, is not in a form that is read")


def _notices(found: Draft, part: Part, head: Node) -> None:
    gate = next((n for k, n in head.items() if k.startswith("extra_gated_") and n), None)
    if gate is not None:
        found.notice("gate-terms", part.id, f"{gate.place}: access asks for agreement to terms of its own; they were not read")
    newer = head.get("new_version")
    if newer.text:
        found.notice("superseded", part.id, f"{newer.place}: there is a newer version, {newer.text[:100]}")


def _embedded(found: Draft, part: Part, body: str, shown: str, body_line: int, knowledge: Knowledge) -> None:
    """Configurations that tools write into the cards they make."""
    line, seen = body_line, 0
    for number, block in enumerate(re.finditer(r"(?ms)^```(?:ya?ml)?[ \t]*\n(.*?)^```", body)):
        if number >= MAX_BLOCKS:
            found.miss(f"{shown}:{line}", f"more than {MAX_BLOCKS} blocks of code; what follows was not looked at", part.id)
            break
        line += body.count("\n", seen, block.start(1))
        seen = block.start(1)
        first = line
        documents = _documents(block.group(1), shown, first)
        for reader in (mergekit, axolotl):
            if any(reader.fits(d) for d in documents):
                found.absorb(reader.draft([d for d in documents if d], shown, knowledge, part.id))
                break


def _documents(text: str, shown: str, first: int) -> Iterable[Node]:
    try:
        return read_yaml(text, shown, first)
    except StackError:
        return []
