"""The rows of the gate table that have a parameter: each is a function of its value, with PyTorch's default.

A parameter is a number of the kind of the cells: a float, a fraction or a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from cnngrad.calculus.gate_parts import Gate, is_float, one, ratio, rectified
from cnngrad.numbers.kinds import function
from cnngrad.numbers.printing import as_factor, show
from cnngrad.records import dataclass

_THROUGH = "the upstream gradient passes where the input is positive"
APPROXIMATIONS = ("none", "tanh")
"""The forms of gelu (Hendrycks and Gimpel 2016, section 2): with the error function, and nearly that with tanh."""


@dataclass(frozen=True)
class Parameter:
    """The parameter of a gate: its name, and its value where none is given."""

    name: str
    default: Fraction | str | int


@dataclass(frozen=True)
class Parametric:
    """A row with its parameter; `gate` is the row for a value of it."""

    parameter: Parameter
    gate: Callable[[Any], Gate]

    def usual(self) -> Gate:
        """The row for the default."""
        return self.gate(self.parameter.default)


def like(parameter: Any, x: Any) -> Any:
    """The parameter as a number that x can be multiplied by."""
    return ratio(parameter, x) if isinstance(parameter, Fraction) else parameter


def leaky_relu(alpha: Any) -> Gate:
    """x where it is positive, alpha*x elsewhere (PyTorch's negative_slope)."""
    slope = show(alpha)
    return Gate(
        "leaky_relu",
        lambda x: rectified(x, x, x * like(alpha, x), "leaky_relu"),
        lambda _, x: (rectified(x, one(x), one(x) * like(alpha, x), "leaky_relu"),),
        f"leaky_relu: {_THROUGH}, {slope} times it elsewhere",
        (f"1 if x > 0 else {slope}",),
        "\\operatorname{{leaky}}({x})",
        (f"[{{x}} > 0] + {_factor(alpha)} [{{x}} \\le 0]",),
    )


def elu(alpha: Any) -> Gate:
    """x where it is positive, alpha*(exp(x) - 1) elsewhere."""
    below = f"z + {_factor(alpha)}"
    times = "exp(x)" if alpha == 1 else f"{as_factor(show(alpha))}*exp(x)"

    def forward(x: Any) -> Any:
        near = function("expm1", np.minimum(x, 0) if is_float(x) else x)
        return rectified(x, x, near * like(alpha, x), "elu")

    return Gate(
        "elu",
        forward,
        lambda z, x: (rectified(x, one(x), z + like(alpha, x), "elu"),),
        f"elu: {_THROUGH}; elsewhere times {times} = {below}",
        (f"1 if x > 0 else {below}",),
        "\\operatorname{{elu}}({x})",
        (f"[{{x}} > 0] + ({{z}} + {_factor(alpha)}) [{{x}} \\le 0]",),
    )


def softplus(beta: Any) -> Gate:
    """log(1 + exp(beta*x))/beta."""
    x_text, over = ("x", "") if beta == 1 else (f"{_factor(beta)}*x", f"\\frac{{{{1}}}}{{{{{_factor(beta)}}}}} ")
    x_latex = "{x}" if beta == 1 else f"{_factor(beta)} {{x}}"

    def forward(x: Any) -> Any:
        scaled = x * like(beta, x)
        if is_float(x):
            return np.logaddexp(0, scaled) / like(beta, x)
        return function("log", 1 + function("exp", scaled)) / beta

    return Gate(
        "softplus",
        forward,
        lambda _, x: (function("sigmoid", x * like(beta, x)),),
        "softplus: its slope is the sigmoid" + ("" if beta == 1 else f" of {x_text}"),
        (f"sigmoid({x_text})",),
        f"{over}\\ln(1 + e^{{{{{x_latex}}}}})",
        (f"\\sigma({x_latex})",),
    )


def gelu(approximate: str) -> Gate:
    """x times the share of the normal distribution below x, or times nearly that, (1 + tanh(u))/2."""
    share, density = ("Phi", "phi") if approximate == "none" else ("Phi_tanh", "phi_tanh")
    meaning = "the normal distribution and its density"
    if approximate == "tanh":
        meaning = "Phi_tanh(x) = (1 + tanh(u))/2, u = sqrt(2/pi)*(x + 0.044715*x**3), and phi_tanh its derivative"
    mark = "" if approximate == "none" else "_t"
    return Gate(
        "gelu",
        lambda x: x * function(share, x),
        lambda _, x: (function(share, x) + x * function(density, x),),
        f"gelu: its slope is {share}(x) + x*{density}(x): {meaning}",
        (f"{share}(x) + x*{density}(x)",),
        f"{{x}} \\Phi{mark}({{x}})",
        (f"\\Phi{mark}({{x}}) + {{x}} \\varphi{mark}({{x}})",),
    )


def _factor(parameter: Any) -> str:
    return as_factor(show(parameter), first=False)


PARAMETRIC: Mapping[str, Parametric] = {
    "leaky_relu": Parametric(Parameter("alpha", Fraction(1, 100)), leaky_relu),
    "elu": Parametric(Parameter("alpha", Fraction(1)), elu),
    "softplus": Parametric(Parameter("beta", Fraction(1)), softplus),
    "gelu": Parametric(Parameter("approximate", "none"), gelu),
}
"""The rows by name."""
