"""Four derivations of the same gradients, each computed on its own from the same windows.

Each class gives the three products of `Correlation` (so that a `Conv` runs on any of them) and the
two of pooling, whose windows each have weights of their own (N, C, *outputs, *taps).
"""

from __future__ import annotations

from cnngrad.methods.cellwise import Gather, Scatter
from cnngrad.methods.matrix import Matrix
from cnngrad.methods.rotate import Rotate

Method = Gather | Scatter | Rotate | Matrix
METHODS: dict[str, type[Gather] | type[Scatter] | type[Rotate] | type[Matrix]] = {
    "gather": Gather,
    "scatter": Scatter,
    "rotate": Rotate,
    "matrix": Matrix,
}
