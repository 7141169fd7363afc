"""The maker of an op's rows; and mistakes that are made with many ops: one maker each, which an op calls with its
quantities and its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from cnngrad.exercise.mistake import LayerAttempt, Mistake, Variants, transposed


class Rows(Protocol):
    """A maker of rows: what is done wrong first, `row(id, variants)(says, ask, needs)`, about some quantities."""

    def __call__(self, id: str, variants: Variants, *quantities: str) -> Callable[..., Mistake]: ...


def about(op: str, *quantities: str) -> Rows:
    """The maker of the rows of an op; they are about these quantities where a row names no other."""
    return lambda id, variants, *others: partial(Mistake, id, op, others or quantities, variants)


@dataclass(frozen=True)
class CommonMistake:
    """A row that several ops have: `common("conv", "dA", "dW")` is that of an op about some quantities, where the op
    may have other words for it."""

    id: str
    variants: Variants
    says: str
    ask: str
    needs: str

    def __call__(self, op: str, *quantities: str, **other: Any) -> Mistake:
        """The row of an op, with other fields where it has them."""
        return replace(Mistake(self.id, op, quantities, self.variants, self.says, self.ask, self.needs), **other)


def _batch_averaged(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.A.ndim > 1 and len(attempt.A) > 1:
        yield attempt.divided(len(attempt.A))


sign_flipped = CommonMistake(
    "sign-flipped",
    variants=lambda attempt: [attempt.then(np.negative)],
    says="the sign is turned",
    ask="Does the gradient point uphill or downhill?",
    needs="a gradient that is not zero",
)
upstream_forgotten = CommonMistake(
    "upstream-forgotten",
    variants=lambda attempt: [attempt.given(dZ=attempt.dZ * 0 + 1)],
    says="the upstream gradient was taken as ones",
    ask="By what is each local gradient multiplied in the chain rule?",
    needs="an upstream gradient that is not all ones",
)
gradient_not_reset = CommonMistake(
    "gradient-not-reset",
    variants=lambda attempt: [attempt.then(lambda gradient: gradient * 2)],
    says="the gradient is doubled: it was added to that of an earlier pass",
    ask="What is in the gradient before the backward pass begins?",
    needs="a gradient that is not zero",
)
batch_averaged = CommonMistake(
    "batch-averaged",
    variants=_batch_averaged,
    says="the gradient was divided by the number of images",
    ask="Is the loss here a sum over the batch or a mean?",
    needs="more than one image",
)
result_transposed = CommonMistake(
    "result-transposed",
    variants=lambda attempt: [attempt.then(transposed)],
    says="the result's rows and columns are exchanged",
    ask="Which weight belongs to the first row and the second column?",
    needs="a gradient that is not symmetric",
)
bias_forgotten = CommonMistake(
    "bias-forgotten",
    variants=lambda attempt: [attempt.given(b=attempt.b * 0)],
    says="the bias was not added",
    ask="What is still to be added when all products of a window are summed?",
    needs="a bias that is not 0",
)
