"""The layers of a network, read and named; what they do with shapes is for `chain`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cnngrad.errors import did_you_mean
from cnngrad.ops import OPS
from cnngrad.ops.network.network import INPUT, LOSS
from cnngrad.spec.context import Context
from cnngrad.spec.field_kinds import Numbers, Text
from cnngrad.spec.fields import Field, Fields, choose, read_entries
from cnngrad.spec.tree import MappingNode, SequenceNode

_HEAD: Fields = {
    "op": Field(Text(), "what the layer does", required=True),
    "name": Field(Text(), "what the layer is called; its op and its count when left out: conv1"),
}
LAYERS: dict[str, Fields] = {name: {**_HEAD, **op.part("LAYER")} for name, op in OPS.items() if op.layer}
"""The keys of every layer of a network."""


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
        """The layers of a list, one after the other."""
        for item in node.items:
            assert isinstance(item, MappingNode)
            yield from self._layer(item)

    def _layer(self, node: MappingNode) -> Iterator[LayerEntry]:
        problems, document = self.context.problems, self.context.document
        op, reason = choose(node.entries.get("op"), LAYERS)
        if op in OPS["activation"].part("FUNCTIONS"):
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
        yield LayerEntry(op, name, node, values, values.get("from", before))


def read_arrays(context: Context, layers: list[LayerEntry]) -> None:
    """Every array of every layer, for what is wrong with them: nothing will be fitted any more."""
    for read in layers:
        inside = context.inside(read.node, read.values, f"{read.name}.")
        for key, entry in LAYERS[read.op].items():
            if isinstance(entry.value, Numbers):
                inside.array(key)
