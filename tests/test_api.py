"""The Python API: the same results, settings and messages as the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layers import exact, integers

import cnngrad

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
    (lambda: cnngrad.run("example:ties", index_base=2), "index_base: 2 is unknown; it is one of 0, 1"),
]


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=[message for _, message in ERRORS])
def test_messages(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(cnngrad.CnngradError) as caught:
        call()
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError)


def test_importing_imports_nothing_heavy() -> None:
    code = "import sys, cnngrad; print(sorted({'numpy', 'yaml', 'rich', 'click'} & set(sys.modules)), dir(cnngrad))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] ")
    assert all(name in done.stdout for name in cnngrad.__all__)


def test_an_unknown_attribute_is_one() -> None:
    with pytest.raises(AttributeError, match="module 'cnngrad' has no attribute 'conv_backwards'"):
        _ = cnngrad.conv_backwards
