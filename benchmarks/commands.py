"""Rows of the command line: start-up, full traces, long explanations, pages, large specs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

from benchmarks import documents
from benchmarks.kernels import CONVS, Conv
from benchmarks.processes import START, Processes
from benchmarks.rows import OURS, Row, Setting
from benchmarks.timing import Contender

IMPORTS = "imports"
"""The contender that imports what the program uses, and ends."""
IMPORTED = "import click, numpy, rich.table, yaml"
AIMS = {"json": "1.2 x", "table": "1.4 x"}
BLOCK = 8 * 2**20
"""Bytes of one block's columns: 2**20 numbers. A layer's memory is compared with its inputs, outputs and one block."""
EXPLAINED = "1,000,000 terms/s, 100 MB"
FORMATS = ("json", "text", "table", "yaml")


def rows() -> list[Row]:
    """All of them."""
    starts = [
        Row(f"conv-backward, {format}, the whole command", "start-up", partial(_start, format), aim)
        for format, aim in AIMS.items()
    ]
    aim = "500,000 terms/s"
    traces = [
        Row(f"full trace, {format}", "trace", partial(_trace, format), aim, "terms", _trace_terms, once=True)
        for format in FORMATS
    ]
    more = [
        Row("explain dW[0,0], 1,000,000 terms", "explain", _explain, EXPLAINED, "terms", _explained, once=True),
        Row("page of 2,000-cell arrays, table", "page", _page, "0.3 s", once=True),
        Row("spec of 16 MiB, all {a: 1}", "read", partial(_large, "tiny"), "2 s, 300 MB or a limit", once=True),
        Row("spec of 16 MiB, 74,000 {a: 1}", "read", partial(_large, "most"), "2 s, 300 MB", once=True),
    ]
    return [*starts, *traces, *more, *map(_memory, CONVS[:2])]


def _start(format: str, setting: Setting) -> Mapping[str, Contender]:
    processes = Processes(setting.folder)
    ours = processes.whole(START, "conv-backward", "example:forum-conv", "--format", format)
    return {OURS: ours, IMPORTS: processes.whole(IMPORTED)}


def _side(setting: Setting) -> int:
    """The side of Z: 50,000 terms in a quick run, else 250,000."""
    return 42 if setting.quick else 94


def _trace_terms(setting: Setting) -> float:
    return float(documents.terms(_side(setting), _side(setting)))


def _trace(format: str, setting: Setting) -> Mapping[str, Contender]:
    side = _side(setting)
    options = ["--trace", "full", "--format", format, "-o", str(setting.folder / f"trace.{format}"), *documents.RAISED]
    small, large = (documents.conv_file(setting.folder, each, each) for each in (2, side))
    return {OURS: Processes(setting.folder).command(["run", small, *options], ["run", large, *options])}


def _explained(setting: Setting) -> float:
    """A quick run explains a quarter."""
    return 250_000.0 if setting.quick else 1_000_000.0


def _explain(setting: Setting) -> Mapping[str, Contender]:
    small, large = (documents.conv_file(setting.folder, each, each) for each in (2, round(_explained(setting) ** 0.5)))
    options = ["dW[0,0]", "-o", str(setting.folder / "explained"), *documents.RAISED]
    return {OURS: Processes(setting.folder).command(["explain", small, *options], ["explain", large, *options])}


def _page(setting: Setting) -> Mapping[str, Contender]:
    small, large = (documents.conv_file(setting.folder, *sides) for sides in ((2, 2), (38, 48)))
    return {OURS: Processes(setting.folder).command(["run", small], ["run", large])}


def _large(kind: str, setting: Setting) -> Mapping[str, Contender]:
    write = documents.tiny_mappings if kind == "tiny" else documents.most_mappings
    path = write(setting.folder)
    return {OURS: Processes(setting.folder).probed("reading", path=path)}


def _memory(conv: Conv) -> Row:
    held = 2 * 8 * sum(map(math.prod, conv.shapes)) + BLOCK  # each array is given and computed, or its gradient is

    def prepare(setting: Setting) -> Mapping[str, Contender]:
        return {OURS: Processes(setting.folder).probed("conv_memory", conv=asdict(conv), dtype="float64")}

    return Row(f"memory of {conv.name}, float64", "memory", prepare, "1.5 x", "bytes", lambda _: float(held), once=True)
