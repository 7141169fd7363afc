"""One package (or file) per textbook word, and the one registry of them: a new op is a line here."""

from __future__ import annotations

from cnngrad.exercise.op import Op
from cnngrad.ops import activation, batch_norm, conv, dense, flatten, graph, network, pool, residual, rnn

OPS: dict[str, Op] = {
    each.OP.name: each.OP
    for each in (conv, pool, dense, activation, network, graph, rnn, flatten, residual, batch_norm)
}
"""Every op by its key, in the order in which messages list them."""
