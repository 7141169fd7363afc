"""A graph or a network as boxes and arrows, for drawing programs."""

from __future__ import annotations

from dataclasses import dataclass

from cnngrad.calculus.expression import is_literal
from cnngrad.errors import CnngradError
from cnngrad.exercise.solution import Run
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.ops.network.network import INPUT, LOSS, NetworkExercise
from cnngrad.report.grids import Style
from cnngrad.wording import times


@dataclass(frozen=True)
class Box:
    """A value: `lines` are what is written in it; `given` values are drawn round."""

    key: str
    lines: tuple[str, ...]
    given: bool = False


@dataclass(frozen=True)
class Arrow:
    """From one box to another; `label` is the local gradient."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True)
class Diagram:
    """Boxes, and arrows in the direction of the forward pass."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def diagram(run: Run) -> Diagram:
    """The diagram of a run; CnngradError where its op has none."""
    if isinstance(run.exercise, GraphExercise):
        return _of_graph(run.exercise, Style(run.options.precision))
    if isinstance(run.exercise, NetworkExercise):
        return _of_network(run.exercise)
    raise CnngradError(f"--format: {run.exercise.op} has no diagram; dot and mermaid draw graphs and networks")


def _of_network(exercise: NetworkExercise) -> Diagram:
    """The layers with the shapes of what they give and of what they learn."""
    boxes = [Box(INPUT, (f"{INPUT}: {times(exercise.A.shape)}",), given=True)]
    arrows: list[Arrow] = []
    for layer in exercise.layers:
        learned = [f"{symbol} {times(array.shape)}" for symbol, array in layer.parameters.items()]
        shape = f"Z {times(layer.layer.output.shape)}"
        boxes.append(Box(layer.name, (f"{layer.name}: {layer.layer.op}", shape, *learned)))
        arrows += [Arrow(source, layer.name) for source in layer.sources]
    if exercise.loss_of is not None:
        boxes.append(Box(LOSS, (f"{LOSS}: {exercise.loss_of.op}",), given=True))
        arrows.append(Arrow(exercise.last, LOSS))
    return Diagram(tuple(boxes), tuple(arrows))


def _of_graph(exercise: GraphExercise, style: Style) -> Diagram:
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
