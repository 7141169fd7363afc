"""Which cells meet in a term: found here by looping over every index, and read out of the printed formulas."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from commands import some
from layers import integers

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.exercise.terms import CellTrace

Index = tuple[int, ...]
Names = Counter[tuple[str, ...]]
NUMPY: dict[str, Any] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def spec(A: Index, W: Index, **settings: Any) -> dict[str, Any]:
    """A convolution of small whole numbers."""
    return {"op": "conv", "input": integers(A, 1), "kernel": integers(W, 2), "delta": 3, **settings}


PLAIN: dict[str, dict[str, Any]] = {
    "plain": spec((3, 4), (2, 2)),
    "stride 2, padding 1": spec((4, 5), (3, 3), stride=2, padding=1),
    "stride 3 leaves cells out": spec((8,), (2,), stride=3),
    "a stride and a padding for each axis": spec((4, 5), (2, 3), stride=[1, 2], padding=[[1, 0], [0, 2]]),
    "dilation": spec((6,), (3,), dilation=2, padding=2),
    "dilation and stride": spec((7,), (2,), dilation=3, stride=2, padding=1),
    "flipped": spec((4, 4), (2, 3), flip_kernel=True, padding=1),
    "flipped, dilated, strided": spec((7,), (3,), flip_kernel=True, dilation=2, stride=2, padding=[[2, 1]]),
    "same": spec((5,), (4,), padding="same", stride=2),
    "same_lower": spec((5,), (4,), padding="same_lower", stride=2),
    "NHWC": spec((2, 3, 3, 2), (2, 2, 2, 3), layout="NHWC", padding=1),
    "HWC, one filter": spec((3, 3, 2), (2, 2, 2)),
    "NCHW": spec((2, 2, 3, 3), (3, 2, 2, 2), layout="NCHW", stride=2, padding=1),
    "CHW, one filter": spec((2, 3, 3), (2, 2, 2), layout="CHW"),
    "NCL": spec((2, 2, 4), (2, 2, 3), layout="NCL", padding=1),
    "NHW": spec((2, 3, 3), (2, 2), layout="NHW"),
    "DHW": spec((2, 3, 3), (2, 2, 2), layout="DHW", padding=[1, 0, 0]),
    "transposed": spec((2, 3), (2, 2), transposed=True, stride=2),
    "transposed, output_padding": spec((2, 2), (3, 3), transposed=True, stride=2, padding=1, output_padding=[1, 0]),
    "transposed, flipped, dilated": spec((3,), (2,), transposed=True, flip_kernel=True, dilation=2, stride=3),
    "transposed NCL": spec((2, 2, 3), (2, 3, 2), transposed=True, layout="NCL", stride=2),
    "transposed NHWC": spec((1, 2, 2, 2), (2, 2, 3, 2), transposed=True, layout="NHWC", padding=1, stride=2),
}
GROUPED: dict[str, dict[str, Any]] = {
    "groups NCL": spec((2, 4, 4), (6, 2, 2), layout="NCL", groups=2, padding=1),
    "depthwise HWC": spec((3, 3, 2), (2, 2, 1, 4), groups=2),
    "transposed groups": spec((4, 3), (4, 3, 2), layout="CL", groups=2, transposed=True, stride=2),
}
FOLDED: dict[str, dict[str, Any]] = {
    f"{mode}{name}": spec(A, W, padding_mode=mode, **settings)
    for mode in NUMPY
    for name, A, W, settings in (
        ("", (4, 4), (3, 2), {"padding": [2, 1]}),
        (" stride 2", (5,), (3,), {"padding": [[1, 2]], "stride": 2}),
        (" dilated NHWC", (2, 4, 4, 2), (2, 2, 2, 2), {"padding": 1, "dilation": 2, "layout": "NHWC"}),
        (" flipped", (4,), (3,), {"padding": 2, "flip_kernel": True}),
    )
}
ALL = {**PLAIN, **GROUPED, **FOLDED}


class Meeting(NamedTuple):
    """Narrow, kernel and wide cell of one product, in the user's layout; `inside` the wide array or on padding."""

    narrow: Index
    kernel: Index
    wide: Index
    inside: bool


def meetings(result: Result) -> Iterator[Meeting]:
    """Every product of a convolution: position = output*stride + tap*dilation - before."""
    settings = result.exercise.settings()
    layout = settings["layout"]
    transposed = settings.get("transposed", False)
    A, W, Z = result.exercise.given["A"], result.exercise.given["W"], result.results["Z"]
    narrow, wide = (A, Z) if transposed else (Z, A)
    axes = [i for i, letter in enumerate(layout) if letter not in "NC"]
    letters = kernel_letters(layout, W.ndim, transposed=transposed)
    kernel = dict(zip(letters, W.shape, strict=True))
    taps = [kernel[layout[i]] for i in axes]
    channel = layout.find("C")
    outputs = narrow.shape[channel] if channel >= 0 else 1
    per_group = kernel.get("I", 1)
    folds = [fold(wide.shape[i], settings, number) for number, i in enumerate(axes)]
    for cell in np.ndindex(narrow.shape):
        filter_ = cell[channel] if channel >= 0 else 0
        first = filter_ // (outputs // settings["groups"]) * per_group
        for c, *tap in product(range(per_group), *map(range, taps)):
            place = list(cell)
            if channel >= 0:
                place[channel] = first + c
            for number, i in enumerate(axes):
                reach = taps[number] - 1 - tap[number] if settings.get("flip_kernel") else tap[number]
                before = settings["padding"][number][0]
                position = cell[i] * settings["stride"][number] + reach * settings["dilation"][number] - before
                place[i] = folds[number](position)
            known = {"O": filter_, "I": c, **{layout[i]: tap[number] for number, i in enumerate(axes)}}
            inside = all(0 <= at < size for at, size in zip(place, wide.shape, strict=True))
            yield Meeting(cell, tuple(known[letter] for letter in letters), tuple(place), inside)


def kernel_letters(layout: str, rank: int, *, transposed: bool) -> str:
    """The kernel's axes, as the table of layouts says: O is the narrow side's channel."""
    spatial = layout.replace("N", "").replace("C", "")
    if "C" not in layout:
        return spatial
    # A transposed convolution takes the kernel of its adjoint: C_in, C_out and kh, kw, C_out, C_in.
    whole = f"{spatial}IO" if layout.endswith("C") else f"OI{spatial}"
    return whole if rank == len(whole) else whole.replace("I" if transposed else "O", "")


def fold(size: int, settings: dict[str, Any], axis: int) -> Callable[[int], int]:
    """Where a position inside the padding is read, by numpy's own padding."""
    mode = settings.get("padding_mode", "zeros")
    if mode == "zeros":
        return lambda position: position
    before, after = settings["padding"][axis]
    read = np.pad(np.arange(size), (before, after), mode=NUMPY[mode]).tolist()
    return lambda position: read[position + before]


def named(quantity: str, index: Index) -> str:
    """`W[0,1]`, or `b` for a single number."""
    return f"{quantity}[{','.join(map(str, index))}]" if index else quantity


def expected(result: Result) -> dict[str, dict[Index, Names]]:
    """The terms of every cell of Z, dA and dW, by the names of their factors."""
    transposed = result.exercise.settings().get("transposed", False)
    found: dict[str, dict[Index, Names]] = {name: {} for name in ("Z", "dA", "dW")}
    for quantity, cells in found.items():
        for index in np.ndindex(result.results[quantity].shape):
            cells[index] = Counter()
    for narrow, kernel, wide, inside in meetings(result):
        of_narrow, of_wide = ("dA", "Z") if transposed else ("Z", "dA")
        other = "dZ" if transposed else "A"
        at = named(other if inside else "pad", wide)
        found[of_narrow][narrow][at, named("W", kernel)] += 1
        beside = "A" if transposed else "dZ"
        pair = (named(beside, narrow), at)
        found["dW"][kernel][pair] += 1
        if inside:
            found[of_wide][wide][named(beside, narrow), named("W", kernel)] += 1
    return found


def terms_of(trace: CellTrace) -> Names:
    """The terms of a trace by name, without the bias."""
    factors = (tuple(factor.name() for factor in term.factors) for term in trace.terms)
    return Counter(names for names in factors if not names[0].startswith("b"))


@pytest.mark.parametrize("name", some(ALL))
def test_every_cell_has_the_terms_that_loops_find(name: str) -> None:
    result = cnngrad.run(ALL[name])
    for quantity, cells in expected(result).items():
        for index, terms in cells.items():
            assert terms_of(result.explain(named(quantity, index)).trace) == terms


@pytest.mark.parametrize("name", ALL)
def test_the_terms_of_every_cell_add_up(name: str) -> None:
    result = cnngrad.run({**ALL[name], "bias": integers(cnngrad.run(ALL[name]).results["db"].shape, 5)})
    values = result.derivation.values
    for quantity, array in result.results.items():
        for index in np.ndindex(array.shape):
            trace = result.explain(named(quantity, index)).trace
            total = 0.0
            for term in trace.terms:
                numbers = [0.0 if f.padding else values[f.cell.quantity][f.cell.index] for f in term.factors]
                total += float(np.prod(numbers))
            assert total == array[index]


@pytest.mark.parametrize("name", ALL)
def test_every_cell_of_dZ_is_in_one_db(name: str) -> None:
    result = cnngrad.run(ALL[name])
    cells = [
        term.factors[0].cell.index
        for index in np.ndindex(result.results["db"].shape)
        for term in result.explain(named("db", index)).trace.terms
    ]
    assert sorted(cells) == list(np.ndindex(result.exercise.given["dZ"].shape))


INTEGERS = re.compile(r"[-+*/() 0-9]+")


def evaluated(text: str, values: dict[str, int]) -> int | None:
    """A formula such as `2*i+u-1` or `(p-i)/2` with these letters; nothing where it is no whole number."""
    filled = re.sub(r"[a-z]", lambda letter: f"({values[letter[0]]})", text)
    assert INTEGERS.fullmatch(filled), text
    number = eval(filled)
    return int(number) if number == int(number) else None


def read_formula(formula: str, result: Result) -> Names:
    """All terms that a cell's formula stands for: every letter through its range, what misses W left out."""
    product_ = formula.removeprefix("sum of ").partition(" + b")[0]
    factors = re.findall(r"(\w+)\[(.*?)\](?:\*|$)", product_)
    shapes = {name: array.shape for name, array in result.derivation.values.items()}
    settings = result.exercise.settings()
    layout, transposed = settings["layout"], settings.get("transposed", False)
    narrow = shapes["A"] if transposed else shapes["Z"]
    ranges = dict(zip(layout.replace("N", "n").replace("C", "f"), shapes["Z"], strict=True))
    ranges |= {"c": dict(zip(layout, shapes["A"], strict=True)).get("C", 1)}
    spatial = [i for i, letter in enumerate(layout) if letter not in "NC"]
    letters = kernel_letters(layout, len(shapes["W"]), transposed=transposed)
    taps = [size for letter, size in zip(letters, shapes["W"], strict=True) if letter in layout]
    for number, i in enumerate(spatial):
        ranges |= {"ijk"[number]: narrow[i], "uvw"[number]: taps[number]}
    used = sorted(set(re.findall(r"[a-z]", "".join(inside for _, inside in factors))))
    found: Names = Counter()
    for place in product(*(range(ranges[letter]) for letter in used)):
        values = dict(zip(used, place, strict=True))
        cells = [(name, [evaluated(part, values) for part in inside.split(",")]) for name, inside in factors]
        names = [_cell_name(name, index, shapes[name]) for name, index in cells]
        if all(names):
            found[tuple(str(n) for n in names)] += 1
    return found


def _cell_name(quantity: str, index: list[int | None], shape: Index) -> str | None:
    whole = tuple(i for i in index if i is not None)
    inside = len(whole) == len(index) and all(0 <= i < size for i, size in zip(whole, shape, strict=True))
    if not inside and (quantity == "W" or len(whole) < len(index)):
        return None
    return named(quantity if inside else "pad", whole)


@pytest.mark.parametrize("name", some(PLAIN, 2))
@pytest.mark.parametrize("quantity", ["Z", "dA", "dW"])
def test_the_formula_of_a_cell_is_its_terms(name: str, quantity: str) -> None:
    result = cnngrad.run(PLAIN[name])
    for index in np.ndindex(result.results[quantity].shape):
        trace = result.explain(named(quantity, index)).trace
        assert read_formula(trace.formula, result) == terms_of(trace), trace.formula


def test_a_reader_of_formulas_that_is_wrong_is_found() -> None:
    result = cnngrad.run(PLAIN["stride 2, padding 1"])
    trace = result.explain("dW[0,0]").trace
    assert trace.formula == "sum of dZ[i,j]*A[2*i-1,2*j-1]"
    assert read_formula("sum of dZ[i,j]*A[2*i-1,2*j]", result) != terms_of(trace)
    # 2 x 3 windows, of which i = 0 and j = 0 start on padding: 2 + 3 - 1 = 4 of 6
    names = [at for _, at in terms_of(trace)]
    assert sum(at.startswith("pad") for at in names) == 4
    assert len(names) == 6


def test_a_cell_that_one_axis_alone_leaves_out_says_which() -> None:
    """Windows of 2x2 with stride 2 over 2x3 cells: the first row is read, the last column is not."""
    result = cnngrad.run({"op": "conv", "input": [[1, 2, 3], [4, 5, 6]], "kernel": [[1, 2], [3, 4]], "stride": 2,
                          "delta": 1})  # fmt: skip
    says = "no window reaches A[0,2]: column 2 is behind the last window, which ends at column 1"
    assert [remark.text for remark in result.derivation.reasons(result.trace("dA[0,2]"))] == [says]
    assert says in str(result.explain("dA[0,2]"))
    assert "no window" not in str(result.explain("dA[0,1]"))


def _of_form(A: list[int], W: list[int], b: int, **other: Any) -> dict[str, Any]:
    """A brief trace of Z[0]: two cells between padding, under two taps."""
    spec = {"op": "conv", "input": A, "kernel": W, "bias": b, "padding": 1, "delta": [1, 2, 3]}
    base = other.pop("index_base", 0)
    trace = cnngrad.run(spec | other, index_base=base).to_dict()["trace"]
    found: dict[str, Any] = next(each for each in trace if each["cell"] == f"Z[{base}]")
    return {"formula": found["formula"], "value": found["value"]} | {
        "*".join(term["factors"]): (*term["values"], term["product"]) for term in found["terms"]
    }


def test_what_is_kept_of_a_trace_holds_no_numbers() -> None:
    """Exercises of one form share a layer, and what its traces say: 0*8 + 6*9 + 10 = 64."""
    formula = "sum of A[u-1]*W[u] + b"
    assert _of_form([1, 2], [3, 4], 5) == {
        "formula": formula, "value": 9, "pad[-1]*W[0]": (0, 3, 0), "A[0]*W[1]": (1, 4, 4), "b": (5, 5)}  # fmt: skip
    assert _of_form([6, 7], [8, 9], 10) == {
        "formula": formula, "value": 64, "pad[-1]*W[0]": (0, 8, 0), "A[0]*W[1]": (6, 9, 54), "b": (10, 10)}  # fmt: skip
    assert _of_form([6, 7], [8, 9], 10, index_base=1) == {
        "formula": "sum of A[u-1]*W[u] + b", "value": 64, "pad[0]*W[1]": (0, 8, 0), "A[1]*W[2]": (6, 9, 54),
        "b": (10, 10)}  # fmt: skip
    assert _of_form([6, 7], [8, 9], 10, numbers="exact") == {
        "formula": formula, "value": "64", "pad[-1]*W[0]": ("0", "8", "0"), "A[0]*W[1]": ("6", "9", "54"),
        "b": ("10", "10")}  # fmt: skip


def test_of_a_layer_few_terms_are_kept() -> None:
    """26 cells of Z with 9 products and a bias are 260 terms: the last one is not kept, and told all the same."""
    given = spec((28, 3), (3, 3))
    for _ in range(2):
        result = cnngrad.run(given)
        told = [len(result.explain(f"Z[{i},0]").trace.terms) for i in range(26)]
        assert told == [10] * 26
        assert sum(len(each.places) for each in result.exercise.layer.told.values()) == 250


def test_what_is_kept_of_a_trace_is_that_of_one_first_index() -> None:
    given = {"op": "conv", "input": [1, 2, 3, 4], "kernel": [5, 6], "stride": 2, "delta": [1, 2]}
    for _ in range(2):
        assert cnngrad.run(given).explain("dW[0]").trace.formula == "sum of dZ[i]*A[2*i]"
        assert cnngrad.run(given, index_base=1).explain("dW[1]").trace.formula == "sum of dZ[i]*A[2*i-1]"
