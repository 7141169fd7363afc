"""A result as the JSON object that scripts parse: plain dicts, lists, numbers and strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import SYMBOLIC, Array, plain
from cnngrad.report.traced import Traced, entry_of, traced
from cnngrad.report.view import View

if TYPE_CHECKING:
    from cnngrad.calculus.gradcheck import Gradcheck

FORMAT = 1
ORDER = ("Z", "mask", "argmax", "dA", "dW", "db")


def record(view: View[Any]) -> dict[str, Any]:
    """Format 1 of the JSON output."""
    whole = written_record(view)
    return {**whole, "trace": whole["trace"].to_list()}


def written_record(view: View[Any]) -> dict[str, Any]:
    """The same for a writer: the trace is made while it is written."""
    kind = view.exercise.kind
    whole: dict[str, Any] = {
        **head(view),
        "settings": view.exercise.settings(),
        "results": _plain(view.results),
        "laws": [
            {"name": law.name, "left": kind.plain(law.left), "right": kind.plain(law.right), "holds": law.holds}
            for law in view.laws
        ],
        "trace": traced(view),
    }
    if kind is SYMBOLIC and (known := _known(view.shown_arrays)):
        whole["values"] = known
    if view.gradcheck is not None:
        whole["gradcheck"] = _gradcheck(view.gradcheck, view.base)
    return whole


def _known(formulas: Mapping[str, Array]) -> dict[str, Any]:
    """The numbers of the formulas that have some."""
    from cnngrad.report.lines import values_of

    numbers = {name: values_of(array) for name, array in formulas.items()}
    return {name: plain(array) for name, array in numbers.items() if array is not None}


def head(view: View[Any]) -> dict[str, Any]:
    """What every JSON object begins with."""
    return {"format": FORMAT, "op": view.exercise.op, "source": view.source or None, "title": view.title}


def explanation_record(view: View[Any], cells: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object of `cnngrad explain`: the cells, and whatever gradients they came from."""
    whole = written_explanation(view, cells)
    return {**whole, "trace": whole["trace"].to_list()}


def written_explanation(view: View[Any], cells: tuple[str, ...]) -> dict[str, Any]:
    """The same for a writer."""
    from cnngrad.report.derivation import followed

    wanted = [view.trace(cell) for cell in cells]
    traces = [*wanted, *(trace for cell in wanted for trace in followed(view, cell))]
    unique = {trace.cell: trace for trace in traces}
    entries = [entry_of(view.derivation, trace) for trace in unique.values()]
    return {**head(view), "trace": Traced(entries, view.exercise.kind, view.base)}


def _plain(value: Any, name: str = "") -> Any:
    """Arrays as lists, in mappings and lists of any depth; those of a layer in the order that people expect."""
    if isinstance(value, Mapping):
        return {key: _plain(value[key], key) for key in sorted(value, key=_order)}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if not isinstance(value, np.ndarray):
        return value
    if name != "argmax":
        return plain(value)
    indices = value.astype(object)
    indices[value < 0] = None
    return indices.tolist()


def _order(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _gradcheck(found: Gradcheck, base: int) -> dict[str, Any]:
    return {
        "passed": found.passed,
        "cells": found.cells,
        "largest_relative_error": found.largest if found.cells else None,
        "tolerance": found.tolerance,
        "worst": Cell(*found.worst).name(base) if found.worst and found.largest else None,
        "skipped": [Cell(*cell).name(base) for cell in found.skipped],
        "undecided": [Cell(*cell).name(base) for cell in found.undecided],
    }
