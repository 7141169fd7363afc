"""Fitted layers that are kept: the specs of one batch, and the calls of a notebook, mostly have few forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import Any, Protocol, TypeVar

from cnngrad.errors import Problems
from cnngrad.limits import Limits
from cnngrad.windows.layout import Layout
from cnngrad.windows.small import FEW, SmallWindows
from cnngrad.windows.windows import Index, Windows

KEPT = 256
"""Layers that are kept: at most 30 MB, a small one's flat table 32 kB and the tables of axes up to 100 kB."""
SOME = 2**18
"""Cells of the arrays of a layer, and of those that are laid out, up to which fitting it and turning its windows (0.1
to 0.3 ms) is a large part of its products."""
TABLES = 2**11
"""Cells of the tables of its axes, seen from both sides: three taps along an axis of 128 cells are 768."""


class Windowed(Protocol):
    """A fitted layer, a dataclass."""

    @property
    def windows(self) -> Windows:
        """Its windows."""

    def laid_out(self) -> int:
        """Cells that are laid out on the way to its output."""


Fitting = TypeVar("Fitting", bound=Windowed)
Fit = Callable[[Mapping[str, Any], Layout, tuple[Index, ...], Limits, Problems], Fitting | None]
"""Fits a layer with settings by key to a layout and to the shapes of its arrays; what does not fit goes to the
problems, and nothing else."""


class _NotKeptError(Exception):
    """A layer is large, or does not fit."""


def kept(
    fit: Fit[Fitting],
    values: Mapping[str, Any],
    names: Iterable[str],
    layout: Layout,
    shapes: tuple[Index, ...],
    limits: Limits,
    problems: Problems,
) -> Fitting | None:
    """What `fit` gives, whose settings are those of `names`; a layer of few or some cells that was fitted before is the
    same one."""
    if sum(map(prod, shapes)) <= SOME:
        settings = tuple((name, values[name]) for name in names if name in values)
        try:
            found: Fitting = _fitted(fit, settings, layout, shapes, limits)
            return found
        except _NotKeptError:
            pass
    return fit(values, layout, shapes, limits, problems)


@lru_cache(KEPT)
def _fitted(
    fit: Fit[Any], settings: tuple[tuple[str, Any], ...], layout: Layout, shapes: tuple[Index, ...], limits: Limits
) -> Any:
    problems = Problems()
    found = fit(dict(settings), layout, shapes, limits, problems)
    if found is None or problems.found:
        raise _NotKeptError
    axes, laid_out = found.windows.axes, found.laid_out()
    if sum(map(prod, shapes)) <= FEW and laid_out <= FEW:
        return replace(found, windows=SmallWindows(axes))
    if laid_out > SOME or sum(axis.window * (axis.outputs + axis.size) for axis in axes) > TABLES:
        raise _NotKeptError
    return found
