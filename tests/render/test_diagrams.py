"""Diagrams in DOT and Mermaid, whole."""

from __future__ import annotations

from commands import cnngrad

LECTURE = ("graph", "(x + y) * z", "--at", "x=-2", "--at", "y=5", "--at", "z=-4")


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
