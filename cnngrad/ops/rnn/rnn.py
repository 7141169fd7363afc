"""The recurrent network h_t = f(W_input x_t + W_recurrent h_{t-1} + b), and backpropagation through time.

A weight acts at every step, so its gradient is a total derivative: one term per step, each the
gradient that arrives at h_t times the direct derivative there (Goodfellow et al., Deep Learning, 10.2.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from cnngrad.calculus.gates import GATES
from cnngrad.calculus.laws import Law, law
from cnngrad.calculus.matrix_gates import MATMUL
from cnngrad.calculus.tape import Amendments, Gradients, Tape, pinned
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.op import Op
from cnngrad.numbers.kinds import Array, Kind, kind_of, zeros
from cnngrad.ops import OPS

ACTIVATIONS = ("tanh", "sigmoid", "relu", "identity")
MOST_UNITS = 20
"""Hidden units up to which the law of the total derivative is computed; it takes H**4 products per step."""
KEYS = {"x": "inputs", "W_input": "weights.input", "W_recurrent": "weights.recurrent", "b": "weights.bias"}
"""What the arrays are called in a spec."""
SHARED = {"W_input": ("from x", 1), "W_recurrent": ("from h", 1), "b": ("s", 1)}
"""The step of the tape where each shared weight acts, and which of its inputs the weight is."""


@dataclass(frozen=True)
class RnnExercise(Exercise):
    """x (T, d) or (T,), W_input (H, d), W_recurrent (H, H), b and h0 (H,); a number is 1 x 1.

    `deltas` (T, H) is the upstream gradient at every h_t; it is missing for a forward pass alone.
    """

    x: Array
    W_input: Array
    W_recurrent: Array
    b: Array
    h0: Array
    activation: str = "tanh"
    deltas: Array | None = None
    amendments: Amendments = field(default_factory=Amendments)

    @property
    def record(self) -> Op:
        return OPS["rnn"]

    @property
    def kind(self) -> Kind:
        return kind_of(self.x)

    @property
    def steps(self) -> int:
        """T, the length of x."""
        return len(self.x)

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
        return {"steps": self.steps, "hidden": self.hidden, "activation": self.activation}

    @cached_property
    def tape(self) -> Tape:
        """What ran: `s2` and `h2` are the sum and the state of the third step."""
        return self._run(self.given)

    @cached_property
    def gradients(self) -> Gradients | None:
        if self.deltas is None:
            return None
        return self.tape.backward({f"h{t}": delta for t, delta in enumerate(self.deltas)})

    def state(self, t: int) -> Array:
        """h_t (H,); the one before the first is h0."""
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
        met = {"W_input": self.tape.values[f"x{t}"], "W_recurrent": self.state(t - 1)}.get(name, 1)
        return np.asarray(self.slope(t)[:, None] * met)

    def link(self, t: int) -> Array:
        """dh_t/dh_{t-1} (H, H) = diag(f'(s_t)) W_recurrent."""
        return np.asarray(self.slope(t)[:, None] * self.tape.values["W_recurrent"])

    @cached_property
    def products(self) -> list[Array]:
        """dh_T/dh_t (H, H) for every t: the product of dh_j/dh_{j-1} for j from t + 1 to the last."""
        found = [np.diag(zeros((self.hidden,), self.x) + 1)]
        for t in range(self.steps - 1, 0, -1):
            found.append(found[-1] @ self.link(t))
        return found[::-1]

    def terms(self, name: str) -> list[Array]:
        """What each step adds to the gradient of a shared weight, in the shape of the weight."""
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
        if self.deltas is None or self.hidden > MOST_UNITS:
            return ()
        name = "sum(dW_recurrent) = sum of delta[t]*∂h[t]/∂W_recurrent, forward in time"
        return (law(name, results["dW_recurrent"], self._forward_in_time()),)

    def result(self, name: str) -> Array:
        """One of the results, straight from the tape: all of them and the law take longer than the run."""
        if name == "h":
            return np.stack([self.state(t) for t in range(self.steps)]).reshape(self._state_shape())
        if name == "dh":
            return np.stack([self.arriving(t) for t in range(self.steps)]).reshape(self._state_shape())
        if name == "dh0":
            return self.arriving(-1).reshape(self.h0.shape)
        assert self.gradients is not None
        total = self.gradients.total
        if name == "dx":
            return np.stack([np.asarray(total[f"x{t}"]) for t in range(self.steps)]).reshape(self.x.shape)
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
        rows = {name: own[name].reshape(self.steps, self.hidden) for name in ("h", "dh") if name in own}
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
        return sum((tape.values[f"h{t}"] * delta).sum() for t, delta in enumerate(self.deltas))

    def multiply_adds(self) -> int:
        return self.x.size * self.hidden + self.steps * self.hidden**2

    def _run(self, arrays: Mapping[str, Array]) -> Tape:
        tape = Tape(self.amendments)
        tape.place("W_recurrent", arrays["W_recurrent"].reshape(self.hidden, self.hidden))
        tape.place("W_input", arrays["W_input"].reshape(self.hidden, -1))
        tape.place("b", arrays["b"].reshape(self.hidden))
        before = tape.place("h0 given", arrays["h0"].reshape(self.hidden))
        for t, x in enumerate(arrays["x"].reshape(self.steps, -1)):
            tape.place(f"x{t}", x)
            tape.record(f"from x{t}", MATMUL, f"x{t}", "W_input")
            tape.record(f"from h{t}", MATMUL, before, "W_recurrent")
            tape.record(f"both{t}", GATES["add"], f"from x{t}", f"from h{t}")
            tape.record(f"s{t}", GATES["add"], f"both{t}", "b")
            before = tape.record(f"h{t}", GATES[self.activation], f"s{t}")
        return tape

    def _state_shape(self) -> tuple[int, ...]:
        """(T, H), or (T,) where the recurrent weight is one number."""
        return (self.steps, self.hidden) if self.W_recurrent.ndim else (self.steps,)

    def _forward_in_time(self) -> Array:
        """sum of delta_t dh_t/dW_recurrent, where dh_t/dW = direct + dh_t/dh_{t-1} dh_{t-1}/dW."""
        assert self.deltas is not None
        H = self.hidden
        total, slopes = zeros((H * H,), self.x), zeros((H, H * H), self.x)
        for t, delta in enumerate(self.deltas):
            direct = zeros((H, H, H), self.x)
            direct[np.arange(H), np.arange(H)] = self.direct("W_recurrent", t)
            slopes = self.link(t) @ slopes + direct.reshape(H, H * H)
            total = total + delta @ slopes
        return np.asarray(total)
