"""What it costs to go through a layer cell by cell."""

from __future__ import annotations

import math

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.exercise.layer import WindowLayer

BETWEEN = 50
"""Cells between the taps, which arrays hold, take so many times less than those that a method looks at by itself."""


def effort(exercise: LayerExercise[WindowLayer]) -> int:
    """Cells that a method goes through at most, of a layer with windows: every product, every cell of the input, and
    where windows are far apart or spread wide, what lies between."""
    layer, windows = exercise.layer, exercise.layer.windows
    each = max(windows.reached() * math.prod(windows.taps) // BETWEEN, math.prod(windows.sizes) * layer.depth)
    return max(exercise.multiply_adds(), exercise.A.size, each * layer.batch)
