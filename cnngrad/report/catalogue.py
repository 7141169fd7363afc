"""The list of built-in specs as a page."""

from __future__ import annotations

from collections.abc import Sequence

from cnngrad.examples import Example
from cnngrad.report.blocks import Block, Heading, Page, Words, piece, words


def catalogue_page(found: Sequence[Example]) -> Page:
    """A name and what to look at, one below the other."""
    blocks: list[Block] = [Heading("Built-in specs: run one with 'cnngrad run example:NAME'")]
    for example in found:
        blocks += [Words((piece(example.name, "A"),), 2), words(example.says, indent=6)]
    return tuple(blocks)
