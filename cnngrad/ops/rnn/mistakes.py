"""Recurrent networks, computed wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from cnngrad.calculus.tape import Arrival, Backward, first_kept, overwritten, with_backward
from cnngrad.exercise.attempt import TapeAttempt, only
from cnngrad.exercise.cost import LEAST, TIMES
from cnngrad.exercise.mistake import (
    Variants,
    about,
    bias_not_summed,
    gradient_not_reset,
    never_accumulated,
    sign_flipped,
    when,
)
from cnngrad.numbers.kinds import Array
from cnngrad.ops import slopes
from cnngrad.ops.rnn.rnn import ACTIVATIONS, RnnExercise
from cnngrad.records import dataclass

WEIGHTS = ("dW_recurrent", "dW_input", "db")
STATES = ("dh", "dx", "dh0")


@dataclass(frozen=True, kw_only=True)
class RnnAttempt(TapeAttempt):
    """A quantity of a recurrent network."""

    exercise: RnnExercise

    def each_step(self, step: str, wrong: Callable[[int], Backward]) -> RnnAttempt:
        """The same with another way back through the operation `step` of every time step."""
        return self.wrapping({f"{step}{t}": with_backward(wrong(t)) for t in range(self.exercise.steps)})


def _one_step(arrive: Arrival) -> Variants:
    """The term of one step alone: the weights' gradients arrive from the last step to the first."""
    return when(
        lambda attempt: attempt.exercise.steps > 1,
        lambda attempt: attempt.arriving(arrive, attempt.quantity.removeprefix("d").__eq__),
    )


def _state_not_previous(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
    def wrong(t: int) -> Backward:
        state = attempt.exercise.state(t)
        return lambda right, upstream, output, _, W: right.backward(upstream, output, state, W)

    yield attempt.each_step("from h", wrong)


def _external_lost(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
    deltas = attempt.exercise.deltas
    if deltas is not None and attempt.exercise.steps > 1:
        last = only(deltas, -1, attempt.exercise.time)
        yield replace(attempt, exercise=replace(attempt.exercise, deltas=last))


def _one_example(kept: int) -> Variants:
    """The upstream gradients of one example of a batch alone."""

    def variants(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
        exercise = attempt.exercise
        if exercise.deltas is not None and exercise.examples > 1:
            alone = only(exercise.deltas, kept, exercise.layout.index("N"))
            yield replace(attempt, exercise=replace(exercise, deltas=alone))

    return variants


def _averaged(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
    """Divided by the examples; by the examples and the steps."""
    examples, steps = attempt.exercise.examples, attempt.exercise.steps
    for count in dict.fromkeys((examples, examples * steps)) if examples > 1 else ():
        yield attempt.divided(count)


def _weight_missing(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
    def wrong(right: Any, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        return upstream, right.backward(upstream, output, *inputs)[1]

    yield attempt.each_step("from h", lambda _: wrong)


def _weight_transposed(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
    def wrong(right: Any, upstream: Any, output: Any, h: Any, W: Any) -> Sequence[Any]:
        dW = right.backward(upstream, output, h, W)[1]
        return right.backward(upstream, output, h, W.T)[0], dW

    if attempt.exercise.hidden > 1:
        yield attempt.each_step("from h", lambda _: wrong)


def _derivative(wrong: Backward, of: tuple[str, ...] = ACTIVATIONS) -> Variants:
    """Another slope of the activation, at all steps."""
    return when(lambda a: a.exercise.activation in of, lambda a: a.each_step("h", lambda _: wrong))


def _at_output(right: Any, upstream: Any, output: Any, _: Any) -> Sequence[Any]:
    return right.backward(upstream, right.forward(output), output)  # type: ignore[no-any-return]


def _at_input(right: Any, upstream: Any, _: Any, s: Any) -> Sequence[Any]:
    return right.backward(upstream, s, s)  # type: ignore[no-any-return]


def _slope(function: str, slope: slopes.Slope) -> Variants:
    return _derivative(lambda _, upstream, output, *__: (upstream * slope(output),), (function,))


def _wraparound(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
    """h[-1], which is the last state, where the state before the first belongs."""
    last = attempt.exercise.state(attempt.exercise.steps - 1)
    yield attempt.wrapping({"from h0": with_backward(lambda right, g, Z, _, W: right.backward(g, Z, last, W))})


def _ones(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
    deltas = attempt.exercise.deltas
    if deltas is not None:
        yield replace(attempt, exercise=replace(attempt.exercise, deltas=np.where(deltas == 0, deltas, deltas * 0 + 1)))


def _not_summed(attempt: RnnAttempt) -> Iterator[RnnAttempt]:
    """What db is added up from, in the layout of h: a term for each step and example, or added up over one."""
    long = [axis for axis in range(len(attempt.exercise.layout) - 1) if attempt.exercise.x.shape[axis] > 1]
    for count in range(len(long)):
        for summed in combinations(long, count):
            yield attempt.then(partial(_summed_over, attempt, summed))


def _summed_over(attempt: RnnAttempt, axes: tuple[int, ...], _: Array) -> Array:
    amended: RnnExercise = attempt.amended
    assert amended.gradients is not None
    terms = [np.asarray(amended.gradients.total[f"s{t}"]) for t in range(amended.steps)]
    return np.asarray(np.stack(terms, axis=amended.time).sum(axis=axes))


_any = about("rnn", *WEIGHTS, *STATES)
_weight = about("rnn", *WEIGHTS)
ROWS = (
    _weight("last-step-only", _one_step(first_kept))(
        says="only the last time step's term is there",
        ask="At how many steps does the weight act?",
        needs="more than one time step",
    ),
    _weight("first-step-only", _one_step(overwritten))(
        says="only the first time step's term is there",
        ask="At how many steps does the weight act?",
        needs="more than one time step",
    ),
    _weight("state-not-previous", _state_not_previous, "dW_recurrent")(
        says="each step's gradient was multiplied by its own state h_t instead of by the state before it",
        ask="Which state is beside the recurrent weight in the formula of h_t?",
        needs="states that change",
    ),
    _weight("state-wraparound", _wraparound, "dW_recurrent")(
        says="in the first step's term the last state h_T is in the place of h0: h[-1] counts from the end",
        ask="Which state is before the first step, and what does the index -1 give?",
        needs="a last state other than h0",
    ),
    _any("external-delta-lost", _external_lost)(
        says="the upstream gradients of the earlier states were not added to what flows back",
        ask="From how many sides does a gradient arrive at a state in the middle?",
        needs="deltas at earlier states",
    ),
    _any("recurrent-weight-missing", _weight_missing)(
        says="the gradient went back from step to step without the recurrent weight",
        ask="What is the derivative of h_t with respect to h_{t-1}?",
        needs="more than one time step",
    ),
    _any("weights-transposed", _weight_transposed)(
        says="the recurrent weights were used as they are where their transpose belongs",
        ask="Which index of the recurrent weights counts the state before?",
        needs="more than one hidden unit and recurrent weights that are not symmetric",
    ),
    _any("derivative-forgotten", _derivative(lambda _, upstream, *__: (upstream,)))(
        says="the slope of the activation was forgotten",
        ask="By what is the gradient multiplied when it goes back through the activation?",
        needs="a slope other than 1",
    ),
    _any("derivative-at-output", _derivative(_at_output))(
        says="the slope was taken at the state: the activation was applied once too often",
        ask="At which number is the derivative taken: before the activation, or after it?",
        needs="a slope that changes",
    ),
    _any("derivative-at-input", _derivative(_at_input))(
        says="the formula of the slope takes the state, but the number before the activation was put in",
        ask="What is h in 1 - h**2: the value before the activation, or after it?",
        needs="a slope that changes",
    ),
    *slopes.rows(_any, _slope),
    _any("fork-overwritten", lambda a: a.one_path(lambda name: name.startswith("h")))(
        says="of the two gradients that arrive at a state only one was kept",
        ask="From how many sides does a gradient arrive at a state in the middle?",
        needs="deltas at earlier states",
    ),
    _weight("steps-averaged", when(lambda a: a.exercise.steps > 1, lambda a: a.divided(a.exercise.steps)))(
        says="the gradient was divided by the number of time steps",
        ask="Do the terms of the steps add up, or are they averaged?",
        needs="more than one time step",
    ),
    _weight("batch-averaged", _averaged)(
        says="the gradient was divided by the number of examples",
        ask="Is the loss here a sum over the batch or a mean?",
        needs="more than one example",
    ),
    _weight("batch-last-only", _one_example(-1))(
        says="only the last example of the batch is in the gradient: each one replaced the one before it",
        ask="How many examples use the weight?",
        needs="more than one example",
    ),
    _weight("batch-first-only", _one_example(0))(
        says="only the first example of the batch is in the gradient",
        ask="How many examples use the weight?",
        needs="more than one example",
    ),
    _any("upstream-forgotten", _ones)(
        says="the upstream gradient was taken as 1",
        ask="By what is each local gradient multiplied in the chain rule?",
        needs="an upstream gradient other than 1",
    ),
    gradient_not_reset("rnn", *WEIGHTS, *STATES),
    sign_flipped("rnn", *WEIGHTS, *STATES),
    never_accumulated("rnn", *WEIGHTS, *STATES),
    bias_not_summed(
        "rnn",
        "db",
        variants=_not_summed,
        says="the terms of the time steps (and those of the examples of a batch) were not all added up",
        ask="At how many steps is the same bias added, and what happens to their gradients?",
        needs="more than one time step, or more than one example",
    ),
)
attempt = RnnAttempt.at


def run_cost(exercise: RnnExercise) -> int:
    """What a run with one mistake costs, in multiply-adds."""
    return LEAST * exercise.steps + 3 * TIMES[exercise.kind.name] * exercise.multiply_adds()
