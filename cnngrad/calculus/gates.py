"""The gate table: every derivative that is not a window, written once.

A row says the forward value, the local gradients, the rule in words, and both as they are printed. In
the texts x and y are the inputs and z is the output. Gates work cell by cell, on numbers and on
arrays of float64, fractions or formulas. The rows that have a parameter are in `parametric_gates`, and here with its
default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnngrad.calculus.gate_parts import (
    Gate,
    max_forward,
    max_partials,
    min_forward,
    min_partials,
    needs_positive,
    one,
    power,
    power_partials,
    power_refuses,
    rectified,
    zero_below,
)
from cnngrad.calculus.parametric_gates import PARAMETRIC
from cnngrad.numbers.kinds import function


def _of(name: str) -> Callable[[Any], Any]:
    return lambda x: function(name, x)


_OWN = "the local gradient comes from the gate's own output"
_THROUGH = "the upstream gradient passes where the input is positive"

ROWS = (
    Gate(
        "add",
        lambda x, y: x + y,
        lambda _, x, y: (one(x), one(y)),
        "add distributes: every input gets the upstream gradient whole",
        ("1", "1"),
        "{x} + {y}",
        ("1", "1"),
        "+",
    ),
    Gate(
        "sub",
        lambda x, y: x - y,
        lambda _, x, y: (one(x), -one(y)),
        "subtract distributes too, with the sign turned for what is taken away",
        ("1", "-1"),
        "{x} - {y}",
        ("1", "-1"),
        "-",
    ),
    Gate(
        "mul",
        lambda x, y: x * y,
        lambda _, x, y: (y, x),
        "multiply swaps: each input gets the upstream gradient times the other input",
        ("y", "x"),
        "{x} \\cdot {y}",
        ("{y}", "{x}"),
        "*",
    ),
    Gate(
        "div",
        lambda x, y: x / y,
        lambda z, _, y: (1 / y, -z / y),
        "divide: 1/y for what is above the bar, -x/y**2 for what is below it",
        ("1/y", "-x/y**2"),
        "\\frac{{{x}}}{{{y}}}",
        ("\\frac{{1}}{{{y}}}", "-\\frac{{{x}}}{{{y}^2}}"),
        "/",
        zero_below,
    ),
    Gate(
        "pow",
        power,
        power_partials,
        "power: the exponent comes down, and is one less",
        ("y*x**(y - 1)", "z*log(x)"),
        "{x}^{{{y}}}",
        ("{y} {x}^{{{y}-1}}", "{z} \\ln {x}"),
        "**",
        power_refuses,
    ),
    Gate(
        "neg",
        lambda x: -x,
        lambda _, x: (-one(x),),
        "minus turns the sign of the upstream gradient",
        ("-1",),
        "-{x}",
        ("-1",),
        "-",
    ),
    Gate("exp", _of("exp"), lambda z, _: (z,), f"exp: {_OWN}, z", ("z",), "e^{{{x}}}", ("{z}",)),
    Gate(
        "log",
        _of("log"),
        lambda _, x: (1 / x,),
        "log: the upstream gradient is divided by the input",
        ("1/x",),
        "\\ln {x}",
        ("\\frac{{1}}{{{x}}}",),
        refuses=needs_positive("log", at_zero="does not exist", below="does not exist"),
    ),
    Gate(
        "sqrt",
        _of("sqrt"),
        lambda z, _: (1 / (2 * z),),
        f"sqrt: {_OWN}, 1/(2*z)",
        ("1/(2*z)",),
        "\\sqrt{{{x}}}",
        ("\\frac{{1}}{{2 {z}}}",),
        refuses=needs_positive("sqrt", at_zero="has no derivative", below="has no real value"),
    ),
    Gate(
        "sin",
        _of("sin"),
        lambda _, x: (function("cos", x),),
        "sin: its slope is cos",
        ("cos(x)",),
        "\\sin {x}",
        ("\\cos {x}",),
    ),
    Gate(
        "cos",
        _of("cos"),
        lambda _, x: (-function("sin", x),),
        "cos: its slope is -sin",
        ("-sin(x)",),
        "\\cos {x}",
        ("-\\sin {x}",),
    ),
    Gate(
        "abs",
        lambda x: rectified(x, x, 0 - x, "abs"),
        lambda _, x: (rectified(x, one(x), x * 0, "abs") - rectified(-x, one(x), x * 0, "abs"),),
        "abs: the upstream gradient gets the sign of the input (0 at 0)",
        ("sign(x)",),
        "|{x}|",
        ("\\operatorname{{sign}} {x}",),
    ),
    Gate(
        "max",
        max_forward,
        max_partials,
        "max routes: the largest input gets the whole upstream gradient, the others 0 (the first, at a tie)",
        ("[x is largest]", "[y is largest]"),
        "\\max({x}, {y})",
        ("[{x} > {y}]", "[{y} > {x}]"),
    ),
    Gate(
        "min",
        min_forward,
        min_partials,
        "min routes: the smallest input gets the whole upstream gradient, the others 0 (the first, at a tie)",
        ("[x is smallest]", "[y is smallest]"),
        "\\min({x}, {y})",
        ("[{x} < {y}]", "[{y} < {x}]"),
    ),
    Gate(
        "identity",
        lambda x: +x,
        lambda _, x: (one(x),),
        "identity passes the upstream gradient on",
        ("1",),
        "{x}",
        ("1",),
    ),
    Gate(
        "sigmoid",
        _of("sigmoid"),
        lambda z, _: (z * (1 - z),),
        f"sigmoid: {_OWN}, z*(1 - z)",
        ("z*(1 - z)",),
        "\\sigma({x})",
        ("{z} (1 - {z})",),
    ),
    Gate(
        "tanh",
        _of("tanh"),
        lambda z, _: (1 - z * z,),
        f"tanh: {_OWN}, 1 - z**2",
        ("1 - z**2",),
        "\\tanh {x}",
        ("1 - {z}^2",),
    ),
    Gate(
        "relu",
        lambda x: rectified(x, x, x * 0, "relu"),
        lambda _, x: (rectified(x, one(x), x * 0, "relu"),),
        f"relu: {_THROUGH}, 0 elsewhere",
        ("[x > 0]",),
        "\\max(0, {x})",
        ("[{x} > 0]",),
    ),
    Gate(
        "silu",
        lambda x: x * function("sigmoid", x),
        lambda z, x: ((s := function("sigmoid", x)) + z * (1 - s),),
        "silu: its slope is s + z*(1 - s), with s = sigmoid(x)",
        ("s + z*(1 - s)",),
        "{x} \\sigma({x})",
        ("\\sigma({x}) + {z} (1 - \\sigma({x}))",),
    ),
    *(row.usual() for row in PARAMETRIC.values()),
)
GATES = {gate.name: gate for gate in ROWS}
