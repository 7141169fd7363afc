"""The page of a graph."""

from __future__ import annotations

from commands import cnngrad


def test_rounding_every_node() -> None:
    # s = 0.37/1.37 in the lecture's rounding: 1/t7 = 0.73, and -0.53 after -1/t7**2
    page = cnngrad("graph", "example:lecture-neuron", "--round", "2", "--format", "text").out
    rounded = page.partition("Rounded to 2 decimals at every node")[2].partition("Tree")[0]
    lines = {
        words[0]: words[-1] for words in map(str.split, rounded.splitlines()) if len(words) == 5 and words[0] != "node"
    }
    assert lines == {
        "w0": "-0.20", "x0": "0.40", "w1": "-0.40", "x1": "-0.60", "w2": "0.20", "t1": "0.20", "t2": "0.20",
        "t3": "0.20", "t4": "0.20", "t5": "-0.20", "t6": "-0.53", "t7": "-0.53", "t8": "1.00",
    }  # fmt: skip
