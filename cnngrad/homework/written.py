"""A student's answers: arrays of numbers as they were written. The decimals of a text say how much it promises.

`0.140` promises three decimals: it means everything from 0.1395 to 0.1405. What float32 prints (`5.4444447` for 49/9)
promises no more than float32 holds.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cnngrad.calculus.laws import same
from cnngrad.numbers import grammar
from cnngrad.numbers.exact import account, digits, ratio
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, Kind, floats
from cnngrad.records import dataclass

HALF = Fraction(1, 2)
"""Units of the last place that a right number may be away from the true one."""
NOISE = 2.0**-40
"""What float64 loses on the way, relative to the largest number in play."""
SINGLE = 2.0**-16
"""The same for float32."""
SINGLE_PRINT = 2.0**-23
"""How far a number that float32 prints may be from the true one, relative to it."""
SINGLE_DIGITS = 7
"""Significant digits from which on a text may be what float32 prints."""
SHORT, KNOWN = 24, 4_096
"""Characters up to which a number is read once for all answers (no limit can concern it), and how many are kept: at
most 2 MB."""
MISSING = ("", "?", "_", "-", "~", "null", "none", "None")
"""What is written for a cell that was left blank."""


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number with the unit of its last decimal; a fraction such as 3/7 has the unit 0."""

    text: str
    value: Fraction
    unit: Fraction

    def __str__(self) -> str:
        return self.text

    @property
    def single(self) -> bool:
        """Whether this is the text that float32 prints: with a point or an exponent, seven significant digits or more,
        and no other digits than float32 gives back for it."""
        written = figures(self.text)
        if written < SINGLE_DIGITS or not {*".eE"} & {*self.text}:
            return False
        with np.errstate(over="ignore"):
            printed = str(np.float32(self.text))
        return grammar.is_number(printed) and written <= figures(printed) and Fraction(printed) == self.value


def figures(text: str) -> int:
    """How many significant digits a decimal is written with; that of 5.0 behind the point is none."""
    mantissa = text.lower().partition("e")[0].lstrip("+-").removesuffix(".0")
    return len(mantissa.replace(".", "").lstrip("0"))


def read_written(text: str) -> WrittenNumber | None:
    """The number that `text` writes, None for a blank cell; ValueError says why it is neither."""
    text = text.strip()
    if text in MISSING:
        return None
    return _known(text) if len(text) <= SHORT <= account().limits.digits else _read(text)


def _read(text: str) -> WrittenNumber:
    value = grammar.to_fraction(text)
    if grammar.RATIO.fullmatch(text):
        return WrittenNumber(text, value, Fraction(0))
    mantissa, _, exponent = text.lower().partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    # 1.5e2 leaves open what 150 does not say; but 0e9 must not be right for everything.
    return WrittenNumber(text, value, unit if abs(value) >= 10 * unit else min(unit, Fraction(1)))


_known = lru_cache(KNOWN)(_read)


def _number(value: Fraction) -> WrittenNumber:
    return WrittenNumber(ratio(value), value, Fraction(0))


WRITTEN = Kind("written", object, read_written, lambda cell: None if cell is None else str(cell), _number)
"""The kind of an answer's cells: WrittenNumber, or None for a blank cell."""


@dataclass(frozen=True)
class Answer(ABC):
    """What a student gives for one quantity; None in `cells` is a blank cell."""

    cells: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.cells.shape

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are blank."""
        return _each(self.cells, lambda cell: cell is None, bool)

    def reshaped(self, shape: tuple[int, ...]) -> Self:
        return replace(self, cells=self.cells.reshape(shape))

    def moved(self, axes: tuple[int, ...]) -> Self:
        """The same cells with the axes in another order."""
        return replace(self, cells=self.cells.transpose(axes))

    @property
    @abstractmethod
    def decimals(self) -> int:
        """The most decimals that a cell has."""

    @abstractmethod
    def agrees(self, values: Array, reach: float = 0.5) -> NDArray[np.bool_]:
        """Where the cells are within `reach` units of their last place of `values`; blank cells are."""

    @abstractmethod
    def number(self, cell: Any, *, exact: bool) -> Any:
        """A cell as a number: a float, or what objects hold."""

    def filled(self, truth: Array) -> Array:
        """The answer as numbers of the kind of `truth`, which fills the blank cells."""
        exact = truth.dtype == object
        found = (truth.astype(float) if truth.dtype.kind == "i" else truth.copy()).reshape(-1)
        for i, cell in enumerate(self.cells.flat):
            if cell is not None:
                found[i] = self.number(cell, exact=exact)
        return found.reshape(truth.shape)

    def text(self, index: tuple[int, ...]) -> str:
        """A cell as it was written."""
        return "?" if self.cells[index] is None else str(self.cells[index])


def _each(cells: Array, of: Callable[[Any], Any], dtype: type) -> Array:
    return np.array([of(cell) for cell in cells.flat], dtype=dtype).reshape(cells.shape)


def _equal(written: Any, value: Any) -> bool:
    if isinstance(written, Formula) and isinstance(value, Formula):
        return same(written, value, unknown=False)
    return bool(written == value)


@dataclass(frozen=True)
class WrittenFormulas(Answer):
    """An answer in symbolic mode: a formula in every cell."""

    @property
    def decimals(self) -> int:
        return 17

    def agrees(self, values: Array, reach: float = 0.5) -> NDArray[np.bool_]:
        """Where the formulas are equal, whatever their form."""
        equal = [_equal(one, two) for one, two in zip(self.cells.flat, values.flat, strict=True)]
        return np.asarray(np.array(equal, dtype=bool).reshape(values.shape) | self.missing)

    def number(self, cell: Any, *, exact: bool) -> Any:
        return cell


@dataclass(frozen=True)
class Written(Answer):
    """An answer in numbers: WrittenNumber in every cell. `noise` is what its source loses by itself."""

    noise: float = NOISE

    @classmethod
    def of(cls, cells: Array, single: bool = False) -> Written:
        """The answer in `cells`: written numbers, or fractions where the numbers came from a file or from Python,
        which promise the digits that Python prints of them (`single`: as float32)."""
        written = _each(cells, lambda cell: _from_data(cell) if isinstance(cell, Fraction) else cell, object)
        return cls(written, SINGLE if single else NOISE)

    @classmethod
    def exactly(cls, numbers: Array) -> Written:
        """Numbers that were computed, as an answer that promises all of each."""
        return cls(_each(numbers, lambda cell: _number(Fraction(cell)), object))

    @cached_property
    def values(self) -> Array:
        """The numbers as float64, nan where a cell is blank."""
        return _each(self.cells, lambda cell: math.nan if cell is None else _float(cell.value), float)

    @cached_property
    def units(self) -> Array:
        """One unit of the last place of every cell."""
        return _each(self.cells, lambda cell: 0.0 if cell is None else _float(cell.unit), float)

    @cached_property
    def prints(self) -> Array:
        """How far each cell that float32 prints may be from the true value; 0 in the others."""
        single = _each(self.cells, lambda cell: cell is not None and cell.single, bool)
        return np.where(single, SINGLE_PRINT * np.abs(self.values), 0.0)

    @cached_property
    def decimals(self) -> int:
        written = [cell for cell in self.cells.flat if cell is not None]
        return max((len(digits(cell.unit.denominator)) - 1 for cell in written if cell.unit), default=17)

    def agrees(self, values: Array, reach: float = 0.5) -> NDArray[np.bool_]:
        """In float64, with its noise: whether an answer is right is decided in `compare`."""
        numbers = floats(values)
        open_ = np.maximum(reach * self.units, self.prints)
        return np.asarray((np.abs(self.values - numbers) <= open_ + self.slack(numbers)) | self.missing)

    def slack(self, values: Array) -> float:
        """The noise of numbers of this size."""
        finite = np.abs(values[np.isfinite(values)])
        return self.noise * float(finite.max(initial=0.0))

    def number(self, cell: Any, *, exact: bool) -> Any:
        return cell.value if exact else _float(cell.value)


def _from_data(value: Fraction) -> WrittenNumber:
    number = read_written(repr(float(value)))
    assert number is not None
    return number


def _float(value: Fraction) -> float:
    """The nearest float64; what is smaller than any is 0."""
    return value.numerator / value.denominator
