"""What a page says can be recomputed from the page: every line of a sum, every running total, every count."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from commands import layer_examples
from layers import integers

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, Words
from cnngrad.report.explanation import explanation_page, explanation_record, steps
from cnngrad.report.grids import Style
from cnngrad.report.lines import SHOWN, lines_of, running_lines
from cnngrad.report.page import page

ARITHMETIC = re.compile(r"[-+*/(). 0-9e]+")
NUMBER = re.compile(r"[0-9.]+(?:e[-+]?[0-9]+)?")
SPECS: dict[str, Any] = {name: f"example:{name}" for name in layer_examples()} | {
    "negative": {"op": "conv", "input": [-1, 2, -3], "kernel": [-4, 0.5], "bias": -6, "padding": 1, "delta": -2},
    "averages": {"op": "pool", "mode": "average", "window": 3, "stride": 2, "padding": 1, "input": integers((4, 4), 1)},
    "negative divisor": {"op": "pool", "mode": "average", "window": 2, "divisor_override": -3, "input": [-1, 2, 5, -4]},
    "split": {"op": "pool", "window": 2, "stride": 1, "ties": "split", "input": [5, 5, 5, 2]},
    "long": {"op": "conv", "input": list(range(-9, 10)), "kernel": [1]},
    "fractions": {"op": "conv", "numbers": "exact", "input": ["-1/3", "1/2", 2], "kernel": ["-2/7", "0.1"]},
}  # fmt: skip


def run(name: str, **options: Any) -> Result:
    """The exercise of that name; one without an upstream gradient gets one."""
    given = SPECS[name]
    return cnngrad.run(given if isinstance(given, str) else {"delta": -1, **given}, **options)


def value(text: str) -> Fraction:
    """What a text such as `2*(-3) - 4` comes to."""
    assert ARITHMETIC.fullmatch(text), text
    return Fraction(eval(NUMBER.sub(r"Fraction('\g<0>')", text), {"Fraction": Fraction}))


def close(found: Fraction, wanted: Any) -> bool:
    """Equal to the eight digits that a page prints of each number."""
    return abs(found - Fraction(wanted)) <= Fraction(1, 10**6) * max(Fraction(1), abs(Fraction(wanted)))


@pytest.mark.parametrize("brief", [True, False], ids=["brief", "full"])
@pytest.mark.parametrize("name", SPECS)
def test_every_line_of_a_sum_comes_to_the_value(name: str, brief: bool) -> None:
    lines = 0
    for trace in run(name, trace="full").traces:
        for line in lines_of(trace, Style(), brief=brief):
            right = line.text.partition("= ")[2].partition(" (")[0] if "more terms" in line.text else line.text
            right = right.rpartition("= ")[2]
            if ARITHMETIC.fullmatch(right):
                lines += 1
                assert close(value(right), trace.value), line.text
    assert lines


@pytest.mark.parametrize("name", SPECS)
def test_every_running_total_follows_from_the_last(name: str) -> None:
    for trace in run(name, trace="full").traces:
        total = Fraction(0)
        for line in running_lines(trace, Style(), brief=False)[1:]:
            text, _, after = line.text.strip().removeprefix("+= ").partition(" -> ")
            sides = [side for side in text.split(" = ") if ARITHMETIC.fullmatch(side)]
            assert sides
            for side in sides:
                assert close(value(side), value(sides[-1]))
            total += value(sides[-1])
            assert close(value(after), total)
        assert close(total, trace.value)


COUNTED = re.compile(r"\((\d+) (?:more terms?|terms? with a zero factor)")


@pytest.mark.parametrize("name", ["averages", "strided-padded-conv", "ties", "channels-nhwc", "long"])
def test_every_term_of_a_sum_is_shown_or_counted(name: str) -> None:
    for trace in run(name, trace="full").traces:
        lines = [line.text for line in lines_of(trace, Style())]
        counted = [int(count) for text in {lines[0], lines[-1]} for count in COUNTED.findall(text)]
        names = re.findall(r"(?:= | [-+] )(?=[A-Za-z])", lines[0])  # one before each term by name
        shares = re.findall(r"(?:= | [-+] )1(?=[/ ]|$)", lines[0]) if trace.cell.quantity == "mask" else []
        shown = len(names) + len(shares)
        assert shown + sum(counted) == len(trace.terms), lines
        assert shown <= SHOWN


@pytest.mark.parametrize("name", ["averages", "strided-padded-conv", "ties", "channels-nhwc", "long"])
def test_every_term_of_a_running_total_is_shown_or_counted(name: str) -> None:
    for trace in run(name, trace="full").traces:
        lines = [line.text for line in running_lines(trace, Style())]
        shown = sum(text.startswith("    += ") for text in lines)
        assert shown + sum(int(count) for text in lines for count in COUNTED.findall(text)) == len(trace.terms)
        assert shown <= SHOWN


def grids(blocks: tuple[Block, ...]) -> list[Grid]:
    """All grids, in order."""
    return [grid for block in blocks if isinstance(block, Grids) for grid in block.grids]


def texts(blocks: tuple[Block, ...]) -> list[str]:
    """All sentences, in order."""
    return [block.text for block in blocks if isinstance(block, Words | Heading | Note)]


@pytest.mark.parametrize("name", SPECS)
def test_the_grids_hold_every_number_in_place(name: str) -> None:
    result = run(name)
    letters = {**result.derivation.values}
    shown = {grid.title.split("  ")[0].split(" ")[0]: grid for grid in grids(page(result))}
    for symbol, array in letters.items():
        if symbol == "argmax" or array.ndim > 2:
            continue
        cells = np.asarray(shown[symbol].cells, dtype=object).reshape(array.shape)
        for index in np.ndindex(array.shape):
            assert close(value(str(cells[index])), array[index]), (symbol, index)


def test_the_textbook_counts_everything_from_one() -> None:
    spec = {"op": "pool", "window": 2, "input": [[5, 5, 1, 2], [3, 5, 2, 2]], "delta": [[6, 1]]}
    blocks = page(cnngrad.run(spec, index_base=1, gradcheck=True))
    said = texts(blocks)
    assert "  window Z[1,1]: 5 is at A[1,1], A[1,2], A[2,2]" in said
    assert "  window Z[1,2]: 2 is at A[1,4], A[2,3], A[2,4]" in said
    assert "  Z[1,2] = A[1,4]" in said
    # i = j = u = v = 1 is the first cell: 2*1 + 1 - 2 = 1
    assert "  Z[i,j] = max over u,v of A[2*i+u-2,2*j+v-2]" in said
    assert not any("[0" in text or ",0" in text for text in said)
    (argmax,) = (grid for grid in grids(blocks) if grid.symbol == "argmax")
    assert argmax.cells == [["(1,1)", "(1,4)"]]
    assert (argmax.rows, argmax.columns) == (["1"], ["1", "2"])
    (rules,) = (grid for grid in grids(blocks) if "tie rule" in grid.title)
    assert rules.rows == ["dA[1,1]", "dA[1,2]", "dA[1,4]", "dA[2,2]", "dA[2,3]", "dA[2,4]"]


def test_an_average_without_ties_says_nothing_of_them() -> None:
    blocks = page(cnngrad.run({"op": "pool", "mode": "average", "window": 2, "input": [5, 5, 5, 5], "delta": 1}))
    assert not any("tie" in text.lower() for text in texts(blocks))
    assert not any(grid.symbol == "argmax" for grid in grids(blocks))


def test_ties_that_change_nothing_are_said_to() -> None:
    blocks = page(cnngrad.run({"op": "pool", "window": 2, "input": [5, 5], "delta": 0}))
    assert "  every tie rule gives the same dA" in texts(blocks)


def test_many_ties_are_counted() -> None:
    # 12 windows of two equal cells, 10 of them listed; all 24 cells are decided by the rule, 10 of them listed
    said = texts(page(cnngrad.run({"op": "pool", "window": 2, "input": [1] * 24, "delta": 1})))
    assert sum("is at" in text for text in said) == 10
    assert "  (2 more windows have ties)" in said
    assert "  (14 more cells depend on the rule)" in said


def test_windows_beyond_the_eighth_are_counted() -> None:
    brief = page(cnngrad.run({"op": "pool", "window": 1, "input": [1] * 11}))
    assert sum(grid.title.startswith("window of") for grid in grids(brief)) == 8
    assert "  (3 more windows; trace='full' shows all)" in texts(brief)
    full = page(cnngrad.run({"op": "pool", "window": 1, "input": [1] * 11}, trace="full"))
    assert sum(grid.title.startswith("window of") for grid in grids(full)) == 11


def test_an_average_window_marks_padding_and_no_winner() -> None:
    blocks = page(cnngrad.run({"op": "pool", "mode": "average", "window": 2, "padding": 1, "input": [4, 6]}))
    first, last = (grid for grid in grids(blocks) if grid.title.startswith("window of"))
    assert (first.cells, first.signs) == ([["pad", "4"]], {(0, 0): "padding"})
    assert (last.cells, last.signs) == ([["6", "pad"]], {(0, 1): "padding"})


def test_cells_that_a_brief_trace_leaves_out_are_counted() -> None:
    spec = {"op": "conv", "input": [1, 2, 3, 4], "kernel": [1, 2], "delta": 1}
    # Z has 3 cells, dA 4, dW 2, db 1; two of each are shown: 1 + 2 are left
    note = "3 more cells are not shown: trace='full' shows all, 'cnngrad explain' any one"
    assert note in texts(page(cnngrad.run(spec)))
    assert not any("not shown:" in text for text in texts(page(cnngrad.run(spec, trace="full"))))
    one = {"op": "conv", "input": [1, 2, 3], "kernel": [1, 2], "delta": 1}
    assert "1 more cell is not shown: trace='full' shows all, 'cnngrad explain' any one" in texts(
        page(cnngrad.run(one))
    )


def test_no_trace_no_derivation() -> None:
    said = texts(page(cnngrad.run("example:max-pool", trace="none")))
    assert "Derivation" not in said
    assert "Windows" not in said


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        (
            {"op": "conv", "input": [[1] * 4] * 3, "kernel": [[1, 2]], "stride": [1, 2], "padding": [[1, 0], [0, 1]]},
            "A 3x4 -> Z 4x2, stride [1, 2], padding [[1, 0], [0, 1]], dilation 1, groups 1, layout HW",
        ),
        (
            {"op": "conv", "input": [1, 2], "kernel": [3], "transposed": True, "stride": 2, "output_padding": 1},
            "A 2 -> Z 4, stride 2, padding 0, dilation 1, groups 1, layout L, transposed true, output_padding 1",
        ),
        (
            {"op": "pool", "mode": "avg", "input": [1, 2], "window": 2, "divisor_override": 3},
            "A 2 -> Z 1, mode average, window 2, stride 2, padding 0, dilation 1, layout L, divisor_override 3, "
            "count_include_pad true",
        ),
    ],
)
def test_the_settings_are_on_one_line(spec: dict[str, Any], line: str) -> None:
    assert line in texts(page(cnngrad.run(spec)))


def test_a_law_that_fails_is_said_to() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2], "kernel": [3], "delta": 1})
    result.__dict__["laws"] = tuple(replace(law, left=law.left + 1, holds=False) for law in result.laws)
    # 1*3 + 2*3 = 9 = 3*3, and 10 != 9 after the planted error; db = 2
    (line,) = (text for text in texts(page(result)) if "<A,dA>" in text)
    assert line == "  [FAILS] <A,dA> = <W,dW> = <dZ,Z-b>: 10 != 10 != 9   [FAILS] sum(db) = sum(dZ): 3 != 2"


def test_an_explanation_goes_from_symbols_to_numbers_to_pictures() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [4, 5], "delta": [6, 7]})
    blocks = tuple(steps(result, result.trace("dW[1]")))
    assert texts(blocks) == [
        "dW[1]",
        "  ∂L/∂W[1] = sum of ∂L/∂Z[i] * ∂Z[i]/∂W[1]",
        "  with upstream ∂L/∂Z[i] = dZ[i] and local gradient ∂Z[i]/∂W[1] = A[i+1]",
        "  dW[1] = sum of dZ[i]*A[i+1]",
        "  dW[1] = dZ[0]*A[1] + dZ[1]*A[2]",
        "        = 6*2 + 7*3",
        "        = 12 + 21",
        "        = 33",
    ]
    assert [(grid.symbol, grid.cells, sorted(grid.signs)) for grid in grids(blocks)] == [
        ("A", [["1", "2", "3"]], [(0, 1), (0, 2)]),
        ("dZ", [["6", "7"]], [(0, 0), (0, 1)]),
        ("dW", [["20", "33"]], [(0, 1)]),
    ]


def test_a_forward_cell_has_no_chain_rule() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [4, 5]})
    assert not any("∂" in text for text in texts(explanation_page(result, ("Z[0]",))))


@pytest.mark.parametrize(
    ("settings", "local"),
    [
        ({}, "1 in each window that the cell wins, 0 in the others"),
        ({"ties": "split"}, "1/winners in each window that the cell wins, 0 in the others"),
        ({"mode": "average"}, "1/count in each window that holds the cell"),
    ],
)
def test_the_local_gradient_of_pooling(settings: dict[str, Any], local: str) -> None:
    result = cnngrad.run({"op": "pool", "window": 2, "input": [1, 2], "delta": 1, **settings})
    line = f"  with upstream ∂L/∂Z[i] = dZ[i] and local gradient ∂Z[i]/∂A[1] = {local}"
    assert line in texts(explanation_page(result, ("dA[1]",)))


def test_several_cells_are_explained_one_after_the_other() -> None:
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [4, 5], "delta": 1})
    blocks = explanation_page(result, ("dW[1]", "db"))
    assert [block.text for block in blocks if isinstance(block, Heading)] == ["Convolution", "dW[1]", "db"]
    record = explanation_record(result, ("dW[1]", "db"))
    assert list(record) == ["format", "op", "source", "title", "trace"]
    assert [(trace["cell"], trace["value"]) for trace in record["trace"]] == [("dW[1]", 2 + 3), ("db", 2)]


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("base", [0, 1])
def test_the_terms_of_a_record_add_up_to_its_results(name: str, base: int) -> None:
    record = run(name, trace="full", index_base=base).to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    for trace in record["trace"]:
        quantity, _, inside = trace["cell"].rstrip("]").partition("[")
        cell = record["results"][quantity]
        for place in inside.split(",") if inside else []:
            cell = cell[int(place) - base]
        assert cell == trace["value"]
        products = [Fraction(term["product"]) for term in trace["terms"]]
        for term, product in zip(trace["terms"], products, strict=True):
            assert close(math.prod(map(Fraction, term["values"]), start=Fraction(1)), product)
        assert close(sum(products, Fraction(0)), Fraction(trace["value"]))


def test_a_gradient_check_names_what_it_skipped() -> None:
    spec = {"op": "pool", "window": 2, "input": [[5, 5], [1, 2]], "delta": 1}
    said = texts(page(cnngrad.run(spec, gradcheck=True)))
    assert "no gradient exists at a tie; skipped A[0,0], A[0,1]" in said
    record = cnngrad.run(spec, gradcheck=True, index_base=1).to_dict()["gradcheck"]
    assert record["skipped"] == ["A[1,1]", "A[1,2]"]
    assert list(record) == ["passed", "cells", "largest_relative_error", "tolerance", "worst", "skipped", "undecided"]


def test_an_exact_gradient_check_has_no_error_at_all() -> None:
    record = run("fractions", gradcheck=True).to_dict()["gradcheck"]
    # 3 cells of A, 2 of W, 1 of b
    assert (record["cells"], record["largest_relative_error"], record["tolerance"]) == (6, 0.0, 0.0)


def test_a_wrong_gradient_fails_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnngrad.ops.conv.layer import Conv

    backward = Conv.backward

    def planted(self: Conv, *arrays: Any) -> tuple[Any, Any, Any]:
        dA, dW, db = backward(self, *arrays)
        return dA, dW * 1.01, db

    monkeypatch.setattr(Conv, "backward", planted)
    result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [4, 5], "delta": 1}, gradcheck=True, trace="none")
    assert not result.passed
    assert result.to_dict()["gradcheck"]["worst"].startswith("W[")
    said = texts(page(result))
    assert any(
        text.startswith("  [FAILS] central differences disagree; largest relative error 0.0099 at W[") for text in said
    )
    # <W,dW> is one hundredth too large: 4*3 + 5*5 = 37 = <dZ,Z-b>
    assert any("[FAILS] <A,dA> = <W,dW> = <dZ,Z-b>: 37 != 37.37 != 37" in text for text in said)


def test_a_gradient_check_needs_a_gradient() -> None:
    with pytest.raises(cnngrad.CnngradError) as caught:
        cnngrad.run({"op": "conv", "input": [1], "kernel": [1]}, gradcheck=True).to_dict()
    assert str(caught.value) == "gradcheck: there is no gradient to check; give the spec a delta"
