"""Batch normalisation, computed wrongly."""

from __future__ import annotations

from cnngrad.exercise.common_mistakes import sign_flipped
from cnngrad.exercise.mistake import Mistake

ROWS = (
    Mistake(
        id="upstream-forgotten",
        op="batch_norm",
        quantities=("dA", "dgamma", "dbeta"),
        variants=lambda a: [a.given(dZ=a.dZ * 0 + 1)],
        says="the upstream gradient was taken as ones",
        ask="By what is each local gradient multiplied in the chain rule?",
        needs="an upstream gradient that is not all ones",
    ),
    sign_flipped("batch_norm", "dA", "dgamma", "dbeta"),
)
