"""CSV that spreadsheets can open without harm: text that they would take for a formula gets an apostrophe."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from cnngrad.patterns import pattern

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = pattern(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?:/[0-9]+)?")
_END = "\r\n"
"""Characters of the end of a line are quoted in a cell: each of these is one to some reader."""
_WITHOUT_SIGN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], "\ufffd")
"""Control characters, which some readers of CSV end at."""


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Each row as a line of CSV (RFC 4180, lines that end with a line feed)."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator=_END).writerow([_cell(value) for value in row])
        yield line.getvalue().removesuffix(_END) + "\n"


def _cell(value: object) -> object:
    """Numbers as they are, nothing for None; text that is a number stays one."""
    if not isinstance(value, str):
        return value
    text = value.encode("utf-8", "backslashreplace").decode().translate(_WITHOUT_SIGN)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text
