"""Recomputes what a check says of an answer: the verdict, every mistake that is named, every slip."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.mistake import Candidate, Mistake, candidates
from cnngrad.exercise.terms import Cell, Term
from cnngrad.homework.verdict import Judged, Verdict
from cnngrad.numbers.formula import Formula

NOISE = Fraction(1, 2**36)
"""What float64 may lose, relative to the largest number in play."""
SINGLE = Fraction(1, 2**22)
"""The same for what float32 prints: seven digits or more."""
CELL = r"[\w.]+(?:\[[\d,]+\])?"
Index = tuple[int, ...]


def faults(verdict: Verdict) -> list[str]:
    """What is untrue in a verdict, a line each."""
    return [
        f"{name}: {fault}" for name, judged in verdict.answers.items() for fault in _Claims(verdict, judged).faults()
    ]


@dataclass(frozen=True)
class _Claims:
    """What is said of one answer."""

    verdict: Verdict
    judged: Judged

    def faults(self) -> Iterator[str]:
        judged = self.judged
        if judged.answer is None or judged.truth is None:
            return
        if judged.verdict != "refused":
            yield from self._of_the_verdict()
        for mistake in judged.mistakes:
            if not self._made(mistake):
                yield f"{mistake.id} does not give these numbers: {mistake.says}"
        for one, other in judged.pairs:
            if not any(self._gives(result) for result in self._of_both(one, other)):
                yield f"{one.id} and {other.id} do not give these numbers"
        if judged.slips and judged.pairs:
            yield "slips beside a pair of mistakes"
        for slip in judged.slips:
            if not self._holds(slip.id, slip.cell, slip.says):
                yield f"{slip.id} at {slip.cell} does not give these numbers: {slip.says}"

    # --- the verdict

    def _of_the_verdict(self) -> Iterator[str]:
        judged, equal = self.judged, self._equal(self._exact_truth())
        carried = len(self.verdict.answers) > 1  # right to what the student's own rounded numbers leave open
        claimed = judged.verdict == "unclear" or (judged.verdict == "right" and not carried)
        if claimed and not judged.message.startswith("right under") and not equal.all():
            yield f"{judged.verdict}, but not all cells are right"
        if judged.verdict == "wrong" and self._equal(self._exact_truth(), strict=True).all() and not judged.missing:
            yield "wrong, but every cell is right"
        if judged.verdict in ("right", "carried") and (judged.mistakes or judged.pairs or judged.slips):
            yield f"{judged.verdict}, and something is wrong with it"

    def _exact_truth(self) -> Any:
        return self.verdict.solution.exact.get(self.judged.name, self.judged.truth)

    # --- mistakes

    def _made(self, mistake: Mistake) -> bool:
        """Whether a mistake gives the student's numbers, in all of the answer or in the part that it names."""
        says = mistake.says.partition(" alone: ")[2] if mistake.where else mistake.says
        results = [self._scaled(says)] if mistake.id == "constant-factor" else self._results(mistake)
        if mistake.where:
            results = [self._in_part(mistake.where, result) for result in results]
        return any(map(self._gives, results))

    def _in_part(self, where: str, result: Any) -> Any:
        """The right numbers with those of a mistake at `W[:,1]`, where they have the same shape."""
        truth = np.asarray(self._solution.quantities[self.judged.name])
        if np.shape(result) != truth.shape:
            return None
        *before, place = where.partition("[")[2].rstrip("]").split(",")
        index: tuple[Any, ...] = (*[slice(None)] * len(before), int(place))
        found = truth.copy()
        found[index] = result[index]
        return found

    def _scaled(self, says: str) -> Any:
        match = re.fullmatch(r"the (whole answer|step) is (multiplied|divided) by ([^,]+)(?:, .+)?", says)
        assert match, says
        exercise, name = self._solution.exercise, self.judged.name
        number = Fraction(match[3])
        by, truth = number if match[2] == "multiplied" else 1 / number, self._solution.quantities[name]
        start = exercise.given[name] if match[1] == "step" else np.asarray(truth) * 0
        cells = zip(np.ravel(truth), np.ravel(start), strict=True)
        made = [Fraction(old) + (Fraction(new) - Fraction(old)) * by for new, old in cells]
        return np.array(made, dtype=object).reshape(np.shape(truth))

    @property
    def _solution(self) -> Any:
        """The exercise, from the student's own earlier numbers where the verdict says so."""
        solution, judged = self.verdict.solution, self.judged
        if not judged.given:
            return solution
        others = {name: self.verdict.answers[name] for name in judged.given}
        given = {name: each.answer.filled(solution.quantities[name]) for name, each in others.items() if each.answer}
        return solution.other(solution.exercise.recomputed(given))

    def _results(self, mistake: Mistake) -> list[Any]:
        """The numbers of every row with this id and sentence."""
        return [result for each in self._rows(mistake) for result in each.results()]

    def _rows(self, mistake: Mistake) -> list[Candidate]:
        same = [each for each in self._known if (each.mistake.id, each.mistake.layer) == (mistake.id, mistake.layer)]
        says = mistake.says.partition(" alone: ")[2] if mistake.where else mistake.says
        return [each for each in same if each.mistake.says == says]

    def _of_both(self, one: Mistake, other: Mistake) -> Iterator[Any]:
        for first in self._rows(one):
            for second in first.followed_by(self._known):
                if second.mistake.key == other.key:
                    yield from second.results()

    @cached_property
    def _known(self) -> list[Candidate]:
        return candidates(self._solution.exercise, self.judged.name, self._decimals)

    @property
    def _decimals(self) -> int:
        assert self.judged.answer is not None
        return self.judged.answer.decimals

    def _gives(self, values: Any) -> bool:
        """Whether `values` are the student's numbers, to the decimals written."""
        assert self.judged.answer is not None
        shapes = [[size for size in shape if size != 1] for shape in (np.shape(values), self.judged.answer.shape)]
        same = shapes[0] == shapes[1] or (np.size(values) == 0 == self.judged.answer.cells.size)
        return bool(same and self._equal(values).all())

    def _equal(self, values: Any, *, strict: bool = False) -> Any:
        """Where `values`, in the shape of the answer, are the numbers that were written; `strict`: to half a unit."""
        assert self.judged.answer is not None
        values, cells = np.asarray(values), self.judged.answer.cells
        scale = max((abs(number) for number in map(_number, values.ravel()) if number is not None), default=Fraction(0))
        scale = Fraction(0) if strict else scale
        each = [_is(cell, value, scale) for cell, value in zip(cells.flat, values.flat, strict=True)]
        return np.array(each, dtype=bool).reshape(cells.shape)

    # --- slips

    def _holds(self, id_: str, cell: str, says: str) -> bool:
        return SLIPS[id_](self, cell, says)

    def _written(self, cell: str) -> Any:
        assert self.judged.answer is not None
        return self.judged.answer.cells[_index(cell)]

    def terms(self, index: Index) -> tuple[Term, ...]:
        found: tuple[Term, ...] = self._solution.derivation.trace(Cell(self.judged.name, index)).terms
        return found

    def off(self, cell: str, change: Fraction, terms: Sequence[Term]) -> bool:
        """Whether the written cell is its terms' sum with this change."""
        written = self._written(cell)
        scale = max((abs(Fraction(term.product)) for term in terms), default=Fraction(0))
        true = self.true(cell)
        return bool(abs(written.value - true - change) <= written.unit / 2 + _noise(written) * scale)

    def true(self, cell: str) -> Fraction:
        return Fraction(self._solution.quantities[self.judged.name][_index(cell)])

    def value_of(self, name: str) -> Fraction:
        """The value of a cell of any array."""
        quantity, index = _split(name)
        return Fraction(self._solution.derivation.values[quantity][index])


def _number(value: Any) -> Fraction | None:
    """A number as a fraction; nothing for a formula, and for what is not finite."""
    if isinstance(value, Fraction):
        return value
    return None if isinstance(value, Formula) or not np.isfinite(value) else Fraction(float(value))


def _is(cell: Any, value: Any, scale: Fraction) -> bool:
    if cell is None:
        return True
    if isinstance(value, Formula) or isinstance(cell, Formula):
        return bool(cell == value)
    number = _number(value)
    return number is not None and abs(cell.value - number) <= cell.unit / 2 + _noise(cell) * scale


def _noise(cell: Any) -> Fraction:
    return SINGLE if len(re.sub(r"[^0-9]|[eE].*", "", cell.text).lstrip("0")) > 6 else NOISE


def _split(name: str) -> tuple[str, Index]:
    quantity, _, index = name.partition("[")
    return quantity, tuple(map(int, index.rstrip("]").split(","))) if index else ()


def _index(cell: str) -> Index:
    return _split(cell)[1]


def _product(term: Term) -> Fraction:
    return prod((Fraction(factor.value) for factor in term.factors), start=Fraction(1))


def _named(term: Term) -> str:
    return "*".join(factor.name() for factor in term.factors)


Slip = Callable[[_Claims, str, str], bool]


def _whole_term(pattern: str, times: int) -> Slip:
    """A slip that is about one whole term, which counts so many times more."""

    def holds(claims: _Claims, cell: str, says: str) -> bool:
        match = re.fullmatch(pattern, says)
        assert match, says
        terms = claims.terms(_index(cell))
        return any(_named(t) == match[1] and claims.off(cell, times * _product(t), terms) for t in terms)

    return holds


def _neighbour(claims: _Claims, cell: str, says: str) -> bool:
    match = re.fullmatch(r"in the term (.+) (\S+) was taken for (\S+)", says)
    assert match, says
    terms = claims.terms(_index(cell))
    taken, right = match[2], match[3]
    (one, i), (other, j) = _split(taken), _split(right)
    if one != other or sum(abs(a - b) for a, b in zip(i, j, strict=True)) != 1:
        return False
    term = next(term for term in terms if _named(term) == match[1])
    place = next(place for place, factor in enumerate(term.factors) if factor.name() == right)
    rest = prod((Fraction(f.value) for k, f in enumerate(term.factors) if k != place), start=Fraction(1))
    return claims.off(cell, (claims.value_of(taken) - Fraction(term.factors[place].value)) * rest, terms)


def _sum_for_product(claims: _Claims, cell: str, says: str) -> bool:
    match = re.fullmatch(r"(.+) was added where the term (.+) is a product", says)
    assert match, says
    terms = claims.terms(_index(cell))
    term = next(term for term in terms if _named(term) == match[2])
    added = sum(Fraction(factor.value) for factor in term.factors)
    return bool(match[1].split(" + ") == match[2].split("*") and claims.off(cell, added - _product(term), terms))


def _misread(claims: _Claims, cell: str, says: str) -> bool:
    match = re.fullmatch(rf"({CELL}) was taken as (\S+)(?: \((.+)\))?", says)
    assert match, says
    assert match[1] == cell
    read = Fraction(match[2])
    answer = claims.judged.answer
    assert answer is not None
    return all(
        claims.off(_cell(claims.judged.name, index), _change(claims.terms(index), cell, read), claims.terms(index))
        for index, written in np.ndenumerate(answer.cells)
        if written is not None
    )


def _cell(name: str, index: Index) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name


def _change(terms: Sequence[Term], cell: str, read: Fraction) -> Fraction:
    """How much the sum of the terms changes when one value is read as another."""
    changed = [
        prod((read if f.name() == cell else Fraction(f.value) for f in term.factors), start=Fraction(1))
        for term in terms
    ]
    return sum(changed, Fraction(0)) - sum(map(_product, terms), Fraction(0))


PLACES = {
    name: place
    for place, name in enumerate(
        ("third decimal is", "second decimal is", "first decimal is", "ones are", "tens are", "hundreds are"), -3
    )
} | {"thousands are": 3}


def _addition(claims: _Claims, cell: str, says: str) -> bool:
    match = re.fullmatch(r"the (.+ (?:is|are)) 1 too (large|small)", says)
    assert match, says
    power = re.fullmatch(r"(?:10\^(\d+) are|(\d+)th decimal is)", match[1])
    place = PLACES[match[1]] if power is None else int(power[1]) if power[1] else -int(power[2])
    true = claims.true(cell)
    away = Fraction(10) ** place * (1 if match[2] == "large" else -1) * (-1 if true < 0 else 1)
    return claims.off(cell, away, claims.terms(_index(cell)))


def _point(claims: _Claims, cell: str, says: str) -> bool:
    match = re.fullmatch(r"the decimal point is (\d) places? too far to the (right|left)", says)
    assert match, says
    factor = Fraction(10) ** (int(match[1]) * (1 if match[2] == "right" else -1))
    return claims.off(cell, claims.true(cell) * (factor - 1), claims.terms(_index(cell)))


def _sign(claims: _Claims, cell: str, _: str) -> bool:
    return claims.off(cell, -2 * claims.true(cell), claims.terms(_index(cell)))


def _exchanged(claims: _Claims, cell: str, says: str) -> bool:
    match = re.fullmatch(rf"this cell and ({CELL}) hold each other's value", says)
    assert match, says
    both = ((cell, match[1]), (match[1], cell))
    return all(claims.off(one, claims.true(two) - claims.true(one), claims.terms(_index(one))) for one, two in both)


def _digits_swapped(claims: _Claims, cell: str, _: str) -> bool:
    written, true = claims._written(cell), claims.true(cell)
    right, given = (str(round(abs(x) / written.unit)) for x in (true, written.value))
    right = right.rjust(len(given), "0")
    sign = -1 if true < 0 else 1
    swapped = (right[:i] + right[i + 1] + right[i] + right[i + 2 :] for i in range(len(right) - 1))
    changes = (sign * int(each) * written.unit - sign * int(right) * written.unit for each in swapped if each != right)
    return any(claims.off(cell, change, claims.terms(_index(cell))) for change in changes)


SLIPS: Mapping[str, Slip] = {
    "term-dropped": _whole_term("the term (.+) is missing", -1),
    "term-doubled": _whole_term("the term (.+) was added twice", 1),
    "term-sign": _whole_term("the term (.+) has the wrong sign", -2),
    "neighbour": _neighbour,
    "product-as-sum": _sum_for_product,
    "cell-misread": _misread,
    "digits-swapped": _digits_swapped,
    "sign-flipped": _sign,
    "addition-slip": _addition,
    "decimal-point": _point,
    "values-exchanged": _exchanged,
}


def wrong_numbers(verdict: Verdict, name: str) -> list[Any]:
    """The wrong results of all mistakes that may be behind a quantity; none where one cannot be computed."""
    found = []
    for each in candidates(verdict.solution.exercise, name):
        try:
            found += each.wrong_results(verdict.solution.quantities[name])
        except CnngradError:
            continue
    return found
