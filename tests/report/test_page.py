"""What a page says: settings, grids, laws, gradient checks, and what it leaves out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from commands import some
from pages import SPECS, close, grids, run, sentences, texts, value

import cnngrad
from cnngrad.report.page import page


def test_laws_stand_on_one_line() -> None:
    (line,) = (text for text in sentences(cnngrad.run("example:by-hand-conv")) if "<A,dA>" in text)
    assert line == "  [ok] <A,dA> = <W,dW> = <dZ,Z-b>: 94   [ok] sum(db) = sum(dZ): 10"


def test_a_brief_trace_of_a_large_exercise_lists_no_endless_sums() -> None:
    result = cnngrad.run({"op": "conv", "input": [[1] * 120] * 120, "kernel": [[1, 2], [3, 4]], "delta": 1})
    # dW and db have 119*119 = 14,161 terms a cell
    assert {found.cell.quantity for found in result.traces} == {"Z", "dA"}


@pytest.mark.parametrize("name", some(SPECS))
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


def test_a_gradient_check_names_what_it_skipped() -> None:
    spec = {"op": "pool", "window": 2, "input": [[5, 5], [1, 2]], "delta": 1}
    said = texts(page(cnngrad.run(spec, gradcheck=True)))
    assert "no gradient exists at a tie; skipped A[0,0], A[0,1]" in said
    record = cnngrad.run(spec, gradcheck=True, index_base=1).to_dict()["gradcheck"]
    assert record["skipped"] == ["A[1,1]", "A[1,2]"]
    assert list(record) == ["passed", "cells", "largest_relative_error", "tolerance", "worst", "skipped", "undecided"]


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
