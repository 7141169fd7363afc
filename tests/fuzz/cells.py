"""The numbers of a spec: plain ones, nasty ones, and symbols, in arrays of any shape."""

from __future__ import annotations

from dataclasses import dataclass, field

from .draw import Draw
from .tree import Cell, Tree

NASTY = (
    "0", "-0", "-0.0", "0.0", "1e308", "-1.7976931348623157e308", "1e-320", "5e-324", "-1e-320", "1e200", "1e16",
    "9007199254740993", "123456789012345678901234567890", "1e-200", "1/3", "-7/9", "1.00", "0.1", "1e3", "1E-5", "+4",
    "5.", ".5", "100000000000000000000/3", "1e19", "-9223372036854775808", "0.30000000000000004",
)  # fmt: skip
"""Numbers that a spec may hold and that arithmetic may trip over."""
STYLES = {"small": 5, "ties": 3, "tenths": 4, "hundredths": 2, "fractions": 2, "mixed": 2, "large": 0.7, "nasty": 0.8}
MOST_SYMBOLS = 8


@dataclass
class Cells:
    """Makes arrays in one kind of numbers; `symbols` are those used so far."""

    draw: Draw
    kind: str
    style: str
    nasty: float = 0.0
    symbols: dict[str, str] = field(default_factory=dict)

    def array(self, shape: tuple[int, ...], letter: str = "a", *, positive: bool = False) -> Tree:
        """Nested lists of cells; `letter` begins the names of symbols."""
        if not shape:
            return self.cell(letter, positive=positive)
        return [self.array(shape[1:], letter, positive=positive) for _ in range(shape[0])]

    def cell(self, letter: str = "a", *, positive: bool = False) -> Cell:
        """One number, or in symbolic specs perhaps a name."""
        if self.kind == "symbolic" and self.draw.chance(0.6):
            return self._symbol(letter)
        text = self.number()
        return Cell(text.lstrip("-+") if positive else text)

    def number(self) -> str:
        """One number in the style of the spec."""
        if self.draw.chance(self.nasty):
            return self.draw.pick(NASTY)
        style = self.style if self.style != "mixed" else self.draw.pick(list(STYLES)[:5])
        return self._number(style)

    def _number(self, style: str) -> str:
        whole = self.draw.randint(-9, 9)
        match style:
            case "ties":
                return str(whole % 2)
            case "tenths":
                return f"{whole / 10:g}"
            case "hundredths":
                return f"{self.draw.randint(-300, 300) / 100:.2f}"
            case "fractions":
                return f"{whole}/{self.draw.randint(1, 7)}"
            case "large":
                return f"{whole}e{self.draw.randint(-30, 30)}"
            case "nasty":
                return self.draw.pick(NASTY)
            case _:
                return str(whole % 7 - 3)

    def _symbol(self, letter: str) -> Cell:
        if len(self.symbols) < MOST_SYMBOLS:
            name = f"{letter}{len(self.symbols) + 1}"
            self.symbols[name] = self._number("tenths")
        name = self.draw.pick(list(self.symbols))
        return Cell(self.draw.weighted({name: 8, f"2*{name}": 1, f"-{name}": 1, f"{name} + 1": 0.3, f"{name}/2": 0.2}))


def cells_of(draw: Draw) -> Cells:
    """The kind and style of the numbers of one spec."""
    kind = draw.weighted({"float": 5, "exact": 2, "symbolic": 2})
    nasty = draw.weighted({0.0: 8, 0.1: 1, 0.5: 0.3})
    return Cells(draw, kind, draw.weighted(STYLES), nasty)
