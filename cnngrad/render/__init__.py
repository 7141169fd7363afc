"""How a page or a record looks: one writer per format. The registry is the choice list of --format."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnngrad.report.blocks import Page
    from cnngrad.report.diagram import Diagram
    from cnngrad.report.sheet import Sheet


@dataclass(frozen=True)
class Look:
    """What a writer may use: the width of the terminal (none when piped), colour, and line drawing."""

    width: int | None = None
    color: bool = False
    ascii_only: bool = False


@dataclass(frozen=True)
class Format:
    """One output format: where its writer lives, and what it writes: pages, records, diagrams or score sheets."""

    module: str
    writes: str

    @property
    def of_records(self) -> bool:
        """Whether the writer takes the JSON object."""
        return self.writes == "records"

    @property
    def of_diagrams(self) -> bool:
        """Whether the writer takes boxes and arrows."""
        return self.writes == "diagrams"

    @property
    def of_sheets(self) -> bool:
        """Whether the writer takes a score sheet."""
        return self.writes == "sheets"

    def write_page(self, page: Page, look: Look) -> str:
        """The text of a page."""
        writer: Callable[[Page, Look], str] = import_module(self.module).render
        return writer(page, look)

    def write_record(self, record: dict[str, Any]) -> str:
        """The text of a record."""
        writer: Callable[[dict[str, Any]], str] = import_module(self.module).render
        return writer(record)

    def write_diagram(self, diagram: Diagram) -> str:
        """The text of a diagram."""
        writer: Callable[[Diagram], str] = import_module(self.module).render
        return writer(diagram)

    def write_sheet(self, sheet: Sheet) -> str:
        """The text of a score sheet."""
        writer: Callable[[Sheet], str] = import_module(self.module).render
        return writer(sheet)


FORMATS = {
    "table": Format("cnngrad.render.table", "pages"),
    "text": Format("cnngrad.render.text", "pages"),
    "json": Format("cnngrad.render.as_json", "records"),
    "yaml": Format("cnngrad.render.as_yaml", "records"),
    "dot": Format("cnngrad.render.dot", "diagrams"),
    "mermaid": Format("cnngrad.render.mermaid", "diagrams"),
    "gradescope": Format("cnngrad.render.gradescope", "sheets"),
    "junit": Format("cnngrad.render.junit", "sheets"),
}
