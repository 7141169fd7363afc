"""The recurrent network h_t = f(W_input x_t + W_recurrent h_{t-1} + b), and backpropagation through time.

A weight acts at every step, so its gradient is a total derivative: one term per step, each the
gradient that arrives at h_t times the direct derivative there (Goodfellow et al., Deep Learning, 10.2.2). In a batch
the terms of all examples add up within a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.laws import Law, law
from cnngrad.calculus.matrix_gates import MATMUL
from cnngrad.calculus.tape import Amendments, Gradients, Tape, pinned
from cnngrad.exercise.cost import TIMES
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array, Kind, kind_of, zeros
from cnngrad.ops import OPS
from cnngrad.records import dataclass

ACTIVATIONS = ("tanh", "sigmoid", "relu", "identity")
LAYOUTS = ("TD", "NTD", "TND")
"""The axes of x: time and features, with the examples of a batch before or after the time."""
MOST_UNITS, MOST_PRODUCTS = 20, 10**9
"""Hidden units and products up to which the law of the total derivative is computed; it takes H**4 products per step
and example."""
KEYS = {"x": "inputs", "W_input": "weights.input", "W_recurrent": "weights.recurrent", "b": "weights.bias"}
"""What the arrays are called in a spec."""
SHARED = {"W_input": ("from x", 1), "W_recurrent": ("from h", 1), "b": ("s", 1)}
"""The step of the tape where each shared weight acts, and which of its inputs the weight is."""


@dataclass(frozen=True)
class RnnExercise(Exercise):
    """x (T, d) or (T,), W_input (H, d), W_recurrent (H, H), b and h0 (H,); a number is 1 x 1.

    `deltas` (T, H) is the upstream gradient at every h_t; it is missing for a forward pass alone. In a batch x and
    deltas have the axis of the examples that `layout` says, and h0 is (N, H), or (H,) for all examples.
    """

    x: Array
    W_input: Array
    W_recurrent: Array
    b: Array
    h0: Array
    activation: str = "tanh"
    deltas: Array | None = None
    layout: str = "TD"
    amendments: Amendments = field(default_factory=Amendments)

    @property
    def record(self) -> Op:
        return OPS["rnn"]

    @property
    def kind(self) -> Kind:
        return kind_of(self.x)

    @property
    def steps(self) -> int:
        """T, the length of x in time."""
        return int(self.x.shape[self.time])

    @property
    def time(self) -> int:
        """The axis of x and h that counts the steps."""
        return self.layout.index("T")

    @property
    def batch(self) -> tuple[int, ...]:
        """N, the examples; nothing without a batch."""
        return self.x.shape[self.layout.index("N") :][:1] if "N" in self.layout else ()

    @property
    def examples(self) -> int:
        """How many examples there are, in a batch or alone."""
        return math.prod(self.batch)

    @property
    def state_shape(self) -> tuple[int, ...]:
        """That of h: the axes of `layout`, with H last; no last axis where the recurrent weight is one number."""
        shape = {"T": (self.steps,), "N": self.batch, "D": (self.hidden,) * (self.W_recurrent.ndim > 0)}
        return tuple(size for letter in self.layout for size in shape[letter])

    @property
    def shared_start(self) -> bool:
        """Whether all examples of a batch have one h0."""
        return bool(self.batch) and self.h0.ndim == (self.W_recurrent.ndim > 0)

    @property
    def hidden(self) -> int:
        """H, the units of a state."""
        return len(self.W_recurrent) if self.W_recurrent.ndim else 1

    @property
    def given(self) -> Mapping[str, Array]:
        shared = {"W_input": self.W_input, "W_recurrent": self.W_recurrent, "b": self.b}
        return {"x": self.x, **shared, "h0": self.h0}

    @property
    def names(self) -> tuple[str, ...]:
        return ("h",) if self.deltas is None else ("h", "dh", "dx", "dh0", *map(gradient_name, SHARED))

    def settings(self) -> dict[str, Any]:
        batch = {"batch": self.examples} if self.batch else {}
        return {
            "layout": self.layout,
            "steps": self.steps,
            **batch,
            "hidden": self.hidden,
            "activation": self.activation,
        }

    @cached_property
    def tape(self) -> Tape:
        """What ran: `s2` and `h2` are the sum and the state of the third step."""
        return self._run(self.given)

    @cached_property
    def gradients(self) -> Gradients | None:
        if self.deltas is None:
            return None
        return self.tape.backward({f"h{t}": delta for t, delta in enumerate(self.by_time(self.deltas))})

    def by_time(self, array: Array) -> Array:
        """x, h or deltas with the time first: (T, D) or (T, N, D), D the features or units of a step."""
        return np.moveaxis(array, self.time, 0).reshape(self.steps, *self.batch, -1)

    def state(self, t: int) -> Array:
        """h_t (H,), in a batch (N, H), as all that has a time step here; the one before the first is h0."""
        return np.asarray(self.tape.values[f"h{t}" if t >= 0 else "h0 given"])

    def arriving(self, t: int) -> Array:
        """The gradient that arrives at h_t (H,), from the delta there and from the step after it."""
        assert self.gradients is not None
        name = f"h{t}" if t >= 0 else "h0 given"
        return np.asarray(self.gradients.total[name])

    def slope(self, t: int) -> Array:
        """f'(s_t) (H,)."""
        gate = GATES[self.activation]
        return np.asarray(gate.partials(self.state(t), self.tape.values[f"s{t}"])[0])

    def direct(self, name: str, t: int) -> Array:
        """The direct derivative of h_t by a shared weight (H, d or H or 1), as if h_{t-1} were fixed: unit i by the
        weights of unit i, which are multiplied with x_t, with h_{t-1} or with nothing."""
        slope = self.slope(t)[..., None]
        if name == "b":
            return slope
        met = self.tape.values[f"x{t}"] if name == "W_input" else self.state(t - 1)
        return np.asarray(slope * met[..., None, :])

    def link(self, t: int) -> Array:
        """dh_t/dh_{t-1} (H, H) = diag(f'(s_t)) W_recurrent."""
        return np.asarray(self.slope(t)[..., None] * self.tape.values["W_recurrent"])

    @cached_property
    def products(self) -> list[Array]:
        """dh_T/dh_t (H, H) for every t: the product of dh_j/dh_{j-1} for j from t + 1 to the last."""
        found = [np.diag(zeros((self.hidden,), self.x) + 1)]
        for t in range(self.steps - 1, 0, -1):
            found.append(found[-1] @ self.link(t))
        return found[::-1]

    def terms(self, name: str) -> list[Array]:
        """What each step adds to the gradient of a shared weight, in the shape of the weight; in a batch the sum over
        all examples."""
        assert self.gradients is not None
        step, place = SHARED[name]
        shape = self.given[name].shape
        return [np.reshape(self.gradients.parts[f"{step}{t}"][place], shape) for t in range(self.steps)]

    @np.errstate(all="ignore")
    def solve(self) -> Mapping[str, Array]:
        return {name: self.result(name) for name in self.names}

    @np.errstate(all="ignore")
    def laws(self, results: Mapping[str, Array]) -> tuple[Law, ...]:
        """The gradient of the recurrent weights is a total derivative."""
        products = self.steps * self.examples * self.hidden**4
        if self.deltas is None or self.hidden > MOST_UNITS or products > MOST_PRODUCTS // TIMES[self.kind.name]:
            return ()
        name = "sum(dW_recurrent) = sum of delta[t]*∂h[t]/∂W_recurrent, forward in time"
        return (law(name, results["dW_recurrent"], self._forward_in_time()),)

    def result(self, name: str) -> Array:
        """One of the results, straight from the tape: all of them and the law take longer than the run."""
        if name == "h":
            return self._stacked(self.state, self.state_shape)
        if name == "dh":
            return self._stacked(self.arriving, self.state_shape)
        if name == "dh0":
            start = self.arriving(-1)
            return np.asarray(start.sum(axis=0) if self.shared_start else start).reshape(self.h0.shape)
        assert self.gradients is not None
        total = self.gradients.total
        if name == "dx":
            return self._stacked(lambda t: np.asarray(total[f"x{t}"]), self.x.shape)
        weight = name.removeprefix("d")
        return np.asarray(total[weight]).reshape(self.given[weight].shape)

    def judged_together(self) -> Mapping[str, tuple[str, ...]]:
        """All gradients at once: one mistake spoils them all."""
        return {"gradients": tuple(name for name in self.names if name.startswith("d"))}

    def saturates(self, name: str) -> bool:
        """The weights: an activation of large sums has no slope."""
        return name.startswith("W")

    def arrays(self) -> Mapping[str, Array]:
        return self.given if self.deltas is None else {**self.given, "deltas": self.deltas}

    def with_arrays(self, arrays: Mapping[str, Array]) -> Self:
        changed: dict[str, Any] = dict(arrays)
        return replace(self, **changed)

    def spec_key(self, name: str) -> str:
        return KEYS.get(name, name)

    def recomputed(self, own: Mapping[str, Array]) -> Self:
        rows = {name: self.by_time(own[name]) for name in ("h", "dh") if name in own}
        values = {f"h{t}": row for t, row in enumerate(rows.get("h", ()))}
        gradients = {f"h{t}": row for t, row in enumerate(rows.get("dh", ()))}
        return replace(self, amendments=Amendments(values, {}, pinned(gradients)))

    def structure(self, results: Mapping[str, Array]) -> Mapping[str, Any]:
        if self.gradients is None:
            return results
        shared = {gradient_name(name): name for name in SHARED if gradient_name(name) in results}
        return {**results, **({"terms": {key: self.terms(name) for key, name in shared.items()}} if shared else {})}

    def loss(self, arrays: Mapping[str, Array]) -> Any:
        assert self.deltas is not None
        tape = self._run(arrays)
        return sum((tape.values[f"h{t}"] * delta).sum() for t, delta in enumerate(self.by_time(self.deltas)))

    def multiply_adds(self) -> int:
        return self.x.size * self.hidden + self.steps * self.examples * self.hidden**2

    def _run(self, arrays: Mapping[str, Array]) -> Tape:
        tape = Tape(self.amendments)
        tape.place("W_recurrent", arrays["W_recurrent"].reshape(self.hidden, self.hidden))
        tape.place("W_input", arrays["W_input"].reshape(self.hidden, -1))
        tape.place("b", arrays["b"].reshape(self.hidden))
        start = arrays["h0"].reshape(*(() if self.shared_start else self.batch), self.hidden)
        before = tape.place("h0 given", np.broadcast_to(start, (*self.batch, self.hidden)))
        for t, x in enumerate(self.by_time(arrays["x"])):
            tape.place(f"x{t}", x)
            tape.record(f"from x{t}", MATMUL, f"x{t}", "W_input")
            tape.record(f"from h{t}", MATMUL, before, "W_recurrent")
            tape.record(f"both{t}", GATES["add"], f"from x{t}", f"from h{t}")
            tape.record(f"s{t}", GATES["add"], f"both{t}", "b")
            before = tape.record(f"h{t}", GATES[self.activation], f"s{t}")
        return tape

    def _stacked(self, at: Callable[[int], Array], shape: tuple[int, ...]) -> Array:
        """What there is at every step, in the layout of x."""
        return np.stack([at(t) for t in range(self.steps)], axis=self.time).reshape(shape)

    def _forward_in_time(self) -> Array:
        """sum of delta_t dh_t/dW_recurrent, where dh_t/dW = direct + dh_t/dh_{t-1} dh_{t-1}/dW, over all examples."""
        assert self.deltas is not None
        H, N = self.hidden, self.batch
        total, slopes = zeros((*N, H * H), self.x), zeros((*N, H, H * H), self.x)
        for t, delta in enumerate(self.by_time(self.deltas)):
            direct = zeros((*N, H, H, H), self.x)
            direct[..., np.arange(H), np.arange(H), :] = self.direct("W_recurrent", t)
            slopes = self.link(t) @ slopes + direct.reshape(slopes.shape)
            total = total + (delta[..., None, :] @ slopes)[..., 0, :]
        return np.asarray(total)
