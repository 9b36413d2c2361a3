"""JUnit XML. One stack: a suite a component, a case a row, and first of all the check itself, so that a report is never empty.
Several: a suite a stack, in which the check itself is the first case.

What gates is a failure, what is accepted is skipped, the rest passes and says its line on standard output.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from licgraph.outcome import Outcome
from licgraph.rows import FOR_COUNSEL, Row, Told, headline, told
from licgraph.verdict import Verdict

NOT_XML = re.compile(r"[\u202a-\u202e\u2066-\u2069]|[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 does not allow in a document, or advises against."""


def render(outcomes: Sequence[Outcome]) -> str:
    """The answer as a case of its own, then every row; a case that ended in an error for each fault."""
    top = ElementTree.Element("testsuites", name="licgraph")
    several = len(outcomes) > 1
    for one in told(outcomes):
        suite = _suite(top, one.asked if several else "check")
        if one.verdict is None:
            _faults(suite, one)
            continue
        _check(suite, one.verdict)
        suites: dict[str, ElementTree.Element] = {}
        for row in one.rows:
            if row.component not in suites:
                suites[row.component] = suite if several else _suite(top, row.component)
            _case(suites[row.component], row)
    return _written(top)


def _check(suite: ElementTree.Element, verdict: Verdict) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname="check", name=_text(headline(verdict)))
    if verdict.gate != "pass":
        _fail(case, verdict.answer, headline(verdict) + (f". {FOR_COUNSEL}" if verdict.audience == "engineer" else ""))


def _faults(suite: ElementTree.Element, one: Told) -> None:
    for fault in one.problem.faults if one.problem else ():
        case = ElementTree.SubElement(suite, "testcase", classname="check", name="input is understood")
        ElementTree.SubElement(case, "error", type="input", message=_text(str(fault)))


def _case(suite: ElementTree.Element, row: Row) -> None:
    place = {"file": _text(row.evidence.file), **({"line": str(row.evidence.line)} if row.evidence.line else {})} if row.evidence.file else {}
    case = ElementTree.SubElement(suite, "testcase", {"classname": _text(row.component), "name": _text(row.rule), **place})
    if row.gates:
        _fail(case, row.level, row.text)
    elif row.covered:
        ElementTree.SubElement(case, "skipped", message=_text(row.covered)).text = _text(row.text)
    else:
        ElementTree.SubElement(case, "system-out").text = _text(row.text)


def _suite(top: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(top, "testsuite", name=_text(name))


def _fail(case: ElementTree.Element, kind: str, text: str) -> None:
    ElementTree.SubElement(case, "failure", type=kind, message=_text(text)).text = _text(text)


def _text(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _written(top: ElementTree.Element) -> str:
    for suite in (top, *top.findall("testsuite")):
        for name, path in (("tests", ".//testcase"), ("failures", ".//failure"), ("errors", ".//error"), ("skipped", ".//skipped")):
            suite.set(name, str(len(suite.findall(path))))
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"
