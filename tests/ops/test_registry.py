"""Every op of the registry has all its parts; a missing one is named."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

from cnngrad.examples import example_names, example_path
from cnngrad.exercise import op as records
from cnngrad.exercise.op import PARTS, Op
from cnngrad.ops import OPS

ALWAYS = ("DERIVATION", "ROWS")
ALONE = ("FIELDS",)
LAYER = ("LAYER", "fit")
NO_LAYER = ("build", "attempt", "run_cost", "blocks", "subtitle")
WITH_WINDOWS = ("ideas", "by_method", "magnitudes", "exhibits")


def wanted(op: Op) -> list[str]:
    """The parts that an op must have: one that slides windows has the four methods."""
    windows = "stride" in (op.part("LAYER") or ())
    return [
        *ALWAYS,
        *(ALONE if op.alone else ()),
        *(LAYER if op.layer else NO_LAYER),
        *(WITH_WINDOWS if windows else ()),
    ]


def missing(op: Op) -> list[str]:
    """The parts that the op has not, as sentences."""
    return [f"{op.name} has no {part} in {op.package}" for part in wanted(op) if op.part(part) is None]


def examples(op: Op) -> list[str]:
    """The examples that use the op."""
    return [name for name in example_names() if re.search(rf"op: {op.name}\b", example_path(name).read_text())]


@pytest.fixture
def nothing_remembered() -> Iterator[None]:
    """Parts are looked up anew, before and after."""
    records._part.cache_clear()
    yield
    records._part.cache_clear()


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_no_part_is_missing(op: Op) -> None:
    assert missing(op) == []


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_the_record_is_what_the_registry_says(op: Op) -> None:
    assert OPS[op.name] is op
    assert op.title, f"{op.name} has no title"
    assert (op.part("FIELDS") is not None, op.part("LAYER") is not None) == (op.alone, op.layer)
    assert all(row.op == op.name and row.quantities for row in op.part("ROWS"))
    assert op.part("ROWS")


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_every_op_has_an_example(op: Op) -> None:
    assert examples(op), f"{op.name} has no example"


@pytest.mark.usefixtures("nothing_remembered")
@pytest.mark.parametrize(
    ("name", "part"), [(name, part) for name, op in OPS.items() for part in wanted(op) if part != "LAYER"]
)
def test_a_part_that_is_taken_away_is_named(name: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    op = OPS[name]
    for place in (op.package, f"{op.package}.{PARTS[part]}"):
        if place in sys.modules:
            monkeypatch.delattr(import_module(place), part, raising=False)
    assert missing(op) == [f"{name} has no {part} in {op.package}"]


def test_what_is_no_op_has_its_missing_parts_named() -> None:
    assert missing(Op("sliding", "Windows that slide wrongly", alone=False)) == [
        "sliding has no DERIVATION in cnngrad.ops.sliding",
        "sliding has no LAYER in cnngrad.ops.sliding",
        "sliding has no fit in cnngrad.ops.sliding",
    ]
    assert examples(Op("sliding", "Windows that slide wrongly")) == []


def test_every_part_is_used_by_an_op() -> None:
    assert [part for part in PARTS if all(op.part(part) is None for op in OPS.values())] == []


def test_the_registry_imports_an_op_when_its_part_is_asked_for() -> None:
    code = (
        "import sys; from cnngrad.ops import OPS; print(len(OPS), *sorted(m for m in sys.modules if '.ops.' in m)); "
        "OPS['dense'].part('DERIVATION'); print(*sorted({m.split('.')[2] for m in sys.modules if '.ops.' in m}))"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed == f"{len(OPS)}\ndense\n"


def test_a_part_is_found_where_its_module_has_the_same_name_and_was_imported_before() -> None:
    imports = "import cnngrad.ops.pool.retold as module; from cnngrad.ops import OPS"
    code = f"{imports}; print(OPS['pool'].part('retold') is module.retold)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
