"""What every worker of a run is told before its first item, and what may be asked of a run at all."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from cnngrad.batch.sizes import bytes_of
from cnngrad.errors import CnngradError, Problem, excerpt, option
from cnngrad.records import dataclass

Work = Callable[[Any], Any]
"""What is done with one item; importable by its name, because workers are processes of their own."""


@dataclass(frozen=True)
class Bounds:
    """What a run may use: `jobs` workers (None: one for each core), each `timeout` seconds for an item and `memory`
    bytes."""

    jobs: int | None = None
    timeout: float = 60.0
    memory: int = 2 * 2**30

    def check(self) -> None:
        """Raise CnngradError for a bound under which nothing can be done."""
        if self.jobs is not None and not isinstance(self.jobs, int):
            raise CnngradError(Problem(f"{excerpt(str(self.jobs))} is no whole number", option("jobs")))
        if self.jobs is not None and self.jobs < 1:
            raise CnngradError(Problem(f"is {self.jobs}; it must be at least 1", option("jobs")))
        if not isinstance(self.timeout, int | float):
            raise CnngradError(Problem(f"{excerpt(str(self.timeout))} is no number of seconds", option("timeout")))
        if not self.timeout > 0:
            raise CnngradError(Problem(f"is {self.timeout:g} s; it must be more than 0", option("timeout")))
        bytes_of(self.memory)

    @property
    def workers(self) -> int:
        """How many workers there may be at once."""
        if self.jobs is not None:
            return self.jobs
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


@dataclass(frozen=True)
class Setup:
    """The first thing that a worker is sent, and whether the work is a part of cnngrad."""

    pickled: bytes
    ours: bool


def setup_of(work: Work, memory: int) -> Setup:
    """How a worker finds this work; raises CnngradError for one that it cannot import."""
    if not callable(work):
        raise CnngradError(Problem(f"is of type {type(work).__name__}; give a function or module:function", "work"))
    name = _module(work)
    if name == "__main__":
        says = "is defined in the program that was started, where no worker can import it; put it into a module"
        raise CnngradError(Problem(says, "work"))
    try:
        pickled = pickle.dumps(work)
    except Exception as error:
        says = "cannot be imported by its name; give a function that stands in a module by itself"
        raise CnngradError(Problem(says, "work")) from error
    file = getattr(sys.modules.get(name), "__file__", None)
    return Setup(pickle.dumps((name, file, pickled, memory)), name.partition(".")[0] == "cnngrad")


def _module(work: Work) -> str:
    """The name of the module that a function, or what a partial call is of, stands in."""
    while isinstance(work, partial):
        work = work.func
    return str(getattr(work, "__module__", None) or type(work).__module__)
