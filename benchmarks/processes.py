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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cnngrad
from benchmarks.timing import Contender, Sample

HERE = Path(__file__).parent.parent
OF = Path(cnngrad.__file__).parent.parent
"""The folder of the cnngrad that is measured."""
START = "from cnngrad.__main__ import main; main()"
"""What the console script does."""
PROBE = "from benchmarks.probe import main; main()"


@dataclass(frozen=True)
class Processes:
    """Processes that keep the bytecode of what they import in a folder: only the first one compiles it, whatever the
    surroundings say about bytecode."""

    folder: Path

    def environment(self) -> dict[str, str]:
        """Variables with which bytecode is kept there."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode")}

    def whole(self, code: str, *args: str) -> Contender:
        """A process that runs Python code, from its start to its end."""
        command, env = [*_python(code), *args], self.environment()

        def measure() -> Sample:
            start = time.perf_counter()
            subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
            return Sample(time.perf_counter() - start)

        return measure

    def probed(self, name: str, **arguments: Any) -> Contender:
        """What the function of `benchmarks.probe` with this name measures in a process of its own; RuntimeError with
        what the process wrote where it failed."""
        command, env = [*_python(PROBE), name], self.environment()

        def measure() -> Sample:
            given = json.dumps(arguments)
            done = subprocess.run(command, env=env, input=given, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"the probe {name} failed:\n{done.stderr}")
            return Sample(*json.loads(done.stdout.splitlines()[-1]))

        return measure

    def command(self, warm: Sequence[str], args: Sequence[str]) -> Contender:
        """A command in a process that has run a small one before: no import, and only the memory beyond that."""
        return self.probed("command", warm=list(warm), args=list(args))


def _python(code: str) -> list[str]:
    """The command that runs code; both packages are found before any that is installed."""
    return [sys.executable, "-P", "-c", f"import sys; sys.path[:0] = {[str(OF), str(HERE)]!r}; {code}"]
