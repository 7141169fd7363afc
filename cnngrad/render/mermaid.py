"""Diagrams in Mermaid, which Markdown pages on GitHub and GitLab draw."""

from __future__ import annotations

from cnngrad.report.diagram import Diagram


def render(diagram: Diagram) -> str:
    """One flowchart, from left to right."""
    keys = {box.key: f"n{number}" for number, box in enumerate(diagram.boxes)}
    lines = ["flowchart LR"]
    for box in diagram.boxes:
        label = "<br>".join(map(_escaped, box.lines))
        opening, closing = ("([", "])") if box.given else ("[", "]")
        lines.append(f'  {keys[box.key]}{opening}"{label}"{closing}')
    for arrow in diagram.arrows:
        label = f'|"{_escaped(arrow.label)}"|' if arrow.label else ""
        lines.append(f"  {keys[arrow.start]} -->{label} {keys[arrow.end]}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Mermaid's own entities, so that a star or a quotation mark is only itself."""
    return "".join(c if c.isalnum() or c in " =.,()-" else f"#{ord(c)};" for c in text)
