"""Computation graphs, computed wrongly: at every gate of a kind, or at a single one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from cnngrad.calculus.expression import GateCall, is_literal
from cnngrad.calculus.gate_parts import Gate
from cnngrad.calculus.gates import GATES
from cnngrad.calculus.tape import Backward, first_kept, overwritten, with_backward
from cnngrad.exercise.attempt import Attempt, TapeAttempt
from cnngrad.exercise.cost import GATE, TIMES
from cnngrad.exercise.mistake import Variants, about, gradient_not_reset, never_accumulated, sign_flipped
from cnngrad.numbers.kinds import Array
from cnngrad.ops import slopes
from cnngrad.ops.graph.graph import GraphExercise
from cnngrad.ops.graph.passes import MOST_VISITS, Walk, backward_twice, counted_again, visits
from cnngrad.records import dataclass

MOST_GATES = 30
"""Gates up to which a mistake is tried at each of them by itself."""
Passed = Callable[[Any, Any, Any], Any]
"""(upstream, local gradient, input) -> what the input receives."""
Rule = Callable[..., Sequence[Any]]
"""(gate, upstream, output, *inputs) -> what each input receives."""


@dataclass(frozen=True, kw_only=True)
class GraphAttempt(TapeAttempt):
    """A value or a gradient of a graph."""

    one_run: ClassVar[bool] = True
    walk: Walk | None = None
    """another way from the output back"""

    def computed(self) -> Array:
        """The quantity alone, not all of them."""
        amended: GraphExercise = self.amended
        if self.quantity in amended.tape.values:
            return np.asarray(amended.tape.values[self.quantity])
        name = self.quantity.removeprefix("d")
        if self.walk is None:
            return np.asarray(amended.gradient(name))
        return np.asarray(self.walk(amended.tape, amended.output, amended.delta).get(name, 0 * amended.delta))


def _each(passed: Passed) -> Rule:
    """A gate that hands `passed` to each of its inputs."""

    def rule(gate: Gate, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        locals_ = gate.partials(output, *inputs)
        return [passed(upstream, 0 * x if d is None else d, x) for d, x in zip(locals_, inputs, strict=True)]

    return rule


def _ruled(call: GateCall, rule: Rule) -> Backward:
    """A gate that goes back by a rule; a number in the expression receives nothing."""

    def backward(_: Any, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        found = rule(GATES[call.gate], upstream, output, *inputs)
        return [None if is_literal(name) else g for name, g in zip(call.inputs, found, strict=True)]

    return backward


def _at(*wrong: Passed, gates: tuple[str, ...] = ()) -> Variants:
    """Each of the mistakes at all gates of these names (or at all gates), and at each alone."""
    return _by(*map(_each, wrong), gates=gates)


def _by(*wrong: Rule, gates: tuple[str, ...] = ()) -> Variants:
    """Each of the rules at all gates of these names (or at all gates), and at each alone."""

    def variants(attempt: GraphAttempt) -> Iterator[GraphAttempt]:
        calls = [call for call in attempt.exercise.calls if not gates or call.gate in gates]
        for rule in wrong if calls else ():
            wraps = {call.name: with_backward(_ruled(call, rule)) for call in calls}
            yield attempt.wrapping(wraps)
            if 1 < len(wraps) <= MOST_GATES:
                yield from (attempt.wrapping({name: wrap}) for name, wrap in wraps.items())

    return variants


def _divided(upstream: Any, local: Any, _: Any) -> Any:
    return upstream / local if local else upstream * 0


def _minus(attempt: GraphAttempt) -> Iterator[Attempt]:
    """At differences, at a minus before a value, at both."""
    for gates in (("sub",), ("neg",), ("sub", "neg")):
        yield from _at(lambda upstream, _, __: upstream, gates=gates)(attempt)


def _turned(upstream: Any, local: Any, _: Any) -> Any:
    return local / upstream if upstream else local * 0


def _quotient(gate: Gate, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
    """g/b for both inputs of a/b."""
    above, _ = gate.partials(output, *inputs)
    return upstream * above, upstream * above


def _quotient_plus(gate: Gate, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
    """The rule of the quotient without its minus."""
    above, below = gate.partials(output, *inputs)
    return upstream * above, -upstream * below


def _quotient_by_itself(gate: Gate, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
    """g/a for a and g*b for b."""
    gate.check(output, inputs[0])  # nobody divides by zero
    return upstream / inputs[0], upstream * inputs[1]


def _sloped(slope: slopes.Slope) -> Rule:
    return lambda _, upstream, output, *__: [upstream * slope(output)]


def _slope(function: str, slope: slopes.Slope) -> Variants:
    return _by(_sloped(slope), gates=(function,))


def _both_slopes(wrong: slopes.Slopes) -> Variants:
    """All gates of these functions, in a graph that has all of them."""

    def variants(attempt: GraphAttempt) -> Iterator[GraphAttempt]:
        calls = [call for call in attempt.exercise.calls if call.gate in wrong]
        if {call.gate for call in calls} == {*wrong}:
            rules = {call.name: _ruled(call, _sloped(wrong[call.gate])) for call in calls}
            yield attempt.wrapping({name: with_backward(rule) for name, rule in rules.items()})

    return variants


def _recursion(attempt: GraphAttempt) -> Iterator[GraphAttempt]:
    if visits(attempt.exercise) <= MOST_VISITS:
        yield replace(attempt, walk=counted_again)


def _not_reset(attempt: GraphAttempt) -> Iterator[GraphAttempt]:
    yield attempt.then(lambda gradient: gradient * 2)
    yield replace(attempt, walk=backward_twice)


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
    _row("minus-forgotten", _minus)(
        says="a subtraction passed the upstream gradient to what is taken away without turning its sign",
        ask="Does x - y grow or shrink when y grows a little?",
        needs="a subtraction or a minus",
    ),
    _row("quotient-rule", _by(_quotient_plus, _quotient, _quotient_by_itself, gates=("div",)))(
        says="at a quotient a/b the inputs did not get g/b and -g*a/b**2, where g is the upstream gradient",
        ask="How much does a/b change when b changes a little, and in which direction?",
        needs="a quotient",
    ),
    *slopes.rows(_row, _slope, _both_slopes),
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
    _row("counted-again", _recursion)(
        says="backward visited a value once for every path to it, and each visit handed on all that had arrived before",
        ask="What has already been handed on when a value is visited a second time?",
        needs="a value in the middle that is used twice",
    ),
    gradient_not_reset(
        "graph",
        "gradient",
        variants=_not_reset,
        says="gradients of an earlier pass were still there, and those of this pass were added to them",
    ),
    _row("rounded-early", _rounded, "gradient", "value")(
        says="every number on the way was rounded to the decimals of the answer",
        ask="How many decimals does a number need that is used again?",
        needs="numbers with more decimals than are written",
    ),
    sign_flipped("graph", "gradient"),
    never_accumulated("graph", "gradient"),
)
attempt = GraphAttempt.at


def run_cost(exercise: GraphExercise) -> int:
    """What a run with one mistake costs, in multiply-adds."""
    return GATE * TIMES[exercise.kind.name] * len(exercise.calls)


def decimals_told(decimals: int) -> int:
    """All of them: each node is rounded to as many."""
    return decimals
