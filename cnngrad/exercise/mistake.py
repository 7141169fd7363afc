"""What a classical mistake is: a way to compute a quantity that is nearly the right one.

An `Attempt` is the right computation of one quantity as data: the arrays that go in, the windows that are
read, what is done with the result. A mistake changes one thing of it. Mistakes therefore combine: the second
one changes what the first one left.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Any, ClassVar, Self

import numpy as np

from cnngrad.errors import CnngradError
from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.layer import Layer
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array, kind_of, zeros
from cnngrad.windows.windows import Index

Change = Callable[[Array], Array]
Product = Callable[[Any], Array]
"""Another way to a quantity, from the attempt at it."""


@dataclass(frozen=True, kw_only=True)
class Attempt(ABC):
    """One way to compute `quantity`; `after` are the changes made to the result, in order.

    `decimals` is how many the student writes.
    """

    on_tape: ClassVar[bool] = False
    """whether it runs a whole tape"""

    quantity: str
    decimals: int = 17
    after: tuple[Change, ...] = ()

    @abstractmethod
    def computed(self) -> Array:
        """The quantity, in the axes that the op computes in."""

    def finished(self, array: Array) -> Array:
        """The quantity in the user's layout."""
        return array

    def nearest(self) -> list[Candidate]:
        """In a network where something went wrong before: the mistakes of the layer itself."""
        return []

    def second(self, first: Mistake, others: Sequence[Mistake]) -> Iterator[Candidate]:
        """Each of the other mistakes after the first, once for each way of making the first."""
        return (Candidate(other, spoilt) for other in others for spoilt in first.variants(self))

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


@dataclass(frozen=True, kw_only=True)
class LayerAttempt(Attempt):
    """A quantity of a layer: `exercise` is in the axes that the layer computes in, `user` is the layer as it is given.

    `product` replaces the layer's way to the quantity. The exercise has a dZ always: ones for the mask of pooling.
    A, W, b and dZ are its arrays, Z its right output.
    """

    exercise: LayerExercise[Any]
    user: Layer
    product: Product | None = None

    @classmethod
    def at(cls, exercise: LayerExercise[Any], quantity: str, decimals: int = 17) -> Self:
        """The right way to compute a quantity of the exercise."""
        user = exercise.layer
        layer = user.canonical()
        arrays = {name: user.arranged(name, array) for name, array in exercise.parameters.items()}
        others = {name: user.arranged(name, array) for name, array in exercise.others.items()}
        if quantity == "mask" or exercise.dZ is None:
            dZ = zeros(layer.output.shape, exercise.A) + 1
        else:
            dZ = user.arranged("dZ", exercise.dZ)
        canonical = LayerExercise(layer, user.arranged("A", exercise.A), arrays, dZ, others)
        return cls(quantity=quantity, decimals=decimals, exercise=canonical, user=user)

    @property
    def layer(self) -> Any:
        return self.exercise.layer

    @property
    def A(self) -> Array:
        return self.exercise.A

    @property
    def dZ(self) -> Array:
        assert self.exercise.dZ is not None
        return self.exercise.dZ

    @property
    def Z(self) -> Array:
        return np.asarray(self.exercise.layer.forward(*self.exercise.inputs))

    @property
    def W(self) -> Array:
        return self.exercise.parameters["W"]

    @property
    def b(self) -> Array:
        return self.exercise.parameters["b"]

    def given(self, **arrays: Array) -> Self:
        """The same with other numbers in some of the arrays; a single fraction counts as an array too."""
        changed = {name: np.asarray(array) for name, array in arrays.items()}
        return replace(self, exercise=self.exercise.with_arrays(changed))

    def on(self, **settings: Any) -> Self:
        """The same with other settings of the layer."""
        return replace(self, exercise=replace(self.exercise, layer=replace(self.exercise.layer, **settings)))

    def computed(self) -> Array:
        if self.product is not None:
            return self.product(self)
        return np.asarray(self.exercise.layer.computed(self.quantity, self.dZ, *self.exercise.inputs))

    def finished(self, array: Array) -> Array:
        return self.user.restored(self.quantity, array)


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


def same(one: Array, other: Array) -> bool:
    """Whether two results are one, up to what float64 loses."""
    if one.shape != other.shape:
        return False
    if one.dtype == object or other.dtype == object:
        return bool(np.all(one == other))
    if np.array_equal(one, other):
        return True
    with np.errstate(over="ignore", invalid="ignore"):  # a difference beyond float64 is no rounding
        scale = max((float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in (one, other)), default=0.0)
        return bool(np.all((np.abs(one - other) <= 1e-11 * scale) | (one == other)))


def whole(count: int, like: Array) -> Any:
    """A count as a number that divides cells of the kind of `like`."""
    return kind_of(like).number(Fraction(count)) if like.dtype == object else count


def rotated(array: Array, rank: int) -> Array:
    """Turned by 180 degrees: the last `rank` axes backwards."""
    return np.flip(array, tuple(range(-rank, 0)))


def transposed(array: Array) -> Array:
    """The last two axes exchanged; a single axis, which another mistake may have left, stays as it is."""
    return array.swapaxes(-1, -2) if array.ndim > 1 else array


def square(sizes: Index) -> bool:
    """Whether the last two of several sizes are equal."""
    return len(sizes) >= 2 and sizes[-1] == sizes[-2]


def only(array: Array, kept: int, *axes: int) -> Array:
    """Zeros everywhere but at place `kept` along each of some axes."""
    place = tuple(kept if axis in axes else slice(None) for axis in range(array.ndim))
    found = array * 0
    found[place] = array[place]
    return found


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
        """Every second mistake that the same attempt may have after this one."""
        mistakes = [
            each.mistake for each in others if each.attempt is self.attempt and each.mistake is not self.mistake
        ]
        return self.attempt.second(self.mistake, mistakes)


def rows(record: Op, quantity: str) -> list[Mistake]:
    """The rows of an op about a quantity, or about all quantities of a role."""
    return [row for row in record.part("ROWS") if row.op == record.name and quantity in row.quantities]


def attempt_of(exercise: Exercise, quantity: str, decimals: int = 17) -> Attempt:
    """The right way to compute a quantity of any exercise."""
    at: Callable[..., Attempt] = exercise.record.part("attempt") or LayerAttempt.at
    return at(exercise, quantity, decimals)


def candidates(exercise: Exercise, quantity: str, decimals: int = 17) -> list[Candidate]:
    """Every mistake that may be behind a wrong `quantity`, the nearest ones first."""
    own: Callable[[Exercise, str, int], list[Candidate]] | None = exercise.record.part("candidates")
    if own is not None:
        return own(exercise, quantity, decimals)
    attempt = attempt_of(exercise, quantity, decimals)
    return [Candidate(row, attempt) for row in rows(exercise.record, exercise.role(quantity))]
