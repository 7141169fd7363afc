"""A network on a page: the layers in a table, a section for each of them, and the loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.layer import Layer
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import Array
from cnngrad.ops.network.derivation import NetworkDerivation
from cnngrad.ops.network.losses import Loss
from cnngrad.ops.network.network import INPUT, LOSS, NamedLayer, NetworkExercise
from cnngrad.report.blocks import Arrow, Block, Box, Diagram, Grid, Grids, Heading, Words, piece, pieces, words
from cnngrad.report.derivation import said_of
from cnngrad.report.grids import grids_of
from cnngrad.report.lines import lines_of
from cnngrad.report.page import left_out, mean_words, setting
from cnngrad.report.planes import Style
from cnngrad.report.view import View, brief_traces
from cnngrad.wording import times

COLUMNS = ("layer", "op", "settings", "output", "parameters", "multiply-adds")
_PLAIN = {"stride": "1", "padding": "0", "dilation": "1", "groups": "1", "ties": "first", "count_include_pad": "true"}
"""Settings that most layers leave alone, and that the table therefore leaves out."""


def blocks(view: View[NetworkExercise], style: Style) -> Iterator[Block]:
    """All that is said of a solved network."""
    yield Heading("Layers")
    yield Grids((_table(view.exercise, style),))
    for layer in view.exercise.layers:
        yield from _panel(layer, view, style)
    if view.exercise.loss_of is not None:
        yield from _loss(view.exercise, view.exercise.loss_of, cast(NetworkDerivation, view.derivation), style)


def subtitle(view: View[NetworkExercise], _: Style) -> Words:
    """`input 5x5 -> conv1 4x4 -> pool1 2x2 -> loss mse`."""
    exercise = view.exercise
    parts = [f"input {times(exercise.A.shape)} ({exercise.letters})"]
    parts += [f"-> {layer.name} {times(layer.layer.output.shape)}" for layer in exercise.layers]
    if exercise.loss_of is not None:
        parts.append(f"-> loss {exercise.loss_of.op}")
    return Words(tuple(map(piece, parts)), hang=2)


def _table(exercise: NetworkExercise, style: Style) -> Grid:
    rows = []
    for layer in exercise.layers:
        fitted = layer.layer
        count = sum(array.size for array in layer.parameters.values())
        says = ", ".join(_settings(fitted))
        numbers = f"{count:,}", f"{fitted.multiply_adds():,}"
        rows.append([layer.name, fitted.op, says, times(fitted.output.shape), *numbers])
    total = sum(array.size for array in exercise.parameters.values())
    rows.append(["in all", "", "", "", f"{total:,}", f"{exercise.multiply_adds():,}"])
    title, left = "from the input to the output", frozenset({0, 1, 2, 3})
    return Grid("", title, rows, columns=COLUMNS, left=left, keys=frozenset({0}))


def _settings(layer: Layer) -> list[str]:
    """The settings that say something: `kernel 2x2`, `max`, `window 2`, `stride 1x2`."""
    kernel = [f"kernel {times(layer.parameters['W'])}"] if layer.keys.get("W") == "kernel" else []
    texts = {key: _compact(value) for key, value in layer.settings().items()}
    said = {key: text for key, text in texts.items() if key != "layout" and text != _PLAIN.get(key)}
    return kernel + [text if key in ("mode", "function", "order") else f"{key} {text}" for key, text in said.items()]


def _compact(value: object) -> str:
    """One number where all axes have the same, or 1x2."""
    if isinstance(value, list) and len({str(entry) for entry in value}) > 1:
        return "x".join(map(_compact, value))
    return _compact(value[0]) if isinstance(value, list) and value else setting(value)


def _panel(layer: NamedLayer, view: View[NetworkExercise], style: Style) -> Iterator[Block]:
    """One layer: forward, the link to what follows, backward, and the step."""
    exercise, derivation = view.exercise, cast(NetworkDerivation, view.derivation)
    part = derivation.parts[layer.name]
    yield Heading(f"{layer.name}: {layer.layer.op}, reads {' and '.join(layer.sources)}")
    first = ("A",) if layer is exercise.layers[0] else ()
    yield Grids(_grids(part, layer, (*first, *layer.parameters, *layer.layer.constants, "Z", "mask"), style))
    yield from mean_words(part.values, ("Z",), style)
    yield from left_out(part.exercise, style)
    if exercise.gradients is not None:
        link = pieces(f"= {derivation.link(layer.name)}")
        yield Words((piece(f"∂L/∂{layer.name}.Z ="), piece(f"{layer.name}.dZ", "dZ"), *link), 2, 4)
        gradients = [f"d{symbol}" for symbol in ("A", "S", *layer.parameters)]
        yield Grids(_grids(part, layer, ("dZ", *gradients), style))
        yield from mean_words(part.values, gradients, style)
        yield from _terms(part, layer, view, style)
    yield from _step(exercise, part, layer, style)


def _grids(part: Derivation[Any], layer: NamedLayer, names: Iterable[str], style: Style) -> tuple[Grid, ...]:
    return tuple(
        grid
        for name in names
        if name in part.values
        for grid in grids_of(name, part.values[name], part.letters(name), style, only=f"{layer.name}.{name}")
    )


def _terms(part: Derivation[Any], layer: NamedLayer, view: View[NetworkExercise], style: Style) -> Iterator[Block]:
    """The formula of every gradient, and the first cells of the parameters' gradients (or of dA) in full."""
    if view.options.trace == "none":
        return
    gradients = [name for name in part.traceable if name.startswith("d") and name != "dZ"]
    for name in gradients:
        left, _, right = part.general(name).partition(" = ")
        yield Words((piece(left, name), *pieces(f"= {right}")), 2, len(left) + 5)
    if gradients and part.rule:
        yield words(part.rule, indent=2, hang=4)
    told = [f"d{symbol}" for symbol in layer.parameters] or gradients
    shown = [trace for trace in brief_traces(part, part.first) if trace.cell.quantity in told]
    if view.options.trace == "full":
        shown = [trace for trace in view.traces if trace.cell.quantity.startswith(f"{layer.name}.d")]
    for trace in shown:
        yield from lines_of(trace, style, brief=view.options.trace == "brief")


def _step(exercise: NetworkExercise, part: Derivation[Any], layer: NamedLayer, style: Style) -> Iterator[Block]:
    updates = exercise.updates()
    grids: list[Grid] = []
    for symbol in layer.parameters:
        new: Array | None = updates.get(f"{layer.name}.{symbol}")
        if new is not None:
            title = f"{symbol} - {style.number(exercise.learning_rate)}*d{symbol}"
            grids += grids_of(symbol, new, part.letters(symbol), style, title=title)
    if grids:
        yield words("after the step:", indent=2)
        yield Grids(tuple(grids))


def _loss(exercise: NetworkExercise, loss: Loss, derivation: NetworkDerivation, style: Style) -> Iterator[Block]:
    yield Heading(f"loss: {loss.op}, reads {exercise.last}")
    if loss.row.target:
        letters = derivation.parts[exercise.last].letters("Z")
        yield Grids(tuple(grids_of("target", loss.target, letters, style)))
    trace = derivation.trace(Cell(LOSS))
    yield from lines_of(trace, style)
    yield from said_of(derivation, trace, style)


def diagram(view: View[NetworkExercise]) -> Diagram:
    """The layers with the shapes of what they give and of what they learn."""
    exercise = view.exercise
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
