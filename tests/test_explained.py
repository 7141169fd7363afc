"""Everything that is printed can be explained: the lines, read as algebra, come to the printed number."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from commands import some
from layers import integers
from test_algebra import check_numbers, sides_of, value

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.examples import example_names
from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.report.grids import part_pictures
from cnngrad.report.lines import definition_line, remark_line
from cnngrad.report.page import explanation_page
from cnngrad.report.planes import Style

MORE: dict[str, dict[str, Any]] = {
    "groups": {"op": "conv", "layout": "CHW", "groups": 2, "input": integers((2, 3, 3), 1),
               "kernel": integers((2, 1, 2, 2), 2)},
    "gaps": {"op": "conv", "stride": 3, "input": integers((8,), 1), "kernel": [1, 2]},
    "circular": {"op": "conv", "padding": 1, "padding_mode": "circular", "input": integers((3, 3), 1),
                 "kernel": [[1, 2], [3, 4]]},
    "split": {"op": "pool", "window": 2, "stride": 1, "ties": "split", "input": integers((4, 4), 1, 0, 2)},
    "all": {"op": "pool", "window": [2, 3], "stride": 2, "padding": [1, 0], "ties": "all",
            "input": integers((5, 5), 1, 0, 2)},
    "ceil": {"op": "pool", "mode": "average", "window": 2, "ceil_mode": True, "input": integers((3, 5), 1)},
    "exact": {"op": "pool", "numbers": "exact", "window": 2, "input": ["1/3", "-1/2", "2/7", "2/7", 1]},
    **{f: {"op": "activation", "function": f, "input": [-2, 0, 1.5]}
       for f in ("relu", "elu", "silu", "gelu", "softplus")},
    "log_softmax": {"op": "activation", "function": "log_softmax", "axis": 0, "input": [[1, 2], [0, -1]]},
    "given": {"op": "batch_norm", "input": [[1, 2], [3, 5]], "statistics": {"mean": [1, 2], "variance": [3, 4]},
              "gamma": [2, 3]},
    "batch": {"op": "rnn", "layout": "NTD", "inputs": integers((2, 3, 2), 1), "activation": "relu",
              "weights": {"input": [[1, -1], [2, 0]], "recurrent": [[1, 0], [0, -1]], "bias": [1, 0]}},
    "losses": {"op": "network", "input": [[0.25, 0.5]], "layers": [{"op": "activation", "function": "sigmoid"}],
               "loss": {"op": "binary_cross_entropy", "target": [[1, 0]]}, "delta": None},
    "mean": {"op": "network", "input": [[1, 2], [3, 4]], "layers": [{"op": "dense", "weights": [[1, 2]]}],
             "loss": {"op": "mse", "target": 1, "reduction": "mean"}, "learning_rate": 0.5, "delta": None},
    "graph": {"op": "graph", "expression": "exp(-x)/max(x, y)**2 - log(y) + x*x + abs(x)", "delta": 2,
              "values": {"x": -1, "y": 3}},
}  # fmt: skip
EXAMPLES = [name for name in example_names() if name != "by-hand-symbolic" and "notebook" not in name]
FUNCTIONS = {"elu": lambda x: x if x > 0 else math.expm1(x), "silu": lambda x: x / (1 + math.exp(-x)),
             "softplus": lambda x: math.log1p(math.exp(x)),
             "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2}  # fmt: skip

UNREAD = re.compile(rf"({'|'.join(FUNCTIONS)})\(|.* is ")
"""Formulas that the reader of lines does not know: [x is largest] among them."""


def solved(name: str, base: int = 0) -> Result:
    """The example, or the exercise of `MORE` with an upstream gradient, of that name."""
    if name not in MORE:
        return cnngrad.run(f"example:{name}", index_base=base)
    spec = {"delta": -3, **MORE[name]}
    return cnngrad.run({key: value for key, value in spec.items() if value is not None}, index_base=base)


def cells(result: Result) -> Iterator[Cell]:
    """Some cells of everything that is printed: all of a small quantity, and of a large one those far apart."""
    for name, array in result.derivation.explained.items():
        every = [*np.ndindex(array.shape)]
        yield from (Cell(name, index) for index in every[:: len(every) // 6 + 1])


def check_definitions(result: Result, trace: CellTrace) -> None:
    """Every side of `with s = ... = ...` comes to the value of the symbol."""
    for found in result.derivation.definitions(trace):
        line = definition_line(found, Style(base=result.base)).text
        assert " = " in line
        if " is " in line:  # [x is largest]
            continue
        text = re.sub(r"\[(\S+ > \S+)\]", r"(\1)", line).partition(found.name)[2]
        for written in found.written:
            for side, names in sides_of(text, CellTrace(trace.cell, "", (), found.value, written), result.base):
                numbers = {letter: float(number) for letter, number in names.items()}
                assert value(side, {**FUNCTIONS, **numbers}) == pytest.approx(float(found.value), abs=1e-6), line


@pytest.mark.parametrize(
    ("name", "base"), some(pytest.param(name, n % 2, id=name) for n, name in enumerate([*EXAMPLES, *MORE]))
)
def test_everything_that_is_printed_is_explained(name: str, base: int) -> None:
    result = solved(name, base)
    for cell in cells(result):
        printed = result.derivation.explained[cell.quantity][cell.index]
        trace = result.trace(cell.name(base))
        if cell.quantity.endswith("argmax") and printed < 0:
            assert (trace.value, trace.terms) == (None, ())
            continue
        assert trace.value == pytest.approx(printed, rel=1e-12, abs=1e-12)
        if printed == -math.inf:
            continue
        assert sum(term.product for term in trace.terms) == pytest.approx(float(printed), rel=1e-9, abs=1e-9)
        if trace.written is None or not UNREAD.match(trace.written.template):
            check_numbers(trace, Style(base=base), brief=True)
        check_definitions(result, trace)
        for remark in result.derivation.reasons(trace):
            assert "{" not in remark_line(remark, Style(base=base)).text
        part_pictures(result.derivation, trace, Style(base=base))


@pytest.mark.parametrize("name", ["forum-network", "max-pool", "rnn-matrix", "lecture-fork", "split"])
def test_every_quantity_has_a_page_of_its_own(name: str) -> None:
    result = solved(name)
    for quantity, array in result.derivation.explained.items():
        cell = Cell(quantity, tuple(size - 1 for size in array.shape)).name()
        assert explanation_page(result, (cell,))
