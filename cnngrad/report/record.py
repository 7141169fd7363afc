"""A result as the JSON object that scripts parse: plain dicts, lists, numbers and strings."""

from __future__ import annotations

import math
from typing import Any

from cnngrad.calculus.gradcheck import Gradcheck
from cnngrad.explain.cells import Cell
from cnngrad.numbers.kinds import Array, plain
from cnngrad.report.run import Run

FORMAT = 1
ORDER = ("Z", "mask", "argmax", "dA", "dW", "db")


def record(run: Run) -> dict[str, Any]:
    """Format 1 of the JSON output."""
    kind = run.exercise.kind
    whole: dict[str, Any] = {
        **head(run),
        "settings": run.exercise.settings(),
        "results": {name: _plain(run.results[name], name) for name in ORDER if name in run.results},
        "laws": [
            {"name": law.name, "left": kind.plain(law.left), "right": kind.plain(law.right), "holds": law.holds}
            for law in run.solved.laws
        ],
        "trace": [trace.to_dict(kind, run.options.base) for trace in run.traces],
    }
    if run.gradcheck is not None:
        whole["gradcheck"] = _gradcheck(run.gradcheck, run.options.base)
    return whole


def head(run: Run) -> dict[str, Any]:
    """What every JSON object begins with."""
    return {"format": FORMAT, "op": run.exercise.op, "source": run.source or None, "title": run.title}


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
