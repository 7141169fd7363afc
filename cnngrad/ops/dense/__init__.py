"""The fully connected layer."""

from cnngrad.exercise.op import Op

OP = Op("dense", "Dense layer", __name__)
SAYS = {"W": "W weights"}
