"""A graph or a network as boxes and arrows, for drawing programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnngrad.errors import CnngradError
from cnngrad.exercise.solution import Run


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


def diagram(run: Run) -> Diagram:
    """The diagram of a run; CnngradError where its op has none."""
    draw: Callable[[Run], Diagram] | None = run.exercise.record.part("diagram")
    if draw is None:
        raise CnngradError(f"--format: {run.exercise.op} has no diagram; dot and mermaid draw graphs and networks")
    return draw(run)
