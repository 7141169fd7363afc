"""Computation graphs of scalars."""

from cnngrad.exercise.op import Op

OP = Op("graph", "Computation graph", __name__, layer=False)
