"""Answers of no recipe are hardly ever explained, and every slip that is named gives the student's number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from cnngrad import check, run

DECIMALS = 4
"""The most decimals with which an answer is written."""


def exercises(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """One of every op, in small whole numbers or with two decimals."""

    def whole(*shape: int) -> Any:
        return rng.integers(-4, 5, shape).tolist()

    def real(*shape: int) -> Any:
        return np.round(rng.normal(size=shape), 2).tolist()

    numbers = dict(zip("xyz", (rng.integers(8, 99, 3) / 4).tolist(), strict=True))
    hidden = {"op": "conv", "kernel": real(2, 2)}
    yield {"op": "conv", "input": whole(4, 4), "kernel": whole(2, 2), "delta": whole(3, 3)}
    yield {"op": "pool", "mode": "average", "input": real(4, 4), "window": 2, "stride": 1, "delta": real(3, 3)}
    yield {"op": "dense", "input": whole(2, 3), "weights": whole(2, 3), "bias": whole(2), "delta": whole(2, 2)}
    yield {"op": "activation", "function": "sigmoid", "input": whole(2, 2), "delta": whole(2, 2)}
    yield {"op": "graph", "expression": "(x + y) * z + x * y", "values": numbers}
    weights = {"input": real(2, 2), "recurrent": real(2, 2), "bias": real(2)}
    yield {"op": "rnn", "inputs": real(3, 2), "weights": weights, "delta": real(2)}
    dense = {"op": "dense", "weights": real(2, 4)}
    layers = [hidden, {"op": "activation", "function": "relu"}, {"op": "flatten"}, dense]
    yield {"op": "network", "input": real(3, 3), "layers": layers, "loss": {"op": "mse", "target": [1, 0]}}


def of_no_recipe(spec: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, Any, str]]:
    """One quantity of the exercise, numbers between plus and minus twice its largest, and what the answer is: array,
    number (of four digits or more) or short."""
    found = {name: a for name, a in run(spec).quantities.items() if a.dtype.kind == "f" and np.isfinite(a).all()}
    name = str(rng.choice([name for name, array in found.items() if array.any() and name not in ("x", "y", "z")]))
    truth = found[name]
    most = 2 * np.abs(truth).max()
    decimals = max(len(f"{x:.{DECIMALS}f}".rstrip("0").partition(".")[2]) for x in truth.flat)
    texts = np.array([f"{x:.{decimals}f}" for x in rng.uniform(-most, most, truth.size)]).reshape(truth.shape)
    digits = len(str(texts.flat[0]).lstrip("-").replace(".", "").lstrip("0"))
    kind = "array" if truth.size >= 4 else "few" if truth.size > 1 else "number" if digits >= 4 else "short"
    yield name, texts.tolist(), kind


def explained(rounds: int, seed: int) -> dict[str, list[bool]]:
    """Whether each of these answers was explained, by what it is."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[bool]] = {"array": [], "few": [], "number": [], "short": []}
    for _ in range(rounds):
        for spec in exercises(rng):
            for name, texts, kind in of_no_recipe(spec, rng):
                (judged,) = check(spec, {f"{name}": texts}).answers.values()
                found[kind].append(judged.verdict == "wrong" and judged.explained)
    return found


def test_answers_of_no_recipe_are_not_explained() -> None:
    found = explained(1, 7)
    assert sum(map(len, found.values())) == 7
    assert not any(found["array"] + found["number"])


@pytest.mark.slow
def test_of_a_thousand_answers_of_no_recipe_one_in_fifty_is_explained_at_most() -> None:
    found = explained(240, 11)
    told = found["array"] + found["number"]
    assert len(told) >= 1000
    assert sum(told) <= len(told) / 50, sum(told)


# --- every sentence about a cell is true

CELL = r"(A|dZ)\[(\d+),(\d+)\]"


def claimed(says: str, id_: str, right: int, values: dict[str, Any]) -> Any:
    """The number that a slip says a cell became, worked out from its sentence."""

    def value(match: Any) -> int:
        return int(values[match[0]][int(match[1])][int(match[2])])

    cells = [value(each) for each in re.findall(CELL, says)]
    if id_ == "addition-slip":
        place = {"ones": 1, "tens": 10, "hundreds": 100, "thousands": 1000}[says.split()[1]]
        return right + place * (1 if says.endswith("large") else -1) * (1 if right >= 0 else -1)
    if id_ == "sign-flipped":
        return -right
    if id_ == "decimal-point":
        power = int(says.split("point is ")[1].split()[0])
        return right * 10 ** (power if says.endswith("right") else -power)
    if id_ == "term-dropped":
        return right - cells[0] * cells[1]
    if id_ == "term-doubled":
        return right + cells[0] * cells[1]
    if id_ == "term-sign":
        return right - 2 * cells[0] * cells[1]
    if id_ == "neighbour":
        one, other, taken, for_ = cells
        return right - one * other + taken * (other if for_ == one and says.endswith(_first(says)) else one)
    assert id_ == "product-as-sum", (id_, says)
    return right - cells[0] * cells[1] + cells[0] + cells[1]


def _first(says: str) -> str:
    """The first factor of the term in a sentence."""
    match = re.search(CELL, says)
    assert match is not None
    return match[0]


def test_every_slip_gives_the_number_that_was_written() -> None:
    """One cell of dW off by a small number, so that something fits: each sentence is worked out again."""
    rng, seen = np.random.default_rng(5), set()
    for _ in range(8):
        A, dZ = rng.integers(-9, 10, (4, 4)), rng.integers(-9, 10, (3, 3))
        dW = np.array([[(dZ * A[r : r + 3, c : c + 3]).sum() for c in range(2)] for r in range(2)])
        wrong = dW.copy()
        wrong[0, 1] += int(rng.choice([-30, -12, -10, -1, 1, 6, 8, 10, 36]))
        spec = {"op": "conv", "input": A.tolist(), "kernel": [[1, 2], [3, 5]], "delta": dZ.tolist()}
        for slip in check(spec, {"dW": wrong.tolist()}).answers["dW"].slips:
            assert slip.cell == "dW[0,1]" or slip.id == "cell-misread"
            if slip.id in ("cell-misread", "digits-swapped"):
                continue
            seen.add(slip.id)
            assert claimed(slip.says, slip.id, int(dW[0, 1]), {"A": A, "dZ": dZ}) == wrong[0, 1], slip
    assert {"addition-slip", "neighbour"} <= seen


def test_every_misread_value_gives_the_numbers_that_were_written() -> None:
    """One value read as another everywhere: the sentence names a value that gives all cells of dW."""
    rng = np.random.default_rng(6)
    for _ in range(6):
        A, dZ = rng.integers(1, 10, (4, 4)), rng.integers(1, 10, (3, 3))
        read = dZ.copy()
        read[1, 1] = 10 - read[1, 1] if read[1, 1] != 5 else 9

        def gradient(upstream: Any, A: Any = A) -> Any:
            return [[int((upstream * A[r : r + 3, c : c + 3]).sum()) for c in range(2)] for r in range(2)]

        spec = {"op": "conv", "input": A.tolist(), "kernel": [[1, 2], [3, 5]], "delta": dZ.tolist()}
        slips = check(spec, {"dW": gradient(read)}).answers["dW"].slips
        assert [slip.id for slip in slips].count("cell-misread") >= 1
        for slip in slips:
            match = re.fullmatch(r"dZ\[(\d),(\d)\] was taken as (-?\d+)(?: \(.*\))?", slip.says)
            if match is not None:
                told = dZ.copy()
                told[int(match[1]), int(match[2])] = int(match[3])
                assert gradient(told) == gradient(read)
