"""Activations: a function of every cell, or softmax along an axis."""

from cnngrad.exercise.op import Op

OP = Op("activation", "Activation", __name__)
