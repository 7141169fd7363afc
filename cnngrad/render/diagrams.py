"""Diagrams in DOT, for Graphviz (`dot -Tsvg`), and in Mermaid, which Markdown pages on GitHub and GitLab draw."""

from __future__ import annotations

from cnngrad.report.blocks import Diagram


def as_dot(diagram: Diagram) -> str:
    """One directed graph, from left to right."""
    keys = _keys(diagram)
    lines = ["digraph cnngrad {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for box in diagram.boxes:
        shape = ", shape=ellipse" if box.given else ""
        label = "\\n".join(map(_for_dot, box.lines))
        lines.append(f'  {keys[box.key]} [label="{label}"{shape}];')
    for arrow in diagram.arrows:
        label = f' [label="{_for_dot(arrow.label)}"]' if arrow.label else ""
        lines.append(f"  {keys[arrow.start]} -> {keys[arrow.end]}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def as_mermaid(diagram: Diagram) -> str:
    """One flowchart, from left to right."""
    keys = _keys(diagram)
    lines = ["flowchart LR"]
    for box in diagram.boxes:
        label = "<br>".join(map(_for_mermaid, box.lines))
        opening, closing = ("([", "])") if box.given else ("[", "]")
        lines.append(f'  {keys[box.key]}{opening}"{label}"{closing}')
    for arrow in diagram.arrows:
        label = f'|"{_for_mermaid(arrow.label)}"|' if arrow.label else ""
        lines.append(f"  {keys[arrow.start]} -->{label} {keys[arrow.end]}")
    return "\n".join(lines) + "\n"


def _keys(diagram: Diagram) -> dict[str, str]:
    return {box.key: f"n{number}" for number, box in enumerate(diagram.boxes)}


def _for_dot(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _for_mermaid(text: str) -> str:
    """Mermaid's own entities, so that a star or a quotation mark is only itself."""
    return "".join(c if c.isalnum() or c in " =.,()-" else f"#{ord(c)};" for c in text)
