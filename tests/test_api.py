"""The Python API: the same results, settings and messages as the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import cnngrad as command
from layers import exact, integers

import cnngrad
from cnngrad.calculus.tape import Amendments
from cnngrad.errors import CnngradError
from cnngrad.exercise.exercise import Exercise
from cnngrad.numbers.kinds import Array

A, W, b = integers((2, 3, 6, 6), 1), integers((4, 3, 3, 3), 2), integers((4,), 3)
NCHW: dict[str, Any] = {"layout": "NCHW", "stride": 2, "padding": [[1, 0], [0, 1]], "dilation": 1}


def test_run_takes_a_path_a_dict_and_an_example(tmp_path: Path) -> None:
    path = tmp_path / "hw.yaml"
    path.write_text("op: conv\ninput: [1, 2]\nkernel: [3]\ndelta: 1\n")
    spec = {"op": "conv", "input": np.array([1, 2]), "kernel": [3], "delta": 1}
    for given in (path, str(path), spec):
        assert cnngrad.run(given).results["dW"].tolist() == [3]
    assert cnngrad.run("example:ties").results["Z"].tolist() == [[5, 2]]


def test_results_are_float64_or_fractions() -> None:
    spec = {"op": "conv", "input": [1, 2], "kernel": [3]}
    assert cnngrad.run(spec).results["Z"].dtype == np.float64
    assert cnngrad.run({**spec, "numbers": "exact"}).results["Z"].dtype == object


def test_explain_prints_steps_and_shows_a_table_in_jupyter() -> None:
    steps = cnngrad.run({"op": "conv", "input": [1, 2], "kernel": [3], "delta": [5, 7]}).explain("dW[0]")
    assert steps.value == 5 * 1 + 7 * 2
    assert "dW[0] = dZ[0]*A[0] + dZ[1]*A[1]\n        = 5*1 + 7*2\n        = 5 + 14\n        = 19" in str(steps)
    html = steps._repr_html_()
    assert html.startswith("<table>")
    assert "<td>dZ[1]*A[1]</td><td>7.0 * 2.0</td><td>14.0</td>" in html


def test_printing_a_result_shows_its_page() -> None:
    assert str(cnngrad.run("example:ties")).startswith("Pooling: ties in max pooling\n")


def test_array_functions_agree_with_run() -> None:
    Z = cnngrad.conv_forward(A, W, b, **NCHW)
    dA, dW, db = cnngrad.conv_backward(A, W, Z, **NCHW)
    spec = {"op": "conv", "input": A, "kernel": W, "bias": b, "delta": Z, **NCHW}
    results = cnngrad.run(spec).results
    for name, array in {"Z": Z, "dA": dA, "dW": dW, "db": db}.items():
        np.testing.assert_array_equal(array, results[name])


@pytest.mark.parametrize("mode", ["max", "average"])
def test_pool_functions_agree_with_run(mode: str) -> None:
    settings: dict[str, Any] = {"window": [2, 3], "stride": 2, "padding": 1, "mode": mode, "layout": "NCHW"}
    Z = cnngrad.pool_forward(A, **settings)
    results = cnngrad.run({"op": "pool", "input": A, "delta": Z, **settings}).results
    np.testing.assert_array_equal(Z, results["Z"])
    np.testing.assert_array_equal(cnngrad.pool_backward(A, Z, **settings), results["dA"])


def test_a_number_as_upstream_stands_for_every_cell() -> None:
    ones = np.ones((2, 4, 4, 4))
    for ours, theirs in zip(
        cnngrad.conv_backward(A, W, 1, layout="NCHW"), cnngrad.conv_backward(A, W, ones, layout="NCHW"), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_float32_stays_float32_and_integers_become_float64() -> None:
    small = [array.astype(np.float32) for array in (A, W, b)]
    assert cnngrad.conv_forward(small[0], small[1], small[2], layout="NCHW").dtype == np.float32
    assert {d.dtype for d in cnngrad.conv_backward(small[0], small[1], 1, layout="NCHW")} == {np.dtype(np.float32)}
    assert cnngrad.pool_backward(small[0], 1, 2, layout="NCHW").dtype == np.float32
    assert cnngrad.conv_forward([1, 2], [3]).dtype == np.float64


def test_fractions_stay_exact() -> None:
    assert cnngrad.conv_forward(exact(integers((4,), 1)), exact(integers((2,), 2))).dtype == object


class Detached:
    """A tensor that needs a gradient, as torch's: it gives no array, but its detached numbers do."""

    def __init__(self, numbers: Array) -> None:
        self.numbers = numbers

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        """What torch says."""
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    def detach(self) -> Array:
        """The numbers alone."""
        return self.numbers


class Stubborn:
    """Something that promises an array and gives none."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        """Nothing."""
        raise TypeError("not today")


class Holder:
    """Something with numbers inside, as a data frame."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        """Four whole numbers."""
        return np.array([[1, 2], [3, 4]])


def test_whatever_holds_numbers_is_taken() -> None:
    small = np.array([[1, 2], [3, 4]], dtype=np.float32)
    whole = np.array([[1, 2], [3, 10**30]], dtype=object)
    for given, dtype in (
        (Detached(small), np.float32), (Holder(), np.float64), (small.astype(">f4"), np.float32),
        (small.astype(">f8"), np.float64), (small.astype(np.uint8), np.float64), (whole, np.float64),
        (np.array([[1, Decimal("0.5")]], dtype=object), object), ([np.ones(2), np.ones(2)], np.float64),
    ):  # fmt: skip
        assert cnngrad.pool_forward(given, 1).dtype == dtype
    assert cnngrad.conv_forward(Detached(small), Detached(small), bias := [1])[()] == 1 + 4 + 9 + 16 + bias[0]
    assert cnngrad.pool_backward(Detached(small), Detached(small[:1, :1]), 2).tolist() == [[0, 0], [0, 1]]


def test_fractions_beside_floats_stay_exact() -> None:
    half = np.array([Fraction(1, 2), Fraction(1, 3)], dtype=object)
    assert cnngrad.conv_forward(half, [0.5])[1] == Fraction(1, 6)


ONES = np.ones((2, 2))
BAD: list[tuple[Any, str]] = [
    (np.array([[1, np.nan]]), "[0,1]: 'nan' is not a number; gradients need finite values"),
    (np.array([[1, -np.inf]], dtype=np.float32), "[0,1]: '-inf' is infinite; gradients need finite values"),
    (np.array([[1, None]]), "[0,1]: 'null' is empty, not a number; write 0 if you mean zero"),
    (np.array([[1, "a"]], dtype=object), "[0,1]: 'a' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    (np.array([[1, float("nan")]], dtype=object), "[0,1]: 'nan' is not a number; gradients need finite values"),
    (np.array([[1, True]], dtype=object), "[0,1]: 'True' is a truth value, not a number; write 1 or 0"),
    (np.array([[1, {}]]), "[0,1]: is of type 'dict'; give numbers"),
    ([[10**400]], "[0,0]: is beyond float64, which holds 5e-324 to 1.8e308; scale the numbers"),
    ("abc", ": has dtype <U3; give float64, float32, integers or fractions"),
    (ONES + 1j, ": has dtype complex128; give float64, float32, integers or fractions"),
    (np.array(["2020-01-01"], "M8[D]"), ": has dtype datetime64[D]; give float64, float32, integers or fractions"),
    (np.ma.masked_array(ONES, ONES > 0), ": is a masked array; fill its cells and give a plain one"),
    ([[1, 2], [3]], ": is ragged; give every row the same length"),
    (np.zeros((0, 2)), ": has shape 0x2, without a single cell; give at least one number"),
    (Stubborn(), ": type 'Stubborn' gives no array ('not today'); give numbers, lists or numpy arrays"),
    (object(), ": is of type 'object'; give numbers"),
]


@pytest.mark.parametrize(("given", "message"), BAD, ids=[message for _, message in BAD])
def test_every_array_argument_is_refused_by_its_name_and_its_cell(given: Any, message: str) -> None:
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("input", lambda: cnngrad.conv_forward(given, ONES)),
        ("kernel", lambda: cnngrad.conv_forward(ONES, given)),
        ("bias", lambda: cnngrad.conv_forward(ONES, ONES, given)),
        ("delta", lambda: cnngrad.conv_backward(ONES, ONES, given)),
        ("input", lambda: cnngrad.pool_forward(given, 1)),
        ("delta", lambda: cnngrad.pool_backward(ONES, given, 1)),
    ]
    for name, call in calls:
        with pytest.raises(cnngrad.CnngradError) as caught:
            call()
        assert str(caught.value) == name + message


SETTINGS = ("stride", "padding", "dilation", "layout")
OF_CONV = (*SETTINGS, "groups", "flip_kernel", "transposed", "output_padding", "output_shape", "padding_mode")
OF_POOL = (*SETTINGS, "window", "mode", "ties", "ceil_mode", "count_include_pad", "divisor_override")
LOOP: list[Any] = []
LOOP.append(LOOP)
NONSENSE: tuple[Any, ...] = (
    None, float("nan"), 2.5, "x", [1, 2, 3], np.int64(1), 10**30, 10**5000, True, -1, 0, [], {}, np.array([1, 1]),
    np.array(1), LOOP, object(), 1 + 2j, [[1, 1], [1, 1]], np.bool_(True), b"x", np.float64(1),
)  # fmt: skip


def said_of(call: Callable[..., Any], *values: Any) -> str:
    """The message of a refusal; nothing where there is a result."""
    try:
        call(*values)
    except cnngrad.CnngradError as error:
        return str(error)
    return ""


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("key", sorted({*OF_CONV, *OF_POOL}))
def test_nonsense_in_a_setting_is_a_result_or_one_line_that_names_it(key: str) -> None:
    calls: list[Callable[[Any], Any]] = []
    if key in OF_CONV:
        calls += [lambda v: cnngrad.conv_forward(ONES, ONES, **{key: v})]
        calls += [lambda v: cnngrad.conv_backward(ONES, ONES, 1, **{key: v})]
    if key in OF_POOL:
        calls += [lambda v: cnngrad.pool_forward(ONES, **{"window": 2, key: v})]
        calls += [lambda v: cnngrad.pool_backward(ONES, 1, **{"window": 2, key: v})]
    said = [said_of(call, value) for call in calls for value in NONSENSE]
    assert [line for line in said if "\n" in line or line.startswith("<spec>")] == []


def test_results_beyond_the_floats_are_refused() -> None:
    large = np.full((2, 2), 1e308)
    for call, message in (
        (lambda: cnngrad.conv_forward(large, large), "Z[0,0]: is beyond float64, whose largest number is 1.8e308; "),
        (lambda: cnngrad.conv_backward(large, ONES, large[:1, :1]), "dW[0,0]: is beyond float64, whose largest "),
        (
            lambda: cnngrad.conv_forward((ONES * 1e38).astype(np.float32), (ONES * 9).astype(np.float32)),
            "Z[0,0]: is beyond float32, whose largest number is 3.4e38; scale the numbers, or give float64",
        ),
    ):
        with pytest.raises(cnngrad.CnngradError) as caught:
            call()
        assert str(caught.value).startswith(message)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("key", ["input", "kernel", "bias", "delta", "stride", "title", "numbers", "answers", "op"])
def test_any_value_in_a_dict_ends_in_a_result_or_an_error(key: str) -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    cells = (np.array([[1, None]], dtype=object), np.array([[np.nan]]), np.float32("inf"), np.longdouble(1), deep)
    for value in (*NONSENSE, *cells, Stubborn(), {"file": None}, {1: 2}, Decimal("sNaN"), Fraction(10**400), 1e308):
        try:
            result = cnngrad.run({"op": "conv", "input": [[1, 2]], "kernel": [[3]], "delta": 1, key: value})
            str(result)
            result.to_dict()
        except cnngrad.CnngradError:
            pass


@pytest.mark.parametrize("spec", [None, 1, [], ONES, b"x.yaml"])
def test_what_is_no_spec_is_said(spec: Any) -> None:
    for call in (cnngrad.run, cnngrad.check):
        with pytest.raises(cnngrad.CnngradError) as caught:
            call(spec)
        name = type(spec).__name__
        assert str(caught.value) == f"the spec is of type '{name}'; give a dict or the path of a file"


ERRORS: list[tuple[Callable[[], Any], str]] = [
    (lambda: cnngrad.conv_forward(A, W, strid=2), "strid: is no setting of conv; did you mean 'stride'?"),
    (
        lambda: cnngrad.pool_forward(A, 2, zzz=2),
        "zzz: is no setting of pool; it takes window, mode, stride, padding, dilation, layout, ceil_mode, "
        "count_include_pad, divisor_override, ties",
    ),
    (lambda: cnngrad.conv_forward(A, W, stride=0), "stride: is 0; it must be at least 1"),
    (lambda: cnngrad.conv_forward(A, W, layout="NCWH"), "layout: 'NCWH' is unknown; did you mean 'NCHW'?"),
    (lambda: cnngrad.conv_forward([[1, 2], [3]], W), "input: is ragged; give every row the same length"),
    (
        lambda: cnngrad.conv_forward(A > 0, W),
        "input: has dtype bool; give float64, float32, integers or fractions",
    ),
    (
        lambda: cnngrad.conv_forward(A, W, b[:2], layout="NCHW"),
        "bias: has shape 2, but there are 4 filters; give 4 numbers",
    ),
    (
        lambda: cnngrad.conv_backward(A, W, b, layout="NCHW"),
        "delta: has shape 4, but Z has shape 2x4x4x4 (NCHW): it has 1 axis, not 4; give one number per cell of Z",
    ),
    (
        lambda: cnngrad.conv_forward([1, 2], [1, 2, 3], dilation=2),
        "kernel: spans 5 cells with dilation 2, but the padded length is 2; add padding or lower the dilation",
    ),
    (
        lambda: cnngrad.run({"op": "conv", "input": [1, None], "kernel": [1]}),
        "<spec>: input[1]: 'null' is empty, not a number; write 0 if you mean zero",
    ),
    (lambda: cnngrad.run({"op": "cnv"}), "<spec>: op: 'cnv' is unknown; did you mean 'conv'?"),
    (lambda: cnngrad.run("example:ties", trace="all"), "trace: 'all' is unknown; it is one of none, brief, full"),
    (
        lambda: cnngrad.run("example:ties", method="x"),
        "method: 'x' is unknown; it is one of gather, scatter, rotate, matrix",
    ),
    (
        lambda: cnngrad.run({"op": "conv", "input": [1, 2], "kernel": [1]}, gradcheck=True).gradcheck,
        "gradcheck: there is no gradient to check; give the spec a delta",
    ),
    (
        lambda: cnngrad.run("example:by-hand-symbolic", gradcheck=True).gradcheck,
        "gradcheck: compares numbers, not formulas; take numbers='float' or exact",
    ),
    (  # two terms in each cell, a product and the bias
        lambda: cnngrad.run({"op": "conv", "input": np.ones(600_000), "kernel": [1]}, trace="full").traces,
        "trace='full': more than 1,000,000 terms; take trace='brief', or raise the limit with limit='terms=1200000'",
    ),
    (
        lambda: cnngrad.run({"op": "graph", "expression": "x * y", "values": {"x": 1}}),
        "<spec>: values: y has no value; give it as values: {y: 2}",
    ),
    (lambda: cnngrad.run("example:ties", index_base=2), "index_base: 2 is unknown; it is one of 0, 1"),
]


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=[message for _, message in ERRORS])
def test_messages(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(cnngrad.CnngradError) as caught:
        call()
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError)


def test_a_page_names_the_arguments_that_show_more() -> None:
    """On the command line it names options, and what was said there is not said here afterwards."""
    says = "the tree, the rules and the steps are left out"
    text = " + ".join(["x"] * 80)
    assert f"{says}; --trace full shows them" in command("graph", text, "--at", "x=1", "--format", "text").out
    page = str(cnngrad.run({"op": "graph", "expression": text, "values": {"x": 1}}))
    assert f"{says}; trace='full' shows them" in page


def test_importing_imports_nothing_heavy() -> None:
    code = "import sys, cnngrad; print(sorted({'numpy', 'yaml', 'rich', 'click'} & set(sys.modules)), dir(cnngrad))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] ")
    assert all(name in done.stdout for name in cnngrad.__all__)


def test_an_unknown_attribute_is_one() -> None:
    with pytest.raises(AttributeError, match="module 'cnngrad' has no attribute 'conv_backwards'"):
        _ = cnngrad.conv_backwards


def test_explain_goes_back_to_the_loss() -> None:
    found = cnngrad.explain("example:forum-network", "conv1.dW[0,1]", index_base=0)
    assert str(found).splitlines()[0].startswith("Network: ")
    assert "Back to the loss" in str(found)
    assert found.to_dict()["trace"][0]["cell"] == "conv1.dW[0,1]"
    with pytest.raises(CnngradError) as caught:
        cnngrad.explain("example:forum-network")
    assert str(caught.value) == "cells: none is named; name one, as in explain(spec, 'dW[0,1]')"


def test_audit_is_what_the_command_prints() -> None:
    found = cnngrad.audit("example:ties", criterion="mean")
    printed = command("audit", "example:ties", "--criterion", "mean", "--format", "json")
    assert printed.code == 0
    assert found.to_dict() == json.loads(printed.out)
    assert str(found) == command("audit", "example:ties", "--criterion", "mean", "--format", "text").out
    with pytest.raises(CnngradError) as caught:
        cnngrad.audit("example:ties", criterion="median")
    assert str(caught.value) == "criterion: 'median' is unknown; it is one of cells, mean, sum, shape"


def test_generate_makes_what_the_command_makes() -> None:
    exercise = cnngrad.generate("pool", seed=7, window=2)
    assert exercise.spec == command("generate", "pool", "--seed", "7", "--window", "2").out
    with pytest.raises(CnngradError) as caught:
        cnngrad.generate("pool", steps=2)
    assert str(caught.value) == "steps: is no option of pool; rnn has it"
    with pytest.raises(CnngradError) as caught:
        cnngrad.generate("cnn")
    assert str(caught.value) == ("kind: 'cnn' is unknown; it is one of conv-backward, pool, network, graph, rnn")


@pytest.mark.parametrize("name", ["course-notebook-conv", "ties", "forum-network", "rnn-matrix", "lecture-graph"])
def test_a_check_solves_the_exercise_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as it is and, where that decides, once in fractions; students' numbers and mistakes are other exercises."""
    exercise = cnngrad.run(f"example:{name}").exercise
    solved: list[Exercise] = []
    solve = type(exercise).solve

    def counted(self: Exercise) -> Any:
        solved.append(self)
        return solve(self)

    answers = dict(cnngrad.run(f"example:{name}").arrays)
    monkeypatch.setattr(type(exercise), "solve", counted)
    assert cnngrad.check(f"example:{name}", {key: array for key, array in answers.items() if key != "argmax"}).passed
    assert len([each for each in solved if same_exercise(each, exercise)]) == 1


def same_exercise(one: Exercise, other: Exercise) -> bool:
    """Whether they have the same numbers of the same kind, the same settings, and no mistake is made in either."""
    plain = getattr(one, "amendments", Amendments()) == Amendments()
    arrays = all(np.array_equal(array, one.arrays()[name]) for name, array in other.arrays().items())
    return plain and arrays and one.kind is other.kind and one.settings() == other.settings()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 0}, "window: 0 is no whole number from 1 to 1,000"),
        ({"window": "3"}, "window: '3' is no whole number from 1 to 1,000"),
        ({"padding": True}, "padding: True is no whole number from 0 to 1,000"),
        ({"size": 0}, "size: 0 is no whole number from 1 to 9,999"),
        ({"size": (4, -1)}, "size: -1 is no whole number from 1 to 9,999"),
        ({"size": "4,6"}, "size: '4,6' is no whole number from 1 to 9,999"),
        ({"mode": "min"}, "mode: 'min' is unknown; it is one of max, average"),
        ({"digits": 5}, "digits: 5 is no whole number from 1 to 4"),
        ({"seed": -1}, "seed: -1 is no whole number from 0 to 999,999,999,999,999,999"),
    ],
)
def test_settings_that_no_exercise_has_are_said(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CnngradError) as caught:
        cnngrad.generate("pool", **settings)
    assert str(caught.value) == message


def test_a_size_may_be_one_number() -> None:
    assert cnngrad.generate("pool", size=6, window=2).spec == cnngrad.generate("pool", size=(6, 6), window=2).spec


def test_limits_are_raised_as_messages_say() -> None:
    cells = "<spec>: input: has 3 cells or more, over the limit of 2; raise it with limit='cells=3'"
    spec = {"op": "conv", "input": [1, 2, 3], "kernel": [1]}
    with pytest.raises(CnngradError) as caught:
        cnngrad.run(spec, limit="cells=2")
    assert str(caught.value) == cells
    with pytest.raises(CnngradError) as caught:
        cnngrad.audit(spec, limit="cells=2")
    assert str(caught.value) == cells
    with pytest.raises(CnngradError) as caught:
        cnngrad.check(spec, {"Z": [1, 2, 3]}, limit="cells=2")
    assert str(caught.value) == cells
    assert cnngrad.run(spec, limit=["cells=3", "terms=1"]).results["Z"].tolist() == [1, 2, 3]


def test_decimals_are_a_whole_number() -> None:
    with pytest.raises(CnngradError) as caught:
        cnngrad.run("example:ties", precision=-1)
    assert str(caught.value) == "precision: -1 is no whole number from 0 to 100"


def test_arrays_with_the_channels_first_are_asked_for_their_layout() -> None:
    A, W = np.ones((2, 3, 5, 5)), np.ones((4, 3, 3, 3))
    calls: tuple[tuple[Callable[[], Any], str], ...] = (
        (lambda: cnngrad.conv_forward(A, W), "NCHW"),
        (lambda: cnngrad.conv_backward(A, W, 1), "NCHW"),
        (lambda: cnngrad.conv_forward(A[0], W), "CHW"),
        (lambda: cnngrad.pool_forward(A, 4), "NCHW"),
        (lambda: cnngrad.pool_backward(A, 1, 4), "NCHW"),
        (lambda: cnngrad.conv_backward(np.ones((5, 5, 5)), np.ones((5, 5, 5, 5)), np.ones((5, 1, 1))), "CHW"),
        (lambda: cnngrad.pool_backward(np.ones((8, 8, 8)), np.ones((8, 4, 4)), 2), "CHW"),
        (lambda: cnngrad.run({"op": "conv", "input": A, "kernel": W}), "NCHW"),
    )
    for call, letters in calls:
        with pytest.raises(cnngrad.CnngradError) as caught:
            call()
        assert str(caught.value).endswith(f"; or is it layout: {letters}?")
    with pytest.raises(cnngrad.CnngradError) as caught:
        cnngrad.conv_forward(A, W, layout="NHWC")
    assert "or is it" not in str(caught.value)
    with pytest.raises(cnngrad.CnngradError) as caught:
        cnngrad.pool_backward(np.ones((8, 8, 8)), np.ones((8, 4, 4)), 2, layout="HWC")
    assert "or is it" not in str(caught.value)
