"""How cost grows: the exponent of the time over four doublings of the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np

import cnngrad
from benchmarks import calls, documents
from benchmarks.figures import exponent
from benchmarks.processes import Processes
from benchmarks.rows import Setting
from benchmarks.timing import Contender, Sample, in_turns, timed

DOUBLINGS = 4
SIZES = tuple(2**number for number in range(DOUBLINGS + 1))


@dataclass(frozen=True)
class Growing:
    """Something whose work can be doubled: `prepare` gives the contender for 1, 2, 4, 8 and 16 times the work; one that
    `warms` itself up is not called before it is timed."""

    name: str
    per: str
    prepare: Callable[[Setting, int], Contender]
    warms: bool = False

    @property
    def key(self) -> str:
        """What `--only` looks at."""
        return f"growth: {self.name}"


@dataclass(frozen=True)
class Grown:
    """The seconds of each size, in each round."""

    name: str
    per: str
    seconds: dict[str, list[float]]

    @property
    def exponent(self) -> float:
        """That of the medians: 1 where twice the work takes twice the time."""
        return exponent(list(map(float, self.seconds)), list(map(median, self.seconds.values())))


def growing() -> list[Growing]:
    """What the table says the exponent of."""
    return [
        Growing("reading", "numbers", _reading),
        Growing("conv", "multiply-adds", _conv),
        Growing("pool", "cells", _pool),
        Growing("trace", "terms", _trace, warms=True),
        Growing("check", "cells", partial(_homework, "check")),
        Growing("audit", "cells", partial(_homework, "audit")),
        Growing("batch", "specs", _batch, warms=True),
    ]


def grown(what: Growing, setting: Setting) -> Grown:
    """All sizes in turn, in each of a few rounds."""
    contenders = {str(size): what.prepare(setting, size) for size in SIZES}
    if not what.warms:
        in_turns(contenders, 1, settle=0)
    taken = in_turns(contenders, min(setting.rounds, 2 if setting.quick else 5))
    return Grown(what.name, what.per, {size: [each.seconds for each in taken[size]] for size in taken})


def _reading(setting: Setting, size: int) -> Contender:
    path = documents.numbers_file(setting.folder, 2**14 * size)
    return timed(lambda: cnngrad.run(path))


def _conv(_: Setting, size: int) -> Contender:
    rng = np.random.default_rng(13)
    A, dZ = rng.standard_normal((2, 4, 16, 64 * size + 2, 34))
    W = rng.standard_normal((16, 16, 3, 3))
    dZ = dZ[:, :, 1:-1, 1:-1].copy()

    def call() -> None:
        cnngrad.conv_forward(A, W, layout="NCHW")
        cnngrad.conv_backward(A, W, dZ, layout="NCHW")

    return timed(call)


def _pool(_: Setting, size: int) -> Contender:
    rng = np.random.default_rng(13)
    A, dZ = rng.standard_normal((8, 16, 64 * size, 64)), rng.standard_normal((8, 16, 32 * size, 32))

    def call() -> None:
        cnngrad.pool_forward(A, 2, layout="NCHW")
        cnngrad.pool_backward(A, dZ, 2, layout="NCHW")

    return timed(call)


def _trace(setting: Setting, size: int) -> Contender:
    folder, rows = setting.folder, (6 if setting.quick else 40) * size
    options = ["--trace", "full", "--format", "json", "-o", str(folder / "grown.json"), *documents.RAISED]
    small, path = documents.conv_file(folder, 2, 2), documents.conv_file(folder, rows, 20)
    return Processes(folder).command(["run", small, *options], ["run", path, *options])


def _batch(setting: Setting, size: int) -> Contender:
    """Every run starts a worker of its own."""
    count = (25 if setting.quick else 200) * size
    return lambda: Sample(calls.batch_seconds(count))


def _homework(name: str, _: Setting, size: int) -> Contender:
    spec, limit = documents.small_conv(size * (64 if name == "audit" else 16) + 2, 34), "audit_work=100000000000"
    if name == "audit":
        return timed(lambda: cnngrad.audit(spec, limit=limit).to_dict())
    answers = calls.single_mistake(spec)
    return timed(lambda: cnngrad.check(spec, answers, limit=limit).to_dict())
