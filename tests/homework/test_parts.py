"""A mistake in one filter, channel or image alone keeps its id, with the place in the user's layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cnngrad
from cnngrad import check

FIRST: dict[str, Any] = {
    "op": "conv",
    "layout": "NCHW",
    "input": (np.arange(36).reshape(2, 2, 3, 3) * 7 % 11 - 4).tolist(),
    "kernel": (np.arange(16).reshape(2, 2, 2, 2) * 5 % 7 - 2).tolist(),
    "delta": (np.arange(16).reshape(2, 2, 2, 2) * 3 % 8 - 3).tolist(),
}
LAST: dict[str, Any] = {
    "op": "conv",
    "input": np.moveaxis(np.array(FIRST["input"]), 1, -1).tolist(),
    "kernel": np.transpose(FIRST["kernel"], (2, 3, 1, 0)).tolist(),
    "delta": np.moveaxis(np.array(FIRST["delta"]), 1, -1).tolist(),
}
DENSE: dict[str, Any] = {
    "op": "dense",
    "input": [[1, 2, -3], [4, 5, 7]],
    "weights": [[3, -1, 2], [5, 4, -6]],
    "delta": [[7, -2], [3, 8]],
}


@pytest.mark.parametrize(
    ("spec", "quantity", "place", "where", "word"),
    [
        (FIRST, "dW", np.s_[1], "W[1]", "filter 1"),
        (FIRST, "dW", np.s_[:, 0], "W[:,0]", "input channel 0"),
        (FIRST, "dA", np.s_[:, 1], "A[:,1]", "channel 1"),
        (FIRST, "dA", np.s_[0], "A[0]", "image 0"),
        (LAST, "dW", np.s_[..., 1], "W[:,:,:,1]", "filter 1"),
        (LAST, "dA", np.s_[..., 0], "A[:,:,:,0]", "channel 0"),
        (DENSE, "dW", np.s_[1], "W[1]", "neuron 1"),
        (DENSE, "dA", np.s_[1], "A[1]", "example 1"),
    ],
)
def test_a_turned_sign_in_one_part(spec: Any, quantity: str, place: Any, where: str, word: str) -> None:
    wrong = cnngrad.run(spec).results[quantity].copy()
    wrong[place] *= -1
    judged = check(spec, {quantity: wrong}).answers[quantity]
    assert [(m.id, m.where) for m in judged.mistakes] == [("sign-flipped", where)]
    assert judged.mistakes[0].says.startswith(f"in {word} alone: ")
    assert not judged.slips


def test_the_place_counts_from_one_where_indices_do() -> None:
    wrong = cnngrad.run(FIRST).results["dW"].copy()
    wrong[1] *= -1
    record = check(FIRST, {"dW": wrong}, index_base=1).to_dict()["answers"]["dW"]["mistakes"]
    assert [(each["id"], each["where"]) for each in record] == [("sign-flipped", "W[2]")]
    assert record[0]["says"].startswith("in filter 2 alone: ")


def test_two_wrong_parts_are_not_one() -> None:
    wrong = cnngrad.run(FIRST).results["dW"].copy()
    wrong[0] *= -1
    wrong[1] *= 7
    assert not any(mistake.where for mistake in check(FIRST, {"dW": wrong}).answers["dW"].mistakes)


def test_zeros_in_one_filter_are_not_small_numbers_that_were_rounded() -> None:
    """db is 1 = 3 - 2 and 123456 = 123450 + 6: the mean 0.5 and a fourth of 1 would be written 0 too."""
    spec = {"op": "conv", "layout": "CL", "input": [[1, 2]], "kernel": [[[1]], [[2]]], "delta": [[3, -2], [123450, 6]]}
    assert check(spec, {"db": [1, 123456]}).verdict == "right"
    judged = check(spec, {"db": [0, 123456]}).answers["db"]
    assert [(each.id, each.where) for each in judged.mistakes] == [("never-accumulated", "b[0]")]


def test_one_small_number_of_two_is_not_named_by_a_factor() -> None:
    """db is 15 and -14: 30 says too little for the many ways that were tried, for a factor as for a doubled gradient;
    200 for 100 says enough."""
    spec = {"op": "conv", "layout": "CL", "input": [[1, 2]], "kernel": [[[1]], [[2]]]}
    found = check({**spec, "delta": [[13, 2], [-15, 1]]}, {"db": [30, -14]}).answers["db"]
    assert found.mistakes == ()
    found = check({**spec, "delta": [[98, 2], [-15, 1]]}, {"db": [200, -14]}).answers["db"]
    assert [(each.id, each.where) for each in found.mistakes] == [("gradient-not-reset", "b[0]")]
