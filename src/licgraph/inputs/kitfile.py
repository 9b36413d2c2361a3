"""KitOps Kitfiles: a model with the code, data and documents that are packed with it, each under the licence it states.

Source: the Kitfile format reference. A path that is a reference to another ModelKit (or to the Hub) names what the model is
a copy of. Data and code for which a licence is stated are taken as somebody's under that licence, so that its terms
hold; data that state none are unknown; code, prompts and documents that state none are taken as the kit's own. The
reference speaks of «data sets used»: that they were trained on is concluded. `parameters` are anybody's settings.
"""

from __future__ import annotations

import re

from licgraph.inputs.draft import Draft, Part
from licgraph.inputs.headers import own_id, pointed, say, slug
from licgraph.inputs.loose import Node, Source, read_any, refuse
from licgraph.knowledge import Knowledge

FORMAT = "kitfile"
TITLE = "KitOps Kitfile"
MAX_ENTRIES = 2_000
_VERSION = re.compile(rb"""(?m)^\s{0,4}["']?manifestVersion["']?\s*:""")
_SECTION = re.compile(rb"""(?m)^\s{0,4}["']?(?:package|model|code|datasets|docs|prompts|mcpServers)["']?\s*:""")
_KIT = re.compile(r"^(?:[A-Za-z0-9][\w-]*(?:\.[\w-]+)+(?::\d+)?|localhost(?::\d+)?)/[\w./-]+?(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{12,64}))?$")
_HUB = re.compile(r"^(?:hf://|(?:https?://)?(?:huggingface\.co|hf\.co)/)")
_WEIGHTS_PART = re.compile(r"(?i)lora|adapter|peft|projector|mmproj|draft|vae|encoder|weights|model")
_SECTIONS = (("code", "code", "code"), ("datasets", "dataset", "data"), ("docs", "document", "docs"), ("prompts", "document", "prompt"), ("mcpServers", "code", "mcp"))


def sniff(source: Source) -> int:
    """By its version key and sections; a file of that name without them, so that its reader says what it is."""
    head = source.head
    if _VERSION.search(head) and _SECTION.search(head):
        return 90
    named = re.match(r"kitfile(?:$|[-_.])", source.name) and not source.name.endswith((".md", ".py", ".json"))
    return 70 if named and _SECTION.search(head) else 40 if source.name == "kitfile" else 0


def read(source: Source, knowledge: Knowledge, result: str = "") -> Draft:
    """What a Kitfile packs. Raises StackError when it packs nothing."""
    top = read_any(source)
    if not any(top.get(k) for k in ("package", "model", *(s for s, _, _ in _SECTIONS))):
        raise refuse(source.shown, 1, "it lists no model, code or data", "Name a Kitfile with a package, model, code or datasets section")
    found = Draft()
    package, model = top.get("package"), top.get("model")
    name = package.get("name").text or model.get("name").text
    kind = "weights" if model or not top.get("datasets") else "dataset"
    part = found.part(own_id(source, result or slug(name, ""), "kit"), kind, name="" if result else name[:100], ours=True, evidence=(model or top).place)
    part.author = part.author or ", ".join(t for t, _ in package.get("authors").texts()[:5])[:200]
    part.revision = part.revision or (model.get("version").text or package.get("version").text)[:100]
    found.release = part.id
    say(found, part, model.get("license").text, model.get("license").place, knowledge)
    if package.get("license").text:
        before = list(part.said)
        say(found, part, package.get("license").text, package.get("license").place, knowledge)
        part.said[len(before) :] = [s._replace(where="registry") for s in part.said[len(before) :]]
    _model(found, part, model if model.is_map else Node({"path": model} if model.text else {}, model.file, model.line), knowledge)
    entries = 0
    for section, made, stem in _SECTIONS:
        for entry in top.get(section).listed():
            entries += 1
            if entries <= MAX_ENTRIES:
                _entry(found, part, entry, section, made, stem, knowledge)
    if entries > MAX_ENTRIES:
        found.miss(source.shown, f"{entries} entries are listed, of which {MAX_ENTRIES} were read", part.id)
    return found


def _model(found: Draft, part: Part, model: Node, knowledge: Knowledge) -> None:
    """What the model is a copy of, if its path is a reference, and the adapters and other weights packed with it."""
    node = model.get("path")
    kit = _KIT.match(node.text) if not node.text.startswith((".", "/")) else None
    if _HUB.match(node.text):
        base = pointed(node.text, knowledge)
        if base.kind != "nothing":
            found.refer(base, "weights", node.place)
            found.step(part.id, "convert", base.id, node.place)
    elif kit is not None:
        plain = re.sub(r"[^A-Za-z0-9._:/@+-]", "-", node.text)[:200]
        if plain == part.id:
            found.miss(str(node.place), f"{plain} is said to be made from itself, so what it was made from is not known", part.id)
        else:
            named = found.part(plain, "weights", name=node.text.rsplit("/", 1)[-1][:100], source=node.text, revision=kit.group("digest") or kit.group("tag") or "", evidence=node.place)
            named.inferred = named.inferred or f"`{node.text[:100]}` is another ModelKit, which was not fetched, so its terms are not known"
            found.step(part.id, "convert", plain, node.place)
    if len(model.get("parts").listed()) > MAX_ENTRIES:
        found.miss(str(model.get("parts").place), f"more than {MAX_ENTRIES} parts are listed", part.id)
    for number, entry in enumerate(model.get("parts").listed()[:MAX_ENTRIES]):
        what = f"{entry.get('type').text} {entry.get('name').text} {entry.get('path').text}"
        if not entry.is_map:
            continue
        if entry.get("license").text or re.search(r"(?i)lora|adapter|peft", what) or _WEIGHTS_PART.search(entry.get("type").text):
            made = "adapter" if re.search(r"(?i)lora|adapter|peft", what) else "weights"
            _contained(found, part, entry, made, entry.get("name").text or entry.get("path").text or f"part-{number}", knowledge)


def _entry(found: Draft, part: Part, entry: Node, section: str, made: str, stem: str, knowledge: Knowledge) -> None:
    """One entry of a section."""
    if not entry.is_map and not entry.text:
        found.miss(str(entry.place), f"an entry of {section} that is no map and no path", part.id)
        return
    item = entry if entry.is_map else Node({"path": entry}, entry.file, entry.line)
    name = item.get("name").text or item.get("path").text.strip("./")
    one = _contained(found, part, item, made, name or stem, knowledge, stem)
    if made == "dataset" and part.kind != "dataset":
        found.step(part.id, "trained-on", one.id, entry.place, "a Kitfile lists the data sets used; that they were trained on is the usual case", confidence=0.6)


def _contained(found: Draft, part: Part, entry: Node, made: str, name: str, knowledge: Knowledge, stem: str = "part") -> Part:
    """A thing that is packed: under its own licence if it states one, else the kit's own, unless it is data or weights."""
    base = f"{part.id}/{stem}/{slug(name, stem)}"[:190]
    part_id = next(i for i in (base, *(f"{base}-{n}" for n in range(2, MAX_ENTRIES * 2))) if i not in found.parts)
    one = found.part(part_id, made, name=name[:100], evidence=entry.place)
    stated = say(found, one, entry.get("license").text, entry.get("license").place, knowledge)
    one.ours = not stated and made in ("code", "document") and stem != "mcp"
    if not stated and not one.ours:
        one.inferred = "the Kitfile states no licence of it, so its terms are not known"
    found.step(part.id, "contains", part_id, entry.place)
    return one
