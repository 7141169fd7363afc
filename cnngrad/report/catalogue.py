"""The list of built-in specs as a page."""

from __future__ import annotations

from collections.abc import Sequence

from cnngrad.examples import Example
from cnngrad.report.blocks import Heading, Listing, Page, words


def catalogue_page(found: Sequence[Example]) -> Page:
    """Name, op, title, and what to look at."""
    rows = tuple(
        (example.name, example.op, f"{example.title[:1].upper()}{example.title[1:]}. {example.look}")
        for example in found
    )
    return (
        Heading("Built-in specs"),
        Listing(("name", "op", "what it shows"), rows),
        words("run one with 'cnngrad run example:NAME', print it with 'cnngrad examples show NAME'"),
    )
