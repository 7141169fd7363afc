"""The terms of a cell that has very many are told as those of any cell, however they are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from columned import NETWORK, SPECS
from commands import cnngrad as command
from layers import integers

import cnngrad
from cnngrad.exercise import derivation
from cnngrad.exercise.listed import ColumnTerms
from cnngrad.render import render

ALL: dict[str, dict[str, Any]] = {
    **SPECS,
    "network": NETWORK,
    "large": {"op": "conv", "input": integers((48, 43), 1), "kernel": integers((3, 3), 2), "padding": 2, "delta": 1},
    "planes": {
        "op": "conv",
        "input": integers((2, 3, 22, 20), 1),
        "kernel": integers((6, 3, 3, 3), 2),
        "layout": "NCHW",
        "padding": 1,
        "delta": 1,
    },
    "nothing": {"op": "conv", "input": integers((5, 4), 1), "kernel": [[1, 2], [3, 4]], "delta": 0, "padding": 1},
    "cancels": {"op": "conv", "input": [1, 1, 0], "kernel": [0], "delta": [1, -1, 0]},
}


def explained(spec: dict[str, Any], cell: str) -> str:
    """All that is said of a cell."""
    found = cnngrad.explain(spec, cell)
    steps = found.result.explain(cell)
    texts = [*(render(format, found.page()) for format in ("text", "table")), render("json", found.written())]
    return "\n".join((*texts, json.dumps(found.to_dict()), json.dumps(steps.to_dict()), str(steps)))


QUICK = ("padded", "large")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in ALL]
)
def test_a_page_says_the_same_of_terms_in_columns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = cnngrad.run(ALL[name])
    cells = []
    for quantity in result.derivation.traceable:
        shape = result.derivation.values[quantity].shape
        if np.prod(shape) > 500:  # whose cells have few terms
            continue
        ends = {tuple(np.zeros_like(shape).tolist()), tuple(n // 2 for n in shape), tuple(n - 1 for n in shape)}
        cells += [f"{quantity}[{','.join(map(str, index))}]" if index else quantity for index in sorted(ends)]
    objects = [explained(ALL[name], cell) for cell in cells]
    monkeypatch.setattr(derivation, "MANY", -1)
    if name != "network":  # whose loss and sums of gradients have no columns
        assert all(isinstance(cnngrad.run(ALL[name]).trace(cell).terms, ColumnTerms) for cell in cells)
    for cell, says in zip(cells, objects, strict=True):
        assert explained(ALL[name], cell) == says


def test_terms_in_columns_are_a_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cnngrad.run(SPECS["padded"]).trace("Z[0,0]").terms
    monkeypatch.setattr(derivation, "MANY", -1)
    terms = cnngrad.run(SPECS["padded"]).trace("Z[0,0]").terms
    assert len(terms) == 10  # nine taps and the bias
    assert tuple(terms) == whole
    assert (terms[-1], terms[2:4], terms[9:]) == (whole[-1], whole[2:4], whole[9:])
    with pytest.raises(IndexError):
        terms[10]


def test_what_is_not_printed_needs_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.json").write_text(json.dumps({"op": "conv", "input": [1] * 11_000, "kernel": [2], "delta": 1}))
    asked = ("explain", "s.json", "dW[0]", "--limit", "printed=1000")
    assert "(10900 more terms)" in command(*asked, "--format", "text").out  # 100 are shown alone, in 301 numbers
    refused = command(*asked, "--format", "json")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (  # the cell, and two factors and a product of each term
        "error: the result: has 33,001 numbers to print, over the limit of 1,000; ask for fewer cells, or raise it "
        "with --limit printed=33001\n"
    )
    assert command(*asked, "--format", "json", "-o", "e.json").code == 0
    assert len(json.loads(Path("e.json").read_text())["trace"][0]["terms"]) == 11_000
