"""The keys of every op: one table, from which specs are read and the JSON Schema is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cnngrad.errors import CnngradError, Problem, Problems, did_you_mean, excerpt
from cnngrad.numbers.kinds import KINDS
from cnngrad.ops.pool import TIES
from cnngrad.spec.tree import Document, Node, Scalar
from cnngrad.spec.values import Anything, Choice, Numbers, Pads, PerAxis, Truth, UnusableError, Value, Whole, Words
from cnngrad.windows.axis import PADDING_MODES
from cnngrad.windows.layout import ALL


@dataclass(frozen=True)
class Field:
    """One key: what its value may be, whether it must be there, and a line for editors."""

    value: Value
    says: str
    required: bool = False


_COMMON = {
    "op": Field(Words(), "which exercise this is"),
    "title": Field(Words(), "a heading for the output"),
    "answers": Field(Anything(), "a student's results by quantity, for cnngrad check"),
    "numbers": Field(Choice(tuple(KINDS), {}), "the kind of numbers: float64, or exact fractions"),
}
_SLIDING = {
    "stride": Field(PerAxis(Whole(least=1)), "cells from one window to the next; one number, or one per axis"),
    "padding": Field(Pads(), "a number, one per axis, [before, after] pairs, valid, same or same_lower"),
    "dilation": Field(PerAxis(Whole(least=1)), "cells from one tap to the next; one number, or one per axis"),
    "layout": Field(Choice(ALL, {}), "the axes of input, such as HW, NHWC or NCHW"),
    "delta": Field(Numbers(), "the upstream gradient dZ, in the shape of Z; one number stands for every cell"),
}
OPS: dict[str, dict[str, Field]] = {
    "conv": {
        **_COMMON,
        "input": Field(Numbers(), "A, the input", required=True),
        "kernel": Field(Numbers(), "W, the kernel, in axes that follow the layout", required=True),
        "bias": Field(Numbers(), "b, one number per filter; 0 when left out"),
        **_SLIDING,
        "padding_mode": Field(Choice(PADDING_MODES, {}), "what stands outside the input"),
        "groups": Field(Whole(least=1), "groups of channels that do not see each other"),
        "flip_kernel": Field(Truth(), "the true convolution of signal processing instead of cross-correlation"),
        "transposed": Field(Truth(), "the adjoint: input and output change sides"),
        "output_padding": Field(PerAxis(Whole(least=0)), "cells added to the end of a transposed output"),
    },
    "pool": {
        **_COMMON,
        "input": Field(Numbers(), "A, the input", required=True),
        "window": Field(PerAxis(Whole(least=1)), "cells of a window; one number, or one per axis", required=True),
        "mode": Field(Choice(("max", "average"), {"avg": "average"}), "max (default) or average"),
        **_SLIDING,
        "ceil_mode": Field(Truth(), "round the output size up"),
        "count_include_pad": Field(Truth(), "whether an average counts padding (default true)"),
        "divisor_override": Field(Whole(never=0), "what an average divides by instead"),
        "ties": Field(Choice(TIES, {}), "which of several largest cells takes the gradient"),
    },
}


def read_fields(document: Document, op: str | None, problems: Problems) -> tuple[str, dict[str, Any]]:
    """The op of a spec and its values by key; arrays stay nodes. `op` is what the command says."""
    entries = document.root.entries
    chosen = _op(document, op)
    fields = OPS[chosen]
    values: dict[str, Any] = {}
    for key, node in entries.items():
        if key not in fields:
            problems.add(key, _unknown(key, chosen, fields), _mark_of_key(document, key))
            continue
        try:
            values[key] = fields[key].value.read(node)
        except UnusableError as reason:
            problems.add(key, str(reason), document.mark(reason.node, key))
    for key, field in fields.items():
        if field.required and key not in entries:
            problems.add(key, f"is missing; op {chosen} needs {key}: {field.says}", document.mark(document.root))
    return chosen, values


def _op(document: Document, expected: str | None) -> str:
    node = document.root.entries.get("op")
    if node is None:
        if expected is None:
            raise CnngradError(
                Problem(f"is missing; write one of {', '.join(OPS)}", "op", document.mark(document.root))
            )
        return expected
    word = _text(node)
    if word not in OPS:
        hint = did_you_mean(word, OPS) or f"; it is one of {', '.join(OPS)}"
        raise CnngradError(Problem(f"{excerpt(word)} is unknown{hint}", "op", document.mark(node, "op")))
    if expected not in (None, word):
        message = f"is {word}, but this command works on {expected}; use 'cnngrad run'"
        raise CnngradError(Problem(message, "op", document.mark(node, "op")))
    return word


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _unknown(key: str, op: str, known: Iterable[str]) -> str:
    elsewhere = [name for name, fields in OPS.items() if key in fields]
    hint = did_you_mean(key, known)
    if not hint:
        hint = f"; it belongs to op {elsewhere[0]}" if elsewhere else f"; op {op} takes {', '.join(known)}"
    return f"is no key of op {op}{hint}"


def _mark_of_key(document: Document, key: str) -> Any:
    return document.mark(document.root.keys.get(key, document.root.entries[key]), key)
