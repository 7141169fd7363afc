"""Identities that hold for right gradients: two numbers that must agree.

A law compares sums that were computed along different ways, so that it fails when one of them is
wrong. The adjoint law <A,dA> = <dZ,Z-b> holds because the layer without its bias is linear in A.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, kind_of
from cnngrad.numbers.sameness import same

TOLERANCE = 1e-9
"""How far two float64 sums may differ, relative to the sum of the absolute values of their terms."""


@dataclass(frozen=True)
class Law:
    """`name` says the identity; `left` and `right` are its sides."""

    name: str
    left: Any
    right: Any
    holds: bool


def law(name: str, left: Array, right: Array) -> Law:
    """The law that the cells of `left` and those of `right` have the same sum."""
    sums = left.sum(), right.sum()
    if kind_of(left) is kind_of(right) and left.dtype == object:
        return Law(name, *sums, _equal(*sums))
    epsilon = max(TOLERANCE, 64 * float(np.finfo(left.dtype).eps))
    # Made small before they are added: the sum of the absolute values may be beyond float64 where the sums are not.
    # Below the smallest normal number float64 has fewer digits.
    off = (epsilon * np.abs(left)).sum() + (epsilon * np.abs(right)).sum() + epsilon * np.finfo(left.dtype).tiny
    return Law(name, *sums, bool(abs(sums[0] - sums[1]) <= off))


def _equal(left: Any, right: Any) -> bool:
    """Whether two exact sums are the same number."""
    if isinstance(left, Formula) and isinstance(right, Formula):
        return same(left, right)
    return bool(left == right)
