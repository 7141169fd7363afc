"""`ties: any`: an answer is right when every window shares its gradient among its largest cells, however.

The shares of a window are at least 0 and add up to 1, so that its gradient flows to its cells and what arrives at a
cell is what the answer says, as far as its decimals do. Whether there is such a flow is settled in whole numbers:
it is there when the largest flow fills every place that must be filled (Ford and Fulkerson 1962, Flows in Networks).
"""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.homework.written import HALF, NOISE, Answer, Written
from cnngrad.numbers.kinds import Array, floats, zeros
from cnngrad.ops.pool.layer import Pool
from cnngrad.ops.pool.tie_rules import ANY, RULES, TIES
from cnngrad.records import dataclass
from cnngrad.windows.axis import NONE

MOST = 2_000
"""Tied cells of windows that overlap up to which the shares are looked for."""
WITHIN = HALF * Fraction(999_999, 1_000_000)
"""Units of the last place within which some share must lie: at half a unit itself two shares of a half would pass for
1 and 1."""
Tied = dict[tuple[int, int, int], list[int]]
"""The largest cells of every window (n, c, window), by their flat index."""
Capacities = dict[int, dict[int, Fraction]]
Bounds = list[tuple[Fraction, Fraction]]
"""Between which numbers the gradient of each cell lies, by its decimals."""


def as_indices(exercise: LayerExercise[Pool], coordinates: Array) -> Array | None:
    """The flat indices inside the plane of the cells at `coordinates` (..., spatial axes); None where these are no
    coordinates of it."""
    pool = exercise.layer
    sizes = [
        n for letter, n in zip(pool.layout.letters, pool.input.shape, strict=True) if letter in pool.layout.spatial
    ]
    if coordinates.shape[-1] != len(sizes) or (coordinates < 0).any() or (coordinates >= sizes).any():
        return None
    return np.asarray(np.ravel_multi_index(tuple(np.moveaxis(coordinates, -1, 0)), tuple(sizes)))


@dataclass(frozen=True)
class _Window:
    """A window's upstream gradient, and the cells that may share it."""

    delta: Fraction
    cells: list[int]


def accepts(exercise: LayerExercise[Pool], quantity: str, answer: Answer) -> bool:
    """Whether dA, the mask or argmax is what some way of choosing among tied cells gives; `ties: any` accepts it."""
    if exercise.layer.ties != ANY or quantity not in ("dA", "mask", "argmax"):
        return False
    if quantity == "argmax":
        return _chosen(exercise, answer)
    if any(bool(answer.agrees(known).all()) for known in _by_rules(exercise, quantity)):
        return True
    if not isinstance(answer, Written):  # shares of formulas are compared with those of the named rules alone
        return False
    layout = exercise.layer.layout
    planes = layout.canonical(exercise.A)
    tied, upstream = _tied_cells(exercise.layer, planes), layout.canonical(_upstream(exercise, quantity))
    delta = upstream.reshape(*planes.shape[:2], -1)
    largest = min(float(np.abs(floats(delta)).max(initial=0.0)), sys.float_info.max)
    noise = Fraction(max(NOISE, answer.noise) * largest)
    cells = layout.canonical(answer.cells).reshape(*planes.shape[:2], -1)
    for n, c in np.ndindex(*planes.shape[:2]):
        slack = ((cell.value, WITHIN * cell.unit + noise) for cell in cells[n, c])
        bounds = [(value - away, value + away) for value, away in slack]
        windows = [_Window(Fraction(delta[key]), won) for key, won in tied.items() if key[:2] == (n, c)]
        if not _shared(windows, bounds):
            return False
    return True


def _by_rules(exercise: LayerExercise[Pool], quantity: str) -> Iterator[Array]:
    """What the rules with a name give that leave a window's gradient as large as it is."""
    for rule in TIES:
        if not RULES[rule].repeats:
            yield replace(exercise.layer, ties=rule).to_input(exercise.A, _upstream(exercise, quantity))


def _upstream(exercise: LayerExercise[Pool], quantity: str) -> Array:
    """dZ; ones for the mask."""
    if quantity == "dA" and exercise.dZ is not None:
        return exercise.dZ
    return zeros(exercise.layer.output.shape, exercise.A) + 1


def _chosen(exercise: LayerExercise[Pool], answer: Answer) -> bool:
    """Whether every window names one of its largest cells; one without a real cell names none."""
    layout, right = exercise.layer.layout, exercise.layer.argmax(exercise.A)
    planes = layout.canonical(exercise.A)
    flat = (*planes.shape[:2], -1)
    agrees = layout.canonical(answer.agrees(right)).reshape(flat)
    given = layout.canonical(answer.filled(right)).reshape(flat)
    tied = _tied_cells(exercise.layer, planes)
    return all(agrees[key] or given[key] in tied.get(key, []) for key in np.ndindex(given.shape))


def _tied_cells(pool: Pool, planes: Array) -> Tied:
    """The largest cells of every window; windows without a cell are left out."""
    every = replace(pool, ties="all").weights(planes).reshape(*planes.shape[:2], -1, int(np.prod(pool.windows.taps)))
    cells = pool.windows.cells().reshape(every.shape[2:])
    found = {}
    for n, c, o in np.ndindex(*every.shape[:3]):
        winners = [int(cell) for cell, won in zip(cells[o], every[n, c, o], strict=True) if won and cell != NONE]
        if winners:
            found[n, c, o] = winners
    return found


def _shared(windows: list[_Window], bounds: Bounds) -> bool:
    """Whether some shares of the windows give every cell a number within its bounds."""
    alone = [Fraction(0)] * len(bounds)
    for window in windows:
        if len(window.cells) == 1:
            alone[window.cells[0]] += window.delta
    rest = [(low - sure, high - sure) for (low, high), sure in zip(bounds, alone, strict=True)]
    several = [window for window in windows if len(window.cells) > 1]
    reached = {cell for window in several for cell in window.cells}
    if not all(low <= 0 <= high for cell, (low, high) in enumerate(rest) if cell not in reached):
        return False
    return all(_flows(group, rest) for group in _apart(several))


def _apart(windows: list[_Window]) -> Iterator[list[_Window]]:
    """The windows in groups that have no cell in common."""
    at: dict[int, list[int]] = defaultdict(list)
    for number, window in enumerate(windows):
        for cell in window.cells:
            at[cell].append(number)
    left = dict.fromkeys(range(len(windows)))
    while left:
        group, waiting = [], [next(iter(left))]
        del left[waiting[0]]
        while waiting:
            group.append(windows[waiting.pop()])
            beside = [number for cell in group[-1].cells for number in at[cell] if number in left]
            waiting += dict.fromkeys(beside)
            for number in beside:
                left.pop(number, None)
        yield group


def _flows(windows: list[_Window], bounds: Bounds) -> bool:
    """Whether the windows' gradients can flow to their cells; a negative one flows from them."""
    if sum(len(window.cells) for window in windows) > MOST:
        return False
    source, sink, outside = -1, -2, -3
    room: Capacities = defaultdict(lambda: defaultdict(Fraction))
    excess: dict[int, Fraction] = defaultdict(Fraction)
    for number, window in enumerate(windows, start=len(bounds)):
        excess[number] += window.delta
        excess[outside] -= window.delta
        for cell in window.cells:
            start, end = (number, cell) if window.delta > 0 else (cell, number)
            room[start][end] += abs(window.delta)
    for cell in {cell for window in windows for cell in window.cells}:
        low, high = bounds[cell]
        excess[cell] -= low
        excess[outside] += low
        room[cell][outside] += high - low
    for node, amount in excess.items():
        start, end = (source, node) if amount > 0 else (node, sink)
        room[start][end] += abs(amount)
    return largest_flow(room, source, sink) == sum(amount for amount in excess.values() if amount > 0)


def largest_flow(room: Capacities, source: int, sink: int) -> Fraction:
    """The largest flow from source to sink, along shortest ways; `room` is what every way still holds."""
    total = Fraction(0)
    while way := _shortest(room, source, sink):
        amount = min(room[start][end] for start, end in way)
        for start, end in way:
            room[start][end] -= amount
            room[end][start] += amount
        total += amount
    return total


def _shortest(room: Capacities, source: int, sink: int) -> list[tuple[int, int]]:
    """The steps of a shortest way with room on it; none where there is no way."""
    came: dict[int, int] = {source: source}
    waiting = deque([source])
    while waiting and sink not in came:
        node = waiting.popleft()
        for other, left in room[node].items():
            if left > 0 and other not in came:
                came[other] = node
                waiting.append(other)
    steps, node = [], sink
    while sink in came and node != source:
        steps.append((came[node], node))
        node = came[node]
    return steps
