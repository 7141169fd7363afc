"""Networks: layers one after the other, each made to fit the output of the one before, and a loss."""

from __future__ import annotations

from math import prod

from . import layers
from .cells import Cells
from .plan import HEAD, TAIL, Keys, Plan, choice, delta, make, maybe, numbered, shadow, shape_of
from .tree import Tree

MOST_CELLS = 24


def _source(plan: Plan) -> Tree:
    """Residual connections of this form add the input of the network."""
    return "input" if plan.notes["whole"] else None


def _inner(plan: Plan) -> Tree:
    """Layers that keep the shape."""
    function = layers.function(plan)
    return None if plan.notes["whole"] else [{"op": "activation", "function": function}]


_NAME: Keys = {"name": choice(0.1, "first", "deep", "conv1", "ünï", "loss", "a b")}
LAYERS: dict[str, Keys] = {
    "conv": {"op": numbered("conv"), **_NAME, **layers.CONV, "layout": choice(0.02, "HW", "NCHW")},
    "pool": {"op": numbered("pool"), **_NAME, **layers.POOL, "layout": choice(0.02, "HW", "NCHW")},
    "dense": {"op": numbered("dense"), **_NAME, **layers.DENSE},
    "activation": {"op": numbered("activation"), **_NAME, **layers.ACTIVATION},
    "flatten": {"op": numbered("flatten"), **_NAME},
    "residual": {"op": numbered("residual"), **_NAME, "from": _source, "layers": _inner},
    "batch_norm": {"op": numbered("batch_norm"), **_NAME, **layers.BATCH_NORM},
    "layer_norm": {"op": numbered("layer_norm"), **_NAME, **layers.LAYER_NORM},
}
"""The keys of every kind of layer."""
NOTES = {"conv": layers.conv_notes, "pool": layers.slide}


def _target(plan: Plan) -> Tree:
    shape = plan.notes["last"]
    if plan.draw.chance(0.2):
        return plan.cells.cell("t")
    classes = plan.notes["loss"] == "cross_entropy"
    if classes and plan.draw.chance(0.7):
        axis = plan.notes["axis"] % len(shape)
        return _indices(plan, shape[:axis] + shape[axis + 1 :], shape[axis])
    between = plan.notes["loss"] != "mse" and plan.draw.chance(0.8)
    cells = Cells(plan.draw, "float", "ties") if between else plan.cells
    return cells.array(shape, "t", positive=between)


def _indices(plan: Plan, shape: tuple[int, ...], classes: int) -> Tree:
    if not shape:
        return str(plan.draw.randrange(classes))
    return [_indices(plan, shape[1:], classes) for _ in range(shape[0])]


def _axis(plan: Plan) -> Tree:
    """As it was chosen; left out where it is the default."""
    return None if plan.notes["axis"] == -1 else str(plan.notes["axis"])


_REDUCTION: Keys = {"reduction": choice(0.4, "sum", "mean")}
_FACTOR: Keys = {"factor": choice(0.3, "1", "1/2", "0.25", "-1", "1e308")}
LOSSES: dict[str, Keys] = {
    "mse": {"op": numbered("mse"), "target": _target, **_REDUCTION, **_FACTOR},
    "cross_entropy": {"op": numbered("cross_entropy"), "target": _target, **_REDUCTION, "axis": _axis},
    "binary_cross_entropy": {"op": numbered("binary_cross_entropy"), "target": _target, **_REDUCTION},
    "sum": {"op": numbered("sum"), **_FACTOR},
}
"""The keys of every loss."""
LOSS_WEIGHTS = {"mse": 3.0, "cross_entropy": 2.0, "binary_cross_entropy": 2.0, "sum": 1.0}


def _layers(plan: Plan) -> Tree:
    """One to four layers; the list grows inside the spec, so that shapes can be asked for."""
    found: list[Tree] = []
    plan.made["layers"] = found
    letters, shape = plan.letters, plan.shape
    for _ in range(plan.draw.weighted({1: 3, 2: 3, 3: 2, 4: 1})):
        found.append(_layer(plan, letters, shape))
        after = shape_of(shadow(plan.made))
        if after is None or prod(after) > MOST_CELLS:
            break
        if found[-1]["op"] == "flatten" or (found[-1]["op"] == "dense" and len(shape) < 3):
            letters = "NF" if "N" in letters else "F"
        shape = after
    plan.notes["last"] = shape
    return found


def _layer(plan: Plan, letters: str, shape: tuple[int, ...]) -> Tree:
    whole = shape == plan.shape and plan.draw.chance(0.5)
    one = Plan(plan.draw, plan.cells, {}, letters, shape, {"whole": whole})
    op = plan.draw.weighted(_fitting(letters, shape))
    if op in NOTES:
        NOTES[op](one)
    return make(one, LAYERS[op])


def _fitting(letters: str, shape: tuple[int, ...]) -> dict[str, float]:
    """The layers that can follow, by weight; now and then one that cannot."""
    planes = letters in layers.LAYOUTS and len(letters) == len(shape)
    rows = not planes or len(letters) == 1
    return {
        "conv": 3.0 * planes, "pool": 3.0 * planes, "flatten": 1.5 * planes + 0.05, "dense": 3.0 * rows + 0.3,
        "activation": 2.0, "residual": 1.0, "batch_norm": 1.0, "layer_norm": 1.0,
    }  # fmt: skip


def _loss(plan: Plan) -> Tree:
    op = plan.draw.weighted(LOSS_WEIGHTS)
    axis = plan.draw.weighted({-1: 6, 0: 1, 1: 1, -2: 0.5})
    one = Plan(plan.draw, plan.cells, {}, notes={"last": plan.notes["last"], "loss": op, "axis": axis})
    if not plan.draw.chance(0.75):
        return None
    if op == "binary_cross_entropy":
        _end_with(plan, "sigmoid")
    return make(one, LOSSES[op])


def _end_with(plan: Plan, function: str) -> None:
    """A loss that takes probabilities mostly gets them."""
    if plan.draw.chance(0.8):
        plan.made["layers"].append({"op": "activation", "function": function})


def _delta(plan: Plan) -> Tree:
    """Instead of a loss."""
    return None if "loss" in plan.made else delta(plan)


def _layout(plan: Plan) -> Tree:
    return layers.layout(plan) if plan.letters in layers.LAYOUTS else None


NETWORK: Keys = {
    "op": numbered("network"),
    **HEAD,
    "input": layers.given_input,
    "layout": _layout,
    "layers": _layers,
    "loss": _loss,
    "delta": maybe(0.9, _delta),
    "learning_rate": choice(0.25, "0.1", "1", "1/2", "1e-3", "0"),
    **TAIL,
}


def place(plan: Plan) -> None:
    """Planes or a batch of vectors."""
    if plan.draw.chance(0.4):
        layers.place_vector(plan)
    else:
        layers.place_input(plan)
