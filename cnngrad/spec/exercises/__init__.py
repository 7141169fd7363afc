"""The ops of a spec: one file each with its keys and how they become an exercise. This is their registry."""

from __future__ import annotations

from cnngrad.spec.exercises import conv, graph, pool
from cnngrad.spec.exercises.op import Op

OPS: dict[str, Op] = {
    "conv": Op(conv.FIELDS, conv.build),
    "pool": Op(pool.FIELDS, pool.build),
    "graph": Op(graph.FIELDS, graph.build),
}
