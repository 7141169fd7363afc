"""The tape: what ran, in order. The backward pass is that order reversed; gradients add up at forks.

(Griewank and Walther, Evaluating Derivatives, ch. 3; Baydin et al. 2018, Automatic Differentiation in
Machine Learning: a Survey, sec. 3.2.) A loop and no recursion, parents in the order of the call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any, Protocol

from cnngrad.records import dataclass


class Operation(Protocol):
    """Something with a derivative: a gate, a layer, a loss."""

    def forward(self, *inputs: Any) -> Any:
        """The output."""

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        """The gradient of every input; None where an input has none."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the tape: `name` is what `operation` made of the values named `inputs`."""

    name: str
    operation: Operation
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Gradients:
    """What flowed back: `total` by name, all paths added up, and `parts` by step, one per input."""

    total: Mapping[str, Any]
    parts: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Known:
    """A run that was made before: what an operation has made of the very same objects is not computed again."""

    values: Mapping[str, Any]
    steps: Mapping[str, Step]
    gradients: Gradients | None

    @classmethod
    def of(cls, tape: Tape, gradients: Gradients | None) -> Known:
        """A run by its tape."""
        return cls(tape.values, {step.name: step for step in tape.steps}, gradients)

    def output(self, step: Step, inputs: Sequence[Any]) -> Any | None:
        """What the step makes; None where something is new."""
        return self.values[step.name] if self._has(step, inputs) else None

    def passed(self, step: Step, upstream: Any, output: Any, inputs: Sequence[Any]) -> tuple[Any, ...] | None:
        """What the step passes back; None where something is new."""
        if self.gradients is None or output is not self.values.get(step.name) or not self._has(step, inputs):
            return None
        if upstream is not self.gradients.total.get(step.name):
            return None
        return self.gradients.parts.get(step.name)

    def _has(self, step: Step, inputs: Sequence[Any]) -> bool:
        same = self.steps.get(step.name)
        if same is None or same.operation is not step.operation or same.inputs != step.inputs:
            return False
        return all(value is self.values[name] for name, value in zip(step.inputs, inputs, strict=True))


Wrap = Callable[[Operation], Operation]
Backward = Callable[..., Sequence[Any]]
Arrival = Callable[[str, Any, Any], Any]
"""(name, what arrived before or None, what arrives now) -> what the value `name` has then."""


def added(_: str, before: Any, now: Any) -> Any:
    """The rule of forks: gradients add up."""
    return now if before is None else before + now


def overwritten(_: str, before: Any, now: Any) -> Any:
    """At a fork the path that comes last in the backward pass replaces the others."""
    return now


def first_kept(_: str, before: Any, now: Any) -> Any:
    """At a fork the path that comes first in the backward pass is kept alone."""
    return now if before is None else before


def pinned(gradients: Mapping[str, Any]) -> Arrival:
    """The rule of forks, but for values whose gradient is known already."""
    return lambda name, before, now: gradients[name] if name in gradients else added(name, before, now)


@dataclass(frozen=True)
class Amendments:
    """Where a run departs from the right one: values that are given and not computed, operations that do something
    else, another rule for gradients that arrive. Nothing is amended by default.

    `known` is a run that has parts in common with this one, `last` the step that is the last one to go back through.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    operations: Mapping[str, Wrap] = field(default_factory=dict)
    arrive: Arrival = added
    known: Known | None = None
    last: str = ""


@dataclass
class Tape:
    """Values by name, and the steps that made them."""

    amendments: Amendments = field(default_factory=Amendments)
    values: dict[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def place(self, name: str, value: Any) -> str:
        """Put a value that nothing computes (an input, a weight) on the tape; its name."""
        self.values[name] = value
        return name

    def record(self, name: str, operation: Operation, *inputs: str) -> str:
        """Run `operation` on named values, keep the result under `name`; the name."""
        if name in self.amendments.operations:
            operation = self.amendments.operations[name](operation)
        self.steps.append(Step(name, operation, inputs))
        given = self.amendments.values
        self.values[name] = given[name] if name in given else self._output(self.steps[-1])
        return name

    def _output(self, step: Step) -> Any:
        inputs = [self.values[source] for source in step.inputs]
        known = self.amendments.known
        found = None if known is None else known.output(step, inputs)
        return step.operation.forward(*inputs) if found is None else found

    def backward(self, upstream: Mapping[str, Any]) -> Gradients:
        """The gradients of everything that the values named in `upstream` depend on."""
        arrive = self.amendments.arrive
        total = {name: arrive(name, None, gradient) for name, gradient in upstream.items()}
        parts: dict[str, tuple[Any, ...]] = {}
        for step in reversed(self.steps):
            if step.name not in total:
                continue
            parts[step.name] = self._passed(step, total[step.name])
            for source, gradient in zip(step.inputs, parts[step.name], strict=True):
                if gradient is not None:
                    total[source] = arrive(source, total.get(source), gradient)
            if step.name == self.amendments.last:
                break
        return Gradients(total, parts)

    def _passed(self, step: Step, upstream: Any) -> tuple[Any, ...]:
        inputs, output, known = (
            [self.values[name] for name in step.inputs],
            self.values[step.name],
            self.amendments.known,
        )
        found = None if known is None else known.passed(step, upstream, output, inputs)
        return tuple(step.operation.backward(upstream, output, *inputs)) if found is None else found


class Composite(ABC):
    """An operation made of smaller ones: its derivative is that of its own tape."""

    @abstractmethod
    def record(self, tape: Tape, *inputs: str) -> str:
        """Record the steps on values that are on the tape already; the name of the output."""

    def forward(self, *inputs: Any) -> Any:
        tape, output = self._run(*inputs)
        return tape.values[output]

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> tuple[Any, ...]:
        tape, name = self._run(*inputs)
        total = tape.backward({name: upstream}).total
        return tuple(total.get(f"input{i}") for i in range(len(inputs)))

    def _run(self, *inputs: Any) -> tuple[Tape, str]:
        tape = Tape()
        names = [tape.place(f"input{i}", value) for i, value in enumerate(inputs)]
        return tape, self.record(tape, *names)


# Operations that an amended tape records in place of the right ones.


@dataclass(frozen=True)
class _Passes:
    """An operation made of two passes."""

    forward: Callable[..., Any]
    backward: Backward


def with_backward(wrong: Backward) -> Wrap:
    """Wraps an operation so that its backward pass is `wrong(right, upstream, output, *inputs)`."""
    return lambda right: _Passes(right.forward, partial(wrong, right))


@dataclass(frozen=True)
class _WithForward:
    """An operation with another output."""

    right: Operation
    wrong: Callable[..., Any]

    def forward(self, *inputs: Any) -> Any:
        return self.wrong(self.right.forward(*inputs), *inputs)

    def backward(self, upstream: Any, output: Any, *inputs: Any) -> Sequence[Any]:
        return self.right.backward(upstream, output, *inputs)


def with_forward(wrong: Callable[..., Any]) -> Wrap:
    """Wraps an operation so that its output is `wrong(output, *inputs)`; it goes back from there as it should."""
    return lambda right: _WithForward(right, wrong)


def composed(inner: Wrap | None, outer: Wrap) -> Wrap:
    """`outer` around what `inner` makes of an operation."""
    return outer if inner is None else lambda right: outer(inner(right))


def passing(place: int, gradient: Any) -> Wrap:
    """Wraps an operation so that it passes `gradient` back to one of its inputs."""

    def wrong(right: Any, upstream: Any, output: Any, *inputs: Any) -> list[Any]:
        found = list(right.backward(upstream, output, *inputs))
        found[place] = gradient
        return found

    return with_backward(wrong)
