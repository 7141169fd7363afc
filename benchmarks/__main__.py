"""python -m benchmarks: measure every row side by side, print the tables, write those of the README."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

NAME = "python -m benchmarks"


def options(args: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(NAME, description=__doc__.partition(": ")[2] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds: less than a minute")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="rows with these words in them")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each pass (5; quick 2)")
    parser.add_argument("--passes", type=int, metavar="N", help="times that the whole is measured (2; quick 1)")
    parser.add_argument("--list", action="store_true", help="the names of the rows, and end")
    parser.add_argument("--json", metavar="FILE", help="keep the raw figures in FILE, with those of rows that it has")
    parser.add_argument("--show", action="store_true", help="measure nothing: the tables of what --json FILE has")
    parser.add_argument("--readme", action="store_true", help="write the tables into README.md")
    parser.add_argument("--package", metavar="FOLDER", help="measure the cnngrad in FOLDER, as of another commit")
    return parser.parse_args(args)


def main() -> int:
    """Measure, and give the exit code."""
    given = options()
    if given.package:  # before anything imports cnngrad
        sys.path.insert(0, os.path.abspath(given.package))
    from benchmarks.run import run

    return run(given, Path(__file__).parent.parent / "README.md")


if __name__ == "__main__":
    sys.exit(main())
