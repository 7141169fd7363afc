"""The one registry of ops: a new op, or a new layer of networks, is its own file or package here and one line below.

A line names the op's key and title; its parts are imported from `cnngrad.ops.KEY` only when they are used.
"""

from __future__ import annotations

from cnngrad.exercise.op import Op

OPS: dict[str, Op] = {
    op.name: op
    for op in (
        Op("conv", "Convolution"),
        Op("pool", "Pooling"),
        Op("dense", "Dense layer"),
        Op("activation", "Activation"),
        Op("network", "Network", layer=False),
        Op("graph", "Computation graph", layer=False),
        Op("rnn", "Recurrent network", layer=False),
        Op("flatten", "Flatten", alone=False),
        Op("residual", "Residual connection", alone=False),
        Op("batch_norm", "Batch normalisation"),
        Op("layer_norm", "Layer normalisation", alone=False),
    )
}
"""Every op by its key, in the order in which messages list them."""
