"""Formulas in letters: typed in by hand, and evaluated against the cells that the terms name."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from layers import convolutions

import cnngrad
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.sums import Affine, letter
from cnngrad.exercise.terms import Cell, parse_cell
from cnngrad.ops.conv.derivation import ConvDerivation
from cnngrad.ops.conv.layer import Conv

PLAIN: dict[str, Any] = {"op": "conv", "input": [[1, 2, 3]] * 3, "kernel": [[1, 2]] * 2, "delta": 1}
NHWC: dict[str, Any] = {"op": "conv", "input": [[[[1, 2]] * 3] * 3], "kernel": [[[[1] * 4] * 2] * 2] * 2, "delta": 1}
GROUPS: dict[str, Any] = {
    "op": "conv", "layout": "NCL", "groups": 2, "input": [[[1, 2, 3]] * 4], "kernel": [[[1, 2]] * 2] * 2, "delta": 1,
}  # fmt: skip

GENERAL = [
    (PLAIN, "Z", "Z[i,j] = sum of A[i+u,j+v]*W[u,v] + b"),
    (PLAIN, "dA", "dA[p,q] = sum of dZ[i,j]*W[p-i,q-j]"),
    (PLAIN, "dW", "dW[u,v] = sum of dZ[i,j]*A[i+u,j+v]"),
    (PLAIN, "db", "db = sum of dZ[i,j]"),
    (PLAIN | {"stride": 2, "padding": 1}, "dW", "dW[u,v] = sum of dZ[i,j]*A[2*i+u-1,2*j+v-1]"),
    (PLAIN | {"stride": 2, "padding": 1}, "dA", "dA[p,q] = sum of dZ[i,j]*W[p+1-2*i,q+1-2*j]"),
    (PLAIN | {"dilation": 2}, "dA", "dA[p,q] = sum of dZ[i,j]*W[(p-i)/2,(q-j)/2]"),
    (PLAIN | {"flip_kernel": True}, "Z", "Z[i,j] = sum of A[i+1-u,j+1-v]*W[u,v] + b"),
    (PLAIN | {"flip_kernel": True}, "dA", "dA[p,q] = sum of dZ[i,j]*W[i+1-p,j+1-q]"),
    (
        PLAIN | {"padding": 1, "padding_mode": "reflect"},
        "Z",
        "Z[i,j] = sum of A[reflect(i+u-1),reflect(j+v-1)]*W[u,v] + b",
    ),
    (
        PLAIN | {"padding": 1, "padding_mode": "reflect"},
        "dA",
        "dA[p,q] = sum of dZ[i,j]*W[u,v] over every window that reads the cell",
    ),
    (PLAIN | {"transposed": True}, "Z", "Z[p,q] = sum of A[i,j]*W[p-i,q-j] + b"),
    (PLAIN | {"transposed": True}, "dA", "dA[i,j] = sum of dZ[i+u,j+v]*W[u,v]"),
    (PLAIN | {"transposed": True}, "dW", "dW[u,v] = sum of A[i,j]*dZ[i+u,j+v]"),
    (PLAIN | {"transposed": True}, "db", "db = sum of dZ[p,q]"),
    (NHWC, "Z", "Z[n,i,j,f] = sum of A[n,i+u,j+v,c]*W[u,v,c,f] + b[f]"),
    (NHWC, "dW", "dW[u,v,c,f] = sum of dZ[n,i,j,f]*A[n,i+u,j+v,c]"),
    (NHWC, "db", "db[f] = sum of dZ[n,i,j,f]"),
    (GROUPS, "Z", "Z[n,f,i] = sum of A[n,c+first(f),i+u]*W[f,c,u] + b[f]"),
    (GROUPS, "dA", "dA[n,c,p] = sum of dZ[n,f,i]*W[f,c-first(f),p-i]"),
]
CELLS = [
    (PLAIN, "dW[0,1]", "sum of dZ[i,j]*A[i,j+1]"),
    (PLAIN, "dA[1,2]", "sum of dZ[i,j]*W[1-i,2-j]"),
    (PLAIN, "Z[1,0]", "sum of A[u+1,v]*W[u,v] + b"),
    (GROUPS, "Z[0,1,0]", "sum of A[0,c+2,u]*W[1,c,u] + b[1]"),
    (GROUPS, "dA[0,3,1]", "sum of dZ[0,f,i]*W[f,1,1-i]"),
    (GROUPS, "dW[1,0,1]", "sum of dZ[n,1,i]*A[n,2,i+1]"),
]


@pytest.mark.parametrize(("spec", "quantity", "formula"), GENERAL)
def test_any_cell(spec: dict[str, Any], quantity: str, formula: str) -> None:
    assert cnngrad.run(spec).derivation.general(quantity) == formula


@pytest.mark.parametrize(("spec", "cell", "formula"), CELLS)
def test_one_cell(spec: dict[str, Any], cell: str, formula: str) -> None:
    assert cnngrad.run(spec).explain(cell).trace.formula == formula


def test_the_textbook_counts_from_one() -> None:
    derivation = cnngrad.run(PLAIN, index_base=1).derivation
    # x11 is A[1,1]: the first window starts at i + u - 1 = 1
    assert derivation.general("dW") == "dW[u,v] = sum of dZ[i,j]*A[i+u-1,j+v-1]"
    assert cnngrad.run(PLAIN, index_base=1).explain("dW[1,2]").trace.formula == "sum of dZ[i,j]*A[i,j+1]"


@settings(max_examples=40)
@given(convolutions(mode="zeros"))
def test_the_formula_of_dW_names_the_cells_of_its_terms(exercise: LayerExercise[Conv]) -> None:
    results = exercise.solve()
    derivation = ConvDerivation(exercise, results)
    assert exercise.dZ is not None
    for index in [(0,) * exercise.parameters["W"].ndim, tuple(size - 1 for size in exercise.parameters["W"].shape)]:
        trace = derivation.trace(Cell("dW", index))
        inner = trace.formula.removeprefix("sum of ").replace("*A[", " A[").replace("*dZ[", " dZ[")
        factors = [re.fullmatch(r"(\w+)\[(.*)\]", part) for part in inner.split(" ")]
        named = set()
        outputs = exercise.layer.windows.outputs
        for n, *place in product(range(len(exercise.A)), *map(range, outputs)):
            values = {"n": n, **dict(zip("ijk", place, strict=False))}
            cells = [_place(factor[2], values) for factor in factors if factor]
            named.add(tuple(cells))
        assert {tuple(f.cell.index for f in term.factors) for term in trace.terms} == named


def _place(text: str, values: dict[str, int]) -> tuple[int, ...]:
    """Evaluate `n,2*i+u-1`: sums of integers, letters and multiples of letters."""
    return tuple(
        sum(
            (-1 if sign == "-" else 1) * int(factor or 1) * (values[name] if name else 1)
            for sign, factor, name in re.findall(r"([+-]?)(\d*)\*?([a-z]?)", part)
            if factor or name
        )
        for part in text.split(",")
    )


def test_affine_formulas_add_multiply_and_solve() -> None:
    i, u = letter("i"), letter("u")
    assert str(2 * i + u - 1) == "2*i+u-1"
    assert str(3 - i) == "3-i"
    assert str(Affine()) == "0"
    assert str(i * -1) == "-i"
    assert (2 * i + u - 5).solve("u") == "5-2*i"
    assert (i + 2 * u - 5).solve("u") == "(5-i)/2"
    assert (i + 3 - u).solve("u") == "i+3"


def test_cells_are_parsed_with_either_base() -> None:
    shapes = {"dW": (2, 3), "db": ()}
    assert parse_cell(" dW[ 1 , 2 ] ", shapes) == Cell("dW", (1, 2))
    assert parse_cell("dW[1,2]", shapes, base=1) == Cell("dW", (0, 1))
    assert parse_cell("db", shapes) == parse_cell("db[]", shapes) == Cell("db")
    assert Cell("dW", (0, 1)).name(1) == "dW[1,2]"


@pytest.mark.parametrize(
    ("text", "base", "message"),
    [
        ("dW[0", 0, "'dW[0' names no cell; write one like dW[0,0]"),
        ("dW[-1,0]", 0, "'dW[-1,0]' names no cell; write one like dW[0,0]"),
        ("dW[0,0]", 1, "'dW[0,0]': the cells of dW are dW[1,1] to dW[2,3]"),
        ("dW[2,0]", 0, "'dW[2,0]': the cells of dW are dW[0,0] to dW[1,2]"),
        ("dW[0]", 0, "'dW[0]': the cells of dW are dW[0,0] to dW[1,2]"),
        ("dW", 0, "'dW': the cells of dW are dW[0,0] to dW[1,2]"),
        ("db[0]", 0, "'db[0]': db is a single number; write db alone"),
        ("dw[0,0]", 0, "'dw[0,0]': this exercise has no 'dw'; did you mean 'dW'?"),
        ("\x1b[0]", 0, "'\\x1b[0]' names no cell; write one like dW[0,0]"),
    ],
)
def test_cells_that_do_not_exist(text: str, base: int, message: str) -> None:
    with pytest.raises(cnngrad.CnngradError) as caught:
        parse_cell(text, {"dW": (2, 3), "db": ()}, base)
    assert str(caught.value) == message
