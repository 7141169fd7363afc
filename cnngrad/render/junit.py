"""A score sheet as JUnit XML, which continuous integration shows (the format of Jenkins and pytest)."""

from __future__ import annotations

from xml.etree import ElementTree

from cnngrad.errors import escape
from cnngrad.render import text
from cnngrad.report.sheet import Score, Sheet


def render(sheet: Sheet) -> str:
    """One test case per answer; one that is not right has failed."""
    failures = sum(not score.passed for score in sheet.scores)
    counts = {"tests": str(len(sheet.scores)), "failures": str(failures), "errors": "0", "skipped": "0"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": escape(sheet.name) or "cnngrad", **counts})
    for score in sheet.scores:
        _case(suite, score, escape(sheet.name))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(suite: ElementTree.Element, score: Score, source: str) -> None:
    case = ElementTree.SubElement(suite, "testcase", {"classname": source or "cnngrad", "name": score.name})
    says = text.render(score.page) if score.page else f"{score.verdict}\n"
    if score.passed:
        return
    failure = ElementTree.SubElement(
        case, "failure", {"type": score.verdict, "message": f"{score.name}: {score.verdict}"}
    )
    failure.text = says
