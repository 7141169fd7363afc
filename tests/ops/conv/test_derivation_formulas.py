"""Formulas of a convolution: typed in by hand, and with their letters over their ranges the cells of the terms."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from commands import some
from hypothesis import given, settings
from layers import convolutions

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.terms import Cell
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


@settings(max_examples=15)
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


Index = tuple[int, ...]


Cells = frozenset[tuple[str, Index]]


def spec(layout: str, input_: Index, kernel: Index, **settings: Any) -> dict[str, Any]:
    """A convolution without zeros, so that every term is there."""
    A, W = (np.arange(1, math.prod(shape) + 1).reshape(shape).tolist() for shape in (input_, kernel))
    return {"op": "conv", "layout": layout, "input": A, "kernel": W, "delta": 1, **settings}


LAYERS: dict[str, dict[str, Any]] = {
    "one group": spec("CL", (2, 4), (3, 2, 2)),
    "groups": spec("CL", (4, 4), (2, 2, 2), groups=2),
    "groups, channels last": spec("LC", (4, 4), (2, 2, 2), groups=2),
    "groups of several filters": spec("NCL", (2, 4, 3), (4, 2, 2), groups=2),
    "depthwise": spec("CHW", (3, 3, 3), (3, 1, 2, 2), groups=3),
    "depthwise with a multiplier": spec("NHWC", (1, 3, 3, 2), (2, 2, 1, 4), groups=2),
    "groups, stride and padding": spec("CL", (4, 5), (2, 2, 3), groups=2, stride=2, padding=1),
    "groups and dilation": spec("CL", (4, 6), (2, 2, 2), groups=2, dilation=3),
    "groups, flipped": spec("CL", (4, 4), (2, 2, 3), groups=2, flip_kernel=True, padding=[[1, 0]]),
    "groups, stride and dilation": spec("CHW", (2, 5, 5), (2, 1, 2, 2), groups=2, stride=2, dilation=2, padding=1),
    "groups in space": spec("CDHW", (2, 2, 2, 3), (2, 1, 1, 2, 2), groups=2),
    "groups, reflected": spec("CL", (4, 4), (2, 2, 3), groups=2, padding=1, padding_mode="reflect"),
    "groups, repeated": spec("CL", (4, 4), (2, 2, 3), groups=2, padding=2, padding_mode="replicate"),
    "groups, circular": spec("CL", (4, 4), (2, 2, 3), groups=2, padding=2, padding_mode="circular"),
    "transposed": spec("CL", (2, 3), (2, 3, 2), transposed=True),
    "transposed groups": spec("CL", (4, 3), (4, 2, 2), groups=2, transposed=True),
    "transposed groups, stride": spec("NLC", (2, 3, 4), (3, 1, 4), groups=2, transposed=True, stride=2, padding=1),
    "transposed groups, dilation": spec("CL", (2, 3), (2, 2, 2), groups=2, transposed=True, dilation=2),
    "no channels": spec("HW", (3, 4), (2, 2), stride=2, padding=1),
    "a batch without channels": spec("NL", (2, 4), (2,), dilation=2),
    "one filter": spec("CL", (2, 4), (2, 2)),
}


def letters_of(result: Result, quantity: str, base: int) -> dict[str, range]:
    """The numbers that each letter of a formula stands for, counted from `base`."""
    settings, given, Z = result.exercise.settings(), result.exercise.given, result.results["Z"]
    layout, transposed = settings["layout"], settings.get("transposed", False)
    sizes = dict(zip(layout, given["A"].shape, strict=True)), dict(zip(layout, Z.shape, strict=True))
    space = [letter for letter in layout if letter not in "NC"]
    narrow, wide = (sizes[0], sizes[1]) if transposed else (sizes[1], sizes[0])
    taps = [size for letter, size in _kernel(result).items() if letter in space]
    found = {"n": sizes[0].get("N", 1), "f": sizes[1].get("C", 1), "c": sizes[0].get("C", 1)}
    if quantity != ("Z" if transposed else "dA"):  # the sum runs over the channels of one group
        found["f" if transposed else "c"] //= settings["groups"]
    found |= zip("ijk", (narrow[letter] for letter in space), strict=False)
    found |= zip("pqr", (wide[letter] for letter in space), strict=False)
    found |= zip("uvw", taps, strict=False)
    return {name: range(base, base + size) for name, size in found.items()}


def _kernel(result: Result) -> dict[str, int]:
    letters = result.derivation.letters("W")
    return dict(zip(letters, result.exercise.given["W"].shape, strict=True))


def places(inside: str, values: dict[str, int], result: Result, base: int) -> list[Fraction]:
    """The numbers of `n,c+first(f),(p-i)/2,reflect(i-1)` where the letters have these values."""
    settings, given = result.exercise.settings(), result.exercise.given
    layout = settings["layout"]
    inputs = given["A"].shape[layout.index("C")] if "C" in layout else 1
    outputs = result.results["Z"].shape[layout.index("C")] if "C" in layout else 1
    narrow, wide = (inputs, outputs) if settings.get("transposed") else (outputs, inputs)
    groups: int = settings["groups"]
    size: int = given["A"].shape[layout.index("L")] if "L" in layout else 0

    def first(channel: int) -> int:  # channels before the first one of its group
        return (int(channel) - base) // (narrow // groups) * (wide // groups)

    def reflect(place: Fraction) -> Fraction:
        away = abs(place - base)
        return base + (size - 1) - abs((size - 1) - away)

    functions = {
        "first": first,
        "reflect": reflect,
        "replicate": lambda place: min(max(place, base), base + size - 1),
        "circular": lambda place: base + (place - base) % size,
    }
    names = functions | {name: Fraction(value) for name, value in values.items()}
    return [Fraction(eval(part, {"__builtins__": {}}, names)) for part in inside.split(",")]


def group_of(result: Result, quantity: str, index: Index, base: int) -> dict[str, range]:
    """The letter of the channel that a cell's own formula sums over, with the channels of the cell's group."""
    settings, given = result.exercise.settings(), result.exercise.given
    transposed = settings.get("transposed", False)
    if settings["groups"] == 1 or quantity != ("Z" if transposed else "dA"):
        return {}
    place = settings["layout"].index("C")
    mine, other = (given["A"].shape[place], result.results["Z"].shape[place])[:: -1 if transposed else 1]
    size = other // settings["groups"]
    start = base + index[place] // (mine // settings["groups"]) * size
    return {"c" if transposed else "f": range(start, start + size)}


def named(
    formula: str, quantity: str, known: dict[str, int], group: dict[str, range], result: Result, base: int
) -> set[Cells]:
    """The cells of every term of a formula, counted from 0; terms with a cell that is not there are left out."""
    arrays = {**result.exercise.given, **result.results}
    total = formula.removeprefix("sum of ").partition(" over every window")[0]
    sums, _, bias = total.partition(" + ")
    found = set()
    for factors in [sums, *([bias] if bias else [])]:
        parts = re.findall(r"(\w+)\[([^\]]*)\]|(\bb\b)", factors)
        ranges = letters_of(result, quantity, base) | group
        free = [name for name in ranges if name not in known and re.search(rf"\b{name}\b", factors)]
        for numbers in product(*(ranges[name] for name in free)):
            values = known | dict(zip(free, numbers, strict=True))
            cells = [
                (name or alone, [place - base for place in places(inside, values, result, base)] if name else [])
                for name, inside, alone in parts
            ]
            if all(_exists(arrays[name].shape, index) for name, index in cells):
                found.add(frozenset((name, tuple(map(int, index))) for name, index in cells))
    return found


def _exists(shape: Index, index: list[Fraction]) -> bool:
    assert len(shape) == len(index)
    return all(i.denominator == 1 and 0 <= i < size for i, size in zip(index, shape, strict=True))


def terms(result: Result, quantity: str, index: Index) -> set[Cells]:
    """The cells of every term of the trace, those with padding left out."""
    trace = result.derivation.trace(Cell(quantity, index))
    return {
        frozenset((factor.cell.quantity, factor.cell.index) for factor in term.factors)
        for term in trace.terms
        if not any(factor.padding for factor in term.factors)
    }


QUANTITIES = ("Z", "dA", "dW", "db")
BASES = [
    pytest.param(name, quantity, (i + j) % 2, marks=[pytest.mark.slow] if (i + j // 2) % 2 else [])
    for i, name in enumerate(LAYERS)
    for j, quantity in enumerate(QUANTITIES)
]
"""Cells are counted from 0 in half of the formulas and from 1 in the others; the test below compares both. Each layer
has half of its quantities in a quick run."""


@pytest.mark.parametrize(("layer", "quantity", "base"), BASES)
def test_a_formula_names_the_cells_of_its_terms(layer: str, quantity: str, base: int) -> None:
    result = cnngrad.run(LAYERS[layer], index_base=base, trace="none")
    left, _, general = result.derivation.general(quantity).partition(" = ")
    name, _, letters = left.rstrip("]").partition("[")
    assert name == quantity
    for index in np.ndindex(result.results[quantity].shape):
        own, group = result.derivation.trace(Cell(quantity, index)).formula, group_of(result, quantity, index, base)
        numbers = {letter: i + base for letter, i in zip(letters.split(","), index, strict=True)} if index else {}
        for formula, known, among in ((own, {}, group), (general, numbers, {})):
            cells, right = named(formula, quantity, known, among, result, base), terms(result, quantity, index)
            if "over every window" in formula:  # padding repeats cells: no formula solves for the tap
                cells = cells & right
            assert cells == right, (formula, index)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_chain_rule_names_the_same_factor(layer: str) -> None:
    """The local gradient is the factor beside dZ in the formula of the cell."""
    result = cnngrad.run(LAYERS[layer], index_base=1, trace="none")
    for quantity in ("dA", "dW"):
        for index in np.ndindex(result.results[quantity].shape):
            cell = Cell(quantity, index)
            total = result.derivation.trace(cell).formula.removeprefix("sum of ").partition(" over every window")[0]
            (beside,) = (part for part in re.findall(r"\w+\[[^\]]*\]", total) if not part.startswith("dZ"))
            assert result.derivation.chain(cell)[1].endswith(f" = {beside}")


def shifted(text: str) -> list[str]:
    """Every cell that a text names, one further along each axis."""
    found = re.findall(r"([\w∂.]+)\[(-?\d+(?:,-?\d+)*)\]", text)
    return [f"{name}[{','.join(str(int(i) + 1) for i in inside.split(','))}]" for name, inside in found]


OTHER = ("scatter", "rotate", "matrix")
METHODS = [(name, method) for i, name in enumerate(LAYERS) for method in ("gather", OTHER[i % 3])]
"""Each layer with two of the four methods."""


@pytest.mark.parametrize(("layer", "method"), some(pytest.param(*each) for each in METHODS))
def test_counting_from_one_moves_every_named_cell_by_one(layer: str, method: str) -> None:
    pages = [str(cnngrad.run(LAYERS[layer], method=method, trace="full", index_base=base)) for base in (0, 1)]
    named_cells = re.findall(r"[\w∂.]+\[-?\d+(?:,-?\d+)*\]", pages[1])
    assert named_cells == shifted(pages[0])
