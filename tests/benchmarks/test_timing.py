"""Contenders take turns."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest

from benchmarks.timing import Sample, in_turns, timed, turned


def test_each_round_begins_with_another_contender() -> None:
    called = []

    def contender(name: str) -> Sample:
        called.append(name)
        return Sample(float(len(called)))

    taken = in_turns({name: partial(contender, name) for name in "abc"}, 2, settle=0)
    assert "".join(called) == "abcbca"
    assert {name: [each.seconds for each in samples] for name, samples in taken.items()} == {
        "a": [1, 6],
        "b": [2, 4],
        "c": [3, 5],
    }
    assert turned(["x", "y"], 3) == ["y", "x"]


def test_a_short_call_is_repeated() -> None:
    calls: list[int] = []
    sample = timed(lambda: calls.append(1), least=1e-4)()
    assert len(calls) > 1
    assert sample.seconds > 0


def test_the_median_of_the_calls_counts_scaled_to_the_whole_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of 1, 9 and 2 seconds that do a quarter of the work: 2 / (1/4)."""
    clock = iter([0, 1, 1, 10, 10, 12])
    monkeypatch.setattr("benchmarks.timing.time", SimpleNamespace(perf_counter=lambda: next(clock)))
    assert timed(lambda: None, share=0.25, least=12)() == Sample(8)


def test_a_call_is_timed_once_where_that_takes_long_enough() -> None:
    calls: list[int] = []
    timed(lambda: calls.append(1), least=0)()
    assert calls == [1]
