"""Equal answers that nothing explains: a mistake that is not known yet, or one that was copied.

Answers are equal where their numbers are, whatever their form (0.5, .50 and 1/2). An answer that is rounded to fewer
decimals joins the one cluster whose numbers round to it; where several do, it stays by itself.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import groupby

from cnngrad.homework.written import WrittenNumber, read_written
from cnngrad.report.class_summary import Cluster

DEEPEST = 12
"""Levels of lists that are read; what is deeper is one text."""
LONGEST = 4_000
"""Characters of an answer whose numbers are kept; of a longer one it is known what it is equal to, no more."""
KEPT = 4_000_000
"""Characters of all numbers that are kept."""
_UNITS = 10**6
"""Decimals of a fraction such as 1/3: more than any decimal has."""

Numbers = tuple[WrittenNumber | str, ...]
"""The cells of an answer in order; a text where one is no number."""


@dataclass
class Group:
    """Students whose numbers are equal. `written` are these numbers as the student wrote them who gave
    the most decimals, None where they are not
    kept."""

    cells: int
    written: object
    students: list[int] = field(default_factory=list)


class Clusters:
    """Collects the unexplained answers to one quantity after the other."""

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self.groups: dict[tuple[str, bytes], Group] = {}

    def add(self, quantity: str, written: object, student: int) -> None:
        """The numbers that a student gave, as nested lists of texts."""
        texts = list(_flat(written))
        key = quantity, _digest(map(_value, texts))
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(len(texts), self._allowed(written, texts))
        elif group.written not in (None, written) and _promised(texts) < _promised(_flat(group.written)):
            group.written = self._allowed(written, texts) or group.written
        group.students.append(student)

    def found(self) -> tuple[Cluster, ...]:
        """Those of two students or more, the largest first, then in the order of their first student."""
        quantities = dict.fromkeys(quantity for quantity, _ in self.groups)
        clusters = [
            Cluster(quantity, group.written, group.cells, tuple(sorted(group.students)))
            for quantity in quantities
            for group in _joined([group for (name, _), group in self.groups.items() if name == quantity])
            if len(group.students) > 1
        ]
        return tuple(sorted(clusters, key=lambda cluster: (-len(cluster.students), cluster.students[0])))

    def _allowed(self, written: object, texts: list[str]) -> object:
        """`written` if there is room for it."""
        length = _length(texts)
        if length > min(LONGEST, self.kept):
            return None
        self.kept -= length
        return written


def _flat(written: object, depth: int = 0) -> Iterator[str]:
    if isinstance(written, list) and depth < DEEPEST:
        for each in written:
            yield from _flat(each, depth + 1)
    else:
        yield "" if written is None else str(written)


def _length(texts: list[str]) -> int:
    return sum(map(len, texts)) + len(texts)


def _read(text: str) -> WrittenNumber | str:
    """The number that is written; a blank cell or a formula as it stands."""
    try:
        return read_written(text) or ""
    except ValueError:
        return text.strip()


def _promised(texts: Iterable[str]) -> Fraction:
    """The units of all numbers together: the less, the more decimals they are written with."""
    return sum((cell.unit for cell in map(_read, texts) if isinstance(cell, WrittenNumber)), start=Fraction(0))


def _value(text: str) -> str:
    """The same text for equal numbers."""
    cell = _read(text)
    return f"={cell.value}" if isinstance(cell, WrittenNumber) else cell


def _digest(values: Iterator[str]) -> bytes:
    """Of the length of each text too: one text is not taken for two."""
    found = hashlib.sha256()
    for value in values:
        data = value.encode("utf-8", "surrogatepass")
        found.update(b"%d:%b" % (len(data), data))
    return found.digest()


@dataclass(frozen=True)
class _Known:
    """A group with its numbers."""

    group: Group
    numbers: Numbers

    @cached_property
    def decimals(self) -> int:
        """How many decimals the numbers need in all: a number that is rounded from another needs fewer."""
        return sum(_decimals(cell.value) for cell in self.numbers if isinstance(cell, WrittenNumber))

    def rounds_to(self, other: _Known) -> bool:
        """Whether the other is this one with fewer decimals."""
        return all(map(_rounds_to, self.numbers, other.numbers))


def _rounds_to(one: WrittenNumber | str, other: WrittenNumber | str) -> bool:
    if isinstance(one, WrittenNumber) and isinstance(other, WrittenNumber):
        return abs(one.value - other.value) <= other.unit / 2
    return one == other


def _decimals(value: Fraction) -> int:
    """How many decimals a number needs; a third has no end of them."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else _UNITS


def _joined(groups: Sequence[Group]) -> Iterator[Group]:
    """The groups of a quantity; a rounded one is in that from which alone it can be rounded."""
    sizes = dict.fromkeys(group.cells for group in groups)
    for size in sizes:
        same = [group for group in groups if group.cells == size]
        yield from (group for group in same if group.written is None)
        known = [_Known(group, tuple(map(_read, _flat(group.written)))) for group in same if group.written is not None]
        yield from _merged(sorted(known, key=lambda each: -each.decimals))


def _merged(finest_first: list[_Known]) -> list[Group]:
    """A group is compared with those alone that have more decimals, and whose number in one cell, that in which all
    differ most, is near."""
    cell = _telling(finest_first)
    order: list[tuple[Fraction, int]] = []
    own: list[_Known] = []
    for _, level in groupby(finest_first, key=lambda each: each.decimals):
        finer = len(own)
        for each in level:
            from_ = [other for other in (own[place] for place in _near(order, each, cell)) if other.rounds_to(each)]
            if len(from_) == 1:
                from_[0].group.students.extend(each.group.students)
            else:
                own.append(each)
        for place, each in enumerate(own[finer:], start=finer):
            insort(order, (_place(each, cell), place))
    return [each.group for each in own]


def _telling(known: list[_Known]) -> int:
    """The cell with the most different numbers."""
    cells = range(len(known[0].numbers)) if known else range(0)
    return max(cells, key=lambda cell: len({_place(each, cell) for each in known}), default=0)


def _place(known: _Known, cell: int) -> Fraction:
    number = known.numbers[cell] if known.numbers else ""
    return number.value if isinstance(number, WrittenNumber) else Fraction(0)


def _near(order: list[tuple[Fraction, int]], each: _Known, cell: int) -> list[int]:
    """The places of the groups that may round to this one."""
    number = each.numbers[cell] if each.numbers else ""
    half = number.unit / 2 if isinstance(number, WrittenNumber) else Fraction(0)
    value = _place(each, cell)
    first, end = bisect_left(order, (value - half, 0)), bisect_right(order, (value + half, len(order)))
    return [place for _, place in order[first:end]]
