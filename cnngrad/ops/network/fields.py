"""The keys of a network, and the way from them to the exercise."""

from __future__ import annotations

from typing import Any

from cnngrad.errors import Problems
from cnngrad.exercise.layer import Output
from cnngrad.numbers.kinds import Array
from cnngrad.ops.network import losses
from cnngrad.ops.network.layers import LAYERS, LayerEntry, LayerReader, fit_layers, read_arrays
from cnngrad.ops.network.network import NetworkExercise
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS
from cnngrad.spec.fields import COMMON, LAYOUT, Field, Fields, ListOf, OneOf, choose, read_entries
from cnngrad.spec.fields import INPUT as INPUT_FIELD
from cnngrad.spec.tree import MappingNode, SequenceNode
from cnngrad.windows.layout import layout_of

FIELDS: Fields = {
    **COMMON,
    **INPUT_FIELD,
    "layers": Field(ListOf(LAYERS), "the layers in order, each with its op", required=True),
    **LAYOUT,
    "loss": Field(OneOf(losses.FIELDS), "the loss at the last output"),
    "delta": Field(NUMBERS, "instead of a loss, the upstream gradient of the last output"),
    "learning_rate": Field(NUMBERS, "the step of gradient descent"),
}
FEATURES = {1: "F", 2: "NF"}
"""The axes of a vector of features, and of a batch of them."""


def build(context: Context, backward: bool | None) -> NetworkExercise | None:
    """The network of a spec."""
    A, dZ, rate = (context.array(key) for key in ("input", "delta", "learning_rate"))
    node: SequenceNode | None = context.values.get("layers")
    layers = list(LayerReader(context).read(node)) if node else []
    criterion = _criterion(context)
    if A is None or context.problems.found:
        read_arrays(context, layers)
        return None
    A = context.lifted(A, "input", len(context.values.get("layout", "L")))
    letters = _letters(context, A, layers)
    if letters is None:
        return None
    found = fit_layers(context, Output(A.shape, letters), layers)
    read_arrays(context, layers[len(found) + 1 :])
    if context.problems.found:
        return None
    last = found[-1].layer.output
    loss_of: losses.Loss | None = None
    if criterion is not None:
        loss_of = losses.build(*criterion, last.shape)
    else:
        dZ = context.delta(dZ, last.shape, last.letters, backward)
    step = _rate(context, rate, given=criterion is not None or dZ is not None)
    if context.problems.found:
        return None
    return NetworkExercise(A, letters, tuple(found), loss_of, None if loss_of else dZ, step)


def _criterion(context: Context) -> tuple[Context, str] | None:
    """The loss with its keys read."""
    node: MappingNode | None = context.values.get("loss")
    if node is None:
        return None
    if "delta" in context.values:
        context.place("delta", "is given beside a loss; leave one of them out")
    op, reason = choose(node.entries.get("op"), losses.FIELDS)
    if reason:
        context.problems.add("loss.op", reason, context.document.mark(node.entries.get("op", node)))
        return None
    values = read_entries(node, losses.FIELDS[op], f"loss {op}", context.document, context.problems, prefix="loss.")
    return context.inside(node, values, "loss."), op


def _rate(context: Context, rate: Array | None, *, given: bool) -> Any:
    if rate is None:
        return None
    if rate.ndim:
        context.place("learning_rate", "is a list; give one number")
        return None
    if not given:
        context.place("learning_rate", "has no gradient to follow; give a loss, or a delta")
    return rate[()]


def _letters(context: Context, A: Array, layers: list[LayerEntry]) -> str | None:
    """The axes of the input; a vector or a batch of them unless the first layer that cares reads images."""
    first = next((layer.op for layer in layers if layer.op not in ("activation", "residual")), "")
    features = first not in ("conv", "pool", "flatten")
    if "layout" not in context.values and A.ndim in FEATURES and features and A.size:
        return FEATURES[A.ndim]
    found = Problems()
    layout = layout_of(context.values.get("layout"), A.shape, found)
    context.place_all(found)
    return layout.letters if layout else None
