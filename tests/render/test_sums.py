"""Sums in columns: the same lines as sentence by sentence; where lines are broken."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from commands import some
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import NUMBERS

import cnngrad
from cnngrad.render import Look, render
from cnngrad.render.lines import wrap
from cnngrad.report.blocks import Sums, Words, flat, piece, sentences, words
from cnngrad.report.derivation import full_trace
from cnngrad.report.lines import lines_of
from cnngrad.report.planes import Style

CASES: list[Any] = [
    {"op": "conv", "input": [[1, -2.5], [3, 1e-9]], "kernel": [[-1, 2]], "bias": -1, "padding": 1, "delta": -0.5},
    {"op": "conv", "input": [2], "kernel": [3], "delta": -1},
    {"op": "conv", "numbers": "exact", "input": ["-1/3", 2, "5/7"], "kernel": ["1/2", -1], "bias": "-2/3", "delta": 1},
    {"op": "conv", "input": [1, 2, 3, 4], "kernel": [1], "stride": 3, "delta": 2},
    {"op": "dense", "input": [1, -2], "weights": [[-1, 2], [3, -4.5]], "bias": [0, -1], "delta": [1, -1]},
    *NUMBERS.values(),
]


@pytest.mark.parametrize("spec", some(CASES, 5))
@pytest.mark.parametrize(("base", "precision"), [(0, None), (1, 2)])
def test_lines_of_columns_are_those_of_each_cell(spec: Any, base: int, precision: int | None) -> None:
    result = cnngrad.run(spec, trace="full", index_base=base, precision=precision)
    derivation, style = result.derivation, Style(precision, base)
    found = [*flat(full_trace(result, derivation.traceable, style))]
    by_columns = (derivation.columns(name, range(1)) and not derivation.fills_in(name) for name in derivation.traceable)
    assert any(isinstance(block, Sums) for block in found) == any(by_columns)
    wanted = []
    for name in derivation.traceable:
        cells = derivation.cells(name, range(derivation.values[name].size))
        wanted += [
            words(""),
            *(line for cell in cells for line in lines_of(derivation.trace(cell), style, brief=False)),
        ]
    assert [block.text for block in sentences(found) if isinstance(block, Words)] == [line.text for line in wanted]
    for look in (Look(), Look(20), Look(33), Look(80), Look(24, color=True), Look(80, color=True)):
        for name in ("text", "table"):
            assert render(name, tuple(found), look) == render(name, tuple(wanted), look)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 9)), st.integers(0, 6), st.integers(0, 9), st.integers(4, 40))
def test_a_line_takes_as_many_pieces_as_fit(lengths: list[int], indent: int, hang: int, width: int) -> None:
    sentence = Words(tuple(piece("x" * length) for length in lengths), indent, hang)
    margin = indent + hang if indent + hang <= width // 2 else min(indent + 2, width // 2)
    lines = ["".join(text for text, _ in line) for line in wrap(sentence, width)]
    wanted, fresh = [" " * indent], True
    for length in lengths:
        if not fresh and len(wanted[-1]) + 1 + length > width:
            wanted.append(" " * margin)
            fresh = True
        wanted[-1] += ("" if fresh else " ") + "x" * length
        fresh = False
    assert lines == wanted
    assert all(after.startswith(" " * margin) for _, after in pairwise(lines))
