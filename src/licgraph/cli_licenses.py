"""The commands about licences themselves (`show`, `licenses …`), and how every command reports faults."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licgraph.cli_complete import completing
from licgraph.cli_help import Command, Group
from licgraph.errors import Fault, LicgraphError, StackError

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge

FORMATS = ("text", "json")
NOT_UNDERSTOOD = 2


@contextmanager
def reported(form_of_output: str, outputs: Sequence[str] = ()) -> Iterator[None]:
    """Turns faults into exit 2, as text on stderr, and on stdout in the format asked for where it can say so.

    outputs: FORMAT=FILE; each such file is written too, so that one of an earlier run is never taken for this one's.
    """
    try:
        with _of_the_system():
            yield
    except LicgraphError as problem:
        from licgraph.reports.checks import error_report
        from licgraph.upkeep import write_atomically

        with suppress(OSError):
            click.echo(error_report(form_of_output, problem).encode("utf-8", "replace").decode(), nl=False)
        for form, sign, name in (value.partition("=") for value in outputs):
            text = error_report(form, problem) or (f"{problem}\nnothing was decided\n" if form == "text" else "")
            if sign and name and text:
                with suppress(LicgraphError):
                    write_atomically(Path(name), text)
        from licgraph.reports.text import clean

        for fault in problem.faults:
            click.echo(clean(str(fault)), err=True)
        click.echo(f"{len(problem.faults)} fault{'s' if len(problem.faults) > 1 else ''}; nothing was decided", err=True)
        sys.exit(NOT_UNDERSTOOD)


@contextmanager
def _of_the_system() -> Iterator[None]:
    """A disk that is full, a name that is too long, a folder that may not be read: a fault like any other."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise StackError(Fault(str(problem.filename or "the output"), 0, "", f"cannot be read or written ({problem.strerror or type(problem).__name__})", "Check the path, its permissions and the space that is left")) from None


@click.command(cls=Command)
@click.argument("license_name", metavar="LICENSE", shell_complete=completing("licenses"))
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def show(license_name: str, form_of_output: str, folder: Path | None) -> None:
    """What a licence says, clause by clause, as a page to check against its text."""
    _show(license_name, form_of_output, folder)


def _show(license_name: str, form_of_output: str, folder: Path | None) -> None:
    with reported(form_of_output):
        from licgraph import knowledge as base
        from licgraph.reports import license_page

        knowledge = base.load(folder)
        found = knowledge.resolve(license_name)
        if len(found.ids) > 1:
            raise StackError(Fault(license_name, 0, "", f"this name could be {', '.join(found.ids)}", found.settle))
        if license_name in knowledge.instruments and license_name not in found.ids:
            click.echo(f"{license_name} is a document made part of {', '.join(knowledge.instruments[license_name])}: see there")
            return
        if found.ids and found.ids[0] not in knowledge.license_ids and found.ids[0] not in knowledge.exception_ids and found.ids[0] not in base.RESERVED:
            flags = ", ".join(sorted(knowledge.spdx_flags(found.ids[0]))) or "no flags"
            click.echo(f"{found.ids[0]}  {knowledge.license(found.ids[0]).name} ({flags}): known by name; its terms have not been read, so a stack that meets it gets `unknown`")
            return
        if not found.ids or found.ids[0] in base.RESERVED:
            near = knowledge.near(license_name)
            hint = f"Near names: {', '.join(near)}" if near else "See licgraph licenses list"
            raise StackError(Fault(license_name, 0, "", "no licence of that name is in the knowledge base", hint))
        page = license_page.render_json if form_of_output == "json" else license_page.render
        click.echo(page(found.ids[0], knowledge), nl=False)


@click.group(cls=Group, invoke_without_command=True)
@click.option("--stale", is_flag=True, help="Texts to be looked up again; exit 1 if there is one.")
@click.option("--as-of", metavar="DATE", help="The day from which ages are counted.")
@click.pass_context
def licenses(context: click.Context, stale: bool, as_of: str | None) -> None:
    """The licences that are known."""
    if context.invoked_subcommand is not None:
        return
    if not stale:
        click.echo(context.get_help())
        return
    with reported("text"):
        from licgraph import knowledge as base
        from licgraph import upkeep

        aged = upkeep.stale(base.load(), _today(as_of))
    for row in aged:
        click.echo(f"{row.id:<54} retrieved {row.retrieved or 'on a day not stated'}, {row.days} days ago (at most {row.allowed})")
    click.echo(f"{len(aged)} text{'s' if len(aged) != 1 else ''} to be looked up again")
    sys.exit(1 if aged else 0)


def _today(given: str | None) -> str:
    from datetime import date

    try:
        return date.fromisoformat(given).isoformat() if given else date.today().isoformat()
    except ValueError:
        raise StackError(Fault("--as-of", 0, "", f"`{given}` is not a date", "Write it as YYYY-MM-DD")) from None


@licenses.command("new")
@click.argument("new_id", metavar="ID")
@click.option("--like", "sibling", required=True, metavar="ID", shell_complete=completing("licenses"), help="The licence whose file is the nearest to it.")
@click.option("--text", type=click.Path(path_type=Path), metavar="FILE", help="The new text: its hash is noted and the sibling's quotes are looked for in it.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where the file goes; by default data/licenses here, else .licgraph/licenses.")
def new_license(new_id: str, sibling: str, text: Path | None, into: Path | None) -> None:
    """Scaffold a licence file from a sibling's; what has to be read anew is marked TODO."""
    with reported("text"):
        import re

        from licgraph import knowledge as base
        from licgraph import upkeep
        from licgraph.index import data_folder

        knowledge = base.load()
        if knowledge.spdx_name(new_id) is None and not re.fullmatch(r"LicenseRef-[A-Za-z0-9.-]+", new_id):
            raise StackError(Fault(new_id, 0, "", "this is no SPDX id", "Write an id of the SPDX list, or LicenseRef- and a name (letters, digits, . and -)"))
        like = data_folder() / "licenses" / f"{_one_license(sibling, knowledge)}.yaml"
        folder = into or (Path("data/licenses") if Path("data/licenses").is_dir() else Path(".licgraph/licenses"))
        file = folder / f"{new_id}.yaml"
        if file.exists():
            raise StackError(Fault(str(file), 0, "", "there is such a file already", "Edit it, or name another id"))
        upkeep.write_atomically(file, upkeep.scaffold(new_id, like, text, _today(None)))
        click.echo(f"{file}: written, marked TODO where it has to be read anew. Then: python tools/check_texts.py {new_id}")


@licenses.command("review")
@click.argument("what", metavar="ID[/CLAUSE]")
@click.option("--by", required=True, metavar="NAME", help="Who read it.")
@click.option("--on", metavar="DATE", help="When; by default today.")
@click.option("--knowledge", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The knowledge base to write to.")
def review_license(what: str, by: str, on: str | None, folder: Path | None) -> None:
    """Record that a person read a licence file, or one clause of it, against its text."""
    with reported("text"):
        from licgraph import upkeep
        from licgraph.index import data_folder

        license_id, _, clause = what.partition("/")
        file = (folder or data_folder()) / "licenses" / f"{license_id}.yaml"
        if not file.is_file():
            raise StackError(Fault(str(file), 0, "", "there is no such licence file", "See licgraph licenses list"))
        digest = upkeep.record_review(file, clause, by, _today(on))
        click.echo(f"{what}: reviewed by {by}; text sha256 {digest}")


@licenses.command("list")
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
def list_licenses(form_of_output: str) -> None:
    """All encoded licences."""
    _listed(form_of_output, "")


@licenses.command("search")
@click.argument("word")
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
def search_licenses(word: str, form_of_output: str) -> None:
    """Licences whose id, name, alias or clause names contain a word; exit 1 if there is none."""
    if not _listed(form_of_output, word):
        sys.exit(1)


def _listed(form_of_output: str, word: str) -> int:
    with reported(form_of_output):
        from licgraph import knowledge as base
        from licgraph.reports import license_page

        knowledge = base.load()
        rows = license_page.rows(knowledge, word)
        if form_of_output == "json":
            from licgraph.reports.json import dumps

            click.echo(dumps({"schema": "licgraph/licenses/1", "licenses": rows}), nl=False)
        else:
            for row in rows:
                click.echo(f"{row['id']:<46} {row['name']}")
    return len(rows)


@licenses.command("show")
@click.argument("license_name", metavar="LICENSE", shell_complete=completing("licenses"))
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
def show_license(license_name: str, form_of_output: str) -> None:
    """The same as `licgraph show`."""
    _show(license_name, form_of_output, None)


@licenses.command("compare")
@click.argument("one", shell_complete=completing("licenses"))
@click.argument("other", shell_complete=completing("licenses"))
@click.option("-f", "--format", "form_of_output", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def compare_licenses(one: str, other: str, form_of_output: str) -> None:
    """Two licences side by side: grants, conditions, reach, limits."""
    with reported(form_of_output):
        from licgraph import knowledge as base
        from licgraph.reports import comparison

        knowledge = base.load()
        click.echo(comparison.render(_one_license(one, knowledge), _one_license(other, knowledge), knowledge, form_of_output), nl=False)


def _one_license(name: str, knowledge: Knowledge) -> str:
    """The one encoded licence that a name means. Raises StackError."""
    found = knowledge.resolve(name)
    if len(found.ids) > 1:
        raise StackError(Fault(name, 0, "", f"this name could be {', '.join(found.ids)}", found.settle))
    if not found.ids or found.ids[0] not in knowledge.license_ids:
        near = knowledge.near(name)
        raise StackError(Fault(name, 0, "", "no licence of that name has been read", f"Near names: {', '.join(near)}" if near else "See licgraph licenses list"))
    return found.ids[0]


@licenses.command("identify")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=completing("files"))
@click.option("-f", "--format", "form_of_output", type=click.Choice(FORMATS), default="text", show_default=True)
def identify_texts(files: tuple[str, ...], form_of_output: str) -> None:
    """Which licence is this text? Of a folder, every licence text in it and below. Exit 0 if every file is one, 1 if one only resembles one, 3 if one is none."""
    worst = 0
    with reported(form_of_output):
        from licgraph import fingerprints
        from licgraph.index import data_folder
        from licgraph.progress import Progress
        from licgraph.reports.text import clean
        from licgraph.yamlfile import read_text

        known = fingerprints.load(data_folder())
        results = []
        named = [text for file in files for text in _texts(file)]
        with Progress() as line:
            for number, file in enumerate(named, 1):
                line.say(f"identify: {number} of {len(named)}, {file}")
                matches = fingerprints.identify(read_text(Path(file), file, StackError), known)
                worst = max(worst, 0 if matches and matches[0].exact else 1 if matches else 3)
                results.append({"file": file, "is": [m.id for m in matches if m.exact], "resembles": [{"id": m.id, "share": round(m.share, 3), "extra": list(m.extra), "missing": list(m.missing)} for m in matches if not m.exact]})
        if form_of_output == "json":
            from licgraph.reports.json import dumps

            click.echo(dumps({"schema": "licgraph/identification/1", "files": results}), nl=False)
        else:
            for result in results:
                click.echo(clean(_identified(result)))
    sys.exit(worst)


def _texts(name: str) -> list[str]:
    """The file, or the licence texts of the folder and below, by their names; plain texts of the folder itself count too. Raises StackError."""
    folder = Path(name)
    if not folder.is_dir():
        return [name]
    from licgraph.inputs.hub_store import is_license

    found = sorted(str(f) for f in folder.rglob("*") if f.is_file() and (is_license(f.name) or (f.parent == folder and f.suffix == ".txt")))
    if not found:
        raise StackError(Fault(name, 0, "", "no file in this folder or below has the name of a licence text", "Name the files themselves"))
    return found


def _identified(result: dict[str, Any]) -> str:
    if result["is"]:
        return f"{result['file']}: {' or '.join(result['is'])}"
    if not result["resembles"]:
        return f"{result['file']}: no licence that is known"
    lines = [f"{result['file']}: no licence that is known"]
    for near in result["resembles"]:
        lines.append(f"  resembles {near['id']} ({near['share']:.0%} of it is there)")
        lines += [f"    it has, and {near['id']} has not: “{extra[:160]}”" for extra in near["extra"][:4]]
        if near["missing"]:
            lines.append(f"    something is missing or changed in: {', '.join(near['missing'][:12])}")
    return "\n".join(lines)
