"""Numbers as written; answers in files, in the spec and on standard input, and what is refused in one line."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from commands import cnngrad, process
from exercises import NETWORK, SPEC, submit

from cnngrad import check
from cnngrad.homework.written import read_written


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("0.140", Fraction(1, 1000)),
        ("12", Fraction(1)),
        (".5", Fraction(1, 10)),
        ("2.", Fraction(1)),
        ("1.50e-3", Fraction(1, 100_000)),
        ("1.5e2", Fraction(10)),
        ("1e300", Fraction(1)),
        ("0e9", Fraction(1)),
        ("3/7", Fraction(0)),
    ],
)
def test_the_decimals_of_a_text_are_its_promise(text: str, unit: Fraction) -> None:
    number = read_written(text)
    assert number is not None
    assert number.unit == unit


def test_quantities_have_the_names_of_courses_too() -> None:
    verdict = check(NETWORK, {"Dense1": {"dw": [[0, 0], [4, -8]]}, "dW2": [[0, -4]], "LOSS": 8})
    assert [*verdict.answers] == ["dense1.dW", "dense2.dW", "loss"]
    assert verdict.verdict == "right"
    assert check(SPEC, {"dK": [[37, 47], [67, 77]], "dL/dB": 10, "out": [[4, 6], [10, 12]]}).verdict == "right"


def test_what_a_graph_gives_is_answered_with_its_gradient() -> None:
    """x = -2, y = 5, z = -4: the gradients are -4, -4, 3. A student who copies x = -2 writes a value."""
    graph = "example:lecture-graph"
    assert {**check(graph, {"x": -4, "y": -4, "z": 3}).answers}.keys() == {"dx", "dy", "dz"}
    assert check(graph, {"x": -4, "y": -4, "z": 3}).passed
    assert check(graph, {"x": -2, "y": 5, "z": -4}).passed
    assert check(graph, {"x": -2, "dx": -4}).passed
    assert check(graph, {"z": -4, "x": -4}).answers["dz"].verdict == "wrong"


def test_argmax_may_be_coordinates() -> None:
    """The largest of [[1, 9], [2, 3], [8, 4], [5, 6]] in two windows of 2x2: 9 at (0, 1) and 8 at (2, 0), 1 and 4."""
    spec = {"op": "pool", "window": 2, "input": [[1, 9], [2, 3], [8, 4], [5, 6]]}
    assert check(spec, {"argmax": [[1], [4]]}).passed
    assert check(spec, {"argmax": [[[0, 1]], [[2, 0]]]}).passed
    assert check(spec, {"argmax": "array([[[0, 1]], [[2, 0]]])"}).passed
    assert check(spec, {"argmax": [[[0, 1]], [[2, 1]]]}).answers["argmax"].verdict == "wrong"
    assert check(spec, {"argmax": [[[0, 1]], [[9, 9]]]}).answers["argmax"].verdict == "refused"
    assert check(spec, {"argmax": [[[0, 1]], [[9, 9]]]}).answers["argmax"].message == (
        "has coordinates of cells that the plane does not have; they count from 0"
    )
    assert check(spec, {"argmax": [[[1, 2]], [[3, 1]]]}, index_base=1).passed
    assert check(spec, {"argmax": [[1], [4]]}, index_base=1).passed
    assert not check(spec, {"argmax": [[[0, 1]], [[2, 0]]]}, index_base=1).passed
    nhwc = {**spec, "input": [[[[1], [9]], [[2], [3]]]], "layout": "NHWC"}
    assert check(nhwc, {"argmax": [[[[[0, 1]]]]]}).passed


def test_names_may_be_nested() -> None:
    verdict = check(NETWORK, {"dense1": {"dW": [[0, 0], [4, -8]]}, "updates": {"dense2.W": [[2, "-0.6"]]}})
    assert verdict.verdict == "right"
    assert check("example:lecture-graph", {"gradients": {"x": -4, "z": 3}}).verdict == "right"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "error: a.yaml:1:1: holds no answers; give some, as in dW: [[1, 2], [3, 4]]"),
        (
            "[1]",
            "error: a.yaml:1:1: holds answers without a name; write a mapping, as in dW: [[1, 2], [3, 4]]; or say with "
            "--require dW which quantity it is",
        ),
    ],
)
@pytest.mark.usefixtures("files")
def test_messages(text: str, message: str) -> None:
    done = submit(text)
    assert (done.code, done.out, done.err) == (2, "", f"{message}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("db: x", "a.yaml:1:5: db: 'x' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
        ("db: .nan", "a.yaml:1:5: db: '.nan' is not a number; gradients need finite values"),
        ("db: 1e999999999", "a.yaml:1:5: db: '1e999999999' is beyond float64, which holds 5e-324 to 1.8e308; scale"),
        ("dW: [[1, 2], [3]]", "a.yaml:1:14: dW[1]: has 1 cell but dW[0] has 2; give every row the same length"),
        (
            "dW: {file: ../x.npy}",
            "a.yaml:1:12: dW: file '../x.npy' leads out of the spec's folder; put the file inside",
        ),
        ("dW: 1\ndW: 2", "a.yaml:2:1: dW: is given twice, first in line 1; keep one"),
        ("dWW: 3", "a.yaml:1:1: dWW: this exercise has no 'dWW'; did you mean 'dW'?"),
        ('"\\e[31mdb": 1', "a.yaml:1:1: \\x1b[31mdb: this exercise has no '\\x1b[31mdb'; it has Z, dA, dW, db"),
        ('db: "\\e[31m"', "a.yaml:1:5: db: '\\x1b[31m' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ],
)
@pytest.mark.usefixtures("files")
def test_what_is_no_number_is_refused_and_the_others_are_judged(text: str, message: str) -> None:
    done = submit(f"{text}\nZ: [[4, 6], [10, 12]]", "--format", "json")
    record = json.loads(done.out)
    assert done.code == 1
    assert record["verdict"] == "refused"
    (refused,) = (answer for answer in record["answers"].values() if answer["verdict"] == "refused")
    assert refused["message"].startswith(message)
    assert record["answers"]["Z"]["verdict"] == "right"


def test_an_absent_answer_is_an_error() -> None:
    done = cnngrad("check", "example:forum-conv")
    says = "write answers: {dW: [[...]]} into the spec, or name a file of answers behind it"
    assert (done.code, done.err) == (2, f"error: example:forum-conv:4:1: answers: is missing; {says}\n")
    both = cnngrad("check", "-", "-")
    assert both.err == "error: '-' stands for the spec and the answers; standard input can be one of them\n"


@pytest.mark.usefixtures("files")
def test_answers_may_stand_in_the_spec_and_come_by_standard_input() -> None:
    Path("own.yaml").write_text(json.dumps({**SPEC, "answers": {"db": 10}}))
    assert cnngrad("check", "own.yaml").code == 0
    assert process("check", "hw.yaml", "-", stdin="db: 10").code == 0
