"""What a row of the table is, and what was measured for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.timing import Contender, Sample, in_turns

OURS = "cnngrad"
TORCH = "PyTorch"
LOOP = "loop"
PRODUCT = "product"
"""Contenders: this package, PyTorch, a textbook loop, a square matrix product of the same floats."""


@dataclass(frozen=True)
class Setting:
    """How a run is made: `quick` takes smaller sizes and fewer rounds; files are written into `folder`."""

    folder: Path
    quick: bool = False
    rounds: int = 5


@dataclass(frozen=True)
class Row:
    """One thing that is measured.

    `unit` and `work` say how much one call does, where the table shows a rate (terms) or a share of the rate of matrix
    products (operations); `aim` is what the table says. `prepare` gives the contenders, ours first; `once` is for what
    takes so long that a few rounds have to do, without one that is not timed.
    """

    name: str
    group: str
    prepare: Callable[[Setting], Mapping[str, Contender]]
    aim: str = ""
    unit: str = ""
    work: Callable[[Setting], float] = lambda _: 0.0
    once: bool = False

    @property
    def key(self) -> str:
        """What tells rows apart, and what `--only` looks at."""
        return f"{self.group}: {self.name}"


@dataclass(frozen=True)
class Measured:
    """The samples of a row: seconds and, where it was measured, bytes, of each contender in each round."""

    name: str
    group: str
    aim: str
    unit: str
    work: float
    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, list[float]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """That of its row."""
        return f"{self.group}: {self.name}"

    def joined(self, later: Measured) -> Measured:
        """This row with the samples of a later pass behind its own."""
        seconds = {name: [*taken, *later.seconds[name]] for name, taken in self.seconds.items()}
        memory = {name: [*taken, *later.memory[name]] for name, taken in self.memory.items()}
        return Measured(self.name, self.group, self.aim, self.unit, self.work, seconds, memory)


def measure(row: Row, setting: Setting) -> Measured:
    """The row, measured: each contender once without being timed, then the rounds."""
    contenders = row.prepare(setting)
    if row.once:
        rounds = 1 if setting.quick else min(setting.rounds, 3)
    else:
        in_turns(contenders, 1, settle=0)
        rounds = setting.rounds
    taken = in_turns(contenders, rounds)
    seconds = {name: [sample.seconds for sample in samples] for name, samples in taken.items()}
    return Measured(row.name, row.group, row.aim, row.unit, row.work(setting), seconds, _memory(taken))


def _memory(taken: Mapping[str, Iterable[Sample]]) -> dict[str, list[float]]:
    known = {name: [each.memory for each in samples if each.memory is not None] for name, samples in taken.items()}
    return {name: values for name, values in known.items() if values}
