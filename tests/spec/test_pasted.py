"""The table of pasted forms: the array that each gives, or the line that says how to write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import cnngrad

from cnngrad import CnngradError, check, run
from cnngrad.spec.pasted import number

GRID = [[1, 2.5], [-3, 4]]
FORMS: list[tuple[str, Any]] = [
    ("[[1., 2.5], [-3., 4.]]", GRID),
    ("[[ 1.   2.5],\n  [-3.   4. ]]", GRID),
    ("[1. 2.5]", [1, 2.5]),
    ("[1.   2.5, -3 4]", [1, 2.5, -3, 4]),
    ("array([[ 1. ,  2.5],\n       [-3. ,  4. ]])", GRID),
    ("array([[1, 2.5], [-3, 4]], dtype=float32)", GRID),
    ("np.array([[1, 2.5], [-3, 4]])", GRID),
    ("numpy.asarray(((1, 2.5), (-3, 4)))", GRID),
    ("tensor([[ 1.0000,  2.5000],\n        [-3.0000,  4.0000]], grad_fn=<AddBackward0>)", GRID),
    ("tensor([[1.0, 2.5], [-3., 4.]], device='cuda:0', requires_grad=True)", GRID),
    ("torch.tensor([1, 2.5])", [1, 2.5]),
    ('"tf.Tensor(\\n[[1. 2.5]\\n [-3. 4.]], shape=(2, 2), dtype=float32)"', GRID),
    ('"<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1. , 2.5], dtype=float32)>"', [1, 2.5]),
    ("Array([[1., 2.5], [-3., 4.]], dtype=float32)", GRID),
    ("[np.float64(1.0), np.float64(2.5)]", [1, 2.5]),
    ("((1, 2.5), (-3, 4))", GRID),
    ("[(1, 2.5), (-3, 4)]", GRID),
    ("np.float64(1.5)", 1.5),
    ("tensor(1.5000)", 1.5),
    ("tensor(1.5, grad_fn=<SumBackward0>)", 1.5),
    ("|\n  [[1. 2.5]\n   [-3. 4.]]\n", GRID),
    ("|\n  [1 2.5; -3 4]\n", GRID),
    ("|\n  1\t2.5\n  -3\t4\n", GRID),
    ("\n  1\t2.5\n  -3\t4", GRID),
    ("\n  1 2.5\n  -3 4", GRID),
    ("|\n  1, 2.5,\n  -3, 4,\n", GRID),
    ("|\n  1, 2.5 7\n  -3 4, 8\n", [[1, 2.5, 7], [-3, 4, 8]]),
    ("|\n  1,0 2,5\n  -3,0 4,0\n", GRID),
    ("|\n  1,0\t2,5\n  -3,0\t4,0\n", GRID),
    ("|\n  1,0; 2,5\n  -3,0; 4,0\n", GRID),
    ("0,5 1,25", [0.5, 1.25]),
    ("1 2.5; -3 4", GRID),
    ("'(1, 2.5), (-3, 4)'", GRID),
    ("'[1 2.5]  [-3 4]'", GRID),
    ("1, 2.5; -3, 4;", GRID),
    ("1,0 2,5; -3,0 4,0", GRID),
    ("[[1,0 2,5], [-3,0 4,0]]", GRID),
    ('["1,0", "2,5"]', [1, 2.5]),
    ("[[1, 2.5], [−3, 4]]", GRID),
    ("|\n  1 2.5\n  –3 4\n", GRID),
    ("12.5%", 0.125),
    ("[12.5%, 5 %]", [0.125, 0.05]),
    ("|\n  1\u00a02.5\n  \u22123\u00a04\n", GRID),
    ("|\n  1,2,\n  3,4,\n", [[1, 2], [3, 4]]),
    ("|\n  0,5 1,25 -2\n", [0.5, 1.25, -2]),
    ("[.5, 5., +0.5, 1.5E+03, 1e-3, 1/4]", [0.5, 5, 0.5, 1500, 0.001, 0.25]),
]
"""What is written behind `input:`."""


@pytest.mark.parametrize("text", [text for text, _ in FORMS])
def test_a_form_gives_its_array(text: str, tmp_path: Any) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"op: activation\nfunction: identity\ninput: {text}\n")
    done = cnngrad("run", path, "--format", "json", "--trace", "none")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["results"]["Z"] == dict(FORMS)[text]


TWO = "can be read in two ways; write decimal points, and blanks between the numbers"
DIGITS = "may be one number or more; write its digits together, or ordinary blanks between numbers"
SIGN = "write them together, or _ for a blank cell"
SIGNS = "has signs between its digits; write the digits together, and a decimal point"
REFUSED = [
    ("1,5", "3:8: input: '1,5' may be one number or two; write 1.5 for one, [1, 5] for two"),
    ("|\n  1,5\n", "3:8: input: '1,5' may be one number or two; write 1.5 for one, [1, 5] for two"),
    ("|\n  0,5, 1,25\n", f"4:3: input[0]: '0,5, 1,25' {TWO}"),
    ("'[1,5; 2,5]'", f"3:8: input: '1,5; 2,5' {TWO}"),
    ("1,5/2", "3:8: input: '1,5/2' may be one number or two; write 1.5 for one, [1, 5] for two"),
    ("|\n  0,5, 1\n", f"4:3: input[0]: '0,5, 1' {TWO}"),
    ("|\n  1,2 3, 4\n  1 2 3\n", f"3:8: input: '1,2 3, 4' {TWO}"),
    ("'[1,2 3, 4]'", f"3:8: input: '1,2 3, 4' {TWO}"),
    ("[[0,5; 1,25], [2,5; 3,5]]", f"3:8: input: '2,5; 3,5' {TWO}"),
    ("1.234,5", "3:8: input: '1.234,5' may be one number or two; write 1.5 for one, [1, 5] for two"),
    ("[1.234,5 2]", "3:8: input[0]: '1.234,5' may have a decimal comma or thousands; write a decimal point alone"),
    ("1\u00a0234", f"3:8: input: '1 234' {DIGITS}"),
    ("|\n  2 1\u202f234\n", f"3:8: input: '1 234' {DIGITS}"),
    ("[1\u00a0234 2]", f"3:8: input: '1 234' {DIGITS}"),
    ("|\n  - 1 2\n", f"3:8: input: has a blank behind the sign of '- 1'; {SIGN}"),
    ("'[1, - 2]'", f"3:8: input: has a blank behind the sign of '- 2'; {SIGN}"),
    ("'\u2212 1'", f"3:8: input: has a blank behind the sign of '\u2212 1'; {SIGN}"),
    ("['- 1', 2]", "3:9: input[0]: '- 1' has a blank behind its sign; write them together"),
    ("1'000", f"3:8: input: '1'000' {SIGNS}"),
    ("1.000.000,5", "3:8: input: '1.000.000,5' may have a decimal comma or thousands; write a decimal point alone"),
    ("1.000.000", f"3:8: input: '1.000.000' {SIGNS}"),
    ("1,000 2,500", "3:8: input[0]: '1,000' may have a decimal comma or thousands; write a decimal point alone"),
    (
        "array([1., 2., ..., 9.])",
        "3:8: input: is shortened with '...'; print all of it (numpy.set_printoptions(threshold=10**9)), "
        "and paste that",
    ),
    ("array([1, 2]).reshape(1)", "3:8: input: goes on behind the array, with ').reshape(1)'; give the array alone"),
    ("array([1, 2", "3:8: input: has a bracket that is not closed; close it"),
    ("'[1, {2}]'", "3:8: input: has '{' in it, which no array has"),
    ("'[1 [2]]'", "3:8: input: has '1' beside a list; nest all rows equally"),
    ("'[[1] 2]'", "3:8: input: has '2' beside a list; nest all rows equally"),
    ("'[[[[[[[[[1]]]]]]]]]'", "3:8: input: is nested more than 8 deep"),
    ("'[]'", "3:8: input: is empty; give at least one number"),
    ("'[[1, 2], [3]]'", "3:8: input[1]: has 1 cell but input[0] has 2; give every row the same length"),
    (
        "'{{1, 2}, {3, 4}}'",
        "3:8: input: '{{1, 2}, {3, 4}}' has signs that no array has here; write [[1, 2], [3, 4]], or rows of a block "
        "that starts with | behind the key",
    ),
    ("array([1, x])", "3:8: input[1]: 'x' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_stays_open_gets_a_line_that_says_how_to_write_it(text: str, message: str, tmp_path: Any) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"op: activation\nfunction: identity\ninput: {text}\n")
    done = cnngrad("run", path)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[0] == f"error: {path}:{message}"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("0.140", "0.140"),
        ("0,140", "0.140"),
        ("np.float32(0.140)", "0.140"),
        ("tensor(0.1400)", "0.1400"),
        ("−0.140", "-0.140"),
        ("12.50%", "0.1250"),
        ("50%", "0.50"),
        ("1,5e-3", "1.5e-3"),
        ("x", "x"),
        ("a - b", "a - b"),
    ],
)
def test_a_number_keeps_its_decimals(text: str, plain: str) -> None:
    assert number(text) == plain


def test_a_formula_in_brackets_stays_one() -> None:
    spec = {"op": "activation", "function": "identity", "numbers": "symbolic", "input": ["a", "b"]}
    found = run({**spec, "delta": "(a + b)*2"}).to_dict()["results"]["dA"]
    assert found == ["2*a + 2*b", "2*a + 2*b"]
    assert check({**spec, "delta": 1}, {"Z": ["(a)", "(b + 0)"]}).passed


def test_decimals_are_those_that_were_written() -> None:
    """Z = 1.3: numpy's [1.  2.5] promises one decimal of both, a hand that writes [1, 2.5] none of the first."""
    spec = {"op": "activation", "function": "identity", "input": ["1.3", "2.5"]}
    verdicts = {
        text: check(spec, {"Z": text}).answers["Z"].verdict
        for text in ("[1.  2.5]", "[1., 2.5]", "[1 2.5]", "array([1. , 2.5])", "[1.3 2.5]", "[1,3 2,5]")
    }
    assert verdicts == {
        "[1.  2.5]": "wrong",
        "[1., 2.5]": "wrong",
        "[1 2.5]": "right",
        "array([1. , 2.5])": "wrong",
        "[1.3 2.5]": "right",
        "[1,3 2,5]": "right",
    }
    assert check(spec, {"Z": "[1.300 2.5  ]"}).answers["Z"].answer.text((1,)) == "2.500"  # type: ignore[union-attr]


def test_hostile_texts_cost_no_more_than_their_length() -> None:
    for text in (
        "[" * 10**5,
        "array(" * 10**4 + "[1]",
        "[" + " " * 10**5,
        "[1" + "\n," * 10**5 + "]",
        "[1]" + " ," * 10**4,
    ):
        with pytest.raises(CnngradError):
            run({"op": "activation", "function": "identity", "input": text + "\n"})


def test_printed_formulas_of_several_answers_are_read_once_each(tmp_path: Path) -> None:
    """dA's lists have blanks in their words still: its text must not be looked for again, in the line of another."""
    spec = {"op": "conv", "numbers": "symbolic", "layout": "HWC", "input": [[["a"], ["b"]]], "kernel": [[[["u", "v"]]]]}
    answers = tmp_path / "mine.txt"
    answers.write_text("Z := [[[0 0] [a*u + b*u b*u]] [[1 1] [a*u b*v]]]\ndA := [[[a + b 1] [0 0]]]\n")
    found = check({**spec, "delta": 1}, str(answers)).answers
    assert {name: each.verdict for name, each in found.items()} == {"Z": "refused", "dA": "refused"}
