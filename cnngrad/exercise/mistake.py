"""What a classical mistake is: a row that says what one does wrong in an attempt; and the rows that many ops have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from itertools import combinations, islice
from typing import Any, Protocol

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.attempt import Attempt, LayerAttempt, TapeAttempt, attempt_of, only, same, transposed
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array, zeros
from cnngrad.records import dataclass

Variants = Callable[[Any], Iterable[Attempt]]
"""The ways in which a mistake is made, the usual one first; none where the exercise has no place for it."""


def when(holds: Callable[[Any], object], *changes: Callable[[Any], Attempt]) -> Variants:
    """Each of the changes, where something holds for the right attempt."""
    return lambda attempt: (change(attempt) for change in changes) if holds(attempt) else ()


Way = Callable[[Attempt], Attempt | None]
"""One way of making a mistake: the attempt that it makes of a right one; None where it has no place."""


@dataclass(frozen=True)
class Mistake:
    """A row of the table: what one does wrong with which quantities of which op.

    `says` is one sentence of what was done, `ask` a question that leads there without giving the answer,
    `needs` what an exercise must have for the mistake to show. In a network `layer` is where it was made, "all" for
    every layer of a kind. `where` is the part of an answer that is wrong, in which it was made alone: `W[1]`.
    """

    id: str
    op: str
    quantities: tuple[str, ...]
    variants: Variants
    says: str
    ask: str
    needs: str = ""
    layer: str = ""
    where: str = ""

    def __call__(self, op: str, *quantities: str, **other: Any) -> Mistake:
        """The same of an op, about some quantities, with other words where it has them."""
        return replace(self, op=op, quantities=quantities, **other)

    @property
    def name(self) -> str:
        """The id, with the layer where it was made in one: `sign-flipped@conv1`."""
        return f"{self.id}@{self.layer}" if self.layer else self.id

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others about the same quantity: the same mistake in two layers says so."""
        return self.id, self.says

    def results(self, attempt: Attempt) -> list[Array]:
        """The different numbers that the mistake gives in place of the attempt's."""
        found: list[Array] = []
        for result in self._each(attempt):
            if not any(same(result, other) for other in found):
                found.append(result)
        return found

    def usual(self, attempt: Attempt) -> Array | None:
        """The numbers of the usual way to make the mistake; nothing where it does not apply."""
        return next(self._each(attempt), None)

    def of_one_run(self, attempts: Sequence[TapeAttempt]) -> list[Array]:
        """The numbers of the usual way for several quantities of one run, which is run once for all of them; nothing
        where it does not apply."""
        first, *others = attempts
        with suppress(CnngradError):
            for variant in self.variants(first):
                with suppress(CnngradError):
                    assert isinstance(variant, TapeAttempt)
                    return [variant.result(), *(variant.at_quantity(each.quantity).result() for each in others)]
        return []

    def ways(self, attempt: Attempt) -> Iterator[Way]:
        """Each way of making it, for other numbers in the place of the attempt's too."""
        return (partial(self._variant, number) for number, _ in enumerate(self.variants(attempt)))

    def _variant(self, number: int, attempt: Attempt) -> Attempt | None:
        return next(islice(self.variants(attempt), number, None), None)

    def _each(self, attempt: Attempt) -> Iterator[Array]:
        # Where a mistake leads to a function without a value (a logarithm of a negative number) nobody has an answer.
        with suppress(CnngradError):
            for variant in self.variants(attempt):
                with suppress(CnngradError):
                    yield variant.result()


@dataclass(frozen=True)
class Candidate:
    """A mistake that may have been made, and the attempt that it spoils."""

    mistake: Mistake
    attempt: Attempt

    def results(self) -> list[Array]:
        return self.mistake.results(self.attempt)

    def usual(self) -> Array | None:
        return self.mistake.usual(self.attempt)

    def wrong_results(self, truth: Array) -> list[Array]:
        """Those that differ from the truth."""
        return [result for result in self.results() if not same(result, truth)]

    def followed_by(self, others: Sequence[Candidate]) -> Iterator[Candidate]:
        """Every second mistake that the same attempt may have after this one, once for each way of making this one: on
        a tape those of the layer that this one reaches from elsewhere, if there is one."""
        rows = [each.mistake for each in others if each.attempt is self.attempt and each.mistake is not self.mistake]
        if not self.attempt.on_tape:
            ways = tuple(self.mistake.variants(self.attempt))
            yield from (Candidate(row, spoilt) for row in rows for spoilt in ways)
            return
        for spoilt in self.mistake.variants(self.attempt):
            yield from spoilt.nearest() or (Candidate(row, spoilt) for row in rows)


@dataclass(frozen=True)
class Wrong:
    """A candidate with the numbers that it gives in place of the truth; they are worked out when first asked for."""

    candidate: Candidate
    truth: Array

    @cached_property
    def results(self) -> list[Array]:
        """The wrong numbers; none where the mistake does not apply."""
        return self.candidate.wrong_results(self.truth)


def rows(record: Op, quantity: str) -> list[Mistake]:
    """The rows of an op about a quantity, or about all quantities of a role."""
    return [row for row in record.part("ROWS") if row.op == record.name and quantity in row.quantities]


def candidates(exercise: Exercise, quantity: str, decimals: int = 17) -> list[Candidate]:
    """Every mistake that may be behind a wrong `quantity`, the nearest ones first."""
    own: Callable[[Exercise, str, int], list[Candidate]] | None = exercise.record.part("candidates")
    if own is not None:
        return own(exercise, quantity, decimals)
    attempt = attempt_of(exercise, quantity, decimals)
    return [Candidate(row, attempt) for row in rows(exercise.record, exercise.role(quantity))]


# --- the rows of an op, and those that many ops have: `common("conv", "dA")` is that of an op about some quantities


class Rows(Protocol):
    """A maker of rows: what is done wrong first, `row(id, variants)(says, ask, needs)`, about some quantities."""

    def __call__(self, id: str, variants: Variants, *quantities: str) -> Callable[..., Mistake]: ...


def about(op: str, *quantities: str) -> Rows:
    """The maker of the rows of an op; they are about these quantities where a row names no other."""
    return lambda id, variants, *others: partial(Mistake, id, op, others or quantities, variants)


def _zeros(gradient: Array) -> Array:
    return zeros(gradient.shape, gradient) if gradient.size else gradient


_common = about("")
sign_flipped = _common("sign-flipped", lambda attempt: [attempt.then(np.negative)])(
    "the sign is turned",
    "Does the gradient point uphill or downhill?",
    "a gradient that is not zero",
)
upstream_forgotten = _common("upstream-forgotten", lambda attempt: [attempt.given(dZ=attempt.dZ * 0 + 1)])(
    "the upstream gradient was taken as ones",
    "By what is each local gradient multiplied in the chain rule?",
    "an upstream gradient that is not all ones",
)
never_accumulated = _common("never-accumulated", lambda attempt: [attempt.then(_zeros)])(
    "the gradient stayed at its zeros: nothing was ever added to it",
    "Which line of the loop adds to this gradient, and what does it add?",
    "a gradient that is not zero",
)
gradient_not_reset = _common("gradient-not-reset", lambda attempt: [attempt.then(lambda gradient: gradient * 2)])(
    "the gradient is doubled: it was added to that of an earlier pass",
    "What is in the gradient before the backward pass begins?",
    "a gradient that is not zero",
)


def _batched(attempt: LayerAttempt) -> bool:
    return bool(attempt.A.ndim > 1 and len(attempt.A) > 1)


batch_averaged = _common("batch-averaged", when(_batched, lambda attempt: attempt.divided(len(attempt.A))))(
    "the gradient was divided by the number of images",
    "Is the loss here a sum over the batch or a mean?",
    "more than one image",
)
batch_averaged_twice = _common(
    "batch-averaged-twice", when(_batched, lambda attempt: attempt.divided(len(attempt.A) ** 2))
)(
    "the gradient was divided by the number of examples two times",
    "Where is the mean over the batch taken: in the loss, or in every layer again?",
    "a batch of more than one",
)
batch_first_only = _common(
    "batch-first-only", when(_batched, lambda attempt: attempt.given(dZ=only(attempt.dZ, 0, 0)))
)(
    "this is the gradient of the first example of the batch alone",
    "Which examples of the batch use this parameter?",
    "a batch of more than one",
)
batch_last_only = _common("batch-last-only", when(_batched, lambda attempt: attempt.given(dZ=only(attempt.dZ, -1, 0))))(
    "this is the gradient of the last example of the batch alone: each one overwrote the one before",
    "Which examples of the batch use this parameter, and what happens to their gradients?",
    "a batch of more than one",
)
result_transposed = _common("result-transposed", lambda attempt: [attempt.then(transposed)])(
    "the result's rows and columns are exchanged",
    "Which weight belongs to the first row and the second column?",
    "a gradient that is not symmetric",
)
bias_forgotten = _common("bias-forgotten", lambda attempt: [attempt.given(b=attempt.b * 0)])(
    "the bias was not added",
    "What is still to be added when all products of a window are summed?",
    "a bias that is not 0",
)
bias_not_summed = _common("bias-not-summed", lambda attempt: ())(
    "the upstream gradient was not added up over all the cells in which the bias is",
    "In how many cells of Z is one bias, and what happens to their gradients?",
    "more than one cell of Z for each bias",
)


def not_summed(attempt: LayerAttempt, axes: Iterable[int]) -> Iterator[LayerAttempt]:
    """db as dZ, in its layout, added up over none or only some of the `axes`; one that is summed over has length 1."""
    long = [axis for axis in axes if attempt.dZ.shape[axis] > 1]
    for count in range(len(long)):
        for summed in combinations(long, count):
            yield replace(attempt, product=partial(_summed_over, summed))


def _summed_over(axes: tuple[int, ...], attempt: LayerAttempt) -> Array:
    return attempt.user.restored("dZ", attempt.dZ.sum(axis=axes, keepdims=True))
