"""Which axis of an array is which: `NHWC`, `CHW`, `HW`, ... and the way to and from N, C, spatial.

Inside, every plane array is (N, C, *spatial) and every kernel (O, I, *taps); outside, arrays keep
the user's layout, and cells are named by the user's indices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import TypeVar

import numpy as np

from cnngrad.errors import Problems
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.wording import counted, shaped, times

BY_RANK = {1: "L", 2: "HW", 3: "HWC", 4: "NHWC", 5: "NDHWC"}
"""The default layout for each rank of the input: those of TensorFlow and the Coursera course."""

BY_RANK_OF_FEATURES = {1: "F", 2: "NF"}
"""The axes of a vector of features, and of a batch of them."""

FEATURES = {"F": "L", "NF": "HW"}
"""A vector of features, or a batch of them, with the axes along which it is drawn: a row, a matrix."""


def drawn(letters: str) -> str:
    """The letters of the axes along which grids draw an array: features are drawn like cells."""
    return FEATURES.get(letters, letters)


_SPATIAL = ("L", "W", "HW", "DHW")
ALL = tuple(n + c for spatial in _SPATIAL for c in (spatial, f"C{spatial}", f"{spatial}C") for n in ("", "N"))
"""Every layout: spatial axes in order, C before or after them or missing, N first or missing."""


IN_ORDER = tuple(range(8))
"""The order of axes that stay where they are."""

Place = TypeVar("Place")
"""Where along an axis: a number, or a letter in a formula."""


@dataclass(frozen=True)
class Layout:
    """The letters of the input's axes, such as `NHWC`.

    `filters` is the kernel axis that counts filters: O, or I where a transposed convolution takes the
    kernel of the convolution that it is the adjoint of.
    """

    letters: str
    filters: str = "O"

    @cached_property
    def spatial(self) -> str:
        return self.letters.strip("N").strip("C")

    @property
    def rank(self) -> int:
        return len(self.spatial)

    @property
    def batched(self) -> bool:
        return "N" in self.letters

    @property
    def channels(self) -> bool:
        return "C" in self.letters

    def letters_of_kernel(self, rank: int) -> str:
        """The axes of a kernel with `rank` axes: O, I and the spatial letters; one rank less is one filter."""
        if not self.channels:
            return self.spatial
        whole = f"{self.spatial}IO" if self.letters.endswith("C") else f"OI{self.spatial}"
        return whole.replace(self.filters, "") if rank == self.rank + 1 else whole

    def canonical(self, planes: Array) -> Array:
        """An array of this layout as (N, C, *spatial), a view."""
        return _arrange(planes, self.letters, f"NC{self.spatial}")

    def canonical_kernel(self, kernel: Array) -> Array:
        """A kernel of this layout as (O, I, *taps), a view; one rank less is a single filter."""
        return _arrange(kernel, self.letters_of_kernel(kernel.ndim), f"OI{self.spatial}")

    def restore(self, planes: Array) -> Array:
        """(N, C, *spatial) in this layout, a view."""
        return _arrange(planes, f"NC{self.spatial}", self.letters)

    def restore_kernel(self, kernel: Array, rank: int) -> Array:
        """(O, I, *taps) in the axes of the user's kernel with `rank` axes."""
        return _arrange(kernel, f"OI{self.spatial}", self.letters_of_kernel(rank))

    def plane_cell(self, index: Sequence[Place], fill: Place) -> tuple[Place, ...]:
        """A cell of this layout as (n, c, *spatial); axes that are missing are at `fill`."""
        return _reindex(index, self.letters, f"NC{self.spatial}", fill)

    def user_cell(self, index: Sequence[Place]) -> tuple[Place, ...]:
        """(n, c, *spatial) as an index of this layout."""
        return _reindex(index, f"NC{self.spatial}", self.letters, index[0])

    def kernel_cell(self, index: Sequence[Place], fill: Place) -> tuple[Place, ...]:
        """A cell of a user's kernel as (o, i, *tap)."""
        return _reindex(index, self.letters_of_kernel(len(index)), f"OI{self.spatial}", fill)

    def user_kernel_cell(self, index: Sequence[Place], rank: int) -> tuple[Place, ...]:
        """(o, i, *tap) as an index of the user's kernel with `rank` axes."""
        return _reindex(index, f"OI{self.spatial}", self.letters_of_kernel(rank), index[0])


Fitting = TypeVar("Fitting")
"""A layer fitted to a layout."""


def fitted(
    fit: Callable[[Layout, Problems], Fitting | None], layout: Layout, problems: Problems, *, guessed: bool
) -> Fitting | None:
    """What `fit` makes for this layout. Where a guessed one with the channels last does not fit, and the channels first
    would, the problem asks for that."""
    found = fit(layout, problems)
    if found is None and guessed and problems.found and layout.letters.endswith("C"):
        first = channels_first(layout.letters)
        if fit(Layout(first), Problems()) is not None:
            ask_for(first, problems)
    return found


def channels_first(letters: str) -> str:
    """The layout with its channels before the spatial axes."""
    return f"{letters[: letters.startswith('N')]}C{letters.strip('NC')}"


def ask_for(letters: str, problems: Problems) -> None:
    """Add to the last problem that another layout may be meant."""
    last = problems.found[-1]
    problems.found[-1] = replace(last, message=f"{last.message}; or is it layout: {letters}?")


def layout_of(letters: str | None, shape: tuple[int, ...], problems: Problems) -> Layout | None:
    """The layout with these letters, or the default one for an input of this shape; None if they do not fit."""
    if not shape:
        problems.add("input", "is a single number; give a list with at least one axis")
        return None
    if 0 in shape:
        problems.add("input", f"{shaped(shape)}, without a single cell; give at least one number")
        return None
    letters = letters or BY_RANK.get(len(shape))
    if letters is None:
        problems.add("input", f"has {len(shape)} axes (shape {times(shape)}); 5 (NDHWC) are the most there are")
        return None
    if len(letters) != len(shape):
        given = f"{counted(len(shape), 'axis', 'axes')} (shape {times(shape)})"
        says = f"has {given}, but the layout {letters} has {len(letters)}; change the brackets or the layout"
        problems.add("input", says)
        return None
    return Layout(letters)


def _arrange(array: Array, letters: str, wanted: str) -> Array:
    """Transpose `array` from axes `letters` to `wanted`; axes that one side lacks have length 1."""
    surplus, added, order = _arrangement(letters, wanted)
    kept = np.squeeze(array, axis=surplus) if surplus else array
    if order == IN_ORDER[: len(order)]:  # a view too, and sooner
        return kept.reshape((1,) * len(added) + kept.shape)
    return kept[added].transpose(order)


@cache
def _arrangement(letters: str, wanted: str) -> tuple[tuple[int, ...], tuple[None, ...], tuple[int, ...]]:
    """Which of the axes `letters` are not wanted, the new axes in front, and the order of all that are left."""
    lacking = "".join(letter for letter in wanted if letter not in letters)
    surplus = tuple(i for i, letter in enumerate(letters) if letter not in wanted)
    left = lacking + "".join(letter for letter in letters if letter in wanted)
    return surplus, (None,) * len(lacking), tuple(left.index(letter) for letter in wanted)


def _reindex(index: Sequence[Place], letters: str, wanted: str, fill: Place) -> tuple[Place, ...]:
    if len(index) != len(letters):
        raise ValueError(f"{len(index)} indices for the axes {letters}")
    return tuple([fill if place is None else index[place] for place in _places(letters, wanted)])


@cache
def _places(letters: str, wanted: str) -> tuple[int | None, ...]:
    """Which of the axes `letters` each of the `wanted` ones is; None where it is missing."""
    return tuple(letters.index(letter) if letter in letters else None for letter in wanted)
