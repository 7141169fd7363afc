"""A run and what it found: what every page, record and verdict is made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from cnngrad.calculus.gradcheck import Gradcheck, gradcheck
from cnngrad.calculus.laws import Law
from cnngrad.errors import CnngradError, Mark, Problem
from cnngrad.exercise.derivation import Derivation
from cnngrad.exercise.exercise import Exercise, Solved
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.selection import brief_traces, full_traces, refuse_terms
from cnngrad.exercise.terms import Cell, CellTrace, parse_cell, unknown_quantity
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.exact import within
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import SYMBOLIC, Array

_GRADIENT = re.compile(r"\bd[A-Z]\w*|\bd[a-z]\w*\b")
FILE_TERMS = 10
"""How many times more terms a file may have than a screen."""
TRACES = ("none", "brief", "full")


@dataclass(frozen=True)
class Options:
    """What the reader wants to see."""

    trace: str = "brief"
    method: str = "gather"
    base: int = 0
    precision: int | None = None
    gradcheck: bool = False
    limits: Limits = DEFAULT
    to_file: bool = False
    rounding: int | None = None
    shift: tuple[int, ...] | None = None
    only: tuple[str, ...] = ()
    """the quantities that are shown alone; none for all"""

    @property
    def most_terms(self) -> int:
        """Terms that a full trace may have: a file holds more than people read on a screen."""
        return self.limits.terms * (FILE_TERMS if self.to_file else 1)


@dataclass(frozen=True)
class Run:
    """One exercise, solved, with what the reader wants to see of it."""

    exercise: Exercise
    source: str = ""
    title: str | None = None
    options: Options = field(default_factory=Options)
    kind_mark: Mark | None = None
    """where the spec chooses its kind of numbers: what that kind cannot do is said there"""

    @cached_property
    def solved(self) -> Solved:
        """The results, all of them finite, with those laws whose sums are."""
        try:
            with within(self.options.limits):
                solved = self._narrowed.solve()
        except CnngradError as error:
            raise CnngradError(*map(self._placed, error.problems)) from None
        for name, array in solved.results.items():
            self._refuse_overflow(name, array)
            self._refuse_no_value(name, array)
        self._refuse_unknown(solved.results)
        laws = tuple(law for law in solved.laws if _finite(law.left) and _finite(law.right) and self._concerns(law))
        return replace(solved, laws=laws)

    @property
    def arrays(self) -> Mapping[str, Array]:
        """Every result by its name, `dW` or `conv1.dW`: float64, or objects (fractions, formulas)."""
        return self.solved.results

    @property
    def results(self) -> Mapping[str, Any]:
        """The results as the JSON object has them, with arrays for lists."""
        return self.exercise.structure({name: self.arrays[name] for name in self.shown})

    @property
    def shown(self) -> tuple[str, ...]:
        """The results that the reader wants to see."""
        return self.options.only or tuple(self.arrays)

    @cached_property
    def derivation(self) -> Derivation[Any]:
        """The derivation of every number."""
        found: Derivation[Any] = self.exercise.derivation(self.arrays, self.options.base)
        return found

    @cached_property
    def traces(self) -> tuple[CellTrace, ...]:
        """The traces of the cells that the trace option asks for."""
        arrays = self.arrays
        with within(self.options.limits):
            match self.options.trace:
                case "none":
                    return ()
                case "full":
                    self.refuse_terms()
                    return tuple(full_traces(self.derivation, arrays, self.shown))
                case _:
                    return tuple(brief_traces(self.derivation, arrays, self.options.only or self.derivation.first))

    def refuse_terms(self) -> None:
        """Refuse a full trace with too many terms, before it is made."""
        refuse_terms(self.derivation, self.shown, self.options.most_terms)

    @cached_property
    def gradcheck(self) -> Gradcheck | None:
        """The comparison with central differences, where it was asked for and there is a gradient."""
        given = self.exercise.given
        found = {name: gradient_name(name) for name in given}
        gradients = {name: self.arrays[gradient] for name, gradient in found.items() if gradient in self.arrays}
        if not self.options.gradcheck:
            return None
        if self.exercise.kind is SYMBOLIC:
            raise CnngradError("--gradcheck: compares numbers, not formulas; take --numbers float or exact")
        if not gradients:
            raise CnngradError("--gradcheck: there is no gradient to check; give the spec a delta")
        cells = sum(array.size for array in gradients.values())
        work = 2 * cells * self.exercise.multiply_adds()
        self.options.limits.allow("multiply_adds", work, f"--gradcheck: needs {work:,} multiply-adds")
        with within(self.options.limits):
            return gradcheck(self.exercise.loss, given, gradients, multilinear=self.exercise.multilinear)

    def trace(self, cell: str) -> CellTrace:
        """The derivation of the cell named like `dW[0,1]`; CnngradError says which cells there are."""
        shapes = {name: self.arrays[name].shape for name in self.derivation.traceable}
        found = parse_cell(cell, shapes, self.options.base)
        terms = self.derivation.most_terms(found.quantity)
        self.options.limits.allow("terms", terms, f"{cell}: has {terms:,} terms")
        with within(self.options.limits, counted=False):
            return self.derivation.trace(found)

    @property
    def _narrowed(self) -> Exercise:
        """The exercise with the work that the shown results need; all of it where one is not known, to say so."""
        return self.exercise.narrowed(frozenset(self.options.only)) if self.options.only else self.exercise

    def _refuse_unknown(self, results: Mapping[str, Array]) -> None:
        for name in self.options.only:
            if name not in results:
                known = self.exercise.solve().results
                raise CnngradError(f"--only: {unknown_quantity(name, known)}")

    def _concerns(self, law: Law) -> bool:
        """Whether a law is about nothing but the shown gradients, and what was given."""
        owner, dot, name = law.name.rpartition(": ")
        prefix = f"{owner}." if dot else ""
        gradients = {f"{prefix}{word}" for word in _GRADIENT.findall(name)} - {f"{prefix}dZ"}
        return not self.options.only or gradients <= set(self.options.only)

    def _placed(self, problem: Problem) -> Problem:
        """A problem that showed only when the numbers were worked out, where the spec can mend it."""
        if problem.mark is None and not problem.key and self.kind_mark is not None:
            return replace(problem, key="numbers", mark=self.kind_mark)
        return replace(problem, mark=problem.mark or self._mark)

    def _refuse_overflow(self, name: str, array: Array) -> None:
        """A window without a real cell has -inf as its maximum; any other cell must be finite."""
        empty = self.exercise.may_be_infinite(name)
        if array.dtype == object or np.isfinite(array).all() or (empty and not np.isposinf(array).any()):
            return
        index = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        says = f"{Cell(name, index).name(self.options.base)}: is beyond float64, whose largest number is 1.8e308"
        raise CnngradError(Problem(f"{says}; scale the numbers, or take numbers: exact", mark=self._mark))

    def _refuse_no_value(self, name: str, array: Array) -> None:
        """Every formula whose symbols have values has one itself, or says why not: 1/x at 0."""
        if self.exercise.kind is not SYMBOLIC:
            return
        for index, cell in np.ndenumerate(array):
            try:
                _ = cell.value if isinstance(cell, Formula) else None
            except CnngradError as error:
                says = f"{Cell(name, index).name(self.options.base)}: {error}"
                raise CnngradError(Problem(says, mark=self._mark)) from None

    @property
    def _mark(self) -> Mark | None:
        return Mark(self.source) if self.source else None

    @property
    def passed(self) -> bool:
        """Whether every check that was made holds."""
        return self.gradcheck is None or self.gradcheck.passed


def _finite(value: Any) -> bool:
    return isinstance(value, Fraction | Formula) or bool(np.isfinite(value))
