"""The commands that solve a spec and show it, as a table; and explain."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cnngrad.cli.options import (
    ONLY,
    OVERRIDES,
    RESULT,
    SHIFT,
    SPEC,
    Request,
    Whole,
    lazily,
    output_params,
    override_params,
    request,
)
from cnngrad.cli.output import say, show_as
from cnngrad.errors import Exit
from cnngrad.records import dataclass

if TYPE_CHECKING:
    from cnngrad.api.solve import Result
    from cnngrad.report.blocks import Diagram, Page
    from cnngrad.spec.tree import Document

FILE = "SPEC is a YAML or JSON file, - for standard input, or example:NAME."
BUILT_IN = f"{FILE} Without it a built-in example runs."
EXPRESSION = """
The argument is an expression, as in cnngrad graph "(x + y) * z" --at x=-2 --at y=5 --at z=-4, or a spec: a
YAML or JSON file, - for standard input, or example:NAME. Without it a built-in example runs.
"""
OUTPUT = output_params("page", "record", "diagram")


@dataclass(frozen=True)
class Solver:
    """One command that solves an exercise and shows it, and the options that it has beside those of all."""

    name: str
    op: str | None
    """the op that the spec must have; none where the spec says which"""
    says: str
    overrides: tuple[str, ...] = ()
    spec: click.Argument = click.Argument(["spec"], required=False, shell_complete=lazily("spec"))
    spec_is: str = BUILT_IN
    options: tuple[click.Option, ...] = ()
    backward: bool | None = None
    document: Callable[[Request, str | None, str], Document] = Request.document

    def command(self) -> click.Command:
        params = [self.spec, *self.options, *override_params(*self.overrides)]
        params += [*([SHIFT] if self.shifts else []), ONLY, *RESULT, *OUTPUT]
        return click.Command(self.name, callback=self.run, params=params, help=f"{self.says}\n\n{self.spec_is}")

    @property
    def shifts(self) -> bool:
        """Whether the input may have spatial axes, along which it can be shifted."""
        return self.op in ("conv", "pool", None)

    def run(self, spec: str | None, **given: Any) -> int:
        asked = request(**given)
        result = _solved(asked, self.document(asked, spec, self.op or ""), self.op, backward=self.backward)
        code = _verdict(result)
        page = partial(_page, result, elide=asked.output is None)
        show_as(asked, {"page": page, "record": partial(_record, result), "diagram": partial(_diagram, result)})
        return code


def _solved(asked: Request, document: Document, op: str | None = None, *, backward: bool | None = None) -> Result:
    """The solution of a spec, with the options of the request."""
    from cnngrad.api.solve import solve

    base, only = int(asked.index_base), asked.names
    result = solve(document, op, asked.options, backward=backward, limits=asked.limits, base=base, only=only)
    for warning in result.warnings:
        say(f"warning: {result.source}: {warning}")
    return result


def _verdict(result: Result) -> int:
    """0, or 1 with a line on stderr where a check failed."""
    if result.passed:
        return Exit.DONE
    assert result.gradcheck is not None
    say(f"gradient check failed: largest relative error {result.gradcheck.largest:.2g}")
    return Exit.FAILED


def _page(result: Result, *, elide: bool) -> Page:
    from cnngrad.report.page import page
    from cnngrad.report.view import allow_printed, printed_on_page

    allow_printed(result.limits, printed_on_page(result, elide=elide))
    return page(result, elide=elide)


def _record(result: Result) -> dict[str, Any]:
    from cnngrad.report.view import allow_printed, printed_in_record

    allow_printed(result.limits, printed_in_record(result))
    return result.written()


def _diagram(result: Result) -> Diagram:
    from cnngrad.report.page import diagram

    return diagram(result)


def _document(asked: Request, spec: str | None, op: str) -> Document:
    """The spec of a graph, or one around the expression."""
    if spec is None or spec == "-" or spec.startswith("example:") or _is_path(spec):
        return asked.document(spec, op)
    from cnngrad.spec.build import override
    from cnngrad.spec.python_values import document_of

    limits = replace(asked.limits, scalar=max(asked.limits.scalar, len(spec)))  # the limit "expression" is the one here
    document = document_of({"op": op, "expression": spec}, limits, "<expression>")
    return override(document, asked.settings, asked.limits)


def _is_path(spec: str) -> bool:
    """A file that is there, or a name that only a file has."""
    ending = os.path.splitext(spec.rstrip(os.sep))[1]
    try:
        return bool(spec) and (ending.lower() in (".yaml", ".yml", ".json") or os.path.exists(spec))
    except (OSError, ValueError):
        return False


CELLS = click.Argument(["cells"], nargs=-1, required=True, metavar="CELL...")
CONV = ("stride", "padding", "dilation", "layout")
POOL = ("mode", "window", "stride", "padding", "dilation", "ties", "layout")
LEARNING_RATE = click.Option(["--learning-rate"], metavar="NUMBER", help="Take one SGD step of this size.")
GRAPH = (
    click.Option(["--at"], multiple=True, metavar="NAME=NUMBER", help="The value of a variable; may be repeated."),
    click.Option(["--delta"], metavar="NUMBER", help="The upstream gradient of the output (1 when left out)."),
    click.Option(
        ["--round", "rounding"], type=Whole(0, 15), metavar="N", help="Also with every node rounded to N decimals."
    ),
)

conv_forward = Solver("conv-forward", "conv", "Z of a convolution.", CONV, backward=False).command()
conv_backward = Solver(
    "conv-backward", "conv", "Z, dA, dW and db of a convolution, with the derivation.", CONV, backward=True
).command()
pool = Solver("pool", "pool", "Z, mask and argmax of a pooling layer; with a delta also dA.", POOL).command()
network = Solver(
    "network",
    "network",
    "Every layer forward and backward, the loss, and one step of gradient descent.",
    ("layout",),
    options=(LEARNING_RATE,),
).command()
graph = Solver(
    "graph",
    "graph",
    "Every node of a scalar computation graph: value, local gradients, upstream, gradient.",
    spec=click.Argument(["spec"], required=False, metavar="[SPEC or EXPRESSION]", shell_complete=lazily("spec")),
    spec_is=EXPRESSION,
    options=GRAPH,
    document=_document,
).command()
rnn = Solver("rnn", "rnn", "h_t, and every weight's gradient as one term per time step.", ("layout",)).command()
run = Solver("run", None, "Whichever exercise the spec's op says.", OVERRIDES, spec=SPEC, spec_is=FILE).command()


@click.command(params=[SPEC, CELLS, *override_params(*OVERRIDES), *RESULT, *OUTPUT])
def explain(spec: str, cells: tuple[str, ...], **given: Any) -> int:
    """Why one number is what it is: the chain rule in symbols, with numbers, and as a picture.

    SPEC is a YAML or JSON file, - for standard input, or example:NAME. A CELL is written 'dW[0,1]';
    quote it, because shells read brackets.
    """
    from cnngrad.api.solve import Explanation
    from cnngrad.render import FORMATS
    from cnngrad.report.derivation import by_method
    from cnngrad.report.view import allow_printed, printed_in_explanation

    asked = request(**given)
    result = _solved(asked, asked.document(spec, ""))
    on_page = FORMATS[asked.format].takes == "page"
    allow_printed(asked.limits, printed_in_explanation(result, cells, on_page=on_page), "ask for fewer cells, or ")
    code = _verdict(result)
    for cell in cells:
        by_method(result, result.trace(cell))
    found = Explanation(result, cells)
    show_as(asked, {"page": found.page, "record": found.written})
    return code
