"""--only, and the limit of numbers printed: what is shown, what is counted, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from commands import cnngrad

import cnngrad as library
from cnngrad.exercise.terms import Cell, CellTrace
from cnngrad.report.view import brief_traces

NAMED = [
    ("conv-backward", "dW,db", {"dW", "db"}, ["<W,dW> = <dZ,Z-b>", "sum(db) = sum(dZ)"]),
    ("conv-backward", "Z", {"Z"}, []),
    ("pool", "Z", {"Z"}, []),
    ("pool", "argmax,mask", {"argmax", "mask"}, []),
    ("pool", "dA", {"dA"}, ["sum(dA) = sum(dZ)", "<A,dA> = <dZ,Z>"]),
]


@pytest.mark.parametrize(("command", "only", "names", "laws"), NAMED)
def test_only_filters_results_laws_and_trace(command: str, only: str, names: set[str], laws: list[str]) -> None:
    whole = json.loads(cnngrad(command, "--format", "json").out)
    found = json.loads(cnngrad(command, "--format", "json", "--only", only).out)
    assert found["results"] == {name: whole["results"][name] for name in names}
    assert [law["name"] for law in found["laws"]] == laws
    assert {trace["cell"].partition("[")[0] for trace in found["trace"]} <= names
    assert found["trace"] == [t for t in whole["trace"] if t["cell"].partition("[")[0] in names]


def test_only_of_a_network_a_graph_and_a_recurrent_network() -> None:
    network = json.loads(cnngrad("network", "--only", "conv1.dW", "--format", "json").out)["results"]
    assert [(layer["name"], [*layer["results"]]) for layer in network["layers"]] == [("conv1", ["dW"])]
    assert [*network] == ["layers"]
    graph = json.loads(cnngrad("graph", "--only", "dx", "--format", "json").out)["results"]
    assert graph == {"gradients": {"x": -4.0}, "nodes": []}
    rnn = json.loads(cnngrad("rnn", "--only", "dW_recurrent", "--format", "json").out)["results"]
    assert ([*rnn], [*rnn["terms"]]) == (["dW_recurrent", "terms"], ["dW_recurrent"])


def test_only_on_a_page() -> None:
    done = cnngrad("conv-backward", "--only", "db", "--trace", "none", "--format", "text")
    assert done.out == (
        "Convolution: the convolution of the forum network\n\n"
        "A 5x5 -> Z 4x4, stride 1, padding 0, dilation 1, groups 1, layout HW\n\n"
        "  db\n    0.2198\n\n\nLaws\n\n  [ok] sum(db) = sum(dZ): 0.2198\n"
    )


def test_only_in_python() -> None:
    spec = {"op": "conv", "input": [1, 2, 3], "kernel": [1, -1], "delta": [1, 10]}
    assert {name: array.tolist() for name, array in library.run(spec, only=["dW"]).results.items()} == {"dW": [21, 32]}
    with pytest.raises(library.CnngradError) as caught:
        assert library.run(spec, only=["dQ"]).results
    assert str(caught.value) == "only: this exercise has no 'dQ'; it has Z, dA, dW, db, A, W, b, dZ"


def test_only_takes_the_names_of_courses_too() -> None:
    spec = {"op": "conv", "input": [1, 2, 3], "kernel": [1, -1], "delta": [1, 10]}
    found = library.run(spec, only=["dw", "dK", "dL/dX"], trace="full")
    assert {name: array.tolist() for name, array in found.results.items()} == {"dW": [21, 32], "dA": [1, 9, -10]}
    assert [law.name for law in found.laws] == ["<A,dA> = <dZ,Z-b>", "<W,dW> = <dZ,Z-b>"]
    assert [trace.cell.name() for trace in found.traces] == ["dW[0]", "dW[1]", "dA[0]", "dA[1]", "dA[2]"]
    network = {"op": "network", "input": [2], "layers": [{"op": "dense", "weights": [[3]]}], "delta": [5]}
    assert library.run(network, only="Dense1.dw").arrays["dense1.dW"].tolist() == [[10]]
    with pytest.raises(library.CnngradError) as caught:
        assert library.run(spec, only=["dw", "dQ"]).results
    assert str(caught.value) == "only: this exercise has no 'dQ'; it has Z, dA, dW, db, A, W, b, dZ"


SPEC = """
op: pool
input: {file: a.npy}
window: 2
"""


@pytest.fixture
def million(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pooling of 1,440,000 cells into 360,000."""
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.arange(1_440_000, dtype=np.int32).reshape(1200, 1200))
    Path("s.yaml").write_text(SPEC)
    return tmp_path


def test_what_is_printed_is_counted(million: Path) -> None:
    says = "numbers to print, over the limit of 1,000,000; take --only or --trace none, or raise it with "
    done = cnngrad("run", "s.yaml", "--format", "json", "--trace", "none")
    # Z, mask and argmax
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: the result: has 2,160,000 {says}--limit printed=2160000\n"
    done = cnngrad("run", "s.yaml", "--trace", "none", "-o", "out.txt")
    assert done.err == f"error: the result: has 3,600,000 {says}--limit printed=3600000\n"
    assert not Path("out.txt").exists()
    done = cnngrad("run", "s.yaml", "--format", "json", "--trace", "none", "--only", "Z")
    assert done.code == 0
    assert len(json.loads(done.out)["results"]["Z"]) == 600
    assert cnngrad("run", "s.yaml", "--trace", "none").code == 0  # a table that elides its arrays


def test_a_full_trace_is_refused_before_it_is_made(million: Path) -> None:
    done = cnngrad("run", "s.yaml", "--trace", "full", "--window", "1")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: --trace full: more than 1,000,000 terms; write them with -o FILE, take --trace brief, or raise the "
        "limit with --limit terms=2880000\n"  # 1,440,000 of Z and as many of dA
    )


def test_the_limit_holds_for_explain_and_check(tmp_path: Path) -> None:
    done = cnngrad("explain", "example:forum-conv", "dW[0,0]", "--limit", "printed=12")
    # one value, and sixteen terms of two factors and a product
    assert done.err == (
        "error: the result: has 49 numbers to print, over the limit of 12; ask for fewer cells, or raise it with "
        "--limit printed=49\n"
    )
    path = tmp_path / "mine.yaml"
    path.write_text("dW: [[1, 2], [3, 4]]")
    command = ("check", "example:forum-conv", str(path), "--format", "json", "--show-answers")
    assert cnngrad(*command, "--limit", "printed=7").err == (
        "error: the result: has 8 numbers to print, over the limit of 7; take --hint quantity, or raise it with "
        "--limit printed=8\n"
    )


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ([0, 0, 5, 0, 7, 1], ["Z[2]", "Z[4]"]),  # the first two that are not merely 0 * 2
        ([0, 0, 0, 0, 0, 7], ["Z[5]"]),
        ([0, 0, 0, 0, 0, 0], ["Z[0]", "Z[1]"]),
        ([0] * 64 + [7], ["Z[0]", "Z[1]"]),  # beyond the 64 cells that are tried
    ],
)
def test_a_brief_trace_shows_cells_that_say_something(row: list[int], cells: list[str]) -> None:
    # 1x1 kernel without a bias that counts: Z[i] = 2*A[i], whose bias 0 vanishes too
    found = library.run({"op": "conv", "input": row, "kernel": [2]}).to_dict()["trace"]
    assert [trace["cell"] for trace in found] == cells


def test_a_brief_trace_makes_no_more_traces_than_it_shows() -> None:
    view = library.run({"op": "conv", "input": [1, 2, 3, 4, 5], "kernel": [1, 2], "delta": [1, 2, 3, 4]})
    derivation, made = view.derivation, list[str]()

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(derivation, name)

        def trace(self, cell: Cell) -> CellTrace:
            made.append(cell.name())
            return derivation.trace(cell)

    shown = [trace.cell.name() for trace in brief_traces(Counting(), ["Z", "dA", "dW", "db"])]  # type: ignore[arg-type]
    assert shown == made == ["Z[0]", "Z[1]", "dA[0]", "dA[1]", "dW[0]", "dW[1]", "db"]
