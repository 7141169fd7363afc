"""What the figures were measured on, and its rate of matrix products."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from benchmarks.timing import Contender, timed

SIDE = 768
"""Rows and columns of the matrices: large enough for the full rate, and 5 MB each."""
OPERATIONS = 2 * SIDE**3
"""Multiplications and additions of one product."""


def product(dtype: str) -> Contender:
    """One matrix product of these floats."""
    matrix = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype(dtype)
    result = np.empty_like(matrix)
    return timed(lambda: np.matmul(matrix, matrix, out=result))


def described() -> str:
    """The processor, its cores, and the versions of what computes."""
    packages = (f"{name} {_version(name)}" for name in ("numpy", "torch"))
    return f"{_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {', '.join(packages)}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    """The name that the system has for it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
