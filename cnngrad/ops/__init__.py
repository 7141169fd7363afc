"""The ops of a spec: one file each with its keys and how they become an exercise. This is their registry."""

from __future__ import annotations

from cnngrad.ops.activation import fields as activation
from cnngrad.ops.conv import fields as conv
from cnngrad.ops.dense import fields as dense
from cnngrad.ops.graph import fields as graph
from cnngrad.ops.network import fields as network
from cnngrad.ops.pool import fields as pool
from cnngrad.ops.rnn import fields as rnn
from cnngrad.spec.op import Op, layer_op

OPS: dict[str, Op] = {
    "conv": layer_op(conv.FIELDS, conv.fit),
    "pool": layer_op(pool.FIELDS, pool.fit),
    "dense": layer_op(dense.FIELDS, dense.fit),
    "activation": layer_op(activation.FIELDS, activation.fit),
    "network": Op(network.FIELDS, network.build),
    "graph": Op(graph.FIELDS, graph.build),
    "rnn": Op(rnn.FIELDS, rnn.build),
}
