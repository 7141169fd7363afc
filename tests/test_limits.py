"""Limits: the defaults are those that are promised; each holds at the limit and refuses one more, in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from commands import cnngrad

from cnngrad.limits import DEFAULT

PROMISED = {
    "file": 16_777_216,
    "nesting": 12,
    "scalar": 1_000,
    "cells": 10_000_000,
    "multiply_adds": 10_000_000_000,
    "terms": 1_000_000,
    "expression": 1_000,
    "nodes": 500,
    "parentheses": 60,
    "digits": 10_000,
    "symbols": 100_000,
    "audit_work": 100_000_000,
}

SQUARES = "\n".join(f"  q{i}: q{i - 1}*q{i - 1}" for i in range(2, 13))
SQUARED = f"op: graph\nexpression:\n  q1: x*x\n{SQUARES}\nvalues: {{x: 1.2345}}\n"
"""x is 2469/2000; its power 4096 has 13,896 digits."""
GRAPH = "op: graph\nexpression: x*x\nvalues: {x: 99999}\n"
LAYERS = "op: network\ninput: [[99999]]\nlayers: [{op: conv, kernel: [[99999]]}]\ndelta: 1\n"
RNN = "op: rnn\ninputs: [0, 0, 0]\nweights: {input: 1, recurrent: 1.01}\nh0: 1\nactivation: identity\ndelta: 1\n"

REFUSED: list[tuple[str, str, list[str], str]] = [
    (
        "digits",
        SQUARED,
        ["--numbers", "exact"],
        "/s.yaml:14:8: expression: q12 = q11 * q11: makes a number of 13,896 digits, over the limit of 10,000; "
        "raise it with --limit digits=13896",
    ),
    (
        "digits in symbols",
        "op: graph\nexpression: (2*x)**40000\n",
        ["--numbers", "symbolic"],
        "/s.yaml:2:13: expression: t2 = t1 ** 40000: makes a number of 12,042 digits, over the limit of 10,000; "
        "raise it with --limit digits=12042",
    ),
    (
        "digits of a value",
        GRAPH,
        ["--numbers", "exact", "--limit", "digits=4"],
        "/s.yaml:3:13: values.x: '99999' has 5 digits, over the limit of 4; raise it with --limit digits=5",
    ),
    (
        "digits of a node",
        GRAPH,
        ["--numbers", "exact", "--limit", "digits=9"],
        "/s.yaml:2:13: expression: t1 = x * x: makes a number of 10 digits, over the limit of 9; raise it with "
        "--limit digits=10",
    ),
    (
        "digits of a layer",
        LAYERS,
        ["--numbers", "exact", "--limit", "digits=9"],
        "--numbers: numbers: conv1: makes a number of 10 digits, over the limit of 9; raise it with --limit digits=10",
    ),
    (
        "digits through time",
        RNN,
        ["--numbers", "exact", "--limit", "digits=6"],
        "--numbers: numbers: makes a number of 7 digits, over the limit of 6; raise it with --limit digits=7",
    ),
    (
        "cells of a dense output",
        "op: dense\ninput: [[1], [2]]\nweights: [[3], [4]]\ndelta: 1\n",
        ["--limit", "cells=3"],
        "/s.yaml:3:10: weights: makes the output 4 cells, over the limit of 3; raise it with --limit cells=4",
    ),
    (
        "multiply_adds of a dense layer",
        "op: dense\ninput: [[1, 2]]\nweights: [[3, 4], [5, 6]]\n",
        ["--limit", "multiply_adds=3"],
        "/s.yaml:3:10: weights: needs 4 multiply-adds, over the limit of 3; raise it with --limit multiply_adds=4",
    ),
    (
        "multiply_adds of an rnn",
        "op: rnn\ninputs: [1, 2, 3]\nweights: {input: 1, recurrent: 1}\n",
        ["--limit", "multiply_adds=5"],
        "/s.yaml:2:9: inputs: needs 6 multiply-adds, over the limit of 5; raise it with --limit multiply_adds=6",
    ),
    (
        "multiply_adds of exact numbers",
        "op: pool\ninput: {file: big.npy}\nwindow: 400\nstride: 1\nnumbers: exact\n",
        [],
        "/s.yaml:5:10: numbers: needs 10,240,000 multiply-adds of exact numbers, which count as 51,200,000,000, over "
        "the limit of 10,000,000,000; raise it with --limit multiply_adds=51200000000",
    ),
    (
        "symbols",
        "op: graph\nexpression: (a + b)*(c + d)\n",
        ["--numbers", "symbolic", "--limit", "symbols=3"],
        "/s.yaml:2:13: expression: t3 = t1 * t2: makes a formula of 4 terms, over the limit of 3; raise it with "
        "--limit symbols=4",
    ),
]


def outcome(tmp_path: Path, text: str, options: list[str]) -> tuple[int, str, str]:
    spec = tmp_path / "s.yaml"
    spec.write_text(text)
    np.save(tmp_path / "big.npy", np.ones((463, 400)))
    found = cnngrad("run", str(spec), "--format", "json", *options)
    return found.code, found.out, found.err.replace(str(tmp_path), "")


def test_the_defaults_are_the_promised_ones() -> None:
    known: Mapping[str, int] = asdict(DEFAULT)
    assert {name: known[name] for name in PROMISED} == PROMISED


@pytest.mark.parametrize(("text", "options", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_one_more_than_the_limit_is_refused(tmp_path: Path, text: str, options: list[str], says: str) -> None:
    assert outcome(tmp_path, text, options) == (2, "", f"error: {says}\n")


ALLOWED = [
    ("op: dense\ninput: [[1], [2]]\nweights: [[3], [4]]\ndelta: 1\n", ["--limit", "cells=4"]),
    ("op: dense\ninput: [[1, 2]]\nweights: [[3, 4], [5, 6]]\n", ["--limit", "multiply_adds=4"]),
    ("op: rnn\ninputs: [1, 2, 3]\nweights: {input: 1, recurrent: 1}\n", ["--limit", "multiply_adds=6"]),
    (GRAPH, ["--numbers", "exact", "--limit", "digits=10"]),
    (LAYERS, ["--numbers", "exact", "--limit", "digits=10"]),
    (RNN, ["--numbers", "exact", "--limit", "digits=7"]),
    ("op: graph\nexpression: (a + b)*(c + d)\n", ["--numbers", "symbolic", "--limit", "symbols=4"]),
    (SQUARED, ["--numbers", "exact", "--limit", "digits=13896"]),
]


@pytest.mark.parametrize(("text", "options"), ALLOWED)
def test_the_limit_itself_is_allowed(tmp_path: Path, text: str, options: list[str]) -> None:
    code, out, err = outcome(tmp_path, text, options)
    assert (code, err, out[:1]) == (0, "", "{")


PADDED = "op: conv\ninput: [1, 2, 3]\nkernel: [1, 2]\npadding: 400000\ndelta: 1\nanswers: {dA: [1, 2, 3]}\n"
TEN = (
    "op: network\ninput: [[2]]\nlayers:\n"
    + "  - {op: conv, kernel: [[3]], bias: 1}\n" * 10
    + "loss: {op: mse, target: [[1]]}\nlearning_rate: 0.1\n"
)


def test_an_audit_that_would_take_minutes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(TEN)
    found = cnngrad("audit", str(tmp_path / "s.yaml"))
    runs, says = found.err.removeprefix("error: audit: ").split(" runs of the exercise, for all mistakes, count as ")
    work, says = says.split(" multiply-adds, ")
    assert (found.code, found.out) == (2, "")
    assert says == (f"over the limit of 100,000,000; raise it with --limit audit_work={int(work.replace(',', ''))}\n")
    assert int(work.replace(",", "")) % int(runs.replace(",", "")) == 0


def test_a_check_tries_as_many_mistakes_as_the_limit_pays_for(tmp_path: Path) -> None:
    """A check never refuses an exercise for the work that mistakes would be."""
    (tmp_path / "s.yaml").write_text(PADDED)
    tried = []
    for limit in ("1", "20000000", "100000000"):
        found = cnngrad("check", str(tmp_path / "s.yaml"), "--format", "json", "--limit", f"audit_work={limit}")
        assert (found.code, found.err) == (1, "")
        counts = json.loads(found.out)["answers"]["dA"]["tried"]
        tried.append(counts["singles"] + counts["inapplicable"])
    assert tried[0] == 0 < tried[1] < tried[2]


def test_generate_refuses_a_form_whose_mistakes_it_cannot_search() -> None:
    found = cnngrad("generate", "conv-backward", "--padding", "1000")
    head, _, says = found.err.partition(" multiply-adds, ")
    work = int(head.rpartition(" ")[2].replace(",", ""))
    assert (found.code, found.out, head.split(":")[:2]) == (2, "", ["error", " generate"])
    assert says == f"over the limit of 100,000,000; raise it with --limit audit_work={work}\n"
