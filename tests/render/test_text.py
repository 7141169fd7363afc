"""A page as plain text, whole; lines are broken between terms and between words, and marks are beside their numbers."""

from __future__ import annotations

import cnngrad
from cnngrad.render import Look, render
from cnngrad.render.text import columns_of, wrap
from cnngrad.report.blocks import Grid, Words, piece, words
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


def test_marks_stand_beside_their_numbers() -> None:
    grid = Grid("A", "A", [["-1.5", "7"], ["10", "8"]], signs={(0, 0): "part", (1, 1): "winner", (1, 0): "padding"})
    assert columns_of(grid) == [["[-1.5]", " 10   "], [" 7 ", " 8*"]]


def test_sentences_break_between_words_only() -> None:
    lines = ["".join(text for text, _ in line) for line in wrap(words("aa bbbb c dddddddddd", indent=1, hang=2), 8)]
    assert lines == [" aa bbbb", "   c", "   dddddddddd"]
    assert len(wrap(words("aa bbbb c " * 50), None)) == 1
