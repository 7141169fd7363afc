"""Functions of every kind of number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnngrad.numbers.kinds import all_finite


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_cell_of_many_that_is_no_number_is_found(dtype: type[np.floating[Any]]) -> None:
    cells = np.ones((4, 100, 60), dtype).transpose(2, 0, 1)[::-1]
    assert all_finite(cells)
    cells[7, 2, 9] = np.finfo(dtype).max  # its square is not finite
    assert all_finite(cells)
    for bad in (np.inf, -np.inf, np.nan):
        cells[50, 1, 3] = bad
        assert not all_finite(cells)
