"""The keys of single layers: conv, pool, dense, activation, batch_norm, layer_norm."""

from __future__ import annotations

from typing import Any

from .draw import Draw
from .plan import HEAD, TAIL, Key, Keys, Plan, choice, delta, maybe, numbered, shadow, shape_of
from .tree import Tree

SPATIAL = ("L", "W", "HW", "DHW")
LAYOUTS = tuple(n + c for s in SPATIAL for c in (s, f"C{s}", f"{s}C") for n in ("", "N"))
DEFAULTS = {1: "L", 2: "HW", 3: "HWC", 4: "NHWC", 5: "NDHWC"}
FUNCTIONS = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu", "softmax",
    "log_softmax",
)  # fmt: skip
EXACT_FUNCTIONS = ("identity", "relu", "leaky_relu")
PADDINGS = ("valid", "same", "same_lower")


def spatial(letters: str) -> str:
    """The spatial letters of a layout."""
    return letters.strip("N").strip("C")


def place_input(plan: Plan) -> None:
    """Choose the layout and the shape of an input of planes."""
    draw = plan.draw
    plan.letters = draw.weighted(
        {name: 4 if name in ("HW", "L", "CHW", "NCHW", "HWC", "NHWC") else 1 for name in LAYOUTS}
    )
    most = {1: 7, 2: 4, 3: 3}[len(spatial(plan.letters))]
    sizes = {"N": draw.randint(1, 2), "C": draw.randint(1, 3)}
    plan.shape = tuple(sizes.get(letter) or draw.randint(1, most) for letter in plan.letters)


def sizes_of(plan: Plan) -> list[int]:
    """The spatial sizes of the input."""
    return [n for n, letter in zip(plan.shape, plan.letters, strict=True) if letter not in "NC"]


def given_input(plan: Plan) -> Tree:
    """A, in the shape that was chosen."""
    return plan.cells.array(plan.shape, "x")


def layout(plan: Plan) -> Tree:
    """The layout, where it is not the default of the rank, and sometimes where it is."""
    needed = DEFAULTS.get(len(plan.shape)) != plan.letters
    return plan.letters if needed or plan.draw.chance(0.3) else None


def slide(plan: Plan, most: int = 3) -> None:
    """Choose window and dilation so that the window nearly always fits."""
    draw = plan.draw
    sizes = sizes_of(plan)
    dilation = [draw.weighted({1: 5, 2: 1, 3: 0.3}) for _ in sizes]
    fits = [max(1, (n - 1) // d + 1) for n, d in zip(sizes, dilation, strict=True)]
    window = [draw.randint(1, min(most, k + draw.chance(0.03))) for k in fits]
    plan.notes |= {"dilation": dilation, "window": window}


def per_axis(draw: Draw, numbers: list[int]) -> Tree:
    """One number for all axes where they are equal (or by chance the first), else a list."""
    if len(set(numbers)) == 1 and draw.chance(0.7):
        return str(numbers[0])
    return [str(n) for n in numbers]


def dilation(plan: Plan) -> Tree:
    """As `slide` chose it."""
    numbers = plan.notes["dilation"]
    return None if set(numbers) == {1} and plan.draw.chance(0.9) else per_axis(plan.draw, numbers)


def window(plan: Plan) -> Tree:
    """As `slide` chose it, or the whole plane."""
    if plan.draw.chance(0.06):
        plan.notes["dilation"] = [1] * len(plan.notes["dilation"])
        return "global"
    return per_axis(plan.draw, plan.notes["window"])


def stride(plan: Plan) -> Tree:
    """One to three cells per axis."""
    if plan.draw.chance(0.95 if plan.made.get("window") == "global" else 0.4):
        return None
    return per_axis(plan.draw, [plan.draw.weighted({1: 3, 2: 3, 3: 1}) for _ in sizes_of(plan)])


def padding(plan: Plan) -> Tree:
    """A word, a number, one per axis, or pairs; small enough for the rules of pooling and reflection mostly."""
    draw = plan.draw
    if draw.chance(0.95 if plan.made.get("window") == "global" else 0.4):
        return None
    if draw.chance(0.2):
        return draw.pick(PADDINGS)
    least = 2 * draw.chance(0.04)
    spans = [d * (k - 1) + 1 for d, k in zip(plan.notes["dilation"], plan.notes["window"], strict=True)]
    most = [max(s // 2, least) for s in spans]
    if draw.chance(0.3):
        return [[str(draw.randint(0, m)), str(draw.randint(0, m))] for m in most]
    return per_axis(draw, [draw.randint(0, min(most))] * len(most))


def conv_notes(plan: Plan) -> None:
    """Choose what the keys of a convolution must agree on."""
    draw = plan.draw
    slide(plan)
    channels = plan.shape[plan.letters.index("C")] if "C" in plan.letters else 1
    groups = draw.pick([n for n in (1, 1, 2, 3) if channels % n == 0]) if "C" in plan.letters else 1
    single = "C" not in plan.letters or (groups == 1 and draw.chance(0.2))
    plan.notes |= {"channels": channels, "groups": groups, "single": single, "transposed": draw.chance(0.15)}
    plan.notes["filters"] = 1 if single else groups * draw.randint(1, 2)


def kernel(plan: Plan) -> Tree:
    """W, in axes that follow the layout."""
    n, taps = plan.notes, tuple(plan.notes["window"])
    if "C" not in plan.letters:
        return plan.cells.array(taps, "w")
    last = plan.letters.endswith("C")
    ins, outs = n["channels"] // n["groups"], n["filters"]
    if n["transposed"]:
        ins, outs = n["channels"], n["filters"] // n["groups"]
        shape = (*taps, outs, ins) if last else (ins, outs, *taps)
    else:
        shape = (*taps, ins, outs) if last else (outs, ins, *taps)
    if n["single"] and plan.draw.chance(0.6) and not n["transposed"]:
        shape = shape[:-1] if last else shape[1:]
    return plan.cells.array(shape, "w")


def bias(plan: Plan) -> Tree:
    """One number per filter."""
    shape = () if plan.notes["single"] and plan.draw.chance(0.6) else (plan.notes["filters"],)
    return plan.cells.array(shape if "C" in plan.letters else (), "b")


def noted(name: str, *, usual: Any) -> Key:
    """What the notes say, left out where it is the usual."""
    return lambda plan: None if plan.notes[name] == usual else str(plan.notes[name]).lower()


def output_padding(plan: Plan) -> Tree:
    """Only for transposed convolutions."""
    return "1" if plan.notes["transposed"] and plan.draw.chance(0.2) else None


def output_shape(plan: Plan) -> Tree:
    """In place of an output padding: sizes that are nearly possible, alone or as the whole shape."""
    if "output_padding" in plan.made or not plan.draw.chance(0.4 if plan.notes["transposed"] else 0.003):
        return None
    shape = shape_of(shadow(plan.made)) if "input" in plan.made else None
    if shape is None or len(shape) != len(plan.letters):
        return str(plan.draw.randint(1, 6))
    more = [n + (letter not in "NC" and plan.draw.chance(0.3)) for n, letter in zip(shape, plan.letters, strict=True)]
    whole = plan.draw.chance(0.3)
    return [str(n) for n, letter in zip(more, plan.letters, strict=True) if whole or letter not in "NC"]


CONV: Keys = {
    "kernel": kernel,
    "bias": maybe(0.7, bias),
    "stride": stride,
    "padding": padding,
    "dilation": dilation,
    "padding_mode": choice(0.2, "zeros", "reflect", "replicate", "circular"),
    "groups": noted("groups", usual=1),
    "flip_kernel": choice(0.1, "true", "false"),
    "transposed": noted("transposed", usual=False),
    "output_padding": output_padding,
    "output_shape": output_shape,
}
POOL: Keys = {
    "window": window,
    "mode": choice(0.6, "max", "average", "avg"),
    "stride": stride,
    "padding": padding,
    "dilation": dilation,
    "ceil_mode": choice(0.2, "true", "false"),
    "count_include_pad": choice(0.2, "true", "false"),
    "divisor_override": choice(0.08, "1", "2", "3", "-2"),
    "ties": choice(0.5, "first", "last", "all", "split", "any"),
}


def weights(plan: Plan) -> Tree:
    """One row per neuron."""
    plan.notes["neurons"] = plan.draw.randint(1, 3)
    return plan.cells.array((plan.notes["neurons"], plan.shape[-1]), "w")


DENSE: Keys = {"weights": weights, "bias": maybe(0.7, lambda plan: plan.cells.array((plan.notes["neurons"],), "b"))}


def function(plan: Plan) -> Tree:
    """Mostly one that the kind of numbers has a value of."""
    exact = plan.cells.kind == "exact" and plan.draw.chance(0.85)
    plan.notes["function"] = plan.draw.pick(EXACT_FUNCTIONS if exact else FUNCTIONS)
    return str(plan.notes["function"])


def parameter(*functions: str, of: tuple[str, ...]) -> Key:
    """The parameter of these functions; now and then given to another."""

    def give(plan: Plan) -> Tree:
        share = 0.6 if plan.notes["function"] in functions else 0.01
        return plan.draw.pick(of) if plan.draw.chance(share) else None

    return give


ACTIVATION: Keys = {
    "function": function,
    "alpha": parameter("leaky_relu", "elu", of=("0.2", "1", "0", "-1/2", "3", "1e-3")),
    "beta": parameter("softplus", of=("1", "2", "-1", "1/2", "0")),
    "approximate": parameter("gelu", of=("none", "tanh")),
    "axis": parameter("softmax", "log_softmax", of=("-1", "0", "1", "-2", "2")),
}


def per_channel(letter: str) -> Key:
    """One number per channel or feature; one number where there is none."""

    def give(plan: Plan) -> Tree:
        # An array may have lost its batch on the way, beside a layout that has one: a flattened image.
        channels = [n for n, name in zip(plan.shape, plan.letters, strict=False) if name in "CF"]
        return plan.cells.array(tuple(channels), letter)

    return give


def statistics(plan: Plan) -> Tree:
    """A mean and a variance per channel; now and then one of them negative, or missing."""
    mean, variance = per_channel("m")(plan), plan.draw.pick(("1", "3", "1/4", "0", "-1"))
    channels = [n for n, name in zip(plan.shape, plan.letters, strict=False) if name in "CF"]
    found = {"mean": mean, "variance": [variance] * channels[0] if channels else variance}
    return found if plan.draw.chance(0.95) else {"mean": mean}


BATCH_NORM: Keys = {
    "gamma": maybe(0.7, per_channel("g")),
    "beta": maybe(0.7, per_channel("b")),
    "statistics": maybe(0.4, statistics),
    "eps": choice(0.5, "0.1", "1e-3", "1", "1/4"),
}


def per_element(letter: str) -> Key:
    """One number per place of the last axis; now and then one per place of all axes but N."""

    def give(plan: Plan) -> Tree:
        each = tuple(n for n, name in zip(plan.shape, plan.letters, strict=False) if name != "N")
        return plan.cells.array(each if plan.draw.chance(0.2) else plan.shape[-1:], letter)

    return give


LAYER_NORM: Keys = {
    "gamma": maybe(0.5, per_element("g")),
    "beta": maybe(0.5, per_element("b")),
    "eps": choice(0.5, "0.1", "1e-3", "1", "1/4"),
    "over": choice(0.5, "last", "all"),
}


def place_vector(plan: Plan) -> None:
    """A vector or a batch of them."""
    plan.shape = (plan.draw.randint(1, 3), plan.draw.randint(1, 4))[-plan.draw.randint(1, 2) :]
    plan.letters = "NF"[-len(plan.shape) :]


def place_rows(plan: Plan) -> None:
    """A vector, a batch of them, or more axes before them."""
    place_vector(plan)
    if plan.draw.chance(0.3):
        plan.shape = (*(plan.draw.randint(1, 2) for _ in range(plan.draw.randint(1, 3))), *plan.shape)


def place_any(plan: Plan) -> None:
    """An array of up to three axes."""
    plan.shape = tuple(plan.draw.randint(1, 3) for _ in range(plan.draw.randint(0, 3)))


def place_normalised(plan: Plan) -> None:
    """Planes, or a batch of vectors."""
    (place_vector if plan.draw.chance(0.4) else place_input)(plan)


def features_layout(plan: Plan) -> Tree:
    """The layout of planes, which up to two axes need always; none for features."""
    return None if plan.letters in ("F", "NF") else plan.letters


def place_conv(plan: Plan) -> None:
    """An input of planes with a convolution over it."""
    place_input(plan)
    conv_notes(plan)


def place_pool(plan: Plan) -> None:
    """An input of planes with windows over it."""
    place_input(plan)
    slide(plan)


_ONE: Keys = {"input": given_input}
_END: Keys = {"delta": maybe(0.92, delta), **TAIL}
OPS: dict[str, Keys] = {
    "conv": {"op": numbered("conv"), **HEAD, **_ONE, "layout": layout, **CONV, **_END},
    "pool": {"op": numbered("pool"), **HEAD, **_ONE, "layout": layout, **POOL, **_END},
    "dense": {"op": numbered("dense"), **HEAD, **_ONE, **DENSE, **_END},
    "activation": {"op": numbered("activation"), **HEAD, **_ONE, **ACTIVATION, **_END},
    "batch_norm": {"op": numbered("batch_norm"), **HEAD, **_ONE, "layout": features_layout, **BATCH_NORM, **_END},
}
"""The keys of the ops that are one layer, in the order in which they are made."""
PLACES = {
    "conv": place_conv,
    "pool": place_pool,
    "dense": place_rows,
    "activation": place_any,
    "batch_norm": place_normalised,
}
"""What is chosen before the keys of an op are made."""
