"""From a named layout, or none, and the shape of an input to its axes."""

from __future__ import annotations

from cnngrad.errors import Problems
from cnngrad.windows.layout import BY_RANK, Layout
from cnngrad.wording import counted, shaped, times


def layout_of(letters: str | None, shape: tuple[int, ...], problems: Problems) -> Layout | None:
    """The layout that is named, or the default one for the rank of the input."""
    if not shape:
        problems.add("input", "is a single number; give a list with at least one axis")
        return None
    if 0 in shape:
        problems.add("input", f"{shaped(shape)}, without a single cell; give at least one number")
        return None
    letters = letters or BY_RANK.get(len(shape))
    if letters is None:
        problems.add("input", f"has {len(shape)} axes (shape {times(shape)}); 5 (NDHWC) are the most there are")
        return None
    if len(letters) != len(shape):
        problems.add(
            "input",
            f"has {counted(len(shape), 'axis', 'axes')} (shape {times(shape)}), but the layout {letters} has "
            f"{len(letters)}; change the brackets or the layout",
        )
        return None
    return Layout(letters)
