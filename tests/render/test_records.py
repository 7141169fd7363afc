"""Records in JSON and YAML: no bit is lost, and other programs read them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import yaml
from pages import NUMBERS, TEXTS, results

import cnngrad
from cnngrad.render import FORMATS, render
from cnngrad.report.record import explanation_record

RECORDS = [name for name, format_ in FORMATS.items() if format_.takes == "record"]


@pytest.mark.parametrize("format_", RECORDS)
@pytest.mark.parametrize(
    "text", [*TEXTS, "yes", "1e5", "~", "- a", "a: b", "#c", " d ", "1:30", "\x00\x1b\u2028", "漢字 😀"]
)
def test_a_record_keeps_every_title(text: str, format_: str) -> None:
    record = cnngrad.run({"op": "conv", "title": text, "input": [1], "kernel": [1]}).to_dict()
    assert record["title"] == text
    assert read(format_, render(format_, record)) == record


@pytest.mark.parametrize("format_", RECORDS)
@pytest.mark.parametrize("name", NUMBERS)
def test_a_record_keeps_every_bit(name: str, format_: str) -> None:
    result = cnngrad.run({"delta": 1, **NUMBERS[name]})
    found = read(format_, render(format_, result.to_dict()))
    assert found == result.to_dict()
    if result.exercise.kind.name == "float":
        for quantity, array in result.results.items():
            assert np.array_equal(np.asarray(found["results"][quantity], dtype=array.dtype), array)


@pytest.mark.parametrize("format_", RECORDS)
def test_the_record_of_an_explanation_can_be_read(format_: str) -> None:
    record = explanation_record(cnngrad.run("example:dilated-reflect"), ("dA[1]", "db"))
    assert read(format_, render(format_, record)) == record


def read(format_: str, text: str) -> Any:
    """A record as other programs read it."""
    return json.loads(text, parse_constant=_refuse) if format_ == "json" else yaml.safe_load(text)


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


@pytest.mark.parametrize("spec", results())
def test_json_and_yaml_hold_the_record(spec: Any) -> None:
    record = cnngrad.run(spec, trace="full").to_dict()
    assert json.loads(render("json", record)) == record
    assert yaml.safe_load(render("yaml", record)) == record


def test_json_puts_a_row_on_a_line() -> None:
    assert render("json", {"a": [[1.0, 2.0], [3.0, 4.0]], "b": {}, "c": []}) == (
        '{\n  "a": [\n    [1.0, 2.0],\n    [3.0, 4.0]\n  ],\n  "b": {},\n  "c": []\n}\n'
    )
