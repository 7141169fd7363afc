"""Rows of the library: small calls, homework, new exercises, many specs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

import cnngrad
from benchmarks import documents, pytorch, textbook
from benchmarks.rows import LOOP, OURS, TORCH, Row, Setting
from benchmarks.timing import Contender, Sample, timed

SEEDS, FEW_SEEDS = range(8), range(3)
"""Exercises that are generated, and those of a quick run."""


def rows() -> list[Row]:
    """All of them."""
    homework = [
        Row(f"check, {name}", "check", partial(_check, answers), aim)
        for name, answers, aim in (
            ("a single mistake", single_mistake, "5 ms"),
            ("pairs tried", no_mistake, "20 ms"),
            ("right", right, "1 ms"),
        )
    ]
    return [
        Row("conv_backward, 5x5", "call", _conv_backward, "50 us"),
        Row("run(spec).to_dict(), 5x5, brief", "call", partial(_run, "brief"), "1 ms"),
        Row("run(spec).to_dict(), 5x5, none", "call", partial(_run, "none"), "0.4 ms"),
        *homework,
        Row("batch of small specs, one worker", "batch", _batch, "2,000 specs/s", "specs", _specs, once=True),
        Row("generate network", "generate", _generate, "1 s at worst", once=True),
    ]


def _conv_backward(_: Setting) -> Mapping[str, Contender]:
    A, W, dZ = (np.array(documents.small_conv()[key], dtype=float) for key in ("input", "kernel", "delta"))
    batch = [array.reshape(1, 1, *array.shape) for array in (A, W, dZ)]
    found = {OURS: timed(lambda: cnngrad.conv_backward(A, W, dZ))}
    if pytorch.INSTALLED:
        tensors = list(map(pytorch.tensor, batch))
        found[TORCH] = timed(lambda: pytorch.conv_backward(*tensors))
    return {**found, LOOP: timed(lambda: textbook.conv(batch[0], batch[1], np.zeros(1), batch[2]))}


def _run(trace: str, _: Setting) -> Mapping[str, Contender]:
    spec = documents.small_conv()
    return {OURS: timed(lambda: cnngrad.run(spec, trace=trace).to_dict())}


def right(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The right answers to a convolution."""
    gradients = cnngrad.conv_backward(spec["input"], spec["kernel"], spec["delta"])
    return {name: array.tolist() for name, array in zip(("dA", "dW", "db"), gradients, strict=True)}


def single_mistake(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The right answers, but dA with the kernel turned once too often."""
    turned = np.array(spec["kernel"])[::-1, ::-1]
    return {**right(spec), "dA": cnngrad.conv_backward(spec["input"], turned, spec["delta"])[0].tolist()}


def no_mistake(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The right answers, but dA off by another number in each cell, which no mistake explains."""
    answers = right(spec)
    wrong = np.array(answers["dA"])
    return {**answers, "dA": (wrong + documents.whole_numbers(*wrong.shape, seed=16)).tolist()}


def _check(answers: Callable[[Mapping[str, Any]], dict[str, Any]], _: Setting) -> Mapping[str, Contender]:
    spec = documents.small_conv()
    given = answers(spec)
    return {OURS: timed(lambda: cnngrad.check(spec, given).to_dict())}


def _specs(setting: Setting) -> float:
    return 2000.0 if setting.quick else 4000.0


def _batch(setting: Setting) -> Mapping[str, Contender]:
    count = int(_specs(setting))
    return {OURS: lambda: Sample(batch_seconds(count))}


def batch_seconds(count: int) -> float:
    """Seconds for so many specs, from the first result on: the start of the worker is left out."""
    spec = documents.small_conv()
    results = cnngrad.run_many([spec] * (count + 1), jobs=1)
    next(results)
    start = time.perf_counter()
    assert sum(1 for _ in results) == count
    return time.perf_counter() - start


def _generate(setting: Setting) -> Mapping[str, Contender]:
    """A contender for each seed, so that the worst one is seen."""
    seeds = FEW_SEEDS if setting.quick else SEEDS
    return {OURS if seed == seeds[0] else f"seed {seed}": timed(partial(_generated, seed)) for seed in seeds}


def _generated(seed: int) -> None:
    cnngrad.generate("network", seed=seed)
