"""Batch normalisation against arithmetic that is written out here."""

from __future__ import annotations

import pytest
from exercises import solved

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
    assert [term["factors"][1] for term in trace["terms"]] == ["N[0,0]", "N[0,1]", "N[1,0]", "N[1,1]"]
    assert sum(term["product"] for term in trace["terms"]) == pytest.approx((1 * -1.5 + 3 * 1.5) / sd)
    assert trace["value"] == pytest.approx((1 * -1.5 + 3 * 1.5) / sd)
