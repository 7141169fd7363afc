"""Score sheets for graders: Gradescope's results.json, and JUnit XML for continuous integration."""

from __future__ import annotations

from xml.etree import ElementTree

from cnngrad.errors import escape
from cnngrad.render import text
from cnngrad.render.records import as_json
from cnngrad.report.verdict import Score, Sheet


def as_gradescope(sheet: Sheet) -> str:
    """One test per answer; what the student reads is in `output`.

    The format: Gradescope, Autograder specifications, output format.
    """
    return as_json(
        {
            "score": sheet.points,
            "max_score": sheet.most,
            "output": text.render(sheet.page[:2]),
            "output_format": "text",
            "visibility": "visible",
            "tests": [_test(score, number) for number, score in enumerate(sheet.scores, start=1)],
        }
    )


def _test(score: Score, number: int) -> dict[str, object]:
    return {
        "name": score.name,
        "number": str(number),
        "score": score.points,
        "max_score": score.most,
        "status": "passed" if score.passed else "failed",
        "output": _says(score),
        "output_format": "text",
        "visibility": "visible",
    }


def as_junit(sheet: Sheet) -> str:
    """One test case per answer; one that is not right has failed. The format is that of Jenkins and pytest."""
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
    if not score.passed:
        says = {"type": score.verdict, "message": f"{score.name}: {score.verdict}"}
        ElementTree.SubElement(case, "failure", says).text = _says(score)


def _says(score: Score) -> str:
    return text.render(score.page) if score.page else f"{score.verdict}\n"
