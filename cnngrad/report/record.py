"""A result as the JSON object that scripts parse: plain dicts, lists, numbers and strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnngrad.calculus.gradcheck import Gradcheck
from cnngrad.exercise.solution import Run
from cnngrad.exercise.terms import Cell
from cnngrad.numbers.kinds import SYMBOLIC, plain
from cnngrad.report.formulas import values_of

FORMAT = 1
ORDER = ("Z", "mask", "argmax", "dA", "dW", "db")


def record(run: Run) -> dict[str, Any]:
    """Format 1 of the JSON output."""
    kind = run.exercise.kind
    whole: dict[str, Any] = {
        **head(run),
        "settings": run.exercise.settings(),
        "results": _plain(run.results),
        "laws": [
            {"name": law.name, "left": kind.plain(law.left), "right": kind.plain(law.right), "holds": law.holds}
            for law in run.solved.laws
        ],
        "trace": [trace.to_dict(kind, run.options.base) for trace in run.traces],
    }
    numbers = {name: values_of(run.arrays[name]) for name in run.shown if run.exercise.kind is SYMBOLIC}
    if known := {name: plain(array) for name, array in numbers.items() if array is not None}:
        whole["values"] = known
    if run.gradcheck is not None:
        whole["gradcheck"] = _gradcheck(run.gradcheck, run.options.base)
    return whole


def head(run: Run) -> dict[str, Any]:
    """What every JSON object begins with."""
    return {"format": FORMAT, "op": run.exercise.op, "source": run.source or None, "title": run.title}


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
