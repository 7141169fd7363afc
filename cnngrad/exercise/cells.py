"""The names of cells: `dW[0,1]`, in the user's layout, counted from 0 or (textbooks) from 1."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from cnngrad.errors import CnngradError, did_you_mean, excerpt
from cnngrad.windows.windows import Index

LISTED = 12
"""Names that a message lists."""
_CELL = re.compile(r"\s*([^\W\d]\w*(?:\.[^\W\d]\w*)?)\s*(?:\[\s*(\d{1,9}(?:\s*,\s*\d{1,9})*)?\s*\])?\s*")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a quantity; the index is 0-based and empty for a single number."""

    quantity: str
    index: Index = ()

    def name(self, base: int = 0) -> str:
        """`dW[0,1]`, or `dW[1,2]` with base 1; a single number has no brackets."""
        if not self.index:
            return self.quantity
        return f"{self.quantity}[{','.join(str(i + base) for i in self.index)}]"


def parse_cell(text: str, shapes: dict[str, Index], base: int = 0) -> Cell:
    """The cell that `text` names among quantities of these shapes; an error says what exists."""
    match = _CELL.fullmatch(text)
    if not match:
        raise CnngradError(f"{excerpt(text)} names no cell; write one like dW[{base},{base}]")
    quantity = match[1]
    if quantity not in shapes:
        raise CnngradError(f"{excerpt(text)}: {unknown_quantity(quantity, shapes)}")
    index = tuple(int(number) - base for number in re.findall(r"\d+", match[2] or ""))
    shape = shapes[quantity]
    if len(index) != len(shape) or any(not 0 <= i < size for i, size in zip(index, shape, strict=False)):
        raise CnngradError(f"{excerpt(text)}: {_range(quantity, shape, base)}")
    return Cell(quantity, index)


def unknown_quantity(quantity: str, shapes: Collection[str]) -> str:
    """Why there is no quantity of this name among those of `shapes`."""
    if quantity in ("dA", "dW", "db", "dZ") and not any(name.startswith("d") for name in shapes):
        return "there is no gradient without an upstream one; give the spec a delta"
    owned = [name for name in shapes if name.rpartition(".")[2] == quantity]
    if owned:
        return f"this exercise has several; write {', '.join(owned[:LISTED])}{'' if len(owned) <= LISTED else ', ...'}"
    listed = [*shapes][:LISTED] + ["..."] * (len(shapes) > LISTED)
    hint = did_you_mean(quantity, shapes) or f"; it has {', '.join(listed)}"
    return f"this exercise has no {excerpt(quantity)}{hint}"


def _range(quantity: str, shape: Index, base: int) -> str:
    if not shape:
        return f"{quantity} is a single number; write {quantity} alone"
    ends = ",".join(str(size - 1 + base) for size in shape)
    first = ",".join(str(base) for _ in shape)
    return f"the cells of {quantity} are {quantity}[{first}] to {quantity}[{ends}]"
