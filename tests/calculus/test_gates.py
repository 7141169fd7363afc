"""The gate table: values against math.*, local gradients against differences that share nothing with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cnngrad.calculus.gate_parts import Gate, Partials
from cnngrad.calculus.gates import GATES, ROWS
from cnngrad.calculus.matrix_gates import LOG_SOFTMAX, SOFTMAX, VectorGate
from cnngrad.errors import CnngradError
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array
from cnngrad.numbers.terms import Symbol

STEP = 1e-3
ONE = tuple((x,) for x in (-2.3, -0.7, 0.4, 1.9))
ABOVE = tuple((x,) for x in (0.2, 0.9, 3.1))
TWO = tuple((x, y) for x in (-2.3, 0.4, 1.9) for y in (-1.7, 0.6, 2.5))
POWERS = ((1.7, 2.5), (0.4, -1.3), (3.0, 2.0), (0.3, 0.0), (-1.3, 3.0), (-2.5, -2.0), (-0.7, 0.0))
POINTS: dict[str, tuple[tuple[float, ...], ...]] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "max", "min"), TWO),
    "log": ABOVE,
    "sqrt": ABOVE,
    "pow": POWERS,
}
CASES = [(name, point) for name in GATES for point in POINTS.get(name, ONE)]
CELLWISE = [name for name in GATES if name not in ("pow", "max", "min")]


def slope(gate: Gate, inputs: tuple[Any, ...], place: int) -> Any:
    """The derivative along one input by five points: the error is of order STEP**4."""

    def at(steps: int) -> Any:
        moved = [x + steps * STEP if i == place else x for i, x in enumerate(inputs)]
        return gate.forward(*moved)

    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * STEP)


def wrong_inputs(gate: Gate, inputs: tuple[Any, ...]) -> list[int]:
    """The inputs whose local gradient is not the slope there."""
    claimed = gate.partials(gate.forward(*inputs), *inputs)
    assert len(claimed) == len(inputs)
    exists = [(i, local) for i, local in enumerate(claimed) if local is not None]
    return [i for i, local in exists if not np.allclose(local, slope(gate, inputs, i), 1e-9, 1e-10)]


@pytest.mark.parametrize(("name", "point"), CASES)
def test_local_gradients_are_slopes(name: str, point: tuple[float, ...]) -> None:
    assert wrong_inputs(GATES[name], point) == []


@pytest.mark.parametrize("name", CELLWISE)
def test_local_gradients_of_arrays_are_slopes_too(name: str) -> None:
    arrays = tuple(np.array(column).reshape(-1, 1) for column in zip(*POINTS.get(name, ONE), strict=True))
    assert wrong_inputs(GATES[name], arrays) == []


def shifted(gate: Gate, by: float) -> Gate:
    """The same gate with a wrong derivative."""

    def wrong(z: Any, *inputs: Any) -> Partials:
        return tuple(None if local is None else local + by for local in gate.partials(z, *inputs))

    return replace(gate, partials=wrong)


@pytest.mark.parametrize("name", GATES)
def test_a_wrong_derivative_is_noticed(name: str) -> None:
    point = POINTS.get(name, ONE)[0]
    assert wrong_inputs(shifted(GATES[name], 0.0), point) == []
    assert wrong_inputs(shifted(GATES[name], 1e-6), point) == list(range(len(point)))


def test_the_exponent_has_a_gradient_where_the_base_is_positive() -> None:
    assert GATES["pow"].partials(8.0, 2.0, 3.0) == pytest.approx((3 * 2.0**2, 8 * math.log(2)), rel=1e-15)
    assert GATES["pow"].partials(-8.0, -2.0, 3.0) == (3 * 4.0, None)
    assert GATES["pow"].partials(0.0, 0.0, 2.0) == (0.0, None)
    assert GATES["pow"].partials(Fraction(8), Fraction(2), Fraction(3)) == (12, None)


@pytest.mark.parametrize(
    ("name", "at_zero"), [("relu", 0.0), ("leaky_relu", 0.01), ("abs", 0.0), ("elu", 1.0), ("softplus", 0.5)]
)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_conventions_at_the_kink(name: str, at_zero: float, zero: float) -> None:
    gate = GATES[name]
    assert gate.partials(gate.forward(zero), zero) == (at_zero,)
    cells = np.array([zero, zero])
    assert gate.partials(gate.forward(cells), cells)[0].tolist() == [at_zero, at_zero]


@pytest.mark.parametrize(
    ("name", "inputs", "value", "local"),
    [
        ("max", (2.0, 2.0), 2, (1, 0)),
        ("min", (2.0, 2.0), 2, (1, 0)),
        ("max", (1.0, 2.0), 2, (0, 1)),
        ("min", (1.0, 2.0), 1, (1, 0)),
        ("max", (1.0, 5.0, 3.0, 5.0), 5, (0, 1, 0, 0)),
        ("min", (4.0, -1.0, -1.0), -1, (0, 1, 0)),
        ("max", (-3.0, -2.0, -2.0), -2, (0, 1, 0)),
        ("max", (0.0, -0.0), 0, (1, 0)),
    ],
)
def test_the_first_winner_takes_it_all(
    name: str, inputs: tuple[float, ...], value: float, local: tuple[int, ...]
) -> None:
    assert GATES[name].forward(*inputs) == value
    assert GATES[name].partials(value, *inputs) == local


def sigmoid(x: float) -> float:
    """As in every textbook."""
    return 1 / (1 + math.exp(-x))


VALUES: dict[str, Callable[..., float]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": math.pow,
    "neg": lambda x: -x,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "abs": math.fabs,
    "max": max,
    "min": min,
    "identity": lambda x: x,
    "sigmoid": sigmoid,
    "tanh": lambda x: (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1),
    "relu": lambda x: x if x > 0 else 0.0,
    "leaky_relu": lambda x: x if x > 0 else x / 100,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "silu": lambda x: x * sigmoid(x),
}


def test_every_gate_has_a_value_here() -> None:
    assert VALUES.keys() == GATES.keys()
    assert len(ROWS) == len(GATES)


@pytest.mark.parametrize(("name", "point"), CASES)
def test_values(name: str, point: tuple[float, ...]) -> None:
    assert GATES[name].forward(*point) == pytest.approx(VALUES[name](*point), rel=1e-14)


@pytest.mark.parametrize("name", CELLWISE)
def test_values_of_arrays(name: str) -> None:
    points = POINTS.get(name, ONE)
    arrays = [np.array(column) for column in zip(*points, strict=True)]
    np.testing.assert_allclose(GATES[name].forward(*arrays), [VALUES[name](*p) for p in points], rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "values", "slopes"),
    [
        ("sigmoid", [0, 1], [0, 0]),
        ("tanh", [-1, 1], [0, 0]),
        ("softplus", [0, 800], [0, 1]),
        ("elu", [-1, 800], [0, 1]),
        ("silu", [0, 800], [0, 1]),
        ("gelu", [0, 800], [0, 1]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_far_from_zero_nothing_overflows(name: str, values: list[float], slopes: list[float]) -> None:
    gate, far = GATES[name], np.array([-800.0, 800.0])
    assert gate.forward(far) == pytest.approx(values, abs=1e-300)
    assert gate.partials(gate.forward(far), far)[0] == pytest.approx(slopes, abs=1e-300)
    for x, value, local in zip([-800.0, 800.0], values, slopes, strict=True):
        assert gate.forward(x) == pytest.approx(value, abs=1e-300)
        assert gate.partials(gate.forward(x), x) == pytest.approx((local,), abs=1e-300)


SHAPES = [
    ((2, 3), (3,)),
    ((2, 3), (1, 3)),
    ((2, 3), (2, 1)),
    ((2, 3), ()),
    ((), (2, 3)),
    ((2, 1), (1, 3)),
    ((3,), (3,)),
]


def added_up(spread: Array, shape: tuple[int, ...]) -> Array:
    """Every cell of `spread` to the cell of `shape` that it was repeated from."""
    added = np.zeros(shape)
    for index in np.ndindex(spread.shape):
        kept = index[len(index) - len(shape) :]
        added[tuple(0 if size == 1 else i for i, size in zip(kept, shape, strict=True))] += spread[index]
    return added


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_what_broadcasting_repeated_is_added_up(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    numbers = np.random.default_rng(1)
    x, y = (numbers.integers(1, 9, shape).astype(float) for shape in (left, right))
    whole = np.broadcast_shapes(left, right)
    upstream = numbers.integers(1, 9, whole).astype(float)
    wide: dict[str, tuple[Any, Any]] = {"add": (1, 1), "sub": (1, -1), "mul": (y, x)}
    for name, locals_ in wide.items():
        found = GATES[name].backward(upstream, GATES[name].forward(x, y), x, y)
        for gradient, local, like in zip(found, locals_, (x, y), strict=True):
            assert np.shape(gradient) == like.shape
            np.testing.assert_array_equal(gradient, added_up(upstream * np.broadcast_to(local, whole), like.shape))


def test_one_upstream_number_stands_for_every_cell() -> None:
    x, y = np.array([[1.0, 2, 3], [4, 5, 6]]), np.array([10.0, 20, 30])
    dx, dy = GATES["mul"].backward(2.0, x * y, x, y)
    assert dx.tolist() == [[20, 40, 60], [20, 40, 60]]
    assert dy.tolist() == [2 * (1 + 4), 2 * (2 + 5), 2 * (3 + 6)]


def test_a_local_gradient_that_does_not_exist_passes_nothing() -> None:
    assert GATES["pow"].backward(5.0, -8.0, -2.0, 3.0) == (5.0 * 12, None)


F = Fraction
EXACT: list[tuple[str, tuple[Fraction, ...], Fraction, tuple[Fraction | int, ...]]] = [
    ("add", (F(1, 3), F(1, 6)), F(1, 2), (1, 1)),
    ("sub", (F(1, 3), F(1, 6)), F(1, 6), (1, -1)),
    ("mul", (F(1, 3), F(-3, 5)), F(-1, 5), (F(-3, 5), F(1, 3))),
    ("div", (F(1, 3), F(-3, 5)), F(-5, 9), (F(-5, 3), F(-25, 27))),  # -x/y**2 = -(1/3)/(9/25)
    ("neg", (F(1, 3),), F(-1, 3), (-1,)),
    ("identity", (F(1, 3),), F(1, 3), (1,)),
    ("relu", (F(1, 3),), F(1, 3), (1,)),
    ("relu", (F(-1, 3),), F(0), (0,)),
    ("leaky_relu", (F(7, 3),), F(7, 3), (1,)),
    ("leaky_relu", (F(-7, 3),), F(-7, 300), (F(1, 100),)),
    ("abs", (F(-2, 7),), F(2, 7), (-1,)),
    ("abs", (F(0),), F(0), (0,)),
    ("max", (F(1, 3), F(2, 3), F(2, 3)), F(2, 3), (0, 1, 0)),
    ("min", (F(1, 3), F(2, 3)), F(1, 3), (1, 0)),
]


@pytest.mark.parametrize(("name", "inputs", "value", "local"), EXACT)
def test_fractions_stay_fractions(
    name: str, inputs: tuple[Fraction, ...], value: Fraction, local: tuple[Fraction | int, ...]
) -> None:
    found = GATES[name].forward(*inputs)
    partials = GATES[name].partials(found, *inputs)
    assert (found, partials) == (value, local)
    assert {type(number) for number in (found, *partials)} == {Fraction}


@pytest.mark.parametrize(
    ("power", "value", "local"),
    [(3, F(8, 27), F(4, 3)), (0, F(1), F(0)), (1, F(2, 3), F(1)), (-2, F(9, 4), F(-27, 4))],
)
def test_whole_powers_of_fractions_stay_fractions(power: int, value: Fraction, local: Fraction) -> None:
    x, y = F(2, 3), F(power)
    found = GATES["pow"].forward(x, y)
    partials = GATES["pow"].partials(found, x, y)
    assert (found, partials) == (value, (local, None))
    assert type(found) is type(partials[0]) is Fraction


def fractions(*numbers: Fraction) -> Array:
    """The numbers as an array of objects."""
    cells = np.empty(len(numbers), dtype=object)
    cells[:] = numbers
    return cells


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "abs", "neg", "identity"])
def test_arrays_of_fractions_are_as_exact_as_their_cells(name: str) -> None:
    gate, cells = GATES[name], [F(-7, 3), F(0), F(1, 3)]
    found = gate.forward(fractions(*cells))
    assert list(found) == [gate.forward(cell) for cell in cells]
    (local,) = gate.partials(found, fractions(*cells))
    assert list(local) == [gate.partials(gate.forward(cell), cell)[0] for cell in cells]
    assert {type(number) for number in (*found, *local)} == {Fraction}


NO_FRACTIONS = {
    "exp": "exp has no exact value; take numbers: float",
    "log": "log has no exact value; take numbers: float",
    "sqrt": "sqrt has no exact value; take numbers: float",
    "sin": "sin has no exact value; take numbers: float",
    "cos": "cos has no exact value; take numbers: float",
    "sigmoid": "sigmoid has no exact value; take numbers: float",
    "tanh": "tanh has no exact value; take numbers: float",
    "elu": "expm1 has no exact value; take numbers: float",
    "softplus": "exp has no exact value; take numbers: float",
    "gelu": "Phi has no exact value; take numbers: float",
    "silu": "sigmoid has no exact value; take numbers: float",
}


def test_every_gate_is_exact_or_says_that_it_is_not() -> None:
    assert {*NO_FRACTIONS, "pow", *(name for name, *_ in EXACT)} == GATES.keys()


@pytest.mark.parametrize(("name", "message"), NO_FRACTIONS.items())
def test_the_others_have_no_exact_value(name: str, message: str) -> None:
    for x in (F(1, 3), fractions(F(1, 3), F(2))):
        with pytest.raises(CnngradError) as caught:
            GATES[name].forward(x)
        assert str(caught.value) == message


def test_what_must_be_compared_needs_values() -> None:
    x, y = (Formula.atom(Symbol(name)) for name in "xy")
    for name, inputs in (("relu", (x,)), ("abs", (x,)), ("max", (x, y)), ("min", (x, y)), ("leaky_relu", (x,))):
        with pytest.raises(CnngradError) as caught:
            GATES[name].forward(*inputs)
        says = f"{name} compares numbers; give a value for x, as in values: {{x: 3}}"
        assert str(caught.value) == says


REFUSED: list[tuple[str, tuple[Any, ...], str]] = [
    ("div", (1.0, 0.0), "divides by zero; take another divisor"),
    ("div", (1.0, -0.0), "divides by zero; take another divisor"),
    ("div", (F(1), F(0)), "divides by zero; take another divisor"),
    ("div", (Formula.constant(1), Formula.constant(0)), "divides by zero; take another divisor"),
    ("pow", (0.0, -1.0), "divides by zero: 0 to the power -1; take another base"),
    ("pow", (F(0), F(-1, 2)), "divides by zero: 0 to the power -1/2; take another base"),
    ("pow", (Formula.constant(0), Formula.constant(-3)), "divides by zero: 0 to the power -3; take another base"),
    ("pow", (F(2), F(1, 2)), "2 to the power 1/2 has no exact value; take numbers: float"),
    ("pow", (F(-2, 3), F(1, 2)), "-2/3 to the power 1/2 has no exact value; take numbers: float"),
    ("pow", (-8.0, 1 / 3), "a negative number (-8) has no real power 0.333333; take a positive base or a whole power"),
    ("pow", (0.0, 0.5), "0 to the power 0.5 has no derivative; take a positive base"),
    ("log", (-1.0,), "log(-1) does not exist; log takes positive numbers"),
    ("log", (0.0,), "log(0) does not exist; log takes positive numbers"),
    ("log", (F(-1, 3),), "log(-1/3) does not exist; log takes positive numbers"),
    ("sqrt", (-4.0,), "sqrt(-4) has no real value; sqrt takes positive numbers"),
    ("sqrt", (0.0,), "sqrt(0) has no derivative; sqrt takes positive numbers"),
    ("sqrt", (F(-1, 3),), "sqrt(-1/3) has no real value; sqrt takes positive numbers"),
]


@pytest.mark.parametrize(("name", "inputs", "message"), REFUSED)
def test_outside_the_domain(name: str, inputs: tuple[Any, ...], message: str) -> None:
    with pytest.raises(CnngradError) as caught:
        GATES[name].check(*inputs)
    assert str(caught.value) == message


def test_inside_the_domain_nothing_is_refused() -> None:
    for name, point in CASES:
        GATES[name].check(*point)
    for x, y in ((0.0, 0.0), (0.0, 2.0), (0.0, 1.5), (-8.0, 3.0), (F(0), F(0)), (F(1), F(99_999))):
        GATES["pow"].check(x, y)


@pytest.mark.parametrize("gate", ROWS, ids=lambda gate: gate.name)
def test_every_row_is_written_out(gate: Gate) -> None:
    inputs = 2 if gate.name in ("add", "sub", "mul", "div", "pow", "max", "min") else 1
    assert gate.rule
    assert "\n" not in gate.rule
    assert len(gate.local) == len(gate.latex_local) == inputs
    assert all((*gate.local, *gate.latex_local))
    letters = {"x": "a", "y": "b", "z": "c"}
    for text in (gate.latex, *gate.latex_local):
        filled = text.format(**letters)
        assert filled.count("{") == filled.count("}")
    assert gate.latex.format(**letters) != gate.latex.format(**{**letters, "x": "w"})


def test_how_gates_stand_between_their_inputs() -> None:
    infix = {gate.name: gate.infix for gate in ROWS if gate.infix}
    assert infix == {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "neg": "-"}


LOCAL_TEXTS: dict[str, Callable[..., Any]] = {
    "sign": lambda x: math.copysign(1, x),
    "sigmoid": sigmoid,
    "log": math.log,
    "cos": math.cos,
    "sin": math.sin,
    "Phi": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2,
    "phi": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}
READ = [(name, p) for name, p in CASES if name not in ("max", "min", "relu", "leaky_relu", "elu")]


@pytest.mark.parametrize(("name", "point"), READ)
def test_the_printed_local_gradients_say_the_same(name: str, point: tuple[float, ...]) -> None:
    gate = GATES[name]
    known = dict(zip("xy", point, strict=False)) | {"z": VALUES[name](*point), "s": sigmoid(point[0])}
    for text, local in zip(gate.local, gate.partials(gate.forward(*point), *point), strict=True):
        if local is not None:
            assert eval(text, {**LOCAL_TEXTS, **known}) == pytest.approx(local, rel=1e-12, abs=1e-12)


ROW = np.array([0.3, -1.2, 2.0])


def in_python(text: str) -> str:
    """A text of a gate as an expression of Python, with the row A and its softmax as `softmax`."""
    spoken = {"sum of exp(A) in its row": "sum(map(exp, A))", "[i=j]": "(i == j)", "softmax(A)": "softmax"}
    for words, code in spoken.items():
        text = text.replace(words, code)
    return text


@pytest.mark.parametrize("gate", [SOFTMAX, LOG_SOFTMAX], ids=lambda gate: gate.name)
def test_what_is_printed_of_a_function_of_rows_is_what_it_computes(gate: VectorGate) -> None:
    softmax = [math.exp(a) / sum(map(math.exp, ROW)) for a in ROW]
    names = {"A": ROW, "Z": gate.forward(ROW), "softmax": softmax, "exp": math.exp, "log": math.log}
    for i in range(3):
        assert eval(in_python(gate.cell), {**names, "x": i}) == pytest.approx(names["Z"][i], rel=1e-12)
    for j, one in enumerate(np.eye(3)):
        (row,) = gate.backward(one, names["Z"], ROW)
        written = [eval(in_python(gate.jacobian), {**names, "i": i, "j": j}) for i in range(3)]
        assert written == pytest.approx(row.tolist(), rel=1e-12, abs=1e-15)
