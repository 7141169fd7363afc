"""A recurrent network on a page: the states, and every shared weight's gradient as a sum over time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnngrad.errors import option
from cnngrad.exercise.layer import gradient_name
from cnngrad.ops.rnn.derivation import in_layout
from cnngrad.ops.rnn.rnn import SHARED, RnnExercise
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, Words, piece, words
from cnngrad.report.derivation import cells_of_trace
from cnngrad.report.grids import grids_of
from cnngrad.report.planes import Style
from cnngrad.report.view import View
from cnngrad.wording import counted, times

STEPS = 12
"""Time steps whose terms a brief page shows."""
DIRECT = {"W_input": "f'(s[t])*x[t]", "W_recurrent": "f'(s[t])*h[t-1]", "b": "f'(s[t])"}
"""The direct derivative of h[t] by a weight, as if h[t-1] were fixed."""


def blocks(view: View[RnnExercise], style: Style) -> Iterator[Block]:
    """All that is said of a solved recurrent network."""
    exercise = view.exercise
    yield words("")
    yield Grids(_grids(view, tuple(exercise.given), style))
    yield Heading("Forward")
    yield Grids(_grids(view, ("h",), style))
    if exercise.gradients is None:
        return
    yield Heading("Backward through time")
    yield Grids(_grids(view, ("dh", "dx", "dh0", *map(gradient_name, SHARED)), style))
    if view.options.trace == "none":
        return
    for name in SHARED:
        yield from _total(view, exercise, name, style)
    yield from cells_of_trace(view, style)


def subtitle(view: View[RnnExercise], _: Style) -> Words:
    """The sizes and the recurrence."""
    exercise = view.exercise
    batch = f" ({exercise.layout}, {counted(exercise.examples, 'example')})" if exercise.batch else ""
    sizes = f"x {times(exercise.x.shape)}{batch}, {counted(exercise.hidden, 'hidden unit')}"
    recurrence = f"h[t] = {exercise.activation}(W_input x[t] + W_recurrent h[t-1] + b)"
    return Words((piece(f"{sizes},"), piece(in_layout(recurrence, exercise.layout))), hang=2)


def _grids(view: View[RnnExercise], names: tuple[str, ...], style: Style) -> tuple[Grid, ...]:
    values, letters = view.derivation.values, view.derivation.letters
    return tuple(grid for name in names for grid in grids_of(name, values[name], letters(name), style, only=name))


def _total(view: View[RnnExercise], exercise: RnnExercise, name: str, style: Style) -> Iterator[Block]:
    """One weight: a row per step, or where there are several units a matrix per step, and the sum."""
    gradient = gradient_name(name)
    last = exercise.steps - 1 + style.base
    yield Heading(f"{gradient} as a sum over time")
    also = " and n" if exercise.batch else ""
    says = f"∂L/∂{name} = sum over t{also} of dh[t] * direct, with the direct derivative {DIRECT[name]}"
    rest = f"; the last delta reaches h[t] through ∂h[{last}]/∂h[t], the product of ∂h[j]/∂h[j-1] for j = t+1 to {last}"
    yield words(in_layout(says, exercise.layout) + rest, indent=2, hang=4)
    shown = list(range(exercise.steps))
    if view.options.trace == "brief" and exercise.steps > STEPS:
        shown = shown[-STEPS:]
        yield Note(f"the last {STEPS} of {exercise.steps} steps; {option('trace', 'full')} shows all")
    single = exercise.hidden == 1 and exercise.given[name].size == 1
    yield Grids((_rows(exercise, name, shown, style),) if single else _matrices(exercise, name, shown, style))


def _rows(exercise: RnnExercise, name: str, shown: list[int], style: Style) -> Grid:
    """t, the product of links, the direct term, what arrives, and their product; then the sum."""
    last = exercise.steps - 1
    terms = [term.reshape(-1)[0] for term in exercise.terms(name)]
    columns: tuple[str, ...] = (f"∂h[{last + style.base}]/∂h[t]", "dh[t]", DIRECT[name], "dh[t] * direct")
    if exercise.batch:
        columns = (in_layout("sum over n of dh[t] * direct", exercise.layout),)
    blank = [""] * (len(columns) - 1)
    rows = []
    for t in shown:
        before = () if exercise.batch else (exercise.products[t], exercise.arriving(t), exercise.direct(name, t))
        numbers = (*(array.reshape(-1)[0] for array in before), terms[t])
        rows.append([str(t + style.base), *map(style.number, numbers)])
    left = [terms[t] for t in range(exercise.steps) if t not in shown]
    if left:
        rows.insert(0, ["earlier", *blank, style.number(sum(left))])
    rows.append(["sum", *blank, style.number(sum(terms))])
    first = frozenset({0})
    return Grid(gradient_name(name), "one term per step", rows, columns=("t", *columns), left=first, keys=first)


def _matrices(exercise: RnnExercise, name: str, shown: list[int], style: Style) -> tuple[Grid, ...]:
    last = exercise.steps - 1
    gradient = gradient_name(name)
    terms = exercise.terms(name)
    grids: list[Grid] = []
    for t in shown:
        number = t + style.base
        if name == "W_recurrent" and not exercise.batch:
            product, title = exercise.products[t], f"∂h[{last + style.base}]/∂h[{number}]"
            grids += grids_of("h", product, "HW", style, title=title)
        grids += grids_of(gradient, terms[t], "HW"[-terms[t].ndim :], style, title=f"term of t = {number}")
    total = np.asarray(sum(terms))
    return (*grids, *grids_of(gradient, total, "HW"[-total.ndim :], style, title=f"{gradient}, their sum"))
