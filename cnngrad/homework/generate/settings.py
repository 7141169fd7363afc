"""What the user asks for of new exercises."""

from __future__ import annotations

from math import prod

from cnngrad.errors import CnngradError, Problem, did_you_mean, excerpt, option
from cnngrad.records import dataclass
from cnngrad.windows.layout import ALL, Layout

MOST_CELLS = 10_000
"""Cells of an input or a kernel: more than anybody works out, and few enough to search."""
WINDOW = ("size", "window", "padding", "dilation")
MADE = {"kernel": WINDOW, "window": WINDOW, "input": ("size", "window")}
"""The settings that decide whether a key fits, where it is not the one of its name alone."""


@dataclass(frozen=True)
class Settings:
    """What the user asks for; each kind of exercise reads what it knows."""

    size: tuple[int, ...] = ()
    window: int = 0
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    channels: int = 1
    filters: int = 1
    batch: int = 1
    mode: str = "max"
    ties: str = "first"
    steps: int = 3
    hidden: int = 1
    activation: str = "relu"
    digits: int = 1
    layout: str = ""
    given: tuple[str, ...] = ()
    """the settings that the user gave"""

    def problem(self, found: Problem) -> Problem:
        """A problem of the spec that these settings make, with the setting that it comes from in place of the key."""
        key = found.key.rpartition(".")[2]
        made = [each for each in MADE.get(key, (key,)) if each in self.given]
        given = made or [each for each in self.given if each != "digits"]
        if not given:
            return found
        place = " ".join(option(each, _written(getattr(self, each))) for each in given)
        return Problem(found.message, f"{place}: {found.key}" if key in MADE or not made else place)

    @property
    def largest(self) -> int:
        """The largest number that is drawn: with one digit those that are multiplied in the head."""
        return 5 if self.digits == 1 else 10**self.digits - 1

    def sides(self, default: int, spatial: str = "HW") -> tuple[int, ...]:
        """The sides of the input along its spatial axes: one number stands for all."""
        rank = len(spatial)
        if len(self.size) not in (0, 1, rank):
            more = {1: "", 2: ", or height and width"}.get(rank, f", or one for each of {', '.join(spatial)}")
            raise size_problem(f"has {len(self.size)} numbers; give one{more}")
        sides = self.size if len(self.size) == rank else (self.size or (default,)) * rank
        kernel = self.window**rank * self.channels * self.filters
        for what, cells in (("an input", prod(sides) * self.channels * self.batch), ("a kernel", kernel)):
            if cells > MOST_CELLS:
                raise size_problem(f"makes {what} of {cells:,} cells; exercises have at most {MOST_CELLS:,}")
        return sides

    def axes(self) -> Layout:
        """The layout that is asked for, else the default one that has axes for what is asked."""
        if self.layout and self.layout not in ALL:
            hint = did_you_mean(self.layout, ALL) or "; write one letter per axis, as in HW or NCHW"
            raise CnngradError(Problem(f"{excerpt(self.layout)} is no layout{hint}", option("layout")))
        planes = self.channels > 1 or self.filters > 1 or self.batch > 1
        layout = Layout(self.layout or ("NHWC" if self.batch > 1 else "HWC" if planes else "HW"))
        for has, count, what in (
            (layout.batched, self.batch, "a batch"),
            (layout.channels, self.channels, "channels"),
            (layout.channels, self.filters, "filters"),
        ):
            if count > 1 and not has:
                raise CnngradError(Problem(f"{layout.letters} has no axis for {what}; take NCHW", option("layout")))
        return layout


def size_problem(says: str) -> CnngradError:
    """What is wrong with the size."""
    return CnngradError(Problem(says, option("size")))


def _written(value: object) -> str:
    """A setting as it is typed: 5, or 4,6."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
