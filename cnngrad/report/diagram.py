"""A graph or a network as boxes and arrows, for drawing programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnngrad.errors import CnngradError, Problem, option
from cnngrad.report.view import View


@dataclass(frozen=True)
class Box:
    """A value: `lines` are what is written in it; `given` values are drawn round."""

    key: str
    lines: tuple[str, ...]
    given: bool = False


@dataclass(frozen=True)
class Arrow:
    """From one box to another; `label` is the local gradient."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True)
class Diagram:
    """Boxes, and arrows in the direction of the forward pass."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def diagram(view: View[Any]) -> Diagram:
    """The diagram of a run; CnngradError where its op has none."""
    draw: Callable[[View[Any]], Diagram] | None = view.exercise.record.part("diagram")
    if draw is None:
        says = f"{view.exercise.op} has no diagram; dot and mermaid draw graphs and networks"
        raise CnngradError(Problem(says, option("format")))
    return draw(view)
