"""Both passes of a pooling layer, computed wrongly: another pooling, another divisor, windows that slide wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from cnngrad.exercise.mistake import LayerAttempt, Mistake, Variants
from cnngrad.numbers.kinds import zeros
from cnngrad.ops import sliding

BOTH = ("Z", "mask", "dA")


def _mode(mode: str) -> Variants:
    """The other pooling."""

    def variants(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
        if attempt.layer.mode != mode:
            yield attempt.on(mode=mode)

    return variants


def _counting(count_include_pad: bool) -> Variants:
    """The other divisor of an average at the border."""

    def variants(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
        pool = attempt.layer
        matters = pool.mode == "average" and pool.windows.has_padding and pool.divisor_override is None
        if matters and pool.count_include_pad != count_include_pad:
            yield attempt.on(count_include_pad=count_include_pad)

    return variants


def _smallest(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.mode == "max":
        yield attempt.given(A=-attempt.A).then(np.negative)


def _padded_with_zero(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.layer.mode == "max" and attempt.layer.windows.has_padding:
        yield replace(attempt, product=lambda self: self.layer.largest(self.A, zeros((), self.A)[()]))


def _slid_quantities(id_: str) -> tuple[str, ...]:
    """Only a forgotten stride keeps the number of windows, so only it can spoil the backward pass."""
    return ("Z", "mask", "argmax", "dA") if id_ == "stride-ignored" else ("Z",)


_row = partial(Mistake, op="pool")
ROWS = (
    *(replace(row, op="pool", quantities=_slid_quantities(row.id)) for row in sliding.ROWS),
    _row(
        id="max-pad-zero",
        quantities=("Z",),
        variants=_padded_with_zero,
        says="the padding counted as 0 and won against negative cells",
        ask="Can padding be the largest cell of a window?",
        needs="padding, and windows at the border without a positive cell",
    ),
    _row(
        id="average-for-max",
        quantities=BOTH,
        variants=_mode("average"),
        says="average pooling was computed where the exercise says max",
        ask="Which pooling is asked for?",
        needs="max pooling",
    ),
    _row(
        id="max-for-average",
        quantities=BOTH,
        variants=_mode("max"),
        says="max pooling was computed where the exercise says average",
        ask="Which pooling is asked for?",
        needs="average pooling",
    ),
    _row(
        id="minimum",
        quantities=("Z",),
        variants=_smallest,
        says="the smallest cell of each window was taken",
        ask="Which cell does max pooling keep?",
        needs="max pooling",
    ),
    _row(
        id="pad-counted",
        quantities=BOTH,
        variants=_counting(True),
        says="the average counted padding cells too",
        ask="By how many cells is a window at the border divided here?",
        needs="average pooling with padding that does not count",
    ),
    _row(
        id="pad-not-counted",
        quantities=BOTH,
        variants=_counting(False),
        says="the average left out the padding cells",
        ask="By how many cells is a window at the border divided here?",
        needs="average pooling with padding that counts",
    ),
)
