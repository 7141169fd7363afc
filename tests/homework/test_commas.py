"""Commas of an answer that may be decimal ones are refused with a line that says how to write it."""

from __future__ import annotations

import json

import pytest
from exercises import submit

TWO = "can be read in two ways; write decimal points, and blanks between the numbers"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("dW: [[37, 47], [67, 77]]", "right"),
        ("dW: [[37,47],[67,77]]", "right"),
        ("dW: |\n  37,47\n  67,77\n", "right"),
        ("dW: |\n  37,0 47,0\n  67,0 77,0\n", "right"),
        ("dW: [37,0, 47,0]", f"a.yaml:1:5: dW: '37,0, 47,0' {TWO}"),
        ("dW: [[37, 47], [67,5, 77]]", f"a.yaml:1:16: dW: '67,5, 77' {TWO}"),
        ("dW: [[1,05], [1,25]]", f"a.yaml:1:6: dW: '1,05' {TWO}"),
        ('dW: [["1", 2,5, 3]]', "has shape 1x4, but dW has shape 2x2"),
        (
            "dA: |\n  0,5\n  1,25\n",
            "a.yaml:1:5: dA: '0,5' may be one number or two, and so in every row; write decimal points",
        ),
    ],
)
@pytest.mark.usefixtures("files")
def test_commas(text: str, verdict: str) -> None:
    found = json.loads(submit(text, "--format", "json").out)["answers"][text[:2]]
    assert found.get("message", found["verdict"]).startswith(verdict)
