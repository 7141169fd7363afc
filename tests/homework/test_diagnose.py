"""What explains a wrong answer: mistakes, pairs of them, the nearest one; where nothing does, none may raise."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from commands import some
from exercises import SPEC

import cnngrad
from cnngrad import audit, check
from cnngrad.api.checking import assignment
from cnngrad.ops import OPS
from cnngrad.render.text import render
from cnngrad.report.verdict import verdict_page

A = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


CONV: dict[str, Any] = {"op": "conv", "input": A, "kernel": [[1, 0, 2], [2, -1, 1], [0, 3, 1]], "delta": 1}


CONVOLUTIONS: dict[str, dict[str, Any]] = {
    "padding": CONV | {"padding": 1},
    "padding on one side": CONV | {"padding": [[1, 0], [0, 1]]},
    "stride": CONV | {"padding": 1, "stride": 2},
    "dilation": CONV | {"padding": 2, "dilation": 2},
    "flipped": CONV | {"padding": 1, "flip_kernel": True},
    "reflect": CONV | {"padding": 1, "padding_mode": "reflect"},
    "replicate": CONV | {"padding": 1, "padding_mode": "replicate"},
    "circular": CONV | {"padding": 1, "padding_mode": "circular"},
    "transposed": CONV | {"padding": 1, "transposed": True},
    "1-D": {"op": "conv", "input": [1, 2, 3, 4], "kernel": [1, 0, 2], "padding": 1, "delta": 1},
    "groups": {
        "op": "conv",
        "layout": "CHW",
        "groups": 2,
        "padding": 1,
        "input": [A, A],
        "kernel": [[[[1, 0], [2, 1]]], [[[3, 1], [0, -1]]]],
        "bias": [1, -1],
        "delta": 1,
    },
    "batch": {
        "op": "conv",
        "layout": "NL",
        "input": [[1, 2, 3], [4, 5, 7]],
        "kernel": [1, 2],
        "padding": 1,
        "delta": 1,
    },
    "3-D": {
        "op": "conv",
        "layout": "DHW",
        "padding": 1,
        "input": [[[1, 2], [3, 4]], [[5, 6], [7, 9]]],
        "kernel": [[[1, 2], [0, 1]], [[1, 0], [2, 2]]],
        "delta": 1,
    },
}


W: dict[str, Any] = {"op": "network", "input": A, "learning_rate": "0.1"}


OTHERS: dict[str, dict[str, Any]] = {
    "max": {"op": "pool", "input": A, "window": 2, "stride": 1, "padding": 1, "delta": 1},
    "max, ties": {"op": "pool", "input": [[1, 1, 0], [1, 1, 1]], "window": 2, "stride": 1, "ties": "all", "delta": 1},
    "max, any": {"op": "pool", "input": [[1, 1, 0], [1, 1, 1]], "window": 2, "stride": 1, "ties": "any", "delta": 2},
    "max without a real cell": {
        "op": "pool", "input": [1, 2], "window": 2, "dilation": 3, "padding": 2, "stride": 1, "delta": 1,
    },
    "average": {"op": "pool", "mode": "average", "input": A, "window": 2, "padding": 1, "delta": 1},
    "average, real cells": {
        "op": "pool", "mode": "average", "input": A, "window": 2, "padding": 1, "count_include_pad": False, "delta": 1,
    },
    "dense": {"op": "dense", "input": [[1, 2], [3, 5]], "weights": [[1, 2], [0, 3]], "bias": [1, 2], "delta": 1},
    "activation": {"op": "activation", "function": "leaky_relu", "input": [1, -2, 3], "delta": [2, 3, 5]},
    "network": W | {"layers": [{"op": "conv", "kernel": [[1, 2], [0, 3]], "padding": 1}], "loss": {"op": "sum"}},
    "network with groups": W | {
        "input": [[1, 2], [3, 5]],
        "layout": "CL",
        "layers": [{"op": "conv", "groups": 2, "kernel": [[[1, 2]], [[0, 3]]], "padding": 1}],
        "loss": {"op": "sum"},
    },
    "graph": {"op": "graph", "expression": "(x + y) * z / x", "values": {"x": 2, "y": 3, "z": 5}},
    "rnn": {
        "op": "rnn", "inputs": [1, 2], "weights": {"input": 2, "recurrent": 3}, "activation": "identity", "delta": 1,
    },
}  # fmt: skip


def unlikely(shape: tuple[int, ...]) -> Any:
    """1011, 1018, 1039, ...: numbers that no computation here gives."""
    return (np.arange(int(np.prod(shape))) ** 2 * 7 + 1011).reshape(shape).tolist()


BOTH = CONVOLUTIONS | OTHERS
ALL = [(name, numbers) for numbers in ("float", "exact") for name in BOTH]
"""Fractions take the same way as floats: most exercises of them are slow, and every second one of floats."""


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        pytest.param(*each, marks=pytest.mark.slow if i % (16 if i >= len(BOTH) else 8) else ())
        for i, each in enumerate(ALL)
    ],
)
def test_no_pair_of_mistakes_trips_over_the_first(name: str, numbers: str) -> None:
    exercise = BOTH[name] | {"numbers": numbers}
    solved = cnngrad.run(exercise).exercise
    for name, right in solved.solve().items():
        if name in solved.given:  # what a graph is given is answered with its gradient
            continue
        judged = check(exercise, {name: unlikely(np.shape(right))}).answers[name]
        assert (judged.verdict, judged.cells_right) == ("wrong", 0)


FULL = """\
Check

1 answer: 1 wrong

dA wrong, 2 of 9 cells right
  dA given  3x3
           0    1    2
    0 |   1✗   5✓   2✓
    1 |   9✗   1✗   7✗
    2 |   3✗   4✗   3✗

  unknown: none of 12 known mistakes and 165 pairs of them gives these numbers; the first law that fails is <A,dA> = \
<dZ,Z-b>
"""
"""dA[0,1] = 1 + 0 + 2 + 2 - 1 + 1 = 5 is the sum of the kernel's first two rows, and dA[0,2] = 0 + 2 - 1 + 1 = 2."""


def test_a_wrong_gradient_with_padding_in_full() -> None:
    verdict = check(CONVOLUTIONS["padding"], {"dA": [[1, 5, 2], [9, 1, 7], [3, 4, 3]]})
    assert "".join(render(verdict_page(verdict, "mistake"))) == FULL


HUGE = {"op": "conv", "numbers": "exact", "input": ["1e300", "1e300"], "kernel": ["1e300"], "delta": ["1e300", 2]}
"""Z = 1e600 each: fractions know no largest number."""


def test_exact_numbers_beyond_float64_are_judged() -> None:
    for answer in ([1, 2], ["1e300", "-1e300"], ["1e300", None]):
        assert check(HUGE, {"Z": answer}).verdict == "wrong"
        assert check(HUGE, {"dA": answer}).verdict == "wrong"
    assert check(HUGE, {"dW": [1]}).verdict == "wrong"


VALUES = {"values": {"a": 3, "b": -1, "c": 2, "e": 2, "d": 5}}


NAMES = [["a", "b"], ["c", "e"]]


POOL: dict[str, Any] = {"op": "pool", "input": NAMES, "window": 2, "delta": "d"}


FORMULAS: dict[str, dict[str, Any]] = {
    "conv": {"op": "conv", "input": NAMES, "kernel": [["u", "v"]], "bias": "g", "delta": "d"},
    "conv with padding": {"op": "conv", "input": NAMES, "kernel": [["u", "v"]], "padding": 1, "delta": "d"},
    "conv with groups": {
        "op": "conv", "layout": "CL", "groups": 2, "input": NAMES, "kernel": [[["u", "v"]], [["g", "h"]]], "delta": "d",
    },
    "transposed": {"op": "conv", "transposed": True, "input": NAMES, "kernel": [["u", "v"]], "delta": "d"},
    "max": POOL | VALUES,
    "max without a delta": {"op": "pool", "input": NAMES, "window": 2} | VALUES,
    "max with padding": POOL | VALUES | {"padding": 1},
    "max without a real cell": POOL | VALUES | {"input": ["a", "b"], "dilation": 3, "padding": 2, "stride": 1},
    "max, last": POOL | VALUES | {"stride": 1, "input": [["a", "c", "c"]] * 2, "ties": "last"},
    "max, all": POOL | VALUES | {"stride": 1, "input": [["a", "c", "c"]] * 2, "ties": "all"},
    "max, split": POOL | VALUES | {"stride": 1, "input": [["a", "c", "c"]] * 2, "ties": "split"},
    "max, any": POOL | VALUES | {"stride": 1, "input": [["a", "c", "c"]] * 2, "ties": "any"},
    "average": POOL | {"mode": "average"},
    "average with padding": POOL | {"mode": "average", "padding": 1},
    "dense": {"op": "dense", "input": ["a", "b"], "weights": NAMES, "bias": ["g", "h"], "delta": ["d", "u"]},
    "sigmoid": {"op": "activation", "function": "sigmoid", "input": ["a", "b"], "delta": ["d", "u"]},
    "graph": {"op": "graph", "expression": "(x + y) * z", "values": {}},
    "rnn": {
        "op": "rnn", "inputs": ["a"], "weights": {"input": "u", "recurrent": "v"}, "activation": "tanh", "delta": "d",
    },
    "network": {
        "op": "network", "input": NAMES, "layers": [{"op": "pool", "window": 2}, {"op": "conv", "kernel": [["u"]]}],
        "delta": "d",
    } | VALUES,
}  # fmt: skip


@pytest.mark.parametrize(
    ("place", "spec"), some((pytest.param(i, FORMULAS[name], id=name) for i, name in enumerate(FORMULAS)), 5)
)
def test_formulas_are_judged(place: int, spec: dict[str, Any]) -> None:
    """Numbers and formulas that nothing gives are wrong, and the printed formulas are right."""
    exercise = spec | {"numbers": "symbolic"}
    for number, (name, right) in enumerate(cnngrad.run(exercise).exercise.solve().items(), place):
        shape = np.shape(right)
        one = "1011" if number % 2 or name.rpartition(".")[2] == "argmax" else "d + x9"
        assert check(exercise, {name: np.full(shape, one, dtype=object).tolist()}).verdict == "wrong"
        printed = [None if cell == -np.inf else str(cell) for cell in np.ravel(right)]
        written = np.array(printed, dtype=object).reshape(shape).tolist()
        assert check(exercise, {name: written}).verdict == "right"


AUDITED = list(product(FORMULAS, ("cells", "mean", "sum", "shape")))


@pytest.mark.parametrize(
    ("name", "criterion"),
    [pytest.param(*each, marks=pytest.mark.slow if i % 7 else ()) for i, each in enumerate(AUDITED)],
)
def test_formulas_are_audited(name: str, criterion: str) -> None:
    """Every mistake is run."""
    assert 0 <= audit(FORMULAS[name] | {"numbers": "symbolic"}, criterion).score <= 1


@pytest.mark.parametrize(
    ("settings", "answer", "id_"),
    [
        ({}, {"mask": [[0, 0], [0, 1]]}, "ties-last"),
        ({}, {"mask": [["1/4", "1/4"], ["1/4", "1/4"]]}, "average-for-max"),
        ({}, {"mask": [["a", 0], [0, 0]]}, "times-value"),
        ({}, {"dA": [["a*d", 0], [0, 0]]}, "times-value"),
        ({}, {"dA": [[1, 0], [0, 0]]}, "mask-only"),
        ({"input": [["b", "b"], ["b", "b"]], "padding": 1}, {"Z": [[0, 0], [0, 0]]}, "max-pad-zero"),
    ],
)
def test_mistakes_with_formulas_are_named(settings: dict[str, Any], answer: dict[str, Any], id_: str) -> None:
    same = {"values": {"a": 3, "b": -1, "c": 2, "e": 3, "d": 5}}
    spec = POOL | same | {"numbers": "symbolic"} | settings
    (judged,) = check(spec, answer).answers.values()
    assert judged.verdict == "wrong"
    assert id_ in [mistake.id for mistake in judged.mistakes]


def test_any_rule_for_ties_holds_for_formulas() -> None:
    """a, c, c over b, c, c with c the largest: windows (a c; b c) and (c c; c c)."""
    spec = POOL | {"values": {"a": 1, "b": 1, "c": 2, "d": 5}, "numbers": "symbolic", "ties": "any", "stride": 1}
    spec |= {"input": [["a", "c", "c"], ["b", "c", "c"]]}
    assert check(spec, {"dA": [[0, "2*d", 0], [0, 0, 0]]}).verdict == "right"
    assert check(spec, {"dA": [[0, 0, 0], [0, "d", "d"]]}).verdict == "right"
    assert check(spec, {"dA": [[0, "d/2 + d/4", "d/4"], [0, "d/2 + d/4", "d/4"]]}).verdict == "right"
    assert check(spec, {"dA": [[0, "2*d", "d"], [0, "2*d", "d"]]}).verdict == "wrong"
    assert check(spec, {"argmax": [[4, 5]]}).verdict == "right"
    assert check(spec, {"argmax": [[4, 0]]}).verdict == "wrong"


def test_no_sentence_about_a_mistake_counts_cells() -> None:
    """Readers count from 0 or from 1: a first row is the first row for both."""
    for mistake in (row for op in OPS.values() for row in op.part("ROWS")):
        for text in (mistake.says, mistake.ask):
            assert not re.search(r"(row|column|channel|cell|window|filter|step) \(?\d|\(i, j\)|\w\[\d", text), text


def test_a_layers_own_mistake_is_not_made_on_the_whole_network() -> None:
    """A first mistake leads the loss out of its domain; the layer's own mistakes have nothing to follow then."""
    spec = {
        "op": "network",
        "layout": "CHW",
        "input": [[["-6/7", "2/6", 0], ["-4/3", "6/7", 4]], [["2/4", "-4/5", 0], ["-9/2", "-1/2", "-9/7"]]],
        "layers": [{"op": "flatten"}, {"op": "activation", "function": "sigmoid"}],
        "loss": {"op": "binary_cross_entropy", "target": [0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1]},
        "learning_rate": 0,
    }
    wrong = [[["0.05", "0.1", "0.08"], ["0.03", "-0.05", "0"]], [["-0.06", "-0.1", "-0.08"], ["0", "0.06", "-0.1"]]]
    assert check(spec, {"flatten1.dA": wrong}).verdict == "wrong"


def test_an_unexplained_answer_is_called_so_with_the_law_that_fails() -> None:
    judged = check(SPEC, {"dA": [[9, 9, 1], [1, 8, 8], [2, 2, 1]]}).answers["dA"]
    assert judged.law is not None
    assert (judged.verdict, judged.explained, judged.law.name) == ("wrong", False, "<A,dA> = <dZ,Z-b>")
    assert judged.tried.singles == 14
    assert judged.tried.pairs > 100


def test_pairs_are_found_when_no_single_mistake_fits() -> None:
    """dW from the turned delta, then divided by the four positions: (4 3; 2 1) gather A."""
    turned = [[4 + 6 + 8 + 5, 8 + 9 + 10 + 6], [16 + 15 + 14 + 8, 20 + 18 + 16 + 9]]
    judged = check(SPEC, {"dW": [[str(x / 4) for x in row] for row in turned]}).answers["dW"]
    pairs = [{one.id, other.id} for one, other in judged.pairs]
    assert {"delta-rotated", "positions-averaged"} in pairs
    assert not judged.mistakes


def test_coinciding_mistakes_are_all_named() -> None:
    """With one image the positions and all cells are the same count."""
    judged = check(SPEC, {"dW": [["9.25", "11.75"], ["16.75", "19.25"]]}).answers["dW"]
    assert [mistake.id for mistake in judged.mistakes] == ["positions-averaged", "all-averaged"]


def test_a_mistake_with_a_slip_in_it_is_the_nearest() -> None:
    judged = check(SPEC, {"dA": [[-1, 0, 4], [-3, 1, 10], [0, 3, 4]]}).answers["dA"]
    assert judged.nearest is not None
    assert (judged.nearest[0].id, judged.nearest[1]) == ("kernel-rotated-twice", 8)


def test_the_work_of_a_check_grows_with_the_pairs_of_mistakes_and_no_faster() -> None:
    """Where nothing explains an answer every mistake is computed, and every two of them in either order."""
    verdict = check(SPEC, {"dA": [[9, 9, 1], [1, 8, 8], [2, 2, 1]], "dW": [[1, 2], [3, 5]], "db": "7.713"})
    for judged in verdict.answers.values():
        assert not judged.explained
        assert 3 < judged.tried.singles < judged.tried.pairs < 2 * judged.tried.singles**2


def test_a_verdict_does_not_depend_on_what_was_checked_before() -> None:
    """Right; turned by 180 degrees (dA is [[1, 2, 0], [5, 7, -2], [6, 5, -4]]); unexplained, written in two ways."""
    given: list[dict[str, Any]] = [
        {"dW": [[37, 47], [67, 77]]},
        {"dA": [[-4, 5, 6], [-2, 7, 5], [0, 2, 1]]},
        {"dW": [[37, 47], [67, 11]]},
        {"dW": [["37.0", "47.0"], ["67.0", "11.00"]]},
    ]
    alone = [assignment(SPEC).checked(answers).to_dict("full") for answers in given]
    together = assignment(SPEC)
    assert [together.checked(answers).to_dict("full") for answers in [*given, *given]] == [*alone, *alone]


def test_wrong_numbers_are_worked_out_once_where_they_are_few_floats() -> None:
    small, exact = assignment(SPEC).solution, assignment(SPEC | {"numbers": "exact"}).solution
    large = assignment({**SPEC, "input": np.ones((40, 40)), "delta": 1}).solution
    assert small.wrong("dW", 0) is small.wrong("dW", 0)
    assert small.wrong("dW", 0)[0].results is small.wrong("dW", 0)[0].results
    assert exact.wrong("dW", 0) is not exact.wrong("dW", 0)
    assert large.wrong("dA", 0) is not large.wrong("dA", 0)  # 1,600 cells
    assert small.wrong("dW", 0) is small.wrong("dW", 3)  # no mistake in a convolution depends on the decimals
    graph = assignment({"op": "graph", "expression": "x*y", "values": {"x": 2, "y": 3}}).solution
    kept = graph.wrong("dx", 0)
    for decimals in range(1, 65):
        graph.wrong("dx", decimals)
    assert graph.wrong("dx", 0) is not kept
