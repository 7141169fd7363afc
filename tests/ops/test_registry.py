"""Every op of the registry has all its parts; a missing one is named."""

from __future__ import annotations

import re

import pytest

from cnngrad.examples import example_names, example_path
from cnngrad.exercise.op import PARTS, Op
from cnngrad.ops import OPS

ALONE = ("FIELDS",)
LAYER = ("LAYER", "fit")
ALWAYS = ("DERIVATION", "ROWS")
NO_LAYER = ("build", "attempt", "price", "blocks", "subtitle")
WITH_METHODS = ("ideas", "by_method", "magnitudes", "exhibits")
OWN_MISTAKES = {"residual": "it passes on what it gets; what goes wrong is said of the network"}
"""Ops without a row of their own, and why."""


def missing(op: Op, *parts: str) -> list[str]:
    """The parts that the op has not, as sentences."""
    return [f"{op.name} has no {part} in {op.package}" for part in parts if op.part(part) is None]


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_no_part_is_missing(op: Op) -> None:
    wanted = [*ALWAYS, *(ALONE if op.alone else ()), *(LAYER if op.layer else NO_LAYER)]
    assert missing(op, *wanted) == []


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_an_op_with_one_part_of_the_methods_has_them_all(op: Op) -> None:
    lacking = missing(op, *WITH_METHODS)
    assert lacking in ([], [f"{op.name} has no {part} in {op.package}" for part in WITH_METHODS])


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_the_record_is_what_the_registry_says(op: Op) -> None:
    assert OPS[op.name] is op
    assert op.title
    assert (op.part("FIELDS") is not None, op.part("LAYER") is not None) == (op.alone, op.layer)
    assert all(row.op == op.name for row in op.part("ROWS"))
    assert bool(op.part("ROWS")) == (op.name not in OWN_MISTAKES)


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_every_op_has_an_example(op: Op) -> None:
    texts = [example_path(name).read_text() for name in example_names()]
    written = rf"op: {op.name}\b"
    assert any(re.search(written, text) for text in texts), f"{op.name} has no example"


def test_a_part_that_nobody_has_is_named() -> None:
    lost = Op("lost", "Lost", "cnngrad.windows")
    assert missing(lost, "DERIVATION", "ROWS") == [
        "lost has no DERIVATION in cnngrad.windows",
        "lost has no ROWS in cnngrad.windows",
    ]


def test_every_part_is_used_by_an_op() -> None:
    assert [part for part in PARTS if all(op.part(part) is None for op in OPS.values())] == []
