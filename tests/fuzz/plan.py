"""What is known of a spec, or of one layer of it, while its keys are made one after the other."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cnngrad

from .cells import Cells
from .draw import Draw
from .tree import Cell, Tree, mapped


@dataclass
class Plan:
    """The keys `made` so far; `letters` and `shape` are those of the input, `notes` what keys must agree on."""

    draw: Draw
    cells: Cells
    made: dict[str, Tree] = field(default_factory=dict)
    letters: str = ""
    shape: tuple[int, ...] = ()
    notes: dict[str, Any] = field(default_factory=dict)


Key = Callable[[Plan], Tree]
"""Gives the value of one key; None leaves the key out."""
Keys = Mapping[str, Key]


def make(plan: Plan, keys: Keys) -> dict[str, Tree]:
    """The mapping of these keys, made in the order of the table."""
    for key, give in keys.items():
        value = give(plan)
        if value is not None:
            plan.made[key] = value
    return plan.made


def maybe(share: float, give: Key) -> Key:
    """The key in this share of the specs."""
    return lambda plan: give(plan) if plan.draw.chance(share) else None


def choice(share: float, *words: Tree) -> Key:
    """One of these values, in this share of the specs."""
    return maybe(share, lambda plan: plan.draw.pick(words))


def numbered(text: str) -> Key:
    """Always this value."""
    return lambda _: text


def later(_: Plan) -> Tree:
    """A key that is made once the whole spec can be solved (ask, choices, answers)."""
    return None


def shadow(spec: Mapping[str, Tree]) -> Mapping[str, Any] | None:
    """The results of the spec with ones for all its numbers: what shapes come out. None where it does not fit."""
    plain = {key: value for key, value in spec.items() if key not in ("numbers", "values", "answers")}
    return solved(mapped(plain, lambda leaf: "1" if isinstance(leaf, Cell) else leaf))


def solved(spec: Mapping[str, Tree]) -> Mapping[str, Any] | None:
    """The program's own results; None for whatever goes wrong, which the mutant itself then shows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            results: Mapping[str, Any] = cnngrad.run(spec).results
            return results
        except Exception:
            return None


def explained(spec: Mapping[str, Tree]) -> Mapping[str, tuple[int, ...]]:
    """The shape of everything that has cells to explain; nothing for whatever goes wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return {name: array.shape for name, array in cnngrad.run(spec).derivation.explained.items()}
        except Exception:
            return {}


def shape_of(results: Mapping[str, Any] | None) -> tuple[int, ...] | None:
    """The shape of the (last) output among these results."""
    if results is None:
        return None
    last = results["layers"][-1]["results"] if "layers" in results else results
    shape: tuple[int, ...] = last["Z"].shape
    return shape


def delta(plan: Plan) -> Tree:
    """An upstream gradient: one number, or an array in the shape of what the spec gives so far."""
    if plan.draw.chance(0.25):
        return plan.cells.cell("d")
    shape = shape_of(shadow(plan.made))
    return plan.cells.cell("d") if shape is None else plan.cells.array(shape, "d")


def values(plan: Plan) -> Tree:
    """What the symbols stand for."""
    if not plan.cells.symbols or plan.draw.chance(0.25):
        return None
    return {name: Cell(text) for name, text in plan.cells.symbols.items()}


def kind(plan: Plan) -> Tree:
    """The kind of numbers; float may be left out."""
    return None if plan.cells.kind == "float" and plan.draw.chance(0.7) else plan.cells.kind


HEAD: Keys = {
    "title": choice(
        0.15, "A title", "Ünï 題", "1", "a: b, [c] {d}", "x" * 90, "tab\tbell\x07 esc\x1b[31m", "two\nlines"
    ),
    "numbers": kind,
}
TAIL: Keys = {"values": values, "ask": later, "choices": later, "answers": later}
