"""Many items from Python: rows of specs, or the values of any function, in order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serial import serial

import cnngrad
from cnngrad.errors import CnngradError

SPEC: dict[str, Any] = {"op": "conv", "input": [1, 2], "kernel": [3]}
WRONG: dict[str, Any] = {"op": "conv", "input": [1], "kernel": [1, 1]}


@pytest.fixture
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnngrad.batch.pool.outcomes", serial)


def square(number: int) -> int:
    """A work that a worker can import."""
    return number * number


def test_rows_of_specs_in_order_with_workers(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"op": "conv", "input": [5], "kernel": [1]}\n')
    rows = list(cnngrad.run_many([SPEC, WRONG, path, "example:ties"], jobs=2))
    assert [row["source"] for row in rows] == ["items[0]", "items[1]", f"{path}:1", "example:ties"]
    assert [row["results"]["Z"] for row in rows if "results" in row] == [[3, 6], [5], [[5, 2]]]
    assert rows[1] == {
        "format": 1,
        "source": "items[1]",
        "error": {
            "message": "spans 2 cells, but the padded length is 1; add padding or make the kernel smaller",
            "line": None,
            "column": None,
            "key": "kernel",
        },
    }
    assert rows[3] == cnngrad.run("example:ties", trace="none").to_dict()


@pytest.mark.usefixtures("_in_this_process")
def test_options_are_those_of_run() -> None:
    options: dict[str, Any] = {"trace": "full", "method": "scatter", "index_base": 1, "only": "dW", "gradcheck": True}
    spec = {**SPEC, "delta": 1}
    (row,) = cnngrad.run_many(spec, **options)
    assert row == cnngrad.run(spec, **options).to_dict() | {"source": "items[0]"}
    (row,) = cnngrad.run_many([spec], limit="cells=1")
    assert row["error"]["message"] == "has 2 cells or more, over the limit of 1; raise it with limit='cells=2'"


def test_the_values_of_a_function_and_what_it_raises() -> None:
    assert list(cnngrad.run_many([3, -4, "x", [5]], work="math:sqrt", jobs=1))[1:] == [
        {"format": 1, "source": "items[1]", "error": _error("ValueError: math domain error")},
        {"format": 1, "source": "x", "error": _error("TypeError: must be real number, not str")},
        {"format": 1, "source": "items[3]", "error": _error("TypeError: must be real number, not list")},
    ]


def _error(message: str) -> dict[str, Any]:
    return {"message": message, "line": None, "column": None, "key": None}


@pytest.mark.usefixtures("_in_this_process")
def test_a_function_is_given_itself_or_by_its_name() -> None:
    assert list(cnngrad.run_many(range(4), work=square)) == [0, 1, 4, 9]
    assert list(cnngrad.run_many([b"a"], work="base64:b64encode")) == [b"YQ=="]
    assert list(cnngrad.run_many(["a.b"], work="os:path.splitext")) == [("a", ".b")]


@pytest.mark.usefixtures("_in_this_process")
def test_items_are_taken_as_they_are_needed_and_no_further() -> None:
    taken = []

    def endless() -> Iterator[dict[str, Any]]:
        while True:
            taken.append(1)
            yield SPEC

    rows = cnngrad.run_many(endless())
    assert taken == []
    assert next(rows)["source"] == "items[0]"
    assert next(rows)["source"] == "items[1]"
    assert len(taken) == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"trace": "all"}, "trace: 'all' is unknown; it is one of none, brief, full"),
        ({"index_base": 2}, "index_base: 2 is unknown; it is one of 0, 1"),
        ({"memory": "2 apples"}, "memory: '2 apples' is no size; write it as 2GiB or 512MiB"),
        ({"jobs": 0}, "jobs: is 0; it must be at least 1"),
        ({"jobs": "2"}, "jobs: '2' is no whole number"),
        ({"jobs": 1.5}, "jobs: '1.5' is no whole number"),
        ({"timeout": None}, "timeout: 'None' is no number of seconds"),
        ({"work": 5}, "work: is of type int; give a function or module:function"),
        ({"work": "math"}, "work: 'math' cannot be imported (ValueError: it has no colon); write module:function"),
        ({"work": "math:pi"}, "work: 'math:pi' is no function"),
        ({"limit": "x=1"}, None),
    ],
)
def test_arguments_that_cannot_be_used_are_said_at_once(options: dict[str, Any], says: str | None) -> None:
    with pytest.raises(CnngradError) as caught:
        cnngrad.run_many([SPEC], **options)
    assert says is None or str(caught.value) == says


def test_a_run_that_is_given_up_ends_its_workers() -> None:
    rows = cnngrad.run_many([4.0] * 10, work=math.sqrt, jobs=1)
    assert next(rows) == 2
    rows.close()  # type: ignore[attr-defined]


def test_the_serial_run_of_the_tests_gives_what_workers_give() -> None:
    items = [SPEC, WRONG, 5]
    assert list(cnngrad.run_many(items, jobs=1)) == _serially(items)


def _serially(items: list[Any]) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cnngrad.batch.pool.outcomes", serial)
        return list(cnngrad.run_many(items))
