"""How many items go out at once."""

from __future__ import annotations

from cnngrad.batch.cluster.chunks import MOST_ITEMS, Pace


def test_chunks_grow_to_a_second_and_shrink_at_once() -> None:
    pace = Pace()
    sizes = [pace.size]
    for seconds in (0.04, 0.16, 0.64):  # 4, 16, 64 items of 0.01 s: 100 items a second, each step at most 4 times
        pace.measured(sizes[-1], seconds)
        sizes.append(pace.size)
    assert sizes == [4, 16, 64, 100]
    pace.measured(4, 0.001)  # sent long ago: says little of how large a chunk may be
    assert pace.size == 100
    pace.measured(100, 400.0)  # 4 s each
    assert pace.size == 1
    for _ in range(20):
        pace.measured(pace.size, 0.0)
    assert pace.size == MOST_ITEMS
