"""From a solved exercise to the chosen format and place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnngrad.cli.options import Request
from cnngrad.cli.output import look, say, write
from cnngrad.errors import CnngradError, Exit
from cnngrad.render import FORMATS, Format

if TYPE_CHECKING:
    from cnngrad.report.blocks import Page
    from cnngrad.report.sheet import Sheet
    from cnngrad.result import Result
    from cnngrad.spec.tree import Document


def solve_and_show(request: Request, document: Document, op: str | None, *, backward: bool | None = None) -> int:
    """Solve, write, and say on stderr what failed; the exit code."""
    from cnngrad.session import solve

    result = solve(document, op, request.options, backward=backward)
    code = verdict(result)
    show(request, result)
    return code


def show(request: Request, result: Result) -> None:
    """Write a result in the format and to the place that were asked for."""
    from cnngrad.report.printed import allow_printed, of_page, of_record

    chosen = FORMATS[request.format]
    elide = request.output is None
    numbers = 0 if chosen.of_diagrams else of_record(result) if chosen.of_records else of_page(result, elide=elide)
    allow_printed(result.options.limits, numbers)
    if chosen.of_records:
        write(chosen.write_record(result.to_dict()), request.output)
        return
    if chosen.of_diagrams:
        from cnngrad.report.diagram import diagram

        write(chosen.write_diagram(diagram(result)), request.output)
        return
    from cnngrad.report.page import page

    written = page(result, elide=elide)
    write(chosen.write_page(written, look(request.color, request.output)), request.output)


def pages_or_records(name: str) -> Format:
    """The format of this name, for what has no diagram."""
    chosen = FORMATS[name]
    if chosen.of_diagrams:
        raise CnngradError(f"--format: {name} draws the result of a graph or a network; take another format here")
    return chosen


def present(
    chosen: Format,
    output: str | None,
    color: str,
    *,
    page: Callable[[], Page],
    record: Callable[[], dict[str, Any]],
    sheet: Callable[[], Sheet] | None = None,
) -> None:
    """Write what the chosen format writes: only that is made."""
    if chosen.of_records:
        write(chosen.write_record(record()), output)
    elif chosen.of_sheets and sheet is not None:
        write(chosen.write_sheet(sheet()), output)
    else:
        write(chosen.write_page(page(), look(color, output)), output)


def verdict(result: Result) -> int:
    """0, or 1 with a line on stderr where a check failed."""
    if result.passed:
        return Exit.DONE
    found = result.gradcheck
    assert found is not None
    say(f"gradient check failed: largest relative error {found.largest:.2g}")
    return Exit.FAILED
