"""The ops of a spec: one file each with its keys and how they become an exercise. This is their registry."""

from __future__ import annotations

from cnngrad.spec.exercises import activation, conv, dense, graph, network, pool, rnn
from cnngrad.spec.exercises.op import Op, layer_op

OPS: dict[str, Op] = {
    "conv": layer_op(conv.FIELDS, conv.fit),
    "pool": layer_op(pool.FIELDS, pool.fit),
    "dense": layer_op(dense.FIELDS, dense.fit),
    "activation": layer_op(activation.FIELDS, activation.fit),
    "network": Op(network.FIELDS, network.build),
    "graph": Op(graph.FIELDS, graph.build),
    "rnn": Op(rnn.FIELDS, rnn.build),
}
