"""What is given any bytes: a function an input. It comes to a result or to a LicgraphError; anything else is a fault of ours.

Of what was read it is held besides: reading again gives the same, what `import` writes reads back as the same stack, and
where something that the release stands on was not read, the answer is no yes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from licgraph import baseline, defaults, lock, policyfile
from licgraph import knowledge as base
from licgraph.answer import assess
from licgraph.errors import LicgraphError, StackError
from licgraph.expression import ExpressionFault, parse, render
from licgraph.inputs import hub, hub_cache, hub_store, is_stack_file, read, readers
from licgraph.inputs.assemble import stack_of
from licgraph.inputs.draft import Draft
from licgraph.inputs.folder import read as read_folder
from licgraph.inputs.hub_client import Answer, Limits
from licgraph.inputs.loose import Source, read_any
from licgraph.inputs.stackfile import from_text
from licgraph.inputs.writer import render_stack
from licgraph.knowledge import Knowledge
from licgraph.stack import Stack
from licgraph.yamlfile import decode
from licgraph.yamlfile import parse as parse_yaml

from . import seeds

AS_OF = "2026-11-22"
DEEP = 4
"""One of so many inputs has its invariants looked at as well, which takes longer than reading."""


class Target(NamedTuple):
    """A function of any bytes, and what to start from."""

    run: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    return base.load()


def deep(data: bytes) -> bool:
    """Whether the slow part is done as well: by the bytes, so that a fault is found again."""
    return zlib.crc32(data) % DEEP == 0


def refused(function: Callable[[], Any]) -> Any:
    """The result, or None where the input is refused in the way that was promised."""
    try:
        return function()
    except LicgraphError as problem:
        for fault in problem.faults:
            assert fault.file, "a fault names its file"
            assert fault.what, "a fault says what is wrong"
            assert fault.cure, "a fault says what to do"
            assert "\n" not in fault.what, f"a fault is one line: {fault.what!r}"
        return None


def plain(stack: Stack) -> Any:
    """A stack without what a file cannot hold: how licences were written, and lines of the stack file itself."""
    parts = {
        n: c._replace(license=c.license and render(c.license), declared=c.declared and render(c.declared), written="", additional=tuple(map(render, c.additional)), contents=c.contents and render(c.contents), labels=tuple(sorted((x.where, render(x.says), x.date) for x in c.labels)))  # type: ignore[arg-type,misc]
        for n, c in stack.components.items()
    }  # fmt: skip
    release = stack.release and stack.release._replace(license=stack.release.license and render(stack.release.license), written="")  # type: ignore[arg-type]
    return sorted(parts.items()), sorted(e._replace(line=0) for e in stack.edges), release, sorted(stack.unread, key=squeezed)


def squeezed(found: Any) -> str:
    """What was read, without blanks and what cannot be printed, which the file leaves out of names and sentences."""
    return re.sub(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[ntr])|\s", "", repr(found))


def stands_on(stack: Stack) -> set[str]:
    """The released component and everything it was made from."""
    found: set[str] = set()
    waiting = [stack.release.component] if stack.release else []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [e.source for e in stack.edges if e.result == one]
    return found


def judged(stack: Stack) -> str:
    """The answer, which is no yes where something under the release was not read."""
    if stack.release is None:
        return ""
    verdict = assess(stack, knowledge(), as_of=AS_OF, search=False)
    gaps = [u for u in stack.unread if u.component in ("", *stands_on(stack))]
    assert not (gaps and verdict.answer == "yes"), f"yes, though not read: {gaps}"
    assert verdict.gate != "pass" or verdict.answer == "yes" or any(b.accepted_risk for b in verdict.blockers)
    json.dumps(verdict.to_json(), allow_nan=False, ensure_ascii=False).encode()
    return verdict.answer


def drafted(again: Callable[[], Draft], data: bytes) -> None:
    """What every reader is held to."""
    found = refused(again)
    if found is None:
        return
    assert found.parts or found.unread or found.notices or found.inputs is not None
    assert {s.source for s in found.steps.values()} | {s.result for s in found.steps.values()} <= set(found.parts)
    for part in found.parts.values():
        part.id.encode()
    if not deep(data):
        return
    second = again()
    assert (second.parts, second.steps, second.unread, second.release) == (found.parts, found.steps, found.unread, found.release), "read twice, and not the same"
    stack = refused(lambda: stack_of(found, knowledge()))
    if stack is None or len(stack.components) > 60:
        return
    text = refused(lambda: render_stack(found, knowledge()))
    assert squeezed(plain(from_text(text, "licgraph.yaml", knowledge()))) == squeezed(plain(stack)), "what import writes is another stack"
    judged(stack)


def one_reader(reader: Any, name: str, data: bytes) -> None:
    source = Source(name, given=data)
    refused(lambda: reader.sniff(source))
    drafted(lambda: reader.read(source, knowledge()), data)


def any_file(data: bytes) -> None:
    """Bytes whose reader is chosen by what they hold, as standard input is."""
    stack = refused(lambda: read("-", knowledge(), data))
    if stack is not None and deep(data) and len(stack.components) <= 60:
        judged(stack)


def stack_file(data: bytes) -> None:
    stack = refused(lambda: from_text(decode(data, "s.yaml", StackError), "s.yaml", knowledge()))
    if stack is not None and deep(data):
        judged(stack)


def yaml_text(data: bytes) -> None:
    node = refused(lambda: parse_yaml(decode(data, "s.yaml", StackError), "s.yaml", LicgraphError))
    assert node == refused(lambda: parse_yaml(decode(data, "s.yaml", StackError), "s.yaml", LicgraphError))
    is_stack_file(Source("s.yaml", given=data))


def loose_text(data: bytes) -> None:
    refused(lambda: list(read_any(Source("s.yaml", given=data)).walk()))


def expression(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        tree = parse(text, knowledge())
    except ExpressionFault:
        return
    written = render(tree)
    assert render(parse(written, knowledge())) == written, "an expression that is written is read as another"


def names(data: bytes) -> None:
    from licgraph.inputs.identity import reference
    from licgraph.names import guess

    text = data.decode("utf-8", "surrogateescape")
    found = guess(text, knowledge())
    assert found == guess(text, knowledge())
    knowledge().resolve(text)
    knowledge().near(text)
    for dataset in (False, True):
        reference(text, knowledge(), dataset)


def in_file(function: Callable[[Path], Any], name: str, data: bytes) -> None:
    """For what reads a file by its path."""
    file = scratch() / name
    file.write_bytes(data)
    refused(lambda: function(file))


@lru_cache(maxsize=1)
def scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="licgraph-fuzz-"))


def policy_file(data: bytes) -> None:
    rules = refused(lambda: policyfile.from_text(decode(data, "p.yaml", StackError), "p.yaml", knowledge()))
    if rules and deep(data):
        from licgraph import policy

        stack = from_text(seeds.STACK.decode(), "s.yaml", knowledge())
        policy.judged(assess(stack, knowledge(), as_of=AS_OF, search=False), rules, stack, knowledge())


def defaults_file(data: bytes) -> None:
    folder = scratch() / "d"
    folder.mkdir(exist_ok=True)
    (folder / ".git").mkdir(exist_ok=True)
    (folder / defaults.OWN).write_bytes(data)
    found = refused(lambda: defaults.find(folder))
    if found is not None:
        refused(lambda: defaults.stacks(found))
        defaults.facts(found)
        defaults.path(found, "policy")


@lru_cache(maxsize=1)
def a_lock() -> bytes:
    stack = from_text(seeds.STACK.decode(), "s.yaml", knowledge())
    return lock.dumps(lock.of(stack, assess(stack, knowledge(), as_of=AS_OF), knowledge())).encode()


def lock_file(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    found = refused(lambda: lock.parse(text, "licgraph.lock"))
    if found is None:
        return
    stack = refused(lambda: lock.stack_of(found))
    laid = refused(lambda: lock.laid(found, stack, knowledge()))
    if laid is not None and deep(data):
        refused(lambda: assess(*laid, as_of=AS_OF, search=False))
        refused(lambda: lock.moved(found, stack, assess(stack, knowledge(), as_of=AS_OF, search=False), knowledge()))


@lru_cache(maxsize=1)
def a_verdict() -> bytes:
    stack = from_text(seeds.STACK.decode(), "s.yaml", knowledge())
    return json.dumps(assess(stack, knowledge(), as_of=AS_OF).to_json()).encode()


def verdict_file(data: bytes) -> None:
    """A kept verdict, through the command that compares it."""
    (scratch() / "old.json").write_bytes(data)
    (scratch() / "new.json").write_bytes(a_verdict())
    for form in ("json", "text"):
        command(["diff", str(scratch() / "old.json"), str(scratch() / "new.json"), "-f", form])


def identify(data: bytes) -> None:
    from licgraph.fingerprints import identify as matches
    from licgraph.fingerprints import load
    from licgraph.index import data_folder

    text = data.decode("utf-8", "replace")
    assert matches(text, load(data_folder())) == matches(text, load(data_folder()))


def command(arguments: list[str], given: bytes = b"") -> None:
    """The command line ends with a code that means something, and never by an accident."""
    from click.testing import CliRunner

    from licgraph.cli import cli

    result = CliRunner().invoke(cli, arguments, input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1, 2, 3), result.exit_code


COMMANDS = ("check", "outbound", "explain", "repair", "openness", "export", "import", "doctor", "show", "diff", "notice", "assumptions", "policy", "licenses", "--explain", "init", "completion")
SHUT_OUT = ("review", "new", "--jobs", "--into", "hf:", "http")
"""Words that write into the knowledge base, start processes or ask the network."""


def arguments(data: bytes) -> None:
    """Words, one a line. They may write files, so they run in a folder of their own and no word leads out of it."""
    words = [w.decode("utf-8", "surrogateescape").replace("\0", "") for w in data.split(b"\n")]
    words = [w for w in words if not any(s in w for s in SHUT_OUT) and ".." not in w and not w.split("=")[-1].startswith(("/", "~"))][:20]
    here = os.getcwd()
    folder = scratch() / "c"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        os.chdir(folder)
        Path("licgraph.yaml").write_bytes(seeds.STACK)
        Path("p.yaml").write_bytes(seeds.POLICY)
        Path("b.json").write_bytes(seeds.BASELINE)
        command(words)
    finally:
        os.chdir(here)


def a_folder(data: bytes) -> None:
    """A folder of up to four files, each of the form of the one before it if it is said nothing else."""
    place = scratch() / "f"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, content in zip(("README.md", "LICENSE", "config.json", "mergekit_config.yml"), data.split(b"\n=====\n"), strict=False):
        (place / name).write_bytes(content)
    drafted(lambda: read_folder(Source(str(place), place), knowledge()), data)


def cache_folder(data: bytes) -> None:
    """A cache of the Hub: the first line is the reference, the second the folder's name, the rest a card."""
    place = scratch() / "h"
    shutil.rmtree(place, ignore_errors=True)
    reference, _, rest = data.partition(b"\n")
    name, _, card = rest.partition(b"\n")
    folder = place / (name.decode("utf-8", "replace").replace("/", "").replace("\0", "").encode()[:200].decode("utf-8", "ignore").strip(".") or "models--a--b")
    snapshot = folder / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_bytes(reference)
    (snapshot / "README.md").write_bytes(card)
    for one in (place, folder, snapshot):
        drafted(lambda one=one: hub_cache.read(Source(str(one), one), knowledge(), each=read_folder), data)  # type: ignore[misc]


class Canned:
    """A Hub that answers everything with the same description and the same file."""

    token = ""
    left = 10.0

    def __init__(self, info: bytes, file: bytes) -> None:
        self.info, self.file = info, file

    def get(self, path: str, most: int) -> Answer:
        body = self.info if path.startswith("/api/") else self.file
        return Answer(200, body[:most], len(body) > most)

    def pages(self, path: str, most: int) -> tuple[list[Any], bool]:
        return [], False


QUICK = Limits(repositories=5, depth=3, workers=1)


def hub_answers(data: bytes) -> None:
    """What the Hub says of a repository, and a file of it."""
    info, _, file = data.partition(b"\n=====\n")
    os.environ["XDG_CACHE_HOME"] = str(scratch() / "x")

    def walked() -> Draft:
        shutil.rmtree(scratch() / "x", ignore_errors=True)
        library = hub_store.Library(QUICK, Canned(info, file), "canned")  # type: ignore[arg-type]
        return hub._Walk(library, knowledge(), "hf:us/m").run("us/m", "")

    drafted(walked, data)


def hub_kept(data: bytes) -> None:
    """An entry of our own cache of the Hub: changed, it is not there; kept so by something that knows its hash, it is read with care."""
    os.environ["XDG_CACHE_HOME"] = str(scratch() / "x")
    store = hub_store.Store("s")
    file = store._file("us/m", "")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    assert store.load("us/m", "") is None, "an entry that was changed is taken for what was kept"
    try:
        entry = json.loads(data)
        hub_store._write(file, entry)
    except (ValueError, TypeError, RecursionError):
        return
    record = store.load("us/m", "")
    if record is not None:
        from licgraph.inputs.hub_repository import drafted as of_record

        drafted(lambda: of_record(record, knowledge(), True), data)


WORDS_OF_A_LINE = [b"MIT", b"apache 2", b"MIT OR (Apache-2.0 AND CC-BY-4.0)", b"GPL-2.0-only WITH Classpath-exception-2.0", b"https://creativecommons.org/licenses/by-nc/4.0/deed.en", b"llama3.1", b"gpl-3.0", b"cc by nc sa", b"The MIT License (MIT)", b"meta-llama/Llama-3.1-8B@main", b"s3://a/b", b"BSD 3-clause", b"MIT, Apache-2.0", b"LicenseRef-Llama-3.1-Community"]


def lines(*words: str) -> bytes:
    return "\n".join(words).encode()


ARGUMENTS = [
    lines("check", "--fact", "domicile=EU", "--assume", "label-authority=declared-tag", "-f", "json"), lines("check", "licgraph.yaml", "--as", "MIT", "--as-of", "2026-11-22", "-f", "sarif"), lines("check", "--policy", "p.yaml", "--baseline", "b.json", "--fail-on", "no,new"),
    lines("check", "--write-baseline", "n.json", "--until", "2027-01-01"), lines("check", "--lock", "l.lock"), lines("outbound", "--matrix", "--try", "MIT"), lines("explain", "licgraph.yaml", "share-alike"), lines("explain", "--code", "exit-3"), lines("repair", "--as", "MIT"),
    lines("openness", "-f", "markdown"), lines("export", "-f", "spdx-2.3"), lines("export", "-f", "card", "-o", "out.md"), lines("import", "licgraph.yaml"), lines("doctor"), lines("show", "MIT"), lines("licenses", "search", "llama"), lines("licenses", "compare", "MIT", "ISC"), lines("notice", "-o", "out"),
    lines("diff", "licgraph.yaml", "--old-knowledge", "k"), lines("assumptions", "list"), lines("policy", "test", "p.yaml"), lines("--explain", "exit-3"), lines("check", "--fact", "annual-revenue-usd=1e400", "--output", "html=o.html"), lines("check", "--all", "-f", "junit"),
]  # fmt: skip



def _one(function: Callable[[bytes], object], *own: bytes) -> Target:
    return Target(function, lambda: list(own))


def _joined(*parts: bytes) -> bytes:
    return b"\n=====\n".join(parts)


def _mixed() -> list[bytes]:
    return [s for form in seeds.FORMATS for s in (*seeds.FORMATS[form][1], *seeds.real().get(form, ())[:5])]


_INFO = json.dumps({"id": "us/m", "sha": "0" * 40, "tags": ["license:mit", "base_model:finetune:a/b"], "cardData": {"license": "mit"}, "gated": False, "siblings": [{"rfilename": "README.md"}, {"rfilename": "LICENSE"}], "baseModels": {"relation": "finetune", "models": [{"id": "a/b"}]}}).encode()

TARGETS: dict[str, Target] = {
    **{
        f"inputs-{r.FORMAT}": Target(partial(one_reader, r, seeds.FORMATS[r.FORMAT][0]), partial(lambda form: [*seeds.FORMATS[form][1], *seeds.real().get(form, ())], r.FORMAT))
        for r in readers()
        if r is not hub_cache
    },
    "inputs-any": Target(any_file, _mixed),
    "inputs-folder": _one(a_folder, _joined(seeds.CARD, b"MIT License\n", *(seeds.FORMATS[f][1][0] for f in ("model-config", "mergekit")))),
    "inputs-hub-cache": _one(cache_folder, b"\n".join((b"0" * 40, b"models--org--name", seeds.CARD))),
    "hub-answers": _one(hub_answers, _joined(_INFO, seeds.CARD)),
    "hub-kept": _one(hub_kept, json.dumps(seeds.RECORD).encode()),
    "stack-file": _one(stack_file, seeds.STACK),
    "yaml": Target(yaml_text, _mixed),
    "loose": Target(loose_text, _mixed),
    "expression": _one(expression, *WORDS_OF_A_LINE),
    "names": _one(names, *WORDS_OF_A_LINE),
    "baseline": _one(partial(in_file, lambda f: baseline.dumps(baseline.read(f, "b.json")), "b.json"), seeds.BASELINE),
    "policy": _one(policy_file, seeds.POLICY),
    "defaults": _one(defaults_file, seeds.DEFAULTS),
    "lock": Target(lock_file, lambda: [a_lock()]),
    "verdict": Target(verdict_file, lambda: [a_verdict()]),
    "identify": Target(identify, lambda: [*seeds.FORMATS["license-text"][1], *seeds.texts()]),
    "arguments": _one(arguments, *ARGUMENTS),
}
