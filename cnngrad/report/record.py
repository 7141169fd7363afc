"""A result as the JSON object that scripts parse: plain dicts, lists, numbers and strings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cnngrad.calculus.gradcheck import Gradcheck
from cnngrad.explain.cells import Cell
from cnngrad.numbers.kinds import Array, plain

if TYPE_CHECKING:
    from cnngrad.report.result import Result

FORMAT = 1
ORDER = ("Z", "mask", "argmax", "dA", "dW", "db")


def record(result: Result) -> dict[str, Any]:
    """Format 1 of the JSON output."""
    kind = result.exercise.kind
    whole: dict[str, Any] = {
        **head(result),
        "settings": result.exercise.settings(),
        "results": {name: _plain(result.results[name], name) for name in ORDER if name in result.results},
        "laws": [
            {"name": law.name, "left": kind.plain(law.left), "right": kind.plain(law.right), "holds": law.holds}
            for law in result.solved.laws
        ],
        "trace": [trace.to_dict(kind, result.options.base) for trace in result.traces],
    }
    if result.gradcheck is not None:
        whole["gradcheck"] = _gradcheck(result.gradcheck, result.options.base)
    return whole


def head(result: Result) -> dict[str, Any]:
    """What every JSON object begins with."""
    return {"format": FORMAT, "op": result.exercise.op, "source": result.source or None, "title": result.title}


def _plain(array: Array, name: str) -> Any:
    if name != "argmax":
        return plain(array)
    indices = array.astype(object)
    indices[array < 0] = None
    return indices.tolist()


def _gradcheck(found: Gradcheck, base: int) -> dict[str, Any]:
    return {
        "passed": found.passed,
        "cells": found.cells,
        "largest_relative_error": found.largest if math.isfinite(found.largest) else None,
        "tolerance": found.tolerance,
        "worst": Cell(*found.worst).name(base) if found.worst else None,
        "skipped": [Cell(*cell).name(base) for cell in found.skipped],
    }
