"""Judge answers to a spec: the way in to homework for the command line and for Python alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

from cnngrad.errors import CnngradError, Problem
from cnngrad.exercise.exercise import Exercise, Solved
from cnngrad.exercise.solution import Options, Run
from cnngrad.homework.answers import read_answers
from cnngrad.homework.audit import Audit, audit
from cnngrad.homework.check import Judge
from cnngrad.homework.truth import Truth
from cnngrad.homework.verdict import Verdict
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.exact import within
from cnngrad.numbers.kinds import EXACT, SYMBOLIC
from cnngrad.ops import OPS
from cnngrad.report.verdict import verdict_page, verdict_record
from cnngrad.session import open_spec
from cnngrad.spec.build import Task, build
from cnngrad.spec.overrides import Setting, override
from cnngrad.spec.python_values import SOURCE, document_of
from cnngrad.spec.tree import Document, MappingNode

MOST_EXACT = 100_000
"""Multiply-adds up to which an exercise is solved in fractions too, where that decides."""
ANSWERS = "<answers>"


@dataclass(frozen=True)
class Checked(Verdict):
    """A verdict that prints itself."""

    def to_dict(self, hint: str = "mistake") -> dict[str, Any]:
        """The JSON object, as plain Python; `hint` is law, quantity, cell, mistake or full (expected values too)."""
        return verdict_record(self, hint)

    def __str__(self) -> str:
        from cnngrad.render.text import render

        return render(verdict_page(self, "mistake"))


def check(
    spec: str | PathLike[str] | Mapping[str, Any],
    answers: str | PathLike[str] | Mapping[str, Any] | None = None,
    *,
    index_base: int = 0,
) -> Checked:
    """Judge a student's answers: numbers by quantity, as a dict or the path of a file; without them those in the spec.

    Quote numbers (`"0.140"`) to keep the decimals they were written with. Raises CnngradError for a spec
    that cannot be used, and for an answer to something that the exercise does not have.
    """
    document = _document(spec)
    return judge(document, None if answers is None else _document(answers, ANSWERS), base=index_base)


def examine(document: Document, criterion: str = "cells", limits: Limits = DEFAULT) -> Audit:
    """Which known mistakes the exercise would not catch; `criterion` is what the grader compares."""
    task, _ = _solved(document, Options(limits=limits))
    with within(limits):
        return audit(task.exercise, criterion, document.source, task.title, limits)


def judge(document: Document, given: Document | None, limits: Limits = DEFAULT, base: int = 0) -> Checked:
    """The verdict on the answers in `given`, or on those in the spec itself."""
    task, _ = _solved(document, Options(base=base, limits=limits))
    node, place = _answers(task, document, given)
    truth = Truth(task.exercise, exactly(document, task.exercise, limits))
    with within(limits, counted=False):
        found = read_answers(node, place, truth.values, task.exercise.kind, task.symbols, limits)
    with within(limits):
        verdicts = Judge(truth, found, base, limits).verdicts
    return Checked(task.exercise, verdicts, (given or document).source, task.title, base)


def _solved(document: Document, options: Options) -> tuple[Task, Solved]:
    """The exercise and its solution; CnngradError says what cannot be solved, and where the spec can mend it."""
    task = build(document, OPS, None, options.limits)
    return task, Run(task.exercise, document.source, task.title, options, task.kind_mark).solved


def exactly(document: Document, exercise: Exercise, limits: Limits) -> Callable[[], Exercise] | None:
    """The same exercise in fractions, where it is small enough for them."""
    if exercise.kind is SYMBOLIC or exercise.multiply_adds() > MOST_EXACT:
        return None
    if exercise.kind is EXACT:
        return lambda: exercise
    exact = override(document, (Setting("--numbers", "numbers", "exact"),), limits)
    return lambda: build(exact, OPS, None, limits).exercise


def _document(spec: str | PathLike[str] | Mapping[str, Any], source: str = SOURCE) -> Document:
    return open_spec(fspath(spec), DEFAULT) if isinstance(spec, str | PathLike) else document_of(spec, DEFAULT, source)


def _answers(task: Task, document: Document, given: Document | None) -> tuple[MappingNode, Document]:
    """The mapping of answers and the document that it stands in; a file of answers may have them under `answers`."""
    if given is not None:
        inner = given.root.entries.get("answers")
        return inner if isinstance(inner, MappingNode) else given.root, given
    if task.answers is None:
        says = "is missing; write answers: {dW: [[...]]} into the spec, or name a file of answers behind it"
        raise CnngradError(Problem(says, "answers", document.mark(document.root)))
    return task.answers, document
