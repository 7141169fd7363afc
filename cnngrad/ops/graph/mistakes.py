"""Computation graphs, computed wrongly: at every gate of a kind, or at a single one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnngrad.calculus.expression import GateCall, is_literal
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.tape import Backward, first_kept, overwritten, with_backward
from cnngrad.exercise.attempt import GATE, TIMES, TapeAttempt
from cnngrad.exercise.mistake import Variants, about, sign_flipped
from cnngrad.numbers.kinds import Array
from cnngrad.ops.graph.graph import GraphExercise

MOST_GATES = 30
"""Gates up to which a mistake is tried at each of them by itself."""
Passed = Callable[[Any, Any, Any], Any]
"""(upstream, local gradient, input) -> what the input receives."""


@dataclass(frozen=True, kw_only=True)
class GraphAttempt(TapeAttempt):
    """A value or a gradient of a graph."""

    def computed(self) -> Array:
        """The quantity alone, not all of them."""
        amended: GraphExercise = self.amended
        if self.quantity in amended.tape.values:
            return np.asarray(amended.tape.values[self.quantity])
        return np.asarray(amended.gradient(self.quantity.removeprefix("d")))


def _passing(call: GateCall, passed: Passed) -> Backward:
    """A gate that hands `passed` to each of its inputs."""
    gate = GATES[call.gate]

    def backward(_: Any, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        locals_ = gate.partials(output, *inputs)
        found = (passed(upstream, 0 * x if d is None else d, x) for d, x in zip(locals_, inputs, strict=True))
        return [None if is_literal(name) else g for name, g in zip(call.inputs, found, strict=True)]

    return backward


def _at(*wrong: Passed, gates: tuple[str, ...] = ()) -> Variants:
    """Each of the mistakes at all gates of these names (or at all gates), and at each alone."""

    def variants(attempt: GraphAttempt) -> Iterator[GraphAttempt]:
        calls = [call for call in attempt.exercise.calls if not gates or call.gate in gates]
        for passed in wrong if calls else ():
            wraps = {call.name: with_backward(_passing(call, passed)) for call in calls}
            yield attempt.wrapping(wraps)
            if 1 < len(wraps) <= MOST_GATES:
                yield from (attempt.wrapping({name: wrap}) for name, wrap in wraps.items())

    return variants


def _divided(upstream: Any, local: Any, _: Any) -> Any:
    return upstream / local if local else upstream * 0


def _turned(upstream: Any, local: Any, _: Any) -> Any:
    return local / upstream if upstream else local * 0


def _forks(attempt: GraphAttempt) -> Iterator[GraphAttempt]:
    """Either path alone, at every fork and at each of them."""
    uses = Counter(name for call in attempt.exercise.calls for name in call.inputs if not is_literal(name))
    forks = [name for name, count in uses.items() if count > 1]
    for arrive in (overwritten, first_kept) if forks else ():
        yield attempt.arriving(arrive)
        if 1 < len(forks) <= MOST_GATES:
            yield from (attempt.arriving(arrive, fork.__eq__) for fork in forks)


def _rounded(attempt: GraphAttempt) -> Iterator[GraphAttempt]:
    yield replace(attempt, exercise=replace(attempt.exercise, decimals=attempt.decimals))


_row = about("graph", "gradient")
ROWS = (
    _row("fork-overwritten", _forks)(
        says="a value is used more than once, and only one of its paths was followed back",
        ask="How many paths lead from this value to the output, and what happens to their gradients?",
        needs="a value that is used twice",
    ),
    _row("product-not-swapped", _at(lambda upstream, _, x: upstream * x, gates=("mul",)))(
        says="at a product each input got the upstream gradient times itself",
        ask="How much does x*y change when x changes a little?",
        needs="a product of two different values",
    ),
    _row("sum-scaled", _at(lambda upstream, local, x: upstream * local * x, gates=("add", "sub")))(
        says="at a sum the upstream gradient was multiplied by the input",
        ask="How much does x + y change when x changes a little?",
        needs="a sum",
    ),
    _row("chain-divided", _at(_divided, _turned))(
        says="one divided by the local gradient where the chain rule multiplies",
        ask="What does the chain rule do with the local and the upstream gradient?",
        needs="a local gradient other than 1 and -1",
    ),
    _row("exp-input", _at(lambda upstream, _, x: upstream * x, gates=("exp",)))(
        says="the local gradient of exp was taken as its input",
        ask="What is the derivative of exp(x)?",
        needs="an exp gate",
    ),
    _row("max-both", _at(lambda upstream, _, __: upstream, gates=("max", "min")))(
        says="both inputs of max (or min) got the upstream gradient",
        ask="Does the output change when the smaller input changes a little?",
        needs="a max or min gate",
    ),
    _row("max-smaller", _at(lambda upstream, local, _: upstream * (1 - local), gates=("max", "min")))(
        says="max (or min) routed the gradient to the wrong input",
        ask="Which of the inputs is the output equal to?",
        needs="a max or min gate",
    ),
    _row("zero-is-one", _at(lambda upstream, local, x: upstream if x == 0 else upstream * local, gates=("relu",)))(
        says="the slope of relu at exactly 0 was taken as 1: some books do, here it is 0",
        ask="What does the exercise say about the slope at exactly 0?",
        needs="relu of exactly 0",
    ),
    _row("upstream-forgotten", _at(lambda _, local, __: local))(
        says="the local gradient alone: the upstream gradient was forgotten",
        ask="By what is the local gradient multiplied?",
        needs="an upstream gradient other than 1",
    ),
    _row("rounded-early", _rounded, "gradient", "value")(
        says="every number on the way was rounded to the decimals of the answer",
        ask="How many decimals does a number need that is used again?",
        needs="numbers with more decimals than are written",
    ),
    sign_flipped("graph", "gradient"),
)
attempt = GraphAttempt.at


def run_cost(exercise: GraphExercise) -> int:
    """What a run with one mistake costs, in multiply-adds."""
    return GATE * TIMES[exercise.kind.name] * len(exercise.calls)
