"""Sums in letters, and the index formulas in them.

A row such as `dW[o,i] = sum of dZ[n,o] * A[n,i]` says all of a sum, in the notation of einsum: its formula in
letters, the formula of one cell, the terms of a cell and how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from itertools import chain
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from cnngrad.exercise.terms import Cell, Factor, Term
from cnngrad.numbers.kinds import Array
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.windows.axis import Axis
from cnngrad.windows.windows import Index

_INDEX = pattern(r"\[([^]]*)\]")
_WORDS = pattern(r"(sum (over \w+ (and \w+ )*)?of )?")
Places = Mapping[str, Index]
"""The index that each letter is: (2,) along one axis, or that of a whole cell."""


@dataclass(frozen=True)
class Part:
    """One factor: a cell as `W[o,i]`, or what has another name, as `relu'(A[x])` or `2*factor`."""

    text: str

    @cached_property
    def name(self) -> str:
        """The text without indices: `W`, `relu'(A)`."""
        return _INDEX.sub("", self.text)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The letters of its indices, each once."""
        return tuple(dict.fromkeys(letter for index in _INDEX.findall(self.text) for letter in index.split(",")))

    def written(self, index: Callable[[Sequence[str]], Sequence[str]]) -> str:
        """The text with other letters in every index; no brackets where none are left."""

        def bracket(found: re.Match[str]) -> str:
            inside = ",".join(index(found[1].split(",")))
            return f"[{inside}]" if inside else ""

        return _INDEX.sub(bracket, self.text)


@dataclass(frozen=True)
class Product:
    """Factors, and the words before them: `sum of `, `sum over t of `, or nothing."""

    words: str
    parts: tuple[Part, ...]

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The letters of all factors, each once."""
        return tuple(dict.fromkeys(letter for part in self.parts for letter in part.letters))


@dataclass(frozen=True)
class Sum:
    """One row: the cell on the left, and products that are added up."""

    left: Part
    products: tuple[Product, ...]

    @classmethod
    def read(cls, row: str, without: str = "") -> Sum:
        """A row as it is written; the letter `without` is that of an axis which the arrays do not have."""
        if without:
            row = _INDEX.sub(lambda index: f"[{','.join(x for x in index[1].split(',') if x != without)}]", row)
        left, _, right = row.partition(" = ")
        cell = Part(left)
        return cls(cell, tuple(_product(text, cell) for text in right.split(" + ")))


def _product(text: str, left: Part) -> Product:
    words = _WORDS.match(text)[0]  # type: ignore[index]
    product = Product(words, tuple(map(Part, text.removeprefix(words).split(" * "))))
    return product if {*product.letters} - {*left.letters} else Product("", product.parts)


def read_sums(*rows: str, without: str = "") -> dict[str, Sum]:
    """Rows by the quantity on their left."""
    return {found.left.name: found for found in (Sum.read(row, without) for row in rows)}


@dataclass(frozen=True)
class Range:
    """What a letter runs over: the first `most` indices of an axis, or `places`, at most so many, for given places
    of the letters before it."""

    most: int
    places: Callable[[Places], Iterable[Index]] | None = None

    def at(self, before: Places) -> Iterable[Index]:
        return self.places(before) if self.places else ((i,) for i in range(self.most))


@dataclass(frozen=True, kw_only=True)
class Sums:
    """The rows of an op with its numbers.

    A factor is a cell of one of `arrays`, or what is `named`: an array, or a function of the index in the factor (of
    the cell on the left, where the factor has none). A letter without a range is the whole index of the cell on the
    left. `silent` are letters that are left out of the formulas. An array with fewer axes than letters, as the bias
    that is one number, takes the first of them; in an axis that has no letter it has one cell.
    """

    rows: Mapping[str, Sum]
    arrays: Mapping[str, Array] = field(default_factory=dict)
    named: Mapping[str, Array | Callable[[Index], Any]] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    silent: str = ""
    base: int = 0

    def general(self, quantity: str) -> str:
        """The whole row in letters."""
        return f"{self._written(self.rows[quantity].left, {})} = {self.right(quantity)}"

    def formula(self, cell: Cell) -> str:
        """The sum that gives one cell."""
        return self.right(cell.quantity, self._bound(cell))

    def terms(self, cell: Cell) -> tuple[Term, ...]:
        bound = self._bound(cell)
        return tuple(
            Term(tuple(self._factor(part, places, cell) for part in product.parts))
            for product in self.rows[cell.quantity].products
            for places in self._places(product.letters, bound)
        )

    def most_terms(self, quantity: str) -> int:
        """At most how many terms a cell has; known without making them."""
        row = self.rows[quantity]
        summed = ([x for x in product.letters if x not in row.left.letters] for product in row.products)
        return sum(prod(self.ranges[letter].most for letter in letters) for letters in summed)

    def cell(self, name: str, index: Index) -> Factor:
        array = self.arrays[name]
        if len(index) != array.ndim:
            index = (*index, *(0,) * array.ndim)[: array.ndim]
        return Factor(Cell(name, index), array[index])

    def _bound(self, cell: Cell) -> Places:
        """The letters on the left, for this cell."""
        places, rest = {}, cell.index
        for letter in self.rows[cell.quantity].left.letters:
            whole = letter not in self.ranges or self.ranges[letter].places
            places[letter] = rest if whole else rest[:1] or (0,)
            rest = () if whole else rest[1:]
        return places

    def _places(self, letters: Sequence[str], bound: Places) -> list[Places]:
        """The letters in every way, those behind within those before."""
        found = [bound]
        for letter in letters:
            if letter not in bound:
                found = [{**each, letter: place} for each in found for place in self.ranges[letter].at(each)]
        return found

    def _factor(self, part: Part, places: Places, cell: Cell) -> Factor:
        index = tuple(chain.from_iterable([places[letter] for letter in part.letters]))
        if part.name not in self.named:
            return self.cell(part.name, index)
        found = self.named[part.name]
        value = found[index[: found.ndim]] if isinstance(found, np.ndarray) else found(index or cell.index)
        return Factor.named(self._written(part, places), value)

    def right(self, quantity: str, places: Places = MappingProxyType({})) -> str:
        """The right side of a row, with numbers for the letters that have `places`."""
        products = self.rows[quantity].products
        return " + ".join(p.words + "*".join(self._written(part, places) for part in p.parts) for p in products)

    def _written(self, part: Part, places: Places) -> str:
        array = self.named.get(part.name, self.arrays.get(part.name))
        rank = array.ndim if isinstance(array, np.ndarray) else None

        def index(letters: Sequence[str]) -> list[str]:
            shown = [letter for letter in letters if letter in places or letter not in self.silent]
            numbers = ([str(i + self.base) for i in places[x]] if x in places else [x] for x in shown)
            return [*chain.from_iterable(numbers)][:rank]

        return part.written(index)


NARROW, WIDE, TAPS = "ijk", "pqr", "uvw"
"""The letters of spatial indices: of the side with one cell per window, of the side that windows read, of taps."""


@dataclass(frozen=True)
class Affine:
    """A sum of integer multiples of letters, and a constant: ((coefficient, letter), ...) + constant."""

    parts: tuple[tuple[int, str], ...] = ()
    constant: int = 0

    def __add__(self, other: Affine | int) -> Affine:
        if isinstance(other, int):
            return Affine(self.parts, self.constant + other)
        return Affine(self.parts + other.parts, self.constant + other.constant)

    def __mul__(self, factor: int) -> Affine:
        return Affine(tuple((factor * c, name) for c, name in self.parts), factor * self.constant)

    def __sub__(self, other: Affine | int) -> Affine:
        return self + other * -1

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: int) -> Affine:
        return self * -1 + other

    def solve(self, name: str) -> str:
        """The value of the letter `name` that makes this zero."""
        coefficient = next(c for c, letter in self.parts if letter == name)
        rest = Affine(tuple(part for part in self.parts if part[1] != name), self.constant)
        solved = rest * (-1 if coefficient > 0 else 1)
        return str(solved) if abs(coefficient) == 1 else f"({solved})/{abs(coefficient)}"

    def __str__(self) -> str:
        signed = [(c, name if abs(c) == 1 else f"{abs(c)}*{name}") for c, name in self.parts if c]
        positive = [(c, text) for c, text in signed if c > 0]
        # A leading constant reads better than a leading minus: 1-i, not -i+1.
        constant = [(self.constant, str(abs(self.constant)))] if self.constant else []
        negative = [(c, text) for c, text in signed if c < 0]
        ordered = positive + constant + negative if positive else constant + negative
        text = "".join(f"{'-' if c < 0 else '+'}{part}" for c, part in ordered)
        return text.removeprefix("+") or "0"


def letter(name: str) -> Affine:
    """The formula that is one letter."""
    return Affine(((1, name),))


def tap_positions(axes: Iterable[Axis], outputs: Iterable[Affine], taps: Iterable[Affine], base: int) -> list[Affine]:
    """The position of a tap along each axis, `2*i+u-1`, where the first index is called `base`."""
    each = zip(axes, outputs, taps, strict=False)
    return [axis.position(output - base, tap - base) + base for axis, output, tap in each]


def cell_name(quantity: str, places: Iterable[Affine]) -> str:
    """`A[2*i+u,j]`; a single number has no brackets."""
    inside = ",".join(map(str, places))
    return f"{quantity}[{inside}]" if inside else quantity
