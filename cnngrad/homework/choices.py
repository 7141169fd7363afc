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
