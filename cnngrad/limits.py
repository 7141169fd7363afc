"""How large an input may be: every limit has a name, a default and a way to raise it."""

from __future__ import annotations

import re
from dataclasses import fields, replace

from cnngrad.errors import CnngradError, Problem, did_you_mean, excerpt, option
from cnngrad.records import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are compared with Python integers before anything is allocated."""

    file: int = 16 * 2**20
    """bytes of one file"""
    nesting: int = 12
    """levels of brackets and mappings"""
    scalar: int = 1_000
    """characters of one number or word"""
    values: int = 300_000
    """lists, mappings, keys, words and numbers of one file; a row of numbers in brackets is one"""
    cells: int = 10**7
    """cells of one array"""
    multiply_adds: int = 10**10
    """multiplications of one forward pass"""
    terms: int = 10**6
    """terms of a trace printed in a table"""
    printed: int = 10**6
    """numbers written by one command to one place"""
    expression: int = 1_000
    """characters of one expression"""
    nodes: int = 500
    """gates of a computation graph"""
    parentheses: int = 60
    """levels of parentheses and calls in an expression"""
    digits: int = 10_000
    """digits of one exact number"""
    symbols: int = 10**5
    """terms of one formula"""
    audit_work: int = 10**8
    """multiply-adds over all mistakes together"""

    def allow(self, name: str, value: int, what: str, instead: str = "") -> None:
        """Raise if `value` is over the limit `name`; `what` says what was measured."""
        if (message := self.refusal(name, value, what, instead)) is not None:
            raise CnngradError(message)

    def refusal(self, name: str, value: int, what: str, instead: str = "", enough: str = "") -> str | None:
        """The message for a `value` over the limit `name`, or nothing.

        `instead` is what else can be done; `enough` is the limit to ask for where `value` is not all that there is.
        """
        limit: int = getattr(self, name)
        if value <= limit:
            return None
        raised = option("limit", f"{name}={enough or value}")
        return f"{what}, over the limit of {limit:,}; {instead}raise it with {raised}"

    def with_settings(self, settings: tuple[str, ...]) -> Limits:
        """These limits with each `NAME=VALUE` applied."""
        return replace(self, **dict(map(_setting, settings)))


DEFAULT = Limits()
NAMES = tuple(f.name for f in fields(Limits))


def _setting(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    if name not in NAMES:
        hint = did_you_mean(name, NAMES) or f"; the limits are {', '.join(NAMES)}"
        raise CnngradError(Problem(f"{excerpt(name)} is no limit{hint}", option("limit")))
    number = _whole(value)
    if number < 1:
        says = f"{name} needs a positive whole number, as in {name}={getattr(DEFAULT, name)}"
        raise CnngradError(Problem(says, option("limit")))
    return name, number


def _whole(text: str) -> int:
    """The number that is written as 100000 or 1e5; 0 for anything else."""
    if not re.fullmatch(r"[0-9]{1,19}|[0-9]{1,4}(?:\.[0-9]{1,4})?[eE]\+?[0-9]{1,2}", text):
        return 0
    return int(text) if text.isdecimal() else int(float(text))
