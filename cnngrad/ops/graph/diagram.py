"""A computation graph as boxes and arrows."""

from __future__ import annotations

from cnngrad.calculus.expression import is_literal
from cnngrad.exercise.solution import Run
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.report.diagram import Arrow, Box, Diagram
from cnngrad.report.grids import Style


def diagram(run: Run) -> Diagram:
    """The variables and the gates with their values and gradients, the local gradients on the arrows."""
    exercise, style = run.exercise, Style(run.options.precision)
    assert isinstance(exercise, GraphExercise)
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
