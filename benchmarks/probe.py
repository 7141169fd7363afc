"""A process that measures itself: a function is named on its command line, with arguments as JSON on standard input.

The last line that it writes is a sample: the seconds and the bytes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

Figures = tuple[float, float]
STATUS = Path("/proc/self/status")


def peak() -> float:
    """The most bytes that this process has held in memory at once."""
    if STATUS.exists():  # what getrusage says begins with the parent's memory there
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


def command(warm: Sequence[str], args: Sequence[str]) -> Figures:
    """A command of the program, after a small one that imports what it needs; the memory is what came on top."""
    _command(warm)
    before, start = peak(), time.perf_counter()
    _command(args)
    return time.perf_counter() - start, peak() - before


def _command(args: Sequence[str]) -> None:
    """Run it as the console script does, its output into nothing; RuntimeError for what could not be done."""
    from cnngrad.__main__ import main

    sys.argv = ["cnngrad", *args]
    with open(os.devnull, "w", encoding="utf-8") as nothing, redirect_stdout(nothing):
        try:
            main()
        except SystemExit as end:
            if end.code not in (0, 1):
                raise RuntimeError(f"{' '.join(args)} ended with {end.code}") from None


def reading(path: str) -> Figures:
    """The spec in a file, read or refused."""
    import cnngrad

    cnngrad.run({"op": "conv", "input": [1, 2], "kernel": [1]})
    before, start = peak(), time.perf_counter()
    with suppress(cnngrad.CnngradError):
        cnngrad.run(path, trace="none")
    return time.perf_counter() - start, peak() - before


def conv_memory(conv: dict[str, Any], dtype: str) -> Figures:
    """Forward and gradients: the bytes of all arrays at the peak, those that are given among them."""
    import cnngrad
    from benchmarks.kernels import Conv, arranged

    shape = Conv(**conv)
    A, W, b, dZ = shape.arrays(dtype)
    A, W, dZ = arranged(shape, A, W, dZ)
    settings = {**shape.settings, "layout": shape.layout}
    tracemalloc.start()
    start = time.perf_counter()
    Z = cnngrad.conv_forward(A, W, b, **settings)
    gradients = cnngrad.conv_backward(A, W, dZ, **settings)
    seconds = time.perf_counter() - start
    given = sum(array.nbytes for array in (A, W, b, dZ))
    assert Z.shape == dZ.shape
    assert gradients[0].shape == A.shape
    return seconds, given + float(tracemalloc.get_traced_memory()[1])


def main() -> None:
    """Call the function that the command line names, and write what it measured."""
    measures: dict[str, Callable[..., Figures]] = {
        "command": command,
        "reading": reading,
        "conv_memory": conv_memory,
    }
    print(json.dumps(measures[sys.argv[1]](**json.load(sys.stdin))))
