"""From the rows of `grade` to what is known of the class, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from cnngrad.batch.grading.clusters import Clusters
from cnngrad.homework.verdict import POINTS
from cnngrad.records import dataclass
from cnngrad.report.class_summary import Carried, ClassSummary, Entry, Finding, Kind, Student

LONGEST_NAME = 200
"""Characters of a name, an id or the name of a file that are kept."""
LONGEST_TEXT = 1_000
"""Characters of an error or a sentence that are kept."""
MOST_QUANTITIES = 100
"""Quantities that are kept: with an exercise for each student they may differ."""
MOST_NAMES = 20
"""Mistakes, pairs and slips that are kept of one answer."""
Row = Mapping[str, Any]


def summarize(rows: Iterable[Row]) -> ClassSummary:
    """What the rows (one dict a submission, as `grade` writes them) tell of the class.

    What a row does not have, because a hint left it out, is not counted.
    """
    found = _Found()
    for row in rows:
        found.add(row)
    return found.summary()


@dataclass(frozen=True)
class _Explanation:
    """One mistake, pair or slip of one answer."""

    kind: Kind
    name: str
    says: str
    ask: str


@dataclass
class _Found:
    """What was found so far: per student an entry for each quantity, equal entries kept once."""

    students: list[Student] = field(default_factory=list)
    quantities: dict[str, Counter[str]] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    findings: dict[tuple[str, Kind, str], tuple[_Explanation, list[int]]] = field(default_factory=dict)
    carried: dict[str, tuple[Counter[str], list[int]]] = field(default_factory=dict)
    clusters: Clusters = field(default_factory=Clusters)
    entries: dict[Entry, Entry] = field(default_factory=dict)
    shared: int = 0

    def add(self, row: Row) -> None:
        """One more submission."""
        answers = {
            _text(name, LONGEST_NAME): answer
            for name, answer in _mapping(row.get("answers")).items()
            if _counts(answer)
        }
        entries = {name: self._entry(name, answers) for name in answers if self._kept(name)}
        error = _mapping(row.get("error"))
        self.students.append(
            Student(
                _text(row.get("student"), LONGEST_NAME) or _text(row.get("source"), LONGEST_NAME),
                _text(row.get("name"), LONGEST_NAME),
                _text(row.get("source"), LONGEST_NAME),
                _text(row.get("verdict"), LONGEST_NAME),
                _number(row.get("points")),
                _number(row.get("of")),
                entries,
                _text(error.get("message"), LONGEST_TEXT) or ("cannot be read" if "error" in row else ""),
                _place(error),
            )
        )

    def summary(self) -> ClassSummary:
        """All that was found."""
        findings = [
            Finding(kind, name, quantity, found.says, found.ask, tuple(students))
            for (quantity, kind, name), (found, students) in self.findings.items()
        ]
        carried = [
            Carried(origin, dict(answers), tuple(dict.fromkeys(students)))
            for origin, (answers, students) in self.carried.items()
        ]
        return ClassSummary(
            tuple(self.students),
            tuple(self.quantities),
            {name: dict(counts) for name, counts in self.quantities.items()},
            tuple(sorted(findings, key=lambda each: (-len(each.students), each.name, each.quantity, each.kind))),
            self.clusters.found(),
            tuple(sorted(carried, key=lambda each: (-len(each.students), each.origin))),
            self.shared,
            len(self.left_out),
        )

    def _kept(self, name: str) -> bool:
        """Whether there is room for this quantity."""
        if name in self.quantities:
            return True
        if len(self.quantities) < MOST_QUANTITIES:
            self.quantities[name] = Counter()
            return True
        if len(self.left_out) < MOST_QUANTITIES * MOST_QUANTITIES:
            self.left_out.add(name)
        return False

    def _entry(self, name: str, answers: Mapping[str, Row]) -> Entry:
        answer, student = answers[name], len(self.students)
        verdict = _text(answer.get("verdict"), LONGEST_NAME)
        explained = list(dict.fromkeys(_explanations(answer))) if POINTS.get(verdict, 0.0) == 0.0 else []
        self.quantities[name][verdict] += 1
        self.shared += sum(each.kind != "slip" for each in explained) > 1
        for each in {(each.kind, each.name): each for each in explained}.values():
            self.findings.setdefault((name, each.kind, each.name), (each, []))[1].append(student)
        if verdict == "wrong" and not explained and answer.get("written") is not None:
            self.clusters.add(name, answer["written"], student)
        origin = _origin(name, answers) if verdict == "carried" else ""
        if origin:
            counts, students = self.carried.setdefault(origin, (Counter(), []))
            counts[name] += 1
            students.append(student)
        entry = Entry(verdict, tuple(dict.fromkeys(each.name for each in explained)), origin)
        return self.entries.setdefault(entry, entry)


def _explanations(answer: Row) -> Iterator[_Explanation]:
    """What explains an answer: mistakes, then pairs, then slips; each that cells have is named once."""
    for mistake in _rows(answer.get("mistakes"))[:MOST_NAMES]:
        yield _Explanation("mistake", _named(mistake), *_sentences(mistake))
    for pair in _list(answer.get("pairs"))[:MOST_NAMES]:
        rows = _rows(pair)
        said = list(map(_sentences, rows))
        says, ask = ("; ".join(filter(None, texts)) for texts in zip(*said, strict=True)) if said else ("", "")
        yield _Explanation("pair", " and ".join(map(_named, rows)), says, ask)
    for slip in _rows(answer.get("slips"))[:MOST_NAMES]:
        yield _Explanation("slip", _text(slip.get("id"), LONGEST_NAME), *_sentences(slip))


def _named(mistake: Row) -> str:
    """`stride-ignored@conv1 in W[1]`."""
    layer, where = (_text(mistake.get(key), LONGEST_NAME) for key in ("layer", "where"))
    named = _text(mistake.get("id"), LONGEST_NAME) + (f"@{layer}" if layer else "")
    return f"{named} in {where}" if where else named


def _sentences(row: Row) -> tuple[str, str]:
    return _text(row.get("says"), LONGEST_TEXT), _text(row.get("ask"), LONGEST_TEXT)


def _origin(name: str, answers: Mapping[str, Row]) -> str:
    """The first error that a carried answer follows from, through other carried answers; no text where none is told."""
    seen = {name}
    while given := [each for each in answers if each in _list(answers[name].get("given")) and each not in seen]:
        wrong = [each for each in given if answers[each].get("verdict") not in ("right", "unclear", "carried")]
        if wrong:
            return wrong[0]
        name = next((each for each in given if answers[each].get("verdict") == "carried"), given[0])
        seen.add(name)
        if answers[name].get("verdict") != "carried":
            return name
    return ""


def _counts(answer: object) -> bool:
    """Whether an answer is one that was asked for."""
    return isinstance(answer, Mapping) and answer.get("asked", True) is not False


def _place(error: Row) -> str:
    """`7:12`, the line and the column of an error, as far as they are known."""
    found = [error.get(key) for key in ("line", "column")]
    return ":".join(str(number) for number in found if isinstance(number, int) and number)


def _text(value: object, longest: int) -> str:
    """A text of at most so many characters; none where there is nothing."""
    text = "" if value is None else str(value)
    return text if len(text) <= longest else f"{text[:longest]}..."


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _rows(value: object) -> list[Row]:
    return [row for row in _list(value) if isinstance(row, Mapping)]


def _mapping(value: object) -> Row:
    return value if isinstance(value, Mapping) else {}
