"""Losses: one number from the last output. Each is a short tape of gates."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.calculus.gate_parts import ratio
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.matrix_gates import LOG_SOFTMAX, SUM
from cnngrad.calculus.tape import Composite, Tape
from cnngrad.numbers.functions import known
from cnngrad.numbers.kinds import Array

LOSSES = ("mse", "cross_entropy", "binary_cross_entropy", "sum")


@dataclass(frozen=True)
class Loss(Composite):
    """A loss of Z. `target` has the shape of Z (for cross_entropy the distribution of each row).

    `scale` is what the sum over all cells is multiplied by: the factor, over the count where the
    reduction is a mean.
    """

    op: str
    target: Array
    scale: Any
    reduction: str = "sum"

    def record(self, tape: Tape, *inputs: str) -> str:
        """The steps from Z to the loss."""
        (Z,) = inputs
        tape.place("target", self.target)
        tape.place("scale", self.scale)
        tape.record("sum", SUM, getattr(self, f"_{self.op}")(tape, Z))
        return tape.record("loss", GATES["mul"], "sum", "scale")

    def _mse(self, tape: Tape, Z: str) -> str:
        tape.record("error", GATES["sub"], Z, "target")
        return tape.record("each", GATES["mul"], "error", "error")

    def _cross_entropy(self, tape: Tape, Z: str) -> str:
        tape.record("log softmax", LOG_SOFTMAX, Z)
        tape.record("each", GATES["mul"], "log softmax", "target")
        return tape.record("minus", GATES["neg"], "each")

    def _binary_cross_entropy(self, tape: Tape, Z: str) -> str:
        tape.place("one", ratio(Fraction(1), self.target))
        tape.record("other target", GATES["sub"], "one", "target")
        tape.record("other Z", GATES["sub"], "one", Z)
        tape.record("log Z", GATES["log"], Z)
        tape.record("log other Z", GATES["log"], "other Z")
        tape.record("yes", GATES["mul"], "log Z", "target")
        tape.record("no", GATES["mul"], "log other Z", "other target")
        tape.record("each", GATES["add"], "yes", "no")
        return tape.record("minus", GATES["neg"], "each")

    def _sum(self, tape: Tape, Z: str) -> str:
        return tape.record("each", GATES["identity"], Z)

    def refuses(self, Z: Array) -> str | None:
        """What is wrong with an output outside the domain of the loss."""
        if self.op != "binary_cross_entropy":
            return None
        numbers = _numbers(Z)
        bad = np.argwhere(~((numbers > 0) & (numbers < 1)).astype(bool))
        if not len(bad):
            return None
        index = tuple(map(int, bad[0]))
        cell = f"[{','.join(map(str, index))}]" if index else ""
        return f"needs probabilities between 0 and 1, but Z{cell} is {_text(numbers[index])}; put a sigmoid before it"


def _numbers(Z: Array) -> Array:
    """The cells as numbers; a formula without a value may be a probability, and one half stands for it."""
    if Z.dtype != object:
        return Z
    flat = np.empty(Z.size, dtype=object)
    flat[:] = [Fraction(1, 2) if number is None else number for number in known(Z)]
    return flat.reshape(Z.shape)


def _text(number: Any) -> str:
    return str(number) if isinstance(number, Fraction) else f"{float(number):g}"
