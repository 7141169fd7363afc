"""An exercise judged: which known mistakes it would not catch, which it cannot tell apart, and the cheapest repair."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import Any

from cnngrad.errors import CnngradError
from cnngrad.exercise.cost import run_cost
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.solution import Solution
from cnngrad.homework.visibility import RANDOM, Comparison, Form, Key, allow_runs, with_cell
from cnngrad.numbers.kinds import SYMBOLIC
from cnngrad.numbers.printing import show
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index
from cnngrad.wording import read_cell

REPAIR = 10
"""The part of the work that looking for a repair may take."""
TRIES = 2
"""Runs of every mistake on the exercise itself: to see what applies, and what shows."""
VALUES = (3, 2, -1, 0, 5, -2)
"""What a single cell is changed to, in this order."""
MOST_CHANGES = 600
"""Changes that are tried."""
MOST_RERUNS = 40
"""The same for a network, which runs as a whole for every mistake."""


@dataclass(frozen=True)
class ComparisonAudit:
    """What one comparison shows: mistakes that give the right numbers, groups that give the same numbers, those that
    do not apply, and those that can be `made`."""

    name: str
    invisible: tuple[Mistake, ...]
    groups: tuple[tuple[Mistake, ...], ...]
    inapplicable: tuple[Mistake, ...]
    made: tuple[Mistake, ...]

    @property
    def applicable(self) -> int:
        return len(self.made)


@dataclass(frozen=True)
class Repair:
    """One cell of the spec and the number that exposes most; `leaves` mistakes stay invisible."""

    key: str
    old: str
    new: str
    leaves: int

    def __str__(self) -> str:
        return f"{self.key}: {self.old} -> {self.new} leaves {self.leaves}"


@dataclass(frozen=True)
class Audit:
    """What an exercise (and a grader's criterion) would not catch."""

    solution: Solution[Any]
    comparisons: tuple[ComparisonAudit, ...]
    criterion: str
    repair: Repair | None

    @property
    def applicable(self) -> int:
        """Mistakes that can be made here."""
        return sum(each.applicable for each in self.comparisons)

    @property
    def invisible(self) -> int:
        """Those of them that nobody would see."""
        return sum(len(each.invisible) for each in self.comparisons)

    @property
    def score(self) -> float:
        """The share of the applicable mistakes that show; 1 where none applies."""
        return 1 - self.invisible / self.applicable if self.applicable else 1.0


def audit(solution: Solution[Any], criterion: str = "cells") -> Audit:
    """Run every mistake against the exercise; CnngradError if that would be too much work."""
    exercise, limits = solution.exercise, solution.limits
    found = {name: Comparison(exercise, names, criterion) for name, names in exercise.judged_together().items()}
    left = limits.audit_work - allow_runs(exercise, found.values(), TRIES + RANDOM, limits, "audit")
    forms = Form.of_each(exercise, found)
    audits = tuple(_audited(name, each, forms[name]) for name, each in found.items())
    applicable = {name: form.applicable for name, form in forms.items()}
    repair = _repair(exercise, audits, criterion, applicable, min(left, limits.audit_work // REPAIR))
    return Audit(solution, audits, criterion, repair)


def _audited(name: str, compared: Comparison, form: Form) -> ComparisonAudit:
    mistakes, applicable = compared.mistakes, form.applicable
    invisible, groups = compared.confused(applicable)
    return ComparisonAudit(
        name,
        tuple(mistakes[key] for key in invisible),
        tuple(tuple(mistakes[key] for key in group) for group in groups),
        tuple(mistake for key, mistake in mistakes.items() if key not in applicable),
        tuple(mistake for key, mistake in mistakes.items() if key in applicable),
    )


# --- the cheapest change


def _repair(
    exercise: Exercise,
    audits: tuple[ComparisonAudit, ...],
    criterion: str,
    applicable: Mapping[str, Collection[Key]],
    most: int,
) -> Repair | None:
    """The single cell that exposes most; None where none does better."""
    hidden = {each.name: [mistake.key for mistake in each.invisible] for each in audits}
    left = sum(map(len, hidden.values()))
    if not left or exercise.kind is SYMBOLIC:
        return None
    best: Repair | None = None
    each, names = left * run_cost(exercise), exercise.judged_together()
    for (name, index), changed, new in _changes(exercise, most // max(each, 1)):
        if _left(changed, names, criterion, hidden) >= left:
            continue  # the cheap look: what is invisible now stays so
        total = _left(changed, names, criterion, applicable)
        if total < left:
            old = show(exercise.arrays()[name][index])
            best, left = Repair(read_cell(exercise.spec_key(name), index), old, str(new), total), total
        if not left:
            break
    return best


def _left(
    exercise: Exercise, names: Mapping[str, tuple[str, ...]], criterion: str, keys: Mapping[str, Collection[Key]]
) -> int:
    """How many of the mistakes stay invisible; all where the numbers have no value any more."""
    try:
        return sum(Comparison(exercise, names[name], criterion).invisible(of) for name, of in keys.items() if of)
    except CnngradError:
        return 10**9


def _changes(exercise: Exercise, paid: int) -> Iterator[tuple[tuple[str, Index], Exercise, int]]:
    """The exercise with one cell changed: the upstream gradient first, which is cheapest to read."""
    arrays = exercise.arrays()
    order = sorted(arrays, key=lambda name: (name not in ("dZ", "deltas"), name))
    most = MOST_RERUNS if exercise.reruns else MOST_CHANGES
    budget = max(min(most, paid), 1)
    cells = [(name, index) for name in order for index in product(*map(range, arrays[name].shape))]
    step = max(1, -(-len(cells) * len(VALUES) // budget))
    for new in VALUES:
        for name, index in cells[::step]:
            if arrays[name][index] != new:
                yield (name, index), exercise.with_arrays({name: with_cell(arrays[name], index, new)}), new
