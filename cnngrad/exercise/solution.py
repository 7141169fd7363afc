"""An exercise, solved once: what every page, record, verdict, audit and script is made from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np

from cnngrad.calculus.laws import Law
from cnngrad.errors import CnngradError, Mark, Problem, option
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.names import named, unknown_quantity
from cnngrad.exercise.terms import Cell, CellTrace, parse_cell
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.exact import within
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import FLOAT, SYMBOLIC, Array, all_finite, floats, nearest
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

if TYPE_CHECKING:
    from cnngrad.calculus.gradcheck import Gradcheck
    from cnngrad.exercise.kept import Kept
    from cnngrad.exercise.mistake import Wrong

_GRADIENT = pattern(r"\bd[A-Z]\w*|\bd[a-z]\w*\b")
MOST_KEPT = 1_000
"""Cells of a quantity whose wrong numbers are kept."""
MOST_NUMBERS = 64
"""How many quantities, or numbers of decimals, they are kept for."""
MOST_CELLS = 500_000
"""Cells of all that is kept beside them: 4 MB."""
MOST_LISTED = 10_000
"""Terms of one cell up to which they are listed one by one for its magnitude."""

Solvable = TypeVar("Solvable", bound=Exercise, covariant=True)
Computed = TypeVar("Computed")


@dataclass(frozen=True)
class Solution(Generic[Solvable]):
    """One exercise with its numbers; everything is computed when it is first asked for, and then kept.

    `base` is what the first index is called; `only` names the quantities that are wanted, none for all. `kind_mark`
    is where the spec chooses its kind of numbers: what that kind cannot do is said there. `in_fractions` gives the
    same exercise in exact numbers, where it is small enough for them.
    """

    exercise: Solvable
    source: str = ""
    title: str | None = None
    kind_mark: Mark | None = None
    limits: Limits = DEFAULT
    base: int = 0
    only: tuple[str, ...] = ()
    in_fractions: Callable[[], Exercise] | None = None
    strict: bool = True
    """whether what has no finite value is refused: a student's own numbers may lead anywhere"""

    @cached_property
    def arrays(self) -> Mapping[str, Array]:
        """Every result by its name, `dW` or `conv1.dW`: float64, or objects (fractions, formulas).

        Raises CnngradError, with its place, for what has no finite value, and for a wanted name that is none.
        """
        if not self.strict:
            return self._narrowed(self.only).solve()
        found = self._within_limits(self._narrowed(self.only).solve)
        for name, array in found.items():
            self._refuse_overflow(name, array)
            self._refuse_no_value(name, array)
        if self.only and set(self.only) - self._named(found).keys():
            return self._by_own_names().arrays
        return found

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """`only` by the names that quantities have here, where it has those of a course."""
        known = self._named(self.arrays) if self.only else {}
        return tuple(dict.fromkeys(named(name, known) or name for name in self.only))

    @cached_property
    def laws(self) -> tuple[Law, ...]:
        """The laws that the results obey: those whose sums are finite, about nothing but what is wanted."""
        found = self._within_limits(lambda: self._narrowed(self.wanted).laws(self.arrays))
        return tuple(law for law in found if _finite(law.left) and _finite(law.right) and self._concerns(law))

    @cached_property
    def quantities(self) -> Mapping[str, Array]:
        """Everything that can be asked: the results, and the new values after a step of descent."""
        return self.exercise.judged_quantities(self.arrays)

    @cached_property
    def exact(self) -> Mapping[str, Array]:
        """The quantities as fractions; nothing where the exercise has no exact values."""
        if self.in_fractions is None:
            return {}
        from cnngrad.exercise.scaled import exact_results

        try:
            found = self.in_fractions()
            if found is self.exercise:
                return self.quantities
            return exact_results(found) or self.other(found).quantities
        except CnngradError:
            return {}

    @cached_property
    def derivation(self) -> Derivation[Any]:
        """Why every number is what it is."""
        found: Derivation[Any] = self.exercise.derivation(self.arrays, self.base)
        return found

    def letters(self, name: str) -> str:
        """The letters of a quantity's axes; the new value of a parameter has those of its gradient."""
        return self.derivation.letters(gradient_name(name) if self.exercise.role(name) == "update" else name)

    def wrong(self, name: str, decimals: int) -> tuple[Wrong, ...]:
        """Every mistake that may be behind a wrong quantity, the nearest ones first, with the numbers that it gives.

        They depend on no answer: those of a small quantity are kept for the next one. What fractions and formulas cost
        is counted for every answer by itself.
        """
        decimals = self.decimals_told(decimals)
        if kept := self._wrong.get((name, decimals)):
            return kept
        from cnngrad.exercise.mistake import Wrong, candidates

        truth = self.quantities[name]
        found = tuple(Wrong(each, truth) for each in candidates(self.exercise, name, decimals))
        if self.exercise.kind is FLOAT and truth.size <= MOST_KEPT:
            if len(self._wrong) == MOST_NUMBERS:
                self._wrong.clear()
            self._wrong[name, decimals] = found
        return found

    def decimals_told(self, decimals: int) -> int:
        """The fewest decimals of an answer for which all mistakes give the same numbers as for so many."""
        told = self.exercise.record.part("decimals_told")
        return 0 if told is None else int(told(decimals))

    def other(self, exercise: Exercise) -> Solution[Exercise]:
        """The solution of the exercise as a student's own numbers make it, which may lead anywhere."""
        return Solution(exercise, self.source, limits=self.limits, base=self.base, strict=False)

    def trace(self, cell: str) -> CellTrace:
        """Why the cell named like `dW[0,1]` has its value, whether it is computed, chosen or given; CnngradError says
        which cells there are."""
        if kept := self._last_trace.get(cell):
            return kept
        self._last_trace.clear()
        known = self.derivation.explained
        shapes = {name: known[name].shape for name in dict.fromkeys([*self.arrays, *known])}
        found = parse_cell(cell, shapes, self.base)
        terms = self.derivation.most_terms(found.quantity) if found.quantity in self.derivation.traceable else 1
        self.limits.allow("terms", terms, f"{cell}: has {terms:,} terms")
        with within(self.limits, counted=False):
            return self._last_trace.setdefault(cell, self.derivation.explain(found))

    def magnitude(self, name: str, index: Index) -> float:
        """The sum of the absolute values of a cell's terms: what float64 noise is relative to."""
        if name not in self.derivation.traceable or self.derivation.most_terms(name) > MOST_LISTED:
            if name in self._magnitudes:
                return float(self._magnitudes[name][index])
            return float(np.abs(floats(self.quantities[name])).max(initial=0.0))
        trace = self.derivation.trace(Cell(name, index))
        return sum(abs(nearest(term.product)) for term in trace.terms if not isinstance(term.product, Formula))

    @cached_property
    def gradient_check(self) -> Gradcheck:
        """Every gradient compared with central differences; CnngradError where there is none to compare."""
        from cnngrad.calculus.gradcheck import gradcheck

        given = self.exercise.given
        found = {name: gradient_name(name) for name in given}
        gradients = {name: self.arrays[gradient] for name, gradient in found.items() if gradient in self.arrays}
        if self.exercise.kind is SYMBOLIC:
            says = f"compares numbers, not formulas; take {option('numbers', 'float')} or exact"
            raise CnngradError(Problem(says, option("gradcheck")))
        if not gradients:
            raise CnngradError(Problem("there is no gradient to check; give the spec a delta", option("gradcheck")))
        cells = sum(array.size for array in gradients.values())
        work = 2 * cells * self.exercise.multiply_adds()
        self.limits.allow("multiply_adds", work, f"{option('gradcheck')}: needs {work:,} multiply-adds")
        with within(self.limits):
            return gradcheck(self.exercise.loss, given, gradients, multilinear=self.exercise.multilinear)

    def _named(self, results: Mapping[str, Array]) -> Mapping[str, Array]:
        """Every array by its name, the results before those that are given."""
        return {**results, **self.exercise.derivation(results, self.base).values}

    def _narrowed(self, names: tuple[str, ...]) -> Exercise:
        """The exercise with the work that these results need; all of it where none is named."""
        return self.exercise.narrowed(frozenset(names)) if names else self.exercise

    def _by_own_names(self) -> Self:
        """The same with what is wanted by its own names; CnngradError for what is no quantity."""
        known = self._named(self._within_limits(self.exercise.solve))
        found = {name: named(name, known) for name in self.only}
        if unknown := [name for name, quantity in found.items() if quantity is None]:
            raise CnngradError(Problem(unknown_quantity(unknown[0], known), option("only")))
        return replace(self, only=tuple(filter(None, found.values())))

    @cached_property
    def kept(self) -> Kept:
        """What was worked out for one answer and serves the next."""
        from cnngrad.exercise.kept import Kept

        return Kept(MOST_CELLS)

    @cached_property
    def _wrong(self) -> dict[tuple[str, int], tuple[Wrong, ...]]:
        return {}

    @cached_property
    def _last_trace(self) -> dict[str, CellTrace]:
        """The cell that was asked for last: a page counts its numbers, draws it and follows it back."""
        return {}

    @cached_property
    def _magnitudes(self) -> Mapping[str, Array]:
        found = self.exercise.record.part("magnitudes")
        return {} if found is None or self.exercise.kind is not FLOAT else dict(found(self.exercise))

    def _within_limits(self, compute: Callable[[], Computed]) -> Computed:
        """What is computed, its problems placed where the spec can be changed."""
        try:
            with within(self.limits):
                return compute()
        except CnngradError as error:
            raise CnngradError(*map(self._placed, error.problems)) from None

    def _concerns(self, law: Law) -> bool:
        """Whether a law is about nothing but the wanted gradients, and what was given."""
        if not self.only:
            return True
        owner, dot, name = law.name.rpartition(": ")
        prefix = f"{owner}." if dot else ""
        gradients = {f"{prefix}{word}" for word in _GRADIENT.findall(name)} - {f"{prefix}dZ"}
        return gradients <= set(self.wanted)

    def _placed(self, problem: Problem) -> Problem:
        """A problem that showed only when the numbers were worked out, where the spec can fix it."""
        if problem.mark is None and not problem.key and self.kind_mark is not None:
            return replace(problem, key="numbers", mark=self.kind_mark)
        return replace(problem, mark=problem.mark or self._mark)

    def _refuse_overflow(self, name: str, array: Array) -> None:
        """A window without a real cell has -inf as its maximum; any other cell must be finite."""
        empty = self.exercise.may_be_infinite(name)
        if array.dtype == object or all_finite(array) or (empty and not np.isposinf(array).any()):
            return
        index = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        says = f"{Cell(name, index).name(self.base)}: is beyond float64, whose largest number is 1.8e308"
        raise CnngradError(Problem(f"{says}; scale the numbers, or take numbers: exact", mark=self._mark))

    def _refuse_no_value(self, name: str, array: Array) -> None:
        """Every formula whose symbols have values has one itself, or says why not: 1/x at 0."""
        if self.exercise.kind is not SYMBOLIC:
            return
        for index, cell in np.ndenumerate(array):
            try:
                _ = cell.value if isinstance(cell, Formula) else None
            except CnngradError as error:
                says = f"{Cell(name, index).name(self.base)}: {error}"
                raise CnngradError(Problem(says, mark=self._mark)) from None

    @property
    def _mark(self) -> Mark | None:
        return Mark(self.source) if self.source else None


def _finite(value: Any) -> bool:
    if isinstance(value, float):  # of nearly all; to ask for a Fraction first takes longer than the test
        return math.isfinite(value)
    return isinstance(value, Fraction | Formula) or math.isfinite(value)
