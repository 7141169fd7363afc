"""A mutant: one command line with its files and standard input, from a seed and an index."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .draw import draw_for
from .dress import Files
from .lines import Case, line


@dataclass(frozen=True)
class Mutant:
    """What is run."""

    seed: int
    index: int
    args: tuple[str, ...]
    files: Files
    stdin: bytes

    @property
    def command(self) -> str:
        """The name of the command."""
        return self.args[0] if self.args else ""

    def __str__(self) -> str:
        """All that one needs to run it by hand."""
        texts = [f"mutant {self.seed} {self.index}: cnngrad " + " ".join(map(repr, self.args))]
        texts += [f"  {name}: {_shown(data)}" for name, data in self.files.items()]
        return "\n".join(texts + [f"  stdin: {_shown(self.stdin)}"] * bool(self.stdin))


def mutant(seed: int, index: int) -> Mutant:
    """The mutant of this number; most are whole, so that products of features run to the end."""
    draw = draw_for(seed, index)
    kind = draw.weighted({"whole": 55, "spoilt": 35, "options": 10})
    case = Case(draw, spoilt=kind == "spoilt")
    args = line(case, 0.3 if kind == "options" else 0.0)
    return Mutant(seed, index, tuple(args), case.files, case.stdin)


def _shown(data: bytes) -> str:
    return repr(data[:1500].decode()) if data.isascii() or (len(data) < 1500 and _is_text(data)) else repr(data[:1500])


def _is_text(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def share(outcomes: Counter[tuple[str, int]]) -> str:
    """How the mutants of every command ended."""
    names = sorted({name for name, _ in outcomes})
    rows = [f"  {name:14}" + "".join(f"  exit {code}: {outcomes[name, code]:5}" for code in range(4)) for name in names]
    return "\n".join(rows)
