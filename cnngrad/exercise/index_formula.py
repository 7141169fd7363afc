"""Index formulas such as `2*i+u-1`, made by the same line of code that computes positions.

`Axis.position` only adds and multiplies with integers, so it takes letters as well as numbers: the
formulas that are printed cannot differ from the geometry that ran.
"""

from __future__ import annotations

from dataclasses import dataclass

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
