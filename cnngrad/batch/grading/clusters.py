"""Equal answers that nothing explains: a mistake that is not known yet, or one that was copied.

Answers are equal where their numbers are, whatever their form (0.5, .50 and 1/2). An answer that is rounded to fewer
decimals joins the one cluster whose numbers round to it; where several do, it stays by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from itertools import groupby

import numpy as np

from cnngrad.homework.written import WrittenNumber, read_written
from cnngrad.records import dataclass
from cnngrad.report.class_summary import Cluster

DEEPEST = 12
"""Levels of lists that are read; what is deeper is one text."""
LONGEST = 4_000
"""Characters of an answer whose numbers are kept; of a longer one it is known what it is equal to, no more."""
KEPT = 4_000_000
"""Characters of all numbers that are kept."""
_UNITS = 10**6
"""Decimals of a fraction such as 1/3: more than any decimal has."""
SLACK = 1e-9
"""What float64 may lose, relative to a number, and much more."""
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
    """A group is compared with those alone that have more decimals and are near."""
    near = _Near(finest_first)
    for _, level in groupby(enumerate(finest_first), key=lambda each: each[1].decimals):
        alike = list(level)
        first = alike[0][0]
        for place, each in alike:
            from_ = [finest_first[other] for other in near.finer(place, first)]
            if len(from_ := [other for other in from_ if other.rounds_to(each)]) == 1:
                from_[0].group.students.extend(each.group.students)
                near.joined[place] = True
    return [each.group for each, joined in zip(finest_first, near.joined, strict=True) if not joined]


class _Near:
    """The numbers of groups as float64, for a first look at which are near. `joined` are those that are in another."""

    def __init__(self, known: list[_Known]) -> None:
        self.joined = np.zeros(len(known), dtype=bool)
        self.values = np.array([[_float(cell) for cell in each.numbers] for each in known])
        self.reach = np.array([[_reach(cell) for cell in each.numbers] for each in known])
        # The cell in which most differ leaves the fewest to look at in the others.
        differ = [len(np.unique(column)) for column in self.values.T]
        self.cells = sorted(range(len(differ)), key=lambda cell: -differ[cell])

    def finer(self, place: int, end: int) -> list[int]:
        """Which of the first groups, up to `end`, may round to that at `place`."""
        found = np.flatnonzero(~self.joined[:end])
        for cell in self.cells:
            if len(found) < 2:
                break
            away = np.abs(self.values[found, cell] - self.values[place, cell])
            found = found[away <= self.reach[place, cell]]
        return [int(other) for other in found]


def _float(cell: WrittenNumber | str) -> float:
    return float(cell.value) if isinstance(cell, WrittenNumber) else 0.0


def _reach(cell: WrittenNumber | str) -> float:
    """Half a unit, and more than float64 loses; texts are compared later."""
    if isinstance(cell, str):
        return np.inf
    return float(cell.unit) / 2 * (1 + SLACK) + abs(float(cell.value)) * SLACK
