"""What goes wrong with a convolution: with Z, with dA, with dW and db."""

from __future__ import annotations

from cnngrad.ops.conv import mistakes_da, mistakes_dw_db, mistakes_z

ROWS = (*mistakes_z.ROWS, *mistakes_da.ROWS, *mistakes_dw_db.ROWS)
