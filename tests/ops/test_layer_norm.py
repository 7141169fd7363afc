"""Layer normalisation against arithmetic that is written out here, and against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from commands import cnngrad as command
from exercises import solved
from hypothesis import given
from hypothesis import strategies as st

import cnngrad
from cnngrad.exercise.terms import Cell


def network(layer: dict[str, Any], input_: Any, delta: Any = 1, **more: Any) -> dict[str, Any]:
    """A network of this layer alone."""
    return {"op": "network", "input": input_, "layers": [{"op": "layer_norm", **layer}], "delta": delta, **more}


def test_two_rows_by_hand() -> None:
    # row 0: mean 2, variance 1, eps 3, sd 2: N = (1 - 2)/2, (3 - 2)/2; Z = gamma*N + beta with gamma 4, 6
    # row 1: mean 5, variance 1: N = 1/2, -1/2
    layer = {"gamma": [4, 6], "beta": [1, 0], "eps": 3}
    found = solved(**network(layer, [[1, 3], [6, 4]], [[1, 3], [0, 2]]))["layers"][0]["results"]
    assert found["Z"] == [[4 * -0.5 + 1, 6 * 0.5], [4 * 0.5 + 1, 6 * -0.5]]
    assert found["dgamma"] == [1 * -0.5 + 0 * 0.5, 3 * 0.5 + 2 * -0.5]
    assert found["dbeta"] == [1 + 0, 3 + 2]
    # dA = (g - mean(g) - N*mean(g*N))/sd with g = dZ*gamma: row 0 has g = 4, 18, mean 11, mean(g*N) = 3.5
    # row 1 has g = 0, 12, mean 6, mean(g*N) = -3
    assert found["dA"] == [
        [(4 - 11 + 0.5 * 3.5) / 2, (18 - 11 - 0.5 * 3.5) / 2],
        [(0 - 6 + 0.5 * 3) / 2, (12 - 6 - 0.5 * 3) / 2],
    ]


def test_all_axes_but_the_batch() -> None:
    # 1, 3, 3, 1: mean 2, variance 1, eps 3, sd 2; 2, 0, 2, 0: mean 1, variance 1
    input_ = [[[[1, 3], [3, 1]]], [[[2, 0], [2, 0]]]]
    found = solved(**network({"over": "all", "eps": 3}, input_, layout="NCHW"))["layers"][0]["results"]
    assert found["Z"] == [[[[-0.5, 0.5], [0.5, -0.5]]], [[[0.5, -0.5], [0.5, -0.5]]]]
    assert found["dgamma"] == [[[-0.5 + 0.5, 0.5 - 0.5], [0.5 + 0.5, -0.5 - 0.5]]]
    assert found["dbeta"] == [[[2, 2], [2, 2]]]
    last = solved(**network({"eps": 3}, input_, layout="NCHW"))["layers"][0]["results"]
    assert last["Z"] == [[[[-0.5, 0.5], [0.5, -0.5]]], [[[0.5, -0.5], [0.5, -0.5]]]]
    assert last["dbeta"] == [2 * 2, 2 * 2]


def test_without_a_batch_all_is_every_axis() -> None:
    found = cnngrad.run(network({"over": "all", "eps": 3}, [[1, 3], [3, 1]], layout="HW"))
    assert found.arrays["layer_norm1.Z"].tolist() == [[-0.5, 0.5], [0.5, -0.5]]
    assert found.exercise.settings()["layers"][0] | {"name": ""} == {
        "name": "", "op": "layer_norm", "over": "all", "eps": 3.0, "cells": 4,
    }  # fmt: skip


@pytest.mark.parametrize("over", ["last", "all"])
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (1, 2, 3, 2)])
def test_the_results_are_those_of_the_definition(over: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(shape))
    layout = {2: None, 3: "NCL", 4: "NCHW"}[len(shape)]
    axes = tuple(range(1, len(shape))) if over == "all" else (len(shape) - 1,)
    A, dZ = rng.normal(size=shape), rng.normal(size=shape)
    gamma, beta = (rng.normal(size=[shape[axis] for axis in axes]) for _ in range(2))
    layer = {"gamma": gamma, "beta": beta, "eps": 0.1, "over": over}
    found = cnngrad.run(network(layer, A, dZ, **({"layout": layout} if layout else {}))).arrays

    def mean(x: Any) -> Any:
        return x.mean(axis=axes, keepdims=True)

    N = (A - mean(A)) / np.sqrt(mean((A - mean(A)) ** 2) + 0.1)
    g = dZ * gamma
    others = tuple(axis for axis in range(len(shape)) if axis not in axes)
    np.testing.assert_allclose(found["layer_norm1.Z"], gamma * N + beta, atol=1e-12)
    sd = np.sqrt(mean((A - mean(A)) ** 2) + 0.1)
    np.testing.assert_allclose(found["layer_norm1.dA"], (g - mean(g) - N * mean(g * N)) / sd, atol=1e-12)
    np.testing.assert_allclose(found["layer_norm1.dgamma"], (dZ * N).sum(axis=others), atol=1e-12)
    np.testing.assert_allclose(found["layer_norm1.dbeta"], dZ.sum(axis=others), atol=1e-12)


@given(st.integers(0, 10**6), st.sampled_from(["last", "all"]), st.booleans())
def test_pytorch_agrees(seed: int, over: str, batch: bool) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    shape = tuple(map(int, rng.integers(2, 4, size=3 + batch)))
    normalized = shape[1:] if over == "all" and batch else shape if over == "all" else shape[-1:]
    A, dZ = rng.normal(size=shape), rng.normal(size=shape)
    gamma, beta = rng.normal(size=normalized), rng.normal(size=normalized)
    layer = {"gamma": gamma, "beta": beta, "over": over}
    found = cnngrad.run(network(layer, A, dZ, layout="NCHW" if batch else "CHW")).arrays
    inputs = [torch.tensor(array, requires_grad=True) for array in (A, gamma, beta)]
    Z = torch.nn.functional.layer_norm(inputs[0], normalized, inputs[1], inputs[2])
    Z.backward(torch.tensor(dZ))
    np.testing.assert_allclose(found["layer_norm1.Z"], Z.detach().numpy(), atol=1e-10)
    for name, tensor in zip(("dA", "dgamma", "dbeta"), inputs, strict=True):
        np.testing.assert_allclose(found[f"layer_norm1.{name}"], tensor.grad.numpy(), atol=1e-9)


@pytest.mark.parametrize("over", ["last", "all"])
def test_the_gradient_check_and_the_laws_hold(over: str) -> None:
    found = cnngrad.run(network({"over": over}, [[1, 2, 4], [3, 0, 1]], [[1, -2, 0.5], [2, 1, 3]]), gradcheck=True)
    assert found.passed
    assert [law.name for law in found.laws] == ["layer_norm1: sum(dA) = 0", "layer_norm1: sum(dbeta) = sum(dZ)"]
    assert all(law.holds for law in found.laws)


@pytest.mark.parametrize("layer", [{"gamma": [2, 1, -1]}, {"over": "all", "layout": "HW"}])
def test_every_term_of_every_cell_adds_up(layer: dict[str, Any]) -> None:
    more = {"layout": layer.pop("layout")} if "layout" in layer else {}
    result = cnngrad.run(network(layer, [[1, 2, 4], [3, 0, 1]], [[1, -2, 0.5], [2, 1, 3]], **more))
    for name in ("Z", "dA", "dgamma", "dbeta"):
        array = result.arrays[f"layer_norm1.{name}"]
        for index in np.ndindex(array.shape):
            terms = result.derivation.trace(Cell(f"layer_norm1.{name}", index)).terms
            assert sum(term.product for term in terms) == pytest.approx(array[index], abs=1e-12)


def test_the_formulas_say_what_is_summed() -> None:
    rows = str(cnngrad.run(network({}, [[1, 2, 4], [3, 0, 1]])))
    assert "dA[i] = sum of dZ[j]*∂Z[j]/∂A[i] over the cells of the row" in rows
    assert "dgamma = sum of dZ*N over the cells with this gamma" in rows
    assert "over the cells of the example" in str(cnngrad.run(network({"over": "all"}, [[1, 2, 4], [3, 0, 1]])))


@pytest.mark.parametrize(
    ("layer", "input_", "message"),
    [
        ({"over": "first"}, [[1, 2]], "over: 'first' is unknown; it is one of last, all"),
        ({"gamma": [1, 2, 3]}, [[1, 2]], "gamma: has shape 3, but there is one per element; give 2 numbers"),
        ({"beta": [[1, 2]]}, [[1, 2]], "beta: has shape 1x2, but there is one per element; give 2 numbers"),
        ({"eps": 0}, [[1, 2]], "eps: must be one positive number; leave it out for 1e-5"),
        ({"axis": 0}, [[1, 2]], "axis: is no key of layer layer_norm; did you mean 'over'?"),
        ({}, [[1], [2]], "op: has one cell per mean in shape 2x1; the variance needs two: give more features"),
        (
            {"groups": 1},
            [[1, 2]],
            "groups: is no key of layer layer_norm; layer layer_norm takes op, name, gamma, beta, eps, over",
        ),
    ],
)
def test_what_does_not_fit_is_said(layer: dict[str, Any], input_: Any, message: str) -> None:
    with pytest.raises(cnngrad.CnngradError) as caught:
        cnngrad.run(network(layer, input_))
    assert str(caught.value) == f"<spec>: layer_norm1.{message}"


A = np.array([[1.0, 3, 5, 3], [2, 0, 0, 6]])
DZ = np.array([[1.0, -2, 3, 1], [2, 0, 1, -1]])
GAMMA = np.array([4.0, 2, 1, 3])


def wrong_gradients() -> dict[str, Any]:
    """dA as one gets it with each mistake, computed here."""
    centred = A - A.mean(axis=1, keepdims=True)
    sd = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 3)
    N = centred / sd
    plain = (DZ - DZ.mean(axis=1, keepdims=True) - N * (DZ * N).mean(axis=1, keepdims=True)) / sd
    return {"statistics-constant": DZ * GAMMA / sd, "gamma-forgotten": plain}


@pytest.mark.parametrize("mistake", ["statistics-constant", "gamma-forgotten"])
def test_a_wrong_gradient_is_named(mistake: str) -> None:
    spec = network({"gamma": GAMMA, "eps": 3}, A, DZ)
    answer = [[format(cell, ".6f") for cell in row] for row in wrong_gradients()[mistake]]
    judged = cnngrad.check(spec, {"layer_norm1": {"dA": answer}}).answers["layer_norm1.dA"]
    assert (judged.verdict, [found.id for found in judged.mistakes]) == ("wrong", [mistake])


def test_a_gamma_of_ones_hides_that_it_was_forgotten() -> None:
    found = cnngrad.audit(network({}, A, DZ) | {"layers": [
        {"op": "dense", "weights": [[1, 0, 0, 2], [0, 1, 0, 0], [3, 0, 1, 0]]}, {"op": "layer_norm"},
    ], "delta": [[1, -2, 3], [2, 0, 1]]})  # fmt: skip
    invisible = {each.id for each in found.comparisons[0].invisible}
    assert found.comparisons[0].name == "dense1.dW"
    assert "gamma-forgotten" in invisible
    assert "statistics-constant" not in invisible


def test_the_example_adds_up_to_zero_in_every_row() -> None:
    done = command("run", "example:layer-norm", "--format", "text")
    assert (done.code, done.err) == (0, "")
    dA = cnngrad.run("example:layer-norm").arrays["layer_norm1.dA"]
    np.testing.assert_allclose(dA.sum(axis=1), 0, atol=1e-15)
