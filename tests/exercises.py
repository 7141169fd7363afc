"""Exercises that several tests share, and ways to solve them, to hand answers in and to ask what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import commands
import numpy as np

import cnngrad
from cnngrad import check

SPEC = {
    "op": "conv",
    "input": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
    "kernel": [[1, 0], [2, -1]],
    "delta": [[1, 2], [3, 4]],
}
"""dW = [[37, 47], [67, 77]]: dW[0,0] = 1*1 + 2*2 + 3*4 + 4*5. dA = [[1, 2, 0], [5, 7, -2], [6, 5, -4]]."""


NETWORK = {
    "op": "network",
    "input": [1, -2],
    "layers": [
        {"op": "dense", "weights": [[1, 2], [3, 1]]},
        {"op": "activation", "function": "relu"},
        {"op": "dense", "weights": [[2, -1]]},
    ],
    "loss": {"op": "mse", "target": [3]},
    "learning_rate": "0.1",
}
"""dense1 gives (-3, 1), relu (0, 1), dense2 -1, the loss (-1 - 3)^2/2 = 8, so dZ = -1 - 3 = -4; dense2.dW = (0, -4),
back come (-8, 4), after relu (0, 4), so dense1.dW = ((0, 0), (4, -8))."""


def submit(text: str, *options: str) -> commands.Outcome:
    """What `check` says of these answers to the exercise of `hw.yaml`, in the working folder."""
    Path("a.yaml").write_text(text)
    return commands.cnngrad("check", "hw.yaml", "a.yaml", *options)


ZEROS = ("never-accumulated", "pad-slice-zero", "valid-not-full", "delta-sliced")
"""Mistakes that give zeros on every exercise of some form, or, the last one, on nearly every one."""


def named(spec: Any, quantity: str, wrong: Any) -> list[str]:
    """The ids that a wrong answer gets."""
    judged = check(spec, {quantity: np.asarray(wrong).astype(object).tolist()}).answers[quantity]
    assert judged.verdict in ("wrong", "refused"), judged
    return [mistake.id for mistake in judged.mistakes]


def solved(**spec: Any) -> dict[str, Any]:
    """The results of a spec, as its JSON object has them."""
    results: dict[str, Any] = cnngrad.run(spec).to_dict()["results"]
    return results


def whole(shape: tuple[int, ...], rng: np.random.Generator, low: int = -4, high: int = 5) -> Any:
    return rng.integers(low, high, shape).astype(float)


def texts(array: Any) -> Any:
    """Numbers as a student writes them: all digits."""
    return np.asarray(array).astype(object).tolist()


def is_named(spec: Any, quantity: str, id_: str, wrong: Any, right: Any) -> None:
    """A mistake is named from its own numbers; where these are zeros by luck, only what gives zeros everywhere is."""
    found = check(spec, {quantity: texts(wrong)}).answers[quantity]
    if found.message.endswith("the numbers are right, in another shape"):
        assert np.array_equal(wrong.ravel(), right.ravel())
        return
    if wrong.shape == right.shape and np.allclose(wrong, right, rtol=0, atol=1e-12):
        assert found.verdict in ("right", "unclear"), id_
        return
    ids = [mistake.id for mistake in found.mistakes]
    assert found.verdict == ("wrong" if wrong.squeeze().shape == right.squeeze().shape else "refused"), (id_, found)
    assert id_ in ids or (wrong.size and not wrong.any() and set(ids) <= set(ZEROS)), (id_, found)
