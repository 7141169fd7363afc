"""A class that hands in: right answers, planted mistakes, slips, blanks and broken files, from plain loops (`recipes`).

Nothing of the package computes what is expected of a submission.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import recipes
from exercises import texts, whole
from recipes import Conv

QUANTITIES = ("dA", "dW", "db")
BROKEN: Sequence[tuple[str, bytes]] = (
    (".pdf", b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n1 0 obj"),
    (".png", b"\x89PNG\r\n\x1a\n\x00\x00"),
    (".yaml", b""),
    (".yaml", b"- [1, 2\n"),
    (".txt", b"see my notebook, it is all there"),
    (".yaml", b"dW: \xff\xfe"),
    (".npz", b"PK\x03\x04 cut off"),
)
"""Files of which nothing can be read."""


@dataclass(frozen=True)
class Planted:
    """One submission and what is expected of it: a verdict for each quantity, and the id that its cell has to name;
    `slips` are the cells that were changed. Nothing is expected of a `broken` file but its row."""

    student: str
    ending: str
    data: bytes
    verdicts: Mapping[str, str]
    ids: Mapping[str, str]
    slips: Mapping[str, str]
    broken: bool = False

    def faults(self, row: Mapping[str, Any]) -> Iterator[str]:
        """What is not as it was planted in the row of this submission."""
        if row["student"] != self.student:
            yield f"{row['student']}, not {self.student}"
        if self.broken:
            if not (row["verdict"] == "refused" and row["points"] == 0 and row["error"]["message"]):
                yield f"{self.student}: is broken, but {row}"
            return
        for name, verdict in self.verdicts.items():
            answer = row["answers"][name]
            if answer["verdict"] != verdict:
                yield f"{self.student}: {name} is {answer['verdict']}, not {verdict}"
            if name in self.ids and self.ids[name] not in [mistake["id"] for mistake in answer["mistakes"]]:
                yield f"{self.student}: {name} has not {self.ids[name]}: {answer['mistakes']}"
            if name in self.slips and not (answer["slips"] or answer["mistakes"]):
                yield f"{self.student}: {name} has no slip in {self.slips[name]}"


@cache
def exercise() -> Conv:
    """Two images, two channels, two filters, stride 2 and padding 1."""
    rng = np.random.default_rng(12)
    A, K, b, dZ = (whole(shape, rng) for shape in ((2, 4, 4, 2), (2, 2, 2, 2), (2,), (2, 3, 3, 2)))
    return Conv(A, K, b, dZ, 2, 1)


def spec_text() -> str:
    """The exercise as a spec, which asks for dA, dW and db."""
    e = exercise()
    arrays = {"input": e.A, "kernel": e.K, "bias": e.b, "delta": e.dZ}
    spec = {"op": "conv", "stride": e.s, "padding": e.p, "ask": [*QUANTITIES]}
    return json.dumps(spec | {name: array.tolist() for name, array in arrays.items()})


@cache
def truths() -> Mapping[str, Any]:
    """The right answers, by plain loops."""
    e = exercise()
    return {
        "dA": e.crop(e.scatter(e.K, e.dZ, e.s)),
        "dW": e.gather(e.padded, e.dZ, e.s),
        "db": e.dZ.sum(axis=(0, 1, 2)),
    }


@cache
def mistakes(name: str) -> Sequence[tuple[str, Any]]:
    """The wrong answers of students, in the shape of the right ones and other than these, with what was done."""
    right = truths()[name]
    found = recipes.CONV[name](exercise())
    return [(id_, wrong) for id_, wrong in found if wrong.shape == right.shape and not np.allclose(wrong, right)]


def planted(count: int, seed: int = 0) -> Iterator[Planted]:
    """`count` submissions; the ids of the students sort as they come."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        student = f"s{number:05}"
        if rng.random() < 0.06:
            ending, data = BROKEN[int(rng.integers(len(BROKEN)))]
            yield Planted(student, ending, data, {}, {}, {}, broken=True)
        else:
            yield _submission(student, rng)


def _submission(student: str, rng: np.random.Generator) -> Planted:
    answers: dict[str, Any] = {}
    verdicts, ids, slips = dict[str, str](), dict[str, str](), dict[str, str]()
    for name, right in truths().items():
        kind = rng.choice(["right", "mistake", "slip", "blank", "absent"], p=[0.5, 0.37, 0.03, 0.05, 0.05])
        verdicts[name] = {"right": "right", "mistake": "wrong", "slip": "wrong"}.get(kind, "missing")
        if kind == "mistake":
            known = mistakes(name)
            ids[name], answers[name] = known[int(rng.integers(len(known)))]
        elif kind == "slip" and right.size > 4:
            slips[name], answers[name] = _slipped(name, right, rng)
        elif kind == "blank":
            answers[name] = None
        elif kind != "absent":
            verdicts[name], answers[name] = "right", right
    if all(each is None for each in answers.values()):
        answers["db"], verdicts["db"] = truths()["db"], "right"
    ending, data = _file(answers, rng)
    return Planted(student, ending, data, verdicts, ids, slips)


def _slipped(name: str, right: Any, rng: np.random.Generator) -> tuple[str, Any]:
    """One cell with the sign turned, or off by ten where it is 0."""
    wrong = right.copy()
    index = tuple(int(rng.integers(size)) for size in right.shape)
    wrong[index] = -wrong[index] or 10.0
    return f"{name}[{','.join(map(str, index))}]", wrong


def _file(answers: Mapping[str, Any], rng: np.random.Generator) -> tuple[str, bytes]:
    """The answers as YAML, JSON or what Python prints; whole numbers with a point, as numpy has them."""
    form = rng.integers(3)
    lists = {name: None if array is None else texts(array) for name, array in answers.items()}
    if form == 0:
        return ".json", json.dumps(lists).encode()
    if form == 1 or None in lists.values():
        lines = [f"{name}: {'' if cells is None else json.dumps(cells)}\n" for name, cells in lists.items()]
        return ".yaml", "".join(lines).encode()
    return ".txt", "".join(f"{name} = {answers[name]!r}\n" for name in answers).encode()


def write_class(folder: Path, students: Sequence[Planted]) -> tuple[Path, Path]:
    """The exercise and the folder of submissions."""
    spec, submissions = folder / "hw3.yaml", folder / "submissions"
    spec.write_text(spec_text())
    submissions.mkdir()
    for each in students:
        (submissions / f"{each.student}{each.ending}").write_bytes(each.data)
    return spec, submissions
