"""The colour of each quantity, the same everywhere, readable on black and on white; red is for what is wrong alone.

They are colours of the fixed part of the 256 (16 to 255), because those below are what each terminal makes of them:
blue is often too dark on black, yellow too light on white. The contrast with black and with white is at least 4.3 (4.5
for gradients), where WCAG 2.1, 1.4.3, asks for 4.5 of small text and for 3 of large or bold text.
"""

from __future__ import annotations

INPUT = "color(63)"
"""blue"""
PARAMETER = "color(130)"
"""orange"""
UPSTREAM = "color(28)"
"""green"""
OUTPUT = "color(30)"
"""teal"""
GRADIENT = "color(163)"
"""magenta"""
WRONG = "bold color(196)"
"""red"""
RIGHT = f"bold {UPSTREAM}"
COLORS = {
    **dict.fromkeys(("A", "x", "h0"), INPUT),
    **dict.fromkeys(("W", "b", "gamma", "beta", "W_input", "W_recurrent"), PARAMETER),
    **dict.fromkeys(("dZ", "dh"), UPSTREAM),
    **dict.fromkeys(("Z", "h", "mask", "argmax"), OUTPUT),
    **dict.fromkeys(("dA", "dW", "db", "dS", "dgamma", "dbeta", "dx", "dh0", "dW_input", "dW_recurrent"), GRADIENT),
    "right": RIGHT,
    "wrong": WRONG,
    "result": "bold",
    **dict.fromkeys(("padding", "note"), "dim"),
}
TURNED = ("part", "pad-part", "winner")
"""Signs of the cells that are drawn in the colours of their quantity turned: what took part, and what won."""
SIGNED = {
    **dict.fromkeys(("differs", "missing", "half"), "bold"),
    **dict.fromkeys(("wrong", "bad"), WRONG),
    **dict.fromkeys(("right", "good"), UPSTREAM),
    "padding": "dim",
}
"""The styles of the other marked cells."""


def color_of(quantity: str) -> str:
    """The colour of a quantity, or no text: conv1.dW has that of dW."""
    return COLORS.get(quantity.rpartition(".")[2], "")
