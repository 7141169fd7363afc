"""dW of a convolution, computed wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np

from cnngrad.exercise.attempt import LayerAttempt, only, rotated, transposed
from cnngrad.exercise.mistake import about, batch_first_only, batch_last_only, result_transposed, when
from cnngrad.numbers.kinds import Array
from cnngrad.ops import sliding
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.windows import Windows


def _unpadded(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """Padded indices on the input without its padding; or the correlation of the two as they are, which has
    another size."""
    axes = attempt.layer.windows.axes
    if attempt.layer.transposed or not attempt.layer.windows.has_padding:
        return
    yield attempt.on(windows=Windows(tuple(replace(axis, before=0, mode="zeros") for axis in axes)))
    bare = Windows(tuple(axis.unpadded() for axis in axes))
    if all(bare.taps):
        yield attempt.on(windows=bare)


def _overwritten(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The last window of every image; the last of all images alone."""
    final = attempt.A if attempt.layer.transposed else attempt.dZ
    axes = range(final.ndim)
    for kept in (only(final, -1, *axes[2:]), only(final, -1, 0, *axes[2:])):
        yield attempt.given(A=kept) if attempt.layer.transposed else attempt.given(dZ=kept)


def _kernel_for_input(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    def product(self: LayerAttempt) -> Array:
        sums = self.dZ.sum(axis=(0, *range(2, self.dZ.ndim)))
        return np.asarray(self.W * sums.reshape(-1, *(1,) * (self.W.ndim - 1)))

    if not attempt.layer.transposed:
        yield replace(attempt, product=product)


def _channels_summed(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    if attempt.W.shape[1] > 1:
        yield attempt.then(lambda dW: dW * 0 + dW.sum(axis=1, keepdims=True))


def _reshaped(attempt: LayerAttempt) -> Iterator[LayerAttempt]:
    """The matrix of the columns by the filters of each group with the cells of its transpose, in the order of the
    user's layout."""
    channels, user = attempt.layer.channels, cast(Conv, attempt.user)
    last_axis = user.layout.letters.endswith("C")
    if channels.outputs_per_group == 1:
        return

    def change(dW: Array) -> Array:
        kernels = np.moveaxis(dW, 1, -1) if last_axis else dW  # (O, *taps, I) or (O, I, *taps)
        filters = kernels.reshape(channels.groups, channels.outputs_per_group, -1)
        if last_axis:
            turned = filters.reshape(channels.groups, -1, channels.outputs_per_group).swapaxes(1, 2)
        else:
            turned = filters.swapaxes(1, 2)
        found = turned.reshape(kernels.shape)
        return np.moveaxis(found, -1, 1) if last_axis else found

    yield attempt.where(attempt.layer.kernel_shape, change)


_dw = about("conv", "dW")
KERNEL = (
    _dw("result-rotated", lambda a: [a.then(lambda dW: rotated(dW, a.layer.windows.rank))])(
        says="the result is turned by 180 degrees: the two arguments of the correlation were exchanged",
        ask="Which of the two slides over which: the upstream gradient over the input, or the other way round?",
        needs="a gradient that changes when it is turned",
    ),
    result_transposed("conv", "dW", variants=when(lambda a: a.layer.windows.rank >= 2, lambda a: a.then(transposed))),
    _dw("delta-rotated", lambda a: [a.given(dZ=rotated(a.dZ, a.layer.windows.rank))])(
        says="the upstream gradient was turned by 180 degrees",
        ask="Is anything turned when the weights' gradient is computed?",
        needs="an upstream gradient that changes when it is turned",
    ),
    _dw("input-rotated", lambda a: [a.given(A=rotated(a.A, a.layer.windows.rank))])(
        says="the input was turned by 180 degrees",
        ask="Is anything turned when the weights' gradient is computed?",
        needs="an input that changes when it is turned",
    ),
    _dw("stride-ignored", sliding.slid(sliding.stride_ignored))(
        says="each window was read one cell after the one before instead of one stride after it",
        ask="Which input cells did the first output cell of the second row see in the forward pass?",
        needs="a stride above 1",
    ),
    _dw("unpadded-input", _unpadded)(
        says="the windows were read from the input without its padding",
        ask="Which cells did the first window see in the forward pass: real ones only?",
        needs="padding",
    ),
    _dw("overwritten", _overwritten)(
        says="each window overwrote the one before: only the last window is there",
        ask="A weight acts in every window; what happens to all its contributions?",
        needs="more than one window",
    ),
    _dw("all-averaged", when(lambda a: a.dZ[:, 0].size > 1, lambda a: a.divided(a.dZ[:, 0].size)))(
        says="the gradient was divided by the number of images and of output positions",
        ask="Do the contributions of images and windows add up, or are they averaged?",
        needs="more than one image or output position",
    ),
    _dw("channels-summed", _channels_summed)(
        says="the input channels were added up: every channel of the kernel has the same gradient",
        ask="Which channel of the input does a weight of the second channel meet?",
        needs="more than one input channel",
    ),
    _dw("kernel-instead-of-input", _kernel_for_input)(
        says="the upstream gradient was multiplied by the kernel instead of by the input",
        ask="What is beside a weight in the formula of Z?",
        needs="an input other than the kernel",
    ),
    _dw("reshaped-not-transposed", _reshaped)(
        says="the matrix of the gradient was reshaped where its rows and columns have to be exchanged first",
        ask="In which order does the product of columns and upstream gradient have its rows, and in which does W?",
        needs="more than one filter",
    ),
    batch_first_only("conv", "dW", "db"),
    batch_last_only("conv", "dW", "db"),
)
