"""What `licgraph doctor` found, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator

from licgraph.doctor import Checkup, Examined, to_json
from licgraph.reports.json import dumps
from licgraph.reports.text import clean


def render(found: Checkup) -> str:
    """The page."""
    return "\n".join(clean(line) for line in _lines(found)) + "\n"


def render_json(found: Checkup) -> str:
    """The document `licgraph/doctor/1`."""
    return dumps(to_json(found))


def _lines(found: Checkup) -> Iterator[str]:
    versions, knowledge, house = found.versions, found.knowledge, found.house
    yield f"licgraph   {versions['licgraph']}, Python {versions['python']}"
    age = f"newest text read {knowledge['newest']}, {knowledge['age_days']} days before {found.as_of}" if knowledge["newest"] else "no text is dated"
    reviews = ", ".join(f"{n} {status}" for status, n in knowledge["review"].items())
    yield f"knowledge  {versions['knowledge']}: {knowledge['licenses']} licences and exceptions ({reviews}); {knowledge['known_by_name']} SPDX ids known by name"
    yield f"           {age}"
    yield f"           from {knowledge['folder']}{'' if knowledge['own'] else ' (--knowledge)'}; index {knowledge['index']}: {knowledge['index_file']}"
    if house["folder"]:
        yield f"house      {house['folder']}: {len(house['files'])} files, {house['conclusions']} conclusions about components"
        yield from (f"           {name}" for name in house["files"][:12])
        yield from (f"           NOT UNDERSTOOD {f['file']}:{f['line']} {f['what']}. {f['cure']}" for f in house["faults"])
    else:
        yield "house      no .licgraph folder here or above"
    for extra in found.extras:
        yield f"extra      {extra['extra']}: {extra['package']} {extra['version'] or 'is not installed; hf: sources need it: pip install licgraph[' + extra['extra'] + ']'}"
    yield f"terminal   {'colour' if found.terminal['colour'] else 'no colour'}{'' if found.terminal['stdout'] else ' (standard output is no terminal)'}"
    for number, variable in enumerate(found.environment):
        yield f"{'' if number else 'environ':<11}{variable['name']}={variable['value']}"
    yield ""
    yield from _stack(found.stack)


def _stack(stack: Examined) -> Iterator[str]:
    yield f"stack      {stack.name}"
    wide = min(max((len(f.path) for f in stack.files), default=0), 50)
    for file in stack.files:
        place = f"{file.path}:{file.line}" if file.line else file.path
        said = f"read as {file.reader}" if file.state == "read" else f"{file.state.upper() if file.state == 'not understood' else file.state}: {file.why}"
        yield f"  {place:<{wide}}  {said}"
    if stack.components:
        yield f"  {stack.components} component{'s' if stack.components > 1 else ''}; the release is {stack.release or 'not named'}"
    for gap in stack.gaps:
        yield f"  NOT UNDERSTOOD {gap} (no answer is better than unknown while it stands)"
    for fault in stack.faults:
        yield f"  fault: {fault}"
    if not stack.faults and stack.components:
        yield f"next: licgraph check{'' if stack.name in ('.', 'licgraph.yaml') else ' ' + stack.name}"
