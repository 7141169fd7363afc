"""Arrays: nested lists, blocks of text, single numbers and Python values, with every message."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnngrad.errors import CnngradError, Problems
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.kinds import EXACT, FLOAT, Array, Kind
from cnngrad.spec.arrays import read_array
from cnngrad.spec.python_values import document_of
from cnngrad.spec.reader import read_text
from cnngrad.spec.tree import Document

SHAPE = "give every row the same length"
RANGE = "is beyond float64, which holds 5e-324 to 1.8e308; scale the numbers"
LIKE = "is not a number; write one like 1, -2.5, 1e-3 or 3/7"
TEXT = "write them in brackets, or as rows of a block that starts with | behind the key"

READ: list[tuple[str, Any]] = [
    ("5", 5.0),
    ("3/4", 0.75),
    ("'0.5'", 0.5),
    ("[1, 2, 3]", [1, 2, 3]),
    ("[[1, -2.5], [.5, 1e-3]]", [[1, -2.5], [0.5, 0.001]]),
    ("[['1', \"2\"]]", [[1, 2]]),
    ("[[[[[7]]]]]", [[[[[7]]]]]),
    ("[1, 1/4]", [1, 0.25]),
    ("[1/4, 0.1, -3/2, 1e-3, '2/5', .5]", [0.25, 0.1, -1.5, 0.001, 0.4, 0.5]),
    ("&x [1, 2]", [1, 2]),
    ("[0, 0e5, -0, 0.0]", [0, 0, 0, 0]),
    ("|\n  1 2 3\n", [1, 2, 3]),
    ("1 2 3", [1, 2, 3]),
    ("|\n  1,2,\n", [1, 2]),
    ("|\n  1 1,5\n", [1, 1.5]),
    ("|\n  1;2\n", [1, 2]),
    ('[1, " 1"]', [1, 1]),
    ("|\n  1\n", [1]),
    ("|\n  1 2\n  3 4\n", [[1, 2], [3, 4]]),
    ("|\n  1, 2\n  3,4\n", [[1, 2], [3, 4]]),
    ("|\n  1\t2\n  3\u00a04\n", [[1, 2], [3, 4]]),
    ("|\n\n  1 2\n  3 4\n\n\n  5 6\n  7 8\n\n", [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
    ("|\n  1 2\n\n  3 4\n", [[[1, 2]], [[3, 4]]]),
    ("|-\n  1\n  2", [[1], [2]]),
    ("|2\n    1 2\n   3 4\n", [[1, 2], [3, 4]]),
    ("|  # rows\n  1 1/2\n  3 4\n", [[1, 0.5], [3, 4]]),
    ("|\n  0.1 1/2\n  -3/4, 1e-3\n", [[0.1, 0.5], [-0.75, 0.001]]),
    ('"1 2\\n3 4"', [[1, 2], [3, 4]]),
    ("|\n  1, 2 3\n", [1, 2, 3]),
]

MESSAGES = [
    ("", "1:7: input: '' is empty, not a number; write 0 if you mean zero"),
    ("x", f"1:8: input: 'x' {LIKE}"),
    ("true", "1:8: input: 'true' is a truth value, not a number; write 1 or 0"),
    ("\n  1 2\n\n  3 4", f"2:3: input: is a text of 4 numbers; {TEXT}"),
    ('"1 2\n\n 3 4"', f"1:8: input: is a text of 4 numbers; {TEXT}"),
    ("[]", "1:8: input: is empty; give at least one number"),
    ("[[], [1]]", "1:9: input[0]: is empty; give at least one number"),
    ("[[1], []]", "1:14: input[1]: is empty; give at least one number"),
    ("[[1, 2], [3]]", f"1:17: input[1]: has 1 cell but input[0] has 2; {SHAPE}"),
    ("[[[1], [2]], [[3]]]", f"1:21: input[1]: has 1 row but input[0] has 2; {SHAPE}"),
    ("[[[1, 2], [3, 4]], [[5, 6], [7]]]", f"1:36: input[1,1]: has 1 cell but input[0,0] has 2; {SHAPE}"),
    ("[[1, 2], 3]", "1:17: input[1]: is a single value but input[0] is a list; nest all rows equally"),
    ("[[1], {a: 1}]", "1:14: input[1]: is a mapping but input[0] is a list; nest all rows equally"),
    ("[1, [2]]", "1:12: input[1]: is a list but input[0] is a number; nest all rows equally"),
    ("[1, {a: 1}]", "1:12: input[1]: is a mapping, not a number; give numbers alone"),
    ("{a: 1}", "1:8: input: is a mapping; give a list, a block of text or {file: NAME}"),
    ("[[[[[[1]]]]]]", "1:8: input: is nested more than 5 deep; an array has at most 5 axes"),
    ("[[1, 2], [3, x]]", f"1:21: input[1,1]: 'x' {LIKE}"),
    ("[1, 05]", "1:12: input[1]: '05' has a leading zero; write it without"),
    ("[1, -05]", "1:12: input[1]: '-05' has a leading zero; write it without"),
    ("[1, '1\\n']", f"1:12: input[1]: '1\\n' {LIKE}"),
    ("[1, '']", "1:12: input[1]: '' is empty, not a number; write 0 if you mean zero"),
    ("[1, 1e400]", f"1:12: input[1]: '1e400' {RANGE}"),
    ("[1, 1e-400]", f"1:12: input[1]: '1e-400' {RANGE}"),
    ("[1, nan]", "1:12: input[1]: 'nan' is not a number; gradients need finite values"),
    ("[1, infinity]", "1:12: input[1]: 'infinity' is infinite; gradients need finite values"),
    ("[0." + "0" * 400 + "1]", f"1:9: input[0]: '0.{'0' * 38}...' {RANGE}"),
    (
        "[x, y1, 010, 0x1, 1_0]",
        f"1:9: input[0]: 'x' {LIKE}\n"
        f"hw.yaml:1:12: input[1]: 'y1' {LIKE}\n"
        "hw.yaml:1:16: input[2]: '010' has a leading zero; write it without\n"
        "hw.yaml:1:16: input: has 2 more like these; fix the first ones",
    ),
    ("|\n", "1:8: input: is empty; give at least one number"),
    ("|\n  1 2\n  3\n", f"3:3: input[1]: has 1 cell but input[0] has 2; {SHAPE}"),
    ("|\n  1 2\n\n  3 4\n  5 6\n", f"4:3: input[1]: has 2 rows but input[0] has 1; {SHAPE}"),
    ("|\n  1 2\n  3 4\n\n  5 6\n  7\n", f"6:3: input[1,1]: has 1 cell but input[0,0] has 2; {SHAPE}"),
    ("|\n  1 2\n  3 4x\n", f"3:5: input[1,1]: '4x' {LIKE}"),
    ("|\n\n  1,,2\n", "3:5: input[1]: '' is empty, not a number; write 0 if you mean zero"),
    ("|\n  ,1\n", "2:3: input[0]: '' is empty, not a number; write 0 if you mean zero"),
    ("&x\n  |\n  1 z\n", f"3:5: input[1]: 'z' {LIKE}"),
    ("|2-\n    1 z\n", f"2:7: input[1]: 'z' {LIKE}"),
    ('"1 2\\n3 x"', f"1:8: input[1,1]: 'x' {LIKE}"),
    (">\n  1 2\n  3 4\n", "1:8: input: is folded text (>), which joins the rows; start the block with | instead"),
    (
        "|\n  1 " + "1" * 1001,
        f"2:5: input[1]: '{'1' * 40}...' has 1,001 characters, over the limit of 1,000; "
        "raise it with limit='scalar=1001'",
    ),
]


def of_text(text: str, kind: Kind = FLOAT, limits: Limits = DEFAULT) -> tuple[Array | None, str]:
    """The array behind `input:`, and what is wrong with it."""
    return of(read_text(f"input: {text}".encode(), "hw.yaml", Path(), limits), kind, limits)


def of_value(value: object, kind: Kind = FLOAT, limits: Limits = DEFAULT) -> tuple[Array | None, str]:
    return of(document_of({"input": value}, limits), kind, limits)


def of(document: Document, kind: Kind, limits: Limits) -> tuple[Array | None, str]:
    problems = Problems()
    array = read_array(document.root.entries["input"], "input", kind, document, limits, problems)
    assert (array is None) == bool(problems.found)
    return array, "\n".join(map(str, problems.found))


@pytest.mark.parametrize(("text", "expected"), READ)
@pytest.mark.parametrize("kind", [FLOAT, EXACT])
def test_arrays(kind: Kind, text: str, expected: Any) -> None:
    array, problems = of_text(text, kind)
    assert problems == ""
    assert array is not None
    assert array.dtype == kind.dtype
    if "e-3" not in text or kind is FLOAT:
        assert array.tolist() == expected


@pytest.mark.parametrize(("text", "message"), MESSAGES)
@pytest.mark.parametrize("kind", [FLOAT, EXACT])
def test_messages(kind: Kind, text: str, message: str) -> None:
    assert of_text(text, kind) == (None, f"hw.yaml:{message}")


def test_exact_numbers_are_as_written() -> None:
    array, _ = of_text("[0.1, 1e-3, 3/7]", EXACT)
    assert array is not None
    assert array.tolist() == [Fraction(1, 10), Fraction(1, 1000), Fraction(3, 7)]


@pytest.mark.parametrize("text", ["[[1, 2], [3, 4]]", "|\n  1 2\n  3 4\n"])
def test_limit_of_cells(text: str) -> None:
    message = "hw.yaml:1:8: input: has 4 cells, over the limit of 3; raise it with limit='cells=4'"
    assert of_text(text, limits=Limits(cells=3)) == (None, message)
    assert of_text(text, limits=Limits(cells=4))[1] == ""


def test_many_bad_cells_are_counted_up_to_a_thousand() -> None:
    _, problems = of_text("[" + "x, " * 5000 + "1]")
    assert problems.splitlines()[3:] == ["hw.yaml:1:15: input: has at least 997 more like these; fix the first ones"]


def test_an_option_is_the_place_of_what_it_set() -> None:
    document = read_text(b"input: |\n  1 x\n", "hw.yaml", Path(), DEFAULT)
    document.overrides["input"] = "--set input"
    assert of(document, FLOAT, DEFAULT) == (None, f"--set input: input[1]: 'x' {LIKE}")


def test_paths_of_layers() -> None:
    document = read_text(b"layers: [{kernel: [[1, z]]}]", "hw.yaml", Path(), DEFAULT)
    layers: Any = document.root.entries["layers"]
    problems = Problems()
    read_array(layers.items[0].entries["kernel"], "layers[0].kernel", FLOAT, document, DEFAULT, problems)
    assert str(problems.found[0]) == f"hw.yaml:1:24: layers[0].kernel[0,1]: 'z' {LIKE}"


def test_keys_are_escaped_inside_messages() -> None:
    document = read_text("a\ufeffb: [[1], [2, 3]]".encode(), "hw.yaml", Path(), DEFAULT)
    (key,) = document.root.entries
    problems = Problems()
    read_array(document.root.entries[key], key, FLOAT, document, DEFAULT, problems)
    shown = "a\\ufeffb"
    assert str(problems.found[0]) == f"hw.yaml:1:12: {shown}[1]: has 2 cells but {shown}[0] has 1; {SHAPE}"


numbers = st.integers(-99, 99).map(str) | st.floats(-1e6, 1e6).map(repr) | st.sampled_from(["3/7", "1e-3", "-.5"])


@st.composite
def planes(draw: st.DrawFn) -> list[list[list[str]]]:
    depth, height, width = (draw(st.integers(1, 3)) for _ in range(3))
    row = st.lists(numbers, min_size=width, max_size=width)
    return draw(st.lists(st.lists(row, min_size=height, max_size=height), min_size=depth, max_size=depth))


def block_of(cells: list[list[list[str]]], separator: str = " ") -> str:
    return "|\n" + "\n\n".join("\n".join("  " + separator.join(row) for row in plane) for plane in cells) + "\n"


@given(planes(), st.sampled_from([" ", ", ", ",", "\t", "   "]), st.sampled_from([FLOAT, EXACT]))
def test_block_and_nested_list_agree(cells: list[list[list[str]]], separator: str, kind: Kind) -> None:
    alone = separator == "," and np.shape(cells) == (1, 1, 2)  # 1,5 may be one number
    block, problems = of_text(block_of(cells, ", " if alone else separator), kind)
    nested: Any = cells if len(cells) > 1 else cells[0] if len(cells[0]) > 1 else cells[0][0]
    listed, others = of_text(str(nested).replace("'", ""), kind)
    assert problems == others == ""
    assert block is not None
    assert listed is not None
    assert block.tolist() == listed.tolist()
    if kind is FLOAT:
        assert listed.ravel().tolist() == [float(Fraction(c)) for plane in cells for row in plane for c in row]


@given(planes(), st.data(), st.sampled_from([" ", ", ", "   "]), st.booleans())
def test_place_of_a_planted_bad_number(cells: list[list[list[str]]], data: st.DataObject, gap: str, flow: bool) -> None:
    p, r, c = (data.draw(st.integers(0, size - 1)) for size in np.shape(cells))
    cells[p][r][c] = "bad"
    text = "\n  " + str(cells).replace("'", "") if flow else block_of(cells, gap)
    before = f"input: {text}".partition("bad")[0].split("\n")
    _, problems = of_text(text)
    index = (p, r, c) if flow or len(cells) > 1 else (r, c) if len(cells[0]) > 1 else (c,)
    cell = ",".join(map(str, index))
    assert problems == f"hw.yaml:{len(before)}:{len(before[-1]) + 1}: input[{cell}]: 'bad' {LIKE}"


# --- Python values

VALUES: list[tuple[object, Any]] = [
    (1, 1.0),
    (1.5, 1.5),
    (Fraction(1, 4), 0.25),
    (Decimal("0.10"), 0.1),
    ("3/4", 0.75),
    ("1 2\n3 4", [[1, 2], [3, 4]]),
    ((1, 2), [1, 2]),
    ([[1, 2.5], (3, "4")], [[1, 2.5], [3, 4]]),
    (np.float32(0.5), 0.5),
    (np.float64(0.1), 0.1),
    (np.int64(3), 3),
    (np.longdouble(2), 2),
    (np.array(3.5), 3.5),
    (np.array([1, 2]), [1, 2]),
    (np.arange(20), list(range(20))),
    (np.array([[1.0, 0.1]]), [[1, 0.1]]),
    (np.arange(6.0).reshape(2, 3).T, [[0, 3], [1, 4], [2, 5]]),
    (np.array([1, 2.5], dtype=">f4"), [1, 2.5]),
    (np.array([Fraction(1, 4)], dtype=object), [0.25]),
    (np.array(["1", "0.5"]), [1, 0.5]),
    ([np.ones(2), np.zeros(2)], [[1, 1], [0, 0]]),
]

BAD_VALUES: list[tuple[object, str]] = [
    (True, "input: 'true' is a truth value, not a number; write 1 or 0"),
    ([1, True], "input[1]: 'true' is a truth value, not a number; write 1 or 0"),
    (np.bool_(True), "input: 'true' is a truth value, not a number; write 1 or 0"),
    (None, "input: 'null' is empty, not a number; write 0 if you mean zero"),
    (float("nan"), "input: 'nan' is not a number; gradients need finite values"),
    ([[1, float("-inf")]], "input[0,1]: '-inf' is infinite; gradients need finite values"),
    (np.array([[1, np.nan]]), "input[0,1]: 'nan' is not a number; gradients need finite values"),
    (np.array([1, None]), "input[1]: 'null' is empty, not a number; write 0 if you mean zero"),
    (np.array([1, True], dtype=object), "input[1]: 'true' is a truth value, not a number; write 1 or 0"),
    (np.array([1j]), "input: holds complex numbers; convert them to float64"),
    (np.array([True]), "input: holds truth values; convert them to float64"),
    (np.array(["2020"], dtype="M8[Y]"), "input: holds dates; convert them to float64"),
    (np.zeros(1, dtype="f8,f8"), "input: holds records; convert them to float64"),
    (np.ma.array([1.0], mask=[True]), "input: is a masked array; fill its cells and give a plain one"),
    (np.zeros((0, 3)), "input: is empty; give at least one number"),
    (np.ones((1,) * 6), "input: has 6 axes; an array has at most 5"),
    ([np.ones(2), np.ones(3)], f"input[1]: has 3 cells but input[0] has 2; {SHAPE}"),
    (b"x", "input: is of type 'bytes'; give numbers, text, lists, dicts or numpy arrays"),
    ([1, {2, 3}], "input[1]: is of type 'set'; give numbers, text, lists, dicts or numpy arrays"),
    ({1: 2}, "input: has a key of type 'int'; keys are text"),
    (10**400, f"input: '1{'0' * 39}...' {RANGE}"),
    (
        10**5000,
        "input: has 5,001 characters in one value, over the limit of 1,000; raise it with limit='scalar=5001'",
    ),
    (
        "a" * 1001,
        "input: has 1,001 characters in one value, over the limit of 1,000; raise it with limit='scalar=1001'",
    ),
    (
        np.broadcast_to(1.0, (10**4, 10**4)),
        "input: has 100,000,000 cells, over the limit of 10,000,000; raise it with limit='cells=100000000'",
    ),
    (
        [[[[[[[[[[[[1]]]]]]]]]]]],
        "input[0,0,0,0,0,0,0,0,0,0,0]: is nested 13 levels deep, over the limit of 12; "
        "raise it with limit='nesting=13'",
    ),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_values(value: object, expected: Any) -> None:
    array, problems = of_value(value)
    assert problems == ""
    assert array is not None
    assert array.dtype == np.float64
    assert array.tolist() == expected


@pytest.mark.parametrize(("value", "message"), BAD_VALUES, ids=range(len(BAD_VALUES)))
def test_bad_values(value: object, message: str) -> None:
    try:
        found = of_value(value)[1]
    except CnngradError as error:
        found = str(error)
    assert found == f"<spec>: {message}"


def test_exact_values_of_numpy_are_the_floats_themselves() -> None:
    array, _ = of_value(np.full(20, 0.1), EXACT)
    assert array is not None
    assert set(array.tolist()) == {Fraction(0.1)}
    whole, _ = of_value(np.full(20, 2**53 + 1), EXACT)
    assert whole is not None
    assert set(whole.tolist()) == {Fraction(2**53 + 1)}


def test_the_callers_array_is_not_shared() -> None:
    given_values = np.ones((5, 5))
    array, _ = of_value(given_values)
    assert array is not None
    assert not np.shares_memory(array, given_values)


def test_lists_that_contain_themselves_or_each_other() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    with pytest.raises(CnngradError) as caught:
        of_value(loop)
    assert str(caught.value) == "<spec>: input[1]: contains itself; write the values out"
    tower: Any = 1
    for _ in range(9):
        tower = [tower] * 10
    with pytest.raises(CnngradError) as caught:
        of_value(tower)
    assert "cells or more, over the limit of 10,000,000; raise it with limit='cells=" in str(caught.value)
    row = [1, 2]
    shared, _ = of_value([row, row])
    assert shared is not None
    assert shared.tolist() == [[1, 2], [1, 2]]


def test_a_spec_is_a_dict() -> None:
    with pytest.raises(CnngradError) as caught:
        document_of([1], DEFAULT)  # type: ignore[arg-type]
    assert str(caught.value) == "the spec is of type 'list'; give a dict or the path of a file"


def test_a_spec_of_python_values_reads_like_a_file() -> None:
    document = document_of({"op": "pool", "window": (2, 2), "flag": False, "stride": np.array([1, 2])}, DEFAULT)
    file = read_text(b"{op: pool, window: [2, 2], flag: false, stride: [1, 2]}", "x", Path(), DEFAULT)
    assert without_places(document.root) == without_places(file.root)
    assert document.source == "<spec>"


def without_places(node: Any) -> Any:
    if hasattr(node, "items"):
        return [without_places(item) for item in node.items]
    if hasattr(node, "entries"):
        return {key: without_places(value) for key, value in node.entries.items()}
    return node.text
