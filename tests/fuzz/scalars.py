"""Graphs and recurrent networks."""

from __future__ import annotations

from .draw import Draw
from .plan import HEAD, TAIL, Keys, Plan, choice, maybe, numbered
from .tree import Cell, Tree

NAMES = ("x", "y", "z", "w", "v")
UNARY = ("exp", "log", "sqrt", "sin", "cos", "abs", "sigmoid", "tanh", "relu")
RATIONAL = ("abs", "relu")
BINARY = {"+": 4.0, "-": 3.0, "*": 4.0, "/": 2.0, "**": 1.0, "max": 1.0, "min": 1.0}
NUMBERS = ("0", "1", "2", "3", "0.5", "10", "1e-3", "-1", "1e308", "1e-320", "400", "1e5")
"""Constants in expressions."""


def expression(draw: Draw, names: tuple[str, ...], depth: int, functions: tuple[str, ...] = UNARY) -> str:
    """A random expression over these names, at most `depth` calls deep."""
    if depth == 0 or draw.chance(0.1):
        return draw.pick(names) if draw.chance(0.8) else draw.pick(NUMBERS[: 12 if draw.chance(0.2) else 6])
    left = expression(draw, names, depth - 1, functions)
    if draw.chance(0.3):
        return f"{draw.pick(functions)}({left})"
    if draw.chance(0.1):
        return f"-{left}" if draw.chance(0.5) else f"-({left})"
    gate = draw.weighted(BINARY)
    if gate == "**":
        return (
            f"({left})**{draw.weighted({'2': 4, '3': 2, '0.5': 1, '-1': 1, '0': 1, draw.pick(names): 1, '400': 0.3})}"
        )
    right = expression(draw, names, draw.randrange(depth), functions)
    if gate in ("max", "min"):
        return f"{gate}({left}, {right})"
    both = f"{left} {gate} {right}"
    return f"({both})" if draw.chance(0.6) else both


def _place_graph(plan: Plan) -> None:
    plan.notes["names"] = NAMES[: plan.draw.randint(1, 4)]


def _expression(plan: Plan) -> Tree:
    draw, names = plan.draw, plan.notes["names"]
    functions = UNARY if plan.cells.kind == "float" or draw.chance(0.05) else RATIONAL
    if draw.chance(0.65):
        return expression(draw, names, draw.randint(0, 4), functions)
    steps: dict[str, Tree] = {}
    for name in ("q", "r", "f")[: draw.randint(1, 3)]:
        steps[name] = expression(draw, (*names, *steps), draw.randint(0, 2), functions)
    return steps


def _values(plan: Plan) -> Tree:
    """A number for every variable; in symbolic graphs perhaps none."""
    if plan.cells.kind == "symbolic" and plan.draw.chance(0.4):
        return None
    return {name: Cell(plan.cells.number()) for name in plan.notes["names"]}


GRAPH: Keys = {
    "op": numbered("graph"),
    **HEAD,
    "expression": _expression,
    "delta": choice(0.2, "1", "2", "-0.5", "0", "1e308"),
    **TAIL,
    "values": _values,
}
WEIGHTS: Keys = {
    "input": lambda plan: plan.cells.array(plan.notes["W_input"], "u"),
    "recurrent": lambda plan: plan.cells.array(plan.notes["W_recurrent"], "r"),
    "bias": maybe(0.6, lambda plan: plan.cells.array(plan.notes["state"], "b")),
}
"""The keys of an rnn's weights."""


def _place_rnn(plan: Plan) -> None:
    draw = plan.draw
    steps, features, hidden = draw.randint(1, 4), draw.randint(1, 2), draw.randint(1, 2)
    if draw.chance(0.4):
        plan.notes |= {"inputs": (steps,), "W_input": (), "W_recurrent": (), "state": (), "h": (steps,)}
    else:
        plan.notes |= {"inputs": (steps, features), "W_input": (hidden, features), "state": (hidden,)}
        plan.notes |= {"W_recurrent": (hidden, hidden), "h": (steps, hidden)}
    plan.notes["starts"] = [plan.notes["state"]]
    if draw.chance(0.4):
        _place_batch(plan, draw.pick(("NTD", "TND")), draw.randint(1, 3))


def _place_batch(plan: Plan, layout: str, examples: int) -> None:
    """An axis for the examples, before the time or after it."""
    place = layout.index("N")
    for name in ("inputs", "h"):
        shape = plan.notes[name]
        plan.notes[name] = (*shape[:place], examples, *shape[place:])
    plan.notes |= {"layout": layout, "last": (examples, *plan.notes["state"])}
    plan.notes["starts"].append(plan.notes["last"])


def _weights(plan: Plan) -> Tree:
    found = {key: give(plan) for key, give in WEIGHTS.items()}
    return {key: value for key, value in found.items() if value is not None}


def _activation(plan: Plan) -> Tree:
    if plan.cells.kind == "exact" or plan.draw.chance(0.3):
        return plan.draw.pick(("relu", "identity"))
    return plan.draw.pick((None, "tanh", "sigmoid"))


def _deltas(plan: Plan) -> Tree:
    return None if "delta" in plan.made else plan.cells.array(plan.notes["h"], "d")


RNN: Keys = {
    "op": numbered("rnn"),
    **HEAD,
    "inputs": lambda plan: plan.cells.array(plan.notes["inputs"], "x"),
    "weights": _weights,
    "layout": lambda plan: plan.notes.get("layout", "TD" if plan.draw.chance(0.1) else None),
    "h0": maybe(0.4, lambda plan: plan.cells.array(plan.draw.pick(plan.notes["starts"]), "h")),
    "activation": _activation,
    "delta": maybe(0.5, lambda plan: plan.cells.array(plan.notes.get("last", plan.notes["state"]), "d")),
    "deltas": maybe(0.8, _deltas),
    **TAIL,
}
OPS: dict[str, Keys] = {"graph": GRAPH, "rnn": RNN}
PLACES = {"graph": _place_graph, "rnn": _place_rnn}
