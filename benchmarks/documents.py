"""The specs that are measured: written files, and dicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

LARGE = 16 * 2**20
"""Bytes of the largest file that is read."""
RAISED = ("--limit", "terms=100000000", "--limit", "printed=100000000")
"""Options for long traces."""


def numbers(*shape: int, seed: int = 13) -> Any:
    """Numbers with two decimals, as exercises have them."""
    return np.round(np.random.default_rng(seed).uniform(-9, 9, shape), 2)


def whole_numbers(*shape: int, seed: int = 13) -> Any:
    """Whole numbers without 0, as exercises by hand have them."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 9, shape) * rng.choice([-1, 1], shape)


def conv_file(folder: Path, rows: int, columns: int, kernel: int = 3) -> str:
    """The path of a convolution with so many outputs, its arrays in files beside it."""
    name = f"conv-{rows}x{columns}k{kernel}"
    np.save(folder / f"{name}-A.npy", numbers(rows + kernel - 1, columns + kernel - 1))
    np.save(folder / f"{name}-dZ.npy", numbers(rows, columns, seed=14))
    weights = numbers(kernel, kernel, seed=15).tolist()
    text = f"op: conv\ninput: {{file: {name}-A.npy}}\nkernel: {weights}\ndelta: {{file: {name}-dZ.npy}}\n"
    return _written(folder / f"{name}.yaml", text)


def terms(rows: int, columns: int, kernel: int = 3) -> int:
    """How many terms the full trace of `conv_file` has: each output has k*k products in Z, in dA and in dW, a
    bias, and is a term of db."""
    return rows * columns * (3 * kernel**2 + 2)


def numbers_file(folder: Path, cells: int) -> str:
    """The path of a convolution whose input is so many numbers, written in rows of 64, with a kernel of one cell."""
    rows = ",\n".join(str(row) for row in numbers(cells // 64, 64).tolist())
    return _written(folder / f"numbers-{cells}.yaml", f"op: conv\nkernel: [[1]]\ninput: [\n{rows}]\n")


def tiny_mappings(folder: Path) -> str:
    """The path of a spec of 16 MiB, all of it mappings with one key."""
    return _written(folder / "mappings.yaml", _filled("{a: 1}", 2**31))


def most_mappings(folder: Path) -> str:
    """The path of a spec of 16 MiB with as many mappings as the limit on values allows, each padded with blanks."""
    return _written(folder / "padded.yaml", _filled("{a: 1}", 74_000))


def _filled(entry: str, most: int) -> str:
    start, end = "op: conv\ninput: [1, 2, 3]\nkernel: [1, 2]\nanswers: {note: [\n", "]}\n"
    room = LARGE - len(start) - len(end)
    count = min(most, room // (len(entry) + 2))
    return start + ",\n".join([entry.ljust(room // count - 2)] * count) + end


def small_conv(rows: int = 5, columns: int = 5, kernel: int = 3) -> dict[str, Any]:
    """A convolution of whole numbers as a dict."""
    return {
        "op": "conv",
        "input": whole_numbers(rows, columns).tolist(),
        "kernel": whole_numbers(kernel, kernel, seed=14).tolist(),
        "delta": whole_numbers(rows - kernel + 1, columns - kernel + 1, seed=15).tolist(),
    }


def _written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)
