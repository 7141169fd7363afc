"""Backward passes of a graph that do not go as they should: a second one without a reset, one by recursion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cnngrad.calculus.tape import Step, Tape
from cnngrad.ops.graph.graph import GraphExercise

MOST_VISITS = 2_000
"""Visits up to which a pass by recursion is tried."""
Totals = Mapping[str, Any]
Walk = Callable[[Tape, str, Any], Totals]
"""(tape, output, its upstream gradient) -> the gradients of the values that were reached."""


def backward_twice(tape: Tape, output: str, delta: Any) -> Totals:
    """A second pass over gradients that are still there; that of the output is set anew."""
    return tape.backward({**tape.backward({output: delta}).total, output: delta}).total


def counted_again(tape: Tape, output: str, delta: Any) -> Totals:
    """By recursion, inputs left to right: each visit adds to the gradient of a value and goes on with the sum."""
    steps = {step.name: step for step in tape.steps}
    total: dict[str, Any] = {}
    waiting = [iter([(output, delta)])]
    while waiting:
        visit = next(waiting[-1], None)
        if visit is None:
            waiting.pop()
            continue
        name, gradient = visit
        total[name] = tape.amendments.arrive(name, total.get(name), gradient)
        if name in steps:
            waiting.append(_handed_on(steps[name], tape, total[name]))
    return total


def _handed_on(step: Step, tape: Tape, upstream: Any) -> Iterator[tuple[str, Any]]:
    """What a step hands to each of its inputs."""
    inputs = (tape.values[name] for name in step.inputs)
    found = step.operation.backward(upstream, tape.values[step.name], *inputs)
    return ((name, gradient) for name, gradient in zip(step.inputs, found, strict=True) if gradient is not None)


def visits(exercise: GraphExercise) -> int:
    """How often a pass by recursion visits values: each once for every path from the output to it."""
    count = Counter({exercise.output: 1})
    for call in reversed(exercise.calls):
        for name in call.inputs:
            count[name] += count[call.name]
    return count.total()
