"""The exercise as the student worked it out: later quantities recomputed from the student's own earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cnngrad.calculus.tape import Amendments, added
from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.mistake import LayerAttempt
from cnngrad.exercise.tape_attempt import Wrap, both, misled
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.ops.network.network import INPUT, LOSS, NetworkExercise
from cnngrad.ops.pool.gradients import everywhere
from cnngrad.ops.pool.layer import Pool
from cnngrad.ops.rnn.rnn import RnnExercise


def world_of(exercise: Exercise, own: Mapping[str, Array]) -> Exercise | None:
    """The exercise with the student's `own` numbers where they are steps on the way; nothing for a single layer."""
    if isinstance(exercise, NetworkExercise):
        return replace(exercise, amendments=_network(exercise, own))
    if isinstance(exercise, GraphExercise):
        return replace(exercise, amendments=_graph(exercise, own))
    if isinstance(exercise, RnnExercise):
        return replace(exercise, amendments=_rnn(exercise, own))
    return None


def carried_layer(exercise: Exercise, name: str, own: Mapping[str, Array]) -> Array | None:
    """A quantity of a single layer that follows from the student's own numbers; nothing where none does."""
    if name != "dA":
        return None
    if not isinstance(exercise, LayerExercise) or exercise.dZ is None:
        return None
    if exercise.op == "activation" and "Z" in own:
        return np.asarray(exercise.layer.backward(exercise.dZ, own["Z"], exercise.A)[0])
    if exercise.op == "pool":
        if "argmax" in own:
            return _scattered(exercise, own["argmax"])
        return _masked(exercise, own["mask"]) if "mask" in own else None
    return None


def _pinned(gradients: Mapping[str, Array]) -> Any:
    return lambda name, before, now: gradients[name] if name in gradients else added(name, before, now)


def _passing(place: int, gradient: Array) -> Wrap:
    """A layer that passes back the student's own gradient to one of its inputs."""

    def wrong(right: Any, upstream: Any, output: Any, *inputs: Any) -> list[Any]:
        found = list(right.backward(upstream, output, *inputs))
        found[place] = gradient
        return found

    return misled(wrong)


def _network(exercise: NetworkExercise, own: Mapping[str, Array]) -> Amendments:
    values: dict[str, Array] = {}
    gradients: dict[str, Array] = {}
    operations: dict[str, Wrap] = {}
    names = {layer.name: layer for layer in exercise.layers}
    for name, array in own.items():
        owner, _, symbol = name.rpartition(".")
        if name == LOSS:
            values[LOSS] = array
        elif name == "dA":
            gradients[INPUT] = array
        elif owner in names and symbol == "Z":
            values[owner] = array
        elif owner in names and symbol == "dZ":
            gradients[owner] = array
        elif owner in names:
            passed = names[owner].layer.passed
            if symbol in passed:
                operations[owner] = both(operations.get(owner), _passing(passed.index(symbol), array))
    return Amendments(values, operations, _pinned(gradients))


def _graph(exercise: GraphExercise, own: Mapping[str, Array]) -> Amendments:
    made = {call.name for call in exercise.calls}
    values = {name: array[()] for name, array in own.items() if name in made}
    names = {gradient_name(name): name for name in (*exercise.values, *made)}
    gradients = {names[name]: array[()] for name, array in own.items() if name in names}
    return Amendments(values, {}, _pinned(gradients))


def _rnn(exercise: RnnExercise, own: Mapping[str, Array]) -> Amendments:
    rows = {name: own[name].reshape(exercise.steps, exercise.hidden) for name in ("h", "dh") if name in own}
    values = {f"h{t}": row for t, row in enumerate(rows.get("h", ()))}
    gradients = {f"h{t}": row for t, row in enumerate(rows.get("dh", ()))}
    return Amendments(values, {}, _pinned(gradients))


def _scattered(exercise: LayerExercise[Pool], winners: Array) -> Array | None:
    """Every window's upstream gradient at the student's own winner."""
    layout = exercise.layer.layout
    planes = layout.canonical(exercise.A)
    assert exercise.dZ is not None
    upstream = layout.canonical(exercise.dZ).reshape(*planes.shape[:2], -1)
    given = layout.canonical(winners).reshape(upstream.shape)
    found = zeros((*planes.shape[:2], int(np.prod(planes.shape[2:]))), planes)
    if not np.isin(given, range(-1, found.shape[-1])).all():
        return None
    n, c, window = np.nonzero(given >= 0)
    np.add.at(found, (n, c, given[n, c, window].astype(int)), upstream[n, c, window])
    return layout.restore(found.reshape(planes.shape))


def _masked(exercise: LayerExercise[Pool], mask: Array) -> Array | None:
    """The student's own mask times the upstream gradient of each window; windows must not overlap."""
    if exercise.layer.windows.most_meetings() > 1:
        return None
    return np.asarray(mask * replace(LayerAttempt.at(exercise, "dA"), product=everywhere).result())
