"""The ops of a spec: one file each with its keys and how they become an exercise. This is their registry."""

from __future__ import annotations

from cnngrad.spec.exercises import activation, conv, dense, graph, network, pool, rnn
from cnngrad.spec.exercises.op import Op

OPS: dict[str, Op] = {
    "conv": Op(conv.FIELDS, conv.build),
    "pool": Op(pool.FIELDS, pool.build),
    "dense": Op(dense.FIELDS, dense.build),
    "activation": Op(activation.FIELDS, activation.build),
    "network": Op(network.FIELDS, network.build),
    "graph": Op(graph.FIELDS, graph.build),
    "rnn": Op(rnn.FIELDS, rnn.build),
}
