"""What one can choose in the homework commands. Words alone, so that --help stays fast."""

HINTS = ("law", "quantity", "cell", "mistake", "full")
"""What a check tells: that a law fails, which quantity is wrong, which cells, which mistake, the right numbers."""
CRITERIA = {
    "cells": "every cell",
    "mean": "the mean alone",
    "sum": "the sum alone",
    "shape": "the shape alone",
}
"""What a grader compares, for an audit."""
SEPARATE = ("all", "truth", "none")
"""What the mistakes in a generated exercise differ from: the truth and each other; the truth alone; nothing."""
EXERCISES = ("conv-backward", "pool", "network", "graph", "rnn")
"""The exercises that can be generated."""
SIDES = range(1, 10_000)
"""What a side of an input may be."""
_MANY = range(1, 1_001)
SETTINGS: dict[str, range | tuple[str, ...]] = {
    "window": _MANY,
    "stride": _MANY,
    "padding": range(1_001),
    "dilation": _MANY,
    "channels": _MANY,
    "filters": _MANY,
    "batch": _MANY,
    "mode": ("max", "average"),
    "ties": ("first", "last", "all", "split"),
    "steps": range(2, 21),
    "hidden": range(1, 9),
    "activation": ("relu", "tanh", "sigmoid", "identity"),
    "digits": range(1, 5),
}
"""The settings of a generated exercise beside its size: from which number to which, or one of some words."""
