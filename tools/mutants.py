#!/usr/bin/env python3
"""Mutation testing of the solver, the expressions, the knowledge loader and the composition table.

`python tools/mutants.py` changes one thing at a time (a comparison, a condition, a constant, a statement, a cell of
`data/relations`), and runs the tests that execute the changed line until one fails. A change that no test notices has
to be explained in `tests/mutants.yaml`; one that is not, or an explained one that is noticed by now, is an error.
`tools/mutants.py MODULE…` tries some modules only, `--write` puts the figures into docs/trust/mutants.json, `--every N` tries each Nth mutant only (a sample),
`--only RE` those whose place matches. Exit 0: every survivor is explained; 1: not.

The tests are collected once; each mutant lives in a forked child, in which the code of the changed functions is
exchanged in place. What is not changed: words for readers (texts with blanks), annotations, assertions, imports.
"""

from __future__ import annotations

import argparse
import ast
import collections
import copy
import datetime
import functools
import gc
import inspect
import json
import os
import re
import resource
import signal
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path = [str(ROOT / "src"), str(ROOT), *(p for p in sys.path if p != str(ROOT / "tools"))]  # tools/coverage.py is not the library
for _name in ("LICGRAPH_TEXTS", "LICGRAPH_CASES", "LICGRAPH_CORPORA"):
    os.environ.pop(_name, None)  # the figures rest on what is in the repository
os.environ.setdefault("LICGRAPH_EXAMPLES", "40")

import pytest  # noqa: E402
import yaml  # noqa: E402
from _pytest.runner import runtestprotocol  # noqa: E402
from coverage import Coverage  # noqa: E402
from tools.figures import read, write  # noqa: E402

MODULES = ("solver.carry", "solver.reach", "solver.item", "solver.offered", "solver.items", "solver.table", "solver.decide", "solver.formula", "expression", "knowledge", "license")
TESTS = ("carry", "cases", "decide", "expression", "formula", "grounds", "loader", "knowledge", "items", "memo", "names", "published", "properties", "sweep")
LEFT_OUT = (
    "total", "without_its_grants", "under_the_base_licence", "cover_the_words", "agrees_with_its_text", "has_a_receipt", "index_rebuilds", "damaged_cache", "faults_of_the_knowledge_base",
    "derivation_is_sufficient", "flip_sets_flip", "three_ways", "order_changes_nothing", "component_apart", "renaming", "never_helps", "values_touched", "300_names", "every_spdx_id", "kept_changes_no_verdict", "forgotten_is_derived",
)  # fmt: skip
"""Tests (parts of their names) of other things, and those that go through so much that they take seconds."""
READING = dict.fromkeys(("expression", "knowledge", "license"), ("expression", "loader", "knowledge", "names"))
"""Of what reads files, the tests that are to notice a change; the stacks of the others are read once."""
EXPLAINED = ROOT / "tests" / "mutants.yaml"
COMPARE = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
BINARY = {ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitXor: ast.BitOr, ast.Mult: ast.Add}
CALLS = {"any": "all", "all": "any", "min": "max", "max": "min", "any_of": "all_of", "all_of": "any_of", "union": "intersection", "intersection": "union"}
UNTOUCHED = {"annotation", "returns", "decorator_list", "type_params"}


class Mutant(NamedTuple):
    """One change: where it is, the line as it stands there, what is changed, and how to make it in a child."""

    module: str
    function: str
    line: str
    change: str
    lines: range
    make: Callable[[], None]

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.module, self.function, self.line, self.change


# -- the changes ---------------------------------------------------------------------------------------------------


def _instead(node: ast.AST) -> Iterator[ast.AST | None]:
    """What may stand for an expression or a statement; None: nothing does."""
    match node:
        case ast.Compare(ops=[op]):
            yield ast.Compare(node.left, [COMPARE[type(op)]()], node.comparators)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for n in range(len(values)):
                rest = values[:n] + values[n + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.BinOp(op=op):
            yield ast.BinOp(node.left, BINARY[type(op)](), node.right) if type(op) in BINARY else node.left
        case ast.Call(func=ast.Name(id="negate"), args=[one]):
            yield one
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield ast.Call(ast.Name(CALLS[name], ast.Load()), node.args, node.keywords)
        case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
            yield ast.Call(ast.Attribute(node.func.value, CALLS[name], ast.Load()), node.args, node.keywords)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value) if " " not in value.strip():
            yield ast.Constant("mutated")
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Expr() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Raise() | ast.Delete() | ast.Return(value=None):
            yield None
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield None


def _sites(node: ast.AST, function: str = "", statement: ast.stmt | None = None) -> Iterator[tuple[str, ast.stmt, str, Callable[[], None]]]:
    """Every change below a node: the function, the statement, what is changed, and how to make it in the tree."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":  # of zip: an assertion
        return
    if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom) or (isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"):
        return
    if isinstance(node, ast.stmt):
        statement = node
    assigned: dict[str, int] = collections.Counter(t.id for s in ast.walk(node) if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)) if isinstance(node, ast.FunctionDef) else {}
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED:
            continue
        several = value if isinstance(value, list) else [value]
        for place, child in enumerate(several):
            if not isinstance(child, ast.AST):
                continue
            here = child if isinstance(child, ast.stmt) else statement
            if field == "test" and isinstance(node, ast.If):
                for constant in (True, False):
                    yield function, here or node, f"`{_said(child)}` -> {constant}", _exchange(node, field, None, ast.Constant(constant))
            if field == "ifs":
                assert here is not None
                yield function, here, f"without `if {_said(child)}`", _exchange(node, field, place, None)
            if isinstance(child, ast.Assign) and isinstance(child.targets[0], ast.Name) and assigned.get(child.targets[0].id, 0) > 1:
                yield function, child, f"without `{_said(child)}`", _exchange(node, field, place, ast.Pass())
            if isinstance(node, ast.If | ast.IfExp) and field == "test" and isinstance(child, ast.Compare | ast.UnaryOp):
                yield from _sites(child, function, here)
                continue
            for new in _instead(child):
                assert here is not None
                what = f"without `{_said(child)}`" if new is None else f"`{_said(child)}` -> `{_said(new)}`"
                yield function, here, what, _exchange(node, field, place if isinstance(value, list) else None, ast.Pass() if new is None else new)
            yield from _sites(child, function, here)


def _said(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 100 else f"{text[:97]}…"


def _exchange(parent: ast.AST, field: str, place: int | None, new: ast.AST | None) -> Callable[[], None]:
    def make() -> None:
        if place is None:
            setattr(parent, field, new)
        elif new is None:
            del getattr(parent, field)[place]
        else:
            getattr(parent, field)[place] = new

    return make


def of_code(name: str) -> Iterator[Mutant]:
    """All mutants of a module. What the loader makes is made once for all tests, so each of them may notice."""
    module = sys.modules[f"licgraph.{name}"]
    source = Path(str(module.__file__)).read_text("utf-8")
    tree = ast.parse(source)
    future = ast.parse("from __future__ import annotations").body[0]
    shown = source.splitlines()
    used = {n.id for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f) if isinstance(n, ast.Name)}
    inside = {n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for s in f.body for n in ast.walk(s)}
    for part, (function, statement, change, exchange) in ((p, site) for p in tree.body if not _only_shape(p, used) for site in _sites(p)):
        body = getattr(statement, "body", None)  # of a compound statement only the head
        end = body[0].lineno - 1 if isinstance(body, list) and body else statement.end_lineno or statement.lineno

        def make(exchange: Callable[[], None] = exchange, part: ast.stmt = part) -> None:
            exchange()
            _graft(module, compile(ast.fix_missing_locations(ast.Module([future, part], [])), str(module.__file__), "exec"), name)

        yield Mutant(name, function, shown[statement.lineno - 1].strip(), change, range(statement.lineno, max(end, statement.lineno) + 1) if statement in inside and name not in ("knowledge", "license") else range(0), make)


def _only_shape(statement: ast.stmt, read: set[str]) -> bool:
    """A word outside the functions that none of them reads: the shape of a file, for the schema."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target] if isinstance(statement, ast.AnnAssign) else []
    return bool(targets) and not any(isinstance(t, ast.Name) and t.id in read for t in targets)


def _graft(module: types.ModuleType, code: types.CodeType, name: str) -> None:
    """Puts changed code into the objects of a module that others hold already."""
    new = dict(vars(module))
    exec(code, new)
    for key, value in new.items():
        old = vars(module).get(key)
        if key.startswith("__") or old is None or value is old:
            continue
        if isinstance(value, type):
            _graft_class(old, value)
        elif callable(value) and hasattr(inspect.unwrap(value), "__code__"):
            _graft_function(inspect.unwrap(old), inspect.unwrap(value))
        elif type(value) in (tuple, str, dict, int, bool, frozenset, re.Pattern) and value != old:
            for other in list(sys.modules.values()):
                if getattr(other, "__name__", "").startswith(("licgraph", "tests")) and vars(other).get(key) is old:
                    setattr(other, key, value)
    if name in ("knowledge", "license", "index"):
        _reload()


def _graft_function(old: Any, new: Any) -> None:
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _graft_class(old: type, new: type) -> None:
    for key, value in list(vars(new).items()):
        mine = vars(old).get(key)
        for part in ("fget", "func", "__func__"):
            if hasattr(value, part) and not isinstance(value, types.FunctionType):
                mine, value = getattr(mine, part), getattr(value, part)
                break
        if isinstance(value, types.FunctionType) and isinstance(mine, types.FunctionType):
            if len(value.__code__.co_freevars) == len(mine.__code__.co_freevars):
                _graft_function(mine, value)
            else:  # what says super() no more
                setattr(old, key, value)


def _without_caches() -> None:
    """Functions that keep their results run each time: what was kept before a change would hide it."""
    wrapper = type(functools.lru_cache(int))
    ours = {f"licgraph.{name}" for name in MODULES} - {"licgraph.knowledge"}
    for module in [m for n, m in sys.modules.items() if n.startswith(("licgraph.", "tests."))]:
        for name, value in list(vars(module).items()):
            if isinstance(value, wrapper) and value.__module__ in ours:
                setattr(module, name, value.__wrapped__)


def _reload() -> None:
    """What a changed loader makes of the knowledge base, in the place of what the tests hold."""
    from licgraph.knowledge import load

    old = load()
    load.cache_clear()
    new = load()
    old.__dict__.clear()
    old.__dict__.update(new.__dict__)


def of_relations() -> Iterator[Mutant]:
    """All mutants of the composition table: each cell, the act, the place, and every further word of each relation."""
    from licgraph.knowledge import Relation, load

    knowledge = load()
    ways = ("copy", "derivative", "linked", "trained", "extracted", "output", "remote")
    choices = {"act": ("", "use", "copy", "modify", "link", "train", "distil"), "place": ("keep", "inside", "beside", "behind", "tool", "answers")}

    def mutant(relation: Relation, word: str, old: object, new: object, changed: Relation) -> Mutant:
        def make() -> None:
            knowledge.relations = {**knowledge.relations, relation.id: changed}

        return Mutant("relations", relation.id, f"{word}: {old}", f"-> {new}", range(0), make)

    for relation in knowledge.relations.values():
        for way in ways:
            before = relation.carries.get(way)
            after = ways[(ways.index(before) + 1) % len(ways)] if before else "copy"
            yield mutant(relation, f"carries.{way}", before, after, relation._replace(carries={**relation.carries, way: after}))
            if before and before != "remote":
                yield mutant(relation, f"carries.{way}", before, None, relation._replace(carries={k: v for k, v in relation.carries.items() if k != way}))
        for word, values in choices.items():
            for value in values:
                if value != getattr(relation, word):
                    yield mutant(relation, word, getattr(relation, word), value or "none", relation._replace(**{word: value}))
        for word in ("question", "assumption", "purpose", "over_data", "selection", "finding", "duty", "duty_when_kind"):
            if value := getattr(relation, word):
                yield mutant(relation, word, value, "nothing", relation._replace(**{word: type(value)()}))


# -- the tests -----------------------------------------------------------------------------------------------------


class Run:
    """The pytest plugin that runs the mutants in place of the tests."""

    def __init__(self, modules: list[str], every: int, only: str, jobs: int) -> None:
        self.modules, self.every, self.only, self.jobs = modules, every, only, jobs
        self.results: list[tuple[Mutant, str, str]] = []
        self.tests = 0
        self.times: dict[str, float] = {}

    def pytest_sessionstart(self) -> None:
        """No shrinking: that a test fails is enough."""
        from hypothesis import Phase, settings

        settings.register_profile("mutants", phases=[Phase.generate], deadline=None)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {i.nodeid: i for i in session.items}
        for name in MODULES:
            __import__(f"licgraph.{name}")
        _without_caches()
        sys.modules["tests.test_grounds"].samples()  # type: ignore[attr-defined]  # made once, for all children
        cover = self._baseline(session)
        _read_once()
        items = {n: i for n, i in items.items() if n in self.times}
        self.tests = len(items)
        mutants = [m for name in self.modules for m in (of_relations() if name == "relations" else of_code(name))]
        mutants = [m for m in mutants if re.search(self.only, f"{m.module} {m.function} {m.line} {m.change}")][:: self.every]
        print(f"{len(items)} tests, {sum(self.times.values()):.0f} s; {len(mutants)} mutants", flush=True)
        gc.collect()
        gc.freeze()  # else each child would copy what it does not change
        killers: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        running: dict[int, tuple[Mutant, int, list[Any]]] = {}
        queue = iter(mutants)
        begun = time.monotonic()
        while True:
            while len(running) < self.jobs and (mutant := next(queue, None)) is not None:
                covering = [n for n in items if mutant.module not in READING or n.split("::")[0].removeprefix("tests/test_").removesuffix(".py") in READING[mutant.module]]
                covering = [n for n in covering if not mutant.lines or any(n in cover.get((mutant.module, line), ()) for line in mutant.lines)]
                place = f"{mutant.module} {mutant.function}"
                covering.sort(key=lambda n: (-killers[place][n], -killers[mutant.module][n], self.times[n] > 0.5, "::test_case[" in n, self.times[n]))
                chosen = [items[n] for n in covering]
                if not chosen:
                    self.results.append((mutant, "not run", ""))
                    continue
                reading, writing = os.pipe()
                child = os.fork()
                if not child:
                    os.close(reading)
                    self._try(mutant, chosen, writing)
                os.close(writing)
                running[child] = (mutant, reading, chosen)
            if not running:
                break
            ended, status = os.wait()
            mutant, reading, chosen = running.pop(ended)
            last = os.read(reading, 4096).decode()
            os.close(reading)
            fate = "time-out" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM else "survived" if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 else "killed"
            if fate == "killed" and last:
                killers[f"{mutant.module} {mutant.function}"][last] += 1
                killers[mutant.module][last] += 1
            self.results.append((mutant, fate, last))
            if fate == "survived":
                print(f"  alive: {mutant.module} {mutant.function}:{mutant.lines.start or ''} | {mutant.line} | {mutant.change}", flush=True)
            if len(self.results) % 100 == 0:
                print(f"{len(self.results)} of {len(mutants)} in {time.monotonic() - begun:.0f} s, {sum(f in ('survived', 'not run') for _, f, _ in self.results)} survive", flush=True)
        return True

    def _baseline(self, session: pytest.Session) -> dict[tuple[str, int], set[str]]:
        """Runs all tests once, in a child: which pass, how long each takes, and which lines it executes."""
        reading, writing = os.pipe()
        if not (child := os.fork()):
            os.close(reading)
            quiet()
            from licgraph.solver.memo import Memo

            Memo.find = lambda self, situation: None  # type: ignore[method-assign]  # what one test derived, others execute too
            cover = Coverage(data_file=None, include=[str(ROOT / "src" / "licgraph" / "*")], config_file=False)
            for item, after in zip(session.items, [*session.items[1:], None], strict=True):
                cover.start()
                cover.switch_context(item.nodeid)
                begun = time.perf_counter()
                reports = runtestprotocol(item, log=False, nextitem=after)
                self.times[item.nodeid] = time.perf_counter() - begun
                cover.stop()
                if not all(r.passed for r in reports):
                    del self.times[item.nodeid]
            data = cover.get_data()
            lines: dict[str, list[str]] = {}
            for name in MODULES:
                found = data.contexts_by_lineno(str(ROOT / "src" / "licgraph" / f"{name.replace('.', '/')}.py"))
                lines |= {f"{name} {line}": contexts for line, contexts in found.items()}
            with os.fdopen(writing, "w") as pipe:
                json.dump({"times": self.times, "lines": lines}, pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            told = json.load(pipe)
        os.waitpid(child, 0)
        self.times = told["times"]
        failed = [i.nodeid for i in session.items if i.nodeid not in self.times]
        if failed:
            print(f"{len(failed)} tests are skipped or fail unmutated: {', '.join(failed[:4])}")
        return {(key.split()[0], int(key.split()[1])): set(contexts) for key, contexts in told["lines"].items()}

    def _try(self, mutant: Mutant, items: list[Any], pipe: int) -> None:
        """In the child: makes the change and runs tests until one fails; ends the process."""
        quiet()
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(10)
        if mutant.module in READING:
            _read_again()
        try:
            mutant.make()
            for item, after in zip(items, [*items[1:], None], strict=True):
                signal.setitimer(signal.ITIMER_REAL, 3 + 20 * self.times[item.nodeid])
                if any(r.failed for r in runtestprotocol(item, log=False, nextitem=after)):
                    os.write(pipe, item.nodeid.encode())
                    os._exit(1)
        except BaseException:
            os._exit(2)
        os._exit(0)


def _read_once() -> None:
    """Lets the tests of the solver take the stacks of the cases as they were read before: reading is not what they test."""
    conftest: Any = sys.modules["tests.conftest"]
    cases: Any = sys.modules["tests.test_cases"]
    read, load_file, known = conftest.stack_of, yaml.safe_load, dict[str, Any]()

    def stack_of(data: dict[str, Any], knowledge: Any) -> Any:
        key = json.dumps(data, default=str)
        return known[key] if key in known else known.setdefault(key, read(data, knowledge))

    files = {path.read_text("utf-8"): load_file(path.read_text("utf-8")) for path in cases.OWN}
    yaml.safe_load = lambda text: copy.deepcopy(files[text]) if text in files else load_file(text)
    for case in files.values():
        stack_of(case["stack"], conftest.base.load())
    conftest.stack_of = stack_of
    conftest.read_stack_of = read


def _read_again() -> None:
    """Undoes that, where reading is what is changed."""
    conftest: Any = sys.modules["tests.conftest"]
    conftest.stack_of = conftest.read_stack_of


def quiet() -> None:
    """Lets a child say nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


# -- the report ----------------------------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Runs the mutants and reports; the exit code as above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}, relations; all if none is named")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--killers", action="store_true", help="also say which test noticed each")
    given = parser.parse_args(arguments)
    run = Run(given.modules or [*MODULES, "relations"], given.every, given.only, given.jobs)
    files = [str(path) for name in TESTS if (path := ROOT / "tests" / f"test_{name}.py").is_file()]
    begun = time.monotonic()
    code = pytest.main(["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={ROOT}", "-k", " and ".join(f"not {n}" for n in LEFT_OUT), *files], plugins=[run])
    if code != 0:
        return 2
    explained = {(e["module"], e["function"], e["line"], e["change"]): e["reason"] for e in yaml.safe_load(EXPLAINED.read_text("utf-8")) or ()} if EXPLAINED.is_file() else {}
    alive = [m for m, fate, _ in run.results if fate in ("survived", "not run")]
    dead = {m.key for m, fate, _ in run.results if fate in ("killed", "time-out")} - {m.key for m in alive}
    if given.killers:
        for mutant, fate, test in run.results:
            print(fate, *mutant.key, test, sep=" | ")
    figures: dict[str, Any] = {}
    for name in (*MODULES, "relations"):
        fates = collections.Counter(fate for m, fate, _ in run.results if m.module == name)
        if made := sum(fates.values()):
            left = fates["survived"] + fates["not run"]
            known = sum(m.key in explained for m in alive if m.module == name)
            figures[name] = {"made": made, "killed": fates["killed"], "timed-out": fates["time-out"], "survived": left, "explained": known}
            print(f"{name:16} {made:5} made  {fates['killed']:5} killed  {fates['time-out']:3} timed out  {left:4} survived ({known} explained)  {100 * (made - left) / made:5.1f} %")
    made, left = (sum(f[k] for f in figures.values()) for k in ("made", "survived"))
    print(f"{'all':16} {made:5} made  {left} survived  {100 * (made - left) / max(made, 1):.1f} %  in {time.monotonic() - begun:.0f} s")
    wrong = 0
    for mutant in alive:
        if mutant.key not in explained:
            wrong += 1
            print(f"survives: {mutant.module} {mutant.function}:{mutant.lines.start or ''} | {mutant.line} | {mutant.change}")
    gone = [k for k in explained if k[0] in run.modules and (k in dead or (given.every == 1 and not given.only and k not in {m.key for m in alive}))]
    for key in gone:
        wrong += 1
        print(f"explained, and noticed or gone by now: {' | '.join(key)}")
    if given.write and given.every == 1 and not given.only:
        today = datetime.date.today().isoformat()
        write("mutants", {"command": "python tools/mutants.py --write", "modules": {**read("mutants").get("modules", {}), **{n: {**f, "date": today, "tests": run.tests} for n, f in figures.items()}}})
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
