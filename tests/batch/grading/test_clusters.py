"""Which unexplained answers are equal."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from classes import row, small_class, unknown

from cnngrad.batch.grading.clusters import Clusters
from cnngrad.batch.grading.summary import summarize


def clusters(*answers: object) -> list[tuple[object, list[int]]]:
    """The numbers and the members of the clusters among answers for one quantity."""
    found = Clusters()
    for student, numbers in enumerate(answers):
        found.add("dW", numbers, student)
    return [(cluster.numbers, [*cluster.students]) for cluster in found.found()]


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ((["0.5"], [".50"], ["1/2"], ["0.6"]), [(["1/2"], [0, 1, 2])]),
        ((["0.33"], ["1/3"]), [(["1/3"], [0, 1])]),  # 1/3 = 0.333..., rounded 0.33
        ((["0.34"], ["1/3"]), []),
        ((["1.0", "0.2"], ["1", "0.15"]), [(["1", "0.15"], [0, 1])]),  # half of 0.1 away
        ((["0.12"], ["0.13"], ["0.125"]), [(["0.125"], [0, 1, 2])]),  # a half goes up or to the even digit
        ((["0.33"], ["0.333"], ["0.3333"]), [(["0.3333"], [0, 1, 2])]),
        ((["0.3"], ["0.31"], ["0.32"]), []),  # rounds from both
        ((["0.3"], ["0.31"], ["0.31"], ["0.30"]), [(["0.30"], [0, 3]), (["0.31"], [1, 2])]),
        ((["0.3", "2.75"], ["0.31", "2.8"]), []),  # neither is the other with fewer decimals
        ((["1", "2"], ["12"], ["1", "2", "0"]), []),
        (([["1", "2"]], ["1", "2"]), [([["1", "2"]], [0, 1])]),
        ((["?"], [None], [""]), [(["?"], [0, 1, 2])]),
        ((["x11*d11"], [" x11*d11"]), [(["x11*d11"], [0, 1])]),
        (("3", ["3.0"]), [(["3.0"], [0, 1])]),
        ((["-0"], ["0"], ["1e-3"]), [(["1e-3"], [0, 1, 2])]),  # 0.001 rounds to 0
        ((["1e400"], ["1e400"]), [(["1e400"], [0, 1])]),
        (([], []), [([], [0, 1])]),
    ],
)
def test_equal_up_to_the_decimals_written(answers: tuple[object, ...], wanted: object) -> None:
    assert clusters(*answers) == wanted


def test_a_class_has_its_clusters() -> None:
    (cluster,) = summarize(small_class()).clusters
    assert (cluster.quantity, cluster.cells, [*cluster.students]) == ("dW", 2, [1, 3])
    assert cluster.numbers == [[".50", "0.250"]]


def test_the_largest_cluster_is_first_and_quantities_are_apart() -> None:
    rows = [row(f"s{i}", {"dA": unknown(str(i // 2)), "dW": unknown(str(i // 3))}) for i in range(6)]
    found = [(cluster.quantity, [*cluster.students]) for cluster in summarize(rows).clusters]
    assert found == [("dW", [0, 1, 2]), ("dW", [3, 4, 5]), ("dA", [0, 1]), ("dA", [2, 3]), ("dA", [4, 5])]


def test_many_numbers_are_compared_and_not_kept() -> None:
    many = [str(i) for i in range(1_500)]
    assert clusters(many, [*many], [*many[:-1], "0"]) == [(None, [0, 1])]


def test_numbers_of_many_students_are_not_kept_without_end() -> None:
    found = Clusters(kept=10)
    for student, text in enumerate(["12345", "54321", "12345", "54321.0"]):
        found.add("dW", [text], student)
    assert [(cluster.numbers, cluster.students) for cluster in found.found()] == [(["12345"], (0, 2)), (None, (1, 3))]


def test_nested_without_end_is_one_text() -> None:
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    assert len(clusters(deep, deep)) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_rounded_answer_is_where_it_alone_can_come_from(seed: int) -> None:
    """Each answer is given twice, so that every one is in a cluster; all pairs of answers are compared."""
    draw = random.Random(seed)
    # Without a 0 at the end, equal numbers are written alike.
    texts = [f"{draw.uniform(-1, 1):.{draw.randrange(1, 4)}f}"[:-1] + draw.choice("123456789") for _ in range(60)]
    given = [[text, draw.choice(["1/3", "0.33", "0.3"])] for text in texts]
    found = clusters(*given, *given)
    numbers = [shown for shown, _ in found]
    assert sorted(student for _, members in found for student in members) == [*range(120)]
    for place, answer in enumerate(given):
        (own,) = (shown for shown, members in found if place in members)
        others = [each for each in numbers if rounds_to(each, answer) and not equal(each, answer)]
        assert others == [own] if not equal(own, answer) else len(others) != 1


def rounds_to(numbers: Any, answer: list[str]) -> bool:
    """Whether an answer has these numbers with fewer decimals: half a unit of its last place away at most."""
    pairs = zip(map(Fraction, numbers), answer, strict=True)
    return all(
        number == Fraction(text)
        if "/" in text
        else abs(number - Fraction(text)) * 10 ** len(text.partition(".")[2]) <= Fraction(1, 2)
        for number, text in pairs
    )


def equal(numbers: Any, answer: list[str]) -> bool:
    """Whether these are the same numbers."""
    return [*map(Fraction, numbers)] == [*map(Fraction, answer)]
