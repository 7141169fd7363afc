"""op: rnn."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.rnn.rnn import ACTIVATIONS, LAYOUTS, RnnExercise
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS, choice
from cnngrad.spec.fields import COMMON, Field, Fields, Group, read_entries
from cnngrad.spec.tree import MappingNode
from cnngrad.wording import counted, misfit, shaped, times

WEIGHTS: Fields = {
    "input": Field(NUMBERS, "W_input, hidden x d", required=True),
    "recurrent": Field(NUMBERS, "W_recurrent, hidden x hidden", required=True),
    "bias": Field(NUMBERS, "b, one number per hidden unit; 0 when left out"),
}
FIELDS: Fields = {
    **COMMON,
    "inputs": Field(NUMBERS, "x, T x d, or T numbers; of a batch N x T x d or T x N x d", required=True),
    "weights": Field(Group(WEIGHTS), "input, recurrent and bias; numbers stand for 1 x 1", required=True),
    "h0": Field(NUMBERS, "the state before the first step, of all examples or of each; 0 when left out"),
    "activation": Field(choice(ACTIVATIONS), "tanh (default), sigmoid, relu or identity"),
    "layout": Field(choice(LAYOUTS), "the axes of inputs: TD (default), or NTD or TND for a batch"),
    "delta": Field(NUMBERS, "the upstream gradient of the last state"),
    "deltas": Field(NUMBERS, "the upstream gradient of every state, in the shape of h"),
}


def build(context: Context, backward: bool | None) -> RnnExercise | None:
    """The recurrent network of a spec."""
    x, h0, delta, deltas = (context.array(key) for key in ("inputs", "h0", "delta", "deltas"))
    node: MappingNode | None = context.values.get("weights")
    if node is None:
        return None
    values = read_entries(node, WEIGHTS, "weights", context.document, context.problems, prefix="weights.")
    inside = context.inside(node, values, "weights.")
    W_input, W_recurrent, b = (inside.array(key) for key in WEIGHTS)
    layout = context.values.get("layout", "TD")
    if x is None or W_input is None or W_recurrent is None or context.problems.found:
        return None
    if x.ndim not in (len(layout) - 1, len(layout)) or not x.size:
        context.place("inputs", f"{shaped(x.shape)}; {_wanted(layout, x.ndim)}")
        return None
    hidden, features = _sizes(inside, W_input, W_recurrent)
    if not context.problems.found and (x.shape[-1] if x.ndim == len(layout) else 1) != features:
        there = f"weights.input of shape {times(W_input.shape)} takes {counted(features, 'number')} per step"
        context.place("inputs", f"{shaped(x.shape)}, but {there}; give {' x '.join(layout[:-1])} x {features}")
    b = _vector(inside, "bias", b, hidden, W_recurrent)
    # The sizes are those of the exercise; its h0 and its deltas are still to be compared with them.
    given = RnnExercise(x, W_input, W_recurrent, b, b, context.values.get("activation", "tanh"), layout=layout)
    if context.problems.found:
        return None
    h0, upstream = _start(context, h0, given), _deltas(context, delta, deltas, given)
    if context.problems.found:
        return None
    work, cells = given.multiply_adds(), prod(given.state_shape)
    for name, value, says in (
        ("cells", cells, f"makes {cells:,} cells of h"),
        ("multiply_adds", work, f"needs {work:,} multiply-adds"),
    ):
        if message := context.limits.refusal(name, value, says):
            context.place("inputs", message)
            return None
    return replace(given, h0=h0, deltas=upstream)


def _wanted(layout: str, rank: int) -> str:
    """What inputs of another number of axes may be."""
    cells = " x ".join(layout[:-1])
    batch = ", or layout: NTD or TND for a batch" if layout == "TD" and rank == 3 else ""
    given = "" if layout == "TD" else f" (layout {layout})"
    return f"give {cells} x d, or {cells} numbers{given}{batch}"


def _sizes(inside: Context, W_input: Array, W_recurrent: Array) -> tuple[int, int]:
    """H and d."""
    shape = W_recurrent.shape
    if shape and (len(shape) != 2 or shape[0] != shape[1]):
        inside.place("recurrent", f"{shaped(shape)}; give hidden x hidden, or one number")
        return 1, 1
    hidden = shape[0] if shape else 1
    if W_input.ndim == 0 and hidden == 1:
        return 1, 1
    if W_input.ndim != 2 or W_input.shape[0] != hidden:
        there = f"weights.recurrent of shape {times(shape)} has {counted(hidden, 'hidden unit')}"
        inside.place("input", f"{shaped(W_input.shape)}, but {there}; give hidden x d")
        return hidden, 1
    return hidden, W_input.shape[1]


def _vector(context: Context, key: str, found: Array | None, hidden: int, like: Array) -> Array:
    """One number per hidden unit; zeros where the key is left out."""
    if found is None:
        return context.constant((hidden,) if like.ndim else (), "0")
    if found.size != hidden or found.ndim > 1:
        says = f"{shaped(found.shape)}, but there {'is' if hidden == 1 else 'are'} "
        context.place(key, f"{says}{counted(hidden, 'hidden unit')}; give {counted(hidden, 'number')}")
    return found


def _start(context: Context, h0: Array | None, given: RnnExercise) -> Array:
    """h0: one number per hidden unit, in a batch for each example, or once for all of them; zeros where it is left
    out."""
    batch, hidden = given.batch, given.W_recurrent.shape[:1]
    shape = (*batch, *hidden)
    if h0 is None:
        return context.constant(shape, "0")
    if not batch:
        return _vector(context, "h0", h0, given.hidden, given.W_recurrent)
    if h0.shape not in (shape, hidden):
        says = misfit(h0.shape, "the first state", shape, "NH"[: len(shape)])
        context.place("h0", f"{says}; give one number per hidden unit, for every example or for all of them")
    return h0


def _deltas(context: Context, delta: Array | None, deltas: Array | None, given: RnnExercise) -> Array | None:
    """The upstream gradient of every state, with an axis for the hidden units always: those that are given, or zeros
    and the last."""
    if delta is not None and deltas is not None:
        context.place("deltas", "is given beside delta; give the last gradient, or all of them")
        return None
    shape = given.state_shape
    whole = (*shape[: len(given.layout) - 1], given.hidden)
    if deltas is not None:
        if deltas.ndim == 0:
            return np.full(whole, deltas[()], dtype=deltas.dtype)
        if deltas.shape not in (shape, whole):
            says = misfit(deltas.shape, "h", shape, given.layout.replace("D", "H")[: len(shape)])
            context.place("deltas", f"{says}; give one number per hidden unit and step")
            return None
        return deltas.reshape(whole)
    if delta is None:
        return None
    last = tuple(size for axis, size in enumerate(shape) if axis != given.time)
    if not _fits_last(delta, last, given):
        says = f"{shaped(delta.shape)}, but the last state has {counted(given.hidden, 'number')}"
        if given.batch:
            says = misfit(delta.shape, "the last state", last, "NH"[: len(last)])
        context.place("delta", f"{says}; give one number per hidden unit")
        return None
    found = zeros(whole, delta)
    place = (slice(None),) * given.time + (-1,)
    found[place] = delta.reshape(*given.batch, -1) if delta.size > 1 else delta.reshape(())
    return found


def _fits_last(delta: Array, last: tuple[int, ...], given: RnnExercise) -> bool:
    """Whether an upstream gradient is that of the last state, or one number for all of it."""
    if delta.ndim == 0 or delta.shape == last:
        return True
    return not given.batch and delta.ndim == 1 and delta.size in (1, given.hidden)
