"""A run: rows in several passes, progress on stderr, tables on stdout, raw figures in a file."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import calls, commands, kernels, machine, readme
from benchmarks.growth import Growing, Grown, growing, grown
from benchmarks.rows import Measured, Row, Setting, measure


def all_rows() -> list[Row]:
    """In the order of the tables."""
    return [*commands.rows(), *calls.rows(), *kernels.rows()]


def run(given: Namespace, path: Path) -> int:
    """What the command line asks for; `path` is the README."""
    rows = [row for row in all_rows() if _wanted(row.key, given.only)]
    grow = [what for what in growing() if _wanted(what.key, given.only)]
    if given.list:
        print(*(row.key for row in rows), *(what.key for what in grow), sep="\n")
        return 0
    figures = Figures.read(Path(given.json)) if given.json else Figures()
    if not given.show:
        with tempfile.TemporaryDirectory() as folder:
            setting = Setting(Path(folder), given.quick, given.rounds or (2 if given.quick else 5))
            figures.add(*measured(rows, grow, setting, given.passes or (1 if given.quick else 2)))
    if given.json:
        figures.write(Path(given.json))
    print(made := f"{machine.described()}.\n\n{figures.tables()}")
    if given.readme:
        readme.write(path, made)
    return 0


def _wanted(name: str, only: Sequence[str]) -> bool:
    """Whether all words of one of the wishes are in a name."""
    return not only or any(all(word in name for word in wish.split()) for wish in only)


def measured(
    rows: Sequence[Row], grow: Sequence[Growing], setting: Setting, passes: int
) -> tuple[list[Measured], list[Grown]]:
    """All rows in each pass, one after the other; then how cost grows."""
    found: dict[str, Measured] = {}
    for number in range(passes):
        for row in rows:
            if row.once and number:
                continue
            started = time.perf_counter()
            one = measure(row, setting)
            found[row.key] = found[row.key].joined(one) if row.key in found else one
            _say(f"pass {number + 1}, {row.group}: {readme.said(one)}", started)
    return list(found.values()), [_grown(what, setting) for what in grow]


def _grown(what: Growing, setting: Setting) -> Grown:
    started = time.perf_counter()
    found = grown(what, setting)
    _say(f"growth: {what.name}: {found.exponent:.2f}", started)
    return found


def _say(text: str, started: float) -> None:
    print(f"{text} ({time.perf_counter() - started:.1f} s)", file=sys.stderr, flush=True)


@dataclass
class Figures:
    """Raw figures by the keys of their rows, those of earlier runs among them."""

    rows: dict[str, Measured] = field(default_factory=dict)
    grown: dict[str, Grown] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Figures:
        """What a file has; nothing where there is none."""
        found = cls()
        if path.exists():
            known = json.loads(path.read_text())
            found.add([Measured(**row) for row in known["rows"]], [Grown(**each) for each in known["growth"]])
        return found

    def add(self, rows: Sequence[Measured], grown: Sequence[Grown]) -> None:
        """Rows take the place of earlier ones with their keys."""
        self.rows |= {row.key: row for row in rows}
        self.grown |= {each.name: each for each in grown}

    def tables(self) -> str:
        """The tables, in the order of the rows, however they were measured."""
        rows = [self.rows[row.key] for row in all_rows() if row.key in self.rows]
        return readme.tables(rows, [self.grown[what.name] for what in growing() if what.name in self.grown])

    def write(self, path: Path) -> None:
        """Keep them in a file."""
        rows = [asdict(row) for row in self.rows.values()]
        growth = [asdict(each) for each in self.grown.values()]
        path.write_text(json.dumps({"machine": machine.described(), "rows": rows, "growth": growth}) + "\n")
