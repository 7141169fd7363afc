"""What is known of a class: who made which mistake, which mistakes are common, which answers are equal. Data alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal

from cnngrad.homework.verdict import VERDICTS
from cnngrad.records import dataclass

Kind = Literal["mistake", "pair", "slip"]
"""What explains a wrong answer: one known mistake, two together, or a slip in some cells."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The verdict on one answer. `names` are the mistakes, pairs and slips that explain it (`stride-ignored@conv1`);
    `origin` is the quantity with the first error that a carried answer follows from."""

    verdict: str
    names: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Student:
    """One submission: its points out of `of` and an entry for each quantity; `error` says why nothing could be read,
    `place` is the line and column of that in `source`."""

    id: str
    name: str = ""
    source: str = ""
    verdict: str = ""
    points: float = 0.0
    of: float = 0.0
    entries: Mapping[str, Entry] = field(default_factory=dict)
    error: str = ""
    place: str = ""

    @property
    def label(self) -> str:
        """What the student is called in a list: the id, and the name where there is one."""
        return f"{self.id} ({self.name})" if self.name and self.name != self.id else self.id

    @property
    def absent(self) -> bool:
        """Whether nothing was handed in that could be wrong: every answer is missing."""
        found = [entry.verdict for entry in self.entries.values()]
        return self.verdict == "missing" and all(verdict == "missing" for verdict in found)

    @property
    def unread(self) -> bool:
        """Whether there is something of which nothing could be read."""
        return bool(self.error) and not self.absent


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake, a pair of them or a slip in the answers for one quantity, and the numbers of the students (places in
    `ClassSummary.students`) who made it."""

    kind: Kind
    name: str
    quantity: str
    says: str
    ask: str
    students: Sequence[int]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Equal answers for one quantity that nothing explains. `numbers` are nested lists of texts, those with the most
    decimals; None where they are too many to be kept (`cells` says how many)."""

    quantity: str
    numbers: object
    cells: int
    students: Sequence[int]


@dataclass(frozen=True, slots=True)
class Carried:
    """The answers that are right but for an earlier error in `origin`: how many of each quantity, and by whom."""

    origin: str
    answers: Mapping[str, int]
    students: Sequence[int]


@dataclass(frozen=True)
class ClassSummary:
    """A class at a glance. Students come in the order of their rows, quantities as they first appear; findings and
    clusters begin with the commonest. `verdicts` counts the answers for each quantity by their verdict; `shared` is
    how many answers several mistakes explain (each of them counts); `left_out` is how many quantities are not shown."""

    students: tuple[Student, ...] = ()
    quantities: tuple[str, ...] = ()
    verdicts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    carried: tuple[Carried, ...] = ()
    shared: int = 0
    left_out: int = 0

    @property
    def unread(self) -> tuple[Student, ...]:
        """The submissions of which nothing could be read."""
        return tuple(student for student in self.students if student.unread)

    @property
    def absent(self) -> tuple[Student, ...]:
        """The students without any answer."""
        return tuple(student for student in self.students if student.absent)

    @property
    def right(self) -> int:
        """How many have everything right."""
        return sum(student.verdict == "right" and not student.error for student in self.students)

    @property
    def seen(self) -> tuple[str, ...]:
        """The verdicts that there are, from the best to the worst."""
        found = {verdict for counts in self.verdicts.values() for verdict in counts}
        return (*(name for name in VERDICTS if name in found), *sorted(found - {*VERDICTS}))

    def share(self, quantity: str) -> float:
        """Which part of the answers for a quantity is right, from 0 to 1."""
        counts = self.verdicts.get(quantity, {})
        return counts.get("right", 0) / max(sum(counts.values()), 1)

    def labels(self, places: Sequence[int]) -> list[str]:
        """What the students with these numbers are called."""
        return [self.students[place].label for place in places]
