"""Records in JSON and YAML (no bit is lost, and other programs read them); diagrams in DOT and Mermaid, whole."""

from __future__ import annotations

import json
from typing import Any

import commands
import numpy as np
import pytest
import yaml
from commands import some
from pages import NUMBERS, TEXTS, results

import cnngrad
from cnngrad.render import FORMATS, render
from cnngrad.report.record import explanation_record

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
    return json.loads(text, parse_constant=_refuse) if format_ == "json" else yaml.load(text, LOADER)


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


@pytest.mark.parametrize("spec", some(results()))
def test_json_and_yaml_hold_the_record(spec: Any) -> None:
    record = cnngrad.run(spec, trace="full").to_dict()
    for format_ in RECORDS:
        assert read(format_, render(format_, record)) == record


def test_json_puts_a_row_on_a_line() -> None:
    assert render("json", {"a": [[1.0, 2.0], [3.0, 4.0]], "b": {}, "c": []}) == (
        '{\n  "a": [\n    [1.0, 2.0],\n    [3.0, 4.0]\n  ],\n  "b": {},\n  "c": []\n}\n'
    )


LECTURE = ("graph", "(x + y) * z", "--at", "x=-2", "--at", "y=5", "--at", "z=-4")


def test_the_dot_language() -> None:
    assert commands.cnngrad(*LECTURE, "--format", "dot").out == (
        "digraph cnngrad {\n"
        "  rankdir=LR;\n"
        '  node [shape=box, fontname="sans-serif"];\n'
        '  n0 [label="x\\nvalue -2\\ngradient -4", shape=ellipse];\n'
        '  n1 [label="y\\nvalue 5\\ngradient -4", shape=ellipse];\n'
        '  n2 [label="z\\nvalue -4\\ngradient 3", shape=ellipse];\n'
        '  n3 [label="t1 = x + y\\nvalue 3\\ngradient -4"];\n'
        '  n4 [label="t2 = t1 * z\\nvalue -12\\ngradient 1"];\n'
        '  n0 -> n3 [label="1"];\n'
        '  n1 -> n3 [label="1"];\n'
        '  n3 -> n4 [label="-4"];\n'
        '  n2 -> n4 [label="3"];\n'
        "}\n"
    )


def test_mermaid() -> None:
    assert commands.cnngrad("graph", "x*x", "--at", "x=3", "--format", "mermaid").out == (
        "flowchart LR\n"
        '  n0(["x<br>value 3<br>gradient 6"])\n'
        '  n1["t1 = x #42; x<br>value 9<br>gradient 1"]\n'
        '  n0 -->|"3"| n1\n'
        '  n0 -->|"3"| n1\n'
    )


def test_a_network_as_a_diagram_names_every_layer() -> None:
    drawn = commands.cnngrad("network", "example:forum-network", "--format", "dot").out
    assert drawn.count("->") == 5
    for name in ("conv1", "pool1", "sigmoid1", "flatten1", "dense1"):
        assert f"{name}: " in drawn
