"""The commands for graphs, networks and recurrent networks: their options, diagrams and explanations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from commands import cnngrad

LECTURE = ("graph", "(x + y) * z", "--at", "x=-2", "--at", "y=5", "--at", "z=-4")


def results(*args: str) -> dict[str, Any]:
    outcome = cnngrad(*args, "--format", "json")
    assert outcome.code == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)["results"]
    return found


def test_an_expression_on_the_command_line() -> None:
    assert results(*LECTURE)["gradients"] == {"x": -4.0, "y": -4.0, "z": 3.0}
    assert results(*LECTURE, "--delta", "2")["gradients"] == {"x": -8.0, "y": -8.0, "z": 6.0}


def test_a_later_value_replaces_the_spec_s() -> None:
    assert results("graph", "example:lecture-graph", "--at", "x=0")["value"] == (0 + 5) * -4


def test_the_dot_language() -> None:
    assert cnngrad(*LECTURE, "--format", "dot").out == (
        "digraph cnngrad {\n"
        "  rankdir=LR;\n"
        '  node [shape=box, fontname="sans-serif"];\n'
        '  n0 [label="x\\nvalue -2\\ngradient -4", shape=ellipse];\n'
        '  n1 [label="y\\nvalue 5\\ngradient -4", shape=ellipse];\n'
        '  n2 [label="z\\nvalue -4\\ngradient 3", shape=ellipse];\n'
        '  n3 [label="t1 = x + y\\nvalue 3\\ngradient -4"];\n'
        '  n4 [label="t2 = t1 * z\\nvalue -12\\ngradient 1"];\n'
        '  n0 -> n3 [label="1"];\n'
        '  n1 -> n3 [label="1"];\n'
        '  n3 -> n4 [label="-4"];\n'
        '  n2 -> n4 [label="3"];\n'
        "}\n"
    )


def test_mermaid() -> None:
    assert cnngrad("graph", "x*x", "--at", "x=3", "--format", "mermaid").out == (
        "flowchart LR\n"
        '  n0(["x<br>value 3<br>gradient 6"])\n'
        '  n1["t1 = x #42; x<br>value 9<br>gradient 1"]\n'
        '  n0 -->|"3"| n1\n'
        '  n0 -->|"3"| n1\n'
    )


def test_a_network_as_a_diagram_names_every_layer() -> None:
    drawn = cnngrad("network", "example:forum-network", "--format", "dot").out
    assert drawn.count("->") == 5
    for name in ("conv1", "pool1", "sigmoid1", "flatten1", "dense1"):
        assert f"{name}: " in drawn


def test_rounding_every_node() -> None:
    # s = 0.37/1.37 in the lecture's rounding: 1/t7 = 0.73, and -0.53 after -1/t7**2
    page = cnngrad("graph", "example:lecture-neuron", "--round", "2", "--format", "text").out
    rounded = page.partition("Rounded to 2 decimals at every node")[2].partition("Tree")[0]
    lines = {
        words[0]: words[-1] for words in map(str.split, rounded.splitlines()) if len(words) == 5 and words[0] != "node"
    }
    assert lines == {
        "w0": "-0.20", "x0": "0.40", "w1": "-0.40", "x1": "-0.60", "w2": "0.20", "t1": "0.20", "t2": "0.20",
        "t3": "0.20", "t4": "0.20", "t5": "-0.20", "t6": "-0.53", "t7": "-0.53", "t8": "1.00",
    }  # fmt: skip


def test_a_symbolic_graph() -> None:
    found = results("graph", "(x + y) * z", "--numbers", "symbolic")
    assert found["value"] == "x*z + y*z"
    assert found["gradients"] == {"x": "z", "y": "z", "z": "x + y"}


def test_an_explanation_goes_back_to_the_output() -> None:
    said = cnngrad("explain", "example:lecture-graph", "dx").out
    assert "Back to the output" in said
    assert "dx = " in said


def test_an_explanation_of_a_network_goes_back_to_the_loss() -> None:
    said = cnngrad("explain", "example:classifier", "dense1.dW[0,0]", "--format", "text").out
    back = said.partition("Back to the loss")[2]
    assert back
    for name in ("dense1.dZ", "dense2.dA", "dense2.dZ"):
        assert name in back


def test_ten_thousand_gates_in_a_row(tmp_path: Any) -> None:
    spec = tmp_path / "chain.yaml"
    steps = ["  s1: x + 1", *(f"  s{i}: s{i - 1} + 1" for i in range(2, 10_001))]
    spec.write_text("op: graph\nvalues: {x: 1}\nexpression:\n" + "\n".join(steps) + "\n")
    outcome = cnngrad("run", spec, "--format", "json", "--trace", "none", "--limit", "nodes=10000")
    found = json.loads(outcome.out)["results"]
    assert (found["value"], found["gradients"]) == (10_001.0, {"x": 1.0})


def test_more_nodes_than_the_limit_name_it(tmp_path: Any) -> None:
    spec = tmp_path / "chain.yaml"
    steps = ["  s1: x + 1", *(f"  s{i}: s{i - 1} + 1" for i in range(2, 502))]
    spec.write_text("op: graph\nvalues: {x: 1}\nexpression:\n" + "\n".join(steps) + "\n")
    says = "expression: has 501 nodes, over the limit of 500; raise it with --limit nodes=501"
    outcome = cnngrad("run", spec)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: {spec}:4:3: {says}\n")


@pytest.mark.parametrize("rate", ["0.5", "1/4"])
def test_the_learning_rate_may_come_from_the_command_line(rate: str) -> None:
    found = results("network", "example:forum-network", "--learning-rate", rate)
    layer = next(each["results"] for each in found["layers"] if each["name"] == "dense1")
    old = results("network", "example:forum-network", "--learning-rate", "0")["updates"]["dense1.b"]
    step = 0.5 if rate == "0.5" else 0.25
    assert found["updates"]["dense1.b"] == [b - step * db for b, db in zip(old, layer["db"], strict=True)]


def test_a_shift_moves_the_results_of_a_convolution() -> None:
    said = cnngrad("run", "example:shift-conv", "--shift", "1,1", "--format", "text").out
    assert "Shifted by 1, 1" in said
