"""Every printed line, read as algebra, is true: parentheses close, and each side of each = comes to the value."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from commands import some
from hypothesis import given, settings
from hypothesis import strategies as st

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.examples import example_names
from cnngrad.exercise.terms import CellTrace
from cnngrad.methods import METHODS
from cnngrad.report.blocks import Words
from cnngrad.report.derivation import followed
from cnngrad.report.lines import lines_of, running_lines
from cnngrad.report.page import page
from cnngrad.report.planes import Style

FUNCTIONS = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "pow": pow,
    "abs": abs,
    "max": max,
    "min": min,
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "identity": lambda x: x,
    "Phi": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2,
    "phi": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "expm1": math.expm1,
    "sign": lambda x: (x > 0) - (x < 0),
}
SYMBOLS = dict(
    zip("atcdefgukmpqrs", (0.7, 1.3, 0.4, 2.1, 0.9, 1.7, 0.6, 1.1, 2.3, 0.8, 1.9, 0.3, 1.2, 0.5), strict=True)
)


def value(text: str, names: Mapping[str, Any] = SYMBOLS) -> float:
    """What a side comes to. Products stand close and sums apart, as in Python; a negative factor needs parentheses."""
    assert not re.search(r"[*/] ?-", text), f"a bare sign behind an operator: {text}"
    return float(eval(compile(ast.parse(text.strip(), mode="eval"), "side", "eval"), dict(FUNCTIONS), dict(names)))


def sides_of(line: str, trace: CellTrace, base: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """The sides of a line, the names of its factors replaced by plain letters with the factors' values."""
    text = re.sub(r" \(\d+ more terms?\)", "", line)
    if "(and " in text:
        return
    named: dict[str, list[Any]] = {}
    for factor in trace.written.factors if trace.written else trace.factors:
        name, sign = factor.name(base), -1 if factor.name(base).startswith("-") else 1
        if not re.fullmatch(r"-?[\d./]+", name):
            named.setdefault(name.lstrip("-"), []).append(sign * factor.value)
    for side in re.split(r" ?(?:\+=|->|=) ", text)[1:]:
        numbers: dict[str, Any] = {}
        for name in sorted(named, key=len, reverse=True):
            side = _lettered(side, name, iter(named[name]), numbers)
        yield side, numbers


def _lettered(side: str, name: str, values: Iterator[Any], numbers: dict[str, Any]) -> str:
    """The side with a letter for each place where the name stands, and its value in `numbers`."""

    def letter(_: re.Match[str]) -> str:
        numbers[f"_{len(numbers)}_"] = next(values, numbers.get(name))
        return f"_{len(numbers) - 1}_"

    return re.sub(rf"(?<![\w.∂\[]){re.escape(name)}(?![\w.\[(])", letter, side)


def check_numbers(trace: CellTrace, style: Style, *, brief: bool) -> None:
    """Every side of every line of a cell with numbers comes to the cell, to the digits printed."""
    if trace.value == -math.inf:
        return
    size = max([1.0, abs(float(trace.value)), *(abs(float(term.product)) for term in trace.terms)])
    for line in lines_of(trace, style, brief=brief):
        for side, names in sides_of(line.text, trace, style.base):
            numbers = {name: float(number) for name, number in names.items()}
            assert value(side, numbers) == pytest.approx(float(trace.value), abs=1e-6 * size), line.text


NAMES = [name for name in example_names() if name != "by-hand-symbolic"]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        *some((pytest.param(name, base) for name in NAMES for base in (0, 1) if "notebook" not in name), 5),
        *(pytest.param(name, 1, marks=pytest.mark.slow) for name in NAMES if "notebook" in name),
    ],
)
def test_every_line_of_every_example_is_true(name: str, base: int) -> None:
    """Of more than 50 cells about 25, and no two of them from the same place of a row."""
    result = cnngrad.run(f"example:{name}", trace="full", index_base=base)
    traces = list(result.traces)
    for trace in traces[:: max(1, len(traces) // 25) | 1] if len(traces) > 50 else traces:
        check_numbers(trace, Style(base=base), brief=bool(base) or len(trace.terms) > 100)
        for earlier in list(followed(result, trace))[:3]:
            check_numbers(earlier, Style(base=base), brief=False)


GATES_OF_ONE = ("exp", "sin", "cos", "abs", "sigmoid", "tanh", "relu", "-")
GATES_OF_TWO = (" + ", " - ", " * ", " / ", "max", "min", " ** ")


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """A random expression over all gates, that has a value and gradients wherever x, y, z are positive."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(["x", "y", "z", "2", "-3", "0.5"]))
    one = draw(expressions(depth - 1))
    if draw(st.booleans()):
        gate = draw(st.sampled_from((*GATES_OF_ONE, "log", "sqrt")))
        safe = f"1 + ({one})**2" if gate in ("log", "sqrt") else f"tanh({one})" if gate == "exp" else one
        return f"{gate}({safe})"
    two = draw(expressions(depth - 1))
    match draw(st.sampled_from(GATES_OF_TWO)):
        case ("max" | "min") as name:
            return f"{name}({one}, {two})"
        case " ** ":
            return f"(1 + ({one})**2)**{draw(st.sampled_from(['2', '-1', '(-2)', '0', 'x', '0.5']))}"
        case " / ":
            return f"({one}) / (1 + ({two})**2)"
        case infix:
            return f"({one}){infix}({two})"


def steps_back(result: Result) -> Iterator[list[str]]:
    """The sides of every `x gets upstream * local = gradient` of a graph's page."""
    for block in page(result):
        if isinstance(block, Words) and re.match(r"\s*\d+\. ", block.text):
            for says in block.text.split("; "):
                if " gets " in says:
                    yield says.partition(" gets ")[2].split(" = ")


@settings(max_examples=40)
@given(expressions())
def test_every_line_of_random_graphs_is_true(text: str) -> None:
    result = cnngrad.run({"op": "graph", "expression": text, "values": {"x": 1.25, "y": 0.5, "z": 2}}, trace="full")
    values = {name: float(array) for name, array in result.arrays.items()}
    calls = result.derivation.calls  # type: ignore[attr-defined]
    for trace in result.traces:
        check_numbers(trace, Style(), brief=False)
    for name, call in calls.items():
        if "max" not in call.gate or len(call.inputs) < 3:
            assert value(call.expression, values) == pytest.approx(values[name], rel=1e-9)
    for sides in steps_back(result):
        numbers = [value(re.sub(r"\[[^]]*\]", "0", side), values) for side in sides if "[" not in side]
        size = max(1.0, *map(abs, numbers))
        assert all(number == pytest.approx(numbers[-1], abs=1e-6 * size) for number in numbers), sides


LINES = [
    ("max(z, w)", {"z": 1, "w": 2}, "t1", "t1 = max(z, w)", "   = max(1, 2)"),
    ("x*-2", {"x": 3}, "t1", "t1 = x*(-2)", "   = 3*(-2)"),
    ("-2*x", {"x": -3}, "t1", "t1 = -2*x", "   = -2*(-3)"),
    ("-(-2)", {}, "t1", "t1 = -(-2)", "   = 2"),
    ("x + -2", {"x": 3}, "t1", "t1 = x - 2", "   = 3 - 2"),
    ("sqrt(x)", {"x": 9}, "t1", "t1 = sqrt(x)", "   = sqrt(9)"),
]


@pytest.mark.parametrize(("expression", "values", "cell", "names", "numbers"), LINES, ids=[line[0] for line in LINES])
def test_a_gate_is_written_as_it_is(
    expression: str, values: dict[str, Any], cell: str, names: str, numbers: str
) -> None:
    result = cnngrad.run({"op": "graph", "expression": expression, "values": values})
    lines = [line.text.strip() for line in lines_of(result.trace(cell), Style())]
    assert lines[:2] == [names, numbers.strip()]


def test_a_function_keeps_its_last_parenthesis_in_explain() -> None:
    spec = {"op": "graph", "expression": "1/(1 + exp(-(w0*x0 + w1)))", "values": {"w0": 2, "x0": -1, "w1": 3}}
    assert "  t4 = exp(t3)\n     = exp(-1)\n     = 0.36787944\n" in str(cnngrad.run(spec).explain("t4"))


SYMBOLIC: dict[str, dict[str, Any]] = {
    "conv": {"op": "conv", "input": ["a + t", "-c", "d**2", "e/f"], "kernel": ["k", "m - p"], "bias": "q - r",
             "padding": 1, "delta": ["a", "-t", "c - 1", "1/3", "d"]},
    "transposed": {"op": "conv", "transposed": True, "stride": 2, "input": ["a - t", "c"], "kernel": ["-k", "m + 2"],
                   "delta": ["a", "1/t", "c + d", "-e"]},
    "channels": {"op": "conv", "layout": "CHW", "input": [[["a + t", "c"]], [["-d", "e - f"]]], "groups": 2,
                 "kernel": [[[["k"]]], [[["-m/p"]]]], "bias": ["q", "-r"], "delta": [[["a", "t"]], [["c - d", "-e"]]]},
    "average": {"op": "pool", "mode": "average", "window": 2, "stride": 1, "padding": 1, "input": ["a + t", "-c", "d"],
                "delta": ["a", "t - c", "-d", "e"]},
    "divisor": {"op": "pool", "mode": "average", "window": 2, "divisor_override": -3, "input": ["a - t", "-c"],
                "delta": "p - q"},
    "max": {"op": "pool", "window": 2, "stride": 1, "ties": "split", "input": ["a - t", "a - t", "-c"],
            "delta": ["p - q", "-r"]},
    "dense": {"op": "dense", "input": ["a + t", "-c"], "weights": [["k", "m - p"], ["-q", "1/3"]], "bias": ["r", "-s"],
              "delta": ["a - 1", "-t"]},
    "sigmoid": {"op": "activation", "function": "sigmoid", "input": ["a - t", "-c"], "delta": ["p - q", "-r"]},
    "softmax": {"op": "activation", "function": "softmax", "input": ["a - t", "-c"], "delta": ["p - q", "-r"]},
    "leaky": {"op": "activation", "function": "leaky_relu", "input": ["a - t", "-c"], "delta": ["p - q", "-r"]},
    "network": {"op": "network", "layout": "L", "input": ["a + t", "-c", "d"], "learning_rate": "u",
                "layers": [{"op": "conv", "kernel": ["k", "m - p"], "bias": "-q"},
                           {"op": "activation", "function": "tanh"}, {"op": "flatten"},
                           {"op": "dense", "weights": [["r", "-s"]], "bias": ["a - t"]}],
                "loss": {"op": "mse", "target": ["t - c"]}},
    "graph": {"op": "graph", "expression": "(a - t)*(-c)/(d + e) + max(a, t)**2*exp(c - d) - k**(-m)"},
    "rnn": {"op": "rnn", "inputs": ["a - t", "-c"], "weights": {"input": "k", "recurrent": "m - p", "bias": "-q"},
            "h0": "r - s", "activation": "tanh", "deltas": ["d - e", "-f"]},
}  # fmt: skip


def with_numbers(node: Any, key: str = "") -> Any:
    """A symbolic spec in float numbers: every entry evaluated by Python at the values of the symbols."""
    if isinstance(node, dict):
        return {name: with_numbers(part, name) for name, part in node.items()}
    if isinstance(node, list):
        return [with_numbers(part, key) for part in node]
    words = ("op", "mode", "layout", "function", "activation", "ties", "expression")
    return value(node) if isinstance(node, str) and key not in words else node


def both(name: str, **options: Any) -> tuple[Result, Mapping[str, Any]]:
    """The symbolic result, and the arrays of the same exercise computed in floats at the values of the symbols."""
    spec = SYMBOLIC[name]
    values = {"values": SYMBOLS} if name in ("graph",) else {}
    numbers = cnngrad.run({**with_numbers(spec), **values}).arrays
    known = {symbol: str(number) for symbol, number in SYMBOLS.items()}
    return cnngrad.run({**spec, "numbers": "symbolic", "values": known}, **options), numbers


@pytest.mark.parametrize("name", SYMBOLIC)
@pytest.mark.parametrize("brief", [True, False], ids=["brief", "full"])
def test_every_line_of_symbols_is_true(name: str, brief: bool) -> None:
    result, numbers = both(name, trace="full")
    assert result.traces
    for trace in result.traces:
        wanted = float(numbers[trace.cell.quantity][trace.cell.index])
        for line in lines_of(trace, Style(), brief=brief):
            for side, names in sides_of(line.text, trace):
                known = {letter: float(formula.value) for letter, formula in names.items()}
                assert value(side, {**SYMBOLS, **known}) == pytest.approx(wanted, rel=1e-9, abs=1e-12), line.text


@pytest.mark.parametrize("name", SYMBOLIC)
def test_every_running_total_of_symbols_is_true(name: str) -> None:
    result, numbers = both(name, trace="full")
    for trace in result.traces:
        total = 0.0
        for line in running_lines(trace, Style(), brief=False)[1:]:
            *each, last = [
                value(side, {**SYMBOLS, **{letter: float(formula.value) for letter, formula in names.items()}})
                for side, names in sides_of(line.text, replace(trace, written=None))
            ]
            assert each == pytest.approx([each[-1]] * len(each), rel=1e-9, abs=1e-12), line.text
            total += each[-1]
            assert last == pytest.approx(total, rel=1e-9, abs=1e-12), line.text
        assert total == pytest.approx(float(numbers[trace.cell.quantity][trace.cell.index]), rel=1e-9, abs=1e-12)


CELL = re.compile(r"\s*([\w.]+(?:\[[\d,]+\])?) = (.*)")


@pytest.mark.parametrize("name", SYMBOLIC)
@pytest.mark.parametrize("method", METHODS)
def test_every_formula_of_a_page_is_true(name: str, method: str) -> None:
    result, numbers = both(name, method=method)
    cells = {
        f"{quantity}[{','.join(map(str, index))}]" if index else quantity: array[index]
        for quantity, array in numbers.items()
        for index in np.ndindex(array.shape)
    }
    lines = 0
    for text in (block.text for block in page(result) if isinstance(block, Words)):
        found = CELL.fullmatch(text)
        if (
            not found
            or found[1] not in cells
            or (method == "scatter" and found[2] == "0")
            or re.search("[AWZbNh]\\[|pad|∂|'|sum| of |target|dZ|d[a-z]\\b", found[2])
        ):
            continue
        for side in found[2].partition(" <- ")[0].split(" = "):
            try:
                came = value(side)
            except NameError:
                continue  # a line that names cells; the other tests read those
            lines += 1
            assert came == pytest.approx(float(cells[found[1]]), rel=1e-7, abs=1e-7), text
    assert lines or name in ("rnn", "network")
