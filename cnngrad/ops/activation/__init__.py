"""Activations: a function of every cell, or softmax along an axis."""
