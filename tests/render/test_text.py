"""A page as plain text, whole; lines are broken between terms and between words, grids between columns."""

from __future__ import annotations

from collections.abc import Iterator

import cnngrad
from cnngrad.render import WRITTEN, Look, parts, render
from cnngrad.report.blocks import Block, Series, Words, piece, words
from cnngrad.report.page import explanation_page, page


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


def test_a_sum_is_broken_between_terms_only() -> None:
    result = cnngrad.run("example:channels-nhwc")
    trace = result.explain("Z[0,0,0,0]").trace
    blocks = explanation_page(result, ("Z[0,0,0,0]",))
    text = render("table", blocks, Look(40))
    for term in trace.terms:
        if not term.vanishes:
            assert "*".join(factor.name() for factor in term.factors) in text


def test_a_piece_wider_than_the_terminal_stands_alone() -> None:
    sentence = Words((piece("a"), piece("b" * 50), piece("c")), 2)
    assert render("text", (sentence,), Look(20)) == f"  a\n  {'b' * 50}\n  c\n"


def test_a_wide_grid_is_in_blocks_of_columns() -> None:
    result = cnngrad.run({"op": "conv", "input": [[1, 22, 333], [4, 5, 6]], "kernel": [[1]]}, trace="none")
    text = render("text", page(result), Look(19))
    # four blanks, "0 |", and three columns of 2 + 1, 2 + 2 and 2 + 3 characters are 19
    assert "  A input  2x3\n         0   1    2\n    0 |  1  22  333\n" in text
    result = cnngrad.run({"op": "conv", "input": [[1, 22, 3333], [4, 5, 6]], "kernel": [[1]]}, trace="none")
    text = render("text", page(result), Look(19))
    assert "  A input  2x3,\n    columns 0 to 1\n         0   1\n    0 |  1  22\n    1 |  4   5\n" in text
    assert "    column 2\n            2\n    0 |  3333\n    1 |     6\n" in text


def test_blank_lines_are_between_lines_alone() -> None:
    def text(*sentences: str) -> str:
        return render("text", tuple(map(words, sentences)), Look())

    assert text("", "", "a", "", " ", "b", "") == "a\n\n\nb\n"
    assert text("", " ") == text() == "\n"


def test_blocks_of_a_series_are_made_while_they_are_written() -> None:
    made = []

    def numbers() -> Iterator[Block]:
        for number in range(3):
            made.append(number)
            yield words("x" * WRITTEN)

    page = (words("before"), Series(numbers), words("behind"))
    for name in ("text", "table"):
        made.clear()
        written = parts(name, page)
        assert next(written) == f"before\n{'x' * WRITTEN}"
        assert made == [0]
        assert "".join(written) == f"\n{'x' * WRITTEN}\n{'x' * WRITTEN}\nbehind\n"
