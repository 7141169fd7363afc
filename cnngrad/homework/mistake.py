"""What a classical mistake is: a way to compute a quantity that is nearly the right one.

An `Attempt` is the right computation of one quantity as data: the arrays that go in, the windows that are
read, what is done with the result. A mistake changes one thing of it. Mistakes therefore combine: the second
one changes what the first one left.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Self

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.numbers.kinds import Array, kind_of
from cnngrad.windows.windows import Index

Change = Callable[[Array], Array]


@dataclass(frozen=True, kw_only=True)
class Attempt(ABC):
    """One way to compute `quantity`; `after` are the changes made to the result, in order.

    `decimals` is how many the student writes.
    """

    quantity: str
    decimals: int = 17
    after: tuple[Change, ...] = ()

    @abstractmethod
    def computed(self) -> Array:
        """The quantity, in the axes that the op computes in."""

    def finished(self, array: Array) -> Array:
        """The quantity in the user's layout."""
        return array

    def result(self) -> Array:
        """What the student gets, in the user's layout."""
        array = self.computed()
        for change in self.after:
            array = np.asarray(change(array))  # numpy gives a sum of fractions as a fraction, not as an array
        return np.asarray(self.finished(array))

    def then(self, change: Change) -> Self:
        """The same with a change made to the result."""
        return replace(self, after=(*self.after, change))

    def where(self, shape: Index, change: Change) -> Self:
        """The same with a change that knows the cells of a result whose last axes have this shape: what an earlier
        mistake has left in another shape stays as it is."""
        return self.then(lambda array: change(array) if array.shape[-len(shape) :] == shape else array)

    def divided(self, count: int) -> Self:
        """The same with the result divided by `count`."""
        return self.then(lambda array: array / whole(count, array))


Variants = Callable[[Any], Iterable[Attempt]]
"""The ways in which a mistake is made, the usual one first; none where the exercise has no place for it."""


@dataclass(frozen=True)
class Mistake:
    """A row of the table: what one does wrong with which quantities of which op.

    `says` is one sentence of what was done, `ask` a question that leads there without giving the answer,
    `needs` what an exercise must have for the mistake to show.
    """

    id: str
    op: str
    quantities: tuple[str, ...]
    variants: Variants
    says: str
    ask: str
    needs: str = ""

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

    def _each(self, attempt: Attempt) -> Iterator[Array]:
        # Where a mistake leads to a function without a value (a logarithm of a negative number) nobody has an answer.
        with suppress(CnngradError):
            for variant in self.variants(attempt):
                with suppress(CnngradError):
                    yield variant.result()


def sign_flipped(op: str, *quantities: str) -> Mistake:
    """The row that every gradient has: minus the answer."""
    return Mistake(
        id="sign-flipped",
        op=op,
        quantities=quantities,
        variants=lambda attempt: [attempt.then(np.negative)],
        says="the sign is turned",
        ask="Does the gradient point uphill or downhill?",
        needs="a gradient that is not zero",
    )


def same(one: Array, other: Array) -> bool:
    """Whether two results are one, up to what float64 loses."""
    if one.shape != other.shape:
        return False
    if one.dtype == object or other.dtype == object:
        return bool(np.all(one == other))
    if np.array_equal(one, other):
        return True
    with np.errstate(invalid="ignore"):
        scale = max((float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in (one, other)), default=0.0)
        return bool(np.all((np.abs(one - other) <= 1e-11 * scale) | (one == other)))


def whole(count: int, like: Array) -> Any:
    """A count as a number that divides cells of the kind of `like`."""
    return kind_of(like).number(Fraction(count)) if like.dtype == object else count


def rotated(array: Array, rank: int) -> Array:
    """Turned by 180 degrees: the last `rank` axes backwards."""
    return np.flip(array, tuple(range(-rank, 0)))


def transposed(array: Array) -> Array:
    """The last two axes exchanged."""
    return array.swapaxes(-1, -2)


def square(sizes: Index) -> bool:
    """Whether the last two of several sizes are equal."""
    return len(sizes) >= 2 and sizes[-1] == sizes[-2]


def changed(attempt: Attempt, **fields: Any) -> Iterable[Any]:
    """One variant: the attempt with other fields."""
    yield replace(attempt, **fields)


def only(array: Array, axis: int, kept: int) -> Array:
    """Zeros everywhere but at one place along an axis."""
    place: Index | Any = (slice(None),) * axis + (kept,)
    found = array * 0
    found[place] = array[place]
    return found
