"""Colours: each reads on black and on white, red is for what is wrong alone."""

from __future__ import annotations

import re

import cnngrad
from cnngrad.render import Look, render
from cnngrad.render.colors import COLORS, GRADIENT, SIGNED, WRONG, color_of
from cnngrad.report.page import page

CUBE = (0, 95, 135, 175, 215, 255)
"""The steps of xterm's 6x6x6 cube of colours, numbered from 16."""


def brightness(color: str) -> float:
    """The relative luminance of a colour (WCAG 2.1)."""
    number = int(color.partition("(")[2].rstrip(")")) - 16
    assert 0 <= number < 216, color
    steps = (CUBE[number // 36] / 255, CUBE[number // 6 % 6] / 255, CUBE[number % 6] / 255)
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in steps)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(color: str) -> float:
    """The lower of the contrasts with black and with white (WCAG 2.1)."""
    return min((brightness(color) + 0.05) / 0.05, 1.05 / (brightness(color) + 0.05))


def test_every_colour_reads_on_black_and_on_white() -> None:
    assert brightness("color(231)") == 1
    colors = {style for style in (*COLORS.values(), *SIGNED.values()) if "color" in style} - {WRONG}
    assert all(contrast(color) > 4.3 for color in colors)
    assert contrast(GRADIENT) > 4.5
    assert contrast(WRONG) > 3.9  # bold: 3 are enough


def test_red_is_for_wrong_alone() -> None:
    styles = {**COLORS, **{f"sign {sign}": style for sign, style in SIGNED.items()}}
    assert {name for name, style in styles.items() if style == WRONG} == {"wrong", "sign wrong", "sign bad"}
    assert len({color_of(name) for name in ("A", "W", "dZ", "Z", "dW", "wrong")}) == 6
    assert color_of("conv1.dW") == color_of("dA") == color_of("db") == GRADIENT


def test_a_page_of_right_numbers_has_no_red() -> None:
    red = WRONG.partition("(")[2].rstrip(")")
    for name in ("forum-conv", "ties", "forum-network", "lecture-graph", "rnn-matrix"):
        codes = re.findall(r"\x1b\[([0-9;]*)m", render("table", page(cnngrad.run(f"example:{name}")), Look(color=True)))
        assert codes
        assert not any(code in ("31", "91") or code.endswith((";31", ";91", f"38;5;{red}")) for code in codes)
