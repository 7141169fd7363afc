"""Open a spec, solve it, explain a number of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from cnngrad.errors import CnngradError, indices_from
from cnngrad.examples import PREFIX, example_file
from cnngrad.exercise.terms import CellTrace
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.kinds import FLOAT
from cnngrad.ops import OPS
from cnngrad.records import dataclass
from cnngrad.report.record import explanation_record, record, written_explanation, written_record
from cnngrad.report.view import TRACES, Options, View
from cnngrad.spec.build import build
from cnngrad.spec.reader import read_file
from cnngrad.spec.tree import Document

if TYPE_CHECKING:
    from cnngrad.report.blocks import Page

Spec = str | PathLike[str] | Mapping[str, Any] | Document
"""A path, `example:NAME`, `-` for standard input, the spec itself as a dict, or what was read of one."""
Limited = str | Sequence[str] | Limits
"""`NAME=VALUE`, several of them, or all limits."""
DECIMALS = range(101)
"""How many can be printed."""


class Printing(ABC):
    """What shows its page when it is printed."""

    @abstractmethod
    def page(self) -> Page:
        """The blocks of the page."""

    def __str__(self) -> str:
        from cnngrad.render.text import render

        return "".join(render(self.page()))


@dataclass(frozen=True)
class Result(Printing, View[Any]):
    """One exercise, solved. `results` holds the arrays by symbol, in the user's layout."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, as plain Python."""
        return record(self)

    def written(self) -> dict[str, Any]:
        """The same for a writer of `render`: the trace is made while it is written, unless a number of it may pass a
        limit, as fractions and formulas can, when a part of it is on the screen already."""
        held = self.exercise.kind is not FLOAT and not self.options.to_file
        return record(self) if held else written_record(self)

    def explain(self, cell: str) -> Steps:
        """Why the cell named like `dW[0,1]` has its value; CnngradError says which cells there are."""
        from cnngrad.report.derivation import by_method

        trace = self.trace(cell)
        by_method(self, trace)
        return Steps(self, trace)

    def page(self) -> Page:
        from cnngrad.report.page import page

        return page(self)


@dataclass(frozen=True)
class Steps(Printing):
    """The steps that lead to one cell. `print` shows them; Jupyter shows a table."""

    result: Result
    trace: CellTrace

    @property
    def value(self) -> Any:
        """The number that is explained."""
        return self.trace.value

    def to_dict(self) -> dict[str, Any]:
        """The trace as plain Python."""
        return self.trace.to_dict(self.result.exercise.kind, self.result.base)

    def page(self) -> Page:
        from cnngrad.report.derivation import steps

        return tuple(steps(self.result, self.trace))

    def _repr_html_(self) -> str:
        from cnngrad.render.exports import steps_table

        return steps_table(self.to_dict())


@dataclass(frozen=True)
class Explanation(Printing):
    """Why some cells of a result have their values, back to the loss."""

    result: Result
    cells: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object: the traces of the cells, and of the gradients that they came from."""
        return explanation_record(self.result, self.cells)

    def written(self) -> dict[str, Any]:
        """The same for a writer of `render`."""
        return written_explanation(self.result, self.cells)

    def page(self) -> Page:
        from cnngrad.report.page import explanation_page

        return explanation_page(self.result, self.cells)


def run(
    spec: Spec,
    *,
    trace: str = "brief",
    method: str = "gather",
    index_base: int = 0,
    precision: int | None = None,
    gradcheck: bool = False,
    only: Sequence[str] = (),
    limit: Limited = (),
) -> Result:
    """Solve a spec: a path, `example:NAME`, or the spec itself as a dict.

    The options are those of the command line: `trace` none, brief or full; `method` gather, scatter,
    rotate or matrix; `index_base` 0 or 1; `precision` decimals of printed numbers; `only` the
    quantities that are wanted, as in `only=["dW", "db"]`; `limit` raises or lowers a size limit, as
    in `limit="cells=20000000"`. Raises CnngradError with every independent problem of the spec.
    """
    from cnngrad.methods import METHODS

    check_choice("trace", trace, TRACES)
    check_choice("method", method, tuple(METHODS))
    check_choice("index_base", index_base, (0, 1))
    if precision is not None:
        check_whole("precision", precision, DECIMALS)
    names = tuple(only.split(",") if isinstance(only, str) else only)
    options = Options(trace, method, precision, gradcheck)
    limits = limits_of(limit)
    with indices_from(index_base):
        return solve(document(spec, limits), options=options, limits=limits, base=index_base, only=names)


def explain(
    spec: Spec,
    *cells: str,
    trace: str = "brief",
    method: str = "gather",
    index_base: int = 0,
    precision: int | None = None,
    limit: Limited = (),
) -> Explanation:
    """Why the cells named like `dW[0,1]` have their values, back to the loss; the options are those of `run`.

    Raises CnngradError for a spec that cannot be used, and for a cell that the exercise does not have.
    """
    if not cells:
        raise CnngradError("cells: none is named; name one, as in explain(spec, 'dW[0,1]')")
    from cnngrad.report.derivation import by_method

    result = run(spec, trace=trace, method=method, index_base=index_base, precision=precision, limit=limit)
    for cell in cells:
        by_method(result, result.trace(cell))
    return Explanation(result, cells)


def check_choice(name: str, value: object, known: Sequence[object]) -> None:
    """Refuse an argument that is none of the known values."""
    if value not in known:
        raise CnngradError(f"{name}: {value!r} is unknown; it is one of {', '.join(map(str, known))}")


def check_whole(name: str, value: object, known: range) -> None:
    """Refuse an argument that is no whole number in this range."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in known:
        raise CnngradError(f"{name}: {value!r} is no whole number from {known[0]:,} to {known[-1]:,}")


def limits_of(limit: Limited) -> Limits:
    """The size limits, with each `NAME=VALUE` applied."""
    if isinstance(limit, Limits):
        return limit
    return DEFAULT.with_settings((limit,) if isinstance(limit, str) else tuple(limit))


def document(spec: Spec, limits: Limits, source: str = "<spec>") -> Document:
    """A spec as the tree of its keys; `source` is what a dict is called in messages."""
    if isinstance(spec, Document):
        return spec
    if isinstance(spec, str | PathLike):
        return open_spec(fspath(spec), limits)
    from cnngrad.spec.python_values import document_of

    return document_of(spec, limits, source)


def open_spec(name: str, limits: Limits) -> Document:
    """The spec with this path, `-` for standard input, or `example:NAME`."""
    if name.startswith(PREFIX):
        found = read_file(example_file(name.removeprefix(PREFIX)), limits)
        return replace(found, source=name)
    return read_file(name, limits)


def solve(
    document: Document,
    op: str | None = None,
    options: Options | None = None,
    *,
    backward: bool | None = None,
    limits: Limits = DEFAULT,
    base: int = 0,
    only: tuple[str, ...] = (),
) -> Result:
    """The result of a spec; `op` and `backward` are what a command asks for."""
    parsed = build(document, OPS, op, limits, backward=backward)
    return Result(
        parsed.exercise,
        document.source,
        parsed.title,
        parsed.kind_mark,
        limits,
        base,
        only,
        options=options or Options(),
    )
