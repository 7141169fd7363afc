"""op: network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cnngrad.errors import Problems, did_you_mean
from cnngrad.numbers.kinds import Array
from cnngrad.ops.activation import FUNCTIONS
from cnngrad.ops.exercise import LayerExercise
from cnngrad.ops.loss import Loss
from cnngrad.ops.network import INPUT, LOSS, NamedLayer, NetworkExercise
from cnngrad.ops.reshape import FlattenExercise, ResidualExercise
from cnngrad.ops.shapes import times
from cnngrad.spec.context import Context
from cnngrad.spec.exercises import activation, batch_norm, conv, dense, loss, pool
from cnngrad.spec.fields import COMMON, LAYOUT, Field, Fields, choose, read_entries
from cnngrad.spec.fields import INPUT as INPUT_FIELD
from cnngrad.spec.layouts import layout_of
from cnngrad.spec.nested import ListOf, OneOf
from cnngrad.spec.tree import Mapping, Sequence
from cnngrad.spec.values import Numbers, Words
from cnngrad.windows.layout import ALL

_HEAD: Fields = {
    "op": Field(Words(), "what the layer does", required=True),
    "name": Field(Words(), "what the layer is called; its op and its count when left out: conv1"),
}
LAYERS: dict[str, Fields] = {
    "conv": {**_HEAD, **conv.LAYER, **LAYOUT},
    "pool": {**_HEAD, **pool.LAYER, **LAYOUT},
    "dense": {**_HEAD, **dense.LAYER},
    "activation": {**_HEAD, **activation.LAYER},
    "flatten": _HEAD,
    "residual": {
        **_HEAD,
        "from": Field(Words(), "the earlier layer (or input) whose output is added"),
        "layers": Field(ListOf(), "or the layers that the connection skips; their input is added to their output"),
    },
    "batch_norm": {**_HEAD, **batch_norm.LAYER},
}
FIELDS: Fields = {
    **COMMON,
    **INPUT_FIELD,
    "layers": Field(ListOf(LAYERS), "the layers in order, each with its op", required=True),
    **LAYOUT,
    "loss": Field(OneOf(loss.FIELDS), "the loss at the last output"),
    "delta": Field(Numbers(), "instead of a loss, the upstream gradient of the last output"),
    "learning_rate": Field(Numbers(), "the step of gradient descent"),
}


@dataclass(frozen=True)
class _Read:
    """One layer whose keys are read; `source` is what a residual connection adds."""

    op: str
    name: str
    node: Mapping
    values: dict[str, Any]
    source: str = ""


@dataclass(frozen=True)
class _State:
    """What a layer gives: a stand-in of the right shape, and the letters of its axes (F for features)."""

    name: str
    A: Array
    letters: str

    def says(self) -> str:
        """`pool1 gives 2x2 (HW)`."""
        return f"{self.name} gives {times(self.A.shape)} ({self.letters})"


def build(context: Context, backward: bool | None) -> NetworkExercise | None:
    """The network of a spec."""
    A, dZ, rate = (context.array(key) for key in ("input", "delta", "learning_rate"))
    node: Sequence | None = context.values.get("layers")
    layers = list(_Names(context).read(node)) if node else []
    criterion = _criterion(context)
    if A is None or context.problems.found:
        _read_all(context, layers)
        return None
    A = context.lifted(A, "input", len(context.values.get("layout", "L")))
    letters = _letters(context, A, layers)
    if letters is None:
        return None
    fitting = _Fitting(context, {INPUT: _State(INPUT, A, letters)})
    found = fitting.fit(layers)
    _read_all(context, layers[len(found) + 1 :])
    if context.problems.found:
        return None
    last = fitting.states[found[-1].name]
    shape = last.A.shape
    loss_of: Loss | None = None
    if criterion is not None:
        loss_of = loss.build(*criterion, shape)
    else:
        dZ = context.delta(dZ, shape, last.letters, backward)
    step = _rate(context, rate, given=criterion is not None or dZ is not None)
    if context.problems.found:
        return None
    return NetworkExercise(A, letters, tuple(found), loss_of, None if loss_of else dZ, step)


def _read_all(context: Context, layers: list[_Read]) -> None:
    """Every array of every layer, for what is wrong with them: nothing will be fitted any more."""
    for read in layers:
        inside = context.inside(read.node, read.values, f"{read.name}.")
        for key, entry in LAYERS[read.op].items():
            if isinstance(entry.value, Numbers):
                inside.array(key)


def _criterion(context: Context) -> tuple[Context, str] | None:
    """The loss with its keys read."""
    node: Mapping | None = context.values.get("loss")
    if node is None:
        return None
    if "delta" in context.values:
        context.place("delta", "stands beside a loss; leave one of them out")
    op, reason = choose(node.entries.get("op"), loss.FIELDS)
    if reason:
        context.problems.add("loss.op", reason, context.document.mark(node.entries.get("op", node)))
        return None
    values = read_entries(node, loss.FIELDS[op], f"loss {op}", context.document, context.problems, prefix="loss.")
    return context.inside(node, values, "loss."), op


def _rate(context: Context, rate: Array | None, *, given: bool) -> Any:
    if rate is None:
        return None
    if rate.ndim:
        context.place("learning_rate", "is a list; give one number")
        return None
    if not given:
        context.place("learning_rate", "has no gradient to follow; give a loss, or a delta")
    return rate[()]


def _letters(context: Context, A: Array, layers: list[_Read]) -> str | None:
    """The axes of the input; a vector or a batch of them where the first layer that cares is dense."""
    found = Problems()
    first = next((layer.op for layer in layers if layer.op not in ("activation", "residual")), "")
    if "layout" not in context.values and A.ndim in (1, 2) and first in ("dense", "batch_norm", "") and A.size:
        return "NF"[-A.ndim :]
    layout = layout_of(context.values.get("layout"), A.shape, found)
    context.place_all(found)
    return layout.letters if layout else None


@dataclass
class _Names:
    """Reads the keys of all layers and names them; the layers inside a residual one come before it."""

    context: Context
    counts: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=lambda: [INPUT])

    def read(self, node: Sequence) -> Iterator[_Read]:
        """The layers of a list, one after the other."""
        for item in node.items:
            assert isinstance(item, Mapping)
            yield from self._layer(item)

    def _layer(self, node: Mapping) -> Iterator[_Read]:
        problems, document = self.context.problems, self.context.document
        op, reason = choose(node.entries.get("op"), LAYERS)
        if op in FUNCTIONS:
            reason = f"{op!r} is an activation; write {{op: activation, function: {op}}}"
        number = len(self.names)
        if reason:
            problems.add(f"layer {number}: op", reason, document.mark(node.entries.get("op", node)))
            self.names.append("")
            return
        self.counts[op] += 1
        default = f"{op}{self.counts[op]}"
        values = read_entries(node, LAYERS[op], f"layer {op}", document, problems, prefix=f"{default}.")
        name = values.get("name", default)
        before = self.names[-1]
        if not name.isidentifier() or name in (INPUT, LOSS) or name in self.names:
            says = f"is {name!r}; give every layer its own name of letters, digits and _"
            problems.add(f"{default}.name", says, document.mark(node.entries.get("name", node)))
        if op == "residual":
            if ("from" in node.entries) is ("layers" in node.entries):
                says = "needs either from, the layer whose output is added, or layers, those that it skips"
                problems.add(name, says, document.mark(node))
            elif "layers" in values:
                yield from self.read(values["layers"])
            elif "from" in values and values["from"] not in self.names:
                hint = did_you_mean(values["from"], self.names) or f"; it is one of {', '.join(self.names)}"
                says = f"{values['from']!r} is no earlier layer{hint}"
                problems.add(f"{name}.from", says, document.mark(node.entries["from"]))
        self.names.append(name)
        yield _Read(op, name, node, values, values.get("from", before))


@dataclass
class _Fitting:
    """Fits every layer to the output of the one before."""

    context: Context
    states: dict[str, _State]

    def fit(self, layers: list[_Read]) -> list[NamedLayer]:
        """The layers with their shapes; those after the first that does not fit are left out."""
        fitted = []
        for read in layers:
            state = list(self.states.values())[-1]
            says = f"; {read.name} reads the output of {state.name}, shape {times(state.A.shape)}"
            says = "" if state.name == INPUT else says
            inside = replace(self.context.inside(read.node, read.values, f"{read.name}."), suffix=says)
            exercise = getattr(self, f"_{read.op}")(inside, read, state)
            if exercise is None or self.context.problems.found:
                break
            letters = self._letters_after(read.op, state)
            stand_in = np.broadcast_to(inside.constant((), "0"), exercise.output_shape())
            self.states[read.name] = _State(read.name, stand_in, letters)
            sources = (state.name, read.source) if read.op == "residual" else (state.name,)
            fitted.append(NamedLayer(read.name, exercise, sources))
        return fitted

    def _letters_after(self, op: str, state: _State) -> str:
        if op not in ("dense", "flatten"):
            return state.letters
        return "NF" if "N" in state.letters else "F"

    def _conv(self, inside: Context, read: _Read, state: _State) -> LayerExercise | None:
        return conv.layer(inside, state.A) if self._is_spatial(inside, state) else None

    def _pool(self, inside: Context, read: _Read, state: _State) -> LayerExercise | None:
        return pool.layer(inside, state.A) if self._is_spatial(inside, state) else None

    def _dense(self, inside: Context, read: _Read, state: _State) -> LayerExercise | None:
        if state.letters in ("F", "NF") or len(state.letters) == 1:
            return dense.layer(inside, state.A)
        says = f"needs a vector per example, but {state.says()}; put {{op: flatten}} between them"
        self.context.problems.add(read.name, says, self.context.document.mark(read.node))
        return None

    def _activation(self, inside: Context, read: _Read, state: _State) -> LayerExercise | None:
        return activation.layer(inside, state.A, _drawn(state.letters))

    def _flatten(self, inside: Context, read: _Read, state: _State) -> LayerExercise:
        return FlattenExercise(state.A, _drawn(state.letters), "N" in state.letters)

    def _residual(self, inside: Context, read: _Read, state: _State) -> LayerExercise | None:
        skipped = self.states[read.source]
        if skipped.A.shape == state.A.shape:
            return ResidualExercise(state.A, skipped.A, _drawn(state.letters), read.source)
        says = f"adds two shapes: {state.says()}, {skipped.says()}; take layers that keep the shape"
        self.context.problems.add(read.name, says, self.context.document.mark(read.node))
        return None

    def _batch_norm(self, inside: Context, read: _Read, state: _State) -> LayerExercise | None:
        return batch_norm.layer(inside, state.A, state.letters)

    def _is_spatial(self, inside: Context, state: _State) -> bool:
        """Whether conv and pool can read the output; the layout goes to the layer's values then."""
        if state.letters not in ALL:
            says = f"needs spatial axes, but {state.says()}; put it before flatten and dense"
            self.context.problems.add(inside.prefix.rstrip("."), says, self.context.document.mark(inside.node))
            return False
        given = inside.values.setdefault("layout", state.letters)
        if given != state.letters:
            inside.place("layout", f"is {given}, but {state.says()}; the network's layout holds for every layer")
        return bool(given == state.letters)


def _drawn(letters: str) -> str:
    """Letters under which grids draw features: a batch of them is a matrix."""
    return {"F": "L", "NF": "HW"}.get(letters, letters)
