"""Nothing of a submission is lost: what is asked for, what is missing, results for machines whatever was handed in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from commands import ROOT, cnngrad
from exercises import SPEC, submit

from cnngrad import CnngradError, check

RIGHT: dict[str, Any] = {"dA": [[1, 2, 0], [5, 7, -2], [6, 5, -4]], "dW": [[37, 47], [67, 77]], "db": 10}
ASK = ["--set", "ask=[dA, dW, db]"]


def points(*args: Any, **options: Any) -> tuple[str, float, int, dict[str, str]]:
    """The verdict as a whole, the points, of how many, and the verdict on each."""
    found = check(*args, **options).to_dict()
    return found["verdict"], found["points"], found["of"], {k: v["verdict"] for k, v in found["answers"].items()}


def test_what_is_asked_for_is_what_counts() -> None:
    asks = {**SPEC, "ask": ["dA", "dW", "db"]}
    one = {"dW": RIGHT["dW"]}
    assert points(SPEC, one) == ("right", 1, 1, {"dW": "right"})
    assert points(asks, one) == ("missing", 1, 3, {"dA": "missing", "dW": "right", "db": "missing"})
    assert points(asks, RIGHT)[:3] == ("right", 3, 3)
    assert points(asks, one, require=["dw"]) == ("right", 1, 1, {"dW": "right"})
    assert points(asks, one, require="dW,db")[:3] == ("missing", 1, 2)
    key = {**SPEC, "answers": {"dx": 0, "dW": 0}}
    assert points(key, one) == ("missing", 1, 2, {"dA": "missing", "dW": "right"})
    assert points({**key, "ask": "dW"}, one)[:3] == ("right", 1, 1)
    assert points({**SPEC, "answers": RIGHT})[:3] == ("right", 3, 3)


def test_what_nobody_asked_for_is_judged_but_does_not_count() -> None:
    found = check(SPEC, {"dW": RIGHT["dW"], "db": 11}, require=["dW"])
    assert (found.verdict, found.points, found.passed) == ("right", 1, True)
    assert found.to_dict()["answers"]["db"]["asked"] is False
    assert points(SPEC, RIGHT, require=["dW"])[:3] == ("right", 1, 1)
    assert points(SPEC, {"dW": 7, "db": 10}, require=["dW"])[:3] == ("refused", 0, 1)
    assert "db wrong (not asked for)" in str(found)
    assert "1 asked for: 1 right; 1 of 1 point; 1 not asked for: 1 wrong" in str(found)


def test_half_points_and_the_order_of_verdicts() -> None:
    """With A = (0.25, 0.5), W = (2, 3), delta 1: Z = 2, dA = (2, 3), dW = (0.25, 0.5)."""
    spec = {"op": "conv", "input": ["0.25", "0.5"], "kernel": [2, 3], "delta": 1, "ask": ["Z", "dW", "db"]}
    rounded = {"Z": "2", "dW": ["0.4", "0.5"], "db": "1"}
    verdict, found, of, each = points(spec, rounded)
    assert (found, of, each["dW"]) == (1 + 0.5 + 1, 3, "rounded")
    assert verdict == "rounded"
    assert points(spec, {"dW": rounded["dW"]})[:3] == ("missing", 0.5, 3)
    assert points(spec, {"dW": [7, 7]})[:3] == ("wrong", 0, 3)


def test_an_unknown_name_fails_but_costs_no_point() -> None:
    found = check(SPEC, {**RIGHT, "foo": 3})
    assert (found.verdict, found.points, len(found.asked), found.passed) == ("refused", 3, 3, False)
    says = found.to_dict()["answers"]["foo"]
    assert (says["verdict"], says["asked"]) == ("refused", False)
    assert says["message"] == "<answers>: foo: this exercise has no 'foo'; it has Z, dA, dW, db"
    asked = str(check(SPEC, {"dW": RIGHT["dW"], "foo": 3, "bar": 4}, require=["dW", "db"]))
    assert "2 asked for: 1 right, 1 missing; 1 of 2 points; 2 names of no quantity" in asked
    many = check(SPEC, {"dW": RIGHT["dW"], **{f"q{i}": 1 for i in range(30)}})
    assert len(many.answers) == 21
    assert many.answers["q19"].message.endswith("(10 more names are none either)")


@pytest.mark.parametrize("blank", [None, "", "?", [["_", "~"], ["?", ""]], ["?"], "-"])
def test_a_blank_answer_is_missing(blank: Any) -> None:
    found = check(SPEC, {"dW": blank, "db": 10})
    assert {name: judged.verdict for name, judged in found.answers.items()} == {"dW": "missing", "db": "right"}
    assert (found.verdict, found.points, len(found.asked)) == ("missing", 1, 2)
    assert found.answers["dW"].message == "nothing is filled in"
    assert (found.answers["dW"].cells_right, found.answers["dW"].cells) == (0, 4)


def test_one_bad_answer_leaves_the_others() -> None:
    found = check(SPEC, {"dA": [[1, 2], [3]], "dW": RIGHT["dW"], "dw": RIGHT["dW"], "db": 10, "foo": {"bar": [[]]}})
    verdicts = {name: judged.verdict for name, judged in found.answers.items()}
    assert verdicts == {"dA": "refused", "dW": "refused", "db": "right", "foo.bar": "refused"}
    bad = check(SPEC, {"dA": 1j, "dW": "9" * 2000, "db": 10}).answers
    assert [each.verdict for each in bad.values()] == ["refused", "refused", "right"]
    assert bad["dW"].message.startswith("<answers>: dW: has 2,000 characters in one value, over the limit")
    assert found.answers["dW"].message == "<answers>: dW: is answered twice, as dW and as dw; leave one answer out"


def test_a_letter_is_the_answer_that_it_stands_for() -> None:
    """b is the right dW, a it transposed; of db there are 9 (a cell too few) and 10."""
    options = {"dW": [[[37, 67], [47, 77]], RIGHT["dW"]], "db": [9, 10]}
    spec = {**SPEC, "choices": options, "ask": ["dW", "db"]}
    found = check(spec, {"dw": "b", "db": "(A)"})
    assert [(judged.verdict, judged.choice) for judged in found.answers.values()] == [("right", "b"), ("wrong", "a")]
    assert found.answers["dW"].message == "answer b"
    assert found.to_dict()["answers"]["db"]["choice"] == "a"
    assert "dW wrong" in str(check(spec, {"dW": "a"}))
    beyond = check(spec, {"dW": "e", "dA": "a", "db": 10}).answers
    assert beyond["dW"].message == "e is none of the answers to choose from, a to b"
    assert {name: judged.verdict for name, judged in beyond.items()} == {
        "dW": "refused",
        "db": "right",
        "dA": "refused",
    }
    symbolic = {
        "op": "conv",
        "numbers": "symbolic",
        "input": ["a", "b"],
        "kernel": ["w"],
        "choices": {"Z": [["a*w", "b*w"]]},
    }
    assert check(symbolic, {"Z": "a"}).passed


@pytest.mark.usefixtures("files")
def test_a_key_in_a_file_says_what_is_asked_for() -> None:
    Path("hw.key.yaml").write_text("# The key\nanswers:\n  dA: 1\n  db: 2\nchoices:\n  dA: {a: right}\n")
    Path("bare.yaml").write_text("dW: 1\ndb: 2\nchoices: {dW: {a: right}}\n")
    assert "2 asked for: 1 right, 1 missing; 1 of 2 points" in submit("db: 10", "--require", "hw.key.yaml").out
    assert check("hw.yaml", {"db": 10}, require="bare.yaml").asked == ("dW", "db")
    Path("bad.yaml").write_text("dW: 1\ndQ: 2\n")
    done = submit("db: 10", "--require", "bad.yaml")
    assert (done.code, done.err) == (2, "error: bad.yaml:2:1: dQ: this exercise has no 'dQ'; it has Z, dA, dW, db\n")
    wrong = "error: --require: this exercise has no 'dQ'; it has Z, dA, dW, db\n"
    assert submit("db: 10", "--require", "dW,dQ", "--format", "json") == type(done)(2, "", wrong)
    with pytest.raises(CnngradError, match="require: this exercise has no 'dQ'"):
        check(SPEC, {"db": 10}, require=["dQ"])


@pytest.mark.usefixtures("files")
def test_exit_codes() -> None:
    assert submit("dW: [[37, 47], [67, 77]]").code == 0
    assert submit("dW: [[37, 47], [67, 77]]", *ASK).code == 1
    assert submit("db: 10\ndA: 3", "--require", "db").code == 0
    assert submit("db: 10\nfoo: 3", "--require", "db").code == 1
    assert submit("{}", *ASK).code == 1


UNREADABLE = {
    "empty": b"",
    "only a comment": b"# nothing\n",
    "no YAML": b"[1, 2\ndb: 3",
    "binary": bytes(range(256)),
    "no UTF-8": b"dW: \xff",
    "no mapping": b"just words",
    "no answers": b"{}",
    "too large": b"dW: [" + b"1, " * 2000 + b"1]",
    "missing": None,
}


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.usefixtures("files")
def test_a_result_is_written_whatever_was_handed_in(name: str) -> None:
    data = UNREADABLE[name]
    if data is not None:
        Path("a.yaml").write_bytes(data)
    asks = [] if name == "no answers" else ASK
    of = 3 if asks else 0
    args = ["check", "hw.yaml", "a.yaml", *asks, "--limit", "file=5000"]
    plain = cnngrad(*args)
    assert (plain.code, plain.out) == (2, "")
    assert plain.err.startswith("error: a.yaml")
    for form in ("json", "yaml", "gradescope", "junit"):
        cnngrad(*args, "--format", form, "-o", "out")
        done = cnngrad(*args, "--format", form)
        assert (done.code, done.err, done.out) == (2, plain.err, Path("out").read_text())
        says = plain.err.partition(": ")[2].rstrip("\n")
        if form == "junit":
            (suite,) = validated(done.out)
            assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == (str(of or 1),) * 2 + ("0",)
            assert all(says in (case[0].text or "") for case in suite)
            continue
        found = yaml.safe_load(done.out)
        if form == "gradescope":
            assert (found["score"], found["max_score"], len(found["tests"])) == (0, of, of or 1)
            assert says in found["output"]
            continue
        assert (found["verdict"], found["points"], found["of"]) == ("refused", 0, of)
        assert says.endswith(found["error"]["message"])
        assert {answer["verdict"] for answer in found["answers"].values()} <= {"missing"}


def test_a_spec_that_cannot_be_read_has_no_result() -> None:
    done = cnngrad("check", "nowhere.yaml", "a.yaml", "--format", "json")
    assert (done.code, done.out) == (2, "")


@pytest.mark.usefixtures("files")
def test_gradescope_has_a_test_for_everything_that_is_asked_for() -> None:
    found = json.loads(submit("dW: [[37, 47], [67, 77]]\nZ: 1\nfoo: 1", *ASK, "--format", "gradescope").out)
    assert (found["score"], found["max_score"]) == (1, 3)
    tests = {test["name"]: (test["score"], test["max_score"], test["status"]) for test in found["tests"]}
    assert tests == {
        "dA": (0, 1, "failed"),
        "dW": (1, 1, "passed"),
        "db": (0, 1, "failed"),
        "Z": (0, 0, "failed"),
        "foo": (0, 0, "failed"),
    }


def validated(text: str) -> ElementTree.Element:
    """A report that Jenkins reads; without the validator it is only parsed."""
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema validates JUnit reports; it comes with [test]")
    xmlschema.XMLSchema(ROOT / "tests" / "cases" / "junit.xsd").validate(text)
    return ElementTree.fromstring(text)


@pytest.mark.usefixtures("files")
def test_junit_is_what_jenkins_reads() -> None:
    answers = 'dA: [[1]]\ndW: [[37, 47], [67, 77]]\nZ: 1\n"f\\e\\0oo<&": 1\n'
    (suite,) = validated(submit(answers, *ASK, "--format", "junit").out)
    assert [(case.get("name"), [child.tag for child in case]) for case in suite] == [
        ("dA", ["failure"]),
        ("dW", []),
        ("db", ["failure"]),
        ("Z", ["skipped"]),
        ("f\\x1b\\x00oo<&", ["failure"]),
    ]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["5", "3", "0", "1"]
    for hint in ("law", "quantity", "full"):
        validated(submit(answers, "--hint", hint, "--format", "junit").out)


def refused(text: str) -> dict[str, str]:
    """The verdicts on a text of answers, and the messages of those that are refused."""
    found = json.loads(submit(text, "--format", "json").out)["answers"]
    return {
        name: answer["message"] if answer["verdict"] == "refused" else answer["verdict"]
        for name, answer in found.items()
    }


@pytest.mark.usefixtures("files")
def test_where_a_file_is_no_yaml_each_answer_is_read_by_itself() -> None:
    assert refused("dW: [[37. 47.]\n [67. 77.]]\ndb: ?\n") == {"dW": "right", "db": "missing"}
    assert refused("dW: [[37. 47.]\n[67. 77.]]\n\n# mine\ndb: 10\n") == {"dW": "right", "db": "right"}
    assert refused("dW = np.array([[37, 47],\n               [67, 77]])\ndb = 10.\n") == {"dW": "right", "db": "right"}
    assert refused("db:10\ndW:[[37, 47], [67, 77]]\n# mine\n") == {"db": "right", "dW": "right"}
    assert refused("dW: [1, 2\ndb: 10") == {
        "dW": "a.yaml:1:5: dW: has a bracket that is not closed; close it",
        "db": "right",
    }
    assert refused("db: 10\ndW: 1\ndW: 2\n") == {
        "db": "right",
        "dW": "a.yaml:3:1: dW: is given twice, first in line 2; keep one",
    }
    assert refused("answers:\n  dW: !!python/object:os.system 1\n  db: 10\n") == {
        "dW": "a.yaml:2:5: dW: has the tag '!!python/object:os.system'; leave tags out",
        "db": "right",
    }
    assert refused("dW: <<a\ndb: [10\nfoo: [") == {
        "dW": "a.yaml:1:5: dW: '<<a' is not a number; write one like 1, -2.5, 1e-3 or 3/7",
        "db": "a.yaml:2:5: db: has a bracket that is not closed; close it",
        "foo": "a.yaml:3:1: foo: this exercise has no 'foo'; it has Z, dA, dW, db",
    }


@pytest.mark.usefixtures("files")
def test_numpy_files_are_answers() -> None:
    np.savez("a.npz", dw=RIGHT["dW"], db=np.float32(10), foo=1)
    found = check("hw.yaml", "a.npz")
    verdicts = {name: judged.verdict for name, judged in found.answers.items()}
    assert verdicts == {"dW": "right", "db": "right", "foo": "refused"}
    np.savez("one.npz", dW=RIGHT["dW"], db=np.array(["x"]))
    some = check("hw.yaml", "one.npz").answers
    assert (some["dW"].verdict, some["db"].verdict) == ("right", "refused")
    assert some["db"].message == "one.npz: db: holds text; save it as float64 or as integers"
    np.savez("none.npz")
    assert cnngrad("check", "hw.yaml", "none.npz").err == "error: none.npz: holds no array; save one in it\n"
    np.save("dW.npy", RIGHT["dW"])
    assert check("hw.yaml", "dW.npy", require="dW").passed
    assert check("hw.yaml", {"dW": {"file": "dW.npy"}}).passed
    done = cnngrad("check", "hw.yaml", "dW.npy")
    says = "holds answers without a name; write a mapping, as in dW: [[1, 2], [3, 4]]; or say with --require dW which"
    assert (done.code, done.err) == (2, f"error: dW.npy: {says} quantity it is\n")
    Path("a.yaml").write_text("[[37, 47], [67, 77]]")
    assert cnngrad("check", "hw.yaml", "a.yaml", "--require", "dW").code == 0
    np.save("o.npy", np.array([None]))
    Path("bad.npz").write_bytes(b"PK\x03\x04")
    for name, why in (("o.npy", "holds Python objects"), ("bad.npz", "is damaged or no .npz file")):
        assert cnngrad("check", "hw.yaml", name, "--require", "dW").err.startswith(f"error: {name}: {why}")
    np.savez("two.npz", dA=np.zeros((3, 3)), dW=np.zeros((2, 2)))
    two = cnngrad("check", "hw.yaml", "two.npz", "--limit", "cells=12")
    assert "2 answers: 1 wrong, 1 refused" in two.out
    assert "dW: has 4 cells, over the limit of 3" in two.out
