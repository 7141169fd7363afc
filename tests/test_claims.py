"""Every sentence of a check is true: drawn answers to drawn exercises, and what is said of them recomputed."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claims import faults, wrong_numbers
from commands import cnngrad
from fuzz.draw import Draw, draw_for
from fuzz.plan import solved
from fuzz.specs import WEIGHTS, spec_of

from cnngrad import CnngradError, check, run
from cnngrad.homework.slips import Slip
from cnngrad.ops import OPS

LARGEST = 60
"""Cells of a quantity that is answered."""
MOST = 1e300
"""Numbers that are answered are smaller."""
Numbers = Any
Way = Callable[[Draw, Numbers, list[Numbers]], Numbers]


def _one_cell(change: Callable[[Draw, Numbers, int], Any]) -> Way:
    def changed(draw: Draw, right: Numbers, _: list[Numbers]) -> Numbers:
        wrong = np.array(right, dtype=float).reshape(-1)
        place = draw.randrange(wrong.size)
        wrong[place] = change(draw, wrong, place)
        return wrong.reshape(np.shape(right))

    return changed


def _uniform(draw: Draw, right: Numbers, _: list[Numbers]) -> Numbers:
    largest = 2 * max(abs(float(x)) for x in right.flat) or 1.0
    return np.array([draw.uniform(-largest, largest) for _ in range(np.size(right))]).reshape(np.shape(right))


def _known(draw: Draw, right: Numbers, known: list[Numbers]) -> Numbers:
    return draw.pick(known) if known else -right


def _in_one_part(draw: Draw, right: Numbers, known: list[Numbers]) -> Numbers:
    """A known mistake in one channel, filter, image or row."""
    fitting = [wrong for wrong in known if np.shape(wrong) == np.shape(right) and np.ndim(wrong)]
    if not fitting:
        return right
    found, wrong = np.array(right), draw.pick(fitting)
    axis = draw.randrange(found.ndim)
    place: tuple[Any, ...] = (*[slice(None)] * axis, draw.randrange(found.shape[axis]))
    found[place] = wrong[place]
    return found


def _exchanged(draw: Draw, right: Numbers, _: list[Numbers]) -> Numbers:
    found = np.array(right).reshape(-1)
    one, other = draw.randrange(found.size), draw.randrange(found.size)
    found[[one, other]] = found[[other, one]]
    return found.reshape(np.shape(right))


WAYS: Mapping[Way, float] = {
    _known: 5,
    _in_one_part: 2,
    _uniform: 2,
    _exchanged: 1,
    lambda draw, right, _: right * draw.pick((2, 3, 4, 0.5, 10, -1, 0)): 2,
    lambda draw, right, _: right: 1,
    _one_cell(lambda draw, wrong, place: wrong[place] + draw.pick((1, -1, 10, -10, 0.1, 0.01))): 2,
    _one_cell(lambda draw, wrong, place: wrong[place] * draw.pick((10, 100, 0.1, -1, 2, 0))): 2,
    _one_cell(lambda draw, wrong, place: draw.pick(wrong.tolist())): 1,
}
"""How a wrong answer comes about."""


def _texts(draw: Draw, array: Numbers) -> Any:
    """The numbers as a student writes them, with the same decimals in every cell."""
    style = draw.pick(("0", "1", "2", "4", "6", "repr", "single"))

    def text(cell: Any) -> Any:
        if cell is None or not abs(cell) < MOST:
            return None
        if style == "repr":
            return str(cell)
        return str(np.float32(float(cell))) if style == "single" else f"{float(cell):.{style}f}"

    cells = [text(cell) for cell in np.ravel(array)]
    return np.array(cells, dtype=object).reshape(np.shape(array)).tolist()


def drawn(seed: int, index: int) -> tuple[Any, dict[str, Any]] | None:
    """An exercise and answers to it; nothing where the draw gives none."""
    draw = draw_for(seed, index)
    plan = spec_of(draw, draw.weighted(WEIGHTS))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if plan.cells.kind == "symbolic" or plan.cells.nasty or solved(plan.made) is None:
            return None
        spec = plan.made
        quantities = run(spec).quantities
        named = [name for name, array in quantities.items() if 0 < np.size(array) <= LARGEST]
        if not named:
            return None
        names = draw.sample(named, min(len(named), draw.weighted({1: 4, 2: 2, 3: 1})))
        return spec, {name: _answer(draw, spec, name, quantities[name]) for name in names}


def _answer(draw: Draw, spec: Any, name: str, right: Numbers) -> Any:
    way = draw.weighted(WAYS)
    verdict = check(spec, {name: _texts(draw, right)})
    known = wrong_numbers(verdict, name) if way in (_known, _in_one_part) else []
    try:
        return _texts(draw, np.asarray(way(draw, np.asarray(right), known)))
    except (OverflowError, TypeError, ValueError):
        return _texts(draw, right)


def _cells(record: Any) -> Iterator[str]:
    """The cells that the sentences of a check are about."""
    for answer in record["answers"].values():
        yield from (slip["cell"] for slip in answer.get("slips", ()))


def told(seed: int, index: int, folder: Path) -> list[str]:
    """What is untrue in what the program says of a drawn submission."""
    found = drawn(seed, index)
    if found is None:
        return []
    spec, answers = found
    try:
        verdict = check(spec, answers)
    except CnngradError as error:
        return [] if str(error) else ["an error without words"]
    said = faults(verdict)
    (folder / "hw.json").write_text(json.dumps(spec))
    (folder / "answers.json").write_text(json.dumps(answers))
    done = cnngrad("check", folder / "hw.json", folder / "answers.json", "--format", "json")
    if done.code not in (0, 1):
        return [*said, f"check ends with {done.code}: {done.err}"]
    if index % 8 == 0:
        audited = cnngrad("audit", folder / "hw.json")
        said += [f"audit ends with {audited.code}: {audited.err}"] if audited.code not in (0, 2) else []
    for cell in list(_cells(json.loads(done.out)))[:2]:
        why = cnngrad("explain", folder / "hw.json", cell)
        if why.code:
            said.append(f"explain {cell} ends with {why.code}: {why.err}")
    return said


@pytest.mark.parametrize(("seed", "count"), [(1, 40), pytest.param(2, 1000, marks=pytest.mark.slow)])
def test_every_sentence_is_true(seed: int, count: int, tmp_path: Path) -> None:
    for index in range(count):
        said = told(seed, index, tmp_path)
        assert not said, f"{seed} {index}: {said}\n{drawn(seed, index)}"


ROW = {"op": "conv", "input": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "kernel": [[1, 0], [2, -1]], "delta": [[1, 2], [3, 4]]}
"""dW = [[37, 47], [67, 77]]."""
EXCHANGED = Slip("dW[0,1]", "values-exchanged", "this cell and dW[1,1] hold each other's value")
MOVED = Slip("dW[1,1]", "decimal-point", "the decimal point is 2 places too far to the right")


@pytest.mark.parametrize(
    ("dW", "untrue"),
    [
        ([[-37, -47], [-67, -77]], {"mistakes": (replace(OPS["conv"].part("ROWS")[0], id="sign-flipped"),)}),
        ([[37, 47], [67, 78]], {"slips": (Slip("dW[1,1]", "term-dropped", "the term dZ[0,0]*A[1,1] is missing"),)}),
        ([[37, 47], [67, 78]], {"slips": (Slip("dW[1,1]", "addition-slip", "the tens are 1 too large"),)}),
        ([[37, 67], [47, 77]], {"slips": (EXCHANGED,)}),
        ([[37, 47], [67, 770]], {"slips": (MOVED,)}),
        ([[38, 47], [67, 77]], {"verdict": "right"}),
    ],
)  # fmt: skip
def test_an_untrue_sentence_is_found(dW: Any, untrue: dict[str, Any]) -> None:
    verdict = check(ROW, {"dW": dW})
    judged = replace(verdict.answers["dW"], **{"mistakes": (), "pairs": (), "slips": (), **untrue})
    assert not faults(verdict)
    assert len(faults(replace(verdict, answers={"dW": judged}))) == 1
