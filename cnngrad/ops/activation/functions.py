"""The functions of an activation: their names, the parameter that some of them have, and the keys of a spec."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnngrad.calculus.gate_parts import Gate
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.matrix_gates import VectorGate, log_softmax, softmax
from cnngrad.calculus.parametric_gates import APPROXIMATIONS, PARAMETRIC, Parameter
from cnngrad.exercise.layer import Output
from cnngrad.numbers.formula import Formula
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS, choice, whole
from cnngrad.spec.fields import Field, Fields
from cnngrad.wording import axis_problem, listed

BY_CELL = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu")
BY_ROW = {"softmax": softmax, "log_softmax": log_softmax}
"""The functions of a whole row, along an axis."""
PARAMETERS = {name: row.parameter for name, row in PARAMETRIC.items()} | {
    name: Parameter("axis", -1) for name in BY_ROW
}
"""The parameter of a function; most have none."""
LAYER: Fields = {
    "function": Field(choice((*BY_CELL, *BY_ROW)), "the function of every cell", required=True),
    "alpha": Field(NUMBERS, "the slope of leaky_relu below 0 (0.01 when left out), the scale of elu there (1)"),
    "beta": Field(NUMBERS, "softplus is log(1 + exp(beta*x))/beta; 1 when left out"),
    "approximate": Field(choice(APPROXIMATIONS), "gelu with the error function (none, the default), or with tanh"),
    "axis": Field(whole(), "the axis of softmax and log_softmax, negative from the end; -1 when left out"),
}


def gate_of(function: str, parameter: Any) -> Gate | VectorGate:
    """The row of the gate table, for a value of the function's parameter."""
    if function in BY_ROW:
        return BY_ROW[function](parameter)
    return PARAMETRIC[function].gate(parameter) if function in PARAMETRIC else GATES[function]


def parameter_of(context: Context, input_: Output | None) -> Any:
    """The value of the function's parameter, given or the default; what is wrong goes to the context's problems."""
    function = context.values.get("function", "")
    parameter = PARAMETERS.get(function)
    _refuse_others(context, function, parameter)
    if parameter is None:
        return None
    match parameter.name:
        case "alpha" | "beta":
            return _number(context, parameter)
        case "axis":
            return _axis(context, parameter, input_)
        case name:
            return context.values.get(name, parameter.default)


def _refuse_others(context: Context, function: str, parameter: Parameter | None) -> None:
    """The parameters of other functions."""
    own = parameter.name if parameter else ""
    for name in {each.name: None for each in PARAMETERS.values()}:
        if function and name in context.values and name != own:
            owners = listed([each for each, its in PARAMETERS.items() if its.name == name])
            has = f"has {own}" if own else "has no parameter"
            context.place(name, f"belongs to {owners}; {function} {has}: leave {name} out")


def _number(context: Context, parameter: Parameter) -> Any:
    """One number of the kind of the cells."""
    array = context.array(parameter.name)
    assert isinstance(parameter.default, Fraction)
    if array is None:
        return context.kind.number(parameter.default)
    value = array[()] if array.ndim == 0 else None
    number = value.number if isinstance(value, Formula) else value
    if array.ndim or (parameter.name == "beta" and number == 0):
        other = " other than 0" if parameter.name == "beta" else ""
        context.place(parameter.name, f"must be one number{other}; the default is {float(parameter.default):g}")
    return value


def _axis(context: Context, parameter: Parameter, input_: Output | None) -> int:
    axis: int = context.values.get(parameter.name, parameter.default)
    if input_ is not None and (message := axis_problem(axis, input_.shape, "input")):
        context.place("axis", message)
    return axis
