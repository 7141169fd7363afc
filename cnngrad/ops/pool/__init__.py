"""Max and average pooling."""

from cnngrad.exercise.op import Op

OP = Op("pool", "Pooling", __name__)
