"""Pooling terms against windows that are listed here, cell by cell, without the tables of the package."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from commands import some
from layers import integers

import cnngrad
from cnngrad.api.solve import Result

Index = tuple[int, ...]


def spec(A: Index, window: Any, **settings: Any) -> dict[str, Any]:
    """A pooling layer over few different numbers, so that ties are many; fractions, so that == is fair."""
    return {"op": "pool", "numbers": "exact", "input": integers(A, 3, -1, 2), "window": window, "delta": 6, **settings}


LAYERS: dict[str, dict[str, Any]] = {
    "HW": spec((4, 6), 2),
    "overlap and padding": spec((4, 4), 3, stride=2, padding=1),
    "ceil_mode": spec((5, 4), [2, 3], stride=[2, 3], ceil_mode=True),
    "ceil_mode and padding": spec((5, 5), 3, stride=2, padding=1, ceil_mode=True),
    "dilation": spec((5, 5), 2, stride=1, dilation=2, padding=1),
    "window without a real cell": spec((1,), 2, stride=1, dilation=2, padding=1),
    "NHWC": spec((2, 3, 3, 2), 2, stride=1),
    "NCHW": spec((2, 2, 3, 3), 2, stride=1, padding=[[1, 0], [0, 1]]),
    "NCL": spec((1, 2, 5), 3, layout="NCL", stride=1),
    "DHW": spec((2, 3, 3), [1, 2, 2], layout="DHW", stride=1),
}
LAYERS["NCHW"]["layout"] = "NCHW"
TIES = ["first", "last", "all", "split"]


def windows(result: Result) -> dict[Index, list[tuple[Index, str]]]:
    """The taps of each output cell in row-major order: (cell, `real`, `pad` or `overhang`)."""
    settings = result.exercise.settings()
    A, Z, layout = result.exercise.given["A"], result.results["Z"], settings["layout"]
    axes = [i for i, letter in enumerate(layout) if letter not in "NC"]
    found: dict[Index, list[tuple[Index, str]]] = {}
    for output in np.ndindex(Z.shape):
        found[output] = []
        for tap in product(*map(range, settings["window"])):
            place = list(output)
            status = "real"
            for number, i in enumerate(axes):
                before, after = settings["padding"][number]
                place[i] = output[i] * settings["stride"][number] + tap[number] * settings["dilation"][number] - before
                if place[i] >= A.shape[i] + after:
                    status = "overhang"
                elif not 0 <= place[i] < A.shape[i] and status != "overhang":
                    status = "pad"
            found[output].append((tuple(place), status))
    return found


def shares_of_max(A: Any, taps: list[tuple[Index, str]], rule: str) -> list[tuple[Index, Fraction]]:
    """Which cells of a window receive which share of its gradient."""
    real = [place for place, status in taps if status == "real"]
    largest = [place for place in real if A[place] == max(A[other] for other in real)]
    match rule:
        case "first":
            return [(place, Fraction(1)) for place in largest[:1]]
        case "last":
            return [(place, Fraction(1)) for place in largest[-1:]]
        case "all":
            return [(place, Fraction(1)) for place in largest]
        case _:
            return [(place, Fraction(1, len(largest))) for place in largest]


def name(quantity: str, index: Index) -> str:
    """`dA[0,1]`."""
    return f"{quantity}[{','.join(map(str, index))}]"


def values(result: Result, quantity: str, index: Index) -> list[tuple[str, Fraction]]:
    """The terms of a cell: the name of the first factor, and the product."""
    trace = result.explain(name(quantity, index)).trace
    assert trace.value == result.results[quantity][index]
    assert sum(term.product for term in trace.terms) == (trace.value if trace.terms else 0)
    return [(term.factors[0].name(), Fraction(term.product)) for term in trace.terms]


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("layer", some(LAYERS))
def test_max_pooling(layer: str, ties: str) -> None:
    result = cnngrad.run({**LAYERS[layer], "ties": ties})
    A = result.exercise.given["A"]
    gradient: dict[Index, list[tuple[str, Fraction]]] = {index: [] for index in np.ndindex(A.shape)}
    for output, taps in windows(result).items():
        shares = shares_of_max(A, taps, ties)
        for place, share in shares:
            gradient[place].append((name("dZ", output), 6 * share))
        if not shares:
            assert result.results["Z"][output] == -math.inf
            assert values(result, "Z", output) == []
            continue
        winner = shares[0][0]
        assert values(result, "Z", output) == [(name("A", winner), A[winner])]
    for index, terms in gradient.items():
        assert values(result, "dA", index) == terms
        assert result.results["mask"][index] == sum(product for _, product in terms) / 6
        assert len(values(result, "mask", index)) == len(terms)


@pytest.mark.parametrize(
    "settings", [{}, {"count_include_pad": False}, {"divisor_override": 5}, {"divisor_override": -2}], ids=str
)
@pytest.mark.parametrize("layer", LAYERS)
def test_average_pooling(layer: str, settings: dict[str, Any]) -> None:
    result = cnngrad.run({**LAYERS[layer], "mode": "average", **settings})
    A = result.exercise.given["A"]
    gradient: dict[Index, list[tuple[str, Fraction]]] = {index: [] for index in np.ndindex(A.shape)}
    for output, taps in windows(result).items():
        counted = ("real",) if settings.get("count_include_pad") is False else ("real", "pad")
        count = settings.get("divisor_override") or max(1, sum(status in counted for _, status in taps))
        real = [place for place, status in taps if status == "real"]
        for place in real:
            gradient[place].append((name("dZ", output), Fraction(6, count)))
        expected = {place: A[place] / count for place in real}
        found = values(result, "Z", output)
        assert {at: value for at, value in found if at.startswith("A")} == {
            name("A", place): value for place, value in expected.items()
        }
        assert all(value == 0 for at, value in found if at.startswith("pad"))
        assert len(found) == len(taps)
    for index, terms in gradient.items():
        assert values(result, "dA", index) == terms


def test_ties_and_padding_are_in_these_layers() -> None:
    statuses = {
        status for layer in LAYERS.values() for taps in windows(cnngrad.run(layer)).values() for _, status in taps
    }
    assert statuses == {"real", "pad", "overhang"}
    tied = cnngrad.run({**LAYERS["HW"], "ties": "all"}).results["mask"].sum()
    assert tied > 2 * 3  # more winners than windows
