"""What `cnngrad.run` returns: a run that prints itself, and steps that Jupyter shows as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnngrad.exercise.solution import Run
from cnngrad.exercise.terms import CellTrace
from cnngrad.report.explanation import steps
from cnngrad.report.page import page
from cnngrad.report.record import record


@dataclass(frozen=True)
class Result(Run):
    """One exercise, solved. `results` holds the arrays by symbol, in the user's layout."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, as plain Python."""
        return record(self)

    def explain(self, cell: str) -> Steps:
        """Why the cell named like `dW[0,1]` has its value; CnngradError says which cells there are."""
        return Steps(self, self.trace(cell))

    def __str__(self) -> str:
        from cnngrad.render.text import render

        return render(page(self))


@dataclass(frozen=True)
class Steps:
    """The steps that lead to one cell. `print` shows them; Jupyter shows a table."""

    result: Result
    trace: CellTrace

    @property
    def value(self) -> Any:
        """The number that is explained."""
        return self.trace.value

    def to_dict(self) -> dict[str, Any]:
        """The trace as plain Python."""
        return self.trace.to_dict(self.result.exercise.kind, self.result.options.base)

    def __str__(self) -> str:
        from cnngrad.render.text import render

        return render(tuple(steps(self.result, self.trace)))

    def _repr_html_(self) -> str:
        from cnngrad.render.notebook import steps_table

        return steps_table(self.to_dict())
