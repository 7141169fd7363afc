"""Losses: one number from the last output. A loss is a row of the table; a new one is a row more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from cnngrad.calculus.gate_parts import ratio
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.matrix_gates import SUM, along, log_softmax, softmax
from cnngrad.calculus.tape import Composite, Tape
from cnngrad.exercise.sums import Part, Sums, read_sums
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, function, known
from cnngrad.numbers.printing import show
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS, TEXT, choice, whole
from cnngrad.spec.fields import Field, Fields
from cnngrad.windows.windows import Index
from cnngrad.wording import axis_problem, counted, shaped

LOG_SOFTMAX = log_softmax().name
Parts = Mapping[str, Callable[[Index], Any]]
"""The factors of a loss that are no cells of Z, as they are written in its terms: the value of each at a cell."""


@dataclass(frozen=True)
class Loss(Composite):
    """A loss of Z. `target` has the shape of Z (for cross_entropy the distribution of each row).

    `scale` multiplies the sum over all cells: the factor, over the count where the reduction is a mean.
    """

    op: str
    target: Array
    scale: Any
    reduction: str = "sum"
    axis: int = -1
    """along which a loss of rows mixes the cells"""

    @property
    def row(self) -> Row:
        return LOSSES[self.op]

    def record(self, tape: Tape, *inputs: str) -> str:
        """The steps from Z to the loss."""
        known_as = dict(zip("Z", inputs, strict=True))
        for name, value in (("target", self.target), ("scale", self.scale), ("one", ratio(Fraction(1), self.target))):
            tape.place(name, value)
        each = ""
        for each, (gate, *sources) in self.row.steps.items():
            operation = log_softmax(self.axis) if gate == LOG_SOFTMAX else GATES[gate]
            tape.record(each, operation, *(known_as.get(source, source) for source in sources))
        tape.record("sum", SUM, each)
        return tape.record("loss", GATES["mul"], "sum", "scale")

    def settings(self) -> dict[str, Any]:
        """The op, the reduction and the axis as plain JSON values."""
        return {"op": self.op, "reduction": self.reduction} | ({"axis": self.axis} if self.row.of_rows else {})

    def formula(self, of: str) -> str:
        """That of the `value` or the `gradient`, with the axis of softmax where it is not the last."""
        text, _ = self.row.sums[of]
        return text if self.axis == -1 else f"{text}, softmax {along(self.axis)}"

    def sums(self, Z: Array, name: str, base: int) -> Sums:
        """The terms of `value` and `gradient` at a cell of Z, which is called `name`: `dense1.Z`."""
        rows = (f"{of}[x] = {terms}".replace("Z[", f"{name}[") for of, (_, terms) in self.row.sums.items())
        parts = {text.replace("Z[", f"{name}["): value for text, value in self.row.parts(self, Z).items()}
        named = {Part(text).name: value for text, value in parts.items()}
        return Sums(rows=read_sums(*rows), arrays={name: Z}, named=named, base=base)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What there is to say of one loss.

    `steps`, by name, are a gate and what it reads, from Z to what is summed up. `sums` are a formula, and the terms at
    one cell of Z, for the `value` and for the `gradient` of the loss; `parts` are the values of their factors. `target`
    fits the target that is given to the shape of Z. `reduction` is the one that is left out (PyTorch's; but mse is half
    the sum of squares), and a mean is over rows where the loss is one `of_rows`. `factor` says what a given factor
    multiplies, `default` is the factor that is left out. `refuses` says what is wrong with an output that has no loss.
    """

    steps: Mapping[str, tuple[str, ...]]
    sums: Mapping[str, tuple[str, str]]
    parts: Callable[[Loss, Array], Parts]
    target: Callable[[Context, Array, Index], Array | None] | None = None
    reduction: str = "sum"
    of_rows: bool = False
    factor: str = ""
    default: Fraction = Fraction(1)
    refuses: Callable[[Array], str | None] = lambda _: None

    def fields(self) -> Fields:
        """The keys of the loss in a spec."""
        found = {"op": Field(TEXT, f"one of {', '.join(LOSSES)}", required=True)}
        if self.target:
            found["target"] = Field(NUMBERS, "what the output should be", required=True)
            found["reduction"] = Field(choice(("sum", "mean")), "sum, or mean")
        if self.of_rows:
            found["axis"] = Field(whole(), "the axis of the classes, negative from the end; -1 when left out")
        if self.factor:
            found["factor"] = Field(NUMBERS, f"what {self.factor} multiplied by; {self.default} when left out")
        return found


def _mse_parts(loss: Loss, Z: Array) -> Parts:
    paths = GATES["mul"].partials(None, 1, 1)  # a square is a fork: the error goes in twice
    return {
        "factor": lambda _: loss.scale,
        "2*factor": lambda _: len(paths) * loss.scale,
        "(Z[x] - target[x])": lambda x: Z[x] - loss.target[x],
    }


def _cross_entropy_parts(loss: Loss, Z: Array) -> Parts:
    """LOG_SOFTMAX passes back its upstream gradient, and softmax times the sum of it: a term each."""
    probabilities, log = softmax(loss.axis).forward(Z), log_softmax(loss.axis).forward(Z)
    totals = np.broadcast_to(loss.target.sum(axis=loss.axis, keepdims=True), Z.shape)
    return {
        **_scale(loss),
        "target[x]": lambda x: loss.target[x],
        "log(softmax[x])": lambda x: log[x],
        "softmax[x]": lambda x: probabilities[x] * totals[x],
    }


def _binary_cross_entropy_parts(loss: Loss, Z: Array) -> Parts:
    slope, target = GATES["log"].partials, loss.target
    return {
        **_scale(loss),
        "target[x]": lambda x: target[x],
        "(1 - target[x])": lambda x: 1 - target[x],
        "log(Z[x])": lambda x: function("log", Z[x]),
        "log(1 - Z[x])": lambda x: function("log", 1 - Z[x]),
        "target[x]/Z[x]": lambda x: target[x] * slope(None, Z[x])[0],
        "(1 - target[x])/(1 - Z[x])": lambda x: (1 - target[x]) * slope(None, 1 - Z[x])[0],
    }


def _scale(loss: Loss) -> Parts:
    return {"scale": lambda _: loss.scale, "-scale": lambda _: -loss.scale}


def _probabilities_alone(Z: Array) -> str | None:
    numbers = _numbers(Z)
    bad = np.argwhere(~((numbers > 0) & (numbers < 1)).astype(bool))
    if not len(bad):
        return None
    index = tuple(map(int, bad[0]))
    number, cell = numbers[index], f"[{','.join(map(str, index))}]" if index else ""
    text = str(number) if isinstance(number, Fraction) else f"{float(number):g}"
    return f"needs probabilities between 0 and 1, but Z{cell} is {text}; put a sigmoid before it"


def _numbers(Z: Array) -> Array:
    """The cells as numbers; a formula without a value may be a probability, and one half is taken for it."""
    if Z.dtype != object:
        return Z
    flat = np.empty(Z.size, dtype=object)
    flat[:] = [Fraction(1, 2) if number is None else number for number in known(Z)]
    return flat.reshape(Z.shape)


def _like_output(context: Context, target: Array, Z: Index) -> Array | None:
    """A target in the shape of the output; one number is that of every cell."""
    if target.ndim == 0:
        return np.full(Z, target[()], dtype=target.dtype)
    if target.shape != Z:
        context.place("target", f"{shaped(target.shape)}, but the last output {shaped(Z)}; give it that shape")
        return None
    return target


def _probabilities(context: Context, target: Array, Z: Index) -> Array | None:
    found = _like_output(context, target, Z)
    if found is not None and not all(x is None or 0 <= x <= 1 for x in known(found)):
        context.place("target", "has a number outside 0 to 1; binary_cross_entropy compares probabilities")
    return found


def _distribution(context: Context, target: Array, Z: Index) -> Array | None:
    """A distribution along the axis of the classes: as it is given, or 1 at the index of the right class."""
    if target.shape == Z:
        return target
    axis = axis_of(context) % len(Z)
    rows, most = Z[:axis] + Z[axis + 1 :], Z[axis]
    if target.shape != rows:
        classes = counted(most, "class", "classes")
        says = f"{shaped(target.shape)}, but the output {shaped(Z)}: give the index of one of "
        context.place("target", f"{says}{classes} per row, or a distribution in the shape of the output")
        return None
    one, zero = context.kind.number(Fraction(1)), context.kind.number(Fraction(0))
    found = np.full(Z, zero, dtype=context.kind.dtype)
    for row in np.ndindex(rows):
        index = _index(target[row], most)
        if index is None:
            context.place("target", f"has {show(target[row])} as the index of a class; give one from 0 to {most - 1}")
            return None
        found[(*row[:axis], index, *row[axis:])] = one
    return found


def axis_of(context: Context) -> int:
    """The axis of the classes."""
    axis: int = context.values.get("axis", -1)
    return axis


def _index(cell: Any, classes: int) -> int | None:
    """The index of a class that a cell is; nothing where it is none."""
    number = cell.value if isinstance(cell, Formula) else cell
    return int(number) if number is not None and 0 <= number < classes and number == int(number) else None


LOSSES = {
    "mse": Row(
        steps={"error": ("sub", "Z", "target"), "each": ("mul", "error", "error")},
        sums={
            "value": ("factor * sum of (Z - target)**2", "factor * (Z[x] - target[x]) * (Z[x] - target[x])"),
            "gradient": ("2*factor*(Z - target)", "2*factor * (Z[x] - target[x])"),
        },
        parts=_mse_parts,
        target=_like_output,
        factor="the squares are",
        default=Fraction(1, 2),
    ),
    "cross_entropy": Row(
        steps={"log softmax": ("log_softmax", "Z"), "each": ("mul", "log softmax", "target"), "minus": ("neg", "each")},
        sums={
            "value": ("-scale * sum of target*log(softmax(Z))", "-scale * target[x] * log(softmax[x])"),
            "gradient": ("scale*(softmax(Z) - target)", "scale * softmax[x] + -scale * target[x]"),
        },
        parts=_cross_entropy_parts,
        target=_distribution,
        reduction="mean",
        of_rows=True,
    ),
    "binary_cross_entropy": Row(
        steps={
            "other target": ("sub", "one", "target"),
            "other Z": ("sub", "one", "Z"),
            "log Z": ("log", "Z"),
            "log other Z": ("log", "other Z"),
            "yes": ("mul", "log Z", "target"),
            "no": ("mul", "log other Z", "other target"),
            "each": ("add", "yes", "no"),
            "minus": ("neg", "each"),
        },
        sums={
            "value": (
                "-scale * sum of (target*log(Z) + (1 - target)*log(1 - Z))",
                "-scale * target[x] * log(Z[x]) + -scale * (1 - target[x]) * log(1 - Z[x])",
            ),
            "gradient": (
                "scale*((1 - target)/(1 - Z) - target/Z)",
                "scale * (1 - target[x])/(1 - Z[x]) + -scale * target[x]/Z[x]",
            ),
        },
        parts=_binary_cross_entropy_parts,
        target=_probabilities,
        reduction="mean",
        refuses=_probabilities_alone,
    ),
    "sum": Row(
        steps={"each": ("identity", "Z")},
        sums={"value": ("factor * sum of Z", "factor * Z[x]"), "gradient": ("factor", "factor")},
        parts=lambda loss, _: {"factor": lambda _: loss.scale},
        factor="the sum is",
    ),
}
FIELDS = {name: row.fields() for name, row in LOSSES.items()}


def build(context: Context, op: str, Z: Index) -> Loss | None:
    """The loss of an output of shape `Z`; what does not fit goes to the context's problems."""
    row, factor, target = LOSSES[op], context.array("factor"), context.array("target")
    if factor is not None and factor.ndim:
        context.place("factor", "must be one number")
    if message := axis_problem(axis_of(context), Z, "output"):
        context.place("axis", message)
    if context.problems.found:
        return None
    if row.target is None:
        target = context.constant((), "0")
    elif target is not None:
        target = row.target(context, target, Z)
    if target is None or context.problems.found:
        return None
    scale: Any = context.kind.number(row.default) if factor is None else factor[()]
    reduction, axis = context.values.get("reduction", row.reduction), axis_of(context)
    if reduction == "mean":
        scale = scale * context.kind.number(Fraction(1, prod(Z) // (Z[axis] if row.of_rows else 1)))
    return Loss(op, target, scale, reduction, axis)
