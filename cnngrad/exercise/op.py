"""The record of an op: its name, and where its parts are. Everything that differs from op to op is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from cnngrad.records import dataclass

MODULES: Mapping[str, str] = {
    "fields": "FIELDS LAYER READS FUNCTIONS fit build",
    "derivation": "DERIVATION by_method magnitudes",
    "retold": "retold",
    "mistakes": "ROWS attempt candidates run_cost decimals_told missing_kinks layers_missing_kinks",
    "ties": "accepts as_indices",
    "page": "SAYS ideas exhibits blocks subtitle extra_grids extra_blocks lesson matrix_lesson diagram",
    "warnings": "warnings",
}
"""The parts that an op may have, by the module of its package that holds them; a single file holds all.

FIELDS: the keys of the op in a spec; missing for what is only a layer of networks. LAYER: its keys inside a network;
missing for what is no layer. READS: whether a layer reads images, rows, or anything; features where it is missing.
fit(context, input): a layer fitted to an input. build(context, backward): the exercise of an op that is no layer.
DERIVATION: why a cell has its value. by_method, magnitudes: the same numbers by one of the four methods.
retold(derivation, trace, method): the terms of one cell as a method has them; None where it has none for it. ROWS: the
mistakes. attempt, candidates, run_cost: how the mistakes of an op that is no layer are tried, and what one costs.
decimals_told(decimals): the fewest decimals of an answer for which all mistakes give the same numbers as for so many;
without it they depend on no decimals.
missing_kinks(layer, parameters, A, Z): how many features the numbers of a layer lack that some mistakes need to show.
accepts(exercise, quantity, answer): whether an answer is right although its numbers are others.
as_indices(exercise, coordinates): the flat indices that whole-number coordinates along the last axis stand for. The
rest is what is said of the op on a page, beside the arrays; exhibits are the matrices that a method works with,
warnings(exercise) what is probably not meant.
"""
PARTS = {part: module for module, parts in MODULES.items() for part in parts.split()}
"""The module of each part."""


@dataclass(frozen=True)
class Op:
    """An op by its key in a spec and its title; its parts are imported when they are asked for.

    An op is a package, or a single file that holds all parts. `alone`: it is the op of a spec; `layer`: it is a layer
    of networks.
    """

    name: str
    title: str
    alone: bool = True
    layer: bool = True

    @property
    def package(self) -> str:
        """The package, or the file, that holds its parts."""
        return f"cnngrad.ops.{self.name}"

    def part(self, name: str) -> Any:
        """The part of this name; None where the op has none."""
        return _part(self.package, name)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The keys of the op in a spec."""
        fields: Mapping[str, Any] = self.part("FIELDS")
        return fields


Ops = Mapping[str, Op]
"""A registry: every op by its key."""


@cache
def _part(package: str, name: str) -> Any:
    module = import_module(package)
    # A module of a package may have the name of the part that it holds, as retold, and may be imported already.
    if isinstance(getattr(module, name, None), ModuleType | None) and hasattr(module, "__path__"):
        place = f"{package}.{PARTS[name]}"
        if find_spec(place) is None:
            return None
        module = import_module(place)
    return getattr(module, name, None)
