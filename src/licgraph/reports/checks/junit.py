"""JUnit XML: a suite a component, a case a row; the first suite is the check itself, so that a report is never empty.

What gates is a failure, an accepted risk is skipped, the rest passes and says its line on standard output.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from licgraph.errors import LicgraphError
from licgraph.knowledge import Knowledge
from licgraph.rows import Row, headline, rows
from licgraph.verdict import Verdict

NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 does not allow in a document."""


def render(verdict: Verdict, knowledge: Knowledge) -> str:
    """The answer as a case of its own, then every row."""
    top = ElementTree.Element("testsuites", name="licgraph")
    check = _suite(top, "check")
    case = ElementTree.SubElement(check, "testcase", classname="check", name=_text(headline(verdict)))
    if verdict.gate != "pass":
        _fail(case, verdict.answer, headline(verdict))
    suites: dict[str, ElementTree.Element] = {}
    for row in rows(verdict, knowledge):
        if row.component not in suites:
            suites[row.component] = _suite(top, row.component)
        _case(suites[row.component], row)
    return _written(top)


def render_error(problem: LicgraphError) -> str:
    """One case that ended in an error for each fault."""
    top = ElementTree.Element("testsuites", name="licgraph")
    suite = _suite(top, "check")
    for fault in problem.faults:
        case = ElementTree.SubElement(suite, "testcase", classname="check", name="input is understood")
        ElementTree.SubElement(case, "error", type="input", message=_text(str(fault)))
    return _written(top)


def _case(suite: ElementTree.Element, row: Row) -> None:
    place = {"file": _text(row.evidence.file), **({"line": str(row.evidence.line)} if row.evidence.line else {})} if row.evidence.file else {}
    case = ElementTree.SubElement(suite, "testcase", {"classname": _text(row.component), "name": _text(row.rule), **place})
    if row.gates:
        _fail(case, row.level, row.text)
    elif row.accepted:
        ElementTree.SubElement(case, "skipped", message=_text(f"risk accepted: {row.accepted}")).text = _text(row.text)
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
