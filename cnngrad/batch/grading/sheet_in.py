"""Answers in a sheet: a row for each student, a column for each quantity, as forms and spreadsheets export them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from cnngrad.batch.grading.handed import Cell, Handed, as_text
from cnngrad.errors import CnngradError, Mark, Problem, excerpt
from cnngrad.exercise.names import named
from cnngrad.homework.class_list import (
    NO_STUDENT,
    Key,
    Row,
    delimiter_of,
    key_of,
    named_columns,
    readable_columns,
    rows_of,
)
from cnngrad.limits import Limits
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.spec.reader import decode, regular_bytes
from cnngrad.wording import counted

LISTED = 12
"""Names that a message lists."""
LONGEST = 500
"""Characters of a heading that may ask for a quantity; taking signs off the end of more would take long."""
_NUMBER = pattern(r"^(?:[^\W\d_]{1,12}\s*)?[0-9]{0,3}[a-z]?\s*[.:)\]]\s*(?=\S)", re.IGNORECASE)
"""`Question 2:`, `3.`, `b)`."""
_BEHIND = pattern(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|[=:?*`]+)\s*$")
"""`dW (2x2)`, `dW =`."""
_IN_BRACKETS = pattern(r"\[([^\[\]]+)\]\s*$")
"""`Question 2 [dW]`."""
_PUNCTUATION = ".,:;?!=`'\"*()[]"
_FORCED = pattern(r"'(?=[-=+@\t\r0-9.\[])")
_DECIMAL_COMMA = pattern(r"\s*([-+\u2212]?[0-9]+),([0-9]+)\s*")


def rows_handed_in(path: str, known: Collection[str], limits: Limits) -> tuple[tuple[Handed, ...], tuple[str, ...]]:
    """The rows of a sheet, with their answers to the `known` quantities, and the headings that are none of these.

    CnngradError where no column tells students apart, or none is a quantity.
    """
    try:
        text = decode(regular_bytes(path, limits), path)
    except CnngradError as error:
        raise CnngradError(*(replace(each, mark=each.mark or Mark(path)) for each in error.problems)) from None
    first, *below = [row for row in rows_of(text, path) if not row.is_empty] or [Row(1, [])]
    sheet = _Sheet.of(path, first, known, delimiter_of(text))
    rows = [row for row in below if row.problem or not row.cells[0].strip().lower().startswith(NO_STUDENT)]
    return tuple(map(sheet.handed, rows)), sheet.left_out


def quantity_of(heading: str, known: Collection[str]) -> str | None:
    """The quantity that a heading asks for: `dW`, `dL/dW`, `Question 2: dW`, `dW (2x2) =`; None where it is none."""
    plain = " ".join(heading.split())
    readings = _readings(plain) if len(plain) <= LONGEST else ()
    return next(filter(None, (named(text, known) for text in readings)), None)


def _quantities(headings: Sequence[str], known: Collection[str]) -> dict[int, str]:
    """The columns that ask for a quantity; a question (`What is dW?`) does where no other column has the name."""
    found = {i: name for i, heading in enumerate(headings) if (name := quantity_of(heading, known))}
    asked = {i: _in_question(heading, known) for i, heading in enumerate(headings) if i not in found}
    own = {*found.values()}
    return {**found, **{i: name for i, name in asked.items() if name and name not in own}}


def _in_question(heading: str, known: Collection[str]) -> str | None:
    """The one quantity that is a word of a heading: in its own letters, or as `dL/dW`."""
    words = (word.strip(_PUNCTUATION) for word in heading.split())
    found = {named(word, known) for word in words if word in known or "/" in word} - {None}
    return found.pop() if len(found) == 1 else None


def _readings(text: str) -> Iterator[str]:
    """A heading, and what is left of it without numbers and signs around."""
    if found := _IN_BRACKETS.search(text):
        yield found[1].strip()
    for each in (text, _NUMBER.sub("", text)):
        while each:
            yield each.strip("`* ")
            shorter = _BEHIND.sub("", each)
            if shorter == each:
                break
            each = shorter


@dataclass(frozen=True)
class _Sheet:
    """What the columns of a sheet hold; `commas`: a lone 0,5 is one number, because commas do not separate cells."""

    path: str
    key: Key
    name: tuple[int, ...]
    quantities: dict[int, str]
    left_out: tuple[str, ...]
    commas: bool
    width: int

    @classmethod
    def of(cls, path: str, first: Row, known: Collection[str], delimiter: str) -> _Sheet:
        if first.problem:
            raise CnngradError(first.problem)
        headings = [_unquoted(cell) for cell in first.cells]
        key = key_of(headings)
        not_key = ["" if key and i in key.columns else heading for i, heading in enumerate(headings)]
        quantities = _quantities(not_key, known)
        _check(quantities, headings, known, Mark(path, first.line, 1))
        if key is None and 0 not in quantities:
            key = named_columns(headings, 0)
        if key is None:
            says = "has no column that tells students apart; give one the heading 'student'"
            raise CnngradError(Problem(says, "", Mark(path, first.line, 1)))
        name = readable_columns(headings, key)
        used = {*quantities, *key.columns, *name}
        rest = tuple(heading.strip() for i, heading in enumerate(headings) if i not in used and heading.strip())
        return cls(path, key, name, quantities, rest, delimiter != ",", len(headings))

    def handed(self, row: Row) -> Handed:
        """The submission in a row."""
        source = as_text(f"{self.path}:{row.line}")
        cells = [_unquoted(cell) for cell in row.cells]
        student, name = self.key.of(cells), Key(self.name, "").of(cells)
        problem = row.problem
        if any(cell.strip() for cell in cells[self.width :]):
            says = (
                f"has {counted(len(cells), 'cell')}, but there {'is' if self.width == 1 else 'are'} "
                f"{counted(self.width, 'heading')}; put a cell with commas in quotes"
            )
            problem = Problem(says, "", Mark(self.path, row.line, 1))
        return Handed(student, source, name, cells=tuple(self._answers(row.line, cells)), problem=problem)

    def _answers(self, line: int, cells: Sequence[str]) -> Iterator[Cell]:
        for column, name in self.quantities.items():
            text = cells[column] if column < len(cells) else ""
            found = _DECIMAL_COMMA.fullmatch(text) if self.commas else None
            before = sum(cell.count("\n") for cell in cells[:column])
            yield name, f"{found[1]}.{found[2]}" if found else text, line + before


def _check(quantities: dict[int, str], headings: Sequence[str], known: Collection[str], mark: Mark) -> None:
    """CnngradError where no column is a quantity, or two are the same one."""
    if not quantities:
        shown = ", ".join(map(excerpt, (*filter(None, headings),)[:LISTED])) or "none"
        asks = ", ".join([*known][:LISTED])
        raise CnngradError(
            Problem(f"has no column with answers; call them {asks} (the headings are {shown})", "", mark)
        )
    for column, name in quantities.items():
        first = next(other for other, same in quantities.items() if same == name)
        if first != column:
            both = f"{excerpt(headings[first].strip())} and {excerpt(headings[column].strip())}"
            raise CnngradError(Problem(f"has two columns for {name}, {both}; leave one out", "", mark))


def _unquoted(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from reading it as a formula or a number."""
    return cell[1:] if _FORCED.match(cell) else cell
