"""Reading a page back: its numbers, grids and sentences."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from commands import layer_examples
from layers import integers

import cnngrad
from cnngrad.api.solve import Result
from cnngrad.examples import example_names
from cnngrad.methods.matrix import Exhibit
from cnngrad.render import Look, render
from cnngrad.report.blocks import Block, Grid, Grids, Heading, Note, Words
from cnngrad.report.page import page

ARITHMETIC = re.compile(r"[-+*/(). 0-9e]+")
NUMBER = re.compile(r"[0-9.]+(?:e[-+]?[0-9]+)?")
SPECS: dict[str, Any] = {name: f"example:{name}" for name in layer_examples()} | {
    "negative": {"op": "conv", "input": [-1, 2, -3], "kernel": [-4, 0.5], "bias": -6, "padding": 1, "delta": -2},
    "averages": {"op": "pool", "mode": "average", "window": 3, "stride": 2, "padding": 1, "input": integers((4, 4), 1)},
    "negative divisor": {"op": "pool", "mode": "average", "window": 2, "divisor_override": -3, "input": [-1, 2, 5, -4]},
    "split": {"op": "pool", "window": 2, "stride": 1, "ties": "split", "input": [5, 5, 5, 2]},
    "long": {"op": "conv", "input": list(range(-9, 10)), "kernel": [1]},
    "fractions": {"op": "conv", "numbers": "exact", "input": ["-1/3", "1/2", 2], "kernel": ["-2/7", "0.1"]},
}  # fmt: skip


def run(name: str, **options: Any) -> Result:
    """The exercise of that name; one without an upstream gradient gets one."""
    given = SPECS[name]
    return cnngrad.run(given if isinstance(given, str) else {"delta": -1, **given}, **options)


def value(text: str) -> Fraction:
    """What a text such as `2*(-3) - 4` comes to."""
    assert ARITHMETIC.fullmatch(text), text
    return Fraction(eval(NUMBER.sub(r"Fraction('\g<0>')", text), {"Fraction": Fraction}))


def close(found: Fraction, wanted: Any) -> bool:
    """Equal to the eight digits that a page prints of each number."""
    return abs(found - Fraction(wanted)) <= Fraction(1, 10**6) * max(Fraction(1), abs(Fraction(wanted)))


def grids(blocks: tuple[Block, ...]) -> list[Grid]:
    """All grids, in order."""
    return [grid for block in blocks if isinstance(block, Grids) for grid in block.grids]


def texts(blocks: tuple[Block, ...]) -> list[str]:
    """All sentences, in order."""
    return [block.text for block in blocks if isinstance(block, Words | Heading | Note)]


ANSI = re.compile(r"\x1b\[[0-9;]*m")


TEXTS = [
    "[/]",
    "[bold]x[/bold] [link=http://a.b]c[/link]",
    ":smile: :warning:",
    "\\[red] \\\\",
    "{braces} %s %(x)s",
    "<b>&amp;</b>",
    "a  b   c",
    "12345678901234567890",
    "x" * 300,
]


NUMBERS: dict[str, dict[str, Any]] = {
    "wide": {"op": "conv", "input": integers((3, 60), 1, -(10**7), 10**7) / 1024, "kernel": [[1, -1]], "delta": 1},
    "tiny": {"op": "conv", "input": [1e-300, -3.5e-17, 5e-324], "kernel": [1], "delta": 1e-9},
    "huge": {"op": "conv", "input": [1e150, -2.5e22, 1e15, 999999999999999.0], "kernel": [1], "delta": -1e17},
    "channels": {"op": "conv", "input": integers((2, 4, 5, 2), 1) / 7, "kernel": integers((2, 3, 2, 2), 2) / 3},
    "depth": {"op": "pool", "layout": "NCDHW", "window": 2, "input": integers((1, 2, 2, 4, 4), 1) / 9, "delta": -1},
    "fractions": {"op": "conv", "numbers": "exact", "input": ["12345678901/98765432109"] * 9, "kernel": ["-1/3", 2]},
}


ODD: dict[str, dict[str, Any]] = {
    "wide": {"op": "conv", "input": [[(-1) ** i * (i + 0.125) for i in range(40)]] * 2, "kernel": [[1]], "delta": 1},
    "tiny and huge": {"op": "conv", "input": [1e-12, -123456789.25, 1e20, 1e15, 7], "kernel": [1, -1], "delta": 3},
    "many planes": {"op": "conv", "layout": "NCHW", "input": [[[[1.5]] * 9] * 3] * 2, "kernel": [[[[2]]] * 3] * 2},
    "pooling": {"op": "pool", "window": 3, "stride": 1, "input": [[-1000.5 * i] * 30 for i in range(5)], "delta": 1},
    "exact": {"op": "conv", "numbers": "exact", "input": ["1/3", "22/7", "-5/9"], "kernel": ["1/11"], "delta": 1},
}


def results() -> list[Any]:
    """Examples and odd exercises."""
    examples = [pytest.param(f"example:{name}", id=name) for name in example_names() if "notebook" not in name]
    return examples + [pytest.param(spec, id=name) for name, spec in ODD.items()]


def write(format_: str, result: Result, **look: Any) -> str:
    """The page of a result."""
    return render(format_, page(result), Look(**look))


def sentences(result: Result) -> list[str]:
    """Every sentence of the page."""
    return [block.text for block in page(result) if isinstance(block, Words)]


def exhibits_of(spec: dict[str, Any], method: str) -> dict[str, Exhibit]:
    """The exhibits by the letter that their titles begin with."""
    exercise = cnngrad.run(spec).exercise
    found = exercise.record.part("exhibits")(exercise, method)
    return {exhibit.title.split(" ")[0].rstrip(":"): exhibit for exhibit in found}
