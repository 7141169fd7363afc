"""Recurrent networks, and backpropagation through time."""

from cnngrad.exercise.op import Op

OP = Op("rnn", "Recurrent network", __name__, layer=False)
