"""What is kept for the next answer is bounded."""

from __future__ import annotations

import pytest

from cnngrad.exercise.kept import Kept


def test_the_oldest_values_go_where_all_would_have_more_cells_than_allowed() -> None:
    """Lists of 4, 3 and 5 cells, of which 10 may be kept: the third needs the place of the first."""
    kept, made = Kept(10), []

    def value(key: str, size: int) -> list[int]:
        made.append(key)
        return [0] * size

    sizes = {"a": 4, "b": 3, "c": 5}
    for key in ("a", "b", "a", "c", "b", "a"):
        found = kept.of(key, lambda key=key: value(key, sizes[key]), len)  # type: ignore[misc]
        assert len(found) == sizes[key]
        assert kept.cells <= 10
    assert made == ["a", "b", "c", "a"]


@pytest.mark.parametrize("cells", [11, None])
def test_what_is_too_large_or_not_whole_is_made_again(cells: int | None) -> None:
    kept = Kept(10)
    assert kept.of("a", lambda: 1, lambda _: cells) == 1
    assert kept.of("a", lambda: 2, lambda _: cells) == 2
    assert kept.cells == 0
