"""Signatures that are the same numbers have one number: in blocks of rows as one by one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from cnngrad.homework.kinds import FIRST, Kinds, Signature, equal


def one_by_one(signatures: list[Signature]) -> list[int]:
    """The number of the first signature that is equal, each compared with each."""
    kinds: list[Signature] = []
    found = []
    for signature in signatures:
        number = next((n for n, other in enumerate(kinds) if equal(signature, other)), len(kinds))
        kinds += [signature] * (number == len(kinds))
        found.append(number)
    return found


def test_numbers_are_those_of_comparisons_one_by_one() -> None:
    """Two arrays of small whole numbers, some moved by 1e-12 or 1e-10 of the largest, transposed, infinite or exact."""
    rng = np.random.default_rng(1)
    signatures: list[Signature] = []
    for _ in range(40 * FIRST):
        one, other = rng.integers(0, 2, (1, 2)) * 1000.0, np.asarray(rng.integers(0, 3) * 1e-3)
        one = one + rng.choice([0, 0, 1e-9, 1e-7], one.shape)
        other = other * (1 + rng.choice([0, 0, 1e-12, 1e-9]))
        kind = rng.integers(12)
        if kind == 0:
            one = one.T
        elif kind == 1:
            one = np.where(one > 500, np.inf, one)
        elif kind == 2:
            one = np.array([[Fraction(float(cell)) for cell in one.flat]], dtype=object)
        signatures.append((one, np.asarray(other)))
    kinds = Kinds()
    numbers = [kinds.number(signature) for signature in signatures]
    assert numbers == one_by_one(signatures)
    assert FIRST < max(numbers) < len(numbers) // 2


def test_no_arrays_are_equal_to_none() -> None:
    """What has no gradient, as a recurrent network without an upstream gradient, has no arrays to compare."""
    kinds = Kinds()
    assert [kinds.number(()), kinds.number(())] == [0, 0]
