"""dA by the turned kernel over the stretched delta."""

from __future__ import annotations

import numpy as np
from layers import conv, integers

from cnngrad.methods.rotate import Rotate


def test_the_stretched_delta_and_the_turned_kernel_by_hand() -> None:
    exercise = conv(integers((5, 5)), np.array([[1.0, 2], [3, 4]]), dZ=np.array([[1.0, 2], [3, 4]]), stride=3)
    method = Rotate(exercise.layer.windows, exercise.layer.channels)
    assert exercise.dZ is not None
    stretched = method.stretched(exercise.dZ[None, None])[0, 0].tolist()
    assert stretched == [[1, 0, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]
    assert method.turned(exercise.parameters["W"][None, None])[0, 0].tolist() == [[4, 3], [2, 1]]
