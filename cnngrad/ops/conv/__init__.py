"""Convolution (cross-correlation) and its transpose."""

from cnngrad.exercise.op import Op

OP = Op("conv", "Convolution", __name__)
