"""A verdict for people, for scripts and for graders. How much it tells is the reader's choice: a ladder of hints."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from cnngrad.errors import Problem, escape
from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.terms import Cell
from cnngrad.homework.choices import HINTS
from cnngrad.homework.verdict import VERDICTS, Judged, Verdict
from cnngrad.numbers.kinds import plain
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Page, Sign, Words, piece, pieces, words
from cnngrad.report.grids import grids_of
from cnngrad.report.planes import Style
from cnngrad.report.record import FORMAT
from cnngrad.windows.windows import Index
from cnngrad.wording import counted, listed

COLORS = dict.fromkeys(VERDICTS, "wrong") | {
    "right": "right",
    "carried": "right",
    "unclear": "note",
    "rounded": "note",
    "missing": "note",
}


def tells(hint: str, what: str) -> bool:
    """Whether a reader on the rung `hint` is told `what`."""
    return HINTS.index(hint) >= HINTS.index(what)


# --- for people


def verdict_page(verdict: Verdict, hint: str, *, elide: bool = True) -> Page:
    """The verdicts, one section per answer, or why no answer could be read; `elide` shows of many planes the first one
    that has a wrong cell."""
    title = f"Check: {escape(verdict.solution.title)}" if verdict.solution.title else "Check"
    if verdict.problems:
        return (Heading(title), *(words(str(problem), hang=2) for problem in verdict.problems))
    blocks = (Heading(title), words(_count(verdict)))
    if not tells(hint, "quantity"):
        return (*blocks, *_laws(verdict))
    return (
        *blocks,
        *(block for judged in verdict.answers.values() for block in answer_page(verdict, judged, hint, elide=elide)),
    )


def problem_page(problem: Problem) -> Page:
    """The page of a submission that was not judged."""
    return (Heading("Check"), words(str(problem), hang=2))


def answer_page(verdict: Verdict, judged: Judged, hint: str, *, elide: bool = True) -> Iterator[Block]:
    """One answer: the verdict as a whole, then its cells, then what explains them."""
    yield words("")
    says = piece(f"{judged.verdict}{_cells(judged)}", COLORS[judged.verdict])
    extra = () if verdict.is_asked(judged.name) or judged.truth is None else pieces("(not asked for)")
    yield Words((piece(judged.name, judged.name), says, *extra))
    if judged.message:
        yield words(judged.message if judged.answer is None else _sentence(judged.message), indent=2, hang=2)
    if judged.truth is None or (judged.verdict in ("right", "unclear") and hint != "full"):
        return
    letters, style = verdict.solution.letters(judged.name), Style(None, verdict.solution.base, elide)
    if tells(hint, "cell") and judged.answer is not None and judged.verdict != "refused":
        yield Grids(tuple(_marked(judged, letters, style, hint)))
    elif hint == "full":
        yield Grids(tuple(_expected(judged, letters, style)))
    if tells(hint, "mistake"):
        yield from _explanations(judged)


def _count(verdict: Verdict) -> str:
    """`3 answers: 2 right, 1 wrong`, or `3 asked for: 1 right, 2 missing; 1 of 3 points`."""
    given = verdict.answers
    if not verdict.explicit:
        return f"{counted(len(given), 'answer')}: {_each(given.values())}"
    asked = [given[name] for name in verdict.asked]
    extra = [judged for name, judged in given.items() if not verdict.is_asked(name) and judged.truth is not None]
    unknown = sum(judged.truth is None for judged in given.values())
    return "; ".join(
        [
            f"{len(asked)} asked for: {_each(asked)}",
            f"{verdict.points:g} of {counted(len(asked), 'point')}",
            *([f"{len(extra)} not asked for: {_each(extra)}"] if extra else []),
            *([f"{counted(unknown, 'name')} of no quantity"] if unknown else []),
        ]
    )


def _each(answers: Collection[Judged]) -> str:
    """`2 right, 1 wrong`."""
    found = [judged.verdict for judged in answers]
    return ", ".join(f"{found.count(name)} {name}" for name in VERDICTS if name in found)


def _laws(verdict: Verdict) -> Iterator[Block]:
    """What a checker without the answers could say."""
    for judged in verdict.answers.values():
        if judged.law is not None:
            yield words(f"a law fails: {judged.law.name}", indent=2)
        elif judged.verdict in ("refused", "missing"):
            yield words(f"{judged.name} {judged.message}", indent=2, hang=2)
    if not verdict.passed and all(judged.law is None for judged in verdict.answers.values()):
        yield words("no law fails that the answers could be held against", indent=2)


def _cells(judged: Judged) -> str:
    if judged.verdict in ("refused", "missing") or judged.cells == 1:
        return ""
    missing = f", {len(judged.missing)} missing" if judged.missing else ""
    return f", {judged.cells_right} of {judged.cells} cells right{missing}"


def _sentence(text: str) -> str:
    """Messages begin with a verb; as a line of its own one is a sentence."""
    return text[:1].upper() + text[1:]


def _marked(judged: Judged, letters: str, style: Style, hint: str) -> Iterator[Grid]:
    """The student's own numbers, as written, each with its mark; beside them the right ones where they are shown."""
    answer, truth = judged.answer, judged.truth
    assert answer is not None
    assert truth is not None
    signs: dict[Index, Sign] = dict.fromkeys(judged.wrong, "wrong")
    signs |= dict.fromkeys(judged.missing, "missing")

    def sign(index: Index) -> Sign:
        return signs.get(index, "right")

    title = f"{judged.name} given"
    at = min(signs, default=None)
    yield from grids_of(judged.name, truth, letters, style, title=title, at=at, text_of=answer.text, sign_of=sign)
    if hint == "full":
        yield from _expected(judged, letters, style, at)


def _expected(judged: Judged, letters: str, style: Style, at: Index | None = None) -> Iterator[Grid]:
    assert judged.truth is not None
    return iter(grids_of(judged.name, judged.truth, letters, style, title=f"{judged.name} expected", at=at))


def _explanations(judged: Judged) -> Iterator[Block]:
    if judged.mistakes:
        yield from _mistakes(judged.mistakes)
    for one, other in judged.pairs:
        yield words(f"two mistakes together: {one.id} and {other.id}", indent=2, hang=2)
        for mistake in (one, other):
            yield words(f"{mistake.id}: {mistake.says}", indent=4, hang=2)
            yield words(mistake.ask, indent=6, hang=0)
    for slip in judged.slips:
        where = "" if slip.id == "cell-misread" else f"{slip.cell}: "
        yield words(f"{slip.id}: {where}{slip.says}", indent=2, hang=2)
    if judged.verdict == "wrong" and judged.wrong and not judged.explained:
        yield words(_unexplained(judged), indent=2, hang=2)


def _mistakes(mistakes: tuple[Mistake, ...]) -> Iterator[Block]:
    by_id: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        by_id.setdefault(mistake.id, []).append(mistake)
    if len(by_id) > 1:
        yield words(f"{len(by_id)} mistakes give these numbers; in this exercise they are the same:", indent=2)
    for id_, (mistake, *others) in by_id.items():
        yield Words((piece(f"{id_}:", "wrong"), *pieces(mistake.says)), 2, 2)
        yield words(mistake.ask, indent=4)
        if others:
            yield words(f"the same numbers come of it {_elsewhere(others)}", indent=4)


def _elsewhere(mistakes: list[Mistake]) -> str:
    """The other layers that a mistake may be in: its sentences begin with them."""
    return listed([mistake.says.partition(":")[0].partition(", ")[0] for mistake in mistakes])


def _unexplained(judged: Judged) -> str:
    tried = judged.tried
    if judged.nearest is not None:
        mistake, cells = judged.nearest
        return f"{cells} of {judged.cells} cells are those of {mistake.id}: {mistake.says}; the others are not"
    pairs = f" and {counted(tried.pairs, 'pair')} of them" if tried.pairs else ""
    says = f"none of {counted(tried.singles, 'known mistake')}{pairs}" if tried.singles else "no known mistake"
    fails = f"; the first law that fails is {judged.law.name}" if judged.law else ""
    return f"unknown: {says} gives these numbers{fails}"


# --- for scripts


def verdict_record(verdict: Verdict, hint: str = "mistake") -> dict[str, Any]:
    """The JSON object of a check; what the hint does not tell is left out."""
    answers = {name: _answer(verdict, judged, hint) for name, judged in verdict.answers.items()}
    whole: dict[str, Any] = {
        "format": FORMAT,
        "op": verdict.solution.exercise.op,
        "source": verdict.source or None,
        "title": verdict.solution.title,
        "verdict": verdict.verdict,
        "points": verdict.points,
        "of": len(verdict.asked),
    }
    if verdict.problems:
        whole["error"] = error_record(verdict.problems[0])
    if not tells(hint, "quantity"):
        laws = [judged.law.name for judged in verdict.answers.values() if judged.law is not None]
        return whole | {"laws": laws}
    return whole | {"answers": answers}


def error_record(problem: Problem) -> dict[str, Any]:
    """Why nothing could be read, and where."""
    line, column = (problem.mark.line, problem.mark.column) if problem.mark else (0, 0)
    return {"message": problem.message, "line": line or None, "column": column or None, "key": problem.key or None}


def _answer(verdict: Verdict, judged: Judged, hint: str) -> dict[str, Any]:
    base = verdict.solution.base
    record: dict[str, Any] = {"verdict": judged.verdict}
    if not verdict.is_asked(judged.name):
        record["asked"] = False
    if tells(hint, "cell"):
        record |= {"cells_right": judged.cells_right, "cells": judged.cells}
        record |= {
            "wrong": [Cell(judged.name, index).name(base) for index in judged.wrong],
            "missing": [Cell(judged.name, index).name(base) for index in judged.missing],
        }
    if tells(hint, "mistake"):
        record |= _explanation_record(judged)
    record["law"] = judged.law.name if judged.law is not None else None
    if judged.decimals is not None:
        record["decimals"] = judged.decimals
    if judged.given:
        record["given"] = list(judged.given)
    if judged.choice:
        record["choice"] = judged.choice
    if judged.message:
        record["message"] = judged.message
    if hint == "full" and judged.truth is not None:
        record["expected"] = plain(judged.truth)
    return record


def _explanation_record(judged: Judged) -> dict[str, Any]:
    """What explains the numbers, and what was tried."""
    tried = judged.tried
    record: dict[str, Any] = {
        "mistakes": [_mistake(mistake) for mistake in judged.mistakes],
        "pairs": [[_mistake(one), _mistake(other)] for one, other in judged.pairs],
        "slips": [{"cell": slip.cell, "id": slip.id, "says": slip.says} for slip in judged.slips],
        "tried": {"singles": tried.singles, "pairs": tried.pairs, "inapplicable": tried.inapplicable},
        "explained": judged.explained,
    }
    if judged.nearest is not None:
        record["nearest"] = {**_mistake(judged.nearest[0]), "cells": judged.nearest[1]}
    return record


def _mistake(mistake: Mistake) -> dict[str, str]:
    place = {key: value for key, value in (("layer", mistake.layer), ("where", mistake.where)) if value}
    return {"id": mistake.id, **place, "says": mistake.says, "ask": mistake.ask}


def printed_in_verdict(verdict: Verdict, *, answers: bool) -> int:
    """The numbers of a check: each cell that is wrong or missing, and the right `answers` where they are told."""
    told = verdict.answers.values()
    right = sum(judged.truth.size for judged in told if judged.truth is not None) if answers else 0
    return sum(len(judged.wrong) + len(judged.missing) for judged in told) + right
