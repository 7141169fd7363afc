"""python -m tests.fuzz SECONDS SEED [classes], or python -m tests.fuzz --only SEED INDEX."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from .classes.oracle import seen_class
from .mutants import Mutant, share
from .oracle import Finding, seen

MOST_SECONDS = 2.0
"""Processor time that one mutant may take."""
WATCHDOG = 300.0
"""Seconds for all runs of a class."""
MOST_BYTES = 3 * 2**30
MOST_OF_A_CLASS = 20.0
"""The same for a class: a dozen files."""
CLASSES = 8
"""Every mutant of this number is a class."""
EVERY = 30.0
"""Seconds between two lines of progress."""


def main(args: list[str]) -> int:
    """Run, print, and give 1 where something was found."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        if len(args) == 3 and args[0] == "--only":
            return _only(int(args[1]), int(args[2]), Path(folder))
        if len(args) == 2 or args[2:] == ["classes"]:
            return Fuzz(int(args[1]), Path(folder), CLASSES if args[2:] else 1).run(float(args[0]))
    print(__doc__, file=sys.stderr)
    return 2


def _only(seed: int, index: int, folder: Path) -> int:
    made, code, found, seconds = ran(seed, index, folder)
    said = [f"{finding.kind}\n{finding.says}" for finding in found]
    print(made, f"exit {code}, {seconds:.2f} s of processor time", *said, sep="\n")
    return int(bool(found))


def ran(seed: int, index: int, folder: Path) -> tuple[Mutant, int, list[Finding], float]:
    """As `seen`, of a class where it is the turn of one; what took too long is a finding too."""
    if index % CLASSES == 0:
        made, code, found, seconds = seen_class(seed, index, folder, WATCHDOG)
        if seconds > MOST_OF_A_CLASS and code >= 0:
            found.append(Finding(f"slow class {made.kind}", f"{seconds:.1f} s", made))
        return made, code, found, seconds
    one, code, found, seconds = seen(seed, index, folder)
    if seconds > MOST_SECONDS and code >= 0:
        *_, again, _ = seen(seed, index, folder, MOST_SECONDS / 2)
        place = again[0].kind if again else "?"
        found.append(Finding(f"slow {one.command}", f"{seconds:.1f} s, after half the time: {place}", one))
    return one, code, found, seconds


class Fuzz:
    """Runs mutants 0, 1, 2, ... of one seed (or each of a step) and keeps what they find."""

    def __init__(self, seed: int, folder: Path, step: int = 1) -> None:
        self.seed = seed
        self.step = step
        self.folder = folder
        self.kinds: dict[str, list[Finding]] = {}
        self.outcomes: Counter[tuple[str, int]] = Counter()

    def run(self, seconds: float) -> int:
        """Run for so long; 1 where something was found."""
        start = said = time.monotonic()
        while (now := time.monotonic()) < start + seconds:
            if now > said + EVERY:
                said = now
                print(self._progress(), file=sys.stderr, flush=True)
            self._one(self.outcomes.total() * self.step)
        print(self._progress(), share(self.outcomes), sep="\n")
        for kind, found in sorted(self.kinds.items()):
            smallest = min(found, key=lambda finding: len(str(finding.mutant)))
            print(f"\n{len(found)} times: {kind}\n{smallest.says}\n{smallest.mutant}")
        return int(bool(self.kinds))

    def _one(self, index: int) -> None:
        made, code, found, _ = ran(self.seed, index, self.folder)
        command = made.command or "none"
        self.outcomes[command if command.isidentifier() or "-" in command else "?", code] += 1
        for finding in found:
            if finding.kind not in self.kinds:
                print(f"found by {self.seed} {index}: {finding.kind}", file=sys.stderr, flush=True)
            self.kinds.setdefault(finding.kind, []).append(finding)

    def _progress(self) -> str:
        return f"seed {self.seed}: {self.outcomes.total():,} mutants, {len(self.kinds)} distinct findings"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
