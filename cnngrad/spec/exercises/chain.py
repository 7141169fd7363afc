"""Fits the layers of a network, each to the output of the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cnngrad.numbers.kinds import Array
from cnngrad.ops.exercise import LayerExercise
from cnngrad.ops.network import INPUT, NamedLayer
from cnngrad.ops.reshape import FlattenExercise, ResidualExercise
from cnngrad.ops.shapes import times
from cnngrad.spec.context import Context
from cnngrad.spec.exercises import activation, batch_norm, conv, dense, pool
from cnngrad.spec.exercises.layers import LayerEntry
from cnngrad.windows.layout import ALL, FEATURES, drawn


@dataclass(frozen=True)
class Output:
    """What a layer gives: a stand-in of the right shape, and the letters of its axes (F for features)."""

    name: str
    A: Array
    letters: str

    def says(self) -> str:
        """`pool1 gives 2x2 (HW)`."""
        return f"{self.name} gives {times(self.A.shape)} ({self.letters})"


@dataclass
class Chain:
    """Fits every layer to the output of the one before."""

    context: Context
    outputs: dict[str, Output]

    def fit(self, layers: list[LayerEntry]) -> list[NamedLayer]:
        """The layers with their shapes; those after the first that does not fit are left out."""
        fitted = []
        for read in layers:
            state = list(self.outputs.values())[-1]
            says = f"; {read.name} reads the output of {state.name}, shape {times(state.A.shape)}"
            says = "" if state.name == INPUT else says
            inside = replace(self.context.inside(read.node, read.values, f"{read.name}."), suffix=says)
            exercise = getattr(self, f"_{read.op}")(inside, read, state)
            if exercise is None or self.context.problems.found:
                break
            letters = self._letters_after(read.op, state)
            stand_in = np.broadcast_to(inside.constant((), "0"), exercise.output_shape())
            self.outputs[read.name] = Output(read.name, stand_in, letters)
            sources = (state.name, read.source) if read.op == "residual" else (state.name,)
            fitted.append(NamedLayer(read.name, exercise, sources))
        return fitted

    def _letters_after(self, op: str, state: Output) -> str:
        if op not in ("dense", "flatten"):
            return state.letters
        return "NF" if "N" in state.letters else "F"

    def _conv(self, inside: Context, read: LayerEntry, state: Output) -> LayerExercise | None:
        return conv.layer(inside, state.A) if self._is_spatial(inside, state) else None

    def _pool(self, inside: Context, read: LayerEntry, state: Output) -> LayerExercise | None:
        return pool.layer(inside, state.A) if self._is_spatial(inside, state) else None

    def _dense(self, inside: Context, read: LayerEntry, state: Output) -> LayerExercise | None:
        if state.letters in FEATURES or len(state.letters) == 1:
            return dense.layer(inside, state.A)
        says = f"needs a vector per example, but {state.says()}; put {{op: flatten}} between them"
        self.context.problems.add(read.name, says, self.context.document.mark(read.node))
        return None

    def _activation(self, inside: Context, read: LayerEntry, state: Output) -> LayerExercise | None:
        return activation.layer(inside, state.A, drawn(state.letters))

    def _flatten(self, inside: Context, read: LayerEntry, state: Output) -> LayerExercise:
        return FlattenExercise(state.A, drawn(state.letters), "N" in state.letters)

    def _residual(self, inside: Context, read: LayerEntry, state: Output) -> LayerExercise | None:
        skipped = self.outputs[read.source]
        if skipped.A.shape == state.A.shape:
            return ResidualExercise(state.A, skipped.A, drawn(state.letters), read.source)
        says = f"adds two shapes: {state.says()}, {skipped.says()}; take layers that keep the shape"
        self.context.problems.add(read.name, says, self.context.document.mark(read.node))
        return None

    def _batch_norm(self, inside: Context, read: LayerEntry, state: Output) -> LayerExercise | None:
        return batch_norm.layer(inside, state.A, state.letters)

    def _is_spatial(self, inside: Context, state: Output) -> bool:
        """Whether conv and pool can read the output; the layout goes to the layer's values then."""
        if state.letters not in ALL:
            says = f"needs spatial axes, but {state.says()}; put it before flatten and dense"
            self.context.problems.add(inside.prefix.rstrip("."), says, self.context.document.mark(inside.node))
            return False
        given = inside.values.setdefault("layout", state.letters)
        if given != state.letters:
            inside.place("layout", f"is {given}, but {state.says()}; the network's layout holds for every layer")
        return bool(given == state.letters)
