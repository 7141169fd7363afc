"""A computation graph on a page: the gates as a table and as a tree, their rules, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from cnngrad.calculus.expression import GateCall, bracketed, is_literal
from cnngrad.calculus.gates import GATES
from cnngrad.errors import option
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.printing import as_factor
from cnngrad.ops.graph.derivation import GraphDerivation
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.report.blocks import Arrow, Block, Box, Diagram, Grid, Grids, Heading, Note, Words, piece, pieces, words
from cnngrad.report.planes import ELIDED, WHOLE, Style, whole_elsewhere
from cnngrad.report.view import View

DRAWN = 60
"""Gates up to which the tree is drawn and the way back is told step by step."""
COLUMNS = ("node", "expression", "value", "input", "local", "upstream", "gradient")
EDGE = 30
"""Lines at each end of a table that loses its middle."""
KEY = frozenset({0})


def blocks(view: View[GraphExercise], style: Style) -> Iterator[Block]:
    """All that is said of a solved graph."""
    exercise = view.exercise
    yield Heading("Nodes")
    yield from _nodes(exercise, style)
    yield Heading("Gradients")
    yield _gradients(exercise, style)
    if view.options.rounding is not None:
        yield from _rounding(exercise, view.options.rounding, style)
    if view.options.trace == "none":
        return
    if len(exercise.calls) > DRAWN and view.options.trace != "full":
        says = f"the tree, the rules and the steps are left out; {option('trace', 'full')} shows them"
        yield Note(f"{len(exercise.calls)} nodes: {says}")
        return
    yield from _picture(exercise, style)
    yield from _rules(exercise)
    yield from _way_back(view, exercise, style)


def subtitle(view: View[GraphExercise], style: Style) -> Words:
    """`(x + y) * z at x = -2, y = 5, z = -4`."""
    exercise = view.exercise
    known = {name: style.number(value) for name, value in exercise.values.items()}
    at = [f"{name} = {text}," for name, text in known.items() if text != name]
    says = exercise.text or f"{exercise.output} in {len(exercise.calls)} steps"
    tail = [piece("at"), *map(piece, at[:-1]), piece(at[-1].rstrip(","))] if at else []
    return Words((*pieces(says), *tail), hang=2)


def _nodes(exercise: GraphExercise, style: Style) -> Iterator[Block]:
    rows = [row for call in exercise.calls for row in _rows(exercise, call, style)]
    title = "every gate: gradient of an input = upstream * local"
    if _too_long(rows, style):
        title += f"  ({len(exercise.calls):,} gates, the middle left out: {whole_elsewhere()})"
    rows = _elided(rows, style)
    yield Grids((Grid("", title, rows, columns=COLUMNS, left=frozenset({0, 1, 3}), keys=frozenset({0, 3})),))


def _rows(exercise: GraphExercise, call: GateCall, style: Style) -> Iterator[list[str]]:
    """One line per input of a gate: what the gate makes, and what it passes back."""
    upstream = exercise.gradient(call.name)
    made = [call.name, call.expression, style.number(exercise.tape.values[call.name])]
    arrived = style.number(upstream)
    for name, local in zip(call.inputs, exercise.local(call), strict=True):
        passed = "" if is_literal(name) or local is None else style.number(upstream * local)
        yield [*made, name, "" if local is None else style.number(local), arrived, passed]
        made, arrived = ["", "", ""], ""


def _too_long(rows: list[list[str]], style: Style) -> bool:
    return style.elide and sum(map(len, rows)) > WHOLE


def _elided(rows: list[list[str]], style: Style) -> list[list[str]]:
    """The rows, without their middle where they are too many for a screen."""
    return [*rows[:EDGE], [ELIDED] * len(rows[0]), *rows[-EDGE:]] if _too_long(rows, style) else rows


def _gradients(exercise: GraphExercise, style: Style) -> Words:
    says = [f"∂{exercise.output}/∂{name} = {style.number(exercise.gradient(name))}," for name in exercise.values]
    if not says:
        return words("there is no variable", indent=2)
    return Words((*map(piece, says[:-1]), piece(says[-1].rstrip(","))), 2)


def _rounding(exercise: GraphExercise, decimals: int, style: Style) -> Iterator[Block]:
    """Every number beside what it becomes when each one is rounded before it is used."""
    kept = replace(exercise, decimals=decimals)
    names = [*exercise.values, *(call.name for call in exercise.calls)]
    rounded = Style(decimals, style.base)
    rows = []
    for name in names:
        values = [style.number(exercise.tape.values[name]), rounded.number(kept.tape.values[name])]
        gradients = [style.number(exercise.gradient(name)), rounded.number(kept.gradient(name))]
        rows.append([name, *values, *gradients])
    rows = _elided(rows, style)
    yield Heading(f"Rounded to {decimals} decimals at every node")
    columns = ("node", "value", "rounded", "gradient", "rounded")
    title = "each number is rounded before the next one uses it"
    yield Grids((Grid("", title, rows, columns=columns, left=KEY, keys=KEY),))


def _picture(exercise: GraphExercise, style: Style) -> Iterator[Block]:
    """The tree from the output down; what is used twice is drawn once."""
    yield Heading("Tree")
    calls = {call.name: call for call in exercise.calls}
    drawn: set[str] = set()
    stack = [(exercise.output, "", "")]
    while stack:
        name, before, below = stack.pop()
        call = None if name in drawn else calls.get(name)
        yield Words((piece(f"{before}{_leaf(exercise, name, call, style)}"), *_arrives(exercise, name, style)), 2)
        drawn.add(name)
        inputs = call.inputs if call else ()
        for place, source in reversed(list(enumerate(inputs))):
            last = place == len(inputs) - 1
            stack.append((source, f"{below}{'└─ ' if last else '├─ '}", f"{below}{'   ' if last else '│  '}"))
    yield words("(the value of every node, and after <- the gradient that arrives at it)", indent=2)


def _leaf(exercise: GraphExercise, name: str, call: GateCall | None, style: Style) -> str:
    if is_literal(name):
        return name
    value = style.number(exercise.tape.values[name])
    parts = dict.fromkeys([name, *([call.expression] if call else []), value])
    return " = ".join(parts)


def _arrives(exercise: GraphExercise, name: str, style: Style) -> tuple[tuple[tuple[str, str], ...], ...]:
    return () if is_literal(name) else (piece("<-"), piece(style.number(exercise.gradient(name)), "result"))


def _rules(exercise: GraphExercise) -> Iterator[Block]:
    yield Heading("Rules")
    for gate in dict.fromkeys(call.gate for call in exercise.calls):
        yield words(GATES[gate].rule, indent=2, hang=4)
    uses = [name for call in exercise.calls for name in call.inputs if not is_literal(name)]
    if forks := [name for name in dict.fromkeys(uses) if uses.count(name) > 1]:
        yield words(f"a fork adds: the gradients of all paths into {', '.join(forks)} are summed", indent=2, hang=4)


def _way_back(view: View[GraphExercise], exercise: GraphExercise, style: Style) -> Iterator[Block]:
    """The backward pass in its order, and every fork where its last path has arrived."""
    derivation, f = cast(GraphDerivation, view.derivation), exercise.output
    yield Heading("Backward pass, step by step")
    yield words(f"1. start at the output: ∂{f}/∂{f} = {style.number(exercise.delta)}", indent=2, hang=5)
    waiting = {name: len(uses) for name, uses in derivation.uses.items()}
    for number, call in enumerate(reversed(exercise.calls), start=2):
        says = [_passes(exercise, call, place, style) for place, name in enumerate(call.inputs) if not is_literal(name)]
        text = f"{number}. {call.name} = {call.expression}: {'; '.join(filter(None, says)) or 'passes nothing on'}"
        yield words(text, indent=2, hang=5)
        for name in call.inputs:
            waiting[name] -= 1
            if not waiting[name] and len(derivation.uses[name]) > 1 and not is_literal(name):
                yield words(_fork(derivation, name, style), indent=5, hang=2)


def _passes(exercise: GraphExercise, call: GateCall, place: int, style: Style) -> str:
    local, name = exercise.local(call)[place], call.inputs[place]
    if local is None or call.name not in exercise.gradients.total:
        return ""
    upstream = exercise.gradient(call.name)
    arrived, letters = as_factor(style.number(upstream)), _in_names(call, place)
    numbers = f"{arrived} * {as_factor(style.number(local), first=False)} = {style.number(upstream * local)}"
    return f"{name} gets {f'{arrived} * {as_factor(letters, first=False)} = ' if letters else ''}{numbers}"


def _in_names(call: GateCall, place: int) -> str:
    """The local gradient in the names of this gate; None where it is a number, or one of many inputs."""
    letters = GATES[call.gate].local
    if len(letters) != len(call.inputs) or letters[place] in ("1", "-1"):
        return ""
    names = {"z": call.name, **dict(zip("xy", map(bracketed, call.inputs), strict=False))}
    return re.sub(r"\b[xyz]\b", lambda found: names[found[0]], letters[place])


def _fork(derivation: GraphDerivation, name: str, style: Style) -> str:
    terms = derivation.trace(Cell(gradient_name(name))).terms
    numbers = " + ".join(as_factor(style.number(term.product), first=False) for term in terms)
    return f"{name} goes {len(terms)} ways, a fork adds: {numbers} = {style.number(derivation.exercise.gradient(name))}"


def diagram(view: View[GraphExercise]) -> Diagram:
    """The variables and the gates with their values and gradients, the local gradients on the arrows."""
    exercise, style = view.exercise, Style(view.options.precision)
    boxes = [_box(exercise, name, name, style) for name in exercise.values]
    arrows: list[Arrow] = []
    for call in exercise.calls:
        boxes.append(_box(exercise, call.name, f"{call.name} = {call.expression}", style))
        for place, (name, local) in enumerate(zip(call.inputs, exercise.local(call), strict=True)):
            source = name
            if is_literal(name):
                source = f"{call.name}:{place}"
                boxes.append(Box(source, (name,), given=True))
            arrows.append(Arrow(source, call.name, "" if local is None else style.number(local)))
    return Diagram(tuple(boxes), tuple(arrows))


def _box(exercise: GraphExercise, name: str, title: str, style: Style) -> Box:
    value, gradient = exercise.tape.values[name], exercise.gradient(name)
    lines = (title, f"value {style.number(value)}", f"gradient {style.number(gradient)}")
    return Box(name, lines, given=name in exercise.values)
