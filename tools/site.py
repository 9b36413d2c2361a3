"""Hook of mkdocs: writes the reference pages from code and data when the site is built, so that they cannot drift.

Links of pages to files of the repository that are no pages lead to copies of those files.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

import man  # noqa: E402

from licgraph import codes  # noqa: E402
from licgraph import knowledge as base  # noqa: E402
from licgraph.cli_examples import EXAMPLES  # noqa: E402
from licgraph.findings import meanings  # noqa: E402
from licgraph.reports import assumptions, license_page  # noqa: E402
from licgraph.reports.matrix import markdown  # noqa: E402
from licgraph.rows import MOMENTS  # noqa: E402

COPIES = "repository"
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)")
WAYS = ("copy", "derivative", "linked", "trained", "extracted", "output", "remote")


def pages(knowledge: base.Knowledge) -> Iterator[tuple[str, str]]:
    """Every generated page: its path below docs, and its text."""
    yield "reference/commands.md", commands()
    yield "reference/relations.md", relations(knowledge)
    yield "reference/duties.md", duties(knowledge)
    yield "reference/facts.md", facts(knowledge)
    yield "reference/findings.md", findings()
    yield "reference/schemas.md", schemas()
    yield "reference/licences/index.md", licence_index(knowledge)
    for license_id in (*knowledge.license_ids, *knowledge.exception_ids):
        yield f"reference/licences/{license_id}.md", license_page.render_markdown(license_id, knowledge) + "\n[All licences](index.md)\n"
    used = users(knowledge)
    yield "reference/assumptions/index.md", assumption_index(knowledge)
    for found in knowledge.assumptions.values():
        yield f"reference/assumptions/{found.id}.md", assumptions.render_one_markdown(found, knowledge, used.get(found.id, [])) + "\n[All open questions](index.md)\n"
    yield "adr/index.md", decisions()


def prose(text: str) -> str:
    """Our own words as Markdown: only what stands in backticks is marked up."""
    return "".join(part if part.startswith("`") else markdown(f"x{part}x")[1:-1] for part in re.split(r"(`[^`]*`)", " ".join(text.split())) if part)


def commands() -> str:
    lines = ["# Commands", "", "The same as `licgraph COMMAND --help` and `man licgraph`."]
    for path, command, context in man.walk():
        lines += ["", f"## licgraph {path} {{#{path.replace(' ', '-')}}}", "", "```text", f"licgraph {path} {' '.join(command.collect_usage_pieces(context))}", "```"]
        for text in man.paragraphs(command.help or ""):
            lines += ["", prose(text)]
        rows = [(f"`{name}`", prose(said)) for name, said in man.options(command, context)]
        lines += ["", *table(("option", ""), rows)]
        lines += ["", "```sh", *(f"{line}  # {said}" for line, said in EXAMPLES.get(path, ())), "```"]
    return "\n".join([*lines, ""])


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Rows whose cells are Markdown already."""
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]


def relations(knowledge: base.Knowledge) -> str:
    lines = ["# Relations", "", "What a step does to the work it starts from: if B carries a work so, A, made from B by the relation, carries it as the table says. [What the ways are](../explanation/carrying.md).", ""]
    lines += table(("relation", *WAYS), [(f"[`{r.id}`](#{r.id})", *(r.carries.get(w, "–") for w in WAYS)) for r in knowledge.relations.values()])
    for r in knowledge.relations.values():
        lines += ["", f"## {r.id} {{#{r.id}}}", "", f"*{markdown(r.sentence.format(result='A', source='B'))}.* {markdown(r.why)}", ""]
        said = {"our act on B": r.act or "none", "place": r.place, "open question": f"[{r.assumption}](assumptions/{r.assumption}.md)" if r.assumption else "", "purpose by meaning": r.purpose, "finding": r.finding, "duty of its own": r.duty}
        lines += [f"- {k}: {v}" for k, v in said.items() if v]
    return "\n".join([*lines, ""])


def duties(knowledge: base.Knowledge) -> str:
    lines = ["# Duties", "", "What a release can owe. `travels`: can go with any outbound terms; `binds`: the outbound terms must impose it; `fixes`: the licence itself is fixed; `ban`: stops an act of ours.", ""]
    rows = [(f"`{d.id}`{{#{d.id}}}", d.nature, MOMENTS[d.moment], f"**{markdown(d.label)}.** {markdown(d.sentence)}", markdown(d.source)) for d in knowledge.duties.values()]
    return "\n".join([*lines, *table(("duty", "nature", "when", "what", "as in"), rows), ""])


def facts(knowledge: base.Knowledge) -> str:
    lines = ["# Facts", "", "Given with `--fact NAME=VALUE` or under `facts:`. A *characterising* fact that is missing leaves the answer conditional if it matters; a *defeater* is presumed absent, and what it would defeat is printed as something to watch.", ""]
    rows = [(f"`{f.id}`{{#{f.id}}}", f.kind, f.scope, markdown(f.question), markdown(f.unit)) for f in knowledge.facts.values()]
    return "\n".join([*lines, *table(("fact", "kind", "of the", "asks", "value"), rows), "", "What an answer can wait for besides:", "", *(f"- `{name}`: {prose(said)} {prose(do)}" for name, (said, do) in codes.ASKED.items()), ""])


def findings() -> str:
    lines = ["# Findings", "", "Things worth knowing that decide nothing. In a report for machines the rule is `noticed/ID`; `licgraph --explain ID` says the same as this page.", ""]
    rows = [(f"`{name}`{{#{name}}}", prose(m.says), prose(m.do) + (f" ([more](../{m.see}))" if m.see else "")) for name, m in meanings().items()]
    return "\n".join([*lines, *table(("finding", "what it means", "what to do"), rows), ""])


def schemas() -> str:
    files = sorted((ROOT / "schema").glob("*.json"))
    return "\n".join(["# JSON schemas", "", "Of what is read and written as JSON. Keys are only ever added.", "", *(f"- [{f.name}](../../schema/{f.name})" for f in files), ""])


def licence_index(knowledge: base.Knowledge) -> str:
    rows = [(f"[{row['id']}]({row['id']}.md)", markdown(row["name"]), row["review"]) for row in license_page.rows(knowledge)]
    return "\n".join(["# Licences", "", f"{len(rows)} licences and exceptions, each read clause by clause. A name is looked up by `licgraph licenses search WORD`, a text by `licgraph licenses identify FILE`.", "", *table(("id", "name", "review"), rows), ""])


def users(knowledge: base.Knowledge) -> Mapping[str, list[str]]:
    """What names an assumption in its own file: clauses, licences, relations."""
    found: dict[str, list[str]] = {}
    for r in knowledge.relations.values():
        if r.assumption:
            found.setdefault(r.assumption, []).append(f"relation [`{r.id}`](../relations.md#{r.id})")
    for license_id in knowledge.license_ids:
        licence = knowledge.license(license_id)
        for name in sorted({a for tests in licence.rests_on.values() for a, _ in tests}):
            found.setdefault(name, []).append(f"[{license_id}](../licences/{license_id}.md)")
        for clause in licence.clauses:
            for name, values in clause.rests_on:
                found.setdefault(name, []).append(f"[{license_id}](../licences/{license_id}.md#{clause.id}) {markdown(clause.cite)}, {clause.id}: {' or '.join(values)}")
    return found


def assumption_index(knowledge: base.Knowledge) -> str:
    head = ("open question", "asks", *knowledge.profiles)
    rows = [(f"[{a.id}]({a.id}.md)", markdown(a.question), *(p.values[a.id] for p in knowledge.profiles.values())) for a in knowledge.assumptions.values()]
    return "\n".join(["# Open questions of law", "", "Each has closed values and named holders. [Why they are not decided](../../explanation/open-questions.md).", "", *table(head, rows), "", *(f"- **{p.id}**: {markdown(p.gloss)}" for p in knowledge.profiles.values()), ""])


def decisions() -> str:
    files = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    return "\n".join(["# Decisions", "", "Why the design is as it is.", "", *(f"- [{f.read_text('utf-8').splitlines()[0].lstrip('# ')}]({f.name})" for f in files), ""])


def on_files(files: Files, config: Any) -> Files:
    """Adds the generated pages, and copies of what pages link to."""
    for path, text in pages(base.load()):
        files.append(File.generated(config, path, content=text))
    for file in [f for f in files if f.is_documentation_page()]:
        for target in LINK.findall(file.content_string):
            inside = outside(file.src_uri, target)
            if inside is not None and files.get_file_from_path(f"{COPIES}/{inside}") is None:
                files.append(File.generated(config, f"{COPIES}/{inside}", abs_src_path=str(ROOT / inside)))
    return files


def outside(page: str, target: str) -> str | None:
    """The file of the repository that a link of a page means, if it is none of the docs folder."""
    name = target.partition("#")[0]
    place = (ROOT / "docs" / page).parent / name
    found = place.resolve()
    if not name or not found.is_file() or found.is_relative_to(ROOT / "docs") or found.suffix == ".md":
        return None
    return found.relative_to(ROOT).as_posix()


def on_page_markdown(text: str, page: Any, config: Any, files: Files) -> str:
    """Links to files of the repository lead to their copies."""

    def there(match: re.Match[str]) -> str:
        inside = outside(page.file.src_uri, match.group(1))
        return match.group(0) if inside is None else f"]({'../' * page.file.src_uri.count('/')}{COPIES}/{inside})"

    return LINK.sub(there, text)
