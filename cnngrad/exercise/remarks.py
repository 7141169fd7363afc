"""What is said of one cell beside its terms: what the symbols in them are, why it is 0, where it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cnngrad.exercise.terms import CellTrace, Factor, Written
from cnngrad.records import dataclass

LISTED = 8
"""Cells that a sentence names; the rest is counted."""
SEARCHED = 20_000
"""Terms of all cells up to which the uses of a given number are looked up in them."""


@dataclass(frozen=True)
class Remark:
    """A sentence with a place `{}` for each factor, which is written with its value: `{} lost to {}`."""

    text: str
    factors: tuple[Factor, ...] = ()


@dataclass(frozen=True)
class Definition:
    """What a symbol is: the ways to write it, from letters to numbers, and its value; None where it has none."""

    name: str
    written: tuple[Written, ...]
    value: Any = None


def why_zero(trace: CellTrace, base: int) -> Iterator[Remark]:
    """Which factors make every term of a sum 0; nothing where one term alone says it."""
    if trace.value or not trace.terms or len(trace.terms) == len(trace.terms[0].factors) == 1:
        return
    if not _all_vanish(trace):
        yield Remark("the terms cancel each other")
        return
    zeros = {factor.name(base): factor for factor in _zero_factors(trace)}
    padding = sum(factor.padding for factor in zeros.values())
    names = [name for name, factor in zeros.items() if not factor.padding]
    says = [*([counted_names(names)] if names else []), *(["padding"] if padding else [])]
    plural = len(names) > 1 or (padding and names)
    yield Remark(f"every term has a factor that is 0: {' and '.join(says)} {'are' if plural else 'is'} 0")


def _all_vanish(trace: CellTrace) -> bool:
    if isinstance(trace.terms, tuple):
        return all(term.vanishes for term in trace.terms)
    return bool(trace.terms.vanishing.all())


def _zero_factors(trace: CellTrace) -> Iterable[Factor]:
    if isinstance(trace.terms, tuple):
        return (factor for term in trace.terms for factor in term.factors if not factor.value)
    return trace.terms.zero_factors()


def counted_names(names: list[str]) -> str:
    """`Z[0], Z[1] and Z[2]`, or the first of them and how many more there are."""
    if len(names) > LISTED + 1:
        return f"{', '.join(names[:LISTED])} and {len(names) - LISTED} more"
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])


# --- local gradients in letters and numbers: the texts are those of the gate tables


def slope(local: Factor, text: str, x: Factor, z: Factor) -> Definition:
    """The slope of a function of one number, whose `text` is in x and z (and s, the sigmoid of x)."""
    return Definition(local.label, (Written.of(re.sub(r"\bs\b", "sigmoid(x)", text), {"x": x, "z": z}),), local.value)


def slope_of_row(local: Factor, text: str, at_i: Factor, at_j: Factor, softmax: Factor) -> Definition:
    """∂Z[j]/∂A[i] of a function of a row, whose `text` is in [i=j], Z[i], Z[j] and softmax(A)[i]."""
    equal = text.replace("[i=j]", str(int(at_i.cell == at_j.cell)))
    short = equal.replace("softmax(A)[i]", "softmax").replace("Z[i]", "Zi").replace("Z[j]", "Zj")
    return Definition(local.label, (Written.of(short, {"Zi": at_i, "Zj": at_j, "softmax": softmax}),), local.value)
