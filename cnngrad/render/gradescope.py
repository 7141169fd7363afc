"""A score sheet as Gradescope's results.json (Gradescope, Autograder specifications, output format)."""

from __future__ import annotations

from cnngrad.render import as_json, text
from cnngrad.report.sheet import Score, Sheet


def render(sheet: Sheet) -> str:
    """One test per answer; what the student reads is in `output`."""
    return as_json.render(
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
        "output": text.render(score.page) if score.page else f"{score.verdict}\n",
        "output_format": "text",
        "visibility": "visible",
    }
