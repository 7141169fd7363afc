"""A verdict as a score sheet: points per answer, with the text that the student reads."""

from __future__ import annotations

from dataclasses import dataclass

from cnngrad.homework.verdict import Judged, Verdict
from cnngrad.report.blocks import Page
from cnngrad.report.verdict import answer_blocks, tells, verdict_page

POINTS = {"right": 1.0, "carried": 1.0, "rounded": 0.5, "unclear": 0.5, "wrong": 0.0, "refused": 0.0}
"""What an answer is worth: an error that is carried over costs once, where it was made."""


@dataclass(frozen=True)
class Score:
    """One answer: its points of `most`, the verdict, and the page that explains it."""

    name: str
    points: float
    most: float
    verdict: str
    page: Page

    @property
    def passed(self) -> bool:
        """Whether all points were given."""
        return self.points == self.most


@dataclass(frozen=True)
class Sheet:
    """All answers to one exercise."""

    name: str
    scores: tuple[Score, ...]
    page: Page

    @property
    def points(self) -> float:
        return sum(score.points for score in self.scores)

    @property
    def most(self) -> float:
        return sum(score.most for score in self.scores)


def sheet(verdict: Verdict, hint: str) -> Sheet:
    """The score sheet of a verdict."""
    return Sheet(
        verdict.source,
        tuple(
            _score(judged, verdict.solution.letters(judged.name), verdict.solution.base, hint)
            for judged in verdict.answers.values()
        ),
        verdict_page(verdict, hint),
    )


def _score(judged: Judged, letters: str, base: int, hint: str) -> Score:
    page = tuple(answer_blocks(judged, letters, base, hint)) if tells(hint, "quantity") else ()
    return Score(judged.name, POINTS[judged.verdict], 1.0, judged.verdict, page)
