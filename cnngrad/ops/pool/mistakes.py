"""What goes wrong with a pooling layer: with both passes, with its gradient alone."""

from __future__ import annotations

from cnngrad.ops.pool import mistakes_da, mistakes_z

ROWS = (*mistakes_z.ROWS, *mistakes_da.ROWS)
