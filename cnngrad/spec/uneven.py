"""What is wrong with lists that make no array: rows of other lengths, lists where numbers should be."""

from __future__ import annotations

from cnngrad.spec.tree import Node, ScalarNode, SequenceNode, what


def different(size: int, first: str, expected: int, unit: str) -> str:
    """What is wrong with a row of `size` entries where the `first` one has `expected`."""
    units = unit if size == 1 else unit + "s"
    return f"has {size} {units} but {first} has {expected}; give every row the same length"


def why_uneven(row: Node, first: str, width: int, unit: str) -> str | None:
    """Why `row` is no list like the `first` one, which has `width` entries; nothing where it is."""
    if not isinstance(row, SequenceNode):
        return f"is {what(row)} but {first} is a list; nest all rows equally"
    if not row.width:
        return "is empty; give at least one number"
    return None if row.width == width else different(row.width, first, width, unit)


def why_no_number(cell: Node, first: str) -> str | None:
    """Why `cell` is no number as the `first` one is; nothing where it is."""
    if isinstance(cell, ScalarNode):
        return None
    if isinstance(cell, SequenceNode):
        return f"is a list but {first} is a number; nest all rows equally"
    return f"is {what(cell)}, not a number; give numbers alone"
