"""Open a spec, solve it: the way in for the command line and for Python alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from typing import Any

from cnngrad.errors import CnngradError
from cnngrad.examples import PREFIX, example_path
from cnngrad.exercise.solution import TRACES, Options
from cnngrad.limits import DEFAULT, Limits
from cnngrad.methods import METHODS
from cnngrad.ops import OPS
from cnngrad.result import Result
from cnngrad.spec.build import build
from cnngrad.spec.python_values import document_of
from cnngrad.spec.reader import read_file
from cnngrad.spec.tree import Document

DEFAULT_OPTIONS = Options()


def run(
    spec: str | PathLike[str] | Mapping[str, Any],
    *,
    trace: str = "brief",
    method: str = "gather",
    index_base: int = 0,
    precision: int | None = None,
    gradcheck: bool = False,
    only: Sequence[str] = (),
) -> Result:
    """Solve a spec: a path, `example:NAME`, or the spec itself as a dict.

    The options are those of the command line: `trace` none, brief or full; `method` gather, scatter,
    rotate or matrix; `index_base` 0 or 1; `precision` decimals of printed numbers; `only` the
    quantities that are wanted, as in `only=["dW", "db"]`. Raises
    CnngradError with every independent problem of the spec.
    """
    for name, value, known in (
        ("trace", trace, TRACES),
        ("method", method, METHODS),
        ("index_base", index_base, (0, 1)),
    ):
        if value not in known:
            raise CnngradError(f"{name}: {value!r} is unknown; it is one of {', '.join(map(str, known))}")
    options = Options(trace, method, index_base, precision, gradcheck, only=_names(only))
    document = open_spec(fspath(spec), DEFAULT) if isinstance(spec, str | PathLike) else document_of(spec, DEFAULT)
    return solve(document, options=options)


def _names(only: Sequence[str]) -> tuple[str, ...]:
    return tuple(only.split(",") if isinstance(only, str) else only)


def open_spec(name: str, limits: Limits) -> Document:
    """The spec with this path, `-` for standard input, or `example:NAME`."""
    if name.startswith(PREFIX):
        document = read_file(str(example_path(name.removeprefix(PREFIX))), limits)
        return replace(document, source=name)
    return read_file(name, limits)


def solve(
    document: Document, op: str | None = None, options: Options = DEFAULT_OPTIONS, *, backward: bool | None = None
) -> Result:
    """The result of a spec; `op` and `backward` are what a command asks for."""
    task = build(document, OPS, op, options.limits, backward=backward)
    return Result(task.exercise, document.source, task.title, options, task.kind_mark)
