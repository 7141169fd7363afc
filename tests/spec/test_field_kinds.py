"""Every message about the value of a key, with its full text."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnngrad
from cnngrad.errors import CnngradError
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.spec.build import build
from cnngrad.spec.reader import read_text

CONV = "op: conv\ninput: [1, 2, 3]\nkernel: [1]\n"
POOL = "op: pool\ninput: [1, 2, 3]\nwindow: 1\n"
WHOLE = "is not a whole number; give one like 1"

MESSAGES = [
    (CONV + "stride: 1.5\n", f"hw:4:9: stride: '1.5' {WHOLE}"),
    (CONV + "stride: 1e1\n", f"hw:4:9: stride: '1e1' {WHOLE}"),
    (CONV + "stride: 010\n", f"hw:4:9: stride: '010' {WHOLE}"),
    (CONV + "stride: yes\n", f"hw:4:9: stride: 'yes' {WHOLE}"),
    (CONV + "stride: [1, 0]\n", "hw:4:13: stride: is 0; it must be at least 1"),
    (CONV + "stride: -1\n", "hw:4:9: stride: is -1; it must be at least 1"),
    (CONV + "stride:\n", "hw:4:8: stride: is empty; give a whole number, or leave the key out"),
    (CONV + "stride: {a: 1}\n", "hw:4:9: stride: is a mapping; give a whole number"),
    (CONV + "stride: []\n", "hw:4:9: stride: has 0 entries; give one whole number per spatial axis"),
    (CONV + "stride: [[1]]\n", "hw:4:10: stride: is a list; give a whole number"),
    (CONV + "padding: sme\n", "hw:4:10: padding: 'sme' is unknown; did you mean 'same'?"),
    (CONV + "padding: xyz\n", "hw:4:10: padding: 'xyz' is unknown; it is one of valid, same, same_lower"),
    (CONV + "padding: 1.5\n", f"hw:4:10: padding: '1.5' {WHOLE}"),
    (CONV + "padding: [-1]\n", "hw:4:11: padding: is -1; it must be at least 0"),
    (
        CONV + "padding: [[1, 2], 3]\n",
        "hw:4:19: padding: mixes numbers and pairs; give every axis a pair [before, after]",
    ),
    (CONV + "padding: [[1]]\n", "hw:4:11: padding: mixes numbers and pairs; give every axis a pair [before, after]"),
    (
        CONV + "padding_mode: mirror\n",
        "hw:4:15: padding_mode: 'mirror' is unknown; it is one of zeros, reflect, replicate, circular",
    ),
    (CONV + "flip_kernel: yes\n", "hw:4:14: flip_kernel: 'yes' is neither true nor false; write true or false"),
    (CONV + "flip_kernel: []\n", "hw:4:14: flip_kernel: is a list; write true or false"),
    (CONV + "groups: two\n", f"hw:4:9: groups: 'two' {WHOLE}"),
    (CONV + "title: [a]\n", "hw:4:8: title: is not a text; write it on one line"),
    (CONV + "answers: 3\n", "hw:4:10: answers: is not a mapping; write it as answers: {dW: [[...]]}"),
    (CONV + "numbers: exct\n", "hw:4:10: numbers: 'exct' is unknown; did you mean 'exact'?"),
    (CONV + "layout: HCW\n", "hw:4:9: layout: 'HCW' is unknown; did you mean 'CHW'?"),
    (POOL + "divisor_override: 0\n", "hw:4:19: divisor_override: is 0; it must be another number"),
    (POOL + "ties: frist\n", "hw:4:7: ties: 'frist' is unknown; did you mean 'first'?"),
    (POOL + "kernel: [1]\n", "hw:4:1: kernel: is no key of op pool; it belongs to op conv"),
    (
        POOL + "zz: [1]\n",
        "hw:4:1: zz: is no key of op pool; op pool takes op, title, answers, numbers, values, input, window, mode, "
        "stride, padding, dilation, layout, delta, ceil_mode, count_include_pad, divisor_override, ties",
    ),
    ("input: [1]\n", "hw:1:1: op: is missing; write one of conv, pool, dense, activation, network, graph, rnn"),
    ("op: cnv\n", "hw:1:5: op: 'cnv' is unknown; did you mean 'conv'?"),
    ("op: zzz\n", "hw:1:5: op: 'zzz' is unknown; it is one of conv, pool, dense, activation, network, graph, rnn"),
    ("op: [conv]\n", "hw:1:5: op: '' is unknown; it is one of conv, pool, dense, activation, network, graph, rnn"),
    (
        "op: pool\ninput: [1]\n",
        "hw:1:1: window: is missing; op pool needs window: cells of a window; one number, or one per axis",
    ),
    (
        "op: conv\ninput: [1]\n",
        "hw:1:1: kernel: is missing; op conv needs kernel: W, the kernel, in axes that follow the layout",
    ),
    (
        "op: conv\ninput: [[[[[[1]]]]]]\nkernel: [1]\n",
        "hw:2:8: input: is nested more than 5 deep; an array has at most 5 axes",
    ),
]


@pytest.mark.parametrize(("text", "message"), MESSAGES)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(CnngradError) as caught:
        build(read_text(text.encode(), "hw", Path(), DEFAULT), OPS)
    assert str(caught.value) == message


def test_a_block_of_one_row_is_a_matrix_where_one_is_needed() -> None:
    text = "op: conv\nlayout: HW\ninput: |\n  1 2 3\nkernel: |\n  1 -1\ndelta: |\n  1 1\n"
    result = build(read_text(text.encode(), "hw", Path(), DEFAULT), OPS).exercise.solve()
    assert result["Z"].tolist() == [[-1, -1]]


def test_a_block_of_one_row_is_a_vector_otherwise() -> None:
    text = "op: conv\ninput: |\n  1 2 3\nkernel: |\n  1 -1\n"
    assert build(read_text(text.encode(), "hw", Path(), DEFAULT), OPS).exercise.solve()["Z"].tolist() == [
        -1,
        -1,
    ]


def test_the_bias_may_have_the_shape_of_the_coursera_notebook() -> None:
    text = "op: conv\ninput: [[[1]]]\nkernel: [[[[1, 2]]]]\nbias: [[[[3, 4]]]]\ndelta: 1\n"
    results = build(read_text(text.encode(), "hw", Path(), DEFAULT), OPS).exercise.solve()
    assert results["Z"].tolist() == [[[4, 6]]]
    assert results["db"].tolist() == [[[[1, 1]]]]


def test_answers_and_title_are_kept_as_written() -> None:
    task = build(read_text((CONV + "title: 1e3\nanswers: {Z: [0.140]}\n").encode(), "hw", Path(), DEFAULT), OPS)
    assert task.title == "1e3"
    assert task.answers is not None
    assert list(task.answers.entries) == ["Z"]


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("a/4 + b/4 + c/4 + e/4", "a/4 + b/4 + c/4 + e/4"),  # 4 is a number, not the fifth gate
        ("a/2 + b/2 + c/2", "a/2 + b/2 + c/2"),
        ("a + 0", "a"),
        ("a*b + 0*c + 1*e + 2", "a*b + e + 2"),
        ("(a + 1)*(a + 1) - a**2", "2*a + 1"),
    ],
)
def test_numbers_in_a_formula_are_numbers(text: str, formula: str) -> None:
    spec = {"op": "conv", "numbers": "symbolic", "input": [text], "kernel": [1]}
    assert str(cnngrad.run(spec).results["Z"][0]) == formula
