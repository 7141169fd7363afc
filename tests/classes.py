"""Rows of `grade`, as the tests of the class summary and of its page write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Row = dict[str, Any]
POINTS = {"right": 1.0, "carried": 1.0, "unclear": 0.5, "rounded": 0.5}
HOSTILE = (
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "{{7*7}}{% raw %}",
    "abc\u202edcb\u202c",
    "nul\x00 and \x1b[31m",
    "\udcff",
    "x" * 10_000,
)
"""Names that students may have."""

NOTHING: dict[str, Any] = {"verdict": "missing", "source": None, "error": {"message": "has handed in nothing"}}
"""What is in the row of a student without a submission."""


def right(**more: Any) -> Row:
    """A right answer."""
    return {"verdict": "right", "cells_right": 4, "cells": 4, "mistakes": [], "pairs": [], "slips": [], **more}


def mistake(id_: str, **more: Any) -> Row:
    """A known mistake."""
    return {"id": id_, "says": f"what is done in {id_}", "ask": f"what of {id_}?", **more}


def wrong(*mistakes: Row, **more: Any) -> Row:
    """A wrong answer that these mistakes explain, each by itself."""
    return right(verdict="wrong", cells_right=0, mistakes=[*mistakes], explained=bool(mistakes), **more)


def unknown(*numbers: object) -> Row:
    """A wrong answer that nothing explains."""
    return wrong(written=[*numbers])


def carried(*given: str) -> Row:
    """An answer that is right for the student's own earlier ones."""
    return right(verdict="carried", given=[*given])


def verdict(name: str) -> Row:
    """An answer of this verdict and nothing else."""
    return {"verdict": name}


def row(student: str, answers: Mapping[str, Row], **more: Any) -> Row:
    """A submission that could be read."""
    points = sum(POINTS.get(answer["verdict"], 0.0) for answer in answers.values())
    whole = "right" if all(answer["verdict"] == "right" for answer in answers.values()) else "wrong"
    base = {"format": 1, "student": student, "source": f"{student}.yaml", "verdict": whole, "points": points}
    return {**base, "of": len(answers), "answers": dict(answers), **more}


def unread(student: str, message: str) -> Row:
    """A submission that could not be read."""
    error = {"message": message, "line": 7, "column": 12, "key": None}
    return {"format": 1, "student": student, "source": f"{student}.yaml", "points": 0, "of": 3, "error": error}


def small_class() -> Iterator[Row]:
    """Eight students, three quantities: each kind of entry once or more."""
    turned, stride = mistake("kernel-not-turned"), mistake("stride-ignored", layer="conv1", where="W[1]")
    slip = {"cell": "dW[0,1]", "id": "sign-slip", "says": "3 for -3"}
    yield row("s10", {"Z": right(), "dA": right(), "dW": right()}, name="Ana")
    yield row("s2", {"Z": right(), "dA": wrong(turned), "dW": unknown(["0.5", "1/4"])}, name="Bo")
    yield row("s3", {"Z": wrong(stride), "dA": carried("Z"), "dW": carried("dA")}, name="Cy")
    yield row("s4", {"Z": right(), "dA": wrong(turned, mistake("delta-rotated")), "dW": unknown([".50", "0.250"])})
    yield row("s5", {"Z": wrong(pairs=[[turned, stride]]), "dA": verdict("unclear"), "dW": wrong(slips=[slip, slip])})
    yield row("s6", {"Z": right(), "dA": verdict("rounded"), "dW": verdict("refused")})
    yield unread("s7", "has a tab; use blanks")
    yield row("s8", dict.fromkeys(("Z", "dA", "dW"), verdict("missing")), **NOTHING)
