"""A page as plain text, whole."""

from __future__ import annotations

import cnngrad
from cnngrad.render import Look, render
from cnngrad.report.page import page


def test_text_of_a_small_page() -> None:
    result = cnngrad.run({"op": "pool", "window": 2, "input": [[1, 2], [3, 4]], "delta": 5}, trace="none")
    assert render("text", page(result), Look()) == (
        "Pooling\n\n"
        "A 2x2 -> Z 1x1, mode max, window 2, stride 2, padding 0, dilation 1, layout HW, ties first\n\n"
        "  A input  2x2\n         0  1\n    0 |  1  2\n    1 |  3  4\n\n"
        "  dZ upstream  1x1\n         0\n    0 |  5\n\n\n"
        "Forward\n\n"
        "  Z output  1x1\n         0\n    0 |  4\n\n"
        "  argmax in A's plane  1x1\n             0\n    0 |  (1,1)\n\n"
        "  mask  2x2\n         0  1\n    0 |  0  0\n    1 |  0  1\n\n\n"
        "Backward\n\n"
        "  dA  2x2\n         0  1\n    0 |  0  0\n    1 |  0  5\n\n\n"
        "Laws\n\n"
        "  [ok] sum(dA) = sum(dZ): 5   [ok] <A,dA> = <dZ,Z>: 20\n"
    )
