"""A student's answers: arrays of numbers as they were written, and reading them from a mapping of quantities. The
decimals of a text say how much it promises.

`0.140` promises three decimals: it means everything from 0.1395 to 0.1405.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cnngrad.calculus.laws import same
from cnngrad.errors import CnngradError, Mark, Problem, Problems, did_you_mean
from cnngrad.exercise.layer import gradient_name
from cnngrad.limits import Limits
from cnngrad.numbers import grammar
from cnngrad.numbers.exact import digits, ratio
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import FLOAT, SYMBOLIC, Array, Kind, floats
from cnngrad.spec.arrays import read_array
from cnngrad.spec.context import Symbols
from cnngrad.spec.files import load
from cnngrad.spec.tree import ArrayNode, Document, MappingNode, Node

HALF = Fraction(1, 2)
"""Units of the last place that a right number may be away from the true one."""
NOISE = 2.0**-40
"""What float64 loses on the way, relative to the largest number in play."""
SINGLE = 2.0**-16
"""The same for float32."""
MISSING = ("", "?", "_", "-", "~", "null", "none", "None")
"""What is written for a cell that was left blank."""
LISTED = 12
"""Names that a message lists."""


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number with the unit of its last decimal; a fraction such as 3/7 has the unit 0."""

    text: str
    value: Fraction
    unit: Fraction

    def __str__(self) -> str:
        return self.text


def read_written(text: str) -> WrittenNumber | None:
    """The number that `text` writes, None for a blank cell; ValueError says why it is neither."""
    text = text.strip()
    if text in MISSING:
        return None
    value = grammar.to_fraction(text)
    if grammar.RATIO.fullmatch(text):
        return WrittenNumber(text, value, Fraction(0))
    mantissa, _, exponent = text.lower().partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    # 1.5e2 leaves open what 150 does not say; but 0e9 must not be right for everything.
    return WrittenNumber(text, value, unit if abs(value) >= 10 * unit else min(unit, Fraction(1)))


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
    def decimals(self) -> int:
        written = [cell for cell in self.cells.flat if cell is not None]
        return max((len(digits(cell.unit.denominator)) - 1 for cell in written if cell.unit), default=17)

    def agrees(self, values: Array, reach: float = 0.5) -> NDArray[np.bool_]:
        """In float64, with its noise: whether an answer is right is decided in `compare`."""
        numbers = floats(values)
        return np.asarray((np.abs(self.values - numbers) <= reach * self.units + self.slack(numbers)) | self.missing)

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


# --- from a file, a spec or Python


@dataclass(frozen=True)
class Refused:
    """An answer that is no array of numbers, and why."""

    message: str


def read_answers(
    node: MappingNode, document: Document, values: Mapping[str, Array], kind: Kind, symbols: Symbols, limits: Limits
) -> dict[str, Answer | Refused]:
    """The answers in `node`, by the names of the quantities; CnngradError for a name that the exercise lacks. Where
    `values` has whole numbers (the indices of argmax) an answer is in numbers, whatever the kind.

    Layers of a network may be mappings of their own (`conv1: {dW: ...}`), and so may the gradients of a graph
    (`gradients: {x: ...}`) and the new values after a step (`updates: {conv1.W: ...}`).
    """
    known = list(values)
    problems = Problems()
    found: dict[str, Answer | Refused] = {}
    for name, mark, value in _entries(node, document, known):
        if name not in known:
            problems.add(name, f"is no quantity of this exercise{_hint(name, known)}", mark)
        elif name in found:
            problems.add(name, "is answered twice; leave one answer out", mark)
        else:
            whole = values[name].dtype.kind == "i"
            found[name] = _answer(value, name, document, FLOAT if whole else kind, symbols, limits)
    problems.stop_if_any()
    if not found:
        says = "holds no answers; give some, as in dW: [[1, 2], [3, 4]]"
        raise CnngradError(Problem(says, "", document.mark(node)))
    return found


def _hint(name: str, known: list[str]) -> str:
    owned = [other for other in known if other.rpartition(".")[2] == name]
    if owned:
        return f"; several layers have one: write {', '.join(owned[:LISTED])}"
    listed = ", ".join(known[:LISTED]) + (", ..." if len(known) > LISTED else "")
    return did_you_mean(name, known) or f"; it has {listed}"


def _entries(node: MappingNode, document: Document, known: list[str]) -> Iterator[tuple[str, Mark, Node]]:
    """Every answer with its full name and its place."""
    for key, value in node.entries.items():
        mark = document.mark(node.keys.get(key, value))
        if not isinstance(value, MappingNode) or "file" in value.entries or key in known:
            yield key, mark, value
            continue
        for inner, below in value.entries.items():
            place = document.mark(value.keys.get(inner, below))
            yield {"gradients": gradient_name(inner), "updates": inner}.get(key, f"{key}.{inner}"), place, below


def _answer(
    node: Node, name: str, document: Document, kind: Kind, symbols: Symbols, limits: Limits
) -> Answer | Refused:
    problems = Problems()
    try:
        if isinstance(node, MappingNode):
            node, document = load(node, name, document, limits)
    except CnngradError as error:
        return _refused(error.problems)
    if kind is SYMBOLIC:
        cells = read_array(node, name, _formulas(symbols, name), document, limits, problems)
        return _refused(problems.found) if cells is None else WrittenFormulas(cells)
    cells = read_array(node, name, WRITTEN, document, limits, problems)
    if cells is None:
        return _refused(problems.found)
    single = isinstance(node, ArrayNode) and node.values.dtype.kind == "f" and node.values.dtype.itemsize < 8
    return Written.of(cells, single)


def _formulas(symbols: Symbols, name: str) -> Kind:
    """Formulas, and None for a blank cell."""
    kind = symbols.kind(SYMBOLIC, name)
    return replace(kind, read=lambda text: None if text in MISSING else kind.read(text))


def _refused(problems: Iterable[Problem]) -> Refused:
    return Refused("; ".join(map(str, problems)))
