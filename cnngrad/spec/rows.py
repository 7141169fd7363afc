"""Lists of plain words or numbers as they came: one row of a text, a table of rows, or numbers of Python.

Most of what a spec holds is numbers. They get a node each when somebody asks for one, as for the place of one that is
wrong; an array is read from the words themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from itertools import islice
from math import prod

import numpy as np

from cnngrad.numbers.grammar import has_longer
from cnngrad.numbers.kinds import Array, all_finite
from cnngrad.records import dataclass

WORD = r"-?+\.?+[\w+/][-\w.+/*]*+"
"""A word that YAML and JSON read alike wherever it stands (with re.ASCII)."""
BLANKS = r"[ \n]*+"
WORDS = rf"{BLANKS}(?:{WORD}{BLANKS},{BLANKS})++{WORD}{BLANKS}"
"""What is between the brackets of a row: two words or more."""
ROWS = rf"{BLANKS}(?:\[{WORDS}\]{BLANKS},{BLANKS})*+\[{WORDS}\]{BLANKS}"
"""What is between the brackets of a table."""
_NOT_WORDS = str.maketrans("", "", "[] \n")
_BLANKS = str.maketrans("", "", " \n")
_AT_A_TIME = 2**18
Placed = tuple[str, int, int]
"""A word, its line and its column."""


@dataclass(slots=True)
class Row:
    """The text between the brackets of `[1, 2.5, -3]`: words with nothing but blanks and commas between them.

    `line` and `column` say where the text begins.
    """

    text: str
    line: int
    column: int
    width: int = field(init=False)
    """how many words"""

    def __post_init__(self) -> None:
        self.width = self.text.count(",") + 1

    def has_longer(self, most: int) -> bool:
        # Blanks count in the first look, which measures no word by itself.
        possible = len(self.text) > most and has_longer(self.text, most)
        return possible and any(len(word) > most for words in words_of([self]) for word in words)

    def place(self, number: int) -> Placed:
        behind = self.text.split(",", number)[number]
        start = len(self.text) - len(behind.lstrip(" \n"))
        word = behind.partition(",")[0].strip(" \n")
        before = self.text.count("\n", 0, start)
        column = start - self.text.rfind("\n", 0, start) if before else self.column + start
        return word, self.line + before, column

    def placed(self) -> Iterator[Placed]:
        line, column = self.line, self.column
        for part in self.text.split(","):
            word = part.lstrip(" \n")
            line, column = _behind(part[: len(part) - len(word)], line, column)
            yield word.rstrip(" \n"), line, column
            line, column = _behind(f"{word},", line, column)


def _behind(text: str, line: int, column: int) -> tuple[int, int]:
    """The place behind a text that begins at this one."""
    breaks = text.count("\n")
    return line + breaks, len(text) - text.rfind("\n") if breaks else column + len(text)


def words_of(rows: list[Row]) -> Iterator[list[str]]:
    """The words of several rows of one width, about _AT_A_TIME in a piece: one row at a time takes longer."""
    if rows[0].width > _AT_A_TIME:
        yield from (words.translate(_BLANKS).split(",") for row in rows for words in _pieces(row.text))
        return
    step = max(1, _AT_A_TIME // rows[0].width)
    for start in range(0, len(rows), step):
        yield ",".join(row.text for row in rows[start : start + step]).translate(_BLANKS).split(",")


def _pieces(text: str) -> Iterator[str]:
    """The text of a long row in pieces of whole words."""
    start = 0
    while (end := text.find(",", start + 4 * _AT_A_TIME)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


@dataclass
class Table:
    """The text between the brackets of `[[1, 2], [3, 4]]`: rows with nothing but blanks and commas between them.

    `line` and `column` say where the text begins.
    """

    text: str
    line: int
    column: int

    @cached_property
    def width(self) -> int:
        """How many rows."""
        return self.text.count("[")

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Rows and words in each; nothing where these differ."""
        first, *others = self.text.split("]")
        commas = first.count(",")  # each other row has one more before it, and nothing is behind the last
        even = all(other.count(",") == commas + 1 for other in others[:-1])
        return (len(others), commas + 1) if even else ()

    def has_longer(self, most: int) -> bool:
        possible = len(self.text) > most and has_longer(self.text, most)
        return possible and any(row.has_longer(most) for _, _, row in self.placed())

    @property
    def texts(self) -> list[str]:
        """All words, row by row."""
        return self.text.translate(_NOT_WORDS).split(",")

    def placed(self) -> Iterator[tuple[int, int, Row]]:
        """The rows, each with the place of its bracket."""
        line, column = self.line, self.column
        for part in self.text.split("]")[:-1]:
            before, _, words = part.partition("[")
            line, column = _behind(before, line, column)
            yield line, column, Row(words, line, column + 1)
            line, column = _behind(f"[{words}]", line, column)

    def place(self, number: int) -> Placed:
        """The word of this number, where all rows have as many."""
        row, word = divmod(number, self.shape[1])
        _, _, found = next(islice(self.placed(), row, None))
        return found.place(word)


@dataclass
class Numbers:
    """Numbers of Python in lists of lists that are even: ints and floats, row-major."""

    cells: list[int | float]
    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        return self.shape[0]

    @property
    def inner(self) -> tuple[int, ...]:
        """The shape of each entry; nothing for a number."""
        return self.shape[1:]

    @property
    def texts(self) -> list[str]:
        """All numbers as a file would hold them."""
        return list(map(repr, self.cells))

    def floats(self) -> Array | None:
        """The numbers as float64; nothing where one has none."""
        try:
            found = np.array(self.cells, dtype=np.float64).reshape(self.shape)
        except OverflowError:
            return None
        return found if all_finite(found) else None

    def parts(self) -> Iterator[Numbers]:
        """The entries, where these are lists."""
        size = prod(self.inner)
        return (Numbers(self.cells[at : at + size], self.inner) for at in range(0, len(self.cells), size))

    def place(self, number: int) -> Placed:
        return repr(self.cells[number]), 0, 0
