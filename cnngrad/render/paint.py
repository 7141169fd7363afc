"""Styles as codes of a terminal, which rich knows, each looked up once; without colour rich is not imported."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from cnngrad.render import Look

Paint = Callable[[str, str], str]
"""What gives a text in a style, such as `bold color(63)`."""


def paint_of(look: Look) -> Paint:
    """How texts are styled where a page looks like this."""
    return painted if look.color else plain


def plain(text: str, _: str) -> str:
    """The text as it is."""
    return text


def painted(text: str, style: str) -> str:
    """The text between the codes of a style; there are none for no text or no style."""
    if not text:
        return text
    opening, closing = codes(style)
    return f"{opening}{text}{closing}"


@cache
def codes(style: str) -> tuple[str, str]:
    """What is written before and after a text of this style, in the 256 colours."""
    from rich.color import ColorSystem
    from rich.style import Style

    opening, _, closing = Style.parse(style or "none").render("x", color_system=ColorSystem.EIGHT_BIT).partition("x")
    return opening, closing


def width_of(text: str) -> int:
    """The columns that a text takes on a terminal, as rich counts them."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def padded(text: str, width: int) -> str:
    """The text with blanks up to this width behind it."""
    return text + " " * (width - width_of(text))
