"""A network as boxes and arrows."""

from __future__ import annotations

from cnngrad.exercise.solution import Run
from cnngrad.ops.network.network import INPUT, LOSS, NetworkExercise
from cnngrad.report.diagram import Arrow, Box, Diagram
from cnngrad.wording import times


def diagram(run: Run) -> Diagram:
    """The layers with the shapes of what they give and of what they learn."""
    exercise = run.exercise
    assert isinstance(exercise, NetworkExercise)
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
