"""Ways to compute a quantity of an exercise, right and wrong.

An `Attempt` is the right computation of one quantity as data: the arrays that go in, the windows that are
read, what is done with the result. A mistake changes one thing of it. Mistakes therefore combine: the second
one changes what the first one left.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from cnngrad.calculus.tape import Amendments, Arrival, Known, Wrap, composed, first_kept, overwritten
from cnngrad.exercise.exercise import Exercise, LayerExercise
from cnngrad.exercise.layer import Layer
from cnngrad.numbers.kinds import Array, kind_of, zeros
from cnngrad.records import dataclass
from cnngrad.windows.windows import Index

if TYPE_CHECKING:
    from cnngrad.exercise.mistake import Candidate

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
    one_run: ClassVar[bool] = False
    """whether a mistake spoils the same run whatever the quantity is"""

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
    start: LayerAttempt | None = None
    """one that is the same but for the changes afterwards: it is computed once for all of these"""

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

    def then(self, change: Change) -> Self:
        return replace(self, after=(*self.after, change), start=self._first)

    def computed(self) -> Array:
        return self._first._computed

    @property
    def _first(self) -> LayerAttempt:
        """The attempt that computes for this one too: what was replaced since leads away from `start`."""
        start = self.start
        if start is None or start.exercise is not self.exercise or start.product is not self.product:
            return self
        return start if start.quantity == self.quantity else self

    @cached_property
    def _computed(self) -> Array:
        if self.product is not None:
            found = np.asarray(self.product(self))
        else:
            found = np.asarray(self.exercise.layer.computed(self.quantity, self.dZ, *self.exercise.inputs))
        shared = found.view()
        shared.flags.writeable = False
        return shared

    def finished(self, array: Array) -> Array:
        return self.user.restored(self.quantity, array)


@dataclass(frozen=True, kw_only=True)
class TapeAttempt(Attempt):
    """A quantity of an exercise whose tape is amended."""

    exercise: Any
    on_tape: ClassVar[bool] = True
    amendments: Amendments = field(default_factory=Amendments)

    @classmethod
    def at(cls, exercise: Any, quantity: str, decimals: int = 17) -> TapeAttempt:
        """The run of the exercise as it is."""
        return cls(quantity=quantity, decimals=decimals, exercise=exercise, amendments=exercise.amendments)

    @cached_property
    def amended(self) -> Any:
        """The exercise as the student computed it."""
        if self.amendments is self.exercise.amendments:
            return self.exercise
        return replace(self.exercise, amendments=self.amendments)

    def computed(self) -> Array:
        return np.asarray(self.amended.result(self.quantity))

    def at_quantity(self, quantity: str) -> Self:
        """Another quantity of the same run, which is not run again."""
        found = replace(self, quantity=quantity)
        found.__dict__["amended"] = self.amended  # with what it has computed
        return found

    def wrapping(self, wraps: Mapping[str, Wrap]) -> Self:
        """The same with operations wrapped, over what wraps them already."""
        before = self.amendments.operations
        wrapped = {name: composed(before.get(name), wrap) for name, wrap in wraps.items()}
        return replace(self, amendments=replace(self.amendments, operations={**before, **wrapped}, known=self.known))

    @property
    def known(self) -> Known | None:
        """The right run, for what a wrong one has in common with it."""
        return None

    def forward_kept(self) -> Self:
        """The same with every value as it is: only what goes back is computed again."""
        tape = self.amended.tape
        values = {step.name: tape.values[step.name] for step in tape.steps}
        return replace(self, amendments=replace(self.amendments, values=values))

    def arriving(self, arrive: Arrival, at: Callable[[str], bool] | None = None) -> Self:
        """The same with another rule for the gradients that arrive at the values for which `at` holds, or at all."""
        right = self.amendments.arrive

        def chosen(name: str, before: Any, now: Any) -> Any:
            return (arrive if at is None or at(name) else right)(name, before, now)

        return replace(self, amendments=replace(self.amendments, arrive=chosen))

    def one_path(self, at: Callable[[str], bool] | None = None) -> Iterator[Self]:
        """At forks only the path that comes last in the backward pass; only the one that comes first."""
        return (self.arriving(arrive, at) for arrive in (overwritten, first_kept))


def attempt_of(exercise: Exercise, quantity: str, decimals: int = 17) -> Attempt:
    """The right way to compute a quantity of any exercise."""
    at: Callable[..., Attempt] = exercise.record.part("attempt") or LayerAttempt.at
    return at(exercise, quantity, decimals)


# --- what mistakes do with arrays

ROUNDING = 1e-11
"""What float64 loses, relative to the largest number of an array."""


def same(one: Array, other: Array) -> bool:
    """Whether two results are one, up to what float64 loses."""
    if one.shape != other.shape:
        return False
    if one.dtype == object or other.dtype == object:
        return bool(np.all(one == other))
    if np.array_equal(one, other):
        return True
    with np.errstate(over="ignore", invalid="ignore"):  # a difference beyond float64 is no rounding
        scale = max(float(np.abs(x).max(initial=0.0)) for x in (one, other))
        if np.isfinite(scale):
            return bool((np.abs(one - other) <= ROUNDING * scale).all())
        scale = max(float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in (one, other))
        return bool(np.all((np.abs(one - other) <= ROUNDING * scale) | (one == other)))


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
