"""op: rnn."""

from __future__ import annotations

import numpy as np

from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.rnn.rnn import ACTIVATIONS, RnnExercise
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS, choice
from cnngrad.spec.fields import COMMON, Field, Fields, Group, read_entries
from cnngrad.spec.tree import MappingNode
from cnngrad.wording import counted, shaped, times

WEIGHTS: Fields = {
    "input": Field(NUMBERS, "W_input, hidden x d", required=True),
    "recurrent": Field(NUMBERS, "W_recurrent, hidden x hidden", required=True),
    "bias": Field(NUMBERS, "b, one number per hidden unit; 0 when left out"),
}
FIELDS: Fields = {
    **COMMON,
    "inputs": Field(NUMBERS, "x, T x d, or T numbers", required=True),
    "weights": Field(Group(WEIGHTS), "input, recurrent and bias; numbers stand for 1 x 1", required=True),
    "h0": Field(NUMBERS, "the state before the first step; 0 when left out"),
    "activation": Field(choice(ACTIVATIONS), "tanh (default), sigmoid, relu or identity"),
    "delta": Field(NUMBERS, "the upstream gradient of the last state"),
    "deltas": Field(NUMBERS, "the upstream gradient of every state, T x hidden"),
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
    if x is None or W_input is None or W_recurrent is None or context.problems.found:
        return None
    if x.ndim not in (1, 2) or not x.size:
        context.place("inputs", f"{shaped(x.shape)}; give T x d, or T numbers")
        return None
    hidden, features = _sizes(inside, W_input, W_recurrent)
    if not context.problems.found and (x.shape[1] if x.ndim == 2 else 1) != features:
        there = f"weights.input of shape {times(W_input.shape)} takes {counted(features, 'number')} per step"
        context.place("inputs", f"{shaped(x.shape)}, but {there}; give T x {features}")
    h0 = _vector(context, "h0", h0, hidden, W_recurrent)
    b = _vector(inside, "bias", b, hidden, W_recurrent)
    upstream = _deltas(context, delta, deltas, len(x), hidden, W_recurrent)
    if context.problems.found:
        return None
    work = len(x) * (hidden * features + hidden**2)
    if message := context.limits.refusal("multiply_adds", work, f"needs {work:,} multiply-adds"):
        context.place("inputs", message)
        return None
    return RnnExercise(x, W_input, W_recurrent, b, h0, context.values.get("activation", "tanh"), upstream)


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


def _deltas(
    context: Context, delta: Array | None, deltas: Array | None, steps: int, hidden: int, like: Array
) -> Array | None:
    """The upstream gradient of every state (T, H): those that are given, or zeros and the last."""
    if delta is not None and deltas is not None:
        context.place("deltas", "is given beside delta; give the last gradient, or all of them")
        return None
    if deltas is not None:
        allowed = [(steps, hidden)] if like.ndim else [(steps,), (steps, 1)]
        if deltas.ndim == 0:
            return np.full((steps, hidden), deltas[()], dtype=deltas.dtype)
        if deltas.shape not in allowed:
            says = f"{shaped(deltas.shape)}, but h {shaped(allowed[0])}"
            context.place("deltas", f"{says}; give one number per hidden unit and step")
            return None
        return deltas.reshape(steps, hidden)
    if delta is None:
        return None
    if delta.ndim > 1 or delta.size not in (1, hidden):
        says = f"{shaped(delta.shape)}, but the last state has {counted(hidden, 'number')}"
        context.place("delta", f"{says}; give one number per hidden unit")
        return None
    whole = zeros((steps, hidden), delta)
    whole[-1] = delta
    return whole
