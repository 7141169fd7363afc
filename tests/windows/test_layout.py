"""Layouts: every array goes to N, C, spatial and back, and cells go the same way."""

from __future__ import annotations

import numpy as np
import pytest
from layers import integers

from cnngrad.windows.channels import Channels
from cnngrad.windows.layout import ALL, BY_RANK, Layout

SIZES = {"N": 2, "C": 3, "L": 5, "D": 4, "H": 5, "W": 6, "O": 7, "I": 3}


def test_all_layouts() -> None:
    assert len(ALL) == len(set(ALL)) == 4 * 3 * 2
    assert {"HW", "HWC", "CHW", "NHWC", "NCHW", "NCL", "NWC", "CDHW", "NDHWC", "L"} <= set(ALL)
    assert all(len(letters) == rank for rank, letters in BY_RANK.items())


@pytest.mark.parametrize("letters", ALL)
def test_planes_go_there_and_back(letters: str) -> None:
    layout = Layout(letters)
    planes = integers(tuple(SIZES[letter] for letter in letters))
    canonical = layout.canonical(planes)
    assert canonical.ndim == 2 + layout.rank
    np.testing.assert_array_equal(layout.restore(canonical), planes)
    for index in np.ndindex(planes.shape):
        cell = layout.plane_cell(index, 0)
        assert canonical[cell] == planes[index]
        assert layout.user_cell(cell) == index


@pytest.mark.parametrize("letters", ALL)
@pytest.mark.parametrize("filters", ["O", "I"])
def test_kernels_go_there_and_back(letters: str, filters: str) -> None:
    layout = Layout(letters, filters)
    for rank in (layout.rank + 1, layout.rank + 2) if layout.channels else (layout.rank,):
        kernel = integers(tuple(SIZES[letter] for letter in layout.letters_of_kernel(rank)))
        canonical = layout.canonical_kernel(kernel)
        assert canonical.ndim == 2 + layout.rank
        np.testing.assert_array_equal(layout.restore_kernel(canonical, kernel.ndim), kernel)
        for index in np.ndindex(kernel.shape):
            cell = layout.kernel_cell(index, 0)
            assert canonical[cell] == kernel[index]
            assert layout.user_kernel_cell(cell, rank) == index


@pytest.mark.parametrize(
    ("letters", "filters", "whole", "single"),
    [
        ("NHWC", "O", "HWIO", "HWI"),
        ("NCHW", "O", "OIHW", "IHW"),
        ("NCHW", "I", "OIHW", "OHW"),
        ("CL", "O", "OIL", "IL"),
        ("NDHWC", "O", "DHWIO", "DHWI"),
    ],
)
def test_the_axes_of_a_kernel(letters: str, filters: str, whole: str, single: str) -> None:
    layout = Layout(letters, filters)
    assert layout.letters_of_kernel(layout.rank + 2) == whole
    assert layout.letters_of_kernel(layout.rank + 1) == single


def test_without_channels_the_kernel_has_the_spatial_axes_alone() -> None:
    assert Layout("NHW").letters_of_kernel(2) == "HW"


def test_groups_see_their_own_channels() -> None:
    # 6 inputs and 4 outputs in 2 groups: outputs 0, 1 see 0-2, outputs 2, 3 see 3-5
    channels = Channels(6, 4, 2)
    assert [list(channels.seen_by(o)) for o in range(4)] == [[0, 1, 2], [0, 1, 2], [3, 4, 5], [3, 4, 5]]
    assert [list(channels.reached_from(i)) for i in range(6)] == [[0, 1]] * 3 + [[2, 3]] * 3
