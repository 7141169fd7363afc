"""What is measured as a process of its own: whole commands, and commands of which the process tells time and memory.

The processes import the cnngrad that this one has imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cnngrad
from benchmarks.timing import Contender, Sample

HERE = Path(__file__).parent.parent
OF = Path(cnngrad.__file__).parent.parent
"""The folder of the cnngrad that is measured."""
START = "from cnngrad.__main__ import main; main()"
"""What the console script does."""


def environment() -> dict[str, str]:
    """Variables with which a process finds both packages, whatever its folder is."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(OF), str(HERE)])}


def whole(code: str, *args: str) -> Contender:
    """A process that runs Python code, from its start to its end."""
    command, env = [sys.executable, "-P", "-c", code, *args], environment()

    def measure() -> Sample:
        start = time.perf_counter()
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
        return Sample(time.perf_counter() - start)

    return measure


def probed(name: str, **arguments: Any) -> Sample:
    """What the function of `benchmarks.probe` with this name measures in a process of its own."""
    (sample,) = all_probed(name, **arguments)
    return sample


def all_probed(name: str, **arguments: Any) -> list[Sample]:
    """The same for a function that gives several samples."""
    command = [sys.executable, "-P", "-m", "benchmarks.probe", name]
    done = subprocess.run(
        command, env=environment(), input=json.dumps(arguments), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the probe {name} failed:\n{done.stderr}")
    return [Sample(*each) for each in json.loads(done.stdout.splitlines()[-1])]


def command(warm: Sequence[str], args: Sequence[str]) -> Contender:
    """A command in a process that has run a small one before: no import, and only the memory beyond the small one."""
    return lambda: probed("commands", warm=list(warm), commands=[list(args)])
