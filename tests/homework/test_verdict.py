"""A verdict: hints that tell more and more, and its form in every format."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from commands import cnngrad
from exercises import SPEC, submit

from cnngrad import CnngradError, check


@pytest.mark.usefixtures("files")
def test_exit_codes() -> None:
    assert submit("dW: [[37, 47], [67, 77]]").code == 0
    assert submit("dW: [[37, 47], [67, 78]]").code == 1
    assert submit("dW: 3").code == 1
    assert submit("dX: 3").code == 1
    assert submit("3").code == 2


WRONG = "dA: [[-1, 0, 4], [-3, 3, 10], [0, 3, 4]]\ndW: [[37, 47], [67, 77]]\n"


@pytest.mark.usefixtures("files")
def test_the_ladder_of_hints_tells_more_on_every_rung() -> None:
    pages = {hint: submit(WRONG, "--hint", hint).out for hint in ("law", "quantity", "cell", "mistake", "full")}
    assert "a law fails: <A,dA> = <dZ,Z-b>" in pages["law"]
    assert "dA wrong" not in pages["law"]
    assert "dA wrong" in pages["quantity"]
    assert "✗" not in pages["quantity"]
    assert "✗" in pages["cell"]
    assert "kernel-rotated-twice" not in pages["cell"]
    assert "kernel-rotated-twice" in pages["mistake"]
    assert "expected" not in pages["mistake"]
    assert "dA expected" in pages["full"]
    assert submit(WRONG, "--show-answers").out == pages["full"]
    assert submit(WRONG).out == pages["mistake"]


@pytest.mark.usefixtures("files")
def test_no_rung_below_full_gives_the_numbers_away() -> None:
    """The right dA has 7 and -2 and 5 in places where the answer has nothing like them."""
    for hint in ("law", "quantity", "cell", "mistake"):
        for form in ("json", "table", "gradescope", "junit", "text", "yaml"):
            text = submit("dA: [[11, 11, 11], [11, 11, 11], [11, 11, 11]]", "--hint", hint, "--format", form).out
            assert "-2" not in text, (hint, form)
            assert "expected" not in text, (hint, form)


@pytest.mark.usefixtures("files")
def test_the_json_object() -> None:
    record = json.loads(submit(WRONG, "--format", "json").out)
    assert (record["format"], record["op"], record["verdict"]) == (1, "conv", "wrong")
    dA = record["answers"]["dA"]
    assert (dA["verdict"], dA["cells_right"], dA["cells"], dA["slips"]) == ("wrong", 0, 9, [])
    (mistake,) = dA["mistakes"]
    assert mistake["id"] == "kernel-rotated-twice"
    assert set(mistake) == {"id", "says", "ask"}
    assert record["answers"]["dW"]["verdict"] == "right"
    full = json.loads(submit(WRONG, "--format", "json", "--show-answers").out)
    assert full["answers"]["dA"]["expected"] == [[1, 2, 0], [5, 7, -2], [6, 5, -4]]


@pytest.mark.usefixtures("files")
def test_gradescope() -> None:
    record = json.loads(submit(WRONG, "--format", "gradescope").out)
    assert (record["score"], record["max_score"]) == (1, 2)
    dA, dW = record["tests"]
    assert (dA["name"], dA["score"], dA["max_score"], dA["status"]) == ("dA", 0, 1, "failed")
    assert "kernel-rotated-twice" in dA["output"]
    assert (dW["status"], dW["score"]) == ("passed", 1)


@pytest.mark.usefixtures("files")
def test_junit() -> None:
    root = ElementTree.fromstring(submit(WRONG, "--format", "junit").out)
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    dA, dW = suite
    assert (dA.get("name"), dW.get("name"), len(dW)) == ("dA", "dW", 0)
    failure = dA.find("failure")
    assert failure is not None
    assert failure.get("type") == "wrong"
    assert "kernel-rotated-twice" in (failure.text or "")


def test_formats_of_other_commands_do_not_offer_score_sheets() -> None:
    done = cnngrad("run", "example:forum-conv", "--format", "junit")
    assert done.code == 2
    assert "'junit' is not one of" in done.err


def test_the_library_prints_and_raises() -> None:
    verdict = check(SPEC, {"dW": [["37", "47"], ["67", "77"]]})
    assert verdict.passed
    assert str(verdict) == "Check\n\n1 answer: 1 right\n\ndW right, 4 of 4 cells right\n"
    assert verdict.to_dict()["answers"]["dW"]["cells_right"] == 4
    with pytest.raises(CnngradError, match="holds no answers; give some"):
        check(SPEC, {})
