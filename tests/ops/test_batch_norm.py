"""Batch normalisation against arithmetic that is written out here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exercises import named, solved
from pytorch import INSTALLED, F, torch

import cnngrad


def test_batch_normalisation_of_two_examples() -> None:
    # mean 2, variance 1, eps 3: x-hat = (1 - 2)/2, (3 - 2)/2; Z = 4*x-hat + 5
    layers = [{"op": "batch_norm", "gamma": 4, "beta": 5, "eps": 3}]
    found = solved(op="network", input=[[1], [3]], layers=layers, delta=[[1], [3]])["layers"][0]["results"]
    assert found["Z"] == [[4 * -0.5 + 5], [4 * 0.5 + 5]]
    assert found["dgamma"] == 1 * -0.5 + 3 * 0.5
    assert found["dbeta"] == 1 + 3
    # dA = gamma/(N*sigma) * (N*dZ - sum dZ - x-hat * sum dZ*x-hat) = 4/(2*2) * (2*dZ - 4 - x-hat*1)
    assert found["dA"] == [[1 * (2 * 1 - 4 + 0.5)], [1 * (2 * 3 - 4 - 0.5)]]


def test_a_gamma_that_is_a_list_of_one_has_the_terms_of_its_gradient() -> None:
    layer = {"op": "batch_norm", "gamma": [2], "eps": 1}
    spec = {"op": "network", "layout": "HW", "input": [[1, 2], [3, 4]], "layers": [layer], "delta": [[1, 0], [0, 3]]}
    trace = cnngrad.run(spec).explain("batch_norm1.dgamma[0]").to_dict()
    sd = ((1.5**2 + 0.5**2 + 0.5**2 + 1.5**2) / 4 + 1) ** 0.5
    assert [term["factors"][1] for term in trace["terms"]] == [f"batch_norm1.N[{i},{j}]" for i, j in np.ndindex(2, 2)]
    assert sum(term["product"] for term in trace["terms"]) == pytest.approx((1 * -1.5 + 3 * 1.5) / sd)
    assert trace["value"] == pytest.approx((1 * -1.5 + 3 * 1.5) / sd)


GIVEN = {
    "op": "batch_norm",
    "layout": "CHW",
    "input": [[[1, 2], [3, 4]], [[0, 1], [-1, 5]]],
    "gamma": [2, 3],
    "beta": [1, -1],
    "eps": 1,
    "statistics": {"mean": [1, 2], "variance": [3, 8]},
    "delta": [[[1, 0], [2, -1]], [[1, 1], [0, 3]]],
}
"""sd = sqrt(3 + 1) = 2 and sqrt(8 + 1) = 3, so gamma/sd = 1 in both channels: Z = A - mean + beta."""


def test_given_statistics_are_constants() -> None:
    found = solved(**GIVEN)
    assert found["Z"] == [[[1 - 1 + 1, 2], [3, 4]], [[0 - 2 - 1, -2], [-4, 2]]]
    assert found["dA"] == GIVEN["delta"]
    # N = (A - mean)/sd: (0, 1, 2, 3)/2 and (-2, -1, -3, 3)/3
    assert found["dgamma"] == pytest.approx([(0 * 1 + 0 + 2 * 2 - 3) / 2, (-2 - 1 + 0 + 3 * 3) / 3])
    assert found["dbeta"] == [1 + 2 - 1, 1 + 1 + 3]


def test_the_steps_of_given_statistics_have_no_term_through_the_mean() -> None:
    result = cnngrad.run(GIVEN)
    steps = result.explain("dA[1,0,1]").to_dict()
    assert [term["factors"] for term in steps["terms"]] == [["dZ[1,0,1]", "gamma[1]", "(1/sd[1])"]]
    assert [term["values"][0] for term in steps["terms"]] == [1]
    assert "moves no other cell of Z" in str(result.explain("dA[1,0,1]"))
    assert all(law["holds"] for law in result.to_dict()["laws"])
    assert "given by the key statistics.mean of the spec" in str(cnngrad.explain(GIVEN, "mean[1]"))


def test_one_gamma_in_exact_numbers() -> None:
    spec: dict[str, Any] = {
        "op": "batch_norm",
        "layout": "L",
        "input": ["a", 2],
        "gamma": "g",
        "beta": "h",
        "delta": ["d", 1],
    }
    spec |= {"statistics": {"mean": "m", "variance": "v"}, "numbers": "symbolic", "eps": 1}
    result = cnngrad.run(spec)
    assert [str(cell) for cell in result.arrays["dA"]] == ["d*g/sqrt(v + 1)", "g/sqrt(v + 1)"]
    assert all(law.holds for law in result.laws)


def test_the_statistics_of_the_batch_used_in_evaluation() -> None:
    """One channel 1, 3 with mean 2, variance 1, eps 3: sd 2; given are mean 0, variance 1."""
    spec = {"op": "batch_norm", "input": [[1], [3]], "eps": 3, "statistics": {"mean": 0, "variance": 1}}
    assert named(spec, "Z", [[-0.5], [0.5]]) == ["training-statistics"]
    # dA = (dZ - mean(dZ) - N*mean(dZ*N))/2 with dZ = 1, 3: mean 2, mean(dZ*N) = (-0.5 + 1.5)/2
    wrong = [[(1 - 2 + 0.5 * 0.5) / 2], [(3 - 2 - 0.5 * 0.5) / 2]]
    assert named({**spec, "delta": [[1], [3]]}, "dA", wrong) == ["training-statistics"]
    score = cnngrad.audit({**spec, "delta": [[1], [3]]}).to_dict()
    assert all("statistics-constant" not in ids for ids in score["invisible"].values())


@INSTALLED
@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "NCL", "CHW", "NDHWC", "HW", ""])
def test_evaluation_in_pytorch(layout: str) -> None:
    rng = np.random.default_rng(len(layout))
    letters = layout or "NF"
    shape = tuple({"N": 2, "C": 3, "F": 3}.get(letter, 2) for letter in letters)
    channels = [n for n, letter in zip(shape, letters, strict=True) if letter in "CF"]
    A, delta = rng.normal(size=shape), rng.normal(size=shape)
    gamma, beta, mean, variance = (rng.uniform(0.5, 2, channels) for _ in range(4))
    spec = {"op": "batch_norm", "input": A, "delta": delta, "gamma": gamma, "beta": beta, "eps": 0.1}
    spec |= {"statistics": {"mean": mean, "variance": variance}} | ({"layout": layout} if layout else {})
    theirs = [torch.tensor(array, requires_grad=True) for array in (A, gamma, beta)]
    axis = next((i for i, letter in enumerate(letters) if letter in "CF"), None)
    planes = theirs[0][None] if axis is None else theirs[0].movedim(axis, 0)
    rows = planes.reshape(len(planes), -1).T
    flat = (torch.tensor(each).reshape(-1) for each in (mean, variance))
    Z = F.batch_norm(rows, *flat, theirs[1].reshape(-1), theirs[2].reshape(-1), training=False, eps=0.1)
    Z = Z.T.reshape(planes.shape)
    Z = Z[0] if axis is None else Z.movedim(0, axis)
    Z.backward(torch.tensor(delta))
    found = cnngrad.run(spec).arrays
    expected = {
        "Z": Z.detach(),
        **{f"d{name}": leaf.grad for name, leaf in zip(("A", "gamma", "beta"), theirs, strict=True)},
    }
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array.numpy(), rtol=0, atol=1e-12, err_msg=name)


def test_a_network_is_evaluated_with_given_statistics() -> None:
    layers = [{"op": "batch_norm", "gamma": 4, "eps": 3, "statistics": {"mean": 1, "variance": 1}}]
    found = solved(op="network", input=[[1], [3]], layers=layers, delta=[[1], [3]])["layers"][0]["results"]
    assert found["Z"] == [[0], [4 * (3 - 1) / 2]]
    assert found["dA"] == [[1 * 4 / 2], [3 * 4 / 2]]


def wrong_gradients(A: Any, dZ: Any, gamma: Any, axes: tuple[int, ...], scaled: tuple[int, ...]) -> dict[str, Any]:
    """Each mistake written out, with eps = 3: the mean runs over `axes`, gamma belongs to what is not `scaled` away."""
    mean = A.mean(axis=axes, keepdims=True)
    sd = np.sqrt(((A - mean) ** 2).mean(axis=axes, keepdims=True) + 3)
    N, G = (A - mean) / sd, dZ * gamma
    curved = N * (G * N).mean(axis=axes, keepdims=True)
    plain = dZ - dZ.mean(axis=axes, keepdims=True) - N * (dZ * N).mean(axis=axes, keepdims=True)
    return {
        "statistics-constant": ("dA", G / sd),
        "mean-term-not-averaged": ("dA", (G - G.sum(axis=axes, keepdims=True) - curved) / sd),
        "gamma-forgotten": ("dA", plain / sd),
        "beta-from-input": ("dbeta", A.sum(axis=scaled)),
        "gradient-not-reset": ("dgamma", 2 * (dZ * N).sum(axis=scaled)),
    }


@pytest.mark.parametrize(
    ("op", "layout", "shape", "axes", "scaled"),
    [
        ("batch_norm", "", (3, 2), (0,), (0,)),
        ("batch_norm", "NCHW", (2, 3, 2, 2), (0, 2, 3), (0, 2, 3)),
        ("layer_norm", "", (2, 4), (1,), (0,)),
        ("layer_norm", "NCHW", (2, 1, 2, 3), (3,), (0, 1, 2)),
    ],
)
def test_mistakes_are_named_on_random_numbers(op: str, layout: str, shape: Any, axes: Any, scaled: Any) -> None:
    rng = np.random.default_rng(5)
    A, dZ = (rng.integers(-9, 10, shape).astype(float) for _ in range(2))
    kept = [size for axis, size in enumerate(shape) if axis not in scaled]
    gamma = rng.integers(2, 6, kept).astype(float)
    layer = {"op": op, "gamma": gamma, "eps": 3}
    spec = {"op": "network", "input": A, "layers": [layer], "delta": dZ} | ({"layout": layout} if layout else {})
    spread = gamma.reshape([1 if axis in scaled else size for axis, size in enumerate(shape)])
    for id_, (quantity, wrong) in wrong_gradients(A, dZ, spread, axes, scaled).items():
        assert id_ in named(spec, f"{op}1.{quantity}", wrong), id_


def test_a_cell_with_given_statistics_is_explained_with_their_sd() -> None:
    """sd = sqrt(3 + 1) = 2 and sqrt(15 + 1) = 4: dA[0,0] = 4*2/2 and dA[1,1] = 10*3/4."""
    result = cnngrad.run({"op": "batch_norm", "input": [[1, 2], [3, 5]], "gamma": [2, 3], "eps": 1,
                          "statistics": {"mean": [0, 0], "variance": [3, 15]}, "delta": [[4, 6], [8, 10]]})  # fmt: skip
    for cell, value in (("dA[0,0]", 4), ("dA[1,1]", 7.5)):
        trace = result.trace(cell)
        assert trace.value == sum(term.product for term in trace.terms) == value
