"""A licence as a page that a lawyer can check against its text, default reach included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licgraph.knowledge import Knowledge
from licgraph.license import SILENCES, WAYS
from licgraph.reports.json import dumps
from licgraph.reports.matrix import markdown

DEFAULTS = {
    "linking": "travelling duties reach a program linked with it; fixing, binding and banning ones under linking-is-derivative = yes",
    "training": "a model trained on it is reached as an adaptation under training-is-adaptation, if training needs permission",
    "distillation": "a model made from its outputs is reached only under outputs-are-licensed = if-arguable",
    "outputs": "its outputs are reached only under outputs-are-licensed = if-arguable",
    "adapters": "what an adapter is rests on adapter-is-derivative",
    "quantisation": "what a quantised copy is rests on quantisation-is-modification",
}


def render(license_id: str, knowledge: Knowledge) -> str:
    """The page as text."""
    found = knowledge.raw(license_id)
    text = found["text"]
    lines = [f"{found['id']}  {found['name']}", f"  version {found.get('version', '-')}; review: {found['review']['status']}"]
    lines.append(f"  text read: {text['source']}; dated {text.get('date', 'not stated')}, retrieved {text.get('retrieved', 'on a day not stated')}; sha256 {text['sha256'][:16]}…")
    if "partial" in found:
        lines.append(f"  read in part: not at hand is {found['partial']}; by itself it allows nothing")
    if "exception-to" in found:
        lines.append(f"  exception to {', '.join(found['exception-to'])}")
        for change in found["changes"]:
            lines += ["", f"{change['cite']}  {change['clause']} no longer reaches: {', '.join(change['no-longer-reaches'])}", f"    “{change['quote']}”", f"    {change['reading']}"]
        return "\n".join(lines) + "\n"
    lines.append(f"  written for {', '.join(found['written-for'])}; stands on {' and '.join(found['basis'])}")
    names = [n for part, many in found.get("aliases", {}).items() if not part.startswith("__") for n in many]
    if names:
        lines.append(f"  also called {'; '.join(names)}")
    lines += _head_facts(found)
    lines += ["", "Clauses, in the order of the text"]
    for clause in found["clauses"]:
        lines += _clause(clause, knowledge)
    boilerplate = [s for s in found["sections"] if s["as"] == "boilerplate"]
    if boilerplate:
        lines += ["", "Not computed, of no effect on a release: " + "; ".join(f"{s['cite']} ({s['about']})" for s in boilerplate)]
    for instrument in found.get("instruments", ()):
        held = f"sha256 {instrument['text']['sha256'][:16]}…" if "text" in instrument else "text not at hand"
        lines.append(f"Part of it: {instrument['name']} ({held})")
    if found.get("notes"):
        lines += ["", found["notes"]]
    return "\n".join(lines) + "\n"


def render_markdown(license_id: str, knowledge: Knowledge) -> str:
    """The same as Markdown, each clause under its id."""
    found = knowledge.raw(license_id)
    text = found["text"]
    lines = [f"# {markdown(found['name'])}", "", f"`{found['id']}` · version {found.get('version', '–')} · review: **{found['review']['status']}**", ""]
    lines.append(f"Text read: {markdown(text['source'])}; dated {text.get('date', 'not stated')}, retrieved {text.get('retrieved', 'on a day not stated')}; sha256 `{text['sha256'][:16]}…`")
    if "partial" in found:
        lines += ["", f"Read in part: not at hand is {markdown(found['partial'])}; by itself it allows nothing."]
    if "exception-to" in found:
        lines += ["", f"An exception to {', '.join(found['exception-to'])}."]
        for change in found["changes"]:
            lines += ["", f"## {markdown(change['cite'])} · {change['clause']} no longer reaches {', '.join(change['no-longer-reaches'])}", "", f"> {markdown(change['quote'])}", "", markdown(change["reading"])]
        return "\n".join([*lines, ""])
    lines += ["", f"Written for {', '.join(found['written-for'])}; stands on {' and '.join(found['basis'])}."]
    names = [n for part, many in found.get("aliases", {}).items() if not part.startswith("__") for n in many]
    if names:
        lines += ["", f"Also called {markdown('; '.join(names))}."]
    lines += _paragraphs(_head_facts(found)[1:])
    for clause in found["clauses"]:
        quote, reading, *more = _clause(clause, knowledge)[2:]
        lines += ["", f"## {markdown(clause['cite'])} · {clause['id']} {{#{clause['id']}}}", "", f"*{clause['kind']}*", "", f"> {markdown(quote.strip())}", "", markdown(reading.strip()), ""]
        lines += [f"- {markdown(line.strip())}" for line in more]
    boilerplate = [s for s in found["sections"] if s["as"] == "boilerplate"]
    if boilerplate:
        lines += ["", "## Not computed", "", "Of no effect on a release: " + markdown("; ".join(f"{s['cite']} ({s['about']})" for s in boilerplate)) + "."]
    lines += [part for i in found.get("instruments", ()) for part in ("", f"Part of it: {markdown(i['name'])}.")]
    return "\n".join([*lines, *(("", markdown(found["notes"])) if found.get("notes") else ()), ""])


def _paragraphs(lines: Iterable[str]) -> list[str]:
    """Lines, quotes as such; what is indented in text is."""
    return [part for line in lines for part in ("", f"> {markdown(line.strip())}" if line.strip().startswith("“") else markdown(line.strip()))]


def _head_facts(found: Mapping[str, Any]) -> list[str]:
    relabel = found["relabel"]
    lines = ["", f"Another licence for the whole: {relabel['value']} ({relabel['cite']})", f"    “{relabel['quote']}”", f"    {relabel['reading']}"]
    further = found.get("further-restrictions")
    if further:
        lines += [f"Forbids further restrictions ({further['cite']}); lives with: {', '.join(further['tolerates'])}", f"    “{further['quote']}”", f"    {further['reading']}"]
    for silence in found["silent-on"]:
        rests = found.get("rests-on", {}).get(next((w for w, i in WAYS.items() if i == SILENCES.get(silence)), ""))
        says = "reached under " + " and ".join(f"{a} = {' or '.join(v)}" for a, v in rests.items() if not a.startswith("__")) if rests else DEFAULTS[silence]
        lines.append(f"Silent on {silence}: {says}")
    return lines


def _clause(clause: Mapping[str, Any], knowledge: Knowledge) -> list[str]:
    lines = ["", f"{clause['cite']}  {clause['id']}  [{clause['kind']}]", f"    “{clause['quote']}”", f"    {clause['reading']}"]
    duty = clause.get("duty")
    if duty:
        nature = clause.get("nature", knowledge.duties[duty].nature)
        lines.append(f"    duty {duty} ({nature})" + (f": {clause['value']}" if clause.get("value") else ""))
    if clause.get("fixes"):
        allowed = ", ".join(clause["fixes"]["to"]) or "none"
        lines.append(f"    the {clause['fixes'].get('scope', 'work')} may be under: {allowed}")
    if clause.get("limit"):
        lines.append(f"    only above {clause['limit']['over']:,} ({clause['limit']['fact']})")
    for word in ("acts", "reaches"):
        if clause.get(word):
            lines.append(f"    {word}: {clause[word] if isinstance(clause[word], str) else ', '.join(clause[word])}")
    for word in ("when", "unless"):
        if clause.get(word):
            lines.append(f"    {word}: {_tests(clause[word])}")
    treats = {k: v for k, v in clause.get("treats", {}).items() if not k.startswith("__")}
    for what, way in treats.items():
        lines.append(f"    {what}: {_tests(way) if isinstance(way, dict) else way}")
    if clause.get("rests-on"):
        lines.append(f"    rests on: {_tests(clause['rests-on'])}")
    if clause.get("review"):
        lines.append(f"    review: {clause['review']['status']}" + (f" ({clause['review']['why']})" if clause["review"].get("why") else ""))
    return lines


def _tests(found: Mapping[str, Any]) -> str:
    parts = []
    for name, values in found.items():
        if name.startswith("__"):
            continue
        parts.append(f"{name}: {_tests(values)}" if isinstance(values, dict) else f"{name} = {' or '.join(values)}")
    return "; ".join(parts)


def render_json(license_id: str, knowledge: Knowledge) -> str:
    """What the file says, as JSON."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if not k.startswith("__")}
        return [plain(v) for v in value] if isinstance(value, list | tuple) else value

    return dumps({"schema": "licgraph/license/1", **plain(knowledge.raw(license_id))})


def rows(knowledge: Knowledge, word: str = "") -> list[dict[str, str]]:
    """Id, name and review status of every encoded licence that has the word somewhere."""
    found = []
    for license_id in sorted((*knowledge.license_ids, *knowledge.exception_ids), key=str.casefold):
        raw = knowledge.raw(license_id)
        names = [n for part, many in raw.get("aliases", {}).items() if not part.startswith("__") for n in many]
        clauses = [c.get("id", c.get("clause", "")) for part in ("clauses", "changes") for c in raw.get(part, ())]
        if word.casefold() in " ".join([license_id, raw["name"], *names, *clauses]).casefold():
            found.append({"id": license_id, "name": raw["name"], "version": raw.get("version", ""), "review": raw["review"]["status"]})
    return found
