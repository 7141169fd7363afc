"""From a solved exercise to the chosen format and place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from cnngrad.cli.options import Request
from cnngrad.cli.output import look, say, write
from cnngrad.errors import CnngradError, Exit
from cnngrad.render import FORMATS, render

if TYPE_CHECKING:
    from cnngrad.api.solve import Result
    from cnngrad.report.blocks import Diagram, Page
    from cnngrad.spec.tree import Document


def solve_and_show(request: Request, document: Document, op: str | None, *, backward: bool | None = None) -> int:
    """Solve, write, and say on stderr what failed; the exit code."""
    result = solved(request, document, op, backward=backward)
    code = verdict(result)
    page = partial(_page, result, elide=request.output is None)
    show_as(request, {"page": page, "record": partial(_record, result), "diagram": partial(_diagram, result)})
    return code


def show_as(request: Request, makers: Mapping[str, Callable[[], Any]]) -> None:
    """Write what the chosen format takes to the chosen place; the makers of the rest are not called."""
    takes = FORMATS[request.format].takes
    if takes not in makers:
        says = f"{request.format} draws the result of a graph or a network; take another format here"
        raise CnngradError(f"--format: {says}")
    write(render(request.format, makers[takes](), look(request.color, request.output)), request.output)


def solved(request: Request, document: Document, op: str | None = None, *, backward: bool | None = None) -> Result:
    """The solution of a spec, with the options of the request."""
    from cnngrad.api.solve import solve

    base, only = int(request.index_base), request.names
    return solve(document, op, request.options, backward=backward, limits=request.limits, base=base, only=only)


def verdict(result: Result) -> int:
    """0, or 1 with a line on stderr where a check failed."""
    if result.passed:
        return Exit.DONE
    found = result.gradcheck
    assert found is not None
    say(f"gradient check failed: largest relative error {found.largest:.2g}")
    return Exit.FAILED


def _page(result: Result, *, elide: bool) -> Page:
    from cnngrad.report.page import page
    from cnngrad.report.view import allow_printed, printed_on_page

    allow_printed(result.limits, printed_on_page(result, elide=elide))
    return page(result, elide=elide)


def _record(result: Result) -> dict[str, Any]:
    from cnngrad.report.view import allow_printed, printed_in_record

    allow_printed(result.limits, printed_in_record(result))
    return result.to_dict()


def _diagram(result: Result) -> Diagram:
    from cnngrad.report.page import diagram

    return diagram(result)
