"""Answers to the same exercise once more: what is kept is known by its content, bounded, and cannot be changed."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import cnngrad.api.recent
from cnngrad import check
from cnngrad.api.checking import assignment

SPEC: dict[str, Any] = {"op": "conv", "input": [[1, 2], [3, 4]], "kernel": [[2]], "delta": [[1, 0], [0, 1]]}
DW = {"dW": [[5]]}  # 1*1 + 4*1


def solution(spec: dict[str, Any], **options: Any) -> Any:
    return check(spec, DW, **options).solution


def test_the_same_content_is_solved_once() -> None:
    assert solution(SPEC) is solution(deepcopy(SPEC))
    assert solution(SPEC, require="dW") is solution(SPEC, require="dW") is not solution(SPEC)
    assert solution(SPEC, index_base=1) is not solution(SPEC)


@pytest.mark.parametrize("one", [1.0, "1", "1.0"])
def test_a_number_written_in_another_way_is_other_content(one: Any) -> None:
    assert solution({**SPEC, "input": [[one, 2], [3, 4]]}) is not solution(SPEC)


def test_lists_that_are_changed_in_place_are_other_content() -> None:
    """dW = 7*1 + 4*1 with 7 in the first cell."""
    spec = deepcopy(SPEC)
    assert check(spec, DW).verdict == "right"
    spec["input"][0][0] = 7
    assert check(spec, DW).verdict == "wrong"
    assert check(spec, {"dW": [[11]]}).verdict == "right"


def test_verdicts_are_those_of_the_first_time() -> None:
    answers: list[dict[str, Any]] = [{"dW": [[5]]}, {"dW": [[-5]]}, {"dA": [[9, 8], [7, 1]]}, {"dW": [[5.4]], "db": 3}]
    found = [json.dumps(check(SPEC, each).to_dict("full")) for each in [*answers, *answers]]
    fresh = [json.dumps(check(SPEC, each, limit="cells=1000").to_dict("full")) for each in answers]
    assert found == [*fresh, *fresh]


def test_no_more_are_kept_than_said_and_the_last_ones_stay() -> None:
    kernels = [{**SPEC, "kernel": [[number]]} for number in range(cnngrad.api.recent.KEPT + 1)]
    first, *others = [solution(each) for each in kernels]
    assert [solution(each) for each in kernels[1:]] == others
    assert all(solution(each) is other for each, other in zip(kernels[1:], others, strict=True))
    assert solution(kernels[0]) is not first


def test_what_is_kept_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        check(SPEC, DW).solution.quantities["dW"][0, 0] = 6


def test_each_thread_has_its_own() -> None:
    found = [solution(SPEC)]
    thread = Thread(target=lambda: found.append(solution(SPEC)))
    thread.start()
    thread.join()
    assert found[0] is not found[1]


def test_files_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = {**SPEC, "input": {"file": "A.json"}}
    for number, verdict in ((1, "right"), (2, "wrong")):
        Path("A.json").write_text(f"[[{number}, 2], [3, 4]]")
        assert check(spec, DW).verdict == verdict
    for key, asked in (("dW: [[5]]", ("dW",)), ("dA: [[2, 0], [0, 2]]", ("dA",))):
        Path("key.yaml").write_text(key)
        assert check(SPEC, DW, require="key.yaml").asked == asked


def nested(levels: int) -> list[Any]:
    """Lists of two that are the same list: 2^levels values."""
    found: list[Any] = [1, 2]
    for _ in range(levels):
        found = [found, found]
    return found


@pytest.mark.parametrize(
    "value",
    [
        nested(60),
        [1] * cnngrad.api.recent.MOST_VALUES,
        [[1] * 100] * 10,
        {"file": "A.csv"},
        object(),
        [[10**5000]],
    ],
)
def test_what_is_large_or_may_change_is_not_kept(value: Any) -> None:
    made: list[Any] = []

    def make() -> Any:
        made.append(assignment(SPEC))
        return made[-1]

    for count in (1, 2):
        cnngrad.api.recent.recent(make, {"input": value})
        assert len(made) == count
