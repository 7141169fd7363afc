"""The records of a derivation: a cell is a sum of terms, a term a product of factors; and the names of cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import prod
from operator import mul
from typing import TYPE_CHECKING, Any

from cnngrad.errors import CnngradError, excerpt
from cnngrad.exercise.names import named, unknown_quantity
from cnngrad.numbers.kinds import Kind
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

if TYPE_CHECKING:
    from cnngrad.exercise.listed import ColumnTerms

_INDEX = r"\[\s*(?:\d{1,9}(?:\s*,\s*\d{1,9})*)?\s*\]"
_CELL = pattern(rf"\s*((?:[d∂]\w*\s*/\s*[d∂]|)[^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*((?:{_INDEX}\s*)*)")
"""dW[0,1], or dW[0][1] as programs write it; dq/dx is a local gradient of a graph."""
_LOCAL = pattern(r"[d∂](\w+)\s*/\s*[d∂](\w+)")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a quantity; the index is 0-based and empty for a single number."""

    quantity: str
    index: Index = ()

    def name(self, base: int = 0) -> str:
        """`dW[0,1]`, or `dW[1,2]` with base 1; a single number has no brackets."""
        if not self.index:
            return self.quantity
        index = [i + base for i in self.index] if base else self.index
        return f"{self.quantity}[{','.join(map(str, index))}]"


@dataclass(frozen=True, slots=True)
class Factor:
    """A cell, a plain number such as the weight 1/4 (`text`), or something else with a name such as
    ∂q/∂x (`label`), with its value.

    `padding` marks a cell outside the input; its index says where it would be.
    """

    cell: Cell
    value: Any
    padding: bool = False
    text: str = ""
    label: str = ""

    @classmethod
    def named(cls, label: str, value: Any) -> Factor:
        """Something that is no cell of an array."""
        return cls(Cell(""), value, label=label)

    @classmethod
    def number(cls, text: str, value: Any) -> Factor:
        """A plain number, as it is written."""
        return cls(Cell(""), value, text=text)

    @classmethod
    def pad(cls, index: Index, value: Any) -> Factor:
        """A cell of the padding."""
        return cls(Cell("pad", index), value, padding=True)

    def name(self, base: int = 0) -> str:
        """What the factor is called: `A[0,3]`, `pad[-1,0]`, `1/4`."""
        return self.label or self.text or self.cell.name(base)


@dataclass(frozen=True, slots=True)
class Term:
    """A product of factors."""

    factors: tuple[Factor, ...]

    @property
    def product(self) -> Any:
        return reduce(mul, [factor.value for factor in self.factors])

    @property
    def vanishes(self) -> bool:
        """Whether a factor is zero."""
        return not all(factor.value for factor in self.factors)

    def without(self, place: int) -> Fraction:
        """The product of the other factors, exactly: how fast the term grows with the factor at `place`."""
        return prod((Fraction(f.value) for i, f in enumerate(self.factors) if i != place), start=Fraction(1))


@dataclass(frozen=True, slots=True)
class Written:
    """A formula with a place `{}` for each factor, as `relu({})`; or with one for all of them, as `max({})`."""

    template: str
    factors: tuple[Factor, ...]

    @classmethod
    def of(cls, text: str, letters: Mapping[str, Factor]) -> Written:
        """A text such as `z*(1 - z)` with a factor for each of its letters."""
        whole = pattern(rf"\b(?:{'|'.join(letters)})\b")
        return cls(whole.sub("{}", text), tuple(letters[letter] for letter in whole.findall(text)))


@dataclass(frozen=True, slots=True)
class CellTrace:
    """Why one cell has its value: the formula, and the terms that add up to it; `written` is how the value is written
    where that says more than the terms do, as `max(A[0], A[1])`."""

    cell: Cell
    formula: str
    terms: tuple[Term, ...] | ColumnTerms
    value: Any
    written: Written | None = None

    @property
    def factors(self) -> Iterator[Factor]:
        """Everything that the value is computed from."""
        yield from (factor for term in self.terms for factor in term.factors)
        yield from self.written.factors if self.written else ()

    def to_dict(self, kind: Kind, base: int = 0) -> dict[str, Any]:
        """The JSON object of a trace."""
        return {
            "cell": self.cell.name(base),
            "value": kind.plain(self.value),
            "formula": self.formula,
            "terms": [
                {
                    "factors": [factor.name(base) for factor in term.factors],
                    "values": [kind.plain(factor.value) for factor in term.factors],
                    "product": kind.plain(term.product),
                }
                for term in self.terms
            ],
        }


def in_reading_order(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Row-major by the first factor, then by the second."""
    return tuple(sorted(terms, key=lambda term: [factor.cell.index for factor in term.factors]))


def parse_cell(text: str, shapes: dict[str, Index], base: int = 0) -> Cell:
    """The cell that `text` names among quantities of these shapes; an error says what exists."""
    match = _CELL.fullmatch(text)
    if not match:
        raise CnngradError(f"{excerpt(text)} names no cell; write one like dW[{base},{base}]")
    local = _LOCAL.fullmatch(match[1])
    local_name = f"∂{local[1]}/∂{local[2]}" if local else ""
    quantity = local_name if local_name in shapes else named(match[1], shapes)
    if quantity is None:
        raise CnngradError(f"{excerpt(text)}: {unknown_quantity(match[1], shapes)}")
    index = tuple(int(number) - base for number in re.findall(r"\d+", match[2]))
    shape = shapes[quantity]
    if len(index) != len(shape) or any(not 0 <= i < size for i, size in zip(index, shape, strict=False)):
        raise CnngradError(f"{excerpt(text)}: {_range(quantity, shape, base)}")
    return Cell(quantity, index)


def _range(quantity: str, shape: Index, base: int) -> str:
    if not shape:
        return f"{quantity} is a single number; write {quantity} alone"
    ends = ",".join(str(size - 1 + base) for size in shape)
    first = ",".join(str(base) for _ in shape)
    return f"the cells of {quantity} are {quantity}[{first}] to {quantity}[{ends}]"
