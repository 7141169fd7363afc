"""The Markdown of the README: what was measured, this machine's figures, and what is beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.figures import Spread, geometric_mean, ratio
from benchmarks.growth import Grown
from benchmarks.machine import OPERATIONS
from benchmarks.rows import LOOP, OURS, PRODUCT, TORCH, Measured

BEGIN, END = "<!-- benchmarks: python -m benchmarks --readme -->", "<!-- end of benchmarks -->"
ABSENT = "no PyTorch"
HEADS = ("what", "time", "beside", "aim")
LAYER_HEADS = (
    "forward and gradients",
    "float64",
    "PyTorch",
    "of the product's rate",
    "loop slower by",
    "float32, PyTorch",
)
DOUBLE, SINGLE = "conv float64", "conv float32"


def tables(rows: Sequence[Measured], grown: Sequence[Grown]) -> str:
    """The tables of all rows, and a line about growth; parts without rows are left out."""
    layers = [row for row in rows if is_layer(row)]
    others = [row for row in rows if not is_layer(row)]
    parts = [
        table(HEADS, map(general, others)) if others else "",
        table(LAYER_HEADS, [*pairs(layers), *means(layers)]) if layers else "",
        growth(grown) if grown else "",
    ]
    return "\n\n".join(part for part in parts if part)


def is_layer(row: Measured) -> bool:
    """Whether a row is about a convolution or pooling of the size that networks have."""
    return row.group.startswith("conv ") or row.group.endswith(" pooling")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(map(_line, (heads, ["---"] * len(heads), *rows)))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def said(row: Measured) -> str:
    """A row in one line of text."""
    return ", ".join(filter(None, layer(row) if is_layer(row) else general(row)[:-1]))


def general(row: Measured) -> tuple[str, ...]:
    """A row of the first table: a time or a rate, with the memory where it was measured."""
    return row.name, figure(row), beside(row), row.aim


def figure(row: Measured) -> str:
    """This machine's figure."""
    times = row.seconds[OURS]
    if row.unit == "bytes":
        most = max(row.memory[OURS])
        return f"{memory(most)}, {most / row.work:.2f} x what it must hold"
    if row.group == "generate":
        each = [median(values) for values in row.seconds.values()]
        return f"{seconds(median(each))}, at worst {seconds(max(each))}"
    said = rate(row.work / median(times), row.unit) if row.unit else seconds(median(times))
    return f"{said}, {memory(max(row.memory[OURS]))}" if row.memory else said


def beside(row: Measured) -> str:
    """The ratios to the other contenders, with quartiles."""
    others = [name for name in row.seconds if name != OURS and row.group != "generate"]
    return "; ".join(f"{times(ratio(row.seconds[OURS], row.seconds[name]))} {name}" for name in others)


def layer(row: Measured) -> tuple[str, ...]:
    """A row of the table of layers, without the other kind of floats."""
    ours = row.seconds[OURS]
    share = f"{share_of_product(row):.0%}" if PRODUCT in row.seconds else ""
    slower = f"{1 / ratio(ours, row.seconds[LOOP]).middle:,.0f} x"
    kind = "" if row.group == DOUBLE else f" {row.group.removeprefix('conv ')}"
    return f"{row.name}{kind}", seconds(median(ours)), beside_torch(row), share, slower


def beside_torch(row: Measured) -> str:
    """The ratio to PyTorch, or a word where it is missing."""
    return times(ratio(row.seconds[OURS], row.seconds[TORCH])) if TORCH in row.seconds else ABSENT


def pairs(rows: Sequence[Measured]) -> list[tuple[str, ...]]:
    """Each layer, with its float32 beside its float64; alone where it was measured alone."""
    single = {row.name: row for row in rows if row.group == SINGLE}
    double = {row.name for row in rows if row.group == DOUBLE}
    first = [row for row in rows if row.group != SINGLE or row.name not in double]
    known = {row.key: beside_torch(single[row.name]) for row in first if row.group == DOUBLE and row.name in single}
    return [(*layer(row), known.get(row.key, "")) for row in first]


def share_of_product(row: Measured) -> float:
    """The share of the machine's matrix-product rate at which a layer computes."""
    return row.work / OPERATIONS / ratio(row.seconds[OURS], row.seconds[PRODUCT]).middle


def means(rows: Sequence[Measured]) -> list[tuple[str, ...]]:
    """The geometric mean of the ratios to PyTorch, for each kind of layer."""
    kinds = {"conv": (DOUBLE, SINGLE), "max pooling": ("max pooling", ""), "average pooling": ("average pooling", "")}
    found = {name: [mean(rows, group) for group in groups] for name, groups in kinds.items()}
    return [(f"geometric mean, {name}", "", each[0], "", "", each[1]) for name, each in found.items() if any(each)]


def mean(rows: Sequence[Measured], group: str) -> str:
    """That of one group; nothing where it was not measured."""
    both = [(row.seconds[OURS], row.seconds[TORCH]) for row in rows if row.group == group and TORCH in row.seconds]
    return f"{geometric_mean([ratio(*each).middle for each in both]):.2f} x" if both else ""


def growth(grown: Sequence[Grown]) -> str:
    """A line with the exponents."""
    each = ", ".join(f"{one.name} {one.exponent:.2f} ({one.per})" for one in grown)
    return f"Exponents of growth over four doublings of the work (1 is linear): {each}."


def times(found: Spread) -> str:
    """A ratio and its quartiles."""
    return f"{found.middle:.2f} x ({found.low:.2f} to {found.high:.2f})"


def seconds(value: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.0f} us"


def memory(value: float) -> str:
    """Bytes as megabytes."""
    return f"{value / 1e6:.0f} MB"


def rate(value: float, unit: str) -> str:
    """So many a second, to two digits."""
    digits = 10 ** max(0, len(str(int(value))) - 2)
    return f"{round(value / digits) * digits:,} {unit}/s"


def replaced(text: str, made: str) -> str:
    """A README with other tables between its markers; ValueError where it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there are no lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def write(path: Path, made: str) -> None:
    """Put the tables into a README."""
    path.write_text(replaced(path.read_text(encoding="utf-8"), made), encoding="utf-8")
