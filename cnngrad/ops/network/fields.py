"""The keys of a network, and the way from them to the exercise: its layers are read and named, each is fitted to the
output of the one before, and the loss comes last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from cnngrad.aliases import meant
from cnngrad.errors import Problems, did_you_mean, excerpt
from cnngrad.exercise.exercise import Fitted
from cnngrad.exercise.layer import Output
from cnngrad.numbers.kinds import Array
from cnngrad.ops import OPS
from cnngrad.ops.network import losses
from cnngrad.ops.network.network import INPUT, LOSS, NamedLayer, NetworkExercise
from cnngrad.records import dataclass
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import NUMBERS, TEXT
from cnngrad.spec.fields import COMMON, LAYOUT, Field, Fields, ListOf, OneOf, choose, read_entries
from cnngrad.spec.fields import INPUT as INPUT_FIELD
from cnngrad.spec.tree import MappingNode, SequenceNode
from cnngrad.windows.layout import BY_RANK_OF_FEATURES, layout_of
from cnngrad.wording import times

_HEAD: Fields = {
    "op": Field(TEXT, "what the layer does", required=True),
    "name": Field(TEXT, "what the layer is called; its op and its count when left out: conv1"),
}
LAYERS: dict[str, Fields] = {name: {**_HEAD, **op.part("LAYER")} for name, op in OPS.items() if op.layer}
"""The keys of every layer of a network."""
FIELDS: Fields = {
    **COMMON,
    **INPUT_FIELD,
    "layers": Field(ListOf(LAYERS), "the layers in order, each with its op", required=True),
    **LAYOUT,
    "loss": Field(OneOf(losses.FIELDS), "the loss at the last output"),
    "delta": Field(NUMBERS, "instead of a loss, the upstream gradient of the last output"),
    "learning_rate": Field(NUMBERS, "the step of gradient descent"),
}
READERS: Mapping[str, Mapping[int, str]] = {
    "images": {},
    "features": BY_RANK_OF_FEATURES,
    "rows": {**BY_RANK_OF_FEATURES, 3: "NLC"},
}
"""The axes of an input without a layout by what the first layer reads, where they are not those of images: rows are in
a batch of sequences too."""


def build(context: Context, backward: bool | None) -> NetworkExercise | None:
    """The network of a spec."""
    A, dZ, rate = (context.array(key) for key in ("input", "delta", "learning_rate"))
    node: SequenceNode | None = context.values.get("layers")
    layers = list(LayerReader(context).read(node)) if node else []
    criterion = _criterion(context)
    if A is None or context.problems.found:
        read_arrays(context, layers)
        return None
    A = context.lifted(A, "input", len(context.values.get("layout", "L")))
    letters = _letters(context, A, layers)
    if letters is None:
        return None
    found = fit_layers(context, Output(A.shape, letters), layers)
    read_arrays(context, layers[len(found) + 1 :])
    if context.problems.found:
        return None
    last = found[-1].layer.output
    loss_of: losses.Loss | None = None
    if criterion is not None:
        loss_of = losses.build(*criterion, last.shape)
    else:
        dZ = context.delta(dZ, last.shape, last.letters, backward)
    step = _rate(context, rate, given=criterion is not None or dZ is not None)
    if context.problems.found:
        return None
    return NetworkExercise(A, letters, tuple(found), loss_of, None if loss_of else dZ, step)


def _criterion(context: Context) -> tuple[Context, str] | None:
    """The loss with its keys read."""
    node: MappingNode | None = context.values.get("loss")
    if node is None:
        return None
    if "delta" in context.values:
        context.place("delta", "is given beside a loss; leave one of them out")
    op, reason = choose(node.entries.get("op"), losses.FIELDS)
    if reason:
        context.problems.add("loss.op", reason, context.document.mark(node.entries.get("op", node)))
        return None
    values = read_entries(node, losses.FIELDS[op], f"loss {op}", context.document, context.problems, prefix="loss.")
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


def _letters(context: Context, A: Array, layers: list[LayerEntry]) -> str | None:
    """The axes of the input; features unless the first layer that cares reads images."""
    each = (OPS[layer.op].part("READS") or "features" for layer in layers)
    reads = next((what for what in each if what != "anything"), "features")
    features = READERS[reads]
    if "layout" not in context.values and A.ndim in features and A.size:
        return features[A.ndim]
    found = Problems()
    layout = layout_of(context.values.get("layout"), A.shape, found)
    context.place_all(found)
    return layout.letters if layout else None


@dataclass(frozen=True)
class LayerEntry:
    """One layer whose keys are read; `source` is what a residual connection adds."""

    op: str
    name: str
    node: MappingNode
    values: dict[str, Any]
    source: str = ""


@dataclass
class LayerReader:
    """Reads the keys of all layers and names them; the layers inside a residual one come before it."""

    context: Context
    counts: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=lambda: [INPUT])

    def read(self, node: SequenceNode) -> Iterator[LayerEntry]:
        for item in node.items:
            assert isinstance(item, MappingNode)
            yield from self._layer(item)

    def _layer(self, node: MappingNode) -> Iterator[LayerEntry]:
        op = self._op(node)
        if op is None:
            self.names.append("")
            return
        self.counts[op] += 1
        default, before = f"{op}{self.counts[op]}", self.names[-1]
        document, problems = self.context.document, self.context.problems
        values = read_entries(node, LAYERS[op], f"layer {op}", document, problems, prefix=f"{default}.")
        name = values.get("name", default)
        if not name.isidentifier() or name in (INPUT, LOSS) or name in self.names:
            says = f"is {name!r}; give every layer its own name of letters, digits and _"
            problems.add(f"{default}.name", says, document.mark(node.entries.get("name", node)))
        if "layers" in LAYERS[op]:
            yield from self._skipped(name, node, values)
        self.names.append(name)
        yield LayerEntry(op, name, node, values, values.get("from", before))

    def _op(self, node: MappingNode) -> str | None:
        """The op of a layer; where there is none of this name, a problem says so."""
        op, reason = choose(node.entries.get("op"), LAYERS)
        functions = OPS["activation"].part("FUNCTIONS")
        if function := op.lower() if op.lower() in functions else meant(op, (*LAYERS, *functions)):
            if function in functions:
                reason = f"{excerpt(op)} is an activation; write {{op: activation, function: {function}}}"
        elif "op" not in node.entries and (word := next((key for key in node.entries if meant(key, ("op",))), None)):
            reason = f"is missing; write op in place of {word}"
        if not reason:
            return op
        mark = self.context.document.mark(node.entries.get("op", node))
        self.context.problems.add(f"layer {len(self.names)}: op", reason, mark)
        return None

    def _skipped(self, name: str, node: MappingNode, values: Mapping[str, Any]) -> Iterator[LayerEntry]:
        """The layers that a residual connection skips, where it holds them; or it names an earlier layer."""
        problems, document = self.context.problems, self.context.document
        if ("from" in node.entries) is ("layers" in node.entries):
            says = "needs either from, the layer whose output is added, or layers, those that it skips"
            problems.add(name, says, document.mark(node))
        elif "layers" in values:
            yield from self.read(values["layers"])
        elif "from" in values and values["from"] not in self.names:
            hint = did_you_mean(values["from"], self.names) or f"; it is one of {', '.join(self.names)}"
            says = f"{values['from']!r} is no earlier layer{hint}"
            problems.add(f"{name}.from", says, document.mark(node.entries["from"]))


def fit_layers(context: Context, input_: Output, layers: list[LayerEntry]) -> list[NamedLayer]:
    """The layers with their parameters, each fitted to the output of the one before; those after the first that does
    not fit are left out."""
    outputs = {INPUT: input_}
    fitted = []
    for read in layers:
        before, given = list(outputs.items())[-1]
        says = f"; {read.name} reads the output of {before}, shape {times(given.shape)}"
        inside = replace(
            context.inside(read.node, read.values, f"{read.name}."),
            suffix="" if before == INPUT else says,
            earlier=outputs,
            source=read.source,
        )
        found: Fitted | None = OPS[read.op].part("fit")(inside, given)
        if found is None or context.problems.found:
            break
        outputs[read.name] = found.layer.output
        sources = (before, *(read.source for _ in found.layer.others))
        fitted.append(NamedLayer(read.name, found.layer, found.parameters, sources))
    return fitted


def read_arrays(context: Context, layers: list[LayerEntry]) -> None:
    """Every array of every layer, for what is wrong with them: nothing will be fitted any more."""
    for read in layers:
        inside = context.inside(read.node, read.values, f"{read.name}.")
        for key, entry in LAYERS[read.op].items():
            if entry.value is NUMBERS:
                inside.array(key)
