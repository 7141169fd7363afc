"""What is wrong with lists that do not nest as an array does."""

from __future__ import annotations

from cnngrad.spec.tree import Data, Mapping, Node, Scalar, Sequence


def different(size: int, first: str, expected: int, what: str) -> str:
    """What is wrong with a row of `size` entries where the `first` one has `expected`."""
    unit = what if size == 1 else what + "s"
    return f"has {size} {unit} but {first} has {expected}; give every row the same length"


def why_uneven(row: Node, first: str, width: int, what: str) -> str | None:
    """Why `row` is no list like the `first` one, which has `width` entries; nothing where it is."""
    if not isinstance(row, Sequence):
        return f"is {_name(row)} but {first} is a list; nest all rows equally"
    if not row.width:
        return "is empty; give at least one number"
    return None if row.width == width else different(row.width, first, width, what)


def why_no_number(cell: Node, first: str) -> str | None:
    """Why `cell` is no number as the `first` one is; nothing where it is."""
    if isinstance(cell, Scalar):
        return None
    if isinstance(cell, Sequence):
        return f"is a list but {first} is a number; nest all rows equally"
    return f"is {_name(cell)}, not a number; give numbers alone"


def _name(node: Node) -> str:
    return {Scalar: "a single value", Sequence: "a list", Mapping: "a mapping", Data: "an array"}[type(node)]
