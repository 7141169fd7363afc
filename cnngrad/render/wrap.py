"""Breaking sentences into lines between their pieces, never inside one: a number stays whole."""

from __future__ import annotations

from cnngrad.report.blocks import Run, Words

Line = list[Run]


def wrap(sentence: Words, width: int | None) -> list[Line]:
    """The lines of a sentence as runs with their quantities; `width` None means one line."""
    lines: list[Line] = [[(" " * sentence.indent, "")]]
    used = sentence.indent
    hang = sentence.indent + sentence.hang
    if width is not None and hang > width // 2:
        hang = min(sentence.indent + 2, width // 2)
    fresh = True
    for runs in sentence.pieces:
        length = sum(len(text) for text, _ in runs)
        if width is not None and not fresh and used + 1 + length > width:
            lines.append([(" " * hang, "")])
            used, fresh = hang, True
        lines[-1] += runs if fresh else ((" ", ""), *runs)
        used, fresh = used + length + (not fresh), False
    return lines
