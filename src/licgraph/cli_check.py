"""The command `check`: one stack or several, what the gate makes of each answer, the reports, the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from licgraph.asking import day_of, place_of, read_stack
from licgraph.cli_diff import lock_options, moved_since, sorted_out, under_lock, write_lock
from licgraph.cli_help import Command
from licgraph.cli_licenses import FORMATS, reported
from licgraph.cli_question import EXIT, as_asked, assumed, deliver, flags_of, question
from licgraph.errors import Fault, LicgraphError, StackError
from licgraph.light import NamedTuple
from licgraph.reports import checks
from licgraph.stack import DEFAULT_STACK

if TYPE_CHECKING:
    from licgraph.knowledge import Knowledge
    from licgraph.lock import Lock
    from licgraph.outcome import Outcome
    from licgraph.policy import Rule
    from licgraph.stack import Stack
    from licgraph.verdict import Verdict


def gate_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `check` that say which stacks, and what the gate makes of an answer."""
    options = [
        click.option("--all", "all_below", is_flag=True, help="Every stack below this folder, or below those that are named."),
        click.option("--jobs", type=click.IntRange(1), metavar="N", help="With several stacks: processes. Default: one a processor."),
        click.option("--fail-on", "fail_on", metavar="LIST", help="What fails besides a no: unknown, conditional, open-duty, contested, unreviewed, new."),
        click.option("--policy", metavar="FILE", help="House rules, besides .licgraph/policy.yaml above the stack."),
        click.option("--baseline", metavar="FILE", help="What blocked when it was written, which does not count."),
        click.option("--write-baseline", metavar="FILE", help="Write down what blocks now; what stands there already keeps its days."),
        click.option("--until", metavar="DATE", help="With --write-baseline: how long new entries count. Default: 90 days."),
        click.option("--audience", type=click.Choice(["engineer", "counsel"]), help="Without or with the legal reasoning. Default: counsel for text and json, engineer for formats of CI."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command(cls=Command)
@gate_options
@lock_options
@partial(question, formats=(*FORMATS, *checks.formats()), several=True)
def check(**given: Any) -> None:
    """May this be released so? Of one stack, or of several.

    For CI: -f github (annotations, and the step summary), or --output sarif=FILE, junit=FILE, gitlab=FILE beside the text.
    """
    with reported(given["form_of_output"], given["output"]):
        given = _with_defaults(sorted_out(given))
        names, several = _named(given)
        if several and (given["lock"] or given["locked"] is not None):
            raise StackError(Fault("--lock" if given["lock"] else "--locked", 0, "", "a lock is of one stack, and several are asked about", "Name one stack"))
        run = _several if several else _single
        given = {**given, **_gating(given, names)}
        if given["write_baseline"]:
            given = _write_baseline(run(names, {**given, "fail_words": None}), given)
        found = run(names, given)
        outcomes = [a.outcome for a in found]
        deliver(given, {"text": _text(found, given, several), "json": _json(outcomes, given, several), **{form: _checked(form, outcomes, given) for form in checks.formats()}})
        _aside(found, given)
    from licgraph.outcome import worst

    sys.exit(EXIT[worst(outcomes)])


class Asked(NamedTuple):
    """An outcome with what only a report of one stack needs.

    ``facts``: those it was asked with. ``present``: the stack and the knowledge base as they are, whatever a lock says.
    """

    outcome: Outcome
    facts: tuple[str, ...] = ()
    present: tuple[Stack, Knowledge] | None = None
    lock: Lock | None = None


# ------------------------------------------------------------------ what is asked


def _with_defaults(given: dict[str, Any]) -> dict[str, Any]:
    """The parameters, where the file of defaults says more than the command line."""
    from licgraph import defaults

    found = defaults.find(Path.cwd())
    if not found.shown:
        return {**given, "said": (), "default_facts": {}, "patterns": None}
    from licgraph.cli_defaults import merged

    return merged(given, found, click.get_current_context())


def _named(given: Mapping[str, Any]) -> tuple[Sequence[str | None], bool]:
    """The stacks that are meant, sorted, and whether several may be: one that is named, or here, is reported by itself."""
    stacks = list(dict.fromkeys(given["stacks"]))
    if given["all_below"]:
        if any(s == "-" or s.startswith("hf:") for s in stacks):
            raise StackError(Fault("--all", 0, "", "only folders have something below them", "Name folders"))
        from licgraph.inputs import discover

        return discover.stacks(tuple(stacks) or (".",)), True
    if len(stacks) > 1:
        if "-" in stacks:
            raise StackError(Fault("-", 0, "", "standard input is one stack, and several are named", "Name it alone"))
        return sorted({_plain_name(s) for s in stacks}), True
    if not stacks and given["patterns"] is not None and not Path(DEFAULT_STACK).exists():
        from licgraph import defaults

        return sorted({_plain_name(s) for s in defaults.stacks(given["patterns"])}), True
    return [stacks[0] if stacks else None], False


def _plain_name(stack: str) -> str:
    """One name for a stack however it is written: by it reports of several tell their stacks apart."""
    if stack.startswith("hf:"):
        return stack
    file = os.path.join(stack, DEFAULT_STACK)
    return os.path.normpath(file if os.path.isfile(file) else stack)


def _gating(given: Mapping[str, Any], names: Sequence[str | None]) -> dict[str, Any]:
    """What the gate goes by, read once for all stacks. Raises StackError."""
    day = day_of(given["as_of"])
    words, entries, file = None, None, given["write_baseline"] or given["baseline"]
    if given["fail_on"] is not None:
        from licgraph import failing

        words = failing.words(given["fail_on"].split(","))
        if failing.NEW in words and not file:
            raise StackError(Fault("--fail-on", 0, failing.NEW, "what is new is told from a baseline, and none is named", "Add --baseline FILE"))
    if given["until"] and not given["write_baseline"]:
        raise StackError(Fault("--until", 0, "", "no baseline is written", "Add --write-baseline FILE"))
    if file:
        from licgraph import baseline

        for name in names:
            baseline.name_of(name, Path(file))
        if given["until"] and day_of(given["until"]) < day:
            raise StackError(Fault("--until", 0, "", f"`{given['until']}` is before {day}", "Name a later day"))
        entries = {} if given["write_baseline"] and not Path(file).exists() else baseline.read(Path(file), file)
    if given["policy"]:
        _rules(given["policy"], given["folder"])
    return {"day": day, "fail_words": words, "entries": entries, "baseline_file": file}


def _rules(file: str, folder: Path | None) -> tuple[Rule, ...]:
    try:
        stat = os.stat(file)
    except OSError:
        return _read_rules(file, folder, ())  # says that there is none
    return _read_rules(file, folder, (stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=16)
def _read_rules(file: str, folder: Path | None, _state: tuple[int, ...]) -> tuple[Rule, ...]:
    """The rules of a file, read once for many stacks. ``_state``: tells the file from one that it was before."""
    from licgraph import knowledge as base
    from licgraph import policyfile

    return policyfile.read(Path(file), file, base.load(folder))


def _policies(name: str | None, given: Mapping[str, Any]) -> list[str]:
    """The policies that hold for a stack: the one found by walking up, and the one that is named, which cannot lift it."""
    from licgraph.defaults import house_policy

    found = house_policy(place_of(name))
    named = Path(given["policy"]).resolve() if given["policy"] else None
    return [os.path.relpath(file) for file in dict.fromkeys((found, named)) if file is not None]


# ------------------------------------------------------------------ asking


def ask(name: str | None, given: Mapping[str, Any]) -> Asked:
    """The answer about one stack, and what the gate makes of it. Raises LicgraphError."""
    from licgraph import knowledge as base
    from licgraph.answer import assess
    from licgraph.outcome import Outcome

    read, present = read_stack(name, base.load(given["folder"]))
    told = {fact.partition("=")[0] for fact in given["facts"]}
    own = tuple(f"{fact}={value}" for fact, value in given["default_facts"].items() if fact not in read.facts and fact not in told)
    facts = (*own, *given["facts"])
    stack = as_asked(read, present, {**given, "facts": facts})
    asked, knowledge, assume, lock = stack, present, assumed(given["assume"], present), None
    if given["locked"] is not None:
        asked, knowledge, lock = under_lock({**given, "stack": name}, stack, present)
    entries = None
    if given["entries"] is not None:
        from licgraph import baseline

        entries = given["entries"].get(baseline.name_of(name, Path(given["baseline_file"])), ())
    verdict = assess(asked, knowledge, given["profile"], assume=assume, as_of=given["day"], baseline=entries)
    idle = {f"`{fact.partition('=')[0]}`" for fact in own}  # a house's facts are not asked for by every stack
    verdict = verdict._replace(findings=tuple(f for f in verdict.findings if f.id != "unused-fact" or not any(name in f.why for name in idle)))
    if given["lock"]:
        write_lock(given["lock"], asked, verdict, knowledge, assume)
    if given["fail_words"] is not None:
        from licgraph import failing

        verdict = failing.judged(verdict, given["fail_words"], knowledge)
    rules = [rule for file in _policies(name, given) for rule in _rules(file, given["folder"])]
    if rules:
        from licgraph import policy

        verdict = policy.judged(verdict, rules, asked, knowledge)
    outcome = Outcome(name or (DEFAULT_STACK if Path(DEFAULT_STACK).exists() else "."), asked, knowledge, verdict, assume)
    return Asked(outcome, facts, (stack, present), lock)


def _single(names: Sequence[str | None], given: Mapping[str, Any]) -> list[Asked]:
    return [ask(names[0], given)]


def _several(names: Sequence[str | None], given: Mapping[str, Any]) -> list[Asked]:
    """The outcomes in the order of the names; what cannot be read does not stop the others."""
    from licgraph import knowledge as base

    knowledge = base.load(given["folder"])
    assumed(given["assume"], knowledge)
    jobs = min(given["jobs"] or os.cpu_count() or 1, len(names))
    if jobs < 2:
        return [Asked(_tried(name, given)) for name in names]
    import multiprocessing
    import threading
    from concurrent.futures import ProcessPoolExecutor

    plain = sys.platform == "linux" and threading.active_count() == 1  # a copy of a process with threads may hang
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork" if plain else "spawn")) as pool:
        outcomes = list(pool.map(_sent, names, [given] * len(names), chunksize=max(1, len(names) // (jobs * 4))))
    return [Asked(o if o.verdict is None else o._replace(knowledge=knowledge.with_house(place_of(name)))) for name, o in zip(names, outcomes, strict=True)]


def _tried(name: str | None, given: Mapping[str, Any]) -> Outcome:
    from licgraph.outcome import Outcome

    try:
        return ask(name, given).outcome
    except LicgraphError as problem:
        return Outcome(name or ".", problem=problem)


def _sent(name: str | None, given: Mapping[str, Any]) -> Outcome:
    """An outcome that goes from one process to another: the knowledge base is there already."""
    import copyreg

    copyreg.pickle(MappingProxyType, lambda m: (_frozen, (dict(m),)))
    return _tried(name, given)._replace(knowledge=None)


def _frozen(values: dict[str, Any]) -> MappingProxyType[str, Any]:
    return MappingProxyType(values)


def _write_baseline(found: Sequence[Asked], given: dict[str, Any]) -> dict[str, Any]:
    """Writes the baseline from what stands against the stacks, and has them judged by it."""
    from licgraph import baseline
    from licgraph.gate import days_after, keys
    from licgraph.upkeep import write_atomically

    file = Path(given["write_baseline"])
    blocked: dict[str, Any] = {}
    for outcome in (a.outcome for a in found):
        if outcome.verdict is not None:
            blocked[baseline.name_of(outcome.asked, file)] = list(keys(b for b in outcome.verdict.blockers if b.baseline or not b.accepted_risk))
    until = day_of(given["until"]) if given["until"] else days_after(given["day"], baseline.RUNS_DAYS)
    new = baseline.renewed(given["entries"], blocked, file, given["day"], until)
    write_atomically(file, baseline.dumps(new.entries))
    line = f"baseline {file} written: {new.kept} kept, {new.added} added{f' (until {until})' if new.added else ''}, {new.dropped} dropped"
    return {**given, "entries": new.entries, "said": (*given["said"], line)}


# ------------------------------------------------------------------ reporting


def _seen(outcomes: Sequence[Outcome], form: str, given: Mapping[str, Any]) -> list[Outcome]:
    """The outcomes as the readers of a format get them."""
    from licgraph.audience import audience_of, seen_by

    audience = audience_of(form, given["audience"])
    return [o if o.answered is None else o._replace(verdict=seen_by(o.answered[0], audience, o.answered[1].assumptions)) for o in outcomes]


def _checked(form: str, outcomes: Sequence[Outcome], given: Mapping[str, Any]) -> Callable[[bool], str]:
    return lambda _: checks.render(form, _seen(outcomes, form, given))


def _json(outcomes: Sequence[Outcome], given: Mapping[str, Any], several: bool) -> Callable[[bool], str]:
    def json(_: bool) -> str:
        from licgraph.reports.json import render

        seen = _seen(outcomes, "json", given)
        if not several and seen[0].verdict is not None:
            return render(seen[0].verdict)
        from licgraph.reports.several import render_json

        return render_json(seen)

    return json


def _text(found: Sequence[Asked], given: Mapping[str, Any], several: bool) -> Callable[[bool], str]:
    def text(colour: bool) -> str:
        seen = _seen([a.outcome for a in found], "text", given)
        if several:
            from licgraph.reports.several import render as table

            return table(seen, colour, said=_said(found, given))
        from licgraph.reports.text import render

        verdict, knowledge = seen[0].answered or _impossible()
        asked = given["stacks"][0] if given["stacks"] else "."
        return render(verdict, knowledge, colour, flags=flags_of({**given, "facts": found[0].facts}), asked=asked, said=_said(found, given))

    return text


def _impossible() -> tuple[Verdict, Knowledge]:
    raise AssertionError("one stack that was not understood ends before its report")


def _said(found: Sequence[Asked], given: Mapping[str, Any]) -> list[str]:
    """How the gate was put, a line each: what the defaults gave, the house rules, the baseline."""
    said = list(given["said"])
    said += _policies_said([a.outcome for a in found], given)
    if given["entries"] is not None:
        from licgraph.baseline import orphans, says
        from licgraph.reports.several import totals

        noted = totals([a.outcome for a in found])
        said += [says(noted, given["day"])] if noted else []
        gone = orphans(given["entries"], Path(given["baseline_file"]))
        said += [f"baseline: it speaks of {len(gone)} stack{'s that are' if len(gone) > 1 else ' that is'} no longer there ({', '.join(gone[:3])}{', …' if len(gone) > 3 else ''}): write it anew"] if gone else []
    return said


def _policies_said(outcomes: Sequence[Outcome], given: Mapping[str, Any]) -> list[str]:
    """Each policy that was looked at: one that is not found where it was meant to be has to be missed by a reader."""
    hits: dict[str, list[set[str]]] = {}
    for outcome in outcomes:
        for file in _policies(outcome.asked, given) if outcome.verdict else ():
            hits.setdefault(file, []).append({r.rule for r in outcome.verdict.policy} if outcome.verdict else set())
    said = []
    for file, stacks in sorted(hits.items()):
        rules = {rule.id for rule in _rules(file, given["folder"])}
        where = f", for {len(stacks)} of {len(outcomes)} stacks" if len(outcomes) > 1 else ""
        said.append(f"policy {file}: {len(rules)} rule{'s' if len(rules) != 1 else ''}, {len(set().union(*stacks) & rules)} hit{where}")
    return said


def _aside(found: Sequence[Asked], given: Mapping[str, Any]) -> None:
    """What is said beside the report: the step's summary, faults of single stacks, what has moved since a lock."""
    from licgraph.reports.text import clean

    outcomes = [a.outcome for a in found]
    _summarised(outcomes, given)
    if given["form_of_output"] != "text":
        for line in _said(found, given):
            click.echo(clean(line), err=True)
    if given["form_of_output"] in checks.PICTURES:
        from licgraph.rows import told

        for one in told(outcomes):
            for row in one.rows:
                if row.gates:
                    click.echo(clean(f"{one.asked}: {row.text}"), err=True)
    for fault in (f for o in outcomes if o.problem for f in o.problem.faults):
        click.echo(clean(str(fault)), err=True)
    for asked in found:
        if asked.lock is not None and asked.present is not None and asked.outcome.verdict is not None:
            for line in moved_since(asked.lock, asked.present[0], asked.outcome.verdict, asked.present[1], asked.outcome.assume):
                click.echo(line, err=True)


def _summarised(outcomes: Sequence[Outcome], given: Mapping[str, Any]) -> None:
    """Adds the page of a step to the file that GitHub's runner names, which takes 1 MiB."""
    file = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if given["form_of_output"] != "github" or not file:
        return
    text = checks.render("markdown", _seen(outcomes, "markdown", given))
    if len(text.encode()) > 1_000_000:
        text = text.encode()[:900_000].decode("utf-8", "ignore").rpartition("\n")[0] + "\n\nCut here: the summary would be too long. `licgraph explain` has the rest.\n"
    try:
        with open(file, "a", encoding="utf-8") as summary:
            summary.write(text)
    except OSError as problem:
        raise StackError(Fault(file, 0, "GITHUB_STEP_SUMMARY", f"cannot be written ({problem.strerror})", "Unset it, or name a file you may write to")) from None
