"""How a page or a record looks: one writer per format. The registry is the choice list of --format."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnngrad.report.blocks import Page


@dataclass(frozen=True)
class Look:
    """What a writer may use: the width of the terminal (none when piped), colour, and line drawing."""

    width: int | None = None
    color: bool = False
    ascii_only: bool = False


@dataclass(frozen=True)
class Format:
    """One output format: where its writer lives, and whether it writes pages or records."""

    module: str
    of_records: bool

    def write_page(self, page: Page, look: Look) -> str:
        """The text of a page."""
        writer: Callable[[Page, Look], str] = import_module(self.module).render
        return writer(page, look)

    def write_record(self, record: dict[str, Any]) -> str:
        """The text of a record."""
        writer: Callable[[dict[str, Any]], str] = import_module(self.module).render
        return writer(record)


FORMATS = {
    "table": Format("cnngrad.render.table", of_records=False),
    "text": Format("cnngrad.render.text", of_records=False),
    "json": Format("cnngrad.render.as_json", of_records=True),
    "yaml": Format("cnngrad.render.as_yaml", of_records=True),
}
