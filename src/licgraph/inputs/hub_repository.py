"""What one repository on the Hub says of itself: its card, the Hub's tags and metadata, then its other files.

The files are read by the readers of a local folder. Sources: the Hub's documentation of cards, of `base_model` tags
and of gated models (whose description is public, and whose files are not).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable

from licgraph.errors import StackError
from licgraph.inputs import card, license_text
from licgraph.inputs.assemble import origins
from licgraph.inputs.draft import DERIVING, Draft, Part
from licgraph.inputs.hub_store import CARD, GATED, Kept, Record, is_license
from licgraph.inputs.identity import reference
from licgraph.inputs.loose import Source
from licgraph.knowledge import Knowledge
from licgraph.names import guess
from licgraph.stack import Evidence, Notice, Unread

_RELATIONS = {"finetune": "finetune", "adapter": "adapter", "merge": "merge", "quantized": "quantize"}
_BASE_TAG = re.compile(r"base_model:(?:(finetune|adapter|merge|quantized):)?(.+)")


def drafted(record: Record, knowledge: Knowledge, ours: bool) -> Draft:
    """What one repository says of itself: its card, what the API tells, then its other files."""
    found = Draft()
    here = f"hf:{record.id}"
    dataset = record.id.startswith("datasets/")
    kept = record.files.get(CARD)
    has_card = kept is not None and not kept.problem and _read(found, record, CARD, kept, knowledge)
    if not has_card and record.card is not None:
        _metadata(found, record, knowledge)
    part = found.part(record.id, "dataset" if dataset else "weights", evidence=Evidence(f"{here} (API)", 0))
    if dataset or part.kind == "dataset":
        part.kind = "dataset" if dataset else "weights"
    _tags(found, part, record, knowledge)
    for name, file in record.files.items():
        if name != CARD and not file.problem:
            _read(found, record, name, file, knowledge)
    _unread(found, record)
    if record.state == "found" and not record.listed and record.seen == "hub-cache":
        found.miss(f"{here}/{CARD}", "offline, and the card is not in the cache", record.id)
    elif record.state == "found" and not record.listed:
        found.miss(here, "the list of its files cannot be read, so there may be more", record.id)
    if record.gated and not any(n.id == "gate-terms" for n in found.notices):
        found.notice("gate-terms", record.id, f"{here} (API): access asks for agreement to terms of its own; they were not read")
    if record.state == "found" and record.seen != "hub-cache":
        told = json.dumps([record.sha, record.tags, record.card, record.bases], sort_keys=True)
        found.inputs[f"{here} (API)"] = hashlib.sha256(told.encode()).hexdigest()
    _settle(found, part, record, has_card, ours)
    if not found.sources_of(part.id):  # only its own: what it names speaks for itself when it is looked up
        alone = Draft(parts={part.id: part})
        origins(alone, knowledge)
        found.absorb(alone)
    return _own_names(found, record.id) if not ours else found


def _settle(found: Draft, part: Part, record: Record, has_card: bool, ours: bool) -> None:
    """Whose the parts are, and what kind of thing the repository holds."""
    relations = {s.relation for s in found.sources_of(part.id)}
    if part.kind == "weights" and "adapter" in relations and not relations - {"adapter", "trained-on"}:
        part.kind = "adapter"
    if part.kind == "dataset":
        for step in [s for s in found.sources_of(part.id) if s.relation in ("finetune", "adapter", "quantize", "merge", "trained-on")]:
            del found.steps[(step.result, step.relation, step.source)]  # words for models in the card of a data set
            found.step(step.result, "derived-from", step.source, step.evidence, step.inferred, step.purpose, step.confidence)
    part.source, part.name = f"hf:{record.id}", part.name or record.id.rsplit("/", 1)[-1]
    part.revision = record.sha or record.revision
    part.looked = record.state == "found" and (has_card or (record.listed and CARD not in record.names))
    for other in found.parts.values():
        if other is part:
            other.ours = ours
        elif not ours or other.source:
            if other.ours and not other.source:  # a stage on the way to what they publish, under the terms of that
                other.said, other.looked = list(part.said), part.looked
            other.ours = False
    found.release = part.id if ours else ""


def _own_names(draft: Draft, owner: str) -> Draft:
    """A third party's files and stages are named after its repository: another's `./outputs` is another thing."""
    now = {p.id: f"{owner}/{p.id}"[:200] for p in draft.parts.values() if not p.source and p.id != owner}
    if not now:
        return draft
    draft.parts = {now.get(i, i): dataclasses.replace(p, id=now.get(i, i)) for i, p in draft.parts.items()}
    draft.steps = {(now.get(r, r), w, now.get(s, s)): step._replace(result=now.get(r, r), source=now.get(s, s)) for (r, w, s), step in draft.steps.items()}
    draft.unread = [Unread(u.source, u.why, now.get(u.component, u.component)) for u in draft.unread]
    draft.notices = [Notice(n.id, now.get(n.component, n.component), n.why) for n in draft.notices]
    return draft


def _unread(found: Draft, record: Record) -> None:
    """Notes the files that were not read. Behind a gate, a card's metadata is public and stands for it."""
    shut = [n for n, k in record.files.items() if k.problem == GATED]
    if shut and (CARD not in shut or record.card is not None):
        found.notice("gated", record.id, f"hf:{record.id}: {', '.join(shut)} not read, {GATED}; what the Hub tells of it in public was read")
    for name, file in record.files.items():
        if file.problem and (file.problem != GATED or (name == CARD and record.card is None)):
            found.miss(f"hf:{record.id}/{name}", f"not read: {file.problem}", record.id)
    if record.state == "found" and record.why and record.seen != "stale":
        found.miss(f"hf:{record.id} (API)", f"read in part: {record.why}", record.id)


def _read(found: Draft, record: Record, name: str, file: Kept, knowledge: Knowledge) -> bool:
    """Reads one file with the reader it has on a disk; whether that went well."""
    from licgraph.inputs import reader_of

    source = Source(f"hf:{record.id}/{name}", given=file.body)
    if file.cut:
        found.miss(source.shown, "only its beginning was read: it is larger than what is fetched" if name == CARD else "not read: it is no plain text, one of too many, or larger than what is fetched", record.id)
        if name != CARD:
            return False
    try:
        reader = card if name == CARD else license_text if is_license(name) else reader_of(source)
        if reader is None:
            return False
        draft = reader.read(source, knowledge, record.id)
    except StackError as problem:
        fault = problem.faults[0]
        found.miss(f"{fault.file}{f':{fault.line}' if fault.line else ''}", fault.what, record.id)
        return False
    draft.inputs[source.shown] = hashlib.sha256(file.body).hexdigest()
    found.absorb(draft)
    return True


def _metadata(found: Draft, record: Record, knowledge: Knowledge) -> None:
    """`cardData`, the front matter as the Hub holds it, where the card itself cannot be read."""
    place = f"hf:{record.id} (API)"
    written = re.sub(r"[^ -~]", lambda m: f"\\U{ord(m.group()):08x}", json.dumps(record.card, ensure_ascii=False))  # JSON is YAML but for its \u pairs
    try:
        draft = card.read(Source(place, given=f"---\n{written}\n---\n".encode("utf-8", "replace")), knowledge, record.id)
    except StackError as problem:
        found.miss(place, f"its metadata cannot be read: {problem.faults[0].what}", record.id)
        return
    here = Evidence(place, 0, "/cardData")

    def text(words: str) -> str:
        return re.sub(re.escape(place) + r":\d+", lambda _: str(here), words)

    for part in draft.parts.values():
        part.evidence, part.unnamed = here, text(part.unnamed)
        part.said = [s._replace(evidence=here) for s in part.said]
        part.additional = [(w, here) for w, _ in part.additional]
    draft.steps = {k: s._replace(evidence=here) for k, s in draft.steps.items()}
    draft.unread = [Unread(text(u.source), text(u.why), u.component) for u in draft.unread]
    draft.notices = [Notice(n.id, n.component, text(n.why)) for n in draft.notices]
    found.absorb(draft)


def _tags(found: Draft, part: Part, record: Record, knowledge: Knowledge) -> None:
    """The tags that the Hub makes: licence, bases with the relation it works out, data sets."""
    place = f"hf:{record.id} (API)"
    licenses = [(t.partition(":")[2], n) for n, t in enumerate(record.tags) if t.startswith("license:")]
    words = [w for w, _ in licenses if guess(w, knowledge).kind != "none stated"]
    known = [{w.strip().casefold() for w in s.written.split(",")} for s in part.said if s.where == "tag"]
    if words and {w.casefold() for w in words} not in known:
        part.say("tag", ", ".join(dict.fromkeys(words)), Evidence(place, 0, f"/tags/{licenses[0][1]}"))
    elif licenses and not words and not part.said and not part.unnamed and licenses[0][0] in ("other", "unknown"):
        part.unnamed = f"{Evidence(place, 0, '/tags')} states `license: {licenses[0][0]}` and names none"
    for written, relation, pointer in _bases(record):
        _base(found, part, written, relation, Evidence(place, 0, pointer), knowledge)
    for number, tag in enumerate(record.tags):
        if not tag.startswith("dataset:") or part.kind == "dataset":
            continue
        data = reference(tag.partition(":")[2], knowledge, dataset=True)
        if data.kind != "nothing" and (part.id, "trained-on", data.id) not in found.steps:
            here = Evidence(place, 0, f"/tags/{number}")
            found.refer(data, "dataset", here)
            found.step(part.id, "trained-on", data.id, here)


def _bases(record: Record) -> Iterable[tuple[str, str, str]]:
    """Each base with its relation (empty: none told) and where that stands; the fuller of several entries."""
    told: dict[str, tuple[str, str]] = {}
    for number, tag in enumerate(record.tags):
        entry = _BASE_TAG.fullmatch(tag)
        if entry and (entry.group(1) or entry.group(2) not in told):
            told[entry.group(2)] = (entry.group(1) or "", f"/tags/{number}")
    for number, (relation, base) in enumerate(record.bases):
        if not told.get(base, ("", ""))[0]:
            told[base] = (relation, f"/baseModels/models/{number}")
    return [(base, relation, pointer) for base, (relation, pointer) in told.items()]


def _base(found: Draft, part: Part, written: str, relation: str, here: Evidence, knowledge: Knowledge) -> None:
    """One base as the Hub tells it; its relation counts where the card states none."""
    base = reference(written, knowledge)
    if base.kind == "nothing":
        found.miss(str(here), f"base_model `{written[:60]}` names nothing, so what it was made from is not known", part.id)
        return
    known = [s for s in found.sources_of(part.id) if s.source == base.id and s.relation in DERIVING]
    if any(not s.inferred for s in known):
        return
    found.refer(base, "weights", here)
    if relation in _RELATIONS:
        meant = _RELATIONS[relation]
        for step in known:
            if step.confidence >= 0.9 and step.relation != meant:
                found.notice("relations-disagree", part.id, f"{step.evidence} points to {step.relation}, {here} says {meant} of {base.id}; the latter is used")
        found.step(part.id, meant, base.id, here, "the card states no relation; the Hub works it out from the repository's files", confidence=0.9)
    elif not known:
        found.step(part.id, "derived-from", base.id, here, "no relation is stated")
