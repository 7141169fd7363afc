"""Networks: layers in order, a loss, one step of descent."""

from cnngrad.exercise.op import Op

OP = Op("network", "Network", __name__, layer=False)
