"""Diagrams in DOT, for Graphviz: `dot -Tsvg`."""

from __future__ import annotations

from cnngrad.report.diagram import Diagram


def render(diagram: Diagram) -> str:
    """One directed graph, from left to right."""
    keys = {box.key: f"n{number}" for number, box in enumerate(diagram.boxes)}
    lines = ["digraph cnngrad {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for box in diagram.boxes:
        shape = ", shape=ellipse" if box.given else ""
        label = "\\n".join(map(_escaped, box.lines))
        lines.append(f'  {keys[box.key]} [label="{label}"{shape}];')
    for arrow in diagram.arrows:
        label = f' [label="{_escaped(arrow.label)}"]' if arrow.label else ""
        lines.append(f"  {keys[arrow.start]} -> {keys[arrow.end]}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
