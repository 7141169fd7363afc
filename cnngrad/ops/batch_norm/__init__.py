"""Batch normalisation."""

from cnngrad.exercise.op import Op

OP = Op("batch_norm", "Batch normalisation", __name__, alone=False)
