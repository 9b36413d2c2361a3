'''Ollama Modelfiles: what a package is made from, the adapter in it, and the licence it carries.

Source: Ollama's Modelfile reference. Keywords stand in any case and order; a value goes on over lines within quotes
(`"` or three of them), so nothing in a prompt is taken for an instruction. `FROM` names a model of Ollama's library, a repository
of the Hub, or files beside; tags of the library are looked up in `data/ollama.yaml`, where they are known for sure.
'''

from __future__ import annotations

import functools
import re
from pathlib import Path

from licgraph.errors import StackError
from licgraph.inputs import gguf, safetensors
from licgraph.inputs.draft import Draft, Part, Said
from licgraph.inputs.headers import inside, own_id, pointed, slug, statement
from licgraph.inputs.identity import local
from licgraph.inputs.loose import Node, Source, read_yaml, refuse
from licgraph.knowledge import Knowledge
from licgraph.light import NamedTuple
from licgraph.stack import Evidence

FORMAT = "modelfile"
TITLE = "Ollama Modelfile"
MAX_BLOCKS = 50
MAX_NAMED = 200
"""Models, adapters and unknown words that are followed; a package has a few."""
_WORDS = ("FROM", "ADAPTER", "LICENSE", "PARAMETER", "TEMPLATE", "SYSTEM", "MESSAGE", "REQUIRES", "RENDERER", "PARSER", "DRAFT", "CAPABILITY")
_FROM = re.compile(rb"(?im)^[ \t]*FROM\s+\S")
_OWN = re.compile(rb"(?m)^(?:PARAMETER|TEMPLATE|ADAPTER|SYSTEM|LICENSE|MESSAGE|RENDERER)\s+\S")
_CONTAINER = re.compile(rb"(?im)^[ \t]*(?:RUN|CMD|ENTRYPOINT|COPY|WORKDIR|EXPOSE|ENV)\s+\S")
_HUB = re.compile(r"^(?:https?://)?(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+)(?::([\w.-]+))?$", re.IGNORECASE)
_NAME = re.compile(r"^(?:https?://)?(?:(?P<host>[A-Za-z0-9][\w-]*(?:\.[\w-]+)+(?::\d+)?|localhost(?::\d+)?)/)?(?:(?P<owner>[\w.-]+)/)?(?P<name>[\w.-]+)(?::(?P<tag>[\w.-]+))?$", re.ASCII)
_LIBRARY = {"", "registry.ollama.ai", "ollama.com", "www.ollama.com", "ollama.ai"}
_PATH = re.compile(r"^(?:[./~\\]|[A-Za-z]:[\\/])|(?i:\.(?:gguf|bin|safetensors))$|[*?]")
_BLOB = re.compile(r"[\\/]blobs[\\/]sha256[-:][0-9a-f]{12,64}$")
_QUANT = re.compile(r"-(?P<q>q\d\w*|iq\d\w*|fp16|f16|bf16|fp32|mxfp4)$", re.IGNORECASE)


class Instruction(NamedTuple):
    """A keyword in capitals, its value without quotes, its line; ``closed``: its quotes were."""

    word: str
    value: str
    line: int
    closed: bool = True


def sniff(source: Source) -> int:
    """By its name, or by instructions that only it has; never what builds a container."""
    head = source.head
    if not _FROM.search(head) or _CONTAINER.search(head):
        return 40 if source.name == "modelfile" else 0
    if source.name.startswith("modelfile") or source.name.endswith(".modelfile"):
        return 90
    bare = Path(source.name).suffix in ("", ".txt") or source.given is not None
    return 70 if bare and _OWN.search(head) else 0


def parse(text: str) -> tuple[list[Instruction], dict[int, str]]:
    """The instructions of a file, and its comments by their lines."""
    found: list[Instruction] = []
    comments: dict[int, str] = {}
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        line, first = lines[at].strip(), at + 1
        at += 1
        if not line or line.startswith("#"):
            comments[first] = line
            continue
        word, _, value = line.partition(" ") if " " in line else line.partition("\t")
        word, value = word.upper(), value.strip()
        if word in ("PARAMETER", "MESSAGE"):
            value = value.partition(" ")[2].strip()
        quote = '"""' if value.startswith('"""') else '"' if value.startswith('"') else ""
        if not quote:
            found.append(Instruction(word, value, first))
            continue
        pieces, rest, closed = [], value[len(quote) :], False
        while True:
            end = rest.rfind(quote) if quote == '"' and rest.rstrip().endswith('"') else rest.find(quote) if quote == '"""' else -1
            if end >= 0:
                pieces.append(rest[:end])
                closed = True
                break
            pieces.append(rest)
            if at >= len(lines):
                break
            rest = lines[at]
            at += 1
        found.append(Instruction(word, "\n".join(pieces), first, closed))
    return found, comments


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a Modelfile packs. Raises StackError when it names no model."""
    instructions, comments = parse(source.text())
    if not any(i.word == "FROM" and i.value for i in instructions):
        raise refuse(source.shown, 1, "it has no FROM, so it names no model", "Write FROM and the model's name")
    found = Draft()
    stem = re.sub(r"(?i)^modelfile[-_.]?|\.?modelfile$", "", Path(source.shown).name)
    part = found.part(own_id(source, result or slug(stem, ""), "model"), "weights", ours=True, evidence=Evidence(source.shown, 1))
    found.release = part.id
    telling = [i for i in instructions if i.word in ("FROM", "ADAPTER", "DRAFT") or i.word not in _WORDS or not i.closed]
    if len(telling) > MAX_NAMED:
        found.miss(source.shown, f"{len(telling)} models, adapters or unknown words are named, of which {MAX_NAMED} were read", part.id)
    for one in telling[:MAX_NAMED]:
        place = Evidence(source.shown, one.line)
        if not one.closed:
            found.miss(str(place), f"the quotes of {one.word[:20]} are never closed, so what follows was taken for its text", part.id)
        if one.word == "FROM":
            shown_as = next((m.group(1) for n in range(one.line - 1, max(0, one.line - 4), -1) for m in [re.match(r"#\s*FROM\s+(\S+)$", comments.get(n, ""))] if m), "")
            _from(found, part, shown_as if _BLOB.search(one.value) and shown_as else one.value, place, source, knowledge, bool(result))
        elif one.word == "ADAPTER":
            _adapter(found, part, one.value, place, source, knowledge, bool(result))
        elif one.word == "DRAFT":
            _from(found, part, one.value, place, source, knowledge, bool(result), "contains")
        elif one.word not in _WORDS:
            found.miss(str(place), f"`{one.word[:30]}` is no instruction that is known, so what it adds is not known", part.id)
    _licenses(found, part, [i for i in instructions if i.word == "LICENSE"], source.shown, knowledge)
    return found


def _licenses(found: Draft, part: Part, blocks: list[Instruction], shown: str, knowledge: Knowledge) -> None:
    """All blocks apply to the package: one statement of them all."""
    said: list[Said] = []
    for block in blocks[:MAX_BLOCKS]:
        place = Evidence(shown, block.line)
        try:
            one, notices = statement(block.value, place, part.id, knowledge)
        except StackError as problem:
            found.miss(str(place), problem.faults[0].what, part.id)
            continue
        for notice in notices:
            found.notice(*notice)
        if one is not None:
            said.append(one)
    if len(blocks) > MAX_BLOCKS:
        found.miss(shown, f"{len(blocks)} licences are carried, of which {MAX_BLOCKS} were read", part.id)
    if said:
        where = "licence-file" if any(s.where == "licence-file" for s in said) else "tag"
        part.say(where, ", ".join(dict.fromkeys(s.written for s in said)), said[0].evidence)


def _from(found: Draft, part: Part, written: str, place: Evidence, source: Source, knowledge: Knowledge, in_folder: bool, relation: str = "convert") -> None:
    """The model that is packed, unchanged: files beside, a repository of the Hub, or a model of a registry."""
    value = written.strip().strip("'\"")
    hub = _HUB.match(value)
    beside = _beside(value, source)
    if not value:
        found.miss(str(place), "it names no model", part.id)
    elif hub is not None:
        base = pointed(hub.group(1), knowledge)
        found.refer(base, "weights", place)
        found.step(part.id, relation, base.id, place)
    elif beside or _PATH.search(value):
        _files(found, part, value, beside, place, source, knowledge, in_folder, relation, "weights")
    else:
        _tagged(found, part, value, place, knowledge, relation)


def _adapter(found: Draft, part: Part, written: str, place: Evidence, source: Source, knowledge: Knowledge, in_folder: bool) -> None:
    """An adapter that is packed beside the model."""
    value = written.strip().strip("'\"")
    hub = _HUB.match(value)
    if not value:
        found.miss(str(place), "it names no adapter", part.id)
    elif hub is not None:
        delta = pointed(hub.group(1), knowledge)
        found.refer(delta, "adapter", place)
        found.step(part.id, "contains", delta.id, place)
    else:
        _files(found, part, value, _beside(value, source), place, source, knowledge, in_folder, "contains", "adapter")


def _beside(value: str, source: Source) -> list[Path]:
    """The files or the folder that a value names, where they lie in the Modelfile's own folder."""
    if source.path is None or not value or "\0" in value:
        return []
    root = source.path.parent
    try:
        if re.search(r"[*?]", value) and not re.search(r"\*\*|\.\.", value) and not Path(value).is_absolute():
            named = sorted(root.glob(value.removeprefix("./")))[:MAX_BLOCKS]
        else:
            named = [root / value]
        return [n for n in named if n.exists() and inside(n, root)]
    except (OSError, ValueError, NotImplementedError):
        return []


def _files(found: Draft, part: Part, value: str, beside: list[Path], place: Evidence, source: Source, knowledge: Knowledge, in_folder: bool, relation: str, kind: str) -> None:
    """Files on a disk. The header of one beside is read: what it says is said of the package; an adapter stays a thing of its own."""
    root = source.path.parent.resolve() if source.path is not None else Path()
    if in_folder and beside and all(n.resolve().parent == root or n.resolve() == root for n in beside):
        return  # the folder's reader reads them, as of the same thing
    target = local(value)
    owner = part.id if kind == "weights" and relation == "convert" else target.id
    read = False
    for file in beside:
        one = Source(str(Path(source.shown).parent / file.name), file)
        reader = next((r for r in (gguf, safetensors) if file.is_file() and r.sniff(one) > 40), None)
        if reader is None:
            continue
        try:
            draft = reader.read(one, knowledge, owner)
        except StackError as problem:
            found.miss(one.shown, problem.faults[0].what, part.id)
            continue
        if owner != part.id:
            draft.release = ""
            draft.parts[owner].ours = False
        else:
            _gaps(draft)
        found.absorb(draft)
        read = True
    if read and owner == part.id:
        return
    found.refer(target, kind, place)
    if target.kind == "hub":
        found.parts[target.id].inferred = ""
    found.step(part.id, relation, target.id, place)


def _gaps(draft: Draft) -> None:
    """No folder around will name an origin that the header lacks: these notices are gaps."""
    for notice in [n for n in draft.notices if n.id == "origin-not-named"]:
        draft.notices.remove(notice)
        draft.miss(notice.why.partition(": ")[0], notice.why.partition(": ")[2], notice.component)


def _tagged(found: Draft, part: Part, value: str, place: Evidence, knowledge: Knowledge, relation: str) -> None:
    """A model of a registry: the repository that a known tag is a copy of, else the tag, whose terms are unknown."""
    name = _NAME.match(value)
    if name is None:
        target = local(value)
        found.refer(target, "weights", place)
        found.step(part.id, relation, target.id, place)
        return
    host, owner, model, tag = (name.group("host") or "").casefold(), name.group("owner") or "", name.group("name"), name.group("tag") or "latest"
    library = host in _LIBRARY and owner in ("", "library")
    repository, how = origin_of(model.casefold(), tag.casefold()) if library else ("", "")
    if repository:
        base = pointed(repository, knowledge)
        found.refer(base, "weights", place)
        found.step(part.id, how if relation == "convert" else relation, base.id, place, f"`{model}:{tag}` of Ollama's library is {'a quantised' if how == 'quantize' else 'a'} copy of {repository} (data/ollama.yaml)", confidence=0.9)
        return
    part_id = "/".join(p for p in (("ollama" if host in _LIBRARY else host), "" if library else owner, f"{model}:{tag}") if p)[:200]
    named = found.part(part_id, "weights", name=f"{model}:{tag}"[:100], evidence=place)
    named.inferred = named.inferred or f"`{value[:80]}` is a tag of a registry, and no table says of what it is a copy, so its terms are not known"
    found.step(part.id, relation, part_id, place)


@functools.lru_cache(maxsize=1)
def _table() -> Node:
    """`data/ollama.yaml`; empty where there is none."""
    from licgraph.index import data_folder

    file = data_folder() / "ollama.yaml"
    documents = read_yaml(file.read_text("utf-8"), str(file)) if file.is_file() else []
    return documents[0] if documents else Node(None)


def origin_of(model: str, tag: str) -> tuple[str, str]:
    """The Hub repository that a tag of Ollama's library is a copy of, and how; two empty words where that is not sure."""
    entry = _table().get(model)
    tags = entry.get("tags")
    quant = _QUANT.search(tag)
    plain = tag[: quant.start()] if quant else tag
    tried = (tag, plain, re.sub(r"-(?:instruct|chat|it)$", "", plain))
    repository = next((r for t in tried for r in [tags.get(t).text] if r), "")
    if not repository:
        return "", ""
    whole = quant.group("q") in ("fp16", "f16", "bf16", "fp32") if quant else entry.get("as").text == "convert"
    return repository, "convert" if whole else "quantize"
