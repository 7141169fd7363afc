"""A verdict as a sheet of scores, for graders: one score for each answer, out of what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cnngrad.errors import Problem
from cnngrad.homework.verdict import POINTS, Judged, Verdict
from cnngrad.records import dataclass
from cnngrad.report.blocks import Page, words
from cnngrad.report.verdict import answer_page, problem_page, tells, verdict_page

SUBMISSION = "submission"
"""What the score of a submission is called of which nothing could be read, where nothing says what was asked for."""


@dataclass(frozen=True)
class Score:
    """One answer: its points of `most` (0 for what is not asked for), the verdict, and the page that explains it to
    the student. `unread`: nothing of the submission could be read."""

    name: str
    points: float
    verdict: str
    page: Page
    most: float = 1.0
    known: bool = True
    unread: bool = False

    @property
    def passed(self) -> bool:
        return POINTS[self.verdict] == 1.0

    @property
    def counts(self) -> bool:
        """Whether the submission fails with it: names that are none count too, answers that nobody asked for do not."""
        return self.most > 0 or not self.known


@dataclass(frozen=True)
class Sheet:
    """All answers to one exercise; `extra` says whose they are."""

    name: str
    scores: tuple[Score, ...]
    page: Page
    extra: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def points(self) -> float:
        return sum(score.points for score in self.scores)

    @property
    def most(self) -> float:
        return sum(score.most for score in self.scores)


def sheet(verdict: Verdict, hint: str) -> Sheet:
    """The score sheet of a verdict."""
    page = verdict_page(verdict, hint)
    if verdict.problems:
        why = tuple(words(str(problem), hang=2) for problem in verdict.problems)
        names = verdict.asked or (SUBMISSION,)
        scores = tuple(Score(name, 0.0, "refused", why, float(bool(verdict.asked)), unread=True) for name in names)
        return Sheet(verdict.source, scores, page)
    return Sheet(verdict.source, tuple(_score(verdict, judged, hint) for judged in verdict.answers.values()), page)


def sheet_of_problem(name: str, problem: Problem) -> Sheet:
    """The score sheet of a submission that was not judged, whatever was asked for."""
    why = (words(str(problem), hang=2),)
    return Sheet(name, (Score(SUBMISSION, 0.0, "refused", why, 0.0, unread=True),), problem_page(problem))


def _score(verdict: Verdict, judged: Judged, hint: str) -> Score:
    page = tuple(answer_page(verdict, judged, hint)) if tells(hint, "quantity") else ()
    most = float(verdict.is_asked(judged.name))
    points = POINTS[judged.verdict] * most
    return Score(judged.name, points, judged.verdict, page, most, known=judged.truth is not None)
